//! The test pictures and tones themselves, before they are encoded.

use gstreamer_app::AppSink;
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};

use super::super::counter::read_counter;
use super::super::paint::{Place, in_flash};
use super::super::pattern::{Card, FLASH};
use super::*;

const SINKS: &str = "appsink name=encoder sync=false max-buffers=8 appsink name=sound sync=false max-buffers=200";
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(10);

struct Shown {
    pipeline: Pipeline,
    frames: AppSink,
    samples: AppSink,
}

fn show(pattern: &str, format: Format) -> Shown {
    gst::init().unwrap();
    let clock = EventClock::start();
    let pattern = pattern.parse().unwrap();
    let scene = Scene {
        pattern: &pattern,
        from_file: FromFile { picture: false, sound: false },
        format,
        bitrate_kbps: 1000,
        has_picture: true,
    };
    let pipeline = scene.build(SINKS, &clock).unwrap();
    let (frames, samples) = (pipeline.element("encoder").unwrap(), pipeline.element("sound").unwrap());
    pipeline.start().unwrap();
    Shown { pipeline, frames, samples }
}

/// One decoded picture.
struct Frame {
    pts: Duration,
    width: usize,
    height: usize,
    planes: [(Vec<u8>, usize); 3],
}

impl Frame {
    fn counter(&self) -> Option<u16> {
        read_counter(&self.planes[0].0, self.planes[0].1, self.width, self.height)
    }

    fn yuv(&self, x: usize, y: usize) -> [u8; 3] {
        [0, 1, 2].map(|plane| {
            let (bytes, stride) = &self.planes[plane];
            let half = usize::from(plane > 0);
            bytes[(y >> half) * stride + (x >> half)]
        })
    }
}

fn next_frame(shown: &Shown) -> Frame {
    let sample = shown.frames.try_pull_sample(PATIENCE).expect("a frame comes");
    let info = VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
    let buffer = sample.buffer().unwrap();
    let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &info).unwrap();
    Frame {
        pts: buffer.pts().unwrap().into(),
        width: info.width() as usize,
        height: info.height() as usize,
        planes: [0, 1, 2]
            .map(|plane| (frame.plane_data(plane).unwrap().to_vec(), frame.plane_stride()[plane as usize] as usize)),
    }
}

/// BT.601, limited range.
fn rgb([y, u, v]: [u8; 3]) -> [f32; 3] {
    let (y, u, v) = (1.164 * (f32::from(y) - 16.0), f32::from(u) - 128.0, f32::from(v) - 128.0);
    [y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u]
}

/// Strength of one frequency in samples at 48 kHz, relative to all there is (Goertzel's algorithm): 1 is a pure tone.
fn purity(samples: &[f32], hz: f32) -> f32 {
    let step = 2.0 * (std::f32::consts::TAU * hz / 48_000.0).cos();
    let (s1, s2) = samples.iter().fold((0.0, 0.0), |(s1, s2), sample| (sample + step * s1 - s2, s1));
    let power = s1 * s1 + s2 * s2 - step * s1 * s2;
    2.0 * power / (samples.len() as f32 * samples.iter().map(|sample| sample * sample).sum::<f32>())
}

fn left_channel(shown: &Shown, count: usize) -> Vec<f32> {
    let mut left = Vec::new();
    while left.len() < count {
        let sample = shown.samples.try_pull_sample(PATIENCE).expect("sound comes");
        let bytes = sample.buffer().unwrap().map_readable().unwrap();
        left.extend(bytes.chunks_exact(4).map(|frame| f32::from(i16::from_le_bytes([frame[0], frame[1]])) / 32_768.0));
    }
    left.truncate(count);
    left
}

#[test]
fn a_citys_card_has_its_colour() {
    for name in ["lecce", "roma", "trieste"] {
        let frame = next_frame(&show(name, Format::default()));
        let seen = rgb(frame.yuv(20, 200));
        let wanted = Card::named(name).unwrap().rgb;
        for (seen, wanted) in seen.iter().zip(wanted) {
            assert!((seen - f32::from(wanted)).abs() < 6.0, "{name}: {seen:?} instead of {wanted:?}");
        }
    }
}

#[test]
fn the_counter_goes_up_by_one_with_every_frame_on_the_grid_of_the_event_clock() {
    let shown = show("milano", Format { width: 320, height: 180, fps: 60 });
    let frames: Vec<_> = (0..10).map(|_| next_frame(&shown)).collect();
    for (n, frame) in frames.iter().enumerate() {
        let counter = frame.counter().expect("a card has a counter");
        assert_eq!(counter, frames[0].counter().unwrap() + n as u16);
        let on_grid = Duration::from_nanos(u64::from(counter) * 1_000_000_000 / 60);
        assert!(frame.pts.abs_diff(on_grid) < Duration::from_micros(1), "{counter}: {:?}", frame.pts);
    }
}

#[test]
fn something_moves_beside_the_counter() {
    let shown = show("genova", Format::default());
    let row = |frame: &Frame| frame.planes[0].0[frame.planes[0].1 * 305..][..640].to_vec();
    assert_ne!(row(&next_frame(&shown)), row(&next_frame(&shown)));
}

#[test]
fn the_size_changes_midway_and_the_counter_goes_on() {
    let shown = show("genova", Format { width: 640, height: 360, fps: 60 });
    let before = next_frame(&shown).counter().unwrap();
    let raw: gst::Element = shown.pipeline.element("raw").unwrap();
    raw.set_property("caps", raw_caps(Format { width: 320, height: 240, fps: 30 }));
    let mut last = before;
    let changed = (0..120).map(|_| next_frame(&shown)).find(|frame| {
        let counter = frame.counter().unwrap();
        assert!(counter == last || counter == last + 1);
        last = counter;
        frame.width == 320
    });
    assert_eq!(changed.expect("the new size comes").height, 240);
}

#[test]
fn black_is_black_and_silent() {
    let shown = show("black", Format::default());
    let frame = next_frame(&shown);
    assert!(frame.planes[0].0.iter().all(|luma| *luma == 16));
    assert!(left_channel(&shown, 4800).iter().all(|sample| *sample == 0.0));
}

#[test]
fn a_citys_tone_is_its_own_at_20_db_below_full_scale() {
    let shown = show("bologna", Format::default());
    let samples = left_channel(&shown, 9600);
    assert!(purity(&samples, 880.0) > 0.99);
    assert!(purity(&samples, 660.0) < 0.01);
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!((20.0 * peak.log10() + 20.0).abs() < 0.2, "{peak}");
}

#[test]
fn the_flash_and_its_tone_begin_with_every_second_of_event_time() {
    let shown = show("flash", Format::default());
    let is_white = |frame: &Frame| frame.planes[0].0[0] == 235;
    let frames: Vec<_> = (0..45).map(|_| next_frame(&shown)).collect();
    for frame in &frames {
        let into = Duration::from_nanos((frame.pts + Duration::from_micros(1)).subsec_nanos().into());
        assert_eq!(is_white(frame), into < FLASH, "{:?}", frame.pts);
    }
    assert!(frames.iter().any(is_white) && !frames.iter().all(is_white));
    let mut seen = [0, 0];
    while seen[0] == 0 || seen[1] == 0 {
        let sample = shown.samples.try_pull_sample(PATIENCE).expect("sound comes");
        let buffer = sample.buffer().unwrap();
        let start = Duration::from(buffer.pts().unwrap());
        let bytes = buffer.map_readable().unwrap();
        let sounds = bytes.iter().any(|byte| *byte != 0);
        let (first, last) = (in_flash(start), in_flash(start + Duration::from_micros(9_900)));
        if first == last {
            assert_eq!(sounds, first, "{start:?}");
            seen[usize::from(first)] += 1;
        }
    }
}

#[test]
fn a_source_that_starts_at_any_time_is_put_on_the_grid() {
    let place = |nanos| Place::first(Duration::from_nanos(nanos), gst::Fraction::new(30, 1));
    assert_eq!(place(0), Place { frame: 0, ahead: Duration::ZERO });
    assert_eq!(place(33_333_332).frame, 0);
    assert_eq!(place(33_333_334), Place { frame: 1, ahead: Duration::from_nanos(1) });
    assert_eq!(place(3_600_010_000_000), Place { frame: 108_000, ahead: Duration::from_millis(10) });
}

#[test]
fn the_offered_level_allows_the_format() {
    let level = |width, height, fps| profile_level_id(Format { width, height, fps });
    assert_eq!([level(640, 360, 30), level(1280, 720, 30)], ["42e01f"; 2]);
    assert_eq!([level(1280, 720, 60), level(1920, 1080, 30)], ["42e028"; 2]);
    assert_eq!(level(1920, 1080, 60), "42e02a");
}
