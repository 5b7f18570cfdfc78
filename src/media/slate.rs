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

/// What stands on a slate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    name: String,
    notice: String,
}

impl Words {
    /// A name, and a line under it; an empty one stands for the usual line.
    pub fn new(name: &str, notice: &str) -> Self {
        let notice = if notice.is_empty() { NOTICE } else { notice };
        Self { name: name.to_owned(), notice: notice.to_owned() }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Encodes the slate with these words as a loop in program's format.
pub fn encode(format: &Format, words: &Words, clock: &EventClock) -> Result<Slate, Error> {
    format.check()?;
    let broken = |why: &str| Error::Slate { name: words.name.clone(), why: why.into() };
    let still = frame(format, words, clock)?;
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

/// Renders the slate with these words as a raw picture in program's format. Each line gets as small as it must to fit.
pub(super) fn frame(format: &Format, words: &Words, clock: &EventClock) -> Result<gst::Sample, Error> {
    let wished = [(format.height / 7).max(8), (format.height / 26).max(8)];
    let (picture, widths) = render(format, words, wished, clock)?;
    let room = format.width * 9 / 10;
    if widths.iter().all(|width| *width <= room) {
        return Ok(picture);
    }
    let fitted = [0, 1].map(|line| (wished[line] * room / widths[line].max(room)).max(4));
    Ok(render(format, words, fitted, clock)?.0)
}

/// Renders with the lines in these sizes, in pixels. Answers also how wide they have become.
fn render(
    format: &Format,
    words: &Words,
    [size, small]: [u32; 2],
    clock: &EventClock,
) -> Result<(gst::Sample, [u32; 2]), Error> {
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("width", &format.width), ("height", &format.height), ("colorimetry", &COLORIMETRY)];
    let pipeline = Pipeline::build("slate", PICTURE, &values, clock)?;
    let text = |part: &str, words: &str, font: String, below: u32| -> Result<gst::Element, Error> {
        let overlay: gst::Element = pipeline.element(part)?;
        // The element reads markup; a name is only a name.
        overlay.set_property("text", gst::glib::markup_escape_text(words));
        overlay.set_property("font-desc", font);
        overlay.set_property("deltay", i32::try_from(below).unwrap_or_default());
        Ok(overlay)
    };
    let title = text("title", &words.name, format!("{FONTS} Semi-Bold {size}px"), 0)?;
    let notice = text("notice", &words.notice, format!("{FONTS} {small}px"), format.height / 7)?;
    let sink: AppSink = pipeline.element("picture")?;
    pipeline.start()?;
    let picture = sink.try_pull_sample(DEADLINE);
    let picture = picture.ok_or_else(|| Error::Slate { name: words.name.clone(), why: fault(&pipeline) })?;
    Ok((picture, [title.property("text-width"), notice.property("text-width")]))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::*;
    use crate::rtp::{SessionNumber, h264};

    fn clock() -> EventClock {
        gst::init().unwrap();
        EventClock::start()
    }

    /// The pictures of a slate as a viewer sees them.
    fn see(slate: &Slate) -> Vec<Seen> {
        let mut packets = Vec::new();
        for (n, picture) in (0u32..).zip(&slate.pictures) {
            for (part, payload) in (1..).zip(picture) {
                packets.push(Arc::new(Packet {
                    origin: Origin::Live(SessionNumber::next()),
                    kind: Kind::Video,
                    sequence: packets.len() as u64,
                    timestamp: n * 18_000,
                    running_time: slate.interval * n,
                    marker: part == picture.len(),
                    keyframe: n == 0 && part == 1,
                    payload: Arc::clone(payload),
                }));
            }
        }
        decode(&packets)
    }

    #[test]
    fn a_slate_is_a_loop_of_two_seconds_that_begins_with_a_keyframe() {
        let slate = encode(&SMALL, &Words::new("Lecce", ""), &clock()).unwrap();
        assert_eq!(slate.interval * u32::try_from(slate.pictures.len()).unwrap(), Duration::from_secs(2));
        assert!(h264::starts_keyframe(&slate.pictures[0][0]), "parameter sets come first");
        for picture in &slate.pictures[1..] {
            assert!(!picture.iter().any(|payload| h264::starts_keyframe(payload)), "one keyframe is enough");
        }
        assert!(slate.pictures.iter().flatten().all(|payload| payload.len() <= 1200));
        let seen = see(&slate);
        assert_eq!(seen.len(), slate.pictures.len());
        for seen in seen {
            assert_eq!((seen.width, seen.height), (SMALL.width, SMALL.height));
            let (dark, bright) = seen.contrast();
            assert!(dark < 40 && bright > 180, "{dark} to {bright}");
        }
    }

    #[test]
    fn silence_is_one_opus_packet_of_20_ms() {
        let slate = encode(&SMALL, &Words::new("Lecce", ""), &clock()).unwrap();
        // RFC 6716 §3.1: one frame in the packet, and a configuration that lasts 20 ms.
        let toc = slate.silence[0];
        assert_eq!(toc & 3, 0, "one frame");
        let config = toc >> 3;
        let lasts_20_ms = match config {
            0..12 => config % 4 == 1,
            12..16 => config % 2 == 1,
            _ => config % 4 == 3,
        };
        assert!(lasts_20_ms, "configuration {config}");
        assert!(slate.silence.len() <= 100, "{} bytes", slate.silence.len());
    }

    #[test]
    fn any_name_can_stand_on_a_slate() {
        let clock = clock();
        let plain = Seen::of_sample(&frame(&SMALL, &Words::new("", ""), &clock).unwrap());
        for name in ["L'Aquila", "Forlì \"2\"", "A & <b>", "a ! fakesink {x} # %s \\", "東京", &"W".repeat(64)] {
            let seen = Seen::of_sample(&frame(&SMALL, &Words::new(name, ""), &clock).unwrap());
            assert!(seen.bright_in_rows(300..550) > plain.bright_in_rows(300..550), "{name} is to be seen");
            assert_eq!(seen.bright_in_columns(0..15) + seen.bright_in_columns(985..1000), 0, "{name} fits");
        }
    }

    #[test]
    fn a_line_of_the_citys_own_stands_under_its_name_and_fits() {
        let clock = clock();
        let seen = |notice: &str| Seen::of_sample(&frame(&SMALL, &Words::new("Lecce", notice), &clock).unwrap());
        let (usual, own, long) = (seen(""), seen("ciao"), seen(&"parole ".repeat(11)));
        assert!(own.bright_in_rows(580..750) < usual.bright_in_rows(580..750), "it stands in the usual line's place");
        assert!(own.bright_in_rows(580..750) > 0);
        assert_eq!(long.bright_in_columns(0..15) + long.bright_in_columns(985..1000), 0, "it fits");
    }

    #[test]
    fn slates_of_a_whole_evening_are_made_quickly() {
        let clock = clock();
        let begin = std::time::Instant::now();
        for city in ["Lecce", "Roma", "Milano", "Genova", "Bologna", "Torino", "Napoli", "Bari"] {
            encode(&Format::default(), &Words::new(city, ""), &clock).unwrap();
        }
        println!("eight slates in {:?}", begin.elapsed());
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    }
}
