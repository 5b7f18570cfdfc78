//! H.264 in RTP (RFC 6184), as far as one who passes it on must look into it: where a picture for newcomers starts.
//! `media::decode` puts pictures together.

/// NAL unit type of a slice of an IDR picture (H.264 table 7-1).
const IDR: u8 = 5;
/// NAL unit type of a sequence parameter set.
const SPS: u8 = 7;
/// Packet type of several whole NAL units (RFC 6184 §5.7.1).
pub(crate) const STAP_A: u8 = 24;
/// Packet type of a part of one NAL unit (RFC 6184 §5.8).
pub(crate) const FU_A: u8 = 28;
/// The FU header's start bit.
pub(crate) const FU_START: u8 = 0x80;

/// Whether an RTP payload carries a sequence parameter set, or the beginning of an IDR slice. The first such payload
/// of a picture is where a newcomer may start; the others of that picture answer `true` as well.
///
/// Knows the packets of packetization mode 1 (single NAL unit, STAP-A, FU-A); everything else, and what is cut short,
/// answers `false`.
pub fn starts_keyframe(payload: &[u8]) -> bool {
    match payload {
        [first, units @ ..] if nal_type(*first) == STAP_A => any_starts(units),
        [first, fu, _, ..] if nal_type(*first) == FU_A => fu & FU_START != 0 && starts(*fu),
        [first, ..] => starts(*first),
        [] => false,
    }
}

/// Looks at the first byte of each NAL unit of an aggregate: 16 bits of size, then the unit.
fn any_starts(mut units: &[u8]) -> bool {
    while let [high, low, rest @ ..] = units {
        let Some((unit, next)) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low]))) else {
            return false;
        };
        if unit.first().is_some_and(|header| starts(*header)) {
            return true;
        }
        units = next;
    }
    false
}

/// The type of a packet or of a NAL unit, by its first byte.
pub(crate) fn nal_type(header: u8) -> u8 {
    header & 0x1f
}

fn starts(header: u8) -> bool {
    matches!(nal_type(header), IDR | SPS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_parameter_set_or_an_idr_slice_starts_a_keyframe() {
        assert!(starts_keyframe(&[0x67, 0x42]));
        assert!(starts_keyframe(&[0x65, 0x88]));
        assert!(starts_keyframe(&[0x25, 0x88]), "whatever its nal_ref_idc");
    }

    #[test]
    fn slices_and_side_information_start_none() {
        for header in [0x41, 0x61, 0x01, 0x06, 0x09, 0x68, 0x0c] {
            assert!(!starts_keyframe(&[header, 0x88]), "{header:#x}");
        }
    }

    #[test]
    fn an_aggregate_is_searched_to_its_end() {
        let aud_sps_pps = [0x78, 0, 2, 0x09, 0x10, 0, 3, 0x67, 0x42, 0xc0, 0, 1, 0x68];
        assert!(starts_keyframe(&aud_sps_pps));
        let sei_and_slice = [0x78, 0, 2, 0x06, 0x01, 0, 2, 0x41, 0x9a];
        assert!(!starts_keyframe(&sei_and_slice));
    }

    #[test]
    fn only_the_first_fragment_of_an_idr_slice_counts() {
        assert!(starts_keyframe(&[0x7c, 0x85, 0x88]));
        assert!(!starts_keyframe(&[0x7c, 0x05, 0x88]));
        assert!(!starts_keyframe(&[0x7c, 0x45, 0x88]));
        assert!(!starts_keyframe(&[0x7c, 0x81, 0x9a]), "a fragment of another slice");
    }

    #[test]
    fn what_is_cut_short_starts_none() {
        let cut: [&[u8]; 6] = [&[], &[0x78], &[0x78, 0], &[0x78, 0, 9, 0x67], &[0x7c], &[0x7c, 0x85]];
        for payload in cut {
            assert!(!starts_keyframe(payload), "{payload:?}");
        }
        assert!(starts_keyframe(&[0x78, 0, 0, 0, 1, 0x67]), "an empty unit is passed over");
    }

    proptest! {
        #[test]
        fn no_payload_makes_it_panic(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            starts_keyframe(&payload);
        }
    }
}
