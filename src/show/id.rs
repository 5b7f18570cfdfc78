//! Identifiers of the domain. They become URL parts, element names and file names, so they are checked once, here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// Longest identifier, in characters.
pub const MAX_LEN: usize = 32;

/// A word that cannot be an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// Characters or length are wrong.
    #[error("'{0}' is not an identifier: 1 to {MAX_LEN} characters of a-z, 0-9 and '-' are needed")]
    Form(String),
    /// The word names a channel of the house.
    #[error("'{0}' is taken by the house: choose another identifier")]
    Reserved(String),
}

fn checked(word: &str) -> Result<Box<str>, InvalidId> {
    let fits = (1..=MAX_LEN).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !fits {
        return Err(InvalidId::Form(word.chars().take(MAX_LEN + 1).collect()));
    }
    Ok(word.into())
}

/// Names of channels that no city may take.
const RESERVED: [&str; 4] = ["program", "preview", "multiview", "radio"];

/// A city: a contribution that is also a channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CityId(Box<str>);

impl CityId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CityId {
    type Err = InvalidId;

    fn from_str(word: &str) -> Result<Self, InvalidId> {
        if RESERVED.contains(&word) {
            return Err(InvalidId::Reserved(word.into()));
        }
        checked(word).map(Self)
    }
}

/// A co-host: somebody of the radio show, on a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CohostId(Box<str>);

impl CohostId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CohostId {
    type Err = InvalidId;

    fn from_str(word: &str) -> Result<Self, InvalidId> {
        checked(word).map(Self)
    }
}

/// Something of the media folder: a still, a clip, a stinger, a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaId(Box<str>);

impl MediaId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediaId {
    type Err = InvalidId;

    fn from_str(word: &str) -> Result<Self, InvalidId> {
        checked(word).map(Self)
    }
}

/// What a viewer can select.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ChannelId {
    /// The directed channel, "the best of".
    Program,
    /// What the next take shows; operators only.
    Preview,
    /// Program, preview and all cities in one picture; operators only.
    Multiview,
    /// All of one city.
    City(CityId),
}

impl ChannelId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Program => "program",
            Self::Preview => "preview",
            Self::Multiview => "multiview",
            Self::City(city) => city.as_str(),
        }
    }

    /// Whether only operators may watch it.
    pub fn is_for_operators(&self) -> bool {
        match self {
            Self::Preview | Self::Multiview => true,
            Self::Program | Self::City(_) => false,
        }
    }
}

impl FromStr for ChannelId {
    type Err = InvalidId;

    fn from_str(word: &str) -> Result<Self, InvalidId> {
        match word {
            "program" => Ok(Self::Program),
            "preview" => Ok(Self::Preview),
            "multiview" => Ok(Self::Multiview),
            city => city.parse().map(Self::City),
        }
    }
}

macro_rules! text_id {
    ($($id:ty),*) => {$(
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl TryFrom<String> for $id {
            type Error = InvalidId;
            fn try_from(word: String) -> Result<Self, InvalidId> {
                word.parse()
            }
        }
        impl From<$id> for String {
            fn from(id: $id) -> String {
                id.as_str().to_owned()
            }
        }
    )*};
}
text_id!(CityId, CohostId, MediaId, ChannelId);

macro_rules! number_id {
    ($($(#[$doc:meta])* $id:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $id(pub u32);

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
number_id!(
    /// A scene. Given by the show, never used twice in an evening.
    SceneId,
    /// A cue of the rundown. Given by the show, never used twice in an evening.
    CueId,
    /// A message. Given by the show, never used twice in an evening.
    MessageId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_checked_once_at_the_edge() {
        assert!("reggio-calabria-2".parse::<CityId>().is_ok());
        for wrong in ["", "Roma", "l'aquila", "a b", "città", &"x".repeat(33)] {
            assert!(matches!(wrong.parse::<CityId>(), Err(InvalidId::Form(_))), "{wrong}");
        }
    }

    #[test]
    fn no_city_may_take_the_name_of_a_house_channel() {
        assert_eq!("program".parse::<CityId>(), Err(InvalidId::Reserved("program".into())));
        assert_eq!("program".parse(), Ok(ChannelId::Program));
    }
}
