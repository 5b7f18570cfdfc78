//! The one thread that writes: it groups what waits into one transaction, and keeps it while the file cannot take it.

use std::time::Duration;

use tokio::sync::watch;

use super::{Batch, StoreError};

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

/// Gives to the thread that writes. A clone gives to the same thread.
#[derive(Debug, Clone)]
pub struct Writer {}

impl Writer {
    /// Most rows that wait while the file takes nothing; beyond that the oldest are given up, and counted.
    pub const MOST_WAITING: usize = 10_000;

    /// Takes a batch. Never blocks and never fails: what goes wrong shows in [`Writer::health`].
    pub fn write(&self, batch: Batch) {
        todo!("{batch:?}")
    }

    /// Waits until everything given before is in the file, for `within` at most. It then outlives the process's death;
    /// a power failure may still take the last moments.
    ///
    /// # Errors
    /// [`StoreError::NotWritten`] with the cause; what waits goes on waiting.
    pub async fn flush(&self, within: Duration) -> Result<(), StoreError> {
        todo!("{within:?}")
    }

    /// How the writing goes, and every change of it (the number of waiting rows at each try).
    pub fn health(&self) -> watch::Receiver<Health> {
        todo!()
    }

    /// Rows given up since the start, for a counter.
    pub fn lost(&self) -> u64 {
        todo!()
    }
}
