//! Button boxes and sheets: the show commanded by plain addresses, and its rundown put in and taken out as a whole.

mod support;

use regia::show::{Command, Composition, KeyerNumber};
use serde_json::{Value, json};
use support::client::Answer;
use support::media::lower_third;
use support::server::Server;

fn press(server: &Server, path: &str) -> Answer {
    server.ask("POST", &format!("/api/v1{path}"), &[("Authorization", &server.operator())], b"")
}

fn show(server: &Server) -> Value {
    server.ask("GET", "/api/v1/show", &[("Authorization", &server.operator())], b"").json()["show"].clone()
}

/// What a button does, as the event's word; several with commas.
fn events(answer: &Answer) -> String {
    assert_eq!(answer.status(), 200, "{}", answer.body());
    let events = answer.json()["events"].as_array().unwrap().clone();
    events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(",")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_button_is_one_command() {
    let server = Server::start().await;
    server.read_media().await;
    let settings = json!({"double_press_ms": 0, "lease": {"after_s": 60, "then": {"kind": "hold"}}});
    server.direct(Command::SetSettings { settings: serde_json::from_value(settings).unwrap() }).await;
    server.direct(Command::SetGraphic { keyer: KeyerNumber::default(), graphic: Some(lower_third("A")) }).await;
    server.direct(Command::AddCohost { id: "anna".parse().unwrap(), name: "Anna".into() }).await;
    let composition = Some(Composition::full("city:lecce".parse().unwrap()));
    server.direct(Command::AddScene { name: "Lecce".into(), composition }).await;
    for title in ["Uno", "Due", "Tre"] {
        let cue = serde_json::from_value(json!({ "title": title })).unwrap();
        server.direct(Command::AddCue { cue, before: None }).await;
    }
    for (button, does) in [
        ("/preview/city:roma", "lease_changed,preview_changed"),
        ("/preview/lecce", "preview_changed"),
        ("/preview/slate", "preview_changed"),
        ("/preview/roma", "preview_changed"),
        ("/cut", "program_changed,preview_changed"),
        ("/cut/black", "program_changed"),
        ("/transition/mix/250", "transition_set"),
        ("/take", "program_changed,preview_changed"),
        ("/cut", "transition_ended"),
        ("/transition/cut", "transition_set"),
        ("/scene/1/preview", "preview_changed"),
        ("/scene/1/program", "program_changed"),
        ("/cue/next", "cue_taken"),
        ("/cue/skip", "rundown_moved"),
        ("/cue/1/set-next", "rundown_moved"),
        ("/cue/1/acknowledge", "cue_acknowledged"),
        ("/cue/hold", "rundown_held"),
        ("/cue/resume", "rundown_held"),
        ("/keyer/on", "keyer_changed"),
        ("/keyer/off", "keyer_changed"),
        ("/keyer/toggle", "keyer_changed"),
        ("/keyer/on", ""),
        ("/black/on", "faded_to_black"),
        ("/black/toggle", "faded_to_black"),
        ("/keyer/toggle", "keyer_changed"),
        ("/strip/roma/mute", "strip_changed"),
        ("/strip/roma/fader/-12.5", "strip_changed"),
        ("/strip/roma/unmute", "strip_changed"),
        ("/strip/roma/toggle", "strip_changed"),
        ("/strip/cohost:anna/mute", "strip_changed"),
        ("/strip/cohost:anna/fader/3", "strip_changed"),
        ("/strip/city:roma/unmute", "strip_changed"),
        ("/strip/city:roma/mute", "strip_changed"),
        ("/undo", "strip_changed,undone"),
        ("/redo", "strip_changed,redone"),
        ("/preview/black", "preview_changed"),
        ("/t-bar/400", "program_changed,preview_changed,transition_moved"),
        ("/t-bar/0", "transition_moved,transition_reversed,preview_changed,transition_ended"),
        ("/keyer/1/on", "keyer_changed"),
        ("/keyer/1/off", "keyer_changed"),
        ("/lease/ask", ""),
        ("/lease/release", "lease_changed"),
        ("/lease/take", "lease_changed"),
    ] {
        assert_eq!(events(&press(&server, button)), does, "{button}");
    }
    let show = show(&server);
    let roma = show["cities"].as_array().unwrap().iter().find(|city| city["id"] == "roma").unwrap().clone();
    let set = |strip: &Value| json!([strip["fader_db"], strip["muted"], strip["mode"]]);
    assert_eq!(set(&roma["strip"]), json!([-12.5, true, "afv"]));
    assert_eq!(set(&show["cohosts"][0]["strip"]), json!([3.0, true, "on"]));
    assert_eq!(show["keyers"][0]["on"], false);
    assert_eq!(show["lease"]["lease"]["holder"], "machine:operator");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_button_that_names_nothing_says_what_it_could_name() {
    let server = Server::start().await;
    for (button, status, code, told) in [
        ("/preview/moon:1", 400, "bad-path", "'slate' or 'black' is needed"),
        ("/preview/napoli", 404, "unknown-city", "the evening has lecce, roma"),
        ("/transition/mix/long", 400, "bad-path", "whole milliseconds are needed"),
        ("/transition/mix/5", 422, "transition-length", "100 to 3000 ms"),
        ("/scene/first/preview", 404, "unknown-scene", "no scene 'first'"),
        ("/cue/77/set-next", 404, "unknown-cue", "no cue '77'"),
        ("/cue/next", 409, "nothing-next", "no cue comes next"),
        ("/keyer/on", 422, "bad-value", "set a graphic first"),
        ("/strip/napoli/mute", 404, "unknown-city", "napoli"),
        ("/strip/cohost:nessuno/mute", 404, "unknown-strip", "cohost:nessuno"),
        ("/strip/moon:1/mute", 400, "bad-path", "is not a strip"),
        ("/strip/roma/fader/loud", 400, "bad-path", "decibels like -6.5 are needed"),
        ("/strip/roma/fader/NaN", 400, "bad-path", "-60 (closed) to 10 dB"),
        ("/redo", 409, "nothing-to-undo", "nothing to redo"),
    ] {
        let answer = press(&server, button);
        assert_eq!((answer.status(), &answer.json()["code"]), (status, &json!(code)), "{button}: {}", answer.body());
        assert!(answer.body().contains(told), "{button}: {}", answer.body());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn buttons_that_are_pressed_at_once_lose_nothing() {
    let server = Server::start().await;
    let keys: Vec<_> = (0..6).map(|n| (n, server.url.clone(), server.operator())).collect();
    let presses = keys.into_iter().map(|(n, url, key)| {
        std::thread::spawn(move || {
            let path = if n % 2 == 0 { "strip/roma/mute".to_owned() } else { format!("strip/roma/fader/-{n}") };
            let url = format!("{url}/api/v1/{path}");
            ureq::post(&url).header("Authorization", &key).send_empty().unwrap().status().as_u16()
        })
    });
    let presses: Vec<_> = presses.collect();
    let statuses =
        tokio::task::spawn_blocking(|| presses.into_iter().map(|press| press.join().unwrap()).collect::<Vec<_>>());
    assert_eq!(statuses.await.unwrap(), [200; 6]);
    let roma = show(&server)["cities"][1].clone();
    assert_eq!(roma["strip"]["muted"], true);
    assert!(roma["strip"]["fader_db"].as_f64().unwrap() < 0.0, "{roma}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rundown_is_put_in_and_taken_out_as_json_and_as_a_sheet() {
    let server = Server::start().await;
    server.direct(Command::AddScene { name: "Tutti".into(), composition: None }).await;
    let operator = server.operator();
    let put = |query: &str, content_type: &str, body: &[u8]| {
        let headers = [("Authorization", &*operator), ("Content-Type", content_type)];
        server.ask("PUT", &format!("/api/v1/rundown{query}"), &headers, body)
    };
    let get = |query: &str| server.ask("GET", &format!("/api/v1/rundown{query}"), &[("Authorization", &operator)], b"");

    let sheet = "Title;Scene;Duration;City;Follow\r\nApertura;Tutti;1:30;roma;sì\r\n=Saluti;;60;;no\r\n";
    assert_eq!(events(&put("", "text/csv; charset=utf-8", sheet.as_bytes())), "rundown_replaced");
    let cues = get("").json();
    let cue = |title: &str, scene: Value, duration_s: u32, city: Value, follow: bool| {
        json!({"title": title, "scene": scene, "planned_start": null, "duration_s": duration_s, "city": city, "note": "",
               "follow": follow})
    };
    let apertura = cue("Apertura", json!(1), 90, json!("roma"), true);
    assert_eq!(cues, json!({"cues": [apertura, cue("=Saluti", json!(null), 60, json!(null), false)]}));
    assert_eq!(get("?format=json").json(), cues);

    let csv = get("?format=csv");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"rundown.csv\"");
    assert_eq!(
        csv.body(),
        "\u{feff}title,scene,planned_start,duration,city,note,follow\r\nApertura,Tutti,,0:01:30,roma,,yes\r\n\
         '=Saluti,,,0:01:00,,,no\r\n"
    );
    assert_eq!(put("", "text/csv", csv.body().as_bytes()).status(), 200);
    assert_eq!(get("").json(), cues, "what is taken out can be put in");
    assert_eq!(put("", "application/json", cues.to_string().as_bytes()).status(), 200);
    assert_eq!(get("").json(), cues);

    // A full evening with long notes is larger than other bodies may be.
    let long: Vec<_> = (0..200).map(|n| json!({"title": format!("Punto {n}"), "note": "x".repeat(500)})).collect();
    assert_eq!(put("", "application/json", json!({"cues": long}).to_string().as_bytes()).status(), 200);

    let revision = show(&server)["revision"].as_u64().unwrap();
    let empty = json!({"cues": []}).to_string();
    for (query, content_type, body, status, code, told) in [
        (
            "",
            "text/csv",
            "title,scene\nx,Niente\n",
            400,
            "bad-sheet",
            "line 2, column scene: there is no scene 'Niente'",
        ),
        ("", "text/csv", "", 400, "bad-sheet", "the sheet is empty"),
        ("", "text/plain", "title\nx\n", 415, "content-type", "application/json, text/csv is needed"),
        ("", "application/json", "[]", 400, "bad-field", "does not fit"),
        ("", "application/json", "{\"cues\": [{\"title\": \"x\", \"scene\": 9}]}", 404, "unknown-scene", "9"),
        ("", "application/json", "{\"cues\": [{\"title\": \"\"}]}", 422, "bad-value", "title"),
        ("?revision=1", "application/json", &empty, 409, "stale-revision", "revision 1"),
        ("?force=1", "application/json", &empty, 400, "bad-query", "revision are possible"),
    ] {
        let answer = put(query, content_type, body.as_bytes());
        assert_eq!((answer.status(), &answer.json()["code"]), (status, &json!(code)), "{body}: {}", answer.body());
        assert!(answer.body().contains(told), "{body}: {}", answer.body());
    }
    assert_eq!(put("", "text/csv", b"title\n\xff\n").json()["code"], "not-text");
    assert_eq!(put(&format!("?revision={revision}"), "application/json", empty.as_bytes()).status(), 200);
    server.stop().await;
}
