//! The rundown as a sheet: CSV that people edit in a spreadsheet, and JSON that programs write; read and written back.
//!
//! Columns, in any order, named in the first line: `title` (needed), `scene` (its name, or its number as `#3`), `planned_start`
//! (RFC 3339, or `21:30` in the evening's zone), `duration` (seconds, `mm:ss` or `h:mm:ss`), `city` (id or name), `note`,
//! `follow` (yes or no). Cells are parted by `,`, `;` or tabs; a byte order mark may stand before them.
//!
//! A time of day means the evening that goes on or comes next: its day runs from 06:00 to 06:00, so `00:30` is past midnight.
//! A cell that a spreadsheet would take for a formula is written with `'` before it, which reading takes off again.

mod read;
mod value;
mod write;

use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use read::read;
pub use write::write;

use crate::show::{CityId, CuePlan, SceneId, WallTime};

/// The columns, in the order in which they are written.
pub const COLUMNS: [&str; 7] = ["title", "scene", "planned_start", "duration", "city", "note", "follow"];

/// What the words in a sheet refer to.
#[derive(Debug, Clone)]
pub struct Evening<'a> {
    /// The scenes with their names.
    pub scenes: Vec<(SceneId, &'a str)>,
    /// The cities with their names.
    pub cities: Vec<(&'a CityId, &'a str)>,
    /// The evening's zone.
    pub time_zone: &'a TimeZone,
    /// The wall clock now.
    pub now: WallTime,
}

/// The rundown as JSON: the cues in their order, as `replace_rundown` takes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RundownDocument)]
pub struct Document {
    /// The cues.
    #[schema(max_items = 200)]
    pub cues: Vec<CuePlan>,
}

/// One thing that is wrong in a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The line, from 1.
    pub line: u64,
    /// The column's name; none where it is about the line.
    pub column: Option<String>,
    /// What arrived and what would be accepted.
    pub what: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, what } = self;
        match column {
            Some(column) => write!(f, "line {line}, column {column}: {what}"),
            None => write!(f, "line {line}: {what}"),
        }
    }
}

/// Why a sheet is no rundown: everything that is wrong in it, at most [`Flaws::MOST`] things.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(.0))]
pub struct Flaws(pub Vec<Flaw>);

impl Flaws {
    /// Most flaws that are told at once.
    pub const MOST: usize = 20;
}

fn told(flaws: &[Flaw]) -> String {
    let told: Vec<_> = flaws.iter().map(Flaw::to_string).collect();
    told.join("; ")
}
