//! Boxes in thousandths as layers in pixels.

use super::passage::Since;
use super::{Look, Scene, View, graphic};
use crate::show::{self, PictureBox, Source};
use crate::video::{Border, Colour, Crop, Fit, Key, Layer, Rect, Size, Tableau};

/// All of a picture, as it is when nothing happens.
pub(super) fn tableau<G: PartialEq>(
    scene: &Scene<G>,
    view: &View<'_, impl Look<G>>,
    since: &Since<'_, G>,
) -> Tableau<Source> {
    let layers = scene.picture.boxes.iter().map(|each| layer(each, scene.picture.bugs, view)).collect();
    Tableau { ground: Colour::BLACK, layers, keys: keys(scene, view, since) }
}

/// The graphics of a picture.
pub(super) fn keys<G: PartialEq>(scene: &Scene<G>, view: &View<'_, impl Look<G>>, since: &Since<'_, G>) -> Vec<Key> {
    let drawn = scene.graphics.iter().filter_map(|graphic| Some((graphic, view.look.drawn(graphic)?)));
    drawn
        .flat_map(|(graphic, drawn)| graphic::keys(&drawn, 1.0, (0, 0), view.at.saturating_sub(since.of(graphic))))
        .collect()
}

/// A box where it stands.
pub(super) fn layer<G>(each: &PictureBox, bugs: bool, view: &View<'_, impl Look<G>>) -> Layer<Source> {
    let bug = match &each.source {
        Source::City(city) if bugs => view.look.bug(city),
        _ => None,
    };
    Layer {
        source: each.source.clone(),
        place: place(each.place, view.canvas),
        crop: crop(each.crop),
        fit: match each.fit {
            show::Fit::Contain => Fit::Contain,
            show::Fit::Cover => Fit::Cover,
        },
        border: each.border.and_then(|line| border(line, view.canvas)),
        opacity: 1.0,
        tags: bug.map(graphic::whole).into_iter().collect(),
    }
}

/// The pixels of a place: even, since chroma has half the resolution. All of the picture is all of the canvas.
fn place(place: show::Rect, canvas: Size) -> Rect {
    if place == show::Rect::FULL {
        return Rect { x: 0.0, y: 0.0, width: f64::from(canvas.width), height: f64::from(canvas.height) };
    }
    let edge = |thousandths: u32, pixels: u32| {
        let half = (u64::from(thousandths.min(1000)) * u64::from(pixels) + 1000) / 2000;
        f64::from(u32::try_from(half).unwrap_or(u32::MAX)) * 2.0
    };
    let (left, top) = (u32::from(place.x), u32::from(place.y));
    let (x, y) = (edge(left, canvas.width), edge(top, canvas.height));
    let right = edge(left + u32::from(place.width), canvas.width);
    let bottom = edge(top + u32::from(place.height), canvas.height);
    Rect { x, y, width: (right - x).max(2.0), height: (bottom - y).max(2.0) }
}

fn crop(crop: show::Crop) -> Crop {
    let part = |thousandths: u16| f64::from(thousandths.min(show::Crop::MOST)) / 1000.0;
    Crop { left: part(crop.left), top: part(crop.top), right: part(crop.right), bottom: part(crop.bottom) }
}

/// A line in pixels. However thin, it is there.
fn border(border: show::Border, canvas: Size) -> Option<Border> {
    let width = f64::from(border.width) * f64::from(canvas.height) / 1000.0;
    let width = ((width / 2.0).round() * 2.0).max(2.0);
    (border.width > 0).then(|| Border { width, colour: colour(border.colour) })
}

pub(super) fn colour(colour: show::Colour) -> Colour {
    let show::Colour { red, green, blue } = colour;
    Colour { red, green, blue }
}
