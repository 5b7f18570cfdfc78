//! The sound engine: a thread that drives the desk on the event clock, one block every 10 ms, into the Opus encoder.
//!
//! The sound of a block is as old as the alignment delay, by which the picture engine delays pictures too, so that frame
//! and sample of one instant meet in the program. Signal processing is `audio`'s; this says when, and from where to where.
//! Sources come and go: the desk has a fixed number of strips, and a source's input is plugged into a free one. The tone of the
//! bars has a strip of its own, for which this thread makes the sound while it is heard.

mod encoder;
mod tone;

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::MOST_CITIES;
use crate::audio::{
    BLOCK, BLOCK_LENGTH, BusIndex, Desk, Gain, Input, Levels, Losses, StripIndex, frames, instant, position,
};
use crate::gst::EventClock;
use crate::rtp::{Channel, SessionNumber};
use crate::show::StripId;
use encoder::Encoder;
use tone::Tone;

/// The bus that viewers hear.
const PROGRAM: BusIndex = BusIndex(0);

/// The shortest way from one gain to another: a shorter one could be heard as a click.
pub const SHORTEST_RAMP: Duration = Duration::from_millis(20);

/// Lateness up to which the thread catches up block by block. Beyond it the machine has slept, and so has everybody.
const MAX_LATE: Duration = Duration::from_secs(1);

/// Sources besides cities and bars that can have a strip at a time: clips, co-hosts.
pub const MOST_OTHERS: usize = 16;

/// The strip of the bars' tone.
const TONE: StripIndex = StripIndex(0);

/// The desk's strips: the tone's, those of the sources, and some whose source was removed and still fades out.
const STRIPS: usize = 1 + MOST_CITIES + MOST_OTHERS + 4;

/// Calls that may wait for the thread, which looks every 10 ms.
const MAX_COMMANDS: usize = 64;

/// How long who brings a source or takes one away waits for room among them: they may block, and a machine under load lets the
/// thread sleep longer than it asked for.
const ROOM: Duration = Duration::from_secs(1);

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
    /// A second strip for one source.
    #[error("'{0}' has a strip already")]
    Taken(StripId),
    /// All strips are taken.
    #[error(
        "the desk's strips are taken, {MOST_CITIES} for cities and {MOST_OTHERS} for others: one of them must be removed first"
    )]
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

/// Which source is in which strip, and what was asked of the faders last.
#[derive(Debug)]
struct Plan {
    strips: HashMap<StripId, StripInput>,
    /// The one that is free for the longest time comes first.
    free: VecDeque<StripIndex>,
    faders: Faders,
}

/// Sources to be heard, and how loud. Those that have no strip yet are, as soon as they have one.
#[derive(Debug, Clone, Default)]
struct Faders {
    strips: Vec<(StripId, Gain)>,
    ramp: Duration,
    at: Duration,
}

impl Plan {
    fn faders(&self) -> Command {
        let Faders { strips, ramp, at } = &self.faders;
        let strips = strips.iter().filter_map(|(source, gain)| Some((self.strips.get(source)?.strip, *gain))).collect();
        Command::Set { strips, ramp: *ramp, at: *at }
    }
}

/// Where a source's decoded sound goes in. Cloning it is cheap.
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
    Plug { source: StripId, strip: StripInput },
    Unplug { source: StripId },
}

impl Engine {
    /// Starts with nothing on the desk but the tone of the bars, which is a strip like all others but for its sound.
    pub fn start(config: &Config, clock: EventClock, output: Output) -> Result<Self, Error> {
        let encoder = Encoder::start(config.bitrate, clock.clone(), output)?;
        let levels = Meters { strips: vec![Levels::default(); STRIPS], program: Levels::default() };
        let levels = Arc::new(Mutex::new(levels));
        let (commands_tx, commands_rx) = mpsc::sync_channel(MAX_COMMANDS);
        let input = Input::new(config.alignment);
        let mut desk = Desk::new(STRIPS, 1, config.alignment);
        desk.plug(TONE, input.clone());
        let tone = StripInput { input: input.clone(), strip: TONE, levels: Arc::clone(&levels) };
        let driver = Driver {
            desk,
            tone: Tone::new(input, config.alignment),
            block: 0,
            encoder,
            clock,
            commands_rx,
            levels: Arc::clone(&levels),
            newest: 0,
            late: Vec::with_capacity(STRIPS),
        };
        let thread = std::thread::Builder::new().name("desk".into()).spawn(move || driver.run())?;
        let free = (0..STRIPS).map(StripIndex).filter(|strip| *strip != TONE).collect();
        let strips = HashMap::from([(StripId::Bars, tone)]);
        let plan = Mutex::new(Plan { strips, free, faders: Faders::default() });
        Ok(Self { commands_tx: Some(commands_tx), thread: Some(thread), plan, levels, alignment: config.alignment })
    }

    /// Gives a source a strip, closed unless [`Engine::set`] has named the source already; the others sound on.
    ///
    /// # Errors
    /// [`Error::Taken`], [`Error::NoRoom`] beyond [`MOST_CITIES`] cities and [`MOST_OTHERS`] others, [`Error::Stuck`].
    pub fn add(&self, source: &StripId) -> Result<StripInput, Error> {
        let mut plan = self.plan();
        if plan.strips.contains_key(source) {
            return Err(Error::Taken(source.clone()));
        }
        // However many clips there are, every city finds room.
        let is_city = |source: &StripId| matches!(source, StripId::City(_));
        let alike = |other: &&StripId| **other != StripId::Bars && is_city(other) == is_city(source);
        let most = if is_city(source) { MOST_CITIES } else { MOST_OTHERS };
        if plan.strips.keys().filter(alike).count() >= most {
            return Err(Error::NoRoom);
        }
        let strip = plan.free.front().copied().ok_or(Error::NoRoom)?;
        let strip = StripInput { input: Input::new(self.alignment), strip, levels: Arc::clone(&self.levels) };
        self.command_in_time(Command::Plug { source: source.clone(), strip: strip.clone() })?;
        plan.free.pop_front();
        plan.strips.insert(source.clone(), strip.clone());
        if plan.faders.strips.iter().any(|(wanted, _)| wanted == source) {
            self.command_in_time(plan.faders())?;
        }
        Ok(strip)
    }

    /// Takes a source off the desk: its sound fades out, the others sound on. One that is not there is no error, and the bars
    /// stay.
    pub fn remove(&self, source: &StripId) {
        let mut plan = self.plan();
        if *source == StripId::Bars {
            return;
        }
        let Some(strip) = plan.strips.remove(source) else { return };
        plan.free.push_back(strip.strip);
        if self.command_in_time(Command::Unplug { source: source.clone() }).is_err() {
            tracing::error!(%source, "the desk does not answer: the strip of a removed source stays until it is needed");
        }
    }

    /// From event time `at` on (a take lands on the frame of that time), these sources are heard with these gains and all
    /// others are not; gains get there within `ramp`, at least [`SHORTEST_RAMP`]. May be called as often as a fader moves.
    ///
    /// A time that is past means now. Calls keep their order: one whose time is before that of a call that still waits is
    /// carried out with it. Sources that are not there yet are heard as soon as they are.
    pub fn set(&self, strips: &[(StripId, Gain)], ramp: Duration, at: Duration) {
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

    /// Where a source's sound goes in.
    pub fn strip(&self, source: &StripId) -> Option<StripInput> {
        self.plan().strips.get(source).cloned()
    }

    /// Levels of program sound over the last 50 ms.
    pub fn levels(&self) -> Levels {
        lock(&self.levels).program
    }

    fn command(&self, command: Command) -> Result<(), Error> {
        let commands_tx = self.commands_tx.as_ref().ok_or(Error::Stuck)?;
        commands_tx.try_send(command).map_err(|_| Error::Stuck)
    }

    /// The same for who may block: waits for room, at most [`ROOM`].
    fn command_in_time(&self, mut command: Command) -> Result<(), Error> {
        let commands_tx = self.commands_tx.as_ref().ok_or(Error::Stuck)?;
        let deadline = Instant::now() + ROOM;
        loop {
            command = match commands_tx.try_send(command) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(command)) if Instant::now() < deadline => command,
                Err(_) => return Err(Error::Stuck),
            };
            std::thread::sleep(BLOCK_LENGTH / 10);
        }
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
    tone: Tone,
    /// The one that comes next.
    block: u64,
    encoder: Encoder,
    clock: EventClock,
    commands_rx: Receiver<Command>,
    levels: Arc<Mutex<Meters>>,
    /// Position of the newest change of gains.
    newest: u64,
    /// Who is plugged, and what of each source's sound had come too late at the last look, in frames.
    late: Vec<(StripId, StripInput, u64)>,
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
            self.tone.write(block * BLOCK as u64);
            self.desk.mix(block * BLOCK as u64);
            self.encoder.push(at(block), self.desk.bus(PROGRAM));
            if block.is_multiple_of(METER_BLOCKS) {
                self.read_meters();
            }
            if block.is_multiple_of(TALLY_BLOCKS) {
                self.report_late_sound();
            }
            block += 1;
            self.block = block;
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
            Command::Plug { source, strip } => {
                self.desk.plug(strip.strip, strip.input.clone());
                self.late.push((source, strip, 0));
            }
            Command::Unplug { source } => {
                for (_, strip, _) in self.late.extract_if(.., |(late, _, _)| *late == source) {
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
        let tone_is_heard = gains.get(TONE.0).is_some_and(|gain| *gain > 0.0);
        let done = self.newest.max(self.block * BLOCK as u64) + u64::from(frames(ramp)) + BLOCK as u64;
        self.tone.sound(if tone_is_heard { None } else { Some(done) });
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
        for (source, strip, reported) in &mut self.late {
            let late = strip.losses().late;
            let frames = late.saturating_sub(std::mem::replace(reported, late));
            if frames > 0 {
                let ms = instant(frames).as_millis();
                tracing::warn!(%source, ms, "sound came too late for program: a greater [contribution] jitter_buffer_ms would mend it");
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
