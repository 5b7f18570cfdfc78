//! The server's end of one PeerConnection: a webrtcbin that receives, and its negotiation. Its methods block, so it
//! lives on its session's own thread; what GStreamer reports goes to the session's mailbox and to the intake.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use gstreamer::{self as gst, glib, prelude::*};
use gstreamer_app as gst_app;
use gstreamer_sdp::SDPMessage;
use gstreamer_video::UpstreamForceKeyUnitEvent;
use gstreamer_webrtc::{
    WebRTCICE, WebRTCICEConnectionState as IceState, WebRTCICEGatheringState as GatheringState, WebRTCKind,
    WebRTCPeerConnectionState as PeerState, WebRTCRTPTransceiver as Transceiver,
    WebRTCRTPTransceiverDirection as Direction, WebRTCSDPType, WebRTCSessionDescription, prelude::*,
};

use super::intake::{Intake, Stream};
use super::sdp::{Candidate, Local, Media, Offer};
use super::session::{End, Mailbox};
use super::{Config, Error};
use crate::gst::{EventClock, Pipeline};
use crate::rtp::Kind;

/// The name in `pipelines/`.
const NAME: &str = "contribution";

/// How long candidates are gathered. Those of the host come at once; a STUN server that does not answer would hold the
/// answer up for longer than any publisher waits.
const GATHERING: Duration = Duration::from_secs(3);

/// How far a publisher's sender reports may run ahead of its media, in milliseconds.
const REPORT_AHEAD_MS: i32 = 10_000;

/// Least time between two RTCP packets. GStreamer's own 5 s would hold back keyframe requests and loss reports.
const RTCP_INTERVAL: Duration = Duration::from_millis(10);

/// Members up to which a session sends feedback at once: a session here has two.
const IMMEDIATE_FEEDBACK_MEMBERS: u32 = 50;

/// Bandwidth in bit/s of which RTCP may take a twentieth (RFC 3550 §6.2): about what a city sends. With GStreamer's own
/// guess loss reports and congestion feedback wait for some 190 ms, longer than the jitter buffer; with this 25 ms.
const SESSION_BANDWIDTH: f64 = 2_000_000.0;

/// A webrtcbin in a pipeline of its own, so that a bad publisher hurts nothing but itself. Dropping it blocks until it
/// has ended.
#[derive(Debug)]
pub struct Peer {
    pipeline: Pipeline,
    webrtc: gst::Element,
}

impl Peer {
    /// Builds and starts it, and lets it report to `intake` and `mailbox`.
    pub fn start(
        config: &Config,
        jitter_buffer: Duration,
        clock: &EventClock,
        intake: &Arc<Intake>,
        mailbox: &Mailbox,
    ) -> Result<Self, Error> {
        let text = include_str!("../../pipelines/contribution.gst");
        let latency = jitter_buffer.as_millis();
        let pipeline = Pipeline::build(NAME, text, &[("latency", &latency)], clock)?;
        let webrtc: gst::Element = pipeline.element("peer")?;
        let peer = Self { pipeline, webrtc };
        peer.configure_ice(config)?;
        peer.report_to(intake, mailbox);
        peer.configure_jitter_buffers();
        peer.pipeline.start()?;
        Ok(peer)
    }

    /// Answers an offer. Blocks until the server's candidates are known, at most until `deadline`.
    pub fn negotiate(&self, offer: &Offer, config: &Config, deadline: Instant) -> Result<String, Error> {
        let (gathered_tx, gathered_rx) = sync_channel(1);
        self.webrtc.connect_notify(Some("ice-gathering-state"), move |webrtc, _| {
            if webrtc.property::<GatheringState>("ice-gathering-state") == GatheringState::Complete {
                let _ = gathered_tx.try_send(());
            }
        });
        for media in offer.media() {
            self.add_transceiver(media)?;
        }
        // What webrtcbin says against an offer will not change: a publisher must not try the same again.
        self.set_description("set-remote-description", WebRTCSDPType::Offer, &offer.pruned(), deadline)
            .map_err(Refusal::of_offer)?;
        self.ask_for_early_feedback();
        let reply = self.ask("create-answer", &[&None::<gst::Structure>], deadline).map_err(Refusal::of_server)?;
        let answer = reply.as_ref().and_then(|reply| reply.get::<WebRTCSessionDescription>("answer").ok());
        let answer = answer.ok_or_else(|| failed("webrtcbin gives no answer"))?;
        self.set_description("set-local-description", WebRTCSDPType::Answer, &text_of(&answer)?, deadline)
            .map_err(Refusal::of_server)?;
        self.wait_for_candidates(&gathered_rx, deadline);
        let local: Option<WebRTCSessionDescription> = self.webrtc.property("local-description");
        let local = text_of(&local.ok_or_else(|| failed("webrtcbin has no local description"))?)?;
        let local = Local::read(&local, offer).map_err(Error::Failed)?;
        if !local.has_candidates() {
            return Err(failed(
                "the server has no address for media: see that the contribution's UDP ports are not all taken, and that \
                 this host has a network",
            ));
        }
        Ok(offer.answer(&local, config.public_address))
    }

    /// Adds a candidate of the publisher. All media share one transport, that of the first m-line.
    pub fn add_candidate(&self, candidate: &Candidate) {
        self.webrtc.emit_by_name::<()>("add-ice-candidate", &[&0u32, &candidate.to_string()]);
    }

    /// Sends a picture loss indication (RFC 4585 §6.3.1); FIR (`all_headers`) would ask for more than is needed.
    pub fn request_keyframe(&self) {
        for pad in self.webrtc.src_pads() {
            if pad_transceiver(&pad).is_some_and(|transceiver| transceiver.kind() == WebRTCKind::Video) {
                // An event that finds no way upstream finds it at the next request.
                pad.send_event(UpstreamForceKeyUnitEvent::builder().all_headers(false).build());
            }
        }
    }

    /// Whether the publisher has presented the certificate that its offer named. A wrong one ends the session, even
    /// before media come.
    pub fn is_admitted(&self, intake: &Intake) -> bool {
        let transceiver: Option<Transceiver> = self.webrtc.emit_by_name("get-transceiver", &[&0i32]);
        let transport = transceiver.and_then(|transceiver| transceiver.receiver()?.transport());
        transport.and_then(|transport| intake.admits(&transport)) == Some(true)
    }

    /// Whether the publisher has closed its connection. webrtcbin does not tell, but the element that does DTLS knows.
    pub fn was_left(&self) -> bool {
        let Some(bin) = self.webrtc.downcast_ref::<gst::Bin>() else { return false };
        bin.iterate_all_by_element_factory_name("dtlssrtpdec").into_iter().flatten().any(|dtls| {
            // One that never met a peer is closed as well.
            let met = dtls.property::<Option<String>>("peer-pem").is_some();
            let state = dtls.property_value("connection-state");
            met && glib::EnumValue::from_value(&state).is_some_and(|(_, state)| state.nick() == "closed")
        })
    }

    fn configure_ice(&self, config: &Config) -> Result<(), Error> {
        let ice: WebRTCICE = self.webrtc.property("ice-agent");
        // Media go over UDP alone; a publisher that cannot use it needs the TURN server.
        ice.set_property("ice-tcp", false);
        // libnice would ask a router to open ports: a thread, ten sockets and 200 ms for each publisher, and a door in
        // somebody's router that nobody asked for.
        let agent: glib::Object = ice.property("agent");
        agent.set_property("upnp", false);
        ice.set_min_rtp_port(u32::from(*config.ports.start()));
        ice.set_max_rtp_port(u32::from(*config.ports.end()));
        for address in &config.listen {
            if !ice.emit_add_local_ip_address(&address.to_string()) {
                return Err(failed(&format!("webrtcbin cannot listen on {address}")));
            }
        }
        if let Some(server) = &config.stun_server {
            self.webrtc.set_property("stun-server", server);
        }
        for server in &config.turn_servers {
            if !self.webrtc.emit_by_name::<bool>("add-turn-server", &[server]) {
                tracing::warn!("a TURN server is left out: turn://user:password@host:port is needed");
            }
        }
        Ok(())
    }

    fn report_to(&self, intake: &Arc<Intake>, mailbox: &Mailbox) {
        let pipeline = self.pipeline.inner().downgrade();
        let (streams, errors) = (Arc::clone(intake), mailbox.clone());
        self.webrtc.connect_pad_added(move |_, pad| {
            let Some(pipeline) = pipeline.upgrade() else { return };
            if let Err(error) = receive(&pipeline, pad, &streams, &errors) {
                errors.end(End::Pipeline(error));
            }
        });
        let arrivals = Arc::downgrade(intake);
        self.pipeline.inner().connect_deep_element_added(move |_, _, element| {
            // All that comes in comes out of here; ICE's own checks do not.
            let source = element.factory().filter(|factory| factory.name() == "nicesrc").and(element.static_pad("src"));
            let Some(pad) = source else { return };
            let arrivals = arrivals.clone();
            pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, _| {
                if let Some(intake) = arrivals.upgrade() {
                    intake.arrive();
                }
                gst::PadProbeReturn::Ok
            });
        });
        let ice = mailbox.clone();
        self.webrtc.connect_notify(Some("ice-connection-state"), move |webrtc, _| {
            match webrtc.property::<IceState>("ice-connection-state") {
                IceState::Failed => ice.end(End::Unreachable),
                IceState::Closed => ice.end(End::Left),
                _ => {}
            }
        });
        let dtls = mailbox.clone();
        self.webrtc.connect_notify(Some("connection-state"), move |webrtc, _| {
            match webrtc.property::<PeerState>("connection-state") {
                PeerState::Connected => dtls.wake(),
                PeerState::Failed => dtls.end(End::Unreachable),
                PeerState::Closed => dtls.end(End::Left),
                _ => {}
            }
        });
        let messages = mailbox.clone();
        // A sync handler needs no thread and no main loop; dropping every message keeps the bus empty.
        self.pipeline.inner().bus().expect("a pipeline has a bus").set_sync_handler(move |_, message| {
            if let gst::MessageView::Error(error) = message.view() {
                let source = error.src().map(|source| source.name()).unwrap_or_default();
                messages.end(End::Pipeline(format!("{source}: {}", error.error())));
            }
            gst::BusSyncReply::Drop
        });
    }

    fn add_transceiver(&self, media: &Media) -> Result<(), Error> {
        let text = media.codec.caps();
        let caps: gst::Caps = text.parse().map_err(|_| failed(&format!("'{text}' are no caps")))?;
        let transceiver: Transceiver = self.webrtc.emit_by_name("add-transceiver", &[&Direction::Recvonly, &caps]);
        transceiver.set_property("do-nack", media.codec.feedback.contains(&"nack"));
        Ok(())
    }

    fn rtpbin(&self) -> Option<gst::Element> {
        self.webrtc.downcast_ref::<gst::Bin>()?.by_name("rtpbin")
    }

    /// Keeps jitter buffers from guessing when the next packet is due. A publisher whose encoder or network pauses for
    /// longer than the buffer would get its next packet asked for again, declared lost, and dropped when it comes.
    ///
    /// Also lets them believe sender reports that run ahead of the media: those of GStreamer's publishers do by their
    /// pipeline's latency. Without them lips stay as far apart as the first packets happened to come.
    fn configure_jitter_buffers(&self) {
        let Some(rtpbin) = self.rtpbin() else { return };
        rtpbin.connect("new-jitterbuffer", false, |values| {
            if let Some(buffer) = values.get(1).and_then(|value| value.get::<gst::Element>().ok()) {
                buffer.set_property("rtx-next-seqnum", false);
                buffer.set_property("max-rtcp-rtp-time-diff", REPORT_AHEAD_MS);
            }
            None
        });
    }

    /// Lets loss reports and keyframe requests leave at once.
    fn ask_for_early_feedback(&self) {
        let session = self
            .rtpbin()
            .and_then(|rtpbin| rtpbin.emit_by_name::<Option<glib::Object>>("get-internal-session", &[&0u32]));
        let Some(session) = session else {
            tracing::warn!("webrtcbin shows no RTP session: keyframe requests may be late");
            return;
        };
        let interval = u64::try_from(RTCP_INTERVAL.as_nanos()).expect("10 ms fit");
        session.set_property("rtcp-min-interval", interval);
        session.set_property("rtcp-immediate-feedback-threshold", IMMEDIATE_FEEDBACK_MEMBERS);
        session.set_property("bandwidth", SESSION_BANDWIDTH);
    }

    fn wait_for_candidates(&self, gathered_rx: &Receiver<()>, deadline: Instant) {
        let patience = GATHERING.min(deadline.saturating_duration_since(Instant::now()));
        if let Err(RecvTimeoutError::Timeout) = gathered_rx.recv_timeout(patience) {
            tracing::warn!(
                "gathering candidates takes too long: the answer goes without those of STUN or TURN servers"
            );
        }
    }

    fn set_description(&self, action: &str, kind: WebRTCSDPType, sdp: &str, deadline: Instant) -> Result<(), Refusal> {
        let message = SDPMessage::parse_buffer(sdp.as_bytes())
            .map_err(|error| Refusal::Refused(format!("GStreamer does not read the SDP: {error}")))?;
        let description = WebRTCSessionDescription::new(kind, message);
        self.ask(action, &[&description], deadline).map(drop)
    }

    /// Calls an action that answers by a promise, and waits for it.
    fn ask(&self, action: &str, values: &[&dyn ToValue], deadline: Instant) -> Result<Option<gst::Structure>, Refusal> {
        let (reply_tx, reply_rx) = sync_channel(1);
        let promise = gst::Promise::with_change_func(move |reply| {
            let _ = reply_tx.try_send(reply.map(|reply| reply.map(ToOwned::to_owned)));
        });
        let values: Vec<&dyn ToValue> = values.iter().copied().chain([&promise as &dyn ToValue]).collect();
        self.webrtc.emit_by_name::<()>(action, &values);
        let reply = reply_rx.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        let reply = reply.map_err(|_| Refusal::Silent(format!("webrtcbin does not answer '{action}'")))?;
        let reply = reply.map_err(|_| Refusal::Silent(format!("webrtcbin broke '{action}' off")))?;
        match reply.as_ref().and_then(|reply| reply.get::<glib::Error>("error").ok()) {
            Some(error) => Err(Refusal::Refused(format!("webrtcbin refuses '{action}': {error}"))),
            None => Ok(reply),
        }
    }
}

/// Why webrtcbin did not do what it was asked.
#[derive(Debug)]
enum Refusal {
    /// It says what is wrong with what it was given.
    Refused(String),
    /// It did not answer.
    Silent(String),
}

impl Refusal {
    /// The error if it was given what the publisher offered.
    fn of_offer(self) -> Error {
        match self {
            Self::Refused(words) => Error::NotSdp(words),
            Self::Silent(words) => Error::Failed(words),
        }
    }

    /// The error if it was given its own work.
    fn of_server(self) -> Error {
        match self {
            Self::Refused(words) | Self::Silent(words) => Error::Failed(words),
        }
    }
}

/// Brings the packets of a new pad to the intake. Runs on a streaming thread, so it only builds one element.
fn receive(pipeline: &gst::Pipeline, pad: &gst::Pad, intake: &Arc<Intake>, mailbox: &Mailbox) -> Result<(), String> {
    let transceiver = pad_transceiver(pad).ok_or("a pad without a transceiver")?;
    let transport =
        transceiver.receiver().and_then(|receiver| receiver.transport()).ok_or("a pad without a transport")?;
    let kind = match transceiver.kind() {
        WebRTCKind::Audio => Kind::Audio,
        WebRTCKind::Video => Kind::Video,
        other => return Err(format!("a pad with media of kind {other:?}")),
    };
    let id = intake.add_stream().ok_or("the publisher sends too many streams (SSRCs): one for each kind is needed")?;
    let mut stream = Stream::new(kind, id, Arc::clone(intake), transport.downgrade());
    let ends = mailbox.clone();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(buffer) = sample.buffer() {
                stream.take(buffer);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        // DTLS was closed: the publisher has left, as a browser does on close().
        .eos(move |_| ends.end(End::Left))
        .build();
    let sink = gst_app::AppSink::builder().sync(false).async_(false).max_buffers(8).callbacks(callbacks).build();
    sink.set_enable_last_sample(false);
    let words = |error: glib::BoolError| error.to_string();
    pipeline.add(&sink).map_err(words)?;
    sink.sync_state_with_parent().map_err(words)?;
    let sink_pad = sink.static_pad("sink").ok_or("an appsink without a pad")?;
    pad.link(&sink_pad).map_err(|error| error.to_string())?;
    Ok(())
}

fn pad_transceiver(pad: &gst::Pad) -> Option<Transceiver> {
    pad.property("transceiver")
}

fn text_of(description: &WebRTCSessionDescription) -> Result<String, Error> {
    description.sdp().as_text().map_err(|_| failed("webrtcbin's description has no text"))
}

fn failed(what: &str) -> Error {
    Error::Failed(what.to_owned())
}
