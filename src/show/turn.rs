//! One call at work: it tells what happens, event by event, and in the end what engines must do about it.
//!
//! What each command does stands in the files beside this one, by what it is about.

mod air;
mod calls;
mod desk;
mod house;
mod lists;
mod rundown;
mod undo;

use std::time::Duration;

use super::{
    Actor, Cause, City, Cohost, CohostSeat, DeskPlan, Drain, Effect, Event, Fact, Graphic, Keyer, KeyerNumber, MediaId,
    Output, Picture, Progress, Recorded, ShowTime, Snapshot, Transition, Way,
};

/// Shortest change of a gain: anything faster clicks.
const SHORTEST_RAMP: Duration = Duration::from_millis(20);

/// How boxes close up, and make room again, when a city goes and comes back.
const CLOSE_UP: Transition = Transition::Move { duration_ms: 300 };

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
    /// Whether the picture engine must hear of program, whatever differs.
    shows: bool,
    /// What is to be done about calls, in order.
    call_effects: Vec<Effect>,
}

/// What the engines were told last, as far as it follows from the state.
struct Engines {
    /// Program and preview as they can be shown.
    program: Picture,
    preview: Picture,
    desk: DeskPlan,
    keyers: [Keyer; KeyerNumber::MOST as usize],
    black: bool,
    stinger: Option<MediaId>,
    title: String,
    radio_title: String,
    slates: Vec<(City, String)>,
    cohosts: Vec<Cohost>,
    /// Graphics that may come next: of preview, of the keyers, of the next cue.
    prepared: Vec<Graphic>,
}

impl Engines {
    fn of(state: &Snapshot) -> Self {
        let slates = state.cities.iter().map(|seat| (seat.city.clone(), seat.slate_text.clone())).collect();
        let next = state.rundown.next.and_then(|next| state.scene(state.rundown.cue(next)?.plan.scene?));
        let next = next.map(|scene| &scene.composition.graphics);
        let keyed = state.keyers.iter().filter_map(|keyer| keyer.graphic.as_ref());
        let prepared = state.preview.graphics.iter().chain(keyed).chain(next.into_iter().flatten()).cloned().collect();
        let stinger = match &state.transition {
            Transition::Stinger { stinger, .. } => Some(stinger.clone()),
            _ => None,
        };
        Self {
            program: state.shown(&state.program),
            preview: state.shown(&state.preview),
            desk: state.desk(),
            keyers: state.keyers.clone(),
            black: state.black,
            stinger,
            title: state.title.clone(),
            radio_title: state.radio_title(),
            slates,
            cohosts: state.cohosts.iter().map(CohostSeat::cohost).collect(),
            prepared,
        }
    }
}

impl<'a> Turn<'a> {
    /// Begins a call. What was due by `now` happens first, whether its tick came or not.
    pub fn begin(state: &'a mut Snapshot, now: ShowTime) -> Self {
        let mut turn = Self::at(state, now);
        turn.end_transition_in_time();
        turn.guard();
        turn.end_faded_music();
        turn.follow_lease_rule();
        turn.follow_rundown();
        turn
    }

    /// Begins a call without what was due.
    pub fn at(state: &'a mut Snapshot, now: ShowTime) -> Self {
        let before = Engines::of(state);
        let turn = state.revision + 1;
        let (actor, cause) = (Actor::House, Cause::Time {});
        Self { state, now, actor, cause, turn, events: Vec::new(), before, shows: false, call_effects: Vec::new() }
    }

    /// From here on it is `actor` who does what is told, because of `cause`.
    pub fn by(mut self, actor: Actor, cause: Cause) -> Self {
        (self.actor, self.cause) = (actor, cause);
        self.turn = self.state.revision + 1;
        self
    }

    /// Ends the call: first what engines must do, in the order in which they can, then what happened.
    pub fn end(mut self) -> Drain<'a> {
        self.end_guard_alarm();
        let (state, now) = (&*self.state, self.now);
        let after = Engines::of(state);
        let mut outputs = Vec::new();
        let mut effect = |effect| outputs.push(Output::Effect(effect));
        let slate_before = |city: &City| self.before.slates.iter().find(|(before, _)| before.id == city.id);
        for (city, slate_text) in &after.slates {
            let (city, slate_text) = (city.clone(), slate_text.clone());
            match slate_before(&city) {
                None => effect(Effect::AddCity { city, slate_text }),
                Some((before, text)) if *before != city || *text != slate_text => {
                    effect(Effect::UpdateCity { city, slate_text });
                }
                Some(_) => {}
            }
        }
        for cohost in after.cohosts {
            match self.before.cohosts.iter().find(|before| before.id == cohost.id) {
                None => {
                    let by_telephone = state.cohost(&cohost.id).is_some_and(|known| known.call.is_telephone());
                    effect(Effect::AddCohost { cohost, by_telephone });
                }
                Some(before) if *before != cohost => effect(Effect::UpdateCohost { cohost }),
                Some(_) => {}
            }
        }
        if after.title != self.before.title {
            effect(Effect::SetTitle { title: after.title });
        }
        if after.stinger != self.before.stinger {
            effect(Effect::ArmStinger { stinger: after.stinger });
        }
        let changed = after.program != self.before.program;
        let mut ramp = SHORTEST_RAMP;
        if self.shows || changed {
            let way = match self.shows || state.running.is_some() {
                true => state.passage(now),
                // Nobody took anything: boxes close up, or make room again.
                false => Way { transition: CLOSE_UP, done: 0, ..Way::cut(self.before.program) },
            };
            ramp = way.remaining().max(SHORTEST_RAMP);
            effect(Effect::ShowPicture { picture: after.program, way });
        }
        let (starts, stops) = music(&self.events);
        starts.into_iter().for_each(&mut effect);
        if self.shows || changed || after.desk != self.before.desk {
            effect(Effect::SetDesk { plan: after.desk, ramp });
        }
        stops.into_iter().for_each(&mut effect);
        if after.radio_title != self.before.radio_title {
            effect(Effect::SetRadioTitle { title: after.radio_title });
        }
        if after.preview != self.before.preview {
            effect(Effect::ShowPreview { picture: after.preview });
        }
        for (number, (keyer, before)) in KeyerNumber::all().zip(after.keyers.into_iter().zip(self.before.keyers)) {
            if keyer != before {
                effect(Effect::SetKeyer { number, keyer });
            }
        }
        if after.black != self.before.black {
            let length = Duration::from_millis(state.settings.fade_ms.into());
            effect(Effect::FadeToBlack { on: after.black, length });
        }
        for graphic in after.prepared {
            if !self.before.prepared.contains(&graphic) {
                effect(Effect::Prepare { graphic });
            }
        }
        for (city, _) in self.before.slates {
            if !state.has(&city.id) {
                effect(Effect::RemoveCity { city: city.id });
            }
        }
        for Cohost { id: cohost, .. } in self.before.cohosts {
            if state.cohost(&cohost).is_none() {
                effect(Effect::RemoveCohost { cohost });
            }
        }
        self.call_effects.into_iter().for_each(effect);
        outputs.extend(self.events.into_iter().map(Output::Event));
        let waits = [
            state.transition_ends_at(),
            state.guards_at(),
            state.rundown.follows_at(),
            state.lease_ends_at(),
            state.music_fades_at(),
        ];
        // One that was due happened as the call began; what came to be due in it happens with the next.
        outputs.extend(waits.into_iter().flatten().min().map(|at| Output::Timeout(at.max(now))));
        Drain::new(outputs)
    }

    /// The server starts: an evening is opened, or goes on. Engines are put into its state, whatever theirs is; they
    /// cannot begin in the middle of a transition. The cities' engines are there already.
    pub fn start(&mut self, opening: Option<Event>) {
        self.event(opening.unwrap_or(Event::Restarted {}));
        self.shows = true;
        let now = Engines::of(self.state);
        self.before = Engines {
            // Not what anything is set to: all of it is told.
            preview: Picture::of(Vec::new()),
            desk: DeskPlan::default(),
            keyers: now.keyers.clone().map(|keyer| Keyer { on: !keyer.on, ..keyer }),
            black: !now.black,
            stinger: None,
            radio_title: String::new(),
            prepared: Vec::new(),
            // Those have engines who were there before: telephone calls may be forgotten now.
            cohosts: std::mem::take(&mut self.before.cohosts),
            ..now
        };
    }

    /// Says what is on the buses, to a log that may say otherwise.
    pub fn retell(&mut self) {
        let (program, preview) = (self.state.program.clone(), self.state.preview.clone());
        self.event(Event::ProgramChanged { picture: program, transition: Transition::Cut {}, by_hand: false });
        self.event(Event::PreviewChanged { picture: preview });
    }

    /// An engine reports.
    pub fn observe(&mut self, fact: Fact) {
        match fact {
            Fact::CityJoined { ref city }
            | Fact::FramesFlow { ref city }
            | Fact::FramesStopped { ref city }
            | Fact::CityLeft { ref city } => {
                self.observe_city(city.clone(), &fact);
                self.guard();
            }
            Fact::CityMeasured { city, mut flaws } => {
                flaws.sort_unstable();
                flaws.dedup();
                let changes = self.state.seat(&city).is_some_and(|seat| seat.flaws != flaws);
                self.change(changes, Event::CityMeasured { city, flaws });
            }
            Fact::CohostJoined { ref cohost }
            | Fact::CohostHeard { ref cohost }
            | Fact::CohostLost { ref cohost }
            | Fact::CohostLeft { ref cohost }
            | Fact::CohostFramesFlow { ref cohost }
            | Fact::CohostFramesStopped { ref cohost } => self.observe_cohost(cohost.clone(), &fact),
            Fact::CohostMeasured { cohost, mut flaws } => {
                flaws.sort_unstable();
                flaws.dedup();
                let changes = self.state.cohost(&cohost).is_some_and(|seat| seat.flaws != flaws);
                self.change(changes, Event::CohostMeasured { cohost, flaws });
            }
            Fact::TalkbackOpened { operator } => {
                let changes = !self.state.talkback.contains(&operator);
                self.change(changes, Event::TalkbackChanged { operator, open: true });
            }
            Fact::TalkbackClosed { operator } => {
                let changes = self.state.talkback.contains(&operator);
                self.fall_silent(&operator);
                self.change(changes, Event::TalkbackChanged { operator, open: false });
            }
            Fact::MusicEnded { media } => self.end_music(media),
            Fact::MediaRead { media } => self.change(self.state.media != media, Event::MediaRead { media }),
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
            Fact::PhoneRang { cohost, name, number } => self.phone_rang(cohost, name, number),
            Fact::PhoneAnswered { cohost } => self.phone_answered(cohost),
            Fact::PhoneKey { cohost, key } => self.phone_key(cohost, key),
            Fact::PhoneEnded { cohost, why } => self.phone_ended(cohost, why),
            Fact::CallRoundTrip { cohost, ms } => self.call_measured(cohost, ms),
            Fact::ClockSet { epoch } => self.change(self.state.epoch != epoch, Event::ClockSet { epoch }),
        }
    }

    /// Tells an event, which changes the state.
    fn event(&mut self, event: Event) {
        match &event {
            Event::ProgramChanged { .. }
            | Event::ProgramGuarded { .. }
            | Event::TransitionMoved { .. }
            | Event::TransitionReleased {}
            | Event::TransitionReversed { .. }
            | Event::EveningOpened { .. } => self.shows = true,
            // One that is over by itself is where it leads to: nobody need be told.
            Event::TransitionEnded {} => {
                let is_over = self
                    .state
                    .running
                    .as_ref()
                    .is_none_or(|running| running.progress.done(self.now) == Progress::WHOLE);
                self.shows |= !is_over;
            }
            _ => {}
        }
        self.call_effects.extend(self.state.call_effect(&event));
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

/// What the engines must do about music: before the desk hears it, and after.
fn music(events: &[Recorded]) -> (Vec<Effect>, Vec<Effect>) {
    let fade = |fade_ms: &u32| Duration::from_millis((*fade_ms).into());
    let (mut starts, mut stops) = (Vec::new(), Vec::new());
    for Recorded { event, cause, .. } in events {
        match event {
            Event::MusicStarted { media, loops, fade_ms, .. } => {
                starts.push(Effect::PlayMusic { media: media.clone(), loops: *loops, fade: fade(fade_ms) });
            }
            Event::MusicLoopSet { media, loops } => {
                starts.push(Effect::SetMusicLoop { media: media.clone(), loops: *loops });
            }
            Event::MusicFading { media, fade_ms } => {
                stops.push(Effect::StopMusic { media: media.clone(), fade: fade(fade_ms) });
            }
            // The engine that says so knows.
            Event::MusicEnded { .. } if *cause == (Cause::Fact {}) => {}
            Event::MusicEnded { media } => {
                stops.push(Effect::StopMusic { media: media.clone(), fade: Duration::ZERO });
            }
            _ => {}
        }
    }
    (starts, stops)
}
