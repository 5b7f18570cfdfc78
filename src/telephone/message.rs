//! SIP messages (RFC 3261 §7) out of datagrams, and the pieces that others are written with.
//!
//! The reading of single headers is ezk's; what bounds a message and who its parties are is decided here. Whatever cannot be
//! read is an error, and nothing read from a message can break a line of another one.

use std::net::SocketAddr;

use ezk_sip_types::header::typed::{CSeq, Via};
use ezk_sip_types::msg::PullParser;
use ezk_sip_types::{Headers, Method, Name};
use thiserror::Error;

/// Most header lines of a message: an honest one has thirty.
const MOST_HEADERS: usize = 100;
/// Longest value of one header that is looked at, in bytes.
const LONGEST_VALUE: usize = 2048;
/// Longest tag, branch or call id, in bytes.
const LONGEST_TOKEN: usize = 256;

/// Why a datagram is no message.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum Malformed {
    #[error("there is no start line and no end of the headers")]
    Shape,
    #[error("the start line is neither a request nor a response")]
    StartLine,
    #[error("it has more than {MOST_HEADERS} header lines or a longer one than {LONGEST_VALUE} bytes")]
    TooLong,
    #[error("a header line is not a name, a colon and a text")]
    Line,
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    #[error("the body is shorter than its Content-Length")]
    Body,
}

/// One message.
#[derive(Debug, Clone)]
pub(super) enum Message {
    Request(Request),
    Response(Response),
}

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) code: u16,
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
}

/// The headers that every message needs (RFC 3261 §8.1.1), read, and all of them as they came.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// The topmost Via's branch.
    pub(super) branch: String,
    pub(super) from: Party,
    pub(super) to: Party,
    pub(super) call_id: String,
    pub(super) cseq: CSeq,
    pub(super) headers: Headers,
}

/// A From, To or Contact: a name, an address and parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Party {
    /// As it came, on one line.
    pub(super) raw: String,
    pub(super) name: Option<String>,
    /// The address without brackets, of any scheme.
    pub(super) uri: String,
    /// The user of a `sip:` or `sips:` address, the number of a `tel:` one; percent-decoded.
    pub(super) user: Option<String>,
    pub(super) tag: Option<String>,
    /// `expires` of a Contact.
    pub(super) expires: Option<u32>,
}

impl Message {
    /// Reads a datagram.
    pub(super) fn parse(datagram: &[u8]) -> Result<Self, Malformed> {
        let mut lines = PullParser::new(datagram, 0);
        let text = |line: &[u8]| std::str::from_utf8(line).map(unfold).map_err(|_| Malformed::Line);
        let start = text(lines.next().ok_or(Malformed::Shape)?.map_err(|_| Malformed::Shape)?)?;
        let mut headers = Headers::new();
        let mut count = 0;
        for line in &mut lines {
            let line = text(line.map_err(|_| Malformed::Shape)?)?;
            let (name, value) = line.split_once(':').ok_or(Malformed::Line)?;
            count += 1;
            if count > MOST_HEADERS || value.len() > LONGEST_VALUE {
                return Err(Malformed::TooLong);
            }
            let name = name.trim();
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(Malformed::Line);
            }
            headers.insert(Name::from(name.to_owned()), value.trim());
        }
        let rest = datagram.get(lines.head_end()..).unwrap_or_default();
        let body = match headers.get_raw(&Name::CONTENT_LENGTH).next() {
            Some(length) => {
                let length: usize = length.trim().parse().map_err(|_| Malformed::Header("Content-Length"))?;
                rest.get(..length).ok_or(Malformed::Body)?
            }
            None => rest,
        };
        let (head, body) = (Head::read(headers)?, body.to_vec());
        let mut words = start.split_ascii_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("SIP/2.0"), Some(code), _) => {
                let code = code.parse().ok().filter(|code| (100..700).contains(code)).ok_or(Malformed::StartLine)?;
                Ok(Self::Response(Response { code, head, body }))
            }
            (Some(method), Some(_), Some("SIP/2.0")) if method == head.cseq.method.to_string() => {
                Ok(Self::Request(Request { method: head.cseq.method.clone(), head, body }))
            }
            _ => Err(Malformed::StartLine),
        }
    }
}

impl Head {
    fn read(headers: Headers) -> Result<Self, Malformed> {
        let party = |name: Name, what| {
            headers.get_raw(&name).next().and_then(|raw| Party::parse(raw)).ok_or(Malformed::Header(what))
        };
        let via: Via = headers.get(Name::VIA).map_err(|_| Malformed::Header("Via"))?;
        let branch = via.params.get_val("branch").map(|branch| branch.to_string()).unwrap_or_default();
        let call_id = headers.get_raw(&Name::CALL_ID).next().map(|id| id.trim().to_owned()).unwrap_or_default();
        if call_id.is_empty() || call_id.len() > LONGEST_TOKEN || call_id.contains(char::is_whitespace) {
            return Err(Malformed::Header("Call-ID"));
        }
        if branch.len() > LONGEST_TOKEN {
            return Err(Malformed::Header("Via"));
        }
        let cseq: CSeq = headers.get(Name::CSEQ).map_err(|_| Malformed::Header("CSeq"))?;
        let (from, to) = (party(Name::FROM, "From")?, party(Name::TO, "To")?);
        Ok(Self { branch, from, to, call_id, cseq, headers })
    }

    /// The Contact's address, if it is one to which a request could be sent.
    pub(super) fn contact(&self) -> Option<Party> {
        let raw = self.headers.get_raw(&Name::CONTACT).next()?;
        Party::parse(first_of_list(raw)).filter(|party| has_sip_scheme(&party.uri))
    }

    /// Addresses of the Record-Route headers, in their order, as they came.
    pub(super) fn record_routes(&self) -> Vec<String> {
        let lists = self.headers.get_raw(&Name::RECORD_ROUTE);
        lists.flat_map(|list| list_items(list)).map(|item| item.trim().to_owned()).take(MOST_HEADERS).collect()
    }

    /// Whether a header that lists words has this one.
    pub(super) fn lists(&self, name: &Name, word: &str) -> bool {
        let mut words = self.headers.get_raw(name).flat_map(|list| list.split(','));
        words.any(|listed| listed.trim().eq_ignore_ascii_case(word))
    }

    /// Whether the body is of this kind; one without a kind is taken for SDP.
    pub(super) fn is_sdp(&self) -> bool {
        let kind = self.headers.get_raw(&Name::CONTENT_TYPE).next();
        kind.is_none_or(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/sdp"))
        })
    }

    /// What a response repeats of its request (RFC 3261 §8.2.6): Via with where it came from (RFC 3581), From, To, Call-ID, CSeq.
    pub(super) fn echo(&self, from: SocketAddr, to_tag: Option<&str>) -> String {
        let mut text = String::new();
        for (n, via) in self.headers.get_raw(&Name::VIA).enumerate() {
            let via = if n == 0 { with_received(via, from) } else { via.to_string() };
            text += &format!("Via: {via}\r\n");
        }
        for route in self.headers.get_raw(&Name::RECORD_ROUTE) {
            text += &format!("Record-Route: {route}\r\n");
        }
        let tag = match (to_tag, &self.to.tag) {
            (Some(tag), None) => format!(";tag={tag}"),
            _ => String::new(),
        };
        let (number, method) = (self.cseq.cseq, &self.cseq.method);
        text += &format!("From: {}\r\nTo: {}{tag}\r\n", self.from.raw, self.to.raw);
        text + &format!("Call-ID: {}\r\nCSeq: {number} {method}\r\n", self.call_id)
    }
}

impl Party {
    /// Reads `"Name" <address>;parameters`, `Name <address>` or `address;parameters`.
    pub(super) fn parse(raw: &str) -> Option<Self> {
        let raw = raw.trim();
        let (name, uri, parameters) = match outside_quotes(raw, '<') {
            Some(open) => {
                let close = open + raw.get(open..)?.find('>')?;
                (unquote(&raw[..open]), raw.get(open + 1..close)?, raw.get(close + 1..)?)
            }
            None => {
                let (uri, parameters) = raw.split_once(';').map_or((raw, ""), |(uri, rest)| (uri, rest));
                (None, uri, parameters)
            }
        };
        let uri = uri.trim();
        let fits = uri.contains(':') && uri.len() <= LONGEST_VALUE && uri.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return None;
        }
        let parameter = |wanted: &str| {
            let mut all = parameters.split(';').filter_map(|part| part.split_once('='));
            all.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_owned())
        };
        let tag = parameter("tag");
        if tag.as_ref().is_some_and(|tag| tag.is_empty() || tag.len() > LONGEST_TOKEN || !tag.bytes().all(is_token)) {
            return None;
        }
        let expires = parameter("expires").and_then(|seconds| seconds.parse().ok());
        Some(Self { raw: raw.to_owned(), name, uri: uri.to_owned(), user: user(uri), tag, expires })
    }
}

/// Who a `sip:`, `sips:` or `tel:` address names.
fn user(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    if scheme.eq_ignore_ascii_case("tel") {
        return Some(rest.split(';').next()?.to_owned());
    }
    let uri: ezk_sip_types::uri::SipUri = uri.parse().ok()?;
    match uri.user_part {
        ezk_sip_types::uri::SipUriUserPart::User(user) => Some(user.to_string()),
        ezk_sip_types::uri::SipUriUserPart::UserPw(both) => Some(both.user.to_string()),
        ezk_sip_types::uri::SipUriUserPart::Empty => None,
    }
}

/// Whether an address is one that SIP requests go to.
pub(super) fn has_sip_scheme(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| ["sip", "sips"].iter().any(|sip| scheme.eq_ignore_ascii_case(sip)))
}

/// The characters of a token (RFC 3261 §25.1).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// Folded lines on one line (RFC 3261 §7.3.1).
fn unfold(line: &str) -> String {
    line.replace(['\r', '\n', '\0'], " ")
}

/// Where a character stands that is not within a quoted string.
fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            found if found == wanted && !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn unquote(name: &str) -> Option<String> {
    let name = name.trim();
    let bare = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    let mut plain = String::new();
    let mut characters = bare.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    (!plain.is_empty()).then_some(plain)
}

/// The items of a header that lists addresses, whose commas may also be in quotes and brackets.
fn list_items(list: &str) -> Vec<&str> {
    let (mut items, mut start, mut quoted, mut escaped, mut bracketed) = (Vec::new(), 0, false, false, false);
    for (at, character) in list.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            ',' if !quoted && !bracketed => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    items
}

fn first_of_list(list: &str) -> &str {
    list_items(list).first().copied().unwrap_or_default()
}

/// The topmost Via with the address from which the request really came.
fn with_received(via: &str, from: SocketAddr) -> String {
    let items = list_items(via);
    let (top, others) = items.split_first().map_or((via, &[][..]), |(top, others)| (*top, others));
    let mut parts = top.split(';').map(str::trim);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = part.split('=').next().unwrap_or_default().trim();
        if name.eq_ignore_ascii_case("rport") {
            text += &format!(";rport={}", from.port());
        } else if !name.eq_ignore_ascii_case("received") {
            text += &format!(";{part}");
        }
    }
    text += &format!(";received={}", from.ip());
    for other in others {
        text += &format!(",{other}");
    }
    text
}

/// The words of a status (RFC 3261 §21).
pub(super) fn reason(code: u16) -> &'static str {
    // Younger than the list.
    if code == 433 {
        return "Anonymity Disallowed";
    }
    ezk_sip_types::StatusCode::from(code).text().unwrap_or("Unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:regia@192.0.2.1 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 10.0.0.9:5060;rport;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.8\r\n\
        f: \"Anna, \\\"la\\\" <Verdi>\" <sip:%2B39010@192.0.2.7:5060;user=phone>;tag=a1\r\n\
        To: <sip:regia@192.0.2.1>\r\nCall-ID: x@y\r\nCSeq: 7 INVITE\r\n\
        m: <sip:anna@10.0.0.9:5070;ob>;expires=30, <sip:b@c>\r\n\
        Record-Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\nContent-Length: 3\r\n\r\nabcdef";

    fn request(text: &str) -> Request {
        match Message::parse(text.as_bytes()).expect("it is a message") {
            Message::Request(request) => request,
            Message::Response(_) => panic!("it is a request"),
        }
    }

    #[test]
    fn a_request_is_read_with_short_names_folded_lines_and_odd_quotes() {
        let request = request(INVITE);
        assert_eq!((request.method, request.head.branch.as_str()), (Method::INVITE, "z9hG4bK1"));
        assert_eq!(request.head.from.user.as_deref(), Some("+39010"));
        assert_eq!(request.head.from.name.as_deref(), Some("Anna, \"la\" <Verdi>"));
        assert_eq!(request.head.from.tag.as_deref(), Some("a1"));
        let contact = request.head.contact().expect("there is one");
        assert_eq!((contact.uri.as_str(), contact.expires), ("sip:anna@10.0.0.9:5070;ob", Some(30)));
        assert_eq!(request.head.record_routes(), ["<sip:p1;lr>", "<sip:p2;lr>"]);
        assert_eq!(request.body, b"abc");
    }

    #[test]
    fn a_response_tells_where_the_request_came_from() {
        let from = "198.51.100.4:40000".parse().expect("it is an address");
        let echo = request(INVITE).head.echo(from, Some("t1"));
        let via =
            "Via: SIP/2.0/UDP 10.0.0.9:5060;rport=40000;branch=z9hG4bK1;received=198.51.100.4, SIP/2.0/UDP 10.0.0.8";
        assert_eq!(echo.lines().next(), Some(via));
        assert!(echo.contains("To: <sip:regia@192.0.2.1>;tag=t1\r\n"), "{echo}");
    }

    #[test]
    fn what_is_no_message_is_told_apart() {
        let wrong =
            |from: &str, to: &str| Message::parse(INVITE.replace(from, to).as_bytes()).expect_err("it is broken");
        assert_eq!(Message::parse(b"").expect_err("it is empty"), Malformed::Shape);
        assert_eq!(wrong("Call-ID: x@y\r\n", ""), Malformed::Header("Call-ID"));
        assert_eq!(wrong("7 INVITE", "99999999999 INVITE"), Malformed::Header("CSeq"));
        assert_eq!(wrong("Content-Length: 3", "Content-Length: 30"), Malformed::Body);
        assert_eq!(wrong("7 INVITE", "7 BYE"), Malformed::StartLine);
        assert_eq!(wrong("tag=a1", "tag=a 1\u{1}"), Malformed::Header("From"));
        let long = format!("X: y\r\n{}", "Z: z\r\n".repeat(100));
        assert_eq!(wrong("To: ", &format!("{long}To: ")), Malformed::TooLong);
    }

    #[test]
    fn a_telephone_address_gives_its_number() {
        let party = Party::parse("<tel:+39-010-555;phone-context=x>;tag=1").expect("it parses");
        assert_eq!(party.user.as_deref(), Some("+39-010-555"));
    }
}
