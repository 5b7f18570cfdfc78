//! What the desk's thread is told. It has room for all that counts, however long the thread does not look: of too many changes the
//! newest stay, and of each place of the desk only what is to be in it now.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::audio::Input;
use crate::show::{DeskPlan, StripId};

/// Changes of the desk that wait with their order kept. One more takes the place of the newest, since each says how all is.
const MOST_CHANGES: usize = 64;

/// A change of what is heard.
#[derive(Debug)]
pub(super) enum Change {
    /// The desk is like this from a time on.
    Desk { plan: DeskPlan, ramp: Duration, at: Duration },
    /// Program goes to silence from a time on, or comes back.
    Fade { to_silence: bool, length: Duration, at: Duration },
}

/// What is to be in a place of the desk.
#[derive(Debug)]
pub(super) enum Plug {
    In { source: StripId, input: Input },
    Out,
}

/// What was told since the thread looked last.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// By the place's number. They come before the changes.
    pub plugs: BTreeMap<usize, Plug>,
    pub changes: VecDeque<Change>,
    /// The loudness of the evening is measured from now on.
    pub reset_loudness: bool,
    /// The thread is to end.
    pub stops: bool,
}

impl Mail {
    fn is_empty(&self) -> bool {
        self.plugs.is_empty() && self.changes.is_empty() && !self.reset_loudness && !self.stops
    }
}

/// Where mail waits for the thread.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    mail: Mutex<Mail>,
    came: Condvar,
}

impl Mailbox {
    /// The desk's place has this source from now on, or none.
    pub(super) fn plug(&self, place: usize, plug: Plug) {
        self.write(|mail| drop(mail.plugs.insert(place, plug)));
    }

    /// Something else is heard.
    pub(super) fn change(&self, change: Change) {
        self.write(|mail| {
            if mail.changes.len() >= MOST_CHANGES
                && let Some(place) = mail.changes.iter().rposition(|waiting| waiting.is_like(&change))
            {
                mail.changes.remove(place);
            }
            mail.changes.push_back(change);
        });
    }

    /// Loudness is measured anew.
    pub(super) fn reset_loudness(&self) {
        self.write(|mail| mail.reset_loudness = true);
    }

    /// The thread ends.
    pub(super) fn stop(&self) {
        self.write(|mail| mail.stops = true);
    }

    /// Waits for mail, `timeout` at most, and takes it.
    pub(super) fn wait(&self, timeout: Duration) -> Option<Mail> {
        let waited = self.came.wait_timeout_while(self.lock(), timeout, |mail| mail.is_empty());
        let (mut mail, _) = waited.expect("no code panics while it holds the mail");
        (!mail.is_empty()).then(|| std::mem::take(&mut *mail))
    }

    fn write(&self, put: impl FnOnce(&mut Mail)) {
        put(&mut self.lock());
        self.came.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().expect("no code panics while it holds the mail")
    }
}

impl Change {
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(n: u64) -> Change {
        Change::Desk { plan: DeskPlan::default(), ramp: Duration::ZERO, at: Duration::from_millis(n) }
    }

    #[test]
    fn the_newest_state_is_never_lost_however_many_come_while_nobody_looks() {
        let mailbox = Mailbox::default();
        mailbox.change(Change::Fade { to_silence: true, length: Duration::ZERO, at: Duration::ZERO });
        (0..1000).for_each(|n| mailbox.change(desk(n)));
        mailbox.change(Change::Fade { to_silence: false, length: Duration::ZERO, at: Duration::ZERO });
        for _ in 0..1000 {
            mailbox.plug(3, Plug::Out);
        }
        let mail = mailbox.wait(Duration::ZERO).unwrap();
        assert!(mail.changes.len() <= MOST_CHANGES + 1 && mail.plugs.len() == 1);
        let newest = mail.changes.iter().rev().find(|change| matches!(change, Change::Desk { .. }));
        assert!(matches!(newest, Some(Change::Desk { at, .. }) if *at == Duration::from_millis(999)), "{newest:?}");
        assert!(matches!(mail.changes.back(), Some(Change::Fade { to_silence: false, .. })));
        assert!(mailbox.wait(Duration::ZERO).is_none());
    }
}
