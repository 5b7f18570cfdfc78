//! Opus in RTP (RFC 7587), as far as one who passes it on must look into it: how long a packet sounds.

use std::time::Duration;

/// The longest packet there is (RFC 6716 §3.2.5).
const LONGEST: Duration = Duration::from_millis(120);

/// How long a packet sounds, by its first bytes (RFC 6716 §3.1); `None` for what is no Opus packet.
pub fn length(payload: &[u8]) -> Option<Duration> {
    let (toc, rest) = payload.split_first()?;
    let config = toc >> 3;
    let frame_us: u32 = match config {
        0..12 => [10_000, 20_000, 40_000, 60_000][usize::from(config % 4)],
        12..16 => [10_000, 20_000][usize::from(config % 2)],
        _ => [2_500, 5_000, 10_000, 20_000][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(rest.first()? & 0x3f),
    };
    let length = Duration::from_micros((frame_us * frames).into());
    (frames > 0 && length <= LONGEST).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_tells_its_length() {
        let ms = |ms| Some(Duration::from_millis(ms));
        for (payload, wanted) in [
            // SILK at 20 ms, as a browser sends a voice; hybrid at 10 ms; CELT at 20 and 10 ms.
            (&[0x48, 1, 2][..], ms(20)),
            (&[0x60], ms(10)),
            (&[0xfc, 9], ms(20)),
            (&[0xf4], ms(10)),
            (&[0xe0], Some(Duration::from_micros(2500))),
            // Two frames, and three by number.
            (&[0x49], ms(40)),
            (&[0xfb, 3], ms(60)),
            // Nothing, no frames, and more than there can be.
            (&[], None),
            (&[0xfb], None),
            (&[0xfb, 0], None),
            (&[0x1b, 3], None),
        ] {
            assert_eq!(length(payload), wanted, "{payload:x?}");
        }
    }
}
