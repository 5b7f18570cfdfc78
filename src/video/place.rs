//! Where a layer really is: even pixels on the canvas, and the part of its source that is shown there. Knows no pixel.

use super::{Aspect, Crop, Fit, Layer, Rect, Region, Size};

/// Farther from the canvas than this nothing is told apart.
const FARTHEST: f64 = 134_217_728.0;

/// Less than this part of a sample cannot be seen: sizes that are so close to whole ones are meant to be whole.
const NOTHING: f64 = 1e-3;

/// What numbers that should be the same may differ by, since they were added in another order.
const INEXACT: f64 = 1e-6;

/// The nearest even pixel; from the middle between two the one to the right, or below, on both sides of 0: what touches does
/// so wherever it is moved to.
pub(super) fn even(pixels: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped; what is no number becomes 0")]
    let half = (pixels / 2.0 + 0.5 + INEXACT).floor().clamp(-FARTHEST, FARTHEST) as i64;
    half * 2
}

/// A place on the canvas or beside it, with even edges. Empty if an edge has passed the opposite one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: i64,
    pub(super) top: i64,
    pub(super) right: i64,
    pub(super) bottom: i64,
}

/// An area in the samples of one plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Area {
    /// All of a canvas.
    pub(super) fn of(size: Size) -> Self {
        Self { left: 0, top: 0, right: i64::from(size.width) & !1, bottom: i64::from(size.height) & !1 }
    }

    fn of_rect(Rect { x, y, width, height }: Rect) -> Option<Self> {
        let edges = [x, y, x + width, y + height];
        let known = edges.iter().all(|edge| edge.is_finite()) && width > 0.0 && height > 0.0;
        let [left, top, right, bottom] = edges.map(even);
        known.then_some(Self { left, top, right, bottom }).filter(|area| !area.is_empty())
    }

    /// A place that may be anything. Empty if it is nowhere.
    pub(super) fn around(place: Rect) -> Self {
        Self::of_rect(place).unwrap_or(Self { left: 0, top: 0, right: 0, bottom: 0 })
    }

    pub(super) fn of_region(Region { x, y, width, height }: Region) -> Self {
        let [x, y, width, height] = [x, y, width, height].map(i64::from);
        Self { left: x & !1, top: y & !1, right: (x + width) & !1, bottom: (y + height) & !1 }
    }

    pub(super) fn is_empty(self) -> bool {
        self.right <= self.left || self.bottom <= self.top
    }

    pub(super) fn width(self) -> i64 {
        self.right - self.left
    }

    pub(super) fn height(self) -> i64 {
        self.bottom - self.top
    }

    pub(super) fn moved(self, (right, down): (i64, i64)) -> Self {
        Self { left: self.left + right, top: self.top + down, right: self.right + right, bottom: self.bottom + down }
    }

    /// What both have.
    pub(super) fn meet(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// Whether nothing of the other one is outside.
    pub(super) fn holds(self, other: Self) -> bool {
        other.is_empty() || self.meet(other) == other
    }

    /// The frame of this width inside: above, below, left, right. Wide enough, and it is all there is.
    pub(super) fn frame(self, width: i64) -> [Self; 4] {
        let Self { left, top, right, bottom } = self;
        let (across, down) = (width.min(self.width()), width.min(self.height()));
        [
            Self { bottom: top + down, ..self },
            Self { top: bottom - down, ..self },
            Self { right: left + across, ..self },
            Self { left: right - across, ..self },
        ]
    }

    /// In the samples of plane 0, 1 or 2. Only what lies on the canvas has samples.
    pub(super) fn on(self, plane: usize) -> Patch {
        let half = if plane == 0 { 1 } else { 2 };
        let samples = |pixels: i64| usize::try_from(pixels / half).unwrap_or_default();
        Patch {
            x: samples(self.left),
            y: samples(self.top),
            width: samples(self.width()),
            height: samples(self.height()),
        }
    }
}

/// Part of a plane, in its samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Part {
    /// Whether nothing of a picture is cut off.
    pub(super) fn is_all_of(self, size: Size) -> bool {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        self == Self { left: 0.0, top: 0.0, width, height }
    }

    /// The same part of plane 0, 1 or 2.
    pub(super) fn on(self, plane: usize) -> Self {
        let half = if plane == 0 { 1.0 } else { 0.5 };
        let Self { left, top, width, height } = self;
        Self { left: left * half, top: top * half, width: width * half, height: height * half }
    }
}

/// A layer on the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placement {
    /// What it fills.
    pub(super) area: Area,
    /// What of its source fills it.
    pub(super) part: Part,
}

impl Placement {
    /// Where a layer is if its source has this size and aspect. `None` if it is nowhere.
    pub(super) fn of<S>(layer: &Layer<S>, size: Size, Aspect(aspect): Aspect) -> Option<Self> {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let Crop { left, top, right, bottom } = layer.crop;
        let [left, top, right, bottom] =
            [left, top, right, bottom].map(|part| if part > 0.0 { part.min(1.0) } else { 0.0 });
        let (mut across, mut down) = (1.0 - left - right, 1.0 - top - bottom);
        if !(across * width >= NOTHING && down * height >= NOTHING) {
            return None;
        }
        let aspect = if aspect.is_finite() && aspect > 0.0 { aspect } else { width / height };
        let shown = aspect * across / down;
        let place = match layer.fit {
            Fit::Contain => contained(layer.place, shown),
            Fit::Cover => layer.place,
        };
        let area = Area::of_rect(place)?;
        let (mut left, mut top) = (left, top);
        if layer.fit == Fit::Cover {
            // Of the place in even pixels, so that nothing is distorted by the rounding either.
            let (pixels, rows) = (pixels(area.width()), pixels(area.height()));
            let filled = pixels / rows;
            let (narrower, lower) = ((filled / shown).min(1.0), (shown / filled).min(1.0));
            if (1.0 - narrower) * pixels >= 1.0 {
                left += across * (1.0 - narrower) / 2.0;
                across *= narrower;
            } else if (1.0 - lower) * rows >= 1.0 {
                top += down * (1.0 - lower) / 2.0;
                down *= lower;
            }
        }
        let [left, top] = [left * width, top * height].map(whole_if_nearly);
        let [width, height] = [across * width, down * height].map(whole_if_nearly);
        Some(Self { area, part: Part { left, top, width, height } })
    }

    /// What of the source is in a part of the area.
    pub(super) fn part_in(&self, seen: Area) -> Part {
        let Part { left, top, width, height } = self.part;
        let (across, down) = (width / pixels(self.area.width()), height / pixels(self.area.height()));
        Part {
            left: left + pixels(seen.left - self.area.left) * across,
            top: top + pixels(seen.top - self.area.top) * down,
            width: pixels(seen.width()) * across,
            height: pixels(seen.height()) * down,
        }
    }
}

/// The largest place of an aspect in the middle of another place. What would be less than a pixel beside it is filled too.
fn contained(place: Rect, aspect: f64) -> Rect {
    let Rect { x, y, width, height } = place;
    let (narrower, lower) = (height * aspect, width / aspect);
    if width - narrower >= 1.0 {
        Rect { x: x + (width - narrower) / 2.0, width: narrower, ..place }
    } else if height - lower >= 1.0 {
        Rect { y: y + (height - lower) / 2.0, height: lower, ..place }
    } else {
        place
    }
}

fn whole_if_nearly(samples: f64) -> f64 {
    let whole = samples.round();
    if whole > 0.0 && (samples - whole).abs() < NOTHING { whole } else { samples }
}

#[expect(clippy::cast_precision_loss, reason = "areas are smaller than 2^30")]
fn pixels(pixels: i64) -> f64 {
    pixels as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const HD: Size = Size { width: 1280, height: 720 };
    const WIDE: Aspect = Aspect(16.0 / 9.0);

    fn layer(place: [f64; 4], fit: Fit) -> Layer<()> {
        let [x, y, width, height] = place;
        Layer {
            source: (),
            place: Rect { x, y, width, height },
            crop: Crop::default(),
            fit,
            border: None,
            opacity: 1.0,
            tags: Vec::new(),
        }
    }

    fn area(left: i64, top: i64, right: i64, bottom: i64) -> Area {
        Area { left, top, right, bottom }
    }

    fn part(left: f64, top: f64, width: f64, height: f64) -> Part {
        Part { left, top, width, height }
    }

    #[test]
    fn a_source_of_the_place_s_aspect_fills_it() {
        for fit in [Fit::Contain, Fit::Cover] {
            let placed = Placement::of(&layer([640.0, 360.0, 640.0, 360.0], fit), HD, WIDE).unwrap();
            assert_eq!(placed, Placement { area: area(640, 360, 1280, 720), part: part(0.0, 0.0, 1280.0, 720.0) });
            // Thirds are no whole pixels: what the rounding takes is not shown beside it.
            let third = layer([1280.0 / 3.0, 240.0, 1280.0 / 3.0, 240.0], fit);
            assert_eq!(Placement::of(&third, HD, WIDE).unwrap().area, area(426, 240, 854, 480));
        }
    }

    #[test]
    fn what_touches_does_so_wherever_it_is_moved_to() {
        for length in [36, 180, 240, 360, 720, 1080, 1280, 1920] {
            for (part, all) in [32, 25, 30, 60, 1000].into_iter().flat_map(|all| (0..=all).map(move |part| (part, all)))
            {
                let (length, part) = (f64::from(length), f64::from(part) / f64::from(all));
                let (behind, ahead) = (even((part - 1.0) * length), even(part * length));
                assert_eq!(ahead - behind, even(length), "{part} of {length}");
            }
        }
    }

    #[test]
    fn contained_it_is_whole_and_in_the_middle() {
        let high = Placement::of(&layer([0.0, 0.0, 640.0, 720.0], Fit::Contain), HD, WIDE).unwrap();
        assert_eq!(high, Placement { area: area(0, 180, 640, 540), part: part(0.0, 0.0, 1280.0, 720.0) });
        let phone = Placement::of(&layer([0.0, 0.0, 1280.0, 720.0], Fit::Contain), HD, Aspect(9.0 / 16.0)).unwrap();
        assert_eq!(phone.area, area(438, 0, 842, 720));
    }

    #[test]
    fn covering_it_loses_what_is_too_much_alike_at_both_sides() {
        let half = Placement::of(&layer([0.0, 0.0, 640.0, 720.0], Fit::Cover), HD, WIDE).unwrap();
        assert_eq!(half, Placement { area: area(0, 0, 640, 720), part: part(320.0, 0.0, 640.0, 720.0) });
        let flat = Placement::of(&layer([0.0, 0.0, 1280.0, 360.0], Fit::Cover), HD, WIDE).unwrap();
        assert_eq!(flat.part, part(0.0, 180.0, 1280.0, 360.0));
    }

    #[test]
    fn what_is_cut_off_counts_before_the_aspect_does() {
        let mut cropped = layer([0.0, 0.0, 640.0, 720.0], Fit::Contain);
        cropped.crop = Crop { left: 0.25, right: 0.25, ..Crop::default() };
        let placed = Placement::of(&cropped, HD, WIDE).unwrap();
        assert_eq!(placed, Placement { area: area(0, 0, 640, 720), part: part(320.0, 0.0, 640.0, 720.0) });
        cropped.crop = Crop { left: 0.5, right: 0.5, ..Crop::default() };
        assert_eq!(Placement::of(&cropped, HD, WIDE), None);
    }

    #[test]
    fn the_part_that_is_seen_does_not_depend_on_where_the_canvas_ends() {
        let placed = Placement::of(&layer([-320.0, -180.0, 640.0, 360.0], Fit::Contain), HD, WIDE).unwrap();
        let seen = placed.area.meet(Area::of(HD));
        assert_eq!((seen, placed.part_in(seen)), (area(0, 0, 320, 180), part(640.0, 360.0, 640.0, 360.0)));
    }

    #[test]
    fn what_is_nowhere_has_no_place() {
        let nowhere = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for bad in nowhere {
            for at in 0..4 {
                let mut place = [0.0, 0.0, 640.0, 360.0];
                place[at] = bad;
                assert_eq!(Placement::of(&layer(place, Fit::Contain), HD, WIDE), None, "{place:?}");
            }
            assert!(Placement::of(&layer([0.0, 0.0, 640.0, 360.0], Fit::Cover), HD, Aspect(bad)).is_some());
        }
        for place in [[0.0, 0.0, 0.0, 360.0], [0.0, 0.0, -640.0, 360.0], [0.2, 0.2, 0.5, 0.5]] {
            assert_eq!(Placement::of(&layer(place, Fit::Cover), HD, WIDE), None, "{place:?}");
        }
    }
}
