//! Request bodies: read once, bounded in size and time, and checked against the content type that is needed.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::error::Error;

/// Largest body. An offer of a browser has about 6 KiB.
pub(super) const LIMIT: usize = 64 * 1024;

/// Largest rundown: 200 cues with long notes, in any script.
const RUNDOWN_LIMIT: usize = 768 * 1024;

/// How much of a body that is too large is read before it is refused: a client that still sends when the connection
/// closes may never see the answer.
const DRAIN: usize = 1024 * 1024;

/// Longest time for a body to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// The content type of all that is no signalling.
pub(super) const JSON: &str = "application/json";

/// What is wrong with a body, whatever it says.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Fault {
    #[error("the body is longer than the {most} bytes that are possible")]
    TooLarge { most: usize },
    #[error("the body did not arrive within {} s", PATIENCE.as_secs())]
    Slow,
    #[error("the body broke off before its end")]
    Broken,
    #[error("the body is not UTF-8 text")]
    NotText,
}

/// A body that is not the JSON that is needed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the body is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("the body is not a command: {0}")]
    UnknownCommand(serde_json::Error),
    #[error("the body does not fit: {0}")]
    UnknownField(serde_json::Error),
    #[error("the body does not fit: {0}")]
    BadField(serde_json::Error),
    #[error("an id has 1 to {most} characters, {arrived} arrived")]
    BadId { arrived: usize, most: usize },
}

impl Malformed {
    /// The stable word for machines.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "not-json",
            Self::UnknownCommand(_) => "unknown-command",
            Self::UnknownField(_) => "unknown-field",
            Self::BadField(_) => "bad-field",
            Self::BadId { .. } => "bad-id",
        }
    }
}

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        // serde tells these apart by their words alone; tests hold it to them.
        match error.to_string() {
            _ if !error.is_data() => Self::NotJson(error),
            text if text.starts_with("unknown field") => Self::UnknownField(error),
            _ => Self::BadField(error),
        }
    }
}

/// A request's body with the headers that tell what it is.
#[derive(Debug)]
pub(super) struct Arrived {
    /// All headers of the request.
    pub(super) headers: HeaderMap,
    bytes: Result<Bytes, Fault>,
}

/// What [`gather`] leaves for [`Arrived`].
#[derive(Debug, Clone)]
struct Gathered(Result<Bytes, Fault>);

/// Reads the body before anything is decided about the request, so that a refusal never races with what is still sent.
/// Whether its fault matters is decided where the body is needed.
pub(super) async fn gather(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let most = if parts.method == Method::PUT && parts.uri.path() == "/api/v1/rundown" { RUNDOWN_LIMIT } else { LIMIT };
    let arrived = if body.is_end_stream() {
        Ok(Bytes::new())
    } else {
        tokio::time::timeout(PATIENCE, read(body, most)).await.unwrap_or(Err(Fault::Slow))
    };
    parts.extensions.insert(Gathered(arrived));
    next.run(Request::from_parts(parts, Body::empty())).await
}

async fn read(mut body: Body, most: usize) -> Result<Bytes, Fault> {
    let mut bytes = Vec::new();
    let mut arrived = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| Fault::Broken)?.into_data() else { continue };
        arrived += data.len();
        if arrived <= most {
            bytes.extend_from_slice(&data);
        } else if arrived > DRAIN {
            break;
        }
    }
    if arrived > most { Err(Fault::TooLarge { most }) } else { Ok(bytes.into()) }
}

impl<S: Sync> FromRequestParts<S> for Arrived {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let gathered = parts.extensions.remove::<Gathered>();
        Ok(Self { headers: parts.headers.clone(), bytes: gathered.map_or(Ok(Bytes::new()), |gathered| gathered.0) })
    }
}

impl Arrived {
    /// The content type without parameters, in lower case; empty if there is none.
    pub(super) fn content_type(&self) -> String {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether nothing was sent: neither a body nor a word about it.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.as_ref().is_ok_and(Bytes::is_empty)
    }

    /// The body as JSON of this shape.
    pub(super) fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        Ok(serde_json::from_str(&self.text(JSON)?).map_err(Malformed::from)?)
    }

    /// The body as text, if it has the content type `needed`.
    pub(super) fn text(self, needed: &'static str) -> Result<String, Error> {
        let arrived = self.content_type();
        if arrived != needed {
            return Err(wrong_content_type(&arrived, needed));
        }
        String::from_utf8(self.bytes?.into()).map_err(|_| Fault::NotText.into())
    }
}

/// The refusal of a content type; `needed` may name several.
pub(super) fn wrong_content_type(arrived: &str, needed: &'static str) -> Error {
    let arrived = if arrived.is_empty() { "(none)".to_owned() } else { format!("'{}'", arrived.escape_debug()) };
    Error::ContentType { arrived, needed }
}
