//! How soon a killed server is on the air again, with an evening of 10,000 events in its store.

use std::time::{Duration, Instant};

use regia::gst::probe;
use regia::publish::State;
use regia::show::{CityState, View};
use serde_json::{Value, json};
use ureq::Agent;

use crate::figure::{Figure, Measured, Table, quantile};
use crate::support::evening::state;
use crate::support::house::House;
use crate::support::nal::units;
use crate::support::viewer::{Kind, Pool, Received};

const PART: &str = "restart";

const EVENTS: u64 = 10_000;
const RESTARTS: usize = 7;

/// Longest wait for a picture.
const PATIENCE: Duration = Duration::from_secs(20);

const BUDGET_MS: f64 = 3000.0;

/// From the start of the process. A publisher of ours has to find its way back each time.
pub fn measure(table: &mut Table) {
    probe::init().expect("GStreamer starts");
    let mut house = House::new("", &["lecce", "roma", "milano", "genova", "bologna"]);
    house.open();
    fill(&house);
    house.command(&house.operator(), json!({"type": "cut_to", "source": "city:roma"}));
    let pool = Pool::start();
    let (mut well, mut seen, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RESTARTS {
        // A new one each time: who loses short sessions one after another waits longer and longer.
        let publisher = house.publish("roma");
        let state = publisher.state();
        house.until("roma is live", |view| is_live(view) && *state.borrow() == State::Live);
        house.kill();
        let killed = Instant::now();
        let started = house.start();
        house.until_well();
        well.push(started.elapsed().as_secs_f64() * 1000.0);
        let viewer = house.watch("program", &pool);
        let packets = viewer.collect_until(PATIENCE, is_picture);
        let first = packets.last().expect("a picture has packets").arrival;
        seen.push((first - started).as_secs_f64() * 1000.0);
        house.until("roma is live again", is_live);
        found.push(killed.elapsed().as_secs_f64() * 1000.0);
        publisher.stop();
        house.until("roma has left", |view| !is_live(view));
    }
    let mut add = |name: &str, times: &[f64]| {
        let median = Measured::Millis(quantile(times, 0.5));
        let worst = Measured::Millis(quantile(times, 1.0));
        table.add(Figure::new(PART, format!("{name}, median of {RESTARTS}"), median));
        (format!("{name}, longest of {RESTARTS}"), worst)
    };
    let (name, worst) = add(&format!("restart with {EVENTS} events, start to healthy"), &well);
    let (then, longest) = add("restart, start to program's first whole picture at a viewer", &seen);
    let (last, slowest) = add("kill to a publisher live again", &found);
    table.add(Figure::new(PART, name, worst).within(BUDGET_MS));
    table.add(Figure::new(PART, then, longest).within(BUDGET_MS));
    table.add(Figure::new(PART, last, slowest));
}

/// Lets so many events happen.
fn fill(house: &House) {
    let agent: Agent = Agent::config_builder().build().new_agent();
    let (url, (name, key)) = (format!("{}/api/v1/commands", house.url), house.operator());
    for step in 0.. {
        let source = ["city:roma", "city:lecce", "city:milano"][step % 3];
        let body = json!({"command": {"type": "set_preview", "source": source}}).to_string();
        let request = agent.post(&url).header(name, &key).header("Content-Type", "application/json");
        let answer = request.send(&body).unwrap().body_mut().read_to_string().unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        if answer["revision"].as_u64().expect("a receipt has a revision") >= EVENTS {
            return;
        }
    }
}

fn is_live(view: &View) -> bool {
    matches!(state(view, "roma"), CityState::Live { .. })
}

/// Whether these packets end with a whole picture that needs no other.
fn is_picture(packets: &[Received]) -> bool {
    const SPS: u8 = 7;
    let is_sps = |bytes: &[u8]| bytes.first().is_some_and(|head| head & 0x1f == SPS);
    let begins = |packet: &Received| {
        packet.kind == Kind::Video && units(std::slice::from_ref(packet)).iter().any(|unit| is_sps(&unit.bytes))
    };
    packets.last().is_some_and(|packet| packet.kind == Kind::Video && packet.marker) && packets.iter().any(begins)
}
