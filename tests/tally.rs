//! Tally by TSL UMD over real UDP: what lamps are told while a show goes on.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use regia::director::{Director, Engines, Journal};
use regia::show::{
    Actor, Caller, City, CityId, Command, Effect, Fact, Recorded, Role, Setup, Show, ShowTime, Source, Transition,
    WallTime,
};
use regia::tally::{self, Protocol, Receiver, Text};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(10);

struct Nothing;

impl Engines for Nothing {
    fn run(&mut self, _: Effect) {}
}

impl Journal for Nothing {
    fn record(&mut self, _: &[Recorded], _: &Show) {}
}

struct Evening {
    director: Director,
    task: JoinHandle<()>,
    tally: JoinHandle<()>,
    _facts: mpsc::Sender<Fact>,
}

impl Evening {
    /// Three cities; transitions run as long as they are, by the real clock.
    fn start(receivers: Vec<Receiver>) -> Self {
        let city = |(id, name): (&str, &str)| City {
            id: id.parse().unwrap(),
            name: name.into(),
            time_zone: "Europe/Rome".into(),
        };
        let cities = [("lecce", "Lecce"), ("roma", "Roma"), ("forli", "Forlì")].map(city).into();
        let show =
            Show::new(Setup { title: "Una sera".into(), cities }, WallTime::default(), ShowTime::default()).unwrap();
        let (facts_tx, facts) = mpsc::channel(4);
        let start = std::time::Instant::now();
        let clock = move || ShowTime::new(start.elapsed());
        let (director, task) = Director::spawn(show, clock, Nothing, Nothing, facts);
        let tally = tally::start(receivers, director.clone());
        Self { director, task, tally, _facts: facts_tx }
    }

    async fn command(&self, command: Command) {
        let caller = Caller::new(Actor::Operator("Anna".parse().unwrap()), [Role::Director]);
        self.director.command(command, &caller).await.unwrap();
    }

    async fn stop(self) {
        self.director.stop().await;
        timeout(DEADLINE, self.task).await.unwrap().unwrap();
        timeout(DEADLINE, self.tally).await.expect("tally ends with the show").unwrap();
    }
}

fn city(id: &str) -> Source {
    Source::City(id.parse::<CityId>().unwrap())
}

async fn socket() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Waits for a datagram like this; others are passed over.
async fn hear(socket: &UdpSocket, wanted: &[u8]) {
    let heard = async {
        let mut buffer = [0; 4096];
        loop {
            let length = socket.recv(&mut buffer).await.unwrap();
            if buffer[..length] == *wanted {
                return;
            }
        }
    };
    timeout(DEADLINE, heard).await.unwrap_or_else(|_| panic!("not heard: {wanted:x?}"));
}

#[tokio::test]
async fn lamps_of_v31_follow_the_show_and_go_out_with_it() {
    let (lamp, address) = socket().await;
    let evening = Evening::start(vec![Receiver { address, protocol: Protocol::Tsl31, first_index: 1 }]);
    hear(&lamp, b"\x81\x30Lecce           ").await;
    hear(&lamp, b"\x83\x30Forli           ").await;
    evening.command(Command::SetPreview { source: city("roma") }).await;
    hear(&lamp, b"\x82\x32Roma            ").await;
    evening.command(Command::Cut {}).await;
    hear(&lamp, b"\x82\x31Roma            ").await;
    // While Roma is mixed out it is on air, and stands by already.
    evening.command(Command::SetPreview { source: city("forli") }).await;
    evening.command(Command::SetTransition { transition: Transition::Mix { duration_ms: 200 } }).await;
    evening.command(Command::Take {}).await;
    hear(&lamp, b"\x82\x33Roma            ").await;
    hear(&lamp, b"\x83\x31Forli           ").await;
    // The mix is over by itself.
    hear(&lamp, b"\x82\x32Roma            ").await;
    // Said again and again, since datagrams get lost.
    hear(&lamp, b"\x83\x31Forli           ").await;
    // The display of a city that goes is dark, and the others move up.
    evening.command(Command::RemoveCity { city: "lecce".parse().unwrap() }).await;
    hear(&lamp, b"\x82\x31Forli           ").await;
    hear(&lamp, b"\x83\x30                ").await;
    evening.stop().await;
    hear(&lamp, b"\x82\x30                ").await;
}

#[tokio::test]
async fn displays_of_v50_are_told_in_one_packet_and_nobody_waits_for_one_that_is_not_there() {
    let ((screen, address), (gone, gone_address)) = (socket().await, socket().await);
    drop(gone);
    let v50 = Protocol::Tsl50 { screen: 7, text: Text::Utf16 };
    let evening = Evening::start(vec![
        Receiver { address: gone_address, protocol: Protocol::Tsl31, first_index: 0 },
        Receiver { address, protocol: v50, first_index: 100 },
    ]);
    evening.command(Command::CutTo { source: city("forli") }).await;
    evening.command(Command::SetPreview { source: city("lecce") }).await;
    let name = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let display = |index: u8, control: u8, text: &str| {
        [&[index, 0, control, 0, 2 * text.chars().count() as u8, 0][..], &name(text)].concat()
    };
    let displays =
        [display(100, 0b1100_1010, "Lecce"), display(101, 0b1100_0000, "Roma"), display(102, 0b1101_0100, "Forlì")];
    let body = [&[0, 1, 7, 0][..], &displays.concat()].concat();
    hear(&screen, &[&[body.len() as u8, 0][..], &body].concat()).await;
    evening.stop().await;
}

#[tokio::test]
async fn without_receivers_nothing_is_started() {
    let evening = Evening::start(Vec::new());
    timeout(DEADLINE, evening.tally).await.unwrap().unwrap();
    evening.director.stop().await;
}
