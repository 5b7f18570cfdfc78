//! From a file's text to a template, or to a list of what is wrong with it. Only what is on the lists of [`rules`] gets
//! into the drawing, so that nothing else has to be known of to be kept out.

mod drawing;
mod header;
mod rules;
mod value;

use resvg::usvg::roxmltree::{self, Document as Xml, ParsingOptions};

use super::problem::{Cause, Problem};
use super::template::Template;
use super::{cost, is_id};
use drawing::Walk;
pub(super) use drawing::longest;

/// The longest text of a template, in bytes.
pub(super) const LONGEST: u64 = 256 * 1024;

/// Problems that one file is told of: a volunteer mends some and asks again.
const MOST_PROBLEMS: usize = 20;

/// Attributes of one element. The XML parser compares each with all others.
const MOST_ATTRIBUTES: usize = 200;

/// Nodes of the XML, white space and comments included.
const MOST_NODES: u32 = 20_000;

/// Where problems are put.
struct Report<'a, 'input> {
    file: &'a str,
    xml: &'a Xml<'input>,
    problems: Vec<Problem>,
}

impl Report<'_, '_> {
    /// Notes a problem at a byte of the text.
    fn at(&mut self, byte: usize, cause: Cause) {
        if self.problems.len() < MOST_PROBLEMS {
            let place = self.xml.text_pos_at(byte);
            self.problems.push(Problem { file: self.file.into(), line: place.row, column: place.col, cause });
        }
    }

    fn node(&mut self, node: roxmltree::Node<'_, '_>, cause: Cause) {
        self.at(node.range().start, cause);
    }

    fn is_full(&self) -> bool {
        self.problems.len() >= MOST_PROBLEMS
    }
}

/// Checks a template's text; its revision is left open.
pub(super) fn check(file: &str, text: &str) -> Result<Template, Vec<Problem>> {
    let beginning = |cause| vec![Problem { file: file.into(), line: 1, column: 1, cause }];
    let id = file.strip_suffix(".svg").filter(|id| is_id(id));
    let Some(id) = id else { return Err(beginning(Cause::Name(file.to_owned()))) };
    if text.len() as u64 > LONGEST {
        return Err(beginning(Cause::TooLarge(text.len() as u64, LONGEST)));
    }
    if let Some(number) = text.split('<').map(|tag| tag.matches('=').count()).find(|n| *n > MOST_ATTRIBUTES) {
        let cause = Cause::TooMany { what: "attributes in one element", number, most: MOST_ATTRIBUTES };
        return Err(beginning(cause));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, entity_resolver: None };
    let xml = Xml::parse_with_options(text, options).map_err(|error| vec![unreadable(file, text, &error)])?;
    let mut report = Report { file, xml: &xml, problems: Vec::new() };

    let root = xml.root_element();
    if root.tag_name().name() != "svg" || !rules::is_svg(root) {
        report.node(root, Cause::NotSvg(root.tag_name().name().to_owned()));
        return Err(report.problems);
    }
    let header = header::read(root, &mut report);
    let walk = Walk::new(&header.fields, header.view, &mut report).run(root);
    let (Some(walk), Some(place)) = (walk, header.place) else { return Err(report.problems) };
    let mut template = Template {
        id: id.to_owned(),
        name: header.name,
        name_en: header.name_en,
        place,
        animation_in: header.animation_in,
        animation_out: header.animation_out,
        fields: header.fields,
        specials: walk.specials,
        window: walk.window,
        lower: header.lower,
        document: walk.document,
        revision: 0,
    };
    walk_lines(&mut template);
    if report.problems.is_empty()
        && let Err(cause) = cost::check(&template)
    {
        report.node(root, cause);
    }
    if report.problems.is_empty() { Ok(template) } else { Err(report.problems) }
}

/// Tells each text field how many lines there are for it.
fn walk_lines(template: &mut Template) {
    for (number, block) in template.document.texts.iter().enumerate() {
        let used = template.document.fields_of(number);
        for field in template.fields.iter_mut().filter(|field| used.contains(&field.id)) {
            if let super::Kind::Text { lines, .. } = &mut field.kind {
                *lines = block.lines.max(*lines);
            }
        }
    }
}

fn unreadable(file: &str, text: &str, error: &roxmltree::Error) -> Problem {
    let place = error.pos();
    let (mut line, mut column) = (place.row, place.col);
    let cause = match error {
        roxmltree::Error::DtdDetected => {
            let at = text.find("<!DOCTYPE").unwrap_or_default();
            let before = &text[..at];
            line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
            column = u32::try_from(before.chars().rev().take_while(|c| *c != '\n').count() + 1).unwrap_or(u32::MAX);
            Cause::DocumentType
        }
        roxmltree::Error::NodesLimitReached => {
            Cause::TooMany { what: "nodes", number: MOST_NODES as usize + 1, most: MOST_NODES as usize }
        }
        error => {
            let error = error.to_string();
            let place = format!(" at {place}");
            Cause::Xml(error.replace(&place, ""))
        }
    };
    Problem { file: file.into(), line, column, cause }
}
