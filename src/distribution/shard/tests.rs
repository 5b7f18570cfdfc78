use std::net::Ipv4Addr;

use super::super::Guest;
use super::super::counters::{Place, Seat};
use super::super::negotiation::{Terms, certificate, negotiate};
use super::super::viewer::Ending;
use super::super::wire::locals;
use super::*;
use crate::rtp::Origin;

/// Pictures of ten packets each, 30 a second; those in `keyframes` are keyframes.
fn batch(pictures: u64, keyframes: &[u64]) -> Vec<Arc<Packet>> {
    let packet = |sequence: u64| Packet {
        origin: Origin::Standby,
        kind: Kind::Video,
        sequence,
        timestamp: 0,
        running_time: Duration::from_secs(7) + Duration::from_secs(1) * (sequence / 10) as u32 / 30,
        marker: sequence % 10 == 9,
        keyframe: sequence.is_multiple_of(10) && keyframes.contains(&(sequence / 10)),
        payload: Arc::from([].as_slice()),
    };
    (0..pictures * 10).map(|sequence| Arc::new(packet(sequence))).collect()
}

#[test]
fn a_shard_that_is_far_behind_goes_on_with_what_is_new() {
    let mut behind = batch(60, &[0, 58]);
    assert_eq!(catch_up(&mut behind), 530);
    assert_eq!((behind[0].sequence, behind.last().unwrap().sequence), (530, 599));
}

#[test]
fn what_is_much_but_not_old_is_sent_whole() {
    let mut busy = batch(1, &[0]);
    let first = Arc::clone(&busy[0]);
    busy.extend(std::iter::repeat_n(first, 2000));
    assert_eq!(catch_up(&mut busy), 0);
    assert_eq!(busy.len(), 2010);
}

#[test]
fn a_shard_that_is_far_behind_keeps_the_last_keyframe() {
    let mut behind = batch(60, &[0, 40]);
    assert_eq!(catch_up(&mut behind), 400);
    assert!(behind[0].keyframe);
}

#[test]
fn a_panic_of_the_stack_ends_its_viewer_and_not_the_shard() {
    let offer = include_str!("../../../tests/offers/chrome.sdp").replace("a=sendonly", "a=recvonly");
    let counters = Counters::new();
    let (mut wire, bound) = Wire::open(&[Ipv4Addr::LOCALHOST.into()], 0, Arc::clone(&counters)).unwrap();
    let (locals, now) = (locals(&bound, None, Vec::new), Instant::now());
    let negotiated = {
        let terms = Terms { locals: &locals, certificate: certificate(), statistics: None };
        negotiate(&offer, terms, now).unwrap()
    };
    let seat = Seat::new(Guest::Viewer, Place::take(&Arc::default(), 1).unwrap(), None, &counters);
    let mut viewer = Viewer::new(SessionId::random(), negotiated, locals, 0, seat, now);
    let limits = Limits { connect: Duration::from_secs(15), silence: Duration::from_secs(30) };
    assert_eq!(viewer.ending(limits, now), None);
    let done = guarded(&mut viewer, &mut wire, |_, _| -> u8 { panic!("a fault of the stack") });
    assert_eq!((done, viewer.ending(limits, now)), (None, Some(Ending::Failed)));
}

#[test]
fn a_stun_request_names_its_viewer() {
    // RFC 5769 §2.1: USERNAME is "evtj:h6vY".
    let request = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74\
                       002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020\
                       000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
    let bytes: Vec<u8> =
        (0..request.len()).step_by(2).map(|at| u8::from_str_radix(&request[at..at + 2], 16).unwrap()).collect();
    assert_eq!(named_viewer(&bytes).as_deref(), Some("evtj"));
    assert_eq!(named_viewer(&bytes[..40]), None);
    assert_eq!(named_viewer(&[]), None);
    assert_eq!(named_viewer(&[0x80, 96, 0, 1]), None);
}
