//! Single values: each is checked where it is read, so that an error stands at its place in the file.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, Error as _};

/// A whole number between bounds.
pub(super) fn bounded<'de, D, T, const MIN: i64, const MAX: i64>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    let number = i64::deserialize(from)?;
    let fits = (MIN..=MAX).contains(&number).then(|| T::try_from(number).ok()).flatten();
    fits.ok_or_else(|| D::Error::custom(format!("a whole number from {MIN} to {MAX} is needed, {number} arrived")))
}

/// An even number of pixels: half of it is chroma.
pub(super) fn even<'de, D: Deserializer<'de>, const MIN: i64, const MAX: i64>(from: D) -> Result<u32, D::Error> {
    let number = bounded::<D, u32, MIN, MAX>(from)?;
    if number % 2 != 0 {
        return Err(D::Error::custom(format!("an even number is needed, {number} arrived")));
    }
    Ok(number)
}

fn text<'de, D: Deserializer<'de>>(from: D, longest: usize) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let length = text.chars().count();
    if !(1..=longest).contains(&length) {
        return Err(D::Error::custom(format!("1 to {longest} characters are needed, {length} arrived")));
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err(D::Error::custom("a text without control characters and without spaces around it is needed"));
    }
    Ok(text)
}

pub(super) fn title<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(from, 100)
}

pub(super) fn city_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(from, 64)
}

/// A line that may be empty.
pub(super) fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let length = text.chars().count();
    if length > 200 || text.trim() != text || text.chars().any(char::is_control) {
        return Err(D::Error::custom(format!(
            "at most 200 characters in one line without spaces around them are needed, {length} arrived"
        )));
    }
    Ok(text)
}

pub(super) fn optional_line<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    line(from).map(Some)
}

/// A bitrate that MPEG-1 Layer III has (ISO 11172-3 §2.4.2.3).
pub(super) fn mp3_kbps<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    const POSSIBLE: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    let number = i64::deserialize(from)?;
    let possible = POSSIBLE.into_iter().find(|kbps| i64::from(*kbps) == number);
    possible.ok_or_else(|| {
        let words = POSSIBLE.map(|kbps| kbps.to_string()).join(", ");
        D::Error::custom(format!("one of {words} is needed, {number} arrived"))
    })
}

/// The path of a file.
pub(super) fn file<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(from)?;
    let path = PathBuf::from(&text);
    let fits = path.file_name().is_some() && !text.ends_with('/') && !text.contains('\0');
    if fits { Ok(path) } else { Err(D::Error::custom("the path of a file is needed, like regia.db")) }
}

/// The path of a folder.
pub(super) fn folder<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(from)?;
    let fits = !text.is_empty() && !text.contains('\0');
    if fits { Ok(text.into()) } else { Err(D::Error::custom("the path of a folder is needed, like media")) }
}

/// Characters that may stand in a header's quoted string as they are.
pub(super) fn login<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    if fits {
        Ok(text)
    } else {
        Err(D::Error::custom("1 to 128 visible ASCII characters without \" and \\ are needed"))
    }
}

/// The same, where it can be left out.
pub(super) fn optional_login<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    login(from).map(Some)
}

/// The name or the address of a machine.
pub(super) fn host<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_name = text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    let fits = (1..=253).contains(&text.len()) && (is_name || text.parse::<IpAddr>().is_ok());
    let shown = text.escape_debug();
    fits.then(|| text.clone()).ok_or_else(|| {
        D::Error::custom(format!("'{shown}' is not a host: one like sip.example.org or 192.0.2.10 is needed"))
    })
}

pub(super) fn time_zone<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    match jiff::tz::TimeZone::get(&name) {
        Ok(_) => Ok(name),
        Err(_) => Err(D::Error::custom(format!(
            "'{}' is not a time zone: a name like Europe/Rome is needed",
            name.escape_debug()
        ))),
    }
}

pub(super) fn optional_time_zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    time_zone(from).map(Some)
}

pub(super) fn socket_address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| {
        let text = text.escape_debug();
        D::Error::custom(format!(
            "'{text}' is not an address with a port: one like 0.0.0.0:8080 or [::]:8080 is needed"
        ))
    })
}

pub(super) fn optional_socket_address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    socket_address(from).map(Some)
}

/// Where datagrams are sent.
pub(super) fn receiver_address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    let address = text.parse::<SocketAddr>().ok().filter(|at| at.port() > 0 && !at.ip().is_unspecified());
    address.ok_or_else(|| {
        let text = text.escape_debug();
        D::Error::custom(format!("'{text}' is not the address of a receiver: one like 192.0.2.10:8900 is needed"))
    })
}

fn address<E: serde::de::Error>(text: &str) -> Result<IpAddr, E> {
    text.parse().map_err(|_| {
        E::custom(format!("'{}' is not an IP address: one like 192.0.2.10 is needed", text.escape_debug()))
    })
}

pub(super) fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpAddr>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|text| address(text)).collect()
}

pub(super) fn public_address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<IpAddr>, D::Error> {
    let address: IpAddr = address(&String::deserialize(from)?)?;
    if address.is_unspecified() || address.is_multicast() {
        return Err(D::Error::custom(format!("{address} is not the address of a machine")));
    }
    Ok(Some(address))
}

pub(super) fn public_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let url = String::deserialize(from)?;
    let wrong = || {
        let url = url.escape_debug();
        D::Error::custom(format!("'{url}' is not the address of a site: one like https://regia.example.org is needed"))
    };
    let authority = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or_else(wrong)?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let fits = !authority.is_empty() && authority.bytes().all(|b| b.is_ascii_graphic() && !b"/?#@<>\"\\".contains(&b));
    if fits { Ok(Some(url.trim_end_matches('/').to_owned())) } else { Err(wrong()) }
}

/// UDP ports from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct PortRange(pub RangeInclusive<u16>);

impl TryFrom<String> for PortRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let ports = text.split_once('-').and_then(|(first, last)| {
            let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
            Some((port(first)?, port(last)?))
        });
        let shown = text.escape_debug();
        match ports {
            None => Err(format!("'{shown}' is not a range of ports: one like 52000-52100, from 1 to 65535, is needed")),
            Some((first, last)) if first > last => Err(format!("'{shown}' is reversed: the lower port comes first")),
            Some((first, last)) => Ok(Self(first..=last)),
        }
    }
}

/// `host:port`, with a real port.
fn is_authority(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let fits = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_[]:".contains(&b));
    fits && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A STUN server, written `stun:host:port` or `stun://host:port`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct StunUrl(String);

impl StunUrl {
    /// `host:port`.
    pub fn authority(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StunUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let rest = text.strip_prefix("stun:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        match rest.filter(|rest| is_authority(rest)) {
            Some(rest) => Ok(Self(rest.to_owned())),
            None => {
                let shown = text.escape_debug();
                Err(format!("'{shown}' is not a STUN server: one like stun://stun.example.org:3478 is needed"))
            }
        }
    }
}

/// A TURN server, written `turn:host:port` or `turn://host:port`, with `turns` for TLS, and `?transport=tcp` or `udp`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct TurnUrl {
    tls: bool,
    rest: String,
}

impl TurnUrl {
    /// `turn` or `turns`, and `host:port` with what follows.
    pub(super) fn parts(&self) -> (&'static str, &str) {
        (if self.tls { "turns" } else { "turn" }, &self.rest)
    }

    /// As clients want it (RFC 7065).
    pub(super) fn to_uri(&self) -> String {
        let (scheme, rest) = self.parts();
        format!("{scheme}:{rest}")
    }
}

impl TryFrom<String> for TurnUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = [("turn", false), ("turns", true)].into_iter().find_map(|(scheme, tls)| {
            let rest = text.strip_prefix(scheme)?.strip_prefix(':')?;
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            let (authority, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
            let fits = is_authority(authority) && matches!(query, None | Some("transport=udp" | "transport=tcp"));
            fits.then(|| Self { tls, rest: rest.to_owned() })
        });
        parts.ok_or_else(|| {
            let what = if text.contains('@') {
                "an address with a login; username and password have settings of their own".to_owned()
            } else {
                format!("'{}', which is not a TURN server", text.escape_debug())
            };
            format!("one like turn://turn.example.org:3478 is needed, this is {what}")
        })
    }
}

/// A password that clients are told but logs are not.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        login(from).map(Self)
    }
}
