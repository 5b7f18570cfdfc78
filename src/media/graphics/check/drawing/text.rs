//! Fitted texts: which ones move, the box that each gets, and that each has one style.

use super::{Inside, MOST_TEXTS, Walk, XmlNode};
use crate::media::graphics::check::header::{numbers, unknown};
use crate::media::graphics::document::{Element, Measure, Node, Piece, TextBlock, View};
use crate::media::graphics::problem::Cause;
use crate::media::graphics::template::Window;

impl Walk<'_, '_, '_> {
    /// Whether the element is what moves; then it says through which window.
    pub(super) fn moves(&mut self, node: XmlNode<'_, '_>, inside: Inside) -> bool {
        let Some(attribute) = node.attribute_node("data-window") else { return false };
        let at = attribute.range().start;
        let speed = node.attribute("data-speed").and_then(|speed| speed.trim().parse().ok());
        let Some(speed) = speed.filter(|speed: &f32| (10.0..=2000.0).contains(speed)) else {
            let value = node.attribute("data-speed").unwrap_or_default();
            self.report.at(at, unknown("data-speed", value, "a number of 10 to 2000 pixels a second"));
            return false;
        };
        let page = self.view;
        let view = numbers(attribute.value()).and_then(|numbers| match numbers[..] {
            [x, y, width, height] => Some(View { x, y, width, height }),
            _ => None,
        });
        let lies_within = |view: &View| {
            view.x >= page.x
                && view.y >= page.y
                && view.width >= 16.0
                && view.height >= 16.0
                && view.x + view.width <= page.x + page.width
                && view.y + view.height <= page.y + page.height
                && view.height <= 256.0
        };
        let Some(view) = view.filter(lies_within) else {
            let possible = "\"X Y WIDTH HEIGHT\" within the page, at least 16 by 16 and at most 256 high,";
            self.report.at(at, unknown("data-window", attribute.value(), possible));
            return false;
        };
        if self.window.is_some() || inside.moves || inside.text || self.definition.is_some() {
            self.report.at(at, Cause::TooMany { what: "windows", number: 2, most: 1 });
            return false;
        }
        self.window = Some(Window { view, speed });
        true
    }

    /// What a text says of how it is set.
    pub(super) fn block(&mut self, node: XmlNode<'_, '_>, moves: bool) -> TextBlock {
        let lines = self.number(node, "data-lines", 1.0, 12.0).unwrap_or(1.0);
        let line_height = self.number(node, "data-line-height", 1.0, 1000.0);
        if lines > 1.0 && line_height.is_none() {
            let needed = "the room from one line to the next".into();
            self.report.node(node, Cause::Missing { element: "text".into(), attribute: "data-line-height", needed });
        }
        let number = self.texts.len();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 12")]
        let lines = lines as usize;
        TextBlock {
            id: node.attribute("id").map_or_else(|| format!("text~{number}"), str::to_owned),
            x: self.measure(node, "x"),
            y: self.measure(node, "y"),
            width: self.number(node, "data-width", 1.0, 8192.0),
            least: self.number(node, "data-least", 1.0, 1000.0),
            lines,
            line_height: line_height.unwrap_or(1.0),
            cell: self.number(node, "data-cell", 1.0, 1000.0),
            upward: node.attribute("data-grows") == Some("up"),
            room_right: self.number(node, "data-room-right", 0.0, 4096.0),
            room_below: self.number(node, "data-room-below", 0.0, 4096.0),
            moves,
        }
    }

    fn number(&mut self, node: XmlNode<'_, '_>, name: &'static str, least: f32, most: f32) -> Option<f32> {
        let attribute = node.attribute_node(name)?;
        let number = attribute.value().trim().parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let possible = format!("a number of {least} to {most}");
            self.report.at(attribute.range().start, unknown(name, attribute.value(), &possible));
        }
        number
    }

    fn measure(&mut self, node: XmlNode<'_, '_>, name: &'static str) -> Measure {
        let Some(attribute) = node.attribute_node(name) else { return Measure::Units(0.0) };
        let text = attribute.value().trim();
        let number = |text: &str| text.trim().parse().ok().filter(|number: &f32| number.abs() <= 8192.0);
        let measure = match text.strip_suffix('%') {
            Some(part) => number(part).map(|part| Measure::Part(part / 100.0)),
            None => number(text.trim_end_matches("px")).map(Measure::Units),
        };
        if measure.is_none() {
            let possible = "one number or percentage, which does not go far beyond the page,";
            self.report.at(attribute.range().start, unknown(name, text, possible));
        }
        measure.unwrap_or(Measure::Units(0.0))
    }

    /// What can be said of a text only when all of it is known.
    pub(super) fn finish_text(&mut self, node: XmlNode<'_, '_>, number: usize, element: &mut Element) {
        element.texts = number..number + 1;
        let fields: Vec<String> = fields(element);
        let by_people = fields.iter().any(|id| self.fields.iter().any(|field| field.id == *id) || id == "name");
        let block = &self.texts[number];
        if by_people && block.width.is_none() && !block.moves {
            let needed = "how many units of the page are free for it".into();
            self.report.node(node, Cause::Missing { element: "text".into(), attribute: "data-width", needed });
        }
        if block.lines > 1 || block.cell.is_some() {
            match one_style(element) {
                Ok(()) => {}
                Err(why) => self.report.node(node, Cause::Lines(why)),
            }
        }
        if self.texts.len() == MOST_TEXTS + 1 {
            self.report.node(node, Cause::TooMany { what: "texts", number: MOST_TEXTS + 1, most: MOST_TEXTS });
        }
    }
}

fn fields(element: &Element) -> Vec<String> {
    let of = |node: &Node| match node {
        Node::Element(child) => fields(child),
        Node::Text(pieces) => pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Field(field) => Some(field.clone()),
                Piece::Fixed(_) => None,
            })
            .collect(),
    };
    element.children.iter().flat_map(of).collect()
}

/// A text that has one style is one text, even if a drawing program has put a `<tspan>` into it: the style of that one
/// becomes the text's.
fn one_style(element: &mut Element) -> Result<(), &'static str> {
    let is_space = |node: &Node| match node {
        Node::Text(pieces) => pieces.iter().all(|piece| matches!(piece, Piece::Fixed(text) if text.trim().is_empty())),
        Node::Element(_) => false,
    };
    while element.children.iter().any(|node| matches!(node, Node::Element(_))) {
        element.children.retain(|node| !is_space(node));
        if element.children.len() != 1 {
            return Err("several parts");
        }
        let Some(Node::Element(inner)) = element.children.pop() else { return Err("several parts") };
        if !inner.conditions.is_empty() {
            return Err("a condition within");
        }
        for (name, value) in inner.attributes {
            if matches!(name, "id" | "x" | "y" | "dx" | "dy" | "xml:space") {
                continue;
            }
            element.attributes.retain(|(own, _)| *own != name);
            element.attributes.push((name, value));
        }
        element.children = inner.children;
    }
    Ok(())
}
