//! Pictures and sound as GStreamer handles them: decoding of cities, the picture engine with its encoder, slates.
//!
//! Which picture is on air is the show's decision; who watches is the hub's business.

pub mod codec;
pub mod condition;
pub mod decode;
pub mod graphics;
pub mod library;
pub mod picture;
pub mod relay;
pub mod slate;
pub mod sound;

#[cfg(test)]
mod testing;

use std::time::Duration;

use gstreamer as gst;

/// Cities that program can have at a time.
pub const MOST_CITIES: usize = 16;

/// The program's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Pixels, even, 64 to 1920.
    pub width: u32,
    /// Pixels, even, 64 to 1920.
    pub height: u32,
    /// Frames per second, 1 to 60.
    pub fps: u32,
    /// Bits per second, 100 000 to 50 000 000.
    pub bitrate: u32,
}

impl Default for Format {
    fn default() -> Self {
        Self { width: 1280, height: 720, fps: 30, bitrate: 2_500_000 }
    }
}

impl Format {
    /// Checks the ranges.
    pub fn check(&self) -> Result<(), Error> {
        let size = |pixels: u32| (64..=1920).contains(&pixels) && pixels.is_multiple_of(2);
        let fits = size(self.width)
            && size(self.height)
            && (1..=60).contains(&self.fps)
            && (100_000..=50_000_000).contains(&self.bitrate);
        if fits { Ok(()) } else { Err(Error::Format(*self)) }
    }

    /// The length of one frame, rounded down to nanoseconds.
    pub fn frame(&self) -> Duration {
        Duration::from_nanos(1_000_000_000 / u64::from(self.fps))
    }

    /// Threads of the encoder. One is cheapest and quick enough up to 720p30 and some more; beyond that a frame would
    /// take too much of its time on one core.
    pub fn encoder_threads(&self) -> u32 {
        const ONE_THREAD: u32 = 1280 * 720 * 40;
        if self.width * self.height * self.fps <= ONE_THREAD { 1 } else { 2 }
    }
}

/// What can go wrong with pictures and sound.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A pipeline cannot be built or started.
    #[error(transparent)]
    Pipeline(#[from] crate::gst::Error),
    /// The program format is out of range.
    #[error(
        "a program of {}x{} at {} fps and {} bit/s: even sizes from 64 to 1920, 1 to 60 fps and 100000 to 50000000 bit/s \
         are possible",
        .0.width, .0.height, .0.fps, .0.bitrate
    )]
    Format(Format),
    /// The alignment delay is too long.
    #[error("an alignment delay of {} ms: at most {} ms are possible", .0.as_millis(), picture::LONGEST_ALIGNMENT.as_millis())]
    Alignment(Duration),
    /// A source comes a second time.
    #[error("the picture engine has '{0}' already")]
    Taken(crate::show::Source),
    /// There is no such source.
    #[error("the picture engine has no '{0}'")]
    Unknown(crate::show::Source),
    /// There are as many sources as can be.
    #[error(
        "the picture engine has all the sources that it can have, {MOST_CITIES} cities and some more: one must be removed first"
    )]
    NoRoom,
    /// A slate could not be made.
    #[error("the slate '{name}' cannot be made: {why}")]
    Slate {
        /// What stands on it.
        name: String,
        /// What was missing.
        why: String,
    },
    /// The system gives no thread.
    #[error("no thread: {0}")]
    Thread(#[from] std::io::Error),
    /// An engine is started outside a tokio runtime.
    #[error("the picture engine needs a tokio runtime around it")]
    NoRuntime(#[from] tokio::runtime::TryCurrentError),
    /// An element refuses what every version of it should take.
    #[error("GStreamer refuses {0}")]
    Refused(&'static str),
}

impl From<gst::glib::BoolError> for Error {
    fn from(error: gst::glib::BoolError) -> Self {
        tracing::debug!(%error, "GStreamer refuses");
        Self::Refused("a link between elements")
    }
}
