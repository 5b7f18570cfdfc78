//! The sending pipeline's text and its first settings: a picture, a sound and a tail in one description.

use std::time::Duration;

use gstreamer::{self as gst, prelude::*};

use super::paint;
use super::pattern::{Look, Pattern};
use super::{Error, Format};
use crate::gst::{EventClock, Pipeline};

const PICTURE_PATTERN: &str = include_str!("../../pipelines/publish-picture-pattern.gst");
const PICTURE_FILE: &str = include_str!("../../pipelines/publish-picture-file.gst");
const SOUND_TONE: &str = include_str!("../../pipelines/publish-sound-tone.gst");
const SOUND_FILE: &str = include_str!("../../pipelines/publish-sound-file.gst");

/// The end that sends to a WHIP server.
pub(super) const SEND: &str =
    concat!(include_str!("../../pipelines/publish-send-picture.gst"), include_str!("../../pipelines/publish-send.gst"));

/// The same for sound alone.
pub(super) const SEND_SOUND: &str = include_str!("../../pipelines/publish-send.gst");

/// Time between two keyframes that nobody asked for.
const KEY_INTERVAL: Duration = Duration::from_secs(2);

/// What comes from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FromFile {
    pub(super) picture: bool,
    pub(super) sound: bool,
}

/// What a sending pipeline is made of.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    /// Stands in for what does not come from a file.
    pub(super) pattern: &'a Pattern,
    pub(super) from_file: FromFile,
    pub(super) format: Format,
    pub(super) bitrate_kbps: u32,
    /// Whether there is a picture at all.
    pub(super) has_picture: bool,
}

impl Scene<'_> {
    /// Builds it with a `tail` that has the elements `encoder`, if there is a picture, and `sound`.
    pub(super) fn build(&self, tail: &str, clock: &EventClock) -> Result<Pipeline, Error> {
        let Format { width, height, fps } = self.format;
        let Look { pattern, colour, title, tone_hz } = self.pattern.look();
        let picture = match (self.has_picture, self.from_file.picture) {
            (false, _) => "",
            (true, true) => PICTURE_FILE,
            (true, false) => PICTURE_PATTERN,
        };
        let sound = if self.from_file.sound { SOUND_FILE } else { SOUND_TONE };
        let pipeline = Pipeline::build(
            "publish",
            &[picture, sound, tail].concat(),
            &[
                ("pattern", &pattern),
                ("colour", &colour),
                ("width", &width),
                ("height", &height),
                ("fps", &fps),
                ("plain", &title.is_none()),
                ("wave", &if tone_hz.is_some() { "sine" } else { "silence" }),
                ("tone_hz", &tone_hz.unwrap_or(1000)),
                ("profile_level_id", &profile_level_id(self.format)),
                ("bitrate_kbps", &self.bitrate_kbps),
                ("key_interval", &(u64::from(fps) * KEY_INTERVAL.as_secs())),
            ],
            clock,
        )?;
        if self.has_picture && !self.from_file.picture {
            pipeline.element::<gst::Element>("title")?.set_property("text", title.unwrap_or_default());
            paint::frames(&pipeline, self.pattern)?;
        }
        if !self.from_file.sound && *self.pattern == Pattern::Flash {
            paint::silence_between_flashes(&pipeline)?;
        }
        Ok(pipeline)
    }
}

/// H.264 constrained baseline in the least of the usual levels that allows this format (ITU-T H.264, table A-1).
fn profile_level_id(format: Format) -> &'static str {
    let blocks = u32::from(format.width.div_ceil(16)) * u32::from(format.height.div_ceil(16));
    match (blocks, blocks * u32::from(format.fps)) {
        (..=3_600, ..=108_000) => "42e01f",
        (..=8_192, ..=245_760) => "42e028",
        _ => "42e02a",
    }
}

/// Caps of raw pictures of a format, for the capsfilter `raw`.
pub(super) fn raw_caps(format: Format) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", i32::from(format.width))
        .field("height", i32::from(format.height))
        .field("framerate", gst::Fraction::new(i32::from(format.fps), 1))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

#[cfg(test)]
mod tests;
