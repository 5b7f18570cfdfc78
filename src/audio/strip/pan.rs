//! The last stage of a strip before its mute: where it is heard between left and right. [`Width`] says by which law.

use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, SQRT_2};

use super::{Processing, Width};
use crate::audio::sound::Sound;
use crate::audio::{BLOCK, Ramp, SMOOTH, within};

#[derive(Debug)]
pub(super) struct Pan {
    sides: [Ramp; 2],
}

/// Gains of left and right.
fn sides(settings: &Processing) -> [f32; 2] {
    let pan = within(settings.pan, -1.0, 1.0, 0.0);
    if pan == 0.0 {
        // Exactly: the middle passes bit by bit.
        return [1.0; 2];
    }
    match settings.width {
        Width::Stereo => {
            [(pan.max(0.0) * FRAC_PI_2).cos(), (-pan.min(0.0) * FRAC_PI_2).cos()].map(|gain| gain.max(0.0))
        }
        Width::Mono => {
            let angle = (pan + 1.0) * FRAC_PI_4;
            [SQRT_2 * angle.cos(), SQRT_2 * angle.sin()].map(|gain| gain.max(0.0))
        }
    }
}

impl Pan {
    pub(super) fn new(settings: &Processing) -> Self {
        Self { sides: sides(settings).map(Ramp::new) }
    }

    pub(super) fn set(&mut self, settings: &Processing) {
        for (side, gain) in self.sides.iter_mut().zip(sides(settings)) {
            side.turn(gain, SMOOTH);
        }
    }

    pub(super) fn apply(&mut self, sound: &mut Sound) {
        if sound.is_silent {
            self.sides.iter_mut().for_each(|side| side.skip(BLOCK as u32));
            return;
        }
        if self.sides.iter().all(|side| side.resting() == Some(1.0)) {
            return;
        }
        let mut gains = [[0.0; BLOCK]; 2];
        for (side, gains) in self.sides.iter_mut().zip(&mut gains) {
            side.fill(gains);
        }
        let [left, right] = &gains;
        for ((frame, left), right) in sound.block.iter_mut().zip(left).zip(right) {
            *frame = [frame[0] * left, frame[1] * right];
        }
    }
}
