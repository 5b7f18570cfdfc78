//! The planner: compares what is on stage with the picture wanted and says what every input must do, and when.
//!
//! Pure: no GStreamer, no clock. Inputs are numbers, times are event time. A dissolve is exact where one side is a
//! single box that covers the other: it lies on top and fades in (or out) over the other, which stays opaque, so
//! nothing dips to black.

mod keyer;

use std::time::Duration;

pub use keyer::Keyer;

use crate::show::{Picture, Rect, Source, Transition};

/// The part of a mix, at its end, in which outgoing boxes fade that stand out beside the incoming ones.
const TAIL: u32 = 5;

/// Progress from which on a ramp is over: frame times are rounded to nanoseconds and may miss the end by one.
const OVER: f64 = 1.0 - 1e-4;

/// What can be set on an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// Left edge in pixels.
    X,
    /// Top edge in pixels.
    Y,
    /// Width in pixels.
    Width,
    /// Height in pixels.
    Height,
    /// 0 transparent, 1 opaque.
    Alpha,
    /// Greater is nearer.
    ZOrder,
}

impl Property {
    /// All of them, in the order of [`Values`].
    pub const ALL: [Self; 6] = [Self::X, Self::Y, Self::Width, Self::Height, Self::Alpha, Self::ZOrder];

    /// Where a box stands.
    const PLACE: [Self; 4] = [Self::X, Self::Y, Self::Width, Self::Height];
}

/// One value of each [`Property`].
pub type Values = [f64; Property::ALL.len()];

/// A change of one property of one input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PadAction {
    /// Number of the input.
    pub pad: usize,
    /// What changes.
    pub property: Property,
    /// The first frame time at which the change counts.
    pub at: Duration,
    /// How.
    pub change: Change,
}

/// How a property changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// At once.
    Set(f64),
    /// Evenly, from `from` at `start` to `to` at `end`.
    Ramp {
        /// When it has the first value.
        start: Duration,
        /// When it has the last value.
        end: Duration,
        /// First value.
        from: f64,
        /// Last value.
        to: f64,
    },
}

impl Change {
    fn value(self, at: Duration) -> f64 {
        match self {
            Self::Set(value) => value,
            Self::Ramp { start, end, from, to } => {
                let length = end.saturating_sub(start).as_secs_f64();
                let progress = at.saturating_sub(start).as_secs_f64() / length.max(f64::MIN_POSITIVE);
                if progress >= OVER { to } else { from + (to - from) * progress }
            }
        }
    }
}

/// The frame that pictures are put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canvas {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Length of one frame.
    pub frame: Duration,
}

/// The size of what an input shows now, for its aspect alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// All inputs and what is planned for them.
#[derive(Debug, Clone)]
pub struct Stage {
    canvas: Canvas,
    /// Whose each input is. One that is nobody's may still be seen: it leaves with the next picture.
    sources: Vec<Option<Source>>,
    inputs: Vec<[Track; Property::ALL.len()]>,
}

/// One property of one input: its value, and the changes still to come in the order of their times.
#[derive(Debug, Clone, Default)]
struct Track {
    value: f64,
    changes: Vec<(Duration, Change)>,
}

impl Track {
    fn value(&self, at: Duration) -> f64 {
        self.changes.iter().rev().find(|(from, _)| *from <= at).map_or(self.value, |(_, change)| change.value(at))
    }
}

impl Stage {
    /// A black stage with inputs that are nobody's.
    pub fn new(canvas: Canvas, inputs: usize) -> Self {
        Self { canvas, sources: vec![None; inputs], inputs: vec![Default::default(); inputs] }
    }

    /// Says whose an input is from now on. What is planned for it stays.
    pub fn cast(&mut self, pad: usize, source: Option<Source>) {
        self.sources[pad] = source;
    }

    /// Whether an input is not seen in the frame at `at`, and nothing is planned that would bring it.
    pub fn is_off(&self, pad: usize, at: Duration) -> bool {
        let alpha = &self.inputs[pad][Property::Alpha as usize];
        alpha.value(at) <= 0.0 && alpha.changes.iter().all(|(from, _)| *from <= at)
    }

    /// What input `pad` must look like in the frame at `at`, which is not before the last plan.
    pub fn values(&self, pad: usize, at: Duration) -> Values {
        std::array::from_fn(|property| self.inputs[pad][property].value(at))
    }

    /// Plans the way from what is on stage to `picture`, from the frame at `at` on, and puts the plan on stage. What was
    /// planned before for that time is dropped: a plan may arrive while a mix runs. `shapes` are those of the inputs.
    pub fn show(
        &mut self,
        picture: &Picture,
        transition: Transition,
        at: Duration,
        shapes: &[Shape],
    ) -> Vec<PadAction> {
        let actions = plan(self, picture, transition, at, shapes);
        let before = at.saturating_sub(self.canvas.frame);
        for track in self.inputs.iter_mut().flatten() {
            *track = Track { value: track.value(before), changes: Vec::new() };
        }
        for action in &actions {
            self.inputs[action.pad][action.property as usize].changes.push((action.at, action.change));
        }
        actions
    }
}

/// What every input must do so that the stage shows `picture` from the frame at `at` on.
pub fn plan(
    stage: &Stage,
    picture: &Picture,
    transition: Transition,
    at: Duration,
    shapes: &[Shape],
) -> Vec<PadAction> {
    let scene = Scene::read(stage, picture, at, shapes);
    let mut script = Script { stage, at, before: at.saturating_sub(stage.canvas.frame), actions: Vec::new() };
    match transition {
        Transition::Cut {} => script.cut(&scene),
        _ => script.mix(&scene, transition.duration()),
    }
    script.actions
}

/// A place on the canvas, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Place {
    /// The pixels of a place: even, since chroma has half the resolution.
    fn of(rect: Rect, canvas: Canvas) -> Self {
        let edge = |thousandths: u32, pixels: u32| f64::from((thousandths.min(1000) * pixels + 1000) / 2000 * 2);
        let (left, top) = (u32::from(rect.x), u32::from(rect.y));
        let (x, y) = (edge(left, canvas.width), edge(top, canvas.height));
        let right = edge(left + u32::from(rect.width), canvas.width);
        let bottom = edge(top + u32::from(rect.height), canvas.height);
        Self { x, y, width: (right - x).max(2.0), height: (bottom - y).max(2.0) }
    }

    /// What of it a source of this shape fills.
    fn fitted(self, shape: Shape) -> Self {
        let (width, height) = (f64::from(shape.width.max(1)), f64::from(shape.height.max(1)));
        let scale = (self.width / width).min(self.height / height);
        let (width, height) = (width * scale, height * scale);
        Self { x: self.x + (self.width - width) / 2.0, y: self.y + (self.height - height) / 2.0, width, height }
    }

    /// Whether `other` lies within it, give or take the rounding of a pixel pair.
    fn covers(self, other: Self) -> bool {
        const SLACK: f64 = 2.0;
        self.x <= other.x + SLACK
            && self.y <= other.y + SLACK
            && self.x + self.width + SLACK >= other.x + other.width
            && self.y + self.height + SLACK >= other.y + other.height
    }

    fn values(self) -> [f64; 4] {
        [self.x, self.y, self.width, self.height]
    }
}

/// An input that is, or shall be, seen.
#[derive(Debug, Clone, Copy)]
struct Actor {
    pad: usize,
    place: Place,
    filled: Place,
    /// How opaque it is now.
    alpha: f64,
}

impl Actor {
    fn visible(&self) -> bool {
        self.alpha > 0.0
    }

    fn opaque(&self) -> bool {
        self.alpha >= 1.0
    }
}

/// What is seen now and what shall be, each from back to front.
struct Scene {
    now: Vec<Actor>,
    wanted: Vec<Actor>,
}

/// What lies on top in a mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnTop {
    /// The new boxes fade in over the old ones, which stay.
    Incoming,
    /// The old boxes fade out over the new ones, which are there at once.
    Outgoing,
}

impl Scene {
    fn read(stage: &Stage, picture: &Picture, at: Duration, shapes: &[Shape]) -> Self {
        let before = at.saturating_sub(stage.canvas.frame);
        let shape = |pad: usize| {
            shapes.get(pad).copied().unwrap_or(Shape { width: stage.canvas.width, height: stage.canvas.height })
        };
        let values = |pad| stage.values(pad, before);
        let actor = |pad, place: Place, alpha| Actor { pad, place, filled: place.fitted(shape(pad)), alpha };

        let mut now: Vec<(f64, Actor)> = (0..stage.sources.len())
            .map(|pad| (pad, values(pad)))
            .filter(|(_, values)| values[Property::Alpha as usize] > 0.0)
            .map(|(pad, [x, y, width, height, alpha, z])| (z, actor(pad, Place { x, y, width, height }, alpha)))
            .collect();
        now.sort_by(|(a, _), (b, _)| a.total_cmp(b));

        let wanted = picture
            .boxes
            .iter()
            .filter_map(|wanted| {
                let pad = stage.sources.iter().position(|source| source.as_ref() == Some(&wanted.source))?;
                let alpha = values(pad)[Property::Alpha as usize];
                Some(actor(pad, Place::of(wanted.place, stage.canvas), alpha))
            })
            .collect();
        Self { now: now.into_iter().map(|(_, actor)| actor).collect(), wanted }
    }

    fn incoming(&self) -> impl Iterator<Item = &Actor> {
        self.wanted.iter().filter(|actor| !actor.opaque())
    }

    fn outgoing(&self) -> impl Iterator<Item = &Actor> {
        self.now.iter().filter(|actor| !self.wants(actor.pad))
    }

    fn wants(&self, pad: usize) -> bool {
        self.wanted.iter().any(|actor| actor.pad == pad)
    }

    /// One box that covers the other side goes on top. If neither side is that, the new one does.
    fn on_top(&self) -> OnTop {
        let single_covers = |over: &[Actor], under: &[Actor]| match over {
            [over] => under.iter().all(|under| over.filled.covers(under.filled)),
            _ => false,
        };
        let incoming: Vec<Actor> = self.incoming().copied().collect();
        let outgoing: Vec<Actor> = self.outgoing().copied().collect();
        let reveals = single_covers(&outgoing, &incoming) && incoming.iter().all(|actor| !actor.visible());
        if reveals && !single_covers(&incoming, &outgoing) { OnTop::Outgoing } else { OnTop::Incoming }
    }

    /// All inputs from back to front while the mix runs: the new picture with the old boxes put in between.
    fn stack(&self, on_top: OnTop) -> Vec<usize> {
        let mut stack: Vec<usize> = self.wanted.iter().map(|actor| actor.pad).collect();
        let kept = |pad: usize| self.wanted.iter().any(|actor| actor.pad == pad && actor.opaque());
        match on_top {
            OnTop::Incoming => {
                for (index, gone) in self.now.iter().enumerate().filter(|(_, actor)| !self.wants(actor.pad)) {
                    // Above everything that stays and was beneath it, and above those inserted before.
                    let beneath = self.now[..index].iter().rev().find(|a| kept(a.pad) || !self.wants(a.pad));
                    let place = beneath.and_then(|a| stack.iter().position(|pad| *pad == a.pad)).map_or(0, |n| n + 1);
                    stack.insert(place, gone.pad);
                }
            }
            OnTop::Outgoing => {
                for (index, gone) in self.now.iter().enumerate().rev().filter(|(_, actor)| !self.wants(actor.pad)) {
                    let above = self.now[index + 1..].iter().find(|a| kept(a.pad) || !self.wants(a.pad));
                    let place = above.and_then(|a| stack.iter().position(|pad| *pad == a.pad)).unwrap_or(stack.len());
                    stack.insert(place, gone.pad);
                }
            }
        }
        stack
    }
}

/// Collects actions, leaving out those that change nothing.
struct Script<'a> {
    stage: &'a Stage,
    at: Duration,
    /// The last frame before `at`.
    before: Duration,
    actions: Vec<PadAction>,
}

impl Script<'_> {
    fn cut(&mut self, scene: &Scene) {
        for gone in scene.outgoing() {
            self.set(gone.pad, Property::Alpha, 0.0);
        }
        for (z, actor) in scene.wanted.iter().enumerate() {
            self.put(actor);
            self.set(actor.pad, Property::Alpha, 1.0);
            self.order(actor.pad, z);
        }
    }

    fn mix(&mut self, scene: &Scene, length: Duration) {
        // The frame before has the first value, so the frame at `at` already shows a change.
        let end = self.before + length;
        let on_top = scene.on_top();
        for (z, pad) in scene.stack(on_top).into_iter().enumerate() {
            self.order(pad, z);
        }
        for actor in &scene.wanted {
            if actor.visible() {
                self.slide(actor, end)
            } else {
                self.put(actor)
            }
            match on_top {
                OnTop::Incoming => self.ramp(actor.pad, Property::Alpha, self.before, end, 1.0),
                OnTop::Outgoing => self.set(actor.pad, Property::Alpha, 1.0),
            }
        }
        let only_outgoing = scene.incoming().next().is_none();
        for gone in scene.outgoing() {
            let hidden = scene.incoming().any(|actor| actor.filled.covers(gone.filled));
            match on_top {
                _ if only_outgoing => self.ramp(gone.pad, Property::Alpha, self.before, end, 0.0),
                OnTop::Outgoing => self.ramp(gone.pad, Property::Alpha, self.before, end, 0.0),
                // Half a frame early: rounded frame times must not make it a frame late.
                OnTop::Incoming if hidden => self.push(
                    gone.pad,
                    Property::Alpha,
                    end.saturating_sub(self.stage.canvas.frame / 2),
                    Change::Set(0.0),
                ),
                OnTop::Incoming => self.ramp(gone.pad, Property::Alpha, end - length / TAIL, end, 0.0),
            }
        }
    }

    fn put(&mut self, actor: &Actor) {
        for (property, value) in Property::PLACE.into_iter().zip(actor.place.values()) {
            self.set(actor.pad, property, value);
        }
    }

    /// A box that stays moves evenly to its new place.
    fn slide(&mut self, actor: &Actor, end: Duration) {
        for (property, value) in Property::PLACE.into_iter().zip(actor.place.values()) {
            self.ramp(actor.pad, property, self.before, end, value);
        }
    }

    fn order(&mut self, pad: usize, z: usize) {
        self.set(pad, Property::ZOrder, f64::from(u32::try_from(z).expect("a stage has few inputs")));
    }

    fn set(&mut self, pad: usize, property: Property, value: f64) {
        if self.now(pad, property) != value {
            self.push(pad, property, self.at, Change::Set(value));
        }
    }

    fn ramp(&mut self, pad: usize, property: Property, start: Duration, end: Duration, to: f64) {
        let from = self.now(pad, property);
        if from != to {
            self.push(pad, property, start.max(self.at), Change::Ramp { start, end, from, to });
        }
    }

    fn now(&self, pad: usize, property: Property) -> f64 {
        self.stage.values(pad, self.before)[property as usize]
    }

    fn push(&mut self, pad: usize, property: Property, at: Duration, change: Change) {
        self.actions.push(PadAction { pad, property, at, change });
    }
}

#[cfg(test)]
mod tests;
