//! What goes into the show besides commands, and what comes out of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CityId, CityState, Picture, ShowTime, Transition};

/// What an engine saw. A fact about a city that the show does not have, or one that does not fit the city's state, is
/// ignored: engines race.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// A publisher negotiated a session on this city's seat (also when it took the seat over).
    CityJoined {
        /// The seat.
        city: CityId,
    },
    /// Decoded frames of this city flow, for the first time or again after [`Fact::FramesStopped`].
    FramesFlow {
        /// The seat.
        city: CityId,
    },
    /// No decoded frame of this city came for half a second, whatever became of its session: a takeover that never
    /// delivers is noticed by this alone.
    FramesStopped {
        /// The seat.
        city: CityId,
    },
    /// The seat's last session ended.
    CityLeft {
        /// The seat.
        city: CityId,
    },
}

impl Fact {
    /// The city it is about.
    pub fn city(&self) -> &CityId {
        match self {
            Self::CityJoined { city }
            | Self::FramesFlow { city }
            | Self::FramesStopped { city }
            | Self::CityLeft { city } => city,
        }
    }
}

/// What an engine must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The picture engine shows `picture` on program, from the next frame on.
    ShowPicture {
        /// What to show.
        picture: Picture,
        /// How to get there.
        transition: Transition,
    },
    /// The desk opens exactly these cities' strips on the program bus (audio follows video) and closes all others. The
    /// strip of a lost city stays open, so that it is heard again when it comes back.
    OpenStrips {
        /// The strips to be heard, in the order of the evening.
        cities: Vec<CityId>,
        /// How long every change of gain takes.
        ramp: Duration,
    },
}

/// What the world should know. Numbered by the director. Every change that can be seen is at least one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// Program shows another picture, or begins the transition to it.
    ProgramChanged {
        /// The picture.
        picture: Picture,
        /// How it comes.
        transition: Transition,
    },
    /// The transition that was running is over.
    TransitionEnded {},
    /// Preview holds another picture.
    PreviewChanged {
        /// The picture.
        picture: Picture,
    },
    /// Another transition is chosen for the next `Take`.
    TransitionSet {
        /// The transition.
        transition: Transition,
    },
    /// A city's contribution changed.
    CityChanged {
        /// The city.
        city: CityId,
        /// Its new state.
        state: CityState,
    },
}

/// One thing that follows from a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Engines must do this.
    Effect(Effect),
    /// The world should know this.
    Event(Event),
    /// Call `tick` at this time. Always the last output. Every answer says anew what is waited for: it replaces the time
    /// before it, and an answer without one waits for nothing.
    Timeout(ShowTime),
}
