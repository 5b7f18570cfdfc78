//! What a template says of itself: the `data-` attributes of `<svg>`, and the fields in `<metadata>`.

use resvg::usvg::roxmltree::Node;

use super::Report;
use crate::media::graphics::document::View;
use crate::media::graphics::is_id;
use crate::media::graphics::problem::Cause;
use crate::media::graphics::template::{Animation, Field, Kind, Place, is_colour};

/// Fields of one template.
const MOST_FIELDS: usize = 16;

/// Characters of one text, and what they are where the template does not say.
const MOST_CHARACTERS: usize = 1000;
const USUAL_CHARACTERS: usize = 80;

/// The longest side of a page, in its units.
const LONGEST_SIDE: f32 = 8192.0;

/// What a template says of itself.
#[derive(Debug)]
pub(super) struct Header {
    pub name: String,
    pub name_en: Option<String>,
    pub place: Option<Place>,
    pub animation_in: Animation,
    pub animation_out: Animation,
    pub fields: Vec<Field>,
    pub lower: Vec<(String, f32)>,
    pub view: View,
}

/// Reads the header. What is wrong goes into the report; something stands in its place.
pub(super) fn read(root: Node<'_, '_>, report: &mut Report<'_, '_>) -> Header {
    let name = root.attribute("data-name").map(str::trim).filter(|name| !name.is_empty());
    if name.is_none() {
        report.node(root, Cause::NoName("data-name"));
    }
    let view = view(root);
    if view.is_none() {
        report.node(root, Cause::NoSize);
    }
    let fields = fields(root, report);
    Header {
        name: label(name.unwrap_or_default()),
        name_en: root.attribute("data-name-en").map(label),
        place: place(root, report),
        animation_in: animation(root, "data-in", report),
        animation_out: animation(root, "data-out", report),
        lower: lower(root, &fields, report),
        fields,
        view: view.unwrap_or(View { x: 0.0, y: 0.0, width: 1.0, height: 1.0 }),
    }
}

fn label(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(64).collect()
}

/// Numbers with white space or commas between them.
pub(super) fn numbers(text: &str) -> Option<Vec<f32>> {
    let parts = text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
    parts.map(|part| part.parse::<f32>().ok().filter(|number| number.is_finite())).collect()
}

fn view(root: Node<'_, '_>) -> Option<View> {
    let plain = |name| {
        let text: &str = root.attribute(name)?;
        text.trim().trim_end_matches("px").parse::<f32>().ok()
    };
    let (x, y, width, height) = match root.attribute("viewBox") {
        Some(text) => match numbers(text)?[..] {
            [x, y, width, height] => (x, y, width, height),
            _ => return None,
        },
        None => (0.0, 0.0, plain("width")?, plain("height")?),
    };
    let sides = 1.0..=LONGEST_SIDE;
    let fits = sides.contains(&width) && sides.contains(&height) && x.abs().max(y.abs()) <= LONGEST_SIDE;
    fits.then_some(View { x, y, width, height })
}

fn place(root: Node<'_, '_>, report: &mut Report<'_, '_>) -> Option<Place> {
    let Some(name) = root.attribute("data-place") else {
        report.node(root, Cause::NoPlace(Place::NAMES.join(", ")));
        return None;
    };
    let margins = root.attribute_node("data-margin").and_then(|attribute| {
        let margins = numbers(attribute.value()).and_then(|numbers| match numbers[..] {
            [across, down] if (0.0..=40.0).contains(&across) && (0.0..=40.0).contains(&down) => {
                Some((across / 100.0, down / 100.0))
            }
            _ => None,
        });
        if margins.is_none() {
            let possible = "two percentages of 0 to 40, of the picture's width and height, as in data-margin=\"5 9\",";
            report.at(attribute.range().start, unknown("data-margin", attribute.value(), possible));
        }
        margins
    });
    let place = Place::named(name.trim(), margins);
    if place.is_none() {
        report.node(root, unknown("data-place", name, &one_of(Place::NAMES.iter())));
    }
    place
}

fn animation(root: Node<'_, '_>, name: &'static str, report: &mut Report<'_, '_>) -> Animation {
    let Some(attribute) = root.attribute_node(name) else { return Animation::Fade };
    let found = Animation::NAMES.iter().find(|(name, _)| *name == attribute.value().trim());
    if found.is_none() {
        let possible = one_of(Animation::NAMES.iter().map(|(name, _)| name));
        report.at(attribute.range().start, unknown(name, attribute.value(), &possible));
    }
    found.map_or(Animation::Fade, |(_, animation)| *animation)
}

/// `data-lower="subtitle 32, image 40"`.
fn lower(root: Node<'_, '_>, fields: &[Field], report: &mut Report<'_, '_>) -> Vec<(String, f32)> {
    let Some(attribute) = root.attribute_node("data-lower") else { return Vec::new() };
    let mut lower = Vec::new();
    for part in attribute.value().split(',') {
        let words: Vec<&str> = part.split_whitespace().collect();
        let read = match words[..] {
            [field, by] if fields.iter().any(|known| known.id == field) => {
                by.parse().ok().filter(|by: &f32| (0.0..=LONGEST_SIDE).contains(by)).map(|by| (field.to_owned(), by))
            }
            _ => None,
        };
        match read {
            Some(read) => lower.push(read),
            None => {
                let possible = "a field and a height, as in data-lower=\"subtitle 32\",";
                report.at(attribute.range().start, unknown("data-lower", part, possible));
            }
        }
    }
    lower
}

fn fields(root: Node<'_, '_>, report: &mut Report<'_, '_>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let metadata = root.children().filter(|node| node.tag_name().name() == "metadata");
    for node in metadata.flat_map(|node| node.children()).filter(|node| node.tag_name().name() == "field") {
        if let Some(field) = field(node, report) {
            if fields.iter().any(|other| other.id == field.id) {
                report.node(node, Cause::DuplicateField(field.id));
            } else {
                fields.push(field);
            }
        }
    }
    if fields.len() > MOST_FIELDS {
        report.node(root, Cause::TooMany { what: "fields", number: fields.len(), most: MOST_FIELDS });
    }
    fields
}

fn field(node: Node<'_, '_>, report: &mut Report<'_, '_>) -> Option<Field> {
    let missing =
        |attribute, needed: &str| Cause::Missing { element: "field".into(), attribute, needed: needed.into() };
    let Some(id) = node.attribute("id") else {
        report.node(node, missing("id", "the name that its placeholder has"));
        return None;
    };
    if !is_id(id) || !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        report.node(node, Cause::FieldName(id.to_owned()));
        return None;
    }
    let Some(shown) = node.attribute("label") else {
        report.node(node, missing("label", "what people call it"));
        return None;
    };
    let default = node.attribute("default").unwrap_or_default();
    let kind = match node.attribute("kind") {
        Some("text") => Kind::Text { max: characters(node, report), lines: 1 },
        Some("colour") => Kind::Colour,
        Some("image") => Kind::Image,
        Some("time") => Kind::Time,
        other => {
            report.node(node, unknown("kind", other.unwrap_or_default(), "one of text, colour, image, time"));
            return None;
        }
    };
    if kind == Kind::Colour && !is_colour(default) {
        report.node(node, unknown("default", default, "a colour as #f2b134"));
    }
    let required = match node.attribute("required") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(other) => {
            report.node(node, unknown("required", other, "yes or no"));
            false
        }
    };
    Some(Field {
        id: id.to_owned(),
        label: label(shown),
        label_en: node.attribute("label-en").map(label),
        kind,
        required,
        default: default.to_owned(),
    })
}

fn characters(node: Node<'_, '_>, report: &mut Report<'_, '_>) -> usize {
    let Some(text) = node.attribute("max") else { return USUAL_CHARACTERS };
    match text.trim().parse() {
        Ok(number) if (1..=MOST_CHARACTERS).contains(&number) => number,
        _ => {
            report.node(node, unknown("max", text, &format!("a number of characters from 1 to {MOST_CHARACTERS}")));
            USUAL_CHARACTERS
        }
    }
}

/// An attribute's value that means nothing.
pub(super) fn unknown(attribute: &str, value: &str, possible: &str) -> Cause {
    Cause::Unknown {
        attribute: attribute.to_owned(),
        value: value.chars().take(60).collect(),
        possible: possible.to_owned(),
    }
}

fn one_of<'a>(names: impl Iterator<Item = &'a &'a str>) -> String {
    format!("one of {}", names.copied().collect::<Vec<_>>().join(", "))
}
