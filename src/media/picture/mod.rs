//! The picture engine: takes decoded frames of all sources, makes program of them, encoded, on its channel.
//!
//! Program's frame clock (`tick`) runs on the event clock whatever the sources do: for every tick `stage` plans purely what the
//! frame looks like, `bank` has exactly one picture of each source, a slate where there is none, and `renderer` makes pixels of
//! it. A frame that is one source as it came is handed to the encoder (`program`) without a copy. What fails is started anew
//! (`guard`).

mod bank;
mod frame;
mod grid;
mod guard;
mod input;
mod look;
mod monitor;
mod program;
mod renderer;
mod signals;
mod stage;
mod switcher;
mod synchroniser;
mod takes;
mod tick;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use gstreamer as gst;
use tokio::sync::mpsc;

pub use input::FrameInput;
pub use look::Stingers;
pub use monitor::{Monitor, Panel};
pub(crate) use program::COLORIMETRY;
pub use stage::KEY_LENGTH;
pub use takes::TakeStats;

use self::frame::Frame;
use self::guard::Voice;
use self::program::Outlet;
use self::switcher::Switcher;
use self::tick::{Gauges, Ticker};
use super::codec::{Ladder, encoder};
use super::graphics::{Library, Pictures};
use super::slate::{self, Words};
use super::{Error, Format};
use crate::gst::EventClock;
use crate::rtp::{Channel, SessionNumber};
use crate::show::{City, CityId, Fact, Graphic, KeyerNumber, MediaId, Picture, Source, Way};
use crate::video::{Image, Size};

/// The longest alignment delay. A longer one would leave less than two tenths of a second between a late frame and a
/// lost city.
pub const LONGEST_ALIGNMENT: Duration = Duration::from_millis(300);

/// Where still pictures are found by their names. Cloning it is cheap; it is asked often and must not wait.
#[derive(Clone)]
pub struct Stills(Arc<Find>);

type Find = dyn Fn(&MediaId) -> Option<Arc<Image>> + Send + Sync;

impl Stills {
    /// Found by this.
    pub fn new(find: impl Fn(&MediaId) -> Option<Arc<Image>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    fn find(&self, id: &MediaId) -> Option<Arc<Image>> {
        (self.0)(id)
    }
}

impl Default for Stills {
    /// There are none.
    fn default() -> Self {
        Self::new(|_| None)
    }
}

impl fmt::Debug for Stills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stills")
    }
}

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
    /// What planning and drawing the newest picture took.
    pub render: Duration,
    /// From the newest picture's instant to its last packet on the channel.
    pub delay: Duration,
    /// From the call of [`Engine::show`] to the first packet of the first frame that changed.
    pub takes: TakeStats,
}

/// The running picture engine. Dropping it stops everything, in order; that may block for some milliseconds, and for a second
/// with an encoder that hangs.
#[derive(Debug)]
pub struct Engine {
    switcher: Arc<Switcher>,
    outlet: Arc<Outlet>,
    gauges: Arc<Gauges>,
    config: Config,
    ticker: Option<JoinHandle<()>>,
    keyframes: tokio::task::JoinHandle<()>,
}

impl Engine {
    /// Starts program, encoded in software, with the evening's slate on it, and no feed. Must be called within a tokio runtime. `FramesFlow` and
    /// `FramesStopped` of cities are sent to `facts`, and `Broken` and `Mended` of program itself: while that is full, the
    /// newest state is kept.
    pub fn start(
        config: &Config,
        clock: EventClock,
        slate_name: &str,
        program: Arc<Channel>,
        session: SessionNumber,
        facts: mpsc::Sender<Fact>,
    ) -> Result<Self, Error> {
        let encoders = encoder::choose(encoder::Wish::X264, &config.format);
        Self::start_with(encoders, config, clock, slate_name, program, session, facts)
    }

    /// As [`Engine::start`], with the encoder that [`encoder::choose`] chose for this format. When it fails the next one takes
    /// over, which is stated to `facts` as an alarm.
    pub fn start_with(
        encoders: Ladder,
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

        let slate = still(&config.format, &Words::new(slate_name, ""), &clock)?;
        let outlet = Arc::new(Outlet::new(Arc::clone(&program), session, clock.clone()));
        let gauges = Arc::new(Gauges::default());
        let switcher = Arc::new(Switcher::new(&config.format, slate, clock.now())?);
        let ticker = Ticker::start(
            config.format,
            encoders,
            Arc::clone(&outlet),
            Arc::clone(&switcher),
            Arc::clone(&gauges),
            Voice::new(facts),
        )?;
        let ticker = std::thread::Builder::new().name("picture".into()).spawn(move || ticker.run())?;
        let keyframes = runtime.spawn({
            let gauges = Arc::clone(&gauges);
            async move {
                loop {
                    program.keyframe_wanted().await;
                    gauges.force_keyframe();
                }
            }
        });
        Ok(Self { switcher, outlet, gauges, config: config.clone(), ticker: Some(ticker), keyframes })
    }

    /// Stills are found here from now on. Until this is called there are none. To be called again when they have changed.
    pub fn set_stills(&self, stills: Stills) {
        self.switcher.set_stills(stills);
    }

    /// These templates of graphics are there from now on; what is on air stays as it is.
    pub fn set_templates(&self, templates: Library) {
        self.switcher.graphics().set_library(templates);
    }

    /// The pictures in graphics' fields are found here from now on.
    pub fn set_pictures(&self, pictures: Pictures) {
        self.switcher.graphics().set_pictures(pictures);
    }

    /// The pictures of stingers are found here from now on.
    pub fn set_stingers(&self, stingers: Stingers) {
        self.switcher.graphics().set_stingers(stingers);
    }

    /// Countdowns count by the time of day of this zone; UTC until this is called.
    pub fn set_zone(&self, zone: jiff::tz::TimeZone) {
        self.switcher.graphics().set_zone(zone);
    }

    /// Gives a city a feed, while program goes on, and a bug; answers where its frames go. As [`Engine::add_feed`].
    ///
    /// # Errors
    /// As [`Engine::add_feed`].
    pub fn add(&self, city: &City) -> Result<FrameInput, Error> {
        self.switcher.graphics().set_city(city);
        self.add_feed(Source::City(city.id.clone()), &Words::new(&city.name, ""))
    }

    /// Gives a source a feed, while program goes on; answers where its frames go. These words stand on the slate that is seen
    /// while no frame comes, which is rendered first: that may take some hundredths of a second. A clip's newest frame is
    /// seen however old it is.
    ///
    /// # Errors
    /// [`Error::Taken`]; [`Error::NoRoom`] beyond [`MOST_CITIES`](super::MOST_CITIES), or too many others; [`Error::Slate`];
    /// [`Error::Refused`] for a source that has no frames to come.
    pub fn add_feed(&self, source: Source, words: &Words) -> Result<FrameInput, Error> {
        let input = match &source {
            Source::City(_) | Source::Cohost(_) => FrameInput::new(self.config.alignment),
            Source::Clip(_) => FrameInput::holding(self.config.alignment),
            Source::Still(_) | Source::Colour(_) | Source::Bars | Source::Slate | Source::Black => {
                return Err(Error::Refused("frames of a source that stands"));
            }
        };
        let slate = still(&self.config.format, words, &self.outlet.clock)?;
        self.switcher.add(source, slate, input.clone())?;
        Ok(input)
    }

    /// A city's bug bears this name and this time of day from now on.
    pub fn know(&self, city: &City) {
        self.switcher.graphics().set_city(city);
    }

    /// Takes a city away, as [`Engine::remove_feed`].
    pub fn remove(&self, city: &CityId) {
        self.switcher.graphics().forget_city(city);
        self.remove_feed(&Source::City(city.clone()));
    }

    /// Takes a feed away, while program goes on. Where it is seen it stays, as its slate after half a second, until the next
    /// picture. One that is not there is no error.
    pub fn remove_feed(&self, source: &Source) {
        self.switcher.remove(source);
    }

    /// Puts other words on the evening's own slate, also where that is seen now. Takes as long as [`Engine::add`].
    ///
    /// # Errors
    /// [`Error::Slate`].
    pub fn retitle(&self, words: &Words) -> Result<(), Error> {
        self.switcher.set_own_slate(still(&self.config.format, words, &self.outlet.clock)?);
        Ok(())
    }

    /// Puts other words on a city's slate, as [`Engine::relabel_feed`].
    ///
    /// # Errors
    /// As [`Engine::relabel_feed`].
    pub fn relabel(&self, city: &CityId, words: &Words) -> Result<(), Error> {
        self.relabel_feed(&Source::City(city.clone()), words)
    }

    /// Puts other words on a feed's slate, also where that is seen now. Takes as long as [`Engine::add`].
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Slate`].
    pub fn relabel_feed(&self, source: &Source, words: &Words) -> Result<(), Error> {
        self.switcher.set_slate(source, still(&self.config.format, words, &self.outlet.clock)?)
    }

    /// Shows a picture from the next frame on, with the graphics that belong to it, by this way. All that changes changes in
    /// one frame: its instant is answered.
    ///
    /// A transition that runs is over. Sources that the engine does not have yet are shown as soon as it does. A graphic that
    /// is not drawn yet comes in some milliseconds after its picture: see [`Engine::prepare`].
    pub fn show(&self, picture: &Picture, way: &Way) -> Duration {
        let asked = self.outlet.clock.now();
        let frame = self.switcher.show(picture, way);
        // A T-bar in somebody's hand takes thirty times a second.
        if !way.held {
            self.outlet.takes.expect(asked, frame);
        }
        frame
    }

    /// Says what the next take will show, so that it is made ready.
    pub fn preview(&self, picture: &Picture) {
        self.switcher.set_preview(picture);
    }

    /// Sets a downstream keyer, which lies over all pictures whatever is taken: this graphic, or off, from the next frame on
    /// within [`KEY_LENGTH`]. Answers the instant of the first frame that changes.
    pub fn key(&self, keyer: KeyerNumber, graphic: Option<&Graphic>) -> Duration {
        self.switcher.key(keyer, graphic)
    }

    /// Fades everything to black from the next frame on, or back. Answers the instant of the first frame that changes.
    pub fn fade_to_black(&self, on: bool, length: Duration) -> Duration {
        self.switcher.fade_to_black(on, length)
    }

    /// Has a graphic drawn that will be shown: the one in preview, those of the next cues. Returns at once. The last dozen are
    /// kept, and all that are on air.
    pub fn prepare(&self, graphic: &Graphic) {
        self.switcher.prepare(graphic);
    }

    /// Starts a monitor of what the next take shows, on a channel of its own: exactly that, graphics included, scaled to this
    /// format. It rests while nobody watches. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Format`]; [`Error::Thread`].
    pub fn preview_monitor(&self, format: &Format, channel: Arc<Channel>) -> Result<Monitor, Error> {
        let (switcher, size) = (Arc::clone(&self.switcher), Size { width: format.width, height: format.height });
        let open = move || monitor::preview(Arc::clone(&switcher), size);
        Monitor::start(format, channel, self.outlet.clock.clone(), open)
    }

    /// Starts a monitor of preview, program and all cities, in the order in which `panels` tells them; it is asked for each
    /// picture and must not wait. Otherwise as [`Engine::preview_monitor`].
    ///
    /// # Errors
    /// As [`Engine::preview_monitor`].
    pub fn multiview_monitor(
        &self,
        format: &Format,
        channel: Arc<Channel>,
        panels: impl Fn() -> Vec<Panel> + Send + Sync + 'static,
    ) -> Result<Monitor, Error> {
        let (switcher, size) = (Arc::clone(&self.switcher), Size { width: format.width, height: format.height });
        let (outlet, panels) = (Arc::clone(&self.outlet), Arc::new(panels));
        let open = move || monitor::multiview(Arc::clone(&switcher), Arc::clone(&outlet), size, panels.clone());
        Monitor::start(format, channel, self.outlet.clock.clone(), open)
    }

    /// Whether the frame clock runs.
    pub fn is_alive(&self) -> bool {
        self.ticker.as_ref().is_some_and(|ticker| !ticker.is_finished())
    }

    /// Where the frames of a city go.
    pub fn input(&self, city: &CityId) -> Option<FrameInput> {
        self.switcher.input(&Source::City(city.clone()))
    }

    /// Counters for metrics.
    pub fn stats(&self) -> Stats {
        Stats {
            frames: self.outlet.frames.load(Ordering::Relaxed),
            delay: Duration::from_micros(self.outlet.delay_us.load(Ordering::Relaxed)),
            takes: self.outlet.takes.stats(),
            ..self.gauges.stats()
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.keyframes.abort();
        self.outlet.signals.stop();
        if let Some(ticker) = self.ticker.take()
            && ticker.join().is_err()
        {
            tracing::error!("the picture engine's thread had panicked");
        }
    }
}

/// A slate as a frame.
fn still(format: &Format, words: &Words, clock: &EventClock) -> Result<Frame, Error> {
    let sample = slate::frame(format, words, clock)?;
    let why = || Error::Slate { name: words.name().to_owned(), why: "its picture is no I420".into() };
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
