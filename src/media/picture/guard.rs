//! Watches over program's pipeline: judges that it stands still, takes it down where that may hang, and says so.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc as threads;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::takes::ROUNDING;
use crate::show::{Alarm, Fact};

/// A pipeline stands still if nothing comes out of it for so long after a frame went in. Together with taking it down and
/// building another, program is back within 2 s.
const STALL: Duration = Duration::from_millis(500);

/// The longest between two looks; a longer one counts as this, since whoever looks so seldom had no time, nor had the encoder.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// Threads that may hang with what they should take down. Beyond it no pipeline is started any more.
const MOST_STUCK: usize = 16;

/// Why a pipeline is given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// Frames go in and nothing comes out.
    #[error("no packet came out of its encoder for {} ms", .0.as_millis())]
    Stalled(Duration),
    /// An element says that it cannot go on.
    #[error("{0}")]
    Message(String),
    /// It takes no frame.
    #[error("it takes no frame: {0}")]
    Refused(gstreamer::FlowError),
    /// The frame clock's own code.
    #[error("the frame clock's thread panicked: {0}")]
    Panicked(String),
}

/// Judges from what went in and what came out.
#[derive(Debug)]
pub(super) struct Watch {
    patience: Duration,
    /// Frames that went in and have not come out, the oldest first.
    inside: VecDeque<Duration>,
    spent: Duration,
    looked: Instant,
}

impl Watch {
    /// Over a pipeline with frames of this length, from `now` on. An encoder may keep some of them.
    pub(super) fn new(frame: Duration, now: Instant) -> Self {
        Self { patience: STALL.max(frame * 4), inside: VecDeque::new(), spent: Duration::ZERO, looked: now }
    }

    /// The frame at `at` has gone in.
    pub(super) fn push(&mut self, at: Duration) {
        self.inside.push_back(at);
    }

    /// Looks: `newest` is the last frame that came out.
    pub(super) fn look(&mut self, newest: Option<Duration>, now: Instant) -> Result<(), Fault> {
        let gone = now.saturating_duration_since(self.looked).min(LOOK);
        self.looked = now;
        let before = self.inside.len();
        while self.inside.front().is_some_and(|at| newest.is_some_and(|newest| *at <= newest + ROUNDING)) {
            self.inside.pop_front();
        }
        if self.inside.is_empty() || self.inside.len() < before {
            self.spent = Duration::ZERO;
            return Ok(());
        }
        self.spent += gone;
        if self.spent <= self.patience { Ok(()) } else { Err(Fault::Stalled(self.spent)) }
    }
}

/// Threads for what may hang.
#[derive(Debug, Clone, Default)]
pub(super) struct Helpers {
    busy: Arc<AtomicUsize>,
}

impl Helpers {
    /// Does work that may hang on a thread of its own, and waits for it no longer than `deadline`. What comes of it later
    /// is dropped there. `None` also if the system has no thread for it: then it is dropped here, undone.
    pub(super) fn within<T: Send + 'static>(
        &self,
        deadline: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let (done_tx, done_rx) = threads::sync_channel(1);
        let busy = Arc::clone(&self.busy);
        let spawned = std::thread::Builder::new().name("picture-helper".into()).spawn(move || {
            let late = done_tx.send(work()).err();
            drop(late);
            busy.fetch_sub(1, Ordering::Relaxed);
        });
        if let Err(error) = spawned {
            self.busy.fetch_sub(1, Ordering::Relaxed);
            tracing::error!(%error, "the picture engine gets no thread");
            return None;
        }
        done_rx.recv_timeout(deadline).ok()
    }

    /// Whether too many hang.
    pub(super) fn is_full(&self) -> bool {
        self.busy.load(Ordering::Relaxed) >= MOST_STUCK
    }
}

/// Says that program has failed and that it runs again, as soon as there is room to say it; only the newest counts.
#[derive(Debug)]
pub(super) struct Voice {
    facts: mpsc::Sender<Fact>,
    error: Option<String>,
    told: Option<String>,
    /// Why program's encoder is not the one that it should be.
    fallen: Option<String>,
}

impl Voice {
    /// One that has nothing to say.
    pub(super) fn new(facts: mpsc::Sender<Fact>) -> Self {
        Self { facts, error: None, told: None, fallen: None }
    }

    /// Where facts go.
    pub(super) fn facts(&self) -> &mpsc::Sender<Fact> {
        &self.facts
    }

    /// Program has failed.
    pub(super) fn broken(&mut self, error: String) {
        self.error = Some(error);
        self.speak();
    }

    /// Program runs.
    pub(super) fn mended(&mut self) {
        self.error = None;
        self.speak();
    }

    /// Another encoder has taken over, for this reason. That does not mend itself.
    pub(super) fn fallen(&mut self, why: String) {
        self.fallen = Some(why);
        self.speak();
    }

    /// Says what could not be said before.
    pub(super) fn speak(&mut self) {
        if let Some(error) = self.fallen.take()
            && self.facts.try_send(Fact::Broken { alarm: Alarm::EncoderFailed { error: error.clone() } }).is_err()
        {
            self.fallen = Some(error);
        }
        if self.error == self.told {
            return;
        }
        let fact = match &self.error {
            Some(error) => Fact::Broken { alarm: Alarm::ProgramFailed { error: error.clone() } },
            None => Fact::Mended { alarm: Alarm::ProgramFailed { error: String::new() } },
        };
        if self.facts.try_send(fact).is_ok() {
            self.told.clone_from(&self.error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn frames_that_come_out_in_time_are_no_stall() {
        let begin = Instant::now();
        let mut watch = Watch::new(ms(33), begin);
        for n in 0..1000 {
            watch.push(ms(33 * n));
            let newest = n.checked_sub(3).map(|out| ms(33 * out));
            watch.look(newest, begin + ms(33 * n)).unwrap();
        }
        assert_eq!(watch.inside.len(), 3, "what the encoder keeps");
    }

    #[test]
    fn half_a_second_without_a_packet_is_one() {
        let begin = Instant::now();
        let mut watch = Watch::new(ms(33), begin);
        watch.push(ms(0));
        let stalled = (1..100).find(|n| watch.look(None, begin + ms(33 * n)).is_err()).unwrap();
        assert_eq!(stalled, 16, "of 33 ms");
    }

    #[test]
    fn without_a_frame_inside_nothing_is_waited_for() {
        let begin = Instant::now();
        let mut watch = Watch::new(ms(33), begin);
        watch.push(ms(0));
        watch.look(Some(ms(0)), begin + ms(10)).unwrap();
        watch.look(Some(ms(0)), begin + ms(9000)).unwrap();
        watch.look(Some(ms(0)), begin + ms(18_000)).unwrap();
    }

    #[test]
    fn a_machine_that_stood_still_is_no_pipeline_that_does() {
        let begin = Instant::now();
        let mut watch = Watch::new(ms(33), begin);
        watch.push(ms(0));
        watch.look(None, begin + ms(20)).unwrap();
        watch.look(None, begin + ms(5000)).unwrap();
    }

    #[test]
    fn work_that_hangs_is_given_up() {
        let helpers = Helpers::default();
        assert_eq!(helpers.within(ms(5000), || 7), Some(7));
        let (release_tx, release_rx) = threads::channel::<()>();
        assert_eq!(helpers.within(ms(10), move || release_rx.recv()), None);
        drop(release_tx);
    }

    #[test]
    fn what_hangs_is_counted_until_it_ends() {
        let helpers = Helpers::default();
        let (release_tx, release_rx) = threads::channel::<()>();
        let release_rx = Arc::new(std::sync::Mutex::new(release_rx));
        for _ in 0..MOST_STUCK {
            let release_rx = Arc::clone(&release_rx);
            assert_eq!(helpers.within(ms(1), move || drop(release_rx.lock().map(|rx| rx.recv()))), None);
        }
        assert!(helpers.is_full(), "nothing more is begun that may hang");
        drop(release_tx);
        crate::media::testing::wait_for("they end", || !helpers.is_full());
    }

    #[test]
    fn a_failure_is_told_when_there_is_room_and_only_the_newest() {
        let (facts_tx, mut facts) = mpsc::channel(1);
        let mut voice = Voice::new(facts_tx);
        voice.speak();
        assert!(facts.try_recv().is_err(), "nothing to say");
        let broken = |error: &str| Fact::Broken { alarm: Alarm::ProgramFailed { error: error.into() } };
        voice.broken("a".into());
        voice.broken("b".into());
        voice.broken("c".into());
        assert_eq!(facts.try_recv().unwrap(), broken("a"));
        voice.speak();
        voice.speak();
        assert_eq!(facts.try_recv().unwrap(), broken("c"));
        assert!(facts.try_recv().is_err());
        voice.mended();
        assert_eq!(facts.try_recv().unwrap(), Fact::Mended { alarm: Alarm::ProgramFailed { error: String::new() } });
        voice.mended();
        assert!(facts.try_recv().is_err());
    }
}
