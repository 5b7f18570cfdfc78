//! A city comes in mid-show, publishes, gets another name and goes again, while nobody else notices.

mod support;

use std::net::Ipv4Addr;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use regia::contribution::Hub;
use regia::show::{ChannelId, CityId, Command};
use regia::{contribution, distribution};
use support::decode::{self, Recording, Shot, apart};
use support::evening::{Evening, colour, leave, until};
use support::offers::{self, Codecs};
use support::viewer::{self, Keep, Pool, Viewer, Wants};

/// Where a card and a slate have nothing on them, in thousandths.
const CLEAR: (usize, usize) = (60, 500);

/// Ticks of RTP from frame to frame: program at 30 fps, a city at 15.
const PROGRAM_STEP: u32 = 3000;
const CITY_STEP: u32 = 6000;

fn shows(shot: &Shot, city: &str) -> bool {
    apart(shot.colour(CLEAR.0, CLEAR.1), colour(city)) < 40
}

fn is_slate(shot: &Shot) -> bool {
    shot.light(CLEAR.0, CLEAR.1) < 40
}

/// How much of the line on which the name stands is letters.
fn letters(shot: &Shot) -> usize {
    (0..1000).step_by(5).filter(|x| (380..500).step_by(10).any(|y| shot.light(*x, y) > 120)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_comes_is_renamed_and_goes_while_nobody_else_misses_anything() {
    let evening = Evening::with("[program]\nwidth = 320\nheight = 180\nfps = 30\n").await;
    let pool = Pool::start();
    let roma = evening.publish(evening.city("roma").format(320, 180, 15)).await;
    let milano = evening.publish(evening.city("milano").format(320, 180, 15)).await;
    evening.until_live("roma").await;
    evening.until_live("milano").await;
    evening.cut_to("roma").await;
    let [mut program, mut other] = ["program", "milano"].map(|id| evening.record(id, &pool));
    program.until_seen("roma in program", |shot| shows(shot, "roma"));
    other.until_seen("milano on its channel", |shot| shows(shot, "milano"));
    let begin = *decode::timestamps(&program.packets).last().expect("it was seen");

    // It comes: with a slate at first, then with its picture.
    let id: CityId = "genova".parse().unwrap();
    let add = |name: &str| Command::AddCity {
        id: id.clone(),
        name: name.into(),
        time_zone: "Europe/Rome".into(),
        position: None,
    };
    let channel = ChannelId::City(id.clone());
    assert!(evening.app.channel(&channel).is_none());
    evening.command(add("Ge")).await;
    is_there(&evening, &channel, true);
    let mut genova = Recording::of(watch(&evening, &channel, &pool, Keep::Packets(65_536)).await);
    genova.until_seen("its slate", is_slate);
    let slate = decode::pictures(&genova.packets).pop().expect("it was seen");
    let publishing = evening.city("genova").format(320, 180, 15);
    let url = open_door(evening.app.contribution().clone()).await;
    let publisher = evening.publish(publishing.with(|config| config.url = url)).await;
    genova.until_seen("genova on its channel", |shot| shows(shot, "genova"));

    // Another name: what is live goes on, and the slate after it bears the name.
    let live = genova.packets.len();
    let name = Some("Genova per noi".into());
    evening.command(Command::UpdateCity { city: id.clone(), name, time_zone: None }).await;
    genova.until("a second of it", |packets| decode::timestamps(&packets[live..]).len() > 15);
    genova.until_whole();
    decode::assert_even(&genova.packets[live..], CITY_STEP);
    leave(publisher).await;
    genova.until_seen("its new slate", |shot| is_slate(shot) && letters(shot) > letters(&slate) * 2);

    // It goes: who watches it is told, and nobody can come any more.
    let viewer = watch(&evening, &channel, &pool, Keep::Counts).await;
    tokio::task::block_in_place(|| until("it is watched", || viewer.first_packet().is_some()));
    evening.command(Command::RemoveCity { city: id.clone() }).await;
    is_there(&evening, &channel, false);
    tokio::task::block_in_place(|| until("its viewers' sessions end", || viewer.has_ended()));
    let offer = offers::publisher(Codecs::H264AndOpus);
    assert!(matches!(evening.app.contribution().open(&id, &offer).await, Err(contribution::Error::UnknownCity(_))));
    let (_, offer) = viewer::offer(Wants::Both);
    let joined = evening.app.distribution().join(&channel, &offer).await;
    assert!(matches!(joined, Err(distribution::Error::UnknownChannel(_))), "{joined:?}");

    // The same city may come again.
    evening.command(add("Genova")).await;
    is_there(&evening, &channel, true);
    let mut again = Recording::of(watch(&evening, &channel, &pool, Keep::Packets(65_536)).await);
    again.until_seen("its slate again", is_slate);

    let (program, other) = (program.end(), other.end());
    decode::assert_even(&program, PROGRAM_STEP);
    decode::assert_even(&other, CITY_STEP);
    let since = decode::pictures(&program).into_iter().filter(|shot| shot.timestamp.wrapping_sub(begin) < 1 << 31);
    let strange: Vec<_> = since
        .filter(|shot| !shows(shot, "roma"))
        .map(|shot| (shot.timestamp.wrapping_sub(begin) / PROGRAM_STEP, shot.colour(CLEAR.0, CLEAR.1)))
        .collect();
    assert!(strange.is_empty(), "nothing but roma in program: {strange:?}");
    assert!(decode::pictures(&other).iter().all(|shot| shows(shot, "milano")), "nothing but milano on its channel");
    let stats = evening.app.picture_stats();
    assert_eq!((stats.skipped, stats.restarts), (0, 0));
    for publisher in [roma, milano] {
        leave(publisher).await;
    }
    evening.stop().await;
}

/// Waits until a channel is there, or is not.
fn is_there(evening: &Evening, channel: &ChannelId, wanted: bool) {
    tokio::task::block_in_place(|| {
        until("the channel comes or goes", || evening.app.channel(channel).is_some() == wanted);
    });
}

/// Joins a channel past the house's own door, which may know the cities of the start only.
async fn watch(evening: &Evening, channel: &ChannelId, pool: &Pool, keep: Keep) -> Viewer {
    let (invitation, offer) = viewer::offer(Wants::Both);
    let joined = evening.app.distribution().join(channel, &offer).await.unwrap();
    invitation.accept(&joined.answer, pool, keep)
}

/// A way in for a publisher that the house's own door does not know: no key is asked for. Answers its address.
async fn open_door(hub: Hub) -> String {
    let router = axum::Router::new()
        .route("/{city}", post(publish))
        .route("/{city}/{session}", delete(|| async { StatusCode::OK }))
        .with_state(hub);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/genova")
}

async fn publish(State(hub): State<Hub>, Path(city): Path<String>, offer: String) -> Response {
    match hub.open(&city.parse().unwrap(), &offer).await {
        Ok(opened) => {
            let location = format!("/{city}/{}", opened.session.as_str());
            let headers = [
                (CONTENT_TYPE, "application/sdp".to_owned()),
                (LOCATION, location),
                (ETAG, format!("\"{}\"", opened.etag)),
            ];
            (StatusCode::CREATED, headers, opened.answer).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}
