//! The meters as pages get them: binary frames, twenty a second, and a text that says whose readings they are.
//!
//! # A frame, version 1
//! Little endian. The header has 16 bytes: `u8` version (1); `u8` 0; `u16` number of strips; `u16` number of mixes; `u16` 0;
//! `u32` number of the `meter_map` that it belongs to; `u32` milliseconds of event time, which wrap. Then, each an `i16` in
//! hundredths of a dB:
//! - for each strip eight: peak left and right, true peak left and right, RMS left and right, what its gate takes away, what its
//!   compressor takes away;
//! - for each mix twelve: peak left and right, true peak left and right, RMS left and right, what its limiter takes away, what
//!   ducking takes away, momentary, short-term and integrated loudness in LUFS, and loudness range in LU: −32768 where none is
//!   measured.
//!
//! Operators get everything, in one frame that all of them share; a city and a co-host get their own strip and mix. A page that is
//! slow misses frames: it is sent the newest one when it takes one again.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;

use crate::audio::Levels;
use crate::http::messages::Outgoing;
use crate::media::sound::{MeterMap, Meters, MixMeter, StripMeter};
use crate::show::{Actor, Mix, StripId};

/// Version of the layout.
const VERSION: u8 = 1;

/// What stands for a value that is not measured.
const NONE: i16 = i16::MIN;

/// The newest frame that all operators get.
#[derive(Debug, Default)]
pub(in crate::http) struct Frames(Mutex<Option<(Arc<Meters>, Bytes)>>);

/// One page's part of the meters.
#[derive(Debug)]
pub(super) struct Readings {
    part: Part,
    /// Number of the map that the page was told last.
    told: u32,
}

#[derive(Debug)]
enum Part {
    Nothing,
    All,
    Own(StripId, Mix),
}

impl Frames {
    fn all(&self, meters: &Arc<Meters>) -> Bytes {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*newest {
            Some((of, frame)) if Arc::ptr_eq(of, meters) => frame.clone(),
            _ => {
                let frame = frame(meters, meters.strips.iter(), meters.mixes.iter());
                *newest = Some((Arc::clone(meters), frame.clone()));
                frame
            }
        }
    }
}

impl Readings {
    /// What is this page's business. Who only watches gets none.
    pub(super) fn of(actor: &Actor) -> Self {
        let part = match actor {
            Actor::Operator(_) | Actor::Machine(_) | Actor::House => Part::All,
            Actor::City(city) => Part::Own(StripId::City(city.clone()), Mix::Return(city.clone())),
            Actor::Cohost(cohost) => Part::Own(StripId::Cohost(cohost.clone()), Mix::Call(cohost.clone())),
            Actor::Viewer => Part::Nothing,
        };
        Self { part, told: 0 }
    }

    /// What is sent of a reading: the map if the page does not know it, and the frame.
    pub(super) fn next(&mut self, meters: &Arc<Meters>, frames: &Frames) -> Option<(Option<Utf8Bytes>, Bytes)> {
        let map = &meters.map;
        if map.number == 0 {
            return None;
        }
        let (own, frame) = match &self.part {
            Part::Nothing => return None,
            Part::All => (None, frames.all(meters)),
            Part::Own(strip, mix) => {
                let has_strip = meters.strip(strip).map(|meter| (strip.clone(), meter));
                let has_mix = meters.mix(mix).map(|meter| (mix.clone(), meter));
                let frame = frame(meters, has_strip.iter().map(|(_, it)| *it), has_mix.iter().map(|(_, it)| *it));
                let strips = has_strip.into_iter().map(|(strip, _)| strip).collect();
                let mixes = has_mix.into_iter().map(|(mix, _)| mix).collect();
                (Some(MeterMap { number: map.number, strips, mixes }), frame)
            }
        };
        let is_new = std::mem::replace(&mut self.told, map.number) != map.number;
        let text = is_new.then(|| {
            let MeterMap { number, strips, mixes } = own.as_ref().unwrap_or(map);
            Outgoing::MeterMap { map: *number, strips, mixes }.text()
        });
        Some((text, frame))
    }
}

fn frame<'a>(
    meters: &Meters,
    strips: impl ExactSizeIterator<Item = &'a StripMeter>,
    mixes: impl ExactSizeIterator<Item = &'a MixMeter>,
) -> Bytes {
    let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    #[expect(clippy::cast_possible_truncation, reason = "it wraps")]
    let ms = meters.at.as_millis() as u32;
    let mut frame = Vec::with_capacity(16 + 16 * strips.len() + 24 * mixes.len());
    frame.extend([VERSION, 0]);
    frame.extend(count(strips.len()));
    frame.extend(count(mixes.len()));
    frame.extend([0, 0]);
    frame.extend(meters.map.number.to_le_bytes());
    frame.extend(ms.to_le_bytes());
    let mut put = |db: i16| frame.extend(db.to_le_bytes());
    for StripMeter { levels: its, reduction } in strips {
        levels(its).into_iter().for_each(&mut put);
        [reduction.gate_db, reduction.compressor_db].into_iter().map(hundredths).for_each(&mut put);
    }
    for MixMeter { levels: its, reduction, loudness, is_open: _ } in mixes {
        levels(its).into_iter().for_each(&mut put);
        [reduction.limiter_db, reduction.ducking_db].into_iter().map(hundredths).for_each(&mut put);
        let loudness =
            loudness.map(|it| [it.momentary_lufs, it.short_term_lufs, it.integrated_lufs, it.range_lu].map(hundredths));
        loudness.unwrap_or([NONE; 4]).into_iter().for_each(&mut put);
    }
    frame.into()
}

fn levels(levels: &Levels) -> [i16; 6] {
    let Levels { peak: [pl, pr], true_peak: [tl, tr], rms: [rl, rr] } = *levels;
    [pl, pr, tl, tr, rl, rr].map(hundredths)
}

fn hundredths(db: f32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "it is within the range, and what is no number is 0")]
    let hundredths = (db * 100.0).round().clamp(-32_000.0, 32_000.0) as i16;
    hundredths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meters() -> Arc<Meters> {
        let map = MeterMap {
            number: 7,
            strips: vec!["city:lecce".parse().unwrap(), "city:roma".parse().unwrap()],
            mixes: vec![Mix::Program, "return:roma".parse().unwrap()],
        };
        let roma = Levels { peak: [-6.0, -7.5], true_peak: [-5.5, -7.0], rms: [-20.0, -21.25] };
        Arc::new(Meters {
            at: std::time::Duration::from_millis(1234),
            map: Arc::new(map),
            strips: vec![StripMeter::default(), StripMeter { levels: roma, ..StripMeter::default() }],
            mixes: vec![
                MixMeter { loudness: Some(crate::audio::Loudness::default()), ..MixMeter::default() },
                MixMeter::default(),
            ],
        })
    }

    fn values(frame: &[u8]) -> Vec<i16> {
        frame.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
    }

    #[test]
    fn operators_share_one_frame_with_everything_in_its_layout() {
        let (meters, frames) = (meters(), Frames::default());
        let operator = Actor::Operator("Anna".parse().unwrap());
        let mut readings = Readings::of(&operator);
        let (map, frame) = readings.next(&meters, &frames).unwrap();
        assert_eq!(
            map.unwrap().as_str(),
            r#"{"type":"meter_map","map":7,"strips":["city:lecce","city:roma"],"mixes":["program","return:roma"]}"#
        );
        assert_eq!(frame.len(), 16 + 2 * 16 + 2 * 24);
        assert_eq!(frame[..16], [1, 0, 2, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0xd2, 0x04, 0, 0]);
        let values = values(&frame[16..]);
        assert_eq!(values[8..16], [-600, -750, -550, -700, -2000, -2125, 0, 0]);
        assert_eq!(values[24..28], [-12_000, -12_000, -12_000, 0], "loudness of program");
        assert_eq!(values[36..], [NONE; 4], "a return's loudness is not measured");
        let (map, again) = readings.next(&meters, &frames).unwrap();
        assert!(map.is_none() && again.as_ptr() == frame.as_ptr(), "told once, encoded once");
    }

    #[test]
    fn a_city_gets_its_own_level_and_mix_and_who_watches_none() {
        let (meters, frames) = (meters(), Frames::default());
        let (map, frame) = Readings::of(&Actor::City("roma".parse().unwrap())).next(&meters, &frames).unwrap();
        assert_eq!(
            map.unwrap().as_str(),
            r#"{"type":"meter_map","map":7,"strips":["city:roma"],"mixes":["return:roma"]}"#
        );
        assert_eq!(frame.len(), 16 + 16 + 24);
        assert_eq!(values(&frame[16..])[0], -600);
        assert!(Readings::of(&Actor::Viewer).next(&meters, &frames).is_none());
        let nobody = Readings::of(&Actor::City("milano".parse().unwrap())).next(&meters, &frames).unwrap();
        assert_eq!(nobody.1.len(), 16);
    }
}
