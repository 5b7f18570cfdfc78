//! A city as the show knows it.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CityId, ShowTime};

/// Who a city is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Identifier, also of its channel.
    pub id: CityId,
    /// Name for people, 1 to 64 characters.
    pub name: String,
    /// IANA time zone, for example `Europe/Rome`.
    pub time_zone: String,
}

/// How a contribution does, a city's or a co-host's. Judged by media that arrives, not by what was signalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum CityState {
    /// No session.
    Offline {},
    /// A session, but nothing yet: no picture of a city, neither sound nor picture of a co-host.
    Connecting {
        /// When the session was opened.
        since: ShowTime,
    },
    /// A city's picture flows; a co-host is heard or seen, and may be silent.
    Live {
        /// When the first good frame, or a co-host's first sound, came.
        since: ShowTime,
    },
    /// A session that does not deliver any more: a city whose picture stopped, a co-host of whom nothing at all comes.
    Lost {
        /// When it was noticed.
        since: ShowTime,
    },
}

impl Default for CityState {
    fn default() -> Self {
        Self::Offline {}
    }
}

impl CityState {
    /// The same state as a clock sees it that has not yet come further than `now`.
    pub(super) fn no_later_than(self, now: ShowTime) -> Self {
        match self {
            Self::Offline {} => Self::Offline {},
            Self::Connecting { since } => Self::Connecting { since: since.min(now) },
            Self::Live { since } => Self::Live { since: since.min(now) },
            Self::Lost { since } => Self::Lost { since: since.min(now) },
        }
    }
}

impl fmt::Display for CityState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offline {} => "offline",
            Self::Connecting { .. } => "connecting",
            Self::Live { .. } => "live",
            Self::Lost { .. } => "lost",
        })
    }
}
