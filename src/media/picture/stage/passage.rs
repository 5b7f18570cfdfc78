//! The picture and the way to it: which pictures are seen in a frame, and how they are mixed.

use std::time::Duration;

use super::place::{colour, tableau};
use super::{Look, Ramp, Scene, View, Way, flight, graphic};
use crate::show::{Direction, Progress, Source, Transition, WipePattern};
use crate::video::{Mix, Pattern};

/// What is shown, and the way to it.
#[derive(Debug, Clone)]
pub(super) struct Passage<G> {
    to: Scene<G>,
    way: Option<Underway<G>>,
    /// The first frame that each graphic of both pictures is in.
    since: Vec<(G, Duration)>,
}

/// A transition. It may be over.
#[derive(Debug, Clone)]
struct Underway<G> {
    from: Scene<G>,
    transition: Transition,
    reversed: bool,
    progress: Ramp,
    held: bool,
}

/// What a frame is made of.
enum Moment<'p, G> {
    One(&'p Scene<G>),
    Between(Between<'p, G>),
}

/// Two pictures and how far it is from one to the other: more than 0, less than 1.
pub(super) struct Between<'p, G> {
    pub from: &'p Scene<G>,
    pub to: &'p Scene<G>,
    transition: &'p Transition,
    pub progress: f64,
}

/// Since when the graphics are on that program shows.
pub(super) struct Since<'p, G> {
    known: &'p [(G, Duration)],
    on: [Option<&'p Scene<G>>; 2],
}

impl<G: PartialEq> Since<'_, G> {
    /// The first frame of a graphic. One that is not on runs since the clock does.
    pub fn of(&self, graphic: &G) -> Duration {
        self.find(graphic).unwrap_or_default()
    }

    fn find(&self, graphic: &G) -> Option<Duration> {
        let is_on = self.on.iter().flatten().any(|scene| scene.graphics.contains(graphic));
        let known = || self.known.iter().find(|(known, _)| known == graphic).map(|(_, since)| *since);
        is_on.then(known).flatten()
    }
}

impl<G: Clone + PartialEq> Passage<G> {
    /// A picture that is there.
    pub fn at(to: Scene<G>) -> Self {
        let since = to.graphics.iter().map(|graphic| (graphic.clone(), Duration::ZERO)).collect();
        Self { to, way: None, since }
    }

    /// From the frame at `at` on: this way to this picture.
    pub fn go(&mut self, to: Scene<G>, way: Way<G>, at: Duration, frame: Duration) {
        let known = self.since(at.saturating_sub(frame), frame);
        let graphics = to.graphics.iter().chain(&way.from.graphics);
        let since = graphics.map(|graphic| (graphic.clone(), known.find(graphic).unwrap_or(at))).collect();
        let Way { from, transition, reversed, done, held } = way;
        let done = f64::from(done.min(Progress::WHOLE)) / f64::from(Progress::WHOLE);
        let progress = if held { Ramp::at(done) } else { Ramp::new(done, 1.0, transition.duration(), at) };
        let way = Underway { from, transition, reversed, progress, held };
        *self = Self { to, way: Some(way).filter(|way| !way.transition.is_cut()), since };
    }

    /// Since when the graphics are on that are seen in the frame at `at`.
    pub fn since(&self, at: Duration, frame: Duration) -> Since<'_, G> {
        Since { known: &self.since, on: [Some(&self.to), self.underway(at, frame).map(|way| &way.from)] }
    }

    /// Whether a source is in the frame at `at`, or may still come into one.
    pub fn needs(&self, source: &Source, at: Duration, frame: Duration) -> bool {
        let leaving = self.underway(at, frame).is_some_and(|way| way.from.picture.shows(source));
        leaving || self.to.picture.shows(source)
    }

    /// What is seen in the frame at `at`, back to front.
    pub fn sources(&self, at: Duration, frame: Duration) -> Vec<&Source> {
        let scenes = match self.moment(at, frame) {
            Moment::One(scene) => [Some(scene), None],
            Moment::Between(between) => between.seen(),
        };
        let mut sources = Vec::new();
        for each in scenes.into_iter().flatten().flat_map(|scene| &scene.picture.boxes) {
            if !sources.contains(&&each.source) {
                sources.push(&each.source);
            }
        }
        sources
    }

    /// What the frame looks like.
    pub fn mix<L: Look<G>>(&self, view: &View<'_, L>, frame: Duration) -> Mix<Source> {
        let since = self.since(view.at, frame);
        match self.moment(view.at, frame) {
            Moment::One(scene) => Mix::One(tableau(scene, view, &since)),
            Moment::Between(between) => between.mix(view, &since),
        }
    }

    /// The way, if it is not over.
    fn underway(&self, at: Duration, frame: Duration) -> Option<&Underway<G>> {
        self.way.as_ref().filter(|way| way.held || way.progress.value(at, frame) < 1.0)
    }

    fn moment(&self, at: Duration, frame: Duration) -> Moment<'_, G> {
        let Some(way) = &self.way else { return Moment::One(&self.to) };
        let (transition, progress) = (&way.transition, way.progress.value(at, frame));
        match way {
            _ if progress >= 1.0 => Moment::One(&self.to),
            _ if progress <= 0.0 => Moment::One(&way.from),
            Underway { reversed: true, .. } => {
                Moment::Between(Between { from: &self.to, to: &way.from, transition, progress: 1.0 - progress })
            }
            Underway { from, .. } => Moment::Between(Between { from, to: &self.to, transition, progress }),
        }
    }
}

impl<'p, G: Clone + PartialEq> Between<'p, G> {
    /// Which of the pictures are seen.
    fn seen(&self) -> [Option<&'p Scene<G>>; 2] {
        match self.turn() {
            Some(turn) if self.progress < turn => [Some(self.from), None],
            Some(_) => [Some(self.to), None],
            None => [Some(self.from), Some(self.to)],
        }
    }

    /// Where one picture takes the place of the other at once, if it does.
    fn turn(&self) -> Option<f64> {
        match self.transition {
            Transition::Cut {} => Some(0.0),
            Transition::Dip { .. } => Some(0.5),
            Transition::Stinger { duration_ms, cut_ms, .. } => {
                Some(f64::from(*cut_ms) / f64::from((*duration_ms).max(1)))
            }
            _ => None,
        }
    }

    /// The picture that is seen while only one is.
    fn one(&self) -> &'p Scene<G> {
        let [one, _] = self.seen();
        one.unwrap_or(self.to)
    }

    fn mix<L: Look<G>>(&self, view: &View<'_, L>, since: &Since<'_, G>) -> Mix<Source> {
        let progress = self.progress;
        let tableau = |scene| tableau(scene, view, since);
        let (under, over) = (|| tableau(self.from), || tableau(self.to));
        match self.transition {
            Transition::Cut {} => Mix::One(over()),
            Transition::Mix { .. } => Mix::Dissolve { under: under(), over: over(), weight: progress },
            Transition::Dip { colour: through, .. } => Mix::Dip {
                tableau: tableau(self.one()),
                colour: colour(*through),
                weight: 2.0 * progress.min(1.0 - progress),
            },
            Transition::Wipe { pattern: form, softness, .. } => Mix::Wipe {
                under: under(),
                over: over(),
                pattern: pattern(*form),
                progress,
                softness: f64::from(*softness.min(&Transition::SOFTEST)) / 1000.0,
            },
            Transition::Push { direction, .. } => Mix::Move {
                under: under(),
                under_by: along(*direction, progress),
                over: over(),
                over_by: along(*direction, progress - 1.0),
            },
            Transition::Slide { direction, .. } => Mix::Move {
                under: under(),
                under_by: (0.0, 0.0),
                over: over(),
                over_by: along(*direction, progress - 1.0),
            },
            Transition::Move { .. } => flight::mix(self, view, since),
            Transition::Stinger { stinger, .. } => {
                let mut tableau = tableau(self.one());
                let still = view.look.stinger(stinger, self.transition.duration().mul_f64(progress));
                tableau.keys.extend(still.map(graphic::whole));
                Mix::One(tableau)
            }
        }
    }
}

/// Parts of the picture's width and height.
fn along(direction: Direction, part: f64) -> (f64, f64) {
    match direction {
        Direction::Left => (-part, 0.0),
        Direction::Right => (part, 0.0),
        Direction::Up => (0.0, -part),
        Direction::Down => (0.0, part),
    }
}

fn pattern(pattern: WipePattern) -> Pattern {
    match pattern {
        WipePattern::Right => Pattern::Right,
        WipePattern::Left => Pattern::Left,
        WipePattern::Down => Pattern::Down,
        WipePattern::Up => Pattern::Up,
        WipePattern::DownRight => Pattern::DownRight,
        WipePattern::DownLeft => Pattern::DownLeft,
        WipePattern::UpRight => Pattern::UpRight,
        WipePattern::UpLeft => Pattern::UpLeft,
        WipePattern::Circle => Pattern::Circle,
        WipePattern::Diamond => Pattern::Diamond,
        WipePattern::BarnHorizontal => Pattern::BarnHorizontal,
        WipePattern::BarnVertical => Pattern::BarnVertical,
        WipePattern::Clock => Pattern::Clock,
    }
}
