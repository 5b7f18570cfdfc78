//! Opus in Ogg pages (RFC 3533, RFC 7845), so that one encoder's pages serve everybody: who joins gets the two header pages,
//! made for them with the title of the moment, and then the pages that all others get. Pure.
//!
//! Page numbers and positions of who joins late begin in mid-stream, as they do at every Icecast server: RFC 7845 §4.3 allows
//! it, and decoders take it for a stream that was joined live.

use bytes::Bytes;

/// The stream goes on from the page before; begins; ends (RFC 3533 §6).
const CONTINUES: u8 = 0;
const BEGINS: u8 = 2;

/// Numbers of the header pages of every stream.
const HEADERS: u32 = 2;

/// Samples in each packet, of one side at 48 kHz.
const PACKET: u64 = 960;

/// What is said of the maker in the second header.
const VENDOR: &str = concat!("regia ", env!("CARGO_PKG_VERSION"));

/// What who joins needs before the first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    serial: u32,
    /// The encoder's identification header (RFC 7845 §5.1).
    head: Bytes,
}

impl Opening {
    /// Of a stream with this serial number, out of an encoder with this identification header.
    pub(super) fn new(serial: u32, head: Bytes) -> Self {
        Self { serial, head }
    }

    /// The two header pages.
    pub(super) fn pages(&self, station: &str, title: &str) -> Vec<u8> {
        let mut pages = page(BEGINS, 0, self.serial, 0, &[&self.head]);
        pages.extend(page(CONTINUES, 0, self.serial, 1, &[&tags(station, title)]));
        pages
    }
}

/// Puts packets into pages.
#[derive(Debug)]
pub(super) struct Writer {
    serial: u32,
    pages: u32,
    samples: u64,
}

impl Writer {
    /// Begins a stream.
    pub(super) fn new(serial: u32) -> Self {
        Self { serial, pages: HEADERS, samples: 0 }
    }

    /// The serial number.
    pub(super) fn serial(&self) -> u32 {
        self.serial
    }

    /// The next page. Packets that do not fit into one page are left out; five of the largest that there are do.
    pub(super) fn page(&mut self, packets: &[Bytes]) -> Bytes {
        let mut segments = 0;
        let fit = packets.iter().take_while(|packet| {
            segments += packet.len() / 255 + 1;
            segments <= 255
        });
        let packets: Vec<&[u8]> = fit.map(|packet| &packet[..]).collect();
        self.samples += PACKET * packets.len() as u64;
        let written = page(CONTINUES, self.samples, self.serial, self.pages, &packets);
        self.pages = self.pages.wrapping_add(1);
        written.into()
    }
}

/// A page that holds whole packets, 255 segments of 255 bytes at most. `position` is where the last of them ends.
fn page(kind: u8, position: u64, serial: u32, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut lacing = Vec::new();
    for packet in packets {
        lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
        lacing.push((packet.len() % 255) as u8);
    }
    let mut page = Vec::with_capacity(27 + lacing.len() + packets.iter().map(|packet| packet.len()).sum::<usize>());
    page.extend_from_slice(b"OggS\0");
    page.push(kind);
    page.extend(position.to_le_bytes());
    page.extend(serial.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push(u8::try_from(lacing.len()).expect("a page has at most 255 segments"));
    page.extend(lacing);
    packets.iter().for_each(|packet| page.extend_from_slice(packet));
    let sum = checksum(&page);
    page[CHECKSUM..CHECKSUM + 4].copy_from_slice(&sum.to_le_bytes());
    page
}

/// Where the checksum stands in a page.
const CHECKSUM: usize = 22;

/// The comment header (RFC 7845 §5.2).
fn tags(station: &str, title: &str) -> Vec<u8> {
    let comments = [format!("TITLE={title}"), format!("ALBUM={station}")];
    let mut tags = b"OpusTags".to_vec();
    add_text(&mut tags, VENDOR);
    tags.extend((comments.len() as u32).to_le_bytes());
    comments.iter().for_each(|comment| add_text(&mut tags, comment));
    tags
}

/// A text behind its length.
fn add_text(tags: &mut Vec<u8>, text: &str) {
    tags.extend((text.len() as u32).to_le_bytes());
    tags.extend_from_slice(text.as_bytes());
}

/// Of every byte value, by the polynomial 0x04c11db7, highest bit first.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut value = (n as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 0x8000_0000 != 0 { value << 1 ^ 0x04c1_1db7 } else { value << 1 };
            bit += 1;
        }
        table[n] = value;
        n += 1;
    }
    table
};

/// The checksum of a page in whose checksum's place there is nothing (RFC 3533 §6).
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, byte| sum << 8 ^ TABLE[(sum >> 24 ^ u32::from(*byte)) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_a_page_of_libogg() {
        // The first page that oggmux wrote for a stereo stream of 48 kHz.
        let mut page = page(BEGINS, 0, 0x1234_5678, 0, &[b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0"]);
        let sum: [u8; 4] = page[CHECKSUM..CHECKSUM + 4].try_into().unwrap();
        page[CHECKSUM..CHECKSUM + 4].fill(0);
        assert_eq!(u32::from_le_bytes(sum), checksum(&page));
        // The check value of this polynomial without reflection, from zero.
        assert_eq!(checksum(b"123456789"), 0x89a1_897f);
    }

    #[test]
    fn pages_count_on_and_positions_are_where_their_last_packet_ends() {
        let mut writer = Writer::new(7);
        let packets = [Bytes::from(vec![1; 255]), Bytes::from(vec![2; 300]), Bytes::from_static(&[3])];
        let [first, second] = [writer.page(&packets), writer.page(&packets[..1])];
        assert_eq!(first[6..14], (3 * 960_u64).to_le_bytes());
        assert_eq!(second[6..14], (4 * 960_u64).to_le_bytes());
        assert_eq!((first[18], second[18]), (2, 3));
        assert_eq!(first[26..32], [5, 255, 0, 255, 45, 1]);
        assert_eq!(first.len(), 27 + 5 + 556);
    }

    #[test]
    fn the_largest_packets_fit_five_to_a_page() {
        let page = Writer::new(7).page(&vec![Bytes::from(vec![0; 1275]); 5]);
        assert_eq!(page.len(), 27 + 5 * 6 + 5 * 1275);
    }

    #[test]
    fn the_headers_tell_station_and_title() {
        let pages = Opening::new(7, Bytes::from_static(b"OpusHead")).pages("Una sera", "L'Aquila");
        let tags = pages.windows(8).position(|bytes| bytes == b"OpusTags").unwrap();
        let text = String::from_utf8_lossy(&pages[tags..]).into_owned();
        assert!(text.contains("TITLE=L'Aquila") && text.contains("ALBUM=Una sera"), "{text}");
    }
}
