//! Requests of ours (RFC 3261 §17.1): sent until something comes back, told what it was, and proved by digest when asked.

use std::net::SocketAddr;
use std::time::Duration;

use ezk_sip_auth::{
    ClientAuthenticator, DigestAuthenticator, DigestCredentials, DigestUser, RequestParts, ResponseParts,
};
use ezk_sip_types::msg::{RequestLine, StatusLine};
use ezk_sip_types::print::{AppendCtx, PrintCtx, UriContext};
use ezk_sip_types::uri::SipUri;
use ezk_sip_types::{Headers, Method, StatusCode};

use super::call::{Dialog, GIVE_UP, Repeat, T2};
use super::{CallNumber, Exchange};
use crate::telephone::Trunk;
use crate::telephone::message::Response;

/// Most requests that wait for an answer. More than all calls and the registration make is a mistake of ours.
const MOST_ATTEMPTS: usize = 256;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    Register,
    Unregister,
    /// Calls somebody.
    Invite(CallNumber),
    /// Keeps a session alive.
    Refresh(CallNumber),
    Cancel(CallNumber),
    /// Ends a dialog that is no call's any more; `proved` once credentials went with it.
    Bye {
        dialog: Box<Dialog>,
        proved: bool,
    },
}

/// What happened to a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome<'a> {
    Answer(&'a Response),
    /// Nothing came back in time.
    Silence,
}

/// One request that was sent.
#[derive(Debug)]
pub(super) struct Attempt {
    purpose: Purpose,
    method: Method,
    branch: String,
    repeat: Repeat,
    state: State,
}

#[derive(Debug)]
enum State {
    Trying,
    /// A provisional answer came: an INVITE is not sent again and waits as long as it rings.
    Proceeding,
    /// Answered for good. The ACK of an INVITE goes out again whenever the answer comes again.
    Answered {
        ack: Option<Vec<u8>>,
        tag: Option<String>,
    },
}

impl Attempt {
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.state, State::Answered { .. })
    }
}

impl Exchange {
    /// Sends a request and looks after it.
    pub(super) fn attempt(
        &mut self,
        purpose: Purpose,
        method: Method,
        branch: String,
        to: SocketAddr,
        bytes: Vec<u8>,
        now: Duration,
    ) {
        self.send(to, bytes.clone());
        if self.attempts.len() >= MOST_ATTEMPTS {
            self.attempts.remove(0);
        }
        let repeat = Repeat::new(bytes, to, now);
        self.attempts.push(Attempt { purpose, method, branch, repeat, state: State::Trying });
    }

    pub(super) fn tick_attempts(&mut self, now: Duration) {
        let (mut sent, mut silent) = (Vec::new(), Vec::new());
        let calls: Vec<_> = self.calls.iter().map(|call| call.number).collect();
        self.attempts.retain_mut(|attempt| {
            let invite = attempt.method == Method::INVITE;
            let waits = match attempt.state {
                State::Trying => true,
                State::Proceeding => !invite,
                State::Answered { .. } => return now < attempt.repeat.until,
            };
            if !waits {
                // The call's own time ends it.
                return matches!(&attempt.purpose, Purpose::Invite(call) | Purpose::Refresh(call) if calls.contains(call));
            }
            if now >= attempt.repeat.until {
                silent.push(attempt.purpose.clone());
                return false;
            }
            if attempt.repeat.is_due(now, if invite { GIVE_UP } else { T2 }) {
                sent.push((attempt.repeat.to, attempt.repeat.bytes.clone()));
            }
            true
        });
        for (to, bytes) in sent {
            self.send(to, bytes);
        }
        for purpose in silent {
            self.outcome(purpose, Outcome::Silence, now);
        }
    }

    /// Whether a request was answered provisionally.
    pub(super) fn is_proceeding(&self, purpose: &Purpose) -> bool {
        self.open(purpose).is_some_and(|attempt| matches!(attempt.state, State::Proceeding))
    }

    /// The branch of a request that has no answer yet.
    pub(super) fn branch_of(&self, purpose: &Purpose) -> Option<String> {
        self.open(purpose).map(|attempt| attempt.branch.clone())
    }

    fn open(&self, purpose: &Purpose) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.purpose == *purpose && !attempt.is_answered())
    }

    /// A response: to a request of ours, or it is left alone.
    pub(super) fn answered(&mut self, response: &Response, from: SocketAddr, now: Duration) {
        let ours =
            |attempt: &Attempt| attempt.branch == response.head.branch && attempt.method == response.head.cseq.method;
        let Some(at) = self.attempts.iter().position(ours) else { return };
        // Whoever else answers guessed a random branch, and yet it may be the same machine on another port.
        if self.attempts[at].repeat.to.ip() != from.ip() && !self.knows(from.ip()) {
            return;
        }
        let purpose = self.attempts[at].purpose.clone();
        let invite = self.attempts[at].method == Method::INVITE;
        if let State::Answered { ack, tag } = &self.attempts[at].state {
            match ack {
                Some(ack) if *tag == response.head.to.tag => {
                    let (to, bytes) = (self.attempts[at].repeat.to, ack.clone());
                    self.send(to, bytes);
                }
                // Another telephone of the same number was answered too: one is enough.
                Some(_) if (200..300).contains(&response.code) => self.refuse_fork(response, from, now),
                _ => {}
            }
            return;
        }
        if response.code < 200 {
            self.attempts[at].state = State::Proceeding;
        } else {
            // The ACK of a refusal belongs to the INVITE's own transaction (RFC 3261 §17.1.1.3).
            let refused = invite && response.code >= 300;
            let ack = refused
                .then(|| self.acknowledge_refusal(&purpose, &self.attempts[at].branch.clone(), response))
                .flatten();
            let (to, tag) = (self.attempts[at].repeat.to, response.head.to.tag.clone());
            self.attempts[at].state = State::Answered { ack: ack.clone(), tag };
            self.attempts[at].repeat.until = now + GIVE_UP;
            if let Some(ack) = ack {
                self.send(to, ack);
            }
        }
        match purpose {
            // It was given up: an answer that comes all the same is ended at once.
            Purpose::Invite(call) if (200..300).contains(&response.code) && !self.has(call) => {
                self.refuse_fork(response, from, now);
            }
            purpose => self.outcome(purpose, Outcome::Answer(response), now),
        }
    }

    fn has(&self, number: CallNumber) -> bool {
        self.calls.iter().any(|call| call.number == number)
    }

    /// The ACK of a 2xx, which goes out again whenever that comes again (RFC 3261 §13.2.2.4).
    pub(super) fn remember_ack(&mut self, purpose: &Purpose, bytes: &[u8]) {
        let answered =
            self.attempts.iter_mut().rev().find(|attempt| attempt.purpose == *purpose && attempt.is_answered());
        if let Some(Attempt { state: State::Answered { ack, .. }, .. }) = answered {
            *ack = Some(bytes.to_vec());
        }
    }

    fn outcome(&mut self, purpose: Purpose, outcome: Outcome<'_>, now: Duration) {
        match purpose {
            Purpose::Register => self.register_outcome(outcome, now),
            Purpose::Invite(call) => self.invite_outcome(call, outcome, now),
            Purpose::Refresh(call) => self.refresh_outcome(call, outcome, now),
            Purpose::Unregister => self.unregister_outcome(outcome, now),
            Purpose::Bye { dialog, proved: false } => self.bye_outcome(*dialog, outcome, now),
            // Whatever comes back, the call is over. Nobody may ask a CANCEL for proof (RFC 3261 §22.1).
            Purpose::Bye { proved: true, .. } | Purpose::Cancel(_) => {}
        }
    }

    /// Says BYE in a dialog that is given up.
    pub(super) fn say_bye(&mut self, mut dialog: Dialog, proof: &str, now: Duration) {
        let branch = self.branch();
        let bytes = dialog.request(&Method::BYE, &branch, proof, "");
        let to = dialog.peer;
        let purpose = Purpose::Bye { dialog: Box::new(dialog), proved: !proof.is_empty() };
        self.attempt(purpose, Method::BYE, branch, to, bytes, now);
    }

    /// Who wants proof before it lets us go gets it: a call that goes on over there is paid for.
    fn bye_outcome(&mut self, dialog: Dialog, outcome: Outcome<'_>, now: Duration) {
        let Outcome::Answer(response) = outcome else { return };
        if let Some(proof) = self.proof(&Method::BYE, &dialog, response) {
            self.say_bye(dialog, &proof, now);
        }
    }

    /// The header lines that prove a request of a dialog, if it was refused for want of them by the trunk.
    pub(super) fn proof(&self, method: &Method, dialog: &Dialog, refusal: &Response) -> Option<String> {
        let trunk = self.settings.trunk.as_ref().filter(|_| self.registrar.is_at(dialog.peer.ip()))?;
        if ![401, 407].contains(&refusal.code) {
            return None;
        }
        prove(trunk, method, &dialog.target, refusal)
    }
}

/// The header lines that prove who we are, for a request that was refused with 401 or 407; none if they would not.
pub(super) fn prove(trunk: &Trunk, method: &Method, uri: &str, refusal: &Response) -> Option<String> {
    let line = RequestLine { method: method.clone(), uri: uri.parse().ok()? };
    let user = DigestUser::new(trunk.login(), trunk.password.reveal());
    let mut credentials = DigestCredentials::new();
    match &trunk.realm {
        Some(realm) => credentials.add_for_realm(realm, user),
        None => credentials.set_default(user),
    }
    let none = Headers::new();
    let status = StatusLine { code: StatusCode::from(refusal.code), reason: None };
    let request = RequestParts { line: &line, headers: &none, body: &[] };
    let response = ResponseParts { line: &status, headers: &refusal.head.headers, body: &[] };
    let mut authenticator = DigestAuthenticator::new(credentials);
    authenticator.handle_rejection(request, response).ok()?;
    let mut headers = Headers::new();
    authenticator.authorize_request(&mut headers);
    let text = headers.to_string();
    (!text.is_empty()).then_some(text)
}

/// An address as a request line and a digest both write it.
pub(super) fn canonical(uri: &str) -> Option<String> {
    let uri: SipUri = uri.parse().ok()?;
    Some(uri.print_ctx(PrintCtx { method: None, uri: Some(UriContext::ReqUri) }).to_string())
}

/// The user of an address, percent-encoded (RFC 3261 §19.1.2).
pub(super) fn escape_user(user: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte);
    user.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
