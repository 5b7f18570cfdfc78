//! The telephone exchange: all calls, the transactions of SIP over UDP (RFC 3261 §17) and one registration.
//!
//! It does no input or output: datagrams, wishes and the time go in, and each leaves [`Output`]s to be carried out. It owns who may
//! call and how many; sound is others' work, of which it only says where it goes. Nothing that a datagram holds can stop it.

mod ask;
mod call;
mod dial;
mod door;
mod register;
mod serve;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ezk_sip_types::Method;

use self::ask::Attempt;
use self::call::{Call, Cancel, Dialog, GIVE_UP, HELD, Refresher, SHORTEST_SESSION, Stage, T2};
pub(super) use self::dial::Callee;
pub use self::door::Peer;
use self::door::{Door, Refusal};
use self::register::Registrar;
use self::serve::Served;
use super::message::{self, Message, Request};
use super::sdp::Stream;
use super::{CallNumber, End, Error, News, Trunk};

/// What this house can be asked for.
const ALLOW: &str =
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\nSupported: timer\r\nAccept: application/sdp\r\n";

/// How every branch begins (RFC 3261 §8.1.1.7).
const BRANCH: &str = "z9hG4bK";

/// What the exchange is told once.
pub(super) struct Settings {
    pub(super) peers: Vec<Peer>,
    pub(super) trunk: Option<Trunk>,
    pub(super) max_calls: usize,
    /// By which address and port somebody reaches this house.
    pub(super) here: Box<dyn Fn(IpAddr) -> SocketAddr + Send>,
    /// Opens a port for a call's sound, if one is free.
    pub(super) open: Box<dyn FnMut(CallNumber) -> Option<u16> + Send>,
    pub(super) random: Box<dyn FnMut() -> u64 + Send>,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Output {
    Send {
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    News(News),
    /// Sound goes like this from now on. `trusted` is where signalling comes from: sound may come from there as well.
    Sound {
        call: CallNumber,
        stream: Stream,
        trusted: IpAddr,
    },
    /// The call's port can be closed.
    Close {
        call: CallNumber,
    },
    /// Find the trunk's addresses, and tell [`Exchange::trunk_found`].
    FindTrunk,
}

pub(super) struct Exchange {
    settings: Settings,
    door: Door,
    served: Served,
    attempts: Vec<Attempt>,
    calls: Vec<Call>,
    registrar: Registrar,
    newest_call: u64,
    out: VecDeque<Output>,
}

impl Exchange {
    pub(super) fn new(settings: Settings, now: Duration) -> Self {
        let registrar = Registrar::new(settings.trunk.is_some(), now);
        Self {
            settings,
            door: Door::default(),
            served: Served::default(),
            attempts: Vec::new(),
            calls: Vec::new(),
            registrar,
            newest_call: 0,
            out: VecDeque::new(),
        }
    }

    /// The next thing to be done, in order.
    pub(super) fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Calls that there are, in whatever stage.
    pub(super) fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Whether signalling may come from there.
    pub(super) fn knows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.settings.peers.iter().any(|peer| peer.contains(address)) || self.registrar.is_at(address)
    }

    /// Takes a datagram. Never fails: what cannot be used is refused or left alone.
    pub(super) fn datagram(&mut self, from: SocketAddr, bytes: &[u8], now: Duration) {
        if bytes.iter().all(|byte| b"\r\n\0 ".contains(byte)) {
            return; // A peer that keeps a hole in its NAT open.
        }
        let known = self.knows(from.ip()) || self.calls.iter().any(|call| call.dialog.peer.ip() == from.ip());
        match Message::parse(bytes) {
            Ok(Message::Request(request)) if known => self.serve(request, from, now),
            Ok(Message::Request(request)) => self.refuse(&request, from, now),
            Ok(Message::Response(response)) => self.answered(&response, from, now),
            Err(malformed) if known => {
                if self.door.refuse(from.ip(), now) == (Refusal::Answer { first: true }) {
                    tracing::warn!(%from, error = %malformed, "a telephone peer sends what is no SIP message");
                }
            }
            Err(_) => {}
        }
    }

    /// Refuses a stranger, without remembering more than its address.
    fn refuse(&mut self, request: &Request, from: SocketAddr, now: Duration) {
        if request.method == Method::ACK {
            return;
        }
        let Refusal::Answer { first } = self.door.refuse(from.ip(), now) else { return };
        if first {
            let method = request.method.to_string();
            let method = method.get(..16).unwrap_or(&method);
            tracing::info!(address = %from.ip(), method, "SIP from a stranger is refused: [telephone] peers names who may call");
        }
        let bytes = self.response(request, from, 403, None, "", "");
        self.send(from, bytes);
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Duration) {
        self.served.expire(now);
        for (to, bytes) in self.served.due(now) {
            self.send(to, bytes);
        }
        self.tick_attempts(now);
        self.tick_registration(now);
        let numbers: Vec<_> = self.calls.iter().map(|call| call.number).collect();
        for number in numbers {
            self.tick_call(number, now);
        }
    }

    fn tick_call(&mut self, number: CallNumber, now: Duration) {
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        if let Some(ok) = &mut call.ok {
            if now >= ok.until {
                call.ok = None;
                return self.leave(number, End::Lost, now);
            }
            if ok.is_due(now, T2) {
                let (to, bytes) = (ok.to, ok.bytes.clone());
                self.send(to, bytes);
                return;
            }
        }
        match call.stage {
            Stage::Ringing { until, .. } if now >= until => self.reject(number, 480, End::NoAnswer, now),
            Stage::Calling { until, .. } if now >= until => self.give_up(number, now),
            Stage::Up => {
                if call.held.is_some_and(|since| now >= since + HELD) {
                    return self.leave(number, End::Lost, now);
                }
                let Some(session) = &mut call.session else { return };
                if now >= session.expires {
                    return self.leave(number, End::Lost, now);
                }
                if session.refresh.is_some_and(|at| now >= at) && call.ok.is_none() && !call.refreshing {
                    session.refresh = None;
                    self.refresh_session(number, "", now);
                }
            }
            Stage::Ringing { .. } | Stage::Calling { .. } => {}
        }
    }

    /// A call that rings there rang long enough.
    fn give_up(&mut self, number: CallNumber, now: Duration) {
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        let Stage::Calling { cancel, until, .. } = &mut call.stage else { return };
        match cancel.why() {
            // The refusal that follows a CANCEL ends it; if none comes this does.
            Some(why) => self.forget(number, why),
            None => {
                *until = now + GIVE_UP;
                self.cancel(number, End::NoAnswer, now);
            }
        }
    }

    /// Answers a call that rings here.
    pub(super) fn answer(&mut self, number: CallNumber, now: Duration) -> Result<(), Error> {
        self.accept(number, now)
    }

    /// Ends a call, however far it is.
    pub(super) fn hang_up(&mut self, number: CallNumber, now: Duration) -> Result<(), Error> {
        self.end(number, 603, now)
    }

    /// Ends a call whose number is withheld; the caller of one that rings is told so (RFC 5079).
    pub(super) fn refuse_withheld(&mut self, number: CallNumber, now: Duration) -> Result<(), Error> {
        self.end(number, 433, now)
    }

    /// Ends a call; one that rings here is refused with this status.
    fn end(&mut self, number: CallNumber, refusal: u16, now: Duration) -> Result<(), Error> {
        let call = self.calls.iter_mut().find(|call| call.number == number).ok_or(Error::NoCall(number))?;
        match &mut call.stage {
            Stage::Ringing { .. } => self.reject(number, refusal, End::Ours, now),
            Stage::Calling { cancel: Cancel::No, until, .. } => {
                *until = now + GIVE_UP;
                self.cancel(number, End::Ours, now);
            }
            Stage::Calling { .. } => {}
            Stage::Up => self.leave(number, End::Ours, now),
        }
        Ok(())
    }

    /// Its sound stopped coming for too long.
    pub(super) fn sound_lost(&mut self, number: CallNumber, now: Duration) {
        let up = |call: &Call| call.number == number && matches!(call.stage, Stage::Up) && call.held.is_none();
        if self.calls.iter().any(up) {
            self.leave(number, End::NoSound, now);
        }
    }

    /// Ends all calls and the registration.
    pub(super) fn stop(&mut self, now: Duration) {
        let numbers: Vec<_> = self.calls.iter().map(|call| call.number).collect();
        for number in numbers {
            // It is there: nothing came in between.
            let _ = self.hang_up(number, now);
        }
        self.unregister(now);
    }

    /// Whether nothing waits for an answer any more.
    pub(super) fn is_idle(&self) -> bool {
        self.calls.is_empty() && self.attempts.iter().all(Attempt::is_answered)
    }

    /// Refuses a call that rings here.
    fn reject(&mut self, number: CallNumber, code: u16, why: End, now: Duration) {
        let Some(call) = self.calls.iter().find(|call| call.number == number) else { return };
        if let Stage::Ringing { invite, from, .. } = &call.stage {
            let (invite, from, tag) = (invite.clone(), *from, call.dialog.local_tag.clone());
            let bytes = self.response(&invite, from, code, Some(&tag), "", "");
            self.served.finish(&invite, from, bytes.clone(), now);
            self.send(from, bytes);
        }
        self.forget(number, why);
    }

    /// Says BYE and forgets the call.
    fn leave(&mut self, number: CallNumber, why: End, now: Duration) {
        let Some(call) = self.calls.iter().find(|call| call.number == number) else { return };
        let dialog = call.dialog.clone();
        self.say_bye(dialog, "", now);
        self.forget(number, why);
    }

    fn forget(&mut self, number: CallNumber, why: End) {
        let before = self.calls.len();
        self.calls.retain(|call| call.number != number);
        if self.calls.len() < before {
            self.out.push_back(Output::Close { call: number });
            self.out.push_back(Output::News(News::Ended { call: number, why }));
        }
    }

    /// Takes on what was agreed, and tells when the call is held or resumed.
    fn agree(&mut self, number: CallNumber, stream: Stream, now: Duration) {
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        let news = match (call.held, stream.is_held()) {
            (None, true) => {
                call.held = Some(now);
                Some(News::Held { call: number })
            }
            (Some(_), false) => {
                call.held = None;
                Some(News::Resumed { call: number })
            }
            _ => None,
        };
        call.stream = Some(stream);
        let trusted = call.near();
        self.out.push_back(Output::Sound { call: number, stream, trusted });
        self.out.extend(news.map(Output::News));
    }

    /// A response with our tag, our Contact when the call has one, and a body if there is one.
    fn response(
        &self,
        to: &Request,
        from: SocketAddr,
        code: u16,
        tag: Option<&str>,
        extra: &str,
        body: &str,
    ) -> Vec<u8> {
        let tag = tag.unwrap_or("none");
        let tag = (code != 100).then_some(tag);
        let mut text = format!("SIP/2.0 {code} {}\r\n{}", message::reason(code), to.head.echo(from, tag));
        text += "User-Agent: Regia\r\n";
        text += extra;
        if !body.is_empty() {
            text += "Content-Type: application/sdp\r\n";
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        text.into_bytes()
    }

    fn send(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        self.out.push_back(Output::Send { to, bytes });
    }

    fn token(&mut self) -> String {
        format!("{:016x}", (self.settings.random)())
    }

    fn branch(&mut self) -> String {
        format!("{BRANCH}{}", self.token())
    }

    fn new_number(&mut self) -> CallNumber {
        self.newest_call += 1;
        CallNumber(self.newest_call)
    }

    /// The Contact by which somebody reaches this house.
    fn contact(&self, here: SocketAddr) -> String {
        let user = self.settings.trunk.as_ref().map_or("regia", |trunk| trunk.user.as_str());
        format!("<sip:{}@{here}>", ask::escape_user(user))
    }
}

/// What a Session-Expires asks for, in seconds, and who refreshes; `uac` is who sent the request.
fn session_timer(head: &message::Head, uac: Refresher, unspecified: Refresher) -> Option<(u32, Refresher)> {
    use ezk_sip_types::header::typed::{Refresher as Word, SessionExpires};
    let asked: SessionExpires = head.headers.get_named().ok()?;
    let uas = if uac == Refresher::Here { Refresher::There } else { Refresher::Here };
    let refresher = match asked.refresher {
        Word::Uac => uac,
        Word::Uas => uas,
        Word::Unspecified => unspecified,
    };
    Some((asked.delta_secs.max(SHORTEST_SESSION), refresher))
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

/// The dialog that an INVITE from outside begins.
fn dialog_of(invite: &Request, from: SocketAddr, here: SocketAddr, contact: String, tag: String) -> Option<Dialog> {
    let head = &invite.head;
    Some(Dialog {
        call_id: head.call_id.clone(),
        local: format!("{};tag={tag}", head.to.raw),
        local_tag: tag,
        remote_tag: head.from.tag.clone(),
        remote: head.from.raw.clone(),
        target: head.contact()?.uri,
        routes: head.record_routes(),
        sequence: 0,
        their_sequence: Some(head.cseq.cseq),
        peer: from,
        here,
        contact,
    })
}
