//! The decoder of a contribution, a city's, a co-host's or an operator's microphone: reads its channel, hands frames to the
//! picture engine and PCM to its strip.
//!
//! One thread each watches the channel. Each live session gets a pipeline of its own, so whatever a publisher sends
//! can spoil nothing but its own picture. Where hardware decodes and fails, software takes over for that one. What is wrong
//! with what comes in is judged on the way and stated.

mod access_unit;
mod feed;
mod losses;
mod session;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

#[cfg(test)]
pub(super) use self::feed::rtp;
use tokio::sync::mpsc;

use self::losses::Losses;
use self::session::{Mending, Outlets, Session};
use super::Error;
use super::codec::{Ladder, decoder};
use super::picture::FrameInput;
use crate::gst::EventClock;
use crate::rtp::{Channel, Origin, Packet, Reader, SessionNumber};
use crate::show::{ContributionId, Fact, Flaw};

/// How often the thread looks after its pipeline when no packet wakes it; also the longest that stopping takes.
const LOOK: Duration = Duration::from_millis(50);

/// Live silence after which a city's pipeline is given up and its threads are freed.
const SILENCE: Duration = Duration::from_secs(3);

/// The same for a call. Who does not speak may send nothing for long, and is heard from the first syllable on.
const CALL_SILENCE: Duration = Duration::from_secs(120);

/// How often it is asked what is wrong.
const JUDGING: Duration = Duration::from_millis(200);

/// Pictures that the channel refuses for so long have no keyframe.
const NO_KEYFRAME: Duration = Duration::from_secs(2);

/// First pause after a pipeline failed; it doubles up to [`LONGEST_PAUSE`] while no frame comes in between.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Decodes one contribution. Dropping it stops everything and joins its thread.
#[derive(Debug)]
pub struct Decoder {
    stopping: Arc<AtomicBool>,
    patience: Arc<Patience>,
    thread: Option<JoinHandle<()>>,
}

impl Decoder {
    /// Starts decoding what is live on `channel`, in software. `strip` gets PCM: the running time of the first sample, and
    /// stereo interleaved samples at 48 kHz. What is wrong with the media of a city or a co-host is stated
    /// ([`Fact::CityMeasured`], [`Fact::CohostMeasured`]) when it changes; while `facts` is full, the newest is kept.
    pub fn start(
        id: impl Into<ContributionId>,
        channel: Arc<Channel>,
        clock: EventClock,
        frames: FrameInput,
        strip: impl Fn(Duration, &[f32]) + Send + 'static,
        facts: mpsc::Sender<Fact>,
    ) -> Result<Self, Error> {
        Self::start_with(decoder::software(), id, channel, clock, frames, strip, facts)
    }

    /// As [`Decoder::start`], for what has no picture, or one that nobody sees.
    pub fn start_sound(
        id: impl Into<ContributionId>,
        channel: Arc<Channel>,
        clock: EventClock,
        strip: impl Fn(Duration, &[f32]) + Send + 'static,
        facts: mpsc::Sender<Fact>,
    ) -> Result<Self, Error> {
        Self::start(id, channel, clock, FrameInput::new(Duration::ZERO), strip, facts)
    }

    /// As [`Decoder::start`], with what [`decoder::choose`] chose.
    pub fn start_with(
        codec: Ladder,
        id: impl Into<ContributionId>,
        channel: Arc<Channel>,
        clock: EventClock,
        frames: FrameInput,
        strip: impl Fn(Duration, &[f32]) + Send + 'static,
        facts: mpsc::Sender<Fact>,
    ) -> Result<Self, Error> {
        let (stopping, patience) = (Arc::new(AtomicBool::new(false)), Arc::<Patience>::default());
        let outlets = Outlets { frames, strip: Arc::new(Mutex::new(Box::new(strip))) };
        let watcher = Watcher {
            id: id.into(),
            codec,
            channel,
            clock,
            outlets,
            facts,
            stopping: Arc::clone(&stopping),
            patience: Arc::clone(&patience),
            state: State::Idle,
            losses: Losses::default(),
            judged: Duration::ZERO,
            stated: Vec::new(),
        };
        let name = format!("decode-{}", watcher.id);
        // Reads from here on, not from when the thread gets to run: a keyframe may come in between.
        let reader = watcher.channel.reader();
        let thread = std::thread::Builder::new().name(name).spawn(move || watcher.run(reader))?;
        Ok(Self { stopping, patience, thread: Some(thread) })
    }

    /// From now on sound that has not come so long after its time is taken for lost, and made up for a moment while it can
    /// still be heard in its place. Before, and for ever without this, a loss is known by the packet that comes after it.
    pub fn conceal_after(&self, patience: Duration) {
        self.patience.set(patience);
    }
}

/// How long sound is waited for, in nanoseconds; zero is for ever.
#[derive(Debug, Default)]
struct Patience(AtomicU64);

impl Patience {
    fn set(&self, patience: Duration) {
        self.0.store(u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn get(&self) -> Option<Duration> {
        let nanos = self.0.load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a decoder's thread had panicked");
        }
    }
}

/// What the thread does.
#[derive(Debug)]
enum State {
    /// Nothing live is on the channel.
    Idle,
    /// A live session is being decoded; `pause` follows if it fails before a frame comes.
    Decoding { session: Box<Session>, pause: Duration },
    /// A session's pipeline failed. Another session need not wait.
    Resting { number: SessionNumber, until: Duration, pause: Duration },
}

struct Watcher {
    id: ContributionId,
    codec: Ladder,
    channel: Arc<Channel>,
    clock: EventClock,
    outlets: Outlets,
    facts: mpsc::Sender<Fact>,
    stopping: Arc<AtomicBool>,
    patience: Arc<Patience>,
    state: State,
    losses: Losses,
    /// When it was asked last what is wrong, and what was stated last.
    judged: Duration,
    stated: Vec<Flaw>,
}

impl Watcher {
    fn run(mut self, mut reader: Reader) {
        let mut packets = Vec::new();
        while !self.stopping.load(Ordering::Relaxed) {
            let lost = reader.wait(self.look(), &mut packets);
            if lost > 0 {
                tracing::warn!(contribution = %self.id, lost, "the decoder is too slow for its channel");
                // They are not the publisher's losses.
                self.losses = Losses::default();
            }
            let now = self.clock.now();
            for packet in packets.drain(..) {
                self.take(&packet, now);
            }
            self.look_after(now);
            if now.saturating_sub(self.judged) >= JUDGING {
                self.judged = now;
                self.judge(now);
            }
        }
    }

    /// How long the thread may sleep: sound that does not come must be made up in time.
    fn look(&self) -> Duration {
        let State::Decoding { session, .. } = &self.state else { return LOOK };
        let due = self.patience.get().and_then(|patience| session.loss_due(patience));
        due.map_or(LOOK, |due| due.saturating_sub(self.clock.now()).min(LOOK))
    }

    /// Feeds a packet to the pipeline of its session, which may be a new one.
    fn take(&mut self, packet: &Packet, now: Duration) {
        let Origin::Live(number) = packet.origin else { return };
        let lost = self.losses.before(number, packet);
        let pause = match &mut self.state {
            State::Decoding { session, .. } if session.number == number => return session.feed(packet, lost, now),
            State::Resting { number: failed, until, pause } if *failed == number => {
                if now < *until {
                    return;
                }
                *pause
            }
            State::Resting { .. } | State::Decoding { .. } | State::Idle => FIRST_PAUSE,
        };
        // The old pipeline goes first: two of one publisher would push frames side by side.
        self.state = State::Idle;
        match Session::start(number, self.codec.chosen(), self.mending(), &self.clock, &self.outlets, now) {
            Ok(mut session) => {
                tracing::info!(contribution = %self.id, decoder = self.codec.chosen().element(), "a live session is being decoded");
                session.feed(packet, 0, now);
                self.state = State::Decoding { session: Box::new(session), pause };
            }
            Err(error) => self.give_up(number, &error.to_string(), pause, now),
        }
    }

    /// Calls are mended with what the next packet says of a lost one. That waits for the next packet each time, so a city,
    /// whose packets are waited for and asked for again, does without.
    fn mending(&self) -> Mending {
        match self.id {
            ContributionId::City(_) => Mending::Guess,
            ContributionId::Cohost(_) | ContributionId::Talkback(_) => Mending::NextPacket,
        }
    }

    /// What is due by time: sound to be made up, keyframe requests, failures, sessions that went silent.
    fn look_after(&mut self, now: Duration) {
        let State::Decoding { session, pause } = &mut self.state else { return };
        if let Some(patience) = self.patience.get() {
            session.conceal(patience, now);
        }
        if session.wants_keyframe(now) {
            self.channel.request_keyframe();
        }
        if let Some(why) = session.fault() {
            let pause = if session.has_decoded() { FIRST_PAUSE } else { *pause };
            let number = session.number;
            self.give_up(number, &why, pause, now);
        } else if !self.codec.is_at_the_end() && session.is_stalled(now) {
            let (number, pause) = (session.number, *pause);
            self.give_up(number, "no frame comes out", pause, now);
        } else if session.silence(now) >= longest_silence(&self.id) {
            tracing::info!(contribution = %self.id, "a live session went silent: its decoder is given up");
            self.state = State::Idle;
        }
    }

    /// Ends a session's pipeline that failed. What may be its decoder's fault is not tried again with that; the next packet
    /// begins with another one.
    fn give_up(&mut self, number: SessionNumber, why: &str, pause: Duration, now: Duration) {
        if self.codec.is_at_the_end() {
            return self.rest(number, why, pause, now);
        }
        let now = self.codec.failed(why).element();
        tracing::warn!(contribution = %self.id, why, now, "decoding failed: another decoder takes over for this one");
        self.state = State::Idle;
    }

    /// States what is wrong, if that is something else than before.
    fn judge(&mut self, now: Duration) {
        let mut flaws = match &self.state {
            State::Decoding { session, .. } => session.flaws(now),
            State::Resting { .. } | State::Idle => Vec::new(),
        };
        let is_refused = self.channel.keyframe_missing(now).is_some_and(|missing| missing >= NO_KEYFRAME);
        if is_refused && !flaws.contains(&Flaw::NoKeyframe) {
            flaws.insert(0, Flaw::NoKeyframe);
        }
        if !matches!(self.id, ContributionId::City(_)) {
            // Who listens on a call says nothing.
            flaws.retain(|flaw| *flaw != Flaw::Silent);
        }
        if flaws == self.stated {
            return;
        }
        let fact = match self.id.clone() {
            ContributionId::City(city) => Fact::CityMeasured { city, flaws: flaws.clone() },
            ContributionId::Cohost(cohost) => Fact::CohostMeasured { cohost, flaws: flaws.clone() },
            // A microphone that is pressed to talk is silent for most of the evening, and nobody takes it.
            ContributionId::Talkback(_) => return,
        };
        // Where there is no room for it now, the next look says what is then.
        if self.facts.try_send(fact).is_ok() {
            let told: Vec<_> = flaws.iter().map(Flaw::to_string).collect();
            tracing::info!(contribution = %self.id, flaws = told.join(", "), "what is wrong with what comes in has changed");
            self.stated = flaws;
        }
    }

    fn rest(&mut self, number: SessionNumber, why: &str, pause: Duration, now: Duration) {
        tracing::warn!(contribution = %self.id, why, pause_ms = pause.as_millis(), "decoding failed");
        self.state = State::Resting { number, until: now + pause, pause: (pause * 2).min(LONGEST_PAUSE) };
    }
}

/// How long nothing may come before the pipeline is given up.
fn longest_silence(id: &ContributionId) -> Duration {
    match id {
        ContributionId::City(_) => SILENCE,
        ContributionId::Cohost(_) | ContributionId::Talkback(_) => CALL_SILENCE,
    }
}
