//! The one table of all endpoints: who may use each, and from which pages. The router is made of it, so nothing can be
//! reached that has no row here. Which commands a role may send stands in [`Command::roles`](crate::show::Command::roles).

use axum::Router;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::identity::{bearer, session_tokens};
use super::{Door, Outlet, Proof, Seat, Visitor, may_select, origin};
use crate::http::error::{self, Error};
use crate::http::{
    Shared, api, asrun, buttons, calls, channels, commands, health, links, live, metrics, pages, people, radio,
    rundown, session, signalling, snapshot, whep, whip,
};
use crate::show::{Caller, Role};
use crate::store::{Bearer, Holder, LinkId, Standing};

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Admits {
    /// Everybody; nobody is asked who they are.
    All,
    /// Everybody, as who they are. A wrong key is refused: whoever sends one does not mean to be a viewer.
    Anyone,
    /// Whoever has one of these roles.
    Roles(&'static [Role]),
    /// Who may publish there: the city or the co-host that the path names, by a link that is valid; an operator for the own
    /// talkback microphone.
    Publisher,
    /// The same, also by a link that was renewed or has expired: what it opened before goes on.
    PublisherOfSession,
    /// Viewers. A bearer token that is no key may be the channel's access code: the handler asks for it. To a channel that
    /// is not public only its listeners are let in.
    Audience,
}

/// From which pages an endpoint may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Pages {
    /// All: it changes nothing, and no page of another site can read the answer.
    Any,
    /// All, and they may read the answers (CORS). Cookies of other sites' pages are not looked at.
    Open,
    /// This server's own.
    Own,
    /// This server's own, where a session cookie comes along.
    OwnWithCookie,
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The method; HEAD goes where GET goes.
    pub method: Method,
    /// The path, with names in braces.
    pub path: &'static str,
    /// Who may use it.
    pub(in crate::http) admits: Admits,
    /// From which pages.
    pub(in crate::http) pages: Pages,
}

/// An endpoint with what answers there.
struct Row {
    endpoint: Endpoint,
    handler: MethodRouter<Shared>,
}

fn row<H, T>(method: Method, path: &'static str, admits: Admits, pages: Pages, handler: H) -> Row
where
    H: Handler<T, Shared>,
    T: 'static,
{
    let filter = MethodFilter::try_from(method.clone()).expect("the table has common methods only");
    Row { endpoint: Endpoint { method, path, admits, pages }, handler: on(filter, handler) }
}

const GET: Method = Method::GET;
const HEAD: Method = Method::HEAD;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;
const OPTIONS: Method = Method::OPTIONS;

const DIRECTOR: Admits = Admits::Roles(&[Role::Director]);
const OPERATORS: Admits = Admits::Roles(&Role::OPERATORS);
const CALLS: Admits = Admits::Roles(&[Role::Director, Role::Screener]);
const EVERY_ROLE: Admits =
    Admits::Roles(&[Role::Director, Role::Sound, Role::Graphics, Role::Screener, Role::City, Role::Cohost]);

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Admits::{All, Anyone, Audience, Publisher, PublisherOfSession};
    use Pages::{Any, Open, Own, OwnWithCookie};
    let mut rows = vec![
        // The show.
        row(GET,     "/api/v1/show",                      Anyone,        Any,           snapshot::show),
        row(GET,     "/api/v1/live",                      Anyone,        OwnWithCookie, live::open),
        row(POST,    "/api/v1/commands",                  EVERY_ROLE,    Own,           commands::run),
        // What happened, and what should.
        row(GET,     "/api/v1/as-run",                    OPERATORS,     Any,           asrun::rows),
        row(GET,     "/api/v1/as-run/program.edl",        OPERATORS,     Any,           asrun::program_edl),
        row(GET,     "/api/v1/as-run/program.otio",       OPERATORS,     Any,           asrun::program_otio),
        row(GET,     "/api/v1/rundown",                   OPERATORS,     Any,           rundown::tell),
        row(PUT,     "/api/v1/rundown",                   DIRECTOR,      Own,           rundown::replace),
        // People.
        row(POST,    "/api/v1/session",                   All,           Own,           session::sign_in),
        row(GET,     "/api/v1/session",                   Anyone,        Any,           session::tell),
        row(DELETE,  "/api/v1/session",                   All,           Own,           session::sign_out),
        row(GET,     "/api/v1/operators",                 DIRECTOR,      Any,           people::operators),
        row(GET,     "/api/v1/keys",                      DIRECTOR,      Any,           people::keys),
        row(POST,    "/api/v1/keys",                      DIRECTOR,      Own,           people::add_key),
        row(DELETE,  "/api/v1/keys/{name}",               DIRECTOR,      Own,           people::revoke_key),
        // Links. Those of co-hosts are the screener's, too: the handlers of single links look whose it is.
        row(GET,     "/api/v1/cities/{city}/links",       DIRECTOR,      Any,           links::of_city),
        row(POST,    "/api/v1/cities/{city}/links",       DIRECTOR,      Own,           links::add_to_city),
        row(GET,     "/api/v1/cohosts/{cohost}/links",    CALLS,         Any,           links::of_cohost),
        row(POST,    "/api/v1/cohosts/{cohost}/links",    CALLS,         Own,           links::add_to_cohost),
        row(GET,     "/api/v1/cohosts/{cohost}/number",   CALLS,         Any,           calls::number),
        row(POST,    "/api/v1/links/{id}/renew",          CALLS,         Own,           links::renew),
        row(DELETE,  "/api/v1/links/{id}",                CALLS,         Own,           links::revoke),
        // Channels.
        row(GET,     "/api/v1/channels",                  Audience,      Any,           channels::list),
        row(PUT,     "/api/v1/channels/{channel}/code",   DIRECTOR,      Own,           channels::set_code),
        row(DELETE,  "/api/v1/channels/{channel}/code",   DIRECTOR,      Own,           channels::remove_code),
        // A city, a co-host, a talkback microphone publishes. Preflights carry no key.
        row(OPTIONS, "/whip/{contribution}",              All,           Open,          whip::describe),
        row(POST,    "/whip/{contribution}",              Publisher,     Open,          whip::publish),
        row(OPTIONS, "/whip/{contribution}/{session}",    All,           Open,          whip::describe_session),
        row(PATCH,   "/whip/{contribution}/{session}",    PublisherOfSession, Open,     whip::trickle),
        row(DELETE,  "/whip/{contribution}/{session}",    PublisherOfSession, Open,     whip::end),
        // A viewer watches. A session belongs to whoever knows its URL.
        row(OPTIONS, "/whep/{channel}",                   All,           Open,          whep::describe),
        row(HEAD,    "/whep/{channel}",                   Audience,           Open,          whep::describe_channel),
        row(POST,    "/whep/{channel}",                   Audience,      Open,          whep::join),
        row(OPTIONS, "/whep/{channel}/{session}",         All,           Open,          whep::describe_session),
        row(PATCH,   "/whep/{channel}/{session}",         Audience,      Open,          whep::change),
        row(DELETE,  "/whep/{channel}/{session}",         All,           Open,          whep::leave),
        // Somebody listens to the radio.
        row(OPTIONS, "/radio.opus",                       All,           Open,          radio::describe),
        row(GET,     "/radio.opus",                       Audience,      Open,          radio::listen),
        row(OPTIONS, "/radio.aac",                        All,           Open,          radio::describe),
        row(GET,     "/radio.aac",                        Audience,      Open,          radio::listen),
        row(OPTIONS, "/radio.mp3",                        All,           Open,          radio::describe),
        row(GET,     "/radio.mp3",                        Audience,      Open,          radio::listen),
        // The house.
        row(GET,     "/healthz",                          All,           Any,           health::check),
        row(GET,     "/metrics",                          All,           Any,           metrics::scrape),
        row(GET,     "/api/v1/openapi.json",              All,           Any,           api::tell),
        // The pages, which hold nothing secret; what they show they ask for above.
        row(GET,     "/",                                 All,           Any,           pages::watch),
        row(GET,     "/console",                          All,           Any,           pages::console),
        row(GET,     "/api",                              All,           Any,           pages::api),
        row(GET,     "/city/{city}",                      All,           Any,           pages::city),
        row(GET,     "/call/{cohost}",                    All,           Any,           pages::call),
    ];
    // Commands as addresses; which role may send each is for the show to say.
    rows.extend(buttons::BUTTONS.iter().map(|button| {
        row(POST, button.path, EVERY_ROLE, Own, |server, caller, path| button.press(server, caller, path))
    }));
    rows
}

/// All that can be asked for, besides the pages' files.
pub fn endpoints() -> impl Iterator<Item = Endpoint> {
    rows().into_iter().map(|row| row.endpoint)
}

/// The rows as a router. It answers nothing that has no row.
pub(in crate::http) fn router(server: &Shared) -> Router<Shared> {
    let (mut own, mut open) = (Router::new(), Router::new());
    for Row { endpoint, handler } in rows() {
        let (path, pages) = (endpoint.path, endpoint.pages);
        let handler = handler.route_layer(middleware::from_fn_with_state((server.clone(), endpoint), enforce));
        match pages {
            Pages::Open => open = open.route(path, handler),
            Pages::Any | Pages::Own | Pages::OwnWithCookie => own = own.route(path, handler),
        }
    }
    let open = open
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(middleware::from_fn(signalling::open_to_all_origins));
    own.method_not_allowed_fallback(error::method_not_allowed).merge(open)
}

/// Lets a request through that its row admits, with the [`Visitor`] whom handlers find.
async fn enforce(
    State((server, endpoint)): State<(Shared, Endpoint)>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    endpoint.check_origin(&server, &parts.headers)?;
    if let Some(visitor) = endpoint.admit(&server, &mut parts).await.inspect_err(|error| endpoint.log(error))? {
        parts.extensions.insert(visitor);
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

impl Endpoint {
    /// Refuses what a page of another site sends with this browser's rights.
    fn check_origin(&self, server: &Shared, headers: &HeaderMap) -> Result<(), Error> {
        let matters = match self.pages {
            Pages::Any | Pages::Open => false,
            Pages::Own => true,
            Pages::OwnWithCookie => session_tokens(headers).next().is_some(),
        };
        if matters && !origin::is_own(headers, server.context.public_url.as_deref()) {
            return Err(Error::WrongOrigin(origin::named(headers)));
        }
        Ok(())
    }

    /// Who asks, if it matters and they may. Cities, co-hosts and channels in the path are looked up first: their names are
    /// no secret.
    async fn admit(&self, server: &Shared, parts: &mut Parts) -> Result<Option<Visitor>, Error> {
        if self.admits == Admits::All {
            return Ok(None);
        }
        if self.path.contains("{city}") {
            Seat::from_request_parts(parts, server).await?;
        }
        if self.path.contains("{contribution}") {
            Door::from_request_parts(parts, server).await?;
        }
        let channel = match self.path.contains("{channel}") {
            true => Some(Outlet::from_request_parts(parts, server).await?),
            false => None,
        };
        match self.admits {
            Admits::All => Ok(None),
            Admits::Anyone => server.visitor(&parts.headers).await.map(Some),
            Admits::Audience if channel.as_ref().is_some_and(|Outlet(channel)| !channel.is_public()) => {
                let visitor = server.visitor(&parts.headers).await?;
                channel.iter().try_for_each(|Outlet(channel)| may_select(&visitor.caller, channel.listeners()))?;
                Ok(Some(visitor))
            }
            // What is no key may be an access code, or the key of another place: it makes nobody more than a viewer.
            Admits::Audience => Ok(server.visitor(&parts.headers).await.ok()),
            Admits::Roles(roles) => server.visitor(&parts.headers).await?.with_one_of(roles).map(Some),
            Admits::Publisher | Admits::PublisherOfSession => match Door::from_request_parts(parts, server).await? {
                Door::Of(holder) => {
                    let token = bearer(&parts.headers).ok_or(Error::NoKey)?;
                    let goes_on = self.admits == Admits::PublisherOfSession;
                    let link = link_of(server.known_bearer(token).await?, &holder, goes_on)?;
                    let caller = match holder {
                        Holder::City(city) => Caller::city(city),
                        Holder::Cohost(cohost) => Caller::cohost(cohost),
                    };
                    Ok(Some(Visitor { caller, proof: Proof::Link(link) }))
                }
                Door::Talkback => server.visitor(&parts.headers).await?.with_one_of(&Role::OPERATORS).map(Some),
            },
        }
    }

    /// Somebody known asks for what is not theirs: that is worth a line.
    fn log(&self, error: &Error) {
        if error.kind().0 == StatusCode::FORBIDDEN {
            tracing::warn!(method = %self.method, path = self.path, %error, "somebody asks for what is not theirs");
        }
    }
}

/// The link by which somebody has this seat. One whose time is over is good for what goes on already.
fn link_of(bearer: Bearer, holder: &Holder, goes_on: bool) -> Result<LinkId, Error> {
    let not_yours = |who: String| Error::NotYours { who, owner: holder.clone() };
    match bearer {
        Bearer::Link { id, holder: own, standing } if own == *holder => match standing {
            Standing::Valid => Ok(id),
            Standing::Renewed | Standing::Expired if goes_on => Ok(id),
            Standing::Renewed | Standing::Expired | Standing::Revoked => Err(Error::LinkOver(standing)),
        },
        Bearer::Link { holder: other, .. } => Err(not_yours(other.to_string())),
        Bearer::Machine(machine) => Err(not_yours(machine.name.to_string())),
    }
}
