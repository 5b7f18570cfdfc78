//! Channels that are not everybody's: a city's return, a co-host's call and camera, an operator's monitor, a microphone. By POST,
//! PATCH, HEAD and in the list of channels each is there for its own people and for nobody else.

mod support;

use std::sync::Arc;
use std::time::Duration;

use regia::distribution::Outlet;
use regia::rtp::{Channel, Slate};
use regia::show::{ChannelId, Command};
use serde_json::{Value, json};
use support::server::Server;
use support::viewer::{self, Wants};

const SDP: (&str, &str) = ("Content-Type", "application/sdp");
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Those who ask, and which of [`CHANNELS`] each may select: `+`; `!` is 403, `?` 401, `0` that there is no such channel.
const WHO: [(&str, &str); 9] = [
    //           ra rt call cam mon1 mon2 tb
    ("Anna", "+ + + + + ! 0"),
    ("Bea", "+ + + + ! + 0"),
    ("machine", "+ + + + ! ! 0"),
    ("roma", "+ + ! ! ! ! 0"),
    ("lecce", "+ ! ! ! ! ! 0"),
    ("luca", "+ ! + ! ! ! 0"),
    ("carla", "+ ! ! ! ! ! 0"),
    ("viewer", "+ ? ? ? ? ? 0"),
    ("stranger", "+ ? ? ? ? ? 0"),
];

/// The channels in question, as they stand in paths.
const CHANNELS: [&str; 7] =
    ["radio", "return-roma", "call-luca", "camera-luca", "monitor-Anna", "monitor-Bea%20%2F%20B", "talkback-Anna"];

/// A server that has all of them.
async fn server() -> Server {
    let server = Server::start().await;
    for (id, name) in [("luca", "Luca"), ("carla", "Carla")] {
        server.direct(Command::AddCohost { id: id.parse().unwrap(), name: name.into() }).await;
    }
    for channel in CHANNELS {
        let id: ChannelId = channel.replace("%20", " ").replace("%2F", "/").parse().unwrap();
        server.distribution.add(Outlet { channel: Channel::new(id), slate: slate() }).unwrap();
    }
    server
}

fn slate() -> Arc<Slate> {
    Arc::new(Slate {
        pictures: vec![vec![Arc::from([0x65, 0x88, 0x84, 0x00])]],
        interval: Duration::from_millis(40),
        silence: Arc::from([0xf8, 0xff, 0xfe]),
    })
}

/// The header of each who asks.
async fn everybody(server: &Server) -> Vec<Option<(&'static str, String)>> {
    let director = server.operator();
    let link = |cohost: &str| {
        let path = format!("/api/v1/cohosts/{cohost}/links");
        let made = server.ask_json("POST", &path, ("Authorization", &director), &Value::Null);
        format!("Bearer {}", made.json()["token"].as_str().unwrap())
    };
    let by = |value: String| Some(("Authorization", value));
    vec![
        Some(("Cookie", server.cookie("Anna", "sound").await)),
        Some(("Cookie", server.cookie("Bea / B", "screener").await)),
        by(director.clone()),
        by(server.publisher("roma")),
        by(server.publisher("lecce")),
        by(link("luca")),
        by(link("carla")),
        None,
        by("Bearer of-nobody".into()),
    ]
}

fn headers<'a>(who: Option<&'a (&'static str, String)>, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    who.map(|(name, value)| (*name, value.as_str())).into_iter().chain(more.iter().copied()).collect()
}

fn sign(status: u16) -> &'static str {
    match status {
        200..300 => "+",
        401 => "?",
        403 => "!",
        404 => "0",
        _ => "x",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_channel_is_joined_moved_to_and_described_by_its_own_people_alone() {
    let server = server().await;
    for ((who, expected), header) in WHO.into_iter().zip(everybody(&server).await) {
        let header = header.as_ref();
        let join = |channel: &str| {
            let (_, offer) = viewer::offer(Wants::Both);
            server.ask("POST", &format!("/whep/{channel}"), &headers(header, &[SDP]), offer.as_bytes())
        };
        let own = join("program");
        assert_eq!(own.status(), 201, "{who}: {}", own.body());
        let (session, id) =
            (own.header("Location").to_owned(), own.header("Location").rsplit('/').next().unwrap().to_owned());
        let mut came = [const { String::new() }; 4];
        for channel in CHANNELS {
            let name = channel.replace("%20", " ").replace("%2F", "/");
            let joined = join(channel);
            if joined.status() == 201 {
                let location = joined.header("Location").to_owned();
                assert!(location.starts_with(&format!("/whep/{channel}/")), "{location}");
                assert_eq!(server.ask("DELETE", &location, &[], b"").status(), 200, "{location}");
            }
            let head = server.ask("HEAD", &format!("/whep/{channel}"), &headers(header, &[]), b"");
            let go = |path: &str, to: &str| {
                let body = json!({"channel": to}).to_string();
                server.ask("PATCH", path, &headers(header, &[JSON]), body.as_bytes()).status()
            };
            let moved = go(&session, &name);
            let below = go(&format!("/whep/{channel}/{id}"), "program");
            for (column, status) in came.iter_mut().zip([joined.status(), head.status(), moved, below]) {
                *column += sign(status);
                *column += " ";
            }
        }
        for (column, what) in came.iter().zip(["POST", "HEAD", "a move", "PATCH below"]) {
            assert_eq!(column.trim_end(), expected, "{what} by {who}: {}", CHANNELS.join(" "));
        }
        assert_eq!(server.ask("DELETE", &session, &[], b"").status(), 200);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_told_of_what_they_may_select_and_no_code_opens_the_rest() {
    let server = server().await;
    let public = ["program", "radio", "lecce", "roma"];
    let operators = ["preview", "multiview", "return-roma", "call-luca", "camera-luca"];
    for ((who, _), header) in WHO.into_iter().zip(everybody(&server).await) {
        let own: &[&str] = match who {
            "Anna" => &["monitor-Anna"],
            "Bea" => &["monitor-Bea / B"],
            "roma" => &["return-roma"],
            "luca" => &["call-luca"],
            _ => &[],
        };
        let operates = ["Anna", "Bea", "machine"].contains(&who);
        let expected: Vec<_> =
            public.iter().chain(operators.iter().filter(|_| operates)).chain(own).map(|id| json!(id)).collect();
        let told = server.ask("GET", "/api/v1/channels", &headers(header.as_ref(), &[]), b"");
        let told: Vec<_> = told.json()["channels"].as_array().unwrap().iter().map(|each| each["id"].clone()).collect();
        assert_eq!(told, expected, "{who}");
    }
    let director = server.operator();
    for channel in ["return-roma", "call-luca", "camera-luca", "monitor-Anna"] {
        let path = format!("/api/v1/channels/{channel}/code");
        let set = server.ask_json("PUT", &path, ("Authorization", &director), &json!({"code": "luna-piena"}));
        assert_eq!((set.status(), &set.json()["code"]), (422, &json!("bad-code")), "{}", set.body());
    }
    server.stop().await;
}
