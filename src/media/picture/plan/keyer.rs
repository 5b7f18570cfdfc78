//! A keyer's plan: which graphics are seen, and how much, frame by frame. Pure; a graphic may be anything.
//!
//! Weights of one keyer are 1 together at most, so that one graphic that replaces another never dips between them.

use std::time::Duration;

use super::{Change, Track};

/// Graphics that one keyer shows at a time while they change over. One more takes the faintest off.
const MOST: usize = 4;

/// One keyer. What is set on it comes evenly; what was on it goes meanwhile.
#[derive(Debug, Clone)]
pub struct Keyer<G> {
    layers: Vec<(G, Track)>,
}

impl<G> Default for Keyer<G> {
    fn default() -> Self {
        Self { layers: Vec::new() }
    }
}

impl<G: Clone + PartialEq> Keyer<G> {
    /// Plans the way to `wanted` alone (to nothing), from the frame at `at` on, `length` long; zero is a cut. `frame` is the
    /// length of a frame: the frame at `at` shows a change already. A graphic that is on already stays as it is.
    pub fn set(&mut self, wanted: Option<G>, at: Duration, length: Duration, frame: Duration) {
        let before = at.saturating_sub(frame);
        for (_, track) in &mut self.layers {
            *track = Track { value: track.value(before), changes: Vec::new() };
        }
        self.layers.retain(|(graphic, track)| track.value > 0.0 || wanted.as_ref() == Some(graphic));
        if let Some(new) = &wanted {
            match self.layers.iter_mut().find(|(graphic, _)| graphic == new) {
                Some((graphic, _)) => *graphic = new.clone(),
                None => self.bring(new.clone()),
            }
        }
        for (graphic, track) in &mut self.layers {
            let to = if wanted.as_ref() == Some(graphic) { 1.0 } else { 0.0 };
            let change = match length {
                Duration::ZERO => Change::Set(to),
                _ => Change::Ramp { start: before, end: before + length, from: track.value, to },
            };
            if track.value != to {
                track.changes.push((at, change));
            }
        }
    }

    /// What is seen in the frame at `at`, which is not before the last plan, and how much: above 0, up to 1.
    pub fn look(&self, at: Duration) -> Vec<(G, f64)> {
        let look = self.layers.iter().map(|(graphic, track)| (graphic.clone(), track.value(at)));
        look.filter(|(_, weight)| *weight > 0.0).collect()
    }

    fn bring(&mut self, graphic: G) {
        let faintest = self.layers.iter().enumerate().min_by(|(_, (_, a)), (_, (_, b))| a.value.total_cmp(&b.value));
        if let Some((at, _)) = faintest.filter(|_| self.layers.len() == MOST) {
            self.layers.remove(at);
        }
        self.layers.push((graphic, Track::default()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME: Duration = Duration::from_millis(40);
    const CUT: Duration = Duration::ZERO;
    const FADE: Duration = Duration::from_millis(160);

    /// A keyer whose frames are counted: every `set` counts from the next frame on.
    #[derive(Default)]
    struct Rehearsal {
        keyer: Keyer<char>,
        frame: u32,
    }

    impl Rehearsal {
        fn set(&mut self, wanted: impl Into<Option<char>>, length: Duration) {
            self.keyer.set(wanted.into(), FRAME * (10 + self.frame), length, FRAME);
        }

        /// What is seen in the next frame, in hundredths.
        fn next(&mut self) -> Vec<(char, u32)> {
            let look = self.keyer.look(FRAME * (10 + self.frame));
            self.frame += 1;
            look.into_iter().map(|(graphic, weight)| (graphic, (weight * 100.0).round() as u32)).collect()
        }

        fn after(&mut self, frames: u32) -> Vec<(char, u32)> {
            self.frame += frames;
            self.next()
        }
    }

    #[test]
    fn nothing_is_on_at_first() {
        assert_eq!(Rehearsal::default().next(), []);
    }

    #[test]
    fn a_cut_changes_in_its_frame() {
        let mut r = Rehearsal::default();
        r.set('a', CUT);
        assert_eq!(r.next(), [('a', 100)]);
        r.set('b', CUT);
        assert_eq!(r.next(), [('b', 100)]);
        r.set(None, CUT);
        assert_eq!(r.next(), []);
    }

    #[test]
    fn a_fade_shows_a_change_in_its_first_frame_and_ends_in_its_last() {
        let mut r = Rehearsal::default();
        r.set('a', FADE);
        assert_eq!([r.next(), r.next(), r.next(), r.next()].map(|look| look[0].1), [25, 50, 75, 100]);
        assert_eq!(r.after(100), [('a', 100)]);
        r.set(None, FADE);
        assert_eq!(r.next(), [('a', 75)]);
        assert_eq!(r.after(2), []);
    }

    #[test]
    fn what_is_on_already_stays() {
        let mut r = Rehearsal::default();
        r.set('a', CUT);
        r.next();
        r.set('a', FADE);
        assert_eq!([r.next(), r.next()], [[('a', 100)], [('a', 100)]]);
        r.set('a', CUT);
        assert_eq!(r.next(), [('a', 100)]);
    }

    #[test]
    fn one_that_replaces_another_comes_as_much_as_that_goes() {
        let mut r = Rehearsal::default();
        r.set('a', CUT);
        r.next();
        r.set('b', FADE);
        assert_eq!(r.next(), [('a', 75), ('b', 25)]);
        assert_eq!(r.after(2), [('b', 100)]);
    }

    #[test]
    fn a_fade_can_be_turned_back_and_cut_short() {
        let mut r = Rehearsal::default();
        r.set('a', FADE);
        r.next();
        assert_eq!(r.next(), [('a', 50)]);
        r.set(None, FADE);
        assert_eq!(r.next(), [('a', 38)]);
        r.set('a', FADE);
        assert_eq!(r.next(), [('a', 53)]);
        r.set('b', CUT);
        assert_eq!(r.next(), [('b', 100)]);
        assert_eq!(r.after(10), [('b', 100)], "nothing of the old plan is left");
    }

    proptest! {
        #[test]
        fn no_sequence_of_plans_shows_more_than_the_whole_or_jumps_where_it_should_fade(
            plans in proptest::collection::vec((proptest::option::of(0u8..9), 1u32..20, 0u32..25), 1..40),
        ) {
            let mut keyer = Keyer::default();
            let mut frame = 10;
            for (wanted, frames, stay) in plans {
                keyer.set(wanted, FRAME * frame, FRAME * frames, FRAME);
                prop_assert!(keyer.layers.len() <= MOST);
                for n in 0..stay {
                    let look = keyer.look(FRAME * (frame + n));
                    let sum: f64 = look.iter().map(|(_, weight)| weight).sum();
                    prop_assert!(sum <= 1.0 + 1e-9, "{look:?}");
                    if n >= frames {
                        let rest: Vec<_> = wanted.into_iter().map(|graphic| (graphic, 1.0)).collect();
                        prop_assert_eq!(look, rest);
                    }
                }
                frame += stay;
            }
        }
    }
}
