//! Secrets: unguessable ids, and keys that do not print and compare in constant time.

use std::fmt;

use serde::Deserialize;
use subtle::ConstantTimeEq;

/// Names one WHIP or WHEP session; who knows it may end it. 128 random bits as 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// A new id from the operating system's randomness.
    pub fn random() -> Self {
        Self(random_hex::<16>())
    }

    /// The id that a URL carries. Any text will do: one that names no session finds none.
    pub fn from_url(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id for a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A handle for logs that gives nothing away: the first six digits.
    pub fn brief(&self) -> &str {
        self.0.get(..6).unwrap_or("?")
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({}…)", self.brief())
    }
}

/// A key that opens something. It never shows itself in logs.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Key(String);

/// A text that is no key.
#[derive(Debug, thiserror::Error)]
#[error("a key needs {} to {} visible ASCII characters without spaces, {arrived} arrived", Key::SHORTEST, Key::LONGEST)]
pub struct InvalidKey {
    arrived: usize,
}

impl Key {
    /// Fewest characters of a key.
    pub const SHORTEST: usize = 8;
    /// Most characters of a key.
    pub const LONGEST: usize = 128;

    /// A new key from the operating system's randomness.
    pub fn random() -> Self {
        Self(random_hex::<16>())
    }

    /// Whether `offered` is this key, in a time that does not depend on where they differ.
    pub fn opens_for(&self, offered: &str) -> bool {
        self.0.as_bytes().ct_eq(offered.as_bytes()).into()
    }

    /// The key itself, for a link that is shown on purpose.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Key {
    type Error = InvalidKey;
    fn try_from(text: String) -> Result<Self, InvalidKey> {
        let fits = (Self::SHORTEST..=Self::LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(InvalidKey { arrived: text.chars().count() }) }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

fn random_hex<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness once it has started");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print_themselves() {
        let key = Key::try_from("lecce-2026-piazza".to_owned()).unwrap();
        assert!(!format!("{key:?}").contains("lecce"));
        let id = SessionId::random();
        assert!(!format!("{id:?}").contains(id.as_str()));
    }

    #[test]
    fn a_key_opens_only_for_itself() {
        let key = Key::try_from("lecce-2026-piazza".to_owned()).unwrap();
        assert!(key.opens_for("lecce-2026-piazza"));
        assert!(!key.opens_for("lecce-2026-piazz"));
        assert!(!key.opens_for(""));
    }
}
