//! What an evening leaves on paper: program's cut list as EDL and OpenTimelineIO, and rows as CSV and JSON.

use std::time::Duration;

use proptest::prelude::*;
use regia::asrun::{self, CSV_HEADER, CutList, Cutter, End, Format, KINDS, Line};
use regia::show::{
    Actor, Caller, City, Command, Composition, Event, Fact, Layout, Output, Recorded, Role, Setup, Show, ShowTime,
    Source, Transition, WallTime,
};
use regia::when;
use serde_json::Value;

fn at(text: &str) -> WallTime {
    when::parse(text).unwrap()
}

fn format(fps: u32, alignment_ms: u64) -> Format {
    let time_zone = jiff::tz::TimeZone::get("Europe/Rome").unwrap();
    Format { fps, time_zone, alignment: Duration::from_millis(alignment_ms) }
}

fn city(id: &str, name: &str) -> City {
    City { id: id.parse().unwrap(), name: name.into(), time_zone: "Europe/Rome".into() }
}

fn source(text: &str) -> Source {
    text.parse().unwrap()
}

/// An evening that keeps its log.
struct Evening {
    show: Show,
    log: Vec<Recorded>,
}

impl Evening {
    /// Opens at nine in the evening, event time zero.
    fn open(cities: Vec<City>) -> Self {
        let setup = Setup { title: "Il meglio di: città".into(), cities };
        let show = Show::new(setup, at("2026-11-21T21:00:00+01:00"), ShowTime::default()).unwrap();
        let mut evening = Self { show, log: Vec::new() };
        let outputs = evening.show.start(ShowTime::default()).collect();
        evening.keep(outputs);
        evening
    }

    fn keep(&mut self, outputs: Vec<Output>) {
        self.log.extend(outputs.into_iter().filter_map(|output| match output {
            Output::Event(recorded) => Some(recorded),
            Output::Effect(_) | Output::Timeout(_) => None,
        }));
    }

    fn command(&mut self, ms: u64, command: Command) {
        let caller = Caller::new(Actor::Operator("Anna".parse().unwrap()), [Role::Director]);
        let outputs = self.show.command(command, &caller, now(ms)).map(Iterator::collect);
        if let Ok(outputs) = outputs {
            self.keep(outputs);
        }
    }

    fn tick(&mut self, ms: u64) {
        let outputs = self.show.tick(now(ms)).collect();
        self.keep(outputs);
    }

    fn restart(&mut self, ms: u64) {
        self.show = Show::restore(self.show.snapshot(), now(ms)).unwrap();
        let outputs = self.show.start(now(ms)).collect();
        self.keep(outputs);
    }

    fn list(&self, format: Format, from: Option<WallTime>, until: WallTime) -> CutList {
        let mut cutter = Cutter::new(format, from, End::At(until));
        self.log.iter().for_each(|recorded| cutter.feed(recorded));
        cutter.finish()
    }
}

fn now(ms: u64) -> ShowTime {
    ShowTime::new(Duration::from_millis(ms))
}

/// Five minutes with everything that a cut list has to tell.
fn evening() -> Evening {
    let cities = vec![
        city("roma", "Roma"),
        city("lecce", "Lecce"),
        city("reggio-calabria", "Reggio di Calabria"),
        city("reggio-emilia", "Reggio nell’Emilia"),
    ];
    let mut evening = Evening::open(cities);
    let cut = |to: &str| Command::CutTo { source: source(to) };
    evening.command(10_000, cut("city:roma"));
    evening.command(20_000, Command::SetPreview { source: source("city:lecce") });
    evening.command(20_500, Command::SetTransition { transition: Transition::Mix { duration_ms: 500 } });
    evening.command(30_000, Command::Take {});
    evening.tick(30_500);
    let composition = Composition {
        layout: Layout::PictureInPicture,
        sources: vec![source("city:reggio-calabria"), source("city:reggio-emilia")],
        ..Composition::full(Source::Slate)
    };
    evening.command(40_000, Command::Compose { composition });
    evening.command(45_000, Command::Take {});
    // Ended in its middle by hand.
    evening.command(45_200, Command::Cut {});
    evening.command(60_000, cut("black"));
    // Undone: back to the split picture.
    evening.command(65_000, Command::Undo {});
    evening.restart(90_000);
    evening.command(100_000, cut("city:roma"));
    // Never seen: another one comes within the same frame.
    evening.command(120_010, cut("city:lecce"));
    evening.command(120_020, cut("slate"));
    evening
}

#[test]
fn the_edit_list_of_a_small_evening_is_as_the_book_has_it() {
    let list = evening().list(format(25, 100), None, at("2026-11-21T21:02:30+01:00"));
    let edl = asrun::edl(&list);
    assert_eq!(edl.replace("\r\n", "\n"), include_str!("as_run/evening.edl"), "\n{edl}");
    assert!(edl.split('\n').all(|line| line.is_empty() || line.ends_with('\r')) && edl.is_ascii());
}

#[test]
fn the_timeline_of_a_small_evening_has_a_track_for_each_box() {
    let list = evening().list(format(25, 100), None, at("2026-11-21T21:02:30+01:00"));
    let timeline = asrun::otio(&list);
    let tracks = timeline["tracks"]["children"].as_array().unwrap();
    let names: Vec<_> = tracks.iter().map(|track| (&track["name"], &track["kind"])).collect();
    assert_eq!(
        serde_json::to_string(&names).unwrap(),
        r#"[["picture 1","Video"],["picture 2","Video"],["sound 1","Audio"],["sound 2","Audio"]]"#
    );
    for track in tracks {
        assert_eq!(frames_of(track), list.length(), "{}: no track is shorter than program", track["name"]);
    }
    let schemas = |track: &Value| -> Vec<String> {
        let children = track["children"].as_array().unwrap().iter();
        children.map(|child| child["OTIO_SCHEMA"].as_str().unwrap().to_owned()).collect()
    };
    let (clip, gap, dissolve) = ("Clip.1", "Gap.1", "Transition.1");
    assert_eq!(
        schemas(&tracks[0]),
        [clip, clip, dissolve, clip, dissolve, clip, gap, clip, clip, clip, clip],
        "slate, roma, lecce, split, black, split, split after the restart, roma, slate"
    );
    assert_eq!(schemas(&tracks[1]), [gap, dissolve, clip, gap, clip, clip, gap]);
    let lecce = &tracks[0]["children"][3];
    assert_eq!(lecce["media_reference"]["target_url"], "lecce.*");
    // 21:00:30 less a tenth of a second, at 25 frames; the third of frame 750 at the start.
    let start = lecce["source_range"]["start_time"]["value"].as_f64().unwrap();
    assert_eq!(start, f64::from((21 * 3600 + 30) * 25 - 3));
    let available = &lecce["media_reference"]["available_range"];
    assert_eq!(available["start_time"]["value"].as_f64().unwrap(), f64::from(21 * 3600 * 25 - 3));
    assert_eq!(available["duration"]["value"].as_f64().unwrap(), list.length() as f64);
}

/// The sum of what lies in a track.
fn frames_of(track: &Value) -> u64 {
    let children = track["children"].as_array().unwrap().iter();
    let length = |child: &Value| child["source_range"]["duration"]["value"].as_f64().unwrap_or(0.0) as u64;
    children.map(length).sum()
}

#[test]
fn a_part_of_the_evening_begins_with_what_was_on_and_ends_in_mid_picture() {
    let evening = evening();
    let (from, until) = (at("2026-11-21T21:00:15+01:00"), at("2026-11-21T21:00:30.2+01:00"));
    let list = evening.list(format(25, 0), Some(from), until);
    let told: Vec<_> =
        list.cuts.iter().map(|cut| (cut.picture.to_string(), cut.start, cut.length, cut.dissolve)).collect();
    assert_eq!(told, [("city:roma".into(), 0, 375, 0), ("city:lecce".into(), 375, 5, 5)]);
    assert_eq!(list.cuts[0].source_start, (21 * 3600 + 15) * 25);
    // Nothing happened between: what was on is the list.
    let list = evening.list(format(25, 0), Some(at("2026-11-21T22:00:00+01:00")), at("2026-11-21T22:00:10+01:00"));
    let told: Vec<_> = list.cuts.iter().map(|cut| (cut.picture.to_string(), cut.length)).collect();
    assert_eq!(told, [("slate".into(), 250)]);
    // Before the evening there is nothing, and nothing between an instant and itself.
    let before = at("2026-11-21T20:00:00+01:00");
    assert_eq!(evening.list(format(25, 0), None, before).cuts, []);
    assert_eq!(evening.list(format(25, 0), Some(from), from).cuts, []);
}

#[test]
fn timecode_goes_on_over_midnight_and_over_the_end_of_summer_time() {
    let setup = Setup { title: "Notte".into(), cities: vec![city("roma", "Roma")] };
    let epoch = at("2026-10-24T23:59:50+02:00");
    let mut evening = Evening { show: Show::new(setup, epoch, ShowTime::default()).unwrap(), log: Vec::new() };
    let outputs = evening.show.start(ShowTime::default()).collect();
    evening.keep(outputs);
    evening.command(20_000, Command::CutTo { source: source("city:roma") });
    // Four hours later by the clock on the wall it is only three.
    evening.command(4 * 3_600_000, Command::CutTo { source: source("slate") });
    let list = evening.list(format(30, 0), None, at("2026-10-25T03:00:00+01:00"));
    let edl = asrun::edl(&list);
    for line in [
        "001  SLATE    AA/V  C        23:59:50:00 00:00:10:00 01:00:00:00 01:00:20:00",
        "002  ROMA     AA/V  C        00:00:10:00 03:59:50:00 01:00:20:00 05:00:00:00",
        "003  SLATE    AA/V  C        03:59:50:00 04:00:00:00 05:00:00:00 05:00:10:00",
    ] {
        assert!(edl.contains(line), "{line}\n{edl}");
    }
}

#[test]
fn a_clock_that_was_set_moves_the_sources_and_not_the_record() {
    let mut evening = Evening::open(vec![city("roma", "Roma")]);
    evening.command(10_000, Command::CutTo { source: source("city:roma") });
    let epoch = at("2026-11-21T21:00:02+01:00");
    let outputs = evening.show.observe(Fact::ClockSet { epoch }, now(15_000)).collect();
    evening.keep(outputs);
    evening.command(20_000, Command::CutTo { source: source("slate") });
    let list = evening.list(format(25, 0), None, at("2026-11-21T21:00:32+01:00"));
    let told: Vec<_> = list.cuts.iter().map(|cut| (cut.start, cut.length, cut.source_start)).collect();
    let nine = 21 * 3600 * 25;
    assert_eq!(told, [(0, 250, nine), (250, 250, nine + 250), (500, 250, nine + 500 + 50)]);
}

#[test]
fn cities_that_begin_alike_have_reels_of_their_own() {
    let ids = ["reggio-calabria", "reggio-calabria-2", "reggio-calabria-3", "bl", "slate", "---", "roma"];
    let mut evening = Evening::open(ids.iter().map(|id| city(id, id)).collect());
    for (n, id) in (1..).zip(ids) {
        evening.command(n * 1000, Command::CutTo { source: Source::City(id.parse().unwrap()) });
    }
    let edl = asrun::edl(&evening.list(format(25, 0), None, at("2026-11-21T21:00:10+01:00")));
    let reels: Vec<_> = edl.lines().filter(|line| line.contains("AA/V")).map(|line| line[5..13].trim_end()).collect();
    assert_eq!(reels, ["SLATE", "REGGIOCA", "REGGIOC2", "REGGIOC3", "BL2", "SLATE2", "CITY", "ROMA"]);
}

fn any_command() -> impl Strategy<Value = Command> {
    let any_source = prop::sample::select(&["city:roma", "city:lecce", "slate", "black"][..]).prop_map(source);
    let split = prop::sample::select(&[Layout::SideBySide, Layout::PictureInPicture][..]);
    let transition =
        prop_oneof![Just(Transition::Cut {}), (100..=3000u32).prop_map(|duration_ms| Transition::Mix { duration_ms })];
    prop_oneof![
        any_source.clone().prop_map(|source| Command::SetPreview { source }),
        any_source.prop_map(|source| Command::CutTo { source }),
        transition.prop_map(|transition| Command::SetTransition { transition }),
        split.prop_map(|layout| Command::Compose {
            composition: Composition {
                layout,
                sources: vec![source("city:roma"), source("city:lecce")],
                ..Composition::full(Source::Slate)
            }
        }),
        Just(Command::Cut {}),
        Just(Command::Take {}),
        Just(Command::Take {}),
        Just(Command::Undo {}),
        Just(Command::OpenEvening { title: "Seconda".into() }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_follow_each_other_without_gap_or_overlap(
        steps in prop::collection::vec((0..5000u64, any_command(), any::<bool>()), 1..40),
        fps in 1..=60u32,
        from_ms in prop::option::of(0..60_000u64),
        rest_ms in 0..20_000u64,
    ) {
        let mut evening = Evening::open(vec![city("roma", "Roma"), city("lecce", "Lecce")]);
        let mut ms = 0;
        for (step, command, restarts) in steps {
            ms += step;
            evening.tick(ms);
            if restarts && step > 4500 { evening.restart(ms) } else { evening.command(ms, command) }
        }
        let opened = at("2026-11-21T21:00:00+01:00");
        let until = opened + now(ms + rest_ms);
        let from = from_ms.map(|ms| opened + now(ms));
        let list = evening.list(format(fps, 100), from, until);

        let mut end = 0;
        for cut in &list.cuts {
            prop_assert_eq!(cut.start, end, "no gap, no overlap");
            prop_assert!(cut.length > 0 && cut.dissolve <= cut.length);
            end += cut.length;
        }
        let asked = until.micros_since(from.unwrap_or(opened)).max(0) as u64;
        prop_assert_eq!(list.length(), (asked * u64::from(fps)).div_ceil(1_000_000));
        // What came within the last frame is not in the list: it was never seen.
        if let Some(last) = list.cuts.last().filter(|_| rest_ms * u64::from(fps) >= 1000) {
            prop_assert_eq!(&last.picture, &evening.show.snapshot().program);
        }
        let timeline = asrun::otio(&list);
        for track in timeline["tracks"]["children"].as_array().unwrap() {
            prop_assert_eq!(frames_of(track), list.length());
            let children = track["children"].as_array().unwrap();
            let is_dissolve = |child: &Value| child["OTIO_SCHEMA"] == "Transition.1";
            prop_assert!(children.windows(2).all(|pair| !(is_dissolve(&pair[0]) && is_dissolve(&pair[1]))));
            prop_assert!(!children.first().is_some_and(is_dissolve) && !children.last().is_some_and(is_dissolve));
        }
        // The list follows from the events of KINDS alone.
        let kind = |recorded: &&Recorded| {
            let value = serde_json::to_value(&recorded.event).unwrap();
            KINDS.contains(&value["event"].as_str().unwrap())
        };
        let mut cutter = Cutter::new(format(fps, 100), from, End::At(until));
        evening.log.iter().filter(kind).for_each(|recorded| cutter.feed(recorded));
        prop_assert_eq!(cutter.finish(), list);
    }
}

#[test]
fn a_row_is_told_as_the_show_knows_it() {
    let evening = evening();
    for recorded in &evening.log {
        let (actor, cause, event) = (
            serde_json::to_string(&recorded.actor).unwrap(),
            serde_json::to_string(&recorded.cause).unwrap(),
            serde_json::to_string(&recorded.event).unwrap(),
        );
        let line = Line {
            number: recorded.number,
            turn: recorded.turn,
            time_us: recorded.time.into(),
            wall_us: recorded.wall.unix_micros(),
            kind: "any",
            actor: &actor,
            cause: &cause,
            event: &event,
        };
        assert_eq!(serde_json::from_str::<Recorded>(&line.json()).unwrap(), *recorded);
        assert_eq!(line.recorded().unwrap(), *recorded);
    }
}

#[test]
fn a_row_of_csv_has_the_columns_of_the_header() {
    let line = Line {
        number: 7,
        turn: 6,
        time_us: 61_000_001,
        wall_us: at("2026-11-21T21:01:01.000001+01:00").unix_micros(),
        kind: "title_set",
        actor: "\"operator:Anna, la regista\"",
        cause: r#"{"cause":"command","command":"set_title"}"#,
        event: r#"{"event":"title_set","title":"Sera"}"#,
    };
    let csv = format!("{CSV_HEADER}{}", line.csv(&format(25, 0).time_zone));
    let expected = "number,turn,wall,time_s,actor,cause,kind,event\r\n\
                    7,6,2026-11-21T21:01:01.000001+01:00,61.000001,\"operator:Anna, la regista\",command set_title,title_set,\
                    \"{\"\"event\"\":\"\"title_set\"\",\"\"title\"\":\"\"Sera\"\"}\"\r\n";
    assert_eq!(csv, expected);
    assert!(matches!(line.recorded().unwrap().event, Event::TitleSet { .. }));
}
