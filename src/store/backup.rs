//! A consistent copy of a store, also while a server runs on it.

use std::path::Path;

use super::StoreError;

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
/// [`StoreError::Missing`], [`StoreError::Exists`], [`StoreError::Damaged`] when `from` does not pass the check, and what
/// the disk says. No half copy stays behind.
pub fn backup(from: &Path, to: &Path) -> Result<Copied, StoreError> {
    todo!("{from:?} {to:?}")
}
