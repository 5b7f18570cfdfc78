//! What drawing a template costs, told before it is drawn: the SVG renderer cannot be stopped once it has begun.

use resvg::usvg::{ClipPath, Group, ImageKind, Mask, Node, Paint, Path, Rect, Tree};

use super::check::longest;
use super::document::{Part, Writing};
use super::problem::Cause;
use super::renderer::{REFERENCE, options_without_fonts};
use super::template::{Place, Template};

/// How many times the whole picture may be painted.
const PAINTED: f32 = 100.0;

/// How many layers as large as the picture there may be, which is what memory goes into: with transparency, clips, masks.
const LAYERS: f32 = 24.0;

/// Pieces of paths.
const SEGMENTS: f32 = 40_000.0;

/// How far from the picture's corner anything may reach, in pixels: the renderer reckons with 16 bits before the point.
const FARTHEST: f32 = 30_000.0;

/// What a drawing costs, in pixels.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    painted: f32,
    layers: f32,
    segments: f32,
    /// How far it reaches.
    reach: f32,
}

/// Where it is drawn.
#[derive(Debug, Clone, Copy)]
struct Canvas {
    width: f32,
    height: f32,
}

/// Checks a template as it would be drawn into an ordinary program, but for its texts, which have bounds of their own.
pub(super) fn check(template: &Template) -> Result<(), Cause> {
    let view = template.document.view;
    let values = longest(&template.fields);
    let size = match template.place {
        Place::Full => REFERENCE,
        Place::At { .. } => (view.width.min(REFERENCE.0), view.height.min(REFERENCE.1)),
    };
    let svg = template.document.write(Writing { part: Part::All, view, size, values: &values, settings: &[] });
    let tree = Tree::from_str(&svg, &options_without_fonts()).map_err(|error| Cause::NotDrawable(error.to_string()))?;
    bounded(&tree, size, REFERENCE.0 * REFERENCE.1).map_err(Cause::TooCostly)
}

/// Whether a tree may be drawn into so many pixels of a picture with so many.
pub(super) fn bounded(tree: &Tree, size: (f32, f32), picture: f32) -> Result<(), String> {
    let canvas = Canvas { width: size.0, height: size.1 };
    let mut cost = Cost::default();
    cost.group(tree.root(), canvas);
    if cost.reach.is_nan() || cost.reach > FARTHEST {
        return Err(format!("something of it lies {:.0} pixels away, and {FARTHEST:.0} are possible", cost.reach));
    }
    let (painted, layers) = (cost.painted / picture, cost.layers / picture);
    // Written so that what is no number is too much.
    let fits = |cost: f32, most: f32| cost <= most;
    if !fits(painted, PAINTED) {
        return Err(format!("it paints the whole picture {painted:.0} times, and {PAINTED:.0} times are possible"));
    }
    if !fits(layers, LAYERS) {
        let what = "groups with transparency, clips and masks take";
        return Err(format!("{what} {layers:.0} times the whole picture, and {LAYERS:.0} times are possible"));
    }
    if !fits(cost.segments, SEGMENTS) {
        return Err(format!("its paths have {:.0} pieces, and {SEGMENTS:.0} are possible", cost.segments));
    }
    Ok(())
}

impl Cost {
    fn group(&mut self, group: &Group, canvas: Canvas) {
        if group.should_isolate() {
            self.reaches(group.abs_layer_bounding_box().to_rect());
            let layer = canvas.area(group.abs_layer_bounding_box().to_rect(), 4.0);
            let mut copies = 1.0;
            copies += group.clip_path().map_or(0.0, |clip| self.clip(clip, canvas));
            copies += group.mask().map_or(0.0, |mask| self.mask(mask, canvas));
            self.layers += layer * copies;
            self.painted += 2.0 * layer * copies;
        }
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group, canvas),
                Node::Path(path) => self.path(path, canvas),
                Node::Text(text) => self.group(text.flattened(), canvas),
                Node::Image(image) => {
                    self.reaches(image.abs_bounding_box());
                    let decoded = match image.kind() {
                        ImageKind::SVG(_) => f32::INFINITY,
                        _ => image.size().width() * image.size().height(),
                    };
                    self.painted += 4.0 * decoded + 2.0 * canvas.area(image.abs_bounding_box(), 0.0);
                }
            }
        }
    }

    /// Notes where something lies.
    fn reaches(&mut self, rect: Rect) {
        for side in [rect.left(), rect.top(), rect.right(), rect.bottom()] {
            // What is no number is infinitely far away.
            self.reach = if side.is_nan() { f32::INFINITY } else { self.reach.max(side.abs()) };
        }
    }

    /// What is drawn for a clip; how many layers it takes.
    fn clip(&mut self, clip: &ClipPath, canvas: Canvas) -> f32 {
        self.group(clip.root(), canvas);
        2.0 + clip.clip_path().map_or(0.0, |clip| self.clip(clip, canvas))
    }

    fn mask(&mut self, mask: &Mask, canvas: Canvas) -> f32 {
        self.reaches(mask.rect().to_rect());
        self.group(mask.root(), canvas);
        3.0 + mask.mask().map_or(0.0, |mask| self.mask(mask, canvas))
    }

    fn path(&mut self, path: &Path, canvas: Canvas) {
        #[expect(clippy::cast_precision_loss, reason = "the number of pieces in a text of bounded length")]
        let pieces = path.data().len() as f32;
        let bounds = path.abs_stroke_bounding_box();
        self.reaches(bounds);
        self.reaches(path.abs_bounding_box());
        let height = bounds.height().min(canvas.height * 5.0);
        let area = canvas.area(bounds, 0.0);
        let shade = |paint: &Paint| match paint {
            Paint::Color(_) => 1.0,
            Paint::LinearGradient(_) | Paint::RadialGradient(_) => 4.0,
            Paint::Pattern(_) => f32::INFINITY,
        };
        if let Some(fill) = path.fill() {
            self.painted += shade(fill.paint()) * area + pieces * height;
            self.segments += pieces;
        }
        if let Some(stroke) = path.stroke() {
            // A stroke becomes a path of its own, with corners and ends.
            self.painted += shade(stroke.paint()) * area + 8.0 * pieces * height;
            self.segments += 4.0 * pieces;
        }
    }
}

impl Canvas {
    /// How many pixels of a rectangle lie in the canvas, or in so many more of it at each side.
    fn area(self, rect: Rect, more: f32) -> f32 {
        let width = (rect.width() + 4.0).min(self.width * (1.0 + more));
        let height = (rect.height() + 4.0).min(self.height * (1.0 + more));
        width * height
    }
}
