//! Time as the show knows it: a span since the event clock's start.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant of the event clock. Serialised as whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct ShowTime(Duration);

impl ShowTime {
    /// The instant `since_start` after the event clock's start.
    pub const fn new(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// The span since the event clock's start.
    pub const fn since_start(self) -> Duration {
        self.0
    }
}

impl std::ops::Add<Duration> for ShowTime {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

impl From<u64> for ShowTime {
    fn from(micros: u64) -> Self {
        Self(Duration::from_micros(micros))
    }
}

impl From<ShowTime> for u64 {
    fn from(time: ShowTime) -> Self {
        Self::try_from(time.0.as_micros()).unwrap_or(Self::MAX)
    }
}

impl fmt::Display for ShowTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0.as_secs_f64())
    }
}
