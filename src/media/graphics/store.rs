//! The still store: graphics are drawn once, by a thread of their own, and the last ones are kept.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread::JoinHandle;

use super::{Fonts, LowerThird, Renderer, Still};

/// Stills that are kept besides those in use: in preview, and of the next cues. One of 1280 pixels' width takes 0.5 MB.
const KEPT: usize = 12;

/// A lower third, and its still as soon as it is drawn.
#[derive(Debug)]
pub struct Slot {
    lower_third: LowerThird,
    still: OnceLock<Arc<Still>>,
}

impl Slot {
    /// An empty one.
    pub(in crate::media) fn new(lower_third: LowerThird) -> Self {
        Self { lower_third, still: OnceLock::new() }
    }

    /// What it holds, if that is drawn already. Never waits.
    pub fn still(&self) -> Option<&Arc<Still>> {
        self.still.get()
    }
}

/// Two slots are alike if the same stands in them.
impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        self.lower_third == other.lower_third
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
    pub fn start(width: u32, height: u32) -> std::io::Result<Self> {
        let shelf = Arc::new(Shelf::default());
        let (wanted_tx, wanted_rx) = mpsc::sync_channel(KEPT);
        let thread = std::thread::Builder::new().name("graphics".into()).spawn({
            let shelf = Arc::clone(&shelf);
            move || draw_all(&wanted_rx, &shelf, width, height)
        })?;
        Ok(Self { shelf, wanted_tx: Some(wanted_tx), thread: Some(thread) })
    }

    /// The slot of a lower third. If it is a new one it is drawn now, within milliseconds. Never waits.
    pub fn get(&self, lower_third: &LowerThird) -> Arc<Slot> {
        let mut shelf = self.shelf.lock();
        if let Some(at) = shelf.iter().position(|slot| slot.lower_third == *lower_third)
            && let Some(slot) = shelf.remove(at)
        {
            shelf.push_back(Arc::clone(&slot));
            return slot;
        }
        let slot = Arc::new(Slot::new(lower_third.clone()));
        let asked = self.wanted_tx.as_ref().is_some_and(|wanted_tx| wanted_tx.try_send(Arc::clone(&slot)).is_ok());
        if asked {
            // What somebody holds stays, so that nothing is drawn anew that is on air.
            let unused = |slot: &Arc<Slot>| Arc::strong_count(slot) == 1;
            if shelf.iter().filter(|slot| unused(slot)).count() >= KEPT
                && let Some(oldest) = shelf.iter().position(unused)
            {
                shelf.remove(oldest);
            }
            shelf.push_back(Arc::clone(&slot));
        } else {
            tracing::error!(%lower_third, "graphics do not keep up: this one is not drawn; ask for it again");
        }
        slot
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

fn draw_all(wanted_rx: &Receiver<Arc<Slot>>, shelf: &Shelf, width: u32, height: u32) {
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
            Ok(renderer) => renderer.draw(&slot.lower_third).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match drawn {
            Ok(raster) => drop(slot.still.set(Arc::new(Still::new(&raster)))),
            Err(error) => {
                tracing::error!(error, lower_third = %slot.lower_third, "a lower third is not drawn");
                shelf.forget(&slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::wait_for;

    fn lower_third(title: &str) -> LowerThird {
        LowerThird::new(title, "").unwrap()
    }

    #[test]
    fn a_graphic_is_drawn_once() {
        let store = StillStore::start(320, 180).unwrap();
        let slot = store.get(&lower_third("Roma"));
        wait_for("it is drawn", || slot.still().is_some());
        assert!(Arc::ptr_eq(&slot, &store.get(&lower_third("Roma"))));
        assert!(!Arc::ptr_eq(&slot, &store.get(&lower_third("Lecce"))));
    }

    #[test]
    fn only_the_last_are_kept_and_those_in_use() {
        let store = StillStore::start(320, 180).unwrap();
        let on_air = store.get(&lower_third("Roma"));
        let slots = (0..KEPT * 2).map(|n| {
            let slot = store.get(&lower_third(&n.to_string()));
            wait_for("it is drawn", || slot.still().is_some());
            Arc::downgrade(&slot)
        });
        let slots: Vec<_> = slots.collect();
        let kept = |slots: &[std::sync::Weak<Slot>]| slots.iter().filter(|slot| slot.strong_count() > 0).count();
        wait_for("the thread holds none", || kept(&slots) <= KEPT + 1);
        assert!(slots[KEPT..].iter().all(|slot| slot.strong_count() > 0), "the last ones");
        assert!(Arc::ptr_eq(&on_air, &store.get(&lower_third("Roma"))));
    }

    #[test]
    fn who_asks_for_too_much_at_once_is_answered_and_can_ask_again() {
        let store = StillStore::start(1280, 720).unwrap();
        let slots: Vec<_> = (0..200).map(|n| store.get(&lower_third(&n.to_string()))).collect();
        assert_eq!(slots.len(), 200);
        let last = lower_third("199");
        wait_for("it is drawn in the end", || store.get(&last).still().is_some());
    }
}
