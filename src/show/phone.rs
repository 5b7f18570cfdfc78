//! Telephone numbers: whole for whoever must dial or recognise one, masked for everybody else and for every log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest number or address of a caller, in characters.
pub(super) const NUMBER_MAX: usize = 64;

/// The number or address of somebody on the telephone: 1 to 64 characters without spaces and control characters.
///
/// It is written whole where it is serialised on purpose: in a snapshot, in the command that dials it. Neither `Debug` nor
/// `Display` shows it: both write it masked, so that no log can hold it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Box<str>);

/// A text that is no telephone number. It does not say which: a number is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is not a telephone number: 1 to {NUMBER_MAX} characters without spaces are needed")]
pub struct InvalidNumber;

impl PhoneNumber {
    /// All of it.
    pub fn whole(&self) -> &str {
        &self.0
    }

    /// Whether a telephone can dial it: 2 to 20 digits, `*` and `#`, with a `+` before them or without.
    pub fn can_be_dialled(&self) -> bool {
        let digits = self.0.strip_prefix('+').unwrap_or(&self.0);
        (2..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte))
    }

    /// What everybody may see: of a long number its first three and last two characters, of a short one its last, of an
    /// address its first.
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        let is_number = self.0.chars().all(|c| c.is_ascii_digit() || "+*#-.()/".contains(c));
        let shown = |at: usize| match (is_number, length) {
            (true, 8..) => at < 3 || at + 2 >= length,
            (true, 2..) => at + 1 == length,
            (true, _) => false,
            (false, _) => at == 0,
        };
        // An address is not even to be counted.
        let seen = if is_number { length } else { 6 };
        let characters = self.0.chars().chain(std::iter::repeat('•')).take(seen).enumerate();
        characters.map(|(at, c)| if shown(at) { c } else { '•' }).collect()
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidNumber;

    fn from_str(text: &str) -> Result<Self, InvalidNumber> {
        let fits = (1..=NUMBER_MAX).contains(&text.chars().count());
        let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if fits && clean { Ok(Self(text.into())) } else { Err(InvalidNumber) }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidNumber;
    fn try_from(text: String) -> Result<Self, InvalidNumber> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0.into()
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> PhoneNumber {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_is_masked_wherever_it_is_shown() {
        for (whole, masked) in [
            ("+393331234567", "+39••••••••67"),
            ("1234567", "••••••7"),
            ("7", "•"),
            ("bob@example.org", "b•••••"),
            ("b", "b•••••"),
        ] {
            assert_eq!(number(whole).masked(), masked);
            assert_eq!(number(whole).to_string(), masked);
            assert!(!format!("{:?}", number(whole)).contains(whole) || whole.len() == 1, "{whole}");
        }
    }

    #[test]
    fn a_number_is_written_whole_only_on_purpose() {
        assert_eq!(serde_json::to_string(&number("+393331234567")).unwrap(), r#""+393331234567""#);
        for wrong in ["", "39 333", "39\n333", &"1".repeat(65)] {
            assert_eq!(wrong.parse::<PhoneNumber>(), Err(InvalidNumber), "{wrong}");
        }
        assert!(!InvalidNumber.to_string().contains("333"));
    }

    #[test]
    fn only_a_number_can_be_dialled() {
        assert!(["+393331234567", "12", "*21#"].iter().all(|text| number(text).can_be_dialled()));
        let not = ["1", "bob", "+", "12345678901234567890123", "1+2", "sip:1@h"];
        assert!(not.iter().all(|text| !number(text).can_be_dialled()));
    }
}
