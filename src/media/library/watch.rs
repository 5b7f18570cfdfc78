//! The thread that looks at the media folder: what is new is checked, what changed is stated.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::{Sender, error::TrySendError};

use super::folder::{self, File, Kind, Listing, Stamp};
use super::opening::{self, Holds};
use super::{Checked, Config, Place, Shared, TemplateFile, lock, sequence, still};
use crate::gst::EventClock;
use crate::media::graphics::Fonts;
use crate::show::{Fact, Media, MediaFlaw, MediaId, MediaItem};

/// Most flaws that are told: who has more mends the first ones first.
const MOST_FLAWS: usize = 200;

/// Longest stinger: transitions take three seconds at most, and some have a long tail of nothing.
const LONGEST_STINGER: Duration = Duration::from_secs(10);

pub(super) type Templates = Box<dyn FnMut(&[TemplateFile]) -> Checked + Send>;

/// The thread's own.
pub(super) struct Watcher {
    config: Config,
    clock: EventClock,
    templates: Templates,
    facts: Sender<Fact>,
    shared: Arc<Mutex<Shared>>,
    /// Everything that was there at the last look.
    seen: Option<HashMap<PathBuf, Stamp>>,
    /// What the newest version of each file is good for.
    checked: HashMap<PathBuf, Verdict>,
    /// What the templates' check was given last, and what it answered.
    template_files: Option<Vec<(TemplateFile, Stamp)>>,
    template_answer: Checked,
    stated: Option<Media>,
}

#[derive(Debug, Clone)]
struct Verdict {
    stamp: Stamp,
    /// How long it plays.
    outcome: Result<Duration, String>,
}

impl Watcher {
    pub(super) fn new(
        config: Config,
        clock: EventClock,
        templates: Templates,
        facts: Sender<Fact>,
        shared: Arc<Mutex<Shared>>,
    ) -> Self {
        Self {
            config,
            clock,
            templates,
            facts,
            shared,
            seen: None,
            checked: HashMap::new(),
            template_files: None,
            template_answer: Checked::default(),
            stated: None,
        }
    }

    pub(super) fn run(mut self, stop_rx: &Receiver<()>) {
        let stills = still::Reader::new(self.config.canvas, Fonts::load().ok().as_ref());
        // Whoever drops the library waits for this thread: it does not look on through two hundred files then.
        let stopping = || stop_rx.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected);
        loop {
            let listing = folder::list(&self.config.path);
            self.publish_unchecked_music(&listing);
            let Some(media) = self.check(&listing, &stills, stopping) else { return };
            if self.stated.as_ref() != Some(&media) {
                self.state(media);
            }
            if stop_rx.recv_timeout(self.config.look) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    /// Checks what is new, and answers all there is; nothing if it is to stop.
    fn check(&mut self, listing: &Listing, stills: &still::Reader, stopping: impl Fn() -> bool) -> Option<Media> {
        let mut media = Media::default();
        let mut flaws = listing.flaws.clone();
        for kind in [Kind::Music, Kind::Stills, Kind::Clips, Kind::Stingers] {
            let mut places = HashMap::new();
            let mut items = Vec::new();
            for file in listing.of(kind) {
                if stopping() {
                    return None;
                }
                let Some(verdict) = self.verdict(file, kind, stills) else { continue };
                match verdict.outcome {
                    Ok(duration) => {
                        let duration_ms = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
                        items.push(MediaItem { id: file.id.clone(), name: file.name.clone(), duration_ms });
                        places.insert(file.id.clone(), Place { path: file.path.clone(), stamp: verdict.stamp });
                    }
                    Err(why) => flaws.push(MediaFlaw { file: file.file.clone(), why }),
                }
            }
            match kind {
                Kind::Stills => media.stills = items,
                Kind::Clips => media.clips = items,
                Kind::Music => media.music = items,
                Kind::Stingers | Kind::Templates => media.stingers = items,
            }
            self.publish(kind, places);
        }
        flaws.extend(self.broken_music(listing));
        self.check_templates(listing);
        let (templates, template_flaws) = self.template_answer.clone();
        media.templates = templates;
        flaws.extend(template_flaws);
        media.flaws = told(flaws);
        self.remember(listing);
        Some(media)
    }

    /// What a file is good for. One that changes is still being written, perhaps: it is looked at when it has not changed from
    /// one look to the next, and is what it was until then. Nothing if it was not there before.
    fn verdict(&mut self, file: &File, kind: Kind, stills: &still::Reader) -> Option<Verdict> {
        let known = self.checked.get(&file.path);
        if let Some(known) = known.filter(|known| known.stamp == file.stamp) {
            return Some(known.clone());
        }
        if self.seen.as_ref().is_some_and(|seen| seen.get(&file.path) != Some(&file.stamp)) {
            return known.cloned();
        }
        let outcome = match kind {
            Kind::Stills => stills.read(&file.path).map(|_| Duration::ZERO),
            Kind::Clips => {
                let holds = opening::probe(&file.path, &self.clock, opening::AS_FILM);
                holds.map(|holds| holds.duration.unwrap_or_default())
            }
            Kind::Music => check_music(&file.path, &self.clock),
            Kind::Stingers => check_stinger(&file.path, &self.clock),
            Kind::Templates => Ok(Duration::ZERO),
        };
        if let Err(why) = &outcome {
            tracing::warn!(file = file.file, why, "a file of the media folder cannot be used");
        }
        let verdict = Verdict { stamp: file.stamp, outcome };
        self.checked.insert(file.path.clone(), verdict.clone());
        Some(verdict)
    }

    fn check_templates(&mut self, listing: &Listing) {
        let settled = |file: &&File| self.seen.as_ref().is_none_or(|seen| seen.get(&file.path) == Some(&file.stamp));
        let is_settled = listing.templates.iter().all(|file| settled(&file));
        let files = listing.templates.iter().map(|File { id, file, path, stamp, .. }| {
            (TemplateFile { id: id.clone(), file: file.clone(), path: path.clone() }, *stamp)
        });
        let files: Vec<_> = files.collect();
        if is_settled && self.template_files.as_ref() != Some(&files) {
            let names: Vec<_> = files.iter().map(|(file, _)| file.clone()).collect();
            self.template_answer = (self.templates)(&names);
            self.template_files = Some(files);
        }
    }

    /// Music that played when the server was killed goes on before two hundred files have been checked: those that the show
    /// knows were good when it was told of them.
    fn publish_unchecked_music(&self, listing: &Listing) {
        let place = |file: &File| (file.id.clone(), Place { path: file.path.clone(), stamp: file.stamp });
        lock(&self.shared).music.get_or_insert_with(|| listing.music.iter().map(place).collect());
    }

    /// What broke off while it played and was not mended since.
    fn broken_music(&self, listing: &Listing) -> Vec<MediaFlaw> {
        let mut shared = lock(&self.shared);
        let file = |id: &MediaId, stamp: Stamp| listing.music.iter().find(|file| file.id == *id && file.stamp == stamp);
        shared.broken.retain(|id, (stamp, _)| file(id, *stamp).is_some());
        let flaw = |(id, (stamp, why)): (&MediaId, &(Stamp, String))| {
            let file = file(id, *stamp)?.file.clone();
            Some(MediaFlaw { file, why: format!("it broke off while it played: {why}") })
        };
        let mut flaws: Vec<_> = shared.broken.iter().filter_map(flaw).collect();
        flaws.sort_unstable_by(|one, other| one.file.cmp(&other.file));
        flaws
    }

    /// What can be asked for from now on.
    fn publish(&self, kind: Kind, places: HashMap<MediaId, Place>) {
        let mut shared = lock(&self.shared);
        match kind {
            Kind::Stills => {
                shared.shelf.retain(|(id, _)| places.contains_key(id));
                shared.asked.retain(|wanted| places.get(&wanted.id).is_some_and(|place| place.stamp == wanted.stamp));
                shared.stills = places;
            }
            Kind::Clips => shared.clips = places,
            Kind::Music => shared.music = Some(places),
            Kind::Stingers | Kind::Templates => shared.stingers = places,
        }
    }

    fn remember(&mut self, listing: &Listing) {
        let all = Kind::ALL.iter().flat_map(|kind| listing.of(*kind));
        let seen: HashMap<_, _> = all.map(|file| (file.path.clone(), file.stamp)).collect();
        self.checked.retain(|path, _| seen.contains_key(path));
        self.seen = Some(seen);
    }

    fn state(&mut self, media: Media) {
        let Media { stills, clips, music, stingers, templates, flaws } = &media;
        tracing::info!(
            stills = stills.len(),
            clips = clips.len(),
            music = music.len(),
            stingers = stingers.len(),
            templates = templates.len(),
            flaws = flaws.len(),
            "the media folder was read"
        );
        match self.facts.try_send(Fact::MediaRead { media: media.clone() }) {
            Ok(()) | Err(TrySendError::Closed(_)) => self.stated = Some(media),
            // The next look says what is then.
            Err(TrySendError::Full(_)) => {}
        }
    }
}

fn check_stinger(path: &Path, clock: &EventClock) -> Result<Duration, String> {
    if path.is_dir() {
        return sequence::check(path);
    }
    let Holds { picture, duration, .. } = opening::probe(path, clock, opening::AS_FILM)?;
    if !picture {
        return Err("it has no picture: a video with alpha is needed (webm or mov)".into());
    }
    match duration {
        Some(duration) if duration > LONGEST_STINGER => Err(format!(
            "it is {} s long: a stinger has {} s at most; what is longer is a clip",
            duration.as_secs(),
            LONGEST_STINGER.as_secs()
        )),
        Some(duration) => Ok(duration),
        None => Err("it does not say how long it is: save it again, with a duration".into()),
    }
}

fn check_music(path: &Path, clock: &EventClock) -> Result<Duration, String> {
    let Holds { sound, duration, .. } = opening::probe(path, clock, opening::AS_SOUND)?;
    if !sound {
        return Err(format!("it has no sound: save it as {}", opening::AS_SOUND));
    }
    Ok(duration.unwrap_or_default())
}

/// As many flaws as are told.
fn told(mut flaws: Vec<MediaFlaw>) -> Vec<MediaFlaw> {
    if let Some(more) = flaws.len().checked_sub(MOST_FLAWS).filter(|more| *more > 0) {
        flaws.truncate(MOST_FLAWS - 1);
        let why = format!("{} more files cannot be used either: mend these first", more + 1);
        flaws.push(MediaFlaw { file: "…".into(), why });
    }
    flaws
}
