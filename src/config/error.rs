//! Errors of the configuration, with their place in the file.

use std::ops::Range;
use std::path::PathBuf;

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no file.
    #[error("there is no {}: copy the example with `cp regia.example.toml regia.toml` and change its keys", path.display())]
    Missing {
        /// Where it was expected.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The text is wrong.
    #[error("{file}:{line}:{column}: {what}")]
    Wrong {
        /// The file's name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What arrived and what was needed.
        what: String,
    },
    /// Settings do not fit each other, and none of them stands in the text: one is left at its default.
    #[error("{file}: {what}")]
    Mismatch {
        /// The file's name.
        file: String,
        /// What arrived and what was needed.
        what: String,
    },
    /// Keys that everybody knows.
    #[error(
        "these keys are still the example's, which everybody knows: {whose}; `openssl rand -hex 16` prints a good one"
    )]
    ExampleKeys {
        /// Whose keys.
        whose: String,
    },
}

/// A problem with the bytes of the text that it is about.
#[derive(Debug)]
pub struct Problem {
    /// What arrived and what was needed.
    pub what: String,
    /// Where, in bytes; nowhere if it is about a default.
    pub span: Option<Range<usize>>,
}

impl From<toml::de::Error> for Problem {
    fn from(error: toml::de::Error) -> Self {
        // A message may have more lines than the first; together they are one sentence of a log.
        let what = error.message().lines().map(str::trim).collect::<Vec<_>>().join(", ");
        Self { what, span: error.span() }
    }
}

impl Problem {
    /// The error, with line and column counted out.
    pub(super) fn locate(self, text: &str, file: &str) -> Error {
        let Some(span) = self.span else { return Error::Mismatch { file: file.to_owned(), what: self.what } };
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Error::Wrong {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            what: self.what,
        }
    }
}
