//! The music player: one file into a strip, once or round after round without a gap.
//!
//! Decoding runs a little ahead of what is due and holds no more than that, however long the file is. A file that breaks ends
//! the piece and nothing else. The file is open while it plays: one that is taken away meanwhile plays to its end.

mod gapless;
mod player;
mod rate;
mod reel;
mod supply;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use self::player::Player;
use crate::gst::EventClock;

/// What a piece of music does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its file is being opened.
    Opening,
    /// It plays.
    Playing,
    /// All of it was heard.
    Ended,
    /// It cannot go on, and what it had was heard: why, and what mends it.
    Broken(String),
}

/// How a piece begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Begin {
    /// How far into the file; zero is its first sample.
    pub from: Duration,
    /// How long it takes to come.
    pub fade: Duration,
    /// Whether it begins anew at its end.
    pub loops: bool,
}

/// One piece. Dropping it stops it and joins its thread, which takes some milliseconds: not for async code.
#[derive(Debug)]
pub struct MusicPlayer {
    shared: Arc<Shared>,
    /// Gone while the player is dropped: that ends the thread.
    stop_tx: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What player and thread share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    loops: AtomicBool,
}

impl MusicPlayer {
    /// Plays a file as soon as it is open. Returns at once. `strip` gets its sound: the instant at which the first sample is
    /// due, and stereo interleaved samples at 48 kHz without a gap, a tenth of a second ahead at most.
    ///
    /// # Errors
    /// When the system gives no thread. A file that cannot be opened is [`State::Broken`] soon after.
    pub fn start(
        path: &Path,
        clock: EventClock,
        begin: Begin,
        strip: impl Fn(Duration, &[f32]) + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::new(State::Opening), loops: AtomicBool::new(begin.loops) });
        let (stop_tx, stop_rx) = mpsc::channel();
        let player = Player::new(path.to_owned(), clock, begin, Box::new(strip), Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("music-piece".into()).spawn(move || player.run(&stop_rx))?;
        Ok(Self { shared, stop_tx: Some(stop_tx), thread: Some(thread) })
    }

    /// Whether it begins anew at its end from now on. What is decoded already is heard: a word that comes in the last fifth of a
    /// second of a round counts for the next one.
    pub fn set_loop(&self, loops: bool) {
        self.shared.loops.store(loops, Ordering::Release);
    }

    /// What it does now.
    pub fn state(&self) -> State {
        self.shared.state().clone()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds the state")
    }

    fn loops(&self) -> bool {
        self.loops.load(Ordering::Acquire)
    }
}

impl Drop for MusicPlayer {
    fn drop(&mut self) {
        drop(self.stop_tx.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("a music player's thread had panicked");
        }
    }
}
