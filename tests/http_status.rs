//! Status, code and headers of every answer that a client can provoke: one table.

mod support;

use serde_json::Value;
use support::offers::{self, Codecs};
use support::server::Server;

/// A request and what must come back.
struct Row<'a> {
    request: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Vec<u8>,
    status: u16,
    /// The `code` of the JSON body; empty if there must be none.
    code: &'a str,
    /// Headers that must be there, with a text that they must contain.
    answered: &'a [(&'a str, &'a str)],
}

const SDP: (&str, &str) = ("Content-Type", "application/sdp");
const FRAGMENT: (&str, &str) = ("Content-Type", "application/trickle-ice-sdpfrag");
const JSON: (&str, &str) = ("Content-Type", "application/json");
const WRONG: (&str, &str) = ("Authorization", "Bearer wrong-key-of-nobody");
const FOREIGN: (&str, &str) = ("Origin", "http://evil.example");
const CORS: (&str, &str) = ("Access-Control-Allow-Origin", "*");

fn row<'a>(
    request: &'a str,
    headers: &[(&'a str, &'a str)],
    body: impl Into<Vec<u8>>,
    (status, code): (u16, &'a str),
    answered: &'a [(&'a str, &'a str)],
) -> Row<'a> {
    Row { request, headers: headers.to_vec(), body: body.into(), status, code, answered }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_has_its_status_and_code() {
    let server = Server::start().await;
    let (roma, lecce, operator) = (server.publisher("roma"), server.publisher("lecce"), server.operator());
    let (roma, lecce, operator) =
        (("Authorization", &*roma), ("Authorization", &*lecce), ("Authorization", &*operator));
    let tag = ("If-Match", "\"tag\"");
    let own = ("Origin", &*server.url);
    let large = vec![b'v'; 64 * 1024 + 1];
    let vp8 = (offers::publisher(Codecs::Vp8AndG722), offers::viewer(Codecs::Vp8AndG722));
    let command = r#"{"command": {"type": "cut"}}"#;

    #[rustfmt::skip]
    let rows = [
        // WHIP, the endpoint (RFC 9725 §4.2)
        row("OPTIONS /whip/roma", &[], "", (200, ""), &[
            CORS, ("Accept-Post", "application/sdp"), ("Access-Control-Allow-Methods", "PATCH"),
            ("Access-Control-Allow-Headers", "Authorization"), ("Access-Control-Expose-Headers", "Location"),
        ]),
        row("GET /whip/roma", &[], "", (405, "method-not-allowed"), &[("Allow", "POST")]),
        row("HEAD /whip/roma", &[], "", (405, ""), &[("Allow", "POST")]),
        row("PUT /whip/roma", &[roma, SDP], "v=0", (405, "method-not-allowed"), &[("Allow", "POST")]),
        row("POST /whip/atlantis", &[roma, SDP], "v=0", (404, "unknown-city"), &[CORS]),
        row("POST /whip/Roma!", &[roma, SDP], "v=0", (404, "unknown-city"), &[]),
        row("POST /whip/%ff", &[roma, SDP], "v=0", (404, "unknown-city"), &[]),
        row("POST /whip/program", &[roma, SDP], "v=0", (404, "unknown-city"), &[]),
        row("POST /whip/roma", &[SDP], "v=0", (401, "no-key"), &[CORS, ("WWW-Authenticate", "Bearer")]),
        row("POST /whip/roma", &[WRONG, SDP], "v=0", (401, "wrong-key"), &[("WWW-Authenticate", "Bearer")]),
        row("POST /whip/roma", &[lecce, SDP], "v=0", (403, "not-yours"), &[CORS]),
        row("POST /whip/roma", &[operator, SDP], "v=0", (403, "not-yours"), &[]),
        row("POST /whip/roma", &[("Authorization", "Basic cm9tYQ=="), SDP], "v=0", (401, "no-key"), &[]),
        row("POST /whip/roma", &[("Content-Type", "text/plain")], large.clone(), (401, "no-key"), &[]),
        row("POST /whip/roma", &[roma, ("Content-Type", "text/plain")], "v=0", (415, "content-type"), &[
            CORS, ("Accept", "application/sdp"),
        ]),
        row("POST /whip/roma", &[roma], "v=0", (415, "content-type"), &[]),
        row("POST /whip/roma", &[roma, SDP], large.clone(), (413, "too-large"), &[CORS]),
        row("POST /whip/roma", &[roma, SDP], "", (400, "not-sdp"), &[]),
        row("POST /whip/roma", &[roma, SDP], "hello", (400, "not-sdp"), &[CORS]),
        row("POST /whip/roma", &[roma, SDP], vec![0xff, 0xfe], (400, "not-text"), &[]),
        row("POST /whip/roma", &[roma, SDP], vp8.0, (422, "no-usable-codec"), &[CORS]),
        // WHIP, a session that is not there
        row("OPTIONS /whip/roma/none", &[], "", (200, ""), &[CORS, ("Accept-Patch", "trickle-ice-sdpfrag")]),
        row("GET /whip/roma/none", &[], "", (405, "method-not-allowed"), &[("Allow", "DELETE")]),
        row("POST /whip/roma/none", &[roma, SDP], "v=0", (405, "method-not-allowed"), &[("Allow", "PATCH")]),
        row("DELETE /whip/roma/none", &[], "", (401, "no-key"), &[("WWW-Authenticate", "Bearer")]),
        row("DELETE /whip/roma/none", &[lecce], "", (403, "not-yours"), &[]),
        row("DELETE /whip/roma/none", &[roma], "", (404, "unknown-session"), &[CORS]),
        row("PATCH /whip/roma/none", &[tag, FRAGMENT], offers::fragment(), (401, "no-key"), &[]),
        row("PATCH /whip/roma/none", &[roma, tag, SDP], "v=0", (415, "content-type"), &[("Accept", "sdpfrag")]),
        row("PATCH /whip/roma/none", &[roma, tag, FRAGMENT], offers::fragment(), (404, "unknown-session"), &[]),
        // WHEP, the endpoint
        row("OPTIONS /whep/program", &[], "", (200, ""), &[CORS, ("Accept-Post", "application/sdp")]),
        row("HEAD /whep/program", &[], "", (200, ""), &[CORS, ("Accept-Post", "application/sdp")]),
        row("HEAD /whep/atlantis", &[], "", (404, ""), &[CORS]),
        row("GET /whep/program", &[], "", (405, "method-not-allowed"), &[("Allow", "POST")]),
        row("POST /whep/atlantis", &[SDP], "v=0", (404, "unknown-channel"), &[CORS]),
        row("POST /whep/roma", &[], "v=0", (415, "content-type"), &[("Accept", "application/sdp")]),
        row("POST /whep/roma", &[SDP], large.clone(), (413, "too-large"), &[]),
        row("POST /whep/roma", &[SDP], "hello", (400, "not-sdp"), &[CORS]),
        row("POST /whep/program", &[SDP], vp8.1, (422, "no-usable-codec"), &[]),
        // WHEP, a session that is not there
        row("OPTIONS /whep/roma/none", &[], "", (200, ""), &[CORS, ("Accept-Patch", "application/json")]),
        row("PUT /whep/roma/none", &[SDP], "v=0", (405, "method-not-allowed"), &[("Allow", "PATCH")]),
        row("DELETE /whep/roma/none", &[], "", (404, "unknown-session"), &[CORS]),
        row("DELETE /whep/atlantis/none", &[], "", (404, "unknown-channel"), &[]),
        row("PATCH /whep/roma/none", &[tag, SDP], "v=0", (415, "content-type"), &[("Accept", "application/json")]),
        row("PATCH /whep/roma/none", &[tag, FRAGMENT], offers::fragment(), (404, "unknown-session"), &[]),
        row("PATCH /whep/roma/none", &[JSON], r#"{"channel": "lecce"}"#, (404, "unknown-session"), &[]),
        row("PATCH /whep/roma/none", &[JSON], r#"{"channel": "atlantis"}"#, (404, "unknown-channel"), &[]),
        row("PATCH /whep/roma/none", &[JSON], r#"{"city": "lecce"}"#, (400, "bad-move"), &[]),
        row("PATCH /whep/roma/none", &[JSON], large.clone(), (413, "too-large"), &[]),
        // Commands
        row("GET /api/v1/commands", &[operator], "", (405, "method-not-allowed"), &[("Allow", "POST")]),
        row("POST /api/v1/commands", &[JSON], command, (401, "no-key"), &[("WWW-Authenticate", "Bearer")]),
        row("POST /api/v1/commands", &[WRONG, JSON], command, (401, "wrong-key"), &[]),
        row("POST /api/v1/commands", &[roma, JSON], command, (403, "forbidden"), &[]),
        row("POST /api/v1/commands", &[operator, JSON, FOREIGN], command, (403, "wrong-origin"), &[]),
        row("POST /api/v1/commands", &[operator, JSON, own], r#"{"command": {"type": "set_keyer", "on": false}}"#, (200, ""), &[]),
        row("POST /api/v1/commands", &[operator, JSON], r#"{"id": "", "command": {"type": "cut"}}"#, (400, "bad-id"), &[]),
        row("POST /api/v1/commands", &[operator], command, (415, "content-type"), &[("Accept", "application/json")]),
        row("POST /api/v1/commands", &[operator, JSON], large, (413, "too-large"), &[]),
        row("POST /api/v1/commands", &[operator, JSON], "{", (400, "not-json"), &[]),
        row("POST /api/v1/commands", &[operator, JSON], r#"{"command": {"type": "explode"}}"#, (400, "unknown-command"), &[]),
        row("POST /api/v1/commands", &[operator, JSON], r#"{"command": {"type": "cut", "x": 1}}"#, (400, "unknown-field"), &[]),
        row("POST /api/v1/commands", &[operator, JSON], r#"{"command": {"type": "cut_to"}}"#, (400, "bad-field"), &[]),
        row(
            "POST /api/v1/commands", &[operator, JSON],
            r#"{"command": {"type": "cut_to", "source": "city:atlantis"}}"#, (404, "unknown-city"), &[],
        ),
        row(
            "POST /api/v1/commands", &[operator, JSON],
            r#"{"command": {"type": "set_transition", "transition": {"kind": "mix", "duration_ms": 9}}}"#,
            (422, "transition-length"), &[],
        ),
        row(
            "POST /api/v1/commands", &[operator, JSON],
            r#"{"revision": 99, "command": {"type": "cut"}}"#, (409, "stale-revision"), &[],
        ),
        row("POST /api/v1/commands", &[operator, ("Content-Type", "application/JSON; charset=utf-8")], command, (200, ""), &[
            ("Content-Type", "application/json"), ("Cache-Control", "no-store"),
        ]),
        // Sessions
        row("POST /api/v1/session", &[JSON], r#"{"name": "Nobody", "password": "wrong"}"#, (401, "wrong-password"), &[]),
        row("POST /api/v1/session", &[JSON], r#"{"name": "Nobody"}"#, (400, "bad-field"), &[]),
        row("POST /api/v1/session", &[JSON], r#"{"name": "a", "password": "b", "x": 1}"#, (400, "unknown-field"), &[]),
        row("POST /api/v1/session", &[], "x", (415, "content-type"), &[("Accept", "application/json")]),
        row("POST /api/v1/session", &[JSON, FOREIGN], "{}", (403, "wrong-origin"), &[]),
        row("GET /api/v1/session", &[], "", (200, ""), &[("Cache-Control", "no-store")]),
        row("DELETE /api/v1/session", &[], "", (204, ""), &[("Set-Cookie", "Max-Age=0")]),
        // Keys and links
        row("POST /api/v1/keys", &[operator, JSON], r#"{"name": "box", "roles": ["pilot"]}"#, (422, "bad-role"), &[]),
        row("POST /api/v1/keys", &[operator, JSON], r#"{"name": " box", "roles": []}"#, (422, "bad-name"), &[]),
        row("POST /api/v1/keys", &[operator, JSON], r#"{"name": "operator", "roles": []}"#, (409, "name-taken"), &[]),
        row(
            "POST /api/v1/keys", &[operator, JSON], r#"{"name": "box", "roles": [], "acts_for": "Nobody"}"#,
            (404, "unknown-operator"), &[],
        ),
        row("DELETE /api/v1/keys/nothing", &[operator], "", (404, "unknown-key"), &[]),
        row("DELETE /api/v1/keys/%20", &[operator], "", (404, "unknown-key"), &[]),
        row("GET /api/v1/cities/atlantis/links", &[operator], "", (404, "unknown-city"), &[]),
        row("POST /api/v1/cohosts/luca/links", &[operator], "", (404, "unknown-cohost"), &[]),
        row("GET /api/v1/cohosts/luca/number", &[operator], "", (404, "unknown-cohost"), &[]),
        row("POST /api/v1/cities/roma/links", &[operator, JSON], r#"{"expires_s": 0}"#, (422, "bad-expiry"), &[]),
        row("POST /api/v1/cities/roma/links", &[operator, JSON], r#"{"expires": 9}"#, (400, "unknown-field"), &[]),
        row("POST /api/v1/links/999/renew", &[operator], "", (404, "unknown-link"), &[]),
        row("DELETE /api/v1/links/first", &[operator], "", (404, "unknown-link"), &[]),
        row("PUT /api/v1/channels/roma/code", &[operator, JSON], r#"{"code": "abc"}"#, (422, "bad-code"), &[]),
        row("PUT /api/v1/channels/atlantis/code", &[operator, JSON], "{}", (404, "unknown-channel"), &[]),
        // The show and the house
        row("GET /api/v1/show", &[], "", (200, ""), &[("Cache-Control", "no-store")]),
        row("GET /api/v1/show", &[operator], "", (200, ""), &[]),
        row("GET /api/v1/show", &[WRONG], "", (401, "wrong-key"), &[("WWW-Authenticate", "Bearer")]),
        row("GET /api/v1/live", &[], "", (426, "not-websocket"), &[("Upgrade", "websocket")]),
        row("GET /api/v1/live", &[FOREIGN], "", (426, "not-websocket"), &[]),
        row("GET /api/v1/live", &[FOREIGN, ("Cookie", "regia_session=x")], "", (403, "wrong-origin"), &[]),
        row("GET /api/v1/nothing", &[], "", (404, "nothing-here"), &[("X-Content-Type-Options", "nosniff")]),
        row("GET /whip", &[], "", (404, "nothing-here"), &[]),
        row("GET /healthz", &[], "", (200, ""), &[]),
        row("GET /metrics", &[], "", (200, ""), &[("Content-Type", "openmetrics-text")]),
        row("POST /healthz", &[], "", (405, "method-not-allowed"), &[("Allow", "GET")]),
        row("GET /nothing", &[], "", (404, ""), &[
            ("Content-Security-Policy", "default-src 'self'"), ("Referrer-Policy", "no-referrer"),
        ]),
        row("GET /assets/../../Cargo.toml", &[], "", (404, ""), &[]),
    ];

    let mut wrong = Vec::new();
    for Row { request, headers, body, status, code, answered } in rows {
        let (method, path) = request.split_once(' ').unwrap();
        let answer = server.ask(method, path, &headers, &body);
        let said = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        if (answer.status(), &*said) != (status, code) {
            wrong.push(format!(
                "{request}: {status} {code:?} expected, {} {said:?} came: {}",
                answer.status(),
                answer.body()
            ));
        }
        for (name, part) in answered {
            let value = answer.header(name);
            if !value.contains(part) {
                wrong.push(format!("{request}: {name} must contain {part:?}: {value:?}"));
            }
        }
        if !code.is_empty() && answer.json()["message"].as_str().unwrap_or_default().len() < 10 {
            wrong.push(format!("{request}: no message for people: {}", answer.body()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publishers_session_is_opened_changed_and_ended() {
    let server = Server::start().await;
    let key = server.publisher("roma");
    let key = ("Authorization", &*key);

    let opened = server.ask("POST", "/whip/roma", &[key, SDP], offers::publisher(Codecs::H264AndOpus).as_bytes());
    assert_eq!(opened.status(), 201, "{}", opened.body());
    assert_eq!(opened.header("Content-Type"), "application/sdp");
    assert!(opened.body().starts_with("v=0"), "{}", opened.body());
    let session = opened.header("Location");
    let (base, id) = session.rsplit_once('/').unwrap();
    assert_eq!(base, "/whip/roma");
    assert!(id.len() >= 32 && !session.contains('?'), "{session}");
    assert!(opened.header("Link").contains("<stun:stun.example.org:3478>; rel=\"ice-server\""));
    assert!(opened.header("Link").contains("username=\"crew\"; credential=\"secret\""));
    assert_eq!(opened.header("Access-Control-Allow-Origin"), "*");
    let etag = opened.header("ETag");
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2, "{etag}");

    let fragment = offers::fragment();
    let patch = |headers: &[(&str, &str)]| server.ask("PATCH", &session, headers, fragment.as_bytes());
    assert_eq!(patch(&[key, FRAGMENT]).status(), 428);
    assert_eq!(patch(&[key, FRAGMENT, ("If-Match", "\"another\"")]).status(), 412);
    assert_eq!(patch(&[key, FRAGMENT, ("If-Match", &etag)]).status(), 204);

    let lecce = server.publisher("lecce");
    assert_eq!(server.ask("DELETE", &session, &[("Authorization", &*lecce)], b"").status(), 403);
    let elsewhere = session.replace("roma", "lecce");
    assert_eq!(server.ask("DELETE", &elsewhere, &[("Authorization", &*lecce)], b"").status(), 404);
    assert_eq!(server.ask("DELETE", &session, &[key], b"").status(), 200);
    assert_eq!(server.ask("DELETE", &session, &[key], b"").status(), 404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewers_session_is_opened_moved_and_ended() {
    let server = Server::start().await;
    let joined = server.ask("POST", "/whep/program", &[SDP], offers::viewer(Codecs::H264AndOpus).as_bytes());
    assert_eq!(joined.status(), 201, "{}", joined.body());
    assert!(joined.body().starts_with("v=0"), "{}", joined.body());
    let session = joined.header("Location");
    assert!(session.starts_with("/whep/program/"), "{session}");
    assert!(joined.header("Accept-Patch").contains("application/json"));
    assert!(joined.header("Link").contains("stun:stun.example.org"), "{}", joined.header("Link"));
    assert!(!joined.header("Link").contains("turn:"), "strangers are given no TURN credentials");

    let etag = joined.header("ETag");
    let patch = |headers: &[(&str, &str)], body: &str| server.ask("PATCH", &session, headers, body.as_bytes()).status();
    assert_eq!(patch(&[FRAGMENT], &offers::fragment()), 428);
    assert_eq!(patch(&[FRAGMENT, ("If-Match", "\"another\"")], &offers::fragment()), 412);
    assert_eq!(patch(&[FRAGMENT, ("If-Match", &etag)], &offers::fragment()), 204);
    assert_eq!(patch(&[FRAGMENT, ("If-Match", "*")], &offers::fragment()), 422, "an ICE restart");
    assert_eq!(patch(&[FRAGMENT, ("If-Match", &etag)], "a=ice-ufrag:zzzz\r\n"), 422, "an ICE restart");
    assert_eq!(patch(&[FRAGMENT, ("If-Match", &etag)], "hello"), 400);
    assert_eq!(patch(&[JSON], r#"{"channel": "roma"}"#), 204);
    assert_eq!(patch(&[JSON], r#"{"channel": "atlantis"}"#), 404);

    assert_eq!(server.ask("DELETE", &session, &[], b"").status(), 200);
    assert_eq!(server.ask("DELETE", &session, &[], b"").status(), 404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_house_says_when_to_come_back() {
    let server = Server::start().await;
    let offer = offers::viewer(Codecs::H264AndOpus);
    let join = || server.ask("POST", "/whep/program", &[SDP], offer.as_bytes());
    for _ in 0..8 {
        assert_eq!(join().status(), 201);
    }
    let refused = join();
    assert_eq!((refused.status(), refused.json()["code"].as_str()), (503, Some("full")));
    assert!(!refused.header("Retry-After").is_empty());
    let key = format!("Bearer {}", server.operator_key.reveal());
    let console = server.ask("POST", "/whep/program", &[SDP, ("Authorization", &*key)], offer.as_bytes());
    assert_eq!(console.status(), 201, "seats are kept for who directs");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_name_every_channel_and_every_city() {
    let server = Server::start().await;
    let metrics = server.ask("GET", "/metrics", &[], b"");
    for line in [
        "regia_viewers{channel=\"program\"} 0",
        "regia_viewers{channel=\"roma\"} 0",
        "regia_seat_taken{city=\"lecce\"} 0",
        "regia_city_state{city=\"roma\",state=\"offline\"} 1",
        "regia_program_frames_total 0",
        "regia_take_seconds_count 0",
        "regia_take_seconds_bucket{le=\"0.067\"} 0",
        "regia_take_seconds_bucket{le=\"+Inf\"} 0",
        "process_cpu_seconds_total ",
        "# EOF",
    ] {
        assert!(metrics.body().contains(line), "{line} is missing in\n{}", metrics.body());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_do_not_see_what_the_operator_prepares() {
    let server = Server::start().await;
    let operator = server.operator();
    let show = |headers: &[(&str, &str)]| server.ask("GET", "/api/v1/show", headers, b"").json();
    let (all, public) = (show(&[("Authorization", &*operator)]), show(&[]));
    assert!(all["show"]["preview"].is_object(), "{all}");
    assert_eq!(public["show"]["preview"], Value::Null);
    assert_eq!(public["show"]["cities"].as_array().unwrap().len(), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_are_there_or_the_server_says_how_to_build_them() {
    let server = Server::start().await;
    assert_eq!(server.ask("GET", "/city/atlantis", &[], b"").status(), 404);
    for path in ["/", "/console", "/city/roma"] {
        let page = server.ask("GET", path, &[], b"");
        let policy = page.header("Content-Security-Policy");
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'self'"), "{policy}");
        assert!(page.header("Permissions-Policy").contains("camera=(self), microphone=(self)"), "{path}");
        if page.status() == 503 {
            assert!(page.body().contains("make page"), "{}", page.body());
            continue;
        }
        assert_eq!((page.status(), &*page.header("Cache-Control")), (200, "no-cache"), "{path}");
        assert!(page.header("Content-Type").starts_with("text/html"), "{path}");
        let known = server.ask("GET", path, &[("If-None-Match", &page.header("ETag"))], b"");
        assert_eq!((known.status(), known.body()), (304, ""), "{path}");
        let script = page.body().split(['"', '\'']).find(|word| word.starts_with("/assets/") && word.ends_with(".js"));
        let script = server.ask("GET", script.expect("a page has a script"), &[], b"");
        assert!(script.header("Content-Type").starts_with("text/javascript"), "{path}");
        assert!(script.header("Cache-Control").contains("immutable"), "{path}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_when_program_has_died() {
    let server = Server::start().await;
    assert_eq!(server.ask("GET", "/healthz", &[], b"").status(), 200);
    server.program_lives.store(false, std::sync::atomic::Ordering::Relaxed);
    let down = server.ask("GET", "/healthz", &[], b"");
    assert_eq!((down.status(), &down.json()["code"]), (503, &Value::from("program-died")));
    server.stop().await;
}
