//! Instants as people and machines write them, and the time of day that they have in a zone.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::show::WallTime;

/// What [`parse`] takes, for messages.
pub const NEEDED: &str =
    "an instant like 2026-11-21T21:30:00+01:00 (RFC 3339), or whole microseconds since 1970, is needed";

/// Microseconds of a day of 24 hours.
pub const DAY_US: i64 = 86_400_000_000;

/// An instant from RFC 3339 with its offset, or from whole microseconds since the beginning of 1970, UTC.
pub fn parse(text: &str) -> Option<WallTime> {
    let text = text.trim();
    let micros = text.parse::<i64>().ok();
    let micros = micros.or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_microsecond));
    micros.map(WallTime::from_unix_micros)
}

/// The instant in RFC 3339 with the offset of `zone`, to the microsecond where it is not a whole second; what the calendar
/// does not reach in microseconds since 1970. [`parse`] gives the same instant again.
pub fn rfc3339(at: WallTime, zone: &TimeZone) -> String {
    let Ok(timestamp) = Timestamp::from_microsecond(at.unix_micros()) else { return at.unix_micros().to_string() };
    // RFC 3339 tells offsets in whole minutes; long ago there were others.
    let offset = Some(zone.to_offset(timestamp)).filter(|offset| offset.seconds() % 60 == 0);
    timestamp.display_with_offset(offset.unwrap_or(Offset::UTC)).to_string()
}

/// Microseconds since midnight, 0 up to [`DAY_US`], by the offset that `zone` has at this instant.
pub fn micros_of_day(at: WallTime, zone: &TimeZone) -> i64 {
    let offset = Timestamp::from_microsecond(at.unix_micros()).map_or(Offset::UTC, |instant| zone.to_offset(instant));
    (at.unix_micros().rem_euclid(DAY_US) + i64::from(offset.seconds()) * 1_000_000).rem_euclid(DAY_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_its_zone_and_read_back() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        for (text, micros) in [
            ("2026-11-21T21:30:00+01:00", 1_795_293_000_000_000),
            ("2026-07-01T21:30:00.000001+02:00", 1_782_934_200_000_001),
        ] {
            assert_eq!(parse(text), Some(WallTime::from_unix_micros(micros)), "{text}");
            assert_eq!(rfc3339(WallTime::from_unix_micros(micros), &rome), text);
        }
        for micros in [i64::MIN, -3_000_000_000_000_000, 0, i64::MAX] {
            let at = WallTime::from_unix_micros(micros);
            assert_eq!(parse(&rfc3339(at, &rome)), Some(at), "{micros}");
        }
        assert_eq!(parse("2026-11-21T21:30:00"), None);
        assert_eq!(parse("tomorrow"), None);
    }

    #[test]
    fn the_time_of_day_follows_summer_time() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        let of_day = |text: &str| micros_of_day(parse(text).unwrap(), &rome) / 1_000_000;
        assert_eq!(of_day("2026-11-21T20:30:00Z"), 21 * 3600 + 1800);
        assert_eq!(of_day("2026-07-01T22:30:00Z"), 1800);
    }
}
