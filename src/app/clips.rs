//! Clips on their way to the buses: one that comes onto a bus is opened and waits on its first picture, one that comes on program
//! plays from its begin, and one that is on neither bus any more goes. A thread of its own does it: opening takes a while.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::delays::Delays;
use crate::gst::EventClock;
use crate::media::library::{ClipPlayer, Library};
use crate::media::picture::Engine;
use crate::media::slate::Words;
use crate::media::sound;
use crate::show::{MediaId, Picture, Source, StripId};

/// Changes of the buses that may wait for the thread. Each says all that it needs to know: of too many the newest are told.
const WAITING: usize = 16;

/// Which clips are on the buses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Wanted {
    program: Vec<MediaId>,
    leaving: Vec<MediaId>,
    preview: Vec<MediaId>,
    /// The frame from which on program is this.
    since: Duration,
}

impl Wanted {
    fn wants(&self, clip: &MediaId) -> bool {
        [&self.program, &self.leaving, &self.preview].into_iter().any(|bus| bus.contains(clip))
    }
}

/// The clips of both buses. Dropping it stops them.
#[derive(Debug)]
pub(super) struct Clips {
    wanted: Wanted,
    /// Gone while it is dropped: that ends the thread.
    wanted_tx: Option<SyncSender<Wanted>>,
    thread: Option<JoinHandle<()>>,
}

impl Clips {
    /// Starts without a clip.
    pub(super) fn start(
        library: Arc<Library>,
        picture: &Arc<Engine>,
        sound: Arc<sound::Engine>,
        delays: Arc<Delays>,
        clock: EventClock,
    ) -> std::io::Result<Self> {
        let (wanted_tx, wanted_rx) = mpsc::sync_channel(WAITING);
        let picture = Arc::downgrade(picture);
        let stage = Stage { library, picture, sound, delays, clock, players: HashMap::new(), program: Vec::new() };
        let thread = std::thread::Builder::new().name("clips".into()).spawn(move || stage.run(&wanted_rx))?;
        Ok(Self { wanted: Wanted::default(), wanted_tx: Some(wanted_tx), thread: Some(thread) })
    }

    /// Program shows this picture from the frame at `since` on, and leaves another one for it.
    pub(super) fn show(&mut self, picture: &Picture, from: &Picture, since: Duration) {
        let wanted = Wanted { program: clips(picture), leaving: clips(from), since, ..self.wanted.clone() };
        self.tell(wanted);
    }

    /// Preview shows this picture.
    pub(super) fn preview(&mut self, picture: &Picture) {
        let wanted = Wanted { preview: clips(picture), ..self.wanted.clone() };
        self.tell(wanted);
    }

    fn tell(&mut self, wanted: Wanted) {
        if (&wanted.program, &wanted.leaving, &wanted.preview)
            == (&self.wanted.program, &self.wanted.leaving, &self.wanted.preview)
        {
            return;
        }
        self.wanted = wanted;
        let told = self.wanted_tx.as_ref().map(|wanted_tx| wanted_tx.try_send(self.wanted.clone()));
        if let Some(Err(TrySendError::Full(_))) = told {
            tracing::warn!("clips do not keep up: what was just taken is told with the next take");
        }
    }
}

impl Drop for Clips {
    fn drop(&mut self) {
        drop(self.wanted_tx.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the clips' thread had panicked");
        }
    }
}

fn clips(picture: &Picture) -> Vec<MediaId> {
    let clip = |source: &Source| match source {
        Source::Clip(id) => Some(id.clone()),
        _ => None,
    };
    picture.boxes.iter().filter_map(|each| clip(&each.source)).collect()
}

struct Stage {
    library: Arc<Library>,
    picture: Weak<Engine>,
    sound: Arc<sound::Engine>,
    delays: Arc<Delays>,
    clock: EventClock,
    players: HashMap<MediaId, ClipPlayer>,
    /// What is on program.
    program: Vec<MediaId>,
}

impl Stage {
    fn run(mut self, wanted_rx: &Receiver<Wanted>) {
        while let Ok(wanted) = wanted_rx.recv() {
            self.follow(wanted);
        }
        let all: Vec<_> = self.players.keys().cloned().collect();
        all.iter().for_each(|clip| self.close(clip));
    }

    fn follow(&mut self, wanted: Wanted) {
        let gone: Vec<_> = self.players.keys().filter(|clip| !wanted.wants(clip)).cloned().collect();
        gone.iter().for_each(|clip| self.close(clip));
        for clip in wanted.program.iter().chain(&wanted.preview) {
            if !self.players.contains_key(clip) {
                match self.open(clip) {
                    Ok(player) => drop(self.players.insert(clip.clone(), player)),
                    Err(error) => tracing::warn!(%clip, %error, "a clip cannot be opened: black stands in its place"),
                }
            }
        }
        for (clip, player) in &self.players {
            let (was, is) = (self.program.contains(clip), wanted.program.contains(clip));
            match (was, is) {
                (false, true) => {
                    tracing::info!(%clip, "a clip plays");
                    player.play(wanted.since);
                }
                // It has been: in preview it waits for the next time.
                (true, false) if !wanted.leaving.contains(clip) => player.rewind(),
                _ => {}
            }
        }
        self.program = wanted.program;
    }

    fn open(&self, clip: &MediaId) -> Result<ClipPlayer, anyhow::Error> {
        let gone = || anyhow::anyhow!("there is no such clip in the media folder");
        let path = self.library.clip(clip).ok_or_else(gone)?;
        let picture = self.picture.upgrade().ok_or_else(|| anyhow::anyhow!("the picture engine has stopped"))?;
        let source = Source::Clip(clip.clone());
        let frames = picture.add_feed(source.clone(), &Words::new(clip.as_str(), ""))?;
        let strip_id = StripId::Clip(clip.clone());
        self.delays.add(&strip_id, &frames);
        let opened = self.sound.add(&strip_id, Duration::ZERO).map_err(anyhow::Error::from).and_then(|strip| {
            let samples = move |at, block: &[f32]| strip.push(at, block);
            Ok(ClipPlayer::prepare(&path, self.clock.clone(), frames, samples)?)
        });
        opened.inspect_err(|_| {
            self.delays.remove(&strip_id);
            self.sound.remove(&strip_id);
            picture.remove_feed(&source);
        })
    }

    fn close(&mut self, clip: &MediaId) {
        drop(self.players.remove(clip));
        let source = Source::Clip(clip.clone());
        let strip = StripId::Clip(clip.clone());
        self.delays.remove(&strip);
        self.sound.remove(&strip);
        if let Some(picture) = self.picture.upgrade() {
            picture.remove_feed(&source);
        }
    }
}
