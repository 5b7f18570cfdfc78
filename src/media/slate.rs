//! Slates: what stands in for a picture that does not come. Rendered and encoded once, at start.

use std::sync::Arc;
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSrc};

use super::picture::COLORIMETRY;
use super::{Error, Format};
use crate::gst::{EventClock, PacketReader, Pipeline};
use crate::rtp::{Kind, Origin, Packet, Slate};

const PICTURE: &str = include_str!("../../pipelines/slate.gst");
const LOOP: &str = include_str!("../../pipelines/slate-loop.gst");
const SILENCE: &str = include_str!("../../pipelines/silence.gst");

/// What stands under the name.
const NOTICE: &str = "torna tra poco · back soon";

/// Fonts in the order in which they are wished for; a system has at least the last.
const FONTS: &str = "Inter, DejaVu Sans, Sans";

/// A still picture needs few frames; five a second let a newcomer in soon enough.
const INTERVAL: Duration = Duration::from_millis(200);

/// Pictures of a loop, two seconds of them: each loop begins with a keyframe, which is nearly all that a slate costs.
const PICTURES: u32 = 10;

/// Packets of silence in which the encoder still settles.
const SETTLING: usize = 3;

/// A pipeline that renders one picture ends within this, or something is broken.
const DEADLINE: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// Encodes the slate with this name as a loop in program's format.
pub fn encode(format: &Format, name: &str, clock: &EventClock) -> Result<Slate, Error> {
    format.check()?;
    let broken = |why: &str| Error::Slate { name: name.into(), why: why.into() };
    let still = frame(format, name, clock)?;
    let packets = encode_loop(&still, clock)?;
    let mut pictures: Vec<Vec<Arc<[u8]>>> = vec![Vec::new()];
    for packet in packets {
        pictures.last_mut().expect("it begins with one").push(packet.payload);
        if packet.marker {
            pictures.push(Vec::new());
        }
    }
    pictures.retain(|payloads| !payloads.is_empty());
    if pictures.len() != PICTURES as usize {
        return Err(broken(&format!("the encoder made {} pictures of {PICTURES}", pictures.len())));
    }
    let silence = silence(clock)?.ok_or_else(|| broken("the encoder made no silence"))?;
    Ok(Slate { pictures, interval: INTERVAL, silence })
}

/// Renders the slate with this name as a raw picture in program's format.
pub(super) fn frame(format: &Format, name: &str, clock: &EventClock) -> Result<gst::Sample, Error> {
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("width", &format.width), ("height", &format.height), ("colorimetry", &COLORIMETRY)];
    let pipeline = Pipeline::build("slate", PICTURE, &values, clock)?;
    let size = title_size(format, name);
    let text = |part: &str, words: &str, weight: &str, size: u32, below: u32| -> Result<(), Error> {
        let overlay: gst::Element = pipeline.element(part)?;
        // The element reads markup; a name is only a name.
        overlay.set_property("text", gst::glib::markup_escape_text(words));
        overlay.set_property("font-desc", format!("{FONTS} {weight} {size}px"));
        overlay.set_property("deltay", i32::try_from(below).unwrap_or_default());
        Ok(())
    };
    text("title", name, "Semi-Bold", size, 0)?;
    text("notice", NOTICE, "", (format.height / 26).max(8), format.height / 7)?;
    let sink: AppSink = pipeline.element("picture")?;
    pipeline.start()?;
    sink.try_pull_sample(DEADLINE).ok_or_else(|| Error::Slate { name: name.into(), why: fault(&pipeline) })
}

/// Height of the name in pixels: as large as looks calm, but never wider than the picture.
fn title_size(format: &Format, name: &str) -> u32 {
    /// Widest letters of a semi-bold sans, as a part of its size.
    const LETTER: f64 = 0.68;
    let letters = u32::try_from(name.chars().count().max(1)).unwrap_or(u32::MAX);
    let widest = f64::from(format.width) * 0.9 / (f64::from(letters) * LETTER);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number of pixels")]
    let size = widest.min(f64::from(format.height) / 7.0).max(8.0) as u32;
    size
}

fn encode_loop(still: &gst::Sample, clock: &EventClock) -> Result<Vec<Packet>, Error> {
    let pipeline = Pipeline::build("slate-loop", LOOP, &[], clock)?;
    let pictures: AppSrc = pipeline.element("pictures")?;
    let sink: AppSink = pipeline.element("packets")?;
    pictures.set_caps(still.caps_owned().as_ref());
    pipeline.start()?;
    for number in 0..PICTURES {
        let Some(mut picture) = still.buffer().map(gst::BufferRef::copy) else { break };
        let times = picture.get_mut().expect("a copy has one owner");
        times.set_pts(gst::ClockTime::try_from(INTERVAL * number).ok());
        times.set_duration(gst::ClockTime::try_from(INTERVAL).ok());
        // An encoder that refuses shows in the packets that are missing.
        let _ = pictures.push_buffer(picture);
    }
    let _ = pictures.end_of_stream();
    let mut reader = PacketReader::new(Origin::Standby, Kind::Video);
    let samples = std::iter::from_fn(|| sink.try_pull_sample(DEADLINE));
    Ok(samples.filter_map(|sample| reader.read(sample.buffer()?)).collect())
}

fn silence(clock: &EventClock) -> Result<Option<Arc<[u8]>>, Error> {
    let pipeline = Pipeline::build("silence", SILENCE, &[], clock)?;
    let sink: AppSink = pipeline.element("packets")?;
    pipeline.start()?;
    let samples = std::iter::from_fn(|| sink.try_pull_sample(DEADLINE));
    let packets = samples.filter_map(|sample| Some(Arc::from(sample.buffer()?.map_readable().ok()?.as_slice())));
    Ok(packets.skip(SETTLING).last())
}

/// What the pipeline says about why nothing came.
fn fault(pipeline: &Pipeline) -> String {
    let message = pipeline.inner().bus().and_then(|messages| messages.pop_filtered(&[gst::MessageType::Error]));
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Error(error)) => error.error().to_string(),
        _ => format!("no picture came within {} s", DEADLINE.seconds()),
    }
}
