//! Operators sign in, machines come with keys, and both lose what they had when it is taken away.

mod support;

use std::time::Duration;

use regia::secret::Password;
use regia::show::Actor;
use serde_json::{Value, json};
use support::client::{Answer, Heard, Page};
use support::server::{PASSWORD, Server};

fn code(answer: &Answer) -> (u16, String) {
    (answer.status(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// Hears a page's end.
fn closed(page: &mut Page) -> (String, u16) {
    loop {
        match page.hear_news() {
            Heard::Json(message) if message["type"] == "error" => {
                let Heard::Closed(close) = page.hear() else { panic!("an error is the last word") };
                return (message["code"].as_str().unwrap().to_owned(), close);
            }
            Heard::Json(_) => {}
            Heard::Closed(close) => panic!("closed with {close} without a word"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_signs_in_directs_and_signs_out() {
    let server = Server::start().await;
    server.add_operator("Anna", "director,sound").await;
    let answer = server.sign_in("Anna", PASSWORD);
    let who = json!({"actor": "operator:Anna", "roles": ["director", "sound"], "name": "Anna"});
    assert_eq!((answer.status(), answer.json()), (200, who.clone()));
    let set = answer.header("Set-Cookie");
    let attributes: Vec<_> = set.split("; ").skip(1).collect();
    assert_eq!(attributes, ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=604800"]);
    let cookie = ("Cookie", set.split(';').next().unwrap());

    assert_eq!(server.ask("GET", "/api/v1/session", &[cookie], b"").json(), who);
    let cut = json!({"command": {"type": "cut_to", "source": "city:roma"}});
    let cut_as = |headers: &[(&str, &str)]| {
        let headers = [headers, &[("Content-Type", "application/json")]].concat();
        server.ask("POST", "/api/v1/commands", &headers, cut.to_string().as_bytes())
    };
    assert_eq!(cut_as(&[cookie, ("Origin", &server.url)]).status(), 200);
    assert!(server.ask("GET", "/api/v1/show", &[cookie], b"").json()["show"]["preview"].is_object());
    // A page of another site has not the rights of who sits before the browser.
    let foreign = ("Origin", "http://evil.example");
    assert_eq!(code(&cut_as(&[cookie, foreign])), (403, "wrong-origin".into()));
    let read = server.ask("GET", "/api/v1/show", &[cookie, foreign], b"");
    assert_eq!(read.json()["show"]["preview"], Value::Null);

    let out = server.ask("DELETE", "/api/v1/session", &[cookie, ("Origin", &server.url)], b"");
    assert_eq!(out.status(), 204);
    assert!(out.header("Set-Cookie").starts_with("regia_session=; ") && out.header("Set-Cookie").contains("Max-Age=0"));
    assert_eq!(code(&cut_as(&[cookie])), (401, "no-key".into()));
    assert_eq!(server.ask("GET", "/api/v1/session", &[cookie], b"").json()["actor"], "viewer");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_is_for_tls_alone_where_people_come_by_tls() {
    let store = regia::store::Store::in_memory().unwrap();
    let server = Server::start_on(store, Some("https://regia.example.org")).await;
    server.add_operator("Anna", "director").await;
    let body = json!({"name": "Anna", "password": PASSWORD}).to_string();
    let headers = [("Content-Type", "application/json"), ("Origin", "https://regia.example.org")];
    let answer = server.ask("POST", "/api/v1/session", &headers, body.as_bytes());
    assert!(answer.header("Set-Cookie").ends_with("; Secure"), "{}", answer.header("Set-Cookie"));
    let operator = server.operator();
    let link = server.ask_json("POST", "/api/v1/cities/roma/links", ("Authorization", &operator), &Value::Null).json();
    let url = format!("https://regia.example.org/city/roma#key={}", link["token"].as_str().unwrap());
    assert_eq!(link["url"], url);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_nobody_uses_it_and_with_a_new_password() {
    let server = Server::start().await;
    let cookie = server.cookie("Anna", "director").await;
    let who = || server.ask("GET", "/api/v1/session", &[("Cookie", &*cookie)], b"").json()["actor"].clone();
    server.pass(Duration::from_secs(11 * 3600));
    assert_eq!(who(), "operator:Anna");
    server.pass(Duration::from_secs(11 * 3600));
    assert_eq!(who(), "operator:Anna", "it was used in between");
    server.pass(Duration::from_secs(13 * 3600));
    assert_eq!(who(), "viewer");

    let again = server.sign_in("Anna", PASSWORD).header("Set-Cookie");
    let (mut page, ..) = Page::hello_as(&server.url, again.split(';').next().unwrap());
    let password = Password::try_from("another long password".to_owned()).unwrap();
    server.store.people().set_password(&"Anna".parse().unwrap(), password).await.unwrap();
    assert_eq!(closed(&mut page), ("signed-out".into(), 4401));
    assert_eq!(code(&server.sign_in("Anna", PASSWORD)), (401, "wrong-password".into()));
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_passwords_is_soon_made_to_wait() {
    let server = Server::start().await;
    server.add_operator("Anna", "director").await;
    let from = |address: &str, name: &str, password: &str| {
        let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", address)];
        let body = json!({"name": name, "password": password}).to_string();
        server.ask("POST", "/api/v1/session", &headers, body.as_bytes())
    };
    for n in 0..10 {
        assert_eq!(from("203.0.113.1", &format!("guess {n}"), "wrong").status(), 401);
    }
    let refused = from("203.0.113.1", "Anna", PASSWORD);
    assert_eq!(code(&refused), (429, "too-many-attempts".into()));
    let wait: u64 = refused.header("Retry-After").parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert_eq!(from("203.0.113.2", "Anna", PASSWORD).status(), 200, "others are not held up");
    // By one name, from everywhere.
    for n in 0..30 {
        assert_eq!(from(&format!("198.51.100.{n}"), "Bruno", "wrong").status(), 401);
    }
    assert_eq!(from("198.51.100.99", "Bruno", "wrong").status(), 429);
    // Who signs in has not guessed.
    for _ in 0..20 {
        assert_eq!(from("203.0.113.3", "Anna", PASSWORD).status(), 200);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_acts_under_its_own_name_or_for_an_operator_until_its_key_is_revoked() {
    let server = Server::start().await;
    server.add_operator("Anna", "director").await;
    let operator = server.operator();
    let operator = ("Authorization", &*operator);
    let own = server.ask_json("POST", "/api/v1/keys", operator, &json!({"name": "companion", "roles": ["director"]}));
    assert_eq!((own.status(), &own.json()["name"]), (201, &json!("companion")), "{}", own.body());
    let wish = json!({"name": "stream deck", "roles": ["graphics"], "acts_for": "Anna"});
    let hers = server.ask_json("POST", "/api/v1/keys", operator, &wish);
    let bearer = |answer: &Answer| format!("Bearer {}", answer.json()["key"].as_str().unwrap());
    let (own, hers) = (bearer(&own), bearer(&hers));
    let who = |key: &str| server.ask("GET", "/api/v1/session", &[("Authorization", key)], b"");
    assert_eq!(who(&own).json(), json!({"actor": "machine:companion", "roles": ["director"], "name": "companion"}));
    assert_eq!(who(&hers).json(), json!({"actor": "operator:Anna", "roles": ["graphics"], "name": "Anna"}));

    let keys = server.ask("GET", "/api/v1/keys", &[operator], b"").json();
    let names: Vec<_> = keys["keys"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["operator", "companion", "stream deck"]);
    assert!(!keys.to_string().contains(own.trim_start_matches("Bearer ")));

    let (mut page, hello, _) = Page::hello(&server.url, Some(own.trim_start_matches("Bearer ")));
    assert_eq!(hello["actor"], "machine:companion");
    assert_eq!(server.ask("DELETE", "/api/v1/keys/companion", &[operator], b"").status(), 204);
    assert_eq!(closed(&mut page), ("wrong-key".into(), 4401));
    assert_eq!(code(&who(&own)), (401, "wrong-key".into()));
    assert_eq!(who(&hers).status(), 200);
    assert_eq!(server.ask("DELETE", "/api/v1/keys/stream%20deck", &[operator], b"").status(), 204);
    drop(page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_are_listed_without_their_passwords() {
    let server = Server::start().await;
    server.add_operator("Bruno", "sound").await;
    server.add_operator("Anna", "director,graphics").await;
    let operator = server.operator();
    let listed = server.ask("GET", "/api/v1/operators", &[("Authorization", &operator)], b"").json();
    assert_eq!(
        listed,
        json!({"operators": [
            {"name": "Anna", "roles": ["director", "graphics"], "added_us": 0},
            {"name": "Bruno", "roles": ["sound"], "added_us": 0},
        ]})
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_show_knows_who_has_a_page_open() {
    let server = Server::start().await;
    let cookie = server.cookie("Anna", "director").await;
    let present = |page: &mut Page, wanted: Value| {
        loop {
            let changes = page.next("events")["changes"].clone();
            if changes["present"] == wanted {
                return;
            }
        }
    };
    let (mut watching, ..) = Page::hello(&server.url, Some(server.operator_key.reveal()));
    present(&mut watching, json!(["machine:operator"]));
    let (first, ..) = Page::hello_as(&server.url, &cookie);
    present(&mut watching, json!(["machine:operator", "operator:Anna"]));
    let (second, ..) = Page::hello_as(&server.url, &cookie);
    drop(first);
    // Nothing happens by a second page, nor by one of two that goes: the next news are the crew's.
    let (crew, hello, _) = Page::hello(&server.url, Some(server.city_key("roma")));
    assert_eq!((&hello["actor"], &hello["name"]), (&json!("city:roma"), &json!("roma")));
    let changes = watching.next("events")["changes"].clone();
    assert_eq!((changes.get("present"), &changes["cities"][1]["crew"]), (None, &json!(true)), "{changes}");
    drop(second);
    present(&mut watching, json!(["machine:operator"]));
    drop(crew);
    let changes = watching.next("events")["changes"].clone();
    assert_eq!(changes["cities"][1]["crew"], json!(false), "{changes}");
    let view = server.director.view();
    assert_eq!(view.present, Some(vec![Actor::Machine("operator".parse().unwrap())]));
    drop(watching);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_closes_the_pages_of_that_session_and_no_others() {
    let server = Server::start().await;
    let cookie = server.cookie("Anna", "director").await;
    let other = server.sign_in("Anna", PASSWORD).header("Set-Cookie");
    let other = other.split(';').next().unwrap();
    let (mut page, ..) = Page::hello_as(&server.url, &cookie);
    let (mut stays, ..) = Page::hello_as(&server.url, other);
    server.ask("DELETE", "/api/v1/session", &[("Cookie", &*cookie)], b"");
    assert_eq!(closed(&mut page), ("signed-out".into(), 4401));
    stays.next("beat");
    stays.next("beat");
    let (_watches, hello, _) = Page::hello_as(&server.url, &cookie);
    assert_eq!(hello["actor"], "viewer", "a browser whose session is over may watch, and sign in again");
    assert_eq!(
        Page::connect_with(&server.url, &[("cookie", other), ("origin", "http://evil.example")]).err(),
        Some(403)
    );
    drop((page, stays));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_commands_belong_to_who_gave_them() {
    let server = Server::start().await;
    let cookie = server.cookie("Anna", "director").await;
    let mute = json!({"id": "1", "command": {"type": "set_title", "title": "Una sera"}});
    let another = json!({"id": "1", "command": {"type": "set_title", "title": "Un'altra sera"}});
    assert_eq!(server.post_command(&mute).status(), 200);
    assert_eq!(server.ask_json("POST", "/api/v1/commands", ("Cookie", &cookie), &another).status(), 200);
    assert_eq!(code(&server.post_command(&another)), (422, "id-reused".into()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_press_is_answered_and_changes_nothing() {
    let server = Server::start().await;
    server.post_command(&json!({"command": {"type": "set_settings", "settings": {
        "double_press_ms": 1000, "lease": {"after_s": 30, "then": {"kind": "hold"}}
    }}}));
    let cut = json!({"command": {"type": "cut"}});
    let (first, second) = (server.post_command(&cut).json(), server.post_command(&cut).json());
    assert_eq!(first.get("double_press"), None);
    assert_eq!((&second["double_press"], &second["events"]), (&json!(true), &json!([])));
    assert_eq!(first["revision"], second["revision"]);
    server.stop().await;
}
