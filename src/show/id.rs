//! Identifiers of the domain. They become URL parts, element names and file names, so they are checked once, here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::Name;

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
    /// The word begins as channels and contributions of the house do.
    #[error("'{word}' begins with '{prefix}', as only the house's own channels do: choose another identifier")]
    ReservedPrefix {
        /// What arrived.
        word: String,
        /// What it may not begin with.
        prefix: &'static str,
    },
    /// What follows the prefix is no operator's name.
    #[error("'{0}' names no operator: 1 to 64 characters without spaces around them are needed behind the '-'")]
    Operator(String),
}

fn checked(word: &str) -> Result<Box<str>, InvalidId> {
    let fits = (1..=MAX_LEN).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !fits {
        return Err(InvalidId::Form(shortened(word)));
    }
    Ok(word.into())
}

/// As much of a word as a message needs.
fn shortened(word: &str) -> String {
    word.chars().take(MAX_LEN + 1).collect()
}

/// Names of channels that no city may take.
const RESERVED: [&str; 4] = ["program", "preview", "multiview", "radio"];

/// What a city's return feed begins with.
const RETURN: &str = "return-";
/// What a co-host's call begins with, both ways.
const CALL: &str = "call-";
/// What a co-host's camera begins with.
const CAMERA: &str = "camera-";
/// What an operator's monitor begins with.
const MONITOR: &str = "monitor-";
/// What an operator's talkback microphone is called in paths: whoever asks means their own.
const TALKBACK: &str = "talkback";

/// What no city may begin with: these are channels and contributions of somebody or something else.
const RESERVED_PREFIXES: [&str; 5] = [RETURN, CALL, CAMERA, MONITOR, TALKBACK];

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
        let id = checked(word)?;
        match RESERVED_PREFIXES.into_iter().find(|prefix| word.starts_with(prefix)) {
            Some(prefix) => Err(InvalidId::ReservedPrefix { word: word.into(), prefix }),
            None => Ok(Self(id)),
        }
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

/// Something that comes in by WHIP.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContributionId {
    /// A city's picture and sound.
    City(CityId),
    /// A co-host's call.
    Cohost(CohostId),
    /// An operator's talkback microphone. An operator and a machine of one name are one here.
    Talkback(Name),
}

impl ContributionId {
    /// The contribution that a word of a path names. `talkback` is that of `operator`, who asks; `None` if nobody does.
    ///
    /// # Errors
    /// [`InvalidId`] if no contribution can be called so.
    pub fn of_path(word: &str, operator: Option<&Name>) -> Result<Option<Self>, InvalidId> {
        match word.strip_prefix(CALL) {
            _ if word == TALKBACK => Ok(operator.cloned().map(Self::Talkback)),
            Some(cohost) => Ok(Some(Self::Cohost(cohost.parse()?))),
            None => Ok(Some(Self::City(word.parse()?))),
        }
    }

    /// Its word in paths: `roma`, `call-anna`, `talkback`.
    pub fn path(&self) -> String {
        match self {
            Self::City(city) => city.to_string(),
            Self::Cohost(cohost) => format!("{CALL}{cohost}"),
            Self::Talkback(_) => TALKBACK.to_owned(),
        }
    }

    /// Where its packets go.
    pub fn channel(&self) -> ChannelId {
        match self {
            Self::City(city) => ChannelId::City(city.clone()),
            Self::Cohost(cohost) => ChannelId::Camera(cohost.clone()),
            Self::Talkback(operator) => ChannelId::Talkback(operator.clone()),
        }
    }
}

impl From<CityId> for ContributionId {
    fn from(city: CityId) -> Self {
        Self::City(city)
    }
}

impl From<CohostId> for ContributionId {
    fn from(cohost: CohostId) -> Self {
        Self::Cohost(cohost)
    }
}

/// For people and logs: `roma`, `call-anna`, `talkback-Anna`.
impl fmt::Display for ContributionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::City(city) => city.fmt(f),
            Self::Cohost(cohost) => write!(f, "{CALL}{cohost}"),
            Self::Talkback(operator) => write!(f, "{TALKBACK}-{operator}"),
        }
    }
}

/// What can be selected, by whoever is its [`Listeners`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ChannelId {
    /// The directed channel, "the best of".
    Program,
    /// What the next take shows.
    Preview,
    /// Program, preview and all cities in one picture.
    Multiview,
    /// The radio show: sound only.
    Radio,
    /// All of one city.
    City(CityId),
    /// What a city's crew sees and hears.
    Return(CityId),
    /// What a co-host sees and hears.
    Call(CohostId),
    /// What a co-host sends.
    Camera(CohostId),
    /// What an operator listens to.
    Monitor(Name),
    /// An operator's talkback microphone: the desk reads it, nobody else.
    Talkback(Name),
}

/// Who may select a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listeners<'a> {
    /// Everybody, or whoever knows its access code.
    Public,
    /// The crew of this city, and operators.
    City(&'a CityId),
    /// This co-host, and operators.
    Cohost(&'a CohostId),
    /// Operators.
    Operators,
    /// The operator of this name.
    Operator(&'a Name),
    /// Nobody: it is for the house itself.
    Nobody,
}

impl ChannelId {
    /// Who may select it.
    pub fn listeners(&self) -> Listeners<'_> {
        match self {
            Self::Program | Self::Radio | Self::City(_) => Listeners::Public,
            Self::Return(city) => Listeners::City(city),
            Self::Call(cohost) => Listeners::Cohost(cohost),
            Self::Preview | Self::Multiview | Self::Camera(_) => Listeners::Operators,
            Self::Monitor(operator) => Listeners::Operator(operator),
            Self::Talkback(_) => Listeners::Nobody,
        }
    }

    /// Whether it can ever show a picture.
    pub fn has_picture(&self) -> bool {
        !matches!(self, Self::Radio | Self::Monitor(_) | Self::Talkback(_))
    }

    /// Whether everybody may select it, or whoever knows its access code.
    pub fn is_public(&self) -> bool {
        self.listeners() == Listeners::Public
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("program"),
            Self::Preview => f.write_str("preview"),
            Self::Multiview => f.write_str("multiview"),
            Self::Radio => f.write_str("radio"),
            Self::City(city) => city.fmt(f),
            Self::Return(city) => write!(f, "{RETURN}{city}"),
            Self::Call(cohost) => write!(f, "{CALL}{cohost}"),
            Self::Camera(cohost) => write!(f, "{CAMERA}{cohost}"),
            Self::Monitor(operator) => write!(f, "{MONITOR}{operator}"),
            Self::Talkback(operator) => write!(f, "{TALKBACK}-{operator}"),
        }
    }
}

impl From<ChannelId> for String {
    fn from(id: ChannelId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ChannelId {
    type Error = InvalidId;
    fn try_from(word: String) -> Result<Self, InvalidId> {
        word.parse()
    }
}

impl FromStr for ChannelId {
    type Err = InvalidId;

    fn from_str(word: &str) -> Result<Self, InvalidId> {
        let named = |name: &str| name.parse::<Name>().map_err(|_| InvalidId::Operator(shortened(name)));
        match word {
            "program" => return Ok(Self::Program),
            "preview" => return Ok(Self::Preview),
            "multiview" => return Ok(Self::Multiview),
            "radio" => return Ok(Self::Radio),
            _ => {}
        }
        match word.split_once('-') {
            Some(("return", city)) => city.parse().map(Self::Return),
            Some(("call", cohost)) => cohost.parse().map(Self::Call),
            Some(("camera", cohost)) => cohost.parse().map(Self::Camera),
            Some(("monitor", name)) => named(name).map(Self::Monitor),
            Some((TALKBACK, name)) => named(name).map(Self::Talkback),
            _ => word.parse().map(Self::City),
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
text_id!(CityId, CohostId, MediaId);

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
    #[test]
    fn no_city_may_begin_as_channels_of_the_house_do() {
        for word in ["call-anna", "return-roma", "camera-anna", "monitor-x", "talkback", "talkback-anna", "call-"] {
            let refused = word.parse::<CityId>().unwrap_err();
            assert!(matches!(refused, InvalidId::ReservedPrefix { .. }), "{word}: {refused}");
            assert!(refused.to_string().contains("choose another"), "{refused}");
        }
        assert!("callao".parse::<CityId>().is_ok() && "returns".parse::<CityId>().is_ok());
    }

    #[test]
    fn every_channel_is_read_as_it_is_written() {
        let (roma, anna) = (|| "roma".parse().unwrap(), || "anna".parse().unwrap());
        let name = || "Anna / R. \u{e8}".parse::<Name>().unwrap();
        for channel in [
            ChannelId::Program,
            ChannelId::Preview,
            ChannelId::Multiview,
            ChannelId::Radio,
            ChannelId::City(roma()),
            ChannelId::Return(roma()),
            ChannelId::Call(anna()),
            ChannelId::Camera(anna()),
            ChannelId::Monitor(name()),
            ChannelId::Talkback(name()),
        ] {
            assert_eq!(channel.to_string().parse(), Ok(channel));
        }
        for wrong in
            ["return-", "return-program", "call-", "camera-Anna", "monitor-", "monitor- x", "talkback-", "talkback"]
        {
            assert!(wrong.parse::<ChannelId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_contribution_is_named_by_its_path_and_talkback_is_that_of_whoever_asks() {
        let anna: Name = "Anna".parse().unwrap();
        let of = |word: &str, who: Option<&Name>| ContributionId::of_path(word, who);
        let city = ContributionId::City("roma".parse().unwrap());
        let cohost = ContributionId::Cohost("anna".parse().unwrap());
        let talkback = ContributionId::Talkback(anna.clone());
        for id in [city, cohost, talkback] {
            let path = id.path();
            assert_eq!(of(&path, Some(&anna)), Ok(Some(id)));
        }
        assert_eq!(of("talkback", None), Ok(None));
        for wrong in ["call-", "return-roma", "talkback-anna", "program", "Roma"] {
            assert!(of(wrong, Some(&anna)).is_err(), "{wrong}");
        }
    }
}
