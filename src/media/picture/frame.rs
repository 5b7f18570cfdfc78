//! A picture in memory, as GStreamer holds it: cheap to clone, read by the mixer, handed on without a copy.

use std::sync::Arc;
use std::time::Duration;

use gstreamer::{self as gst, BufferCopyFlags};
use gstreamer_video::{VideoColorimetry, VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo};

use super::program::COLORIMETRY;
use crate::media::Error;
use crate::video::{Aspect, Image, Size, View, ViewMut};

/// A picture in I420, packed or with room between its rows. Cloning it copies no pixel.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    buffer: gst::Buffer,
    layout: Layout,
}

/// Where a frame's samples are, and how it is to be seen.
#[derive(Debug, Clone)]
pub(super) struct Layout(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    info: VideoInfo,
    size: Size,
    aspect: Aspect,
    is_square: bool,
}

/// A frame that can be read. The memory stays mapped as long as this lives.
pub(super) struct Mapped<'f> {
    frame: VideoFrameRef<&'f gst::BufferRef>,
    layout: &'f Layout,
}

impl Layout {
    /// Reads caps. `None` for anything but I420: decoders' pipelines convert what is not.
    pub(super) fn read(caps: &gst::CapsRef) -> Option<Self> {
        let info = VideoInfo::from_caps(caps).ok().filter(|info| info.format() == VideoFormat::I420)?;
        let (size, par) = (Size { width: info.width(), height: info.height() }, info.par());
        let (across, down) = (f64::from(par.numer().max(1)), f64::from(par.denom().max(1)));
        let aspect = Aspect(f64::from(size.width) * across / (f64::from(size.height) * down));
        let is_square = par.numer() == par.denom();
        Some(Self(Arc::new(Inner { info, size, aspect, is_square })))
    }
}

impl Frame {
    /// A buffer that is laid out like this.
    pub(super) fn new(buffer: gst::Buffer, layout: Layout) -> Self {
        Self { buffer, layout }
    }

    /// Reads a sample, if it is a picture in I420.
    pub(super) fn read(sample: &gst::Sample) -> Option<Self> {
        Some(Self::new(sample.buffer_owned()?, Layout::read(sample.caps()?)?))
    }

    /// Copies a picture into memory that can be handed on.
    pub(super) fn of(image: &Image) -> Result<Self, Error> {
        let info = info(image.size())?;
        let mut buffer = gst::Buffer::with_size(info.size())?;
        let writable = buffer.get_mut().expect("a new buffer has one owner");
        write(writable, &info, |out| {
            let view = image.view();
            for ((from, to), (width, height)) in view.planes().iter().zip(out.planes()).zip(planes(image.size())) {
                let rows = from.data.chunks(from.stride).zip(to.data.chunks_mut(to.stride)).take(height);
                rows.for_each(|(from, to)| to[..width].copy_from_slice(&from[..width]));
            }
        })
        .ok_or(Error::Refused("memory for a picture"))?;
        let caps = info.to_caps()?;
        Ok(Self::new(buffer, Layout::read(&caps).ok_or(Error::Refused("a picture in I420"))?))
    }

    /// Its size in samples.
    pub(super) fn size(&self) -> Size {
        self.layout.0.size
    }

    /// Its size, if one sample of it is as wide as it is high.
    pub(super) fn square_size(&self) -> Option<Size> {
        self.layout.0.is_square.then(|| self.size())
    }

    /// The same picture as a buffer of its own, for the tick at `at`: no pixel is copied, only the times are this tick's.
    pub(super) fn hand_on(&self) -> Option<gst::Buffer> {
        // Flags and times of a decoder's stream say nothing about ours.
        self.buffer.copy_region(BufferCopyFlags::MEMORY | BufferCopyFlags::META, ..).ok()
    }

    /// Opens it to be read.
    pub(super) fn map(&self) -> Option<Mapped<'_>> {
        let frame = VideoFrameRef::from_buffer_ref_readable(&self.buffer, &self.layout.0.info).ok()?;
        Some(Mapped { frame, layout: &self.layout })
    }

    /// The colour that a viewer would see.
    #[cfg(test)]
    pub(super) fn seen(&self) -> crate::media::testing::Seen {
        crate::media::testing::Seen::of_frame(&self.buffer, &self.layout.0.info)
    }

    #[cfg(test)]
    pub(super) fn buffer(&self) -> &gst::Buffer {
        &self.buffer
    }
}

impl Mapped<'_> {
    /// Its pixels, and how wide it is to be seen.
    pub(super) fn view(&self) -> Option<(View<'_>, Aspect)> {
        let strides = self.frame.plane_stride();
        let [y, u, v] = [0, 1, 2].map(|plane| {
            let data = self.frame.plane_data(plane).ok()?;
            Some((data, usize::try_from(strides[plane as usize]).ok()?))
        });
        Some((View::new(self.layout.0.size, [y?, u?, v?])?, self.layout.0.aspect))
    }
}

/// How a picture of program's kind lies in memory, in this size.
pub(super) fn info(size: Size) -> Result<VideoInfo, Error> {
    let colorimetry: VideoColorimetry = COLORIMETRY.parse()?;
    let builder = VideoInfo::builder(VideoFormat::I420, size.width, size.height);
    Ok(builder.colorimetry(&colorimetry).build()?)
}

/// Opens a buffer of this layout to be written. `None` if it is too small.
pub(super) fn write(buffer: &mut gst::BufferRef, info: &VideoInfo, draw: impl FnOnce(&mut ViewMut<'_>)) -> Option<()> {
    let mut frame = VideoFrameRef::from_buffer_ref_writable(buffer, info).ok()?;
    let strides: [usize; 3] = std::array::from_fn(|plane| usize::try_from(frame.plane_stride()[plane]).unwrap_or(0));
    let [y, u, v, _] = frame.planes_data_mut();
    let size = Size { width: info.width(), height: info.height() };
    draw(&mut ViewMut::new(size, [(y, strides[0]), (u, strides[1]), (v, strides[2])])?);
    Some(())
}

/// Puts a tick's times on a buffer.
pub(super) fn set_times(buffer: &mut gst::Buffer, at: Duration, length: Duration) {
    let times = buffer.make_mut();
    times.set_pts(clock_time(at));
    times.set_dts(None);
    times.set_duration(clock_time(length));
}

/// Event time in GStreamer's own type.
fn clock_time(time: Duration) -> gst::ClockTime {
    gst::ClockTime::try_from(time).unwrap_or(gst::ClockTime::MAX)
}

fn planes(size: Size) -> [(usize, usize); 3] {
    let (width, height) = (size.width as usize, size.height as usize);
    [(width, height), (width / 2, height / 2), (width / 2, height / 2)]
}
