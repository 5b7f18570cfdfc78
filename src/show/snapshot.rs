//! The whole state of a show as a value, what a new one is made from, and what makes either impossible.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{City, CityId, CityState, Picture, Seat, ShowTime, Source, Tally, Transition};

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
    /// One more with every call that changed anything that can be seen.
    pub revision: u64,
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
    /// The cities in the order of the evening.
    pub cities: Vec<Seat>,
}

/// A transition under way to the picture on program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Running {
    /// The picture that is on its way out, still on air.
    pub from: Picture,
    /// How.
    pub transition: Transition,
    /// When it began.
    pub started: ShowTime,
    /// When it is over: `started` and the transition's duration.
    pub ends: ShowTime,
}

/// Why there can be no such show.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidShow {
    /// The title is empty or too long.
    #[error("the evening's title has {0} characters: 1 to {TITLE_MAX} are needed")]
    Title(usize),
    /// A city's name is empty or too long.
    #[error("the name of the city '{city}' has {length} characters: 1 to {NAME_MAX} are needed")]
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
    #[error(
        "a {transition} cannot run from {started} to {ends}: a mix that ends its duration after its start is needed"
    )]
    Running {
        /// The transition.
        transition: Transition,
        /// Its start.
        started: ShowTime,
        /// Its end.
        ends: ShowTime,
    },
}

/// Longest title, in characters.
const TITLE_MAX: usize = 120;

/// Longest name of a city, in characters.
const NAME_MAX: usize = 64;

impl Snapshot {
    /// The state of a show that begins: the evening's slate on both buses, every city offline.
    pub(super) fn opening(setup: Setup, now: ShowTime) -> Self {
        Self {
            title: setup.title,
            revision: 0,
            program: Picture::full(Source::Slate),
            program_since: now,
            preview: Picture::full(Source::Slate),
            transition: Transition::Mix { duration_ms: 500 },
            running: None,
            cities: setup.cities.into_iter().map(Seat::new).collect(),
        }
    }

    /// Whether a show can be in this state.
    pub(super) fn check(&self) -> Result<(), InvalidShow> {
        let length = self.title.chars().count();
        if !(1..=TITLE_MAX).contains(&length) {
            return Err(InvalidShow::Title(length));
        }
        for (at, seat @ Seat { city, .. }) in self.cities.iter().enumerate() {
            let length = city.name.chars().count();
            if !(1..=NAME_MAX).contains(&length) {
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
        check_length(self.transition)?;
        let Some(Running { from, transition, started, ends }) = &self.running else { return Ok(()) };
        self.check_picture("the running transition", from)?;
        check_length(*transition)?;
        if transition.duration().is_zero() || *ends != *started + transition.duration() {
            return Err(InvalidShow::Running { transition: *transition, started: *started, ends: *ends });
        }
        Ok(())
    }

    fn check_picture(&self, bus: &'static str, picture: &Picture) -> Result<(), InvalidShow> {
        let unknown = || {
            let city = picture.cities().find(|city| !self.has(city))?;
            Some(format!("there is no city '{city}'"))
        };
        match picture.flaw().or_else(unknown) {
            None => Ok(()),
            Some(flaw) => Err(InvalidShow::Picture { bus, picture: picture.to_string(), flaw }),
        }
    }

    /// Fits the state of an earlier run to a clock that starts again: no instant lies after `now`.
    pub(super) fn no_later_than(&mut self, now: ShowTime) {
        self.program_since = self.program_since.min(now);
        for seat in &mut self.cities {
            seat.contribution = seat.contribution.no_later_than(now);
        }
        if let Some(running) = &mut self.running {
            running.started = running.started.min(now);
            running.ends = running.started + running.transition.duration();
        }
    }

    /// Whether the evening has this city.
    pub(super) fn has(&self, city: &CityId) -> bool {
        self.cities.iter().any(|seat| seat.city.id == *city)
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
}

fn check_length(transition: Transition) -> Result<(), InvalidShow> {
    match transition.is_possible() {
        true => Ok(()),
        false => Err(InvalidShow::TransitionLength { arrived: transition.duration().as_millis() }),
    }
}
