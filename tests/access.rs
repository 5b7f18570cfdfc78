//! Who may do what: every endpoint with every role, through the real router, against one table; and so for every command.

mod support;

use std::collections::BTreeSet;

use regia::show::{
    Actor, Audience, Bus, CallKind, Caller, City, Command, CueId, CuePlan, Fader, KeyerNumber, MessageId, Mix,
    Rejection, Role, SceneId, Setup, Show, ShowTime, SoloKind, Source, Strip, StripId, TalkTo, Transition, WallTime,
};
use serde_json::{Value, json};
use support::offers::{self, Codecs};
use support::server::Server;

/// Those who ask, in the order of the columns.
const ROLES: [&str; 9] =
    ["director", "sound", "graphics", "screener", "city roma", "city lecce", "co-host", "viewer", "wrong key"];

/// Who may use each endpoint. `+`: let in, whatever becomes of the request then; `!`: 403, known but not theirs; `?`: 401,
/// nobody whom the server knows. Places in braces are filled with Roma, with the co-host Luca, and with what is not there.
const MATRIX: &[(&str, &str)] = &[
    //                                     d s g c R L h v w
    ("GET /api/v1/show", "+ + + + + + + + ?"),
    ("GET /api/v1/live", "+ + + + + + + + ?"),
    ("POST /api/v1/commands", "+ + + + + + + ? ?"),
    ("GET /api/v1/as-run", "+ + + + ! ! ! ? ?"),
    ("GET /api/v1/as-run/program.edl", "+ + + + ! ! ! ? ?"),
    ("GET /api/v1/as-run/program.otio", "+ + + + ! ! ! ? ?"),
    ("GET /api/v1/rundown", "+ + + + ! ! ! ? ?"),
    ("PUT /api/v1/rundown", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/preview/{source}", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cut", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cut/{source}", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/take", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/transition/cut", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/transition/mix/{ms}", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/scene/{id}/preview", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/scene/{id}/program", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cue/next", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cue/skip", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cue/hold", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cue/resume", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cue/{id}/set-next", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cue/{id}/acknowledge", "+ ! ! ! + + ! ? ?"),
    ("POST /api/v1/t-bar/{position}", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/black/on", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/black/off", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/black/toggle", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/keyer/{number}/on", "+ ! + ! ! ! ! ? ?"),
    ("POST /api/v1/keyer/{number}/off", "+ ! + ! ! ! ! ? ?"),
    ("POST /api/v1/keyer/{number}/toggle", "+ ! + ! ! ! ! ? ?"),
    ("POST /api/v1/keyer/on", "+ ! + ! ! ! ! ? ?"),
    ("POST /api/v1/keyer/off", "+ ! + ! ! ! ! ? ?"),
    ("POST /api/v1/keyer/toggle", "+ ! + ! ! ! ! ? ?"),
    ("POST /api/v1/strip/{strip}/mute", "+ + ! ! ! ! ! ? ?"),
    ("POST /api/v1/strip/{strip}/unmute", "+ + ! ! ! ! ! ? ?"),
    ("POST /api/v1/strip/{strip}/toggle", "+ + ! ! ! ! ! ? ?"),
    ("POST /api/v1/strip/{strip}/fader/{db}", "+ + ! ! ! ! ! ? ?"),
    ("POST /api/v1/lease/take", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/lease/ask", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/lease/release", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/undo", "+ + + + ! ! ! ? ?"),
    ("POST /api/v1/redo", "+ + + + ! ! ! ? ?"),
    ("POST /api/v1/session", "+ + + + + + + + +"),
    ("GET /api/v1/session", "+ + + + + + + + ?"),
    ("DELETE /api/v1/session", "+ + + + + + + + +"),
    ("GET /api/v1/operators", "+ ! ! ! ! ! ! ? ?"),
    ("GET /api/v1/keys", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/keys", "+ ! ! ! ! ! ! ? ?"),
    ("DELETE /api/v1/keys/{name}", "+ ! ! ! ! ! ! ? ?"),
    ("GET /api/v1/cities/{city}/links", "+ ! ! ! ! ! ! ? ?"),
    ("POST /api/v1/cities/{city}/links", "+ ! ! ! ! ! ! ? ?"),
    ("GET /api/v1/cohosts/{cohost}/links", "+ ! ! + ! ! ! ? ?"),
    ("POST /api/v1/cohosts/{cohost}/links", "+ ! ! + ! ! ! ? ?"),
    ("GET /api/v1/cohosts/{cohost}/number", "+ ! ! + ! ! ! ? ?"),
    ("POST /api/v1/links/{id}/renew", "+ ! ! + ! ! ! ? ?"),
    ("DELETE /api/v1/links/{id}", "+ ! ! + ! ! ! ? ?"),
    ("GET /api/v1/channels", "+ + + + + + + + +"),
    ("PUT /api/v1/channels/{channel}/code", "+ ! ! ! ! ! ! ? ?"),
    ("DELETE /api/v1/channels/{channel}/code", "+ ! ! ! ! ! ! ? ?"),
    ("OPTIONS /whip/{contribution}", "+ + + + + + + + +"),
    ("POST /whip/{contribution}", "! ! ! ! + ! ! ? ?"),
    ("OPTIONS /whip/{contribution}/{session}", "+ + + + + + + + +"),
    ("PATCH /whip/{contribution}/{session}", "! ! ! ! + ! ! ? ?"),
    ("DELETE /whip/{contribution}/{session}", "! ! ! ! + ! ! ? ?"),
    ("OPTIONS /whep/{channel}", "+ + + + + + + + +"),
    ("HEAD /whep/{channel}", "+ + + + + + + + +"),
    ("POST /whep/{channel}", "+ + + + + + + + +"),
    ("OPTIONS /whep/{channel}/{session}", "+ + + + + + + + +"),
    ("PATCH /whep/{channel}/{session}", "+ + + + + + + + +"),
    ("DELETE /whep/{channel}/{session}", "+ + + + + + + + +"),
    ("OPTIONS /radio.opus", "+ + + + + + + + +"),
    ("GET /radio.opus", "+ + + + + + + + +"),
    ("OPTIONS /radio.aac", "+ + + + + + + + +"),
    ("GET /radio.aac", "+ + + + + + + + +"),
    ("OPTIONS /radio.mp3", "+ + + + + + + + +"),
    ("GET /radio.mp3", "+ + + + + + + + +"),
    ("GET /healthz", "+ + + + + + + + +"),
    ("GET /metrics", "+ + + + + + + + +"),
    ("GET /api/v1/openapi.json", "+ + + + + + + + +"),
    ("GET /api", "+ + + + + + + + +"),
    ("GET /", "+ + + + + + + + +"),
    ("GET /console", "+ + + + + + + + +"),
    ("GET /city/{city}", "+ + + + + + + + +"),
    ("GET /call/{cohost}", "+ + + + + + + + +"),
];

/// The Authorization header of each role: operators by keys that act for them.
async fn everybody(server: &Server) -> [String; 9] {
    server.direct(Command::AddCohost { id: "luca".parse().unwrap(), name: "Luca".into() }).await;
    let operator = server.operator();
    let director = ("Authorization", &*operator);
    let key = |role: &str| {
        let made = server.ask_json("POST", "/api/v1/keys", director, &json!({"name": role, "roles": [role]}));
        assert_eq!(made.status(), 201, "{}", made.body());
        format!("Bearer {}", made.json()["key"].as_str().unwrap())
    };
    let cohost = server.ask_json("POST", "/api/v1/cohosts/luca/links", director, &Value::Null);
    let cohost = format!("Bearer {}", cohost.json()["token"].as_str().unwrap());
    let [director, sound, graphics, screener] = ["director", "sound", "graphics", "screener"].map(key);
    let (roma, lecce) = (server.publisher("roma"), server.publisher("lecce"));
    [director, sound, graphics, screener, roma, lecce, cohost, String::new(), "Bearer of-nobody".into()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_endpoint_is_open_to_those_of_the_table_and_closed_to_all_others() {
    let server = Server::start().await;
    let everybody = everybody(&server).await;
    let mut wrong = Vec::new();
    for (endpoint, expected) in MATRIX {
        let (method, path) = endpoint.split_once(' ').unwrap();
        let path = path
            .replace("{city}", "roma")
            .replace("{contribution}", "roma")
            .replace("{channel}", "roma")
            .replace("{cohost}", "luca")
            .replace("{session}", "none")
            .replace("{source}", "roma")
            .replace("{strip}", "roma")
            .replace("{ms}", "300")
            .replace("{position}", "0")
            .replace("{number}", "2")
            .replace("{db}", "-6.5")
            .replace("{id}", "999")
            .replace("{name}", "nothing");
        let came: Vec<_> = everybody
            .iter()
            .map(|key| {
                let headers = if key.is_empty() { vec![] } else { vec![("Authorization", &**key)] };
                let answer = server.ask(method, &path, &headers, b"");
                let (status, code) = (answer.status(), answer.json()["code"].as_str().unwrap_or_default().to_owned());
                match (status, &*code) {
                    (401, "no-key" | "wrong-key") => "?",
                    (403, "forbidden" | "not-yours") => "!",
                    (401 | 403 | 429 | 500.., _) if status != 503 => "x",
                    _ => "+",
                }
            })
            .collect();
        if came.join(" ") != *expected {
            wrong.push(format!("{endpoint}: {expected} expected, {} came", came.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", ROLES.join(", "), wrong.join("\n"));
    server.stop().await;
}

/// What a call and a talkback microphone answer to each role: who may, and who may not.
const CALLS: [(&str, &str); 6] = [
    ("POST /whip/call-luca", "! ! ! ! ! ! + ? ?"),
    ("PATCH /whip/call-luca/none", "! ! ! ! ! ! + ? ?"),
    ("DELETE /whip/call-luca/none", "! ! ! ! ! ! + ? ?"),
    ("POST /whip/talkback", "+ + + + ! ! ! ? ?"),
    ("PATCH /whip/talkback/none", "+ + + + ! ! ! ? ?"),
    ("DELETE /whip/talkback/none", "+ + + + ! ! ! ? ?"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_its_cohosts_and_a_talkback_microphone_is_an_operators() {
    let server = Server::start().await;
    let everybody = everybody(&server).await;
    for (endpoint, expected) in CALLS {
        let (method, path) = endpoint.split_once(' ').unwrap();
        let came: Vec<_> = everybody
            .iter()
            .map(|key| {
                let headers = if key.is_empty() { vec![] } else { vec![("Authorization", &**key)] };
                match server.ask(method, path, &headers, b"").status() {
                    401 => "?",
                    403 => "!",
                    500.. => "x",
                    _ => "+",
                }
            })
            .collect();
        assert_eq!(came.join(" "), expected, "{endpoint}: {}", ROLES.join(", "));
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_talkback_microphone_opens_by_session_from_own_pages_only_and_closes_with_it() {
    let server = Server::start().await;
    let (anna, bea) = (server.cookie("Anna", "sound").await, server.cookie("Bea", "director").await);
    let offer = offers::publisher(Codecs::H264AndOpus);
    let post = |cookie: &str, origin: Option<&str>| {
        let headers = [("Content-Type", "application/sdp"), ("Cookie", cookie)];
        let headers: Vec<_> = headers.into_iter().chain(origin.map(|origin| ("Origin", origin))).collect();
        server.ask("POST", "/whip/talkback", &headers, offer.as_bytes())
    };
    assert_eq!(post(&anna, Some("http://evil.example")).status(), 401, "its cookie is not looked at");
    let opened = post(&anna, Some(&server.url));
    assert_eq!(opened.status(), 201, "{}", opened.body());
    let session = opened.header("Location").to_owned();
    assert!(session.starts_with("/whip/talkback/"), "{session}");
    let end = |cookie: &str| server.ask("DELETE", &session, &[("Cookie", cookie)], b"").status();
    assert_eq!(end(&bea), 404, "another operator's microphone is another one");
    let is_open = || {
        let view = server.director.view();
        view.talkback.as_ref().unwrap().iter().any(|name| name.as_str() == "Anna")
    };
    until("the show knows", is_open);
    assert!(server.ask("DELETE", "/api/v1/session", &[("Cookie", &anna)], b"").status() < 300);
    until("it closes with the session", || !is_open());
    server.stop().await;
}

/// Waits until something is so.
fn until(what: &str, fact: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !fact() {
        assert!(std::time::Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn every_endpoint_has_its_row() {
    let endpoints: BTreeSet<_> =
        regia::http::endpoints().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect();
    let rows: BTreeSet<_> = MATRIX.iter().map(|(endpoint, _)| (*endpoint).to_owned()).collect();
    assert_eq!(rows, endpoints);
}

#[test]
fn nothing_but_the_table_makes_routes() {
    for entry in std::fs::read_dir("src/http").unwrap().chain(std::fs::read_dir("src/http/access").unwrap()) {
        let path = entry.unwrap().path();
        if path.ends_with("access/table.rs") || path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(".route("), "{}: routes belong into access/table.rs", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_changes_something_is_refused_to_pages_of_other_sites() {
    let server = Server::start().await;
    let (operator, cookie) = (server.operator(), server.cookie("Anna", "director").await);
    for endpoint in regia::http::endpoints() {
        let method = endpoint.method.as_str();
        let changes = !["GET", "HEAD", "OPTIONS"].contains(&method);
        if !changes || !endpoint.path.starts_with("/api/") {
            continue;
        }
        let path = endpoint.path.replace("{city}", "roma").replace("{channel}", "roma");
        for who in [("Authorization", &*operator), ("Cookie", &*cookie)] {
            for origin in ["http://evil.example", "null", "https://127.0.0.1"] {
                let answer = server.ask(method, &path, &[who, ("Origin", origin)], b"");
                let code = answer.json()["code"].clone();
                assert_eq!((answer.status(), code), (403, json!("wrong-origin")), "{method} {path} from {origin}");
            }
        }
    }
    server.stop().await;
}

/// Every command once, with the roles that may send it.
fn commands() -> Vec<(Command, &'static [Role])> {
    use Role::{City as Crew, Cohost, Director, Graphics, Screener, Sound};
    const AIR: &[Role] = &[Director];
    const TITLES: &[Role] = &[Director, Graphics];
    const DESK: &[Role] = &[Director, Sound];
    const CALLS: &[Role] = &[Director, Screener];
    const VOICES: &[Role] = &[Director, Sound, Screener];
    const MUTE: &[Role] = &[Director, Sound, Screener, Cohost];
    const SEAT: &[Role] = &[Director, Crew];
    const PEOPLE: &[Role] = &[Director, Sound, Graphics, Screener, Crew, Cohost];
    const STAFF: &[Role] = &[Director, Sound, Graphics, Screener];
    let roma = || "roma".parse().unwrap();
    let luca = || "luca".parse().unwrap();
    let sigla = || "sigla".parse().unwrap();
    let source = || Source::City(roma());
    let composition = || serde_json::from_value(json!({"layout": "full", "sources": ["city:roma"]})).unwrap();
    let plan = || serde_json::from_value::<CuePlan>(json!({"title": "Saluti"})).unwrap();
    let (scene, cue) = (SceneId(1), CueId(1));
    vec![
        (Command::SetPreview { source: source() }, AIR),
        (Command::Compose { composition: composition() }, AIR),
        (Command::SetTransition { transition: Transition::Cut {} }, AIR),
        (Command::Cut {}, AIR),
        (Command::CutTo { source: source() }, AIR),
        (Command::Take {}, AIR),
        (Command::SetTBar { position: 0 }, AIR),
        (Command::FadeToBlack { on: false }, AIR),
        (Command::AddScene { name: "Tutti".into(), composition: None }, AIR),
        (Command::UpdateScene { scene, name: None, composition: None }, AIR),
        (Command::DuplicateScene { scene }, AIR),
        (Command::MoveScene { scene, to: 0 }, AIR),
        (Command::RemoveScene { scene }, AIR),
        (Command::RecallScene { scene, to: Bus::Preview }, AIR),
        (Command::SetGraphic { keyer: KeyerNumber::default(), graphic: None }, TITLES),
        (Command::SetKeyer { keyer: KeyerNumber::default(), on: false }, TITLES),
        (Command::SetStrip { of: StripId::City(roma()), strip: Strip::default() }, DESK),
        (Command::SetGroup { group: 1.try_into().unwrap(), fader_db: Fader::UNITY, muted: false }, DESK),
        (Command::SetMix { mix: Mix::Program, fader_db: Fader::UNITY }, DESK),
        (Command::PlayMusic { media: sigla(), loops: false, fade_ms: 0, fader_db: None }, DESK),
        (Command::StopMusic { media: sigla(), fade_ms: 0 }, DESK),
        (Command::SetMusicLoop { media: sigla(), loops: false }, DESK),
        (Command::SetSolo { strips: vec![], kind: SoloKind::Pfl }, STAFF),
        (Command::Talk { to: TalkTo::All, on: false }, STAFF),
        (Command::AddCue { cue: plan(), before: None }, AIR),
        (Command::UpdateCue { cue, plan: plan() }, AIR),
        (Command::MoveCue { cue, to: 0 }, AIR),
        (Command::RemoveCue { cue }, AIR),
        (Command::ReplaceRundown { cues: vec![] }, AIR),
        (Command::SetNext { cue }, AIR),
        (Command::TakeNext {}, AIR),
        (Command::SkipNext {}, AIR),
        (Command::HoldRundown { held: true }, AIR),
        (Command::AcknowledgeCue { cue }, SEAT),
        (Command::AddCity { id: roma(), name: "R".into(), time_zone: "UTC".into(), position: None }, AIR),
        (Command::UpdateCity { city: roma(), name: None, time_zone: None }, AIR),
        (Command::MoveCity { city: roma(), to: 0 }, AIR),
        (Command::RemoveCity { city: roma() }, AIR),
        (Command::SetSlateText { city: roma(), text: "Buonasera".into() }, SEAT),
        (Command::AddCohost { id: luca(), name: "Luca".into() }, CALLS),
        (Command::UpdateCohost { cohost: luca(), name: "Luca".into() }, CALLS),
        (Command::MoveCohost { cohost: luca(), to: 0 }, CALLS),
        (Command::RemoveCohost { cohost: luca() }, CALLS),
        (Command::ScreenCall { cohost: luca() }, CALLS),
        (Command::NoteCall { cohost: luca(), name: None, city: None, point: None }, CALLS),
        (Command::HoldCall { cohost: luca() }, CALLS),
        (Command::QueueCall { cohost: luca(), position: None }, CALLS),
        (Command::MoveCall { cohost: luca(), to: 0 }, CALLS),
        (Command::PutOnAir { cohost: luca() }, VOICES),
        (Command::TakeOffAir { cohost: luca() }, VOICES),
        (Command::TakeNextCaller {}, VOICES),
        (Command::HangUp { cohost: luca() }, CALLS),
        (Command::BlockCall { cohost: luca() }, CALLS),
        (Command::UnblockCall { cohost: luca() }, CALLS),
        (Command::LockCalls { on: true }, CALLS),
        (Command::RefuseWithheld { on: true }, CALLS),
        (Command::SetMute { cohost: luca(), muted: true }, MUTE),
        (Command::SetCallKind { cohost: luca(), kind: CallKind::Guest }, CALLS),
        (Command::Dial { number: "+390105551242".parse().unwrap(), name: "Luca".into() }, CALLS),
        (Command::AskLease {}, AIR),
        (Command::GiveLease { to: Actor::Operator("Anna".parse().unwrap()) }, AIR),
        (Command::TakeLease { confirm: true }, AIR),
        (Command::ReleaseLease {}, AIR),
        (Command::SendMessage { to: Audience::Director, text: "Pronti".into() }, PEOPLE),
        (Command::ReadMessage { message: MessageId(1) }, PEOPLE),
        (Command::SetCanned { texts: vec![] }, AIR),
        (Command::SetTitle { title: "Sera".into() }, AIR),
        (Command::OpenEvening { title: "Sera".into() }, AIR),
        (Command::SetSettings { settings: Default::default() }, AIR),
        (Command::Undo {}, STAFF),
        (Command::Redo {}, STAFF),
    ]
}

/// Somebody with this role alone.
fn with(role: Role) -> Caller {
    match role {
        Role::City => Caller::city("roma".parse().unwrap()),
        Role::Cohost => Caller::cohost("luca".parse().unwrap()),
        Role::Viewer => Caller::viewer(),
        staff => Caller::new(Actor::Operator("Anna".parse().unwrap()), [staff]),
    }
}

#[test]
fn every_command_is_for_its_roles_and_for_no_others() {
    let city = |word: &str| City { id: word.parse().unwrap(), name: word.into(), time_zone: "Europe/Rome".into() };
    let setup = Setup { title: "Una sera".into(), cities: ["lecce", "roma"].map(city).into() };
    let show = Show::new(setup, WallTime::default(), ShowTime::default()).unwrap();
    for (command, roles) in commands() {
        for role in Role::ALL {
            let mut show = show.clone();
            let word = command.word();
            let answer = show.command(command.clone(), &with(role), ShowTime::default()).map(|drain| drain.len());
            let forbidden = matches!(answer, Err(Rejection::Forbidden { .. }));
            assert_eq!(forbidden, !roles.contains(&role), "{word} by {role}: {answer:?}");
        }
    }
}

#[test]
fn no_command_is_missing_in_the_test_of_roles() {
    // serde names all of them when it is given one that there is not.
    let error = serde_json::from_value::<Command>(json!({"type": "?"})).unwrap_err().to_string();
    let named: BTreeSet<_> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    let tested: BTreeSet<_> = commands().iter().map(|(command, _)| command.word().to_owned()).collect();
    assert_eq!(tested, named);
}

#[test]
fn cities_and_cohosts_touch_only_what_is_theirs() {
    let city = |word: &str| City { id: word.parse().unwrap(), name: word.into(), time_zone: "Europe/Rome".into() };
    let setup = Setup { title: "Una sera".into(), cities: ["lecce", "roma"].map(city).into() };
    let mut show = Show::new(setup, WallTime::default(), ShowTime::default()).unwrap();
    let mut ask = |command: &Command, role| show.command(command.clone(), &with(role), ShowTime::default()).map(drop);
    let slate = |city: &str| Command::SetSlateText { city: city.parse().unwrap(), text: "Ciao".into() };
    assert!(ask(&slate("roma"), Role::City).is_ok());
    assert!(matches!(ask(&slate("lecce"), Role::City), Err(Rejection::NotYours { .. })));
    for to in [Audience::All, Audience::Cohosts, Audience::City("lecce".parse().unwrap())] {
        let message = Command::SendMessage { to, text: "Ciao".into() };
        for role in [Role::City, Role::Cohost] {
            assert!(matches!(ask(&message, role), Err(Rejection::NotYours { .. })), "{message:?} by {role}");
        }
    }
}
