//! NAL units out of received RTP packets (RFC 6184 §5.6 to §5.8): single units, STAP-A and FU-A.

use std::time::Instant;

use super::viewer::Received;

/// One unit without its start code, and when its last packet came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub bytes: Vec<u8>,
    pub arrival: Instant,
}

/// The units in these packets, which are in the order of their numbers.
pub fn units(packets: &[Received]) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut fragments: Option<Vec<u8>> = None;
    for Received { payload, arrival, .. } in packets {
        let mut add = |bytes: Vec<u8>| units.push(Unit { bytes, arrival: *arrival });
        match &payload[..] {
            [head, rest @ ..] if head & 0x1f == 24 => {
                let mut rest = rest;
                while let [high, low, tail @ ..] = rest {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    add(tail[..length].to_vec());
                    rest = &tail[length..];
                }
            }
            [indicator, header, rest @ ..] if indicator & 0x1f == 28 => {
                if header & 0x80 != 0 {
                    fragments = Some(vec![indicator & 0xe0 | header & 0x1f]);
                }
                if let Some(unit) = &mut fragments {
                    unit.extend_from_slice(rest);
                }
                if header & 0x40 != 0
                    && let Some(unit) = fragments.take()
                {
                    add(unit);
                }
            }
            [] => {}
            whole => add(whole.to_vec()),
        }
    }
    units
}

/// Whether a unit is of a picture's own data (ITU-T H.264 table 7-1: 1 and 5): others may look alike in every stream.
pub fn is_slice(unit: &[u8]) -> bool {
    unit.first().is_some_and(|head| matches!(head & 0x1f, 1 | 5))
}
