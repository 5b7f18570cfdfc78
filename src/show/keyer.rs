//! What lies over the picture: titles, and the downstream keyer that shows one over every picture.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text;

/// A lower third: who speaks, in two lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LowerThird {
    /// First line, 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    pub title: String,
    /// Second line, up to 120 characters.
    #[serde(default)]
    #[schema(max_length = 120, default = "")]
    pub subtitle: String,
}

impl LowerThird {
    /// Longest first line, in characters.
    pub const TITLE_MAX: usize = 80;
    /// Longest second line, in characters.
    pub const SUBTITLE_MAX: usize = 120;

    /// What keeps this from being shown, in words.
    pub(super) fn flaw(&self) -> Option<String> {
        let title = text::flaw(&self.title, 1, Self::TITLE_MAX).map(|flaw| format!("its title: {flaw}"));
        title.or_else(|| text::flaw(&self.subtitle, 0, Self::SUBTITLE_MAX).map(|flaw| format!("its subtitle: {flaw}")))
    }
}

/// The downstream keyer: over every picture until it is switched off.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Keyer {
    /// Whether it is on air.
    pub on: bool,
    /// What it shows when it is on; without it there is nothing to switch on.
    #[schema(required = true)]
    pub lower_third: Option<LowerThird>,
}

impl Keyer {
    /// Whether it can be in this state.
    pub(super) fn flaw(&self) -> Option<String> {
        match &self.lower_third {
            None => self.on.then(|| "it is on without anything to show".to_owned()),
            Some(lower_third) => lower_third.flaw(),
        }
    }
}
