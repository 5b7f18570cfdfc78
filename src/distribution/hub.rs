//! The hub's handle: assembles the shards and the slate player, seats viewers, and routes requests to their shard.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use str0m::config::DtlsCert;
use tokio::sync::oneshot;

use super::counters::{Counters, Place, Seat};
use super::lineup::{Lineup, Listing, Sounding};
use super::negotiation::{Terms, certificate, negotiate};
use super::shard::{Alarm, Command, Shard};
use super::slate_player::Order;
use super::viewer::{IceSession, Limits, Viewer};
use super::wire::{Wire, locals, machine_addresses};
use super::{Config, Error, Guest, Hub, Joined, Outlet, Stats, fragment, slate_player};
use crate::rtp::Slate;
use crate::secret::SessionId;
use crate::show::{ChannelId, CohostId};

/// Requests that may wait for one shard.
const MOST_REQUESTS: usize = 1024;

/// Slates that may wait for the player, which looks every 20 ms: all channels' and more.
const MOST_ORDERS: usize = 256;

/// Seats beyond `max_viewers` that are the operator's: a full house must not blind who directs it.
const RESERVE: usize = 64;

/// Most viewers that are on their way in: a quarter of the house, or this many if that is more.
const LEAST_CONNECTING: usize = 256;

/// How often the way to somebody on a call is asked for. Browsers report every second or two.
const STATISTICS: Duration = Duration::from_secs(1);

/// How long a shard may take to answer, and all threads to end.
const ANSWER: Duration = Duration::from_secs(5);

/// A viewer that never came, or whose network is gone for good. Browsers check the connection every few seconds.
const LIMITS: Limits = Limits { connect: Duration::from_secs(15), silence: Duration::from_secs(30) };

/// What the clones of a handle share.
pub(super) struct Inner {
    config: Config,
    lineup: Lineup,
    shards: Vec<ShardHandle>,
    certificate: DtlsCert,
    house: Arc<AtomicUsize>,
    connecting: Arc<AtomicUsize>,
    slates: SyncSender<Order>,
    slate_stop: Arc<AtomicBool>,
    slate_life: Life,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Tells whether a thread lives: the thread holds the other end, which it loses however it ends.
type Life = Weak<()>;

struct ShardHandle {
    life: Life,
    bound: Vec<SocketAddr>,
    commands: SyncSender<Command>,
    alarm: Arc<Alarm>,
    counters: Arc<Counters>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Inner {
    pub(super) fn start(config: &Config, outlets: Vec<Outlet>, epoch: Instant, limits: Limits) -> Result<Self, Error> {
        let (slates, orders) = mpsc::sync_channel(MOST_ORDERS);
        let shards = config.shards.clamp(1, 64);
        let slate_stop = Arc::new(AtomicBool::new(false));
        let mut hub = Self {
            config: config.clone(),
            lineup: Lineup::new(shards),
            shards: Vec::new(),
            certificate: certificate(),
            house: Arc::default(),
            connecting: Arc::default(),
            slates,
            slate_stop: Arc::clone(&slate_stop),
            slate_life: Life::new(),
            threads: Mutex::default(),
        };
        // From here on, an error drops `hub`, which ends the threads that have started.
        for number in 0..shards {
            hub.start_shard(number, limits, epoch)?;
        }
        for outlet in outlets {
            hub.add(outlet)?;
        }
        hub.slate_life = hub.spawn("slate".into(), move || slate_player::run(&orders, epoch, &slate_stop))?;
        Ok(hub)
    }

    fn add(&self, Outlet { channel, slate }: Outlet) -> Result<(), Error> {
        let listing = self.lineup.add(Arc::clone(&channel))?;
        self.play(listing, slate).inspect_err(|_| self.lineup.remove(channel.id()))
    }

    fn play(&self, listing: Arc<Listing>, slate: Arc<Slate>) -> Result<(), Error> {
        self.slates.try_send(Order { listing, slate }).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Stopped,
        })
    }

    fn start_shard(&mut self, number: usize, limits: Limits, epoch: Instant) -> Result<(), Error> {
        let port = match self.config.port {
            0 => 0,
            first => first.checked_add(number as u16).ok_or_else(|| self.cannot_open(no_port_left()))?,
        };
        let counters = Counters::new();
        let (wire, bound) = Wire::open(&self.config.listen, port, Arc::clone(&counters))?;
        let (commands_tx, commands_rx) = mpsc::sync_channel(MOST_REQUESTS);
        let (shard, alarm) = Shard::new(number, wire, commands_rx, Arc::clone(&counters), limits, epoch)
            .map_err(|error| self.cannot_open(error))?;
        tracing::info!(shard = number, ?bound, "viewers are served");
        let life = self.spawn(format!("shard-{number}"), move || shard.run())?;
        self.shards.push(ShardHandle { life, bound, commands: commands_tx, alarm, counters });
        Ok(())
    }

    fn spawn(&self, name: String, work: impl FnOnce() + Send + 'static) -> Result<Life, Error> {
        let held = Arc::new(());
        let life = Arc::downgrade(&held);
        let work = move || {
            let _held = held;
            work();
        };
        let thread = std::thread::Builder::new().name(name).spawn(work).map_err(|error| self.cannot_open(error))?;
        self.threads.lock().expect("no code panics while it holds the threads").push(thread);
        Ok(life)
    }

    /// The shards that can serve, with their numbers.
    fn living_shards(&self) -> impl Iterator<Item = (usize, &ShardHandle)> {
        self.shards.iter().enumerate().filter(|(_, shard)| lives(&shard.life))
    }

    fn cannot_open(&self, source: std::io::Error) -> Error {
        let ip = self.config.listen.first().copied().unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into());
        Error::Socket { address: SocketAddr::new(ip, self.config.port), source }
    }

    /// The shard that a session lives on. The id itself says which: nothing is shared and nothing is looked up.
    fn shard_of(&self, session: &SessionId) -> usize {
        let mut hasher = DefaultHasher::new();
        session.hash(&mut hasher);
        (hasher.finish() % self.shards.len() as u64) as usize
    }

    /// A new session id that leads to this shard: a random one of those that do.
    fn session_for(&self, shard: usize) -> SessionId {
        std::iter::repeat_with(SessionId::random)
            .find(|session| self.shard_of(session) == shard)
            .expect("random ids come to every one of at most 64 shards")
    }

    /// Takes a seat for this guest on a shard.
    fn seat(&self, guest: Guest, shard: &Arc<Counters>) -> Result<Seat, Error> {
        let most = self.config.max_viewers;
        let (house, connecting) = match guest {
            Guest::Operator => (Place::take(&self.house, most.saturating_add(RESERVE)).map_err(Error::Full)?, None),
            Guest::Viewer => {
                let house = Place::take(&self.house, most).map_err(Error::Full)?;
                let connecting = Place::take(&self.connecting, (most / 4).max(LEAST_CONNECTING));
                (house, Some(connecting.map_err(Error::Connecting)?))
            }
        };
        Ok(Seat::new(guest, house, connecting, shard))
    }

    async fn ask<T>(&self, shard: usize, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Error> {
        let (done_tx, done_rx) = oneshot::channel();
        let shard = &self.shards[shard];
        shard.commands.try_send(command(done_tx)).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Stopped,
        })?;
        shard.alarm.ring();
        match tokio::time::timeout(ANSWER, done_rx).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(Error::Stopped),
            Err(_) => Err(Error::Busy),
        }
    }
}

fn lives(life: &Life) -> bool {
    life.strong_count() > 0
}

fn no_port_left() -> std::io::Error {
    std::io::Error::other("the shards' ports do not fit below 65536: choose a smaller port")
}

impl Drop for Inner {
    fn drop(&mut self) {
        end(self);
    }
}

/// Tells all threads to end.
fn end(hub: &Inner) {
    for shard in &hub.shards {
        shard.alarm.stop();
    }
    // The player looks at it at each of its ticks.
    hub.slate_stop.store(true, Ordering::Release);
}

impl Hub {
    /// Opens the sockets and starts the shards and the slate player. `epoch` is the instant of event time zero.
    pub fn start(config: &Config, outlets: Vec<Outlet>, epoch: Instant) -> Result<Self, Error> {
        Ok(Self { inner: Arc::new(Inner::start(config, outlets, epoch, LIMITS)?) })
    }

    /// As [`Hub::start`], with other spans after which a viewer is given up: `connect` from the answer to the connection,
    /// `silence` without a packet from it. For tests.
    #[doc(hidden)]
    pub fn start_with_limits(
        config: &Config,
        outlets: Vec<Outlet>,
        epoch: Instant,
        connect: Duration,
        silence: Duration,
    ) -> Result<Self, Error> {
        Ok(Self { inner: Arc::new(Inner::start(config, outlets, epoch, Limits { connect, silence })?) })
    }

    /// Adds a channel that can be watched from now on. Who watches others feels nothing.
    ///
    /// # Errors
    /// [`Error::Taken`] if there is one of this name; [`Error::NoRoom`] beyond 32; [`Error::Busy`], [`Error::Stopped`].
    pub fn add(&self, outlet: Outlet) -> Result<(), Error> {
        self.inner.add(outlet)
    }

    /// Takes a channel away: the sessions of those who watch it end within some hundredths of a second; who had selected
    /// it and still watches another goes on with that. A channel that is not there is no error.
    pub fn remove(&self, channel: &ChannelId) {
        self.inner.lineup.remove(channel);
    }

    /// Gives a channel another slate. Where the old one is seen, it changes at once.
    ///
    /// # Errors
    /// [`Error::UnknownChannel`], [`Error::Busy`], [`Error::Stopped`].
    pub fn set_slate(&self, channel: &ChannelId, slate: Arc<Slate>) -> Result<(), Error> {
        self.inner.play(self.inner.lineup.find(channel)?, slate)
    }

    /// Whether there is such a channel now.
    pub fn has_channel(&self, channel: &ChannelId) -> bool {
        self.inner.lineup.find(channel).is_ok()
    }

    /// Negotiates a viewer of `channel`.
    pub async fn join(&self, channel: &ChannelId, offer: &str) -> Result<Joined, Error> {
        self.join_as(Guest::Viewer, channel, offer).await
    }

    /// As [`Hub::join`], for a guest who may have a claim to more than the seats of all.
    pub async fn join_as(&self, guest: Guest, channel: &ChannelId, offer: &str) -> Result<Joined, Error> {
        let hub = &self.inner;
        let listing = hub.lineup.find(channel)?;
        let (number, shard) = hub
            .living_shards()
            .min_by_key(|(_, shard)| shard.counters.seats.load(Ordering::Relaxed))
            .ok_or(Error::Stopped)?;
        let seat = hub.seat(guest, &shard.counters)?;
        let now = Instant::now();
        let locals = locals(&shard.bound, hub.config.public_address, machine_addresses);
        // Operators listen to calls as well; the way to them tells nothing about the one who is called.
        let is_called = guest == Guest::Viewer && matches!(channel, ChannelId::Call(_));
        let statistics = is_called.then_some(STATISTICS);
        let terms = Terms { locals: &locals, certificate: hub.certificate.clone(), statistics };
        let mut negotiated = negotiate(offer, terms, now)?;
        let answer = std::mem::take(&mut negotiated.answer);
        let etag = negotiated.ufrag.clone();
        let session = hub.session_for(number);
        let mut viewer = Box::new(Viewer::new(session.clone(), negotiated, locals, listing.number, seat, now));
        if is_called {
            viewer.sound_out(Sounding::new(&listing));
        }
        hub.ask(number, |done| Command::Add { viewer, listing, done }).await??;
        tracing::debug!(viewer = session.brief(), %channel, shard = number, "a viewer joined");
        Ok(Joined { session, answer, etag })
    }

    /// Accepts a trickle ICE fragment (RFC 8840) for a PATCH whose `If-Match` named the session's entity tag; an ICE-lite
    /// server needs none of the candidates.
    ///
    /// # Errors
    /// [`Error::UnknownSession`]; [`Error::BadFragment`]; [`Error::Unsupported`] for an ICE restart.
    pub async fn trickle(&self, session: &SessionId, fragment: &str) -> Result<(), Error> {
        let ice = self.ice_session(session).await?;
        fragment::check(fragment, &ice.remote)
    }

    /// The refusal of an ICE restart that a request asks for without a fragment (`If-Match: *`, RFC 9725 §4.3.2).
    pub fn no_restart() -> Error {
        fragment::restart()
    }

    /// Moves a viewer to another channel: the old one stays until a keyframe of the new one is in hand (or, without
    /// pictures, for a second), then picture and sound move together.
    pub async fn select(&self, session: &SessionId, channel: &ChannelId) -> Result<(), Error> {
        let listing = self.inner.lineup.find(channel)?;
        let (shard, session) = (self.inner.shard_of(session), session.clone());
        self.inner.ask(shard, |done| Command::Select { session, listing, done }).await?
    }

    /// Ends a session.
    pub async fn leave(&self, session: &SessionId) -> Result<(), Error> {
        let (shard, session) = (self.inner.shard_of(session), session.clone());
        self.inner.ask(shard, |done| Command::Leave { session, done }).await?
    }

    /// Entity tag of a session, without quotes.
    pub async fn etag(&self, session: &SessionId) -> Result<String, Error> {
        Ok(self.ice_session(session).await?.local)
    }

    async fn ice_session(&self, session: &SessionId) -> Result<IceSession, Error> {
        let (shard, session) = (self.inner.shard_of(session), session.clone());
        self.inner.ask(shard, |done| Command::Find { session, done }).await?
    }

    /// Whether all threads live: a shard or the slate player that is gone is a fault that only a new start mends.
    pub fn is_alive(&self) -> bool {
        self.inner.shards.iter().all(|shard| lives(&shard.life)) && lives(&self.inner.slate_life)
    }

    /// Counters for /metrics.
    pub fn stats(&self) -> Stats {
        let hub = &self.inner;
        let sum = |counter: fn(&Counters) -> &std::sync::atomic::AtomicU64| -> u64 {
            hub.shards.iter().map(|shard| counter(&shard.counters).load(Ordering::Relaxed)).sum()
        };
        let shards: Vec<usize> = hub.living_shards().map(|(number, _)| number).collect();
        let listings = hub.lineup.all();
        Stats {
            viewers: listings.iter().map(|listing| (listing.channel.id().clone(), listing.audience(&shards))).collect(),
            packets_sent: sum(|counters| &counters.packets),
            bytes_sent: sum(|counters| &counters.bytes),
            resent: sum(|counters| &counters.again),
            lagged: sum(|counters| &counters.lagged),
            unsent: sum(|counters| &counters.unsent),
            strays: sum(|counters| &counters.strays),
        }
    }

    /// How long a packet takes to each co-host who listens to their call, and back, by their own reports (RFC 3550 §6.4.1).
    /// One of whom no report has come yet is not there.
    pub fn round_trips(&self) -> Vec<(CohostId, Duration)> {
        let listings = self.inner.lineup.all();
        let measured = listings.iter().filter_map(|listing| match listing.channel.id() {
            ChannelId::Call(cohost) => Some((cohost.clone(), listing.round_trip()?)),
            _ => None,
        });
        measured.collect()
    }

    /// Ends all sessions and threads; returns when they have ended.
    pub async fn stop(&self) {
        end(&self.inner);
        let threads =
            std::mem::take(&mut *self.inner.threads.lock().expect("no code panics while it holds the threads"));
        let join = tokio::task::spawn_blocking(move || {
            for thread in threads {
                let name = thread.thread().name().unwrap_or("?").to_owned();
                if thread.join().is_err() {
                    tracing::error!(thread = name, "a thread of the hub had panicked");
                }
            }
        });
        if tokio::time::timeout(ANSWER, join).await.is_err() {
            tracing::error!("the hub's threads did not end within {} s", ANSWER.as_secs());
        }
    }
}
