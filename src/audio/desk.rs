//! The desk: strips in, buses out, one gain per crosspoint. Whoever drives it asks for one block after another.
//!
//! It has a fixed number of strips, into which inputs are plugged while it runs: one without an input costs nothing.

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
    /// A silent input of a strip that is heard `delay` after its stated time.
    pub fn new(delay: Duration) -> Self {
        Self(Arc::new(Mutex::new(Ring::new(MEMORY + frames(delay) as usize))))
    }

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
    delay: u64,
    buses: Vec<Bus>,
    /// The earliest first.
    changes: VecDeque<Change>,
}

#[derive(Debug)]
struct Strip {
    plug: Plug,
    block: Block,
    meter: Meter,
}

/// What is in a strip.
#[derive(Debug)]
enum Plug {
    /// Nothing.
    Free,
    In(Input),
    /// It is pulled as soon as nothing of it is heard any more.
    Out(Input),
}

#[derive(Debug)]
struct Bus {
    /// One crosspoint for each strip.
    gains: Box<[Ramp]>,
    /// Over all of them.
    master: Ramp,
    block: Block,
    limiter: Limiter,
    meter: Meter,
}

/// What changes on a bus at an instant.
#[derive(Debug)]
struct Change {
    at: u64,
    bus: BusIndex,
    to: Gains,
    ramp: u32,
}

#[derive(Debug)]
enum Gains {
    /// Those of all strips, so that they open and close together.
    Strips(Vec<f32>),
    Master(f32),
}

impl Desk {
    /// A desk with nothing plugged and everything closed. Every strip is heard `delay` after its stated time.
    pub fn new(strips: usize, buses: usize, delay: Duration) -> Self {
        let strip = || Strip { plug: Plug::Free, block: SILENCE, meter: Meter::default() };
        let bus = || Bus {
            gains: vec![Ramp::new(0.0); strips].into(),
            master: Ramp::new(1.0),
            block: SILENCE,
            limiter: Limiter::new(),
            meter: Meter::default(),
        };
        Self {
            strips: std::iter::repeat_with(strip).take(strips).collect(),
            delay: u64::from(frames(delay)),
            buses: std::iter::repeat_with(bus).take(buses).collect(),
            changes: VecDeque::with_capacity(MAX_CHANGES),
        }
    }

    /// Plugs an input into a strip, which is closed then on all buses. What was there is gone.
    pub fn plug(&mut self, strip: StripIndex, input: Input) {
        self.close(strip, Duration::ZERO);
        if let Some(strip) = self.strips.get_mut(strip.0) {
            *strip = Strip { plug: Plug::In(input), block: SILENCE, meter: Meter::default() };
        }
    }

    /// Pulls a strip's input, after it has been closed on all buses within `ramp`, now and in what waits for its time.
    pub fn unplug(&mut self, strip: StripIndex, ramp: Duration) {
        self.close(strip, ramp);
        if let Some(strip) = self.strips.get_mut(strip.0) {
            strip.plug = match std::mem::replace(&mut strip.plug, Plug::Free) {
                Plug::In(input) | Plug::Out(input) => Plug::Out(input),
                Plug::Free => Plug::Free,
            };
        }
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
        self.change(Change { at, bus, to: Gains::Strips(gains), ramp: frames(ramp) });
    }

    /// From position `at` on, all that is heard on a bus goes to a linear gain within `ramp`: 0 is silence, 1 as it is.
    pub fn fade(&mut self, bus: BusIndex, gain: f32, at: u64, ramp: Duration) {
        self.change(Change { at, bus, to: Gains::Master(gain), ramp: frames(ramp) });
    }

    fn change(&mut self, change: Change) {
        let at = change.at;
        let same = |waiting: &&mut Change| {
            let alike = std::mem::discriminant(&waiting.to) == std::mem::discriminant(&change.to);
            waiting.at == at && waiting.bus == change.bus && alike
        };
        // A fader that moves while a take waits must not push that take out.
        if let Some(same) = self.changes.iter_mut().find(same) {
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
        self.pull();
        for strip in &mut self.strips {
            strip.read(position.checked_sub(self.delay));
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

    fn close(&mut self, strip: StripIndex, ramp: Duration) {
        for bus in &mut self.buses {
            bus.gains.get_mut(strip.0).into_iter().for_each(|gain| gain.go(0.0, frames(ramp)));
        }
        for change in &mut self.changes {
            if let Gains::Strips(gains) = &mut change.to {
                gains.get_mut(strip.0).into_iter().for_each(|gain| *gain = 0.0);
            }
        }
    }

    /// Pulls the inputs of which nothing is heard any more.
    fn pull(&mut self) {
        for (number, strip) in self.strips.iter_mut().enumerate() {
            let is_heard = |bus: &Bus| bus.gains[number].resting() != Some(0.0);
            if matches!(strip.plug, Plug::Out(_)) && !self.buses.iter().any(is_heard) {
                *strip = Strip { plug: Plug::Free, block: SILENCE, meter: Meter::default() };
            }
        }
    }

    fn apply(&mut self, change: &Change) {
        let Some(bus) = self.buses.get_mut(change.bus.0) else { return };
        let sound = |gain: f32| if gain.is_finite() { gain } else { 0.0 };
        match &change.to {
            Gains::Strips(gains) => {
                let gains = gains.iter().copied().chain(std::iter::repeat(0.0));
                bus.gains.iter_mut().zip(gains).for_each(|(ramp, gain)| ramp.go(sound(gain), change.ramp));
            }
            Gains::Master(gain) => bus.master.go(sound(*gain), change.ramp),
        }
    }
}

impl Strip {
    /// Reads a block, unless its position lies before time began.
    fn read(&mut self, position: Option<u64>) {
        let (Plug::In(input) | Plug::Out(input)) = &self.plug else { return };
        match position {
            Some(position) => input.lock().read(position, &mut self.block),
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
        if self.master.resting() != Some(1.0) {
            for frame in sum {
                let gain = self.master.advance();
                *frame = frame.map(|sample| sample * gain);
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
