//! Graphics templates that something has happened to: whatever they are, the check and the renderer neither panic nor take
//! long. The same function is fuzzed; see `fuzz/README.md`.

use std::time::{Duration, Instant};

use proptest::prelude::*;

#[path = "fuzz/template.rs"]
mod template;
use template::check_and_draw;

const TEMPLATES: [&str; 8] = [
    include_str!("../src/media/graphics/templates/lower-third.svg"),
    include_str!("../src/media/graphics/templates/bug.svg"),
    include_str!("../src/media/graphics/templates/logo.svg"),
    include_str!("../src/media/graphics/templates/title.svg"),
    include_str!("../src/media/graphics/templates/ticker.svg"),
    include_str!("../src/media/graphics/templates/countdown.svg"),
    include_str!("../src/media/graphics/templates/post.svg"),
    // What the others do not have.
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='-9 -9 640 360' data-name='a' data-place='centre' data-margin='1 2'>\
     <defs><mask id='m'><rect width='50' height='50' fill='#888'/></mask>\
     <linearGradient id='g' gradientTransform='rotate(30)'><stop offset='.2' stop-color='#fff'/><stop offset='1'/></linearGradient>\
     <linearGradient id='h' href='#g' spreadMethod='repeat'/></defs>\
     <g id='k' opacity='.5' transform='rotate(10) scale(2 3)'><path d='M0 0C9 9 20 3 40 4A5 6 7 0 1 80 8Z' fill='url(#h)' mask='url(#m)'/>\
     <polygon points='1,2 3,40 50,6' stroke='#f00' stroke-width='3' stroke-linejoin='round'/></g><use href='#k' x='99' y='9'/>\
     <ellipse cx='40' cy='50' rx='9' ry='19'/><line x1='1' y1='2' x2='300' y2='40' stroke='#0f0'/></svg>",
];

/// Numbers and words that are most likely to make trouble where they do not belong.
const ODD: [&str; 24] = [
    "",
    "0",
    "-1",
    "1e9",
    "1e38",
    "-1e38",
    "1e-38",
    "NaN",
    "inf",
    "100%",
    "9999999999999999999",
    "url(#g)",
    "#k",
    "none",
    "inherit",
    "{text}",
    "{",
    "}",
    "\"",
    "<g>",
    "</g>",
    "scale(1e9)",
    "skewX(90)",
    "matrix(0 0 0 0 0 0)",
];

#[derive(Debug, Clone)]
enum Mutation {
    Flip {
        at: usize,
        bit: u32,
    },
    Delete {
        at: usize,
        length: usize,
    },
    Repeat {
        at: usize,
        length: usize,
        times: usize,
    },
    /// What stands between two quotation marks is replaced.
    Value {
        nth: usize,
        odd: usize,
    },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        1 => (any::<usize>(), 0..8u32).prop_map(|(at, bit)| Mutation::Flip { at, bit }),
        1 => (any::<usize>(), 1..200usize).prop_map(|(at, length)| Mutation::Delete { at, length }),
        1 => (any::<usize>(), 1..200usize, 1..50usize).prop_map(|(at, length, times)| Mutation::Repeat { at, length, times }),
        4 => (any::<usize>(), 0..ODD.len()).prop_map(|(nth, odd)| Mutation::Value { nth, odd }),
    ]
}

fn mutated(mut bytes: Vec<u8>, mutation: &Mutation) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    let part = |at: usize, length: usize| {
        let at = at % bytes.len();
        at..bytes.len().min(at + length)
    };
    match *mutation {
        Mutation::Flip { at, bit } => {
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        Mutation::Delete { at, length } => drop(bytes.drain(part(at, length))),
        Mutation::Repeat { at, length, times } => {
            let part = part(at, length);
            let repeated = bytes[part.clone()].repeat(times);
            bytes.splice(part.end..part.end, repeated);
        }
        Mutation::Value { nth, odd } => {
            let quotes: Vec<usize> =
                bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'"' | b'\'')).map(|(at, _)| at).collect();
            let values: Vec<&[usize]> = quotes.chunks_exact(2).collect();
            if let Some(value) = values.get(nth % values.len().max(1)) {
                bytes.splice(value[0] + 1..value[1], ODD[odd].bytes());
            }
        }
    }
    bytes
}

/// Far more than any needs on a busy machine.
const LONG: Duration = Duration::from_secs(5);

#[test]
fn the_templates_pass_as_they_are() {
    for text in TEMPLATES {
        assert!(check_and_draw(text.as_bytes()), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_template_neither_panics_nor_takes_long(
        template in 0..TEMPLATES.len(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let bytes = mutations.iter().fold(TEMPLATES[template].as_bytes().to_vec(), mutated);
        let begin = Instant::now();
        check_and_draw(&bytes);
        prop_assert!(begin.elapsed() < LONG, "{:?} for {}", begin.elapsed(), String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn anything_at_all_neither_panics_nor_takes_long(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let begin = Instant::now();
        check_and_draw(&bytes);
        prop_assert!(begin.elapsed() < LONG);
    }
}
