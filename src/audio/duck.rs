//! Ducking on a bus: while somebody speaks, music and venues step back.
//!
//! Each bus listens to the voices that it carries itself: what one hears goes down for those whom one hears, and a bus depends
//! in no way on a strip that it does not have.

use std::time::Duration;

use super::{BLOCK_LENGTH, decibel, linear, within};

/// Range of [`Ducking::depth_db`].
const DEEPEST_DB: f32 = 40.0;

/// How fast it goes back, in dB per block, once it is switched off: 40 dB in half a second.
const OFF_STEP_DB: f32 = 0.8;

/// Settings of a bus's ducking. Values outside of their range count as its nearest end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ducking {
    /// Sum of the key strips' RMS on this bus, both sides' mean, from which on it takes hold, in dBFS: −80 to 0.
    pub threshold_db: f32,
    /// How far ducked strips go down, in dB: 0 to 40.
    pub depth_db: f32,
    /// How long it takes to go down: 50 ms to 1 s.
    pub attack: Duration,
    /// How long it stays down after the last sound above the threshold: up to 10 s.
    pub hold: Duration,
    /// How long it takes to come back: 200 ms to 10 s.
    pub release: Duration,
}

impl Default for Ducking {
    fn default() -> Self {
        Self {
            threshold_db: -40.0,
            depth_db: 14.0,
            attack: Duration::from_millis(80),
            hold: Duration::from_millis(400),
            release: Duration::from_millis(1000),
        }
    }
}

/// One bus's ducking, block by block.
#[derive(Debug, Default)]
pub(super) struct Ducker {
    /// 0 or more.
    reduction_db: f32,
    /// Blocks for which it still stays down.
    held: u32,
    /// Since it was last asked.
    most_db: f32,
}

/// Blocks in a span, at least one.
fn blocks(span: Duration) -> f32 {
    (span.as_secs_f32() / BLOCK_LENGTH.as_secs_f32()).max(1.0)
}

impl Ducker {
    /// The factor for ducked strips at the end of a block, given the mean square of the key strips' sum in it. Within the block
    /// it moves in a straight line.
    pub fn step(&mut self, settings: Option<&Ducking>, power: f32) -> f32 {
        let Some(settings) = settings else {
            self.held = 0;
            self.reduction_db = (self.reduction_db - OFF_STEP_DB).max(0.0);
            return self.factor();
        };
        let ms = Duration::from_millis;
        let depth_db = within(settings.depth_db, 0.0, DEEPEST_DB, 0.0);
        let down_db = depth_db / blocks(settings.attack.clamp(ms(50), ms(1000)));
        let up_db = depth_db.max(1.0) / blocks(settings.release.clamp(ms(200), ms(10_000)));
        if 0.5 * decibel(power.max(f32::MIN_POSITIVE)) >= within(settings.threshold_db, -80.0, 0.0, 0.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a thousand")]
            let held = blocks(settings.hold.min(ms(10_000))) as u32;
            self.held = held;
        } else {
            self.held = self.held.saturating_sub(1);
        }
        let target_db = if self.held > 0 { depth_db } else { 0.0 };
        self.reduction_db = if target_db > self.reduction_db {
            (self.reduction_db + down_db).min(target_db)
        } else {
            (self.reduction_db - up_db).max(target_db)
        };
        self.factor()
    }

    fn factor(&mut self) -> f32 {
        self.most_db = self.most_db.max(self.reduction_db);
        if self.reduction_db == 0.0 { 1.0 } else { linear(-self.reduction_db) }
    }

    /// How far it went down at most since this was last asked, in dB.
    pub fn reduction_db(&mut self) -> f32 {
        std::mem::take(&mut self.most_db)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUCKING: Ducking = Ducking {
        threshold_db: -40.0,
        depth_db: 20.0,
        attack: Duration::from_millis(80),
        hold: Duration::from_millis(300),
        release: Duration::from_millis(1000),
    };

    /// What the factor is in dB after so many blocks of a power.
    fn run(ducker: &mut Ducker, settings: Option<&Ducking>, power: f32, blocks: usize) -> f32 {
        (0..blocks).map(|_| decibel(ducker.step(settings, power))).last().unwrap()
    }

    #[test]
    fn it_goes_down_in_its_attack_holds_and_comes_back_in_its_release() {
        let mut ducker = Ducker::default();
        let close = |is: f32, wanted: f32| (is - wanted).abs() < 0.01;
        assert!(close(run(&mut ducker, Some(&DUCKING), 0.9e-4, 100), 0.0), "below the threshold");
        assert!(close(run(&mut ducker, Some(&DUCKING), 1.1e-4, 4), -10.0), "half of the attack");
        assert!(close(run(&mut ducker, Some(&DUCKING), 1.1e-4, 4), -20.0));
        assert!(close(run(&mut ducker, Some(&DUCKING), 0.0, 29), -20.0), "held");
        assert!(close(run(&mut ducker, Some(&DUCKING), 0.0, 50), -10.0), "half of the release");
        assert!(close(run(&mut ducker, Some(&DUCKING), 0.0, 51), 0.0));
        assert_eq!(ducker.step(Some(&DUCKING), 0.0), 1.0);
        assert!(close(ducker.reduction_db(), 20.0));
    }

    #[test]
    fn whatever_is_set_no_block_moves_it_by_more_than_its_shortest_attack() {
        let hasty = Ducking { depth_db: 1e9, attack: Duration::ZERO, release: Duration::ZERO, ..DUCKING };
        let odd = Ducking { depth_db: f32::NAN, threshold_db: f32::NAN, hold: Duration::MAX, ..DUCKING };
        let mut ducker = Ducker::default();
        let mut before = 0.0;
        for settings in [Some(&hasty), Some(&DUCKING), None, Some(&hasty), Some(&odd), Some(&hasty), None] {
            for power in [1.0, 0.0] {
                for _ in 0..20 {
                    let now = decibel(ducker.step(settings, power));
                    assert!((now - before).abs() <= 8.01, "40 dB in 50 ms: {before} to {now}");
                    before = now;
                }
            }
        }
    }
}
