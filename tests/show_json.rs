//! The JSON of the show: what pages send and read, and that what they misspell is named.

use std::fmt::Debug;
use std::time::Duration;

use regia::show::{
    Actor, Caller, City, CityState, Command, Composition, Event, Fact, Layout, Picture, Rect, Role, Setup, Show,
    ShowTime, Snapshot, Source, Strip, Tally, Transition, View, WallTime,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[track_caller]
fn is_written<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, written: Value) {
    assert_eq!(serde_json::to_value(&value).unwrap(), written);
    assert_eq!(serde_json::from_value::<T>(written.clone()).unwrap(), value);
    assert_eq!(serde_json::from_str::<T>(&written.to_string()).unwrap(), value);
}

/// From text, as it comes from the network.
#[track_caller]
fn is_refused<T: DeserializeOwned + Debug>(text: &str, naming: &str) {
    let error = serde_json::from_str::<T>(text).expect_err(text).to_string();
    assert!(error.contains(naming), "{text}: '{error}' does not name {naming}");
}

fn roma() -> Source {
    "city:roma".parse().unwrap()
}

fn at(ms: u64) -> ShowTime {
    ShowTime::new(Duration::from_millis(ms))
}

#[test]
fn commands_are_written_as_pages_send_them() {
    is_written(Command::SetPreview { source: roma() }, json!({"type": "set_preview", "source": "city:roma"}));
    is_written(Command::CutTo { source: Source::Black }, json!({"type": "cut_to", "source": "black"}));
    is_written(Command::Cut {}, json!({"type": "cut"}));
    is_written(Command::Take {}, json!({"type": "take"}));
    is_written(
        Command::SetTransition { transition: Transition::Mix { duration_ms: 500 } },
        json!({"type": "set_transition", "transition": {"kind": "mix", "duration_ms": 500}}),
    );
    is_written(
        Command::SetTransition { transition: Transition::Cut {} },
        json!({"type": "set_transition", "transition": {"kind": "cut"}}),
    );
}

#[test]
fn the_type_of_a_command_may_stand_anywhere() {
    let command = serde_json::from_str::<Command>(r#"{"source": "slate", "type": "set_preview"}"#).unwrap();
    assert_eq!(command, Command::SetPreview { source: Source::Slate });
}

#[test]
fn a_command_that_is_wrong_is_refused_by_the_name_of_what_is_wrong() {
    for (text, naming) in [
        (r#"{"type": "explode"}"#, "unknown variant `explode`, expected one of `set_preview`"),
        (r#"{"source": "slate"}"#, "missing field `type`"),
        (r#"{"type": "cut", "colour": 1}"#, "unknown field `colour`"),
        (r#"{"colour": 1, "type": "take"}"#, "unknown field `colour`"),
        (r#"{"type": "set_preview", "source": "slate", "colour": 1}"#, "unknown field `colour`, expected `source`"),
        (r#"{"type": "set_preview"}"#, "missing field `source`"),
        (r#"{"type": "set_preview", "source": "roma"}"#, "'roma' is not a source: 'city:ID', 'cohost:ID'"),
        (r#"{"type": "set_preview", "source": "city:Roma"}"#, "'city:Roma' is not a source"),
        (r#"{"type": "cut", "type": "take"}"#, "duplicate field `type`"),
        (r#"{"type": "set_transition", "transition": {"kind": "melt"}}"#, "unknown variant `melt`"),
        (
            r#"{"type": "set_transition", "transition": {"kind": "cut", "duration_ms": 5}}"#,
            "unknown field `duration_ms`",
        ),
        (r#"{"type": "set_transition", "transition": {"kind": "mix"}}"#, "missing field `duration_ms`"),
        (r#"{"type": "set_transition", "transition": {"kind": "mix", "duration_ms": 500, "curve": 1}}"#, "`curve`"),
        (
            r#"{"type": "set_transition", "transition": {"kind": "mix", "duration_ms": -1}}"#,
            "invalid value: integer `-1`",
        ),
        (r#""cut""#, "expected internally tagged enum Command"),
    ] {
        is_refused::<Command>(text, naming);
    }
}

#[test]
fn states_events_and_facts_refuse_what_they_do_not_know() {
    is_written(CityState::Offline {}, json!({"state": "offline"}));
    is_written(CityState::Live { since: at(1500) }, json!({"state": "live", "since": 1_500_000}));
    is_refused::<CityState>(r#"{"state": "offline", "since": 5}"#, "unknown field `since`");
    is_refused::<CityState>(r#"{"state": "asleep"}"#, "unknown variant `asleep`");
    is_written(Event::TransitionEnded {}, json!({"event": "transition_ended"}));
    is_refused::<Event>(r#"{"event": "transition_ended", "why": 1}"#, "unknown field `why`");
    is_written(Fact::FramesFlow { city: "roma".parse().unwrap() }, json!({"fact": "frames_flow", "city": "roma"}));
    is_refused::<Fact>(r#"{"fact": "frames_flow", "city": "program"}"#, "'program' is taken by the house");
    is_refused::<Fact>(r#"{"fact": "frames_flow", "city": "roma", "rate": 1}"#, "unknown field `rate`");
    is_refused::<Rect>(r#"{"x": 0, "y": 0, "width": 9, "height": 9, "depth": 9}"#, "unknown field `depth`");
    is_refused::<Picture>(r#"{"boxes": [], "border": 1}"#, "unknown field `border`");
    is_written(Tally::Program, json!("program"));
}

fn mixing() -> Show {
    let city = City { id: "roma".parse().unwrap(), name: "Roma".into(), time_zone: "Europe/Rome".into() };
    let mut show =
        Show::new(Setup { title: "Una sera".into(), cities: vec![city] }, WallTime::default(), at(0)).unwrap();
    let house = Caller::new(Actor::House, [Role::Director]);
    let _ = show.observe(Fact::CityJoined { city: "roma".parse().unwrap() }, at(1));
    let _ = show.command(Command::SetPreview { source: roma() }, &house, at(2)).unwrap();
    let _ = show.command(Command::Take {}, &house, at(3)).unwrap();
    show
}

/// A strip as it stands by default.
fn strip() -> Value {
    let processing = json!({
        "gain_db": 0, "high_pass_hz": null, "gate": null, "compressor": null, "pan": 0, "mono": false, "delay_ms": 0,
    });
    json!({
        "fader_db": 0.0, "muted": false, "mode": "afv", "radio_db": null, "processing": processing, "ramps": null,
        "group": null, "ducking": "auto",
    })
}

#[test]
fn a_view_is_written_as_pages_read_it() {
    let picture =
        |source| json!({"boxes": [{"source": source, "place": {"x": 0, "y": 0, "width": 1000, "height": 1000}}]});
    let mut city = json!({
        "id": "roma",
        "name": "Roma",
        "time_zone": "Europe/Rome",
        "state": {"state": "connecting", "since": 1000},
        "tally": "program",
        "slate_text": "",
        "flaws": [],
        "strip": strip(),
        "crew": false,
    });
    let common = json!({
        "title": "Una sera",
        "revision": 4,
        "epoch": 0,
        "program": picture("city:roma"),
        "program_since": 3000,
        "transition": {"kind": "mix", "duration_ms": 500},
        "running": {
            "from": picture("slate"),
            "transition": {"kind": "mix", "duration_ms": 500},
            "reversed": false,
            "progress": {"kind": "auto", "started": 3000, "ends": 503_000, "done": 0},
        },
        "black": false,
    });
    let off = json!({"on": false, "graphic": null});
    let operators_only = json!({
        "preview": picture("slate"),
        "guarded": null,
        "keyers": [off, off, off, off],
        "media": {"stills": [], "clips": [], "music": [], "stingers": [], "templates": [], "flaws": []},
        "scenes": [],
        "rundown": {"cues": [], "on_air": null, "next": null, "held": false},
        "your_cue": null,
        "cohosts": [],
        "talkback": [],
        "calls_locked": false,
        "withheld_refused": false,
        "next_caller": null,
        "lease": {"lease": null, "ends": null, "asked": []},
        "present": [],
        "messages": [],
        "canned": mixing().snapshot().canned,
        "settings": {
            "double_press_ms": 150,
            "lease": {"after_s": 30, "then": {"kind": "hold"}},
            "readiness": "warn",
            "guard": {"after_s": 10, "scene": null},
            "fade_ms": 1000,
            "sound": {
                "dim_db": 12,
                "ambience": "auto",
                "ducking": {"music": true, "cities": false, "depth_db": 12, "threshold_db": -40, "hold_ms": 600},
                "loudness": {"program_lufs": -23, "radio_lufs": -16, "tolerance_lu": 4, "silence_s": 15},
            },
            "calls": {"next_caller": "queue_order", "one_at_a_time": true},
        },
        "talks": [],
        "strips": [],
        "heard": ["city:roma"],
        "groups": vec![json!({"fader_db": 0.0, "muted": false}); 8],
        "masters": {"program_db": 0.0, "radio_db": 0.0},
        "solos": [],
        "playing": [],
        "deeds": [],
        "alarms": [],
    });
    let with = |city: &Value, rest: Value| {
        let mut view = common.clone();
        view["cities"] = json!([city]);
        view.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        view
    };
    is_written::<View>(mixing().view(at(4)), with(&city, operators_only.clone()));
    (city["strip"], city["crew"], city["flaws"]) = (Value::Null, Value::Null, Value::Null);
    let hidden = operators_only.as_object().unwrap().keys().map(|field| (field.clone(), Value::Null)).collect();
    is_written::<View>(mixing().view(at(4)).for_viewers(), with(&city, Value::Object(hidden)));
}

#[test]
fn an_actor_is_written_as_one_word() {
    for word in ["operator:Anna Bianchi", "machine:companion", "city:roma", "cohost:luca", "house", "viewer"] {
        is_written(word.parse::<Actor>().unwrap(), json!(word));
    }
    for wrong in ["operator:", "operator: Anna", "city:Roma", "anna", "machine"] {
        is_refused::<Actor>(&json!(wrong).to_string(), "is nobody");
    }
}

#[test]
fn a_composition_is_written_with_what_its_layout_takes() {
    let side_by_side = Composition {
        layout: Layout::SideBySide,
        sources: vec![roma(), Source::Slate],
        ..Composition::full(Source::Slate)
    };
    is_written(side_by_side, json!({"layout": "side_by_side", "sources": ["city:roma", "slate"]}));
    is_refused::<Composition>(r#"{"layout": "spiral"}"#, "unknown variant `spiral`");
    is_refused::<Strip>(r#"{"fader_db": 11}"#, "-60 (closed) to 10 dB");
}

#[test]
fn the_word_of_a_command_is_its_type() {
    for written in [
        json!({"type": "set_preview", "source": "slate"}),
        json!({"type": "add_cohost", "id": "luca", "name": "Luca"}),
        json!({"type": "recall_scene", "scene": 1, "to": "program"}),
        json!({"type": "acknowledge_cue", "cue": 1}),
        json!({"type": "take_lease"}),
        json!({"type": "hold_rundown", "held": true}),
        json!({"type": "set_graphic", "graphic": null}),
        json!({"type": "set_t_bar", "position": 500}),
        json!({"type": "fade_to_black", "on": true}),
        json!({"type": "put_on_air", "cohost": "luca"}),
        json!({"type": "take_next_caller"}),
        json!({"type": "note_call", "cohost": "luca", "city": "Bari"}),
        json!({"type": "dial", "number": "+390105551242", "name": "Luca"}),
        json!({"type": "undo"}),
        json!({"type": "set_strip", "of": "cohost:luca", "strip": {"fader_db": -3, "radio_db": 2}}),
        json!({"type": "set_group", "group": 8, "fader_db": -3}),
        json!({"type": "set_mix", "mix": "radio", "fader_db": -3}),
        json!({"type": "set_solo", "strips": ["city:roma", "music:sigla"], "kind": "afl"}),
        json!({"type": "talk", "to": "cohosts", "on": true}),
        json!({"type": "play_music", "media": "sigla"}),
        json!({"type": "stop_music", "media": "sigla", "fade_ms": 2000}),
        json!({"type": "set_music_loop", "media": "sigla", "loops": true}),
    ] {
        let command: Command = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(json!(command.word()), written["type"]);
        assert_eq!(serde_json::to_value(&command).unwrap()["type"], written["type"]);
    }
}

#[test]
fn a_strip_is_named_as_it_was_when_only_cities_had_one() {
    let now = json!({"type": "set_strip", "of": "city:roma", "strip": strip()});
    let then = json!({"type": "set_strip", "city": "roma", "strip": {"fader_db": 0, "muted": false, "mode": "afv"}});
    let command: Command = serde_json::from_value(then).unwrap();
    is_written(command, now);
    let event = json!({"event": "strip_changed", "city": "roma", "strip": {"muted": true}});
    let event: Event = serde_json::from_value(event).unwrap();
    let muted = Strip { muted: true, ..Strip::default() };
    assert_eq!(event, Event::StripChanged { of: "city:roma".parse().unwrap(), strip: muted });
    is_refused::<Command>(r#"{"type": "set_strip", "of": "moon:roma", "strip": {}}"#, "'moon:roma' is not a strip");
    is_refused::<Command>(
        r#"{"type": "set_strip", "of": "city:roma", "city": "roma", "strip": {}}"#,
        "duplicate field",
    );
    is_refused::<Command>(
        r#"{"type": "set_strip", "of": "city:roma", "strip": {"colour": 1}}"#,
        "unknown field `colour`",
    );
    is_refused::<Command>(r#"{"type": "set_group", "group": 9, "fader_db": 0}"#, "1 to 8 are there");
    is_refused::<Command>(r#"{"type": "talk", "to": "director", "on": true}"#, "'director' cannot be spoken to");
}

#[test]
fn alarms_of_the_sound_name_where_they_are() {
    use regia::show::Alarm;
    let mix = || "radio".parse().unwrap();
    is_written(Alarm::Silence { mix: mix() }, json!({"alarm": "silence", "mix": "radio"}));
    is_written(Alarm::Clipping { mix: mix() }, json!({"alarm": "clipping", "mix": "radio"}));
    is_written(Alarm::Loudness { mix: mix(), lufs: -9 }, json!({"alarm": "loudness", "mix": "radio", "lufs": -9}));
    let strip = "city:roma".parse().unwrap();
    is_written(Alarm::Loop { strip }, json!({"alarm": "loop", "strip": "city:roma"}));
}

#[test]
fn an_evening_of_an_earlier_version_is_read() {
    let slate = json!({"boxes": [{"source": "slate", "place": {"x": 0, "y": 0, "width": 1000, "height": 1000}}]});
    let (title, keyer) =
        (json!({"title": "Ada", "subtitle": "Lecce"}), json!({"on": true, "lower_third": {"title": "Anna"}}));
    let mut titled = slate.clone();
    titled["lower_third"] = title.clone();
    let mut written = serde_json::to_value(mixing().snapshot()).unwrap();
    let fields = written.as_object_mut().unwrap();
    for new in [
        "black",
        "guarded",
        "dark_since",
        "keyers",
        "media",
        "talkback",
        "strips",
        "groups",
        "masters",
        "solos",
        "talks",
        "playing",
    ] {
        assert!(fields.remove(new).is_some(), "{new}");
    }
    fields.insert("keyer".into(), keyer.clone());
    fields.insert("preview".into(), titled);
    let composition = json!({"layout": "full", "sources": ["slate"], "lower_third": title});
    fields.insert("scenes".into(), json!([{"id": 1, "name": "Titolo", "composition": composition}]));
    fields["numbers"]["scene"] = json!(1);
    fields["settings"] = json!({"double_press_ms": 150, "lease": {"after_s": 30, "then": {"kind": "hold"}}});
    fields["cohosts"] = json!([{"id": "luca", "name": "Luca"}]);
    fields["cities"][0].as_object_mut().unwrap().remove("flaws");
    fields["cities"][0]["strip"] = json!({"fader_db": 0, "muted": false, "mode": "afv"});
    let mix = json!({"kind": "mix", "duration_ms": 500});
    fields["running"] = json!({"from": slate, "transition": mix, "started": 3000, "ends": 503_000});

    let show = Show::restore(serde_json::from_value(written).unwrap(), at(4)).unwrap();
    let view = show.view(at(4));
    let keyers = view.keyers.unwrap();
    assert_eq!((keyers[0].on, keyers[0].graphic.as_ref().unwrap().field("title")), (true, "Anna"));
    assert!(keyers[1..].iter().all(|keyer| !keyer.on && keyer.graphic.is_none()));
    assert_eq!(view.preview.unwrap().graphics[0].field("subtitle"), "Lecce");
    assert_eq!(view.scenes.unwrap()[0].scene.composition.graphics[0].field("title"), "Ada");
    let cohosts = serde_json::to_value(view.cohosts.unwrap()).unwrap();
    assert_eq!((&cohosts[0]["name"], &cohosts[0]["state"]), (&json!("Luca"), &json!({"state": "offline"})));
    assert_eq!(view.running, mixing().view(at(4)).running);
    for event in [
        json!({"event": "keyer_changed", "keyer": keyer}),
        json!({"event": "program_changed", "picture": slate, "transition": mix}),
        json!({"event": "preview_changed", "picture": {"boxes": slate["boxes"], "lower_third": null}}),
    ] {
        assert!(serde_json::from_value::<regia::show::Event>(event.clone()).is_ok(), "{event}");
    }
}

#[test]
fn a_snapshot_with_a_field_too_many_or_too_few_is_refused_by_its_name() {
    let written = serde_json::to_value(mixing().snapshot()).unwrap();
    is_written::<Snapshot>(mixing().snapshot(), written.clone());
    let mut more = written.clone();
    more["running"]["speed"] = json!(1);
    is_refused::<Snapshot>(&more.to_string(), "unknown field `speed`");
    let mut less = written;
    less.as_object_mut().unwrap().remove("program_since");
    is_refused::<Snapshot>(&less.to_string(), "missing field `program_since`");
}
