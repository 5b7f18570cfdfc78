//! Passwords: what people choose and others guess, so they are hashed slowly (argon2id).

use std::fmt;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};

/// A password as somebody chose it. It never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// A text that is too short or too long for a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a password needs {} to {} characters, {arrived} arrived", Password::SHORTEST, Password::LONGEST)]
pub struct InvalidPassword {
    arrived: usize,
}

impl Password {
    /// Fewest characters.
    pub const SHORTEST: usize = 10;
    /// Most characters: enough for any phrase, too few to keep the hash busy.
    pub const LONGEST: usize = 128;

    /// Its hash, with a salt of its own. Takes some 20 ms and 19 MiB: not for a thread that others wait for.
    pub fn hash(&self) -> PasswordHash {
        let hash = argon2().hash_password(self.0.as_bytes());
        PasswordHash(hash.expect("parameters and length fit argon2, and the system gives randomness").to_string())
    }
}

impl TryFrom<String> for Password {
    type Error = InvalidPassword;
    fn try_from(text: String) -> Result<Self, InvalidPassword> {
        let arrived = text.chars().count();
        if (Self::SHORTEST..=Self::LONGEST).contains(&arrived) {
            Ok(Self(text))
        } else {
            Err(InvalidPassword { arrived })
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is stored of a password: a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// From the store. A text that is no hash fits no password.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// For the store.
    pub fn as_stored(&self) -> &str {
        &self.0
    }

    /// A hash that fits no password, so that an unknown name takes as long as a wrong password.
    pub fn of_nobody() -> Self {
        Self("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into())
    }

    /// Whether it is the hash of `offered`, at the cost of [`Password::hash`].
    pub fn fits(&self, offered: &str) -> bool {
        let offered = &offered.as_bytes()[..offered.len().min(MOST_BYTES)];
        phc::PasswordHash::new(&self.0).is_ok_and(|hash| argon2().verify_password(offered, &hash).is_ok())
    }
}

/// No longer text is hashed, so a stranger cannot buy time with megabytes. More than the longest password has.
const MOST_BYTES: usize = 4 * Password::LONGEST + 4;

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// OWASP's parameters: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("OWASP's parameters are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let hash = Password::try_from("correct horse".to_owned()).unwrap().hash();
        assert!(hash.as_stored().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_stored());
        assert!(hash.fits("correct horse"));
        assert!(!hash.fits("correct horsf") && !hash.fits(""));
        let stored = PasswordHash::from_stored(hash.as_stored().to_owned());
        assert!(stored.fits("correct horse"));
        assert!(!PasswordHash::from_stored("nonsense".into()).fits("correct horse"));
    }

    #[test]
    fn nobody_is_hashed_like_everybody() {
        assert!(phc::PasswordHash::new(PasswordHash::of_nobody().as_stored()).is_ok());
        assert!(!PasswordHash::of_nobody().fits("correct horse"));
    }

    #[test]
    fn passwords_have_ten_to_128_characters_and_do_not_print_themselves() {
        assert_eq!(Password::try_from("nine char".to_owned()), Err(InvalidPassword { arrived: 9 }));
        assert!(Password::try_from("è".repeat(10)).is_ok());
        assert!(Password::try_from("x".repeat(129)).is_err());
        let password = Password::try_from("correct horse".to_owned()).unwrap();
        let shown = format!("{password:?} {:?}", PasswordHash::from_stored("argon-text".into()));
        assert!(!shown.contains("horse") && !shown.contains("argon"), "{shown}");
    }
}
