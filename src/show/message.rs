//! Messages between the director, the cities and the co-hosts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{Actor, CityId, CohostId, MessageId, ShowTime};

/// Whom a message is for. As text: `director`, `all`, `cities`, `cohosts`, `city:roma`, `cohost:luca`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Audience {
    /// The control room: all operators.
    Director,
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

/// A text that names no audience.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is nobody to write to: 'director', 'all', 'cities', 'cohosts', 'city:ID' or 'cohost:ID' is needed")]
pub struct InvalidAudience(String);

impl FromStr for Audience {
    type Err = InvalidAudience;

    fn from_str(text: &str) -> Result<Self, InvalidAudience> {
        let audience = match (text, text.split_once(':')) {
            ("director", _) => Some(Self::Director),
            ("all", _) => Some(Self::All),
            ("cities", _) => Some(Self::Cities),
            ("cohosts", _) => Some(Self::Cohosts),
            (_, Some(("city", id))) => id.parse().ok().map(Self::City),
            (_, Some(("cohost", id))) => id.parse().ok().map(Self::Cohost),
            _ => None,
        };
        audience.ok_or_else(|| InvalidAudience(text.chars().take(64).collect()))
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Director => f.write_str("director"),
            Self::All => f.write_str("all"),
            Self::Cities => f.write_str("cities"),
            Self::Cohosts => f.write_str("cohosts"),
            Self::City(id) => write!(f, "city:{id}"),
            Self::Cohost(id) => write!(f, "cohost:{id}"),
        }
    }
}

impl TryFrom<String> for Audience {
    type Error = InvalidAudience;
    fn try_from(text: String) -> Result<Self, InvalidAudience> {
        text.parse()
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> Self {
        audience.to_string()
    }
}

impl Audience {
    /// Whether a message to this audience is for `actor`.
    pub fn includes(&self, actor: &Actor) -> bool {
        match (self, actor) {
            (Self::Director, Actor::Operator(_) | Actor::Machine(_)) => true,
            (Self::All, Actor::City(_) | Actor::Cohost(_)) => true,
            (Self::Cities, Actor::City(_)) => true,
            (Self::Cohosts, Actor::Cohost(_)) => true,
            (Self::City(id), Actor::City(city)) => id == city,
            (Self::Cohost(id), Actor::Cohost(cohost)) => id == cohost,
            _ => false,
        }
    }
}

/// What somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Its number in this evening.
    pub id: MessageId,
    /// Who wrote it.
    pub from: Actor,
    /// For whom.
    pub to: Audience,
    /// 1 to 500 characters.
    pub text: String,
    /// When.
    pub sent: ShowTime,
    /// Who has read it, in the order in which they did.
    pub read_by: Vec<Actor>,
}

impl Message {
    /// Most messages that are kept; the oldest goes first.
    pub const MOST: usize = 200;
    /// Longest text, in characters.
    pub const TEXT_MAX: usize = 500;
    /// Most texts that stand ready to be sent.
    pub const MOST_CANNED: usize = 30;

    /// Whether `actor` may read it: who wrote it and for whom it is. Operators share one control room.
    pub fn is_for(&self, actor: &Actor) -> bool {
        let in_control_room = |actor: &Actor| matches!(actor, Actor::Operator(_) | Actor::Machine(_));
        self.from == *actor || self.to.includes(actor) || (in_control_room(actor) && in_control_room(&self.from))
    }
}

/// The canned texts of a new evening.
pub(super) fn canned() -> Vec<String> {
    [
        "Tra 30 secondi siete in onda",
        "Siete in onda",
        "Alzate il volume del microfono",
        "Più luce, per favore",
        "Grazie, bellissimo!",
    ]
    .map(str::to_owned)
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_for_its_audience_and_its_sender() {
        let actor = |text: &str| text.parse::<Actor>().unwrap();
        let message = |from: &str, to: &str| Message {
            id: MessageId(1),
            from: actor(from),
            to: to.parse().unwrap(),
            text: "ciao".into(),
            sent: ShowTime::default(),
            read_by: Vec::new(),
        };
        let table = [
            ("operator:Anna", "city:roma", "city:roma", true),
            ("operator:Anna", "city:roma", "city:lecce", false),
            ("operator:Anna", "city:roma", "operator:Bea", true),
            ("operator:Anna", "cities", "city:lecce", true),
            ("operator:Anna", "cities", "cohost:luca", false),
            ("operator:Anna", "all", "cohost:luca", true),
            ("operator:Anna", "all", "viewer", false),
            ("city:roma", "director", "operator:Anna", true),
            ("city:roma", "director", "city:roma", true),
            ("city:roma", "director", "city:lecce", false),
        ];
        for (from, to, reader, readable) in table {
            assert_eq!(message(from, to).is_for(&actor(reader)), readable, "{from} to {to}, read by {reader}");
        }
        assert!("Roma".parse::<Audience>().is_err());
    }
}
