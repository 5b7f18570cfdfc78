//! What may stand in a template.

use resvg::usvg::roxmltree::Node;

const SVG: &str = "http://www.w3.org/2000/svg";

/// Whether an element is SVG's, or nobody's.
pub(super) fn is_svg(node: Node<'_, '_>) -> bool {
    matches!(node.tag_name().namespace(), None | Some(SVG))
}

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is drawn, under this name.
    Drawn(&'static str),
    /// It is left out, with all that is in it: nothing is lost.
    LeftOut,
    /// It is refused, with what is to be done instead.
    Refused(&'static str),
}

const DRAWN: [&str; 18] = [
    "g",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "path",
    "text",
    "tspan",
    "image",
    "use",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "mask",
];

/// Notes for people and programs, and definitions that draw nothing unless something refers to them, which is refused.
const LEFT_OUT: [&str; 7] = ["title", "desc", "metadata", "filter", "pattern", "marker", "symbol"];

/// What becomes of an element of SVG.
pub(super) fn fate(name: &str) -> Fate {
    if let Some(name) = DRAWN.iter().find(|drawn| **drawn == name) {
        return Fate::Drawn(name);
    }
    if LEFT_OUT.contains(&name) {
        return Fate::LeftOut;
    }
    Fate::Refused(match name {
        "a" => "take the link away and leave what is in it",
        "svg" => "put what is in it into a group, <g>",
        "textPath" | "tref" => "turn the text into a path (in Inkscape: Path > Object to Path)",
        "flowRoot" => "turn it into plain text (in Inkscape: Text > Convert to Text)",
        "animate" | "animateTransform" | "animateMotion" | "set" => {
            "movement is what data-in, data-out and data-window are for"
        }
        "foreignObject" => "write it as <text>, with data-lines for several lines",
        _ => "shapes, paths, texts, pictures, groups, clips, masks and gradients are",
    })
}

const ATTRIBUTES: [&str; 71] = [
    "id",
    "transform",
    "x",
    "y",
    "width",
    "height",
    "rx",
    "ry",
    "cx",
    "cy",
    "r",
    "x1",
    "y1",
    "x2",
    "y2",
    "fx",
    "fy",
    "fr",
    "dx",
    "dy",
    "d",
    "points",
    "preserveAspectRatio",
    "href",
    "offset",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
    "clipPathUnits",
    "maskUnits",
    "maskContentUnits",
    "mask-type",
    "fill",
    "fill-opacity",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "opacity",
    "display",
    "visibility",
    "clip-path",
    "clip-rule",
    "mask",
    "color",
    "stop-color",
    "stop-opacity",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "font-stretch",
    "font-variant",
    "letter-spacing",
    "word-spacing",
    "text-anchor",
    "text-decoration",
    "dominant-baseline",
    "baseline-shift",
    "paint-order",
    "shape-rendering",
    "text-rendering",
    "image-rendering",
    // These are refused unless they say `none`.
    "filter",
    "stroke-dasharray",
    "marker-start",
    "marker-mid",
    "marker-end",
];

/// The attribute or property, if it is one that is drawn.
pub(super) fn attribute(name: &str) -> Option<&'static str> {
    ATTRIBUTES.iter().find(|known| **known == name).copied()
}

/// Whether an attribute says where or how large something is.
pub(super) fn is_geometry(name: &str) -> bool {
    matches!(
        name,
        "transform"
            | "gradientTransform"
            | "x"
            | "y"
            | "width"
            | "height"
            | "rx"
            | "ry"
            | "cx"
            | "cy"
            | "r"
            | "x1"
            | "y1"
            | "x2"
            | "y2"
            | "fx"
            | "fy"
            | "fr"
            | "dx"
            | "dy"
            | "d"
            | "points"
            | "offset"
            | "stroke-width"
            | "stroke-miterlimit"
            | "font-size"
            | "letter-spacing"
            | "word-spacing"
            | "baseline-shift"
    )
}

/// What is refused unless it says `none`: what it is and what is to be done instead.
pub(super) fn not_drawn(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "filter" => Some(("a filter", "draw shadows and glows as shapes that let something through")),
        "stroke-dasharray" => Some(("a dashed line", "turn it into a path (in Inkscape: Path > Stroke to Path)")),
        "marker-start" | "marker-mid" | "marker-end" => {
            Some(("a marker at a line's end", "turn it into a path (in Inkscape: Path > Stroke to Path)"))
        }
        _ => None,
    }
}

/// What an attribute may refer to: names of elements, and what people call them.
pub(super) fn target(attribute: &str) -> (&'static [&'static str], &'static str) {
    match attribute {
        "clip-path" => (&["clipPath"], "<clipPath>"),
        "mask" => (&["mask"], "<mask>"),
        _ => (&["linearGradient", "radialGradient"], "gradient"),
    }
}
