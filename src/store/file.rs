//! The file: opened with the right mode, version and settings, and brought up to date.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};

use super::{StoreError, backup};
use crate::secret::SessionId;

/// What each version adds to the one before, from an empty file on. Never changed once released, only added to.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_evening.sql")];

/// "REGI": tells a store from other programs' databases.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"REGI");

/// How long opening waits for somebody who holds the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a checkpoint leaves of the write-ahead log, in bytes: an evening's peak does not stay on the disk.
const JOURNAL_BYTES: u32 = 16 << 20;

/// Where a store is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A file.
    File(PathBuf),
    /// Memory that the connections of this process share by this name.
    Memory(String),
}

impl Place {
    /// Memory of its own.
    pub(super) fn memory() -> Self {
        Self::Memory(format!("/regia-{}", SessionId::random().as_str()))
    }

    /// The file, if it is one.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Memory(_) => None,
        }
    }

    /// A connection to what is there, which waits for `patience` while somebody else holds it.
    pub(super) fn connect(&self, patience: Duration) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Self::File(path) => Connection::open_with_flags(path, flags)?,
            Self::Memory(name) => {
                Connection::open_with_flags_and_vfs(name, flags | OpenFlags::SQLITE_OPEN_CREATE, c"memdb")?
            }
        };
        connection.busy_timeout(patience)?;
        // NORMAL with a write-ahead log: the process's death loses nothing, a power failure the last moments at most.
        connection
            .execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;")?;
        connection.pragma_update(None, "journal_size_limit", JOURNAL_BYTES)?;
        Ok(connection)
    }
}

/// Makes the file of a store, if there is none, brings it up to date and connects to it. `now_us` names the copy of an old one.
pub(super) fn open(place: &Place, now_us: i64) -> Result<Connection, StoreError> {
    open_with(place, now_us, &MIGRATIONS)
}

/// Connects to a store that is there and up to date.
pub(super) fn open_existing(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    let place = Place::File(path.to_owned());
    let connection = place.connect(PATIENCE).map_err(|error| opening(&place, error))?;
    version(&place, &connection, newest(&MIGRATIONS))?;
    Ok(connection)
}

fn open_with(place: &Place, now_us: i64, migrations: &[&str]) -> Result<Connection, StoreError> {
    if let Place::File(path) = place {
        make(path)?;
    }
    let failed = |error| opening(place, error);
    let mut connection = place.connect(PATIENCE).map_err(failed)?;
    let known = newest(migrations);
    let version = version(place, &connection, known)?;
    if connection.is_readonly(MAIN_DB).map_err(failed)? {
        return Err(unopenable(place, "this user may only read it".into()));
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0)).map_err(failed)?;
    if matches!(place, Place::File(_)) && mode != "wal" {
        tracing::warn!(mode, "the store's disk knows no write-ahead log; readers and writers wait for each other");
    }
    if let Some(path) = place.path()
        && (1..known).contains(&version)
    {
        let copy = copy_of(path, version, now_us);
        backup::copy(&connection, &copy)?;
        tracing::info!(from = version, to = known, copy = %copy.display(), "the store is brought up to date");
    }
    migrate(&mut connection, version, migrations)?;
    Ok(connection)
}

/// An empty file that only its owner may read; one that is there is left as it is.
fn make(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::Unopenable { path: path.to_owned(), why: error.to_string() }),
    }
}

/// The version of the store: the number of migrations that made it.
fn version(place: &Place, connection: &Connection, known: u32) -> Result<u32, StoreError> {
    let number = |sql| connection.query_row(sql, (), |row| row.get::<_, i64>(0)).map_err(|error| opening(place, error));
    let path = || place.path().map(Path::to_owned).unwrap_or_default();
    let contents = number("SELECT count(*) FROM sqlite_schema")?;
    if contents > 0 && number("PRAGMA application_id")? != i64::from(APPLICATION_ID) {
        return Err(StoreError::Foreign { path: path(), what: "it is another program's database".into() });
    }
    let arrived = number("PRAGMA user_version")?;
    match u32::try_from(arrived) {
        Ok(version) if version <= known => Ok(version),
        _ => Err(StoreError::Newer { path: path(), arrived, known }),
    }
}

/// The version that these migrations make.
fn newest(migrations: &[&str]) -> u32 {
    u32::try_from(migrations.len()).expect("a person writes them")
}

/// Runs what is missing, each version in a transaction of its own, so that a death in between leaves a whole version.
fn migrate(connection: &mut Connection, from: u32, migrations: &[&str]) -> Result<(), StoreError> {
    for (to, sql) in (1..).zip(migrations).filter(|(to, _)| *to > from) {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: u32 = step.query_row("PRAGMA user_version", (), |row| row.get(0))?;
        // Another process may have come first.
        if version >= to {
            continue;
        }
        step.execute_batch(sql)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", to)?;
        step.commit()?;
    }
    Ok(())
}

/// Where the copy of an old store goes: beside it, with its version and the time.
fn copy_of(path: &Path, version: u32, now_us: i64) -> PathBuf {
    let now = jiff::Timestamp::from_microsecond(now_us).unwrap_or_default();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}-{}", now.strftime("%Y-%m-%dT%H%M%SZ")));
    name.into()
}

fn opening(place: &Place, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            let path = place.path().map(Path::to_owned).unwrap_or_default();
            StoreError::Foreign { path, what: "it is no database".into() }
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            unopenable(place, error.to_string())
        }
        _ => error.into(),
    }
}

fn unopenable(place: &Place, why: String) -> StoreError {
    StoreError::Unopenable { path: place.path().map(Path::to_owned).unwrap_or_default(), why }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// 2026-11-21T20:30:00Z.
    const NOW_US: i64 = 1_795_293_000_000_000;

    fn place(folder: &tempfile::TempDir) -> Place {
        Place::File(folder.path().join("regia.db"))
    }

    fn refused(place: &Place) -> String {
        open(place, NOW_US).unwrap_err().to_string()
    }

    #[test]
    fn a_new_store_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&place(&folder), NOW_US).unwrap();
        for name in ["regia.db", "regia.db-wal"] {
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let mode: String = connection.query_row("PRAGMA journal_mode", (), |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
        assert_eq!(version(&place(&folder), &connection, 99).unwrap(), newest(&MIGRATIONS));
        assert!(open(&place(&folder), NOW_US).is_ok(), "it opens again");
    }

    #[test]
    fn an_old_store_is_brought_up_to_date_and_a_copy_stays() {
        let folder = tempfile::tempdir().unwrap();
        let first = open_with(&place(&folder), NOW_US, &["CREATE TABLE city (name TEXT)"]).unwrap();
        first.execute("INSERT INTO city VALUES ('Lecce')", ()).unwrap();
        let (second, wrong) =
            ("ALTER TABLE city ADD COLUMN zone TEXT", "CREATE TABLE half (x); ALTER TABLE none ADD y");
        let steps = ["CREATE TABLE city (name TEXT)", second, wrong];

        assert!(open_with(&place(&folder), NOW_US, &steps).is_err(), "the third version is broken");
        let connection = open_with(&place(&folder), NOW_US + 1_000_000, &steps[..2]).unwrap();
        let named: (String, Option<String>) =
            connection.query_row("SELECT name, zone FROM city", (), |row| row.try_into()).unwrap();
        assert_eq!(named, ("Lecce".into(), None));
        assert!(connection.prepare("SELECT x FROM half").is_err(), "nothing of the broken version stayed");

        let copy = Connection::open(folder.path().join("regia.db.v1-2026-11-21T203000Z")).unwrap();
        let version: u32 = copy.query_row("PRAGMA user_version", (), |row| row.get(0)).unwrap();
        assert_eq!(version, 1);
        assert!(copy.prepare("SELECT zone FROM city").is_err());
    }

    #[test]
    fn a_newer_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let steps: Vec<_> = MIGRATIONS.into_iter().chain(["CREATE TABLE future (x)"]).collect();
        drop(open_with(&place(&folder), NOW_US, &steps).unwrap());
        let before = std::fs::read(folder.path().join("regia.db")).unwrap();
        let told = refused(&place(&folder));
        assert!(told.contains("version 2") && told.contains("up to 1") && told.contains("regia.db.v1-"), "{told}");
        assert_eq!(std::fs::read(folder.path().join("regia.db")).unwrap(), before);
    }

    #[test]
    fn what_is_no_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regia.db");
        std::fs::write(&path, "[event]\ntitle = \"a config, not a store\"\n".repeat(50)).unwrap();
        let before = std::fs::read(&path).unwrap();
        let told = refused(&place(&folder));
        assert!(told.contains("no database") && told.contains("[store] path"), "{told}");
        assert_eq!(std::fs::read(&path).unwrap(), before);

        std::fs::remove_file(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE bookmarks (url)").unwrap();
        assert!(refused(&place(&folder)).contains("another program"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let told = refused(&Place::File("/nonexistent/regia.db".into()));
        assert!(told.contains("/nonexistent/regia.db") && told.contains("folder"), "{told}");
    }
}
