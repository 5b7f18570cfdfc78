//! Groups of strips, each under one fader, and the faders of program and radio themselves.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Fader;

/// A group: its fader adds to those of its strips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// How much louder its strips are, −60 (closed) to +10 dB.
    pub fader_db: Fader,
    /// Whether its strips are silenced.
    pub muted: bool,
}

/// Which group: 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct GroupNumber(u8);

/// A group that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("group {0} arrived: 1 to {most} are there", most = GroupNumber::MOST)]
pub struct InvalidGroup(u8);

impl GroupNumber {
    /// How many there are.
    pub const MOST: u8 = 8;

    /// Its place from 0 on.
    pub fn index(self) -> usize {
        usize::from(self.0) - 1
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::MOST).map(Self)
    }
}

impl TryFrom<u8> for GroupNumber {
    type Error = InvalidGroup;
    fn try_from(number: u8) -> Result<Self, InvalidGroup> {
        if (1..=Self::MOST).contains(&number) { Ok(Self(number)) } else { Err(InvalidGroup(number)) }
    }
}

impl From<GroupNumber> for u8 {
    fn from(group: GroupNumber) -> Self {
        group.0
    }
}

/// The faders of what the public hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Masters {
    /// Program's, −60 (closed) to +10 dB.
    pub program_db: Fader,
    /// The radio's, −60 (closed) to +10 dB.
    pub radio_db: Fader,
}
