//! The packets of one call: whose they are, where ours go, which keys are pressed. Pure: packets and the time come in.
//!
//! Media behind NAT come from where SDP does not say. Ours go to where theirs come from (RFC 4961): the first address that sends
//! two packets in a row which fit is kept, if it is that of SDP or that of signalling. Who sends from elsewhere is not heard.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::sdp::Stream;

/// For how long after the first packet SDP's own address can still take over: a provider that changes from its announcement
/// to the caller does that at the start.
const SETTLING: Duration = Duration::from_secs(5);

/// How long no packet may come while the other end should send.
pub(super) const NO_SOUND: Duration = Duration::from_secs(60);

/// Keys that are told at once, and how long it takes until one more is: nobody presses so many, and each is written down.
const MOST_KEYS: u32 = 20;
const KEY_PAUSE: Duration = Duration::from_millis(500);

/// Bytes of an RTP header without what can follow (RFC 3550 §5.1).
const HEADER: usize = 12;

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Sound; `fresh` when it is the first of its source, whose numbers and clock are its own.
    Sound { fresh: bool },
    /// A key was pressed.
    Key(char),
    /// Nothing to be heard: a key that is still pressed, comfort noise, or not one of this call's.
    Nothing,
}

/// What is known of the packets of a call.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    trusted: IpAddr,
    source: Option<Source>,
    /// Who sent the newest packet that did not come from the source, and which number would follow it.
    candidate: Option<(SocketAddr, u32, u16)>,
    /// RTP timestamp of the newest key: all packets of one press share it.
    key: Option<(u32, u8)>,
    keys: Budget,
    last: Duration,
}

/// How many keys may still be told. One comes back after each [`KEY_PAUSE`].
#[derive(Debug)]
struct Budget {
    left: u32,
    since: Duration,
}

impl Budget {
    fn spend(&mut self, now: Duration) -> bool {
        let back = now.saturating_sub(self.since).as_millis() / KEY_PAUSE.as_millis();
        let back = u32::try_from(back).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(back);
        self.since = if self.left >= MOST_KEYS { now } else { self.since + KEY_PAUSE.saturating_mul(back) };
        self.left = self.left.min(MOST_KEYS);
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

#[derive(Debug, Clone, Copy)]
struct Source {
    address: SocketAddr,
    ssrc: u32,
    since: Duration,
}

struct Header<'a> {
    payload: u8,
    number: u16,
    timestamp: u32,
    ssrc: u32,
    body: &'a [u8],
}

impl Wire {
    pub(super) fn new(stream: Stream, trusted: IpAddr, now: Duration) -> Self {
        Self {
            stream,
            trusted,
            source: None,
            candidate: None,
            key: None,
            keys: Budget { left: MOST_KEYS, since: now },
            last: now,
        }
    }

    /// Takes on what was agreed anew. If SDP names another address it begins to look for the source again.
    pub(super) fn agree(&mut self, stream: Stream, trusted: IpAddr, now: Duration) {
        if stream.remote != self.stream.remote {
            self.source = None;
        }
        (self.stream, self.trusted, self.last) = (stream, trusted, now);
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Where signalling comes from.
    pub(super) fn trusted(&self) -> IpAddr {
        self.trusted
    }

    /// Where our packets go.
    pub(super) fn destination(&self) -> Option<SocketAddr> {
        let to = self.source.map(|source| source.address).or(self.stream.remote);
        to.filter(|_| self.stream.speaks)
    }

    /// Whether the other end should send and has not for too long.
    pub(super) fn is_silent(&self, now: Duration) -> bool {
        self.stream.hears && !self.stream.is_held() && now.saturating_sub(self.last) >= NO_SOUND
    }

    /// Judges a packet.
    pub(super) fn packet(&mut self, from: SocketAddr, bytes: &[u8], now: Duration) -> Heard {
        let Some(header) = read(bytes) else { return Heard::Nothing };
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let sound = header.payload == self.stream.payload;
        let key = self.stream.events.is_some_and(|events| events.payload == header.payload);
        let comfort = header.payload == 13;
        if !(sound || key || comfort) || !self.may_send(from, now) {
            return Heard::Nothing;
        }
        let known = self.source.is_some_and(|source| source.address == from && source.ssrc == header.ssrc);
        let fresh = !known;
        if fresh {
            // Two in a row: one packet can be made up, or be late from a source that is gone.
            let follows = self.candidate == Some((from, header.ssrc, header.number));
            if !follows {
                self.candidate = Some((from, header.ssrc, header.number.wrapping_add(1)));
                return Heard::Nothing;
            }
            let since = self.source.map_or(now, |source| source.since);
            self.source = Some(Source { address: from, ssrc: header.ssrc, since });
            self.candidate = None;
        }
        self.last = now;
        if sound {
            Heard::Sound { fresh }
        } else if key {
            self.key(&header, now)
        } else {
            Heard::Nothing
        }
    }

    fn may_send(&self, from: SocketAddr, now: Duration) -> bool {
        let remote = self.stream.remote.map(|remote| SocketAddr::new(remote.ip().to_canonical(), remote.port()));
        match self.source {
            Some(source) if source.address == from => true,
            Some(source) => remote == Some(from) && now.saturating_sub(source.since) < SETTLING,
            None => remote.is_some_and(|remote| remote.ip() == from.ip()) || self.trusted.to_canonical() == from.ip(),
        }
    }

    /// A key by its first packet that arrives (RFC 4733 §2.5.1).
    fn key(&mut self, header: &Header<'_>, now: Duration) -> Heard {
        let &[event, _, _, _, ..] = header.body else { return Heard::Nothing };
        if self.key.replace((header.timestamp, event)) == Some((header.timestamp, event)) {
            return Heard::Nothing;
        }
        if event > 15 || !self.keys.spend(now) {
            return Heard::Nothing;
        }
        match event {
            0..=9 => Heard::Key(char::from(b'0' + event)),
            10 => Heard::Key('*'),
            11 => Heard::Key('#'),
            12..=15 => Heard::Key(char::from(b'A' + event - 12)),
            _ => Heard::Nothing,
        }
    }
}

/// Reads an RTP header; nothing if it is none, or RTCP (RFC 5761 §4).
fn read(bytes: &[u8]) -> Option<Header<'_>> {
    let head: &[u8; HEADER] = bytes.first_chunk()?;
    let (payload, contributors) = (head[1] & 0x7f, usize::from(head[0] & 0x0f));
    if head[0] >> 6 != 2 || (64..96).contains(&payload) {
        return None;
    }
    let mut body = bytes.get(HEADER + 4 * contributors..)?;
    if head[0] & 0x10 != 0 {
        let extension: &[u8; 4] = body.first_chunk()?;
        let words = usize::from(u16::from_be_bytes([extension[2], extension[3]]));
        body = body.get(4 + 4 * words..)?;
    }
    Some(Header {
        payload,
        number: u16::from_be_bytes([head[2], head[3]]),
        timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
        ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sdp::Local;
    use super::*;

    const TRUSTED: &str = "192.0.2.9";

    fn stream(direction: &str) -> Stream {
        let offer = format!(
            "v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\ns=-\r\nc=IN IP4 10.0.0.5\r\nt=0 0\r\n\
             m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
        );
        let near = TRUSTED.parse().expect("it is an address");
        Local::new(near, 1, 1).answer(offer.as_bytes(), near).expect("it can be answered").1
    }

    fn wire() -> Wire {
        Wire::new(stream("sendrecv"), TRUSTED.parse().expect("it is an address"), Duration::ZERO)
    }

    fn packet(payload: u8, number: u16, timestamp: u32, ssrc: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80, payload];
        bytes.extend(number.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend(ssrc.to_be_bytes());
        bytes.extend(body);
        bytes
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("it is an address")
    }

    #[test]
    fn ours_go_to_where_theirs_come_from_after_two_packets_in_a_row() {
        let mut wire = wire();
        assert_eq!(wire.destination(), Some(at("10.0.0.5:4000")));
        let nat = at("192.0.2.9:31000");
        assert_eq!(wire.packet(nat, &packet(8, 1, 0, 7, b"x"), Duration::ZERO), Heard::Nothing);
        assert_eq!(wire.destination(), Some(at("10.0.0.5:4000")));
        assert_eq!(wire.packet(nat, &packet(8, 2, 160, 7, b"x"), Duration::ZERO), Heard::Sound { fresh: true });
        assert_eq!(wire.packet(nat, &packet(8, 3, 320, 7, b"x"), Duration::ZERO), Heard::Sound { fresh: false });
        assert_eq!(wire.destination(), Some(nat));
    }

    #[test]
    fn who_is_neither_in_sdp_nor_at_the_signalling_address_is_not_heard() {
        let mut wire = wire();
        for number in 0..9 {
            let heard = wire.packet(at("198.51.100.1:4000"), &packet(8, number, 0, 7, b"x"), Duration::ZERO);
            assert_eq!(heard, Heard::Nothing);
        }
        assert_eq!(wire.destination(), Some(at("10.0.0.5:4000")));
    }

    #[test]
    fn another_source_takes_over_only_from_the_address_of_sdp_and_only_at_the_start() {
        let mut wire = wire();
        let (nat, named, other) = (at("192.0.2.9:31000"), at("10.0.0.5:4000"), at("192.0.2.9:31002"));
        let mut two = |from, ssrc, now| {
            wire.packet(from, &packet(8, 1, 0, ssrc, b"x"), now);
            wire.packet(from, &packet(8, 2, 0, ssrc, b"x"), now)
        };
        assert_eq!(two(nat, 1, Duration::ZERO), Heard::Sound { fresh: true });
        assert_eq!(two(other, 2, Duration::from_secs(1)), Heard::Nothing);
        assert_eq!(two(named, 3, Duration::from_secs(2)), Heard::Sound { fresh: true });
        assert_eq!(two(nat, 1, Duration::from_secs(3)), Heard::Nothing);
        assert_eq!(two(named, 4, Duration::from_secs(60)), Heard::Sound { fresh: true });
    }

    #[test]
    fn a_key_is_told_once_however_many_packets_tell_it() {
        let mut wire = wire();
        let from = at("10.0.0.5:4000");
        wire.packet(from, &packet(8, 1, 0, 7, b"x"), Duration::ZERO);
        wire.packet(from, &packet(8, 2, 160, 7, b"x"), Duration::ZERO);
        let mut press = |number, timestamp, event, end| {
            wire.packet(from, &packet(101, number, timestamp, 7, &[event, end, 0, 160]), Duration::ZERO)
        };
        assert_eq!(press(3, 320, 5, 0x0a), Heard::Key('5'));
        assert_eq!(press(4, 320, 5, 0x0a), Heard::Nothing);
        assert_eq!(press(5, 320, 5, 0x8a), Heard::Nothing);
        assert_eq!(press(6, 1320, 5, 0x8a), Heard::Key('5'));
        assert_eq!(press(7, 2320, 11, 0x8a), Heard::Key('#'));
        assert_eq!(press(8, 3320, 16, 0x8a), Heard::Nothing);
    }

    #[test]
    fn a_machine_that_presses_keys_is_told_no_faster_than_two_a_second() {
        let mut wire = wire();
        let from = at("10.0.0.5:4000");
        wire.packet(from, &packet(8, 1, 0, 7, b"x"), Duration::ZERO);
        wire.packet(from, &packet(8, 2, 160, 7, b"x"), Duration::ZERO);
        let mut told = |presses: std::ops::Range<u32>, now: Duration| {
            let press = |n: &u32| packet(101, *n as u16, n * 800, 7, &[1, 0x8a, 0, 160]);
            presses.filter(|n| wire.packet(from, &press(n), now) == Heard::Key('1')).count() as u32
        };
        assert_eq!(told(10..60, Duration::from_secs(1)), MOST_KEYS);
        assert_eq!(told(60..70, Duration::from_millis(1400)), 0);
        assert_eq!(told(70..80, Duration::from_millis(2100)), 2);
        assert_eq!(told(80..180, Duration::from_secs(3600)), MOST_KEYS);
    }

    #[test]
    fn no_sound_for_a_minute_is_silence_but_not_on_hold() {
        let mut wire = wire();
        assert!(!wire.is_silent(NO_SOUND - Duration::from_millis(1)) && wire.is_silent(NO_SOUND));
        wire.agree(stream("inactive"), TRUSTED.parse().expect("it is an address"), NO_SOUND);
        assert!(!wire.is_silent(NO_SOUND * 9));
        assert_eq!(wire.destination(), None);
    }

    #[test]
    fn what_is_no_rtp_is_nothing() {
        for bytes in [
            &b""[..],
            b"\x80",
            &[0; 40],
            &[0x8f, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7],
            &[0x80, 72, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7],
        ] {
            assert_eq!(wire().packet(at("10.0.0.5:4000"), bytes, Duration::ZERO), Heard::Nothing);
        }
    }
}
