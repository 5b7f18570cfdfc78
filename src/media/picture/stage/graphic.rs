//! Drawn graphics as keys: where they slide, and what runs through them.

use std::sync::Arc;
use std::time::Duration;

use super::{Animation, Drawn, Ticker};
use crate::video::{Key, Region, Size, Still};

/// Strips of a ticker that are seen at once. Shorter texts leave the rest of their window empty.
const MOST_STRIPS: u16 = 32;

/// All of a still, where it belongs.
pub(super) fn whole(still: Arc<Still>) -> Key {
    Key { still, weight: 1.0, x: 0, y: 0, window: None }
}

/// A graphic that has been on for some time, so many pixels to the right and below where it belongs.
pub(super) fn keys(drawn: &Drawn, weight: f64, by: (i32, i32), on_for: Duration) -> Vec<Key> {
    let (x, y) = by;
    let stands = Key { weight, x, y, ..whole(Arc::clone(&drawn.still)) };
    std::iter::once(stands).chain(running(drawn, weight, by, on_for)).collect()
}

/// What runs over a graphic.
pub(super) fn running(drawn: &Drawn, weight: f64, (x, y): (i32, i32), on_for: Duration) -> Vec<Key> {
    let ticker = drawn.ticker.as_ref().and_then(|ticker| Some((ticker, moved(ticker.window, (x, y))?)));
    let key = |(ticker, window): (&Ticker, Region)| {
        let strip = Key { weight, x, y, window: Some(window), ..whole(Arc::clone(&ticker.strip)) };
        ticker.offsets(on_for).map(move |offset| Key { x: x.saturating_add(offset) & !1, ..strip.clone() })
    };
    ticker.into_iter().flat_map(key).collect()
}

impl Ticker {
    /// How far to the right of the window's left edge those strips begin of which something is seen.
    fn offsets(&self, on_for: Duration) -> impl Iterator<Item = i32> + use<> {
        let (width, window) = (f64::from(self.width.max(2)), f64::from(self.window.width));
        let run = window - self.px_per_s * on_for.as_secs_f64();
        // What has run out at the left comes again behind the last one.
        let first = if run < 0.0 { run % width } else { run };
        let copies = (0..MOST_STRIPS).map(move |copy| first + width * f64::from(copy));
        copies.take_while(move |offset| *offset < window).map(even)
    }
}

impl Animation {
    /// How far from its place a graphic is as it comes, if that much of the way is still to go.
    pub(super) fn before(self, bounds: Region, canvas: Size, away: f64) -> (i32, i32) {
        let (left, right, up, down) = outside(bounds, canvas);
        self.shift([right, left, down, up], away)
    }

    /// How far from its place a graphic is as it goes, if that much of the way is done.
    pub(super) fn behind(self, bounds: Region, canvas: Size, away: f64) -> (i32, i32) {
        let (left, right, up, down) = outside(bounds, canvas);
        self.shift([left, right, up, down], away)
    }

    fn shift(self, [left, right, up, down]: [f64; 4], away: f64) -> (i32, i32) {
        match self {
            Self::Cut | Self::Fade => (0, 0),
            Self::SlideLeft => (even(left * away), 0),
            Self::SlideRight => (even(right * away), 0),
            Self::SlideUp => (0, even(up * away)),
            Self::SlideDown => (0, even(down * away)),
        }
    }
}

/// Whether two regions have anything in common.
pub(super) fn overlap(a: Region, b: Region) -> bool {
    let along = |a: u32, length: u32, b: u32, other: u32| {
        u64::from(a) < u64::from(b) + u64::from(other) && u64::from(b) < u64::from(a) + u64::from(length)
    };
    along(a.x, a.width, b.x, b.width) && along(a.y, a.height, b.y, b.height)
}

/// By how much a region must move to be just outside: to the left, to the right, up, down.
fn outside(bounds: Region, canvas: Size) -> (f64, f64, f64, f64) {
    let Region { x, y, width, height } = bounds;
    let [x, y, width, height] = [x, y, width, height].map(f64::from);
    let beyond = |end: u32, start: f64| (f64::from(end) - start).max(0.0);
    (-(x + width), beyond(canvas.width, x), -(y + height), beyond(canvas.height, y))
}

/// A region after a movement, without what has left the canvas at the top or the left.
fn moved(region: Region, (x, y): (i32, i32)) -> Option<Region> {
    let along = |start: u32, length: u32, by: i32| {
        let start = i64::from(start) + i64::from(by);
        let (seen, end) = (start.max(0), start + i64::from(length));
        Some((u32::try_from(seen).ok()?, u32::try_from(end - seen).ok().filter(|length| *length > 0)?))
    };
    let ((x, width), (y, height)) = (along(region.x, region.width, x)?, along(region.y, region.height, y)?);
    Some(Region { x, y, width, height })
}

/// The nearest even number of pixels; from the middle between two the greater one, so that what follows each other keeps its
/// distance on both sides of 0.
fn even(pixels: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "the cast clamps, as it should")]
    let half = (pixels / 2.0 + 0.5).floor() as i32;
    half.clamp(i32::MIN / 2, i32::MAX / 2) * 2
}
