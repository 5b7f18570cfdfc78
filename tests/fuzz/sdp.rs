//! Reads whatever there is as a publisher's offer and as a trickle fragment.

/// Feeds an offer and a fragment, divided by a zero byte. Tells whether the offer could be answered.
pub fn feed(bytes: &[u8]) -> bool {
    regia::contribution::fuzzing::feed(bytes)
}
