//! The gate of a strip: what is below a threshold is made quieter, gently (an expander) or down to nearly nothing.

use std::time::Duration;

use super::dynamics::{Law, rest, steps};
use crate::audio::within;

/// A gate's settings. Values outside of their range count as its nearest end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// Peaks below this are made quieter, in dBFS: −80 to 0.
    pub threshold_db: f32,
    /// dB that come out for one dB below the threshold: 1 (nothing happens) to 100 (a gate); 2 is a gentle expander.
    pub ratio: f32,
    /// The most that is taken away, in dB: 0 to 80.
    pub range_db: f32,
    /// Time constant of opening: 1 ms to 1 s.
    pub attack: Duration,
    /// How long it stays open after the last sound above the threshold: up to 5 s.
    pub hold: Duration,
    /// Time constant of closing: 10 ms to 5 s.
    pub release: Duration,
}

impl Default for Gate {
    /// An expander for voices: the room goes down by 20 dB between sentences.
    fn default() -> Self {
        Self {
            threshold_db: -50.0,
            ratio: 2.0,
            range_db: 20.0,
            attack: Duration::from_millis(3),
            hold: Duration::from_millis(200),
            release: Duration::from_millis(200),
        }
    }
}

#[derive(Debug)]
pub(super) struct Expander {
    threshold_db: f32,
    slope: f32,
    range_db: f32,
    attack: f32,
    release: f32,
    hold: u32,
    /// Steps for which it still stays open.
    held: u32,
    gain_db: f32,
}

impl Expander {
    /// The static law: what a steady level ends at.
    fn target_db(&self, level_db: f32) -> f32 {
        ((level_db - self.threshold_db).min(0.0) * self.slope).max(-self.range_db)
    }
}

impl Law for Expander {
    type Settings = Gate;

    fn new(settings: Gate, gain_db: f32) -> Self {
        let ms = Duration::from_millis;
        Self {
            threshold_db: within(settings.threshold_db, -80.0, 0.0, -50.0),
            slope: within(settings.ratio, 1.0, 100.0, 1.0) - 1.0,
            range_db: within(settings.range_db, 0.0, 80.0, 0.0),
            attack: rest(settings.attack.clamp(ms(1), ms(1000))),
            release: rest(settings.release.clamp(ms(10), ms(5000))),
            hold: steps(settings.hold.min(ms(5000))),
            held: 0,
            gain_db,
        }
    }

    fn step(&mut self, level_db: f32) -> f32 {
        let target_db = self.target_db(level_db);
        let rest = if target_db >= self.gain_db {
            self.held = self.hold;
            self.attack
        } else if self.held > 0 {
            self.held -= 1;
            return self.gain_db;
        } else {
            self.release
        };
        self.gain_db = target_db + (self.gain_db - target_db) * rest;
        if (self.gain_db - target_db).abs() < 1e-3 {
            self.gain_db = target_db;
        }
        self.gain_db
    }

    fn reduction_db(&self) -> f32 {
        -self.gain_db
    }
}
