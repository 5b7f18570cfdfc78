//! What one shard counts. It writes, the hub reads; nothing waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Guest;

/// The counters of one shard, since its start unless said otherwise.
#[derive(Debug)]
pub(super) struct Counters {
    /// Seats taken now, those of viewers on their way in included.
    pub(super) seats: AtomicUsize,
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
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            seats: AtomicUsize::new(0),
            packets: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            again: AtomicU64::new(0),
            lagged: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
            strays: AtomicU64::new(0),
        })
    }
}

/// One of a bounded number of places. It is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Place {
    /// Takes a place of `most`, or tells how many are taken.
    pub(super) fn take(taken: &Arc<AtomicUsize>, most: usize) -> Result<Self, usize> {
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| (taken < most).then_some(taken + 1))?;
        Ok(Self(Arc::clone(taken)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A viewer's seat. It is free again when this is dropped, whatever ended the viewer.
#[derive(Debug)]
pub(super) struct Seat {
    _house: Place,
    /// Held until the viewer is connected: who only says that they come cannot take the house from those who are here.
    connecting: Option<Place>,
    guest: Guest,
    shard: Arc<Counters>,
}

impl Seat {
    /// A seat on a shard.
    pub(super) fn new(guest: Guest, house: Place, connecting: Option<Place>, shard: &Arc<Counters>) -> Self {
        shard.seats.fetch_add(1, Ordering::Relaxed);
        Self { _house: house, connecting, guest, shard: Arc::clone(shard) }
    }

    /// How many of the audience sit here: the screens of a control room are none.
    pub(super) fn audience(&self) -> isize {
        match self.guest {
            Guest::Viewer => 1,
            Guest::Operator => 0,
        }
    }

    /// The viewer is connected.
    pub(super) fn connected(&mut self) {
        self.connecting = None;
    }

    /// The counters of the shard that the seat is in.
    pub(super) fn shard(&self) -> &Arc<Counters> {
        &self.shard
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shard.seats.fetch_sub(1, Ordering::Relaxed);
    }
}
