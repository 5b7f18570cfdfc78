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
pub(super) struct Moment<S = Source> {
    /// How it looks.
    pub(super) shot: Shot<S>,
    /// The pictures of its sources. What is not there is left out.
    pub(super) frames: Vec<(S, Frame)>,
}

impl<S: PartialEq> Moment<S> {
    fn frame(&self, source: &S) -> Option<&Frame> {
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
    pub(super) fn render<S: PartialEq>(&mut self, moment: &Moment<S>) -> Option<gst::Buffer> {
        let square = |source: &S| moment.frame(source).and_then(Frame::square_size);
        let untouched = Mixer::as_is(&moment.shot, square, self.size).and_then(|source| moment.frame(source));
        match untouched.filter(|frame| frame.size() == self.size) {
            Some(frame) => frame.hand_on(),
            None => self.draw(moment),
        }
    }

    fn draw<S: PartialEq>(&mut self, moment: &Moment<S>) -> Option<gst::Buffer> {
        let at_once = gst::BufferPoolAcquireParams::with_flags(gst::BufferPoolAcquireFlags::DONTWAIT);
        let mut buffer = self.pool.acquire_buffer(Some(&at_once)).ok()?;
        let mapped: Vec<_> = moment.frames.iter().filter_map(|(source, frame)| Some((source, frame.map()?))).collect();
        let views: Vec<_> = mapped.iter().filter_map(|(source, frame)| Some((*source, frame.view()?))).collect();
        let view = |source: &S| views.iter().find(|(each, _)| *each == source).map(|(_, view)| *view);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::picture::frame::Layout;
    use crate::media::testing::*;
    use crate::video::{Aspect, Colour, Crop, Fit, Image, Layer, Mix, Rect, Shot, Tableau};
    use gstreamer_video::{VideoFormat, VideoMeta};

    const CANVAS: Size = Size { width: 320, height: 180 };

    fn layer(source: Source, place: Rect) -> Layer<Source> {
        let (crop, fit) = (Crop::default(), Fit::Contain);
        Layer { source, place, crop, fit, border: None, opacity: 1.0, tags: Vec::new() }
    }

    fn moment(frames: Vec<(Source, Frame)>, places: Vec<Rect>) -> Moment {
        let layers = frames.iter().zip(places).map(|((source, _), place)| layer(source.clone(), place)).collect();
        let tableau = Tableau { ground: Colour::BLACK, layers, keys: Vec::new() };
        Moment { shot: Shot { mix: Mix::One(tableau), keys: Vec::new(), black: 0.0 }, frames }
    }

    fn part(x: f64, width: f64) -> Rect {
        Rect { x, y: 0.0, width, height: 180.0 }
    }

    fn frame(width: u32, height: u32, colour: Yuv) -> Frame {
        Frame::read(&solid(width, height, colour, std::time::Duration::ZERO)).unwrap()
    }

    /// A frame whose rows have 64 bytes more than they need, as decoders like to have them.
    fn padded(colour: Yuv) -> Frame {
        let (info, strides) = (info(CANVAS).unwrap(), [384usize, 224, 224]);
        let rows = [180, 90, 90];
        let offsets = [0, strides[0] * rows[0], strides[0] * rows[0] + strides[1] * rows[1]];
        let mut bytes = vec![0; offsets[2] + strides[2] * rows[2]];
        for plane in 0..3 {
            let width = if plane == 0 { 320 } else { 160 };
            for row in bytes[offsets[plane]..][..strides[plane] * rows[plane]].chunks_mut(strides[plane]) {
                row[..width].fill(colour[plane]);
            }
        }
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let flags = gstreamer_video::VideoFrameFlags::empty();
        let strides = strides.map(|stride| i32::try_from(stride).unwrap());
        VideoMeta::add_full(buffer.get_mut().unwrap(), flags, VideoFormat::I420, 320, 180, &offsets, &strides).unwrap();
        Frame::new(buffer, Layout::read(&info.to_caps().unwrap()).unwrap())
    }

    fn seen(renderer: &Renderer, buffer: &gst::Buffer) -> Seen {
        Seen::of_frame(buffer, &renderer.info)
    }

    fn memory(buffer: &gst::Buffer) -> *const u8 {
        buffer.map_readable().unwrap().as_ptr()
    }

    #[test]
    fn a_frame_that_fills_the_picture_is_handed_on_without_a_copy() {
        gst::init().unwrap();
        let mut renderer = Renderer::new(CANVAS).unwrap();
        for frame in [frame(320, 180, RED), padded(RED)] {
            let came = memory(frame.buffer());
            let moment = moment(vec![(Source::Bars, frame)], vec![part(0.0, 320.0)]);
            let made = renderer.render(&moment).unwrap();
            assert_eq!(memory(&made), came, "the same memory");
            assert_eq!(made.pts(), None, "but not its times");
            assert!(alike(seen(&renderer, &made).colour(990, 990), RED));
        }
    }

    #[test]
    fn rows_with_room_between_them_are_drawn_as_those_without() {
        gst::init().unwrap();
        let mut renderer = Renderer::new(CANVAS).unwrap();
        let frames = vec![(Source::Bars, padded(RED)), (Source::Slate, frame(320, 180, BLUE))];
        let made = renderer.render(&moment(frames, vec![part(0.0, 160.0), part(160.0, 160.0)])).unwrap();
        let seen = seen(&renderer, &made);
        assert!(alike(seen.colour(20, 500), RED) && alike(seen.colour(470, 500), RED), "{:?}", seen.colour(470, 500));
        assert!(alike(seen.colour(530, 500), BLUE) && alike(seen.colour(980, 500), BLUE));
        assert!(alike(seen.colour(250, 100), BLACK), "its aspect is kept");
    }

    #[test]
    fn a_source_without_a_picture_is_left_out() {
        gst::init().unwrap();
        let mut renderer = Renderer::new(CANVAS).unwrap();
        let mut moment = moment(vec![(Source::Bars, frame(320, 180, RED))], vec![part(0.0, 320.0)]);
        moment.frames.clear();
        let made = renderer.render(&moment).unwrap();
        assert!(alike(seen(&renderer, &made).middle(), BLACK));
    }

    #[test]
    fn memory_is_bounded_and_nobody_waits_for_it() {
        gst::init().unwrap();
        let mut renderer = Renderer::new(CANVAS).unwrap();
        let moment = moment(vec![(Source::Bars, frame(640, 360, RED))], vec![part(0.0, 320.0)]);
        let mut kept: Vec<_> = (0..MOST_BUFFERS).map(|_| renderer.render(&moment).unwrap()).collect();
        assert!(renderer.render(&moment).is_none(), "all are on their way");
        kept.pop();
        assert!(renderer.render(&moment).is_some(), "one came back");
    }

    #[test]
    fn pictures_of_our_own_are_as_they_were_drawn() {
        gst::init().unwrap();
        for (width, height) in [(320, 180), (66, 50), (90, 160)] {
            let frame = Frame::of(&Image::bars(Size { width, height })).unwrap();
            let seen = frame.seen();
            assert!(alike(seen.colour(60, 500), [235, 128, 128]) && alike(seen.colour(940, 990), BLACK));
            assert_eq!(frame.map().unwrap().view().unwrap().1, Aspect(f64::from(width) / f64::from(height)));
        }
    }

    #[test]
    fn what_is_no_i420_is_not_taken() {
        gst::init().unwrap();
        let nv12 = VideoInfo::builder(VideoFormat::Nv12, 320, 180).build().unwrap();
        assert!(Layout::read(&nv12.to_caps().unwrap()).is_none());
    }
}
