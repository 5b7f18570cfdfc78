//! A gain that moves in a straight line, sample by sample, and never jumps unless it is told to.

/// A gain on its way to a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ramp {
    target: f32,
    step: f32,
    left: u32,
}

/// A part of a ramp's way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    target: f32,
    step: f32,
    left: f32,
}

impl Line {
    /// The gain of a frame, counted from the line's beginning.
    #[inline]
    pub fn at(&self, frame: f32) -> f32 {
        self.target - self.step * (self.left - frame)
    }
}

impl Ramp {
    /// A gain that rests.
    pub const fn new(gain: f32) -> Self {
        Self { target: gain, step: 0.0, left: 0 }
    }

    /// The gain of the next frame.
    pub fn value(&self) -> f32 {
        // Counted back from the target: the end is exact, however long the way.
        #[expect(clippy::cast_precision_loss, reason = "a ramp of 2^24 frames lasts six minutes")]
        let left = self.left as f32;
        self.target - self.step * left
    }

    /// The gain, if it rests.
    pub fn resting(&self) -> Option<f32> {
        (self.left == 0).then_some(self.target)
    }

    /// Frames until it is there, if it moves.
    pub fn remaining(&self) -> Option<u32> {
        (self.left > 0).then_some(self.left)
    }

    /// Sends it to another gain within `frames`, from wherever it is now. Zero frames is a jump.
    pub fn go(&mut self, target: f32, frames: u32) {
        let from = self.value();
        if frames == 0 || from == target {
            *self = Self::new(target);
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a ramp of 2^24 frames lasts six minutes")]
        let step = (target - from) / frames as f32;
        *self = Self { target, step, left: frames };
    }

    /// As [`Ramp::go`], unless it is on its way there already: asking twice does not make it slower.
    pub fn turn(&mut self, target: f32, frames: u32) {
        if self.target != target {
            self.go(target, frames);
        }
    }

    /// The gain of this frame; moves on to the next.
    pub fn advance(&mut self) -> f32 {
        let value = self.value();
        self.left = self.left.saturating_sub(1);
        value
    }

    /// The gains of the next frames, at most 65 535; moves on past them.
    pub fn fill(&mut self, gains: &mut [f32]) {
        let moving = self.line(gains.len()).map_or(0, |(line, moving)| {
            for (gain, frame) in gains[..moving].iter_mut().zip(0u16..) {
                *gain = line.at(frame.into());
            }
            moving
        });
        gains[moving..].fill(self.target);
    }

    /// The straight line on which it goes for at most so many frames, and for how many of them; moves on past those. None of one
    /// that rests.
    pub(super) fn line(&mut self, frames: usize) -> Option<(Line, usize)> {
        let count = usize::try_from(self.left).map_or(frames, |left| left.min(frames));
        #[expect(clippy::cast_precision_loss, reason = "a ramp of 2^24 frames lasts six minutes")]
        let line = Line { target: self.target, step: self.step, left: self.left as f32 };
        self.skip(u32::try_from(count).unwrap_or(u32::MAX));
        (count > 0).then_some((line, count))
    }

    /// Moves on by so many frames.
    pub fn skip(&mut self, frames: u32) {
        self.left = self.left.saturating_sub(frames);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_ramp_is_straight_and_ends_on_its_target() {
        let mut ramp = Ramp::new(0.0);
        ramp.go(1.0, 4);
        let heard: Vec<f32> = (0..6).map(|_| ramp.advance()).collect();
        assert_eq!(heard, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]);
        assert_eq!(ramp.resting(), Some(1.0));
    }

    #[test]
    fn a_ramp_turns_from_where_it_is() {
        let mut ramp = Ramp::new(0.0);
        ramp.go(1.0, 4);
        ramp.skip(2);
        ramp.go(0.0, 2);
        assert_eq!([ramp.advance(), ramp.advance(), ramp.advance()], [0.5, 0.25, 0.0]);
    }

    #[test]
    fn gains_by_the_block_are_those_frame_by_frame() {
        let (mut one, mut other) = (Ramp::new(0.2), Ramp::new(0.2));
        one.go(0.9, 700);
        other.go(0.9, 700);
        for count in [1, 480, 100, 300] {
            let mut gains = vec![9.0; count];
            one.fill(&mut gains);
            assert!(gains.iter().all(|gain| *gain == other.advance()));
        }
        assert_eq!(one, other);
    }

    proptest! {
        #[test]
        fn no_sequence_of_targets_makes_a_step_above_the_bound(
            turns in proptest::collection::vec((0.0f32..=1.0, 1u32..2000, 0u32..3000), 1..20),
        ) {
            let mut ramp = Ramp::new(0.0);
            for (target, frames, stay) in turns {
                ramp.go(target, frames);
                let bound = 1.0 / frames as f32 + 1e-6;
                for _ in 0..stay {
                    let gain = ramp.advance();
                    prop_assert!((ramp.value() - gain).abs() <= bound, "{gain} -> {}", ramp.value());
                }
                if stay >= frames {
                    prop_assert_eq!(ramp.resting(), Some(target));
                }
            }
        }

        #[test]
        fn turning_makes_no_step_at_all(from in 0.0f32..=1.0, to in 0.0f32..=1.0, after in 0u32..1000) {
            let mut ramp = Ramp::new(from);
            ramp.go(to, 960);
            ramp.skip(after);
            let before = ramp.value();
            ramp.go(from, 480);
            prop_assert!((ramp.value() - before).abs() < 1e-6);
        }
    }
}
