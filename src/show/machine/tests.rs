//! The rules of the machine, one fact each.

use std::time::Duration;

use crate::show::{
    CityId, CityState, Effect, Fader, Field, FieldKind, Flaw, Graphic, Keyer, KeyerNumber, Link, Media, Output,
    PictureBox, Progress, ReadinessRule, Rect, Role, Running, Send, StripId, Template, Transition, WhenLost,
};

use super::*;
use crate::show::{Composition, Layout};

const ROMA: &str = "city:roma";
const LECCE: &str = "city:lecce";

fn at(ms: u64) -> ShowTime {
    ShowTime::new(Duration::from_millis(ms))
}

fn source(text: &str) -> Source {
    text.parse().unwrap()
}

fn full(text: &str) -> Picture {
    Picture::full(source(text))
}

fn id(word: &str) -> CityId {
    word.parse().unwrap()
}

fn city(word: &str) -> City {
    City { id: id(word), name: word.to_uppercase(), time_zone: "Europe/Rome".into() }
}

fn setup() -> Setup {
    Setup { title: "Una sera".into(), cities: ["lecce", "roma", "milano"].map(city).into() }
}

/// What follows from a call, without the numbers and times of its events.
#[derive(Debug, PartialEq)]
enum Said {
    Shows(Picture, Transition),
    /// What is heard on program from now on, and how long that takes.
    Opens(Vec<Send>, Duration),
    Effect(Effect),
    Event(Event),
    Timeout(ShowTime),
}

/// What operators alone see, preview, is left out, and so are titles; of the desk there is program alone.
fn said(outputs: Drain<'_>) -> Vec<Said> {
    let said = |output| match output {
        Output::Effect(Effect::ShowPreview { .. } | Effect::SetRadioTitle { .. }) => None,
        Output::Effect(Effect::SetDesk { plan, ramp }) => Some(Said::Opens(plan.mixes[0].sends.clone(), ramp)),
        Output::Effect(Effect::ShowPicture { picture, way }) => Some(Said::Shows(picture, way.transition)),
        Output::Effect(effect) => Some(Said::Effect(effect)),
        Output::Event(recorded) => Some(Said::Event(recorded.event)),
        Output::Timeout(time) => Some(Said::Timeout(time)),
    };
    outputs.filter_map(said).collect()
}

fn anna() -> Caller {
    Caller::new("operator:Anna".parse().unwrap(), [Role::Director])
}

fn new_show() -> Show {
    let mut show = Show::new(setup(), WallTime::default(), at(0)).unwrap();
    show.state.media = media();
    show
}

/// A media folder with the lower third alone.
pub(super) fn media() -> Media {
    let field = |id: &str, required| Field {
        id: id.into(),
        label: id.into(),
        label_en: id.into(),
        kind: FieldKind::Text { longest: 80 },
        required,
    };
    let fields = vec![field("title", true), field("subtitle", false)];
    let id = "lower-third".parse().unwrap();
    let template = Template { id, name: "Sottopancia".into(), name_en: "Lower third".into(), fields };
    Media { templates: vec![template], ..Media::default() }
}

pub(super) fn lower_third(title: &str) -> Graphic {
    Graphic { template: "lower-third".parse().unwrap(), fields: [("title".into(), title.into())].into() }
}

/// A show with Roma on program, Lecce in preview and a mix of half a second chosen, at one second.
fn on_air() -> Show {
    let mut show = new_show();
    obey(&mut show, Command::CutTo { source: source(ROMA) }, at(1000));
    obey(&mut show, Command::SetPreview { source: source(LECCE) }, at(1000));
    show
}

/// The same at two seconds, with the mix from Roma to Lecce under way until 2.5 s.
fn mixing() -> Show {
    let mut show = on_air();
    obey(&mut show, Command::Take {}, at(2000));
    show
}

fn obey(show: &mut Show, command: Command, now: ShowTime) -> Vec<Said> {
    said(show.command(command, &anna(), now).unwrap())
}

fn tell(show: &mut Show, fact: About, city: &str, ms: u64) -> Vec<Said> {
    said(show.observe(fact(id(city)), at(ms)))
}

/// How a fact about a city is made.
type About = fn(CityId) -> Fact;

fn joined(city: CityId) -> Fact {
    Fact::CityJoined { city }
}

fn flow(city: CityId) -> Fact {
    Fact::FramesFlow { city }
}

fn stopped(city: CityId) -> Fact {
    Fact::FramesStopped { city }
}

fn left(city: CityId) -> Fact {
    Fact::CityLeft { city }
}

const CUT: Transition = Transition::Cut {};
const MIX: Transition = Transition::Mix { duration_ms: 500 };

fn shows(picture: &str, transition: Transition) -> Said {
    Said::Shows(full(picture), transition)
}

/// These cities are heard on program.
fn opens(cities: &[&str], ramp_ms: u64) -> Said {
    let sends = cities.iter().map(|word| Send { strip: StripId::City(id(word)), fader: Fader::UNITY }).collect();
    Said::Opens(sends, Duration::from_millis(ramp_ms))
}

fn program_is(picture: &str, transition: Transition) -> Said {
    Said::Event(Event::ProgramChanged { picture: full(picture), transition, by_hand: false })
}

fn preview_is(picture: &str) -> Said {
    Said::Event(Event::PreviewChanged { picture: full(picture) })
}

fn ended() -> Said {
    Said::Event(Event::TransitionEnded {})
}

fn buses(show: &Show) -> (Picture, Picture) {
    (show.state.program.clone(), show.state.preview.clone())
}

#[test]
fn an_evening_begins_with_the_slate_on_both_buses() {
    let view = Show::new(setup(), WallTime::default(), at(7)).unwrap().view(at(7));
    assert_eq!((view.program, view.preview), (full("slate"), Some(full("slate"))));
    assert_eq!((view.program_since, view.transition, view.running, view.revision), (at(7), MIX, None, 0));
    assert!(view.cities.iter().all(|c| c.state == CityState::Offline {} && c.tally == Tally::Off));
    assert_eq!(view.cities.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["lecce", "roma", "milano"]);
}

#[test]
fn a_cut_swaps_program_and_preview() {
    let mut show = on_air();
    let outputs = obey(&mut show, Command::Cut {}, at(2000));
    assert_eq!(outputs, [shows(LECCE, CUT), opens(&["lecce"], 20), program_is(LECCE, CUT), preview_is(ROMA)]);
    assert_eq!(buses(&show), (full(LECCE), full(ROMA)));
    assert_eq!(show.state.program_since, at(2000));
}

#[test]
fn a_take_by_mix_changes_the_buses_at_once_and_runs_until_its_end() {
    let mut show = on_air();
    let outputs = obey(&mut show, Command::Take {}, at(2000));
    let expected =
        [shows(LECCE, MIX), opens(&["lecce"], 500), program_is(LECCE, MIX), preview_is(ROMA), Said::Timeout(at(2500))];
    assert_eq!(outputs, expected);
    assert_eq!(buses(&show), (full(LECCE), full(ROMA)));
    let progress = Progress::Auto { started: at(2000), ends: at(2500), done: 0 };
    let running = Running { from: full(ROMA), transition: MIX, reversed: false, progress };
    assert_eq!(show.view(at(9000)).running, Some(running));
}

#[test]
fn a_transition_ends_at_its_tick_and_not_before() {
    let mut show = mixing();
    let revision = show.revision();
    assert_eq!(said(show.tick(at(2499))), [Said::Timeout(at(2500))]);
    assert_eq!(show.revision(), revision);
    assert_eq!(said(show.tick(at(2500))), [ended()]);
    assert_eq!((show.view(at(9000)).running, show.revision()), (None, revision + 1));
    assert_eq!(said(show.tick(at(2500))), []);
}

#[test]
fn a_take_with_a_cut_chosen_is_a_cut() {
    let (mut taken, mut cut) = (on_air(), on_air());
    for show in [&mut taken, &mut cut] {
        obey(show, Command::SetTransition { transition: CUT }, at(1500));
    }
    assert_eq!(obey(&mut taken, Command::Take {}, at(2000)), obey(&mut cut, Command::Cut {}, at(2000)));
    assert_eq!(buses(&taken), buses(&cut));
}

#[test]
fn a_take_while_a_mix_runs_turns_it_back_from_where_it_is() {
    let mut show = mixing();
    show.state.settings.double_press_ms = 0;
    let outputs = obey(&mut show, Command::Take {}, at(2200));
    let turned = Said::Event(Event::TransitionReversed { picture: full(ROMA) });
    let expected = [shows(ROMA, MIX), opens(&["roma"], 200), turned, preview_is(LECCE), Said::Timeout(at(2400))];
    assert_eq!(outputs, expected);
    let running = show.view(at(2200)).running.unwrap();
    let progress = Progress::Auto { started: at(2200), ends: at(2400), done: 600 };
    assert_eq!((running.from, running.reversed, running.progress), (full(LECCE), true, progress));
    assert_eq!(buses(&show), (full(ROMA), full(LECCE)));
    // And once more: it goes on to where it was going at first.
    let outputs = obey(&mut show, Command::Take {}, at(2400 - 100));
    assert_eq!(outputs[0], shows(LECCE, MIX));
    let running = show.view(at(2300)).running.unwrap();
    let progress = Progress::Auto { started: at(2300), ends: at(2700), done: 200 };
    assert_eq!((running.reversed, running.progress), (false, progress));
}

#[test]
fn a_take_to_something_else_completes_the_mix_that_runs() {
    let mut show = mixing();
    obey(&mut show, Command::SetPreview { source: source("city:milano") }, at(2100));
    let outputs = obey(&mut show, Command::Take {}, at(2200));
    let milano = "city:milano";
    assert_eq!(outputs[..2], [shows(milano, MIX), opens(&["milano"], 500)]);
    assert_eq!(outputs[2..5], [ended(), program_is(milano, MIX), preview_is(LECCE)]);
    assert_eq!(show.view(at(2200)).running.unwrap().from, full(LECCE));
}

#[test]
fn the_t_bar_goes_forth_and_back_and_is_over_at_either_end() {
    let bar = |show: &mut Show, position, ms| obey(show, Command::SetTBar { position }, at(ms));
    let moved = |done| Said::Event(Event::TransitionMoved { done });
    let mut show = on_air();
    assert_eq!(bar(&mut show, 0, 2000), []);
    let begun = Event::ProgramChanged { picture: full(LECCE), transition: MIX, by_hand: true };
    let expected = [shows(LECCE, MIX), opens(&["lecce"], 20), Said::Event(begun), preview_is(ROMA), moved(300)];
    assert_eq!(bar(&mut show, 300, 2000), expected);
    assert_eq!(bar(&mut show, 300, 2050), []);
    assert_eq!(
        bar(&mut show, 700, 9000),
        [shows(LECCE, MIX), opens(&["lecce"], 20), moved(700)],
        "it waits for the hand"
    );
    assert_eq!(show.tally(&source(ROMA)), Tally::Program, "both are seen");
    bar(&mut show, 0, 9100);
    assert_eq!((buses(&show), show.view(at(9100)).running), ((full(ROMA), full(LECCE)), None));
    bar(&mut show, 999, 9200);
    assert_eq!(bar(&mut show, 1000, 9300).last(), Some(&ended()));
    assert_eq!((buses(&show), show.view(at(9300)).running), ((full(LECCE), full(ROMA)), None));
}

#[test]
fn what_the_t_bar_holds_goes_on_with_a_take_and_is_over_with_a_cut() {
    let held = || {
        let mut show = on_air();
        obey(&mut show, Command::SetTBar { position: 400 }, at(2000));
        show
    };
    let mut show = held();
    assert_eq!(obey(&mut show, Command::Take {}, at(3000)).last(), Some(&Said::Timeout(at(3300))));
    assert_eq!(
        show.command(Command::SetTBar { position: 500 }, &anna(), at(3100)).err().unwrap().code(),
        "transition-running"
    );
    assert_eq!(said(show.tick(at(3300))), [ended()]);
    let mut show = held();
    assert_eq!(obey(&mut show, Command::Cut {}, at(3000)), [shows(LECCE, CUT), opens(&["lecce"], 20), ended()]);
    assert_eq!(
        held().command(Command::SetTBar { position: 1001 }, &anna(), at(3000)).err().unwrap().code(),
        "bad-value"
    );
}

#[test]
fn black_is_latched_over_whatever_is_taken() {
    let mut show = on_air();
    let outputs = obey(&mut show, Command::FadeToBlack { on: true }, at(2000));
    let fade = Said::Effect(Effect::FadeToBlack { on: true, length: Duration::from_secs(1) });
    assert_eq!(outputs, [fade, Said::Event(Event::FadedToBlack { on: true })]);
    obey(&mut show, Command::Cut {}, at(2100));
    assert!(show.view(at(2100)).black);
    assert_eq!(obey(&mut show, Command::FadeToBlack { on: true }, at(2200)), []);
    obey(&mut show, Command::FadeToBlack { on: false }, at(2300));
    assert!(!show.view(at(2300)).black);
}

/// A scene of Roma and Lecce side by side, both live, on program; it closes up.
fn closing_up() -> Show {
    let mut show = new_show();
    for city in ["roma", "lecce"] {
        tell(&mut show, joined, city, 100);
        tell(&mut show, flow, city, 200);
    }
    let composition = Composition {
        layout: Layout::SideBySide,
        sources: vec![source(ROMA), source(LECCE)],
        when_lost: WhenLost::CloseUp,
        ..Composition::default()
    };
    obey(&mut show, Command::Compose { composition }, at(1000));
    obey(&mut show, Command::Cut {}, at(1000));
    show
}

#[test]
fn a_picture_closes_up_without_a_lost_city_and_makes_room_when_it_is_back() {
    let mut show = closing_up();
    let before = show.state.program.clone();
    let outputs = tell(&mut show, stopped, "lecce", 2000);
    let alone = Picture { closes_up: before.closes_up, ..full(ROMA) };
    let close_up = Transition::Move { duration_ms: 300 };
    assert_eq!(outputs[0], Said::Shows(alone, close_up.clone()));
    assert_eq!(show.state.program, before, "what was taken stays what it is");
    assert_eq!(tell(&mut show, flow, "lecce", 3000)[0], Said::Shows(before.clone(), close_up));
    tell(&mut show, stopped, "lecce", 4000);
    let outputs = tell(&mut show, stopped, "roma", 4000);
    assert_eq!(outputs[0], Said::Shows(before, Transition::Move { duration_ms: 300 }), "their slates, if all are gone");
}

#[test]
fn a_picture_of_which_nothing_comes_in_is_guarded_and_comes_back_by_itself() {
    let mut show = on_air();
    tell(&mut show, joined, "roma", 1100);
    tell(&mut show, flow, "roma", 1200);
    assert_eq!(tell(&mut show, stopped, "roma", 2000).last(), Some(&Said::Timeout(at(12_000))));
    let outputs = said(show.tick(at(12_000)));
    let guarded = Event::ProgramGuarded { picture: full("slate"), instead_of: full(ROMA) };
    assert_eq!(outputs[0], shows("slate", CUT));
    assert!(outputs.contains(&Said::Event(guarded)), "{outputs:?}");
    assert_eq!(show.view(at(12_000)).alarms.unwrap().len(), 1);
    assert_eq!(tell(&mut show, flow, "roma", 13_000)[0], shows(ROMA, MIX));
    let view = show.view(at(13_000));
    assert_eq!((view.guarded, view.alarms), (None, Some(vec![])));
}

#[test]
fn who_takes_a_city_that_sends_nothing_means_it() {
    let mut show = on_air();
    assert_eq!(said(show.tick(at(600_000))), []);
    assert_eq!(show.state.program, full(ROMA));
}

#[test]
fn who_takes_something_else_ends_the_guard() {
    let mut show = on_air();
    show.state.settings.guard.after_s = 1;
    for (fact, ms) in [(joined as About, 1000), (flow, 1000), (stopped, 1000)] {
        tell(&mut show, fact, "roma", ms);
    }
    tell(&mut show, joined, "lecce", 1000);
    tell(&mut show, flow, "lecce", 1000);
    let _ = show.tick(at(2000));
    assert_eq!(show.state.guarded, Some(full(ROMA)));
    obey(&mut show, Command::Cut {}, at(3000));
    assert_eq!((show.state.guarded.clone(), show.state.alarms.len()), (None, 0));
    tell(&mut show, joined, "roma", 4000);
    tell(&mut show, flow, "roma", 4000);
    assert_eq!(show.state.program, full(LECCE));
}

#[test]
fn a_source_that_is_not_ready_is_refused_if_that_is_set() {
    let mut show = on_air();
    show.state.settings.readiness = ReadinessRule::Refuse;
    let refused = |show: &mut Show| show.command(Command::Take {}, &anna(), at(5000)).err().map(|no| no.to_string());
    assert!(refused(&mut show).unwrap().starts_with("lecce is offline"));
    tell(&mut show, joined, "lecce", 2000);
    tell(&mut show, flow, "lecce", 2100);
    let measured = |flaws| Fact::CityMeasured { city: id("lecce"), flaws };
    let _ = show.observe(measured(vec![Flaw::Silent, Flaw::Frozen, Flaw::Frozen]), at(2200));
    assert_eq!(show.view(at(2200)).cities[0].flaws, Some(vec![Flaw::Frozen, Flaw::Silent]));
    assert!(refused(&mut show).unwrap().starts_with("lecce is frozen: "));
    let _ = show.observe(measured(vec![Flaw::Silent]), at(2300));
    assert_eq!(refused(&mut show), None, "silence is no reason");
}

#[test]
fn media_that_are_not_there_are_refused_with_those_that_are() {
    let mut show = on_air();
    let refused = |show: &mut Show, command| show.command(command, &anna(), at(2000)).err().unwrap();
    let no_still = refused(&mut show, Command::SetPreview { source: source("still:logo") });
    assert_eq!(no_still.code(), "unknown-media");
    assert_eq!(no_still.to_string(), "there is no still 'logo' in the media folder: it holds none");
    let stinger = "swoosh".parse().unwrap();
    let transition = Transition::Stinger { duration_ms: 1000, stinger, cut_ms: 500 };
    assert_eq!(refused(&mut show, Command::SetTransition { transition }).code(), "unknown-media");
    let graphic = |graphic| Command::SetGraphic { keyer: KeyerNumber::default(), graphic: Some(graphic) };
    let strange = Graphic { template: "insegna".parse().unwrap(), ..lower_third("Anna") };
    assert!(refused(&mut show, graphic(strange)).to_string().contains("there is no template 'insegna': lower-third"));
    let mut field = lower_third("Anna");
    field.fields.insert("nome".into(), "Anna".into());
    assert!(refused(&mut show, graphic(field)).to_string().contains("has no field 'nome': it has title, subtitle"));
    assert!(refused(&mut show, graphic(lower_third(""))).to_string().contains("its title is empty"));
}

#[test]
fn a_take_when_the_mix_is_over_is_accepted_even_if_its_tick_is_late() {
    let mut show = mixing();
    let outputs = obey(&mut show, Command::Take {}, at(2500));
    assert_eq!(outputs[..3], [shows(ROMA, MIX), opens(&["roma"], 500), ended()]);
    assert_eq!(outputs.last(), Some(&Said::Timeout(at(3000))));
}

#[test]
fn a_cut_in_the_middle_of_a_mix_ends_it_and_does_not_change_over() {
    let mut show = mixing();
    let outputs = obey(&mut show, Command::Cut {}, at(2200));
    assert_eq!(outputs, [shows(LECCE, CUT), opens(&["lecce"], 20), ended()]);
    assert_eq!(buses(&show), (full(LECCE), full(ROMA)));
    assert_eq!(show.state.program_since, at(2000));
    let outputs = obey(&mut show, Command::Cut {}, at(2400));
    assert_eq!(outputs[0], shows(ROMA, CUT), "the next cut changes over again");
}

#[test]
fn a_cut_straight_to_a_source_leaves_preview_alone() {
    let mut show = on_air();
    let outputs = obey(&mut show, Command::CutTo { source: source("black") }, at(2000));
    assert_eq!(outputs, [shows("black", CUT), opens(&[], 20), program_is("black", CUT)]);
    assert_eq!(buses(&show), (full("black"), full(LECCE)));
}

#[test]
fn a_cut_straight_to_a_source_ends_a_running_mix() {
    let mut show = mixing();
    let outputs = obey(&mut show, Command::CutTo { source: source("city:milano") }, at(2200));
    let milano = "city:milano";
    assert_eq!(outputs, [shows(milano, CUT), opens(&["milano"], 20), ended(), program_is(milano, CUT)]);
    assert_eq!((show.view(at(9000)).running, show.view(at(9000)).preview), (None, Some(full(ROMA))));
}

#[test]
fn a_cut_straight_to_where_the_mix_leads_completes_it() {
    let mut show = mixing();
    let outputs = obey(&mut show, Command::CutTo { source: source(LECCE) }, at(2200));
    assert_eq!(outputs, [shows(LECCE, CUT), opens(&["lecce"], 20), ended()]);
}

#[test]
fn to_ask_for_what_already_is_changes_nothing() {
    let mut show = on_air();
    obey(&mut show, Command::SetPreview { source: source(ROMA) }, at(1500));
    let before = show.snapshot();
    for command in [
        Command::Cut {},
        Command::Take {},
        Command::CutTo { source: source(ROMA) },
        Command::SetPreview { source: source(ROMA) },
        Command::SetTransition { transition: MIX },
    ] {
        assert_eq!(obey(&mut show, command.clone(), at(2000)), [], "{command:?}");
        assert_eq!(show.snapshot(), before, "{command:?}");
    }
}

#[test]
fn preview_can_be_set_while_a_mix_runs() {
    let mut show = mixing();
    let outputs = obey(&mut show, Command::SetPreview { source: source("city:milano") }, at(2100));
    assert_eq!(outputs, [preview_is("city:milano"), Said::Timeout(at(2500))]);
}

#[test]
fn a_transition_chosen_while_one_runs_is_for_the_next_take() {
    let mut show = mixing();
    let transition = Transition::Mix { duration_ms: 3000 };
    let outputs = obey(&mut show, Command::SetTransition { transition: transition.clone() }, at(2100));
    assert_eq!(outputs, [Said::Event(Event::TransitionSet { transition }), Said::Timeout(at(2500))]);
    assert_eq!(show.view(at(9000)).running.unwrap().transition, MIX);
}

#[test]
fn a_source_in_a_city_that_is_not_there_is_refused_with_the_ones_that_are() {
    let mut show = on_air();
    let before = show.clone();
    let stranger = source("city:atlantide");
    for command in [Command::SetPreview { source: stranger.clone() }, Command::CutTo { source: stranger.clone() }] {
        let rejection = show.command(command, &anna(), at(2000)).err().unwrap();
        assert_eq!(rejection.code(), "unknown-city");
        assert_eq!(rejection.to_string(), "there is no city 'atlantide': the evening has lecce, roma, milano");
    }
    assert_eq!(show, before);
}

#[test]
fn a_transition_too_short_or_too_long_is_refused() {
    let mut show = on_air();
    for (duration_ms, accepted) in
        [(0, false), (99, false), (100, true), (3000, true), (3001, false), (u32::MAX, false)]
    {
        let transition = Transition::Mix { duration_ms };
        let answer = show.command(Command::SetTransition { transition }, &anna(), at(2000)).map(|_| ());
        let expected = if accepted { Ok(()) } else { Err(Rejection::TransitionLength { arrived: duration_ms }) };
        assert_eq!(answer, expected, "{duration_ms} ms");
    }
}

#[test]
fn sound_ramps_as_long_as_the_picture_mixes_but_never_clicks() {
    let mut show = on_air();
    assert!(obey(&mut show, Command::Cut {}, at(2000)).contains(&opens(&["lecce"], 20)));
    obey(&mut show, Command::SetTransition { transition: Transition::Mix { duration_ms: 1200 } }, at(2000));
    assert!(obey(&mut show, Command::Take {}, at(2000)).contains(&opens(&["roma"], 1200)));
}

#[test]
fn strips_open_in_the_order_of_the_evening() {
    let half = |text, x| PictureBox::new(source(text), Rect { x, width: 500, ..Rect::FULL });
    let mut snapshot = on_air().snapshot();
    snapshot.preview = Picture::of(vec![half("city:milano", 0), half(LECCE, 500)]);
    let mut show = Show::restore(snapshot, at(1500)).unwrap();
    assert!(obey(&mut show, Command::Cut {}, at(2000)).contains(&opens(&["lecce", "milano"], 20)));
}

#[test]
fn the_strip_of_a_lost_city_stays_open() {
    let mut show = on_air();
    for (fact, ms) in [(joined as About, 2000), (flow, 2100), (stopped, 2200), (left, 2300)] {
        let outputs = tell(&mut show, fact, "roma", ms);
        assert!(matches!(outputs[0], Said::Event(Event::CityChanged { .. })), "{outputs:?}");
        assert!(matches!(outputs[1..], [] | [Said::Timeout(_)]), "{outputs:?}");
    }
}

#[test]
fn a_city_joins_flows_stops_returns_and_leaves() {
    let mut show = on_air();
    let steps: [(About, u64, CityState); 5] = [
        (joined, 2000, CityState::Connecting { since: at(2000) }),
        (flow, 2300, CityState::Live { since: at(2300) }),
        (stopped, 5000, CityState::Lost { since: at(5000) }),
        (flow, 6000, CityState::Live { since: at(6000) }),
        (left, 9000, CityState::Offline {}),
    ];
    for (fact, ms, state) in steps {
        let outputs = tell(&mut show, fact, "roma", ms);
        assert_eq!(outputs[0], Said::Event(Event::CityChanged { city: id("roma"), state }));
        assert_eq!(show.view(at(9000)).cities[1].state, state);
    }
}

#[test]
fn a_takeover_of_a_live_seat_does_not_flash() {
    let mut show = on_air();
    tell(&mut show, joined, "roma", 2000);
    tell(&mut show, flow, "roma", 2100);
    let before = show.clone();
    assert_eq!(tell(&mut show, joined, "roma", 3000), []);
    assert_eq!(tell(&mut show, flow, "roma", 3200), []);
    assert_eq!(show, before);
}

#[test]
fn a_city_that_comes_back_before_its_frames_stop_is_live_at_once() {
    let mut show = on_air();
    for (fact, ms) in [(joined as About, 2000), (flow, 2100), (left, 3000), (joined, 3200)] {
        tell(&mut show, fact, "roma", ms);
    }
    assert_eq!(show.view(at(9000)).cities[1].state, CityState::Live { since: at(3200) });
    tell(&mut show, stopped, "roma", 3500);
    assert_eq!(show.view(at(9000)).cities[1].state, CityState::Lost { since: at(3500) });
}

#[test]
fn a_fact_about_an_unknown_city_is_ignored() {
    let mut show = mixing();
    let before = show.clone();
    for fact in [joined, flow, stopped, left] {
        assert_eq!(tell(&mut show, fact, "atlantide", 2100), [Said::Timeout(at(2500))]);
    }
    assert_eq!(show, before);
}

#[test]
fn red_is_on_air_even_on_its_way_out_and_goes_over_green() {
    let mut show = on_air();
    let tallies = |show: &Show| [LECCE, ROMA, "city:milano"].map(|text| show.tally(&source(text)));
    assert_eq!(tallies(&show), [Tally::Preview, Tally::Program, Tally::Off]);
    obey(&mut show, Command::Take {}, at(2000));
    assert_eq!(tallies(&show), [Tally::Program, Tally::Program, Tally::Off]);
    obey(&mut show, Command::SetPreview { source: source("city:milano") }, at(2100));
    assert_eq!(tallies(&show), [Tally::Program, Tally::Program, Tally::Preview]);
    let _ = show.tick(at(2500));
    assert_eq!(tallies(&show), [Tally::Program, Tally::Off, Tally::Preview]);
    obey(&mut show, Command::SetPreview { source: source(LECCE) }, at(2600));
    assert_eq!(tallies(&show), [Tally::Program, Tally::Off, Tally::Off]);
}

#[test]
fn viewers_are_not_told_what_is_in_preview() {
    let show = on_air();
    let (all, public) = (show.view(at(9000)), show.view(at(9000)).for_viewers());
    assert_eq!(all.cities.iter().map(|c| c.tally).collect::<Vec<_>>(), [Tally::Preview, Tally::Program, Tally::Off]);
    assert_eq!(public.cities.iter().map(|c| c.tally).collect::<Vec<_>>(), [Tally::Off, Tally::Program, Tally::Off]);
    assert_eq!((public.preview, public.program), (None, all.program));
}

#[test]
fn every_event_has_a_number_of_its_own_and_the_call_it_came_from() {
    let mut show = new_show();
    let events = |outputs: Vec<Output>| {
        let recorded = outputs.into_iter().filter_map(|output| match output {
            Output::Event(Recorded { number, turn, time, wall, actor, .. }) => {
                Some((number, turn, time, wall.unix_micros(), actor.to_string()))
            }
            _ => None,
        });
        recorded.collect::<Vec<_>>()
    };
    let opened = events(show.start(at(1)).collect());
    assert_eq!(opened, [(1, 1, at(1), 1000, "house".into())]);
    let cut = Command::CutTo { source: source(ROMA) };
    let cut = events(show.command(cut, &anna(), at(5)).unwrap().collect());
    let anna = "operator:Anna";
    // Whoever asks first commands program from then on.
    assert_eq!(cut, [(2, 2, at(5), 5000, anna.into()), (3, 2, at(5), 5000, anna.into())]);
    assert_eq!(show.revision(), 3);
}

#[test]
fn engines_that_start_are_put_into_the_state_of_the_show() {
    let mut show = on_air();
    let (number, keyer) = (KeyerNumber::default(), Keyer { on: true, graphic: Some(lower_third("Anna")) });
    obey(&mut show, Command::SetGraphic { keyer: number, graphic: keyer.graphic.clone() }, at(1500));
    obey(&mut show, Command::SetKeyer { keyer: number, on: true }, at(1500));
    let before = show.snapshot();
    let mut show = Show::restore(before.clone(), at(2000)).unwrap();
    let answer = said(show.start(at(3000)));
    assert_eq!(answer[..3], [shows(ROMA, CUT), opens(&["roma"], 20), Said::Effect(Effect::SetKeyer { number, keyer })]);
    let black = Said::Effect(Effect::FadeToBlack { on: false, length: Duration::from_secs(1) });
    let prepare = Said::Effect(Effect::Prepare { graphic: lower_third("Anna") });
    assert!(answer.contains(&black) && answer.contains(&prepare), "{answer:?}");
    assert_eq!(answer.last(), Some(&Said::Event(Event::Restarted {})));
    let after = show.snapshot();
    assert_eq!((&after.program, &after.preview, &after.keyers), (&before.program, &before.preview, &before.keyers));
}

#[test]
fn a_restart_ends_what_was_linked_and_keeps_everything_else() {
    let mut show = mixing();
    tell(&mut show, joined, "milano", 2050);
    tell(&mut show, flow, "milano", 2060);
    let _ = show.observe(Fact::Arrived { actor: anna().actor }, at(2070));
    let before = show.snapshot();
    let mut show = Show::restore(before.clone(), at(2100)).unwrap();
    assert_eq!(said(show.start(at(2100)))[..2], [shows(LECCE, CUT), opens(&["lecce"], 20)]);
    let after = show.snapshot();
    assert_eq!((after.running, after.present), (None, vec![]));
    assert!(after.cities.iter().all(|seat| seat.contribution == CityState::Offline {} && !seat.frames_flow));
    let lease = after.lease.unwrap();
    assert_eq!((lease.holder, lease.link), (anna().actor, Link::Lost { since: at(2100) }));
    assert_eq!((after.program, after.preview, after.history), (before.program, before.preview, before.history));
}

#[test]
fn a_snapshot_restores_an_equal_show() {
    let mut show = mixing();
    tell(&mut show, joined, "milano", 2050);
    let restored = Show::restore(show.snapshot(), at(2100)).unwrap();
    assert_eq!(restored.snapshot(), show.snapshot());
}

#[test]
fn a_snapshot_from_an_earlier_run_of_the_clock_fits_the_new_one() {
    let mut show = mixing();
    tell(&mut show, joined, "milano", 2050);
    let view = Show::restore(show.snapshot(), at(3)).unwrap().view(at(3));
    assert_eq!(view.program_since, at(3));
    assert_eq!(view.cities[2].state, CityState::Connecting { since: at(3) });
    let progress = Progress::Auto { started: at(3), ends: at(503), done: 0 };
    assert_eq!(view.running.map(|running| running.progress), Some(progress));
}

#[test]
fn a_snapshot_that_no_show_can_be_in_is_refused_and_says_why() {
    let stranger = || full("city:atlantide");
    type Spoil = fn(&mut Snapshot);
    let table: [(Spoil, &str); 14] = [
        (|s| s.title.clear(), "the evening's title has 0 characters: 1 to 120 are needed"),
        (|s| s.title = "x".repeat(121), "121 characters"),
        (|s| s.cities[1].city.name.clear(), "the name of the city 'roma' has 0 characters"),
        (|s| s.cities[2].city.id = id("roma"), "two cities have the id 'roma'"),
        (
            |s| s.cities[0].contribution = CityState::Live { since: at(5) },
            "'lecce' is live, and its frames say otherwise",
        ),
        (|s| s.program.boxes.clear(), "the picture '' of program cannot be shown: it has 0 boxes"),
        (|s| s.preview.boxes.push(s.preview.boxes[0].clone()), "'city:roma' stands in it twice"),
        (|s| s.program.boxes[0].place.x = 1, "'city:lecce' is empty or leaves the picture"),
        (|s| s.program.boxes[0].place.height = 0, "'city:lecce' is empty or leaves the picture"),
        (|s| s.program = full("city:atlantide"), "of program cannot be shown: there is no city 'atlantide'"),
        (|s| s.running.as_mut().unwrap().from = full("city:x"), "the running transition cannot be shown"),
        (|s| s.transition = Transition::Mix { duration_ms: 5 }, "a transition of 5 ms arrived: 100 to 3000 ms"),
        (
            |s| {
                let progress = Progress::Auto { started: at(2000), ends: at(9000), done: 0 };
                s.running.as_mut().unwrap().progress = progress;
            },
            "a mix of 500 ms cannot be under way like that",
        ),
        (|s| s.running.as_mut().unwrap().transition = CUT, "a cut cannot be under way"),
    ];
    for (spoil, word) in table {
        let mut snapshot = mixing().snapshot();
        spoil(&mut snapshot);
        let error = Show::restore(snapshot, at(2100)).unwrap_err().to_string();
        assert!(error.contains(word), "{error} does not say: {word}");
    }
    let mut snapshot = mixing().snapshot();
    snapshot.preview = stranger();
    assert!(matches!(Show::restore(snapshot, at(2100)), Err(InvalidShow::Picture { bus: "preview", .. })));
}

#[test]
fn an_evening_in_which_two_cities_share_an_id_does_not_begin() {
    let mut setup = setup();
    setup.cities.push(city("roma"));
    assert_eq!(Show::new(setup, WallTime::default(), at(0)), Err(InvalidShow::SameId(id("roma"))));
}
