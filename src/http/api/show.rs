//! The show in words: its state, its commands, its buttons, its log and its rundown.

use axum::http::Method;
use serde_json::json;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::codes;
use super::operation::{Operation, json as json_of, json_array, operation, text, words};
use crate::director::Receipt;
use crate::http::{commands, snapshot};
use crate::sheet;
use crate::show::Recorded;

const SHOW: &str = "Show";
const BUTTONS: &str = "Buttons";
const RECORD: &str = "As-run and rundown";

/// What is put into a command's example.
fn set_preview() -> serde_json::Value {
    json!({"id": "0198c5a4-1", "revision": 7, "command": {"type": "set_preview", "source": "slate"}})
}

pub(super) fn operations() -> Vec<Operation> {
    let mut all = vec![
        operation(Method::GET, "/api/v1/show", SHOW, "The show as it is now")
            .about(
                "Operators see everything, a city and a co-host what is theirs, viewers what is on air. What somebody may \
                 not know is `null`.",
            )
            .answers_with(200, "The show.", json_of::<snapshot::Snapshot<'_>>())
            .refuses(codes::SHOW),
        operation(Method::GET, "/api/v1/live", SHOW, "Follow the show (WebSocket)")
            .about(
                "The page speaks first: a `LiveRequest` of type `hello`, with a key or without. It hears a `LiveMessage` of \
                 type `hello`, then `snapshot`, then `events` as they happen, numbered without a gap, and a `beat` each second. \
                 A page that lags gets a fresh `snapshot`, or asks for one by `resync`. Before the server closes it says why \
                 (`error`). Who asks by `meters` hears the desk twenty times a second in binary frames, after a `meter_map` that \
                 says whose readings they are: little endian, a header of 16 bytes (`u8` version 1, `u8` 0, `u16` strips, `u16` \
                 mixes, `u16` 0, `u32` number of the map, `u32` ms of event time), then `i16` in hundredths of a dB: for each \
                 strip peak, true peak and RMS, each left and right, gate and compressor reduction; for each mix the same \
                 levels, limiter and ducking reduction, momentary, short-term and integrated loudness and loudness range, \
                 -32768 where they are not measured. Close codes 44xx mirror HTTP statuses: 4400, 4401, 4403, 4404, 4408.",
            )
            .answers(101, "From here on it is a WebSocket.")
            .refuses(codes::SHOW)
            .refuses(&[(426, &["not-websocket"]), (503, &["full"])]),
        operation(Method::POST, "/api/v1/commands", SHOW, "Command the show")
            .about(
                "One command, answered with what happened. With `id` it runs once, however often it is sent within ten \
                 minutes. With `revision` it runs only if nothing happened since. A second press right after the first is \
                 answered with `double_press` and changes nothing.",
            )
            .takes(json_of::<commands::Asked>().such_as(set_preview()))
            .answers_with(200, "It happened.", json_of::<commands::Done<'_>>())
            .refuses(codes::JSON)
            .refuses(&[(400, &["unknown-command", "bad-id"]), (422, &["id-reused"])])
            .refuses(codes::COMMAND)
            .refuses(codes::SHOW),
        operation(Method::GET, "/api/v1/as-run", RECORD, "The as-run log")
            .about("Every event with its times, its actor and its cause.")
            .query("after", number(), "Events with higher numbers.")
            .query("before", number(), "Events with lower numbers.")
            .query("from", instant(), "Events at or after this instant: RFC 3339, or µs since 1970.")
            .query("until", instant(), "Events before this instant.")
            .query("kind", words("[a-z_]+(,[a-z_]+)*", "program_changed,cue_taken"), "Events of these kinds.")
            .query("order", one_of(&["oldest", "newest"]), "Which come first.")
            .query("limit", number().minimum(Some(1)).maximum(Some(10_000_000)), "How many at most.")
            .query("format", one_of(&["json", "jsonl", "csv"]), "How they are written.")
            .answers_with(200, "The events.", json_array::<Recorded>())
            .answers_with(200, "", text("application/jsonl"))
            .answers_with(200, "", text("text/csv"))
            .with_header("Content-Disposition", "A file name.")
            .refuses(&[(400, &["bad-query"])])
            .refuses(codes::STORE),
        cut_list("/api/v1/as-run/program.edl", "Program's cuts as an edit decision list (CMX 3600)", "text/plain"),
        cut_list("/api/v1/as-run/program.otio", "Program's cuts as OpenTimelineIO", "application/json"),
        operation(Method::GET, "/api/v1/rundown", RECORD, "The rundown")
            .query("format", one_of(&["json", "csv"]), "How it is written.")
            .answers_with(200, "The cues in their order.", json_of::<sheet::Document>())
            .answers_with(200, "", text("text/csv"))
            .refuses(&[(400, &["bad-query"])])
            .refuses(codes::SHOW),
        operation(Method::PUT, "/api/v1/rundown", RECORD, "Put another rundown in the place of this one")
            .about(
                "As JSON, or as a sheet with the columns `title` (needed), `scene`, `planned_start`, `duration`, `city`, \
                 `note`, `follow` in any order, named in its first line.",
            )
            .query("revision", number(), "The revision that it was made from: it runs only if the show is still there.")
            .takes(json_of::<sheet::Document>().such_as(json!({"cues": [{"title": "Apertura", "duration_s": 300}]})))
            .takes(text("text/csv").such_as("title;duration;city\nApertura;5:00;Roma\n"))
            .answers_with(200, "It happened.", json_of::<Receipt>())
            .refuses(codes::JSON)
            .refuses(&[(400, &["bad-query", "bad-sheet"])])
            .refuses(codes::COMMAND)
            .refuses(codes::SHOW),
    ];
    all.extend(BUTTONS_IN_WORDS.iter().map(|(path, summary)| button(path, summary)));
    all
}

/// The buttons. Each is a command of `POST /api/v1/commands`.
const BUTTONS_IN_WORDS: &[(&str, &str)] = &[
    ("/api/v1/preview/{source}", "Put a source on preview"),
    ("/api/v1/cut", "Cut preview to program"),
    ("/api/v1/cut/{source}", "Cut a source to program"),
    ("/api/v1/take", "Take preview by the chosen transition"),
    ("/api/v1/transition/cut", "Choose the cut"),
    ("/api/v1/transition/mix/{ms}", "Choose a mix"),
    ("/api/v1/scene/{id}/preview", "Put a scene on preview"),
    ("/api/v1/scene/{id}/program", "Cut a scene to program"),
    ("/api/v1/cue/next", "Take the next cue"),
    ("/api/v1/cue/skip", "Leave the next cue out"),
    ("/api/v1/cue/hold", "Let cues that follow by themselves wait"),
    ("/api/v1/cue/resume", "Let them follow again"),
    ("/api/v1/cue/{id}/set-next", "Choose which cue comes next"),
    ("/api/v1/cue/{id}/acknowledge", "Say that a cue's city is ready"),
    ("/api/v1/t-bar/{position}", "Move the T-bar: 0 is program, 1000 is preview"),
    ("/api/v1/black/on", "Fade program to black"),
    ("/api/v1/black/off", "Bring program back from black"),
    ("/api/v1/black/toggle", "Fade program to black, or bring it back"),
    ("/api/v1/keyer/on", "Show the first downstream keyer"),
    ("/api/v1/keyer/off", "Hide the first downstream keyer"),
    ("/api/v1/keyer/toggle", "Show or hide the first downstream keyer"),
    ("/api/v1/keyer/{number}/on", "Show a downstream keyer"),
    ("/api/v1/keyer/{number}/off", "Hide a downstream keyer"),
    ("/api/v1/keyer/{number}/toggle", "Show or hide a downstream keyer"),
    ("/api/v1/strip/{strip}/mute", "Mute a strip"),
    ("/api/v1/strip/{strip}/unmute", "Open a strip"),
    ("/api/v1/strip/{strip}/toggle", "Mute or open a strip"),
    ("/api/v1/strip/{strip}/fader/{db}", "Set a strip's fader"),
    ("/api/v1/lease/take", "Command program"),
    ("/api/v1/lease/ask", "Ask for the command of program"),
    ("/api/v1/lease/release", "Command program no longer"),
    ("/api/v1/undo", "Take back what you did last"),
    ("/api/v1/redo", "Do again what you took back last"),
];

fn button(path: &'static str, summary: &'static str) -> Operation {
    operation(Method::POST, path, BUTTONS, summary)
        .answers_with(200, "It happened.", json_of::<Receipt>())
        .refuses(&[(400, &["bad-path"])])
        .refuses(codes::COMMAND)
        .refuses(codes::SHOW)
}

fn cut_list(path: &'static str, summary: &'static str, media_type: &'static str) -> Operation {
    operation(Method::GET, path, RECORD, summary)
        .about("With the names of the cities' recordings, so that an editor rebuilds program from them.")
        .query("from", instant(), "The beginning; without it 23 hours before the end, or where program begins.")
        .query("until", instant(), "The end; without it now.")
        .answers_with(200, "The list.", text_or_object(media_type))
        .with_header("Content-Disposition", "A file name.")
        .refuses(&[(400, &["bad-query"])])
        .refuses(codes::STORE)
}

fn text_or_object(media_type: &'static str) -> super::operation::Shape {
    if media_type == "application/json" { super::operation::object(media_type) } else { text(media_type) }
}

fn number() -> ObjectBuilder {
    Object::builder().schema_type(Type::Integer).minimum(Some(0))
}

fn instant() -> ObjectBuilder {
    Object::builder().schema_type(Type::String).examples(["2026-11-21T21:00:00+01:00"])
}

fn one_of(words: &[&'static str]) -> ObjectBuilder {
    Object::builder()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().copied()))
        .default(words.first().map(|word| (*word).into()))
}
