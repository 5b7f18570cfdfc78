//! A city's place in the evening: what the engines saw of it, and how its state follows.

use serde::{Deserialize, Serialize};

use super::{City, CityState, Fact, ShowTime};

/// A city's place in the evening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Who sits here.
    pub city: City,
    /// How its contribution does.
    pub contribution: CityState,
    /// Whether frames flow, as last reported. It is known apart from the state because sessions and frames are seen by
    /// different engines: frames go on for half a second after their session, and a city that comes back within that time
    /// is live at once. Nobody reports frames that never stopped a second time.
    pub frames_flow: bool,
}

impl Seat {
    /// The seat of a city that is not there yet.
    pub(super) fn new(city: City) -> Self {
        Self { city, contribution: CityState::Offline {}, frames_flow: false }
    }

    /// Takes note of a fact about this city. Yields its new state if that changed: engines race, so a fact that does not
    /// fit is no error.
    ///
    /// A session that takes over a live seat leaves the city live: as long as frames flow nothing on any page flashes,
    /// and when they do stop, [`Fact::FramesStopped`] says so.
    pub(super) fn observe(&mut self, fact: &Fact, now: ShowTime) -> Option<CityState> {
        let next = match (fact, self.contribution) {
            (Fact::CityJoined { .. }, live @ CityState::Live { .. }) => live,
            (Fact::CityJoined { .. }, _) if self.frames_flow => CityState::Live { since: now },
            (Fact::CityJoined { .. }, _) => CityState::Connecting { since: now },
            (Fact::FramesFlow { .. }, CityState::Connecting { .. } | CityState::Lost { .. }) => {
                CityState::Live { since: now }
            }
            (Fact::FramesStopped { .. }, CityState::Live { .. }) => CityState::Lost { since: now },
            (Fact::CityLeft { .. }, _) => CityState::Offline {},
            (Fact::FramesFlow { .. } | Fact::FramesStopped { .. }, as_it_is) => as_it_is,
        };
        self.frames_flow = match fact {
            Fact::FramesFlow { .. } => true,
            Fact::FramesStopped { .. } => false,
            Fact::CityJoined { .. } | Fact::CityLeft { .. } => self.frames_flow,
        };
        let before = std::mem::replace(&mut self.contribution, next);
        (next != before).then_some(next)
    }

    /// Whether state and frames can be true together.
    pub(super) fn agrees(&self) -> bool {
        match self.contribution {
            CityState::Offline {} => true,
            CityState::Live { .. } => self.frames_flow,
            CityState::Connecting { .. } | CityState::Lost { .. } => !self.frames_flow,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::show::CityId;

    fn at(ms: u64) -> ShowTime {
        ShowTime::new(Duration::from_millis(ms))
    }

    fn seat(contribution: CityState, frames_flow: bool) -> Seat {
        let city = City { id: id(), name: "Roma".into(), time_zone: "Europe/Rome".into() };
        Seat { city, contribution, frames_flow }
    }

    fn id() -> CityId {
        "roma".parse().unwrap()
    }

    #[test]
    fn every_fact_in_every_state_has_one_outcome() {
        let (then, now) = (at(1000), at(2000));
        let [joined, flow, stopped, left] = [
            Fact::CityJoined { city: id() },
            Fact::FramesFlow { city: id() },
            Fact::FramesStopped { city: id() },
            Fact::CityLeft { city: id() },
        ];
        let offline = || seat(CityState::Offline {}, false);
        let leaving = || seat(CityState::Offline {}, true);
        let connecting = || seat(CityState::Connecting { since: then }, false);
        let live = || seat(CityState::Live { since: then }, true);
        let lost = || seat(CityState::Lost { since: then }, false);
        let anew = || seat(CityState::Connecting { since: now }, false);
        let flowing = || seat(CityState::Live { since: now }, true);
        let table = [
            (&joined, offline(), anew()),
            (&joined, leaving(), flowing()),
            (&joined, connecting(), anew()),
            (&joined, live(), live()),
            (&joined, lost(), anew()),
            (&flow, offline(), leaving()),
            (&flow, leaving(), leaving()),
            (&flow, connecting(), flowing()),
            (&flow, live(), live()),
            (&flow, lost(), flowing()),
            (&stopped, offline(), offline()),
            (&stopped, leaving(), offline()),
            (&stopped, connecting(), connecting()),
            (&stopped, live(), seat(CityState::Lost { since: now }, false)),
            (&stopped, lost(), lost()),
            (&left, offline(), offline()),
            (&left, leaving(), leaving()),
            (&left, connecting(), offline()),
            (&left, live(), leaving()),
            (&left, lost(), offline()),
        ];
        for (fact, before, after) in table {
            let mut seat = before.clone();
            let told = seat.observe(fact, now);
            assert_eq!(seat, after, "{fact:?} after {before:?}");
            let changed = (before.contribution != after.contribution).then_some(after.contribution);
            assert_eq!(told, changed, "{fact:?} after {before:?}");
            assert!(seat.agrees(), "{seat:?}");
        }
    }

    #[test]
    fn a_second_join_in_the_same_instant_is_no_change() {
        let mut seat = seat(CityState::Connecting { since: at(5) }, false);
        assert_eq!(seat.observe(&Fact::CityJoined { city: id() }, at(5)), None);
    }
}
