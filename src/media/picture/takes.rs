//! How soon takes are on the air: from the call of `Engine::show` to the first packet of the first frame that changed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Takes that may be on their way to the encoder. They leave it within frames; only a pipeline that has failed keeps more
/// waiting, and those beyond are not measured.
const MAX_PENDING: usize = 32;

/// Encoders round the times of frames, by less than this; frames are further apart.
pub(super) const ROUNDING: Duration = Duration::from_millis(1);

/// How long takes took, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakeStats {
    /// How many were measured.
    pub count: u64,
    /// Sum of all.
    pub sum: Duration,
    /// The newest one.
    pub last: Duration,
    /// How many took up to [`TakeStats::BOUNDS`] and longer than the bound before; the last number is of those beyond.
    pub buckets: [u64; TakeStats::BOUNDS.len() + 1],
}

impl TakeStats {
    /// Upper bounds of the buckets. 67 ms, two frames at 30 fps, is what 99 of 100 takes should keep to.
    pub const BOUNDS: [Duration; 9] = [
        Duration::from_millis(10),
        Duration::from_millis(20),
        Duration::from_millis(33),
        Duration::from_millis(50),
        Duration::from_millis(67),
        Duration::from_millis(100),
        Duration::from_millis(200),
        Duration::from_millis(500),
        Duration::from_millis(1000),
    ];

    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.sum += took;
        self.last = took;
        self.buckets[Self::BOUNDS.partition_point(|bound| *bound < took)] += 1;
    }
}

/// Takes that wait for their frame, and what was measured of those before.
#[derive(Debug, Default)]
pub(super) struct Takes {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    pending: VecDeque<Pending>,
    stats: TakeStats,
}

#[derive(Debug)]
struct Pending {
    asked: Duration,
    frame: Duration,
}

impl Takes {
    /// A take that was asked for at `asked` begins in the frame at `frame`. Frames only go up.
    pub(super) fn expect(&self, asked: Duration, frame: Duration) {
        let mut inner = self.lock();
        if inner.pending.len() < MAX_PENDING {
            inner.pending.push_back(Pending { asked, frame });
        }
    }

    /// A packet of the frame at `frame` has gone out at `now`.
    pub(super) fn sent(&self, frame: Duration, now: Duration) {
        let mut inner = self.lock();
        let Inner { pending, stats } = &mut *inner;
        let due = pending.partition_point(|take| take.frame <= frame + ROUNDING);
        pending.drain(..due).for_each(|take| stats.add(now.saturating_sub(take.asked)));
    }

    pub(super) fn stats(&self) -> TakeStats {
        self.lock().stats
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no code panics while it holds the takes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_take_lasts_until_the_first_packet_of_its_frame() {
        let takes = Takes::default();
        takes.expect(ms(990), ms(1000));
        takes.sent(ms(967), ms(995));
        assert_eq!(takes.stats().count, 0, "a frame from before the take");
        // The encoder's time of the frame may be a nanosecond early.
        takes.sent(ms(1000) - Duration::from_nanos(1), ms(1015));
        takes.sent(ms(1000), ms(1016));
        let stats = takes.stats();
        assert_eq!((stats.count, stats.last, stats.sum), (1, ms(25), ms(25)));
        assert_eq!(stats.buckets, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn takes_whose_frame_was_never_made_end_with_the_next_one() {
        let takes = Takes::default();
        takes.expect(ms(10), ms(33));
        takes.expect(ms(20), ms(33));
        takes.sent(ms(2000), ms(2010));
        let stats = takes.stats();
        assert_eq!((stats.count, stats.last, stats.sum), (2, ms(1990), ms(3990)));
        assert_eq!(stats.buckets[TakeStats::BOUNDS.len()], 2);
    }

    #[test]
    fn takes_that_nobody_sends_do_not_pile_up() {
        let takes = Takes::default();
        (0..1000).for_each(|n| takes.expect(ms(n), ms(n)));
        takes.sent(ms(1000), ms(1000));
        assert_eq!(takes.stats().count, MAX_PENDING as u64);
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let mut stats = TakeStats::default();
        stats.add(ms(67));
        stats.add(ms(68));
        assert_eq!((stats.buckets[4], stats.buckets[5]), (1, 1));
    }
}
