//! The still store: graphics are drawn once, by a thread of their own, and the last ones are kept.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread::JoinHandle;

use super::template::{Animation, Template};
use super::{Error, Fonts, Pictures, Region, Renderer, Still};

/// Stills that are kept besides those in use: in preview, and of the next cues. One of 1280 pixels' width takes 0.5 MB.
const KEPT: usize = 12;

/// How many of those may be of one template whose values the engine fills in: a countdown makes a new one each second,
/// which may not push the next cues' out.
const KEPT_OF_A_CLOCK: usize = 3;

/// A template with values: what one still is drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Graphic {
    /// What it looks like.
    pub template: Arc<Template>,
    /// The values of its fields and of what the engine fills in.
    pub fields: BTreeMap<String, String>,
}

impl fmt::Display for Graphic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<&str> = self.fields.values().map(String::as_str).filter(|value| !value.is_empty()).collect();
        write!(f, "{} «{}»", self.template.id(), values.join("» «"))
    }
}

/// A drawn graphic.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// All that does not move.
    pub still: Arc<Still>,
    /// What moves, over the still.
    pub motion: Option<Ticker>,
    /// How it comes.
    pub animation_in: Animation,
    /// How it goes.
    pub animation_out: Animation,
    /// Where in program there is anything of it.
    pub bounds: Region,
}

/// What moves from right to left through a window, and comes again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticker {
    /// All of it; its region's corner is the window's.
    pub strip: Arc<Still>,
    /// Where it is seen, in pixels of program.
    pub window: Region,
    /// Its speed.
    pub px_per_s: u32,
    /// Its width with the room after it, in pixels: after so many it comes again.
    pub width: u32,
}

/// A graphic, and what is drawn of it as soon as it is.
#[derive(Debug)]
pub struct Slot {
    graphic: Graphic,
    drawn: OnceLock<Drawn>,
}

impl Slot {
    /// An empty one.
    pub(in crate::media) fn new(graphic: impl Into<Graphic>) -> Self {
        Self { graphic: graphic.into(), drawn: OnceLock::new() }
    }

    /// What was asked for.
    pub fn graphic(&self) -> &Graphic {
        &self.graphic
    }

    /// What it holds, if that is drawn already. Never waits.
    pub fn drawn(&self) -> Option<&Drawn> {
        self.drawn.get()
    }

    /// Its still, if that is drawn already. Never waits.
    pub fn still(&self) -> Option<&Arc<Still>> {
        self.drawn.get().map(|drawn| &drawn.still)
    }
}

/// Two slots are alike if the same stands in them.
impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        self.graphic == other.graphic
    }
}

/// Draws for a program of one size. Dropping it ends its thread, after the drawing that is under way.
#[derive(Debug)]
pub struct StillStore {
    shelf: Arc<Shelf>,
    /// Gone while the store is dropped: that ends the thread.
    wanted_tx: Option<SyncSender<Arc<Slot>>>,
    thread: Option<JoinHandle<()>>,
}

/// The newest last.
#[derive(Debug, Default)]
struct Shelf(Mutex<VecDeque<Arc<Slot>>>);

impl StillStore {
    /// Starts the thread; it reads the typefaces first. Where there are none it says so, and nothing is ever drawn.
    /// Graphics have no pictures of fields.
    pub fn start(width: u32, height: u32) -> std::io::Result<Self> {
        Self::with_pictures(width, height, Arc::new(|_| None))
    }

    /// The same; fields' pictures are asked for here, by the store's own thread.
    pub fn with_pictures(width: u32, height: u32, pictures: Pictures) -> std::io::Result<Self> {
        let shelf = Arc::new(Shelf::default());
        let (wanted_tx, wanted_rx) = mpsc::sync_channel(KEPT);
        let thread = std::thread::Builder::new().name("graphics".into()).spawn({
            let shelf = Arc::clone(&shelf);
            move || draw_all(&wanted_rx, &shelf, &pictures, width, height)
        })?;
        Ok(Self { shelf, wanted_tx: Some(wanted_tx), thread: Some(thread) })
    }

    /// The slot of a graphic. If it is a new one it is drawn now, within milliseconds. Never waits. Who will need one
    /// soon, as the next second of a countdown, asks ahead of time and lets go of it: it is kept.
    pub fn get(&self, graphic: impl Into<Graphic>) -> Arc<Slot> {
        let graphic = graphic.into();
        let mut shelf = self.shelf.lock();
        if let Some(at) = shelf.iter().position(|slot| slot.graphic == graphic)
            && let Some(slot) = shelf.remove(at)
        {
            shelf.push_back(Arc::clone(&slot));
            return slot;
        }
        let slot = Arc::new(Slot::new(graphic));
        let asked = self.wanted_tx.as_ref().is_some_and(|wanted_tx| wanted_tx.try_send(Arc::clone(&slot)).is_ok());
        if asked {
            make_room(&mut shelf, &slot.graphic.template);
            shelf.push_back(Arc::clone(&slot));
        } else {
            tracing::error!(graphic = %slot.graphic, "graphics do not keep up: this one is not drawn; ask for it again");
        }
        slot
    }

    /// Forgets what is drawn: pictures may have changed under their names. What somebody holds stays as it is.
    pub fn forget_all(&self) {
        self.shelf.lock().clear();
    }
}

/// Forgets the oldest slot that nobody holds, if there are enough of them: what somebody holds stays, so that nothing is
/// drawn anew that is on air.
fn make_room(shelf: &mut VecDeque<Arc<Slot>>, template: &Arc<Template>) {
    let unused = |slot: &Arc<Slot>| Arc::strong_count(slot) == 1;
    let same = |slot: &Arc<Slot>| unused(slot) && slot.graphic.template == *template;
    let oldest = if !template.specials().is_empty() && shelf.iter().filter(|slot| same(slot)).count() >= KEPT_OF_A_CLOCK
    {
        shelf.iter().position(same)
    } else if shelf.iter().filter(|slot| unused(slot)).count() >= KEPT {
        shelf.iter().position(unused)
    } else {
        None
    };
    if let Some(oldest) = oldest {
        shelf.remove(oldest);
    }
}

impl Drop for StillStore {
    fn drop(&mut self) {
        drop(self.wanted_tx.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the graphics' thread had panicked");
        }
    }
}

impl Shelf {
    /// Forgets a slot that will stay empty, so that who asks again has it drawn again.
    fn forget(&self, slot: &Arc<Slot>) {
        self.lock().retain(|kept| !Arc::ptr_eq(kept, slot));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Slot>>> {
        self.0.lock().expect("no code panics while it holds the shelf")
    }
}

fn draw_all(wanted_rx: &Receiver<Arc<Slot>>, shelf: &Shelf, pictures: &Pictures, width: u32, height: u32) {
    let mut renderer = Fonts::load().and_then(|fonts| Renderer::new(&fonts, width, height));
    if let Err(error) = &renderer {
        tracing::error!(%error, "graphics cannot be drawn");
    }
    while let Ok(slot) = wanted_rx.recv() {
        if renderer.is_err() {
            // Somebody may have mended it meanwhile.
            renderer = Fonts::load().and_then(|fonts| Renderer::new(&fonts, width, height));
        }
        let drawn = match &renderer {
            Ok(renderer) => Drawn::of(renderer, &slot.graphic, pictures).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match drawn {
            Ok(drawn) => drop(slot.drawn.set(drawn)),
            Err(error) => {
                tracing::error!(error, graphic = %slot.graphic, "a graphic is not drawn");
                shelf.forget(&slot);
            }
        }
    }
}

impl Drawn {
    /// Draws a graphic. Takes some milliseconds.
    pub(in crate::media) fn of(renderer: &Renderer, graphic: &Graphic, pictures: &Pictures) -> Result<Self, Error> {
        let Graphic { template, fields } = graphic;
        let drawing = renderer.draw(template, fields, &**pictures)?;
        let mut bounds = drawing.raster.region;
        let motion = drawing.strip.map(|strip| {
            bounds = around(bounds, strip.window);
            Ticker {
                strip: Arc::new(Still::new(&strip.raster)),
                window: strip.window,
                px_per_s: strip.px_per_s,
                width: strip.raster.region.width,
            }
        });
        Ok(Self {
            still: Arc::new(Still::new(&drawing.raster)),
            motion,
            animation_in: template.animation_in(),
            animation_out: template.animation_out(),
            bounds,
        })
    }
}

fn around(one: Region, other: Region) -> Region {
    let (x, y) = (one.x.min(other.x), one.y.min(other.y));
    let right = (one.x + one.width).max(other.x + other.width);
    let bottom = (one.y + one.height).max(other.y + other.height);
    Region { x, y, width: right - x, height: bottom - y }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::graphics::LowerThird;
    use crate::media::testing::wait_for;

    fn lower_third(title: &str) -> LowerThird {
        LowerThird::new(title, "").unwrap()
    }

    #[test]
    fn a_graphic_is_drawn_once() {
        let store = StillStore::start(320, 180).unwrap();
        let slot = store.get(lower_third("Roma"));
        wait_for("it is drawn", || slot.still().is_some());
        assert!(Arc::ptr_eq(&slot, &store.get(lower_third("Roma"))));
        assert!(!Arc::ptr_eq(&slot, &store.get(lower_third("Lecce"))));
    }

    #[test]
    fn only_the_last_are_kept_and_those_in_use() {
        let store = StillStore::start(320, 180).unwrap();
        let on_air = store.get(lower_third("Roma"));
        let slots = (0..KEPT * 2).map(|n| {
            let slot = store.get(lower_third(&n.to_string()));
            wait_for("it is drawn", || slot.still().is_some());
            Arc::downgrade(&slot)
        });
        let slots: Vec<_> = slots.collect();
        let kept = |slots: &[std::sync::Weak<Slot>]| slots.iter().filter(|slot| slot.strong_count() > 0).count();
        wait_for("the thread holds none", || kept(&slots) <= KEPT + 1);
        assert!(slots[KEPT..].iter().all(|slot| slot.strong_count() > 0), "the last ones");
        assert!(Arc::ptr_eq(&on_air, &store.get(lower_third("Roma"))));
    }

    #[test]
    fn who_asks_for_too_much_at_once_is_answered_and_can_ask_again() {
        let store = StillStore::start(1280, 720).unwrap();
        let slots: Vec<_> = (0..200).map(|n| store.get(lower_third(&n.to_string()))).collect();
        assert_eq!(slots.len(), 200);
        let last = lower_third("199");
        wait_for("it is drawn in the end", || store.get(&last).still().is_some());
    }

    fn graphic(id: &str, fields: &[(&str, String)]) -> Graphic {
        let template = Template::built_in().iter().find(|template| template.id() == id).unwrap();
        let fields = fields.iter().map(|(id, value)| ((*id).to_owned(), value.clone())).collect();
        Graphic { template: Arc::clone(template), fields }
    }

    #[test]
    fn a_countdown_does_not_push_the_next_cues_out() {
        let store = StillStore::start(320, 180).unwrap();
        let next = Arc::downgrade(&store.get(lower_third("Roma")));
        for second in 0..KEPT * 2 {
            let slot = store.get(graphic("countdown", &[("remaining", format!("00:{second:02}"))]));
            wait_for("it is drawn", || slot.drawn().is_some());
        }
        assert!(next.upgrade().is_some_and(|slot| slot.still().is_some()));
    }

    #[test]
    fn the_next_second_can_be_ready_ahead_of_time() {
        let store = StillStore::start(320, 180).unwrap();
        let second = |s: u32| graphic("countdown", &[("remaining", format!("00:{s:02}"))]);
        let now = store.get(second(10));
        drop(store.get(second(9)));
        wait_for("both are drawn", || now.drawn().is_some() && store.get(second(9)).drawn().is_some());
    }

    #[test]
    fn a_ticker_comes_with_what_moves_and_where() {
        let store = StillStore::start(1280, 720).unwrap();
        let slot = store.get(graphic("ticker", &[("text", "Genova: musicisti in diretta ".repeat(4))]));
        wait_for("it is drawn", || slot.drawn().is_some());
        let drawn = slot.drawn().unwrap();
        let motion = drawn.motion.as_ref().unwrap();
        assert!(motion.width > motion.window.width / 2 && motion.width <= 8 * 1280, "{}", motion.width);
        assert_eq!(around(drawn.bounds, motion.window), drawn.bounds);
    }

    #[test]
    fn pictures_are_asked_for_by_name_and_again_after_they_changed() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let asked = Arc::new(AtomicU32::new(0));
        let pictures: Pictures = Arc::new({
            let asked = Arc::clone(&asked);
            move |name| {
                assert_eq!(name, "club.png");
                asked.fetch_add(1, Ordering::SeqCst);
                Some(Arc::new(crate::media::graphics::Picture { width: 1, height: 1, rgba: vec![255; 4] }))
            }
        });
        let store = StillStore::with_pictures(320, 180, pictures).unwrap();
        let logo = || graphic("logo", &[("image", "club.png".into())]);
        for time in 1..3 {
            wait_for("it is drawn", || store.get(logo()).drawn().is_some());
            assert_eq!(asked.load(Ordering::SeqCst), time);
            store.forget_all();
        }
    }
}
