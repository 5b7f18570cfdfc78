//! A city that is lost becomes a slate, and comes back by itself; nobody else notices.

mod support;

use std::time::{Duration, Instant};

use regia::publish::{Card, Pattern, Picture};
use regia::show::CityState;
use support::client::ask;
use support::decode::{self, Recording, Shot, apart};
use support::evening::{Evening, city_key, colour, leave, state};
use support::offers::{self, Codecs};
use support::viewer::Pool;

/// Where a card and a slate have nothing on them, in thousandths.
const CLEAR: (usize, usize) = (60, 500);

/// Ticks of RTP from frame to frame: program at 30 fps, a city at 15.
const PROGRAM_STEP: u32 = 3000;
const CITY_STEP: u32 = 6000;

/// The publisher's thread takes an order and the valve shuts; on a busy machine that is no matter of microseconds.
const ORDER: Duration = Duration::from_millis(50);

async fn evening() -> Evening {
    Evening::with("[program]\nwidth = 320\nheight = 180\nfps = 30\n").await
}

fn shows(shot: &Shot, city: &str) -> bool {
    apart(shot.colour(CLEAR.0, CLEAR.1), colour(city)) < 40
}

fn is_slate(shot: &Shot) -> bool {
    shot.light(CLEAR.0, CLEAR.1) < 40
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_city_becomes_a_slate_and_comes_back_by_itself() {
    let evening = evening().await;
    let pool = Pool::start();
    let roma = evening.publish(evening.city("roma").format(320, 180, 15)).await;
    let milano = evening.publish(evening.city("milano").format(320, 180, 15)).await;
    evening.until_live("roma").await;
    evening.until_live("milano").await;
    evening.cut_to("roma").await;
    let [mut program, mut channel, mut other] = ["program", "roma", "milano"].map(|id| evening.record(id, &pool));
    program.until_seen("roma in program", |shot| shows(shot, "roma"));
    channel.until_seen("roma on its channel", |shot| shows(shot, "roma"));
    other.until_seen("milano on its channel", |shot| shows(shot, "milano"));

    let lost = Instant::now();
    roma.set_paused(true);
    evening.until("roma is lost", |view| matches!(state(view, "roma"), CityState::Lost { .. })).await;
    program.until_seen("the slate in program", is_slate);
    channel.until_seen("the slate on the channel", is_slate);
    roma.set_paused(false);
    evening.until_live("roma").await;
    program.until_seen("roma in program again", |shot| shows(shot, "roma"));
    channel.until_seen("roma on its channel again", |shot| shows(shot, "roma"));
    other.until("milano goes on", |packets| {
        packets.last().is_some_and(|packet| packet.arrival > Instant::now() - ORDER)
    });

    let (program, other) = (program.end(), other.end());
    decode::assert_even(&program, PROGRAM_STEP);
    decode::assert_even(&other, CITY_STEP);
    let first_slate = |packets: &[_]| {
        let shots = decode::pictures(packets);
        let live = shots.iter().position(|shot| shows(shot, "roma")).expect("roma was on");
        shots[live..].iter().find(|shot| is_slate(shot)).expect("the slate was on").timestamp
    };
    // Half a second after the city's last picture, at the next frame of program.
    let in_program = decode::instant(&program, first_slate(&program)) - lost;
    let most = Duration::from_millis(500) + Duration::from_millis(34) + ORDER;
    println!("the slate is in program after {} ms", in_program.as_millis());
    assert!(in_program <= most, "the slate came into program after {in_program:?}");
    let timestamp = first_slate(&channel.packets);
    let mut arrivals = channel.packets.iter().filter(|packet| packet.timestamp == timestamp);
    let on_channel = arrivals.next().expect("it was decoded").arrival - lost;
    println!("the slate is on the channel after {} ms", on_channel.as_millis());
    assert!(on_channel <= Duration::from_secs(1) + ORDER, "the slate came onto the channel after {on_channel:?}");
    for publisher in [roma, milano] {
        leave(publisher).await;
    }
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejoin_takes_the_seat_over_at_once_and_the_old_session_cannot_hurt_it() {
    let evening = evening().await;
    let pool = Pool::start();
    let first = evening.publish(evening.city("roma").format(320, 180, 15)).await;
    evening.until_live("roma").await;
    let mut channel = evening.record("roma", &pool);
    channel.until_seen("roma on its channel", |shot| shows(shot, "roma"));
    let old = first.session().expect("it is live");
    tokio::task::spawn_blocking(move || first.abandon()).await.unwrap();

    let begin = Instant::now();
    let green = Picture::Pattern(Pattern::Card(Card::named("genova").unwrap()));
    let again = evening.city("roma").format(320, 180, 15).with(|config| config.picture = green);
    let second = evening.publish(again).await;
    evening.until_live("roma").await;
    channel.until_seen("the new session on the channel", |shot| shows(shot, "genova"));
    // A seat that is not taken over stays for half a minute with a session that says nothing.
    println!("taken over and seen after {} ms", begin.elapsed().as_millis());
    assert!(begin.elapsed() < Duration::from_secs(15), "taken over after {:?}", begin.elapsed());

    let taken = channel.packets.len();
    let current = second.session().expect("it is live");
    assert_ne!(old, current);
    let key = |key: &str| format!("Bearer {key}");
    let (right, wrong) = (key(city_key("roma").reveal()), key(city_key("milano").reveal()));
    let delete = |session: &str, key: &str| ask("DELETE", session, &[("Authorization", key)], b"").status();
    assert_eq!(delete(&old, &right), 404, "a late farewell");
    assert_eq!(delete(&current, &wrong), 403, "another city's key");
    let offer = offers::publisher(Codecs::H264AndOpus);
    let headers = [("Content-Type", "application/sdp"), ("Authorization", wrong.as_str())];
    assert_eq!(ask("POST", &format!("{}/whip/roma", evening.url), &headers, offer.as_bytes()).status(), 403);
    goes_on(&mut channel, taken);
    let undisturbed = &channel.packets[taken..];
    decode::assert_even(undisturbed, CITY_STEP);
    assert!(decode::pictures(undisturbed).iter().all(|shot| shows(shot, "genova")));
    evening.until_live("roma").await;
    leave(second).await;
    evening.stop().await;
}

/// Records two more seconds of pictures.
fn goes_on(channel: &mut Recording, from: usize) {
    channel.until("two seconds more", |packets| {
        decode::timestamps(&packets[from..]).len() > 2 * 15 && !decode::pictures(&packets[from..]).is_empty()
    });
    channel.until_whole();
}
