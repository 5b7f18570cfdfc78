//! The desk's blocks to Opus packets on a channel, and a new encoder if one breaks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};

use super::Output;
use crate::audio::{BLOCK_LENGTH, Block};
use crate::gst::{Error, EventClock, PacketReader, Pipeline};
use crate::rtp::{Kind, Origin};

const NAME: &str = "program-audio";
const TEXT: &str = include_str!("../../../pipelines/program-audio.gst");

/// Time between a breakdown and the next encoder: it keeps a lasting fault from filling the log and the processor.
const RETRY: Duration = Duration::from_secs(1);

/// Encodes what it is given, whatever happens.
#[derive(Debug)]
pub struct Encoder {
    bitrate: u32,
    clock: EventClock,
    packets: Arc<Mutex<Packets>>,
    state: State,
}

#[derive(Debug)]
enum State {
    Running { source: AppSrc, pipeline: Pipeline },
    Broken { retry: Duration },
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
    /// Starts the encoder at `bitrate` bit/s.
    pub fn start(bitrate: u32, clock: EventClock, output: Output) -> Result<Self, Error> {
        let reader = PacketReader::new(Origin::Live(output.session), Kind::Audio);
        let packets = Packets { output, reader, sequence: 0, priming: true };
        let mut encoder = Self {
            bitrate,
            clock,
            packets: Arc::new(Mutex::new(packets)),
            state: State::Broken { retry: Duration::ZERO },
        };
        encoder.state = encoder.build()?;
        Ok(encoder)
    }

    /// Encodes the block that sounds at `at`. Never waits.
    pub fn push(&mut self, at: Duration, block: &Block) {
        match &self.state {
            State::Running { source, pipeline } => {
                let broken = error_of(pipeline)
                    .or_else(|| source.push_buffer(buffer(at, block)).err().map(|flow| flow.to_string()));
                if let Some(error) = broken {
                    tracing::error!(error, "the encoder of program sound broke down; a new one starts in a second");
                    self.state = State::Broken { retry: at + RETRY };
                }
            }
            State::Broken { retry } if *retry <= at => self.restart(at),
            State::Broken { .. } => {}
        }
    }

    /// Starts anew, for blocks that do not follow on those before.
    pub fn restart(&mut self, at: Duration) {
        // The old pipeline ends before the new one may put packets on the channel.
        self.state = State::Broken { retry: at + RETRY };
        match self.build() {
            Ok(state) => self.state = state,
            Err(error) => tracing::error!(%error, "no encoder for program sound; next try in a second"),
        }
    }

    fn build(&self) -> Result<State, Error> {
        let sequence = {
            let mut packets = self.packets.lock().expect("no code panics while it holds the packets");
            packets.priming = true;
            packets.sequence
        };
        let values: [(&str, &dyn std::fmt::Display); 2] = [("bitrate", &self.bitrate), ("sequence", &sequence)];
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
