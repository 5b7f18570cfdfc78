//! What WHIP and WHEP share: the 201 answer, ICE servers, trickle ICE preconditions, and CORS.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE, ETAG, IF_MATCH, LINK, LOCATION,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::Error;
use super::ice::IceServer;
use crate::distribution;

/// An offer or an answer.
pub(super) const SDP: &str = "application/sdp";

/// A trickle ICE fragment (RFC 8840).
pub(super) const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// Which content types POST takes (W3C LDP 1.0 §7.1; RFC 9725 §4.2).
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Which content types PATCH takes (RFC 5789).
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// What pages of other origins may read: of WHIP and WHEP, and of the radio.
const EXPOSED: &str = "Location, ETag, Link, Accept-Patch, Retry-After, Icy-MetaInt, Icy-Name, Icy-Genre, Icy-Description, Icy-Br, Icy-Pub";

/// A session that was just negotiated.
pub(super) struct Negotiated {
    /// Its path.
    pub(super) location: String,
    /// Its entity tag without quotes.
    pub(super) etag: String,
    /// The SDP answer.
    pub(super) answer: String,
    /// Content types for PATCH.
    pub(super) accept_patch: &'static str,
}

impl Negotiated {
    /// The 201 answer (RFC 9725 §4.2).
    pub(super) fn created<'a>(self, ice_servers: impl Iterator<Item = &'a IceServer>) -> Response {
        let ascii = |text: String| HeaderValue::try_from(text).expect("ids and entity tags are visible ASCII");
        let mut headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static(SDP)),
            (LOCATION, ascii(self.location)),
            (ETAG, ascii(format!("\"{}\"", self.etag))),
            (ACCEPT_PATCH, HeaderValue::from_static(self.accept_patch)),
        ]);
        for server in ice_servers {
            headers.append(LINK, server.link());
        }
        (StatusCode::CREATED, headers, self.answer).into_response()
    }
}

/// A name as a part of a path: all but the unreserved characters is encoded (RFC 3986 §2.3).
pub(super) fn path_part(name: &str) -> String {
    let mut part = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => part.push(char::from(byte)),
            other => part.push_str(&format!("%{other:02X}")),
        }
    }
    part
}

/// Describes where offers go.
pub(super) fn endpoint() -> Response {
    [(ACCEPT_POST, HeaderValue::from_static(SDP))].into_response()
}

/// Describes a session. It is not looked up: a preflight carries no key.
pub(super) fn session(accept_patch: &'static str) -> Response {
    [(ACCEPT_PATCH, HeaderValue::from_static(accept_patch))].into_response()
}

/// The If-Match header as it came; one that is not ASCII matches nothing.
pub(super) fn if_match(headers: &HeaderMap) -> Option<&str> {
    headers.get(IF_MATCH).map(|value| value.to_str().unwrap_or_default())
}

/// Checks an If-Match header against a viewer's entity tag by strong comparison (RFC 9110 §13.1.1). `*` asks for an ICE
/// restart (RFC 9725 §4.3.2), which is not possible.
pub(super) fn check_if_match(headers: &HeaderMap, etag: &str) -> Result<(), Error> {
    let wanted = if_match(headers).ok_or(Error::NoIfMatch)?;
    if wanted.trim() == "*" {
        return Err(distribution::Hub::no_restart().into());
    }
    let quoted = format!("\"{etag}\"");
    let matches = wanted.split(',').any(|tag| tag.trim() == quoted);
    if matches { Ok(()) } else { Err(Error::WrongEtag) }
}

/// Lets pages of every origin publish, watch and listen. What guards a seat is its key, which no browser sends by itself.
pub(super) async fn open_to_all_origins(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    if preflight {
        set(ACCESS_CONTROL_ALLOW_METHODS, "OPTIONS, GET, POST, HEAD, PATCH, DELETE");
        set(ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, If-Match, Icy-MetaData");
        set(ACCESS_CONTROL_MAX_AGE, "86400");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(value: Option<&'static str>) -> Result<(), Error> {
        let headers = value.map(|value| (IF_MATCH, HeaderValue::from_static(value))).into_iter().collect();
        check_if_match(&headers, "e1")
    }

    #[test]
    fn a_name_fits_into_a_path() {
        assert_eq!(path_part("return-roma"), "return-roma");
        assert_eq!(path_part("monitor-Anna / \u{e8}"), "monitor-Anna%20%2F%20%C3%A8");
    }

    #[test]
    fn if_match_is_compared_strongly() {
        assert!(checked(Some("\"e1\"")).is_ok());
        assert!(checked(Some("\"e0\", \"e1\"")).is_ok());
        assert!(matches!(checked(Some("*")), Err(Error::Distribution(distribution::Error::Unsupported(_)))));
        assert!(matches!(checked(Some("e1")), Err(Error::WrongEtag)));
        assert!(matches!(checked(Some("W/\"e1\"")), Err(Error::WrongEtag)));
        assert!(matches!(checked(None), Err(Error::NoIfMatch)));
    }
}
