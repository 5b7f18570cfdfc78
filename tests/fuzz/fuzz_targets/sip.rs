//! Arbitrary bytes as datagrams to the telephone.
#![no_main]

#[path = "../sip.rs"]
mod sip;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sip::feed(bytes);
});
