//! Pictures out of packets: the access units of one H.264 stream, put together as RFC 6184 §5 takes them apart. Pure.
//!
//! A decoder gets one piece of memory for each picture, instead of one for each packet. After a loss nothing is given until
//! the next keyframe: a still picture is better than a smeared one.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::rtp::Packet;
use crate::rtp::h264::{self, FU_A, FU_START, STAP_A};

/// What is in front of each NAL unit (H.264 annex B).
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// No picture is larger. The levels that browsers and OBS send stay far below; a stream that says nowhere that a picture ends
/// must not fill the memory.
const LARGEST: usize = 4 << 20;

/// The FU header's bit for the last part.
const FU_END: u8 = 0x40;

/// NAL unit types of slices (H.264 table 7-1).
const SLICES: RangeInclusive<u8> = 1..=5;

/// One picture with what belongs to it, as a byte stream (H.264 annex B).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccessUnit {
    pub(super) bytes: Vec<u8>,
    /// Instant of its first packet.
    pub(super) running_time: Duration,
    /// It is the first of all, or some before it are missing.
    pub(super) after_gap: bool,
}

/// Puts packets together. They must come in the order of their numbers.
#[derive(Debug)]
pub(super) struct Assembler {
    need: Need,
    open: Option<Open>,
    /// Size of the last one: the next one may well need as much.
    room: usize,
}

/// What the next picture must be to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Any, since the one before it was given.
    Next,
    /// One that can be decoded without those before it.
    Keyframe,
}

/// The picture that is being put together.
#[derive(Debug)]
struct Open {
    timestamp: u32,
    running_time: Duration,
    bytes: Vec<u8>,
    is_keyframe: bool,
    has_slice: bool,
    /// The header of the NAL unit of which parts have come, but not its last.
    fragment: Option<u8>,
}

impl Assembler {
    /// One that waits for a keyframe.
    pub(super) fn new() -> Self {
        Self { need: Need::Keyframe, open: None, room: 0 }
    }

    /// Something is missing here: what has come of a picture is thrown away, and so are all before the next keyframe.
    pub(super) fn lose(&mut self) {
        self.open = None;
        self.need = Need::Keyframe;
    }

    /// Takes the next packet. Answers the picture before it, if it is seen only now that it has ended, and the one
    /// that ends with this packet.
    pub(super) fn take(&mut self, packet: &Packet) -> [Option<AccessUnit>; 2] {
        // Not all senders mark a picture's last packet (RFC 6184 §5.1); a new timestamp is a new picture in any case.
        let has_ended = self.open.as_ref().is_some_and(|open| open.timestamp != packet.timestamp);
        let before = if has_ended { self.close() } else { None };
        let open = self.open.get_or_insert_with(|| Open {
            timestamp: packet.timestamp,
            running_time: packet.running_time,
            bytes: Vec::with_capacity(self.room),
            is_keyframe: false,
            has_slice: false,
            fragment: None,
        });
        open.add(&packet.payload);
        if open.bytes.len() > LARGEST {
            self.lose();
        }
        let ended = if packet.marker { self.close() } else { None };
        [before, ended]
    }

    /// Ends the open picture. Answers it if it can be decoded.
    fn close(&mut self) -> Option<AccessUnit> {
        let Open { running_time, bytes, is_keyframe, .. } = self.open.take()?;
        // Of padding alone, which probes for bandwidth.
        if bytes.is_empty() {
            return None;
        }
        let after_gap = self.need == Need::Keyframe;
        if after_gap && !is_keyframe {
            return None;
        }
        self.need = Need::Next;
        self.room = bytes.len();
        Some(AccessUnit { bytes, running_time, after_gap })
    }
}

impl Open {
    /// Adds the NAL units of a payload: one, several, or a part of one. What is cut short and what packetization mode 1 does
    /// not have is left out.
    fn add(&mut self, payload: &[u8]) {
        self.is_keyframe |= h264::starts_keyframe(payload);
        match payload {
            [first, units @ ..] if h264::nal_type(*first) == STAP_A => self.units(units),
            [first, fu, part @ ..] if h264::nal_type(*first) == FU_A => self.part(*first, *fu, part),
            [first, rest @ ..] if (1..STAP_A).contains(&h264::nal_type(*first)) => drop(self.unit(*first, rest)),
            _ => {}
        }
    }

    /// Adds a NAL unit or the beginning of one, and answers whether it may be there. Payloaders repeat parameter sets before
    /// each slice of a keyframe. Behind a slice they would begin another picture: the decoder would make two of one and conceal
    /// what each lacks, which is seen, and took a fifth of its time.
    fn unit(&mut self, header: u8, rest: &[u8]) -> bool {
        self.fragment = None;
        let kind = h264::nal_type(header);
        if self.has_slice && begins_picture(kind) {
            return false;
        }
        self.has_slice |= SLICES.contains(&kind);
        self.bytes.extend(START_CODE);
        self.bytes.push(header);
        self.bytes.extend(rest);
        true
    }

    /// Of an aggregate: 16 bits of size, then the unit.
    fn units(&mut self, mut units: &[u8]) {
        while let [high, low, rest @ ..] = units {
            let Some((unit, next)) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low]))) else {
                return;
            };
            if let [first, rest @ ..] = unit {
                self.unit(*first, rest);
            }
            units = next;
        }
    }

    /// Of a fragmented one, whose header is in two halves: importance in the packet's, type in the part's.
    fn part(&mut self, indicator: u8, fu: u8, part: &[u8]) {
        let header = indicator & 0xe0 | h264::nal_type(fu);
        if fu & FU_START != 0 {
            self.fragment = self.unit(header, &[]).then_some(header);
        }
        // A part without a beginning belongs to nothing.
        if self.fragment == Some(header) {
            self.bytes.extend(part);
        }
        if fu & FU_END != 0 {
            self.fragment = None;
        }
    }
}

/// Whether a NAL unit of this type, behind a slice, is the first of another picture (H.264 §7.4.1.2.3): side information,
/// parameter sets, a delimiter, and what is reserved for the like.
fn begins_picture(kind: u8) -> bool {
    matches!(kind, 6..=9 | 14..=18)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::rtp::{Kind, Origin};

    fn packet(timestamp: u32, marker: bool, payload: &[u8]) -> Packet {
        Packet {
            origin: Origin::Standby,
            kind: Kind::Video,
            sequence: 0,
            timestamp,
            running_time: Duration::from_millis(timestamp.into()),
            marker,
            keyframe: false,
            payload: Arc::from(payload),
        }
    }

    /// What comes out of packets with these timestamps, markers and payloads.
    fn assemble(assembler: &mut Assembler, packets: &[(u32, bool, &[u8])]) -> Vec<AccessUnit> {
        let packets = packets.iter().map(|(timestamp, marker, payload)| packet(*timestamp, *marker, payload));
        packets.flat_map(|packet| assembler.take(&packet)).flatten().collect()
    }

    fn unit(ms: u64, after_gap: bool, bytes: &[u8]) -> AccessUnit {
        AccessUnit { bytes: bytes.to_vec(), running_time: Duration::from_millis(ms), after_gap }
    }

    const IDR: &[u8] = &[0x65, 1];
    const SLICE: &[u8] = &[0x41, 2];

    #[test]
    fn whole_units_aggregates_and_fragments_become_one_byte_stream() {
        let sps_and_pps = [0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68];
        let parts: [&[u8]; 3] = [&[0x7c, 0x85, 1, 2], &[0x7c, 0x05, 3], &[0x7c, 0x45, 4, 5]];
        let packets = [(7, false, &sps_and_pps[..]), (7, false, parts[0]), (7, false, parts[1]), (7, true, parts[2])];
        let bytes = [0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 1, 0x68, 0, 0, 0, 1, 0x65, 1, 2, 3, 4, 5];
        assert_eq!(assemble(&mut Assembler::new(), &packets), [unit(7, true, &bytes)]);
    }

    #[test]
    fn parameter_sets_that_are_repeated_between_slices_do_not_make_two_pictures_of_one() {
        let sets: [&[u8]; 2] = [&[0x67, 0x42], &[0x68, 0xce]];
        let fragments: [&[u8]; 2] = [&[0x7c, 0x85, 1], &[0x7c, 0x45, 2]];
        let sets_again = [0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce];
        let packets = [
            (1, false, sets[0]),
            (1, false, sets[1]),
            (1, false, fragments[0]),
            (1, false, fragments[1]),
            (1, false, &sets_again[..]),
            (1, false, sets[1]),
            (1, true, IDR),
            (2, true, SLICE),
        ];
        let [keyframe, _] = assemble(&mut Assembler::new(), &packets).try_into().unwrap();
        let sets = [&START_CODE[..], sets[0], &START_CODE, sets[1]].concat();
        let slices = [&START_CODE[..], &[0x65, 1, 2], &START_CODE, IDR].concat();
        assert_eq!(keyframe.bytes, [sets, slices].concat());
    }

    #[test]
    fn a_picture_ends_with_its_marker_or_with_the_timestamp_of_the_next() {
        let packets = [(1, true, IDR), (2, false, SLICE), (2, false, SLICE), (3, true, SLICE)];
        let whole = assemble(&mut Assembler::new(), &packets);
        let times: Vec<_> = whole.iter().map(|unit| (unit.running_time.as_millis(), unit.after_gap)).collect();
        assert_eq!(times, [(1, true), (2, false), (3, false)]);
        assert_eq!(whole[1].bytes.len(), 2 * (START_CODE.len() + SLICE.len()), "slices of one picture stay together");
    }

    #[test]
    fn nothing_is_given_before_the_first_keyframe_nor_after_a_loss_until_the_next() {
        let mut assembler = Assembler::new();
        assert_eq!(assemble(&mut assembler, &[(1, true, SLICE), (2, true, SLICE)]), []);
        assert_eq!(assemble(&mut assembler, &[(3, true, IDR), (4, true, SLICE), (5, false, IDR)]).len(), 2);
        assembler.lose();
        assert_eq!(assemble(&mut assembler, &[(5, true, SLICE), (6, true, SLICE)]), [], "nor is half a picture");
        let after = assemble(&mut assembler, &[(7, true, IDR), (8, true, SLICE)]);
        assert_eq!(after.iter().map(|unit| unit.after_gap).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn padding_is_no_picture() {
        let mut assembler = Assembler::new();
        assert_eq!(
            assemble(&mut assembler, &[(1, true, IDR), (2, false, &[]), (3, true, &[]), (4, true, SLICE)]).len(),
            2
        );
    }

    #[test]
    fn what_is_cut_short_or_of_no_known_kind_is_left_out() {
        let idr_and_half = [0x78, 0, 2, 0x65, 1, 0, 9, 0x41];
        let odd: [&[u8]; 6] = [&[0x7c], &[0x7c, 0x05, 9], &[0x79, 1, 2], &[0x7d, 0x85, 1], &[0x60], &[0x7f]];
        let mut packets = vec![(1, false, &idr_and_half[..])];
        packets.extend(odd.map(|payload| (1, false, payload)));
        packets.push((1, true, SLICE));
        let bytes = [0, 0, 0, 1, 0x65, 1, 0, 0, 0, 1, 0x41, 2];
        assert_eq!(assemble(&mut Assembler::new(), &packets), [unit(1, true, &bytes)]);
    }

    #[test]
    fn a_picture_without_end_is_given_up() {
        let mut assembler = Assembler::new();
        let large = [IDR, &[0; 60_000]].concat();
        let endless = vec![(1, false, &large[..]); LARGEST / large.len() + 2];
        assert_eq!(assemble(&mut assembler, &endless), []);
        assert!(assembler.open.as_ref().is_some_and(|open| open.bytes.len() < LARGEST), "it begins anew");
        assembler.lose();
        assert_eq!(assemble(&mut assembler, &[(2, true, SLICE), (3, true, IDR)]).len(), 1);
    }

    proptest! {
        #[test]
        fn no_packets_make_it_panic(
            packets in proptest::collection::vec(
                (0u32..4, any::<bool>(), proptest::collection::vec(any::<u8>(), 0..48)), 0..64,
            ),
        ) {
            let packets: Vec<_> = packets.iter().map(|(at, marker, payload)| (*at, *marker, &payload[..])).collect();
            let units = assemble(&mut Assembler::new(), &packets);
            prop_assert!(units.iter().all(|unit| unit.bytes.starts_with(&START_CODE)));
        }
    }
}
