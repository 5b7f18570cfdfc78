//! A city's strip of the desk, as operators set it.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A fader's place in tenths of a decibel, written as decibels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Fader {
    tenths: i16,
}

/// A fader's place that there is not.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a fader at {0} dB arrived: {closed} (closed) to {most} dB are possible", closed = Fader::CLOSED_DB, most = Fader::MOST_DB)]
pub struct InvalidFader(f32);

impl Fader {
    /// The lowest place, at which the strip is closed, in dB.
    pub const CLOSED_DB: f32 = -60.0;
    /// The highest place, in dB.
    pub const MOST_DB: f32 = 10.0;
    /// As loud as it came.
    pub const UNITY: Self = Self { tenths: 0 };

    /// Its place in dB.
    pub fn db(self) -> f32 {
        f32::from(self.tenths) / 10.0
    }

    /// The factor on amplitudes: 10^(dB/20), and 0 where it is closed.
    pub fn gain(self) -> f32 {
        if self.db() <= Self::CLOSED_DB { 0.0 } else { 10_f32.powf(self.db() / 20.0) }
    }
}

impl TryFrom<f32> for Fader {
    type Error = InvalidFader;
    fn try_from(db: f32) -> Result<Self, InvalidFader> {
        // A number that is none lies in no range.
        let fits = (Self::CLOSED_DB..=Self::MOST_DB).contains(&db);
        if fits { Ok(Self { tenths: (db * 10.0).round() as i16 }) } else { Err(InvalidFader(db)) }
    }
}

impl From<Fader> for f32 {
    fn from(fader: Fader) -> Self {
        fader.db()
    }
}

impl fmt::Display for Fader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.1} dB", self.db())
    }
}

/// When a strip is heard on program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StripMode {
    /// Audio follows video: while its city is in the program picture.
    #[default]
    Afv,
    /// Always.
    On,
}

/// A strip's settings. Whether it is heard now follows from them and the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Strip {
    /// How loud, −60 (closed) to +10 dB.
    #[serde(default)]
    #[schema(default = 0)]
    pub fader_db: Fader,
    /// Silenced by hand, whatever else is set.
    #[serde(default)]
    #[schema(default = false)]
    pub muted: bool,
    /// When it is heard.
    #[serde(default)]
    #[schema(default = "afv")]
    pub mode: StripMode,
}

impl Strip {
    /// The gain on program; 0 where it is not heard.
    pub(super) fn level(&self, in_picture: bool) -> Fader {
        let heard = !self.muted && (in_picture || self.mode == StripMode::On);
        if heard { self.fader_db } else { Fader { tenths: -600 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fader_is_decibels_outside_and_a_factor_inside() {
        let at = |db: f32| Fader::try_from(db);
        assert_eq!(at(0.0).unwrap().gain(), 1.0);
        assert!((at(-6.0).unwrap().gain() - 0.501).abs() < 0.001);
        assert_eq!(at(-60.0).unwrap().gain(), 0.0);
        assert_eq!(at(-12.34).unwrap().db(), -12.3);
        for wrong in [-60.1, 10.1, f32::NAN, f32::INFINITY] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_strip_is_heard_in_its_picture_or_always_but_never_muted() {
        let strip = |muted, mode| Strip { fader_db: Fader::UNITY, muted, mode };
        assert_eq!(strip(false, StripMode::Afv).level(true).gain(), 1.0);
        assert_eq!(strip(false, StripMode::Afv).level(false).gain(), 0.0);
        assert_eq!(strip(false, StripMode::On).level(false).gain(), 1.0);
        assert_eq!(strip(true, StripMode::On).level(true).gain(), 0.0);
    }
}
