//! A measurement of the program graph: what it costs, and how soon a take is on the air. Not a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_app::AppSink;
use tokio::sync::mpsc;

use super::decode::Decoder;
use super::picture::{self, Engine, Stats};
use super::{Error, Format};
use crate::gst::{EventClock, PacketReader, Pipeline};
use crate::rtp::{Channel, Kind, Origin, Packet, SessionNumber};
use crate::show::{ChannelId, City, CityId, Picture, PictureBox, Rect, Source, Transition};

const CITY: &str = include_str!("../../pipelines/bench-city.gst");

/// Frames of a city's loop: ten seconds.
const LOOP_FRAMES: u32 = 300;
const CITY_FPS: u64 = 30;
const CITY_BITRATE: u32 = 2_000_000;

/// Longest wait for anything that should happen at once.
const DEADLINE: Duration = Duration::from_secs(20);

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Cities that send 1280×720 at 30 fps and 2 Mbit/s.
    pub cities: usize,
    /// Program's format.
    pub format: Format,
    /// How long each load is measured.
    pub span: Duration,
    /// How many takes.
    pub takes: usize,
}

/// What was measured. Loads are parts of one core: 0.5 is half a core.
#[derive(Debug, Clone)]
pub struct Figures {
    /// All cities decoded, one of them in program.
    pub one_visible: f64,
    /// The same with a picture of four boxes.
    pub four_boxes: f64,
    /// From each cut's command to the first packet of the frame that shows it, shortest first.
    pub takes: Vec<Duration>,
    /// The engine's counters at the end.
    pub stats: Stats,
}

/// Runs the program graph and measures it. Must be called within a tokio runtime; blocks the calling thread.
pub fn program(plan: &Plan) -> Result<Figures, Error> {
    let clock = EventClock::start();
    let cities: Vec<City> = (1..=plan.cities).map(city).collect::<Result<_, _>>()?;
    let channel = Channel::new(ChannelId::Program);
    let (facts_tx, _facts) = mpsc::channel(64);
    let config = picture::Config { format: plan.format, alignment: Duration::from_millis(100) };
    let session = SessionNumber::next();
    let engine = Engine::start(&config, clock.clone(), &cities, "Bench", Arc::clone(&channel), session, facts_tx)?;

    let film = Arc::new(film(&clock)?);
    let mut players = Vec::new();
    for City { id, .. } in &cities {
        let source = Channel::new(ChannelId::City(id.clone()));
        let input = engine.input(id).ok_or(Error::Refused("an input for each city"))?;
        let decoder = Decoder::start(id.clone(), Arc::clone(&source), clock.clone(), input, |_, _| ())?;
        players.push((Player::start(Arc::clone(&film), source, clock.clone())?, decoder));
    }
    let full = |index: usize| Picture::full(Source::City(cities[index % cities.len()].id.clone()));

    engine.show(&full(0), Transition::Cut {});
    settle(&engine, plan.format.fps);
    let one_visible = load(plan.span);
    engine.show(&four_boxes(&cities), Transition::Cut {});
    settle(&engine, plan.format.fps);
    let four_boxes = load(plan.span);

    let mut takes: Vec<Duration> = (0..plan.takes).map(|take| time_of_take(&engine, &channel, &full(take))).collect();
    takes.sort();
    let stats = engine.stats();
    drop(players);
    Ok(Figures { one_visible, four_boxes, takes, stats })
}

fn city(number: usize) -> Result<City, Error> {
    let id: CityId = format!("city-{number}").parse().map_err(|_| Error::Refused("so many cities"))?;
    Ok(City { name: id.to_string(), id, time_zone: "Europe/Rome".into() })
}

fn four_boxes(cities: &[City]) -> Picture {
    let corners = [(0, 0), (500, 0), (0, 500), (500, 500)];
    let boxes = cities.iter().zip(corners).map(|(city, (x, y))| PictureBox {
        source: Source::City(city.id.clone()),
        place: Rect { x, y, width: 500, height: 500 },
    });
    Picture { boxes: boxes.collect() }
}

/// Waits for a second of program, so that what starts up is not measured.
fn settle(engine: &Engine, fps: u32) {
    let enough = engine.stats().frames + u64::from(2 * fps);
    let deadline = Instant::now() + DEADLINE;
    while engine.stats().frames < enough && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// From the command to the first packet of the first changed frame. Commands come at no fixed place in a frame.
fn time_of_take(engine: &Engine, channel: &Channel, picture: &Picture) -> Duration {
    let mut reader = channel.reader();
    let begin = Instant::now();
    let at = engine.show(picture, Transition::Cut {}).since_start();
    let mut packets = Vec::new();
    let taken = loop {
        reader.wait(Duration::from_millis(100), &mut packets);
        if packets.iter().any(|packet| packet.kind == Kind::Video && packet.running_time >= at) {
            break begin.elapsed();
        }
        if begin.elapsed() > DEADLINE {
            break begin.elapsed();
        }
        packets.clear();
    };
    std::thread::sleep(Duration::from_millis(37));
    taken
}

/// The part of a core that this process uses over `span`.
fn load(span: Duration) -> f64 {
    let (begin, used) = (Instant::now(), processor_time());
    std::thread::sleep(span);
    (processor_time() - used).as_secs_f64() / begin.elapsed().as_secs_f64()
}

/// User and system time of this process: fields 14 and 15 of proc(5)'s stat, in hundredths of a second.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Encodes what the cities send.
fn film(clock: &EventClock) -> Result<Vec<Packet>, Error> {
    let kilobits = CITY_BITRATE / 1000;
    let pipeline = Pipeline::build("bench-city", CITY, &[("frames", &LOOP_FRAMES), ("kilobits", &kilobits)], clock)?;
    let sink: AppSink = pipeline.element("packets")?;
    pipeline.start()?;
    let mut reader = PacketReader::new(Origin::Standby, Kind::Video);
    let samples = std::iter::from_fn(|| sink.try_pull_sample(gst::ClockTime::from_seconds(20)));
    Ok(samples.filter_map(|sample| reader.read(sample.buffer()?)).collect())
}

/// Plays the film on a channel as a contribution would, over and over.
struct Player {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    fn start(film: Arc<Vec<Packet>>, channel: Arc<Channel>, clock: EventClock) -> Result<Self, Error> {
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("bench-city".into()).spawn({
            let stopping = Arc::clone(&stopping);
            move || play(&film, &channel, &clock, &stopping)
        })?;
        Ok(Self { stopping, thread: Some(thread) })
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn play(film: &[Packet], channel: &Channel, clock: &EventClock, stopping: &AtomicBool) {
    let origin = Origin::Live(SessionNumber::next());
    let begin = clock.now();
    let (mut sequence, mut frame) = (0, 0);
    for packet in film.iter().cycle() {
        if stopping.load(Ordering::Relaxed) {
            return;
        }
        let running_time = begin + Duration::from_nanos(frame * 1_000_000_000 / CITY_FPS);
        if let Some(wait) = running_time.checked_sub(clock.now()) {
            std::thread::sleep(wait);
        }
        #[expect(clippy::cast_possible_truncation, reason = "RTP timestamps wrap")]
        let timestamp = (frame * 90_000 / CITY_FPS) as u32;
        channel.publish(Packet { origin, sequence, timestamp, running_time, ..packet.clone() }, clock.now());
        sequence += 1;
        frame += u64::from(packet.marker);
    }
}
