//! What lies over the picture: graphics made of templates, and the downstream keyers that show one over every picture.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MediaId, text};

/// A graphic: a template, and what stands in its fields.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Graphic {
    /// The template.
    pub template: MediaId,
    /// What stands in each field, by the field's id. One that is not named is empty.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

impl Graphic {
    /// Most fields.
    pub const MOST_FIELDS: usize = 16;
    /// Longest text of a field, whatever its template says, in characters.
    pub const FIELD_MAX: usize = 500;

    /// What stands in a field.
    pub fn field(&self, id: &str) -> &str {
        self.fields.get(id).map_or("", String::as_str)
    }

    /// What keeps this from being a graphic of any template, in words.
    pub(super) fn flaw(&self) -> Option<String> {
        if self.fields.len() > Self::MOST_FIELDS {
            return Some(format!("it has {} fields: {} are possible", self.fields.len(), Self::MOST_FIELDS));
        }
        self.fields.iter().find_map(|(id, value)| {
            let flaw = text::flaw(id, 1, super::id::MAX_LEN).or_else(|| text::flaw(value, 0, Self::FIELD_MAX));
            flaw.map(|flaw| format!("its {id}: {flaw}"))
        })
    }
}

/// A downstream keyer: over every picture until it is switched off.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(from = "super::earlier::KeyerForm")]
pub struct Keyer {
    /// Whether it is on air.
    pub on: bool,
    /// What it shows when it is on; without it there is nothing to switch on.
    #[schema(required = true)]
    pub graphic: Option<Graphic>,
}

impl Keyer {
    /// Whether it can be in this state.
    pub(super) fn flaw(&self) -> Option<String> {
        match &self.graphic {
            None => self.on.then(|| "it is on without anything to show".to_owned()),
            Some(graphic) => graphic.flaw(),
        }
    }
}

/// Which downstream keyer: 1, the lowest, to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct KeyerNumber(u8);

/// A keyer that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("keyer {0} arrived: 1 to {most} are there", most = KeyerNumber::MOST)]
pub struct InvalidKeyer(u8);

impl KeyerNumber {
    /// How many there are.
    pub const MOST: u8 = 4;

    /// Its place from 0 on.
    pub fn index(self) -> usize {
        usize::from(self.0) - 1
    }

    /// All of them, the lowest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::MOST).map(Self)
    }
}

impl Default for KeyerNumber {
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<u8> for KeyerNumber {
    type Error = InvalidKeyer;
    fn try_from(number: u8) -> Result<Self, InvalidKeyer> {
        if (1..=Self::MOST).contains(&number) { Ok(Self(number)) } else { Err(InvalidKeyer(number)) }
    }
}

impl From<KeyerNumber> for u8 {
    fn from(keyer: KeyerNumber) -> Self {
        keyer.0
    }
}

impl std::fmt::Display for KeyerNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
