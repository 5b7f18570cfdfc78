//! How a source does: what is wrong with its picture and sound, as measured on the media.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that is wrong with a source that comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// Packets come, but no keyframe: nothing can be decoded.
    NoKeyframe,
    /// Its picture is black.
    Black,
    /// Its picture does not change.
    Frozen,
    /// Fewer pictures come than are needed for movement.
    LowFrameRate,
    /// Packets are missing.
    Loss,
    /// Nothing is heard.
    Silent,
    /// Its sound is overdriven.
    Clipped,
}

impl Flaw {
    /// Whether a take of it would be a mistake: it would show nothing, or nothing that moves.
    pub const fn is_severe(self) -> bool {
        matches!(self, Self::NoKeyframe | Self::Black | Self::Frozen)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKeyframe => "no keyframe",
            Self::Black => "black",
            Self::Frozen => "frozen",
            Self::LowFrameRate => "low frame rate",
            Self::Loss => "packet loss",
            Self::Silent => "silent",
            Self::Clipped => "clipped",
        })
    }
}

/// What a take of a source that is not ready leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessRule {
    /// Nothing: the source's flaws are shown, no more.
    Off,
    /// The pages warn.
    #[default]
    Warn,
    /// It is refused if a source of the picture is not live or has a severe flaw.
    Refuse,
}
