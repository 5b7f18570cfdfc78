//! Plays a stream a little faster or slower: a band-limited interpolator for speeds within ±0.2 %.
//!
//! At speed 1 and on whole frames it hands every sample on bit by bit. Its delay is nil: the output that stands for an
//! input frame comes out as soon as the [`AHEAD`] frames after it are known.

use std::f64::consts::PI;
use std::sync::LazyLock;

use super::{BLOCK, Frame};

/// Input frames that one output frame is made of: enough to be flat to 16 kHz.
const TAPS: usize = 16;

/// Input frames after its own that an output frame needs.
pub const AHEAD: usize = TAPS / 2;

/// Steps between two input frames for which weights are tabled; between steps weights are interpolated (−98 dB).
const STEPS: usize = 128;

/// Weights of a windowed sinc, for each step from one input frame to the next, both included.
static WEIGHTS: LazyLock<Box<[[f32; TAPS]]>> = LazyLock::new(|| {
    (0..=STEPS)
        .map(|step| {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let weights: [f64; TAPS] = std::array::from_fn(|tap| {
                let distance = tap as f64 - (AHEAD - 1) as f64 - step as f64 / STEPS as f64;
                sinc(distance) * window(distance / AHEAD as f64)
            });
            // Unity at zero frequency for every step: a constant must not flutter.
            let sum: f64 = weights.iter().sum();
            #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
            weights.map(|weight| (weight / sum) as f32)
        })
        .collect()
});

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else if x.fract() == 0.0 {
        0.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// Blackman's window over −1 to 1.
fn window(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { 0.42 + 0.5 * (PI * x).cos() + 0.08 * (2.0 * PI * x).cos() }
}

/// One stream's interpolator.
#[derive(Debug)]
pub struct Varispeed {
    /// The last `TAPS` − 1 input frames, then room for a block.
    input: Box<[Frame; TAPS - 1 + BLOCK]>,
    /// Where in `input` the weights of the next output frame begin.
    at: f64,
}

impl Varispeed {
    /// An interpolator before its first frame.
    pub fn new() -> Self {
        LazyLock::force(&WEIGHTS);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let at = AHEAD as f64;
        Self { input: Box::new([[0.0; 2]; TAPS - 1 + BLOCK]), at }
    }

    /// Forgets the stream.
    pub fn reset(&mut self) {
        self.input.fill([0.0; 2]);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let at = AHEAD as f64;
        self.at = at;
    }

    /// How many output frames are still to come before the one that stands for the next input frame.
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    pub fn pending(&self) -> f64 {
        AHEAD as f64 - self.at
    }

    /// Takes at most a block of input at `speed` input frames per output frame; hands each output frame to `put`.
    pub fn run(&mut self, frames: impl ExactSizeIterator<Item = Frame>, speed: f64, mut put: impl FnMut(Frame)) {
        let taken = frames.len().min(BLOCK);
        for (place, frame) in self.input[TAPS - 1..].iter_mut().zip(frames) {
            *place = frame;
        }
        loop {
            let (place, fraction) = split(self.at);
            if place >= taken {
                break;
            }
            put(interpolate(&self.input[place..], fraction));
            self.at += speed;
        }
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let moved = taken as f64;
        self.at -= moved;
        self.input.copy_within(taken..taken + TAPS - 1, 0);
    }
}

/// A small place's whole part and the rest. Without `fract`, which is a call into libm on older processors.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small, not negative"
)]
fn split(place: f64) -> (usize, f64) {
    let whole = place as usize;
    (whole, place - whole as f64)
}

fn interpolate(input: &[Frame], fraction: f64) -> Frame {
    if fraction == 0.0 {
        return input[AHEAD - 1];
    }
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let (below, between) = split(fraction * STEPS as f64);
    let (lower, upper) = (&WEIGHTS[below], &WEIGHTS[below + 1]);
    #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
    let between = between as f32;
    // Eight partial sums, four frames at a time: one sum after another would wait for each addition.
    let mut sums = [0.0f32; 8];
    let (frames, _) = input[..TAPS].as_chunks::<4>();
    for ((frames, lower), upper) in frames.iter().zip(lower.as_chunks::<4>().0).zip(upper.as_chunks::<4>().0) {
        for n in 0..4 {
            let weight = lower[n] + (upper[n] - lower[n]) * between;
            sums[2 * n] += frames[n][0] * weight;
            sums[2 * n + 1] += frames[n][1] * weight;
        }
    }
    [sums[0] + sums[2] + sums[4] + sums[6], sums[1] + sums[3] + sums[5] + sums[7]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, frames: usize) -> Vec<Frame> {
        (0..frames).map(|n| (n as f64 * hz * 2.0 * PI / 48_000.0).sin() as f32).map(|s| [s, -s]).collect()
    }

    fn run(varispeed: &mut Varispeed, sound: &[Frame], speed: f64) -> Vec<Frame> {
        let mut heard = Vec::new();
        for block in sound.chunks(BLOCK) {
            varispeed.run(block.iter().copied(), speed, |frame| heard.push(frame));
        }
        heard
    }

    #[test]
    fn at_speed_one_every_sample_comes_out_as_it_went_in() {
        let sound = tone(1000.0, 4801);
        let heard = run(&mut Varispeed::new(), &sound, 1.0);
        assert_eq!(heard, sound[..sound.len() - AHEAD]);
    }

    #[test]
    fn a_changed_speed_changes_the_length_and_neither_level_nor_purity() {
        for hz in [50.0, 1000.0, 8000.0, 14_000.0] {
            for speed in [0.998, 1.0001, 1.002] {
                let heard = run(&mut Varispeed::new(), &tone(hz, 48_000), speed);
                assert!((heard.len() as f64 - 48_000.0 / speed).abs() < 12.0);
                let wanted = (0..heard.len()).map(|n| (n as f64 * speed * hz * 2.0 * PI / 48_000.0).sin());
                let worst = heard
                    .iter()
                    .zip(wanted)
                    .skip(TAPS)
                    .map(|(is, should)| (f64::from(is[0]) - should).abs())
                    .fold(0.0, f64::max);
                assert!(worst < 0.003, "{hz} Hz at {speed}: {worst}");
            }
        }
    }

    #[test]
    fn pending_says_when_the_next_input_frame_comes_out() {
        let mut varispeed = Varispeed::new();
        assert!(varispeed.pending().abs() < 1e-9);
        let heard = run(&mut varispeed, &tone(1000.0, 960), 1.0);
        assert!((heard.len() as f64 + varispeed.pending() - 960.0).abs() < 1e-9);
    }
}
