//! How soon pages hear of a command: from its POST to the event on the WebSocket, with 50 pages and 200 commands a second,
//! in a show as large as a long evening's.

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};
use ureq::Agent;

use crate::figure::{Figure, Measured, Table, quantile};
use crate::support::house::House;

const PART: &str = "commands";

const CITIES: [&str; 8] = ["lecce", "roma", "milano", "genova", "bologna", "torino", "palermo", "trieste"];
const SCENES: usize = 30;
const CUES: usize = 40;
const MESSAGES: usize = 100;

/// Consoles that listen: each hears everything.
const PAGES: usize = 50;

/// Those who command, each on one connection that stays open.
const HANDS: u32 = 4;

/// All hands together.
const COMMANDS_PER_SECOND: u32 = 200;

const SPAN: Duration = Duration::from_secs(10);

/// Until the last events have come.
const REST: Duration = Duration::from_secs(1);

const BUDGET_MS: f64 = 10.0;

/// A wait begins when the command is due and ends when a page has read the whole message. Reading it as JSON and drawing it
/// come on top.
pub fn measure(table: &mut Table) {
    let mut house = House::new("", &CITIES);
    house.open();
    fill(&house);
    let (ready, end) = (Barrier::new(PAGES + 1), AtomicBool::new(false));
    let (due, heard) = std::thread::scope(|scope| {
        let pages: Vec<_> = (0..PAGES).map(|_| scope.spawn(|| listen(&house, &ready, &end))).collect();
        ready.wait();
        let begin = Instant::now();
        let hands: Vec<_> = (0..HANDS)
            .map(|hand| {
                scope.spawn({
                    let house = &house;
                    move || command(house, hand, begin)
                })
            })
            .collect();
        let due: HashMap<u64, Instant> = hands.into_iter().flat_map(|hand| hand.join().unwrap()).collect();
        std::thread::sleep(REST);
        end.store(true, Ordering::Relaxed);
        let heard: Vec<Heard> = pages.into_iter().map(|page| page.join().unwrap()).collect();
        (due, heard)
    });
    let commands = SPAN.as_secs() as usize * COMMANDS_PER_SECOND as usize;
    assert_eq!(due.len(), commands, "each command changed something");
    let mut waits = Vec::new();
    for page in &heard {
        for (number, arrival) in &page.arrivals {
            waits.extend(due.get(number).map(|due| arrival.duration_since(*due).as_secs_f64() * 1000.0));
        }
    }
    assert_eq!(waits.len(), commands * PAGES, "every page heard every command");
    let bytes: usize = heard.iter().map(|page| page.bytes).sum();
    let each = bytes as f64 / waits.len() as f64 / 1024.0;
    let name = format!("command to event on {PAGES} pages, {COMMANDS_PER_SECOND} commands a second");
    table.add(Figure::new(PART, format!("{name}, p50"), Measured::Millis(quantile(&waits, 0.5))));
    table.add(Figure::new(PART, format!("{name}, p99"), Measured::Millis(quantile(&waits, 0.99))).within(BUDGET_MS));
    table.add(Figure::new(PART, "what a console is sent for a command, on average", Measured::Kibibytes(each)));
}

/// Makes the show as large as that of a long evening.
fn fill(house: &House) {
    let operator = house.operator();
    let run = |command: Value| drop(house.command(&operator, command));
    for scene in 0..SCENES {
        let sources: Vec<String> = (0..4).map(|n| format!("city:{}", CITIES[(scene + n) % CITIES.len()])).collect();
        let title = json!({"title": format!("Ospite numero {scene}"), "subtitle": "che racconta la sua città"});
        let composition = json!({"layout": "grid", "sources": sources, "lower_third": title});
        run(json!({"type": "add_scene", "name": format!("Scena {scene}"), "composition": composition}));
    }
    for cue in 0..CUES {
        let plan = json!({"title": format!("Punto {cue} della scaletta"), "scene": cue % SCENES + 1,
            "city": CITIES[cue % CITIES.len()], "duration_s": 240, "note": "il pubblico in piedi, poi la musica"});
        run(json!({"type": "add_cue", "cue": plan}));
    }
    for message in 0..MESSAGES {
        let text = format!("messaggio {message}: tra cinque minuti tocca a voi, siete pronti?");
        run(json!({"type": "send_message", "to": format!("city:{}", CITIES[message % CITIES.len()]), "text": text}));
    }
    run(json!({"type": "take_next"}));
}

/// What one page heard.
struct Heard {
    /// Numbers of last events, and when they had come.
    arrivals: Vec<(u64, Instant)>,
    bytes: usize,
}

/// A page: it only looks at the time.
fn listen(house: &House, ready: &Barrier, end: &AtomicBool) -> Heard {
    let authority = house.url.strip_prefix("http://").expect("it is HTTP");
    let stream = TcpStream::connect(authority).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut socket, _) = client(format!("ws://{authority}/api/v1/live"), stream).unwrap();
    let (_, authorization) = house.operator();
    let key = authorization.strip_prefix("Bearer ").expect("it is a bearer token");
    socket.send(Message::text(json!({"type": "hello", "key": key}).to_string())).unwrap();
    while !text(&mut socket).starts_with(r#"{"type":"snapshot""#) {}
    ready.wait();
    let mut heard = Heard { arrivals: Vec::new(), bytes: 0 };
    // Beats come each second: no wait is long.
    while !end.load(Ordering::Relaxed) {
        let text = text(&mut socket);
        let arrival = Instant::now();
        if text.starts_with(r#"{"type":"events""#) {
            heard.arrivals.push((number(&text), arrival));
            heard.bytes += text.len();
        }
    }
    heard
}

fn text(socket: &mut WebSocket<TcpStream>) -> String {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            return text.as_str().to_owned();
        }
    }
}

/// The number of the last event of a message, which stands near its beginning.
fn number(text: &str) -> u64 {
    let (_, after) = text.split_once(r#""number":"#).expect("events have numbers");
    after.split(',').next().and_then(|digits| digits.parse().ok()).expect("a number")
}

/// One hand's share of the commands, each when it is due: what it led to, and when it was due.
fn command(house: &House, hand: u32, begin: Instant) -> Vec<(u64, Instant)> {
    let agent: Agent = Agent::config_builder().build().new_agent();
    let (url, (name, key)) = (format!("{}/api/v1/commands", house.url), house.operator());
    let each = Duration::from_secs(1) * HANDS / COMMANDS_PER_SECOND;
    let count = COMMANDS_PER_SECOND / HANDS * SPAN.as_secs() as u32;
    let share = (0..count).map(|step| {
        let due = begin + each * step + each * hand / HANDS;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // Each changes something, the first of each as well.
        let command = match hand {
            0 => json!({"type": "set_preview", "source": format!("city:{}", CITIES[step as usize % CITIES.len()])}),
            1 => json!({"type": "set_strip", "city": "roma", "strip": {"fader_db": -1.0 - f64::from(step % 50)}}),
            2 => json!({"type": "send_message", "to": "all", "text": format!("avviso {step}")}),
            _ => json!({"type": "set_next", "cue": step as usize % (CUES - 2) + 3}),
        };
        let body = json!({"command": command}).to_string();
        let request = agent.post(&url).header(name, &key).header("Content-Type", "application/json");
        let answer = request.send(&body).unwrap().body_mut().read_to_string().unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        (answer["revision"].as_u64().expect("a receipt has a revision"), due)
    });
    share.collect()
}
