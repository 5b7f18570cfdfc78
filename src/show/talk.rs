//! Talkback and listening in: whom an operator speaks to, and what an operator listens to instead of program.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, CityId, CohostId, StripId};

/// Whom an operator speaks to. As text: `all`, `cities`, `cohosts`, `city:roma`, `cohost:luca`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TalkTo {
    /// Every city and every co-host.
    All,
    /// Every city.
    Cities,
    /// Every co-host.
    Cohosts,
    /// One city.
    City(CityId),
    /// One co-host.
    Cohost(CohostId),
}

/// A text that names nobody who could be spoken to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' cannot be spoken to: 'all', 'cities', 'cohosts', 'city:ID' or 'cohost:ID' is needed")]
pub struct InvalidTalkTo(String);

impl TalkTo {
    /// Whether a city or a co-host is among them.
    pub fn includes(&self, actor: &Actor) -> bool {
        match (self, actor) {
            (Self::All, Actor::City(_) | Actor::Cohost(_)) => true,
            (Self::Cities, Actor::City(_)) | (Self::Cohosts, Actor::Cohost(_)) => true,
            (Self::City(id), Actor::City(city)) => id == city,
            (Self::Cohost(id), Actor::Cohost(cohost)) => id == cohost,
            _ => false,
        }
    }
}

impl FromStr for TalkTo {
    type Err = InvalidTalkTo;

    fn from_str(text: &str) -> Result<Self, InvalidTalkTo> {
        let to = match text.split_once(':') {
            None => match text {
                "all" => Some(Self::All),
                "cities" => Some(Self::Cities),
                "cohosts" => Some(Self::Cohosts),
                _ => None,
            },
            Some(("city", id)) => id.parse().ok().map(Self::City),
            Some(("cohost", id)) => id.parse().ok().map(Self::Cohost),
            Some(_) => None,
        };
        to.ok_or_else(|| InvalidTalkTo(text.chars().take(80).collect()))
    }
}

impl fmt::Display for TalkTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Cities => f.write_str("cities"),
            Self::Cohosts => f.write_str("cohosts"),
            Self::City(id) => write!(f, "city:{id}"),
            Self::Cohost(id) => write!(f, "cohost:{id}"),
        }
    }
}

impl TryFrom<String> for TalkTo {
    type Error = InvalidTalkTo;
    fn try_from(text: String) -> Result<Self, InvalidTalkTo> {
        text.parse()
    }
}

impl From<TalkTo> for String {
    fn from(to: TalkTo) -> Self {
        to.to_string()
    }
}

/// What an operator listens to instead of program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Solo {
    /// The strips, at most 32; none is program.
    #[schema(max_items = 32)]
    pub strips: Vec<StripId>,
    /// At which level.
    #[serde(default)]
    #[schema(default = "pfl")]
    pub kind: SoloKind,
}

impl Solo {
    /// Most strips that are listened to at once.
    pub const MOST: usize = 32;
}

/// At which level a strip is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SoloKind {
    /// Before its fader: as it comes, also if it is closed or muted.
    #[default]
    Pfl,
    /// After its fader: as loud as it is set.
    Afl,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_spoken_to_is_read_as_it_is_written() {
        for text in ["all", "cities", "cohosts", "city:roma", "cohost:luca"] {
            assert_eq!(text.parse::<TalkTo>().unwrap().to_string(), text);
        }
        for wrong in ["", "director", "city:", "cohost:Luca", "operator:Anna", "all:x"] {
            assert!(wrong.parse::<TalkTo>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_group_of_those_who_are_spoken_to_includes_its_own_and_nobody_else() {
        let table = [
            ("all", "city:roma", true),
            ("all", "cohost:luca", true),
            ("all", "operator:Anna", false),
            ("all", "viewer", false),
            ("cities", "city:roma", true),
            ("cities", "cohost:luca", false),
            ("cohosts", "cohost:luca", true),
            ("cohosts", "city:roma", false),
            ("city:roma", "city:roma", true),
            ("city:roma", "city:lecce", false),
            ("cohost:roma", "city:roma", false),
        ];
        for (to, actor, included) in table {
            let (to, actor) = (to.parse::<TalkTo>().unwrap(), actor.parse().unwrap());
            assert_eq!(to.includes(&actor), included, "{actor} in {to}");
        }
    }
}
