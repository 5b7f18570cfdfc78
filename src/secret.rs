//! Secrets: unguessable ids, keys that do not print and compare in constant time, and what is stored in their place.

mod password;

use std::fmt;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

pub use password::{InvalidPassword, Password, PasswordHash};

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

/// What is stored in place of an unguessable token: its SHA-256. Who reads the store learns no token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a token as it was offered.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// The digest of a text that others may guess, with a salt against prepared tables.
    pub fn salted(salt: &[u8], text: &str) -> Self {
        Self(Sha256::new().chain_update(salt).chain_update(text).finalize().into())
    }

    /// From the store.
    pub fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For the store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

/// Bytes from the operating system's randomness.
pub fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness once it has started");
    bytes
}

fn random_hex<const BYTES: usize>() -> String {
    random::<BYTES>().iter().map(|byte| format!("{byte:02x}")).collect()
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
    fn a_digest_is_that_of_its_token_and_does_not_print_itself() {
        let digest = Digest::of("abc");
        assert_eq!(digest.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(Digest::salted(b"a", "bc"), digest);
        assert_eq!(format!("{digest:?}"), "Digest(…)");
    }

    #[test]
    fn a_key_opens_only_for_itself() {
        let key = Key::try_from("lecce-2026-piazza".to_owned()).unwrap();
        assert!(key.opens_for("lecce-2026-piazza"));
        assert!(!key.opens_for("lecce-2026-piazz"));
        assert!(!key.opens_for(""));
    }
}
