//! How loud a strip is on a bus: what a fader sets.

/// A fader's position: off, or [`Gain::LOWEST_DB`] to [`Gain::HIGHEST_DB`].
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Gain(f32);

impl Gain {
    /// The lowest position of a fader that is still heard.
    pub const LOWEST_DB: f32 = -60.0;

    /// The highest position of a fader.
    pub const HIGHEST_DB: f32 = 10.0;

    /// Not heard at all.
    pub const OFF: Self = Self(0.0);

    /// As loud as it came: 0 dB.
    pub const UNITY: Self = Self(1.0);

    /// A gain in dB. What is above the range is its top; what is below it, or no number, is off.
    pub fn from_db(gain_db: f32) -> Self {
        if gain_db >= Self::LOWEST_DB { Self(10f32.powf(gain_db.min(Self::HIGHEST_DB) / 20.0)) } else { Self::OFF }
    }

    /// The factor on samples: 0 is off, 1 unity.
    pub const fn linear(self) -> f32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fader_goes_from_minus_sixty_to_plus_ten_and_off() {
        let linear = |gain_db| Gain::from_db(gain_db).linear();
        assert_eq!(Gain::from_db(0.0), Gain::UNITY);
        assert!((linear(-6.02) - 0.5).abs() < 1e-3);
        assert!((linear(-60.0) - 0.001).abs() < 1e-6);
        assert!((linear(10.0) - 3.1623).abs() < 1e-3);
        assert_eq!(linear(f32::INFINITY), linear(10.0));
        for off in [-60.1, f32::NEG_INFINITY, f32::NAN] {
            assert_eq!(Gain::from_db(off), Gain::OFF);
        }
    }
}
