//! Time as the show knows it: the event clock's, and the wall's.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant of the event clock, in whole microseconds: what is serialised is all there is, so that a snapshot restores
/// to an equal show. It goes on over a restart of the server.
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

    /// How long before this instant `earlier` was; zero if it was not before.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros.saturating_sub(earlier.micros))
    }
}

impl std::ops::Sub for ShowTime {
    type Output = Duration;
    /// The time from `earlier` on; zero if that is later.
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
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

/// An instant of the wall clock: microseconds since 1970-01-01 00:00 UTC, leap seconds left out. Zones are for whoever shows
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime {
    micros: i64,
}

impl WallTime {
    /// The instant so many microseconds after the beginning of 1970, UTC.
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// Microseconds since the beginning of 1970, UTC.
    pub const fn unix_micros(self) -> i64 {
        self.micros
    }

    /// How long after `earlier` this is, in microseconds; negative if it is before.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.micros.saturating_sub(earlier.micros)
    }
}

impl std::ops::Add<Duration> for WallTime {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self { micros: self.micros.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)) }
    }
}

impl std::ops::Add<ShowTime> for WallTime {
    type Output = Self;
    /// The wall clock at an instant of the event clock, if this is the wall clock at the event clock's start.
    fn add(self, time: ShowTime) -> Self {
        self + time.since_start()
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
        let last = WallTime::from_unix_micros(i64::MAX);
        assert_eq!(last + ShowTime::new(Duration::MAX), last);
        assert_eq!(last.micros_since(WallTime::from_unix_micros(i64::MIN)), i64::MAX);
    }
}
