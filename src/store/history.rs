//! Reading the log back: all at once for a restart, in pages for everybody else.

use super::{Row, Snapshot};

/// What the last run left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Snapshots that are whole, newest first. Their JSON parses; whether it is a state is for the show to say, and if it is
    /// not, the next one with the rows after it gives the same state.
    pub snapshots: Vec<Snapshot>,
    /// Rows after the oldest of these snapshots (all rows, if there is none), in order.
    pub rows: Vec<Row>,
    /// The highest number in use; the next row has the next one. 0: nothing was ever written.
    pub last_number: u64,
    /// Rows that could not be read and were left out.
    pub skipped: u64,
}

impl Loaded {
    /// The rows after `number`: what happened after a snapshot with this number.
    pub fn rows_after(&self, number: u64) -> &[Row] {
        &self.rows[self.rows.partition_point(|row| row.number <= number)..]
    }
}

/// In which order rows are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As they happened.
    #[default]
    OldestFirst,
    /// The other way.
    NewestFirst,
}

/// Which rows. The default is all, as they happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// First number, itself included.
    pub from_number: Option<u64>,
    /// Last number, itself included.
    pub to_number: Option<u64>,
    /// Unix µs, this instant included.
    pub from_us: Option<i64>,
    /// Unix µs, this instant not included.
    pub until_us: Option<i64>,
    /// Only events of these words; none: all.
    pub kinds: Vec<String>,
    /// Direction.
    pub order: Order,
    /// Most rows in all, over all pages.
    pub limit: Option<u64>,
}

/// Some rows, and the question for those that follow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Up to [`Page::ROWS`] rows.
    pub rows: Vec<Row>,
    /// Asks for the next page; none: there is no more.
    pub next: Option<Query>,
}

impl Page {
    /// Most rows of one page.
    pub const ROWS: usize = 500;
}

/// The connection that reads.
#[derive(Debug)]
pub(super) struct Reader;
