//! Monitors as their viewers see them: what they show, and that they rest while nobody watches.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use tokio::sync::mpsc;

use super::*;
use crate::media::picture::{Config, Engine};
use crate::media::testing::*;
use crate::rtp::SessionNumber;
use crate::show::{ChannelId, City, Picture, Source, Tally, Way};

const FORMAT: Format = Format { width: 320, height: 180, fps: 15, bitrate: 400_000 };

/// The least that draws: one colour, which can be changed.
struct House {
    channel: Arc<Channel>,
    clock: EventClock,
    colour: Arc<Mutex<Yuv>>,
    /// How often a first viewer came.
    opened: Arc<AtomicUsize>,
    drawn: Arc<AtomicUsize>,
    monitor: Monitor,
}

impl House {
    fn open() -> Self {
        Self::open_with(|_| {})
    }

    /// `before` is called before each frame is drawn, with its number.
    fn open_with(before: impl Fn(usize) + Send + Sync + 'static) -> Self {
        gst::init().unwrap();
        let (channel, clock) = (Channel::new(ChannelId::Preview), EventClock::start());
        let (opened, drawn) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (colour, before) = (Arc::new(Mutex::new(RED)), Arc::new(before));
        let open = {
            let (opened, drawn, colour) = (Arc::clone(&opened), Arc::clone(&drawn), Arc::clone(&colour));
            move || {
                opened.fetch_add(1, Ordering::SeqCst);
                let (drawn, colour, before) = (Arc::clone(&drawn), Arc::clone(&colour), Arc::clone(&before));
                let draw: Draw = Box::new(move |at| {
                    before(drawn.fetch_add(1, Ordering::SeqCst));
                    solid(FORMAT.width, FORMAT.height, *colour.lock().unwrap(), at).buffer_owned()
                });
                Ok(draw)
            }
        };
        let monitor = Monitor::start(&FORMAT, Arc::clone(&channel), clock.clone(), open).unwrap();
        Self { channel, clock, colour, opened, drawn, monitor }
    }

    /// What draws is held only while somebody watches.
    fn rests(&self) -> bool {
        Arc::strong_count(&self.drawn) == 2
    }

    fn drawn(&self) -> usize {
        self.drawn.load(Ordering::SeqCst)
    }
}

fn pictures(viewer: &Viewer) -> usize {
    viewer.packets.iter().filter(|packet| packet.marker).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_is_drawn_until_somebody_watches_and_the_first_picture_comes_at_once() {
    let house = House::open();
    let mut viewer = Viewer::of(&house.channel);
    assert!(house.rests() && house.drawn() == 0, "a reader is no audience");
    let begin = Instant::now();
    let _one = house.channel.attend();
    viewer.until("the first picture", |packets| packets.iter().any(|packet| packet.marker));
    let took = begin.elapsed();
    println!("first picture after {took:?}");
    assert!(took < Duration::from_millis(500), "{took:?}");
    assert!(!house.rests(), "the detector works");
    viewer.until("some more", |packets| packets.iter().filter(|packet| packet.marker).count() >= 5);
    let seen = viewer.see();
    assert!(seen.iter().all(|seen| (seen.width, seen.height) == (320, 180) && alike(seen.middle(), RED)));
    let times: Vec<_> = viewer.pictures().iter().map(|packet| packet.running_time).collect();
    assert!(times.is_sorted() && times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert!(viewer.packets.iter().all(|packet| packet.running_time <= house.clock.now()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_rests_some_seconds_after_the_last_one_has_left_and_comes_back() {
    let house = House::open();
    let mut viewer = Viewer::of(&house.channel);
    let one = house.channel.attend();
    viewer.until("a picture", |packets| packets.iter().any(|packet| packet.marker));
    drop(one);
    let left = Instant::now();
    wait_for("the end of its pictures", || house.rests());
    assert!(left.elapsed() >= LINGER, "{:?}", left.elapsed());
    assert_eq!(house.opened.load(Ordering::SeqCst), 1);
    *house.colour.lock().unwrap() = BLUE;
    viewer = Viewer::of(&house.channel);
    let _again = house.channel.attend();
    viewer.until("a picture", |packets| packets.iter().any(|packet| packet.marker));
    assert!(alike(viewer.see()[0].middle(), BLUE));
    assert_eq!(house.opened.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_who_comes_back_soon_finds_it_running() {
    let house = House::open();
    let mut viewer = Viewer::of(&house.channel);
    drop(house.channel.attend());
    let one = house.channel.attend();
    viewer.until("pictures", |packets| packets.iter().filter(|packet| packet.marker).count() >= 3);
    drop(one);
    let _again = house.channel.attend();
    let (before, later) = (pictures(&viewer), house.clock.now() + LINGER + Duration::from_millis(300));
    viewer.until_time(later);
    assert!(pictures(&viewer) > before + 30);
    assert_eq!(house.opened.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_keyframe_comes_when_one_is_asked_for() {
    let house = House::open();
    let mut viewer = Viewer::of(&house.channel);
    let _one = house.channel.attend();
    viewer.until("pictures", |packets| packets.iter().filter(|packet| packet.marker).count() >= 3);
    let keyframes = |packets: &[Arc<crate::rtp::Packet>]| packets.iter().filter(|packet| packet.keyframe).count();
    assert_eq!(keyframes(&viewer.packets), 1, "none comes unasked so soon");
    house.channel.request_keyframe();
    viewer.until("a keyframe", |packets| keyframes(packets) == 2);
    let asked: Vec<_> =
        viewer.packets.iter().filter(|packet| packet.keyframe).map(|packet| packet.running_time).collect();
    assert!(asked[1] - asked[0] < Duration::from_secs(2), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_panic_costs_a_second_and_no_more() {
    let house = House::open_with(|number| assert!(number != 4, "a test's panic"));
    let mut viewer = Viewer::of(&house.channel);
    let _one = house.channel.attend();
    viewer.until("pictures after the panic", |packets| packets.iter().filter(|packet| packet.marker).count() >= 8);
    assert_eq!(house.opened.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_ends_at_once_whether_it_rests_or_not() {
    for watched in [false, true] {
        let house = House::open();
        let one = watched.then(|| house.channel.attend());
        if watched {
            let mut viewer = Viewer::of(&house.channel);
            viewer.until("a picture", |packets| !packets.is_empty());
        }
        let begin = Instant::now();
        drop(house.monitor);
        assert!(begin.elapsed() < Duration::from_secs(1), "{watched}: {:?}", begin.elapsed());
        drop(one);
    }
}

/// An engine with two cities whose cameras run, Roma on air and Lecce in preview.
struct Evening {
    engine: Engine,
    _cameras: [Camera; 2],
}

impl Evening {
    fn begin() -> Self {
        gst::init().unwrap();
        let clock = EventClock::start();
        let config = Config { format: SMALL, alignment: Duration::from_millis(100) };
        let (facts, session) = (mpsc::channel(64).0, SessionNumber::next());
        let program = Channel::new(ChannelId::Program);
        let engine = Engine::start(&config, clock.clone(), "Serata", program, session, facts).unwrap();
        let cameras = [("roma", RED), ("lecce", BLUE)].map(|(city, colour)| {
            let city = City { id: city.parse().unwrap(), name: city.into(), time_zone: "Europe/Rome".into() };
            let input = engine.add(&city).unwrap();
            Camera::start(input, &clock, Shot { width: 320, height: 180, colour, fps: 15 })
        });
        engine.show(&full("roma"), &Way::cut(Picture::full(Source::Slate)));
        engine.preview(&full("lecce"));
        Self { engine, _cameras: cameras }
    }
}

fn full(city: &str) -> Picture {
    Picture::full(Source::City(city.parse().unwrap()))
}

/// Watches until a picture is as it should be.
fn until_seen(channel: &Channel, what: &str, is_so: impl Fn(&Seen) -> bool) {
    let mut viewer = Viewer::of(channel);
    let _one = channel.attend();
    viewer.until(what, |packets| {
        let whole = packets.iter().rposition(|packet| packet.marker).map_or(0, |last| last + 1);
        whole > 0 && packets.len() % 3 == 0 && decode(&packets[..whole]).last().is_some_and(&is_so)
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn preview_shows_what_the_next_take_shows() {
    let evening = Evening::begin();
    let channel = Channel::new(ChannelId::Preview);
    let format = Format { width: 160, height: 90, ..FORMAT };
    let _monitor = evening.engine.preview_monitor(&format, Arc::clone(&channel)).unwrap();
    let is = |colour: Yuv| {
        move |seen: &Seen| {
            (seen.width, seen.height) == (160, 90)
                && [(500, 500), (30, 30), (970, 970)].iter().all(|(x, y)| alike(seen.colour(*x, *y), colour))
        }
    };
    until_seen(&channel, "Lecce in preview", is(BLUE));
    evening.engine.preview(&full("roma"));
    until_seen(&channel, "Roma in preview", is(RED));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_multiview_shows_preview_program_and_all_cities() {
    let evening = Evening::begin();
    let channel = Channel::new(ChannelId::Multiview);
    let panels = || {
        let panel = |city: &str, tally| Panel { city: city.parse().unwrap(), name: city.into(), tally };
        vec![panel("lecce", Tally::Preview), panel("roma", Tally::Program)]
    };
    let _monitor = evening.engine.multiview_monitor(&FORMAT, Arc::clone(&channel), panels).unwrap();
    until_seen(&channel, "four pictures", |seen| {
        let [preview, program] = [250, 750].map(|x| seen.colour(x, 250));
        let [lecce, roma] = [250, 750].map(|x| seen.colour(x, 750));
        [preview, lecce].iter().all(|colour| alike(*colour, BLUE))
            && [program, roma].iter().all(|colour| alike(*colour, RED))
    });
}
