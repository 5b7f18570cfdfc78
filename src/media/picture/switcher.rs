//! What program shows and what it is made of, behind one lock: commands change it, and the frame clock closes it frame by frame.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::Stills;
use super::bank::{Bank, Standing};
use super::frame::Frame;
use super::grid::Grid;
use super::input::FrameInput;
use super::look::{Asked, Graphics};
use super::renderer::Moment;
use super::stage::{Scene, Stage, Way};
use crate::media::{Error, Format};
use crate::show::{self, Fact, Graphic, KeyerNumber, MediaId, Picture, Source};
use crate::video::{Mix, Size};

/// What all threads share. Whatever panics, its lock goes on: program's clock must not stop for one bad picture.
#[derive(Debug)]
pub(super) struct Switcher {
    canvas: Size,
    graphics: Graphics,
    state: Mutex<State>,
    #[cfg(test)]
    panics: std::sync::atomic::AtomicBool,
}

#[derive(Debug)]
struct State {
    stage: Stage<Arc<Asked>>,
    grid: Grid,
    bank: Bank,
    stills: Stills,
    /// What was asked for last, on both buses.
    wanted: Scene<Arc<Asked>>,
    preview: Picture,
}

impl Switcher {
    /// A switcher that shows the slate; frames begin after `now`.
    pub(super) fn new(format: &Format, slate: Frame, now: Duration) -> Result<Self, Error> {
        let canvas = Size { width: format.width, height: format.height };
        let wanted = Scene { picture: Picture::full(Source::Slate), graphics: Vec::new() };
        let state = State {
            stage: Stage::new(canvas, format.frame(), wanted.clone()),
            grid: Grid::after(now, format.fps.into()),
            bank: Bank::new(slate, canvas)?,
            stills: Stills::default(),
            preview: wanted.picture.clone(),
            wanted,
        };
        let graphics = Graphics::start(format.width, format.height)?;
        Ok(Self {
            canvas,
            graphics,
            state: Mutex::new(state),
            #[cfg(test)]
            panics: std::sync::atomic::AtomicBool::default(),
        })
    }

    #[cfg(test)]
    pub(super) fn panic_at_next_tick(&self) {
        self.panics.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Shows a picture from the next frame on, and answers the time of that.
    pub(super) fn show(&self, picture: &Picture, way: &show::Way) -> Duration {
        let scene = self.scene(picture);
        let way = Way::of(way.clone(), self.graphics.ask_all(&way.from.graphics));
        let standing = self.standing(picture.boxes.iter().chain(&way.from.picture.boxes));
        let mut state = self.lock();
        state.bank.stand(standing);
        state.wanted = scene.clone();
        let at = state.grid.next_time();
        state.stage.show(scene, way, at);
        tracing::debug!(at_ms = at.as_millis(), %picture, "a picture is planned");
        at
    }

    /// Says what the next take will show.
    pub(super) fn set_preview(&self, picture: &Picture) {
        let scene = self.scene(picture);
        let standing = self.standing(picture.boxes.iter());
        let mut state = self.lock();
        state.bank.stand(standing);
        state.preview = picture.clone();
        state.stage.set_preview(scene);
    }

    /// A downstream keyer shows this graphic from the next frame on, or nothing. Answers the time of that frame.
    pub(super) fn key(&self, keyer: KeyerNumber, graphic: Option<&Graphic>) -> Duration {
        let graphic = graphic.and_then(|graphic| self.graphics.ask(graphic));
        let mut state = self.lock();
        let at = state.grid.next_time();
        state.stage.key(keyer.index(), graphic, at);
        at
    }

    /// Everything goes to black from the next frame on, or comes back. Answers the time of that frame.
    pub(super) fn fade_to_black(&self, on: bool, length: Duration) -> Duration {
        let mut state = self.lock();
        let at = state.grid.next_time();
        state.stage.fade_to_black(on, length, at);
        at
    }

    /// Has a graphic drawn.
    pub(super) fn prepare(&self, graphic: &Graphic) {
        self.graphics.ask(graphic);
    }

    #[cfg(test)]
    pub(super) fn is_drawn(&self, graphic: &Graphic) -> bool {
        self.graphics.is_drawn(graphic)
    }

    /// Stills are found here from now on.
    pub(super) fn set_stills(&self, stills: Stills) {
        self.lock().stills = stills;
        let (wanted, preview) = {
            let state = self.lock();
            (state.wanted.picture.clone(), state.preview.clone())
        };
        let standing = self.standing(wanted.boxes.iter().chain(&preview.boxes));
        self.lock().bank.stand(standing);
    }

    /// What graphics are made with.
    pub(super) fn graphics(&self) -> &Graphics {
        &self.graphics
    }

    /// Adds a feed.
    pub(super) fn add(&self, source: Source, slate: Frame, input: FrameInput) -> Result<(), Error> {
        self.lock().bank.add(source, slate, input)
    }

    /// Takes a feed away. While it is seen it stays, so that the way to the next picture looks as planned.
    pub(super) fn remove(&self, source: &Source) {
        self.lock().bank.leave(source);
    }

    /// Changes the evening's own slate from the next frame on.
    pub(super) fn set_own_slate(&self, slate: Frame) {
        self.lock().bank.set_own_slate(slate);
    }

    /// Changes a feed's slate, from the next frame on.
    pub(super) fn set_slate(&self, source: &Source, slate: Frame) -> Result<(), Error> {
        self.lock().bank.set_slate(source, slate)
    }

    /// Where the frames of a feed go.
    pub(super) fn input(&self, source: &Source) -> Option<FrameInput> {
        self.lock().bank.input(source)
    }

    /// The time of the frame that is next.
    pub(super) fn next_time(&self) -> Duration {
        self.lock().grid.next_time()
    }

    /// Closes the plan for the frame at `at`, which is the next: how it looks, and the one picture of each source for it.
    pub(super) fn advance(&self, at: Duration) -> Moment {
        let mut state = self.lock();
        let State { stage, grid, bank, wanted, preview, .. } = &mut *state;
        // First of all: a picture that makes the planner panic costs its own frame only.
        grid.advance();
        #[cfg(test)]
        assert!(!self.panics.swap(false, std::sync::atomic::Ordering::Relaxed), "a test's panic");
        let needs = |source: &Source| stage.needs(source, at) || wanted.picture.shows(source) || preview.shows(source);
        bank.tick(at, needs);
        let shot = stage.program(at, &self.graphics);
        let pictures = stage.sources(at).into_iter();
        let frames = pictures.filter_map(|source| Some((source.clone(), bank.frame(source)?))).collect();
        Moment { shot, frames }
    }

    /// What the next take would show at `at`, of the pictures that program's newest frame was made from.
    pub(super) fn preview_moment(&self, at: Duration) -> Moment {
        let state = self.lock();
        let shot = state.stage.preview(at, &self.graphics);
        let layers = match &shot.mix {
            Mix::One(tableau) => tableau.layers.as_slice(),
            _ => &[],
        };
        let sources = layers.iter().map(|layer| &layer.source);
        let frames = sources.filter_map(|source| Some((source.clone(), state.bank.frame(source)?))).collect();
        Moment { shot, frames }
    }

    /// The pictures of these sources that program's newest frame was, or could have been, made from.
    pub(super) fn frames(&self, sources: impl Iterator<Item = Source>) -> Vec<(Source, Frame)> {
        let state = self.lock();
        sources
            .filter_map(|source| Some((state.bank.frame(&source)?, source)))
            .map(|(frame, source)| (source, frame))
            .collect()
    }

    /// Program's size.
    pub(super) fn canvas(&self) -> Size {
        self.canvas
    }

    /// Goes on from `now`. Answers how many frames are left out.
    pub(super) fn restart(&self, now: Duration) -> u64 {
        self.lock().grid.restart(now)
    }

    /// Ends a transition at once: one that makes the frame clock panic would do so again.
    pub(super) fn settle(&self) {
        let mut state = self.lock();
        let (wanted, at) = (state.wanted.clone(), state.grid.next_time());
        let way = Way::of(show::Way::cut(wanted.picture.clone()), wanted.graphics.clone());
        state.stage.show(wanted, way, at);
    }

    /// Puts up stills that were asked for and are decoded only now. Looks now and then: they take hundredths of a second.
    pub(super) fn catch_up(&self) {
        let (wanted, preview) = {
            let state = self.lock();
            let is_still = |each: &show::PictureBox| matches!(each.source, Source::Still(_));
            let boxes = || state.wanted.picture.boxes.iter().chain(&state.preview.boxes);
            if !state.grid.is_tenth() || !boxes().any(is_still) {
                return;
            }
            (state.wanted.picture.clone(), state.preview.clone())
        };
        let standing = self.standing(wanted.boxes.iter().chain(&preview.boxes));
        if !standing.is_empty() {
            self.lock().bank.stand(standing);
        }
    }

    /// Reports which cities' frames flow.
    pub(super) fn report(&self, facts: &mpsc::Sender<Fact>) {
        self.lock().bank.report(facts);
    }

    fn scene(&self, picture: &Picture) -> Scene<Arc<Asked>> {
        Scene { picture: picture.clone(), graphics: self.graphics.ask_all(&picture.graphics) }
    }

    /// Makes the pictures of sources that stand and are not there yet. That takes milliseconds: not under the lock.
    fn standing<'b>(&self, boxes: impl Iterator<Item = &'b show::PictureBox>) -> Vec<(Source, Standing)> {
        let (wanted, stills) = {
            let state = self.lock();
            let still = |id: &MediaId| state.stills.find(id);
            let missing = boxes.map(|each| &each.source).filter(|source| !state.bank.has(source, still));
            (missing.cloned().collect::<Vec<_>>(), state.stills.clone())
        };
        let made = |source: Source| {
            let standing = Standing::of(&source, self.canvas, |id| stills.find(id))?;
            Some((source, standing))
        };
        wanted.into_iter().filter_map(made).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
