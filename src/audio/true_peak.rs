//! True peaks: what the wave reaches between its samples, by four times oversampling (ITU-R BS.1770-4, Annex 2).

use super::sound::Sound;
use super::{BLOCK, Frame};

/// Frames that one interpolated value is made of.
const TAPS: usize = 12;

/// Interpolated values per frame.
const PHASES: usize = 4;

/// Frames that are looked at together.
const STEP: usize = 16;

/// The filter of Annex 2, one row for each phase.
const FILTER: [[f32; TAPS]; PHASES] = [
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
    [
        -0.018_920_898,
        0.033_081_055,
        -0.058_227_54,
        0.101_562_5,
        -0.200_317_38,
        0.779_785_16,
        0.465_087_9,
        -0.166_503_9,
        0.089_111_33,
        -0.051_757_813,
        0.029_296_875,
        -0.029_174_805,
    ],
    [
        -0.008_300_781,
        0.014_892_578,
        -0.026_611_328,
        0.047_607_42,
        -0.102_294_92,
        0.972_167_97,
        0.137_329_1,
        -0.059_448_242,
        0.033_203_125,
        -0.019_653_32,
        0.010_986_328,
        0.001_708_984_4,
    ],
];

/// No interpolated value is greater than this many times the greatest sample that it is made of: the greatest sum of a
/// phase's magnitudes.
const BOUND: f32 = 2.03;

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
            self.look(&frames[first..first + TAPS - 1 + STEP]);
        }
    }

    /// Looks at some frames and those before them. What cannot exceed what is known already is not worked out: most of speech
    /// and music is not near its peak.
    fn look(&mut self, frames: &[Frame]) {
        let mut greatest = [0.0f32; 2];
        for frame in frames {
            greatest = [greatest[0].max(frame[0].abs()), greatest[1].max(frame[1].abs())];
        }
        if greatest[0] * BOUND <= self.peak[0] && greatest[1] * BOUND <= self.peak[1] {
            return;
        }
        let samples = frames.as_flattened();
        let mut peaks = [0.0f32; 2 * STEP];
        for weights in &FILTER {
            let mut values = [0.0f32; 2 * STEP];
            for (tap, weight) in weights.iter().enumerate() {
                let from = 2 * (TAPS - 1 - tap);
                for (value, sample) in values.iter_mut().zip(&samples[from..from + 2 * STEP]) {
                    *value += sample * weight;
                }
            }
            for (peak, value) in peaks.iter_mut().zip(values) {
                *peak = peak.max(value.abs());
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
