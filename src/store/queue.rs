//! What waits for the thread that writes: bounded, and grouped into one transaction at its next turn.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use super::directory::Session;
use super::history::number_column;
use super::writer::{Ask, Health};
use super::{Batch, Row, Snapshot, StoreError};
use crate::secret::Digest;

/// Most rows that wait.
pub(super) const MOST_WAITING: usize = 10_000;

/// Most bytes of rows that wait.
const MOST_BYTES: usize = 64 << 20;

/// Most changes that wait to be asked for.
const MOST_ASKS: usize = 64;

/// Most looks at the file that are waited for; one look answers all.
const MOST_LOOKS: usize = 256;

/// Rows, newest snapshot and sessions that wait, changes that are asked for, and how the writing goes.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    pub(super) health: watch::Sender<Health>,
    /// The turn up to which everything is written.
    written: watch::Sender<u64>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

/// Each thing that waits has the turn in which it was given.
#[derive(Default)]
struct Waiting {
    turn: u64,
    rows: VecDeque<(u64, Arc<Row>)>,
    bytes: usize,
    snapshot: Option<(u64, Arc<Snapshot>)>,
    sessions: HashMap<Digest, (u64, Option<Session>)>,
    /// The last turn of the group that is being written now, and how many of its rows were given up meanwhile: they are
    /// lost only if the group does not get through.
    in_hand: Option<u64>,
    doubtful: u64,
    lost: u64,
    asks: VecDeque<Ask>,
    looks: Vec<oneshot::Sender<()>>,
    ending: bool,
}

/// What the thread has to do.
pub(super) struct Work {
    pub(super) asks: VecDeque<Ask>,
    pub(super) looks: Vec<oneshot::Sender<()>>,
    pub(super) group: Option<Group>,
    /// There is no turn after this one.
    pub(super) ending: bool,
}

/// What is written in one transaction.
#[derive(Debug)]
pub(super) struct Group {
    last_turn: u64,
    rows: Vec<Arc<Row>>,
    snapshot: Option<Arc<Snapshot>>,
    sessions: Vec<(Digest, Option<Session>)>,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::default(),
            wake: Condvar::new(),
            health: watch::Sender::new(Health::Well),
            written: watch::Sender::new(0),
        }
    }

    /// Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn give(&self, batch: Batch) {
        if batch.rows.is_empty() && batch.snapshot.is_none() {
            return;
        }
        let mut waiting = self.lock();
        waiting.turn += 1;
        let turn = waiting.turn;
        for row in batch.rows {
            waiting.bytes += row.size();
            waiting.rows.push_back((turn, Arc::new(row)));
        }
        if let Some(snapshot) = batch.snapshot {
            waiting.snapshot = Some((turn, Arc::new(snapshot)));
        }
        waiting.keep_bounds();
        drop(waiting);
        self.wake.notify_one();
    }

    pub(super) fn keep_session(&self, digest: Digest, session: Option<Session>) {
        let mut waiting = self.lock();
        waiting.turn += 1;
        let turn = waiting.turn;
        waiting.sessions.insert(digest, (turn, session));
        drop(waiting);
        self.wake.notify_one();
    }

    pub(super) fn ask(&self, ask: Ask) -> Result<(), StoreError> {
        let mut waiting = self.lock();
        if waiting.ending {
            return Err(StoreError::Closed);
        }
        if waiting.asks.len() >= MOST_ASKS {
            return Err(StoreError::Crowded);
        }
        waiting.asks.push_back(ask);
        drop(waiting);
        self.wake.notify_one();
        Ok(())
    }

    /// Told when the file was looked at; none when too many wait for it or nobody will look any more.
    pub(super) fn look(&self) -> Option<oneshot::Receiver<()>> {
        let mut waiting = self.lock();
        if waiting.ending || waiting.looks.len() >= MOST_LOOKS {
            return None;
        }
        let (looked_tx, looked_rx) = oneshot::channel();
        waiting.looks.push(looked_tx);
        drop(waiting);
        self.wake.notify_one();
        Some(looked_rx)
    }

    /// The turn of what was given last, and where to see how far the writing is.
    pub(super) fn mark(&self) -> (u64, watch::Receiver<u64>) {
        (self.lock().turn, self.written.subscribe())
    }

    pub(super) fn waiting(&self) -> usize {
        self.lock().rows.len()
    }

    pub(super) fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// The thread is to end after its next turn.
    pub(super) fn end(&self) {
        self.lock().ending = true;
        self.wake.notify_one();
    }

    /// Waits for something to do. What waits to be written is not due before `next_try`; at `next_look` there is a turn
    /// in any case.
    pub(super) fn wait(&self, next_try: Instant, next_look: Instant) -> Work {
        let mut waiting = self.lock();
        loop {
            let now = Instant::now();
            let due = waiting.has_group() && (next_try <= now || waiting.ending);
            if due || waiting.ending || !waiting.asks.is_empty() || !waiting.looks.is_empty() || next_look <= now {
                let group = due.then(|| waiting.take());
                let (asks, looks) = (std::mem::take(&mut waiting.asks), std::mem::take(&mut waiting.looks));
                return Work { asks, looks, group, ending: waiting.ending };
            }
            let until = if waiting.has_group() { next_try.min(next_look) } else { next_look };
            let woken = self.wake.wait_timeout(waiting, until.saturating_duration_since(now));
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The group is in the file.
    pub(super) fn done(&self, group: &Group) {
        let mut waiting = self.lock();
        let last_turn = group.last_turn;
        while let Some((turn, row)) = waiting.rows.pop_front() {
            if turn > last_turn {
                waiting.rows.push_front((turn, row));
                break;
            }
            waiting.bytes -= row.size();
        }
        waiting.snapshot.take_if(|(turn, _)| *turn <= last_turn);
        waiting.sessions.retain(|_, (turn, _)| *turn > last_turn);
        (waiting.in_hand, waiting.doubtful) = (None, 0);
        drop(waiting);
        self.written.send_replace(last_turn);
    }

    /// The group did not get through and goes on waiting. How many rows wait, and how many were given up so far.
    pub(super) fn kept(&self) -> (usize, u64) {
        let mut waiting = self.lock();
        waiting.lost += std::mem::take(&mut waiting.doubtful);
        waiting.in_hand = None;
        (waiting.rows.len(), waiting.lost)
    }
}

impl Waiting {
    fn has_group(&self) -> bool {
        !self.rows.is_empty() || self.snapshot.is_some() || !self.sessions.is_empty()
    }

    /// All that waits; it stays until it is written.
    fn take(&mut self) -> Group {
        self.in_hand = Some(self.turn);
        Group {
            last_turn: self.turn,
            rows: self.rows.iter().map(|(_, row)| row.clone()).collect(),
            snapshot: self.snapshot.as_ref().map(|(_, snapshot)| snapshot.clone()),
            sessions: self.sessions.iter().map(|(digest, (_, session))| (*digest, session.clone())).collect(),
        }
    }

    fn keep_bounds(&mut self) {
        while self.rows.len() > MOST_WAITING || self.bytes > MOST_BYTES {
            let Some((turn, row)) = self.rows.pop_front() else { return };
            self.bytes -= row.size();
            match self.in_hand {
                Some(last_turn) if turn <= last_turn => self.doubtful += 1,
                _ => self.lost += 1,
            }
        }
    }
}

impl Group {
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Writes all of it, or nothing.
    pub(super) fn write(&self, connection: &mut Connection, snapshots: u32) -> rusqlite::Result<()> {
        let group = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut known = 0;
        for row in &self.rows {
            let mut insert = group.prepare_cached(
                "INSERT INTO as_run (number, turn, time_us, wall_us, kind, actor, cause, event)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?;
            let Row { number, turn, time_us, wall_us, kind, actor, cause, event } = &**row;
            let [number, turn, time_us] = [number, turn, time_us].map(|count| number_column(*count));
            known += usize::from(insert.execute((number, turn, time_us, wall_us, kind, actor, cause, event))? == 0);
        }
        if let Some(Snapshot { number, json }) = self.snapshot.as_deref() {
            let digest = Digest::of(json);
            group
                .prepare_cached("INSERT OR REPLACE INTO snapshot (number, digest, body) VALUES (?1, ?2, ?3)")?
                .execute((number_column(*number), digest.as_bytes(), json))?;
            group
                .prepare_cached(
                    "DELETE FROM snapshot WHERE number NOT IN (SELECT number FROM snapshot ORDER BY number DESC LIMIT ?1)",
                )?
                .execute([snapshots])?;
        }
        for (digest, session) in &self.sessions {
            write_session(&group, digest, session.as_ref())?;
        }
        group.commit()?;
        if known > 0 {
            tracing::error!(rows = known, "numbers of the as-run log came twice; the first rows stand");
        }
        Ok(())
    }
}

fn write_session(connection: &Connection, digest: &Digest, session: Option<&Session>) -> rusqlite::Result<()> {
    match session {
        Some(Session { operator, stamp, opened_us, seen_us }) => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO web_session (digest, operator, stamp, opened_us, seen_us)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((digest.as_bytes(), operator.as_str(), stamp, opened_us, seen_us))?,
        None => connection.prepare_cached("DELETE FROM web_session WHERE digest = ?1")?.execute([digest.as_bytes()])?,
    };
    Ok(())
}
