//! /api/v1/session: sign in by name and password, who am I, sign out.
//!
//! ```json
//! {"name": "Anna", "password": "…"}
//! {"actor": "operator:Anna", "roles": ["director"], "name": "Anna"}
//! ```
//! The session is a cookie that scripts cannot read. It ends when its operator signs out, after 12 hours without use, after
//! seven days, or with a new password.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{self, Attempts, COOKIE, From, Site, session_tokens};
use super::body::Arrived;
use super::error::Error;
use super::{Server, Shared};
use crate::secret::Digest;
use crate::show::{Actor, Caller, Role};

/// How long browsers keep the cookie: as long as the store keeps a session at the most.
const COOKIE_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Attempts to sign in from one address, which may be that of a whole hall: at once, and then one each.
const FROM_AN_ADDRESS: (u32, Duration) = (10, Duration::from_secs(6));

/// Attempts to sign in by one name, from everywhere: more than one address has, so that no stranger alone can keep an
/// operator out.
const BY_A_NAME: (u32, Duration) = (30, Duration::from_secs(3));

/// Who tries to sign in. Who succeeds has not tried.
#[derive(Debug)]
pub(super) struct SignIns {
    by_address: Attempts<IpAddr>,
    by_name: Attempts<Digest>,
}

impl Default for SignIns {
    fn default() -> Self {
        Self {
            by_address: Attempts::new(FROM_AN_ADDRESS.0, FROM_AN_ADDRESS.1),
            by_name: Attempts::new(BY_A_NAME.0, BY_A_NAME.1),
        }
    }
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with 'name' and 'password'")]
pub(super) struct SignIn {
    /// The operator's name.
    name: String,
    /// The operator's password.
    #[schema(format = Password)]
    password: String,
}

/// Who somebody is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Identity {
    /// Who, as events name them.
    pub(super) actor: Actor,
    /// What they may do.
    pub(super) roles: Vec<Role>,
    /// Their name for people; viewers have none.
    #[schema(required = true)]
    pub(super) name: Option<String>,
}

impl Server {
    /// Who somebody is, with the name that the evening has for them.
    pub(super) fn identity(&self, caller: &Caller) -> Identity {
        let view = self.context.director.view();
        let name = match &caller.actor {
            Actor::Operator(name) | Actor::Machine(name) => Some(name.to_string()),
            Actor::City(id) => view.cities.iter().find(|city| city.id == *id).map(|city| city.name.clone()),
            Actor::Cohost(id) => {
                view.cohosts.iter().flatten().find(|cohost| cohost.id == *id).map(|cohost| cohost.name.clone())
            }
            Actor::House | Actor::Viewer => None,
        };
        Identity { actor: caller.actor.clone(), roles: caller.roles.clone(), name }
    }
}

/// POST: opens a session.
pub(super) async fn sign_in(
    State(server): State<Shared>,
    From(address): From,
    site: Site,
    body: Arrived,
) -> Result<Response, Error> {
    let SignIn { name, password } = body.json()?;
    let (attempts, who, now) = (&server.sign_ins, Digest::of(&name), Instant::now());
    attempts.by_address.take(address, now).map_err(Error::TooManyAttempts)?;
    attempts.by_name.take(who, now).map_err(Error::TooManyAttempts)?;
    let opened = server.context.store.people().sign_in(&name, &password, server.wall_us()).await?;
    let Some((token, operator)) = opened else {
        tracing::warn!(%address, "somebody could not sign in: name and password do not fit");
        return Err(Error::WrongPassword);
    };
    attempts.by_address.give_back(&address, Instant::now());
    attempts.by_name.give_back(&who, Instant::now());
    let caller = access::operator_caller(&operator);
    tracing::info!(actor = %caller.actor, "an operator signed in");
    Ok((cookie(token.reveal(), COOKIE_AGE, &site), Json(server.identity(&caller))).into_response())
}

/// GET: who am I.
pub(super) async fn tell(State(server): State<Shared>, caller: Caller) -> Json<Identity> {
    Json(server.identity(&caller))
}

/// DELETE: ends the session; its pages are closed. Without one there is nothing to do.
pub(super) async fn sign_out(State(server): State<Shared>, site: Site, headers: HeaderMap) -> Response {
    let ended = session_tokens(&headers).filter(|token| server.context.store.people().sign_out(token)).count();
    if ended > 0 {
        tracing::info!("an operator signed out");
    }
    (StatusCode::NO_CONTENT, cookie("", Duration::ZERO, &site)).into_response()
}

/// The session cookie: for this server only, not for scripts, and by TLS only where there is TLS.
fn cookie(token: &str, age: Duration, site: &Site) -> [(axum::http::HeaderName, HeaderValue); 1] {
    let secure = if site.is_secure { "; Secure" } else { "" };
    let text = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{secure}", age.as_secs());
    let mut value = HeaderValue::try_from(text).expect("tokens are hexadecimal digits");
    value.set_sensitive(true);
    [(SET_COOKIE, value)]
}
