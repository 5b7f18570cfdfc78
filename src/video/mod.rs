//! The picture mixer, the counterpart of `audio`: frames in, one picture out. Pure: no clock, no thread, no GStreamer;
//! whoever drives it says what the picture looks like and where the frames are.
//!
//! Pictures are I420 in BT.709's video range: a plane of luma, and two of chroma with half its resolution each way. Places on
//! the canvas are rounded to even pixels once, so that the three planes never disagree.

mod blend;
mod colour;
mod image;
mod mixer;
mod painter;
mod place;
mod resample;
mod scale;
mod shot;
mod still;
mod wipe;

pub use self::image::{Image, Plane, PlaneMut, Size, View, ViewMut};
pub use colour::Colour;
pub use mixer::Mixer;
pub use shot::{Aspect, Border, Crop, Fit, Key, Layer, Mix, Pattern, Rect, Shot, Tableau};
pub use still::{Raster, Region, Still};
