//! An exchange that is fed whatever comes, for the fuzz target and the tests: nothing may stop it, and what it sends must be SIP.

use std::net::SocketAddr;
use std::time::Duration;

use super::CallNumber;
use super::exchange::{Exchange, Output, Settings};
use super::message::Message;
use super::wire::Wire;

/// Most calls of the exchange that is fed.
const MAX_CALLS: usize = 3;

/// What divides the datagrams in the input.
const DIVIDER: &[u8] = b"\x00\x01";

/// Feeds datagrams, divided by a zero and a one, to a telephone exchange as a peer's, with some time between them, and answers what
/// rings; each is also taken for a packet of sound. Tells how many datagrams were sent back.
///
/// # Panics
/// If something that was sent is no SIP, or a bound does not hold. That is what it is for.
pub fn feed(input: &[u8]) -> usize {
    let peer: SocketAddr = ([192, 0, 2, 7], 5060).into();
    let here: SocketAddr = ([192, 0, 2, 1], 5060).into();
    let mut seed = 0_u64;
    let random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed
    };
    let settings = Settings {
        peers: vec!["192.0.2.0/24".parse().expect("it is a range")],
        trunk: None,
        max_calls: MAX_CALLS,
        here: Box::new(move |_| here),
        open: Box::new(|_| Some(40_000)),
        random: Box::new(random),
    };
    let mut exchange = Exchange::new(settings, Duration::ZERO);
    let mut wire: Option<Wire> = None;
    let (mut now, mut sent, mut rest) = (Duration::ZERO, 0, input);
    while !rest.is_empty() {
        let end = rest.windows(DIVIDER.len()).position(|window| window == DIVIDER);
        let datagram = &rest[..end.unwrap_or(rest.len())];
        rest = end.map_or(&[][..], |end| &rest[end + DIVIDER.len()..]);
        exchange.datagram(peer, datagram, now);
        if let Some(wire) = &mut wire {
            wire.packet(peer, datagram, now);
        }
        now += Duration::from_millis(700);
        exchange.tick(now);
        for call in 1..=MAX_CALLS as u64 {
            // Most numbers are no call.
            let _ = exchange.answer(CallNumber(call), now);
        }
        while let Some(output) = exchange.poll() {
            match output {
                Output::Send { bytes, .. } => {
                    let read = Message::parse(&bytes);
                    assert!(read.is_ok(), "{read:?}: {}", String::from_utf8_lossy(&bytes));
                    sent += 1;
                }
                Output::Sound { stream, trusted, .. } => wire = Some(Wire::new(stream, trusted, now)),
                Output::News(_) | Output::Close { .. } | Output::FindTrunk => {}
            }
        }
        assert!(exchange.calls() <= MAX_CALLS);
    }
    sent
}
