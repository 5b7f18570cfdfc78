//! The answer to an offer: webrtcbin's transport, and our own words about each m-line.

use std::net::IpAddr;

use super::candidate::{Candidate, Read};
use super::offer::{Line, Media, Offer, Purpose, Refused, line};
use super::text;
use crate::rtp::Kind;

/// What is asked of the sound of a call.
const CALL_SOUND: &str = "minptime=10;useinbandfec=1;usedtx=0;stereo=1;sprop-stereo=1;maxaveragebitrate=128000";

/// What the server's side of the transport looks like, read from webrtcbin's own answer.
#[derive(Debug, Clone)]
pub struct Local {
    /// Value of the `o=` line.
    origin: String,
    ufrag: String,
    password: String,
    fingerprint: String,
    setup: String,
    candidates: Vec<Candidate>,
    /// Payload types that webrtcbin receives, by m-line.
    formats: Vec<Vec<u8>>,
}

impl Local {
    /// Reads webrtcbin's answer to [`Offer::pruned`]; tells where it does not agree with what was asked.
    pub fn read(answer: &str, offer: &Offer) -> Result<Self, String> {
        let description = text::parse(answer)?;
        let first = description.media.first().ok_or("there is no m-line in webrtcbin's answer")?;
        let value = |name: &str| {
            let own = first.section.attribute(name).or_else(|| description.session.attribute(name));
            own.map(str::to_owned).ok_or_else(|| format!("webrtcbin's answer lacks a={name}"))
        };
        let numbers = |words: &[&str]| words.iter().filter_map(|word| word.parse().ok()).collect::<Vec<u8>>();
        let formats: Vec<Vec<u8>> = description.media.iter().map(|media| numbers(&media.formats)).collect();
        let agrees = offer.media().count() == formats.len()
            && offer.media().zip(&formats).all(|(media, formats)| formats.contains(&media.codec.payload))
            && description.media.iter().all(|media| media.port != 0 && media.section.has("recvonly"));
        if !agrees {
            return Err("webrtcbin does not receive what was asked of it".to_owned());
        }
        let mut candidates = Vec::new();
        for value in description.media.iter().flat_map(|media| media.section.attributes("candidate")) {
            match Candidate::read(value) {
                Read::Usable(candidate, _) if !candidates.contains(&candidate) => candidates.push(candidate),
                Read::Usable(..) | Read::Other | Read::Malformed => {}
            }
        }
        Ok(Self {
            origin: description.session.value('o').ok_or("webrtcbin's answer lacks o=")?.to_owned(),
            ufrag: value("ice-ufrag")?,
            password: value("ice-pwd")?,
            fingerprint: value("fingerprint")?,
            setup: value("setup")?,
            candidates,
            formats,
        })
    }

    /// Whether a publisher can reach it at all.
    pub fn has_candidates(&self) -> bool {
        !self.candidates.is_empty()
    }

    fn write(&self, sdp: &mut String) {
        line(sdp, format_args!("a=ice-ufrag:{}", self.ufrag));
        line(sdp, format_args!("a=ice-pwd:{}", self.password));
        line(sdp, format_args!("a=fingerprint:{}", self.fingerprint));
        line(sdp, format_args!("a=setup:{}", self.setup));
    }
}

impl Offer {
    /// The answer, with all candidates of the server; host candidates bear the `public` address, if there is one.
    /// Each m-line of the offer has one in the answer (RFC 3264 §6).
    pub fn answer(&self, local: &Local, public: Option<IpAddr>) -> String {
        let mut sdp = format!("v=0\r\no={}\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\n", local.origin);
        if self.bundles {
            let mids: Vec<&str> = self.media().map(Media::mid).collect();
            line(&mut sdp, format_args!("a=group:BUNDLE {}", mids.join(" ")));
        }
        let mut received = 0;
        for each in &self.lines {
            match each {
                Line::Refused(refused) => refused.write(&mut sdp),
                Line::Received(media) => {
                    media.write_answer(&mut sdp, self.purpose, local, &local.formats[received]);
                    if received == 0 {
                        write_candidates(&mut sdp, &local.candidates, public);
                    }
                    received += 1;
                }
            }
        }
        sdp
    }
}

impl Media {
    fn write_answer(&self, sdp: &mut String, purpose: Purpose, local: &Local, formats: &[u8]) {
        let rtx = self.codec.rtx.as_ref().is_some_and(|(payload, _)| formats.contains(payload));
        self.write_format_lines(sdp, rtx);
        local.write(sdp);
        if let Some(mid) = &self.mid {
            line(sdp, format_args!("a=mid:{mid}"));
        }
        *sdp += "a=recvonly\r\na=rtcp-mux\r\n";
        if self.reduced_rtcp {
            *sdp += "a=rtcp-rsize\r\n";
        }
        self.write_codec_lines(sdp, self.parameters(purpose).as_deref(), rtx);
    }

    /// What the server wishes to receive (RFC 7587 §6.1). Sound in stereo, since a browser sends mono to who does not ask, and
    /// with what mends a lost packet in the next one; calls with up to 128 kbit/s, and without pauses for silence. The
    /// picture in the offered profile.
    fn parameters(&self, purpose: Purpose) -> Option<String> {
        match (self.codec.kind, purpose) {
            (Kind::Audio, Purpose::City) => Some("minptime=10;useinbandfec=1;stereo=1".to_owned()),
            (Kind::Audio, Purpose::Call | Purpose::Talkback) => Some(CALL_SOUND.to_owned()),
            (Kind::Video, _) => self.codec.parameters.clone(),
        }
    }
}

impl Refused {
    fn write(&self, sdp: &mut String) {
        line(sdp, format_args!("m={} 0 {} {}", self.kind, self.protocol, self.format));
        line(sdp, format_args!("c=IN IP4 0.0.0.0"));
        if let Some(mid) = &self.mid {
            line(sdp, format_args!("a=mid:{mid}"));
        }
        line(sdp, format_args!("a=inactive"));
    }
}

fn write_candidates(sdp: &mut String, candidates: &[Candidate], public: Option<IpAddr>) {
    for candidate in candidates {
        let candidate = match public {
            Some(public) => candidate.clone().seen_at(public),
            None => candidate.clone(),
        };
        line(sdp, format_args!("a={candidate}"));
    }
    line(sdp, format_args!("a=end-of-candidates"));
}
