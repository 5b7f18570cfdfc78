//! The first keys of an empty store, from the settings.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::StoreError;
use super::people::{Holder, Standing};
use crate::secret::{Digest, Key};
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

/// The name of the API key that the settings' operator key becomes.
const OPERATOR: &str = "operator";

/// Plants the keys, once in the store's life. Whether it was now.
pub(super) fn plant(connection: &mut Connection, seed: &Seed, now_us: i64) -> Result<bool, StoreError> {
    let planting = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = planting.query_row("SELECT 1 FROM milestone WHERE name = 'seeded'", (), |_| Ok(())).optional()?;
    if before.is_some() {
        return Ok(false);
    }
    for (city, key) in &seed.city_keys {
        let holder = Holder::City(city.clone());
        let (kind, id) = holder.columns();
        planting.execute(
            "INSERT INTO link (holder_kind, holder, digest, added_us) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            (kind, id, Digest::of(key.reveal()).as_bytes(), now_us),
        )?;
    }
    // `regia admin` may have been there first and have used the name.
    planting.execute(
        "INSERT INTO api_key (name, roles, digest, added_us) VALUES (?1, 'director', ?2, ?3) ON CONFLICT DO NOTHING",
        (OPERATOR, Digest::of(seed.operator_key.reveal()).as_bytes(), now_us),
    )?;
    planting.execute("INSERT INTO milestone (name, at_us) VALUES ('seeded', ?1)", [now_us])?;
    planting.commit()?;
    Ok(true)
}

/// Whose keys of the settings open nothing.
pub(super) fn stale(tables: &super::directory::Tables, seed: &Seed, now_us: i64) -> Vec<String> {
    let operator = tables.machine(&Digest::of(seed.operator_key.reveal())).is_none().then(|| "the operator".to_owned());
    let closed = |(city, key): &(CityId, Key)| {
        let holder = Holder::City(city.clone());
        let opens = tables.link(&Digest::of(key.reveal()), now_us) == Some((holder.clone(), Standing::Valid));
        (!opens).then(|| holder.to_string())
    };
    operator.into_iter().chain(seed.city_keys.iter().filter_map(closed)).collect()
}
