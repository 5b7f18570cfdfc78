//! Assembles the parts in one order, runs them, and takes them down in the other.
//!
//! Order: clock, channels, slates, distribution, picture and sound, decoders, contribution, director, HTTP. The outside
//! is opened last and closed first, so nobody meets a half-built house.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::director::{Director, Engines};
use crate::distribution::Outlet;
use crate::gst::EventClock;
use crate::rtp::{Channel, SessionNumber};
use crate::show::{ChannelId, Effect, Show, ShowTime};
use crate::{contribution, distribution, http, media};

/// Facts that may wait for the director: each city sends a handful a second at worst.
const FACTS: usize = 256;

/// How long each part may take to end.
const GOODBYE: Duration = Duration::from_secs(5);

/// A running evening.
pub struct App {
    address: SocketAddr,
    director: Director,
    director_task: JoinHandle<()>,
    contribution: contribution::Hub,
    distribution: distribution::Hub,
    engines: Arc<MediaEngines>,
    decoders: Vec<media::Decoder>,
    channels: Vec<Arc<Channel>>,
    http_task: JoinHandle<std::io::Result<()>>,
    close_http: oneshot::Sender<()>,
}

impl App {
    /// Builds everything and opens the house. Returns when it takes requests.
    ///
    /// # Errors
    /// When a part cannot start: an element is missing, a port is taken.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        gstreamer_init()?;
        let clock = EventClock::start();
        let cities = config.cities();

        let program = Channel::new(ChannelId::Program);
        let city_channels: Vec<_> =
            cities.iter().map(|city| Channel::new(ChannelId::City(city.id.clone()))).collect();
        let channels: Vec<_> = std::iter::once(&program).chain(&city_channels).cloned().collect();

        let slates = encode_slates(&config, &clock).await?;
        let outlets =
            channels.iter().cloned().zip(slates).map(|(channel, slate)| Outlet { channel, slate }).collect();
        let distribution = distribution::Hub::start(&config.distribution(), outlets, clock.epoch())
            .context("viewers cannot be served")?;

        let (facts_tx, facts_rx) = mpsc::channel(FACTS);
        let engines = Arc::new(MediaEngines::start(&config, &clock, &program, facts_tx.clone())?);
        let decoders = cities
            .iter()
            .zip(&city_channels)
            .map(|(city, channel)| engines.decoder(&city.id, channel, &clock))
            .collect::<anyhow::Result<Vec<_>>>()?;

        let seats = cities
            .iter()
            .zip(&city_channels)
            .map(|(city, channel)| contribution::Seat { city: city.id.clone(), channel: Arc::clone(channel) })
            .collect();
        let contribution = contribution::Hub::start(config.contribution(), clock.clone(), seats, facts_tx)
            .context("cities cannot be received")?;

        let show = Show::new(config.event.title.clone(), cities.clone(), clock.show_time())
            .context("the show cannot begin")?;
        let show_clock = clock.clone();
        let (director, director_task) =
            Director::spawn(show, move || show_clock.show_time(), Hands::new(&engines), facts_rx);

        let listener = tokio::net::TcpListener::bind(config.http.listen)
            .await
            .with_context(|| format!("[http] listen = \"{}\" cannot be opened: is it in use?", config.http.listen))?;
        let address = listener.local_addr()?;
        let context = http::Context {
            director: director.clone(),
            contribution: contribution.clone(),
            distribution: distribution.clone(),
            operator_key: config.operator.key.clone(),
            city_keys: config.city_keys().collect::<HashMap<_, _>>(),
            ice_servers: config.ice_servers(),
            clock: Arc::new(move || clock.show_time()),
        };
        let (close_http, closed) = oneshot::channel();
        let http_task = tokio::spawn(http::serve(listener, http::router(context), async move {
            // A dropped sender closes too: the app is gone.
            let _ = closed.await;
        }));
        tracing::info!(%address, cities = cities.len(), "regia is open");
        Ok(Self {
            address,
            director,
            director_task,
            contribution,
            distribution,
            engines,
            decoders,
            channels,
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

    /// The channel of this name.
    pub fn channel(&self, id: &ChannelId) -> Option<&Arc<Channel>> {
        self.channels.iter().find(|channel| channel.id() == id)
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
        tracing::info!("regia closes");
        self.stop().await;
        cause
    }

    /// Takes everything down: the outside first.
    pub async fn stop(self) {
        let _ = self.close_http.send(());
        if !self.http_task.is_finished() {
            in_time("HTTP", self.http_task).await;
        }
        in_time("contribution", self.contribution.stop()).await;
        in_time("distribution", self.distribution.stop()).await;
        self.director.stop().await;
        if !self.director_task.is_finished() {
            in_time("director", self.director_task).await;
        }
        // Pipelines block while they go to Null.
        let (decoders, engines) = (self.decoders, self.engines);
        in_time("media", tokio::task::spawn_blocking(move || drop((decoders, engines)))).await;
    }
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

async fn in_time<T>(part: &str, end: impl Future<Output = T>) {
    if tokio::time::timeout(GOODBYE, end).await.is_err() {
        tracing::warn!(part, seconds = GOODBYE.as_secs(), "a part did not end in time and is left behind");
    }
}

/// Picture and sound, and who carries which out.
struct MediaEngines {
    picture: media::picture::Engine,
    sound: media::sound::Engine,
}
