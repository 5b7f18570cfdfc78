//! A co-host as the show knows one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CohostId;

/// Somebody of the radio show.
// Whether they are there is in `Snapshot::present`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cohost {
    /// Identifier, also of their call.
    pub id: CohostId,
    /// Name for people, 1 to 64 characters.
    pub name: String,
}
