//! Test pictures: which there are, and how a city's card looks and sounds. Pure.
//!
//! A card tells itself from every other by its colour and its tone, so that a pixel proves who is on air and a Fourier
//! transform proves who is heard.

use std::str::FromStr;
use std::time::Duration;

use super::Error;

/// A test picture with its tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// SMPTE colour bars and 1000 Hz.
    Bars,
    /// A moving ball and 500 Hz.
    Ball,
    /// Black and silence.
    Black,
    /// White and silence.
    White,
    /// Noise, the worst an encoder can meet, and 1500 Hz.
    Snow,
    /// Black and silence, with a white flash and 1000 Hz together for the first [`FLASH`] of every second of event time.
    Flash,
    /// A city's card: its own colour, name and tone.
    Card(Card),
}

/// How long flash and tone last, from every whole second of the event clock.
pub const FLASH: Duration = Duration::from_millis(100);

/// A city's card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// What it says in large letters.
    pub title: String,
    /// Its colour: red, green, blue.
    pub rgb: [u8; 3],
    /// Its tone in Hz, 330 to 990.
    pub tone_hz: u16,
}

/// Longest name on a card, in characters: more does not fit the picture.
const LONGEST_NAME: usize = 24;

/// Cities with a hue (degrees) and a tone (Hz) of their own, as far from each other as five can be. No tone is a
/// harmonic of another but 660 of 330 and 880 of 440, which sines do not have.
const KNOWN: [(&str, u16, u16); 5] =
    [("lecce", 40, 330), ("roma", 350, 440), ("milano", 220, 550), ("genova", 150, 660), ("bologna", 285, 880)];

/// Names of the pictures that are no card, as they stand on the command line.
pub const PLAIN_NAMES: [&str; 6] = ["bars", "ball", "black", "white", "snow", "flash"];

impl FromStr for Pattern {
    type Err = Error;

    /// A picture's name, or any other name for a card.
    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "bars" => Self::Bars,
            "ball" => Self::Ball,
            "black" => Self::Black,
            "white" => Self::White,
            "snow" => Self::Snow,
            "flash" => Self::Flash,
            name => Self::Card(Card::named(name)?),
        })
    }
}

impl Card {
    /// The card of a city. The same name has the same look everywhere.
    pub fn named(name: &str) -> Result<Self, Error> {
        let length = name.chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
            return Err(Error::Setting(format!(
                "'{}' does not fit on a card: 1 to {LONGEST_NAME} letters are needed",
                name.escape_debug()
            )));
        }
        let known = KNOWN.iter().find(|(known, ..)| name.eq_ignore_ascii_case(known));
        let (hue, tone_hz) = known.map_or_else(|| hashed(name), |(_, hue, tone_hz)| (*hue, *tone_hz));
        Ok(Self { title: name.to_uppercase(), rgb: colour(hue), tone_hz })
    }
}

/// A hue and a tone for a city that has none of its own.
fn hashed(name: &str) -> (u16, u16) {
    // FNV-1a: small, and the same on every machine, unlike std's hasher.
    let hash = name
        .to_lowercase()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // Tones end in 5, so that none is a known city's; the remainders are far below 65536.
    ((hash % 360) as u16, 335 + 10 * ((hash >> 32) % 65) as u16)
}

/// A full, not too bright colour of this hue, on which white letters can be read.
fn colour(hue: u16) -> [u8; 3] {
    const SATURATION: f32 = 0.65;
    const LIGHTNESS: f32 = 0.42;
    let reach = SATURATION * LIGHTNESS.min(1.0 - LIGHTNESS);
    [0.0, 8.0, 4.0].map(|offset| {
        let k = (offset + f32::from(hue) / 30.0) % 12.0;
        let channel = LIGHTNESS - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (channel * 255.0).round() as u8
    })
}

/// What GStreamer's test sources are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look<'a> {
    /// videotestsrc's name of the pattern.
    pub(super) pattern: &'static str,
    /// 0xAARRGGBB.
    pub(super) colour: u32,
    /// Large letters, or a picture with nothing on it.
    pub(super) title: Option<&'a str>,
    /// None is silence.
    pub(super) tone_hz: Option<u16>,
}

impl Pattern {
    pub(super) fn look(&self) -> Look<'_> {
        const WHITE: u32 = 0xffff_ffff;
        let look = |pattern, title, tone_hz| Look { pattern, colour: WHITE, title, tone_hz };
        match self {
            Self::Bars => look("smpte", Some("BARS"), Some(1000)),
            Self::Ball => look("ball", Some("BALL"), Some(500)),
            Self::Black => look("black", None, None),
            Self::White => look("white", None, None),
            Self::Flash => look("black", None, Some(1000)),
            Self::Snow => look("snow", Some("SNOW"), Some(1500)),
            Self::Card(Card { title, rgb: [red, green, blue], tone_hz }) => Look {
                pattern: "solid-color",
                colour: u32::from_be_bytes([0xff, *red, *green, *blue]),
                title: Some(title),
                tone_hz: Some(*tone_hz),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_always_has_the_same_card() {
        assert_eq!(Card::named("Trieste").unwrap(), Card::named("Trieste").unwrap());
        assert_eq!(Card::named("trieste").unwrap(), Card::named("Trieste").unwrap());
    }

    #[test]
    fn the_five_cities_are_far_apart_in_colour_and_tone() {
        let cards = KNOWN.map(|(name, ..)| Card::named(name).unwrap());
        for (n, one) in cards.iter().enumerate() {
            for other in &cards[n + 1..] {
                let apart: u32 = one.rgb.iter().zip(other.rgb).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum();
                assert!(apart > 60 * 60, "{one:?} {other:?}");
                assert!(one.tone_hz.abs_diff(other.tone_hz) >= 110);
            }
        }
    }

    #[test]
    fn no_other_city_sounds_like_a_known_one() {
        for name in ["trieste", "palermo", "l'aquila", "reggio-calabria", "città", "東京"] {
            let card = Card::named(name).unwrap();
            assert!(KNOWN.iter().all(|(.., tone)| tone.abs_diff(card.tone_hz) >= 5), "{card:?}");
            assert!((330..=990).contains(&card.tone_hz), "{card:?}");
        }
    }

    #[test]
    fn a_name_that_fits_no_card_is_refused() {
        for wrong in ["", "a\nb", &"x".repeat(25)] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn plain_pictures_are_no_cards() {
        for name in PLAIN_NAMES {
            assert!(!matches!(name.parse().unwrap(), Pattern::Card(_)), "{name}");
        }
    }
}
