//! Mixes on their way to channels and to whoever takes their blocks. A channel's mix is encoded only while somebody listens.
//!
//! The desk's thread hands on blocks and never waits; pipelines are built and taken down by a thread of its own, which sleeps
//! until the desk's thread sees that an audience has come or gone.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::encoder::{Encoder, Settings, Speed};
use super::{Error, Output};
use crate::audio::Block;
use crate::gst::EventClock;
use crate::rtp::{Channel, SessionNumber};
use crate::show::Mix;

/// How long a mix is encoded after the last one has left: who comes back at once meets running sound.
const LINGER: Duration = Duration::from_secs(3);

/// The longest sleep without a look: every wait ends.
const SLEEP: Duration = Duration::from_secs(60);

/// Mixes that may be on channels, and taken as blocks.
const MOST: usize = super::board::BUSES;

/// All ways out of the desk but program's.
#[derive(Debug)]
pub(super) struct Outlets {
    clock: EventClock,
    bitrate: u32,
    session: SessionNumber,
    outlets: Mutex<Vec<Arc<Outlet>>>,
    taps: Mutex<Vec<Taken>>,
    last_tap: AtomicU64,
    /// Whether something is to be built or taken down.
    work: Mutex<Work>,
    came: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    None,
    Some,
    Stop,
}

/// A mix on a channel.
#[derive(Debug)]
struct Outlet {
    mix: Mix,
    channel: Arc<Channel>,
    encoder: Mutex<Encoder>,
    is_resting: AtomicBool,
    /// Event time at which somebody was there last, in microseconds.
    heard: AtomicU64,
}

/// Who takes a mix's blocks, with the event time of each. Called on the desk's thread.
pub(super) type Take = Box<dyn FnMut(Duration, &Block) + Send>;

struct Taken {
    number: u64,
    mix: Mix,
    take: Take,
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("mix", &self.mix).finish_non_exhaustive()
    }
}

/// A mix's blocks are handed on until this is dropped.
#[derive(Debug)]
#[must_use = "the blocks end when it is dropped"]
pub struct Tap {
    outlets: Arc<Outlets>,
    number: u64,
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.outlets.taps().retain(|taken| taken.number != self.number);
    }
}

/// The thread that builds and takes down. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Keeper {
    outlets: Arc<Outlets>,
    thread: Option<JoinHandle<()>>,
}

impl Outlets {
    /// None yet. `session` is program's, so that its picture and these mixes can go on one channel.
    pub(super) fn new(clock: EventClock, bitrate: u32, session: SessionNumber) -> Arc<Self> {
        Arc::new(Self {
            clock,
            bitrate,
            session,
            outlets: Mutex::default(),
            taps: Mutex::default(),
            last_tap: AtomicU64::new(0),
            work: Mutex::new(Work::None),
            came: Condvar::new(),
        })
    }

    /// Puts a mix on a channel.
    pub(super) fn open(&self, mix: &Mix, channel: &Arc<Channel>) -> Result<(), Error> {
        let mut outlets = self.outlets();
        if outlets.iter().any(|outlet| outlet.mix == *mix) {
            return Err(Error::Open(mix.clone()));
        }
        if outlets.len() >= MOST {
            return Err(Error::NoRoom);
        }
        let speed = if *mix == Mix::Radio { Speed::Steady } else { Speed::Prompt };
        let settings = Settings { bitrate: self.bitrate, speed, mix: mix.clone() };
        let output = Output { channel: Arc::clone(channel), session: self.session };
        outlets.push(Arc::new(Outlet {
            mix: mix.clone(),
            channel: Arc::clone(channel),
            encoder: Mutex::new(Encoder::resting(settings, self.clock.clone(), output)),
            is_resting: AtomicBool::new(true),
            heard: AtomicU64::new(0),
        }));
        Ok(())
    }

    /// Takes a mix off its channel. Blocks while its encoder stops.
    pub(super) fn close(&self, mix: &Mix) {
        let mut outlets = self.outlets();
        let closed: Vec<_> = outlets.extract_if(.., |outlet| outlet.mix == *mix).collect();
        drop(outlets);
        drop(closed);
    }

    /// Hands a mix's blocks on.
    pub(super) fn tap(self: &Arc<Self>, mix: &Mix, take: Take) -> Result<Tap, Error> {
        let mut taps = self.taps();
        if taps.len() >= MOST {
            return Err(Error::NoRoom);
        }
        let number = self.last_tap.fetch_add(1, Ordering::Relaxed);
        taps.push(Taken { number, mix: mix.clone(), take });
        Ok(Tap { outlets: Arc::clone(self), number })
    }

    /// Hands on the block at `at` of all mixes that somebody wants. Never waits for an encoder that is being built.
    pub(super) fn push<'a>(&self, at: Duration, block: impl Fn(&Mix) -> &'a Block) {
        for taken in self.taps().iter_mut() {
            (taken.take)(at, block(&taken.mix));
        }
        let mut is_work = false;
        for outlet in self.outlets().iter() {
            is_work |= outlet.look(at);
            if outlet.is_resting.load(Ordering::Acquire) {
                continue;
            }
            match outlet.encoder.try_lock() {
                Ok(mut encoder) => encoder.push(at, block(&outlet.mix)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Poisoned(_)) => tracing::error!(mix = %outlet.mix, "a mix's encoder had panicked"),
            }
        }
        if is_work {
            self.tell(Work::Some);
        }
    }

    /// What comes at `at` does not follow on what was before.
    pub(super) fn restart(&self, at: Duration) {
        for outlet in self.outlets().iter() {
            if let Ok(mut encoder) = outlet.encoder.try_lock() {
                encoder.restart(at);
            }
        }
    }

    /// How many mixes are being encoded.
    pub(super) fn running(&self) -> usize {
        self.outlets().iter().filter(|outlet| !outlet.is_resting.load(Ordering::Acquire)).count()
    }

    fn tell(&self, work: Work) {
        let mut told = self.work.lock().expect("no code panics while it holds the work");
        if *told != Work::Stop {
            *told = work;
        }
        self.came.notify_one();
    }

    fn work(&self) -> Work {
        let told = self.work.lock().expect("no code panics while it holds the work");
        let waited = self.came.wait_timeout_while(told, SLEEP, |work| *work == Work::None);
        let (mut told, _) = waited.expect("no code panics while it holds the work");
        if *told == Work::Some { std::mem::replace(&mut *told, Work::None) } else { *told }
    }

    /// Builds and takes down what is to be, until it is told to end.
    fn keep(&self) {
        while self.work() != Work::Stop {
            let outlets = self.outlets().clone();
            for outlet in outlets {
                outlet.follow(self.clock.now());
            }
        }
    }

    fn outlets(&self) -> MutexGuard<'_, Vec<Arc<Outlet>>> {
        self.outlets.lock().expect("no code panics while it holds the outlets")
    }

    fn taps(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taps.lock().expect("who takes a block does not panic")
    }
}

impl Outlet {
    /// Looks at the audience; whether there is work.
    fn look(&self, now: Duration) -> bool {
        if self.channel.audience() > 0 {
            self.heard.store(u64::try_from(now.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        self.wants_rest(now) != self.is_resting.load(Ordering::Acquire)
    }

    fn wants_rest(&self, now: Duration) -> bool {
        let heard = Duration::from_micros(self.heard.load(Ordering::Relaxed));
        heard.is_zero() || now.saturating_sub(heard) >= LINGER
    }

    /// Encodes or rests as the audience wants it.
    fn follow(&self, now: Duration) {
        let rests = self.wants_rest(now);
        if rests == self.is_resting.load(Ordering::Acquire) {
            return;
        }
        let Ok(mut encoder) = self.encoder.lock() else { return };
        let mix = &self.mix;
        if rests {
            encoder.rest();
            tracing::info!(%mix, "nobody listens to a mix any more: it is not encoded");
        } else {
            encoder.wake(now);
            tracing::info!(%mix, "somebody listens to a mix: it is encoded");
        }
        self.is_resting.store(rests, Ordering::Release);
    }
}

impl Keeper {
    /// Starts the thread.
    pub(super) fn start(outlets: &Arc<Outlets>) -> std::io::Result<Self> {
        let kept = Arc::clone(outlets);
        let thread = std::thread::Builder::new().name("mixes".into()).spawn(move || kept.keep())?;
        Ok(Self { outlets: Arc::clone(outlets), thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.outlets.tell(Work::Stop);
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the thread of the mixes' encoders had panicked");
        }
        self.outlets.outlets().clear();
    }
}
