//! What one shard counts. It writes, the hub reads; nothing waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The counters of one shard, since its start unless said otherwise.
#[derive(Debug)]
pub(super) struct Counters {
    /// Seats taken now, those of viewers on their way in included.
    pub(super) seats: AtomicUsize,
    /// Viewers now, by place of the channel.
    pub(super) viewers: Vec<AtomicUsize>,
    /// Media packets sent, and their payload bytes.
    pub(super) packets: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Packets sent again.
    pub(super) again: AtomicU64,
    /// Packets that rings dropped before this shard read them.
    pub(super) lagged: AtomicU64,
    /// Datagrams that the system did not take.
    pub(super) unsent: AtomicU64,
    /// Datagrams that belong to no viewer.
    pub(super) strays: AtomicU64,
}

impl Counters {
    pub(super) fn new(channels: usize) -> Arc<Self> {
        Arc::new(Self {
            seats: AtomicUsize::new(0),
            viewers: std::iter::repeat_with(AtomicUsize::default).take(channels).collect(),
            packets: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            again: AtomicU64::new(0),
            lagged: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
            strays: AtomicU64::new(0),
        })
    }
}

/// A viewer's place in the house. It is free again when this is dropped, whatever ended the viewer.
#[derive(Debug)]
pub(super) struct Seat {
    house: Arc<AtomicUsize>,
    shard: Arc<Counters>,
}

impl Seat {
    /// Takes a seat of `most`, or tells how many are taken.
    pub(super) fn take(house: &Arc<AtomicUsize>, most: usize, shard: &Arc<Counters>) -> Result<Self, usize> {
        house.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| (taken < most).then_some(taken + 1))?;
        shard.seats.fetch_add(1, Ordering::Relaxed);
        Ok(Self { house: Arc::clone(house), shard: Arc::clone(shard) })
    }

    /// The counters of the shard that the seat is in.
    pub(super) fn shard(&self) -> &Arc<Counters> {
        &self.shard
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shard.seats.fetch_sub(1, Ordering::Relaxed);
        self.house.fetch_sub(1, Ordering::Relaxed);
    }
}
