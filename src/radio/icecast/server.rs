//! Where an Icecast server is, and the place on it, checked once at the edge.

use std::fmt;

use hyper::Uri;
use serde::Deserialize;

/// A server: `http://icecast.example.org:8000`, or https.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Server {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

/// A text that is no server or no mount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServer {
    /// No server.
    #[error("this is not the address of an Icecast server: one like http://icecast.example.org:8000 is needed")]
    Address,
    /// A login in the address.
    #[error("the address has a login: user and password have settings of their own")]
    Login,
    /// No mount.
    #[error("this is not a mount: one like /regia.mp3, of 2 to 128 letters, digits and -._~/ is needed")]
    Mount,
}

impl TryFrom<String> for Server {
    type Error = InvalidServer;

    fn try_from(text: String) -> Result<Self, InvalidServer> {
        if text.contains('@') {
            return Err(InvalidServer::Login);
        }
        let uri: Uri = text.parse().map_err(|_| InvalidServer::Address)?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(InvalidServer::Address),
        };
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let host = uri.host().filter(|host| !host.is_empty() && is_bare).ok_or(InvalidServer::Address)?;
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 8000 });
        if port == 0 {
            return Err(InvalidServer::Address);
        }
        Ok(Self { tls, host: host.to_owned(), port })
    }
}

impl Server {
    /// Host and port, as the Host header has them.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host as names and certificates have it: without the brackets of IPv6.
    pub(super) fn name(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

/// A place on a server: `/regia.mp3`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Mount(String);

impl Mount {
    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Mount {
    type Error = InvalidServer;

    fn try_from(text: String) -> Result<Self, InvalidServer> {
        let fits = (2..=128).contains(&text.len())
            && text.starts_with('/')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
        if fits { Ok(Self(text)) } else { Err(InvalidServer::Mount) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_hosts_with_ports_and_nothing_else() {
        let server = |text: &str| Server::try_from(text.to_owned());
        assert_eq!(server("http://radio.example.org").unwrap().to_string(), "http://radio.example.org:8000");
        assert_eq!(server("https://radio.example.org/").unwrap().authority(), "radio.example.org:443");
        assert_eq!(server("http://[::1]:8010").unwrap().name(), "::1");
        assert_eq!(server("http://source:hackme@radio.example.org"), Err(InvalidServer::Login));
        for wrong in ["radio.example.org:8000", "ftp://a", "http://a/b", "http://a?b", "http://a:0", "http://", "/"] {
            assert_eq!(server(wrong), Err(InvalidServer::Address), "{wrong}");
        }
    }

    #[test]
    fn mounts_are_plain_paths() {
        assert_eq!(Mount::try_from("/regia.mp3".to_owned()).unwrap().as_str(), "/regia.mp3");
        for wrong in ["", "/", "regia.mp3", "/a b", "/a?b", "/a\r\nX: y", "/è"] {
            assert_eq!(Mount::try_from(wrong.to_owned()), Err(InvalidServer::Mount), "{wrong}");
        }
    }
}
