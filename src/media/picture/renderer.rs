//! From what one frame looks like to its pixels in a buffer: the mixer, and the memory that it draws into. One of them makes
//! pictures of one size, on one thread.

use gstreamer::{self as gst, prelude::*};
use gstreamer_video::{VideoBufferPool, VideoInfo};

use super::frame::{Frame, info, write};
use crate::media::Error;
use crate::show::Source;
use crate::video::{Mixer, Shot, Size};

/// Buffers that may be on their way: one is drawn, one waits, one is encoded, and an encoder may keep some more.
const MOST_BUFFERS: u32 = 8;

/// What one frame looks like, and the pictures that it is made of.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    /// How it looks.
    pub(super) shot: Shot<Source>,
    /// The pictures of its sources. What is not there is left out.
    pub(super) frames: Vec<(Source, Frame)>,
}

impl Moment {
    fn frame(&self, source: &Source) -> Option<&Frame> {
        self.frames.iter().find(|(each, _)| each == source).map(|(_, frame)| frame)
    }
}

/// Makes buffers of moments.
#[derive(Debug)]
pub(super) struct Renderer {
    size: Size,
    info: VideoInfo,
    mixer: Mixer,
    pool: gst::BufferPool,
}

impl Renderer {
    /// For pictures of this size.
    pub(super) fn new(size: Size) -> Result<Self, Error> {
        let info = info(size)?;
        let pool: gst::BufferPool = VideoBufferPool::new().upcast();
        let mut config = pool.config();
        let bytes = u32::try_from(info.size()).unwrap_or(u32::MAX);
        config.set_params(Some(&info.to_caps()?), bytes, 0, MOST_BUFFERS);
        pool.set_config(config)?;
        pool.set_active(true)?;
        Ok(Self { size, info, mixer: Mixer::new(size), pool })
    }

    /// The picture, without times. Where it is one source as it came, that is handed on and no pixel is touched. `None`
    /// while all buffers are on their way; never waits.
    pub(super) fn render(&mut self, moment: &Moment) -> Option<gst::Buffer> {
        let square = |source: &Source| moment.frame(source).and_then(Frame::square_size);
        let untouched = Mixer::as_is(&moment.shot, square, self.size).and_then(|source| moment.frame(source));
        match untouched.filter(|frame| frame.size() == self.size) {
            Some(frame) => frame.hand_on(),
            None => self.draw(moment),
        }
    }

    fn draw(&mut self, moment: &Moment) -> Option<gst::Buffer> {
        let at_once = gst::BufferPoolAcquireParams::with_flags(gst::BufferPoolAcquireFlags::DONTWAIT);
        let mut buffer = self.pool.acquire_buffer(Some(&at_once)).ok()?;
        let mapped: Vec<_> =
            moment.frames.iter().filter_map(|(source, frame)| Some((source, frame.map()?))).collect();
        let views: Vec<_> = mapped.iter().filter_map(|(source, frame)| Some((*source, frame.view()?))).collect();
        let view = |source: &Source| views.iter().find(|(each, _)| *each == source).map(|(_, view)| *view);
        let Self { mixer, info, .. } = self;
        write(buffer.get_mut()?, info, |out| mixer.render(&moment.shot, view, out))?;
        Some(buffer)
    }
}

impl Drop for Renderer {
    fn drop(&mut self) {
        // What is on its way is freed by whoever has it.
        if let Err(error) = self.pool.set_active(false) {
            tracing::debug!(%error, "the renderer's memory is not given back");
        }
    }
}
