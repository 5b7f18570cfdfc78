//! /api/v1/operators and /api/v1/keys: who may sign in, and which machines have a key.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shared;
use super::access::quoted;
use super::body::Arrived;
use super::error::Error;
use crate::show::{Caller, Name, Role};
use crate::store::{Machine, Roles, StoreError};

/// An operator, as listed.
#[derive(Serialize, ToSchema)]
#[schema(as = Operator)]
struct ToldOperator {
    /// Name.
    name: String,
    /// What they may do.
    roles: Vec<Role>,
    /// Since when, in µs since 1970, UTC.
    added_us: i64,
}

/// The operators.
#[derive(Serialize, ToSchema)]
pub(super) struct Operators {
    /// By name.
    operators: Vec<ToldOperator>,
}

/// An API key, as listed: all but the key.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
struct ToldKey {
    /// Name.
    name: String,
    /// What it may do.
    roles: Vec<Role>,
    /// The operator in whose name it acts.
    #[schema(required = true)]
    acts_for: Option<String>,
    /// Since when, in µs since 1970, UTC.
    added_us: i64,
    /// Since when it opens nothing any more, in µs since 1970, UTC.
    #[schema(required = true)]
    revoked_us: Option<i64>,
}

/// The API keys.
#[derive(Serialize, ToSchema)]
pub(super) struct Keys {
    /// All, also revoked ones.
    keys: Vec<ToldKey>,
}

/// A key just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeKey {
    /// Its name.
    name: String,
    /// What it may do.
    roles: Vec<Role>,
    /// The operator in whose name it acts.
    #[schema(required = true)]
    acts_for: Option<String>,
    /// The key. It is told here and nowhere else.
    key: String,
}

impl ToldKey {
    fn of(Machine { name, roles, acts_for, added_us, revoked_us }: &Machine) -> Self {
        Self {
            name: name.to_string(),
            roles: roles.as_slice().into(),
            acts_for: acts_for.as_ref().map(Name::to_string),
            added_us: *added_us,
            revoked_us: *revoked_us,
        }
    }
}

/// A key that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with 'name' and 'roles'")]
pub(super) struct NewKey {
    /// Its name, which no other key has that is not revoked.
    #[schema(value_type = Name)]
    name: String,
    /// What it may do: `director`, `sound`, `graphics`, `screener`.
    #[schema(value_type = Vec<Role>)]
    roles: Vec<String>,
    /// The operator in whose name it acts.
    #[serde(default)]
    #[schema(value_type = Option<Name>)]
    acts_for: Option<String>,
}

/// GET: all operators by name.
pub(super) async fn operators(State(server): State<Shared>) -> Json<Operators> {
    let operators = server.context.store.people().operators();
    let told = |operator: &crate::store::Operator| ToldOperator {
        name: operator.name.to_string(),
        roles: operator.roles.as_slice().into(),
        added_us: operator.added_us,
    };
    Json(Operators { operators: operators.iter().map(told).collect() })
}

/// GET: all keys, also revoked ones.
pub(super) async fn keys(State(server): State<Shared>) -> Json<Keys> {
    Json(Keys { keys: server.context.store.people().machines().iter().map(ToldKey::of).collect() })
}

/// POST: makes a key, which is in this answer and nowhere else.
pub(super) async fn add_key(
    State(server): State<Shared>,
    caller: Caller,
    body: Arrived,
) -> Result<(StatusCode, Json<MadeKey>), Error> {
    let NewKey { name, roles, acts_for } = body.json()?;
    let name = named(&name)?;
    let roles: Roles = roles.join(",").parse().map_err(StoreError::from)?;
    let acts_for = acts_for.as_deref().map(named).transpose()?;
    let people = server.context.store.people();
    let key = people.add_machine(name.clone(), roles.clone(), acts_for.clone(), server.wall_us()).await?;
    tracing::info!(actor = %caller.actor, %name, %roles, "an API key was made");
    let told = MadeKey {
        name: name.to_string(),
        roles: roles.as_slice().into(),
        acts_for: acts_for.as_ref().map(Name::to_string),
        key: key.reveal().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(told)))
}

/// DELETE: revokes a key. Pages that were opened with it are closed.
pub(super) async fn revoke_key(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Error> {
    let unknown = |_| StoreError::Unknown { what: "API key", name: quoted(&name) };
    let known = name.parse::<Name>().map_err(unknown)?;
    server.context.store.people().revoke_machine(&known, server.wall_us()).await?;
    tracing::info!(actor = %caller.actor, name = %known, "an API key was revoked");
    Ok(StatusCode::NO_CONTENT)
}

fn named(name: &str) -> Result<Name, StoreError> {
    Ok(name.parse::<Name>()?)
}
