//! The planner: from what the show says (a picture, the way to it, keyers, fade to black) and the time to what one frame looks
//! like. Pure: no GStreamer, no clock; times are event time. It knows pictures by their sources, and graphics by handles.

mod flight;
mod graphic;
mod keyer;
mod passage;
mod place;
mod ramp;

use std::sync::Arc;
use std::time::Duration;

use self::keyer::Keyer;
use self::passage::Passage;
use self::ramp::Ramp;
use crate::show::{self, CityId, KeyerNumber, MediaId, Picture, Source, Transition};
use crate::video::{Mix, Region, Shot, Size, Still};

/// How long a graphic of a downstream keyer comes and goes.
pub const KEY_LENGTH: Duration = Duration::from_millis(250);

/// A picture with its graphics.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene<G> {
    /// The picture.
    pub picture: Picture,
    /// Its graphics, the lowest first. They stand for those of the picture, which are not looked at.
    pub graphics: Vec<G>,
}

/// How a picture is come to: [`show::Way`] with graphics as handles.
#[derive(Debug, Clone, PartialEq)]
pub struct Way<G> {
    /// What is left.
    pub from: Scene<G>,
    /// How.
    pub transition: Transition,
    /// Whether it looks like the transition from the new picture to the old one, run backwards.
    pub reversed: bool,
    /// How far it is, in thousandths: in the frame before the first, or in all of them if it is held.
    pub done: u16,
    /// Whether it stays there until the next word.
    pub held: bool,
}

impl<G> Way<G> {
    /// The show's word, with the handles of the graphics of the picture that is left.
    pub fn of(way: show::Way, graphics: Vec<G>) -> Self {
        let show::Way { from, transition, reversed, done, held } = way;
        Self { from: Scene { picture: from, graphics }, transition, reversed, done, held }
    }
}

/// What is drawn already. Asked for one frame, and not kept.
pub trait Look<G> {
    /// A graphic. One that is not drawn yet is left out.
    fn drawn(&self, graphic: &G) -> Option<Drawn>;

    /// A city's name and time of day, placed from the top left of what the city fills.
    fn bug(&self, city: &CityId) -> Option<Arc<Still>>;

    /// An animation's picture so long after its begin.
    fn stinger(&self, stinger: &MediaId, since: Duration) -> Option<Arc<Still>>;
}

/// A graphic that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// What stands.
    pub still: Arc<Still>,
    /// Where there is anything of it, in pixels of the canvas: when it slides, it does so until this is outside.
    pub bounds: Region,
    /// What runs over it.
    pub ticker: Option<Ticker>,
    /// How it comes.
    pub animation: Animation,
    /// How it goes.
    pub leaves: Animation,
}

/// What runs through a window from the right to the left. It enters at the right when it comes on, and comes again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticker {
    /// What runs. Its region has the window's top left corner.
    pub strip: Arc<Still>,
    /// Where it is seen.
    pub window: Region,
    /// Pixels a second.
    pub px_per_s: f64,
    /// Its width with what is free after it, in pixels: after so many it comes again.
    pub width: u32,
}

/// How a graphic of a downstream keyer comes or goes. What slides comes in from outside, or goes out, in the direction that is
/// said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Animation {
    /// At once.
    Cut,
    /// More and more of it, or less and less.
    Fade,
    /// To the left.
    SlideLeft,
    /// To the right.
    SlideRight,
    /// Upwards.
    SlideUp,
    /// Downwards.
    SlideDown,
}

/// What is shown, on its way to what shall be shown.
#[derive(Debug, Clone)]
pub struct Stage<G> {
    canvas: Size,
    frame: Duration,
    passage: Passage<G>,
    preview: Scene<G>,
    keyers: [Keyer<G>; KeyerNumber::MOST as usize],
    black: Ramp,
}

impl<G: Clone + PartialEq> Stage<G> {
    /// A stage that shows a picture, without anything over it; preview shows the same. `frame` is the length of a frame.
    pub fn new(canvas: Size, frame: Duration, scene: Scene<G>) -> Self {
        Self {
            canvas,
            frame,
            passage: Passage::at(scene.clone()),
            preview: scene,
            keyers: std::array::from_fn(|_| Keyer::default()),
            black: Ramp::at(0.0),
        }
    }

    /// From the frame at `at` on: this picture, by this way. Whatever ran is over.
    pub fn show(&mut self, scene: Scene<G>, way: Way<G>, at: Duration) {
        self.passage.go(scene, way, at, self.frame);
    }

    /// From the frame at `at` on, a keyer shows this graphic, or nothing. Keyers are counted from 0, the lowest; those that
    /// there are not do nothing. What is on already stays as it is.
    pub fn key(&mut self, keyer: usize, graphic: Option<G>, at: Duration) {
        if let Some(keyer) = self.keyers.get_mut(keyer) {
            keyer.set(graphic, at, self.frame);
        }
    }

    /// From the frame at `at` on everything goes to black, or comes back, from where it is. All the way takes `length`.
    pub fn fade_to_black(&mut self, on: bool, length: Duration, at: Duration) {
        self.black.turn(if on { 1.0 } else { 0.0 }, length, at, self.frame);
    }

    /// What the next take will show.
    pub fn set_preview(&mut self, scene: Scene<G>) {
        self.preview = scene;
    }

    /// What program looks like in the frame at `at`.
    pub fn program(&self, at: Duration, look: &impl Look<G>) -> Shot<Source> {
        let view = View { canvas: self.canvas, at, look };
        let keys = self.keyers.iter().flat_map(|keyer| keyer.keys(&view, self.frame)).collect();
        Shot { mix: self.passage.mix(&view, self.frame), keys, black: self.black.value(at, self.frame) }
    }

    /// What program will look like when preview's picture is taken: with the keyers that are on, and not black.
    pub fn preview(&self, at: Duration, look: &impl Look<G>) -> Shot<Source> {
        let view = View { canvas: self.canvas, at, look };
        let keys = self.keyers.iter().flat_map(|keyer| keyer.final_keys(&view)).collect();
        let tableau = place::tableau(&self.preview, &view, &self.passage.since(at, self.frame));
        Shot { mix: Mix::One(tableau), keys, black: 0.0 }
    }

    /// Whether program still needs a source in the frame at `at`, or a later one.
    pub fn needs(&self, source: &Source, at: Duration) -> bool {
        self.passage.needs(source, at, self.frame)
    }

    /// The sources that are seen in program in the frame at `at`, back to front, each once. Black hides none.
    pub fn sources(&self, at: Duration) -> Vec<&Source> {
        self.passage.sources(at, self.frame)
    }
}

/// What a frame is planned with.
struct View<'l, L> {
    canvas: Size,
    at: Duration,
    look: &'l L,
}

#[cfg(test)]
mod tests;
