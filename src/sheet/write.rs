//! Writing a sheet.

use super::{COLUMNS, Evening, value};
use crate::show::CuePlan;
use crate::when;

/// The cues as a sheet that [`read`](super::read()) gives back: commas, `\r\n`, a byte order mark so that spreadsheets read its
/// accents.
pub fn write<'a>(cues: impl IntoIterator<Item = &'a CuePlan>, evening: &Evening<'_>) -> String {
    let mut text = String::from('\u{feff}');
    line(&mut text, COLUMNS.map(str::to_owned));
    for CuePlan { title, scene, planned_start, duration_s, city, note, follow } in cues {
        line(
            &mut text,
            [
                value::cell(title),
                scene.map(|scene| value::scene_cell(scene, evening)).unwrap_or_default(),
                planned_start.map(|start| when::rfc3339(start, evening.time_zone)).unwrap_or_default(),
                duration_s.map(value::duration_cell).unwrap_or_default(),
                city.as_ref().map(ToString::to_string).unwrap_or_default(),
                value::cell(note),
                if *follow { "yes" } else { "no" }.to_owned(),
            ],
        );
    }
    text
}

fn line(text: &mut String, cells: [String; COLUMNS.len()]) {
    let quoted = cells.map(|cell| match cell.contains([',', ';', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    });
    text.push_str(&quoted.join(","));
    text.push_str("\r\n");
}
