//! The ways into a session's pipeline: pictures, each in one piece, and packets of sound. Neither ever waits: a decoder that
//! is too slow loses what comes.

use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSrc;

use super::access_unit::{AccessUnit, Assembler};
use crate::rtp::{Kind, Packet};

/// Pictures that may wait for the decoder: two seconds of 30 a second. More would be shown too late anyway.
pub(super) const PICTURES: u64 = 60;
/// Packets of sound that may wait: two seconds.
pub(super) const AUDIO_PACKETS: u64 = 100;

/// Longest gap in the sound that is concealed. A guess at more than this is heard as one.
const CONCEALED: Duration = Duration::from_millis(60);

/// What became of a packet of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fed {
    /// It follows the one before it.
    InOrder,
    /// It is the first, or some before it are missing, or there was no room: a keyframe is needed.
    AfterGap,
    /// It is older than what was fed.
    Dropped,
}

/// The pictures' way in.
#[derive(Debug)]
pub(super) struct VideoFeed {
    source: AppSrc,
    assembler: Assembler,
    /// Number of the newest packet that was taken.
    last: Option<u64>,
}

impl VideoFeed {
    pub(super) fn new(source: AppSrc) -> Self {
        Self { source, assembler: Assembler::new(), last: None }
    }

    /// Takes a packet, and pushes the picture that ends with it.
    pub(super) fn push(&mut self, packet: &Packet) -> Fed {
        if self.last.is_some_and(|last| packet.sequence <= last) {
            return Fed::Dropped;
        }
        let follows = self.last.replace(packet.sequence).is_some_and(|last| packet.sequence == last + 1);
        if !follows {
            self.assembler.lose();
        }
        for unit in self.assembler.take(packet).into_iter().flatten() {
            if self.source.current_level_buffers() >= PICTURES {
                self.assembler.lose();
                return Fed::AfterGap;
            }
            // A pipeline that has failed refuses pictures; its error is on its bus.
            let _ = self.source.push_buffer(buffer(unit));
        }
        if follows { Fed::InOrder } else { Fed::AfterGap }
    }
}

/// A picture in GStreamer's hands: its bytes are not copied.
pub(super) fn buffer(unit: AccessUnit) -> gst::Buffer {
    let AccessUnit { bytes, running_time, after_gap } = unit;
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let head = buffer.get_mut().expect("a new buffer has one owner");
    head.set_pts(gst::ClockTime::try_from(running_time).ok());
    if after_gap {
        head.set_flags(gst::BufferFlags::DISCONT);
    }
    buffer
}

/// The sound's way in.
#[derive(Debug)]
pub(super) struct AudioFeed {
    source: AppSrc,
    last: Option<Last>,
}

/// The newest packet that was fed.
#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u64,
    running_time: Duration,
    /// From the packet before it.
    step: Duration,
}

impl AudioFeed {
    pub(super) fn new(source: AppSrc) -> Self {
        Self { source, last: None }
    }

    /// Pushes a packet with a header of its own, unless it is older than what was pushed or there is no room: then the gap
    /// shows at the next one.
    pub(super) fn push(&mut self, packet: &Packet) {
        if self.last.is_some_and(|last| packet.sequence <= last.sequence) {
            return;
        }
        if self.source.current_level_buffers() >= AUDIO_PACKETS {
            return;
        }
        if self.last.is_none_or(|last| packet.sequence != last.sequence + 1) {
            self.conceal(packet);
        }
        self.last = Some(Last {
            sequence: packet.sequence,
            running_time: packet.running_time,
            step: self.last.map_or(Duration::ZERO, |last| packet.running_time.saturating_sub(last.running_time)),
        });
        let mut buffer = gst::Buffer::from_mut_slice(rtp(packet));
        let times = buffer.get_mut().expect("a new buffer has one owner");
        times.set_pts(gst::ClockTime::try_from(packet.running_time).ok());
        // A pipeline that has failed refuses packets; its error is on its bus.
        let _ = self.source.push_buffer(buffer);
    }

    /// Tells the sound decoder of lost packets, in the words of a jitter buffer, so that it fills a short gap with what
    /// probably was there.
    fn conceal(&self, next: &Packet) {
        let Some(last) = self.last else { return };
        let begin = last.running_time + last.step;
        let Some(length) = next.running_time.checked_sub(begin) else { return };
        if last.step.is_zero() || length > CONCEALED {
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the wire carries the low 16 bits")]
        let sequence = u32::from((last.sequence + 1) as u16);
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let lost = gst::Structure::builder("GstRTPPacketLost")
            .field("seqnum", sequence)
            .field("timestamp", nanos(begin))
            .field("duration", nanos(length))
            .field("retry", 0u32)
            .build();
        self.source.send_event(gst::event::CustomDownstream::new(lost));
    }
}

/// A packet with an RTP header in front (RFC 3550 §5.1). The payload types are those of the pipeline's text.
pub(in crate::media) fn rtp(packet: &Packet) -> Vec<u8> {
    let payload_type = match packet.kind {
        Kind::Video => 96,
        Kind::Audio => 97,
    };
    #[expect(clippy::cast_possible_truncation, reason = "the wire carries the low 16 bits")]
    let sequence = packet.sequence as u16;
    let mut bytes = Vec::with_capacity(12 + packet.payload.len());
    bytes.extend([0x80, u8::from(packet.marker) << 7 | payload_type]);
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(packet.timestamp.to_be_bytes());
    bytes.extend([0, 0, 0, 1]);
    bytes.extend(&*packet.payload);
    bytes
}
