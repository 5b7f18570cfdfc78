//! RTP buffers of GStreamer read into the packets that the rest of the house hands on.

use std::time::Duration;

use gstreamer as gst;
use gstreamer_rtp::RTPBuffer;

use crate::rtp::{Kind, Origin, Packet, h264};

/// First extended sequence numbers are one cycle up, so that a packet from before the first one has a number too.
const FIRST_CYCLE: u64 = 1 << 16;

/// Reads the buffers of one RTP stream, in the order they come out of a jitter buffer or a payloader.
///
/// One stream is one SSRC: a stream that starts anew needs a new reader.
#[derive(Debug)]
pub struct PacketReader {
    origin: Origin,
    kind: Kind,
    last: Option<Last>,
    /// RTP timestamp of the newest picture whose start was marked as a keyframe.
    keyframe: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u64,
    timestamp: u32,
    running_time: Duration,
}

impl PacketReader {
    /// A reader of one stream.
    pub fn new(origin: Origin, kind: Kind) -> Self {
        Self { origin, kind, last: None, keyframe: None }
    }

    /// Reads one buffer. Its PTS is its running time: the segment must begin at zero, as those of live sources do.
    /// A buffer without a PTS gets its running time from the buffer before it.
    ///
    /// Answers `None` if the buffer holds no RTP, or no time is known yet. A packet with an empty payload (padding to
    /// probe the bandwidth) is handed on, since its sequence number would look like a loss if it were not.
    pub fn read(&mut self, buffer: &gst::BufferRef) -> Option<Packet> {
        let rtp = RTPBuffer::from_buffer_readable(buffer).ok()?;
        let payload = rtp.payload().ok()?;
        let timestamp = rtp.timestamp();
        let running_time = buffer.pts().map(Duration::from).or_else(|| self.running_time(timestamp))?;
        let sequence = self.extend(rtp.seq());
        let keyframe = match self.kind {
            Kind::Audio => true,
            Kind::Video => self.starts_keyframe(timestamp, payload),
        };
        self.last = Some(Last { sequence, timestamp, running_time });
        Some(Packet {
            origin: self.origin,
            kind: self.kind,
            sequence,
            timestamp,
            running_time,
            marker: rtp.is_marker(),
            keyframe,
            payload: payload.into(),
        })
    }

    /// The extended number nearest to the last one (RFC 3550 §A.1).
    fn extend(&self, sequence: u16) -> u64 {
        let Some(last) = self.last else { return FIRST_CYCLE + u64::from(sequence) };
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the number on the wire")]
        let step = sequence.wrapping_sub(last.sequence as u16).cast_signed();
        last.sequence.saturating_add_signed(i64::from(step))
    }

    /// Only the first packet of a picture that can start one: parameter sets and slices of one picture come in packets
    /// of their own, and all bear the same timestamp.
    fn starts_keyframe(&mut self, timestamp: u32, payload: &[u8]) -> bool {
        let starts = self.keyframe != Some(timestamp) && h264::starts_keyframe(payload);
        if starts {
            self.keyframe = Some(timestamp);
        }
        starts
    }

    fn running_time(&self, timestamp: u32) -> Option<Duration> {
        let last = self.last?;
        let ticks = timestamp.wrapping_sub(last.timestamp).cast_signed();
        let rate = u64::from(self.kind.clock_rate());
        let span = Duration::from_nanos(u64::from(ticks.unsigned_abs()) * 1_000_000_000 / rate);
        Some(if ticks < 0 { last.running_time.saturating_sub(span) } else { last.running_time + span })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::SessionNumber;

    /// An RTP packet with a CSRC, a header extension and padding around its payload.
    fn rtp(sequence: u16, timestamp: u32, marker: bool, payload: &[u8]) -> gst::Buffer {
        gst::init().unwrap();
        let mut bytes = vec![0b1011_0001, (u8::from(marker) << 7) | 96];
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend([0, 0, 0, 7, 0, 0, 0, 9]);
        bytes.extend([0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0]);
        bytes.extend(payload);
        bytes.extend([0, 0, 3]);
        gst::Buffer::from_slice(bytes)
    }

    fn at(mut buffer: gst::Buffer, ms: u64) -> gst::Buffer {
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::from_mseconds(ms));
        buffer
    }

    fn reader(kind: Kind) -> PacketReader {
        PacketReader::new(Origin::Live(SessionNumber::next()), kind)
    }

    #[test]
    fn a_buffer_becomes_a_packet_without_header_extensions_and_padding() {
        let mut reader = reader(Kind::Video);
        let packet = reader.read(&at(rtp(7, 90_000, true, &[0x67, 1, 2, 3]), 1500)).unwrap();
        assert_eq!(&*packet.payload, [0x67, 1, 2, 3]);
        assert_eq!(packet.running_time, Duration::from_millis(1500));
        assert_eq!((packet.timestamp, packet.marker, packet.keyframe), (90_000, true, true));
        assert_eq!(packet.sequence & 0xffff, 7);
    }

    #[test]
    fn sequence_numbers_go_on_past_16_bits_and_keep_gaps_and_order() {
        let mut reader = reader(Kind::Audio);
        let read: Vec<u64> = [65_534, 65_535, 1, 0, 2, 40]
            .iter()
            .map(|sequence| reader.read(&at(rtp(*sequence, 0, false, &[1]), 0)).unwrap().sequence - FIRST_CYCLE)
            .collect();
        assert_eq!(read, [65_534, 65_535, 65_537, 65_536, 65_538, 65_576]);
    }

    #[test]
    fn only_the_first_packet_of_an_idr_picture_is_a_keyframe() {
        let mut reader = reader(Kind::Video);
        let packets: [(u32, &[u8]); 9] = [
            (0, &[0x41, 9]),
            (3000, &[0x67, 9]),
            (3000, &[0x68, 9]),
            (3000, &[0x7c, 0x85, 9]),
            (3000, &[0x7c, 0x45, 9]),
            (6000, &[0x41, 9]),
            (9000, &[0x09, 9]),
            (9000, &[0x78, 0, 1, 0x67]),
            (9000, &[0x65, 9]),
        ];
        let keyframes: Vec<bool> = packets
            .iter()
            .zip(1..)
            .map(|((timestamp, payload), n)| reader.read(&at(rtp(n, *timestamp, false, payload), 0)).unwrap().keyframe)
            .collect();
        assert_eq!(keyframes, [false, true, false, false, false, false, false, true, false]);
    }

    #[test]
    fn a_buffer_without_a_time_goes_by_the_one_before_it() {
        let mut reader = reader(Kind::Video);
        assert!(reader.read(&rtp(1, 0, false, &[0x41])).is_none());
        reader.read(&at(rtp(1, u32::MAX - 899, false, &[0x41]), 1000)).unwrap();
        let later = reader.read(&rtp(2, 900, false, &[0x41])).unwrap();
        assert_eq!(later.running_time, Duration::from_millis(1020));
        let earlier = reader.read(&rtp(3, 0, false, &[0x41])).unwrap();
        assert_eq!(earlier.running_time, Duration::from_millis(1010));
    }

    #[test]
    fn padding_keeps_its_place_and_garbage_is_refused() {
        let mut reader = reader(Kind::Video);
        assert!(reader.read(&at(rtp(1, 0, false, &[]), 0)).unwrap().payload.is_empty());
        assert!(reader.read(&at(gst::Buffer::from_slice([0u8; 40]), 0)).is_none());
        assert!(reader.read(&at(gst::Buffer::new(), 0)).is_none());
    }
}
