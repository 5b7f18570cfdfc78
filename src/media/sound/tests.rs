use std::time::Instant;

use gstreamer as gst;
use gstreamer_app::{AppSink, AppSrc};

use super::driver::jump;
use super::*;
use crate::audio::{Gain, Levels, position};
use crate::gst::Pipeline;
use crate::rtp::{Kind, Origin, Packet};
use crate::show::{ChannelId, Fader, MixPlan, Send};

/// How soon a city's sound is there.
const EARLY: Duration = Duration::from_millis(60);

impl Engine {
    /// Only these are heard, on program alone.
    fn set(&self, strips: &[(StripId, Gain)], ramp: Duration, at: Duration) {
        let db = |gain: Gain| 20.0 * gain.linear().log10();
        let send =
            |(strip, gain): &(StripId, Gain)| Send { strip: strip.clone(), fader: Fader::try_from(db(*gain)).unwrap() };
        let sends = strips.iter().map(send).collect();
        let program = MixPlan { mix: Mix::Program, sends, fader: Fader::UNITY, ducks: false };
        self.set_desk(&DeskPlan { mixes: vec![program], ..DeskPlan::default() }, ramp, at);
    }

    fn strip_levels(&self, strip: &StripId) -> Levels {
        self.meters().borrow().strip(strip).map(|meter| meter.levels).unwrap_or_default()
    }

    fn program_levels(&self) -> Levels {
        self.meters().borrow().mix(&Mix::Program).map(|meter| meter.levels).unwrap_or_default()
    }
}

struct Rig {
    clock: EventClock,
    reader: crate::rtp::Reader,
    engine: Engine,
}

/// An engine with two cities, and a reader of its channel on which a picture is on already, so that sound is.
fn rig() -> Rig {
    gst::init().unwrap();
    let clock = EventClock::start();
    let channel = Channel::new(ChannelId::Program);
    let output = Output { channel: Arc::clone(&channel), session: SessionNumber::next() };
    channel.publish(picture(output.session), clock.now());
    let reader = channel.reader();
    let engine = Engine::start(&Config::default(), clock.clone(), output).unwrap();
    for name in ["roma", "lecce"] {
        engine.add(&city(name), EARLY).unwrap();
    }
    Rig { clock, reader, engine }
}

/// A picture that puts its session on the channel, so that its sound is on at once.
fn picture(session: SessionNumber) -> Packet {
    Packet {
        origin: Origin::Live(session),
        kind: Kind::Video,
        sequence: 0,
        timestamp: 0,
        running_time: Duration::ZERO,
        marker: true,
        keyframe: true,
        payload: Arc::from([0x65u8].as_slice()),
    }
}

fn city(name: &str) -> StripId {
    StripId::City(name.parse().unwrap())
}

fn unity(name: &str) -> (StripId, Gain) {
    (city(name), Gain::UNITY)
}

/// Half a second and more of a tone, in packets of 20 ms, as a decoder would give it.
fn push_tone(strip: &StripInput, from: Duration, hz: f64, packets: u32) {
    for packet in 0..packets {
        let samples: Vec<f32> = (0..960u32)
            .map(|n| f64::from(packet * 960 + n) * hz * std::f64::consts::TAU / 48_000.0)
            .flat_map(|phase| [phase.sin() as f32 * 0.25; 2])
            .collect();
        strip.push(from + Duration::from_millis(20) * packet, &samples);
    }
}

impl Rig {
    /// Reads sound until event time `until` is on the channel.
    fn packets(&mut self, until: Duration) -> Vec<Arc<Packet>> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut packets: Vec<Arc<Packet>> = Vec::new();
        while packets.last().is_none_or(|packet| packet.running_time < until) {
            assert!(Instant::now() < deadline, "no packet of {until:?}");
            assert_eq!(self.reader.wait(Duration::from_millis(100), &mut packets), 0);
        }
        packets
    }
}

/// Decodes packets; answers when the first sample sounds, and the left samples.
fn decode(packets: &[Arc<Packet>], clock: &EventClock) -> (Duration, Vec<f32>) {
    let text = "appsrc name=in format=time caps=audio/x-opus,channel-mapping-family=0,channels=2,rate=48000 \
                ! opusdec ! audioconvert ! audio/x-raw,format=F32LE,channels=2 ! appsink name=out sync=false";
    let pipeline = Pipeline::build("decode", text, &[], clock).unwrap();
    let source: AppSrc = pipeline.element("in").unwrap();
    let sink: AppSink = pipeline.element("out").unwrap();
    pipeline.start().unwrap();
    for packet in packets {
        let mut buffer = gst::Buffer::from_slice(packet.payload.to_vec());
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::try_from(packet.running_time).unwrap());
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    let mut start = None;
    let mut samples = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        let buffer = sample.buffer().unwrap();
        start.get_or_insert(Duration::from(buffer.pts().unwrap()));
        let map = buffer.map_readable().unwrap();
        samples.extend(map.as_chunks::<8>().0.iter().map(|frame| f32::from_le_bytes(*frame.first_chunk().unwrap())));
    }
    (start.unwrap(), samples)
}

/// Level of a tone in dBFS of its peak, by correlation.
fn level(sound: &[f32], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in sound.iter().enumerate() {
        let (sin, cos) = (n as f64 * hz * std::f64::consts::TAU / 48_000.0).sin_cos();
        re += f64::from(*sample) * cos;
        im += f64::from(*sample) * sin;
    }
    20.0 * (2.0 * re.hypot(im) / sound.len() as f64).log10()
}

#[test]
fn an_open_city_is_heard_in_program_as_late_as_the_alignment_delay_and_no_other() {
    let mut rig = rig();
    let start = rig.clock.now() + Duration::from_millis(100);
    rig.engine.set(&[unity("roma")], Duration::from_millis(20), rig.clock.now());
    push_tone(&rig.engine.strip(&city("roma")).unwrap(), start, 440.0, 40);
    push_tone(&rig.engine.strip(&city("lecce")).unwrap(), start, 1000.0, 40);
    let packets = rig.packets(start + Duration::from_millis(850));
    let (first, sound) = decode(&packets, &rig.clock);

    let onset = sound.iter().position(|sample| sample.abs() > 0.12).expect("it is heard");
    let heard = first + instant(onset as u64);
    let due = start + Config::default().alignment;
    // A fade of 5 ms and a quarter of a period pass until the tone is at half its level.
    let after = heard.saturating_sub(due);
    assert!(heard >= due && after < Duration::from_millis(5), "due {due:?}, heard {heard:?}");

    let steady = &sound[onset + 4800..onset + 28_800];
    assert!((level(steady, 440.0) - -12.04).abs() < 0.5, "{}", level(steady, 440.0));
    assert!(level(steady, 1000.0) < -60.0, "{}", level(steady, 1000.0));
}

#[test]
fn program_sound_is_one_continuous_timeline() {
    let mut rig = rig();
    let packets = rig.packets(rig.clock.now() + Duration::from_millis(600));
    assert!(packets.len() >= 25);
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 960);
        assert_eq!(pair[1].running_time - pair[0].running_time, Duration::from_millis(20));
    }
    for packet in &packets {
        let ticks = Kind::Audio.ticks(packet.running_time) as u32;
        assert!(packet.timestamp.abs_diff(ticks) <= 1, "timestamps count from event time zero");
        assert_eq!((packet.kind, packet.keyframe), (Kind::Audio, true));
    }
}

#[test]
fn a_take_waits_for_its_time() {
    let mut rig = rig();
    let start = rig.clock.now();
    push_tone(&rig.engine.strip(&city("roma")).unwrap(), start, 440.0, 40);
    let take = start + Duration::from_millis(400);
    rig.engine.set(&[unity("roma")], Duration::from_millis(20), take);
    let packets = rig.packets(start + Duration::from_millis(600));
    let (first, sound) = decode(&packets, &rig.clock);
    let onset = sound.iter().position(|sample| sample.abs() > 0.12).expect("it is heard");
    let heard = first + instant(onset as u64);
    let after = heard.saturating_sub(take);
    assert!(heard >= take && after < Duration::from_millis(14), "take {take:?}, heard {heard:?}");
}

#[test]
fn a_fader_that_is_moved_many_times_a_second_reaches_program_without_a_click() {
    let mut rig = rig();
    let start = rig.clock.now();
    push_tone(&rig.engine.strip(&city("roma")).unwrap(), start, 440.0, 50);
    let roma = |gain_db: f32| [(city("roma"), Gain::from_db(gain_db))];
    rig.engine.set(&roma(0.0), Duration::ZERO, start);
    // Down to −60 dB and back up to −12 dB, eight milliseconds apart and with no ramp asked for.
    let moves = (0..30).map(|n| -2.0 * n as f32).chain((0..25).map(|n| -60.0 + 2.0 * n as f32));
    for (n, gain_db) in (0u32..).zip(moves) {
        let at = start + Duration::from_millis(200) + Duration::from_millis(8) * n;
        rig.engine.set(&roma(gain_db), Duration::ZERO, at);
    }
    let packets = rig.packets(start + Duration::from_millis(1000));
    let (first, sound) = decode(&packets, &rig.clock);
    let from = |ms: u64| position((start + Duration::from_millis(ms)).saturating_sub(first)) as usize;

    let steady = &sound[from(700)..from(900)];
    assert!((level(steady, 440.0) - -24.04).abs() < 0.5, "{}", level(steady, 440.0));
    let faint = &sound[from(435)..from(445)];
    assert!(faint.iter().all(|sample| sample.abs() < 0.01), "it was down in between");
    // The tone's own steepest step is 0.0144.
    let steepest = sound[from(150)..from(1000)].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(steepest < 0.018, "{steepest}");
}

#[test]
fn a_fader_moved_while_a_take_waits_neither_brings_it_forward_nor_is_undone_by_it() {
    let mut rig = rig();
    let start = rig.clock.now();
    push_tone(&rig.engine.strip(&city("roma")).unwrap(), start, 440.0, 40);
    let take = start + Duration::from_millis(300);
    rig.engine.set(&[unity("roma")], Duration::ZERO, take);
    rig.engine.set(&[(city("roma"), Gain::from_db(-12.0))], Duration::ZERO, start);
    let (first, sound) = decode(&rig.packets(start + Duration::from_millis(700)), &rig.clock);
    let from = |ms: u64| position((start + Duration::from_millis(ms)).saturating_sub(first)) as usize;
    assert!(sound[from(150)..from(290)].iter().all(|sample| sample.abs() < 1e-3), "silent before its take");
    let steady = &sound[from(400)..from(600)];
    assert!((level(steady, 440.0) - -24.04).abs() < 0.5, "{}", level(steady, 440.0));
}

#[test]
fn meters_show_strip_and_program() {
    let mut rig = rig();
    let strip = rig.engine.strip(&city("lecce")).unwrap();
    assert!(rig.engine.strip(&city("genova")).is_none());
    rig.engine.set(&[unity("lecce"), unity("genova")], Duration::ZERO, rig.clock.now());
    let start = rig.clock.now();
    push_tone(&strip, start, 440.0, 40);
    rig.packets(start + Duration::from_millis(400));
    assert!((rig.engine.strip_levels(&city("lecce")).peak[0] - -12.0).abs() < 0.2);
    assert!((rig.engine.program_levels().rms[1] - -15.0).abs() < 0.3, "{:?}", rig.engine.program_levels());
}

#[test]
fn a_city_comes_and_goes_while_another_sounds_on() {
    let mut rig = rig();
    let start = rig.clock.now() + Duration::from_millis(100);
    let ms = Duration::from_millis;
    // Genova is asked for before it is there.
    rig.engine.set(&[unity("roma"), unity("genova")], ms(20), rig.clock.now());
    let roma = rig.engine.strip(&city("roma")).unwrap();
    push_tone(&roma, start, 440.0, 45);
    let genova = rig.engine.add(&city("genova"), EARLY).unwrap();
    assert!(matches!(rig.engine.add(&city("genova"), EARLY), Err(Error::Taken(_))));
    push_tone(&genova, start, 1000.0, 45);
    let mut packets = rig.packets(start + ms(650));
    // Whole waves on: a strip remembers no more than a second.
    push_tone(&roma, start + ms(900), 440.0, 30);
    push_tone(&genova, start + ms(900), 1000.0, 30);
    rig.engine.remove(&city("genova"));
    let removed = rig.clock.now();
    assert!(rig.engine.strip(&city("genova")).is_none());
    packets.extend(rig.packets(removed + ms(600)));
    let (first, sound) = decode(&packets, &rig.clock);
    let at = |instant: Duration| (position(instant) - position(first)) as usize;
    let both = &sound[at(start + ms(200))..at(start + ms(600))];
    let levels = [level(both, 440.0), level(both, 1000.0)];
    assert!(levels.iter().all(|level| (level - -12.04).abs() < 0.5), "{levels:?}");
    let alone = &sound[at(removed + ms(100))..at(removed + ms(500))];
    assert!((level(alone, 440.0) - -12.04).abs() < 0.5, "{}", level(alone, 440.0));
    assert!(level(alone, 1000.0) < -60.0, "{}", level(alone, 1000.0));
    let all = &sound[at(start + ms(200))..at(removed + ms(500))];
    let roma: Vec<f64> = all.chunks_exact(4800).map(|tenth| level(tenth, 440.0)).collect();
    assert!(roma.iter().all(|level| (level - -12.04).abs() < 0.5), "it is heard all the time: {roma:?}");
}

#[test]
fn there_is_room_for_as_many_cities_as_there_may_be_however_many_came_and_went() {
    let rig = rig();
    for _ in 0..STRIPS + 2 {
        rig.engine.add(&city("genova"), EARLY).unwrap();
        rig.engine.remove(&city("genova"));
        rig.engine.remove(&city("genova"));
    }
    for n in 2..MOST_CITIES {
        rig.engine.add(&city(&format!("city-{n}")), EARLY).unwrap();
    }
    assert!(matches!(rig.engine.add(&city("genova"), EARLY), Err(Error::NoRoom)));
    rig.engine.remove(&city("lecce"));
    rig.engine.add(&city("genova"), EARLY).unwrap();
}

#[test]
fn clips_have_strips_of_their_own_and_take_none_from_the_cities() {
    let rig = rig();
    let clip = |n: usize| StripId::Clip(format!("clip-{n}").parse().unwrap());
    (0..MOST_OTHERS).for_each(|n| drop(rig.engine.add(&clip(n), EARLY).unwrap()));
    assert!(matches!(rig.engine.add(&clip(MOST_OTHERS), EARLY), Err(Error::NoRoom)));
    (2..MOST_CITIES).for_each(|n| drop(rig.engine.add(&city(&format!("city-{n}")), EARLY).unwrap()));
    rig.engine.remove(&clip(3));
    rig.engine.add(&clip(MOST_OTHERS), EARLY).unwrap();
}

#[test]
fn the_bars_have_a_tone_of_1_khz_at_18_db_below_full_scale_while_they_are_heard() {
    let mut rig = rig();
    let ms = Duration::from_millis;
    let start = rig.clock.now() + ms(100);
    rig.engine.set(&[(StripId::Bars, Gain::UNITY)], ms(20), start);
    let mut packets = rig.packets(start + ms(500));
    rig.engine.set(&[unity("roma")], ms(20), rig.clock.now());
    let off = rig.clock.now();
    packets.extend(rig.packets(off + ms(300)));
    rig.engine.set(&[(StripId::Bars, Gain::from_db(-6.0))], ms(20), rig.clock.now());
    let again = rig.clock.now();
    packets.extend(rig.packets(again + ms(500)));
    let (first, sound) = decode(&packets, &rig.clock);
    let at = |instant: Duration| (position(instant) - position(first)) as usize;
    let heard = |from: Duration, to: Duration| level(&sound[at(from)..at(to)], 1000.0);
    assert!(
        (heard(start + ms(100), start + ms(400)) - -18.0).abs() < 0.3,
        "{}",
        heard(start + ms(100), start + ms(400))
    );
    assert!(heard(off + ms(150), off + ms(250)) < -60.0);
    assert!((heard(again + ms(100), again + ms(400)) - -24.0).abs() < 0.3);
    assert!(sound[..at(start - ms(10))].iter().all(|sample| sample.abs() < 1e-3), "it is off at first");
    assert!((rig.engine.strip_levels(&StripId::Bars).peak[0] - -18.0).abs() < 0.2);
    assert!(matches!(rig.engine.add(&StripId::Bars, EARLY), Err(Error::Taken(_))));
    rig.engine.remove(&StripId::Bars);
    assert!(rig.engine.strip(&StripId::Bars).is_some());
}

const SETTINGS: Settings = Settings { bitrate: 64_000, speed: Speed::Steady, mix: Mix::Program };

/// An encoder alone, and a reader of what it makes.
struct EncoderRig {
    encoder: Encoder,
    reader: crate::rtp::Reader,
    packets: Vec<Arc<Packet>>,
    block: u64,
}

impl EncoderRig {
    fn new() -> Self {
        gst::init().unwrap();
        let clock = EventClock::start();
        let channel = Channel::new(ChannelId::Program);
        let output = Output { channel: Arc::clone(&channel), session: SessionNumber::next() };
        channel.publish(picture(output.session), clock.now());
        let reader = channel.reader();
        Self { encoder: Encoder::start(SETTINGS, clock, output).unwrap(), reader, packets: Vec::new(), block: 100 }
    }

    fn push(&mut self, blocks: u64) {
        for block in self.block..self.block + blocks {
            self.encoder.push(at(block), &crate::audio::SILENCE);
        }
        self.block += blocks;
    }

    fn read(&mut self, wanted: usize) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.packets.len() < wanted {
            assert!(Instant::now() < deadline, "{} of {wanted} packets came", self.packets.len());
            self.reader.wait(Duration::from_millis(100), &mut self.packets);
        }
    }
}

#[test]
fn a_new_encoder_goes_on_where_the_old_one_ended() {
    let mut rig = EncoderRig::new();
    // 20 blocks are 10 packets, of which the first is left out.
    rig.push(20);
    rig.read(9);
    rig.encoder.restart(at(rig.block));
    rig.push(20);
    rig.read(18);
    for pair in rig.packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
        let ticks = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        let missing = if pair[0].sequence == rig.packets[8].sequence { 960 } else { 0 };
        assert_eq!(ticks, 960 + missing, "the new encoder's first packet is missing, and the timestamps say so");
    }
}

#[test]
fn a_burst_of_a_second_is_encoded_whole() {
    let mut rig = EncoderRig::new();
    rig.push(100);
    rig.read(49);
    for pair in rig.packets.windows(2) {
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 960);
    }
}

#[test]
fn the_desk_catches_up_after_less_than_a_second_and_jumps_after_more() {
    let ms = Duration::from_millis;
    assert_eq!(jump(100, ms(1000)), None);
    assert_eq!(jump(100, ms(2000)), None);
    assert_eq!(jump(100, ms(2001)), Some(201));
    assert_eq!(jump(100, ms(0)), None);
}

#[test]
fn an_encoder_that_breaks_down_is_replaced_within_a_second() {
    let mut rig = EncoderRig::new();
    rig.push(20);
    rig.read(9);
    rig.encoder.break_down();
    rig.push(101);
    rig.push(20);
    rig.read(18);
    let gap = rig.packets[9].running_time - rig.packets[8].running_time;
    assert!(gap < Duration::from_millis(1100), "{gap:?}");
}

#[test]
fn a_dropped_engine_ends_its_thread_and_its_encoder() {
    let mut rig = rig();
    rig.packets(rig.clock.now() + Duration::from_millis(60));
    let strip = rig.engine.strip(&city("roma")).unwrap();
    drop(rig.engine);
    let mut rest = Vec::new();
    rig.reader.drain(&mut rest);
    strip.push(rig.clock.now(), &[0.1; 960]);
    rest.clear();
    rig.reader.wait(Duration::from_millis(100), &mut rest);
    assert!(rest.is_empty());
}
