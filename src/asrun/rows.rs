//! Rows of the as-run log, each as one JSON object or one line of CSV.

use jiff::tz::TimeZone;

use crate::show::{Actor, Cause, Event, Recorded, ShowTime, WallTime};
use crate::when;

/// The first line of the CSV.
pub const CSV_HEADER: &str = "number,turn,wall,time_s,actor,cause,kind,event\r\n";

/// A row whose texts are JSON, as a store keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The event's number.
    pub number: u64,
    /// The number of the first event of the same call.
    pub turn: u64,
    /// Event clock, µs.
    pub time_us: u64,
    /// Unix time, µs.
    pub wall_us: i64,
    /// The event's word.
    pub kind: &'a str,
    /// Who (JSON).
    pub actor: &'a str,
    /// Why (JSON).
    pub cause: &'a str,
    /// What (JSON).
    pub event: &'a str,
}

impl Line<'_> {
    /// The JSON of [`Recorded`], on one line. A row that only another version understands is told as it is.
    pub fn json(&self) -> String {
        let Self { number, turn, time_us, wall_us, actor, cause, event, .. } = self;
        format!(
            r#"{{"number":{number},"turn":{turn},"time":{time_us},"wall":{wall_us},"actor":{actor},"cause":{cause},"event":{event}}}"#
        )
    }

    /// A line of CSV (RFC 4180) that fits [`CSV_HEADER`], the wall clock in `zone`, the event clock in seconds.
    pub fn csv(&self, zone: &TimeZone) -> String {
        let Self { number, turn, time_us, wall_us, kind, event, .. } = self;
        let wall = when::rfc3339(WallTime::from_unix_micros(*wall_us), zone);
        let time = format!("{}.{:06}", time_us / 1_000_000, time_us % 1_000_000);
        let actor = serde_json::from_str::<String>(self.actor).unwrap_or_else(|_| self.actor.to_owned());
        let cause = match serde_json::from_str::<Cause>(self.cause) {
            Ok(Cause::Command { command }) => format!("command {command}"),
            Ok(Cause::Fact {}) => "fact".into(),
            Ok(Cause::Time {}) => "time".into(),
            Ok(Cause::Start {}) => "start".into(),
            Err(_) => self.cause.to_owned(),
        };
        let texts = [&*wall, &time, &actor, &cause, kind, event].map(quoted);
        format!("{number},{turn},{}\r\n", texts.join(","))
    }

    /// The event as the show knows it.
    ///
    /// # Errors
    /// When the row was damaged or written by another version.
    pub fn recorded(&self) -> Result<Recorded, serde_json::Error> {
        Ok(Recorded {
            number: self.number,
            turn: self.turn,
            time: ShowTime::from(self.time_us),
            wall: WallTime::from_unix_micros(self.wall_us),
            actor: serde_json::from_str::<Actor>(self.actor)?,
            cause: serde_json::from_str::<Cause>(self.cause)?,
            event: serde_json::from_str::<Event>(self.event)?,
        })
    }
}

/// Quoted where it must be.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
