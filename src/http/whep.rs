//! WHEP (draft-ietf-wish-whep): a viewer watches. A session belongs to whoever knows its URL.
//!
//! Channels are public or need an access code, as bearer token or, for a move, in its JSON. A viewer moves to another
//! channel by PATCH with `{"channel": "ID"}`. The session and its URL stay the same. Operators get one of the seats that
//! are kept for the console, and need no code. What not
//! everybody may watch ends with what was shown for it: a session, a key, a link.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Shared;
use super::access::{From, Outlet, Session, Visitor, bearer};
use super::body::{Arrived, JSON, wrong_content_type};
use super::error::Error;
use super::signalling::{self, Negotiated};
use crate::distribution::Guest;
use crate::secret::SessionId;
use crate::show::{ChannelId, Role};

/// What PATCH takes.
const ACCEPT_PATCH: &str = "application/trickle-ice-sdpfrag, application/json";

/// A move to another channel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    /// Where to.
    #[schema(value_type = ChannelId)]
    channel: String,
    /// Its access code, if it needs one and no bearer token brings it.
    #[serde(default)]
    code: Option<String>,
}

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
    visitor: Visitor,
    From(address): From,
    body: Arrived,
) -> Result<Response, Error> {
    let caller = &visitor.caller;
    server.admit_to(&channel, caller, bearer(&body.headers), address)?;
    let offer = body.text(signalling::SDP)?;
    let guest = if caller.is_one_of(&Role::OPERATORS) { Guest::Operator } else { Guest::Viewer };
    let joined = server.context.distribution.join_as(guest, &channel, &offer).await?;
    tracing::debug!(%channel, session = joined.session.brief(), "a viewer was answered");
    server.screens.watches(&joined.session, &channel, visitor);
    let negotiated = Negotiated {
        location: format!("/whep/{}/{}", signalling::path_part(&channel.to_string()), joined.session.as_str()),
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
    visitor: Visitor,
    From(address): From,
    body: Arrived,
) -> Result<StatusCode, Error> {
    match body.content_type().as_str() {
        signalling::FRAGMENT => trickle(&server, &session, body).await?,
        JSON => select(&server, &session, visitor, address, body).await?,
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

async fn select(
    server: &Shared,
    session: &SessionId,
    visitor: Visitor,
    from: IpAddr,
    body: Arrived,
) -> Result<(), Error> {
    let token = bearer(&body.headers).map(str::to_owned);
    let Move { channel: name, code } =
        serde_json::from_str(&body.text(JSON)?).map_err(|error| Error::BadMove(error.to_string()))?;
    let channel = server.channel_named(&name)?;
    server.admit_to(&channel, &visitor.caller, code.or(token).as_deref(), from)?;
    server.context.distribution.select(session, &channel).await?;
    tracing::debug!(%channel, session = session.brief(), "a viewer moved");
    server.screens.watches(session, &channel, visitor);
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
