//! A whole server on loopback, with two cities and nobody on air.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use regia::app::Ledger;
use regia::director::{Director, Engines, Journal};
use regia::gst::EventClock;
use regia::http::{self, Context, IceServer};
use regia::rtp::{Channel, Slate};
use regia::secret::{Key, Password};
use regia::show::{
    Actor, Caller, ChannelId, City, CityId, ContributionId, Effect, Fact, Recorded, Role, Setup, Show, Snapshot,
    WallTime,
};
use regia::store::{Seed, Store};
use regia::{contribution, distribution, radio};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::client::{Answer, DEADLINE, ask};
use super::media;

/// The cities of a test server.
pub const CITIES: [&str; 2] = ["lecce", "roma"];

/// The password of every operator of a test server.
pub const PASSWORD: &str = "correct horse battery";

/// A running server.
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// The key of a machine that directs.
    pub operator_key: Key,
    /// Who may come in.
    pub store: Store,
    /// µs by which the server's wall clock is ahead of this machine's.
    pub wall_ahead_us: Arc<AtomicI64>,
    /// Asks the show without HTTP, for tests that need many commands at once.
    pub director: Director,
    /// What the server is told of the engines of program.
    pub program_lives: Arc<AtomicBool>,
    /// The state after the last event.
    pub state: Arc<Mutex<Option<Snapshot>>>,
    /// Where viewers are served.
    pub distribution: distribution::Hub,
    /// The radio, which nobody feeds.
    pub radio: radio::Hub,
    city_keys: HashMap<CityId, Key>,
    contribution: contribution::Hub,
    shutdown_tx: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

/// Engines that do nothing: these tests are about what is said, not about what is seen.
struct NoEngines;

impl Engines for NoEngines {
    fn run(&mut self, _: Effect) {}
}

/// The app's memory, and the last state beside it.
struct Memory(Ledger, Arc<Mutex<Option<Snapshot>>>);

impl Journal for Memory {
    fn record(&mut self, events: &[Recorded], show: &Show) {
        self.0.record(events, show);
        *self.1.lock().unwrap() = Some(show.snapshot());
    }
}

impl Server {
    /// Starts one. Needs a multi-threaded runtime, since the tests' clients block.
    pub async fn start() -> Self {
        Self::start_on(Store::in_memory().unwrap(), None).await
    }

    /// Starts one on a store, known by this address.
    pub async fn start_on(store: Store, public_url: Option<&str>) -> Self {
        Self::start_with(store, public_url, radio::Config::default()).await
    }

    /// Starts one with a radio of this kind.
    pub async fn start_with(store: Store, public_url: Option<&str>, radio: radio::Config) -> Self {
        gstreamer::init().unwrap();
        let clock = EventClock::start();
        let cities =
            CITIES.map(|id| City { id: id.parse().unwrap(), name: id.into(), time_zone: "Europe/Rome".into() });
        let (fact_tx, facts) = mpsc::channel(64);

        let channels = CITIES.map(|id| Channel::new(ChannelId::City(id.parse().unwrap())));
        let seats =
            channels.iter().map(|channel| contribution::Seat { id: city_of(channel).into(), channel: channel.clone() });
        let contribution =
            contribution::Hub::start(contribution_config(), clock.clone(), seats.collect(), fact_tx).unwrap();
        let slate = Arc::new(no_picture());
        let house = [ChannelId::Program, ChannelId::Preview, ChannelId::Multiview].map(Channel::new);
        let outlets = channels.iter().cloned().chain(house);
        let outlets = outlets.map(|channel| distribution::Outlet { channel, slate: slate.clone() });
        let distribution = distribution::Hub::start(&distribution_config(), outlets.collect(), clock.epoch()).unwrap();

        let setup = Setup { title: "Una sera".into(), cities: cities.into() };
        let show = Show::new(setup, now(0), clock.show_time()).unwrap();
        let show_clock = clock.clone();
        let state = Arc::default();
        let memory = Memory(Ledger::new(store.writer().clone()), Arc::clone(&state));
        let (director, _) = Director::spawn(show, move || show_clock.show_time(), NoEngines, memory, facts);

        let operator_key = Key::random();
        let city_keys: HashMap<CityId, Key> = CITIES.map(|id| (id.parse().unwrap(), Key::random())).into();
        let seed = Seed { city_keys: city_keys.clone().into_iter().collect(), operator_key: operator_key.clone() };
        store.seed(seed, now(0).unix_micros()).await.unwrap();
        let radio = radio::Hub::start(radio, clock.clone()).unwrap();
        let wall_ahead_us = Arc::new(AtomicI64::new(0));
        let wall = wall_ahead_us.clone();
        let program_lives = Arc::new(AtomicBool::new(true));
        let watched = program_lives.clone();
        let context = Context {
            director: director.clone(),
            contribution: contribution.clone(),
            open_talkback: talkback(&contribution),
            distribution: distribution.clone(),
            radio: radio.clone(),
            store: store.clone(),
            public_url: public_url.map(str::to_owned),
            as_run: regia::asrun::Format {
                fps: 25,
                time_zone: jiff::tz::TimeZone::get("Europe/Rome").unwrap(),
                alignment: Duration::from_millis(100),
            },
            ice_servers: vec![
                IceServer::new("stun:stun.example.org:3478", None, true).unwrap(),
                IceServer::new("turn:turn.example.org", Some(("crew", "secret")), false).unwrap(),
            ],
            now: Arc::new(move || clock.show_time()),
            wall: Arc::new(move || now(wall.load(Ordering::Relaxed))),
            // There is no desk: nothing is ever read.
            meters: tokio::sync::watch::channel(Arc::default()).1,
            program_lives: Arc::new(move || watched.load(Ordering::Relaxed)),
            engine: Arc::new(regia::media::picture::Stats::default),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (shutdown_tx, shutdown) = oneshot::channel::<()>();
        let served = tokio::spawn(http::serve(listener, http::router(context), async move { drop(shutdown.await) }));
        Self {
            url,
            operator_key,
            store,
            wall_ahead_us,
            program_lives,
            state,
            city_keys,
            director,
            contribution,
            distribution,
            radio,
            shutdown_tx,
            served,
        }
    }

    /// A city's key.
    pub fn city_key(&self, city: &str) -> &str {
        self.city_keys[&city.parse::<CityId>().unwrap()].reveal()
    }

    /// The Authorization header of a city's publisher.
    pub fn publisher(&self, city: &str) -> String {
        format!("Bearer {}", self.city_key(city))
    }

    /// Moves the server's wall clock on.
    pub fn pass(&self, time: Duration) {
        self.wall_ahead_us.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::Relaxed);
    }

    /// Adds an operator with these roles, with commas between them.
    pub async fn add_operator(&self, name: &str, roles: &str) {
        let password = Password::try_from(PASSWORD.to_owned()).unwrap();
        let added = self.store.people().add_operator(name.parse().unwrap(), roles.parse().unwrap(), password, 0);
        added.await.unwrap();
    }

    /// Signs an operator in.
    pub fn sign_in(&self, name: &str, password: &str) -> Answer {
        let body = serde_json::json!({"name": name, "password": password}).to_string();
        self.ask("POST", "/api/v1/session", &[("Content-Type", "application/json")], body.as_bytes())
    }

    /// Adds an operator who signs in; the Cookie header of their browser.
    pub async fn cookie(&self, name: &str, roles: &str) -> String {
        self.add_operator(name, roles).await;
        let answer = self.sign_in(name, PASSWORD);
        assert_eq!(answer.status(), 200, "{}", answer.body());
        answer.header("Set-Cookie").split(';').next().unwrap().to_owned()
    }

    /// Asks with a JSON body, or none if it is null, as who has this header.
    pub fn ask_json(&self, method: &str, path: &str, who: (&str, &str), body: &Value) -> Answer {
        match body {
            Value::Null => self.ask(method, path, &[who], b""),
            body => self.ask(method, path, &[who, ("Content-Type", "application/json")], body.to_string().as_bytes()),
        }
    }

    /// The media folder has been read: there is a lower third.
    pub async fn read_media(&self) {
        self.director.observe(Fact::MediaRead { media: media::folder() }).await.unwrap();
    }

    /// Commands the show as its director, without HTTP.
    pub async fn direct(&self, command: regia::show::Command) {
        let director = Caller::new(Actor::Machine("operator".parse().unwrap()), [Role::Director]);
        self.director.command(command, &director).await.unwrap();
    }

    /// The Authorization header of a machine that directs.
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
            radio: self.radio,
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
    radio: radio::Hub,
    served: JoinHandle<std::io::Result<()>>,
}

impl Stopping {
    /// Waits until it has ended.
    pub async fn wait(self) {
        tokio::time::timeout(DEADLINE, self.served).await.expect("HTTP ends in time").unwrap().unwrap();
        self.radio.stop().await;
        self.contribution.stop().await;
        self.distribution.stop().await;
        self.director.stop().await;
    }
}

/// The wall clock, so many µs ahead.
fn now(ahead_us: i64) -> WallTime {
    let us = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    WallTime::from_unix_micros(i64::try_from(us).unwrap() + ahead_us)
}

fn city_of(channel: &Channel) -> CityId {
    match channel.id() {
        ChannelId::City(city) => city.clone(),
        house => panic!("{house} has no seat"),
    }
}

/// Seats that nobody listens to.
fn talkback(contribution: &contribution::Hub) -> http::OpenTalkback {
    let contribution = contribution.clone();
    Arc::new(move |operator| {
        let id = ContributionId::Talkback(operator);
        let seat = contribution::Seat { channel: Channel::new(id.channel()), id };
        // There is one already, perhaps.
        drop(contribution.add(seat));
        Box::pin(std::future::ready(true))
    })
}

fn contribution_config() -> contribution::Config {
    contribution::Config {
        listen: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        ports: 0..=0,
        public_address: None,
        stun_server: None,
        turn_servers: Vec::new(),
        jitter_buffer: Duration::from_millis(60),
        call_jitter_buffer: Duration::from_millis(20),
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
