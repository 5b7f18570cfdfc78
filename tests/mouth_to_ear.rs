//! From one co-host's mouth to another's ear through the whole house: each word is heard once, and soon.

mod support;

use regia::show::{CityState, Command};
use support::caller::Caller;
use support::evening::Evening;
use support::viewer::Pool;
use support::voice::{self, Talker};

/// What a busy machine may add to the 150 ms of the budget, which `make bench` holds it to.
const NOISE_MS: f64 = 60.0;

#[tokio::test(flavor = "multi_thread")]
async fn what_one_cohost_says_another_hears_once_and_within_a_moment() {
    let evening = Evening::start().await;
    let pool = Pool::start();
    let (anna, bruno) = (evening.invite("anna").await, evening.invite("bruno").await);
    let talker = Talker::start(Caller::call(&evening.url, "anna", anna.reveal()));
    evening
        .until("she is heard", |view| {
            let cohosts = view.cohosts.as_ref().unwrap();
            cohosts.iter().any(|cohost| cohost.id.as_str() == "anna" && matches!(cohost.state, CityState::Live { .. }))
        })
        .await;
    evening.command(Command::PutOnAir { cohost: "anna".parse().unwrap() }).await;
    let mut ear = evening.record_with("call-bruno", bruno.reveal(), &pool);
    let mut herself = evening.record_with("call-anna", anna.reveal(), &pool);
    let seconds = |count: usize| {
        move |packets: &[support::viewer::Received]| {
            packets.iter().filter(|packet| packet.kind == support::viewer::Kind::Audio).count() > count * 100
        }
    };
    ear.until("the mix is encoded", seconds(1));
    herself.until("her own mix is encoded", seconds(1));
    talker.burst(true);
    let so_far = ear.packets.len();
    ear.until("ten seconds", |packets| seconds(10)(&packets[so_far..]));
    talker.burst(false);
    // What was said last is still on its way.
    let so_far = ear.packets.len();
    ear.until("another second", |packets| seconds(1)(&packets[so_far..]));
    herself.until("her own mix as well", seconds(8));
    let said = tokio::task::block_in_place(|| talker.leave());
    assert!(said.len() >= 20, "{} bursts", said.len());

    let mut heard = voice::heard(&said, &ear.end());
    println!("{heard:?}");
    assert_eq!(heard.strange, 0, "none is heard twice: {heard:?}");
    // A machine that stands still for a moment may swallow a word.
    assert!(heard.missed * 10 <= said.len(), "{heard:?}");
    heard.delays_ms.sort_unstable_by(f64::total_cmp);
    let median = heard.delays_ms[heard.delays_ms.len() / 2];
    assert!(median < 150.0 + NOISE_MS, "{heard:?}");
    // What is least like a burst in her own mix is nothing but silence.
    let own = support::decode::sound(&herself.packets);
    assert!(own.samples.iter().all(|sample| sample.abs() < 0.001), "she does not hear herself");
    evening.stop().await;
}
