//! What can go wrong between this program and its file, and what mends it.

use std::path::PathBuf;

use crate::secret::InvalidPassword;
use crate::show::{InvalidName, InvalidRole};

/// What the store answers when it cannot do what was asked. No variant carries a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be made or opened.
    #[error("the store {} cannot be opened: {why}; does its folder exist, and may this user write there?", path.display())]
    Unopenable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// There is no file where one is needed.
    #[error("there is no store {}: `regia serve` or `regia admin add-operator` makes one", path.display())]
    Missing {
        /// Where it was expected.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a store of regia ({what}): name another file in [store] path, or move this one away", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What it looks like.
        what: String,
    },
    /// More people ask at once than are answered at once.
    #[error("too many ask at once: try again in a moment")]
    Crowded,
    /// The file was written by a newer program.
    #[error(
        "{} is a store of version {arrived}, this regia knows versions up to {known}: use a newer regia, or put back the \
         copy that was made before the change (beside it, named {}.v{known}-…)", path.display(), path.display()
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its version.
        arrived: i64,
        /// The newest that this program knows.
        known: u32,
    },
    /// Somebody else holds the file.
    #[error("the store is locked by another program; try again, and close what holds it (a database browser, a copy)")]
    Busy,
    /// The disk, or the file's limit, is full.
    #[error("the disk of the store is full: make room; what waits is written by itself then")]
    Full,
    /// Content that cannot be what was written.
    #[error("the store is damaged ({0}): put back a copy made with `regia backup`")]
    Damaged(String),
    /// What was given could not be written in time. It still waits.
    #[error("{waiting} rows wait to be written: {why}")]
    NotWritten {
        /// How many rows.
        waiting: usize,
        /// Why.
        why: String,
    },
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
    /// Any other error of the database.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The name is taken.
    #[error("there is already {what} '{name}': choose another name, or remove it first")]
    Taken {
        /// "an operator", "an API key".
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// There are as many as there can be, and all of them are in use.
    #[error("there are {most} {what} already, which is the most: revoke one first")]
    TooMany {
        /// "links", "API keys".
        what: &'static str,
        /// How many there can be.
        most: usize,
    },
    /// Nothing has this name.
    #[error("there is no {what} '{name}'")]
    Unknown {
        /// "operator", "API key", "link".
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A word that is no role.
    #[error(transparent)]
    Role(#[from] InvalidRole),
    /// A password that is too short or too long.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    /// An access code that is too short or too long.
    #[error("an access code needs 4 to 64 characters, {arrived} arrived")]
    Code {
        /// Characters that arrived.
        arrived: usize,
    },
    /// The file of a backup exists.
    #[error("{} exists already and is not overwritten: choose another name", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy,
            Some(Code::DiskFull) => Self::Full,
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}
