//! The one thread that writes: it groups what waits into one transaction, and keeps it while the file cannot take it.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::directory::{Directory, Session, Tables};
use super::file::Place;
use super::queue::{Group, Queue, Work};
use super::{Batch, StoreError};
use crate::secret::Digest;

/// How the writing goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// What is given is on disk a moment later.
    Well,
    /// The file takes nothing now. It is tried again until it does.
    Failing {
        /// Since when, Unix µs.
        since_us: i64,
        /// What the file says, and what mends it.
        error: String,
        /// Rows that wait in memory.
        waiting: usize,
        /// Rows that were given up since the start, because too many waited.
        lost: u64,
    },
}

/// How long a group waits for another program that holds the file, before it counts as failing. People wait behind it.
const GROUP_PATIENCE: Duration = Duration::from_millis(250);

/// How long a change that somebody waits for may wait for the file.
const CHANGE_PATIENCE: Duration = Duration::from_secs(2);

/// How long somebody waits for the answer to a change.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// How long a look at the file may hold up somebody who wants to come in; then memory decides.
const LOOK_PATIENCE: Duration = Duration::from_millis(500);

/// How often the file is asked whether another program wrote there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The first wait after a failure, and the longest.
const BACKOFF: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

/// Snapshots that are kept: should the newest be damaged, there is one before.
const SNAPSHOTS: u32 = 3;

/// Something that needs the connection, and whoever asked for it.
pub(super) type Ask = Box<dyn FnOnce(Result<&mut Connection, StoreError>, &RwLock<Directory>) + Send>;

/// Gives to the thread that writes. A clone gives to the same thread; with the last one it ends.
#[derive(Debug, Clone)]
pub struct Writer(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.end();
    }
}

impl Writer {
    /// Most rows that wait while the file takes nothing; beyond that the oldest are given up, and counted.
    pub const MOST_WAITING: usize = super::queue::MOST_WAITING;

    /// Starts the thread on a connection to `place`.
    pub(super) fn start(
        place: Place,
        connection: Connection,
        directory: Arc<RwLock<Directory>>,
    ) -> Result<Self, StoreError> {
        let queue = Arc::new(Queue::new());
        connection.busy_timeout(GROUP_PATIENCE)?;
        let hand = Hand::new(queue.clone(), place, connection, directory);
        let thread = std::thread::Builder::new().name("store".into()).spawn(move || hand.run());
        let thread = thread.map_err(|error| StoreError::Failed(format!("no thread: {error}")))?;
        Ok(Self(Arc::new(Handle { queue, thread: Mutex::new(Some(thread)) })))
    }

    /// Takes a batch. Never blocks and never fails: what goes wrong shows in [`Writer::health`].
    pub fn write(&self, batch: Batch) {
        self.0.queue.give(batch);
    }

    /// Waits until everything given before is in the file, for `within` at most. It then outlives the process's death;
    /// a power failure may still take the last moments.
    ///
    /// # Errors
    /// [`StoreError::NotWritten`] with the cause; what waits goes on waiting.
    pub async fn flush(&self, within: Duration) -> Result<(), StoreError> {
        let (given, mut written) = self.0.queue.mark();
        match tokio::time::timeout(within, written.wait_for(|written| *written >= given)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => {
                let why = match &*self.health().borrow() {
                    Health::Well => "the disk is slow".to_owned(),
                    Health::Failing { error, .. } => error.clone(),
                };
                Err(StoreError::NotWritten { waiting: self.0.queue.waiting(), why })
            }
        }
    }

    /// How the writing goes, and every change of it (the number of waiting rows at each try).
    pub fn health(&self) -> watch::Receiver<Health> {
        self.0.queue.health.subscribe()
    }

    /// Rows given up since the start, for a counter.
    pub fn lost(&self) -> u64 {
        self.0.queue.lost()
    }

    /// Keeps a session as it is now, or forgets it; like rows, it waits for better times if it must.
    pub(super) fn keep_session(&self, digest: Digest, session: Option<Session>) {
        self.0.queue.keep_session(digest, session);
    }

    /// Runs a change in the thread and waits for its answer. The people are read anew before the answer comes.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer_tx, answer_rx) = oneshot::channel();
        let ask: Ask = Box::new(move |connection, directory| {
            if answer_tx.is_closed() {
                return;
            }
            let changed = connection.and_then(|connection| {
                connection.busy_timeout(CHANGE_PATIENCE)?;
                let changed = change(connection);
                connection.busy_timeout(GROUP_PATIENCE)?;
                if changed.is_ok() {
                    let tables = Tables::read(connection);
                    let mut directory = directory.write().unwrap_or_else(PoisonError::into_inner);
                    match tables {
                        Ok(tables) => directory.tables = tables,
                        // The change is in the file; the next look reads it.
                        Err(_) => directory.is_stale = true,
                    }
                }
                changed
            });
            // Whoever asked may have gone.
            let _ = answer_tx.send(changed);
        });
        self.0.queue.ask(ask)?;
        let answer = tokio::time::timeout(ANSWER_PATIENCE, answer_rx).await;
        answer.map_err(|_| StoreError::Busy)?.map_err(|_| StoreError::Closed)?
    }

    /// Has the people read anew if another program wrote, and waits for it, but not for long.
    pub(super) async fn look(&self) {
        if let Some(looked) = self.0.queue.look() {
            // In time or not: what is in memory then decides.
            let _ = tokio::time::timeout(LOOK_PATIENCE, looked).await;
        }
    }

    /// Ends the thread after a last try to write what waits, and waits for it.
    pub(super) async fn end(&self) {
        self.0.queue.end();
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && !matches!(tokio::task::spawn_blocking(move || thread.join()).await, Ok(Ok(())))
        {
            tracing::error!("the store's thread panicked");
        }
    }
}

/// The thread's own things.
struct Hand {
    queue: Arc<Queue>,
    place: Place,
    /// None after an error that a new connection may mend.
    connection: Option<Connection>,
    directory: Arc<RwLock<Directory>>,
    /// SQLite's counter of what others wrote, as it was last seen.
    others: Option<i64>,
    next_look: Instant,
    next_try: Instant,
    backoff: Duration,
}

impl Hand {
    fn new(queue: Arc<Queue>, place: Place, connection: Connection, directory: Arc<RwLock<Directory>>) -> Self {
        let now = Instant::now();
        let (connection, backoff) = (Some(connection), BACKOFF[0]);
        Self { queue, place, connection, directory, others: None, next_look: now, next_try: now, backoff }
    }

    fn run(mut self) {
        while self.turn().is_continue() {}
    }

    fn turn(&mut self) -> ControlFlow<()> {
        let Work { asks, looks, group, ending } = self.queue.wait(self.next_try, self.next_look);
        for ask in asks {
            let connection = connect(&mut self.connection, &self.place);
            ask(connection.map_err(StoreError::from), &self.directory);
        }
        if !looks.is_empty() || self.next_look <= Instant::now() {
            self.look();
            for looked in looks {
                // Whoever asked may have gone.
                let _ = looked.send(());
            }
        }
        if let Some(group) = group {
            self.write(&group);
        }
        if ending { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Reads the people anew if another program wrote.
    fn look(&mut self) {
        self.next_look = Instant::now() + LOOK_EVERY;
        let looked = connect(&mut self.connection, &self.place).and_then(|connection| {
            let others = connection.query_row("PRAGMA data_version", (), |row| row.get(0))?;
            let is_stale = self.directory.read().unwrap_or_else(PoisonError::into_inner).is_stale;
            if self.others.replace(others) != Some(others) || is_stale {
                let tables = Tables::read(connection)?;
                let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
                (directory.tables, directory.is_stale) = (tables, false);
            }
            Ok(())
        });
        if let Err(error) = looked {
            // Memory goes on deciding. Writing tells the failure, if it is more than this moment's.
            tracing::debug!(%error, "the store cannot be looked at");
            self.give_up_connection(&StoreError::from(error));
        }
    }

    /// A disk that was away may have left this connection useless; who only has to wait keeps it.
    fn give_up_connection(&mut self, error: &StoreError) {
        self.others = None;
        if !matches!(error, StoreError::Busy | StoreError::Full) {
            self.connection = None;
        }
    }

    fn write(&mut self, group: &Group) {
        match connect(&mut self.connection, &self.place).and_then(|connection| group.write(connection, SNAPSHOTS)) {
            Ok(()) => self.written(group),
            Err(error) => self.failed(error),
        }
    }

    fn written(&mut self, group: &Group) {
        (self.backoff, self.next_try) = (BACKOFF[0], Instant::now());
        self.queue.done(group);
        let before = self.queue.health.send_replace(Health::Well);
        if let Health::Failing { since_us, .. } = before {
            let seconds = unix_us().saturating_sub(since_us) / 1_000_000;
            tracing::info!(seconds, rows = group.rows(), lost = self.queue.lost(), "the store takes writes again");
        }
    }

    fn failed(&mut self, error: rusqlite::Error) {
        let (waiting, lost) = self.queue.kept();
        self.next_try = Instant::now() + self.backoff;
        self.backoff = (self.backoff * 2).min(BACKOFF[1]);
        let error = StoreError::from(error);
        self.give_up_connection(&error);
        let told = error.to_string();
        let before = self.queue.health.borrow().clone();
        let since_us = match before {
            Health::Well => {
                tracing::warn!(error = told, waiting, "the store takes nothing; what waits is kept and tried again");
                unix_us()
            }
            Health::Failing { since_us, .. } => since_us,
        };
        self.queue.health.send_replace(Health::Failing { since_us, error: told, waiting, lost });
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Nobody writes any more: that is said, and nobody waits for an answer.
            self.queue.end();
            let error = "its thread panicked; a restart mends it".to_owned();
            let (waiting, lost) = self.queue.kept();
            self.queue.health.send_replace(Health::Failing { since_us: unix_us(), error, waiting, lost });
        }
    }
}

/// The connection, made anew if it was given up.
fn connect<'a>(connection: &'a mut Option<Connection>, place: &Place) -> rusqlite::Result<&'a mut Connection> {
    match connection {
        Some(connection) => Ok(connection),
        None => Ok(connection.insert(place.connect(GROUP_PATIENCE)?)),
    }
}

/// Unix µs.
fn unix_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::{Row, Store};
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);

    fn batch(numbers: std::ops::RangeInclusive<u64>) -> Batch {
        let json = || "{}".to_owned();
        let row = |number| {
            let event = format!("\"{}\"", "x".repeat(200));
            Row { number, turn: number, time_us: 0, wall_us: 0, kind: json(), actor: json(), cause: json(), event }
        };
        Batch { rows: numbers.map(row).collect(), snapshot: None }
    }

    async fn until(store: &Store, is: impl FnMut(&Health) -> bool) -> Health {
        let mut health = store.writer().health();
        tokio::time::timeout(DEADLINE, health.wait_for(is)).await.expect("the health turns").unwrap().clone()
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_what_waits_is_written_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("regia.db"), 0).unwrap();
        store.limit_pages(1).await.unwrap(); // SQLite raises it to what is in use.
        store.writer().write(batch(1..=2_000));
        let failing = until(&store, |health| *health != Health::Well).await;
        let Health::Failing { error, waiting: 2_000, lost: 0, .. } = failing else { panic!("{failing:?}") };
        assert!(error.contains("full"), "{error}");
        store.writer().write(batch(2_001..=3_000));
        store.limit_pages(1_000_000).await.unwrap();
        until(&store, |health| *health == Health::Well).await;
        store.writer().flush(DEADLINE).await.unwrap();
        assert!(store.load().unwrap().is_complete_after(0));
        assert_eq!(store.load().unwrap().last_number, 3_000);
    }

    #[tokio::test]
    async fn beyond_the_bound_the_oldest_rows_are_given_up_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("regia.db"), 0).unwrap();
        store.limit_pages(1).await.unwrap();
        (0..12).for_each(|thousand| store.writer().write(batch(thousand * 1_000 + 1..=(thousand + 1) * 1_000)));
        let failing = until(&store, |health| matches!(health, Health::Failing { lost: 2_000, .. })).await;
        assert!(matches!(failing, Health::Failing { waiting: Writer::MOST_WAITING, .. }), "{failing:?}");
        store.limit_pages(1_000_000).await.unwrap();
        store.writer().flush(DEADLINE).await.unwrap();
        assert_eq!(store.writer().lost(), 2_000);
        let loaded = store.load().unwrap();
        assert_eq!((loaded.rows.len(), loaded.rows[0].number, loaded.last_number), (10_000, 2_001, 12_000));
        assert!(!loaded.is_complete_after(0) && loaded.is_complete_after(2_000));
    }

    #[tokio::test]
    async fn a_thread_that_dies_is_told() {
        let store = Store::in_memory().unwrap();
        let died = store.writer().change::<()>(|_| panic!("planted")).await.unwrap_err();
        assert!(matches!(died, StoreError::Closed), "{died}");
        let failing = until(&store, |health| *health != Health::Well).await;
        assert!(matches!(failing, Health::Failing { .. }));
        let refused = store.writer().change(|_| Ok(())).await.unwrap_err();
        assert!(matches!(refused, StoreError::Closed), "{refused}");
    }
}
