//! Music and jingles that play.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MediaId, ShowTime};

/// A piece of music that plays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playing {
    /// Which one.
    pub media: MediaId,
    /// When it was started: tells this time from the others.
    #[serde(default)]
    pub began: ShowTime,
    /// When it began, or began anew.
    pub since: ShowTime,
    /// Its length in ms; 0 if it is not known.
    pub length_ms: u32,
    /// Whether it begins anew at its end.
    pub loops: bool,
    /// When it has faded out, if it fades.
    #[serde(default)]
    pub fades_until: Option<ShowTime>,
}

impl Playing {
    /// Most pieces that play at once.
    pub const MOST: usize = 8;
    /// Longest fade, in ms.
    pub const FADE_MOST_MS: u32 = 30_000;

    /// When it is over by itself; unknown for what begins anew and for what has no known length.
    pub fn ends(&self) -> Option<ShowTime> {
        let end =
            (!self.loops && self.length_ms > 0).then(|| self.since + Duration::from_millis(self.length_ms.into()));
        end.into_iter().chain(self.fades_until).min()
    }

    /// The same from the last time on at which it began anew, at `now`.
    pub(super) fn this_round(self, now: ShowTime) -> Self {
        if !self.loops {
            return self;
        }
        let (length, played) = (u128::from(self.length_ms), now.since(self.since).as_millis());
        let rounds = played.checked_div(length).unwrap_or(0);
        let whole = Duration::from_millis(u64::try_from(rounds * length).unwrap_or(u64::MAX));
        Self { since: self.since + whole, ..self }
    }

    /// How far into it `now` is.
    pub(super) fn position(&self, now: ShowTime) -> Duration {
        now.since(self.clone().this_round(now).since)
    }

    /// Whether it plays on in a server that was started again: what has ended meanwhile, or was on its way out, is over.
    pub(super) fn goes_on(&self, now: ShowTime) -> bool {
        self.fades_until.is_none() && self.ends().is_none_or(|end| end > now)
    }

    /// The same as a clock sees it that has not yet come further than `now`.
    pub(super) fn no_later_than(&mut self, now: ShowTime) {
        let left = self.fades_until.map(|until| until.since(self.since));
        self.began = self.began.min(now);
        self.since = self.since.min(now);
        self.fades_until = left.map(|left| self.since + left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> ShowTime {
        ShowTime::new(Duration::from_millis(ms))
    }

    #[test]
    fn what_remains_follows_from_length_loop_and_fade() {
        let playing = |length_ms, loops, fades_until| Playing {
            media: "sigla".parse().unwrap(),
            began: at(1000),
            since: at(1000),
            length_ms,
            loops,
            fades_until,
        };
        assert_eq!(playing(5000, false, None).ends(), Some(at(6000)));
        assert_eq!(playing(5000, true, None).ends(), None);
        assert_eq!(playing(0, false, None).ends(), None);
        assert_eq!(playing(5000, true, Some(at(2500))).ends(), Some(at(2500)));
        assert_eq!(playing(5000, false, Some(at(9000))).ends(), Some(at(6000)));
        assert_eq!(playing(5000, true, None).this_round(at(12_300)).since, at(11_000));
        assert_eq!(playing(0, true, None).this_round(at(12_300)).since, at(1000));
        assert_eq!(playing(5000, true, None).position(at(12_300)), Duration::from_millis(1300));
        assert_eq!(playing(5000, false, None).position(at(3000)), Duration::from_secs(2));
    }

    #[test]
    fn after_a_restart_what_would_still_play_plays_on() {
        let goes_on = |length_ms, loops, fades_until, now| {
            let (media, began, since) = ("sigla".parse().unwrap(), at(1000), at(1000));
            Playing { media, began, since, length_ms, loops, fades_until }.goes_on(at(now))
        };
        assert!(goes_on(5000, false, None, 5999));
        assert!(!goes_on(5000, false, None, 6000));
        assert!(goes_on(5000, true, None, 60_000));
        assert!(goes_on(0, false, None, 60_000), "nobody knows its length: who plays it does");
        assert!(!goes_on(5000, true, Some(at(9000)), 2000));
    }
}
