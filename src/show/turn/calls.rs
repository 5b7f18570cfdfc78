//! Calls: what is done with them, and what is seen of them. Whether it may be is decided before.

use super::Turn;
use crate::show::call::CallStep;
use crate::show::queue::name_of;
use crate::show::{
    Actor, Call, CallEnd, CallKind, CallState, Cohost, CohostId, CohostSeat, Command, Effect, Event, Name, PhoneNumber,
    Snapshot,
};

impl Turn<'_> {
    /// Does with a call what was admitted: a table of contents.
    pub fn obey_call(&mut self, command: Command) {
        match command {
            Command::ScreenCall { cohost } => {
                if let Some(name) = name_of(&self.actor) {
                    self.step_call(cohost, &CallStep::Screen(name));
                }
            }
            Command::NoteCall { cohost, name, city, point } => self.note_call(cohost, name, city, point),
            Command::HoldCall { cohost } => self.step_call(cohost, &CallStep::Hold),
            Command::QueueCall { cohost, position } => {
                self.step_call(cohost.clone(), &CallStep::Queue);
                if let Some(to) = position {
                    self.move_call(cohost, to);
                }
            }
            Command::MoveCall { cohost, to } => self.move_call(cohost, to),
            Command::PutOnAir { cohost } => self.step_call(cohost, &CallStep::PutOnAir),
            Command::TakeOffAir { cohost } => self.step_call(cohost, &CallStep::TakeOffAir),
            Command::TakeNextCaller {} => self.take_next_caller(),
            Command::HangUp { cohost } => self.step_call(cohost, &CallStep::End(CallEnd::HungUp)),
            Command::BlockCall { cohost } => {
                self.step_call(cohost.clone(), &CallStep::End(CallEnd::Blocked));
                self.block_call(cohost, true);
            }
            Command::UnblockCall { cohost } => self.block_call(cohost, false),
            Command::LockCalls { on } => self.change(self.state.calls.locked != on, Event::CallsLocked { on }),
            Command::RefuseWithheld { on } => {
                self.change(self.state.calls.withheld_refused != on, Event::WithheldRefused { on });
            }
            Command::SetMute { cohost, muted } => self.set_mute(cohost, muted),
            Command::SetCallKind { cohost, kind } => {
                let changes = self.state.cohost(&cohost).is_some_and(|known| known.call.kind != kind);
                self.change(changes, Event::CallKindSet { cohost, kind });
            }
            Command::Dial { number, name } => self.dial(number, name),
            _ => {}
        }
    }

    /// Makes a step that leads somewhere; from where it does not, nothing happens.
    fn step_call(&mut self, cohost: CohostId, step: &CallStep) {
        let Some(before) = self.state.cohost(&cohost).map(|known| known.call.state.clone()) else { return };
        if let Some(state) = before.after(step, self.now) {
            self.change(state != before, Event::CallChanged { cohost, state });
        }
    }

    fn note_call(&mut self, cohost: CohostId, name: Option<String>, city: Option<String>, point: Option<String>) {
        let Some(known) = self.state.cohost(&cohost) else { return };
        let before = (known.name.clone(), known.call.city.clone(), known.call.point.clone());
        let after = (
            name.unwrap_or_else(|| before.0.clone()),
            city.unwrap_or_else(|| before.1.clone()),
            point.unwrap_or_else(|| before.2.clone()),
        );
        let changes = before != after;
        let (name, city, point) = after;
        self.change(changes, Event::CallNoted { cohost, name, city, point });
    }

    fn move_call(&mut self, cohost: CohostId, to: usize) {
        let to = to.min(self.state.calls.queue.len().saturating_sub(1));
        let moves = self.state.place_in_queue(&cohost).is_some_and(|place| place != to);
        self.change(moves, Event::CallMoved { cohost, to });
    }

    /// The next one by the rule goes on air; the guests before, if there is to be one at a time, go back to hold first.
    fn take_next_caller(&mut self) {
        let Some(next) = self.state.next_caller().map(|next| next.id.clone()) else { return };
        if self.state.settings.calls.one_at_a_time {
            let guests = |known: &&CohostSeat| known.is_on_air() && known.call.kind == CallKind::Guest;
            let before: Vec<_> = self.state.cohosts.iter().filter(guests).map(|known| known.id.clone()).collect();
            before.into_iter().for_each(|guest| self.step_call(guest, &CallStep::TakeOffAir));
        }
        self.step_call(next, &CallStep::PutOnAir);
    }

    /// Who withholds their number is ended and not kept out: there is nothing to know them again by, and to refuse all like them
    /// is a rule of its own.
    fn block_call(&mut self, cohost: CohostId, blocked: bool) {
        if self.state.cohost(&cohost).is_some_and(|known| known.call.withholds_number()) {
            return;
        }
        self.change(self.state.is_blocked(&cohost) != blocked, Event::CallBlocked { cohost, blocked });
    }

    /// Each side has a switch of its own: what one closed the other cannot open.
    fn set_mute(&mut self, cohost: CohostId, muted: bool) {
        let Some(Call { muted_by_self, muted_by_desk, .. }) = self.state.cohost(&cohost).map(|known| &known.call)
        else {
            return;
        };
        let before = (*muted_by_self, *muted_by_desk);
        let after = match self.actor {
            Actor::Cohost(_) => (muted, before.1),
            _ => (before.0, muted),
        };
        self.change(before != after, Event::CallMuted { cohost, by_self: after.0, by_desk: after.1 });
    }

    fn dial(&mut self, number: PhoneNumber, name: String) {
        // An event's number is never given twice, and so no line that was is taken for another one.
        let Ok(id) = format!("out-{}", self.state.revision + 1).parse::<CohostId>() else { return };
        self.add_phone(Cohost { id, name }, name_of(&self.actor), Some(number));
    }

    /// Somebody on the telephone comes in. Where all seats are taken, the call that is over for longest gives its own away.
    fn add_phone(&mut self, cohost: Cohost, dialled_by: Option<Name>, number: Option<PhoneNumber>) -> bool {
        if self.state.cohosts.len() >= Snapshot::MOST_COHOSTS {
            let Some(forgotten) = self.state.forgettable_call().cloned() else { return false };
            self.event(Event::CohostRemoved { cohost: forgotten });
        }
        let position = self.state.cohosts.len();
        let masked = number.as_ref().map(PhoneNumber::masked);
        self.event(Event::PhoneRang { cohost, position, masked, dialled_by, number });
        true
    }

    /// A telephone rings. Who is blocked, or withholds their number when that is refused, or finds no seat, is hung up on, and
    /// nothing is told about it.
    pub(super) fn phone_rang(&mut self, id: CohostId, name: Option<String>, number: Option<PhoneNumber>) {
        if self.state.cohost(&id).is_some() {
            return;
        }
        let fits = |name: &String| crate::show::text::flaw(name, 1, Snapshot::NAME_MAX).is_none();
        if number.is_none() && self.state.calls.withheld_refused {
            self.call_effects.push(Effect::RefuseWithheld { cohost: id });
            return;
        }
        let masked = || number.as_ref().map_or_else(|| self.state.nameless(), PhoneNumber::masked);
        let name = name.filter(fits).unwrap_or_else(masked);
        let name = name.chars().take(Snapshot::NAME_MAX).collect();
        let refused = number.as_ref().is_some_and(|number| self.state.is_number_blocked(number));
        if refused || !self.add_phone(Cohost { id: id.clone(), name }, None, number) {
            self.call_effects.push(Effect::HangUp { cohost: id });
        }
    }

    /// The line of somebody on the telephone stands: who was dialled talks to whoever had it dialled.
    pub(super) fn phone_answered(&mut self, cohost: CohostId) {
        let Some(CohostSeat { call, .. }) = self.state.cohost(&cohost) else { return };
        if !call.is_telephone() || !matches!(call.state, CallState::Ringing { .. }) {
            return;
        }
        let since = self.now;
        let state = match call.dialled_by() {
            Some(by) => CallState::Screening { by: by.clone(), since },
            None => CallState::Holding { since },
        };
        self.event(Event::CallChanged { cohost, state });
    }

    /// A key was pressed on a telephone.
    pub(super) fn phone_key(&mut self, cohost: CohostId, key: char) {
        let Some(CohostSeat { call, .. }) = self.state.cohost(&cohost) else { return };
        let counts =
            call.is_telephone() && call.state.is_there() && (key.is_ascii_alphanumeric() || "*#".contains(key));
        self.change(counts, Event::CallKeyed { cohost, key });
    }

    /// A telephone call is over. Nobody is kept of whom nothing was noted.
    pub(super) fn phone_ended(&mut self, cohost: CohostId, why: CallEnd) {
        let Some(CohostSeat { call, .. }) = self.state.cohost(&cohost) else { return };
        if !call.is_telephone() {
            return;
        }
        let is_kept = call.is_kept();
        let there = call.state.is_there();
        // What the telephone says is that the line is gone; why the house ended it, the house knows better.
        let why = if why.is_ours() { CallEnd::Failed } else { why };
        let state = CallState::Ended { why, at: self.now };
        self.change(there, Event::CallChanged { cohost: cohost.clone(), state });
        self.change(!is_kept, Event::CohostRemoved { cohost });
    }

    /// A browser is linked. Somebody who is blocked is put out again.
    pub(super) fn call_joined(&mut self, cohost: CohostId) {
        let locked = self.state.calls.locked;
        let Some(CohostSeat { call, .. }) = self.state.cohost(&cohost) else { return };
        if call.is_telephone() {
            return;
        }
        if call.blocked {
            self.call_effects.push(Effect::HangUp { cohost });
            return;
        }
        let state = call.joined(locked, self.now);
        let changes = state != call.state;
        self.change(changes, Event::CallChanged { cohost, state });
    }

    /// The last link of somebody's browser is gone.
    pub(super) fn call_left(&mut self, cohost: CohostId) {
        let Some(CohostSeat { call, .. }) = self.state.cohost(&cohost) else { return };
        let state = call.left(self.now);
        let changes = !call.is_telephone() && state != call.state;
        self.change(changes, Event::CallChanged { cohost, state });
    }

    /// A round trip was measured. What nobody could hear is not told.
    pub(super) fn call_measured(&mut self, cohost: CohostId, ms: u32) {
        let Some(CohostSeat { call, .. }) = self.state.cohost(&cohost) else { return };
        let differs = call.round_trip_ms.is_none_or(|before| before.abs_diff(ms) >= Call::ROUND_TRIP_STEP_MS);
        let changes = call.state.is_there() && differs;
        self.change(changes, Event::CallMeasured { cohost, round_trip_ms: ms });
    }

    /// Somebody's last page is gone: whom they were talking to hears program again.
    pub(super) fn end_private_talks(&mut self, actor: &Actor) {
        let Some(name) = name_of(actor) else { return };
        let talks = |known: &&CohostSeat| known.private_with() == Some(&name);
        let left: Vec<_> = self.state.cohosts.iter().filter(talks).map(|known| known.id.clone()).collect();
        left.into_iter().for_each(|cohost| self.step_call(cohost, &CallStep::Hold));
    }
}
