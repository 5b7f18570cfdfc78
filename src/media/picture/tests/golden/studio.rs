//! Takes pictures: what a stage plans is drawn, frame by frame, as the tick thread has it done, but without one.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::print::{CANVAS, Tolerance};
use super::sources::frame;
use crate::media::graphics::{self, Fonts, Library, Pictures, Renderer, Template};
use crate::media::picture::look::planned;
use crate::media::picture::stage::{Drawn, KEY_LENGTH, Look, Scene, Stage, Way};
use crate::show::{CityId, Composition, MediaId, Picture, Source, Transition};
use crate::video::{Image, Mixer, Raster, Region, Shot, Still};

/// A frame of which both transitions and keyers have a whole and even number.
const FRAME: Duration = Duration::from_millis(25);

/// How long each transition of a golden is.
pub const TRANSITION_MS: u32 = 800;

/// A picture that has a golden.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub tolerance: Tolerance,
    pub image: Image,
}

/// A program without a clock. Graphics have names.
pub struct Studio {
    stage: Stage<&'static str>,
    on_air: Scene<&'static str>,
    now: Duration,
}

/// A picture with graphics of these names.
pub fn scene(composition: &Composition, graphics: &[&'static str]) -> Scene<&'static str> {
    Scene { picture: composition.picture().unwrap(), graphics: graphics.to_vec() }
}

pub fn bare(picture: Picture) -> Scene<&'static str> {
    Scene { picture, graphics: Vec::new() }
}

impl Studio {
    pub fn on_air(scene: Scene<&'static str>) -> Self {
        Self { stage: Stage::new(CANVAS, FRAME, scene.clone()), on_air: scene, now: FRAME * 100 }
    }

    /// As it is so many percent of the way to another picture.
    pub fn part_of(mut self, transition: Transition, reversed: bool, to: Scene<&'static str>, percent: u32) -> Self {
        let from = std::mem::replace(&mut self.on_air, to.clone());
        let length = transition.duration();
        self.stage.show(to, Way { from, transition, reversed, done: 0, held: false }, self.now);
        self.wait_part(length, percent)
    }

    /// What a keyer shows from now on. Keyers are counted from 0.
    pub fn key(mut self, keyer: usize, graphic: Option<&'static str>) -> Self {
        self.stage.key(keyer, graphic, self.now);
        self
    }

    /// Until a graphic of a keyer is so many percent of its way.
    pub fn part_keyed(self, percent: u32) -> Self {
        self.wait_part(KEY_LENGTH, percent)
    }

    /// Until so many percent of the way to black.
    pub fn part_to_black(mut self, percent: u32) -> Self {
        let length = Duration::from_millis(TRANSITION_MS.into());
        self.stage.fade_to_black(true, length, self.now);
        self.wait_part(length, percent)
    }

    pub fn wait(mut self, time: Duration) -> Self {
        self.now += time;
        self
    }

    /// A ramp shows a part of its way in its first frame already.
    fn wait_part(self, length: Duration, percent: u32) -> Self {
        self.wait((length * percent / 100).saturating_sub(FRAME))
    }

    pub fn shot(&self) -> Shot<Source> {
        self.stage.program(self.now, &Drawer)
    }

    pub fn image(&self) -> Image {
        draw(&self.shot())
    }
}

pub fn draw(shot: &Shot<Source>) -> Image {
    // Whatever is not drawn over shows.
    let mut image = Image::filled(CANVAS, crate::video::Colour { red: 255, green: 0, blue: 255 });
    Mixer::new(CANVAS).render(shot, frame, &mut image.view_mut());
    image
}

/// Graphics by their names, drawn once.
struct Drawer;

impl Look<&'static str> for Drawer {
    fn drawn(&self, graphic: &&'static str) -> Option<Drawn> {
        Some(drawn()[graphic].clone())
    }

    fn bug(&self, city: &CityId) -> Option<Arc<Still>> {
        drawn().get(format!("bug-{city}").as_str()).map(|drawn| Arc::clone(&drawn.still))
    }

    /// A band that comes in at the left, covers everything in the middle of its time, and leaves at the right; its edges are
    /// half transparent.
    fn stinger(&self, _: &MediaId, since: Duration) -> Option<Arc<Still>> {
        let (width, height) = (i64::from(CANVAS.width), i64::from(CANVAS.height));
        let right = i64::try_from(since.as_millis()).unwrap() * 2 * (width + 40) / i64::from(TRANSITION_MS);
        let (left, edge) = (right - width - 80, 20);
        let pixel = |x: i64, y: i64| match x {
            x if x < left || x >= right => [0; 4],
            x if x < left + edge || x >= right - edge => [20, 40, 100, 128],
            _ if y % 36 < 18 => [40, 80, 200, 255],
            _ => [240, 176, 50, 255],
        };
        let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
        let region = Region { x: 0, y: 0, width: CANVAS.width, height: CANVAS.height };
        Some(Arc::new(Still::new(&Raster { region, pixels })))
    }
}

fn drawn() -> &'static BTreeMap<&'static str, Drawn> {
    static DRAWN: OnceLock<BTreeMap<&'static str, Drawn>> = OnceLock::new();
    DRAWN.get_or_init(|| {
        let library = Library::built_in();
        let template = |id: &str| Arc::clone(library.get(id).unwrap());
        GRAPHICS.iter().map(|(name, id, fields)| (*name, graphic(template(id), fields))).collect()
    })
}

/// Draws a graphic.
pub fn graphic(template: Arc<Template>, fields: &[(&str, &str)]) -> Drawn {
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    let renderer = || Renderer::new(&Fonts::load().unwrap(), CANVAS.width, CANVAS.height).unwrap();
    let fields = fields.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
    let graphic = graphics::Graphic { template, fields };
    planned(&graphics::Drawn::of(RENDERER.get_or_init(renderer), &graphic, &logo()).unwrap())
}

/// What stands in a graphic's fields, and in what the engine fills in.
pub type Values = &'static [(&'static str, &'static str)];

/// Names, templates, values.
#[rustfmt::skip]
pub const GRAPHICS: [(&str, &str, Values); 14] = [
    ("lower-third", "lower-third", &[("title", "Genova — Vernissage"), ("subtitle", "Twitter e la musica")]),
    ("lower-third-title", "lower-third", &[("title", "Circolo degli Artisti, Roma")]),
    ("bug", "bug", &[("name", "Roma"), ("time", "21:30")]),
    ("bug-roma", "bug", &[("name", "Roma"), ("time", "21:30")]),
    ("bug-lecce", "bug", &[("name", "Lecce, Officine"), ("time", "21:30")]),
    ("logo", "logo", &[("image", "logo")]),
    ("title", "title", &[("title", "Il meglio di"), ("subtitle", "Cinque città, una sera")]),
    ("title-colour", "title", &[("title", "A tra poco"), ("colour", "#3080ff")]),
    ("ticker", "ticker", &[("text", "Stasera da Lecce, Roma, Milano, Genova e Bologna — si parla di musica")]),
    ("ticker-short", "ticker", &[("text", "Roma 21:30")]),
    ("countdown", "countdown", &[("label", "Si comincia tra"), ("remaining", "04:59")]),
    ("countdown-bare", "countdown", &[("remaining", "1:04:59")]),
    ("post", "post", &[("author", "Anna"), ("handle", "@anna"), ("text", "Bellissima serata, grazie a tutti")]),
    ("post-picture", "post", &[("author", "Anna"), ("handle", "@anna"), ("text", "Che bello!"), ("image", "logo")]),
];

/// A disc with a soft edge and a transparent ground, half red and half green.
fn logo() -> Pictures {
    const SIDE: u32 = 100;
    let pixel = |x: u32, y: u32| {
        let off = |at: u32| f64::from(at) - f64::from(SIDE) / 2.0 + 0.5;
        let inside = ((45.0 - off(x).hypot(off(y))) / 8.0).clamp(0.0, 1.0);
        let colour = if x < SIDE / 2 { [220, 40, 40] } else { [30, 180, 70] };
        [colour[0], colour[1], colour[2], (inside * 255.0).round() as u8]
    };
    let rgba = (0..SIDE).flat_map(|y| (0..SIDE).flat_map(move |x| pixel(x, y))).collect();
    let picture = Arc::new(graphics::Picture { width: SIDE, height: SIDE, rgba });
    Arc::new(move |name| (name == "logo").then(|| Arc::clone(&picture)))
}
