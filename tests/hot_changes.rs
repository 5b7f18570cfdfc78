//! A city comes in mid-show, publishes, gets another name and goes again, while nobody else notices.

mod support;

use regia::secret::Key;
use regia::show::{ChannelId, CityId, Command};
use support::client::ask;
use support::decode::{self, Shot, apart};
use support::evening::{Evening, OPERATOR, colour, leave, until};
use support::offers::{self, Codecs};
use support::viewer::{self, Keep, Pool, Wants};

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
    let mut genova = evening.record("genova", &pool);
    genova.until_seen("its slate", is_slate);
    let slate = decode::pictures(&genova.packets).pop().expect("it was seen");
    let crew = link(&evening, "genova");
    let publishing = evening.city("genova").format(320, 180, 15);
    let publisher = evening.publish(publishing.with(|config| config.bearer = Some(crew.clone()))).await;
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
    let viewer = evening.watch("genova", &pool, Keep::Counts);
    tokio::task::block_in_place(|| until("it is watched", || viewer.first_packet().is_some()));
    evening.command(Command::RemoveCity { city: id.clone() }).await;
    is_there(&evening, &channel, false);
    tokio::task::block_in_place(|| until("its viewers' sessions end", || viewer.has_ended()));
    let bearer = format!("Bearer {}", crew.reveal());
    let headers = [("Content-Type", "application/sdp"), ("Authorization", &*bearer)];
    let publishing = offers::publisher(Codecs::H264AndOpus);
    let (_, joining) = viewer::offer(Wants::Both);
    for (door, offer, code) in [("whip", &publishing, "unknown-city"), ("whep", &joining, "unknown-channel")] {
        let refused = ask("POST", &format!("{}/{door}/genova", evening.url), &headers, offer.as_bytes());
        assert_eq!((refused.status(), refused.json()["code"].as_str()), (404, Some(code)), "{door}");
    }

    // The same city may come again.
    evening.command(add("Genova")).await;
    is_there(&evening, &channel, true);
    let mut again = evening.record("genova", &pool);
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

/// A link for a city's crew, made as the director makes it.
fn link(evening: &Evening, city: &str) -> Key {
    let key = format!("Bearer {OPERATOR}");
    let url = format!("{}/api/v1/cities/{city}/links", evening.url);
    let made = ask("POST", &url, &[("Authorization", &key)], b"");
    assert_eq!(made.status(), 201, "{}", made.body());
    Key::try_from(made.json()["token"].as_str().unwrap().to_owned()).unwrap()
}
