//! Whether a picture is black, and whether it stands still, by the luma of points that are spread over it.

use std::collections::VecDeque;
use std::time::Duration;

/// Points of a grid each way.
const COLUMNS: usize = 64;
const ROWS: usize = 36;
const POINTS: usize = COLUMNS * ROWS;

/// Luma of points that are spread evenly over a picture, 64 by 36 of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Grid(Box<[u8; POINTS]>);

impl std::fmt::Debug for Grid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grid with a mean of {:.1}", self.mean())
    }
}

impl Grid {
    /// Reads the points out of a plane of luma; nothing if it is shorter than its size says.
    pub fn of(luma: &[u8], stride: usize, width: usize, height: usize) -> Option<Self> {
        if width == 0 || height == 0 || luma.len() < stride.checked_mul(height - 1)?.checked_add(width)? {
            return None;
        }
        let mut points = Box::new([0; POINTS]);
        for (row, points) in points.chunks_exact_mut(COLUMNS).enumerate() {
            let line = &luma[(2 * row + 1) * height / (2 * ROWS) * stride..];
            for (column, point) in points.iter_mut().enumerate() {
                *point = line[(2 * column + 1) * width / (2 * COLUMNS)];
            }
        }
        Some(Self(points))
    }

    fn mean(&self) -> f64 {
        let sum: u32 = self.0.iter().map(|point| u32::from(*point)).sum();
        f64::from(sum) / POINTS as f64
    }

    /// Standard deviation.
    fn contrast(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.0.iter().map(|point| (f64::from(*point) - mean).powi(2)).sum();
        (squares / POINTS as f64).sqrt()
    }

    fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u8> + 'a {
        self.0.iter().zip(other.0.iter()).map(|(a, b)| a.abs_diff(*b))
    }
}

/// A state that counts after it has lasted, and is over after its contrary has.
#[derive(Debug, Default)]
struct Lasting {
    is: bool,
    /// Since when it is seen to be otherwise.
    otherwise: Option<Duration>,
}

impl Lasting {
    /// `seen` is nothing where it is neither one nor the other.
    fn see(&mut self, at: Duration, seen: Option<bool>) {
        match seen {
            Some(seen) if seen == self.is => self.otherwise = None,
            Some(_) => {
                self.otherwise.get_or_insert(at);
            }
            None => {}
        }
    }

    fn look(&mut self, now: Duration, until_it_is: Duration, until_it_is_not: Duration) -> bool {
        let patience = if self.is { until_it_is_not } else { until_it_is };
        if self.otherwise.is_some_and(|since| now.saturating_sub(since) >= patience) {
            self.is = !self.is;
            self.otherwise = None;
        }
        self.is
    }
}

/// Whether a picture is black.
#[derive(Debug, Default)]
pub(super) struct Blackness(Lasting);

impl Blackness {
    const PATIENCE: Duration = Duration::from_secs(2);
    const RELIEF: Duration = Duration::from_millis(400);

    pub(super) fn see(&mut self, at: Duration, grid: &Grid) {
        /// Mean luma and contrast below which a picture is black, and from which on it is none. A few letters on black have a
        /// contrast of ten and more.
        const BLACK: (f64, f64) = (24.0, 6.0);
        const PICTURE: (f64, f64) = (28.0, 8.0);
        let (mean, contrast) = (grid.mean(), grid.contrast());
        let is_black = mean < BLACK.0 && contrast < BLACK.1;
        let is_picture = mean >= PICTURE.0 || contrast >= PICTURE.1;
        self.0.see(at, (is_black || is_picture).then_some(is_black));
    }

    pub(super) fn look(&mut self, now: Duration) -> bool {
        self.0.look(now, Self::PATIENCE, Self::RELIEF)
    }
}

/// Whether a picture stands still.
///
/// A camera that sees nothing move still has noise. An encoder that gets one frame again and again leaves it as it is, but for
/// its keyframes, which draw the same anew and a little differently. So a picture stands still while nothing differs visibly
/// from what it began with, and from glance to glance it is mostly the very same.
#[derive(Debug, Default)]
pub(super) struct Stillness {
    state: Lasting,
    /// What it has looked like since it stands still.
    reference: Option<Grid>,
    last: Option<(Duration, Grid)>,
    /// Of the last glances: whether the picture was the very same as at the glance before.
    same: VecDeque<bool>,
}

impl Stillness {
    const PATIENCE: Duration = Duration::from_secs(3);
    /// Longer than from one glance to the next: a single keyframe may well look different.
    const RELIEF: Duration = Duration::from_millis(300);

    /// Glances that are remembered: those of the last three seconds.
    const GLANCES: usize = 15;
    /// Of them, how many must be the very same: one keyframe a second redraws a picture for two glances of five.
    const MOSTLY: usize = 8;
    /// A gap in the frames as long as this is no stillness.
    const GAP: Duration = Duration::from_secs(1);

    pub(super) fn see(&mut self, at: Duration, grid: &Grid) {
        let last = self.last.replace((at, grid.clone()));
        let last = last.filter(|(before, _)| at.saturating_sub(*before) < Self::GAP);
        let (Some((_, last)), Some(reference)) = (last, &self.reference) else {
            self.begin(grid);
            return self.state.see(at, Some(false));
        };
        if is_changed(reference, grid) {
            self.begin(grid);
            return self.state.see(at, Some(false));
        }
        if self.same.len() == Self::GLANCES {
            self.same.pop_front();
        }
        self.same.push_back(is_same(&last, grid));
        let same = self.same.iter().filter(|same| **same).count();
        // While few glances are known, all but a few must be the same.
        let lively = self.same.len() - same;
        self.state.see(at, Some(lively <= Self::GLANCES - Self::MOSTLY));
    }

    pub(super) fn look(&mut self, now: Duration) -> bool {
        self.state.look(now, Self::PATIENCE, Self::RELIEF)
    }

    fn begin(&mut self, grid: &Grid) {
        self.reference = Some(grid.clone());
        self.same.clear();
    }
}

/// Whether somebody would see a difference: a few points by much, or all of them by some.
fn is_changed(before: &Grid, now: &Grid) -> bool {
    const MUCH: u8 = 24;
    const FEW: usize = 3;
    const SOME: f64 = 2.5;
    let sum: u32 = before.differences(now).map(u32::from).sum();
    before.differences(now).filter(|difference| *difference >= MUCH).count() >= FEW
        || f64::from(sum) / POINTS as f64 >= SOME
}

/// Whether not even noise differs: an encoder leaves nearly all points as they are, if nothing new comes in.
fn is_same(before: &Grid, now: &Grid) -> bool {
    const MOST: usize = POINTS / 100;
    before.differences(now).filter(|difference| *difference > 1).count() <= MOST
}
