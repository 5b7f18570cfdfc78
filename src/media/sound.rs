//! The sound engine: a thread that drives the desk on the event clock, one block every 10 ms, into the Opus encoder.
//!
//! The sound of a block is as old as the alignment delay, by which the picture engine delays pictures too, so that frame
//! and sample of one instant meet in the program. Signal processing is `audio`'s; this says when, and from where to where.
//! Cities come and go: the desk has a fixed number of strips, and a city's input is plugged into a free one.

mod encoder;

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use super::MOST_CITIES;
use crate::audio::{BLOCK, BLOCK_LENGTH, BusIndex, Desk, Gain, Input, Levels, Losses, StripIndex, instant, position};
use crate::gst::EventClock;
use crate::rtp::{Channel, SessionNumber};
use crate::show::CityId;
use encoder::Encoder;

/// The bus that viewers hear.
const PROGRAM: BusIndex = BusIndex(0);

/// The shortest way from one gain to another: a shorter one could be heard as a click.
pub const SHORTEST_RAMP: Duration = Duration::from_millis(20);

/// Lateness up to which the thread catches up block by block. Beyond it the machine has slept, and so has everybody.
const MAX_LATE: Duration = Duration::from_secs(1);

/// The desk's strips: those of the cities, and some whose city was removed and still fades out.
const STRIPS: usize = MOST_CITIES + 4;

/// Calls that may wait for the thread, which looks every 10 ms.
const MAX_COMMANDS: usize = 64;

/// Blocks from one reading of the meters to the next: 20 readings a second.
const METER_BLOCKS: u64 = 5;

/// Blocks from one look at what strips dropped to the next: a line in the log every ten seconds at most.
const TALLY_BLOCKS: u64 = 1000;

/// Settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Of program sound, in bit/s: 6 000 to 510 000 (RFC 6716 §2.1.1).
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
    /// A second strip for one city.
    #[error("'{0}' has a strip already")]
    Taken(CityId),
    /// All strips are taken.
    #[error("the desk's {MOST_CITIES} strips are taken: a city must be removed first")]
    NoRoom,
    /// The desk's thread does not take what it is told.
    #[error("the desk does not answer")]
    Stuck,
}

/// The running engine. Dropping it ends its thread and its encoder and waits for both: 10 ms or so, not for async code.
#[derive(Debug)]
pub struct Engine {
    /// Gone while the engine is dropped: that ends the thread.
    commands_tx: Option<SyncSender<Command>>,
    thread: Option<JoinHandle<()>>,
    /// The lock is held until a command is in the queue: commands come in the order of what they say.
    plan: Mutex<Plan>,
    levels: Arc<Mutex<Meters>>,
    alignment: Duration,
}

/// Which city is in which strip, and what was asked of the faders last.
#[derive(Debug)]
struct Plan {
    strips: HashMap<CityId, StripInput>,
    /// The one that is free for the longest time comes first.
    free: VecDeque<StripIndex>,
    faders: Faders,
}

/// Cities to be heard, and how loud. Those that have no strip yet are, as soon as they have one.
#[derive(Debug, Clone, Default)]
struct Faders {
    strips: Vec<(CityId, Gain)>,
    ramp: Duration,
    at: Duration,
}

impl Plan {
    fn faders(&self) -> Command {
        let Faders { strips, ramp, at } = &self.faders;
        let strips = strips.iter().filter_map(|(city, gain)| Some((self.strips.get(city)?.strip, *gain))).collect();
        Command::Set { strips, ramp: *ramp, at: *at }
    }
}

/// Where a city's decoded sound goes in. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct StripInput {
    input: Input,
    strip: StripIndex,
    levels: Arc<Mutex<Meters>>,
}

/// What the thread measured last.
#[derive(Debug)]
struct Meters {
    strips: Vec<Levels>,
    program: Levels,
}

#[derive(Debug)]
enum Command {
    Set { strips: Vec<(StripIndex, Gain)>, ramp: Duration, at: Duration },
    Fade { gain: Gain, ramp: Duration, at: Duration },
    Plug { city: CityId, strip: StripInput },
    Unplug { city: CityId },
}

impl Engine {
    /// Starts with no city on the desk.
    pub fn start(config: &Config, clock: EventClock, output: Output) -> Result<Self, Error> {
        let encoder = Encoder::start(config.bitrate, clock.clone(), output)?;
        let levels = Meters { strips: vec![Levels::default(); STRIPS], program: Levels::default() };
        let levels = Arc::new(Mutex::new(levels));
        let (commands_tx, commands_rx) = mpsc::sync_channel(MAX_COMMANDS);
        let driver = Driver {
            desk: Desk::new(STRIPS, 1, config.alignment),
            encoder,
            clock,
            commands_rx,
            levels: Arc::clone(&levels),
            newest: 0,
            late: Vec::with_capacity(STRIPS),
        };
        let thread = std::thread::Builder::new().name("desk".into()).spawn(move || driver.run())?;
        let free = (0..STRIPS).map(StripIndex).collect();
        let plan = Mutex::new(Plan { strips: HashMap::new(), free, faders: Faders::default() });
        Ok(Self { commands_tx: Some(commands_tx), thread: Some(thread), plan, levels, alignment: config.alignment })
    }

    /// Gives a city a strip, closed unless [`Engine::set`] has named the city already; the others sound on.
    ///
    /// # Errors
    /// [`Error::Taken`], [`Error::NoRoom`] beyond [`MOST_CITIES`], [`Error::Stuck`].
    pub fn add(&self, city: &CityId) -> Result<StripInput, Error> {
        let mut plan = self.plan();
        if plan.strips.contains_key(city) {
            return Err(Error::Taken(city.clone()));
        }
        if plan.strips.len() >= MOST_CITIES {
            return Err(Error::NoRoom);
        }
        let strip = plan.free.front().copied().ok_or(Error::NoRoom)?;
        let strip = StripInput { input: Input::new(self.alignment), strip, levels: Arc::clone(&self.levels) };
        self.command(Command::Plug { city: city.clone(), strip: strip.clone() })?;
        plan.free.pop_front();
        plan.strips.insert(city.clone(), strip.clone());
        if plan.faders.strips.iter().any(|(wanted, _)| wanted == city) {
            self.command(plan.faders())?;
        }
        Ok(strip)
    }

    /// Takes a city off the desk: its sound fades out, the others sound on. One that is not there is no error.
    pub fn remove(&self, city: &CityId) {
        let mut plan = self.plan();
        let Some(strip) = plan.strips.remove(city) else { return };
        plan.free.push_back(strip.strip);
        if self.command(Command::Unplug { city: city.clone() }).is_err() {
            tracing::error!(%city, "the desk does not answer: the strip of a removed city stays until it is needed");
        }
    }

    /// From event time `at` on (a take lands on the frame of that time), these cities are heard with these gains and all
    /// others are not; gains get there within `ramp`, at least [`SHORTEST_RAMP`]. May be called as often as a fader moves.
    ///
    /// A time that is past means now. Calls keep their order: one whose time is before that of a call that still waits is
    /// carried out with it. Cities that are not there yet are heard as soon as they are.
    pub fn set(&self, strips: &[(CityId, Gain)], ramp: Duration, at: Duration) {
        let mut plan = self.plan();
        plan.faders = Faders { strips: strips.to_vec(), ramp: ramp.max(SHORTEST_RAMP), at };
        if self.command(plan.faders()).is_err() {
            tracing::error!("the desk does not answer: program sound stays as it is");
        }
    }

    /// From event time `at` on, all of program's sound goes to silence within `length`, or comes back. What is set meanwhile
    /// is heard as soon as it is back.
    pub fn fade(&self, to_silence: bool, length: Duration, at: Duration) {
        let gain = if to_silence { Gain::OFF } else { Gain::UNITY };
        // The plan's lock keeps calls in order.
        let _plan = self.plan();
        if self.command(Command::Fade { gain, ramp: length.max(SHORTEST_RAMP), at }).is_err() {
            tracing::error!("the desk does not answer: program sound does not fade");
        }
    }

    /// Whether the desk mixes.
    pub fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Where a city's sound goes in.
    pub fn strip(&self, city: &CityId) -> Option<StripInput> {
        self.plan().strips.get(city).cloned()
    }

    /// Levels of program sound over the last 50 ms.
    pub fn levels(&self) -> Levels {
        lock(&self.levels).program
    }

    fn command(&self, command: Command) -> Result<(), Error> {
        let commands_tx = self.commands_tx.as_ref().ok_or(Error::Stuck)?;
        commands_tx.try_send(command).map_err(|_| Error::Stuck)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect("no code panics while it holds the plan")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.commands_tx.take());
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

    /// Levels over the last 50 ms, before the crosspoint.
    pub fn levels(&self) -> Levels {
        lock(&self.levels).strips.get(self.strip.0).copied().unwrap_or_default()
    }

    /// What was dropped and joined so far.
    pub fn losses(&self) -> Losses {
        self.input.losses()
    }
}

fn lock(levels: &Mutex<Meters>) -> MutexGuard<'_, Meters> {
    levels.lock().expect("no code panics while it holds the levels")
}

/// The thread's own.
struct Driver {
    desk: Desk,
    encoder: Encoder,
    clock: EventClock,
    commands_rx: Receiver<Command>,
    levels: Arc<Mutex<Meters>>,
    /// Position of the newest change of gains.
    newest: u64,
    /// Who is plugged, and what of each city's sound had come too late at the last look, in frames.
    late: Vec<(CityId, StripInput, u64)>,
}

/// Whether the thread goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Block,
    Stop,
}

impl Driver {
    fn run(mut self) {
        let mut block = block_after(self.clock.now());
        while self.wait(block) == Next::Block {
            if let Some(now) = jump(block, self.clock.now()) {
                let lost_ms = (at(now) - at(block)).as_millis();
                tracing::warn!(lost_ms, "the desk was held up: program sound jumps to now");
                block = now;
                self.encoder.restart(at(block));
            }
            self.desk.mix(block * BLOCK as u64);
            self.encoder.push(at(block), self.desk.bus(PROGRAM));
            if block.is_multiple_of(METER_BLOCKS) {
                self.read_meters();
            }
            if block.is_multiple_of(TALLY_BLOCKS) {
                self.report_late_sound();
            }
            block += 1;
        }
    }

    /// Waits until a block is due, with an ear for commands. A block that is late is due at once, none is left out.
    fn wait(&mut self, block: u64) -> Next {
        loop {
            let left = at(block).saturating_sub(self.clock.now());
            let command = if left.is_zero() {
                self.commands_rx.try_recv().map_err(|error| match error {
                    TryRecvError::Empty => RecvTimeoutError::Timeout,
                    TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                })
            } else {
                self.commands_rx.recv_timeout(left)
            };
            match command {
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Disconnected) => return Next::Stop,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Next::Block,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Set { strips, ramp, at } => self.set(&strips, ramp, position(at)),
            Command::Fade { gain, ramp, at } => self.desk.fade(PROGRAM, gain.linear(), position(at), ramp),
            Command::Plug { city, strip } => {
                self.desk.plug(strip.strip, strip.input.clone());
                self.late.push((city, strip, 0));
            }
            Command::Unplug { city } => {
                for (_, strip, _) in self.late.extract_if(.., |(late, _, _)| *late == city) {
                    self.desk.unplug(strip.strip, SHORTEST_RAMP);
                }
            }
        }
    }

    /// Each change says how all strips are: an older one that was carried out after a newer one would undo it.
    fn set(&mut self, strips: &[(StripIndex, Gain)], ramp: Duration, at: u64) {
        let mut gains = Vec::new();
        for (strip, gain) in strips {
            gains.resize(gains.len().max(strip.0 + 1), Gain::OFF.linear());
            gains[strip.0] = gain.linear();
        }
        self.newest = self.newest.max(at);
        self.desk.set(PROGRAM, gains, self.newest, ramp);
    }

    fn read_meters(&mut self) {
        let mut levels = lock(&self.levels);
        for (strip, levels) in levels.strips.iter_mut().enumerate() {
            *levels = self.desk.strip_levels(StripIndex(strip));
        }
        levels.program = self.desk.bus_levels(PROGRAM);
    }

    fn report_late_sound(&mut self) {
        for (city, strip, reported) in &mut self.late {
            let late = strip.losses().late;
            let frames = late.saturating_sub(std::mem::replace(reported, late));
            if frames > 0 {
                let ms = instant(frames).as_millis();
                tracing::warn!(%city, ms, "sound came too late for program: a greater [contribution] jitter_buffer_ms would mend it");
            }
        }
    }
}

/// The instant at which a block sounds; blocks are counted from event time zero.
fn at(block: u64) -> Duration {
    instant(block * BLOCK as u64)
}

/// The block to go on with if `block` is too late to catch up from.
fn jump(block: u64, now: Duration) -> Option<u64> {
    (now.saturating_sub(at(block)) > MAX_LATE).then(|| block_after(now))
}

/// The first block that begins after an instant.
fn block_after(now: Duration) -> u64 {
    u64::try_from(now.as_nanos() / BLOCK_LENGTH.as_nanos()).unwrap_or(u64::MAX / BLOCK as u64).saturating_add(1)
}

#[cfg(test)]
mod tests;
