//! A co-host as the show knows one, and their place in the evening: what the engines saw of their call.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Call, CallState, CityState, CohostId, Fact, Flaw, Name, ShowTime, Strip};

/// Somebody of the radio show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cohost {
    /// Identifier, also of their call.
    pub id: CohostId,
    /// Name for people, 1 to 64 characters.
    pub name: String,
}

/// A co-host's place in the evening.
// Whether they have their page open is in `Snapshot::present`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohostSeat {
    /// Identifier, also of their call.
    pub id: CohostId,
    /// Name for people.
    pub name: String,
    /// How their contribution does. A camera is optional and sound may pause, so neither decides: what counts is that
    /// anything came and that the other side is there.
    #[serde(default)]
    pub contribution: CityState,
    /// Whether a picture comes.
    #[serde(default)]
    pub frames_flow: bool,
    /// Their strip of the desk.
    #[serde(default = "Strip::always")]
    pub strip: Strip,
    /// What is wrong with what comes in, worst first.
    #[serde(default)]
    pub flaws: Vec<Flaw>,
    /// Their call: how far it is, and what is known of it.
    #[serde(default)]
    pub call: Call,
}

impl CohostSeat {
    /// The seat of somebody who is not there yet.
    pub(super) fn new(Cohost { id, name }: Cohost) -> Self {
        let (contribution, strip) = (CityState::default(), Strip::always());
        Self { id, name, contribution, frames_flow: false, strip, flaws: Vec::new(), call: Call::default() }
    }

    /// Who sits here.
    pub fn cohost(&self) -> Cohost {
        Cohost { id: self.id.clone(), name: self.name.clone() }
    }

    /// Whether everybody is to hear them, if they are not muted.
    pub const fn is_on_air(&self) -> bool {
        matches!(self.call.state, CallState::OnAir { .. })
    }

    /// Who talks to them with nobody else listening.
    pub const fn private_with(&self) -> Option<&Name> {
        match &self.call.state {
            CallState::Screening { by, .. } => Some(by),
            _ => None,
        }
    }

    /// The state that a fact about this co-host leads to. One that does not fit is no error: engines race. A session that
    /// takes over from one that delivers leaves them live.
    pub(super) fn observe(&self, fact: &Fact, now: ShowTime) -> CityState {
        use CityState::{Connecting, Live, Lost, Offline};
        match (fact, self.contribution) {
            (Fact::CohostJoined { .. }, Offline {} | Connecting { .. } | Lost { .. }) => Connecting { since: now },
            (Fact::CohostHeard { .. }, Connecting { .. } | Lost { .. }) => Live { since: now },
            (Fact::CohostLost { .. }, Live { .. } | Connecting { .. }) => Lost { since: now },
            (Fact::CohostLeft { .. }, _) => Offline {},
            (_, as_it_is) => as_it_is,
        }
    }

    /// Takes a new state on.
    pub(super) fn set_state(&mut self, state: CityState) {
        self.contribution = state;
        if matches!(state, CityState::Offline {}) {
            self.flaws.clear();
        }
    }

    /// Nothing of an earlier run of the server is left.
    pub(super) fn reset(&mut self) {
        self.set_state(CityState::Offline {});
        self.frames_flow = false;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_fact_in_every_state_has_one_outcome() {
        let id = || "anna".parse::<CohostId>().unwrap();
        let at = |ms| ShowTime::new(Duration::from_millis(ms));
        let (then, now) = (at(1000), at(2000));
        let [joined, heard, lost, left] = [
            Fact::CohostJoined { cohost: id() },
            Fact::CohostHeard { cohost: id() },
            Fact::CohostLost { cohost: id() },
            Fact::CohostLeft { cohost: id() },
        ];
        let offline = CityState::Offline {};
        let connecting = |since| CityState::Connecting { since };
        let live = |since| CityState::Live { since };
        let gone = |since| CityState::Lost { since };
        let table = [
            (&joined, offline, connecting(now)),
            (&joined, connecting(then), connecting(now)),
            (&joined, live(then), live(then)),
            (&joined, gone(then), connecting(now)),
            (&heard, offline, offline),
            (&heard, connecting(then), live(now)),
            (&heard, live(then), live(then)),
            (&heard, gone(then), live(now)),
            (&lost, offline, offline),
            (&lost, connecting(then), gone(now)),
            (&lost, live(then), gone(now)),
            (&lost, gone(then), gone(then)),
            (&left, offline, offline),
            (&left, connecting(then), offline),
            (&left, live(then), offline),
            (&left, gone(then), offline),
        ];
        for (fact, before, after) in table {
            let seat = CohostSeat { contribution: before, ..CohostSeat::new(Cohost { id: id(), name: "Anna".into() }) };
            assert_eq!(seat.observe(fact, now), after, "{fact:?} after {before}");
        }
    }

    #[test]
    fn a_cohost_of_an_earlier_version_is_one_who_is_not_there() {
        let seat: CohostSeat = serde_json::from_str(r#"{"id": "anna", "name": "Anna"}"#).unwrap();
        assert_eq!(seat, CohostSeat::new(seat.cohost()));
    }
}
