//! A scene: a picture that was given a name, to be called up again.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Composition, SceneId};

/// A picture with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Its number in this evening.
    pub id: SceneId,
    /// Name for people, 1 to 64 characters.
    pub name: String,
    /// What it shows. A city in it may have been removed since: then it cannot be called up.
    pub composition: Composition,
}

impl Scene {
    /// Most scenes of an evening.
    pub const MOST: usize = 100;
    /// Longest name, in characters.
    pub const NAME_MAX: usize = 64;
}

/// One of the director's two buses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bus {
    /// On air.
    Program,
    /// What stands by.
    Preview,
}
