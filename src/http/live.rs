//! GET /api/v1/live: the WebSocket on which pages follow the show.
//!
//! The page speaks first: `{"type": "hello", "key": "…"}`, without a key to watch. Then it hears, each as JSON text:
//! - `hello`: its `role`, the server's `version`, `time_us`;
//! - `snapshot`: the whole `show` as of event `number`;
//! - `event`: what happened: `number` one higher than before, the `event` and the `show` after it. What the operator
//!   prepares (preview, the next transition) reaches viewers without the `event`, so that their numbers have no gap;
//! - `beat`: once a second, with the last `number` and the viewers of each channel. Three seconds without one: dead link;
//! - `error`: `code` and `message`, right before the server closes.
//!
//! A page that lags, or asks by `{"type": "resync"}`, gets a fresh `snapshot`. Commands go by POST, not here.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::Shared;
use super::access::Role;
use super::error::{Error, Told};
use super::messages::{Memo, Outgoing, ViewerCounts};
use super::serve::Closing;
use crate::director::{Happened, Subscription};

/// Most pages at once, by what they may see, and of those that have not said hello: nobody can take the operator's place.
const MOST_VIEWERS: usize = 4096;
const MOST_OPERATORS: usize = 64;
const MOST_STRANGERS: usize = 512;

/// Largest message of a page; a hello has about 60 bytes.
const LONGEST_MESSAGE: usize = 4096;

/// How long a page may take for its hello, and for taking what it is sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a page may take to hear why the server closes, shorter than the server's own grace at its end.
const FAREWELL: Duration = Duration::from_secs(2);

/// Time between two beats. A page calls the link dead after three of them.
const BEAT: Duration = Duration::from_secs(1);

/// Beats from one ping to the next: browsers answer pings by themselves.
const BEATS_PER_PING: u32 = 10;

/// Silence, three pings long, after which a page is gone.
const SILENCE: Duration = Duration::from_secs(30);

/// A bounded number of places.
#[derive(Debug)]
struct Places {
    most: usize,
    free: Arc<Semaphore>,
}

impl Places {
    fn new(most: usize) -> Self {
        Self { most, free: Arc::new(Semaphore::new(most)) }
    }

    fn taken(&self) -> usize {
        self.most - self.free.available_permits()
    }

    fn take(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.free.clone().try_acquire_owned().map_err(|_| Error::FullRoom(self.most))
    }
}

/// All connected pages.
#[derive(Debug)]
pub(super) struct Room {
    strangers: Places,
    watchers: Places,
    operators: Places,
    memo: Memo,
    viewers: ViewerCounts,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            strangers: Places::new(MOST_STRANGERS),
            watchers: Places::new(MOST_VIEWERS),
            operators: Places::new(MOST_OPERATORS),
            memo: Memo::default(),
            viewers: ViewerCounts::default(),
        }
    }
}

impl Room {
    /// How many pages are connected.
    pub(super) fn taken(&self) -> usize {
        [&self.strangers, &self.watchers, &self.operators].iter().map(|places| places.taken()).sum()
    }

    fn places(&self, role: Role) -> &Places {
        match role {
            Role::Operator => &self.operators,
            Role::Viewer => &self.watchers,
        }
    }
}

/// What a page may say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Incoming {
    Hello {
        #[serde(default)]
        key: Option<String>,
    },
    Resync {},
}

/// Why the server closes a link, with the WebSocket's close code.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error("the page went away")]
    Gone,
    #[error("the page does not take what it is sent")]
    Slow,
    #[error("no hello arrived within {} s", PATIENCE.as_secs())]
    NoHello,
    #[error("a message that is not understood: {0}")]
    BadMessage(String),
    #[error(transparent)]
    Refused(#[from] Error),
    #[error("the server is shutting down")]
    Stopping,
}

impl Closed {
    /// The close code (RFC 6455 §7.4; 44xx mirrors the HTTP status) and the stable word.
    fn kind(&self) -> (u16, &'static str) {
        match self {
            Self::Gone => (1000, "gone"),
            Self::Slow => (1008, "slow"),
            Self::NoHello => (4408, "no-hello"),
            Self::BadMessage(_) => (4400, "bad-message"),
            Self::Refused(error @ Error::WrongKey) => (4401, error.kind().1),
            Self::Refused(error) => (1013, error.kind().1),
            Self::Stopping => (1001, "stopping"),
        }
    }
}

/// Opens the WebSocket if there is a place.
pub(super) async fn open(
    State(server): State<Shared>,
    closing: Option<Extension<Closing>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Error> {
    let upgrade = upgrade.map_err(|rejection| Error::NotWebSocket(rejection.body_text()))?;
    let place = server.live.strangers.take()?;
    let closing = closing.map_or_else(Closing::never, |Extension(closing)| closing);
    let upgrade = upgrade.max_message_size(LONGEST_MESSAGE).max_frame_size(LONGEST_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| Link { socket, server, last_number: 0, place }.run(closing)))
}

/// One page's link.
struct Link {
    socket: WebSocket,
    server: Shared,
    last_number: u64,
    place: OwnedSemaphorePermit,
}

impl Link {
    async fn run(mut self, mut closing: Closing) {
        let closed = tokio::select! {
            closed = self.follow() => closed,
            () = closing.wait() => Closed::Stopping,
        };
        tracing::debug!(reason = %closed, "a page's link ends");
        if !matches!(closed, Closed::Gone | Closed::Slow) {
            // A page that takes no farewell gets none.
            let _ = timeout(FAREWELL, self.close(&closed)).await;
        }
    }

    /// Tells the page why, and waits for its own close: a connection that is cut with something unread in it may lose
    /// what was told.
    async fn close(&mut self, closed: &Closed) -> Result<(), Closed> {
        let (close_code, code) = closed.kind();
        self.send(&Outgoing::Error(Told { code, message: closed.to_string() })).await?;
        self.put(Message::Close(Some(CloseFrame { code: close_code, reason: Utf8Bytes::from_static(code) }))).await?;
        while let Some(Ok(_)) = self.socket.recv().await {}
        Ok(())
    }

    /// Follows the show until something ends it.
    async fn follow(&mut self) -> Closed {
        match self.try_follow().await {
            Ok(never) => match never {},
            Err(closed) => closed,
        }
    }

    async fn try_follow(&mut self) -> Result<std::convert::Infallible, Closed> {
        let role = timeout(PATIENCE, self.hello()).await.unwrap_or(Err(Closed::NoHello))?;
        self.place = self.server.live.places(role).take()?;
        let (version, time_us) = (env!("CARGO_PKG_VERSION"), self.server.now());
        self.send(&Outgoing::Hello { role, version, time_us }).await?;
        let mut happenings = self.snapshot(role).await?.happenings;

        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beats_to_ping = BEATS_PER_PING;
        let mut last_heard = Instant::now();
        loop {
            tokio::select! {
                heard = self.hear() => {
                    last_heard = Instant::now();
                    match heard? {
                        Some(Incoming::Resync {}) => happenings = self.snapshot(role).await?.happenings,
                        Some(Incoming::Hello { .. }) => return Err(Closed::BadMessage("a second hello".into())),
                        None => {}
                    }
                }
                happened = happenings.recv() => match happened {
                    Ok(happened) => self.tell(role, &happened).await?,
                    Err(RecvError::Lagged(_)) => happenings = self.snapshot(role).await?.happenings,
                    Err(RecvError::Closed) => return Err(Closed::Stopping),
                },
                _ = beats.tick() => {
                    if last_heard.elapsed() > SILENCE {
                        return Err(Closed::Gone);
                    }
                    self.beat().await?;
                    beats_to_ping -= 1;
                    if beats_to_ping == 0 {
                        beats_to_ping = BEATS_PER_PING;
                        self.put(Message::Ping(Default::default())).await?;
                    }
                }
            }
        }
    }

    /// Waits for the page's first message.
    async fn hello(&mut self) -> Result<Role, Closed> {
        loop {
            match self.hear().await? {
                Some(Incoming::Hello { key }) => return Ok(self.server.role(key.as_deref())?),
                Some(Incoming::Resync {}) => {
                    return Err(Closed::BadMessage("the first message must be a hello".into()));
                }
                None => {}
            }
        }
    }

    /// The next message; `None` for a control frame, which tungstenite has answered.
    async fn hear(&mut self) -> Result<Option<Incoming>, Closed> {
        match self.socket.recv().await {
            None | Some(Err(_) | Ok(Message::Close(_))) => Err(Closed::Gone),
            Some(Ok(Message::Text(text))) => {
                serde_json::from_str(&text).map(Some).map_err(|error| Closed::BadMessage(error.to_string()))
            }
            Some(Ok(Message::Binary(_))) => Err(Closed::BadMessage("binary data".into())),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        }
    }

    async fn snapshot(&mut self, role: Role) -> Result<Subscription, Closed> {
        let subscription = self.server.subscribe().await?;
        let (number, time_us) = (subscription.view.revision, self.server.now());
        self.last_number = number;
        self.send(&Outgoing::Snapshot { number, time_us, show: &role.view(&subscription.view) }).await?;
        Ok(subscription)
    }

    async fn tell(&mut self, role: Role, happened: &Happened) -> Result<(), Closed> {
        (_, self.last_number) = happened.numbers();
        let text = self.server.live.memo.text(&role.caller().actor, happened);
        self.put(Message::Text(text)).await
    }

    async fn beat(&mut self) -> Result<(), Closed> {
        let viewers = self.server.live.viewers.now(&self.server.context.distribution);
        self.send(&Outgoing::Beat { number: self.last_number, time_us: self.server.now(), viewers: &viewers }).await
    }

    async fn send(&mut self, message: &Outgoing<'_>) -> Result<(), Closed> {
        self.put(Message::Text(message.text())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), Closed> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Closed::Gone),
            Err(_) => Err(Closed::Slow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_and_strangers_cannot_take_the_operators_places() {
        let room = Room::default();
        let take_all = |places: &Places| std::iter::from_fn(|| places.take().ok()).collect::<Vec<_>>();
        let taken = [take_all(&room.strangers), take_all(room.places(Role::Viewer))];
        assert_eq!(taken.each_ref().map(Vec::len), [MOST_STRANGERS, MOST_VIEWERS]);
        assert!(matches!(room.places(Role::Viewer).take(), Err(Error::FullRoom(MOST_VIEWERS))));
        assert!(room.places(Role::Operator).take().is_ok());
        assert_eq!(room.taken(), MOST_STRANGERS + MOST_VIEWERS);
    }
}
