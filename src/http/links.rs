//! The links of cities and co-hosts: made, listed, renewed, revoked. A token is shown once, in the answer that made it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{Call, Seat, Site, quoted};
use super::body::Arrived;
use super::error::Error;
use super::{Server, Shared};
use crate::show::{Caller, Role};
use crate::store::{Holder, Link, LinkId, NewLink, Standing, StoreError};

/// Longest life of a link that expires, ten years: beyond it somebody has mistaken the unit.
const LONGEST_S: u64 = 10 * 366 * 24 * 3600;

/// A link, as listed: all but its token.
#[derive(Serialize, ToSchema)]
#[schema(as = SeatLink)]
struct ToldLink {
    /// Its number.
    id: i64,
    /// What it is worth now.
    standing: Worth,
    /// When it was made, in µs since 1970, UTC.
    added_us: i64,
    /// When it ends by itself, in µs since 1970, UTC.
    #[schema(required = true)]
    expires_us: Option<i64>,
    /// When another took its place, in µs since 1970, UTC.
    #[schema(required = true)]
    renewed_us: Option<i64>,
    /// When it was taken away, in µs since 1970, UTC.
    #[schema(required = true)]
    revoked_us: Option<i64>,
}

/// What a link is worth.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LinkStanding)]
enum Worth {
    /// It opens its seat.
    Valid,
    /// Another has taken its place: it opens nothing new.
    Renewed,
    /// It was taken away.
    Revoked,
    /// Its time is over.
    Expired,
}

/// The links of one city or co-host.
#[derive(Serialize, ToSchema)]
pub(super) struct Links {
    /// Oldest first, also those that open nothing any more.
    links: Vec<ToldLink>,
}

/// A link just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeLink {
    /// Its number.
    id: i64,
    /// What opens the seat. It is told here and nowhere else.
    token: String,
    /// The address to give out, with the token behind its `#`.
    url: String,
    /// When it ends by itself, in µs since 1970, UTC.
    #[schema(required = true)]
    expires_us: Option<i64>,
}

impl ToldLink {
    fn of(link: &Link, now_us: i64) -> Self {
        let Link { id, added_us, expires_us, renewed_us, revoked_us, .. } = link;
        Self {
            id: id.0,
            standing: match link.standing(now_us) {
                Standing::Valid => Worth::Valid,
                Standing::Renewed => Worth::Renewed,
                Standing::Revoked => Worth::Revoked,
                Standing::Expired => Worth::Expired,
            },
            added_us: *added_us,
            expires_us: *expires_us,
            renewed_us: *renewed_us,
            revoked_us: *revoked_us,
        }
    }
}

/// How a link is asked for. A body may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object, which may have 'expires_s'")]
#[schema(as = LinkWish)]
pub(super) struct Wish {
    /// Seconds from now after which it opens nothing more; without it the link is good until it is revoked.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 316224000)]
    expires_s: Option<u64>,
}

impl Wish {
    fn expires_us(body: Arrived, now_us: i64) -> Result<Option<i64>, Error> {
        let Wish { expires_s } = if body.is_empty() { Self::default() } else { body.json()? };
        match expires_s {
            None => Ok(None),
            Some(seconds @ 1..=LONGEST_S) => {
                Ok(Some(now_us.saturating_add(i64::try_from(seconds * 1_000_000).unwrap_or(i64::MAX))))
            }
            Some(seconds) => Err(Error::BadExpiry { arrived: seconds, most: LONGEST_S }),
        }
    }
}

/// GET: a city's links, oldest first.
pub(super) async fn of_city(State(server): State<Shared>, Seat(city): Seat) -> Json<Links> {
    server.links(&Holder::City(city))
}

/// GET: a co-host's links, oldest first.
pub(super) async fn of_cohost(State(server): State<Shared>, Call(cohost): Call) -> Json<Links> {
    server.links(&Holder::Cohost(cohost))
}

/// POST: makes a link for a city's crew.
pub(super) async fn add_to_city(
    State(server): State<Shared>,
    Seat(city): Seat,
    caller: Caller,
    site: Site,
    body: Arrived,
) -> Result<(StatusCode, Json<MadeLink>), Error> {
    server.add_link(Holder::City(city), &caller, &site, body).await
}

/// POST: makes a link for a co-host.
pub(super) async fn add_to_cohost(
    State(server): State<Shared>,
    Call(cohost): Call,
    caller: Caller,
    site: Site,
    body: Arrived,
) -> Result<(StatusCode, Json<MadeLink>), Error> {
    server.add_link(Holder::Cohost(cohost), &caller, &site, body).await
}

/// POST: makes a new link in place of an old one, which opens nothing new from now on. What lives goes on.
pub(super) async fn renew(
    State(server): State<Shared>,
    Path(id): Path<String>,
    caller: Caller,
    site: Site,
    body: Arrived,
) -> Result<(StatusCode, Json<MadeLink>), Error> {
    let (link, now_us) = (server.own_link(&id, &caller)?, server.wall_us());
    let expires_us = Wish::expires_us(body, now_us)?;
    let made = server.context.store.people().renew_link(link.id, expires_us, now_us).await?;
    tracing::info!(actor = %caller.actor, of = %link.holder, old = link.id.0, new = made.link.id.0, "a link was renewed");
    Ok((StatusCode::CREATED, told(&made, &site)))
}

/// DELETE: revokes a link. What lives by it ends.
pub(super) async fn revoke(
    State(server): State<Shared>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Error> {
    let link = server.own_link(&id, &caller)?;
    server.context.store.people().revoke_link(link.id, server.wall_us()).await?;
    tracing::info!(actor = %caller.actor, of = %link.holder, id = link.id.0, "a link was revoked");
    server.end_revoked().await;
    Ok(StatusCode::NO_CONTENT)
}

impl Server {
    fn links(&self, holder: &Holder) -> Json<Links> {
        let now_us = self.wall_us();
        let links = self.context.store.people().links(holder);
        Json(Links { links: links.iter().map(|link| ToldLink::of(link, now_us)).collect() })
    }

    async fn add_link(
        &self,
        holder: Holder,
        caller: &Caller,
        site: &Site,
        body: Arrived,
    ) -> Result<(StatusCode, Json<MadeLink>), Error> {
        let now_us = self.wall_us();
        let expires_us = Wish::expires_us(body, now_us)?;
        let made = self.context.store.people().add_link(holder, expires_us, now_us).await?;
        tracing::info!(actor = %caller.actor, of = %made.link.holder, id = made.link.id.0, "a link was made");
        Ok((StatusCode::CREATED, told(&made, site)))
    }

    /// The link of this number, if it is one that whoever asks may touch.
    fn own_link(&self, id: &str, caller: &Caller) -> Result<Link, Error> {
        let found = id.parse().ok().and_then(|id| self.context.store.people().link_by_id(LinkId(id)));
        let link = found.ok_or_else(|| StoreError::Unknown { what: "link", name: quoted(id) })?;
        let may = match &link.holder {
            Holder::City(_) => caller.is_one_of(&[Role::Director]),
            Holder::Cohost(_) => true,
        };
        if may {
            return Ok(link);
        }
        tracing::warn!(actor = %caller.actor, of = %link.holder, "somebody asks for a link that is not theirs");
        Err(Error::NotYourLink { who: caller.actor.clone(), owner: link.holder })
    }
}

/// A link with its token and the address that is given out: the browser keeps what follows the `#` to itself.
fn told(NewLink { link, token }: &NewLink, site: &Site) -> Json<MadeLink> {
    let page = match &link.holder {
        Holder::City(city) => format!("city/{city}"),
        Holder::Cohost(id) => format!("call/{id}"),
    };
    let url = format!("{}/{page}#key={}", site.url, token.reveal());
    Json(MadeLink { id: link.id.0, token: token.reveal().to_owned(), url, expires_us: link.expires_us })
}
