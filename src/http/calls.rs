//! Whole telephone numbers: for whoever screens calls, one at a time and on request. Pages and logs have them masked.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::Call;
use super::error::Error;
use super::{DIRECTOR_PATIENCE, Shared};
use crate::show::{Caller, PhoneNumber};

/// The number of somebody on the telephone.
#[derive(Serialize, ToSchema)]
#[schema(as = CallersNumber)]
pub(super) struct ToldNumber {
    /// All of it.
    number: PhoneNumber,
}

/// The whole number of a caller. Who asks is noted.
pub(super) async fn number(
    State(server): State<Shared>,
    Call(cohost): Call,
    caller: Caller,
) -> Result<Json<ToldNumber>, Error> {
    let asked = server.context.director.number(&cohost);
    let number = tokio::time::timeout(DIRECTOR_PATIENCE, asked).await.map_err(|_| Error::Late)??;
    let number = number.ok_or_else(|| Error::NoNumber(cohost.to_string()))?;
    tracing::info!(actor = %caller.actor, %cohost, "a telephone number was looked up");
    Ok(Json(ToldNumber { number }))
}
