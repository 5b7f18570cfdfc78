//! The outside over HTTP: WHIP, WHEP, commands, the show, its live WebSocket, metrics and the pages.
//!
//! [`router`] is the table of contents. Handlers are thin: extractors check who asks and what arrives (`access`,
//! `body`), a hub or the director answers, and `error` turns every refusal into a status and a stable code.
//! The order of checks is the same everywhere: path (404), key (401), content type (415), size (413), content
//! (400, 422). City and channel names are public, so an unknown one is said to be unknown also to strangers.

mod access;
mod answered;
mod body;
mod commands;
mod error;
mod health;
mod ice;
mod live;
mod messages;
mod metrics;
mod pages;
mod process;
mod serve;
mod signalling;
mod snapshot;
mod whep;
mod whip;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::{get, options, post};
use axum::{Router, middleware};

pub use self::ice::{IceServer, InvalidIceServer};
pub use self::pages::are_built as has_pages;
pub use self::serve::serve;
use crate::director::{Director, Subscription};
use crate::secret::Key;
use crate::show::{ChannelId, CityId, ShowTime};
use crate::{contribution, distribution, media};

/// What the handlers work with.
pub struct Context {
    /// Answers commands and tells what happens.
    pub director: Director,
    /// Where publishers are negotiated.
    pub contribution: contribution::Hub,
    /// Where viewers are negotiated.
    pub distribution: distribution::Hub,
    /// Opens commands and the whole show.
    pub operator_key: Key,
    /// Opens each city's seat. Its cities are also the channels beside `program`.
    pub city_keys: HashMap<CityId, Key>,
    /// Told to publishers and, where they say so, to viewers.
    pub ice_servers: Vec<IceServer>,
    /// Event time now.
    pub now: Arc<dyn Fn() -> ShowTime + Send + Sync>,
    /// The picture engine's counters now.
    pub engine: Arc<dyn Fn() -> media::picture::Stats + Send + Sync>,
    /// Whether the engines that make program run.
    pub program_lives: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("city_keys", &self.city_keys).finish_non_exhaustive()
    }
}

/// Longest wait for the director's view, which it gives within microseconds unless something is badly wrong.
const DIRECTOR_PATIENCE: Duration = Duration::from_secs(1);

/// The context with what HTTP itself has to remember.
struct Server {
    context: Context,
    commands: commands::Commands,
    live: live::Room,
}

type Shared = Arc<Server>;

impl Server {
    fn has_channel(&self, channel: &ChannelId) -> bool {
        match channel {
            ChannelId::Program => true,
            ChannelId::City(city) => self.context.city_keys.contains_key(city),
        }
    }

    /// The show as it is and what will happen from there on.
    async fn subscribe(&self) -> Result<Subscription, error::Error> {
        let subscription = tokio::time::timeout(DIRECTOR_PATIENCE, self.context.director.subscribe());
        Ok(subscription.await.map_err(|_| error::Error::Late)??)
    }

    fn now(&self) -> ShowTime {
        (self.context.now)()
    }
}

/// Everything that can be asked for.
pub fn router(context: Context) -> Router {
    let server: Shared =
        Arc::new(Server { context, commands: commands::Commands::default(), live: live::Room::default() });

    let signalling = Router::new()
        .route("/whip/{city}", options(whip::describe).post(whip::publish))
        .route("/whip/{city}/{session}", options(whip::describe_session).patch(whip::trickle).delete(whip::end))
        .route("/whep/{channel}", options(whep::describe).head(whep::describe_channel).post(whep::join))
        .route("/whep/{channel}/{session}", options(whep::describe_session).patch(whep::change).delete(whep::leave))
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(middleware::from_fn(signalling::open_to_all_origins));

    Router::new()
        .route("/api/v1/commands", post(commands::run))
        .route("/api/v1/show", get(snapshot::show))
        .route("/api/v1/live", get(live::open))
        .route("/healthz", get(health::check))
        .route("/metrics", get(metrics::scrape))
        .route("/", get(pages::watch))
        .route("/console", get(pages::console))
        .route("/city/{city}", get(pages::city))
        .fallback(pages::file_or_nothing)
        .method_not_allowed_fallback(error::method_not_allowed)
        .merge(signalling)
        .layer(middleware::from_fn(body::gather))
        .layer(middleware::from_fn(pages::safe_headers))
        .with_state(server)
}
