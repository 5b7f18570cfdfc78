//! What an operator, a cue or a page may ask of the show, and the ways it says no.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Source, Transition};

/// Something asked of the show.
///
/// To ask for what already is (the picture that is on air, the source that is in preview) is accepted and changes nothing:
/// a key pressed twice does no harm.
///
/// Variants without fields are written with braces, because serde ignores unknown fields beside a plain unit variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Put a source on the preview bus.
    SetPreview {
        /// The source.
        source: Source,
    },
    /// Choose the transition that the next `Take` runs.
    SetTransition {
        /// The transition.
        transition: Transition,
    },
    /// Change program to the preview picture in one frame; preview gets what program had.
    ///
    /// While a transition runs, it jumps to its end instead: the picture it leads to is on air at once, and the buses do
    /// not change over a second time.
    Cut {},
    /// Change program straight to a source in one frame; preview stays. Ends a running transition.
    CutTo {
        /// The source.
        source: Source,
    },
    /// Change program to the preview picture by the chosen transition; preview gets what program had. With a cut chosen it
    /// is [`Command::Cut`].
    Take {},
}

/// Why the show refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The source names a city the show does not have.
    #[error("there is no city '{city}': the evening has {known}")]
    UnknownCity {
        /// What arrived.
        city: String,
        /// The cities there are.
        known: String,
    },
    /// The transition is too short or too long.
    #[error("a transition of {arrived} ms arrived: {} to {} ms are possible", Transition::SHORTEST.as_millis(), Transition::LONGEST.as_millis())]
    TransitionLength {
        /// What arrived, in milliseconds.
        arrived: u32,
    },
    /// A take by a mix while a transition runs.
    #[error("a transition is running: cut to end it at once, or take when it is over")]
    TransitionRunning,
}

impl Rejection {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCity { .. } => "unknown-city",
            Self::TransitionLength { .. } => "transition-length",
            Self::TransitionRunning => "transition-running",
        }
    }
}
