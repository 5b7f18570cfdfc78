//! Commands over HTTP: what is answered, and that none runs twice.

mod support;

use serde_json::{Value, json};
use support::server::Server;

fn revision(server: &Server) -> u64 {
    server.ask("GET", "/api/v1/show", &[], b"").json()["show"]["revision"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_answered_with_what_happened() {
    let server = Server::start().await;
    let done = server.post_command(&json!({"id": "a", "command": {"type": "set_preview", "source": "city:roma"}}));
    let receipt = done.json();
    assert_eq!((done.status(), &receipt["id"]), (200, &json!("a")), "{receipt}");
    assert_eq!(receipt["revision"], revision(&server));
    // Who is first to direct has the lease.
    let preview = receipt["events"].as_array().unwrap().iter().find(|event| event["event"] == "preview_changed");
    assert_eq!(preview.unwrap()["picture"]["boxes"][0]["source"], "city:roma", "{receipt}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_sent_twice_runs_once() {
    let server = Server::start().await;
    server.post_command(&json!({"command": {"type": "set_preview", "source": "city:roma"}}));
    let cut = json!({"id": "cut-1", "command": {"type": "cut"}});
    let first = server.post_command(&cut);
    let after = revision(&server);
    let second = server.post_command(&cut);
    assert_eq!((first.status(), second.status()), (200, 200));
    assert_eq!(first.body(), second.body());
    assert_eq!(revision(&server), after, "a cut that runs twice swaps the buses back");

    let other = server.post_command(&json!({"id": "cut-1", "command": {"type": "take"}}));
    assert_eq!((other.status(), &other.json()["code"]), (422, &json!("id-reused")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_command_stays_refused_under_its_id() {
    let server = Server::start().await;
    let far = json!({"id": "x", "command": {"type": "cut_to", "source": "city:atlantis"}});
    let (first, second) = (server.post_command(&far), server.post_command(&far));
    assert_eq!((first.status(), &first.json()["code"]), (404, &json!("unknown-city")));
    assert_eq!((second.status(), second.body()), (404, first.body()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_was_made_from_an_older_show_is_refused() {
    let server = Server::start().await;
    let old = revision(&server);
    let preview = |source: &str, revision: u64| {
        server.post_command(&json!({"revision": revision, "command": {"type": "set_preview", "source": source}}))
    };
    assert_eq!(preview("city:roma", old).status(), 200);
    let stale = preview("city:lecce", old);
    assert_eq!((stale.status(), &stale.json()["code"]), (409, &json!("stale-revision")));
    assert_eq!(preview("city:lecce", revision(&server)).status(), 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_field_is_refused_by_its_name() {
    let server = Server::start().await;
    for (envelope, field) in [
        (json!({"command": {"type": "cut"}, "colour": 1}), "colour"),
        (json!({"command": {"type": "cut", "colour": 1}}), "colour"),
        (json!({"command": {"type": "set_preview", "source": "city:roma", "colour": 1}}), "colour"),
        (json!({"command": {"type": "paint"}}), "paint"),
    ] {
        let refused = server.post_command(&envelope);
        let message = refused.json()["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(refused.status(), 400, "{envelope}");
        assert!(message.contains(&format!("`{field}`")), "{envelope}: {message}");
    }
    assert_eq!(server.ask("GET", "/api/v1/show", &[], b"").json()["show"]["preview"], Value::Null);
    server.stop().await;
}
