//! The general kernel: scales by anything between enlarging and just above a half, with weights in 256ths.
//!
//! Four rows are worked on together. First each of them is made out of its lines of the source, sample by sample in vectors. Then the
//! four samples of a column become the four 16-bit lanes of one number, so that a single multiplication weighs them all.

use super::PlaneMut;
use super::place::{Part, Patch};
use super::scale::{Samples, count, floor};

/// Rows that are worked on together: 16-bit lanes of a number.
const LANES: usize = 4;

/// A half, in 256ths, in each lane.
const HALVES: u64 = 0x0080_0080_0080_0080;

/// The samples that a new one stands for.
#[derive(Debug, Clone, Copy)]
struct Tap {
    /// The first of them.
    start: usize,
    /// Their weights; together 256.
    weights: [u16; 4],
}

/// One direction's taps, kept as long as nothing changes: those of both planes of chroma are the same.
#[derive(Debug, Default)]
struct Taps {
    of: Option<(f64, f64, usize, usize)>,
    taps: Vec<Tap>,
    /// How many weights of each tap count.
    width: usize,
}

impl Taps {
    /// For a span of so many samples, of which there are `all`, that becomes `new` ones.
    fn set(&mut self, start: f64, length: f64, all: usize, new: usize) {
        if self.of == Some((start, length, all, new)) {
            return;
        }
        let scale = length / count(new);
        let radius = scale.max(1.0);
        // As many samples as can lie strictly within twice the radius.
        self.width = if radius <= 1.0 {
            2
        } else if radius <= 1.5 {
            3
        } else {
            4
        };
        self.taps.clear();
        self.taps.extend((0..new).map(|at| Tap::new(start + (count(at) + 0.5) * scale - 0.5, radius, all)));
        self.of = Some((start, length, all, new));
    }
}

impl Tap {
    fn new(middle: f64, radius: f64, all: usize) -> Self {
        let first = (middle - radius).floor() + 1.0;
        let shares: [f64; 4] = std::array::from_fn(|number| {
            let at = first + count(number);
            if at < 0.0 || at >= count(all) { 0.0 } else { (1.0 - ((at - middle) / radius).abs()).max(0.0) }
        });
        let sum = shares.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut reached = (0.0, 0);
        let mut weights = shares.map(|share| {
            // What all weights so far come to is rounded, so that nothing is lost or won in the end.
            reached.0 += share / sum * 256.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it goes from 0 to 256")]
            let rounded = reached.0.round() as u16;
            let weight = rounded - reached.1;
            reached.1 = rounded;
            weight
        });
        // Those before the first sample weigh nothing.
        weights.rotate_left(floor(-first).min(3));
        Self { start: floor(first), weights }
    }
}

/// Scales. Keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct Resampler {
    across: Taps,
    down: Taps,
    /// The rows that are worked on, as wide as what of the source is needed.
    rows: [Vec<u8>; LANES],
    /// The same, a number to a column.
    columns: Vec<u64>,
    /// What they come to.
    sums: Vec<u64>,
}

impl Resampler {
    /// Fills a patch with a part of the samples that is less than twice as large each way.
    pub(super) fn resample(&mut self, from: Samples<'_>, part: Part, out: &mut PlaneMut<'_>, patch: Patch) {
        self.across.set(part.left, part.width, from.width, patch.width);
        self.down.set(part.top, part.height, from.height, patch.height);
        let (Some(first), Some(last)) = (self.across.taps.first(), self.across.taps.last()) else { return };
        let first = first.start;
        let end = (last.start + last.weights.len()).min(from.width).max(first);
        for row in &mut self.rows {
            row.resize(end - first, 0);
        }
        // A kernel at the right edge looks beyond it, at what weighs nothing.
        self.columns.resize(end - first + LANES, 0);
        self.sums.resize(patch.width, 0);

        let mut rows = out.rows(patch);
        for taps in self.down.taps.chunks(LANES) {
            for (tap, row) in taps.iter().zip(&mut self.rows) {
                let line = |number: usize| from.row(tap.start + number).get(first..end).unwrap_or_default();
                match self.down.width {
                    2 => blend([0, 1].map(line), tap.weights, row),
                    3 => blend([0, 1, 2].map(line), tap.weights, row),
                    _ => blend([0, 1, 2, 3].map(line), tap.weights, row),
                }
            }
            gather(&self.rows, &mut self.columns);
            let taps_across = &self.across.taps;
            match self.across.width {
                2 => weigh::<2>(&self.columns, taps_across, first, &mut self.sums),
                3 => weigh::<3>(&self.columns, taps_across, first, &mut self.sums),
                _ => weigh::<4>(&self.columns, taps_across, first, &mut self.sums),
            }
            let spreads = [spread::<0>, spread::<1>, spread::<2>, spread::<3>];
            for (spread, row) in spreads.into_iter().zip(rows.by_ref().take(taps.len())) {
                spread(&self.sums, row);
            }
        }
    }
}

/// Rows to columns.
fn gather([a, b, c, d]: &[Vec<u8>; LANES], columns: &mut [u64]) {
    for ((((column, a), b), c), d) in columns.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let (upper, lower) = (u32::from(*a) | u32::from(*b) << 16, u32::from(*c) | u32::from(*d) << 16);
        *column = u64::from(upper) | u64::from(lower) << 32;
    }
}

/// Weighs columns. No lane runs over: 255 × 256 + 128 has 16 bits.
fn weigh<const WIDTH: usize>(columns: &[u64], taps: &[Tap], first: usize, sums: &mut [u64]) {
    for (tap, sum) in taps.iter().zip(sums) {
        let start = tap.start - first;
        let Some(columns) = columns.get(start..start + WIDTH) else { continue };
        *sum = HALVES;
        for (column, weight) in columns.iter().zip(tap.weights) {
            *sum = sum.wrapping_add(column.wrapping_mul(u64::from(weight)));
        }
    }
}

/// Weighs lines.
fn blend<const WIDTH: usize>(lines: [&[u8]; WIDTH], weights: [u16; 4], out: &mut [u8]) {
    if lines.iter().any(|line| line.len() != out.len()) {
        return;
    }
    let lines = lines.map(|line| &line[..out.len()]);
    for (at, out) in out.iter_mut().enumerate() {
        let mut sum = 128;
        for number in 0..WIDTH {
            sum += u16::from(lines[number][at]) * weights[number];
        }
        *out = (sum >> 8) as u8;
    }
}

/// One lane's row.
fn spread<const LANE: usize>(sums: &[u64], row: &mut [u8]) {
    #[expect(clippy::cast_possible_truncation, reason = "the upper half of one lane is what is wanted")]
    for (sample, sum) in row.iter_mut().zip(sums) {
        *sample = (sum >> (16 * LANE + 8)) as u8;
    }
}
