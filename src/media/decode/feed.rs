//! The ways into a session's pipeline: pictures, each in one piece, and packets of sound. Neither ever waits: a decoder that
//! is too slow loses what comes.

use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSrc;

use super::access_unit::{AccessUnit, Assembler};
use crate::rtp::{Kind, Packet, opus};

/// Pictures that may wait for the decoder: two seconds of 30 a second. More would be shown too late anyway.
pub(super) const PICTURES: u64 = 60;
/// Packets of sound that may wait: two seconds.
pub(super) const AUDIO_PACKETS: u64 = 100;

/// Longest gap in the sound that is concealed. The decoder's guess has faded away by then.
const CONCEALED: Duration = Duration::from_millis(320);

/// What is made up at a time where nothing comes: the packets of browsers are as long.
const STEP: Duration = Duration::from_millis(20);

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

/// The newest packet that was fed, and what was made up after it.
#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u64,
    /// Until when there is sound, made up or not.
    end: Duration,
    /// How much of it was made up.
    made_up: Duration,
}

impl AudioFeed {
    pub(super) fn new(source: AppSrc) -> Self {
        Self { source, last: None }
    }

    /// Pushes a packet with a header of its own, unless it is older than what was pushed, or something was made up for all of
    /// it, or there is no room: then the gap shows at the next one.
    pub(super) fn push(&mut self, packet: &Packet) {
        if self.last.is_some_and(|last| packet.sequence <= last.sequence) {
            return;
        }
        if self.source.current_level_buffers() >= AUDIO_PACKETS {
            return;
        }
        let end = packet.running_time + opus::length(&packet.payload).unwrap_or_default();
        if let Some(last) = &mut self.last
            && end <= last.end
            && !last.made_up.is_zero()
        {
            last.sequence = packet.sequence;
            return;
        }
        if self.last.is_some_and(|last| packet.sequence != last.sequence + 1) {
            self.fill_until(packet.running_time);
        }
        self.last = Some(Last { sequence: packet.sequence, end, made_up: Duration::ZERO });
        let mut buffer = gst::Buffer::from_mut_slice(rtp(packet));
        let times = buffer.get_mut().expect("a new buffer has one owner");
        times.set_pts(gst::ClockTime::try_from(packet.running_time).ok());
        // A pipeline that has failed refuses packets; its error is on its bus.
        let _ = self.source.push_buffer(buffer);
    }

    /// Until when there is sound that more could be made up after. Nothing if that was enough, or nothing has come yet.
    pub(super) fn end(&self) -> Option<Duration> {
        self.last.filter(|last| last.made_up + STEP <= CONCEALED).map(|last| last.end)
    }

    /// Lets the decoder make up a moment after all that came.
    pub(super) fn make_up(&mut self) {
        self.conceal(STEP);
    }

    /// Lets the decoder make up what was lost before `next`, unless that is too much. It is told of packet after packet: more than
    /// 120 ms at once are more than it makes up, and what the next packet says is of one packet.
    fn fill_until(&mut self, next: Duration) {
        let Some(last) = self.last else { return };
        let length = next.saturating_sub(last.end);
        if last.made_up + length > CONCEALED {
            return;
        }
        let steps = ((length + STEP / 2).as_micros() / STEP.as_micros()).max(1);
        let steps = u32::try_from(steps).expect("a concealed gap has few steps");
        (0..steps).for_each(|_| self.conceal(length / steps));
    }

    /// Tells the sound decoder of a loss, in the words of a jitter buffer, so that it fills the gap with what probably was
    /// there.
    fn conceal(&mut self, length: Duration) {
        let Some(last) = &mut self.last else { return };
        if length.is_zero() {
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the wire carries the low 16 bits")]
        let sequence = u32::from((last.sequence + 1) as u16);
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let lost = gst::Structure::builder("GstRTPPacketLost")
            .field("seqnum", sequence)
            .field("timestamp", nanos(last.end))
            .field("duration", nanos(length))
            .field("retry", 0u32)
            .build();
        last.end += length;
        last.made_up += length;
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
