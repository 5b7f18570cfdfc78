//! Who asks: a session cookie, or a bearer token that is an API key or a link's. Whoever shows nothing is a viewer.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE as COOKIES};

use super::origin;
use crate::http::Server;
use crate::http::error::Error;
use crate::secret::{Digest, Key};
use crate::show::{Actor, Caller, Role};
use crate::store::{Bearer, Holder, LinkId, Machine, Operator, Standing};

/// The name of the session cookie.
pub(in crate::http) const COOKIE: &str = "regia_session";

/// Most session cookies of one request that are tried: a browser sends one, two if somebody set one for a parent path.
const MOST_COOKIES: usize = 4;

/// Who asks, and by what they showed it.
#[derive(Debug, Clone)]
pub(in crate::http) struct Visitor {
    /// Who.
    pub(in crate::http) caller: Caller,
    /// What opens for them, to look at it again later.
    pub(in crate::http) proof: Proof,
}

/// What somebody showed.
#[derive(Debug, Clone)]
pub(in crate::http) enum Proof {
    /// Nothing: a viewer.
    Nothing,
    /// A session cookie.
    Session(Key),
    /// The key of a machine.
    Machine(Digest),
    /// A link.
    Link(LinkId),
}

impl Visitor {
    /// Somebody who showed nothing.
    pub(in crate::http) fn nobody() -> Self {
        Self { caller: Caller::viewer(), proof: Proof::Nothing }
    }

    /// Whether they showed who they are.
    pub(in crate::http) fn is_known(&self) -> bool {
        !matches!(self.proof, Proof::Nothing)
    }

    /// The same, if they have one of these roles.
    pub(in crate::http) fn with_one_of(self, roles: &[Role]) -> Result<Self, Error> {
        match self.caller.is_one_of(roles) {
            true => Ok(self),
            false if self.is_known() => Err(Error::forbidden(&self.caller.actor, roles)),
            false => Err(Error::NoKey),
        }
    }
}

impl Server {
    /// Who sends these headers. A wrong bearer token is refused; a session that is over is none, so that its browser may
    /// still watch, and sign in again.
    pub(super) async fn visitor(&self, headers: &HeaderMap) -> Result<Visitor, Error> {
        match bearer(headers) {
            Some(token) => self.bearer(token).await,
            None => Ok(self.signed_in(headers).unwrap_or_else(Visitor::nobody)),
        }
    }

    /// Who has this token.
    pub(in crate::http) async fn bearer(&self, token: &str) -> Result<Visitor, Error> {
        match self.known_bearer(token).await? {
            Bearer::Machine(machine) => {
                Ok(Visitor { caller: machine_caller(&machine), proof: Proof::Machine(Digest::of(token)) })
            }
            Bearer::Link { id, holder, standing } => {
                // A page that was open before goes on to its end; it may come again while its city is live by this link.
                let goes_on = standing != Standing::Revoked && (self.live.has_link(id) || self.has_live_session(id));
                if standing != Standing::Valid && !goes_on {
                    return Err(Error::LinkOver(standing));
                }
                Ok(Visitor { caller: self.holder(&holder)?, proof: Proof::Link(id) })
            }
        }
    }

    /// What a token is, as the store knows it.
    pub(super) async fn known_bearer(&self, token: &str) -> Result<Bearer, Error> {
        self.context.store.people().bearer(token, self.wall_us()).await.ok_or(Error::WrongKey)
    }

    /// Whether what somebody showed still opens; who has lost it is told why.
    pub(in crate::http) fn still_opens(&self, visitor: &Visitor) -> Result<(), Error> {
        let people = self.context.store.people();
        match &visitor.proof {
            Proof::Nothing => Ok(()),
            Proof::Session(token) => match people.session(token.reveal(), self.wall_us()) {
                Some(_) => Ok(()),
                None => Err(Error::SignedOut),
            },
            Proof::Machine(digest) if people.has_key(digest) => Ok(()),
            Proof::Machine(_) => Err(Error::WrongKey),
            Proof::Link(id) => match people.link_by_id(*id) {
                Some(link) if link.revoked_us.is_none() => self.holder(&link.holder).map(drop),
                _ => Err(Error::LinkOver(Standing::Revoked)),
            },
        }
    }

    /// The operator of a session cookie, which counts only on requests of this server's own pages.
    fn signed_in(&self, headers: &HeaderMap) -> Option<Visitor> {
        if !origin::is_own(headers, self.context.public_url.as_deref()) {
            return None;
        }
        session_tokens(headers).find_map(|token| {
            let operator = self.context.store.people().session(token, self.wall_us())?;
            let token = Key::try_from(token.to_owned()).ok()?;
            Some(Visitor { caller: operator_caller(&operator), proof: Proof::Session(token) })
        })
    }

    /// The holder of a link, who has to be of this evening.
    fn holder(&self, holder: &Holder) -> Result<Caller, Error> {
        match holder {
            Holder::City(city) if self.has_city(city) => Ok(Caller::city(city.clone())),
            Holder::City(city) => Err(Error::UnknownCity(city.to_string())),
            Holder::Cohost(id) => self.cohost_named(id.as_str()).map(Caller::cohost),
        }
    }
}

/// The operator as the show knows one.
pub(in crate::http) fn operator_caller(operator: &Operator) -> Caller {
    Caller::new(Actor::Operator(operator.name.clone()), operator.roles.as_slice())
}

fn machine_caller(machine: &Machine) -> Caller {
    let actor = match &machine.acts_for {
        Some(operator) => Actor::Operator(operator.clone()),
        None => Actor::Machine(machine.name.clone()),
    };
    Caller::new(actor, machine.roles.as_slice())
}

/// The bearer token (RFC 6750). Other schemes belong to whoever stands in front of this server and count as none.
pub(in crate::http) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session cookies as they came (RFC 6265 §4.2).
pub(in crate::http) fn session_tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let cookies = headers.get_all(COOKIES).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, token)| token).take(MOST_COOKIES)
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

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let cookies = HeaderValue::from_static("a=b; regia_session=one ; regia_session2=no;regia_session=two");
        let headers = HeaderMap::from_iter([(COOKIES, cookies)]);
        assert_eq!(session_tokens(&headers).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(session_tokens(&HeaderMap::new()).count(), 0);
    }
}
