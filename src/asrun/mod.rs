//! What an evening leaves on paper: the rows of the as-run log as CSV and JSON, and program's cut list as an edit decision
//! list (CMX 3600) and as OpenTimelineIO, by which an editor rebuilds program from the cities' recordings.
//!
//! **Record timecode** counts frames of program at its whole frame rate, non-drop, from 01:00:00:00 at the beginning of what
//! was asked for. It runs by the event clock, so it never jumps. A change is in the list from the first frame that begins
//! after it was decided.
//!
//! **Source timecode** is the time of day at which a frame reached the house, in the evening's zone, at program's frame rate,
//! non-drop: a recording that carries time of day lies under the list without a shift. Program shows its sources by the
//! alignment delay late, so source timecode is that much less than the time of day of the frame that shows it. The list keeps
//! one offset to UTC, that of its beginning: no clock jumps when summer time ends in mid-evening. Where the server's clock
//! was set, cuts from there on follow the new one.
//!
//! Formats: CMX 3600 as in the "CMX 3600 edit list" appendix of the CMX editor's manual and SMPTE ST 258; OpenTimelineIO's
//! "Serialized Data" reference (schemas `Timeline.1`, `Stack.1`, `Track.1`, `Clip.1`, `Transition.1`, `Gap.1`,
//! `ExternalReference.1`); CSV as in RFC 4180; JSON as in RFC 8259.

mod cuts;
mod edl;
mod otio;
mod reel;
mod rows;

use std::time::Duration;

use jiff::tz::TimeZone;

pub use cuts::{Cut, CutList, Cutter, End, KINDS, LONGEST};
pub use edl::edl;
pub use otio::otio;
pub use rows::{CSV_HEADER, Line};

/// How program is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// Frames of program in a second, 1 to 60.
    pub fps: u32,
    /// The evening's zone.
    pub time_zone: TimeZone,
    /// How much later than it arrived a frame is shown in program.
    pub alignment: Duration,
}

impl Format {
    /// Frames that begin within a span, the one at its start not counted and the one at its end counted.
    fn frames(&self, span: Duration) -> u64 {
        let frames = (span.as_micros() * u128::from(self.fps)).div_ceil(1_000_000);
        u64::try_from(frames).unwrap_or(u64::MAX)
    }

    /// Frames of a day.
    fn day(&self) -> u64 {
        86_400 * u64::from(self.fps)
    }

    /// Non-drop timecode (SMPTE ST 12-1): `HH:MM:SS:FF`, from 00:00:00:00 again after a day.
    fn timecode(&self, frame: u64) -> String {
        let fps = u64::from(self.fps);
        let (seconds, frames) = (frame % self.day() / fps, frame % fps);
        format!("{:02}:{:02}:{:02}:{frames:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}
