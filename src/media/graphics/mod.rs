//! Graphics: what is laid over program. Texts go into an SVG template, are rendered once, and wait as stills.
//!
//! Which graphic is on air is the show's decision; when and how opaque is the picture engine's plan.

mod fonts;
mod label;
mod lower_third;
mod store;

#[cfg(test)]
mod tests;

pub use fonts::{Fonts, PACKAGES, Typeface};
pub use label::Labels;
pub use lower_third::{LowerThird, Renderer};
pub use store::{Slot, StillStore};

pub use crate::video::{PlaneMut as FramePlane, Raster, Region, Still};

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
    #[error("a picture of {width}x{height} has no room for a lower third: {least} pixels each way are needed")]
    NoRoom {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels.
        least: u32,
    },
    /// The template and its values make no SVG.
    #[error("a lower third cannot be drawn: {0}")]
    Template(#[from] resvg::usvg::Error),
}
