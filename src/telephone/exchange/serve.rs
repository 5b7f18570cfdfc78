//! Requests from outside, and the responses that are kept for those who ask again.

use std::net::SocketAddr;
use std::time::Duration;

use ezk_sip_types::header::typed::SessionExpires;
use ezk_sip_types::{Method, Name};

use super::call::{Call, GIVE_UP, RINGING, Refresher, Repeat, SHORTEST_SESSION, SessionTimer, Stage, T2};
use super::{ALLOW, BRANCH, Exchange, Output, dialog_of, session_timer};
use crate::telephone::message::{Party, Request};
use crate::telephone::number::{self, PhoneNumber};
use crate::telephone::sdp::{self, Local, Unacceptable};
use crate::telephone::{CallNumber, End, Error, News};

/// Most responses that are kept. The oldest goes first: who asks again after that is served anew.
const MOST_SERVED: usize = 256;

/// Responses by transaction (RFC 3261 §17.2).
#[derive(Debug, Default)]
pub(super) struct Served(Vec<Kept>);

#[derive(Debug)]
struct Kept {
    key: String,
    until: Duration,
    to: SocketAddr,
    bytes: Vec<u8>,
    /// The refusal of an INVITE is sent until its ACK comes.
    repeat: Option<Repeat>,
}

impl Served {
    fn key(request: &Request, from: SocketAddr) -> String {
        let head = &request.head;
        // An ACK of a refusal and a CANCEL bear the branch of their INVITE.
        let method = if request.method == Method::ACK { Method::INVITE } else { request.method.clone() };
        if head.branch.len() > BRANCH.len() && head.branch.starts_with(BRANCH) {
            format!("{from} {method} {}", head.branch)
        } else {
            format!("{from} {method} {} {} {:?}", head.cseq.cseq, head.call_id, head.from.tag)
        }
    }

    fn get(&self, key: &str) -> Option<&Kept> {
        self.0.iter().find(|kept| kept.key == key)
    }

    fn keep(&mut self, request: &Request, to: SocketAddr, bytes: Vec<u8>, repeat: Option<Repeat>, until: Duration) {
        let key = Self::key(request, to);
        self.0.retain(|kept| kept.key != key);
        if self.0.len() >= MOST_SERVED {
            self.0.remove(0);
        }
        self.0.push(Kept { key, until, to, bytes, repeat });
    }

    /// Keeps an INVITE's refusal, which is sent until it is acknowledged.
    pub(super) fn finish(&mut self, invite: &Request, to: SocketAddr, bytes: Vec<u8>, now: Duration) {
        let repeat = Repeat::new(bytes.clone(), to, now);
        self.keep(invite, to, bytes, Some(repeat), now + GIVE_UP);
    }

    fn acknowledged(&mut self, key: &str) {
        if let Some(kept) = self.0.iter_mut().find(|kept| kept.key == key) {
            kept.repeat = None;
        }
    }

    pub(super) fn expire(&mut self, now: Duration) {
        self.0.retain(|kept| now < kept.until);
    }

    pub(super) fn due(&mut self, now: Duration) -> Vec<(SocketAddr, Vec<u8>)> {
        let due = |kept: &mut Kept| {
            let repeat = kept.repeat.as_mut()?;
            repeat.is_due(now, T2).then(|| (repeat.to, repeat.bytes.clone()))
        };
        self.0.iter_mut().filter_map(due).collect()
    }
}

impl Exchange {
    /// A request of somebody who may ask.
    pub(super) fn serve(&mut self, request: Request, from: SocketAddr, now: Duration) {
        let key = Served::key(&request, from);
        if request.method == Method::ACK {
            self.served.acknowledged(&key);
            return self.acknowledged(&request, now);
        }
        if let Some(kept) = self.served.get(&key) {
            let (to, bytes) = (kept.to, kept.bytes.clone());
            return self.send(to, bytes);
        }
        let in_dialog = request.head.to.tag.is_some();
        match &request.method {
            method if *method == Method::CANCEL => self.cancelled(&request, from, now),
            method if *method == Method::OPTIONS => self.respond(&request, from, 200, ALLOW, now),
            method if in_dialog && [Method::INVITE, Method::UPDATE].contains(method) => {
                self.renegotiate(&request, from, now)
            }
            method if in_dialog && *method == Method::BYE => self.hung_up(&request, from, now),
            method if *method == Method::INVITE => self.invited(request, from, now),
            method if *method == Method::BYE || *method == Method::UPDATE => self.respond(&request, from, 481, "", now),
            _ => self.respond(&request, from, 405, ALLOW, now),
        }
    }

    /// Answers for good, and keeps the answer for who asks again.
    fn respond(&mut self, request: &Request, from: SocketAddr, code: u16, extra: &str, now: Duration) {
        let tag = request.head.to.tag.is_none().then(|| self.token());
        let bytes = self.response(request, from, code, tag.as_deref(), extra, "");
        if request.method == Method::INVITE {
            self.served.finish(request, from, bytes.clone(), now);
        } else {
            self.served.keep(request, from, bytes.clone(), None, now + GIVE_UP);
        }
        self.send(from, bytes);
    }

    /// Why an INVITE or UPDATE cannot be taken whatever it offers: the response and what it says beside.
    fn objection(request: &Request) -> Option<(u16, String)> {
        let required: Vec<_> = request.head.headers.get_raw(&Name::REQUIRE).flat_map(|list| list.split(',')).collect();
        let unknown: Vec<_> =
            required.iter().map(|word| word.trim()).filter(|word| !word.eq_ignore_ascii_case("timer")).collect();
        if !unknown.is_empty() {
            return Some((420, format!("Unsupported: {}\r\n", unknown.join(", "))));
        }
        if !request.body.is_empty() && !request.head.is_sdp() {
            return Some((415, "Accept: application/sdp\r\n".to_owned()));
        }
        match request.head.headers.get_named::<SessionExpires>() {
            Ok(asked) if asked.delta_secs < SHORTEST_SESSION => Some((422, format!("Min-SE: {SHORTEST_SESSION}\r\n"))),
            _ => None,
        }
    }

    /// A new call.
    fn invited(&mut self, invite: Request, from: SocketAddr, now: Duration) {
        if let Some((code, extra)) = Self::objection(&invite) {
            return self.respond(&invite, from, code, &extra, now);
        }
        // The same call by another way (RFC 3261 §8.2.2.2).
        let same =
            |call: &Call| call.dialog.call_id == invite.head.call_id && call.dialog.remote_tag == invite.head.from.tag;
        if self.calls.iter().any(same) {
            return self.respond(&invite, from, 482, "", now);
        }
        if self.calls.len() >= self.settings.max_calls {
            tracing::warn!(max_calls = self.settings.max_calls, "a telephone call finds all lines taken");
            return self.respond(&invite, from, 486, "", now);
        }
        let (tag, here) = (self.token(), (self.settings.here)(from.ip()));
        let contact = self.contact(here);
        let Some(dialog) = dialog_of(&invite, from, here, contact.clone(), tag.clone()) else {
            return self.respond(&invite, from, 400, "", now);
        };
        let call = self.new_number();
        let Some(port) = (self.settings.open)(call) else {
            tracing::warn!("no port is free for a telephone call: [telephone] rtp_ports gives more");
            return self.respond(&invite, from, 503, "", now);
        };
        let mut local = Local::new(here.ip(), port, (self.settings.random)() as u32 >> 1);
        let answer = if invite.body.is_empty() { None } else { Some(local.answer(&invite.body, from.ip())) };
        let answer = match answer.transpose() {
            Ok(answer) => answer,
            Err(why) => {
                tracing::warn!(%from, error = %why, "a telephone call offers no sound that can be used");
                let code = if why == Unacceptable::Malformed { 400 } else { 488 };
                self.out.push_back(Output::Close { call });
                return self.respond(&invite, from, code, "", now);
            }
        };
        let caller = self.caller(&invite, from);
        let (number, name) = (PhoneNumber::of(&caller), number::name(&caller));
        let trying = self.response(&invite, from, 100, None, "", "");
        let extra = format!("Contact: {contact}\r\n{ALLOW}");
        let ringing = self.response(&invite, from, 180, Some(&tag), &extra, "");
        self.served.keep(&invite, from, ringing.clone(), None, now + RINGING + GIVE_UP);
        self.send(from, trying);
        self.send(from, ringing);
        tracing::info!(%call, %number, %from, "a telephone rings");
        self.calls.push(Call {
            number: call,
            called: false,
            dialog,
            stage: Stage::Ringing { invite: Box::new(invite), from, answer, until: now + RINGING },
            local,
            stream: None,
            held: None,
            ok: None,
            answer_in_ack: false,
            session: None,
            refreshing: false,
            proof: String::new(),
            asked: 0,
        });
        self.out.push_back(Output::News(News::Rang { call, number, name }));
    }

    /// Who calls: what the trunk vouches for (RFC 3325), else what the caller says. A trunk that tells who somebody is who asks
    /// that nobody be told does so in confidence: it is not used.
    fn caller(&self, invite: &Request, from: SocketAddr) -> Party {
        let private = invite.head.headers.get_raw(&Name::from("Privacy"));
        let mut private = private.flat_map(|list| list.split([';', ',']));
        let is_private =
            private.any(|word| ["id", "user", "header"].iter().any(|no| word.trim().eq_ignore_ascii_case(no)));
        let asserted = invite.head.headers.get_raw(&Name::from("P-Asserted-Identity")).next();
        let asserted = asserted.filter(|_| !is_private);
        let asserted = asserted.filter(|_| self.registrar.is_at(from.ip())).and_then(|raw| Party::parse(raw));
        asserted.filter(|party| party.user.is_some()).unwrap_or_else(|| invite.head.from.clone())
    }

    /// Says 200 to a call that rings here, until its ACK comes.
    pub(super) fn accept(&mut self, number: CallNumber, now: Duration) -> Result<(), Error> {
        let call = self.calls.iter_mut().find(|call| call.number == number).ok_or(Error::NoCall(number))?;
        let Stage::Ringing { .. } = call.stage else { return Err(Error::NotRinging(number)) };
        let Stage::Ringing { invite, from, answer, .. } = std::mem::replace(&mut call.stage, Stage::Up) else {
            return Err(Error::NotRinging(number));
        };
        let (body, stream) = match answer {
            Some((body, stream)) => (body, Some(stream)),
            None => (call.local.offer(), None),
        };
        call.answer_in_ack = stream.is_none();
        self.confirm(number, &invite, from, &body, now);
        if let Some(stream) = stream {
            self.agree(number, stream, now);
        }
        self.out.push_back(Output::News(News::Answered { call: number }));
        Ok(())
    }

    /// Sends the 200 to an INVITE or UPDATE of a call's dialog, with its session timer.
    fn confirm(&mut self, number: CallNumber, request: &Request, from: SocketAddr, body: &str, now: Duration) {
        let Some(call) = self.calls.iter_mut().find(|call| call.number == number) else { return };
        let mut extra = format!("Contact: {}\r\n{ALLOW}", call.dialog.contact);
        // Who asks and can refresh does it, unless it wants us to (RFC 4028 §9). Who cannot has no timer.
        let timer = session_timer(&request.head, Refresher::There, Refresher::There);
        let supported = request.head.lists(&Name::SUPPORTED, "timer");
        call.session =
            timer.filter(|(_, refresher)| supported || *refresher == Refresher::Here).map(|(seconds, refresher)| {
                let word = if refresher == Refresher::There { "uac" } else { "uas" };
                extra += &format!("Session-Expires: {seconds};refresher={word}\r\n");
                if supported && refresher == Refresher::There {
                    extra += "Require: timer\r\n";
                }
                SessionTimer::new(seconds, refresher, now)
            });
        let tag = call.dialog.local_tag.clone();
        let bytes = self.response(request, from, 200, Some(&tag), &extra, body);
        self.served.keep(request, from, bytes.clone(), None, now + GIVE_UP);
        if request.method == Method::INVITE
            && let Some(call) = self.calls.iter_mut().find(|call| call.number == number)
        {
            call.ok = Some(Repeat::new(bytes.clone(), from, now));
        }
        self.send(from, bytes);
    }

    fn owner(&mut self, request: &Request) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.dialog.owns(&request.head))
    }

    /// An ACK: our 200 has arrived.
    fn acknowledged(&mut self, ack: &Request, now: Duration) {
        let Some(call) = self.owner(ack) else { return };
        if call.ok.take().is_none() || !std::mem::take(&mut call.answer_in_ack) {
            return;
        }
        let (number, near) = (call.number, call.near());
        match sdp::answered(&ack.body, near) {
            Ok(stream) => self.agree(number, stream, now),
            Err(why) => {
                tracing::warn!(call = %number, error = %why, "a telephone call ends: its answer cannot be used");
                self.leave(number, End::Lost, now);
            }
        }
    }

    /// The caller gave up before anybody answered.
    fn cancelled(&mut self, cancel: &Request, from: SocketAddr, now: Duration) {
        let ringing = self.calls.iter().find(|call| match &call.stage {
            Stage::Ringing { invite, .. } => {
                call.dialog.call_id == cancel.head.call_id && invite.head.branch == cancel.head.branch
            }
            _ => false,
        });
        match ringing.map(|call| call.number) {
            None => self.respond(cancel, from, 481, "", now),
            Some(number) => {
                self.respond(cancel, from, 200, "", now);
                self.reject(number, 487, End::Cancelled, now);
            }
        }
    }

    fn hung_up(&mut self, bye: &Request, from: SocketAddr, now: Duration) {
        let Some(call) = self.owner(bye) else { return self.respond(bye, from, 481, "", now) };
        let (number, ringing) = (call.number, call.is_ringing_here());
        self.respond(bye, from, 200, "", now);
        if ringing {
            self.reject(number, 487, End::Cancelled, now);
        } else {
            self.forget(number, End::HungUp);
        }
    }

    /// A re-INVITE or UPDATE: hold, resume, another address, or only a refresh (RFC 3261 §14.2, RFC 3311).
    fn renegotiate(&mut self, request: &Request, from: SocketAddr, now: Duration) {
        if let Some((code, extra)) = Self::objection(request) {
            return self.respond(request, from, code, &extra, now);
        }
        let Some(call) = self.owner(request) else { return self.respond(request, from, 481, "", now) };
        let sequence = request.head.cseq.cseq;
        if call.dialog.their_sequence.is_some_and(|newest| sequence <= newest) || !matches!(call.stage, Stage::Up) {
            return self.respond(request, from, 500, "Retry-After: 5\r\n", now);
        }
        if call.refreshing || call.answer_in_ack {
            return self.respond(request, from, 491, "", now);
        }
        call.dialog.their_sequence = Some(sequence);
        let (number, near) = (call.number, from.ip());
        let (body, stream) = if !request.body.is_empty() {
            match call.local.answer(&request.body, near) {
                Ok((body, stream)) => (body, Some(stream)),
                // The call goes on as it was.
                Err(_) => return self.respond(request, from, 488, "", now),
            }
        } else if request.method == Method::INVITE {
            call.answer_in_ack = true;
            let offer = match call.stream {
                Some(stream) => call.local.repeat(&stream),
                None => call.local.offer(),
            };
            (offer, None)
        } else {
            (String::new(), None)
        };
        call.dialog.refresh(&request.head, from);
        self.confirm(number, request, from, &body, now);
        if let Some(stream) = stream {
            self.agree(number, stream, now);
        }
    }
}
