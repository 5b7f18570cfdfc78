//! Music and jingles: what the show wants to hear of the media folder is played into strips of the desk, and what is over by
//! itself is told, once. A thread of its own does it: opening and closing files takes a while.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::{self as facts, error::TrySendError};

use crate::gst::EventClock;
use crate::media::library::{Library, MusicBegin, MusicFile, MusicPlayer, MusicState};
use crate::media::sound::{self, StripInput};
use crate::show::{Alarm, Fact, MediaId, ShowTime, StripId};

/// Changes that may wait for the thread.
const WAITING: usize = 64;

/// How often it is looked who has ended, while something plays.
const LOOK: Duration = Duration::from_millis(20);

/// How long a piece waits for the folder to be looked at for the first time.
const FOLDER: Duration = Duration::from_secs(30);

/// How long a notice of a broken piece stays at least, even if another file is in its place at once.
const NOTICE: Duration = Duration::from_secs(30);

/// What the show wants.
#[derive(Debug)]
enum Change {
    Play { media: MediaId, began: ShowTime, position: Duration, loops: bool, fade: Duration, told: Duration },
    SetLoop { media: MediaId, loops: bool },
    Stop { media: MediaId, fade: Duration },
}

/// The music that plays. Dropping it stops all of it.
#[derive(Debug)]
pub(super) struct Music {
    clock: EventClock,
    /// Gone while it is dropped: that ends the thread.
    changes_tx: Option<SyncSender<Change>>,
    thread: Option<JoinHandle<()>>,
}

impl Music {
    /// Starts in silence. `alignment` is how much later than it is stated to sound a strip is heard on program: music has no
    /// picture to wait for, and is stated to sound so much earlier.
    pub(super) fn start(
        library: Arc<Library>,
        sound: Arc<sound::Engine>,
        clock: EventClock,
        alignment: Duration,
        facts: facts::Sender<Fact>,
    ) -> std::io::Result<Self> {
        let (changes_tx, changes_rx) = mpsc::sync_channel(WAITING);
        let stage = Stage {
            library,
            sound,
            clock: clock.clone(),
            alignment,
            facts,
            pieces: HashMap::new(),
            untold: Vec::new(),
            notices: Vec::new(),
        };
        let thread = std::thread::Builder::new().name("music".into()).spawn(move || stage.run(&changes_rx))?;
        Ok(Self { clock, changes_tx: Some(changes_tx), thread: Some(thread) })
    }

    /// A piece plays, from a position on: see [`crate::show::Effect::PlayMusic`].
    pub(super) fn play(&self, media: MediaId, began: ShowTime, position: Duration, loops: bool, fade: Duration) {
        self.tell(Change::Play { media, began, position, loops, fade, told: self.clock.now() });
    }

    /// A piece that plays begins anew at its end, or not.
    pub(super) fn set_loop(&self, media: MediaId, loops: bool) {
        self.tell(Change::SetLoop { media, loops });
    }

    /// A piece fades out, or is over at once.
    pub(super) fn stop(&self, media: MediaId, fade: Duration) {
        self.tell(Change::Stop { media, fade });
    }

    fn tell(&self, change: Change) {
        if let Some(Err(error)) = self.changes_tx.as_ref().map(|changes_tx| changes_tx.try_send(change)) {
            tracing::error!(%error, "music does not follow: stop it and play it again");
        }
    }
}

impl Drop for Music {
    fn drop(&mut self) {
        drop(self.changes_tx.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the music's thread had panicked");
        }
    }
}

/// A piece that was started and is not over.
struct Piece {
    began: ShowTime,
    begin: MusicBegin,
    /// When it was to play.
    told: Duration,
    strip: StripInput,
    /// None while the folder has not been looked at.
    player: Option<MusicPlayer>,
}

/// A piece that broke, as it was told.
struct Notice {
    media: MediaId,
    alarm: Alarm,
    since: Duration,
}

/// The thread's own.
struct Stage {
    library: Arc<Library>,
    sound: Arc<sound::Engine>,
    clock: EventClock,
    alignment: Duration,
    facts: facts::Sender<Fact>,
    pieces: HashMap<MediaId, Piece>,
    /// What the director had no room for. No piece is started before it has.
    untold: Vec<Fact>,
    notices: Vec<Notice>,
}

impl Stage {
    fn run(mut self, changes_rx: &Receiver<Change>) {
        loop {
            let is_quiet = self.pieces.is_empty() && self.untold.is_empty() && self.notices.is_empty();
            let change = match is_quiet {
                true => changes_rx.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => changes_rx.recv_timeout(LOOK),
            };
            match change {
                Ok(change) => self.follow(change),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look();
            self.report();
        }
        let all: Vec<_> = self.pieces.keys().cloned().collect();
        all.iter().for_each(|media| self.close(media));
    }

    fn follow(&mut self, change: Change) {
        match change {
            Change::Play { media, began, position: from, loops, fade, told } => {
                // Played anew it has a strip anew: what was handed on of the last time is not heard any more.
                self.close(&media);
                self.take_back(&media);
                match self.sound.add(&StripId::Music(media.clone()), self.alignment) {
                    Ok(strip) => {
                        let begin = MusicBegin { from, fade, loops };
                        self.pieces.insert(media.clone(), Piece { began, begin, told, strip, player: None });
                        self.open(&media);
                    }
                    Err(error) => self.give_up(&media, began, &error.to_string()),
                }
            }
            Change::SetLoop { media, loops } => {
                if let Some(piece) = self.pieces.get_mut(&media) {
                    piece.begin.loops = loops;
                    piece.player.iter().for_each(|player| player.set_loop(loops));
                }
            }
            Change::Stop { media, fade: Duration::ZERO } => self.close(&media),
            Change::Stop { media, fade } => {
                if let Some(piece) = self.pieces.get(&media) {
                    piece.strip.fade_out(fade);
                }
            }
        }
    }

    /// Opens a piece's file, if it is known where it is.
    fn open(&mut self, media: &MediaId) {
        let Some(piece) = self.pieces.get_mut(media) else { return };
        let now = self.clock.now();
        let path = match self.library.music(media) {
            MusicFile::At(path) => Ok(path),
            MusicFile::NotYet if now < piece.told + FOLDER => return,
            MusicFile::NotYet => Err("the media folder is not read: look after the disk".to_owned()),
            MusicFile::Missing => Err("it is not in the media folder any more: put it there again".to_owned()),
        };
        let began = piece.began;
        let mut begin = piece.begin;
        if !begin.from.is_zero() {
            // It went on while nobody played it.
            begin.from += now.saturating_sub(piece.told);
        }
        let (strip, alignment) = (piece.strip.clone(), self.alignment);
        let samples = move |due: Duration, block: &[f32]| strip.push(due.saturating_sub(alignment), block);
        let player = path.and_then(|path| {
            MusicPlayer::start(&path, self.clock.clone(), begin, samples).map_err(|error| error.to_string())
        });
        match player {
            Ok(player) => {
                tracing::info!(%media, "music plays");
                piece.player = Some(player);
            }
            Err(why) => self.give_up(media, began, &why),
        }
    }

    /// Looks who has ended, who can be opened by now, and whose trouble is over.
    fn look(&mut self) {
        let all: Vec<_> = self.pieces.iter().map(|(media, piece)| (media.clone(), piece.began)).collect();
        for (media, began) in all {
            match self.pieces.get(&media).and_then(|piece| piece.player.as_ref()).map(MusicPlayer::state) {
                None => self.open(&media),
                Some(MusicState::Opening | MusicState::Playing) => {}
                Some(MusicState::Ended) => self.end(&media, began),
                Some(MusicState::Broken(why)) => {
                    self.library.note_broken(&media, &why);
                    self.give_up(&media, began, &why);
                }
            }
        }
        let now = self.clock.now();
        let library = Arc::clone(&self.library);
        let is_over = |notice: &mut Notice| now > notice.since + NOTICE && !library.is_broken(&notice.media);
        let over = self.notices.extract_if(.., is_over);
        self.untold.extend(over.map(|notice| Fact::Mended { alarm: notice.alarm }));
    }

    fn end(&mut self, media: &MediaId, began: ShowTime) {
        self.close(media);
        self.untold.push(Fact::MusicEnded { media: media.clone(), began });
    }

    fn give_up(&mut self, media: &MediaId, began: ShowTime, why: &str) {
        tracing::error!(%media, why, "a piece of music cannot be played on");
        self.end(media, began);
        let alarm = Alarm::MusicFailed { piece: self.name(media), error: why.to_owned() };
        self.untold.push(Fact::Broken { alarm: alarm.clone() });
        self.notices.retain(|notice| notice.media != *media);
        self.notices.push(Notice { media: media.clone(), alarm, since: self.clock.now() });
    }

    /// What people call a piece.
    fn name(&self, media: &MediaId) -> String {
        let MusicFile::At(path) = self.library.music(media) else { return media.to_string() };
        path.file_stem().map_or_else(|| media.to_string(), |stem| stem.to_string_lossy().into_owned())
    }

    /// Takes the notice of a piece back: it is tried again.
    fn take_back(&mut self, media: &MediaId) {
        let again = self.notices.extract_if(.., |notice| notice.media == *media);
        self.untold.extend(again.map(|notice| Fact::Mended { alarm: notice.alarm }));
    }

    /// Takes a piece off the desk, which it leaves without a click.
    fn close(&mut self, media: &MediaId) {
        if let Some(piece) = self.pieces.remove(media) {
            self.sound.remove(&StripId::Music(media.clone()));
            drop(piece);
        }
    }

    /// Tells the director what it has not been told yet, in order.
    fn report(&mut self) {
        while !self.untold.is_empty() {
            match self.facts.try_send(self.untold[0].clone()) {
                Ok(()) | Err(TrySendError::Closed(_)) => drop(self.untold.remove(0)),
                // With the next look.
                Err(TrySendError::Full(_)) => return,
            }
        }
    }
}
