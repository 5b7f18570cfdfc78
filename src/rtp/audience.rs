//! Who watches a channel: a number, for those who work only while it is not nothing.
//!
//! Standby players and decoders write and read a channel without being its audience; whoever is counts itself by an
//! [`Attendance`].

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// The audience of one channel, screens of control rooms and those who are still on their way in among them.
#[derive(Debug, Default)]
pub struct Audience {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Audience {
    /// How many watch.
    pub fn count(&self) -> usize {
        *self.lock()
    }

    /// Waits until `enough` says so of the number of those who watch, or until the timeout; answers the number then. It is
    /// asked at once, whenever that number changes, and after each [`Audience::nudge`].
    pub fn wait(&self, timeout: Duration, mut enough: impl FnMut(usize) -> bool) -> usize {
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, |count| !enough(*count));
        let (count, _) = waited.expect("no code panics while it holds the audience's number");
        *count
    }

    /// Lets those who wait look again at what else they wait for. What was changed before is seen by them.
    pub fn nudge(&self) {
        // Who has looked but does not sleep yet holds the lock: it must not miss this.
        drop(self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.count.lock().expect("no code panics while it holds the audience's number")
    }
}

/// One of the audience, until it is dropped.
pub struct Attendance(Arc<Audience>);

impl Attendance {
    pub(super) fn new(audience: &Arc<Audience>) -> Self {
        *audience.lock() += 1;
        audience.changed.notify_all();
        Self(Arc::clone(audience))
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
        self.0.changed.notify_all();
    }
}

impl fmt::Debug for Attendance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attendance")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Nothing here takes as long as this.
    const DEADLINE: Duration = Duration::from_secs(20);

    #[test]
    fn each_one_counts_until_it_is_gone() {
        let audience = Arc::new(Audience::default());
        let (first, second) = (Attendance::new(&audience), Attendance::new(&audience));
        assert_eq!(audience.count(), 2);
        drop(first);
        assert_eq!(audience.count(), 1);
        drop(second);
        assert_eq!(audience.count(), 0);
    }

    #[test]
    fn the_first_one_and_the_end_of_the_last_wake_who_waits_for_them() {
        let audience = Arc::new(Audience::default());
        let (seen_tx, seen_rx) = std::sync::mpsc::channel();
        let waiting = std::thread::spawn({
            let audience = Arc::clone(&audience);
            move || {
                seen_tx.send(audience.wait(DEADLINE, |count| count > 0)).unwrap();
                audience.wait(DEADLINE, |count| count == 0)
            }
        });
        let first = Attendance::new(&audience);
        assert_eq!(seen_rx.recv_timeout(DEADLINE), Ok(1));
        let second = Attendance::new(&audience);
        drop((first, second));
        assert_eq!(waiting.join().unwrap(), 0);
    }

    #[test]
    fn a_wait_ends_by_its_timeout() {
        let audience = Audience::default();
        assert_eq!(audience.wait(Duration::from_millis(1), |count| count > 0), 0);
    }

    #[test]
    fn who_waits_for_something_else_too_is_nudged() {
        let (audience, stopping) = (Arc::new(Audience::default()), Arc::new(AtomicBool::new(false)));
        let waiting = std::thread::spawn({
            let (audience, stopping) = (Arc::clone(&audience), Arc::clone(&stopping));
            move || audience.wait(DEADLINE, |count| count > 0 || stopping.load(Ordering::Acquire))
        });
        stopping.store(true, Ordering::Release);
        audience.nudge();
        let started = std::time::Instant::now();
        assert_eq!(waiting.join().unwrap(), 0);
        assert!(started.elapsed() < DEADLINE / 2);
    }
}
