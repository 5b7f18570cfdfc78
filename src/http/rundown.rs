//! The rundown as a whole: taken out and put in, as JSON or as a sheet.
//!
//! ```text
//! GET /api/v1/rundown?format=json|csv
//! PUT /api/v1/rundown?revision=7      application/json: {"cues": [...]}    text/csv: a sheet, see `sheet`
//! ```
//! A rundown that is put in replaces the one that stands, as the command `replace_rundown` does, and is answered like it.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::body::{Arrived, JSON, Malformed, wrong_content_type};
use super::error::Error;
use super::query::Asked;
use super::{Shared, commands};
use crate::sheet::{self, Document, Evening};
use crate::show::{Caller, Command, CuePlan, View};

const CSV: &str = "text/csv";

/// Tells the rundown.
pub(super) async fn tell(State(server): State<Shared>, asked: Asked) -> Result<Response, Error> {
    asked.only(&["format"])?;
    let view = server.subscribe().await?.view;
    let cues: Vec<CuePlan> = plans(&view).cloned().collect();
    match asked.word("format", &["json", "csv"])? {
        "csv" => {
            let headers = [
                (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
                (CONTENT_DISPOSITION, "attachment; filename=\"rundown.csv\""),
            ];
            Ok((headers, sheet::write(&cues, &server.evening(&view))).into_response())
        }
        _ => Ok(Json(Document { cues }).into_response()),
    }
}

/// Replaces the rundown.
pub(super) async fn replace(
    State(server): State<Shared>,
    caller: Caller,
    asked: Asked,
    body: Arrived,
) -> Result<Response, Error> {
    asked.only(&["revision"])?;
    let revision = asked.number("revision")?;
    let cues = match body.content_type().as_str() {
        JSON => serde_json::from_str::<Document>(&body.text(JSON)?).map_err(Malformed::from)?.cues,
        CSV => {
            let text = body.text(CSV)?;
            let view = server.subscribe().await?.view;
            sheet::read(&text, &server.evening(&view))?
        }
        other => return Err(wrong_content_type(other, "application/json, text/csv")),
    };
    let receipt = commands::obey(&server, &caller, Command::ReplaceRundown { cues }, revision).await?;
    Ok(Json(receipt).into_response())
}

fn plans(view: &View) -> impl Iterator<Item = &CuePlan> {
    view.rundown.iter().flat_map(|rundown| &rundown.cues).map(|cue| &cue.plan)
}

impl super::Server {
    /// What a sheet's words refer to.
    fn evening<'a>(&'a self, view: &'a View) -> Evening<'a> {
        let scenes = view.scenes.iter().flatten();
        Evening {
            scenes: scenes.map(|each| (each.scene.id, each.scene.name.as_str())).collect(),
            cities: view.cities.iter().map(|city| (&city.id, city.name.as_str())).collect(),
            time_zone: &self.context.as_run.time_zone,
            now: (self.context.wall)(),
        }
    }
}
