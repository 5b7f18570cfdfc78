//! Where a decoder hands its frames to the picture engine.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gstreamer as gst;
use gstreamer_video::VideoInfo;

use super::plan::Shape;
use super::synchroniser::{Shown, Synchroniser};

/// A picture in memory, with caps that the compositor takes. Cloning it copies no pixel.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) buffer: gst::Buffer,
    pub(super) caps: gst::Caps,
    pub(super) shape: Shape,
}

impl Frame {
    /// Reads a sample. Caps are made anew from what concerns a compositor: a change of frame rate or of a codec's
    /// remarks must not look like another format.
    pub(super) fn read(sample: &gst::Sample) -> Option<Self> {
        Self::still(sample.buffer_owned()?, sample.caps()?)
    }

    /// As [`Frame::read`], of a buffer with its caps.
    pub(super) fn still(buffer: gst::Buffer, caps: &gst::CapsRef) -> Option<Self> {
        Some(Self::with_format(buffer, Compositable::read(caps)?))
    }

    fn with_format(buffer: gst::Buffer, format: Compositable) -> Self {
        Self { buffer, caps: format.caps, shape: format.shape }
    }
}

/// A format, reduced to what concerns the compositor.
#[derive(Debug, Clone)]
struct Compositable {
    caps: gst::Caps,
    shape: Shape,
}

impl Compositable {
    fn read(caps: &gst::CapsRef) -> Option<Self> {
        let info = VideoInfo::from_caps(caps).ok()?;
        let par = info.par();
        let plain = VideoInfo::builder(info.format(), info.width(), info.height())
            .par(par)
            .colorimetry(&info.colorimetry())
            .chroma_site(info.chroma_site())
            .build()
            .ok()?;
        let width = i64::from(info.width()) * i64::from(par.numer()) / i64::from(par.denom().max(1));
        let width = u32::try_from(width).unwrap_or(info.width());
        Some(Self { caps: plain.to_caps().ok()?, shape: Shape { width, height: info.height() } })
    }
}

/// A city's way into the picture engine. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct FrameInput {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    synchroniser: Synchroniser<Frame>,
    /// The last format, as it came and as it is handed on.
    format: Option<(gst::Caps, Compositable)>,
}

impl FrameInput {
    /// An input by itself, without an engine, whose frames are due `alignment` after their instants.
    pub(in crate::media) fn new(alignment: Duration) -> Self {
        let inner = Inner { synchroniser: Synchroniser::new(alignment), format: None };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Hands in a decoded frame of raw video in system memory, whose running time is its instant on the event clock.
    /// A sample without a time, or that is no such frame, is passed over.
    pub fn push(&self, sample: &gst::Sample) {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps_owned()) else { return };
        let Some(instant) = super::running_time(sample, &buffer) else { return };
        let mut inner = self.lock();
        let known = inner.format.as_ref().filter(|(came, _)| *came == caps).map(|(_, format)| format.clone());
        let Some(format) = known.or_else(|| Compositable::read(&caps)) else { return };
        inner.format = Some((caps, format.clone()));
        inner.synchroniser.push(instant, Frame::with_format(buffer, format));
    }

    /// What program shows of this city in its frame at `tick`.
    pub(super) fn at(&self, tick: Duration) -> Shown<Frame> {
        self.lock().synchroniser.at(tick)
    }

    /// Colour in the middle of what program would show.
    #[cfg(test)]
    pub(in crate::media) fn middle(&self, tick: Duration) -> Option<crate::media::testing::Yuv> {
        match self.at(tick) {
            Shown::Frame(frame) => Some(crate::media::testing::Seen::of(&frame.buffer, &frame.caps).middle()),
            Shown::Slate => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no code panics while it holds a city's frames")
    }
}
