//! The links of cities and co-hosts, and the codes of channels: what opens, what lives on, and what ends.

mod support;

use std::time::{Duration, Instant};

use regia::show::Command;
use regia::store::Store;
use serde_json::{Value, json};
use support::client::{Answer, DEADLINE, Heard, Page};
use support::offers::{self, Codecs};
use support::server::Server;

const SDP: (&str, &str) = ("Content-Type", "application/sdp");
const FRAGMENT: (&str, &str) = ("Content-Type", "application/trickle-ice-sdpfrag");
const JSON: (&str, &str) = ("Content-Type", "application/json");

fn code(answer: &Answer) -> (u16, String) {
    (answer.status(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// Asks as who directs.
fn direct(server: &Server, method: &str, path: &str, body: Value) -> Answer {
    server.ask_json(method, path, ("Authorization", &server.operator()), &body)
}

/// A link's id and its token as an Authorization header.
fn link(answer: &Answer) -> (i64, String) {
    assert_eq!(answer.status(), 201, "{}", answer.body());
    let told = answer.json();
    (told["id"].as_i64().unwrap(), format!("Bearer {}", told["token"].as_str().unwrap()))
}

fn publish(server: &Server, key: &str) -> Answer {
    let offer = offers::publisher(Codecs::H264AndOpus);
    server.ask("POST", "/whip/roma", &[("Authorization", key), SDP], offer.as_bytes())
}

fn who(server: &Server, key: &str) -> Answer {
    server.ask("GET", "/api/v1/session", &[("Authorization", key)], b"")
}

/// Hears two more beats of a page, whatever else comes.
fn lives(page: &mut Page) {
    for _ in 0..2 {
        loop {
            match page.hear() {
                Heard::Json(message) if message["type"] == "beat" => break,
                Heard::Json(message) => assert_ne!(message["type"], "error", "{message}"),
                Heard::Closed(close) => panic!("closed with {close}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_shown_once_and_opens_its_seat() {
    let server = Server::start().await;
    let made = direct(&server, "POST", "/api/v1/cities/roma/links", Value::Null);
    let (id, key) = link(&made);
    let token = key.trim_start_matches("Bearer ");
    assert_eq!(made.json()["url"], format!("{}/city/roma#key={token}", server.url));
    let listed = direct(&server, "GET", "/api/v1/cities/roma/links", Value::Null);
    assert!(!listed.body().contains(token), "shown once");
    let links = listed.json()["links"].as_array().unwrap().clone();
    assert_eq!(links.len(), 2, "the one of the settings, and this one");
    assert_eq!((&links[1]["id"], &links[1]["standing"]), (&json!(id), &json!("valid")));

    assert_eq!(who(&server, &key).json(), json!({"actor": "city:roma", "roles": ["city"], "name": "roma"}));
    assert_eq!(publish(&server, &key).status(), 201);
    let slate = |city: &str| json!({"command": {"type": "set_slate_text", "city": city, "text": "Arriviamo"}});
    let say = |city| server.ask_json("POST", "/api/v1/commands", ("Authorization", &key), &slate(city));
    assert_eq!(say("roma").status(), 200);
    assert_eq!(code(&say("lecce")), (403, "not-yours".into()));

    server.direct(Command::AddCohost { id: "luca".parse().unwrap(), name: "Luca".into() }).await;
    let call = direct(&server, "POST", "/api/v1/cohosts/luca/links", json!({"expires_s": 60}));
    assert!(call.json()["url"].as_str().unwrap().starts_with(&format!("{}/call/luca#key=", server.url)));
    let (_, call) = link(&call);
    assert_eq!(who(&server, &call).json(), json!({"actor": "cohost:luca", "roles": ["cohost"], "name": "Luca"}));
    server.pass(Duration::from_secs(61));
    assert_eq!(code(&who(&server, &call)), (401, "link-expired".into()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_link_opens_nothing_new_and_disturbs_nothing_that_lives() {
    let server = Server::start().await;
    let (id, old) = link(&direct(&server, "POST", "/api/v1/cities/roma/links", Value::Null));
    let opened = publish(&server, &old);
    let (session, etag) = (opened.header("Location"), opened.header("ETag"));
    let (mut page, ..) = Page::hello(&server.url, Some(old.trim_start_matches("Bearer ")));

    let (_, new) = link(&direct(&server, "POST", &format!("/api/v1/links/{id}/renew"), Value::Null));
    assert_eq!(code(&publish(&server, &old)), (401, "link-renewed".into()));
    lives(&mut page);
    // The page that lives may still speak; its session may still be changed.
    let slate = json!({"command": {"type": "set_slate_text", "city": "roma", "text": "Arriviamo"}});
    assert_eq!(server.ask_json("POST", "/api/v1/commands", ("Authorization", &old), &slate).status(), 200);
    let patch = |key: &str| {
        let headers = [("Authorization", key), FRAGMENT, ("If-Match", &etag)];
        server.ask("PATCH", &session, &headers, offers::fragment().as_bytes()).status()
    };
    assert_eq!((patch(&old), patch(&new)), (204, 204));
    // A page that loses its network comes back while its city publishes by this link.
    drop(page);
    let (page, ..) = Page::hello(&server.url, Some(old.trim_start_matches("Bearer ")));
    drop(page);
    assert_eq!(server.ask("DELETE", &session, &[("Authorization", &old)], b"").status(), 200);
    let deadline = Instant::now() + DEADLINE;
    while who(&server, &old).status() == 200 {
        assert!(Instant::now() < deadline, "with its page and its session the old link has gone");
    }
    assert_eq!(code(&who(&server, &old)), (401, "link-renewed".into()));

    assert_eq!(who(&server, &new).status(), 200);
    let again = direct(&server, "POST", &format!("/api/v1/links/{id}/renew"), Value::Null);
    assert_eq!(code(&again), (404, "unknown-link".into()), "a link is renewed once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_link_ends_what_lives_by_it_and_nothing_else() {
    let server = Server::start().await;
    let (id, key) = link(&direct(&server, "POST", "/api/v1/cities/roma/links", Value::Null));
    let session = publish(&server, &key).header("Location");
    let (mut page, ..) = Page::hello(&server.url, Some(key.trim_start_matches("Bearer ")));
    let (mut other, ..) = Page::hello(&server.url, Some(server.city_key("roma")));

    assert_eq!(direct(&server, "DELETE", &format!("/api/v1/links/{id}"), Value::Null).status(), 204);
    let seated = server.publisher("roma");
    let gone = server.ask("DELETE", &session, &[("Authorization", &seated)], b"");
    assert_eq!(code(&gone), (404, "unknown-session".into()), "the publisher's session has ended");
    for answer in [publish(&server, &key), who(&server, &key)] {
        assert_eq!(code(&answer), (401, "link-revoked".into()));
    }
    let told = loop {
        match page.hear_news() {
            Heard::Json(message) if message["type"] == "error" => break message,
            Heard::Json(_) => {}
            Heard::Closed(close) => panic!("closed with {close} without a word"),
        }
    };
    assert_eq!((&told["code"], page.hear()), (&json!("link-revoked"), Heard::Closed(4401)));
    lives(&mut other);
    assert_eq!(publish(&server, &seated).status(), 201, "the city's other link is as good as before");
    drop((page, other));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_another_program_revokes_ends_what_lives_by_it() {
    let server = Server::start().await;
    let (id, key) = link(&direct(&server, "POST", "/api/v1/cities/roma/links", Value::Null));
    let session = publish(&server, &key).header("Location");
    server.store.people().revoke_link(regia::store::LinkId(id), 1).await.unwrap();
    let seated = server.publisher("roma");
    let patch = || {
        let headers = [("Authorization", &*seated), FRAGMENT, ("If-Match", "\"another\"")];
        server.ask("PATCH", &session, &headers, offers::fragment().as_bytes()).status()
    };
    let deadline = Instant::now() + DEADLINE;
    while patch() != 404 {
        assert!(Instant::now() < deadline, "the session has not ended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_screener_touches_the_links_of_cohosts_and_of_nobody_else() {
    let server = Server::start().await;
    server.direct(Command::AddCohost { id: "luca".parse().unwrap(), name: "Luca".into() }).await;
    let screener = server.cookie("Bruno", "screener").await;
    let (city, _) = link(&direct(&server, "POST", "/api/v1/cities/roma/links", Value::Null));
    let (call, _) = link(&direct(&server, "POST", "/api/v1/cohosts/luca/links", Value::Null));
    let touch = |method: &str, path: String| server.ask(method, &path, &[("Cookie", &*screener)], b"");
    assert_eq!(code(&touch("POST", format!("/api/v1/links/{city}/renew"))), (403, "not-yours".into()));
    assert_eq!(code(&touch("DELETE", format!("/api/v1/links/{city}"))), (403, "not-yours".into()));
    assert_eq!(touch("POST", "/api/v1/cohosts/luca/links".into()).status(), 201);
    assert_eq!(touch("DELETE", format!("/api/v1/links/{call}")).status(), 204);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_worth_as_much_as_its_city() {
    let server = Server::start().await;
    let key = server.publisher("roma");
    let (mut page, ..) = Page::hello(&server.url, Some(server.city_key("roma")));
    server.direct(Command::RemoveCity { city: "roma".parse().unwrap() }).await;
    assert_eq!(code(&who(&server, &key)), (404, "unknown-city".into()));
    assert_eq!(code(&publish(&server, &key)), (404, "unknown-city".into()));
    assert_eq!(server.ask("GET", "/city/roma", &[], b"").status(), 404);
    let told = loop {
        match page.hear_news() {
            Heard::Json(message) if message["type"] == "error" => break message,
            Heard::Json(_) => {}
            Heard::Closed(close) => panic!("closed with {close} without a word"),
        }
    };
    assert_eq!((&told["code"], page.hear()), (&json!("unknown-city"), Heard::Closed(4404)));
    // Its links are its own again when it comes back.
    let city = |id: &str| id.parse().unwrap();
    let back =
        Command::AddCity { id: city("roma"), name: "Roma".into(), time_zone: "Europe/Rome".into(), position: None };
    server.direct(back).await;
    assert_eq!(who(&server, &key).json()["name"], "Roma");
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_with_a_code_opens_for_who_knows_it_and_for_who_takes_part() {
    let server = Server::start().await;
    server.direct(Command::AddCohost { id: "luca".parse().unwrap(), name: "Luca".into() }).await;
    let (_, cohost) = link(&direct(&server, "POST", "/api/v1/cohosts/luca/links", Value::Null));
    let channels = || server.ask("GET", "/api/v1/channels", &[], b"").json();
    assert_eq!(channels()["channels"][0], json!({"id": "program", "name": "Una sera", "needs_code": false}));
    for channel in ["program", "roma"] {
        let set = direct(&server, "PUT", &format!("/api/v1/channels/{channel}/code"), json!({"code": "piazza 2026"}));
        assert_eq!(set.status(), 204, "{}", set.body());
    }
    assert_eq!(channels()["channels"][2], json!({"id": "roma", "name": "roma", "needs_code": true}));

    let offer = offers::viewer(Codecs::H264AndOpus);
    let join = |channel: &str, headers: &[(&str, &str)]| {
        let answer = server.ask("POST", &format!("/whep/{channel}"), &[headers, &[SDP]].concat(), offer.as_bytes());
        if answer.status() == 201 {
            server.ask("DELETE", &answer.header("Location"), &[], b"");
        }
        code(&answer)
    };
    let (crew, lecce, operator) = (server.publisher("roma"), server.publisher("lecce"), server.operator());
    let as_who = |key: &str, channel: &str| join(channel, &[("Authorization", key)]);
    assert_eq!(join("roma", &[]), (401, "code-needed".into()));
    assert_eq!(as_who("Bearer piazza 2025", "roma"), (401, "wrong-code".into()));
    assert_eq!(as_who("Bearer piazza 2026", "roma").0, 201);
    assert_eq!([&crew, &operator].map(|key| as_who(key, "roma").0), [201, 201]);
    assert_eq!([&lecce, &cohost].map(|key| as_who(key, "roma").0), [401, 401]);
    assert_eq!([&crew, &lecce, &cohost, &operator].map(|key| as_who(key, "program").0), [201; 4]);
    let cookie = server.cookie("Anna", "graphics").await;
    assert_eq!(join("roma", &[("Cookie", &cookie), ("Origin", &server.url)]).0, 201);
    let foreign = [("Cookie", &*cookie), ("Origin", "http://evil.example")];
    assert_eq!(
        join("roma", &foreign),
        (401, "code-needed".into()),
        "another site's page has not this browser's rights"
    );

    // From a channel that is open to one that is not.
    let joined = server.ask("POST", "/whep/lecce", &[SDP], offer.as_bytes());
    let session = joined.header("Location");
    let go = |body: Value, headers: &[(&str, &str)]| {
        code(&server.ask("PATCH", &session, &[headers, &[JSON]].concat(), body.to_string().as_bytes()))
    };
    assert_eq!(go(json!({"channel": "roma"}), &[]), (401, "code-needed".into()));
    assert_eq!(go(json!({"channel": "roma", "code": "no"}), &[]), (401, "wrong-code".into()));
    assert_eq!(go(json!({"channel": "roma", "code": "piazza 2026"}), &[]).0, 204);
    assert_eq!(go(json!({"channel": "program"}), &[("Authorization", "Bearer piazza 2026")]).0, 204);
    assert_eq!(go(json!({"channel": "program"}), &[("Authorization", &operator)]).0, 204);

    assert_eq!(direct(&server, "DELETE", "/api/v1/channels/roma/code", Value::Null).status(), 204);
    assert_eq!(join("roma", &[]).0, 201);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_codes_is_soon_made_to_wait() {
    let server = Server::start().await;
    direct(&server, "PUT", "/api/v1/channels/roma/code", json!({"code": "1234"}));
    let guess = |n: u32, from: &str| {
        let (key, from) = (format!("Bearer {n}"), ("X-Forwarded-For", from));
        server.ask("POST", "/whep/roma", &[("Authorization", &key), SDP, from], b"v=0")
    };
    let refused =
        (0..100).map(|n| guess(n, "203.0.113.1")).find(|answer| answer.status() != 401).expect("it is bounded");
    assert_eq!(code(&refused), (429, "too-many-attempts".into()));
    assert_eq!(refused.header("Retry-After"), "1");
    assert_eq!(code(&guess(1234, "203.0.113.1")).0, 429, "not even the right one is answered");
    assert_eq!(code(&guess(1234, "203.0.113.2")), (400, "not-sdp".into()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_be_written_locks_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("regia.db");
    let server = Server::start_on(Store::open(&path, 0).unwrap(), None).await;
    server.add_operator("Anna", "director").await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let refused = direct(&server, "POST", "/api/v1/cities/roma/links", Value::Null);
    assert_eq!(code(&refused), (503, "store-failing".into()));
    assert!(refused.json()["message"].as_str().unwrap().contains("locked"), "{}", refused.body());
    assert_eq!(server.sign_in("Anna", support::server::PASSWORD).status(), 200);
    assert_eq!(publish(&server, &server.publisher("roma")).status(), 201);
    assert_eq!(server.post_command(&json!({"command": {"type": "cut"}})).status(), 200);

    other.execute_batch("COMMIT").unwrap();
    assert_eq!(direct(&server, "POST", "/api/v1/cities/roma/links", Value::Null).status(), 201);
    server.stop().await;
}
