//! What a viewer costs: 100 and 300 packet-level viewers on one channel at about 1.5 Mbit/s (H.264 and Opus,
//! 231 packets a second). The viewers run in a process of their own, so that memory can be told apart.
//! `cargo bench --bench viewers`

#[path = "../tests/support/viewer.rs"]
mod viewer;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use regia::distribution::{Config, Hub, Outlet};
use regia::rtp::{Channel, Kind, Origin, Packet, SessionNumber, Slate};
use regia::show::ChannelId;

/// How long is measured, once all viewers see pictures.
const SPAN: Duration = Duration::from_secs(10);

fn main() {
    if std::env::args().any(|word| word == "--watch") {
        return watch();
    }
    println!("viewers  shard CPU  per viewer  memory per viewer  client CPU  lost  join→picture p50  p95");
    for count in [100, 300] {
        serve(count);
    }
}

fn serve(count: usize) {
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
        let (stop_tx, stop_rx) = std::sync::mpsc::channel::<()>();
        (stop_tx, std::thread::spawn(move || publish(&channel, epoch, &stop_rx)))
    };

    let mut client = Client::start(count);
    let before = memory();
    for _ in 0..count {
        let offer: String = serde_json::from_str(&client.line()).unwrap();
        let joined = runtime.block_on(hub.join(&ChannelId::Program, &offer)).unwrap();
        client.say(&serde_json::to_string(&joined.answer).unwrap());
    }
    assert_eq!(client.line(), "watching");
    // The retransmission caches fill while nothing is measured.
    std::thread::sleep(Duration::from_secs(3));
    let (cpu, sent, began) = (cpu_of("shard-0"), hub.stats().packets_sent, Instant::now());
    std::thread::sleep(SPAN);
    let span = began.elapsed();
    let share = (cpu_of("shard-0") - cpu).as_secs_f64() / span.as_secs_f64() * 100.0;
    let rate = (hub.stats().packets_sent - sent) as f64 / span.as_secs_f64() / count as f64;
    let memory = (memory() - before) as f64 / count as f64;
    client.say("enough");
    let report = client.line();
    println!("{count:7}  {share:7.1} %  {:8.3} %  {memory:13.0} KiB  {report}", share / count as f64);
    println!("         {rate:.0} packets/s per viewer, {:?}", hub.stats());
    client.end();
    runtime.block_on(hub.stop());
    drop(source.0);
    source.1.join().unwrap();
}

/// 30 pictures a second, 1.44 Mbit/s in 181 packets, and 50 packets of sound of 64 kbit/s.
fn publish(channel: &Channel, epoch: Instant, stop: &std::sync::mpsc::Receiver<()>) {
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
        if stop.recv_timeout(wait) != Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
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
            .args(["--watch", &count.to_string()])
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
fn watch() {
    let count: usize = std::env::args().next_back().unwrap().parse().unwrap();
    let pool = viewer::Pool::start();
    let mut answers = std::io::stdin().lines().map(|line| line.unwrap());
    let mut viewers = Vec::new();
    for _ in 0..count {
        let (invitation, offer) = viewer::offer(viewer::Wants::Both);
        println!("{}", serde_json::to_string(&offer).unwrap());
        let answer: String = serde_json::from_str(&answers.next().unwrap()).unwrap();
        viewers.push((Instant::now(), invitation.accept(&answer, &pool, viewer::Keep::Counts)));
    }
    while !viewers.iter().all(|(_, viewer)| viewer.first_picture().is_some()) {
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("watching");
    let (cpu, began) = (cpu_of("viewers"), Instant::now());
    assert_eq!(answers.next().as_deref(), Some("enough"));
    let share = (cpu_of("viewers") - cpu).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    let lost: u64 =
        viewers.iter().map(|(_, v)| v.tally(viewer::Kind::Video).missing + v.tally(viewer::Kind::Audio).missing).sum();
    let mut joins: Vec<_> = viewers.iter().map(|(asked, viewer)| viewer.first_picture().unwrap() - *asked).collect();
    joins.sort();
    let (p50, p95) = (joins[count / 2], joins[count * 95 / 100]);
    println!("{share:8.1} %  {lost:4}  {p50:16.1?}  {p95:.1?}");
    assert_eq!(answers.next(), None);
}

/// Processor time of this process's threads of that name.
fn cpu_of(name: &str) -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|entry| entry.unwrap().path());
    let ticks = tasks.filter_map(|task| {
        let comm = std::fs::read_to_string(task.join("comm")).ok()?;
        let stat = std::fs::read_to_string(task.join("stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
        // Of stat(5), from the state on: user and system time are the 12th and 13th, in hundredths of a second.
        (comm.trim() == name).then(|| fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap())
    });
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

/// Resident memory in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
