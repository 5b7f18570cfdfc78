//! Reading a sheet: its shape, line by line.

use csv::{ReaderBuilder, StringRecord};

use super::{COLUMNS, Evening, Flaw, Flaws, value};
use crate::show::{CuePlan, Rundown};

/// The cues of a sheet.
///
/// # Errors
/// All that is wrong, with line and column.
pub fn read(text: &str, evening: &Evening<'_>) -> Result<Vec<CuePlan>, Flaws> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(text)).from_reader(text.as_bytes());
    let mut records = reader.records();
    let mut flaws = Vec::new();
    let header = match records.next() {
        Some(Ok(header)) => header,
        Some(Err(error)) => return Err(Flaws(vec![unreadable(&error)])),
        None => {
            return Err(Flaws(vec![flaw(
                1,
                None,
                format!("the sheet is empty: a first line with {} is needed", names()),
            )]));
        }
    };
    let columns = columns(&header, &mut flaws);
    let mut cues = Vec::new();
    for record in records {
        match record {
            Ok(record) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(record) => cues.push(cue(&record, &columns, evening, &mut flaws)),
            Err(error) => {
                flaws.push(unreadable(&error));
                break;
            }
        }
        // What is wrong everywhere need not be read everywhere.
        if flaws.len() >= Flaws::MOST {
            break;
        }
    }
    if cues.len() > Rundown::MOST {
        let what = format!("{} cues arrived: at most {} are possible", cues.len(), Rundown::MOST);
        flaws.push(flaw(1, None, what));
    }
    flaws.truncate(Flaws::MOST);
    if flaws.is_empty() { Ok(cues) } else { Err(Flaws(flaws)) }
}

/// What parts the cells: what stands most often in the first line, outside quotes.
fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in text.lines().next().unwrap_or_default().bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| !quoted && *delimiter == byte) {
            *count += 1;
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

/// The name of each column, in the order of the sheet.
fn columns(header: &StringRecord, flaws: &mut Vec<Flaw>) -> Vec<Option<&'static str>> {
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    for (at, cell) in header.iter().enumerate() {
        let word = cell.trim().to_ascii_lowercase().replace([' ', '-'], "_");
        let known = COLUMNS.into_iter().find(|column| *column == word);
        let place = Some((at + 1).to_string());
        match known {
            // A spreadsheet may leave empty columns at the end.
            None if word.is_empty() => {}
            None => flaws.push(flaw(1, place, format!("'{}' is no column: {} are possible", short(cell), names()))),
            Some(column) if columns.contains(&known) => {
                flaws.push(flaw(1, place, format!("'{column}' stands there twice: each column can stand there once")));
            }
            Some(_) => {}
        }
        columns.push(known);
    }
    if !columns.contains(&Some("title")) && flaws.is_empty() {
        flaws.push(flaw(1, None, format!("there is no column title: a first line with {} is needed", names())));
    }
    columns
}

fn cue(
    record: &StringRecord,
    columns: &[Option<&'static str>],
    evening: &Evening<'_>,
    flaws: &mut Vec<Flaw>,
) -> CuePlan {
    let line = record.position().map_or(0, csv::Position::line);
    let mut plan = CuePlan::default();
    for (at, cell) in record.iter().enumerate() {
        let text = value::text(cell);
        let Some(column) = columns.get(at).copied().flatten() else {
            if !text.is_empty() {
                let place = Some((at + 1).to_string());
                flaws.push(flaw(
                    line,
                    place,
                    format!("'{}' stands in no column: name it in the first line", short(&text)),
                ));
            }
            continue;
        };
        let set = match column {
            "title" => value::checked(text, CuePlan::TITLE_MAX).map(|title| plan.title = title),
            "note" => value::checked(text, CuePlan::NOTE_MAX).map(|note| plan.note = note),
            _ if text.is_empty() => Ok(()),
            "scene" => value::scene(&text, evening).map(|scene| plan.scene = Some(scene)),
            "city" => value::city(&text, evening).map(|city| plan.city = Some(city)),
            "planned_start" => value::planned_start(&text, evening).map(|start| plan.planned_start = Some(start)),
            "duration" => value::duration(&text).map(|duration| plan.duration_s = Some(duration)),
            _ => value::follow(&text).map(|follow| plan.follow = follow),
        };
        if let Err(what) = set {
            flaws.push(flaw(line, Some(column.into()), what));
        }
    }
    let has_flaw = |column: &str| flaws.iter().any(|flaw| flaw.line == line && flaw.column.as_deref() == Some(column));
    if plan.title.is_empty() && !has_flaw("title") {
        let what = format!("it is empty: a title of 1 to {} characters is needed", CuePlan::TITLE_MAX);
        flaws.push(flaw(line, Some("title".into()), what));
    }
    let lasts = plan.duration_s.is_some() || flaws.iter().any(|flaw| flaw.line == line);
    if plan.follow && !lasts {
        let what = "what is followed by itself needs a duration: give it one, or no".to_owned();
        flaws.push(flaw(line, Some("follow".into()), what));
    }
    plan
}

fn unreadable(error: &csv::Error) -> Flaw {
    let line = error.position().map_or(1, csv::Position::line);
    flaw(line, None, format!("it cannot be read as CSV: {error}"))
}

fn flaw(line: u64, column: Option<String>, what: String) -> Flaw {
    Flaw { line, column, what }
}

fn names() -> String {
    COLUMNS.join(", ")
}

/// A cell as it arrived, short enough for a message.
pub(super) fn short(cell: &str) -> String {
    cell.chars().take(40).collect::<String>().escape_debug().to_string()
}
