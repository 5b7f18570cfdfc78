//! What the tick thread, the encoder's thread and whoever ends the engine tell each other, with waits that all end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One run of the pipeline. What a run before it still sends is not listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Run(u64);

/// How far the pipeline is.
#[derive(Debug, Default)]
pub(super) struct Signals {
    state: Mutex<State>,
    changed: Condvar,
}

/// See [`Signals::of`].
#[derive(Debug, Default)]
pub(super) struct State {
    is_stopping: bool,
    run: Run,
    /// Frames that the encoder has begun.
    taken: u64,
    /// Instant of the newest frame of which a packet came out.
    newest: Option<Duration>,
    /// Sequence number of the next packet; goes on over all runs.
    sequence: u64,
}

impl State {
    /// A packet of the frame at this instant goes out; answers its number.
    pub(super) fn send(&mut self, frame: Duration) -> u64 {
        self.newest = Some(frame);
        self.sequence += 1;
        self.sequence - 1
    }
}

impl Signals {
    /// Begins a run, and ends the one before.
    pub(super) fn begin(&self) -> Run {
        let mut state = self.lock();
        state.run.0 += 1;
        (state.taken, state.newest) = (0, None);
        state.run
    }

    /// Whatever the run at hand still does is nobody's business any more.
    pub(super) fn revoke(&self) {
        self.begin();
    }

    /// The state, for a run that is not over. While it is held, the run does not end.
    pub(super) fn of(&self, run: Run) -> Option<MutexGuard<'_, State>> {
        Some(self.lock()).filter(|state| state.run == run)
    }

    /// The encoder has begun another frame.
    pub(super) fn take(&self, run: Run) {
        if let Some(mut state) = self.of(run) {
            state.taken += 1;
            self.changed.notify_all();
        }
    }

    /// Ends the engine.
    pub(super) fn stop(&self) {
        self.lock().is_stopping = true;
        self.changed.notify_all();
    }

    /// Waits; answers whether to go on.
    pub(super) fn pause(&self, length: Duration) -> bool {
        !self.wait(length, |state| !state.is_stopping).is_stopping
    }

    /// Waits until the encoder has begun so many frames, for `length` at most. Whether it has, or the engine ends, is told by
    /// [`Signals::taken`] and [`Signals::is_stopping`].
    pub(super) fn wait_taken(&self, frames: u64, length: Duration) {
        drop(self.wait(length, |state| !state.is_stopping && state.taken < frames));
    }

    /// Frames of this run that the encoder has begun.
    pub(super) fn taken(&self) -> u64 {
        self.lock().taken
    }

    /// Instant of the newest frame of this run that came out of the encoder.
    pub(super) fn newest(&self) -> Option<Duration> {
        self.lock().newest
    }

    /// Whether the engine ends.
    pub(super) fn is_stopping(&self) -> bool {
        self.lock().is_stopping
    }

    fn wait(&self, length: Duration, mut goes_on: impl FnMut(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_timeout_while(self.lock(), length, |state| goes_on(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Numbers are whole whatever panics beside them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
