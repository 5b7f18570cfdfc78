//! Arbitrary bytes as a graphics template.
#![no_main]

#[path = "../template.rs"]
mod template;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    template::check_and_draw(bytes);
});
