//! What the code itself puts into the frames and samples of the test sources: their place in time, the counter, flashes.

use std::sync::Mutex;
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};

use super::Error;
use super::counter::{PlaneMut, WHITE, paint_chroma, paint_luma};
use super::pattern::{FLASH, Pattern};
use crate::gst::Pipeline;

/// What is painted into the frames of a test source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paint {
    Nothing,
    Counter,
    Flash,
}

/// Brings frames onto the grid of the event clock and paints into them.
struct Painter {
    paint: Paint,
    info: Option<VideoInfo>,
    place: Option<Place>,
}

/// Where a frame is in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Number of the frame on the grid: frames of all publishers and sessions are counted from event time zero.
    pub(super) frame: u32,
    /// What this source's times are ahead of the grid, less than a frame.
    pub(super) ahead: Duration,
}

impl Place {
    /// The place of a source's first frame. A source starts at any time, but on the grid a flash begins exactly with its
    /// tone, and counters of two cities can be compared.
    pub(super) fn first(time: Duration, rate: gst::Fraction) -> Self {
        let (numer, denom) = (rate.numer().max(1).unsigned_abs(), rate.denom().max(1).unsigned_abs());
        let period = u128::from(denom) * 1_000_000_000;
        let frame = time.as_nanos() * u128::from(numer) / period;
        let on_grid = frame * period / u128::from(numer);
        let ahead = Duration::from_nanos(u64::try_from(time.as_nanos() - on_grid).unwrap_or_default());
        Self { frame: frame as u32, ahead } // 32 bits of frames at 60 fps are two years
    }
}

/// Puts a painter behind the test source `raw`.
pub(super) fn frames(pipeline: &Pipeline, pattern: &Pattern) -> Result<(), Error> {
    let text = pipeline.element::<gst::Element>("counter")?.downgrade();
    let raw = pipeline.element::<gst::Element>("raw")?;
    let pad = raw.static_pad("src").expect("a capsfilter has a source pad");
    let paint = match pattern {
        Pattern::Black | Pattern::White => Paint::Nothing,
        Pattern::Flash => Paint::Flash,
        Pattern::Bars | Pattern::Ball | Pattern::Snow | Pattern::Card(_) => Paint::Counter,
    };
    let painter = Mutex::new(Painter { paint, info: None, place: None });
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, probe| {
        let mut painter = painter.lock().expect("nothing panics while it paints");
        match &mut probe.data {
            Some(gst::PadProbeData::Event(event)) => {
                if let gst::EventView::Caps(caps) = event.view() {
                    painter.info = VideoInfo::from_caps(caps.caps()).ok();
                }
            }
            Some(gst::PadProbeData::Buffer(buffer)) => {
                let frame = painter.next(buffer.make_mut());
                if let (Paint::Counter, Some(frame), Some(text)) = (painter.paint, frame, text.upgrade()) {
                    text.set_property("text", format!("#{frame}"));
                }
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

impl Painter {
    /// Treats the next frame and answers its number.
    fn next(&mut self, buffer: &mut gst::BufferRef) -> Option<u32> {
        let (info, time) = (self.info.as_ref()?, Duration::from(buffer.pts()?));
        let place = match self.place {
            Some(Place { frame, ahead }) => Place { frame: frame.wrapping_add(1), ahead },
            None => Place::first(time, info.fps()),
        };
        self.place = Some(place);
        let time = time.saturating_sub(place.ahead);
        buffer.set_pts(gst::ClockTime::try_from(time).ok());
        let mut picture = VideoFrameRef::from_buffer_ref_writable(buffer, info).ok()?;
        let (width, height) = (info.width() as usize, info.height() as usize);
        let strides = [0, 1, 2].map(|plane| picture.plane_stride()[plane] as usize);
        match self.paint {
            Paint::Nothing => {}
            // A microsecond more: times of frames are rounded down to whole nanoseconds.
            Paint::Flash if in_flash(time + Duration::from_micros(1)) => picture.plane_data_mut(0).ok()?.fill(WHITE),
            Paint::Flash => {}
            Paint::Counter => {
                let bytes = picture.plane_data_mut(0).ok()?;
                paint_luma(PlaneMut { bytes, stride: strides[0], width, height }, place.frame);
                for plane in [1, 2] {
                    let bytes = picture.plane_data_mut(plane).ok()?;
                    let (width, half) = (width.div_ceil(2), height.div_ceil(2));
                    paint_chroma(PlaneMut { bytes, stride: strides[plane as usize], width, height: half }, height);
                }
            }
        }
        Some(place.frame)
    }
}

/// Whether an instant of event time lies in a flash.
pub(super) fn in_flash(time: Duration) -> bool {
    Duration::from_nanos(time.subsec_nanos().into()) < FLASH
}

/// Silences the tone outside the flashes, sample by sample.
pub(super) fn silence_between_flashes(pipeline: &Pipeline) -> Result<(), Error> {
    /// Two channels of 16 bits.
    const FRAME_BYTES: usize = 4;
    let pcm = pipeline.element::<gst::Element>("pcm")?;
    let pad = pcm.static_pad("src").expect("a capsfilter has a source pad");
    pad.add_probe(gst::PadProbeType::BUFFER, |_, probe| {
        let Some(buffer) = probe.buffer_mut() else { return gst::PadProbeReturn::Ok };
        let Some(start) = buffer.pts() else { return gst::PadProbeReturn::Ok };
        if let Ok(mut bytes) = buffer.make_mut().map_writable() {
            for (n, frame) in bytes.chunks_exact_mut(FRAME_BYTES).enumerate() {
                let time = Duration::from(start) + Duration::from_nanos(n as u64 * 1_000_000_000 / 48_000);
                if !in_flash(time) {
                    frame.fill(0);
                }
            }
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}
