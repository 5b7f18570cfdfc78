//! POST /api/v1/commands: one typed command, answered with what happened or with the reason why not.
//!
//! ```json
//! {"id": "optional text", "revision": 7, "command": {"type": "set_preview", "source": "city:roma"}}
//! {"id": "optional text", "revision": 8, "events": [{"event": "preview_changed", "picture": {}}]}
//! ```
//! A command whose `id` was answered before is not run again but gets the first answer. With `revision` it runs only
//! if the show is still at that revision.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::timeout_at;

use super::access::Operator;
use super::answered::{Answer, Answered};
use super::body::Arrived;
use super::error::{Error, Told};
use super::{Server, Shared};
use crate::director::{Condition, Receipt, Stopped};
use crate::show::Command;

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

/// A command as it arrives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with a 'command'")]
struct Asked {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    revision: Option<u64>,
    command: Command,
}

/// A command that happened.
#[derive(Debug, Serialize)]
struct Done<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(flatten)]
    receipt: &'a Receipt,
}

/// A body that holds no command.
#[derive(Debug, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the body is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("the body is not a command: {0}")]
    UnknownCommand(serde_json::Error),
    #[error("the body is not a command: {0}")]
    UnknownField(serde_json::Error),
    #[error("the body is not a command: {0}")]
    BadField(serde_json::Error),
    #[error("an id has 1 to {LONGEST_ID} characters, {0} arrived")]
    BadId(usize),
}

impl Malformed {
    /// The stable word for machines.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "not-json",
            Self::UnknownCommand(_) => "unknown-command",
            Self::UnknownField(_) => "unknown-field",
            Self::BadField(_) => "bad-field",
            Self::BadId(_) => "bad-id",
        }
    }
}

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        // serde tells these apart by their words alone; a test holds it to them.
        match error.to_string() {
            _ if !error.is_data() => Self::NotJson(error),
            text if text.starts_with("unknown variant") => Self::UnknownCommand(error),
            text if text.starts_with("unknown field") => Self::UnknownField(error),
            _ => Self::BadField(error),
        }
    }
}

fn parse(text: &str) -> Result<Asked, Malformed> {
    let asked: Asked = serde_json::from_str(text)?;
    match asked.id.as_ref().map(|id| id.chars().count()) {
        Some(length) if !(1..=LONGEST_ID).contains(&length) => Err(Malformed::BadId(length)),
        _ => Ok(asked),
    }
}

/// Runs a command.
pub(super) async fn run(State(server): State<Shared>, _: Operator, body: Arrived) -> Result<Response, Error> {
    let asked = parse(&body.text("application/json")?)?;
    let until = Instant::now() + PATIENCE;
    // In a task of its own, which outlives a client that goes away or waits too long: a command that ran leaves its answer.
    let task = tokio::spawn(async move { decide(&server, asked, until).await });
    let answer = timeout_at(until.into(), task).await.map_err(|_| Error::Late)?;
    let Answer { status, body, .. } = answer.map_err(|_| Stopped)??;
    Ok((status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

async fn decide(server: &Server, asked: Asked, until: Instant) -> Result<Answer, Error> {
    let mut answered = timeout_at(until.into(), server.commands.answered.lock()).await.map_err(|_| Error::Late)?;
    if let Some(id) = &asked.id
        && let Some(answer) = answered.get(id, Instant::now())
    {
        let same = answer.command == asked.command;
        return if same { Ok(answer.clone()) } else { Err(Error::IdReused(id.clone())) };
    }
    let condition = Condition { revision: asked.revision, until: Some(until) };
    let done = server
        .context
        .director
        .command_if(asked.command.clone(), &super::access::Role::Operator.caller(), condition)
        .await;
    let (status, body) = match done.map_err(Error::from) {
        Ok(receipt) => (StatusCode::OK, serde_json::to_string(&Done { id: asked.id.as_deref(), receipt: &receipt })),
        Err(error @ (Error::Rejected(_) | Error::StaleRevision { .. })) => {
            tracing::info!(command = ?asked.command, code = error.kind().1, "a command was refused");
            (error.kind().0, serde_json::to_string(&Told::from(&error)))
        }
        // It did not run, or the show has ended: nothing to remember.
        Err(error) => return Err(error),
    };
    let body = body.expect("receipts and errors are plain data with text keys");
    let answer = Answer { command: asked.command, status, body };
    if let Some(id) = asked.id {
        answered.keep(id, answer.clone(), Instant::now());
    }
    Ok(answer)
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
