//! /api/v1/channels: what can be watched, and the access codes of channels that are not public.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{Attempts, Outlet, may_select, operator_name};
use super::body::Arrived;
use super::error::Error;
use super::{Server, Shared};
use crate::show::{Actor, Caller, ChannelId, Role};

/// Wrong codes from one address, which may be that of a whole hall: at once, and then one each.
const WRONG_CODES: (u32, Duration) = (60, Duration::from_secs(1));

/// Who tries access codes. Who has the right one has not tried.
#[derive(Debug)]
pub(super) struct Codes(Attempts<IpAddr>);

impl Default for Codes {
    fn default() -> Self {
        Self(Attempts::new(WRONG_CODES.0, WRONG_CODES.1))
    }
}

/// A channel, as viewers choose it.
#[derive(Serialize, ToSchema)]
#[schema(as = Channel)]
struct ToldChannel {
    /// Identifier.
    id: ChannelId,
    /// Name for people.
    name: String,
    /// Whether viewers need an access code.
    needs_code: bool,
}

/// The channels.
#[derive(Serialize, ToSchema)]
pub(super) struct Channels {
    /// Program, the radio, then the cities in the order of the evening; then what else whoever asks may select.
    channels: Vec<ToldChannel>,
}

/// The code that a channel gets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with a 'code'")]
#[schema(as = AccessCode)]
pub(super) struct NewCode {
    /// What viewers have to know.
    code: String,
}

/// GET: program and the cities, in the order of the evening. Who may select what not everybody may is told of it.
pub(super) async fn list(State(server): State<Shared>, caller: Caller) -> Json<Channels> {
    let view = server.context.director.view();
    let people = server.context.store.people();
    let house = [(ChannelId::Program, view.title.clone()), (ChannelId::Radio, "Radio".to_owned())];
    let cities = view.cities.iter().map(|city| (ChannelId::City(city.id.clone()), city.name.clone()));
    let for_operators = [(ChannelId::Preview, "Preview"), (ChannelId::Multiview, "Multiview")];
    let for_operators = for_operators.map(|(id, name)| (id, name.to_owned()));
    let returns = view.cities.iter().map(|city| (ChannelId::Return(city.id.clone()), city.name.clone()));
    let calls = view.cohosts.iter().flatten().flat_map(|cohost| {
        let both = [ChannelId::Call(cohost.id.clone()), ChannelId::Camera(cohost.id.clone())];
        both.map(|id| (id, cohost.name.clone()))
    });
    let own = operator_name(&caller).map(|name| (ChannelId::Monitor(name.clone()), name.to_string()));
    let channels = house
        .into_iter()
        .chain(cities)
        .chain(for_operators)
        .chain(returns)
        .chain(calls)
        .chain(own)
        .filter(|(id, _)| may_select(&caller, id.listeners()).is_ok() && server.has_channel(id))
        .map(|(id, name)| ToldChannel { needs_code: people.needs_code(&id), id, name })
        .collect();
    Json(Channels { channels })
}

/// PUT: from now on viewers need this code. Those who watch already go on.
pub(super) async fn set_code(
    State(server): State<Shared>,
    Outlet(channel): Outlet,
    caller: Caller,
    body: Arrived,
) -> Result<StatusCode, Error> {
    let NewCode { code } = body.json()?;
    if !channel.is_public() {
        return Err(Error::NoCodeThere(channel));
    }
    server.context.store.people().set_code(&channel, Some(&code)).await?;
    tracing::info!(actor = %caller.actor, %channel, "a channel has a new access code");
    Ok(StatusCode::NO_CONTENT)
}

/// DELETE: the channel is public.
pub(super) async fn remove_code(
    State(server): State<Shared>,
    Outlet(channel): Outlet,
    caller: Caller,
) -> Result<StatusCode, Error> {
    server.context.store.people().set_code(&channel, None).await?;
    tracing::info!(actor = %caller.actor, %channel, "a channel is public");
    Ok(StatusCode::NO_CONTENT)
}

impl Server {
    /// Whether somebody may watch a channel: with its code, if it has one. Operators need none anywhere; a city and a
    /// co-host need none for what they take part in. No code opens what is not public.
    pub(super) fn admit_to(
        &self,
        channel: &ChannelId,
        caller: &Caller,
        code: Option<&str>,
        from: IpAddr,
    ) -> Result<(), Error> {
        if !channel.is_public() {
            return may_select(caller, channel.listeners());
        }
        let people = self.context.store.people();
        if !people.needs_code(channel) || takes_part(caller, channel) {
            return Ok(());
        }
        let code = code.ok_or_else(|| Error::CodeNeeded(channel.clone()))?;
        self.codes.0.take(from, Instant::now()).map_err(Error::TooManyAttempts)?;
        if !people.admits(channel, Some(code)) {
            return Err(Error::WrongCode(channel.clone()));
        }
        self.codes.0.give_back(&from, Instant::now());
        Ok(())
    }
}

fn takes_part(caller: &Caller, channel: &ChannelId) -> bool {
    match (&caller.actor, channel) {
        (Actor::Operator(_) | Actor::Machine(_), _) => caller.is_one_of(&Role::OPERATORS),
        // They are part of both.
        (Actor::City(_) | Actor::Cohost(_), ChannelId::Program | ChannelId::Radio) => true,
        (Actor::City(city), ChannelId::City(own)) => city == own,
        _ => false,
    }
}
