//! STUN and TURN servers as `Link` headers (RFC 9725 §4.6).

use axum::http::HeaderValue;

/// A STUN or TURN server that clients are told of.
#[derive(Debug, Clone)]
pub struct IceServer {
    link: HeaderValue,
    for_viewers: bool,
}

/// A server that cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum InvalidIceServer {
    /// The address is not one.
    #[error("'{0}' is not an ICE server: 'stun:HOST:PORT', 'turn:HOST:PORT' or 'turns:HOST:PORT' is needed")]
    Url(String),
    /// A TURN server without credentials helps nobody.
    #[error("'{0}' needs a username and a credential")]
    NoLogin(String),
    /// The credentials cannot stand in a header.
    #[error("the username and the credential of '{0}' may hold visible ASCII characters except '\"' and '\\'")]
    Login(String),
}

impl IceServer {
    /// A server at `url` (RFC 7064, RFC 7065). `login` is username and credential, which a TURN server needs. Viewers
    /// are strangers: they are told only if `for_viewers`.
    pub fn new(url: &str, login: Option<(&str, &str)>, for_viewers: bool) -> Result<Self, InvalidIceServer> {
        let host = url.split_once(':').filter(|(scheme, _)| ["stun", "stuns", "turn", "turns"].contains(scheme));
        let fits = |text: &str, bad: &str| text.bytes().all(|b| b.is_ascii_graphic() && !bad.as_bytes().contains(&b));
        if !host.is_some_and(|(_, host)| !host.is_empty() && !host.starts_with('/')) || !fits(url, "<>\"\\") {
            return Err(InvalidIceServer::Url(url.escape_debug().take(128).collect()));
        }
        let link = match login {
            Some((username, credential)) if fits(username, "\"\\") && fits(credential, "\"\\") => format!(
                "<{url}>; rel=\"ice-server\"; username=\"{username}\"; credential=\"{credential}\"; \
                 credential-type=\"password\""
            ),
            Some(_) => return Err(InvalidIceServer::Login(url.to_owned())),
            None if url.starts_with("turn") => return Err(InvalidIceServer::NoLogin(url.to_owned())),
            None => format!("<{url}>; rel=\"ice-server\""),
        };
        let mut link = HeaderValue::try_from(link).expect("every part was checked to be visible ASCII");
        link.set_sensitive(login.is_some());
        Ok(Self { link, for_viewers })
    }

    /// The `Link` header.
    pub(super) fn link(&self) -> HeaderValue {
        self.link.clone()
    }

    /// Whether viewers are told, too.
    pub(super) fn is_for_viewers(&self) -> bool {
        self.for_viewers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_server_is_told_with_its_credentials() {
        let server = IceServer::new("turn:turn.example.org?transport=udp", Some(("u", "p@ss")), false).unwrap();
        assert_eq!(
            server.link(),
            "<turn:turn.example.org?transport=udp>; rel=\"ice-server\"; username=\"u\"; credential=\"p@ss\"; \
             credential-type=\"password\""
        );
        let plain = IceServer::new("stun:stun.example.org:3478", None, true).unwrap();
        assert_eq!(plain.link(), "<stun:stun.example.org:3478>; rel=\"ice-server\"");
    }

    #[test]
    fn what_cannot_stand_in_a_link_header_is_refused_at_start() {
        for url in ["", "stun:", "http://x", "stun://x:1", "stun:x>; rel=\"evil\"", "stun:città"] {
            assert!(matches!(IceServer::new(url, None, false), Err(InvalidIceServer::Url(_))), "{url}");
        }
        assert!(matches!(IceServer::new("turn:x", None, false), Err(InvalidIceServer::NoLogin(_))));
        assert!(matches!(IceServer::new("turn:x", Some(("a\"b", "c")), false), Err(InvalidIceServer::Login(_))));
    }
}
