//! WHIP sessions: what cities, co-hosts and operators' talkback microphones send, brought onto their channels.
//!
//! A city is judged by media that arrives. A call is a conversation: it has a shorter jitter buffer, and who is silent keeps
//! the seat as long as anything comes from the other side.
//!
//! A session is negotiated in text (`sdp`), received by a webrtcbin of its own (`peer`) on a thread of its own
//! (`session`), let in if its certificate is the one its offer named (`intake`, `fingerprint`), and sits on its
//! seat until it ends or another one takes the seat over (`hub`, `seating`).

mod fingerprint;
mod hub;
mod intake;
mod peer;
mod sdp;
mod seating;
mod session;
#[cfg(test)]
mod tests;
mod trickle;

pub mod fuzzing;

use std::fmt;
use std::net::{IpAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::gst::EventClock;
use crate::rtp::Channel;
use crate::secret::SessionId;
use crate::show::{ContributionId, Fact};

/// Settings. They print without the passwords of TURN servers.
#[derive(Clone)]
pub struct Config {
    /// Local addresses to gather candidates on; empty: all but loopback.
    pub listen: Vec<IpAddr>,
    /// UDP ports for media.
    pub ports: RangeInclusive<u16>,
    /// Address that publishers must use when the host sits behind 1:1 NAT.
    pub public_address: Option<IpAddr>,
    /// STUN server as `stun://host:port`.
    pub stun_server: Option<String>,
    /// TURN servers as `turn://user:password@host:port`.
    pub turn_servers: Vec<String>,
    /// Jitter buffer of cities.
    pub jitter_buffer: Duration,
    /// Jitter buffer of calls: co-hosts and talkback microphones. Shorter, since people talk to each other.
    pub call_jitter_buffer: Duration,
}

impl Config {
    /// The jitter buffer of this contribution.
    fn jitter_buffer_of(&self, id: &ContributionId) -> Duration {
        match id {
            ContributionId::City(_) => self.jitter_buffer,
            ContributionId::Cohost(_) | ContributionId::Talkback(_) => self.call_jitter_buffer,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, ports, public_address, stun_server, turn_servers, jitter_buffer, call_jitter_buffer } = self;
        // What follows the last @ is the address; a text without one may be anything.
        let address = |url: &String| url.rsplit_once('@').map_or("…", |(_, address)| address).to_owned();
        f.debug_struct("Config")
            .field("listen", listen)
            .field("ports", ports)
            .field("public_address", public_address)
            .field("stun_server", stun_server)
            .field("turn_servers", &turn_servers.iter().map(address).collect::<Vec<_>>())
            .field("jitter_buffer", jitter_buffer)
            .field("call_jitter_buffer", call_jitter_buffer)
            .finish()
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such seat.
    #[error("nothing comes in as '{0}': there is no such city, co-host or talkback microphone")]
    Unknown(ContributionId),
    /// A second seat for one contribution.
    #[error("'{0}' has a seat already")]
    Taken(ContributionId),
    /// No such session (any more).
    #[error("there is no such session")]
    UnknownSession,
    /// The body is not an SDP offer.
    #[error("the body is not an SDP offer: {0}")]
    NotSdp(String),
    /// Nothing in the offer can be received.
    #[error("{0}")]
    NoUsableCodec(String),
    /// PATCH without If-Match.
    #[error("PATCH needs an If-Match header with the session's ETag")]
    NoIfMatch,
    /// If-Match names another ICE session.
    #[error("If-Match does not name this session's ETag: it was negotiated again")]
    WrongEtag,
    /// An ICE restart or another change that this server refuses.
    #[error("{0}")]
    Unsupported(String),
    /// The body is no trickle ICE fragment.
    #[error("the body is not a trickle ICE fragment: {0}")]
    BadFragment(String),
    /// GStreamer failed.
    #[error(transparent)]
    Pipeline(#[from] crate::gst::Error),
    /// The server cannot do it: an address that it does not have, ports that are all taken, a webrtcbin that fails.
    #[error("{0}")]
    Failed(String),
    /// The negotiation did not end in time.
    #[error("the negotiation did not end within {} s", .0.as_secs())]
    Timeout(Duration),
}

/// A negotiated publisher.
#[derive(Debug)]
pub struct Opened {
    /// Names the session.
    pub session: SessionId,
    /// The SDP answer, with all server candidates.
    pub answer: String,
    /// Entity tag of the ICE session, without quotes.
    pub etag: String,
}

/// A seat: whoever holds its key may sit on it, one at a time.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Whose.
    pub id: ContributionId,
    /// Where its media go.
    pub channel: Arc<Channel>,
}

/// The hub's handle. Cloning it is cheap; when the last one is dropped, all sessions end.
#[derive(Debug, Clone)]
pub struct Hub {
    inner: Arc<hub::Inner>,
}

impl Hub {
    /// Starts with these seats. Who joins and who leaves is told to `facts`; of co-hosts also whether they are heard or lost.
    ///
    /// # Errors
    /// [`Error::Failed`] if one of the addresses to listen on is not this host's.
    pub fn start(
        config: Config,
        clock: EventClock,
        seats: Vec<Seat>,
        facts: mpsc::Sender<Fact>,
    ) -> Result<Self, Error> {
        check_addresses(&config.listen)?;
        Ok(Self { inner: hub::Inner::new(config, clock, seats, facts, hub::SILENCE) })
    }

    /// Puts up another seat, while the others go on.
    ///
    /// # Errors
    /// [`Error::Taken`] if there is one for this contribution.
    pub fn add(&self, seat: Seat) -> Result<(), Error> {
        self.inner.add(seat)
    }

    /// Takes a seat away: its sessions end, and nobody can sit there from now on. No fact is told of it. A seat that is
    /// not there is no error.
    pub fn remove(&self, id: &ContributionId) {
        self.inner.remove(id);
    }

    /// Ends the sessions of a seat, as if whoever sits there had left; they may come again. A seat that is empty or not there
    /// is no error.
    pub fn put_out(&self, id: &ContributionId) {
        self.inner.put_out(id);
    }

    /// Negotiates a publisher on a seat. One that sits there is replaced: it stays on the channel until the new one's
    /// media are there, and has the seat again if they never come.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::NotSdp`], [`Error::NoUsableCodec`], [`Error::Unsupported`] for what the offer
    /// asks; [`Error::Pipeline`], [`Error::Failed`], [`Error::Timeout`] for what the server cannot do.
    pub async fn open(&self, id: &ContributionId, offer: &str) -> Result<Opened, Error> {
        self.inner.open(id, offer).await
    }

    /// Adds a trickle ICE fragment (RFC 8840). `if_match` is the header's value as it came.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::UnknownSession`], [`Error::NoIfMatch`], [`Error::WrongEtag`],
    /// [`Error::BadFragment`]; [`Error::Unsupported`] for an ICE restart.
    pub async fn trickle(
        &self,
        id: &ContributionId,
        session: &SessionId,
        if_match: Option<&str>,
        fragment: &str,
    ) -> Result<(), Error> {
        self.inner.trickle(id, session, if_match, fragment)
    }

    /// Ends a session. Its seat is free when this returns; what it was made of ends on its own thread.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::UnknownSession`], also for one that has ended or is being replaced.
    pub async fn close(&self, id: &ContributionId, session: &SessionId) -> Result<(), Error> {
        self.inner.close(id, session)
    }

    /// Counters for /metrics.
    pub fn stats(&self) -> Vec<SeatStats> {
        self.inner.stats()
    }

    /// Ends all sessions; returns when they have ended, or after five seconds.
    pub async fn stop(&self) {
        self.inner.stop().await;
    }
}

/// Tries the addresses now: webrtcbin would try each port of each of them for every publisher, and fail without a word.
fn check_addresses(addresses: &[IpAddr]) -> Result<(), Error> {
    addresses.iter().try_for_each(|address| match UdpSocket::bind((*address, 0)) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Failed(format!(
            "cannot listen on {address} for media ({error}): an address of this host is needed"
        ))),
    })
}

/// One seat's counters.
#[derive(Debug, Clone)]
pub struct SeatStats {
    /// Whose.
    pub id: ContributionId,
    /// Whether a session sits there now.
    pub taken: bool,
    /// Media packets received since the start.
    pub packets: u64,
    /// Payload bytes received since the start.
    pub bytes: u64,
    /// Sessions opened since the start.
    pub sessions: u64,
}
