//! What the tests of the library share: media that GStreamer makes.

use std::path::Path;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSink;

/// Runs a pipeline to its end.
pub(super) fn make(text: &str) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(text).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(20), &kinds);
    pipeline.set_state(gst::State::Null).unwrap();
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => {}
        other => panic!("{text}: {other:?}"),
    }
}

/// A webm of black pictures that are half transparent, 25 a second, 64 by 36 pixels. GStreamer writes no transparency into
/// webm: it is a second stream, in the additions of the blocks (WebM's alpha).
pub(super) fn webm_with_alpha(path: &Path, codec: &str, pictures: usize) {
    let (colour, alpha) = (frames(codec, "0xff000000", pictures), frames(codec, "0xff828282", pictures));
    let blocks = colour.iter().zip(&alpha).enumerate().map(|(number, (colour, alpha))| {
        let begin = u16::try_from(number * 40).unwrap().to_be_bytes();
        let block = [&[0x81], &begin[..], &[0], colour].concat();
        let more = element(&[0xA6], &[element(&[0xEE], &[1]), element(&[0xA5], alpha)].concat());
        element(&[0xA0], &[element(&[0xA1], &block), element(&[0x9B], &[40]), element(&[0x75, 0xA1], &more)].concat())
    });
    let cluster = [element(&[0xE7], &[0]), blocks.collect::<Vec<_>>().concat()].concat();
    let name = format!("V_{}", codec.to_uppercase());
    let video = [element(&[0xB0], &[64]), element(&[0xBA], &[36]), element(&[0x53, 0xC0], &[1])].concat();
    let track = [
        element(&[0xD7], &[1]),
        element(&[0x73, 0xC5], &[1]),
        element(&[0x83], &[1]),
        element(&[0x86], name.as_bytes()),
        element(&[0x23, 0xE3, 0x83], &40_000_000u32.to_be_bytes()),
        element(&[0x55, 0xEE], &[1]),
        element(&[0xE0], &video),
    ];
    let info = [
        element(&[0x2A, 0xD7, 0xB1], &1_000_000u32.to_be_bytes()),
        element(&[0x44, 0x89], &(pictures as f64 * 40.0).to_be_bytes()),
        element(&[0x4D, 0x80], b"regia"),
        element(&[0x57, 0x41], b"regia"),
    ];
    let segment = [
        element(&[0x15, 0x49, 0xA9, 0x66], &info.concat()),
        element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &track.concat())),
        element(&[0x1F, 0x43, 0xB6, 0x75], &cluster),
    ];
    let header = [
        element(&[0x42, 0x86], &[1]),
        element(&[0x42, 0xF7], &[1]),
        element(&[0x42, 0xF2], &[4]),
        element(&[0x42, 0xF3], &[8]),
        element(&[0x42, 0x82], b"webm"),
        element(&[0x42, 0x87], &[4]),
        element(&[0x42, 0x85], &[2]),
    ];
    let whole =
        [element(&[0x1A, 0x45, 0xDF, 0xA3], &header.concat()), element(&[0x18, 0x53, 0x80, 0x67], &segment.concat())];
    std::fs::write(path, whole.concat()).unwrap();
}

/// An element of EBML (RFC 8794 §4): its id, its length in eight bytes, what it holds.
fn element(id: &[u8], data: &[u8]) -> Vec<u8> {
    let mut length = (data.len() as u64).to_be_bytes();
    length[0] = 0x01;
    [id, &length, data].concat()
}

/// Keyframes of one colour.
fn frames(codec: &str, colour: &str, count: usize) -> Vec<Vec<u8>> {
    gst::init().unwrap();
    let text = format!(
        "videotestsrc pattern=solid-color foreground-color={colour} num-buffers={count} \
         ! video/x-raw,format=I420,width=64,height=36,framerate=25/1 ! {codec}enc deadline=1 keyframe-max-dist=1 lag-in-frames=0 \
         ! appsink name=out sync=false"
    );
    let pipeline = gst::parse::launch(&text).unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("out").unwrap().downcast::<AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let samples = std::iter::from_fn(|| sink.pull_sample().ok());
    let frames = samples.map(|sample| sample.buffer().unwrap().map_readable().unwrap().to_vec()).collect();
    pipeline.set_state(gst::State::Null).unwrap();
    frames
}
