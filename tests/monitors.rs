//! Preview and the multiview as an operator's browser gets them, from the whole house; at rest while nobody looks.

mod support;

use std::time::Instant;

use regia::show::{ChannelId, Command, Source};
use support::decode::{Shot, apart};
use support::evening::{Evening, colour, leave, until};
use support::viewer::Pool;

/// Where a card has nothing on it, in thousandths.
const CLEAR: (usize, usize) = (60, 500);

fn is_at(shot: &Shot, (x, y): (usize, usize), city: &str) -> bool {
    apart(shot.colour(x, y), colour(city)) < 40
}

/// Where a card's clear place comes to lie in a picture of the multiview: by the middle of that and its size.
fn inside((x, y): (usize, usize), size: usize) -> (usize, usize) {
    (x + CLEAR.0 * size / 1000 - size / 2, y + CLEAR.1 * size / 1000 - size / 2)
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_what_is_next_and_all_cities_and_nobody_else_makes_them_work() {
    let evening = Evening::start().await;
    let pool = Pool::start();
    let cities = [evening.publish(evening.city("roma")).await, evening.publish(evening.city("milano")).await];
    evening.until_live("roma").await;
    evening.until_live("milano").await;
    evening.cut_to("milano").await;
    evening.command(Command::SetPreview { source: Source::City("roma".parse().unwrap()) }).await;

    let channels = [ChannelId::Preview, ChannelId::Multiview].map(|id| evening.app.channel(&id).unwrap());
    let clock = regia::gst::EventClock::start();
    let is_live = || channels.each_ref().map(|channel| channel.is_live(clock.now()));
    assert_eq!((is_live(), channels.each_ref().map(|channel| channel.audience())), ([false; 2], [0; 2]));

    let begin = Instant::now();
    let mut preview = evening.monitor("preview", &pool);
    preview.until_seen("roma in preview", |shot| is_at(shot, CLEAR, "roma"));
    println!("preview after {:?}", begin.elapsed());
    evening.command(Command::SetPreview { source: Source::City("milano".parse().unwrap()) }).await;
    preview.until_seen("milano in preview", |shot| is_at(shot, CLEAR, "milano"));
    evening.command(Command::SetPreview { source: Source::City("roma".parse().unwrap()) }).await;

    let mut multiview = evening.monitor("multiview", &pool);
    multiview.until_seen("preview, program and the cities in the multiview", |shot| {
        // Lecce is not here: of three in a row Roma is the second, Milano the third.
        is_at(shot, inside((250, 250), 490), "roma")
            && is_at(shot, inside((750, 250), 490), "milano")
            && is_at(shot, inside((500, 750), 325), "roma")
            && is_at(shot, inside((833, 750), 325), "milano")
    });
    assert_eq!(channels.each_ref().map(|channel| channel.audience()), [1, 1]);

    drop((preview, multiview));
    until("the audience is gone", || channels.iter().all(|channel| channel.audience() == 0));
    for city in cities {
        leave(city).await;
    }
    evening.stop().await;
}
