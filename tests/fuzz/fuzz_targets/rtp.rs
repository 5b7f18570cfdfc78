//! Arbitrary bytes as packets of a telephone call.
#![no_main]

#[path = "../rtp.rs"]
mod rtp;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    rtp::feed(bytes);
});
