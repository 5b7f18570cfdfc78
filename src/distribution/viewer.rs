//! One viewer: its peer connection, where it stands on the timeline, which channel it watches and whether it lives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use str0m::media::Pt;
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Event, Input, Output, Reason, Rtc};

use super::counters::{Counters, Seat};
use super::lineup::Sounding;
use super::negotiation::{Negotiated, Track};
use super::splice::{Refused, Source, Timeline};
use super::wire::{Local, Wire};
use crate::rtp::{Kind, Packet};
use crate::secret::SessionId;

/// How long the sound of a selected channel waits for its picture. Then the viewer moves without a picture.
const MOVE_PATIENCE: Duration = Duration::from_secs(1);

/// Between two tries to get the first picture.
const KEYFRAME_RETRY: Duration = Duration::from_millis(500);

/// The stack asks to be called at once after each packet it sent, only to refresh its (empty) queue. The next packet or
/// this span does that as well.
const QUEUE_REFRESH: Duration = Duration::from_millis(20);

/// Most rounds of the stack in one go: a bound for what should never loop.
const MOST_ROUNDS: usize = 16;

/// Most retransmissions in one go; a request can name a packet any number of times.
const MOST_AGAIN: usize = 128;

/// Most addresses of one viewer: those its ICE agent tries.
const MOST_ADDRESSES: usize = 8;

/// By how much the instants that sender reports tell lie in the past. A report made before the instant of the last packet
/// carries no time at all, and instants may lie ahead of now: a city's picture that waits for its sound, a timeline that
/// was shifted. A lag that all streams have alike moves no lips.
const REPORT_LAG: Duration = Duration::from_secs(3);

/// Spans after which a viewer is given up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From the answer to the connection.
    pub(super) connect: Duration,
    /// Without a packet from the viewer.
    pub(super) silence: Duration,
}

/// Why a viewer's session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    NeverConnected,
    Silent,
    Disconnected,
    Closed,
    Failed,
}

#[derive(Debug)]
enum Stage {
    Connecting { since: Instant },
    Watching { heard: Instant },
    Ended(Ending),
}

/// A selected channel that is not on yet.
#[derive(Debug, Clone, Copy)]
struct Moving {
    to: usize,
    /// Whether a picture can come.
    has_picture: bool,
    since: Instant,
    asked: Option<Instant>,
}

/// Whether pictures go out.
#[derive(Debug, Clone, Copy)]
enum Pictures {
    Flow,
    /// A keyframe is needed first; when it was last asked for.
    Await {
        asked: Option<Instant>,
    },
}

/// What came of a datagram or a timeout.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Heard {
    /// The viewer answered the address that the datagram came from: that address is its own.
    pub(super) answered: bool,
    /// The viewer asked for a keyframe of the channel that is on.
    pub(super) keyframe: bool,
}

/// The username fragments that name an ICE session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IceSession {
    /// The hub's, also the entity tag.
    pub(super) local: String,
    /// The viewer's.
    pub(super) remote: String,
}

/// A viewer that a shard owns.
pub(super) struct Viewer {
    pub(super) session: SessionId,
    pub(super) ufrag: String,
    remote_ufrag: String,
    rtc: Rtc,
    audio: Option<Track>,
    video: Option<Track>,
    locals: Vec<Local>,
    addresses: Vec<SocketAddr>,
    timeline: Timeline,
    stage: Stage,
    on: usize,
    moving: Option<Moving>,
    pictures: Pictures,
    /// Packets given to the stack that it has not sent yet.
    pending: usize,
    due: Instant,
    counters: Arc<Counters>,
    seat: Seat,
    /// Who is told how far away this viewer is.
    sounding: Option<Sounding>,
}

impl Viewer {
    pub(super) fn new(
        session: SessionId,
        negotiated: Negotiated,
        locals: Vec<Local>,
        channel: usize,
        seat: Seat,
        now: Instant,
    ) -> Self {
        let Negotiated { rtc, audio, video, ufrag, remote_ufrag, answer: _ } = negotiated;
        let mut random = [0; 12];
        getrandom::fill(&mut random).expect("the operating system gives randomness once it has started");
        Self {
            session,
            ufrag,
            remote_ufrag,
            rtc,
            audio,
            video,
            locals,
            addresses: Vec::new(),
            timeline: Timeline::new(random),
            stage: Stage::Connecting { since: now },
            on: channel,
            moving: None,
            pictures: if video.is_some() { Pictures::Await { asked: None } } else { Pictures::Flow },
            pending: 0,
            due: now,
            counters: Arc::clone(seat.shard()),
            seat,
            sounding: None,
        }
    }

    /// Measures the way to this viewer, as long as it is here. It must have been negotiated with statistics.
    pub(super) fn sound_out(&mut self, sounding: Sounding) {
        self.sounding = Some(sounding);
    }

    /// The ICE session. It stays the same as long as the viewer.
    pub(super) fn ice_session(&self) -> IceSession {
        IceSession { local: self.ufrag.clone(), remote: self.remote_ufrag.clone() }
    }

    /// The channel that is on.
    pub(super) fn channel(&self) -> usize {
        self.on
    }

    /// How many of the audience this is: 1, or 0 for a screen of a control room.
    pub(super) fn audience(&self) -> isize {
        self.seat.audience()
    }

    /// The channel that was selected and is not on yet.
    pub(super) fn selected(&self) -> Option<usize> {
        self.moving.map(|moving| moving.to)
    }

    /// Where this viewer was heard from, oldest first.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Adds an address. Returns the one that had to make room for it.
    pub(super) fn add_address(&mut self, address: SocketAddr) -> Option<SocketAddr> {
        self.addresses.push(address);
        (self.addresses.len() > MOST_ADDRESSES).then(|| self.addresses.remove(0))
    }

    /// The address belongs to another viewer now.
    pub(super) fn forget_address(&mut self, address: SocketAddr) {
        self.addresses.retain(|known| *known != address);
    }

    /// Selects a channel. It is on once its keyframe is here, or its sound if it has no picture; until then the old one stays.
    pub(super) fn select(&mut self, channel: usize, has_picture: bool, now: Instant) {
        self.moving = None;
        match self.stage {
            _ if channel == self.on => {}
            Stage::Watching { .. } => {
                self.moving = Some(Moving { to: channel, has_picture, since: now, asked: None });
            }
            Stage::Connecting { .. } | Stage::Ended(_) => self.on = channel,
        }
    }

    /// The channel whose keyframe this viewer needs, each time that it should be asked for.
    pub(super) fn keyframe_to_ask(&mut self, now: Instant) -> Option<usize> {
        if !matches!(self.stage, Stage::Watching { .. }) || self.video.is_none() {
            return None;
        }
        let (channel, asked) = match (&mut self.moving, &mut self.pictures) {
            (Some(moving), _) => (moving.to, &mut moving.asked),
            (None, Pictures::Await { asked }) => (self.on, asked),
            (None, Pictures::Flow) => return None,
        };
        let is_time = asked.is_none_or(|asked| now.saturating_duration_since(asked) >= KEYFRAME_RETRY);
        is_time.then(|| {
            *asked = Some(now);
            channel
        })
    }

    /// Takes a datagram that is for this viewer and came in by `face`.
    pub(super) fn receive(
        &mut self,
        (face, from): (usize, SocketAddr),
        datagram: DatagramRecv<'_>,
        now: Instant,
        wire: &mut Wire,
    ) -> Heard {
        // A socket of which this viewer was told no address (a public one stands for all) counts as its first.
        let Some(local) = self.locals.iter().find(|local| local.face == face).or(self.locals.first()) else {
            return Heard::default();
        };
        let receive = Receive { proto: Protocol::Udp, source: from, destination: local.address, contents: datagram };
        self.input(Input::Receive(now, receive));
        let outcome = self.pump(Some(from), now, wire);
        // A stranger may name this viewer, but it is not answered and is no sign of life.
        if let Stage::Watching { heard } = &mut self.stage
            && (outcome.answered || self.addresses.contains(&from))
        {
            *heard = now;
        }
        outcome
    }

    /// Sends what is for this viewer of a channel's new packets. Afterwards it may be on that channel.
    pub(super) fn feed(
        &mut self,
        channel: usize,
        packets: &[Arc<Packet>],
        epoch: Instant,
        now: Instant,
        wire: &mut Wire,
    ) {
        if !matches!(self.stage, Stage::Watching { .. }) {
            return;
        }
        let (mut written, mut bytes) = (0, 0);
        for packet in packets {
            if self.moving.is_some_and(|moving| self.arrives(moving, channel, packet, now)) {
                self.on = channel;
                self.moving = None;
                if self.video.is_some() {
                    self.pictures = Pictures::Await { asked: Some(now) };
                }
            }
            if self.on == channel && self.write(channel, packet, epoch, now) {
                written += 1;
                bytes += packet.payload.len() as u64;
            }
        }
        if written > 0 {
            self.pending += written;
            self.counters.packets.fetch_add(written as u64, Ordering::Relaxed);
            self.counters.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.drive(now, wire);
        }
    }

    /// Whether this packet completes the move: the keyframe, or sound when there is no picture to wait for any more.
    fn arrives(&self, moving: Moving, channel: usize, packet: &Packet, now: Instant) -> bool {
        let waited = now.saturating_duration_since(moving.since) >= MOVE_PATIENCE;
        channel == moving.to
            && match packet.kind {
                Kind::Video => self.video.is_some() && packet.keyframe,
                Kind::Audio => self.audio.is_some() && (self.video.is_none() || !moving.has_picture || waited),
            }
    }

    fn write(&mut self, channel: usize, packet: &Packet, epoch: Instant, now: Instant) -> bool {
        let track = match packet.kind {
            Kind::Audio => self.audio,
            Kind::Video => self.video,
        };
        let Some(track) = track else { return false };
        let stamp = match self.timeline.stamp(Source { channel, origin: packet.origin }, packet) {
            Ok(stamp) => stamp,
            Err(Refused::Late) => return false,
            Err(Refused::NoKeyframe) => {
                if matches!(self.pictures, Pictures::Flow) {
                    self.pictures = Pictures::Await { asked: None };
                }
                return false;
            }
        };
        if packet.kind == Kind::Video {
            self.pictures = Pictures::Flow;
        }
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(track.mid, None) else { return false };
        let instant = epoch + stamp.instant;
        let instant = instant.checked_sub(REPORT_LAG).unwrap_or(epoch).min(now);
        let payload = Arc::clone(&packet.payload);
        stream.write_rtp(
            RtpWrite::new(track.payload_type, stamp.sequence.into(), stamp.timestamp, instant, payload)
                .marker(packet.marker)
                .nackable(packet.kind == Kind::Video),
        );
        true
    }

    /// Whether the stack wants to be driven.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due <= now
    }

    /// Lets the stack do what is due.
    pub(super) fn drive(&mut self, now: Instant, wire: &mut Wire) -> Heard {
        self.input(Input::Timeout(now));
        self.pump(None, now, wire)
    }

    /// Why the session is over, if it is.
    pub(super) fn ending(&self, limits: Limits, now: Instant) -> Option<Ending> {
        let over = |since: Instant, limit| now.saturating_duration_since(since) >= limit;
        match self.stage {
            Stage::Connecting { since } => over(since, limits.connect).then_some(Ending::NeverConnected),
            Stage::Watching { heard } => over(heard, limits.silence).then_some(Ending::Silent),
            Stage::Ended(ending) => Some(ending),
        }
    }

    /// Ends the session because of a fault of the stack.
    pub(super) fn fail(&mut self) {
        self.stage = Stage::Ended(Ending::Failed);
    }

    /// Says goodbye (RTCP BYE, DTLS close_notify).
    pub(super) fn close(&mut self, now: Instant, wire: &mut Wire) {
        if self.rtc.close().is_ok() {
            self.pump(None, now, wire);
        }
    }

    fn input(&mut self, input: Input<'_>) {
        if let Err(error) = self.rtc.handle_input(input) {
            // Anybody can send garbage from anywhere; the stack itself knows when it cannot go on.
            tracing::debug!(viewer = self.session.brief(), %error, "the peer connection refused an input");
        }
    }

    /// Takes all output of the stack.
    fn pump(&mut self, from: Option<SocketAddr>, now: Instant, wire: &mut Wire) -> Heard {
        let mut heard = Heard::default();
        let (mut rounds, mut again) = (0, 0);
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => {
                    heard.answered |= Some(transmit.destination) == from;
                    // RFC 5761 §4: the second byte of an RTP packet is marker and payload type; RTCP's are others.
                    let payload_type = transmit.contents.get(1).filter(|_| transmit.contents[0] >> 6 == 2);
                    match payload_type.map(|byte| self.classify(byte & 0x7f)) {
                        Some(Some(Sent::Again)) => {
                            if again >= MOST_AGAIN {
                                continue;
                            }
                            again += 1;
                        }
                        Some(Some(Sent::Media)) => self.pending = self.pending.saturating_sub(1),
                        Some(None) | None => {}
                    }
                    let local = self.locals.iter().find(|local| local.address == transmit.source);
                    wire.send(local.map_or(0, |local| local.face), transmit.destination, &transmit.contents);
                }
                Ok(Output::Event(event)) => self.event(&event, now, &mut heard),
                Ok(Output::Timeout(at)) => {
                    if !self.rtc.is_alive() {
                        self.end(Ending::Closed);
                        break;
                    }
                    rounds += 1;
                    let is_idle = self.pending == 0 && matches!(self.rtc.last_timeout_reason(), Reason::Pacer(_));
                    if at > now {
                        self.due = at;
                        break;
                    } else if is_idle || rounds > MOST_ROUNDS {
                        self.pending = 0;
                        self.due = now + QUEUE_REFRESH;
                        break;
                    }
                    self.input(Input::Timeout(now));
                }
                Err(error) => {
                    tracing::debug!(viewer = self.session.brief(), %error, "the peer connection failed");
                    self.end(Ending::Failed);
                    break;
                }
            }
        }
        if again > 0 {
            self.counters.again.fetch_add(again as u64, Ordering::Relaxed);
        }
        heard
    }

    fn event(&mut self, event: &Event, now: Instant, heard: &mut Heard) {
        match event {
            Event::Connected => {
                self.stage = Stage::Watching { heard: now };
                self.seat.connected();
            }
            Event::IceConnectionStateChange(state) if state.is_disconnected() => self.end(Ending::Disconnected),
            Event::KeyframeRequest(_) => heard.keyframe = true,
            Event::MediaEgressStats(stats) => {
                if let (Some(sounding), Some(length)) = (&self.sounding, stats.rtt) {
                    sounding.measure(length);
                }
            }
            Event::Closed => self.end(Ending::Closed),
            _ => {}
        }
    }

    fn end(&mut self, ending: Ending) {
        if !matches!(self.stage, Stage::Ended(_)) {
            self.stage = Stage::Ended(ending);
        }
    }

    fn classify(&self, payload_type: u8) -> Option<Sent> {
        let is = |pt: Option<Pt>| pt.is_some_and(|pt| *pt == payload_type);
        let [audio, video] = [self.audio, self.video].map(|track| track.map(|track| track.payload_type));
        if is(audio) || is(video) {
            Some(Sent::Media)
        } else {
            is(self.video.and_then(|track| track.retransmission)).then_some(Sent::Again)
        }
    }
}

/// What an outgoing RTP packet is.
enum Sent {
    Media,
    Again,
}
