//! Who acts in the evening, and what each may do: the roles, and the one table of commands and roles.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{CityId, CohostId};

/// Longest name of an operator or a machine, in characters.
const NAME_MAX: usize = 64;

/// The name of somebody who signs in: 1 to 64 characters, none of them a control character, no space around it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Box<str>);

/// A text that is no name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is not a name: 1 to {NAME_MAX} characters without spaces around them are needed")]
pub struct InvalidName(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let fits = (1..=NAME_MAX).contains(&text.chars().count())
            && text.trim() == text
            && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(InvalidName(text.chars().take(NAME_MAX).collect())) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into()
    }
}

/// Who did something. As text: `operator:Anna`, `machine:companion`, `city:roma`, `cohost:luca`, `house`, `viewer`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// A person who signed in, or a machine that acts for one.
    Operator(Name),
    /// A machine with a key of its own.
    Machine(Name),
    /// The crew of a city.
    City(CityId),
    /// A co-host.
    Cohost(CohostId),
    /// The server itself: engines, timers, a restart.
    House,
    /// Somebody who watches.
    Viewer,
}

impl Actor {
    /// The name of an operator or a machine. One of each with the same name are one person to microphones and monitors.
    pub fn name(&self) -> Option<&Name> {
        match self {
            Self::Operator(name) | Self::Machine(name) => Some(name),
            Self::City(_) | Self::Cohost(_) | Self::House | Self::Viewer => None,
        }
    }
}

/// A text that names no actor.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is nobody: 'operator:NAME', 'machine:NAME', 'city:ID', 'cohost:ID', 'house' or 'viewer' is needed")]
pub struct InvalidActor(String);

impl FromStr for Actor {
    type Err = InvalidActor;

    fn from_str(text: &str) -> Result<Self, InvalidActor> {
        let invalid = || InvalidActor(text.chars().take(80).collect());
        let actor = match text.split_once(':') {
            None if text == "house" => Some(Self::House),
            None if text == "viewer" => Some(Self::Viewer),
            Some(("operator", name)) => name.parse().ok().map(Self::Operator),
            Some(("machine", name)) => name.parse().ok().map(Self::Machine),
            Some(("city", id)) => id.parse().ok().map(Self::City),
            Some(("cohost", id)) => id.parse().ok().map(Self::Cohost),
            _ => None,
        };
        actor.ok_or_else(invalid)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Machine(name) => write!(f, "machine:{name}"),
            Self::City(id) => write!(f, "city:{id}"),
            Self::Cohost(id) => write!(f, "cohost:{id}"),
            Self::House => f.write_str("house"),
            Self::Viewer => f.write_str("viewer"),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = InvalidActor;
    fn try_from(text: String) -> Result<Self, InvalidActor> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

/// What somebody is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything on air, and everybody's links.
    Director,
    /// The desk.
    Sound,
    /// Titles and keyers.
    Graphics,
    /// Co-hosts and the wall.
    Screener,
    /// One city: its ingest, its slate text, its return feed, its messages.
    City,
    /// One call.
    Cohost,
    /// Watches.
    Viewer,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] =
        [Self::Director, Self::Sound, Self::Graphics, Self::Screener, Self::City, Self::Cohost, Self::Viewer];

    /// Those that people sign in for.
    pub const OPERATORS: [Self; 4] = [Self::Director, Self::Sound, Self::Graphics, Self::Screener];

    /// The role as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Director => "director",
            Self::Sound => "sound",
            Self::Graphics => "graphics",
            Self::Screener => "screener",
            Self::City => "city",
            Self::Cohost => "cohost",
            Self::Viewer => "viewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no operator's role.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is not an operator's role: director, sound, graphics or screener is needed")]
pub struct InvalidRole(String);

impl FromStr for Role {
    type Err = InvalidRole;

    /// The roles that can be given; those of cities, co-hosts and viewers come with their links.
    fn from_str(word: &str) -> Result<Self, InvalidRole> {
        let role = Self::OPERATORS.into_iter().find(|role| role.as_str() == word);
        role.ok_or_else(|| InvalidRole(word.chars().take(32).collect()))
    }
}

/// Who asks, with what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// What they are there for.
    pub roles: Vec<Role>,
}

impl Caller {
    /// Somebody with one role.
    pub fn new(actor: Actor, roles: impl Into<Vec<Role>>) -> Self {
        Self { actor, roles: roles.into() }
    }

    /// The crew of this city.
    pub fn city(city: CityId) -> Self {
        Self::new(Actor::City(city), [Role::City])
    }

    /// This co-host.
    pub fn cohost(cohost: CohostId) -> Self {
        Self::new(Actor::Cohost(cohost), [Role::Cohost])
    }

    /// Anybody.
    pub fn viewer() -> Self {
        Self::new(Actor::Viewer, [Role::Viewer])
    }

    /// Whether one of their roles is among `roles`.
    pub fn is_one_of(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}
