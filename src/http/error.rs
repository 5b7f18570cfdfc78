//! Every refusal with its HTTP status and its stable code: the one place that maps the layers' errors.

use std::time::Duration;

use axum::Json;
use axum::http::header::{ACCEPT, RETRY_AFTER, UPGRADE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::body;
use crate::director::{Refusal, Stopped};
use crate::sheet::Flaws;
use crate::show::{Actor, ChannelId, CohostId, ContributionId, Rejection, Role};
use crate::store::{Holder, Standing, StoreError};
use crate::{contribution, distribution, radio};

/// Seconds after which a full or stopping server may be asked again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Contribution(#[from] contribution::Error),
    #[error(transparent)]
    Distribution(#[from] distribution::Error),
    #[error(transparent)]
    Radio(#[from] radio::Error),
    #[error(transparent)]
    Rejected(Rejection),
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error("the director did not answer in time: see the server's log")]
    Late,
    #[error("a thread that serves viewers has died: see the server's log, and start it again")]
    HubDied,
    #[error("a thread that makes program has ended: city channels go on; start regia anew when the evening allows it")]
    ProgramDied,
    #[error("there is no city '{0}': take the address from the city's link")]
    UnknownCity(String),
    #[error("there is no channel '{0}': 'program', a city or another channel of /api/v1/channels is needed")]
    UnknownChannel(String),
    #[error("there is no co-host '{0}': take the address from the co-host's link")]
    UnknownCohost(String),
    #[error("calls of the co-host '{0}' are not taken: only the organisers can let them in again")]
    CallBlocked(CohostId),
    #[error("there is no room for another talkback microphone: close one, or see the server's log")]
    NoTalkback,
    #[error(
        "no telephone number is known of the co-host '{0}': they came by a link, withhold it, or the server has started since"
    )]
    NoNumber(String),
    #[error("nobody is named: sign in, or send a key as 'Authorization: Bearer KEY'")]
    NoKey,
    #[error("the key that arrived opens nothing: take it from the link that the organisers gave out")]
    WrongKey,
    #[error("this link {}: ask the organisers for the new one", over(*.0))]
    LinkOver(Standing),
    #[error("the session is over: sign in again")]
    SignedOut,
    #[error("name and password do not fit: 'regia admin' sets a new password")]
    WrongPassword,
    #[error("too many attempts: try again in {} s", seconds(*.0))]
    TooManyAttempts(Duration),
    #[error("{actor} may not do this: {needed} may")]
    Forbidden { actor: Actor, needed: String },
    #[error("{who} may not act for {owner}: only a link of theirs may")]
    NotYours { who: String, owner: Holder },
    #[error("{who} may not touch links of {owner}: director may")]
    NotYourLink { who: Actor, owner: Holder },
    #[error("a page of '{0}' may not do this: open the page on this server, or set [http] public_url to its address")]
    WrongOrigin(String),
    #[error("the channel '{0}' needs an access code: send it as 'Authorization: Bearer CODE', or as 'code' of a move")]
    CodeNeeded(ChannelId),
    #[error("this is not the access code of the channel '{0}': it is told with the invitation")]
    WrongCode(ChannelId),
    #[error("the channel '{0}' is not for everybody, whatever they know: it takes no access code")]
    NoCodeThere(ChannelId),
    #[error("expires_s {arrived} arrived: 1 to {most} seconds are possible; without it the link does not expire")]
    BadExpiry { arrived: u64, most: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the content type {arrived} arrived, {needed} is needed")]
    ContentType { arrived: String, needed: &'static str },
    #[error(transparent)]
    Body(#[from] body::Fault),
    #[error("{0}")]
    BadQuery(String),
    #[error("{0}")]
    BadPath(String),
    #[error("the sheet is no rundown: {0}")]
    Sheet(#[from] Flaws),
    #[error(transparent)]
    Malformed(#[from] body::Malformed),
    #[error("the command was made from revision {arrived}, the show is at {current}: read the show and decide again")]
    StaleRevision { arrived: u64, current: u64 },
    #[error("the id '{0}' was used for another command: a new command needs a new id")]
    IdReused(String),
    #[error("the body is not {{\"channel\": \"ID\"}}, perhaps with a \"code\": {0}")]
    BadMove(String),
    #[error("PATCH needs an If-Match header with the session's ETag")]
    NoIfMatch,
    #[error("If-Match does not name this session's ETag")]
    WrongEtag,
    #[error("this address speaks WebSocket: {0}")]
    NotWebSocket(String),
    #[error("{0} pages are connected, which is the most: try again in a few seconds")]
    FullRoom(usize),
    #[error("there is nothing at {0}")]
    NothingHere(String),
    #[error("{method} is not possible on {path}: the Allow header names what is")]
    Method { method: Method, path: String },
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(rejection) => Self::Rejected(rejection),
            Refusal::Stale { expected, now } => Self::StaleRevision { arrived: expected, current: now },
            Refusal::Late => Self::Late,
            Refusal::Stopped => Stopped.into(),
        }
    }
}

impl Error {
    /// Somebody known who has none of the roles that are needed.
    pub(super) fn forbidden(actor: &Actor, needed: &[Role]) -> Self {
        let needed: Vec<_> = needed.iter().map(|role| role.as_str()).collect();
        Self::Forbidden { actor: actor.clone(), needed: needed.join(", ") }
    }

    /// The table. A code has one status wherever it comes from.
    pub(super) fn kind(&self) -> (StatusCode, &'static str) {
        use contribution::Error as C;
        use distribution::Error as D;

        use StatusCode as S;
        match self {
            Self::Contribution(C::Unknown(ContributionId::City(_))) | Self::UnknownCity(_) => {
                (S::NOT_FOUND, "unknown-city")
            }
            Self::Contribution(C::Unknown(ContributionId::Cohost(_))) | Self::UnknownCohost(_) => {
                (S::NOT_FOUND, "unknown-cohost")
            }
            Self::NoTalkback => (S::SERVICE_UNAVAILABLE, "full"),
            Self::NoNumber(_) => (S::NOT_FOUND, "no-number"),
            Self::Distribution(D::UnknownChannel(_)) | Self::UnknownChannel(_) => (S::NOT_FOUND, "unknown-channel"),
            // A microphone's seat is made when it is opened: where there is none there is no session.
            Self::Contribution(C::UnknownSession | C::Unknown(ContributionId::Talkback(_)))
            | Self::Distribution(D::UnknownSession) => (S::NOT_FOUND, "unknown-session"),
            Self::Contribution(C::NotSdp(_)) | Self::Distribution(D::NotSdp(_)) => (S::BAD_REQUEST, "not-sdp"),
            Self::Contribution(C::NoUsableCodec(_)) | Self::Distribution(D::NoUsableCodec(_)) => {
                (S::UNPROCESSABLE_ENTITY, "no-usable-codec")
            }
            Self::Contribution(C::Taken(_)) | Self::Distribution(D::Taken(_) | D::NoRoom(_)) => (S::CONFLICT, "taken"),
            Self::Contribution(C::NoIfMatch) | Self::NoIfMatch => (S::PRECONDITION_REQUIRED, "no-if-match"),
            Self::Contribution(C::WrongEtag) | Self::WrongEtag => (S::PRECONDITION_FAILED, "wrong-etag"),
            Self::Contribution(C::Unsupported(_)) | Self::Distribution(D::Unsupported(_)) => {
                (S::UNPROCESSABLE_ENTITY, "unsupported")
            }
            Self::Contribution(C::BadFragment(_)) | Self::Distribution(D::BadFragment(_)) => {
                (S::BAD_REQUEST, "bad-fragment")
            }
            Self::Contribution(C::Pipeline(_)) => (S::INTERNAL_SERVER_ERROR, "pipeline"),
            Self::Contribution(C::Failed(_)) => (S::SERVICE_UNAVAILABLE, "negotiation-failed"),
            Self::Contribution(C::Timeout(_)) | Self::Late => (S::GATEWAY_TIMEOUT, "timeout"),
            Self::Distribution(D::Full(_)) | Self::FullRoom(_) => (S::SERVICE_UNAVAILABLE, "full"),
            Self::Distribution(D::Socket { .. }) => (S::INTERNAL_SERVER_ERROR, "socket"),
            Self::Distribution(D::Busy | D::Connecting(_)) => (S::SERVICE_UNAVAILABLE, "busy"),
            Self::Radio(radio::Error::Full(_)) => (S::SERVICE_UNAVAILABLE, "full"),
            Self::Radio(radio::Error::Silent | radio::Error::Thread(_)) => (S::SERVICE_UNAVAILABLE, "no-sound"),
            Self::HubDied => (S::SERVICE_UNAVAILABLE, "hub-died"),
            Self::ProgramDied => (S::SERVICE_UNAVAILABLE, "program-died"),
            Self::Distribution(D::Stopped) | Self::Stopped(_) => (S::SERVICE_UNAVAILABLE, "stopping"),
            Self::Rejected(rejection) => (rejection_status(rejection), rejection.code()),
            Self::NoKey => (S::UNAUTHORIZED, "no-key"),
            Self::WrongKey => (S::UNAUTHORIZED, "wrong-key"),
            Self::LinkOver(Standing::Revoked) => (S::UNAUTHORIZED, "link-revoked"),
            Self::LinkOver(Standing::Renewed) => (S::UNAUTHORIZED, "link-renewed"),
            Self::LinkOver(Standing::Expired | Standing::Valid) => (S::UNAUTHORIZED, "link-expired"),
            Self::SignedOut => (S::UNAUTHORIZED, "signed-out"),
            Self::WrongPassword => (S::UNAUTHORIZED, "wrong-password"),
            Self::CodeNeeded(_) => (S::UNAUTHORIZED, "code-needed"),
            Self::WrongCode(_) => (S::UNAUTHORIZED, "wrong-code"),
            Self::NoCodeThere(_) => (S::UNPROCESSABLE_ENTITY, "bad-code"),
            Self::TooManyAttempts(_) => (S::TOO_MANY_REQUESTS, "too-many-attempts"),
            Self::Forbidden { .. } => (S::FORBIDDEN, "forbidden"),
            Self::NotYours { .. } | Self::NotYourLink { .. } => (S::FORBIDDEN, "not-yours"),
            Self::CallBlocked(_) => (S::FORBIDDEN, "call-blocked"),
            Self::WrongOrigin(_) => (S::FORBIDDEN, "wrong-origin"),
            Self::BadExpiry { .. } => (S::UNPROCESSABLE_ENTITY, "bad-expiry"),
            Self::Store(error) => store_kind(error),
            Self::ContentType { .. } => (S::UNSUPPORTED_MEDIA_TYPE, "content-type"),
            Self::Body(body::Fault::TooLarge { .. }) => (S::PAYLOAD_TOO_LARGE, "too-large"),
            Self::Body(body::Fault::Slow) => (S::REQUEST_TIMEOUT, "slow-body"),
            Self::Body(body::Fault::Broken) => (S::BAD_REQUEST, "broken-body"),
            Self::Body(body::Fault::NotText) => (S::BAD_REQUEST, "not-text"),
            Self::BadQuery(_) => (S::BAD_REQUEST, "bad-query"),
            Self::BadPath(_) => (S::BAD_REQUEST, "bad-path"),
            Self::Sheet(_) => (S::BAD_REQUEST, "bad-sheet"),
            Self::Malformed(malformed) => (S::BAD_REQUEST, malformed.code()),
            Self::StaleRevision { .. } => (S::CONFLICT, "stale-revision"),
            Self::IdReused(_) => (S::UNPROCESSABLE_ENTITY, "id-reused"),
            Self::BadMove(_) => (S::BAD_REQUEST, "bad-move"),
            Self::NotWebSocket(_) => (S::UPGRADE_REQUIRED, "not-websocket"),
            Self::NothingHere(_) => (S::NOT_FOUND, "nothing-here"),
            Self::Method { .. } => (S::METHOD_NOT_ALLOWED, "method-not-allowed"),
        }
    }

    /// The refusal as logs may tell it: who knows a session's whole path owns the session.
    fn without_session(&self) -> String {
        match self {
            Self::NothingHere(path) => Self::NothingHere(route(path)).to_string(),
            Self::Method { method, path } => Self::Method { method: method.clone(), path: route(path) }.to_string(),
            other => other.to_string(),
        }
    }

    /// The headers that belong to the refusal.
    fn headers(&self, status: StatusCode) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match (self, status) {
            (Self::ContentType { needed, .. }, _) => {
                headers.insert(ACCEPT, HeaderValue::from_static(needed));
            }
            (Self::TooManyAttempts(wait), _) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds(*wait)));
            }
            (_, StatusCode::UNAUTHORIZED) => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            (_, StatusCode::SERVICE_UNAVAILABLE) => {
                headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
            }
            (_, StatusCode::UPGRADE_REQUIRED) => {
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            }
            _ => {}
        }
        headers
    }
}

/// A rejection is a conflict with what goes on now, is not for whoever asked, or can never be done as it was asked.
fn rejection_status(rejection: &Rejection) -> StatusCode {
    match rejection {
        Rejection::Forbidden { .. } | Rejection::NotYours { .. } => StatusCode::FORBIDDEN,
        Rejection::UnknownCity { .. } | Rejection::Unknown { .. } | Rejection::UnknownMedia { .. } => {
            StatusCode::NOT_FOUND
        }
        Rejection::TransitionLength { .. } | Rejection::NotAPicture(_) | Rejection::BadValue { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Rejection::TransitionRunning
        | Rejection::NotReady { .. }
        | Rejection::TooMany { .. }
        | Rejection::IdTaken(_)
        | Rejection::CityOnAir(_)
        | Rejection::LeaseHeld { .. }
        | Rejection::ConfirmNeeded { .. }
        | Rejection::NotPresent(_)
        | Rejection::CallState { .. }
        | Rejection::CallsLocked
        | Rejection::NoCaller
        | Rejection::NumberBlocked
        | Rejection::NothingNext
        | Rejection::NothingToUndo(_)
        | Rejection::CannotUndo { .. } => StatusCode::CONFLICT,
    }
}

/// What the store refuses, and what keeps it from doing anything.
fn store_kind(error: &StoreError) -> (StatusCode, &'static str) {
    use StatusCode as S;
    match error {
        StoreError::Taken { .. } => (S::CONFLICT, "name-taken"),
        StoreError::TooMany { .. } => (S::CONFLICT, "too-many"),
        StoreError::Unknown { what: "operator", .. } => (S::NOT_FOUND, "unknown-operator"),
        StoreError::Unknown { what: "API key", .. } => (S::NOT_FOUND, "unknown-key"),
        StoreError::Unknown { .. } => (S::NOT_FOUND, "unknown-link"),
        StoreError::Name(_) => (S::UNPROCESSABLE_ENTITY, "bad-name"),
        StoreError::Role(_) => (S::UNPROCESSABLE_ENTITY, "bad-role"),
        StoreError::Password(_) => (S::UNPROCESSABLE_ENTITY, "bad-password"),
        StoreError::Code { .. } => (S::UNPROCESSABLE_ENTITY, "bad-code"),
        StoreError::Crowded => (S::SERVICE_UNAVAILABLE, "crowded"),
        _ => (S::SERVICE_UNAVAILABLE, "store-failing"),
    }
}

/// What became of a link, in words.
fn over(standing: Standing) -> &'static str {
    match standing {
        Standing::Revoked => "was revoked",
        Standing::Renewed => "was renewed, and this is the old one",
        Standing::Expired | Standing::Valid => "has expired",
    }
}

/// Whole seconds after which the wait is over.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refusal)]
pub(super) struct Told {
    /// The stable word for machines.
    pub(super) code: &'static str,
    /// What arrived, what was needed, what mends it.
    pub(super) message: String,
}

impl From<&Error> for Told {
    fn from(error: &Error) -> Self {
        Self { code: error.kind().1, message: error.to_string() }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code) = self.kind();
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), code, error = %self, "a request failed");
        } else {
            tracing::debug!(status = status.as_u16(), code, error = %self.without_session(), "a request was refused");
        }
        (status, self.headers(status), Json(Told::from(&self))).into_response()
    }
}

/// A path without what follows a city or channel, which may be a session.
fn route(path: &str) -> String {
    let mut parts = path.splitn(4, '/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(""), Some(kind @ ("whip" | "whep")), Some(name), Some(_)) => format!("/{kind}/{name}/…"),
        _ => path.to_owned(),
    }
}

/// Answers a method that a resource does not have; the router adds `Allow`.
pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> Error {
    Error::Method { method, path: uri.path().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_do_not_tell_a_session() {
        let path = "/whep/roma/c2VjcmV0".to_owned();
        let method = Error::Method { method: Method::PUT, path: path.clone() };
        for error in [method, Error::NothingHere(path.clone() + "/x"), Error::NothingHere(path)] {
            let logged = error.without_session();
            assert!(logged.contains("/whep/roma/…") && !logged.contains("c2VjcmV0"), "{logged}");
        }
        assert!(Error::NothingHere("/console/x/y".into()).without_session().contains("/console/x/y"));
    }
}
