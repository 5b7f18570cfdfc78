//! The desk: strips in, buses out, one gain per crosspoint. Whoever drives it asks for one block after another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::limiter::Limiter;
use super::ring::{Losses, Ring};
use super::{BLOCK, Block, Frame, Levels, Meter, RATE, Ramp, SILENCE, frames, position};

/// How much a strip remembers beside its delay: what a source may be ahead of the desk.
const MEMORY: usize = RATE as usize;

/// Changes that may be waiting for their time. One more brings the earliest forward.
const MAX_CHANGES: usize = 64;

/// A strip of a desk, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StripIndex(pub usize);

/// A mixing bus of a desk, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BusIndex(pub usize);

/// Where a source's sound goes in. Cloning it is cheap; its lock is held for microseconds.
#[derive(Debug, Clone)]
pub struct Input(Arc<Mutex<Ring>>);

impl Input {
    /// Writes stereo samples, left and right by turns, whose first one sounds at this instant of the event clock. Any
    /// length; see [`Ring::write`] for what happens to gaps, overlaps and garbage.
    pub fn write(&self, at: Duration, samples: &[f32]) {
        let (frames, _) = samples.as_chunks::<2>();
        self.lock().write(position(at), frames);
    }

    /// What was dropped and joined so far.
    pub fn losses(&self) -> Losses {
        self.lock().losses()
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().expect("no code panics while it holds a ring")
    }
}

/// Strips, buses and what joins them.
#[derive(Debug)]
pub struct Desk {
    strips: Vec<Strip>,
    buses: Vec<Bus>,
    /// The earliest first.
    changes: VecDeque<Change>,
}

#[derive(Debug)]
struct Strip {
    input: Input,
    delay: u64,
    block: Block,
    meter: Meter,
}

#[derive(Debug)]
struct Bus {
    /// One crosspoint for each strip.
    gains: Box<[Ramp]>,
    block: Block,
    limiter: Limiter,
    meter: Meter,
}

/// New gains of a whole bus, so that strips open and close together.
#[derive(Debug)]
struct Change {
    at: u64,
    bus: BusIndex,
    gains: Vec<f32>,
    ramp: u32,
}

impl Desk {
    /// A desk with everything closed. Every strip is heard `delay` after its stated time.
    pub fn new(strips: usize, buses: usize, delay: Duration) -> Self {
        let delay = frames(delay);
        let strip = || Strip {
            input: Input(Arc::new(Mutex::new(Ring::new(MEMORY + delay as usize)))),
            delay: u64::from(delay),
            block: SILENCE,
            meter: Meter::default(),
        };
        let bus = || Bus {
            gains: vec![Ramp::new(0.0); strips].into(),
            block: SILENCE,
            limiter: Limiter::new(),
            meter: Meter::default(),
        };
        Self {
            strips: std::iter::repeat_with(strip).take(strips).collect(),
            buses: std::iter::repeat_with(bus).take(buses).collect(),
            changes: VecDeque::with_capacity(MAX_CHANGES),
        }
    }

    /// Where a strip's sound goes in.
    pub fn input(&self, strip: StripIndex) -> Option<Input> {
        self.strips.get(strip.0).map(|strip| strip.input.clone())
    }

    /// From position `at` on, these strips are heard on a bus at unity and all others are not; gains get there within
    /// `ramp`. A position that is past already means the next block. Of two calls for one position the later counts.
    pub fn open(&mut self, bus: BusIndex, strips: &[StripIndex], at: u64, ramp: Duration) {
        let mut gains = vec![0.0; self.strips.len()];
        for strip in strips {
            if let Some(gain) = gains.get_mut(strip.0) {
                *gain = 1.0;
            }
        }
        self.set(bus, gains, at, ramp);
    }

    /// As [`Desk::open`], with a linear gain for each strip; strips without one are closed.
    pub fn set(&mut self, bus: BusIndex, gains: Vec<f32>, at: u64, ramp: Duration) {
        let change = Change { at, bus, gains, ramp: frames(ramp) };
        // A fader that moves while a take waits must not push that take out.
        if let Some(same) = self.changes.iter_mut().find(|waiting| waiting.at == at && waiting.bus == bus) {
            *same = change;
            return;
        }
        if self.changes.len() == MAX_CHANGES
            && let Some(earliest) = self.changes.pop_front()
        {
            self.apply(&earliest);
        }
        let place = self.changes.partition_point(|change| change.at <= at);
        self.changes.insert(place, change);
    }

    /// Mixes the block that begins at a position of the event clock. It is then read by [`Desk::bus`].
    pub fn mix(&mut self, position: u64) {
        for strip in &mut self.strips {
            strip.read(position);
        }
        for bus in &mut self.buses {
            bus.block = SILENCE;
        }
        let mut from = 0;
        while from < BLOCK {
            while self.changes.front().is_some_and(|change| change.at <= position.saturating_add(from as u64)) {
                if let Some(due) = self.changes.pop_front() {
                    self.apply(&due);
                }
            }
            let to = self.changes.front().map_or(BLOCK, |change| {
                usize::try_from(change.at - position).map_or(BLOCK, |change| change.min(BLOCK))
            });
            for bus in &mut self.buses {
                bus.mix(&self.strips, from, to);
            }
            from = to;
        }
        for bus in &mut self.buses {
            bus.limiter.apply(&mut bus.block);
            bus.meter.feed(&bus.block);
        }
    }

    /// What a bus carried in the block mixed last; silence on a bus that is not there.
    pub fn bus(&self, bus: BusIndex) -> &Block {
        self.buses.get(bus.0).map_or(&SILENCE, |bus| &bus.block)
    }

    /// Levels of a strip since they were last asked for, before its crosspoints.
    pub fn strip_levels(&mut self, strip: StripIndex) -> Levels {
        self.strips.get_mut(strip.0).map(|strip| strip.meter.take()).unwrap_or_default()
    }

    /// Levels of a bus since they were last asked for.
    pub fn bus_levels(&mut self, bus: BusIndex) -> Levels {
        self.buses.get_mut(bus.0).map(|bus| bus.meter.take()).unwrap_or_default()
    }

    fn apply(&mut self, change: &Change) {
        let Some(bus) = self.buses.get_mut(change.bus.0) else { return };
        let gains = change.gains.iter().copied().chain(std::iter::repeat(0.0));
        for (ramp, gain) in bus.gains.iter_mut().zip(gains) {
            ramp.go(if gain.is_finite() { gain } else { 0.0 }, change.ramp);
        }
    }
}

impl Strip {
    fn read(&mut self, position: u64) {
        match position.checked_sub(self.delay) {
            Some(position) => self.input.lock().read(position, &mut self.block),
            None => self.block = SILENCE,
        }
        self.meter.feed(&self.block);
    }
}

impl Bus {
    /// Adds every strip's part of this block, and moves the gains on.
    fn mix(&mut self, strips: &[Strip], from: usize, to: usize) {
        let sum = &mut self.block[from..to];
        for (gain, strip) in self.gains.iter_mut().zip(strips) {
            let frames = &strip.block[from..to];
            match gain.resting() {
                Some(0.0) => {}
                Some(gain) => add(sum, frames, gain),
                None => sum.iter_mut().zip(frames).for_each(|(sum, frame)| {
                    let gain = gain.advance();
                    sum[0] += frame[0] * gain;
                    sum[1] += frame[1] * gain;
                }),
            }
        }
    }
}

/// Apart from the loop over crosspoints, and flat, so that it is compiled to vector instructions.
fn add(sum: &mut [Frame], frames: &[Frame], gain: f32) {
    for (sum, sample) in sum.as_flattened_mut().iter_mut().zip(frames.as_flattened()) {
        *sum += sample * gain;
    }
}

#[cfg(test)]
mod tests;
