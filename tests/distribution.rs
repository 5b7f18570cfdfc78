//! Viewers over real sockets: what they get of a channel, of its slate, of another channel, and what ends them.

mod support;

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use regia::distribution::{Config, Error, Guest, Hub, Joined, Outlet};
use regia::rtp::{self, Channel, Origin, Packet, SessionNumber, Slate};
use regia::show::ChannelId;
use support::viewer::{self, Keep, Kind, LOOPBACK, Pool, Received, Viewer, Wants};

/// For things that take milliseconds: a loaded machine may be slow, a broken one takes for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// A hub on loopback with two channels, `lecce` and `roma`.
struct House {
    hub: Hub,
    epoch: Instant,
    channels: Vec<Arc<Channel>>,
    pool: Pool,
}

struct Plan {
    shards: usize,
    max_viewers: usize,
    connect: Duration,
    silence: Duration,
}

const PLAN: Plan =
    Plan { shards: 1, max_viewers: 100, connect: Duration::from_secs(15), silence: Duration::from_secs(30) };

impl House {
    fn open(plan: Plan) -> Self {
        let epoch = Instant::now();
        let channels: Vec<_> = ["lecce", "roma"].map(|id| Channel::new(id.parse().unwrap())).into();
        let outlets = channels
            .iter()
            .map(|channel| Outlet { channel: Arc::clone(channel), slate: Arc::new(slate(channel.id())) })
            .collect();
        let config = Config {
            listen: vec![LOOPBACK],
            port: 0,
            public_address: None,
            shards: plan.shards,
            max_viewers: plan.max_viewers,
        };
        let hub = Hub::start_with_limits(&config, outlets, epoch, plan.connect, plan.silence).unwrap();
        Self { hub, epoch, channels, pool: Pool::start() }
    }

    async fn join(&self, channel: usize, wants: Wants) -> (Viewer, Joined) {
        let (invitation, offer) = viewer::offer(wants);
        let joined = self.hub.join(self.channels[channel].id(), &offer).await.unwrap();
        let viewer = invitation.accept(&joined.answer, &self.pool, Keep::Packets(100_000));
        (viewer, joined)
    }

    fn source(&self, channel: usize) -> Source {
        Source::start(Arc::clone(&self.channels[channel]), self.epoch, channel as u8, Duration::ZERO)
    }

    fn viewers(&self) -> Vec<usize> {
        self.hub.stats().viewers.into_iter().map(|(_, count)| count).collect()
    }
}

/// What a test payload says about itself, behind a NAL or Opus header byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    channel: u8,
    sequence: u64,
    running_time: Duration,
}

const SLATE: u8 = 100;

impl Mark {
    fn payload(self, keyframe: bool, length: usize) -> Arc<[u8]> {
        let mut bytes = vec![if keyframe { 0x65 } else { 0x41 }, self.channel];
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend((self.running_time.as_nanos() as u64).to_be_bytes());
        bytes.extend((bytes.len()..length).map(|at| (at as u64 ^ self.sequence) as u8));
        bytes.into()
    }

    fn of(packet: &Received) -> Self {
        let number = |at: usize| u64::from_be_bytes(packet.payload[at..at + 8].try_into().unwrap());
        Self { channel: packet.payload[1], sequence: number(2), running_time: Duration::from_nanos(number(10)) }
    }
}

fn slate(of: &ChannelId) -> Slate {
    slate_with(SLATE + u8::from(of.to_string() == "roma"))
}

/// A slate that is told from others by its mark.
fn slate_with(channel: u8) -> Slate {
    let payload = |sequence: u64| Mark { channel, sequence, running_time: Duration::ZERO }.payload(sequence == 0, 300);
    Slate {
        pictures: vec![vec![payload(0), payload(1)], vec![payload(2)], vec![payload(3)]],
        interval: Duration::from_millis(100),
        silence: payload(9),
    }
}

/// Between two turns of a source.
const PERIOD: Duration = Duration::from_micros(6_660);

/// A live publisher: 30 pictures of 6 packets and 50 packets of sound a second; keyframes when asked for.
struct Source {
    stop: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<Vec<Packet>>,
    watch: tokio::task::JoinHandle<()>,
}

impl Source {
    /// Starts one whose pictures' instants lie `lead` ahead of when they are handed on.
    fn start(channel: Arc<Channel>, epoch: Instant, tag: u8, lead: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(AtomicU64::new(1));
        let watch = tokio::spawn({
            let (channel, requests) = (Arc::clone(&channel), Arc::clone(&requests));
            async move {
                loop {
                    channel.keyframe_wanted().await;
                    requests.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        let task = tokio::spawn({
            let (stop, requests) = (Arc::clone(&stop), Arc::clone(&requests));
            async move { publish(&channel, epoch, (tag, lead), &stop, &requests).await }
        });
        Self { stop, requests, task, watch }
    }

    /// Keyframe requests that reached the source.
    fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst) - 1
    }

    /// Ends and returns all that was published.
    async fn stop(self) -> Vec<Packet> {
        self.stop.store(true, Ordering::SeqCst);
        self.watch.abort();
        self.task.await.unwrap()
    }
}

async fn publish(
    channel: &Channel,
    epoch: Instant,
    (tag, lead): (u8, Duration),
    stop: &AtomicBool,
    requests: &AtomicU64,
) -> Vec<Packet> {
    let origin = Origin::Live(SessionNumber::next());
    let mut published = Vec::new();
    let mut answered = 0;
    let mut sequence = [1000 * u64::from(tag + 1), 65_000];
    let mut clock = tokio::time::interval(PERIOD);
    let began = epoch.elapsed();
    for turn in 0u32.. {
        clock.tick().await;
        if stop.load(Ordering::SeqCst) {
            break;
        }
        // A late turn is still of its own time.
        let now = began + PERIOD * turn;
        let mut put = |kind: rtp::Kind, keyframe: bool, marker: bool, length| {
            let sequence = &mut sequence[kind as usize];
            *sequence += 1;
            let now = if kind == rtp::Kind::Video { now + lead } else { now };
            let mark = Mark { channel: tag, sequence: *sequence, running_time: now };
            let packet = Packet {
                origin,
                kind,
                sequence: *sequence,
                timestamp: (kind.ticks(now) as u32).wrapping_add(0xffff_0000),
                running_time: now,
                marker,
                keyframe,
                payload: mark.payload(keyframe, length),
            };
            published.push(packet.clone());
            channel.publish(packet, epoch.elapsed());
        };
        if turn % 3 == 0 {
            put(rtp::Kind::Audio, true, false, 160);
        }
        if turn % 5 == 0 {
            let wanted = requests.load(Ordering::SeqCst);
            let keyframe = wanted > answered;
            answered = wanted;
            for part in 0..6 {
                put(rtp::Kind::Video, keyframe && part == 0, part == 5, 1100);
            }
        }
    }
    published
}

/// Wall clock of a packet by its report, minus running time at the source: the same for sound and picture, but for this.
fn lips_apart(packets: &[Received]) -> f64 {
    let offset = |packet: &Received, clock_rate: f64| {
        let (wall, rtp) = packet.report.unwrap();
        let since = f64::from(packet.timestamp.wrapping_sub(rtp as u32) as i32) / clock_rate;
        let wall = wall.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64() + since;
        wall - Mark::of(packet).running_time.as_secs_f64()
    };
    offset(pictures(packets).last().unwrap(), 90_000.0) - offset(sounds(packets).last().unwrap(), 48_000.0)
}

fn pictures(packets: &[Received]) -> Vec<&Received> {
    of_kind(packets, Kind::Video)
}

fn sounds(packets: &[Received]) -> Vec<&Received> {
    of_kind(packets, Kind::Audio)
}

/// In the order of their numbers: on a loaded machine even loopback loses packets, which then come again later.
fn of_kind(packets: &[Received], kind: Kind) -> Vec<&Received> {
    let mut packets: Vec<_> = packets.iter().filter(|packet| packet.kind == kind).collect();
    packets.sort_by_key(|packet| packet.sequence);
    packets
}

fn has_pictures_of(packets: &[Received], channel: u8, count: usize) -> bool {
    pictures(packets).iter().filter(|packet| Mark::of(packet).channel == channel).count() >= count
}

/// One stream, nothing missing: each number follows the one before and time never goes back.
fn assert_continuous(packets: &[&Received]) {
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1, "{:?} then {:?}", Mark::of(pair[0]), Mark::of(pair[1]));
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(step < 1 << 31, "time goes back between {:?} and {:?}", Mark::of(pair[0]), Mark::of(pair[1]));
        if pair[0].kind == Kind::Video && pair[0].marker {
            assert!(step > 0, "the next picture needs a later time");
        }
    }
}

/// No number is missing between the first and the last.
fn is_whole(packets: &[&Received]) -> bool {
    packets.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1)
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_arrives_bit_exact_in_order_and_whole() {
    let house = House::open(PLAN);
    let source = house.source(0);
    let (viewer, _) = house.join(0, Wants::Both).await;
    let received =
        viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 400) && is_whole(&pictures(packets)));
    let published = source.stop().await;
    for (kind, received) in [(rtp::Kind::Video, pictures(&received)), (rtp::Kind::Audio, sounds(&received))] {
        let live: Vec<_> = received.iter().copied().filter(|packet| Mark::of(packet).channel == 0).collect();
        let first = Mark::of(live[0]).sequence;
        let published = published.iter().filter(|packet| packet.kind == kind && packet.sequence >= first);
        for (sent, arrived) in published.zip(&live) {
            assert_eq!(
                (&sent.payload, sent.marker),
                (&arrived.payload, arrived.marker),
                "{:?} arrived in the place of {}: {:?}, {:?}",
                Mark::of(arrived),
                sent.sequence,
                house.hub.stats(),
                viewer.tally(arrived.kind),
            );
        }
        assert_continuous(&received);
    }
    assert_eq!(pictures(&received)[0].payload[0], 0x65, "the first picture is a keyframe");
    assert!(house.hub.is_alive());
    house.hub.stop().await;
    assert!(!house.hub.is_alive(), "its threads have ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_packets_are_sent_again() {
    let house = House::open(PLAN);
    let source = house.source(0);
    let (viewer, _) = house.join(0, Wants::Both).await;
    viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 60));
    viewer.drop_next(7);
    until("the loss happens", || viewer.dropped() == 7).await;
    let received =
        viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 200) && is_whole(&pictures(packets)));
    assert!(house.hub.stats().resent >= 7, "{:?}", house.hub.stats());
    assert_continuous(&pictures(&received));
    source.stop().await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slate_plays_until_live_media_take_over_and_again_when_they_end() {
    let house = House::open(PLAN);
    let (viewer, _) = house.join(0, Wants::Both).await;
    let before = viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 6));
    assert_eq!(Mark::of(pictures(&before)[0]).sequence, 0, "a viewer's slate starts with its first picture");
    let source = house.source(0);
    let live = viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 60));
    source.stop().await;
    let after = viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 6));
    let all: Vec<Received> = [before, live, after].concat();
    assert_continuous(&pictures(&all));
    assert_continuous(&sounds(&all));
    let first_live = |packets: Vec<&Received>| {
        packets.into_iter().map(Mark::of).find(|mark| mark.channel == 0).unwrap().running_time
    };
    let (picture, sound) = (first_live(pictures(&all)), first_live(sounds(&all)));
    assert!(picture.abs_diff(sound) < Duration::from_millis(40), "picture from {picture:?}, sound from {sound:?}");
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn selecting_a_channel_moves_picture_and_sound_together_and_goes_on_counting() {
    let house = House::open(PLAN);
    let (lecce, roma) = (house.source(0), house.source(1));
    let (viewer, joined) = house.join(0, Wants::Both).await;
    let mut all = viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 60));
    for turn in 1..=4u8 {
        let to = turn % 2;
        let asked = Instant::now();
        house.hub.select(&joined.session, house.channels[to as usize].id()).await.unwrap();
        let part = viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, to, 60));
        let switch = pictures(&part).into_iter().find(|packet| Mark::of(packet).channel == to).unwrap();
        assert_eq!(switch.payload[0], 0x65, "the new channel starts with a keyframe");
        println!("moved after {:?}", switch.arrival - asked);
        // From the keyframe's instant on everything is of the new channel, sound too.
        let instant = Mark::of(switch).running_time;
        for packet in pictures(&part).into_iter().chain(sounds(&part)) {
            let mark = Mark::of(packet);
            let is_after = mark.running_time >= instant.saturating_sub(Duration::from_millis(100));
            assert!(mark.channel == 1 - to || is_after, "{mark:?} is of the new channel and before {instant:?}");
        }
        let first_sound = sounds(&part).into_iter().find(|packet| Mark::of(packet).channel == to).map(Mark::of);
        assert!(first_sound.is_some_and(|sound| sound.running_time < instant + Duration::from_millis(100)));
        all.extend(part);
    }
    assert_continuous(&pictures(&all));
    assert_continuous(&sounds(&all));
    assert_eq!(house.viewers(), [1, 0]);
    lecce.stop().await;
    roma.stop().await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_only_listens_moves_at_once() {
    let house = House::open(PLAN);
    let (viewer, joined) = house.join(0, Wants::Audio).await;
    viewer.collect_until(PATIENCE, |packets| packets.len() >= 5);
    house.hub.select(&joined.session, house.channels[1].id()).await.unwrap();
    let packets = viewer.collect_until(PATIENCE, |packets| {
        packets.iter().filter(|packet| Mark::of(packet).channel == SLATE + 1).count() >= 5
    });
    assert_continuous(&sounds(&packets));
    assert!(pictures(&packets).is_empty());
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sender_reports_keep_lips_together_over_changes_of_source() {
    let house = House::open(PLAN);
    let (lecce, roma) = (house.source(0), house.source(1));
    let (viewer, joined) = house.join(0, Wants::Both).await;
    viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 60));
    house.hub.select(&joined.session, house.channels[1].id()).await.unwrap();
    let packets = viewer.collect_until(PATIENCE, |packets| {
        // Two reports later, those of the new channel are in.
        let reports = |kind: Vec<&Received>| {
            let mut reports: Vec<_> = kind.iter().filter_map(|packet| packet.report).collect();
            reports.dedup();
            reports.len()
        };
        has_pictures_of(packets, 1, 60) && reports(pictures(packets)) >= 3 && reports(sounds(packets)) >= 3
    });
    let apart = lips_apart(&packets);
    assert!(apart.abs() < 0.005, "lips are {apart} s apart");
    lecce.stop().await;
    roma.stop().await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sender_reports_keep_lips_together_when_a_picture_waits_for_its_sound() {
    let house = House::open(PLAN);
    let lead = Duration::from_millis(300);
    let lecce = Source::start(Arc::clone(&house.channels[0]), house.epoch, 0, lead);
    let (viewer, _joined) = house.join(0, Wants::Both).await;
    let packets = viewer.collect_until(PATIENCE, |packets| {
        let reported = |kind: Vec<&Received>| kind.last().is_some_and(|packet| packet.report.is_some());
        reported(pictures(packets)) && reported(sounds(packets))
    });
    let apart = lips_apart(&packets);
    assert!(apart.abs() < 0.005, "lips are {apart} s apart");
    lecce.stop().await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_comes_is_renamed_and_goes_while_viewers_of_others_feel_nothing() {
    const GENOVA: u8 = 2;
    let house = House::open(Plan { shards: 2, ..PLAN });
    let lecce = house.source(0);
    let (faithful, _) = house.join(0, Wants::Both).await;
    let (guest, guest_joined) = house.join(0, Wants::Both).await;
    faithful.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 1));
    guest.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 1));

    let genova = Channel::new("genova".parse().unwrap());
    let (_, offer) = viewer::offer(Wants::Both);
    assert!(matches!(house.hub.join(genova.id(), &offer).await, Err(Error::UnknownChannel(_))));
    let outlet = || Outlet { channel: Arc::clone(&genova), slate: Arc::new(slate_with(SLATE + 2)) };
    house.hub.add(outlet()).unwrap();
    assert!(matches!(house.hub.add(outlet()), Err(Error::Taken(_))));
    house.hub.select(&guest_joined.session, genova.id()).await.unwrap();
    guest.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE + 2, 5));
    assert_eq!(house.viewers(), [1, 0, 1]);

    house.hub.set_slate(genova.id(), Arc::new(slate_with(SLATE + 3))).unwrap();
    let renamed = guest.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE + 3, 5));
    let first = pictures(&renamed).into_iter().find(|packet| Mark::of(packet).channel == SLATE + 3).unwrap();
    assert_eq!(first.payload[0], 0x65, "it begins with its keyframe");
    let source = Source::start(Arc::clone(&genova), house.epoch, GENOVA, Duration::ZERO);
    guest.collect_until(PATIENCE, |packets| has_pictures_of(packets, GENOVA, 5));

    house.hub.remove(genova.id());
    house.hub.remove(genova.id());
    until("who watched it is told", || guest.has_ended()).await;
    assert!(matches!(house.hub.etag(&guest_joined.session).await, Err(Error::UnknownSession)));
    assert!(matches!(house.hub.set_slate(genova.id(), outlet().slate), Err(Error::UnknownChannel(_))));
    assert_eq!(house.viewers(), [1, 0]);
    // A channel of that name comes back as another one.
    house.hub.add(outlet()).unwrap();
    let (invitation, offer) = viewer::offer(Wants::Both);
    let joined = house.hub.join(genova.id(), &offer).await.unwrap();
    let again = invitation.accept(&joined.answer, &house.pool, Keep::Packets(100_000));
    again.collect_until(PATIENCE, |packets| has_pictures_of(packets, GENOVA, 5));
    assert_eq!(house.viewers(), [1, 0, 1]);

    let all = faithful.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 200));
    assert_continuous(&pictures(&all));
    assert_continuous(&sounds(&all));
    assert!(all.iter().all(|packet| Mark::of(packet).channel == 0), "neither the slate nor another city");
    lecce.stop().await;
    source.stop().await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_channel_that_is_taken_away_stays_where_they_are() {
    let house = House::open(PLAN);
    let lecce = house.source(0);
    let (viewer, joined) = house.join(0, Wants::Both).await;
    let mut all = viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 1));
    // A channel without pictures: who selects it waits for a second before they go there for its sound.
    let genova = Channel::new("genova".parse().unwrap());
    house.hub.add(Outlet { channel: Arc::clone(&genova), slate: Arc::new(silent()) }).unwrap();
    house.hub.select(&joined.session, genova.id()).await.unwrap();
    house.hub.remove(genova.id());
    // Half again as long, at six packets a picture.
    all.extend(viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 45 * 6)));
    assert!(!viewer.has_ended());
    assert_eq!(house.viewers(), [1, 0]);
    assert_continuous(&pictures(&all));
    assert_continuous(&sounds(&all));
    lecce.stop().await;
    house.hub.stop().await;
}

/// A slate without a picture.
fn silent() -> Slate {
    Slate { pictures: Vec::new(), ..slate_with(SLATE + 2) }
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_are_spread_over_the_shards_and_all_are_served() {
    let house = House::open(Plan { shards: 2, ..PLAN });
    let mut seated = Vec::new();
    for _ in 0..6 {
        seated.push(house.join(0, Wants::Both).await);
    }
    let port = |joined: &Joined| {
        let candidate = joined.answer.lines().find(|line| line.starts_with("a=candidate")).unwrap();
        candidate.split(' ').nth(5).unwrap().to_owned()
    };
    let mut ports: Vec<String> = seated.iter().map(|(_, joined)| port(joined)).collect();
    ports.sort();
    assert_eq!(ports[0], ports[2]);
    assert_eq!(ports[3], ports[5]);
    assert_ne!(ports[2], ports[3]);
    for (viewer, joined) in &seated {
        viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 3));
        assert_eq!(house.hub.etag(&joined.session).await.unwrap(), joined.etag);
    }
    house.hub.select(&seated[0].1.session, house.channels[1].id()).await.unwrap();
    seated[0].0.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE + 1, 3));
    assert_eq!(house.viewers(), [5, 1]);
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_house_refuses_and_a_seat_is_free_again_after_leaving() {
    let house = House::open(Plan { max_viewers: 1, ..PLAN });
    let (viewer, joined) = house.join(0, Wants::Both).await;
    viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 1));
    let (_, offer) = viewer::offer(Wants::Both);
    assert!(matches!(house.hub.join(house.channels[0].id(), &offer).await, Err(Error::Full(1))));
    house.hub.trickle(&joined.session, "a=end-of-candidates").await.unwrap();
    house.hub.leave(&joined.session).await.unwrap();
    until("the viewer is told", || viewer.has_ended()).await;
    assert_eq!(house.viewers(), [0, 0]);
    for gone in [
        house.hub.leave(&joined.session).await,
        house.hub.trickle(&joined.session, "").await,
        house.hub.select(&joined.session, house.channels[1].id()).await,
        house.hub.etag(&joined.session).await.map(drop),
    ] {
        assert!(matches!(gone, Err(Error::UnknownSession)), "{gone:?}");
    }
    let (again, _) = house.join(0, Wants::Both).await;
    again.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 1));
    house.hub.stop().await;
    until("the viewer is told", || again.has_ended()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_hangs_up_or_vanishes_is_gone() {
    let house = House::open(Plan { silence: Duration::from_secs(3), ..PLAN });
    let (polite, _) = house.join(0, Wants::Both).await;
    let (silent, _) = house.join(0, Wants::Both).await;
    let (faithful, _) = house.join(0, Wants::Both).await;
    for viewer in [&polite, &silent, &faithful] {
        viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 1));
    }
    drop(polite);
    until("one hung up", || house.viewers() == [2, 0]).await;
    silent.vanish();
    until("one vanished", || house.viewers() == [1, 0]).await;
    faithful.clear();
    faithful.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 10));
    assert!(!faithful.has_ended());
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_never_connects_gives_the_seat_back() {
    let house = House::open(Plan { max_viewers: 1, connect: Duration::from_millis(200), ..PLAN });
    let (_, offer) = viewer::offer(Wants::Both);
    house.hub.join(house.channels[0].id(), &offer).await.unwrap();
    assert_eq!(house.viewers(), [1, 0]);
    until("the viewer is gone", || house.viewers() == [0, 0]).await;
    // The seat itself follows at once.
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = house.hub.join(house.channels[0].id(), &offer).await {
        assert!(matches!(error, Error::Full(1)) && Instant::now() < deadline, "{error}");
    }
    house.hub.stop().await;
}

/// Where the hub receives.
fn port_of(joined: &Joined) -> u16 {
    let candidate = joined.answer.lines().find(|line| line.starts_with("a=candidate")).unwrap();
    candidate.split(' ').nth(5).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_from_strangers_and_viewers_hurts_nobody() {
    let house = House::open(PLAN);
    let source = house.source(0);
    let (viewer, joined) = house.join(0, Wants::Both).await;
    viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 12));
    let port = port_of(&joined);
    let stranger = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    let mut random = 1u32;
    for first in 0..=255u8 {
        for length in [0usize, 1, 2, 8, 12, 20, 28, 60, 400, 1400] {
            let mut datagram: Vec<u8> = (0..length)
                .map(|_| {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (random >> 24) as u8
                })
                .collect();
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            stranger.send_to(&datagram, (LOOPBACK, port)).unwrap();
            viewer.send_raw(datagram);
        }
    }
    until("the strays are counted", || house.hub.stats().strays >= 2000).await;
    viewer.clear();
    let packets = viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 60));
    assert_continuous(&sounds(&packets));
    assert!(!viewer.has_ended());
    let (late, _) = house.join(0, Wants::Both).await;
    late.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 6));
    source.stop().await;
    house.hub.stop().await;
}

/// A STUN binding request (RFC 8489 §5) of a controlling ICE agent whose message integrity is of no password.
fn forged_check(username: &str) -> Vec<u8> {
    let values: [(u16, &[u8]); 5] = [
        (0x0006, username.as_bytes()),
        (0x0024, &[0x6e, 0, 1, 0xff]),
        (0x802a, &[1, 2, 3, 4, 5, 6, 7, 8]),
        (0x0025, &[]),
        (0x0008, &[7; 20]),
    ];
    let mut attributes = Vec::new();
    for (kind, value) in values {
        attributes.extend(kind.to_be_bytes());
        attributes.extend((value.len() as u16).to_be_bytes());
        attributes.extend(value);
        attributes.resize(attributes.len().next_multiple_of(4), 0);
    }
    let length = (attributes.len() as u16).to_be_bytes();
    let cookie = [0x21, 0x12, 0xa4, 0x42];
    let parts: [&[u8]; 5] = [&[0, 1], &length, &cookie, &[9; 12], &attributes];
    parts.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_knows_a_viewers_name_but_not_its_password_gets_nothing() {
    let house = House::open(PLAN);
    let source = house.source(0);
    let (invitation, offer) = viewer::offer(Wants::Both);
    let joined = house.hub.join(house.channels[0].id(), &offer).await.unwrap();
    let viewer = invitation.accept(&joined.answer, &house.pool, Keep::Packets(100_000));
    viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 12));
    let peer = offer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap();
    let forged = forged_check(&format!("{}:{peer}", joined.etag));
    let stranger = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    stranger.set_nonblocking(true).unwrap();
    let strays = house.hub.stats().strays;
    for _ in 0..100 {
        stranger.send_to(&forged, (LOOPBACK, port_of(&joined))).unwrap();
    }
    viewer.clear();
    let packets = viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 60));
    assert_continuous(&sounds(&packets));
    assert_eq!(house.hub.stats().strays, strays, "each forged request named the viewer");
    let mut answer = [0; 2048];
    while let Ok((length, _)) = stranger.recv_from(&mut answer) {
        assert!(!answer[..length].starts_with(&[1, 1]) && answer[0] < 2, "{:?}", &answer[..length]);
    }
    source.stop().await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_are_kept_for_who_directs() {
    let house = House::open(Plan { max_viewers: 1, ..PLAN });
    let (_viewer, _) = house.join(0, Wants::Both).await;
    let (_, offer) = viewer::offer(Wants::Both);
    let channel = house.channels[0].id();
    assert!(matches!(house.hub.join(channel, &offer).await, Err(Error::Full(1))));
    let before = house.viewers();
    house.hub.join_as(Guest::Operator, channel, &offer).await.unwrap();
    assert_eq!(house.viewers(), before, "a screen of the control room is no audience");
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_knows_of_everybody_who_watches_or_is_about_to() {
    let house = House::open(PLAN);
    let audience = || [house.channels[0].audience(), house.channels[1].audience()];
    // Its slate plays and a decoder reads: they are no audience.
    let _decoder = house.channels[0].reader();
    assert_eq!(audience(), [0, 0]);
    let (invitation, offer) = viewer::offer(Wants::Both);
    let joined = house.hub.join_as(Guest::Operator, house.channels[0].id(), &offer).await.unwrap();
    assert_eq!(audience(), [1, 0], "who is still on the way counts, whoever it is");
    let viewer = invitation.accept(&joined.answer, &house.pool, Keep::Packets(100_000));
    let (other, _) = house.join(0, Wants::Both).await;
    viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 1));
    assert_eq!(audience(), [2, 0]);
    house.hub.select(&joined.session, house.channels[1].id()).await.unwrap();
    assert_eq!(audience()[1], 1, "the channel that is selected must know at once, to have a picture to move to");
    until("the move is made", || audience() == [1, 1]).await;
    house.hub.leave(&joined.session).await.unwrap();
    assert_eq!(audience(), [1, 0]);
    drop(other);
    until("the last one is gone", || audience() == [0, 0]).await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_hub_is_the_end_of_its_audience() {
    let house = House::open(PLAN);
    let (_viewer, _) = house.join(0, Wants::Both).await;
    house.hub.stop().await;
    assert_eq!(house.channels[0].audience(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_connects_cannot_take_the_house() {
    let house = House::open(Plan { max_viewers: 400, ..PLAN });
    let (viewer, _) = house.join(0, Wants::Both).await;
    viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, SLATE, 1));
    let (_, offer) = viewer::offer(Wants::Both);
    let channel = house.channels[0].id();
    for _ in 0..256 {
        house.hub.join(channel, &offer).await.unwrap();
    }
    assert!(matches!(house.hub.join(channel, &offer).await, Err(Error::Connecting(256))));
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_are_taken_and_restarts_refused() {
    let house = House::open(PLAN);
    let (_, offer) = viewer::offer(Wants::Both);
    let joined = house.hub.join(house.channels[0].id(), &offer).await.unwrap();
    let own = offer.lines().find(|line| line.starts_with("a=ice-ufrag:")).unwrap();
    house.hub.trickle(&joined.session, &format!("{own}\r\na=end-of-candidates\r\n")).await.unwrap();
    let restart = house.hub.trickle(&joined.session, "a=ice-ufrag:zzzz\r\n").await;
    assert!(matches!(restart, Err(Error::Unsupported(_))), "{restart:?}");
    let garbage = house.hub.trickle(&joined.session, "hello").await;
    assert!(matches!(garbage, Err(Error::BadFragment(_))), "{garbage:?}");
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_offers_and_unknown_channels_are_told_apart() {
    let house = House::open(PLAN);
    let channel = house.channels[0].id();
    let (_, good) = viewer::offer(Wants::Both);
    let unknown = "milano".parse().unwrap();
    assert!(matches!(house.hub.join(&unknown, &good).await, Err(Error::UnknownChannel(id)) if id == unknown));
    for text in ["", "hello", "{}", "v=0\r\n", "v=0\r\nm=audio\r\n"] {
        assert!(matches!(house.hub.join(channel, text).await, Err(Error::NotSdp(_))), "{text}");
    }
    let without_ice: String =
        good.lines().filter(|line| !line.contains("ice-")).map(|line| format!("{line}\r\n")).collect();
    let without_dtls: String =
        good.lines().filter(|line| !line.contains("fingerprint")).map(|line| format!("{line}\r\n")).collect();
    for text in [without_ice, without_dtls] {
        assert!(matches!(house.hub.join(channel, &text).await, Err(Error::NotSdp(_))));
    }
    let vp8 = good.replace("H264/90000", "VP8/90000").replace("opus/48000/2", "PCMU/8000");
    let error = house.hub.join(channel, &vp8).await.unwrap_err();
    assert!(matches!(&error, Error::NoUsableCodec(why) if why.contains("VP8") && why.contains("PCMU")), "{error}");
    let publisher = good.replace("a=recvonly", "a=sendonly");
    let error = house.hub.join(channel, &publisher).await.unwrap_err();
    assert!(matches!(&error, Error::NoUsableCodec(why) if why.contains("recvonly")), "{error}");
    assert_eq!(house.viewers(), [0, 0], "who was refused takes no seat");
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_with_one_kind_are_answered_with_that_kind() {
    let house = House::open(PLAN);
    let (sound, _) = house.join(0, Wants::Audio).await;
    let (picture, _) = house.join(0, Wants::Video).await;
    let heard = sound.collect_until(PATIENCE, |packets| packets.len() >= 20);
    let seen = picture.collect_until(PATIENCE, |packets| packets.len() >= 5);
    assert!(pictures(&heard).is_empty());
    assert!(sounds(&seen).is_empty());
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keyframe_requests_of_fifty_viewers_are_merged() {
    let house = House::open(PLAN);
    let source = house.source(0);
    let mut viewers = Vec::new();
    for _ in 0..50 {
        viewers.push(house.join(0, Wants::Both).await.0);
    }
    for viewer in &viewers {
        viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 6));
    }
    let (before, began) = (source.requests(), Instant::now());
    for _ in 0..10 {
        viewers.iter().for_each(Viewer::request_keyframe);
        for viewer in &viewers {
            viewer.collect_until(PATIENCE, |packets| has_pictures_of(packets, 0, 6));
        }
    }
    until("a request gets through", || source.requests() > before).await;
    let most = began.elapsed().as_millis() as u64 / 300 + 2;
    let requests = source.requests() - before;
    assert!(requests <= most, "{requests} of 500 requests reached the source, {most} at most should");
    source.stop().await;
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_of_a_live_channel_or_of_a_slate_sees_a_picture() {
    let house = House::open(PLAN);
    let source = house.source(0);
    for channel in [0, 1] {
        let asked = Instant::now();
        let (viewer, _) = house.join(channel, Wants::Both).await;
        until("a picture comes", || viewer.first_picture().is_some()).await;
        let connected = viewer.connected().unwrap() - asked;
        let seen = viewer.first_picture().unwrap() - asked;
        println!("connected after {connected:?}, first picture after {seen:?}");
    }
    source.stop().await;
    house.hub.stop().await;
}
