//! The packets of TSL UMD V3.1 and V5.0, as TSL Products' document "UMD Protocol" describes them. Pure.

use super::{Lamp, Text};
use crate::ascii;

/// The highest display address of V3.1.
pub const LAST_ADDRESS_31: u16 = 126;

/// The highest display index of V5.0; 65535 means all displays.
pub const LAST_INDEX_50: u16 = 0xfffe;

/// Characters on a display of V3.1: all are sent, always.
const CHARACTERS_31: usize = 16;

/// Longest packet of V5.0, its byte count included.
const LONGEST_50: usize = 2048;

/// Full brightness, of 0 to 3.
const BRIGHTNESS: u8 = 3;

/// A packet of V3.1: 18 bytes.
///
/// 1. HEADER: the display address, 0 to 126, plus 0x80.
/// 2. CTRL: bit 0 tally 1 (here red, program), bit 1 tally 2 (here green, preview), bits 2 and 3 tallies 3 and 4, bits 4
///    and 5 brightness, bit 6 reserved, bit 7 zero.
/// 3. DATA: 16 characters, 0x20 to 0x7e.
pub fn v31(address: u8, lamp: &Lamp) -> [u8; 2 + CHARACTERS_31] {
    let mut packet = [b' '; 2 + CHARACTERS_31];
    packet[0] = 0x80 | (address & 0x7f);
    packet[1] = u8::from(lamp.red) | u8::from(lamp.green) << 1 | BRIGHTNESS << 4;
    for (place, byte) in packet[2..].iter_mut().zip(ascii::plain(&lamp.name).bytes()) {
        *place = byte;
    }
    packet
}

/// Packets of V5.0 for UDP (no DLE/STX wrapper, which is for byte streams), each up to 2048 bytes. 16-bit values are little
/// endian.
///
/// - PBC (16 bits): bytes that follow it. VER (8): 0, the minor version. FLAGS (8): bit 0 set for UTF-16LE, bit 1 clear for
///   display messages. SCREEN (16).
/// - Display messages. INDEX (16). CONTROL (16): bits 0-1 right lamp, 2-3 text, 4-5 left lamp (0 off, 1 red, 2 green, 3
///   amber), 6-7 brightness, bit 15 clear for display data. LENGTH (16): bytes of TEXT. TEXT.
///
/// The left lamp is red for program, the right one green for preview, and the text has the colour of what matters more.
pub fn v50<'a>(screen: u16, text: Text, lamps: impl IntoIterator<Item = (u16, &'a Lamp)>) -> Vec<Vec<u8>> {
    let flags = match text {
        Text::Ascii => 0,
        Text::Utf16 => 1,
    };
    let mut packets: Vec<Vec<u8>> = Vec::new();
    for (index, lamp) in lamps {
        let message = message(index, lamp, text);
        let has_room = |packet: &&mut Vec<u8>| packet.len() + message.len() <= LONGEST_50;
        match packets.last_mut().filter(has_room) {
            Some(packet) => packet.extend(message),
            None => {
                let mut packet = vec![0, 0, 0, flags];
                packet.extend(screen.to_le_bytes());
                packet.extend(message);
                packets.push(packet);
            }
        }
    }
    for packet in &mut packets {
        let count = u16::try_from(packet.len() - 2).expect("a packet is no longer than 2048 bytes");
        packet[..2].copy_from_slice(&count.to_le_bytes());
    }
    packets
}

/// Longest name on a display of V5.0, in characters: the names of cities fit.
const NAME_50: usize = 64;

fn message(index: u16, lamp: &Lamp, text: Text) -> Vec<u8> {
    const RED: u16 = 1;
    const GREEN: u16 = 2;
    let left = if lamp.red { RED } else { 0 };
    let right = if lamp.green { GREEN } else { 0 };
    let middle = if lamp.red { RED } else { right };
    let control = right | middle << 2 | left << 4 | u16::from(BRIGHTNESS) << 6;
    let name: String = lamp.name.chars().take(NAME_50).collect();
    let name: Vec<u8> = match text {
        Text::Ascii => ascii::plain(&name).into_bytes(),
        Text::Utf16 => name.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    };
    let length = u16::try_from(name.len()).expect("a name of 64 characters is shorter than 64 KiB");
    let mut message = Vec::with_capacity(6 + name.len());
    for value in [index, control, length] {
        message.extend(value.to_le_bytes());
    }
    message.extend(name);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lamp(name: &str, red: bool, green: bool) -> Lamp {
        Lamp { name: name.into(), red, green }
    }

    #[test]
    fn a_packet_of_v31_has_18_bytes_by_the_book() {
        assert_eq!(v31(1, &lamp("Roma", true, false)), *b"\x81\x31Roma            ");
        assert_eq!(v31(126, &lamp("Forlì-Cesena è qui", false, true)), *b"\xfe\x32Forli-Cesena e q");
        assert_eq!(v31(0, &lamp("", true, true)), *b"\x80\x33                ");
        assert_eq!(v31(5, &Lamp::dark()), *b"\x85\x30                ");
    }

    #[test]
    fn a_packet_of_v50_counts_its_bytes_and_carries_every_display() {
        let (roma, lecce) = (lamp("Roma", true, false), lamp("Lecce", true, true));
        let packets = v50(2, Text::Ascii, [(1, &roma), (258, &lecce)]);
        let expected = [
            &[25, 0, 0, 0, 2, 0][..],
            // Left and text red: 01 01 00 under full brightness.
            &[1, 0, 0b1101_0100, 0, 4, 0],
            b"Roma",
            // Left and text red, right green.
            &[2, 1, 0b1101_0110, 0, 5, 0],
            b"Lecce",
        ];
        assert_eq!(packets, [expected.concat()]);
        assert_eq!(packets[0].len(), 2 + 25);
        let green = v50(0, Text::Ascii, [(0, &lamp("", false, true))]);
        assert_eq!(green, [[10, 0, 0, 0, 0, 0, 0, 0, 0b1100_1010, 0, 0, 0]]);
    }

    #[test]
    fn names_of_v50_keep_their_accents_in_utf_16() {
        let packets = v50(0, Text::Utf16, [(3, &lamp("Forlì", false, false))]);
        let text: Vec<u8> = [b'F', 0, b'o', 0, b'r', 0, b'l', 0, 0xec, 0].into();
        let expected = [&[20, 0, 0, 1, 0, 0][..], &[3, 0, 0b1100_0000, 0, 10, 0], &text];
        assert_eq!(packets, [expected.concat()]);
        assert!(v50(0, Text::Ascii, [(3, &lamp("Forlì", false, false))])[0].ends_with(b"Forli"));
    }

    #[test]
    fn what_does_not_fit_into_2048_bytes_is_a_packet_of_its_own() {
        let long = lamp(&"è".repeat(64), false, false);
        let packets = v50(0, Text::Utf16, (0..16).map(|index| (index, &long)));
        let lengths: Vec<_> = packets.iter().map(Vec::len).collect();
        // 134 bytes each after 6 of the head.
        assert_eq!(lengths, [6 + 15 * 134, 6 + 134]);
        for packet in packets {
            assert_eq!(usize::from(u16::from_le_bytes([packet[0], packet[1]])), packet.len() - 2);
        }
    }
}
