//! A voice for calls, encoded and sent as time passes, and what becomes of its bursts: each is known by its form, so the
//! instants at which it was said and at which it is heard can be told to the millisecond.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSrc};

use super::caller::{Caller, Said};
use super::decode;
use super::viewer::{Kind, Received};

/// Samples in a second.
const RATE: u32 = 48_000;

/// Samples of a packet: 20 ms, as browsers send them.
pub const PACKET: usize = 960;

/// The jitter buffer of a listener in time: what a browser's settles at while packets of 10 ms come without a hitch.
pub const JITTER_BUFFER: Duration = Duration::from_millis(40);

/// Length of a burst in samples: 8 ms.
const BURST: usize = 384;

/// What is heard later than this after it was said might be the next one.
const MOST: Duration = Duration::from_millis(290);

/// Share of the strongest likeness from which on something is a burst.
const LIKE: f32 = 0.4;

/// How browsers encode a voice.
pub const BROWSER: &str = "bitrate=64000 audio-type=voice frame-size=20 inband-fec=true packet-loss-percentage=5";

/// An Opus encoder that is given blocks of [`PACKET`] samples and answers each with a packet.
pub struct Encoder {
    pipeline: gst::Pipeline,
    source: AppSrc,
    sink: AppSink,
}

impl Encoder {
    /// With these properties of `opusenc`.
    pub fn start(properties: &str) -> Self {
        gst::init().unwrap();
        let text = format!(
            "appsrc name=blocks format=time caps=audio/x-raw,format=S16LE,rate={RATE},channels=2,layout=interleaved \
             ! opusenc {properties} ! appsink name=packets sync=false"
        );
        let pipeline = gst::parse::launch(&text).unwrap().downcast::<gst::Pipeline>().unwrap();
        let source = pipeline.by_name("blocks").unwrap().downcast().unwrap();
        let sink = pipeline.by_name("packets").unwrap().downcast().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, source, sink }
    }

    /// Encodes the samples that begin at `position`, alike on both sides.
    pub fn encode(&self, position: u64, block: &[f32]) -> Vec<u8> {
        let whole = |sample: &f32| (sample.clamp(-1.0, 1.0) * 32_767.0) as i16;
        let bytes: Vec<u8> =
            block.iter().map(whole).flat_map(|sample| [sample, sample]).flat_map(i16::to_le_bytes).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let nanos = |samples: u64| gst::ClockTime::from_nseconds(samples * 1_000_000_000 / u64::from(RATE));
        let fields = buffer.get_mut().unwrap();
        fields.set_pts(nanos(position));
        fields.set_duration(nanos(block.len() as u64));
        self.source.push_buffer(buffer).unwrap();
        let sample = self.sink.pull_sample().expect("the encoder answers each block");
        sample.buffer().unwrap().map_readable().unwrap().to_vec()
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Somebody who speaks on a call: a murmur, and bursts when they are asked for. They leave when it is dropped.
pub struct Talker {
    bursts: Arc<AtomicBool>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Instant>>>,
}

impl Talker {
    /// Speaks from now on.
    pub fn start(caller: Caller) -> Self {
        let (bursts, stopping) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let thread = {
            let (bursts, stopping) = (Arc::clone(&bursts), Arc::clone(&stopping));
            let name = std::thread::Builder::new().name("talker".into());
            name.spawn(move || talk(&caller, &bursts, &stopping)).expect("the system has room for a thread")
        };
        Self { bursts, stopping, thread: Some(thread) }
    }

    /// From now on a burst is said some three times a second, at no fixed place between two packets; or not any more.
    pub fn burst(&self, bursts: bool) {
        self.bursts.store(bursts, Ordering::Relaxed);
    }

    /// Leaves; when each burst began at the mouth.
    pub fn leave(mut self) -> Vec<Instant> {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.take().expect("it was not stopped yet").join().expect("a talker does not panic")
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Says packet after packet, each as soon as its last sample could have been recorded.
fn talk(caller: &Caller, wanted: &AtomicBool, stopping: &AtomicBool) -> Vec<Instant> {
    let (encoder, burst) = (Encoder::start(BROWSER), burst());
    let begin = Instant::now();
    let at = |position: u64| begin + Duration::from_nanos(position * 1_000_000_000 / u64::from(RATE));
    let (mut bursts, mut next) = (Vec::new(), None::<u64>);
    let mut murmur = murmur();
    for packet in 0u64.. {
        if stopping.load(Ordering::Relaxed) {
            break;
        }
        let position = packet * PACKET as u64;
        let mut block: Vec<f32> = (&mut murmur).take(PACKET).collect();
        if next.is_none() && wanted.load(Ordering::Relaxed) {
            next = Some(position + 2 * PACKET as u64);
        }
        if let Some(start) = next {
            for (n, sample) in block.iter_mut().enumerate() {
                let place = (position + n as u64).checked_sub(start).and_then(|place| usize::try_from(place).ok());
                *sample += place.and_then(|place| burst.get(place)).copied().unwrap_or(0.0);
            }
            if position + PACKET as u64 >= start + BURST as u64 {
                bursts.push(at(start));
                let further = 14_400 + bursts.len() as u64 * 1237 % 2400;
                next = wanted.load(Ordering::Relaxed).then_some(start + further);
            }
        }
        let end = at(position + PACKET as u64);
        std::thread::sleep(end.saturating_duration_since(Instant::now()));
        let payload = encoder.encode(position, &block);
        caller.say(Said { sequence: 1000 + packet, timestamp: position as u32, payload });
    }
    bursts
}

/// Quiet noise, so that there is something to encode all the time.
fn murmur() -> impl Iterator<Item = f32> {
    let mut state = 0x1234_5678_u32;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((state >> 16) as f32 / 65_536.0 * 0.004 - 0.002)
    })
}

/// A chirp from 800 to 5000 Hz that swells and fades.
fn burst() -> Vec<f32> {
    let length = BURST as f32;
    let rate = RATE as f32;
    (0..BURST)
        .map(|n| {
            let n = n as f32;
            let phase = std::f32::consts::TAU * (800.0 * n + 4200.0 * n * n / (2.0 * length)) / rate;
            let swell = (std::f32::consts::PI * n / length).sin().powi(2);
            0.5 * swell * phase.sin()
        })
        .collect()
}

/// What a listener heard of bursts.
#[derive(Debug, Default)]
pub struct Heard {
    /// From mouth to ear, in milliseconds, of each burst that was heard.
    pub delays_ms: Vec<f64>,
    /// Bursts that were not heard within 290 ms.
    pub missed: usize,
    /// Bursts that nobody said, or that had been heard before.
    pub strange: usize,
    /// Packets that came too late for the listener's jitter buffer.
    pub late: usize,
}

/// Finds bursts in what a listener received. An ear is where a sample leaves a jitter buffer: [`JITTER_BUFFER`] after its
/// packet came, had that come as quickly as the quickest. Devices, and what a system does on the way to them, come on top.
pub fn heard(said: &[Instant], packets: &[Received]) -> Heard {
    let packets = decode::ordered(packets, Kind::Audio);
    let Some(first) = packets.first() else { return Heard { missed: said.len(), ..Heard::default() } };
    let since =
        |timestamp: u32| Duration::from_secs_f64(f64::from(timestamp.wrapping_sub(first.timestamp)) / f64::from(RATE));
    let begin = packets.iter().map(|packet| packet.arrival - since(packet.timestamp)).min().unwrap_or(first.arrival);
    let is_late = |packet: &&Received| packet.arrival > begin + since(packet.timestamp) + JITTER_BUFFER;
    let late = packets.iter().filter(is_late).count();
    let sound = decode::sound(&packets);
    let mut ears: Vec<Instant> = bursts_in(&sound.samples)
        .into_iter()
        .map(|place| begin + JITTER_BUFFER + Duration::from_secs_f64(place as f64 / f64::from(RATE)))
        .collect();
    let (mut delays_ms, mut missed) = (Vec::new(), 0);
    for said in said {
        match ears.iter().position(|ear| *ear > *said && *ear - *said < MOST) {
            Some(place) => delays_ms.push((ears.remove(place) - *said).as_secs_f64() * 1e3),
            None => missed += 1,
        }
    }
    Heard { delays_ms, missed, strange: ears.len(), late }
}

/// Where bursts begin.
fn bursts_in(samples: &[f32]) -> Vec<usize> {
    let burst = burst();
    let likeness: Vec<f32> =
        samples.windows(BURST).map(|window| window.iter().zip(&burst).map(|(a, b)| a * b).sum::<f32>().abs()).collect();
    let most = likeness.iter().copied().fold(0.0, f32::max);
    let mut places: Vec<usize> = Vec::new();
    for (place, likeness_here) in likeness.iter().enumerate().filter(|(_, likeness)| **likeness > most * LIKE) {
        match places.last_mut() {
            // One burst is like itself at several places beside each other.
            Some(last) if place - *last < 2 * BURST => {
                if *likeness_here > likeness[*last] {
                    *last = place;
                }
            }
            _ => places.push(place),
        }
    }
    places
}
