//! Media in words: channels, how a city publishes (WHIP), how a viewer watches (WHEP), how somebody listens.

use axum::http::Method;
use serde_json::json;
use utoipa::openapi::schema::ObjectBuilder;

use super::codes;
use super::operation::{Operation, binary, json as json_of, operation, text, words};
use crate::http::signalling::{FRAGMENT, SDP};
use crate::http::{channels, whep};
use crate::radio::Format;

const CHANNELS: &str = "Channels";
const WHIP: &str = "Publish (WHIP)";
const WHEP: &str = "Watch (WHEP)";
const RADIO: &str = "Radio";

/// A trickle ICE fragment (RFC 8840 §9).
const CANDIDATE: &str = "a=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
    a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        operation(Method::GET, "/api/v1/channels", CHANNELS, "What can be watched")
            .answers_with(200, "Program, then the cities in the order of the evening; for operators also their own.", json_of::<channels::Channels>()),
        operation(Method::PUT, "/api/v1/channels/{channel}/code", CHANNELS, "Give a channel an access code")
            .about("Those who watch already go on.")
            .takes(json_of::<channels::NewCode>().such_as(json!({"code": "luna-piena"})))
            .answers(204, "Viewers need this code from now on.")
            .refuses(codes::JSON)
            .refuses(&[(404, &["unknown-channel"]), (422, &["bad-code"])])
            .refuses(codes::STORE),
        operation(Method::DELETE, "/api/v1/channels/{channel}/code", CHANNELS, "Make a channel public")
            .answers(204, "Everybody may watch it.")
            .refuses(&[(404, &["unknown-channel"])])
            .refuses(codes::STORE),
        preflight("/whip/{contribution}", WHIP).with_header("Accept-Post", "The content type that POST takes."),
        operation(Method::POST, "/whip/{contribution}", WHIP, "Publish: an offer is answered")
            .about(
                "RFC 9725. A city publishes as itself, a co-host as `call-` and their id, each by a link of theirs; an operator's \
                 microphone for talking back is `talkback`, by the operator's session or key. Who sits on the seat already is \
                 replaced as soon as the new one shows something.",
            )
            .takes(text(SDP).such_as(include_str!("publish.sdp")))
            .answers_with(201, "The answer. The session is at `Location`.", text(SDP))
            .with_header("Location", "The session's path.")
            .with_header("ETag", "The ICE session's entity tag.")
            .with_header("Accept-Patch", "The content type that PATCH takes.")
            .with_header("Link", "STUN and TURN servers.")
            .refuses(codes::OFFER)
            .refuses(&[(403, &["call-blocked"]), (500, &["pipeline"]), (503, &["negotiation-failed", "full"]), (504, &["timeout"])]),
        preflight("/whip/{contribution}/{session}", WHIP).with_header("Accept-Patch", "The content type that PATCH takes."),
        operation(Method::PATCH, "/whip/{contribution}/{session}", WHIP, "Tell candidates (trickle ICE)")
            .header("If-Match", entity_tag(), "The session's entity tag.")
            .takes(text(FRAGMENT).such_as(CANDIDATE))
            .answers(204, "They are noted.")
            .refuses(codes::SESSION)
            .refuses(codes::TRICKLE),
        operation(Method::DELETE, "/whip/{contribution}/{session}", WHIP, "Leave")
            .answers(200, "The session has ended.")
            .refuses(codes::SESSION),
        preflight("/whep/{channel}", WHEP).with_header("Accept-Post", "The content type that POST takes."),
        operation(Method::HEAD, "/whep/{channel}", WHEP, "Whether there is such a channel")
            .answers(200, "There is.")
            .with_header("Accept-Post", "The content type that POST takes.")
            .answers(401, "It is not for everybody, and nobody is named.")
            .answers(403, "It is not for who asks.")
            .answers(404, "There is none."),
        operation(Method::POST, "/whep/{channel}", WHEP, "Watch: an offer is answered")
            .about(
                "draft-ietf-wish-whep. A channel that is not public needs its access code as bearer token; operators need \
                 none. The channels `preview`, `multiview` and `camera-…` are for operators, by their session or their key, \
                 `return-…` also for the city's crew and `call-…` for the co-host, by their links, and `monitor-…` for the \
                 operator of that name alone.",
            )
            .takes(text(SDP).such_as(include_str!("watch.sdp")))
            .answers_with(201, "The answer. The session is at `Location`.", text(SDP))
            .with_header("Location", "The session's path. Who knows it owns the session.")
            .with_header("ETag", "The ICE session's entity tag.")
            .with_header("Accept-Patch", "The content types that PATCH takes.")
            .with_header("Link", "STUN and TURN servers.")
            .refuses(codes::OFFER)
            .refuses(ACCESS)
            .refuses(&[(404, &["unknown-channel"]), (503, &["full", "busy", "stopping"])]),
        preflight("/whep/{channel}/{session}", WHEP).with_header("Accept-Patch", "The content types that PATCH takes."),
        operation(Method::PATCH, "/whep/{channel}/{session}", WHEP, "Tell candidates, or move to another channel")
            .about("A move changes what the session shows; the session and its path stay the same.")
            .header("If-Match", entity_tag(), "The session's entity tag; candidates need it.")
            .takes(json_of::<whep::Move>().such_as(json!({"channel": "program"})))
            .takes(text(FRAGMENT).such_as(CANDIDATE))
            .answers(204, "It is done, or on its way.")
            .refuses(ACCESS)
            .refuses(codes::TRICKLE)
            .refuses(codes::SESSION)
            .refuses(&[(400, &["bad-move"]), (404, &["unknown-channel"]), (503, &["busy", "stopping"])]),
        operation(Method::DELETE, "/whep/{channel}/{session}", WHEP, "Leave")
            .answers(200, "The session has ended.")
            .refuses(codes::SESSION)
            .refuses(&[(404, &["unknown-channel"]), (503, &["busy", "stopping"])]),
        preflight(Format::Opus.path(), RADIO),
        radio(Format::Opus, "Listen: Opus in Ogg, whose header has the title of the moment"),
        preflight(Format::Aac.path(), RADIO),
        titled(radio(Format::Aac, "Listen: AAC-LC in ADTS")),
        preflight(Format::Mp3.path(), RADIO),
        titled(radio(Format::Mp3, "Listen: MP3 at a constant bitrate")),
    ]
}

/// A stream for players.
fn radio(format: Format, summary: &'static str) -> Operation {
    operation(Method::GET, format.path(), RADIO, summary)
        .about(
            "A stream without an end, which begins two seconds back. Who falls twelve seconds behind is dropped. If the \
             channel `radio` has an access code it is needed here, too. HEAD tells the headers and starts nothing.",
        )
        .query("code", words(".{1,200}", "luna-piena"), "The access code, if there is one; or send it as bearer token.")
        .answers_with(200, "Sound.", binary(format.media_type()))
        .with_header("icy-name", "What the radio is called.")
        .with_header("icy-br", "Its bitrate in kbit/s.")
        .with_header("icy-pub", "1 if directories may list it.")
        .refuses(&[(400, &["bad-query"]), (503, &["full", "no-sound"])])
        .refuses(&[(401, &["code-needed", "wrong-code"]), (429, &["too-many-attempts"])])
}

/// One with titles among its bytes.
fn titled(radio: Operation) -> Operation {
    radio
        .header("Icy-MetaData", words("[01]", "1"), "1 for titles among the bytes.")
        .with_header("icy-metaint", "Bytes of sound between two titles, for who asked for them.")
}

/// Of a channel that is not public, or needs a code.
const ACCESS: codes::Codes = &[
    (401, &["code-needed", "wrong-code", "no-key", "wrong-key", "link-revoked", "link-renewed", "link-expired"]),
    (403, &["forbidden"]),
    (429, &["too-many-attempts"]),
];

fn preflight(path: &'static str, tag: &'static str) -> Operation {
    operation(Method::OPTIONS, path, tag, "What can be done here (CORS)")
        .about("Pages of every origin may publish and watch: what guards a seat is its key, which no browser sends by itself.")
        .answers(200, "See the headers.")
}

fn entity_tag() -> ObjectBuilder {
    words("(\\*|\"[!#-~]*\"(, *\"[!#-~]*\")*)", "\"3f1a9c\"")
}
