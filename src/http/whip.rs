//! WHIP (RFC 9725): a city publishes. Every request but OPTIONS carries the token of a link of this city.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Shared;
use super::access::{Proof, Seat, Session, Visitor};
use super::body::Arrived;
use super::error::Error;
use super::signalling::{self, Negotiated};

/// OPTIONS on the endpoint. Not authenticated, as preflights carry no key.
pub(super) async fn describe() -> Response {
    signalling::endpoint()
}

/// OPTIONS on a session.
pub(super) async fn describe_session() -> Response {
    signalling::session(signalling::FRAGMENT)
}

/// POST: an offer is answered, and whoever sat on the seat is replaced. The session ends when its link is revoked.
pub(super) async fn publish(
    State(server): State<Shared>,
    Seat(city): Seat,
    visitor: Visitor,
    body: Arrived,
) -> Result<Response, Error> {
    let offer = body.text(signalling::SDP)?;
    let opened = server.context.contribution.open(&city, &offer).await?;
    if let Proof::Link(link) = visitor.proof {
        server.wards.add(link, city.clone(), opened.session.clone());
    }
    tracing::debug!(%city, session = opened.session.brief(), "a publisher was answered");
    let negotiated = Negotiated {
        location: format!("/whip/{city}/{}", opened.session.as_str()),
        etag: opened.etag,
        answer: opened.answer,
        accept_patch: signalling::FRAGMENT,
    };
    Ok(negotiated.created(server.context.ice_servers.iter()))
}

/// PATCH: candidates of the publisher. What else a fragment may ask (an ICE restart) is refused by the hub.
pub(super) async fn trickle(
    State(server): State<Shared>,
    Seat(city): Seat,
    Session(session): Session,
    body: Arrived,
) -> Result<StatusCode, Error> {
    let if_match = signalling::if_match(&body.headers).map(str::to_owned);
    let fragment = body.text(signalling::FRAGMENT)?;
    server.context.contribution.trickle(&city, &session, if_match.as_deref(), &fragment).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// DELETE: the publisher leaves. 200 exactly, since OBS takes 204 for a failure.
pub(super) async fn end(
    State(server): State<Shared>,
    Seat(city): Seat,
    Session(session): Session,
) -> Result<StatusCode, Error> {
    server.context.contribution.close(&city, &session).await?;
    tracing::debug!(%city, session = session.brief(), "a publisher left");
    Ok(StatusCode::OK)
}
