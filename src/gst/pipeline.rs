//! A pipeline from a description in `pipelines/`, started and stopped in order.

use std::collections::HashMap;

use gstreamer::{self as gst, prelude::*};
use thiserror::Error;

use super::EventClock;

/// What can go wrong with a pipeline.
#[derive(Debug, Error)]
pub enum Error {
    /// The text does not parse or an element is missing.
    #[error("pipeline '{name}' cannot be built: {source}; `regia doctor` names the package of a missing element")]
    Build {
        /// Its name in `pipelines/`.
        name: &'static str,
        /// GStreamer's own words.
        source: gst::glib::Error,
    },
    /// A placeholder has no value or the text has no such element.
    #[error("pipeline '{name}' has no '{part}'")]
    Part {
        /// Its name in `pipelines/`.
        name: &'static str,
        /// The missing part.
        part: String,
    },
    /// The pipeline did not start.
    #[error("pipeline '{name}' does not start: {source}")]
    Start {
        /// Its name in `pipelines/`.
        name: &'static str,
        /// GStreamer's own words.
        source: gst::StateChangeError,
    },
}

/// A pipeline that is set to Null when it is dropped. Drop it on a thread that may block.
#[derive(Debug)]
pub struct Pipeline {
    name: &'static str,
    inner: gst::Pipeline,
}

impl Pipeline {
    /// Builds a description: `text` in gst-launch syntax, where `{key}` stands for a value. Lines that begin with `#`
    /// are comments. The pipeline runs on the event clock.
    pub fn build(
        name: &'static str,
        text: &str,
        values: &[(&str, &dyn std::fmt::Display)],
        clock: &EventClock,
    ) -> Result<Self, Error> {
        let description = Self::describe(name, text, values)?;
        let element = gst::parse::launch(&description).map_err(|source| Error::Build { name, source })?;
        let inner = match element.downcast::<gst::Pipeline>() {
            Ok(pipeline) => pipeline,
            Err(single) => {
                let pipeline = gst::Pipeline::new();
                pipeline.add(&single).expect("a new element has no parent");
                pipeline
            }
        };
        clock.drive(&inner);
        Ok(Self { name, inner })
    }

    /// The text that a description or a part of one comes to: with values in the places of `{key}`, without comments.
    pub fn describe(
        name: &'static str,
        text: &str,
        values: &[(&str, &dyn std::fmt::Display)],
    ) -> Result<String, Error> {
        let values: HashMap<&str, String> = values.iter().map(|(key, value)| (*key, value.to_string())).collect();
        fill(text, &values).map_err(|part| Error::Part { name, part })
    }

    /// The element of this name in the description.
    pub fn element<T: IsA<gst::Element>>(&self, part: &str) -> Result<T, Error> {
        self.inner
            .by_name(part)
            .and_then(|element| element.downcast().ok())
            .ok_or_else(|| Error::Part { name: self.name, part: part.into() })
    }

    /// Starts it. A live pipeline answers at once; others preroll on their own threads.
    pub fn start(&self) -> Result<(), Error> {
        self.inner.set_state(gst::State::Playing).map(drop).map_err(|source| Error::Start { name: self.name, source })
    }

    /// GStreamer's own object.
    pub fn inner(&self) -> &gst::Pipeline {
        &self.inner
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Err(error) = self.inner.set_state(gst::State::Null) {
            tracing::warn!(pipeline = self.name, %error, "a pipeline does not stop");
        }
    }
}

/// Puts values in the places of `{key}` and leaves out comment lines; answers the first key without a value.
fn fill(text: &str, values: &HashMap<&str, String>) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((key, after)) = after.split_once('}') else { break };
            filled.push_str(before);
            filled.push_str(values.get(key).ok_or_else(|| key.to_owned())?);
            rest = after;
        }
        filled.push_str(rest);
        filled.push('\n');
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_comments_left_out() {
        let values = HashMap::from([("rate", "48000".to_owned())]);
        assert_eq!(fill("# why\na rate={rate} ! b\n", &values), Ok("a rate=48000 ! b\n".to_owned()));
    }

    #[test]
    fn a_placeholder_without_a_value_is_named() {
        assert_eq!(fill("a ! {b}", &HashMap::new()), Err("b".to_owned()));
    }
}
