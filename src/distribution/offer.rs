//! Reads a viewer's SDP offer (RFC 8866, RFC 9725) and prepares it for the protocol stack. Pure text.
//!
//! The stack sees only what is served: one video section with one H.264 payload type and its retransmissions, one audio
//! section with Opus, each as `recvonly`, without candidates (an ICE-lite server learns addresses from the checks).
//! Every other section is refused in the answer (RFC 3264 §6: port 0).

use super::Error;

/// Name of the media stream that a viewer gets.
const STREAM: &str = "regia";

/// Longest identification of a section.
const LONGEST_MID: usize = 16;

/// What a viewer's offer asks for and this hub can send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// The offer with nothing in it but what is served.
    pub(super) served: String,
    /// The viewer's ICE username fragment; empty if it names none.
    pub(super) ufrag: String,
    /// The video section.
    pub(super) video: Option<Video>,
    /// The audio section.
    pub(super) audio: Option<Audio>,
    /// All sections in order: `None` is served, `Some` is the refusal that the answer needs in that place.
    refusals: Vec<Option<String>>,
}

/// An H.264 payload type (RFC 6184) with packetization-mode 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Video {
    /// Identification of the section.
    pub(super) mid: String,
    /// Payload type.
    pub(super) payload_type: u8,
    /// Payload type of its retransmissions (RFC 4588).
    pub(super) retransmission: Option<u8>,
    /// profile-level-id.
    pub(super) profile_level_id: u32,
}

/// An Opus payload type (RFC 7587).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Audio {
    /// Identification of the section.
    pub(super) mid: String,
    /// Payload type.
    pub(super) payload_type: u8,
    /// Whether the viewer wants stereo.
    pub(super) stereo: bool,
}

impl Offer {
    /// Reads an offer. The error tells a viewer's author what arrived and what is needed.
    pub(super) fn read(sdp: &str) -> Result<Self, Error> {
        if !sdp.starts_with("v=0") {
            return Err(Error::NotSdp("it does not begin with the line v=0".into()));
        }
        let mut lines = sdp.lines().map(str::trim_end).filter(|line| !line.is_empty()).peekable();
        let mut session = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("m=")) {
            session.push(line);
        }
        let mut sections: Vec<Section<'_>> = Vec::new();
        for line in lines {
            match line.strip_prefix("m=") {
                Some(media) => sections.push(Section::begin(media)?),
                None => sections.last_mut().expect("the first of these lines begins a section").lines.push(line),
            }
        }
        if sections.is_empty() {
            return Err(Error::NotSdp("it has no media section (a line m=audio or m=video)".into()));
        }

        let (mut video, mut audio) = (None, None);
        let (mut served, mut refusals) = (Vec::new(), Vec::new());
        for section in &sections {
            let keep = if section.is_refused() || !section.wants_to_receive() {
                None
            } else if section.media == "video" && video.is_none() {
                video = section.video();
                video.as_ref().map(|v| [Some(v.payload_type), v.retransmission])
            } else if section.media == "audio" && audio.is_none() {
                audio = section.audio();
                audio.as_ref().map(|a| [Some(a.payload_type), None])
            } else {
                None
            };
            if keep.is_some() {
                section.check_mid()?;
            }
            refusals.push(keep.is_none().then(|| section.refusal()));
            served.extend(keep.map(|types| section.pruned(types)));
        }
        if video.is_none() && audio.is_none() {
            return Err(Error::NoUsableCodec(nothing_to_send(&sections)));
        }

        let mids: Vec<&str> = [video.as_ref().map(|v| v.mid.as_str()), audio.as_ref().map(|a| a.mid.as_str())]
            .into_iter()
            .flatten()
            .collect();
        let session = session
            .iter()
            .filter(|line| !line.starts_with("a=candidate") && !line.starts_with("a=sctp-"))
            .map(|line| match line.strip_prefix("a=group:BUNDLE") {
                Some(group) => {
                    let kept: String =
                        group.split(' ').filter(|mid| mids.contains(mid)).map(|mid| format!(" {mid}")).collect();
                    format!("a=group:BUNDLE{kept}\r\n")
                }
                None => format!("{line}\r\n"),
            })
            .collect::<String>();
        let served = session + &served.concat();
        // What is served is bundled: its first fragment is the one of them all.
        let ufrag = served.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap_or_default().to_owned();
        Ok(Self { served, ufrag, video, audio, refusals })
    }

    /// The answer to the whole offer, from the stack's answer to what it saw of it.
    pub(super) fn complete(&self, answer: &str) -> String {
        let answer = &in_one_stream(answer);
        let (session, sections) = answer.split_once("m=").unwrap_or((answer, ""));
        let mut sections = sections.split("\r\nm=").map(|section| format!("m={}\r\n", section.trim_end()));
        let all = self.refusals.iter().map(|refusal| refusal.clone().or_else(|| sections.next()).unwrap_or_default());
        std::iter::once(session.to_owned()).chain(all).collect()
    }
}

/// The answer with its tracks in one media stream. Browsers play sound and picture in sync only within one stream
/// (RFC 8830 §2), and the stack makes one for each track.
fn in_one_stream(answer: &str) -> String {
    let rename = |line: &str| match line.split_once("msid:") {
        Some((before, names)) => {
            let track = names.split_once(' ').map_or("", |(_, track)| track);
            format!("{before}msid:{STREAM} {track}\r\n")
        }
        None if line.starts_with("a=msid-semantic:") => format!("a=msid-semantic: WMS {STREAM}\r\n"),
        None => format!("{line}\r\n"),
    };
    answer.lines().map(rename).collect()
}

/// One media section.
struct Section<'a> {
    media: &'a str,
    port: &'a str,
    protocol: &'a str,
    formats: Vec<&'a str>,
    lines: Vec<&'a str>,
}

impl<'a> Section<'a> {
    fn begin(line: &'a str) -> Result<Self, Error> {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some(media), Some(port), Some(protocol)) => {
                Ok(Self { media, port, protocol, formats: words.collect(), lines: Vec::new() })
            }
            _ => Err(Error::NotSdp(format!("the line 'm={line}' needs a medium, a port, a protocol and formats"))),
        }
    }

    fn attributes(&self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter_map(move |line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
    }

    fn has(&self, line: &str) -> bool {
        self.lines.contains(&line)
    }

    /// Port 0 means refused, or bundled with another section (RFC 9143 §6).
    fn is_refused(&self) -> bool {
        self.port == "0" && !self.has("a=bundle-only")
    }

    fn wants_to_receive(&self) -> bool {
        !self.has("a=sendonly") && !self.has("a=inactive")
    }

    fn mid(&self) -> &'a str {
        self.attributes("mid").next().unwrap_or("")
    }

    /// Packets carry the identification to the viewer, and the stack knows only these.
    fn check_mid(&self) -> Result<(), Error> {
        let mid = self.mid();
        if mid.len() <= LONGEST_MID && mid.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Ok(());
        }
        let start: String = mid.chars().take(2 * LONGEST_MID).collect();
        Err(Error::NotSdp(format!("'a=mid:{start}' arrived: 1 to {LONGEST_MID} letters and digits are needed")))
    }

    /// The payload types with their names, as `(type, "H264/90000")`.
    fn payloads(&self) -> impl Iterator<Item = (u8, &'a str)> {
        self.attributes("rtpmap").filter_map(|map| {
            let (number, name) = map.split_once(' ')?;
            self.formats.contains(&number).then_some(())?;
            Some((number.parse().ok().filter(|number| *number < 128)?, name))
        })
    }

    /// The value of a format parameter.
    fn parameter(&self, payload_type: u8, wanted: &str) -> Option<&'a str> {
        self.attributes("fmtp").find_map(|line| {
            let (number, parameters) = line.split_once(' ')?;
            (number.parse() == Ok(payload_type)).then_some(())?;
            parameters.split(';').find_map(|parameter| {
                let (name, value) = parameter.trim().split_once('=')?;
                name.eq_ignore_ascii_case(wanted).then(|| value.trim())
            })
        })
    }

    fn video(&self) -> Option<Video> {
        self.payloads()
            .filter(|(number, name)| {
                name.eq_ignore_ascii_case("H264/90000") && self.parameter(*number, "packetization-mode") == Some("1")
            })
            .map(|(number, _)| {
                // RFC 6184 §8.1: without the parameter, baseline at level 1 is meant.
                let profile = self.parameter(number, "profile-level-id");
                (number, profile.and_then(|id| u32::from_str_radix(id, 16).ok()).unwrap_or(0x42_00_0a))
            })
            .min_by_key(|(_, profile_level_id)| preference(*profile_level_id))
            .map(|(payload_type, profile_level_id)| Video {
                mid: self.mid().to_owned(),
                payload_type,
                retransmission: self.retransmission(payload_type),
                profile_level_id,
            })
    }

    fn retransmission(&self, of: u8) -> Option<u8> {
        self.payloads()
            .filter(|(_, name)| name.eq_ignore_ascii_case("rtx/90000"))
            .map(|(number, _)| number)
            .find(|number| self.parameter(*number, "apt").is_some_and(|apt| apt.parse() == Ok(of)))
    }

    fn audio(&self) -> Option<Audio> {
        let (payload_type, _) = self.payloads().find(|(_, name)| name.eq_ignore_ascii_case("opus/48000/2"))?;
        let stereo = self.parameter(payload_type, "stereo") == Some("1");
        Some(Audio { mid: self.mid().to_owned(), payload_type, stereo })
    }

    /// The section with these payload types only, as `recvonly`.
    fn pruned(&self, types: [Option<u8>; 2]) -> String {
        let types: Vec<String> = types.iter().flatten().map(u8::to_string).collect();
        let mut text = format!("m={} {} {} {}\r\n", self.media, self.port, self.protocol, types.join(" "));
        for line in &self.lines {
            let Some(attribute) = line.strip_prefix("a=") else {
                text.extend([*line, "\r\n"]);
                continue;
            };
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            let keeps = match name {
                "rtpmap" | "fmtp" | "rtcp-fb" => {
                    let number = value.split(' ').next().unwrap_or("");
                    number == "*" || types.iter().any(|kept| kept == number)
                }
                "candidate" | "end-of-candidates" | "sendrecv" | "recvonly" | "ssrc" | "ssrc-group" | "msid" => false,
                "simulcast" | "rid" => false,
                _ => true,
            };
            if keeps {
                text.extend([*line, "\r\n"]);
            }
        }
        text + "a=recvonly\r\n"
    }

    fn refusal(&self) -> String {
        let formats = if self.formats.is_empty() { "0".to_owned() } else { self.formats.join(" ") };
        let mid = match self.mid() {
            "" => String::new(),
            mid => format!("a=mid:{mid}\r\n"),
        };
        format!("m={} 0 {} {formats}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n{mid}", self.media, self.protocol)
    }
}

/// Lower is better: what cities send is constrained baseline, and every later profile here can decode it.
fn preference(profile_level_id: u32) -> u8 {
    match profile_level_id >> 8 {
        0x42_e0 => 0,
        0x42_c0 => 1,
        id if id >> 8 == 0x42 => 2,
        id if id >> 8 == 0x4d => 3,
        _ => 4,
    }
}

fn nothing_to_send(sections: &[Section<'_>]) -> String {
    let media = |section: &&Section<'_>| matches!(section.media, "audio" | "video");
    let offered: Vec<_> = sections.iter().filter(media).filter(|section| !section.is_refused()).collect();
    if !offered.is_empty() && offered.iter().all(|section| !section.wants_to_receive()) {
        return "the offer receives nothing (sendonly or inactive): a viewer offers a=recvonly; publishers use WHIP"
            .into();
    }
    let arrived: Vec<String> = offered
        .iter()
        .flat_map(|section| {
            section.payloads().map(|(number, name)| match section.parameter(number, "packetization-mode") {
                Some(mode) => format!("{name} packetization-mode={mode}"),
                None => name.to_owned(),
            })
        })
        .filter(|name| !name.starts_with("rtx/"))
        .take(20)
        .collect();
    let arrived = if arrived.is_empty() { "no codec".to_owned() } else { arrived.join(", ") };
    format!("H264/90000 with packetization-mode=1 or opus/48000/2 is needed; {arrived} arrived")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n";
    const AUDIO: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111 9\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\n\
        a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;stereo=1\r\na=rtpmap:9 G722/8000\r\n";
    const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 106 107\r\na=mid:1\r\na=sendrecv\r\n\
        a=candidate:1 1 udp 1 4f5a.local 9 typ host\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\n\
        a=fmtp:97 apt=96\r\na=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42001f\r\n\
        a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\na=rtpmap:104 H264/90000\r\n\
        a=fmtp:104 packetization-mode=0;profile-level-id=42e01f\r\na=rtpmap:106 H264/90000\r\n\
        a=fmtp:106 level-asymmetry-allowed=1; packetization-mode=1; profile-level-id=42e01f\r\na=rtcp-fb:106 nack pli\r\n\
        a=rtpmap:107 rtx/90000\r\na=fmtp:107 apt=106\r\n";
    const DATA: &str = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

    fn read(parts: &[&str]) -> Result<Offer, Error> {
        Offer::read(&(HEAD.to_owned() + &parts.concat()))
    }

    #[test]
    fn constrained_baseline_with_packetization_mode_1_is_chosen_with_its_retransmissions() {
        let offer = read(&[AUDIO, VIDEO]).unwrap();
        let video = offer.video.unwrap();
        assert_eq!((video.payload_type, video.retransmission, video.profile_level_id), (106, Some(107), 0x42_e0_1f));
        assert_eq!(offer.audio.unwrap(), Audio { mid: "0".into(), payload_type: 111, stereo: true });
    }

    #[test]
    fn an_identification_that_the_stack_would_change_is_refused() {
        for mid in ["audio_0", "a-0", "é", "01234567890123456"] {
            let error = read(&[&AUDIO.replace("a=mid:0", &format!("a=mid:{mid}"))]).unwrap_err();
            assert!(matches!(&error, Error::NotSdp(why) if why.contains(mid)), "{mid}: {error}");
        }
        assert!(read(&[&AUDIO.replace("a=mid:0", "a=mid:0123456789abcdeF")]).is_ok());
        // Nothing of a refused section is carried.
        assert!(read(&[AUDIO, &DATA.replace("a=mid:2", "a=mid:data-2")]).is_ok());
    }

    #[test]
    fn the_next_best_profile_is_baseline_then_main() {
        let only = |types: &str| {
            let section = VIDEO.replace("96 97 102 103 104 106 107", types);
            read(&[&section]).unwrap().video.unwrap().payload_type
        };
        assert_eq!(only("96 97 102 103 104"), 102);
        let main = VIDEO.replace("42001f", "4d001f").replace("42e01f", "64001f");
        assert_eq!(read(&[&main]).unwrap().video.unwrap().payload_type, 102);
    }

    #[test]
    fn the_stack_sees_only_what_is_served() {
        let served = read(&[AUDIO, VIDEO, DATA]).unwrap().served;
        assert!(served.contains("m=video 9 UDP/TLS/RTP/SAVPF 106 107\r\n"));
        assert!(served.contains("a=group:BUNDLE 0 1\r\n"));
        assert!(served.contains("a=rtcp-fb:106 nack pli"));
        assert_eq!(served.matches("a=recvonly").count(), 2);
        for gone in ["candidate", "VP8", "rtcp-fb:96", "sendrecv", "application", "G722", "a=fmtp:104"] {
            assert!(!served.contains(gone), "{gone} is left in {served}");
        }
    }

    #[test]
    fn what_is_not_served_is_refused_in_its_place() {
        let offer = read(&[DATA, VIDEO, AUDIO, VIDEO]).unwrap();
        let answer = offer.complete("v=0\r\ns=-\r\nm=video 9 X 106\r\na=mid:1\r\nm=audio 9 X 111\r\na=mid:0\r\n");
        let sections: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(sections[0], "m=application 0 UDP/DTLS/SCTP webrtc-datachannel");
        assert_eq!(sections[1..3], ["m=video 9 X 106", "m=audio 9 X 111"]);
        assert!(sections[3].starts_with("m=video 0 "));
        assert!(answer.ends_with("\r\n"));
    }

    #[test]
    fn sound_and_picture_are_one_stream_so_that_browsers_keep_them_in_sync() {
        let offer = read(&[AUDIO, VIDEO]).unwrap();
        let answer = offer.complete(
            "v=0\r\na=msid-semantic: WMS one two\r\nm=audio 9 X 111\r\na=msid:one tone\r\na=ssrc:7 msid:one tone\r\n\
             m=video 9 X 106\r\na=msid:two dots\r\na=ssrc:8 cname:c\r\n",
        );
        assert_eq!(
            answer,
            "v=0\r\na=msid-semantic: WMS regia\r\nm=audio 9 X 111\r\na=msid:regia tone\r\na=ssrc:7 msid:regia tone\r\n\
             m=video 9 X 106\r\na=msid:regia dots\r\na=ssrc:8 cname:c\r\n"
        );
    }

    #[test]
    fn an_offer_with_one_kind_is_served_with_that_kind() {
        let offer = read(&[AUDIO]).unwrap();
        assert!(offer.video.is_none() && offer.audio.is_some());
        let vp8 = VIDEO.replace("96 97 102 103 104 106 107", "96 97");
        let offer = read(&[AUDIO, &vp8]).unwrap();
        assert!(offer.video.is_none() && offer.audio.is_some());
    }

    #[test]
    fn a_wrong_offer_is_told_what_is_wrong_with_it() {
        for (text, says) in [
            ("", "v=0"),
            ("{\"channel\": \"roma\"}", "v=0"),
            ("v=0\r\no=-\r\n", "no media section"),
            ("v=0\r\nm=video\r\n", "'m=video'"),
        ] {
            let error = Offer::read(text).unwrap_err();
            assert!(matches!(&error, Error::NotSdp(why) if why.contains(says)), "{text}: {error}");
        }
        let vp8 = VIDEO.replace("96 97 102 103 104 106 107", "96 97 104");
        let error = read(&[&vp8]).unwrap_err();
        assert!(
            matches!(&error, Error::NoUsableCodec(why) if why.contains("VP8/90000, H264/90000 packetization-mode=0 arrived")),
            "{error}"
        );
        let publisher = VIDEO.replace("sendrecv", "sendonly");
        let error = read(&[&publisher]).unwrap_err();
        assert!(matches!(&error, Error::NoUsableCodec(why) if why.contains("recvonly")), "{error}");
        let refused = AUDIO.replace("m=audio 9", "m=audio 0");
        assert!(matches!(read(&[&refused]), Err(Error::NoUsableCodec(_))));
    }
}
