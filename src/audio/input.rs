//! The way into a strip, from another thread: a source's decoder writes, the desk reads.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::ring::{Losses, Ring};
use super::{Frame, RATE, frames, position};

/// How much a strip remembers beside its delay: what a source may be ahead of the desk.
const MEMORY: usize = RATE as usize;

/// Where a source's sound goes in. Cloning it is cheap; its lock is held for microseconds.
#[derive(Debug, Clone)]
pub struct Input {
    ring: Arc<Mutex<Ring>>,
    early: u32,
}

impl Input {
    /// A silent input whose sound is surely there `early` after its stated time: jitter buffer and decoding, such as 100 ms for
    /// a city, 30 ms for a call. The strip is read then; on a desk whose alignment is shorter, at the alignment.
    pub fn new(early: Duration) -> Self {
        let early = frames(early);
        Self { ring: Arc::new(Mutex::new(Ring::new(MEMORY + early as usize))), early }
    }

    /// Writes stereo samples, left and right by turns, whose first one sounds at this instant of the event clock. Any
    /// length; see [`Ring::write`] for what happens to gaps, overlaps and garbage.
    pub fn write(&self, at: Duration, samples: &[f32]) {
        let (frames, _) = samples.as_chunks::<2>();
        self.lock().write(position(at), frames);
    }

    /// What was dropped and joined so far.
    pub fn losses(&self) -> Losses {
        self.lock().losses()
    }

    /// Frames from the stated time to when the sound is surely there.
    pub(super) fn early(&self) -> u32 {
        self.early
    }

    /// Copies a block out.
    pub(super) fn read(&self, position: u64, block: &mut [Frame]) {
        self.lock().read(position, block);
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().expect("no code panics while it holds a ring")
    }
}
