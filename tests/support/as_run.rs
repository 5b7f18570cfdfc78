//! The as-run log as it stands in a store's file, and the show that a replay of it leads to.

use std::path::Path;
use std::time::{Duration, Instant};

use regia::show::{Recorded, Show, ShowTime, View, WallTime};
use rusqlite::{Connection, OpenFlags};

/// Longest wait for rows; they are written within milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// All rows in order, each as the event that it was.
pub fn log(store: &Path) -> Vec<Recorded> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(store, flags).unwrap();
    connection.busy_timeout(PATIENCE).unwrap();
    let mut select = connection
        .prepare("SELECT number, turn, time_us, wall_us, actor, cause, event FROM as_run ORDER BY number")
        .unwrap();
    let rows = select.query_map((), |row| {
        let json = |column: usize| row.get::<_, String>(column);
        let count = |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.cast_unsigned());
        Ok(Recorded {
            number: count(0)?,
            turn: count(1)?,
            time: ShowTime::from(count(2)?),
            wall: WallTime::from_unix_micros(row.get(3)?),
            actor: serde_json::from_str(&json(4)?).unwrap(),
            cause: serde_json::from_str(&json(5)?).unwrap(),
            event: serde_json::from_str(&json(6)?).unwrap(),
        })
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Waits until the event of this number is in the file.
pub fn log_up_to(store: &Path, number: u64) -> Vec<Recorded> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let log = log(store);
        if log.last().is_some_and(|last| last.number >= number) {
            return log;
        }
        assert!(Instant::now() < deadline, "event {number} is not written in time");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Fails unless the numbers go up from 1 by one each, and no event is earlier than the one before.
pub fn assert_whole(log: &[Recorded]) {
    for (recorded, expected) in log.iter().zip(1..) {
        assert_eq!(recorded.number, expected, "no gap, and no number twice");
    }
    let backwards: Vec<_> = log.windows(2).filter(|pair| pair[1].time < pair[0].time).collect();
    assert!(backwards.is_empty(), "event time runs on: {backwards:#?}");
}

/// Fails unless a replay of the log leads to this view.
pub fn assert_confirms(log: &[Recorded], view: &View) {
    assert_whole(log);
    let until = usize::try_from(view.revision).unwrap();
    let log = &log[..until];
    let replayed = Show::replay(None, log.iter()).expect("the log leads to a show");
    let now = log.last().expect("an evening begins with an event").time;
    assert_eq!(&replayed.view(now), view, "a replay of the log leads to the show that is served");
}
