//! A desk for the radio that plays two tones, and ears that find them again.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use regia::audio::{BLOCK, BLOCK_LENGTH, Block};
use regia::radio::{Feed, Format};
use tokio::task::block_in_place;

/// Longest wait for a fact.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Hertz on the left and on the right: whole waves in every block.
const TONES: [f32; 2] = [1000.0, 500.0];

/// Amplitude of both, -6 dBFS.
const LEVEL: f32 = 0.5;

/// Samples in a window that is listened to: 100 ms, whole waves of both tones.
const WINDOW: usize = 4800;

/// What a coder may add to a level, in dB, and to a phase, in radians.
const TOLERANCE: (f32, f32) = (0.7, 0.12);

/// What a decoder may need before it is right, in samples: a coder's frames reach into each other.
const SETTLES: usize = 9600;

/// Plays the tones, block by block, until it is dropped.
pub struct Studio {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Studio {
    /// Starts; `speed` times as fast as sound.
    pub fn start(feed: Feed, speed: u32) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let thread = std::thread::spawn(move || {
            let block = block();
            let begun = Instant::now();
            let mut at = Duration::ZERO;
            while !stop.load(Ordering::Relaxed) {
                feed.push(at, &block);
                at += BLOCK_LENGTH;
                std::thread::sleep((at / speed).saturating_sub(begun.elapsed()));
            }
        });
        Self { stopping, thread: Some(thread) }
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Each block is the same.
fn block() -> Block {
    let turn = |n: usize, hertz: f32| (std::f32::consts::TAU * hertz * n as f32 / 48_000.0).sin();
    let mut block = [[0.0; 2]; BLOCK];
    for (n, frame) in block.iter_mut().enumerate() {
        *frame = TONES.map(|hertz| LEVEL * turn(n, hertz));
    }
    block
}

/// Decoded sound: 48 kHz, left and right.
pub struct Heard(pub Vec<[f32; 2]>);

impl Heard {
    /// Both tones are there for so many seconds, each on its side, at its level and without a step.
    pub fn assert_tones(&self, seconds: f32) {
        assert_eq!(self.flaw(seconds), None, "of {} samples", self.0.len());
    }

    /// What is wrong with it.
    pub fn flaw(&self, seconds: f32) -> Option<String> {
        let windows: Vec<_> = self.0[SETTLES.min(self.0.len())..].as_chunks::<WINDOW>().0.iter().collect();
        let length = (windows.len() * WINDOW) as f32 / 48_000.0;
        if length + 0.25 < seconds {
            return Some(format!("{length} s of {seconds} s"));
        }
        for (side, hertz) in TONES.into_iter().enumerate() {
            let mut first = None;
            for (n, window) in windows.iter().enumerate() {
                let (level, phase) = tone(window.iter().map(|frame| frame[side]), hertz);
                let decibels = 20.0 * (level / LEVEL).max(1e-6).log10();
                let turned = wrapped(phase - *first.get_or_insert(phase));
                if decibels.abs() > TOLERANCE.0 || turned.abs() > TOLERANCE.1 {
                    return Some(format!(
                        "side {side}, window {n} of {}: {decibels} dB, turned by {turned}",
                        windows.len()
                    ));
                }
            }
        }
        None
    }
}

/// Amplitude and phase of a tone.
fn tone(samples: impl Iterator<Item = f32>, hertz: f32) -> (f32, f32) {
    let turn = std::f64::consts::TAU * f64::from(hertz) / 48_000.0;
    let (mut sine, mut cosine, mut count) = (0.0, 0.0, 0.0);
    for (n, sample) in samples.enumerate() {
        let (s, c) = (turn * n as f64).sin_cos();
        sine += s * f64::from(sample);
        cosine += c * f64::from(sample);
        count += 1.0;
    }
    let level = 2.0 * (sine * sine + cosine * cosine).sqrt() / count;
    (level as f32, cosine.atan2(sine) as f32)
}

fn wrapped(phase: f32) -> f32 {
    (phase + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU) - std::f32::consts::PI
}

/// What ffmpeg hears at an address or in a file, for so many seconds.
pub fn ffmpeg(from: &str, seconds: f32) -> Heard {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-v", "error", "-i", from, "-t", &seconds.to_string()]);
    command.args(["-f", "f32le", "-ac", "2", "-ar", "48000", "-"]).stdin(Stdio::null());
    let output = block_in_place(|| command.output()).expect("ffmpeg is installed: make test-deps");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{from}: {said}");
    let samples = output.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let samples: Vec<f32> = samples.collect();
    Heard(samples.as_chunks::<2>().0.to_vec())
}

/// What ffmpeg hears in bytes that were received.
pub fn decode(bytes: &[u8], format: Format) -> Heard {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("heard.{}", format.as_str()));
    std::fs::write(&path, bytes).unwrap();
    ffmpeg(path.to_str().unwrap(), 3600.0)
}

/// Waits until something is so.
pub fn until(what: &str, wanted: impl Fn() -> bool) {
    block_in_place(|| {
        let begun = Instant::now();
        while !wanted() {
            assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    });
}
