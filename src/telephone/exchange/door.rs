//! Who may call: configured peers and the trunk. All others are refused, and not often.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// For how long what an address did is remembered.
const WINDOW: Duration = Duration::from_secs(60);
/// Refusals that an address gets within [`WINDOW`]; then there is silence.
const REFUSALS: u32 = 5;
/// Most addresses that are remembered. While the table is full newcomers get silence.
const MOST_ADDRESSES: usize = 1024;

/// A range of addresses, written `192.0.2.0/24` or as one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Peer {
    address: IpAddr,
    bits: u8,
}

impl Peer {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let same = |ours: u128, theirs: u128, width: u8| {
            let rest = u32::from(width - self.bits);
            ours.checked_shr(rest).unwrap_or(0) == theirs.checked_shr(rest).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => same(u32::from(ours).into(), u32::from(theirs).into(), 32),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same(ours.into(), theirs.into(), 128),
            _ => false,
        }
    }
}

impl std::str::FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("'{}' is not a peer: one like 192.0.2.10 or 192.0.2.0/24 is needed", text.escape_debug());
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > width { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

impl TryFrom<String> for Peer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// What a stranger gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// An answer; the first of a minute is worth a line in the log.
    Answer {
        first: bool,
    },
    Silence,
}

/// Counts what strangers ask.
#[derive(Debug, Default)]
pub(super) struct Door {
    strangers: HashMap<IpAddr, Stranger>,
}

#[derive(Debug)]
struct Stranger {
    since: Duration,
    count: u32,
}

impl Door {
    pub(super) fn refuse(&mut self, address: IpAddr, now: Duration) -> Refusal {
        let address = address.to_canonical();
        if !self.strangers.contains_key(&address) && self.strangers.len() >= MOST_ADDRESSES {
            self.strangers.retain(|_, stranger| now.saturating_sub(stranger.since) < WINDOW);
            if self.strangers.len() >= MOST_ADDRESSES {
                return Refusal::Silence;
            }
        }
        let stranger = self.strangers.entry(address).or_insert(Stranger { since: now, count: 0 });
        if now.saturating_sub(stranger.since) >= WINDOW {
            *stranger = Stranger { since: now, count: 0 };
        }
        stranger.count = stranger.count.saturating_add(1);
        match stranger.count {
            count if count > REFUSALS => Refusal::Silence,
            count => Refusal::Answer { first: count == 1 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_an_address_or_a_range() {
        let within = |peer: &str, address: &str| {
            peer.parse::<Peer>().expect("it is one").contains(address.parse().expect("it is an address"))
        };
        assert!(within("192.0.2.0/24", "192.0.2.77") && !within("192.0.2.0/24", "192.0.3.1"));
        assert!(within("192.0.2.7", "192.0.2.7") && within("192.0.2.7", "::ffff:192.0.2.7"));
        assert!(within("0.0.0.0/0", "198.51.100.1") && !within("0.0.0.0/0", "2001:db8::1"));
        assert!(within("2001:db8::/32", "2001:db8:1::1") && within("::/0", "2001:db8::1"));
        for wrong in ["", "192.0.2.0/33", "192.0.2/24", "example.org", "::1/129", "1.2.3.4/-1"] {
            assert!(wrong.parse::<Peer>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_stranger_is_answered_some_times_a_minute_and_then_met_with_silence() {
        let (mut door, address) = (Door::default(), "198.51.100.1".parse().expect("it is an address"));
        let mut ask = |seconds| door.refuse(address, Duration::from_secs(seconds));
        assert_eq!(ask(0), Refusal::Answer { first: true });
        for _ in 1..REFUSALS {
            assert_eq!(ask(1), Refusal::Answer { first: false });
        }
        assert_eq!([ask(2), ask(59)], [Refusal::Silence; 2]);
        assert_eq!(ask(60), Refusal::Answer { first: true });
    }

    #[test]
    fn the_table_of_strangers_has_a_bound() {
        let mut door = Door::default();
        let address = |n: u32| IpAddr::V4(n.into());
        for n in 0..5000 {
            door.refuse(address(n), Duration::ZERO);
        }
        assert_eq!(door.strangers.len(), MOST_ADDRESSES);
        assert_eq!(door.refuse(address(9000), WINDOW), Refusal::Answer { first: true });
    }
}
