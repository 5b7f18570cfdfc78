//! The desk as the show wants it: its strips, its mixes, and what each mix hears of which strip.
//!
//! It follows from the state as a whole (`Snapshot::desk`); engines make the desk be like it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CityId, CohostId, Fader, MediaId, Name, Processing, Source};

/// Something that is heard. As text: `city:roma`, `cohost:luca`, `clip:pillola`, `music:sigla`, `talkback:Anna`, `bars`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StripId {
    /// A city's sound.
    City(CityId),
    /// A co-host's voice, from a browser or a telephone.
    Cohost(CohostId),
    /// The sound of a clip.
    Clip(MediaId),
    /// Music or a jingle of the media folder.
    Music(MediaId),
    /// The microphone of an operator, which reaches nobody but those who are spoken to.
    Talkback(Name),
    /// The tone of the bars.
    Bars,
}

/// A text that names no strip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a strip: 'city:ID', 'cohost:ID', 'clip:ID', 'music:ID', 'talkback:NAME' or 'bars' is needed")]
pub struct InvalidStrip(String);

impl StripId {
    /// The strip of what a box of the picture shows, if it sounds.
    pub fn of(source: &Source) -> Option<Self> {
        match source {
            Source::City(city) => Some(Self::City(city.clone())),
            Source::Cohost(cohost) => Some(Self::Cohost(cohost.clone())),
            Source::Clip(clip) => Some(Self::Clip(clip.clone())),
            Source::Bars => Some(Self::Bars),
            Source::Still(_) | Source::Colour(_) | Source::Slate | Source::Black => None,
        }
    }
}

impl FromStr for StripId {
    type Err = InvalidStrip;

    fn from_str(text: &str) -> Result<Self, InvalidStrip> {
        let strip = match text.split_once(':') {
            None if text == "bars" => Some(Self::Bars),
            Some(("city", id)) => id.parse().ok().map(Self::City),
            Some(("cohost", id)) => id.parse().ok().map(Self::Cohost),
            Some(("clip", id)) => id.parse().ok().map(Self::Clip),
            Some(("music", id)) => id.parse().ok().map(Self::Music),
            Some(("talkback", name)) => name.parse().ok().map(Self::Talkback),
            _ => None,
        };
        strip.ok_or_else(|| InvalidStrip(text.chars().take(80).collect()))
    }
}

impl fmt::Display for StripId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::City(id) => write!(f, "city:{id}"),
            Self::Cohost(id) => write!(f, "cohost:{id}"),
            Self::Clip(id) => write!(f, "clip:{id}"),
            Self::Music(id) => write!(f, "music:{id}"),
            Self::Talkback(name) => write!(f, "talkback:{name}"),
            Self::Bars => f.write_str("bars"),
        }
    }
}

impl TryFrom<String> for StripId {
    type Error = InvalidStrip;
    fn try_from(text: String) -> Result<Self, InvalidStrip> {
        text.parse()
    }
}

impl From<StripId> for String {
    fn from(strip: StripId) -> Self {
        strip.to_string()
    }
}

/// What somebody hears: a bus of the desk. As text: `program`, `radio`, `return:roma`, `call:luca`, `monitor:Anna`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Mix {
    /// The directed channel's sound.
    Program,
    /// The web radio.
    Radio,
    /// A city's mix-minus: all that is on program but itself, and who speaks to it.
    Return(CityId),
    /// A co-host's mix-minus.
    Call(CohostId),
    /// What an operator listens to.
    Monitor(Name),
}

/// A text that names no mix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a mix: 'program', 'radio', 'return:ID', 'call:ID' or 'monitor:NAME' is needed")]
pub struct InvalidMix(String);

impl Mix {
    /// The strip that is never heard in it.
    pub fn own(&self) -> Option<StripId> {
        match self {
            Self::Return(city) => Some(StripId::City(city.clone())),
            Self::Call(cohost) => Some(StripId::Cohost(cohost.clone())),
            Self::Program | Self::Radio | Self::Monitor(_) => None,
        }
    }
}

impl FromStr for Mix {
    type Err = InvalidMix;

    fn from_str(text: &str) -> Result<Self, InvalidMix> {
        let mix = match text.split_once(':') {
            None if text == "program" => Some(Self::Program),
            None if text == "radio" => Some(Self::Radio),
            Some(("return", id)) => id.parse().ok().map(Self::Return),
            Some(("call", id)) => id.parse().ok().map(Self::Call),
            Some(("monitor", name)) => name.parse().ok().map(Self::Monitor),
            _ => None,
        };
        mix.ok_or_else(|| InvalidMix(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("program"),
            Self::Radio => f.write_str("radio"),
            Self::Return(id) => write!(f, "return:{id}"),
            Self::Call(id) => write!(f, "call:{id}"),
            Self::Monitor(name) => write!(f, "monitor:{name}"),
        }
    }
}

impl TryFrom<String> for Mix {
    type Error = InvalidMix;
    fn try_from(text: String) -> Result<Self, InvalidMix> {
        text.parse()
    }
}

impl From<Mix> for String {
    fn from(mix: Mix) -> Self {
        mix.to_string()
    }
}

/// One crosspoint that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// What is heard.
    pub strip: StripId,
    /// How loud: strip fader, mix and dim taken together. Never closed.
    pub fader: Fader,
}

/// A bus of the desk: what is not named among its sends is not heard in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixPlan {
    /// Which one.
    pub mix: Mix,
    /// What is heard in it.
    pub sends: Vec<Send>,
    /// Its own fader.
    pub fader: Fader,
    /// Whether ducked strips go down in it while key strips are heard.
    pub ducks: bool,
}

/// What a strip is to ducking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DuckRole {
    /// Nothing.
    #[default]
    None,
    /// While it is loud, others go down.
    Key,
    /// It goes down.
    Ducked,
}

/// How ducked strips go down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ducking {
    /// By how much, 1 to 40 dB.
    pub depth_db: u8,
    /// From which level of the keys on, −60 to 0 dBFS.
    pub threshold_db: i8,
    /// How long they stay down after the last word.
    pub hold: Duration,
}

/// A strip of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripPlan {
    /// Whose.
    pub strip: StripId,
    /// What is done to its sound before anybody hears it.
    pub processing: Processing,
    /// What it is to ducking.
    pub ducking: DuckRole,
    /// How long it takes to be heard on program, and to be gone; without it as long as the picture's transition.
    pub ramps: Option<(Duration, Duration)>,
}

/// The whole desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeskPlan {
    /// Its strips. Those that the engines have and that are not named are as they came, and heard nowhere.
    pub strips: Vec<StripPlan>,
    /// How ducked strips go down; none: not at all.
    pub ducking: Option<Ducking>,
    /// Its buses. Those that are not named are silent.
    pub mixes: Vec<MixPlan>,
}

impl DeskPlan {
    /// A bus of it.
    pub fn mix(&self, mix: &Mix) -> Option<&MixPlan> {
        self.mixes.iter().find(|plan| plan.mix == *mix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_and_mixes_are_read_as_they_are_written() {
        for text in ["city:roma", "cohost:luca", "clip:pillola", "music:sigla", "talkback:Anna Maria", "bars"] {
            assert_eq!(text.parse::<StripId>().unwrap().to_string(), text);
        }
        for text in ["program", "radio", "return:roma", "call:luca", "monitor:Anna Maria"] {
            assert_eq!(text.parse::<Mix>().unwrap().to_string(), text);
        }
        for wrong in ["", "slate", "city:", "city:Roma", "program:x", "bars:x"] {
            assert!(wrong.parse::<StripId>().is_err() && wrong.parse::<Mix>().is_err(), "{wrong}");
        }
    }
}
