//! The thread of a clip player: hands pictures and sound on, shortly before they are due.

use std::fmt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;
use gstreamer_video::{VideoFormat, VideoInfo};

use super::reel::{Next, Reel};
use super::{State, Status};
use crate::gst::EventClock;
use crate::media::picture::{COLORIMETRY, FrameInput};

/// How long before its instant something is handed on: what a busy machine may be late, and less than strip and synchroniser
/// hold.
const LEAD: Duration = Duration::from_millis(100);

/// A picture that stays is handed on so often: well within the synchroniser's patience.
const REPEAT: Duration = Duration::from_millis(200);

/// How soon it is looked again for what is not decoded yet.
const POLL: Duration = Duration::from_millis(5);

/// A begin that is further back than this when the file is open is put off: the mixers have been there already.
const LATE: Duration = Duration::from_millis(60);

/// What the player is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Play { at: Duration },
    Rewind,
}

/// Gets sound: the instant of its first sample, and left and right by turns.
type Strip = Box<dyn Fn(Duration, &[f32]) + Send>;

/// Where pictures and sound go.
pub(super) struct Outlets {
    pub(super) frames: FrameInput,
    pub(super) strip: Strip,
}

impl fmt::Debug for Outlets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlets").finish_non_exhaustive()
    }
}

/// What the clip does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It is at its begin. Whether its first picture was handed on.
    Waiting { shows: bool },
    /// It plays. Whether anything of it was handed on.
    Playing { begin: Duration, began: bool },
    /// Nothing more comes: it has ended, or cannot go on.
    Standing,
}

/// The thread's own.
#[derive(Debug)]
pub(super) struct Player {
    path: PathBuf,
    clock: EventClock,
    outlets: Outlets,
    status: Arc<Mutex<Status>>,
    reel: Option<Reel>,
    phase: Phase,
    /// The picture that was handed on last, and its instant.
    shown: Option<(Duration, gst::Sample)>,
    pcm: Vec<f32>,
}

impl Player {
    pub(super) fn new(path: PathBuf, clock: EventClock, outlets: Outlets, status: Arc<Mutex<Status>>) -> Self {
        let phase = Phase::Waiting { shows: false };
        Self { path, clock, outlets, status, reel: None, phase, shown: None, pcm: Vec::new() }
    }

    pub(super) fn run(mut self, commands_rx: &Receiver<Command>) {
        self.rewind();
        loop {
            let wait = self.go_on(self.clock.now());
            match commands_rx.recv_timeout(wait.clamp(Duration::from_millis(1), REPEAT)) {
                Ok(Command::Rewind) => self.rewind(),
                Ok(Command::Play { at }) => {
                    if !matches!(self.phase, Phase::Waiting { .. }) {
                        self.rewind();
                    }
                    if matches!(self.phase, Phase::Waiting { .. }) {
                        self.phase = Phase::Playing { begin: at, began: false };
                        self.tell(State::Playing, Some(at));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Opens the file anew: a decoder that begins afresh is the one that is known to work.
    fn rewind(&mut self) {
        // The old one goes first: two would hold the memory of two.
        self.reel = None;
        self.phase = Phase::Waiting { shows: false };
        self.tell(State::Preparing, None);
        match Reel::open(&self.path, &self.clock) {
            Ok(reel) => self.reel = Some(reel),
            Err(error) => self.give_up(&error.to_string()),
        }
    }

    /// Hands on what is due, and answers how long nothing more is.
    fn go_on(&mut self, now: Duration) -> Duration {
        if let Some(why) = self.reel.as_ref().and_then(Reel::fault) {
            self.give_up(&why);
        }
        let wait = match self.phase {
            Phase::Waiting { shows } => self.wait_on_the_first(shows, now),
            Phase::Playing { .. } => self.play(now),
            Phase::Standing => REPEAT,
        };
        self.repeat(now);
        wait
    }

    fn wait_on_the_first(&mut self, shows: bool, now: Duration) -> Duration {
        let Some(reel) = self.reel.as_mut().filter(|_| !shows) else { return REPEAT };
        let first = match reel.next_picture() {
            Next::At(_) => reel.picture.first().cloned(),
            Next::Over if reel.is_sound_alone() => black(),
            Next::Over | Next::NotYet => None,
        };
        let Some(first) = first else { return POLL };
        let duration = reel.duration();
        self.phase = Phase::Waiting { shows: true };
        self.hand_on(now, first);
        self.tell(State::Ready, None);
        self.lock().duration = duration;
        REPEAT
    }

    fn play(&mut self, now: Duration) -> Duration {
        let Phase::Playing { mut begin, began } = self.phase else { return REPEAT };
        let Some(reel) = &mut self.reel else { return REPEAT };
        let (picture, sound) = (reel.next_picture(), reel.next_sound());
        if !began {
            let is_open = matches!(picture, Next::At(_)) || reel.is_sound_alone();
            if !is_open {
                return POLL;
            }
            if now > begin + LATE {
                begin = now;
            }
            let duration = reel.duration();
            self.phase = Phase::Playing { begin, began: true };
            self.tell(State::Playing, Some(begin));
            self.lock().duration = duration;
        }
        let next = [self.play_picture(begin, now, picture), self.play_sound(begin, now, sound)];
        match next {
            [None, None] => {
                // The last picture and the last sample are handed on, and due within the lead.
                self.phase = Phase::Standing;
                self.lock().state = State::Ended;
                self.reel = None;
                REPEAT
            }
            [picture, sound] => picture.into_iter().chain(sound).min().unwrap_or(REPEAT),
        }
    }

    /// Hands on the pictures that are due; answers when to look again, or nothing if there are no more.
    fn play_picture(&mut self, begin: Duration, now: Duration, mut next: Next) -> Option<Duration> {
        loop {
            let reel = self.reel.as_mut()?;
            match next {
                Next::At(time) if begin + time <= now + LEAD => {
                    if let Some((time, sample)) = reel.picture.take() {
                        self.hand_on(begin + time, sample);
                    }
                }
                Next::At(time) => return Some((begin + time).saturating_sub(now + LEAD)),
                Next::NotYet => return Some(POLL),
                Next::Over => {
                    if self.shown.is_none()
                        && let Some(black) = black()
                    {
                        self.hand_on(now, black);
                    }
                    return None;
                }
            }
            next = self.reel.as_mut()?.next_picture();
        }
    }

    /// As [`Player::play_picture`], for sound.
    fn play_sound(&mut self, begin: Duration, now: Duration, mut next: Next) -> Option<Duration> {
        loop {
            let reel = self.reel.as_mut()?;
            match next {
                Next::At(time) if begin + time <= now + LEAD => {
                    let taken = reel.sound.take();
                    if let Some((time, sample)) = taken
                        && let Some(Ok(bytes)) = sample.buffer().map(gst::BufferRef::map_readable)
                    {
                        self.pcm.clear();
                        self.pcm.extend(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
                        (self.outlets.strip)(begin + time, &self.pcm);
                    }
                }
                Next::At(time) => return Some((begin + time).saturating_sub(now + LEAD)),
                Next::NotYet => return Some(POLL),
                Next::Over => return None,
            }
            next = self.reel.as_mut()?.next_sound();
        }
    }

    /// Hands the last picture on again, if it is about to be forgotten.
    fn repeat(&mut self, now: Duration) {
        if let Some((_, sample)) = self.shown.take_if(|(instant, _)| now.saturating_sub(*instant) >= REPEAT) {
            self.hand_on(now, sample);
        }
    }

    /// Hands a picture on with an instant; it shares its pixels.
    fn hand_on(&mut self, instant: Duration, sample: gst::Sample) {
        let Some(mut buffer) = sample.buffer().map(gst::BufferRef::copy) else { return };
        let times = buffer.get_mut().expect("a copy has one owner");
        times.set_pts(gst::ClockTime::try_from(instant).ok());
        times.set_dts(None);
        let moved = gst::Sample::builder().buffer(&buffer).caps_if_some(sample.caps_owned().as_ref()).build();
        self.outlets.frames.push(&moved);
        self.shown = Some((instant, sample));
    }

    fn give_up(&mut self, why: &str) {
        tracing::error!(clip = %self.path.display(), why, "a clip cannot be played on");
        self.reel = None;
        self.phase = Phase::Standing;
        self.lock().state = State::Broken;
    }

    fn tell(&self, state: State, begin: Option<Duration>) {
        let mut status = self.lock();
        (status.state, status.begin) = (state, begin);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Status> {
        self.status.lock().expect("no code panics while it holds the status")
    }
}

/// What is seen of a clip that has no picture.
fn black() -> Option<gst::Sample> {
    const SIZE: (u32, u32) = (64, 36);
    let colorimetry = COLORIMETRY.parse().ok()?;
    let info = VideoInfo::builder(VideoFormat::I420, SIZE.0, SIZE.1).colorimetry(&colorimetry).build().ok()?;
    let mut pixels = vec![128; info.size()];
    pixels.get_mut(..*info.offset().get(1)?)?.fill(16);
    let buffer = gst::Buffer::from_mut_slice(pixels);
    Some(gst::Sample::builder().buffer(&buffer).caps(&info.to_caps().ok()?).build())
}
