//! Plays a file once into the sending pipeline. The worker opens it again for each round.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};

use super::scene::{FromFile, raw_caps};
use super::{Error, Format};
use crate::gst::{EventClock, Pipeline};

const TEXT: &str = include_str!("../../pipelines/publish-player.gst");

/// How long a file may take to show what it holds.
const OPENING: gst::ClockTime = gst::ClockTime::from_seconds(5);

/// The message by which a player tells itself that all streams are known.
const STREAMS_KNOWN: &str = "regia-streams-known";

/// A file that is open, and waits or plays.
#[derive(Debug)]
pub(super) struct Player {
    pipeline: Pipeline,
    holds: FromFile,
    end_ns: Arc<AtomicU64>,
}

/// Where the file's media go, as far as it has them.
#[derive(Debug)]
pub(super) struct Outlets {
    pub(super) frames: Option<AppSrc>,
    pub(super) samples: Option<AppSrc>,
}

impl Player {
    /// Opens a file and finds out what it holds.
    pub(super) fn open(path: &Path, format: Format, clock: &EventClock) -> Result<Self, Error> {
        let wrong = |why: String| Error::File { path: path.to_owned(), why };
        // GStreamer's own words for a missing file name its source code.
        let metadata = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
        if !metadata.is_file() {
            return Err(wrong("it is not a file".into()));
        }
        let Format { width, height, fps } = format;
        let pipeline =
            Pipeline::build("publish-player", TEXT, &[("width", &width), ("height", &height), ("fps", &fps)], clock)?;
        pipeline.element::<gst::Element>("file")?.set_property("location", path);
        link_what_comes(&pipeline)?;
        let messages = pipeline.inner().bus().expect("a pipeline has a bus");
        let paused = pipeline.inner().set_state(gst::State::Paused);
        let kinds = [gst::MessageType::Error, gst::MessageType::Application];
        let first = messages.timed_pop_filtered(paused.map_or(gst::ClockTime::ZERO, |_| OPENING), &kinds);
        match first.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Error(error)) => return Err(wrong(error.error().message().to_owned())),
            Some(_) => {}
            None => return Err(wrong(format!("it does not show what it holds within {} s", OPENING.seconds()))),
        }
        let is_linked = |part: &str| {
            let pad = pipeline.element::<gst::Element>(part).ok().and_then(|element| element.static_pad("sink"));
            pad.is_some_and(|pad| pad.is_linked())
        };
        let holds = FromFile { picture: is_linked("picture"), sound: is_linked("sound") };
        if holds == (FromFile { picture: false, sound: false }) {
            return Err(wrong("it holds neither picture nor sound".into()));
        }
        Ok(Self { pipeline, holds, end_ns: Arc::default() })
    }

    /// What the file holds.
    pub(super) fn holds(&self) -> FromFile {
        self.holds
    }

    /// Plays it, so that its first frame is due at event time `start`. `on_end` is called once, when all of it has been
    /// handed on; `on_error` when it cannot go on.
    pub(super) fn play(
        &self,
        start: Duration,
        outlets: &Outlets,
        on_end: impl Fn() + Send + Sync + 'static,
        on_error: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.end_ns.store(start.as_nanos() as u64, Ordering::Relaxed);
        let messages = self.pipeline.inner().bus().expect("a pipeline has a bus");
        messages.set_sync_handler(move |_, message| {
            if let gst::MessageView::Error(error) = message.view() {
                on_error(error.error().message().to_owned());
            }
            gst::BusSyncReply::Drop
        });
        let connected = [("frames", &outlets.frames), ("samples", &outlets.samples)];
        let left = Arc::new(AtomicUsize::new(connected.iter().filter(|(_, outlet)| outlet.is_some()).count()));
        let on_end = Arc::new(on_end);
        for (part, outlet) in connected {
            let Some(outlet) = outlet else { continue };
            let sink: AppSink = self.pipeline.element(part)?;
            let (outlet, end_ns) = (outlet.clone(), self.end_ns.clone());
            let (left, on_end) = (left.clone(), on_end.clone());
            sink.set_callbacks(
                AppSinkCallbacks::builder()
                    .new_sample(move |sink| hand_on(sink, &outlet, start, &end_ns))
                    .eos(move |_| {
                        if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                            on_end();
                        }
                    })
                    .build(),
            );
        }
        Ok(self.pipeline.start()?)
    }

    /// Event time at which what was handed on so far ends.
    pub(super) fn end(&self) -> Duration {
        Duration::from_nanos(self.end_ns.load(Ordering::Relaxed))
    }

    /// Changes the format midway.
    pub(super) fn set_format(&self, format: Format) -> Result<(), Error> {
        self.pipeline.element::<gst::Element>("raw")?.set_property("caps", raw_caps(format));
        Ok(())
    }
}

/// Links the first picture and the first sound that the decoder finds.
fn link_what_comes(pipeline: &Pipeline) -> Result<(), Error> {
    let decoder: gst::Element = pipeline.element("decoder")?;
    let (picture, sound) = (
        pipeline.element::<gst::Element>("picture")?.downgrade(),
        pipeline.element::<gst::Element>("sound")?.downgrade(),
    );
    decoder.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let kind = caps.structure(0).map(|structure| structure.name().as_str()).unwrap_or_default();
        let wanted = match kind {
            kind if kind.starts_with("video/") => picture.upgrade(),
            kind if kind.starts_with("audio/") => sound.upgrade(),
            _ => None,
        };
        if let Some(sink) = wanted.and_then(|element| element.static_pad("sink"))
            && !sink.is_linked()
            && let Err(error) = pad.link(&sink)
        {
            tracing::warn!(%caps, %error, "a stream of the file cannot be linked");
        }
    });
    decoder.connect_no_more_pads(|decoder| {
        let known = gst::message::Application::builder(gst::Structure::new_empty(STREAMS_KNOWN)).src(decoder).build();
        decoder.post_message(known).ok();
    });
    Ok(())
}

/// Hands one sample on, moved to its place in event time. Waits while the outlet is full.
fn hand_on(
    sink: &AppSink,
    outlet: &AppSrc,
    start: Duration,
    end_ns: &AtomicU64,
) -> Result<gst::FlowSuccess, gst::FlowError> {
    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
    let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else { return Ok(gst::FlowSuccess::Ok) };
    let segment = sample.segment().and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
    let Some(into) = buffer.pts().and_then(|pts| segment?.to_running_time(pts)) else {
        return Ok(gst::FlowSuccess::Ok); // outside of what the file means to show
    };
    let due = start + Duration::from(into);
    let mut moved = buffer.copy();
    {
        let moved = moved.make_mut();
        moved.set_pts(gst::ClockTime::try_from(due).ok());
        moved.set_dts(None);
    }
    let end = due + Duration::from(buffer.duration().unwrap_or_default());
    end_ns.fetch_max(end.as_nanos() as u64, Ordering::Relaxed);
    outlet.push_sample(&gst::Sample::builder().buffer(&moved).caps(&caps.to_owned()).build())
}
