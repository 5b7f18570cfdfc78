//! ICE candidates in SDP (RFC 8839 §5.1): those over UDP with an address, and nothing else.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A candidate of component 1 over UDP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    foundation: String,
    priority: u32,
    /// Where to send.
    pub address: SocketAddr,
    kind: Kind,
    /// Base of a reflexive or relayed candidate.
    related: Option<SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Host,
    ServerReflexive,
    PeerReflexive,
    Relay,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::ServerReflexive => "srflx",
            Self::PeerReflexive => "prflx",
            Self::Relay => "relay",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Host, Self::ServerReflexive, Self::PeerReflexive, Self::Relay]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// What a candidate attribute turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// One that can be used, with the ICE user fragment it names.
    Usable(Candidate, Option<String>),
    /// A sound one of a kind that is passed over: TCP, RTCP's component, or a name instead of an address. A publisher
    /// behind such a name (mDNS) is found all the same: its own checks show its address.
    Other,
    /// Not a candidate.
    Malformed,
}

impl Candidate {
    /// Reads the value of a candidate attribute: what follows `candidate:`.
    pub fn read(value: &str) -> Read {
        let mut words = value.split_ascii_whitespace();
        let mut next = || words.next();
        let (Some(foundation), Some(component), Some(transport), Some(priority)) = (next(), next(), next(), next())
        else {
            return Read::Malformed;
        };
        let (Some(host), Some(port), Some("typ"), Some(kind)) = (next(), next(), next(), next()) else {
            return Read::Malformed;
        };
        let (Ok(priority), Ok(port), Ok(component)) = (priority.parse(), port.parse(), component.parse::<u16>()) else {
            return Read::Malformed;
        };
        let foundation_fits = (1..=32).contains(&foundation.len())
            && foundation.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
        if !foundation_fits {
            return Read::Malformed;
        }
        let (Some(kind), Ok(ip)) = (Kind::from_word(kind), host.parse::<IpAddr>()) else { return Read::Other };
        if component != 1 || !transport.eq_ignore_ascii_case("udp") || port == 0 {
            return Read::Other;
        }
        let rest: Vec<&str> = words.collect();
        let extension = |name| rest.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| pair[1]);
        let related =
            extension("raddr").and_then(|ip| ip.parse().ok()).zip(extension("rport").and_then(|p| p.parse().ok()));
        let related = related.map(|(ip, port): (IpAddr, u16)| SocketAddr::new(ip, port));
        let address = SocketAddr::new(ip, port);
        let candidate = Self { foundation: foundation.to_owned(), priority, address, kind, related };
        Read::Usable(candidate, extension("ufrag").map(str::to_owned))
    }

    /// The same candidate as the world behind a 1:1 NAT sees it: a host candidate bears the public address of its family.
    pub fn seen_at(mut self, public: IpAddr) -> Self {
        if self.kind == Kind::Host && self.address.is_ipv4() == public.is_ipv4() {
            self.address.set_ip(public);
        }
        self
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foundation, priority, address, kind, related } = self;
        write!(f, "candidate:{foundation} 1 UDP {priority} {} {} typ {}", address.ip(), address.port(), kind.word())?;
        match related {
            Some(base) => write!(f, " raddr {} rport {}", base.ip(), base.port()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable(value: &str) -> Candidate {
        match Candidate::read(value) {
            Read::Usable(candidate, _) => candidate,
            other => panic!("{value}: {other:?}"),
        }
    }

    #[test]
    fn a_candidate_is_read_and_written_again() {
        let host = usable("955864940 1 udp 2122194687 192.0.2.2 54066 typ host generation 0 network-id 1");
        assert_eq!(host.to_string(), "candidate:955864940 1 UDP 2122194687 192.0.2.2 54066 typ host");
        let relay =
            usable("7 1 UDP 41885439 203.0.113.9 50000 typ relay raddr fd00::2 rport 9 generation 0 ufrag ab+c");
        assert_eq!(relay.to_string(), "candidate:7 1 UDP 41885439 203.0.113.9 50000 typ relay raddr fd00::2 rport 9");
    }

    #[test]
    fn tcp_rtcp_and_names_are_passed_over_and_garbage_is_told() {
        for other in [
            "1 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active",
            "1 2 udp 2122194687 192.0.2.2 54066 typ host",
            "1 1 udp 2122194687 6a0b2a74-8d92-4e0e-9c2e-2d0b2b1f2b7e.local 54066 typ host",
        ] {
            assert_eq!(Candidate::read(other), Read::Other, "{other}");
        }
        for garbage in [
            "",
            "1 1 udp",
            "1 1 udp x 192.0.2.2 9 typ host",
            "1 1 udp 1 192.0.2.2 99999 typ host",
            "é 1 udp 1 ::1 9 typ host",
        ] {
            assert_eq!(Candidate::read(garbage), Read::Malformed, "{garbage}");
        }
    }

    #[test]
    fn a_public_address_replaces_that_of_host_candidates_of_its_family() {
        let public = "203.0.113.7".parse().unwrap();
        let seen = |value| usable(value).seen_at(public).address.to_string();
        assert_eq!(seen("1 1 udp 1 10.0.0.2 5000 typ host"), "203.0.113.7:5000");
        assert_eq!(seen("1 1 udp 1 fd00::2 5000 typ host"), "[fd00::2]:5000");
        assert_eq!(seen("1 1 udp 1 198.51.100.1 5000 typ srflx raddr 10.0.0.2 rport 5000"), "198.51.100.1:5000");
    }
}
