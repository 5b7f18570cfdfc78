//! The frame synchroniser of one source: frames come when they come, and every tick of program takes exactly one.
//!
//! Pure: time is an argument and a frame may be anything.

use std::collections::VecDeque;
use std::time::Duration;

/// Frames kept while they wait for their tick: at 60 per second, more than the longest alignment delay needs.
const KEPT: usize = 20;

/// The longest delay of a source beyond the alignment. So much of its picture is kept in memory.
const MOST_DELAY: Duration = Duration::from_secs(2);

/// Frames kept for each second of such a delay: those of the fastest source.
const KEPT_A_SECOND: u128 = 60;

/// A city whose newest frame is older than this shows its slate. Counted from the frame's own instant, so that the
/// slate stands in program half a second after the camera saw its last, whatever the alignment delay.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// What a tick shows of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown<F> {
    /// Its picture.
    Frame(F),
    /// Its slate.
    Slate,
}

/// The queue of one source's frames.
#[derive(Debug)]
pub struct Synchroniser<F> {
    alignment: Duration,
    /// By how much later it is shown than the others.
    delay: Duration,
    patience: Duration,
    waiting: VecDeque<(Duration, F)>,
    shown: Option<(Duration, F)>,
}

impl<F: Clone> Synchroniser<F> {
    /// An empty queue. A frame is shown `alignment` after its instant, together with the sound of that instant.
    pub fn new(alignment: Duration) -> Self {
        Self {
            alignment,
            delay: Duration::ZERO,
            patience: PATIENCE,
            waiting: VecDeque::with_capacity(KEPT),
            shown: None,
        }
    }

    /// As [`Synchroniser::new`], but the newest frame is shown however old it gets: a clip stands on its last picture.
    pub fn holding(alignment: Duration) -> Self {
        Self { patience: Duration::MAX, ..Self::new(alignment) }
    }

    /// Shows each frame so much later, 2 s at most. While that grows the picture stands.
    pub fn set_delay(&mut self, delay: Duration) {
        self.delay = delay.min(MOST_DELAY);
    }

    /// Frames that may wait.
    fn most(&self) -> usize {
        let more = self.delay.as_millis() * KEPT_A_SECOND / 1000;
        KEPT + usize::try_from(more).unwrap_or_default()
    }

    /// Puts a frame in, by its instant on the event clock. One that is older than those that wait replaces them: the
    /// source began anew. The oldest goes when too many wait.
    pub fn push(&mut self, instant: Duration, frame: F) {
        while self.waiting.back().is_some_and(|(last, _)| *last >= instant) {
            self.waiting.pop_back();
        }
        while self.waiting.len() >= self.most() {
            self.shown = self.waiting.pop_front();
        }
        self.waiting.push_back((instant, frame));
    }

    /// What program shows in its frame at `tick`: the newest frame that is due, or the slate if there is none or it is
    /// too old.
    pub fn at(&mut self, tick: Duration) -> Shown<F> {
        let due = tick.saturating_sub(self.alignment + self.delay);
        while self.waiting.front().is_some_and(|(instant, _)| *instant <= due) {
            self.shown = self.waiting.pop_front();
        }
        match &self.shown {
            Some((instant, frame)) if tick.saturating_sub(*instant + self.delay) <= self.patience => {
                Shown::Frame(frame.clone())
            }
            _ => {
                self.shown = None;
                Shown::Slate
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn synchroniser(frames: &[(u64, u32)]) -> Synchroniser<u32> {
        let mut synchroniser = Synchroniser::new(ms(100));
        for (instant, frame) in frames {
            synchroniser.push(ms(*instant), *frame);
        }
        synchroniser
    }

    #[test]
    fn a_city_that_never_sent_a_frame_shows_its_slate() {
        assert_eq!(synchroniser(&[]).at(ms(5000)), Shown::Slate);
    }

    #[test]
    fn a_delayed_source_is_shown_later_and_loses_nothing() {
        let mut s = synchroniser(&[]);
        s.set_delay(ms(2000));
        (0..120).for_each(|n| s.push(ms(1000 + n * 17), n as u32));
        assert_eq!(s.at(ms(3099)), Shown::Slate);
        assert_eq!(s.at(ms(3100)), Shown::Frame(0));
        assert_eq!(s.at(ms(3100 + 17 * 60)), Shown::Frame(60));
        s.set_delay(ms(0));
        assert_eq!(s.at(ms(3100 + 17 * 61)), Shown::Slate, "what it has is old now");
    }

    #[test]
    fn a_frame_is_shown_when_its_instant_is_as_old_as_the_alignment_delay() {
        let mut s = synchroniser(&[(1000, 1), (1033, 2), (1066, 3)]);
        assert_eq!(s.at(ms(1099)), Shown::Slate);
        assert_eq!(s.at(ms(1100)), Shown::Frame(1));
        assert_eq!(s.at(ms(1132)), Shown::Frame(1), "a slower source repeats");
        assert_eq!(s.at(ms(1170)), Shown::Frame(3), "a faster source skips");
    }

    #[test]
    fn a_city_whose_frames_stop_shows_its_slate_after_half_a_second_and_comes_back_with_its_first_frame() {
        let mut s = synchroniser(&[(1000, 1)]);
        assert_eq!(s.at(ms(1500)), Shown::Frame(1));
        assert_eq!(s.at(ms(1501)), Shown::Slate);
        s.push(ms(3000), 2);
        assert_eq!(s.at(ms(3033)), Shown::Slate);
        assert_eq!(s.at(ms(3100)), Shown::Frame(2));
    }

    #[test]
    fn a_source_that_begins_anew_replaces_what_waits() {
        let mut s = synchroniser(&[(1000, 1), (1040, 2), (1080, 3), (1020, 4)]);
        assert_eq!(s.at(ms(1180)), Shown::Frame(4));
    }

    #[test]
    fn too_many_frames_push_out_the_oldest_and_none_is_kept_for_ever() {
        let mut s = synchroniser(&(0..100).map(|n| (1000 + u64::from(n), n)).collect::<Vec<_>>());
        assert_eq!(s.waiting.len(), KEPT);
        assert_eq!(s.at(ms(1100)), Shown::Frame(79), "the one that was pushed out last");
        assert_eq!(s.at(ms(1199)), Shown::Frame(99));
        assert_eq!(s.at(ms(9000)), Shown::Slate);
        assert!(s.shown.is_none());
    }

    #[test]
    fn one_that_holds_never_shows_a_slate_once_it_had_a_frame() {
        let mut s = Synchroniser::holding(ms(100));
        assert_eq!(s.at(ms(5000)), Shown::Slate);
        s.push(ms(5000), 1);
        assert_eq!(s.at(ms(90_000)), Shown::Frame(1));
    }

    #[test]
    fn frames_from_the_future_wait_for_their_time() {
        let mut s = synchroniser(&[(60_000, 1)]);
        assert_eq!(s.at(ms(1000)), Shown::Slate);
        s.push(ms(1000), 2);
        assert_eq!(s.at(ms(1100)), Shown::Frame(2));
    }
}
