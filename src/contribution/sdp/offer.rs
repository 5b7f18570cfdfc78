//! A publisher's offer: checked, and reduced to what is received.

use std::fmt::Write as _;

use super::super::Error;
use super::super::fingerprint::Fingerprints;
use super::candidate::{Candidate, Read};
use super::codec::{self, Codec};
use super::text::{self, Description, Media as Text, start_of};
use crate::rtp::Kind;
use crate::show::ContributionId;

/// Most candidates that are taken from a publisher: one with many interfaces has twenty.
const MOST_CANDIDATES: usize = 64;

/// What a publisher is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A city: picture and sound of a stage.
    City,
    /// A call: a voice as well as it can be had, and a picture or none.
    Call,
    /// A voice alone.
    Talkback,
}

impl Purpose {
    /// What this contribution is there for.
    pub fn of(id: &ContributionId) -> Self {
        match id {
            ContributionId::City(_) => Self::City,
            ContributionId::Cohost(_) => Self::Call,
            ContributionId::Talkback(_) => Self::Talkback,
        }
    }
}

/// An offer that can be answered.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What its publisher is there for.
    pub(super) purpose: Purpose,
    /// Its m-lines, in order.
    pub(super) lines: Vec<Line>,
    /// Where its media come from.
    pub(super) transport: Transport,
    /// Whether it bundles, so that the answer must, too.
    pub(super) bundles: bool,
}

/// What becomes of one m-line.
#[derive(Debug, Clone)]
pub(super) enum Line {
    Received(Media),
    Refused(Refused),
}

/// An m-line that is received.
#[derive(Debug, Clone)]
pub struct Media {
    /// What is received on it.
    pub codec: Codec,
    pub(super) protocol: String,
    pub(super) mid: Option<String>,
    pub(super) reduced_rtcp: bool,
    /// Values of `a=ssrc`; webrtcbin finds the m-line of a packet by them.
    ssrcs: Vec<String>,
}

/// An m-line that is answered with port zero.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub kind: String,
    pub protocol: String,
    pub format: String,
    pub mid: Option<String>,
}

/// ICE and DTLS of the publisher: one transport, since everything is bundled.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    ufrag: String,
    password: String,
    fingerprints: Fingerprints,
    setup: &'static str,
    lite: bool,
    candidates: Vec<Candidate>,
}

impl Offer {
    /// Reads and checks an offer.
    pub fn read(offer: &str, purpose: Purpose) -> Result<Self, Error> {
        let description = text::parse(offer).map_err(Error::NotSdp)?;
        let mids = mids(&description).map_err(Error::NotSdp)?;
        let group = group(&description);
        let chosen = choose(&description, &group, purpose)?;
        let bundles = bundle(&description, &chosen, &group)?;
        let transport = Transport::read(&description, &chosen, &group)?;
        let lines = description.media.iter().zip(mids).enumerate().map(|(index, (text, mid))| {
            match chosen.iter().find(|(at, _)| *at == index) {
                Some((_, codec)) => Line::Received(Media::read(text, mid, codec.clone())),
                None => Line::Refused(Refused::read(text, mid)),
            }
        });
        Ok(Self { purpose, lines: lines.collect(), transport, bundles })
    }

    /// The m-lines that are received, in the offer's order.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        self.lines.iter().filter_map(|line| match line {
            Line::Received(media) => Some(media),
            Line::Refused(_) => None,
        })
    }

    /// Whether a picture is received.
    pub fn has_picture(&self) -> bool {
        self.media().any(|media| media.codec.kind == Kind::Video)
    }

    /// The certificates that the publisher may present.
    pub fn fingerprints(&self) -> &Fingerprints {
        &self.transport.fingerprints
    }

    /// User fragment and password of the publisher's ICE session.
    pub fn ice(&self) -> (&str, &str) {
        (&self.transport.ufrag, &self.transport.password)
    }

    /// Whether one of the m-lines has this `mid`, received or not.
    pub fn has_mid(&self, wanted: &str) -> bool {
        self.lines.iter().any(|line| match line {
            Line::Received(media) => media.mid.as_deref() == Some(wanted),
            Line::Refused(refused) => refused.mid.as_deref() == Some(wanted),
        })
    }

    /// The offer that webrtcbin is given: only the m-lines that are received, each with one codec, so that it cannot
    /// choose another one; and nothing that it does not know how to handle.
    pub fn pruned(&self) -> String {
        let mut sdp = String::from("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\n");
        if self.transport.lite {
            sdp += "a=ice-lite\r\n";
        }
        let mids: Vec<&str> = self.media().map(Media::mid).collect();
        line(&mut sdp, format_args!("a=group:BUNDLE {}", mids.join(" ")));
        for (index, media) in self.media().enumerate() {
            media.write_pruned(&mut sdp, &self.transport, index == 0);
        }
        sdp
    }
}

impl Media {
    fn read(text: &Text<'_>, mid: Option<&str>, codec: Codec) -> Self {
        // The streams of a simulcast offer share one m-line, and only one of them is wanted: without their numbers
        // webrtcbin goes by what comes. The same for FID groups, whose second stream is the retransmission.
        let simulcast = text.section.attributes("ssrc-group").any(|value| value.starts_with("SIM"));
        let ssrcs = if simulcast { Vec::new() } else { text.section.attributes("ssrc").map(str::to_owned).collect() };
        Self {
            codec,
            protocol: text.protocol.to_owned(),
            mid: mid.map(str::to_owned),
            reduced_rtcp: text.section.has("rtcp-rsize"),
            ssrcs,
        }
    }

    /// Its `mid`. An offer without any has one m-line that is received, and webrtcbin needs a name for it.
    pub fn mid(&self) -> &str {
        self.mid.as_deref().unwrap_or("0")
    }

    fn write_pruned(&self, sdp: &mut String, transport: &Transport, with_candidates: bool) {
        self.write_format_lines(sdp, true);
        transport.write(sdp);
        line(sdp, format_args!("a=mid:{}", self.mid()));
        *sdp += "a=sendonly\r\na=rtcp-mux\r\n";
        if self.reduced_rtcp {
            *sdp += "a=rtcp-rsize\r\n";
        }
        self.write_codec_lines(sdp, self.codec.parameters.as_deref(), true);
        for ssrc in &self.ssrcs {
            line(sdp, format_args!("a=ssrc:{ssrc}"));
        }
        if with_candidates {
            for candidate in &transport.candidates {
                line(sdp, format_args!("a={candidate}"));
            }
        }
    }

    /// The m-line itself, and its connection line.
    pub(super) fn write_format_lines(&self, sdp: &mut String, with_rtx: bool) {
        let kind = match self.codec.kind {
            Kind::Audio => "audio",
            Kind::Video => "video",
        };
        let _ = write!(sdp, "m={kind} 9 {} {}", self.protocol, self.codec.payload);
        if let (true, Some((payload, _))) = (with_rtx, &self.codec.rtx) {
            let _ = write!(sdp, " {payload}");
        }
        *sdp += "\r\nc=IN IP4 0.0.0.0\r\n";
    }

    /// What tells the codec: `rtpmap`, `fmtp`, `rtcp-fb` and `extmap`.
    pub(super) fn write_codec_lines(&self, sdp: &mut String, parameters: Option<&str>, with_rtx: bool) {
        let Codec { payload, rtx, feedback, extensions, .. } = &self.codec;
        for (id, uri) in extensions {
            line(sdp, format_args!("a=extmap:{id} {uri}"));
        }
        line(sdp, format_args!("a=rtpmap:{payload} {}", self.codec.encoding()));
        for feedback in feedback {
            line(sdp, format_args!("a=rtcp-fb:{payload} {feedback}"));
        }
        if let Some(parameters) = parameters {
            line(sdp, format_args!("a=fmtp:{payload} {parameters}"));
        }
        if let (true, Some((rtx, parameters))) = (with_rtx, rtx) {
            line(sdp, format_args!("a=rtpmap:{rtx} rtx/{}", self.codec.kind.clock_rate()));
            line(sdp, format_args!("a=fmtp:{rtx} {parameters}"));
        }
    }
}

impl Refused {
    fn read(text: &Text<'_>, mid: Option<&str>) -> Self {
        let format = text.formats.first().copied().unwrap_or("0");
        Self {
            kind: text.kind.to_owned(),
            protocol: text.protocol.to_owned(),
            format: format.to_owned(),
            mid: mid.map(str::to_owned),
        }
    }
}

impl Transport {
    /// Reads the transport of the bundle: that of its first received m-line, or, where that one leaves something to
    /// the others or to the session (RFC 9143 §7.1), theirs.
    fn read(description: &Description<'_>, chosen: &[(usize, Codec)], group: &[&str]) -> Result<Self, Error> {
        let missing = |what: &str| Error::NotSdp(format!("it lacks a={what}"));
        let members: Vec<&Text<'_>> = description
            .media
            .iter()
            .enumerate()
            .filter(|(index, text)| {
                chosen.iter().any(|(at, _)| at == index)
                    || text.section.attribute("mid").is_some_and(|mid| group.contains(&mid))
            })
            .map(|(_, text)| text)
            .collect();
        let tagged = &description.media[chosen[0].0];
        let first = |name: &'static str| {
            let own = tagged.section.attribute(name).or_else(|| description.session.attribute(name));
            own.or_else(|| members.iter().find_map(|text| text.section.attribute(name)))
        };
        let ufrag = first("ice-ufrag").ok_or_else(|| missing("ice-ufrag"))?;
        let password = first("ice-pwd").ok_or_else(|| missing("ice-pwd"))?;
        if !is_ice_text(ufrag, 4) || !is_ice_text(password, 22) {
            return Err(Error::NotSdp("its ice-ufrag or ice-pwd is not of the form of RFC 8839 §5.4".to_owned()));
        }
        // All fingerprints of the bundle: RFC 8122 §5 lets a description name several certificates.
        let media = members.iter().flat_map(|text| text.section.attributes("fingerprint"));
        let fingerprints = Fingerprints::read(media.chain(description.session.attributes("fingerprint")));
        let fingerprints =
            fingerprints.ok_or_else(|| missing("fingerprint with sha-256 (or sha-384, sha-512, sha-1)"))?;
        let setup = match first("setup") {
            None | Some("actpass") => "actpass",
            Some("active") => "active",
            Some("passive") => "passive",
            Some(other) => return Err(Error::Unsupported(format!("a=setup:{} cannot be answered", start_of(other)))),
        };
        let mut candidates: Vec<Candidate> = Vec::new();
        for value in members.iter().flat_map(|text| text.section.attributes("candidate")) {
            match Candidate::read(value) {
                Read::Usable(candidate, _)
                    if candidates.len() < MOST_CANDIDATES && !candidates.contains(&candidate) =>
                {
                    candidates.push(candidate);
                }
                // One that cannot be used does no harm: the publisher's own checks show where it is.
                Read::Usable(..) | Read::Other | Read::Malformed => {}
            }
        }
        let lite = description.session.has("ice-lite");
        Ok(Self { ufrag: ufrag.to_owned(), password: password.to_owned(), fingerprints, setup, lite, candidates })
    }

    fn write(&self, sdp: &mut String) {
        line(sdp, format_args!("a=ice-ufrag:{}", self.ufrag));
        line(sdp, format_args!("a=ice-pwd:{}", self.password));
        line(sdp, format_args!("a=fingerprint:{}", self.fingerprints.first()));
        line(sdp, format_args!("a=setup:{}", self.setup));
    }
}

/// Appends one line.
pub(super) fn line(sdp: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = write!(sdp, "{line}\r\n");
}

/// Whether a text has the form of ICE's credentials (RFC 8839 §5.4).
fn is_ice_text(text: &str, shortest: usize) -> bool {
    (shortest..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

/// The `mid` of each m-line; they must be tokens and differ.
fn mids<'a>(description: &Description<'a>) -> Result<Vec<Option<&'a str>>, String> {
    let mids: Vec<Option<&str>> = description.media.iter().map(|text| text.section.attribute("mid")).collect();
    for (index, mid) in mids.iter().enumerate() {
        let Some(mid) = mid else { continue };
        let fits =
            (1..=64).contains(&mid.len()) && mid.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+.!".contains(&b));
        if !fits {
            return Err(format!("a=mid:{} is no name for an m-line", start_of(mid)));
        }
        if mids[..index].contains(&Some(mid)) {
            return Err(format!("two m-lines have a=mid:{mid}"));
        }
    }
    Ok(mids)
}

/// The m-lines' names in the first BUNDLE group.
fn group<'a>(description: &Description<'a>) -> Vec<&'a str> {
    let groups = description.session.attributes("group").filter_map(|value| value.strip_prefix("BUNDLE"));
    groups.into_iter().next().map(|mids| mids.split_ascii_whitespace().collect()).unwrap_or_default()
}

/// Which m-lines are received, by their place, and what on them: the first usable one of each kind.
fn choose(description: &Description<'_>, group: &[&str], purpose: Purpose) -> Result<Vec<(usize, Codec)>, Error> {
    let mut chosen: Vec<(usize, Codec)> = Vec::new();
    let mut unusable: Vec<(Kind, String)> = Vec::new();
    let mut not_sending = 0;
    for (index, media) in description.media.iter().enumerate() {
        let kind = match media.kind {
            "audio" => Kind::Audio,
            // A picture that nobody would see is refused: its line is answered with port zero.
            "video" if purpose != Purpose::Talkback => Kind::Video,
            _ => continue,
        };
        let bundled = media.section.attribute("mid").is_some_and(|mid| group.contains(&mid));
        let is_off = media.port == 0 && !(media.section.has("bundle-only") && bundled);
        if is_off || !media.protocol.contains("TLS/RTP/SAVP") {
            continue;
        }
        if !sends(description, media) {
            not_sending += 1;
            continue;
        }
        match Codec::choose(kind, media) {
            Some(codec) if chosen.iter().all(|(_, other)| other.kind != kind) => chosen.push((index, codec)),
            Some(_) => {}
            None => unusable.push((kind, codec::names(media))),
        }
    }
    unusable.retain(|(kind, _)| chosen.iter().all(|(_, codec)| codec.kind != *kind));
    if !unusable.is_empty() {
        let arrived: Vec<String> = unusable.into_iter().map(|(_, names)| names).collect();
        return Err(Error::NoUsableCodec(format!(
            "no usable codec arrived ({}); needed are H.264 with packetization-mode=1 in constrained baseline, \
             baseline or main profile for the picture, and opus/48000/2 for the sound: choose H.264 and Opus in the \
             publisher's settings",
            arrived.join("; ")
        )));
    }
    match (chosen.is_empty(), not_sending) {
        (false, _) => Ok(chosen),
        (true, 0) => Err(Error::NoUsableCodec(
            "the offer has no open audio or video line over UDP/TLS/RTP/SAVPF: one with H.264 or Opus is needed".to_owned(),
        )),
        (true, _) => Err(Error::Unsupported(
            "the offer sends nothing: a publisher's lines are a=sendonly or a=sendrecv, and who wants to watch asks WHEP"
                .to_owned(),
        )),
    }
}

/// Whether the publisher wants to send on this m-line (RFC 8866 §6.7; `sendrecv` is the default).
fn sends(description: &Description<'_>, media: &Text<'_>) -> bool {
    let quiet = |name: &str| name == "recvonly" || name == "inactive";
    let directions = ["sendrecv", "sendonly", "recvonly", "inactive"];
    let own = directions.into_iter().find(|name| media.section.has(name));
    let direction = own.or_else(|| directions.into_iter().find(|name| description.session.has(name)));
    !direction.is_some_and(quiet)
}

/// Whether the offer bundles what is received. Two m-lines that do not cannot be received: RFC 9725 §4.4.
fn bundle(description: &Description<'_>, chosen: &[(usize, Codec)], group: &[&str]) -> Result<bool, Error> {
    let texts = || chosen.iter().map(|(index, _)| &description.media[*index]);
    if texts().any(|text| !text.section.has("rtcp-mux")) {
        return Err(Error::Unsupported(
            "a=rtcp-mux is needed on each line: RTP and RTCP share one port here".to_owned(),
        ));
    }
    let bundled = texts().all(|text| text.section.attribute("mid").is_some_and(|mid| group.contains(&mid)));
    if chosen.len() > 1 && !bundled {
        return Err(Error::Unsupported(
            "a=group:BUNDLE with the picture's and the sound's line is needed: all media share one port here"
                .to_owned(),
        ));
    }
    Ok(bundled)
}
