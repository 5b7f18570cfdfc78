//! Where a session's packets come in: the gate that opens for the right certificate only, and the way to the channel.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer::{self as gst, glib};
use gstreamer_webrtc::WebRTCDTLSTransport as DtlsTransport;
use tokio::sync::{Notify, watch};

use super::fingerprint::Fingerprints;
use super::sdp::Offer;
use super::session::{End, Mailbox};
use crate::gst::{EventClock, PacketReader};
use crate::rtp::{Channel, Kind, Origin, Packet, SessionNumber};

/// Streams a session may bring in its life: its sound, and a picture in three sizes (simulcast).
const MOST_STREAMS: u64 = 4;

/// A stream that is silent for so long has ended: another one of its kind may take its place.
const STREAM_SILENCE: Duration = Duration::from_secs(2);

/// A seat's counters, over all its sessions.
#[derive(Debug, Default)]
pub struct Counters {
    /// Media packets received.
    pub packets: AtomicU64,
    /// Their payload bytes.
    pub bytes: AtomicU64,
    /// Sessions opened.
    pub sessions: AtomicU64,
}

/// Whether anything comes from the other side of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// No media yet.
    Awaited,
    /// Media came. They may pause: what counts is that the other side is there.
    Heard,
    /// Nothing comes any more.
    Lost,
}

/// What the streams of one session share.
#[derive(Debug)]
pub struct Intake {
    channel: Arc<Channel>,
    clock: EventClock,
    counters: Arc<Counters>,
    fingerprints: Fingerprints,
    /// Whether the offer has a picture: its sound waits for that.
    offers_picture: bool,
    mailbox: Mailbox,
    streams: Mutex<Streams>,
    /// Streams that have come.
    opened: AtomicU64,
    /// Set when the session takes its seat; nothing is published before.
    seated: AtomicBool,
    /// Set when it loses it; nothing is published after.
    closed: AtomicBool,
    /// Whether a newer session is about to take its place on the channel.
    leaving: AtomicBool,
    has_shown: AtomicBool,
    shown: Notify,
    /// Packets published by this session.
    published: AtomicU64,
    /// Datagrams of any kind but ICE's that came from the other side.
    arrived: AtomicU64,
    life: watch::Sender<Life>,
    has_keyframe: AtomicBool,
    has_picture: AtomicBool,
}

impl Intake {
    /// The intake of a session that has no seat yet.
    pub fn new(
        channel: Arc<Channel>,
        clock: EventClock,
        counters: Arc<Counters>,
        offer: &Offer,
        mailbox: Mailbox,
    ) -> Arc<Self> {
        Arc::new(Self {
            channel,
            clock,
            counters,
            fingerprints: offer.fingerprints().clone(),
            offers_picture: offer.has_picture(),
            mailbox,
            streams: Mutex::default(),
            opened: AtomicU64::new(0),
            seated: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            has_shown: AtomicBool::new(false),
            shown: Notify::new(),
            published: AtomicU64::new(0),
            arrived: AtomicU64::new(0),
            life: watch::Sender::new(Life::Awaited),
            has_keyframe: AtomicBool::new(false),
            has_picture: AtomicBool::new(false),
        })
    }

    /// The session takes its seat: from now on it outranks all before it.
    pub fn open(&self) {
        self.streams.lock().expect("no code panics while it holds the streams").number = Some(SessionNumber::next());
        self.seated.store(true, Ordering::Relaxed);
    }

    /// Whether a newer session has its seat, and only waits for its first packets to have the channel, too.
    pub fn leave(&self, leaving: bool) {
        self.leaving.store(leaving, Ordering::Relaxed);
    }

    /// Whether this session was ever on its channel.
    pub fn has_shown(&self) -> bool {
        self.has_shown.load(Ordering::Relaxed)
    }

    /// Waits until this session is on its channel for the first time. For one who waits.
    pub async fn shown(&self) {
        self.shown.notified().await;
    }

    /// Makes room for one more stream, `None` if there were too many.
    pub fn add_stream(&self) -> Option<StreamId> {
        let id = self.opened.fetch_add(1, Ordering::Relaxed);
        (id < MOST_STREAMS).then_some(StreamId(id))
    }

    /// Whether it has lost its seat.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// The session has lost its seat: what still comes is dropped.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// How many packets this session has published.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Something came from the other side: media, a report, a word of DTLS.
    pub fn arrive(&self) {
        self.arrived.fetch_add(1, Ordering::Relaxed);
    }

    /// How much has come so far.
    pub fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Says what has become of the other side.
    pub fn set_life(&self, now: Life) {
        self.life.send_if_modified(|life| std::mem::replace(life, now) != now);
    }

    /// What becomes of the other side.
    pub fn life(&self) -> watch::Receiver<Life> {
        let mut life = self.life.subscribe();
        // What came before this is news as well.
        life.mark_changed();
        life
    }

    /// Whether a picture comes, but nobody can start with it yet.
    pub fn lacks_keyframe(&self) -> bool {
        self.has_picture.load(Ordering::Relaxed) && !self.has_keyframe.load(Ordering::Relaxed)
    }

    /// Whether the certificate of a transport's peer is the one its offer named; `None` while none was presented.
    /// A wrong one ends the session.
    pub fn admits(&self, transport: &DtlsTransport) -> Option<bool> {
        let certificate = transport.remote_certificate()?;
        let fits = self.fingerprints.fit(&certificate);
        if !fits {
            self.mailbox.end(End::Forged);
        }
        Some(fits)
    }

    /// Offers a packet to the channel; answers whether this session is on.
    fn publish(&self, packet: Packet, now: Duration) -> bool {
        if self.offers_picture { self.channel.publish(packet, now) } else { self.channel.publish_alone(packet, now) }
    }

    /// As what a stream's packets are published now; `None` while another one of its kind is.
    fn origin(&self, kind: Kind, stream: StreamId, now: Duration) -> Option<SessionNumber> {
        let may_replace = !self.leaving.load(Ordering::Relaxed);
        let mut streams = self.streams.lock().expect("no code panics while it holds the streams");
        let before = streams.number;
        let number = streams.origin(kind, stream, may_replace, now);
        if number.is_some() && number != before {
            self.has_keyframe.store(false, Ordering::Relaxed);
            self.mailbox.wake();
        }
        number
    }
}

/// Names a stream within its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamId(u64);

/// Which streams of a session are published: one of each kind, since all share one origin.
#[derive(Debug, Default)]
struct Streams {
    /// None before the session has its seat.
    number: Option<SessionNumber>,
    audio: Option<Heard>,
    video: Option<Heard>,
}

/// The stream of a kind, and when it was heard last.
#[derive(Debug, Clone, Copy)]
struct Heard {
    stream: StreamId,
    last: Duration,
}

impl Streams {
    /// As what this stream is published. One that takes the place of another makes the session a new one for readers:
    /// its numbers and timestamps have nothing to do with those before.
    fn origin(&mut self, kind: Kind, stream: StreamId, may_replace: bool, now: Duration) -> Option<SessionNumber> {
        let number = self.number.as_mut()?;
        let heard = match kind {
            Kind::Audio => &mut self.audio,
            Kind::Video => &mut self.video,
        };
        match heard {
            Some(other) if other.stream != stream => {
                if !may_replace || now.saturating_sub(other.last) < STREAM_SILENCE {
                    return None;
                }
                *number = SessionNumber::next();
            }
            Some(_) | None => {}
        }
        *heard = Some(Heard { stream, last: now });
        Some(*number)
    }
}

/// One RTP stream of a session, on its streaming thread.
#[derive(Debug)]
pub struct Stream {
    kind: Kind,
    id: StreamId,
    intake: Arc<Intake>,
    transport: glib::WeakRef<DtlsTransport>,
    gate: Gate,
}

#[derive(Debug)]
enum Gate {
    /// No certificate was compared yet.
    Shut,
    /// The certificate is the right one.
    Open(Option<Reading>),
    /// The certificate is a wrong one: for ever.
    Barred,
}

/// A reader, and as what it publishes.
#[derive(Debug)]
struct Reading {
    number: SessionNumber,
    reader: PacketReader,
}

impl Stream {
    /// A stream whose packets come over `transport`.
    pub fn new(kind: Kind, id: StreamId, intake: Arc<Intake>, transport: glib::WeakRef<DtlsTransport>) -> Self {
        Self { kind, id, intake, transport, gate: Gate::Shut }
    }

    /// Publishes one packet, unless the gate is shut, the session has no seat, or another stream of this kind lives.
    pub fn take(&mut self, buffer: &gst::BufferRef) {
        let intake = &self.intake;
        if intake.is_closed() || !intake.seated.load(Ordering::Relaxed) {
            return;
        }
        if matches!(self.gate, Gate::Shut) {
            let admitted = self.transport.upgrade().and_then(|transport| intake.admits(&transport));
            self.gate = match admitted {
                None => Gate::Shut,
                Some(false) => Gate::Barred,
                Some(true) => Gate::Open(None),
            };
        }
        let Gate::Open(reading) = &mut self.gate else { return };
        let now = intake.clock.now();
        let Some(number) = intake.origin(self.kind, self.id, now) else { return };
        if reading.as_ref().is_none_or(|reading| reading.number != number) {
            *reading = Some(Reading { number, reader: PacketReader::new(Origin::Live(number), self.kind) });
        }
        let Some(packet) = reading.as_mut().and_then(|reading| reading.reader.read(buffer)) else { return };
        intake.counters.packets.fetch_add(1, Ordering::Relaxed);
        intake.counters.bytes.fetch_add(packet.payload.len() as u64, Ordering::Relaxed);
        if intake.published.fetch_add(1, Ordering::Relaxed) == 0 {
            intake.set_life(Life::Heard);
        }
        if self.kind == Kind::Video {
            if packet.keyframe {
                intake.has_keyframe.store(true, Ordering::Relaxed);
            }
            if !intake.has_picture.swap(true, Ordering::Relaxed) {
                // The session asks for a keyframe at once, if this was none.
                intake.mailbox.wake();
            }
        }
        if intake.publish(packet, now) && !intake.has_shown.swap(true, Ordering::Relaxed) {
            intake.shown.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stream_of_a_kind_is_published_until_it_ends() {
        let mut streams = Streams::default();
        let (first, second) = (StreamId(0), StreamId(1));
        let at = Duration::from_millis;
        assert_eq!(streams.origin(Kind::Video, first, true, at(0)), None, "no seat yet");
        let number = SessionNumber::next();
        streams.number = Some(number);
        assert_eq!(streams.origin(Kind::Video, first, true, at(0)), Some(number));
        assert_eq!(streams.origin(Kind::Audio, second, true, at(0)), Some(number));
        assert_eq!(streams.origin(Kind::Video, second, true, at(1999)), None);
        assert_eq!(streams.origin(Kind::Video, second, false, at(2000)), None, "a leaving session stays what it is");
        let next = streams.origin(Kind::Video, second, true, at(2000));
        assert!(next > Some(number), "readers must see a new source");
        assert_eq!(streams.origin(Kind::Video, first, true, at(2001)), None);
        assert_eq!(streams.origin(Kind::Audio, second, true, at(2001)), next, "picture and sound stay one source");
    }
}
