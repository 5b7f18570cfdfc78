//! The running telephone: sockets, the clock and names around the [`Exchange`], and one task per call for its packets.

mod line;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as BlockingSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

use self::line::{Line, LineNews};
use super::exchange::{Callee, Exchange, Output, Settings};
use super::sound::{Hearer, Mouth, lock};
use super::{CallNumber, Config, Error, News, Trunk};
use crate::gst::EventClock;

/// How often timers are looked at: the shortest is 500 ms.
const LOOK: Duration = Duration::from_millis(50);
/// How long a name may take to be found.
const LOOKUP: Duration = Duration::from_secs(10);
/// How long goodbyes may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// Wishes and line news that may wait.
const QUEUE: usize = 64;
/// News that wait for a slow listener; more is a listener that has stopped, and the oldest go.
const MOST_NEWS: usize = 1024;
/// Longest datagram.
const DATAGRAM: usize = 65_536;

type Lines = Arc<Mutex<HashMap<CallNumber, Line>>>;

/// The telephone of the house. Cloning it is cheap; when the last one is dropped all calls end.
#[derive(Clone)]
pub struct Hub {
    wishes: mpsc::Sender<Wish>,
    lines: Lines,
    address: SocketAddr,
}

enum Wish {
    Answer(CallNumber, oneshot::Sender<Result<(), Error>>),
    HangUp(CallNumber, oneshot::Sender<Result<(), Error>>),
    RefuseWithheld(CallNumber, oneshot::Sender<Result<(), Error>>),
    WayTo(Callee, oneshot::Sender<Result<Option<SocketAddr>, Error>>),
    Dial(Callee, SocketAddr, oneshot::Sender<Result<CallNumber, Error>>),
    Stop(oneshot::Sender<()>),
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Hub {
    /// Opens the telephone. While `news` is full up to 1024 wait; then the oldest are lost. GStreamer must be initialised.
    pub async fn start(config: Config, clock: EventClock, news: mpsc::Sender<News>) -> Result<Self, Error> {
        let listen = config.listen;
        let wrong = |source| Error::Listen { listen, source };
        let socket = UdpSocket::bind(listen).await.map_err(wrong)?;
        let address = socket.local_addr().map_err(wrong)?;
        let (wishes, wished) = mpsc::channel(QUEUE);
        let (line_news, lines_told) = mpsc::channel(QUEUE);
        let (found_tx, found) = mpsc::channel(1);
        let lines = Lines::default();
        let here = Here { listen: address, public: config.public_address };
        let ports = Ports {
            address: address.ip(),
            range: config.rtp_ports.clone().filter(|port| port % 2 == 0).collect(),
            next: 0,
            jitter_buffer: config.jitter_buffer,
            clock: clock.clone(),
            news: line_news,
            lines: Arc::clone(&lines),
        };
        let settings = Settings {
            peers: config.peers,
            trunk: config.trunk.clone(),
            max_calls: config.max_calls,
            here: Box::new(move |peer| here.told_to(peer)),
            open: opener(ports),
            random: Box::new(random),
        };
        let exchange = Exchange::new(settings, clock.now());
        let task = Task {
            exchange,
            clock,
            socket,
            trunk: config.trunk,
            lines: Arc::clone(&lines),
            news,
            waiting: VecDeque::new(),
            found_tx,
        };
        tokio::spawn(task.run(wished, lines_told, found));
        tracing::info!(%address, "the telephone listens");
        Ok(Self { wishes, lines, address })
    }

    /// Where SIP is spoken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers a call that rings here: sound flows both ways.
    pub async fn answer(&self, call: CallNumber) -> Result<(), Error> {
        self.wish(|answer| Wish::Answer(call, answer)).await?
    }

    /// Ends a call: declines it, takes it back or hangs up, as its state asks.
    pub async fn hang_up(&self, call: CallNumber) -> Result<(), Error> {
        self.wish(|answer| Wish::HangUp(call, answer)).await?
    }

    /// Refuses a call that rings here and tells the caller why (RFC 5079): numbers that are withheld are not taken. Once it was
    /// answered this hangs up.
    pub async fn refuse_withheld(&self, call: CallNumber) -> Result<(), Error> {
        self.wish(|answer| Wish::RefuseWithheld(call, answer)).await?
    }

    /// Calls a number, through the trunk, or a SIP address. What follows is told as [`News`].
    pub async fn dial(&self, number: &str) -> Result<CallNumber, Error> {
        let callee = Callee::parse(number)?;
        let way = self.wish(|answer| Wish::WayTo(callee.clone(), answer)).await??;
        let to = match (way, &callee) {
            (Some(to), _) => to,
            (None, Callee::Address { host, port, .. }) => {
                *lookup(host, *port).await.first().ok_or(Error::HostNotFound)?
            }
            (None, Callee::Number(_)) => return Err(Error::NoTrunk),
        };
        self.wish(|answer| Wish::Dial(callee, to, answer)).await?
    }

    /// Hands on what the caller says from now on: the event time at which its first sample came, and stereo interleaved samples
    /// at 48 kHz. It is handed on up to the jitter buffer's length later, on a thread of its own, and must not be held up.
    pub fn connect(&self, call: CallNumber, hear: Hearer) {
        if let Some(line) = lock(&self.lines).get(&call) {
            line.connect(hear);
        }
    }

    /// Where what the caller hears is pushed; none once the call is over.
    pub fn speak(&self, call: CallNumber) -> Option<Mouth> {
        lock(&self.lines).get(&call).map(Line::mouth)
    }

    /// Ends all calls and the registration, and waits up to two seconds until that is confirmed.
    pub async fn stop(&self) {
        // Stopped already: that is what was wanted.
        let _ = self.wish(Wish::Stop).await;
    }

    async fn wish<T>(&self, wish: impl FnOnce(oneshot::Sender<T>) -> Wish) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.wishes.send(wish(answer)).await.map_err(|_| Error::Stopped)?;
        answered.await.map_err(|_| Error::Stopped)
    }
}

/// The one that owns the exchange.
struct Task {
    exchange: Exchange,
    clock: EventClock,
    socket: UdpSocket,
    trunk: Option<Trunk>,
    lines: Lines,
    news: mpsc::Sender<News>,
    waiting: VecDeque<News>,
    found_tx: mpsc::Sender<Vec<SocketAddr>>,
}

impl Task {
    async fn run(
        mut self,
        mut wished: mpsc::Receiver<Wish>,
        mut lines_told: mpsc::Receiver<LineNews>,
        mut found: mpsc::Receiver<Vec<SocketAddr>>,
    ) {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut datagram = vec![0; DATAGRAM];
        let listener = self.news.clone();
        let told = loop {
            tokio::select! {
                received = self.socket.recv_from(&mut datagram) => self.received(received, &datagram),
                wish = wished.recv() => match wish {
                    Some(Wish::Stop(told)) => break Some(told),
                    Some(wish) => self.wish(wish),
                    None => break None,
                },
                Some(news) = lines_told.recv() => self.line(news),
                Some(addresses) = found.recv() => self.exchange.trunk_found(&addresses, self.clock.now()),
                _ = look.tick() => self.exchange.tick(self.clock.now()),
                Ok(permit) = listener.reserve(), if !self.waiting.is_empty() => {
                    if let Some(news) = self.waiting.pop_front() {
                        permit.send(news);
                    }
                }
            }
            self.carry_out();
        };
        wished.close();
        self.exchange.stop(self.clock.now());
        self.carry_out();
        let farewell = async {
            while !self.exchange.is_idle() {
                tokio::select! {
                    received = self.socket.recv_from(&mut datagram) => self.received(received, &datagram),
                    _ = look.tick() => self.exchange.tick(self.clock.now()),
                }
                self.carry_out();
            }
        };
        if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
            tracing::warn!("the telephone was stopped before all others had confirmed it");
        }
        for news in self.waiting.drain(..) {
            if self.news.try_send(news).is_err() {
                break;
            }
        }
        lock(&self.lines).clear();
        if let Some(told) = told {
            // Who asked may be gone.
            let _ = told.send(());
        }
    }

    fn received(&mut self, received: io::Result<(usize, SocketAddr)>, datagram: &[u8]) {
        // An error is that of a datagram we sent, whose own timers tell the same.
        if let Ok((length, from)) = received {
            self.exchange.datagram(from, datagram.get(..length).unwrap_or_default(), self.clock.now());
        }
    }

    fn wish(&mut self, wish: Wish) {
        let now = self.clock.now();
        // Who asked may be gone: what was asked is done all the same.
        match wish {
            Wish::Answer(call, told) => drop(told.send(self.exchange.answer(call, now))),
            Wish::HangUp(call, told) => drop(told.send(self.exchange.hang_up(call, now))),
            Wish::RefuseWithheld(call, told) => drop(told.send(self.exchange.refuse_withheld(call, now))),
            Wish::WayTo(callee, told) => drop(told.send(self.exchange.way_to(&callee))),
            Wish::Dial(callee, to, told) => drop(told.send(self.exchange.dial(&callee, to, now))),
            Wish::Stop(told) => drop(told.send(())),
        }
    }

    fn line(&mut self, news: LineNews) {
        match news {
            LineNews::Key(call, digit) => self.tell(News::Dtmf { call, digit }),
            LineNews::Silent(call) => self.exchange.sound_lost(call, self.clock.now()),
        }
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Send { to, bytes } => self.send(to, &bytes),
                Output::News(news) => self.tell(news),
                Output::Sound { call, stream, trusted } => {
                    if let Some(line) = lock(&self.lines).get(&call) {
                        line.agree(stream, trusted);
                    }
                }
                Output::Close { call } => drop(lock(&self.lines).remove(&call)),
                Output::FindTrunk => self.find_trunk(),
            }
        }
    }

    fn send(&self, to: SocketAddr, bytes: &[u8]) {
        // What does not fit into the socket's queue is lost like any datagram: it is sent again.
        if let Err(error) = self.socket.try_send_to(bytes, to)
            && error.kind() != io::ErrorKind::WouldBlock
        {
            tracing::debug!(%to, %error, "a SIP datagram cannot be sent");
        }
    }

    fn tell(&mut self, news: News) {
        if self.waiting.len() >= MOST_NEWS {
            self.waiting.pop_front();
        }
        self.waiting.push_back(news);
        while let Some(next) = self.waiting.pop_front() {
            if let Err(error) = self.news.try_send(next) {
                // Nobody listens any more, or not now.
                if let mpsc::error::TrySendError::Full(next) = error {
                    self.waiting.push_front(next);
                }
                return;
            }
        }
    }

    fn find_trunk(&self) {
        let Some(trunk) = &self.trunk else { return };
        let (host, port, found) = (trunk.host.clone(), trunk.port, self.found_tx.clone());
        tokio::spawn(async move {
            // The hub may be gone by then.
            let _ = found.send(lookup(&host, port).await).await;
        });
    }
}

async fn lookup(host: &str, port: u16) -> Vec<SocketAddr> {
    match tokio::time::timeout(LOOKUP, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(addresses)) => addresses.collect(),
        _ => Vec::new(),
    }
}

fn random() -> u64 {
    getrandom::u64().expect("the system has randomness")
}

/// How others reach this house.
#[derive(Debug, Clone, Copy)]
struct Here {
    listen: SocketAddr,
    public: Option<IpAddr>,
}

impl Here {
    fn told_to(self, peer: IpAddr) -> SocketAddr {
        let address = match self.public {
            Some(public) if !is_private(peer) => public,
            _ if !self.listen.ip().is_unspecified() => self.listen.ip(),
            _ => route_to(peer).unwrap_or(self.listen.ip()),
        };
        SocketAddr::new(address, self.listen.port())
    }
}

/// Whether somebody at this address is on this side of the NAT.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// The address from which a datagram to somebody goes out; nothing is sent to find it.
fn route_to(peer: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = BlockingSocket::bind((any, 0)).ok()?;
    socket.connect((peer, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// The ports of calls.
struct Ports {
    address: IpAddr,
    /// Even ones (RFC 3550 §11).
    range: Vec<u16>,
    next: usize,
    jitter_buffer: Duration,
    clock: EventClock,
    news: mpsc::Sender<LineNews>,
    lines: Lines,
}

/// Opens lines, each on the first port that is free after the one before: a port rests before it is used again.
fn opener(mut ports: Ports) -> Box<dyn FnMut(CallNumber) -> Option<u16> + Send> {
    Box::new(move |call| {
        for _ in 0..ports.range.len() {
            let port = *ports.range.get(ports.next)?;
            ports.next = (ports.next + 1) % ports.range.len();
            let opened = BlockingSocket::bind((ports.address, port)).and_then(|socket| {
                socket.set_nonblocking(true)?;
                UdpSocket::from_std(socket)
            });
            if let Ok(socket) = opened {
                let line = Line::open(call, socket, ports.jitter_buffer, ports.clock.clone(), ports.news.clone());
                lock(&ports.lines).insert(call, line);
                return Some(port);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("it is an address")
    }

    #[test]
    fn the_world_is_told_the_public_address_and_neighbours_the_local_one() {
        let listen = "0.0.0.0:5060".parse().expect("it is an address");
        let here = Here { listen, public: Some(address("203.0.113.10")) };
        assert_eq!(here.told_to(address("198.51.100.1")).to_string(), "203.0.113.10:5060");
        assert_eq!(here.told_to(address("127.0.0.9")).to_string(), "127.0.0.1:5060");
        let listen = "192.0.2.4:5070".parse().expect("it is an address");
        let here = Here { listen, public: None };
        assert_eq!(here.told_to(address("198.51.100.1")).to_string(), "192.0.2.4:5070");
    }
}
