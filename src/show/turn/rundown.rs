//! The plan and where the evening is in it.

use super::Turn;
use crate::show::{Cause, Cue, CueId, CuePlan, Event, Rundown};

impl Turn<'_> {
    pub fn add_cue(&mut self, plan: CuePlan, before: Option<CueId>) {
        let rundown = &self.state.rundown;
        let position = before.and_then(|cue| rundown.position(cue)).unwrap_or(rundown.cues.len());
        let cue = CueId(self.state.numbers.cue + 1);
        // A plan that is at its end, or has not begun, goes on with what is added there.
        let last = rundown.cues.last().map(|last| last.id);
        let at_its_end = rundown.next.is_none()
            && position == rundown.cues.len()
            && rundown.on_air.is_none_or(|on_air| Some(on_air.cue) == last);
        let on_air = rundown.on_air;
        self.event(Event::CueSaved { cue: Cue::new(cue, plan), position });
        self.change(at_its_end, Event::RundownMoved { on_air, next: Some(cue) });
    }

    /// A cue whose city changes has not been acknowledged by the new one.
    pub fn update_cue(&mut self, id: CueId, plan: CuePlan) {
        let Some(position) = self.state.rundown.position(id) else { return };
        let before = &self.state.rundown.cues[position];
        let acknowledged = before.acknowledged && before.plan.city == plan.city;
        let changes = before.plan != plan;
        self.change(changes, Event::CueSaved { cue: Cue { id, plan, acknowledged }, position });
    }

    pub fn move_cue(&mut self, cue: CueId, to: usize) {
        let to = to.min(self.state.rundown.cues.len().saturating_sub(1));
        self.change(self.state.rundown.position(cue) != Some(to), Event::CueMoved { cue, to });
    }

    /// The plan goes on without it: what came after it comes next.
    pub fn remove_cue(&mut self, cue: CueId) {
        let rundown = &self.state.rundown;
        let next = if rundown.next == Some(cue) { rundown.after(cue) } else { rundown.next };
        let on_air = rundown.on_air.filter(|on_air| on_air.cue != cue);
        let moves = (on_air, next) != (rundown.on_air, rundown.next);
        self.change(moves, Event::RundownMoved { on_air, next });
        self.event(Event::CueRemoved { cue });
    }

    pub fn replace_rundown(&mut self, plans: Vec<CuePlan>) {
        let first = self.state.numbers.cue + 1;
        let cues: Vec<_> = (first..).zip(plans).map(|(number, plan)| Cue::new(CueId(number), plan)).collect();
        let next = cues.first().map(|cue| cue.id);
        let rundown = Rundown { cues, on_air: None, next, held: self.state.rundown.held };
        self.event(Event::RundownReplaced { rundown });
    }

    pub fn set_next(&mut self, cue: CueId) {
        let on_air = self.state.rundown.on_air;
        self.change(self.state.rundown.next != Some(cue), Event::RundownMoved { on_air, next: Some(cue) });
    }

    pub fn skip_next(&mut self) {
        let rundown = &self.state.rundown;
        let Some(skipped) = rundown.next else { return };
        let (on_air, next) = (rundown.on_air, rundown.after(skipped));
        self.event(Event::RundownMoved { on_air, next });
    }

    pub fn hold_rundown(&mut self, held: bool) {
        self.change(self.state.rundown.held != held, Event::RundownHeld { held });
    }

    pub fn acknowledge_cue(&mut self, cue: CueId) {
        let open = self.state.rundown.cue(cue).is_some_and(|known| !known.acknowledged);
        self.change(open, Event::CueAcknowledged { cue });
    }

    /// Takes the next cue: its scene goes on air, and the plan moves on.
    pub fn take_next(&mut self) {
        let Some(cue) = self.state.rundown.next.and_then(|next| self.state.rundown.cue(next)).cloned() else { return };
        let picture = cue.plan.scene.and_then(|scene| self.scene_picture(scene));
        if let Some(picture) = picture.filter(|picture| self.state.program != *picture) {
            match self.state.transition.clone() {
                // A transition that runs cannot be followed by another: what follows comes by a cut.
                _ if self.state.running.is_some() => self.cut_to(picture),
                // Nobody pressed a key: what the director has built in preview stays there.
                transition if self.cause == (Cause::Time {}) => {
                    self.event(Event::ProgramChanged { picture, transition, by_hand: false });
                }
                transition => {
                    self.set_preview(picture);
                    self.change_over(transition);
                }
            }
        }
        let next = self.state.rundown.after(cue.id);
        self.event(Event::CueTaken { cue: cue.id, next });
    }

    /// A cue that comes next only after its time has come does not go on air by itself: whoever put it there was planning.
    pub fn hold_overdue(&mut self) {
        if self.state.rundown.follows_at().is_some_and(|at| at <= self.now) {
            self.hold_rundown(true);
        }
    }

    /// The cue that is on has had its time: the next one follows. If its scene cannot be shown, the plan waits for a hand.
    pub(super) fn follow_rundown(&mut self) {
        if self.state.rundown.follows_at().is_none_or(|at| at > self.now) {
            return;
        }
        let next = self.state.rundown.next.and_then(|next| self.state.rundown.cue(next));
        match next.and_then(|cue| self.state.cue_flaw(&cue.plan)) {
            None => self.take_next(),
            Some(_) => self.hold_rundown(true),
        }
    }
}
