//! The HTTP side of a WHIP client (RFC 9725): POST an offer, ask after the session, DELETE it. Every call blocks, with a
//! deadline.

use std::io::ErrorKind;
use std::time::Duration;

use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION, RETRY_AFTER};
use ureq::http::{Method, Request, Response, StatusCode, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};

use super::Error;
use crate::secret::Key;

/// A server on the other side of the world connects within a second.
const CONNECT: Duration = Duration::from_secs(3);

/// A server gathers candidates before it answers, and gives up by itself after ten seconds.
const CALL: Duration = Duration::from_secs(12);

/// A session that cannot be deleted in this time times out at the server.
const FAREWELL: Duration = Duration::from_secs(2);

/// A server that lives answers a question within this time; one that does not leaves the question open.
const QUESTION: Duration = Duration::from_secs(1);

/// Largest answer that is read; an SDP answer has some 3 kB.
const LARGEST_BODY: u64 = 64 * 1024;

/// More redirects than this are a loop.
const MOST_REDIRECTS: usize = 5;

/// What the server answered to an offer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The SDP answer.
    pub(super) answer: String,
    /// The session's own address, for PATCH and DELETE.
    pub(super) session: Uri,
    /// The entity tag of its ICE session, for PATCH, as it came.
    pub(super) etag: Option<String>,
}

/// One WHIP endpoint and the key that opens it.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    endpoint: Uri,
    bearer: Option<Key>,
}

impl Client {
    pub(super) fn new(url: &str, bearer: Option<Key>) -> Result<Self, Error> {
        let wrong = |why: &str| Error::Url { url: url.to_owned(), why: why.to_owned() };
        let endpoint: Uri = url.parse().map_err(|error| wrong(&format!("{error}")))?;
        if !matches!(endpoint.scheme_str(), Some("http" | "https")) {
            return Err(wrong("it must begin with http:// or https://"));
        }
        if endpoint.host().is_none_or(str::is_empty) {
            return Err(wrong("it names no host"));
        }
        // The verifier of the operating system: a city's own authority is trusted once it is installed there.
        let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier).build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(CALL))
            .user_agent(concat!("regia/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build()
            .new_agent();
        Ok(Self { agent, endpoint, bearer })
    }

    /// Offers `sdp`, following redirects that keep the method (RFC 9725 §4.6).
    pub(super) fn offer(&self, sdp: &str) -> Result<Accepted, Error> {
        let mut url = self.endpoint.clone();
        for _ in 0..=MOST_REDIRECTS {
            let request = self
                .request(Method::POST, &url)
                .header(CONTENT_TYPE, "application/sdp")
                .header(ACCEPT, "application/sdp")
                .body(sdp.to_owned())
                .expect("the parts of the request were checked when the client was made");
            let mut response = self.agent.run(request).map_err(|error| unreachable(&url, &error))?;
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            match (response.status(), location) {
                (StatusCode::CREATED, Some(location)) => {
                    let session = resolve(&url, location)?;
                    let etag = response.headers().get(ETAG).and_then(|value| Some(value.to_str().ok()?.to_owned()));
                    return Ok(Accepted { answer: answer(&url, &mut response)?, session, etag });
                }
                (StatusCode::CREATED, None) => return Err(not_whip(&url, "201 without a Location header")),
                (StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT, Some(location)) => {
                    let next = resolve(&url, location)?;
                    if url.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                        return Err(not_whip(
                            &url,
                            &format!("it leads from https to {next}, where the key would be seen"),
                        ));
                    }
                    url = next;
                }
                _ => return Err(refused(&url, response)),
            }
        }
        Err(not_whip(&url, &format!("more than {MOST_REDIRECTS} redirects")))
    }

    /// Asks whether the server still has the session that it opened for `offer`: by a PATCH that says what is true anyway,
    /// that no more candidates come (RFC 9725 §4.3.1, RFC 8838 §14). Yields what proves that it has not. Any other answer,
    /// and none at all, prove nothing: the way may be interrupted, or the server know no PATCH.
    pub(super) fn proof_of_end(&self, accepted: &Accepted, offer: &str) -> Option<String> {
        let Accepted { session, etag, .. } = accepted;
        let of_ice = |name: &&str| name.starts_with("a=ice-ufrag:") || name.starts_with("a=ice-pwd:");
        let mut fragment: Vec<&str> = offer.lines().filter(of_ice).take(2).collect();
        fragment.push("a=end-of-candidates\r\n");
        let request = self.request(Method::PATCH, session).header(CONTENT_TYPE, "application/trickle-ice-sdpfrag");
        let request = etag.iter().fold(request, |request, etag| request.header(IF_MATCH, etag));
        let request = request.body(fragment.join("\r\n")).ok()?;
        let request = self.agent.configure_request(request).timeout_global(Some(QUESTION)).build();
        match self.agent.run(request) {
            Ok(response) => match response.status() {
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    Some("the server does not know the session any more".into())
                }
                StatusCode::BAD_GATEWAY => Some("there is no server behind the proxy".into()),
                _ => None,
            },
            Err(ureq::Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused => {
                Some("no server runs there any more".into())
            }
            Err(_) => None,
        }
    }

    /// Ends a session. An answer that it is gone already is as good.
    pub(super) fn delete(&self, session: &Uri) -> Result<(), Error> {
        let request = self.request(Method::DELETE, session).body(()).expect("the session's address is a URI");
        let request = self.agent.configure_request(request).timeout_global(Some(FAREWELL)).build();
        let response = self.agent.run(request).map_err(|error| unreachable(session, &error))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
            _ => Err(refused(session, response)),
        }
    }

    fn request(&self, method: Method, url: &Uri) -> ureq::http::request::Builder {
        let request = Request::builder().method(method).uri(url.clone());
        match &self.bearer {
            Some(key) => request.header(AUTHORIZATION, format!("Bearer {}", key.reveal())),
            None => request,
        }
    }
}

fn unreachable(url: &Uri, error: &ureq::Error) -> Error {
    Error::Unreachable { url: url.to_string(), why: error.to_string() }
}

fn not_whip(url: &Uri, why: &str) -> Error {
    Error::NotWhip { url: url.to_string(), why: why.to_owned() }
}

fn answer(url: &Uri, response: &mut Response<Body>) -> Result<String, Error> {
    match response.body().mime_type() {
        Some("application/sdp") => {}
        other => {
            return Err(not_whip(url, &format!("the body is {}, not application/sdp", other.unwrap_or("untyped"))));
        }
    }
    response
        .body_mut()
        .with_config()
        .limit(LARGEST_BODY)
        .read_to_string()
        .map_err(|error| not_whip(url, &format!("the answer cannot be read: {error}")))
}

fn refused(url: &Uri, mut response: Response<Body>) -> Error {
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    // What cannot be read says nothing; the status still does.
    let body =
        response.body_mut().with_config().limit(LARGEST_BODY).lossy_utf8(true).read_to_string().unwrap_or_default();
    let words = words(&body);
    let hint = match status.as_u16() {
        401 | 403 => "the key is wrong or missing: give the city's key with --bearer",
        404 | 405 => "nothing takes WHIP there: check the path, for Regia /whip/ and the city's id",
        406 | 415 | 422 => "the server cannot take H.264 and Opus",
        409 => "somebody else is publishing there",
        429 | 503 => "the server is full or busy",
        500.. => "the server is in trouble: see its log",
        _ => "the server does not take the offer",
    };
    let why = if words.is_empty() { hint.to_owned() } else { format!("{words} ({hint})") };
    Error::Refused { url: url.to_string(), status: status.as_u16(), why, retry_after }
}

/// The readable part of an error's body: Regia's JSON message, else the text's first line.
fn words(body: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Message {
        message: String,
    }
    const ENOUGH: usize = 200;
    let text = serde_json::from_str::<Message>(body).map(|body| body.message).unwrap_or_else(|_| body.to_owned());
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.starts_with('<') { String::new() } else { line.chars().filter(|c| !c.is_control()).take(ENOUGH).collect() }
}

/// A Location header as a full address (RFC 3986 §5.2, without fragments).
fn resolve(base: &Uri, location: &str) -> Result<Uri, Error> {
    let scheme = base.scheme_str().unwrap_or("http");
    let authority = base.authority().map_or("", |authority| authority.as_str());
    let text = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        let (path, query) = location.split_once('?').map_or((location, None), |(path, query)| (path, Some(query)));
        let mut steps: Vec<&str> = folder.split('/').skip(1).collect();
        for step in path.split('/') {
            match step {
                "." => {}
                ".." => drop(steps.pop()),
                step => steps.push(step),
            }
        }
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{scheme}://{authority}/{}{query}", steps.join("/"))
    };
    match text.parse::<Uri>() {
        Ok(uri) if matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some() => Ok(uri),
        _ => Err(not_whip(base, &format!("'{location}' in its Location header is no address"))),
    }
}

#[cfg(test)]
mod tests;
