//! The first keys of an empty store, from the settings.

use crate::secret::Key;
use crate::show::CityId;

/// The keys that the settings name.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Become links of their cities.
    pub city_keys: Vec<(CityId, Key)>,
    /// Becomes the API key "operator" with the role director.
    pub operator_key: Key,
}

/// What a seed did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seeded {
    /// The keys are in the store now.
    Now,
    /// The store had been seeded before; nothing was changed.
    Before {
        /// Whose keys of the settings open nothing (any more): "the operator", "the city 'lecce'". For one line of the log.
        stale: Vec<String>,
    },
}
