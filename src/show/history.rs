//! What operators did and how it is taken back. Each deed keeps its events, and those that lead back.

use serde::{Deserialize, Serialize};

use super::{Actor, Command, Event};

/// One thing that somebody did and that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    /// The number of its first event.
    pub turn: u64,
    /// Who did it.
    pub actor: Actor,
    /// What it was, as a command's word.
    pub command: String,
    /// What happened, in order.
    pub forward: Vec<Event>,
    /// What leads back, each for the event in its place.
    pub back: Vec<Event>,
    /// Whether it was taken back.
    pub undone: bool,
}

/// The newest deeds, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    deeds: Vec<Deed>,
}

impl History {
    /// Most deeds that are kept; the oldest goes first.
    pub const MOST: usize = 64;
    /// Most of them that replaced a whole rundown.
    pub const MOST_RUNDOWNS: usize = 4;

    /// Notes an event and what leads back from it. A new deed of somebody ends what they could have done again.
    pub(super) fn note(&mut self, turn: u64, actor: &Actor, command: &str, forward: Event, back: Event) {
        if let Some(deed) = self.deeds.last_mut().filter(|deed| deed.turn == turn) {
            deed.forward.push(forward);
            deed.back.push(back);
            return;
        }
        self.deeds.retain(|deed| !(deed.undone && deed.actor == *actor));
        if self.deeds.len() >= Self::MOST {
            self.deeds.remove(0);
        }
        // A rundown may be long, and each of these holds two.
        if matches!(forward, Event::RundownReplaced { .. }) {
            let whole = |deed: &Deed| deed.forward.iter().any(|event| matches!(event, Event::RundownReplaced { .. }));
            if self.deeds.iter().filter(|deed| whole(deed)).count() >= Self::MOST_RUNDOWNS
                && let Some(oldest) = self.deeds.iter().position(whole)
            {
                self.deeds.remove(oldest);
            }
        }
        let (actor, command) = (actor.clone(), command.to_owned());
        self.deeds.push(Deed { turn, actor, command, forward: vec![forward], back: vec![back], undone: false });
    }

    /// What this actor would take back next.
    pub fn to_undo(&self, actor: &Actor) -> Option<&Deed> {
        self.deeds.iter().rev().find(|deed| deed.actor == *actor && !deed.undone)
    }

    /// What this actor would do again next: what they took back last is the oldest that is taken back.
    pub fn to_redo(&self, actor: &Actor) -> Option<&Deed> {
        self.deeds.iter().find(|deed| deed.actor == *actor && deed.undone)
    }

    /// Notes that a deed was taken back, or done again.
    pub(super) fn mark(&mut self, turn: u64, undone: bool) {
        if let Some(deed) = self.deeds.iter_mut().find(|deed| deed.turn == turn) {
            deed.undone = undone;
        }
    }

    /// All deeds, oldest first.
    pub fn deeds(&self) -> &[Deed] {
        &self.deeds
    }
}

impl Deed {
    /// Whether only the holder of the lease may take it back, as only the holder could do it.
    pub(super) fn needs_lease(&self) -> bool {
        Command::word_needs_lease(&self.command)
    }
}
