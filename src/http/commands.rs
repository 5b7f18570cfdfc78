//! POST /api/v1/commands: one typed command, answered with what happened or with the reason why not.
//!
//! ```json
//! {"id": "optional text", "revision": 7, "command": {"type": "set_preview", "source": "city:roma"}}
//! {"id": "optional text", "revision": 8, "events": [{"event": "preview_changed", "picture": {}}]}
//! ```
//! A command whose `id` was answered before is not run again but gets the first answer; ids of different people do not
//! meet. With `revision` it runs only if the show is still at that revision. A second press right after the first one is
//! answered with `"double_press": true` and changes nothing.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::timeout_at;
use utoipa::ToSchema;

use super::answered::{Answer, Answered};
use super::body::{Arrived, JSON, Malformed};
use super::error::{Error, Told};
use super::{Server, Shared};
use crate::director::{Condition, Receipt, Stopped};
use crate::secret::Digest;
use crate::show::{Caller, Command, Rejection};

/// Longest id of a command.
const LONGEST_ID: usize = 64;

/// Longest wait for the director, which answers within microseconds unless something is badly wrong. A command whose turn
/// comes later is not carried out.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where commands run one after the other, so that a repetition finds the answer of the first.
#[derive(Debug, Default)]
pub(super) struct Commands {
    answered: Mutex<Answered>,
}

/// A command as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with a 'command'")]
#[schema(as = CommandRequest)]
pub(super) struct Asked {
    /// Names this command: the same id within ten minutes is answered as the first time, and not run again.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 64)]
    id: Option<String>,
    /// The revision that it was made from: it runs only if the show is still there.
    #[serde(default)]
    revision: Option<u64>,
    /// What is asked for.
    command: Command,
}

/// A command that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommandDone)]
pub(super) struct Done<'a> {
    /// The command's id, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(flatten)]
    receipt: &'a Receipt,
}

fn parse(text: &str) -> Result<Asked, Malformed> {
    let asked: Asked = serde_json::from_str(text).map_err(|error| {
        let is_unknown = error.is_data() && error.to_string().starts_with("unknown variant");
        if is_unknown { Malformed::UnknownCommand(error) } else { error.into() }
    })?;
    match asked.id.as_ref().map(|id| id.chars().count()) {
        Some(arrived) if !(1..=LONGEST_ID).contains(&arrived) => Err(Malformed::BadId { arrived, most: LONGEST_ID }),
        _ => Ok(asked),
    }
}

/// Runs a command.
pub(super) async fn run(State(server): State<Shared>, caller: Caller, body: Arrived) -> Result<Response, Error> {
    let asked = parse(&body.text(JSON)?)?;
    let until = Instant::now() + PATIENCE;
    // In a task of its own, which outlives a client that goes away or waits too long: a command that ran leaves its answer.
    let task = tokio::spawn(async move { decide(&server, caller, asked, until).await });
    let answer = timeout_at(until.into(), task).await.map_err(|_| Error::Late)?;
    let Answer { status, body, .. } = answer.map_err(|_| Stopped)??;
    Ok((status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

/// Runs a command that has no id, if the show is still at `revision`.
pub(super) async fn obey(
    server: &Server,
    caller: &Caller,
    command: Command,
    revision: Option<u64>,
) -> Result<Receipt, Error> {
    let until = Instant::now() + PATIENCE;
    let condition = Condition { revision, until: Some(until) };
    let done = server.context.director.command_if(command.clone(), caller, condition);
    let done = timeout_at(until.into(), done).await.map_err(|_| Error::Late)?;
    done.map_err(Error::from).inspect_err(|error| {
        if matches!(error, Error::Rejected(_)) {
            log(caller, &command, error);
        }
    })
}

async fn decide(server: &Server, caller: Caller, asked: Asked, until: Instant) -> Result<Answer, Error> {
    let mut answered = timeout_at(until.into(), server.commands.answered.lock()).await.map_err(|_| Error::Late)?;
    let digest = Digest::of(&serde_json::to_string(&asked.command).expect("commands are plain data with text keys"));
    if let Some(id) = &asked.id
        && let Some(answer) = answered.get(&caller.actor, id, Instant::now())
    {
        let same = answer.command == digest;
        return if same { Ok(answer.clone()) } else { Err(Error::IdReused(id.clone())) };
    }
    let condition = Condition { revision: asked.revision, until: Some(until) };
    let done = match admit(&asked.command) {
        Ok(()) => {
            server.context.director.command_if(asked.command.clone(), &caller, condition).await.map_err(Error::from)
        }
        Err(error) => Err(error),
    };
    let (status, body) = match done {
        Ok(receipt) => (StatusCode::OK, serde_json::to_string(&Done { id: asked.id.as_deref(), receipt: &receipt })),
        Err(error @ Error::Rejected(_)) => {
            log(&caller, &asked.command, &error);
            (error.kind().0, serde_json::to_string(&Told::from(&error)))
        }
        // It did not run, and may be sent again as it is or from a newer show: nothing to remember.
        Err(error) => return Err(error),
    };
    let body = body.expect("receipts and errors are plain data with text keys");
    let answer = Answer { command: digest, status, body };
    if let Some(id) = asked.id {
        answered.keep(caller.actor, id, answer.clone(), Instant::now());
    }
    Ok(answer)
}

/// What the show cannot judge, which knows no time zones.
fn admit(command: &Command) -> Result<(), Error> {
    let (Command::AddCity { time_zone: zone, .. } | Command::UpdateCity { time_zone: Some(zone), .. }) = command else {
        return Ok(());
    };
    let known = jiff::tz::TimeZone::get(zone).map(drop);
    known.map_err(|_| {
        let zone: String = zone.chars().take(64).collect();
        let flaw = format!("'{zone}' arrived: an IANA time zone like 'Europe/Rome' is needed");
        Error::Rejected(Rejection::BadValue { what: "time zone", flaw })
    })
}

/// Whoever asks for what is not theirs is worth a warning. What a command says stays out of the log: texts are people's own.
fn log(caller: &Caller, command: &Command, error: &Error) {
    let (status, code) = error.kind();
    let (actor, command) = (&caller.actor, command.word());
    if status == StatusCode::FORBIDDEN {
        tracing::warn!(%actor, command, code, "a command came from who may not send it");
    } else {
        tracing::info!(%actor, command, code, "a command was refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (&'static str, String) {
        let error = parse(text).unwrap_err();
        (error.code(), error.to_string())
    }

    #[test]
    fn a_refused_body_names_what_is_wrong_with_it() {
        for (text, code, named) in [
            ("{", "not-json", "EOF"),
            ("[]", "bad-field", "'command'"),
            ("{}", "bad-field", "`command`"),
            (r#"{"command": {"type": "explode"}}"#, "unknown-command", "`explode`"),
            (r#"{"command": {"type": "cut", "hard": true}}"#, "unknown-field", "`hard`"),
            (r#"{"command": {"type": "cut"}, "hard": true}"#, "unknown-field", "`hard`"),
            (r#"{"command": {"type": "cut_to"}}"#, "bad-field", "`source`"),
            (r#"{"command": {"type": "cut_to", "source": "moon"}}"#, "bad-field", "'moon'"),
            (r#"{"command": {"type": "cut"}, "id": ""}"#, "bad-id", "0 arrived"),
        ] {
            let (told_code, told_message) = refusal(text);
            assert_eq!(told_code, code, "{text}: {told_message}");
            assert!(told_message.contains(named), "{text}: {told_message}");
        }
    }

    #[test]
    fn a_command_needs_neither_id_nor_revision() {
        let asked = parse(r#"{"command": {"type": "cut"}}"#).unwrap();
        assert_eq!((asked.command, asked.id, asked.revision), (Command::Cut {}, None, None));
    }
}
