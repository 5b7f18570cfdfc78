//! WHEP (draft-ietf-wish-whep): a viewer watches. Channels are public; a session belongs to whoever knows its URL.
//!
//! A viewer moves to another channel by PATCH with `{"channel": "ID"}`. The session and its URL stay the same.
//! Who bears the operator's key gets one of the seats that are kept for the console.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::Shared;
use super::access::{Outlet, Role, Session};
use super::body::{Arrived, wrong_content_type};
use super::error::Error;
use super::signalling::{self, Negotiated};
use crate::distribution::Guest;
use crate::secret::SessionId;

/// A move to another channel.
const MOVE: &str = "application/json";

/// What PATCH takes.
const ACCEPT_PATCH: &str = "application/trickle-ice-sdpfrag, application/json";

/// OPTIONS on the endpoint.
pub(super) async fn describe() -> Response {
    signalling::endpoint()
}

/// OPTIONS on a session.
pub(super) async fn describe_session() -> Response {
    signalling::session(ACCEPT_PATCH)
}

/// HEAD: whether there is such a channel, without joining it.
pub(super) async fn describe_channel(_: Outlet) -> Response {
    signalling::endpoint()
}

/// POST: an offer is answered.
pub(super) async fn join(
    State(server): State<Shared>,
    Outlet(channel): Outlet,
    role: Result<Role, Error>,
    body: Arrived,
) -> Result<Response, Error> {
    let offer = body.text(signalling::SDP)?;
    let guest = match role {
        Ok(Role::Operator) => Guest::Operator,
        // Channels are public: some players send a key of their own, which opens nothing and closes nothing.
        Ok(Role::Viewer) | Err(_) => Guest::Viewer,
    };
    let joined = server.context.distribution.join_as(guest, &channel, &offer).await?;
    tracing::debug!(%channel, session = joined.session.brief(), "a viewer was answered");
    let negotiated = Negotiated {
        location: format!("/whep/{channel}/{}", joined.session.as_str()),
        etag: joined.etag,
        answer: joined.answer,
        accept_patch: ACCEPT_PATCH,
    };
    Ok(negotiated.created(server.context.ice_servers.iter().filter(|ice| ice.is_for_viewers())))
}

/// PATCH: candidates of the viewer, or a move to another channel.
pub(super) async fn change(
    State(server): State<Shared>,
    _: Outlet,
    Session(session): Session,
    body: Arrived,
) -> Result<StatusCode, Error> {
    match body.content_type().as_str() {
        signalling::FRAGMENT => trickle(&server, &session, body).await?,
        MOVE => select(&server, &session, body).await?,
        other => return Err(wrong_content_type(other, ACCEPT_PATCH)),
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn trickle(server: &Shared, session: &SessionId, body: Arrived) -> Result<(), Error> {
    let etag = server.context.distribution.etag(session).await?;
    signalling::check_if_match(&body.headers, &etag)?;
    let fragment = body.text(signalling::FRAGMENT)?;
    Ok(server.context.distribution.trickle(session, &fragment).await?)
}

async fn select(server: &Shared, session: &SessionId, body: Arrived) -> Result<(), Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Move {
        channel: String,
    }
    let Move { channel: name } =
        serde_json::from_str(&body.text(MOVE)?).map_err(|error| Error::BadMove(error.to_string()))?;
    let channel = name.parse().ok().filter(|channel| server.has_channel(channel));
    let channel = channel.ok_or_else(|| Error::UnknownChannel(name.chars().take(64).collect()))?;
    server.context.distribution.select(session, &channel).await?;
    tracing::debug!(%channel, session = session.brief(), "a viewer moved");
    Ok(())
}

/// DELETE: the viewer leaves.
pub(super) async fn leave(
    State(server): State<Shared>,
    _: Outlet,
    Session(session): Session,
) -> Result<StatusCode, Error> {
    server.context.distribution.leave(&session).await?;
    Ok(StatusCode::OK)
}
