//! No secret reaches a log, however much is logged. A process has one log, so this is its only test.

mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use regia::show::Command;
use serde_json::{Value, json};
use support::client::Page;
use support::offers::{self, Codecs};
use support::server::{PASSWORD, Server};
use tracing_subscriber::EnvFilter;

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_reaches_the_log() {
    let log = Log::default();
    let writer = log.clone();
    // As much as the house and its libraries have to say: `regia -vv`, and more.
    let filter = regia::log::with_bounds(EnvFilter::new("trace"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone()).init();

    let server = Server::start().await;
    let mut secrets =
        vec![PASSWORD.to_owned(), server.operator_key.reveal().to_owned(), server.city_key("roma").into()];
    let operator = server.operator();
    let direct = |method: &str, path: &str, body: Value| {
        let answer = server.ask_json(method, path, ("Authorization", &operator), &body);
        assert!(answer.status() < 300, "{method} {path}: {}", answer.body());
        answer
    };

    // Passwords and sessions.
    let cookie = server.cookie("Anna", "director").await;
    secrets.push(cookie.split_once('=').unwrap().1.to_owned());
    secrets.push("a wrong password that is somebody's right one".into());
    assert_eq!(server.sign_in("Anna", secrets.last().unwrap()).status(), 401);
    let (page, ..) = Page::hello_as(&server.url, &cookie);
    server.ask("POST", "/api/v1/commands", &[("Cookie", &cookie), ("Origin", "http://evil.example")], b"");
    drop(page);

    // Keys and links.
    let key = direct("POST", "/api/v1/keys", json!({"name": "companion", "roles": ["director"]})).json();
    secrets.push(key["key"].as_str().unwrap().to_owned());
    let (page, ..) = Page::hello(&server.url, Some(secrets.last().unwrap()));
    drop(page);
    server.direct(Command::AddCohost { id: "luca".parse().unwrap(), name: "Luca".into() }).await;
    for path in ["/api/v1/cities/roma/links", "/api/v1/cohosts/luca/links"] {
        let link = direct("POST", path, Value::Null).json();
        let token = link["token"].as_str().unwrap().to_owned();
        let (page, ..) = Page::hello(&server.url, Some(&token));
        let bearer = format!("Bearer {token}");
        // What is not theirs, what is malformed, what is nowhere.
        for (method, path, body) in [
            ("POST", "/api/v1/commands", r#"{"command": {"type": "cut"}}"#),
            ("POST", "/api/v1/commands", "{"),
            ("GET", "/api/v1/keys", ""),
            ("POST", "/whip/lecce", "v=0"),
            ("GET", "/api/v1/nothing", ""),
        ] {
            let headers = [("Authorization", &*bearer), ("Content-Type", "application/json")];
            server.ask(method, path, &headers, body.as_bytes());
        }
        let renewed = direct("POST", &format!("/api/v1/links/{}/renew", link["id"]), Value::Null).json();
        direct("DELETE", &format!("/api/v1/links/{}", renewed["id"]), Value::Null);
        secrets.extend([token, renewed["token"].as_str().unwrap().to_owned()]);
        drop(page);
    }
    secrets.push("nobody-has-this-key".into());
    let wrong = format!("Bearer {}", secrets.last().unwrap());
    assert_eq!(server.ask("GET", "/api/v1/show", &[("Authorization", &wrong)], b"").status(), 401);

    // Whole numbers of those on the telephone.
    secrets.push("+390105551242".into());
    let dial = json!({"command": {"type": "dial", "number": "+390105551242", "name": "Mara"}});
    let dialled = direct("POST", "/api/v1/commands", dial);
    let cohost = dialled.json()["events"][0]["cohost"]["id"].as_str().unwrap().to_owned();
    assert!(!dialled.body().contains("+390105551242"), "{}", dialled.body());
    let number = direct("GET", &format!("/api/v1/cohosts/{cohost}/number"), Value::Null).json();
    assert_eq!(number, json!({"number": "+390105551242"}));

    // Codes and sessions of media, by right and by wrong ones.
    secrets.push("piazza 2026".into());
    direct("PUT", "/api/v1/channels/roma/code", json!({"code": secrets.last().unwrap()}));
    let sdp = ("Content-Type", "application/sdp");
    let offer = offers::viewer(Codecs::H264AndOpus);
    for code in ["piazza 2026", "piazza 2025"] {
        let bearer = format!("Bearer {code}");
        let joined = server.ask("POST", "/whep/roma", &[("Authorization", &bearer), sdp], offer.as_bytes());
        if joined.status() == 201 {
            let session = joined.header("Location");
            secrets.push(session.rsplit('/').next().unwrap().to_owned());
            let change = json!({"channel": "program", "code": "piazza 2026"}).to_string();
            server.ask("PATCH", &session, &[("Content-Type", "application/json")], change.as_bytes());
            server.ask("DELETE", &session, &[], b"");
        }
    }
    secrets.push("piazza 2025".into());
    let crew = server.publisher("roma");
    let offer = offers::publisher(Codecs::H264AndOpus);
    let opened = server.ask("POST", "/whip/roma", &[("Authorization", &crew), sdp], offer.as_bytes());
    let session = opened.header("Location");
    secrets.push(session.rsplit('/').next().unwrap().to_owned());
    server.ask("DELETE", &session, &[("Authorization", &crew)], b"");
    server.ask("DELETE", "/api/v1/session", &[("Cookie", &cookie)], b"");
    server.stop().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for said in ["an operator signed in", "a link was renewed", "TRACE", "somebody asks for what is not theirs"] {
        assert!(text.contains(said), "the log is not the one that this test is about: '{said}' is missing in it");
    }
    for secret in &secrets {
        assert!(secret.len() > 8, "'{secret}' is too short to be looked for");
        let line = text.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "the log tells a secret");
    }
}
