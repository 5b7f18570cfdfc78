//! True peaks: what the wave reaches between its samples, by four times oversampling (ITU-R BS.1770-4, Annex 2).

use super::sound::Sound;
use super::{BLOCK, Frame};

/// Frames that one interpolated value is made of.
const TAPS: usize = 12;

/// Interpolated values per frame.
const PHASES: usize = 4;

/// Frames that are looked at together.
const STEP: usize = 16;

/// The filter of Annex 2: the phases a quarter and a half before a frame. The other two are these, read backwards.
const FILTER: [[f32; TAPS]; PHASES / 2] = [
    [
        0.001_708_984_4,
        0.010_986_328,
        -0.019_653_32,
        0.033_203_125,
        -0.059_448_242,
        0.137_329_1,
        0.972_167_97,
        -0.102_294_92,
        0.047_607_42,
        -0.026_611_328,
        0.014_892_578,
        -0.008_300_781,
    ],
    [
        -0.029_174_805,
        0.029_296_875,
        -0.051_757_813,
        0.089_111_33,
        -0.166_503_9,
        0.465_087_9,
        0.779_785_16,
        -0.200_317_38,
        0.101_562_5,
        -0.058_227_54,
        0.033_081_055,
        -0.018_920_898,
    ],
];

/// Half the sum and half the difference of a phase's weights and those read backwards. What the two phases make of a pair of
/// samples is then one sum and one difference, and the greater of their magnitudes is both magnitudes together.
const HALVES: [[[f32; 2]; PHASES / 2]; TAPS / 2] = {
    let mut halves = [[[0.0; 2]; PHASES / 2]; TAPS / 2];
    let mut tap = 0;
    while tap < TAPS / 2 {
        let mut phase = 0;
        while phase < PHASES / 2 {
            let (one, other) = (FILTER[phase][tap], FILTER[phase][TAPS - 1 - tap]);
            halves[tap][phase] = [0.5 * (one + other), 0.5 * (one - other)];
            phase += 1;
        }
        tap += 1;
    }
    halves
};

/// Samples that are worked out together: with two phases' halves they fit into the registers that every processor has.
const LANES: usize = 4;

/// No interpolated value is greater than this many times the greatest sample that it is made of: the greatest sum of a
/// phase's magnitudes.
const BOUND: f32 = 2.03;

/// Nor is it further above the greatest sample than so many times the greatest step from one to the next: the greatest sum of a
/// phase's magnitudes, each times its distance from the greatest one. That is less where a wave is slow. The weights of a phase
/// add up to no more than the second number.
const STEEP_BOUND: f32 = 2.45;
const SUM_BOUND: f32 = 1.003;

/// Collects until it is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TruePeak {
    history: [Frame; TAPS - 1],
    peak: [f32; 2],
}

impl TruePeak {
    /// Adds a block.
    pub fn feed(&mut self, sound: &Sound) {
        if sound.is_silent && self.history == [[0.0; 2]; TAPS - 1] {
            return;
        }
        let mut frames = [[0.0; 2]; TAPS - 1 + BLOCK];
        frames[..TAPS - 1].copy_from_slice(&self.history);
        frames[TAPS - 1..].copy_from_slice(&sound.block);
        self.history.copy_from_slice(&frames[BLOCK..]);
        for first in (0..BLOCK).step_by(STEP) {
            self.look(frames[first..].first_chunk().expect("steps divide a block"));
        }
    }

    /// Looks at some frames and those before them. What cannot exceed what is known already is not worked out: most of speech
    /// and music is not near its peak.
    fn look(&mut self, frames: &[Frame; TAPS - 1 + STEP]) {
        let bound = bound(frames);
        if bound[0] <= self.peak[0] && bound[1] <= self.peak[1] {
            return;
        }
        let samples = frames.as_flattened();
        let mut peaks = [0.0f32; LANES];
        for first in (0..2 * STEP).step_by(LANES) {
            let mut sums = [[[0.0f32; LANES]; 2]; PHASES / 2];
            for (tap, halves) in HALVES.iter().enumerate() {
                let newer: &[f32; LANES] = part(samples, first + 2 * (TAPS - 1 - tap));
                let older: &[f32; LANES] = part(samples, first + 2 * tap);
                let sum: [f32; LANES] = std::array::from_fn(|lane| newer[lane] + older[lane]);
                let difference: [f32; LANES] = std::array::from_fn(|lane| newer[lane] - older[lane]);
                for ([even, odd], [even_half, odd_half]) in sums.iter_mut().zip(halves) {
                    for lane in 0..LANES {
                        even[lane] += sum[lane] * even_half;
                        odd[lane] += difference[lane] * odd_half;
                    }
                }
            }
            for [even, odd] in &sums {
                for lane in 0..LANES {
                    peaks[lane] = greater(peaks[lane], even[lane].abs() + odd[lane].abs());
                }
            }
        }
        for peak in peaks.as_chunks::<2>().0 {
            self.peak = [self.peak[0].max(peak[0]), self.peak[1].max(peak[1])];
        }
    }

    /// The greatest since the last reading.
    pub fn take(&mut self) -> [f32; 2] {
        std::mem::take(&mut self.peak)
    }
}

/// What is interpolated between these frames is no greater, on either side.
fn bound(frames: &[Frame; TAPS - 1 + STEP]) -> [f32; 2] {
    let samples = frames.as_flattened();
    let (mut greatest, mut steepest) = ([0.0f32; LANES], [0.0f32; LANES]);
    // The last lanes overlap those before them: no sample is left out.
    let last = samples.len() - 2 - LANES;
    for first in (0..last).step_by(LANES).chain([last]) {
        let (here, next): (&[f32; LANES], &[f32; LANES]) = (part(samples, first), part(samples, first + 2));
        for lane in 0..LANES {
            greatest[lane] = greater(greatest[lane], next[lane].abs());
            steepest[lane] = greater(steepest[lane], (next[lane] - here[lane]).abs());
        }
    }
    std::array::from_fn(|side| {
        let most = |lanes: &[f32; LANES]| greater(lanes[side], lanes[side + 2]);
        let (greatest, steepest) = (greater(most(&greatest), samples[side].abs()), most(&steepest));
        (greatest * BOUND).min(greatest * SUM_BOUND + steepest * STEEP_BOUND)
    })
}

/// One instruction, other than [`f32::max`], which would have to look for what is no number: buses and strips have none.
fn greater(one: f32, other: f32) -> f32 {
    if one > other { one } else { other }
}

fn part(samples: &[f32], first: usize) -> &[f32; LANES] {
    samples[first..].first_chunk().expect("they are within the step")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_filter() {
        for weights in &FILTER {
            let sum = |of: &dyn Fn(usize, f32) -> f32| {
                weights.iter().enumerate().map(|(tap, weight)| of(tap, *weight)).sum::<f32>()
            };
            assert!(sum(&|_, weight| weight.abs()) <= BOUND && sum(&|_, weight| weight).abs() <= SUM_BOUND);
            // The greatest weight is the seventh.
            assert!(sum(&|tap, weight| weight.abs() * tap.abs_diff(6) as f32) <= STEEP_BOUND);
        }
    }

    /// The greatest of all interpolated values of two blocks, one by one.
    fn by_definition(frames: &[Frame], side: usize) -> f32 {
        let sample = |n: usize| if n < TAPS - 1 { 0.0 } else { frames[n + 1 - TAPS][side] };
        let mut peak = 0.0f32;
        for n in 0..frames.len() {
            for weights in &FILTER {
                let forth: f32 = (0..TAPS).map(|tap| weights[tap] * sample(n + TAPS - 1 - tap)).sum();
                let back: f32 = (0..TAPS).map(|tap| weights[TAPS - 1 - tap] * sample(n + TAPS - 1 - tap)).sum();
                peak = peak.max(forth.abs()).max(back.abs());
            }
        }
        peak
    }

    proptest! {
        #[test]
        fn what_is_left_out_is_never_the_peak(
            hertz in 20.0f32..20_000.0, noise in 0.0f32..0.5, seed in 1u32.., swell in 0.0f32..0.01,
        ) {
            let mut chance = seed;
            let frames: Vec<Frame> = (0..2 * BLOCK)
                .map(|n| {
                    chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let noise = noise * (chance as f32 / u32::MAX as f32 - 0.5);
                    let tone = (n as f32 * hertz / 48_000.0 * std::f32::consts::TAU).sin() * (1.0 + swell * n as f32);
                    [tone + noise, noise - 0.5 * tone]
                })
                .collect();
            let mut meter = TruePeak::default();
            for block in frames.as_chunks::<BLOCK>().0 {
                meter.feed(&Sound { block: *block, is_silent: false });
            }
            let heard = meter.take();
            for (side, heard) in heard.into_iter().enumerate() {
                let wanted = by_definition(&frames, side);
                prop_assert!((heard - wanted).abs() <= 1e-4 * wanted, "{heard} for {wanted}");
            }
        }
    }
}
