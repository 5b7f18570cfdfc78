//! One connection to an Icecast server: what is said at its beginning, and what the answer means. HTTP libraries send a body and
//! then wait for an answer; a source gets its answer first and then sends for hours, so the few lines of HTTP are written here.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Server, Target};

/// Longest wait for a connection, and for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most bytes of an answer's head.
const LONGEST_HEAD: usize = 16 * 1024;

/// Most headers of an answer.
const MOST_HEADERS: usize = 64;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// Another try may go well.
    #[error("{0}")]
    Lost(String),
    /// Another try will not, unless somebody changes something.
    #[error("{0}")]
    Refused(String),
}

/// Plain or TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) type Both = Box<dyn Stream>;

/// An open connection.
pub(super) struct Link {
    pub(super) read: ReadHalf<Both>,
    pub(super) write: WriteHalf<Both>,
}

impl Link {
    /// Connects, within ten seconds.
    pub(super) async fn open(server: &Server) -> Result<Self, Trouble> {
        let opened = timeout(PATIENCE, connect(server)).await;
        let stream = opened.map_err(|_| late("connection"))??;
        let (read, write) = tokio::io::split(stream);
        Ok(Self { read, write })
    }

    /// Asks to be the source of the mount. When this returns, the server waits for sound.
    pub(super) async fn offer(&mut self, target: &Target, kbps: u32) -> Result<(), Trouble> {
        let (status, reason) = self.ask(&source_head(target, kbps)).await?;
        match status {
            // Servers that know of no interim answer say 200 at once.
            100 | 200 => Ok(()),
            // The mount is in use: most often by the connection that was lost, which the server has not noticed yet.
            403 => Err(Trouble::Lost(told(status, &reason))),
            401 => Err(Trouble::Refused(format!("{}: are user and password right?", told(status, &reason)))),
            300..=499 => Err(Trouble::Refused(told(status, &reason))),
            _ => Err(Trouble::Lost(told(status, &reason))),
        }
    }

    /// Says something and reads the head of the answer, within ten seconds.
    async fn ask(&mut self, head: &str) -> Result<(u16, String), Trouble> {
        let asked = timeout(PATIENCE, async {
            self.write.write_all(head.as_bytes()).await.map_err(broke)?;
            self.write.flush().await.map_err(broke)?;
            read_status(&mut self.read).await
        });
        asked.await.map_err(|_| late("answer"))?
    }
}

/// Tells the server what is on air on a mount, on a connection of its own.
pub(super) async fn tell_title(target: &Target, title: &str) -> Result<(), Trouble> {
    let mut link = Link::open(&target.server).await?;
    let path = format!(
        "/admin/metadata?mode=updinfo&charset=UTF-8&mount={}&song={}",
        encoded(target.mount.as_str()),
        encoded(title)
    );
    match link.ask(&head("GET", &path, target, "Connection: close\r\n")).await? {
        (200, _) => Ok(()),
        (status, reason) => Err(Trouble::Lost(told(status, &reason))),
    }
}

/// Returns when the server says something, which it has no reason to, or closes.
pub(super) async fn until_closed(mut read: impl AsyncRead + Unpin) -> Result<std::convert::Infallible, Trouble> {
    let mut heard = [0; 512];
    loop {
        match read.read(&mut heard).await {
            Ok(0) => return Err(Trouble::Lost("it closed the connection".into())),
            // The final answer of a server that sent an interim one.
            Ok(_) => {}
            Err(error) => return Err(broke(error)),
        }
    }
}

async fn connect(server: &Server) -> Result<Both, Trouble> {
    let stream = TcpStream::connect((server.name(), server.port)).await;
    let stream = stream.map_err(|error| Trouble::Lost(format!("it cannot be reached: {error}")))?;
    // A page must not wait for the next one. A socket that refuses is about to fail anyway.
    let _ = stream.set_nodelay(true);
    if !server.tls {
        return Ok(Box::new(stream));
    }
    let tls = |error: native_tls::Error| Trouble::Lost(format!("there is no TLS with it: {error}"));
    let connector = tokio_native_tls::TlsConnector::from(native_tls::TlsConnector::new().map_err(tls)?);
    Ok(Box::new(connector.connect(server.name(), stream).await.map_err(tls)?))
}

/// The head of a source's request (Icecast 2.4: PUT, with an interim answer before the sound).
fn source_head(target: &Target, kbps: u32) -> String {
    let identity = &target.identity;
    let public = u8::from(identity.public);
    let mut more = format!(
        "Content-Type: {}\r\nIce-Public: {public}\r\nIce-Bitrate: {kbps}\r\nIce-Audio-Info: ice-bitrate={kbps};\
         ice-samplerate=48000;ice-channels=2\r\nExpect: 100-continue\r\n",
        target.format.media_type()
    );
    for (name, value) in [("Name", &identity.name), ("Genre", &identity.genre), ("Description", &identity.description)]
    {
        if !value.is_empty() {
            more.push_str(&format!("Ice-{name}: {}\r\n", line(value)));
        }
    }
    head("PUT", target.mount.as_str(), target, &more)
}

fn head(method: &str, path: &str, target: &Target, more: &str) -> String {
    let login = STANDARD.encode(format!("{}:{}", target.user, target.password));
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {login}\r\nUser-Agent: regia/{}\r\n{more}\r\n",
        target.server.authority(),
        env!("CARGO_PKG_VERSION")
    )
}

/// A text that cannot begin another line.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// For a query (RFC 3986 §2.1).
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Reads the head of an answer: status and reason.
async fn read_status(read: &mut (impl AsyncRead + Unpin)) -> Result<(u16, String), Trouble> {
    let mut head = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        match answer.parse(&head) {
            Ok(httparse::Status::Complete(_)) => {
                return Ok((answer.code.unwrap_or(0), answer.reason.unwrap_or("").to_owned()));
            }
            Ok(httparse::Status::Partial) if head.len() < LONGEST_HEAD => {}
            Ok(httparse::Status::Partial) => return Err(Trouble::Lost("its answer has no end".into())),
            Err(error) => return Err(Trouble::Lost(format!("its answer is not HTTP: {error}"))),
        }
        if read.read_buf(&mut head).await.map_err(broke)? == 0 {
            return Err(Trouble::Lost("it closed the connection without an answer".into()));
        }
    }
}

fn told(status: u16, reason: &str) -> String {
    format!("it answered {status} {}", line(reason))
}

fn broke(error: std::io::Error) -> Trouble {
    Trouble::Lost(format!("the connection broke: {error}"))
}

fn late(what: &str) -> Trouble {
    Trouble::Lost(format!("no {what} within {} s", PATIENCE.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::super::Mount;
    use super::*;
    use crate::radio::{Format, Identity};

    fn target() -> Target {
        Target {
            server: Server::try_from("http://radio.example.org:8000".to_owned()).unwrap(),
            mount: Mount::try_from("/regia.mp3".to_owned()).unwrap(),
            user: "source".into(),
            password: "hackme".into(),
            format: Format::Mp3,
            identity: Identity {
                name: "Una\r\nX-Evil: sera".into(),
                genre: "Talk".into(),
                description: String::new(),
                public: false,
            },
        }
    }

    #[test]
    fn a_source_says_what_it_sends_and_no_text_adds_a_line() {
        let head = source_head(&target(), 128);
        let lines: Vec<_> = head.split("\r\n").collect();
        assert_eq!(lines[0], "PUT /regia.mp3 HTTP/1.1");
        assert!(lines.contains(&"Authorization: Basic c291cmNlOmhhY2ttZQ=="));
        assert!(lines.contains(&"Content-Type: audio/mpeg") && lines.contains(&"Ice-Public: 0"));
        assert!(lines.contains(&"Ice-Name: Una  X-Evil: sera") && !head.contains("Ice-Description"));
        assert!(head.ends_with("\r\n\r\n"));
    }

    #[test]
    fn no_debug_shows_the_password() {
        assert!(!format!("{:?}", target()).contains("hackme"));
    }

    #[test]
    fn titles_are_encoded_for_a_query() {
        assert_eq!(encoded("L'Aquila & Roma è"), "L%27Aquila%20%26%20Roma%20%C3%A8");
    }

    #[tokio::test]
    async fn an_answer_is_read_to_its_heads_end_and_no_further() {
        let status = async |mut answer: &[u8]| read_status(&mut answer).await.map_err(|trouble| trouble.to_string());
        assert_eq!(status(b"HTTP/1.1 100 Continue\r\n\r\n").await, Ok((100, "Continue".into())));
        assert_eq!(status(b"HTTP/1.0 401 No\r\nA: b\r\n\r\n<html>").await, Ok((401, "No".into())));
        assert!(status(b"HTTP/1.1 200 OK\r\nA").await.unwrap_err().contains("without an answer"));
        assert!(status(b"ICY 200 OK\r\n\r\n").await.unwrap_err().contains("not HTTP"));
        let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"A: b\r\n".repeat(4000)].concat();
        assert!(status(&endless).await.is_err());
    }
}
