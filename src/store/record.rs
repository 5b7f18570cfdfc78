//! What the show gives to be kept: rows of the as-run log and snapshots.

/// One event as it happened. Its texts are JSON that the store does not look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The show's own count, from 1, without gaps. A number that is stored already is not written again.
    pub number: u64,
    /// The number of the first event of the same call.
    pub turn: u64,
    /// Event clock, µs.
    pub time_us: u64,
    /// Unix time, µs.
    pub wall_us: i64,
    /// The event's word, for queries: `program_changed`.
    pub kind: String,
    /// Who (JSON).
    pub actor: String,
    /// Why: the command, the fact, the timeout (JSON).
    pub cause: String,
    /// What (JSON).
    pub event: String,
}

impl Row {
    /// Bytes of its texts, for the bound of what may wait.
    pub(super) fn size(&self) -> usize {
        self.kind.len() + self.actor.len() + self.cause.len() + self.event.len()
    }
}

/// The whole state after a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Number of the last row that it contains; 0 before the first.
    pub number: u64,
    /// The state (JSON).
    pub json: String,
}

/// What belongs together: it is written in one transaction, all or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Rows in the order of their numbers.
    pub rows: Vec<Row>,
    /// The state after these rows, now and then. Of snapshots that wait only the newest is written.
    pub snapshot: Option<Snapshot>,
}
