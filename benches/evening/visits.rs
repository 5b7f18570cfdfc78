//! How long a viewer waits for a picture: after joining, and after moving to another channel. By real WHEP on loopback.

use std::time::{Duration, Instant};

use crate::figure::{Figure, Measured, Table, quantile};
use crate::house::House;
use crate::support::nal::units;
use crate::support::viewer::{Kind, Pool, Received, Viewer};

const PART: &str = "visits";

const JOINS: u64 = 40;
const MOVES: u64 = 40;

/// Longest wait for a picture.
const PATIENCE: Duration = Duration::from_secs(10);

/// On loopback, for 95 of 100.
const BUDGET_MS: f64 = 300.0;

/// A wait begins before the HTTP request and ends with the last packet of the first whole picture, which is a keyframe. A
/// browser's decoding and painting come on top.
pub fn measure(table: &mut Table) {
    let house = House::open();
    // Different sizes, so that a keyframe's parameter sets tell which city it is of.
    let _cities = [house.publish("roma", "640x360", 1500), house.publish("lecce", "480x270", 1500)];
    house.cut_to("roma");
    let pool = Pool::start();

    let joins: Vec<f64> = (0..JOINS)
        .map(|visit| {
            pause(visit);
            let begin = Instant::now();
            let (viewer, session) = house.watch(if visit % 2 == 0 { "program" } else { "roma" }, &pool);
            let waited = waited(begin, &viewer.collect_until(PATIENCE, ends_with_picture));
            house.leave(&session);
            waited
        })
        .collect();
    add(table, &format!("join to first picture, {JOINS} joins"), &joins);

    let [roma, lecce] = ["roma", "lecce"].map(|city| {
        let (viewer, session) = house.watch(city, &pool);
        let keyframe = viewer.collect_until(PATIENCE, |packets| packets.iter().any(|packet| sps(packet).is_some()));
        house.leave(&session);
        keyframe.iter().find_map(sps)
    });
    assert!(roma != lecce, "the cities' pictures can be told apart");
    let (viewer, session) = house.watch("roma", &pool);
    viewer.collect_until(PATIENCE, ends_with_picture);
    let moves: Vec<f64> = (0..MOVES)
        .map(|visit| {
            pause(visit);
            let (channel, wanted) = if visit % 2 == 0 { ("lecce", &lecce) } else { ("roma", &roma) };
            viewer.clear();
            let begin = Instant::now();
            house.select(&session, channel);
            waited(begin, &first_picture(&viewer, wanted.as_deref()))
        })
        .collect();
    add(table, &format!("move to another channel, {MOVES} moves"), &moves);
    house.leave(&session);
}

fn add(table: &mut Table, name: &str, waits: &[f64]) {
    table.add(Figure::new(PART, format!("{name}, p50"), Measured::Millis(quantile(waits, 0.5))));
    table.add(Figure::new(PART, format!("{name}, p95"), Measured::Millis(quantile(waits, 0.95))).within(BUDGET_MS));
}

/// People come at no fixed place between two keyframes, and further apart than two keyframe requests may be.
fn pause(visit: u64) {
    std::thread::sleep(Duration::from_millis(400 + visit * 137 % 500));
}

/// Packets up to the end of the first picture that begins with this parameter set.
fn first_picture(viewer: &Viewer, wanted: Option<&[u8]>) -> Vec<Received> {
    let begins = |packet: &Received| sps(packet).is_some_and(|sps| Some(&*sps) == wanted);
    viewer.collect_until(PATIENCE, |packets| {
        let begin = packets.iter().position(begins);
        begin.is_some_and(|begin| ends_with_picture(&packets[begin..]))
    })
}

fn ends_with_picture(packets: &[Received]) -> bool {
    packets.last().is_some_and(|packet| packet.kind == Kind::Video && packet.marker)
}

fn waited(begin: Instant, packets: &[Received]) -> f64 {
    let end = packets.last().expect("a picture has packets").arrival;
    end.duration_since(begin).as_secs_f64() * 1000.0
}

/// The sequence parameter set in a keyframe's first packet, which other units may precede.
fn sps(packet: &Received) -> Option<Vec<u8>> {
    const SPS: u8 = 7;
    let picture = packet.kind == Kind::Video;
    let units = if picture { units(std::slice::from_ref(packet)) } else { Vec::new() };
    units.into_iter().map(|unit| unit.bytes).find(|unit| unit.first().is_some_and(|head| head & 0x1f == SPS))
}
