//! The radio on an Icecast server: a source client that connects, sends what a listener would get, tells titles, and comes back
//! by itself. Each server has a task of its own; one that hangs holds up nothing but itself.

mod link;
mod server;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use self::server::{InvalidServer, Mount, Server};

use self::link::{Link, Trouble};
use super::Format;
use super::backoff::Backoff;
use super::station::{Listener, Station};

/// The first and the longest wait before a server is tried again, on average three quarters of it.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How long a server that has refused is left alone: only a hand mends that, there or here.
const REFUSED: Duration = Duration::from_secs(60);

/// How long a server may take nothing at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pause between two titles, and after one that was not taken.
const TITLES: Duration = Duration::from_secs(2);

/// How often one title is tried.
const TITLE_TRIES: u32 = 5;

/// Where to send it.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// The server.
    pub server: Server,
    /// The place on the server.
    pub mount: Mount,
    /// Who sends; most servers want `source`.
    pub user: String,
    /// The sender's password.
    pub password: String,
    /// What is sent.
    pub format: Format,
    /// What the server shows of it.
    pub identity: super::Identity,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, mount, user, format, identity, .. } = self;
        f.debug_struct("Target")
            .field("server", server)
            .field("mount", mount)
            .field("user", user)
            .field("format", format)
            .field("identity", identity)
            .finish_non_exhaustive()
    }
}

/// How a server does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// A connection is being made.
    Connecting,
    /// It takes what is sent.
    Live,
    /// It is tried again by itself.
    Retrying {
        /// What went wrong.
        why: String,
        /// Tries in vain since it was well.
        attempt: u32,
    },
    /// It does not want this source: somebody has to mend the settings, here or there. It is asked again once a minute.
    Refused {
        /// What it said.
        why: String,
    },
}

impl State {
    /// The states' names, for counters.
    pub const WORDS: [&'static str; 4] = ["connecting", "live", "retrying", "refused"];

    /// Its name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Connecting => Self::WORDS[0],
            Self::Live => Self::WORDS[1],
            Self::Retrying { .. } => Self::WORDS[2],
            Self::Refused { .. } => Self::WORDS[3],
        }
    }
}

/// A running source client.
#[derive(Debug)]
pub(super) struct Push {
    place: String,
    state: watch::Receiver<State>,
    task: JoinHandle<()>,
}

impl Push {
    pub(super) fn start(
        target: Target,
        kbps: u32,
        station: Arc<Station>,
        name: Arc<str>,
        title: watch::Receiver<Arc<str>>,
    ) -> Self {
        let (state_tx, state) = watch::channel(State::Connecting);
        let place = format!("{}{}", target.server, target.mount.as_str());
        let source = Source { place: place.clone(), target, kbps, station, name, title, state_tx };
        Self { place, state, task: tokio::spawn(source.run()) }
    }

    /// Server and mount.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Ends it at once: the connection closes with its task.
    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

/// The task's own.
struct Source {
    place: String,
    target: Target,
    kbps: u32,
    station: Arc<Station>,
    name: Arc<str>,
    title: watch::Receiver<Arc<str>>,
    state_tx: watch::Sender<State>,
}

impl Source {
    async fn run(self) {
        let mut backoff = Backoff::new(PAUSES.0, PAUSES.1);
        loop {
            let begun = Instant::now();
            let Err(trouble) = self.send().await;
            let pause = match &trouble {
                Trouble::Refused(_) => REFUSED,
                Trouble::Lost(_) => backoff.after_failure(begun.elapsed(), getrandom::u32().unwrap_or(u32::MAX)),
            };
            let why = trouble.to_string();
            let state = match trouble {
                Trouble::Refused(_) => State::Refused { why },
                Trouble::Lost(_) => State::Retrying { why, attempt: backoff.failures() },
            };
            self.turn(state);
            tokio::time::sleep(pause).await;
        }
    }

    /// Enters a state. A trouble that goes on is told once: that it is being tried again is no news.
    fn turn(&self, state: State) {
        let place = &self.place;
        match &state {
            State::Connecting => {}
            State::Live => tracing::info!(place, "an Icecast server takes the radio"),
            State::Retrying { why, attempt } => match &*self.state_tx.borrow() {
                State::Retrying { .. } => tracing::debug!(place, why, attempt, "an Icecast server is tried again"),
                _ => tracing::warn!(place, why, "an Icecast server has not got the radio; it is tried again"),
            },
            State::Refused { why } => {
                let is_known = matches!(&*self.state_tx.borrow(), State::Refused { why: known } if known == why);
                if !is_known {
                    tracing::error!(
                        place,
                        why,
                        "an Icecast server refuses the radio: mend [[radio.icecast]] or the server"
                    );
                }
            }
        }
        self.state_tx.send_replace(state);
    }

    /// One connection, to its end.
    async fn send(&self) -> Result<std::convert::Infallible, Trouble> {
        // What was wrong is told until something else is known.
        if !matches!(&*self.state_tx.borrow(), State::Retrying { .. } | State::Refused { .. }) {
            self.turn(State::Connecting);
        }
        let mut link = Link::open(&self.target.server).await?;
        link.offer(&self.target, self.kbps).await?;
        self.turn(State::Live);
        let listener = self.station.join(Arc::clone(&self.name), self.title.clone(), Arc::new(Notify::new()), None);
        let Link { read, mut write } = link;
        tokio::select! {
            ended = stream(listener, &mut write) => ended,
            ended = link::until_closed(read) => ended,
            // Titles are told beside it, on connections of their own.
            never = self.tell_titles() => match never {},
        }
    }

    /// Tells the title of the moment, and each that follows.
    async fn tell_titles(&self) -> std::convert::Infallible {
        let mut title = self.title.clone();
        loop {
            if self.target.format.has_icy_titles() {
                self.tell_title(&mut title).await;
            }
            if title.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn tell_title(&self, title: &mut watch::Receiver<Arc<str>>) {
        for attempt in 1..=TITLE_TRIES {
            // The newest one: those between are over.
            let newest = Arc::clone(&title.borrow_and_update());
            let told = link::tell_title(&self.target, &newest).await;
            tokio::time::sleep(TITLES).await;
            match told {
                Ok(()) => return,
                Err(error) => {
                    tracing::debug!(place = self.place, attempt, %error, "an Icecast server does not take a title");
                }
            }
        }
    }
}

/// Sends page after page.
async fn stream(
    mut listener: Listener,
    write: &mut (impl tokio::io::AsyncWrite + Unpin),
) -> Result<std::convert::Infallible, Trouble> {
    while let Some(page) = listener.next().await {
        match timeout(PATIENCE, write.write_all(&page)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Trouble::Lost(format!("the connection broke: {error}"))),
            Err(_) => return Err(Trouble::Lost(format!("it took nothing for {} s", PATIENCE.as_secs()))),
        }
    }
    Err(Trouble::Lost("it fell too far behind".into()))
}
