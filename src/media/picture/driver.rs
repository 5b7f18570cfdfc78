//! The driver: brings the planner's values onto a compositor pad, each in the frame it is meant for.
//!
//! Values go in as control points at frame times, before the frame itself is pushed. The compositor looks them up by
//! the time of the frame it makes, on its own thread, so however far it lags, a frame gets its own values.

use std::collections::VecDeque;
use std::time::Duration;

use gstreamer as gst;
use gstreamer_controller::prelude::*;
use gstreamer_controller::{DirectControlBinding, InterpolationControlSource, InterpolationMode};

use super::plan::{Property, Values};

/// How long a control point is kept after a newer one: longer than the compositor can ever lag.
const KEPT: Duration = Duration::from_secs(5);

impl Property {
    fn name(self) -> &'static str {
        match self {
            Self::X => "xpos",
            Self::Y => "ypos",
            Self::Width => "width",
            Self::Height => "height",
            Self::Alpha => "alpha",
            Self::ZOrder => "zorder",
        }
    }
}

/// Drives the properties of one compositor pad.
#[derive(Debug)]
pub(super) struct Driver {
    tracks: [Track; Property::ALL.len()],
}

#[derive(Debug)]
struct Track {
    source: InterpolationControlSource,
    /// Times of the points that are set, oldest first.
    points: VecDeque<Duration>,
    value: Option<f64>,
}

impl Driver {
    /// Takes over the properties of a compositor pad.
    pub(super) fn new(pad: &gst::Pad) -> Result<Self, gst::glib::BoolError> {
        let track = |property: Property| {
            let source = InterpolationControlSource::new();
            source.set_mode(InterpolationMode::None);
            pad.add_control_binding(&DirectControlBinding::new_absolute(pad, property.name(), &source))?;
            Ok(Track { source, points: VecDeque::new(), value: None })
        };
        let [x, y, width, height, alpha, z] = Property::ALL.map(track);
        Ok(Self { tracks: [x?, y?, width?, height?, alpha?, z?] })
    }

    /// Sets what the frame at `at` and those after it look like. Times only go up.
    pub(super) fn drive(&mut self, at: Duration, values: &Values) {
        for (track, value) in self.tracks.iter_mut().zip(values) {
            if track.value != Some(*value) {
                track.set(at, *value);
            }
        }
    }
}

impl Track {
    fn set(&mut self, at: Duration, value: f64) {
        self.source.set(clock_time(at), value);
        self.value = Some(value);
        self.points.push_back(at);
        while self.points.get(1).is_some_and(|second| *second + KEPT < at) {
            if let Some(old) = self.points.pop_front() {
                self.source.unset(clock_time(old));
            }
        }
    }
}

/// Event time in GStreamer's own type.
pub(super) fn clock_time(time: Duration) -> gst::ClockTime {
    gst::ClockTime::try_from(time).unwrap_or(gst::ClockTime::MAX)
}
