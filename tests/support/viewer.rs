//! The far end of WHEP at packet level: full ICE, DTLS and SRTP over real sockets, without decoding. It knows nothing of
//! the server but the SDP answer. One [`Pool`] thread drives hundreds of viewers.
#![allow(dead_code, reason = "each test crate uses its own part of this")]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use rustix::net::sockopt;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::config::DtlsCert;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, Input, Output, Reason, Rtc, RtcConfig};

/// Between two looks at all timers.
const SCAN: Duration = Duration::from_millis(10);

/// Asked of the system for what may wait to be read: some ten seconds at 1.5 Mbit/s.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Audio,
    Video,
}

/// What a viewer offers to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    Both,
    Audio,
    Video,
}

/// What becomes of received packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// They are handed on by [`Viewer::next`]; at most this many wait, more are counted as overflow.
    Packets(usize),
    /// They are only counted, for load.
    Counts,
}

/// One RTP packet as it came out of SRTP.
#[derive(Debug, Clone)]
pub struct Received {
    pub kind: Kind,
    /// Extended past 16 bits by the viewer.
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Arc<[u8]>,
    pub arrival: Instant,
    /// The newest sender report of its stream: wall clock and RTP timestamp of one instant.
    pub report: Option<(SystemTime, u64)>,
}

/// One kind's counters.
#[derive(Debug, Default)]
pub struct Counts {
    packets: AtomicU64,
    bytes: AtomicU64,
    first: AtomicU64,
    highest: AtomicU64,
}

/// A copy of one kind's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub packets: u64,
    pub bytes: u64,
    /// Sequence numbers between the first and the highest that did not arrive (yet).
    pub missing: u64,
}

#[derive(Debug, Default)]
struct Shared {
    audio: Counts,
    video: Counts,
    connected: OnceLock<Instant>,
    first_packet: OnceLock<Instant>,
    first_picture: OnceLock<Instant>,
    ended: AtomicBool,
    overflow: AtomicU64,
    dropped: AtomicU64,
    to_drop: AtomicU32,
    server: OnceLock<SocketAddr>,
}

/// An offer that waits for its answer.
pub struct Invitation {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    pending: SdpPendingOffer,
    mids: HashMap<Mid, Kind>,
}

/// A viewer that a pool drives. It hangs up when it is dropped.
pub struct Viewer {
    key: u64,
    pool: SyncSender<Order>,
    waker: Arc<Waker>,
    shared: Arc<Shared>,
    packets: Mutex<Receiver<Received>>,
}

/// Drives viewers on one thread. It ends when it is dropped.
pub struct Pool {
    orders: SyncSender<Order>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Add(u64, Box<Driven>),
    RequestKeyframe(u64),
    SendRaw(u64, Vec<u8>),
    Vanish(u64),
    HangUp(u64),
    Stop,
}

/// A viewer's offer and what is needed to go on with its answer.
pub fn offer(wants: Wants) -> (Invitation, String) {
    static CERTIFICATE: OnceLock<DtlsCert> = OnceLock::new();
    let certificate = CERTIFICATE.get_or_init(|| {
        str0m::crypto::from_feature_flags().dtls_provider.generate_certificate().expect("OpenSSL makes certificates")
    });
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free UDP port");
    socket.set_nonblocking(true).expect("a socket can be non-blocking");
    // A test's viewer that is held up by a loaded machine should lose nothing; only root may go past the system's limit.
    if sockopt::set_socket_recv_buffer_size_force(&socket, SOCKET_BUFFER).is_err() {
        sockopt::set_socket_recv_buffer_size(&socket, SOCKET_BUFFER).expect("the size is taken as a wish");
    }
    let local = socket.local_addr().expect("a bound socket has an address");
    let mut rtc = RtcConfig::new()
        .set_rtp_mode(true)
        .set_dtls_cert(certificate.clone())
        .clear_codecs()
        .enable_opus(true, false)
        .enable_h264(true)
        .build(Instant::now());
    rtc.add_local_candidate(Candidate::host(local, "udp").expect("a host candidate"));
    let mut mids = HashMap::new();
    let mut changes = rtc.sdp_api();
    if wants != Wants::Video {
        mids.insert(changes.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None), Kind::Audio);
    }
    if wants != Wants::Audio {
        mids.insert(changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None), Kind::Video);
    }
    let (offer, pending) = changes.apply().expect("media were added");
    let sdp = offer.to_sdp_string();
    (Invitation { rtc, socket: UdpSocket::from_std(socket), local, pending, mids }, sdp)
}

impl Invitation {
    /// Where this viewer receives.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Takes the answer and connects.
    pub fn accept(mut self, answer: &str, pool: &Pool, keep: Keep) -> Viewer {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let parsed = SdpAnswer::from_sdp_string(answer).unwrap_or_else(|error| panic!("{error} in {answer}"));
        self.rtc.sdp_api().accept_answer(self.pending, parsed).unwrap_or_else(|error| panic!("{error} in {answer}"));
        let video_type = answer
            .lines()
            .find_map(|line| line.strip_prefix("m=video ")?.split(' ').nth(2)?.parse::<u8>().ok())
            .unwrap_or(0);
        let (packets_tx, packets_rx) = mpsc::sync_channel(match keep {
            Keep::Packets(most) => most,
            Keep::Counts => 0,
        });
        let shared = Arc::new(Shared::default());
        let key = LAST.fetch_add(1, Ordering::Relaxed);
        let driven = Driven {
            rtc: self.rtc,
            socket: self.socket,
            local: self.local,
            mids: self.mids,
            video_type,
            shared: Arc::clone(&shared),
            packets: matches!(keep, Keep::Packets(_)).then_some(packets_tx),
            due: Instant::now(),
        };
        pool.order(Order::Add(key, Box::new(driven)));
        Viewer {
            key,
            pool: pool.orders.clone(),
            waker: Arc::clone(&pool.waker),
            shared,
            packets: Mutex::new(packets_rx),
        }
    }
}

impl Viewer {
    /// The next packet of any kind, or `None` after `patience`.
    pub fn next(&self, patience: Duration) -> Option<Received> {
        self.packets.lock().expect("no test panics while it holds the queue").recv_timeout(patience).ok()
    }

    /// Reads packets into a list until `enough` says so, for at most `patience`. Panics when it takes longer.
    pub fn collect_until(&self, patience: Duration, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let deadline = Instant::now() + patience;
        let mut packets = Vec::new();
        while !enough(&packets) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.next(left) {
                Some(packet) => packets.push(packet),
                None => {
                    panic!("{} packets after {patience:?} are not enough: {:?}", packets.len(), self.tally(Kind::Video))
                }
            }
        }
        packets
    }

    /// Empties the queue.
    pub fn clear(&self) {
        while self.next(Duration::ZERO).is_some() {}
    }

    /// What arrived so far.
    pub fn tally(&self, kind: Kind) -> Tally {
        let counts = self.shared.counts(kind);
        let packets = counts.packets.load(Ordering::Acquire);
        let span = counts.highest.load(Ordering::Relaxed) + 1 - counts.first.load(Ordering::Relaxed).min(u64::MAX - 1);
        Tally {
            packets,
            bytes: counts.bytes.load(Ordering::Relaxed),
            missing: if packets == 0 { 0 } else { span.saturating_sub(packets) },
        }
    }

    /// Where the server receives.
    pub fn server(&self) -> Option<SocketAddr> {
        self.shared.server.get().copied()
    }

    /// When ICE and DTLS were through.
    pub fn connected(&self) -> Option<Instant> {
        self.shared.connected.get().copied()
    }

    /// When the first packet came.
    pub fn first_packet(&self) -> Option<Instant> {
        self.shared.first_packet.get().copied()
    }

    /// When the first packet of a picture came.
    pub fn first_picture(&self) -> Option<Instant> {
        self.shared.first_picture.get().copied()
    }

    /// Whether the server ended the session, or the connection was lost.
    pub fn has_ended(&self) -> bool {
        self.shared.ended.load(Ordering::Acquire)
    }

    /// Packets that nobody fetched in time.
    pub fn overflow(&self) -> u64 {
        self.shared.overflow.load(Ordering::Relaxed)
    }

    /// Drops the next `count` video packets before the protocol stack sees them, as a bad network would.
    pub fn drop_next(&self, count: u32) {
        self.shared.to_drop.store(count, Ordering::Release);
    }

    /// How many packets were dropped on purpose.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Acquire)
    }

    /// Sends a picture loss indication.
    pub fn request_keyframe(&self) {
        self.order(Order::RequestKeyframe(self.key));
    }

    /// Sends a datagram from this viewer's address, past its protocol stack.
    pub fn send_raw(&self, datagram: Vec<u8>) {
        self.order(Order::SendRaw(self.key, datagram));
    }

    /// Says nothing any more, as when a battery is empty.
    pub fn vanish(&self) {
        self.order(Order::Vanish(self.key));
    }

    fn order(&self, order: Order) {
        // A pool that is gone drives nobody; a test that still asks finds out by what does not happen.
        let _ = self.pool.send(order);
        let _ = self.waker.wake();
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.order(Order::HangUp(self.key));
    }
}

impl Shared {
    fn counts(&self, kind: Kind) -> &Counts {
        match kind {
            Kind::Audio => &self.audio,
            Kind::Video => &self.video,
        }
    }

    fn count(&self, kind: Kind, packet: &RtpPacket) {
        let counts = self.counts(kind);
        let now = packet.timestamp;
        if kind == Kind::Video {
            self.first_picture.get_or_init(|| now);
        }
        self.first_packet.get_or_init(|| now);
        let sequence = *packet.seq_no;
        if counts.packets.load(Ordering::Relaxed) == 0 {
            counts.first.store(sequence, Ordering::Relaxed);
        }
        counts.first.fetch_min(sequence, Ordering::Relaxed);
        counts.highest.fetch_max(sequence, Ordering::Relaxed);
        counts.bytes.fetch_add(packet.payload.len() as u64, Ordering::Relaxed);
        counts.packets.fetch_add(1, Ordering::Release);
    }
}

impl Pool {
    /// Starts the thread.
    pub fn start() -> Self {
        let poll = Poll::new().expect("the system polls");
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).expect("the system wakes"));
        let (orders, orders_rx) = mpsc::sync_channel(4096);
        let thread = std::thread::Builder::new()
            .name("viewers".into())
            .spawn(move || run(poll, &orders_rx))
            .expect("the system has room for a thread");
        Self { orders, waker, thread: Some(thread) }
    }

    fn order(&self, order: Order) {
        self.orders.send(order).expect("the pool's thread lives as long as the pool");
        self.waker.wake().expect("the system wakes");
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
        let _ = self.waker.wake();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.expect("the pool's thread does not panic");
            }
        }
    }
}

const WAKER: Token = Token(usize::MAX);

struct Driven {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    mids: HashMap<Mid, Kind>,
    video_type: u8,
    shared: Arc<Shared>,
    packets: Option<SyncSender<Received>>,
    due: Instant,
}

fn run(mut poll: Poll, orders: &Receiver<Order>) {
    let mut events = Events::with_capacity(1024);
    let mut viewers: HashMap<u64, Box<Driven>> = HashMap::new();
    let mut buffer = vec![0; 2048];
    let mut next_scan = Instant::now();
    loop {
        let timeout = next_scan.saturating_duration_since(Instant::now());
        if let Err(error) = poll.poll(&mut events, (!viewers.is_empty()).then_some(timeout)) {
            assert_eq!(error.kind(), std::io::ErrorKind::Interrupted, "{error}");
        }
        while let Ok(order) = orders.try_recv() {
            match order {
                Order::Add(key, mut viewer) => {
                    let token = Token(usize::try_from(key).expect("keys are small"));
                    poll.registry().register(&mut viewer.socket, token, Interest::READABLE).expect("a new socket");
                    viewer.pump();
                    viewers.insert(key, viewer);
                }
                Order::RequestKeyframe(key) => {
                    if let Some(viewer) = viewers.get_mut(&key) {
                        viewer.request_keyframe();
                    }
                }
                Order::SendRaw(key, datagram) => {
                    if let Some(viewer) = viewers.get(&key) {
                        viewer.send_raw(&datagram);
                    }
                }
                Order::Vanish(key) => drop(viewers.remove(&key)),
                Order::HangUp(key) => {
                    if let Some(mut viewer) = viewers.remove(&key)
                        && viewer.rtc.close().is_ok()
                    {
                        viewer.pump();
                    }
                }
                Order::Stop => return,
            }
        }
        for event in &events {
            if let Some(viewer) = viewers.get_mut(&(event.token().0 as u64)) {
                viewer.read(&mut buffer);
            }
        }
        let now = Instant::now();
        if now >= next_scan {
            next_scan = now + SCAN;
            for viewer in viewers.values_mut().filter(|viewer| viewer.due <= now) {
                viewer.tick(now);
            }
        }
    }
}

impl Driven {
    fn read(&mut self, buffer: &mut [u8]) {
        loop {
            let (length, source) = match self.socket.recv_from(buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                // An ICMP error of an earlier send; the server may be gone.
                Err(_) => continue,
            };
            let bytes = &buffer[..length];
            if self.is_to_be_dropped(bytes) {
                continue;
            }
            let now = Instant::now();
            if let Ok(receive) = Receive::new(Protocol::Udp, source, self.local, bytes)
                && self.rtc.handle_input(Input::Receive(now, receive)).is_ok()
            {
                self.pump();
            }
        }
    }

    fn is_to_be_dropped(&self, bytes: &[u8]) -> bool {
        let is_video = bytes.len() > 12 && bytes[0] >> 6 == 2 && bytes[1] & 0x7f == self.video_type;
        let drops = is_video
            && self.shared.to_drop.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1)).is_ok();
        if drops {
            self.shared.dropped.fetch_add(1, Ordering::AcqRel);
        }
        drops
    }

    fn tick(&mut self, now: Instant) {
        if self.rtc.handle_input(Input::Timeout(now)).is_ok() {
            self.pump();
        }
    }

    fn request_keyframe(&mut self) {
        let video = self.mids.iter().find(|(_, kind)| **kind == Kind::Video).map(|(mid, _)| *mid);
        if let Some(stream) = video.and_then(|mid| self.rtc.direct_api().stream_rx_by_mid(mid, None).map(|_| mid)) {
            let mut api = self.rtc.direct_api();
            if let Some(stream) = api.stream_rx_by_mid(stream, None) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
            self.tick(Instant::now());
        }
    }

    fn send_raw(&self, datagram: &[u8]) {
        if let Some(server) = self.shared.server.get() {
            let _ = self.socket.send_to(datagram, *server);
        }
    }

    fn pump(&mut self) {
        let now = Instant::now();
        for _ in 0..1000 {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => {
                    self.shared.server.get_or_init(|| transmit.destination);
                    // A full buffer is a lost packet, as on any network.
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Ok(Output::Event(event)) => self.event(event, now),
                Ok(Output::Timeout(at)) => {
                    if !self.rtc.is_alive() {
                        self.shared.ended.store(true, Ordering::Release);
                    }
                    self.due = at;
                    if at > now || matches!(self.rtc.last_timeout_reason(), Reason::Pacer(_)) {
                        return;
                    }
                    if self.rtc.handle_input(Input::Timeout(now)).is_err() {
                        return;
                    }
                }
                Err(_) => {
                    self.shared.ended.store(true, Ordering::Release);
                    return;
                }
            }
        }
    }

    fn event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Connected => {
                self.shared.connected.get_or_init(|| now);
            }
            Event::Closed => self.shared.ended.store(true, Ordering::Release),
            Event::IceConnectionStateChange(state) if state.is_disconnected() => {
                self.shared.ended.store(true, Ordering::Release);
            }
            Event::RtpPacket(packet) => self.packet(packet),
            _ => {}
        }
    }

    fn packet(&mut self, packet: RtpPacket) {
        let kind = if *packet.header.payload_type == self.video_type { Kind::Video } else { Kind::Audio };
        self.shared.count(kind, &packet);
        let Some(packets) = &self.packets else { return };
        let received = Received {
            kind,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            arrival: packet.timestamp,
            report: packet.last_sender_info.map(|info| (info.ntp_time, info.rtp_time.numer())),
            payload: packet.payload,
        };
        if let Err(TrySendError::Full(_)) = packets.try_send(received) {
            self.shared.overflow.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The loopback address that tests listen on.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
