//! Files that GStreamer decodes: how they are opened so that they lead nowhere else, and what they hold.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};

use crate::gst::{EventClock, Pipeline};
use crate::media::Error;

const PROBE: &str = include_str!("../../../pipelines/media-probe.gst");

/// What somebody is told to save a film as.
pub(super) const AS_FILM: &str = "mp4 (H.264, AAC) or webm";

/// What somebody is told to save music as.
pub(super) const AS_SOUND: &str = "mp3, m4a, flac, ogg or wav";

/// How long a file may take to show its first picture and sound.
const OPENING: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// Formats that only say where media are: what they name would be fetched, from any file and any network.
const ELSEWHERE: [&str; 9] = [
    "application/x-hls",
    "application/dash+xml",
    "application/vnd.ms-sstr+xml",
    "application/sdp",
    "application/x-rtsp",
    "application/smil",
    "application/xspf+xml",
    "application/xges",
    "text/uri-list",
];

/// Picture or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Picture,
    Sound,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Holds {
    pub(super) picture: bool,
    pub(super) sound: bool,
    /// Nothing if the file does not say.
    pub(super) duration: Option<Duration>,
}

/// Points a pipeline's `file` to a path and its `decoder` to `link`, which gets every decoded stream.
pub(super) fn open(
    pipeline: &Pipeline,
    path: &Path,
    link: impl Fn(Medium, &gst::Pad) + Send + Sync + 'static,
) -> Result<(), Error> {
    pipeline.element::<gst::Element>("file")?.set_property("location", path);
    let decoder: gst::Element = pipeline.element("decoder")?;
    decoder.connect("autoplug-continue", false, |values| {
        let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
        let leads = |caps: &gst::Caps| caps.iter().any(|caps| ELSEWHERE.contains(&caps.name().as_str()));
        Some((!caps.is_some_and(|caps| leads(&caps))).to_value())
    });
    decoder.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        match caps.structure(0).map(|structure| structure.name().as_str()) {
            Some("video/x-raw") => link(Medium::Picture, pad),
            Some("audio/x-raw") => link(Medium::Sound, pad),
            _ => {}
        }
    });
    Ok(())
}

/// Links the first stream of each kind to the element that is meant for it.
pub(super) fn link_first(
    pipeline: &Pipeline,
    picture: &str,
    sound: Option<&str>,
) -> Result<impl Fn(Medium, &gst::Pad) + use<>, Error> {
    let element = |part: &str| Ok::<_, Error>(pipeline.element::<gst::Element>(part)?.downgrade());
    let (picture, sound) = (element(picture)?, sound.map(element).transpose()?);
    Ok(move |medium, pad: &gst::Pad| {
        let element = match medium {
            Medium::Picture => picture.upgrade(),
            Medium::Sound => sound.as_ref().and_then(gst::glib::WeakRef::upgrade),
        };
        if let Some(sink) = element.and_then(|element| element.static_pad("sink"))
            && !sink.is_linked()
            && let Err(error) = pad.link(&sink)
        {
            tracing::warn!(%error, ?medium, "a stream of a media file cannot be linked");
        }
    })
}

/// Finds out what a file holds; what is not clear within ten seconds is a flaw, which tells what to save it as. Blocks.
pub(super) fn probe(path: &Path, clock: &EventClock, save_as: &str) -> Result<Holds, String> {
    let broken = |error: Error| error.to_string();
    let pipeline = Pipeline::build("media-probe", PROBE, &[], clock).map_err(|error| broken(error.into()))?;
    let holds = Arc::new(Mutex::new(Holds::default()));
    open(&pipeline, path, {
        let (bin, holds) = (pipeline.inner().downgrade(), Arc::clone(&holds));
        move |medium, pad| {
            let Some(bin) = bin.upgrade() else { return };
            if let Err(error) = swallow(&bin, pad) {
                tracing::warn!(%error, "a stream of a media file cannot be looked at");
                return;
            }
            let mut holds = holds.lock().expect("no code panics while it holds it");
            match medium {
                Medium::Picture => holds.picture = true,
                Medium::Sound => holds.sound = true,
            }
        }
    })
    .map_err(broken)?;
    let messages = pipeline.inner().bus().expect("a pipeline has a bus");
    let kinds = [gst::MessageType::Error, gst::MessageType::AsyncDone];
    let paused = pipeline.inner().set_state(gst::State::Paused);
    let message = messages.timed_pop_filtered(paused.map_or(gst::ClockTime::ZERO, |_| OPENING), &kinds);
    let mut holds = *holds.lock().expect("no code panics while it holds it");
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Error(error)) => Err(why(error, save_as)),
        Some(_) if !holds.picture && !holds.sound => {
            Err(format!("it holds neither picture nor sound that can be decoded: save it as {save_as}"))
        }
        Some(_) => {
            holds.duration = duration(&pipeline);
            Ok(holds)
        }
        None => Err(format!("it does not show what it holds within {} s: save it again", OPENING.seconds())),
    }
}

/// How long a file plays. One that does not say so itself is played as fast as it can be: that tells it in the end, if that
/// comes soon, and often much earlier by what was read of it until then.
fn duration(pipeline: &Pipeline) -> Option<Duration> {
    const ATTEMPTS: u32 = 80;
    const PAUSE: gst::ClockTime = gst::ClockTime::from_mseconds(25);
    let pipeline = pipeline.inner();
    let said = || pipeline.query_duration::<gst::ClockTime>().map(Duration::from);
    if let Some(said) = said() {
        return Some(said);
    }
    let messages = pipeline.bus().expect("a pipeline has a bus");
    pipeline.set_state(gst::State::Playing).ok()?;
    for _ in 0..ATTEMPTS {
        if messages.timed_pop_filtered(PAUSE, &[gst::MessageType::Eos, gst::MessageType::Error]).is_some() {
            return said().or_else(|| pipeline.query_position::<gst::ClockTime>().map(Duration::from));
        }
        if let Some(said) = said() {
            return Some(said);
        }
    }
    None
}

/// What GStreamer says, and what helps.
pub(super) fn why(error: &gst::message::Error, save_as: &str) -> String {
    let said = error.error();
    if said.matches(gst::CoreError::MissingPlugin) || said.matches(gst::StreamError::CodecNotFound) {
        return format!("no decoder for it is installed: save it as {save_as}");
    }
    format!("it cannot be decoded ({}): save it as {save_as}", said.message().trim_end_matches('.'))
}

/// Gives a stream an end.
fn swallow(bin: &gst::Pipeline, pad: &gst::Pad) -> Result<(), gst::glib::BoolError> {
    let sink = gst::ElementFactory::make("fakesink").property("sync", false).build()?;
    bin.add(&sink)?;
    sink.sync_state_with_parent()?;
    let end = sink.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("a sink without a pad"))?;
    pad.link(&end).map(drop).map_err(|error| gst::glib::bool_error!("{error}"))
}
