//! A publisher for the tests: moving bars and a tone, encoded and sent by a webrtcbin of its own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};
use gstreamer_rtp::RTPBuffer;
use gstreamer_sdp::SDPMessage;
use gstreamer_webrtc::{
    WebRTCICE, WebRTCICEGatheringState as Gathering, WebRTCPeerConnectionState as PeerState, WebRTCRTPTransceiver,
    WebRTCSDPType, WebRTCSessionDescription, prelude::*,
};

use super::DEADLINE;
use crate::gst::{EventClock, Pipeline};
use crate::rtp::{Kind, Packet};

const PEER: &str = "webrtcbin name=peer bundle-policy=max-bundle latency=0\n";

const VIDEO: &str = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=30/1
    ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max=100000
    ! video/x-h264,profile=constrained-baseline
    ! rtph264pay name=video-pay config-interval=-1 aggregate-mode=zero-latency mtu=1200
    ! application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000 ! queue name=slow ! peer.\n";

const AUDIO: &str = "audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=2 ! opusenc
    ! rtpopuspay name=audio-pay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000 ! peer.\n";

/// What a publisher sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Both,
    Audio,
    Video,
}

/// When what was made, on the event clock, by kind and RTP timestamp.
#[derive(Debug, Clone, Default)]
pub struct Sent(Arc<Mutex<HashMap<(Kind, u32), Duration>>>);

impl Sent {
    /// When a packet's content was made.
    pub fn at(&self, packet: &Packet) -> Option<Duration> {
        self.0.lock().unwrap().get(&(packet.kind, packet.timestamp)).copied()
    }
}

/// A publisher; it ends when it is dropped.
pub struct Publisher {
    pipeline: Pipeline,
    webrtc: gst::Element,
    offer: String,
    sent: Sent,
    pause: Arc<Mutex<Duration>>,
    /// Ticks by which the timestamps of its sound are behind.
    behind: Arc<AtomicU32>,
    lost: Arc<AtomicU64>,
}

impl Publisher {
    /// Starts one whose picture leaves late by `lag` after its sound, as one does that encodes slowly.
    pub async fn start_slow(lag: Duration, clock: &EventClock) -> Self {
        let clock = clock.clone();
        tokio::task::spawn_blocking(move || Self::build(Media::Both, lag, &clock)).await.unwrap()
    }

    /// Starts one and makes its offer, with all of its candidates.
    pub async fn start(media: Media, clock: &EventClock) -> Self {
        let clock = clock.clone();
        tokio::task::spawn_blocking(move || Self::build(media, Duration::ZERO, &clock)).await.unwrap()
    }

    fn build(media: Media, lag: Duration, clock: &EventClock) -> Self {
        let text = match media {
            Media::Both => [PEER, VIDEO, AUDIO].concat(),
            Media::Audio => [PEER, AUDIO].concat(),
            Media::Video => [PEER, VIDEO].concat(),
        };
        let pipeline = Pipeline::build("test-publisher", &text, &[], clock).unwrap();
        let webrtc: gst::Element = pipeline.element("peer").unwrap();
        let ice: WebRTCICE = webrtc.property("ice-agent");
        assert!(ice.emit_add_local_ip_address("127.0.0.1"));
        ice.set_property("ice-tcp", false);
        ice.property::<gst::glib::Object>("agent").set_property("upnp", false);
        let (sent, pause) = (Sent::default(), Arc::<Mutex<Duration>>::default());
        for (kind, name) in [(Kind::Video, "video-pay"), (Kind::Audio, "audio-pay")] {
            if let Ok(payloader) = pipeline.element::<gst::Element>(name) {
                note_what_is_sent(kind, &payloader, &sent);
                pause_when_told(&payloader, &pause);
            }
        }
        let behind = Arc::<AtomicU32>::default();
        if let Ok(payloader) = pipeline.element::<gst::Element>("audio-pay") {
            put_behind(&payloader, &behind);
        }
        if let Ok(queue) = pipeline.element::<gst::Element>("slow") {
            queue.set_property("min-threshold-time", u64::try_from(lag.as_nanos()).unwrap());
        }
        // Sender reports tell when media were made, as those of browsers do, not when they left.
        let rtpbin = webrtc.downcast_ref::<gst::Bin>().unwrap().by_name("rtpbin").unwrap();
        rtpbin.set_property("rtcp-sync-send-time", false);
        spread_latency(pipeline.inner());
        pipeline.start().unwrap();
        until("the payloaders know their caps", || webrtc.sink_pads().iter().all(|pad| pad.current_caps().is_some()));
        for index in 0..webrtc.sink_pads().len() {
            let index = i32::try_from(index).unwrap();
            let transceiver: WebRTCRTPTransceiver = webrtc.emit_by_name("get-transceiver", &[&index]);
            transceiver.set_property("do-nack", true);
        }
        let offer = ask(&webrtc, "create-offer", &[&None::<gst::Structure>]).unwrap();
        let offer: WebRTCSessionDescription = offer.get("offer").unwrap();
        ask(&webrtc, "set-local-description", &[&offer]);
        until("its candidates are gathered", || {
            webrtc.property::<Gathering>("ice-gathering-state") == Gathering::Complete
        });
        let local: WebRTCSessionDescription = webrtc.property("local-description");
        let offer = local.sdp().as_text().unwrap();
        Self { pipeline, webrtc, offer, sent, pause, behind, lost: Arc::default() }
    }

    /// Its offer.
    pub fn offer(&self) -> &str {
        &self.offer
    }

    /// Its offer with the fingerprint of a certificate that it does not have.
    pub fn forged_offer(&self) -> String {
        let forged = format!("a=fingerprint:sha-256 {}", ["AB"; 32].join(":"));
        let line = |line: &str| if line.starts_with("a=fingerprint:") { forged.clone() } else { line.to_owned() };
        self.offer.lines().map(line).collect::<Vec<_>>().join("\r\n")
    }

    /// Takes the answer; from now on it connects and sends.
    pub async fn accept(&self, answer: &str) {
        let message = SDPMessage::parse_buffer(answer.as_bytes()).unwrap();
        let answer = WebRTCSessionDescription::new(WebRTCSDPType::Answer, message);
        let webrtc = self.webrtc.clone();
        tokio::task::spawn_blocking(move || ask(&webrtc, "set-remote-description", &[&answer])).await.unwrap();
    }

    /// What it has sent so far, and goes on to send.
    pub fn sent(&self) -> Sent {
        self.sent.clone()
    }

    /// Holds its media up once, for so long.
    pub fn pause(&self, span: Duration) {
        *self.pause.lock().unwrap() = span;
    }

    /// From now on the timestamps of its sound are behind by so much more.
    pub fn jump_back(&self, span: Duration) {
        let ticks = u32::try_from(span.as_millis() * 48).unwrap();
        self.behind.fetch_add(ticks, Ordering::Relaxed);
    }

    /// From now on the network loses one of so many of its packets.
    pub fn lose_one_in(&self, many: u64) {
        let bin = self.webrtc.downcast_ref::<gst::Bin>().unwrap();
        for sink in bin.iterate_all_by_element_factory_name("nicesink").into_iter().flatten() {
            let (lost, passed) = (Arc::clone(&self.lost), AtomicU64::new(0));
            sink.static_pad("sink").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                if !(passed.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(many) {
                    return gst::PadProbeReturn::Ok;
                }
                lost.fetch_add(1, Ordering::Relaxed);
                gst::PadProbeReturn::Handled
            });
        }
    }

    /// How many packets the network has lost.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until ICE and DTLS are up.
    pub async fn wait_for_connection(&self) {
        self.wait_for("the connection is up", |state| state == PeerState::Connected).await;
    }

    async fn wait_for(&self, what: &'static str, fits: impl Fn(PeerState) -> bool + Send + 'static) {
        let webrtc = self.webrtc.clone();
        let waited = tokio::task::spawn_blocking(move || until(what, || fits(webrtc.property("connection-state"))));
        waited.await.unwrap();
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        // Its pipeline stops now; the field is dropped right after.
        let _ = self.pipeline.inner().set_state(gst::State::Null);
    }
}

/// Tells the pipeline its latency whenever that changes: without it GStreamer's sender reports are wrong, and nobody
/// could bring sound and picture together.
fn spread_latency(pipeline: &gst::Pipeline) {
    let weak = pipeline.downgrade();
    pipeline.bus().unwrap().set_sync_handler(move |_, message| {
        if let (gst::MessageView::Latency(_), Some(pipeline)) = (message.view(), weak.upgrade()) {
            pipeline.call_async(|pipeline| drop(pipeline.recalculate_latency()));
        }
        gst::BusSyncReply::Drop
    });
}

fn note_what_is_sent(kind: Kind, payloader: &gst::Element, sent: &Sent) {
    let sent = Arc::clone(&sent.0);
    let note = move |pad: &gst::Pad, buffer: &gst::BufferRef| {
        let timestamp = RTPBuffer::from_buffer_readable(buffer).unwrap().timestamp();
        // Encoders begin their segment far from zero, so that no time becomes negative.
        let segment = pad.sticky_event::<gst::event::Segment>(0).unwrap();
        let segment = segment.segment().downcast_ref::<gst::ClockTime>().unwrap().clone();
        let running_time = segment.to_running_time(buffer.pts()).unwrap();
        sent.lock().unwrap().insert((kind, timestamp), running_time.into());
    };
    let mask = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    payloader.static_pad("src").unwrap().add_probe(mask, move |pad, info| {
        match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => note(pad, buffer),
            Some(gst::PadProbeData::BufferList(list)) => list.iter().for_each(|buffer| note(pad, buffer)),
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

fn put_behind(payloader: &gst::Element, behind: &Arc<AtomicU32>) {
    let behind = Arc::clone(behind);
    payloader.static_pad("src").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let (ticks @ 1.., Some(gst::PadProbeData::Buffer(buffer))) = (behind.load(Ordering::Relaxed), &mut info.data)
        {
            let mut rtp = RTPBuffer::from_buffer_writable(buffer.make_mut()).unwrap();
            let timestamp = rtp.timestamp();
            rtp.set_timestamp(timestamp.wrapping_sub(ticks));
        }
        gst::PadProbeReturn::Ok
    });
}

fn pause_when_told(payloader: &gst::Element, pause: &Arc<Mutex<Duration>>) {
    let pause = Arc::clone(pause);
    let mask = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    payloader.static_pad("src").unwrap().add_probe(mask, move |_, _| {
        let span = std::mem::take(&mut *pause.lock().unwrap());
        std::thread::sleep(span);
        gst::PadProbeReturn::Ok
    });
}

fn ask(webrtc: &gst::Element, action: &str, values: &[&dyn ToValue]) -> Option<gst::Structure> {
    let promise = gst::Promise::new();
    let values: Vec<&dyn ToValue> = values.iter().copied().chain([&promise as &dyn ToValue]).collect();
    webrtc.emit_by_name::<()>(action, &values);
    assert_eq!(promise.wait(), gst::PromiseResult::Replied, "{action}");
    let reply = promise.get_reply().map(ToOwned::to_owned);
    let error = reply.as_ref().and_then(|reply| reply.get::<gst::glib::Error>("error").ok());
    assert!(error.is_none(), "{action}: {error:?}");
    reply
}

fn until(what: &str, fits: impl Fn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !fits() {
        assert!(Instant::now() < end, "it takes too long until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
