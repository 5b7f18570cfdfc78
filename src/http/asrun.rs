//! The as-run log: its rows as JSON, JSON lines or CSV, streamed page by page, and program's cut list for editors.
//!
//! ```text
//! GET /api/v1/as-run?after=17&kind=program_changed,cue_taken&order=newest&limit=100&format=json|jsonl|csv
//! GET /api/v1/as-run/program.edl?from=2026-11-21T21:00:00%2B01:00&until=2026-11-21T23:30:00%2B01:00
//! ```
//! Rows: `after` and `before` are numbers and leave themselves out; `from` (included) and `until` (not) are instants (RFC
//! 3339, or µs since 1970); `order` is `oldest` or `newest`. Cut lists: without `until` they reach to now, without `from` back
//! to where the evening was opened, in both cases 23 hours at most.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::mpsc;

use super::error::Error;
use super::query::{Asked, wrong};
use super::{Server, Shared};
use crate::ascii;
use crate::asrun::{CSV_HEADER, CutList, Cutter, End, KINDS, LONGEST, Line, edl, otio};
use crate::show::{Event, WallTime};
use crate::store::{Order, Page, Query, Row, Store};
use crate::when;

/// How long is waited for rows that are on their way to the file: what just happened is in the answer, if the disk keeps up.
const FLUSH: Duration = Duration::from_secs(1);

/// Pages that wait for a slow reader.
const PAGES: usize = 2;

/// Longest wait for a reader to take a page.
const PATIENCE: Duration = Duration::from_secs(60);

/// Most rows of one answer.
const MOST: u64 = 10_000_000;

/// How rows are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One array of objects.
    Json,
    /// An object on each line.
    JsonLines,
    /// A line of CSV each, after a header.
    Csv,
}

/// Tells rows of the log.
pub(super) async fn rows(State(server): State<Shared>, asked: Asked) -> Result<Response, Error> {
    asked.only(&["after", "before", "from", "until", "kind", "order", "limit", "format"])?;
    let shape = match asked.word("format", &["json", "jsonl", "csv"])? {
        "csv" => Shape::Csv,
        "jsonl" => Shape::JsonLines,
        _ => Shape::Json,
    };
    let query = query(&asked)?;
    let store = &server.context.store;
    settle(store).await;
    // An empty range would be told as all rows before or after the end of numbers.
    let first = match query {
        Some(query) => store.rows(query).await?,
        None => Page::default(),
    };
    let file = server.file_name(first.rows.first().map(|row| row.wall_us), "as-run", shape.ending());
    let headers = [
        (CONTENT_TYPE, shape.content_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
        (CACHE_CONTROL, "no-store".into()),
    ];
    Ok((headers, stream(&server, shape, first)).into_response())
}

/// Program's cut list as an edit decision list.
pub(super) async fn program_edl(State(server): State<Shared>, asked: Asked) -> Result<Response, Error> {
    let (list, start) = cut_list(&server, &asked).await?;
    Ok(server.attachment(start, "edl", "text/plain; charset=us-ascii", edl(&list)))
}

/// Program's cut list as OpenTimelineIO.
pub(super) async fn program_otio(State(server): State<Shared>, asked: Asked) -> Result<Response, Error> {
    let (list, start) = cut_list(&server, &asked).await?;
    Ok(server.attachment(start, "otio", "application/json", otio(&list).to_string()))
}

impl Server {
    /// `una-sera-as-run-2026-11-21.csv`: the evening, and the day on which it begins.
    fn file_name(&self, wall_us: Option<i64>, what: &str, ending: &str) -> String {
        let title = ascii::plain(&self.context.director.view().title).to_ascii_lowercase();
        let words: Vec<_> = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let start = WallTime::from_unix_micros(wall_us.unwrap_or_else(|| self.wall_us()));
        let day: String = when::rfc3339(start, &self.context.as_run.time_zone).chars().take(10).collect();
        let title: String = words.join("-").chars().take(60).collect();
        format!("{title}-{what}-{day}.{ending}").trim_start_matches('-').to_owned()
    }

    fn attachment(&self, start: Option<i64>, ending: &str, content_type: &str, text: String) -> Response {
        let file = self.file_name(start, "program", ending);
        let headers = [
            (CONTENT_TYPE, content_type.to_owned()),
            (CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
            (CACHE_CONTROL, "no-store".into()),
        ];
        (headers, text).into_response()
    }
}

/// Waits a moment until what has happened can be read. A disk that does not keep up has its alarm elsewhere.
async fn settle(store: &Store) {
    if let Err(error) = store.writer().flush(FLUSH).await {
        tracing::warn!(%error, "the newest rows are not in the as-run log that is read");
    }
}

/// The rows that are asked for; none if there can be none.
fn query(asked: &Asked) -> Result<Option<Query>, Error> {
    let (after, before) = (asked.number("after")?, asked.number("before")?);
    let (from, until) = (asked.instant("from")?, asked.instant("until")?);
    let limit = asked.number("limit")?;
    if let Some(limit) = limit.filter(|limit| !(1..=MOST).contains(limit)) {
        return Err(wrong("limit", &limit.to_string(), &format!("1 to {MOST} rows are possible")));
    }
    let mut kinds = Vec::new();
    for kind in asked.all("kind").flat_map(|kinds| kinds.split(',')).map(str::trim) {
        if let Some(flaw) = kind_flaw(kind) {
            return Err(wrong("kind", kind, &flaw));
        }
        kinds.push(kind.to_owned());
    }
    let order = match asked.word("order", &["oldest", "newest"])? {
        "newest" => Order::NewestFirst,
        _ => Order::OldestFirst,
    };
    let (Some(from_number), Some(to_number)) = (
        after.map_or(Some(0), |after| after.checked_add(1)),
        before.map_or(Some(u64::MAX), |before| before.checked_sub(1)),
    ) else {
        return Ok(None);
    };
    Ok(Some(Query {
        from_number: after.map(|_| from_number),
        to_number: before.map(|_| to_number),
        from_us: from.map(WallTime::unix_micros),
        until_us: until.map(WallTime::unix_micros),
        kinds,
        order,
        limit,
    }))
}

/// Why this is no event's word, with all that are: serde knows them.
fn kind_flaw(kind: &str) -> Option<String> {
    let error = serde_json::from_value::<Event>(serde_json::json!({ "event": kind })).err()?.to_string();
    let (_, words) = error.strip_prefix("unknown variant")?.split_once("expected one of ")?;
    Some(format!("one of {} is needed", words.replace('`', "")))
}

/// The cut list that is asked for, and when its first picture came.
async fn cut_list(server: &Server, asked: &Asked) -> Result<(CutList, Option<i64>), Error> {
    asked.only(&["from", "until"])?;
    let now = (server.context.wall)();
    let end = asked.instant("until")?.filter(|until| *until < now).map_or(End::Now(now), End::At);
    let (End::At(until) | End::Now(until)) = end;
    let longest = i64::try_from(LONGEST.as_micros()).expect("a day fits");
    let earliest = WallTime::from_unix_micros(until.unix_micros().saturating_sub(longest));
    let from = asked.instant("from")?;
    if let Some(from) = from.filter(|from| *from < earliest) {
        let needed = format!("at most {} hours before the end are possible: ask for less", LONGEST.as_secs() / 3600);
        return Err(wrong("from", &when::rfc3339(from, &server.context.as_run.time_zone), &needed));
    }
    let store = &server.context.store;
    settle(store).await;
    // What has just happened may be ahead of now.
    let until_us = matches!(end, End::At(_)).then(|| until.unix_micros());
    let from = match from {
        Some(from) => from,
        None => opened(store, until_us).await?.map_or(earliest, |opened| opened.max(earliest)),
    };
    let mut cutter = Cutter::new(server.context.as_run.clone(), Some(from), end);
    let kinds = KINDS.map(str::to_owned).into();
    let mut next = Some(Query { until_us, kinds, ..Query::default() });
    while let Some(query) = next.take() {
        let page = store.rows(query).await?;
        for row in &page.rows {
            match line(row).recorded() {
                Ok(recorded) => cutter.feed(&recorded),
                Err(error) => tracing::warn!(number = row.number, %error, "a row is left out of the cut list"),
            }
        }
        next = page.next;
    }
    let list = cutter.finish();
    let start = list.cuts.first().map(|cut| cut.wall.max(from).unix_micros());
    Ok((list, start))
}

/// When the newest evening was opened that began before `until_us`.
async fn opened(store: &Store, until_us: Option<i64>) -> Result<Option<WallTime>, Error> {
    let query = Query {
        until_us,
        kinds: ["opened", "evening_opened"].map(str::to_owned).into(),
        order: Order::NewestFirst,
        limit: Some(1),
        ..Query::default()
    };
    Ok(store.rows(query).await?.rows.first().map(|row| WallTime::from_unix_micros(row.wall_us)))
}

fn line(row: &Row) -> Line<'_> {
    Line {
        number: row.number,
        turn: row.turn,
        time_us: row.time_us,
        wall_us: row.wall_us,
        kind: &row.kind,
        actor: &row.actor,
        cause: &row.cause,
        event: &row.event,
    }
}

impl Shape {
    fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// A page as text; the first one opens what the last one closes.
    fn page(self, page: &Page, is_first: bool, zone: &jiff::tz::TimeZone) -> String {
        let mut text = match self {
            Self::Json if is_first => "[".to_owned(),
            Self::Csv if is_first => CSV_HEADER.to_owned(),
            _ => String::new(),
        };
        for (at, row) in page.rows.iter().enumerate() {
            match self {
                Self::Json => {
                    text.push_str(if is_first && at == 0 { "\n" } else { ",\n" });
                    text.push_str(&line(row).json());
                }
                Self::JsonLines => {
                    text.push_str(&line(row).json());
                    text.push('\n');
                }
                Self::Csv => text.push_str(&line(row).csv(zone)),
            }
        }
        if self == Self::Json && page.next.is_none() {
            text.push_str("\n]\n");
        }
        text
    }
}

/// The pages from `first` on. A page that cannot be read breaks the answer off, so that nobody takes it for whole.
fn stream(server: &Shared, shape: Shape, first: Page) -> Body {
    let (page_tx, page_rx) = mpsc::channel(PAGES);
    let (store, zone) = (server.context.store.clone(), server.context.as_run.time_zone.clone());
    tokio::spawn(async move {
        let (mut page, mut is_first) = (first, true);
        loop {
            let text = Bytes::from(shape.page(&page, is_first, &zone));
            let piece = Piece { text, is_last: page.next.is_none() };
            // Who reads no more, or too slowly, gets no more.
            if page_tx.send_timeout(piece, PATIENCE).await.is_err() {
                return;
            }
            let Some(next) = page.next else { return };
            is_first = false;
            page = match store.rows(next).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "the as-run log cannot be read on; the answer breaks off");
                    return;
                }
            };
        }
    });
    Body::new(Pages { page_rx, whole: false })
}

/// The body of a streamed answer.
struct Pages {
    page_rx: mpsc::Receiver<Piece>,
    whole: bool,
}

/// A page as it is sent.
struct Piece {
    text: Bytes,
    is_last: bool,
}

/// An answer ends before its end.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off")]
struct BrokeOff;

impl HttpBody for Pages {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        self.page_rx.poll_recv(context).map(|piece| match piece {
            Some(Piece { text, is_last }) => {
                self.whole |= is_last;
                Some(Ok(Frame::data(text)))
            }
            None if self.whole => None,
            None => Some(Err(BrokeOff)),
        })
    }
}
