//! What the tests of pictures share: cameras, publishers, and viewers that see pixels.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSrc};
use gstreamer_video::{VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo};

use super::Format;
use super::decode::rtp;
use super::picture::{FrameInput, running_time};
use crate::gst::{EventClock, PacketReader};
use crate::rtp::{Channel, Kind, Origin, Packet, Reader, SessionNumber};

/// Nothing in these tests takes as long as this.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub const SMALL: Format = Format { width: 320, height: 180, fps: 15, bitrate: 600_000 };

/// A colour as Y, U, V.
pub type Yuv = [u8; 3];

pub const RED: Yuv = [63, 102, 240];
pub const BLUE: Yuv = [32, 240, 118];
pub const GREEN: Yuv = [173, 42, 26];
pub const BLACK: Yuv = [16, 128, 128];

/// A picture of one colour, with an instant.
pub fn solid(width: u32, height: u32, colour: Yuv, instant: Duration) -> gst::Sample {
    solid_in("bt709", width, height, colour, instant)
}

/// The same in another colour space.
fn solid_in(colorimetry: &str, width: u32, height: u32, colour: Yuv, instant: Duration) -> gst::Sample {
    let info = VideoInfo::builder(VideoFormat::I420, width, height).colorimetry_str(colorimetry).build().unwrap();
    let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
    {
        let buffer = buffer.get_mut().unwrap();
        buffer.set_pts(gst::ClockTime::try_from(instant).unwrap());
        let mut frame = VideoFrameRef::from_buffer_ref_writable(buffer, &info).unwrap();
        for (plane, value) in (0..).zip(colour) {
            frame.plane_data_mut(plane).unwrap().fill(value);
        }
    }
    gst::Sample::builder().buffer(&buffer).caps(&info.to_caps().unwrap()).build()
}

trait ColorimetryStr {
    fn colorimetry_str(self, name: &str) -> Self;
}

impl ColorimetryStr for gstreamer_video::VideoInfoBuilder<'_> {
    fn colorimetry_str(self, name: &str) -> Self {
        let colorimetry: gstreamer_video::VideoColorimetry = name.parse().unwrap();
        // The builder keeps a reference; one leaked constant per picture size is a test's business.
        self.colorimetry(Box::leak(Box::new(colorimetry)))
    }
}

/// A publisher's picture: one frame of 320×180 per colour, 40 ms apart, the first one a keyframe.
pub fn video(session: SessionNumber, begin: Duration, colours: &[Yuv]) -> Vec<Packet> {
    video_in("bt709", session, begin, colours)
}

/// The same by a publisher who names this colour space.
pub fn video_in(colorimetry: &str, session: SessionNumber, begin: Duration, colours: &[Yuv]) -> Vec<Packet> {
    video_by("key-int-max=1000", colorimetry, session, begin, colours)
}

/// The same, but each frame is a keyframe of two slices, and parameter sets come before each of them.
pub fn sliced_keyframes(session: SessionNumber, begin: Duration, colours: &[Yuv]) -> Vec<Packet> {
    video_by("key-int-max=1 option-string=slices=2", "bt709", session, begin, colours)
}

fn video_by(encoder: &str, colorimetry: &str, session: SessionNumber, begin: Duration, colours: &[Yuv]) -> Vec<Packet> {
    let description = format!(
        "appsrc name=in format=time \
         ! x264enc speed-preset=superfast tune=zerolatency threads=1 byte-stream=true {encoder} \
         ! video/x-h264,profile=constrained-baseline ! rtph264pay aggregate-mode=zero-latency mtu=300 \
         config-interval=-1 timestamp-offset=4294960000 ! appsink name=out sync=false"
    );
    let frames = (0u32..)
        .zip(colours)
        .map(|(n, colour)| solid_in(colorimetry, 320, 180, *colour, Duration::from_millis(40) * n));
    publish(&description, Kind::Video, session, begin, frames.collect())
}

/// A publisher's sound: `packets` of 20 ms, a tone on the left side only.
pub fn tone(session: SessionNumber, begin: Duration, packets: u16) -> Vec<Packet> {
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("rate", 48_000)
        .field("channels", 2)
        .field("layout", "interleaved")
        .field("channel-mask", gst::Bitmask::new(3))
        .build();
    let blocks = (0..packets).map(|n| {
        let sine = |sample: u16| (f32::from(n * 960 + sample) * 440.0 * std::f32::consts::TAU / 48_000.0).sin();
        let stereo = (0..960).flat_map(|sample| [(sine(sample) * 16_000.0) as i16, 0]);
        let mut buffer = gst::Buffer::from_mut_slice(stereo.flat_map(i16::to_le_bytes).collect::<Vec<u8>>());
        let times = buffer.get_mut().unwrap();
        times.set_pts(gst::ClockTime::from_mseconds(20) * u64::from(n));
        times.set_duration(gst::ClockTime::from_mseconds(20));
        gst::Sample::builder().buffer(&buffer).caps(&caps).build()
    });
    let description = "appsrc name=in format=time ! opusenc frame-size=20 ! rtpopuspay ! appsink name=out sync=false";
    publish(description, Kind::Audio, session, begin, blocks.collect())
}

fn publish(
    description: &str,
    kind: Kind,
    session: SessionNumber,
    begin: Duration,
    media: Vec<gst::Sample>,
) -> Vec<Packet> {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(description).unwrap().downcast::<gst::Pipeline>().unwrap();
    let input = pipeline.by_name("in").unwrap().downcast::<AppSrc>().unwrap();
    let output = pipeline.by_name("out").unwrap().downcast::<AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for sample in media {
        input.push_sample(&sample).unwrap();
    }
    input.end_of_stream().unwrap();
    let mut reader = PacketReader::new(Origin::Live(session), kind);
    let packets = std::iter::from_fn(|| output.pull_sample().ok()).map(|sample| {
        let buffer = sample.buffer().unwrap();
        let running_time = running_time(&sample, buffer).unwrap() + begin;
        Packet { running_time, ..reader.read(buffer).unwrap() }
    });
    let packets = packets.collect();
    pipeline.set_state(gst::State::Null).unwrap();
    packets
}

/// What a camera sends now.
#[derive(Debug, Clone, Copy)]
pub struct Shot {
    pub width: u32,
    pub height: u32,
    pub colour: Yuv,
    pub fps: u32,
}

/// Sends frames into an input as a live decoder would, until it is dropped.
pub struct Camera {
    shot: Arc<Mutex<Shot>>,
    last: Arc<Mutex<Duration>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Camera {
    pub fn start(input: FrameInput, clock: &EventClock, shot: Shot) -> Self {
        let (shot, last) = (Arc::new(Mutex::new(shot)), Arc::new(Mutex::new(Duration::ZERO)));
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (shot, last, clock, stopping) =
                (Arc::clone(&shot), Arc::clone(&last), clock.clone(), Arc::clone(&stopping));
            move || {
                while !stopping.load(Ordering::Relaxed) {
                    let Shot { width, height, colour, fps } = *shot.lock().unwrap();
                    let now = clock.now();
                    input.push(&solid(width, height, colour, now));
                    *last.lock().unwrap() = now;
                    std::thread::park_timeout(Duration::from_secs(1) / fps);
                }
            }
        });
        Self { shot, last, stopping, thread: Some(thread) }
    }

    pub fn turn(&self, shot: Shot) {
        *self.shot.lock().unwrap() = shot;
    }

    /// Stops it; answers the instant of its last frame.
    pub fn stop(mut self) -> Duration {
        self.join();
        *self.last.lock().unwrap()
    }

    fn join(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().unwrap();
        }
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.join();
    }
}

/// A decoded picture with its instant.
#[derive(Debug, Clone)]
pub struct Seen {
    pub at: Duration,
    pub width: u32,
    pub height: u32,
    planes: [Vec<u8>; 3],
    strides: [usize; 3],
}

impl Seen {
    fn read(sample: &gst::Sample) -> Self {
        Self::of(sample.buffer().unwrap(), &sample.caps_owned().unwrap())
    }

    pub fn of(buffer: &gst::BufferRef, caps: &gst::Caps) -> Self {
        Self::of_frame(buffer, &VideoInfo::from_caps(caps).unwrap())
    }

    pub fn of_frame(buffer: &gst::BufferRef, info: &VideoInfo) -> Self {
        let frame = VideoFrameRef::from_buffer_ref_readable(buffer, info).unwrap();
        let plane = |n: u32| frame.plane_data(n).unwrap().to_vec();
        let stride = |n: usize| usize::try_from(frame.plane_stride()[n]).unwrap();
        Self {
            at: buffer.pts().unwrap_or_default().into(),
            width: info.width(),
            height: info.height(),
            planes: [plane(0), plane(1), plane(2)],
            strides: [stride(0), stride(1), stride(2)],
        }
    }

    /// The colour at a place in thousandths.
    pub fn colour(&self, x: u32, y: u32) -> Yuv {
        let (x, y) = ((self.width - 1) * x / 1000, (self.height - 1) * y / 1000);
        std::array::from_fn(|plane| {
            let (x, y) = if plane == 0 { (x, y) } else { (x / 2, y / 2) };
            self.planes[plane][y as usize * self.strides[plane] + x as usize]
        })
    }

    pub fn middle(&self) -> Yuv {
        self.colour(500, 500)
    }

    pub fn of_sample(sample: &gst::Sample) -> Self {
        Self::read(sample)
    }

    /// Bright pixels in a band, in thousandths of the height.
    pub fn bright_in_rows(&self, band: std::ops::Range<u32>) -> usize {
        self.bright(0..1000, band)
    }

    /// Bright pixels in a band, in thousandths of the width.
    pub fn bright_in_columns(&self, band: std::ops::Range<u32>) -> usize {
        self.bright(band, 0..1000)
    }

    fn bright(&self, across: std::ops::Range<u32>, down: std::ops::Range<u32>) -> usize {
        let columns = self.width * across.start / 1000..self.width * across.end / 1000;
        let rows = self.height * down.start / 1000..self.height * down.end / 1000;
        let luma = |x: u32, y: u32| self.planes[0][y as usize * self.strides[0] + x as usize];
        rows.flat_map(|y| columns.clone().map(move |x| luma(x, y))).filter(|luma| *luma > 100).count()
    }

    /// Least and greatest brightness.
    pub fn contrast(&self) -> (u8, u8) {
        let luma: Vec<u8> = self.planes[0]
            .chunks(self.strides[0])
            .flat_map(|row| row.iter().take(self.width as usize))
            .copied()
            .collect();
        (*luma.iter().min().unwrap(), *luma.iter().max().unwrap())
    }
}

/// Whether two colours are the same but for what an encoder does to them.
pub fn alike(a: Yuv, b: Yuv) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 12)
}

/// Decodes packets that begin with a keyframe.
pub fn decode(packets: &[Arc<Packet>]) -> Vec<Seen> {
    let description = "appsrc name=in format=time caps=application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96 \
                       ! rtph264depay ! avdec_h264 max-threads=1 ! videoconvert ! video/x-raw,format=I420 ! appsink name=out sync=false";
    let pipeline = gst::parse::launch(description).unwrap().downcast::<gst::Pipeline>().unwrap();
    let input = pipeline.by_name("in").unwrap().downcast::<AppSrc>().unwrap();
    let output = pipeline.by_name("out").unwrap().downcast::<AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for packet in packets {
        let mut buffer = gst::Buffer::from_mut_slice(rtp(packet));
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::try_from(packet.running_time).unwrap());
        input.push_buffer(buffer).unwrap();
    }
    input.end_of_stream().unwrap();
    let seen = std::iter::from_fn(|| output.pull_sample().ok()).map(|sample| Seen::read(&sample)).collect();
    pipeline.set_state(gst::State::Null).unwrap();
    seen
}

/// Watches a channel's picture from its first keyframe on, and keeps all of it.
pub struct Viewer {
    reader: Reader,
    pub packets: Vec<Arc<Packet>>,
}

impl Viewer {
    pub fn of(channel: &Channel) -> Self {
        Self { reader: channel.reader(), packets: Vec::new() }
    }

    /// Watches until `enough` of the packets, or fails.
    pub fn until(&mut self, what: &str, mut enough: impl FnMut(&[Arc<Packet>]) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !enough(&self.packets) {
            assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
            let mut fresh = Vec::new();
            assert_eq!(self.reader.wait(Duration::from_millis(20), &mut fresh), 0, "the viewer is too slow");
            self.packets.extend(fresh.into_iter().filter(|packet| packet.kind == Kind::Video));
            let begin = self.packets.iter().position(|packet| packet.keyframe).unwrap_or(self.packets.len());
            self.packets.drain(..begin);
        }
    }

    /// Watches until a picture whose instant is not before `time` is complete.
    pub fn until_time(&mut self, time: Duration) {
        self.until("program's frame clock", |packets| {
            packets.last().is_some_and(|packet| packet.marker && packet.running_time >= time)
        });
    }

    pub fn see(&self) -> Vec<Seen> {
        decode(&self.packets)
    }

    /// Packet that ends each picture.
    pub fn pictures(&self) -> Vec<Arc<Packet>> {
        self.packets.iter().filter(|packet| packet.marker).cloned().collect()
    }
}

/// Waits for a fact.
pub fn wait_for(what: &str, mut fact: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !fact() {
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Names of this process's threads that begin with one of `prefixes`.
pub fn threads(prefixes: &[&str]) -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix))).collect()
}
