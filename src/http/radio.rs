//! GET /radio.opus, /radio.aac, /radio.mp3: the radio for players and phones, without an end.
//!
//! Who asks for titles (`Icy-MetaData: 1`) gets them among the bytes of AAC and MP3; in Ogg the title stands in the header. A
//! channel `radio` with an access code wants it here as well, as `?code=` or as bearer token. HEAD starts nothing.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::time::timeout;

use super::access::{From, Visitor, bearer};
use super::error::Error;
use super::query::Asked;
use super::serve::{Closing, HangUp};
use super::{Server, Shared};
use crate::radio::{self, FIRST_SOUND, Format, Listener, icy};

/// What a player sends that understands titles among the bytes.
const WANTS_TITLES: HeaderName = HeaderName::from_static("icy-metadata");

/// OPTIONS: what is possible (CORS).
pub(super) async fn describe() -> Response {
    ().into_response()
}

/// GET and HEAD: the sound.
pub(super) async fn listen(
    State(server): State<Shared>,
    visitor: Visitor,
    From(address): From,
    (method, uri, headers): (Method, Uri, HeaderMap),
    asked: Asked,
    (closing, hang_up): (Option<Extension<Closing>>, Option<Extension<HangUp>>),
) -> Result<Response, Error> {
    let format = Format::ALL.into_iter().find(|format| format.path() == uri.path());
    let format = format.ok_or_else(|| Error::NothingHere(uri.path().to_owned()))?;
    asked.only(&["code"])?;
    // Whatever channel has this name.
    if let Ok(channel) = "radio".parse() {
        server.admit_to(&channel, &visitor.caller, asked.text("code").or(bearer(&headers)), address)?;
    }
    let wants_titles = headers.get(WANTS_TITLES).is_some_and(|value| value.as_bytes().trim_ascii() == b"1");
    let titles = (wants_titles && format.has_icy_titles()).then(icy::Interleave::default);
    let about = about(&server, format, titles.is_some());
    if method == Method::HEAD {
        return Ok((about, Body::empty()).into_response());
    }
    let hang_up = hang_up.map(|Extension(hang_up)| hang_up).unwrap_or_default();
    let mut listener = server.context.radio.listen(format, hang_up.0)?;
    // Nobody is told that there is sound before there is.
    let first = timeout(FIRST_SOUND, listener.next()).await.ok().flatten().ok_or(radio::Error::Silent)?;
    tracing::debug!(format = format.as_str(), "somebody listens to the radio");
    let closing = closing.map_or_else(Closing::never, |Extension(closing)| closing);
    let stream = Stream { listener, titles, closing };
    Ok((about, Body::new(Sound(Box::pin(stream.begin(first))))).into_response())
}

/// What players show, and how to read what follows.
fn about(server: &Server, format: Format, has_titles: bool) -> HeaderMap {
    let hub = &server.context.radio;
    let identity = hub.identity();
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("icy-br"), HeaderValue::from(hub.kbps(format))),
        (HeaderName::from_static("icy-pub"), HeaderValue::from(u16::from(identity.public))),
    ]);
    for (name, text) in
        [("icy-name", &identity.name), ("icy-genre", &identity.genre), ("icy-description", &identity.description)]
    {
        // The settings have no control characters; a text that has is left out.
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes())
            && !text.is_empty()
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if has_titles {
        headers.insert(HeaderName::from_static("icy-metaint"), HeaderValue::from(icy::INTERVAL));
    }
    headers
}

/// One listener's stream.
struct Stream {
    listener: Listener,
    titles: Option<icy::Interleave>,
    closing: Closing,
}

/// What comes next, and the stream after it. `None`: the house closes.
type Step = Result<Option<(Stream, Bytes)>, FellBehind>;

/// Why a stream ends before the house does.
#[derive(Debug, thiserror::Error)]
#[error("the listener fell behind")]
struct FellBehind;

impl Stream {
    async fn begin(mut self, first: Bytes) -> Step {
        let bytes = self.with_titles(first);
        Ok(Some((self, bytes)))
    }

    async fn go_on(mut self) -> Step {
        let page = tokio::select! {
            page = self.listener.next() => page.ok_or(FellBehind)?,
            () = self.closing.wait() => return Ok(None),
        };
        let bytes = self.with_titles(page);
        Ok(Some((self, bytes)))
    }

    fn with_titles(&mut self, sound: Bytes) -> Bytes {
        match &mut self.titles {
            Some(titles) => titles.pass(&sound, &self.listener.title()),
            None => sound,
        }
    }
}

/// The body of an answer: asks for the next page when the one before is on its way.
struct Sound(Pin<Box<dyn Future<Output = Step> + Send>>);

impl hyper::body::Body for Sound {
    type Data = Bytes;
    type Error = FellBehind;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, FellBehind>>> {
        match ready!(self.0.as_mut().poll(cx)) {
            Ok(Some((stream, bytes))) => {
                self.0 = Box::pin(stream.go_on());
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Ok(None) => {
                self.0 = Box::pin(std::future::ready(Ok(None)));
                Poll::Ready(None)
            }
            Err(error) => {
                self.0 = Box::pin(std::future::ready(Ok(None)));
                Poll::Ready(Some(Err(error)))
            }
        }
    }
}
