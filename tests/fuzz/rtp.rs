//! Feeds the packets of a telephone call with whatever there is.

/// Feeds packets, divided by a zero and a one; the first byte of each says from whom it comes.
pub fn feed(bytes: &[u8]) {
    regia::telephone::fuzzing::feed_packets(bytes);
}
