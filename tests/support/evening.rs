//! A whole evening in this process: the real app on loopback, with publishers and viewers as a test needs them.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use regia::app::App;
use regia::config::Config;
use regia::gst::EventClock;
use regia::publish::{self, Picture, Publisher, Retry, SentNal, State};
use regia::secret::Key;
use regia::show::{Actor, Caller, ChannelId, CityId, CityState, Command, Role, Source, View};
use regia::store::Store;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::client::ask;
use super::decode::Recording;
use super::viewer::{self, Keep, Pool, Viewer, Wants};

/// Longest wait for a fact; a busy machine may need most of it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The key of a machine that directs.
pub const OPERATOR: &str = "operator-of-the-test";

/// The cities of a test's evening.
pub const CITIES: [&str; 3] = ["lecce", "roma", "milano"];

/// A running app with its addresses and keys.
pub struct Evening {
    pub app: App,
    pub url: String,
    clock: EventClock,
}

/// How a test's city publishes.
pub struct Publishing {
    config: publish::Config,
}

impl Evening {
    /// Starts one with a small picture. Needs a multi-threaded runtime.
    pub async fn start() -> Self {
        Self::with("[program]\nwidth = 640\nheight = 360\nfps = 15\n").await
    }

    /// Starts one with further parts of the config.
    pub async fn with(parts: &str) -> Self {
        Self::with_ports("20000-60999", parts).await
    }

    /// As [`Evening::with`], with publishers' media on these ports.
    pub async fn with_ports(ports: &str, parts: &str) -> Self {
        Self::on(Store::in_memory().unwrap(), ports, parts).await
    }

    /// As [`Evening::with`], with what this store holds.
    pub async fn on_store(store: Store, parts: &str) -> Self {
        Self::on(store, "20000-60999", parts).await
    }

    async fn on(store: Store, ports: &str, parts: &str) -> Self {
        let mut text = format!(
            "[event]\ntitle = \"Prova\"\n[http]\nlisten = \"127.0.0.1:0\"\n[operator]\nkey = \"{OPERATOR}\"\n\
             [contribution]\nlisten = [\"127.0.0.1\"]\nports = \"{ports}\"\n\
             [viewers]\nlisten = [\"127.0.0.1\"]\nport = 0\n{parts}"
        );
        for id in CITIES {
            text.push_str(&format!("[[city]]\nid = \"{id}\"\nname = \"{id}\"\nkey = \"{}\"\n", city_key(id).reveal()));
        }
        let app = App::start(Config::parse(&text, "test").unwrap(), store).await.unwrap();
        let url = format!("http://{}", app.address());
        Self { app, url, clock: EventClock::start() }
    }

    /// A city's settings: a card of its name, 640×360 at 15 fps.
    pub fn city(&self, id: &str) -> Publishing {
        let mut config = publish::Config::new(format!("{}/whip/{id}", self.url), Picture::Pattern(id.parse().unwrap()));
        config.bearer = Some(city_key(id));
        config.format = publish::Format { width: 640, height: 360, fps: 15 };
        config.listen = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
        config.retry = Retry::Times(3);
        Publishing { config }
    }

    /// Publishes a city and waits until its picture is decoded.
    pub async fn publish(&self, publishing: Publishing) -> Publisher {
        let clock = self.clock.clone();
        let start = tokio::task::spawn_blocking(move || Publisher::start(publishing.config, &clock));
        let publisher = start.await.unwrap().unwrap();
        let mut state = publisher.state();
        let live = tokio::time::timeout(PATIENCE, state.wait_for(|state| *state == State::Live)).await;
        live.expect("the publisher is live in time").expect("the publisher lives");
        publisher
    }

    /// Joins a channel at packet level.
    pub fn watch(&self, channel: &str, pool: &Pool, keep: Keep) -> Viewer {
        self.watch_as(channel, pool, keep).0
    }

    /// Joins a channel; also tells the session's address.
    pub fn watch_as(&self, channel: &str, pool: &Pool, keep: Keep) -> (Viewer, String) {
        let (invitation, offer) = viewer::offer(Wants::Both);
        let sdp = [("Content-Type", "application/sdp")];
        let answer = ask("POST", &format!("{}/whep/{channel}", self.url), &sdp, offer.as_bytes());
        assert_eq!(answer.status(), 201, "{}", answer.body());
        let session = format!("{}{}", self.url, answer.header("location"));
        (invitation.accept(answer.body(), pool, keep), session)
    }

    /// Joins a channel as an operator and keeps all that comes.
    pub fn monitor(&self, channel: &str, pool: &Pool) -> Recording {
        self.record_with(channel, OPERATOR, pool)
    }

    /// Adds a co-host; the key of their call's link.
    pub async fn invite(&self, id: &str) -> Key {
        self.command(Command::AddCohost { id: id.parse().unwrap(), name: id.to_uppercase() }).await;
        let camera = ChannelId::Camera(id.parse().unwrap());
        tokio::task::block_in_place(|| until("the call can be taken", || self.app.channel(&camera).is_some()));
        let operator = format!("Bearer {OPERATOR}");
        let made =
            ask("POST", &format!("{}/api/v1/cohosts/{id}/links", self.url), &[("Authorization", &operator)], b"");
        assert_eq!(made.status(), 201, "{}", made.body());
        Key::try_from(made.json()["token"].as_str().unwrap().to_owned()).unwrap()
    }

    /// Joins a channel with this key, as a page does that has it, and keeps all that comes.
    pub fn record_with(&self, channel: &str, key: &str, pool: &Pool) -> Recording {
        let (invitation, offer) = viewer::offer(Wants::Both);
        let key = format!("Bearer {key}");
        let headers = [("Content-Type", "application/sdp"), ("Authorization", &*key)];
        let answer = ask("POST", &format!("{}/whep/{channel}", self.url), &headers, offer.as_bytes());
        assert_eq!(answer.status(), 201, "{}", answer.body());
        Recording::of(invitation.accept(answer.body(), pool, Keep::Packets(65_536)))
    }

    /// Joins a channel and keeps all that comes.
    pub fn record(&self, channel: &str, pool: &Pool) -> Recording {
        Recording::of(self.watch(channel, pool, Keep::Packets(65_536)))
    }

    /// Asks the director.
    pub async fn command(&self, command: Command) {
        let house = Caller::new(Actor::House, [Role::Director]);
        self.app.director().command(command, &house).await.unwrap();
    }

    /// Sends a command over HTTP as the machine that directs; the receipt.
    pub fn post(&self, command: &Value) -> Value {
        let key = format!("Bearer {OPERATOR}");
        let headers = [("Authorization", &*key), ("Content-Type", "application/json")];
        let body = json!({"command": command}).to_string();
        let answer = ask("POST", &format!("{}/api/v1/commands", self.url), &headers, body.as_bytes());
        assert_eq!(answer.status(), 200, "{command}: {}", answer.body());
        answer.json()
    }

    /// Cuts program to a city.
    pub async fn cut_to(&self, city: &str) {
        self.command(Command::CutTo { source: Source::City(city.parse().unwrap()) }).await;
    }

    /// Waits until the show is as wanted.
    pub async fn until(&self, what: &str, wanted: impl Fn(&View) -> bool) {
        let mut subscription = self.app.director().subscribe().await.unwrap();
        if wanted(&subscription.view) {
            return;
        }
        let come = async {
            while let Ok(happened) = subscription.happenings.recv().await {
                if wanted(&happened.view) {
                    return;
                }
            }
            panic!("the show ended before {what}");
        };
        tokio::time::timeout(PATIENCE, come).await.unwrap_or_else(|_| panic!("not in time: {what}"));
    }

    /// Waits until a city is live.
    pub async fn until_live(&self, city: &str) {
        self.until(&format!("{city} is live"), |view| matches!(state(view, city), CityState::Live { .. })).await;
    }

    /// Ends everything.
    pub async fn stop(self) {
        self.app.stop().await;
    }
}

impl Publishing {
    /// Changes the settings.
    pub fn with(mut self, change: impl FnOnce(&mut publish::Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Sends another size and frame rate.
    pub fn format(self, width: u16, height: u16, fps: u16) -> Self {
        self.with(|config| config.format = publish::Format { width, height, fps })
    }

    /// Listens to the NAL units as they are sent.
    pub fn tapped(self) -> (Self, mpsc::Receiver<SentNal>) {
        let (tap_tx, tap_rx) = mpsc::channel(16_384);
        (self.with(|config| config.tap = Some(tap_tx)), tap_rx)
    }
}

/// The state of a city in a view.
pub fn state(view: &View, city: &str) -> CityState {
    let city: CityId = city.parse().unwrap();
    view.cities.iter().find(|seat| seat.id == city).expect("the city is in the show").state
}

/// The colour of a city's card.
pub fn colour(city: &str) -> [u8; 3] {
    publish::Card::named(city).unwrap().rgb
}

/// Stops a publisher off the async threads.
pub async fn leave(publisher: Publisher) {
    tokio::task::spawn_blocking(move || publisher.stop()).await.unwrap();
}

/// Waits until something is so, looking again and again.
pub fn until(what: &str, fact: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !fact() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The key of a city's seat.
pub fn city_key(id: &str) -> Key {
    Key::try_from(format!("key-of-{id}-in-the-test")).unwrap()
}
