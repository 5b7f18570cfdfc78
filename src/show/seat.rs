//! A city's place in the evening: what the engines saw of it, and how its state follows.

use serde::{Deserialize, Serialize};

use super::{City, CityState, Fact, Flaw, ShowTime, Strip};

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
    /// The line under its name on its slate.
    pub slate_text: String,
    /// Its strip of the desk.
    pub strip: Strip,
    /// What is wrong with what comes in, worst first.
    #[serde(default)]
    pub flaws: Vec<Flaw>,
}

impl Seat {
    /// The seat of a city that is not there yet.
    pub(super) fn new(city: City) -> Self {
        Self {
            city,
            contribution: CityState::Offline {},
            frames_flow: false,
            slate_text: String::new(),
            strip: Strip::default(),
            flaws: Vec::new(),
        }
    }

    /// What a fact about this city leads to: its new state if that changes, and else whether its frames flow if that
    /// changes. Engines race, so a fact that does not fit is no error.
    ///
    /// A session that takes over a live seat leaves the city live: as long as frames flow nothing on any page flashes,
    /// and when they do stop, [`Fact::FramesStopped`] says so.
    pub(super) fn observe(&self, fact: &Fact, now: ShowTime) -> Option<Noted> {
        let next = match (fact, self.contribution) {
            (Fact::CityJoined { .. }, live @ CityState::Live { .. }) => live,
            (Fact::CityJoined { .. }, _) if self.frames_flow => CityState::Live { since: now },
            (Fact::CityJoined { .. }, _) => CityState::Connecting { since: now },
            (Fact::FramesFlow { .. }, CityState::Connecting { .. } | CityState::Lost { .. }) => {
                CityState::Live { since: now }
            }
            (Fact::FramesStopped { .. }, CityState::Live { .. }) => CityState::Lost { since: now },
            (Fact::CityLeft { .. }, _) => CityState::Offline {},
            (_, as_it_is) => as_it_is,
        };
        if next != self.contribution {
            return Some(Noted::State(next));
        }
        let flow = match fact {
            Fact::FramesFlow { .. } => true,
            Fact::FramesStopped { .. } => false,
            _ => self.frames_flow,
        };
        (flow != self.frames_flow).then_some(Noted::Frames(flow))
    }

    /// Takes a new state on; whether frames flow follows from it, except that they may outlive their session.
    pub(super) fn set_state(&mut self, state: CityState) {
        self.contribution = state;
        self.frames_flow = match state {
            CityState::Connecting { .. } | CityState::Lost { .. } => false,
            CityState::Live { .. } => true,
            CityState::Offline {} => self.frames_flow,
        };
        if matches!(state, CityState::Offline {}) {
            self.flaws.clear();
        }
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

/// What a fact changed about a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    /// Its state.
    State(CityState),
    /// Only whether frames flow.
    Frames(bool),
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
        Seat { contribution, frames_flow, ..Seat::new(city) }
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
            match before.observe(fact, now) {
                Some(Noted::State(state)) => seat.set_state(state),
                Some(Noted::Frames(flow)) => seat.frames_flow = flow,
                None => {}
            }
            assert_eq!(seat, after, "{fact:?} after {before:?}");
            assert!(seat.agrees(), "{seat:?}");
        }
    }

    #[test]
    fn a_second_join_in_the_same_instant_is_no_change() {
        let seat = seat(CityState::Connecting { since: at(5) }, false);
        assert_eq!(seat.observe(&Fact::CityJoined { city: id() }, at(5)), None);
    }
}
