//! From the XML's elements to the drawing that a template keeps: what is known is taken over, what is harmless is left
//! out, everything else is reported.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use resvg::usvg::roxmltree::{Attribute, Node as XmlNode};

use super::header::{numbers, unknown};
use super::{Report, rules};
use crate::media::graphics::document::{
    Condition, Document, Element, Measure, Node, Piece, TextBlock, Value, Values, View,
};
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

    /// Whether the element is what moves; then it says through which window.
    fn moves(&mut self, node: XmlNode<'_, '_>, inside: Inside) -> bool {
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
    fn block(&mut self, node: XmlNode<'_, '_>, moves: bool) -> TextBlock {
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
    fn finish_text(&mut self, node: XmlNode<'_, '_>, number: usize, element: &mut Element) {
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

    fn check_references(&mut self) {
        let gradients: HashMap<&str, &str> = self
            .references
            .iter()
            .filter(|reference| reference.element.ends_with("Gradient") && reference.attribute == "href")
            .filter_map(|reference| Some((reference.from.as_deref()?, reference.id.as_str())))
            .collect();
        let mut causes = Vec::new();
        for reference in &self.references {
            let target = self.ids.get(&reference.id).map(|(_, element)| *element);
            let (wanted, what): (&[&str], _) = match (reference.attribute, reference.element) {
                ("href", "use") => (&[], "drawn element"),
                (attribute, _) => rules::target(attribute),
            };
            let fits = target.is_some_and(|target| wanted.is_empty() || wanted.contains(&target));
            if !fits {
                causes.push((reference.at, Cause::Dangling(reference.id.clone(), what)));
            } else if reference.attribute == "href" && reference.element != "use" {
                let steps = std::iter::successors(Some(reference.id.as_str()), |id| gradients.get(id).copied());
                if steps.take(MOST_STEPS + 1).count() > MOST_STEPS {
                    causes.push((reference.at, Cause::Nested(reference.id.clone())));
                }
            }
        }
        for (at, cause) in causes {
            self.report.at(at, cause);
        }
    }

    /// Counts what `use` repeats, and sees to it that no definition contains what is defined elsewhere.
    fn check_repetition(&mut self, root: XmlNode<'_, '_>, element: &Element) {
        let most: HashMap<&str, usize> = self
            .fields
            .iter()
            .map(|field| match field.kind {
                Kind::Text { max, .. } => (field.id.as_str(), max),
                _ => (field.id.as_str(), 0),
            })
            .collect();
        let mut sizes = HashMap::new();
        let mut whole = size(element, &most, &mut sizes);
        for reference in
            self.references.iter().filter(|reference| reference.element == "use" && reference.attribute == "href")
        {
            let Some(target) = sizes.get(reference.id.as_str()) else { continue };
            if target.repeats {
                self.report.at(reference.at, Cause::Nested(reference.id.clone()));
            }
            whole.elements = whole.elements.saturating_add(target.elements);
            whole.characters = whole.characters.saturating_add(target.characters);
        }
        for (what, number, most) in [
            ("elements with all that <use> repeats", whole.elements, MOST_DRAWN),
            ("characters of text, with the longest values", whole.characters, MOST_CHARACTERS),
        ] {
            if number > most {
                self.report.node(root, Cause::TooMany { what, number, most });
            }
        }
        let mut nested = Vec::new();
        definitions(element, None, &mut nested);
        for id in nested {
            let at = self.ids.get(&id).map_or(0, |(at, _)| *at);
            self.report.at(at, Cause::Nested(id));
        }
    }
}

/// How much an element comes to.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    elements: usize,
    characters: usize,
    /// Whether there is a `use` in it.
    repeats: bool,
}

fn size<'a>(element: &'a Element, most: &HashMap<&str, usize>, sizes: &mut HashMap<&'a str, Size>) -> Size {
    let mut own = Size { elements: 1, characters: 0, repeats: element.name == "use" };
    for node in &element.children {
        match node {
            Node::Element(child) => {
                let child = size(child, most, sizes);
                own.elements += child.elements;
                own.characters += child.characters;
                own.repeats |= child.repeats;
            }
            Node::Text(pieces) => {
                own.characters += pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Fixed(text) => text.chars().count(),
                        Piece::Field(field) => most.get(field.as_str()).copied().unwrap_or(SPECIAL_CHARACTERS),
                    })
                    .sum::<usize>();
            }
        }
    }
    let id = element.attributes.iter().find_map(|(name, value)| match value {
        Value::Fixed(id) if *name == "id" => Some(id.as_str()),
        _ => None,
    });
    if let Some(id) = id {
        sizes.insert(id, own);
    }
    own
}

/// Clips and masks in which, or on which, there is another clip or mask: each would be drawn for each.
fn definitions(element: &Element, within: Option<&str>, nested: &mut Vec<String>) {
    let own = matches!(element.name, "clipPath" | "mask").then(|| {
        let id = element.attributes.iter().find_map(|(name, value)| match value {
            Value::Fixed(id) if *name == "id" => Some(id.as_str()),
            _ => None,
        });
        id.unwrap_or_default()
    });
    let within = within.or(own);
    if let Some(within) = within
        && (element.name == "use" || element.attributes.iter().any(|(name, _)| matches!(*name, "clip-path" | "mask")))
        && !nested.iter().any(|id| id == within)
    {
        nested.push(within.to_owned());
    }
    for node in &element.children {
        if let Node::Element(child) = node {
            definitions(child, within, nested);
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

/// `name: value; name: value`.
fn declarations(style: &str) -> impl Iterator<Item = (&str, &str)> {
    style.split(';').filter_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        Some((name.trim(), value.trim().trim_end_matches("!important").trim_end()))
    })
}

/// Whether a number in a value has more than six digits before its point, or an exponent that makes it larger. The
/// renderer panics on some of those.
fn has_huge_number(value: &str) -> bool {
    let bytes = value.as_bytes();
    let (mut digits, mut after_point) = (0, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' if !after_point => digits += 1,
            b'0'..=b'9' => {}
            b'.' => (digits, after_point) = (0, !after_point || digits == 0),
            b'e' | b'E' if at > 0 && (bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'.') => {
                if bytes.get(at + 1).is_some_and(|next| next.is_ascii_digit() || *next == b'+') {
                    return true;
                }
                (digits, after_point) = (0, false);
            }
            _ => (digits, after_point) = (0, false),
        }
        if digits > 6 {
            return true;
        }
    }
    let lower = value.to_ascii_lowercase();
    lower.contains("inf") || lower.contains("nan")
}

/// Whether a picture's side is so short, or so odd, that no ratio can be told.
fn is_no_side(name: &str, value: &str) -> bool {
    matches!(name, "width" | "height")
        && value
            .trim()
            .trim_end_matches(|c: char| c == '%' || c.is_ascii_alphabetic())
            .parse()
            .is_ok_and(|side: f32| side < 0.1)
}

/// `{field}` and nothing else.
fn sole_placeholder(value: &str) -> Option<&str> {
    let name = value.trim().strip_prefix('{')?.strip_suffix('}')?;
    (!name.contains(['{', '}'])).then_some(name)
}

/// The id of `url(#id)`, which a colour may follow.
fn local_url(value: &str) -> Option<&str> {
    let inner = value.trim().strip_prefix("url(")?;
    let (inner, after) = inner.split_once(')')?;
    let id = inner.trim().trim_matches(['"', '\'']).strip_prefix('#')?;
    (!id.is_empty() && !after.contains("url(")).then_some(id)
}

/// Whether a value, of whatever it may be, names something outside of the file.
fn outside(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let external = |after: &str| !after.trim_start().trim_start_matches(['"', '\'']).starts_with('#');
    lower.contains("@import") || lower.split("url(").skip(1).any(external)
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
