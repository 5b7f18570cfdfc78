//! Offers and trickle fragments of all kinds, for the fuzz target and the tests: nothing may stop the reading of them, and what is
//! made of an offer must be SDP that says what the offer said.

use super::sdp::text::parse;
use super::sdp::{Local, Offer, Purpose};
use super::trickle;

/// Reads text before the first zero byte as an offer, of each kind of contribution, and what follows as a fragment for its session.
/// Tells whether the offer could be answered.
///
/// # Panics
/// If what webrtcbin would be shown, or the answer, is no SDP or has other m-lines than it must. That is what it is for.
pub fn feed(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let (offer, fragment) = text.split_once('\0').unwrap_or((text, ""));
    let purposes = [Purpose::City, Purpose::Call, Purpose::Talkback];
    purposes.into_iter().filter(|purpose| answer(offer, fragment, *purpose)).count() > 0
}

fn answer(text: &str, fragment: &str, purpose: Purpose) -> bool {
    let Ok(offer) = Offer::read(text, purpose) else { return false };
    let received = offer.media().count();
    let pruned = offer.pruned();
    let again = Offer::read(&pruned, purpose).expect("what webrtcbin is shown can be read as an offer");
    assert_eq!(again.media().count(), received, "{pruned}");
    // A webrtcbin that does what it is asked.
    let answered = pruned.replace("\r\na=sendonly\r\n", "\r\na=recvonly\r\n");
    let local = Local::read(&answered, &offer).expect("it receives what was asked of it");
    let answer = offer.answer(&local, None);
    let lines = |sdp: &str| parse(sdp).expect("it is SDP").media.len();
    assert_eq!(lines(&answer), lines(text), "each m-line of an offer has one in the answer: {answer}");
    // Most fragments are none.
    let _ = trickle::candidates(fragment, &offer);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offers_of_publishers_can_be_answered() {
        for offer in [
            include_str!("../../tests/offers/chrome.sdp"),
            include_str!("../../tests/offers/firefox.sdp"),
            include_str!("../../tests/offers/gstreamer.sdp"),
            include_str!("../../tests/offers/obs.sdp"),
        ] {
            assert!(feed(format!("{offer}\0a=end-of-candidates\r\n").as_bytes()));
        }
        assert!(!feed(b"hello") && !feed(&[0xff]));
    }
}
