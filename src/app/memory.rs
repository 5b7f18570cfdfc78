//! The evening's memory: what the last run left becomes this run's show, and what happens is handed to the store.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use crate::config::Config;
use crate::director::{Director, Journal};
use crate::show::{Alarm, Fact, Recorded, Setup, Show, ShowTime, Snapshot, WallTime};
use crate::store::{self, Batch, Health, Row, Seed, Seeded, Store, Writer};

/// Rows from one snapshot to the next. A restart reads at most a few times as many.
const ROWS_PER_SNAPSHOT: usize = 64;

/// How often the wall clock is compared with the event clock.
const COMPARE: Duration = Duration::from_secs(10);

/// How far they may drift apart before times of day are corrected. Somebody who reads a countdown does not see less.
const DRIFT: Duration = Duration::from_millis(250);

/// The show that this run begins with.
#[derive(Debug)]
pub(super) struct Recalled {
    /// The show, not started.
    pub show: Show,
    /// Event time at this instant: it goes on where the last run left it, by the wall clock.
    pub origin: ShowTime,
    /// What was lost on the way, if anything was.
    pub alarm: Option<Alarm>,
}

/// The wall clock now.
pub(super) fn wall_now() -> WallTime {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime::from_unix_micros(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}

/// Recalls the show that the store holds, or makes a new one of `setup`. Blocks while it reads.
///
/// # Errors
/// When the store cannot be read at all, or there can be no show of `setup`.
pub(super) fn recall(store: &Store, setup: Setup) -> anyhow::Result<Recalled> {
    let loaded = store.load().context("the store cannot be read")?;
    let now = wall_now();
    let restored = restore(&loaded).or_else(|| {
        // No snapshot is of use, perhaps because another version wrote them: the whole log leads to the show, too.
        let rows = all_rows(store).inspect_err(|error| tracing::error!(%error, "the log cannot be read")).ok()?;
        restore(&store::Loaded { snapshots: Vec::new(), rows, ..loaded.clone() })
    });
    let Some((show, alarm)) = restored else {
        let alarm = (loaded.last_number > 0).then(|| Alarm::Recovered {
            what: "the stored show could not be read: this one is made from the settings; the log is kept".into(),
        });
        let mut show = Show::new(setup, now, ShowTime::default()).context("the show cannot begin")?;
        show.count_from(loaded.last_number);
        return Ok(Recalled { show, origin: ShowTime::default(), alarm });
    };
    // Time goes on while the server is down. A wall clock that was set back may not make the show's run backwards.
    let by_the_wall = u64::try_from(now.micros_since(show.epoch())).unwrap_or_default();
    let last = loaded.rows.last().map_or(0, |row| row.time_us);
    let origin = ShowTime::from(by_the_wall.max(last));
    Ok(Recalled { show, origin, alarm })
}

/// Every row of the log, page by page. Blocks.
fn all_rows(store: &Store) -> Result<Vec<Row>, store::StoreError> {
    let runtime = tokio::runtime::Handle::current();
    let (mut rows, mut query) = (Vec::new(), Some(store::Query::default()));
    while let Some(next) = query.take() {
        let page = runtime.block_on(store.rows(next))?;
        rows.extend(page.rows);
        query = page.next;
    }
    Ok(rows)
}

/// The newest state that can be had: a snapshot and the rows after it, or an older one, or all rows.
fn restore(loaded: &store::Loaded) -> Option<(Show, Option<Alarm>)> {
    let snapshots = loaded.snapshots.iter().map(|snapshot| {
        let state = serde_json::from_str::<Snapshot>(&snapshot.json);
        (snapshot.number, state.map(Some).map_err(|error| error.to_string()))
    });
    for (number, state) in snapshots.chain([(0, Ok(None))]) {
        let replayed = state.and_then(|state| replay(state, loaded.rows_after(number)));
        match replayed {
            Ok(mut show) => {
                let lost = loaded.last_number.saturating_sub(show.revision());
                let what = match (lost, loaded.skipped) {
                    (0, 0) => None,
                    (0, skipped) => Some(format!("rows of the log that cannot be read: {skipped}; the show is whole")),
                    (lost, _) => Some(format!("the last {lost} events could not be read: check what is on air")),
                };
                let alarm = what.map(|what| Alarm::Recovered { what });
                show.count_from(loaded.last_number);
                return Some((show, alarm));
            }
            Err(error) if loaded.last_number > 0 => {
                tracing::warn!(snapshot = number, error, "a stored state cannot be used; an older one is tried");
            }
            Err(_) => {}
        }
    }
    None
}

/// The show after these rows, as far as they can be read and follow each other.
fn replay(state: Option<Snapshot>, rows: &[Row]) -> Result<Show, String> {
    let first = state.as_ref().map_or(1, |state| state.revision + 1);
    let readable = rows.iter().zip(first..).map_while(|(row, expected)| {
        let recorded = read(row).inspect_err(|error| {
            tracing::warn!(number = row.number, %error, "a stored event cannot be read; what follows it is left out");
        });
        recorded.ok().filter(|recorded| recorded.number == expected)
    });
    let log: Vec<Recorded> = readable.collect();
    Show::replay(state, log.iter()).map_err(|error| error.to_string())
}

/// Gives an empty store the keys of the settings. Later the store alone knows who may come in; which keys of the settings
/// open nothing any more is worth a line.
pub(super) async fn seed(store: &Store, config: &Config) {
    let seed = Seed { city_keys: config.city_keys().collect(), operator_key: config.operator.key().clone() };
    match store.seed(seed, wall_now().unix_micros()).await {
        Ok(Seeded::Now) => tracing::info!("the store is new: the keys of the settings open it"),
        Ok(Seeded::Before { stale }) if stale.is_empty() => {}
        Ok(Seeded::Before { stale }) => {
            let whose = stale.join(", ");
            tracing::warn!(
                whose,
                "keys of the settings open nothing: the store knows others, which `regia admin` lists"
            );
        }
        Err(error) => tracing::error!(%error, "the keys of the settings are not in the store: those in it go on"),
    }
}

/// An event as the store has it.
///
/// # Errors
/// When the row was damaged or written by another version.
pub(crate) fn read(row: &Row) -> Result<Recorded, serde_json::Error> {
    Ok(Recorded {
        number: row.number,
        turn: row.turn,
        time: ShowTime::from(row.time_us),
        wall: WallTime::from_unix_micros(row.wall_us),
        actor: serde_json::from_str(&row.actor)?,
        cause: serde_json::from_str(&row.cause)?,
        event: serde_json::from_str(&row.event)?,
    })
}

fn row(recorded: &Recorded) -> Row {
    let Recorded { number, turn, time, wall, actor, cause, event } = recorded;
    let json = |value: serde_json::Value| value.to_string();
    let event = serde_json::to_value(event).expect("events are plain data with text keys");
    Row {
        number: *number,
        turn: *turn,
        time_us: u64::from(*time),
        wall_us: wall.unix_micros(),
        kind: event["event"].as_str().unwrap_or_default().to_owned(),
        actor: json(actor.to_string().into()),
        cause: json(serde_json::to_value(cause).expect("causes are plain data with text keys")),
        event: json(event),
    }
}

/// Hands what happens to the store, which never makes anybody wait.
#[derive(Debug)]
pub struct Ledger {
    writer: Writer,
    rows: usize,
}

impl Ledger {
    /// A ledger that begins with a snapshot.
    pub fn new(writer: Writer) -> Self {
        Self { writer, rows: ROWS_PER_SNAPSHOT }
    }
}

impl Journal for Ledger {
    fn record(&mut self, events: &[Recorded], show: &Show) {
        self.rows += events.len();
        let snapshot = (self.rows >= ROWS_PER_SNAPSHOT).then(|| {
            self.rows = 0;
            let json = serde_json::to_string(&show.snapshot()).expect("a state is plain data with text keys");
            store::Snapshot { number: show.revision(), json }
        });
        self.writer.write(Batch { rows: events.iter().map(row).collect(), snapshot });
    }
}

/// Tells the show how the store does and what the wall clock says, until the show has stopped.
pub(super) async fn watch(store: Store, director: Director, now: impl Fn() -> ShowTime, alarm: Option<Alarm>) {
    let mut health = store.writer().health();
    let mut compare = tokio::time::interval(COMPARE);
    if let Some(alarm) = alarm {
        let _ = director.observe(Fact::Broken { alarm }).await;
    }
    loop {
        let fact = tokio::select! {
            changed = health.changed() => match changed {
                Ok(()) => match health.borrow_and_update().clone() {
                    Health::Well => Some(Fact::Mended { alarm: Alarm::StoreFailing { error: String::new() } }),
                    Health::Failing { error, .. } => Some(Fact::Broken { alarm: Alarm::StoreFailing { error } }),
                },
                Err(_) => return,
            },
            _ = compare.tick() => {
                let epoch = WallTime::from_unix_micros(wall_now().unix_micros().saturating_sub_unsigned(u64::from(now())));
                let drift = epoch.micros_since(director.view().epoch).unsigned_abs();
                (u128::from(drift) > DRIFT.as_micros()).then_some(Fact::ClockSet { epoch })
            }
        };
        if let Some(fact) = fact
            && director.observe(fact).await.is_err()
        {
            return;
        }
    }
}
