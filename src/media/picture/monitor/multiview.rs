//! What a multiview looks like: preview and program above, all cities below, each with its name and its tally. Pure.

use std::sync::Arc;

use crate::show::{CityId, Tally};
use crate::video::{Border, Colour, Crop, Fit, Key, Layer, Mix, Rect, Shot, Size, Still, Tableau};

/// What stands around the pictures.
const GROUND: Colour = Colour { red: 11, green: 13, blue: 16 };

/// The pages' red, green and grey: on air, next, neither.
const RED: Colour = Colour { red: 229, green: 72, blue: 77 };
const GREEN: Colour = Colour { red: 61, green: 190, blue: 111 };
const GREY: Colour = Colour { red: 52, green: 58, blue: 66 };

/// The aspect of what cities mostly send.
const WIDE: f64 = 16.0 / 9.0;

/// Most rows of cities.
const MOST_ROWS: usize = 4;

/// Room between two pictures, and the width of a border, as parts of the multiview's height.
const GAP: f64 = 1.0 / 180.0;
const EDGE: f64 = 1.0 / 180.0;

/// The height of a label, as a part of its picture's, and its limits in parts of the multiview's height.
const LABEL: f64 = 1.0 / 8.0;
const LABEL_LIMITS: (f64, f64) = (1.0 / 45.0, 1.0 / 24.0);

/// A city in the multiview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Which.
    pub city: CityId,
    /// Name for people.
    pub name: String,
    /// Whether it is seen.
    pub tally: Tally,
}

/// A picture in the multiview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tile {
    /// What is on air.
    Program,
    /// What the next take shows.
    Preview,
    /// A city.
    City(CityId),
}

/// The multiview of these cities, in their order. `label` draws a line of text in so many pixels; without one a picture has
/// no name, but its border all the same.
pub(super) fn multiview(
    canvas: Size,
    panels: &[Panel],
    mut label: impl FnMut(&str, Size) -> Option<Arc<Still>>,
) -> Shot<Tile> {
    let [width, height] = [canvas.width, canvas.height].map(f64::from);
    let upper = Rect { x: 0.0, y: 0.0, width, height: height / 2.0 };
    let lower = Rect { y: height / 2.0, ..upper };
    let buses = [("Preview", Tile::Preview, Tally::Preview), ("Program", Tile::Program, Tally::Program)];
    let buses = buses.map(|(name, tile, tally)| (name.to_owned(), tile, tally));
    let cities = panels.iter().map(|panel| {
        let word = match panel.tally {
            Tally::Program => " · PGM",
            Tally::Preview => " · PVW",
            Tally::Off => "",
        };
        (format!("{}{word}", panel.name), Tile::City(panel.city.clone()), panel.tally)
    });
    let tiles = buses.into_iter().chain(cities);
    let places = cells(upper, 2).into_iter().chain(cells(lower, panels.len()));

    let mut tableau = Tableau { ground: GROUND, layers: Vec::new(), keys: Vec::new() };
    for ((text, tile, tally), cell) in tiles.zip(places) {
        let place = shrunk(cell, height * GAP / 2.0);
        let (least, most) = LABEL_LIMITS;
        let lines = even((place.height * LABEL).clamp(height * least, height * most));
        let room = Size { width: even(place.width - 2.0 * height * EDGE), height: lines };
        if let Some(still) = label(&text, room) {
            let region = still.region();
            // In the middle of the lower edge, inside the border.
            let x = place.x + (place.width - f64::from(region.width)) / 2.0;
            let y = place.y + place.height - f64::from(region.height) - height * EDGE;
            tableau.keys.push(Key { still, weight: 1.0, x: down(x), y: down(y), window: None });
        }
        let colour = match tally {
            Tally::Program => RED,
            Tally::Preview => GREEN,
            Tally::Off => GREY,
        };
        tableau.layers.push(Layer {
            source: tile,
            place,
            crop: Crop::default(),
            fit: Fit::Contain,
            border: Some(Border { width: height * EDGE, colour }),
            opacity: 1.0,
            tags: Vec::new(),
        });
    }
    Shot { mix: Mix::One(tableau), keys: Vec::new(), black: 0.0 }
}

/// So many cells in an area, in rows of one length, as large as they get; the last row may be shorter and is in the middle.
fn cells(area: Rect, count: usize) -> Vec<Rect> {
    let shape = |rows: usize| {
        let columns = count.div_ceil(rows);
        let (across, down) = (area.width / number(columns), area.height / number(rows));
        let width = across.min(down * WIDE);
        (columns, width, width / WIDE)
    };
    let shapes = (1..=MOST_ROWS.min(count.max(1))).map(shape);
    let Some((columns, width, height)) = shapes.max_by(|(_, one, _), (_, other, _)| one.total_cmp(other)) else {
        return Vec::new();
    };
    let columns = columns.max(1);
    let rows = count.div_ceil(columns);
    let top = area.y + (area.height - height * number(rows)) / 2.0;
    let cell = |place: usize| {
        let (row, column) = (place / columns, place % columns);
        let in_row = columns.min(count - row * columns);
        let left = area.x + (area.width - width * number(in_row)) / 2.0;
        Rect { x: left + width * number(column), y: top + height * number(row), width, height }
    };
    (0..count).map(cell).collect()
}

fn shrunk(cell: Rect, by: f64) -> Rect {
    Rect { x: cell.x + by, y: cell.y + by, width: cell.width - 2.0 * by, height: cell.height - 2.0 * by }
}

#[expect(clippy::cast_precision_loss, reason = "there are at most some dozen cells")]
fn number(count: usize) -> f64 {
    count as f64
}

/// The even number of pixels at or below.
fn down(pixels: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "places in a picture")]
    let half = (pixels / 2.0).floor() as i32;
    half * 2
}

fn even(pixels: f64) -> u32 {
    u32::try_from(down(pixels)).unwrap_or(0).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::{Raster, Region};

    const HD: Size = Size { width: 1280, height: 720 };

    fn panels(count: usize) -> Vec<Panel> {
        let tallies = [Tally::Off, Tally::Program, Tally::Preview];
        let panel = |n: usize| Panel {
            city: format!("city-{n}").parse().unwrap(),
            name: format!("City {n}"),
            tally: tallies[n % 3],
        };
        (0..count).map(panel).collect()
    }

    fn plate(size: Size) -> Option<Arc<Still>> {
        let Size { width, height } = size;
        let region = Region { x: 0, y: 0, width, height };
        Some(Arc::new(Still::new(&Raster { region, pixels: vec![255; (width * height * 4) as usize] })))
    }

    fn tableau(canvas: Size, panels: &[Panel]) -> (Tableau<Tile>, Vec<String>) {
        let mut texts = Vec::new();
        let shot = multiview(canvas, panels, |text, size| {
            texts.push(text.to_owned());
            plate(size)
        });
        assert!(shot.keys.is_empty() && shot.black == 0.0);
        let Mix::One(tableau) = shot.mix else { panic!("a multiview is one tableau") };
        (tableau, texts)
    }

    fn meet(one: Rect, other: Rect) -> bool {
        one.x < other.x + other.width
            && other.x < one.x + one.width
            && one.y < other.y + other.height
            && other.y < one.y + one.height
    }

    #[test]
    fn preview_and_program_are_above_and_all_cities_below_in_their_order() {
        let cities = panels(5);
        let (tableau, _) = tableau(HD, &cities);
        let tiles: Vec<_> = tableau.layers.iter().map(|layer| layer.source.clone()).collect();
        let cities: Vec<_> = cities.into_iter().map(|panel| Tile::City(panel.city)).collect();
        assert_eq!(tiles, [vec![Tile::Preview, Tile::Program], cities].concat());
        let [preview, program, rest @ ..] = tableau.layers.as_slice() else { panic!() };
        assert!(preview.place.x < program.place.x);
        assert_eq!((preview.place.width, preview.place.height), (636.0, 356.0));
        assert!(rest.iter().all(|layer| layer.place.y >= 360.0 && layer.place.width < program.place.width));
    }

    #[test]
    fn nothing_lies_over_another_or_outside_however_many_there_are_and_whatever_the_size() {
        for canvas in
            [HD, Size { width: 640, height: 360 }, Size { width: 160, height: 90 }, Size { width: 720, height: 1080 }]
        {
            for count in 0..=16 {
                let (tableau, texts) = tableau(canvas, &panels(count));
                assert_eq!((tableau.layers.len(), texts.len(), tableau.keys.len()), (count + 2, count + 2, count + 2));
                let places: Vec<_> = tableau.layers.iter().map(|layer| layer.place).collect();
                for (n, place) in places.iter().enumerate() {
                    assert!(place.x >= 0.0 && place.x + place.width <= f64::from(canvas.width), "{count}: {place:?}");
                    assert!(place.y >= 0.0 && place.y + place.height <= f64::from(canvas.height), "{count}: {place:?}");
                    assert!(place.width > 8.0 && place.height > 4.0, "{count} on {canvas:?}: {place:?}");
                    assert!(places[n + 1..].iter().all(|other| !meet(*place, *other)), "{count}: {place:?}");
                }
                for (key, place) in tableau.keys.iter().zip(places) {
                    let Region { width, height, .. } = key.still.region();
                    let (x, y) = (f64::from(key.x), f64::from(key.y));
                    assert!(x + 2.0 >= place.x && x + f64::from(width) <= place.x + place.width + 2.0, "{count}");
                    assert!(y + 2.0 >= place.y && y + f64::from(height) <= place.y + place.height + 2.0, "{count}");
                }
            }
        }
    }

    #[test]
    fn cities_are_as_large_as_they_get() {
        let rows = |count: usize| {
            let (tableau, _) = tableau(HD, &panels(count));
            let mut rows: Vec<usize> = Vec::new();
            let mut last = -1.0;
            for layer in &tableau.layers[2..] {
                if layer.place.y > last {
                    rows.push(0);
                }
                last = layer.place.y;
                *rows.last_mut().unwrap() += 1;
            }
            rows
        };
        for (count, expected) in [
            (0, vec![]),
            (1, vec![1]),
            (3, vec![3]),
            (5, vec![3, 2]),
            (8, vec![4, 4]),
            (9, vec![5, 4]),
            (12, vec![6, 6]),
            (16, vec![6, 6, 4]),
        ] {
            assert_eq!(rows(count), expected, "{count}");
        }
    }

    #[test]
    fn tally_is_a_border_and_a_word() {
        let (tableau, texts) = tableau(HD, &panels(3));
        assert_eq!(texts, ["Preview", "Program", "City 0", "City 1 · PGM", "City 2 · PVW"]);
        let borders: Vec<_> = tableau.layers.iter().map(|layer| layer.border.unwrap().colour).collect();
        assert_eq!(borders, [GREEN, RED, GREY, RED, GREEN]);
        assert!(tableau.layers.iter().all(|layer| layer.border.unwrap().width == 4.0));
    }

    #[test]
    fn without_letters_there_are_pictures_all_the_same() {
        let shot = multiview(HD, &panels(4), |_, _| None);
        let Mix::One(tableau) = shot.mix else { panic!() };
        assert_eq!((tableau.layers.len(), tableau.keys.len()), (6, 0));
    }
}
