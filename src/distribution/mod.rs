//! The hub that brings channels to viewers by WHEP. It never decodes.
//!
//! A viewer is negotiated by its caller ([`Hub::join`]) and then owned by one shard: a thread with sockets of its own that
//! reads the rings of the channels its viewers watch and writes them to their peer connections. Nothing here holds up a
//! channel's source or another shard.

mod counters;
mod fragment;
mod hub;
mod lineup;
mod negotiation;
mod offer;
mod shard;
mod slate_player;
mod splice;
mod viewer;
mod wire;

use std::net::IpAddr;
use std::sync::Arc;

use crate::rtp::{Channel, Slate};
use crate::secret::SessionId;
use crate::show::ChannelId;

/// Settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Local addresses to receive viewers on; every one becomes a host candidate (a bound 0.0.0.0 is expanded).
    pub listen: Vec<IpAddr>,
    /// UDP port of the first shard; shard n uses port + n; 0 takes free ones.
    pub port: u16,
    /// Address that viewers must use when the host sits behind 1:1 NAT; replaces the host candidates' addresses.
    pub public_address: Option<IpAddr>,
    /// Number of shards (threads with a socket each), 1 to 64.
    pub shards: usize,
    /// Most viewers at once.
    pub max_viewers: usize,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such channel.
    #[error("there is no channel '{0}'")]
    UnknownChannel(ChannelId),
    /// A second channel of one name.
    #[error("there is a channel '{0}' already")]
    Taken(ChannelId),
    /// No more channels.
    #[error("there are {0} channels, which is the most: one must be removed first")]
    NoRoom(usize),
    /// No such session (any more).
    #[error("there is no such session")]
    UnknownSession,
    /// The body is not an SDP offer.
    #[error("the body is not an SDP offer: {0}")]
    NotSdp(String),
    /// Neither H.264 nor Opus can be sent.
    #[error("{0}")]
    NoUsableCodec(String),
    /// The house is full.
    #[error("{0} viewers are here, which is the most that max_viewers allows")]
    Full(usize),
    /// Too many are on their way in.
    #[error("{0} viewers are just connecting, which is the most: try again in a few seconds")]
    Connecting(usize),
    /// A socket cannot be opened.
    #[error("UDP {address}: {source}")]
    Socket {
        /// Where.
        address: std::net::SocketAddr,
        /// The system's words.
        source: std::io::Error,
    },
    /// A trickle ICE fragment asks for what is not possible here.
    #[error("{0}")]
    Unsupported(String),
    /// The body is not a trickle ICE fragment.
    #[error("the body is not a trickle ICE fragment: {0}")]
    BadFragment(String),
    /// A shard has too much to do to answer in time.
    #[error("the viewers' hub has too much to do to answer: try again in a few seconds")]
    Busy,
    /// The hub, or the shard that the session lived on, has ended.
    #[error("the viewers' hub has ended")]
    Stopped,
}

/// Who joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guest {
    /// Anybody.
    Viewer,
    /// Somebody who directs: seats are kept for them beyond `max_viewers`, and they are not counted as audience.
    Operator,
}

/// A negotiated viewer.
#[derive(Debug)]
pub struct Joined {
    /// Names the session.
    pub session: SessionId,
    /// The SDP answer, with all server candidates.
    pub answer: String,
    /// Entity tag of the ICE session, without quotes.
    pub etag: String,
}

/// A channel with the slate that stands in on it.
#[derive(Debug, Clone)]
pub struct Outlet {
    /// The channel.
    pub channel: Arc<Channel>,
    /// What is looped while nothing live is on.
    pub slate: Arc<Slate>,
}

/// The hub's handle. The hub ends when [`Hub::stop`] is called or the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Hub {
    inner: Arc<hub::Inner>,
}

/// Counters, since the start unless said otherwise.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// The audience now, by channel: without the screens of control rooms.
    pub viewers: Vec<(ChannelId, usize)>,
    /// Media packets sent, without retransmissions.
    pub packets_sent: u64,
    /// Payload bytes sent.
    pub bytes_sent: u64,
    /// Packets sent again because viewers reported them lost.
    pub resent: u64,
    /// Packets a shard lost because it was too slow for a ring.
    pub lagged: u64,
    /// Datagrams that the system did not take: its buffers stayed full, or there is no route.
    pub unsent: u64,
    /// Datagrams from nobody who watches.
    pub strays: u64,
}
