//! The program graph alone, without network: what decoding, compositing and encoding cost, and how soon a take is on the
//! air. The cities are played from memory onto their channels.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_app::AppSink;
use regia::gst::{EventClock, PacketReader, Pipeline};
use regia::media::decode::Decoder;
use regia::media::picture::{self, Engine};
use regia::media::{Error, Format};
use regia::rtp::{Channel, Kind, Origin, Packet, SessionNumber};
use regia::show::{ChannelId, City, CityId, Graphic, Picture, PictureBox, Rect, Source, Way};
use tokio::sync::mpsc;

use crate::figure::{Figure, Measured, Table, quantile};
use crate::process;

const PART: &str = "program";

/// What a city sends, 1280×720 at 30 fps.
const CITY: &str = include_str!("city.gst");
const CITIES: usize = 5;

/// Frames of a city's loop: ten seconds.
const LOOP_FRAMES: u32 = 300;
const CITY_FPS: u64 = 30;
const CITY_BITRATE: u32 = 2_000_000;

/// How long each load is measured.
const SPAN: Duration = Duration::from_secs(10);
const TAKES: usize = 200;

/// Longest wait for anything that should happen at once.
const DEADLINE: Duration = Duration::from_secs(20);

/// Load is that of this whole process: five decoders, mixer, encoder, and the players, which only copy packets.
pub fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    let clock = EventClock::start();
    let format = Format::default();
    let cities: Vec<City> = (1..=CITIES).map(city).collect();
    let (facts_tx, _facts) = mpsc::channel(64);
    let config = picture::Config { format, alignment: Duration::from_millis(100) };
    let (channel, session) = (Channel::new(ChannelId::Program), SessionNumber::next());
    let engine = Engine::start(&config, clock.clone(), "Bench", channel, session, facts_tx).unwrap();

    let film = Arc::new(film(&clock).unwrap());
    let mut players = Vec::new();
    for city in &cities {
        let id = &city.id;
        let source = Channel::new(ChannelId::City(id.clone()));
        let input = engine.add(city).unwrap();
        let decoder = Decoder::start(
            id.clone(),
            Arc::clone(&source),
            clock.clone(),
            input,
            |_, _| (),
            tokio::sync::mpsc::channel(1).0,
        )
        .unwrap();
        players.push((Player::start(Arc::clone(&film), source, clock.clone()), decoder));
    }
    let full = |index: usize| Picture::full(Source::City(cities[index % cities.len()].id.clone()));

    let mut add = |name: &str, measured, budget| {
        let figure = Figure::new(PART, name, measured);
        table.add(match budget {
            Some(budget) => figure.within(budget),
            None => figure,
        });
    };
    cut(&engine, &full(0));
    settle(&engine, format.fps);
    add("program, five 720p30 cities decoded, one visible", Measured::Core(load()), None);
    cut(&engine, &four_boxes(&cities));
    settle(&engine, format.fps);
    add("program, five 720p30 cities decoded, four boxes", Measured::Core(load()), None);
    let fields = [("title", "Genova — Vernissage Bistrot"), ("subtitle", "Twitter e la musica")];
    let fields = fields.map(|(field, text)| (field.to_owned(), text.to_owned())).into();
    let lower_third = Graphic { template: "lower-third".parse().expect("letters and a dash"), fields };
    cut(&engine, &Picture { graphics: vec![lower_third], ..four_boxes(&cities) });
    settle(&engine, format.fps);
    add("program, five 720p30 cities decoded, four boxes and a lower third", Measured::Core(load()), Some(60.0));

    let before = engine.stats();
    let takes: Vec<f64> = (0..TAKES).map(|take| take_after_a_while(&engine, &full(take), take)).collect();
    let after = engine.stats();
    add("take, p50 of 200", Measured::Millis(quantile(&takes, 0.5)), None);
    add("take, p99 of 200", Measured::Millis(quantile(&takes, 0.99)), Some(67.0));
    add("program frames missing during the takes", Measured::Count(after.skipped - before.skipped), Some(0.0));
    drop(players);
}

fn city(number: usize) -> City {
    let id: CityId = format!("city-{number}").parse().expect("letters and a digit");
    City { name: id.to_string(), id, time_zone: "Europe/Rome".into() }
}

fn four_boxes(cities: &[City]) -> Picture {
    let corners = [(0, 0), (500, 0), (0, 500), (500, 500)];
    let boxes = cities
        .iter()
        .zip(corners)
        .map(|(city, (x, y))| PictureBox::new(Source::City(city.id.clone()), Rect { x, y, width: 500, height: 500 }));
    Picture::of(boxes.collect())
}

fn cut(engine: &Engine, picture: &Picture) {
    engine.show(picture, &Way::cut(picture.clone()));
}

/// Waits for a second of program, so that what starts up is not measured.
fn settle(engine: &Engine, fps: u32) {
    let enough = engine.stats().frames + u64::from(2 * fps);
    let deadline = Instant::now() + DEADLINE;
    while engine.stats().frames < enough && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Milliseconds of one take as the engine measures it. Commands come at no fixed place in a frame.
fn take_after_a_while(engine: &Engine, picture: &Picture, number: usize) -> f64 {
    std::thread::sleep(Duration::from_micros(20_000 + (number as u64 * 7_919) % 33_333));
    let measured = engine.stats().takes.count;
    cut(engine, picture);
    let deadline = Instant::now() + DEADLINE;
    loop {
        let takes = engine.stats().takes;
        if takes.count > measured {
            return takes.last.as_secs_f64() * 1000.0;
        }
        assert!(Instant::now() < deadline, "a take does not come on the air");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The part of a core that this process uses.
fn load() -> f64 {
    let (begin, used) = (Instant::now(), process::time_of(std::process::id()));
    std::thread::sleep(SPAN);
    (process::time_of(std::process::id()) - used).as_secs_f64() / begin.elapsed().as_secs_f64() * 100.0
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
    fn start(film: Arc<Vec<Packet>>, channel: Arc<Channel>, clock: EventClock) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("bench-city".into()).spawn({
            let stopping = Arc::clone(&stopping);
            move || play(&film, &channel, &clock, &stopping)
        });
        Self { stopping, thread: Some(thread.expect("the system has room for a thread")) }
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
