//! The times of program's frames.

use std::time::Duration;

/// Frame `n` after `base` is at n/fps, rounded down to nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    fps: u64,
    base: Duration,
    next: u64,
}

impl Grid {
    /// A grid whose first frame is the first whole frame number after `now`, so that RTP timestamps step evenly.
    pub(super) fn after(now: Duration, fps: u64) -> Self {
        let number = now.as_nanos() * u128::from(fps) / 1_000_000_000 + 1;
        let base = number * 1_000_000_000 / u128::from(fps);
        Self { fps, base: Duration::from_nanos(u64::try_from(base).unwrap_or(u64::MAX)), next: 0 }
    }

    /// The time of the frame that is next.
    pub(super) fn next_time(&self) -> Duration {
        self.base + Duration::from_nanos(self.next * 1_000_000_000 / self.fps)
    }

    /// Whether the next frame is one of about ten in a second.
    pub(super) fn is_tenth(&self) -> bool {
        self.next.is_multiple_of((self.fps / 10).max(1))
    }

    /// The frame that was next is made.
    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    /// Goes on from `now`. Answers how many frames are left out.
    pub(super) fn restart(&mut self, now: Duration) -> u64 {
        let gap = Self::after(now, self.fps).base.saturating_sub(self.next_time());
        *self = Self::after(now.max(self.next_time() - self.length() / 2), self.fps);
        u64::try_from((gap.as_nanos() * u128::from(self.fps) + 500_000_000) / 1_000_000_000).unwrap_or(u64::MAX)
    }

    /// The length of a frame, rounded down.
    pub(super) fn length(&self) -> Duration {
        Duration::from_nanos(1_000_000_000 / self.fps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_lie_on_whole_numbers_of_the_event_clock_whenever_the_grid_begins() {
        for fps in [24, 25, 30, 50, 60] {
            let mut grid = Grid::after(Duration::from_millis(12_345), fps);
            assert!(grid.next_time() > Duration::from_millis(12_345));
            for _ in 0..1000 {
                let number = grid.next_time().as_secs_f64() * fps as f64;
                assert!((number - number.round()).abs() < 1e-5, "{number}");
                grid.advance();
            }
        }
    }

    #[test]
    fn a_restart_counts_what_it_leaves_out_and_never_goes_back() {
        let mut grid = Grid::after(Duration::from_millis(1010), 25);
        assert_eq!(grid.next_time(), Duration::from_millis(1040));
        assert_eq!(grid.restart(Duration::from_millis(2000)), 25);
        assert_eq!(grid.next_time(), Duration::from_millis(2040));
        grid.advance();
        assert_eq!(grid.restart(Duration::from_millis(2030)), 0);
        assert_eq!(grid.next_time(), Duration::from_millis(2080));
    }
}
