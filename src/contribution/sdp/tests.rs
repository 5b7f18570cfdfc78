//! Offers of real publishers, changed ones and broken ones.

use proptest::prelude::*;

use super::*;
use crate::contribution::Error;
use crate::rtp::Kind;

const CHROME: &str = include_str!("../../../tests/offers/chrome.sdp");
const FIREFOX: &str = include_str!("../../../tests/offers/firefox.sdp");
const OBS: &str = include_str!("../../../tests/offers/obs.sdp");
const GSTREAMER: &str = include_str!("../../../tests/offers/gstreamer.sdp");
const ALL: [&str; 4] = [CHROME, FIREFOX, OBS, GSTREAMER];

/// An answer as webrtcbin writes one to a pruned offer.
fn webrtcbin(offer: &Offer) -> String {
    let mut sdp = "v=0\r\no=- 77 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n".to_owned();
    for (index, media) in offer.media().enumerate() {
        media.write_format_lines(&mut sdp, true);
        sdp += "a=ice-ufrag:serverufrag\r\na=ice-pwd:0123456789012345678901\r\na=mid:x\r\na=setup:active\r\na=recvonly\r\n";
        sdp += "a=fingerprint:sha-256 AB:CD\r\n";
        if index == 0 {
            sdp += "a=candidate:1 1 UDP 2015363327 10.0.0.5 50000 typ host\r\n";
            sdp += "a=candidate:2 1 TCP 1015021823 10.0.0.5 9 typ host tcptype active\r\n";
        }
    }
    sdp
}

fn answer(offer: &Offer) -> String {
    let local = Local::read(&webrtcbin(offer), offer).unwrap();
    offer.answer(&local, Some("203.0.113.7".parse().unwrap()))
}

fn refusal(offer: &str) -> Error {
    Offer::read(offer, Purpose::City).expect_err("the offer should be refused")
}

fn payloads(offer: &str) -> Vec<(Kind, u8, Option<u8>)> {
    let offer = Offer::read(offer, Purpose::City).unwrap();
    let codecs = offer.media().map(|media| &media.codec);
    codecs.map(|codec| (codec.kind, codec.payload, codec.rtx.as_ref().map(|rtx| rtx.0))).collect()
}

#[test]
fn one_h264_with_its_rtx_and_one_opus_are_received_of_every_publisher() {
    assert_eq!(payloads(CHROME), [(Kind::Audio, 111, None), (Kind::Video, 108, Some(109))]);
    assert_eq!(payloads(FIREFOX), [(Kind::Audio, 109, None), (Kind::Video, 126, Some(127))]);
    assert_eq!(payloads(OBS), [(Kind::Audio, 111, None), (Kind::Video, 96, None)]);
    assert_eq!(payloads(GSTREAMER), [(Kind::Video, 96, Some(97)), (Kind::Audio, 98, None)]);
}

#[test]
fn webrtcbin_is_shown_nothing_but_what_is_received() {
    let pruned = Offer::read(CHROME, Purpose::City).unwrap().pruned();
    assert!(pruned.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"), "{pruned}");
    assert!(pruned.contains("m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n"), "{pruned}");
    for gone in ["VP8", "AV1", "goog-remb", "rtcp-xr", "rtp-stream-id", " tcp ", "a=rtpmap:102", "playout-delay"] {
        assert!(!pruned.contains(gone), "{gone} is left in {pruned}");
    }
    let wide = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
    assert_eq!(pruned.matches(wide).count(), 2);
    assert_eq!(pruned.matches("a=candidate:").count(), 2, "the addresses over UDP, once");
}

#[test]
fn the_caps_name_feedback_and_congestion_control() {
    let offer = Offer::read(CHROME, Purpose::City).unwrap();
    let video = offer.media().find(|media| media.codec.kind == Kind::Video).unwrap().codec.caps();
    for part in [
        "encoding-name=H264",
        "payload=108",
        "rtcp-fb-nack=true",
        "rtcp-fb-nack-pli=true",
        "rtcp-fb-transport-cc=true",
        "extmap-3=(string)\"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\"",
    ] {
        assert!(video.contains(part), "{part} is missing in {video}");
    }
}

#[test]
fn an_answer_says_the_servers_side_for_each_line_of_the_offer() {
    let offer = Offer::read(FIREFOX, Purpose::City).unwrap();
    let expected = "v=0
o=- 77 0 IN IP4 0.0.0.0
s=-
t=0 0
a=ice-options:trickle
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 109
c=IN IP4 0.0.0.0
a=ice-ufrag:serverufrag
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 AB:CD
a=setup:active
a=mid:0
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtpmap:109 opus/48000/2
a=fmtp:109 minptime=10;useinbandfec=1;stereo=1
a=candidate:1 1 UDP 2015363327 203.0.113.7 50000 typ host
a=end-of-candidates
m=video 9 UDP/TLS/RTP/SAVPF 126 127
c=IN IP4 0.0.0.0
a=ice-ufrag:serverufrag
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 AB:CD
a=setup:active
a=mid:1
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtpmap:126 H264/90000
a=rtcp-fb:126 nack
a=rtcp-fb:126 nack pli
a=rtcp-fb:126 ccm fir
a=rtcp-fb:126 transport-cc
a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1
a=rtpmap:127 rtx/90000
a=fmtp:127 apt=126
";
    assert_eq!(answer(&offer).replace("\r\n", "\n"), expected);
}

#[test]
fn further_lines_are_answered_with_port_zero_in_their_place() {
    let (session, media) = CHROME.split_once("m=audio").unwrap();
    let session = session.replace("BUNDLE 0 1", "BUNDLE data 0 1 2");
    let extra = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:data\r\n";
    let second = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n";
    let offer = Offer::read(&format!("{session}{extra}m=audio{media}{second}"), Purpose::City).unwrap();
    let answer = answer(&offer);
    let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        lines,
        [
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111",
            "m=video 9 UDP/TLS/RTP/SAVPF 108 109",
            "m=video 0 UDP/TLS/RTP/SAVPF 96",
        ]
    );
    assert!(answer.contains("a=group:BUNDLE 0 1\r\n"), "refused lines are not in the bundle: {answer}");
}

#[test]
fn sound_alone_and_picture_alone_are_received() {
    let (session, media) = CHROME.split_once("m=audio").unwrap();
    let (audio, video) = media.split_once("m=video").unwrap();
    let one = session.replace("BUNDLE 0 1", "BUNDLE 0");
    assert_eq!(payloads(&format!("{one}m=audio{audio}")), [(Kind::Audio, 111, None)]);
    let other = session.replace("BUNDLE 0 1", "BUNDLE 1");
    assert_eq!(payloads(&format!("{other}m=video{video}")), [(Kind::Video, 108, Some(109))]);
    let unbundled = session.replace("a=group:BUNDLE 0 1\r\n", "");
    let offer = Offer::read(&format!("{unbundled}m=video{}", video.replace("a=mid:1\r\n", "")), Purpose::City).unwrap();
    let answer = answer(&offer);
    assert!(!answer.contains("a=group") && !answer.contains("a=mid"), "{answer}");
}

#[test]
fn constrained_baseline_comes_before_baseline_before_main() {
    let without = |profiles: &[&str]| {
        let text = profiles.iter().fold(CHROME.to_owned(), |text, profile| text.replace(profile, "64001f"));
        payloads(&text)[1].1
    };
    assert_eq!(without(&[]), 108);
    assert_eq!(without(&["42e01f"]), 102);
    assert_eq!(without(&["42e01f", "42001f"]), 116);
}

#[test]
fn an_offer_without_a_usable_codec_is_told_what_arrived_and_what_is_needed() {
    let high = CHROME.replace("42e01f", "64001f").replace("42001f", "64001f").replace("4d001f", "64001f");
    let told = refusal(&high).to_string();
    assert!(
        told.contains("VP8") && told.contains("profile-level-id 64001f") && told.contains("packetization-mode=1"),
        "{told}"
    );
    let modes = OBS.replace("packetization-mode=1", "packetization-mode=0");
    assert!(matches!(refusal(&modes), Error::NoUsableCodec(_)));
    let sound = OBS.replace("opus/48000/2", "PCMU/8000");
    let told = refusal(&sound).to_string();
    assert!(told.contains("audio: PCMU") && told.contains("opus/48000/2"), "{told}");
    assert!(matches!(refusal("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"), Error::NoUsableCodec(_)));
}

#[test]
fn who_wants_to_watch_is_sent_to_whep() {
    for direction in ["recvonly", "inactive"] {
        let error = refusal(&CHROME.replace("a=sendonly", &format!("a={direction}")));
        assert!(matches!(&error, Error::Unsupported(told) if told.contains("WHEP")), "{error}");
    }
    // One line that sends is received, beside one that does not.
    let (audio, video) = CHROME.split_once("m=video").unwrap();
    let offer =
        Offer::read(&format!("{audio}m=video{}", video.replace("a=sendonly", "a=inactive")), Purpose::City).unwrap();
    assert_eq!(offer.media().count(), 1);
    assert!(answer(&offer).contains("m=video 0 "), "the other one is refused");
}

#[test]
fn what_one_port_cannot_carry_is_refused() {
    for (offer, word) in [
        (CHROME.replace("a=group:BUNDLE 0 1", "a=group:LS 0 1"), "BUNDLE"),
        (CHROME.replace("BUNDLE 0 1", "BUNDLE 0"), "BUNDLE"),
        (CHROME.replace("a=rtcp-mux\r\n", ""), "rtcp-mux"),
        (CHROME.replace("setup:actpass", "setup:holdconn"), "setup"),
    ] {
        let error = refusal(&offer);
        assert!(matches!(&error, Error::Unsupported(told) if told.contains(word)), "{error}");
    }
}

/// Chrome's offer with this in the place of Opus.
fn instead_of_opus(encoding: &str) -> String {
    let (audio, video) = CHROME.split_once("m=video").unwrap();
    let audio: Vec<&str> = audio.split_inclusive("\r\n").filter(|line| !line.starts_with("a=rtpmap:")).collect();
    format!("{}a=rtpmap:111 {encoding}\r\nm=video{video}", audio.concat())
}

#[test]
fn a_call_is_asked_for_stereo_at_128_kbit_and_what_mends_losses_and_no_pauses() {
    let call = Offer::read(CHROME, Purpose::Call).unwrap();
    let sound = "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=0;stereo=1;sprop-stereo=1;maxaveragebitrate=128000\r\n";
    assert!(answer(&call).contains(sound), "{}", answer(&call));
    assert_eq!(call.media().count(), 2, "a camera is welcome");
    assert!(!answer(&Offer::read(CHROME, Purpose::City).unwrap()).contains("usedtx"));
    let (audio, _) = CHROME.split_once("m=video").unwrap();
    let alone = Offer::read(&audio.replace("BUNDLE 0 1", "BUNDLE 0"), Purpose::Call).unwrap();
    assert_eq!(answer(&alone).matches("a=recvonly").count(), 1);
}

#[test]
fn of_a_talkback_microphone_the_sound_alone_is_received() {
    for offer in ALL {
        let offer = Offer::read(offer, Purpose::Talkback).unwrap();
        assert_eq!(offer.media().map(|media| media.codec.kind).collect::<Vec<_>>(), [Kind::Audio]);
        let answer = answer(&offer);
        assert!(answer.contains("m=video 0 ") && answer.matches("a=recvonly").count() == 1, "{answer}");
    }
    let (head, _) = CHROME.split_once("m=audio").unwrap();
    let (_, video) = CHROME.split_once("m=video").unwrap();
    let refused = Offer::read(&format!("{head}m=video{video}"), Purpose::Talkback).unwrap_err();
    assert!(matches!(&refused, Error::NoUsableCodec(told) if told.contains("Opus")), "{refused}");
}

#[test]
fn sound_of_another_kind_rate_or_number_of_channels_is_refused_with_what_came() {
    for (encoding, told) in [
        ("multiopus/48000/8", "multiopus/48000/8"),
        ("opus/48000/8", "opus/48000/8"),
        ("opus/48000", "opus/48000"),
        ("opus/16000/2", "opus/16000/2"),
        ("PCMU/8000", "PCMU"),
        ("mpeg4-generic/48000/2", "mpeg4-generic"),
    ] {
        for purpose in [Purpose::City, Purpose::Call, Purpose::Talkback] {
            let error = Offer::read(&instead_of_opus(encoding), purpose).unwrap_err();
            assert!(matches!(&error, Error::NoUsableCodec(_)), "{encoding}: {error}");
            let text = error.to_string();
            assert!(text.contains(told) && text.contains("opus/48000/2"), "{text}");
        }
    }
    let wrong_rate = CHROME.replace("H264/90000", "H264/48000");
    assert!(refusal(&wrong_rate).to_string().contains("H264"), "{}", refusal(&wrong_rate));
}

#[test]
fn what_is_not_an_offer_is_told() {
    let lines = |wrong: &str| CHROME.replace("s=-\r\n", &format!("s=-\r\n{wrong}\r\n"));
    let long = "a=x\r\n".repeat(20_000);
    let many = "m=audio 9 RTP/AVP 0\r\n".repeat(40);
    for (offer, word) in [
        (String::new(), "v=0"),
        ("{\"type\":\"offer\"}".to_owned(), "v=0"),
        (lines("nonsense"), "x=value"),
        (lines("a=x\0y"), "control"),
        (lines("a=x\u{7}y"), "control"),
        (CHROME.replace("a=ice-ufrag", "a=x-ufrag"), "ice-ufrag"),
        (CHROME.replace("a=ice-pwd", "a=x-pwd"), "ice-pwd"),
        (CHROME.replace("a=ice-pwd:", "a=ice-pwd:ü"), "RFC 8839"),
        (CHROME.replace("a=fingerprint", "a=x-print"), "fingerprint"),
        (CHROME.replace("sha-256", "md5"), "fingerprint"),
        (CHROME.replace("a=mid:1", "a=mid:0"), "a=mid:0"),
        (CHROME.replace("a=mid:1", "a=mid:a b"), "a=mid"),
        (CHROME.replace("m=video 9", "m=video nine"), "port"),
        (CHROME.replace("m=video 9 UDP/TLS/RTP/SAVPF", "m=video x"), "port"),
        (lines("m=video 9"), "protocol"),
        (format!("{CHROME}{long}"), "bytes"),
        (format!("{CHROME}{many}"), "m-lines"),
    ] {
        let error = refusal(&offer);
        assert!(matches!(&error, Error::NotSdp(told) if told.contains(word)), "{word}: {error}");
    }
}

#[test]
fn lines_that_only_end_in_a_line_feed_are_read() {
    for offer in ALL {
        assert_eq!(payloads(&offer.replace("\r\n", "\n")), payloads(offer));
    }
}

#[test]
fn transport_attributes_may_stand_in_the_session_or_in_one_line_of_the_bundle() {
    // OBS writes them once, above; Firefox the fingerprint above and the rest below.
    let offer = Offer::read(OBS, Purpose::City).unwrap();
    assert_eq!(offer.ice(), ("1Ezn", "6ROuLg2Bo6GT8vSxCPf2g5"));
    assert_eq!(offer.pruned().matches("a=fingerprint:sha-256 3B:9D").count(), 2);
    assert_eq!(Offer::read(FIREFOX, Purpose::City).unwrap().ice().0, "403a81e1");
    let (audio, video) = CHROME.split_once("m=video").unwrap();
    let strip =
        |text: &str| text.replace("a=ice-ufrag", "a=x").replace("a=ice-pwd", "a=x").replace("a=fingerprint", "a=x");
    let bundle_only = strip(video).replacen(" 9 ", " 0 ", 1).replace("a=mid:1", "a=mid:1\r\na=bundle-only");
    let offer = Offer::read(&format!("{audio}m=video{bundle_only}"), Purpose::City).unwrap();
    assert_eq!(offer.media().count(), 2);
    assert_eq!(offer.pruned().matches("a=ice-ufrag:").count(), 2);
}

#[test]
fn of_a_simulcast_offer_one_stream_is_received() {
    let simulcast = CHROME.replace(
        "a=ssrc-group:FID",
        "a=rid:h send\r\na=rid:l send\r\na=simulcast:send h;l\r\na=ssrc-group:SIM 1 2\r\na=ssrc-group:FID",
    );
    let offer = Offer::read(&simulcast, Purpose::City).unwrap();
    for text in [offer.pruned(), answer(&offer)] {
        assert!(!text.contains("rid") && !text.contains("simulcast") && !text.contains("ssrc-group"), "{text}");
    }
}

#[test]
fn an_answer_of_webrtcbin_that_does_not_agree_is_an_error() {
    let offer = Offer::read(CHROME, Purpose::City).unwrap();
    for (from, to) in [("recvonly", "inactive"), ("SAVPF 111", "SAVPF 0"), ("m=audio 9", "m=audio 0")] {
        assert!(Local::read(&webrtcbin(&offer).replace(from, to), &offer).is_err(), "{to}");
    }
    for gone in ["ice-ufrag", "ice-pwd", "fingerprint", "setup"] {
        assert!(Local::read(&webrtcbin(&offer).replace(gone, "x"), &offer).is_err(), "{gone}");
    }
}

/// A change to a text: it cuts, doubles, swaps or overwrites.
#[derive(Debug, Clone)]
enum Change {
    DropLine(usize),
    DoubleLine(usize),
    SwapLines(usize, usize),
    Cut(usize),
    Overwrite(usize, String),
    ReplaceNumber(usize, u32),
}

impl Change {
    fn apply(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
        let count = lines.len();
        match self {
            Self::DropLine(at) => drop(lines.remove(at % count)),
            Self::DoubleLine(at) => lines.insert(at % count, lines[at % count].clone()),
            Self::SwapLines(one, other) => lines.swap(one % count, other % count),
            Self::Cut(at) => return text.chars().take(at % text.len().max(1)).collect(),
            Self::Overwrite(at, with) => {
                let line = &mut lines[at % count];
                let kept: String = line.chars().take(at % 13).collect();
                *line = kept + with;
            }
            Self::ReplaceNumber(at, number) => {
                let line = &mut lines[at % count];
                *line = line.replace(|c: char| c.is_ascii_digit(), &number.to_string());
            }
        }
        lines.join("\r\n")
    }
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0..1000usize;
    prop_oneof![
        at.clone().prop_map(Change::DropLine),
        at.clone().prop_map(Change::DoubleLine),
        (at.clone(), at.clone()).prop_map(|(one, other)| Change::SwapLines(one, other)),
        (0..20_000usize).prop_map(Change::Cut),
        (at.clone(), ".{0,30}").prop_map(|(at, with)| Change::Overwrite(at, with)),
        (at, any::<u32>()).prop_map(|(at, number)| Change::ReplaceNumber(at, number)),
    ]
}

proptest! {
    #[test]
    fn no_change_to_an_offer_makes_it_panic_or_slip_through(
        which in 0..ALL.len(),
        changes in proptest::collection::vec(change(), 1..8),
    ) {
        let text = changes.iter().fold(ALL[which].to_owned(), |text, change| change.apply(&text));
        if let Ok(offer) = Offer::read(&text, Purpose::City) {
            prop_assert!((1..=2).contains(&offer.media().count()));
            // What webrtcbin is shown is itself an offer, with the same media, whatever the first one looked like.
            let again = Offer::read(&offer.pruned(), Purpose::City).unwrap();
            let codecs = |offer: &Offer| offer.media().map(|media| (media.codec.kind, media.codec.payload)).collect::<Vec<_>>();
            prop_assert_eq!(codecs(&again), codecs(&offer));
            let answer = answer(&offer);
            let lines = |text: &str| text.lines().filter(|line| line.starts_with("m=")).count();
            prop_assert_eq!(lines(&answer), lines(&text));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "(v=0\r\n)?([a-z]=[ -~é]{0,40}\r?\n){0,20}") {
        let _ = Offer::read(&text, Purpose::City);
    }
}
