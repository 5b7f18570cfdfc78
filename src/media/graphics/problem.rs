//! What is wrong with a template, where, and what mends it.

use std::fmt;

/// One thing that is wrong with one template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name, as it was found.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The character of the line, from 1.
    pub column: u32,
    /// What is wrong and what mends it.
    pub cause: Cause,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.cause)
    }
}

impl std::error::Error for Problem {}

/// What can be wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum Cause {
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    #[error("'{0}' is no name for a template: name the file with 1 to 32 of a-z, 0-9 and - before .svg")]
    Name(String),
    #[error("{0} templates are in the folder: {1} at most are read; take away what is not needed")]
    TooManyFiles(usize, usize),
    #[error("the file has {0} bytes: {1} at most are read; take away what is not seen, and make pictures smaller")]
    TooLarge(u64, u64),
    #[error("the file is not text in UTF-8: save it as an ordinary SVG, not as a compressed one")]
    NotText,
    #[error("this is no XML: {0}")]
    Xml(String),
    #[error("a document type (<!DOCTYPE ...>) and entities are refused: delete it; an SVG needs none")]
    DocumentType,
    #[error("the first element is <{0}>: <svg xmlns=\"http://www.w3.org/2000/svg\"> is needed")]
    NotSvg(String),
    #[error("<svg> has no size: viewBox=\"0 0 WIDTH HEIGHT\" is needed, with sides of 1 to 8192")]
    NoSize,
    #[error("<svg> has no {0}: add {0}=\"...\", the name that people choose it by")]
    NoName(&'static str),
    #[error("<svg> has no place: add data-place, one of {0}")]
    NoPlace(String),
    #[error("{attribute}=\"{value}\" is not known: {possible} is needed")]
    Unknown { attribute: String, value: String, possible: String },
    #[error("<{element}> has no {attribute}: {needed} is needed")]
    Missing { element: String, attribute: &'static str, needed: String },
    #[error("<{0}> is not drawn: {1}")]
    Element(String, &'static str),
    #[error("scripts and event handlers are refused ({0}): delete it")]
    Script(String),
    #[error(
        "'{0}' lies outside of the template, which may read neither files nor the network: embed the picture (data: of image/png or image/jpeg), or name something of this file (#id)"
    )]
    Outside(String),
    #[error("style sheets are refused: write the style into the elements (in Illustrator: 'presentation attributes')")]
    StyleSheet,
    #[error("{0} is not drawn: {1}")]
    NotDrawn(&'static str, &'static str),
    #[error("'{0}' is referred to, but no {1} has that id")]
    Dangling(String, &'static str),
    #[error("two elements have the id '{0}': give each its own")]
    DuplicateId(String),
    #[error("'{0}' leads back to itself, or through others to another one of its kind: take one of them away")]
    Nested(String),
    #[error("there are {number} {what}: {most} are possible; make the drawing simpler")]
    TooMany { what: &'static str, number: usize, most: usize },
    #[error("{{{0}}} is no field: write <field id=\"{0}\" .../> into <metadata>, or mend the name")]
    UnknownPlaceholder(String),
    #[error("the field '{0}' is used nowhere: write {{{0}}} where it belongs, or take the field away")]
    Unused(String),
    #[error("{{{0}}} stands in {1}: {2}")]
    Misplaced(String, String, &'static str),
    #[error("'{0}' is no name for a field: 1 to 32 of a-z, 0-9 and -, beginning with a letter, are needed")]
    FieldName(String),
    #[error("there are two fields '{0}': give each its own id")]
    DuplicateField(String),
    #[error("the picture within the file cannot be taken: {0}")]
    Picture(String),
    #[error("{0} in a text with data-lines or data-cell: only one with one style and one place can be set so")]
    Lines(&'static str),
    #[error("this is too much to draw: {0}; make the drawing simpler")]
    TooCostly(String),
    #[error("this makes no drawing: {0}")]
    NotDrawable(String),
}
