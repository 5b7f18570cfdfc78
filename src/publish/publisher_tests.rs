//! Whole publishers against a small WHIP server on loopback with a receiving webrtcbin: what was sent is what arrives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gstreamer_sdp::SDPMessage;
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};
use gstreamer_webrtc::{WebRTCICE, WebRTCICEGatheringState, WebRTCSDPType, WebRTCSessionDescription};

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What the far end saw.
#[derive(Debug)]
enum Seen {
    Posted,
    Deleted,
    Picture { width: u32, height: u32, counter: Option<u16> },
    Sound { peak: f32 },
}

/// One session's receiving end.
struct FarEnd {
    pipeline: gst::Pipeline,
    answer: String,
}

impl Drop for FarEnd {
    fn drop(&mut self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}

impl FarEnd {
    fn answer(offer: &str, seen_tx: &SyncSender<Seen>) -> Self {
        let pipeline = gst::parse::launch("webrtcbin name=peer bundle-policy=max-bundle latency=20").unwrap();
        let pipeline = match pipeline.downcast::<gst::Pipeline>() {
            Ok(pipeline) => pipeline,
            Err(peer) => {
                let pipeline = gst::Pipeline::new();
                pipeline.add(&peer).unwrap();
                pipeline
            }
        };
        let peer = pipeline.by_name("peer").unwrap();
        let ice: WebRTCICE = peer.property("ice-agent");
        assert!(ice.emit_by_name::<bool>("add-local-ip-address", &[&"127.0.0.1"]));
        let (weak, seen_tx) = (pipeline.downgrade(), seen_tx.clone());
        peer.connect_pad_added(move |_, pad| receive(&weak.upgrade().unwrap(), pad, &seen_tx));
        let (gathered_tx, gathered_rx) = sync_channel(8);
        peer.connect_notify(Some("ice-gathering-state"), move |peer, _| {
            if peer.property::<WebRTCICEGatheringState>("ice-gathering-state") == WebRTCICEGatheringState::Complete {
                gathered_tx.send(()).unwrap();
            }
        });
        pipeline.set_state(gst::State::Playing).unwrap();
        let offer = SDPMessage::parse_buffer(offer.as_bytes()).unwrap();
        let offer = WebRTCSessionDescription::new(WebRTCSDPType::Offer, offer);
        let promise = gst::Promise::new();
        peer.emit_by_name::<()>("set-remote-description", &[&offer, &promise]);
        promise.wait();
        let promise = gst::Promise::new();
        peer.emit_by_name::<()>("create-answer", &[&None::<gst::Structure>, &promise]);
        promise.wait();
        let answer = promise.get_reply().unwrap().get::<WebRTCSessionDescription>("answer").unwrap();
        peer.emit_by_name::<()>("set-local-description", &[&answer, &None::<gst::Promise>]);
        gathered_rx.recv_timeout(PATIENCE).unwrap();
        let answer = peer.property::<WebRTCSessionDescription>("local-description").sdp().as_text().unwrap();
        Self { pipeline, answer }
    }
}

fn receive(pipeline: &gst::Pipeline, pad: &gst::Pad, seen_tx: &SyncSender<Seen>) {
    let caps = pad.current_caps().unwrap();
    let is_picture = caps.structure(0).unwrap().get::<&str>("media") == Ok("video");
    let text = if is_picture {
        "rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=I420 ! appsink name=sink sync=false"
    } else {
        "rtpopusdepay ! opusdec ! audioconvert ! audio/x-raw,format=F32LE,channels=1 ! appsink name=sink sync=false"
    };
    let bin =
        gst::parse::bin_from_description_with_name(text, true, if is_picture { "video" } else { "audio" }).unwrap();
    let sink = bin.by_name("sink").unwrap().downcast::<AppSink>().unwrap();
    let seen_tx = seen_tx.clone();
    let look = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer().unwrap();
        let seen = if is_picture {
            let info = VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
            let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &info).unwrap();
            let (width, height) = (info.width(), info.height());
            let stride = frame.plane_stride()[0] as usize;
            let counter = read_counter(frame.plane_data(0).unwrap(), stride, width as usize, height as usize);
            Seen::Picture { width, height, counter }
        } else {
            let bytes = buffer.map_readable().unwrap();
            let samples = bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
            Seen::Sound { peak: samples.fold(0.0, |peak, sample| peak.max(sample.abs())) }
        };
        seen_tx.try_send(seen).ok(); // a test that has seen enough
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(look).build());
    pipeline.add(&bin).unwrap();
    bin.sync_state_with_parent().unwrap();
    pad.link(&bin.static_pad("sink").unwrap()).unwrap();
}

/// A WHIP server for one publisher at a time.
struct Server {
    url: String,
    seen_rx: Receiver<Seen>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start() -> Self {
        gst::init().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/whip/lecce", listener.local_addr().unwrap());
        let (seen_tx, seen_rx) = sync_channel(100_000);
        let ended = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let ended = ended.clone();
            move || {
                let mut far_end = None;
                loop {
                    let (stream, _) = listener.accept().unwrap();
                    if ended.load(Ordering::Relaxed) {
                        return;
                    }
                    serve(&stream, &mut far_end, &seen_tx);
                }
            }
        });
        Self { url, seen_rx, ended, thread: Some(thread) }
    }

    fn wait_for(&self, mut wanted: impl FnMut(&Seen) -> bool) -> Seen {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            let seen = self.seen_rx.recv_timeout(left).expect("what is awaited is seen in time");
            if wanted(&seen) {
                return seen;
            }
        }
    }

    fn config(&self, pattern: &str) -> Config {
        Config { listen: vec![LOOPBACK], ..Config::new(&self.url, Picture::Pattern(pattern.parse().unwrap())) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let authority = self.url.trim_start_matches("http://").split('/').next().unwrap();
        TcpStream::connect(authority).unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

fn serve(mut stream: &TcpStream, far_end: &mut Option<FarEnd>, seen_tx: &SyncSender<Seen>) {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().to_lowercase() {
            line if line.is_empty() => break,
            line => head.push(line),
        }
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    if head[0].starts_with("delete") {
        *far_end = None;
        seen_tx.send(Seen::Deleted).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        return;
    }
    seen_tx.send(Seen::Posted).unwrap();
    let new = far_end.insert(FarEnd::answer(std::str::from_utf8(&body).unwrap(), seen_tx));
    write!(
        stream,
        "HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nLocation: /session\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        new.answer.len(),
        new.answer
    )
    .unwrap();
}

fn wait_for_state(publisher: &Publisher, wanted: impl FnMut(&State) -> bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut state = publisher.state();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, state.wait_for(wanted)).await.unwrap().unwrap() });
}

#[test]
fn picture_and_sound_arrive_and_a_stop_is_told_to_the_server() {
    let server = Server::start();
    let clock = EventClock::start();
    let publisher = Publisher::start(server.config("lecce"), &clock).unwrap();
    wait_for_state(&publisher, |state| *state == State::Live);
    server.wait_for(|seen| matches!(seen, Seen::Picture { width: 640, height: 360, counter: Some(_) }));
    server.wait_for(|seen| matches!(seen, Seen::Sound { peak } if (0.05..0.2).contains(peak)));
    let state = publisher.state();
    publisher.stop();
    assert_eq!(*state.borrow(), State::Stopped { why: None });
    server.wait_for(|seen| matches!(seen, Seen::Deleted));
}

#[test]
fn the_size_changes_within_a_session() {
    let server = Server::start();
    let publisher = Publisher::start(server.config("roma"), &EventClock::start()).unwrap();
    server.wait_for(|seen| matches!(seen, Seen::Picture { width: 640, .. }));
    publisher.set_format(Format { width: 320, height: 240, fps: 15 }).unwrap();
    server.wait_for(|seen| {
        assert!(!matches!(seen, Seen::Posted), "the session stays");
        matches!(seen, Seen::Picture { width: 320, height: 240, counter: Some(_) })
    });
}
