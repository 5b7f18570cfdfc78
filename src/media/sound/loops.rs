//! Who sends back what they hear. For each city and co-host it is asked whether their mix-minus, or program, comes in again on
//! their strip, before its fader: a loop is told before it is on air.
//!
//! The desk's thread only makes blocks thin, and hands on a batch every 120 ms: nothing is allocated there and nobody waited for.
//! A thread of its own searches ([`EchoFinder`]). One that is behind misses batches and begins again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::MOST_CITIES;
use super::board::Board;
use crate::audio::{EchoFinder, StripIndex, ThinBlock, Thinner};
use crate::show::{Mix, StripId};

/// Blocks of 10 ms in a batch.
const BLOCKS: usize = 12;

/// Batches on their way: what the thread may be behind, some 400 ms.
const BATCHES: usize = 4;

/// Cities and co-hosts who are listened to at a time. They are heard in the order in which they came.
const MOST: usize = MOST_CITIES + 32;

/// Who sends back what they hear.
pub type Loops = BTreeSet<StripId>;

/// Some blocks of everybody.
#[derive(Debug)]
struct Batch {
    /// Who is in which place of the desk from now on.
    plugs: Vec<(StripIndex, Option<StripId>)>,
    /// What comes does not follow on what was before.
    is_new: bool,
    blocks: Vec<Heard>,
}

/// 10 ms of a strip, and of what was sent there.
#[derive(Debug)]
struct Heard {
    place: StripIndex,
    back: ThinBlock,
    others: ThinBlock,
    program: Option<ThinBlock>,
}

/// The desk's end.
#[derive(Debug)]
pub(super) struct Ears {
    places: Vec<Place>,
    program: Thinner,
    batch: Option<Box<Batch>>,
    /// Blocks in the batch.
    filled: usize,
    /// What waits for a batch.
    plugs: Vec<(StripIndex, Option<StripId>)>,
    is_new: bool,
    full_tx: SyncSender<Box<Batch>>,
    empty_rx: Receiver<Box<Batch>>,
}

/// A strip that is listened to.
#[derive(Debug)]
struct Place {
    index: StripIndex,
    mix: Mix,
    back: Thinner,
    others: Thinner,
}

/// The other end: who searches, and tells what is found.
#[derive(Debug)]
struct Search {
    finders: BTreeMap<usize, (StripId, EchoFinder)>,
    full_rx: Receiver<Box<Batch>>,
    empty_tx: SyncSender<Box<Batch>>,
    loops_tx: watch::Sender<Loops>,
}

/// The thread that searches. It ends after the desk's; dropping this waits for it.
#[derive(Debug)]
pub(super) struct Searcher {
    thread: Option<JoinHandle<()>>,
}

/// Starts the thread; the desk's end, and what is found.
pub(super) fn start() -> std::io::Result<(Ears, Searcher, watch::Receiver<Loops>)> {
    let (ears, mut search, loops) = ends();
    let run = move || {
        while let Ok(batch) = search.full_rx.recv() {
            search.hear(batch);
        }
    };
    let thread = std::thread::Builder::new().name("loops".into()).spawn(run)?;
    Ok((ears, Searcher { thread: Some(thread) }, loops))
}

fn ends() -> (Ears, Search, watch::Receiver<Loops>) {
    let (full_tx, full_rx) = sync_channel::<Box<Batch>>(BATCHES);
    let (empty_tx, empty_rx) = sync_channel(BATCHES);
    let (loops_tx, loops) = watch::channel(Loops::new());
    for _ in 0..BATCHES {
        let blocks = Vec::with_capacity(BLOCKS * MOST);
        // There is room for all of them.
        let _ = empty_tx.try_send(Box::new(Batch { plugs: Vec::new(), is_new: false, blocks }));
    }
    let ears = Ears {
        places: Vec::with_capacity(MOST),
        program: Thinner::new(),
        batch: None,
        filled: 0,
        plugs: Vec::new(),
        is_new: false,
        full_tx,
        empty_rx,
    };
    (ears, Search { finders: BTreeMap::new(), full_rx, empty_tx, loops_tx }, loops)
}

/// What somebody is sent, if they are sent something.
fn sent_to(strip: &StripId) -> Option<Mix> {
    match strip {
        StripId::City(city) => Some(Mix::Return(city.clone())),
        StripId::Cohost(cohost) => Some(Mix::Call(cohost.clone())),
        StripId::Clip(_) | StripId::Music(_) | StripId::Talkback(_) | StripId::Bars => None,
    }
}

impl Ears {
    /// A source is in a place of the desk.
    pub(super) fn plug(&mut self, index: StripIndex, source: &StripId) {
        self.unplug(index);
        let Some(mix) = sent_to(source) else { return };
        if self.places.len() == MOST {
            tracing::warn!(%source, "too many are on the desk: nobody listens for a loop of this one");
            return;
        }
        self.places.push(Place { index, mix, back: Thinner::new(), others: Thinner::new() });
        self.plugs.push((index, Some(source.clone())));
    }

    /// A place of the desk is empty.
    pub(super) fn unplug(&mut self, index: StripIndex) {
        let before = self.places.len();
        self.places.retain(|place| place.index != index);
        if self.places.len() < before {
            self.plugs.push((index, None));
        }
    }

    /// What comes does not follow on what was before.
    pub(super) fn restart(&mut self) {
        self.is_new = true;
    }

    /// Hears the block that was mixed last.
    pub(super) fn hear(&mut self, board: &Board) {
        let program = self.program.thin(board.block(&Mix::Program));
        if self.batch.is_none() {
            self.batch = self.empty_rx.try_recv().ok();
            self.filled = 0;
            if let Some(batch) = &mut self.batch {
                batch.plugs.append(&mut self.plugs);
                batch.is_new = std::mem::take(&mut self.is_new);
            }
        }
        for place in &mut self.places {
            let (back, others) =
                (place.back.thin(board.strip(place.index)), place.others.thin(board.block(&place.mix)));
            if let Some(batch) = &mut self.batch {
                let program = board.is_open(&Mix::Program, place.index).then_some(program);
                batch.blocks.push(Heard { place: place.index, back, others, program });
            }
        }
        self.filled += 1;
        if self.batch.is_none() {
            self.is_new = true;
        } else if self.filled == BLOCKS
            && let Some(batch) = self.batch.take()
        {
            // There are no more batches than it has room for; a thread that is gone finds nothing.
            let _ = self.full_tx.try_send(batch);
        }
    }
}

impl Search {
    /// Hears a batch and gives it back.
    fn hear(&mut self, mut batch: Box<Batch>) {
        for (place, source) in batch.plugs.drain(..) {
            self.finders.remove(&place.0);
            if let Some(source) = source {
                self.finders.insert(place.0, (source, EchoFinder::new(place.0)));
            }
        }
        if std::mem::take(&mut batch.is_new) {
            self.finders.values_mut().for_each(|(_, finder)| finder.clear());
        }
        for Heard { place, back, others, program } in batch.blocks.drain(..) {
            if let Some((_, finder)) = self.finders.get_mut(&place.0) {
                finder.hear(&back, &others, program.as_ref());
            }
        }
        // There are no more of them than it has room for; a desk that is gone needs none.
        let _ = self.empty_tx.try_send(batch);
        self.tell();
    }

    fn tell(&self) {
        let found = || self.finders.values().filter(|(_, finder)| finder.echo().is_some());
        self.loops_tx.send_if_modified(|loops| {
            let is_same = found().count() == loops.len() && found().all(|(source, _)| loops.contains(source));
            if is_same {
                return false;
            }
            for (source, finder) in found().filter(|(source, _)| !loops.contains(source)) {
                let lag_ms = finder.echo().map(|echo| echo.lag.as_millis());
                tracing::warn!(%source, lag_ms, "what is sent there comes back: headphones or a lower loudspeaker there mend it");
            }
            *loops = found().map(|(source, _)| source.clone()).collect();
            true
        });
    }
}

impl Drop for Searcher {
    fn drop(&mut self) {
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the thread that listens for loops had panicked");
        }
    }
}

#[cfg(test)]
mod tests;
