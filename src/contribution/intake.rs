//! Where a session's packets come in: the gate that opens for the right certificate only, and the way to the channel.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use gstreamer::{self as gst, glib};
use gstreamer_webrtc::WebRTCDTLSTransport as DtlsTransport;

use super::fingerprint::Fingerprints;
use super::session::{End, Mailbox};
use crate::gst::{EventClock, PacketReader};
use crate::rtp::{Channel, Kind, Origin, SessionNumber};

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

/// What the streams of one session share.
#[derive(Debug)]
pub struct Intake {
    channel: Arc<Channel>,
    clock: EventClock,
    counters: Arc<Counters>,
    fingerprints: Fingerprints,
    mailbox: Mailbox,
    /// Set when the session takes its seat; nothing is published before.
    number: OnceLock<SessionNumber>,
    /// Set when it loses it; nothing is published after.
    closed: AtomicBool,
    /// Packets published by this session.
    published: AtomicU64,
    has_keyframe: AtomicBool,
    has_picture: AtomicBool,
}

impl Intake {
    /// The intake of a session that has no seat yet.
    pub fn new(
        channel: Arc<Channel>,
        clock: EventClock,
        counters: Arc<Counters>,
        fingerprints: Fingerprints,
        mailbox: Mailbox,
    ) -> Arc<Self> {
        Arc::new(Self {
            channel,
            clock,
            counters,
            fingerprints,
            mailbox,
            number: OnceLock::new(),
            closed: AtomicBool::new(false),
            published: AtomicU64::new(0),
            has_keyframe: AtomicBool::new(false),
            has_picture: AtomicBool::new(false),
        })
    }

    /// The session takes its seat: from now on it outranks all before it.
    pub fn open(&self) -> SessionNumber {
        *self.number.get_or_init(SessionNumber::next)
    }

    /// The session has lost its seat: what still comes is dropped.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// How many packets this session has published.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
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
}

/// One RTP stream of a session, on its streaming thread.
#[derive(Debug)]
pub struct Stream {
    kind: Kind,
    intake: Arc<Intake>,
    transport: glib::WeakRef<DtlsTransport>,
    gate: Gate,
}

#[derive(Debug)]
enum Gate {
    /// No certificate was compared yet.
    Shut,
    /// The certificate is the right one.
    Open(PacketReader),
    /// The certificate is a wrong one: for ever.
    Barred,
}

impl Stream {
    /// A stream whose packets come over `transport`.
    pub fn new(kind: Kind, intake: Arc<Intake>, transport: glib::WeakRef<DtlsTransport>) -> Self {
        Self { kind, intake, transport, gate: Gate::Shut }
    }

    /// Publishes one packet, unless the gate is shut or the session has no seat.
    pub fn take(&mut self, buffer: &gst::BufferRef) {
        let intake = &self.intake;
        if intake.closed.load(Ordering::Relaxed) {
            return;
        }
        let Some(number) = intake.number.get() else { return };
        if matches!(self.gate, Gate::Shut) {
            let admitted = self.transport.upgrade().and_then(|transport| intake.admits(&transport));
            self.gate = match admitted {
                None => Gate::Shut,
                Some(false) => Gate::Barred,
                Some(true) => Gate::Open(PacketReader::new(Origin::Live(*number), self.kind)),
            };
        }
        let Gate::Open(reader) = &mut self.gate else { return };
        let Some(packet) = reader.read(buffer) else { return };
        intake.counters.packets.fetch_add(1, Ordering::Relaxed);
        intake.counters.bytes.fetch_add(packet.payload.len() as u64, Ordering::Relaxed);
        intake.published.fetch_add(1, Ordering::Relaxed);
        if self.kind == Kind::Video {
            if packet.keyframe {
                intake.has_keyframe.store(true, Ordering::Relaxed);
            }
            if !intake.has_picture.swap(true, Ordering::Relaxed) {
                // The session asks for a keyframe at once, if this was none.
                intake.mailbox.wake();
            }
        }
        intake.channel.publish(packet, intake.clock.now());
    }
}
