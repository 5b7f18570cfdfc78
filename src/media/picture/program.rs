//! The program pipeline: compositor, encoder and payloader, fed frame by frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gstreamer_video::{UpstreamForceKeyUnitEvent, VideoFormat, VideoInfo};

use super::driver::{Driver, clock_time};
use super::input::Frame;
use super::keying::{Keying, Look};
use super::plan::Values;
use super::takes::Takes;
use crate::gst::{EventClock, PacketReader, Pipeline};
use crate::media::{Error, Format};
use crate::rtp::{Channel, Kind, Origin, SessionNumber};

const TEXT: &str = include_str!("../../../pipelines/program.gst");

/// All program pictures are in this colour space; so are those of publishers that name none.
pub(crate) const COLORIMETRY: &str = "bt709";

/// Where program's packets go, and the numbers that outlive a pipeline.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) channel: Arc<Channel>,
    pub(super) session: SessionNumber,
    pub(super) clock: EventClock,
    /// Sequence number of the next packet.
    pub(super) sequence: AtomicU64,
    /// Pictures that went out.
    pub(super) frames: AtomicU64,
    /// Time from the newest picture's instant to its last packet, in microseconds.
    pub(super) delay_us: AtomicU64,
    pub(super) takes: Takes,
}

impl Outlet {
    /// Hands on one sample of the payloader.
    fn publish(&self, reader: &mut PacketReader, sample: &gst::Sample) {
        let Some(buffer) = sample.buffer() else { return };
        let Some(mut packet) = reader.read(buffer) else { return };
        // The encoder shifts its timestamps, and its segment with them: only the running time is true.
        let Some(running_time) = super::running_time(sample, buffer) else { return };
        packet.running_time = running_time;
        packet.timestamp = rtp_timestamp(running_time);
        packet.sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let (last, now) = (packet.marker, self.clock.now());
        self.channel.publish(packet, now);
        self.takes.sent(running_time, now);
        if last {
            let delay = now.saturating_sub(running_time).as_micros();
            self.delay_us.store(u64::try_from(delay).unwrap_or(u64::MAX), Ordering::Relaxed);
            self.frames.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The nearest RTP tick, so that frame times rounded to nanoseconds give even steps.
fn rtp_timestamp(running_time: Duration) -> u32 {
    let nanos = running_time.as_nanos() * u128::from(Kind::Video.clock_rate()) + 500_000_000;
    #[expect(clippy::cast_possible_truncation, reason = "RTP timestamps wrap")]
    let timestamp = (nanos / 1_000_000_000) as u32;
    timestamp
}

/// A running program pipeline. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Program {
    pipeline: Pipeline,
    inputs: Vec<Input>,
    keying: Keying,
}

/// One source's way into the compositor.
#[derive(Debug)]
struct Input {
    /// Our own end, without an element: whoever pushes here runs into the compositor and waits there if it is behind.
    pad: gst::Pad,
    caps: Option<gst::Caps>,
    driver: Driver,
}

impl Program {
    /// Builds and starts it, with `inputs` inputs.
    pub(super) fn start(format: &Format, inputs: usize, outlet: &Arc<Outlet>) -> Result<Self, Error> {
        let pipeline = Pipeline::build(
            "program",
            TEXT,
            &[
                ("width", &format.width),
                ("height", &format.height),
                ("fps", &format.fps),
                ("kilobits", &(format.bitrate / 1000)),
                ("threads", &format.encoder_threads()),
                ("colorimetry", &COLORIMETRY),
            ],
            &outlet.clock,
        )?;
        let mixer: gst::Element = pipeline.element("mixer")?;
        let inputs = (0..inputs).map(|number| Input::new(&mixer, number)).collect::<Result<_, _>>()?;
        let keying = Keying::default();
        let composited = mixer.static_pad("src").ok_or(Error::Refused("the output of the compositor"))?;
        keying.install(&composited, VideoInfo::builder(VideoFormat::I420, format.width, format.height).build()?);

        let sink: AppSink = pipeline.element("packets")?;
        let outlet = Arc::clone(outlet);
        let mut reader = PacketReader::new(Origin::Live(outlet.session), Kind::Video);
        sink.set_callbacks(
            AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    outlet.publish(&mut reader, &sample);
                    Ok(gst::FlowSuccess::Ok)
                })
                .build(),
        );
        pipeline.start()?;
        Ok(Self { pipeline, inputs, keying })
    }

    /// GStreamer's own object, to stop the pipeline from another thread or to ask for a keyframe.
    pub(super) fn handle(&self) -> gst::Pipeline {
        self.pipeline.inner().clone()
    }

    /// Sets how input `input` looks from the frame at `at` on.
    pub(super) fn drive(&mut self, input: usize, at: Duration, values: &Values) {
        self.inputs[input].driver.drive(at, values);
    }

    /// Sets what lies over the frame at `at` and those after it.
    pub(super) fn key(&self, at: Duration, look: Look) {
        self.keying.drive(at, look);
    }

    /// Pushes an input's frame for the tick at `at`. Waits while the compositor is more than one frame behind; ends
    /// when the pipeline is stopped.
    pub(super) fn push(
        &mut self,
        input: usize,
        frame: &Frame,
        at: Duration,
        length: Duration,
    ) -> Result<(), gst::FlowError> {
        let input = &mut self.inputs[input];
        if input.caps.as_ref() != Some(&frame.caps) {
            input.pad.push_event(gst::event::Caps::new(&frame.caps));
            if input.caps.is_none() {
                input.pad.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
            }
            input.caps = Some(frame.caps.clone());
        }
        // A shallow copy: the pixels are shared, the times are this tick's.
        let mut buffer = frame.buffer.copy();
        let times = buffer.get_mut().expect("a copy has one owner");
        times.set_pts(clock_time(at));
        times.set_dts(None);
        times.set_duration(clock_time(length));
        input.pad.push(buffer).map(drop)
    }

    /// The first error that the pipeline has reported and nobody has read.
    pub(super) fn fault(&self) -> Option<String> {
        let messages = self.pipeline.inner().bus()?;
        let message = messages.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(format!(
                "{}: {}",
                error.src().map(|source| source.name().to_string()).unwrap_or_default(),
                error.error()
            )),
            _ => None,
        }
    }
}

impl Input {
    fn new(mixer: &gst::Element, number: usize) -> Result<Self, Error> {
        let sink = mixer.request_pad_simple("sink_%u").ok_or(Error::Refused("another input of the compositor"))?;
        sink.set_property_from_str("sizing-policy", "keep-aspect-ratio");
        let driver = Driver::new(&sink)?;
        let pad = gst::Pad::builder(gst::PadDirection::Src)
            .name(format!("input_{number}"))
            .query_function(|pad, parent, query| match query.view_mut() {
                gst::QueryViewMut::Latency(latency) => {
                    // Frames are pushed by ticks: the compositor must not wait by the clock as well.
                    latency.set(false, gst::ClockTime::ZERO, gst::ClockTime::NONE);
                    true
                }
                _ => gst::Pad::query_default(pad, parent, query),
            })
            .build();
        pad.set_active(true)?;
        pad.link(&sink).map_err(|_| Error::Refused("a link into the compositor"))?;
        pad.push_event(gst::event::StreamStart::new(&format!("input_{number}")));
        Ok(Self { pad, caps: None, driver })
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
