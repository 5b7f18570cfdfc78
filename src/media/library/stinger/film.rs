//! An open animation: pictures with transparency, in program's size, one after the other.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSink;
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};
use image::{ImageReader, Limits};

use crate::gst::{EventClock, Pipeline};
use crate::media::library::opening;
use crate::media::library::sequence::Sequence;
use crate::media::library::still::Rgba;
use crate::media::picture::running_time;
use crate::video::{Raster, Region, Size, Still};

const TEXT: &str = include_str!("../../../../pipelines/stinger.gst");

/// How long a file may take for one picture.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it is waited at a time: whoever rewinds or stops is heard then.
const PULL: gst::ClockTime = gst::ClockTime::from_mseconds(50);

/// What a picture of a sequence may take while it is decoded.
const MOST_WORKING: u64 = 256 << 20;

/// An animation.
#[derive(Debug)]
pub(super) struct Film {
    canvas: Size,
    reel: Reel,
    /// When what was decoded last is over.
    end: Duration,
}

#[derive(Debug)]
enum Reel {
    Video { pipeline: Pipeline, sink: AppSink, since: Instant },
    Pictures { sequence: Sequence, next: usize },
}

/// What comes next of an animation.
#[derive(Debug)]
pub(super) enum Frame {
    /// A picture, and when it is due.
    At(Duration, Arc<Still>),
    /// Nothing, and when the last picture is over.
    End(Duration),
    /// It is not decoded yet, or was not worth it.
    NotYet,
    /// There is no such animation.
    Missing,
}

impl Film {
    pub(super) fn open(path: &Path, canvas: Size, clock: &EventClock) -> Result<Self, String> {
        let reel = if path.is_dir() {
            Reel::Pictures { sequence: Sequence::find(path)?, next: 0 }
        } else {
            open_video(path, canvas, clock).map_err(|error| error.to_string())?
        };
        Ok(Self { canvas, reel, end: Duration::ZERO })
    }

    /// The next picture. One that is over at `asked` is left out.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Result<Frame, String> {
        let is_past = |end: Duration| asked.is_some_and(|asked| end <= asked);
        match &mut self.reel {
            Reel::Pictures { sequence, next } => {
                let Some(path) = sequence.pictures.get(*next) else { return Ok(Frame::End(sequence.duration())) };
                let (begin, end) = (sequence.begin(*next), sequence.begin(*next + 1));
                *next += 1;
                if is_past(end) {
                    return Ok(Frame::NotYet);
                }
                let Size { width, height } = self.canvas;
                let rgba = read(path)?.resized(width, height);
                Ok(Frame::At(begin, still(&rgba.pixels, self.canvas)))
            }
            Reel::Video { pipeline, sink, since } => {
                if let Some(fault) = fault(pipeline) {
                    return Err(fault);
                }
                let Some(sample) = sink.try_pull_sample(PULL) else {
                    return match sink.is_eos() {
                        true => Ok(Frame::End(self.end)),
                        false if since.elapsed() < PATIENCE => Ok(Frame::NotYet),
                        false => Err(format!("no picture of it came within {} s", PATIENCE.as_secs())),
                    };
                };
                *since = Instant::now();
                let Some((begin, length)) = times(&sample) else { return Ok(Frame::NotYet) };
                self.end = begin + length;
                if is_past(self.end) {
                    return Ok(Frame::NotYet);
                }
                let pixels = pixels(&sample).ok_or("its pictures are of no kind that can be laid over program")?;
                Ok(Frame::At(begin, still(&pixels, self.canvas)))
            }
        }
    }
}

fn open_video(path: &Path, canvas: Size, clock: &EventClock) -> Result<Reel, crate::media::Error> {
    let pipeline = Pipeline::build("stinger", TEXT, &[("width", &canvas.width), ("height", &canvas.height)], clock)?;
    let link = opening::link_first(&pipeline, "picture", None)?;
    opening::open(&pipeline, path, link)?;
    let sink = pipeline.element("frames")?;
    pipeline.start()?;
    Ok(Reel::Video { pipeline, sink, since: Instant::now() })
}

fn fault(pipeline: &Pipeline) -> Option<String> {
    let message = pipeline.inner().bus()?.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(opening::why(error, opening::AS_FILM)),
        _ => None,
    }
}

/// When a picture is due, and how long it is shown.
fn times(sample: &gst::Sample) -> Option<(Duration, Duration)> {
    const USUAL: Duration = Duration::from_millis(40);
    let buffer = sample.buffer()?;
    let begin = running_time(sample, buffer)?;
    Some((begin, buffer.duration().map_or(USUAL, Duration::from)))
}

/// Red, green, blue, alpha without anything between the rows.
fn pixels(sample: &gst::Sample) -> Option<Vec<u8>> {
    let info = VideoInfo::from_caps(sample.caps()?).ok()?;
    let frame = VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    let row = info.width() as usize * 4;
    let rows = frame.plane_data(0).ok()?.chunks(stride.max(1)).take(info.height() as usize);
    let pixels: Vec<u8> = rows.filter_map(|line| line.get(..row)).flatten().copied().collect();
    (pixels.len() == row * info.height() as usize).then_some(pixels)
}

fn read(path: &Path) -> Result<Rgba, String> {
    let wrong = |why: String| format!("'{}' in it cannot be read: {why}", path.display());
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let mut reader = ImageReader::new(BufReader::new(file));
    reader.set_format(image::ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_WORKING);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| wrong(error.to_string()))?.into_rgba8();
    let (width, height) = picture.dimensions();
    Ok(Rgba { width, height, pixels: picture.into_raw() })
}

/// A picture as it is laid over program: of what is wholly transparent around it nothing is kept, since that costs as much to
/// lay as the rest.
fn still(pixels: &[u8], canvas: Size) -> Arc<Still> {
    let (pixels, _) = pixels.as_chunks::<4>();
    let region = seen(pixels, canvas);
    let rows = pixels.chunks(canvas.width as usize).skip(region.y as usize).take(region.height as usize);
    let kept = rows.flat_map(|row| &row[region.x as usize..][..region.width as usize]);
    let multiplied = kept.flat_map(|[red, green, blue, alpha]| {
        let part = |value: u8| {
            let product = (u16::from(value) * u16::from(*alpha) + 127) / 255;
            u8::try_from(product).unwrap_or(u8::MAX)
        };
        [part(*red), part(*green), part(*blue), *alpha]
    });
    Arc::new(Still::new(&Raster { region, pixels: multiplied.collect() }))
}

/// The least region of even pixels that holds all that is not transparent; two pixels if all of it is.
fn seen(pixels: &[[u8; 4]], canvas: Size) -> Region {
    let width = canvas.width as usize;
    let is_seen = |row: &&[[u8; 4]]| row.iter().any(|[.., alpha]| *alpha > 0);
    let rows = || pixels.chunks(width);
    let top = rows().position(|row| is_seen(&row)).unwrap_or(0);
    let bottom = rows().rposition(|row| is_seen(&row)).map_or(0, |row| row + 1);
    let column = |row: &[[u8; 4]]| row.iter().position(|[.., alpha]| *alpha > 0);
    let last = |row: &[[u8; 4]]| row.iter().rposition(|[.., alpha]| *alpha > 0);
    let left = rows().filter_map(column).min().unwrap_or(0);
    let right = rows().filter_map(last).max().map_or(0, |column| column + 1);
    let even = |from: usize, to: usize| {
        let from = from & !1;
        let pixels = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        (pixels(from), pixels((to.max(from + 2) - from).next_multiple_of(2)))
    };
    let ((x, width), (y, height)) = (even(left, right), even(top, bottom));
    Region { x, y, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Size = Size { width: 16, height: 8 };

    fn picture(paint: impl Fn(usize, usize) -> u8) -> Vec<[u8; 4]> {
        (0..8).flat_map(|y| (0..16).map(move |x| (x, y))).map(|(x, y)| [255, 255, 255, paint(x, y)]).collect()
    }

    #[test]
    fn only_what_is_seen_is_kept_in_even_pixels() {
        let corner = picture(|x, y| if (5..8).contains(&x) && y == 3 { 200 } else { 0 });
        assert_eq!(seen(&corner, CANVAS), Region { x: 4, y: 2, width: 4, height: 2 });
        assert_eq!(seen(&picture(|_, _| 1), CANVAS), Region { x: 0, y: 0, width: 16, height: 8 });
        assert_eq!(seen(&picture(|_, _| 0), CANVAS), Region { x: 0, y: 0, width: 2, height: 2 });
        let last = picture(|x, y| u8::from(x == 15 && y == 7));
        assert_eq!(seen(&last, CANVAS), Region { x: 14, y: 6, width: 2, height: 2 });
    }
}
