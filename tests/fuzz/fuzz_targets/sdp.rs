//! Arbitrary bytes as a publisher's offer.
#![no_main]

#[path = "../sdp.rs"]
mod sdp;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sdp::feed(bytes);
});
