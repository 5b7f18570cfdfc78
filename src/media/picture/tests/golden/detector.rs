//! Proof that goldens find what they are for: small errors of place and colour are differences.

use std::sync::Arc;

use super::cases;
use super::print::{CANVAS, Print, Tolerance};
use super::studio::{Case, GRAPHICS, draw, graphic};
use crate::media::graphics::Template;
use crate::video::{Image, Key, Mix};

/// A picture's own fingerprint as a golden, and whether another picture passes for it.
fn passes(case: &Case, other: &Image) -> bool {
    let golden: Print = Print::of(&case.image).to_string().parse().unwrap();
    golden.compare(&Print::of(other), case.tolerance).is_alike()
}

/// The picture in which each sample comes from this place.
fn moved(image: &Image, from: impl Fn(usize, usize) -> (usize, usize)) -> Image {
    let mut moved = image.clone();
    let (view, mut out) = (image.view(), moved.view_mut());
    for (number, (out, plane)) in out.planes().iter_mut().zip(view.planes()).enumerate() {
        let half = if number == 0 { 1 } else { 2 };
        for (y, row) in out.data.chunks_mut(out.stride).enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let (from_x, from_y) = from(x * half, y * half);
                *sample = plane.data[from_y / half * plane.stride + from_x / half];
            }
        }
    }
    moved
}

/// The same with this added to one of Y, U and V in part of the picture.
fn tinted(image: &Image, plane: usize, by: i16, columns: std::ops::Range<usize>) -> Image {
    let mut tinted = image.clone();
    let half = if plane == 0 { 1 } else { 2 };
    let mut view = tinted.view_mut();
    let out = &mut view.planes()[plane];
    for row in out.data.chunks_mut(out.stride) {
        for sample in &mut row[columns.start / half..columns.end / half] {
            *sample = u8::try_from(i16::from(*sample) + by).unwrap();
        }
    }
    tinted
}

fn is_exact(case: &&Case) -> bool {
    case.tolerance == Tolerance::EXACT
}

fn named(name: &str) -> &'static Case {
    cases().iter().find(|case| case.name == name).unwrap()
}

#[test]
fn a_picture_passes_for_its_own_golden() {
    assert!(cases().iter().all(|case| passes(case, &case.image)));
}

#[test]
fn another_case_never_passes_for_a_golden() {
    // A reversed transition is one in the other direction.
    let cases: Vec<_> = cases().iter().filter(|case| !case.name.contains("reversed")).collect();
    for (at, case) in cases.iter().enumerate() {
        for other in cases.iter().skip(at + 1).filter(|other| other.image != case.image) {
            assert!(!passes(case, &other.image), "{} and {}", case.name, other.name);
        }
    }
}

#[test]
fn a_shift_by_one_pixel_is_found() {
    let (right, below) = (CANVAS.width as usize - 1, CANVAS.height as usize - 1);
    let mut found = 0;
    for case in cases().iter().filter(is_exact) {
        let across = moved(&case.image, |x, y| ((x + 1).min(right), y));
        let down = moved(&case.image, |x, y| (x, (y + 1).min(below)));
        for other in [across, down] {
            // A plain colour, and bars from above, are where they were.
            let is_seen = Print::of(&other).columns != Print::of(&case.image).columns
                || Print::of(&other).rows != Print::of(&case.image).rows;
            assert!(!is_seen || !passes(case, &other), "{}", case.name);
            found += usize::from(is_seen);
        }
    }
    assert!(found > 100, "{found}");
}

#[test]
fn a_colour_that_is_off_by_four_is_found_in_every_plane_with_and_without_text() {
    for case in cases() {
        for (plane, by) in [(0, 4), (1, 4), (2, 4), (0, -4), (1, -4), (2, -4)] {
            assert!(!passes(case, &tinted(&case.image, plane, by, 0..320)), "{} {plane} {by}", case.name);
        }
    }
}

#[test]
fn a_colour_that_is_off_by_four_is_found_in_a_part_of_the_picture() {
    for case in cases().iter().filter(is_exact) {
        for plane in 0..3 {
            assert!(!passes(case, &tinted(&case.image, plane, 4, 120..140)), "{} {plane}", case.name);
        }
    }
}

#[test]
fn a_text_that_another_version_of_a_typeface_sets_a_little_wider_passes() {
    let (name, _, fields) = GRAPHICS[0];
    let svg = include_str!("../../../graphics/templates/lower-third.svg");
    let wider = svg.replace("<text ", "<text letter-spacing=\"0.3\" ");
    let images = [svg, &wider].map(|svg| {
        let template = Template::check("lower-third.svg", svg).unwrap();
        let still = graphic(Arc::new(template), fields).still;
        let mut shot = super::cases::full_picture();
        shot.keys.push(Key { still, weight: 1.0, x: 0, y: 0, window: None });
        draw(&shot)
    });
    let case = named(&format!("key-{name}"));
    assert!(images[0] == case.image && images[1] != case.image);
    assert!(passes(case, &images[1]));
}

#[test]
fn one_edge_that_is_one_pixel_off_is_found() {
    // The small picture stands from 218 to 307 and from 122 to 173, in even pixels.
    let case = named("layout-picture-in-picture-bottom-right-280");
    for (columns, rows) in [(200..240, 100..179), (290..318, 100..179), (200..318, 100..140), (200..318, 165..179)] {
        let inside = |x: usize, y: usize| columns.contains(&x) && rows.contains(&y);
        let across = moved(&case.image, |x, y| if inside(x, y) { (x + 1, y) } else { (x, y) });
        assert!(!passes(case, &across), "{columns:?}");
        let down = moved(&case.image, |x, y| if inside(x, y) { (x, y + 1) } else { (x, y) });
        assert!(!passes(case, &down), "{rows:?}");
    }
}

#[test]
fn a_box_that_the_planner_puts_two_pixels_off_is_found() {
    let case = named("layout-grid-9");
    for number in 0..9 {
        for (x, y) in [(2.0, 0.0), (0.0, 2.0), (-2.0, 0.0), (0.0, -2.0)] {
            let mut shot = super::cases::grid_of_nine();
            let Mix::One(tableau) = &mut shot.mix else { panic!("no transition runs") };
            let place = &mut tableau.layers[number].place;
            (place.x, place.y) = (place.x + x, place.y + y);
            assert!(!passes(case, &draw(&shot)), "{number} {x} {y}");
        }
    }
}
