//! The first stage of a strip: input gain, and the sum of both sides for mono.

use super::{Processing, Width};
use crate::audio::sound::Sound;
use crate::audio::{BLOCK, Ramp, SMOOTH, linear, within};

/// Range of the input gain, in dB.
const LOWEST_DB: f32 = -20.0;
const HIGHEST_DB: f32 = 40.0;

#[derive(Debug)]
pub(super) struct Front {
    gain: Ramp,
    /// 0 is stereo, 1 mono.
    mono: Ramp,
}

fn gain(settings: &Processing) -> f32 {
    linear(within(settings.input_gain_db, LOWEST_DB, HIGHEST_DB, 0.0))
}

fn mono(settings: &Processing) -> f32 {
    match settings.width {
        Width::Stereo => 0.0,
        Width::Mono => 1.0,
    }
}

impl Front {
    pub(super) fn new(settings: &Processing) -> Self {
        Self { gain: Ramp::new(gain(settings)), mono: Ramp::new(mono(settings)) }
    }

    pub(super) fn set(&mut self, settings: &Processing) {
        self.gain.turn(gain(settings), SMOOTH);
        self.mono.turn(mono(settings), SMOOTH);
    }

    pub(super) fn apply(&mut self, sound: &mut Sound) {
        if sound.is_silent {
            self.gain.skip(BLOCK as u32);
            self.mono.skip(BLOCK as u32);
            return;
        }
        if self.mono.resting() != Some(0.0) {
            let mut shares = [0.0; BLOCK];
            self.mono.fill(&mut shares);
            for (frame, share) in sound.block.iter_mut().zip(shares) {
                let across = (frame[0] - frame[1]) * 0.5 * share;
                *frame = [frame[0] - across, frame[1] + across];
            }
        }
        sound.scale(&mut self.gain);
    }
}
