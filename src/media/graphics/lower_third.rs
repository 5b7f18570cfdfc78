//! A lower third as the show knows it: two texts for the built-in template of that name.

use std::fmt;
use std::sync::Arc;

use super::renderer::one_line;
use super::{Error, Graphic, Template};

/// What a lower third says. Both texts are one line of what can be printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LowerThird {
    title: String,
    subtitle: String,
}

impl LowerThird {
    /// The longest title, in characters.
    pub const LONGEST_TITLE: usize = 80;

    /// The longest subtitle, in characters.
    pub const LONGEST_SUBTITLE: usize = 120;

    /// Checks the lengths: 1 to [`LowerThird::LONGEST_TITLE`], 0 to [`LowerThird::LONGEST_SUBTITLE`]. White space of any
    /// kind and length and what cannot be printed count as one space, and not at all at the ends.
    pub fn new(title: &str, subtitle: &str) -> Result<Self, Error> {
        let (title, subtitle) = (one_line(title), one_line(subtitle));
        let check = |part, text: &str, least, most| match text.chars().count() {
            length if (least..=most).contains(&length) => Ok(()),
            length => Err(Error::Length { part, length, least, most }),
        };
        check("title", &title, 1, Self::LONGEST_TITLE)?;
        check("subtitle", &subtitle, 0, Self::LONGEST_SUBTITLE)?;
        Ok(Self { title, subtitle })
    }
}

impl fmt::Display for LowerThird {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subtitle.as_str() {
            "" => write!(f, "«{}»", self.title),
            subtitle => write!(f, "«{}» over «{subtitle}»", self.title),
        }
    }
}

impl From<&LowerThird> for Graphic {
    fn from(lower_third: &LowerThird) -> Self {
        let template = Template::built_in().iter().find(|template| template.id() == "lower-third");
        Self {
            template: Arc::clone(template.expect("it is built in")),
            fields: [("title", &lower_third.title), ("subtitle", &lower_third.subtitle)]
                .map(|(id, text)| (id.to_owned(), text.clone()))
                .into(),
        }
    }
}

impl From<LowerThird> for Graphic {
    fn from(lower_third: LowerThird) -> Self {
        Self::from(&lower_third)
    }
}
