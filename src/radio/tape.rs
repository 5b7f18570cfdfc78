//! The newest two seconds of what is on air, block by block. The desk writes and waits for nobody; encoders read, each at its
//! own pace. An encoder that starts finds two seconds that it can encode at once: its first listener hears something at once.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::audio::Block;

/// Blocks that are kept: two seconds, 768 kB.
pub(super) const LENGTH: usize = 200;

/// Blocks that are read in one go: the desk waits no longer than copying them takes, some microseconds.
const AT_ONCE: usize = 8;

/// How old the newest block may be: beyond it nobody feeds the radio.
const FRESH: Duration = Duration::from_secs(2);

/// A block and the instant of the event clock at which it sounds.
pub(super) type Timed = (Duration, Block);

/// Where what is on air goes in. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Feed(pub(super) Arc<Tape>);

impl Feed {
    /// Takes the block that sounds at `at` of the event clock; the next one sounds 10 ms later. Never waits, and keeps two
    /// seconds: what no encoder has read by then is lost to it. For one thread, the desk's.
    pub fn push(&self, at: Duration, block: &Block) {
        self.0.push(at, block);
    }
}

pub(super) struct Tape {
    held: Mutex<Held>,
    arrived: Condvar,
}

struct Held {
    blocks: VecDeque<Timed>,
    /// Number of the oldest block.
    first: u64,
    newest: Option<Instant>,
}

impl Tape {
    pub(super) fn new() -> Self {
        let held = Held { blocks: VecDeque::with_capacity(LENGTH), first: 0, newest: None };
        Self { held: Mutex::new(held), arrived: Condvar::new() }
    }

    fn push(&self, at: Duration, block: &Block) {
        let mut held = self.held();
        if held.blocks.len() == LENGTH {
            held.blocks.pop_front();
            held.first += 1;
        }
        held.blocks.push_back((at, *block));
        held.newest = Some(Instant::now());
        drop(held);
        self.arrived.notify_all();
    }

    /// Whether somebody feeds it.
    pub(super) fn is_fed(&self) -> bool {
        self.held().newest.is_some_and(|newest| newest.elapsed() < FRESH)
    }

    /// Number of the oldest block.
    pub(super) fn oldest(&self) -> u64 {
        self.held().first
    }

    /// Some blocks from number `next` on, or from the oldest one if that is gone; none if none came within `patience`.
    pub(super) fn read(&self, next: &mut u64, blocks: &mut Vec<Timed>, patience: Duration) {
        blocks.clear();
        let held = self.held();
        let is_empty = |held: &mut Held| held.first + held.blocks.len() as u64 <= *next;
        let (held, _) =
            self.arrived.wait_timeout_while(held, patience, is_empty).expect("no code panics while it holds the tape");
        *next = (*next).max(held.first);
        let skipped = usize::try_from(*next - held.first).unwrap_or(usize::MAX);
        blocks.extend(held.blocks.iter().skip(skipped).take(AT_ONCE));
        *next += blocks.len() as u64;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no code panics while it holds the tape")
    }
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tape").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{BLOCK_LENGTH, SILENCE};

    fn read(tape: &Tape, next: &mut u64) -> Vec<Duration> {
        let mut blocks = Vec::new();
        tape.read(next, &mut blocks, Duration::ZERO);
        blocks.iter().map(|(at, _)| *at).collect()
    }

    #[test]
    fn readers_get_every_block_once_and_who_is_late_goes_on_with_the_oldest() {
        let tape = Arc::new(Tape::new());
        let feed = Feed(Arc::clone(&tape));
        let mut next = tape.oldest();
        assert!(read(&tape, &mut next).is_empty() && !tape.is_fed());
        (0..10).for_each(|n| feed.push(BLOCK_LENGTH * n, &SILENCE));
        assert!(tape.is_fed());
        let mut came = read(&tape, &mut next);
        came.extend(read(&tape, &mut next));
        assert_eq!(came, (0..10).map(|n| BLOCK_LENGTH * n).collect::<Vec<_>>());
        assert!(read(&tape, &mut next).is_empty());
        let many = u32::try_from(LENGTH).unwrap() + 50;
        (10..10 + many).for_each(|n| feed.push(BLOCK_LENGTH * n, &SILENCE));
        assert_eq!(read(&tape, &mut next)[0], BLOCK_LENGTH * 60);
    }
}
