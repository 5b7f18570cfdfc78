//! Calls: co-hosts and talkback microphones. Who is silent keeps the seat, who is gone does not, and broken clocks stop nobody.

use super::*;
use crate::show::CohostId;

/// What a test's call is and how long it may say nothing at all.
struct Call {
    hub: Hub,
    clock: EventClock,
    channel: Arc<Channel>,
    id: ContributionId,
    facts_rx: mpsc::Receiver<Fact>,
}

fn anna() -> CohostId {
    "anna".parse().unwrap()
}

impl Call {
    fn of(id: impl Into<ContributionId>, silence: Duration) -> Self {
        gstreamer::init().unwrap();
        let (clock, id) = (EventClock::start(), id.into());
        let channel = Channel::new(id.channel());
        let seat = Seat { id: id.clone(), channel: Arc::clone(&channel) };
        let (facts_tx, facts_rx) = mpsc::channel(64);
        let hub = Hub { inner: hub::Inner::new(config(), clock.clone(), vec![seat], facts_tx, silence) };
        Self { hub, clock, channel, id, facts_rx }
    }

    async fn join(&self, media: Media) -> (Publisher, Opened) {
        let publisher = Publisher::start(media, &self.clock).await;
        let opened = self.hub.open(&self.id, publisher.offer()).await.unwrap();
        publisher.accept(&opened.answer).await;
        (publisher, opened)
    }

    async fn fact(&mut self) -> Fact {
        tokio::time::timeout(DEADLINE, self.facts_rx.recv()).await.expect("a fact comes in time").unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cohost_joins_is_heard_and_leaves() {
    let mut call = Call::of(anna(), hub::SILENCE);
    let reader = call.channel.reader();
    let (_publisher, opened) = call.join(Media::Audio).await;
    assert_eq!(call.fact().await, Fact::CohostJoined { cohost: anna() });
    assert_eq!(call.fact().await, Fact::CohostHeard { cohost: anna() });
    read(reader, |packets| has(packets, Kind::Audio, 20)).await;
    let reader = call.channel.reader();
    let (_newer, again) = call.join(Media::Both).await;
    assert_eq!(call.fact().await, Fact::CohostJoined { cohost: anna() });
    assert_eq!(call.fact().await, Fact::CohostHeard { cohost: anna() });
    // Until the newer one has shown something the seat falls back to the older one.
    read(reader, |packets| has(packets, Kind::Video, 10)).await;
    assert!(matches!(call.hub.close(&call.id, &opened.session).await, Err(Error::UnknownSession)), "taken over");
    call.hub.close(&call.id, &again.session).await.unwrap();
    assert_eq!(call.fact().await, Fact::CohostLeft { cohost: anna() });
    call.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_camera_is_heard_from_its_first_packet_on() {
    let call = Call::of(anna(), hub::SILENCE);
    let reader = call.channel.reader();
    let (publisher, _) = call.join(Media::Audio).await;
    publisher.wait_for_connection().await;
    let connected = call.clock.now();
    let packets = read(reader, |packets| has(packets, Kind::Audio, 1)).await;
    // A picture that is waited for costs a second.
    let waited = packets[0].running_time.saturating_sub(connected);
    assert!(
        waited < Duration::from_millis(500),
        "the first packet on the channel came {waited:?} after the connection"
    );
    call.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_silent_on_a_call_keeps_the_seat_and_is_not_lost() {
    // Longer than reports take to come, which they do every 2.5 to 7.5 s.
    let silence = session::CALL_LOST + Duration::from_secs(2);
    let mut call = Call::of(anna(), silence);
    let (publisher, _) = call.join(Media::Audio).await;
    let (reader, _) = read_for(call.channel.reader(), DEADLINE, |packets| has(packets, Kind::Audio, 20)).await;
    assert_eq!(call.fact().await, Fact::CohostJoined { cohost: anna() });
    assert_eq!(call.fact().await, Fact::CohostHeard { cohost: anna() });
    let span = silence + Duration::from_secs(3);
    publisher.pause(span);
    let (reader, while_silent) = read_for(reader, span, |packets| packets.len() > 100).await;
    assert!(while_silent.is_none(), "nothing is sent meanwhile");
    read(reader, |packets| has(packets, Kind::Audio, 20)).await;
    assert!(call.facts_rx.try_recv().is_err(), "nobody is told of a loss");
    assert!(call.hub.stats()[0].taken);
    call.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cohost_who_is_gone_is_lost_and_then_loses_the_seat() {
    let silence = session::CALL_LOST + Duration::from_secs(2);
    let mut call = Call::of(anna(), silence);
    let (publisher, _) = call.join(Media::Audio).await;
    assert_eq!(call.fact().await, Fact::CohostJoined { cohost: anna() });
    assert_eq!(call.fact().await, Fact::CohostHeard { cohost: anna() });
    // A network that takes everything.
    publisher.lose_one_in(1);
    assert_eq!(call.fact().await, Fact::CohostLost { cohost: anna() });
    assert_eq!(call.fact().await, Fact::CohostLeft { cohost: anna() });
    assert!(!call.hub.stats()[0].taken);
    call.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talkback_microphone_is_opened_and_closed_and_heard_at_once() {
    let operator: crate::show::Name = "Anna".parse().unwrap();
    let mut call = Call::of(ContributionId::Talkback(operator.clone()), hub::SILENCE);
    let reader = call.channel.reader();
    // A picture that is offered as well is refused.
    let browser = call.hub.open(&call.id, include_str!("../../../tests/offers/chrome.sdp")).await.unwrap();
    assert!(browser.answer.contains("m=video 0 "), "{}", browser.answer);
    assert_eq!(call.fact().await, Fact::TalkbackOpened { operator: operator.clone() });
    let (_publisher, opened) = call.join(Media::Audio).await;
    assert_eq!(call.fact().await, Fact::TalkbackOpened { operator: operator.clone() });
    let packets = read(reader, |packets| has(packets, Kind::Audio, 20)).await;
    assert!(packets.iter().all(|packet| packet.kind == Kind::Audio));
    call.hub.close(&call.id, &opened.session).await.unwrap();
    assert_eq!(call.fact().await, Fact::TalkbackClosed { operator });
    call.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn timestamps_that_jump_back_end_nothing_and_time_goes_on() {
    let call = Call::of(anna(), hub::SILENCE);
    let (publisher, _) = call.join(Media::Audio).await;
    let (reader, before) = read_for(call.channel.reader(), DEADLINE, |packets| has(packets, Kind::Audio, 50)).await;
    let last = before.unwrap().last().unwrap().clone();
    for jump in [Duration::from_secs(30), Duration::from_secs(7200)] {
        publisher.jump_back(jump);
    }
    let packets = read(reader, |packets| has(packets, Kind::Audio, 150)).await;
    assert!(packets.iter().all(|packet| packet.origin == last.origin), "it is the same session");
    let sequences: Vec<u64> = packets.iter().map(|packet| packet.sequence).collect();
    assert!(sequences.windows(2).all(|pair| pair[0] < pair[1]), "numbers go up");
    let (newest, now) = (packets.last().unwrap().running_time, call.clock.now());
    let age = now.saturating_sub(newest).as_secs_f64();
    println!("the newest packet is {:.0} ms old by its own account", age * 1e3);
    assert!(
        age < 1.0 && newest < now + Duration::from_secs(1),
        "instants are those of the house: {newest:?} at {now:?}"
    );
    call.hub.stop().await;
}
