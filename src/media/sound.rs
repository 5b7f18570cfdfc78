//! The sound engine: a thread that drives the desk on the event clock, one block every 10 ms, into program's encoder and into
//! those of all other mixes that somebody listens to.
//!
//! The sound of a block of program is as old as the alignment delay, by which the picture engine delays pictures too, so that
//! frame and sample of one instant meet. Signal processing is `audio`'s; this says when, and from where to where.
//! Sources come and go: the desk has a fixed number of strips, and a source's input is plugged into a free one. The tone of the
//! bars has a strip of its own, for which the thread makes the sound while it is heard.

mod board;
mod driver;
mod encoder;
mod judge;
mod loops;
mod mailbox;
mod meters;
mod outlets;
mod tone;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::MOST_CITIES;
use crate::audio::{BLOCK, Block, Input, Losses, StripIndex, instant};
use crate::gst::EventClock;
use crate::rtp::{Channel, SessionNumber};
use crate::show::{DeskPlan, Mix, StripId};
use board::Board;
use driver::Driver;
use encoder::{Encoder, Settings, Speed};
pub use judge::{Judge, Target};
pub use loops::Loops;
use loops::Searcher;
use mailbox::{Change, Mailbox, Plug};
pub use meters::{MeterMap, Meters, MixMeter, StripMeter};
pub use outlets::Tap;
use outlets::{Keeper, Outlets};
use tone::Tone;

/// The shortest way from one gain to another: a shorter one could be heard as a click.
pub const SHORTEST_RAMP: Duration = Duration::from_millis(20);

/// Sources besides cities and bars that can have a strip at a time: co-hosts, clips, music, talkback.
pub const MOST_OTHERS: usize = 64;

/// The strip of the bars' tone.
const TONE: StripIndex = StripIndex(0);

/// The desk's strips: the tone's, those of the sources, and some whose source was removed and still fades out.
const STRIPS: usize = 1 + MOST_CITIES + MOST_OTHERS + 4;

/// Settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Of each mix, in bit/s: 6 000 to 510 000 (RFC 6716 §2.1.1).
    pub bitrate: u32,
    /// How much later than it was captured sound goes on program: the contributions' jitter buffer and what decoding
    /// takes. The picture engine's, and half of its frame: that is the mean age of the pictures it shows.
    pub alignment: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { bitrate: 128_000, alignment: Duration::from_millis(100) }
    }
}

/// Where program sound goes.
#[derive(Debug, Clone)]
pub struct Output {
    /// The channel.
    pub channel: Arc<Channel>,
    /// The program encoders' session: sound and picture share it, or the channel takes one of them for outdated.
    pub session: SessionNumber,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// GStreamer failed.
    #[error(transparent)]
    Pipeline(#[from] crate::gst::Error),
    /// The system gave no thread.
    #[error("the sound engine has no thread to run on: {0}; raise the limit on threads")]
    Thread(#[from] std::io::Error),
    /// A second strip for one source.
    #[error("'{0}' has a strip already")]
    Taken(StripId),
    /// A second channel for one mix.
    #[error("the mix '{0}' is on a channel already")]
    Open(Mix),
    /// All strips or all ways out are taken.
    #[error(
        "the desk has no room for more: {MOST_CITIES} cities, {MOST_OTHERS} other strips and {} mixes; one must be removed first",
        board::BUSES
    )]
    NoRoom,
}

/// The running engine. Dropping it ends its threads and its encoders and waits for them: 10 ms or so, not for async code.
#[derive(Debug)]
pub struct Engine {
    mailbox: Arc<Mailbox>,
    thread: Option<JoinHandle<()>>,
    /// Dropped after the thread has ended.
    _keeper: Keeper,
    _searcher: Searcher,
    outlets: Arc<Outlets>,
    places: Mutex<Places>,
    meters: watch::Receiver<Arc<Meters>>,
    loops: watch::Receiver<Loops>,
}

/// Which source is in which strip.
#[derive(Debug)]
struct Places {
    strips: HashMap<StripId, StripInput>,
    /// The one that is free for the longest time comes first.
    free: VecDeque<StripIndex>,
}

/// Where a source's decoded sound goes in. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct StripInput {
    input: Input,
    place: StripIndex,
}

impl Engine {
    /// Starts with nothing on the desk but the tone of the bars, which is a strip like all others but for its sound.
    ///
    /// # Errors
    /// [`Error::Pipeline`] if program's encoder cannot be built, [`Error::Thread`].
    pub fn start(config: &Config, clock: EventClock, output: Output) -> Result<Self, Error> {
        let outlets = Outlets::new(clock.clone(), config.bitrate, output.session);
        let settings = Settings { bitrate: config.bitrate, speed: Speed::Steady, mix: Mix::Program };
        let encoder = Encoder::start(settings, clock.clone(), output)?;
        let mailbox = Arc::new(Mailbox::default());
        let (meters_tx, meters) = watch::channel(Arc::default());
        let input = Input::new(config.alignment);
        mailbox.plug(TONE.0, Plug::In { source: StripId::Bars, input: input.clone() });
        let (ears, searcher, loops) = loops::start()?;
        let driver = Driver {
            board: Board::new(STRIPS, config.alignment),
            tone: Tone::new(input.clone(), config.alignment),
            encoder,
            outlets: Arc::clone(&outlets),
            ears,
            clock,
            mailbox: Arc::clone(&mailbox),
            meters: meters_tx,
            late: Vec::with_capacity(STRIPS),
        };
        let keeper = Keeper::start(&outlets)?;
        let thread = std::thread::Builder::new().name("desk".into()).spawn(move || driver.run())?;
        let free = (0..STRIPS).map(StripIndex).filter(|strip| *strip != TONE).collect();
        let strips = HashMap::from([(StripId::Bars, StripInput { input, place: TONE })]);
        let places = Mutex::new(Places { strips, free });
        let thread = Some(thread);
        Ok(Self { mailbox, thread, _keeper: keeper, _searcher: searcher, outlets, places, meters, loops })
    }

    /// Gives a source a strip; it is heard where the desk's plan names it. Its sound is surely there `early` after its stated
    /// time: that is how soon those hear it who talk with it.
    ///
    /// # Errors
    /// [`Error::Taken`]; [`Error::NoRoom`] beyond [`MOST_CITIES`] cities and [`MOST_OTHERS`] others.
    pub fn add(&self, source: &StripId, early: Duration) -> Result<StripInput, Error> {
        let mut places = self.places();
        if places.strips.contains_key(source) {
            return Err(Error::Taken(source.clone()));
        }
        // However many clips there are, every city finds room.
        let is_city = |source: &StripId| matches!(source, StripId::City(_));
        let alike = |other: &&StripId| **other != StripId::Bars && is_city(other) == is_city(source);
        let most = if is_city(source) { MOST_CITIES } else { MOST_OTHERS };
        if places.strips.keys().filter(alike).count() >= most {
            return Err(Error::NoRoom);
        }
        let place = places.free.pop_front().ok_or(Error::NoRoom)?;
        let strip = StripInput { input: Input::new(early), place };
        self.mailbox.plug(place.0, Plug::In { source: source.clone(), input: strip.input.clone() });
        places.strips.insert(source.clone(), strip.clone());
        Ok(strip)
    }

    /// Takes a source off the desk: its sound fades out, the others sound on. One that is not there is no error, and the bars
    /// stay.
    pub fn remove(&self, source: &StripId) {
        let mut places = self.places();
        if *source == StripId::Bars {
            return;
        }
        let Some(strip) = places.strips.remove(source) else { return };
        places.free.push_back(strip.place);
        self.mailbox.plug(strip.place.0, Plug::Out);
    }

    /// From event time `at` on (a take lands on the frame of that time) the desk is like this; gains that change get there
    /// within `ramp`, at least [`SHORTEST_RAMP`]. May be called as often as a fader moves, and returns at once.
    ///
    /// A time that is past means now. Calls keep their order: one whose time is before that of a call that still waits is
    /// carried out with it. Sources that are not there yet are heard as soon as they are.
    pub fn set_desk(&self, plan: &DeskPlan, ramp: Duration, at: Duration) {
        self.mailbox.change(Change::Desk { plan: plan.clone(), ramp, at });
    }

    /// From event time `at` on, all of program's sound goes to silence within `length`, or comes back. What is set meanwhile
    /// is heard as soon as it is back.
    pub fn fade(&self, to_silence: bool, length: Duration, at: Duration) {
        self.mailbox.change(Change::Fade { to_silence, length, at });
    }

    /// Puts a mix on a channel, besides program, which has its own: it is encoded while the channel has an audience.
    ///
    /// # Errors
    /// [`Error::Open`]; [`Error::NoRoom`].
    pub fn open(&self, mix: &Mix, channel: &Arc<Channel>) -> Result<(), Error> {
        self.outlets.open(mix, channel)
    }

    /// Takes a mix off its channel. Blocks while its encoder stops.
    pub fn close(&self, mix: &Mix) {
        self.outlets.close(mix);
    }

    /// Hands each block of a mix on, with the event time at which it begins, until the answer is dropped: 100 blocks a second
    /// without a gap, or with one if the machine has slept. `take` is called on the desk's thread: it must not wait, and it must
    /// not drop a [`Tap`].
    ///
    /// # Errors
    /// [`Error::NoRoom`].
    pub fn tap(&self, mix: &Mix, take: impl FnMut(Duration, &Block) + Send + 'static) -> Result<Tap, Error> {
        self.outlets.tap(mix, Box::new(take))
    }

    /// The loudness of the evening is measured from now on.
    pub fn reset_loudness(&self) {
        self.mailbox.reset_loudness();
    }

    /// Whether the desk mixes.
    pub fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Where a source's sound goes in.
    pub fn strip(&self, source: &StripId) -> Option<StripInput> {
        self.places().strips.get(source).cloned()
    }

    /// The newest reading of all meters, twenty times a second.
    pub fn meters(&self) -> watch::Receiver<Arc<Meters>> {
        self.meters.clone()
    }

    /// Whose loudspeaker is heard by their own microphone, as long as it is.
    pub fn loops(&self) -> watch::Receiver<Loops> {
        self.loops.clone()
    }

    /// How many mixes besides program are being encoded.
    pub fn encoders(&self) -> usize {
        self.outlets.running()
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().expect("no code panics while it holds the places")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.mailbox.stop();
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the desk's thread had panicked");
        }
    }
}

impl StripInput {
    /// Adds decoded sound: 48 kHz, left and right by turns, any length. `running_time` is the first frame's; it may
    /// wobble and drift. Returns at once.
    pub fn push(&self, running_time: Duration, samples: &[f32]) {
        self.input.write(running_time, samples);
    }

    /// What is in the strip dies away within `length`, beginning with the desk's next block, and nothing of it is heard any
    /// more. See [`Input::fade_out`].
    pub fn fade_out(&self, length: Duration) {
        self.input.fade_out(length);
    }

    /// What was dropped and joined so far.
    pub fn losses(&self) -> Losses {
        self.input.losses()
    }
}

/// The instant at which a block sounds; blocks are counted from event time zero.
fn at(block: u64) -> Duration {
    instant(block * BLOCK as u64)
}

#[cfg(test)]
mod tests;
