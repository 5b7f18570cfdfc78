//! How long to wait before something that failed is tried again. Pure: the randomness is an argument.

use std::time::Duration;

/// What lived this long was good: what fails after it is a new trouble.
const GOOD: Duration = Duration::from_secs(30);

/// Counts tries in vain and yields longer and longer waits.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// The first wait and the longest one.
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// Tries in vain since the last good one.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// The wait after what failed had lived for `lived`: twice the one before, and between half and all of that as `random`
    /// says, so that those who lost one server do not all come back in one instant.
    pub(super) fn after_failure(&mut self, lived: Duration, random: u32) -> Duration {
        if lived >= GOOD {
            self.failures = 0;
        }
        let doubled = self.first.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        doubled.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_are_capped_and_begin_anew_after_a_good_time() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let waits: Vec<_> = (0..5).map(|_| backoff.after_failure(Duration::ZERO, u32::MAX).as_millis()).collect();
        assert_eq!(waits, [1000, 2000, 4000, 5000, 5000]);
        assert_eq!(backoff.failures(), 5);
        assert_eq!(backoff.after_failure(GOOD, 0), Duration::from_millis(500));
        assert_eq!(backoff.failures(), 1);
    }
}
