//! The clip player: one file, its picture for the frame synchroniser, its sound for a strip. When it plays is said from
//! outside.
//!
//! It waits on its first picture and stands on its last: both are handed on again and again, since the synchroniser shows the
//! slate of whoever is silent. A file that breaks stops nothing: the picture stays, and the log says why.

mod player;
mod reel;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use self::player::{Command, Outlets, Player};
use crate::gst::EventClock;
use crate::media::picture::FrameInput;

/// Commands that may wait for the player's thread, which looks at them within milliseconds.
const COMMANDS: usize = 16;

/// What a clip does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its file is being opened.
    Preparing,
    /// It waits on its first picture.
    Ready,
    /// It plays, or will at the instant that was said.
    Playing,
    /// It stands on its last picture.
    Ended,
    /// Its file cannot be decoded, or not beyond the picture on which it stands.
    Broken,
}

/// One clip. Dropping it stops it and joins its thread, which takes some milliseconds: not for async code.
#[derive(Debug)]
pub struct ClipPlayer {
    clock: EventClock,
    status: Arc<Mutex<Status>>,
    /// Gone while the player is dropped: that ends the thread.
    commands_tx: Option<SyncSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy)]
struct Status {
    state: State,
    /// The instant of its first picture, while it plays and after.
    begin: Option<Duration>,
    duration: Option<Duration>,
}

impl ClipPlayer {
    /// Opens a file and waits on its first picture. Returns at once. `frames` gets its pictures, and `strip` its sound: the
    /// running time of the first sample, and stereo interleaved samples at 48 kHz, at most a tenth of a second ahead.
    ///
    /// # Errors
    /// When the system gives no thread. A file that cannot be opened is [`State::Broken`] soon after.
    pub fn prepare(
        path: &Path,
        clock: EventClock,
        frames: FrameInput,
        strip: impl Fn(Duration, &[f32]) + Send + 'static,
    ) -> std::io::Result<Self> {
        let status = Arc::new(Mutex::new(Status { state: State::Preparing, begin: None, duration: None }));
        let (commands_tx, commands_rx) = mpsc::sync_channel(COMMANDS);
        let outlets = Outlets { frames, strip: Box::new(strip) };
        let player = Player::new(path.to_owned(), clock.clone(), outlets, Arc::clone(&status));
        let thread = std::thread::Builder::new().name("clip".into()).spawn(move || player.run(&commands_rx))?;
        Ok(Self { clock, status, commands_tx: Some(commands_tx), thread: Some(thread) })
    }

    /// Plays from the begin: the first picture has the instant `at` of the event clock, and the first sample too. They meet
    /// program's mixers as those of a city that were captured then: for a take, `at` is the instant of its first frame. If the
    /// file is not open by then it begins when it is.
    pub fn play(&self, at: Duration) {
        self.command(Command::Play { at });
    }

    /// Goes back to the first picture, and waits there.
    pub fn rewind(&self) {
        self.command(Command::Rewind);
    }

    /// What it does now.
    pub fn state(&self) -> State {
        self.status().state
    }

    /// How far it is.
    pub fn position(&self) -> Duration {
        let Status { state, begin, duration } = self.status();
        let Some(begin) = begin.filter(|_| state != State::Ready) else { return Duration::ZERO };
        let into = self.clock.now().saturating_sub(begin);
        duration.map_or(into, |duration| into.min(duration))
    }

    /// How long it is. Nothing before it is open, and if the file does not say.
    pub fn duration(&self) -> Option<Duration> {
        self.status().duration
    }

    fn command(&self, command: Command) {
        if self.commands_tx.as_ref().is_none_or(|commands_tx| commands_tx.try_send(command).is_err()) {
            tracing::error!(?command, "a clip's player does not answer");
        }
    }

    fn status(&self) -> Status {
        *self.status.lock().expect("no code panics while it holds the status")
    }
}

impl Drop for ClipPlayer {
    fn drop(&mut self) {
        drop(self.commands_tx.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("a clip player's thread had panicked");
        }
    }
}
