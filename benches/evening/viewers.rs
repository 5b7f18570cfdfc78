//! What a viewer costs: 100 and 300 packet-level viewers on one channel at about 1.5 Mbit/s (H.264 and Opus, 231 packets
//! a second). The viewers run in a process of their own, so that load and memory can be told apart.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use regia::distribution::{Config, Hub, Outlet};
use regia::rtp::{Channel, Kind, Origin, Packet, SessionNumber, Slate};
use regia::show::ChannelId;
use serde_json::{Value, json};

use crate::figure::{Figure, Measured, Table};
use crate::process;
use crate::support::viewer;

const PART: &str = "viewers";

/// How long is measured, once all viewers see pictures.
const SPAN: Duration = Duration::from_secs(10);

/// The argument that makes this program the viewers' process.
pub const WATCH: &str = "--watch";

/// Each count on a hub of its own. The first one alone meets a heap that nobody used before, so its memory counts.
pub fn measure(table: &mut Table) {
    let kibibytes = serve(300, table);
    table.add(Figure::new(PART, "memory for each of 300 viewers", Measured::Kibibytes(kibibytes)).within(512.0));
    serve(100, table);
}

/// Answers the memory for each viewer in KiB.
fn serve(count: usize, table: &mut Table) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let epoch = Instant::now();
    let channel = Channel::new(ChannelId::Program);
    let slate = Slate { pictures: vec![], interval: Duration::from_secs(1), silence: Arc::from([0xf8u8].as_slice()) };
    let config =
        Config { listen: vec![viewer::LOOPBACK], port: 0, public_address: None, shards: 1, max_viewers: count };
    let outlet = Outlet { channel: Arc::clone(&channel), slate: Arc::new(slate) };
    let hub = Hub::start(&config, vec![outlet], epoch).unwrap();
    let source = {
        let channel = Arc::clone(&channel);
        let (stop_tx, stop_rx) = mpsc::channel::<()>();
        (stop_tx, std::thread::spawn(move || publish(&channel, epoch, &stop_rx)))
    };

    let mut client = Client::start(count);
    let me = std::process::id();
    let before = process::memory_of(me);
    for _ in 0..count {
        let offer: String = serde_json::from_str(&client.line()).unwrap();
        let joined = runtime.block_on(hub.join(&ChannelId::Program, &offer)).unwrap();
        client.say(&serde_json::to_string(&joined.answer).unwrap());
    }
    assert_eq!(client.line(), "watching");
    // The retransmission caches fill while nothing is measured.
    std::thread::sleep(Duration::from_secs(3));
    let (cpu, bytes, began) = (process::time_of_threads("shard-0"), hub.stats().bytes_sent, Instant::now());
    std::thread::sleep(SPAN);
    let seconds = began.elapsed().as_secs_f64();
    let load = (process::time_of_threads("shard-0") - cpu).as_secs_f64() / seconds * 100.0;
    let viewers = count as f64;
    let megabits = (hub.stats().bytes_sent - bytes) as f64 * 8.0 / 1e6 / seconds / viewers;
    let memory = (process::memory_of(me).saturating_sub(before)) as f64 / viewers;
    client.say("enough");
    let seen: Value = serde_json::from_str(&client.line()).unwrap();
    let used = seen["load"].as_f64().unwrap();
    println!("  {count} viewers got {megabits:.2} Mbit/s each and used {used:.0} % of a core to read it");

    let name = |what: &str| format!("{count} viewers, {what}");
    table.add(Figure::new(PART, name("their shard"), Measured::Core(load)));
    table.add(Figure::new(PART, name("the shard for each"), Measured::Core(load / viewers)).within(0.1));
    let lost = Measured::Count(seen["lost"].as_u64().unwrap());
    table.add(Figure::new(PART, name("packets lost in all"), lost).within(0.0));
    client.end();
    runtime.block_on(hub.stop());
    drop(source.0);
    source.1.join().unwrap();
    memory
}

/// 30 pictures a second, 1.44 Mbit/s in 181 packets, and 50 packets of sound of 64 kbit/s.
fn publish(channel: &Channel, epoch: Instant, stop: &Receiver<()>) {
    let origin = Origin::Live(SessionNumber::next());
    let (picture, sound): (Arc<[u8]>, Arc<[u8]>) = (Arc::from([0x65; 995]), Arc::from([0xf8; 160]));
    let mut sequence = [0u64; 2];
    let mut put = |kind: Kind, marker, keyframe, payload: &Arc<[u8]>| {
        let now = epoch.elapsed();
        let sequence = &mut sequence[kind as usize];
        *sequence += 1;
        let (running_time, timestamp) = (now, kind.ticks(now) as u32);
        let payload = Arc::clone(payload);
        let packet = Packet { origin, kind, sequence: *sequence, timestamp, running_time, marker, keyframe, payload };
        channel.publish(packet, now);
    };
    let began = Instant::now();
    for turn in 0u32.. {
        let due = began + turn * Duration::from_micros(6_667);
        let wait = due.saturating_duration_since(Instant::now());
        if stop.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        if turn % 3 == 0 {
            put(Kind::Audio, false, true, &sound);
        }
        if turn % 5 == 0 {
            for part in 0..6 {
                put(Kind::Video, part == 5, part == 0, &picture);
            }
        }
    }
}

struct Client {
    process: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Client {
    fn start(count: usize) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([WATCH, &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.lines.read_line(&mut line).unwrap() > 0, "the viewers' process ended");
        line.trim_end().to_owned()
    }

    fn say(&mut self, line: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// The viewers' process: offers go out and answers come in as JSON lines.
pub fn watch() {
    let count: usize = std::env::args().next_back().unwrap().parse().unwrap();
    let pool = viewer::Pool::start();
    let mut answers = std::io::stdin().lines().map(|line| line.unwrap());
    let mut viewers = Vec::new();
    for _ in 0..count {
        let (invitation, offer) = viewer::offer(viewer::Wants::Both);
        println!("{}", serde_json::to_string(&offer).unwrap());
        let answer: String = serde_json::from_str(&answers.next().unwrap()).unwrap();
        viewers.push(invitation.accept(&answer, &pool, viewer::Keep::Counts));
    }
    while !viewers.iter().all(|viewer| viewer.first_picture().is_some()) {
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("watching");
    let (cpu, began) = (process::time_of_threads("viewers"), Instant::now());
    assert_eq!(answers.next().as_deref(), Some("enough"));
    let load = (process::time_of_threads("viewers") - cpu).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    let missing =
        |viewer: &viewer::Viewer| viewer.tally(viewer::Kind::Video).missing + viewer.tally(viewer::Kind::Audio).missing;
    let lost: u64 = viewers.iter().map(missing).sum();
    println!("{}", json!({"load": load, "lost": lost}));
    assert_eq!(answers.next(), None);
}
