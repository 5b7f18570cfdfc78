//! What a bus shows, said declaratively: boxes with sources, and the way from one picture to the next.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CityId, LowerThird};

/// What a box of the picture shows. As text: `city:roma`, `slate`, `black`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// A city's camera; its slate while it is not live.
    City(CityId),
    /// The evening's own slate.
    Slate,
    /// Nothing.
    Black,
}

/// A text that names no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a source: 'city:ID', 'slate' or 'black' is needed")]
pub struct InvalidSource(String);

impl FromStr for Source {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        let invalid = || InvalidSource(text.chars().take(64).collect());
        match text.split_once(':') {
            None if text == "slate" => Ok(Self::Slate),
            None if text == "black" => Ok(Self::Black),
            Some(("city", id)) => id.parse().map(Self::City).map_err(|_| invalid()),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::City(id) => write!(f, "city:{id}"),
            Self::Slate => f.write_str("slate"),
            Self::Black => f.write_str("black"),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = InvalidSource;
    fn try_from(text: String) -> Result<Self, InvalidSource> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

/// A place in the picture, in thousandths of its width and height, from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rect {
    /// Left edge, 0 to 1000.
    #[schema(minimum = 0, maximum = 1000)]
    pub x: u16,
    /// Top edge, 0 to 1000.
    #[schema(minimum = 0, maximum = 1000)]
    pub y: u16,
    /// Width, 1 to 1000.
    #[schema(minimum = 1, maximum = 1000)]
    pub width: u16,
    /// Height, 1 to 1000.
    #[schema(minimum = 1, maximum = 1000)]
    pub height: u16,
}

impl Rect {
    /// The whole picture.
    pub const FULL: Self = Self { x: 0, y: 0, width: 1000, height: 1000 };

    fn is_inside(self) -> bool {
        let inside = |start: u16, length: u16| length > 0 && u32::from(start) + u32::from(length) <= 1000;
        inside(self.x, self.width) && inside(self.y, self.height)
    }
}

/// One source in its place. The source keeps its aspect inside `place`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureBox {
    /// What is shown.
    pub source: Source,
    /// Where.
    pub place: Rect,
}

/// A picture: boxes from back to front over black, and the title over them. Every source stands in it at most once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// The boxes, back to front.
    #[schema(min_items = 1, max_items = 9)]
    pub boxes: Vec<PictureBox>,
    /// What stands over the boxes: it comes and goes with the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_third: Option<LowerThird>,
}

impl Picture {
    /// Most boxes of a picture.
    pub const MOST_BOXES: usize = 9;

    /// One source in the whole picture.
    pub fn full(source: Source) -> Self {
        Self { boxes: vec![PictureBox { source, place: Rect::FULL }], lower_third: None }
    }

    /// Whether `source` is anywhere in the picture.
    pub fn shows(&self, source: &Source) -> bool {
        self.boxes.iter().any(|b| b.source == *source)
    }

    /// What keeps this from being a picture, in words; `None` for a good one.
    pub(super) fn flaw(&self) -> Option<String> {
        if !(1..=Self::MOST_BOXES).contains(&self.boxes.len()) {
            return Some(format!("it has {} boxes: 1 to {} are possible", self.boxes.len(), Self::MOST_BOXES));
        }
        if let Some(flaw) = self.lower_third.as_ref().and_then(LowerThird::flaw) {
            return Some(flaw);
        }
        for (at, PictureBox { source, place }) in self.boxes.iter().enumerate() {
            if self.boxes[..at].iter().any(|behind| behind.source == *source) {
                return Some(format!("'{source}' stands in it twice: every source can stand in it once"));
            }
            if !place.is_inside() {
                return Some(format!(
                    "the box of '{source}' is empty or leaves the picture: 0 to 1000 each way is the picture"
                ));
            }
        }
        None
    }

    /// The cities in the picture, back to front.
    pub fn cities(&self) -> impl Iterator<Item = &CityId> {
        self.boxes.iter().filter_map(|b| match &b.source {
            Source::City(id) => Some(id),
            Source::Slate | Source::Black => None,
        })
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, each) in self.boxes.iter().enumerate() {
            let joint = if at == 0 { "" } else { " + " };
            write!(f, "{joint}{}", each.source)?;
        }
        Ok(())
    }
}

/// The way from one picture to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
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
}

impl Transition {
    /// Shortest transition that is not a cut.
    pub const SHORTEST: Duration = Duration::from_millis(100);
    /// Longest transition.
    pub const LONGEST: Duration = Duration::from_millis(3000);

    /// How long it runs; zero for a cut.
    pub fn duration(self) -> Duration {
        match self {
            Self::Cut {} => Duration::ZERO,
            Self::Mix { duration_ms } => Duration::from_millis(duration_ms.into()),
        }
    }

    /// Whether its length is one that can be run: a cut, or from [`Transition::SHORTEST`] to [`Transition::LONGEST`].
    pub fn is_possible(self) -> bool {
        match self {
            Self::Cut {} => true,
            Self::Mix { .. } => (Self::SHORTEST..=Self::LONGEST).contains(&self.duration()),
        }
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut {} => f.write_str("cut"),
            Self::Mix { duration_ms } => write!(f, "mix of {duration_ms} ms"),
        }
    }
}

/// Whether a source is seen. Derived from the buses, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tally {
    /// On neither bus.
    Off,
    /// Green: in preview.
    Preview,
    /// Red: on air in program, also while it is being mixed out.
    Program,
}
