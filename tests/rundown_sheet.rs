//! The rundown as a sheet: what is written is read again, and what is wrong is told with its line and column.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use regia::sheet::{self, Evening};
use regia::show::{CityId, CuePlan, SceneId, WallTime};
use regia::when;

const SCENES: [(u32, &str); 9] = [
    (1, "Apertura"),
    (2, "Tutti"),
    (3, "Tutti"),
    (4, "3"),
    (5, "#4"),
    (6, " con spazi "),
    (7, "=SUM(A1)"),
    (8, "due; con, \"segni\""),
    (9, "'tis"),
];

struct World {
    cities: Vec<(CityId, &'static str)>,
    zone: TimeZone,
    now: WallTime,
}

impl World {
    /// At eight in the evening, unless `now` says otherwise.
    fn at(now: &str) -> Self {
        let cities = [("roma", "Roma"), ("lecce", "Lecce"), ("forli", "Forlì"), ("a1", "Gemella"), ("a2", "Gemella")];
        Self {
            cities: cities.map(|(id, name)| (id.parse().unwrap(), name)).into(),
            zone: TimeZone::get("Europe/Rome").unwrap(),
            now: when::parse(now).unwrap(),
        }
    }

    fn evening(&self) -> Evening<'_> {
        Evening {
            scenes: SCENES.map(|(id, name)| (SceneId(id), name)).into(),
            cities: self.cities.iter().map(|(id, name)| (id, *name)).collect(),
            time_zone: &self.zone,
            now: self.now,
        }
    }

    fn read(&self, text: &str) -> Result<Vec<CuePlan>, String> {
        sheet::read(text, &self.evening()).map_err(|flaws| flaws.to_string())
    }

    fn start(&self, text: &str) -> Result<String, String> {
        let cues = self.read(&format!("title,planned_start\nx,{text}\n"))?;
        Ok(when::rfc3339(cues[0].planned_start.unwrap(), &self.zone))
    }
}

fn tonight() -> World {
    World::at("2026-11-21T20:00:00+01:00")
}

#[test]
fn a_sheet_of_an_italian_spreadsheet_is_read() {
    let text = "\u{feff}Note;Title;Duration;City;Planned Start;Follow;Scene;\r\n\
                \"Luci; musica\";Apertura;90;Roma;21:00;sì;Apertura;\r\n\
                ;;;;;;;\r\n\
                ;\"Collegamento \"\"doppio\"\"\";12:30;forlì;21:01:30;no;#2;\r\n\
                \"due\r\nrighe\";Fine;1:00:00;;00:15;;3;\r\n";
    let cues = tonight().read(text).unwrap();
    let start = |text: &str| when::parse(text);
    assert_eq!(
        cues,
        [
            CuePlan {
                title: "Apertura".into(),
                scene: Some(SceneId(1)),
                planned_start: start("2026-11-21T21:00:00+01:00"),
                duration_s: Some(90),
                city: Some("roma".parse().unwrap()),
                note: "Luci; musica".into(),
                follow: true,
            },
            CuePlan {
                title: "Collegamento \"doppio\"".into(),
                scene: Some(SceneId(2)),
                planned_start: start("2026-11-21T21:01:30+01:00"),
                duration_s: Some(750),
                city: Some("forli".parse().unwrap()),
                ..CuePlan::default()
            },
            CuePlan {
                title: "Fine".into(),
                // A scene that is called 3 is meant before the one that has this number.
                scene: Some(SceneId(4)),
                planned_start: start("2026-11-22T00:15:00+01:00"),
                duration_s: Some(3600),
                note: "due\nrighe".into(),
                ..CuePlan::default()
            },
        ]
    );
}

#[test]
fn a_time_of_day_belongs_to_the_evening_that_goes_on() {
    let day = |now: &str, time: &str| World::at(now).start(time).unwrap();
    assert_eq!(day("2026-11-21T10:00:00+01:00", "21:30"), "2026-11-21T21:30:00+01:00");
    assert_eq!(day("2026-11-21T23:00:00+01:00", "00:30"), "2026-11-22T00:30:00+01:00");
    assert_eq!(day("2026-11-22T01:00:00+01:00", "00:30"), "2026-11-22T00:30:00+01:00");
    assert_eq!(day("2026-11-22T01:00:00+01:00", "23:30:15"), "2026-11-21T23:30:15+01:00");
    // Summer, and the nights in which the clocks change.
    assert_eq!(day("2026-07-01T10:00:00+02:00", "21:30"), "2026-07-01T21:30:00+02:00");
    assert_eq!(day("2026-10-24T20:00:00+02:00", "02:30"), "2026-10-25T02:30:00+02:00");
    assert_eq!(day("2026-10-24T20:00:00+02:00", "03:30"), "2026-10-25T03:30:00+01:00");
    let gap = World::at("2026-03-28T20:00:00+01:00").start("02:30").unwrap_err();
    assert!(gap.starts_with("line 2, column planned_start: there is no 02:30:00 on 2026-03-29"), "{gap}");
    assert_eq!(day("2026-03-28T20:00:00+01:00", "2026-11-21T21:30:00Z"), "2026-11-21T22:30:00+01:00");
}

#[test]
fn all_that_is_wrong_is_told_with_its_place_and_what_is_needed() {
    let cases = [
        ("", "line 1: the sheet is empty"),
        ("\n\n", "line 1: the sheet is empty"),
        ("scene,note\n", "line 1: there is no column title"),
        ("title,titolo\nx,y\n", "line 1, column 2: 'titolo' is no column: title, scene, planned_start"),
        ("title,Title\nx,y\n", "line 1, column 2: 'title' stands there twice"),
        ("title,note\n,x\n", "line 2, column title: it is empty: a title of 1 to 120"),
        ("title\nx\ny,z\n", "line 3, column 2: 'z' stands in no column"),
        ("title,scene\nx,Chiusura\n", "line 2, column scene: there is no scene 'Chiusura': the evening has Apertura"),
        ("title,scene\nx,Tutti\n", "line 2, column scene: 'Tutti' is the name of several scenes: write #2 or #3"),
        ("title,scene\nx,#77\n", "line 2, column scene: there is no scene '#77': the evening has #1"),
        ("title,city\nx,Napoli\n", "line 2, column city: there is no city 'Napoli': the evening has roma, lecce"),
        ("title,city\nx,Gemella\n", "line 2, column city: there is no city 'Gemella'"),
        ("title,planned_start\nx,21\n", "line 2, column planned_start: '21' is no start: a time of day like 21:30"),
        ("title,planned_start\nx,24:00\n", "column planned_start: '24:00' is no start"),
        ("title,planned_start\nx,2026-11-21T21:30:00\n", "column planned_start"),
        ("title,duration\nx,0\n", "line 2, column duration: '0' is no duration: seconds, mm:ss or h:mm:ss, from 1"),
        ("title,duration\nx,1:60\n", "column duration"),
        ("title,duration\nx,24:00:01\n", "from 1 second to 86400"),
        ("title,duration\nx,-5\n", "column duration"),
        ("title,follow\nx,maybe\n", "line 2, column follow: 'maybe' is neither yes nor no"),
        ("title,follow\nx,yes\n", "line 2, column follow: what is followed by itself needs a duration"),
        ("title,note\nx,\"a\u{7}\"\n", "line 2, column note: a text without control characters"),
    ];
    for (text, told) in cases {
        let wrong = tonight().read(text).unwrap_err();
        assert!(wrong.contains(told), "{text:?}: {wrong}");
    }
    let long = format!("title\n{}\n", "x".repeat(121));
    assert!(tonight().read(&long).unwrap_err().contains("121 characters arrived: at most 120"));
    let many = format!("title\n{}", "x\n".repeat(201));
    assert!(tonight().read(&many).unwrap_err().contains("201 cues arrived: at most 200"));
    // Several at once, each with its place, and not without end.
    let two = tonight().read("title,duration\nx,y\n\"a\nb\",1\n,2\n").unwrap_err();
    assert!(two.contains("line 2, column duration") && two.contains("line 5, column title"), "{two}");
    let all_wrong = format!("title,duration\n{}", "x,y\n".repeat(5000));
    assert_eq!(sheet::read(&all_wrong, &tonight().evening()).unwrap_err().0.len(), sheet::Flaws::MOST);
}

#[test]
fn what_a_spreadsheet_takes_for_a_formula_is_kept_from_it() {
    let cue = CuePlan { title: "=1+1".into(), note: "'-".into(), ..CuePlan::default() };
    let text = sheet::write([&cue], &tonight().evening());
    assert!(text.contains("\r\n'=1+1,,,,,''-,no\r\n"), "{text:?}");
    assert_eq!(tonight().read(&text).unwrap(), [cue]);
    assert_eq!(tonight().read("title\n'tis\n").unwrap()[0].title, "'tis");
}

fn any_text(most: usize) -> impl Strategy<Value = String> {
    let odd = prop::sample::select(&["=", "'", "\"", ";", ",", "\n", "à", "日", "#3", "-", "@", "\u{feff}", " "][..]);
    let part = prop_oneof![odd.prop_map(str::to_owned), "[a-zA-Z0-9 .:]{1,6}"];
    prop::collection::vec(part, 0..12)
        .prop_map(move |parts| parts.concat().chars().take(most).collect::<String>().trim().to_owned())
}

fn any_cue() -> impl Strategy<Value = CuePlan> {
    let title = any_text(CuePlan::TITLE_MAX).prop_filter("a title is not empty", |title| !title.is_empty());
    let start = prop_oneof![0..4_102_444_800_000_000i64, any::<i64>().prop_filter("a slip", |at| at.abs() > 1 << 40)];
    (
        title,
        prop::option::of(prop::sample::select(&SCENES[..])),
        prop::option::of(start),
        prop::option::of(1..=CuePlan::LONGEST_S),
        prop::option::of(prop::sample::select(&["roma", "lecce", "a1"][..])),
        any_text(CuePlan::NOTE_MAX),
        any::<bool>(),
    )
        .prop_map(|(title, scene, start, duration_s, city, note, follow)| CuePlan {
            title,
            scene: scene.map(|(id, _)| SceneId(id)),
            planned_start: start.map(WallTime::from_unix_micros),
            duration_s,
            city: city.map(|id| id.parse().unwrap()),
            note,
            follow: follow && duration_s.is_some(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(cues in prop::collection::vec(any_cue(), 0..8)) {
        let world = tonight();
        let text = sheet::write(&cues, &world.evening());
        prop_assert_eq!(world.read(&text), Ok(cues.clone()));
        let marked = text.starts_with('\u{feff}');
        prop_assert!(marked && text.ends_with("\r\n"));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        let _ = tonight().read(&text);
        let _ = tonight().read(&format!("title;scene;planned_start;duration;city;note;follow\n{text}"));
    }
}
