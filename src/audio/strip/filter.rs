//! The high-pass of a strip: takes rumble, wind and handling noise away. A new frequency is crossed over to, from the old
//! filter to a fresh one.

use std::f64::consts::{SQRT_2, TAU};

use crate::audio::sound::Sound;
use crate::audio::{BLOCK, Block, Frame, RATE, Ramp, SMOOTH, within};

/// Range of the corner frequency.
const LOWEST_HZ: f32 = 40.0;
const HIGHEST_HZ: f32 = 400.0;

/// What is left in a filter below this is over: −240 dBFS, far above the numbers that slow processors down.
const OVER: f64 = 1e-12;

#[derive(Debug)]
pub(super) struct HighPass {
    pub(super) is: Option<Biquad>,
    /// What it crosses over to, and how much of it is heard.
    next: Option<(Option<Biquad>, Ramp)>,
    wanted: Option<f32>,
}

/// The corner that is set, if the filter is on.
fn corner(hz: Option<f32>) -> Option<f32> {
    hz.map(|hz| within(hz, LOWEST_HZ, HIGHEST_HZ, LOWEST_HZ))
}

impl HighPass {
    pub(super) fn new(hz: Option<f32>) -> Self {
        let wanted = corner(hz);
        Self { is: wanted.map(Biquad::new), next: None, wanted }
    }

    pub(super) fn set(&mut self, hz: Option<f32>) {
        self.wanted = corner(hz);
    }

    pub(super) fn apply(&mut self, sound: &mut Sound) {
        // One crossing ends before the next begins: what is asked for meanwhile is at most 20 ms late.
        if self.next.is_none() && self.is.as_ref().map(|filter| filter.hz) != self.wanted {
            let mut heard = Ramp::new(0.0);
            heard.go(1.0, SMOOTH);
            self.next = Some((self.wanted.map(Biquad::new), heard));
        }
        let Some((next, heard)) = &mut self.next else {
            if let Some(filter) = &mut self.is {
                filter.apply(sound);
            }
            return;
        };
        let mut old = sound.clone();
        if let Some(filter) = &mut self.is {
            filter.apply(&mut old);
        }
        if let Some(filter) = next {
            filter.apply(sound);
        }
        cross(sound, &old, heard);
        if heard.resting().is_some() {
            self.is = next.take();
            self.next = None;
        }
    }
}

/// Puts together what was and what comes, by how much of the latter is heard.
fn cross(sound: &mut Sound, old: &Sound, heard: &mut Ramp) {
    if sound.is_silent && old.is_silent {
        heard.skip(BLOCK as u32);
        return;
    }
    let mut shares = [0.0; BLOCK];
    heard.fill(&mut shares);
    for ((frame, old), share) in sound.block.iter_mut().zip(&old.block).zip(shares) {
        for (sample, old) in frame.iter_mut().zip(old) {
            *sample = old + (*sample - old) * share;
        }
    }
    sound.is_silent = false;
}

/// A second-order section for both sides. In doubles: the poles of 40 Hz lie too close to 1 for single ones.
#[derive(Debug)]
pub(super) struct Biquad {
    pub(super) hz: f32,
    /// Of the numerator b, −2b, b.
    b: f64,
    a: [f64; 2],
    state: [[f64; 2]; 2],
}

impl Biquad {
    fn new(hz: f32) -> Self {
        let (sin, cos) = (f64::from(hz) * TAU / f64::from(RATE)).sin_cos();
        // Butterworth: Q is 1/√2.
        let alpha = sin / SQRT_2;
        let a0 = 1.0 + alpha;
        Self { hz, b: (1.0 + cos) / 2.0 / a0, a: [-2.0 * cos / a0, (1.0 - alpha) / a0], state: [[0.0; 2]; 2] }
    }

    fn apply(&mut self, sound: &mut Sound) {
        if sound.is_silent {
            if self.state == [[0.0; 2]; 2] {
                return;
            }
            if self.state.as_flattened().iter().all(|state| state.abs() < OVER) {
                self.state = [[0.0; 2]; 2];
                return;
            }
            // It rings on.
            sound.is_silent = false;
        }
        self.run(&mut sound.block);
    }

    /// Transposed direct form II.
    fn run(&mut self, block: &mut Block) {
        let Self { b, a: [a1, a2], .. } = *self;
        let [mut one, mut two] = self.state;
        for frame in block {
            let scaled = frame.map(|sample| f64::from(sample) * b);
            let out: [f64; 2] = std::array::from_fn(|side| scaled[side] + one[side]);
            for side in 0..2 {
                one[side] = two[side] - 2.0 * scaled[side] - a1 * out[side];
                two[side] = scaled[side] - a2 * out[side];
            }
            *frame = single(out);
        }
        self.state = [one, two];
    }
}

#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
fn single(frame: [f64; 2]) -> Frame {
    frame.map(|sample| sample as f32)
}
