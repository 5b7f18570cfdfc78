//! The compressor of a strip: what is above a threshold is made quieter, so that a voice stays at its level.

use std::time::Duration;

use super::dynamics::{Law, rest};
use crate::audio::within;

/// A compressor's settings. Values outside of their range count as its nearest end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compressor {
    /// Peaks above this are made quieter, in dBFS: −60 to 0.
    pub threshold_db: f32,
    /// dB above the threshold for one dB that is left of them: 1 (nothing happens) to 100.
    pub ratio: f32,
    /// How wide the bend is around the threshold, in dB: 0 is a corner; up to 24.
    pub knee_db: f32,
    /// Time constant of taking hold: 1 ms to 1 s.
    pub attack: Duration,
    /// Time constant of letting go: 10 ms to 5 s.
    pub release: Duration,
    /// Gain afterwards, in dB: 0 to 24.
    pub make_up_db: f32,
}

impl Default for Compressor {
    /// For voices: 3 to 1 above −20 dBFS, softly.
    fn default() -> Self {
        Self {
            threshold_db: -20.0,
            ratio: 3.0,
            knee_db: 6.0,
            attack: Duration::from_millis(10),
            release: Duration::from_millis(150),
            make_up_db: 0.0,
        }
    }
}

#[derive(Debug)]
pub(super) struct Reducer {
    threshold_db: f32,
    /// What is taken away of each dB above the threshold.
    slope: f32,
    knee_db: f32,
    attack: f32,
    release: f32,
    make_up_db: f32,
    /// 0 or more.
    reduction_db: f32,
}

impl Reducer {
    /// The static law: what is taken away of a steady level.
    fn target_db(&self, level_db: f32) -> f32 {
        let over_db = level_db - self.threshold_db;
        let into_db = over_db + self.knee_db / 2.0;
        if into_db <= 0.0 {
            0.0
        } else if into_db < self.knee_db {
            // A parabola that meets both straight lines with their own slopes.
            self.slope * into_db * into_db / (2.0 * self.knee_db)
        } else {
            self.slope * over_db
        }
    }
}

impl Law for Reducer {
    type Settings = Compressor;

    fn new(settings: Compressor, gain_db: f32) -> Self {
        let ms = Duration::from_millis;
        let make_up_db = within(settings.make_up_db, 0.0, 24.0, 0.0);
        Self {
            threshold_db: within(settings.threshold_db, -60.0, 0.0, 0.0),
            slope: 1.0 - 1.0 / within(settings.ratio, 1.0, 100.0, 1.0),
            knee_db: within(settings.knee_db, 0.0, 24.0, 0.0),
            attack: rest(settings.attack.clamp(ms(1), ms(1000))),
            release: rest(settings.release.clamp(ms(10), ms(5000))),
            make_up_db,
            reduction_db: (make_up_db - gain_db).max(0.0),
        }
    }

    fn step(&mut self, level_db: f32) -> f32 {
        let target_db = self.target_db(level_db);
        let rest = if target_db > self.reduction_db { self.attack } else { self.release };
        self.reduction_db = target_db + (self.reduction_db - target_db) * rest;
        if (self.reduction_db - target_db).abs() < 1e-3 {
            self.reduction_db = target_db;
        }
        self.make_up_db - self.reduction_db
    }

    fn reduction_db(&self) -> f32 {
        self.reduction_db
    }
}
