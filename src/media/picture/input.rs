//! Where a decoder hands its frames to the picture engine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;

use super::frame::{Frame, Layout};
use super::synchroniser::{Shown, Synchroniser};

/// A source's way into the picture engine. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct FrameInput {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    synchroniser: Synchroniser<Frame>,
    /// The last format, as it came and as it is read: `None` for one that is no I420.
    format: Option<(gst::Caps, Option<Layout>)>,
}

impl FrameInput {
    /// An input by itself, without an engine, whose frames are due `alignment` after their instants.
    pub(in crate::media) fn new(alignment: Duration) -> Self {
        Self::with(Synchroniser::new(alignment))
    }

    /// As [`FrameInput::new`], for what stands on its newest picture however old that gets.
    pub(super) fn holding(alignment: Duration) -> Self {
        Self::with(Synchroniser::holding(alignment))
    }

    fn with(synchroniser: Synchroniser<Frame>) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { synchroniser, format: None })) }
    }

    /// Hands in a decoded frame in I420 of BT.709, in system memory, whose running time is its instant on the event clock.
    /// A sample without a time, or that is no such frame, is passed over.
    pub fn push(&self, sample: &gst::Sample) {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps_owned()) else { return };
        let Some(instant) = super::running_time(sample, &buffer) else { return };
        let mut inner = self.lock();
        let layout = match &inner.format {
            Some((came, layout)) if *came == caps => layout.clone(),
            _ => {
                let layout = Layout::read(&caps);
                if layout.is_none() {
                    tracing::error!(%caps, "a decoder gives pictures that are no I420: they are not shown");
                }
                inner.format = Some((caps, layout.clone()));
                layout
            }
        };
        if let Some(layout) = layout {
            inner.synchroniser.push(instant, Frame::new(buffer, layout));
        }
    }

    /// Shows each frame so much later than the alignment, 2 s at most.
    pub fn set_delay(&self, delay: Duration) {
        self.lock().synchroniser.set_delay(delay);
    }

    /// What program shows of this source in its frame at `tick`. Ticks only go up: what an earlier one would show is gone.
    pub(super) fn at(&self, tick: Duration) -> Shown<Frame> {
        self.lock().synchroniser.at(tick)
    }

    /// Colour in the middle of what program would show.
    #[cfg(test)]
    pub(in crate::media) fn middle(&self, tick: Duration) -> Option<crate::media::testing::Yuv> {
        match self.at(tick) {
            Shown::Frame(frame) => Some(frame.seen().middle()),
            Shown::Slate => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A thread that panics here leaves a queue that is whole: program's clock must not stop for it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
