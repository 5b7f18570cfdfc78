//! The server is killed in mid-show and started again: everything is as it was, and everybody finds the way back.

mod support;

use std::time::{Duration, Instant};

use regia::publish::State;
use regia::show::{CityState, Event, Link, Source, View};
use serde_json::{Value, json};
use support::as_run;
use support::client::{Page, ask, try_ask};
use support::decode::{self, Shot, apart};
use support::evening::{colour, leave, state};
use support::house::House;
use support::nal::units;
use support::viewer::{Kind, Pool, Received};

/// Where a card and a slate have nothing on them, in thousandths.
const CLEAR: (usize, usize) = (60, 500);

/// Longest wait of a new viewer for a first picture.
const PATIENCE: Duration = Duration::from_secs(20);

const PASSWORD: &str = "correct horse battery";

fn shows(shot: &Shot, city: &str) -> bool {
    apart(shot.colour(CLEAR.0, CLEAR.1), colour(city)) < 40
}

fn is_live(view: &View, city: &str) -> bool {
    matches!(state(view, city), CityState::Live { .. })
}

/// Signs an operator in; the header of their browser.
fn sign_in(house: &House, name: &str) -> (&'static str, String) {
    let body = json!({"name": name, "password": PASSWORD}).to_string();
    let json = [("Content-Type", "application/json")];
    let answer = ask("POST", &format!("{}/api/v1/session", house.url), &json, body.as_bytes());
    assert_eq!(answer.status(), 200, "{}", answer.body());
    ("Cookie", answer.header("Set-Cookie").split(';').next().unwrap().to_owned())
}

/// What an evening in mid-show is made of, by commands.
fn prepare(house: &House, who: &(&'static str, String)) {
    let commands = [
        json!({"type": "take_lease"}),
        json!({"type": "add_city", "id": "torino", "name": "Torino", "time_zone": "Europe/Rome"}),
        json!({"type": "set_slate_text", "city": "torino", "text": "torniamo subito"}),
        json!({"type": "add_scene", "name": "Sicura", "composition": {"layout": "full", "sources": ["slate"]}}),
        json!({"type": "set_settings",
            "settings": {"double_press_ms": 0, "lease": {"after_s": 600, "then": {"kind": "scene", "scene": 1}}}}),
        json!({"type": "add_scene", "name": "Due", "composition":
            {"layout": "side_by_side", "sources": ["city:roma", "city:lecce"]}}),
        json!({"type": "add_scene", "name": "Roma", "composition": {"layout": "full", "sources": ["city:roma"]}}),
        json!({"type": "add_cue", "cue": {"title": "Apertura", "scene": 3, "city": "roma", "duration_s": 600}}),
        json!({"type": "add_cue", "cue": {"title": "A due", "scene": 2, "note": "piano", "duration_s": 300}}),
        json!({"type": "add_cue", "cue": {"title": "Chiusura", "scene": 1}}),
        json!({"type": "acknowledge_cue", "cue": 1}),
        json!({"type": "set_transition", "transition": {"kind": "mix", "duration_ms": 700}}),
        json!({"type": "set_graphic", "graphic": {"template": "lower-third", "fields": {"title": "Ada", "subtitle": "Lecce"}}}),
        json!({"type": "set_keyer", "on": true}),
        json!({"type": "set_strip", "city": "lecce", "strip": {"fader_db": -12.3, "muted": false, "mode": "on"}}),
        json!({"type": "add_cohost", "id": "luca", "name": "Luca"}),
        json!({"type": "set_canned", "texts": ["tra un minuto", "grazie"]}),
        json!({"type": "send_message", "to": "city:roma", "text": "Roma, tocca a voi"}),
        json!({"type": "cut_to", "source": "city:lecce"}),
        json!({"type": "take_next"}),
        json!({"type": "set_preview", "source": "city:torino"}),
    ];
    for command in commands {
        house.command(who, command);
    }
}

/// The parts of a view that a restart must not change.
fn kept(view: &View) -> Value {
    let mut value = serde_json::to_value(view).unwrap();
    let fields = value.as_object_mut().unwrap();
    // Whose links are up and which cities are live has to be found anew, and the revision has gone on.
    for field in ["revision", "present", "lease", "your_cue", "alarms", "running"] {
        fields.remove(field);
    }
    for city in fields["cities"].as_array_mut().unwrap() {
        city.as_object_mut().unwrap().retain(|field, _| field != "state" && field != "crew");
    }
    // What is expected of cues to come moves with the time.
    for cue in fields["rundown"]["cues"].as_array_mut().unwrap() {
        cue.as_object_mut().unwrap().retain(|field, _| field != "expected_start" && field != "over_s");
    }
    value
}

/// Whether a keyframe begins with this packet: its parameter set comes first.
fn begins_keyframe(packet: &Received) -> bool {
    const SPS: u8 = 7;
    let is_sps = |bytes: &[u8]| bytes.first().is_some_and(|head| head & 0x1f == SPS);
    packet.kind == Kind::Video && units(std::slice::from_ref(packet)).iter().any(|unit| is_sps(&unit.bytes))
}

/// Whether the last of these packets ends a picture, and there was a keyframe.
fn is_picture(packets: &[Received]) -> bool {
    packets.iter().any(begins_keyframe)
        && packets.last().is_some_and(|packet| packet.kind == Kind::Video && packet.marker)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_comes_back_as_it_was_and_publishers_find_it() {
    let mut house = House::new("[program]\nwidth = 320\nheight = 180\nfps = 15\n", &["lecce", "roma"]);
    let opened = house.open();
    println!("a new server is well after {} ms", opened.as_millis());
    house.done("admin add-operator Anna --roles director", &format!("{PASSWORD}\n"));
    let anna = sign_in(&house, "Anna");
    let (page, ..) = Page::hello_as(&house.url, &anna.1);
    let pool = Pool::start();
    let publishers = [house.publish("roma"), house.publish("lecce")];
    house.until("both cities are live", |view| is_live(view, "roma") && is_live(view, "lecce"));
    prepare(&house, &anna);
    let [mut program, mut channel] = ["program", "lecce"].map(|id| house.record(id, &pool));
    program.until_seen("roma in program", |shot| shows(shot, "roma"));
    channel.until_seen("lecce on its channel", |shot| shows(shot, "lecce"));
    let lease = |view: &View| view.lease.as_ref().and_then(|lease| lease.lease.clone());
    let is_linked = |view: &View| lease(view).is_some_and(|lease| lease.link == Link::Up {});
    let before =
        house.until("the transition is over, the page is known", |view| view.running.is_none() && is_linked(view));
    let written = as_run::log_up_to(&house.store(), before.revision);

    house.kill();
    let killed = Instant::now();
    drop(page);
    let started = house.start();
    house.until_well();
    println!("well {} ms after its start", started.elapsed().as_millis());
    let viewer = house.watch("program", &pool);
    let packets = viewer.collect_until(PATIENCE, is_picture);
    let first = packets.last().expect("a picture has packets").arrival;
    println!("a viewer has program's first picture {} ms after the server's start", (first - started).as_millis());
    assert!(!decode::pictures(&packets).is_empty(), "it can be decoded");

    let after = house.view();
    assert_eq!(kept(&after), kept(&before));
    let was = lease(&before).unwrap();
    let is = lease(&after).expect("the holder is kept");
    assert_eq!((&is.holder, is.since), (&was.holder, was.since));
    assert!(matches!(is.link, Link::Lost { .. }), "nobody's page has come back yet: {:?}", is.link);
    let (_page, hello, snapshot) = Page::hello_as(&house.url, &anna.1);
    assert_eq!(hello["actor"], "operator:Anna", "the session goes on");
    assert_eq!(snapshot["show"]["title"], "Prova");
    house.until("the holder's link is found", is_linked);

    house.until("both cities are live again", |view| is_live(view, "roma") && is_live(view, "lecce"));
    println!("both publishers are live again {} ms after the kill", killed.elapsed().as_millis());
    for publisher in &publishers {
        assert_eq!(*publisher.state().borrow(), State::Live);
    }
    let [mut program, mut channel, mut torino] = ["program", "lecce", "torino"].map(|id| house.record(id, &pool));
    program.until_seen("roma in program again", |shot| shows(shot, "roma"));
    channel.until_seen("lecce on its channel again", |shot| shows(shot, "lecce"));
    torino.until_seen("the slate of a city that came in mid-show", |shot| shot.light(CLEAR.0, CLEAR.1) < 40);

    // What was done before can be taken back after: the preview, then the cue.
    house.command(&anna, json!({"type": "undo"}));
    house.command(&anna, json!({"type": "undo"}));
    let back = house.view();
    let lecce = Source::City("lecce".parse().unwrap());
    assert!(back.program.shows(&lecce), "the picture before the cue: {}", back.program);
    let rundown = back.rundown.as_ref().unwrap();
    assert_eq!((rundown.on_air, rundown.next), (None, Some(rundown.cues[0].id)), "the plan is back as well");
    program.until_seen("lecce in program", |shot| shows(shot, "lecce"));

    let log = as_run::log_up_to(&house.store(), back.revision);
    assert_eq!(log[..written.len()], written, "what was written stays as it was");
    assert_eq!(log.iter().filter(|recorded| recorded.event == Event::Restarted {}).count(), 1);
    as_run::assert_confirms(&log, &back);
    for publisher in publishers {
        leave(publisher).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_again_and_again_while_it_writes_comes_back_with_what_its_log_says() {
    const KILLS: u64 = 10;
    let mut house = House::new("[program]\nwidth = 160\nheight = 90\nfps = 5\n", &["lecce", "roma"]);
    let mut written = Vec::new();
    for kill in 0..=KILLS {
        // One that is killed on its way up leaves no more behind than one that never started.
        house.start();
        std::thread::sleep(Duration::from_millis(kill * 17 % 150));
        house.kill();
        let opened = house.open();
        let view = house.view();
        let log = as_run::log_up_to(&house.store(), view.revision);
        as_run::assert_confirms(&log, &view);
        assert_eq!(log[..written.len()], written, "what was written stays as it was");
        println!("round {kill}: well after {} ms with {} events", opened.as_millis(), log.len());
        if kill == KILLS {
            break;
        }
        // Never at the same point of the writer's work.
        let wait = Duration::from_millis(40 + kill * 37 % 160);
        let done = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..3).map(|hand| scope.spawn(move_on(&house, hand))).collect();
            std::thread::sleep(wait);
            let pid = house.pid();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            hands.into_iter().map(|hand| hand.join().unwrap()).max().unwrap()
        });
        house.kill();
        written = as_run::log(&house.store());
        let last = written.last().map_or(0, |last| last.number);
        assert!(last >= log.len() as u64, "nothing that was written is lost");
        println!("  killed after {} ms at event {done}; {last} are written", wait.as_millis());
    }
}

/// One who commands without a pause until the server is gone; the last revision that it was told.
fn move_on(house: &House, hand: usize) -> impl FnOnce() -> u64 + Send + use<> {
    let (url, (name, key)) = (format!("{}/api/v1/commands", house.url), house.operator());
    move || {
        let mut last = 0;
        for step in 0.. {
            let command = match (hand, step % 3) {
                (0, 0) => json!({"type": "set_preview", "source": "city:roma"}),
                (0, 1) => json!({"type": "take"}),
                (0, _) => json!({"type": "set_preview", "source": "city:lecce"}),
                (1, 0) => json!({"type": "add_scene", "name": format!("Scena {step}")}),
                (1, 1) => json!({"type": "undo"}),
                (1, _) => json!({"type": "redo"}),
                (_, 0) => json!({"type": "send_message", "to": "all", "text": format!("messaggio {step}")}),
                (_, 1) => json!({"type": "set_strip", "city": "roma", "strip": {"fader_db": -(step % 60)}}),
                (_, _) => json!({"type": "add_cue", "cue": {"title": format!("Scaletta {step}")}}),
            };
            let headers = [(name, &*key), ("Content-Type", "application/json")];
            let body = json!({"command": command}).to_string();
            // Some are refused, as when lists are full; that is no matter here.
            let Some(answer) = try_ask("POST", &url, &headers, body.as_bytes()) else { break };
            last = answer.json()["revision"].as_u64().unwrap_or(last);
        }
        last
    }
}
