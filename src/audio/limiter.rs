//! Keeps a bus below full scale.
//!
//! A peak limiter for both sides together: it takes hold within the frame that would exceed the [`CEILING`] and lets
//! go slowly, so that a sum that is too loud stays undistorted but for the very onset. What stays below the ceiling
//! passes bit by bit. It judges samples: a true-peak limiter would have to look ahead, and what may lie between samples has
//! its room above the ceiling; the meters tell true peaks.

use super::sound::Sound;
use super::{BLOCK, Block, Ramp, SMOOTH, decibel};

/// Largest sample that leaves a bus: −1 dBFS, which leaves room for what a lossy encoder adds.
pub const CEILING: f32 = 0.891_250_9;

/// What is left of a reduction after one frame: a time constant of 100 ms.
const RELEASE: f32 = 1.0 - 1.0 / 4800.0;

/// A reduction below this is over: 0.001 dB.
const OVER: f32 = 1e-4;

/// One bus's limiter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limiter {
    /// What the gain lacks to unity. Kept instead of the gain, which is too close to 1 to creep back to it.
    reduction: f32,
    /// How much of it is carried out: 1 or 0, or on the way when it is switched.
    on: Ramp,
    /// The largest reduction since it was last asked for.
    most: f32,
}

impl Limiter {
    /// A limiter that is on, at rest.
    pub const fn new() -> Self {
        Self { reduction: 0.0, on: Ramp::new(1.0), most: 0.0 }
    }

    /// Switches it on or off, smoothly.
    pub fn switch(&mut self, on: bool) {
        self.on.turn(if on { 1.0 } else { 0.0 }, SMOOTH);
    }

    /// Limits a block in place. Its samples must be finite.
    pub fn apply(&mut self, sound: &mut Sound) {
        let peak = if sound.is_silent { 0.0 } else { peak(sound) };
        if self.on.resting() == Some(0.0) || (peak <= CEILING && self.reduction == 0.0) {
            self.reduction = 0.0;
            self.on.skip(BLOCK as u32);
            return;
        }
        let reductions = self.reductions(&sound.block);
        if self.on.resting() == Some(1.0) {
            for (frame, reduction) in sound.block.iter_mut().zip(&reductions) {
                self.most = self.most.max(*reduction);
                // A product of rounded factors may land a hair above.
                *frame = frame.map(|sample| (sample * (1.0 - reduction)).clamp(-CEILING, CEILING));
            }
            return;
        }
        let mut shares = [1.0; BLOCK];
        self.on.fill(&mut shares);
        for ((frame, reduction), share) in sound.block.iter_mut().zip(&reductions).zip(shares) {
            self.most = self.most.max(reduction * share);
            for sample in frame {
                *sample *= 1.0 - reduction * share;
                if share == 1.0 {
                    *sample = sample.clamp(-CEILING, CEILING);
                }
            }
        }
    }

    /// What each frame is reduced by. Divisions have a loop of their own, in which no frame waits for the one before.
    fn reductions(&mut self, block: &Block) -> [f32; BLOCK] {
        let mut reductions = [0.0; BLOCK];
        for (reduction, frame) in reductions.iter_mut().zip(block) {
            let peak = frame[0].abs().max(frame[1].abs());
            *reduction = 1.0 - CEILING / peak.max(CEILING);
        }
        for reduction in &mut reductions {
            let released = if self.reduction < OVER { 0.0 } else { self.reduction * RELEASE };
            self.reduction = released.max(*reduction);
            *reduction = self.reduction;
        }
        reductions
    }

    /// The largest reduction since this was last asked, in dB.
    pub fn reduction_db(&mut self) -> f32 {
        -decibel(1.0 - std::mem::take(&mut self.most))
    }
}

fn peak(sound: &Sound) -> f32 {
    let mut peaks = [0.0f32; 8];
    for samples in sound.block.as_flattened().as_chunks::<8>().0 {
        for (peak, sample) in peaks.iter_mut().zip(samples) {
            *peak = peak.max(sample.abs());
        }
    }
    peaks.into_iter().fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Frame;

    fn tone(level: f32, frames: usize) -> Vec<Frame> {
        (0..frames)
            .map(|n| {
                let sample = level * (n as f32 * 0.0576).sin();
                [sample, -sample]
            })
            .collect()
    }

    fn apply(limiter: &mut Limiter, frames: &mut [Frame]) {
        for frames in frames.as_chunks_mut::<BLOCK>().0 {
            let mut sound = Sound { block: *frames, is_silent: false };
            limiter.apply(&mut sound);
            *frames = sound.block;
        }
    }

    #[test]
    fn below_the_ceiling_not_a_bit_changes() {
        let mut sound = tone(CEILING, 48_000);
        let before = sound.clone();
        apply(&mut Limiter::new(), &mut sound);
        assert_eq!(sound, before);
    }

    #[test]
    fn nothing_leaves_above_the_ceiling() {
        let mut sound = tone(4.0, 4800);
        sound[100] = [1e30, -3.0];
        apply(&mut Limiter::new(), &mut sound);
        assert!(sound.as_flattened().iter().all(|sample| sample.abs() <= CEILING));
    }

    #[test]
    fn a_loud_tone_stays_a_tone() {
        let mut limiter = Limiter::new();
        let mut sound = tone(2.0, 48_000);
        apply(&mut limiter, &mut sound);
        let pure = tone(CEILING, 48_000);
        // After the onset the gain stands still but for the release between two peaks.
        let worst = sound[4800..]
            .iter()
            .zip(&pure[4800..])
            .map(|(limited, pure)| (limited[0] - pure[0]).abs())
            .fold(0.0f32, f32::max);
        assert!(worst < 0.02, "{worst}");
        assert!((limiter.reduction_db() - 7.02).abs() < 0.05, "2 is 6.02 dB, the ceiling −1");
    }

    #[test]
    fn it_lets_go_and_is_transparent_again() {
        let mut limiter = Limiter::new();
        apply(&mut limiter, &mut tone(2.0, 4800));
        apply(&mut limiter, &mut tone(0.1, 96_000));
        let mut sound = tone(0.5, 480);
        let before = sound.clone();
        apply(&mut limiter, &mut sound);
        assert_eq!(sound, before);
    }

    #[test]
    fn switched_off_it_lets_everything_pass_and_switches_without_a_click() {
        let mut limiter = Limiter::new();
        let mut heard = Vec::new();
        for on in [true, false, true] {
            limiter.switch(on);
            let mut sound = vec![[2.0; 2]; 9600];
            apply(&mut limiter, &mut sound);
            assert!((sound[9599][0] - if on { CEILING } else { 2.0 }).abs() < 1e-4);
            heard.extend(sound);
        }
        let worst = heard.windows(2).map(|pair| (pair[1][0] - pair[0][0]).abs()).fold(0.0, f32::max);
        assert!(worst < 2.0 / 960.0, "{worst}");
    }
}
