//! The planner, situation by situation: what a frame looks like, in words.

mod graphics;
mod moves;
mod properties;
mod transitions;

use std::cell::RefCell;

use super::*;
use crate::show::{Colour, Crop, Fit, PictureBox, Rect};
use crate::video::{self, Key, Layer, Raster, Tableau};

const FRAME: Duration = Duration::from_millis(40);
const CANVAS: Size = Size { width: 1280, height: 720 };
const CUT: Transition = Transition::Cut {};
const LEFT: Rect = Rect { x: 0, y: 250, width: 500, height: 500 };
const RIGHT: Rect = Rect { x: 500, y: 250, width: 500, height: 500 };
const CORNER: Rect = Rect { x: 700, y: 50, width: 250, height: 250 };
const RED: Colour = Colour { red: 200, green: 0, blue: 0 };

/// Cities have names of one letter.
fn city(name: char) -> Source {
    Source::City(name.to_string().parse().unwrap())
}

fn name(source: &Source) -> String {
    source.to_string().trim_start_matches("city:").to_owned()
}

fn scene(boxes: &[(char, Rect)]) -> Scene<char> {
    let boxes = boxes.iter().map(|(name, place)| PictureBox::new(city(*name), *place)).collect();
    Scene { picture: Picture::of(boxes), graphics: Vec::new() }
}

fn full(name: char) -> Scene<char> {
    scene(&[(name, Rect::FULL)])
}

/// A graphic's letter tells how it comes and goes: c cuts, u comes up and goes down, l goes left, others fade; t is a ticker.
/// A question mark is not drawn yet.
struct Drawer;

/// Each has a place of its own. Those of i to z are apart from those of a to h.
fn bounds(graphic: char) -> Region {
    let number = u32::from(graphic) - u32::from('a') + 1;
    if graphic < 'i' || graphic == 'u' || graphic == 't' {
        Region { x: 100, y: 500, width: 400, height: 2 * number }
    } else {
        Region { x: 600, y: 500, width: 400, height: 2 * number }
    }
}

const WINDOW: Region = Region { x: 200, y: 600, width: 800, height: 50 };

/// All of a region in white. Kept, since drawing takes longer than planning.
fn still(region: Region) -> Arc<Still> {
    thread_local! {
        static DRAWN: RefCell<Vec<(Region, Arc<Still>)>> = RefCell::default();
    }
    let new = || {
        let pixels = vec![255; (region.width * region.height * 4) as usize];
        Arc::new(Still::new(&Raster { region, pixels }))
    };
    DRAWN.with_borrow_mut(|drawn| match drawn.iter().find(|(known, _)| *known == region) {
        Some((_, still)) => Arc::clone(still),
        None => {
            let still = new();
            drawn.push((region, Arc::clone(&still)));
            still
        }
    })
}

fn strip() -> Ticker {
    let region = Region { width: 300, height: 2, ..WINDOW };
    Ticker { strip: still(region), window: WINDOW, px_per_s: 100.0, width: 400 }
}

impl Look<char> for Drawer {
    fn drawn(&self, graphic: &char) -> Option<Drawn> {
        let (animation, leaves) = match graphic {
            '?' => return None,
            'c' => (Animation::Cut, Animation::Cut),
            'u' => (Animation::SlideUp, Animation::SlideDown),
            'l' => (Animation::SlideLeft, Animation::SlideLeft),
            _ => (Animation::Fade, Animation::Fade),
        };
        let bounds = bounds(*graphic);
        Some(Drawn { still: still(bounds), bounds, ticker: (*graphic == 't').then(strip), animation, leaves })
    }

    fn bug(&self, city: &CityId) -> Option<Arc<Still>> {
        Some(still(bug(city.as_str())))
    }

    fn stinger(&self, _: &MediaId, since: Duration) -> Option<Arc<Still>> {
        let so_far = u32::try_from(since.as_millis()).unwrap() / 40 * 2;
        (so_far > 0).then(|| still(Region { x: 0, y: 0, width: 2 * so_far, height: 2 }))
    }
}

fn bug(city: &str) -> Region {
    Region { x: 0, y: 0, width: 2, height: 2 * u32::from(city.as_bytes()[0]) }
}

/// A number from 0 to 1 in hundredths.
fn hundredths(part: f64) -> String {
    format!("{:.0}", part * 100.0 + 0.0)
}

fn tell_key(key: &Key) -> String {
    let letter = ('a'..='z').find(|letter| key.still == still(bounds(*letter)));
    let what = match letter {
        Some(letter) => letter.to_string(),
        None if key.still == strip().strip => "text".into(),
        None => "mixture".into(),
    };
    let weight = if key.weight == 1.0 { String::new() } else { format!("*{}", hundredths(key.weight)) };
    let by = if (key.x, key.y) == (0, 0) { String::new() } else { format!("@{},{}", key.x, key.y) };
    format!("{what}{weight}{by}")
}

fn tell_layer(layer: &Layer<Source>) -> String {
    let opacity = if layer.opacity == 1.0 { String::new() } else { format!("*{}", hundredths(layer.opacity)) };
    let tags = if layer.tags.is_empty() { "" } else { "'" };
    format!("{}{tags}{opacity}", name(&layer.source))
}

fn tell_tableau(tableau: &Tableau<Source>) -> String {
    let layers = tableau.layers.iter().map(tell_layer);
    layers.chain(tableau.keys.iter().map(tell_key)).collect::<Vec<_>>().join("+")
}

/// The mix in words: `mix 25: a > b` is a dissolve a quarter of whose way from a to b is done.
fn tell(mix: &Mix<Source>) -> String {
    let two = |a: &Tableau<Source>, b: &Tableau<Source>| format!("{} > {}", tell_tableau(a), tell_tableau(b));
    match mix {
        Mix::One(tableau) => tell_tableau(tableau),
        Mix::Dissolve { under, over, weight } => format!("mix {}: {}", hundredths(*weight), two(under, over)),
        Mix::Dip { tableau, colour, weight } => {
            format!("dip {} {}: {}", colour.red, hundredths(*weight), tell_tableau(tableau))
        }
        Mix::Wipe { under, over, pattern, progress, softness } => {
            format!("{pattern:?} {softness} {}: {}", hundredths(*progress), two(under, over))
        }
        Mix::Move { under, under_by: (a, b), over, over_by: (c, d) } => {
            let [a, b, c, d] = [*a, *b, *c, *d].map(hundredths);
            format!("{a},{b} {c},{d}: {}", two(under, over))
        }
    }
}

/// A stage whose frames are counted: whatever is said counts from the next frame on.
struct Rehearsal {
    stage: Stage<char>,
    frame: u32,
}

impl Rehearsal {
    fn new(scene: Scene<char>) -> Self {
        Self { stage: Stage::new(CANVAS, FRAME, scene), frame: 10 }
    }

    fn now(&self) -> Duration {
        FRAME * self.frame
    }

    /// A transition that begins.
    fn take(&mut self, from: &Scene<char>, to: &Scene<char>, transition: Transition) {
        let way = Way { from: from.clone(), transition, reversed: false, done: 0, held: false };
        self.go(to, way);
    }

    fn go(&mut self, to: &Scene<char>, way: Way<char>) {
        self.stage.show(to.clone(), way, self.now());
    }

    fn key(&mut self, graphic: impl Into<Option<char>>) {
        self.stage.key(0, graphic.into(), self.now());
    }

    fn shot(&self) -> Shot<Source> {
        self.stage.program(self.now(), &Drawer)
    }

    /// The next frame's picture.
    fn next(&mut self) -> String {
        let told = tell(&self.shot().mix);
        self.frame += 1;
        told
    }

    /// What the keyers lay over the next frame.
    fn keys(&mut self) -> String {
        let told = self.shot().keys.iter().map(tell_key).collect::<Vec<_>>().join("+");
        self.frame += 1;
        told
    }

    fn places(&self) -> Vec<(String, [f64; 4])> {
        let tableau = match self.shot().mix {
            Mix::One(tableau) | Mix::Dissolve { over: tableau, .. } => tableau,
            other => panic!("{other:?}"),
        };
        let place = |layer: &Layer<Source>| {
            let video::Rect { x, y, width, height } = layer.place;
            (name(&layer.source), [x, y, width, height])
        };
        tableau.layers.iter().map(place).collect()
    }

    fn sources(&self) -> String {
        self.stage.sources(self.now()).into_iter().map(name).collect()
    }
}
