//! H.264 NAL units out of RTP packets (RFC 6184 §5), to compare what was sent with what arrives elsewhere. Pure.

/// Puts NAL units together again from the payloads of one source, in the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Depacketizer {
    fragment: Vec<u8>,
}

const TYPE: u8 = 0x1f;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const START: u8 = 0x80;
const END: u8 = 0x40;

impl Depacketizer {
    /// The NAL units that end with this payload, without start codes.
    pub(super) fn push(&mut self, payload: &[u8]) -> Vec<Vec<u8>> {
        let Some((&indicator, rest)) = payload.split_first() else { return Vec::new() };
        match indicator & TYPE {
            1..=23 => vec![payload.to_vec()],
            STAP_A => aggregated(rest),
            FU_A => self.fragment(indicator, rest).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn fragment(&mut self, indicator: u8, rest: &[u8]) -> Option<Vec<u8>> {
        let (&header, part) = rest.split_first()?;
        if header & START != 0 {
            self.fragment = vec![indicator & !TYPE | header & TYPE];
        }
        self.fragment.extend_from_slice(part);
        (header & END != 0).then(|| std::mem::take(&mut self.fragment))
    }
}

fn aggregated(mut rest: &[u8]) -> Vec<Vec<u8>> {
    let mut units = Vec::new();
    while let Some((size, after)) = rest.split_first_chunk::<2>() {
        let Some((unit, after)) = after.split_at_checked(usize::from(u16::from_be_bytes(*size))) else { break };
        units.push(unit.to_vec());
        rest = after;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_units_aggregates_and_fragments_come_back_whole() {
        let mut tap = Depacketizer::default();
        assert_eq!(tap.push(&[0x61, 1, 2]), [vec![0x61, 1, 2]]);
        assert_eq!(tap.push(&[0x78, 0, 2, 0x67, 9, 0, 1, 0x68]), [vec![0x67, 9], vec![0x68]]);
        assert!(tap.push(&[0x7c, 0x85, 1, 2]).is_empty());
        assert!(tap.push(&[0x7c, 0x05, 3]).is_empty());
        assert_eq!(tap.push(&[0x7c, 0x45, 4]), [vec![0x65, 1, 2, 3, 4]]);
    }

    #[test]
    fn what_is_cut_short_yields_nothing() {
        let mut tap = Depacketizer::default();
        for short in [&[][..], &[0x7c], &[0x78, 0], &[0x78, 0, 9, 1]] {
            assert!(tap.push(short).is_empty(), "{short:?}");
        }
    }
}
