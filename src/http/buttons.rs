//! Commands as plain addresses, for button boxes: each is POSTed with an empty body and answered like
//! `POST /api/v1/commands`.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::access::quoted;
use super::error::Error;
use super::{Shared, commands};
use crate::show::{
    Bus, Caller, CityId, Command, CueId, Fader, InvalidStrip, KeyerNumber, Kind, Rejection, SceneId, Source, Strip,
    StripId, Transition, View,
};

/// A button: an address and the command that it stands for.
#[derive(Clone, Copy)]
pub(super) struct Button {
    /// The address, with names in braces.
    pub(super) path: &'static str,
    press: Press,
}

/// How the command is made.
#[derive(Clone, Copy)]
enum Press {
    /// Of the address alone.
    Plain(fn(&Parts<'_>) -> Result<Command, Error>),
    /// Of the address and the show as it is: it runs only if the show still is so.
    Of(fn(&Parts<'_>, &View) -> Result<Command, Error>),
}

/// How often a command that is made of the show is made anew, because the show has changed meanwhile.
const TRIES: usize = 8;

const fn plain(path: &'static str, make: fn(&Parts<'_>) -> Result<Command, Error>) -> Button {
    Button { path, press: Press::Plain(make) }
}

const fn of_show(path: &'static str, make: fn(&Parts<'_>, &View) -> Result<Command, Error>) -> Button {
    Button { path, press: Press::Of(make) }
}

/// All buttons.
#[rustfmt::skip]
pub(super) const BUTTONS: &[Button] = &[
    // The buses. A source is `city:roma`, `roma`, `slate` or `black`.
    plain("/api/v1/preview/{source}",      |parts| Ok(Command::SetPreview { source: parts.source()? })),
    plain("/api/v1/cut",                   |_| Ok(Command::Cut {})),
    plain("/api/v1/cut/{source}",          |parts| Ok(Command::CutTo { source: parts.source()? })),
    plain("/api/v1/take",                  |_| Ok(Command::Take {})),
    plain("/api/v1/transition/cut",        |_| Ok(Command::SetTransition { transition: Transition::Cut {} })),
    plain("/api/v1/transition/mix/{ms}",   |parts| Ok(Command::SetTransition { transition: parts.mix()? })),
    plain("/api/v1/scene/{id}/preview",    |parts| Ok(Command::RecallScene { scene: parts.scene()?, to: Bus::Preview })),
    plain("/api/v1/scene/{id}/program",    |parts| Ok(Command::RecallScene { scene: parts.scene()?, to: Bus::Program })),
    // The rundown.
    plain("/api/v1/cue/next",              |_| Ok(Command::TakeNext {})),
    plain("/api/v1/cue/skip",              |_| Ok(Command::SkipNext {})),
    plain("/api/v1/cue/hold",              |_| Ok(Command::HoldRundown { held: true })),
    plain("/api/v1/cue/resume",            |_| Ok(Command::HoldRundown { held: false })),
    plain("/api/v1/cue/{id}/set-next",     |parts| Ok(Command::SetNext { cue: parts.cue()? })),
    plain("/api/v1/cue/{id}/acknowledge",  |parts| Ok(Command::AcknowledgeCue { cue: parts.cue()? })),
    // Transitions by hand, and black.
    plain("/api/v1/t-bar/{position}",       |parts| Ok(Command::SetTBar { position: parts.number("position")? })),
    plain("/api/v1/black/on",              |_| Ok(Command::FadeToBlack { on: true })),
    plain("/api/v1/black/off",             |_| Ok(Command::FadeToBlack { on: false })),
    of_show("/api/v1/black/toggle",        |_, view| Ok(Command::FadeToBlack { on: !view.black })),
    // The first downstream keyer, and all of them.
    plain("/api/v1/keyer/on",              |_| Ok(Command::SetKeyer { keyer: KeyerNumber::default(), on: true })),
    plain("/api/v1/keyer/off",             |_| Ok(Command::SetKeyer { keyer: KeyerNumber::default(), on: false })),
    of_show("/api/v1/keyer/toggle",        |_, view| {
        Ok(toggled(view, KeyerNumber::default()))
    }),
    plain("/api/v1/keyer/{number}/on",     |parts| Ok(Command::SetKeyer { keyer: parts.keyer()?, on: true })),
    plain("/api/v1/keyer/{number}/off",    |parts| Ok(Command::SetKeyer { keyer: parts.keyer()?, on: false })),
    of_show("/api/v1/keyer/{number}/toggle", |parts, view| Ok(toggled(view, parts.keyer()?))),
    // The desk. A strip is `city:roma`, `roma`, `cohost:luca`, `music:sigla` and so on.
    of_show("/api/v1/strip/{strip}/mute",   |parts, view| parts.strip(view, |strip| strip.muted = true)),
    of_show("/api/v1/strip/{strip}/unmute", |parts, view| parts.strip(view, |strip| strip.muted = false)),
    of_show("/api/v1/strip/{strip}/toggle", |parts, view| parts.strip(view, |strip| strip.muted = !strip.muted)),
    of_show("/api/v1/strip/{strip}/fader/{db}", |parts, view| {
        let fader_db = parts.fader()?;
        parts.strip(view, |strip| strip.fader_db = fader_db)
    }),
    // Who commands program. To take it by a button is meant.
    plain("/api/v1/lease/take",            |_| Ok(Command::TakeLease { confirm: true })),
    plain("/api/v1/lease/ask",             |_| Ok(Command::AskLease {})),
    plain("/api/v1/lease/release",         |_| Ok(Command::ReleaseLease {})),
    // Taking back and doing again.
    plain("/api/v1/undo",                  |_| Ok(Command::Undo {})),
    plain("/api/v1/redo",                  |_| Ok(Command::Redo {})),
];

impl Button {
    /// Presses it.
    pub(super) async fn press(
        self,
        State(server): State<Shared>,
        caller: Caller,
        Path(parts): Path<Vec<(String, String)>>,
    ) -> Result<Response, Error> {
        let parts = Parts(&parts);
        let mut tries = 0;
        let receipt = loop {
            tries += 1;
            let (command, revision) = match self.press {
                Press::Plain(make) => (make(&parts)?, None),
                Press::Of(make) => {
                    let view = server.context.director.view();
                    (make(&parts, &view)?, Some(view.revision))
                }
            };
            match commands::obey(&server, &caller, command, revision).await {
                Err(Error::StaleRevision { .. }) if tries < TRIES => {}
                other => break other?,
            }
        };
        Ok(Json(receipt).into_response())
    }
}

/// The keyer the other way round.
fn toggled(view: &View, keyer: KeyerNumber) -> Command {
    let on = view.keyers.as_ref().is_some_and(|keyers| keyers.get(keyer.index()).is_some_and(|keyer| keyer.on));
    Command::SetKeyer { keyer, on: !on }
}

/// The parts of the address that stand in braces.
struct Parts<'a>(&'a [(String, String)]);

impl Parts<'_> {
    fn part(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A source; a city also without `city:` before it.
    fn source(&self) -> Result<Source, Error> {
        let text = self.part("source");
        let city = || text.parse::<CityId>().map(Source::City);
        text.parse::<Source>()
            .or_else(|error| city().map_err(|_| error))
            .map_err(|error| Error::BadPath(error.to_string()))
    }

    fn mix(&self) -> Result<Transition, Error> {
        let text = self.part("ms");
        let duration_ms = text
            .parse()
            .map_err(|_| Error::BadPath(format!("'{}' is no duration: whole milliseconds are needed", quoted(text))))?;
        Ok(Transition::Mix { duration_ms })
    }

    fn number<N: std::str::FromStr>(&self, part: &str) -> Result<N, Error> {
        let text = self.part(part);
        text.parse().map_err(|_| Error::BadPath(format!("'{}' is no number: a whole one is needed", quoted(text))))
    }

    fn keyer(&self) -> Result<KeyerNumber, Error> {
        KeyerNumber::try_from(self.number::<u8>("number")?).map_err(|error| Error::BadPath(error.to_string()))
    }

    fn scene(&self) -> Result<SceneId, Error> {
        self.id(Kind::Scene).map(SceneId)
    }

    fn cue(&self) -> Result<CueId, Error> {
        self.id(Kind::Cue).map(CueId)
    }

    fn id(&self, kind: Kind) -> Result<u32, Error> {
        let text = self.part("id");
        text.parse().map_err(|_| Error::Rejected(Rejection::Unknown { kind, arrived: quoted(text) }))
    }

    fn fader(&self) -> Result<Fader, Error> {
        let text = self.part("db");
        let db: f32 = text
            .parse()
            .map_err(|_| Error::BadPath(format!("'{}' is no level: decibels like -6.5 are needed", quoted(text))))?;
        Fader::try_from(db).map_err(|error| Error::BadPath(error.to_string()))
    }

    /// A strip, changed in one thing; a city's also without `city:` before it.
    fn strip(&self, view: &View, change: impl FnOnce(&mut Strip)) -> Result<Command, Error> {
        let name = self.part("strip");
        let of = match name.parse::<CityId>() {
            Ok(city) if name != "bars" => StripId::City(city),
            _ => name.parse().map_err(|error: InvalidStrip| Error::BadPath(error.to_string()))?,
        };
        let unknown = || match &of {
            StripId::City(_) => Error::UnknownCity(quoted(name)),
            _ => Error::Rejected(Rejection::Unknown { kind: Kind::Strip, arrived: quoted(name) }),
        };
        let mut strip = view.strip(&of).ok_or_else(unknown)?;
        change(&mut strip);
        Ok(Command::SetStrip { of, strip })
    }
}
