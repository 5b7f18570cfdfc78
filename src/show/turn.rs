//! One call at work: it tells what happens, event by event, and in the end what engines must do about it.
//!
//! What each command does stands in the files beside this one, by what it is about.

mod air;
mod house;
mod lists;
mod rundown;
mod undo;

use std::time::Duration;

use super::{
    Actor, Cause, City, Drain, Effect, Event, Fact, Keyer, LowerThird, Output, Recorded, ShowTime, Snapshot,
    StripLevel, Transition,
};

/// Shortest change of a gain: anything faster clicks.
const SHORTEST_RAMP: Duration = Duration::from_millis(20);

/// One call between its first change and its answer.
pub(super) struct Turn<'a> {
    state: &'a mut Snapshot,
    now: ShowTime,
    actor: Actor,
    cause: Cause,
    /// The number of the first event of what is being told.
    turn: u64,
    events: Vec<Recorded>,
    before: Engines,
    /// How the picture engine comes to show program, if it must hear of it.
    shows: Option<Transition>,
}

/// What the engines were told last, as far as it follows from the state.
struct Engines {
    levels: Vec<StripLevel>,
    keyer: Keyer,
    title: String,
    slates: Vec<(City, String)>,
    /// Lower thirds that may come next: of preview, of the keyer, of the next cue.
    prepared: Vec<LowerThird>,
}

impl Engines {
    fn of(state: &Snapshot) -> Self {
        let slates = state.cities.iter().map(|seat| (seat.city.clone(), seat.slate_text.clone())).collect();
        let next = state.rundown.next.and_then(|next| state.scene(state.rundown.cue(next)?.plan.scene?));
        let next = next.and_then(|scene| scene.composition.lower_third.as_ref());
        let prepared = [state.preview.lower_third.as_ref(), state.keyer.lower_third.as_ref(), next];
        let prepared = prepared.into_iter().flatten().cloned().collect();
        let title = state.title.clone();
        Self { levels: state.levels(), keyer: state.keyer.clone(), title, slates, prepared }
    }
}

impl<'a> Turn<'a> {
    /// Begins a call. What was due by `now` happens first, whether its tick came or not.
    pub fn begin(state: &'a mut Snapshot, now: ShowTime) -> Self {
        let mut turn = Self::at(state, now);
        turn.end_transition_in_time();
        turn.follow_lease_rule();
        turn.follow_rundown();
        turn
    }

    /// Begins a call without what was due.
    pub fn at(state: &'a mut Snapshot, now: ShowTime) -> Self {
        let before = Engines::of(state);
        let turn = state.revision + 1;
        let (actor, cause) = (Actor::House, Cause::Time {});
        Self { state, now, actor, cause, turn, events: Vec::new(), before, shows: None }
    }

    /// From here on it is `actor` who does what is told, because of `cause`.
    pub fn by(mut self, actor: Actor, cause: Cause) -> Self {
        (self.actor, self.cause) = (actor, cause);
        self.turn = self.state.revision + 1;
        self
    }

    /// Ends the call: first what engines must do, in the order in which they can, then what happened.
    pub fn end(self) -> Drain<'a> {
        let (state, now) = (&*self.state, self.now);
        let after = Engines::of(state);
        let mut outputs = Vec::new();
        let mut effect = |effect| outputs.push(Output::Effect(effect));
        let slate_before = |city: &City| self.before.slates.iter().find(|(before, _)| before.id == city.id);
        for (city, slate_text) in &after.slates {
            let (city, slate_text) = (city.clone(), slate_text.clone());
            match slate_before(&city) {
                None => effect(Effect::AddCity { city, slate_text }),
                Some((before, text)) if before.name != city.name || *text != slate_text => {
                    effect(Effect::UpdateCity { city, slate_text });
                }
                Some(_) => {}
            }
        }
        if after.title != self.before.title {
            effect(Effect::SetTitle { title: after.title });
        }
        if let Some(transition) = self.shows {
            effect(Effect::ShowPicture { picture: state.program.clone(), transition });
        }
        if self.shows.is_some() || after.levels != self.before.levels {
            let ramp = self.shows.map_or(SHORTEST_RAMP, |transition| transition.duration().max(SHORTEST_RAMP));
            effect(Effect::SetStrips { strips: after.levels, ramp });
        }
        if after.keyer != self.before.keyer {
            effect(Effect::SetKeyer { keyer: after.keyer });
        }
        for lower_third in after.prepared {
            if !self.before.prepared.contains(&lower_third) {
                effect(Effect::Prepare { lower_third });
            }
        }
        for (city, _) in self.before.slates {
            if !state.has(&city.id) {
                effect(Effect::RemoveCity { city: city.id });
            }
        }
        outputs.extend(self.events.into_iter().map(Output::Event));
        let waits =
            [state.running.as_ref().map(|running| running.ends), state.rundown.follows_at(), state.lease_ends_at()];
        // One that was due happened as the call began; what came to be due in it happens with the next.
        outputs.extend(waits.into_iter().flatten().min().map(|at| Output::Timeout(at.max(now))));
        Drain::new(outputs)
    }

    /// The server starts: an evening is opened, or goes on. Engines are put into its state, whatever theirs is; they
    /// cannot begin in the middle of a transition. The cities' engines are there already.
    pub fn start(&mut self, opening: Option<Event>) {
        self.event(opening.unwrap_or(Event::Restarted {}));
        self.shows = Some(Transition::Cut {});
        self.before = Engines {
            // Not what anything is set to: all of it is told.
            levels: Vec::new(),
            keyer: Keyer { on: !self.state.keyer.on, lower_third: None },
            prepared: Vec::new(),
            ..Engines::of(self.state)
        };
    }

    /// Says what is on the buses, to a log that may say otherwise.
    pub fn retell(&mut self) {
        let (program, preview) = (self.state.program.clone(), self.state.preview.clone());
        self.event(Event::ProgramChanged { picture: program, transition: Transition::Cut {} });
        self.event(Event::PreviewChanged { picture: preview });
    }

    /// An engine reports.
    pub fn observe(&mut self, fact: Fact) {
        match fact {
            Fact::CityJoined { ref city }
            | Fact::FramesFlow { ref city }
            | Fact::FramesStopped { ref city }
            | Fact::CityLeft { ref city } => self.observe_city(city.clone(), &fact),
            Fact::Arrived { actor } => self.arrive(actor),
            Fact::Departed { actor } => self.depart(actor),
            Fact::Broken { alarm } => {
                if !self.state.alarms.contains(&alarm) {
                    self.event(Event::AlarmRaised { alarm });
                }
            }
            Fact::Mended { alarm } => {
                if self.state.alarms.iter().any(|known| known.is_like(&alarm)) {
                    self.event(Event::AlarmCleared { alarm });
                }
            }
            Fact::ClockSet { epoch } => self.change(self.state.epoch != epoch, Event::ClockSet { epoch }),
        }
    }

    /// Tells an event, which changes the state.
    fn event(&mut self, event: Event) {
        match &event {
            Event::ProgramChanged { transition, .. } => self.shows = Some(*transition),
            Event::EveningOpened { .. } => self.shows = Some(Transition::Cut {}),
            _ => {}
        }
        let number = self.state.revision + 1;
        let recorded = Recorded {
            number,
            turn: self.turn,
            time: self.now,
            wall: self.state.epoch + self.now,
            actor: self.actor.clone(),
            cause: self.cause.clone(),
            event,
        };
        self.state.apply(&recorded);
        self.events.push(recorded);
    }

    /// Tells an event if it changes anything.
    fn change(&mut self, changes: bool, event: Event) {
        if changes {
            self.event(event);
        }
    }
}
