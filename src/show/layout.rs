//! How sources are arranged in a picture: the layouts by name, and the boxes that each one makes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Border, Fit, Graphic, Picture, PictureBox, Rect, Source};

/// An arrangement of boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One source in the whole picture.
    #[default]
    Full,
    /// Two beside each other.
    SideBySide,
    /// The second small in a corner of the first.
    PictureInPicture,
    /// The first large on the left, two or three small ones on the right.
    OneLarge,
    /// Two to nine, all alike, row by row.
    Grid,
    /// Boxes that were placed by hand.
    Free,
}

impl Layout {
    /// How many sources it takes, fewest and most.
    pub const fn sources(self) -> (usize, usize) {
        match self {
            Self::Full => (1, 1),
            Self::SideBySide | Self::PictureInPicture => (2, 2),
            Self::OneLarge => (3, 4),
            Self::Grid => (2, 9),
            Self::Free => (0, 0),
        }
    }

    /// The places of those that are left when boxes drop out; none for a free layout, where the others stay.
    pub(super) fn closed_up(self, count: usize) -> Vec<Rect> {
        match (self, count) {
            (Self::Free, _) => Vec::new(),
            (_, 1) => vec![Rect::FULL],
            (Self::OneLarge, 2) => Self::SideBySide.places(2, Inset::default()),
            (layout, count) => layout.places(count, Inset::default()),
        }
    }

    /// The places of so many sources, in their order. Boxes keep 16:9 where the picture has it.
    fn places(self, count: usize, inset: Inset) -> Vec<Rect> {
        match self {
            Self::Full => vec![Rect::FULL],
            Self::SideBySide => vec![rect(0, 250, 500, 500), rect(500, 250, 500, 500)],
            Self::PictureInPicture => vec![Rect::FULL, inset.place()],
            Self::OneLarge => {
                let small = (0..3).map(|n| rect(700, 50 + 300 * n, 300, 300));
                std::iter::once(rect(0, 150, 700, 700)).chain(small).take(count).collect()
            }
            Self::Grid => grid(count),
            Self::Free => Vec::new(),
        }
    }
}

/// Rows of equal boxes, as square as can be; a row that is not full stands in the middle.
fn grid(count: usize) -> Vec<Rect> {
    let columns = (1..).find(|columns| columns * columns >= count).unwrap_or(1);
    let rows = count.div_ceil(columns);
    let side = (1000 / columns) as u16;
    let top = (1000 - side * rows as u16) / 2;
    let place = |n: usize| {
        let row = n / columns;
        let in_row = columns.min(count - row * columns) as u16;
        let left = (1000 - side * in_row) / 2;
        rect(left + side * (n % columns) as u16, top + side * row as u16, side, side)
    };
    (0..count).map(place).collect()
}

const fn rect(x: u16, y: u16, width: u16, height: u16) -> Rect {
    Rect { x, y, width, height }
}

/// A corner of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Corner {
    /// Top left.
    TopLeft,
    /// Top right.
    TopRight,
    /// Bottom left.
    BottomLeft,
    /// Bottom right.
    #[default]
    BottomRight,
}

/// Where the small picture of a picture in picture stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Inset {
    /// In which corner.
    pub corner: Corner,
    /// How large, 100 to 500 thousandths of the picture each way.
    #[schema(minimum = 100, maximum = 500, default = 280)]
    pub size: u16,
}

impl Default for Inset {
    fn default() -> Self {
        Self { corner: Corner::default(), size: 280 }
    }
}

impl Inset {
    /// What is free between it and the picture's edge, in thousandths.
    const MARGIN: u16 = 40;
    /// Smallest and largest, in thousandths.
    const SIZES: std::ops::RangeInclusive<u16> = 100..=500;

    fn place(self) -> Rect {
        let size = self.size.clamp(*Self::SIZES.start(), *Self::SIZES.end());
        let far = 1000 - Self::MARGIN - size;
        let (x, y) = match self.corner {
            Corner::TopLeft => (Self::MARGIN, Self::MARGIN),
            Corner::TopRight => (far, Self::MARGIN),
            Corner::BottomLeft => (Self::MARGIN, far),
            Corner::BottomRight => (far, far),
        };
        rect(x, y, size, size)
    }

    fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    fn flaw(self) -> Option<String> {
        let (least, most) = (Self::SIZES.start(), Self::SIZES.end());
        (!Self::SIZES.contains(&self.size))
            .then(|| format!("its small picture is {} large: {least} to {most} is possible", self.size))
    }
}

/// What becomes of a box whose city is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenLost {
    /// The city's slate stands in it.
    #[default]
    Slate,
    /// It drops out and the others close up, until the city is back.
    CloseUp,
}

impl WhenLost {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What a picture is made from, as operators say it and scenes keep it.
///
/// `free` takes `boxes`; every other layout takes `sources`: `full` 1, `side_by_side` and `picture_in_picture` 2,
/// `one_large` 3 or 4, `grid` 2 to 9.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Composition {
    /// The arrangement.
    #[serde(default)]
    #[schema(default = "full")]
    pub layout: Layout,
    /// The sources in the order of the layout's places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 9)]
    pub sources: Vec<Source>,
    /// The boxes of a free layout, back to front.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 9)]
    pub boxes: Vec<PictureBox>,
    /// Where the small picture of a picture in picture stands.
    #[serde(default, skip_serializing_if = "Inset::is_usual")]
    pub inset: Inset,
    /// How sources fill the places of a layout; boxes of a free one say it themselves.
    #[serde(default, skip_serializing_if = "Fit::is_usual")]
    #[schema(default = "contain")]
    pub fit: Fit,
    /// The line around the boxes of a layout that do not fill the picture; boxes of a free one say it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub border: Option<Border>,
    /// What becomes of a box whose city is lost.
    #[serde(default, skip_serializing_if = "WhenLost::is_usual")]
    #[schema(default = "slate")]
    pub when_lost: WhenLost,
    /// Whether every city bears its bug: its name and its time of day.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schema(default = false)]
    pub bugs: bool,
    /// What lies over it, the lowest first.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        alias = "lower_third",
        deserialize_with = "super::earlier::graphics"
    )]
    #[schema(max_items = 4)]
    pub graphics: Vec<Graphic>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Default for Composition {
    fn default() -> Self {
        Self {
            layout: Layout::Full,
            sources: Vec::new(),
            boxes: Vec::new(),
            inset: Inset::default(),
            fit: Fit::default(),
            border: None,
            when_lost: WhenLost::default(),
            bugs: false,
            graphics: Vec::new(),
        }
    }
}

impl Composition {
    /// One source in the whole picture.
    pub fn full(source: Source) -> Self {
        Self { sources: vec![source], ..Self::default() }
    }

    /// The picture as it is, box by box.
    pub fn of(picture: &Picture) -> Self {
        let Picture { boxes, graphics, bugs, closes_up } = picture.clone();
        let when_lost = if closes_up.is_some() { WhenLost::CloseUp } else { WhenLost::Slate };
        let over = Self { bugs, graphics, when_lost, ..Self::default() };
        match &boxes[..] {
            [only] if *only == PictureBox::new(only.source.clone(), Rect::FULL) => {
                Self { sources: vec![only.source.clone()], ..over }
            }
            _ => {
                // One that closes up remembers its layout; boxes that were placed by hand do not follow from any.
                let sources = boxes.iter().map(|each| each.source.clone()).collect();
                let (fit, border) = boxes.last().map_or((Fit::default(), None), |last| (last.fit, last.border));
                let laid = closes_up.map(|layout| Self { layout, sources, fit, border, ..over.clone() });
                let same = laid.filter(|laid| laid.picture().as_ref() == Ok(picture));
                same.unwrap_or(Self { layout: Layout::Free, boxes, ..over })
            }
        }
    }

    /// The picture that it makes, or in words why there is none.
    pub fn picture(&self) -> Result<Picture, String> {
        let (fewest, most) = self.layout.sources();
        let boxes = match self.layout {
            Layout::Free if self.sources.is_empty() => self.boxes.clone(),
            Layout::Free => return Err("a free layout takes 'boxes', 'sources' arrived".into()),
            _ if !self.boxes.is_empty() => return Err("this layout takes 'sources', 'boxes' arrived".into()),
            _ if !(fewest..=most).contains(&self.sources.len()) => {
                let needed = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
                return Err(format!("this layout takes {needed} sources, {} arrived", self.sources.len()));
            }
            layout => {
                let places = layout.places(self.sources.len(), self.inset);
                let in_place = |(source, place)| {
                    let border = self.border.filter(|_| place != Rect::FULL);
                    PictureBox { fit: self.fit, border, ..PictureBox::new(source, place) }
                };
                self.sources.iter().cloned().zip(places).map(in_place).collect()
            }
        };
        if let Some(flaw) = self.inset.flaw() {
            return Err(flaw);
        }
        let closes_up = (self.when_lost == WhenLost::CloseUp).then_some(self.layout);
        let picture = Picture { boxes, graphics: self.graphics.clone(), bugs: self.bugs, closes_up };
        match picture.flaw() {
            None => Ok(picture),
            Some(flaw) => Err(flaw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cities(count: usize) -> Vec<Source> {
        (0..count).map(|n| format!("city:c{n}").parse().unwrap()).collect()
    }

    fn overlap(a: Rect, b: Rect) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    #[test]
    fn every_layout_makes_a_picture_of_every_number_of_sources_that_it_takes() {
        for layout in [Layout::Full, Layout::SideBySide, Layout::PictureInPicture, Layout::OneLarge, Layout::Grid] {
            let (fewest, most) = layout.sources();
            for count in fewest..=most {
                let composition = Composition { layout, sources: cities(count), ..Composition::full(Source::Slate) };
                let picture = composition.picture().unwrap();
                let sources: Vec<_> = picture.boxes.iter().map(|each| each.source.clone()).collect();
                assert_eq!(sources, cities(count), "{layout:?}");
                let apart = layout != Layout::PictureInPicture;
                for (n, a) in picture.boxes.iter().enumerate() {
                    assert_eq!(a.place.width, a.place.height, "{layout:?}: the picture's own aspect");
                    assert!(!apart || picture.boxes[..n].iter().all(|b| !overlap(a.place, b.place)), "{layout:?}");
                }
            }
        }
    }

    #[test]
    fn what_a_layout_does_not_take_is_named() {
        let wrong = |layout, count| {
            Composition { layout, sources: cities(count), ..Composition::full(Source::Slate) }.picture().unwrap_err()
        };
        assert_eq!(wrong(Layout::SideBySide, 3), "this layout takes 2 sources, 3 arrived");
        assert_eq!(wrong(Layout::Grid, 1), "this layout takes 2 to 9 sources, 1 arrived");
        assert!(wrong(Layout::Free, 1).contains("'boxes'"));
        let twice = Composition {
            layout: Layout::SideBySide,
            sources: vec![Source::Slate, Source::Slate],
            ..Composition::full(Source::Slate)
        };
        assert!(twice.picture().unwrap_err().contains("twice"));
    }

    #[test]
    fn a_picture_is_its_own_composition() {
        for composition in [
            Composition::full(Source::Black),
            Composition { layout: Layout::Grid, sources: cities(5), ..Composition::full(Source::Slate) },
        ] {
            let picture = composition.picture().unwrap();
            assert_eq!(Composition::of(&picture).picture(), Ok(picture));
        }
    }
}
