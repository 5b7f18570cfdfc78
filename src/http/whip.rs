//! WHIP (RFC 9725): a city, a co-host or an operator's talkback microphone publishes. Every request but OPTIONS carries the
//! token of a link of theirs; an operator's carries a session or a key, and `talkback` means the own microphone.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Shared;
use super::access::{Place, Session, Visitor};
use super::body::Arrived;
use super::error::Error;
use super::signalling::{self, Negotiated};
use crate::show::ContributionId;

/// OPTIONS on the endpoint. Not authenticated, as preflights carry no key.
pub(super) async fn describe() -> Response {
    signalling::endpoint()
}

/// OPTIONS on a session.
pub(super) async fn describe_session() -> Response {
    signalling::session(signalling::FRAGMENT)
}

/// POST: an offer is answered, and whoever sat on the seat is replaced. The session ends when its link is
/// revoked, or its operator has signed out. A co-host who is blocked has no session.
pub(super) async fn publish(
    State(server): State<Shared>,
    Place(id): Place,
    visitor: Visitor,
    body: Arrived,
) -> Result<Response, Error> {
    let offer = body.text(signalling::SDP)?;
    if let ContributionId::Cohost(cohost) = &id
        && server.is_blocked(cohost)
    {
        return Err(Error::CallBlocked(cohost.clone()));
    }
    if let ContributionId::Talkback(operator) = &id
        && !(server.context.open_talkback)(operator.clone()).await
    {
        return Err(Error::NoTalkback);
    }
    let opened = server.context.contribution.open(&id, &offer).await?;
    server.wards.add(visitor, id.clone(), opened.session.clone());
    tracing::debug!(contribution = %id, session = opened.session.brief(), "a publisher was answered");
    let negotiated = Negotiated {
        location: format!("/whip/{}/{}", id.path(), opened.session.as_str()),
        etag: opened.etag,
        answer: opened.answer,
        accept_patch: signalling::FRAGMENT,
    };
    Ok(negotiated.created(server.context.ice_servers.iter()))
}

/// PATCH: candidates of the publisher. What else a fragment may ask (an ICE restart) is refused by the hub.
pub(super) async fn trickle(
    State(server): State<Shared>,
    Place(id): Place,
    Session(session): Session,
    body: Arrived,
) -> Result<StatusCode, Error> {
    let if_match = signalling::if_match(&body.headers).map(str::to_owned);
    let fragment = body.text(signalling::FRAGMENT)?;
    server.context.contribution.trickle(&id, &session, if_match.as_deref(), &fragment).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// DELETE: the publisher leaves. 200 exactly, since OBS takes 204 for a failure.
pub(super) async fn end(
    State(server): State<Shared>,
    Place(id): Place,
    Session(session): Session,
) -> Result<StatusCode, Error> {
    server.context.contribution.close(&id, &session).await?;
    tracing::debug!(contribution = %id, session = session.brief(), "a publisher left");
    Ok(StatusCode::OK)
}
