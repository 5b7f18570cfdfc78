//! A WHIP publisher: the demo's cities, a rehearsal tool, a test tool. It sends a test picture or a file, and comes back
//! by itself when the server or the network was away. It knows nothing of the rest of the house.
//!
//! [`Publisher`] is an owned value with one thread behind it, which owns everything else; the rest of the program asks it
//! by message and watches its [`State`].

mod backoff;
mod counter;
mod error;
mod paint;
mod pattern;
mod player;
mod scene;
mod session;
mod tap;
mod whip;
mod worker;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

pub use counter::read_counter;
pub use error::Error;
pub use pattern::{Card, FLASH, PLAIN_NAMES, Pattern};

use crate::gst::EventClock;
use crate::secret::Key;
use worker::{Input, Worker};

/// Environment variable that the command line takes the key from: a command line can be read by everybody on the machine.
pub const BEARER_VARIABLE: &str = "REGIA_BEARER";

/// Settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to publish, `http://host:8080/whip/lecce`.
    pub url: String,
    /// The key of the seat.
    pub bearer: Option<Key>,
    /// What to send.
    pub picture: Picture,
    /// Size and frame rate of the picture.
    pub format: Format,
    /// Whether sound is all that is sent, as a caller without a camera does. Of a pattern only: a file goes with its picture.
    pub sound_only: bool,
    /// Bitrate of the picture, 100 to 20000 kbit/s.
    pub bitrate_kbps: u32,
    /// What to do when the session fails.
    pub retry: Retry,
    /// How long the server may be silent before the session counts as lost, even if nothing else proves it. It should send
    /// an RTCP report every 2 to 6 s (RFC 3550 §6.2), so less than 8 s ends good sessions. A server that has lost the
    /// session, or is gone, is noticed within some two seconds of silence: it is asked.
    pub silence: Duration,
    /// Local addresses to gather candidates on; empty: all but loopback.
    pub listen: Vec<IpAddr>,
    /// Takes a copy of all H.264 NAL units as they are sent, for tests. What does not fit is lost to it, with a warning.
    pub tap: Option<mpsc::Sender<SentNal>>,
}

impl Config {
    /// The defaults: 640×360 at 30 fps, 1500 kbit/s, trying for ever.
    pub fn new(url: impl Into<String>, picture: Picture) -> Self {
        Self {
            url: url.into(),
            bearer: None,
            picture,
            format: Format::default(),
            sound_only: false,
            bitrate_kbps: 1500,
            retry: Retry::Forever,
            silence: Duration::from_secs(13), // two reports may be lost
            listen: Vec::new(),
            tap: None,
        }
    }
}

/// What a publisher sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// A test picture with its tone.
    Pattern(Pattern),
    /// A file, again and again, in real time. What it lacks is black or silent.
    File(PathBuf),
}

/// Size and frame rate of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Pixels, even, 160 to 1920.
    pub width: u16,
    /// Pixels, even, 90 to 1080.
    pub height: u16,
    /// Frames per second, 1 to 60.
    pub fps: u16,
}

impl Default for Format {
    fn default() -> Self {
        Self { width: 640, height: 360, fps: 30 }
    }
}

impl Format {
    fn check(self) -> Result<Self, Error> {
        let Self { width, height, fps } = self;
        let fits = (160..=1920).contains(&width) && (90..=1080).contains(&height) && width % 2 == 0 && height % 2 == 0;
        if !fits {
            return Err(Error::Setting(format!(
                "a picture of {width}x{height} cannot be sent: even numbers from 160x90 to 1920x1080 are needed"
            )));
        }
        if !(1..=60).contains(&fps) {
            return Err(Error::Setting(format!("{fps} fps cannot be sent: 1 to 60 are needed")));
        }
        Ok(self)
    }
}

/// What a publisher does when its session fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Gives up at the first failure.
    Never,
    /// Gives up after this many failures without a good session between them.
    Times(u32),
    /// Never gives up, unless what fails cannot mend itself (a wrong key, an unknown city).
    Forever,
}

/// What a publisher is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Negotiates a session.
    Connecting,
    /// Media flows.
    Live,
    /// The session failed; the next one is tried after a wait.
    Retrying {
        /// What failed.
        why: String,
        /// How long it waits.
        wait: Duration,
    },
    /// It has ended. `why` tells what failed, if it was not asked to end.
    Stopped {
        /// What failed.
        why: Option<String>,
    },
}

/// One H.264 NAL unit as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentNal {
    /// RTP timestamp of its packets.
    pub rtp_timestamp: u32,
    /// The unit, without start code.
    pub bytes: Arc<[u8]>,
    /// When its last packet was handed to the network's side of the publisher: encryption, ICE, the socket.
    pub at: Instant,
}

/// A running publisher. Dropping it ends it as [`Publisher::stop`] does.
#[derive(Debug)]
pub struct Publisher {
    input_tx: SyncSender<Input>,
    state_rx: watch::Receiver<State>,
    session_rx: watch::Receiver<Option<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Publisher {
    /// Checks the settings, opens a file once to see that it plays, and starts. May block for some seconds for a file.
    pub fn start(config: Config, clock: &EventClock) -> Result<Self, Error> {
        config.format.check()?;
        if !(100..=20_000).contains(&config.bitrate_kbps) {
            return Err(Error::Setting(format!(
                "{} kbit/s cannot be sent: 100 to 20000 are needed",
                config.bitrate_kbps
            )));
        }
        if config.sound_only && matches!(config.picture, Picture::File(_)) {
            return Err(Error::Setting(
                "a file is sent with its picture: sound alone can be sent of a pattern".to_owned(),
            ));
        }
        // Callbacks of GStreamer must never wait; some two dozen messages make a session.
        let (input_tx, input_rx) = std::sync::mpsc::sync_channel(256);
        let (state_tx, state_rx) = watch::channel(State::Connecting);
        let (session_tx, session_rx) = watch::channel(None);
        let worker = Worker::new(config, clock.clone(), (input_tx.clone(), input_rx), (state_tx, session_tx))?;
        let thread = std::thread::Builder::new().name("publisher".into()).spawn(move || worker.run())?;
        Ok(Self { input_tx, state_rx, session_rx, thread: Some(thread) })
    }

    /// What it is doing, and every change of that.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state_rx.clone()
    }

    /// Address of its newest session at the server, if one was taken.
    pub fn session(&self) -> Option<String> {
        self.session_rx.borrow().clone()
    }

    /// Changes size and frame rate midway, without a new session.
    pub fn set_format(&self, format: Format) -> Result<(), Error> {
        self.ask(Input::SetFormat(format.check()?));
        Ok(())
    }

    /// Holds all media back, or lets it flow again, while the session stays: a network that lost its way.
    pub fn set_paused(&self, paused: bool) {
        self.ask(Input::SetPaused(paused));
    }

    /// Ends the session with a DELETE and frees all threads. Blocks: for milliseconds as a rule, for some ten seconds
    /// if the server accepts a connection and then says nothing.
    pub fn stop(mut self) {
        self.end(Input::Stop);
    }

    /// Ends as a machine does whose plug is pulled: without a DELETE, and without a last packet.
    pub fn abandon(mut self) {
        self.end(Input::Abandon);
    }

    fn ask(&self, input: Input) {
        // An error means that the thread has ended, which the state tells.
        self.input_tx.send(input).ok();
    }

    fn end(&mut self, how: Input) {
        self.ask(how);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the publisher's thread panicked");
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.end(Input::Stop);
        }
    }
}

#[cfg(test)]
mod publisher_tests;
