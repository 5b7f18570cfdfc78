//! How far away a co-host is, is measured on their own way to the house and told to the console; an operator who listens in
//! is nobody's distance.

mod support;

use std::time::Duration;

use regia::secret::Key;
use regia::show::{CallView, View};
use support::caller::Caller;
use support::client::ask;
use support::evening::{Evening, OPERATOR};
use support::far::{self, Far};
use support::viewer::{self, Keep, Pool, Viewer, Wants};
use support::voice::Talker;

/// How far away she is, each way.
const FAR: Duration = Duration::from_millis(40);

fn call<'a>(view: &'a View, id: &str) -> &'a CallView {
    let cohosts = view.cohosts.as_ref().expect("co-hosts are in the show");
    let cohost = cohosts.iter().find(|cohost| cohost.id.as_str() == id).expect("the co-host is in the show");
    cohost.call.as_ref().expect("there is a call")
}

/// Calls, and speaks from now on.
async fn speak(evening: &Evening, id: &str, key: &Key) -> Talker {
    let talker = Talker::start(Caller::call(&evening.url, id, key.reveal()));
    evening.until("somebody is there", |view| call(view, id).state.is_there()).await;
    talker
}

/// Listens to a call with this key, over a network of that delay.
fn listen(evening: &Evening, (id, key): (&str, &str), delay: Duration, pool: &Pool) -> (Viewer, Far) {
    let (invitation, offer) = viewer::offer(Wants::Both);
    let key = format!("Bearer {key}");
    let headers = [("Content-Type", "application/sdp"), ("Authorization", &*key)];
    let answer = ask("POST", &format!("{}/whep/call-{id}", evening.url), &headers, offer.as_bytes());
    assert_eq!(answer.status(), 201, "{}", answer.body());
    let network = Far::start(far::server_in(answer.body()), delay);
    (invitation.accept(&network.lead(answer.body()), pool, Keep::Counts), network)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_a_cohost_and_back_is_told_as_it_is() {
    let evening = Evening::start().await;
    let pool = Pool::start();
    let (anna, bruno) = (evening.invite("anna").await, evening.invite("bruno").await);
    let talkers = [speak(&evening, "anna", &anna).await, speak(&evening, "bruno", &bruno).await];

    // Whoever listens in is nobody's distance: Bruno's is known by then.
    let _operator = listen(&evening, ("anna", OPERATOR), Duration::ZERO, &pool);
    let _near = listen(&evening, ("bruno", bruno.reveal()), Duration::ZERO, &pool);
    evening.until("his distance is told", |view| call(view, "bruno").round_trip_ms.is_some()).await;
    assert_eq!(call(&evening.app.director().view(), "anna").round_trip_ms, None);

    let _far = listen(&evening, ("anna", anna.reveal()), FAR, &pool);
    evening.until("her distance is told", |view| call(view, "anna").round_trip_ms.is_some()).await;
    let view = evening.app.director().view();
    let [she, he] = ["anna", "bruno"].map(|id| call(&view, id).round_trip_ms.unwrap());
    println!("{she} ms are told of {:?}, {he} ms of a moment", FAR * 2);
    assert!((80..200).contains(&she) && he < 60, "{she} ms, {he} ms");

    tokio::task::block_in_place(|| talkers.map(Talker::leave));
    evening.until("who is gone has no distance", |view| call(view, "anna").round_trip_ms.is_none()).await;
    evening.stop().await;
}
