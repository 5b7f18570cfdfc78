//! What the server adds between WHIP and WHEP: from the moment a publisher hands a NAL unit to its own WebRTC stack to the
//! arrival of its last packet at a viewer. Both ends are in this process and read one clock; the server is in its own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use regia::gst::{EventClock, probe};
use regia::publish::{self, Picture, Publisher, Retry, SentNal};
use regia::secret::Key;
use tokio::sync::mpsc;

use crate::figure::{Figure, Measured, Table, quantile};
use crate::house::{self, House};
use crate::support::nal::{is_slice, units};
use crate::support::viewer::{Kind, LOOPBACK, Pool, Received};

const PART: &str = "passage";

const SPAN: Duration = Duration::from_secs(20);

/// Units that may wait to be read: more than a publisher sends within the span.
const ROOM: usize = 8192;

/// Encryption and decryption at both ends and the way over loopback count against the server, and so does the jitter
/// buffer: it hands on at once what comes in order, and holds back only what comes after a gap.
pub fn measure(table: &mut Table) {
    probe::init().expect("GStreamer starts");
    let house = House::open();
    let (tap_tx, mut tap_rx) = mpsc::channel(ROOM);
    let mut config = publish::Config::new(house.whip("roma"), Picture::Pattern("roma".parse().unwrap()));
    config.bearer = Some(Key::try_from(house::key("roma")).unwrap());
    config.listen = vec![LOOPBACK];
    config.retry = Retry::Times(3);
    config.tap = Some(tap_tx);
    let publisher = Publisher::start(config, &EventClock::start()).unwrap();
    house.until("roma", "live");

    let pool = Pool::start();
    let (viewer, session) = house.watch("roma", &pool);
    viewer.collect_until(Duration::from_secs(10), |packets| packets.iter().any(|packet| packet.kind == Kind::Video));
    let mut packets = Vec::new();
    let end = Instant::now() + SPAN;
    while Instant::now() < end {
        packets.extend(viewer.next(Duration::from_millis(50)).filter(|packet| packet.kind == Kind::Video));
    }
    house.leave(&session);
    publisher.stop();
    let sent: Vec<SentNal> = std::iter::from_fn(|| tap_rx.try_recv().ok()).collect();

    let added = times(&sent, packets);
    assert!(added.len() > 300, "only {} units were found at both ends", added.len());
    let name = format!("WHIP in to WHEP out, {} units", added.len());
    table.add(Figure::new(PART, format!("{name}, p50"), Measured::Millis(quantile(&added, 0.5))));
    table.add(Figure::new(PART, format!("{name}, p99"), Measured::Millis(quantile(&added, 0.99))).within(10.0));
}

/// Milliseconds for each slice that was sent once and arrived.
fn times(sent: &[SentNal], mut packets: Vec<Received>) -> Vec<f64> {
    packets.sort_by_key(|packet| packet.sequence);
    packets.dedup_by_key(|packet| packet.sequence);
    let mut left: HashMap<&[u8], Vec<Instant>> = HashMap::new();
    for unit in sent {
        left.entry(&unit.bytes).or_default().push(unit.at);
    }
    let slices = units(&packets).into_iter().filter(|unit| is_slice(&unit.bytes));
    let times = slices.filter_map(|unit| match left.get(&unit.bytes[..]).map(Vec::as_slice) {
        Some([at]) => Some(unit.arrival.duration_since(*at).as_secs_f64() * 1000.0),
        _ => None,
    });
    times.collect()
}
