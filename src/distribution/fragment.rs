//! Reads a trickle ICE fragment (RFC 8840 §9). An ICE-lite server needs none of its candidates, but it says no to what it
//! cannot do, and to what is no fragment.

use super::Error;

/// Checks a fragment for the ICE session in which the viewer's username fragment is `ufrag`.
pub(super) fn check(fragment: &str, ufrag: &str) -> Result<(), Error> {
    for line in fragment.lines().filter(|line| !line.is_empty()) {
        let start = || line.chars().take(40).collect::<String>();
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Error::BadFragment("a line holds control characters".into()));
        }
        let Some((_, value)) = line.split_once('=').filter(|(kind, _)| kind.len() == 1) else {
            return Err(Error::BadFragment(format!("the line '{}' is not of the form x=value", start())));
        };
        match value.split_once(':').filter(|_| line.starts_with("a=")) {
            Some(("ice-ufrag", named)) if named != ufrag => return Err(restart()),
            // RFC 8839 §5.1: eight fields at least.
            Some(("candidate", candidate)) if candidate.split(' ').count() < 8 => {
                return Err(Error::BadFragment(format!("'{}' is not a candidate", start())));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The refusal of an ICE restart.
pub(super) fn restart() -> Error {
    Error::Unsupported("an ICE restart is not possible here: join anew".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_of_this_ice_session_is_taken() {
        let text = "a=ice-ufrag:evtj\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
            a=candidate:1 1 udp 2122194687 192.0.2.2 54066 typ host\r\na=end-of-candidates\r\n";
        assert!(check(text, "evtj").is_ok());
    }

    #[test]
    fn another_user_fragment_is_a_restart_and_refused() {
        assert!(matches!(check("a=ice-ufrag:other\r\n", "evtj"), Err(Error::Unsupported(_))));
    }

    #[test]
    fn what_is_no_fragment_is_told() {
        for (text, word) in [
            ("hello", "x=value"),
            ("{\"a=\": 1}", "x=value"),
            ("a=candidate:1 1 udp", "candidate"),
            ("a=\0", "control"),
        ] {
            let error = check(text, "evtj").unwrap_err();
            assert!(matches!(&error, Error::BadFragment(told) if told.contains(word)), "{text}: {error}");
        }
    }
}
