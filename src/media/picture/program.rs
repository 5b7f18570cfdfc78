//! The program pipeline: encoder and payloader, fed frame by frame.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};
use gstreamer_video::UpstreamForceKeyUnitEvent;

use super::frame::set_times;
use super::guard::{Fault, LOOK, Watch};
use super::signals::{Run, Signals};
use super::takes::Takes;
use crate::gst::{EventClock, PacketReader, Pipeline};
use crate::media::codec::Rung;
use crate::media::{Error, Format};
use crate::rtp::{Channel, Kind, Origin, SessionNumber};

const TEXT: &str = include_str!("../../../pipelines/program.gst");

/// All program pictures are in this colour space; so are those of publishers that name none.
pub(crate) const COLORIMETRY: &str = "bt709";

/// Frames that may wait for the encoder while it is at one: the next one is drawn meanwhile.
const WAITING: u64 = 1;

/// Where program's packets go, and the numbers that outlive a pipeline.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) channel: Arc<Channel>,
    pub(super) session: SessionNumber,
    pub(super) clock: EventClock,
    pub(super) signals: Signals,
    /// Pictures that went out.
    pub(super) frames: AtomicU64,
    /// Time from the newest picture's instant to its last packet, in microseconds.
    pub(super) delay_us: AtomicU64,
    pub(super) takes: Takes,
    /// The newest frame that was encoded, or is about to be.
    shown: Mutex<Option<gst::Buffer>>,
}

impl Outlet {
    /// With nothing sent yet.
    pub(super) fn new(channel: Arc<Channel>, session: SessionNumber, clock: EventClock) -> Self {
        Self {
            channel,
            session,
            clock,
            signals: Signals::default(),
            frames: AtomicU64::new(0),
            delay_us: AtomicU64::new(0),
            takes: Takes::default(),
            shown: Mutex::default(),
        }
    }

    /// The newest frame of program.
    pub(super) fn shown(&self) -> Option<gst::Buffer> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show(&self, frame: &gst::Buffer) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(frame.clone());
    }

    /// Hands on one sample of a run's payloader, unless that run was given up.
    fn publish(&self, run: Run, reader: &mut PacketReader, sample: &gst::Sample) {
        let Some(buffer) = sample.buffer() else { return };
        let Some(mut packet) = reader.read(buffer) else { return };
        // The encoder shifts its timestamps, and its segment with them: only the running time is true.
        let Some(running_time) = super::running_time(sample, buffer) else { return };
        packet.running_time = running_time;
        packet.timestamp = rtp_timestamp(running_time);
        let Some(mut state) = self.signals.of(run) else { return };
        packet.sequence = state.send(running_time);
        let (last, now) = (packet.marker, self.clock.now());
        self.channel.publish(packet, now);
        drop(state);
        self.takes.sent(running_time, now);
        if last {
            let delay = now.saturating_sub(running_time).as_micros();
            self.delay_us.store(u64::try_from(delay).unwrap_or(u64::MAX), Ordering::Relaxed);
            self.frames.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The nearest RTP tick, so that frame times rounded to nanoseconds give even steps.
pub(super) fn rtp_timestamp(running_time: Duration) -> u32 {
    let nanos = running_time.as_nanos() * u128::from(Kind::Video.clock_rate()) + 500_000_000;
    #[expect(clippy::cast_possible_truncation, reason = "RTP timestamps wrap")]
    let timestamp = (nanos / 1_000_000_000) as u32;
    timestamp
}

/// A running program pipeline. Dropping it stops it, which may hang with an element that does.
#[derive(Debug)]
pub(super) struct Program {
    pipeline: Pipeline,
    source: AppSrc,
    outlet: Arc<Outlet>,
    length: Duration,
    pushed: u64,
    watch: Watch,
    is_seen: bool,
}

impl Program {
    /// Builds and starts it, with an encoder that is named `encoder` and keeps no frame back. This may hang with an element
    /// that does.
    pub(super) fn start(format: &Format, encoder: &Rung, outlet: &Arc<Outlet>, run: Run) -> Result<Self, Error> {
        let pipeline = Pipeline::build(
            "program",
            TEXT,
            &[
                ("width", &format.width),
                ("height", &format.height),
                ("fps", &format.fps),
                ("colorimetry", &COLORIMETRY),
                ("encoder", &encoder.text()),
            ],
            &outlet.clock,
        )?;
        let source: AppSrc = pipeline.element("frames")?;
        let begins = source.static_pad("src").ok_or(Error::Refused("the way into program's encoder"))?;
        let taker = Arc::clone(outlet);
        begins.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            taker.signals.take(run);
            gst::PadProbeReturn::Ok
        });

        let sink: AppSink = pipeline.element("packets")?;
        let publisher = Arc::clone(outlet);
        let mut reader = PacketReader::new(Origin::Live(outlet.session), Kind::Video);
        sink.set_callbacks(
            AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    publisher.publish(run, &mut reader, &sample);
                    Ok(gst::FlowSuccess::Ok)
                })
                .build(),
        );
        pipeline.start()?;
        let length = format.frame();
        let watch = Watch::new(length, Instant::now());
        Ok(Self { pipeline, source, outlet: Arc::clone(outlet), length, pushed: 0, watch, is_seen: false })
    }

    /// GStreamer's own object, to ask for a keyframe.
    pub(super) fn handle(&self) -> gst::Pipeline {
        self.pipeline.inner().clone()
    }

    /// Pushes the frame at `at`. Waits while the encoder is behind, up to the time at which that is a fault; no longer when
    /// the engine ends.
    pub(super) fn push(&mut self, mut frame: gst::Buffer, at: Duration) -> Result<(), Fault> {
        let outlet = Arc::clone(&self.outlet);
        while self.pushed >= outlet.signals.taken() + WAITING {
            if outlet.signals.is_stopping() {
                return Ok(());
            }
            outlet.signals.wait_taken(self.pushed + 1 - WAITING, LOOK);
            self.look()?;
        }
        set_times(&mut frame, at, self.length);
        // With its times: from here on nobody writes to it, so that a second owner costs no copy.
        outlet.show(&frame);
        self.source.push_buffer(frame).map_err(|error| self.fault().unwrap_or(Fault::Refused(error)))?;
        self.pushed += 1;
        self.watch.push(at);
        Ok(())
    }

    /// Looks whether it is well; often enough is twice in [`LOOK`].
    pub(super) fn look(&mut self) -> Result<(), Fault> {
        let newest = self.outlet.signals.newest();
        self.is_seen |= newest.is_some();
        match self.fault() {
            Some(fault) => Err(fault),
            None => self.watch.look(newest, Instant::now()),
        }
    }

    /// Whether a frame of it has come out.
    pub(super) fn is_seen(&self) -> bool {
        self.is_seen
    }

    /// The first error that the pipeline has reported and nobody has read.
    fn fault(&self) -> Option<Fault> {
        let messages = self.pipeline.inner().bus()?;
        let message = messages.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => {
                let source = error.src().map(|source| source.name().to_string()).unwrap_or_default();
                Some(Fault::Message(format!("{source}: {}", error.error())))
            }
            _ => None,
        }
    }
}

/// Asks a running program pipeline for a keyframe.
pub(super) fn force_keyframe(pipeline: &gst::Pipeline) {
    if let Some(encoder) = pipeline.by_name("encoder") {
        // Parameter sets come with each keyframe; `all_headers` would send them as a picture of their own, which browsers
        // cannot decode and answer with the next request.
        encoder.send_event(UpstreamForceKeyUnitEvent::builder().all_headers(false).build());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rtp_timestamps_step_evenly_although_frame_times_are_rounded() {
        for (fps, step) in [(24, 3750), (25, 3600), (30, 3000), (50, 1800), (60, 1500)] {
            let at = |n: u64| rtp_timestamp(Duration::from_nanos(n * 1_000_000_000 / fps));
            assert!((0..20_000).all(|n| at(n + 1) - at(n) == step), "{fps}");
        }
    }

    #[test]
    fn rtp_timestamps_wrap() {
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(u64::from(rtp_timestamp(day)), (24 * 3600 * 90_000) % (1 << 32));
    }
}
