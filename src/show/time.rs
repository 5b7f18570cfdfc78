//! Time as the show knows it: a span since the event clock's start.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant of the event clock, in whole microseconds: what is serialised is all there is, so that a snapshot restores
/// to an equal show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShowTime {
    micros: u64,
}

impl ShowTime {
    /// The instant `since_start` after the event clock's start, rounded down to a microsecond.
    pub const fn new(since_start: Duration) -> Self {
        let micros = since_start.as_micros();
        // 584,000 years fit; the check keeps the conversion honest without a panic.
        Self { micros: if micros > u64::MAX as u128 { u64::MAX } else { micros as u64 } }
    }

    /// The span since the event clock's start.
    pub const fn since_start(self) -> Duration {
        Duration::from_micros(self.micros)
    }
}

impl std::ops::Add<Duration> for ShowTime {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self::new(self.since_start().saturating_add(span))
    }
}

impl From<u64> for ShowTime {
    fn from(micros: u64) -> Self {
        Self { micros }
    }
}

impl From<ShowTime> for u64 {
    fn from(time: ShowTime) -> Self {
        time.micros
    }
}

impl fmt::Display for ShowTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.since_start().as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_whole_microseconds() {
        let odd = ShowTime::new(Duration::from_nanos(1_999));
        assert_eq!(odd.since_start(), Duration::from_micros(1));
        assert_eq!((odd + Duration::from_nanos(999)).since_start(), Duration::from_micros(1));
    }

    #[test]
    fn the_end_of_time_is_not_a_panic() {
        assert_eq!(ShowTime::new(Duration::MAX) + Duration::MAX, ShowTime::new(Duration::MAX));
    }
}
