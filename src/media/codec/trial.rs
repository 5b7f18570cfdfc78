//! Puts an encoder or a decoder to the test with generated frames: what is listed in a registry may still be a card without a
//! driver, a driver without a card, or one whose sessions are all taken.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSrc};
use gstreamer_video::UpstreamForceKeyUnitEvent;

use super::Rung;
use super::encoder;
use crate::gst::{EventClock, Pipeline};
use crate::media::Format;

const ENCODER: &str = include_str!("../../../pipelines/trial-encoder.gst");
const DECODER: &str = include_str!("../../../pipelines/trial-decoder.gst");

/// Frames of a trial.
pub(super) const FRAMES: u32 = 10;

/// Frames after which the first picture must be there: one that keeps more back is too late for a live program.
const FIRST: u32 = 5;

/// How long a trial may take: hardware that is opened for the first time needs some tenths of a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a driver may take beyond that to come back at all. What does not is left to itself.
const GRACE: Duration = Duration::from_secs(3);

/// Between two looks whether a pipeline has failed.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// How much brighter or darker than it was a decoded picture may be on average, of 255.
const BRIGHTNESS: u32 = 6;

/// H.264 table 7-1: a slice of an IDR picture.
const IDR: u8 = 5;

/// Encodes [`FRAMES`] generated frames; answers how long that took, or what went wrong: each must come out as a picture, the
/// first as a keyframe, and another one as a keyframe because one was asked for.
pub(super) fn encode(rung: &Rung, format: &Format) -> Result<Duration, String> {
    let (rung, format) = (rung.clone(), *format);
    in_time(move || encode_all(&rung, &format).map(|(took, _)| took))
}

/// Decodes [`FRAMES`] pictures that x264 made; answers how long that took, or what went wrong: each must come out as it went
/// in.
pub(super) fn decode(rung: &Rung, format: &Format) -> Result<Duration, String> {
    let (rung, format) = (rung.clone(), *format);
    in_time(move || {
        let (_, pictures) = encode_all(&encoder::for_monitor(&format), &format)?;
        decode_all(&rung, &format, pictures)
    })
}

/// Runs a trial on a thread of its own: a driver may hang in any call.
fn in_time(trial: impl FnOnce() -> Result<Duration, String> + Send + 'static) -> Result<Duration, String> {
    let (done_tx, done_rx) = mpsc::sync_channel(1);
    let run = move || {
        // Nobody waits any more for one that comes too late.
        let _ = done_tx.send(trial());
    };
    std::thread::Builder::new().name("trial".into()).spawn(run).map_err(|error| error.to_string())?;
    let seconds = (PATIENCE + GRACE).as_secs();
    done_rx.recv_timeout(PATIENCE + GRACE).unwrap_or_else(|_| Err(format!("it hangs: no answer within {seconds} s")))
}

/// The pipeline of a trial of an encoder.
pub(super) fn build(rung: &Rung, format: &Format, clock: &EventClock) -> Result<Pipeline, crate::gst::Error> {
    let Format { width, height, fps, .. } = format;
    let encoder = rung.text();
    Pipeline::build(
        "trial-encoder",
        ENCODER,
        &[("width", width), ("height", height), ("fps", fps), ("encoder", &encoder)],
        clock,
    )
}

fn encode_all(rung: &Rung, format: &Format) -> Result<(Duration, Vec<gst::Buffer>), String> {
    let words = |error: crate::gst::Error| error.to_string();
    let clock = EventClock::start();
    let begin = Instant::now();
    let pipeline = build(rung, format, &clock).map_err(words)?;
    let (source, sink): (AppSrc, AppSink) =
        (pipeline.element("frames").map_err(words)?, pipeline.element("pictures").map_err(words)?);
    let encoder: gst::Element = pipeline.element("encoder").map_err(words)?;
    pipeline.start().map_err(words)?;
    push(&source, (0..FIRST).map(|number| frame(format, number)));
    let first = next(&pipeline, &sink, begin)?.ok_or_else(|| format!("no picture came out of {FIRST} frames"))?;
    if !is_keyframe(&first) {
        return Err("its first picture is no keyframe".into());
    }
    encoder.send_event(UpstreamForceKeyUnitEvent::builder().all_headers(false).build());
    push(&source, (FIRST..FRAMES).map(|number| frame(format, number)));
    let _ = source.end_of_stream();
    let mut pictures = vec![first];
    while let Some(picture) = next(&pipeline, &sink, begin)? {
        pictures.push(picture);
    }
    if pictures.len() != FRAMES as usize {
        return Err(format!("{} pictures came out of {FRAMES} frames", pictures.len()));
    }
    if !pictures.iter().skip(1).any(is_keyframe) {
        return Err("it makes no keyframe when it is asked for one".into());
    }
    Ok((begin.elapsed(), pictures))
}

fn decode_all(rung: &Rung, format: &Format, pictures: Vec<gst::Buffer>) -> Result<Duration, String> {
    let words = |error: crate::gst::Error| error.to_string();
    let clock = EventClock::start();
    let begin = Instant::now();
    let pipeline = Pipeline::build("trial-decoder", DECODER, &[("decoder", &rung.text())], &clock).map_err(words)?;
    let (source, sink): (AppSrc, AppSink) =
        (pipeline.element("pictures").map_err(words)?, pipeline.element("frames").map_err(words)?);
    pipeline.start().map_err(words)?;
    push(&source, pictures);
    let _ = source.end_of_stream();
    for number in 0..FRAMES {
        let Some(decoded) = next(&pipeline, &sink, begin)? else {
            return Err(format!("{number} frames came out of {FRAMES} pictures"));
        };
        let [expected, came] = [&frame(format, number), &decoded].map(|buffer| brightness(buffer, format));
        let (Some(expected), Some(came)) = (expected, came) else {
            return Err("its frames are smaller than its pictures".into());
        };
        if expected.abs_diff(came) > BRIGHTNESS {
            return Err(format!("frame {number} has the brightness {came} instead of {expected}"));
        }
    }
    Ok(begin.elapsed())
}

/// What a pipeline refuses it has said on its bus.
fn push(source: &AppSrc, buffers: impl IntoIterator<Item = gst::Buffer>) {
    for buffer in buffers {
        let _ = source.push_buffer(buffer);
    }
}

/// The next buffer; `None` at the end of them, or an error when there should be one and is none.
fn next(pipeline: &Pipeline, sink: &AppSink, begin: Instant) -> Result<Option<gst::Buffer>, String> {
    while begin.elapsed() < PATIENCE {
        if let Some(sample) = sink.try_pull_sample(LOOK) {
            return Ok(sample.buffer_owned());
        }
        if let Some(error) = fault(pipeline) {
            return Err(error);
        }
        if sink.is_eos() {
            return Ok(None);
        }
    }
    Err(format!("it keeps back what it was given: nothing more came out within {} s", PATIENCE.as_secs()))
}

fn fault(pipeline: &Pipeline) -> Option<String> {
    let message = pipeline.inner().bus()?.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(error.error().to_string()),
        _ => None,
    }
}

/// A generated frame: each one brighter than the one before, with something to encode in it.
pub(super) fn frame(format: &Format, number: u32) -> gst::Buffer {
    let (width, height) = (format.width as usize, format.height as usize);
    let mut data = vec![128; width * height * 3 / 2];
    #[expect(clippy::cast_possible_truncation, reason = "both are below 255")]
    for (y, row) in data.chunks_mut(width).take(height).enumerate() {
        let luma = |x: usize| (40 + (number as usize % FRAMES as usize) * 16 + (x + y) / 8 % 16) as u8;
        row.iter_mut().enumerate().for_each(|(x, sample)| *sample = luma(x));
    }
    let mut buffer = gst::Buffer::from_mut_slice(data);
    let times = buffer.get_mut().expect("a new buffer has one owner");
    times.set_pts(gst::ClockTime::try_from(format.frame() * number).ok());
    times.set_duration(gst::ClockTime::try_from(format.frame()).ok());
    buffer
}

/// The mean of the luma of a picture in I420, in whose memory its rows may be a little longer than they must.
fn brightness(buffer: &gst::Buffer, format: &Format) -> Option<u32> {
    let map = buffer.map_readable().ok()?;
    let luma = map.get(..(format.width * format.height) as usize)?;
    let sum: u64 = luma.iter().map(|sample| u64::from(*sample)).sum();
    u32::try_from(sum / luma.len() as u64).ok()
}

/// Whether a picture as byte stream has a slice of an IDR picture (H.264 annex B).
fn is_keyframe(picture: &gst::Buffer) -> bool {
    let Ok(map) = picture.map_readable() else { return false };
    map.windows(4).any(|bytes| bytes[..3] == [0, 0, 1] && bytes[3] & 0x1f == IDR)
}

#[cfg(test)]
mod tests {
    use super::encoder::tests::broken;
    use super::*;
    use crate::media::testing::SMALL;

    fn why(text: &'static str) -> String {
        gst::init().unwrap();
        encode(&broken(text), &SMALL).unwrap_err()
    }

    #[test]
    fn an_encoder_that_does_what_it_should_passes() {
        gst::init().unwrap();
        let took = encode(&encoder::for_monitor(&SMALL), &SMALL).unwrap();
        assert!(took > Duration::ZERO && took < PATIENCE);
    }

    #[test]
    fn what_is_wrong_with_an_encoder_is_told() {
        let zero = "x264enc name=encoder tune=zerolatency key-int-max={interval}";
        assert!(why("nosuchelement name=encoder").contains("nosuchelement"));
        assert!(why("x264enc name=encoder frobnicate=1").contains("frobnicate"));
        assert!(why("x264enc name=encoder rc-lookahead=40 key-int-max={interval}").contains("keeps back"));
        assert!(why(&*format!("identity error-after=3 ! {zero}").leak()).len() > 5);
        // The request never comes to what encodes.
        let deaf = why("identity name=encoder ! x264enc tune=zerolatency key-int-max={interval}");
        assert!(deaf.contains("no keyframe when it is asked"), "{deaf}");
    }

    #[test]
    fn who_hangs_is_left_behind() {
        let (release_tx, release_rx) = mpsc::channel::<()>();
        let begin = Instant::now();
        let hung = in_time(move || {
            let _ = release_rx.recv();
            Ok(Duration::ZERO)
        });
        assert!(hung.unwrap_err().contains("hangs"));
        assert!(begin.elapsed() < PATIENCE + GRACE * 2);
        drop(release_tx);
    }
}
