//! What outlives the process, in one SQLite file: the as-run log and snapshots, people with their keys and links.
//!
//! Nobody waits for the disk: [`Writer::write`] hands over to the one thread that writes, and every check of [`People`]
//! is answered from memory. A locked file or a full disk shows in [`Health`], and mends itself when the cause goes.

mod backup;
mod bearer;
mod directory;
mod error;
mod file;
mod history;
mod people;
mod queue;
mod record;
mod registry;
mod seed;
mod writer;

use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use rusqlite::Connection;

pub use backup::{Copied, backup};
pub use bearer::Bearer;
pub use error::StoreError;
pub use history::{Loaded, Order, Page, Query};
pub use people::{Holder, Link, LinkId, Machine, NewLink, Operator, Roles, Standing};
pub use record::{Batch, Row, Snapshot};
pub use registry::People;
pub use seed::{Seed, Seeded};
pub use writer::{Health, Writer};

use self::directory::Directory;
use self::file::Place;

/// How long reading waits for the file. With a write-ahead log nobody holds it from readers.
const READ_PATIENCE: Duration = Duration::from_secs(1);

/// The open store. A clone is the same store; with the last one its thread ends, after a last try to write what waits.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Writer,
    people: People,
    reader: Arc<history::Reader>,
    place: Place,
}

impl Store {
    /// Opens the store in `path`, or makes it, readable by its owner only. An older one is brought up to date; a copy of
    /// it stays beside it (`regia.db.v1-2026-11-21T203000Z`). Blocks for some milliseconds. `now_us` is Unix time.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Foreign`], [`StoreError::Unopenable`], [`StoreError::Busy`].
    pub fn open(path: &Path, now_us: i64) -> Result<Self, StoreError> {
        let place = Place::File(path.to_owned());
        let connection = file::open(&place, now_us)?;
        Self::start(place, connection, now_us)
    }

    /// A store in memory, for a demo or a test. It leaves nothing behind.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn in_memory() -> Result<Self, StoreError> {
        let place = Place::memory();
        let connection = file::open(&place, 0)?;
        Self::start(place, connection, 0)
    }

    fn start(place: Place, connection: Connection, now_us: i64) -> Result<Self, StoreError> {
        let directory = Arc::new(RwLock::new(Directory::read(&connection, now_us)?));
        let reader = Arc::new(history::Reader::new(place.connect(READ_PATIENCE)?));
        let writer = Writer::start(place.clone(), connection, directory.clone())?;
        let people = People::new(writer.clone(), directory);
        Ok(Self { writer, people, reader, place })
    }

    /// Where it is; none in memory.
    pub fn path(&self) -> Option<&Path> {
        self.place.path()
    }

    /// Takes what is to be kept; a clone is cheap.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Operators, sessions, keys, links, codes; a clone is cheap.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// What the last run left: the newest snapshots, and the rows after the oldest of them. Blocks; 10,000 rows take well
    /// under a second. A row that cannot be read is left out with a warning.
    ///
    /// # Errors
    /// When the file as a whole cannot be read.
    pub fn load(&self) -> Result<Loaded, StoreError> {
        self.reader.load()
    }

    /// Rows of the log, a page at a time; [`Page::next`] asks for the rest. Bounded in time and in what is held.
    ///
    /// # Errors
    /// When the file cannot be read now.
    pub async fn rows(&self, query: Query) -> Result<Page, StoreError> {
        self.reader.page(query).await
    }

    /// Gives an empty store its first keys. A store is seeded once in its life; later seeds change nothing.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn seed(&self, seed: Seed, now_us: i64) -> Result<Seeded, StoreError> {
        let (planted, seed) = self
            .writer
            .change(move |connection| seed::plant(connection, &seed, now_us).map(|planted| (planted, seed)))
            .await?;
        if planted {
            return Ok(Seeded::Now);
        }
        Ok(Seeded::Before { stale: seed::stale(&self.people.read().tables, &seed, now_us) })
    }

    /// Writes what waits, for `within` at most, and ends the thread. Later writes are kept in memory only.
    ///
    /// # Errors
    /// [`StoreError::NotWritten`] with the cause, when the time did not suffice.
    pub async fn close(self, within: Duration) -> Result<(), StoreError> {
        let flushed = self.writer.flush(within).await;
        self.writer.end().await;
        flushed
    }
}
