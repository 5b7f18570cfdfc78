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
use super::picture::FrameInput;
use crate::gst::EventClock;
use crate::rtp::{Channel, Kind, Packet, Reader};

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
    let info = VideoInfo::builder(VideoFormat::I420, width, height).colorimetry_str("bt709").build().unwrap();
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
        let info = VideoInfo::from_caps(&sample.caps_owned().unwrap()).unwrap();
        let buffer = sample.buffer().unwrap();
        let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &info).unwrap();
        let plane = |n: u32| frame.plane_data(n).unwrap().to_vec();
        let stride = |n: usize| usize::try_from(frame.plane_stride()[n]).unwrap();
        Self {
            at: buffer.pts().unwrap().into(),
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

    /// Least and greatest brightness.
    pub fn contrast(&self) -> (u8, u8) {
        let luma = &self.planes[0];
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
