//! A consistent copy of a store, also while a server runs on it.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{StoreError, file};

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Bytes of the copy.
    pub bytes: u64,
    /// Rows of the as-run log in it.
    pub rows: u64,
}

/// Copies the store in `from` to `to`, which may not exist yet. The copy is one file, readable by its owner only, and has
/// passed SQLite's integrity check. Blocks; the server that runs on `from` does not notice.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Exists`], [`StoreError::Damaged`] when the copy does not pass the check, and what
/// the disk says. No half copy stays behind.
pub fn backup(from: &Path, to: &Path) -> Result<Copied, StoreError> {
    let rows = copy(&file::open_existing(from)?, to)?;
    let bytes = fs::metadata(to).map_err(|error| disk(to, &error))?.len();
    Ok(Copied { bytes, rows: rows.unwrap_or(0) })
}

/// Copies a store of any version; tells the rows of its log, if it has one.
pub(super) fn copy(from: &Connection, to: &Path) -> Result<Option<u64>, StoreError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(StoreError::Exists { path: to.to_owned() });
    }
    // It gets its name when it is whole: what has the name of a backup is one.
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let made = fill(from, part).and_then(|rows| name(part, to).map(|()| rows));
    if made.is_err() {
        // What failed is told; that a rest could not be removed adds nothing.
        let _ = fs::remove_file(part);
    }
    made
}

fn fill(from: &Connection, part: &Path) -> Result<Option<u64>, StoreError> {
    let begun = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part);
    let begun = begun.map_err(|error| disk(part, &error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Connection::open_with_flags(part, flags)?;
    // All pages in one step: a copy in several begins anew whenever another process writes in between.
    match Backup::new(from, &mut copy)?.step(-1)? {
        StepResult::Done => {}
        _ => return Err(StoreError::Busy),
    }
    // One file, without a write-ahead log beside it.
    copy.query_row("PRAGMA journal_mode = DELETE", (), |_| Ok(()))?;
    let verdict: String = copy.query_row("PRAGMA integrity_check(1)", (), |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::Damaged(verdict));
    }
    let rows = copy.query_row("SELECT count(*) FROM as_run", (), |row| row.get::<_, i64>(0)).ok();
    copy.close().map_err(|(_, error)| error)?;
    begun.sync_all().map_err(|error| disk(part, &error))?;
    Ok(rows.map(i64::cast_unsigned))
}

/// Gives the copy its name, unless somebody else has taken it meanwhile.
fn name(part: &Path, to: &Path) -> Result<(), StoreError> {
    match renameat_with(CWD, part, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(rustix::io::Errno::EXIST) => return Err(StoreError::Exists { path: to.to_owned() }),
        // Not every disk can refuse to replace (FAT cannot): that nothing has the name was seen a moment ago.
        Err(rustix::io::Errno::INVAL) => fs::rename(part, to).map_err(|error| disk(to, &error))?,
        Err(error) => return Err(disk(to, &error.into())),
    }
    // The name is on disk when its folder is; some disks cannot say so.
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn disk(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Failed(format!("{}: {error}", path.display())),
    }
}
