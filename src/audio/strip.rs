//! One strip: reads its input once a block, processes it once, and keeps the result for two taps of time.

mod compressor;
mod dynamics;
mod filter;
mod front;
mod gate;
mod pan;

use std::time::Duration;

pub use compressor::Compressor;
pub use gate::Gate;

use super::bus::{Tap, Timing};
use super::delay::DelayLine;
use super::input::Input;
use super::meter::{Levels, Meter, StripReduction};
use super::sound::Sound;
use super::tape::FADE;
use super::{BLOCK, Ramp, SMOOTH, frames};
use dynamics::Dynamics;
use filter::HighPass;
use front::Front;
use pan::Pan;

/// The longest [`Processing::delay`].
pub const MAX_DELAY: Duration = Duration::from_secs(2);

/// What a strip does with its sound. Everything may change at any time. Values outside of their range count as its nearest end;
/// what is no number is the default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Processing {
    /// In dB, −20 to 40.
    pub input_gain_db: f32,
    /// Stereo as it comes, or both sides summed.
    pub width: Width,
    /// Second-order Butterworth (12 dB per octave), 40 to 400 Hz; off without.
    pub high_pass_hz: Option<f32>,
    /// Gate or expander; off without.
    pub gate: Option<Gate>,
    /// Off without.
    pub compressor: Option<Compressor>,
    /// −1 is left, 0 the middle, 1 right. See [`Width`] for the law.
    pub pan: f32,
    /// Not heard on any bus, but still metered and heard before the mute ([`Tap::Pre`]).
    pub is_muted: bool,
    /// How much later it is heard on [`Timing::Aligned`] buses, for lip-sync: up to [`MAX_DELAY`].
    pub delay: Duration,
    /// Its part in ducking.
    pub role: Role,
}

impl Default for Processing {
    fn default() -> Self {
        Self {
            input_gain_db: 0.0,
            width: Width::Stereo,
            high_pass_hz: None,
            gate: None,
            compressor: None,
            pan: 0.0,
            is_muted: false,
            delay: Duration::ZERO,
            role: Role::Plain,
        }
    }
}

/// How wide a strip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Width {
    /// Left and right as they come. Pan is a balance: the far side goes down along a cosine and nothing is moved across, since
    /// a side that is moved onto the other would comb with it.
    #[default]
    Stereo,
    /// Half the sum of both sides on both: what is the same on both keeps its level. Pan is of equal power with unity in the
    /// middle: a voice stays as loud wherever it is put, and one in the middle is left alone. At the ends it is 3 dB up on one
    /// side.
    Mono,
}

/// A strip's part in ducking, on the buses that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Role {
    /// None.
    #[default]
    Plain,
    /// Its level takes [`Role::Ducked`] strips down, on the buses on which it is heard itself: a co-host.
    Key,
    /// Goes down under [`Role::Key`] strips: music, venues.
    Ducked,
}

/// Whether a strip's input stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plug {
    In,
    /// It is pulled as soon as nothing of it is heard any more.
    Out,
}

/// A strip with an input.
#[derive(Debug)]
pub(super) struct Strip {
    input: Input,
    pub plug: Plug,
    /// Frames between the desk's alignment and when the input is read: what aligned buses wait beyond that.
    early: u32,
    alignment: u32,
    /// Position of the block that is to come; `None` before the first.
    next: Option<u64>,
    stages: Stages,
    pre: Sound,
    post: Sound,
    aligned: Sound,
    line: DelayLine,
    meter: Meter,
}

/// What the sound passes, in this order.
#[derive(Debug)]
struct Stages {
    /// From nothing: sound that is met in its middle must not click.
    onset: Ramp,
    front: Front,
    high_pass: HighPass,
    dynamics: Dynamics,
    pan: Pan,
    mute: Ramp,
    role: Role,
    /// How much of it is ducked: 0 or 1, or on the way.
    ducked: Ramp,
}

impl Stages {
    fn new(settings: &Processing) -> Self {
        let mut onset = Ramp::new(0.0);
        onset.go(1.0, FADE as u32);
        Self {
            onset,
            front: Front::new(settings),
            high_pass: HighPass::new(settings.high_pass_hz),
            dynamics: Dynamics::new(settings.gate, settings.compressor),
            pan: Pan::new(settings),
            mute: Ramp::new(audible(settings)),
            role: settings.role,
            ducked: Ramp::new(share(settings.role)),
        }
    }

    fn set(&mut self, settings: &Processing) {
        self.front.set(settings);
        self.high_pass.set(settings.high_pass_hz);
        self.dynamics.set(settings.gate, settings.compressor);
        self.pan.set(settings);
        self.mute.turn(audible(settings), SMOOTH);
        self.role = settings.role;
        self.ducked.turn(share(settings.role), SMOOTH);
    }
}

fn audible(settings: &Processing) -> f32 {
    if settings.is_muted { 0.0 } else { 1.0 }
}

fn share(role: Role) -> f32 {
    if role == Role::Ducked { 1.0 } else { 0.0 }
}

impl Strip {
    /// A strip with everything off, on a desk with this alignment in frames.
    pub fn new(input: Input, alignment: u32) -> Self {
        let early = input.early().min(alignment);
        let base = (alignment - early) as usize;
        Self {
            input,
            plug: Plug::In,
            early,
            alignment,
            next: None,
            stages: Stages::new(&Processing::default()),
            pre: Sound::new(),
            post: Sound::new(),
            aligned: Sound::new(),
            line: DelayLine::new(base, base + frames(MAX_DELAY) as usize),
            meter: Meter::default(),
        }
    }

    /// Changes what it does with its sound: at once before its first block, smoothly afterwards.
    pub fn set(&mut self, settings: &Processing) {
        let delay = (self.alignment - self.early) as usize + frames(settings.delay.min(MAX_DELAY)) as usize;
        if self.next.is_none() {
            self.stages = Stages::new(settings);
            self.line.jump(delay);
        } else {
            self.stages.set(settings);
            self.line.set(delay);
        }
    }

    /// Reads and processes the block that begins at this position of the event clock.
    pub fn run(&mut self, position: u64) {
        if self.next.is_some_and(|next| next != position) {
            // The driver has left blocks out: what was kept belongs to another time.
            self.line.clear();
            self.stages.onset = Ramp::new(0.0);
            self.stages.onset.go(1.0, FADE as u32);
        }
        self.next = Some(position.saturating_add(BLOCK as u64));
        match position.checked_sub(u64::from(self.early)) {
            Some(position) => {
                self.input.read(position, &mut self.pre.block);
                self.pre.look();
            }
            // Before time began.
            None => self.pre.silence(),
        }
        let stages = &mut self.stages;
        self.pre.scale(&mut stages.onset);
        stages.front.apply(&mut self.pre);
        stages.high_pass.apply(&mut self.pre);
        stages.dynamics.apply(&mut self.pre);
        stages.pan.apply(&mut self.pre);
        self.meter.feed(&self.pre);
        self.post.copy(&self.pre);
        self.post.scale(&mut stages.mute);
        self.line.pass(&self.post, &mut self.aligned);
        stages.ducked.skip(BLOCK as u32);
    }

    /// What a bus hears of the block.
    pub fn sound(&self, timing: Timing, tap: Tap) -> &Sound {
        match (tap, timing) {
            (Tap::Pre, _) => &self.pre,
            (Tap::Post, Timing::Prompt) => &self.post,
            (Tap::Post, Timing::Aligned) => &self.aligned,
        }
    }

    pub fn role(&self) -> Role {
        self.stages.role
    }

    /// How much of it is ducked at the end of the block.
    pub fn ducked(&self) -> f32 {
        self.stages.ducked.value()
    }

    /// Levels since they were last asked for: processed, before the mute.
    pub fn levels(&mut self) -> Levels {
        self.meter.take()
    }

    /// How much gate and compressor took away at most since they were last asked.
    pub fn reduction(&mut self) -> StripReduction {
        self.stages.dynamics.reduction()
    }
}

#[cfg(test)]
mod tests;
