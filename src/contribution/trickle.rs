//! Trickle ICE over PATCH (RFC 9725 §4.3, fragments as in RFC 8840 §9): whether it means this ICE session, and which
//! candidates it brings.

use super::Error;
use super::sdp::text::{lines, start_of};
use super::sdp::{Candidate, Offer, Read};

/// Checks an `If-Match` header's value against a session's entity tag (RFC 9110 §13.1.1: strong comparison).
pub fn check_if_match(if_match: Option<&str>, etag: &str) -> Result<(), Error> {
    let value = if_match.ok_or(Error::NoIfMatch)?.trim();
    if value == "*" {
        return Err(restart());
    }
    let quoted = |tag: &str| tag.trim().strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(etag);
    if value.split(',').any(quoted) { Ok(()) } else { Err(Error::WrongEtag) }
}

/// Reads a fragment for the session that `offer` opened. Candidates that cannot be used are left out.
pub fn candidates(fragment: &str, offer: &Offer) -> Result<Vec<Candidate>, Error> {
    let (ufrag, password) = offer.ice();
    let mut candidates = Vec::new();
    for line in lines(fragment) {
        let (kind, value) = line.map_err(Error::BadFragment)?;
        let ('a', Some((name, value))) = (kind, value.split_once(':')) else { continue };
        match name {
            "ice-ufrag" if value != ufrag => return Err(restart()),
            "ice-pwd" if value != password => return Err(restart()),
            "mid" if !offer.has_mid(value) => {
                return Err(Error::BadFragment(format!("the offer has no m-line with a=mid:{}", start_of(value))));
            }
            "candidate" => match Candidate::read(value) {
                // Everything is bundled, so a candidate of any m-line is one of the transport. One that names another
                // user fragment is late: it belongs to an ICE session that is no more.
                Read::Usable(candidate, named) if named.as_deref().is_none_or(|named| named == ufrag) => {
                    candidates.push(candidate);
                }
                Read::Usable(..) | Read::Other => {}
                Read::Malformed => {
                    return Err(Error::BadFragment(format!("'{}' is not a candidate", start_of(value))));
                }
            },
            _ => {}
        }
    }
    Ok(candidates)
}

fn restart() -> Error {
    Error::Unsupported(
        "an ICE restart is not possible here: open a new session with the same key, it takes the seat over at once"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sdp::Purpose;
    use super::*;

    const OFFER: &str = include_str!("../../tests/offers/chrome.sdp");

    fn offer() -> Offer {
        Offer::read(OFFER, Purpose::City).unwrap()
    }

    fn fragment(lines: &[&str]) -> String {
        let offer = offer();
        let (ufrag, password) = offer.ice();
        format!(
            "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n{}\r\n",
            lines.join("\r\n")
        )
    }

    #[test]
    fn if_match_must_name_the_session_and_nothing_weaker() {
        assert!(check_if_match(Some("\"abc\""), "abc").is_ok());
        assert!(check_if_match(Some("\"x\", \"abc\""), "abc").is_ok());
        assert!(matches!(check_if_match(None, "abc"), Err(Error::NoIfMatch)));
        for wrong in ["abc", "W/\"abc\"", "\"abd\"", "", "\"", "\"abc"] {
            assert!(matches!(check_if_match(Some(wrong), "abc"), Err(Error::WrongEtag)), "{wrong}");
        }
        assert!(matches!(check_if_match(Some("*"), "abc"), Err(Error::Unsupported(_))));
    }

    #[test]
    fn a_fragment_brings_its_usable_candidates() {
        let text = fragment(&[
            "a=candidate:1 1 udp 2122194687 192.0.2.2 54066 typ host generation 0 ufrag zzzz",
            "a=candidate:2 1 udp 2122194687 192.0.2.3 54066 typ host generation 0",
            "a=candidate:3 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active",
            "a=candidate:4 1 udp 2122194687 abc.local 54066 typ host",
            "a=end-of-candidates",
        ]);
        let found: Vec<String> = candidates(&text, &offer()).unwrap().iter().map(|c| c.address.to_string()).collect();
        assert_eq!(found, ["192.0.2.3:54066"]);
    }

    #[test]
    fn a_changed_user_fragment_is_a_restart_and_refused() {
        let text = "a=ice-ufrag:other\r\na=ice-pwd:0123456789012345678901\r\n";
        assert!(matches!(candidates(text, &offer()), Err(Error::Unsupported(_))));
    }

    #[test]
    fn what_is_no_fragment_is_told() {
        for (text, word) in [
            ("hello", "x=value"),
            ("a=mid:7", "a=mid:7"),
            ("a=candidate:1 1 udp", "not a candidate"),
            ("a=mid:0\0", "control"),
        ] {
            let error = candidates(text, &offer()).unwrap_err();
            assert!(matches!(&error, Error::BadFragment(told) if told.contains(word)), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_fragment_and_no_header_makes_it_panic(text in "\\PC{0,80}", lines in "(a=[a-z-]{1,9}:[ -~]{0,40}\r\n){0,5}") {
            let offer = offer();
            let _ = candidates(&text, &offer);
            let _ = candidates(&lines, &offer);
            let _ = check_if_match(Some(&text), "abc");
        }
    }
}
