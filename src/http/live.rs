//! GET /api/v1/live: the WebSocket on which pages follow the show.
//!
//! The page speaks first: `{"type": "hello"}`, as whom its session cookie names, or `{"type": "hello", "key": "…"}` with an
//! API key or a link's token; without both, or with `"watch": true`, it watches. Then it hears, each as JSON text:
//! - `hello`: who it is taken for (`actor`, `roles`, `name`), the server's `version`, `time_us`;
//! - `snapshot`: the `show` as of event `number`, as far as it is this page's business;
//! - `events`: what happened in one call: the numbers of its `first` and its last event (`number`), those `events` that
//!   are this page's business, and `changes`: the fields of `show` that have other values now. Numbers have no gap;
//! - `beat`: once a second, with the last `number` and the viewers of each channel. Three seconds without one: dead link;
//! - `meter_map` and binary frames: the meters of the desk, see [`meters`], if it asks by `{"type": "meters", "on": true}`;
//! - `error`: `code` and `message`, right before the server closes.
//!
//! A page that lags, or asks by `{"type": "resync"}`, gets a fresh `snapshot`. Commands go by POST, not here. A page whose
//! session or link has ended hears so within a second or two, and is closed with 4401. The show knows who has a page open.

mod meters;
mod room;

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use utoipa::ToSchema;

pub(super) use self::meters::Frames;
use self::meters::Readings;
pub(super) use self::room::Room;
use self::room::Stay;
use super::Shared;
use super::access::Visitor;
use super::error::{Error, Told};
use super::messages::{Outgoing, seen_by};
use super::serve::Closing;
use crate::director::{Happened, Subscription};
use crate::show::Actor;

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

/// A message of a page on the live WebSocket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = LiveRequest)]
pub(super) enum Incoming {
    /// Says who the page is; the first message.
    Hello {
        /// An API key or a link's token; without it the session cookie counts, and without that the page watches.
        #[serde(default)]
        key: Option<String>,
        /// To be a viewer, whatever cookie came along: an operator who has the watch page open does not command.
        #[serde(default)]
        watch: bool,
    },
    /// Asks for a fresh snapshot.
    Resync {},
    /// Asks for the meters of the desk, twenty times a second, or for no more of them. A city and a co-host get their own level
    /// and mix, who watches none.
    Meters {
        /// Whether they are wanted.
        on: bool,
    },
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
            Self::Refused(error) => match error.kind() {
                (status, code) if status.is_client_error() => (4000 + status.as_u16(), code),
                (_, code) => (1013, code),
            },
            Self::Stopping => (1001, "stopping"),
        }
    }
}

/// Opens the WebSocket if there is a place.
pub(super) async fn open(
    State(server): State<Shared>,
    visitor: Visitor,
    closing: Option<Extension<Closing>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Error> {
    let upgrade = upgrade.map_err(|rejection| Error::NotWebSocket(rejection.body_text()))?;
    // Who has shown a cookie or a key is no stranger: a crowd at the door keeps no operator out.
    let place = if visitor.is_known() { None } else { Some(server.live.strangers.take()?) };
    let closing = closing.map_or_else(Closing::never, |Extension(closing)| closing);
    let upgrade = upgrade.max_message_size(LONGEST_MESSAGE).max_frame_size(LONGEST_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| Link { socket, server, visitor, last_number: 0 }.run(place, closing)))
}

/// One page's link.
struct Link {
    socket: WebSocket,
    server: Shared,
    /// As whom the browser asked; with its hello, as whom it stays.
    visitor: Visitor,
    last_number: u64,
}

impl Link {
    async fn run(mut self, place: Option<OwnedSemaphorePermit>, mut closing: Closing) {
        let closed = tokio::select! {
            closed = self.follow(place) => closed,
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
    async fn follow(&mut self, place: Option<OwnedSemaphorePermit>) -> Closed {
        match self.try_follow(place).await {
            Ok(never) => match never {},
            Err(closed) => closed,
        }
    }

    async fn try_follow(&mut self, place: Option<OwnedSemaphorePermit>) -> Result<std::convert::Infallible, Closed> {
        timeout(PATIENCE, self.hello()).await.unwrap_or(Err(Closed::NoHello))?;
        let _stay: Stay = self.server.live.enter(&self.visitor, &self.server.context.director)?;
        drop(place);
        let identity = self.server.identity(&self.visitor.caller);
        let (version, time_us) = (env!("CARGO_PKG_VERSION"), self.server.now());
        self.send(&Outgoing::Hello { identity, version, time_us }).await?;
        let mut happenings = self.snapshot().await?.happenings;

        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beats_to_ping = BEATS_PER_PING;
        let mut last_heard = Instant::now();
        let mut meters = self.server.context.meters.clone();
        let mut readings = None;
        loop {
            tokio::select! {
                heard = self.hear() => {
                    last_heard = Instant::now();
                    match heard? {
                        Some(Incoming::Resync {}) => happenings = self.snapshot().await?.happenings,
                        Some(Incoming::Meters { on }) => readings = on.then(|| Readings::of(self.actor())),
                        Some(Incoming::Hello { .. }) => return Err(Closed::BadMessage("a second hello".into())),
                        None => {}
                    }
                }
                happened = happenings.recv() => match happened {
                    Ok(happened) => self.tell(&happened).await?,
                    Err(RecvError::Lagged(_)) => happenings = self.snapshot().await?.happenings,
                    Err(RecvError::Closed) => return Err(Closed::Stopping),
                },
                // A page that is slow misses readings: only the newest one is kept for it.
                Ok(()) = meters.changed(), if readings.is_some() => {
                    let newest = std::sync::Arc::clone(&meters.borrow_and_update());
                    let next = readings.as_mut().and_then(|readings| readings.next(&newest, &self.server.live.frames));
                    if let Some((map, frame)) = next {
                        if let Some(map) = map {
                            self.put(Message::Text(map)).await?;
                        }
                        self.put(Message::Binary(frame)).await?;
                    }
                }
                _ = beats.tick() => {
                    if last_heard.elapsed() > SILENCE {
                        return Err(Closed::Gone);
                    }
                    self.server.still_opens(&self.visitor)?;
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

    /// Waits for the page's first message. A key in it names who the page is, whatever cookie came along.
    async fn hello(&mut self) -> Result<(), Closed> {
        loop {
            match self.hear().await? {
                Some(Incoming::Hello { watch: true, .. }) => {
                    self.visitor = Visitor::nobody();
                    return Ok(());
                }
                Some(Incoming::Hello { key: Some(key), .. }) => {
                    self.visitor = self.server.bearer(&key).await?;
                    return Ok(());
                }
                Some(Incoming::Hello { key: None, .. }) => return Ok(()),
                Some(Incoming::Resync {} | Incoming::Meters { .. }) => {
                    return Err(Closed::BadMessage("the first message must be a hello".into()));
                }
                None => {}
            }
        }
    }

    fn actor(&self) -> &Actor {
        &self.visitor.caller.actor
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

    async fn snapshot(&mut self) -> Result<Subscription, Closed> {
        let subscription = self.server.subscribe().await?;
        let (number, time_us) = (subscription.view.revision, self.server.now());
        self.last_number = number;
        self.send(&Outgoing::Snapshot { number, time_us, show: &seen_by(self.actor(), &subscription.view) }).await?;
        Ok(subscription)
    }

    async fn tell(&mut self, happened: &Happened) -> Result<(), Closed> {
        (_, self.last_number) = happened.numbers();
        let text = self.server.live.memo.text(self.actor(), happened);
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
