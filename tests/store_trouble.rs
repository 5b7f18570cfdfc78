//! Trouble with the store never reaches the channels: commands go on, an alarm tells it, and it goes by itself.

mod support;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use regia::publish::Publisher;
use regia::show::{Alarm, CityId, Picture, Source, View};
use regia::store::Store;
use rusqlite::Connection;
use serde_json::json;
use support::as_run;
use support::decode::{self, Recording, Shot, apart};
use support::evening::{Evening, colour, leave};
use support::house::House;
use support::viewer::Pool;

/// Where a card has nothing on it, in thousandths.
const CLEAR: (usize, usize) = (60, 500);

/// Program and cities, and ticks of RTP from frame to frame.
const PROGRAM: &str = "[program]\nwidth = 320\nheight = 180\nfps = 15\n";
const STEP: u32 = 6000;

struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { path: folder.path().join("regia.db"), _folder: folder }
    }

    fn store(&self) -> Store {
        Store::open(&self.path, 0).unwrap()
    }

    async fn evening(&self) -> (Evening, Store) {
        let store = self.store();
        (Evening::on_store(store.clone(), PROGRAM).await, store)
    }

    /// Changes the file behind the store's back.
    fn damage(&self, sql: &str) {
        let changed = Connection::open(&self.path).unwrap().execute(sql, ()).unwrap();
        assert_eq!(changed, 1, "{sql}");
    }
}

fn shows(shot: &Shot, city: &str) -> bool {
    apart(shot.colour(CLEAR.0, CLEAR.1), colour(city)) < 40
}

fn full(city: &str) -> Picture {
    Picture::full(Source::City(city.parse::<CityId>().unwrap()))
}

fn failing(view: &View) -> Option<String> {
    view.alarms.iter().flatten().find_map(|alarm| match alarm {
        Alarm::StoreFailing { error } => Some(error.clone()),
        _ => None,
    })
}

fn recovered(view: &View) -> Option<String> {
    view.alarms.iter().flatten().find_map(|alarm| match alarm {
        Alarm::Recovered { what } => Some(what.clone()),
        _ => None,
    })
}

/// Two cities that publish, and what viewers see of program and of one of them.
struct OnAir {
    publishers: [Publisher; 2],
    program: Recording,
    channel: Recording,
    _pool: Pool,
}

async fn on_air(evening: &Evening) -> OnAir {
    let pool = Pool::start();
    let roma = evening.publish(evening.city("roma").format(320, 180, 15)).await;
    let milano = evening.publish(evening.city("milano").format(320, 180, 15)).await;
    evening.until_live("roma").await;
    evening.until_live("milano").await;
    evening.post(&json!({"type": "cut_to", "source": "city:roma"}));
    let [mut program, mut channel] = ["program", "milano"].map(|id| evening.record(id, &pool));
    program.until_seen("roma in program", |shot| shows(shot, "roma"));
    channel.until_seen("milano on its channel", |shot| shows(shot, "milano"));
    OnAir { publishers: [roma, milano], program, channel, _pool: pool }
}

impl OnAir {
    /// Nothing was missed, on program and on the city's channel.
    async fn end_even(self) {
        let Self { publishers, program, channel, _pool } = self;
        decode::assert_even(&program.end(), STEP);
        decode::assert_even(&channel.end(), STEP);
        for publisher in publishers {
            leave(publisher).await;
        }
    }
}

/// The log is whole, and leads to the show as it is.
async fn assert_all_is_written(evening: &Evening, store: &Store, path: &Path) {
    store.writer().flush(Duration::from_secs(20)).await.unwrap();
    let view = evening.app.director().view();
    as_run::assert_confirms(&as_run::log_up_to(path, view.revision), &view);
    assert_eq!(store.writer().lost(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_another_program_locks_is_told_and_everything_else_goes_on() {
    let place = Place::new();
    let (evening, store) = place.evening().await;
    let mut on_air = on_air(&evening).await;

    let other = Connection::open(&place.path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    evening.post(&json!({"type": "set_preview", "source": "city:milano"}));
    evening.until("the alarm", |view| failing(view).is_some_and(|error| error.contains("locked"))).await;
    evening.post(&json!({"type": "cut"}));
    on_air.program.until_seen("milano in program", |shot| shows(shot, "milano"));
    let seen = on_air.program.packets.len();
    on_air.program.until("three seconds more", |packets| decode::timestamps(&packets[seen..]).len() > 3 * 15);
    assert!(failing(&evening.app.director().view()).is_some(), "it is still locked");
    assert_eq!(evening.app.director().view().program, full("milano"));

    other.execute_batch("ROLLBACK").unwrap();
    evening.until("the alarm is over", |view| failing(view).is_none()).await;
    evening.post(&json!({"type": "cut"}));
    on_air.program.until_seen("roma in program", |shot| shows(shot, "roma"));
    assert_all_is_written(&evening, &store, &place.path).await;
    on_air.end_even().await;
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_everything_else_goes_on() {
    let place = Place::new();
    let (evening, store) = place.evening().await;
    let mut on_air = on_air(&evening).await;

    store.limit_pages(1).await.unwrap(); // SQLite raises it to what is in use.
    let text = "a".repeat(500);
    for _ in 0..60 {
        evening.post(&json!({"type": "send_message", "to": "all", "text": text}));
    }
    evening.until("the alarm", |view| failing(view).is_some_and(|error| error.contains("full"))).await;
    evening.post(&json!({"type": "cut_to", "source": "city:milano"}));
    on_air.program.until_seen("milano in program", |shot| shows(shot, "milano"));
    assert!(failing(&evening.app.director().view()).is_some(), "it is still full");

    store.limit_pages(1_000_000).await.unwrap();
    evening.until("the alarm is over", |view| failing(view).is_none()).await;
    assert_all_is_written(&evening, &store, &place.path).await;
    on_air.end_even().await;
    evening.stop().await;
}

/// An evening with some events, which has ended; the show as it was.
async fn last_run(place: &Place) -> View {
    let (evening, _) = place.evening().await;
    for source in ["city:roma", "city:milano", "city:lecce", "slate", "city:roma"] {
        evening.post(&json!({"type": "set_preview", "source": source}));
    }
    evening.post(&json!({"type": "cut"}));
    evening.post(&json!({"type": "add_scene", "name": "Una"}));
    let view = evening.app.director().view();
    evening.stop().await;
    as_run::assert_confirms(&as_run::log(&place.path), &view);
    (*view).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_snapshot_costs_nothing() {
    let place = Place::new();
    let before = last_run(&place).await;
    place.damage(r#"UPDATE snapshot SET body = '{"title": 1}' WHERE number = (SELECT max(number) FROM snapshot)"#);
    let (evening, _) = place.evening().await;
    let view = evening.app.director().view();
    assert_eq!((&view.program, &view.preview, &view.scenes), (&before.program, &before.preview, &before.scenes));
    assert_eq!(view.alarms.as_deref(), Some(&[][..]));
    let on_air = on_air(&evening).await;
    on_air.end_even().await;
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_event_costs_what_came_after_it_which_is_told_and_the_channels_serve() {
    let place = Place::new();
    let before = last_run(&place).await;
    // What came from the cut on is lost: the cut, and the scene.
    let log = as_run::log(&place.path);
    let cut = log.iter().find(|recorded| matches!(recorded.event, regia::show::Event::ProgramChanged { .. })).unwrap();
    place.damage(&format!("UPDATE as_run SET event = '{{\"event\": \"melted\"}}' WHERE number = {}", cut.number));
    let lost = before.revision - cut.number + 1;

    let (evening, store) = place.evening().await;
    evening.until("the alarm", |view| recovered(view).is_some()).await;
    let view = evening.app.director().view();
    let told = recovered(&view).unwrap();
    assert!(told.contains(&format!("the last {lost} events")), "{told}");
    assert_eq!((&view.program, view.preview.as_ref()), (&Picture::full(Source::Slate), Some(&full("roma"))));
    assert_eq!(view.scenes.as_deref(), Some(&[][..]));
    let on_air = on_air(&evening).await;
    on_air.end_even().await;
    store.writer().flush(Duration::from_secs(20)).await.unwrap();
    let after = evening.app.director().view();
    evening.stop().await;

    // The next start has lost nothing: this one began with a snapshot, and numbers that were never used.
    let (evening, _) = place.evening().await;
    let view = evening.app.director().view();
    assert_eq!((&view.program, &view.preview), (&after.program, &after.preview));
    assert_eq!(view.alarms.as_deref(), Some(&[][..]));
    assert!(view.revision > after.revision && after.revision > before.revision);
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_event_from_before_the_newest_snapshot_costs_no_more_than_itself() {
    let place = Place::new();
    let (evening, _) = place.evening().await;
    for source in ["city:roma", "city:milano"].iter().cycle().take(100) {
        evening.post(&json!({"type": "set_preview", "source": source}));
    }
    let before = evening.app.director().view();
    evening.stop().await;
    place.damage("UPDATE as_run SET actor = '' WHERE number = 20");
    let (evening, _) = place.evening().await;
    evening.until("the alarm", |view| recovered(view).is_some()).await;
    let view = evening.app.director().view();
    assert_eq!((&view.preview, view.epoch), (&before.preview, before.epoch));
    assert_eq!(recovered(&view).unwrap(), "rows of the log that cannot be read: 1; the show is whole");
    evening.stop().await;
}

#[test]
fn a_store_of_a_newer_version_is_refused_in_words() {
    let house = House::new(PROGRAM, &["roma"]);
    drop(Store::open(&house.store(), 0).unwrap());
    Connection::open(house.store()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let refused = house.regia("serve").stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("is a store of version 99, this regia knows versions up to"), "{told}");
    assert!(told.contains("use a newer regia, or put back the copy"), "{told}");
    assert!(refused.stdout.is_empty(), "it serves nothing");
}
