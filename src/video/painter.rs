//! Draws one tableau: its ground, its layers one over the other, and the graphics that belong to it.

use super::blend::{WHOLE, fill, mix, whole};
use super::place::{Area, Placement, even};
use super::scale::{Samples, Scaler};
use super::{Aspect, Image, Key, Layer, Size, Tableau, View, ViewMut};

/// Draws tableaus. Keeps its buffers.
#[derive(Debug)]
pub(super) struct Painter {
    scaler: Scaler,
    /// Where a layer that lets something through is drawn before it is mixed in.
    translucent: Image,
}

/// A layer that is seen.
struct Drawn<'t, 'f, S> {
    layer: &'t Layer<S>,
    view: View<'f>,
    placement: Placement,
    opacity: u16,
}

impl Painter {
    /// With a picture to draw translucent layers on; it becomes as large as it has to be.
    pub(super) fn new(translucent: Image) -> Self {
        Self { scaler: Scaler::default(), translucent }
    }

    /// Draws a tableau that has moved by so many pixels to the right and down.
    pub(super) fn tableau<'f, S>(
        &mut self,
        tableau: &Tableau<S>,
        frame: &impl Fn(&S) -> Option<(View<'f>, Aspect)>,
        out: &mut ViewMut<'_>,
        by: (i64, i64),
    ) {
        let canvas = Area::of(out.size());
        let clip = canvas.meet(canvas.moved(by));
        if clip.is_empty() {
            return;
        }
        let layers = tableau.layers.iter().filter_map(|layer| Drawn::of(layer, frame, by));
        let layers: Vec<Drawn<'_, 'f, S>> = layers.collect();
        let hides = |above: &[Drawn<'_, 'f, S>], area: Area| above.iter().any(|layer| layer.hides(area.meet(clip)));
        if !hides(&layers, clip) {
            fill(out, clip, tableau.ground.yuv());
        }
        for (number, layer) in layers.iter().enumerate() {
            if !hides(&layers[number + 1..], layer.placement.area) {
                self.layer(layer, out, clip);
            }
        }
        lay(&tableau.keys, out, by, clip);
    }

    fn layer<S>(&mut self, drawn: &Drawn<'_, '_, S>, out: &mut ViewMut<'_>, clip: Area) {
        let seen = drawn.placement.area.meet(clip);
        if seen.is_empty() {
            return;
        }
        if drawn.opacity == WHOLE {
            return drawn.draw(&mut self.scaler, out, seen);
        }
        if self.translucent.size() != out.size() {
            self.translucent = Image::black(out.size());
        }
        drawn.draw(&mut self.scaler, &mut self.translucent.view_mut(), seen);
        mix(out, &self.translucent.view(), seen, drawn.opacity);
    }
}

impl<'t, 'f, S> Drawn<'t, 'f, S> {
    fn of(layer: &'t Layer<S>, frame: &impl Fn(&S) -> Option<(View<'f>, Aspect)>, by: (i64, i64)) -> Option<Self> {
        let opacity = whole(layer.opacity);
        if opacity == 0 {
            return None;
        }
        let (view, aspect) = frame(&layer.source)?;
        let Placement { area, part } = Placement::of(layer, view.size(), aspect)?;
        Some(Self { layer, view, placement: Placement { area: area.moved(by), part }, opacity })
    }

    /// Whether nothing of what is behind it is seen in an area.
    fn hides(&self, area: Area) -> bool {
        self.opacity == WHOLE && self.placement.area.holds(area)
    }

    /// As if it let nothing through. `seen` is what of its area is on the canvas.
    fn draw(&self, scaler: &mut Scaler, out: &mut ViewMut<'_>, seen: Area) {
        let Placement { area, part } = self.placement;
        let sizes = self.view.size().planes();
        for (number, ((to, from), size)) in out.planes().iter_mut().zip(self.view.planes()).zip(sizes).enumerate() {
            let (samples, origin) = Samples::of(from.data, from.stride, size, part.on(number));
            let mut part = self.placement.part_in(seen).on(number);
            (part.left, part.top) = (part.left - origin.0, part.top - origin.1);
            scaler.scale(samples, part, to, seen.on(number));
        }
        if let Some(border) = self.layer.border {
            for side in area.frame(even(border.width).max(0)) {
                fill(out, side.meet(seen), border.colour.yuv());
            }
        }
        lay(&self.layer.tags, out, (area.left, area.top), seen);
    }
}

/// Lays graphics over a picture that has moved by so many pixels to the right and down.
pub(super) fn lay(keys: &[Key], out: &mut ViewMut<'_>, by: (i64, i64), clip: Area) {
    for key in keys.iter().filter(|key| key.is_seen()) {
        let window = key.window.map_or(clip, |window| Area::of_region(window).moved(by).meet(clip));
        let offset = (by.0 + even(key.x.into()), by.1 + even(key.y.into()));
        key.still.lay(out, key.weight, offset, window);
    }
}

/// The source that a tableau is, if it is nothing but that one, unscaled. A layer of which nothing is known counts as seen.
pub(super) fn sole<S>(tableau: &Tableau<S>, sized: impl Fn(&S) -> Option<(Size, Aspect)>, canvas: Size) -> Option<&S> {
    if tableau.keys.iter().any(Key::is_seen) {
        return None;
    }
    let all = Area::of(canvas);
    let seen = |layer: &&Layer<S>| whole(layer.opacity) > 0 && !Area::around(layer.place).meet(all).is_empty();
    let layer = tableau.layers.iter().rev().find(seen)?;
    let (size, aspect) = sized(&layer.source)?;
    let Placement { area, part } = Placement::of(layer, size, aspect)?;
    let bare = layer.border.is_none_or(|border| even(border.width) <= 0) && !layer.tags.iter().any(Key::is_seen);
    let unscaled = size == canvas && area == all && part.is_all_of(size);
    (bare && unscaled && whole(layer.opacity) == WHOLE).then_some(&layer.source)
}
