//! A whole server on loopback, with two cities and nobody on air.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use regia::director::{Director, Engines};
use regia::gst::EventClock;
use regia::http::{self, Context, IceServer};
use regia::rtp::{Channel, Slate};
use regia::secret::Key;
use regia::show::{ChannelId, City, CityId, Effect, Setup, Show};
use regia::{contribution, distribution};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::client::{Answer, DEADLINE, ask};

/// The cities of a test server.
pub const CITIES: [&str; 2] = ["lecce", "roma"];

/// A running server.
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// Opens commands.
    pub operator_key: Key,
    /// Asks the show without HTTP, for tests that need many commands at once.
    pub director: Director,
    /// What the server is told of the engines of program.
    pub program_lives: Arc<AtomicBool>,
    city_keys: HashMap<CityId, Key>,
    contribution: contribution::Hub,
    distribution: distribution::Hub,
    shutdown_tx: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

/// Engines that do nothing: these tests are about what is said, not about what is seen.
struct NoEngines;

impl Engines for NoEngines {
    fn run(&mut self, _: Effect) {}
}

impl Server {
    /// Starts one. Needs a multi-threaded runtime, since the tests' clients block.
    pub async fn start() -> Self {
        gstreamer::init().unwrap();
        let clock = EventClock::start();
        let cities =
            CITIES.map(|id| City { id: id.parse().unwrap(), name: id.into(), time_zone: "Europe/Rome".into() });
        let (fact_tx, facts) = mpsc::channel(64);

        let channels = CITIES.map(|id| Channel::new(ChannelId::City(id.parse().unwrap())));
        let seats =
            channels.iter().map(|channel| contribution::Seat { city: city_of(channel), channel: channel.clone() });
        let contribution =
            contribution::Hub::start(contribution_config(), clock.clone(), seats.collect(), fact_tx).unwrap();
        let slate = Arc::new(no_picture());
        let outlets = channels.iter().cloned().chain([Channel::new(ChannelId::Program)]);
        let outlets = outlets.map(|channel| distribution::Outlet { channel, slate: slate.clone() });
        let distribution = distribution::Hub::start(&distribution_config(), outlets.collect(), clock.epoch()).unwrap();

        let show = Show::new(Setup { title: "Una sera".into(), cities: cities.into() }, clock.show_time()).unwrap();
        let show_clock = clock.clone();
        let (director, _) = Director::spawn(show, move || show_clock.show_time(), NoEngines, facts);

        let operator_key = Key::random();
        let city_keys: HashMap<CityId, Key> = CITIES.map(|id| (id.parse().unwrap(), Key::random())).into();
        let program_lives = Arc::new(AtomicBool::new(true));
        let watched = program_lives.clone();
        let context = Context {
            director: director.clone(),
            contribution: contribution.clone(),
            distribution: distribution.clone(),
            operator_key: operator_key.clone(),
            city_keys: city_keys.clone(),
            ice_servers: vec![
                IceServer::new("stun:stun.example.org:3478", None, true).unwrap(),
                IceServer::new("turn:turn.example.org", Some(("crew", "secret")), false).unwrap(),
            ],
            now: Arc::new(move || clock.show_time()),
            program_lives: Arc::new(move || watched.load(Ordering::Relaxed)),
            engine: Arc::new(regia::media::picture::Stats::default),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (shutdown_tx, shutdown) = oneshot::channel::<()>();
        let served = tokio::spawn(http::serve(listener, http::router(context), async move { drop(shutdown.await) }));
        Self { url, operator_key, program_lives, city_keys, director, contribution, distribution, shutdown_tx, served }
    }

    /// A city's key.
    pub fn city_key(&self, city: &str) -> &str {
        self.city_keys[&city.parse::<CityId>().unwrap()].reveal()
    }

    /// The Authorization header of a city's publisher.
    pub fn publisher(&self, city: &str) -> String {
        format!("Bearer {}", self.city_key(city))
    }

    /// The Authorization header of the operator.
    pub fn operator(&self) -> String {
        format!("Bearer {}", self.operator_key.reveal())
    }

    /// Asks for a path.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(method, &format!("{}{path}", self.url), headers, body)
    }

    /// Posts a command envelope as the operator.
    pub fn post_command(&self, envelope: &Value) -> Answer {
        let headers = [("Authorization", &*self.operator()), ("Content-Type", "application/json")];
        self.ask("POST", "/api/v1/commands", &headers, envelope.to_string().as_bytes())
    }

    /// Asks the server to end and returns at once.
    pub fn begin_stop(self) -> Stopping {
        let _ = self.shutdown_tx.send(());
        Stopping {
            director: self.director,
            contribution: self.contribution,
            distribution: self.distribution,
            served: self.served,
        }
    }

    /// Ends it, within the deadline.
    pub async fn stop(self) {
        self.begin_stop().wait().await;
    }
}

/// A server that was asked to end.
pub struct Stopping {
    director: Director,
    contribution: contribution::Hub,
    distribution: distribution::Hub,
    served: JoinHandle<std::io::Result<()>>,
}

impl Stopping {
    /// Waits until it has ended.
    pub async fn wait(self) {
        tokio::time::timeout(DEADLINE, self.served).await.expect("HTTP ends in time").unwrap().unwrap();
        self.contribution.stop().await;
        self.distribution.stop().await;
        self.director.stop().await;
    }
}

fn city_of(channel: &Channel) -> CityId {
    match channel.id() {
        ChannelId::City(city) => city.clone(),
        ChannelId::Program => panic!("program has no seat"),
    }
}

fn contribution_config() -> contribution::Config {
    contribution::Config {
        listen: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        ports: 0..=0,
        public_address: None,
        stun_server: None,
        turn_servers: Vec::new(),
        jitter_buffer: Duration::from_millis(60),
    }
}

fn distribution_config() -> distribution::Config {
    distribution::Config {
        listen: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        port: 0,
        public_address: None,
        shards: 1,
        max_viewers: 8,
    }
}

/// A slate of one picture that no decoder understands; nobody looks.
fn no_picture() -> Slate {
    Slate {
        pictures: vec![vec![Arc::from([0x65, 0x88, 0x84, 0x00])]],
        interval: Duration::from_millis(40),
        silence: Arc::from([0xf8, 0xff, 0xfe]),
    }
}
