//! A co-host's call at packet level: WHIP with sound alone over real ICE, DTLS and SRTP. What is sent, and when, is a test's
//! affair. Each caller has a thread of its own.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::client::ask;

/// How often the socket is looked at while nothing is to be sent.
const LOOK: Duration = Duration::from_millis(2);

/// Most rounds of the stack at one look: each sends a packet.
const ROUNDS: usize = 16;

/// Longest wait for the connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// One packet of sound.
#[derive(Debug, Clone)]
pub struct Said {
    pub sequence: u64,
    pub timestamp: u32,
    pub payload: Vec<u8>,
}

/// Somebody on a call. They are gone when it is dropped, with a farewell.
pub struct Caller {
    said: SyncSender<Said>,
    thread: Option<JoinHandle<()>>,
}

impl Caller {
    /// Calls `/whip/call-ID` with the key of a link, and waits until the way to the server stands.
    pub fn call(server: &str, id: &str, key: &str) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free UDP port");
        let local = socket.local_addr().expect("a bound socket has an address");
        let config = RtcConfig::new().set_rtp_mode(true).clear_codecs().enable_opus(true, false);
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, "udp").expect("a host candidate"));
        let mut changes = rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let (offer, pending) = changes.apply().expect("a kind was added");
        let bearer = format!("Bearer {key}");
        let headers = [("Content-Type", "application/sdp"), ("Authorization", &*bearer)];
        let (url, offer) = (format!("{server}/whip/call-{id}"), offer.to_sdp_string());
        let deadline = Instant::now() + PATIENCE;
        let answer = loop {
            let answer = ask("POST", &url, &headers, offer.as_bytes());
            // The seat is put up a moment after somebody was added to the show.
            if answer.status() != 404 || Instant::now() > deadline {
                break answer;
            }
            std::thread::sleep(LOOK);
        };
        assert_eq!(answer.status(), 201, "{}", answer.body());
        let parsed = str0m::change::SdpAnswer::from_sdp_string(answer.body());
        let parsed = parsed.unwrap_or_else(|error| panic!("{error} in {}", answer.body()));
        rtc.sdp_api().accept_answer(pending, parsed).unwrap_or_else(|error| panic!("{error} in {}", answer.body()));
        rtc.direct_api().stream_tx_by_mid(mid, None).expect("sound is sent").set_unpaced(true);
        let payload_type =
            answer.body().lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').nth(2)?.parse().ok());
        let (said, said_rx) = mpsc::sync_channel(1024);
        let (connected_tx, connected_rx) = mpsc::sync_channel(1);
        let line = Line {
            rtc,
            socket,
            mid,
            payload_type: Pt::from(payload_type.unwrap_or(111u8)),
            connected: Some(connected_tx),
        };
        let thread = std::thread::Builder::new().name("caller".into()).spawn(move || line.run(&said_rx));
        connected_rx.recv_timeout(PATIENCE).expect("the call is connected in time");
        Self { said, thread: Some(thread.expect("the system has room for a thread")) }
    }

    /// Sends a packet at once.
    pub fn say(&self, said: Said) {
        self.said.send(said).expect("the line lives as long as the caller");
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        // The thread ends when nobody can say anything any more.
        drop(std::mem::replace(&mut self.said, mpsc::sync_channel(1).0));
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.expect("it was not ended yet").expect("the line does not panic");
        }
    }
}

/// The thread's own.
struct Line {
    rtc: Rtc,
    socket: UdpSocket,
    mid: Mid,
    payload_type: Pt,
    connected: Option<SyncSender<()>>,
}

impl Line {
    fn run(mut self, said: &Receiver<Said>) {
        self.socket.set_nonblocking(true).expect("a socket can be non-blocking");
        let mut buffer = [0; 2048];
        self.pump();
        loop {
            match said.recv_timeout(LOOK) {
                Ok(said) => self.send(said),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = self.rtc.close();
                    self.pump();
                    return;
                }
            }
            let local = self.socket.local_addr().expect("a bound socket has an address");
            while let Ok((length, source)) = self.socket.recv_from(&mut buffer) {
                if let Ok(receive) = Receive::new(Protocol::Udp, source, local, &buffer[..length]) {
                    let _ = self.rtc.handle_input(Input::Receive(Instant::now(), receive));
                    self.pump();
                }
            }
            let _ = self.rtc.handle_input(Input::Timeout(Instant::now()));
            self.pump();
        }
    }

    fn send(&mut self, Said { sequence, timestamp, payload }: Said) {
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_tx_by_mid(self.mid, None) {
            stream.write_rtp(RtpWrite::new(self.payload_type, sequence.into(), timestamp, Instant::now(), payload));
        }
    }

    /// Sends what is to be sent. What is due later is at the next look.
    fn pump(&mut self) {
        let now = Instant::now();
        let mut rounds = 0;
        while rounds < ROUNDS {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => {
                    // A full buffer is a lost packet, as on any network.
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Ok(Output::Event(Event::Connected)) => {
                    if let Some(connected) = self.connected.take() {
                        // Nobody waits any more: then the test has failed already.
                        let _ = connected.send(());
                    }
                }
                Ok(Output::Event(_)) => {}
                Ok(Output::Timeout(at)) if at <= now && self.rtc.handle_input(Input::Timeout(now)).is_ok() => {
                    rounds += 1
                }
                Ok(Output::Timeout(_)) | Err(_) => return,
            }
        }
    }
}
