//! What the picture engine and the decoders start, they end: a process of its own, so that its threads can be counted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use regia::gst::EventClock;
use regia::media::decode::Decoder;
use regia::media::picture::{Config, Engine};
use regia::media::{Format, slate};
use regia::rtp::{Channel, Kind, Origin, Packet, SessionNumber, Slate};
use regia::show::{ChannelId, City, Fact};
use tokio::sync::mpsc;

const DEADLINE: Duration = Duration::from_secs(20);

/// Publishes a slate's pictures as if they were live, at the pace of the event clock, until `enough`.
fn publish(film: &Slate, channels: &[Arc<Channel>], clock: &EventClock, mut enough: impl FnMut() -> bool) {
    let session = SessionNumber::next();
    let begin = Instant::now();
    let (mut sequence, mut timestamp) = (0, 0);
    for picture in film.pictures.iter().cycle() {
        let running_time = clock.now();
        for (part, payload) in (1..).zip(picture) {
            let packet = Packet {
                origin: Origin::Live(session),
                kind: Kind::Video,
                sequence,
                timestamp,
                running_time,
                marker: part == picture.len(),
                keyframe: part == 1 && std::ptr::eq(picture, &film.pictures[0]),
                payload: Arc::clone(payload),
            };
            for channel in channels {
                channel.publish(packet.clone(), running_time);
            }
            sequence += 1;
        }
        timestamp += 4500;
        if enough() {
            return;
        }
        assert!(begin.elapsed() < DEADLINE, "nothing was decoded");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// One evening: an engine and two cities that are decoded.
fn evening(film: &Slate, format: Format) {
    let clock = EventClock::start();
    let cities = ["roma", "lecce"].map(|city| City {
        id: city.parse().unwrap(),
        name: city.into(),
        time_zone: "Europe/Rome".into(),
    });
    let (facts_tx, mut facts) = mpsc::channel(8);
    let config = Config { format, alignment: Duration::from_millis(100) };
    let program = Channel::new(ChannelId::Program);
    let engine = Engine::start(&config, clock.clone(), "Serata", program, SessionNumber::next(), facts_tx).unwrap();
    let channels = cities.each_ref().map(|city| Channel::new(ChannelId::City(city.id.clone())));
    let decoders = std::array::from_fn::<_, 2, _>(|n| {
        let input = engine.add(&cities[n]).unwrap();
        Decoder::start(
            cities[n].id.clone(),
            Arc::clone(&channels[n]),
            clock.clone(),
            input,
            |_, _| (),
            tokio::sync::mpsc::channel(1).0,
        )
        .unwrap()
    });
    let mut flowing = 0;
    publish(film, &channels, &clock, || {
        flowing += usize::from(matches!(facts.try_recv(), Ok(Fact::FramesFlow { .. })));
        flowing == cities.len()
    });
    assert!(count("/proc/self/task") > 10, "threads are counted");
    drop(decoders);
    drop(engine);
}

fn count(of: &str) -> usize {
    std::fs::read_dir(of).unwrap().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_evening_leaves_no_thread_and_no_file_behind() {
    gstreamer::init().unwrap();
    let format = Format { width: 320, height: 180, fps: 15, bitrate: 600_000 };
    let film = slate::encode(&format, &slate::Words::new("Film", ""), &EventClock::start()).unwrap();
    // The first evening loads plugins and fonts, and starts what GStreamer keeps for the process.
    evening(&film, format);
    let now = || (count("/proc/self/task"), count("/proc/self/fd"));
    let before = now();
    for _ in 0..5 {
        evening(&film, format);
    }
    let begin = Instant::now();
    while now().0 > before.0 || now().1 > before.1 {
        assert!(begin.elapsed() < DEADLINE, "threads and files: {before:?} before, {:?} after", now());
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
