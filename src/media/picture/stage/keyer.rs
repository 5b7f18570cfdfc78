//! A downstream keyer: what comes alone does so by its own animation, and goes by its own. Of two that change over one
//! becomes the other, so that what both hide stays hidden.

use std::sync::Arc;
use std::time::Duration;

use super::ramp::eased;
use super::{Animation, Drawn, KEY_LENGTH, Look, Ramp, View, graphic};
use crate::video::{Key, Still};

/// Graphics that one keyer shows at a time while they change over. One more takes the faintest off.
const MOST: usize = 4;

/// One keyer.
#[derive(Debug, Clone)]
pub(super) struct Keyer<G> {
    wanted: Option<G>,
    /// In the order in which they came.
    seen: Vec<Seen<G>>,
}

/// A graphic that is seen, or was just now.
#[derive(Debug, Clone)]
struct Seen<G> {
    graphic: G,
    /// The first frame that it is in.
    since: Duration,
    /// How far its animation is: 0 outside, 1 in its place.
    presence: Ramp,
    /// Whether that is the animation by which it goes. It turns back by the one that it is in.
    leaves: bool,
    /// How much of it is seen while one changes over to another.
    share: Ramp,
}

/// What a graphic looks like in one frame.
struct Shown {
    drawn: Drawn,
    weight: f64,
    by: (i32, i32),
    on_for: Duration,
    /// Whether another one takes its place.
    is_replaced: bool,
}

impl<G> Default for Keyer<G> {
    fn default() -> Self {
        Self { wanted: None, seen: Vec::new() }
    }
}

impl<G: Clone + PartialEq> Keyer<G> {
    /// From the frame at `at` on, this graphic alone.
    pub fn set(&mut self, wanted: Option<G>, at: Duration, frame: Duration) {
        if self.wanted == wanted {
            return;
        }
        self.seen.retain(|seen| !seen.is_over(at, frame));
        let before = std::mem::replace(&mut self.wanted, wanted);
        let before = self.seen.iter_mut().find(|seen| Some(&seen.graphic) == before.as_ref());
        let is_replaced =
            self.wanted.is_some() && before.as_ref().is_some_and(|seen| seen.weight_before(at, frame) > 0.0);
        match before {
            Some(seen) if is_replaced => seen.share.turn(0.0, KEY_LENGTH, at, frame),
            Some(seen) => seen.leave(at, frame),
            None => {}
        }
        let Some(new) = self.wanted.clone() else { return };
        match self.seen.iter_mut().find(|seen| seen.graphic == new) {
            Some(seen) => seen.come_back(at, frame),
            None => {
                self.make_room(at, frame);
                let comes = Ramp::new(0.0, 1.0, KEY_LENGTH, at);
                let (presence, share) = if is_replaced { (Ramp::at(1.0), comes) } else { (comes, Ramp::at(1.0)) };
                self.seen.push(Seen { graphic: new, since: at, presence, leaves: false, share });
            }
        }
    }

    /// For one more.
    fn make_room(&mut self, at: Duration, frame: Duration) {
        let weights = self.seen.iter().map(|seen| seen.weight_before(at, frame)).enumerate();
        let faintest = weights.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(number, _)| number);
        if let Some(faintest) = faintest.filter(|_| self.seen.len() >= MOST) {
            self.seen.remove(faintest);
        }
    }

    /// What it shows in a frame.
    pub fn keys<L: Look<G>>(&self, view: &View<'_, L>, frame: Duration) -> Vec<Key> {
        let mut shown: Vec<_> = self.seen.iter().filter_map(|seen| seen.shown(view, frame)).collect();
        if let Some(replaced) = shown.iter_mut().rev().find(|each| each.is_replaced) {
            replaced.weight += self.waits(view, frame);
        }
        // Together they are never more than the whole: the newest takes what it needs.
        let mut left = 1.0;
        for each in shown.iter_mut().rev().filter(|each| each.by == (0, 0)) {
            each.weight = each.weight.min(left);
            left -= each.weight;
        }
        shown.retain(|each| each.weight > 0.0);
        let (stand, slide): (Vec<_>, Vec<_>) = shown.into_iter().partition(|each| each.by == (0, 0));
        let slide = slide.iter().flat_map(|each| graphic::keys(&each.drawn, each.weight, each.by, each.on_for));
        slide.chain(changing_over(&stand)).collect()
    }

    /// How much of what is wanted would be seen if it were drawn: so much of what it replaces stays.
    fn waits<L: Look<G>>(&self, view: &View<'_, L>, frame: Duration) -> f64 {
        let wanted = self.seen.iter().find(|seen| Some(&seen.graphic) == self.wanted.as_ref());
        let waits = wanted.filter(|seen| view.look.drawn(&seen.graphic).is_none());
        waits.map_or(0.0, |seen| seen.share.value(view.at, frame))
    }

    /// What it shows when all is done.
    pub fn final_keys<L: Look<G>>(&self, view: &View<'_, L>) -> Vec<Key> {
        let drawn = self.wanted.as_ref().and_then(|wanted| Some((wanted, view.look.drawn(wanted)?)));
        drawn.map_or_else(Vec::new, |(wanted, drawn)| {
            let since = self.seen.iter().find(|seen| seen.graphic == *wanted).map_or(view.at, |seen| seen.since);
            graphic::keys(&drawn, 1.0, (0, 0), view.at.saturating_sub(since))
        })
    }
}

/// Graphics in their places: as one where they overlap. Laid one over the other, what both hide would shine through.
fn changing_over(stand: &[Shown]) -> Vec<Key> {
    let bounds = |each: &Shown| each.drawn.bounds;
    let overlap =
        |(at, each): (usize, &Shown)| stand[..at].iter().any(|lower| graphic::overlap(bounds(lower), bounds(each)));
    if !stand.iter().enumerate().any(overlap) {
        let keys = |each: &Shown| graphic::keys(&each.drawn, each.weight, each.by, each.on_for);
        return stand.iter().flat_map(keys).collect();
    }
    let stills: Vec<_> = stand.iter().map(|each| (&*each.drawn.still, each.weight)).collect();
    let mixed = Still::mixed(&stills).map(|still| graphic::whole(Arc::new(still)));
    let run = stand.iter().flat_map(|each| graphic::running(&each.drawn, each.weight, each.by, each.on_for));
    mixed.into_iter().chain(run).collect()
}

impl<G> Seen<G> {
    /// It goes by its own animation; back, if it is still coming.
    fn leave(&mut self, at: Duration, frame: Duration) {
        self.leaves |= self.presence.before(at, frame) >= 1.0;
        self.presence.turn(0.0, KEY_LENGTH, at, frame);
        self.share = Ramp::at(self.share.before(at, frame));
    }

    fn come_back(&mut self, at: Duration, frame: Duration) {
        self.presence.turn(1.0, KEY_LENGTH, at, frame);
        self.share.turn(1.0, KEY_LENGTH, at, frame);
    }

    /// How much of it is in the frame before, if it fades.
    fn weight_before(&self, at: Duration, frame: Duration) -> f64 {
        self.presence.before(at, frame) * self.share.before(at, frame)
    }

    /// Whether it is not seen any more from the frame at `at` on.
    fn is_over(&self, at: Duration, frame: Duration) -> bool {
        let gone = |ramp: &Ramp| ramp.to() <= 0.0 && ramp.before(at, frame) <= 0.0;
        gone(&self.presence) || gone(&self.share)
    }

    fn shown<L: Look<G>>(&self, view: &View<'_, L>, frame: Duration) -> Option<Shown> {
        let (presence, share) = (self.presence.value(view.at, frame), self.share.value(view.at, frame));
        if presence <= 0.0 || share <= 0.0 {
            return None;
        }
        let drawn = view.look.drawn(&self.graphic)?;
        let animation = if self.leaves { drawn.leaves } else { drawn.animation };
        let away = 1.0 - eased(presence);
        let (weight, by) = match animation {
            Animation::Cut if self.presence.to() <= 0.0 => return None,
            Animation::Cut => (share, (0, 0)),
            Animation::Fade => (share * presence, (0, 0)),
            slide if self.leaves => (share, slide.behind(drawn.bounds, view.canvas, away)),
            slide => (share, slide.before(drawn.bounds, view.canvas, away)),
        };
        let (on_for, is_replaced) = (view.at.saturating_sub(self.since), self.share.to() <= 0.0);
        Some(Shown { drawn, weight, by, on_for, is_replaced })
    }
}
