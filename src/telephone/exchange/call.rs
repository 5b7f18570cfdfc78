//! One call: its dialog (RFC 3261 §12), its stage, what was agreed on, its session timer (RFC 4028).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ezk_sip_types::Method;

use super::{CallNumber, End};
use crate::telephone::message::{Head, Request};
use crate::telephone::sdp::{Local, Stream};

/// Estimate of a round trip, longest pause between two sendings, and how long anything is sent again (RFC 3261 §17.1.1.1).
pub(super) const T1: Duration = Duration::from_millis(500);
pub(super) const T2: Duration = Duration::from_secs(4);
pub(super) const GIVE_UP: Duration = Duration::from_secs(32);

/// How long a call rings, either way.
pub(super) const RINGING: Duration = Duration::from_secs(180);
/// How long a held call is kept without any sound.
pub(super) const HELD: Duration = Duration::from_secs(3600);

/// The session interval that is asked for, and the shortest that is taken (RFC 4028 §4, §5), in seconds.
pub(super) const SESSION: u32 = 1800;
pub(super) const SHORTEST_SESSION: u32 = 90;
/// The longest interval that is counted on; what is more is refreshed this often.
pub(super) const LONGEST_SESSION: u32 = 24 * 3600;

/// A datagram that is sent again until something comes back.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) bytes: Vec<u8>,
    pub(super) to: SocketAddr,
    pub(super) next: Duration,
    pub(super) interval: Duration,
    pub(super) until: Duration,
}

impl Repeat {
    pub(super) fn new(bytes: Vec<u8>, to: SocketAddr, now: Duration) -> Self {
        Self { bytes, to, next: now + T1, interval: T1, until: now + GIVE_UP }
    }

    /// Whether it is to be sent now; counts as sent.
    pub(super) fn is_due(&mut self, now: Duration, longest: Duration) -> bool {
        let due = now >= self.next;
        if due {
            self.interval = (self.interval * 2).min(longest);
            self.next = now + self.interval;
        }
        due
    }
}

/// What both ends of a call know of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialog {
    pub(super) call_id: String,
    pub(super) local_tag: String,
    pub(super) remote_tag: Option<String>,
    /// From or To of ours with its tag, as requests carry it.
    pub(super) local: String,
    /// The other end's, with its tag as soon as it has one.
    pub(super) remote: String,
    /// Where requests are addressed to: the other end's Contact.
    pub(super) target: String,
    /// Through these proxies.
    pub(super) routes: Vec<String>,
    /// Number of our newest request, and of theirs.
    pub(super) sequence: u32,
    pub(super) their_sequence: Option<u32>,
    /// Where the other end's newest message came from. Requests go there, since a Contact behind NAT leads nowhere.
    pub(super) peer: SocketAddr,
    /// How the other end reaches this house.
    pub(super) here: SocketAddr,
    pub(super) contact: String,
}

impl Dialog {
    /// Whether a request of the other end belongs to it.
    pub(super) fn owns(&self, head: &Head) -> bool {
        self.call_id == head.call_id
            && head.to.tag.as_deref() == Some(&self.local_tag)
            && self.remote_tag == head.from.tag
    }

    /// A request in this dialog with a number of its own, or with that of the INVITE that it belongs to.
    pub(super) fn request(&mut self, method: &Method, branch: &str, extra: &str, body: &str) -> Vec<u8> {
        if ![Method::ACK, Method::CANCEL].contains(method) {
            self.sequence = self.sequence.wrapping_add(1) & 0x7fff_ffff;
        }
        let Self { call_id, local, remote, target, sequence, here, .. } = self;
        let mut text = format!("{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch={branch}\r\n");
        for route in &self.routes {
            text += &format!("Route: {route}\r\n");
        }
        text += &format!("Max-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\n");
        text += &format!("CSeq: {sequence} {method}\r\nUser-Agent: Regia\r\n{extra}");
        if !body.is_empty() {
            text += "Content-Type: application/sdp\r\n";
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        text.into_bytes()
    }

    /// Takes on where the other end is now (RFC 3261 §12.2).
    pub(super) fn refresh(&mut self, head: &Head, from: SocketAddr) {
        self.peer = from;
        if let Some(contact) = head.contact() {
            self.target = contact.uri;
        }
    }
}

/// How far a call is.
#[derive(Debug)]
pub(super) enum Stage {
    /// It rings here. `answer` is what 200 will carry; none when the INVITE offered nothing.
    Ringing { invite: Box<Request>, from: SocketAddr, answer: Option<(String, Stream)>, until: Duration },
    /// It rings there.
    Calling { until: Duration, rang: bool, cancel: Cancel },
    /// Answered.
    Up,
}

/// Whether a call that rings there is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancel {
    No,
    /// As soon as there is a provisional answer (RFC 3261 §9.1).
    Wanted(End),
    Sent(End),
}

impl Cancel {
    /// Why it is to end.
    pub(super) fn why(self) -> Option<End> {
        match self {
            Self::No => None,
            Self::Wanted(why) | Self::Sent(why) => Some(why),
        }
    }
}

/// Who keeps the session alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refresher {
    Here,
    There,
}

/// When a session ends unless it is refreshed.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionTimer {
    pub(super) seconds: u32,
    /// When the next refresh is sent from here.
    pub(super) refresh: Option<Duration>,
    pub(super) expires: Duration,
}

impl SessionTimer {
    pub(super) fn new(seconds: u32, refresher: Refresher, now: Duration) -> Self {
        let seconds = seconds.clamp(SHORTEST_SESSION, LONGEST_SESSION);
        let interval = Duration::from_secs(seconds.into());
        // The one who waits ends a little earlier (RFC 4028 §10).
        let expires = now + interval - (interval / 3).min(Duration::from_secs(32));
        let refresh = (refresher == Refresher::Here).then(|| now + interval / 2);
        Self { seconds, refresh, expires }
    }
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) number: CallNumber,
    /// Whether we called.
    pub(super) called: bool,
    pub(super) dialog: Dialog,
    pub(super) stage: Stage,
    pub(super) local: Local,
    /// What was agreed on last.
    pub(super) stream: Option<Stream>,
    /// Since when the other end holds it.
    pub(super) held: Option<Duration>,
    /// The 200 that has no ACK yet, and whether that will carry the answer to our offer.
    pub(super) ok: Option<Repeat>,
    pub(super) answer_in_ack: bool,
    pub(super) session: Option<SessionTimer>,
    /// A re-INVITE of ours is under way.
    pub(super) refreshing: bool,
    /// The newest INVITE's credentials, as header lines; empty while none were asked for. They go with its ACK
    /// (RFC 3261 §22.1), and are not sent twice for one refusal.
    pub(super) proof: String,
    /// The session interval that our INVITE asked for last, in seconds.
    pub(super) asked: u32,
}

impl Call {
    /// The address that stands for one that SDP does not give.
    pub(super) fn near(&self) -> IpAddr {
        self.dialog.peer.ip()
    }

    /// How long to wait after two INVITEs have met, 0 to 2 s, and longer where we called (RFC 3261 §14.1).
    pub(super) fn after_glare(&self, random: u64) -> Duration {
        let hundredths = if self.called { 210 + random % 191 } else { random % 201 };
        Duration::from_millis(hundredths * 10)
    }

    pub(super) fn is_ringing_here(&self) -> bool {
        matches!(self.stage, Stage::Ringing { .. })
    }
}
