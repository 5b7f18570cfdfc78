//! The engine as its viewers see it: real encoder, real clock.

mod failures;
mod golden;
mod keyers;
mod takes;

use super::*;
use crate::media::testing::*;
use crate::rtp::Packet;
use crate::show::{ChannelId, PictureBox, Rect, Transition};

const ROMA: Shot = Shot { width: 320, height: 180, colour: RED, fps: 20 };
const LECCE: Shot = Shot { width: 640, height: 360, colour: BLUE, fps: 12 };
const FRAME: Duration = Duration::from_nanos(66_666_667);

struct Rig {
    engine: Engine,
    /// What was asked for last.
    picture: std::sync::Mutex<Picture>,
    clock: EventClock,
    channel: Arc<Channel>,
    facts: mpsc::Receiver<Fact>,
}

fn id(city: &str) -> CityId {
    city.parse().unwrap()
}

fn named(city: &str, name: &str) -> City {
    City { id: id(city), name: name.into(), time_zone: "Europe/Rome".into() }
}

fn full(city: &str) -> Picture {
    Picture::full(Source::City(id(city)))
}

const CUT: Transition = Transition::Cut {};

/// All of a way, from a picture by a transition.
fn way(from: Picture, transition: Transition) -> Way {
    Way { from, transition, reversed: false, done: 0, held: false }
}

impl Rig {
    fn start() -> Self {
        Self::with_room_for_facts(16)
    }

    fn with_room_for_facts(room: usize) -> Self {
        Self::with(encoder::choose(encoder::Wish::X264, &SMALL), room)
    }

    fn with(encoders: Ladder, room: usize) -> Self {
        gst::init().unwrap();
        let clock = EventClock::start();
        let channel = Channel::new(ChannelId::Program);
        let (facts_tx, facts) = mpsc::channel(room);
        let config = Config { format: SMALL, alignment: Duration::from_millis(100) };
        let session = SessionNumber::next();
        let program = Arc::clone(&channel);
        let engine =
            Engine::start_with(encoders, &config, clock.clone(), "Serata", program, session, facts_tx).unwrap();
        for city in ["roma", "lecce"] {
            engine.add(&named(city, city)).unwrap();
        }
        Self { engine, picture: std::sync::Mutex::new(Picture::full(Source::Slate)), clock, channel, facts }
    }

    fn show(&self, picture: &Picture, transition: Transition) -> Duration {
        let from = std::mem::replace(&mut *self.picture.lock().unwrap(), picture.clone());
        self.engine.show(picture, &way(from, transition))
    }

    fn camera(&self, city: &str, shot: Shot) -> Camera {
        Camera::start(self.engine.input(&id(city)).unwrap(), &self.clock, shot)
    }

    fn fact(&mut self) -> Fact {
        let mut seen = None;
        wait_for("a fact", || {
            seen = self.facts.try_recv().ok();
            seen.is_some()
        });
        seen.unwrap()
    }

    fn both_flow(&mut self) {
        assert_ne!(self.fact(), self.fact());
    }

    fn cut(&self, city: &str) -> Duration {
        self.show(&full(city), CUT)
    }
}

/// Fails unless each picture follows the one before it by exactly one frame.
fn assert_even(viewer: &Viewer) {
    let pictures = viewer.pictures();
    assert!(pictures.len() > 5);
    for pair in pictures.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        assert_eq!(b.timestamp.wrapping_sub(a.timestamp), 6000, "at {:?}", b.running_time);
        assert!((b.running_time - a.running_time).abs_diff(FRAME) <= Duration::from_nanos(2), "{:?}", b.running_time);
    }
    for pair in viewer.packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn program_begins_with_the_slate_and_a_keyframe() {
    let rig = Rig::start();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until("two pictures", |packets| packets.iter().filter(|packet| packet.marker).count() >= 2);
    let seen = viewer.see();
    assert_eq!((seen[0].width, seen[0].height), (320, 180));
    let (dark, bright) = seen[0].contrast();
    assert!(dark < 40 && bright > 180, "a name on a dark ground, not {dark} to {bright}");
    assert!(alike(seen[0].colour(20, 20), [24, 129, 127]), "{:?}", seen[0].colour(20, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn programs_frame_clock_is_even_whatever_the_cities_do() {
    let rig = Rig::start();
    let mut viewer = Viewer::of(&rig.channel);
    let roma = rig.camera("roma", ROMA);
    viewer.until_time(rig.cut("roma") + FRAME * 6);
    let extremes = [(2, 2, 15), (2048, 16, 15), (16, 2048, 15), (1920, 1088, 10)];
    for (width, height, fps) in extremes.into_iter().chain([(640, 360, 30), (240, 320, 4), (160, 90, 60)]) {
        roma.turn(Shot { width, height, fps, ..ROMA });
        let lecce = rig.camera("lecce", LECCE);
        viewer.until_time(rig.clock.now() + FRAME * 5);
        rig.show(&full("lecce"), Transition::Mix { duration_ms: 200 });
        viewer.until_time(rig.clock.now() + FRAME * 5);
        rig.cut("roma");
        drop(lecce);
    }
    drop(roma);
    viewer.until_time(rig.clock.now() + FRAME * 12);
    assert_even(&viewer);
    assert_eq!(rig.engine.stats().skipped, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_city_whose_frames_stop_becomes_a_slate_in_half_a_second_and_comes_back_by_itself() {
    let mut rig = Rig::start();
    let mut viewer = Viewer::of(&rig.channel);
    let camera = rig.camera("roma", ROMA);
    assert_eq!(rig.fact(), Fact::FramesFlow { city: id("roma") });
    viewer.until_time(rig.cut("roma") + FRAME * 3);
    let last = camera.stop();
    assert_eq!(rig.fact(), Fact::FramesStopped { city: id("roma") });
    viewer.until_time(last + Duration::from_millis(500) + FRAME * 3);
    let begin = rig.clock.now();
    let _camera = rig.camera("roma", ROMA);
    assert_eq!(rig.fact(), Fact::FramesFlow { city: id("roma") });
    viewer.until_time(begin + FRAME * 12);

    let seen = viewer.see();
    let red = |seen: &Seen| alike(seen.middle(), RED) && alike(seen.colour(20, 20), RED);
    let slate = seen.iter().find(|seen| seen.at > last && !red(seen)).unwrap();
    assert!(slate.at > last + Duration::from_millis(400), "{:?} after its last frame", slate.at - last);
    assert!(slate.at <= last + Duration::from_millis(500) + FRAME, "{:?} after its last frame", slate.at - last);
    assert!(alike(slate.colour(20, 20), [24, 129, 127]), "{:?}", slate.colour(20, 20));
    let back = seen.iter().find(|seen| seen.at > slate.at && red(seen)).unwrap();
    assert!(back.at <= begin + Duration::from_millis(200) + FRAME, "{:?} after its first frame", back.at - begin);
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_cut_lands_on_the_frame_that_was_promised() {
    let mut rig = Rig::start();
    let _cameras = (rig.camera("roma", ROMA), rig.camera("lecce", LECCE));
    rig.both_flow();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.cut("roma") + FRAME);
    let mut cuts = Vec::new();
    for city in ["lecce", "roma"].into_iter().cycle().take(8) {
        let at = rig.cut(city);
        cuts.push((at, if city == "roma" { RED } else { BLUE }));
        viewer.until_time(at + FRAME);
    }
    let seen = viewer.see();
    for pair in cuts.windows(2) {
        let ((from, colour), (to, _)) = (pair[0], pair[1]);
        let during: Vec<_> = seen.iter().filter(|seen| seen.at >= from && seen.at < to).collect();
        assert!(during.len() >= 2);
        for seen in during {
            for place in [(500, 500), (10, 10), (990, 990)] {
                let shown = seen.colour(place.0, place.1);
                assert!(alike(shown, colour), "{shown:?} at {:?} of {from:?} to {to:?}", seen.at);
            }
        }
    }
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn all_boxes_of_a_picture_change_in_the_same_frame() {
    let mut rig = Rig::start();
    let _cameras = (rig.camera("roma", ROMA), rig.camera("lecce", LECCE));
    rig.both_flow();
    let mut viewer = Viewer::of(&rig.channel);
    let half = |city: &str, x| PictureBox::new(Source::City(id(city)), Rect { x, y: 250, width: 500, height: 500 });
    let beside = |left, right| Picture::of(vec![half(left, 0), half(right, 500)]);
    let first = rig.show(&beside("roma", "lecce"), CUT);
    viewer.until_time(first + FRAME * 2);
    let second = rig.show(&beside("lecce", "roma"), CUT);
    viewer.until_time(second + FRAME * 2);
    for seen in viewer.see().into_iter().filter(|seen| seen.at >= first) {
        let colours = [seen.colour(250, 500), seen.colour(750, 500)];
        let wanted = if seen.at < second { [RED, BLUE] } else { [BLUE, RED] };
        assert!(alike(colours[0], wanted[0]) && alike(colours[1], wanted[1]), "{colours:?} at {:?}", seen.at);
        assert!(alike(seen.colour(250, 100), BLACK), "black around the boxes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_mix_blends_from_one_picture_to_the_next() {
    let mut rig = Rig::start();
    let _cameras = (rig.camera("roma", ROMA), rig.camera("lecce", LECCE));
    rig.both_flow();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.cut("roma") + FRAME * 2);
    let at = rig.show(&full("lecce"), Transition::Mix { duration_ms: 800 });
    viewer.until_time(at + Duration::from_millis(900));
    let seen = viewer.see();
    let red_part = |seen: &Seen| {
        let [.., v] = seen.middle();
        (f64::from(v) - f64::from(BLUE[2])) / (f64::from(RED[2]) - f64::from(BLUE[2]))
    };
    for (n, seen) in (1u32..).zip(seen.iter().filter(|seen| seen.at >= at)) {
        let wanted = 1.0 - f64::from(n.min(12)) / 12.0;
        assert!((red_part(seen) - wanted).abs() < 0.08, "frame {n}: {} of {wanted}", red_part(seen));
    }
    let before = seen.iter().rfind(|seen| seen.at < at).unwrap();
    assert!(alike(before.middle(), RED));
    assert!(alike(seen.last().unwrap().middle(), BLUE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_picture_keeps_its_aspect_also_when_it_changes_on_air() {
    let mut rig = Rig::start();
    let camera = rig.camera("roma", Shot { width: 320, height: 240, ..ROMA });
    rig.fact();
    let mut viewer = Viewer::of(&rig.channel);
    let at = rig.cut("roma");
    viewer.until_time(at + FRAME * 2);
    camera.turn(ROMA);
    let wide = rig.clock.now() + Duration::from_millis(250);
    viewer.until_time(wide + FRAME * 2);
    camera.turn(Shot { width: 180, height: 320, ..ROMA });
    let upright = rig.clock.now() + Duration::from_millis(250);
    viewer.until_time(upright + FRAME * 2);

    let seen = viewer.see();
    let between = |from: Duration, to: Duration| seen.iter().filter(move |seen| seen.at >= from && seen.at < to);
    for seen in between(at, at + FRAME * 2) {
        assert!(alike(seen.colour(60, 500), BLACK) && alike(seen.colour(940, 500), BLACK), "black at the sides");
        assert!(alike(seen.colour(160, 20), RED) && alike(seen.colour(840, 980), RED), "4:3 in full height");
    }
    for seen in between(wide, wide + FRAME * 2) {
        assert!(alike(seen.colour(20, 500), RED) && alike(seen.colour(980, 20), RED), "16:9 fills it");
    }
    for seen in between(upright, upright + FRAME * 2) {
        assert!(alike(seen.colour(300, 500), BLACK) && alike(seen.colour(500, 20), RED), "9:16 in full height");
    }
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_keyframe_that_is_asked_for_comes_at_once() {
    let rig = Rig::start();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until("the first keyframe", |packets| !packets.is_empty());
    let keyframes = |packets: &[Arc<Packet>]| packets.iter().filter(|packet| packet.keyframe).count();
    viewer.until_time(viewer.packets[0].running_time + FRAME * 3);
    assert_eq!(keyframes(&viewer.packets), 1);
    rig.channel.request_keyframe();
    viewer.until("a second keyframe", |packets| keyframes(packets) == 2);
    let second = viewer.packets.iter().rfind(|packet| packet.keyframe).unwrap();
    assert!(second.running_time < viewer.packets[0].running_time + FRAME * 12, "before the regular one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_fact_waits_until_there_is_room_for_it() {
    let mut rig = Rig::with_room_for_facts(1);
    let _cameras = (rig.camera("roma", ROMA), rig.camera("lecce", LECCE));
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.clock.now() + FRAME * 6);
    assert_ne!(rig.fact(), rig.fact());
    viewer.until_time(rig.clock.now() + FRAME * 3);
    assert!(rig.facts.try_recv().is_err(), "each is told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn takes_are_measured_from_the_command_to_the_frame_that_shows_them() {
    let mut rig = Rig::start();
    let _camera = rig.camera("roma", ROMA);
    rig.fact();
    assert_eq!(rig.engine.stats().takes.count, 0, "the slate at the start is no take");
    let mut viewer = Viewer::of(&rig.channel);
    let asked = rig.clock.now();
    let frame = rig.cut("roma");
    wait_for("the take is on the air", || rig.engine.stats().takes.count == 1);
    let on_air = rig.clock.now();
    viewer.until_time(frame);
    let took = rig.engine.stats().takes.last;
    assert!(took >= frame.saturating_sub(asked + Duration::from_millis(1)), "not before its frame: {took:?}");
    assert!(took <= on_air - asked, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn settings_out_of_range_are_refused() {
    gst::init().unwrap();
    let start = |format: Format, alignment: u64| {
        let config = Config { format, alignment: Duration::from_millis(alignment) };
        let (facts, _) = mpsc::channel(1);
        let program = Channel::new(ChannelId::Program);
        Engine::start(&config, EventClock::start(), "x", program, SessionNumber::next(), facts).map(drop)
    };
    assert!(matches!(start(SMALL, 301), Err(Error::Alignment(_))));
    for wrong in [Format { width: 321, ..SMALL }, Format { fps: 0, ..SMALL }, Format { bitrate: 1, ..SMALL }] {
        assert!(matches!(start(wrong, 100), Err(Error::Format(_))), "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn cities_come_and_go_while_program_misses_no_frame() {
    let mut rig = Rig::start();
    let _camera = rig.camera("roma", ROMA);
    rig.fact();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.cut("roma") + FRAME * 3);
    let begin = viewer.packets.last().unwrap().running_time;
    for n in 0..30 {
        let city = named(&format!("city-{}", n % 7), &format!("Città {n}"));
        let camera = Camera::start(rig.engine.add(&city).unwrap(), &rig.clock, Shot { width: 64 + 32 * n, ..LECCE });
        viewer.until_time(rig.clock.now() + FRAME * (n % 3));
        rig.engine.remove(&city.id);
        rig.engine.remove(&city.id);
        assert!(rig.engine.input(&city.id).is_none());
        drop(camera);
    }
    viewer.until_time(rig.clock.now() + FRAME * 3);
    assert_even(&viewer);
    assert!(viewer.see().iter().filter(|seen| seen.at >= begin).all(|seen| alike(seen.middle(), RED)));
    assert_eq!((rig.engine.stats().skipped, rig.engine.stats().restarts), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_city_that_is_added_flows_and_can_be_taken_also_when_it_was_asked_for_before() {
    let mut rig = Rig::start();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.cut("genova") + FRAME * 2);
    let asked = rig.clock.now();
    let camera = Camera::start(rig.engine.add(&named("genova", "Genova")).unwrap(), &rig.clock, LECCE);
    assert!(matches!(rig.engine.add(&named("genova", "Genova")), Err(Error::Taken(_))));
    assert_eq!(rig.fact(), Fact::FramesFlow { city: id("genova") });
    viewer.until_time(rig.clock.now() + FRAME * 3);
    let seen = viewer.see();
    assert!(alike(seen.iter().rfind(|seen| seen.at < asked).unwrap().middle(), BLACK), "it was not there");
    assert!(alike(seen.last().unwrap().middle(), BLUE));
    drop(camera);
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_new_name_is_on_the_slate_that_is_seen() {
    let rig = Rig::start();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.cut("roma") + FRAME * 3);
    let slate = viewer.see().last().unwrap().clone();
    rig.engine.relabel(&id("roma"), &Words::new("Roma Trastevere", "")).unwrap();
    assert!(matches!(rig.engine.relabel(&id("genova"), &Words::new("Genova", "")), Err(Error::Unknown(_))));
    viewer.until_time(rig.clock.now() + FRAME * 3);
    let renamed = viewer.see().last().unwrap().clone();
    assert!(alike(renamed.colour(20, 20), slate.colour(20, 20)), "it is a slate still");
    // The longer name reaches where the shorter one had nothing.
    let light = |seen: &Seen| (100..400).step_by(4).map(|x| u32::from(seen.colour(x, 450)[0])).sum::<u32>();
    assert!(light(&renamed) > light(&slate) + 200, "{} before, {} now", light(&slate), light(&renamed));
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_city_that_is_removed_on_air_stays_until_the_next_picture_and_a_mix_away_from_it_goes_to_its_end() {
    let mut rig = Rig::start();
    let cameras = (rig.camera("roma", ROMA), rig.camera("lecce", LECCE));
    rig.both_flow();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.cut("roma") + FRAME * 2);
    let at = rig.show(&full("lecce"), Transition::Mix { duration_ms: 800 });
    rig.engine.remove(&id("roma"));
    // Its name is free at once, for another input.
    rig.engine.add(&named("roma", "Roma")).unwrap();
    viewer.until_time(at + Duration::from_millis(900));
    let middle = viewer.see().into_iter().find(|seen| seen.at >= at + Duration::from_millis(400)).unwrap();
    let [.., v] = middle.middle();
    assert!((130..230).contains(&v), "half of it is still red: {v}");
    assert!(alike(viewer.see().last().unwrap().middle(), BLUE));

    rig.engine.remove(&id("lecce"));
    drop(cameras);
    viewer.until_time(rig.clock.now() + Duration::from_millis(900));
    assert!(alike(viewer.see().last().unwrap().colour(20, 20), [24, 129, 127]), "its slate");
    viewer.until_time(rig.cut("roma") + FRAME * 2);
    for n in 1..super::super::MOST_CITIES {
        rig.engine.add(&named(&format!("city-{n}"), "x")).unwrap();
    }
    assert!(matches!(rig.engine.add(&named("lecce", "Lecce")), Err(Error::NoRoom)));
    assert_even(&viewer);
}
