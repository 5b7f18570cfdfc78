//! Makes pixels of a shot.

use super::{Aspect, Colour, Image, Shot, Size, View, ViewMut};

/// Draws shots. Keeps what it needs for that from frame to frame.
#[derive(Debug)]
pub struct Mixer {
    scratch: Image,
}

impl Mixer {
    /// For pictures of a size. Others can be drawn too.
    pub fn new(size: Size) -> Self {
        Self { scratch: Image::filled(size, Colour::BLACK) }
    }

    /// What the shot is when nothing has to be done to it: the one source that fills the picture unscaled and unkeyed. The
    /// caller then hands that frame on without a copy. `size_of` says how large a source's frame is, if there is one and
    /// its pixels are square.
    pub fn as_is<'s, S>(shot: &'s Shot<S>, size_of: impl Fn(&S) -> Option<Size>, canvas: Size) -> Option<&'s S> {
        let _ = (shot, size_of, canvas);
        None
    }

    /// Draws a shot. `frame` gives a source's picture and its display aspect; one without is left out.
    pub fn render<'f, S>(
        &mut self,
        shot: &Shot<S>,
        frame: impl Fn(&S) -> Option<(View<'f>, Aspect)>,
        out: &mut ViewMut<'_>,
    ) {
        let _ = (shot, frame, out, &self.scratch);
    }
}
