//! A value on its way: evenly to a target, from where it is when that changes. Counted in frames: the first frame of a change
//! shows some of it already, since it is counted from the frame before.

use std::time::Duration;

/// What is left of a way that counts as nothing: frame times are rounded to nanoseconds and may miss an end by one.
const NOTHING: f64 = 1e-4;

/// A value from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ramp {
    from: f64,
    to: f64,
    /// The first frame that shows a change.
    start: Duration,
    /// From 0 to 1, or back.
    length: Duration,
}

impl Ramp {
    /// A value that stays.
    pub fn at(value: f64) -> Self {
        Self { from: value, to: value, start: Duration::ZERO, length: Duration::ZERO }
    }

    /// From a value to another one; `length` is that of the way from 0 to 1.
    pub fn new(from: f64, to: f64, length: Duration, start: Duration) -> Self {
        Self { from, to, start, length }
    }

    /// Where it is in the end.
    pub fn to(&self) -> f64 {
        self.to
    }

    /// From the frame at `at` on, to another value.
    pub fn turn(&mut self, to: f64, length: Duration, at: Duration, frame: Duration) {
        *self = Self::new(self.before(at, frame), to, length, at);
    }

    /// The value in the frame at `at`.
    pub fn value(&self, at: Duration, frame: Duration) -> f64 {
        self.after(at.saturating_add(frame).saturating_sub(self.start))
    }

    /// The value in the frame before the one at `at`.
    pub fn before(&self, at: Duration, frame: Duration) -> f64 {
        match at.checked_sub(frame) {
            Some(before) => self.value(before, frame),
            None => self.after(at.saturating_sub(self.start)),
        }
    }

    fn after(&self, gone: Duration) -> f64 {
        let way = self.to - self.from;
        let gone = part(gone, self.length);
        if gone + NOTHING >= way.abs() { self.to } else { self.from + gone.copysign(way) }
    }
}

/// How much of a length is gone; all of none.
fn part(gone: Duration, length: Duration) -> f64 {
    if length.is_zero() { f64::INFINITY } else { gone.as_secs_f64() / length.as_secs_f64() }
}

/// A movement that begins and ends at rest, for a progress from 0 to 1.
pub(super) fn eased(progress: f64) -> f64 {
    progress * progress * (3.0 - 2.0 * progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(40);

    fn frames(ramp: Ramp, from: u32) -> [u32; 5] {
        std::array::from_fn(|n| (ramp.value(FRAME * (from + n as u32), FRAME) * 100.0).round() as u32)
    }

    #[test]
    fn it_shows_a_change_in_its_first_frame_and_is_there_in_its_last() {
        assert_eq!(frames(Ramp::new(0.0, 1.0, FRAME * 4, FRAME * 10), 9), [0, 25, 50, 75, 100]);
        assert_eq!(frames(Ramp::new(1.0, 0.0, FRAME * 4, FRAME * 10), 9), [100, 75, 50, 25, 0]);
        assert_eq!(frames(Ramp::new(0.0, 1.0, Duration::ZERO, FRAME * 10), 10), [100; 5]);
        assert_eq!(frames(Ramp::at(0.5), 0), [50; 5]);
    }

    #[test]
    fn it_turns_where_it_is_and_is_back_as_soon_as_it_came() {
        let mut ramp = Ramp::new(0.0, 1.0, FRAME * 4, FRAME * 10);
        ramp.turn(0.0, FRAME * 4, FRAME * 12, FRAME);
        assert_eq!(frames(ramp, 11), [50, 25, 0, 0, 0]);
    }

    #[test]
    fn it_lasts_as_many_frames_as_it_should_whatever_the_rounding() {
        for fps in [24, 25, 30, 50, 60] {
            let time = |n: u64| Duration::from_nanos(n * 1_000_000_000 / fps);
            for start in 1..200 {
                let ramp = Ramp::new(0.0, 1.0, Duration::from_secs(1), time(start));
                assert!(ramp.value(time(start + fps - 2), time(1)) < 1.0, "{fps} {start}");
                assert_eq!(ramp.value(time(start + fps - 1), time(1)), 1.0, "{fps} {start}");
            }
        }
    }
}
