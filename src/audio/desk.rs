//! The desk: strips in, buses out, one gain per crosspoint. Whoever drives it asks for one block after another.
//!
//! It has a fixed number of strips, into which inputs are plugged while it runs, and of buses, which come into use while it
//! runs: one without an input, or on which nothing was ever set, costs nothing.

use std::time::Duration;

use super::bus::{Bus, BusSettings, Crosspoint, Mix, Tap, Timing};
use super::input::Input;
use super::meter::{BusReduction, Levels, StripReduction};
use super::strip::{Plug, Processing, Strip};
use super::{Block, Loudness, SILENCE, frames};

/// The longest alignment: what is later than 350 ms is no longer live.
const MAX_ALIGNMENT: Duration = Duration::from_millis(350);

/// A strip of a desk, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StripIndex(pub usize);

/// A mixing bus of a desk, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BusIndex(pub usize);

/// Strips, buses and what joins them. What is asked of a strip or a bus that is not there is left undone.
#[derive(Debug)]
pub struct Desk {
    /// `None` has no input.
    strips: Vec<Option<Box<Strip>>>,
    /// `None` is not in use.
    buses: Vec<Option<Box<Bus>>>,
    alignment: u32,
}

impl Desk {
    /// A desk with nothing plugged and everything closed. Aligned buses hear every strip `alignment`, at most 350 ms, after its
    /// stated time.
    pub fn new(strips: usize, buses: usize, alignment: Duration) -> Self {
        Self {
            strips: std::iter::repeat_with(|| None).take(strips).collect(),
            buses: std::iter::repeat_with(|| None).take(buses).collect(),
            alignment: frames(alignment.min(MAX_ALIGNMENT)),
        }
    }

    /// Plugs an input into a strip, which is closed then on all buses and does nothing with its sound. What was there is gone.
    pub fn plug(&mut self, strip: StripIndex, input: Input) {
        self.close(strip, Duration::ZERO);
        if let Some(place) = self.strips.get_mut(strip.0) {
            *place = Some(Box::new(Strip::new(input, self.alignment)));
        }
    }

    /// Pulls a strip's input, after it has been closed on all buses within `ramp`, now and in what waits for its time.
    pub fn unplug(&mut self, strip: StripIndex, ramp: Duration) {
        self.close(strip, ramp);
        if let Some(Some(strip)) = self.strips.get_mut(strip.0) {
            strip.plug = Plug::Out;
        }
    }

    /// Sets what a strip does with its sound: at once if none of it was mixed yet, else within 20 ms or two. A strip without
    /// an input has nothing to set.
    pub fn process(&mut self, strip: StripIndex, settings: &Processing) {
        if let Some(Some(strip)) = self.strips.get_mut(strip.0) {
            strip.set(settings);
        }
    }

    /// Sets up a bus, which is in use from now on.
    pub fn set_bus(&mut self, bus: BusIndex, settings: BusSettings) {
        if let Some(bus) = self.in_use(bus) {
            bus.set(settings);
        }
    }

    /// Takes a bus out of use: at once it is silent, and forgets its settings, crosspoints, levels and all that waits.
    pub fn clear_bus(&mut self, bus: BusIndex) {
        if let Some(bus) = self.buses.get_mut(bus.0) {
            *bus = None;
        }
    }

    /// From position `at` on, a bus carries this mix and nothing else; a bus that was not in use has the default settings.
    ///
    /// A position that is past already means the next block. Calls for one bus keep their order: one whose position is not after
    /// that of a call that still waits is carried out with that one, in its place, since each says how all crosspoints are.
    pub fn route(&mut self, bus: BusIndex, mix: Mix, at: u64) {
        if let Some(bus) = self.in_use(bus) {
            bus.route(mix, at);
        }
    }

    /// As [`Desk::route`], with a factor for each strip after its mute; strips without one are closed.
    pub fn set(&mut self, bus: BusIndex, gains: Vec<f32>, at: u64, ramp: Duration) {
        let crosspoint = |(strip, gain)| Crosspoint { strip: StripIndex(strip), gain, tap: Tap::Post, ramp };
        let crosspoints = gains.into_iter().enumerate().filter(|(_, gain)| *gain > 0.0).map(crosspoint).collect();
        self.route(bus, Mix { crosspoints, closing: ramp }, at);
    }

    /// From position `at` on, all that is heard on a bus goes to a factor within `ramp`: 0 is silence, 1 as it is, 10 the most.
    /// The order of calls is kept as in [`Desk::route`], on its own.
    pub fn fade(&mut self, bus: BusIndex, gain: f32, at: u64, ramp: Duration) {
        if let Some(bus) = self.in_use(bus) {
            bus.fade(gain, at, ramp);
        }
    }

    /// Mixes the block that begins at a position of the event clock. It is then read by [`Desk::bus`]. A block that does not follow
    /// on the one before is a new beginning for all strips.
    pub fn mix(&mut self, position: u64) {
        self.pull();
        for strip in self.strips.iter_mut().flatten() {
            strip.run(position);
        }
        for bus in self.buses.iter_mut().flatten() {
            bus.mix(&self.strips, position);
        }
    }

    /// What a bus carried in the block mixed last; silence on a bus that is not there or not in use.
    pub fn bus(&self, bus: BusIndex) -> &Block {
        self.buses.get(bus.0).and_then(Option::as_ref).map_or(&SILENCE, |bus| bus.block())
    }

    /// What a strip sounded like in the block mixed last: processed, before its mute and all faders. Silence without an input.
    pub fn strip(&self, strip: StripIndex) -> &Block {
        let strip = self.strips.get(strip.0).and_then(Option::as_ref);
        strip.map_or(&SILENCE, |strip| &strip.sound(Timing::Prompt, Tap::Pre).block)
    }

    /// Levels of a strip since they were last asked for: processed, before its mute.
    pub fn strip_levels(&mut self, strip: StripIndex) -> Levels {
        self.strips.get_mut(strip.0).and_then(Option::as_mut).map(|strip| strip.levels()).unwrap_or_default()
    }

    /// How much a strip's gate and compressor took away at most since this was last asked.
    pub fn strip_reduction(&mut self, strip: StripIndex) -> StripReduction {
        self.strips.get_mut(strip.0).and_then(Option::as_mut).map(|strip| strip.reduction()).unwrap_or_default()
    }

    /// Levels of a bus since they were last asked for, after its limiter.
    pub fn bus_levels(&mut self, bus: BusIndex) -> Levels {
        self.buses.get_mut(bus.0).and_then(Option::as_mut).map(|bus| bus.levels()).unwrap_or_default()
    }

    /// How much a bus's limiter and ducking took away at most since this was last asked.
    pub fn bus_reduction(&mut self, bus: BusIndex) -> BusReduction {
        self.buses.get_mut(bus.0).and_then(Option::as_mut).map(|bus| bus.reduction()).unwrap_or_default()
    }

    /// Loudness of a bus that measures it.
    pub fn loudness(&self, bus: BusIndex) -> Option<Loudness> {
        self.buses.get(bus.0)?.as_ref()?.loudness()
    }

    /// Begins the measurement of a bus's loudness again: an evening starts.
    pub fn reset_loudness(&mut self, bus: BusIndex) {
        if let Some(Some(bus)) = self.buses.get_mut(bus.0) {
            bus.reset_loudness();
        }
    }

    fn in_use(&mut self, bus: BusIndex) -> Option<&mut Bus> {
        self.buses.get_mut(bus.0).map(|bus| &mut **bus.get_or_insert_with(|| Box::new(Bus::new())))
    }

    fn close(&mut self, strip: StripIndex, ramp: Duration) {
        for bus in self.buses.iter_mut().flatten() {
            bus.close(strip, ramp);
        }
    }

    /// Pulls the inputs of which nothing is heard any more.
    fn pull(&mut self) {
        for (index, place) in self.strips.iter_mut().enumerate() {
            let is_heard = || self.buses.iter().flatten().any(|bus| bus.has(StripIndex(index)));
            if place.as_ref().is_some_and(|strip| strip.plug == Plug::Out) && !is_heard() {
                *place = None;
            }
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod matrix;
