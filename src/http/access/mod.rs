//! Who asks, from where, and whether they may: `table` says it for every endpoint, and everything else here serves it.

mod attempts;
mod identity;
mod origin;
mod screen;
mod table;
mod ward;

use std::net::IpAddr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

pub(super) use self::attempts::Attempts;
pub(super) use self::identity::{COOKIE, Proof, Visitor, bearer, operator_caller, session_tokens};
pub(super) use self::origin::{Peer, Site};
pub(super) use self::screen::Screens;
pub(super) use self::table::{Admits, Pages, router};
pub use self::table::{Endpoint, endpoints};
pub(super) use self::ward::{Wards, watch};

use super::error::Error;
use super::{Server, Shared};
use crate::secret::SessionId;
use crate::show::{Actor, Caller, ChannelId, CityId, CohostId, ContributionId, Listeners, Name, Role};
use crate::store::Holder;

/// The city that the path names.
pub(super) struct Seat(pub(super) CityId);

/// What a WHIP path names, before it is known who asks.
pub(super) enum Door {
    /// The seat of whoever has a link.
    Of(Holder),
    /// The talkback microphone of the operator who asks.
    Talkback,
}

/// The contribution that the path names; `talkback` is that of the operator whom the table has let in.
pub(super) struct Place(pub(super) ContributionId);

/// The channel that the path names.
pub(super) struct Outlet(pub(super) ChannelId);

/// The session that the path names. Who knows it may end it.
pub(super) struct Session(pub(super) SessionId);

/// The co-host that the path names.
pub(super) struct Call(pub(super) CohostId);

/// Where the request comes from.
pub(super) struct From(pub(super) IpAddr);

/// The part of the path with this name; one that is not UTF-8 names nothing.
async fn path_part(parts: &mut Parts, server: &Shared, name: &str) -> String {
    let path = Path::<Vec<(String, String)>>::from_request_parts(parts, server).await;
    let found = path.ok().and_then(|Path(path)| path.into_iter().find(|(part, _)| part == name));
    found.map(|(_, value)| value).unwrap_or_default()
}

/// A name as it arrived, short enough for a message.
pub(super) fn quoted(name: &str) -> String {
    name.chars().take(64).collect()
}

impl Server {
    /// The city of this name.
    pub(super) fn city_named(&self, name: &str) -> Result<CityId, Error> {
        let city = name.parse().ok().filter(|city| self.has_city(city));
        city.ok_or_else(|| Error::UnknownCity(quoted(name)))
    }

    /// The co-host of this name.
    pub(super) fn cohost_named(&self, name: &str) -> Result<CohostId, Error> {
        let view = self.context.director.view();
        let known = name.parse().ok().filter(|id| view.cohosts.iter().flatten().any(|cohost| cohost.id == *id));
        known.ok_or_else(|| Error::UnknownCohost(quoted(name)))
    }

    /// Whether nothing of this co-host's is let in.
    pub(super) fn is_blocked(&self, cohost: &CohostId) -> bool {
        let view = self.context.director.view();
        let known = view.cohosts.iter().flatten().find(|known| known.id == *cohost);
        known.and_then(|known| known.call.as_ref()).is_some_and(|call| call.blocked)
    }

    /// What a WHIP path names.
    fn door_named(&self, name: &str) -> Result<Door, Error> {
        match ContributionId::of_path(name, None) {
            Ok(None | Some(ContributionId::Talkback(_))) => Ok(Door::Talkback),
            Ok(Some(ContributionId::Cohost(cohost))) => {
                self.cohost_named(cohost.as_str()).map(|cohost| Door::Of(Holder::Cohost(cohost)))
            }
            Ok(Some(ContributionId::City(city))) => {
                self.city_named(city.as_str()).map(|city| Door::Of(Holder::City(city)))
            }
            Err(_) if name.starts_with("call-") => Err(Error::UnknownCohost(quoted(name))),
            Err(_) => Err(Error::UnknownCity(quoted(name))),
        }
    }

    /// The channel of this name.
    pub(super) fn channel_named(&self, name: &str) -> Result<ChannelId, Error> {
        let channel = name.parse().ok().filter(|channel| self.has_channel(channel));
        channel.ok_or_else(|| Error::UnknownChannel(quoted(name)))
    }
}

impl FromRequestParts<Shared> for Seat {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        server.city_named(&path_part(parts, server, "city").await).map(Self)
    }
}

impl FromRequestParts<Shared> for Door {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        server.door_named(&path_part(parts, server, "contribution").await)
    }
}

impl FromRequestParts<Shared> for Place {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        match Door::from_request_parts(parts, server).await? {
            Door::Of(Holder::City(city)) => Ok(Self(city.into())),
            Door::Of(Holder::Cohost(cohost)) => Ok(Self(cohost.into())),
            Door::Talkback => {
                let caller = Caller::from_request_parts(parts, server).await?;
                operator_name(&caller).cloned().map(|name| Self(ContributionId::Talkback(name))).ok_or(Error::NoKey)
            }
        }
    }
}

/// The name of an operator, or of a machine that operates.
pub(super) fn operator_name(caller: &Caller) -> Option<&Name> {
    match &caller.actor {
        Actor::Operator(name) | Actor::Machine(name) if caller.is_one_of(&Role::OPERATORS) => Some(name),
        _ => None,
    }
}

/// Whether somebody may select a channel that these may select. A public one may still need its access code.
pub(super) fn may_select(caller: &Caller, listeners: Listeners<'_>) -> Result<(), Error> {
    let operates = caller.is_one_of(&Role::OPERATORS);
    let operators = || Role::OPERATORS.map(Role::as_str).join(", ");
    let (may, needed) = match (listeners, &caller.actor) {
        (Listeners::Public, _) => return Ok(()),
        (Listeners::Operators, _) => (operates, operators()),
        (Listeners::City(own), actor) => (
            operates || matches!(actor, Actor::City(city) if city == own),
            format!("{}, the crew of '{own}'", operators()),
        ),
        (Listeners::Cohost(own), actor) => (
            operates || matches!(actor, Actor::Cohost(id) if id == own),
            format!("{}, the co-host '{own}'", operators()),
        ),
        (Listeners::Operator(own), _) => (operator_name(caller) == Some(own), format!("the operator '{own}'")),
        (Listeners::Nobody, _) => (false, "the house itself".to_owned()),
    };
    match (may, &caller.actor) {
        (true, _) => Ok(()),
        (false, Actor::Viewer) => Err(Error::NoKey),
        (false, actor) => Err(Error::Forbidden { actor: actor.clone(), needed }),
    }
}

impl FromRequestParts<Shared> for Outlet {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        server.channel_named(&path_part(parts, server, "channel").await).map(Self)
    }
}

impl FromRequestParts<Shared> for Session {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        Ok(Self(SessionId::from_url(&path_part(parts, server, "session").await)))
    }
}

impl FromRequestParts<Shared> for Call {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        server.cohost_named(&path_part(parts, server, "cohost").await).map(Self)
    }
}

impl FromRequestParts<Shared> for Site {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        Ok(Self::of(server.context.public_url.as_deref(), parts.extensions.get(), &parts.headers))
    }
}

impl FromRequestParts<Shared> for From {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Error> {
        Ok(Self(origin::address(parts.extensions.get(), &parts.headers)))
    }
}

/// Who asks, as the table has let them in.
impl FromRequestParts<Shared> for Visitor {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Error> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(Visitor::nobody))
    }
}

/// Who asks, for who needs not know how they showed it.
impl FromRequestParts<Shared> for Caller {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Error> {
        Ok(Visitor::from_request_parts(parts, server).await?.caller)
    }
}
