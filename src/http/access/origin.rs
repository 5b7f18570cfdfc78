//! Where a request comes from: its page's origin, its address, and the address by which people know this server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};

/// Who is at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Peer(pub(in crate::http) SocketAddr);

/// Set by a proxy (de facto standard): the addresses that a request passed, the newest last.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Set by a proxy: the scheme that the browser spoke.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The address of whoever asks. A proxy on this machine is believed when it names another; nobody else is, since
/// everybody can write a header. A household of IPv6 has a whole network (/64): it is one.
pub(super) fn address(peer: Option<&Peer>, headers: &HeaderMap) -> IpAddr {
    let Some(Peer(peer)) = peer else { return Ipv4Addr::UNSPECIFIED.into() };
    let passed = forwarded(Some(&Peer(*peer)), headers, &FORWARDED_FOR).and_then(|address| address.parse().ok());
    match passed.unwrap_or(peer.ip()).to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        plain => plain,
    }
}

/// The last value that a proxy on this machine has added to a header.
fn forwarded<'a>(peer: Option<&Peer>, headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let is_local = peer.is_some_and(|Peer(peer)| peer.ip().to_canonical().is_loopback());
    let last = headers.get_all(name).into_iter().next_back().filter(|_| is_local)?;
    last.to_str().ok()?.rsplit(',').next().map(str::trim)
}

/// How the browser of this request reaches the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Site {
    /// Without a slash at its end, for links that are given out.
    pub(in crate::http) url: String,
    /// Whether cookies travel by TLS only.
    pub(in crate::http) is_secure: bool,
}

impl Site {
    /// By the settings if they say it, else as the browser asked.
    pub(in crate::http) fn of(public_url: Option<&str>, peer: Option<&Peer>, headers: &HeaderMap) -> Self {
        let by_tls =
            forwarded(peer, headers, &FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        let url = public_url.map_or_else(
            || format!("http{}://{}", if by_tls { "s" } else { "" }, host(headers).unwrap_or("localhost")),
            str::to_owned,
        );
        Self { is_secure: by_tls || url.starts_with("https://"), url }
    }
}

/// Whether no page of another site has sent this. Browsers name a page's origin wherever it matters; whoever names none
/// is no browser, or a page of this server that reads.
pub(in crate::http) fn is_own(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let mut origins = headers.get_all(ORIGIN).into_iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| is_of_this_site(origin, headers, public_url)),
        (Some(_), Some(_)) => false,
    }
}

/// The origin as it arrived, for a message.
pub(super) fn named(headers: &HeaderMap) -> String {
    headers
        .get(ORIGIN)
        .map(|origin| String::from_utf8_lossy(origin.as_bytes()).chars().take(128).collect())
        .unwrap_or_default()
}

fn is_of_this_site(origin: &str, headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let Some(origin) = Authority::of(origin) else { return false };
    let public = public_url.and_then(Authority::of);
    if public.as_ref().is_some_and(|public| *public == origin) {
        return true;
    }
    // The same host without its TLS is somebody in between.
    let is_downgrade = public.is_some_and(|public| public.is_secure && !origin.is_secure && public.host == origin.host);
    let asked =
        host(headers).map(|host| Authority { is_secure: origin.is_secure, host: plain(host, origin.is_secure) });
    !is_downgrade && asked.is_some_and(|asked| asked == origin)
}

/// Scheme, host and port of an origin.
#[derive(Debug, PartialEq, Eq)]
struct Authority {
    is_secure: bool,
    host: String,
}

impl Authority {
    fn of(origin: &str) -> Option<Self> {
        let (scheme, host) = origin.split_once("://")?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        Some(Self { is_secure, host: plain(host, is_secure) })
    }
}

/// A host in lower case and without the port that its scheme implies.
fn plain(host: &str, is_secure: bool) -> String {
    let host = host.to_ascii_lowercase();
    let implied = if is_secure { ":443" } else { ":80" };
    host.strip_suffix(implied).map(str::to_owned).unwrap_or(host)
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok().filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_page_is_own_if_it_came_from_the_host_that_is_asked_or_from_the_public_address() {
        let public = Some("https://regia.example.org");
        for (origin, host, public, own) in [
            ("http://10.0.0.7:8080", "10.0.0.7:8080", None, true),
            ("http://10.0.0.7:8080", "10.0.0.7:8081", None, false),
            ("http://evil.example", "10.0.0.7:8080", None, false),
            ("null", "10.0.0.7:8080", None, false),
            ("https://regia.example.org", "127.0.0.1:8080", public, true),
            ("https://REGIA.example.org:443", "127.0.0.1:8080", public, true),
            ("http://regia.example.org", "regia.example.org", public, false),
            ("https://regia.example.org.evil.example", "regia.example.org", public, false),
            ("http://10.0.0.7:8080", "10.0.0.7:8080", public, true),
            ("https://example.org", "example.org:443", None, true),
        ] {
            assert_eq!(is_own(&headers(&[(ORIGIN, origin), (HOST, host)]), public), own, "{origin} {host} {public:?}");
        }
        assert!(is_own(&headers(&[(HOST, "a")]), None), "who names no origin is no page of another site");
        let mut two = headers(&[(ORIGIN, "http://a"), (HOST, "a")]);
        two.append(ORIGIN, HeaderValue::from_static("http://evil.example"));
        assert!(!is_own(&two, None));
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed_about_addresses() {
        let passed = headers(&[(FORWARDED_FOR, "1.1.1.1, 203.0.113.9")]);
        let from = |peer: &str| address(Some(&Peer(peer.parse().unwrap())), &passed).to_string();
        assert_eq!(from("127.0.0.1:1"), "203.0.113.9", "what the proxy itself has added comes last");
        assert_eq!(from("[::1]:1"), "203.0.113.9");
        assert_eq!(from("198.51.100.1:1"), "198.51.100.1");
        assert_eq!(from("[::ffff:198.51.100.1]:1"), "198.51.100.1");
        assert_eq!(from("[2001:db8:1:2:3:4:5:6]:1"), "2001:db8:1:2::");
        let nonsense = headers(&[(FORWARDED_FOR, "unknown")]);
        assert_eq!(address(Some(&Peer("127.0.0.1:1".parse().unwrap())), &nonsense).to_string(), "127.0.0.1");
    }

    #[test]
    fn cookies_are_for_tls_only_where_there_is_tls() {
        let local = Peer("127.0.0.1:1".parse().unwrap());
        let site = |public, headers: &HeaderMap| Site::of(public, Some(&local), headers);
        let plain = headers(&[(HOST, "bar:8080")]);
        assert_eq!(site(None, &plain), Site { url: "http://bar:8080".into(), is_secure: false });
        let proxied = headers(&[(HOST, "regia.example.org"), (FORWARDED_PROTO, "https")]);
        assert_eq!(site(None, &proxied), Site { url: "https://regia.example.org".into(), is_secure: true });
        assert!(site(Some("https://regia.example.org"), &plain).is_secure);
        let far = Peer("198.51.100.1:1".parse().unwrap());
        assert!(!Site::of(None, Some(&far), &proxied).is_secure);
    }
}
