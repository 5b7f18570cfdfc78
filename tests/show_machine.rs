//! The show through random evenings: commands of several people, facts and times. A stage watches what is said to the
//! engines and to the world, and what it has understood must be what the show believes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use regia::show::{
    Actor, Ambience, Audience, Bus, CallEnd, CallKind, CallRule, CallState, Caller, City, CityId, CityState, CohostId,
    CohostSeat, Command, Composition, CueId, CuePlan, DeskPlan, DuckingRule, Effect, Fact, Fader, Field, FieldKind,
    Flaw, Graphic, GroupNumber, GuardRule, Keyer, KeyerNumber, Layout, LeaseEnd, LeaseRule, Media, MediaId, MediaItem,
    MessageId, Mix, Name, NextCaller, OnAir, Output, Picture, Ramps, ReadinessRule, Recorded, Rejection, Role, SceneId,
    Settings, Setup, Show, ShowTime, Snapshot, SoloKind, SoundRule, Source, Strip, StripId, StripMode, TalkTo, Tally,
    Template, Transition, WallTime, Way, WhenLost, WipePattern,
};

/// The evening begins with the first four; the fifth may come.
const CITIES: [&str; 5] = ["lecce", "roma", "milano", "genova", "bari"];
const STRANGER: &str = "atlantide";
/// A telephone's number, whole.
const NUMBER: &str = "+393331234567";
const OPERATORS: [&str; 3] = ["Anna", "Bea", "Carla"];

fn id(word: &str) -> CityId {
    word.parse().unwrap()
}

fn operator(name: &str) -> Actor {
    format!("operator:{name}").parse().unwrap()
}

fn opening() -> Show {
    let city = |word: &str| City { id: id(word), name: word.to_uppercase(), time_zone: "Europe/Rome".into() };
    let setup = Setup { title: "Una sera".into(), cities: CITIES[..4].iter().map(|word| city(word)).collect() };
    Show::new(setup, WallTime::from_unix_micros(1_700_000_000_000_000), ShowTime::default()).unwrap()
}

/// One call of the show.
#[derive(Debug, Clone)]
enum Call {
    Command(Command, Caller),
    Fact(Fact),
    /// A piece of music comes to its end, if it plays.
    MusicEnds(MediaId),
    Tick,
    Restart,
}

type Answer = Result<Vec<Output>, Rejection>;

fn make(call: &Call, show: &mut Show, now: ShowTime) -> Answer {
    match call.clone() {
        Call::Command(command, caller) => show.command(command, &caller, now).map(Iterator::collect),
        Call::Fact(fact) => Ok(show.observe(fact, now).collect()),
        Call::MusicEnds(media) => {
            let snapshot = show.snapshot();
            let playing = snapshot.playing.iter().find(|playing| playing.media == media);
            let began = playing.map_or(now, |playing| playing.began);
            Ok(show.observe(Fact::MusicEnded { media, began }, now).collect())
        }
        Call::Tick => Ok(show.tick(now).collect()),
        Call::Restart => Ok(show.start(now).collect()),
    }
}

fn any_city() -> impl Strategy<Value = CityId> {
    prop_oneof![19 => select(&CITIES[..]), 1 => Just(STRANGER)].prop_map(id)
}

fn any_source() -> impl Strategy<Value = Source> {
    let other = ["slate", "black", "bars", "colour:#ffb020", "still:logo", "cohost:luca"];
    prop_oneof![8 => any_city().prop_map(Source::City), 3 => select(other.to_vec()).prop_map(|word| word.parse().unwrap())]
}

fn any_graphic() -> impl Strategy<Value = Graphic> {
    (select(vec!["lower-third", "insegna"]), "[a-zà-ú]{0,3}").prop_map(|(template, title)| Graphic {
        template: template.parse().unwrap(),
        fields: [("title".into(), title)].into(),
    })
}

/// A media folder with a lower third and some music.
fn media() -> Media {
    let title = Field {
        id: "title".into(),
        label: "Titolo".into(),
        label_en: "Title".into(),
        kind: FieldKind::Text { longest: 80 },
        required: true,
    };
    let id = "lower-third".parse().unwrap();
    let template = Template { id, name: "Sottopancia".into(), name_en: "Lower third".into(), fields: vec![title] };
    let piece = |id: &str, duration_ms| MediaItem { id: id.parse().unwrap(), name: id.into(), duration_ms };
    let music = vec![piece("sigla", 3000), piece("jingle", 0)];
    Media { templates: vec![template], music, ..Media::default() }
}

fn any_composition() -> impl Strategy<Value = Composition> {
    let layouts = [Layout::Full, Layout::SideBySide, Layout::OneLarge, Layout::Grid, Layout::PictureInPicture];
    let when_lost = select(vec![WhenLost::Slate, WhenLost::CloseUp]);
    let graphics = prop::collection::vec(any_graphic(), 0..2);
    (select(layouts.to_vec()), prop::collection::vec(any_source(), 1..4), graphics, when_lost).prop_map(
        |(layout, sources, graphics, when_lost)| Composition {
            layout,
            sources,
            graphics,
            when_lost,
            ..Composition::default()
        },
    )
}

fn any_transition() -> impl Strategy<Value = Transition> {
    let mix = prop_oneof![8 => 100..=3000u32, 1 => 0..100u32, 1 => 3001..=u32::MAX];
    let wipe = |duration_ms| Transition::Wipe { duration_ms, pattern: WipePattern::Clock, softness: 20 };
    prop_oneof![
        2 => Just(Transition::Cut {}),
        5 => mix.prop_map(|duration_ms| Transition::Mix { duration_ms }),
        1 => (100..=3000u32).prop_map(wipe),
        1 => (100..=3000u32).prop_map(|duration_ms| Transition::Move { duration_ms }),
    ]
}

fn any_air() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => any_source().prop_map(|source| Command::SetPreview { source }),
        2 => any_composition().prop_map(|composition| Command::Compose { composition }),
        1 => any_transition().prop_map(|transition| Command::SetTransition { transition }),
        2 => Just(Command::Cut {}),
        2 => any_source().prop_map(|source| Command::CutTo { source }),
        4 => Just(Command::Take {}),
        4 => prop_oneof![Just(0), Just(1000), 0..=1001u16].prop_map(|position| Command::SetTBar { position }),
        1 => any::<bool>().prop_map(|on| Command::FadeToBlack { on }),
        2 => Just(Command::TakeNext {}),
        1 => Just(Command::SkipNext {}),
        2 => (any_scene(), select(vec![Bus::Program, Bus::Preview])).prop_map(|(scene, to)| Command::RecallScene { scene, to }),
    ]
}

fn any_scene() -> impl Strategy<Value = SceneId> {
    (1..6u32).prop_map(SceneId)
}

fn any_cue() -> impl Strategy<Value = CueId> {
    (1..8u32).prop_map(CueId)
}

fn any_plan() -> impl Strategy<Value = CuePlan> {
    let scene = prop::option::of(any_scene());
    let duration_s = prop::option::of(0..3u32);
    let city = prop::option::of(any_city());
    ("[a-z]{0,3}", scene, duration_s, city, any::<bool>()).prop_map(|(title, scene, duration_s, city, follow)| {
        CuePlan { title, scene, planned_start: None, duration_s, city, note: String::new(), follow }
    })
}

fn any_list() -> impl Strategy<Value = Command> {
    let name = || "[a-z]{0,2}";
    let luca = || "luca".parse().unwrap();
    prop_oneof![
        3 => (name(), prop::option::of(any_composition())).prop_map(|(name, composition)| Command::AddScene { name, composition }),
        1 => (any_scene(), prop::option::of(name()), prop::option::of(any_composition()))
            .prop_map(|(scene, name, composition)| Command::UpdateScene { scene, name, composition }),
        1 => any_scene().prop_map(|scene| Command::DuplicateScene { scene }),
        1 => (any_scene(), 0..5usize).prop_map(|(scene, to)| Command::MoveScene { scene, to }),
        1 => any_scene().prop_map(|scene| Command::RemoveScene { scene }),
        4 => (any_plan(), prop::option::of(any_cue())).prop_map(|(cue, before)| Command::AddCue { cue, before }),
        1 => (any_cue(), any_plan()).prop_map(|(cue, plan)| Command::UpdateCue { cue, plan }),
        1 => (any_cue(), 0..5usize).prop_map(|(cue, to)| Command::MoveCue { cue, to }),
        1 => any_cue().prop_map(|cue| Command::RemoveCue { cue }),
        1 => any_cue().prop_map(|cue| Command::SetNext { cue }),
        1 => any::<bool>().prop_map(|held| Command::HoldRundown { held }),
        1 => any_cue().prop_map(|cue| Command::AcknowledgeCue { cue }),
        1 => prop::collection::vec(any_plan(), 0..3).prop_map(|cues| Command::ReplaceRundown { cues }),
        2 => (any_city(), prop::option::of(0..5usize)).prop_map(|(id, position)| Command::AddCity {
            id, name: "Nuova".into(), time_zone: "Europe/Rome".into(), position,
        }),
        1 => (any_city(), name()).prop_map(|(city, name)| Command::UpdateCity { city, name: Some(name), time_zone: None }),
        1 => (any_city(), 0..5usize).prop_map(|(city, to)| Command::MoveCity { city, to }),
        2 => any_city().prop_map(|city| Command::RemoveCity { city }),
        1 => (any_city(), name()).prop_map(|(city, text)| Command::SetSlateText { city, text }),
        1 => name().prop_map(move |name| Command::AddCohost { id: luca(), name }),
        1 => Just(Command::RemoveCohost { cohost: luca() }),
    ]
}

fn any_other() -> impl Strategy<Value = Command> {
    let to = select(vec!["director", "all", "cities", "city:roma", "city:atlantide", "cohost:luca"]);
    let rule = prop_oneof![Just(LeaseEnd::Hold {}), any_scene().prop_map(|scene| LeaseEnd::Scene { scene })];
    let guard = (0..5u32, prop::option::of(any_scene())).prop_map(|(after_s, scene)| GuardRule { after_s, scene });
    let readiness = select(vec![ReadinessRule::Off, ReadinessRule::Warn, ReadinessRule::Refuse]);
    let keyer = || select(KeyerNumber::all().collect::<Vec<_>>());
    prop_oneof![
        2 => (keyer(), prop::option::of(any_graphic())).prop_map(|(keyer, graphic)| Command::SetGraphic { keyer, graphic }),
        2 => (keyer(), any::<bool>()).prop_map(|(keyer, on)| Command::SetKeyer { keyer, on }),
        1 => Just(Command::AskLease {}),
        1 => select(&OPERATORS[..]).prop_map(|name| Command::GiveLease { to: operator(name) }),
        3 => any::<bool>().prop_map(|confirm| Command::TakeLease { confirm }),
        1 => Just(Command::ReleaseLease {}),
        2 => (to, "[a-z]{0,3}").prop_map(|(to, text)| Command::SendMessage { to: to.parse::<Audience>().unwrap(), text }),
        1 => (1..4u32).prop_map(|message| Command::ReadMessage { message: MessageId(message) }),
        1 => "[a-z]{0,3}".prop_map(|title| Command::SetTitle { title }),
        1 => "[a-z]{0,3}".prop_map(|title| Command::OpenEvening { title }),
        1 => (0..300u32, 4..30u32, rule, guard, readiness, any_sound()).prop_map(
            |(double_press_ms, after_s, then, guard, readiness, sound)| {
                let lease = LeaseRule { after_s, then };
                // Any time will do: it chooses the rules of calls as well.
                let rules = [NextCaller::QueueOrder, NextCaller::LongestWaiting, NextCaller::OtherCityFirst];
                let next_caller = rules[double_press_ms as usize % 3];
                let calls = CallRule { next_caller, one_at_a_time: double_press_ms % 2 == 0 };
                let fade_ms = 500;
                Command::SetSettings {
                    settings: Settings { double_press_ms, lease, guard, readiness, fade_ms, sound, calls },
                }
            },
        ),
        5 => Just(Command::Undo {}),
        3 => Just(Command::Redo {}),
    ]
}

fn any_sound() -> impl Strategy<Value = SoundRule> {
    let ambience = select(vec![Ambience::Auto, Ambience::Always]);
    (0..62u8, ambience, any::<bool>()).prop_map(|(dim_db, ambience, cities)| {
        let ducking = DuckingRule { cities, ..DuckingRule::default() };
        SoundRule { dim_db, ambience, ducking, ..SoundRule::default() }
    })
}

fn any_strip() -> impl Strategy<Value = StripId> {
    let other = ["cohost:luca", "music:sigla", "music:niente", "talkback:Anna", "talkback:Bea", "bars", "clip:niente"];
    prop_oneof![
        any_city().prop_map(StripId::City),
        select(other.to_vec()).prop_map(|word| word.parse::<StripId>().unwrap()),
        Just("cohost:luca".parse::<StripId>().unwrap()),
    ]
}

fn any_fader() -> impl Strategy<Value = Fader> {
    (-65..=15i8).prop_map(|db| Fader::try_from(f32::from(db.clamp(-60, 10))).unwrap())
}

fn any_settings() -> impl Strategy<Value = Strip> {
    let mode = select(vec![StripMode::Afv, StripMode::On]);
    let group = prop::option::of((1..=3u8).prop_map(|number| GroupNumber::try_from(number).unwrap()));
    let ramps = prop::option::of((10..100u16).prop_map(|ms| Ramps { opens_ms: ms, closes_ms: 20 }));
    let muted = prop::bool::weighted(0.3);
    (any_fader(), muted, mode, prop::option::of(any_fader()), group, ramps).prop_map(
        |(fader_db, muted, mode, radio_db, group, ramps)| Strip {
            fader_db,
            muted,
            mode,
            radio_db,
            group,
            ramps,
            ..Strip::default()
        },
    )
}

fn any_piece() -> impl Strategy<Value = MediaId> {
    select(vec!["sigla", "jingle", "niente"]).prop_map(|word| word.parse().unwrap())
}

fn any_desk() -> impl Strategy<Value = Command> {
    let group = (1..=3u8).prop_map(|number| GroupNumber::try_from(number).unwrap());
    let mix = select(vec!["program", "radio", "monitor:Anna"]).prop_map(|word| word.parse::<Mix>().unwrap());
    let strips = prop::collection::vec(any_strip(), 0..3);
    let kind = select(vec![SoloKind::Pfl, SoloKind::Afl]);
    let to = select(vec!["all", "cities", "cohosts", "city:roma", "city:lecce", "city:atlantide", "cohost:luca"]);
    let to = to.prop_map(|word| word.parse::<TalkTo>().unwrap());
    let fade_ms = || prop_oneof![Just(0), 0..31_000u32];
    prop_oneof![
        4 => (any_strip(), any_settings()).prop_map(|(of, strip)| Command::SetStrip { of, strip }),
        1 => (group, any_fader(), any::<bool>())
            .prop_map(|(group, fader_db, muted)| Command::SetGroup { group, fader_db, muted }),
        1 => (mix, any_fader()).prop_map(|(mix, fader_db)| Command::SetMix { mix, fader_db }),
        2 => (strips, kind).prop_map(|(strips, kind)| Command::SetSolo { strips, kind }),
        5 => (to, prop::bool::weighted(0.7)).prop_map(|(to, on)| Command::Talk { to, on }),
        3 => (any_piece(), any::<bool>(), fade_ms(), prop::option::of(any_fader()))
            .prop_map(|(media, loops, fade_ms, fader_db)| Command::PlayMusic { media, loops, fade_ms, fader_db }),
        2 => (any_piece(), fade_ms()).prop_map(|(media, fade_ms)| Command::StopMusic { media, fade_ms }),
        1 => (any_piece(), any::<bool>()).prop_map(|(media, loops)| Command::SetMusicLoop { media, loops }),
    ]
}

fn any_cohost() -> impl Strategy<Value = CohostId> {
    select(vec!["luca", "mara", "tel-1", "tel-2", "nessuno"]).prop_map(|word| word.parse().unwrap())
}

fn any_call_command() -> impl Strategy<Value = Command> {
    let note = || prop::option::of("[a-z]{0,2}");
    prop_oneof![
        2 => select(vec!["luca", "mara"])
            .prop_map(|word| Command::AddCohost { id: word.parse().unwrap(), name: word.into() }),
        1 => any_cohost().prop_map(|cohost| Command::RemoveCohost { cohost }),
        4 => any_cohost().prop_map(|cohost| Command::ScreenCall { cohost }),
        2 => (any_cohost(), note(), note(), note())
            .prop_map(|(cohost, name, city, point)| Command::NoteCall { cohost, name, city, point }),
        4 => any_cohost().prop_map(|cohost| Command::HoldCall { cohost }),
        6 => (any_cohost(), prop::option::of(0..3usize))
            .prop_map(|(cohost, position)| Command::QueueCall { cohost, position }),
        2 => (any_cohost(), 0..3usize).prop_map(|(cohost, to)| Command::MoveCall { cohost, to }),
        4 => any_cohost().prop_map(|cohost| Command::PutOnAir { cohost }),
        2 => any_cohost().prop_map(|cohost| Command::TakeOffAir { cohost }),
        4 => Just(Command::TakeNextCaller {}),
        1 => any_cohost().prop_map(|cohost| Command::HangUp { cohost }),
        1 => any_cohost().prop_map(|cohost| Command::BlockCall { cohost }),
        1 => any_cohost().prop_map(|cohost| Command::UnblockCall { cohost }),
        1 => any::<bool>().prop_map(|on| Command::LockCalls { on }),
        1 => any::<bool>().prop_map(|on| Command::RefuseWithheld { on }),
        2 => (any_cohost(), any::<bool>()).prop_map(|(cohost, muted)| Command::SetMute { cohost, muted }),
        2 => (any_cohost(), select(vec![CallKind::Host, CallKind::Guest]))
            .prop_map(|(cohost, kind)| Command::SetCallKind { cohost, kind }),
        1 => Just(Command::Dial { number: NUMBER.parse().unwrap(), name: "Luca".into() }),
    ]
}

fn any_call_fact() -> impl Strategy<Value = Fact> {
    let why = select(vec![CallEnd::Left, CallEnd::Failed, CallEnd::HungUp]);
    prop_oneof![
        4 => any_cohost().prop_map(|cohost| Fact::CohostJoined { cohost }),
        2 => any_cohost().prop_map(|cohost| Fact::CohostLeft { cohost }),
        3 => select(vec!["tel-1", "tel-2"]).prop_map(|word| Fact::PhoneRang {
            cohost: word.parse().unwrap(),
            name: None,
            number: Some(NUMBER.parse().unwrap()),
        }),
        1 => select(vec!["tel-1", "tel-2"]).prop_map(|word| Fact::PhoneRang {
            cohost: word.parse().unwrap(),
            name: None,
            number: None,
        }),
        2 => any_cohost().prop_map(|cohost| Fact::PhoneAnswered { cohost }),
        1 => (any_cohost(), select(vec!['1', '#', ' '])).prop_map(|(cohost, key)| Fact::PhoneKey { cohost, key }),
        1 => (any_cohost(), why).prop_map(|(cohost, why)| Fact::PhoneEnded { cohost, why }),
        1 => (any_cohost(), 0..100u32).prop_map(|(cohost, ms)| Fact::CallRoundTrip { cohost, ms }),
    ]
}

fn any_caller() -> impl Strategy<Value = Caller> {
    let director = select(&OPERATORS[..2]).prop_map(|name| Caller::new(operator(name), [Role::Director]));
    prop_oneof![
        16 => director,
        1 => Just(Caller::new(operator("Carla"), [Role::Sound, Role::Graphics])),
        1 => any_city().prop_map(Caller::city),
        1 => Just(Caller::cohost("luca".parse().unwrap())),
        1 => Just(Caller::viewer()),
    ]
}

fn any_call() -> impl Strategy<Value = Call> {
    let command = prop_oneof![
        5 => any_air().boxed(),
        4 => any_list().boxed(),
        4 => any_other().boxed(),
        4 => any_desk().boxed(),
        3 => any_call_command().boxed(),
    ];
    let seat = (any_city(), 0..6).prop_map(|(city, kind)| match kind {
        4 => Fact::CityMeasured { city, flaws: vec![Flaw::Silent, Flaw::Frozen] },
        5 => Fact::CityMeasured { city, flaws: Vec::new() },
        0 => Fact::CityJoined { city },
        1 => Fact::FramesFlow { city },
        2 => Fact::FramesStopped { city },
        _ => Fact::CityLeft { city },
    });
    let call = (0..8).prop_map(|kind| {
        let cohost = "luca".parse().unwrap();
        match kind {
            0 => Fact::CohostJoined { cohost },
            1 => Fact::CohostHeard { cohost },
            2 => Fact::CohostLost { cohost },
            3 => Fact::CohostLeft { cohost },
            4 => Fact::CohostFramesFlow { cohost },
            5 => Fact::CohostFramesStopped { cohost },
            6 => Fact::CohostMeasured { cohost, flaws: vec![Flaw::Loss] },
            _ => Fact::TalkbackOpened { operator: "Anna".parse().unwrap() },
        }
    });
    let presence = (select(&OPERATORS[..]), any::<bool>()).prop_map(|(name, here)| match here {
        true => Fact::Arrived { actor: operator(name) },
        false => Fact::Departed { actor: operator(name) },
    });
    let microphone = (select(&OPERATORS[..]), prop::bool::weighted(0.7)).prop_map(|(name, open)| {
        let operator = name.parse().unwrap();
        if open { Fact::TalkbackOpened { operator } } else { Fact::TalkbackClosed { operator } }
    });
    prop_oneof![
        4 => call.prop_map(Call::Fact),
        3 => microphone.prop_map(Call::Fact),
        1 => any_piece().prop_map(Call::MusicEnds),
        24 => (command, any_caller()).prop_map(|(command, caller)| Call::Command(command, caller)),
        6 => seat.prop_map(Call::Fact),
        3 => any_call_fact().prop_map(Call::Fact),
        2 => presence.prop_map(Call::Fact),
        2 => Just(Call::Tick),
        1 => Just(Call::Restart),
    ]
}

/// Calls, each with the time that passes before it: often none, sometimes odd fractions of a microsecond.
fn evening() -> impl Strategy<Value = Vec<(Duration, Call)>> {
    let pause = prop_oneof![Just(0), 0..100_000u64, 0..2_000_000_000u64, 0..9_000_000_000u64];
    prop::collection::vec((pause.prop_map(Duration::from_nanos), any_call()), 1..70)
}

/// What somebody knows who hears the answers and nothing else.
struct Stage {
    /// As the picture engine shows it, and how it came to.
    shown: Picture,
    way: Option<(Way, ShowTime)>,
    black: bool,
    /// As the desk has it.
    desk: DeskPlan,
    /// The music that it plays, and whether each begins anew.
    music: BTreeMap<MediaId, bool>,
    keyers: [Keyer; 4],
    /// The cities that have engines.
    cities: Vec<CityId>,
    /// The co-hosts that have engines.
    cohosts: Vec<CohostId>,
    /// As the events tell it.
    log: Vec<Recorded>,
    wake_at: Option<ShowTime>,
}

impl Stage {
    /// A stage that comes in as the evening opens.
    fn new(show: &mut Show) -> Self {
        let mut stage = Self {
            shown: Picture::full(Source::Black),
            way: None,
            black: false,
            desk: DeskPlan::default(),
            music: BTreeMap::new(),
            keyers: Default::default(),
            cities: CITIES[..4].iter().map(|word| id(word)).collect(),
            cohosts: Vec::new(),
            log: Vec::new(),
            wake_at: None,
        };
        stage.hear(show.start(ShowTime::default()).collect(), ShowTime::default());
        let read = Fact::MediaRead { media: media() };
        stage.hear(show.observe(read, ShowTime::default()).collect(), ShowTime::default());
        stage
    }

    fn hear(&mut self, outputs: Vec<Output>, now: ShowTime) {
        self.wake_at = None;
        for output in outputs {
            assert_eq!(self.wake_at, None, "a timeout is the last output");
            match output {
                Output::Effect(effect) => self.carry_out(effect, now),
                Output::Event(recorded) => self.learn(recorded, now),
                Output::Timeout(time) => self.wake_at = Some(time),
            }
        }
    }

    fn carry_out(&mut self, effect: Effect, now: ShowTime) {
        match effect {
            Effect::ShowPicture { picture, way } => {
                let cities = || picture.cities().chain(way.from.cities());
                assert!(cities().all(|city| self.cities.contains(city)), "what is shown has engines");
                assert!(way.done <= 1000 && (way.transition.is_cut() || way.transition.is_possible()));
                (self.shown, self.way) = (picture, Some((way, now)));
            }
            Effect::ShowPreview { picture } => {
                assert!(picture.cities().all(|city| self.cities.contains(city)), "what stands by has engines");
            }
            Effect::FadeToBlack { on, .. } => self.black = on,
            Effect::SetDesk { plan, ramp } => {
                assert!((Duration::from_millis(20)..=Transition::LONGEST).contains(&ramp), "{ramp:?}");
                let sends = || plan.mixes.iter().flat_map(|mix| &mix.sends);
                assert!(sends().all(|send| send.fader.gain() > 0.0), "closed strips are not named");
                let plays = |strip: &StripId| match strip {
                    StripId::Music(media) => self.music.contains_key(media),
                    _ => true,
                };
                let program = plan.mix(&Mix::Program).expect("program is always mixed");
                assert!(program.sends.iter().all(|send| plays(&send.strip)), "what is heard plays");
                self.desk = plan;
            }
            Effect::SetKeyer { number, keyer } => self.keyers[number.index()] = keyer,
            Effect::PlayMusic { media, loops, .. } => {
                self.music.insert(media, loops);
            }
            Effect::SetMusicLoop { media, loops } => {
                assert!(self.music.insert(media, loops).is_some(), "it plays");
            }
            Effect::StopMusic { media, .. } => assert!(self.music.contains_key(&media), "what stops has played"),
            Effect::Prepare { .. }
            | Effect::SetTitle { .. }
            | Effect::ArmStinger { .. }
            | Effect::SetRadioTitle { .. } => {}
            Effect::AddCity { city, .. } => {
                assert!(!self.cities.contains(&city.id), "engines come once");
                self.cities.push(city.id);
            }
            Effect::UpdateCity { city, .. } => assert!(self.cities.contains(&city.id)),
            Effect::RemoveCity { city } => {
                assert!(!self.shown.cities().any(|shown| *shown == city), "what is shown keeps its engines");
                let before = self.cities.len();
                self.cities.retain(|known| *known != city);
                assert_eq!(self.cities.len() + 1, before);
            }
            Effect::AnswerCall { cohost } | Effect::Dial { cohost, .. } => assert!(self.cohosts.contains(&cohost)),
            // Also of one who was refused.
            Effect::HangUp { .. } | Effect::RefuseWithheld { .. } => {}
            Effect::AddCohost { cohost, .. } => {
                assert!(!self.cohosts.contains(&cohost.id), "engines come once");
                self.cohosts.push(cohost.id);
            }
            Effect::UpdateCohost { cohost } => assert!(self.cohosts.contains(&cohost.id)),
            Effect::RemoveCohost { cohost } => {
                let before = self.cohosts.len();
                self.cohosts.retain(|known| *known != cohost);
                assert_eq!(self.cohosts.len() + 1, before);
            }
        }
    }

    fn learn(&mut self, recorded: Recorded, now: ShowTime) {
        let last = self.log.last();
        assert_eq!(recorded.number, last.map_or(0, |last| last.number) + 1, "events are numbered without a gap");
        assert!(recorded.turn <= recorded.number && recorded.time == now);
        self.log.push(recorded);
    }

    /// Every crosspoint of the desk is as the rules say.
    fn hears_as_the_rules_say(&self, state: &Snapshot) {
        let mut strips: BTreeSet<StripId> = ["bars", "clip:niente", "music:sigla", "music:jingle", "music:niente"]
            .map(|word| word.parse().unwrap())
            .into_iter()
            .chain(OPERATORS.map(|name| StripId::Talkback(name.parse().unwrap())))
            .collect();
        strips.extend(state.cities.iter().map(|seat| StripId::City(seat.city.id.clone())));
        strips.extend(state.cohosts.iter().map(|seat| StripId::Cohost(seat.id.clone())));
        let mut mixes: BTreeSet<Mix> = [Mix::Program, Mix::Radio].into();
        mixes.extend(state.cities.iter().map(|seat| Mix::Return(seat.city.id.clone())));
        mixes.extend(state.cohosts.iter().map(|seat| Mix::Call(seat.id.clone())));
        mixes.extend(state.present.iter().filter_map(Actor::name).map(|name| Mix::Monitor(name.clone())));
        let there: Vec<_> = self.desk.mixes.iter().map(|plan| plan.mix.clone()).collect();
        assert_eq!(there.len(), mixes.len(), "each mix is there once");
        assert_eq!(there.into_iter().collect::<BTreeSet<_>>(), mixes, "everybody has their mix, always");
        for plan in &self.desk.mixes {
            let heard: Vec<_> = plan.sends.iter().map(|send| (send.strip.clone(), tenths(send.fader))).collect();
            let wanted = strips.iter().filter_map(|strip| Some((strip.clone(), level(&plan.mix, strip, state)?)));
            let wanted: BTreeMap<_, _> = wanted.collect();
            assert!(heard.len() == wanted.len(), "once: {} {heard:?}", plan.mix);
            assert_eq!(heard.into_iter().collect::<BTreeMap<_, _>>(), wanted, "{}", plan.mix);
            let own = plan.mix.own();
            assert!(plan.sends.iter().all(|send| Some(&send.strip) != own.as_ref()), "nobody hears themselves");
            let speaks = |send: &regia::show::Send| matches!(send.strip, StripId::Talkback(_));
            let is_private = matches!(plan.mix, Mix::Return(_) | Mix::Call(_));
            assert!(is_private || !plan.sends.iter().any(speaks), "talkback is for those who are spoken to");
        }
        for seat in state.cohosts.iter() {
            let own = StripId::Cohost(seat.id.clone());
            let listen = |plan: &&regia::show::MixPlan| plan.sends.iter().any(|send| send.strip == own);
            let mut listeners = self.desk.mixes.iter().filter(listen).map(|plan| &plan.mix);
            match &seat.call.state {
                CallState::OnAir { .. } => {}
                CallState::Screening { by, .. } => {
                    assert!(
                        listeners.all(|mix| *mix == Mix::Monitor(by.clone())),
                        "a private talk is heard nowhere else"
                    );
                }
                _ => assert!(listeners.all(|mix| matches!(mix, Mix::Monitor(_))), "who waits is heard in a solo only"),
            }
        }
        let fader = |mix: &Mix| self.desk.mix(mix).map(|plan| plan.fader);
        assert_eq!(fader(&Mix::Program), Some(state.masters.program_db));
        assert_eq!(fader(&Mix::Radio), Some(state.masters.radio_db));
        assert!(state.playing.iter().all(|playing| self.music.get(&playing.media) == Some(&playing.loops)));
    }

    /// Tally by looking at the screens. A box that dropped out is still meant to be on air.
    fn tally(&self, program: &Picture, from: Option<&Picture>, preview: &Picture, source: &Source) -> Tally {
        if program.shows(source) || from.is_some_and(|picture| picture.shows(source)) {
            Tally::Program
        } else if preview.shows(source) {
            Tally::Preview
        } else {
            Tally::Off
        }
    }

    fn agrees_with(&self, show: &Show, now: ShowTime) {
        let (state, view) = (show.snapshot(), show.view(now));
        assert_eq!(self.shown, without_lost(&state.program, &state), "effects lead to the program picture");
        let running = state.running.as_ref();
        if let (Some(running), Some((way, told))) = (running, &self.way)
            && way.transition == running.transition
        {
            assert_eq!((way.reversed, way.held), (running.reversed, running.progress.ends().is_none()));
            let length = way.transition.duration() * u32::from(1000 - way.done) / 1000;
            let late = running.progress.ends().map(|ends| ends.since(*told + length).max((*told + length).since(ends)));
            assert!(
                late.is_none_or(|late| late < Duration::from_millis(5)),
                "show and engine end it together: {late:?}"
            );
        }
        if let Some(ends) = running.and_then(|running| running.progress.ends()) {
            assert!(self.wake_at.is_some_and(|wake_at| wake_at <= ends), "its end is waited for");
        }
        self.hears_as_the_rules_say(&state);
        assert_eq!((&self.keyers, self.black), (&state.keyers, state.black));
        let mut cities: Vec<_> = state.cities.iter().map(|seat| seat.city.id.clone()).collect();
        let mut engines = self.cities.clone();
        cities.sort();
        engines.sort();
        assert_eq!(cities, engines);
        let cohosts: BTreeSet<_> = state.cohosts.iter().map(|seat| &seat.id).collect();
        assert_eq!(self.cohosts.iter().collect::<BTreeSet<_>>(), cohosts);
        for (seat, view) in state.cities.iter().zip(&view.cities) {
            let source = Source::City(seat.city.id.clone());
            let seen = self.tally(&state.program, running.map(|running| &running.from), &state.preview, &source);
            assert_eq!((view.tally, show.tally(&source)), (seen, seen), "{source}");
        }
        assert_eq!(self.log.last().map(|last| last.number), Some(state.revision));
    }
}

/// A fader in tenths of a decibel.
fn tenths(fader: Fader) -> i32 {
    (fader.db() * 10.0).round() as i32
}

/// The rules of the desk said a second time, mix by mix and strip by strip: how loud each is heard, in tenths of a decibel;
/// none where it is not.
fn level(mix: &Mix, strip: &StripId, state: &Snapshot) -> Option<i32> {
    let settings = match strip {
        StripId::City(city) => state.seat(city)?.strip,
        StripId::Cohost(cohost) => state.cohost(cohost)?.strip,
        other => state.strips.get(other).copied().unwrap_or_default(),
    };
    let grouped = |fader: Fader| {
        let group = settings.group.map(|group| state.groups[group.index()]).unwrap_or_default();
        let silent =
            settings.muted || group.muted || [fader, group.fader_db].iter().any(|fader| tenths(*fader) <= -600);
        (!silent).then(|| (tenths(fader) + tenths(group.fader_db)).min(100)).filter(|level| *level > -600)
    };
    let is_seen = |source: &Source| state.program.boxes.iter().any(|each| each.source == *source);
    let always = settings.mode == StripMode::On;
    let is_on_air = match strip {
        StripId::City(city) => {
            always || is_seen(&Source::City(city.clone())) || state.settings.sound.ambience == Ambience::Always
        }
        StripId::Cohost(cohost) => {
            let call = &state.cohost(cohost)?.call;
            let is_let_in = matches!(call.state, CallState::OnAir { .. }) && !call.muted_by_self && !call.muted_by_desk;
            is_let_in && (always || is_seen(&Source::Cohost(cohost.clone())))
        }
        StripId::Clip(clip) => is_seen(&Source::Clip(clip.clone())),
        StripId::Bars => is_seen(&Source::Bars),
        StripId::Music(media) => state.playing.iter().any(|playing| playing.media == *media),
        StripId::Talkback(_) => false,
    };
    let program = || grouped(settings.fader_db).filter(|_| is_on_air);
    let over = |named: TalkTo, all: TalkTo| {
        let speaks = |name: &Name| {
            let to = state.talks.get(name);
            let spoken = to.is_some_and(|to| [&named, &all, &TalkTo::All].iter().any(|to_whom| to.contains(*to_whom)));
            (spoken || is_private(&named, name, state)) && state.talkback.contains(name)
        };
        if let StripId::Talkback(name) = strip {
            return grouped(settings.fader_db).filter(|_| speaks(name));
        }
        // Somebody speaks whose own strip is open.
        let is_spoken_to = state.talkback.iter().any(|name| speaks(name) && level_of_voice(name, state).is_some());
        let dim = if is_spoken_to { 10 * i32::from(state.settings.sound.dim_db) } else { 0 };
        program().map(|level| level - dim).filter(|level| *level > -600)
    };
    match mix {
        Mix::Program => program(),
        Mix::Radio => grouped(settings.radio_db.unwrap_or(settings.fader_db)).filter(|_| is_on_air),
        Mix::Return(city) if *strip == StripId::City(city.clone()) => None,
        Mix::Call(cohost) if *strip == StripId::Cohost(cohost.clone()) => None,
        Mix::Return(city) => over(TalkTo::City(city.clone()), TalkTo::Cities),
        Mix::Call(cohost) => over(TalkTo::Cohost(cohost.clone()), TalkTo::Cohosts),
        Mix::Monitor(name) if talks_privately(strip, name, state) => Some(0),
        Mix::Monitor(name) => match state.solos.get(name) {
            None if state
                .cohosts
                .iter()
                .any(|seat| talks_privately(&StripId::Cohost(seat.id.clone()), name, state)) =>
            {
                program().map(|level| level - 10 * i32::from(state.settings.sound.dim_db)).filter(|level| *level > -600)
            }
            None => program(),
            Some(solo) if !solo.strips.contains(strip) || private_with(strip, state).is_some() => None,
            Some(solo) if solo.kind == SoloKind::Pfl => Some(0),
            Some(_) => grouped(settings.fader_db),
        },
    }
}

/// Who screens this caller.
fn private_with<'a>(strip: &StripId, state: &'a Snapshot) -> Option<&'a Name> {
    let StripId::Cohost(cohost) = strip else { return None };
    match &state.cohost(cohost)?.call.state {
        CallState::Screening { by, .. } => Some(by),
        _ => None,
    }
}

/// Whether this operator screens this caller.
fn talks_privately(strip: &StripId, name: &Name, state: &Snapshot) -> bool {
    private_with(strip, state) == Some(name)
}

/// The same of who is spoken to.
fn is_private(to: &TalkTo, name: &Name, state: &Snapshot) -> bool {
    matches!(to, TalkTo::Cohost(cohost) if talks_privately(&StripId::Cohost(cohost.clone()), name, state))
}

fn level_of_voice(name: &Name, state: &Snapshot) -> Option<()> {
    let settings = state.strips.get(&StripId::Talkback(name.clone())).copied().unwrap_or_default();
    let group = settings.group.map(|group| state.groups[group.index()]).unwrap_or_default();
    let sum = tenths(settings.fader_db) + tenths(group.fader_db);
    let closed = tenths(settings.fader_db) <= -600 || tenths(group.fader_db) <= -600 || sum <= -600;
    (!settings.muted && !group.muted && !closed).then_some(())
}

/// A picture that closes up, without the cities of which nothing comes in, if anything is left.
fn without_lost(picture: &Picture, state: &Snapshot) -> Picture {
    let flows = |source: &Source| match source {
        Source::City(city) => state.seat(city).is_some_and(|seat| seat.frames_flow),
        _ => true,
    };
    let left: Vec<Source> = picture.boxes.iter().map(|each| each.source.clone()).filter(flows).collect();
    let Some(layout) = picture.closes_up.filter(|_| !left.is_empty() && left.len() < picture.boxes.len()) else {
        return picture.clone();
    };
    let layout = match (layout, left.len()) {
        (_, 1) => Layout::Full,
        (Layout::OneLarge, 2) => Layout::SideBySide,
        (layout, _) => layout,
    };
    let closed = Composition { layout, sources: left, ..Composition::default() }.picture().unwrap();
    Picture { boxes: closed.boxes, ..picture.clone() }
}

/// All of the state that undo must bring back: not what counts, dates or remembers, nor who commands.
fn undoable(state: &Snapshot) -> Snapshot {
    let mut state = state.clone();
    (state.revision, state.program_since, state.running) = (0, ShowTime::default(), None);
    (state.history, state.numbers, state.lease, state.lease_asked) = Default::default();
    (state.dark_since, state.guarded) = (None, None);
    state.alarms.clear();
    (state.talks, state.solos, state.playing) = Default::default();
    for seat in &mut state.cohosts {
        (seat.contribution, seat.frames_flow) = (CityState::Offline {}, false);
        seat.flaws.clear();
    }
    state.rundown.on_air = state.rundown.on_air.map(|on_air| OnAir { since: ShowTime::default(), ..on_air });
    for seat in &mut state.cities {
        // A city that was away has no session any more.
        (seat.contribution, seat.frames_flow) = (CityState::Offline {}, false);
        seat.flaws.clear();
    }
    state
}

/// What somebody did last can be undone and done again, as long as nothing else has happened.
fn check_undo(before: &Snapshot, show: &Show, caller: &Caller, now: ShowTime) {
    let after = show.snapshot();
    let Some(deed) = after.history.to_undo(&caller.actor).filter(|deed| deed.turn > before.revision) else { return };
    let mut twin = Show::restore(after.clone(), now).unwrap();
    // A shorter time for a lease that has lapsed may be over at once: then that happens first, and is nothing to be undone.
    if twin.tick(now).any(|output| matches!(output, Output::Event(_))) {
        return;
    }
    let undone = twin.command(Command::Undo {}, caller, now).map(drop);
    assert_eq!(undone, Ok(()), "{deed:?}");
    assert_eq!(undoable(&twin.snapshot()), undoable(before), "undo of {deed:?}");
    let mut twin = Show::restore(twin.snapshot(), now).unwrap();
    let _ = twin.command(Command::Redo {}, caller, now).expect("what was undone can be done again");
    assert_eq!(undoable(&twin.snapshot()), undoable(&after), "redo of {deed:?}");
}

/// Makes one call and checks everything that holds for every call.
fn step(show: &mut Show, stage: &mut Stage, call: &Call, now: ShowTime) {
    // What was due is no part of the call.
    stage.hear(show.tick(now).collect(), now);
    let before = show.snapshot();
    let written = serde_json::to_string(&before).unwrap();
    let restored: Snapshot = serde_json::from_str(&written).unwrap();
    assert_eq!(Show::restore(restored.clone(), now).unwrap().snapshot(), before, "a snapshot restores an equal show");
    let mut twin = show.clone();

    let answer = make(call, show, now);
    assert_eq!(make(call, &mut twin, now), answer, "an equal show answers equally");

    let after = show.snapshot();
    match answer {
        Ok(outputs) => {
            let events = outputs.iter().filter_map(|output| match output {
                Output::Event(recorded) => Some(recorded.clone()),
                _ => None,
            });
            let log: Vec<Recorded> = events.collect();
            assert_eq!(log.is_empty(), after == before, "what changes is told, and nothing else");
            let replayed = Show::replay(Some(before.clone()), log.iter()).unwrap().snapshot();
            assert_eq!(replayed, after, "the events lead to the state");
            // A double press says nothing, and what is waited for stays.
            if !(outputs.is_empty() && stage.wake_at.is_some()) {
                stage.hear(outputs, now);
            }
            if let Call::Command(command, caller) = call {
                if command.needs_lease() && !log.is_empty() {
                    let holder = after.lease.as_ref().map(|lease| &lease.holder);
                    assert_eq!(holder, Some(&caller.actor), "who commands program holds the lease");
                }
                if !matches!(command, Command::Undo {} | Command::Redo {}) {
                    check_undo(&before, show, caller, now);
                }
            }
        }
        Err(_) => assert_eq!(after, before, "a refused command changes nothing"),
    }
    let on_air = |state: &Snapshot, cohost: &CohostId| state.cohost(cohost).is_some_and(|seat| seat.is_on_air());
    for seat in after.cohosts.iter().filter(|seat| seat.is_on_air() && seat.call.kind == CallKind::Guest) {
        let was_host = before.cohost(&seat.id).is_some_and(|seat| seat.call.kind == CallKind::Host);
        let locked = before.calls.locked && after.calls.locked;
        assert!(!locked || was_host || on_air(&before, &seat.id), "no guest goes on air past the lock");
    }
    let dialled = |seat: &&CohostSeat| ["tel-", "out-"].iter().any(|begin| seat.id.as_str().starts_with(begin));
    assert!(
        after.cohosts.iter().filter(dialled).all(|seat| seat.call.is_telephone()),
        "who was on a telephone stays so"
    );
    let told = serde_json::to_string(&show.view(now)).unwrap();
    assert!(!told.contains(NUMBER), "nobody sees a whole number");
    let public = show.view(now).for_actor(&Actor::Viewer);
    assert!(public.preview.is_none() && public.messages.is_none() && public.rundown.is_none());
    stage.agrees_with(show, now);
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
                stage.hear(show.tick(due).collect(), due);
                prop_assert!(stage.wake_at.is_none_or(|next| next > due), "what is over is not waited for");
            }
            step(&mut show, &mut stage, &call, ShowTime::new(now));
        }
        let whole = Show::replay(None, stage.log.iter()).unwrap();
        prop_assert_eq!(whole.snapshot(), show.snapshot(), "the whole log leads to the same state");
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
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

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
            prop_assert_eq!(Show::restore(state.clone(), ShowTime::new(now)).map(|show| show.snapshot()), Ok(state));
        }
    }
}
