//! How long a publisher waits before it tries again. Pure: the randomness is an argument.

use std::time::Duration;

/// The first wait, on average.
const FIRST: Duration = Duration::from_millis(500);

/// No wait is longer, whatever the server asks for.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// A session that lived this long was a good one: what fails after it is a new trouble.
const GOOD: Duration = Duration::from_secs(10);

/// Counts tries in vain and yields longer and longer waits.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Tries in vain since the last good session.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// The wait after a failure: it doubles each time up to [`LONGEST`], and lies between half and all of that as `random`
    /// says, so that publishers who lost one server do not all come back in one instant. `lived` is how long the failed
    /// session was live; `asked` is what the server asked for (Retry-After), which counts if it is longer.
    pub(super) fn after_failure(&mut self, lived: Duration, asked: Option<Duration>, random: u32) -> Duration {
        if lived >= GOOD {
            self.failures = 0;
        }
        let doubled = FIRST.saturating_mul(2).saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let jittered = doubled.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX));
        jittered.max(asked.unwrap_or_default()).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_capped() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..7).map(|_| backoff.after_failure(Duration::ZERO, None, 0).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 5000, 5000, 5000]);
        assert_eq!(backoff.after_failure(Duration::ZERO, None, u32::MAX), LONGEST);
    }

    #[test]
    fn publishers_that_fail_together_come_back_apart() {
        let wait = |random| Backoff::default().after_failure(Duration::ZERO, None, random);
        assert_eq!((wait(0), wait(u32::MAX)), (FIRST, FIRST * 2));
    }

    #[test]
    fn a_good_session_starts_the_count_again() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            backoff.after_failure(Duration::ZERO, None, 0);
        }
        assert_eq!(backoff.after_failure(GOOD, None, 0), FIRST);
        assert_eq!(backoff.failures(), 1);
    }

    #[test]
    fn the_server_may_ask_for_patience_within_reason() {
        let wait = |asked| Backoff::default().after_failure(Duration::ZERO, Some(Duration::from_secs(asked)), 0);
        assert_eq!(wait(3), Duration::from_secs(3));
        assert_eq!(wait(86_400), LONGEST);
    }
}
