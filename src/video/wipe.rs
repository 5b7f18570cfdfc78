//! Wipes: which part of a picture an edge has uncovered, as a mask made row by row for each plane.
//!
//! Every pattern is a field over the picture: how far the edge must be until it reaches a sample. All but the clock's are a
//! sum of something that depends on the column alone and something that depends on the row alone.

use std::f32::consts::TAU;

use super::blend::mixed;
use super::{Pattern, Size, View, ViewMut};

/// Samples that are looked at together: most of a picture is wholly on one side of the edge.
const RUN: usize = 32;

/// A mask's full value in the fixed point of fields.
const FULL: f64 = 255.0 * 256.0;

/// The steepest edge that fixed point has room for, as a part of the picture.
const STEEPEST: f64 = 1.0 / 8192.0;

/// What is kept from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Wiper {
    /// The field's part that depends on the column, in fixed point.
    columns: Vec<i32>,
    /// The least and the greatest of each run of them.
    bounds: Vec<(i32, i32)>,
    /// One run's mask: 0 shows what is under, 255 what is over.
    mask: [u8; RUN],
}

/// A wipe on its way: `progress` is neither 0 nor 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) pattern: Pattern,
    pub(super) progress: f64,
    /// 0 to 0.5.
    pub(super) softness: f64,
}

impl Wiper {
    /// Uncovers a picture of the same size.
    pub(super) fn wipe(&mut self, out: &mut ViewMut<'_>, over: &View<'_>, edge: Edge) {
        let size = out.size();
        for ((out, over), (width, height)) in out.planes().iter_mut().zip(over.planes()).zip(size.planes()) {
            let rows = out.data.chunks_mut(out.stride).zip(over.data.chunks(over.stride)).take(height);
            let rows = rows.filter_map(|(under, over)| Some((under.get_mut(..width)?, over.get(..width)?)));
            if edge.pattern == Pattern::Clock {
                let clock = Clock::new(edge, size, (width, height));
                rows.enumerate().for_each(|(row, (under, over))| clock.uncover(row, under, over, &mut self.mask));
            } else {
                let field = self.field(edge, size, (width, height));
                for (row, (under, over)) in rows.enumerate() {
                    self.uncover(field.level(row), under, over);
                }
            }
        }
    }

    /// Fills the columns of a plane's field.
    fn field(&mut self, edge: Edge, size: Size, (width, height): (usize, usize)) -> Field {
        let field = Field::new(edge, size, height);
        self.columns.clear();
        self.columns.extend((0..width).map(|column| field.column(middle(column, width))));
        self.bounds.clear();
        self.bounds.extend(self.columns.chunks(RUN).map(|run| {
            run.iter().fold((i32::MAX, i32::MIN), |(least, most), value| (least.min(*value), most.max(*value)))
        }));
        field
    }

    fn uncover(&mut self, level: i32, under: &mut [u8], over: &[u8]) {
        let runs = under.chunks_mut(RUN).zip(over.chunks(RUN)).zip(self.columns.chunks(RUN)).zip(&self.bounds);
        for (((under, over), columns), (least, most)) in runs {
            if masked(level - least) == 0 {
                continue;
            }
            if masked(level - most) == u8::MAX {
                under.copy_from_slice(over);
                continue;
            }
            for (mask, column) in self.mask.iter_mut().zip(columns) {
                *mask = masked(level - column);
            }
            lay_masked(under, over, &self.mask);
        }
    }
}

/// A mask's value out of the fixed point.
#[inline]
fn masked(distance: i32) -> u8 {
    #[expect(clippy::cast_sign_loss, reason = "clamped")]
    let masked = (distance >> 8).clamp(0, 255) as u8;
    masked
}

fn lay_masked(under: &mut [u8], over: &[u8], mask: &[u8; RUN]) {
    for ((sample, over), mask) in under.iter_mut().zip(over).zip(mask) {
        *sample = mixed(*sample, *over, u16::from(*mask) + u16::from(*mask >> 7));
    }
}

/// The middle of a sample, as a part of its plane.
fn middle(at: usize, of: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no plane has 2^52 samples in a row")]
    let middle = (at as f64 + 0.5) / of as f64;
    middle
}

/// How wide the edge is: at least about a pixel, so that it has no steps.
fn ramp(edge: Edge, size: Size) -> f64 {
    edge.softness.clamp(0.0, 0.5).max(1.0 / f64::from(size.width.min(size.height))).max(STEEPEST)
}

/// A field that is a sum, 0 where the edge begins and 1 where it ends, times `slope`.
#[derive(Debug, Clone, Copy)]
struct Field {
    pattern: Pattern,
    /// Width and height, each squared, as parts of the diagonal squared.
    squares: (f64, f64),
    /// How far the foremost of the edge is.
    reach: f64,
    slope: f64,
    height: usize,
}

impl Field {
    fn new(edge: Edge, size: Size, height: usize) -> Self {
        let ramp = ramp(edge, size);
        let foremost = edge.progress * (1.0 + ramp);
        let (width_square, height_square) = (f64::from(size.width).powi(2), f64::from(size.height).powi(2));
        let diagonal = width_square + height_square;
        let squares = (width_square / diagonal, height_square / diagonal);
        // A circle's distances stay squared: no root for each sample, and the edge is as wide.
        let (reach, width) = if edge.pattern == Pattern::Circle {
            let hindmost = (foremost - ramp).max(0.0);
            (foremost * foremost, (foremost * foremost - hindmost * hindmost).max(STEEPEST))
        } else {
            (foremost, ramp)
        };
        Self { pattern: edge.pattern, squares, reach, slope: FULL / width, height }
    }

    fn column(&self, x: f64) -> i32 {
        let from_middle = (2.0 * x - 1.0).abs();
        self.fixed(match self.pattern {
            Pattern::Right => x,
            Pattern::Left => 1.0 - x,
            Pattern::DownRight | Pattern::UpRight => x / 2.0,
            Pattern::DownLeft | Pattern::UpLeft => (1.0 - x) / 2.0,
            Pattern::Circle => from_middle * from_middle * self.squares.0,
            Pattern::Diamond => from_middle / 2.0,
            Pattern::BarnHorizontal => from_middle,
            Pattern::Down | Pattern::Up | Pattern::BarnVertical | Pattern::Clock => 0.0,
        })
    }

    /// How far the edge has passed the beginning of a row.
    fn level(&self, row: usize) -> i32 {
        let y = middle(row, self.height);
        let from_middle = (2.0 * y - 1.0).abs();
        let field = match self.pattern {
            Pattern::Down => y,
            Pattern::Up => 1.0 - y,
            Pattern::DownRight | Pattern::DownLeft => y / 2.0,
            Pattern::UpRight | Pattern::UpLeft => (1.0 - y) / 2.0,
            Pattern::Circle => from_middle * from_middle * self.squares.1,
            Pattern::Diamond => from_middle / 2.0,
            Pattern::BarnVertical => from_middle,
            Pattern::Right | Pattern::Left | Pattern::BarnHorizontal | Pattern::Clock => 0.0,
        };
        self.fixed(self.reach - field)
    }

    fn fixed(&self, value: f64) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "the steepest edge leaves room for twice the field")]
        let fixed = (value * self.slope).round() as i32;
        fixed
    }
}

/// The field of the clock: a stand-in for the angle that needs a division but no arc tangent, 0 to 4 round the clock.
#[derive(Debug, Clone, Copy)]
struct Clock {
    /// Pixels of the picture to a sample, each way.
    pixels: (f32, f32),
    /// Half the plane, in samples.
    middle: (f32, f32),
    reach: f32,
    slope: f32,
}

impl Clock {
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "sizes of pictures are small")]
    fn new(edge: Edge, size: Size, (width, height): (usize, usize)) -> Self {
        let ramp = 4.0 * ramp(edge, size) as f32;
        let (right, up) = (edge.progress as f32 * TAU).sin_cos();
        let hand = if edge.progress < 1.0 { angle(right, up) } else { 4.0 };
        Self {
            pixels: (size.width as f32 / width as f32, size.height as f32 / height as f32),
            middle: (width as f32 / 2.0, height as f32 / 2.0),
            reach: hand + edge.progress as f32 * ramp,
            slope: 255.0 / ramp,
        }
    }

    fn uncover(&self, row: usize, under: &mut [u8], over: &[u8], mask: &mut [u8; RUN]) {
        #[expect(clippy::cast_precision_loss, reason = "sizes of pictures are small")]
        let up = (self.middle.1 - row as f32 - 0.5) * self.pixels.1;
        for (run, (under, over)) in under.chunks_mut(RUN).zip(over.chunks(RUN)).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "sizes of pictures are small")]
            let (first, last) = ((run * RUN) as f32, (run * RUN + under.len() - 1) as f32);
            let right = |column: f32| (column + 0.5 - self.middle.0) * self.pixels.0;
            // On one side of twelve o'clock the angle only rises or only falls along a row.
            if right(first) * right(last) > 0.0 {
                match (self.masked(right(first), up), self.masked(right(last), up)) {
                    (0, 0) => continue,
                    (u8::MAX, u8::MAX) => {
                        under.copy_from_slice(over);
                        continue;
                    }
                    _ => {}
                }
            }
            let mut column = first;
            for mask in mask.iter_mut() {
                *mask = self.masked(right(column), up);
                column += 1.0;
            }
            lay_masked(under, over, mask);
        }
    }

    #[inline]
    fn masked(&self, right: f32, up: f32) -> u8 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by the cast")]
        let masked = ((self.reach - angle(right, up)) * self.slope) as u8;
        masked
    }
}

/// Clockwise from twelve o'clock: a quarter round is 1.
#[inline]
fn angle(right: f32, up: f32) -> f32 {
    let sine = up / (right.abs() + up.abs()).max(f32::MIN_POSITIVE);
    if right >= 0.0 { 1.0 - sine } else { 3.0 + sine }
}
