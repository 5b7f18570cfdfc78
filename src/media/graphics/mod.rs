//! Graphics: what is laid over program. Values go into an SVG template, are rendered once, and wait as stills.
//!
//! Templates are checked when they are read: what they may draw, and what drawing it costs, is bounded, and nothing of them
//! can name a file or the network. Which graphic is on air is the show's decision; when and how opaque is the picture
//! engine's plan.

mod check;
mod cost;
mod document;
mod fit;
mod fonts;
mod label;
mod library;
mod lower_third;
mod picture;
mod problem;
mod renderer;
mod store;
mod template;

#[cfg(test)]
mod tests;

pub use fonts::{Fonts, PACKAGES, Typeface};
pub use label::Labels;
pub use library::{Library, read};
pub use lower_third::LowerThird;
pub use picture::{Picture, Pictures};
pub use problem::{Cause, Problem};
pub use renderer::{Drawing, Renderer, Strip};
pub use store::{Drawn, Graphic, Slot, StillStore, Ticker};
pub use template::{Across, Animation, Direction, Down, Field, Flaw, Kind, Place, SPECIAL, Template};

pub use crate::video::{PlaneMut as FramePlane, Raster, Region, Still};

/// Whether it is 1 to 32 of a-z, 0-9 and -.
fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// What can go wrong with graphics.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text is too short or too long.
    #[error("a {part} of {length} characters: {least} to {most} are possible", most = most)]
    Length {
        /// Which text.
        part: &'static str,
        /// How long it is.
        length: usize,
        /// The shortest that is possible.
        least: usize,
        /// The longest that is possible.
        most: usize,
    },
    /// No typeface is there.
    #[error("neither {} is installed: `apt-get install {PACKAGES}`", fonts::NAMES.join(" nor "))]
    NoFonts,
    /// A program of this size has no room for a graphic.
    #[error("a picture of {width}x{height} has no room for a graphic: {least} pixels each way are needed")]
    NoRoom {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels.
        least: u32,
    },
    /// The template and its values make no SVG.
    #[error("a graphic cannot be drawn: {0}")]
    Template(#[from] resvg::usvg::Error),
    /// With these values it would take too long or too much memory.
    #[error("a graphic is too much to draw: {0}; make the template simpler")]
    TooCostly(String),
    /// The SVG renderer gave up.
    #[error("a graphic cannot be drawn: the SVG renderer gave up; make the template simpler")]
    Panicked,
}
