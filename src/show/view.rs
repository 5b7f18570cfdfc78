//! The show as pages see it: the state with everything that is derived from it.

use serde::{Deserialize, Serialize};

use super::{CityId, CityState, Picture, Running, Seat, ShowTime, Snapshot, Source, Tally, Transition};

/// What a page needs to draw the evening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Title of the evening.
    pub title: String,
    /// One more with every call that changed anything that can be seen.
    pub revision: u64,
    /// What is on air; while a transition runs, what it leads to.
    pub program: Picture,
    /// Since when.
    pub program_since: ShowTime,
    /// What stands by; viewers are not told.
    pub preview: Option<Picture>,
    /// What the next take runs.
    pub transition: Transition,
    /// The transition that runs now.
    pub running: Option<Running>,
    /// The cities in the order of the evening.
    pub cities: Vec<CityView>,
}

/// A city as pages see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityView {
    /// Identifier, also of its channel.
    pub id: CityId,
    /// Name for people.
    pub name: String,
    /// IANA time zone.
    pub time_zone: String,
    /// How its contribution does.
    pub state: CityState,
    /// Whether it is seen.
    pub tally: Tally,
}

impl View {
    /// The operators' view.
    pub(super) fn of(state: &Snapshot) -> Self {
        let city = |Seat { city, contribution, .. }: &Seat| CityView {
            id: city.id.clone(),
            name: city.name.clone(),
            time_zone: city.time_zone.clone(),
            state: *contribution,
            tally: state.tally(&Source::City(city.id.clone())),
        };
        Self {
            title: state.title.clone(),
            revision: state.revision,
            program: state.program.clone(),
            program_since: state.program_since,
            preview: Some(state.preview.clone()),
            transition: state.transition,
            running: state.running.clone(),
            cities: state.cities.iter().map(city).collect(),
        }
    }

    /// The same for the public: what the director prepares stays in the control room.
    pub fn for_viewers(&self) -> Self {
        let mut view = self.clone();
        view.preview = None;
        for city in &mut view.cities {
            if city.tally == Tally::Preview {
                city.tally = Tally::Off;
            }
        }
        view
    }
}
