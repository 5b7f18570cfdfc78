//! Calls that go out, and the sessions that are kept alive from here.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ezk_sip_types::Method;
use ezk_sip_types::header::typed::MinSe;

use super::ask::{Outcome, Purpose, canonical, escape_user};
use super::call::{
    Call, Cancel, Dialog, LONGEST_SESSION, RINGING, Refresher, SESSION, SHORTEST_SESSION, SessionTimer, Stage,
};
use super::{ALLOW, Exchange, session_timer};
use crate::telephone::message::{self, Response};
use crate::telephone::number::PhoneNumber;
use crate::telephone::sdp::{self, Local};
use crate::telephone::{CallNumber, End, Error, News};

/// Longest number or address that is dialled, in characters.
const LONGEST: usize = 200;

/// Whom to call: what somebody typed, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::telephone) enum Callee {
    /// Digits, `*`, `#`, and a `+` before them.
    Number(String),
    /// A `sip:` address as requests write it, its host and its port.
    Address { uri: String, host: String, port: u16 },
}

impl Callee {
    pub(in crate::telephone) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(Error::NotDialable);
        }
        if text.contains('@') || message::has_sip_scheme(text) {
            let uri = if message::has_sip_scheme(text) { text.to_owned() } else { format!("sip:{text}") };
            if uri.bytes().any(|byte| !byte.is_ascii_graphic() || b"<>\"".contains(&byte)) {
                return Err(Error::NotDialable);
            }
            let parsed: ezk_sip_types::uri::SipUri = uri.parse().map_err(|_| Error::NotDialable)?;
            let host = parsed.host_port.host.to_string().trim_matches(['[', ']']).to_owned();
            let port = parsed.host_port.port.unwrap_or(5060);
            let uri = canonical(&uri).filter(|_| !parsed.sips).ok_or(Error::NotDialable)?;
            return Ok(Self::Address { uri, host, port });
        }
        let number: String = text.chars().filter(|character| !" -./()".contains(*character)).collect();
        let digits = number.strip_prefix('+').unwrap_or(&number);
        let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte));
        if fits { Ok(Self::Number(number)) } else { Err(Error::NotDialable) }
    }
}

impl Exchange {
    /// Where a call to somebody is sent, if that can be said without asking the network: to the trunk when there is one.
    pub(in crate::telephone) fn way_to(&self, callee: &Callee) -> Result<Option<SocketAddr>, Error> {
        match (callee, &self.settings.trunk) {
            (Callee::Address { host, port, .. }, trunk) => {
                let direct = host.parse().ok().filter(|address| trunk.is_none() || self.knows(*address));
                match (direct, trunk) {
                    (Some(address), _) => Ok(Some(SocketAddr::new(address, *port))),
                    (None, Some(_)) => self.registrar.address().map(Some).ok_or(Error::TrunkUnreachable),
                    (None, None) => Ok(None),
                }
            }
            (Callee::Number(_), Some(_)) => self.registrar.address().map(Some).ok_or(Error::TrunkUnreachable),
            (Callee::Number(_), None) => Err(Error::NoTrunk),
        }
    }

    /// Calls somebody.
    pub(in crate::telephone) fn dial(
        &mut self,
        callee: &Callee,
        to: SocketAddr,
        now: Duration,
    ) -> Result<CallNumber, Error> {
        if self.calls.len() >= self.settings.max_calls {
            return Err(Error::LinesTaken { max_calls: self.settings.max_calls });
        }
        let here = (self.settings.here)(to.ip());
        let contact = self.contact(here);
        let us = match &self.settings.trunk {
            Some(trunk) => format!("<sip:{}@{}>", escape_user(&trunk.user), trunk.domain()),
            None => format!("<sip:regia@{}>", host(here.ip())),
        };
        let target = match callee {
            Callee::Address { uri, .. } => uri.clone(),
            Callee::Number(number) => {
                let domain = self.settings.trunk.as_ref().ok_or(Error::NoTrunk)?.domain();
                canonical(&format!("sip:{}@{domain}", escape_user(number))).ok_or(Error::NotDialable)?
            }
        };
        let call = self.new_number();
        let port = (self.settings.open)(call).ok_or(Error::NoPort)?;
        let (tag, id) = (self.token(), format!("{}{}", self.token(), self.token()));
        let dialog = Dialog {
            call_id: id,
            local: format!("{us};tag={tag}"),
            local_tag: tag,
            remote_tag: None,
            remote: format!("<{target}>"),
            target,
            routes: Vec::new(),
            sequence: (self.settings.random)() as u32 >> 8,
            their_sequence: None,
            peer: to,
            here,
            contact,
        };
        let shown = match callee {
            Callee::Number(number) => PhoneNumber::new(number),
            Callee::Address { uri, .. } => PhoneNumber::new(uri.trim_start_matches("sip:")),
        };
        tracing::info!(%call, number = %shown, %to, "a telephone is called");
        self.calls.push(Call {
            number: call,
            called: true,
            dialog,
            stage: Stage::Calling { until: now + RINGING, rang: false, cancel: Cancel::No },
            local: Local::new(here.ip(), port, (self.settings.random)() as u32 >> 1),
            stream: None,
            held: None,
            ok: None,
            answer_in_ack: false,
            session: None,
            refreshing: false,
            proof: String::new(),
            asked: 0,
        });
        self.invite(call, SESSION, "", now);
        Ok(call)
    }

    /// Sends a call's INVITE, the first or one that proves more.
    fn invite(&mut self, number: CallNumber, session: u32, proof: &str, now: Duration) {
        let branch = self.branch();
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        (call.proof, call.asked) = (proof.to_owned(), session);
        // Where somebody wants longer sessions, nobody on the way may want a shorter one (RFC 4028 §7.3).
        let least = if session > SESSION { session } else { SHORTEST_SESSION };
        let extra = format!(
            "Contact: {}\r\n{ALLOW}Session-Expires: {session}\r\nMin-SE: {least}\r\n{proof}",
            call.dialog.contact
        );
        let body = call.local.offer();
        let bytes = call.dialog.request(&Method::INVITE, &branch, &extra, &body);
        let to = call.dialog.peer;
        self.attempt(Purpose::Invite(number), Method::INVITE, branch, to, bytes, now);
    }

    /// What came of a call's INVITE.
    pub(super) fn invite_outcome(&mut self, number: CallNumber, outcome: Outcome<'_>, now: Duration) {
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        let Stage::Calling { until, rang, cancel } = &mut call.stage else { return };
        let ending = cancel.why();
        let response = match outcome {
            Outcome::Answer(response) => response,
            Outcome::Silence => return self.forget(number, ending.unwrap_or(End::Unreachable)),
        };
        match response.code {
            0..200 => {
                let first = response.code >= 180 && !std::mem::replace(rang, true);
                if let Cancel::Wanted(why) = *cancel {
                    *until = (*until).min(now + super::GIVE_UP);
                    return self.send_cancel(number, why, now);
                }
                if first {
                    self.out.push_back(super::Output::News(News::Ringing { call: number }));
                }
            }
            200..300 => self.taken(number, response, now),
            401 | 407 if call.proof.is_empty() => {
                let (dialog, asked) = (call.dialog.clone(), call.asked);
                match self.proof(&Method::INVITE, &dialog, response).filter(|_| ending.is_none()) {
                    Some(proof) => self.invite(number, asked, &proof, now),
                    None => self.forget(number, ending.unwrap_or(End::Refused { code: response.code })),
                }
            }
            // Asked for longer once; who is not content with what it said itself is left alone.
            422 if ending.is_none() && call.asked == SESSION && least_session(response) > SESSION => {
                self.invite(number, least_session(response), "", now);
            }
            code => {
                let why = match code {
                    486 | 600 => End::Busy,
                    408 | 480 | 487 => End::NoAnswer,
                    502..=504 => End::Unreachable,
                    code => End::Refused { code },
                };
                self.forget(number, ending.unwrap_or(why));
            }
        }
    }

    /// Somebody took the call.
    fn taken(&mut self, number: CallNumber, response: &Response, now: Duration) {
        let branch = self.branch();
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        let Stage::Calling { cancel, .. } = call.stage else { return };
        let ending = cancel.why();
        call.stage = Stage::Up;
        join(&mut call.dialog, response);
        let ack = call.dialog.request(&Method::ACK, &branch, &call.proof, "");
        let (to, near) = (call.dialog.peer, call.near());
        call.session = session_timer(&response.head, Refresher::Here, Refresher::Here)
            .map(|(seconds, refresher)| SessionTimer::new(seconds, refresher, now));
        self.remember_ack(&Purpose::Invite(number), &ack);
        self.send(to, ack);
        if let Some(why) = ending {
            // The answer and our CANCEL met half-way.
            return self.leave(number, why, now);
        }
        match sdp::answered(&response.body, near) {
            Ok(stream) => {
                self.agree(number, stream, now);
                self.out.push_back(super::Output::News(News::Answered { call: number }));
            }
            Err(why) => {
                tracing::warn!(call = %number, error = %why, "a telephone call ends: its answer cannot be used");
                self.leave(number, End::Refused { code: 488 }, now);
            }
        }
    }

    /// Ends one answer too many with ACK and BYE (RFC 3261 §13.2.2.4).
    pub(super) fn refuse_fork(&mut self, response: &Response, from: SocketAddr, now: Duration) {
        let (ack_branch, here) = (self.branch(), (self.settings.here)(from.ip()));
        let head = &response.head;
        let Some(local_tag) = head.from.tag.clone() else { return };
        let mut dialog = Dialog {
            call_id: head.call_id.clone(),
            local_tag,
            remote_tag: None,
            local: head.from.raw.clone(),
            remote: head.to.raw.clone(),
            target: head.to.uri.clone(),
            routes: Vec::new(),
            sequence: head.cseq.cseq,
            their_sequence: None,
            peer: from,
            here,
            contact: String::new(),
        };
        join(&mut dialog, response);
        let ack = dialog.request(&Method::ACK, &ack_branch, "", "");
        self.send(from, ack);
        self.say_bye(dialog, "", now);
    }

    /// The ACK of an INVITE's refusal: of the same transaction, so of the same branch (RFC 3261 §17.1.1.3).
    pub(super) fn acknowledge_refusal(&self, purpose: &Purpose, branch: &str, response: &Response) -> Option<Vec<u8>> {
        let (Purpose::Invite(number) | Purpose::Refresh(number)) = purpose else { return None };
        let call = self.calls.iter().find(|call| call.number == *number)?;
        let mut dialog = call.dialog.clone();
        dialog.sequence = response.head.cseq.cseq;
        dialog.remote = response.head.to.raw.clone();
        Some(dialog.request(&Method::ACK, branch, "", ""))
    }

    /// Takes an INVITE back, now or as soon as it may be.
    pub(super) fn cancel(&mut self, number: CallNumber, why: End, now: Duration) {
        let proceeding = self.is_proceeding(&Purpose::Invite(number));
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        if let Stage::Calling { cancel, .. } = &mut call.stage {
            *cancel = Cancel::Wanted(why);
        }
        if proceeding {
            self.send_cancel(number, why, now);
        }
    }

    fn send_cancel(&mut self, number: CallNumber, why: End, now: Duration) {
        let Some(branch) = self.branch_of(&Purpose::Invite(number)) else { return };
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        if let Stage::Calling { cancel, .. } = &mut call.stage {
            *cancel = Cancel::Sent(why);
        }
        let bytes = call.dialog.request(&Method::CANCEL, &branch, "", "");
        let to = call.dialog.peer;
        self.attempt(Purpose::Cancel(number), Method::CANCEL, branch, to, bytes, now);
    }

    /// Sends the re-INVITE that keeps a session alive: nothing changes with it.
    pub(super) fn refresh_session(&mut self, number: CallNumber, proof: &str, now: Duration) {
        let branch = self.branch();
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        let (Some(session), Some(stream)) = (call.session, call.stream) else { return };
        (call.refreshing, call.proof) = (true, proof.to_owned());
        let body = call.local.repeat(&stream);
        let extra = format!(
            "Contact: {}\r\n{ALLOW}Session-Expires: {};refresher=uac\r\n{proof}",
            call.dialog.contact, session.seconds
        );
        let bytes = call.dialog.request(&Method::INVITE, &branch, &extra, &body);
        let to = call.dialog.peer;
        self.attempt(Purpose::Refresh(number), Method::INVITE, branch, to, bytes, now);
    }

    /// What came of a refresh.
    pub(super) fn refresh_outcome(&mut self, number: CallNumber, outcome: Outcome<'_>, now: Duration) {
        let branch = self.branch();
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        let response = match outcome {
            Outcome::Answer(response) if response.code < 200 => return,
            Outcome::Answer(response) => response,
            Outcome::Silence => return self.leave(number, End::Lost, now),
        };
        call.refreshing = false;
        match response.code {
            200..300 => {
                join(&mut call.dialog, response);
                let ack = call.dialog.request(&Method::ACK, &branch, &call.proof, "");
                let (to, near) = (call.dialog.peer, call.near());
                // Who does not name a timer leaves the refreshing to us (RFC 4028 §7.2).
                let seconds = call.session.map_or(SESSION, |session| session.seconds);
                let timer = session_timer(&response.head, Refresher::Here, Refresher::Here);
                let (seconds, refresher) = timer.unwrap_or((seconds, Refresher::Here));
                call.session = Some(SessionTimer::new(seconds, refresher, now));
                self.remember_ack(&Purpose::Refresh(number), &ack);
                self.send(to, ack);
                if let Ok(stream) = sdp::answered(&response.body, near) {
                    self.agree(number, stream, now);
                }
            }
            408 | 481 => self.leave(number, End::Lost, now),
            code => {
                let (dialog, unproved) = (call.dialog.clone(), call.proof.is_empty());
                if let Some(proof) = self.proof(&Method::INVITE, &dialog, response).filter(|_| unproved) {
                    return self.refresh_session(number, &proof, now);
                }
                let random = (self.settings.random)();
                let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
                let after_glare = call.after_glare(random);
                // It is tried again while there is time; the session's end is the end.
                if let Some(session) = &mut call.session {
                    let longer = code == 422 && least_session(response) > session.seconds;
                    session.seconds = session.seconds.max(least_session(response));
                    let pause = match code {
                        491 => after_glare,
                        _ if longer => Duration::ZERO,
                        _ => Duration::from_secs(u64::from(session.seconds) / 8),
                    };
                    session.refresh = Some(now + pause);
                }
            }
        }
    }
}

/// The shortest session that a refusal says is taken (RFC 4028 §5), in seconds and within reason; 0 if it says none.
fn least_session(response: &Response) -> u32 {
    response.head.headers.get_named::<MinSe>().map_or(0, |least| least.0.min(LONGEST_SESSION))
}

/// An address as the host of another (RFC 3261 §25.1).
fn host(address: IpAddr) -> String {
    if address.is_ipv6() { format!("[{address}]") } else { address.to_string() }
}

/// Takes on what a 2xx says of the other end (RFC 3261 §12.1.2).
fn join(dialog: &mut Dialog, response: &Response) {
    let head = &response.head;
    if dialog.remote_tag.is_none() {
        dialog.remote_tag = head.to.tag.clone();
        dialog.remote = head.to.raw.clone();
        dialog.routes = head.record_routes();
        dialog.routes.reverse();
    }
    if let Some(contact) = head.contact() {
        dialog.target = contact.uri;
    }
}
