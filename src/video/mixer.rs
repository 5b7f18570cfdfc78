//! Makes pixels of a shot: what one picture looks like, and the frames of its sources.

use super::blend::{WHOLE, fill, mix as mix_in, tint, whole};
use super::painter::{Painter, lay, sole};
use super::place::Area;
use super::shot::moved;
use super::wipe::{Edge, Wiper};
use super::{Aspect, Colour, Image, Key, Mix, Shot, Size, Tableau, View, ViewMut};

/// Draws shots. Keeps what it needs for that from frame to frame.
#[derive(Debug)]
pub struct Mixer {
    painter: Painter,
    wiper: Wiper,
    /// The second tableau of a transition.
    second: Image,
}

impl Mixer {
    /// For pictures of a size. It draws others too, but then has to get memory for their transitions.
    pub fn new(size: Size) -> Self {
        let black = Image::black(size);
        Self { painter: Painter::new(black.clone()), wiper: Wiper::default(), second: black }
    }

    /// What the shot is when nothing has to be done to it: the one source that fills the picture unscaled and unkeyed. The
    /// caller then hands that frame on without a copy. `size_of` says how large a source's frame is; `None` if it has none,
    /// or if its pixels are not square.
    pub fn as_is<S>(shot: &Shot<S>, size_of: impl Fn(&S) -> Option<Size>, canvas: Size) -> Option<&S> {
        if whole(shot.black) > 0 || shot.keys.iter().any(Key::is_seen) {
            return None;
        }
        let square = |size: Size| Aspect(f64::from(size.width) / f64::from(size.height));
        sole(shot.mix.settled(canvas)?, |source| size_of(source).map(|size| (size, square(size))), canvas)
    }

    /// Draws a shot, all over the picture. `frame` gives a source's picture and its display aspect; a source without one is
    /// left out.
    pub fn render<'f, S>(
        &mut self,
        shot: &Shot<S>,
        frame: impl Fn(&S) -> Option<(View<'f>, Aspect)>,
        out: &mut ViewMut<'_>,
    ) {
        let canvas = Area::of(out.size());
        let black = whole(shot.black);
        if black == WHOLE {
            return fill(out, canvas, Colour::BLACK.yuv());
        }
        self.mix(&shot.mix, &frame, out);
        lay(&shot.keys, out, (0, 0), canvas);
        tint(out, canvas, Colour::BLACK.yuv(), black);
    }

    fn mix<'f, S>(&mut self, mix: &Mix<S>, frame: &impl Fn(&S) -> Option<(View<'f>, Aspect)>, out: &mut ViewMut<'_>) {
        let size = out.size();
        let canvas = Area::of(size);
        if let Some(tableau) = mix.settled(size) {
            return self.painter.tableau(tableau, frame, out, (0, 0));
        }
        match mix {
            Mix::One(tableau) => self.painter.tableau(tableau, frame, out, (0, 0)),
            Mix::Dissolve { under, over, weight } => {
                self.painter.tableau(under, frame, out, (0, 0));
                let over = second(&mut self.painter, &mut self.second, over, frame, size);
                mix_in(out, &over, canvas, whole(*weight));
            }
            Mix::Dip { tableau, colour, weight } => match whole(*weight) {
                WHOLE => fill(out, canvas, colour.yuv()),
                weight => {
                    self.painter.tableau(tableau, frame, out, (0, 0));
                    tint(out, canvas, colour.yuv(), weight);
                }
            },
            Mix::Wipe { under, over, pattern, progress, softness } => {
                self.painter.tableau(under, frame, out, (0, 0));
                let edge = Edge { pattern: *pattern, progress: *progress, softness: *softness };
                let over = second(&mut self.painter, &mut self.second, over, frame, size);
                self.wiper.wipe(out, &over, edge);
            }
            Mix::Move { under, under_by, over, over_by } => {
                let (under_by, over_by) = (moved(*under_by, size), moved(*over_by, size));
                let covered = [under_by, over_by].contains(&(0, 0));
                if !covered {
                    fill(out, canvas, Colour::BLACK.yuv());
                }
                self.painter.tableau(under, frame, out, under_by);
                self.painter.tableau(over, frame, out, over_by);
            }
        }
    }
}

/// A transition's second tableau: the frame itself, if it is nothing else, or drawn.
fn second<'a, 'f: 'a, S>(
    painter: &mut Painter,
    scratch: &'a mut Image,
    tableau: &Tableau<S>,
    frame: &impl Fn(&S) -> Option<(View<'f>, Aspect)>,
    size: Size,
) -> View<'a> {
    let sized = |source: &S| frame(source).map(|(view, aspect)| (view.size(), aspect));
    if let Some((view, _)) = sole(tableau, sized, size).and_then(frame) {
        return view;
    }
    if scratch.size() != size {
        *scratch = Image::black(size);
    }
    painter.tableau(tableau, frame, &mut scratch.view_mut(), (0, 0));
    scratch.view()
}

#[cfg(test)]
mod tests;
