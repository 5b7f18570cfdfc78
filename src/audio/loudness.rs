//! Loudness of a bus by EBU R 128. The measuring is the kept library's; this says what is asked of it and how.

use ebur128::{EbuR128, Mode};

use super::{Block, FLOOR, RATE};

/// Loudness (EBU Tech 3341 and 3342). [`FLOOR`] where there is not enough sound to tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loudness {
    /// Over the last 400 ms, in LUFS.
    pub momentary_lufs: f32,
    /// Over the last 3 s, in LUFS.
    pub short_term_lufs: f32,
    /// Since the measurement began, gated, in LUFS.
    pub integrated_lufs: f32,
    /// Loudness range since the measurement began, in LU.
    pub range_lu: f32,
}

impl Default for Loudness {
    fn default() -> Self {
        Self { momentary_lufs: FLOOR, short_term_lufs: FLOOR, integrated_lufs: FLOOR, range_lu: 0.0 }
    }
}

/// One bus's measurement.
#[derive(Debug)]
pub(super) struct LoudnessMeter(EbuR128);

impl LoudnessMeter {
    pub fn new() -> Self {
        // The histogram bounds memory and work, however long the evening; it is exact to a twentieth of an LU.
        let mode = Mode::M | Mode::S | Mode::I | Mode::LRA | Mode::HISTOGRAM;
        Self(EbuR128::new(2, RATE, mode).expect("it knows 48 kHz stereo"))
    }

    /// Adds a block of finite samples.
    pub fn feed(&mut self, block: &Block) {
        self.0.add_frames_f32(block.as_flattened()).expect("a block is whole frames of the channels it was made for");
    }

    pub fn read(&self) -> Loudness {
        #[expect(clippy::cast_possible_truncation, reason = "tenths are shown")]
        let told = |lufs: Result<f64, ebur128::Error>| lufs.map_or(FLOOR, |lufs| (lufs as f32).max(FLOOR));
        Loudness {
            momentary_lufs: told(self.0.loudness_momentary()),
            short_term_lufs: told(self.0.loudness_shortterm()),
            integrated_lufs: told(self.0.loudness_global()),
            range_lu: told(self.0.loudness_range()).max(0.0),
        }
    }

    /// Begins again.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}
