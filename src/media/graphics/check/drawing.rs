//! From the XML's elements to the drawing that a template keeps: what is known is taken over, what is harmless is left
//! out, everything else is reported.

mod repetition;
mod text;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use resvg::usvg::roxmltree::{Attribute, Node as XmlNode};

use super::header::unknown;
use super::value::{declarations, has_huge_number, is_no_side, local_url, outside, sole_placeholder};
use super::{Report, rules};
use crate::media::graphics::document::{Condition, Document, Element, Node, Piece, TextBlock, Value, Values, View};
use crate::media::graphics::picture;
use crate::media::graphics::problem::Cause;
use crate::media::graphics::template::{Field, Kind, SPECIAL, Window};

/// Elements of a template, and those that it comes to with all that `use` repeats.
const MOST_ELEMENTS: usize = 2000;
const MOST_DRAWN: usize = 4000;

/// Characters of text, with the longest values, and with all that `use` repeats.
const MOST_CHARACTERS: usize = 8000;

/// Elements within each other.
const DEEPEST: usize = 32;

/// Gradients that refer to one another for their stops.
const MOST_STEPS: usize = 4;

/// Fitted texts: each is measured.
const MOST_TEXTS: usize = 32;

/// A special value's characters.
const SPECIAL_CHARACTERS: usize = 64;

/// What the drawing comes to.
#[derive(Debug)]
pub(super) struct Drawing {
    pub document: Document,
    pub window: Option<Window>,
    pub specials: Vec<&'static str>,
}

/// A walk through the XML.
pub(super) struct Walk<'a, 'b, 'input> {
    fields: &'a [Field],
    report: &'a mut Report<'b, 'input>,
    view: View,
    texts: Vec<TextBlock>,
    embedded: Vec<Arc<Vec<u8>>>,
    window: Option<Window>,
    /// Fields and special values that something shows.
    used: HashSet<String>,
    /// Of each id, where it stands and what it is.
    ids: HashMap<String, (usize, &'static str)>,
    references: Vec<Reference>,
    elements: usize,
    /// The definition that is walked through: of which no other one may be a part.
    definition: Option<&'static str>,
}

/// One element refers to another.
struct Reference {
    at: usize,
    from: Option<String>,
    attribute: &'static str,
    element: &'static str,
    id: String,
}

/// What an element hands down to those in it.
#[derive(Clone, Copy, Default)]
struct Inside {
    depth: usize,
    text: bool,
    moves: bool,
}

impl<'a, 'b, 'input> Walk<'a, 'b, 'input> {
    pub(super) fn new(fields: &'a [Field], view: View, report: &'a mut Report<'b, 'input>) -> Self {
        Self {
            fields,
            report,
            view,
            texts: Vec::new(),
            embedded: Vec::new(),
            window: None,
            used: HashSet::new(),
            ids: HashMap::new(),
            references: Vec::new(),
            elements: 0,
            definition: None,
        }
    }

    /// Nothing where what was found is not worth looking at any further.
    pub(super) fn run(mut self, root: XmlNode<'_, '_>) -> Option<Drawing> {
        let elements = root.descendants().filter(XmlNode::is_element).count();
        if elements > MOST_ELEMENTS {
            self.report.node(root, Cause::TooMany { what: "elements", number: elements, most: MOST_ELEMENTS });
            return None;
        }
        let mut element = self.element(root, "svg", Inside::default())?;
        // The page's size is the engine's matter.
        element.attributes.retain(|(name, _)| !matches!(*name, "x" | "y" | "width" | "height" | "transform"));
        for field in self.fields {
            if !self.used.contains(&field.id) && field.kind != Kind::Time {
                self.report.node(root, Cause::Unused(field.id.clone()));
            }
        }
        self.check_references();
        self.check_repetition(root, &element);
        let own = |name: &&str| self.used.contains(*name) && !self.fields.iter().any(|field| field.id == **name);
        let specials = SPECIAL.iter().filter(|name| own(name)).copied().collect();
        let document = Document { root: element, view: self.view, texts: self.texts, embedded: self.embedded };
        Some(Drawing { document, window: self.window, specials })
    }

    fn children(&mut self, node: XmlNode<'_, '_>, inside: Inside) -> Vec<Node> {
        let mut children = Vec::new();
        for child in node.children() {
            if self.report.is_full() {
                break;
            }
            if child.is_text() && inside.text {
                let pieces = self.pieces(child);
                children.push(Node::Text(pieces));
            } else if child.is_element() && rules::is_svg(child) {
                children.extend(self.child(child, inside).map(Node::Element));
            }
        }
        children
    }

    fn child(&mut self, node: XmlNode<'_, '_>, inside: Inside) -> Option<Element> {
        let name = node.tag_name().name();
        if name == "script" {
            self.report.node(node, Cause::Script("<script>".into()));
            return None;
        }
        if name == "style" {
            let text: String = node.descendants().filter_map(|node| node.text()).collect();
            if !text.trim().is_empty() {
                self.report.node(node, Cause::StyleSheet);
            }
            return None;
        }
        let name = match rules::fate(name) {
            rules::Fate::Drawn(name) => name,
            rules::Fate::LeftOut => return None,
            rules::Fate::Refused(mend) => {
                self.report.node(node, Cause::Element(name.to_owned(), mend));
                return None;
            }
        };
        if inside.depth >= DEEPEST {
            let cause = Cause::TooMany { what: "elements within each other", number: inside.depth + 1, most: DEEPEST };
            self.report.node(node, cause);
            return None;
        }
        if (name == "tspan") != inside.text {
            let mend = if inside.text { "in a text only <tspan> can stand" } else { "a <tspan> belongs into a <text>" };
            self.report.node(node, Cause::Element(name.to_owned(), mend));
            return None;
        }
        self.element(node, name, inside)
    }

    fn element(&mut self, node: XmlNode<'_, '_>, name: &'static str, inside: Inside) -> Option<Element> {
        self.elements += 1;
        let definition = matches!(name, "clipPath" | "mask" | "linearGradient" | "radialGradient").then_some(name);
        if definition.is_some() && self.definition.is_some() {
            self.report.node(node, Cause::Element(name.into(), "put it beside the definition that it stands in"));
            return None;
        }
        let attributes = self.attributes(node, name);
        let before = self.definition;
        self.definition = definition.or(before);
        let first = self.texts.len();
        let moves = self.moves(node, inside);
        if name == "text" {
            let block = self.block(node, inside.moves || moves);
            self.texts.push(block);
        }
        let inside =
            Inside { depth: inside.depth + 1, text: inside.text || name == "text", moves: inside.moves || moves };
        let children = self.children(node, inside);
        self.definition = before;
        let conditions = self.conditions(node);
        let texts = first..self.texts.len();
        let mut element = Element { name, attributes, children, conditions, texts, moves };
        if name == "text" {
            self.finish_text(node, first, &mut element);
        }
        Some(element)
    }

    fn attributes(&mut self, node: XmlNode<'_, '_>, element: &'static str) -> Vec<(&'static str, Value)> {
        let mut attributes: Vec<(&'static str, Value)> = Vec::new();
        let mut set = |name: &'static str, value: Value| match attributes.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => attributes.push((name, value)),
        };
        let from = node.attribute("id").map(str::to_owned);
        for attribute in node.attributes() {
            let space = attribute.namespace();
            let known_space = matches!(
                space,
                None | Some(
                    "http://www.w3.org/2000/svg"
                        | "http://www.w3.org/1999/xlink"
                        | "http://www.w3.org/XML/1998/namespace"
                )
            );
            if !known_space {
                continue;
            }
            let (name, value, at) = (attribute.name(), attribute.value(), attribute.range().start);
            if name.len() > 2 && name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on")) {
                self.report.at(at, Cause::Script(name.to_owned()));
                continue;
            }
            if name == "space" {
                if value == "preserve" {
                    set("xml:space", Value::Fixed("preserve".into()));
                }
                continue;
            }
            if name == "style" {
                for (name, value) in declarations(value) {
                    if let Some((name, value)) = self.attribute(at, element, from.as_deref(), name, value) {
                        set(name, value);
                    }
                }
                continue;
            }
            // In a style a property overrides an attribute, wherever it stands.
            let styled = node.attribute("style").is_some_and(|style| declarations(style).any(|(own, _)| own == name));
            if !styled && let Some((name, value)) = self.attribute(at, element, from.as_deref(), name, value) {
                if name == "id" {
                    self.note_id(&attribute, element);
                }
                set(name, value);
            }
        }
        // What Inkscape would not keep in the place itself can be written beside it.
        for (name, instead) in [("data-fill", "fill"), ("data-stroke", "stroke"), ("data-stop-color", "stop-color")] {
            if let Some(attribute) = node.attribute_node(name) {
                let at = attribute.range().start;
                if let Some((name, value)) = self.attribute(at, element, from.as_deref(), instead, attribute.value()) {
                    set(name, value);
                }
            }
        }
        if element == "image"
            && let Some(attribute) = node.attribute_node("data-href")
            && let Some(value) = self.href(attribute.range().start, element, from.as_deref(), attribute.value())
        {
            set("href", value);
        }
        attributes
    }

    fn note_id(&mut self, attribute: &Attribute<'_, '_>, element: &'static str) {
        let at = attribute.range().start;
        if self.ids.insert(attribute.value().to_owned(), (at, element)).is_some() {
            self.report.at(at, Cause::DuplicateId(attribute.value().to_owned()));
        }
    }

    /// One attribute or property as the drawing has it, if it has it.
    fn attribute(
        &mut self,
        at: usize,
        element: &'static str,
        from: Option<&str>,
        name: &str,
        value: &str,
    ) -> Option<(&'static str, Value)> {
        if outside(value) {
            self.report.at(at, Cause::Outside(value.chars().take(60).collect()));
            return None;
        }
        let name = rules::attribute(name)?;
        if let Some((what, mend)) = rules::not_drawn(name) {
            if value.trim() != "none" {
                self.report.at(at, Cause::NotDrawn(what, mend));
            }
            return None;
        }
        if name == "href" {
            return self.href(at, element, from, value).map(|value| (name, value));
        }
        if let Some(field) = sole_placeholder(value) {
            let colour = matches!(name, "fill" | "stroke" | "stop-color");
            let fault = match self.fields.iter().find(|known| known.id == field) {
                None => Some(Cause::UnknownPlaceholder(field.into())),
                Some(known) if colour && known.kind == Kind::Colour => None,
                Some(_) => Some(Cause::Misplaced(
                    field.into(),
                    name.into(),
                    "a colour stands in fill, stroke or stop-color, a picture in href, a text between <text> and </text>",
                )),
            };
            self.used.insert(field.to_owned());
            return match fault {
                Some(fault) => {
                    self.report.at(at, fault);
                    None
                }
                None => Some((name, Value::Field(field.to_owned()))),
            };
        }
        if rules::is_geometry(name) && (has_huge_number(value) || (element == "image" && is_no_side(name, value))) {
            self.report
                .at(at, unknown(name, value, "no number beyond 999999, and for the sides of a picture 0.1 or more,"));
            return None;
        }
        if let Some(id) = local_url(value) {
            let reference =
                Reference { at, from: from.map(str::to_owned), attribute: name, element, id: id.to_owned() };
            self.references.push(reference);
        } else if value.contains("url(") {
            self.report.at(at, Cause::Outside(value.chars().take(60).collect()));
            return None;
        }
        Some((name, Value::Fixed(value.to_owned())))
    }

    fn href(&mut self, at: usize, element: &'static str, from: Option<&str>, value: &str) -> Option<Value> {
        let value = value.trim();
        if let Some(id) = value.strip_prefix('#') {
            if !matches!(element, "use" | "linearGradient" | "radialGradient") {
                return None;
            }
            let from = from.map(str::to_owned);
            self.references.push(Reference { at, from, attribute: "href", element, id: id.to_owned() });
            return Some(Value::Fixed(value.to_owned()));
        }
        if element != "image" {
            self.report.at(at, Cause::Outside(value.chars().take(60).collect()));
            return None;
        }
        if let Some(field) = sole_placeholder(value) {
            self.used.insert(field.to_owned());
            let fault = match self.fields.iter().find(|known| known.id == field) {
                None => Some(Cause::UnknownPlaceholder(field.into())),
                Some(known) if known.kind == Kind::Image => None,
                Some(_) => Some(Cause::Misplaced(field.into(), "href".into(), "only a picture can stand there")),
            };
            return match fault {
                Some(fault) => {
                    self.report.at(at, fault);
                    None
                }
                None => Some(Value::Field(field.to_owned())),
            };
        }
        if !value.starts_with("data:") {
            self.report.at(at, Cause::Outside(value.chars().take(60).collect()));
            return None;
        }
        match picture::embedded(value) {
            Ok(png) => {
                self.embedded.push(Arc::new(png));
                Some(Value::Embedded(self.embedded.len() - 1))
            }
            Err(why) => {
                self.report.at(at, Cause::Picture(why));
                None
            }
        }
    }

    fn conditions(&mut self, node: XmlNode<'_, '_>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (name, filled) in [("data-if", true), ("data-unless", false)] {
            let Some(attribute) = node.attribute_node(name) else { continue };
            for field in attribute.value().split_whitespace() {
                if self.is_known(field) {
                    conditions.push(Condition { field: field.to_owned(), filled });
                } else {
                    self.report.at(attribute.range().start, Cause::UnknownPlaceholder(field.to_owned()));
                }
            }
        }
        conditions
    }

    fn is_known(&self, name: &str) -> bool {
        SPECIAL.contains(&name) || self.fields.iter().any(|field| field.id == name)
    }

    /// A text between its placeholders.
    fn pieces(&mut self, node: XmlNode<'_, '_>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = node.text().unwrap_or_default();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            if !before.is_empty() {
                pieces.push(Piece::Fixed(before.to_owned()));
            }
            rest = after;
            if !self.is_known(name) {
                self.report.node(node, Cause::UnknownPlaceholder(name.chars().take(40).collect()));
                continue;
            }
            if self.fields.iter().any(|field| field.id == name && !matches!(field.kind, Kind::Text { .. })) {
                let cause = Cause::Misplaced(name.into(), "a text".into(), "only a text can stand there");
                self.report.node(node, cause);
            }
            self.used.insert(name.to_owned());
            pieces.push(Piece::Field(name.to_owned()));
        }
        if !rest.is_empty() {
            pieces.push(Piece::Fixed(rest.to_owned()));
        }
        pieces
    }
}

/// Values that are as long as can be, for measures.
pub(in crate::media::graphics) fn longest(fields: &[Field]) -> Values {
    let value = |field: &Field| match field.kind {
        Kind::Text { max, .. } => "M".repeat(max.min(40)),
        Kind::Colour => field.default.clone(),
        Kind::Image | Kind::Time => String::new(),
    };
    let own = fields.iter().map(|field| (field.id.clone(), value(field)));
    SPECIAL.iter().map(|name| ((*name).to_owned(), "00:00".to_owned())).chain(own).collect()
}
