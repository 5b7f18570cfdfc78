//! GET /healthz: whether the director answers, and the viewers' hub and the engines of program live.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Shared;
use super::error::{Error, Told};
use crate::show::ShowTime;

/// How the server does.
#[derive(Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(super) enum Health {
    /// All is well.
    Ok {
        /// The server's version.
        version: &'static str,
        /// The show's revision.
        revision: u64,
        /// The event clock.
        up_us: ShowTime,
    },
    /// Something that the evening needs is missing.
    Down(Told),
}

/// 200 if the director answered in time and all threads of the viewers' hub and of program live, 503 if not.
pub(super) async fn check(State(server): State<Shared>) -> Response {
    let subscription = server.subscribe().await;
    let dead = if !server.context.distribution.is_alive() {
        Some(Error::HubDied)
    } else if !(server.context.program_lives)() {
        Some(Error::ProgramDied)
    } else {
        None
    };
    match subscription.and_then(|subscription| dead.map_or(Ok(subscription), Err)) {
        Ok(subscription) => Json(Health::Ok {
            version: env!("CARGO_PKG_VERSION"),
            revision: subscription.view.revision,
            up_us: server.now(),
        })
        .into_response(),
        Err(error) => {
            tracing::warn!(%error, "the health check failed");
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health::Down(Told::from(&error)))).into_response()
        }
    }
}
