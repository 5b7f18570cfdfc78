//! The pages, from the binary. In a debug build they are read from `ui/dist`, so that a rebuilt page is there at once.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::Shared;
use super::error::Error;
use crate::show::CityId;

#[derive(RustEmbed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Built;

/// Scripts, styles and links only of this server. Styles of single elements are allowed, since the pages place things
/// by them; scripts in the page are not.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; \
     worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
);

/// Files below this path carry a hash of their content in their name, so they never change.
const HASHED: &str = "assets/";

/// Whether the pages are there: a binary can be built without them.
pub fn are_built() -> bool {
    ["index.html", "console.html", "city.html", "call.html"].iter().all(|page| Built::get(page).is_some())
}

/// GET /: pick a channel and watch.
pub(super) async fn watch(headers: HeaderMap) -> Response {
    page("index.html", &headers)
}

/// GET /console: the operator's page. It shows nothing without a key, which stays in the browser.
pub(super) async fn console(headers: HeaderMap) -> Response {
    page("console.html", &headers)
}

/// GET /api: the description of the API, to be read by people.
pub(super) async fn api(headers: HeaderMap) -> Response {
    page("api.html", &headers)
}

/// GET /city/{id}: where a city joins. The key in its link stays in the browser.
pub(super) async fn city(State(server): State<Shared>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let is_known = name.parse().is_ok_and(|city: CityId| server.has_city(&city));
    if is_known { page("city.html", &headers) } else { nothing() }
}

/// GET /call/{id}: where a co-host joins. Who they are is not public, so the page is there for every name.
pub(super) async fn call(headers: HeaderMap) -> Response {
    file("call.html", &headers).unwrap_or_else(nothing)
}

/// Any other path: a file of the pages, or nothing.
pub(super) async fn file_or_nothing(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let is_for_machines = ["/api/", "/whip", "/whep"].iter().any(|prefix| path.starts_with(prefix));
    let found = (!is_for_machines).then(|| file(path.trim_start_matches('/'), &headers)).flatten();
    match found {
        Some(found) if method == Method::GET || method == Method::HEAD => found,
        Some(_) => ([(ALLOW, "GET,HEAD")], Error::Method { method, path: path.to_owned() }).into_response(),
        None if is_for_machines => Error::NothingHere(path.to_owned()).into_response(),
        None => nothing(),
    }
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing at this address. The evening is at /\n").into_response()
}

fn page(name: &str, headers: &HeaderMap) -> Response {
    file(name, headers).unwrap_or_else(|| {
        let message = "This server was built without its pages: run `make page`, then build it again.\n";
        (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
    })
}

fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    let file = Built::get(name)?;
    let hash: String = file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let caching = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known =
        headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| tags.contains(&etag));
    let about = [(CACHE_CONTROL, HeaderValue::from_static(caching)), (ETAG, etag.try_into().ok()?)];
    if known {
        return Some((StatusCode::NOT_MODIFIED, about).into_response());
    }
    let kind = [(CONTENT_TYPE, HeaderValue::from_static(media_type(name)))];
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some((about, kind, bytes).into_response())
}

/// The media types that a built page consists of.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Headers that every answer carries, whatever it is.
pub(super) async fn safe_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The links of the console and of a city carry a key.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert("permissions-policy", HeaderValue::from_static("camera=(self), microphone=(self)"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
