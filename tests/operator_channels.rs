//! Preview and multiview: operators watch them, by session or key, and nobody else does, whatever they know.

mod support;

use regia::secret::SessionId;
use regia::show::Command;
use serde_json::{Value, json};
use support::server::Server;
use support::viewer::{self, Wants};

/// What only operators may watch.
const THEIRS: [&str; 2] = ["preview", "multiview"];

const SDP: (&str, &str) = ("Content-Type", "application/sdp");
const JSON: (&str, &str) = ("Content-Type", "application/json");

type Header = (&'static str, String);

/// Headers of operators in all ways.
async fn operators(server: &Server) -> Vec<(&'static str, Header)> {
    let director = server.operator();
    let key = |role: &str| {
        let made = server.ask_json(
            "POST",
            "/api/v1/keys",
            ("Authorization", &director),
            &json!({"name": role, "roles": [role]}),
        );
        assert_eq!(made.status(), 201, "{}", made.body());
        ("Authorization", format!("Bearer {}", made.json()["key"].as_str().unwrap()))
    };
    let mut all: Vec<_> = ["director", "sound", "graphics", "screener"].map(|role| (role, key(role))).into();
    all.push(("signed in", ("Cookie", server.cookie("Anna", "sound").await)));
    all
}

/// Headers of everybody else, and what they are answered.
async fn others(server: &Server) -> Vec<(&'static str, Option<Header>, u16)> {
    server.direct(Command::AddCohost { id: "luca".parse().unwrap(), name: "Luca".into() }).await;
    let director = server.operator();
    let link = server.ask_json("POST", "/api/v1/cohosts/luca/links", ("Authorization", &director), &Value::Null);
    let cohost = format!("Bearer {}", link.json()["token"].as_str().unwrap());
    let by = |value: String| Some(("Authorization", value));
    vec![
        ("a viewer", None, 401),
        ("a wrong key", by("Bearer of-nobody".into()), 401),
        ("an old cookie", Some(("Cookie", "regia_session=of-nobody".into())), 401),
        ("a city", by(server.publisher("roma")), 403),
        ("a co-host", by(cohost), 403),
    ]
}

fn headers<'a>(who: Option<&'a Header>, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    who.map(|(name, value)| (*name, value.as_str())).into_iter().chain(more.iter().copied()).collect()
}

/// Watches a channel; the session's path.
fn watch(server: &Server, channel: &str, who: Option<&Header>) -> Result<String, u16> {
    let (_, offer) = viewer::offer(Wants::Both);
    let answer = server.ask("POST", &format!("/whep/{channel}"), &headers(who, &[SDP]), offer.as_bytes());
    if answer.status() == 201 { Ok(answer.header("Location").to_owned()) } else { Err(answer.status()) }
}

/// Moves a viewer.
fn go(server: &Server, session: &str, to: &str, who: Option<&Header>, code: Option<&str>) -> u16 {
    let body = json!({"channel": to, "code": code}).to_string();
    server.ask("PATCH", session, &headers(who, &[JSON]), body.as_bytes()).status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_watch_them_and_move_to_them() {
    let server = Server::start().await;
    for (who, header) in operators(&server).await {
        for channel in THEIRS {
            let session = watch(&server, channel, Some(&header)).unwrap_or_else(|status| panic!("{who}: {status}"));
            assert_eq!(go(&server, &session, "program", Some(&header), None), 204, "{who}");
            assert_eq!(go(&server, &session, channel, Some(&header), None), 204, "{who}");
            assert_eq!(server.ask("DELETE", &session, &[], b"").status(), 200);
        }
    }
    let stats = server.distribution.stats();
    assert!(stats.viewers.iter().all(|(_, viewers)| *viewers == 0), "they are no audience: {stats:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_watches_them_or_moves_to_them() {
    let server = Server::start().await;
    for (who, header, refused) in others(&server).await {
        let header = header.as_ref();
        let session = watch(&server, "program", header).unwrap_or_else(|status| panic!("{who}: {status}"));
        for channel in THEIRS {
            assert_eq!(watch(&server, channel, header), Err(refused), "{who}");
            assert_eq!(go(&server, &session, channel, header, None), refused, "{who} moves");
            assert_eq!(go(&server, &session, channel, header, Some("of-nobody")), refused, "{who} moves with a code");
            // The session's own path says nothing: the channel in it does.
            let (_, id) = session.rsplit_once('/').unwrap();
            assert_eq!(go(&server, &format!("/whep/{channel}/{id}"), "program", header, None), refused, "{who}");
        }
        assert_eq!(server.ask("DELETE", &session, &[], b"").status(), 200);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_access_code_opens_them() {
    let server = Server::start().await;
    let director = server.operator();
    for channel in THEIRS {
        let path = format!("/api/v1/channels/{channel}/code");
        let set = server.ask_json("PUT", &path, ("Authorization", &director), &json!({"code": "luna-piena"}));
        assert_eq!((set.status(), &set.json()["code"]), (422, &json!("bad-code")), "{}", set.body());
        let code = ("Authorization", "Bearer luna-piena".to_owned());
        assert_eq!(watch(&server, channel, Some(&code)), Err(401));
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_operators_are_told_of_them() {
    let server = Server::start().await;
    let told = |who: Option<&Header>| {
        let answer = server.ask("GET", "/api/v1/channels", &headers(who, &[]), b"");
        assert_eq!(answer.status(), 200);
        let channels = answer.json()["channels"].as_array().unwrap().clone();
        channels.iter().map(|channel| channel["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let public = told(None);
    assert!(public.starts_with(&["program".to_owned()]) && !THEIRS.iter().any(|own| public.contains(&(*own).into())));
    for (who, header, _) in others(&server).await {
        assert_eq!(told(header.as_ref()), public, "{who}");
    }
    let all: Vec<_> = public.into_iter().chain(THEIRS.map(str::to_owned)).collect();
    for (who, header) in operators(&server).await {
        assert_eq!(told(Some(&header)), all, "{who}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_screen_goes_dark_with_the_session_or_key_that_opened_it() {
    let server = Server::start().await;
    let director = server.operator();
    let cookie = ("Cookie", server.cookie("Anna", "sound").await);
    let made = server.ask_json(
        "POST",
        "/api/v1/keys",
        ("Authorization", &director),
        &json!({"name": "wall", "roles": ["sound"]}),
    );
    let key = ("Authorization", format!("Bearer {}", made.json()["key"].as_str().unwrap()));
    let (preview, moved) =
        (watch(&server, "preview", Some(&cookie)).unwrap(), watch(&server, "roma", Some(&key)).unwrap());
    assert_eq!(go(&server, &moved, "multiview", Some(&key), None), 204);
    let public = watch(&server, "program", Some(&cookie)).unwrap();

    assert!(server.ask("DELETE", "/api/v1/session", &headers(Some(&cookie), &[]), b"").status() < 300);
    assert!(server.ask_json("DELETE", "/api/v1/keys/wall", ("Authorization", &director), &Value::Null).status() < 300);
    for session in [preview, moved] {
        let id = SessionId::from_url(session.rsplit_once('/').unwrap().1);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while server.distribution.etag(&id).await.is_ok() {
            assert!(std::time::Instant::now() < deadline, "{session} goes on");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    assert_eq!(go(&server, &public, "roma", None, None), 204, "what everybody may watch goes on");
    server.stop().await;
}
