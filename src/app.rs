//! Assembles the parts in one order, runs them, and takes them down in the other.
//!
//! Order: clock, the channels of the house with their slates, distribution, engines, contribution, telephone, the cities one by one, director, HTTP.
//! The outside is opened last and closed first, so nobody meets a half-built house.

mod alarms;
mod calls;
mod cities;
mod clips;
mod delays;
mod engines;
mod folder;
mod memory;
mod music;
mod round_trips;

use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use self::calls::{Calls, Lines};
use self::cities::{Change, Channels, Cities, House};
use self::engines::{Engines, Hands};
pub use self::memory::Ledger;
use self::memory::Recalled;
use crate::config::{self, Config};
use crate::director::Director;
use crate::distribution::Outlet;
use crate::gst::{EventClock, probe};
use crate::media::Format;
use crate::rtp::Channel;
use crate::show::{ChannelId, Mix, Seat, Setup};
use crate::store::Store;
use crate::{asrun, contribution, distribution, http, media, radio, tally, telephone};

/// Facts that may wait for the director: each city sends a handful a second at worst.
const FACTS: usize = 256;

/// How long each part may take to end: longer than the parts' own deadlines, which know better what hangs.
const GOODBYE: Duration = Duration::from_secs(8);

/// A running evening.
#[derive(Debug)]
pub struct App {
    address: SocketAddr,
    channels: Channels,
    cities: Cities,
    cities_task: JoinHandle<()>,
    director: Director,
    director_task: JoinHandle<()>,
    contribution: contribution::Hub,
    telephone: Option<telephone::Hub>,
    calls_task: Option<JoinHandle<()>>,
    distribution: distribution::Hub,
    engines: Arc<Engines>,
    monitors: [media::picture::Monitor; 2],
    radio: radio::Hub,
    /// The radio's sound on its way there.
    radio_feed: media::sound::Tap,
    store: Store,
    watch_task: JoinHandle<()>,
    ear_task: JoinHandle<()>,
    distance_task: JoinHandle<()>,
    tally_task: JoinHandle<()>,
    http_task: JoinHandle<std::io::Result<()>>,
    close_http: oneshot::Sender<()>,
}

impl App {
    /// Builds everything and opens the house: with the show that the store holds, or a new one from the settings if it holds
    /// none. Returns when it takes requests.
    ///
    /// # Errors
    /// When a part cannot start: an element is missing, a port is taken, the store cannot be read.
    pub async fn start(config: Config, store: Store) -> anyhow::Result<Self> {
        probe::init().context("GStreamer does not start; `regia doctor` tells more")?;
        let setup = Setup { title: config.event.title.clone(), cities: config.cities() };
        let Recalled { show, origin, alarm } = tokio::task::block_in_place(|| memory::recall(&store, setup))?;
        let clock = EventClock::start_at(origin);
        let title = show.view(origin).title;
        let house = [ChannelId::Program, ChannelId::Preview, ChannelId::Multiview, ChannelId::Radio].map(Channel::new);
        let [program, preview, multiview, radio] = &house;
        let channels = Channels::new(house.to_vec());

        // The listener comes first: "port in use" is the most common mistake, and the cheapest to find.
        let listener = tokio::net::TcpListener::bind(config.http.listen)
            .await
            .with_context(|| format!("[http] listen = \"{}\" cannot be opened: is it in use?", config.http.listen))?;
        let address = listener.local_addr()?;

        let on_program = outlet(engines::format(&config), &title, program, &clock).await?;
        let slate = Arc::clone(&on_program.slate);
        let outlets = vec![
            on_program,
            Outlet { channel: Arc::clone(radio), slate: Arc::new(cities::silence(&slate)) },
            outlet(config.monitor.preview.format(), "Preview", preview, &clock).await?,
            outlet(config.monitor.multiview.format(), "Multiview", multiview, &clock).await?,
        ];
        let distribution = distribution::Hub::start(&config.distribution(), outlets, clock.epoch())
            .context("viewers cannot be served")?;
        let (facts_tx, facts_rx) = mpsc::channel(FACTS);
        // Slates are rendered and pipelines started here: not for a thread that others wait for.
        let engines =
            tokio::task::block_in_place(|| Engines::start(&config, &title, &clock, program, facts_tx.clone()))?;
        engines.open(&Mix::Radio, radio)?;
        let engines = Arc::new(engines);
        let contribution = contribution::Hub::start(config.contribution(), clock.clone(), Vec::new(), facts_tx.clone())
            .context("cities cannot be received")?;
        let opened = calls::open(config.telephone(), &clock).await?;
        let telephone = opened.as_ref().map(|(hub, _)| hub.clone());
        let (cities, cities_task) = Cities::start(House {
            format: engines::format(&config),
            clock: clock.clone(),
            channels: channels.clone(),
            contribution: contribution.clone(),
            distribution: distribution.clone(),
            lines: Lines::new(telephone.clone(), facts_tx.clone()),
            engines: Arc::clone(&engines),
            slate: Mutex::new(slate),
        });
        for Seat { city, slate_text, .. } in show.snapshot().cities {
            let name = city.name.clone();
            // One that cannot be built does not keep the others from the air; where it is shown its place stays black.
            if let Err(error) = cities.carry_out(Change::Add { city, slate_text }).await {
                tracing::error!(city = name, "a city finds no place: {error:#}");
            }
        }

        for cohost in show.snapshot().cohosts {
            let name = cohost.name.clone();
            let add = if cohost.call.is_telephone() { Change::AddCaller } else { Change::AddCohost };
            if let Err(error) = cities.carry_out(add(cohost.cohost())).await {
                tracing::error!(cohost = name, "a co-host finds no place: {error:#}");
            }
        }

        let station = radio::Hub::start(config.radio(), clock.clone()).context("the radio cannot be sent")?;
        let feed = station.input();
        let radio_feed = engines.tap(&Mix::Radio, move |at, block| feed.push(at, block))?;

        let (heard_facts, distance_facts) = (facts_tx.clone(), facts_tx.clone());
        let (calls, calls_task) = Calls::start(opened, cities.clone(), facts_tx, clock.clone());
        let show_clock = clock.clone();
        let ledger = Ledger::new(store.writer().clone());
        let (director, director_task) = Director::spawn(
            show,
            move || show_clock.show_time(),
            Hands::new(&engines, cities.clone(), calls, station.clone()),
            ledger,
            facts_rx,
        );
        let heard = director.clone();
        let ear_task = alarms::listen(engines.meters(), engines.loops(), move || heard.view(), heard_facts);
        let distance_task = round_trips::tell(distribution.clone(), director.clone(), distance_facts);
        let watched = director.clone();
        let monitors = engines.monitors(&config, [preview, multiview], move || watched.view())?;
        let watch_clock = clock.clone();
        let watch_task =
            tokio::spawn(memory::watch(store.clone(), director.clone(), move || watch_clock.show_time(), alarm));

        let tally_task = tally::start(config.tally(), director.clone());

        memory::seed(&store, &config).await;
        let (measured, watched) = (Arc::downgrade(&engines), Arc::downgrade(&engines));
        let context = http::Context {
            director: director.clone(),
            contribution: contribution.clone(),
            open_talkback: open_talkback(&cities),
            distribution: distribution.clone(),
            radio: station.clone(),
            store: store.clone(),
            public_url: config.http.public_url.clone(),
            as_run: as_run(&config)?,
            ice_servers: ice_servers(&config)?,
            now: Arc::new(move || clock.show_time()),
            wall: Arc::new(memory::wall_now),
            program_lives: Arc::new(move || watched.upgrade().is_some_and(|engines| engines.are_alive())),
            meters: engines.meters(),
            engine: Arc::new(move || measured.upgrade().map(|engines| engines.picture_stats()).unwrap_or_default()),
        };
        let (close_http, closed) = oneshot::channel::<()>();
        let http_task = tokio::spawn(http::serve(listener, http::router(context), async move {
            // A dropped sender closes as well: the app is gone.
            let _ = closed.await;
        }));
        tracing::info!(%address, channels = channels.count(), "regia is open");
        Ok(Self {
            address,
            channels,
            cities,
            cities_task,
            director,
            director_task,
            contribution,
            telephone,
            calls_task,
            distribution,
            engines,
            monitors,
            radio: station,
            radio_feed,
            store,
            watch_task,
            ear_task,
            distance_task,
            tally_task,
            http_task,
            close_http,
        })
    }

    /// Where HTTP is served; the port is real also when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The director's handle.
    pub fn director(&self) -> &Director {
        &self.director
    }

    /// The channel of this name, if there is one now.
    pub fn channel(&self, id: &ChannelId) -> Option<Arc<Channel>> {
        self.channels.find(id)
    }

    /// The hub that receives cities.
    pub fn contribution(&self) -> &contribution::Hub {
        &self.contribution
    }

    /// The hub that serves viewers.
    pub fn distribution(&self) -> &distribution::Hub {
        &self.distribution
    }

    /// The radio by HTTP.
    pub fn radio(&self) -> &radio::Hub {
        &self.radio
    }

    /// How many mixes besides program are being encoded: those that somebody listens to.
    pub fn mixes_encoded(&self) -> usize {
        self.engines.mixes_encoded()
    }

    /// The picture engine's counters.
    pub fn picture_stats(&self) -> media::picture::Stats {
        self.engines.picture_stats()
    }

    /// Runs until `end` is ready or a part that must live has died; then takes everything down in order.
    ///
    /// # Errors
    /// When the HTTP server or the director died by itself.
    pub async fn run(mut self, end: impl Future<Output = ()>) -> anyhow::Result<()> {
        let cause = tokio::select! {
            () = end => Ok(()),
            served = &mut self.http_task => Err(anyhow::anyhow!("the HTTP server ended: {served:?}")),
            died = &mut self.director_task => Err(anyhow::anyhow!("the director ended: {died:?}")),
        };
        self.stop().await;
        cause
    }

    /// Takes everything down: the outside first.
    pub async fn stop(self) {
        tracing::info!("regia closes");
        // Who listens has gone only if HTTP has ended by itself.
        let _ = self.close_http.send(());
        ended("http", self.http_task).await;
        drop(self.radio_feed);
        in_time("radio", self.radio.stop()).await;
        if let Some(telephone) = self.telephone {
            in_time("telephone", telephone.stop()).await;
        }
        in_time("contribution", self.contribution.stop()).await;
        in_time("distribution", self.distribution.stop()).await;
        in_time("director", self.director.stop()).await;
        ended("director", self.director_task).await;
        // It ends with the director's hands, and holds the cities.
        if let Some(calls) = self.calls_task {
            ended("calls", calls).await;
        }
        // It puts out the lamps when the show has ended.
        ended("tally", self.tally_task).await;
        self.watch_task.abort();
        self.ear_task.abort();
        self.distance_task.abort();
        if let Err(error) = self.store.close(GOODBYE).await {
            tracing::error!(%error, "the end of the evening is not written");
        }
        // The last handle; the director's has gone with its task.
        drop(self.cities);
        ended("cities", self.cities_task).await;
        // Pipelines block while they stop.
        let (monitors, engines) = (self.monitors, self.engines);
        let drop_all = move || {
            // Who reads goes before who is read.
            drop(monitors);
            drop(engines);
        };
        in_time("engines", tokio::task::spawn_blocking(drop_all)).await;
        tracing::info!("regia is closed");
    }
}

/// Runs an evening until the process is asked to end, and says where its pages are.
///
/// # Errors
/// When a part cannot start, or one that must live has died.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let said = config.http.public_url.clone();
    let path = config.store.path.clone();
    let opened = tokio::task::spawn_blocking(move || Store::open(&path, memory::wall_now().unix_micros()));
    let store = opened.await.context("the store's thread ended")?.context("the store cannot be opened")?;
    let app = App::start(config, store).await?;
    let url = said.unwrap_or_else(|| format!("http://{}", reachable(app.address())));
    announce(&format!("watch    {url}/\nconsole  {url}/console\n"));
    app.run(asked_to_end()).await
}

/// Says on standard output what people asked for. An evening does not end because nobody reads it.
pub(crate) fn announce(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        tracing::warn!(%error, "standard output takes nothing; the addresses are in the log");
    }
}

/// An address of this machine that a browser on it can open.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        named => named,
    }
}

/// Whether the pages are in the binary.
pub fn has_pages() -> bool {
    http::has_pages()
}

/// The STUN and TURN servers that publishers and viewers are told of.
fn ice_servers(config: &Config) -> anyhow::Result<Vec<http::IceServer>> {
    let told = |server: config::IceServer| {
        let login = server.login.as_ref().map(|(username, password)| (username.as_str(), password.reveal()));
        http::IceServer::new(&server.url, login, server.for_viewers)
    };
    config.ice_servers().into_iter().map(told).collect::<Result<_, _>>().context("[network] cannot be told to browsers")
}

/// Seats talkback microphones, one after another, as the task does everything.
fn open_talkback(cities: &Cities) -> http::OpenTalkback {
    let cities = cities.weak();
    Arc::new(move |operator| {
        let cities = cities();
        Box::pin(async move {
            let Some(cities) = cities else { return false };
            // What failed is in the log.
            let seated = tokio::time::timeout(GOODBYE, cities.carry_out(Change::AddTalkback(operator))).await;
            matches!(seated, Ok(Ok(())))
        })
    })
}

/// How program is counted in cut lists.
fn as_run(config: &Config) -> anyhow::Result<asrun::Format> {
    let time_zone = jiff::tz::TimeZone::get(&config.event.time_zone).context("[event] time_zone is not known")?;
    Ok(asrun::Format { fps: config.program.fps, time_zone, alignment: engines::alignment(config) })
}

/// Ready when the operating system asks the process to end: Ctrl-C or SIGTERM.
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be awaited; Ctrl-C still ends regia");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// A channel of the house with the slate that stands in for it.
async fn outlet(format: Format, title: &str, channel: &Arc<Channel>, clock: &EventClock) -> anyhow::Result<Outlet> {
    let (title, clock) = (title.to_owned(), clock.clone());
    let slate = tokio::task::spawn_blocking(move || {
        media::slate::encode(&format, &media::slate::Words::new(&title, ""), &clock)
    });
    let slate = slate.await.context("the slate's thread ended")?.context("the slate cannot be made")?;
    Ok(Outlet { channel: Arc::clone(channel), slate: Arc::new(slate) })
}

/// Waits until a task has ended; one that was awaited to its end already is over.
async fn ended<T>(part: &str, task: JoinHandle<T>) {
    if !task.is_finished() {
        in_time(part, task).await;
    }
}

async fn in_time<T>(part: &str, end: impl Future<Output = T>) {
    if tokio::time::timeout(GOODBYE, end).await.is_err() {
        tracing::warn!(part, seconds = GOODBYE.as_secs(), "a part did not end in time and is left behind");
    }
}
