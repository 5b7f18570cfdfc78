//! A co-host's call: where it comes from, what was noted about it, how far it is, and which step leads where.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Name, ShowTime};

/// What a co-host is to the show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// One of those who make the show: needs no screening, and no lock holds them.
    #[default]
    Host,
    /// Somebody who calls in: is screened, and waits for their turn.
    Guest,
}

/// Where a call comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum CallOrigin {
    /// A browser, by a link.
    Link {},
    /// A telephone.
    Telephone {
        /// The number, masked; none if the caller withholds it.
        #[serde(default)]
        #[schema(required = true)]
        number: Option<String>,
        /// Who had it dialled; none if it called.
        #[serde(default)]
        #[schema(required = true)]
        dialled_by: Option<Name>,
    },
}

/// How far a call is. Every state has its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum CallState {
    /// Not there.
    Away {
        /// When the link of somebody who was on air broke: who is back soon is on air again.
        #[serde(default)]
        #[schema(required = true)]
        left_air: Option<ShowTime>,
    },
    /// There, and nobody has talked to them yet; a telephone that was dialled rings.
    Ringing {
        /// Since when.
        since: ShowTime,
    },
    /// Somebody talks to them, and nobody else hears it.
    Screening {
        /// Who.
        by: Name,
        /// Since when.
        since: ShowTime,
    },
    /// Waits, and hears program.
    Holding {
        /// Since when.
        since: ShowTime,
    },
    /// Waits for their turn, and hears program.
    Next {
        /// Since when.
        since: ShowTime,
    },
    /// Heard by everybody.
    OnAir {
        /// Since when.
        since: ShowTime,
    },
    /// Over. Whoever comes by a link may come again.
    Ended {
        /// Why.
        why: CallEnd,
        /// When.
        at: ShowTime,
    },
}

/// Why a call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// The house hung up.
    HungUp,
    /// They are blocked.
    Blocked,
    /// They hung up.
    Left,
    /// They were dialled and did not answer in time.
    Unanswered,
    /// They were dialled, and are busy or do not want to talk.
    Declined,
    /// The line broke, or could not be had.
    Failed,
}

impl CallEnd {
    /// Whether the house ended it: then there is a line to be closed.
    pub(super) const fn is_ours(self) -> bool {
        matches!(self, Self::HungUp | Self::Blocked)
    }
}

/// A co-host's call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// What they are to the show.
    pub kind: CallKind,
    /// Where they come from.
    pub origin: CallOrigin,
    /// How far the call is.
    pub state: CallState,
    /// When they came; none if they are not there.
    pub arrived: Option<ShowTime>,
    /// Whether nothing of theirs is let in.
    pub blocked: bool,
    /// Whether somebody noted anything about them.
    pub noted: bool,
    /// Where they are, up to 200 characters.
    pub city: String,
    /// What they want to say, up to 200 characters.
    pub point: String,
    /// Whether they muted themselves.
    pub muted_by_self: bool,
    /// Whether the desk muted them.
    pub muted_by_desk: bool,
    /// How long a packet takes to them and back, in ms, as last measured.
    pub round_trip_ms: Option<u32>,
    /// The keys that they pressed last, the newest at the end.
    #[serde(default)]
    pub keys: String,
}

impl Default for CallOrigin {
    fn default() -> Self {
        Self::Link {}
    }
}

impl Default for CallState {
    fn default() -> Self {
        Self::Away { left_air: None }
    }
}

/// What somebody does with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallStep {
    /// Talks to them.
    Screen(Name),
    /// Lets them wait.
    Hold,
    /// Lets them wait for their turn.
    Queue,
    /// Puts them on air.
    PutOnAir,
    /// Takes them off air.
    TakeOffAir,
    /// Ends the call.
    End(CallEnd),
}

impl CallState {
    /// Where a step leads; the same state if it is there already, and nothing if it cannot be made.
    ///
    /// Whoever rings is talked to, or at least let in, before anybody else hears them; whoever is on air is taken off before
    /// anything else is done with them, except to end the call.
    pub(super) fn after(&self, step: &CallStep, now: ShowTime) -> Option<Self> {
        let since = now;
        let next = match (self, step) {
            (Self::Ended { .. }, CallStep::End(CallEnd::HungUp)) => self.clone(),
            (_, CallStep::End(why)) if self.is_there() => Self::Ended { why: *why, at: now },
            (Self::Screening { by, .. }, CallStep::Screen(who)) if by == who => self.clone(),
            (
                Self::Ringing { .. } | Self::Screening { .. } | Self::Holding { .. } | Self::Next { .. },
                CallStep::Screen(who),
            ) => Self::Screening { by: who.clone(), since },
            (Self::Holding { .. }, CallStep::Hold | CallStep::TakeOffAir) => self.clone(),
            (Self::Ringing { .. } | Self::Screening { .. } | Self::Next { .. }, CallStep::Hold)
            | (Self::OnAir { .. }, CallStep::TakeOffAir) => Self::Holding { since },
            (Self::Next { .. }, CallStep::Queue) => self.clone(),
            (Self::Screening { .. } | Self::Holding { .. }, CallStep::Queue) => Self::Next { since },
            (Self::OnAir { .. }, CallStep::PutOnAir) => self.clone(),
            (Self::Screening { .. } | Self::Holding { .. } | Self::Next { .. }, CallStep::PutOnAir) => {
                Self::OnAir { since }
            }
            _ => return None,
        };
        Some(next)
    }

    /// Whether there is a line to them, or one is being made.
    pub const fn is_there(&self) -> bool {
        !matches!(self, Self::Away { .. } | Self::Ended { .. })
    }

    /// The same state as a clock sees it that has not yet come further than `now`.
    fn no_later_than(self, now: ShowTime) -> Self {
        match self {
            Self::Away { left_air } => Self::Away { left_air: left_air.map(|at| at.min(now)) },
            Self::Ringing { since } => Self::Ringing { since: since.min(now) },
            Self::Screening { by, since } => Self::Screening { by, since: since.min(now) },
            Self::Holding { since } => Self::Holding { since: since.min(now) },
            Self::Next { since } => Self::Next { since: since.min(now) },
            Self::OnAir { since } => Self::OnAir { since: since.min(now) },
            Self::Ended { why, at } => Self::Ended { why, at: at.min(now) },
        }
    }
}

impl fmt::Display for CallState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Away { .. } => "away",
            Self::Ringing { .. } => "ringing",
            Self::Screening { .. } => "in a private talk",
            Self::Holding { .. } => "on hold",
            Self::Next { .. } => "waiting for their turn",
            Self::OnAir { .. } => "on air",
            Self::Ended { .. } => "gone",
        })
    }
}

impl Call {
    /// Longest note about a caller's city, and about what they want to say, in characters.
    pub const NOTE_MAX: usize = 200;
    /// Most keys that are remembered.
    pub const MOST_KEYS: usize = 12;
    /// Who was on air and is back within this time is on air again.
    pub const SEAT_KEPT: Duration = Duration::from_secs(60);
    /// The least change of a round trip that is worth an event, in ms: less is nothing that anybody could hear.
    pub(super) const ROUND_TRIP_STEP_MS: u32 = 20;

    /// Somebody on the telephone.
    pub(super) fn telephone(number: Option<String>, dialled_by: Option<Name>, now: ShowTime) -> Self {
        Self {
            kind: CallKind::Guest,
            origin: CallOrigin::Telephone { number, dialled_by },
            state: CallState::Ringing { since: now },
            arrived: Some(now),
            ..Self::default()
        }
    }

    /// Whether they are on a telephone.
    pub fn is_telephone(&self) -> bool {
        matches!(self.origin, CallOrigin::Telephone { .. })
    }

    /// Who had them dialled.
    pub fn dialled_by(&self) -> Option<&Name> {
        match &self.origin {
            CallOrigin::Telephone { dialled_by, .. } => dialled_by.as_ref(),
            CallOrigin::Link {} => None,
        }
    }

    /// Whether they are on a telephone and keep their number back: nobody can call them back or know them again.
    pub const fn withholds_number(&self) -> bool {
        matches!(self.origin, CallOrigin::Telephone { number: None, .. })
    }

    /// Whether they were dialled and have not answered.
    pub(super) fn is_being_dialled(&self) -> bool {
        self.dialled_by().is_some() && matches!(self.state, CallState::Ringing { .. })
    }

    /// Whether their telephone rings here and waits for an answer.
    pub(super) fn is_ringing_in(&self) -> bool {
        self.is_telephone() && self.dialled_by().is_none() && matches!(self.state, CallState::Ringing { .. })
    }

    /// Whether they are remembered when their call is over: they may be called back, or are not let in again.
    pub(super) const fn is_kept(&self) -> bool {
        self.noted || self.blocked
    }

    /// Whether they are muted, by whichever side.
    pub const fn is_muted(&self) -> bool {
        self.muted_by_self || self.muted_by_desk
    }

    /// Takes a new state on; when they came follows from it.
    pub(super) fn set_state(&mut self, state: CallState, now: ShowTime) {
        self.arrived = if state.is_there() { self.arrived.or(Some(now)) } else { None };
        if !state.is_there() {
            self.round_trip_ms = None;
            self.keys.clear();
        }
        self.state = state;
    }

    /// Takes a key on that was pressed; the oldest goes when there are too many.
    pub(super) fn press(&mut self, key: char) {
        if self.keys.chars().count() >= Self::MOST_KEYS {
            self.keys.remove(0);
        }
        self.keys.push(key);
    }

    /// Where they are who come in by their link at `now`. Whoever was on air a moment ago is on air again, unless the lock is
    /// for hosts and they are none; whoever has been heard or noted need not be screened anew.
    pub(super) fn joined(&self, locked: bool, now: ShowTime) -> CallState {
        let since = now;
        match (&self.state, self.kind) {
            (there, _) if there.is_there() => there.clone(),
            (CallState::Away { left_air: Some(left) }, kind)
                if now - *left <= Self::SEAT_KEPT && (kind == CallKind::Host || !locked) =>
            {
                CallState::OnAir { since }
            }
            (CallState::Away { left_air: Some(_) }, _) | (_, CallKind::Host) => CallState::Holding { since },
            (_, CallKind::Guest) if self.noted => CallState::Holding { since },
            (_, CallKind::Guest) => CallState::Ringing { since },
        }
    }

    /// Where they are who went, by themselves or with their line.
    pub(super) fn left(&self, now: ShowTime) -> CallState {
        match &self.state {
            CallState::OnAir { .. } => CallState::Away { left_air: Some(now) },
            there if there.is_there() => CallState::Away { left_air: None },
            gone => gone.clone(),
        }
    }

    /// The call as it is when nothing of its line is left, at `now`.
    pub(super) fn unlinked(mut self, now: ShowTime) -> Self {
        let state = match (self.is_telephone(), &self.state) {
            (true, there) if there.is_there() => CallState::Ended { why: CallEnd::Failed, at: now },
            _ => self.left(now),
        };
        self.set_state(state, now);
        self
    }

    /// Whether state and times can be true together.
    pub(super) fn agrees(&self) -> bool {
        let fits = |text: &String| super::text::flaw(text, 0, Self::NOTE_MAX).is_none();
        self.arrived.is_some() == self.state.is_there()
            && !(self.blocked && self.state.is_there())
            && self.keys.chars().count() <= Self::MOST_KEYS
            && fits(&self.city)
            && fits(&self.point)
    }

    /// The same as a clock sees it that has not yet come further than `now`.
    pub(super) fn no_later_than(&mut self, now: ShowTime) {
        self.arrived = self.arrived.map(|at| at.min(now));
        self.state = std::mem::take(&mut self.state).no_later_than(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> ShowTime {
        ShowTime::new(Duration::from_secs(s))
    }

    fn anna() -> Name {
        "Anna".parse().unwrap()
    }

    fn states() -> [CallState; 7] {
        let since = at(1);
        [
            CallState::Away { left_air: None },
            CallState::Ringing { since },
            CallState::Screening { by: anna(), since },
            CallState::Holding { since },
            CallState::Next { since },
            CallState::OnAir { since },
            CallState::Ended { why: CallEnd::Left, at: since },
        ]
    }

    #[test]
    fn every_step_in_every_state_has_one_outcome() {
        let since = at(9);
        let talk = |by: &str| Some(CallState::Screening { by: by.parse().unwrap(), since });
        let (hold, next, air) =
            (Some(CallState::Holding { since }), Some(CallState::Next { since }), Some(CallState::OnAir { since }));
        let over = |why| Some(CallState::Ended { why, at: since });
        let [_, _, screening, holding, queued, on_air, ended] = states().map(Some);
        let bea: Name = "Bea".parse().unwrap();
        // In the order of the states: away, ringing, screening, holding, next, on air, ended.
        let table: [(CallStep, [Option<CallState>; 7]); 8] = [
            (CallStep::Screen(anna()), [None, talk("Anna"), screening, talk("Anna"), talk("Anna"), None, None]),
            (CallStep::Screen(bea), [None, talk("Bea"), talk("Bea"), talk("Bea"), talk("Bea"), None, None]),
            (CallStep::Hold, [None, hold.clone(), hold.clone(), holding.clone(), hold.clone(), None, None]),
            (CallStep::Queue, [None, None, next.clone(), next, queued, None, None]),
            (CallStep::PutOnAir, [None, None, air.clone(), air.clone(), air, on_air, None]),
            (CallStep::TakeOffAir, [None, None, None, holding, None, hold, None]),
            (
                CallStep::End(CallEnd::HungUp),
                [None]
                    .into_iter()
                    .chain((0..5).map(|_| over(CallEnd::HungUp)))
                    .chain([ended])
                    .collect::<Vec<_>>()
                    .try_into()
                    .unwrap(),
            ),
            (
                CallStep::End(CallEnd::Left),
                [None]
                    .into_iter()
                    .chain((0..5).map(|_| over(CallEnd::Left)))
                    .chain([None])
                    .collect::<Vec<_>>()
                    .try_into()
                    .unwrap(),
            ),
        ];
        for (step, outcomes) in table {
            for (state, outcome) in states().into_iter().zip(outcomes) {
                assert_eq!(state.after(&step, at(9)), outcome, "{step:?} of {state:?}");
            }
        }
    }

    #[test]
    fn who_was_on_air_takes_the_seat_again_within_a_minute() {
        let mut call = Call { state: CallState::OnAir { since: at(1) }, arrived: Some(at(1)), ..Call::default() };
        call.set_state(call.left(at(10)), at(10));
        assert_eq!(call.state, CallState::Away { left_air: Some(at(10)) });
        assert_eq!(call.arrived, None);
        assert_eq!(call.joined(false, at(70)), CallState::OnAir { since: at(70) });
        assert_eq!(call.joined(true, at(70)), CallState::OnAir { since: at(70) }, "the lock holds no host");
        assert_eq!(call.joined(false, at(71)), CallState::Holding { since: at(71) });
        let guest = Call { kind: CallKind::Guest, ..call };
        assert_eq!(guest.joined(false, at(70)), CallState::OnAir { since: at(70) });
        assert_eq!(guest.joined(true, at(70)), CallState::Holding { since: at(70) }, "the lock is for hosts");
    }

    #[test]
    fn guests_ring_and_hosts_and_known_guests_wait() {
        let host = Call::default();
        assert_eq!(host.joined(false, at(5)), CallState::Holding { since: at(5) });
        let guest = Call { kind: CallKind::Guest, ..host };
        assert_eq!(guest.joined(false, at(5)), CallState::Ringing { since: at(5) });
        let noted = Call { noted: true, ..guest };
        assert_eq!(noted.joined(false, at(5)), CallState::Holding { since: at(5) });
        let there = Call { state: CallState::Next { since: at(1) }, ..noted };
        assert_eq!(there.joined(false, at(5)), there.state, "a session that takes over a seat changes nothing");
    }

    #[test]
    fn a_call_of_an_earlier_clock_has_no_time_to_come() {
        for state in states() {
            let mut call = Call { state, arrived: Some(at(1)), ..Call::default() };
            call.no_later_than(ShowTime::default());
            assert_eq!(call.arrived, Some(ShowTime::default()));
            assert_eq!(call.state.clone().no_later_than(ShowTime::default()), call.state);
        }
    }
}
