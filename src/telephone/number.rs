//! Whom a call is from or to: a telephone number shows itself masked, so that it reaches no log by accident.

use std::fmt;

use super::message::Party;

/// Most characters of a number or a name that are kept.
const LONGEST: usize = 64;

/// Who is at the other end of a call: a number, or the user of a SIP address. Prints masked, as in `+39010 ··· 42`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// A number as it was dialled or as a peer named it. What does not print is left out; longer than 64 characters is cut.
    pub fn new(text: &str) -> Self {
        Self(plain(text))
    }

    /// The whole number: for the screener's eyes, never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether the caller keeps the number back (RFC 3323 §4.1).
    pub fn is_withheld(&self) -> bool {
        self.0.is_empty() || is_nobody(&self.0)
    }

    pub(super) fn of(party: &Party) -> Self {
        Self::new(party.user.as_deref().unwrap_or_default())
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_withheld() {
            return f.write_str("anonymous");
        }
        let characters: Vec<char> = self.0.chars().collect();
        let shown = if characters.len() >= 9 { (5, 2) } else { (characters.len() / 4, characters.len() / 6) };
        f.extend_from(&characters[..shown.0])?;
        f.write_str(" ··· ")?;
        f.extend_from(&characters[characters.len() - shown.1..])
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

trait WriteAll {
    fn extend_from(&mut self, characters: &[char]) -> fmt::Result;
}

impl WriteAll for fmt::Formatter<'_> {
    fn extend_from(&mut self, characters: &[char]) -> fmt::Result {
        use fmt::Write as _;
        characters.iter().try_for_each(|character| self.write_char(*character))
    }
}

/// The name that a caller goes by, if it is one: exchanges often put the number there, which would show it unmasked.
pub(super) fn name(party: &Party) -> Option<String> {
    let name = plain(party.name.as_deref()?);
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let letters = name.chars().filter(|character| character.is_alphabetic()).count();
    (letters > 0 && digits < 5 && !is_nobody(&name)).then_some(name)
}

/// The words that stand for who does not want to be known.
fn is_nobody(word: &str) -> bool {
    ["anonymous", "unavailable", "restricted", "withheld", "private"].iter().any(|no| word.eq_ignore_ascii_case(no))
}

fn plain(text: &str) -> String {
    text.trim().chars().filter(|character| !character.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_shows_its_beginning_and_its_last_two_digits() {
        let number = PhoneNumber::new("+390105551242");
        assert_eq!(number.to_string(), "+3901 ··· 42");
        assert_eq!(format!("{number:?}"), "PhoneNumber(+3901 ··· 42)");
        assert_eq!(number.reveal(), "+390105551242");
    }

    #[test]
    fn a_short_number_shows_less_and_a_withheld_one_says_so() {
        assert_eq!(PhoneNumber::new("1242").to_string(), "1 ··· ");
        assert_eq!(PhoneNumber::new("anna").to_string(), "a ··· ");
        assert_eq!(PhoneNumber::new("").to_string(), "anonymous");
        assert_eq!(PhoneNumber::new("Anonymous").to_string(), "anonymous");
    }

    #[test]
    fn a_name_that_is_the_number_is_no_name() {
        let named = |text: &str| name(&Party::parse(&format!("\"{text}\" <sip:1@example.org>")).expect("it parses"));
        assert_eq!(named("+39 010 555 1242"), None);
        assert_eq!(named("Tel 0105551242"), None);
        assert_eq!(named("Anonymous"), None);
        assert_eq!(named("Anna"), Some("Anna".to_owned()));
    }
}
