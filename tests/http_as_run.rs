//! The as-run log over HTTP: what was done comes out again, leads to the same show, and to a list that editors read.

mod support;

use std::time::Instant;

use regia::show::{Command, Recorded, Show};
use serde_json::{Value, json};
use support::client::{Answer, DEADLINE};
use support::server::Server;

fn get(server: &Server, path: &str) -> Answer {
    server.ask("GET", path, &[("Authorization", &server.operator())], b"")
}

fn command(server: &Server, command: Value) -> Answer {
    server.post_command(&json!({ "command": command }))
}

/// Something of everything, by several people, with what is refused and what is taken back.
async fn varied_evening(server: &Server) {
    let screener = server.cookie("Bea", "screener").await;
    for step in [
        json!({"type": "set_settings", "settings": {"double_press_ms": 0, "lease": {"after_s": 60, "then": {"kind": "hold"}}}}),
        json!({"type": "set_preview", "source": "city:roma"}),
        json!({"type": "set_transition", "transition": {"kind": "mix", "duration_ms": 100}}),
        json!({"type": "take"}),
        json!({"type": "cut"}),
        json!({"type": "add_scene", "name": "Tutti", "composition": {"layout": "side_by_side", "sources": ["city:roma", "city:lecce"]}}),
        json!({"type": "add_scene", "name": "Titolo", "composition": {"sources": ["city:lecce"], "graphics": [{"template": "lower-third", "fields": {"title": "Lecce"}}]}}),
        json!({"type": "duplicate_scene", "scene": 1}),
        json!({"type": "move_scene", "scene": 2, "to": 0}),
        json!({"type": "recall_scene", "scene": 1, "to": "program"}),
        json!({"type": "remove_scene", "scene": 3}),
        json!({"type": "undo"}),
        json!({"type": "redo"}),
        json!({"type": "undo"}),
        json!({"type": "add_cue", "cue": {"title": "Apertura", "scene": 1, "duration_s": 60, "city": "roma"}}),
        json!({"type": "add_cue", "cue": {"title": "Saluti", "note": "con, \"virgolette\"", "duration_s": 1, "follow": true}}),
        json!({"type": "take_next"}),
        json!({"type": "acknowledge_cue", "cue": 1}),
        json!({"type": "update_cue", "cue": 2, "plan": {"title": "Saluti a tutti"}}),
        json!({"type": "move_cue", "cue": 2, "to": 0}),
        json!({"type": "set_next", "cue": 1}),
        json!({"type": "hold_rundown", "held": true}),
        json!({"type": "remove_cue", "cue": 1}),
        json!({"type": "replace_rundown", "cues": [{"title": "Da capo"}, {"title": "Fine"}]}),
        json!({"type": "skip_next"}),
        json!({"type": "set_graphic", "keyer": 2, "graphic": {"template": "lower-third", "fields": {"title": "Anna", "subtitle": "regista"}}}),
        json!({"type": "set_keyer", "keyer": 2, "on": true}),
        json!({"type": "fade_to_black", "on": true}),
        json!({"type": "set_strip", "city": "roma", "strip": {"fader_db": -12.5, "mode": "on"}}),
        json!({"type": "add_city", "id": "genova", "name": "Genova", "time_zone": "Europe/Rome", "position": 0}),
        json!({"type": "update_city", "city": "genova", "name": "Zena"}),
        json!({"type": "move_city", "city": "genova", "to": 2}),
        json!({"type": "set_slate_text", "city": "genova", "text": "arriviamo"}),
        json!({"type": "cut_to", "source": "city:genova"}),
        json!({"type": "remove_city", "city": "genova"}),
        json!({"type": "cut_to", "source": "black"}),
        json!({"type": "remove_city", "city": "genova"}),
        json!({"type": "undo"}),
        json!({"type": "add_cohost", "id": "luca", "name": "Luca"}),
        json!({"type": "send_message", "to": "all", "text": "Si parte"}),
        json!({"type": "set_canned", "texts": ["Pronti?"]}),
        json!({"type": "set_title", "title": "Il meglio di: città"}),
        json!({"type": "release_lease"}),
        json!({"type": "take_lease"}),
    ] {
        let answer = command(server, step.clone());
        let is_refused = step == json!({"type": "remove_city", "city": "genova"}) && answer.status() == 409;
        assert!(answer.status() == 200 || is_refused, "{step}: {}", answer.body());
    }
    for step in [
        json!({"command": {"type": "update_cohost", "cohost": "luca", "name": "Luca R."}}),
        json!({"command": {"type": "undo"}}),
        json!({"command": {"type": "read_message", "message": 1}}),
    ] {
        let headers = [("Cookie", &*screener), ("Origin", &*server.url), ("Content-Type", "application/json")];
        let answer = server.ask("POST", "/api/v1/commands", &headers, step.to_string().as_bytes());
        assert_eq!(answer.status(), 200, "{step}: {}", answer.body());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_exported_leads_to_the_same_show() {
    let server = Server::start().await;
    server.read_media().await;
    varied_evening(&server).await;
    let answer = get(&server, "/api/v1/as-run");
    assert_eq!((answer.status(), &*answer.header("content-type")), (200, "application/json"));
    let log: Vec<Recorded> = serde_json::from_str(answer.body()).unwrap();
    let replayed = Show::replay(None, log.iter()).unwrap();
    let state = server.state.lock().unwrap().clone().unwrap();
    assert!(log.len() > 50, "{} events", log.len());
    assert_eq!(replayed.snapshot(), state);
    // From any line on it is the same.
    for cut in [1, log.len() / 3, log.len() - 1] {
        let before = Show::replay(None, log[..cut].iter()).unwrap().snapshot();
        assert_eq!(Show::replay(Some(before), log[cut..].iter()).unwrap().snapshot(), state);
    }
    let lines = get(&server, "/api/v1/as-run?format=jsonl");
    let from_lines: Vec<Recorded> = lines.body().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(from_lines, log);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_told_as_they_are_asked_for() {
    let server = Server::start().await;
    for n in 0..1200 {
        server.direct(Command::SetTitle { title: format!("Sera {n}") }).await;
    }
    let numbers = |query: &str| -> Vec<u64> {
        let answer = get(&server, &format!("/api/v1/as-run{query}"));
        assert_eq!(answer.status(), 200, "{query}: {}", answer.body());
        answer.json().as_array().unwrap().iter().map(|row| row["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(""), (1..=1201).collect::<Vec<_>>(), "over several pages, without a gap");
    assert_eq!(numbers("?after=2&before=6"), [3, 4, 5]);
    assert_eq!(numbers("?order=newest&limit=2"), [1201, 1200]);
    assert_eq!(numbers("?kind=opened"), [1]);
    assert_eq!(numbers("?kind=opened,title_set&limit=3"), [1, 2, 3]);
    assert_eq!(numbers("?kind=opened&kind=city_added"), [1]);
    assert_eq!(numbers("?after=1201"), [0_u64; 0]);
    assert_eq!(numbers(&format!("?after={}", u64::MAX)), [0_u64; 0]);
    assert_eq!(numbers("?before=0"), [0_u64; 0]);
    assert_eq!(numbers("?until=2020-01-01T00:00:00Z"), [0_u64; 0]);
    assert_eq!(numbers("?from=2020-01-01T00:00:00+01:00&limit=1"), [1]);
    let wall = get(&server, "/api/v1/as-run?after=9&limit=1").json()[0]["wall"].as_i64().unwrap();
    assert!(numbers(&format!("?from={wall}&limit=1"))[0] <= 10);

    let csv = get(&server, "/api/v1/as-run?format=csv&limit=700");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert!(csv.header("content-disposition").starts_with("attachment; filename=\"sera-1199-as-run-20"));
    assert_eq!(csv.body().lines().count(), 701);
    assert!(
        csv.body().starts_with("number,turn,wall,time_s,actor,cause,kind,event\r\n1,1,20"),
        "{}",
        &csv.body()[..99]
    );
    assert!(csv.body().contains(",machine:operator,command set_title,title_set,\"{\"\"event\"\":"));

    for (query, told) in [
        ("?number=1", "there is no 'number': after, before, from, until, kind, order, limit, format are possible"),
        ("?after=-1", "after is '-1': a whole number from 0 on is needed"),
        ("?after=1&after=2", "'after' stands there twice"),
        ("?from=yesterday", "from is 'yesterday': an instant like 2026-11-21T21:30:00+01:00"),
        ("?kind=exploded", "kind is 'exploded': one of opened, "),
        ("?order=random", "order is 'random': one of oldest, newest is needed"),
        ("?limit=0", "limit is '0': 1 to 10000000 rows are possible"),
        ("?format=xml", "format is 'xml': one of json, jsonl, csv is needed"),
    ] {
        let answer = get(&server, &format!("/api/v1/as-run{query}"));
        assert_eq!((answer.status(), &answer.json()["code"]), (400, &json!("bad-query")), "{query}: {}", answer.body());
        assert!(answer.json()["message"].as_str().unwrap().starts_with(told), "{query}: {}", answer.body());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_comes_out_as_a_list_that_editors_read() {
    let server = Server::start().await;
    for source in ["city:roma", "city:lecce", "slate"] {
        command(&server, json!({"type": "cut_to", "source": source}));
        // It is in the list when it has been on air for a frame.
        let deadline = Instant::now() + DEADLINE;
        let (_, reel) = source.rsplit_once(':').unwrap_or(("", source));
        let is_last = || {
            let edl = get(&server, "/api/v1/as-run/program.edl");
            let events: Vec<_> = edl.body().lines().filter(|line| line.contains("AA/V")).collect();
            events.last().is_some_and(|last| last.contains(&reel.to_uppercase()))
        };
        while !is_last() {
            assert!(Instant::now() < deadline, "{source} is not in the list in time");
        }
    }
    let edl = get(&server, "/api/v1/as-run/program.edl");
    assert_eq!((edl.status(), &*edl.header("content-type")), (200, "text/plain; charset=us-ascii"));
    assert!(edl.header("content-disposition").starts_with("attachment; filename=\"una-sera-program-20"));
    assert!(edl.body().starts_with("TITLE: Una sera\r\nFCM: NON-DROP FRAME\r\n\r\n001  SLATE"), "{}", edl.body());
    assert!(edl.body().contains("  ROMA     AA/V  C        ") && edl.body().contains("* FROM CLIP NAME: lecce\r\n"));
    let otio = get(&server, "/api/v1/as-run/program.otio");
    let timeline = otio.json();
    assert_eq!((otio.status(), &timeline["OTIO_SCHEMA"]), (200, &json!("Timeline.1")), "{}", otio.body());
    assert!(otio.header("content-disposition").ends_with(".otio\""));
    let clips = timeline["tracks"]["children"][0]["children"].as_array().unwrap();
    let names: Vec<_> = clips.iter().map(|clip| clip["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Slate", "roma", "lecce", "Slate"]);

    // Another evening in the same house: its list begins with it.
    command(&server, json!({"type": "open_evening", "title": "Seconda sera"}));
    let deadline = Instant::now() + DEADLINE;
    let second = loop {
        let edl = get(&server, "/api/v1/as-run/program.edl").body().to_owned();
        if edl.contains("AA/V") && edl.starts_with("TITLE: Seconda sera\r\n") {
            break edl;
        }
        assert!(Instant::now() < deadline, "the second evening has no list in time: {edl}");
    };
    assert_eq!(second.matches("AA/V").count(), 1, "{second}");

    let nothing = get(&server, "/api/v1/as-run/program.edl?until=2020-01-01T00:00:00Z");
    assert_eq!((nothing.status(), nothing.body().lines().count()), (200, 3));
    for (query, told) in [
        ("?from=2020-01-01T00:00:00Z", "at most 23 hours before the end are possible"),
        ("?until=soon", "until is 'soon': an instant"),
        ("?after=1", "there is no 'after': from, until are possible"),
    ] {
        let answer = get(&server, &format!("/api/v1/as-run/program.otio{query}"));
        assert_eq!((answer.status(), &answer.json()["code"]), (400, &json!("bad-query")), "{query}");
        assert!(answer.body().contains(told), "{query}: {}", answer.body());
    }
    server.stop().await;
}
