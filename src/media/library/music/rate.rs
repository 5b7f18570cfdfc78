//! From a file's rate to the desk's, over all rounds of a piece: where one meets the next the filter goes on.

use gstreamer as gst;
use gstreamer_app::{AppSink, AppSrc};
use gstreamer_audio as gst_audio;

use super::reel::Block;
use crate::audio::RATE;
use crate::gst::{EventClock, Pipeline};
use crate::media::Error;

const TEXT: &str = include_str!("../../../../pipelines/music-rate.gst");

/// Takes blocks of any rate, gives blocks at the desk's. Dropping it forgets what is within.
#[derive(Debug)]
pub(super) struct Resampler {
    _pipeline: Pipeline,
    input: AppSrc,
    output: AppSink,
    rate: Option<u32>,
    /// What was given and not taken, in the desk's frames.
    within: f64,
}

impl Resampler {
    pub(super) fn start(clock: &EventClock) -> Result<Self, Error> {
        let pipeline = Pipeline::build("music-rate", TEXT, &[], clock)?;
        let (input, output) = (pipeline.element("in")?, pipeline.element("out")?);
        pipeline.start()?;
        Ok(Self { _pipeline: pipeline, input, output, rate: None, within: 0.0 })
    }

    /// Frames of the desk that were given and not taken yet.
    pub(super) fn within(&self) -> f64 {
        self.within
    }

    /// Gives sound.
    pub(super) fn give(&mut self, block: &Block) -> Result<(), String> {
        let Block { rate, samples } = block;
        if self.rate != Some(*rate) {
            let info = gst_audio::AudioInfo::builder(gst_audio::AudioFormat::F32le, *rate, 2).build();
            let caps = info.and_then(|info| info.to_caps()).map_err(|error| format!("{rate} Hz: {error}"))?;
            self.input.set_caps(Some(&caps));
            self.rate = Some(*rate);
        }
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let buffer = gst::Buffer::from_mut_slice(bytes);
        self.input.push_buffer(buffer).map_err(|error| format!("its sound cannot be resampled: {error}"))?;
        #[expect(clippy::cast_precision_loss, reason = "a block is short")]
        let frames = block.frames() as f64;
        self.within += frames * f64::from(RATE) / f64::from(*rate);
        Ok(())
    }

    /// Nothing more will be given.
    pub(super) fn finish(&self) {
        if let Err(error) = self.input.end_of_stream() {
            tracing::warn!(%error, "the end of a piece of music is cut off");
        }
    }

    /// Takes what is ready: left and right by turns. Never waits.
    pub(super) fn take(&mut self) -> Option<Vec<f32>> {
        let sample = self.output.try_pull_sample(gst::ClockTime::ZERO)?;
        let bytes = sample.buffer()?.map_readable().ok()?;
        let samples: Vec<f32> = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a block is short")]
        let frames = (samples.len() / 2) as f64;
        self.within -= frames;
        Some(samples)
    }

    /// Whether all that was given was taken, after [`Resampler::finish`].
    pub(super) fn is_over(&self) -> bool {
        self.output.is_eos()
    }
}
