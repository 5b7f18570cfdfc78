//! A bus's sum: strips are added with gains that rest or move. Flat, over samples and not over frames, so that it is compiled to
//! vector instructions.

use super::ramp::Ramp;
use super::{BLOCK, Frame};

/// What rests is added so many strips at a time: the sum is then loaded and stored once for all of them.
const TOGETHER: usize = 4;

/// The number of each sample's frame, in a block. Both sides have one gain.
const FRAMES: [f32; 2 * BLOCK] = {
    let mut frames = [0.0; 2 * BLOCK];
    let mut sample = 0;
    while sample < frames.len() {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let frame = (sample / 2) as f32;
        frames[sample] = frame;
        sample += 1;
    }
    frames
};

/// A factor on a straight line: what ducking does within a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slope {
    begin: f32,
    step: f32,
}

impl Slope {
    /// From the block's beginning to its end, seen from one of its frames on.
    pub fn through_a_block((begin, end): (f32, f32), from: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let (from, length) = (from as f32, BLOCK as f32);
        let step = (end - begin) / length;
        Self { begin: begin + step * from, step }
    }

    fn after(self, frames: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let frames = frames as f32;
        Self { begin: self.begin + self.step * frames, ..self }
    }
}

/// A sum of at most a block, while strips are added to it in their order. Nothing is certain before [`Sum::finish`].
pub(super) struct Sum<'a> {
    samples: &'a mut [f32],
    /// Strips whose gains rest, which are not added yet.
    waiting: [(&'a [f32], f32); TOGETHER],
    count: usize,
}

impl<'a> Sum<'a> {
    pub fn of(frames: &'a mut [Frame]) -> Self {
        Self { samples: frames.as_flattened_mut(), waiting: [(&[], 0.0); TOGETHER], count: 0 }
    }

    /// Adds as many frames as the sum has, with one gain.
    pub fn add(&mut self, frames: &'a [Frame], gain: f32) {
        self.waiting[self.count] = (frames.as_flattened(), gain);
        self.count += 1;
        if self.count == TOGETHER {
            self.count = 0;
            add_together(self.samples, &self.waiting);
        }
    }

    /// Adds as many frames as the sum has, with a gain that moves on, and a slope.
    pub fn add_moving(&mut self, frames: &'a [Frame], gain: &mut Ramp, slope: Slope) {
        self.finish();
        let is_level = slope == Slope { begin: 1.0, step: 0.0 };
        let samples = frames.as_flattened();
        let mut done = 0;
        if let Some((line, moving)) = gain.line(frames.len()) {
            let parts = self.samples.iter_mut().zip(samples).zip(&FRAMES[..2 * moving]);
            if is_level {
                parts.for_each(|((sum, sample), frame)| *sum += sample * line.at(*frame));
            } else {
                let factor = |frame: f32| slope.begin + slope.step * frame;
                parts.for_each(|((sum, sample), frame)| *sum += sample * (line.at(*frame) * factor(*frame)));
            }
            done = moving;
        }
        if done < frames.len() {
            let (gain, slope) = (gain.value(), slope.after(done));
            let parts = self.samples[2 * done..].iter_mut().zip(&samples[2 * done..]).zip(&FRAMES);
            parts.for_each(|((sum, sample), frame)| *sum += sample * (gain * (slope.begin + slope.step * frame)));
        }
    }

    /// Adds what waits.
    pub fn finish(&mut self) {
        for (samples, gain) in &self.waiting[..std::mem::take(&mut self.count)] {
            for (sum, sample) in self.samples.iter_mut().zip(*samples) {
                *sum += sample * gain;
            }
        }
    }
}

/// Adds strip by strip to each sample: what is rounded is the same as if they were added one after the other.
fn add_together(sum: &mut [f32], strips: &[(&[f32], f32); TOGETHER]) {
    let [(one, one_gain), (two, two_gain), (three, three_gain), (four, four_gain)] = strips;
    let parts = sum.iter_mut().zip(*one).zip(*two).zip(*three).zip(*four);
    for ((((sum, one), two), three), four) in parts {
        *sum = *sum + one * one_gain + two * two_gain + three * three_gain + four * four_gain;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audio::Block;

    fn block(seed: u32) -> Block {
        std::array::from_fn(|n| [((n as f32 + seed as f32) * 0.7).sin(), ((n as f32 * seed as f32) * 0.3).cos()])
    }

    /// A strip as it is added: resting, or on its way, and ducked.
    #[derive(Debug, Clone)]
    struct Added {
        seed: u32,
        gain: f32,
        way: Option<(f32, u32)>,
        ducked: (f32, f32),
    }

    fn added() -> impl Strategy<Value = Added> {
        let way = proptest::option::of((0.0f32..2.0, 1u32..1500));
        let ducked = prop_oneof![Just((1.0, 1.0)), (0.1f32..1.0, 0.1f32..1.0)];
        (0u32..50, 0.0f32..2.0, way, ducked).prop_map(|(seed, gain, way, ducked)| Added { seed, gain, way, ducked })
    }

    proptest! {
        #[test]
        fn a_sum_is_what_frames_times_gains_add_up_to(
            strips in proptest::collection::vec(added(), 0..12), from in 0usize..BLOCK,
        ) {
            let blocks: Vec<Block> = strips.iter().map(|strip| block(strip.seed)).collect();
            let mut heard = [[0.0f32; 2]; BLOCK];
            let mut wanted = [[0.0f64; 2]; BLOCK];
            let mut sum = Sum::of(&mut heard[from..]);
            for (strip, block) in strips.iter().zip(&blocks) {
                let mut gain = Ramp::new(strip.gain);
                if let Some((target, frames)) = strip.way {
                    gain.go(target, frames);
                }
                let (mut alike, slope) = (gain, Slope::through_a_block(strip.ducked, from));
                match gain.resting() {
                    Some(gain) if strip.ducked == (1.0, 1.0) => sum.add(&block[from..], gain),
                    _ => sum.add_moving(&block[from..], &mut gain, slope),
                }
                for n in from..BLOCK {
                    let ducked = strip.ducked.0 + (strip.ducked.1 - strip.ducked.0) * n as f32 / BLOCK as f32;
                    let gain = f64::from(alike.advance() * ducked);
                    for side in 0..2 {
                        wanted[n][side] += f64::from(block[n][side]) * gain;
                    }
                }
                if strip.way.is_some() {
                    prop_assert_eq!(gain, alike, "it moved on");
                }
            }
            sum.finish();
            for (heard, wanted) in heard.as_flattened().iter().zip(wanted.as_flattened()) {
                prop_assert!((f64::from(*heard) - wanted).abs() < 1e-5, "{} for {}", heard, wanted);
            }
        }
    }

    #[test]
    fn what_is_added_together_is_rounded_as_one_after_the_other() {
        let blocks: Vec<Block> = (1..=7).map(block).collect();
        let mut together = [[0.0f32; 2]; BLOCK];
        let mut sum = Sum::of(&mut together);
        let mut alone = [[0.0f32; 2]; BLOCK];
        for (block, gain) in blocks.iter().zip([0.3, 0.7, 1.1, 0.9, 0.2, 0.5, 0.8]) {
            sum.add(block, gain);
            for (sum, sample) in alone.as_flattened_mut().iter_mut().zip(block.as_flattened()) {
                *sum += sample * gain;
            }
        }
        sum.finish();
        assert_eq!(together, alone);
    }
}
