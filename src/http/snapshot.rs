//! GET /api/v1/show: the whole show as it is now.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Shared;
use super::error::Error;
use super::messages::seen_by;
use crate::show::{Caller, ShowTime, View};

/// The show at one moment.
// Also the `snapshot` of the live WebSocket without its `type`.
#[derive(Serialize, ToSchema)]
pub(super) struct Snapshot<'a> {
    /// The last event that is in it.
    number: u64,
    /// Event time now.
    time_us: ShowTime,
    /// The show, as far as it is the business of whoever asks.
    show: &'a View,
}

/// What whoever asks may know: operators everything, a city and a co-host what is theirs, viewers what is on air.
pub(super) async fn show(State(server): State<Shared>, caller: Caller) -> Result<Response, Error> {
    let subscription = server.subscribe().await?;
    let (number, time_us) = (subscription.view.revision, server.now());
    Ok(Json(Snapshot { number, time_us, show: &seen_by(&caller.actor, &subscription.view) }).into_response())
}
