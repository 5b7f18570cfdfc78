//! One format's pipeline: blocks in, packets out, and a word if it fails or gives nothing any more.

use std::time::{Duration, Instant};

use bytes::Bytes;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSrc};

use super::Format;
use crate::audio::{BLOCK, BLOCK_LENGTH, Block, RATE};
use crate::gst::{Error, EventClock, Pipeline};

/// Samples that may be inside: one second, far more than any of these encoders keeps.
const MOST_INSIDE: u64 = RATE as u64;

/// How long an encoder may keep all of them.
const STALL: Duration = Duration::from_secs(2);

/// How long a full encoder is waited for before somebody looks at something else.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_mseconds(10);

/// Which pipeline to build.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) kbps: u32,
}

impl Recipe {
    /// The pipeline of a format.
    pub(super) fn of(format: Format, kbps: u32) -> Self {
        let (name, text) = match format {
            Format::Opus => ("radio-opus", include_str!("../../pipelines/radio-opus.gst")),
            Format::Aac => ("radio-aac", include_str!("../../pipelines/radio-aac.gst")),
            Format::Mp3 => ("radio-mp3", include_str!("../../pipelines/radio-mp3.gst")),
        };
        Self { name, text, kbps }
    }
}

/// A running pipeline. Dropping it stops it.
pub(super) struct Encoder {
    pipeline: Pipeline,
    source: AppSrc,
    sink: AppSink,
    frame: u64,
    blocks: u64,
    /// Samples that came out.
    came: u64,
    full_since: Option<Instant>,
}

impl Encoder {
    pub(super) fn start(format: Format, recipe: Recipe, clock: &EventClock) -> Result<Self, Error> {
        let bitrate = recipe.kbps * 1000;
        let values: [(&str, &dyn std::fmt::Display); 2] = [("bitrate", &bitrate), ("kbps", &recipe.kbps)];
        let pipeline = Pipeline::build(recipe.name, recipe.text, &values, clock)?;
        let (source, sink) = (pipeline.element("desk")?, pipeline.element("packets")?);
        pipeline.start()?;
        let frame = format.frame().into();
        Ok(Self { pipeline, source, sink, frame, blocks: 0, came: 0, full_since: None })
    }

    /// Whether another block may go in. If not, packets are to be pulled first.
    ///
    /// # Errors
    /// When the pipeline has failed, or nothing comes out of it any more.
    pub(super) fn is_ready(&mut self) -> Result<bool, String> {
        if let Some(fault) = self.fault() {
            return Err(fault);
        }
        // The last frame of a burst may hold more than went in.
        if (self.blocks * BLOCK as u64).saturating_sub(self.came) < MOST_INSIDE {
            self.full_since = None;
            return Ok(true);
        }
        match self.full_since.get_or_insert_with(Instant::now).elapsed() {
            stalled if stalled >= STALL => Err(format!("it gave nothing for {} s", STALL.as_secs())),
            _ => Ok(false),
        }
    }

    /// Encodes a block after those before: instants count from zero, whatever the event clock says.
    pub(super) fn push(&mut self, block: &Block) -> Result<(), String> {
        let bytes: Vec<u8> = block.as_flattened().iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let times = buffer.get_mut().expect("a new buffer has one owner");
        let length = BLOCK_LENGTH.as_nanos() as u64;
        times.set_pts(gst::ClockTime::from_nseconds(self.blocks * length));
        times.set_duration(gst::ClockTime::from_nseconds(length));
        self.blocks += 1;
        self.source.push_buffer(buffer).map(drop).map_err(|flow| self.fault().unwrap_or_else(|| flow.to_string()))
    }

    /// A packet, if one has come out; a full encoder is waited for some milliseconds.
    pub(super) fn pull(&mut self) -> Option<Packet> {
        let patience = if self.full_since.is_some() { PATIENCE } else { gst::ClockTime::ZERO };
        let sample = self.sink.try_pull_sample(patience)?;
        let bytes = sample.buffer()?.map_readable().ok()?;
        self.came += self.frame;
        Some(Packet { bytes: Bytes::copy_from_slice(&bytes), head: head(&sample) })
    }

    fn fault(&self) -> Option<String> {
        let message = self.pipeline.inner().bus()?.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(error.error().to_string()),
            _ => None,
        }
    }
}

/// What came out.
pub(super) struct Packet {
    /// One packet of the coding.
    pub(super) bytes: Bytes,
    /// The encoder's identification header, if its coding has one.
    pub(super) head: Option<Bytes>,
}

/// The first of the headers that stand in the caps.
fn head(sample: &gst::Sample) -> Option<Bytes> {
    let headers = sample.caps()?.structure(0)?.get::<gst::ArrayRef>("streamheader").ok()?;
    let first = headers.first()?.get::<gst::Buffer>().ok()?;
    Some(Bytes::copy_from_slice(&first.map_readable().ok()?))
}
