//! Calls: from one co-host's mouth to another's ear through the server, and what each of them costs it. Callers and listeners
//! are in this process and read one clock; the server is in its own.

use std::time::{Duration, Instant};

use crate::figure::{Figure, Measured, Table, quantile};
use crate::house::House;
use crate::process;
use crate::support::caller::Caller;
use crate::support::viewer::{Keep, Pool, Received};
use crate::support::voice::{self, Talker};

const PART: &str = "calls";

/// How long is spoken: some 120 bursts.
const SPEECH: Duration = Duration::from_secs(40);

/// Until what was said last is heard, and until encoders and pools have what they need.
const REST: Duration = Duration::from_secs(2);
const SETTLE: Duration = Duration::from_secs(4);

/// Over which the load is measured.
const SPAN: Duration = Duration::from_secs(10);

/// How many are on a call, one after another.
const CALLS: [usize; 4] = [0, 2, 4, 8];

/// From mouth to ear on loopback, for 95 of 100.
const BUDGET_MS: f64 = 150.0;

pub fn measure(table: &mut Table) {
    mouth_to_ear(table);
    load(table);
}

/// In it: the speaker's packet of 20 ms, which is sent when its last sample was recorded, its encoder, both ways over loopback,
/// everything in the server, a listener's jitter buffer of 40 ms, and its decoder. Not in it: sound devices, and what a
/// system does on the way to them.
fn mouth_to_ear(table: &mut Table) {
    let (house, pool) = (House::open(), Pool::start());
    let (anna, bruno) = (house.invite("anna"), house.invite("bruno"));
    let talker = Talker::start(Caller::call(&house.url, "anna", &anna));
    house.put_on_air("anna");
    let ear = house.listen("bruno", &bruno, &pool, Keep::Packets(65_536));
    let mut packets = listen_for(&ear, SETTLE);
    talker.burst(true);
    packets.extend(listen_for(&ear, SPEECH));
    talker.burst(false);
    packets.extend(listen_for(&ear, REST));
    let heard = voice::heard(&talker.leave(), &packets);
    let name = "from mouth to ear, co-host to co-host";
    let of = format!("{name}, {} bursts", heard.delays_ms.len());
    table.add(Figure::new(PART, format!("{of}, p50"), Measured::Millis(quantile(&heard.delays_ms, 0.5))));
    table.add(
        Figure::new(PART, format!("{of}, p95"), Measured::Millis(quantile(&heard.delays_ms, 0.95))).within(BUDGET_MS),
    );
    table.add(
        Figure::new(
            PART,
            format!("{name}, not heard or heard twice"),
            Measured::Count((heard.missed + heard.strange) as u64),
        )
        .within(0.0),
    );
    table.add(Figure::new(PART, format!("{name}, packets later than 40 ms"), Measured::Count(heard.late as u64)));
}

fn listen_for(ear: &crate::support::viewer::Viewer, span: Duration) -> Vec<Received> {
    let end = Instant::now() + span;
    std::iter::from_fn(|| {
        let left = end.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| ear.next(left)).flatten()
    })
    .collect()
}

/// All are on air, speak all the time and hear each other, with program's picture.
fn load(table: &mut Table) {
    let (house, pool) = (House::open(), Pool::start());
    let (mut talkers, mut ears, mut loads) = (Vec::new(), Vec::new(), Vec::new());
    for calls in CALLS {
        while talkers.len() < calls {
            let id = format!("cohost-{}", talkers.len());
            let key = house.invite(&id);
            talkers.push(Talker::start(Caller::call(&house.url, &id, &key)));
            house.put_on_air(&id);
            ears.push(house.listen(&id, &key, &pool, Keep::Counts));
        }
        std::thread::sleep(SETTLE);
        let (begin, used) = (Instant::now(), process::time_of(house.pid()));
        std::thread::sleep(SPAN);
        let load = (process::time_of(house.pid()) - used).as_secs_f64() / begin.elapsed().as_secs_f64() * 100.0;
        table.add(Figure::new(PART, format!("server with {calls} co-hosts on air, load"), Measured::Core(load)));
        loads.push((calls as f64, load));
    }
    table.add(Figure::new(PART, "a co-host on air: load", Measured::Core(slope(&loads))));
}

/// The line through all points (least squares): by how much it rises for each step.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let rise: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    rise / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}
