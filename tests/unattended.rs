//! A show without an operator stays on air: when the director's link dies, the rule puts the safe scene on.

mod support;

use std::time::Duration;

use regia::show::{Cause, CityState, Event, Lease, Link, Recorded, ShowTime};
use serde_json::json;
use support::client::Page;
use support::decode::{self, Shot, apart};
use support::evening::{Evening, OPERATOR, colour, leave, state};
use support::viewer::Pool;

/// Where a card has nothing on it, in thousandths.
const CLEAR: (usize, usize) = (60, 500);

/// Ticks of RTP from frame to frame.
const STEP: u32 = 6000;

/// The shortest time that the rule allows.
const AFTER: Duration = Duration::from_secs(5);

/// From the moment at which something is due to its event; a busy machine may need most of it.
const LATE: Duration = Duration::from_millis(500);

fn shows(shot: &Shot, city: &str) -> bool {
    apart(shot.colour(CLEAR.0, CLEAR.1), colour(city)) < 40
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_directors_link_dies_the_safe_scene_goes_on_air_and_no_city_notices() {
    let evening = Evening::with("[program]\nwidth = 320\nheight = 180\nfps = 15\n").await;
    let pool = Pool::start();
    let roma = evening.publish(evening.city("roma").format(320, 180, 15)).await;
    let milano = evening.publish(evening.city("milano").format(320, 180, 15)).await;
    evening.until_live("roma").await;
    evening.until_live("milano").await;
    let (page, hello, _) = Page::hello(&evening.url, Some(OPERATOR));
    assert_eq!(hello["actor"], "machine:operator");
    evening.post(&json!({"type": "add_scene", "name": "Sicura",
        "composition": {"layout": "full", "sources": ["city:milano"]}}));
    evening.post(&json!({"type": "set_settings", "settings": {"double_press_ms": 150,
        "lease": {"after_s": AFTER.as_secs(), "then": {"kind": "scene", "scene": 1}}}}));
    evening.post(&json!({"type": "take_lease"}));
    evening.post(&json!({"type": "cut_to", "source": "city:roma"}));
    let lease = |view: &regia::show::View| view.lease.as_ref().and_then(|lease| lease.lease.clone());
    evening.until("the director is linked", |view| lease(view).is_some_and(|lease| lease.link == Link::Up {})).await;
    let [mut program, mut of_roma, mut of_milano] = ["program", "roma", "milano"].map(|id| evening.record(id, &pool));
    program.until_seen("roma in program", |shot| shows(shot, "roma"));
    of_roma.until_seen("roma on its channel", |shot| shows(shot, "roma"));
    of_milano.until_seen("milano on its channel", |shot| shows(shot, "milano"));

    let mut happenings = evening.app.director().subscribe().await.unwrap().happenings;
    drop(page);
    evening
        .until("the link is lost", |view| {
            lease(view).is_some_and(|Lease { link, .. }| matches!(link, Link::Lost { .. }))
        })
        .await;
    // Somebody comes back to nothing: what is on air has to be seen, not told.
    program.until_seen("the safe scene in program", |shot| shows(shot, "milano"));
    of_roma.until("roma goes on", |packets| {
        packets.last().is_some_and(|packet| Some(packet.arrival) >= program.packets.last().map(|packet| packet.arrival))
    });

    let mut events: Vec<Recorded> = Vec::new();
    while let Ok(happened) = happenings.try_recv() {
        events.extend(happened.events.iter().cloned());
    }
    let time_of = |what: &dyn Fn(&Event) -> bool| -> Option<(ShowTime, Cause)> {
        let found = events.iter().find(|recorded| what(&recorded.event))?;
        Some((found.time, found.cause.clone()))
    };
    let lost =
        time_of(&|event| matches!(event, Event::LeaseChanged { lease: Some(Lease { link: Link::Lost { .. }, .. }) }));
    let (lost, _) = lost.expect("the link was lost");
    let (free, _) = time_of(&|event| *event == Event::LeaseChanged { lease: None }).expect("the lease is free");
    let (safe, cause) = time_of(&|event| matches!(event, Event::ProgramChanged { .. })).expect("program changed");
    println!("the safe scene came {} ms after the link was lost", safe.since(lost).as_millis());
    assert_eq!((free, cause), (safe, Cause::Time {}));
    assert!((AFTER..AFTER + LATE).contains(&safe.since(lost)), "{:?}", safe.since(lost));
    let view = evening.app.director().view();
    for city in ["roma", "milano"] {
        assert!(matches!(state(&view, city), CityState::Live { .. }));
    }

    // Whoever comes next commands at once.
    evening.post(&json!({"type": "cut_to", "source": "city:roma"}));
    program.until_seen("roma in program again", |shot| shows(shot, "roma"));
    for recording in [program.end(), of_roma.end(), of_milano.end()] {
        decode::assert_even(&recording, STEP);
    }
    for publisher in [roma, milano] {
        leave(publisher).await;
    }
    evening.stop().await;
}
