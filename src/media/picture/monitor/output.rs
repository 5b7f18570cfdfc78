//! A monitor's encoder and its way onto the channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};

use crate::gst::{EventClock, PacketReader, Pipeline};
use crate::media::codec::encoder;
use crate::media::picture::frame::set_times;
use crate::media::picture::program::{COLORIMETRY, force_keyframe, rtp_timestamp};
use crate::media::picture::running_time;
use crate::media::{Error, Format};
use crate::rtp::{Channel, Kind, Origin, SessionNumber};

const TEXT: &str = include_str!("../../../../pipelines/monitor.gst");

/// Frames that may be on their way.
const MOST_INSIDE: u64 = 2;

/// How long an encoder may keep all of them.
const STALL: Duration = Duration::from_secs(2);

/// A running pipeline. Dropping it stops it.
pub(super) struct Output {
    pipeline: Pipeline,
    source: AppSrc,
    length: Duration,
    pushed: u64,
    /// Pictures that came out.
    came: Arc<AtomicU64>,
    full_since: Option<Instant>,
}

impl Output {
    /// Builds and starts it. Each one is a live source of its own: its first picture takes over from the slate.
    pub(super) fn start(format: &Format, channel: &Arc<Channel>, clock: &EventClock) -> Result<Self, Error> {
        let encoder = encoder::for_monitor(format);
        let values: [(&str, &dyn std::fmt::Display); 5] = [
            ("width", &format.width),
            ("height", &format.height),
            ("fps", &format.fps),
            ("colorimetry", &COLORIMETRY),
            ("encoder", &encoder.text()),
        ];
        let pipeline = Pipeline::build("monitor", TEXT, &values, clock)?;
        let sink: AppSink = pipeline.element("packets")?;
        let came = Arc::new(AtomicU64::new(0));
        let (channel, counter, clock) = (Arc::clone(channel), Arc::clone(&came), clock.clone());
        let mut reader = PacketReader::new(Origin::Live(SessionNumber::next()), Kind::Video);
        sink.set_callbacks(
            AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    let Some(buffer) = sample.buffer() else { return Ok(gst::FlowSuccess::Ok) };
                    // The encoder shifts its timestamps, and its segment with them: only the running time is true.
                    if let (Some(mut packet), Some(time)) = (reader.read(buffer), running_time(&sample, buffer)) {
                        (packet.running_time, packet.timestamp) = (time, rtp_timestamp(time));
                        let last = packet.marker;
                        channel.publish(packet, clock.now());
                        counter.fetch_add(last.into(), Ordering::Relaxed);
                    }
                    Ok(gst::FlowSuccess::Ok)
                })
                .build(),
        );
        let source = pipeline.element("frames")?;
        pipeline.start()?;
        Ok(Self { pipeline, source, length: format.frame(), pushed: 0, came, full_since: None })
    }

    /// Whether another frame can be pushed: one that cannot is left out.
    ///
    /// # Errors
    /// When the pipeline has failed, or nothing comes out of it any more.
    pub(super) fn is_ready(&mut self) -> Result<bool, String> {
        if let Some(error) = self.fault() {
            return Err(error);
        }
        if self.pushed - self.came.load(Ordering::Relaxed) < MOST_INSIDE {
            self.full_since = None;
            return Ok(true);
        }
        match self.full_since.get_or_insert_with(Instant::now).elapsed() {
            stalled if stalled >= STALL => Err(format!("its encoder gave nothing for {} s", STALL.as_secs())),
            _ => Ok(false),
        }
    }

    /// Pushes the frame at `at`.
    pub(super) fn push(&mut self, mut frame: gst::Buffer, at: Duration) -> Result<(), String> {
        set_times(&mut frame, at, self.length);
        self.source.push_buffer(frame).map_err(|error| self.fault().unwrap_or_else(|| error.to_string()))?;
        self.pushed += 1;
        Ok(())
    }

    /// Makes the next picture a keyframe.
    pub(super) fn force_keyframe(&self) {
        force_keyframe(self.pipeline.inner());
    }

    fn fault(&self) -> Option<String> {
        let message = self.pipeline.inner().bus()?.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(error.error().to_string()),
            _ => None,
        }
    }
}
