//! Generated pictures with so much structure that a wrong scale, crop or place shows: a gradient each way, and numbered cells.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::show::Source;
use crate::video::{Aspect, Colour, Image, Size, View};

/// Cells of a generated picture, each way.
const CELLS: (usize, usize) = (8, 5);

/// The figures 0 to 9, five rows of three dots.
const FIGURES: [u16; 10] = [
    0b111_101_101_101_111,
    0b010_110_010_010_111,
    0b111_001_111_100_111,
    0b111_001_111_001_111,
    0b101_101_111_001_001,
    0b111_100_111_001_111,
    0b111_100_111_101_111,
    0b111_001_010_010_010,
    0b111_101_111_101_111,
    0b111_101_111_001_111,
];

/// Cities by their size in pixels and their hue in degrees: scaled up, down and not at all, narrower than program, upright.
const CITIES: [(&str, u32, u32, u16); 9] = [
    ("roma", 640, 360, 0),
    ("lecce", 320, 180, 120),
    ("milano", 480, 270, 240),
    ("genova", 400, 300, 60),
    ("bologna", 202, 360, 180),
    ("torino", 640, 360, 300),
    ("napoli", 1280, 720, 30),
    ("bari", 322, 182, 150),
    ("pisa", 256, 256, 270),
];

pub fn city(name: &str) -> Source {
    Source::City(name.parse().unwrap())
}

/// The first so many cities.
pub fn cities(count: usize) -> Vec<Source> {
    CITIES.iter().take(count).map(|(name, ..)| city(name)).collect()
}

pub fn source(text: &str) -> Source {
    text.parse().unwrap()
}

/// A source's picture and display aspect. Some have none.
pub fn frame(source: &Source) -> Option<(View<'static>, Aspect)> {
    static FRAMES: OnceLock<BTreeMap<Source, (Image, f64)>> = OnceLock::new();
    let frames = FRAMES.get_or_init(frames);
    frames.get(source).map(|(image, aspect)| (image.view(), Aspect(*aspect)))
}

fn frames() -> BTreeMap<Source, (Image, f64)> {
    let canvas = super::print::CANVAS;
    let square = |image: Image| {
        let Size { width, height } = image.size();
        (image, f64::from(width) / f64::from(height))
    };
    let cities = CITIES.map(|(name, width, height, hue)| (city(name), square(numbered(Size { width, height }, hue))));
    let amber = Colour { red: 0xff, green: 0xb0, blue: 0x20 };
    let others = [
        ("clip:pillola", square(numbered(Size { width: 426, height: 240 }, 210))),
        ("still:quadro", square(numbered(Size { width: 300, height: 400 }, 330))),
        // As PAL has it: pixels that are wider than high.
        ("cohost:luca", (numbered(Size { width: 360, height: 288 }, 90), 16.0 / 9.0)),
        ("colour:#ffb020", square(Image::filled(canvas, amber))),
        ("bars", square(Image::bars(canvas))),
        ("black", square(Image::black(canvas))),
        ("slate", square(slate(canvas))),
    ];
    cities.into_iter().chain(others.map(|(name, frame)| (source(name), frame))).collect()
}

/// Brighter to the right, and of a hue whose strength changes from cell to cell and grows downwards. White lines part the cells.
fn numbered(size: Size, hue: u16) -> Image {
    let mut image = Image::black(size);
    let Size { width, height } = image.size();
    let (width, height) = (width as usize, height as usize);
    let (across, down) = (width.div_ceil(CELLS.0), height.div_ceil(CELLS.1));
    let line = (height / 90).max(1);
    let (sin, cos) = f64::from(hue).to_radians().sin_cos();
    let mut view = image.view_mut();
    let [luma, u, v] = view.planes();
    for (y, row) in luma.data.chunks_mut(luma.stride).enumerate() {
        for (x, sample) in row.iter_mut().enumerate() {
            let ground = 50 + 120 * x / width + 30 * y / height;
            let number = x / across + CELLS.0 * (y / down);
            let (in_x, in_y) = (x % across, y % down);
            let is_inked = is_inked(number, in_x, in_y, across, down);
            let value = if in_x < line || in_y < line {
                225
            } else if is_inked && x / across < CELLS.0 / 2 {
                ground + 90
            } else if is_inked {
                ground - 90
            } else {
                ground
            };
            *sample = u8::try_from(value).unwrap();
        }
    }
    for (plane, towards) in [(u, cos), (v, sin)] {
        for (y, row) in plane.data.chunks_mut(plane.stride).enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let odd = (2 * x / across + 2 * y / down) % 2;
                let strength = 40.0 + 25.0 * odd as f64 + 30.0 * (2 * y) as f64 / height as f64;
                *sample = (128.0 + towards * strength).round() as u8;
            }
        }
    }
    image
}

/// Whether the two figures of a cell's number are at a place within it.
fn is_inked(number: usize, x: usize, y: usize, across: usize, down: usize) -> bool {
    let dot = (across / 9).min(down / 8).max(1);
    let (left, top) = (across.saturating_sub(7 * dot) / 2, down.saturating_sub(5 * dot) / 2);
    let (Some(x), Some(y)) = (x.checked_sub(left), y.checked_sub(top)) else { return false };
    let (column, row) = (x / dot, y / dot);
    let figure = match column {
        0..=2 => number / 10,
        4..=6 => number % 10,
        _ => return false,
    };
    row < 5 && FIGURES[figure % 10] >> (14 - (row * 3 + column % 4)) & 1 == 1
}

/// The evening's slate without its words: a dark ground and a bright bar where they stand.
fn slate(size: Size) -> Image {
    let mut image = Image::filled(size, Colour { red: 0x0b, green: 0x0d, blue: 0x10 });
    let (width, height) = (size.width as usize, size.height as usize);
    let mut view = image.view_mut();
    let [luma, ..] = view.planes();
    for (y, row) in luma.data.chunks_mut(luma.stride).enumerate() {
        if (height * 3 / 7..height * 4 / 7).contains(&y) {
            row[width / 4..width * 3 / 4].fill(210);
        }
    }
    image
}
