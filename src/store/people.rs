//! Who may come in, as data: operators, machines, holders of links, and how their names and roles are written.

use std::fmt;
use std::str::FromStr;

use crate::secret::Key;
use crate::show::{CityId, CohostId, InvalidRole, Name, Role};

/// What somebody may do: roles of operators, each once, in their order. May be empty: then one may only look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// The roles.
    pub fn as_slice(&self) -> &[Role] {
        &self.0
    }

    /// From the file, where a newer or another hand may have written: words that are no roles give nothing.
    pub(super) fn stored(text: &str) -> Self {
        let written: Vec<_> = text.split(',').map(str::trim).collect();
        Self(Role::OPERATORS.into_iter().filter(|role| written.contains(&role.as_str())).collect())
    }
}

impl FromStr for Roles {
    type Err = InvalidRole;
    /// Words with commas between them; an empty text is no role.
    fn from_str(text: &str) -> Result<Self, InvalidRole> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let roles = words.map(Role::from_str).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(Role::OPERATORS.into_iter().filter(|role| roles.contains(role)).collect()))
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|role| role.as_str()).collect();
        f.write_str(&words.join(","))
    }
}

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Name, unique.
    pub name: Name,
    /// What this person may do.
    pub roles: Roles,
    /// Unix µs.
    pub added_us: i64,
}

/// A machine with an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Name, unique among keys that are not revoked.
    pub name: Name,
    /// What it may do.
    pub roles: Roles,
    /// The operator in whose name it acts, if it does.
    pub acts_for: Option<Name>,
    /// Unix µs.
    pub added_us: i64,
    /// Unix µs; a revoked key opens nothing.
    pub revoked_us: Option<i64>,
}

/// Whose link it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The crew of a city.
    City(CityId),
    /// A co-host.
    Cohost(CohostId),
}

impl Holder {
    /// As the file has it.
    pub(super) fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::City(city) => ("city", city.as_str()),
            Self::Cohost(cohost) => ("cohost", cohost.as_str()),
        }
    }

    /// From the file.
    pub(super) fn stored(kind: &str, id: String) -> Option<Self> {
        match kind {
            "city" => id.parse().ok().map(Self::City),
            "cohost" => id.parse().ok().map(Self::Cohost),
            _ => None,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::City(city) => write!(f, "the city '{city}'"),
            Self::Cohost(id) => write!(f, "the co-host '{id}'"),
        }
    }
}

/// Names one link; not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub i64);

/// What a link's token is worth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It opens its seat.
    Valid,
    /// Another token has taken its place: it opens nothing new, but still belongs to the seat, so who holds a live session
    /// that was opened with it may go on with that one and end it.
    Renewed,
    /// Taken away: it opens nothing.
    Revoked,
    /// Its time is over: it opens nothing new.
    Expired,
}

/// A link as it can be listed: all but its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Whose it is.
    pub holder: Holder,
    /// Unix µs.
    pub added_us: i64,
    /// Unix µs; none: until it is revoked.
    pub expires_us: Option<i64>,
    /// Unix µs.
    pub renewed_us: Option<i64>,
    /// Unix µs.
    pub revoked_us: Option<i64>,
}

impl Link {
    /// What its token is worth at `now_us` (Unix µs).
    pub fn standing(&self, now_us: i64) -> Standing {
        if self.revoked_us.is_some() {
            Standing::Revoked
        } else if self.renewed_us.is_some() {
            Standing::Renewed
        } else if self.expires_us.is_some_and(|end| end <= now_us) {
            Standing::Expired
        } else {
            Standing::Valid
        }
    }
}

/// A link just made. Its token is shown once and stored nowhere.
#[derive(Debug)]
pub struct NewLink {
    /// The link as it will be listed.
    pub link: Link,
    /// What opens the seat.
    pub token: Key,
}
