//! The client against a server that speaks WHIP's status codes from a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::*;

/// What the fake server saw of one request.
#[derive(Debug)]
struct Seen {
    line: String,
    authorization: Option<String>,
    content_type: Option<String>,
    if_match: Option<String>,
    body: String,
}

/// Answers one request per connection, in order, then hands over what it saw.
fn serve(answers: &[&str]) -> (String, JoinHandle<Vec<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers: Vec<String> = answers.iter().map(|answer| answer.replace("{url}", &url)).collect();
    let server = std::thread::spawn(move || {
        answers
            .iter()
            .map(|answer| {
                let (stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(&stream);
                let mut head = Vec::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    match line.trim_end() {
                        "" => break,
                        line => head.push(line.to_owned()),
                    }
                }
                let header = |name: &str| {
                    head.iter().find_map(|line| {
                        let (key, value) = line.split_once(':')?;
                        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
                    })
                };
                let length = header("content-length").map_or(0, |length| length.parse().unwrap());
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let (top, text) = answer.split_once("\n\n").unwrap_or((answer, ""));
                let top = top.replace('\n', "\r\n");
                write!(&stream, "HTTP/1.1 {top}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len())
                    .unwrap();
                Seen {
                    line: head[0].clone(),
                    authorization: header("authorization"),
                    content_type: header("content-type"),
                    if_match: header("if-match"),
                    body: String::from_utf8(body).unwrap(),
                }
            })
            .collect()
    });
    (url, server)
}

fn key() -> Key {
    Key::try_from("lecce-2026-piazza".to_owned()).unwrap()
}

fn client(url: &str) -> Client {
    Client::new(&format!("{url}/whip/lecce"), Some(key())).unwrap()
}

const CREATED: &str =
    "201 Created\nContent-Type: application/sdp\nLocation: /whip/lecce/s1\nETag: \"e1\"\n\nv=0 answer";

#[test]
fn an_offer_is_posted_with_the_key_and_the_session_deleted_with_it() {
    let (url, server) = serve(&[CREATED, "200 OK"]);
    let client = client(&url);
    let accepted = client.offer("v=0 offer").unwrap();
    assert_eq!(
        accepted,
        Accepted {
            answer: "v=0 answer".into(),
            session: format!("{url}/whip/lecce/s1").parse().unwrap(),
            etag: Some("\"e1\"".into())
        }
    );
    client.delete(&accepted.session).unwrap();
    let seen = server.join().unwrap();
    assert_eq!(seen[0].line, "POST /whip/lecce HTTP/1.1");
    assert_eq!(seen[0].content_type.as_deref(), Some("application/sdp"));
    assert_eq!(seen[0].body, "v=0 offer");
    assert_eq!(seen[1].line, "DELETE /whip/lecce/s1 HTTP/1.1");
    for request in seen {
        assert_eq!(request.authorization.as_deref(), Some("Bearer lecce-2026-piazza"));
    }
}

#[test]
fn a_redirect_that_keeps_the_method_is_followed() {
    let (url, server) = serve(&["307 Temporary Redirect\nLocation: {url}/other/lecce", CREATED]);
    client(&url).offer("v=0 offer").unwrap();
    let seen = server.join().unwrap();
    assert_eq!((seen[1].line.as_str(), seen[1].body.as_str()), ("POST /other/lecce HTTP/1.1", "v=0 offer"));
}

#[test]
fn redirects_in_a_circle_end() {
    let (url, server) = serve(&["308 Permanent Redirect\nLocation: /whip/lecce"; MOST_REDIRECTS + 1]);
    assert!(matches!(client(&url).offer("v=0"), Err(Error::NotWhip { .. })));
    server.join().unwrap();
}

#[test]
fn every_refusal_says_what_mends_it_and_whether_trying_again_may_help() {
    let cases = [
        ("401 Unauthorized", "--bearer", false),
        ("404 Not Found", "/whip/", false),
        ("415 Unsupported Media Type", "H.264", false),
        ("422 Unprocessable Content", "H.264", false),
        ("409 Conflict", "somebody else", true),
        ("500 Internal Server Error", "its log", true),
        ("503 Service Unavailable", "busy", true),
    ];
    for (answer, word, may_pass) in cases {
        let (url, server) = serve(&[answer]);
        let error = client(&url).offer("v=0").unwrap_err();
        server.join().unwrap();
        assert!(error.to_string().contains(word), "{answer}: {error}");
        assert!(error.to_string().contains(&answer[..3]), "{answer}: {error}");
        assert_eq!(error.may_pass(), may_pass, "{answer}");
    }
}

#[test]
fn the_servers_own_words_are_passed_on_but_never_the_key() {
    let body = "{\"code\":\"wrong_key\",\"message\":\"this key does not open Lecce\"}";
    let (url, server) = serve(&[&format!("401 Unauthorized\nContent-Type: application/json\n\n{body}")]);
    let error = client(&url).offer("v=0").unwrap_err().to_string();
    server.join().unwrap();
    assert!(error.contains("this key does not open Lecce"), "{error}");
    assert!(!error.contains("piazza"), "{error}");
}

#[test]
fn the_server_may_ask_to_be_left_alone_for_a_while() {
    let (url, server) = serve(&["503 Service Unavailable\nRetry-After: 7"]);
    let error = client(&url).offer("v=0").unwrap_err();
    server.join().unwrap();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[test]
fn an_answer_that_is_not_whip_is_not_taken() {
    let wrong = [
        "201 Created\nContent-Type: application/sdp\n\nv=0",
        "201 Created\nContent-Type: text/html\nLocation: /s\n\n<html>",
        "201 Created\nContent-Type: application/sdp\nLocation: ftp://there/s\n\nv=0",
    ];
    for answer in wrong {
        let (url, server) = serve(&[answer]);
        assert!(matches!(client(&url).offer("v=0"), Err(Error::NotWhip { .. })), "{answer}");
        server.join().unwrap();
    }
}

#[test]
fn a_session_that_is_gone_already_is_as_good_as_deleted() {
    for (answer, good) in
        [("200 OK", true), ("204 No Content", true), ("404 Not Found", true), ("401 Unauthorized", false)]
    {
        let (url, server) = serve(&[answer]);
        let session = format!("{url}/whip/lecce/s1").parse().unwrap();
        assert_eq!(client(&url).delete(&session).is_ok(), good, "{answer}");
        server.join().unwrap();
    }
}

#[test]
fn a_server_that_is_away_may_come_back() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = client(&format!("http://{free}")).offer("v=0").unwrap_err();
    assert!(error.may_pass(), "{error}");
}

#[test]
fn an_address_that_is_none_is_refused_at_once() {
    for wrong in ["", "lecce", "ftp://host/x", "http://", "/whip/lecce", "http:/host/x"] {
        assert!(matches!(Client::new(wrong, None), Err(Error::Url { .. })), "{wrong}");
    }
}

#[test]
fn locations_are_resolved_against_the_endpoint() {
    let base: Uri = "https://regia.example:8443/whip/lecce".parse().unwrap();
    let cases = [
        ("/whip/lecce/s1", "https://regia.example:8443/whip/lecce/s1"),
        ("lecce/s1?a=b", "https://regia.example:8443/whip/lecce/s1?a=b"),
        ("../s1", "https://regia.example:8443/s1"),
        ("./s1", "https://regia.example:8443/whip/s1"),
        ("//other/s1", "https://other/s1"),
        ("http://other:81/s1", "http://other:81/s1"),
    ];
    for (location, whole) in cases {
        assert_eq!(resolve(&base, location).unwrap().to_string(), whole, "{location}");
    }
}

#[test]
fn only_a_proof_tells_that_the_server_has_lost_the_session() {
    let cases = [
        ("204 No Content", None),
        ("404 Not Found", Some("does not know")),
        ("410 Gone", Some("does not know")),
        ("502 Bad Gateway", Some("behind the proxy")),
        ("401 Unauthorized", None),
        ("405 Method Not Allowed", None),
        ("412 Precondition Failed", None),
        ("500 Internal Server Error", None),
    ];
    let accepted = |url: &str| Accepted {
        answer: String::new(),
        session: format!("{url}/whip/lecce/s1").parse().unwrap(),
        etag: Some("\"e1\"".into()),
    };
    let offer = "v=0\r\na=ice-ufrag:u1\r\na=ice-pwd:p1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:u1\r\n";
    for (answer, proof) in cases {
        let (url, server) = serve(&[answer]);
        let told = client(&url).proof_of_end(&accepted(&url), offer);
        let seen = server.join().unwrap().remove(0);
        assert_eq!(told.is_some(), proof.is_some(), "{answer}: {told:?}");
        assert!(told.unwrap_or_default().contains(proof.unwrap_or_default()), "{answer}");
        assert_eq!(seen.line, "PATCH /whip/lecce/s1 HTTP/1.1");
        assert_eq!(seen.content_type.as_deref(), Some("application/trickle-ice-sdpfrag"));
        assert_eq!(seen.if_match.as_deref(), Some("\"e1\""));
        assert_eq!(seen.body, "a=ice-ufrag:u1\r\na=ice-pwd:p1\r\na=end-of-candidates\r\n");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}");
    assert!(client(&url).proof_of_end(&accepted(&url), offer).unwrap().contains("no server"));
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", deaf.local_addr().unwrap());
    assert_eq!(client(&url).proof_of_end(&accepted(&url), offer), None, "who does not answer may come back");
}
