//! One bus: what is open on it, what changes when, and what becomes of the sum.

use std::collections::VecDeque;
use std::time::Duration;

use super::desk::StripIndex;
use super::duck::{Ducker, Ducking};
use super::limiter::Limiter;
use super::loudness::LoudnessMeter;
use super::meter::{BusReduction, Levels, Meter};
use super::sound::{self, Sound};
use super::strip::{Role, Strip};
use super::sum::{Slope, Sum};
use super::{BLOCK, Block, Loudness, Ramp, frames};

/// Changes of one kind that may be waiting for their time on a bus. One more brings the earliest forward.
pub(super) const MAX_CHANGES: usize = 64;

/// Largest factor of a crosspoint or a master: 20 dB. Faders and groups that add up go no higher.
const LOUDEST: f32 = 10.0;

/// When a bus hears a strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Timing {
    /// As soon as its sound is surely there: for those who talk with each other.
    Prompt,
    /// The desk's alignment and the strip's own delay after its stated time: in step with the pictures.
    #[default]
    Aligned,
}

/// Where a crosspoint takes a strip's sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Tap {
    /// After its mute.
    #[default]
    Post,
    /// Processed, before its mute: pre-fader listen. Always prompt, never ducked and no key.
    Pre,
}

/// Settings of a bus, which may change at any time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BusSettings {
    /// Another one counts from when nothing is open on the bus.
    pub timing: Timing,
    /// Whether the sum is kept below [`super::CEILING`].
    pub limiter: bool,
    /// Off without.
    pub ducking: Option<Ducking>,
    /// Whether loudness is measured, after the limiter. Switched off, what was measured is forgotten.
    pub loudness: bool,
}

impl Default for BusSettings {
    fn default() -> Self {
        Self { timing: Timing::Aligned, limiter: true, ducking: None, loudness: false }
    }
}

/// One open crosspoint of a [`Mix`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crosspoint {
    /// The strip.
    pub strip: StripIndex,
    /// As a factor: 0 to 10 (20 dB). What is no number is 0.
    pub gain: f32,
    /// Where its sound is taken.
    pub tap: Tap,
    /// How long the way there takes. Below 20 ms it may be heard as a click.
    pub ramp: Duration,
}

/// All that is open on a bus from some position on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mix {
    /// What is open. Of two for one strip and tap the later counts.
    pub crosspoints: Vec<Crosspoint>,
    /// How long it takes all others to close.
    pub closing: Duration,
}

/// A bus that is in use.
#[derive(Debug)]
pub(super) struct Bus {
    settings: BusSettings,
    timing: Timing,
    /// Crosspoints that are open or still close. What is not here is not in the sum.
    open: Vec<Open>,
    master: Ramp,
    mixes: VecDeque<Dated<Mix>>,
    fades: VecDeque<Dated<Fade>>,
    ducker: Ducker,
    limiter: Limiter,
    meter: Meter,
    loudness: Option<Box<LoudnessMeter>>,
    sum: Sound,
}

#[derive(Debug)]
struct Open {
    strip: StripIndex,
    tap: Tap,
    gain: Ramp,
    /// The factor of ducking where the last block ended; `None` before its first.
    duck: Option<f32>,
}

/// What changes at a position.
#[derive(Debug)]
struct Dated<T> {
    at: u64,
    to: T,
}

#[derive(Debug)]
struct Fade {
    gain: f32,
    ramp: u32,
}

fn sane(gain: f32) -> f32 {
    if gain.is_finite() { gain.clamp(0.0, LOUDEST) } else { 0.0 }
}

/// Calls keep their order: one for an earlier position than one that waits is carried out with it, in its place. An older call
/// that was carried out after a newer one would undo it. Gives what has to be carried out at once for want of room.
fn schedule<T>(waiting: &mut VecDeque<Dated<T>>, at: u64, to: T) -> Option<T> {
    if let Some(last) = waiting.back_mut()
        && last.at >= at
    {
        last.to = to;
        return None;
    }
    let pushed_out = if waiting.len() == MAX_CHANGES { waiting.pop_front() } else { None };
    waiting.push_back(Dated { at, to });
    pushed_out.map(|dated| dated.to)
}

/// The next one that is due at a position.
fn due<T>(waiting: &mut VecDeque<Dated<T>>, position: u64) -> Option<T> {
    let is_due = waiting.front().is_some_and(|dated| dated.at <= position);
    if is_due { waiting.pop_front().map(|dated| dated.to) } else { None }
}

impl Bus {
    /// A silent bus.
    pub fn new() -> Self {
        let settings = BusSettings::default();
        Self {
            settings,
            timing: settings.timing,
            open: Vec::new(),
            master: Ramp::new(1.0),
            mixes: VecDeque::new(),
            fades: VecDeque::new(),
            ducker: Ducker::default(),
            limiter: Limiter::new(),
            meter: Meter::default(),
            loudness: None,
            sum: Sound::new(),
        }
    }

    pub fn set(&mut self, settings: BusSettings) {
        self.settings = settings;
        self.limiter.switch(settings.limiter);
        match (settings.loudness, &self.loudness) {
            (true, None) => self.loudness = Some(Box::new(LoudnessMeter::new())),
            (false, Some(_)) => self.loudness = None,
            _ => {}
        }
    }

    pub fn route(&mut self, mix: Mix, at: u64) {
        if let Some(mix) = schedule(&mut self.mixes, at, mix) {
            self.apply_mix(&mix);
        }
    }

    pub fn fade(&mut self, gain: f32, at: u64, ramp: Duration) {
        if let Some(fade) = schedule(&mut self.fades, at, Fade { gain: sane(gain), ramp: frames(ramp) }) {
            self.master.go(fade.gain, fade.ramp);
        }
    }

    /// Closes a strip, now and in what waits for its time.
    pub fn close(&mut self, strip: StripIndex, ramp: Duration) {
        for open in self.open.iter_mut().filter(|open| open.strip == strip) {
            open.gain.go(0.0, frames(ramp));
        }
        self.open.retain(Open::is_heard);
        for waiting in &mut self.mixes {
            waiting.to.crosspoints.retain(|crosspoint| crosspoint.strip != strip);
        }
    }

    /// Whether something of a strip is heard.
    pub fn has(&self, strip: StripIndex) -> bool {
        self.open.iter().any(|open| open.strip == strip)
    }

    fn apply_mix(&mut self, mix: &Mix) {
        for open in &mut self.open {
            if !mix.crosspoints.iter().any(|crosspoint| open.is(crosspoint)) {
                open.gain.turn(0.0, frames(mix.closing));
            }
        }
        for crosspoint in &mix.crosspoints {
            let (gain, ramp) = (sane(crosspoint.gain), frames(crosspoint.ramp));
            if let Some(open) = self.open.iter_mut().find(|open| open.is(crosspoint)) {
                open.gain.go(gain, ramp);
            } else if gain > 0.0 {
                let mut open = Open { strip: crosspoint.strip, tap: crosspoint.tap, gain: Ramp::new(0.0), duck: None };
                open.gain.go(gain, ramp);
                self.open.push(open);
            }
        }
    }

    /// Mixes the block that begins at this position.
    pub fn mix(&mut self, strips: &[Option<Box<Strip>>], position: u64) {
        if self.open.is_empty() {
            self.timing = self.settings.timing;
        }
        let duck = self.ducker.step(self.settings.ducking.as_ref(), self.key_power(strips));
        self.sum.silence();
        let mut from = 0;
        while from < BLOCK {
            let to = self.change(position, from);
            self.add(strips, duck, from, to);
            from = to;
        }
        for open in &mut self.open {
            open.duck = Some(open.duck_target(strips, duck));
        }
        self.open.retain(Open::is_heard);
        self.limiter.apply(&mut self.sum);
        self.meter.feed(&self.sum);
        if let Some(loudness) = &mut self.loudness {
            loudness.feed(&self.sum.block);
        }
    }

    /// Carries out what is due at a frame of the block. Says up to which frame nothing else is.
    fn change(&mut self, position: u64, from: usize) -> usize {
        let now = position.saturating_add(from as u64);
        while let Some(mix) = due(&mut self.mixes, now) {
            self.apply_mix(&mix);
        }
        while let Some(fade) = due(&mut self.fades, now) {
            self.master.go(fade.gain, fade.ramp);
        }
        let next = self.mixes.front().map(|dated| dated.at).into_iter().chain(self.fades.front().map(|dated| dated.at));
        let next = next.min().map(|at| usize::try_from(at.saturating_sub(position)).unwrap_or(BLOCK));
        next.map_or(BLOCK, |next| next.clamp(from + 1, BLOCK))
    }

    /// Adds every strip's part, and moves the gains on.
    fn add(&mut self, strips: &[Option<Box<Strip>>], duck: f32, from: usize, to: usize) {
        let mut sum = Sum::of(&mut self.sum.block[from..to]);
        let mut is_silent = self.sum.is_silent;
        for open in &mut self.open {
            let strip = strips.get(open.strip.0).and_then(Option::as_deref);
            let Some(sound) = strip.map(|strip| strip.sound(self.timing, open.tap)).filter(|sound| !sound.is_silent)
            else {
                open.gain.skip(u32::try_from(to - from).unwrap_or(u32::MAX));
                continue;
            };
            is_silent = false;
            let frames = &sound.block[from..to];
            let duck = open.duck_target(strips, duck);
            let ducked = (open.duck.unwrap_or(duck), duck);
            match open.gain.resting() {
                Some(gain) if ducked.0 == ducked.1 => sum.add(frames, gain * duck),
                _ => sum.add_moving(frames, &mut open.gain, Slope::through_a_block(ducked, from)),
            }
        }
        sum.finish();
        self.sum.is_silent = is_silent;
        if self.sum.is_silent {
            self.master.skip(u32::try_from(to - from).unwrap_or(u32::MAX));
        } else {
            sound::scale(&mut self.sum.block[from..to], &mut self.master);
        }
    }

    /// Mean square of what is heard of the key strips, taken for unrelated.
    fn key_power(&self, strips: &[Option<Box<Strip>>]) -> f32 {
        if self.settings.ducking.is_none() {
            return 0.0;
        }
        let power = |open: &Open| {
            let strip = strips.get(open.strip.0).and_then(Option::as_deref)?;
            let is_key = strip.role() == Role::Key && open.tap == Tap::Post;
            is_key.then(|| strip.sound(self.timing, open.tap).power() * open.gain.value().powi(2))
        };
        self.open.iter().filter_map(power).sum()
    }

    /// What it carried in the block mixed last.
    pub fn block(&self) -> &Block {
        &self.sum.block
    }

    pub fn levels(&mut self) -> Levels {
        self.meter.take()
    }

    pub fn reduction(&mut self) -> BusReduction {
        BusReduction { limiter_db: self.limiter.reduction_db(), ducking_db: self.ducker.reduction_db() }
    }

    pub fn loudness(&self) -> Option<Loudness> {
        self.loudness.as_ref().map(|loudness| loudness.read())
    }

    pub fn reset_loudness(&mut self) {
        if let Some(loudness) = &mut self.loudness {
            loudness.reset();
        }
    }
}

impl Open {
    fn is(&self, crosspoint: &Crosspoint) -> bool {
        self.strip == crosspoint.strip && self.tap == crosspoint.tap
    }

    fn is_heard(&self) -> bool {
        self.gain.resting() != Some(0.0)
    }

    /// The factor of ducking at the end of the block.
    fn duck_target(&self, strips: &[Option<Box<Strip>>], duck: f32) -> f32 {
        match strips.get(self.strip.0).and_then(Option::as_deref) {
            Some(strip) if self.tap == Tap::Post && duck != 1.0 => 1.0 + strip.ducked() * (duck - 1.0),
            _ => 1.0,
        }
    }
}
