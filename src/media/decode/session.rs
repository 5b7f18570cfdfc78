//! The pipeline that decodes one live session.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gstreamer_video::{
    VideoColorMatrix, VideoColorRange, VideoColorimetry, VideoFrameExt, VideoFrameRef, VideoInfo, VideoMeta,
};

use super::feed::{AUDIO_PACKETS, AudioFeed, Fed, PICTURES, VideoFeed};
use crate::gst::{EventClock, Pipeline};
use crate::media::Error;
use crate::media::codec::Rung;
use crate::media::condition::{Grid, Judge, Loudness};
use crate::media::picture::{COLORIMETRY, FrameInput, running_time};
use crate::rtp::{Kind, Packet, SessionNumber};
use crate::show::Flaw;

const TEXT: &str = include_str!("../../../pipelines/decode.gst");

/// Time between two requests for a keyframe while none has been decoded.
const REQUEST_INTERVAL: Duration = Duration::from_millis(300);
/// The same after [`EAGER_REQUESTS`] of them: a picture that did not come by then is of no kind that can be decoded.
const SLOW_REQUEST_INTERVAL: Duration = Duration::from_secs(2);
const EAGER_REQUESTS: u32 = 20;

/// How long a decoder may have had a keyframe without giving any frame: longer than one that starts needs.
const STALL: Duration = Duration::from_secs(2);

/// Where decoded media go.
#[derive(Clone)]
pub(super) struct Outlets {
    pub(super) frames: FrameInput,
    pub(super) strip: Arc<Mutex<Strip>>,
}

type Strip = Box<dyn Fn(Duration, &[f32]) + Send>;

impl fmt::Debug for Outlets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlets").finish_non_exhaustive()
    }
}

/// How a lost packet of sound is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mending {
    /// The decoder guesses what was there (Opus PLC).
    Guess,
    /// From what the next packet says of it (Opus in-band FEC), if it says anything: all sound comes a packet later.
    NextPacket,
}

/// A session's running pipeline. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) number: SessionNumber,
    pipeline: Pipeline,
    video: VideoFeed,
    audio: AudioFeed,
    /// Instant of the newest decoded frame, in nanoseconds; zero before the first.
    decoded: Arc<AtomicU64>,
    keyframe: Keyframe,
    /// A keyframe that was fed and is not decoded yet: its instant, and when it was fed.
    awaited: Option<(Duration, Duration)>,
    last_packet: Duration,
    measure: Measure,
}

/// Whether the decoder can go on by itself.
#[derive(Debug, Clone, Copy)]
enum Keyframe {
    /// It can, or no picture has come at all.
    NotNeeded,
    /// Only from a keyframe whose instant is not before `from`.
    Needed { from: Duration, asked: Option<Duration>, times: u32 },
}

impl Session {
    pub(super) fn start(
        number: SessionNumber,
        codec: &Rung,
        mending: Mending,
        clock: &EventClock,
        outlets: &Outlets,
        now: Duration,
    ) -> Result<Self, Error> {
        let values: [(&str, &dyn fmt::Display); 5] = [
            ("fec", &(mending == Mending::NextPacket)),
            ("decoder", &codec.text()),
            ("pictures", &PICTURES),
            ("audio_packets", &AUDIO_PACKETS),
            ("colorimetry", &COLORIMETRY),
        ];
        let pipeline = Pipeline::build("decode", TEXT, &values, clock)?;
        let decoded = Arc::new(AtomicU64::new(0));
        let measure = Measure { judge: Arc::new(Mutex::new(Judge::new(now))), clock: clock.clone() };
        deliver_frames(&pipeline, outlets.frames.clone(), Arc::clone(&decoded), measure.clone())?;
        deliver_samples(&pipeline, Arc::clone(&outlets.strip), measure.clone())?;
        let video = VideoFeed::new(pipeline.element("video")?);
        let audio = AudioFeed::new(pipeline.element("audio")?);
        pipeline.start()?;
        let keyframe = Keyframe::NotNeeded;
        Ok(Self { number, pipeline, video, audio, decoded, keyframe, awaited: None, last_packet: now, measure })
    }

    /// Feeds one packet of this session, before which so many were lost on the way.
    pub(super) fn feed(&mut self, packet: &Packet, lost: u64, now: Duration) {
        self.last_packet = now;
        self.measure.packet(packet.kind, lost, now);
        let fed = match packet.kind {
            Kind::Audio => return self.audio.push(packet),
            Kind::Video => self.video.push(packet),
        };
        if packet.keyframe && self.awaited.is_none() {
            self.awaited = Some((packet.running_time, now));
        }
        if fed == Fed::AfterGap {
            self.keyframe = match self.keyframe {
                Keyframe::NotNeeded => Keyframe::Needed { from: packet.running_time, asked: None, times: 0 },
                // One loss during another needs one more keyframe, but no faster requests.
                Keyframe::Needed { asked, times, .. } => Keyframe::Needed { from: packet.running_time, asked, times },
            };
        }
    }

    /// When the sound that should have come by then is taken for lost, if it is waited for so long. Nothing if none is awaited.
    pub(super) fn loss_due(&self, patience: Duration) -> Option<Duration> {
        self.audio.end().map(|end| end + patience)
    }

    /// Makes up for sound that has not come in time.
    pub(super) fn conceal(&mut self, patience: Duration, now: Duration) {
        while self.loss_due(patience).is_some_and(|due| due <= now) {
            self.audio.make_up();
        }
    }

    /// Whether to ask for a keyframe now; a `true` counts as asked.
    pub(super) fn wants_keyframe(&mut self, now: Duration) -> bool {
        let decoded = Duration::from_nanos(self.decoded.load(Ordering::Relaxed));
        let Keyframe::Needed { from, asked, times } = &mut self.keyframe else { return false };
        if decoded >= *from {
            self.keyframe = Keyframe::NotNeeded;
            return false;
        }
        let interval = if *times < EAGER_REQUESTS { REQUEST_INTERVAL } else { SLOW_REQUEST_INTERVAL };
        if asked.is_some_and(|asked| now.saturating_sub(asked) < interval) {
            return false;
        }
        *asked = Some(now);
        *times = times.saturating_add(1);
        true
    }

    /// Whether keyframes go in and nothing comes out.
    pub(super) fn is_stalled(&mut self, now: Duration) -> bool {
        let decoded = Duration::from_nanos(self.decoded.load(Ordering::Relaxed));
        self.awaited = self.awaited.filter(|(instant, _)| decoded < *instant);
        self.awaited.is_some_and(|(_, fed)| now.saturating_sub(fed) >= STALL)
    }

    /// Whether a frame was ever decoded.
    pub(super) fn has_decoded(&self) -> bool {
        self.decoded.load(Ordering::Relaxed) > 0
    }

    /// What is wrong with what comes in.
    pub(super) fn flaws(&self, now: Duration) -> Vec<Flaw> {
        self.measure.judge().look(now)
    }

    /// How long ago the last packet came.
    pub(super) fn silence(&self, now: Duration) -> Duration {
        now.saturating_sub(self.last_packet)
    }

    /// The first error that the pipeline has reported and nobody has read.
    pub(super) fn fault(&self) -> Option<String> {
        let message = self.pipeline.inner().bus()?.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(error.error().to_string()),
            _ => None,
        }
    }
}

/// Tells the judge what passes, from whichever thread it does.
#[derive(Debug, Clone)]
struct Measure {
    judge: Arc<Mutex<Judge>>,
    clock: EventClock,
}

impl Measure {
    fn packet(&self, kind: Kind, lost: u64, now: Duration) {
        let mut judge = self.judge();
        judge.packets(now, lost, 1);
        if kind == Kind::Video {
            judge.picture_packet(now);
        }
    }

    /// Most frames are only counted; five a second are looked at.
    fn frame(&self, sample: &gst::Sample) {
        let now = self.clock.now();
        // Not `if self.judge().frame(now)`: the lock would be held over the look.
        let is_wanted = self.judge().frame(now);
        if is_wanted && let Some(grid) = grid(sample) {
            self.judge().glance(now, &grid);
        }
    }

    fn samples(&self, pcm: &[f32]) {
        let loudness = Loudness::of(pcm);
        self.judge().sound(self.clock.now(), loudness);
    }

    fn judge(&self) -> MutexGuard<'_, Judge> {
        self.judge.lock().expect("no code panics while it holds the judge")
    }
}

/// Points of a picture, of any format that begins with a plane of luma in bytes.
fn grid(sample: &gst::Sample) -> Option<Grid> {
    let info = VideoInfo::from_caps(sample.caps()?).ok()?;
    let has_luma_in_bytes = info.format_info().depth().first() == Some(&8)
        && info.format_info().pixel_stride().first() == Some(&1)
        && !info.is_rgb();
    if !has_luma_in_bytes {
        return None;
    }
    let frame = VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    Grid::of(frame.plane_data(0).ok()?, stride, info.width() as usize, info.height() as usize)
}

/// Hands each decoded frame on.
fn deliver_frames(
    pipeline: &Pipeline,
    frames: FrameInput,
    decoded: Arc<AtomicU64>,
    measure: Measure,
) -> Result<(), Error> {
    let sink: AppSink = pipeline.element("frames")?;
    let parser: gst::Element = pipeline.element("parser")?;
    label(&parser.static_pad("src").ok_or(Error::Refused("a look at the parser's output"))?);
    take_padded(&sink.static_pad("sink").ok_or(Error::Refused("a look at decoded frames"))?);
    sink.set_callbacks(
        AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let Some(instant) = sample.buffer().and_then(|buffer| running_time(&sample, buffer)) {
                    decoded.store(u64::try_from(instant.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
                }
                frames.push(&sample);
                measure.frame(&sample);
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    Ok(())
}

/// Gives a stream that names no colour space that of program, before it is decoded. GStreamer would guess one by its height
/// and convert it, which costs twice as much as decoding, and a publisher that ramps up its resolution would change its colours
/// on the way. One that differs only in what pixels do not show of it is given program's as well.
fn label(coded: &gst::Pad) {
    coded.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
        if let Some(gst::EventView::Caps(event)) = info.event().map(|event| event.view())
            && is_nearly_program(event.caps())
        {
            let mut caps = event.caps_owned();
            caps.make_mut().set("colorimetry", COLORIMETRY);
            info.data = Some(gst::PadProbeData::Event(gst::event::Caps::new(&caps)));
        }
        gst::PadProbeReturn::Ok
    });
}

/// Whether Y, U and V mean what they mean in program, or it is not said what they mean.
fn is_nearly_program(caps: &gst::CapsRef) -> bool {
    let named = caps.structure(0).and_then(|structure| structure.get::<&str>("colorimetry").ok());
    let Some(named) = named else { return true };
    named.parse::<VideoColorimetry>().is_ok_and(|named| {
        matches!(named.range(), VideoColorRange::Unknown | VideoColorRange::Range16_235)
            && matches!(named.matrix(), VideoColorMatrix::Unknown | VideoColorMatrix::Bt709)
    })
}

/// Says that frames may have room between their rows: else the decoder copies each one to get it out of there.
fn take_padded(frames: &gst::Pad) {
    frames.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

/// Hands PCM on.
fn deliver_samples(pipeline: &Pipeline, strip: Arc<Mutex<Strip>>, measure: Measure) -> Result<(), Error> {
    let sink: AppSink = pipeline.element("samples")?;
    let mut pcm = Vec::new();
    sink.set_callbacks(
        AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let Some(buffer) = sample.buffer() else { return Ok(gst::FlowSuccess::Ok) };
                if let (Some(at), Ok(bytes)) = (running_time(&sample, buffer), buffer.map_readable()) {
                    pcm.clear();
                    pcm.extend(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
                    strip.lock().expect("a strip does not panic")(at, &pcm);
                    measure.samples(&pcm);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    Ok(())
}
