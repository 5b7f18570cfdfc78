//! What a strip does to its sound before anybody hears it. Ranges are checked once, when a command comes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A strip's processing, in the order in which sound runs through it. As it stands by default it changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Processing {
    /// Input gain in dB, −20 to 40.
    #[schema(minimum = -20, maximum = 40)]
    pub gain_db: i8,
    /// High-pass of 12 dB an octave: its corner in Hz, 40 to 400; none is off.
    #[schema(minimum = 40, maximum = 400)]
    pub high_pass_hz: Option<u16>,
    /// Turns down what is quiet: noise between words.
    pub gate: Option<Gate>,
    /// Turns down what is loud.
    pub compressor: Option<Compressor>,
    /// −100 (left) to 100 (right).
    #[schema(minimum = -100, maximum = 100)]
    pub pan: i8,
    /// Both sides become one.
    pub mono: bool,
    /// How much later it is heard on program and radio, and its picture seen, in ms, 0 to 2000.
    #[schema(maximum = 2000)]
    pub delay_ms: u16,
}

/// A gate, or with a small range an expander.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// Below this level it closes, in dBFS, −80 to 0.
    #[schema(minimum = -80, maximum = 0)]
    pub threshold_db: i8,
    /// By how much it turns down, in dB, 1 to 80.
    #[schema(minimum = 1, maximum = 80)]
    pub range_db: u8,
    /// How fast it opens, in ms, 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    pub attack_ms: u16,
    /// How long it stays open after the level has fallen, in ms, 0 to 2000.
    #[schema(maximum = 2000)]
    pub hold_ms: u16,
    /// How slowly it closes, in ms, 10 to 2000.
    #[schema(minimum = 10, maximum = 2000)]
    pub release_ms: u16,
}

/// A compressor with a soft knee of 6 dB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Compressor {
    /// Above this level it works, in dBFS, −60 to 0.
    #[schema(minimum = -60, maximum = 0)]
    pub threshold_db: i8,
    /// Tenths of its ratio: 10 (1 : 1) to 200 (20 : 1).
    #[schema(minimum = 10, maximum = 200)]
    pub ratio_tenths: u16,
    /// How fast it takes hold, in ms, 1 to 200.
    #[schema(minimum = 1, maximum = 200)]
    pub attack_ms: u16,
    /// How slowly it lets go, in ms, 10 to 2000.
    #[schema(minimum = 10, maximum = 2000)]
    pub release_ms: u16,
    /// What is added after it, in dB, 0 to 24.
    #[schema(maximum = 24)]
    pub make_up_db: u8,
}

impl Default for Gate {
    fn default() -> Self {
        Self { threshold_db: -50, range_db: 20, attack_ms: 5, hold_ms: 200, release_ms: 200 }
    }
}

impl Default for Compressor {
    fn default() -> Self {
        Self { threshold_db: -20, ratio_tenths: 30, attack_ms: 10, release_ms: 150, make_up_db: 0 }
    }
}

impl Processing {
    /// What is out of its range, in words.
    pub fn flaw(&self) -> Option<String> {
        let within = |what: &str, arrived: i32, range: std::ops::RangeInclusive<i32>, unit: &str| {
            let (low, high) = (*range.start(), *range.end());
            (!range.contains(&arrived))
                .then(|| format!("{what} of {arrived} {unit} arrived: {low} to {high} are possible"))
        };
        let gate = |gate: Gate| {
            within("a gate's threshold", gate.threshold_db.into(), -80..=0, "dBFS")
                .or_else(|| within("a gate's range", gate.range_db.into(), 1..=80, "dB"))
                .or_else(|| within("a gate's attack", gate.attack_ms.into(), 1..=100, "ms"))
                .or_else(|| within("a gate's hold", gate.hold_ms.into(), 0..=2000, "ms"))
                .or_else(|| within("a gate's release", gate.release_ms.into(), 10..=2000, "ms"))
        };
        let compressor = |compressor: Compressor| {
            within("a compressor's threshold", compressor.threshold_db.into(), -60..=0, "dBFS")
                .or_else(|| within("a compressor's ratio", compressor.ratio_tenths.into(), 10..=200, "tenths"))
                .or_else(|| within("a compressor's attack", compressor.attack_ms.into(), 1..=200, "ms"))
                .or_else(|| within("a compressor's release", compressor.release_ms.into(), 10..=2000, "ms"))
                .or_else(|| within("a compressor's make-up gain", compressor.make_up_db.into(), 0..=24, "dB"))
        };
        within("an input gain", self.gain_db.into(), -20..=40, "dB")
            .or_else(|| within("a high-pass", self.high_pass_hz?.into(), 40..=400, "Hz"))
            .or_else(|| gate(self.gate?))
            .or_else(|| compressor(self.compressor?))
            .or_else(|| within("a pan", self.pan.into(), -100..=100, "hundredths"))
            .or_else(|| within("a delay", self.delay_ms.into(), 0..=2000, "ms"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named_with_what_is_possible() {
        let flat = Processing::default();
        assert_eq!(flat.flaw(), None);
        let all = Processing { gate: Some(Gate::default()), compressor: Some(Compressor::default()), ..flat };
        assert_eq!(all.flaw(), None);
        let wrong = Processing { gain_db: 41, ..flat };
        assert_eq!(wrong.flaw().unwrap(), "an input gain of 41 dB arrived: -20 to 40 are possible");
        for wrong in [
            Processing { high_pass_hz: Some(39), ..flat },
            Processing { gate: Some(Gate { range_db: 0, ..Gate::default() }), ..flat },
            Processing { compressor: Some(Compressor { ratio_tenths: 9, ..Compressor::default() }), ..flat },
            Processing { pan: 101, ..flat },
            Processing { delay_ms: 2001, ..flat },
        ] {
            assert!(wrong.flaw().is_some(), "{wrong:?}");
        }
    }
}
