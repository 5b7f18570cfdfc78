//! Program's cut list, followed event by event out of the log.

use std::time::Duration;

use super::Format;
use crate::show::{Actor, City, CityId, Event, Picture, Recorded, ShowTime, Source, Transition, WallTime};
use crate::when;

/// The longest list: its record timecode starts at one o'clock and does not come round.
pub const LONGEST: Duration = Duration::from_secs(23 * 3600);

/// The words of the events that a cut list follows from.
pub const KINDS: [&str; 11] = [
    "opened",
    "evening_opened",
    "restarted",
    "clock_set",
    "title_set",
    "city_added",
    "city_updated",
    "program_changed",
    "program_guarded",
    "transition_reversed",
    "transition_ended",
];

/// One picture of program between two changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Its first frame, counted from the beginning of the list.
    pub start: u64,
    /// Its frames, at least one.
    pub length: u64,
    /// How many of them dissolve from the picture before; 0 is a cut.
    pub dissolve: u64,
    /// The time of day at which its first frame reached the house, in frames; beyond midnight it counts on.
    pub source_start: u64,
    /// The frame of day at which a source would have to begin to lie under the whole list.
    pub source_zero: u64,
    /// What it shows.
    pub picture: Picture,
    /// The number of the event that brought it.
    pub number: u64,
    /// When that was, by the wall clock.
    pub wall: WallTime,
    /// Who brought it.
    pub actor: Actor,
    /// Whether it goes on after the server was down: of the time before, some is missing.
    pub after_restart: bool,
}

/// Program between two instants, without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutList {
    /// The evening's title.
    pub title: String,
    /// How it is counted.
    pub format: Format,
    /// Its cuts in order: the first starts at 0, and each where the one before ends.
    pub cuts: Vec<Cut>,
    /// Every city that was ever there, with its last name.
    pub cities: Vec<City>,
}

impl CutList {
    /// Frames of the whole list.
    pub fn length(&self) -> u64 {
        self.cuts.last().map_or(0, |last| last.start + last.length)
    }

    /// What people call a source.
    pub(super) fn name(&self, source: &Source) -> String {
        match source {
            Source::City(id) => {
                let city = self.cities.iter().find(|city| city.id == *id);
                city.map_or_else(|| id.to_string(), |city| city.name.clone())
            }
            Source::Cohost(id) => id.to_string(),
            Source::Clip(id) | Source::Still(id) => id.to_string(),
            Source::Colour(colour) => format!("Colour {colour}"),
            Source::Bars => "Bars".into(),
            Source::Slate => "Slate".into(),
            Source::Black => "Black".into(),
        }
    }
}

/// Where a cut list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At this instant, which is over; it is not included.
    At(WallTime),
    /// Now, which is this instant, with all that has happened: the show's wall clock may be a little ahead of it.
    Now(WallTime),
}

/// Makes a cut list of events, one after the other.
#[derive(Debug)]
pub struct Cutter {
    from: Option<WallTime>,
    end: End,
    list: CutList,
    epoch: WallTime,
    /// The picture that is on, or was just before the list begins.
    program: Option<Open>,
    begun: Option<Begun>,
    last: ShowTime,
    over: bool,
}

/// A cut that is not over.
#[derive(Debug, Clone)]
struct Open {
    cut: Cut,
    /// When its transition began.
    since: ShowTime,
}

/// The beginning of the list.
#[derive(Debug, Clone, Copy)]
struct Begun {
    at: ShowTime,
    /// The frame of day of the list's first frame.
    frame_of_day: u64,
    /// The epoch by which it is told.
    epoch: WallTime,
}

impl Cutter {
    /// A list from `from` (without it: from the first picture on) to `end`.
    pub fn new(format: Format, from: Option<WallTime>, end: End) -> Self {
        let list = CutList { title: String::new(), format, cuts: Vec::new(), cities: Vec::new() };
        Self {
            from,
            end,
            list,
            epoch: WallTime::default(),
            program: None,
            begun: None,
            last: ShowTime::default(),
            over: false,
        }
    }

    /// Follows an event. All events of [`KINDS`] from the opening of the evening on are needed, in order; others do nothing.
    pub fn feed(&mut self, recorded: &Recorded) {
        self.over |= matches!(self.end, End::At(until) if recorded.wall >= until);
        if self.over {
            return;
        }
        if self.from.is_some_and(|from| recorded.wall >= from) {
            self.begin();
        }
        let time = recorded.time;
        self.last = self.last.max(time);
        match &recorded.event {
            Event::Opened { title, cities, epoch } => {
                self.list.title.clone_from(title);
                self.epoch = *epoch;
                cities.iter().for_each(|city| self.know(city));
                self.show(recorded, Picture::full(Source::Slate), &Transition::Cut {});
            }
            Event::EveningOpened { title } => {
                self.list.title.clone_from(title);
                self.end_dissolve(time);
                self.show(recorded, Picture::full(Source::Slate), &Transition::Cut {});
            }
            Event::Restarted {} => {
                self.end_dissolve(time);
                if let Some(Open { cut, .. }) = self.program.clone() {
                    self.show(recorded, cut.picture, &Transition::Cut {});
                    self.program.iter_mut().for_each(|open| open.cut.after_restart = true);
                }
            }
            Event::ClockSet { epoch } => self.epoch = *epoch,
            Event::TitleSet { title } => self.list.title.clone_from(title),
            Event::CityAdded { city, .. } | Event::CityUpdated { city } => self.know(city),
            Event::ProgramChanged { picture, transition, .. } => self.show(recorded, picture.clone(), transition),
            Event::ProgramGuarded { picture, .. } => self.show(recorded, picture.clone(), &Transition::Cut {}),
            Event::TransitionReversed { picture } => self.turn_back(recorded, picture),
            Event::TransitionEnded {} => self.end_dissolve(time),
            _ => {}
        }
    }

    /// The list as far as it was fed, its last picture standing until the end.
    pub fn finish(mut self) -> CutList {
        self.begin();
        let (End::At(end) | End::Now(end)) = self.end;
        let end = self.event_time(end).max(self.last);
        self.close(end);
        self.list
    }

    fn know(&mut self, city: &City) {
        match self.list.cities.iter_mut().find(|known| known.id == city.id) {
            Some(known) => known.clone_from(city),
            None => self.list.cities.push(city.clone()),
        }
    }

    /// Event time at an instant of the wall clock.
    fn event_time(&self, wall: WallTime) -> ShowTime {
        ShowTime::from(u64::try_from(wall.micros_since(self.epoch)).unwrap_or(0))
    }

    /// Begins the list where it was asked for, with the picture that is on by then.
    fn begin(&mut self) {
        let (None, Some(from)) = (self.begun, self.from) else { return };
        let Some(mut open) = self.program.take() else { return };
        let at = self.event_time(from).max(open.since);
        self.begin_at(at);
        let source_zero = self.source_zero();
        open.cut =
            Cut { start: 0, dissolve: 0, source_start: source_zero, source_zero, after_restart: false, ..open.cut };
        self.program = Some(open);
    }

    fn begin_at(&mut self, at: ShowTime) {
        let format = &self.list.format;
        let fps = i128::from(format.fps);
        let of_day = i128::from(when::micros_of_day(self.epoch + at, &format.time_zone)) * fps / 1_000_000;
        let late = i128::try_from(format.alignment.as_micros()).unwrap_or(0) * fps;
        let frame = (of_day - (late + 500_000) / 1_000_000).rem_euclid(i128::from(format.day()));
        let frame_of_day = u64::try_from(frame).expect("a remainder of a day fits");
        self.begun = Some(Begun { at, frame_of_day, epoch: self.epoch });
    }

    /// The frame of day that lies under the list's first frame by the clock as it is set now.
    fn source_zero(&self) -> u64 {
        let Some(Begun { frame_of_day, epoch, .. }) = self.begun else { return 0 };
        let day = i128::from(self.list.format.day());
        let set_by = i128::from(self.epoch.micros_since(epoch)) * i128::from(self.list.format.fps);
        let frame = i128::from(frame_of_day) + (set_by + 500_000).div_euclid(1_000_000);
        // Only a clock that was set leads out of the day.
        u64::try_from(frame.rem_euclid(day)).expect("a remainder of a day fits")
    }

    fn frame(&self, time: ShowTime) -> u64 {
        self.begun.map_or(0, |begun| self.list.format.frames(time.since(begun.at)))
    }

    /// Another picture is on.
    fn show(&mut self, recorded: &Recorded, picture: Picture, transition: &Transition) {
        let time = recorded.time;
        if self.begun.is_none() && self.from.is_none_or(|from| recorded.wall >= from) {
            self.begin_at(time);
        }
        self.close(time);
        let (start, source_zero) = (self.frame(time), self.source_zero());
        let follows = self.begun.is_some() && !self.list.cuts.is_empty();
        let dissolve = if follows { self.list.format.frames(transition.duration()) } else { 0 };
        let cut = Cut {
            start,
            length: 0,
            dissolve,
            source_start: source_zero + start,
            source_zero,
            picture,
            number: recorded.number,
            wall: recorded.wall,
            actor: recorded.actor.clone(),
            after_restart: false,
        };
        self.program = Some(Open { cut, since: time });
    }

    /// The dissolve turns: the picture that was being left comes back, in as long as it has been leaving.
    fn turn_back(&mut self, recorded: &Recorded, picture: &Picture) {
        let gone = self.program.as_ref().map_or(Duration::ZERO, |open| recorded.time.since(open.since));
        self.end_dissolve(recorded.time);
        let duration_ms = u32::try_from(gone.as_millis()).unwrap_or(u32::MAX);
        self.show(recorded, picture.clone(), &Transition::Mix { duration_ms });
    }

    /// The dissolve into the picture that is on is over, in time or before.
    fn end_dissolve(&mut self, time: ShowTime) {
        let format = &self.list.format;
        if let Some(Open { cut, since }) = &mut self.program {
            cut.dissolve = cut.dissolve.min(format.frames(time.since(*since)));
        }
    }

    /// The picture that is on ends. One without a frame was never seen.
    fn close(&mut self, time: ShowTime) {
        let Some(Open { cut, .. }) = self.program.take() else { return };
        let length = self.frame(time).saturating_sub(cut.start);
        if self.begun.is_some() && length > 0 {
            let dissolve = cut.dissolve.min(length);
            self.list.cuts.push(Cut { length, dissolve, ..cut });
        }
    }
}

/// The city of a source.
pub(super) fn city(source: &Source) -> Option<&CityId> {
    match source {
        Source::City(id) => Some(id),
        _ => None,
    }
}
