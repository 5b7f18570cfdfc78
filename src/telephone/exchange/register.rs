//! The registration with a trunk (RFC 3261 §10): asked for again before it ends, and after failures with growing pauses.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ezk_sip_types::Method;
use ezk_sip_types::header::typed::{Expires, MinExpires, RetryAfter};

use super::ask::{Outcome, Purpose, escape_user, prove};
use super::{Exchange, Output};
use crate::telephone::message::Response;
use crate::telephone::{News, RegistrationFailure, RegistrationState, Trunk};

/// First pause after a failure; it doubles up to [`LONGEST_PAUSE`], a quarter more or less.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The longest pause that a trunk which is overloaded may ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// How long a registration is asked for, and what a registrar can make of it, in seconds.
const EXPIRES: u32 = 300;
const SHORTEST: u32 = 30;
const LONGEST: u32 = 24 * 3600;

/// How often something is sent to the trunk so that a NAT between keeps its hole open.
const KEEP_OPEN: Duration = Duration::from_secs(25);

/// How long the trunk's name may take to be found.
const FINDING: Duration = Duration::from_secs(20);

/// Most addresses of a trunk that may call.
const MOST_ADDRESSES: usize = 32;

#[derive(Debug)]
enum State {
    /// No trunk is configured, or it was left.
    Off,
    /// It begins, the first time or again.
    Due {
        at: Duration,
    },
    /// Its addresses are looked up.
    Finding {
        until: Duration,
    },
    /// REGISTER is under way; `proved` once credentials went with it, `longer` once a longer time was asked for.
    Asking {
        proved: bool,
        longer: bool,
    },
    Registered {
        refresh: Duration,
        keep_open: Duration,
    },
}

#[derive(Debug)]
pub(super) struct Registrar {
    state: State,
    told: Option<RegistrationState>,
    /// All addresses of its name when it was looked up last: calls may come from any of them.
    addresses: Vec<SocketAddr>,
    call_id: String,
    tag: String,
    sequence: u32,
    expires: u32,
    failures: u32,
}

impl Registrar {
    pub(super) fn new(configured: bool, now: Duration) -> Self {
        Self {
            state: if configured { State::Due { at: now } } else { State::Off },
            told: None,
            addresses: Vec::new(),
            call_id: String::new(),
            tag: String::new(),
            sequence: 0,
            expires: EXPIRES,
            failures: 0,
        }
    }

    /// Where requests to the trunk go.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    /// Whether the trunk is at this address.
    pub(super) fn is_at(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.addresses.iter().any(|trunk| trunk.ip().to_canonical() == address)
    }
}

impl Exchange {
    pub(super) fn tick_registration(&mut self, now: Duration) {
        match self.registrar.state {
            State::Due { at } if now >= at => {
                self.registrar.state = State::Finding { until: now + FINDING };
                if self.registrar.told.is_none() {
                    self.tell(RegistrationState::Registering);
                }
                self.out.push_back(Output::FindTrunk);
            }
            State::Finding { until } if now >= until => self.failed(RegistrationFailure::NotFound, None, now),
            State::Registered { refresh, .. } if now >= refresh => self.registrar.state = State::Due { at: now },
            State::Registered { refresh, keep_open } if now >= keep_open => {
                self.registrar.state = State::Registered { refresh, keep_open: now + KEEP_OPEN };
                if let Some(to) = self.registrar.address() {
                    self.send(to, b"\r\n\r\n".to_vec());
                }
            }
            _ => {}
        }
    }

    /// What the trunk's name came to; nothing when it could not be found.
    pub(in crate::telephone) fn trunk_found(&mut self, addresses: &[SocketAddr], now: Duration) {
        if !matches!(self.registrar.state, State::Finding { .. }) {
            return;
        }
        if addresses.is_empty() {
            return self.failed(RegistrationFailure::NotFound, None, now);
        }
        let mut addresses: Vec<_> = addresses.iter().copied().take(MOST_ADDRESSES).collect();
        // After a failure another address of the same name has its turn (RFC 3263 §4.3).
        let turn = self.registrar.failures as usize % addresses.len();
        addresses.rotate_left(turn);
        self.registrar.addresses = addresses;
        match &self.settings.trunk {
            Some(trunk) if trunk.register => self.register("", State::Asking { proved: false, longer: false }, now),
            // Looked up again as often as a registration would be.
            _ => {
                let refresh = now + Duration::from_secs(EXPIRES.into());
                self.registrar.state = State::Registered { refresh, keep_open: refresh };
                self.tell(RegistrationState::Registered);
            }
        }
    }

    fn register(&mut self, proof: &str, asking: State, now: Duration) {
        let Some(to) = self.registrar.address() else { return };
        self.registrar.state = asking;
        let expires = self.registrar.expires;
        self.send_register(Purpose::Register, to, expires, proof, now);
    }

    fn send_register(&mut self, purpose: Purpose, to: SocketAddr, expires: u32, proof: &str, now: Duration) {
        if self.registrar.call_id.is_empty() {
            self.registrar.call_id = format!("{}{}", self.token(), self.token());
            self.registrar.tag = self.token();
        }
        let (branch, here) = (self.branch(), (self.settings.here)(to.ip()));
        let Some(trunk) = &self.settings.trunk else { return };
        self.registrar.sequence += 1;
        let Registrar { call_id, tag, sequence, .. } = &self.registrar;
        let us = format!("<sip:{}@{}>", escape_user(&trunk.user), trunk.domain());
        let uri = registrar_uri(trunk);
        let text = format!(
            "REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch={branch}\r\nMax-Forwards: 70\r\n\
             From: {us};tag={tag}\r\nTo: {us}\r\nCall-ID: {call_id}\r\nCSeq: {sequence} REGISTER\r\n\
             Contact: {};expires={expires}\r\nExpires: {expires}\r\nUser-Agent: Regia\r\n{proof}Content-Length: 0\r\n\r\n",
            self.contact(here)
        );
        self.attempt(purpose, Method::REGISTER, branch, to, text.into_bytes(), now);
    }

    pub(super) fn register_outcome(&mut self, outcome: Outcome<'_>, now: Duration) {
        let State::Asking { proved, longer } = self.registrar.state else { return };
        let response = match outcome {
            Outcome::Answer(response) if response.code < 200 => return,
            Outcome::Answer(response) => response,
            Outcome::Silence => return self.failed(RegistrationFailure::Silence, None, now),
        };
        let (code, retry_after) = (response.code, retry_after(response));
        match code {
            200..300 => {
                let granted = granted(response).unwrap_or(self.registrar.expires).clamp(SHORTEST, LONGEST);
                let refresh = now + Duration::from_secs(granted.into()).mul_f32(0.8);
                self.registrar.failures = 0;
                self.registrar.state = State::Registered { refresh, keep_open: now + KEEP_OPEN };
                self.tell(RegistrationState::Registered);
            }
            401 | 407 if !proved => {
                let trunk = self.settings.trunk.as_ref();
                match trunk.and_then(|trunk| prove(trunk, &Method::REGISTER, &registrar_uri(trunk), response)) {
                    Some(proof) => self.register(&proof, State::Asking { proved: true, longer }, now),
                    None => self.failed(RegistrationFailure::Realm { code }, retry_after, now),
                }
            }
            401 | 403 | 407 => self.failed(RegistrationFailure::Credentials { code }, retry_after, now),
            423 if !longer && self.registrar.expires < LONGEST => {
                let least = response.head.headers.get_named::<MinExpires>().map_or(3600, |least| least.0);
                self.registrar.expires = least.clamp(self.registrar.expires + 1, LONGEST);
                self.register("", State::Asking { proved: false, longer: true }, now);
            }
            code => self.failed(RegistrationFailure::Refused { code }, retry_after, now),
        }
    }

    /// It is tried again after a pause, not before the trunk wants to be asked again.
    fn failed(&mut self, why: RegistrationFailure, retry_after: Option<Duration>, now: Duration) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.registrar.failures.min(10)).min(LONGEST_PAUSE);
        self.registrar.failures = self.registrar.failures.saturating_add(1);
        let jitter = ((self.settings.random)() % 1000) as f32 / 2000.0;
        let pause = pause.mul_f32(0.75 + jitter).max(retry_after.unwrap_or_default());
        self.registrar.state = State::Due { at: now + pause };
        self.tell(RegistrationState::Failed { why });
    }

    fn tell(&mut self, state: RegistrationState) {
        if self.registrar.told == Some(state) {
            return;
        }
        self.registrar.told = Some(state);
        match state {
            RegistrationState::Failed { why } => {
                tracing::warn!(%why, "the telephone trunk cannot be used; it is tried again")
            }
            RegistrationState::Registered => tracing::info!("the telephone trunk can be used"),
            RegistrationState::Registering => {}
        }
        self.out.push_back(Output::News(News::Registration(state)));
    }

    pub(super) fn unregister(&mut self, now: Duration) {
        let registered = matches!(self.registrar.state, State::Registered { .. } | State::Asking { .. });
        self.registrar.state = State::Off;
        let asked = self.settings.trunk.as_ref().is_some_and(|trunk| trunk.register);
        if let Some(to) = self.registrar.address()
            && registered
            && asked
        {
            self.send_register(Purpose::Unregister, to, 0, "", now);
        }
    }

    pub(super) fn unregister_outcome(&mut self, outcome: Outcome<'_>, now: Duration) {
        let Outcome::Answer(response) = outcome else { return };
        // The first refusal alone is answered: what is sent with proof has a number above it.
        if [401, 407].contains(&response.code)
            && response.head.cseq.cseq == self.registrar.sequence
            && let (Some(to), Some(trunk)) = (self.registrar.address(), &self.settings.trunk)
            && self.registrar.told.take().is_some()
            && let Some(proof) = prove(trunk, &Method::REGISTER, &registrar_uri(trunk), response)
        {
            self.send_register(Purpose::Unregister, to, 0, &proof, now);
        }
    }
}

fn registrar_uri(trunk: &Trunk) -> String {
    format!("sip:{}", trunk.domain())
}

/// When the trunk wants to be asked again (RFC 3261 §20.33), within reason.
fn retry_after(response: &Response) -> Option<Duration> {
    let asked = response.head.headers.get_named::<RetryAfter>().ok()?;
    Some(Duration::from_secs(asked.value.into()).min(LONGEST_RETRY_AFTER))
}

/// For how long a registrar keeps us: the Contact's word before that of Expires (RFC 3261 §10.2.4).
fn granted(response: &Response) -> Option<u32> {
    let contact = response.head.contact().and_then(|contact| contact.expires);
    contact.or_else(|| response.head.headers.get_named::<Expires>().ok().map(|expires| expires.0))
}
