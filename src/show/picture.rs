//! What a bus shows, said declaratively: boxes with sources.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CityId, CohostId, Colour, Graphic, Layout, MediaId};

/// What a box of the picture shows. As text: `city:roma`, `cohost:luca`, `clip:pillola`, `still:logo`, `colour:#ffb020`,
/// `bars`, `slate`, `black`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// A city's camera; its slate while it is not live.
    City(CityId),
    /// A co-host's camera; their slate while they send no picture.
    Cohost(CohostId),
    /// A clip of the media folder. It plays from its begin when it comes on program, and stands on its last picture.
    Clip(MediaId),
    /// A still picture of the media folder.
    Still(MediaId),
    /// One colour.
    Colour(Colour),
    /// Colour bars, with a tone of 1 kHz.
    Bars,
    /// The evening's own slate.
    Slate,
    /// Nothing.
    Black,
}

/// A text that names no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a source: 'city:ID', 'cohost:ID', 'clip:ID', 'still:ID', 'colour:#rrggbb', 'bars', 'slate' or 'black' is needed"
)]
pub struct InvalidSource(String);

impl FromStr for Source {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        let invalid = || InvalidSource(text.chars().take(64).collect());
        match text.split_once(':') {
            None if text == "slate" => Ok(Self::Slate),
            None if text == "black" => Ok(Self::Black),
            None if text == "bars" => Ok(Self::Bars),
            Some(("city", id)) => id.parse().map(Self::City).map_err(|_| invalid()),
            Some(("cohost", id)) => id.parse().map(Self::Cohost).map_err(|_| invalid()),
            Some(("clip", id)) => id.parse().map(Self::Clip).map_err(|_| invalid()),
            Some(("still", id)) => id.parse().map(Self::Still).map_err(|_| invalid()),
            Some(("colour", colour)) => colour.parse().map(Self::Colour).map_err(|_| invalid()),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::City(id) => write!(f, "city:{id}"),
            Self::Cohost(id) => write!(f, "cohost:{id}"),
            Self::Clip(id) => write!(f, "clip:{id}"),
            Self::Still(id) => write!(f, "still:{id}"),
            Self::Colour(colour) => write!(f, "colour:{colour}"),
            Self::Bars => f.write_str("bars"),
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

/// What is cut off a source before it is shown, in thousandths of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Crop {
    /// On the left, 0 to 900.
    #[schema(maximum = 900)]
    pub left: u16,
    /// At the top, 0 to 900.
    #[schema(maximum = 900)]
    pub top: u16,
    /// On the right, 0 to 900.
    #[schema(maximum = 900)]
    pub right: u16,
    /// At the bottom, 0 to 900.
    #[schema(maximum = 900)]
    pub bottom: u16,
}

impl Crop {
    /// Most that can be cut off each way, in thousandths.
    pub const MOST: u16 = 900;

    fn is_possible(self) -> bool {
        let both = |a: u16, b: u16| u32::from(a) + u32::from(b) <= u32::from(Self::MOST);
        both(self.left, self.right) && both(self.top, self.bottom)
    }

    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How a source fills its box. It keeps its aspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// All of it is seen; beside it the ground shows.
    #[default]
    Contain,
    /// It fills the box; what stands out is cut off.
    Cover,
}

impl Fit {
    pub(super) fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// A line around a box, within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Border {
    /// How wide, 1 to 50 thousandths of the picture's height.
    #[schema(minimum = 1, maximum = 50)]
    pub width: u16,
    /// Which colour.
    pub colour: Colour,
}

impl Border {
    /// Widest, in thousandths of the picture's height.
    pub const WIDEST: u16 = 50;
}

/// One source in its place. The source keeps its aspect inside `place`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureBox {
    /// What is shown.
    pub source: Source,
    /// Where.
    pub place: Rect,
    /// What is cut off it.
    #[serde(default, skip_serializing_if = "Crop::is_none")]
    pub crop: Crop,
    /// How it fills its place.
    #[serde(default, skip_serializing_if = "Fit::is_usual")]
    #[schema(default = "contain")]
    pub fit: Fit,
    /// The line around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub border: Option<Border>,
}

impl PictureBox {
    /// All of a source in a place, without a border.
    pub fn new(source: Source, place: Rect) -> Self {
        Self { source, place, crop: Crop::default(), fit: Fit::default(), border: None }
    }

    fn flaw(&self) -> Option<String> {
        let Self { source, place, crop, border, .. } = self;
        if !place.is_inside() {
            return Some(format!(
                "the box of '{source}' is empty or leaves the picture: 0 to 1000 each way is the picture"
            ));
        }
        if !crop.is_possible() {
            return Some(format!("nothing is left of '{source}': {} each way can be cut off", Crop::MOST));
        }
        border.filter(|border| !(1..=Border::WIDEST).contains(&border.width)).map(|border| {
            format!("the border of '{source}' is {} wide: 1 to {} is possible", border.width, Border::WIDEST)
        })
    }
}

/// A picture: boxes from back to front over black, and what lies over them. Every source stands in it at most once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// The boxes, back to front.
    #[schema(min_items = 1, max_items = 9)]
    pub boxes: Vec<PictureBox>,
    /// What stands over the boxes, the lowest first: it comes and goes with the picture.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        alias = "lower_third",
        deserialize_with = "super::earlier::graphics"
    )]
    #[schema(max_items = 4)]
    pub graphics: Vec<Graphic>,
    /// Whether every city bears its bug: its name and its time of day, in whatever box it is.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schema(default = false)]
    pub bugs: bool,
    /// How the boxes that are left close up when a city is lost; without it the lost one's slate stands in its box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_up: Option<Layout>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Picture {
    /// Most boxes of a picture.
    pub const MOST_BOXES: usize = 9;
    /// Most graphics of a picture.
    pub const MOST_GRAPHICS: usize = 4;

    /// Boxes, and nothing over them.
    pub fn of(boxes: Vec<PictureBox>) -> Self {
        Self { boxes, graphics: Vec::new(), bugs: false, closes_up: None }
    }

    /// One source in the whole picture.
    pub fn full(source: Source) -> Self {
        Self::of(vec![PictureBox::new(source, Rect::FULL)])
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
        if self.graphics.len() > Self::MOST_GRAPHICS {
            return Some(format!("it has {} graphics: {} are possible", self.graphics.len(), Self::MOST_GRAPHICS));
        }
        if let Some(flaw) = self.graphics.iter().find_map(Graphic::flaw) {
            return Some(flaw);
        }
        self.boxes.iter().enumerate().find_map(|(at, each)| {
            let twice = self.boxes[..at].iter().any(|behind| behind.source == each.source);
            match twice {
                true => Some(format!("'{}' stands in it twice: every source can stand in it once", each.source)),
                false => each.flaw(),
            }
        })
    }

    /// The picture without the boxes of these sources, if it closes up and something is left.
    pub(crate) fn without(&self, is_lost: impl Fn(&Source) -> bool) -> Self {
        let Some(layout) = self.closes_up else { return self.clone() };
        let left: Vec<_> = self.boxes.iter().filter(|each| !is_lost(&each.source)).cloned().collect();
        if left.is_empty() || left.len() == self.boxes.len() {
            return self.clone();
        }
        let places = layout.closed_up(left.len());
        let mut left = left;
        for (each, place) in left.iter_mut().zip(places) {
            each.place = place;
        }
        Self { boxes: left, ..self.clone() }
    }

    /// The cities in the picture, back to front.
    pub fn cities(&self) -> impl Iterator<Item = &CityId> {
        self.boxes.iter().filter_map(|b| match &b.source {
            Source::City(id) => Some(id),
            _ => None,
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
