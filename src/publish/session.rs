//! One session's media side: the sending pipeline with its webrtcbin. What it notices it tells by message.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer::{self as gst, prelude::*};
use gstreamer_rtp::RTPBuffer;
use gstreamer_sdp::SDPMessage;
use gstreamer_video::UpstreamForceKeyUnitEvent;
use gstreamer_webrtc::{
    WebRTCICE, WebRTCICEGatheringState, WebRTCPeerConnectionState, WebRTCRTPTransceiver, WebRTCRTPTransceiverDirection,
    WebRTCSDPType, WebRTCSessionDescription,
};

use super::player::{Outlets, Player};
use super::scene::{FromFile, SEND, SEND_SOUND, Scene, raw_caps};
use super::tap::Depacketizer;
use super::worker::Input;
use super::{Config, Error, Format, Pattern, Picture, SentNal};
use crate::gst::{EventClock, Pipeline};

/// Time between the start of a file and its first frame: what a decoder needs to begin.
const LEAD: Duration = Duration::from_millis(200);

/// What a session notices.
#[derive(Debug)]
pub(super) enum Noticed {
    /// Media reached the peer's ends: an offer can be made.
    ReadyToOffer,
    /// An offer was made, or not.
    Offer(Result<WebRTCSessionDescription, String>),
    /// All candidates are known.
    Gathered,
    /// The answer was taken, or not.
    AnswerTaken(Result<(), String>),
    /// The connection's state changed.
    Connection(WebRTCPeerConnectionState),
    /// All of the file has been handed on.
    FileEnded,
    /// The file cannot go on.
    FileFailed(String),
    /// GStreamer gave up.
    Failed(String),
}

/// Where a session tells what it notices.
#[derive(Debug, Clone)]
pub(super) struct Notices {
    pub(super) input_tx: SyncSender<Input>,
    /// Tells a session's messages from those of the one before.
    pub(super) session: u64,
}

impl Notices {
    fn tell(&self, what: Noticed) {
        // A callback of GStreamer must not wait; if the worker has 256 messages unread, it has other troubles.
        if let Err(error) = self.input_tx.try_send(Input::Noticed(self.session, what)) {
            tracing::debug!(%error, "a publisher's message is lost");
        }
    }
}

/// A session. Dropping it ends all of its threads; that may block for some milliseconds.
#[derive(Debug)]
pub(super) struct Session {
    // The sending pipeline is declared, and so dropped, before the player that may wait for it.
    pipeline: Pipeline,
    peer: gst::Element,
    player: Option<Player>,
    has_picture: bool,
    heard_ns: Arc<AtomicU64>,
    clock: EventClock,
    notices: Notices,
}

impl Session {
    /// Builds and starts the pipeline. [`Noticed::ReadyToOffer`] follows.
    pub(super) fn start(config: &Config, clock: &EventClock, notices: Notices) -> Result<Self, Error> {
        let (pattern, player) = match &config.picture {
            Picture::Pattern(pattern) => (pattern, None),
            Picture::File(path) => (&Pattern::Black, Some(Player::open(path, config.format, clock)?)),
        };
        let from_file = player.as_ref().map_or(FromFile { picture: false, sound: false }, Player::holds);
        let has_picture = !config.sound_only;
        let Config { format, bitrate_kbps, .. } = *config;
        let scene = Scene { pattern, from_file, format, bitrate_kbps, has_picture };
        let pipeline = scene.build(if has_picture { SEND } else { SEND_SOUND }, clock)?;
        let peer: gst::Element = pipeline.element("peer")?;
        let heard_ns = Arc::new(AtomicU64::new(clock.now().as_nanos() as u64));
        let session = Self { pipeline, peer, player, has_picture, heard_ns, clock: clock.clone(), notices };
        session.prepare(config)?;
        session.watch();
        if let Some(tap) = config.tap.as_ref().filter(|_| has_picture) {
            session.tap(tap.clone())?;
        }
        session.pipeline.start()?;
        if let Some(player) = &session.player {
            session.play(player, clock.now() + LEAD)?;
        }
        Ok(session)
    }

    fn prepare(&self, config: &Config) -> Result<(), Error> {
        let ice: WebRTCICE = self.peer.property("ice-agent");
        for address in &config.listen {
            if !ice.emit_by_name::<bool>("add-local-ip-address", &[&address.to_string()]) {
                return Err(Error::Setting(format!("{address} is no local address to send from")));
            }
        }
        // Media over TCP serves nobody here, and gathering is quicker without it and without asking the router by UPnP.
        if ice.find_property("agent").is_some() {
            let agent: gst::glib::Object = ice.property("agent");
            agent.set_property("ice-tcp", false);
            agent.set_property("upnp", false);
        }
        // Reports name the instant of the media. GStreamer's default adds the pipeline's latency, and receivers disbelieve
        // reports that run ahead of the media by more than a second.
        let rtpbin = self.peer.downcast_ref::<gst::Bin>().and_then(|peer| peer.by_name("rtpbin"));
        if let Some(rtpbin) = rtpbin {
            rtpbin.set_property("rtcp-sync-send-time", false);
        }
        // The description links the picture first, then the sound.
        let nacks: &[bool] = if self.has_picture { &[true, false] } else { &[false] };
        for (index, nack) in (0_i32..).zip(nacks) {
            let transceiver = self.peer.emit_by_name::<Option<WebRTCRTPTransceiver>>("get-transceiver", &[&index]);
            if let Some(transceiver) = transceiver {
                transceiver.set_property("direction", WebRTCRTPTransceiverDirection::Sendonly);
                transceiver.set_property("do-nack", *nack);
            }
        }
        Ok(())
    }

    fn watch(&self) {
        let notices = self.notices.clone();
        let messages = self.pipeline.inner().bus().expect("a pipeline has a bus");
        messages.set_sync_handler(move |_, message| {
            if let gst::MessageView::Error(error) = message.view() {
                notices.tell(Noticed::Failed(error.error().message().to_owned()));
            }
            gst::BusSyncReply::Drop
        });
        let notices = self.notices.clone();
        self.peer.connect("on-negotiation-needed", false, move |_| {
            notices.tell(Noticed::ReadyToOffer);
            None
        });
        let notices = self.notices.clone();
        self.peer.connect_notify(Some("ice-gathering-state"), move |peer, _| {
            if peer.property::<WebRTCICEGatheringState>("ice-gathering-state") == WebRTCICEGatheringState::Complete {
                notices.tell(Noticed::Gathered);
            }
        });
        let notices = self.notices.clone();
        self.peer.connect_notify(Some("connection-state"), move |peer, _| {
            notices.tell(Noticed::Connection(peer.property("connection-state")));
        });
        let (heard_ns, clock) = (self.heard_ns.clone(), self.clock.clone());
        self.pipeline.inner().connect_deep_element_added(move |_, _, element| {
            if is_a(element, "nicesrc")
                && let Some(pad) = element.static_pad("src")
            {
                let (heard_ns, clock) = (heard_ns.clone(), clock.clone());
                pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, _| {
                    heard_ns.store(clock.now().as_nanos() as u64, Ordering::Relaxed);
                    gst::PadProbeReturn::Ok
                });
            }
        });
    }

    fn tap(&self, tap: tokio::sync::mpsc::Sender<SentNal>) -> Result<(), Error> {
        let valve: gst::Element = self.pipeline.element("picture-valve")?;
        let pad = valve.static_pad("src").expect("a valve has a source pad");
        let depacketizer = Mutex::new(Depacketizer::default());
        let copy = move |buffer: &gst::BufferRef| {
            let Ok(rtp) = RTPBuffer::from_buffer_readable(buffer) else { return };
            let Ok(payload) = rtp.payload() else { return };
            let units = depacketizer.lock().expect("nothing panics while it taps").push(payload);
            let at = Instant::now();
            for unit in units {
                if tap.try_send(SentNal { rtp_timestamp: rtp.timestamp(), bytes: unit.into(), at }).is_err() {
                    tracing::warn!("the tap of a publisher is full or gone: it misses a NAL unit");
                }
            }
        };
        pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, probe| {
            match &probe.data {
                Some(gst::PadProbeData::Buffer(buffer)) => copy(buffer),
                Some(gst::PadProbeData::BufferList(list)) => list.iter().for_each(&copy),
                _ => {}
            }
            gst::PadProbeReturn::Ok
        });
        Ok(())
    }

    fn play(&self, player: &Player, start: Duration) -> Result<(), Error> {
        let holds = player.holds();
        let outlets = Outlets {
            frames: holds.picture.then(|| self.pipeline.element("frames")).transpose()?,
            samples: holds.sound.then(|| self.pipeline.element("samples")).transpose()?,
        };
        let (ended, failed) = (self.notices.clone(), self.notices.clone());
        player.play(
            start,
            &outlets,
            move || ended.tell(Noticed::FileEnded),
            move |why| failed.tell(Noticed::FileFailed(why)),
        )
    }

    /// Plays the file again, after its end.
    pub(super) fn play_again(&mut self, config: &Config) -> Result<(), Error> {
        let (Picture::File(path), Some(ended)) = (&config.picture, self.player.take()) else { return Ok(()) };
        let end = ended.end();
        drop(ended);
        let player = Player::open(path, config.format, &self.clock)?;
        self.play(&player, end.max(self.clock.now() + LEAD))?;
        self.player = Some(player);
        Ok(())
    }

    /// Makes an offer; [`Noticed::Offer`] follows.
    pub(super) fn create_offer(&self) {
        let notices = self.notices.clone();
        let promise = gst::Promise::with_change_func(move |reply| {
            let offer = match reply {
                Ok(Some(reply)) => reply.get::<WebRTCSessionDescription>("offer").map_err(|_| told(reply)),
                Ok(None) => Err("webrtcbin gave no reply".to_owned()),
                Err(error) => Err(format!("{error:?}")),
            };
            notices.tell(Noticed::Offer(offer));
        });
        self.peer.emit_by_name::<()>("create-offer", &[&None::<gst::Structure>, &promise]);
    }

    /// Takes the offer as its own; gathering starts and [`Noticed::Gathered`] follows.
    pub(super) fn set_local(&self, offer: &WebRTCSessionDescription) {
        self.peer.emit_by_name::<()>("set-local-description", &[offer, &None::<gst::Promise>]);
    }

    /// The offer with all candidates that were found.
    pub(super) fn offer_text(&self) -> Result<String, Error> {
        let failed = |why: &str| Error::Negotiation { step: "gathering candidates", why: why.to_owned() };
        let description: Option<WebRTCSessionDescription> = self.peer.property("local-description");
        let text = description
            .and_then(|description| description.sdp().as_text().ok())
            .ok_or_else(|| failed("webrtcbin has no local description"))?;
        if !text.contains("a=candidate:") {
            return Err(failed(
                "no local address was found: is the machine on a network? (--listen 127.0.0.1 stays on it)",
            ));
        }
        Ok(text)
    }

    /// Hands the answer over; [`Noticed::AnswerTaken`] follows.
    pub(super) fn set_answer(&self, text: &str) -> Result<(), Error> {
        let failed = |why: String| Error::Negotiation { step: "reading the answer", why };
        let sdp = SDPMessage::parse_buffer(text.as_bytes()).map_err(|_| failed("it is not SDP".into()))?;
        if sdp.medias_len() == 0 || sdp.medias().all(|media| media.port() == 0) {
            return Err(failed("it takes neither picture nor sound".into()));
        }
        let answer = WebRTCSessionDescription::new(WebRTCSDPType::Answer, sdp);
        let notices = self.notices.clone();
        let promise = gst::Promise::with_change_func(move |reply| {
            let taken = match reply {
                Ok(Some(reply)) if reply.has_field("error") => Err(told(reply)),
                Ok(_) => Ok(()),
                Err(error) => Err(format!("{error:?}")),
            };
            notices.tell(Noticed::AnswerTaken(taken));
        });
        self.peer.emit_by_name::<()>("set-remote-description", &[&answer, &promise]);
        Ok(())
    }

    /// How long nothing came from the peer: reports, at least, do while it lives.
    pub(super) fn silence(&self) -> Duration {
        self.clock.now().saturating_sub(Duration::from_nanos(self.heard_ns.load(Ordering::Relaxed)))
    }

    pub(super) fn set_format(&self, format: Format) -> Result<(), Error> {
        match &self.player {
            Some(player) => player.set_format(format),
            None if !self.has_picture => Ok(()),
            None => {
                self.pipeline.element::<gst::Element>("raw")?.set_property("caps", raw_caps(format));
                Ok(())
            }
        }
    }

    /// Lets media flow or holds them back. A session begins with its media held back.
    pub(super) fn set_flowing(&self, flowing: bool) -> Result<(), Error> {
        for valve in ["picture-valve", "sound-valve"].into_iter().skip(usize::from(!self.has_picture)) {
            self.pipeline.element::<gst::Element>(valve)?.set_property("drop", !flowing);
        }
        Ok(())
    }

    /// Makes the next picture a keyframe.
    pub(super) fn begin_with_a_keyframe(&self) -> Result<(), Error> {
        if !self.has_picture {
            return Ok(());
        }
        let encoder: gst::Element = self.pipeline.element("encoder")?;
        let pad = encoder.static_pad("src").expect("an encoder has a source pad");
        if !pad.send_event(UpstreamForceKeyUnitEvent::builder().all_headers(false).build()) {
            tracing::debug!("the encoder does not take a wish for a keyframe yet");
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn pipeline(&self) -> &gst::Pipeline {
        self.pipeline.inner()
    }

    /// From now on no packet leaves, not even a farewell.
    pub(super) fn pull_the_plug(&self) {
        let elements = self.pipeline.inner().iterate_recurse().into_iter().flatten();
        for pad in elements.filter(|element| is_a(element, "nicesink")).filter_map(|sink| sink.static_pad("sink")) {
            let all = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
            pad.add_probe(all, |_, _| gst::PadProbeReturn::Drop);
        }
    }
}

fn is_a(element: &gst::Element, kind: &str) -> bool {
    element.factory().is_some_and(|factory| factory.name() == kind)
}

/// The words of a promise that failed.
fn told(reply: &gst::StructureRef) -> String {
    reply.get::<gst::glib::Error>("error").map_or_else(|_| reply.to_string(), |error| error.message().to_owned())
}
