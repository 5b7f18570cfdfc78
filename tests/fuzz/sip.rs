//! Feeds a telephone exchange with whatever there is. For the fuzz target and for the tests.

/// Feeds datagrams, divided by a zero and a one. Tells how many were sent back.
pub fn feed(bytes: &[u8]) -> usize {
    regia::telephone::fuzzing::feed(bytes)
}
