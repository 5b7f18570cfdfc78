//! The picture engine: takes decoded frames of all cities, makes program of them, encoded, on its channel.
//!
//! Program's frame clock runs on the event clock whatever the cities do: every tick takes exactly one frame of each
//! source, a slate where there is none, and composites them. What is shown is planned purely (`plan`) and driven
//! dully (`driver`). Cities come and go while program runs, on a fixed bank of inputs (`bank`).

mod bank;
mod driver;
mod input;
mod keying;
mod plan;
mod program;
#[cfg_attr(not(test), expect(dead_code, reason = "the engine mixes by it next"))]
mod stage;
mod synchroniser;
mod takes;
mod tick;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gstreamer as gst;
use tokio::sync::mpsc;

pub use input::FrameInput;
pub(crate) use program::COLORIMETRY;
pub use takes::TakeStats;

use self::bank::{Bank, INPUTS};
use self::input::Frame;
use self::plan::Canvas;
use self::program::{Outlet, Program};
use self::takes::Takes;
use self::tick::{Switcher, Ticker};
use super::graphics::{LowerThird, StillStore};
use super::slate::{self, Words};
use super::{Error, Format};
use crate::gst::EventClock;
use crate::rtp::{Channel, SessionNumber};
use crate::show::{City, CityId, Fact, Picture, Transition};

/// The longest alignment delay. A longer one would leave less than two tenths of a second between a late frame and a
/// lost city.
pub const LONGEST_ALIGNMENT: Duration = Duration::from_millis(300);

/// How long the downstream keyer's graphic comes and goes, where nobody says otherwise.
pub const KEY_FADE: Duration = Duration::from_millis(200);

/// Settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Program's format.
    pub format: Format,
    /// How long after its instant a frame is shown, up to [`LONGEST_ALIGNMENT`]. The desk mixes sound as much later.
    pub alignment: Duration,
}

/// Counters since the start, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Pictures that left the encoder.
    pub frames: u64,
    /// Ticks that came more than one frame late. Nothing is missing: they are caught up.
    pub late: u64,
    /// Frames that are missing in program: the machine was far too slow, or the pipeline was started anew.
    pub skipped: u64,
    /// How often the pipeline failed and was started anew.
    pub restarts: u64,
    /// From the newest picture's instant to its last packet on the channel.
    pub delay: Duration,
    /// From the call of [`Engine::show`] to the first packet of the first frame that changed.
    pub takes: TakeStats,
}

/// The running picture engine. Dropping it stops everything, in order; that may block for some milliseconds.
#[derive(Debug)]
pub struct Engine {
    switcher: Arc<Switcher>,
    outlet: Arc<Outlet>,
    stills: StillStore,
    config: Config,
    ticker: Option<JoinHandle<()>>,
    keyframes: tokio::task::JoinHandle<()>,
}

impl Engine {
    /// Starts program with the evening's slate on it, and no city. Must be called within a tokio runtime. `FramesFlow`
    /// and `FramesStopped` are sent to `facts`: while that is full, the newest state is kept.
    pub fn start(
        config: &Config,
        clock: EventClock,
        slate_name: &str,
        program: Arc<Channel>,
        session: SessionNumber,
        facts: mpsc::Sender<Fact>,
    ) -> Result<Self, Error> {
        config.format.check()?;
        if config.alignment > LONGEST_ALIGNMENT {
            return Err(Error::Alignment(config.alignment));
        }
        let runtime = tokio::runtime::Handle::try_current()?;

        let bank = Bank::new(still(&config.format, &Words::new(slate_name, ""), &clock)?)?;
        let canvas = Canvas { width: config.format.width, height: config.format.height, frame: config.format.frame() };
        let outlet = Arc::new(Outlet {
            channel: Arc::clone(&program),
            session,
            clock: clock.clone(),
            sequence: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            delay_us: AtomicU64::new(0),
            takes: Takes::default(),
        });
        let pipeline = Program::start(&config.format, INPUTS, &outlet)?;
        let switcher = Arc::new(Switcher::new(canvas, bank, &config.format, clock.now(), pipeline.handle()));
        let stills = StillStore::start(config.format.width, config.format.height)?;

        let ticker = Ticker {
            format: config.format,
            outlet: Arc::clone(&outlet),
            switcher: Arc::clone(&switcher),
            facts,
            program: Some(pipeline),
        };
        let ticker = std::thread::Builder::new().name("picture".into()).spawn(move || ticker.run())?;
        let keyframes = runtime.spawn({
            let switcher = Arc::clone(&switcher);
            async move {
                loop {
                    program.keyframe_wanted().await;
                    switcher.force_keyframe();
                }
            }
        });
        Ok(Self { switcher, outlet, stills, config: config.clone(), ticker: Some(ticker), keyframes })
    }

    /// Gives a city an input, while program goes on; answers where its frames go. Renders its slate first: that may take
    /// some hundredths of a second.
    ///
    /// # Errors
    /// [`Error::Taken`]; [`Error::NoRoom`] beyond [`MOST_CITIES`](super::MOST_CITIES); [`Error::Slate`].
    pub fn add(&self, city: &City) -> Result<FrameInput, Error> {
        let slate = still(&self.config.format, &Words::new(&city.name, ""), &self.outlet.clock)?;
        let input = FrameInput::new(self.config.alignment);
        self.switcher.add(&city.id, slate, input.clone())?;
        Ok(input)
    }

    /// Takes a city away, while program goes on. Where it is seen it stays, as its slate after half a second, until the
    /// next picture. One that is not there is no error.
    pub fn remove(&self, city: &CityId) {
        self.switcher.remove(city);
    }

    /// Puts other words on the evening's own slate, also where that is seen now. Takes as long as [`Engine::add`].
    ///
    /// # Errors
    /// [`Error::Slate`].
    pub fn retitle(&self, words: &Words) -> Result<(), Error> {
        self.switcher.set_own_slate(still(&self.config.format, words, &self.outlet.clock)?);
        Ok(())
    }

    /// Puts other words on a city's slate, also where that is seen now. Takes as long as [`Engine::add`].
    ///
    /// # Errors
    /// [`Error::UnknownCity`]; [`Error::Slate`].
    pub fn relabel(&self, city: &CityId, words: &Words) -> Result<(), Error> {
        self.switcher.set_slate(city, still(&self.config.format, words, &self.outlet.clock)?)
    }

    /// Shows a picture, from the next frame on, with a lower third that belongs to it: both come by the same transition.
    /// One that the picture before has too stays put. Answers the instant of the first frame that changes.
    ///
    /// A transition that runs is left where it is. Cities that the engine does not have yet are shown as soon as it does.
    /// A lower third that is not drawn yet comes in some milliseconds after its picture: see [`Engine::prepare`].
    pub fn show(&self, picture: &Picture, lower_third: Option<&LowerThird>, transition: Transition) -> Duration {
        let asked = self.outlet.clock.now();
        let graphic = lower_third.map(|lower_third| self.stills.get(lower_third));
        let frame = self.switcher.show(picture, graphic, transition);
        self.outlet.takes.expect(asked, frame);
        frame
    }

    /// Sets the downstream keyer, which lies over all pictures whatever is taken: this lower third, or off, from the next
    /// frame on within `fade` (zero: at once; usually [`KEY_FADE`]). Answers the instant of the first frame that changes.
    pub fn key(&self, lower_third: Option<&LowerThird>, fade: Duration) -> Duration {
        let graphic = lower_third.map(|lower_third| self.stills.get(lower_third));
        self.switcher.key(graphic, fade)
    }

    /// Has a lower third drawn that will be shown: the one in preview, those of the next cues. Returns at once. The last
    /// dozen are kept, and all that are on air.
    pub fn prepare(&self, lower_third: &LowerThird) {
        self.stills.get(lower_third);
    }

    /// Whether the frame clock runs.
    pub fn is_alive(&self) -> bool {
        self.ticker.as_ref().is_some_and(|ticker| !ticker.is_finished())
    }

    /// Where the frames of a city go.
    pub fn input(&self, city: &CityId) -> Option<FrameInput> {
        self.switcher.input(city)
    }

    /// Counters for metrics.
    pub fn stats(&self) -> Stats {
        Stats {
            frames: self.outlet.frames.load(Ordering::Relaxed),
            delay: Duration::from_micros(self.outlet.delay_us.load(Ordering::Relaxed)),
            takes: self.outlet.takes.stats(),
            ..self.switcher.stats()
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.keyframes.abort();
        self.switcher.stop();
        if let Some(ticker) = self.ticker.take()
            && ticker.join().is_err()
        {
            tracing::error!("the picture engine's thread had panicked");
        }
    }
}

/// A slate as a frame for the compositor.
fn still(format: &Format, words: &Words, clock: &EventClock) -> Result<Frame, Error> {
    let sample = slate::frame(format, words, clock)?;
    let why = || Error::Slate { name: words.name().to_owned(), why: "its picture has no format".into() };
    Frame::read(&sample).ok_or_else(why)
}

/// When a buffer of this sample is, on the event clock.
pub(crate) fn running_time(sample: &gst::Sample, buffer: &gst::BufferRef) -> Option<Duration> {
    let pts = buffer.pts()?;
    match sample.segment().and_then(|segment| segment.downcast_ref::<gst::ClockTime>()) {
        Some(segment) => segment.to_running_time(pts).map(Duration::from),
        None => Some(pts.into()),
    }
}
