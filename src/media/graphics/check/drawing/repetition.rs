//! What refers to what: that it is there and of the right kind, and how much a drawing comes to with all that is repeated.

use std::collections::HashMap;

use super::{MOST_CHARACTERS, MOST_DRAWN, MOST_STEPS, SPECIAL_CHARACTERS, Walk, XmlNode};
use crate::media::graphics::check::rules;
use crate::media::graphics::document::{Element, Node, Piece, Value};
use crate::media::graphics::problem::Cause;
use crate::media::graphics::template::Kind;

impl Walk<'_, '_, '_> {
    pub(super) fn check_references(&mut self) {
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
    pub(super) fn check_repetition(&mut self, root: XmlNode<'_, '_>, element: &Element) {
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
