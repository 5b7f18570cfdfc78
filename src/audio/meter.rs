//! Sample peak and RMS of a strip or a bus.

use super::Frame;

/// What a meter shows for silence, in dBFS.
pub const FLOOR: f32 = -120.0;

/// Levels of left and right over some blocks, in dBFS. A full-scale sine has a peak of 0 and an RMS of −3.01.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Largest sample.
    pub peak: [f32; 2],
    /// Root of the mean square.
    pub rms: [f32; 2],
}

impl Default for Levels {
    fn default() -> Self {
        Self { peak: [FLOOR; 2], rms: [FLOOR; 2] }
    }
}

/// Collects until it is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter {
    peak: [f32; 2],
    squares: [f32; 2],
    frames: u32,
}

impl Meter {
    /// Adds frames.
    pub fn feed(&mut self, frames: &[Frame]) {
        // Four partial results let the compiler keep them in one register.
        let mut peak = [0.0f32; 4];
        let mut squares = [0.0f32; 4];
        let (pairs, rest) = frames.as_flattened().as_chunks::<4>();
        for pair in pairs {
            for lane in 0..4 {
                peak[lane] = peak[lane].max(pair[lane].abs());
                squares[lane] += pair[lane] * pair[lane];
            }
        }
        for (lane, sample) in rest.iter().enumerate() {
            peak[lane] = peak[lane].max(sample.abs());
            squares[lane] += sample * sample;
        }
        for side in 0..2 {
            self.peak[side] = self.peak[side].max(peak[side]).max(peak[side + 2]);
            self.squares[side] += squares[side] + squares[side + 2];
        }
        self.frames = self.frames.saturating_add(u32::try_from(frames.len()).unwrap_or(u32::MAX));
    }

    /// The levels since the last reading.
    pub fn take(&mut self) -> Levels {
        let Self { peak, squares, frames } = std::mem::take(self);
        #[expect(clippy::cast_precision_loss, reason = "a mean needs no more")]
        let frames = frames.max(1) as f32;
        Levels { peak: peak.map(dbfs), rms: squares.map(|squares| dbfs((squares / frames).sqrt())) }
    }
}

/// A linear level in dBFS, no lower than [`FLOOR`].
fn dbfs(level: f32) -> f32 {
    (20.0 * level.log10()).max(FLOOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_reads_its_peak_and_3_db_less_as_rms() {
        let mut meter = Meter::default();
        let sound: Vec<Frame> =
            (0..48_000).map(|n| (n as f32 * std::f32::consts::TAU / 48.0).sin()).map(|s| [s, s * 0.1]).collect();
        for block in sound.chunks(481) {
            meter.feed(block);
        }
        let levels = meter.take();
        for (is, should) in levels.peak.into_iter().chain(levels.rms).zip([0.0, -20.0, -3.01, -23.01]) {
            assert!((is - should).abs() < 0.05, "{levels:?}");
        }
    }

    #[test]
    fn silence_and_a_meter_just_read_show_the_floor() {
        let mut meter = Meter::default();
        meter.feed(&[[1.0, 1.0]]);
        meter.take();
        assert_eq!(meter.take(), Levels::default());
        meter.feed(&[[0.0, 0.0]; 480]);
        assert_eq!(meter.take(), Levels::default());
    }
}
