//! The machine itself: the three calls that drive it, what it refuses, and how it is made, saved and seen.

use super::turn::Turn;
use super::{
    Command, Drain, Fact, InvalidShow, Picture, Rejection, Setup, ShowTime, Snapshot, Source, Tally, Transition, View,
};

/// The show. Times given to it are those of one clock and never run backwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Show {
    state: Snapshot,
}

impl Show {
    /// A new evening: the slate on program and preview, every city offline, a mix of half a second chosen.
    pub fn new(setup: Setup, now: ShowTime) -> Result<Self, InvalidShow> {
        let state = Snapshot::opening(setup, now);
        state.check()?;
        Ok(Self { state })
    }

    /// The show that `snapshot` was taken of.
    ///
    /// Instants after `now` come from a clock that has started again since; they become `now`. After such a restart no
    /// session has survived either: the caller [`observe`](Self::observe)s [`Fact::FramesStopped`] and [`Fact::CityLeft`]
    /// for every city.
    pub fn restore(mut snapshot: Snapshot, now: ShowTime) -> Result<Self, InvalidShow> {
        snapshot.check()?;
        snapshot.no_later_than(now);
        Ok(Self { state: snapshot })
    }

    /// An operator, a cue or a page asks. A refused command changes nothing.
    pub fn command(&mut self, command: Command, now: ShowTime) -> Result<Drain<'_>, Rejection> {
        self.admit(&command, now)?;
        let mut turn = Turn::begin(&mut self.state, now);
        match command {
            Command::SetPreview { source } => turn.set_preview(Picture::full(source)),
            Command::SetTransition { transition } => turn.set_transition(transition),
            Command::Cut {} => turn.cut(),
            Command::CutTo { source } => turn.cut_to(Picture::full(source)),
            Command::Take {} => turn.take(),
        }
        Ok(turn.end())
    }

    /// An engine reports.
    pub fn observe(&mut self, fact: Fact, now: ShowTime) -> Drain<'_> {
        let mut turn = Turn::begin(&mut self.state, now);
        turn.observe(&fact);
        turn.end()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: ShowTime) -> Drain<'_> {
        Turn::begin(&mut self.state, now).end()
    }

    /// Engines start, or start again: what puts them into the show's state. Ends a running transition.
    pub fn reassert(&mut self, now: ShowTime) -> Drain<'_> {
        let mut turn = Turn::begin(&mut self.state, now);
        turn.reassert();
        turn.end()
    }

    /// The whole state.
    pub fn snapshot(&self) -> Snapshot {
        self.state.clone()
    }

    /// The state as operators' pages see it.
    pub fn view(&self) -> View {
        View::of(&self.state)
    }

    /// One more with every call that changed anything that can be seen.
    pub fn revision(&self) -> u64 {
        self.state.revision
    }

    /// Whether `source` is seen: red on air (also while it is being mixed out), over green in preview.
    pub fn tally(&self, source: &Source) -> Tally {
        self.state.tally(source)
    }

    fn admit(&self, command: &Command, now: ShowTime) -> Result<(), Rejection> {
        match command {
            Command::SetPreview { source } | Command::CutTo { source } => self.admit_source(source),
            Command::SetTransition { transition } => admit_transition(*transition),
            Command::Take {} => self.admit_take(now),
            Command::Cut {} => Ok(()),
        }
    }

    fn admit_source(&self, source: &Source) -> Result<(), Rejection> {
        match source {
            Source::City(city) if !self.state.has(city) => {
                let known: Vec<_> = self.state.cities.iter().map(|seat| seat.city.id.as_str()).collect();
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                Err(Rejection::UnknownCity { city: city.to_string(), known })
            }
            Source::City(_) | Source::Slate | Source::Black => Ok(()),
        }
    }

    fn admit_take(&self, now: ShowTime) -> Result<(), Rejection> {
        let running = self.state.running.as_ref().is_some_and(|running| now < running.ends);
        match self.state.transition {
            Transition::Mix { .. } if running => Err(Rejection::TransitionRunning),
            Transition::Mix { .. } | Transition::Cut {} => Ok(()),
        }
    }
}

fn admit_transition(transition: Transition) -> Result<(), Rejection> {
    match transition {
        Transition::Mix { duration_ms } if !transition.is_possible() => {
            Err(Rejection::TransitionLength { arrived: duration_ms })
        }
        Transition::Mix { .. } | Transition::Cut {} => Ok(()),
    }
}

#[cfg(test)]
mod tests;
