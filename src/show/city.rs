//! A city as the show knows it, and how its state follows from what the engines see.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CityId, Fact, ShowTime};

/// Who a city is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Identifier, also of its channel.
    pub id: CityId,
    /// Name for people, 1 to 64 characters.
    pub name: String,
    /// IANA time zone, for example `Europe/Rome`.
    pub time_zone: String,
}

/// How a city's contribution does. Judged by media that arrives, not by what was signalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum CityState {
    /// No session.
    Offline {},
    /// A session, but no picture yet.
    Connecting {
        /// When the session was opened.
        since: ShowTime,
    },
    /// Its picture flows.
    Live {
        /// When the first good frame came.
        since: ShowTime,
    },
    /// A session whose picture stopped; its slate is shown.
    Lost {
        /// When it was noticed.
        since: ShowTime,
    },
}

impl CityState {
    /// The state after `fact`, or `None` where it changes nothing: engines race, so a fact that does not fit is no error.
    ///
    /// A session that takes over a live seat leaves the city live: as long as frames flow nothing on any page flashes,
    /// and when they do stop, [`Fact::FramesStopped`] says so.
    pub(super) fn after(self, fact: &Fact, now: ShowTime) -> Option<Self> {
        match (fact, self) {
            (Fact::CityJoined { .. }, Self::Offline {} | Self::Connecting { .. } | Self::Lost { .. }) => {
                Some(Self::Connecting { since: now })
            }
            (Fact::FramesFlow { .. }, Self::Connecting { .. } | Self::Lost { .. }) => Some(Self::Live { since: now }),
            (Fact::FramesStopped { .. }, Self::Live { .. }) => Some(Self::Lost { since: now }),
            (Fact::CityLeft { .. }, Self::Connecting { .. } | Self::Live { .. } | Self::Lost { .. }) => {
                Some(Self::Offline {})
            }
            _ => None,
        }
    }

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_fact_in_every_state_has_one_outcome() {
        let then = ShowTime::new(Duration::from_secs(1));
        let now = ShowTime::new(Duration::from_secs(2));
        let city: CityId = "roma".parse().unwrap();
        let [offline, connecting, live, lost] = [
            CityState::Offline {},
            CityState::Connecting { since: then },
            CityState::Live { since: then },
            CityState::Lost { since: then },
        ];
        let joined = Fact::CityJoined { city: city.clone() };
        let flow = Fact::FramesFlow { city: city.clone() };
        let stopped = Fact::FramesStopped { city: city.clone() };
        let left = Fact::CityLeft { city };
        let anew = Some(CityState::Connecting { since: now });
        let flowing = Some(CityState::Live { since: now });
        let table = [
            (&joined, offline, anew),
            (&joined, connecting, anew),
            (&joined, live, None),
            (&joined, lost, anew),
            (&flow, offline, None),
            (&flow, connecting, flowing),
            (&flow, live, None),
            (&flow, lost, flowing),
            (&stopped, offline, None),
            (&stopped, connecting, None),
            (&stopped, live, Some(CityState::Lost { since: now })),
            (&stopped, lost, None),
            (&left, offline, None),
            (&left, connecting, Some(CityState::Offline {})),
            (&left, live, Some(CityState::Offline {})),
            (&left, lost, Some(CityState::Offline {})),
        ];
        for (fact, state, outcome) in table {
            assert_eq!(state.after(fact, now), outcome, "{state} after {fact:?}");
        }
    }
}
