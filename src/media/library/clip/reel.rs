//! An open file: its pictures and its sound, one after the other, with their times within the file.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSink;

use crate::gst::{EventClock, Pipeline};
use crate::media::Error;
use crate::media::library::opening::{self, Medium};
use crate::media::picture::{COLORIMETRY, running_time};

const TEXT: &str = include_str!("../../../../pipelines/clip.gst");

/// A file that is being decoded. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Reel {
    pipeline: Pipeline,
    holds: Arc<Holds>,
    pub(super) picture: Track,
    pub(super) sound: Track,
}

/// What was found in the file so far.
#[derive(Debug, Default)]
struct Holds {
    picture: AtomicBool,
    sound: AtomicBool,
    /// Nothing more will be found.
    all: AtomicBool,
}

/// One stream of a file.
#[derive(Debug)]
pub(super) struct Track {
    sink: AppSink,
    next: Option<(Duration, gst::Sample)>,
}

/// What comes next of a track.
#[derive(Debug)]
pub(super) enum Next {
    /// This, at this time within the file.
    At(Duration),
    /// It is not decoded yet.
    NotYet,
    /// Nothing.
    Over,
}

impl Reel {
    /// Opens a file. What it holds shows soon after.
    pub(super) fn open(path: &Path, clock: &EventClock) -> Result<Self, Error> {
        let pipeline = Pipeline::build("clip", TEXT, &[("colorimetry", &COLORIMETRY)], clock)?;
        let holds = Arc::new(Holds::default());
        let link = opening::link_first(&pipeline, "picture", Some("sound"))?;
        opening::open(&pipeline, path, {
            let holds = Arc::clone(&holds);
            move |medium, pad| {
                link(medium, pad);
                match medium {
                    Medium::Picture => holds.picture.store(true, Ordering::Release),
                    Medium::Sound => holds.sound.store(true, Ordering::Release),
                }
            }
        })?;
        pipeline.element::<gst::Element>("decoder")?.connect_no_more_pads({
            let holds = Arc::clone(&holds);
            move |_| holds.all.store(true, Ordering::Release)
        });
        let track = |name: &str| Ok::<_, Error>(Track { sink: pipeline.element(name)?, next: None });
        let (picture, sound) = (track("frames")?, track("samples")?);
        pipeline.start()?;
        Ok(Self { pipeline, holds, picture, sound })
    }

    /// The next picture, which stays the next.
    pub(super) fn next_picture(&mut self) -> Next {
        let is_known_to_lack = self.holds.all.load(Ordering::Acquire) && !self.holds.picture.load(Ordering::Acquire);
        self.picture.look(is_known_to_lack)
    }

    /// The next block of sound, which stays the next.
    pub(super) fn next_sound(&mut self) -> Next {
        let is_known_to_lack = self.holds.all.load(Ordering::Acquire) && !self.holds.sound.load(Ordering::Acquire);
        self.sound.look(is_known_to_lack)
    }

    /// Whether it is known that it holds sound alone.
    pub(super) fn is_sound_alone(&self) -> bool {
        self.holds.all.load(Ordering::Acquire) && !self.holds.picture.load(Ordering::Acquire)
    }

    /// How long it is, if it says so.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.pipeline.inner().query_duration::<gst::ClockTime>().map(Duration::from)
    }

    /// Why it cannot go on.
    pub(super) fn fault(&self) -> Option<String> {
        let message = self.pipeline.inner().bus()?.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(opening::why(error, opening::AS_FILM)),
            _ => None,
        }
    }
}

impl Track {
    fn look(&mut self, is_missing: bool) -> Next {
        while self.next.is_none() {
            let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::ZERO) else {
                return if is_missing || self.sink.is_eos() { Next::Over } else { Next::NotYet };
            };
            // What lies outside of what the file means to show has no time.
            let time = sample.buffer().and_then(|buffer| running_time(&sample, buffer));
            self.next = time.map(|time| (time, sample));
        }
        self.next.as_ref().map_or(Next::NotYet, |(time, _)| Next::At(*time))
    }

    /// What comes next, without taking it.
    pub(super) fn first(&self) -> Option<&gst::Sample> {
        self.next.as_ref().map(|(_, sample)| sample)
    }

    /// Takes what comes next.
    pub(super) fn take(&mut self) -> Option<(Duration, gst::Sample)> {
        self.next.take()
    }
}
