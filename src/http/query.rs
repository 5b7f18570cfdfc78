//! What stands behind the question mark: each name once, each value checked, and what is wrong told with what is possible.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use super::Shared;
use super::access::quoted;
use super::error::Error;
use crate::show::WallTime;
use crate::when;

/// Names and values in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Asked(Vec<(String, String)>);

impl FromRequestParts<Shared> for Asked {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        match Query::<Vec<(String, String)>>::from_request_parts(parts, server).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(error) => Err(Error::BadQuery(format!("the query cannot be read: {error}"))),
        }
    }
}

impl Asked {
    /// Refuses names that are none of these. A name stands there once, but for `kind`.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Error> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                return Err(Error::BadQuery(format!(
                    "there is no '{}': {} are possible",
                    quoted(name),
                    names.join(", ")
                )));
            }
            if name != "kind" && self.0[..at].iter().any(|(before, _)| before == name) {
                return Err(Error::BadQuery(format!("'{name}' stands there twice: once is possible")));
            }
        }
        Ok(())
    }

    /// The value of a name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Error> {
        let number = |text: &str| text.parse().map_err(|_| wrong(name, text, "a whole number from 0 on is needed"));
        self.text(name).map(number).transpose()
    }

    /// An instant. A `+` that was not encoded has become a space.
    pub(super) fn instant(&self, name: &str) -> Result<Option<WallTime>, Error> {
        let instant = |text: &str| {
            let parsed = when::parse(text).or_else(|| when::parse(&text.replacen(' ', "+", 1)));
            parsed.ok_or_else(|| wrong(name, text, when::NEEDED))
        };
        self.text(name).map(instant).transpose()
    }

    /// One of these words; the first one if none is there.
    pub(super) fn word(&self, name: &str, words: &[&'static str]) -> Result<&'static str, Error> {
        match self.text(name) {
            None => Ok(words[0]),
            Some(text) => words
                .iter()
                .copied()
                .find(|word| *word == text)
                .ok_or_else(|| wrong(name, text, &format!("one of {} is needed", words.join(", ")))),
        }
    }
}

/// A value that does not fit.
pub(super) fn wrong(name: &str, arrived: &str, needed: &str) -> Error {
    Error::BadQuery(format!("{name} is '{}': {needed}", quoted(arrived)))
}
