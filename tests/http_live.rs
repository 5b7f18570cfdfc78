//! The live WebSocket: who hears what, that nothing is missed, and that the end comes for everybody.

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use regia::show::{Command, Source};
use serde_json::{Value, json};
use support::client::{Heard, Page};
use support::server::Server;
use tokio_tungstenite::tungstenite::Message;

fn preview(server: &Server, source: &str) {
    let done = server.post_command(&json!({"command": {"type": "set_preview", "source": source}}));
    assert_eq!(done.status(), 200, "{}", done.body());
}

fn cut_to(server: &Server, source: &str) {
    let done = server.post_command(&json!({"command": {"type": "cut_to", "source": source}}));
    assert_eq!(done.status(), 200, "{}", done.body());
}

/// The word of each event that a message tells.
fn words(message: &Value) -> Vec<&str> {
    message["events"].as_array().unwrap().iter().map(|told| told["event"]["event"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_hears_every_event_with_what_changed() {
    let server = Server::start().await;
    preview(&server, "black");
    let cookie = server.cookie("Anna", "sound").await;
    let (mut page, hello, snapshot) = Page::hello_as(&server.url, &cookie);
    assert_eq!((&hello["actor"], &hello["name"]), (&json!("operator:Anna"), &json!("Anna")));
    assert_eq!((&hello["roles"], &hello["version"]), (&json!(["sound"]), &json!(env!("CARGO_PKG_VERSION"))));
    assert!(hello["time_us"].as_u64().unwrap() <= snapshot["time_us"].as_u64().unwrap());
    let arrived = page.next("events");
    assert_eq!(words(&arrived), ["presence_changed"]);
    assert_eq!(arrived["changes"]["present"], json!(["operator:Anna"]));
    let number = arrived["number"].as_u64().unwrap();
    assert!(number > snapshot["number"].as_u64().unwrap());

    preview(&server, "city:roma");
    cut_to(&server, "city:lecce");
    let first = page.next("events");
    assert_eq!((&first["first"], words(&first)), (&json!(number + 1), vec!["preview_changed"]));
    assert_eq!(first["events"][0]["actor"], "machine:operator");
    assert_eq!(first["changes"]["preview"]["boxes"][0]["source"], "city:roma");
    let second = page.next("events");
    assert_eq!((&second["first"], words(&second)), (&json!(number + 2), vec!["program_changed"]));
    assert_eq!(second["changes"]["program"]["boxes"][0]["source"], "city:lecce");
    assert_eq!(second["changes"].get("preview"), None, "only what changed is told");
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_hears_of_air_alone_and_its_numbers_have_no_gap() {
    let server = Server::start().await;
    preview(&server, "black");
    let (mut page, hello, snapshot) = Page::hello(&server.url, None);
    assert_eq!((&hello["actor"], &hello["roles"]), (&json!("viewer"), &json!(["viewer"])));
    assert_eq!((&hello["name"], &snapshot["show"]["preview"]), (&Value::Null, &Value::Null));
    let number = snapshot["number"].as_u64().unwrap();

    preview(&server, "city:roma");
    cut_to(&server, "city:lecce");
    let hidden = page.next("events");
    assert_eq!((&hidden["first"], words(&hidden)), (&json!(number + 1), vec![]));
    assert!(!hidden.to_string().contains("city:roma"), "{hidden}");
    let open = page.next("events");
    assert_eq!(
        (&open["first"], words(&open)),
        (&json!(hidden["number"].as_u64().unwrap() + 1), vec!["program_changed"])
    );
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_asks_gets_a_fresh_snapshot() {
    let server = Server::start().await;
    let (mut page, ..) = Page::hello(&server.url, None);
    cut_to(&server, "city:roma");
    let told = page.next("events");
    page.say(&json!({"type": "resync"}));
    let snapshot = page.next("snapshot");
    assert_eq!(snapshot["number"], told["number"]);
    assert_eq!(snapshot["show"]["program"], told["changes"]["program"]);
    cut_to(&server, "city:lecce");
    assert_eq!(page.next("events")["first"], json!(snapshot["number"].as_u64().unwrap() + 1));
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_beats_with_the_viewers_of_each_channel() {
    let server = Server::start().await;
    let (mut page, _, snapshot) = Page::hello(&server.url, None);
    let (first, began) = (page.next("beat"), Instant::now());
    assert_eq!(first["number"], snapshot["number"]);
    assert_eq!(first["viewers"], json!({"program": 0, "preview": 0, "multiview": 0, "lecce": 0, "roma": 0}));
    page.next("beat");
    assert!(began.elapsed() < Duration::from_secs(3), "a page calls a link dead after three seconds of silence");
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_told_and_closed() {
    let server = Server::start().await;
    let mut page = Page::connect(&server.url);
    page.say(&json!({"type": "hello", "key": "wrong-key-of-nobody"}));
    assert_eq!(page.next("error")["code"], "wrong-key");
    assert_eq!(page.hear(), Heard::Closed(4401));
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_understood_is_told_and_closed() {
    let server = Server::start().await;
    for first in ["hello", "[]", r#"{"type": "resync"}"#, r#"{"type": "hello", "colour": 1}"#] {
        let mut page = Page::connect(&server.url);
        page.say_raw(Message::text(first));
        assert_eq!(page.next("error")["code"], "bad-message", "{first}");
        assert_eq!(page.hear(), Heard::Closed(4400), "{first}");
    }
    let (mut page, ..) = Page::hello(&server.url, None);
    page.say_raw(Message::binary(vec![1, 2, 3]));
    assert_eq!(page.next("error")["code"], "bad-message");
    assert_eq!(page.hear(), Heard::Closed(4400));
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_says_nothing_is_closed() {
    let server = Server::start().await;
    let mut page = Page::connect(&server.url);
    assert_eq!(page.next("error")["code"], "no-hello");
    assert_eq!(page.hear(), Heard::Closed(4408));
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_told_that_the_server_ends() {
    let server = Server::start().await;
    let (mut page, ..) = Page::hello(&server.url, None);
    let stopping = server.begin_stop();
    assert_eq!(page.next("error")["code"], "stopping");
    assert_eq!(page.hear(), Heard::Closed(1001));
    drop(page);
    stopping.wait().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_lags_gets_a_fresh_snapshot_instead_of_what_it_missed() {
    // More than the sockets' buffers and the queue of calls hold together.
    const EVENTS: u64 = 40_000;
    let server = Server::start().await;
    let (mut page, _, snapshot) = Page::hello(&server.url, None);
    let start = snapshot["number"].as_u64().unwrap();
    for n in 0..EVENTS {
        let source = Source::City(["roma", "lecce"][(n % 2) as usize].parse().unwrap());
        server.direct(Command::SetPreview { source }).await;
    }

    let (mut number, mut snapshots) = (start, 0);
    while number < start + EVENTS {
        let Heard::Json(message) = page.hear_news() else { panic!("the link closed at event {number}") };
        let next = message["number"].as_u64().unwrap();
        match message["type"].as_str().unwrap() {
            "snapshot" => {
                assert!(next > number, "a snapshot is newer than what was heard before");
                snapshots += 1;
            }
            "events" => assert_eq!(message["first"], number + 1, "no event is missing between two snapshots"),
            other => panic!("{other}"),
        }
        number = next;
    }
    assert!(snapshots > 0, "the page never lagged: this test needs more events");
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stalls_cannot_hold_up_the_end() {
    let server = Server::start().await;
    let address = server.url.strip_prefix("http://").unwrap();
    let mut half_a_head = TcpStream::connect(address).unwrap();
    half_a_head.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap();
    let mut half_a_body = TcpStream::connect(address).unwrap();
    half_a_body.write_all(b"POST /whep/roma HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nv=0").unwrap();
    let _silent = TcpStream::connect(address).unwrap();
    // Answered after the three connections above were taken, since connections are taken in order.
    assert_eq!(server.ask("GET", "/healthz", &[], b"").status(), 200);
    server.stop().await;
}
