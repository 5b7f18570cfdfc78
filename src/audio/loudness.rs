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

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::audio::BLOCK;

    /// Plays 1 kHz in stereo: each part is a level in dBFS and how long it lasts. Calls back after each block.
    fn play(meter: &mut LoudnessMeter, parts: &[(f64, f64)], mut heard: impl FnMut(f64, Loudness)) {
        let ends: Vec<(f64, usize)> = parts
            .iter()
            .scan(0.0f64, |end, (level_db, seconds)| {
                *end += seconds * 48_000.0;
                Some((10f64.powf(level_db / 20.0), end.round() as usize))
            })
            .collect();
        let last = ends.last().unwrap().1;
        for first in (0..last).step_by(BLOCK) {
            let block = std::array::from_fn(|n| {
                let level = ends.iter().find(|(_, end)| first + n < *end).map_or(0.0, |(level, _)| *level);
                [(((first + n) as f64 * 1000.0 / 48_000.0 * TAU).sin() * level) as f32; 2]
            });
            meter.feed(&block);
            if first % 4800 == 0 {
                heard(first as f64 / 48_000.0, meter.read());
            }
        }
    }

    fn measured(parts: &[(f64, f64)]) -> Loudness {
        let mut meter = LoudnessMeter::new();
        play(&mut meter, parts, |_, _| {});
        meter.read()
    }

    #[test]
    fn steady_tones_are_those_of_tech_3341_cases_1_and_2() {
        for lufs in [-23.0f32, -33.0] {
            let is = measured(&[(f64::from(lufs), 20.0)]);
            for is in [is.momentary_lufs, is.short_term_lufs, is.integrated_lufs] {
                assert!((is - lufs).abs() <= 0.1, "{is} LUFS, not {lufs}");
            }
        }
    }

    #[test]
    fn gated_programmes_are_those_of_tech_3341_cases_3_to_5() {
        let cases: [&[(f64, f64)]; 3] = [
            &[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)],
            &[(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)],
            &[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)],
        ];
        for case in cases {
            let is = measured(case).integrated_lufs;
            assert!((is - -23.0).abs() <= 0.1, "{case:?}: {is} LUFS");
        }
    }

    #[test]
    fn short_term_and_momentary_are_those_of_tech_3341_cases_9_and_12() {
        let short_term: Vec<(f64, f64)> = [(-20.0, 1.34), (-30.0, 1.66)].repeat(5);
        play(&mut LoudnessMeter::new(), &short_term, |seconds, is| {
            assert!(seconds < 3.1 || (is.short_term_lufs - -23.0).abs() <= 0.1, "{seconds} s: {is:?}");
        });
        let momentary: Vec<(f64, f64)> = [(-20.0, 0.18), (-30.0, 0.22)].repeat(25);
        play(&mut LoudnessMeter::new(), &momentary, |seconds, is| {
            assert!(seconds < 1.0 || (is.momentary_lufs - -23.0).abs() <= 0.1, "{seconds} s: {is:?}");
        });
    }

    #[test]
    fn ranges_are_those_of_tech_3342_cases_1_to_4() {
        let cases: [(&[f64], f32); 4] = [
            (&[-20.0, -30.0], 10.0),
            (&[-20.0, -15.0], 5.0),
            (&[-40.0, -20.0], 20.0),
            (&[-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
        ];
        for (levels, wanted) in cases {
            let parts: Vec<(f64, f64)> = levels.iter().map(|level| (*level, 20.0)).collect();
            let is = measured(&parts).range_lu;
            assert!((is - wanted).abs() <= 1.0, "{levels:?}: {is} LU");
        }
    }

    #[test]
    fn silence_is_the_floor_and_a_reset_forgets() {
        assert_eq!(LoudnessMeter::new().read(), Loudness::default());
        let mut meter = LoudnessMeter::new();
        play(&mut meter, &[(-10.0, 5.0)], |_, _| {});
        meter.reset();
        assert_eq!(meter.read(), Loudness::default());
        play(&mut meter, &[(-30.0, 5.0)], |_, _| {});
        assert!((meter.read().integrated_lufs - -30.0).abs() <= 0.1);
    }
}
