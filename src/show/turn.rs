//! One call at work: the rules by which the state changes, and what is said about it.

use std::time::Duration;

use super::{Drain, Effect, Event, Fact, Output, Picture, Running, ShowTime, Snapshot, Transition};

/// Shortest change of a gain: anything faster clicks.
const SHORTEST_RAMP: Duration = Duration::from_millis(20);

/// One call between its first change and its answer.
pub(super) struct Turn<'a> {
    state: &'a mut Snapshot,
    now: ShowTime,
    outputs: Vec<Output>,
}

impl<'a> Turn<'a> {
    /// Begins a call. A transition that is over by `now` ends first, whether its tick came or not.
    pub fn begin(state: &'a mut Snapshot, now: ShowTime) -> Self {
        let mut turn = Self { state, now, outputs: Vec::new() };
        if turn.state.running.take_if(|running| running.ends <= now).is_some() {
            turn.event(Event::TransitionEnded {});
        }
        turn
    }

    /// Ends the call. Every change that can be seen was told as an event, so events decide over the revision.
    pub fn end(mut self) -> Drain<'a> {
        if self.outputs.iter().any(|output| matches!(output, Output::Event(_))) {
            self.state.revision = self.state.revision.saturating_add(1);
        }
        if let Some(running) = &self.state.running {
            self.outputs.push(Output::Timeout(running.ends));
        }
        Drain::new(self.outputs)
    }

    pub fn set_preview(&mut self, picture: Picture) {
        if self.state.preview != picture {
            self.state.preview = picture.clone();
            self.event(Event::PreviewChanged { picture });
        }
    }

    pub fn set_transition(&mut self, transition: Transition) {
        if self.state.transition != transition {
            self.state.transition = transition;
            self.event(Event::TransitionSet { transition });
        }
    }

    /// A cut in the middle of a transition is the wish to have it over with. It does not change the buses over as well:
    /// that would put the picture back on air which the operator is just leaving.
    pub fn cut(&mut self) {
        if self.state.running.is_some() {
            self.cut_to(self.state.program.clone());
        } else {
            self.change_over(Transition::Cut {});
        }
    }

    pub fn cut_to(&mut self, picture: Picture) {
        let ended = self.state.running.take().is_some();
        let changed = self.state.program != picture;
        if changed {
            self.state.program = picture;
            self.state.program_since = self.now;
        }
        if ended || changed {
            self.show_program(Transition::Cut {});
        }
        if ended {
            self.event(Event::TransitionEnded {});
        }
        if changed {
            self.program_changed(Transition::Cut {});
        }
    }

    pub fn take(&mut self) {
        match self.state.transition {
            Transition::Cut {} => self.cut(),
            mix @ Transition::Mix { .. } => self.change_over(mix),
        }
    }

    /// Puts the engines into the show's state, whatever theirs is. They cannot begin in the middle of a transition: one
    /// that was running is over.
    pub fn reassert(&mut self) {
        let ended = self.state.running.take().is_some();
        self.show_program(Transition::Cut {});
        if ended {
            self.event(Event::TransitionEnded {});
        }
    }

    pub fn observe(&mut self, fact: &Fact) {
        let Some(seat) = self.state.cities.iter_mut().find(|seat| seat.city.id == *fact.city()) else { return };
        if let Some(state) = seat.observe(fact, self.now) {
            self.event(Event::CityChanged { city: fact.city().clone(), state });
        }
    }

    /// Program and preview change places. Two equal pictures have nothing to change: no transition runs between them.
    fn change_over(&mut self, transition: Transition) {
        let state = &mut *self.state;
        if state.program == state.preview {
            return;
        }
        std::mem::swap(&mut state.program, &mut state.preview);
        state.program_since = self.now;
        state.running = match transition {
            Transition::Cut {} => None,
            Transition::Mix { .. } => {
                let (from, started) = (state.preview.clone(), self.now);
                Some(Running { from, transition, started, ends: started + transition.duration() })
            }
        };
        self.show_program(transition);
        self.program_changed(transition);
        self.event(Event::PreviewChanged { picture: self.state.preview.clone() });
    }

    /// Tells the engines what is on air. Sound goes the way of the picture, but never so fast that it clicks.
    fn show_program(&mut self, transition: Transition) {
        let picture = self.state.program.clone();
        let heard = self.state.cities.iter().map(|seat| &seat.city.id).filter(|id| picture.cities().any(|c| c == *id));
        let strips =
            Effect::OpenStrips { cities: heard.cloned().collect(), ramp: transition.duration().max(SHORTEST_RAMP) };
        self.outputs.push(Output::Effect(Effect::ShowPicture { picture, transition }));
        self.outputs.push(Output::Effect(strips));
    }

    fn program_changed(&mut self, transition: Transition) {
        self.event(Event::ProgramChanged { picture: self.state.program.clone(), transition });
    }

    fn event(&mut self, event: Event) {
        self.outputs.push(Output::Event(event));
    }
}
