//! Co-hosts by telephone: SIP and RTP (RFC 3261, RFC 3264, RFC 3550).
//!
//! [`Hub`] is the telephone of the house. It registers with a trunk, lets configured peers call, tells [`News`], and does what it is
//! asked. What a caller says is handed on dated in event time; what a caller hears is pushed into a [`Mouth`]. Signalling is
//! UDP only: a trunk that wants TCP or TLS, and one that is found by SRV records alone, needs a PBX between.
//!
//! ```text
//!  UDP 5060 ── datagrams ─► exchange (pure: calls, transactions, registration) ── Output ─► hub ─► news
//!  rtp_ports ─ packets ───► wire (who may send, keys, silence) ─► ear (pipeline) ─► the desk's strip
//!                           wire ◄─────────── packets ─────────── mouth (pipeline) ◄─ the caller's mix-minus
//! ```
//!
//! Numbers are masked wherever they print; only [`PhoneNumber::reveal`] gives one.

mod exchange;
mod hub;
mod message;
mod number;
mod sdp;
mod sound;
mod wire;

pub mod fuzzing;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use thiserror::Error;

pub use exchange::Peer;
pub use hub::Hub;
pub use number::PhoneNumber;
pub use sound::{Hearer, Mouth};

/// What the telephone is told once.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where SIP is spoken, over UDP.
    pub listen: SocketAddr,
    /// UDP ports of the calls' sound: one for each call at once.
    pub rtp_ports: RangeInclusive<u16>,
    /// The address by which the world reaches this machine behind 1:1 NAT; peers in private networks are told the local one.
    pub public_address: Option<IpAddr>,
    /// Who may call.
    pub peers: Vec<Peer>,
    /// Most calls at once.
    pub max_calls: usize,
    /// How long packets that come in disorder are waited for.
    pub jitter_buffer: std::time::Duration,
    /// The provider or PBX with which this house registers and through which it calls out.
    pub trunk: Option<Trunk>,
}

/// A provider or a PBX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    /// Name or address.
    pub host: String,
    /// UDP port.
    pub port: u16,
    /// The number or name that it knows us by.
    pub user: String,
    /// What goes with the password, if it is not the user.
    pub login: Option<String>,
    /// Never shown.
    pub password: Password,
    /// The only realm that is told the password's digest; none: whatever the trunk names.
    pub realm: Option<String>,
    /// Whether to register, or only to call and be called.
    pub register: bool,
}

impl Trunk {
    fn login(&self) -> &str {
        self.login.as_deref().unwrap_or(&self.user)
    }

    /// Its name as addresses carry it.
    fn domain(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == 5060 { host } else { format!("{host}:{}", self.port) }
    }
}

/// A password that does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Keeps a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Names a call of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallNumber(u64);

impl fmt::Display for CallNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the house should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Somebody calls.
    Rang {
        /// The call, to be answered or hung up within 180 s.
        call: CallNumber,
        /// Who it says it is.
        number: PhoneNumber,
        /// The caller's name, if there is one that is not the number again.
        name: Option<String>,
    },
    /// Somebody whom we call has a telephone that rings.
    Ringing {
        /// The call.
        call: CallNumber,
    },
    /// It was answered, here or there: sound flows.
    Answered {
        /// The call.
        call: CallNumber,
    },
    /// A key was pressed.
    Dtmf {
        /// The call.
        call: CallNumber,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
    },
    /// The other end holds the call: what it sends, mostly music, is not heard here.
    Held {
        /// The call.
        call: CallNumber,
    },
    /// The other end is back.
    Resumed {
        /// The call.
        call: CallNumber,
    },
    /// The call is over; its number means nothing any more.
    Ended {
        /// The call.
        call: CallNumber,
        /// Why.
        why: End,
    },
    /// The trunk.
    Registration(RegistrationState),
}

/// Why a call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The other end hung up.
    HungUp,
    /// We hung up, declined or took our call back.
    Ours,
    /// The caller gave up before anybody answered.
    Cancelled,
    /// Nobody answered in time.
    NoAnswer,
    /// Whom we called is busy.
    Busy,
    /// It was refused, with this SIP status.
    Refused {
        /// 400 to 699.
        code: u16,
    },
    /// Nothing came back from there.
    Unreachable,
    /// No sound came for too long.
    NoSound,
    /// The other end was lost: it did not confirm, refresh or resume in time.
    Lost,
}

/// How the trunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationState {
    /// For the first time.
    Registering,
    /// It can be used: we are registered, or it wants no registration.
    Registered,
    /// It is tried again, with pauses up to five minutes.
    Failed {
        /// What stands in the way.
        why: RegistrationFailure,
    },
}

/// What stands in the way of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RegistrationFailure {
    /// Its name leads nowhere.
    #[error("the name of the trunk cannot be found: [telephone.trunk] host is needed as the provider gives it")]
    NotFound,
    /// It does not answer.
    #[error("the trunk does not answer: is [telephone.trunk] host right, and does the firewall let UDP through?")]
    Silence,
    /// It does not take our credentials.
    #[error("the trunk refuses [telephone.trunk] user and password with status {code}")]
    Credentials {
        /// 401, 403 or 407.
        code: u16,
    },
    /// It asks for a realm or a kind of proof that we do not have.
    #[error(
        "the trunk asks with status {code} for another realm than [telephone.trunk] realm, or for a proof other than digest"
    )]
    Realm {
        /// 401 or 407.
        code: u16,
    },
    /// It refuses otherwise.
    #[error("the trunk refuses the registration with status {code}")]
    Refused {
        /// The SIP status.
        code: u16,
    },
}

/// What cannot be done.
#[derive(Debug, Error)]
pub enum Error {
    /// The socket or a thread.
    #[error("the telephone cannot listen on {listen}: {source}; [telephone] listen chooses another address and port")]
    Listen {
        /// Where.
        listen: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// No such call.
    #[error("there is no call {0}: it is over")]
    NoCall(CallNumber),
    /// It cannot be answered.
    #[error("call {0} does not ring here: it was answered, or we called")]
    NotRinging(CallNumber),
    /// Not a number and not an address.
    #[error("this cannot be dialled: a number like +39 010 555 1242 or an address like sip:anna@example.org is needed")]
    NotDialable,
    /// A number needs a trunk.
    #[error(
        "a number can be called through a trunk only: [telephone.trunk] names one; an address like sip:anna@192.0.2.10 can"
    )]
    NoTrunk,
    /// The trunk was never found.
    #[error("the trunk has not been found yet: see what is said of the registration")]
    TrunkUnreachable,
    /// The name in an address leads nowhere.
    #[error("the host of this address cannot be found")]
    HostNotFound,
    /// As many calls as may be.
    #[error("all {max_calls} lines are taken: [telephone] max_calls gives more")]
    LinesTaken {
        /// How many.
        max_calls: usize,
    },
    /// No port.
    #[error("no UDP port is free for the call's sound: [telephone] rtp_ports gives more")]
    NoPort,
    /// The hub was stopped.
    #[error("the telephone was stopped")]
    Stopped,
}
