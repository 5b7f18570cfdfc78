//! What the two monitors show, drawn from what program is made of.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;

use super::Draw;
use super::multiview::{Panel, Tile, multiview as arrange};
use crate::media::Error;
use crate::media::graphics::{Fonts, Labels};
use crate::media::picture::frame::{Frame, Layout, info};
use crate::media::picture::program::Outlet;
use crate::media::picture::renderer::{Moment, Renderer};
use crate::media::picture::switcher::Switcher;
use crate::show::Source;
use crate::video::{Crop, Fit, Layer, Mix, Rect, Shot, Size, Still, Tableau};

/// Labels that are kept: all cities', with and without their tally.
const MOST_LABELS: usize = 64;

/// Preview, as large as program: exactly what the next take shows.
struct Full {
    switcher: Arc<Switcher>,
    renderer: Renderer,
    layout: Layout,
}

impl Full {
    fn new(switcher: Arc<Switcher>) -> Result<Self, Error> {
        let canvas = switcher.canvas();
        Ok(Self { renderer: Renderer::new(canvas)?, layout: layout(canvas)?, switcher })
    }

    fn frame(&mut self, at: Duration) -> Option<Frame> {
        let buffer = self.renderer.render(&self.switcher.preview_moment(at))?;
        Some(Frame::new(buffer, self.layout.clone()))
    }
}

/// Draws what the next take shows, in this size: drawn like program, then scaled, so that nothing in it can differ.
pub(in crate::media::picture) fn preview(switcher: Arc<Switcher>, size: Size) -> Result<Draw, Error> {
    let (mut full, mut renderer) = (Full::new(switcher)?, Renderer::new(size)?);
    Ok(Box::new(move |at| {
        let frame = full.frame(at)?;
        renderer.render(&Moment { shot: whole(size), frames: vec![((), frame)] })
    }))
}

/// Draws preview, program and all cities, in this size.
pub(in crate::media::picture) fn multiview(
    switcher: Arc<Switcher>,
    outlet: Arc<Outlet>,
    size: Size,
    panels: Arc<dyn Fn() -> Vec<Panel> + Send + Sync>,
) -> Result<Draw, Error> {
    let canvas = layout(switcher.canvas())?;
    let (mut full, mut renderer) = (Full::new(Arc::clone(&switcher))?, Renderer::new(size)?);
    let mut plates = Plates::load();
    Ok(Box::new(move |at| {
        let panels = panels();
        let sources = panels.iter().map(|panel| Source::City(panel.city.clone()));
        let tile = |source| match source {
            Source::City(city) => Some(Tile::City(city)),
            _ => None,
        };
        let cities = switcher.frames(sources).into_iter();
        let mut frames: Vec<_> = cities.filter_map(|(source, frame)| Some((tile(source)?, frame))).collect();
        let program = outlet.shown().map(|buffer: gst::Buffer| Frame::new(buffer, canvas.clone()));
        frames.extend(program.map(|frame| (Tile::Program, frame)));
        frames.extend(full.frame(at).map(|frame| (Tile::Preview, frame)));
        let shot = arrange(size, &panels, |text, room| plates.get(text, room));
        renderer.render(&Moment { shot, frames })
    }))
}

fn layout(size: Size) -> Result<Layout, Error> {
    let caps = info(size)?.to_caps()?;
    Layout::read(&caps).ok_or(Error::Refused("a picture in I420"))
}

/// One picture, as large as it gets.
fn whole(size: Size) -> Shot<()> {
    let place = Rect { x: 0.0, y: 0.0, width: size.width.into(), height: size.height.into() };
    let (crop, fit) = (Crop::default(), Fit::Contain);
    let layer = Layer { source: (), place, crop, fit, border: None, opacity: 1.0, tags: Vec::new() };
    let tableau = Tableau { ground: crate::video::Colour::BLACK, layers: vec![layer], keys: Vec::new() };
    Shot { mix: Mix::One(tableau), keys: Vec::new(), black: 0.0 }
}

/// Names on plates, each drawn once.
struct Plates {
    labels: Option<Labels>,
    drawn: HashMap<(String, Size), Option<Arc<Still>>>,
}

impl Plates {
    /// Reads the typefaces. Without one there are no names.
    fn load() -> Self {
        let fonts = Fonts::load().inspect_err(|error| tracing::warn!(%error, "the multiview has no names"));
        Self { labels: fonts.ok().map(|fonts| Labels::new(&fonts)), drawn: HashMap::new() }
    }

    fn get(&mut self, text: &str, room: Size) -> Option<Arc<Still>> {
        if self.drawn.len() >= MOST_LABELS {
            self.drawn.clear();
        }
        let labels = self.labels.as_ref()?;
        let drawn = self.drawn.entry((text.to_owned(), room)).or_insert_with(|| {
            let raster = labels.draw(text, room.width, room.height);
            let raster = raster.inspect_err(|error| tracing::warn!(%error, text, "a name cannot be drawn")).ok()?;
            Some(Arc::new(Still::new(&raster)))
        });
        drawn.clone()
    }
}
