//! GET /api/v1/show: the whole show as it is now.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Shared;
use super::access::Role;
use super::error::Error;
use crate::show::{ShowTime, View};

/// The answer, also the `snapshot` of the live WebSocket without its `type`.
#[derive(Serialize)]
struct Snapshot<'a> {
    /// The last event that is in it.
    number: u64,
    /// Event time now.
    time_us: ShowTime,
    show: &'a View,
}

/// Everything with the operator key; without a key what viewers may see.
pub(super) async fn show(State(server): State<Shared>, role: Role) -> Result<Response, Error> {
    let subscription = server.subscribe().await?;
    let (number, time_us) = (subscription.view.revision, server.now());
    Ok(Json(Snapshot { number, time_us, show: &role.view(&subscription.view) }).into_response())
}
