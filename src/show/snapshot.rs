//! The whole state of a show as a value, what a new one is made from, and what makes either impossible.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{
    Actor, Alarm, Calls, City, CityId, CityState, CohostId, CohostSeat, Fader, Group, GroupNumber, History, Keyer,
    KeyerNumber, Lease, Masters, Media, Message, MessageId, Mix, Name, Picture, Playing, Progress, Rundown, Scene,
    SceneId, Seat, Settings, ShowTime, Solo, Source, Strip, StripId, TalkTo, Tally, Transition, WallTime, Way, message,
    text,
};

/// What a new show is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Title of the evening, 1 to 120 characters.
    pub title: String,
    /// The cities in the order of the evening, which is also the order of the console's keys. No two have the same id.
    pub cities: Vec<City>,
}

/// The whole state of a show. [`Show::restore`](super::Show::restore) makes an equal show of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Title of the evening.
    pub title: String,
    /// The number of the last event.
    pub revision: u64,
    /// The wall clock at the event clock's start.
    pub epoch: WallTime,
    /// What is on air; while a transition runs, what it leads to.
    pub program: Picture,
    /// Since when.
    pub program_since: ShowTime,
    /// What stands by.
    pub preview: Picture,
    /// What the next take runs.
    pub transition: Transition,
    /// The transition that runs now.
    pub running: Option<Running>,
    /// Whether program is faded to black, or on its way there.
    #[serde(default)]
    pub black: bool,
    /// What comes back on program when it can be shown again: something safe is on air in its place.
    #[serde(default)]
    pub guarded: Option<Picture>,
    /// Since when nothing of program's picture comes in; none if something does, or it needs nothing.
    #[serde(default)]
    pub dark_since: Option<ShowTime>,
    /// The downstream keyers, the lowest first.
    #[serde(alias = "keyer", deserialize_with = "super::earlier::keyers")]
    pub keyers: [Keyer; KeyerNumber::MOST as usize],
    /// What the media folder holds.
    #[serde(default)]
    pub media: Media,
    /// The cities in the order of the evening.
    pub cities: Vec<Seat>,
    /// The co-hosts in their order.
    pub cohosts: Vec<CohostSeat>,
    /// Their calls, taken together.
    #[serde(default)]
    pub calls: Calls,
    /// Whose talkback microphones are open, in the order in which they came.
    #[serde(default)]
    pub talkback: Vec<Name>,
    /// How those strips are set that have no seat, where that is not what it is by default.
    #[serde(default)]
    pub strips: BTreeMap<StripId, Strip>,
    /// The groups of strips.
    #[serde(default)]
    pub groups: [Group; GroupNumber::MOST as usize],
    /// The faders of program and of the radio.
    #[serde(default)]
    pub masters: Masters,
    /// What operators listen to instead of program.
    #[serde(default)]
    pub solos: BTreeMap<Name, Solo>,
    /// Whom operators speak to.
    #[serde(default)]
    pub talks: BTreeMap<Name, BTreeSet<TalkTo>>,
    /// The music that plays, in the order in which it began.
    #[serde(default)]
    pub playing: Vec<Playing>,
    /// Who has a page open, apart from viewers; in the order in which they came.
    pub present: Vec<Actor>,
    /// The scenes in their order.
    pub scenes: Vec<Scene>,
    /// The plan.
    pub rundown: Rundown,
    /// Who commands program.
    pub lease: Option<Lease>,
    /// Who asks for it, in the order in which they asked.
    pub lease_asked: Vec<Actor>,
    /// The newest messages, oldest first.
    pub messages: Vec<Message>,
    /// The texts that stand ready to be sent.
    pub canned: Vec<String>,
    /// How the show behaves.
    pub settings: Settings,
    /// What can be taken back.
    pub history: History,
    /// What needs mending.
    pub alarms: Vec<Alarm>,
    /// The numbers that were given to scenes, cues and messages so far: none is given twice.
    pub numbers: Numbers,
}

/// The last number that was given to each kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// Of scenes.
    pub scene: u32,
    /// Of cues.
    pub cue: u32,
    /// Of messages.
    pub message: u32,
}

/// A transition under way to the picture on program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "super::earlier::RunningForm")]
pub struct Running {
    /// The picture that is on its way out, still on air.
    pub from: Picture,
    /// How.
    pub transition: Transition,
    /// Whether it runs back: it looks like the transition from program to `from`, backwards.
    pub reversed: bool,
    /// How far it is.
    pub progress: Progress,
}

/// Why there can be no such show.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidShow {
    /// The title is empty or too long.
    #[error("the evening's title has {0} characters: 1 to {most} are needed", most = Snapshot::TITLE_MAX)]
    Title(usize),
    /// A city's name is empty or too long.
    #[error("the name of the city '{city}' has {length} characters: 1 to {} are needed", Snapshot::NAME_MAX)]
    CityName {
        /// The city.
        city: CityId,
        /// Characters in its name.
        length: usize,
    },
    /// Two cities have the same id.
    #[error("two cities have the id '{0}': give one of them another")]
    SameId(CityId),
    /// A city's state and its frames contradict each other.
    #[error(
        "the city '{city}' is {state}, and its frames say otherwise: they flow if it is live, and not if it is connecting or lost"
    )]
    Frames {
        /// The city.
        city: CityId,
        /// Its state.
        state: CityState,
    },
    /// A bus or the running transition holds something that is no picture.
    #[error("the picture '{picture}' of {bus} cannot be shown: {flaw}")]
    Picture {
        /// Where it stands.
        bus: &'static str,
        /// Its sources.
        picture: String,
        /// What is wrong, and what is needed.
        flaw: String,
    },
    /// A list is too long or contradicts itself, or a setting is out of bounds.
    #[error("this is no show: {0}")]
    List(&'static str),
    /// The log does not begin with the opening of an evening, or has a gap.
    #[error("event {arrived} of the log does not follow event {after}: an unbroken log from 'opened' on is needed")]
    Gap {
        /// The number that came.
        arrived: u64,
        /// The number before it.
        after: u64,
    },
    /// The chosen or the running transition cannot be run.
    #[error(
        "a transition of {arrived} ms arrived: {} to {} ms are possible",
        Transition::SHORTEST.as_millis(),
        Transition::LONGEST.as_millis()
    )]
    TransitionLength {
        /// What arrived, in milliseconds.
        arrived: u128,
    },
    /// The running transition is a cut, or its times do not fit its duration.
    #[error("a {transition} cannot be under way like that: no cut, and one that ends within its duration, is needed")]
    Running {
        /// The transition.
        transition: Transition,
    },
}

impl Snapshot {
    /// Longest title, in characters.
    pub const TITLE_MAX: usize = 120;
    /// Longest name of a city or a co-host, in characters.
    pub const NAME_MAX: usize = 64;
    /// Most cities of an evening.
    pub const MOST_CITIES: usize = 16;
    /// Most co-hosts of an evening.
    pub const MOST_COHOSTS: usize = 32;
    /// Most strips without a seat that have settings of their own.
    pub const MOST_STRIPS: usize = 256;
    /// Longest line on a slate, in characters.
    pub const SLATE_TEXT_MAX: usize = 80;

    /// The state of a show that begins: the evening's slate on both buses, every city offline.
    pub(super) fn opening(setup: Setup, epoch: WallTime, now: ShowTime) -> Self {
        Self {
            title: setup.title,
            revision: 0,
            epoch,
            program: Picture::full(Source::Slate),
            program_since: now,
            preview: Picture::full(Source::Slate),
            transition: Transition::Mix { duration_ms: 500 },
            running: None,
            black: false,
            guarded: None,
            dark_since: None,
            keyers: Default::default(),
            media: Media::default(),
            cities: setup.cities.into_iter().map(Seat::new).collect(),
            cohosts: Vec::new(),
            calls: Calls::default(),
            talkback: Vec::new(),
            strips: BTreeMap::new(),
            groups: Default::default(),
            masters: Masters::default(),
            solos: BTreeMap::new(),
            talks: BTreeMap::new(),
            playing: Vec::new(),
            present: Vec::new(),
            scenes: Vec::new(),
            rundown: Rundown::default(),
            lease: None,
            lease_asked: Vec::new(),
            messages: Vec::new(),
            canned: message::canned(),
            settings: Settings::default(),
            history: History::default(),
            alarms: Vec::new(),
            numbers: Numbers::default(),
        }
    }

    /// Whether a show can be in this state.
    pub(super) fn check(&self) -> Result<(), InvalidShow> {
        let length = self.title.chars().count();
        if !(1..=Self::TITLE_MAX).contains(&length) {
            return Err(InvalidShow::Title(length));
        }
        for (at, seat @ Seat { city, .. }) in self.cities.iter().enumerate() {
            let length = city.name.chars().count();
            if !(1..=Self::NAME_MAX).contains(&length) {
                return Err(InvalidShow::CityName { city: city.id.clone(), length });
            }
            if self.cities[..at].iter().any(|before| before.city.id == city.id) {
                return Err(InvalidShow::SameId(city.id.clone()));
            }
            if !seat.agrees() {
                return Err(InvalidShow::Frames { city: city.id.clone(), state: seat.contribution });
            }
        }
        self.check_picture("program", &self.program)?;
        self.check_picture("preview", &self.preview)?;
        check_length(&self.transition)?;
        self.check_lists()?;
        let Some(Running { from, transition, progress, .. }) = &self.running else { return Ok(()) };
        self.check_picture("the running transition", from)?;
        check_length(transition)?;
        let possible = match *progress {
            Progress::Hand { done } => done <= Progress::WHOLE,
            Progress::Auto { started, ends, done } => {
                done <= Progress::WHOLE && started <= ends && ends - started <= transition.duration()
            }
        };
        if transition.is_cut() || !possible {
            return Err(InvalidShow::Running { transition: transition.clone() });
        }
        Ok(())
    }

    fn check_lists(&self) -> Result<(), InvalidShow> {
        let numbers_differ = |numbers: &mut Vec<u32>| {
            numbers.sort_unstable();
            numbers.windows(2).all(|pair| pair[0] != pair[1])
        };
        let mut scenes: Vec<_> = self.scenes.iter().map(|scene| scene.id.0).collect();
        let mut cues: Vec<_> = self.rundown.cues.iter().map(|cue| cue.id.0).collect();
        let cohosts_differ = self
            .cohosts
            .iter()
            .enumerate()
            .all(|(at, cohost)| self.cohosts[..at].iter().all(|before| before.id != cohost.id));
        let known = |cue: Option<super::CueId>| cue.is_none_or(|cue| self.rundown.cue(cue).is_some());
        let checks = [
            (self.cities.len() <= Self::MOST_CITIES, "it has too many cities"),
            (self.cohosts.len() <= Self::MOST_COHOSTS, "it has too many co-hosts"),
            (self.scenes.len() <= Scene::MOST, "it has too many scenes"),
            (self.rundown.cues.len() <= Rundown::MOST, "its rundown has too many cues"),
            (self.messages.len() <= Message::MOST, "it has too many messages"),
            (cohosts_differ, "two co-hosts have the same id"),
            (numbers_differ(&mut scenes), "two scenes have the same number"),
            (numbers_differ(&mut cues), "two cues have the same number"),
            (scenes.last().is_none_or(|last| *last <= self.numbers.scene), "a scene has a number that was never given"),
            (cues.last().is_none_or(|last| *last <= self.numbers.cue), "a cue has a number that was never given"),
            (known(self.rundown.next), "the next cue is not in its rundown"),
            (known(self.rundown.on_air.map(|on_air| on_air.cue)), "the cue that is on is not in its rundown"),
            (self.keyers.iter().all(|keyer| keyer.flaw().is_none()), "a keyer shows what cannot be shown"),
            (self.settings.flaw().is_none(), "its settings are out of bounds"),
            (self.strips_fit(), "a strip's settings are out of bounds"),
            (self.strips.len() <= Self::MOST_STRIPS, "too many strips have settings of their own"),
            (self.playing.len() <= Playing::MOST, "too much music plays"),
            (self.solos.values().all(|solo| solo.strips.len() <= Solo::MOST), "somebody listens to too many strips"),
            (
                self.cities.iter().all(|seat| text::flaw(&seat.slate_text, 0, Self::SLATE_TEXT_MAX).is_none()),
                "a slate's text is too long",
            ),
        ];
        let flaw = checks.into_iter().find(|(holds, _)| !holds).map(|(_, flaw)| flaw).or_else(|| self.calls_flaw());
        match flaw {
            None => Ok(()),
            Some(flaw) => Err(InvalidShow::List(flaw)),
        }
    }

    fn strips_fit(&self) -> bool {
        let seats = self.cities.iter().map(|seat| &seat.strip).chain(self.cohosts.iter().map(|seat| &seat.strip));
        seats.chain(self.strips.values()).all(|strip| strip.flaw().is_none())
    }

    fn check_picture(&self, bus: &'static str, picture: &Picture) -> Result<(), InvalidShow> {
        match self.picture_flaw(picture) {
            None => Ok(()),
            Some(flaw) => Err(InvalidShow::Picture { bus, picture: picture.to_string(), flaw }),
        }
    }

    /// What keeps this picture from being shown now, in words.
    pub(super) fn picture_flaw(&self, picture: &Picture) -> Option<String> {
        let unknown = || {
            let city = picture.cities().find(|city| !self.has(city))?;
            Some(format!("there is no city '{city}'"))
        };
        picture.flaw().or_else(unknown)
    }

    /// Fits the state of an earlier run to a clock that did not come as far: no instant lies after `now`.
    pub(super) fn no_later_than(&mut self, now: ShowTime) {
        self.program_since = self.program_since.min(now);
        for seat in &mut self.cities {
            seat.contribution = seat.contribution.no_later_than(now);
        }
        for seat in &mut self.cohosts {
            seat.contribution = seat.contribution.no_later_than(now);
            seat.call.no_later_than(now);
        }
        self.playing.iter_mut().for_each(|playing| playing.no_later_than(now));
        self.dark_since = self.dark_since.map(|since| since.min(now));
        if let Some(running) = &mut self.running
            && let Progress::Auto { started, ends, .. } = &mut running.progress
        {
            let length = *ends - *started;
            *started = (*started).min(now);
            *ends = *started + length;
        }
        if let Some(on_air) = &mut self.rundown.on_air {
            on_air.since = on_air.since.min(now);
        }
        if let Some(lease) = &mut self.lease {
            lease.since = lease.since.min(now);
            lease.link = lease.link.no_later_than(now);
        }
    }

    /// Whether the evening has this city.
    pub(super) fn has(&self, city: &CityId) -> bool {
        self.seat(city).is_some()
    }

    /// The seat of this city.
    pub fn seat(&self, city: &CityId) -> Option<&Seat> {
        self.cities.iter().find(|seat| seat.city.id == *city)
    }

    pub(super) fn seat_mut(&mut self, city: &CityId) -> Option<&mut Seat> {
        self.cities.iter_mut().find(|seat| seat.city.id == *city)
    }

    /// The seat of this co-host.
    pub fn cohost(&self, id: &CohostId) -> Option<&CohostSeat> {
        self.cohosts.iter().find(|cohost| cohost.id == *id)
    }

    /// The scene of this number.
    pub fn scene(&self, id: SceneId) -> Option<&Scene> {
        self.scenes.iter().find(|scene| scene.id == id)
    }

    /// The message of this number.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// Whether `source` is seen, and where.
    pub(super) fn tally(&self, source: &Source) -> Tally {
        let going_out = self.running.as_ref().is_some_and(|running| running.from.shows(source));
        if going_out || self.program.shows(source) {
            Tally::Program
        } else if self.preview.shows(source) {
            Tally::Preview
        } else {
            Tally::Off
        }
    }

    /// The fader of program or of the radio; the others have none.
    pub(super) fn master(&self, mix: &Mix) -> Option<Fader> {
        match mix {
            Mix::Program => Some(self.masters.program_db),
            Mix::Radio => Some(self.masters.radio_db),
            Mix::Return(_) | Mix::Call(_) | Mix::Monitor(_) => None,
        }
    }

    /// A picture as it can be shown now: boxes of lost cities drop out where it closes up.
    pub(super) fn shown(&self, picture: &Picture) -> Picture {
        picture.without(|source| match source {
            Source::City(city) => self.seat(city).is_none_or(|seat| !seat.frames_flow),
            _ => false,
        })
    }

    /// Whether this picture lives from cities, and none of them comes in.
    pub(super) fn is_dark(&self, picture: &Picture) -> bool {
        let flows = |city: &CityId| self.seat(city).is_some_and(|seat| seat.frames_flow);
        let needs_nothing = |source: &Source| {
            matches!(source, Source::Clip(_) | Source::Still(_) | Source::Bars | Source::Cohost(_) | Source::Slate)
        };
        picture.cities().next().is_some()
            && !picture.cities().any(flows)
            && !picture.boxes.iter().any(|each| needs_nothing(&each.source))
    }

    /// How program comes to be what it is, seen at `now`.
    pub(super) fn passage(&self, now: ShowTime) -> Way {
        match &self.running {
            None => Way::cut(self.shown(&self.program)),
            Some(Running { from, transition, reversed, progress }) => Way {
                from: self.shown(from),
                transition: transition.clone(),
                reversed: *reversed,
                done: progress.done(now),
                held: matches!(progress, Progress::Hand { .. }),
            },
        }
    }
}

fn check_length(transition: &Transition) -> Result<(), InvalidShow> {
    match transition.is_possible() {
        true => Ok(()),
        false => Err(InvalidShow::TransitionLength { arrived: transition.duration().as_millis() }),
    }
}
