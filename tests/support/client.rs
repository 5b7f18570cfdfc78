//! A plain HTTP client, and a page on the live WebSocket.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::block_in_place;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, HandshakeError, Message, WebSocket, client};
use ureq::http::{Request, Response};

/// No test waits longer for anything.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    inner: Response<String>,
}

impl Answer {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// All values of a header, joined; empty if it is not there.
    pub fn header(&self, name: &str) -> String {
        let values = self.inner.headers().get_all(name).iter();
        values.map(|value| value.to_str().expect("headers are ASCII")).collect::<Vec<_>>().join(", ")
    }

    /// The body.
    pub fn body(&self) -> &str {
        self.inner.body()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap_or_default()
    }
}

/// Asks and waits for the answer, whatever its status.
pub fn ask(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    answer(method, url, headers, body).unwrap_or_else(|error| panic!("{method} {url}: {error}"))
}

/// As [`ask`], of a server that may not be there.
pub fn try_ask(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    answer(method, url, headers, body).ok()
}

fn answer(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, ureq::Error> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .timeout_global(Some(DEADLINE));
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let agent = config.build().new_agent();
    block_in_place(|| {
        let answered = match body {
            [] => agent.run(request.body(()).unwrap()),
            body => agent.run(request.body(body).unwrap()),
        };
        let (parts, mut body) = answered?.into_parts();
        Ok(Answer { inner: Response::from_parts(parts, body.read_to_string()?) })
    })
}

/// A page on the live WebSocket.
pub struct Page {
    socket: WebSocket<TcpStream>,
}

/// A page that is open until it is dropped.
pub struct Staying {
    stream: TcpStream,
    reading: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Staying {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        if let Some(reading) = self.reading.take() {
            let _ = reading.join();
        }
    }
}

/// What a page hears next.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A message.
    Json(Value),
    /// The server closed, with this code.
    Closed(u16),
}

impl Page {
    /// Connects and says nothing yet. `url` is the server's, `http://HOST:PORT`.
    pub fn connect(url: &str) -> Self {
        Self::connect_with(url, &[]).unwrap()
    }

    /// Connects with these headers, as a browser does.
    ///
    /// # Errors
    /// The status of a refusal.
    pub fn connect_with(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let authority = url.strip_prefix("http://").unwrap();
        block_in_place(|| {
            let stream = TcpStream::connect(authority).unwrap();
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            let mut request = format!("ws://{authority}/api/v1/live").into_client_request().unwrap();
            for (name, value) in headers {
                request.headers_mut().append(*name, value.parse().unwrap());
            }
            match client(request, stream) {
                Ok((socket, _)) => Ok(Self { socket }),
                Err(HandshakeError::Failure(Error::Http(refused))) => Err(refused.status().as_u16()),
                Err(error) => panic!("{error}"),
            }
        })
    }

    /// Connects and says hello; returns the page after its hello and snapshot, and these two.
    pub fn hello(url: &str, key: Option<&str>) -> (Self, Value, Value) {
        let mut page = Self::connect(url);
        page.say(&json!({"type": "hello", "key": key}));
        let (hello, snapshot) = (page.next("hello"), page.next("snapshot"));
        (page, hello, snapshot)
    }

    /// Connects with a session cookie and says hello; returns the page after its hello and snapshot, and these two.
    pub fn hello_as(url: &str, cookie: &str) -> (Self, Value, Value) {
        let mut page = Self::connect_with(url, &[("cookie", cookie), ("origin", url)]).unwrap();
        page.say(&json!({"type": "hello"}));
        let (hello, snapshot) = (page.next("hello"), page.next("snapshot"));
        (page, hello, snapshot)
    }

    /// Stays open, reads all that comes and forgets it.
    pub fn stay(mut self) -> Staying {
        let stream = self.socket.get_ref().try_clone().expect("the system has room for a socket");
        let reading = std::thread::spawn(move || while self.socket.read().is_ok() {});
        Staying { stream, reading: Some(reading) }
    }

    /// Says something.
    pub fn say(&mut self, message: &Value) {
        self.say_raw(Message::text(message.to_string()));
    }

    /// Says anything.
    pub fn say_raw(&mut self, message: Message) {
        block_in_place(|| self.socket.send(message)).unwrap();
    }

    /// The next message.
    pub fn hear(&mut self) -> Heard {
        let deadline = Instant::now() + DEADLINE;
        loop {
            assert!(Instant::now() < deadline, "the server said nothing to read");
            match block_in_place(|| self.socket.read()) {
                Ok(Message::Text(text)) => return Heard::Json(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(frame)) => {
                    return Heard::Closed(frame.map_or(CloseCode::Status, |frame| frame.code).into());
                }
                Ok(_) => {}
                Err(error) => panic!("the link broke: {error}"),
            }
        }
    }

    /// The next message that is no beat.
    pub fn hear_news(&mut self) -> Heard {
        loop {
            match self.hear() {
                Heard::Json(message) if message["type"] == "beat" => {}
                news => return news,
            }
        }
    }

    /// The next message, beats aside unless they are wanted, which must be of this type.
    pub fn next(&mut self, kind: &str) -> Value {
        let heard = if kind == "beat" { self.hear() } else { self.hear_news() };
        match heard {
            Heard::Json(message) if message["type"] == kind => message,
            other => panic!("a '{kind}' was expected, {other:?} came"),
        }
    }
}
