//! The store outlives what happens to the process and to its file.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use regia::secret::{Key, Password};
use regia::show::{ChannelId, CityId, Name, Role};
use regia::store::{
    Batch, Health, Holder, Loaded, Order, Page, Query, Row, Seed, Seeded, Snapshot, Standing, Store, StoreError, backup,
};
use rusqlite::Connection;

/// For all that happens by itself.
const DEADLINE: Duration = Duration::from_secs(20);

const SECOND: i64 = 1_000_000;

fn row(number: u64) -> Row {
    Row {
        number,
        turn: number,
        time_us: number * 10,
        wall_us: number.cast_signed() * SECOND,
        kind: ["program_changed", "preview_changed", "city_lost"][(number % 3) as usize].into(),
        actor: r#"{"type":"operator","name":"Anna"}"#.into(),
        cause: r#"{"type":"command","id":"c1"}"#.into(),
        event: format!(r#"{{"type":"program_changed","revision":{number}}}"#),
    }
}

fn batch(numbers: std::ops::RangeInclusive<u64>) -> Batch {
    Batch { rows: numbers.map(row).collect(), snapshot: None }
}

fn snapshot(number: u64) -> Batch {
    Batch { rows: Vec::new(), snapshot: Some(Snapshot { number, json: format!(r#"{{"revision":{number}}}"#) }) }
}

struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regia.db");
        Self { _folder: folder, path }
    }

    fn open(&self) -> Store {
        Store::open(&self.path, 0).unwrap()
    }

    fn other(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }
}

async fn written(store: &Store) {
    store.writer().flush(DEADLINE).await.unwrap();
}

async fn until_health(store: &Store, is: impl FnMut(&Health) -> bool) -> Health {
    let mut health = store.writer().health();
    tokio::time::timeout(DEADLINE, health.wait_for(is)).await.expect("the health turns").unwrap().clone()
}

fn password() -> Password {
    Password::try_from("correct horse".to_owned()).unwrap()
}

fn numbers(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|row| row.number).collect()
}

async fn all(store: &Store, query: Query) -> Vec<Row> {
    let (mut rows, mut next) = (Vec::new(), Some(query));
    while let Some(query) = next {
        let page = store.rows(query).await.unwrap();
        assert!(page.rows.len() <= Page::ROWS);
        rows.extend(page.rows);
        next = page.next;
    }
    rows
}

// --- rows and snapshots

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(store.load().unwrap(), Loaded::default());
    (1..=4).for_each(|n| {
        store.writer().write(Batch { rows: vec![row(2 * n - 1), row(2 * n)], snapshot: None });
    });
    written(&store).await;
    for number in [2, 4, 6, 7] {
        store.writer().write(snapshot(number));
        written(&store).await;
    }
    store.close(DEADLINE).await.unwrap();

    let loaded = place.open().load().unwrap();
    let kept: Vec<_> = loaded.snapshots.iter().map(|snapshot| snapshot.number).collect();
    assert_eq!(kept, [7, 6, 4], "the newest three, newest first");
    assert_eq!(loaded.snapshots[0].json, r#"{"revision":7}"#);
    assert_eq!(loaded.rows, [5, 6, 7, 8].map(row));
    assert_eq!(loaded.rows_after(7), [row(8)]);
    assert_eq!((loaded.last_number, loaded.skipped), (8, 0));
    assert!(loaded.is_complete_after(7) && loaded.is_complete_after(4));
    assert!(!loaded.is_complete_after(3), "row 4 was not asked for");
}

#[tokio::test]
async fn a_damaged_snapshot_falls_back_to_the_one_before() {
    let place = Place::new();
    let store = place.open();
    for number in [1, 2, 3] {
        store.writer().write(Batch { rows: vec![row(number)], ..snapshot(number) });
        written(&store).await;
    }
    let other = place.other();
    other.execute(r#"UPDATE snapshot SET body = '{"revision":4}' WHERE number = 3"#, ()).unwrap();
    let loaded = store.load().unwrap();
    let whole: Vec<_> = loaded.snapshots.iter().map(|snapshot| snapshot.number).collect();
    assert_eq!(whole, [2, 1], "its bytes are not those that were written");
    assert_eq!(loaded.rows_after(2), [row(3)]);
    other.execute("UPDATE snapshot SET body = 'x', digest = x'00'", ()).unwrap();
    let loaded = store.load().unwrap();
    assert!(loaded.snapshots.is_empty());
    assert_eq!(numbers(&loaded.rows), [1, 2, 3]);
}

#[tokio::test]
async fn a_damaged_row_is_left_out_and_told() {
    let place = Place::new();
    let store = place.open();
    store.writer().write(batch(1..=5));
    written(&store).await;
    let other = place.other();
    other.execute("UPDATE as_run SET event = '{\"type\":' WHERE number = 2", ()).unwrap();
    other.execute("UPDATE as_run SET actor = CAST(x'ff22' AS TEXT) WHERE number = 4", ()).unwrap();
    let loaded = store.load().unwrap();
    assert_eq!(numbers(&loaded.rows), [1, 3, 5]);
    assert_eq!((loaded.skipped, loaded.last_number), (2, 5));
    assert!(!loaded.is_complete_after(0) && loaded.is_complete_after(4));
    let page = store.rows(Query::default()).await.unwrap();
    assert_eq!((numbers(&page.rows), page.skipped, page.next), (vec![1, 3, 5], 2, None));
}

#[tokio::test]
async fn whatever_page_is_damaged_the_rest_is_read_or_the_file_refused() {
    const PAGE: usize = 4096;
    let place = Place::new();
    let store = place.open();
    let json = || format!("[{}]", vec!["\"a long state\""; 2_000].join(","));
    for number in [100, 200, 300] {
        let rows = (number - 99..=number).map(row).collect();
        store.writer().write(Batch { rows, snapshot: Some(Snapshot { number, json: json() }) });
        written(&store).await;
    }
    store.writer().write(batch(301..=400));
    store.close(DEADLINE).await.unwrap();
    let whole = std::fs::read(&place.path).unwrap();
    let (mut partial, mut refused) = (0, 0);
    for page in 0..whole.len() / PAGE {
        let mut bytes = whole.clone();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xa5);
        let path = place.path.with_file_name("damaged.db");
        std::fs::write(&path, bytes).unwrap();
        let opened = Store::open(&path, 0);
        let Ok(store) = opened else {
            refused += 1;
            continue;
        };
        let loaded = store.load().unwrap();
        let newest = loaded.snapshots.first().map_or(0, |snapshot| snapshot.number);
        if !loaded.is_complete_after(newest) || loaded.snapshots.len() < 3 {
            partial += 1;
        }
        store.close(DEADLINE).await.unwrap();
    }
    assert!(partial >= 10, "each snapshot has many pages: {partial}");
    assert!((1..=12).contains(&refused), "the file's head and the people's tables: {refused}");
}

#[tokio::test]
async fn a_number_that_comes_twice_does_not_stop_the_log() {
    let store = Store::in_memory().unwrap();
    store.writer().write(batch(1..=2));
    let late = Row { kind: "late".into(), ..row(2) };
    store.writer().write(Batch { rows: vec![late, row(3)], snapshot: None });
    written(&store).await;
    assert_eq!(store.load().unwrap().rows, [1, 2, 3].map(row));
}

#[tokio::test]
async fn ten_thousand_rows_load_well_within_a_second() {
    let place = Place::new();
    let store = place.open();
    let begin = Instant::now();
    store.writer().write(batch(1..=10_000));
    written(&store).await;
    eprintln!("10,000 rows written in {:?}", begin.elapsed());
    drop(store);
    let begin = Instant::now();
    assert_eq!(place.open().load().unwrap().rows.len(), 10_000);
    let took = begin.elapsed();
    eprintln!("opened and loaded in {took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

// --- queries

/// Rows with gaps in their numbers, more than three pages.
fn log() -> Vec<Row> {
    (1..=1_700).filter(|number| number % 7 != 0).map(row).collect()
}

fn expected(query: &Query) -> Vec<u64> {
    let fits = |row: &Row| {
        query.from_number.is_none_or(|from| row.number >= from)
            && query.to_number.is_none_or(|to| row.number <= to)
            && query.from_us.is_none_or(|from| row.wall_us >= from)
            && query.until_us.is_none_or(|until| row.wall_us < until)
            && (query.kinds.is_empty() || query.kinds.contains(&row.kind))
    };
    let mut rows: Vec<_> = log().into_iter().filter(fits).map(|row| row.number).collect();
    if query.order == Order::NewestFirst {
        rows.reverse();
    }
    rows.truncate(query.limit.unwrap_or(u64::MAX).try_into().unwrap());
    rows
}

fn queries() -> impl Strategy<Value = Query> {
    let number = || proptest::option::of(prop_oneof![0..1_800_u64, Just(u64::MAX)]);
    let wall = || proptest::option::of((-10..1_800_i64).prop_map(|s| s * SECOND));
    let kinds = proptest::sample::subsequence(vec!["program_changed", "preview_changed", "unknown", "it's"], 0..=4);
    let order = prop_oneof![Just(Order::OldestFirst), Just(Order::NewestFirst)];
    let limit = proptest::option::of(prop_oneof![0..5_u64, 490..510_u64, 990..1_010_u64]);
    (number(), number(), wall(), wall(), kinds, order, limit).prop_map(
        |(from_number, to_number, from_us, until_us, kinds, order, limit)| {
            let kinds = kinds.into_iter().map(str::to_owned).collect();
            Query { from_number, to_number, from_us, until_us, kinds, order, limit }
        },
    )
}

#[test]
fn pages_together_are_the_whole_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(async {
        let store = Store::in_memory().unwrap();
        store.writer().write(Batch { rows: log(), snapshot: None });
        written(&store).await;
        store
    });
    let config = ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(query in queries())| {
        let rows = runtime.block_on(all(&store, query.clone()));
        prop_assert_eq!(numbers(&rows), expected(&query));
    });
}

// --- trouble

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_is_told_and_nothing_is_lost_when_it_opens_again() {
    let place = Place::new();
    let store = place.open();
    let anna: Name = "Anna".parse().unwrap();
    store.people().add_operator(anna.clone(), "sound".parse().unwrap(), password(), 0).await.unwrap();
    let key = store.people().add_machine("lamps".parse().unwrap(), Default::default(), None, 0).await.unwrap();

    let other = place.other();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    (1..=50).for_each(|n| store.writer().write(batch(n..=n)));
    let failing = until_health(&store, |health| matches!(health, Health::Failing { waiting: 50, .. })).await;
    let Health::Failing { error, lost, .. } = failing else { unreachable!("it was waited for") };
    assert!(error.contains("locked by another program") && lost == 0, "{error}");
    let refused = store.writer().flush(Duration::from_millis(10)).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotWritten { waiting: 50, .. }), "{refused}");

    // Nobody is locked out by it; only what must be in the file is refused.
    let (token, _) = store.people().sign_in("Anna", "correct horse", 0).await.unwrap().expect("they fit");
    assert!(store.people().machine(key.reveal()).await.is_some());
    let refused = store.people().set_roles(&anna, Default::default()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Busy), "{refused}");
    assert!(
        store
            .people()
            .session(token.reveal(), 0)
            .is_some_and(|operator| operator.roles.as_slice().contains(&Role::Sound))
    );

    other.execute_batch("ROLLBACK").unwrap();
    until_health(&store, |health| *health == Health::Well).await;
    written(&store).await;
    assert_eq!(store.writer().lost(), 0);
    store.close(DEADLINE).await.unwrap();
    let store = place.open();
    assert_eq!(numbers(&store.load().unwrap().rows), (1..=50).collect::<Vec<_>>());
    assert!(store.people().session(token.reveal(), 0).is_some(), "the session outlived the lock and the restart");
}

/// Where the writer that is to be killed writes; it prints each number that is confirmed.
const VICTIM: &str = "REGIA_TEST_STORE_VICTIM";

#[tokio::test]
async fn what_flush_confirms_is_in_the_file() {
    let place = Place::new();
    let victim = std::env::var_os(VICTIM).map(PathBuf::from);
    let rounds = if victim.is_some() { u64::MAX } else { 20 };
    let path = victim.as_deref().unwrap_or(&place.path);
    let store = Store::open(path, 0).unwrap();
    for round in 1..=rounds {
        let numbers = 10 * round - 9..=10 * round;
        store.writer().write(Batch { rows: numbers.map(row).collect(), ..snapshot(10 * round) });
        written(&store).await;
        if victim.is_some() {
            println!("confirmed {}", 10 * round);
        } else {
            let count: i64 = place.other().query_row("SELECT count(*) FROM as_run", (), |row| row.get(0)).unwrap();
            assert_eq!(count.cast_unsigned(), 10 * round);
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_that_was_confirmed() {
    let place = Place::new();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_flush_confirms_is_in_the_file", "--nocapture"])
        .env(VICTIM, &place.path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map(Result::unwrap);
    let confirmed = |line: &String| Some(line.rsplit_once("confirmed ")?.1.parse::<u64>().unwrap());
    let mut last = lines.by_ref().filter_map(|line| confirmed(&line)).nth(30).expect("it writes");
    victim.kill().unwrap();
    victim.wait().unwrap();
    // What it still had said before it died.
    last = lines.filter_map(|line| confirmed(&line)).last().unwrap_or(last);

    let loaded = place.open().load().unwrap();
    assert!(loaded.last_number >= last, "{} is there, {last} was confirmed", loaded.last_number);
    assert_eq!(loaded.last_number % 10, 0, "a batch is there as a whole or not at all");
    let newest = loaded.snapshots.first().expect("there are snapshots").number;
    assert_eq!(newest, loaded.last_number);
    assert!(loaded.is_complete_after(loaded.snapshots.last().unwrap().number));
    let verdict: String = place.other().query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_consistent_while_rows_are_written() {
    let place = Place::new();
    let store = place.open();
    store.writer().write(batch(1..=1_000));
    written(&store).await;
    let writer = store.writer().clone();
    let (stop_tx, mut stop_rx) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        let mut number = 1_001;
        while stop_rx.try_recv().is_err() {
            writer.write(Batch { rows: (number..number + 10).map(row).collect(), ..snapshot(number + 9) });
            writer.flush(DEADLINE).await.unwrap();
            number += 10;
        }
        number - 1
    });
    let copies: Vec<_> = (1..=5).map(|n| place.path.with_file_name(format!("copy-{n}.db"))).collect();
    for copy in &copies {
        let (from, to) = (place.path.clone(), copy.clone());
        let copied = tokio::task::spawn_blocking(move || backup(&from, &to)).await.unwrap().unwrap();
        assert_eq!(copied.rows % 10, 0, "whole batches");
        assert_eq!(copied.bytes, std::fs::metadata(copy).unwrap().len());
    }
    stop_tx.send(()).unwrap();
    let last = writing.await.unwrap();
    written(&store).await;
    assert_eq!(store.load().unwrap().last_number, last);

    let names: Vec<_> = std::fs::read_dir(place.path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("copy"))
        .collect();
    assert_eq!(names.len(), copies.len(), "one file each: {names:?}");
    let loaded = Store::open(&copies[4], 0).unwrap().load().unwrap();
    assert!(loaded.last_number >= 1_000 && loaded.is_complete_after(loaded.snapshots.last().map_or(0, |s| s.number)));

    let refused = backup(&place.path, &copies[0]).unwrap_err().to_string();
    assert!(refused.contains("copy-1.db exists already"), "{refused}");
    let refused = backup(Path::new("/nonexistent/regia.db"), &place.path.with_file_name("x")).unwrap_err();
    assert!(matches!(refused, StoreError::Missing { .. }), "{refused}");
}

#[tokio::test]
async fn a_store_in_memory_leaves_nothing_behind_and_is_nobody_elses() {
    let (one, two) = (Store::in_memory().unwrap(), Store::in_memory().unwrap());
    one.writer().write(batch(1..=3));
    written(&one).await;
    assert_eq!(one.load().unwrap().last_number, 3);
    assert_eq!(two.load().unwrap().last_number, 0);
    assert_eq!(one.path(), None);
    assert_eq!(*one.writer().health().borrow(), Health::Well);
}

// --- people

#[tokio::test]
async fn who_knows_name_and_password_gets_a_session_that_outlives_a_restart() {
    let place = Place::new();
    let store = place.open();
    let anna: Name = "Anna".parse().unwrap();
    store.people().add_operator(anna.clone(), "director,sound".parse().unwrap(), password(), 5).await.unwrap();
    let taken = store.people().add_operator(anna.clone(), Default::default(), password(), 6).await.unwrap_err();
    assert!(taken.to_string().contains("already an operator 'Anna'"), "{taken}");

    for (name, word) in [("Anna", "wrong horse"), ("anna", "correct horse"), ("", ""), ("Bruno", "correct horse")] {
        assert!(store.people().sign_in(name, word, 0).await.unwrap().is_none(), "{name}");
    }
    let (token, operator) = store.people().sign_in("Anna", "correct horse", SECOND).await.unwrap().unwrap();
    assert_eq!((operator.name.as_str(), operator.roles.to_string()), ("Anna", "director,sound".into()));
    let (second, _) = store.people().sign_in("Anna", "correct horse", SECOND).await.unwrap().unwrap();
    assert_eq!(store.people().session(token.reveal(), SECOND).unwrap(), operator);
    assert!(store.people().sign_out(second.reveal()) && !store.people().sign_out(second.reveal()));
    store.people().set_roles(&anna, "screener".parse().unwrap()).await.unwrap();
    store.close(DEADLINE).await.unwrap();

    let store = place.open();
    let operator = store.people().session(token.reveal(), 2 * SECOND).expect("it is still open");
    assert!(
        operator.roles.as_slice().contains(&Role::Screener) && !operator.roles.as_slice().contains(&Role::Director)
    );
    assert!(store.people().session(second.reveal(), 2 * SECOND).is_none());
    assert!(store.people().session(token.reveal(), 8 * 24 * 3600 * SECOND).is_none());

    store.people().set_password(&anna, Password::try_from("battery staple".to_owned()).unwrap()).await.unwrap();
    assert!(store.people().session(token.reveal(), 2 * SECOND).is_none());
    assert!(store.people().sign_in("Anna", "correct horse", 0).await.unwrap().is_none());
    let (token, _) = store.people().sign_in("Anna", "battery staple", 0).await.unwrap().unwrap();
    store.people().remove_operator(&anna).await.unwrap();
    assert!(store.people().session(token.reveal(), 0).is_none());
    let unknown = store.people().remove_operator(&anna).await.unwrap_err();
    assert!(unknown.to_string().contains("no operator 'Anna'"), "{unknown}");
}

#[tokio::test]
async fn a_machines_key_opens_until_it_is_revoked_or_its_operator_goes() {
    let store = Store::in_memory().unwrap();
    let people = store.people();
    let (anna, lamps): (Name, Name) = ("Anna".parse().unwrap(), "lamps".parse().unwrap());
    let unknown = people.add_machine(lamps.clone(), Default::default(), Some(anna.clone()), 0).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown { what: "operator", .. }), "{unknown}");
    people.add_operator(anna.clone(), Default::default(), password(), 0).await.unwrap();
    let key = people.add_machine(lamps.clone(), "sound".parse().unwrap(), Some(anna.clone()), 0).await.unwrap();
    let machine = people.machine(key.reveal()).await.unwrap();
    assert_eq!((machine.name, machine.acts_for), (lamps.clone(), Some(anna.clone())));
    assert!(people.machine("nonsense").await.is_none());

    people.revoke_machine(&lamps, 9).await.unwrap();
    assert!(people.machine(key.reveal()).await.is_none());
    let again = people.add_machine(lamps.clone(), Default::default(), Some(anna.clone()), 10).await.unwrap();
    let taken = people.add_machine(lamps, Default::default(), None, 10).await.unwrap_err();
    assert!(matches!(taken, StoreError::Taken { .. }), "{taken}");
    let listed: Vec<_> = people.machines().into_iter().map(|machine| machine.revoked_us).collect();
    assert_eq!(listed, [Some(9), None]);
    people.remove_operator(&anna).await.unwrap();
    assert!(people.machine(again.reveal()).await.is_none());
}

#[tokio::test]
async fn a_renewed_link_still_belongs_to_its_seat_and_opens_nothing_new() {
    let store = Store::in_memory().unwrap();
    let people = store.people();
    let lecce = Holder::City("lecce".parse().unwrap());
    let old = people.add_link(lecce.clone(), None, 0).await.unwrap();
    let stands = async |key: &Key, now_us| people.link(key.reveal(), now_us).await.map(|(_, standing)| standing);
    assert_eq!(people.link(old.token.reveal(), 0).await, Some((lecce.clone(), Standing::Valid)));
    assert_eq!(people.link("nonsense", 0).await, None);

    let new = people.renew_link(old.link.id, Some(100), 1).await.unwrap();
    assert_eq!(people.link(old.token.reveal(), 1).await, Some((lecce.clone(), Standing::Renewed)));
    assert_eq!(stands(&new.token, 99).await, Some(Standing::Valid));
    assert_eq!(stands(&new.token, 100).await, Some(Standing::Expired));
    let twice = people.renew_link(old.link.id, None, 2).await.unwrap_err();
    assert!(matches!(twice, StoreError::Unknown { .. }), "{twice}");
    let newest = people.renew_link(new.link.id, None, 200).await.unwrap();
    assert_eq!(stands(&newest.token, 201).await, Some(Standing::Valid));

    people.revoke_link(old.link.id, 3).await.unwrap();
    assert_eq!(stands(&old.token, 3).await, Some(Standing::Revoked));
    let other = people.add_link(Holder::Cohost("bruno".parse().unwrap()), None, 0).await.unwrap();
    assert_eq!(people.revoke_links_of(&lecce, 300).await.unwrap(), 2);
    assert_eq!(stands(&newest.token, 301).await, Some(Standing::Revoked));
    assert_eq!(stands(&other.token, 301).await, Some(Standing::Valid));
    let listed: Vec<_> = people.links(&lecce).into_iter().map(|link| link.revoked_us).collect();
    assert_eq!(listed, [Some(3), Some(300), Some(300)]);
}

#[tokio::test]
async fn a_channel_is_public_or_opens_with_its_code() {
    let store = Store::in_memory().unwrap();
    let (people, program) = (store.people(), ChannelId::Program);
    assert!(!people.needs_code(&program) && people.admits(&program, None) && people.admits(&program, Some("any")));
    people.set_code(&program, Some("piazza")).await.unwrap();
    assert!(people.needs_code(&program) && people.admits(&program, Some("piazza")));
    assert!(!people.admits(&program, None) && !people.admits(&program, Some("Piazza")));
    let short = people.set_code(&program, Some("abc")).await.unwrap_err().to_string();
    assert!(short.contains("4 to 64") && short.contains('3') && !short.contains("abc"), "{short}");
    people.set_code(&program, None).await.unwrap();
    assert!(people.admits(&program, None));
}

#[tokio::test]
async fn an_empty_store_is_seeded_once() {
    let place = Place::new();
    let store = place.open();
    let key = |text: &str| Key::try_from(text.to_owned()).unwrap();
    let (lecce, roma): (CityId, CityId) = ("lecce".parse().unwrap(), "roma".parse().unwrap());
    let cities = vec![(lecce.clone(), key("lecce-piazza")), (roma.clone(), key("roma-piazza"))];
    let seed = Seed { city_keys: cities, operator_key: key("regia-piazza") };
    // Somebody may have been added before the first evening.
    store.people().add_operator("Anna".parse().unwrap(), Default::default(), password(), 0).await.unwrap();
    assert_eq!(store.seed(seed.clone(), 0).await.unwrap(), Seeded::Now);
    assert_eq!(store.people().link("roma-piazza", 0).await, Some((Holder::City(roma), Standing::Valid)));
    let machine = store.people().machine("regia-piazza").await.unwrap();
    assert_eq!((machine.name.as_str(), machine.roles.to_string()), ("operator", "director".into()));
    assert_eq!(store.seed(seed.clone(), 0).await.unwrap(), Seeded::Before { stale: vec![] });

    store.people().revoke_links_of(&Holder::City(lecce), 1).await.unwrap();
    drop(store);
    let store = place.open();
    let later = Seed { operator_key: key("another-key"), ..seed };
    let stale = vec!["the operator".to_owned(), "the city 'lecce'".to_owned()];
    assert_eq!(store.seed(later, 2).await.unwrap(), Seeded::Before { stale });
    assert!(store.people().machine("another-key").await.is_none());
}

// --- secrets

/// All that is logged in this test program.
static LOG: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(|| {
    let log = Arc::new(Mutex::new(Vec::new()));
    let into = log.clone();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || Into(into.clone())).init();
    log
});

struct Into(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Into {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_logged_shown_or_stored_as_it_is() {
    let log = LOG.clone();
    let place = Place::new();
    let store = place.open();
    let people = store.people();
    people.add_operator("Anna".parse().unwrap(), Default::default(), password(), 0).await.unwrap();
    let (session, _) = people.sign_in("Anna", "correct horse", 0).await.unwrap().unwrap();
    assert!(people.sign_in("Anna", "wrong battery", 0).await.unwrap().is_none());
    let key = people.add_machine("lamps".parse().unwrap(), Default::default(), None, 0).await.unwrap();
    let link = people.add_link(Holder::Cohost("bruno".parse().unwrap()), None, 0).await.unwrap();
    people.set_code(&ChannelId::Program, Some("piazza-grande")).await.unwrap();
    let other = place.other();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    store.writer().write(batch(1..=1));
    until_health(&store, |health| matches!(health, Health::Failing { .. })).await;
    other.execute_batch("ROLLBACK").unwrap();
    written(&store).await;
    tracing::info!("the log is kept");

    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the store takes nothing") && log.contains("the log is kept"), "{log}");
    let shown = format!("{store:?} {link:?} {key:?} {session:?} {:?} {:?}", password(), people.operators());
    let file: Vec<u8> = ["", "-wal"]
        .iter()
        .flat_map(|end| std::fs::read(format!("{}{end}", place.path.display())).unwrap_or_default())
        .collect();
    assert!(!file.is_empty());
    let secrets = [session.reveal(), key.reveal(), link.token.reveal()];
    for secret in secrets.into_iter().chain(["correct horse", "wrong battery", "piazza-grande", "$argon2id"]) {
        assert!(!log.contains(secret) && !shown.contains(secret), "{secret} is shown");
        let stored = file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert_eq!(stored, secret == "$argon2id", "{secret}");
    }
}

#[tokio::test]
async fn links_and_keys_are_bounded_and_those_that_are_over_make_room() {
    let store = Store::in_memory().unwrap();
    let (people, roma) = (store.people(), Holder::City("roma".parse().unwrap()));
    let mut newest = None;
    for now_us in 0..500 {
        newest = Some(people.add_link(roma.clone(), None, now_us).await.unwrap().link.id);
    }
    let full = people.add_link(roma.clone(), None, 500).await.unwrap_err();
    assert!(matches!(full, StoreError::TooMany { what: "links", most: 500 }), "{full}");
    let lecce = Holder::City("lecce".parse().unwrap());
    people.add_link(lecce, None, 500).await.expect("another's links are counted by themselves");
    people.revoke_link(newest.unwrap(), 501).await.unwrap();
    people.add_link(roma.clone(), None, 502).await.expect("the revoked one makes room");
    let kept = people.links(&roma);
    assert!(kept.len() == 500 && kept.iter().all(|link| link.revoked_us.is_none()));
    // Renewing goes on for ever: what was renewed makes room as well.
    let mut last = kept[0].id;
    for now_us in 503..520 {
        last = people.renew_link(last, None, now_us).await.unwrap().link.id;
    }
    assert_eq!(people.links(&roma).len(), 500);
}
