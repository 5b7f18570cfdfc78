//! A template's drawing as our own tree, which holds only what may be drawn, and how it is written out as SVG with values
//! in the place of its placeholders. What is not in the tree never comes to the SVG renderer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

/// Values of fields, by their ids.
pub(super) type Values = BTreeMap<String, String>;

/// What reference an embedded picture is written as, before its number.
pub(super) const EMBEDDED: &str = "embedded:";

/// What reference a field's picture is written as, before its field.
pub(super) const PICTURE: &str = "picture:";

/// A rectangle in the units of a template.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// The drawing.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub root: Element,
    pub view: View,
    /// The texts, in the order in which they stand.
    pub texts: Vec<TextBlock>,
    /// PNG files.
    pub embedded: Vec<Arc<Vec<u8>>>,
}

/// One element that is drawn.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub name: &'static str,
    pub attributes: Vec<(&'static str, Value)>,
    pub children: Vec<Node>,
    /// All must hold, or it is left out.
    pub conditions: Vec<Condition>,
    /// The texts that it is or contains.
    pub texts: Range<usize>,
    /// Whether it moves through the ticker's window.
    pub moves: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Fixed(String),
    /// A colour, or a picture for `href`.
    Field(String),
    Embedded(usize),
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Element(Element),
    Text(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Fixed(String),
    Field(String),
}

/// Whether a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub field: String,
    pub filled: bool,
}

impl Condition {
    fn holds(&self, values: &Values) -> bool {
        values.get(&self.field).is_some_and(|value| !value.is_empty()) == self.filled
    }
}

/// A measure of the template: in its units, or as a part of its width or height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Measure {
    Units(f32),
    Part(f32),
}

impl Measure {
    pub(super) fn of(self, start: f32, whole: f32) -> f32 {
        match self {
            Self::Units(units) => units,
            // As SVG resolves it: a part of the size, from the origin of the coordinates.
            Self::Part(part) => start + part * whole,
        }
    }
}

/// How one text is set.
#[derive(Debug, Clone)]
pub(super) struct TextBlock {
    /// The id that it has in the SVG.
    pub id: String,
    pub x: Measure,
    pub y: Measure,
    /// What it must fit into; without, it is set as it is.
    pub width: Option<f32>,
    /// The least size, as the font size is given; without, a part of the font size.
    pub least: Option<f32>,
    pub lines: usize,
    pub line_height: f32,
    /// The width of each figure's cell, so that figures stand still while they change; other characters have half of it.
    pub cell: Option<f32>,
    /// Whether the last line stands where the text stands, and not the first one.
    pub upward: bool,
    /// Makes the graphic as wide as this text and so much.
    pub room_right: Option<f32>,
    /// Makes the graphic as high as the last baseline and so much.
    pub room_below: Option<f32>,
    pub moves: bool,
}

/// How a text comes out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    /// As the template has it.
    Natural,
    /// Smaller, and with these values instead.
    Line { scale: f32, values: Values },
    /// Broken into lines.
    Lines { scale: f32, lines: Vec<String> },
    /// Several copies, to measure them: each has the text's id, `~` and its number.
    Copies(Vec<String>),
}

/// Which part of the drawing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything.
    All,
    /// All but what moves.
    Fixed,
    /// What moves.
    Moving,
    /// One text.
    Text(usize),
}

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing<'a> {
    pub part: Part,
    /// What is seen.
    pub view: View,
    /// Pixels.
    pub size: (f32, f32),
    pub values: &'a Values,
    /// By the texts' numbers; natural where there is none.
    pub settings: &'a [Setting],
}

impl Document {
    /// The SVG.
    pub(super) fn write(&self, writing: Writing<'_>) -> String {
        let View { x, y, width, height } = writing.view;
        let (pixel_width, pixel_height) = writing.size;
        let mut writer = Writer { document: self, writing, svg: String::with_capacity(4096), moving: false };
        writer.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixel_width}\" height=\"{pixel_height}\" \
             viewBox=\"{x} {y} {width} {height}\""
        ));
        writer.attributes(&self.root);
        writer.put(format_args!(">"));
        writer.children(&self.root);
        writer.put(format_args!("</svg>"));
        writer.svg
    }

    /// What stands in a text, with these values.
    pub(super) fn content(&self, text: usize, values: &Values) -> String {
        fn collect(element: &Element, values: &Values, content: &mut String) {
            for node in &element.children {
                match node {
                    Node::Element(element) => collect(element, values, content),
                    Node::Text(pieces) => content.extend(pieces.iter().map(|piece| piece.text(values))),
                }
            }
        }
        let mut content = String::new();
        if let Some(element) = self.text(text) {
            collect(element, values, &mut content);
        }
        content
    }

    /// The fields that stand in a text.
    pub(super) fn fields_of(&self, text: usize) -> Vec<String> {
        fn collect(element: &Element, fields: &mut Vec<String>) {
            for node in &element.children {
                match node {
                    Node::Element(element) => collect(element, fields),
                    Node::Text(pieces) => fields.extend(pieces.iter().filter_map(|piece| match piece {
                        Piece::Field(field) => Some(field.clone()),
                        Piece::Fixed(_) => None,
                    })),
                }
            }
        }
        let mut fields = Vec::new();
        if let Some(element) = self.text(text) {
            collect(element, &mut fields);
        }
        fields
    }

    fn text(&self, text: usize) -> Option<&Element> {
        fn find(element: &Element, text: usize) -> Option<&Element> {
            if element.name == "text" {
                return Some(element);
            }
            let within = element.children.iter().find_map(|node| match node {
                Node::Element(element) if element.texts.contains(&text) => Some(element),
                _ => None,
            });
            find(within?, text)
        }
        find(&self.root, text)
    }
}

impl Piece {
    fn text<'a>(&'a self, values: &'a Values) -> &'a str {
        match self {
            Self::Fixed(text) => text,
            Self::Field(field) => values.get(field).map_or("", String::as_str),
        }
    }
}

struct Writer<'a> {
    document: &'a Document,
    writing: Writing<'a>,
    svg: String,
    /// Whether what is written now moves.
    moving: bool,
}

impl Writer<'_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.svg.write_fmt(text).expect("a String takes whatever is written");
    }

    fn wanted(&self, element: &Element) -> bool {
        let definition = matches!(element.name, "defs" | "linearGradient" | "radialGradient" | "clipPath" | "mask");
        let part = match self.writing.part {
            Part::All => true,
            Part::Fixed => !element.moves,
            Part::Moving => self.moving || element.moves || leads_to_moving(element),
            Part::Text(text) => element.texts.contains(&text) || matches!(element.name, "tspan"),
        };
        (definition || part) && element.conditions.iter().all(|condition| condition.holds(self.writing.values))
    }

    fn children(&mut self, element: &Element) {
        for node in &element.children {
            match node {
                Node::Element(element) => self.element(element),
                Node::Text(pieces) => {
                    for piece in pieces {
                        escape(&mut self.svg, piece.text(self.writing.values));
                    }
                }
            }
        }
    }

    fn element(&mut self, element: &Element) {
        if !self.wanted(element) {
            return;
        }
        let moving = self.moving;
        self.moving |= element.moves;
        if element.name == "text" {
            self.text(element);
        } else {
            self.plain(element);
        }
        self.moving = moving;
    }

    fn plain(&mut self, element: &Element) {
        // A picture that is not there is not drawn, rather than drawn as nothing with a warning.
        let lacks = |value: &Value| matches!(value, Value::Field(field) if !self.writing.values.contains_key(field));
        if element.name == "image" && element.attributes.iter().any(|(name, value)| *name == "href" && lacks(value)) {
            return;
        }
        self.put(format_args!("<{}", element.name));
        self.attributes(element);
        if element.children.is_empty() {
            self.put(format_args!("/>"));
        } else {
            self.put(format_args!(">"));
            self.children(element);
            self.put(format_args!("</{}>", element.name));
        }
    }

    fn attributes(&mut self, element: &Element) {
        for (name, value) in &element.attributes {
            self.attribute(name, value);
        }
    }

    fn attribute(&mut self, name: &str, value: &Value) {
        self.put(format_args!(" {name}=\""));
        match value {
            Value::Fixed(text) => escape(&mut self.svg, text),
            Value::Field(field) if name == "href" => self.put(format_args!("{PICTURE}{field}")),
            Value::Field(field) => {
                let colour = self.writing.values.get(field).map_or("", String::as_str);
                escape(&mut self.svg, colour);
            }
            Value::Embedded(number) => self.put(format_args!("{EMBEDDED}{number}")),
        }
        self.put(format_args!("\""));
    }

    fn text(&mut self, element: &Element) {
        let (document, writing) = (self.document, self.writing);
        let number = element.texts.start;
        let Some(block) = document.texts.get(number) else { return self.plain(element) };
        let View { x, y, width, height } = writing.view;
        let (x, y) = (block.x.of(x, width), block.y.of(y, height));
        match writing.settings.get(number).unwrap_or(&Setting::Natural) {
            Setting::Natural => self.line(element, block, (x, y, 1.0)),
            Setting::Line { scale, values } => {
                self.writing.values = values;
                self.line(element, block, (x, y, *scale));
                self.writing.values = writing.values;
            }
            Setting::Lines { scale, lines } => {
                self.begin_text(element, &block.id, Some((x, y, *scale)));
                for (number, line) in lines.iter().enumerate() {
                    let y = y + block.line_height * block.line_offset(number, lines.len());
                    self.put(format_args!("<tspan x=\"{x}\" y=\"{y}\">"));
                    escape(&mut self.svg, line);
                    self.put(format_args!("</tspan>"));
                }
                self.put(format_args!("</text>"));
            }
            Setting::Copies(copies) => {
                for (number, copy) in copies.iter().enumerate() {
                    self.begin_text(element, &format!("{}~{number}", block.id), None);
                    escape(&mut self.svg, copy);
                    self.put(format_args!("</text>"));
                }
            }
        }
    }

    /// A text of one line, from its place on.
    fn line(&mut self, element: &Element, block: &TextBlock, (x, y, scale): (f32, f32, f32)) {
        self.begin_text(element, &block.id, Some((x, y, scale)));
        if let Some(cell) = block.cell {
            let content = self.document.content(element.texts.start, self.writing.values);
            let mut right = x;
            for c in content.trim().chars() {
                let width = if c.is_ascii_digit() { cell } else { cell / 2.0 };
                let middle = right + width / 2.0;
                right += width;
                self.put(format_args!("<tspan x=\"{middle}\" text-anchor=\"middle\">"));
                escape(&mut self.svg, c.encode_utf8(&mut [0; 4]));
                self.put(format_args!("</tspan>"));
            }
        } else {
            self.children(element);
        }
        self.put(format_args!("</text>"));
    }

    /// Opens a text, made smaller around its own place.
    fn begin_text(&mut self, element: &Element, id: &str, scaled: Option<(f32, f32, f32)>) {
        self.put(format_args!("<text id=\""));
        escape(&mut self.svg, id);
        self.put(format_args!("\""));
        let scaled = scaled.filter(|(_, _, scale)| scale.to_bits() != 1f32.to_bits());
        for (name, value) in &element.attributes {
            if *name != "id" && (*name != "transform" || scaled.is_none()) {
                self.attribute(name, value);
            }
        }
        if let Some((x, y, scale)) = scaled {
            let own = element.attributes.iter().find_map(|(name, value)| match value {
                Value::Fixed(transform) if *name == "transform" => Some(transform.as_str()),
                _ => None,
            });
            self.put(format_args!(" transform=\""));
            escape(&mut self.svg, own.unwrap_or_default());
            let (dx, dy) = (x - x * scale, y - y * scale);
            self.put(format_args!(" matrix({scale} 0 0 {scale} {dx} {dy})\""));
        }
        self.put(format_args!(">"));
    }
}

impl TextBlock {
    /// How many lines a line stands below the text's own place.
    pub(super) fn line_offset(&self, line: usize, lines: usize) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let (line, lines) = (line as f32, lines as f32);
        if self.upward { line + 1.0 - lines } else { line }
    }
}

fn leads_to_moving(element: &Element) -> bool {
    element.children.iter().any(|node| match node {
        Node::Element(element) => element.moves || leads_to_moving(element),
        Node::Text(_) => false,
    })
}

/// A text as XML takes it.
fn escape(svg: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '"' | '\'' => {
                write!(svg, "&#{};", u32::from(c)).expect("a String takes whatever is written");
            }
            c => svg.push(c),
        }
    }
}
