//! What one picture looks like, in words: sources in places, one over the other, how two such tableaus are mixed, and what
//! lies over all. Knows no pixel.

use std::sync::Arc;

use super::{Colour, Region, Still};

/// A display aspect, width by height: of sources whose pixels are not square too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aspect(pub f64);

/// A place on the canvas, in its pixels. May lie partly or wholly outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Parts of a source that are cut off, each 0 to less than 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Crop {
    /// Of its width.
    pub left: f64,
    /// Of its height.
    pub top: f64,
    /// Of its width.
    pub right: f64,
    /// Of its height.
    pub bottom: f64,
}

/// How a source of one aspect comes into a place of another one. It is never distorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fit {
    /// Whole, with what is behind it showing beside it.
    #[default]
    Contain,
    /// So that it fills the place; what is too much at two sides is cut off.
    Cover,
}

/// A frame around a layer, drawn inside the place that it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Border {
    /// Pixels, rounded to even.
    pub width: f64,
    /// Its colour.
    pub colour: Colour,
}

/// A source in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer<S> {
    /// What is shown. While it has no frame nothing is drawn, its border and tags neither.
    pub source: S,
    /// Where.
    pub place: Rect,
    /// What is cut off first.
    pub crop: Crop,
    /// How the rest comes into the place.
    pub fit: Fit,
    /// A frame around it.
    pub border: Option<Border>,
    /// 0 to 1, border and tags included.
    pub opacity: f64,
    /// Graphics that move with it: placed relative to the top left of what the layer really fills, hidden outside it.
    pub tags: Vec<Key>,
}

/// Layers over a ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Tableau<S> {
    /// What is seen where no layer is.
    pub ground: Colour,
    /// From the back to the front.
    pub layers: Vec<Layer<S>>,
    /// Graphics that belong to this picture and are mixed with it, the lowest first.
    pub keys: Vec<Key>,
}

/// A graphic that is laid over.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// What.
    pub still: Arc<Still>,
    /// 0 to 1.
    pub weight: f64,
    /// Pixels to the right of where the still itself belongs, rounded to even.
    pub x: i32,
    /// Pixels below where the still itself belongs, rounded to even.
    pub y: i32,
    /// Where it is seen, if not everywhere: what a ticker runs through. In pixels of the canvas, or of the layer for its tags.
    pub window: Option<Region>,
}

/// One tableau, or two on their way from one to the other. Weights and progress go from 0 to 1; both ends are exact.
#[derive(Debug, Clone, PartialEq)]
pub enum Mix<S> {
    /// No transition.
    One(Tableau<S>),
    /// A mix.
    Dissolve {
        /// All there is at 0.
        under: Tableau<S>,
        /// All there is at 1.
        over: Tableau<S>,
        /// How much of `over`.
        weight: f64,
    },
    /// One half of a dip: a tableau on its way into a colour, or out of it.
    Dip {
        /// All there is at 0.
        tableau: Tableau<S>,
        /// All there is at 1.
        colour: Colour,
        /// How much of the colour.
        weight: f64,
    },
    /// An edge runs over the picture and uncovers `over`.
    Wipe {
        /// All there is at 0.
        under: Tableau<S>,
        /// All there is at 1.
        over: Tableau<S>,
        /// The edge.
        pattern: Pattern,
        /// How far it is.
        progress: f64,
        /// How wide it is, as a part of the picture: 0 (hard) to 0.5.
        softness: f64,
    },
    /// Whole tableaus beside their places: push, slide. Where none of them is the picture is black.
    Move {
        /// The lower one.
        under: Tableau<S>,
        /// Parts of the picture's width and height by which it has moved to the right and down.
        under_by: (f64, f64),
        /// The upper one.
        over: Tableau<S>,
        /// Parts of the picture's width and height by which it has moved to the right and down.
        over_by: (f64, f64),
    },
}

/// The edge of a wipe, by the direction in which it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// From the left edge.
    Right,
    /// From the right edge.
    Left,
    /// From the top edge.
    Down,
    /// From the bottom edge.
    Up,
    /// From the top left corner.
    DownRight,
    /// From the top right corner.
    DownLeft,
    /// From the bottom left corner.
    UpRight,
    /// From the bottom right corner.
    UpLeft,
    /// Grows from the middle.
    Circle,
    /// Grows from the middle.
    Diamond,
    /// Two edges from the middle to the left and the right.
    BarnHorizontal,
    /// Two edges from the middle up and down.
    BarnVertical,
    /// A hand that goes round once, from twelve o'clock.
    Clock,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Right,
        Self::Left,
        Self::Down,
        Self::Up,
        Self::DownRight,
        Self::DownLeft,
        Self::UpRight,
        Self::UpLeft,
        Self::Circle,
        Self::Diamond,
        Self::BarnHorizontal,
        Self::BarnVertical,
        Self::Clock,
    ];
}

/// What one frame looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot<S> {
    /// The picture.
    pub mix: Mix<S>,
    /// What lies over it, transition or none: the downstream keyers, the lowest first.
    pub keys: Vec<Key>,
    /// Fade to black, over everything: 0 to 1.
    pub black: f64,
}
