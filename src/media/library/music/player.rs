//! The thread of a music player: hands sound on, shortly before it is due.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::rate::Resampler;
use super::reel::Next;
use super::supply::Supply;
use super::{Begin, Shared, State};
use crate::audio::{self, instant, position};
use crate::gst::EventClock;

/// How long before it is due sound is handed on: what a busy machine may be late, and less than a strip holds.
const LEAD: Duration = Duration::from_millis(100);

/// How long before it is due sound that sets in is handed on: three blocks of the desk.
const START: Duration = Duration::from_millis(30);

/// What is due sooner than this has been played without it: a block of the desk.
const LATE: Duration = Duration::from_millis(10);

/// Sound that is decoded ahead of what is handed on, in frames: a fifth of a second.
const AHEAD: f64 = 9600.0;

/// Most frames that are handed on at once: a tenth of a second. A block of FLAC can be longer than what a strip holds.
const AT_ONCE: usize = 4800;

/// How soon it is looked again.
const LOOK: Duration = Duration::from_millis(5);

/// How long a file may take to show its first sound.
const OPENING: Duration = Duration::from_secs(10);

/// How long nothing may come of one that plays.
const STALL: Duration = Duration::from_secs(5);

/// After the last sample was due: until all buses have heard it.
const TAIL: Duration = Duration::from_millis(50);

/// Gets sound: the instant at which its first sample is due, and left and right by turns.
type Strip = Box<dyn Fn(Duration, &[f32]) + Send>;

/// The thread's own.
pub(super) struct Player {
    path: PathBuf,
    clock: EventClock,
    begin: Begin,
    strip: Strip,
    shared: Arc<Shared>,
    /// Position at which the next frame is due; none before the first.
    next: Option<u64>,
    /// Left and right by turns, of the block that is being handed on.
    block: Vec<f32>,
    /// Frames that were handed on.
    heard: u64,
    /// When something came last.
    came: Duration,
    /// Why nothing more comes, once that is so: at its end for no reason.
    end: Option<Option<String>>,
}

/// Whether the thread goes on, and when.
enum Then {
    Wait(Duration),
    Over(State),
}

impl Player {
    pub(super) fn new(path: PathBuf, clock: EventClock, begin: Begin, strip: Strip, shared: Arc<Shared>) -> Self {
        let came = clock.now();
        Self { path, clock, begin, strip, shared, next: None, block: Vec::new(), heard: 0, came, end: None }
    }

    pub(super) fn run(mut self, stop_rx: &Receiver<()>) {
        let opened = Supply::open(self.path.clone(), self.clock.clone(), self.begin.from);
        let resampler = Resampler::start(&self.clock).map_err(|error| error.to_string());
        let (mut supply, mut resampler) = match opened.and_then(|supply| Ok((supply, resampler?))) {
            Ok(both) => both,
            Err(why) => return self.tell(State::Broken(why)),
        };
        loop {
            match self.go_on(&mut supply, &mut resampler) {
                Then::Over(state) => return self.tell(state),
                Then::Wait(wait) => {
                    if stop_rx.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            }
        }
    }

    fn go_on(&mut self, supply: &mut Supply, resampler: &mut Resampler) -> Then {
        let now = self.clock.now();
        self.decode(supply, resampler);
        while self.next.is_none_or(|next| instant(next) <= now + LEAD) {
            if self.block.is_empty() {
                let Some(block) = resampler.take() else { break };
                self.block = block;
            }
            let rest = self.block.split_off(self.block.len().min(2 * AT_ONCE));
            let part = std::mem::replace(&mut self.block, rest);
            self.hand_on(now, part);
        }
        if self.block.is_empty() && resampler.is_over() {
            let over = self.next.map_or(Duration::ZERO, instant) + TAIL;
            let why = self.end.take().flatten();
            if now >= over {
                return Then::Over(why.map_or(State::Ended, State::Broken));
            }
            self.end = Some(why);
            return Then::Wait((over - now).min(LEAD));
        }
        let patience = if self.next.is_some() { STALL } else { OPENING };
        let is_due = self.next.is_none_or(|next| instant(next) <= now);
        if is_due && now > self.came + patience {
            let why = format!("nothing came of it for {} s: save it again, or look after the disk", patience.as_secs());
            return Then::Over(State::Broken(why));
        }
        Then::Wait(LOOK)
    }

    /// Decodes what is needed soon.
    fn decode(&mut self, supply: &mut Supply, resampler: &mut Resampler) {
        while self.end.is_none() && resampler.within() < AHEAD {
            let given = match supply.next(self.shared.loops()) {
                Next::Sound(block) => resampler.give(&block),
                Next::NotYet => return,
                Next::Over => {
                    self.finish(resampler, None);
                    return;
                }
                Next::Broken(why) => Err(why),
            };
            match given {
                Ok(()) => self.came = self.clock.now(),
                Err(why) => self.finish(resampler, Some(why)),
            }
        }
    }

    /// Nothing more comes; what is there is heard.
    fn finish(&mut self, resampler: &Resampler, why: Option<String>) {
        self.end = Some(why);
        resampler.finish();
    }

    fn hand_on(&mut self, now: Duration, mut samples: Vec<f32>) {
        let at = match self.next {
            Some(next) if instant(next) >= now + LATE => next,
            // It sets in, or sets in again after the machine or the disk was too slow: nothing of it is left out.
            before => {
                if before.is_none() {
                    self.tell(State::Playing);
                }
                position(now + START)
            }
        };
        self.fade_in(&mut samples);
        (self.strip)(instant(at), &samples);
        let frames = samples.len() as u64 / 2;
        self.heard += frames;
        self.next = Some(at + frames);
    }

    /// As [`audio::Input::fade_out`], the other way round.
    #[expect(clippy::cast_precision_loss, reason = "a fade lasts half a minute at most")]
    fn fade_in(&self, samples: &mut [f32]) {
        let length = u64::from(audio::frames(self.begin.fade));
        for (frame, heard) in samples.chunks_exact_mut(2).zip(self.heard..length) {
            let part = heard as f32 / length as f32;
            frame.iter_mut().for_each(|sample| *sample *= part * part);
        }
    }

    fn tell(&self, state: State) {
        *self.shared.state() = state;
    }
}
