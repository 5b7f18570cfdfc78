//! Takes land on their frame, whatever they look like and however many there are.

use super::*;
use crate::rtp::Kind;
use crate::show::{Border, Colour, Direction, Fit, WipePattern};

/// From one frame of a counting camera to the next.
const STEP: Duration = Duration::from_millis(40);

/// How far ahead a counting camera keeps its frames: a busy machine must not make it late.
const AHEAD: Duration = Duration::from_millis(400);

/// A camera that paints the number of each frame into it, as bars that are bits.
struct Counter {
    stopping: Arc<std::sync::atomic::AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Counter {
    const BITS: u32 = 8;

    fn start(input: FrameInput, clock: &EventClock, chroma: [u8; 2]) -> Self {
        let stopping = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (clock, stopping) = (clock.clone(), Arc::clone(&stopping));
            move || {
                let mut number = u32::try_from(clock.now().as_nanos() / STEP.as_nanos()).unwrap();
                while !stopping.load(Ordering::Relaxed) {
                    while STEP * number < clock.now() + AHEAD {
                        input.push(&painted(number, chroma));
                        number += 1;
                    }
                    std::thread::park_timeout(Duration::from_millis(5));
                }
            }
        });
        Self { stopping, thread: Some(thread) }
    }

    /// The number of the frame that is due in program's frame at this time.
    fn due(tick: Duration) -> u32 {
        let number = (tick - Duration::from_millis(100)).as_nanos() / STEP.as_nanos();
        u32::try_from(number % (1 << Self::BITS)).unwrap()
    }

    /// The number that stands in a part of a picture, in thousandths.
    fn read(seen: &Seen, left: u32, width: u32, row: u32) -> u32 {
        let bit = |bit: u32| seen.colour(left + width * (2 * bit + 1) / (2 * Self::BITS), row)[0] > 120;
        (0..Self::BITS).filter(|n| bit(*n)).map(|n| 1 << n).sum()
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// A picture of 320×180 with this number in it.
fn painted(number: u32, chroma: [u8; 2]) -> gst::Sample {
    let sample = solid(320, 180, [40, chroma[0], chroma[1]], STEP * number);
    let info = gstreamer_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
    let mut buffer = sample.buffer_owned().unwrap();
    drop(sample);
    let caps = info.to_caps().unwrap();
    super::super::frame::write(buffer.make_mut(), &info, |out| {
        let [luma, ..] = out.planes();
        for row in luma.data.chunks_mut(luma.stride) {
            for (x, sample) in row.iter_mut().enumerate() {
                let bit = x as u32 * Counter::BITS / 320;
                *sample = if number >> bit & 1 == 1 { 200 } else { 40 };
            }
        }
    })
    .unwrap();
    gst::Sample::builder().buffer(&buffer).caps(&caps).build()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_sources_that_one_take_switches_change_in_the_frame_that_was_answered_and_show_one_instant() {
    let mut rig = Rig::start();
    rig.engine.add(&named("bari", "Bari")).unwrap();
    let chroma = [[102, 240], [240, 118], [42, 26]];
    let cities = ["roma", "lecce", "bari"];
    let counter = |n: usize| Counter::start(rig.engine.input(&id(cities[n])).unwrap(), &rig.clock, chroma[n]);
    let _counters = [counter(0), counter(1), counter(2)];
    for _ in cities {
        rig.fact();
    }
    let half =
        |city: usize, x| PictureBox::new(Source::City(id(cities[city])), Rect { x, y: 250, width: 500, height: 500 });
    let beside = |left, right| Picture::of(vec![half(left, 0), half(right, 500)]);
    let mut viewer = Viewer::of(&rig.channel);
    let mut takes = Vec::new();
    for n in 0..9 {
        let (left, right) = (n % 3, (n + 1) % 3);
        let at = rig.show(&beside(left, right), CUT);
        takes.push((at, left, right));
        viewer.until_time(at + FRAME * (n as u32 % 3));
    }
    let mut checked = 0;
    for seen in viewer.see() {
        let Some((_, left, right)) = takes.iter().rfind(|(at, ..)| *at <= seen.at + Duration::from_nanos(2)) else {
            continue;
        };
        for (city, x) in [(left, 0), (right, 500)] {
            let [_, u, v] = seen.colour(x + 250, 500);
            assert!(u.abs_diff(chroma[*city][0]) < 20 && v.abs_diff(chroma[*city][1]) < 20, "{city} at {:?}", seen.at);
            let number = Counter::read(&seen, x, 500, 500);
            assert_eq!(number, Counter::due(seen.at), "{city} at {:?}, of {takes:?}", seen.at);
        }
        checked += 1;
    }
    assert!(checked >= takes.len(), "{checked} frames");
    assert_even(&viewer);
}

/// What is seen at a place in thousandths half way from red to blue.
type Halfway = (Transition, &'static [(u32, u32, Yuv)]);

fn halfway() -> Vec<Halfway> {
    const PURPLE: Yuv = [48, 171, 179];
    const ALL: &[(u32, u32, Yuv)] = &[(20, 20, PURPLE), (500, 500, PURPLE), (980, 980, PURPLE)];
    const DIPPED: &[(u32, u32, Yuv)] = &[(20, 20, GREEN), (500, 500, GREEN), (980, 980, GREEN)];
    const LEFT: &[(u32, u32, Yuv)] = &[(100, 100, BLUE), (400, 900, BLUE), (600, 100, RED), (900, 900, RED)];
    const RIGHT: &[(u32, u32, Yuv)] = &[(100, 100, RED), (400, 900, RED), (600, 100, BLUE), (900, 900, BLUE)];
    const TOP: &[(u32, u32, Yuv)] = &[(100, 100, BLUE), (900, 400, BLUE), (100, 600, RED), (900, 900, RED)];
    const BOTTOM: &[(u32, u32, Yuv)] = &[(100, 100, RED), (900, 400, RED), (100, 600, BLUE), (900, 900, BLUE)];
    const FROM_TOP_LEFT: &[(u32, u32, Yuv)] = &[(50, 50, BLUE), (300, 300, BLUE), (700, 700, RED), (950, 950, RED)];
    const FROM_TOP_RIGHT: &[(u32, u32, Yuv)] = &[(950, 50, BLUE), (700, 300, BLUE), (300, 700, RED), (50, 950, RED)];
    const FROM_BOTTOM_LEFT: &[(u32, u32, Yuv)] = &[(50, 950, BLUE), (300, 700, BLUE), (700, 300, RED), (950, 50, RED)];
    const FROM_BOTTOM_RIGHT: &[(u32, u32, Yuv)] = &[(950, 950, BLUE), (700, 700, BLUE), (300, 300, RED), (50, 50, RED)];
    const MIDDLE: &[(u32, u32, Yuv)] =
        &[(500, 500, BLUE), (20, 20, RED), (980, 20, RED), (20, 980, RED), (980, 980, RED)];
    const COLUMN: &[(u32, u32, Yuv)] =
        &[(500, 50, BLUE), (350, 500, BLUE), (650, 950, BLUE), (100, 500, RED), (900, 500, RED)];
    const ROW: &[(u32, u32, Yuv)] =
        &[(50, 500, BLUE), (500, 350, BLUE), (950, 650, BLUE), (500, 100, RED), (500, 900, RED)];
    let duration_ms = 1000;
    let wipe = |pattern, seen| (Transition::Wipe { duration_ms, pattern, softness: 0 }, seen);
    let push = |direction, seen| (Transition::Push { duration_ms, direction }, seen);
    let slide = |direction, seen| (Transition::Slide { duration_ms, direction }, seen);
    vec![
        (Transition::Mix { duration_ms }, ALL),
        (Transition::Dip { duration_ms, colour: Colour { red: 0, green: 255, blue: 0 } }, DIPPED),
        wipe(WipePattern::Right, LEFT),
        wipe(WipePattern::Left, RIGHT),
        wipe(WipePattern::Down, TOP),
        wipe(WipePattern::Up, BOTTOM),
        wipe(WipePattern::DownRight, FROM_TOP_LEFT),
        wipe(WipePattern::DownLeft, FROM_TOP_RIGHT),
        wipe(WipePattern::UpRight, FROM_BOTTOM_LEFT),
        wipe(WipePattern::UpLeft, FROM_BOTTOM_RIGHT),
        wipe(WipePattern::Circle, MIDDLE),
        wipe(WipePattern::Diamond, MIDDLE),
        wipe(WipePattern::BarnHorizontal, COLUMN),
        wipe(WipePattern::BarnVertical, ROW),
        wipe(WipePattern::Clock, RIGHT),
        push(Direction::Right, LEFT),
        push(Direction::Left, RIGHT),
        push(Direction::Down, TOP),
        push(Direction::Up, BOTTOM),
        slide(Direction::Right, LEFT),
        slide(Direction::Left, RIGHT),
        slide(Direction::Down, TOP),
        slide(Direction::Up, BOTTOM),
        (Transition::Move { duration_ms }, ALL),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_transition_is_seen_half_way() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    let mut held = Vec::new();
    for (transition, wanted) in halfway() {
        let way = Way { from: full("roma"), transition: transition.clone(), reversed: false, done: 500, held: true };
        let at = rig.engine.show(&full("lecce"), &way);
        // Some frames for the encoder to get sharp again.
        viewer.until_time(at + FRAME * 3);
        held.push((at + FRAME * 3, transition, wanted));
    }
    let seen = viewer.see();
    for (at, transition, wanted) in held {
        let seen = seen.iter().find(|seen| seen.at + FRAME / 2 > at).unwrap();
        for (x, y, colour) in wanted {
            let shown = seen.colour(*x, *y);
            assert!(alike(shown, *colour), "{transition:?} at {x}, {y}: {shown:?} of {colour:?}");
        }
    }
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_box_flies_to_its_new_place() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    let at_x =
        |x| Picture::of(vec![PictureBox::new(Source::City(id("roma")), Rect { x, y: 350, width: 300, height: 300 })]);
    let transition = Transition::Move { duration_ms: 1000 };
    let way = Way { from: at_x(0), transition, reversed: false, done: 500, held: true };
    let at = rig.engine.show(&at_x(700), &way);
    viewer.until_time(at + FRAME * 4);
    let seen = viewer.see().last().unwrap().clone();
    assert!(alike(seen.middle(), RED), "{:?}", seen.middle());
    for (x, y) in [(100, 500), (900, 500), (500, 100), (500, 900)] {
        assert!(alike(seen.colour(x, y), BLACK), "{:?} at {x}, {y}", seen.colour(x, y));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn fade_to_black_lies_over_everything_and_stays_until_it_is_taken_back() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    let off = rig.engine.fade_to_black(true, FRAME * 6);
    viewer.until_time(off + FRAME * 8);
    let cut = rig.cut("lecce");
    viewer.until_time(cut + FRAME * 3);
    let on = rig.engine.fade_to_black(false, FRAME * 6);
    viewer.until_time(on + FRAME * 8);
    let seen = viewer.see();
    let luma = |seen: &Seen| f64::from(seen.middle()[0]);
    for (n, seen) in (1u32..).zip(seen.iter().filter(|seen| seen.at >= off && seen.at < on)) {
        let left = 1.0 - f64::from(n.min(6)) / 6.0;
        let wanted = 16.0 + left * f64::from(RED[0] - 16);
        assert!((luma(seen) - wanted).abs() < 8.0, "frame {n}: {} of {wanted}", luma(seen));
    }
    let last = seen.iter().rfind(|seen| seen.at < on).unwrap();
    assert!(alike(last.middle(), BLACK), "also after a take: {:?}", last.middle());
    assert!(alike(seen.last().unwrap().middle(), BLUE), "what was taken is there when it comes back");
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn sources_that_stand_are_seen_and_preview_is_what_a_take_shows() {
    let rig = Rig::start();
    let still = Arc::new(Image::filled(crate::video::Size { width: 90, height: 160 }, crate::video::Colour::WHITE));
    rig.engine.set_stills(Stills::new(move |id| (id.as_str() == "logo").then(|| Arc::clone(&still))));
    let mut viewer = Viewer::of(&rig.channel);
    let red = Source::Colour(Colour { red: 255, green: 0, blue: 0 });
    type Spot = (u32, u32, Yuv);
    let cases: [(Source, &[Spot]); 4] = [
        (red, &[(20, 20, RED), (500, 500, RED)]),
        (Source::Bars, &[(60, 500, [235, 128, 128]), (940, 500, BLACK)]),
        (Source::Still("logo".parse().unwrap()), &[(500, 500, [235, 128, 128]), (100, 500, BLACK)]),
        (Source::Black, &[(20, 20, BLACK), (500, 500, BLACK)]),
    ];
    let mut shown = Vec::new();
    for (source, wanted) in cases {
        let picture = Picture::full(source);
        rig.engine.preview(&picture);
        let moment = rig.engine.switcher.preview_moment(rig.clock.now());
        assert_eq!(moment.frames.len(), 1, "{picture}");
        let mut renderer = renderer::Renderer::new(crate::video::Size { width: 160, height: 90 }).unwrap();
        assert!(renderer.render(&moment).is_some());
        let at = rig.show(&picture, CUT);
        viewer.until_time(at + FRAME * 2);
        shown.push((at + FRAME * 2, picture, wanted));
    }
    let seen = viewer.see();
    for (at, picture, wanted) in shown {
        let seen = seen.iter().find(|seen| seen.at + FRAME / 2 > at).unwrap();
        for (x, y, colour) in wanted {
            assert!(alike(seen.colour(*x, *y), *colour), "{picture} at {x}, {y}: {:?}", seen.colour(*x, *y));
        }
    }
}

/// A small generator of numbers that look random and are the same each time (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

/// Program without a clock: as fast as the encoder takes it.
struct Unpaced {
    ticker: tick::Ticker,
    switcher: Arc<Switcher>,
    gauges: Arc<Gauges>,
    channel: Arc<Channel>,
    format: Format,
    /// Cities, their inputs, what they send, and whether they do.
    cities: Vec<(CityId, FrameInput, gst::Sample, bool)>,
    ticks: u64,
}

impl Unpaced {
    fn start() -> Self {
        gst::init().unwrap();
        let format = Format { width: 64, height: 64, fps: 30, bitrate: 100_000 };
        let clock = EventClock::start();
        let channel = Channel::new(ChannelId::Program);
        let slate = still(&format, &Words::new("Serata", ""), &clock).unwrap();
        let switcher = Arc::new(Switcher::new(&format, slate.clone(), clock.now()).unwrap());
        let outlet = Arc::new(Outlet::new(Arc::clone(&channel), SessionNumber::next(), clock));
        let gauges = Arc::new(Gauges::default());
        let voice = Voice::new(mpsc::channel(1).0);
        let encoders = encoder::choose(encoder::Wish::X264, &format);
        let ticker =
            Ticker::start(format, encoders, outlet, Arc::clone(&switcher), Arc::clone(&gauges), voice).unwrap();
        let colours = [RED, BLUE, GREEN, [120, 60, 200], [200, 128, 128]];
        let sizes = [(64, 64), (64, 64), (64, 36), (128, 96), (48, 80)];
        let cities = colours.into_iter().zip(sizes).enumerate().map(|(n, (colour, (width, height)))| {
            let city: CityId = format!("city-{n}").parse().unwrap();
            let input = FrameInput::new(Duration::from_millis(100));
            switcher.add(Source::City(city.clone()), slate.clone(), input.clone()).unwrap();
            (city, input, solid(width, height, colour, Duration::ZERO), true)
        });
        let cities = cities.collect();
        Self { ticker, switcher, gauges, channel, format, cities, ticks: 0 }
    }

    fn tick(&mut self) {
        let at = self.switcher.next_time();
        for (_, input, sample, sends) in &self.cities {
            if *sends {
                let mut buffer = sample.buffer_owned().unwrap();
                let instant = at.saturating_sub(Duration::from_millis(100));
                buffer.make_mut().set_pts(gst::ClockTime::try_from(instant).unwrap());
                input.push(&gst::Sample::builder().buffer(&buffer).caps(&sample.caps_owned().unwrap()).build());
            }
        }
        self.ticker.tick(at).unwrap();
        self.ticks += 1;
    }

    fn picture(&self, dice: &mut Dice) -> Picture {
        let mut sources: Vec<Source> = self.cities.iter().map(|(city, ..)| Source::City(city.clone())).collect();
        sources.extend([
            Source::Slate,
            Source::Black,
            Source::Bars,
            Source::Colour(Colour { red: 9, green: 90, blue: 200 }),
        ]);
        if dice.roll(2) == 0 {
            return Picture::full(dice.pick(&sources).clone());
        }
        let count = 1 + dice.roll(5);
        let mut boxes: Vec<PictureBox> = Vec::new();
        for _ in 0..count {
            let source = dice.pick(&sources).clone();
            if boxes.iter().any(|each| each.source == source) {
                continue;
            }
            let mut side = || {
                let from = u16::try_from(dice.roll(900)).unwrap();
                (from, u16::try_from(1 + dice.roll(u64::from(1000 - from))).unwrap())
            };
            let ((x, width), (y, height)) = (side(), side());
            let border =
                (dice.roll(3) == 0).then_some(Border { width: 20, colour: Colour { red: 255, green: 0, blue: 0 } });
            let fit = *dice.pick(&[Fit::Contain, Fit::Cover]);
            boxes.push(PictureBox { fit, border, ..PictureBox::new(source, Rect { x, y, width, height }) });
        }
        Picture::of(boxes)
    }

    fn transition(dice: &mut Dice) -> Transition {
        let duration_ms = u32::try_from(100 + dice.roll(400)).unwrap();
        match dice.roll(8) {
            0..3 => CUT,
            3 => Transition::Mix { duration_ms },
            4 => Transition::Dip { duration_ms, colour: Colour { red: 0, green: 0, blue: 0 } },
            5 => Transition::Wipe {
                duration_ms,
                pattern: *dice.pick(&[
                    WipePattern::Circle,
                    WipePattern::Left,
                    WipePattern::Clock,
                    WipePattern::UpRight,
                ]),
                softness: u16::try_from(dice.roll(300)).unwrap(),
            },
            6 => Transition::Push { duration_ms, direction: *dice.pick(&[Direction::Left, Direction::Up]) },
            _ => Transition::Move { duration_ms },
        }
    }
}

#[test]
fn ten_thousand_takes_drops_and_returns_leave_no_frame_out_and_repeat_none() {
    const TAKES: u32 = 10_000;
    let mut program = Unpaced::start();
    let mut dice = Dice(0x5eed_0f7e_5700);
    let mut reader = program.channel.reader();
    let (mut packets, mut pictures, mut last) = (Vec::new(), 0u64, None::<(u32, u64, Duration)>);
    let frame = program.format.frame();
    let mut from = Picture::full(Source::Slate);
    for _ in 0..TAKES {
        match dice.roll(6) {
            0 => {
                let city = usize::try_from(dice.roll(5)).unwrap();
                program.cities[city].3 = !program.cities[city].3;
            }
            1 => drop(program.switcher.fade_to_black(dice.roll(2) == 0, Duration::from_millis(dice.roll(500)))),
            _ => {}
        }
        let picture = program.picture(&mut dice);
        let transition = Unpaced::transition(&mut dice);
        let way = Way { from, transition, reversed: dice.roll(4) == 0, done: 0, held: false };
        let at = program.switcher.show(&picture, &way);
        from = picture;
        assert_eq!(at, program.switcher.next_time(), "a take begins with the frame that is next");
        for _ in 0..=dice.roll(2) {
            program.tick();
        }
        reader.drain(&mut packets);
        for packet in packets.drain(..).filter(|packet| packet.kind == Kind::Video) {
            if let Some((timestamp, sequence, running_time)) = last {
                let step = packet.timestamp.wrapping_sub(timestamp);
                assert_eq!(packet.sequence, sequence + 1);
                assert!(step == 0 || step == 3000, "{step} after picture {pictures}");
                let gone = packet.running_time.saturating_sub(running_time);
                assert!(step == 0 || gone.abs_diff(frame) <= Duration::from_nanos(2), "{gone:?}");
            }
            pictures += u64::from(packet.marker);
            last = Some((packet.timestamp, packet.sequence, packet.running_time));
        }
    }
    assert!(pictures + 3 >= program.ticks, "{pictures} of {} are out", program.ticks);
    assert_eq!(program.gauges.stats().restarts, 0);
}
