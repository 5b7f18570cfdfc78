//! Reading the log back: all at once for a restart, in pages for everybody else.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tokio::sync::Semaphore;

use super::{Row, Snapshot, StoreError};
use crate::secret::Digest;

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

    /// Whether no row is missing after `number`: neither left out nor given up while the disk was full.
    pub fn is_complete_after(&self, number: u64) -> bool {
        let rows = self.rows_after(number);
        let numbered = rows.iter().zip(number + 1..).all(|(row, expected)| row.number == expected);
        numbered && rows.last().map_or(number, |row| row.number) >= self.last_number
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
    /// Rows that belong here but could not be read.
    pub skipped: u64,
    /// Asks for the next page; none: there is no more.
    pub next: Option<Query>,
}

impl Page {
    /// Most rows of one page.
    pub const ROWS: usize = 500;
}

/// Readers that may wait at once; more are refused.
const READERS: usize = 64;

/// How long a reader waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The connection that reads, one reader at a time.
pub(super) struct Reader {
    connection: Arc<Mutex<Connection>>,
    turn: Arc<Semaphore>,
    waiting: Semaphore,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        let turn = Arc::new(Semaphore::new(1));
        Self { connection: Arc::new(Mutex::new(connection)), turn, waiting: Semaphore::new(READERS) }
    }

    pub(super) async fn page(&self, query: Query) -> Result<Page, StoreError> {
        let _place = self.waiting.try_acquire().map_err(|_| StoreError::Crowded)?;
        let turn = tokio::time::timeout(PATIENCE, self.turn.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| StoreError::Crowded)?.map_err(|_| StoreError::Closed)?;
        let connection = self.connection.clone();
        // The turn goes with the work: an asker who leaves does not let another thread in.
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            page(&lock(&connection), query)
        });
        read.await.map_err(|error| StoreError::Failed(error.to_string()))?
    }

    pub(super) fn load(&self) -> Result<Loaded, StoreError> {
        load(&lock(&self.connection))
    }
}

/// A panic while reading leaves nothing half done.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

const COLUMNS: &str = "number, turn, time_us, wall_us, kind, actor, cause, event";

/// Reads what can be read: a restart with a part of the past is better than none, and the show judges by the numbers.
fn load(connection: &Connection) -> Result<Loaded, StoreError> {
    // One transaction: snapshots and rows of the same instant.
    let read = connection.unchecked_transaction()?;
    let mut loaded = Loaded { snapshots: snapshots(&read)?, ..Loaded::default() };
    let after = loaded.snapshots.last().map_or(0, |snapshot| snapshot.number);
    let mut first_skipped = None;
    let mut skip = |loaded: &mut Loaded, number: u64, why: String| {
        loaded.skipped += 1;
        first_skipped.get_or_insert((number, why));
    };
    let mut select = read.prepare(&format!("SELECT {COLUMNS} FROM as_run WHERE number > ?1 ORDER BY number"))?;
    let mut found = select.query([number_column(after)])?;
    loop {
        match found.next() {
            Ok(None) => break,
            Ok(Some(row)) => match read_row(row) {
                Ok(row) => loaded.rows.push(row),
                Err(why) => skip(&mut loaded, row.get::<_, i64>(0).unwrap_or_default().max(0).cast_unsigned(), why),
            },
            // A page of the file is damaged: where the rows behind it begin is not known.
            Err(error) => {
                let next = loaded.rows.last().map_or(after, |row| row.number) + 1;
                skip(&mut loaded, next, unless_damaged(error)?);
                break;
            }
        }
    }
    if let Some((number, why)) = first_skipped {
        let skipped = loaded.skipped;
        tracing::warn!(skipped, first = number, why, "rows of the as-run log cannot be read and are left out");
    }
    let newest = loaded.snapshots.first().map_or(0, |snapshot| snapshot.number);
    loaded.last_number = loaded.rows.last().map_or(newest, |row| row.number.max(newest));
    for table in ["as_run", "snapshot"] {
        let last =
            read.query_row(&format!("SELECT ifnull(max(number), 0) FROM {table}"), (), |row| row.get::<_, i64>(0));
        match last {
            Ok(last) => loaded.last_number = loaded.last_number.max(last.max(0).cast_unsigned()),
            Err(error) => drop(unless_damaged(error)?),
        }
    }
    Ok(loaded)
}

/// What the file says about damage in it; other errors stay errors.
fn unless_damaged(error: rusqlite::Error) -> Result<String, StoreError> {
    match error.into() {
        StoreError::Damaged(why) => Ok(why),
        other => Err(other),
    }
}

/// Those that are as they were written, newest first.
fn snapshots(connection: &Connection) -> Result<Vec<Snapshot>, StoreError> {
    let mut whole = Vec::new();
    let mut number = i64::MAX;
    // One by one: a damaged one does not hide the one before.
    let mut newest_below = connection.prepare("SELECT max(number) FROM snapshot WHERE number < ?1")?;
    let mut select = connection.prepare("SELECT digest, body FROM snapshot WHERE number = ?1")?;
    loop {
        match newest_below.query_row([number], |row| row.get::<_, Option<i64>>(0)) {
            Ok(None) => return Ok(whole),
            Ok(Some(below)) => number = below,
            Err(error) => {
                tracing::warn!(why = unless_damaged(error)?, "the snapshots are damaged");
                return Ok(whole);
            }
        }
        let found = select.query_row([number], |row| {
            Ok((row.get_ref(0)?.as_bytes()?.to_vec(), String::from_utf8(row.get_ref(1)?.as_bytes()?.to_vec())))
        });
        match found {
            Ok((digest, Ok(json))) if digest == Digest::of(&json).as_bytes() && is_json(&json) => {
                whole.push(Snapshot { number: number.max(0).cast_unsigned(), json });
            }
            Err(error) if !matches!(error, rusqlite::Error::FromSqlConversionFailure(..)) => {
                let why = unless_damaged(error)?;
                tracing::warn!(number, why, "a snapshot is damaged; the one before takes its place");
            }
            _ => tracing::warn!(number, "a snapshot is not as it was written; the one before takes its place"),
        }
    }
}

fn page(connection: &Connection, query: Query) -> Result<Page, StoreError> {
    let rows = query.limit.map_or(Page::ROWS, |limit| usize::try_from(limit).unwrap_or(usize::MAX).min(Page::ROWS));
    if rows == 0 {
        return Ok(Page::default());
    }
    let (sql, values) = select(&query, rows + 1);
    let mut select = connection.prepare_cached(&sql)?;
    let mut found = select.query(params_from_iter(values))?;
    let (mut page, mut last, mut more) = (Page::default(), 0, false);
    while let Some(row) = found.next()? {
        // The row after the last tells only that there is one.
        if page.rows.len() + usize::try_from(page.skipped).unwrap_or(usize::MAX) == rows {
            more = true;
            break;
        }
        last = row.get::<_, i64>(0)?.max(0).cast_unsigned();
        match read_row(row) {
            Ok(row) => page.rows.push(row),
            Err(_) => page.skipped += 1,
        }
    }
    page.next = more.then(|| rest(query, last, rows)).flatten();
    Ok(page)
}

/// What is left of `query` after a page of `rows` rows that ends with the number `last`.
fn rest(query: Query, last: u64, rows: usize) -> Option<Query> {
    let limit = query.limit.map(|limit| limit.saturating_sub(rows as u64));
    let left = match query.order {
        Order::OldestFirst => Query { from_number: Some(last + 1), limit, ..query },
        Order::NewestFirst => Query { to_number: Some(last.checked_sub(1)?), limit, ..query },
    };
    (limit != Some(0)).then_some(left)
}

fn select(query: &Query, rows: usize) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let mut conditions = String::new();
    let mut add = |condition: &str, value: Value| {
        values.push(value);
        conditions.push_str(if values.len() == 1 { " WHERE " } else { " AND " });
        conditions.push_str(condition);
    };
    if let Some(from) = query.from_number {
        add("number >= ?", number_column(from).into());
    }
    if let Some(to) = query.to_number {
        add("number <= ?", number_column(to).into());
    }
    if let Some(from) = query.from_us {
        add("wall_us >= ?", from.into());
    }
    if let Some(until) = query.until_us {
        add("wall_us < ?", until.into());
    }
    if !query.kinds.is_empty() {
        // One parameter however many words: the statement stays the same, and its length bounded.
        let words = serde_json::Value::from(query.kinds.clone()).to_string();
        add("kind IN (SELECT value FROM json_each(?))", words.into());
    }
    let order = match query.order {
        Order::OldestFirst => "ASC",
        Order::NewestFirst => "DESC",
    };
    (format!("SELECT {COLUMNS} FROM as_run{conditions} ORDER BY number {order} LIMIT {rows}"), values)
}

/// SQLite's integers end at 2^63 - 1; no evening gets there.
pub(super) fn number_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn read_row(row: &rusqlite::Row<'_>) -> Result<Row, String> {
    let read = || -> rusqlite::Result<Row> {
        Ok(Row {
            number: row.get::<_, i64>(0)?.max(0).cast_unsigned(),
            turn: row.get::<_, i64>(1)?.max(0).cast_unsigned(),
            time_us: row.get::<_, i64>(2)?.max(0).cast_unsigned(),
            wall_us: row.get(3)?,
            kind: row.get(4)?,
            actor: row.get(5)?,
            cause: row.get(6)?,
            event: row.get(7)?,
        })
    };
    let row = read().map_err(|error| error.to_string())?;
    let texts = [("actor", &row.actor), ("cause", &row.cause), ("event", &row.event)];
    if let Some((name, _)) = texts.into_iter().find(|(_, text)| !is_json(text)) {
        return Err(format!("its {name} is not JSON"));
    }
    Ok(row)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
