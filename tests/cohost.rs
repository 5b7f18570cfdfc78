//! A co-host calls by WHIP: seen in a box of program and heard in it, a slate when they leave, back by themselves; a call
//! without a camera; and whom a call's link lets in.

mod support;

use regia::publish::{Publisher, State};
use regia::secret::Key;
use regia::show::{ChannelId, CityState, CohostView, Command, Source, View};
use serde_json::json;
use support::client::ask;
use support::decode::{self, Recording, Shot, apart};
use support::evening::{Evening, OPERATOR, PATIENCE, Publishing, city_key, colour, leave, until};
use support::offers::{self, Codecs};
use support::viewer::Pool;

/// The tone of the co-host's card, Genova's, and that of Roma.
const TONE_HZ: f32 = 660.0;
const ROMA_HZ: f32 = 440.0;

/// Amplitude above which a tone is heard: cards sound at a tenth of full scale.
const HEARD: f32 = 0.03;

/// Samples in which one tone is told from the other.
const WINDOW: usize = 4800;

/// Where the boxes of two beside each other have nothing written on them, in thousandths.
const LEFT: (usize, usize) = (30, 500);
const RIGHT: (usize, usize) = (530, 500);

/// An evening with somebody who may call.
async fn evening() -> (Evening, Key) {
    let evening = Evening::with("[program]\nwidth = 640\nheight = 360\nfps = 15\n").await;
    let key = evening.invite("anna").await;
    (evening, key)
}

/// The co-host's settings: Genova's card.
fn call(evening: &Evening, key: &Key) -> Publishing {
    evening.city("genova").with(|config| {
        config.url = format!("{}/whip/call-anna", evening.url);
        config.bearer = Some(key.clone());
    })
}

fn anna(view: &View) -> &CohostView {
    view.cohosts.as_ref().unwrap().iter().find(|cohost| cohost.id.as_str() == "anna").expect("she is in the show")
}

/// Program shows Roma and the co-host beside each other, and their call is on air.
async fn put_in_program(evening: &Evening) {
    evening.post(&json!({"type": "put_on_air", "cohost": "anna"}));
    let sources = ["city:roma", "cohost:anna"];
    evening.post(&json!({"type": "compose", "composition": {"layout": "side_by_side", "sources": sources}}));
    evening.post(&json!({"type": "cut"}));
}

fn is_seen(shot: &Shot) -> bool {
    apart(shot.colour(RIGHT.0, RIGHT.1), colour("genova")) < 40
}

fn is_slate(shot: &Shot) -> bool {
    shot.light(RIGHT.0, RIGHT.1) < 40
}

/// Records on until this is so of the last tenth of a second: the amplitudes of the co-host's tone and of Roma's.
fn until_heard(program: &mut Recording, what: &str, wanted: impl Fn(f32, f32) -> bool) {
    program.until(what, |packets| {
        let sound = decode::sound(packets);
        let Some(begin) = sound.samples.len().checked_sub(WINDOW) else { return false };
        wanted(sound.tone(TONE_HZ, begin, WINDOW), sound.tone(ROMA_HZ, begin, WINDOW))
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cohost_is_seen_and_heard_leaves_a_slate_and_comes_back_by_themselves() {
    let (evening, key) = evening().await;
    let pool = Pool::start();
    let roma = evening.publish(evening.city("roma")).await;
    evening.until_live("roma").await;
    assert!(matches!(anna(&evening.app.director().view()).state, CityState::Offline {}));

    let caller = evening.publish(call(&evening, &key)).await;
    evening.until("she is live", |view| matches!(anna(view).state, CityState::Live { .. }) && anna(view).picture).await;
    put_in_program(&evening).await;
    let mut program = evening.record("program", &pool);
    program.until_seen("roma and she", |shot| is_seen(shot) && apart(shot.colour(LEFT.0, LEFT.1), colour("roma")) < 40);
    until_heard(&mut program, "both are heard", |she, roma| she > HEARD && roma > HEARD);
    assert_eq!(json!(anna(&evening.app.director().view()).tally), json!("program"));
    let mut camera = evening.monitor("camera-anna", &pool);
    camera.until_seen("what she sends", |shot| apart(shot.colour(60, 500), colour("genova")) < 40);

    leave(caller).await;
    evening
        .until("she has left", |view| matches!(anna(view).state, CityState::Offline {}) && !anna(view).picture)
        .await;
    program.until_seen("her slate", is_slate);
    until_heard(&mut program, "roma alone", |she, roma| she < HEARD / 10.0 && roma > HEARD);

    let again = evening.publish(call(&evening, &key)).await;
    program.until_seen("she again", is_seen);
    until_heard(&mut program, "both again", |she, roma| she > HEARD && roma > HEARD);
    let stats = evening.app.picture_stats();
    assert_eq!((stats.skipped, stats.restarts), (0, 0), "nobody else noticed");
    for publisher in [roma, again] {
        leave(publisher).await;
    }
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_camera_is_heard_under_its_slate_and_a_camera_may_come_later() {
    let (evening, key) = evening().await;
    let pool = Pool::start();
    let voice = evening.publish(call(&evening, &key).with(|config| config.sound_only = true)).await;
    evening.until("she is live", |view| matches!(anna(view).state, CityState::Live { .. })).await;
    assert!(!anna(&evening.app.director().view()).picture);
    evening.command(Command::PutOnAir { cohost: "anna".parse().unwrap() }).await;
    evening.command(Command::CutTo { source: Source::Cohost("anna".parse().unwrap()) }).await;
    let mut program = evening.record("program", &pool);
    program.until_seen("her slate", |shot| shot.light(60, 500) < 40);
    until_heard(&mut program, "her voice", |she, _| she > HEARD);

    // The camera comes with a new session, which takes the seat over.
    let both = evening.publish(call(&evening, &key)).await;
    evening.until("there is a picture", |view| anna(view).picture).await;
    program.until_seen("her picture", |shot| apart(shot.colour(60, 500), colour("genova")) < 40);
    until_heard(&mut program, "her voice again", |she, _| she > HEARD);
    for publisher in [voice, both] {
        leave(publisher).await;
    }
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_calls_with_one_link_the_newer_has_the_seat_and_the_older_is_ended() {
    let (evening, key) = evening().await;
    let pool = Pool::start();
    let once = |publishing: Publishing| publishing.with(|config| config.retry = regia::publish::Retry::Never);
    let older = evening.publish(once(call(&evening, &key))).await;
    evening.until("she is live", |view| anna(view).picture).await;
    evening.command(Command::PutOnAir { cohost: "anna".parse().unwrap() }).await;
    evening.command(Command::CutTo { source: Source::Cohost("anna".parse().unwrap()) }).await;
    let mut program = evening.record("program", &pool);
    program.until_seen("the older one", |shot| apart(shot.colour(60, 500), colour("genova")) < 40);

    let newer = once(call(&evening, &key)).with(|config| {
        config.picture = regia::publish::Picture::Pattern("milano".parse().unwrap());
    });
    let newer = evening.publish(newer).await;
    program.until_seen("the newer one", |shot| apart(shot.colour(60, 500), colour("milano")) < 40);
    let why = ended(&older).await.expect("it did not end by itself");
    println!("the older one: {why}");
    let view = evening.app.director().view();
    assert!(matches!(anna(&view).state, CityState::Live { .. }), "the seat was never empty: {:?}", anna(&view));
    leave(older).await;
    assert!(matches!(anna(&evening.app.director().view()).state, CityState::Live { .. }), "its farewell finds nothing");
    leave(newer).await;
    evening.stop().await;
}

/// Waits until a publisher has stopped; why.
async fn ended(publisher: &Publisher) -> Option<String> {
    let mut state = publisher.state();
    let stopped = state.wait_for(|state| matches!(state, State::Stopped { .. }));
    let stopped = tokio::time::timeout(PATIENCE, stopped).await.expect("it is told in time").unwrap().clone();
    let State::Stopped { why } = stopped else { unreachable!("it was waited for") };
    why
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_open_to_its_own_link_alone_and_ends_with_it() {
    let (evening, key) = evening().await;
    let other = evening.invite("bruno").await;
    let offer = offers::publisher(Codecs::H264AndOpus);
    let url = format!("{}/whip/call-anna", evening.url);
    let post = |url: &str, key: Option<&str>| {
        let key = key.map(|key| format!("Bearer {key}"));
        let headers = [("Content-Type", "application/sdp")].into_iter();
        let headers: Vec<_> = headers.chain(key.iter().map(|key| ("Authorization", &**key))).collect();
        let answer = ask("POST", url, &headers, offer.as_bytes());
        (answer.status(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let code = |status, code: &str| (status, code.to_owned());
    let roma = city_key("roma");
    assert_eq!(post(&url, None), code(401, "no-key"));
    assert_eq!(post(&url, Some("of-nobody")), code(401, "wrong-key"));
    for wrong in [roma.reveal(), other.reveal(), OPERATOR] {
        assert_eq!(post(&url, Some(wrong)), code(403, "not-yours"));
    }
    assert_eq!(post(&format!("{}/whip/call-carlo", evening.url), Some(key.reveal())), code(404, "unknown-cohost"));
    assert_eq!(post(&format!("{}/whip/call-", evening.url), Some(key.reveal())), code(404, "unknown-cohost"));
    assert_eq!(post(&format!("{}/whip/anna", evening.url), Some(key.reveal())), code(404, "unknown-city"));
    assert_eq!(post(&format!("{}/whip/roma", evening.url), Some(key.reveal())), code(403, "not-yours"));

    let caller = evening.publish(call(&evening, &key)).await;
    evening.until("she is live", |view| matches!(anna(view).state, CityState::Live { .. })).await;
    let session = caller.session().expect("it is live");
    for wrong in [&roma, &other] {
        let bearer = format!("Bearer {}", wrong.reveal());
        assert_eq!(ask("DELETE", &session, &[("Authorization", &bearer)], b"").status(), 403);
    }
    let operator = format!("Bearer {OPERATOR}");
    let links = format!("{}/api/v1/cohosts/anna/links", evening.url);
    let links = ask("GET", &links, &[("Authorization", &operator)], b"").json();
    let link = format!("{}/api/v1/links/{}", evening.url, links["links"][0]["id"]);
    assert!(ask("DELETE", &link, &[("Authorization", &operator)], b"").status() < 300);
    evening.until("she is off", |view| matches!(anna(view).state, CityState::Offline {})).await;
    assert_eq!(post(&url, Some(key.reveal())), code(401, "link-revoked"));
    leave(caller).await;
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_blocked_is_put_out_and_let_in_by_their_link_only_when_they_are_not_any_more() {
    let (evening, key) = evening().await;
    let once = |publishing: Publishing| publishing.with(|config| config.retry = regia::publish::Retry::Never);
    let caller = evening.publish(once(call(&evening, &key))).await;
    evening.until("she is live", |view| matches!(anna(view).state, CityState::Live { .. })).await;
    evening.post(&json!({"type": "block_call", "cohost": "anna"}));
    assert!(ended(&caller).await.is_some(), "her session ends");
    let bearer = format!("Bearer {}", key.reveal());
    let headers = [("Content-Type", "application/sdp"), ("Authorization", &*bearer)];
    let offer = offers::publisher(Codecs::H264AndOpus);
    let answer = ask("POST", &format!("{}/whip/call-anna", evening.url), &headers, offer.as_bytes());
    assert_eq!((answer.status(), answer.json()["code"].as_str()), (403, Some("call-blocked")), "{}", answer.body());

    evening.post(&json!({"type": "unblock_call", "cohost": "anna"}));
    let again = evening.publish(once(call(&evening, &key))).await;
    evening.until("she is live again", |view| matches!(anna(view).state, CityState::Live { .. })).await;
    for publisher in [caller, again] {
        leave(publisher).await;
    }
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cohost_goes_while_others_go_on_and_may_come_again() {
    let (evening, key) = evening().await;
    let pool = Pool::start();
    let roma = evening.publish(evening.city("roma")).await;
    evening.until_live("roma").await;
    let caller = evening.publish(call(&evening, &key).with(|config| config.retry = regia::publish::Retry::Never)).await;
    evening.until("she is live", |view| anna(view).picture).await;
    put_in_program(&evening).await;
    let mut program = evening.record("program", &pool);
    program.until_seen("she", is_seen);
    let viewer = {
        let mut camera = evening.monitor("camera-anna", &pool);
        camera.until_seen("what she sends", |shot| apart(shot.colour(60, 500), colour("genova")) < 40);
        camera
    };

    evening.command(Command::RemoveCohost { cohost: "anna".parse().unwrap() }).await;
    let camera = ChannelId::Camera("anna".parse().unwrap());
    tokio::task::block_in_place(|| until("her channel goes", || evening.app.channel(&camera).is_none()));
    assert!(ended(&caller).await.is_some(), "her session ends");
    program.until_seen("her slate, until the next picture", is_slate);
    until_heard(&mut program, "roma alone", |she, roma| she < HEARD / 10.0 && roma > HEARD);
    drop(viewer);

    evening.invite("anna").await;
    let again = evening.publish(call(&evening, &key)).await;
    program.until_seen("she, by the same link", is_seen);
    let stats = evening.app.picture_stats();
    assert_eq!((stats.skipped, stats.restarts), (0, 0));
    for publisher in [roma, caller, again] {
        leave(publisher).await;
    }
    evening.stop().await;
}
