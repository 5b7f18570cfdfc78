//! The desk's blocks to Opus packets on a channel, and a new encoder if one breaks. It may rest, and goes on later where it was.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};

use super::Output;
use crate::audio::{BLOCK_LENGTH, Block};
use crate::gst::{Error, EventClock, PacketReader, Pipeline};
use crate::rtp::{Kind, Origin};
use crate::show::Mix;

const NAME: &str = "mix";
const TEXT: &str = include_str!("../../../pipelines/mix.gst");

/// Time between a breakdown and the next encoder: it keeps a lasting fault from filling the log and the processor.
const RETRY: Duration = Duration::from_secs(1);

/// How fast sound goes through an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speed {
    /// In packets of 20 ms, with all that Opus can do for its quality and against loss.
    Steady,
    /// In packets of 10 ms and with as little delay as Opus has: for those who talk with each other.
    Prompt,
}

impl Speed {
    /// Length of a packet in ms, the encoder's mode, and what may wait before it in ns: two seconds, which it catches up on one at
    /// a time, or what is still conversation.
    fn values(self) -> (u32, &'static str, u64) {
        match self {
            Self::Steady => (20, "generic", 2_000_000_000),
            Self::Prompt => (10, "restricted-lowdelay", 200_000_000),
        }
    }
}

/// What is encoded how.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// In bit/s.
    pub bitrate: u32,
    pub speed: Speed,
    /// For logs.
    pub mix: Mix,
}

/// Encodes what it is given, whatever happens.
#[derive(Debug)]
pub struct Encoder {
    settings: Settings,
    clock: EventClock,
    packets: Arc<Mutex<Packets>>,
    state: State,
}

#[derive(Debug)]
enum State {
    Running {
        source: AppSrc,
        pipeline: Pipeline,
    },
    Broken {
        retry: Duration,
    },
    /// Nobody listens.
    Resting,
}

/// The encoder's output on its way to the channel. Outlives the pipelines, so that sequence numbers go on.
#[derive(Debug)]
struct Packets {
    output: Output,
    reader: PacketReader,
    /// Number on the wire of the newest packet.
    sequence: u16,
    /// Whether the next packet is an encoder's first one. That holds the encoder's priming and lasts less than it
    /// says, so it would be the one irregular step in the timestamps: it is left out.
    priming: bool,
}

impl Encoder {
    /// An encoder that rests.
    pub fn resting(settings: Settings, clock: EventClock, output: Output) -> Self {
        let reader = PacketReader::new(Origin::Live(output.session), Kind::Audio);
        let packets = Packets { output, reader, sequence: 0, priming: true };
        Self { settings, clock, packets: Arc::new(Mutex::new(packets)), state: State::Resting }
    }

    /// Starts an encoder.
    pub fn start(settings: Settings, clock: EventClock, output: Output) -> Result<Self, Error> {
        let mut encoder = Self::resting(settings, clock, output);
        encoder.state = encoder.build()?;
        Ok(encoder)
    }

    /// Encodes the block that sounds at `at`, unless it rests. Never waits.
    pub fn push(&mut self, at: Duration, block: &Block) {
        match &self.state {
            State::Running { source, pipeline } => {
                let broken = error_of(pipeline)
                    .or_else(|| source.push_buffer(buffer(at, block)).err().map(|flow| flow.to_string()));
                if let Some(error) = broken {
                    let mix = &self.settings.mix;
                    tracing::error!(%mix, error, "a mix's encoder broke down; a new one starts in a second");
                    self.state = State::Broken { retry: at + RETRY };
                }
            }
            State::Broken { retry } if *retry <= at => self.restart(at),
            State::Broken { .. } | State::Resting => {}
        }
    }

    /// Starts anew, for blocks that do not follow on those before. One that rests goes on resting.
    pub fn restart(&mut self, at: Duration) {
        if !self.is_resting() {
            self.wake(at);
        }
    }

    /// Starts, or starts anew, for the block at `at`.
    pub fn wake(&mut self, at: Duration) {
        // The old pipeline ends before the new one may put packets on the channel.
        self.state = State::Broken { retry: at + RETRY };
        match self.build() {
            Ok(state) => self.state = state,
            Err(error) => {
                let mix = &self.settings.mix;
                tracing::error!(%mix, %error, "there is no encoder for a mix; next try in a second");
            }
        }
    }

    /// Lets go of the pipeline. What comes later goes on with its numbers.
    pub fn rest(&mut self) {
        self.state = State::Resting;
    }

    /// Whether it rests.
    pub fn is_resting(&self) -> bool {
        matches!(self.state, State::Resting)
    }

    fn build(&self) -> Result<State, Error> {
        let sequence = {
            let mut packets = self.packets.lock().expect("no code panics while it holds the packets");
            packets.priming = true;
            packets.sequence
        };
        let (frame, mode, most) = self.settings.speed.values();
        let values: [(&str, &dyn std::fmt::Display); 5] = [
            ("bitrate", &self.settings.bitrate),
            ("sequence", &sequence),
            ("frame", &frame),
            ("mode", &mode),
            ("most", &most),
        ];
        let pipeline = Pipeline::build(NAME, TEXT, &values, &self.clock)?;
        let source: AppSrc = pipeline.element("desk")?;
        let sink: AppSink = pipeline.element("packets")?;
        let (packets, clock) = (Arc::clone(&self.packets), self.clock.clone());
        let take = move |sink: &AppSink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(buffer) = sample.buffer() {
                packets.lock().expect("no code panics while it holds the packets").publish(buffer, clock.now());
            }
            Ok(gst::FlowSuccess::Ok)
        };
        sink.set_callbacks(AppSinkCallbacks::builder().new_sample(take).build());
        pipeline.start()?;
        Ok(State::Running { source, pipeline })
    }
}

impl Packets {
    fn publish(&mut self, buffer: &gst::BufferRef, now: Duration) {
        if std::mem::take(&mut self.priming) {
            return;
        }
        if let Some(packet) = self.reader.read(buffer) {
            #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the number on the wire")]
            let sequence = packet.sequence as u16;
            self.sequence = sequence;
            self.output.channel.publish(packet, now);
        }
    }
}

#[cfg(test)]
impl Encoder {
    /// Posts what an element posts that gives up.
    pub fn break_down(&self) {
        if let State::Running { source, .. } = &self.state {
            gst::element_error!(source, gst::LibraryError::Encode, ("a test"));
        }
    }
}

/// What a pipeline complained about since it was last asked.
fn error_of(pipeline: &Pipeline) -> Option<String> {
    let message = pipeline.inner().bus()?.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(error.error().to_string()),
        _ => None,
    }
}

fn buffer(at: Duration, block: &Block) -> gst::Buffer {
    let bytes: Vec<u8> = block.as_flattened().iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let fields = buffer.get_mut().expect("a new buffer has one owner");
    fields.set_pts(gst::ClockTime::try_from(at).ok());
    fields.set_duration(gst::ClockTime::try_from(BLOCK_LENGTH).ok());
    buffer
}
