//! The media library: what a crew puts into the media folder, checked, listed, and decoded when it is wanted.
//!
//! One thread looks at the folder and checks what is new; another decodes stills. Who asks for a still never waits for
//! either. What is on air is the show's decision.

mod clip;
mod folder;
mod music;
mod opening;
mod sequence;
mod shelf;
mod still;
mod stinger;
mod watch;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc as facts;

pub use self::clip::{ClipPlayer, State as ClipState};
use self::folder::Stamp;
pub use self::music::{Begin as MusicBegin, MusicPlayer, State as MusicState};
use self::shelf::Shelf;
pub use self::still::Rgba;
pub use self::stinger::StingerPlayer;
use self::watch::Watcher;
use super::graphics::Fonts;
use crate::gst::EventClock;
use crate::show::{Fact, MediaFlaw, MediaId, Template};
use crate::video::{Image, Size};

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Decoded stills that are kept: some two hundred in 720p.
const ROOM: usize = 256 << 20;

/// Stills that may wait to be decoded. Who is refused asks again with the next frame.
const WANTED: usize = 64;

/// Settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The media folder. It need not be there.
    pub path: PathBuf,
    /// Program's size: stills are kept no larger than what covers it.
    pub canvas: Size,
    /// How often the folder is looked at.
    pub look: Duration,
}

impl Config {
    /// A folder, for a program of a size, looked at every two seconds.
    pub fn new(path: impl Into<PathBuf>, canvas: Size) -> Self {
        Self { path: path.into(), canvas, look: LOOK }
    }
}

/// A file of the folder's templates: a regular file within the media folder, not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    /// Made of its name.
    pub id: MediaId,
    /// From the media folder on: what flaws call it.
    pub file: String,
    /// Where it is, without links.
    pub path: PathBuf,
}

/// What the templates' check answers: those that can be used, the house's own among them, and why others cannot.
pub type Checked = (Vec<Template>, Vec<MediaFlaw>);

/// The library. Dropping it ends its threads, after the file that is being read.
#[derive(Debug)]
pub struct Library {
    shared: Arc<Mutex<Shared>>,
    /// Gone while the library is dropped: that ends the decoder's thread.
    wanted_tx: Option<SyncSender<Wanted>>,
    /// Likewise for the thread that looks.
    stop_tx: Option<SyncSender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// What a still is decoded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Image,
    Rgba,
}

#[derive(Debug, Clone)]
enum Picture {
    Image(Arc<Image>),
    Rgba(Arc<Rgba>),
}

/// A still that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Wanted {
    id: MediaId,
    form: Form,
    stamp: Stamp,
}

#[derive(Debug)]
struct Shared {
    stills: HashMap<MediaId, Place>,
    clips: HashMap<MediaId, Place>,
    /// Nothing before the first look.
    music: Option<HashMap<MediaId, Place>>,
    stingers: HashMap<MediaId, Place>,
    /// Music that broke off while it played, and why; until there is another file in its place.
    broken: HashMap<MediaId, (Stamp, String)>,
    /// With the stamp of the file that they were decoded from.
    shelf: Shelf<(MediaId, Form), (Stamp, Picture)>,
    /// Asked for and not there yet, or not to be had.
    asked: HashSet<Wanted>,
}

/// Where a piece of music is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MusicFile {
    /// The folder has not been looked at yet: that takes a moment after a start.
    NotYet,
    /// There is none that could be played.
    Missing,
    /// Here.
    At(PathBuf),
}

/// Where something is.
#[derive(Debug, Clone)]
struct Place {
    path: PathBuf,
    stamp: Stamp,
}

impl Library {
    /// Starts to read the folder. `templates` checks the files of its templates whenever one of them changes, and is called
    /// once in any case. What there is is stated as [`Fact::MediaRead`] after the first reading and after every change; while
    /// `facts` is full, the newest is kept.
    pub fn start(
        config: Config,
        clock: EventClock,
        templates: impl FnMut(&[TemplateFile]) -> Checked + Send + 'static,
        facts: facts::Sender<Fact>,
    ) -> std::io::Result<Self> {
        let shared = Shared {
            stills: HashMap::new(),
            clips: HashMap::new(),
            music: None,
            broken: HashMap::new(),
            stingers: HashMap::new(),
            shelf: Shelf::new(ROOM),
            asked: HashSet::new(),
        };
        let shared = Arc::new(Mutex::new(shared));
        let (wanted_tx, wanted_rx) = mpsc::sync_channel(WANTED);
        let (stop_tx, stop_rx) = mpsc::sync_channel(0);
        let canvas = config.canvas;
        let watcher = Watcher::new(config, clock, Box::new(templates), facts, Arc::clone(&shared));
        let watching = std::thread::Builder::new().name("media-folder".into()).spawn(move || watcher.run(&stop_rx))?;
        let decoding = std::thread::Builder::new().name("media-stills".into()).spawn({
            let shared = Arc::clone(&shared);
            move || decode_all(&wanted_rx, &shared, canvas)
        })?;
        Ok(Self { shared, wanted_tx: Some(wanted_tx), stop_tx: Some(stop_tx), threads: vec![watching, decoding] })
    }

    /// A still as program shows it, if it is decoded. Never waits: what is not there yet is decoded now, some hundredths of a
    /// second long, and was not in vain asked for. Of a file that was replaced the old picture stays until the new one is
    /// there.
    pub fn still(&self, id: &MediaId) -> Option<Arc<Image>> {
        match self.picture(id, Form::Image)? {
            Picture::Image(image) => Some(image),
            Picture::Rgba(_) => None,
        }
    }

    /// A still with its transparency, as graphics need it. Otherwise as [`Library::still`].
    pub fn rgba(&self, id: &MediaId) -> Option<Arc<Rgba>> {
        match self.picture(id, Form::Rgba)? {
            Picture::Rgba(rgba) => Some(rgba),
            Picture::Image(_) => None,
        }
    }

    /// The file of a clip that can be played.
    pub fn clip(&self, id: &MediaId) -> Option<PathBuf> {
        self.lock().clips.get(id).map(|place| place.path.clone())
    }

    /// The file of a piece of music that can be played.
    pub fn music(&self, id: &MediaId) -> MusicFile {
        match &self.lock().music {
            None => MusicFile::NotYet,
            Some(music) => music.get(id).map_or(MusicFile::Missing, |place| MusicFile::At(place.path.clone())),
        }
    }

    /// A piece of music broke off while it played: told among the flaws until another file is in its place.
    pub fn note_broken(&self, id: &MediaId, why: &str) {
        let mut shared = self.lock();
        let stamp = shared.music.as_ref().and_then(|music| music.get(id)).map(|place| place.stamp);
        if let Some(stamp) = stamp {
            shared.broken.insert(id.clone(), (stamp, why.to_owned()));
        }
    }

    /// Whether a piece of music broke off and is the same file since.
    pub fn is_broken(&self, id: &MediaId) -> bool {
        self.lock().broken.contains_key(id)
    }

    /// The file of a stinger that can be run, or the folder of its pictures.
    pub fn stinger(&self, id: &MediaId) -> Option<PathBuf> {
        self.lock().stingers.get(id).map(|place| place.path.clone())
    }

    fn picture(&self, id: &MediaId, form: Form) -> Option<Picture> {
        let mut shared = self.lock();
        let stamp = shared.stills.get(id)?.stamp;
        let there = shared.shelf.get(&(id.clone(), form)).cloned();
        if there.as_ref().is_none_or(|(of, _)| *of != stamp) {
            let wanted = Wanted { id: id.clone(), form, stamp };
            let is_new = !shared.asked.contains(&wanted);
            if is_new && self.wanted_tx.as_ref().is_some_and(|wanted_tx| wanted_tx.try_send(wanted.clone()).is_ok()) {
                shared.asked.insert(wanted);
            }
        }
        there.map(|(_, picture)| picture)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        drop(self.wanted_tx.take());
        drop(self.stop_tx.take());
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the media library had panicked");
            }
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("no code panics while it holds the library")
}

/// Decodes what is asked for, one after another.
fn decode_all(wanted_rx: &Receiver<Wanted>, shared: &Mutex<Shared>, canvas: Size) {
    let reader = still::Reader::new(canvas, Fonts::load().ok().as_ref());
    while let Ok(wanted) = wanted_rx.recv() {
        let place = lock(shared).stills.get(&wanted.id).filter(|place| place.stamp == wanted.stamp).cloned();
        let Some(place) = place else {
            lock(shared).asked.remove(&wanted);
            continue;
        };
        match reader.read(&place.path) {
            Ok(rgba) => {
                let (bytes, picture) = match wanted.form {
                    Form::Rgba => (rgba.pixels.len(), Picture::Rgba(Arc::new(rgba))),
                    // Of four bytes a pixel one and a half are left.
                    Form::Image => (rgba.pixels.len() * 3 / 8, Picture::Image(Arc::new(rgba.over_black()))),
                };
                let mut shared = lock(shared);
                shared.shelf.put((wanted.id.clone(), wanted.form), (wanted.stamp, picture), bytes);
                shared.asked.remove(&wanted);
            }
            // It stays asked for, so that it is not tried again before the file is another one.
            Err(why) => tracing::error!(still = %wanted.id, why, "a still cannot be shown"),
        }
    }
}
