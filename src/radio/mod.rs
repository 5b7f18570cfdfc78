//! The radio by HTTP: what the desk sends, as Opus, AAC and MP3, for players, phones and Icecast servers.
//!
//! The desk writes into a tape of two seconds ([`Feed`]) and waits for nobody. For each format there is one encoder (`worker`),
//! which runs while somebody listens, and one ring of pages (`station`), which all its listeners share. Who falls behind is
//! dropped. An Icecast server is one more listener ([`icecast`]), with a connection of its own that comes back by itself.

mod backoff;
mod encoder;
mod format;
pub mod icecast;
pub mod icy;
mod ogg;
mod station;
mod steady;
mod tape;
mod worker;

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};

pub use self::format::Format;
pub use self::station::Listener;
pub use self::tape::Feed;

use self::encoder::Recipe;
use self::icecast::{Push, Target};
use self::station::Station;
use self::tape::Tape;
use self::worker::Worker;
use crate::gst::EventClock;

/// Longest title, in characters.
const LONGEST_TITLE: usize = 200;

/// Settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What players show of it.
    pub identity: Identity,
    /// Bitrates in kbit/s, in the order of [`Format::ALL`]. MP3 knows 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224,
    /// 256 and 320 only.
    pub kbps: [u32; 3],
    /// Most listeners by HTTP at once, of all formats.
    pub max_listeners: usize,
    /// Icecast servers that it is sent to.
    pub icecast: Vec<Target>,
}

/// What players and directories show of a radio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Its genre; empty for none.
    pub genre: String,
    /// What it is, in one line; empty for none.
    pub description: String,
    /// Whether directories may list it.
    pub public: bool,
}

impl Default for Config {
    fn default() -> Self {
        let identity =
            Identity { name: "Regia".into(), genre: String::new(), description: String::new(), public: false };
        Self { identity, kbps: [96, 128, 128], max_listeners: 200, icecast: Vec::new() }
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system gave no thread.
    #[error("the radio has no thread to run on: {0}; raise the limit on threads")]
    Thread(#[from] std::io::Error),
    /// All places are taken.
    #[error("{0} listen to the radio, which is the most: try again later, or raise [radio] max_listeners")]
    Full(usize),
    /// Nothing comes from the desk or out of the encoder.
    #[error("the radio gives no sound now: try again in a few seconds; the server's log tells why")]
    Silent,
}

/// The counters of a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Each format.
    pub formats: Vec<FormatStats>,
    /// Each Icecast server: where, and how it does.
    pub icecast: Vec<(String, icecast::State)>,
}

/// The counters of one format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatStats {
    /// Which.
    pub format: Format,
    /// Who listens now, Icecast servers among them.
    pub listeners: usize,
    /// Whether it is being encoded: while somebody listens, and some seconds longer.
    pub encoding: bool,
    /// Who was dropped for falling behind.
    pub dropped: u64,
    /// How often its encoder failed and was started anew.
    pub restarts: u64,
}

/// The running radio. Cloning it is cheap; the last one that is dropped ends it.
#[derive(Debug, Clone)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Identity,
    name: Arc<str>,
    kbps: [u32; 3],
    max_listeners: usize,
    tape: Arc<Tape>,
    stations: [Arc<Station>; 3],
    title: watch::Sender<Arc<str>>,
    places: Arc<Semaphore>,
    pushes: Vec<Push>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Hub {
    /// Starts it: three threads that sleep until somebody listens, and a task for each Icecast server.
    ///
    /// # Errors
    /// [`Error::Thread`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(config: Config, clock: EventClock) -> Result<Self, Error> {
        let Config { identity, kbps, max_listeners, icecast } = config;
        let tape = Arc::new(Tape::new());
        let stations = Format::ALL.map(Station::new);
        let name: Arc<str> = identity.name.as_str().into();
        let title = watch::Sender::new(Arc::clone(&name));
        let inner = Inner {
            pushes: icecast
                .into_iter()
                .map(|target| {
                    let (station, kbps) = (&stations[target.format.index()], kbps[target.format.index()]);
                    Push::start(target, kbps, Arc::clone(station), Arc::clone(&name), title.subscribe())
                })
                .collect(),
            identity,
            name,
            kbps,
            max_listeners,
            tape,
            stations,
            title,
            places: Arc::new(Semaphore::new(max_listeners)),
            threads: Mutex::default(),
        };
        // From here on dropping it ends what has started.
        for (station, kbps) in inner.stations.iter().zip(kbps) {
            let worker = Worker {
                station: Arc::clone(station),
                tape: Arc::clone(&inner.tape),
                recipe: Recipe::of(station.format, kbps),
                clock: clock.clone(),
            };
            let name = format!("radio-{}", station.format.as_str());
            let thread = std::thread::Builder::new().name(name).spawn(move || worker.run())?;
            inner.threads.lock().expect("no code panics while it holds the threads").push(thread);
        }
        Ok(Self(Arc::new(inner)))
    }

    /// Where what is on air goes in.
    pub fn input(&self) -> Feed {
        Feed(Arc::clone(&self.0.tape))
    }

    /// Lets somebody listen. `hang_up` is told if they are dropped for falling behind: whoever takes nothing from a connection
    /// does not ask for more either, so somebody else has to close it.
    ///
    /// # Errors
    /// [`Error::Silent`] if nothing comes from the desk, [`Error::Full`].
    pub fn listen(&self, format: Format, hang_up: Arc<Notify>) -> Result<Listener, Error> {
        let inner = &self.0;
        if !inner.tape.is_fed() {
            return Err(Error::Silent);
        }
        let place = Arc::clone(&inner.places).try_acquire_owned().map_err(|_| Error::Full(inner.max_listeners))?;
        let station = &inner.stations[format.index()];
        Ok(station.join(Arc::clone(&inner.name), inner.title.subscribe(), hang_up, Some(place)))
    }

    /// Says what is on air. Control characters become spaces; more than 200 characters are cut. Without a title it is the
    /// radio's name.
    pub fn set_title(&self, title: &str) {
        let plain: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TITLE).collect();
        let title: Arc<str> = match plain.trim() {
            "" => Arc::clone(&self.0.name),
            title => title.into(),
        };
        self.0.title.send_if_modified(|current| {
            let is_new = **current != *title;
            *current = title;
            is_new
        });
    }

    /// What is on air.
    pub fn title(&self) -> Arc<str> {
        Arc::clone(&self.0.title.borrow())
    }

    /// What players show of it.
    pub fn identity(&self) -> &Identity {
        &self.0.identity
    }

    /// Bitrate of a format in kbit/s.
    pub fn kbps(&self, format: Format) -> u32 {
        self.0.kbps[format.index()]
    }

    /// The counters now.
    pub fn stats(&self) -> Stats {
        let of = |station: &Arc<Station>| FormatStats {
            format: station.format,
            listeners: station.audience(),
            encoding: station.is_encoding(),
            dropped: station.dropped(),
            restarts: station.restarts(),
        };
        Stats {
            formats: self.0.stations.iter().map(of).collect(),
            icecast: self.0.pushes.iter().map(|push| (push.place().to_owned(), push.state())).collect(),
        }
    }

    /// Ends everything: listeners, pushes, encoders. Waits for the encoders, which may take some milliseconds.
    pub async fn stop(&self) {
        self.0.end();
        let threads = std::mem::take(&mut *self.0.threads.lock().expect("no code panics while it holds the threads"));
        let joined =
            tokio::task::spawn_blocking(move || threads.into_iter().map(JoinHandle::join).all(|end| end.is_ok()));
        if !matches!(joined.await, Ok(true)) {
            tracing::error!("a thread of the radio had panicked");
        }
    }
}

impl Inner {
    fn end(&self) {
        self.stations.iter().for_each(|station| station.stop());
        self.pushes.iter().for_each(Push::stop);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}

/// How long the first sound may take after somebody has come: an encoder starts, and one that fails starts again.
pub const FIRST_SOUND: Duration = Duration::from_secs(5);
