//! The transition in which boxes move: what is in both pictures flies from place to place, everything else fades where it is.
//!
//! Each of the two tableaus has the flying boxes where they are now, so a dissolve between them leaves those whole and fades
//! only the rest: exactly, and never through the black behind them.

use super::passage::{Between, Since};
use super::place::{keys, layer};
use super::ramp::eased;
use super::{Look, Scene, View};
use crate::show::{PictureBox, Source};
use crate::video::{Border, Colour, Crop, Layer, Mix, Rect, Tableau};

/// A layer of one of the pictures.
struct Piece {
    /// How it is now.
    now: Layer<Source>,
    /// Where it stands in its picture.
    stands: Rect,
    /// Whether it is in the other picture too.
    flies: bool,
}

/// What it looks like on the way.
pub(super) fn mix<G: Clone + PartialEq>(
    between: &Between<'_, G>,
    view: &View<'_, impl Look<G>>,
    since: &Since<'_, G>,
) -> Mix<Source> {
    let Between { from, to, .. } = *between;
    let progress = eased(between.progress);
    let under = stacked(pieces(from, to, view, |own, other| flown(own, other, progress)));
    let over = stacked(pieces(to, from, view, |own, other| flown(other, own, progress)));
    let flying = |pieces: &[Piece]| pieces.iter().filter(|each| each.flies).map(|each| each.now.clone()).collect();
    let fades = |pieces: &[Piece]| pieces.iter().any(|each| !each.flies);
    let (under_flying, over_flying): (Vec<_>, Vec<_>) = (flying(&under), flying(&over));
    let is_alike = from.graphics == to.graphics && under_flying == over_flying;
    let tableau = |pieces: Vec<Piece>, scene, opacity| Tableau {
        ground: Colour::BLACK,
        layers: pieces.into_iter().map(|each| each.at(opacity)).collect(),
        keys: keys(scene, view, since),
    };
    // Where only one of them has anything to fade, one tableau is enough, and half the work.
    match (is_alike, fades(&under), fades(&over)) {
        (true, false, _) => Mix::One(tableau(over, to, progress)),
        (true, true, false) => Mix::One(tableau(under, from, 1.0 - progress)),
        _ => Mix::Dissolve { under: tableau(under, from, 1.0), over: tableau(over, to, 1.0), weight: progress },
    }
}

/// The boxes of a picture. `way` says where one is that is in the other picture too.
fn pieces<G>(
    own: &Scene<G>,
    other: &Scene<G>,
    view: &View<'_, impl Look<G>>,
    way: impl Fn(&Layer<Source>, &Layer<Source>) -> (Rect, Crop, Option<Border>),
) -> Vec<Piece> {
    let piece = |each: &PictureBox| {
        let own = layer(each, own.picture.bugs, view);
        let stands = own.place;
        match other.picture.boxes.iter().find(|other| other.source == each.source) {
            None => Piece { now: own, stands, flies: false },
            Some(other) => {
                let (place, crop, border) = way(&own, &layer(other, false, view));
                Piece { now: Layer { place, crop, border, ..own }, stands, flies: true }
            }
        }
    };
    own.picture.boxes.iter().map(piece).collect()
}

/// From the back to the front: what flies is above what fades, unless it stands under it in its own picture.
fn stacked(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let mut stack = Vec::with_capacity(pieces.len());
    while !pieces.is_empty() {
        let is_free = |at: usize| pieces[..at].iter().all(|under| !overlap(under.stands, pieces[at].stands));
        let free = |flies| (0..pieces.len()).find(|at| pieces[*at].flies == flies && is_free(*at));
        let next = free(false).or_else(|| free(true)).unwrap_or_default();
        stack.push(pieces.remove(next));
    }
    stack
}

impl Piece {
    fn at(self, opacity: f64) -> Layer<Source> {
        Layer { opacity: if self.flies { 1.0 } else { opacity }, ..self.now }
    }
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/// Where a layer is on its way. How it fills its place is never half-way: it dissolves from one to the other.
fn flown(from: &Layer<Source>, to: &Layer<Source>, progress: f64) -> (Rect, Crop, Option<Border>) {
    let part = |from: f64, to: f64| from * (1.0 - progress) + to * progress;
    let (a, b) = (from.place, to.place);
    let place =
        Rect { x: part(a.x, b.x), y: part(a.y, b.y), width: part(a.width, b.width), height: part(a.height, b.height) };
    let (a, b) = (from.crop, to.crop);
    let crop = Crop {
        left: part(a.left, b.left),
        top: part(a.top, b.top),
        right: part(a.right, b.right),
        bottom: part(a.bottom, b.bottom),
    };
    (place, crop, line(from.border, to.border, part))
}

/// A line that becomes another one, or grows from nothing.
fn line(from: Option<Border>, to: Option<Border>, part: impl Fn(f64, f64) -> f64) -> Option<Border> {
    let none = |like: Border| Border { width: 0.0, ..like };
    let (from, to) = (from.or(to.map(none))?, to.or(from.map(none))?);
    let byte = |from: u8, to: u8| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
        let byte = part(from.into(), to.into()).round() as u8;
        byte
    };
    let colour = Colour {
        red: byte(from.colour.red, to.colour.red),
        green: byte(from.colour.green, to.colour.green),
        blue: byte(from.colour.blue, to.colour.blue),
    };
    // A thinner one is rounded to none.
    Some(Border { width: part(from.width, to.width), colour }).filter(|border| border.width >= 1.0)
}
