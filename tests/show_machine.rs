//! The show under random commands, facts and times. A stage watches what is said to the engines and to the world, and what
//! it has understood must be what the show believes.

use std::time::Duration;

use proptest::prelude::*;
use regia::show::{
    City, CityId, CityState, Command, Effect, Event, Fact, Output, Picture, Rejection, Setup, Show, ShowTime, Snapshot,
    Source, Tally, Transition,
};

const CITIES: [&str; 4] = ["lecce", "roma", "milano", "genova"];
const STRANGER: &str = "atlantide";

fn id(word: &str) -> CityId {
    word.parse().unwrap()
}

fn opening() -> Show {
    let city = |word: &str| City { id: id(word), name: word.to_uppercase(), time_zone: "Europe/Rome".into() };
    Show::new(Setup { title: "Una sera".into(), cities: CITIES.map(city).into() }, ShowTime::default()).unwrap()
}

/// One call of the show.
#[derive(Debug, Clone)]
enum Call {
    Command(Command),
    Fact(Fact),
    Tick,
    Reassert,
}

type Answer = Result<Vec<Output>, Rejection>;

fn make(call: &Call, show: &mut Show, now: ShowTime) -> Answer {
    match call.clone() {
        Call::Command(command) => show.command(command, now).map(Iterator::collect),
        Call::Fact(fact) => Ok(show.observe(fact, now).collect()),
        Call::Tick => Ok(show.tick(now).collect()),
        Call::Reassert => Ok(show.reassert(now).collect()),
    }
}

fn any_city() -> impl Strategy<Value = CityId> {
    prop_oneof![9 => prop::sample::select(&CITIES[..]), 1 => Just(STRANGER)].prop_map(id)
}

fn any_source() -> impl Strategy<Value = Source> {
    prop_oneof![8 => any_city().prop_map(Source::City), 1 => Just(Source::Slate), 1 => Just(Source::Black)]
}

fn any_transition() -> impl Strategy<Value = Transition> {
    let mix = prop_oneof![8 => 100..=3000u32, 1 => 0..100u32, 1 => 3001..=u32::MAX];
    prop_oneof![1 => Just(Transition::Cut {}), 3 => mix.prop_map(|duration_ms| Transition::Mix { duration_ms })]
}

fn any_call() -> impl Strategy<Value = Call> {
    let command = prop_oneof![
        3 => any_source().prop_map(|source| Command::SetPreview { source }),
        1 => any_transition().prop_map(|transition| Command::SetTransition { transition }),
        2 => Just(Command::Cut {}),
        2 => any_source().prop_map(|source| Command::CutTo { source }),
        4 => Just(Command::Take {}),
    ];
    let fact = (any_city(), 0..4).prop_map(|(city, kind)| match kind {
        0 => Fact::CityJoined { city },
        1 => Fact::FramesFlow { city },
        2 => Fact::FramesStopped { city },
        _ => Fact::CityLeft { city },
    });
    prop_oneof![
        12 => command.prop_map(Call::Command),
        6 => fact.prop_map(Call::Fact),
        2 => Just(Call::Tick),
        1 => Just(Call::Reassert),
    ]
}

/// Calls, each with the time that passes before it: often none, sometimes odd fractions of a microsecond.
fn evening() -> impl Strategy<Value = Vec<(Duration, Call)>> {
    let pause = prop_oneof![Just(0), 0..100_000u64, 0..2_000_000_000u64].prop_map(Duration::from_nanos);
    prop::collection::vec((pause, any_call()), 1..60)
}

/// What somebody knows who hears the answers and nothing else.
struct Stage {
    /// As the picture engine shows it, and the picture it is mixing out.
    shown: Picture,
    going_out: Option<Picture>,
    mix_ends: Option<ShowTime>,
    /// As the desk has it.
    open: Vec<CityId>,
    /// As the events tell it.
    program: Picture,
    preview: Picture,
    transition: Transition,
    cities: Vec<CityState>,
    running: bool,
    wake_at: Option<ShowTime>,
}

impl Stage {
    /// A stage that comes in as the evening opens.
    fn new(show: &mut Show) -> Self {
        let Snapshot { program, preview, transition, .. } = show.snapshot();
        let mut stage = Self {
            shown: Picture::full(Source::Black),
            going_out: None,
            mix_ends: None,
            open: Vec::new(),
            program,
            preview,
            transition,
            cities: vec![CityState::Offline {}; CITIES.len()],
            running: false,
            wake_at: None,
        };
        stage.hear(show.reassert(ShowTime::default()).collect(), ShowTime::default());
        stage
    }

    fn hear(&mut self, outputs: Vec<Output>, now: ShowTime) {
        self.wake_at = None;
        for output in outputs {
            assert_eq!(self.wake_at, None, "a timeout is the last output");
            match output {
                Output::Effect(effect) => self.carry_out(effect, now),
                Output::Event(event) => self.learn(event, now),
                Output::Timeout(time) => self.wake_at = Some(time),
            }
        }
    }

    fn carry_out(&mut self, effect: Effect, now: ShowTime) {
        match effect {
            Effect::ShowPicture { picture, transition } => {
                let before = std::mem::replace(&mut self.shown, picture);
                let mixes = !transition.duration().is_zero();
                self.going_out = mixes.then_some(before);
                self.mix_ends = mixes.then(|| now + transition.duration());
            }
            Effect::OpenStrips { cities, ramp } => {
                assert!((Duration::from_millis(20)..=Transition::LONGEST).contains(&ramp), "{ramp:?}");
                self.open = cities;
            }
        }
    }

    fn learn(&mut self, event: Event, now: ShowTime) {
        match event {
            Event::ProgramChanged { picture, transition } => {
                self.program = picture;
                self.running = !transition.duration().is_zero();
            }
            Event::TransitionEnded {} => {
                assert!(self.running, "a transition ends once");
                assert!(self.mix_ends.is_none_or(|ends| ends <= now), "the engine still mixes what is said to be over");
                self.running = false;
                self.going_out = None;
                self.mix_ends = None;
            }
            Event::PreviewChanged { picture } => self.preview = picture,
            Event::TransitionSet { transition } => self.transition = transition,
            Event::CityChanged { city, state } => {
                let at = CITIES.iter().position(|known| *known == city.as_str()).expect("no event names a stranger");
                assert_ne!(self.cities[at], state, "an event tells of a change");
                self.cities[at] = state;
            }
        }
    }

    /// Tally by looking at the screens.
    fn tally(&self, source: &Source) -> Tally {
        if self.shown.shows(source) || self.going_out.as_ref().is_some_and(|picture| picture.shows(source)) {
            Tally::Program
        } else if self.preview.shows(source) {
            Tally::Preview
        } else {
            Tally::Off
        }
    }

    fn agrees_with(&self, show: &Show) {
        let (state, view) = (show.snapshot(), show.view());
        assert_eq!(self.shown, state.program, "effects lead to the program picture");
        assert_eq!((&self.program, &self.preview), (&state.program, &state.preview), "events replay to the same buses");
        assert_eq!(self.transition, state.transition);
        assert_eq!(self.cities, state.cities.iter().map(|seat| seat.contribution).collect::<Vec<_>>());
        let running = state.running.as_ref();
        assert_eq!(self.running, running.is_some());
        assert_eq!(self.going_out.as_ref(), running.map(|running| &running.from));
        assert_eq!(self.mix_ends, running.map(|running| running.ends), "the show and the engine end it together");
        assert_eq!(self.wake_at, running.map(|running| running.ends), "the end of a transition is waited for");
        let heard = CITIES.map(id).into_iter().filter(|city| state.program.cities().any(|shown| shown == city));
        assert_eq!(self.open, heard.collect::<Vec<_>>(), "audio follows video");
        for (city, view) in CITIES.iter().zip(&view.cities) {
            let source = Source::City(id(city));
            let seen = self.tally(&source);
            assert_eq!((view.tally, show.tally(&source)), (seen, seen), "{city}");
        }
        for source in [Source::Slate, Source::Black] {
            assert_eq!(show.tally(&source), self.tally(&source), "{source}");
        }
    }
}

/// A picture that can be on air: known cities, something in it, nothing outside.
fn can_be_on_air(picture: &Picture) -> bool {
    let inside = |start: u16, length: u16| length > 0 && start + length <= 1000;
    !picture.boxes.is_empty()
        && picture.boxes.iter().all(|each| inside(each.place.x, each.place.width))
        && picture.boxes.iter().all(|each| inside(each.place.y, each.place.height))
        && picture.cities().all(|city| CITIES.contains(&city.as_str()))
}

/// The refusal that this call should meet.
fn expected_rejection(call: &Call, before: &Snapshot, now: ShowTime) -> Option<&'static str> {
    let Call::Command(command) = call else { return None };
    match command {
        Command::SetPreview { source } | Command::CutTo { source } => {
            (*source == Source::City(id(STRANGER))).then_some("unknown-city")
        }
        Command::SetTransition { transition: Transition::Mix { duration_ms } } => {
            (!(100..=3000).contains(duration_ms)).then_some("transition-length")
        }
        Command::Take {} if before.transition != (Transition::Cut {}) => {
            before.running.as_ref().is_some_and(|running| now < running.ends).then_some("transition-running")
        }
        _ => None,
    }
}

/// All of the state that can be seen: frames that flow without a session cannot, and the revision only counts.
fn seen(state: &Snapshot) -> Snapshot {
    let mut seen = Snapshot { revision: 0, ..state.clone() };
    for seat in &mut seen.cities {
        seat.frames_flow = matches!(seat.contribution, CityState::Live { .. });
    }
    seen
}

/// Makes one call and checks everything that holds for every call.
fn step(show: &mut Show, stage: &mut Stage, call: &Call, now: ShowTime) {
    let before = show.snapshot();
    let written = serde_json::to_string(&before).unwrap();
    let mut twin = Show::restore(serde_json::from_str(&written).unwrap(), now).unwrap();
    assert_eq!(twin, *show, "a snapshot restores an equal show");

    let answer = make(call, show, now);
    assert_eq!(make(call, &mut twin, now), answer, "an equal show answers equally");
    assert_eq!(twin, *show, "and stays equal");

    let after = show.snapshot();
    let changed = seen(&after) != seen(&before);
    assert_eq!(after.revision, before.revision + u64::from(changed), "a change is one revision");
    assert_eq!(answer.as_ref().err().map(Rejection::code), expected_rejection(call, &before, now));
    match answer {
        Ok(outputs) => {
            let told = outputs.iter().any(|output| matches!(output, Output::Event(_)));
            assert_eq!(told, changed, "what changes is told, and nothing else");
            stage.hear(outputs, now);
            assert!(stage.wake_at.is_none_or(|due| due > now), "nothing that is over is still waited for");
        }
        Err(_) => assert_eq!(after, before, "a refused command changes nothing"),
    }
    assert!(can_be_on_air(&after.program) && can_be_on_air(&after.preview));
    assert!(after.running.is_none_or(|running| can_be_on_air(&running.from)));
    stage.agrees_with(show);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_heard_and_told_is_what_the_show_believes(calls in evening()) {
        let mut show = opening();
        let mut stage = Stage::new(&mut show);
        let mut now = Duration::ZERO;
        for (pause, call) in calls {
            now += pause;
            while let Some(due) = stage.wake_at.filter(|due| due.since_start() <= now) {
                step(&mut show, &mut stage, &Call::Tick, due);
                prop_assert!(!stage.running, "the tick at its timeout ends the transition");
            }
            step(&mut show, &mut stage, &call, ShowTime::new(now));
        }
    }

    #[test]
    fn a_driver_that_forgets_its_ticks_gets_the_same_truth_later(calls in evening()) {
        let mut show = opening();
        let mut stage = Stage::new(&mut show);
        let mut now = Duration::ZERO;
        for (pause, call) in calls {
            now += pause;
            step(&mut show, &mut stage, &call, ShowTime::new(now));
        }
    }

    #[test]
    fn a_snapshot_with_a_byte_gone_wrong_is_refused_or_a_show_that_works(
        calls in evening(),
        at in any::<prop::sample::Index>(),
        byte in b' '..=b'~',
    ) {
        let (first, rest) = calls.split_at(calls.len() / 2);
        let mut show = opening();
        let mut now = Duration::ZERO;
        for (pause, call) in first {
            now += *pause;
            let _ = make(call, &mut show, ShowTime::new(now));
        }
        let mut written = serde_json::to_vec(&show.snapshot()).unwrap();
        let at = at.index(written.len());
        written[at] = byte;
        let Ok(snapshot) = serde_json::from_slice::<Snapshot>(&written) else { return Ok(()) };
        let Ok(mut restored) = Show::restore(snapshot, ShowTime::new(now)) else { return Ok(()) };
        for (pause, call) in rest {
            now += *pause;
            let _ = make(call, &mut restored, ShowTime::new(now));
            let state = restored.snapshot();
            prop_assert_eq!(Show::restore(state, ShowTime::new(now)), Ok(restored.clone()));
        }
    }
}
