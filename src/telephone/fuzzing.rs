//! An exchange, and the packets of a call, that are fed whatever comes, for the fuzz targets and the tests: nothing may stop them,
//! and what they send must be SIP and go where it may.

use std::net::SocketAddr;
use std::time::Duration;

use super::exchange::{Callee, Exchange, Output, Settings};
use super::message::Message;
use super::sdp::Local;
use super::wire::Wire;
use super::{CallNumber, Password, Trunk};

/// Most calls of the exchange that is fed.
const MAX_CALLS: usize = 3;

/// What divides the datagrams in the input.
const DIVIDER: &[u8] = b"\x00\x01";

/// What stands in a datagram for the branch of our newest request, and for the newest tag of ours: both are random.
const OUR_BRANCH: &str = "z9hG4bKours";
const OUR_TAG: &str = "tag=ours";

fn at(address: [u8; 4], port: u16) -> SocketAddr {
    (address, port).into()
}

/// Feeds datagrams, divided by a zero and a one, to a telephone exchange, as those of a peer that is its trunk as well, with some time
/// between them. It registers there and calls a number from the start, and answers what rings; each datagram is also taken for a
/// packet of sound. In them `z9hG4bKours` and `tag=ours` stand for what the exchange made up last. Tells how many responses were
/// sent back.
///
/// # Panics
/// If something that was sent is no SIP, or a bound does not hold. That is what it is for.
pub fn feed(input: &[u8]) -> usize {
    let (peer, here) = (at([192, 0, 2, 7], 5060), at([192, 0, 2, 1], 5060));
    let mut seed = 0_u64;
    let random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed
    };
    let trunk = Trunk {
        host: "192.0.2.7".into(),
        port: 5060,
        user: "regia".into(),
        login: None,
        password: Password::new("secret"),
        realm: None,
        register: true,
    };
    let settings = Settings {
        peers: vec!["192.0.2.0/24".parse().expect("it is a range")],
        trunk: Some(trunk),
        max_calls: MAX_CALLS,
        here: Box::new(move |_| here),
        open: Box::new(|_| Some(40_000)),
        random: Box::new(random),
    };
    let mut exchange = Exchange::new(settings, Duration::ZERO);
    exchange.tick(Duration::ZERO);
    let callee = Callee::parse("+390105551242").expect("it is a number");
    exchange.trunk_found(&[peer], Duration::ZERO);
    exchange.dial(&callee, peer, Duration::ZERO).expect("there is a trunk, and no call yet");
    let (mut wire, mut ours): (Option<Wire>, _) = (None, Ours::default());
    let (mut now, mut answered) = (Duration::ZERO, 0);
    for datagram in std::iter::once(&[][..]).chain(divided(input)) {
        let datagram = ours.put_into(datagram);
        exchange.datagram(peer, &datagram, now);
        if let Some(wire) = &mut wire {
            wire.packet(peer, &datagram, now);
        }
        now += Duration::from_millis(700);
        exchange.tick(now);
        for call in 1..=2 * MAX_CALLS as u64 {
            // Most numbers are no call.
            let _ = exchange.answer(CallNumber(call), now);
        }
        while let Some(output) = exchange.poll() {
            match output {
                Output::Send { bytes, .. } => answered += usize::from(ours.learn(&bytes)),
                Output::Sound { stream, trusted, .. } => wire = Some(Wire::new(stream, trusted, now)),
                Output::FindTrunk => exchange.trunk_found(&[peer], now),
                Output::News(_) | Output::Close { .. } => {}
            }
        }
        assert!(exchange.calls() <= MAX_CALLS);
    }
    answered
}

/// What the exchange made up last.
#[derive(Default)]
struct Ours {
    branch: String,
    tag: String,
}

impl Ours {
    /// Reads what was sent; whether it is a response.
    fn learn(&mut self, bytes: &[u8]) -> bool {
        match Message::parse(bytes) {
            Ok(Message::Request(request)) => {
                self.branch = request.head.branch;
                self.tag = request.head.from.tag.unwrap_or_default();
                false
            }
            Ok(Message::Response(response)) => {
                self.tag = response.head.to.tag.unwrap_or_default();
                true
            }
            // What keeps a hole in a NAT open.
            Err(_) if bytes == b"\r\n\r\n" => false,
            Err(error) => panic!("{error}: {}", String::from_utf8_lossy(bytes)),
        }
    }

    fn put_into(&self, datagram: &[u8]) -> Vec<u8> {
        let tag = format!("tag={}", self.tag);
        let mut whole = datagram.to_vec();
        for (place, made_up) in [(OUR_BRANCH, &self.branch), (OUR_TAG, &tag)] {
            let (place, mut from) = (place.as_bytes(), 0);
            while let Some(found) = whole[from..].windows(place.len()).position(|window| window == place) {
                whole.splice(from + found..from + found + place.len(), made_up.bytes());
                from += found + made_up.len();
            }
        }
        whole
    }
}

/// Feeds packets, divided by a zero and a one, to a call's judgement of them: each from an address, after a time and with an
/// agreement that its first byte chooses.
///
/// # Panics
/// If our sound would go to who is neither in SDP nor where signalling comes from.
pub fn feed_packets(input: &[u8]) {
    let (named, trusted) = (at([10, 0, 0, 5], 4000), at([192, 0, 2, 9], 31_000));
    let senders = [named, trusted, at([192, 0, 2, 9], 31_002), at([198, 51, 100, 1], 4000)];
    let stream = |direction: &str| {
        let offer = format!(
            "v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\ns=-\r\nc=IN IP4 10.0.0.5\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n\
             a=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
        );
        Local::new(trusted.ip(), 1, 1).answer(offer.as_bytes(), trusted.ip()).expect("it can be answered").1
    };
    let mut now = Duration::ZERO;
    let mut wire = Wire::new(stream("sendrecv"), trusted.ip(), now);
    for packet in divided(input) {
        let Some((choice, packet)) = packet.split_first() else { continue };
        now += Duration::from_millis(u64::from(choice >> 4) * 50);
        match choice & 0x0c {
            0x0c => wire.agree(stream("sendonly"), trusted.ip(), now),
            0x08 => wire.agree(stream("sendrecv"), trusted.ip(), now),
            _ => {}
        }
        let from = senders[usize::from(choice & 0x03)];
        wire.packet(from, packet, now);
        let to = wire.destination();
        assert!(to.is_none_or(|to| to == named || to.ip() == trusted.ip()), "our sound goes to {to:?}");
        assert!(to.is_none() || !wire.stream().is_held());
    }
}

fn divided(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(input);
    std::iter::from_fn(move || {
        let now = rest.take().filter(|now| !now.is_empty())?;
        match now.windows(DIVIDER.len()).position(|window| window == DIVIDER) {
            Some(end) => {
                rest = Some(&now[end + DIVIDER.len()..]);
                Some(&now[..end])
            }
            None => Some(now),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call by the book, as the fuzzer begins with it.
    const CALL: &[u8] = include_bytes!("../../tests/fuzz/seeds/sip/call");
    const TRUNK: &[u8] = include_bytes!("../../tests/fuzz/seeds/sip/trunk");

    #[test]
    fn what_the_fuzzer_begins_with_is_understood() {
        // 100, 180 and 200 to the INVITE; then 200 to the re-INVITE, the UPDATE, OPTIONS and the BYE.
        assert!(feed(CALL) >= 7, "{}", feed(CALL));
        assert!(feed(TRUNK) >= 1);
    }

    #[test]
    fn packets_of_all_kinds_leave_our_sound_where_it_belongs() {
        let mut seed = 1_u64;
        let mut byte = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as u8
        };
        for _ in 0..2000 {
            let mut evening = Vec::new();
            for number in 0..12 {
                evening.extend([byte(), 0x80 | byte() & 0x1f, [8, 101, 13, 72][usize::from(byte() & 3)], 0, number]);
                evening.extend((0..byte() & 0x1f).map(|_| byte() | 2));
                evening.extend(DIVIDER);
            }
            feed_packets(&evening);
        }
    }
}
