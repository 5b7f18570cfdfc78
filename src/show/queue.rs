//! The calls of the evening taken together: the lock, whose turn comes next, which numbers are whose, and what may be done with
//! a call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::CallStep;
use super::{
    Actor, Call, CallEnd, CallKind, CallState, Caller, CohostId, CohostSeat, Command, Effect, Event, Name, PhoneNumber,
    Rejection, ShowTime, Snapshot,
};

/// Who is taken next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextCaller {
    /// The first of the queue.
    #[default]
    QueueOrder,
    /// Who came first of those in the queue.
    LongestWaiting,
    /// The first of the queue who is in another city than the guest before; without one, the first.
    OtherCityFirst,
}

/// How callers take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallRule {
    /// Who is taken next.
    pub next_caller: NextCaller,
    /// Whether the guests on air go back to hold when the next one is taken.
    pub one_at_a_time: bool,
}

impl Default for CallRule {
    fn default() -> Self {
        Self { next_caller: NextCaller::default(), one_at_a_time: true }
    }
}

/// What the show knows of all calls together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// Whether the lock is for hosts: no guest goes on air.
    pub locked: bool,
    /// Who waits for their turn, in order: exactly the co-hosts that are [`CallState::Next`].
    pub queue: Vec<CohostId>,
    /// The city that was noted of the guest who went on air last; empty if none was.
    pub last_city: String,
    /// Whether telephones that withhold their number are refused.
    #[serde(default)]
    pub withheld_refused: bool,
    /// Whole numbers of those on the telephone. They are in the snapshot and in no event that is written down: after a replay
    /// of the log alone they are not known.
    pub phones: BTreeMap<CohostId, PhoneNumber>,
}

impl Snapshot {
    /// Whether this co-host is kept out.
    pub fn is_blocked(&self, cohost: &CohostId) -> bool {
        self.cohost(cohost).is_some_and(|known| known.call.blocked)
    }

    /// Whether calls from this number are refused: somebody who called from it is blocked.
    pub fn is_number_blocked(&self, number: &PhoneNumber) -> bool {
        self.calls.phones.iter().any(|(cohost, known)| known == number && self.is_blocked(cohost))
    }

    /// A name for somebody of whom neither name nor number came, in no language, and nobody else's.
    pub(super) fn nameless(&self) -> String {
        let free = |name: &String| self.cohosts.iter().all(|known| known.name != *name);
        let mut names = (1..=Self::MOST_COHOSTS + 1).map(|n| format!("••• {n}"));
        names.find(free).unwrap_or_else(|| "•••".into())
    }

    /// The place of somebody in the queue, from 0.
    pub fn place_in_queue(&self, cohost: &CohostId) -> Option<usize> {
        self.calls.queue.iter().position(|known| known == cohost)
    }

    /// Who is taken next by the rule.
    pub fn next_caller(&self) -> Option<&CohostSeat> {
        let waiting = self.calls.queue.iter().filter_map(|cohost| self.cohost(cohost));
        let mut may = waiting.filter(|known| !self.is_held_by_lock(known));
        match self.settings.calls.next_caller {
            NextCaller::QueueOrder => may.next(),
            NextCaller::LongestWaiting => may.min_by_key(|known| known.call.arrived),
            NextCaller::OtherCityFirst => {
                let may: Vec<_> = may.collect();
                let is_elsewhere = |known: &&&CohostSeat| is_elsewhere(&known.call.city, &self.calls.last_city);
                may.iter().find(is_elsewhere).or(may.first()).copied()
            }
        }
    }

    /// Whether the lock keeps them off the air.
    pub(super) fn is_held_by_lock(&self, cohost: &CohostSeat) -> bool {
        self.calls.locked && cohost.call.kind == CallKind::Guest
    }

    /// The telephone call that is over for longest, of those that nobody wants to keep: it gives room to another one.
    pub(super) fn forgettable_call(&self) -> Option<&CohostId> {
        let ended = self.cohosts.iter().filter_map(|known| match known.call.state {
            CallState::Ended { at, .. } if known.call.is_telephone() && !known.call.blocked => Some((at, &known.id)),
            _ => None,
        });
        ended.min_by_key(|(at, _)| *at).map(|(_, id)| id)
    }

    /// Whether `caller` may do this with a call.
    pub(super) fn admit_call(&self, command: &Command, caller: &Caller) -> Result<(), Rejection> {
        let step = |cohost, step| self.admit_step(cohost, &step);
        match command {
            Command::ScreenCall { cohost } => {
                let needed = command.roles();
                let refused = || Rejection::forbidden(caller.actor.clone(), command.word(), needed);
                step(cohost, CallStep::Screen(name_of(&caller.actor).ok_or_else(refused)?))
            }
            Command::HoldCall { cohost } => step(cohost, CallStep::Hold),
            Command::QueueCall { cohost, .. } => step(cohost, CallStep::Queue),
            Command::MoveCall { cohost, .. } => {
                let known = self.known_call(cohost)?;
                match self.place_in_queue(cohost) {
                    Some(_) => Ok(()),
                    None => Err(Rejection::call_state(known, "put them in the queue first")),
                }
            }
            Command::PutOnAir { cohost } => {
                step(cohost, CallStep::PutOnAir)?;
                let known = self.known_call(cohost)?;
                match self.is_held_by_lock(known) && !known.is_on_air() {
                    true => Err(Rejection::CallsLocked),
                    false => Ok(()),
                }
            }
            Command::TakeOffAir { cohost } => step(cohost, CallStep::TakeOffAir),
            Command::TakeNextCaller {} => match self.next_caller() {
                Some(_) => Ok(()),
                None if self.calls.locked && !self.calls.queue.is_empty() => Err(Rejection::CallsLocked),
                None => Err(Rejection::NoCaller),
            },
            Command::HangUp { cohost } => step(cohost, CallStep::End(CallEnd::HungUp)),
            Command::SetMute { cohost, .. } => match &caller.actor {
                Actor::Cohost(own) if own != cohost => {
                    Err(Rejection::NotYours { actor: caller.actor.clone(), owner: cohost.to_string() })
                }
                _ => self.known_call(cohost).map(drop),
            },
            Command::NoteCall { cohost, name, city, point } => {
                self.known_call(cohost)?;
                admit_note("name", name.as_ref(), 1, Self::NAME_MAX)?;
                admit_note("city", city.as_ref(), 0, Call::NOTE_MAX)?;
                admit_note("point", point.as_ref(), 0, Call::NOTE_MAX)
            }
            Command::BlockCall { cohost } | Command::UnblockCall { cohost } | Command::SetCallKind { cohost, .. } => {
                self.known_call(cohost).map(drop)
            }
            Command::Dial { number, name } => {
                if !number.can_be_dialled() {
                    let flaw = "2 to 20 digits, * and # can be dialled, with a + before them or without".into();
                    return Err(Rejection::BadValue { what: "telephone number", flaw });
                }
                admit_note("name", Some(name), 1, Self::NAME_MAX)?;
                if self.is_number_blocked(number) {
                    return Err(Rejection::NumberBlocked);
                }
                if self.cohosts.len() >= Self::MOST_COHOSTS && self.forgettable_call().is_none() {
                    return Err(Rejection::TooMany { what: "co-hosts", most: Self::MOST_COHOSTS });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn known_call(&self, cohost: &CohostId) -> Result<&CohostSeat, Rejection> {
        let unknown = || Rejection::Unknown { kind: super::Kind::Cohost, arrived: cohost.to_string() };
        self.cohost(cohost).ok_or_else(unknown)
    }

    fn admit_step(&self, cohost: &CohostId, step: &CallStep) -> Result<(), Rejection> {
        let known = self.known_call(cohost)?;
        if known.call.is_being_dialled() && !matches!(step, CallStep::End(_)) {
            return Err(Rejection::call_state(known, "wait until they answer, or hang up"));
        }
        if known.call.state.after(step, ShowTime::default()).is_some() {
            return Ok(());
        }
        let needed = match (&known.call.state, step) {
            (CallState::Away { .. } | CallState::Ended { .. }, _) => "they must be there for that",
            (_, CallStep::TakeOffAir) => "only who is on air can be taken off",
            (CallState::OnAir { .. }, _) => "take them off air first",
            _ => "talk to them first, or put them on hold",
        };
        Err(Rejection::call_state(known, needed))
    }

    /// What an engine must do about a call because of this event, which has not happened yet.
    pub(super) fn call_effect(&self, event: &Event) -> Option<Effect> {
        match event {
            Event::CallChanged { cohost, state } => {
                let before = &self.cohost(cohost)?.call;
                match state {
                    CallState::Ended { why, .. } if why.is_ours() && before.state.is_there() => {
                        Some(Effect::HangUp { cohost: cohost.clone() })
                    }
                    there if there.is_there() && before.is_ringing_in() => {
                        Some(Effect::AnswerCall { cohost: cohost.clone() })
                    }
                    _ => None,
                }
            }
            Event::CohostRemoved { cohost } => {
                self.cohost(cohost)?.call.state.is_there().then(|| Effect::HangUp { cohost: cohost.clone() })
            }
            Event::PhoneRang { cohost, dialled_by: Some(_), number: Some(number), .. } => {
                Some(Effect::Dial { cohost: cohost.id.clone(), number: number.clone() })
            }
            _ => None,
        }
    }

    /// Lets an event about a call have its effect on the state.
    pub(super) fn follow_call(&mut self, event: Event, now: ShowTime) {
        match event {
            Event::CallChanged { cohost, state } => {
                let Some(known) = self.cohosts.iter_mut().find(|known| known.id == cohost) else { return };
                if matches!(state, CallState::OnAir { .. }) && known.call.kind == CallKind::Guest {
                    self.calls.last_city.clone_from(&known.call.city);
                }
                let waits = matches!(state, CallState::Next { .. });
                known.call.set_state(state, now);
                match self.calls.queue.iter().position(|waiting| *waiting == cohost) {
                    None if waits => self.calls.queue.push(cohost),
                    Some(place) if !waits => drop(self.calls.queue.remove(place)),
                    _ => {}
                }
            }
            Event::CallMoved { cohost, to } => {
                let Some(from) = self.place_in_queue(&cohost) else { return };
                let cohost = self.calls.queue.remove(from);
                self.calls.queue.insert(to.min(self.calls.queue.len()), cohost);
            }
            Event::CallNoted { cohost, name, city, point } => self.with_cohost(&cohost, |known| {
                (known.name, known.call.city, known.call.point, known.call.noted) = (name, city, point, true);
            }),
            Event::CallBlocked { cohost, blocked } => {
                self.with_cohost(&cohost, |known| known.call.blocked = blocked);
            }
            Event::CallMuted { cohost, by_self, by_desk } => self.with_cohost(&cohost, |known| {
                (known.call.muted_by_self, known.call.muted_by_desk) = (by_self, by_desk);
            }),
            Event::CallKindSet { cohost, kind } => self.with_cohost(&cohost, |known| known.call.kind = kind),
            Event::CallMeasured { cohost, round_trip_ms } => {
                self.with_cohost(&cohost, |known| known.call.round_trip_ms = Some(round_trip_ms));
            }
            Event::CallKeyed { cohost, key } => self.with_cohost(&cohost, |known| known.call.press(key)),
            Event::CallsLocked { on } => self.calls.locked = on,
            Event::WithheldRefused { on } => self.calls.withheld_refused = on,
            Event::PhoneRang { cohost, position, masked, dialled_by, number } => {
                if let Some(number) = number {
                    self.calls.phones.insert(cohost.id.clone(), number);
                }
                let call = Call::telephone(masked, dialled_by, now);
                let seat = CohostSeat { call, ..CohostSeat::new(cohost) };
                self.cohosts.insert(position.min(self.cohosts.len()), seat);
            }
            _ => {}
        }
    }

    /// Nothing of somebody's call is left.
    pub(super) fn forget_call(&mut self, cohost: &CohostId) {
        self.calls.queue.retain(|known| known != cohost);
        self.calls.phones.remove(cohost);
    }

    /// No line has survived: who came by a link may come again, and on the telephone only who was noted is remembered.
    pub(super) fn lose_calls(&mut self, now: ShowTime) {
        self.calls.queue.clear();
        self.cohosts.retain(|known| !known.call.is_telephone() || known.call.is_kept());
        for known in &mut self.cohosts {
            known.call = std::mem::take(&mut known.call).unlinked(now);
        }
        let left: Vec<_> = self.cohosts.iter().map(|known| known.id.clone()).collect();
        self.calls.phones.retain(|cohost, _| left.contains(cohost));
    }

    /// What contradicts itself about the calls, in words.
    pub(super) fn calls_flaw(&self) -> Option<&'static str> {
        let waits = |known: &&CohostSeat| matches!(known.call.state, CallState::Next { .. });
        let in_queue =
            |known: &CohostSeat| self.calls.queue.iter().filter(|waiting| **waiting == known.id).count() == 1;
        let waiting = self.cohosts.iter().filter(waits);
        let queue_is_theirs = waiting.clone().count() == self.calls.queue.len() && waiting.clone().all(in_queue);
        let phone = |cohost| self.cohost(cohost).is_some_and(|known| known.call.is_telephone());
        let checks = [
            (self.cohosts.iter().all(|known| known.call.agrees()), "a call contradicts itself"),
            (queue_is_theirs, "its queue is not those who wait for their turn"),
            (self.calls.phones.keys().all(phone), "a telephone number is nobody's"),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map(|(_, flaw)| flaw)
    }
}

/// The name of somebody who can talk to a caller.
pub(super) fn name_of(actor: &Actor) -> Option<Name> {
    match actor {
        Actor::Operator(name) | Actor::Machine(name) => Some(name.clone()),
        Actor::City(_) | Actor::Cohost(_) | Actor::House | Actor::Viewer => None,
    }
}

/// Whether a caller's city is known to be another one than the last; every one is where there was none.
fn is_elsewhere(city: &str, last: &str) -> bool {
    last.is_empty() || (!city.is_empty() && city.to_lowercase() != last.to_lowercase())
}

fn admit_note(what: &'static str, note: Option<&String>, fewest: usize, most: usize) -> Result<(), Rejection> {
    match note.and_then(|note| super::text::flaw(note, fewest, most)) {
        None => Ok(()),
        Some(flaw) => Err(Rejection::BadValue { what, flaw }),
    }
}
