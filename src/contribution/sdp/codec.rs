//! Choosing what is received of one m-line: one H.264 payload type, its retransmissions, or one Opus.

use super::text::Media as Text;
use crate::rtp::Kind;

/// RTP header extensions that are kept. Without the first one a browser learns nothing about its bandwidth and stays
/// at a few hundred kbit/s; the second one tells which m-line a packet belongs to.
const EXTENSIONS: [&str; 2] = [
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
];

/// RTCP feedback that is kept: losses, congestion control and, for the picture, keyframe requests.
const fn feedback(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Audio => &["nack", "transport-cc"],
        Kind::Video => &["nack", "nack pli", "ccm fir", "transport-cc"],
    }
}

/// One-byte header extensions have these ids (RFC 8285 §4.2); webrtcbin reads no others for congestion control.
const EXTENSION_IDS: std::ops::RangeInclusive<u8> = 1..=14;

/// What is received of one m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Sound or picture.
    pub kind: Kind,
    /// RTP payload type.
    pub payload: u8,
    /// Format parameters as they came; none, if none came.
    pub parameters: Option<String>,
    /// Payload type of its retransmissions (RFC 4588) and their parameters.
    pub rtx: Option<(u8, String)>,
    /// RTCP feedback that both sides speak.
    pub feedback: Vec<&'static str>,
    /// Header extensions that both sides speak, with their ids.
    pub extensions: Vec<(u8, &'static str)>,
}

impl Codec {
    /// The codec as SDP's `rtpmap` calls it.
    pub const fn encoding(&self) -> &'static str {
        match self.kind {
            Kind::Audio => "opus/48000/2",
            Kind::Video => "H264/90000",
        }
    }

    /// What webrtcbin is told to receive, as GStreamer caps in text form.
    pub fn caps(&self) -> String {
        let mut caps = match self.kind {
            Kind::Audio => "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000".to_owned(),
            Kind::Video => {
                "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,packetization-mode=(string)1"
                    .to_owned()
            }
        };
        caps += &format!(",payload={}", self.payload);
        for feedback in &self.feedback {
            caps += &format!(",rtcp-fb-{}=true", feedback.replace(' ', "-"));
        }
        for (id, uri) in &self.extensions {
            caps += &format!(",extmap-{id}=(string)\"{uri}\"");
        }
        caps
    }

    /// The best codec of an m-line, `None` if it has no usable one.
    pub fn choose(kind: Kind, media: &Text<'_>) -> Option<Self> {
        let formats: Vec<Format> = formats(media);
        let best = match kind {
            Kind::Audio => formats.iter().find(|format| format.is_opus())?,
            // The first of the best ones: `min_by_key` keeps the order of the offer among equals.
            Kind::Video => {
                let ranked = formats.iter().filter_map(|format| format.profile().map(|profile| (profile, format)));
                ranked.min_by_key(|(profile, _)| *profile)?.1
            }
        };
        let rtx = formats.iter().find(|format| format.repeats(best.payload));
        let rtx = rtx.map(|rtx| (rtx.payload, rtx.parameters.unwrap_or_default().to_owned()));
        let feedback = feedback(kind).iter().filter(|name| has_feedback(media, best.payload, name));
        let extensions = EXTENSIONS.iter().filter_map(|uri| Some((extension(media, uri)?, *uri)));
        Some(Self {
            kind,
            payload: best.payload,
            parameters: best.parameters.map(str::to_owned),
            rtx,
            feedback: feedback.copied().collect(),
            extensions: extensions.collect(),
        })
    }
}

/// The codecs of an m-line in words, for a message.
pub fn names(media: &Text<'_>) -> String {
    let words: Vec<String> = formats(media).iter().filter(|format| !format.is_helper()).map(Format::words).collect();
    let list = words.join(", ");
    format!("{}: {}", super::text::start_of(media.kind), if list.is_empty() { "nothing" } else { &list })
}

/// H.264 profiles, best first: what every decoder plays comes before what only most play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Profile {
    ConstrainedBaseline,
    Baseline,
    Main,
}

impl Profile {
    /// The profile that `profile-level-id` names (RFC 6184 §8.1, table 5).
    fn of(profile_level_id: &str) -> Option<Self> {
        let fits = profile_level_id.len() == 6 && profile_level_id.bytes().all(|b| b.is_ascii_hexdigit());
        let id = fits.then(|| u32::from_str_radix(profile_level_id, 16).ok()).flatten()?;
        let [_, profile, constraints, _] = id.to_be_bytes();
        match (profile, constraints) {
            (0x42, iop) if iop & 0x4f == 0x40 => Some(Self::ConstrainedBaseline),
            (0x4d, iop) if iop & 0x8f == 0x80 => Some(Self::ConstrainedBaseline),
            (0x58, iop) if iop & 0xcf == 0xc0 => Some(Self::ConstrainedBaseline),
            (0x42, iop) if iop & 0x4f == 0 => Some(Self::Baseline),
            (0x4d, iop) if iop & 0xaf == 0 => Some(Self::Main),
            _ => None,
        }
    }
}

/// One payload type of an m-line.
#[derive(Debug)]
struct Format<'a> {
    payload: u8,
    encoding: &'a str,
    parameters: Option<&'a str>,
}

impl<'a> Format<'a> {
    fn parameter(&self, name: &str) -> Option<&'a str> {
        let pairs = self.parameters?.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn is_opus(&self) -> bool {
        self.encoding.eq_ignore_ascii_case("opus/48000/2")
    }

    fn is_h264(&self) -> bool {
        self.encoding.eq_ignore_ascii_case("H264/90000")
    }

    /// The profile, if this is H.264 as it is needed here. Without `profile-level-id` it is baseline (RFC 6184 §8.1).
    fn profile(&self) -> Option<Profile> {
        if !self.is_h264() || self.parameter("packetization-mode") != Some("1") {
            return None;
        }
        self.parameter("profile-level-id").map_or(Some(Profile::Baseline), Profile::of)
    }

    fn repeats(&self, payload: u8) -> bool {
        let is_rtx = self.encoding.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case("rtx"));
        is_rtx && self.parameter("apt").and_then(|apt| apt.parse().ok()) == Some(payload)
    }

    /// Whether it carries no media of its own.
    fn is_helper(&self) -> bool {
        let name = self.encoding.split('/').next().unwrap_or("").to_ascii_lowercase();
        ["rtx", "red", "ulpfec", "flexfec-03", "cn", "telephone-event"].contains(&name.as_str())
    }

    fn words(&self) -> String {
        let name = super::text::start_of(self.encoding.split('/').next().unwrap_or(""));
        if !self.is_h264() {
            // A rate or a number of channels may be all that is wrong.
            let is_known = ["h264", "opus", "multiopus"].contains(&name.to_ascii_lowercase().as_str());
            return if is_known { super::text::start_of(self.encoding) } else { name };
        }
        let mode = super::text::start_of(self.parameter("packetization-mode").unwrap_or("0"));
        let profile = super::text::start_of(self.parameter("profile-level-id").unwrap_or("42000a"));
        format!("{name} (profile-level-id {profile}, packetization-mode {mode})")
    }
}

/// The payload types of an m-line that have an `rtpmap`, in the m-line's order.
fn formats<'a>(media: &Text<'a>) -> Vec<Format<'a>> {
    let numbers = media.formats.iter().filter_map(|word| word.parse().ok()).filter(|payload| *payload < 128);
    numbers
        .filter_map(|payload| {
            let encoding = numbered(media, "rtpmap", payload).next()?.trim();
            Some(Format { payload, encoding, parameters: numbered(media, "fmtp", payload).next() })
        })
        .collect()
}

/// What attributes of the form `name:payload rest` say about one payload type.
fn numbered<'a>(media: &Text<'a>, name: &str, payload: u8) -> impl Iterator<Item = &'a str> {
    let values: Vec<&'a str> = media.section.attributes(name).collect();
    values.into_iter().filter_map(move |value| {
        let (number, rest) = value.split_once(' ')?;
        (number.parse() == Ok(payload)).then_some(rest)
    })
}

fn has_feedback(media: &Text<'_>, payload: u8, wanted: &str) -> bool {
    let for_all = media.section.attributes("rtcp-fb").filter_map(|value| value.strip_prefix("* "));
    numbered(media, "rtcp-fb", payload).chain(for_all).any(|feedback| feedback.trim() == wanted)
}

fn extension(media: &Text<'_>, wanted: &str) -> Option<u8> {
    media.section.attributes("extmap").find_map(|value| {
        let mut words = value.split_ascii_whitespace();
        let id = words.next()?.split('/').next()?.parse().ok()?;
        (words.next() == Some(wanted) && EXTENSION_IDS.contains(&id)).then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_known_by_rfc_6184() {
        for (id, profile) in [
            ("42e01f", Some(Profile::ConstrainedBaseline)),
            ("42C02A", Some(Profile::ConstrainedBaseline)),
            ("4d801f", Some(Profile::ConstrainedBaseline)),
            ("42001f", Some(Profile::Baseline)),
            ("4d001f", Some(Profile::Main)),
            ("4d401f", Some(Profile::Main)),
            ("64001f", None),
            ("640c1f", None),
            ("f4001f", None),
            ("42e0", None),
            ("+2e01f", None),
            ("é2e0f", None),
        ] {
            assert_eq!(Profile::of(id), profile, "{id}");
        }
    }
}
