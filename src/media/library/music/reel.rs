//! One way through a file: blocks of sound at the file's own rate, from its first sample of music to its last.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSink;

use super::gapless::Trim;
use crate::gst::{EventClock, Pipeline};
use crate::media::Error;
use crate::media::library::opening::{self, Medium};

const TEXT: &str = include_str!("../../../../pipelines/music.gst");

/// Sound of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    /// Frames in a second.
    pub(super) rate: u32,
    /// Left and right by turns.
    pub(super) samples: Vec<f32>,
}

impl Block {
    pub(super) fn frames(&self) -> usize {
        self.samples.len() / 2
    }
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Sound(Block),
    /// It is not decoded yet.
    NotYet,
    /// Nothing.
    Over,
    /// Nothing, because of this.
    Broken(String),
}

/// A file that is being decoded. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Reel {
    pipeline: Pipeline,
    sink: AppSink,
    holds: Arc<Holds>,
    /// Where it is to begin, until it was sent there.
    seek: Option<Duration>,
    trim: Trim,
    is_at_its_begin: bool,
}

/// What was found in the file so far.
#[derive(Debug, Default)]
struct Holds {
    sound: AtomicBool,
    /// Nothing more will be found.
    all: AtomicBool,
}

impl Reel {
    /// Opens a file, to be heard from a time on.
    pub(super) fn open(path: &Path, clock: &EventClock, from: Duration) -> Result<Self, Error> {
        let pipeline = Pipeline::build("music", TEXT, &[], clock)?;
        let holds = Arc::new(Holds::default());
        let sound = pipeline.element::<gst::Element>("sound")?.downgrade();
        opening::open(&pipeline, path, {
            let holds = Arc::clone(&holds);
            move |medium, pad| {
                let sink = sound.upgrade().and_then(|sound| sound.static_pad("sink"));
                if let Some(sink) = sink.filter(|sink| medium == Medium::Sound && !sink.is_linked())
                    && pad.link(&sink).is_ok()
                {
                    holds.sound.store(true, Ordering::Release);
                }
            }
        })?;
        pipeline.element::<gst::Element>("decoder")?.connect_no_more_pads({
            let holds = Arc::clone(&holds);
            move |_| holds.all.store(true, Ordering::Release)
        });
        let sink = pipeline.element("samples")?;
        pipeline.start()?;
        let seek = Some(from).filter(|from| !from.is_zero());
        Ok(Self { pipeline, sink, holds, seek, trim: Trim::of(path), is_at_its_begin: true })
    }

    /// Takes what comes next. Never waits.
    pub(super) fn next(&mut self) -> Next {
        if let Some(why) = self.fault() {
            return Next::Broken(why);
        }
        loop {
            let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::ZERO) else {
                let is_silent = self.holds.all.load(Ordering::Acquire) && !self.holds.sound.load(Ordering::Acquire);
                return match self.sink.is_eos() {
                    _ if is_silent => Next::Broken(format!("it has no sound: save it as {}", opening::AS_SOUND)),
                    true => Next::Over,
                    false => Next::NotYet,
                };
            };
            let Some(mut block) = block(&sample) else { continue };
            if let Some(from) = self.seek.take() {
                // Only who has a first sample can be sent elsewhere.
                if self.goes(from, block.rate) {
                    continue;
                }
            }
            if std::mem::take(&mut self.is_at_its_begin) {
                cut_to_its_duration(&mut block, &sample);
            }
            self.trim(&mut block);
            if block.frames() > 0 {
                return Next::Sound(block);
            }
            if self.trim.keep == Some(0) {
                return Next::Over;
            }
        }
    }

    /// Goes on from a time within the file. One that cannot be sent there, which is answered, is decoded up to it.
    fn goes(&mut self, from: Duration, rate: u32) -> bool {
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        let to = gst::ClockTime::try_from(from).unwrap_or(gst::ClockTime::ZERO);
        match self.pipeline.inner().seek_simple(flags, to) {
            Ok(()) => {
                (self.trim, self.is_at_its_begin) = (Trim::default(), false);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "a piece of music cannot be entered on the way: it is decoded up to there");
                let frames = u64::try_from(from.as_micros() * u128::from(rate) / 1_000_000).unwrap_or(u64::MAX);
                self.trim.skip = self.trim.skip.saturating_add(frames);
                self.trim.keep = self.trim.keep.map(|keep| keep.saturating_sub(frames));
                false
            }
        }
    }

    /// Leaves out what is not music.
    fn trim(&mut self, block: &mut Block) {
        let skipped = usize::try_from(self.trim.skip).map_or(block.frames(), |skip| skip.min(block.frames()));
        self.trim.skip -= skipped as u64;
        block.samples.drain(..2 * skipped);
        if let Some(keep) = &mut self.trim.keep {
            let kept = usize::try_from(*keep).map_or(block.frames(), |keep| keep.min(block.frames()));
            *keep -= kept as u64;
            block.samples.truncate(2 * kept);
        }
    }

    /// Why it cannot go on.
    fn fault(&self) -> Option<String> {
        let message = self.pipeline.inner().bus()?.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(opening::why(error, opening::AS_SOUND)),
            _ => None,
        }
    }
}

fn block(sample: &gst::Sample) -> Option<Block> {
    let rate = sample.caps()?.structure(0)?.get::<i32>("rate").ok()?;
    let rate = u32::try_from(rate).ok().filter(|rate| *rate > 0)?;
    let bytes = sample.buffer()?.map_readable().ok()?;
    let samples = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    Some(Block { rate, samples: samples.collect() })
}

/// The first block of an AAC file may hold more than it says: what the encoder put before the music, which an edit list takes
/// away. Rounding keeps GStreamer 1.22 from doing it.
fn cut_to_its_duration(block: &mut Block, sample: &gst::Sample) {
    let Some(said) = sample.buffer().and_then(gst::BufferRef::duration) else { return };
    let said = u128::from(said.nseconds()) * u128::from(block.rate) / 1_000_000_000;
    let excess = block.frames().saturating_sub(usize::try_from(said).unwrap_or(usize::MAX));
    if excess > 1 {
        block.samples.drain(..2 * excess);
    }
}
