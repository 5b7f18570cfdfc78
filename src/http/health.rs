//! GET /healthz: whether the director answers, and the viewers' hub and the engines of program live.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Shared;
use super::error::Error;

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
        Ok(subscription) => Json(json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "revision": subscription.view.revision,
            "up_us": server.now(),
        }))
        .into_response(),
        Err(error) => {
            tracing::warn!(%error, "the health check failed");
            let status = json!({"status": "down", "code": error.kind().1, "message": error.to_string()});
            (StatusCode::SERVICE_UNAVAILABLE, Json(status)).into_response()
        }
    }
}
