//! The stinger player: the armed animation, decoded some pictures ahead, so that the one that is due is always there.
//!
//! It runs forward, whatever the transition does. Who asks for a picture never waits: decoding is a thread's.

mod film;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use self::film::{Film, Frame};
use super::Library;
use crate::gst::EventClock;
use crate::show::MediaId;
use crate::video::{Size, Still};

/// Pictures that are decoded ahead: a third of a second. In 1080p they take 50 MB.
const AHEAD: usize = 8;

/// How soon it is looked again for an animation that the library does not have yet.
const LOOK: Duration = Duration::from_millis(500);

/// Plays the armed stinger. Dropping it ends its thread, after the picture that is being decoded.
#[derive(Debug)]
pub struct StingerPlayer {
    stage: Arc<Stage>,
    thread: Option<JoinHandle<()>>,
}

/// What player and thread share.
#[derive(Debug, Default)]
struct Stage {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    armed: Option<MediaId>,
    /// Counts how often it began anew: what was decoded for an earlier run is thrown away.
    run: u64,
    queue: VecDeque<(Duration, Arc<Still>)>,
    /// When it is over, once that is decoded.
    end: Option<Duration>,
    shown: Option<Arc<Still>>,
    /// The newest time that was asked for.
    asked: Option<Duration>,
    /// It was run to its end: until a time is asked for that lies before, nothing is shown.
    is_over: bool,
    is_stopping: bool,
}

impl Inner {
    /// From the first picture.
    fn rewind(&mut self) {
        self.run += 1;
        self.queue.clear();
        self.end = None;
        self.shown = None;
    }
}

impl StingerPlayer {
    /// Starts with nothing armed, for a program of a size.
    pub fn start(library: Arc<Library>, clock: EventClock, canvas: Size) -> std::io::Result<Self> {
        let stage = Arc::new(Stage::default());
        let decoder = Decoder { stage: Arc::clone(&stage), library, clock, canvas };
        let thread = std::thread::Builder::new().name("stinger".into()).spawn(move || decoder.run())?;
        Ok(Self { stage, thread: Some(thread) })
    }

    /// This animation is the one that the next transition may run; none if it runs none. Its first pictures are decoded now. One
    /// that is armed already begins anew if it was run.
    pub fn arm(&self, stinger: Option<&MediaId>) {
        let mut inner = self.stage.lock();
        if inner.armed.as_ref() != stinger {
            inner.armed = stinger.cloned();
            inner.asked = None;
            inner.is_over = false;
            inner.rewind();
        } else if inner.shown.is_some() {
            inner.asked = None;
            inner.rewind();
        }
        self.stage.changed.notify_all();
    }

    /// The picture that is due so long after the begin. Never waits: if decoding does not keep up, the newest that is there, and
    /// what is past is dropped. Nothing before the first picture is decoded and after the last one is over. It rewinds by
    /// itself when that is reached, and when an earlier time is asked for than before.
    pub fn picture(&self, since: Duration) -> Option<Arc<Still>> {
        let mut inner = self.stage.lock();
        if inner.asked.is_some_and(|before| since < before) {
            inner.is_over = false;
            if inner.shown.is_some() {
                inner.rewind();
            }
        }
        inner.asked = Some(since);
        if inner.is_over {
            return None;
        }
        while inner.queue.front().is_some_and(|(at, _)| *at <= since) {
            inner.shown = inner.queue.pop_front().map(|(_, still)| still);
        }
        if inner.end.is_some_and(|end| since >= end) {
            inner.is_over = true;
            inner.rewind();
        }
        self.stage.changed.notify_all();
        inner.shown.clone()
    }

    /// Whether the first picture is there.
    pub fn is_ready(&self) -> bool {
        let inner = self.stage.lock();
        !inner.queue.is_empty() || inner.shown.is_some()
    }
}

impl Drop for StingerPlayer {
    fn drop(&mut self) {
        self.stage.lock().is_stopping = true;
        self.stage.changed.notify_all();
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the stinger player's thread had panicked");
        }
    }
}

impl Stage {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no code panics while it holds the stage")
    }

    fn wait<'a>(&self, inner: MutexGuard<'a, Inner>, longest: Duration) -> MutexGuard<'a, Inner> {
        self.changed.wait_timeout(inner, longest).expect("no code panics while it holds the stage").0
    }
}

/// The thread's own.
#[derive(Debug)]
struct Decoder {
    stage: Arc<Stage>,
    library: Arc<Library>,
    clock: EventClock,
    canvas: Size,
}

impl Decoder {
    fn run(self) {
        // The film that is open, and for which run.
        let mut open: Option<(u64, Film)> = None;
        let mut inner = self.stage.lock();
        while !inner.is_stopping {
            let run = inner.run;
            if open.as_ref().is_some_and(|(of, _)| *of != run) {
                drop(inner);
                open = None;
                inner = self.stage.lock();
                continue;
            }
            let Some(id) = inner.armed.clone().filter(|_| inner.end.is_none() && inner.queue.len() < AHEAD) else {
                inner = self.stage.wait(inner, LOOK);
                continue;
            };
            let asked = inner.asked.filter(|_| !inner.is_over);
            drop(inner);
            let decoded = self.decode(&mut open, run, &id, asked);
            inner = self.stage.lock();
            if inner.run != run {
                continue;
            }
            match decoded {
                Ok(Frame::At(at, still)) => inner.queue.push_back((at, still)),
                Ok(Frame::End(end)) => inner.end = Some(end),
                Ok(Frame::NotYet) => {}
                Ok(Frame::Missing) => inner = self.stage.wait(inner, LOOK),
                Err(why) => {
                    tracing::error!(stinger = %id, why, "a stinger cannot be run");
                    // The transition cuts without it, and the next one tries again.
                    inner.end = Some(Duration::ZERO);
                }
            }
        }
    }

    /// Decodes the next picture of a run. What is past at `asked` is not worth it.
    fn decode(
        &self,
        open: &mut Option<(u64, Film)>,
        run: u64,
        id: &MediaId,
        asked: Option<Duration>,
    ) -> Result<Frame, String> {
        if open.is_none() {
            let Some(path) = self.library.stinger(id) else { return Ok(Frame::Missing) };
            *open = Some((run, Film::open(&path, self.canvas, &self.clock)?));
        }
        open.as_mut().map_or(Ok(Frame::Missing), |(_, film)| film.next(asked))
    }
}
