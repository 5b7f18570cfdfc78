//! What is shown of a strip or a bus: sample peak, true peak, RMS, and what gates, compressors, limiters and ducking take away.

use super::BLOCK;
use super::sound::Sound;
use super::true_peak::TruePeak;

/// What a meter shows for silence, in dBFS.
pub const FLOOR: f32 = -120.0;

/// Levels of left and right over some blocks, in dBFS. A full-scale sine has a peak of 0 and an RMS of −3.01.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Largest sample.
    pub peak: [f32; 2],
    /// Largest value of the wave between and on the samples, in dBTP (ITU-R BS.1770-4, Annex 2).
    pub true_peak: [f32; 2],
    /// Root of the mean square.
    pub rms: [f32; 2],
}

impl Default for Levels {
    fn default() -> Self {
        Self { peak: [FLOOR; 2], true_peak: [FLOOR; 2], rms: [FLOOR; 2] }
    }
}

/// The most that a strip's processing took away over some blocks, in dB: 0 or more.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StripReduction {
    /// By its gate.
    pub gate_db: f32,
    /// By its compressor, make-up not counted.
    pub compressor_db: f32,
}

/// The most that was taken away on a bus over some blocks, in dB: 0 or more.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BusReduction {
    /// By its limiter.
    pub limiter_db: f32,
    /// By ducking, of the strips that are ducked.
    pub ducking_db: f32,
}

/// Collects until it is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Meter {
    peak: [f32; 2],
    squares: [f32; 2],
    frames: u32,
    true_peak: TruePeak,
}

impl Meter {
    /// Adds a block.
    pub fn feed(&mut self, sound: &Sound) {
        self.frames = self.frames.saturating_add(BLOCK as u32);
        self.true_peak.feed(sound);
        if sound.is_silent {
            return;
        }
        // Four partial results of each side let the compiler keep them in two registers.
        let mut peak = [0.0f32; 8];
        let mut squares = [0.0f32; 8];
        for samples in sound.block.as_flattened().as_chunks::<8>().0 {
            for lane in 0..8 {
                peak[lane] = peak[lane].max(samples[lane].abs());
                squares[lane] += samples[lane] * samples[lane];
            }
        }
        for lane in 0..8 {
            let side = lane % 2;
            self.peak[side] = self.peak[side].max(peak[lane]);
            self.squares[side] += squares[lane];
        }
    }

    /// The levels since the last reading.
    pub fn take(&mut self) -> Levels {
        let true_peak = self.true_peak.take();
        let Self { peak, squares, frames, .. } =
            std::mem::replace(self, Self { true_peak: self.true_peak, ..Self::default() });
        #[expect(clippy::cast_precision_loss, reason = "a mean needs no more")]
        let frames = frames.max(1) as f32;
        // The filter is flat to a tenth of a dB, but no wave is below its samples.
        let true_peak = [true_peak[0].max(peak[0]), true_peak[1].max(peak[1])];
        let rms = squares.map(|squares| dbfs((squares / frames).sqrt()));
        Levels { peak: peak.map(dbfs), true_peak: true_peak.map(dbfs), rms }
    }
}

/// A linear level in dBFS, no lower than [`FLOOR`].
fn dbfs(level: f32) -> f32 {
    (20.0 * level.log10()).max(FLOOR)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::audio::Frame;

    /// Levels of what a function of the frame's number gives, over one second.
    fn levels(wave: impl Fn(usize) -> Frame) -> Levels {
        let mut meter = Meter::default();
        for block in 0..100 {
            let mut sound = Sound::new();
            sound.block = std::array::from_fn(|n| wave(block * BLOCK + n));
            sound.is_silent = false;
            meter.feed(&sound);
        }
        meter.take()
    }

    fn sine(n: usize, hz: f64, degrees: f64, level: f64) -> f32 {
        ((n as f64 * hz / 48_000.0 + degrees / 360.0) * TAU).sin() as f32 * level as f32
    }

    #[test]
    fn a_tone_reads_its_peak_and_3_db_less_as_rms() {
        let levels = levels(|n| [sine(n, 1000.0, 0.0, 1.0), sine(n, 1000.0, 0.0, 0.1)]);
        for (is, should) in levels.peak.into_iter().chain(levels.rms).zip([0.0, -20.0, -3.01, -23.01]) {
            assert!((is - should).abs() < 0.05, "{levels:?}");
        }
    }

    #[test]
    fn silence_and_a_meter_just_read_show_the_floor() {
        let mut meter = Meter::default();
        let mut sound = Sound::new();
        sound.block[3] = [1.0; 2];
        sound.is_silent = false;
        meter.feed(&sound);
        meter.take();
        assert_eq!(meter.take(), Levels::default());
        meter.feed(&Sound::new());
        assert_eq!(meter.take(), Levels::default());
    }

    /// EBU Tech 3341, table 1, cases 15 to 19: true peak within +0.2 and −0.4 dB.
    #[test]
    fn true_peaks_between_samples_are_those_of_tech_3341() {
        let cases = [
            (12_000.0, 0.0, 0.5, -6.0),
            (12_000.0, 45.0, 0.5, -6.0),
            (8_000.0, 60.0, 0.5, -6.0),
            (6_000.0, 67.5, 0.5, -6.0),
            (12_000.0, 45.0, 1.41, 3.0),
        ];
        for (hz, degrees, level, wanted) in cases {
            // With the soft beginning that the reference signals have: a hard one rings above its tone.
            let onset = |n: usize| (n as f64 / 4800.0).min(1.0);
            let levels = levels(|n| [sine(n, hz, degrees, level * onset(n)); 2]);
            for is in levels.true_peak {
                assert!(is < wanted + 0.2 && is > wanted - 0.4, "{hz} Hz at {degrees}°: {is} dBTP");
            }
        }
    }

    /// Tech 3341, cases 20 to 23, has single peaks between four-times oversampled samples; a burst is one that can be told in
    /// a line: a quarter of the sampling rate, in the middle of two samples, amid something much quieter.
    #[test]
    fn a_short_burst_between_quiet_blocks_is_not_missed() {
        let window = |n: usize| (-((n as f64 - 24_000.5) / 40.0).powi(2)).exp();
        let levels = levels(|n| [sine(n, 12_000.0, 45.0, 1.0 * window(n) + 0.01), 0.0]);
        assert!((levels.true_peak[0] - 0.1).abs() < 0.3, "{levels:?}");
        assert!(levels.peak[0] < -2.5, "{levels:?}");
        assert_eq!(levels.true_peak[1], FLOOR);
    }
}
