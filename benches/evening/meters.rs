//! What it costs to show the meters to 50 pages: the same pages without and with them.

use std::net::TcpStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::{Message, client};

use crate::figure::{Figure, Measured, Table};
use crate::house::{House, OPERATOR};
use crate::process;

const PART: &str = "meters";

/// Pages of operators.
const PAGES: usize = 50;

/// Co-hosts beside the five cities: each has a strip and a mix.
const COHOSTS: usize = 8;

const SETTLE: Duration = Duration::from_secs(3);
const SPAN: Duration = Duration::from_secs(10);

/// Nobody speaks: what meters cost does not depend on that. Reading and drawing them is the pages' affair.
pub fn measure(table: &mut Table) {
    let house = House::open();
    for cohost in 0..COHOSTS {
        house.invite(&format!("cohost-{cohost}"));
    }
    let (ready, wanted, end, bytes) =
        (Barrier::new(PAGES + 1), Barrier::new(PAGES + 1), AtomicBool::new(false), AtomicU64::new(0));
    let (without, with, each) = std::thread::scope(|scope| {
        for _ in 0..PAGES {
            scope.spawn(|| watch(&house, [&ready, &wanted], &end, &bytes));
        }
        ready.wait();
        let without = load(&house);
        wanted.wait();
        std::thread::sleep(SETTLE);
        let before = bytes.load(Ordering::Relaxed);
        let begin = Instant::now();
        let with = load(&house);
        let each = (bytes.load(Ordering::Relaxed) - before) as f64 / begin.elapsed().as_secs_f64() / PAGES as f64;
        end.store(true, Ordering::Relaxed);
        (without, with, each)
    });
    let name = format!("meters of {} strips on {PAGES} pages", 1 + 5 + COHOSTS);
    table.add(Figure::new(PART, format!("{name}: load added"), Measured::Core(with - without)));
    table.add(Figure::new(PART, "what a page of them is sent in a second", Measured::Kibibytes(each / 1024.0)));
}

fn load(house: &House) -> f64 {
    let (begin, used) = (Instant::now(), process::time_of(house.pid()));
    std::thread::sleep(SPAN);
    (process::time_of(house.pid()) - used).as_secs_f64() / begin.elapsed().as_secs_f64() * 100.0
}

/// A page: it follows the show, and after the second barrier the meters, of which it counts the bytes.
fn watch(house: &House, [ready, wanted]: [&Barrier; 2], end: &AtomicBool, bytes: &AtomicU64) {
    let authority = house.url.strip_prefix("http://").expect("it is HTTP");
    let stream = TcpStream::connect(authority).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut socket, _) = client(format!("ws://{authority}/api/v1/live"), stream).unwrap();
    socket.send(Message::text(json!({"type": "hello", "key": OPERATOR}).to_string())).unwrap();
    ready.wait();
    // What comes meanwhile, a beat a second, waits in the socket.
    wanted.wait();
    socket.send(Message::text(json!({"type": "meters", "on": true}).to_string())).unwrap();
    while !end.load(Ordering::Relaxed) {
        if let Message::Binary(frame) = socket.read().unwrap() {
            bytes.fetch_add(frame.len() as u64, Ordering::Relaxed);
        }
    }
}
