//! Sessions with a real peer: ICE, DTLS and SRTP on loopback.

mod calls;
mod publisher;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::publisher::{Media, Publisher, Sent};
use super::*;
use crate::rtp::{Kind, Packet, Reader};
use crate::show::{ChannelId, CityId};

/// How long a test waits for anything: long enough for a machine that does other things as well.
const DEADLINE: Duration = Duration::from_secs(20);

struct House {
    hub: Hub,
    clock: EventClock,
    facts_rx: mpsc::Receiver<Fact>,
    channels: Vec<Arc<Channel>>,
}

fn lecce() -> CityId {
    "lecce".parse().unwrap()
}

fn roma() -> CityId {
    "roma".parse().unwrap()
}

fn config() -> Config {
    Config {
        listen: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        ports: 20_000..=40_000,
        public_address: None,
        stun_server: None,
        turn_servers: Vec::new(),
        jitter_buffer: Duration::from_millis(60),
        call_jitter_buffer: Duration::from_millis(20),
    }
}

impl House {
    fn start(config: Config) -> Self {
        Self::start_with(config, hub::SILENCE)
    }

    /// A house that ends a session after this long without media.
    fn start_with(config: Config, silence: Duration) -> Self {
        gstreamer::init().unwrap();
        let clock = EventClock::start();
        let cities = [lecce(), roma()];
        let channels: Vec<_> = cities.iter().map(|city| Channel::new(ChannelId::City(city.clone()))).collect();
        let seats = cities
            .into_iter()
            .zip(&channels)
            .map(|(city, channel)| Seat { id: city.into(), channel: Arc::clone(channel) });
        let (facts_tx, facts_rx) = mpsc::channel(64);
        let hub = Hub { inner: hub::Inner::new(config, clock.clone(), seats.collect(), facts_tx, silence) };
        Self { hub, clock, facts_rx, channels }
    }

    /// A publisher whose offer was answered.
    async fn join(&self, media: Media) -> (Publisher, Opened) {
        let publisher = Publisher::start(media, &self.clock).await;
        let opened = self.hub.open(&lecce().into(), publisher.offer()).await.unwrap();
        publisher.accept(&opened.answer).await;
        (publisher, opened)
    }

    fn reader(&self) -> Reader {
        self.channels[0].reader()
    }

    async fn fact(&mut self) -> Fact {
        tokio::time::timeout(DEADLINE, self.facts_rx.recv()).await.expect("a fact comes in time").unwrap()
    }

    fn stats(&self) -> SeatStats {
        self.hub.stats().remove(0)
    }
}

/// Reads until `enough` says so; `None` if that does not happen within `patience`.
async fn read_for(
    mut reader: Reader,
    patience: Duration,
    mut enough: impl FnMut(&[Arc<Packet>]) -> bool + Send + 'static,
) -> (Reader, Option<Vec<Arc<Packet>>>) {
    tokio::task::spawn_blocking(move || {
        let (end, mut packets) = (Instant::now() + patience, Vec::new());
        while !enough(&packets) {
            if Instant::now() > end {
                return (reader, None);
            }
            reader.wait(Duration::from_millis(50), &mut packets);
        }
        (reader, Some(packets))
    })
    .await
    .unwrap()
}

async fn read(reader: Reader, enough: impl FnMut(&[Arc<Packet>]) -> bool + Send + 'static) -> Vec<Arc<Packet>> {
    read_for(reader, DEADLINE, enough).await.1.expect("the packets come in time")
}

fn has(packets: &[Arc<Packet>], kind: Kind, count: usize) -> bool {
    packets.iter().filter(|packet| packet.kind == kind).count() >= count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publishers_picture_and_sound_come_onto_its_channel() {
    let mut house = House::start(config());
    let reader = house.reader();
    let (_publisher, opened) = house.join(Media::Both).await;
    assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    let packets = read(reader, |packets| has(packets, Kind::Video, 60) && has(packets, Kind::Audio, 60)).await;
    let first = packets.iter().find(|packet| packet.kind == Kind::Video).unwrap();
    assert!(first.keyframe, "a picture begins with a keyframe");
    for kind in [Kind::Video, Kind::Audio] {
        let sequences: Vec<u64> = packets.iter().filter(|p| p.kind == kind).map(|p| p.sequence).collect();
        assert!(
            sequences.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "{kind:?}: nothing is missing or out of order"
        );
    }
    let stats = house.stats();
    assert!(stats.taken && stats.sessions == 1 && stats.packets >= packets.len() as u64 && stats.bytes > 0);
    house.hub.close(&lecce().into(), &opened.session).await.unwrap();
    assert_eq!(house.fact().await, Fact::CityLeft { city: lecce() });
    assert!(!house.stats().taken);
    assert!(matches!(house.hub.close(&lecce().into(), &opened.session).await, Err(Error::UnknownSession)));
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_is_added_can_be_taken_and_one_that_is_removed_ends_its_sessions_only() {
    let mut house = House::start(config());
    let reader = house.reader();
    let (_other, _) = house.join(Media::Video).await;
    assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    let genova: CityId = "genova".parse().unwrap();
    let channel = Channel::new(ChannelId::City(genova.clone()));
    let seat = Seat { id: genova.clone().into(), channel: Arc::clone(&channel) };
    let offer = Publisher::start(Media::Video, &house.clock).await;
    assert!(matches!(house.hub.open(&genova.clone().into(), offer.offer()).await, Err(Error::Unknown(_))));

    house.hub.add(seat.clone()).unwrap();
    assert!(matches!(house.hub.add(seat), Err(Error::Taken(_))));
    let its_reader = channel.reader();
    let opened = house.hub.open(&genova.clone().into(), offer.offer()).await.unwrap();
    offer.accept(&opened.answer).await;
    assert_eq!(house.fact().await, Fact::CityJoined { city: genova.clone() });
    read(its_reader, |packets| has(packets, Kind::Video, 10)).await;
    let names: Vec<ContributionId> = house.hub.stats().into_iter().map(|seat| seat.id).collect();
    assert_eq!(names, [lecce(), roma(), genova.clone()].map(ContributionId::from));

    house.hub.remove(&genova.clone().into());
    house.hub.remove(&genova.clone().into());
    assert!(matches!(house.hub.close(&genova.clone().into(), &opened.session).await, Err(Error::Unknown(_))));
    let later = read(reader, |packets| has(packets, Kind::Video, 60)).await;
    let sequences: Vec<u64> = later.iter().map(|packet| packet.sequence).collect();
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1), "the other city felt nothing");
    let after = read_for(channel.reader(), Duration::from_millis(200), |packets| !packets.is_empty()).await;
    assert!(after.1.is_none(), "nothing comes onto the channel any more");
    assert!(house.facts_rx.try_recv().is_err(), "nothing is told");
    house.hub.stop().await;
    // Not only the seats that are left: who stops waits for all.
    assert!(house.hub.inner.is_quiet());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_negotiates_for_a_seat_that_is_removed_meanwhile_does_not_get_it() {
    let house = House::start(config());
    let publisher = Publisher::start(Media::Video, &house.clock).await;
    let city = lecce().into();
    let (opened, ()) = tokio::join!(house.hub.open(&city, publisher.offer()), async {
        // The other future has come to where it waits for its session's thread.
        house.hub.remove(&city);
    });
    assert!(matches!(opened, Err(Error::Unknown(_))), "{opened:?}");
    house.hub.stop().await;
}

/// The median of how long after its making the last `count` packets of a kind say they were made, in seconds.
fn delay(packets: &[Arc<Packet>], sent: &Sent, kind: Kind, count: usize) -> Option<f64> {
    let last = packets.iter().rev().filter(|packet| packet.kind == kind).take(count);
    let mut delays: Vec<f64> =
        last.filter_map(|packet| Some(packet.running_time.as_secs_f64() - sent.at(packet)?.as_secs_f64())).collect();
    delays.sort_by(f64::total_cmp);
    (delays.len() == count).then(|| delays[count / 2])
}

#[tokio::test(flavor = "multi_thread")]
async fn running_time_is_the_instant_of_sending_and_lips_come_together() {
    let house = House::start(config());
    let reader = house.reader();
    // The picture arrives later than its sound by more than anybody bears; sender reports tell that they belong together.
    let publisher = Publisher::start_slow(Duration::from_millis(150), &house.clock).await;
    let opened = house.hub.open(&lecce().into(), publisher.offer()).await.unwrap();
    publisher.accept(&opened.answer).await;
    let sent = publisher.sent();
    let (_, packets) = read_for(reader, DEADLINE, move |packets| {
        let picture = delay(packets, &sent, Kind::Video, 30);
        let sound = delay(packets, &sent, Kind::Audio, 50);
        let (Some(picture), Some(sound)) = (picture, sound) else { return false };
        (0.1..0.4).contains(&picture) && (0.1..0.4).contains(&sound) && (picture - sound).abs() < 0.02
    })
    .await;
    let sent = publisher.sent();
    assert!(packets.is_some(), "picture and sound do not come together");
    let delay = |kind| delay(packets.as_ref().unwrap(), &sent, kind, 30).unwrap() * 1e3;
    println!("picture {:.1} ms, sound {:.1} ms after they were made", delay(Kind::Video), delay(Kind::Audio));
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_that_get_lost_are_sent_again() {
    // A machine that does other things as well needs longer than the network to send a packet again.
    let house = House::start(Config { jitter_buffer: Duration::from_millis(400), ..config() });
    let reader = house.reader();
    let (publisher, _) = house.join(Media::Video).await;
    let (reader, before) = read_for(reader, DEADLINE, |packets| has(packets, Kind::Video, 10)).await;
    let last = before.unwrap().last().unwrap().sequence;
    publisher.lose_one_in(20);
    let packets = read(reader, |packets| has(packets, Kind::Video, 200)).await;
    let lost = publisher.lost();
    let missing = packets.last().unwrap().sequence - last - packets.len() as u64;
    println!("{lost} lost, {missing} missing");
    assert!(lost >= 8 && missing * 4 <= lost, "{lost} lost, {missing} of them missing in the end");
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_pauses_loses_nothing() {
    let house = House::start(config());
    let reader = house.reader();
    let (publisher, _) = house.join(Media::Video).await;
    let (reader, before) = read_for(reader, DEADLINE, |packets| has(packets, Kind::Video, 30)).await;
    let last = before.unwrap().last().unwrap().sequence;
    publisher.pause(Duration::from_millis(500));
    let packets = read(reader, |packets| has(packets, Kind::Video, 60)).await;
    let sequences: Vec<u64> = packets.iter().map(|packet| packet.sequence).collect();
    assert_eq!(sequences, (last + 1..=last + sequences.len() as u64).collect::<Vec<_>>());
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_alone_is_received() {
    let house = House::start(config());
    let reader = house.reader();
    let (_publisher, _) = house.join(Media::Audio).await;
    read(reader, |packets| has(packets, Kind::Audio, 20)).await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_for_a_keyframe_reaches_the_publisher() {
    let house = House::start(config());
    let (_publisher, _) = house.join(Media::Video).await;
    // The test's encoder makes no keyframe after its first unless it is asked.
    let (mut reader, first) = read_for(house.reader(), DEADLINE, |packets| has(packets, Kind::Video, 30)).await;
    assert!(first.is_some());
    // What was asked for at the start comes first.
    let end = Instant::now() + DEADLINE;
    let is_keyframe = |packets: &[Arc<Packet>]| packets.iter().any(|packet| packet.keyframe);
    loop {
        let late;
        (reader, late) = read_for(reader, 3 * session::KEYFRAME_RETRY, is_keyframe).await;
        if late.is_none() {
            break;
        }
        assert!(Instant::now() < end, "keyframes come without end");
    }
    house.channels[0].request_keyframe();
    let asked = house.clock.now();
    let packets = read(reader, is_keyframe).await;
    let keyframe = packets.iter().find(|packet| packet.keyframe).unwrap();
    println!("{} ms from the wish to the keyframe", (keyframe.running_time.saturating_sub(asked)).as_millis());
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_let_in_when_the_certificate_is_not_the_offers() {
    let mut house = House::start(config());
    let reader = house.reader();
    let publisher = Publisher::start(Media::Both, &house.clock).await;
    let opened = house.hub.open(&lecce().into(), &publisher.forged_offer()).await.unwrap();
    publisher.accept(&opened.answer).await;
    assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    // DTLS comes up on both sides, and the session ends of itself.
    publisher.wait_for_connection().await;
    assert_eq!(house.fact().await, Fact::CityLeft { city: lecce() });
    let (_, packets) = read_for(reader, Duration::from_secs(1), |packets| !packets.is_empty()).await;
    assert!(packets.is_none(), "{} packets were let in", packets.unwrap().len());
    assert_eq!(house.stats().packets, 0);
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejoin_takes_the_seat_over_and_the_old_session_cannot_hurt_it() {
    let mut house = House::start(config());
    let (_old_publisher, old) = house.join(Media::Both).await;
    let (reader, packets) = read_for(house.reader(), DEADLINE, |packets| has(packets, Kind::Video, 5)).await;
    let old_origin = packets.unwrap()[0].origin;
    let (_new_publisher, new) = house.join(Media::Both).await;
    assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    assert!(matches!(house.hub.close(&lecce().into(), &old.session).await, Err(Error::UnknownSession)));
    let etag = format!("\"{}\"", old.etag);
    let late = house.hub.trickle(&lecce().into(), &old.session, Some(&etag), "").await;
    assert!(matches!(late, Err(Error::UnknownSession)));
    let packets = read(reader, move |packets| {
        let new = packets.iter().filter(|packet| packet.origin != old_origin);
        new.filter(|packet| packet.kind == Kind::Video).count() >= 30
    })
    .await;
    let switch = packets.iter().position(|packet| packet.origin != old_origin).unwrap();
    assert!(packets[switch..].iter().all(|packet| packet.origin != old_origin), "the old session is silent");
    assert!(house.facts_rx.try_recv().is_err(), "the seat was never empty");
    assert!(house.stats().taken);
    house.hub.close(&lecce().into(), &new.session).await.unwrap();
    assert_eq!(house.fact().await, Fact::CityLeft { city: lecce() });
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejoin_that_never_connects_leaves_the_picture_on_and_gives_the_seat_back() {
    let mut house = House::start_with(config(), Duration::from_secs(2));
    let (_publisher, old) = house.join(Media::Both).await;
    let (mut reader, packets) = read_for(house.reader(), DEADLINE, |packets| has(packets, Kind::Video, 5)).await;
    let mut last = packets.unwrap().iter().rfind(|packet| packet.kind == Kind::Video).unwrap().clone();
    for _ in 0..2 {
        house.hub.open(&lecce().into(), include_str!("../../tests/offers/obs.sdp")).await.unwrap();
        assert!(matches!(house.hub.close(&lecce().into(), &old.session).await, Err(Error::UnknownSession)));
    }
    let end = Instant::now() + DEADLINE;
    while house.hub.close(&lecce().into(), &old.session).await.is_err() {
        assert!(Instant::now() < end, "the seat does not fall back");
        let packets;
        (reader, packets) = read_for(reader, DEADLINE, |packets| has(packets, Kind::Video, 5)).await;
        for packet in packets.unwrap().iter().filter(|packet| packet.kind == Kind::Video) {
            assert_eq!((packet.origin, packet.sequence), (last.origin, last.sequence + 1));
            last = Arc::clone(packet);
        }
    }
    for _ in 0..3 {
        assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    }
    assert_eq!(house.fact().await, Fact::CityLeft { city: lecce() });
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_show_that_does_not_listen_holds_nobody_up_and_hears_the_newest_fact() {
    let mut house = House::start(config());
    let (facts_tx, mut facts_rx) = mpsc::channel(1);
    let seat = Seat { id: lecce().into(), channel: Arc::clone(&house.channels[0]) };
    house.hub.inner = hub::Inner::new(config(), house.clock.clone(), vec![seat], facts_tx, hub::SILENCE);
    let offer = include_str!("../../tests/offers/obs.sdp");
    house.hub.open(&lecce().into(), offer).await.unwrap();
    house.hub.open(&lecce().into(), offer).await.unwrap();
    house.hub.stop().await;
    assert_eq!(facts_rx.recv().await, Some(Fact::CityJoined { city: lecce() }));
    assert_eq!(facts_rx.recv().await, Some(Fact::CityLeft { city: lecce() }));
}

#[test]
fn settings_print_without_passwords() {
    let turn_servers = vec!["turn://user:p@ssword@turn.example.org:3478".to_owned(), "password".to_owned()];
    let printed = format!("{:?}", Config { turn_servers, ..config() });
    assert!(printed.contains("turn.example.org:3478") && !printed.contains("ssword"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_dies_loses_its_seat_after_a_while() {
    let mut house = House::start_with(config(), Duration::from_secs(2));
    let (publisher, _) = house.join(Media::Both).await;
    read(house.reader(), |packets| has(packets, Kind::Video, 5)).await;
    assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    drop(publisher);
    assert_eq!(house.fact().await, Fact::CityLeft { city: lecce() });
    assert!(!house.stats().taken);
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_without_candidates_is_answered_and_found_by_the_publishers_own_checks() {
    let house = House::start(config());
    let publisher = Publisher::start(Media::Both, &house.clock).await;
    let bare: String =
        publisher.offer().split_inclusive('\n').filter(|line| !line.starts_with("a=candidate")).collect();
    let opened = house.hub.open(&lecce().into(), &bare).await.unwrap();
    publisher.accept(&opened.answer).await;
    read(house.reader(), |packets| has(packets, Kind::Video, 5)).await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn candidates_are_added_by_patch_and_names_in_place_of_addresses_do_no_harm() {
    let house = House::start(config());
    let publisher = Publisher::start(Media::Both, &house.clock).await;
    let is_candidate = |line: &&str| line.starts_with("a=candidate");
    let bare: String = publisher.offer().split_inclusive('\n').filter(|line| !is_candidate(line)).collect();
    let candidates: String = publisher.offer().split_inclusive('\n').filter(is_candidate).collect();
    let named = bare
        .replace("a=rtcp-mux\r\n", "a=rtcp-mux\r\na=candidate:1 1 udp 2122194687 6a0b2a74.local 54066 typ host\r\n");
    let opened = house.hub.open(&lecce().into(), &named).await.unwrap();
    let patch = |if_match: Option<String>, text: String| {
        let (hub, session) = (house.hub.clone(), opened.session.clone());
        async move { hub.trickle(&lecce().into(), &session, if_match.as_deref(), &text).await }
    };
    let etag = format!("\"{}\"", opened.etag);
    assert!(matches!(patch(None, candidates.clone()).await, Err(Error::NoIfMatch)));
    assert!(matches!(patch(Some("\"x\"".into()), candidates.clone()).await, Err(Error::WrongEtag)));
    assert!(matches!(patch(Some("*".into()), candidates.clone()).await, Err(Error::Unsupported(_))));
    let restart = "a=ice-ufrag:other\r\na=ice-pwd:0123456789012345678901\r\n".to_owned();
    assert!(matches!(patch(Some(etag.clone()), restart).await, Err(Error::Unsupported(_))));
    assert!(matches!(patch(Some(etag.clone()), "hello".into()).await, Err(Error::BadFragment(_))));
    let local = "a=candidate:2 1 udp 2122194687 6a0b2a74.local 54066 typ host\r\na=end-of-candidates\r\n";
    patch(Some(etag), format!("{candidates}{local}")).await.unwrap();
    publisher.accept(&opened.answer).await;
    read(house.reader(), |packets| has(packets, Kind::Video, 5)).await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_offers_only_where_the_settings_say() {
    let ports = 41_000..=41_200;
    let public: IpAddr = "203.0.113.7".parse().unwrap();
    let house = House::start(Config { ports: ports.clone(), public_address: Some(public), ..config() });
    let opened = house.hub.open(&lecce().into(), include_str!("../../tests/offers/obs.sdp")).await.unwrap();
    let candidates: Vec<&str> = opened.answer.lines().filter(|line| line.starts_with("a=candidate")).collect();
    assert_eq!(candidates.len(), 1, "only loopback, only UDP: {candidates:?}");
    let words: Vec<&str> = candidates[0].split(' ').collect();
    assert_eq!((words[2], words[4]), ("UDP", "203.0.113.7"));
    assert!(ports.contains(&words[5].parse().unwrap()), "{}", words[5]);
    house.hub.stop().await;
    let house = House::start(config());
    let opened = house.hub.open(&lecce().into(), include_str!("../../tests/offers/chrome.sdp")).await.unwrap();
    assert!(opened.answer.contains(" 127.0.0.1 "), "{}", opened.answer);
    assert!(opened.answer.contains("transport-wide-cc"), "{}", opened.answer);
    assert!(opened.answer.contains("a=fmtp:109 apt=108"), "{}", opened.answer);
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_publishers_offer_is_answered() {
    let house = House::start(config());
    for (name, offer) in [
        ("chrome", include_str!("../../tests/offers/chrome.sdp")),
        ("firefox", include_str!("../../tests/offers/firefox.sdp")),
        ("obs", include_str!("../../tests/offers/obs.sdp")),
        ("gstreamer", include_str!("../../tests/offers/gstreamer.sdp")),
    ] {
        let opened = house.hub.open(&lecce().into(), offer).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(opened.answer.matches("a=recvonly").count(), 2, "{name}: {}", opened.answer);
        assert!(opened.answer.contains("a=candidate"), "{name}");
    }
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_is_told_and_takes_no_seat() {
    let mut house = House::start(config());
    let nowhere = "atlantis".parse::<CityId>().unwrap().into();
    assert!(matches!(house.hub.open(&nowhere, "").await, Err(Error::Unknown(_))));
    assert!(matches!(house.hub.open(&lecce().into(), "").await, Err(Error::NotSdp(_))));
    assert!(matches!(house.hub.close(&roma().into(), &SessionId::from_url("x")).await, Err(Error::UnknownSession)));
    assert!(!house.stats().taken);
    house.hub.stop().await;
    let offer = include_str!("../../tests/offers/obs.sdp");
    assert!(
        matches!(house.hub.open(&lecce().into(), offer).await, Err(Error::Failed(_))),
        "a stopped hub opens nothing"
    );
    assert!(house.facts_rx.try_recv().is_err());
    let elsewhere = Config { listen: vec!["198.51.100.77".parse().unwrap()], ..config() };
    let error = Hub::start(elsewhere, house.clock.clone(), Vec::new(), mpsc::channel(1).0).unwrap_err();
    assert!(matches!(&error, Error::Failed(told) if told.contains("198.51.100.77")), "{error}");
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let house = House::start(Config { ports: port..=port, ..config() });
    let error = house.hub.open(&lecce().into(), offer).await.unwrap_err();
    assert!(matches!(&error, Error::Failed(told) if told.contains("no address")), "{error}");
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_publishers_at_once_all_get_their_turn() {
    let mut house = House::start(config());
    let offer = include_str!("../../tests/offers/chrome.sdp");
    let opens: Vec<_> = (0..12)
        .map(|_| {
            let hub = house.hub.clone();
            tokio::spawn(async move { hub.open(&lecce().into(), offer).await })
        })
        .collect();
    let mut last = Vec::new();
    for open in opens {
        last.push(open.await.unwrap().unwrap());
    }
    for _ in 0..12 {
        assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    }
    let mut closed = 0;
    for opened in last {
        closed += usize::from(house.hub.close(&lecce().into(), &opened.session).await.is_ok());
    }
    assert_eq!(closed, 1, "one of them sits");
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_hub_ends_its_sessions() {
    let house = House::start(config());
    let (_publisher, _) = house.join(Media::Both).await;
    read(house.reader(), |packets| has(packets, Kind::Video, 5)).await;
    drop(house.hub);
    let end = Instant::now() + DEADLINE;
    while house.channels[0].is_live(house.clock.now()) {
        assert!(Instant::now() < end, "media still come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Threads and open files of this process.
fn resources() -> (usize, usize) {
    let count = |path: &str| std::fs::read_dir(path).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

/// One round: a publisher comes, is seen, and goes.
async fn come_and_go(house: &mut House) {
    let (publisher, opened) = house.join(Media::Both).await;
    read(house.reader(), |packets| has(packets, Kind::Video, 2)).await;
    house.hub.close(&lecce().into(), &opened.session).await.unwrap();
    assert_eq!(house.fact().await, Fact::CityJoined { city: lecce() });
    assert_eq!(house.fact().await, Fact::CityLeft { city: lecce() });
    drop(publisher);
}

/// Runs a test in a process of its own: there no other test's threads and files come and go. Whether this is that process.
fn is_alone(name: &str) -> bool {
    const MARK: &str = "REGIA_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(MARK, "1")
        .spawn()
        .unwrap();
    let end = Instant::now() + 6 * DEADLINE;
    let status = loop {
        match alone.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
            None => {
                alone.kill().unwrap();
                break alone.wait().unwrap();
            }
        }
    };
    assert!(status.success(), "{name} fails in a process of its own: {status}");
    false
}

#[test]
fn fifty_sessions_leave_no_threads_and_no_files_behind() {
    if !is_alone("contribution::tests::fifty_sessions_leave_no_threads_and_no_files_behind") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut house = House::start(config());
        // Pools of threads are filled once.
        for _ in 0..3 {
            come_and_go(&mut house).await;
        }
        let before = settled(&house).await;
        for _ in 0..50 {
            come_and_go(&mut house).await;
        }
        let after = settled(&house).await;
        println!("threads and files: {before:?} before, {after:?} after fifty sessions");
        assert!(after.0 <= before.0 + 1 && after.1 <= before.1 + 1, "{before:?} before, {after:?} after");
    });
}

/// The least of what is seen over a while in which nothing runs: threads of ended sessions vanish a little later.
async fn settled(house: &House) -> (usize, usize) {
    assert!(!house.stats().taken);
    let mut least = resources();
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = resources();
        least = (least.0.min(now.0), least.1.min(now.1));
    }
    least
}
