//! Colours as people write them: `#rrggbb`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A colour, eight bits a part, coded as on pages (sRGB).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a colour: '#' and six digits of 0-9 and a-f are needed")]
pub struct InvalidColour(String);

impl Colour {
    /// Nothing.
    pub const BLACK: Self = Self { red: 0, green: 0, blue: 0 };
}

impl FromStr for Colour {
    type Err = InvalidColour;

    fn from_str(text: &str) -> Result<Self, InvalidColour> {
        let invalid = || InvalidColour(text.chars().take(16).collect());
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(invalid)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| invalid())?.to_be_bytes();
        Ok(Self { red, green, blue })
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl TryFrom<String> for Colour {
    type Error = InvalidColour;
    fn try_from(text: String) -> Result<Self, InvalidColour> {
        text.parse()
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_written_as_on_pages() {
        let amber: Colour = "#FFB020".parse().unwrap();
        assert_eq!(amber, Colour { red: 255, green: 176, blue: 32 });
        assert_eq!(amber.to_string(), "#ffb020");
        for wrong in ["", "ffb020", "#ffb02", "#ffb0200", "#ggb020", "#+fb020", "rosso", "#é1234"] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
        }
    }
}
