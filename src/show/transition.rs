//! The way from one picture to the next, said declaratively: what it looks like, and how far it is.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Colour, MediaId, ShowTime};

/// The way from one picture to the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Transition {
    /// From one frame to the next.
    Cut {},
    /// A dissolve.
    Mix {
        /// 100 to 3000, in milliseconds.
        #[schema(minimum = 100, maximum = 3000)]
        duration_ms: u32,
    },
    /// The old picture goes to a colour, and the new one comes out of it.
    Dip {
        /// 100 to 3000, in milliseconds.
        #[schema(minimum = 100, maximum = 3000)]
        duration_ms: u32,
        /// Through which colour.
        #[serde(default)]
        colour: Colour,
    },
    /// An edge runs over the old picture and leaves the new one behind it.
    Wipe {
        /// 100 to 3000, in milliseconds.
        #[schema(minimum = 100, maximum = 3000)]
        duration_ms: u32,
        /// The form of the edge.
        pattern: WipePattern,
        /// How soft the edge is, 0 (sharp) to 500 thousandths of the picture.
        #[serde(default)]
        #[schema(maximum = 500, default = 0)]
        softness: u16,
    },
    /// The new picture pushes the old one out.
    Push {
        /// 100 to 3000, in milliseconds.
        #[schema(minimum = 100, maximum = 3000)]
        duration_ms: u32,
        /// Where both move.
        direction: Direction,
    },
    /// The new picture slides over the old one, which stays.
    Slide {
        /// 100 to 3000, in milliseconds.
        #[schema(minimum = 100, maximum = 3000)]
        duration_ms: u32,
        /// Where the new one moves.
        direction: Direction,
    },
    /// Boxes of sources that both pictures show fly to their new places; the others fade.
    Move {
        /// 100 to 3000, in milliseconds.
        #[schema(minimum = 100, maximum = 3000)]
        duration_ms: u32,
    },
    /// A short animation with alpha runs over the change.
    Stinger {
        /// How long it runs: 100 to 3000, in milliseconds.
        #[schema(minimum = 100, maximum = 3000)]
        duration_ms: u32,
        /// Which animation.
        stinger: MediaId,
        /// When, under it, the picture changes: in milliseconds from its begin, within its duration.
        cut_ms: u32,
    },
}

/// Where something moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Upwards.
    Up,
    /// Downwards.
    Down,
}

/// The form of a wipe's edge, and where it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WipePattern {
    /// From the left edge to the right.
    Right,
    /// From the right edge to the left.
    Left,
    /// From the top edge down.
    Down,
    /// From the bottom edge up.
    Up,
    /// From the top left corner.
    DownRight,
    /// From the top right corner.
    DownLeft,
    /// From the bottom left corner.
    UpRight,
    /// From the bottom right corner.
    UpLeft,
    /// A circle that grows from the middle.
    Circle,
    /// A diamond that grows from the middle.
    Diamond,
    /// From the middle to left and right.
    BarnHorizontal,
    /// From the middle up and down.
    BarnVertical,
    /// Like the hand of a clock, from twelve.
    Clock,
}

impl Transition {
    /// Shortest transition that is not a cut.
    pub const SHORTEST: Duration = Duration::from_millis(100);
    /// Longest transition.
    pub const LONGEST: Duration = Duration::from_millis(3000);
    /// Softest edge of a wipe, in thousandths of the picture.
    pub const SOFTEST: u16 = 500;

    /// How long it runs; zero for a cut.
    pub fn duration(&self) -> Duration {
        match self {
            Self::Cut {} => Duration::ZERO,
            Self::Mix { duration_ms }
            | Self::Dip { duration_ms, .. }
            | Self::Wipe { duration_ms, .. }
            | Self::Push { duration_ms, .. }
            | Self::Slide { duration_ms, .. }
            | Self::Move { duration_ms }
            | Self::Stinger { duration_ms, .. } => Duration::from_millis((*duration_ms).into()),
        }
    }

    /// Whether it changes from one frame to the next.
    pub const fn is_cut(&self) -> bool {
        matches!(self, Self::Cut {})
    }

    /// Whether its length is one that can be run: a cut, or from [`Transition::SHORTEST`] to [`Transition::LONGEST`].
    pub fn is_possible(&self) -> bool {
        self.is_cut() || (Self::SHORTEST..=Self::LONGEST).contains(&self.duration())
    }

    /// What keeps it from being run, besides its length, in words.
    pub(super) fn flaw(&self) -> Option<String> {
        match self {
            Self::Wipe { softness, .. } if *softness > Self::SOFTEST => {
                Some(format!("softness {softness} arrived: 0 to {} is possible", Self::SOFTEST))
            }
            Self::Stinger { cut_ms, duration_ms, .. } if cut_ms > duration_ms => {
                Some(format!("cut_ms {cut_ms} arrived: 0 to its duration of {duration_ms} is possible"))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Cut {} => return f.write_str("cut"),
            Self::Mix { .. } => "mix",
            Self::Dip { .. } => "dip",
            Self::Wipe { .. } => "wipe",
            Self::Push { .. } => "push",
            Self::Slide { .. } => "slide",
            Self::Move { .. } => "move",
            Self::Stinger { .. } => "stinger",
        };
        write!(f, "{word} of {} ms", self.duration().as_millis())
    }
}

/// How far a transition is, and what drives it on. Parts are thousandths: 0 is the old picture, 1000 the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Progress {
    /// It runs by itself.
    Auto {
        /// When it began, or went on.
        started: ShowTime,
        /// When it is over.
        ends: ShowTime,
        /// How far it was at `started`.
        #[schema(maximum = 1000)]
        done: u16,
    },
    /// The T-bar holds it.
    Hand {
        /// How far it is.
        #[schema(maximum = 1000)]
        done: u16,
    },
}

impl Progress {
    /// All of it.
    pub const WHOLE: u16 = 1000;

    /// It runs by itself from `now` on, from where it is.
    pub(super) fn auto(done: u16, duration: Duration, now: ShowTime) -> Self {
        let rest = duration * u32::from(Self::WHOLE.saturating_sub(done)) / u32::from(Self::WHOLE);
        Self::Auto { started: now, ends: now + rest, done }
    }

    /// How far it is at `now`.
    pub fn done(&self, now: ShowTime) -> u16 {
        match *self {
            Self::Hand { done } => done,
            Self::Auto { ends, .. } if ends <= now => Self::WHOLE,
            Self::Auto { started, ends, done } => {
                let (gone, length) = (now - started, ends - started);
                let rest = u128::from(Self::WHOLE.saturating_sub(done)) * gone.as_micros() / length.as_micros().max(1);
                done.saturating_add(u16::try_from(rest).unwrap_or(Self::WHOLE)).min(Self::WHOLE)
            }
        }
    }

    /// When it is over by itself.
    pub fn ends(&self) -> Option<ShowTime> {
        match self {
            Self::Auto { ends, .. } => Some(*ends),
            Self::Hand { .. } => None,
        }
    }
}

/// What the picture engine is told about the way to a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The picture that is left.
    pub from: super::Picture,
    /// How.
    pub transition: Transition,
    /// Whether it looks like the transition from the new picture to the old one, run backwards.
    pub reversed: bool,
    /// How far it is in the first frame, in thousandths.
    pub done: u16,
    /// Whether it stays there until the next word: the T-bar holds it.
    pub held: bool,
}

impl Way {
    /// No way: the picture is there in the next frame.
    pub fn cut(from: super::Picture) -> Self {
        Self { from, transition: Transition::Cut {}, reversed: false, done: Progress::WHOLE, held: false }
    }

    /// How long it takes from now on; zero if it is held, or a cut.
    pub fn remaining(&self) -> Duration {
        if self.held {
            return Duration::ZERO;
        }
        self.transition.duration() * u32::from(Progress::WHOLE.saturating_sub(self.done)) / u32::from(Progress::WHOLE)
    }
}
