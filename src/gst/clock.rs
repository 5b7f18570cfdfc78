//! The one clock of the evening. All pipelines run on it with one base time, so running time means the same everywhere.

use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};

use crate::show::ShowTime;

/// A monotonic clock that started with the process. Cloning it is cheap.
///
/// GStreamer's running time begins at zero with the process. The show's time goes on over a restart: it is ahead by `origin`.
#[derive(Debug, Clone)]
pub struct EventClock {
    clock: gst::Clock,
    base: gst::ClockTime,
    epoch: Instant,
    origin: ShowTime,
}

impl EventClock {
    /// Starts the event clock of a new show. GStreamer must be initialised.
    pub fn start() -> Self {
        Self::start_at(ShowTime::default())
    }

    /// Starts the event clock of a show that has come to `origin`. GStreamer must be initialised.
    pub fn start_at(origin: ShowTime) -> Self {
        let clock = gst::SystemClock::obtain();
        Self { base: clock.time(), epoch: Instant::now(), clock, origin }
    }

    /// Event time now: running time in every pipeline that [`EventClock::drive`]s.
    pub fn now(&self) -> Duration {
        self.clock.time().saturating_sub(self.base).into()
    }

    /// The same instant as the show counts it. This is the only place where the two meet.
    pub fn show_time(&self) -> ShowTime {
        self.origin + self.now()
    }

    /// The `Instant` at which event time was zero, for sockets and sender reports.
    pub fn epoch(&self) -> Instant {
        self.epoch
    }

    /// Puts a pipeline on this clock, before it starts.
    pub fn drive(&self, pipeline: &gst::Pipeline) {
        pipeline.use_clock(Some(&self.clock));
        pipeline.set_start_time(gst::ClockTime::NONE);
        pipeline.set_base_time(self.base);
    }
}
