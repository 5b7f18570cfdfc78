//! The rules of all that surrounds the buses: who commands, what is planned, what is said, and what can be taken back.

use std::time::Duration;

use super::tests::{lower_third, media};
use super::*;
use crate::show::{
    Audience, CityId, Composition, CueId, CuePlan, Effect, Fader, Keyer, KeyerNumber, Layout, Lease, LeaseEnd,
    LeaseRule, Link, Message, MessageId, Name, Output, Role, Scene, SceneId, Settings, Strip, StripId, StripMode,
    Transition, Way,
};

fn at(ms: u64) -> ShowTime {
    ShowTime::new(Duration::from_millis(ms))
}

fn id(word: &str) -> CityId {
    word.parse().unwrap()
}

fn strip_of(city: &str) -> StripId {
    StripId::City(id(city))
}

fn source(text: &str) -> Source {
    text.parse().unwrap()
}

fn actor(text: &str) -> Actor {
    text.parse().unwrap()
}

/// An evening at work: each command comes a second after the one before.
struct Evening {
    show: Show,
    now: u64,
}

impl Evening {
    fn new() -> Self {
        let city = |word: &str| City { id: id(word), name: word.to_uppercase(), time_zone: "Europe/Rome".into() };
        let setup = Setup { title: "Una sera".into(), cities: ["lecce", "roma", "milano"].map(city).into() };
        let mut show = Show::new(setup, WallTime::from_unix_micros(1_000_000_000), at(0)).unwrap();
        let _ = show.start(at(0));
        show.state.media = media();
        Self { show, now: 0 }
    }

    fn now(&self) -> ShowTime {
        at(self.now)
    }

    fn ask_as(&mut self, caller: &Caller, command: Command) -> Result<Vec<Output>, Rejection> {
        self.now += 1000;
        self.show.command(command, caller, at(self.now)).map(Iterator::collect)
    }

    fn ask(&mut self, who: &str, command: Command) -> Result<Vec<Output>, Rejection> {
        self.ask_as(&caller(who), command)
    }

    /// The operator Anna has it done; the events of it.
    fn anna(&mut self, command: Command) -> Vec<Event> {
        events(self.ask("Anna", command).unwrap())
    }

    fn refused(&mut self, who: &str, command: Command) -> &'static str {
        let before = self.show.snapshot();
        let code = self.ask(who, command).unwrap_err().code();
        assert_eq!(self.show.snapshot(), before, "a refused command changes nothing");
        code
    }

    fn state(&self) -> &Snapshot {
        &self.show.state
    }

    /// Time passes until this many milliseconds later.
    fn wait(&mut self, ms: u64) -> Vec<Output> {
        self.now += ms;
        self.show.tick(at(self.now)).collect()
    }

    fn scene(&mut self, name: &str, city: &str) -> SceneId {
        let composition = Some(Composition::full(source(&format!("city:{city}"))));
        self.anna(Command::AddScene { name: name.into(), composition });
        self.state().scenes.last().unwrap().id
    }

    fn cue(&mut self, plan: CuePlan) -> CueId {
        self.anna(Command::AddCue { cue: plan, before: None });
        self.state().rundown.cues.last().unwrap().id
    }

    fn holder(&self) -> Option<String> {
        self.state().lease.as_ref().map(|lease| lease.holder.to_string())
    }
}

fn caller(name: &str) -> Caller {
    Caller::new(Actor::Operator(name.parse::<Name>().unwrap()), [Role::Director])
}

fn events(outputs: Vec<Output>) -> Vec<Event> {
    let event = |output| match output {
        Output::Event(recorded) => Some(recorded.event),
        Output::Effect(_) | Output::Timeout(_) => None,
    };
    outputs.into_iter().filter_map(event).collect()
}

fn effects(outputs: &[Output]) -> Vec<&Effect> {
    let mut effects = Vec::new();
    for output in outputs {
        if let Output::Effect(effect) = output
            && !matches!(effect, Effect::ShowPreview { .. } | Effect::SetRadioTitle { .. })
        {
            effects.push(effect);
        }
    }
    effects
}

fn plan(title: &str) -> CuePlan {
    CuePlan { title: title.into(), ..CuePlan::default() }
}

fn cut_to(city: &str) -> Command {
    Command::CutTo { source: source(&format!("city:{city}")) }
}

fn full(city: &str) -> Picture {
    Picture::full(source(&format!("city:{city}")))
}

// The lease.

#[test]
fn whoever_commands_first_commands_until_it_is_given_or_taken() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    assert_eq!(evening.holder().unwrap(), "operator:Anna");
    assert_eq!(evening.refused("Bea", cut_to("lecce")), "lease-held");
    assert_eq!(evening.refused("Bea", Command::SetPreview { source: Source::Black }), "lease-held");
    assert_eq!(evening.refused("Bea", Command::TakeLease { confirm: false }), "confirm-needed");
    evening.ask("Bea", Command::AskLease {}).unwrap();
    assert_eq!(evening.state().lease_asked, [actor("operator:Bea")]);
    assert_eq!(evening.refused("Anna", Command::GiveLease { to: actor("operator:Bea") }), "not-present");
    let _ = evening.show.observe(Fact::Arrived { actor: actor("operator:Bea") }, evening.now());
    evening.anna(Command::GiveLease { to: actor("operator:Bea") });
    assert_eq!((evening.holder().unwrap(), evening.state().lease_asked.len()), ("operator:Bea".into(), 0));
    assert_eq!(evening.refused("Anna", Command::Cut {}), "lease-held");
    evening.ask("Anna", Command::TakeLease { confirm: true }).unwrap();
    evening.anna(Command::Cut {});
    evening.anna(Command::ReleaseLease {});
    assert_eq!(evening.holder(), None);
    evening.ask("Bea", Command::AskLease {}).unwrap();
    assert_eq!(evening.holder().unwrap(), "operator:Bea", "what nobody holds is had for the asking");
}

#[test]
fn what_is_not_on_air_needs_no_lease() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    for command in [
        Command::AddScene { name: "Due".into(), composition: None },
        Command::AddCue { cue: plan("Saluti"), before: None },
        Command::SendMessage { to: Audience::Cities, text: "ciao".into() },
        Command::SetStrip { of: strip_of("roma"), strip: Strip { muted: true, ..Strip::default() } },
    ] {
        evening.ask("Bea", command).unwrap();
    }
}

fn with_rule(then: LeaseEnd) -> Evening {
    let mut evening = Evening::new();
    evening.scene("Sicura", "lecce");
    let _ = evening.show.observe(Fact::Arrived { actor: actor("operator:Anna") }, evening.now());
    evening.anna(cut_to("roma"));
    let settings = Settings { lease: LeaseRule { after_s: 20, then }, ..Settings::default() };
    evening.anna(Command::SetSettings { settings });
    evening
}

#[test]
fn a_holder_whose_link_dies_loses_the_lease_in_time_and_the_show_goes_on() {
    let mut evening = with_rule(LeaseEnd::Hold {});
    let lost: Vec<_> = evening.show.observe(Fact::Departed { actor: actor("operator:Anna") }, evening.now()).collect();
    assert_eq!(lost.last(), Some(&Output::Timeout(evening.now() + Duration::from_secs(20))));
    evening.wait(19_999);
    assert!(matches!(evening.state().lease, Some(Lease { link: Link::Lost { .. }, .. })));
    assert_eq!(events(evening.wait(1)), [Event::LeaseChanged { lease: None }]);
    assert_eq!(evening.state().program, full("roma"));
}

#[test]
fn a_holder_who_is_back_in_time_keeps_the_lease() {
    let mut evening = with_rule(LeaseEnd::Hold {});
    for fact in [Fact::Departed { actor: actor("operator:Anna") }, Fact::Arrived { actor: actor("operator:Anna") }] {
        evening.now += 5000;
        let _ = evening.show.observe(fact, evening.now());
    }
    assert!(evening.wait(60_000).is_empty());
    assert_eq!(evening.holder().unwrap(), "operator:Anna");
}

#[test]
fn a_safe_scene_goes_on_air_when_the_holder_stays_away() {
    let mut evening = with_rule(LeaseEnd::Scene { scene: SceneId(1) });
    let _ = evening.show.observe(Fact::Departed { actor: actor("operator:Anna") }, evening.now());
    evening.wait(20_000);
    assert_eq!((&evening.state().program, evening.holder()), (&full("lecce"), None));
}

#[test]
fn who_commands_without_a_page_has_no_link_to_lose() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    assert!(matches!(evening.state().lease, Some(Lease { link: Link::None {}, .. })));
    assert!(evening.wait(3_600_000).is_empty());
}

// Roles.

#[test]
fn a_city_commands_what_is_its_own_and_nothing_else() {
    let mut evening = Evening::new();
    let roma = Caller::city(id("roma"));
    let cue = evening.cue(CuePlan { city: Some(id("roma")), ..plan("Roma canta") });
    let other = evening.cue(CuePlan { city: Some(id("lecce")), ..plan("Lecce balla") });
    evening.ask_as(&roma, Command::SetSlateText { city: id("roma"), text: "Torniamo subito".into() }).unwrap();
    evening.ask_as(&roma, Command::AcknowledgeCue { cue }).unwrap();
    evening.ask_as(&roma, Command::SendMessage { to: Audience::Director, text: "pronti".into() }).unwrap();
    let mut refused = |command| evening.ask_as(&roma, command).unwrap_err().code();
    assert_eq!(refused(Command::SetSlateText { city: id("lecce"), text: "ciao".into() }), "not-yours");
    assert_eq!(refused(Command::AcknowledgeCue { cue: other }), "not-yours");
    assert_eq!(refused(Command::SendMessage { to: Audience::All, text: "ciao".into() }), "not-yours");
    assert_eq!(refused(Command::Cut {}), "forbidden");
    assert_eq!(refused(Command::Undo {}), "forbidden");
    assert!(evening.state().rundown.cue(cue).unwrap().acknowledged);
}

#[test]
fn sound_and_graphics_command_their_own_desks() {
    let mut evening = Evening::new();
    let anyone = |role| Caller::new(actor("operator:Carla"), [role]);
    let strip = Command::SetStrip { of: strip_of("roma"), strip: Strip::default() };
    let keyer = Command::SetGraphic { keyer: KeyerNumber::default(), graphic: None };
    evening.ask_as(&anyone(Role::Sound), strip.clone()).unwrap();
    evening.ask_as(&anyone(Role::Graphics), keyer.clone()).unwrap();
    assert_eq!(evening.ask_as(&anyone(Role::Graphics), strip).unwrap_err().code(), "forbidden");
    assert_eq!(evening.ask_as(&anyone(Role::Sound), keyer).unwrap_err().code(), "forbidden");
    assert_eq!(evening.ask_as(&Caller::viewer(), Command::Cut {}).unwrap_err().code(), "forbidden");
}

// Double presses.

#[test]
fn the_same_air_command_within_a_moment_is_a_slip_of_the_hand() {
    let mut evening = Evening::new();
    evening.anna(Command::SetPreview { source: source("city:roma") });
    evening.anna(Command::Cut {});
    let (before, now) = (evening.show.snapshot(), evening.now);
    let drain = evening.show.command(Command::Cut {}, &caller("Anna"), at(now + 149)).unwrap();
    assert!(drain.is_double_press() && drain.count() == 0);
    assert_eq!(evening.show.snapshot(), before);
    assert!(!evening.show.command(Command::Cut {}, &caller("Anna"), at(now + 150)).unwrap().is_double_press());
    assert_eq!(evening.state().program, Picture::full(Source::Slate));
}

#[test]
fn another_command_right_after_is_no_double_press() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    let now = evening.now();
    assert!(!evening.show.command(cut_to("lecce"), &caller("Anna"), now).unwrap().is_double_press());
    assert_eq!(evening.state().program, full("lecce"));
}

// Scenes.

#[test]
fn a_scene_is_kept_and_recalled_to_either_bus() {
    let mut evening = Evening::new();
    let composition = Composition {
        layout: Layout::SideBySide,
        sources: vec![source("city:roma"), source("city:lecce")],
        graphics: vec![lower_third("Roma e Lecce")],
        ..Composition::default()
    };
    evening.anna(Command::Compose { composition: composition.clone() });
    evening.anna(Command::AddScene { name: "Duetto".into(), composition: None });
    let kept = evening.state().scenes[0].clone();
    assert_eq!(kept.composition.picture(), composition.picture(), "what preview shows is kept");
    evening.anna(Command::SetPreview { source: Source::Black });
    evening.anna(Command::RecallScene { scene: kept.id, to: Bus::Preview });
    assert_eq!(Ok(evening.state().preview.clone()), composition.picture());
    evening.anna(Command::RecallScene { scene: kept.id, to: Bus::Program });
    assert_eq!(Ok(evening.state().program.clone()), composition.picture());
    assert_eq!(evening.show.view(evening.now()).scenes.unwrap()[0].tally, Tally::Program);
}

#[test]
fn scenes_are_renamed_copied_ordered_and_removed() {
    let mut evening = Evening::new();
    let (a, b) = (evening.scene("A", "roma"), evening.scene("B", "lecce"));
    evening.anna(Command::DuplicateScene { scene: a });
    let names = |evening: &Evening| evening.state().scenes.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&evening), ["A", "A 2", "B"]);
    evening.anna(Command::MoveScene { scene: b, to: 0 });
    evening.anna(Command::UpdateScene { scene: a, name: Some("Alfa".into()), composition: None });
    assert_eq!(names(&evening), ["B", "Alfa", "A 2"]);
    evening.anna(Command::RemoveScene { scene: b });
    assert_eq!(names(&evening), ["Alfa", "A 2"]);
    assert_eq!(evening.refused("Anna", Command::RemoveScene { scene: b }), "unknown-scene");
    evening.anna(Command::AddScene { name: "C".into(), composition: None });
    assert_eq!(evening.state().scenes.last().unwrap().id, SceneId(4), "no number is given twice");
}

#[test]
fn a_scene_with_a_city_that_is_gone_is_kept_but_cannot_be_shown() {
    let mut evening = Evening::new();
    let scene = evening.scene("A", "milano");
    evening.anna(Command::RemoveCity { city: id("milano") });
    assert_eq!(evening.refused("Anna", Command::RecallScene { scene, to: Bus::Program }), "unknown-city");
    assert_eq!(evening.show.view(evening.now()).scenes.unwrap()[0].picture, None);
}

#[test]
fn there_is_room_for_a_hundred_scenes() {
    let mut evening = Evening::new();
    for n in 0..Scene::MOST {
        evening.scene(&n.to_string(), "roma");
    }
    assert_eq!(evening.refused("Anna", Command::AddScene { name: "zu viel".into(), composition: None }), "too-many");
}

// The rundown.

#[test]
fn take_next_shows_the_scene_of_the_cue_and_moves_on() {
    let mut evening = Evening::new();
    evening.anna(Command::SetTransition { transition: Transition::Cut {} });
    let scene = evening.scene("Roma", "roma");
    let (first, second) =
        (evening.cue(CuePlan { scene: Some(scene), ..plan("Apertura") }), evening.cue(plan("Musica")));
    assert_eq!(evening.state().rundown.next, Some(first));
    evening.anna(Command::TakeNext {});
    assert_eq!(evening.state().program, full("roma"));
    let (on_air, next) = (evening.state().rundown.on_air.unwrap(), evening.state().rundown.next);
    assert_eq!((on_air.cue, on_air.since, next), (first, evening.now(), Some(second)));
    evening.anna(Command::TakeNext {});
    assert_eq!((&evening.state().program, evening.state().rundown.next), (&full("roma"), None));
    assert_eq!(evening.refused("Anna", Command::TakeNext {}), "nothing-next");
    assert_eq!(evening.refused("Anna", Command::SkipNext {}), "nothing-next");
    let third = evening.cue(plan("Saluti"));
    assert_eq!(evening.state().rundown.next, Some(third), "a plan that is at its end goes on with what is added");
}

#[test]
fn a_cue_follows_by_itself_when_the_one_before_has_had_its_time() {
    let mut evening = Evening::new();
    let scene = evening.scene("Lecce", "lecce");
    evening.cue(CuePlan { duration_s: Some(30), follow: true, ..plan("Attesa") });
    let second = evening.cue(CuePlan { scene: Some(scene), ..plan("Lecce") });
    let taken = evening.ask("Anna", Command::TakeNext {}).unwrap();
    assert_eq!(taken.last(), Some(&Output::Timeout(evening.now() + Duration::from_secs(30))));
    let outputs = evening.wait(30_000);
    assert!(matches!(effects(&outputs)[..], [Effect::ShowPicture { .. }, Effect::SetDesk { .. }]), "{outputs:?}");
    assert_eq!((evening.state().rundown.on_air.unwrap().cue, &evening.state().program), (second, &full("lecce")));
}

#[test]
fn a_held_rundown_waits_for_a_hand_and_so_does_one_that_cannot_go_on() {
    let mut evening = Evening::new();
    let scene = evening.scene("Milano", "milano");
    evening.cue(CuePlan { duration_s: Some(10), follow: true, ..plan("Attesa") });
    let second = evening.cue(CuePlan { scene: Some(scene), ..plan("Milano") });
    evening.anna(Command::TakeNext {});
    evening.anna(Command::HoldRundown { held: true });
    assert!(evening.wait(60_000).is_empty());
    evening.anna(Command::RemoveCity { city: id("milano") });
    // Its time is over already: it would follow at once, and cannot.
    evening.anna(Command::HoldRundown { held: false });
    evening.wait(0);
    assert!(evening.state().rundown.held);
    assert_eq!(evening.state().rundown.next, Some(second));
}

#[test]
fn a_cue_that_is_added_too_late_to_follow_waits_for_a_hand() {
    let mut evening = Evening::new();
    evening.cue(CuePlan { duration_s: Some(1), follow: true, ..plan("Attesa") });
    evening.anna(Command::TakeNext {});
    evening.wait(60_000);
    let late = evening.cue(plan("In ritardo"));
    assert!(evening.wait(60_000).is_empty() && evening.state().rundown.held);
    evening.anna(Command::HoldRundown { held: false });
    evening.wait(0);
    assert_eq!(evening.state().rundown.on_air.map(|on_air| on_air.cue), Some(late));
}

#[test]
fn a_cue_that_goes_away_leaves_the_plan_whole() {
    let mut evening = Evening::new();
    let cues = ["a", "b", "c"].map(|title| evening.cue(plan(title)));
    evening.anna(Command::TakeNext {});
    evening.anna(Command::RemoveCue { cue: cues[1] });
    assert_eq!(evening.state().rundown.next, Some(cues[2]));
    evening.anna(Command::RemoveCue { cue: cues[0] });
    assert_eq!(evening.state().rundown.on_air, None);
    evening.anna(Command::SkipNext {});
    assert_eq!(evening.state().rundown.next, None);
    evening.anna(Command::SetNext { cue: cues[2] });
    evening.anna(Command::ReplaceRundown { cues: vec![plan("neu"), plan("nuova")] });
    assert_eq!(evening.state().rundown.next, Some(CueId(4)));
}

#[test]
fn a_city_sees_its_own_cue_with_the_time_that_is_left() {
    let mut evening = Evening::new();
    evening.cue(CuePlan { duration_s: Some(95), ..plan("Apertura") });
    evening.cue(CuePlan { city: Some(id("lecce")), note: "segreto".into(), ..plan("Lecce") });
    evening.anna(Command::TakeNext {});
    let view = evening.show.view(evening.now());
    let cue = view.for_actor(&actor("city:lecce")).your_cue.unwrap();
    let wall = evening.state().epoch + evening.now();
    assert_eq!(cue.expected_start.unwrap().micros_since(wall), 95_000_000);
    assert_eq!(cue.plan.note, "", "notes stay in the control room");
    assert_eq!(view.for_actor(&actor("city:roma")).your_cue, None);
    assert_eq!(view.for_actor(&Actor::Viewer).rundown, None);
    evening.anna(Command::TakeNext {});
    let view = evening.show.view(evening.now()).for_actor(&actor("city:lecce"));
    assert_eq!(view.your_cue.unwrap().on_since, Some(evening.now()));
}

#[test]
fn a_cue_that_cannot_be_is_refused_with_the_reason() {
    let mut evening = Evening::new();
    let mut refused = |cue: CuePlan| evening.refused("Anna", Command::AddCue { cue, before: None });
    assert_eq!(refused(plan("")), "bad-value");
    assert_eq!(refused(CuePlan { follow: true, ..plan("x") }), "bad-value");
    assert_eq!(refused(CuePlan { duration_s: Some(0), ..plan("x") }), "bad-value");
    assert_eq!(refused(CuePlan { city: Some(id("atlantide")), ..plan("x") }), "unknown-city");
    assert_eq!(refused(CuePlan { scene: Some(SceneId(9)), ..plan("x") }), "unknown-scene");
}

// Undo.

#[test]
fn undo_of_a_take_returns_to_the_former_pictures_by_a_cut() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    evening.anna(Command::SetPreview { source: source("city:lecce") });
    evening.anna(Command::Take {});
    let outputs = evening.ask("Anna", Command::Undo {}).unwrap();
    let [Effect::ShowPicture { picture, way }, ..] = effects(&outputs)[..] else {
        panic!("{outputs:?}");
    };
    assert_eq!((picture, &way.transition), (&full("roma"), &Transition::Cut {}));
    assert_eq!((&evening.state().program, &evening.state().preview), (&full("roma"), &full("lecce")));
    evening.anna(Command::Redo {});
    assert_eq!((&evening.state().program, &evening.state().preview), (&full("lecce"), &full("roma")));
}

#[test]
fn everything_can_be_undone_step_by_step_and_done_again() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    let strip = Strip { fader_db: Fader::try_from(-12.0).unwrap(), mode: StripMode::On, ..Strip::default() };
    let keyer = KeyerNumber::default();
    let scene = evening.scene("Scena", "milano");
    let cue = evening.cue(plan("Apertura"));
    let steps = [
        Command::SetStrip { of: strip_of("roma"), strip },
        Command::SetGraphic { keyer, graphic: Some(lower_third("Anna")) },
        Command::SetKeyer { keyer, on: true },
        Command::FadeToBlack { on: true },
        Command::UpdateScene { scene, name: Some("Altra".into()), composition: None },
        Command::DuplicateScene { scene },
        Command::MoveScene { scene, to: 1 },
        Command::RemoveScene { scene },
        Command::AddCue { cue: plan("Prima"), before: Some(cue) },
        Command::MoveCue { cue, to: 0 },
        Command::TakeNext {},
        Command::RemoveCue { cue },
        Command::ReplaceRundown { cues: vec![plan("Nuovo")] },
        Command::AddCity { id: id("bari"), name: "Bari".into(), time_zone: "Europe/Rome".into(), position: Some(0) },
        Command::UpdateCity { city: id("bari"), name: Some("Bari Vecchia".into()), time_zone: None },
        Command::MoveCity { city: id("bari"), to: 2 },
        Command::SetSlateText { city: id("bari"), text: "a presto".into() },
        Command::RemoveCity { city: id("bari") },
        Command::AddCohost { id: "luca".parse().unwrap(), name: "Luca".into() },
        Command::UpdateCohost { cohost: "luca".parse().unwrap(), name: "Luca B".into() },
        Command::RemoveCohost { cohost: "luca".parse().unwrap() },
        Command::SetCanned { texts: vec!["ciao".into()] },
        Command::SetTitle { title: "Altra sera".into() },
        Command::SetSettings { settings: Settings { double_press_ms: 0, ..Settings::default() } },
        Command::SetPreview { source: Source::Black },
        Command::Cut {},
    ];
    let seen = |evening: &Evening| {
        let mut state = evening.show.snapshot();
        (state.revision, state.program_since, state.history) = (0, at(0), Default::default());
        (state.numbers, state.running) = (Default::default(), None);
        state.rundown.on_air = state.rundown.on_air.map(|on_air| crate::show::OnAir { since: at(0), ..on_air });
        state
    };
    let mut states = vec![seen(&evening)];
    for step in &steps {
        evening.anna(step.clone());
        states.push(seen(&evening));
    }
    for (step, state) in steps.iter().zip(&states).rev() {
        evening.anna(Command::Undo {});
        assert_eq!(seen(&evening), *state, "undo of {step:?}");
    }
    for (step, state) in steps.iter().zip(&states[1..]) {
        evening.anna(Command::Redo {});
        assert_eq!(seen(&evening), *state, "redo of {step:?}");
    }
    assert_eq!(evening.refused("Anna", Command::Redo {}), "nothing-to-undo");
}

#[test]
fn what_somebody_else_has_changed_since_is_not_undone() {
    let mut evening = Evening::new();
    let scene = evening.scene("Scena", "roma");
    evening.anna(Command::UpdateScene { scene, name: Some("Mia".into()), composition: None });
    evening.ask("Bea", Command::UpdateScene { scene, name: Some("Sua".into()), composition: None }).unwrap();
    let rejection = evening.ask("Anna", Command::Undo {}).unwrap_err();
    assert_eq!(rejection.code(), "cannot-undo");
    assert!(rejection.to_string().contains("'update_scene'") && rejection.to_string().contains("changed since"));
    evening.ask("Bea", Command::Undo {}).unwrap();
    evening.anna(Command::Undo {});
    assert_eq!(evening.state().scenes[0].name, "Scena");
}

#[test]
fn everybody_undoes_their_own_and_program_only_with_the_lease() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    assert_eq!(evening.refused("Bea", Command::Undo {}), "nothing-to-undo");
    evening.ask("Bea", Command::TakeLease { confirm: true }).unwrap();
    assert_eq!(evening.refused("Anna", Command::Undo {}), "lease-held");
}

#[test]
fn what_was_said_cannot_be_undone_but_what_was_done_before_it_can() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    evening.anna(Command::SendMessage { to: Audience::All, text: "ciao".into() });
    evening.anna(Command::Undo {});
    assert_eq!((&evening.state().program, evening.state().messages.len()), (&Picture::full(Source::Slate), 1));
    assert_eq!(evening.refused("Anna", Command::Undo {}), "nothing-to-undo");
}

#[test]
fn a_city_that_came_by_a_deed_and_is_on_air_does_not_go_by_its_undo() {
    let mut evening = Evening::new();
    let bari =
        Command::AddCity { id: id("bari"), name: "Bari".into(), time_zone: "Europe/Rome".into(), position: None };
    evening.ask("Bea", bari).unwrap();
    evening.anna(cut_to("bari"));
    let rejection = evening.ask("Bea", Command::Undo {}).unwrap_err();
    assert!(rejection.to_string().contains("there is no city 'bari'"), "{rejection}");
}

// Cities and co-hosts.

#[test]
fn a_city_comes_changes_and_goes_and_the_engines_are_told() {
    let mut evening = Evening::new();
    let add = Command::AddCity { id: id("bari"), name: "Bari".into(), time_zone: "Europe/Rome".into(), position: None };
    let outputs = evening.ask("Anna", add.clone()).unwrap();
    assert!(matches!(effects(&outputs)[..], [Effect::AddCity { .. }, Effect::SetDesk { .. }]), "{outputs:?}");
    assert_eq!(evening.refused("Anna", add), "id-taken");
    let rename = Command::UpdateCity { city: id("bari"), name: Some("Bari!".into()), time_zone: None };
    let outputs = evening.ask("Anna", rename).unwrap();
    assert!(matches!(effects(&outputs)[..], [Effect::UpdateCity { .. }]), "{outputs:?}");
    let zone = Command::UpdateCity { city: id("bari"), name: None, time_zone: Some("Europe/London".into()) };
    let outputs = evening.ask("Anna", zone).unwrap();
    assert!(matches!(effects(&outputs)[..], [Effect::UpdateCity { .. }]), "its bug tells another time: {outputs:?}");
    evening.anna(cut_to("bari"));
    assert_eq!(evening.refused("Anna", Command::RemoveCity { city: id("bari") }), "city-on-air");
    evening.anna(Command::SetPreview { source: source("city:bari") });
    evening.anna(cut_to("roma"));
    let outputs = evening.ask("Anna", Command::RemoveCity { city: id("bari") }).unwrap();
    assert!(matches!(effects(&outputs)[..], [Effect::SetDesk { .. }, Effect::RemoveCity { .. }]), "{outputs:?}");
    assert_eq!(evening.state().preview, Picture::full(Source::Slate));
}

#[test]
fn there_is_room_for_sixteen_cities() {
    let mut evening = Evening::new();
    let mut add = |n: usize| {
        let id = format!("c{n}").parse().unwrap();
        evening.ask("Anna", Command::AddCity { id, name: "C".into(), time_zone: "UTC".into(), position: None })
    };
    for n in 3..Snapshot::MOST_CITIES {
        add(n).unwrap();
    }
    assert_eq!(add(99).unwrap_err().code(), "too-many");
}

// Sound and graphics.

#[test]
fn a_strip_that_is_always_on_is_heard_without_its_picture() {
    let mut evening = Evening::new();
    evening.anna(cut_to("roma"));
    let strip = Strip { fader_db: Fader::try_from(-6.0).unwrap(), mode: StripMode::On, ..Strip::default() };
    let outputs = evening.ask("Anna", Command::SetStrip { of: strip_of("lecce"), strip }).unwrap();
    let [Effect::SetDesk { plan, ramp }] = effects(&outputs)[..] else { panic!("{outputs:?}") };
    let heard: Vec<_> = plan.mixes[0].sends.iter().map(|send| (send.strip.to_string(), send.fader.db())).collect();
    assert_eq!(
        (heard, *ramp),
        (vec![("city:lecce".to_owned(), -6.0), ("city:roma".to_owned(), 0.0)], Duration::from_millis(20))
    );
    let strip = Strip { muted: true, ..strip };
    let outputs = evening.ask("Anna", Command::SetStrip { of: strip_of("lecce"), strip }).unwrap();
    assert!(
        matches!(effects(&outputs)[..], [Effect::SetDesk { plan, .. }] if plan.mixes[0].sends.len() == 1),
        "{outputs:?}"
    );
    let outputs = evening
        .ask("Anna", Command::SetStrip { of: strip_of("milano"), strip: Strip { mode: StripMode::Afv, ..strip } });
    assert!(effects(&outputs.unwrap()).is_empty(), "what is not heard changes nothing there");
}

#[test]
fn a_keyer_needs_something_to_show() {
    let mut evening = Evening::new();
    let number = KeyerNumber::try_from(3).unwrap();
    let on = Command::SetKeyer { keyer: number, on: true };
    assert_eq!(evening.refused("Anna", on.clone()), "bad-value");
    evening.anna(Command::SetGraphic { keyer: number, graphic: Some(lower_third("Anna")) });
    let outputs = evening.ask("Anna", on).unwrap();
    let keyer = Keyer { on: true, graphic: Some(lower_third("Anna")) };
    assert_eq!(effects(&outputs), [&Effect::SetKeyer { number, keyer }]);
    evening.anna(Command::SetGraphic { keyer: number, graphic: None });
    assert!(!evening.state().keyers[number.index()].on, "without anything to show it goes off");
}

// Messages.

#[test]
fn messages_reach_their_audience_and_tell_who_has_read_them() {
    let mut evening = Evening::new();
    evening.anna(Command::SendMessage { to: Audience::City(id("roma")), text: "Tra un minuto".into() });
    let messages = |evening: &Evening, who: &str| {
        evening.show.view(evening.now()).for_actor(&actor(who)).messages.map(|messages| messages.len())
    };
    assert_eq!(messages(&evening, "city:roma"), Some(1));
    assert_eq!(messages(&evening, "city:lecce"), Some(0));
    assert_eq!(messages(&evening, "viewer"), None);
    let message = MessageId(1);
    let (roma, lecce) = (Caller::city(id("roma")), Caller::city(id("lecce")));
    evening.ask_as(&roma, Command::ReadMessage { message }).unwrap();
    assert!(evening.ask_as(&roma, Command::ReadMessage { message }).unwrap().is_empty(), "once is enough");
    assert_eq!(evening.ask_as(&lecce, Command::ReadMessage { message }).unwrap_err().code(), "unknown-message");
    assert_eq!(evening.state().messages[0].read_by, [actor("city:roma")]);
}

#[test]
fn the_oldest_message_makes_room() {
    let mut evening = Evening::new();
    for n in 0..=Message::MOST {
        evening.anna(Command::SendMessage { to: Audience::All, text: n.to_string() });
    }
    let messages = &evening.state().messages;
    assert_eq!((messages.len(), messages[0].text.as_str()), (Message::MOST, "1"));
}

// Another evening.

#[test]
fn another_evening_begins_with_what_was_prepared_and_nothing_that_was_said() {
    let mut evening = Evening::new();
    let scene = evening.scene("Roma", "roma");
    let cue = evening.cue(CuePlan { scene: Some(scene), ..plan("Apertura") });
    evening.anna(Command::TakeNext {});
    evening.anna(Command::SendMessage { to: Audience::All, text: "ciao".into() });
    let revision = evening.state().revision;
    assert_eq!(evening.refused("Bea", Command::OpenEvening { title: "Seconda".into() }), "lease-held");
    let outputs = evening.ask("Anna", Command::OpenEvening { title: "Seconda".into() }).unwrap();
    let slate = || Picture::full(Source::Slate);
    let shown = Effect::ShowPicture { picture: slate(), way: Way::cut(slate()) };
    assert_eq!(effects(&outputs)[..2], [&Effect::SetTitle { title: "Seconda".into() }, &shown]);
    let state = evening.state();
    assert_eq!((state.title.as_str(), state.messages.len(), state.scenes.len()), ("Seconda", 0, 1));
    assert_eq!((state.rundown.on_air, state.rundown.next), (None, Some(cue)));
    assert_eq!(state.revision, revision + 1, "the log goes on");
    assert_eq!(evening.refused("Anna", Command::Undo {}), "nothing-to-undo");
}

// Alarms and the clock.

#[test]
fn an_alarm_is_told_once_and_cleared_when_it_is_mended() {
    let mut evening = Evening::new();
    let alarm = |error: &str| crate::show::Alarm::StoreFailing { error: error.into() };
    let mut tell = |fact| evening.show.observe(fact, at(1)).count();
    assert_eq!(tell(Fact::Broken { alarm: alarm("full") }), 1);
    assert_eq!(tell(Fact::Broken { alarm: alarm("full") }), 0);
    assert_eq!(tell(Fact::Broken { alarm: alarm("locked") }), 1);
    assert_eq!(tell(Fact::Mended { alarm: alarm("") }), 1);
    assert_eq!(tell(Fact::Mended { alarm: alarm("") }), 0);
    assert!(evening.state().alarms.is_empty());
}

#[test]
fn a_log_leads_to_the_same_state_again() {
    let mut evening = Evening::new();
    let mut log: Vec<Recorded> = Vec::new();
    let setup = |show: &Show| show.snapshot();
    let begin = setup(&evening.show);
    let scene = Command::AddScene { name: "A".into(), composition: Some(Composition::full(source("city:roma"))) };
    for command in [
        scene,
        cut_to("roma"),
        Command::Undo {},
        Command::AddCue { cue: plan("x"), before: None },
        Command::TakeNext {},
    ] {
        let outputs = evening.ask("Anna", command).unwrap();
        log.extend(outputs.into_iter().filter_map(|output| match output {
            Output::Event(recorded) => Some(recorded),
            _ => None,
        }));
    }
    assert_eq!(Show::replay(Some(begin.clone()), log.iter()).unwrap().snapshot(), evening.show.snapshot());
    log.remove(2);
    assert!(matches!(Show::replay(Some(begin), log.iter()), Err(InvalidShow::Gap { .. })));
}
