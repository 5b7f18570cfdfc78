//! Who asks and for what: extractors that check names and keys before a handler runs.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::error::Error;
use super::{Server, Shared};
use crate::secret::SessionId;
use crate::show::{self, Actor, Caller, ChannelId, CityId, View};

/// A publisher who holds the key of the seat that the path names.
pub(super) struct Seat(pub(super) CityId);

/// The channel that the path names.
pub(super) struct Outlet(pub(super) ChannelId);

/// The session that the path names. Who knows it may end it.
pub(super) struct Session(pub(super) SessionId);

/// Somebody who holds the operator key.
pub(super) struct Operator;

/// What somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// Everything.
    Operator,
    /// What is or was on air.
    Viewer,
}

impl Server {
    /// The role that a key gives; no key at all makes a viewer.
    pub(super) fn role(&self, key: Option<&str>) -> Result<Role, Error> {
        match key {
            None => Ok(Role::Viewer),
            Some(key) if self.context.operator_key.opens_for(key) => Ok(Role::Operator),
            Some(_) => Err(Error::WrongKey),
        }
    }
}

impl Role {
    /// Who speaks.
    pub(super) fn caller(self) -> Caller {
        match self {
            Self::Operator => Caller::new(Actor::House, [show::Role::Director]),
            Self::Viewer => Caller::viewer(),
        }
    }

    /// What this role may see of the show.
    pub(super) fn view(self, view: &Arc<View>) -> Arc<View> {
        match self {
            Self::Operator => view.clone(),
            Self::Viewer => Arc::new(view.for_viewers()),
        }
    }
}

/// The bearer token (RFC 6750). Other schemes belong to whoever stands in front of this server and count as none.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The part of the path at `position`; one that is not UTF-8 names nothing.
async fn path_part(parts: &mut Parts, server: &Shared, position: usize) -> String {
    let path = Path::<Vec<(String, String)>>::from_request_parts(parts, server).await;
    path.ok()
        .and_then(|Path(mut path)| (position < path.len()).then(|| path.swap_remove(position).1))
        .unwrap_or_default()
}

/// A name as it arrived, short enough for a message.
fn quoted(name: &str) -> String {
    name.chars().take(64).collect()
}

impl FromRequestParts<Shared> for Seat {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        let name = path_part(parts, server, 0).await;
        let seat = name.parse::<CityId>().ok().and_then(|city| server.context.city_keys.get_key_value(&city));
        let (city, key) = seat.ok_or_else(|| Error::UnknownCity(quoted(&name)))?;
        let offered = bearer(&parts.headers).ok_or(Error::NoKey)?;
        if key.opens_for(offered) { Ok(Self(city.clone())) } else { Err(Error::WrongKey) }
    }
}

impl FromRequestParts<Shared> for Outlet {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        let name = path_part(parts, server, 0).await;
        let channel = name.parse().ok().filter(|channel| server.has_channel(channel));
        channel.map(Self).ok_or_else(|| Error::UnknownChannel(quoted(&name)))
    }
}

impl FromRequestParts<Shared> for Session {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        Ok(Self(SessionId::from_url(&path_part(parts, server, 1).await)))
    }
}

impl FromRequestParts<Shared> for Operator {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        match server.role(bearer(&parts.headers))? {
            Role::Operator => Ok(Self),
            Role::Viewer => Err(Error::NoKey),
        }
    }
}

impl FromRequestParts<Shared> for Role {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        server.role(bearer(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn token(value: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn a_bearer_token_is_found_in_any_case_and_other_schemes_are_none() {
        assert_eq!(token("Bearer abc"), Some("abc".into()));
        assert_eq!(token("bearer  abc"), Some("abc".into()));
        assert_eq!(token("Basic abc"), None);
        assert_eq!(token("Bearer"), None);
    }
}
