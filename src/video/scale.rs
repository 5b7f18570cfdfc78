//! Scales part of a plane into a patch of another one.
//!
//! What is at most half as large each way is halved first: the mean of four samples, which costs a tenth of a general kernel and
//! is what it would come to. The rest is a triangle over all samples that a new one stands for.

use fast_image_resize::images::{TypedCroppedImage, TypedCroppedImageMut, TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::PlaneMut;
use super::place::{Part, Patch};

/// Samples beside what is seen that a kernel may ask for, and some more.
const MARGIN: usize = 8;

/// Where a halving may begin: always at the same samples, so that a box that leaves the canvas does not shimmer.
const GRID: usize = 64;

/// Samples to scale from. Nothing outside them has any influence.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    /// Rows in full, as many as there are.
    data: &'a [u8],
    stride: usize,
    /// In a row of the data.
    x: usize,
    width: usize,
    height: usize,
}

impl<'a> Samples<'a> {
    /// Those that a part of a plane touches, and where it is in them. `width` and `height` are the plane's.
    pub(super) fn of(data: &'a [u8], stride: usize, (width, height): (usize, usize), part: Part) -> (Self, (f64, f64)) {
        let all = Self { data, stride, x: 0, width, height };
        let (x, across) = touched(part.left, part.width, width);
        let (y, down) = touched(part.top, part.height, height);
        (all.cut(Patch { x, y, width: across, height: down }), (samples(x), samples(y)))
    }

    fn cut(self, Patch { x, y, width, height }: Patch) -> Self {
        let Self { data, stride, .. } = self;
        Self { data: data.get(y * stride..).unwrap_or_default(), stride, x: self.x + x, width, height }
    }

    fn rows(self) -> impl Iterator<Item = &'a [u8]> {
        let rows = self.data.chunks(self.stride.max(1)).take(self.height);
        rows.filter_map(move |row| row.get(self.x..self.x + self.width))
    }

    /// The lines of half the height: two rows each, the last one with itself if it is alone.
    fn pairs(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let alone = if self.height.is_multiple_of(2) { None } else { self.rows().last() };
        self.rows().step_by(2).zip(self.rows().skip(1).step_by(2).chain(alone))
    }
}

/// Scales. Keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct Scaler {
    resizer: Resizer,
    /// What is left of a plane after one halving, after two …
    halves: Vec<Vec<u8>>,
}

impl Scaler {
    /// Fills a patch with a part of the samples, which is measured from their top left.
    pub(super) fn scale(&mut self, from: Samples<'_>, part: Part, out: &mut PlaneMut<'_>, patch: Patch) {
        let Some(part) = within(part, from) else { return };
        if patch.width > 0 && patch.height > 0 {
            self.step(from, part, out, patch, 0);
        }
    }

    fn step(&mut self, from: Samples<'_>, part: Part, out: &mut PlaneMut<'_>, patch: Patch, halvings: usize) {
        let (across, down) = (samples(patch.width), samples(patch.height));
        if part.width < 2.0 * across || part.height < 2.0 * down {
            return self.resize(from, part, out, patch);
        }
        let is_half = part.width == 2.0 * across && part.height == 2.0 * down;
        if is_half && part.left.fract() == 0.0 && part.top.fract() == 0.0 {
            let from = from.cut(Patch {
                x: floor(part.left),
                y: floor(part.top),
                width: 2 * patch.width,
                height: 2 * patch.height,
            });
            for ((upper, lower), row) in from.pairs().zip(out.rows(patch)) {
                halve(upper, lower, row);
            }
            return;
        }
        let (x, width) = around(part.left, part.width, from.width);
        let (y, height) = around(part.top, part.height, from.height);
        let near = from.cut(Patch { x, y, width, height });
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        if self.halves.len() <= halvings {
            self.halves.push(Vec::new());
        }
        let mut half = std::mem::take(&mut self.halves[halvings]);
        half.resize(half_width * half_height, 0);
        for ((upper, lower), row) in near.pairs().zip(half.chunks_mut(half_width)) {
            halve(upper, lower, row);
        }
        let halved = Samples { data: &half, stride: half_width, x: 0, width: half_width, height: half_height };
        let part = Part {
            left: (part.left - samples(x)) / 2.0,
            top: (part.top - samples(y)) / 2.0,
            width: part.width / 2.0,
            height: part.height / 2.0,
        };
        if let Some(part) = within(part, halved) {
            self.step(halved, part, out, patch, halvings + 1);
        }
        self.halves[halvings] = half;
    }

    fn resize(&mut self, from: Samples<'_>, part: Part, out: &mut PlaneMut<'_>, patch: Patch) {
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).crop(
            part.left,
            part.top,
            part.width,
            part.height,
        );
        let done = source(from)
            .zip(destination(out, patch))
            .is_some_and(|(from, mut to)| self.resizer.resize_typed(&from, &mut to, &options).is_ok());
        debug_assert!(done, "{part:?} is within {}x{}, {patch:?} within its plane", from.width, from.height);
    }
}

/// A window into rows with strides: kernels see where it ends, so that nothing beside it comes in.
fn source(from: Samples<'_>) -> Option<TypedCroppedImage<'_, TypedImageRef<'_, U8>>> {
    let [stride, x, width, height] = numbers([from.stride, from.x, from.width, from.height])?;
    let rows = TypedImageRef::from_buffer(stride, height, from.data).ok()?;
    TypedCroppedImage::new(rows, x, 0, width, height).ok()
}

fn destination<'a>(out: &'a mut PlaneMut<'_>, patch: Patch) -> Option<TypedCroppedImageMut<'a, TypedImage<'a, U8>>> {
    let [stride, x, width, height] = numbers([out.stride, patch.x, patch.width, patch.height])?;
    let rows = TypedImage::from_buffer(stride, height, out.data.get_mut(patch.y * out.stride..)?).ok()?;
    TypedCroppedImageMut::new(rows, x, 0, width, height).ok()
}

fn numbers(counts: [usize; 4]) -> Option<[u32; 4]> {
    let numbers = counts.map(|count| u32::try_from(count).ok());
    let [Some(a), Some(b), Some(c), Some(d)] = numbers else { return None };
    Some([a, b, c, d])
}

/// Two rows become one of half the width, each sample the mean of four. In pairs as numbers of 16 bits, so that it is
/// compiled to vector instructions.
fn halve(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    let ((upper, upper_rest), (lower, lower_rest)) = (upper.as_chunks::<2>(), lower.as_chunks::<2>());
    let mean = |sum: u16, round: u16, by: u16| {
        #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is one")]
        let mean = ((sum + round) >> by) as u8;
        mean
    };
    for ((above, below), out) in upper.iter().zip(lower).zip(out.iter_mut()) {
        let (above, below) = (u16::from_le_bytes(*above), u16::from_le_bytes(*below));
        *out = mean((above & 0xff) + (above >> 8) + (below & 0xff) + (below >> 8), 2, 2);
    }
    if let ([above], [below], Some(out)) = (upper_rest, lower_rest, out.get_mut(upper.len())) {
        *out = mean(u16::from(*above) + u16::from(*below), 1, 1);
    }
}

/// The part moved into the samples, should it be beside them by a rounding. `None` if nothing is left.
fn within(part: Part, from: Samples<'_>) -> Option<Part> {
    let (left, width) = inside(part.left, part.width, samples(from.width))?;
    let (top, height) = inside(part.top, part.height, samples(from.height))?;
    Some(Part { left, top, width, height })
}

fn inside(start: f64, length: f64, all: f64) -> Option<(f64, f64)> {
    let start = start.max(0.0);
    let mut length = length.min(all - start);
    while start + length > all {
        length = length.next_down();
    }
    (length > 0.0).then_some((start, length))
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
fn floor(position: f64) -> usize {
    position as usize
}

#[expect(clippy::cast_precision_loss, reason = "no plane has 2^52 samples in a row")]
fn samples(count: usize) -> f64 {
    count as f64
}
