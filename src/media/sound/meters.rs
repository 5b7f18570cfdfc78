//! What is measured on the desk, twenty times a second.

use std::sync::Arc;
use std::time::Duration;

use super::board::Board;
use crate::audio::{BusReduction, Levels, Loudness, StripReduction};
use crate::show::{Mix, StripId};

/// One reading of all meters.
#[derive(Debug, Clone, Default)]
pub struct Meters {
    /// Event time of the end of what was measured.
    pub at: Duration,
    /// Whose readings these are.
    pub map: Arc<MeterMap>,
    /// As many as the map has strips, in its order.
    pub strips: Vec<StripMeter>,
    /// As many as the map has mixes, in its order.
    pub mixes: Vec<MixMeter>,
}

/// Which strips and mixes are measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeterMap {
    /// Another map has another number; counted from 1.
    pub number: u32,
    /// The strips that there are.
    pub strips: Vec<StripId>,
    /// The mixes that there are.
    pub mixes: Vec<Mix>,
}

/// One strip's meters.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StripMeter {
    /// Processed, before mute and fader.
    pub levels: Levels,
    /// What gate and compressor take away.
    pub reduction: StripReduction,
}

/// One mix's meters.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MixMeter {
    /// After fader and limiter.
    pub levels: Levels,
    /// What limiter and ducking take away.
    pub reduction: BusReduction,
    /// Whether something should be heard.
    pub is_open: bool,
    /// Of program and radio.
    pub loudness: Option<Loudness>,
}

impl Meters {
    /// A strip's meters.
    pub fn strip(&self, strip: &StripId) -> Option<&StripMeter> {
        self.strips.get(self.map.strips.iter().position(|each| each == strip)?)
    }

    /// A mix's meters.
    pub fn mix(&self, mix: &Mix) -> Option<&MixMeter> {
        self.mixes.get(self.map.mixes.iter().position(|each| each == mix)?)
    }

    /// The next reading after this one.
    pub(super) fn read(&self, board: &mut Board, at: Duration) -> Self {
        let strips: Vec<_> = board.strips().map(|(_, index)| index).collect();
        let mixes: Vec<_> = board.mixes().map(|(_, index)| index).collect();
        let is_known = board.strips().map(|(source, _)| source).eq(&self.map.strips)
            && board.mixes().map(|(mix, _)| mix).eq(&self.map.mixes);
        let map = if is_known && self.map.number > 0 {
            Arc::clone(&self.map)
        } else {
            Arc::new(MeterMap {
                number: self.map.number + 1,
                strips: board.strips().map(|(source, _)| source.clone()).collect(),
                mixes: board.mixes().map(|(mix, _)| mix.clone()).collect(),
            })
        };
        let desk = board.desk();
        let strip = |index| StripMeter { levels: desk.strip_levels(index), reduction: desk.strip_reduction(index) };
        let strips = strips.into_iter().map(strip).collect();
        let mix = |index| MixMeter {
            levels: desk.bus_levels(index),
            reduction: desk.bus_reduction(index),
            loudness: desk.loudness(index),
            is_open: false,
        };
        let mut mixes: Vec<_> = mixes.into_iter().map(mix).collect();
        for (meter, is_open) in mixes.iter_mut().zip(board.open()) {
            meter.is_open = is_open;
        }
        Self { at, map, strips, mixes }
    }
}
