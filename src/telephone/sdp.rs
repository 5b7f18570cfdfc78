//! What two ends agree on about the sound: SDP offers and answers (RFC 3264) with G.711, Opus and telephone-event (RFC 4733).
//!
//! The reading of SDP is ezk's. Pure: bytes in, a [`Stream`] and a text out.

use std::net::{IpAddr, SocketAddr};

use ezk_sdp_types::{Direction, MediaDescription, MediaType, SessionDescription, TaggedAddress, TransportProtocol};
use thiserror::Error;

/// Longest description that is read, in bytes, and most media in it: each is repeated in the answer.
const LONGEST: usize = 16 * 1024;
const MOST_MEDIA: usize = 16;

/// Payload types that we offer; those of G.711 are fixed (RFC 3551).
const OPUS: u8 = 96;
const EVENTS: u8 = 101;
const PCMU: u8 = 0;
const PCMA: u8 = 8;
const COMFORT_NOISE: u8 = 13;

/// Why there is nothing to agree on.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum Unacceptable {
    #[error("the body is no SDP")]
    Malformed,
    #[error("there is no sound over plain RTP in it: RTP/AVP is needed")]
    NoSound,
    #[error("none of its codecs is known here: PCMA, PCMU or opus is needed")]
    NoCodec,
}

/// How sound is written into packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// G.711 A-law, 8 kHz.
    Pcma,
    /// G.711 µ-law, 8 kHz.
    Pcmu,
    /// RFC 7587, 48 kHz.
    Opus,
}

/// How keys that are pressed are sent (RFC 4733).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Events {
    pub(super) payload: u8,
    /// Clock of its timestamps in Hz.
    rate: u32,
}

/// What was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) codec: Codec,
    /// Payload type of the sound, both ways.
    pub(super) payload: u8,
    /// Keys that are pressed, if they can be sent.
    pub(super) events: Option<Events>,
    /// Where the other end wants its sound; none while its address cannot be used.
    pub(super) remote: Option<SocketAddr>,
    /// Whether the other end sends.
    pub(super) hears: bool,
    /// Whether the other end wants to be sent to.
    pub(super) speaks: bool,
}

impl Stream {
    /// Whether the other end has put the call on hold (RFC 3264 §8.4).
    pub(super) fn is_held(&self) -> bool {
        !self.speaks
    }
}

/// This end of the agreement: it numbers its descriptions (RFC 3264 §5).
#[derive(Debug, Clone)]
pub(super) struct Local {
    address: IpAddr,
    port: u16,
    session: u32,
    version: u32,
    /// The newest description after its version.
    last: String,
}

impl Local {
    pub(super) fn new(address: IpAddr, port: u16, session: u32) -> Self {
        Self { address, port, session, version: 1, last: String::new() }
    }

    /// Offers all that is known here.
    pub(super) fn offer(&mut self) -> String {
        let media = format!(
            "m=audio {} RTP/AVP {OPUS} {PCMA} {PCMU} {EVENTS}\r\n\
             a=rtpmap:{OPUS} opus/48000/2\r\na=fmtp:{OPUS} useinbandfec=1\r\n\
             a=rtpmap:{PCMA} PCMA/8000\r\na=rtpmap:{PCMU} PCMU/8000\r\n\
             a=rtpmap:{EVENTS} telephone-event/8000\r\na=fmtp:{EVENTS} 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
            self.port
        );
        self.describe(media)
    }

    /// Offers what is in use, for a refresh (RFC 4028 §7.4).
    pub(super) fn repeat(&mut self, stream: &Stream) -> String {
        let media = self.sound(stream, "RTP/AVP", Direction::SendRecv);
        self.describe(media)
    }

    /// Answers an offer: one codec, all other media refused.
    pub(super) fn answer(&mut self, offer: &[u8], near: IpAddr) -> Result<(String, Stream), Unacceptable> {
        let offer = read(offer)?;
        let (at, stream) = choose(&offer, near)?;
        let mut media = String::new();
        for (n, offered) in offer.media_descriptions.iter().enumerate() {
            let protocol = offered.media.proto.to_string();
            if n == at {
                media += &self.sound(&stream, &protocol, offered.direction.flipped());
            } else {
                let format = offered.media.fmts.first().copied().unwrap_or_default();
                media += &format!("m={} 0 {protocol} {format}\r\n", offered.media.media_type);
            }
        }
        Ok((self.describe(media), stream))
    }

    fn sound(&self, stream: &Stream, protocol: &str, direction: Direction) -> String {
        let Stream { payload, events, .. } = *stream;
        let mut text = format!("m=audio {} {protocol} {payload}", self.port);
        if let Some(events) = events {
            text += &format!(" {}", events.payload);
        }
        text += &match stream.codec {
            Codec::Pcma => format!("\r\na=rtpmap:{payload} PCMA/8000\r\n"),
            Codec::Pcmu => format!("\r\na=rtpmap:{payload} PCMU/8000\r\n"),
            Codec::Opus => {
                format!("\r\na=rtpmap:{payload} opus/48000/2\r\na=fmtp:{payload} useinbandfec=1\r\n")
            }
        };
        if let Some(Events { payload, rate }) = events {
            text += &format!("a=rtpmap:{payload} telephone-event/{rate}\r\na=fmtp:{payload} 0-15\r\n");
        }
        text + &format!("a=ptime:20\r\na={direction}\r\n")
    }

    fn describe(&mut self, media: String) -> String {
        if !self.last.is_empty() && self.last != media {
            self.version += 1;
        }
        let family = if self.address.is_ipv4() { "IP4" } else { "IP6" };
        let Self { address, session, version, .. } = *self;
        let text = format!(
            "v=0\r\no=regia {session} {version} IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n{media}"
        );
        self.last = media;
        text
    }
}

/// Reads the answer to an offer of ours.
pub(super) fn answered(answer: &[u8], near: IpAddr) -> Result<Stream, Unacceptable> {
    choose(&read(answer)?, near).map(|(_, stream)| stream)
}

fn read(body: &[u8]) -> Result<SessionDescription, Unacceptable> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= LONGEST).ok_or(Unacceptable::Malformed)?;
    let read = SessionDescription::parse(&text.to_owned().into()).map_err(|_| Unacceptable::Malformed)?;
    if read.media_descriptions.len() > MOST_MEDIA { Err(Unacceptable::Malformed) } else { Ok(read) }
}

/// The first sound that can be used: Opus when it is there, else the first of G.711. `near` stands for an address that is a name.
fn choose(description: &SessionDescription, near: IpAddr) -> Result<(usize, Stream), Unacceptable> {
    let usable = |media: &MediaDescription| {
        let plain = matches!(media.media.proto, TransportProtocol::RtpAvp | TransportProtocol::RtpAvpf);
        media.media.media_type == MediaType::Audio && plain && media.media.port != 0
    };
    let sounds: Vec<_> = description.media_descriptions.iter().enumerate().filter(|(_, media)| usable(media)).collect();
    if sounds.is_empty() {
        return Err(Unacceptable::NoSound);
    }
    let found =
        sounds.into_iter().find_map(|(at, media)| codec(media).map(|(codec, payload)| (at, media, codec, payload)));
    let (at, media, codec, payload) = found.ok_or(Unacceptable::NoCodec)?;
    let address = match media.connection.as_ref().or(description.connection.as_ref()).map(|found| &found.address) {
        Some(TaggedAddress::IP4(address)) => IpAddr::V4(*address),
        Some(TaggedAddress::IP6(address)) => IpAddr::V6(*address),
        Some(TaggedAddress::IP4FQDN(_) | TaggedAddress::IP6FQDN(_)) | None => near,
    };
    // The old way to hold (RFC 2543 §B.5).
    let nowhere = address.is_unspecified();
    let remote = (!nowhere && !address.is_multicast()).then(|| SocketAddr::new(address, media.media.port));
    let (hears, speaks) = match media.direction {
        Direction::SendRecv => (true, !nowhere),
        Direction::SendOnly => (true, false),
        Direction::RecvOnly => (false, !nowhere),
        Direction::Inactive => (false, false),
    };
    Ok((at, Stream { codec, payload, events: events(media, codec), remote, hears, speaks }))
}

fn codec(media: &MediaDescription) -> Option<(Codec, u8)> {
    let known = media.media.fmts.iter().filter_map(|payload| {
        let mapped = media.rtpmap.iter().find(|map| map.payload == *payload);
        let codec = match mapped {
            Some(map) if map.encoding.eq_ignore_ascii_case("opus") && map.clock_rate == 48_000 => Codec::Opus,
            Some(map) if map.encoding.eq_ignore_ascii_case("PCMA") && map.clock_rate == 8000 => Codec::Pcma,
            Some(map) if map.encoding.eq_ignore_ascii_case("PCMU") && map.clock_rate == 8000 => Codec::Pcmu,
            Some(_) => return None,
            None if *payload == PCMA => Codec::Pcma,
            None if *payload == PCMU => Codec::Pcmu,
            None => return None,
        };
        (*payload < 128 && *payload != COMFORT_NOISE).then_some((codec, *payload))
    });
    let known: Vec<_> = known.collect();
    known.iter().find(|(codec, _)| *codec == Codec::Opus).or(known.first()).copied()
}

/// The telephone-event of the codec's own clock if there is one (RFC 4733 §2.1), else any.
fn events(media: &MediaDescription, codec: Codec) -> Option<Events> {
    let rate = if codec == Codec::Opus { 48_000 } else { 8000 };
    let known = |map: &&ezk_sdp_types::RtpMap| {
        let named = map.encoding.eq_ignore_ascii_case("telephone-event") && map.payload < 128;
        named && media.media.fmts.contains(&map.payload)
    };
    let maps: Vec<_> = media.rtpmap.iter().filter(known).collect();
    let map = maps.iter().find(|map| map.clock_rate == rate).or(maps.first())?;
    Some(Events { payload: map.payload, rate: map.clock_rate })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 9));

    fn offer(media: &str) -> Vec<u8> {
        format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n{media}").into_bytes()
    }

    fn local() -> Local {
        Local::new("203.0.113.1".parse().expect("it is an address"), 52_300, 9)
    }

    #[test]
    fn the_first_of_g711_is_taken_and_opus_before_it() {
        let (text, stream) =
            local().answer(&offer("m=audio 4000 RTP/AVP 18 0 8\r\n"), NEAR).expect("it can be answered");
        assert_eq!((stream.codec, stream.payload, stream.events), (Codec::Pcmu, 0, None));
        assert_eq!(stream.remote, Some("192.0.2.10:4000".parse().expect("it is an address")));
        assert!(text.contains("m=audio 52300 RTP/AVP 0\r\n") && text.contains("c=IN IP4 203.0.113.1\r\n"), "{text}");
        let opus =
            "m=audio 4000 RTP/AVP 8 107 101\r\na=rtpmap:107 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n";
        let (text, stream) = local().answer(&offer(opus), NEAR).expect("it can be answered");
        assert_eq!((stream.codec, stream.payload), (Codec::Opus, 107));
        assert_eq!(stream.events, Some(Events { payload: 101, rate: 8000 }));
        assert!(text.contains("m=audio 52300 RTP/AVP 107 101\r\n"), "{text}");
    }

    #[test]
    fn hold_is_answered_in_kind_and_known_in_all_its_forms() {
        for (direction, answered, hears) in
            [("sendonly", "recvonly", true), ("inactive", "inactive", false), ("sendrecv", "sendrecv", true)]
        {
            let media = format!("m=audio 4000 RTP/AVP 8\r\na={direction}\r\n");
            let (text, stream) = local().answer(&offer(&media), NEAR).expect("it can be answered");
            assert!(text.ends_with(&format!("a={answered}\r\n")), "{text}");
            assert_eq!((stream.is_held(), stream.hears), (direction != "sendrecv", hears));
        }
        let (_, stream) =
            local().answer(&offer("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n"), NEAR).expect("it can be answered");
        assert!(stream.is_held() && stream.remote.is_none());
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_other_media_get_port_zero() {
        let refused = |media: &str| local().answer(&offer(media), NEAR).expect_err("it cannot be used");
        assert_eq!(refused("m=audio 4000 RTP/AVP 18 9\r\n"), Unacceptable::NoCodec);
        assert_eq!(refused("m=audio 4000 RTP/SAVP 8\r\n"), Unacceptable::NoSound);
        assert_eq!(refused("m=video 4000 RTP/AVP 96\r\n"), Unacceptable::NoSound);
        assert_eq!(local().answer(b"hello", NEAR).expect_err("it is no SDP"), Unacceptable::Malformed);
        let both = offer("m=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 8\r\n");
        let (text, _) = local().answer(&both, NEAR).expect("it can be answered");
        assert!(text.contains("m=video 0 RTP/AVP 96\r\nm=audio 52300 RTP/AVP 8\r\n"), "{text}");
    }

    #[test]
    fn a_description_is_numbered_anew_only_when_it_changes() {
        let mut local = local();
        let version = |text: String| text.lines().nth(1).and_then(|o| o.split(' ').nth(2).map(str::to_owned));
        let call = offer("m=audio 4000 RTP/AVP 8\r\n");
        let hold = offer("m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n");
        let versions = [&call, &call, &hold].map(|offer| version(local.answer(offer, NEAR).expect("it can be").0));
        assert_eq!(versions.map(|version| version.expect("it has one")), ["1", "1", "2"]);
    }
}
