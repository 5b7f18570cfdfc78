//! The outside over HTTP: WHIP, WHEP, commands, the show, its live WebSocket, metrics and the pages.
//!
//! The table of contents is `access::table`: every endpoint with who may use it. Handlers are thin: the table and the
//! extractors check who asks and what arrives (`access`, `body`), a hub, the store or the director answers, and `error`
//! turns every refusal into a status and a stable code. The order of checks is the same everywhere: origin (403), city or
//! channel in the path (404), key (401), role (403), content type (415), size (413), content (400, 422). City and channel
//! names are public, so an unknown one is said to be unknown also to strangers.

mod access;
mod answered;
mod api;
mod asrun;
mod body;
mod buttons;
mod calls;
mod channels;
mod commands;
mod error;
mod health;
mod ice;
mod links;
mod live;
mod messages;
mod metrics;
mod pages;
mod people;
mod process;
mod query;
mod radio;
mod rundown;
mod serve;
mod session;
mod signalling;
mod snapshot;
mod whep;
mod whip;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};

pub use self::access::{Endpoint, endpoints};
pub use self::api::description;
pub use self::ice::{IceServer, InvalidIceServer};
pub use self::pages::are_built as has_pages;
pub use self::serve::serve;
use crate::asrun::Format as AsRun;
use crate::director::{Director, Subscription};
use crate::show::{ChannelId, CityId, Name, ShowTime, WallTime};
use crate::store::Store;
use crate::{contribution, distribution, media, radio as station};

/// Makes ready what an operator's talkback microphone needs; answers whether there is room for one.
pub type OpenTalkback = Arc<dyn Fn(Name) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// What the handlers work with.
pub struct Context {
    /// Answers commands and tells what happens.
    pub director: Director,
    /// Where publishers are negotiated.
    pub contribution: contribution::Hub,
    /// Makes the seat of an operator's microphone, which is asked for before each of its sessions.
    pub open_talkback: OpenTalkback,
    /// Where viewers are negotiated.
    pub distribution: distribution::Hub,
    /// The radio by HTTP.
    pub radio: station::Hub,
    /// Knows people, keys, links and codes.
    pub store: Store,
    /// Address by which people know this server, `https://regia.example.org`, if the settings say one.
    pub public_url: Option<String>,
    /// How program is counted in cut lists, and the evening's zone.
    pub as_run: AsRun,
    /// Told to publishers and, where they say so, to viewers.
    pub ice_servers: Vec<IceServer>,
    /// Event time now.
    pub now: Arc<dyn Fn() -> ShowTime + Send + Sync>,
    /// The wall clock now.
    pub wall: Arc<dyn Fn() -> WallTime + Send + Sync>,
    /// The desk's newest readings.
    pub meters: tokio::sync::watch::Receiver<Arc<media::sound::Meters>>,
    /// The picture engine's counters now.
    pub engine: Arc<dyn Fn() -> media::picture::Stats + Send + Sync>,
    /// Whether the engines that make program run.
    pub program_lives: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Longest wait for the director's view, which it gives within microseconds unless something is badly wrong.
const DIRECTOR_PATIENCE: Duration = Duration::from_secs(1);

/// The context with what HTTP itself has to remember.
struct Server {
    context: Context,
    commands: commands::Commands,
    live: live::Room,
    sign_ins: session::SignIns,
    codes: channels::Codes,
    wards: access::Wards,
    screens: access::Screens,
}

type Shared = Arc<Server>;

impl Server {
    /// A server that has met nobody yet.
    fn new(context: Context) -> Self {
        Self {
            context,
            commands: commands::Commands::default(),
            live: live::Room::default(),
            sign_ins: session::SignIns::default(),
            codes: channels::Codes::default(),
            wards: access::Wards::default(),
            screens: access::Screens::default(),
        }
    }

    fn has_city(&self, city: &CityId) -> bool {
        self.context.director.view().cities.iter().any(|known| known.id == *city)
    }

    fn has_channel(&self, channel: &ChannelId) -> bool {
        match channel {
            ChannelId::Program | ChannelId::Preview | ChannelId::Multiview => true,
            ChannelId::City(city) => self.has_city(city),
            // The desk reads it, and nobody else.
            ChannelId::Talkback(_) => false,
            ChannelId::Radio
            | ChannelId::Return(_)
            | ChannelId::Call(_)
            | ChannelId::Camera(_)
            | ChannelId::Monitor(_) => self.context.distribution.has_channel(channel),
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

    /// Unix µs.
    fn wall_us(&self) -> i64 {
        (self.context.wall)().unix_micros()
    }
}

/// Everything that can be asked for: the table's endpoints, and the files of the pages. Belongs into a runtime, where it
/// looks after what was opened with links.
pub fn router(context: Context) -> Router {
    let server: Shared = Arc::new(Server::new(context));
    access::watch(&server);
    access::router(&server)
        .fallback(pages::file_or_nothing)
        .layer(middleware::from_fn(body::gather))
        .layer(middleware::from_fn(pages::safe_headers))
        .with_state(server)
}
