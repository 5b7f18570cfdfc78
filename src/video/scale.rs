//! Scales part of a plane into a patch of another one.
//!
//! Whatever is half as large or less is halved first: means of neighbours cost a tenth of what a general kernel costs. The rest is a
//! triangle over the samples that a new one stands for, as wide as the scale asks for.

use super::PlaneMut;
use super::place::{Part, Patch};
use super::resample::Resampler;

/// Samples beside what is seen that a kernel may ask for, and some more.
const MARGIN: usize = 8;

/// Where a halving may begin: always at the same samples, so that a box that leaves the canvas does not shimmer.
const GRID: usize = 64;

/// Samples to scale from. Nothing outside them has any influence.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    /// Whole rows, the first one first.
    data: &'a [u8],
    stride: usize,
    /// Where they begin in a row.
    x: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl<'a> Samples<'a> {
    /// Those that a part of a plane touches, and where in it they begin. `width` and `height` are the plane's.
    pub(super) fn of(data: &'a [u8], stride: usize, (width, height): (usize, usize), part: Part) -> (Self, (f64, f64)) {
        let all = Self { data, stride, x: 0, width, height };
        let (x, across) = touched(part.left, part.width, width);
        let (y, down) = touched(part.top, part.height, height);
        (all.cut(Patch { x, y, width: across, height: down }), (count(x), count(y)))
    }

    fn cut(self, Patch { x, y, width, height }: Patch) -> Self {
        let Self { data, stride, .. } = self;
        Self { data: data.get(y * stride..).unwrap_or_default(), stride, x: self.x + x, width, height }
    }

    /// One of the rows. Beyond the last one it is that again.
    pub(super) fn row(&self, y: usize) -> &'a [u8] {
        let start = y.min(self.height.saturating_sub(1)) * self.stride + self.x;
        self.data.get(start..start + self.width).unwrap_or_default()
    }
}

/// Scales. Keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct Scaler {
    resampler: Resampler,
    /// What is left of a plane after one halving, after two …
    halves: Vec<Vec<u8>>,
}

impl Scaler {
    /// Fills a patch with a part of the samples, which is measured from their top left.
    pub(super) fn scale(&mut self, from: Samples<'_>, part: Part, out: &mut PlaneMut<'_>, patch: Patch) {
        if patch.width > 0 && patch.height > 0 {
            self.step(from, part, out, patch, 0);
        }
    }

    fn step(&mut self, from: Samples<'_>, part: Part, out: &mut PlaneMut<'_>, patch: Patch, halvings: usize) {
        let part = within(part, from);
        let (across, down) = (part.width / count(patch.width), part.height / count(patch.height));
        let exactly = |times: f64| across == times && down == times;
        let is_whole = part.left.fract() == 0.0 && part.top.fract() == 0.0;
        let times =
            |n| Patch { x: floor(part.left), y: floor(part.top), width: n * patch.width, height: n * patch.height };
        if is_whole && exactly(1.0) {
            let from = from.cut(times(1));
            for (y, row) in out.rows(patch).enumerate() {
                row.copy_from_slice(from.row(y));
            }
        } else if is_whole && exactly(2.0) {
            let from = from.cut(times(2));
            for (y, row) in out.rows(patch).enumerate() {
                quarter(from.row(2 * y), from.row(2 * y + 1), row);
            }
        } else if across >= 2.0 || down >= 2.0 {
            self.halve(from, part, (across >= 2.0, down >= 2.0), halvings, |scaler, half, part| {
                scaler.step(half, part, out, patch, halvings + 1);
            });
        } else {
            self.resampler.resample(from, part, out, patch);
        }
    }

    /// What is around the part, half as wide or half as high or both.
    fn halve(
        &mut self,
        from: Samples<'_>,
        part: Part,
        (across, down): (bool, bool),
        halvings: usize,
        then: impl FnOnce(&mut Self, Samples<'_>, Part),
    ) {
        let (x, width) = around(part.left, part.width, from.width);
        let (y, height) = around(part.top, part.height, from.height);
        let near = from.cut(Patch { x, y, width, height });
        let half_width = if across { width.div_ceil(2) } else { width };
        let half_height = if down { height.div_ceil(2) } else { height };
        if self.halves.len() <= halvings {
            self.halves.resize_with(halvings + 1, Vec::new);
        }
        let mut half = std::mem::take(&mut self.halves[halvings]);
        half.resize(half_width * half_height, 0);
        for (y, row) in half.chunks_mut(half_width.max(1)).enumerate() {
            match (across, down) {
                (true, true) => quarter(near.row(2 * y), near.row(2 * y + 1), row),
                (true, false) => quarter(near.row(y), near.row(y), row),
                (false, _) => mean(near.row(2 * y), near.row(2 * y + 1), row),
            }
        }
        let (by_x, by_y) = (if across { 0.5 } else { 1.0 }, if down { 0.5 } else { 1.0 });
        let part = Part {
            left: (part.left - count(x)) * by_x,
            top: (part.top - count(y)) * by_y,
            width: part.width * by_x,
            height: part.height * by_y,
        };
        let samples = Samples { data: &half, stride: half_width, x: 0, width: half_width, height: half_height };
        then(self, samples, part);
        self.halves[halvings] = half;
    }
}

/// Two rows become one of half the width, each sample the mean of four. In pairs as numbers of 16 bits, so that it is
/// compiled to vector instructions.
fn quarter(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    let ((upper, upper_rest), (lower, lower_rest)) = (upper.as_chunks::<2>(), lower.as_chunks::<2>());
    for ((above, below), out) in upper.iter().zip(lower).zip(out.iter_mut()) {
        let (above, below) = (u16::from_le_bytes(*above), u16::from_le_bytes(*below));
        *out = byte(((above & 0xff) + (above >> 8) + (below & 0xff) + (below >> 8) + 2) >> 2);
    }
    // An odd one out at the end.
    if let Some(out) = out.get_mut(upper.len()) {
        mean(upper_rest, lower_rest, std::slice::from_mut(out));
    }
}

fn mean(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    for ((above, below), out) in upper.iter().zip(lower).zip(out) {
        *out = byte((u16::from(*above) + u16::from(*below) + 1) >> 1);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is one")]
fn byte(mean: u16) -> u8 {
    mean as u8
}

/// The part moved into the samples, should it be beside them by a rounding. There is always something of it: a place that is
/// to be filled must be.
fn within(part: Part, from: Samples<'_>) -> Part {
    let inside = |start: f64, length: f64, all: usize| {
        let all = count(all);
        let start = start.max(0.0);
        let length = length.min(all - start);
        if length > 0.0 { (start, length) } else { ((all - 1.0).max(0.0), 1.0) }
    };
    let (left, width) = inside(part.left, part.width, from.width);
    let (top, height) = inside(part.top, part.height, from.height);
    Part { left, top, width, height }
}

/// The samples that a part touches, at least one: the first one and how many.
fn touched(start: f64, length: f64, all: usize) -> (usize, usize) {
    let first = floor(start).min(all.saturating_sub(1));
    let end = floor((start + length).ceil()).min(all);
    (first, end.saturating_sub(first).max(1))
}

/// Those that kernels for a part may ask for, from a point of the grid on.
fn around(start: f64, length: f64, all: usize) -> (usize, usize) {
    let first = floor(start).saturating_sub(MARGIN) / GRID * GRID;
    let end = floor((start + length).ceil()).saturating_add(MARGIN).min(all);
    (first, end.saturating_sub(first))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by the cast, as it should be")]
pub(super) fn floor(position: f64) -> usize {
    position as usize
}

#[expect(clippy::cast_precision_loss, reason = "no plane has 2^52 samples in a row")]
pub(super) fn count(samples: usize) -> f64 {
    samples as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane whose samples follow from where they are, with bytes of 255 between its rows; scaled into a patch.
    fn scaled(
        (width, height): (usize, usize),
        part: [f64; 4],
        (across, down): (usize, usize),
        value: impl Fn(usize, usize) -> u8,
    ) -> Vec<u8> {
        let stride = width + 5;
        let sample = |x, y| if x < width { value(x, y) } else { 255 };
        let data: Vec<u8> =
            (0..height).flat_map(|y| (0..stride).map(move |x| (x, y))).map(|(x, y)| sample(x, y)).collect();
        let [left, top, width_of, height_of] = part;
        let part = Part { left, top, width: width_of, height: height_of };
        let (samples, origin) = Samples::of(&data, stride, (width, height), part);
        let mut out = vec![1; (across + 3) * (down + 2)];
        let mut plane = PlaneMut { data: &mut out, stride: across + 3 };
        let part = Part { left: left - origin.0, top: top - origin.1, ..part };
        let patch = Patch { x: 2, y: 1, width: across, height: down };
        Scaler::default().scale(samples, part, &mut plane, patch);
        let rows = plane.rows(patch).flat_map(|row| row.to_vec()).collect();
        let inside = out.iter().filter(|sample| **sample != 1).count();
        assert!(inside <= across * down, "{inside}");
        rows
    }

    #[test]
    fn a_ramp_stays_a_ramp_at_every_scale_and_does_not_move() {
        let larger = [(400, 200), (201, 101), (200, 100)];
        let smaller = [(199, 99), (150, 75), (134, 67), (101, 51), (100, 50), (99, 49), (67, 33), (50, 25), (40, 20)];
        // Steep enough to be seen where it is moved, and on no common grid with the samples' values.
        let ramp = |x: f64, y: f64| 5.3 + 0.93 * x + 0.47 * y;
        let parts = [[0.0, 0.0, 200.0, 100.0], [20.0, 10.0, 160.0, 80.0], [33.3, 7.7, 121.4, 64.2]];
        for patch in larger.into_iter().chain(smaller).chain([(26, 13), (200, 13), (13, 100)]) {
            for part in parts {
                let plane = scaled((200, 100), part, patch, |x, y| ramp(count(x), count(y)).round() as u8);
                let [left, top, width, height] = part;
                let (step_x, step_y) = (width / count(patch.0), height / count(patch.1));
                let mut errors = Vec::new();
                for (at, sample) in plane.iter().enumerate() {
                    let (x, y) = ((count(at % patch.0) + 0.5) * step_x, (count(at / patch.0) + 0.5) * step_y);
                    // Near the edges a kernel has neighbours on one side only.
                    let inner =
                        |at: f64, length: f64, step: f64| (2.0 * step + 1.0..length - 2.0 * step - 1.0).contains(&at);
                    if inner(x, width, step_x) && inner(y, height, step_y) {
                        errors.push(f64::from(*sample) - ramp(left + x - 0.5, top + y - 0.5));
                    }
                }
                let worst = errors.iter().fold(0.0f64, |worst, error| worst.max(error.abs()));
                let moved = errors.iter().sum::<f64>() / count(errors.len());
                // Roundings go up by a little, and there are more of them the smaller it becomes; half a new sample is much more.
                let most = 0.3 + 0.1 * step_x.max(step_y);
                assert!(worst <= 2.5 && moved.abs() < most, "{part:?} to {patch:?}: {worst}, {moved} on the average");
            }
        }
    }

    #[test]
    fn nothing_beside_the_part_comes_in() {
        for (across, down) in [(9, 7), (20, 20), (40, 40), (51, 33), (100, 90)] {
            let inside = |x: usize, y: usize| (30..70).contains(&x) && (20..60).contains(&y);
            let plane =
                scaled((100, 80), [30.0, 20.0, 40.0, 40.0], (across, down), |x, y| if inside(x, y) { 77 } else { 200 });
            assert!(plane.iter().all(|sample| *sample == 77), "{across}x{down}: {plane:?}");
        }
    }

    #[test]
    fn fine_patterns_become_grey_instead_of_flickering() {
        for (across, down) in [(99, 99), (80, 80), (67, 67), (50, 50), (33, 33), (20, 20)] {
            let plane =
                scaled(
                    (200, 200),
                    [0.0, 0.0, 200.0, 200.0],
                    (across, down),
                    |x, y| if (x + y) % 2 == 0 { 50 } else { 200 },
                );
            let worst = plane.iter().map(|sample| sample.abs_diff(125)).max().unwrap();
            assert!(worst <= 3, "{across}x{down}: {worst}");
        }
    }

    #[test]
    fn the_smallest_planes_can_be_scaled() {
        for size in [(1, 1), (2, 1), (1, 3), (3, 2)] {
            for patch in [(1, 1), (2, 2), (7, 5), (64, 36)] {
                let part = [0.0, 0.0, count(size.0), count(size.1)];
                assert!(scaled(size, part, patch, |_, _| 99).iter().all(|sample| *sample == 99), "{size:?} {patch:?}");
            }
        }
        assert_eq!(scaled((4, 4), [1.5, 1.5, 1e-300, 1e-300], (4, 4), |_, _| 99), [99; 16]);
    }
}
