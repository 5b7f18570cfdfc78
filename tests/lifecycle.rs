//! Who comes and goes leaves nothing behind: threads and file descriptors end as they began.

mod support;

use std::fs;

use support::evening::{Evening, leave, until};
use support::viewer::{Keep, Kind, Pool};

const ROUNDS: usize = 50;

/// One test in this file: another one beside it would be counted with it.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_cities_and_viewers_that_join_and_leave_end_with_the_threads_and_files_they_began_with() {
    let evening = Evening::start().await;
    let pool = Pool::start();
    // The first round opens what stays open: thread pools, plugins, caches.
    round(&evening, &pool).await;
    let before = settled().await;

    let who_stays = evening.publish(evening.city("lecce")).await;
    evening.until_live("lecce").await;
    let with_one = settled().await;
    assert!(with_one.0 > before.0 && with_one.1 > before.1, "the count sees one who stays: {before:?}, {with_one:?}");
    leave(who_stays).await;

    for _ in 1..ROUNDS {
        round(&evening, &pool).await;
    }
    // Threads of a pool that idle end by themselves after a while.
    tokio::task::block_in_place(|| {
        until("threads and files are as before", || threads() <= before.0 && files() <= before.1);
    });
    evening.stop().await;
}

/// A city comes, is watched, and goes; so does its viewer.
async fn round(evening: &Evening, pool: &Pool) {
    let roma = evening.publish(evening.city("roma")).await;
    let (viewer, session) = evening.watch_as("roma", pool, Keep::Counts);
    evening.until_live("roma").await;
    tokio::task::block_in_place(|| until("the viewer receives", || viewer.tally(Kind::Video).packets > 0));
    assert_eq!(support::client::ask("DELETE", &session, &[], b"").status(), 200);
    drop(viewer);
    leave(roma).await;
    evening
        .until("roma is offline", |view| {
            matches!(support::evening::state(view, "roma"), regia::show::CityState::Offline {})
        })
        .await;
}

/// Threads and files once they no longer fall: what ends takes a moment.
async fn settled() -> (usize, usize) {
    let mut least = (threads(), files());
    let mut quiet = 0;
    while quiet < 30 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let now = (threads(), files());
        quiet = if now.0 < least.0 || now.1 < least.1 { 0 } else { quiet + 1 };
        least = (now.0.min(least.0), now.1.min(least.1));
    }
    least
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}
