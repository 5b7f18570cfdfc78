//! A strip of the desk, as operators set it.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{GroupNumber, Processing, StripId};

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

    /// Closed.
    pub const CLOSED: Self = Self { tenths: -600 };

    /// This one with another one behind it: what is closed stays closed, and the highest place is the end.
    pub fn plus(self, other: Self) -> Self {
        let (closed, most) = (Self::CLOSED.tenths, (Self::MOST_DB * 10.0) as i16);
        if self == Self::CLOSED || other == Self::CLOSED {
            return Self::CLOSED;
        }
        Self { tenths: (self.tenths + other.tenths).clamp(closed, most) }
    }

    /// This one, so many decibels lower.
    pub(super) fn down(self, db: u8) -> Self {
        Self { tenths: (self.tenths - i16::from(db) * 10).max(Self::CLOSED.tenths) }
    }

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
    /// Audio follows video: while its city, co-host or clip is in the program picture.
    #[default]
    Afv,
    /// Always.
    On,
}

/// A strip's settings. Whether it is heard now follows from them and the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Strip {
    /// How loud, −60 (closed) to +10 dB.
    #[schema(default = 0)]
    pub fader_db: Fader,
    /// Silenced by hand, whatever else is set.
    #[schema(default = false)]
    pub muted: bool,
    /// When it is heard.
    #[schema(default = "afv")]
    pub mode: StripMode,
    /// How loud it is on the radio, −60 (closed) to +10 dB; without it as on program.
    #[schema(default = json!(null))]
    pub radio_db: Option<Fader>,
    /// What is done to its sound before anybody hears it.
    pub processing: Processing,
    /// How long it takes to come and to go; without it as long as the picture's transition.
    #[schema(default = json!(null))]
    pub ramps: Option<Ramps>,
    /// The group whose fader adds to its own.
    #[schema(default = json!(null))]
    pub group: Option<GroupNumber>,
    /// Whether it goes down for others, or others for it.
    #[schema(default = "auto")]
    pub ducking: StripDucking,
}

/// How long a strip takes to be heard, and to be gone, when the picture or a hand opens and closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramps {
    /// To be heard, 20 to 3000 ms.
    #[schema(minimum = 20, maximum = 3000)]
    pub opens_ms: u16,
    /// To be gone, 20 to 3000 ms.
    #[schema(minimum = 20, maximum = 3000)]
    pub closes_ms: u16,
}

/// What a strip is to ducking, as operators set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StripDucking {
    /// By what it is: co-hosts are keys, music and cities go down where the settings say so.
    #[default]
    Auto,
    /// Nothing.
    None,
    /// While it is loud, others go down.
    Key,
    /// It goes down.
    Ducked,
}

impl Strip {
    /// What is heard whether it is seen or not, as it stands by default.
    pub(super) fn always() -> Self {
        Self { mode: StripMode::On, ..Self::default() }
    }

    /// What this strip is by default: who is only heard does not follow the picture.
    pub(super) fn of(strip: &StripId) -> Self {
        match strip {
            StripId::City(_) | StripId::Clip(_) | StripId::Bars => Self::default(),
            StripId::Cohost(_) | StripId::Music(_) | StripId::Talkback(_) => Self::always(),
        }
    }

    /// What is out of its range, in words.
    pub(super) fn flaw(&self) -> Option<String> {
        let ramp = |ms: u16| {
            let possible = 20..=Ramps::MOST_MS;
            (!possible.contains(&ms))
                .then(|| format!("a ramp of {ms} ms arrived: 20 to {} are possible", Ramps::MOST_MS))
        };
        self.processing.flaw().or_else(|| {
            let Ramps { opens_ms, closes_ms } = self.ramps?;
            ramp(opens_ms).or_else(|| ramp(closes_ms))
        })
    }
}

impl Ramps {
    /// Longest, in ms.
    pub const MOST_MS: u16 = 3000;
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
    fn faders_add_up_and_one_that_is_closed_closes_all() {
        let at = |db: f32| Fader::try_from(db).unwrap();
        assert_eq!(at(-6.0).plus(at(2.5)), at(-3.5));
        assert_eq!(at(8.0).plus(at(8.0)), at(10.0));
        assert_eq!(at(-40.0).plus(at(-40.0)), Fader::CLOSED);
        assert_eq!(Fader::CLOSED.plus(at(10.0)), Fader::CLOSED);
        assert_eq!(at(10.0).plus(Fader::CLOSED), Fader::CLOSED);
        assert_eq!(at(0.0).down(12), at(-12.0));
        assert_eq!(at(-55.0).down(12), Fader::CLOSED);
    }

    #[test]
    fn a_strip_that_cannot_be_says_what_can() {
        let strip = Strip { ramps: Some(Ramps { opens_ms: 20, closes_ms: 3000 }), ..Strip::default() };
        assert_eq!(strip.flaw(), None);
        for ramps in [Ramps { opens_ms: 19, closes_ms: 20 }, Ramps { opens_ms: 20, closes_ms: 3001 }] {
            let flaw = Strip { ramps: Some(ramps), ..strip }.flaw().unwrap();
            assert!(flaw.contains("20 to 3000 are possible"), "{flaw}");
        }
        let processing = Processing { delay_ms: 2001, ..Processing::default() };
        assert!(Strip { processing, ..strip }.flaw().is_some());
    }
}
