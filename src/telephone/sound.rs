//! The sound of one call: an ear that decodes what the caller says, a mouth that encodes what the caller hears.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use gstreamer as gst;
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};

use super::sdp::{Codec, Stream};
use crate::gst::{Error, EventClock, Pipeline};

const EAR: &str = include_str!("../../pipelines/telephone-ear.gst");
const MOUTH: &str = include_str!("../../pipelines/telephone-mouth.gst");

/// Samples of a block, stereo interleaved at 48 kHz.
pub const BLOCK: usize = 960;
/// Length of a block.
const BLOCK_TIME: Duration = Duration::from_millis(10);

/// Packets that may wait for the ear: two seconds.
const PACKETS: u32 = 100;
/// Blocks that may wait for the encoder; also how far a pusher may be ahead of the clock.
const BLOCKS: u32 = 20;
/// How far the pusher may be behind the clock before silence takes its place.
const LATE_BLOCKS: u64 = 6;

/// Who hears the caller: event time of the first sample, and stereo interleaved samples at 48 kHz.
pub type Hearer = Box<dyn FnMut(Duration, &[f32]) + Send>;

/// Decodes one source of packets. Drop it on a thread that may block.
#[derive(Debug)]
pub(super) struct Ear {
    packets: AppSrc,
    _pipeline: Pipeline,
}

impl Ear {
    pub(super) fn start(
        stream: &Stream,
        jitter_buffer: Duration,
        clock: &EventClock,
        hearer: Arc<Mutex<Option<Hearer>>>,
    ) -> Result<Self, Error> {
        let (encoding, rate, decoder) = match stream.codec {
            Codec::Pcma => ("PCMA", 8000, "rtppcmadepay ! alawdec"),
            Codec::Pcmu => ("PCMU", 8000, "rtppcmudepay ! mulawdec"),
            Codec::Opus => ("OPUS", 48_000, "rtpopusdepay ! opusdec plc=true use-inband-fec=true"),
        };
        let values: [(&str, &dyn fmt::Display); 6] = [
            ("packets", &PACKETS),
            ("encoding", &encoding),
            ("rate", &rate),
            ("payload", &stream.payload),
            ("latency_ms", &jitter_buffer.as_millis()),
            ("decoder", &decoder),
        ];
        let pipeline = Pipeline::build("telephone-ear", EAR, &values, clock)?;
        let samples: AppSink = pipeline.element("samples")?;
        let deliver = move |sink: &AppSink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let Some((time, buffer)) = sample.buffer().and_then(|buffer| Some((buffer.pts()?, buffer))) else {
                return Ok(gst::FlowSuccess::Ok);
            };
            let Ok(map) = buffer.map_readable() else { return Ok(gst::FlowSuccess::Ok) };
            let floats: Vec<f32> = map.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            if let Some(hear) = lock(&hearer).as_mut() {
                hear(time.into(), &floats);
            }
            Ok(gst::FlowSuccess::Ok)
        };
        samples.set_callbacks(AppSinkCallbacks::builder().new_sample(deliver).build());
        let packets = pipeline.element("packets")?;
        pipeline.start()?;
        Ok(Self { packets, _pipeline: pipeline })
    }

    /// Feeds a packet that came at this instant.
    pub(super) fn feed(&self, packet: &[u8], now: Duration) {
        let mut buffer = gst::Buffer::from_slice(packet.to_vec());
        if let Some(buffer) = buffer.get_mut() {
            let time = gst::ClockTime::from_nseconds(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX - 1));
            buffer.set_pts(time);
            buffer.set_dts(time);
        }
        // A pipeline that failed takes nothing more; the call's silence ends it.
        let _ = self.packets.push_buffer(buffer);
    }
}

/// Encodes for one stream. Drop it on a thread that may block.
#[derive(Debug)]
pub(super) struct Voice {
    blocks: AppSrc,
    _pipeline: Pipeline,
}

impl Voice {
    /// `send` gets whole RTP packets on a thread of the pipeline, and must not block.
    pub(super) fn start(
        stream: &Stream,
        clock: &EventClock,
        send: impl Fn(&[u8]) + Send + 'static,
    ) -> Result<Self, Error> {
        let payload = stream.payload;
        let encoder = match stream.codec {
            Codec::Pcma => format!("audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay pt={payload}"),
            Codec::Pcmu => format!("audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay pt={payload}"),
            Codec::Opus => format!(
                "audio/x-raw,rate=48000,channels=1 ! opusenc bitrate=48000 frame-size=20 inband-fec=true \
                 packet-loss-percentage=5 ! rtpopuspay pt={payload}"
            ),
        };
        let encoder = match stream.codec {
            Codec::Opus => encoder,
            // One packet for two blocks, as telephones send.
            Codec::Pcma | Codec::Pcmu => format!("{encoder} min-ptime=20000000 max-ptime=20000000"),
        };
        let values: [(&str, &dyn fmt::Display); 2] = [("blocks", &BLOCKS), ("encoder", &encoder)];
        let pipeline = Pipeline::build("telephone-mouth", MOUTH, &values, clock)?;
        let packets: AppSink = pipeline.element("packets")?;
        let deliver = move |sink: &AppSink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let whole = |buffer: &gst::BufferRef| {
                if let Ok(map) = buffer.map_readable() {
                    send(&map);
                }
            };
            if let Some(list) = sample.buffer_list() {
                list.iter().for_each(whole);
            } else if let Some(buffer) = sample.buffer() {
                whole(buffer);
            }
            Ok(gst::FlowSuccess::Ok)
        };
        packets.set_callbacks(AppSinkCallbacks::builder().new_sample(deliver).build());
        let blocks = pipeline.element("blocks")?;
        pipeline.start()?;
        Ok(Self { blocks, _pipeline: pipeline })
    }
}

/// Where a call's blocks go, now and after it was agreed on anew.
#[derive(Debug)]
pub(super) struct Speaker {
    clock: EventClock,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    blocks: Option<AppSrc>,
    /// Event time of the first block.
    origin: Duration,
    pushed: u64,
}

impl Speaker {
    pub(super) fn new(clock: EventClock) -> Self {
        Self { clock, line: Mutex::default() }
    }

    /// Blocks go into this from now on, or nowhere.
    pub(super) fn set(&self, voice: Option<&Voice>) {
        let blocks = voice.map(|voice| voice.blocks.clone());
        *lock(&self.line) = Line { blocks, origin: self.clock.now(), pushed: 0 };
    }

    /// Puts silence where the pusher is late, so that the caller's clock goes on.
    pub(super) fn fill(&self) {
        let mut line = lock(&self.line);
        let due = line.due(self.clock.now());
        while line.blocks.is_some() && line.pushed + LATE_BLOCKS < due {
            // After a long stop there is nothing to make up for.
            if due - line.pushed > u64::from(BLOCKS) {
                line.pushed = due - u64::from(BLOCKS);
            }
            line.push(&[0.0; BLOCK]);
        }
    }
}

impl Line {
    /// Blocks that are due by the clock.
    fn due(&self, now: Duration) -> u64 {
        u64::try_from(now.saturating_sub(self.origin).as_millis() / BLOCK_TIME.as_millis()).unwrap_or(u64::MAX)
    }

    fn push(&mut self, block: &[f32; BLOCK]) {
        let Some(blocks) = &self.blocks else { return };
        let bytes: Vec<u8> = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_slice(bytes);
        if let Some(buffer) = buffer.get_mut() {
            let time = gst::ClockTime::from_mseconds(self.pushed * 10) + duration(self.origin);
            buffer.set_pts(time);
            buffer.set_duration(duration(BLOCK_TIME));
        }
        self.pushed += 1;
        // A pipeline that failed takes nothing more.
        let _ = blocks.push_buffer(buffer);
    }
}

fn duration(time: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1))
}

/// Where what a caller hears is pushed. Cloning it is cheap; when the call is over it takes blocks and does nothing.
#[derive(Debug, Clone)]
pub struct Mouth(Weak<Speaker>);

impl Mouth {
    pub(super) fn of(speaker: &Arc<Speaker>) -> Self {
        Self(Arc::downgrade(speaker))
    }

    /// Says one block: 10 ms, stereo interleaved at 48 kHz. Never waits. A pusher may be 60 ms late, else there is silence; of one
    /// that is more than 200 ms ahead of the clock blocks are dropped.
    pub fn push(&self, block: &[f32; BLOCK]) {
        let Some(speaker) = self.0.upgrade() else { return };
        let mut line = lock(&speaker.line);
        if line.pushed < line.due(speaker.clock.now()) + u64::from(BLOCKS) {
            line.push(block);
        }
    }
}

/// What a lock guards is whole between any two statements: a panic elsewhere spoils nothing.
pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
