//! Single cells: each is read here and written here, so that one undoes the other.

use jiff::civil::{DateTime, Time};
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, ToSpan as _};

use super::Evening;
use super::read::short;
use crate::show::{CityId, CuePlan, SceneId, WallTime};
use crate::when;

/// A day of the evening begins at this hour: what is earlier belongs to the night before.
const DAY_BEGINS: i8 = 6;

/// Fewest digits of an instant in microseconds: fewer are a slip of who meant a time of day.
const MICROS_DIGITS: usize = 12;

/// With what a cell begins that a spreadsheet takes for a formula, or that was kept from it.
const FORMULA: [char; 5] = ['=', '+', '-', '@', '\''];

/// The text of a cell, without spaces around it and as it was before it was kept from being a formula.
pub(super) fn text(cell: &str) -> String {
    let text = cell.trim().replace("\r\n", "\n");
    match text.strip_prefix('\'') {
        Some(kept) if kept.starts_with(FORMULA) => kept.to_owned(),
        _ => text,
    }
}

/// The cell of a text.
pub(super) fn cell(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

/// A text that fits.
pub(super) fn checked(text: String, most: usize) -> Result<String, String> {
    let length = text.chars().count();
    if length > most {
        return Err(format!("{length} characters arrived: at most {most} are possible"));
    }
    if text.trim() != text || text.chars().any(|c| c.is_control() && c != '\n') {
        return Err("a text without control characters and without spaces around it is needed".into());
    }
    Ok(text)
}

/// A scene by its number, written `#3`, or by its name; a name that is a number is found first.
pub(super) fn scene(text: &str, Evening { scenes, .. }: &Evening<'_>) -> Result<SceneId, String> {
    let by_number =
        |number: &str| number.parse().ok().map(SceneId).filter(|id| scenes.iter().any(|(known, _)| known == id));
    if is_numbered(text) {
        return by_number(&text[1..])
            .ok_or_else(|| unknown("scene", text, scenes.iter().map(|(id, _)| format!("#{id}"))));
    }
    let mut named = scenes.iter().filter(|(_, name)| *name == text);
    match (named.next(), named.next()) {
        (Some((id, _)), None) => Ok(*id),
        (Some((one, _)), Some((other, _))) => {
            Err(format!("'{}' is the name of several scenes: write #{one} or #{other}", short(text)))
        }
        (None, _) => {
            by_number(text).ok_or_else(|| unknown("scene", text, scenes.iter().map(|(_, name)| (*name).to_owned())))
        }
    }
}

/// How a scene is written: by name where that is clear.
pub(super) fn scene_cell(id: SceneId, Evening { scenes, .. }: &Evening<'_>) -> String {
    let name = scenes.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
    let is_clear = |name: &&str| {
        scenes.iter().filter(|(_, other)| other == name).count() == 1
            && !is_numbered(name)
            && text(&cell(name)) == **name
            && !name.is_empty()
    };
    name.filter(is_clear).map_or_else(|| format!("#{id}"), cell)
}

fn is_numbered(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// A city by its id, or by its name if only one has it.
pub(super) fn city(text: &str, Evening { cities, .. }: &Evening<'_>) -> Result<CityId, String> {
    let by_id = cities.iter().find(|(id, _)| id.as_str() == text);
    let lower = text.to_lowercase();
    let mut named = cities.iter().filter(|(_, name)| name.to_lowercase() == lower);
    let found = by_id.or_else(|| named.next().filter(|_| named.next().is_none()));
    let known = || unknown("city", text, cities.iter().map(|(id, _)| id.to_string()));
    found.map(|(id, _)| (*id).clone()).ok_or_else(known)
}

fn unknown(what: &str, text: &str, known: impl Iterator<Item = String>) -> String {
    const MOST: usize = 20;
    let known: Vec<_> = known.take(MOST).collect();
    let known = if known.is_empty() { "none".into() } else { known.join(", ") };
    format!("there is no {what} '{}': the evening has {known}", short(text))
}

/// An instant, or a time of day of this evening.
pub(super) fn planned_start(text: &str, evening: &Evening<'_>) -> Result<WallTime, String> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    if let Some(instant) = when::parse(text).filter(|_| !is_number || text.len() >= MICROS_DIGITS) {
        return Ok(instant);
    }
    let of_day = time_of_day(text).ok_or_else(|| {
        format!(
            "'{}' is no start: a time of day like 21:30 or 21:30:15, or an instant like 2026-11-21T21:30:00+01:00, is \
             needed",
            short(text)
        )
    })?;
    this_evening(of_day, evening)
}

/// `21:30` or `21:30:15`.
fn time_of_day(text: &str) -> Option<Time> {
    let parts: Vec<i8> =
        text.split(':').map(|part| two_digits(part).and_then(|n| n.try_into().ok())).collect::<Option<_>>()?;
    match parts[..] {
        [hour, minute] => Time::new(hour, minute, 0, 0).ok(),
        [hour, minute, second] => Time::new(hour, minute, second, 0).ok(),
        _ => None,
    }
}

fn two_digits(text: &str) -> Option<u32> {
    ((1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// The instant of a time of day in the evening that goes on or comes next. A time that comes twice, when summer time ends, is
/// its first.
fn this_evening(of_day: Time, Evening { time_zone, now, .. }: &Evening<'_>) -> Result<WallTime, String> {
    let outside = |_| "this day is beyond the calendar".to_owned();
    let now = Timestamp::from_microsecond(now.unix_micros()).map_err(outside)?.to_zoned((*time_zone).clone());
    let begun = now.hour() >= DAY_BEGINS;
    let evening = if begun { now.date() } else { now.date().checked_sub(1.day()).map_err(outside)? };
    let date = if of_day.hour() >= DAY_BEGINS { evening } else { evening.checked_add(1.day()).map_err(outside)? };
    let ambiguous = time_zone.to_ambiguous_zoned(DateTime::from_parts(date, of_day));
    if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return Err(format!("there is no {of_day} on {date}: clocks go forward over it; choose a time after it"));
    }
    let zoned = ambiguous.compatible().map_err(outside)?;
    Ok(WallTime::from_unix_micros(zoned.timestamp().as_microsecond()))
}

/// Whole seconds, `mm:ss` or `h:mm:ss`.
pub(super) fn duration(text: &str) -> Result<u32, String> {
    let most = CuePlan::LONGEST_S;
    let wrong =
        || format!("'{}' is no duration: seconds, mm:ss or h:mm:ss, from 1 second to {most}, are needed", short(text));
    let whole = |part: &str| {
        let fits = (1..=6).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse::<u32>().ok()).flatten()
    };
    let sixtieth = |part: &str| two_digits(part).filter(|part| *part < 60);
    let parts: Vec<_> = text.split(':').collect();
    let seconds = match parts[..] {
        [seconds] => whole(seconds),
        [minutes, seconds] => whole(minutes).zip(sixtieth(seconds)).map(|(m, s)| m * 60 + s),
        [hours, minutes, seconds] => {
            let parts = whole(hours).filter(|hours| *hours <= 24).zip(sixtieth(minutes)).zip(sixtieth(seconds));
            parts.map(|((h, m), s)| h * 3600 + m * 60 + s)
        }
        _ => None,
    };
    seconds.filter(|seconds| (1..=most).contains(seconds)).ok_or_else(wrong)
}

/// `h:mm:ss`, which spreadsheets keep.
pub(super) fn duration_cell(seconds: u32) -> String {
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Yes or no.
pub(super) fn follow(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "vero" | "1" | "x" | "sì" | "si" | "ja" => Ok(true),
        "no" | "n" | "false" | "falso" | "0" | "nein" => Ok(false),
        _ => Err(format!("'{}' is neither yes nor no", short(text))),
    }
}
