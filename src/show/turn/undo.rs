//! Taking back and doing again.

use super::Turn;
use crate::show::{Deed, Event, Rejection, Snapshot, Transition};

impl Snapshot {
    /// The events that take a deed back, or do it again, from the state as it is; or the reason why that cannot be.
    ///
    /// Every event of the deed must still stand as it left it: what somebody else has changed since is theirs.
    pub(in crate::show) fn way(&self, deed: &Deed, back: bool) -> Result<Vec<Event>, Rejection> {
        let refuse = |reason: String| Rejection::CannotUndo { command: deed.command.clone(), reason };
        let pairs: Vec<(&Event, &Event)> = match back {
            true => deed.forward.iter().zip(&deed.back).rev().collect(),
            false => deed.back.iter().zip(&deed.forward).collect(),
        };
        let mut state = self.clone();
        let mut way = Vec::with_capacity(pairs.len());
        for (was, becomes) in pairs {
            if !state.still_holds(was) {
                return Err(refuse("it has been changed since, and that change would be lost".into()));
            }
            let becomes = cut(becomes.clone());
            state.follow(&becomes, self.program_since);
            way.push(becomes);
        }
        match state.check() {
            Ok(()) => Ok(way),
            Err(flaw) => Err(refuse(flaw.to_string())),
        }
    }
}

/// Program goes back, and forth again, in one frame.
fn cut(event: Event) -> Event {
    match event {
        Event::ProgramChanged { picture, .. } | Event::TransitionReversed { picture } => {
            Event::ProgramChanged { picture, transition: Transition::Cut {}, by_hand: false }
        }
        other => other,
    }
}

impl Turn<'_> {
    pub fn undo(&mut self) {
        let deed = self.state.history.to_undo(&self.actor).cloned();
        self.walk(deed, true);
    }

    pub fn redo(&mut self) {
        let deed = self.state.history.to_redo(&self.actor).cloned();
        self.walk(deed, false);
    }

    /// Walks the way back, or forth. Whether there is one was decided before.
    fn walk(&mut self, deed: Option<Deed>, back: bool) {
        let Some((turn, Ok(way))) = deed.map(|deed| (deed.turn, self.state.way(&deed, back))) else { return };
        let changes_program = way.iter().any(|event| matches!(event, Event::ProgramChanged { .. }));
        if changes_program && self.state.running.is_some() {
            self.event(Event::TransitionEnded {});
        }
        way.into_iter().for_each(|event| self.event(event));
        self.event(if back { Event::Undone { turn } } else { Event::Redone { turn } });
    }
}
