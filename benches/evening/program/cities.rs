//! The cities: a film that is recorded once, and players that send it from memory onto a channel as a contribution would.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSink;
use regia::gst::{EventClock, PacketReader, Pipeline};
use regia::media::Error;
use regia::rtp::{Channel, Kind, Origin, Packet, SessionNumber};
use regia::show::{City, CityId};
use tempfile::TempDir;

/// 1280×720 at 30 fps, into a file.
const RECORD: &str = include_str!("record.gst");
const PACKETS: &str = include_str!("packets.gst");

/// Frames of the film: ten seconds.
const FRAMES: u32 = 300;
const FPS: u64 = 30;
const KILOBITS: u32 = 2_000;

/// Recording or reading the film takes less than this.
const DEADLINE: gst::ClockTime = gst::ClockTime::from_seconds(60);

/// What every city sends: ten seconds of 720p30, as a file and in packets.
pub struct Film {
    folder: TempDir,
    pub packets: Arc<[Packet]>,
}

impl Film {
    /// Its name in [`Film::folder`].
    pub const FILE: &str = "film.mkv";

    pub fn record(clock: &EventClock) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(Self::FILE);
        let file = file.display();
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("frames", &FRAMES), ("kilobits", &KILOBITS), ("file", &file)];
        let recorder = Pipeline::build("bench-record", RECORD, &values, clock)?;
        recorder.start()?;
        let messages = recorder.inner().bus().expect("a pipeline has a bus");
        let end = messages.timed_pop_filtered(DEADLINE, &[gst::MessageType::Eos, gst::MessageType::Error]);
        assert!(end.is_some_and(|end| end.type_() == gst::MessageType::Eos), "the film is not recorded");
        drop(recorder);

        let pipeline = Pipeline::build("bench-packets", PACKETS, &[("file", &file)], clock)?;
        let sink: AppSink = pipeline.element("packets")?;
        pipeline.start()?;
        let mut reader = PacketReader::new(Origin::Standby, Kind::Video);
        let samples = std::iter::from_fn(|| sink.try_pull_sample(DEADLINE));
        let packets: Arc<[Packet]> = samples.filter_map(|sample| reader.read(sample.buffer()?)).collect();
        let frames = packets.iter().filter(|packet| packet.marker).count();
        assert_eq!(frames, FRAMES as usize, "the film is whole");
        Ok(Self { folder, packets })
    }

    /// Where its file is.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// The city of this number, from 1 on.
pub fn city(number: usize) -> City {
    let id: CityId = format!("city-{number}").parse().expect("letters and a digit");
    City { name: id.to_string(), id, time_zone: "Europe/Rome".into() }
}

/// Plays the film on a channel, over and over, until it is dropped.
pub struct Player {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    pub fn start(packets: Arc<[Packet]>, channel: Arc<Channel>, clock: EventClock) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("bench-city".into()).spawn({
            let stopping = Arc::clone(&stopping);
            move || play(&packets, &channel, &clock, &stopping)
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

fn play(packets: &[Packet], channel: &Channel, clock: &EventClock, stopping: &AtomicBool) {
    let origin = Origin::Live(SessionNumber::next());
    let begin = clock.now();
    let (mut sequence, mut frame) = (0, 0);
    for packet in packets.iter().cycle() {
        if stopping.load(Ordering::Relaxed) {
            return;
        }
        let running_time = begin + Duration::from_nanos(frame * 1_000_000_000 / FPS);
        if let Some(wait) = running_time.checked_sub(clock.now()) {
            std::thread::sleep(wait);
        }
        #[expect(clippy::cast_possible_truncation, reason = "RTP timestamps wrap")]
        let timestamp = (frame * 90_000 / FPS) as u32;
        channel.publish(Packet { origin, sequence, timestamp, running_time, ..packet.clone() }, clock.now());
        sequence += 1;
        frame += u64::from(packet.marker);
    }
}
