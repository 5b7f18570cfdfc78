//! Received packets as a viewer sees and hears them: decoded by GStreamer, and dated by their streams' sender reports.

use std::time::{Duration, Instant, SystemTime};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSrc};
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};

use super::viewer::{Kind, Received, Viewer};

const PICTURE: &str = "appsrc name=packets format=time max-bytes=0 \
    caps=application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96 \
    ! rtph264depay wait-for-keyframe=true ! h264parse ! avdec_h264 max-threads=1 ! videoconvert \
    ! video/x-raw,format=RGB ! appsink name=decoded sync=false";

const SOUND: &str = "appsrc name=packets format=time max-bytes=0 \
    caps=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=97 \
    ! rtpopusdepay ! opusdec ! audioconvert ! audio/x-raw,format=F32LE,rate=48000,channels=1 \
    ! appsink name=decoded sync=false";

/// For what a decoder does in milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A decoded picture.
#[derive(Clone)]
pub struct Shot {
    /// RTP timestamp of its packets.
    pub timestamp: u32,
    pub width: usize,
    pub height: usize,
    stride: usize,
    rgb: Vec<u8>,
}

/// Decoded sound of one stream; silence where nothing came.
pub struct Sound {
    /// RTP timestamp of the first sample; the others follow, one tick each.
    pub first: u32,
    pub samples: Vec<f32>,
}

/// All that a viewer receives.
pub struct Recording {
    viewer: Viewer,
    pub packets: Vec<Received>,
}

/// When a stream's timestamps are played, by a sender report.
#[derive(Debug, Clone, Copy)]
pub struct Playout {
    wall: SystemTime,
    timestamp: u32,
    rate: f64,
}

impl Recording {
    pub fn of(viewer: Viewer) -> Self {
        Self { viewer, packets: Vec::new() }
    }

    /// Records until the packets are as wanted, looking some times a second. Panics when it takes too long.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&[Received]) -> bool) {
        const LOOK: Duration = Duration::from_millis(200);
        tokio::task::block_in_place(|| {
            let deadline = Instant::now() + super::evening::PATIENCE;
            loop {
                let look = Instant::now() + LOOK;
                while let Some(packet) = self.viewer.next(look.saturating_duration_since(Instant::now())) {
                    self.packets.push(packet);
                    if Instant::now() >= look {
                        break;
                    }
                }
                if wanted(&self.packets) {
                    break;
                }
                assert!(Instant::now() < deadline, "not in time: {what}; {} packets", self.packets.len());
            }
            assert_eq!(self.viewer.overflow(), 0, "the recording is complete");
        });
    }

    /// Records until the newest picture is as wanted.
    pub fn until_seen(&mut self, what: &str, wanted: impl Fn(&Shot) -> bool) {
        self.until(what, |packets| pictures(newest(packets)).last().is_some_and(&wanted));
    }

    /// Records until no number is missing: what was lost on the way comes again.
    pub fn until_whole(&mut self) {
        self.until("no packet is missing", |packets| {
            [Kind::Video, Kind::Audio].into_iter().all(|kind| {
                let packets = ordered(packets, kind);
                packets.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1)
            })
        });
    }

    /// Where the server receives.
    pub fn server(&self) -> Option<std::net::SocketAddr> {
        self.viewer.server()
    }

    /// Sends a datagram from the viewer's address, past its protocol stack.
    pub fn send_raw(&self, datagram: Vec<u8>) {
        self.viewer.send_raw(datagram);
    }

    /// Ends the recording.
    pub fn end(mut self) -> Vec<Received> {
        self.until_whole();
        self.packets
    }
}

/// The last few seconds: enough to hold a keyframe.
fn newest(packets: &[Received]) -> &[Received] {
    const ENOUGH: Duration = Duration::from_secs(5);
    let Some(last) = packets.last() else { return packets };
    let begin = packets.iter().position(|packet| packet.arrival + ENOUGH >= last.arrival).unwrap_or(0);
    &packets[begin..]
}

/// Timestamps of a stream's pictures, in order.
pub fn timestamps(packets: &[Received]) -> Vec<u32> {
    let mut timestamps: Vec<u32> = ordered(packets, Kind::Video).iter().map(|packet| packet.timestamp).collect();
    timestamps.dedup();
    timestamps
}

/// Fails unless each picture follows the one before by `step` ticks, but for what a source's own rounding makes of them.
pub fn assert_even(packets: &[Received], step: u32) {
    let timestamps = timestamps(packets);
    let uneven: Vec<_> = timestamps
        .windows(2)
        .map(|pair| pair[1].wrapping_sub(pair[0]).cast_signed())
        .enumerate()
        .filter(|(_, found)| found.abs_diff(step.cast_signed()) > 1)
        .collect();
    assert!(uneven.is_empty(), "of {} steps these are not {step}: {uneven:?}", timestamps.len() - 1);
}

/// The instant of a timestamp of program or of one source: its arrival, had it come as quickly as the quickest.
pub fn instant(packets: &[Received], timestamp: u32) -> Instant {
    let since = |other: u32| timestamp.wrapping_sub(other).cast_signed();
    let shifted = |packet: &Received| {
        let span = Duration::from_secs_f64(f64::from(since(packet.timestamp).unsigned_abs()) / 90_000.0);
        if since(packet.timestamp) < 0 { packet.arrival - span } else { packet.arrival + span }
    };
    let pictures = packets.iter().filter(|packet| packet.kind == Kind::Video);
    pictures.map(shifted).min().expect("there are pictures")
}

/// Packets of one kind in the order of their numbers, each once: lost ones come again, and later.
pub fn ordered(packets: &[Received], kind: Kind) -> Vec<Received> {
    let mut packets: Vec<Received> = packets.iter().filter(|packet| packet.kind == kind).cloned().collect();
    packets.sort_by_key(|packet| packet.sequence);
    packets.dedup_by_key(|packet| packet.sequence);
    packets
}

/// All pictures from the first keyframe on.
pub fn pictures(packets: &[Received]) -> Vec<Shot> {
    let packets = ordered(packets, Kind::Video);
    let Some(first) = packets.first().map(|packet| packet.timestamp) else { return Vec::new() };
    decode(PICTURE, &packets, 96, 90_000)
        .iter()
        .map(|(ticks, sample)| {
            let info = VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
            let frame = VideoFrameRef::from_buffer_ref_readable(sample.buffer().unwrap(), &info).unwrap();
            Shot {
                timestamp: first.wrapping_add(*ticks),
                width: info.width() as usize,
                height: info.height() as usize,
                stride: frame.plane_stride()[0] as usize,
                rgb: frame.plane_data(0).unwrap().to_vec(),
            }
        })
        .collect()
}

/// All sound.
pub fn sound(packets: &[Received]) -> Sound {
    let packets = ordered(packets, Kind::Audio);
    let mut sound = Sound { first: packets.first().map_or(0, |packet| packet.timestamp), samples: Vec::new() };
    for (ticks, sample) in decode(SOUND, &packets, 97, 48_000) {
        let bytes = sample.buffer().unwrap().map_readable().unwrap();
        let begin = ticks as usize;
        let block: Vec<f32> = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let end = begin + block.len();
        sound.samples.resize(sound.samples.len().max(end), 0.0);
        sound.samples[begin..end].copy_from_slice(&block);
    }
    sound
}

/// Sends packets of one kind through a pipeline. Yields samples with their ticks after the first packet.
fn decode(pipeline: &str, packets: &[Received], payload_type: u8, rate: u64) -> Vec<(u32, gst::Sample)> {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(pipeline).unwrap().downcast::<gst::Pipeline>().unwrap();
    let source: AppSrc = pipeline.by_name("packets").unwrap().downcast().unwrap();
    let sink: AppSink = pipeline.by_name("decoded").unwrap().downcast().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for packet in packets.iter().filter(|packet| !packet.payload.is_empty()) {
        let ticks = packet.timestamp.wrapping_sub(packets[0].timestamp);
        let mut bytes = vec![0x80, u8::from(packet.marker) << 7 | payload_type];
        bytes.extend((packet.sequence as u16).to_be_bytes());
        bytes.extend(packet.timestamp.to_be_bytes());
        bytes.extend([0, 0, 0, 1]);
        bytes.extend(&*packet.payload);
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let pts = gst::ClockTime::from_nseconds((u64::from(ticks) * 1_000_000_000).div_ceil(rate));
        buffer.get_mut().unwrap().set_pts(pts);
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    let mut samples = Vec::new();
    while let Some(sample) = sink.try_pull_sample(gst::ClockTime::try_from(PATIENCE).unwrap()) {
        let Some(pts) = sample.buffer().and_then(|buffer| buffer.pts()) else { continue };
        let ticks = (u128::from(pts.nseconds()) * u128::from(rate) + 500_000_000) / 1_000_000_000;
        samples.push((ticks as u32, sample));
    }
    assert!(sink.is_eos(), "the decoder hangs: {:?}", pipeline.bus().unwrap().pop_filtered(&[gst::MessageType::Error]));
    pipeline.set_state(gst::State::Null).unwrap();
    samples
}

impl Shot {
    /// Mean colour around a point, given in thousandths of width and height.
    pub fn colour(&self, x: usize, y: usize) -> [u8; 3] {
        const REACH: usize = 3;
        let (x, y) = (x * (self.width - 1) / 1000, y * (self.height - 1) / 1000);
        let columns = x.saturating_sub(REACH)..=(x + REACH).min(self.width - 1);
        let rows = y.saturating_sub(REACH)..=(y + REACH).min(self.height - 1);
        let (mut sum, mut count) = ([0; 3], 0);
        for row in rows {
            for column in columns.clone() {
                let at = row * self.stride + column * 3;
                (0..3).for_each(|n| sum[n] += u32::from(self.rgb[at + n]));
                count += 1;
            }
        }
        sum.map(|sum| (sum / count) as u8)
    }

    /// Mean of red, green and blue around a point.
    pub fn light(&self, x: usize, y: usize) -> u8 {
        (self.colour(x, y).iter().map(|value| u32::from(*value)).sum::<u32>() / 3) as u8
    }
}

/// The greatest difference between two colours.
pub fn apart(one: [u8; 3], other: [u8; 3]) -> u8 {
    one.iter().zip(other).map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
}

impl Sound {
    /// Amplitude of a tone in `length` samples from `begin` (Goertzel).
    pub fn tone(&self, hertz: f32, begin: usize, length: usize) -> f32 {
        let samples = &self.samples[begin..begin + length];
        let turn = std::f32::consts::TAU * hertz / 48_000.0;
        let (mut last, mut before) = (0.0_f32, 0.0_f32);
        for sample in samples {
            (last, before) = (sample + 2.0 * turn.cos() * last - before, last);
        }
        let power = last * last + before * before - 2.0 * turn.cos() * last * before;
        power.max(0.0).sqrt() * 2.0 / length as f32
    }

    /// Timestamp of a sample.
    pub fn timestamp(&self, sample: usize) -> u32 {
        self.first.wrapping_add(sample as u32)
    }
}

impl Playout {
    /// By the newest report of a stream, if one came yet.
    pub fn of(packets: &[Received], kind: Kind) -> Option<Self> {
        let (wall, timestamp) =
            packets.iter().filter(|packet| packet.kind == kind).filter_map(|packet| packet.report).next_back()?;
        let rate = if kind == Kind::Video { 90_000.0 } else { 48_000.0 };
        Some(Self { wall, timestamp: timestamp as u32, rate })
    }

    /// Wall clock of a timestamp, in milliseconds since 1970.
    pub fn wall_ms(self, timestamp: u32) -> f64 {
        let since = self.wall.duration_since(SystemTime::UNIX_EPOCH).expect("reports are of today");
        let ticks = timestamp.wrapping_sub(self.timestamp).cast_signed();
        since.as_secs_f64() * 1000.0 + f64::from(ticks) * 1000.0 / self.rate
    }
}
