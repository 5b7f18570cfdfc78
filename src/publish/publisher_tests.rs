//! Whole publishers against a small WHIP server on loopback with a receiving webrtcbin: what was sent is what arrives.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gstreamer_rtp::RTPBuffer;
use gstreamer_sdp::SDPMessage;
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};
use gstreamer_webrtc::{WebRTCICE, WebRTCICEGatheringState, WebRTCSDPType, WebRTCSessionDescription};

use super::tap::Depacketizer;
use super::*;

const PATIENCE: Duration = Duration::from_secs(20);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What the far end saw.
#[derive(Debug)]
enum Seen {
    Posted,
    Deleted,
    Picture { width: u32, height: u32, counter: Option<u16>, time: Duration, is_white: bool },
    Sound { peak: f32, time: Duration },
    Nal(Vec<u8>),
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
        let pipeline = gst::parse::launch("webrtcbin name=peer bundle-policy=max-bundle latency=40").unwrap();
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
    let (seen_tx, nal_tx) = (seen_tx.clone(), seen_tx.clone());
    let look = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer().unwrap();
        let segment = sample.segment().unwrap().downcast_ref::<gst::ClockTime>().unwrap();
        let time = segment.to_running_time(buffer.pts().unwrap()).map_or(Duration::ZERO, Duration::from);
        let seen = if is_picture {
            let info = VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
            let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &info).unwrap();
            let (width, height) = (info.width(), info.height());
            let stride = frame.plane_stride()[0] as usize;
            let luma = frame.plane_data(0).unwrap();
            let counter = read_counter(luma, stride, width as usize, height as usize);
            Seen::Picture { width, height, counter, time, is_white: luma[0] > 200 }
        } else {
            let bytes = buffer.map_readable().unwrap();
            let samples = bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
            let peak = samples.clone().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            let silent = samples.take_while(|sample| sample.abs() < 0.02).count();
            Seen::Sound { peak, time: time + Duration::from_secs_f64(silent as f64 / 48_000.0) }
        };
        seen_tx.try_send(seen).ok(); // a test that has seen enough
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(look).build());
    pipeline.add(&bin).unwrap();
    bin.sync_state_with_parent().unwrap();
    if is_picture {
        let depacketizer = std::sync::Mutex::new(Depacketizer::default());
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, probe| {
            let rtp = RTPBuffer::from_buffer_readable(probe.buffer().unwrap()).unwrap();
            for unit in depacketizer.lock().unwrap().push(rtp.payload().unwrap()) {
                nal_tx.try_send(Seen::Nal(unit)).ok();
            }
            gst::PadProbeReturn::Ok
        });
    }
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
        Self::start_at("127.0.0.1:0")
    }

    fn start_at(address: &str) -> Self {
        gst::init().unwrap();
        let listener = TcpListener::bind(address).unwrap();
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
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let seen = self.seen_rx.recv_timeout(left).expect("what is awaited is seen in time");
            if wanted(&seen) {
                return seen;
            }
        }
    }

    /// Ends the session from the server's side.
    fn kick(&self) {
        let mut stream = TcpStream::connect(authority(&self.url)).unwrap();
        write!(stream, "KICK / HTTP/1.1\r\n\r\n").unwrap();
    }

    fn config(&self, pattern: &str) -> Config {
        Config { listen: vec![LOOPBACK], ..Config::new(&self.url, Picture::Pattern(pattern.parse().unwrap())) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        TcpStream::connect(authority(&self.url)).unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

fn authority(url: &str) -> &str {
    url.trim_start_matches("http://").split('/').next().unwrap()
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
    if head[0].starts_with("kick") {
        *far_end = None;
        return;
    }
    if head[0].starts_with("patch") {
        let status = if far_end.is_some() { "204 No Content" } else { "404 Not Found" };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        return;
    }
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

fn is_picture(seen: &Seen) -> bool {
    matches!(seen, Seen::Picture { .. })
}

#[test]
fn picture_and_sound_arrive_and_a_stop_is_told_to_the_server() {
    let server = Server::start();
    let clock = EventClock::start();
    let publisher = Publisher::start(server.config("lecce"), &clock).unwrap();
    wait_for_state(&publisher, |state| *state == State::Live);
    server.wait_for(|seen| matches!(seen, Seen::Picture { width: 640, height: 360, counter: Some(_), .. }));
    server.wait_for(|seen| matches!(seen, Seen::Sound { peak, .. } if (0.05..0.2).contains(peak)));
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
        matches!(seen, Seen::Picture { width: 320, height: 240, counter: Some(_), .. })
    });
}

#[test]
fn the_tap_sees_exactly_what_arrives() {
    let server = Server::start();
    let (tap_tx, mut tap_rx) = mpsc::channel(4096);
    let config = Config { tap: Some(tap_tx), ..server.config("milano") };
    let publisher = Publisher::start(config, &EventClock::start()).unwrap();
    let mut arrived = Vec::new();
    while arrived.len() < 40 {
        let Seen::Nal(unit) = server.wait_for(|seen| matches!(seen, Seen::Nal(_))) else { unreachable!() };
        arrived.push(unit);
    }
    publisher.stop();
    let mut sent = Vec::new();
    while let Some(nal) = tap_rx.blocking_recv() {
        sent.push(nal);
    }
    let first = sent.iter().position(|nal| *nal.bytes == arrived[0][..]).expect("what arrives was sent");
    for (sent, arrived) in sent[first..].iter().zip(&arrived) {
        assert_eq!(&sent.bytes[..], arrived);
    }
    let pictures: Vec<_> = sent.iter().filter(|nal| matches!(nal.bytes[0] & 0x1f, 1 | 5)).collect();
    for two in pictures.windows(2) {
        let step = two[1].rtp_timestamp.wrapping_sub(two[0].rtp_timestamp);
        assert!(step.abs_diff(3000) <= 1, "30 fps at 90 kHz: {step}");
    }
}

#[test]
fn an_abandoned_session_ends_without_a_word() {
    let server = Server::start();
    let publisher = Publisher::start(server.config("genova"), &EventClock::start()).unwrap();
    server.wait_for(is_picture);
    publisher.abandon();
    assert!(!server.seen_rx.try_iter().any(|seen| matches!(seen, Seen::Deleted)));
}

#[test]
fn media_can_be_held_back_within_a_session() {
    let server = Server::start();
    let publisher = Publisher::start(server.config("genova"), &EventClock::start()).unwrap();
    server.wait_for(is_picture);
    publisher.set_paused(true);
    let quiet = Duration::from_millis(500);
    let deadline = Instant::now() + PATIENCE;
    while server.seen_rx.recv_timeout(quiet).is_ok() {
        assert!(Instant::now() < deadline, "media still flow");
    }
    publisher.set_paused(false);
    server.wait_for(|seen| {
        assert!(!matches!(seen, Seen::Posted), "the session stays");
        is_picture(seen)
    });
}

#[test]
fn a_session_that_the_server_ended_is_followed_by_another() {
    let server = Server::start();
    // Longer than the test waits: the silence alone does not end it.
    let config = Config { silence: PATIENCE * 2, ..server.config("bologna") };
    let publisher = Publisher::start(config, &EventClock::start()).unwrap();
    server.wait_for(is_picture);
    let kicked = Instant::now();
    server.kick();
    wait_for_state(&publisher, |state| matches!(state, State::Retrying { .. }));
    println!("noticed after {} ms", kicked.elapsed().as_millis());
    server.wait_for(|seen| matches!(seen, Seen::Posted));
    wait_for_state(&publisher, |state| *state == State::Live);
    server.wait_for(is_picture);
}

#[test]
fn a_server_that_comes_late_is_found() {
    gst::init().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let picture = Picture::Pattern("lecce".parse().unwrap());
    let config = Config { listen: vec![LOOPBACK], ..Config::new(format!("http://{free}/whip/lecce"), picture) };
    let publisher = Publisher::start(config, &EventClock::start()).unwrap();
    wait_for_state(&publisher, |state| matches!(state, State::Retrying { .. }));
    let server = Server::start_at(&free.to_string());
    server.wait_for(is_picture);
}

#[test]
fn what_cannot_mend_itself_ends_the_publisher_with_the_reason() {
    gst::init().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/whip/lecce", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 65_536];
        assert!(stream.read(&mut request).unwrap() > 0);
        write!(stream, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        // Until the client has gone: a reset would look like a server that is away.
        while stream.read(&mut request).unwrap() > 0 {}
    });
    let config = Config { listen: vec![LOOPBACK], ..Config::new(url, Picture::Pattern("lecce".parse().unwrap())) };
    let publisher = Publisher::start(config, &EventClock::start()).unwrap();
    wait_for_state(&publisher, |state| matches!(state, State::Stopped { why: Some(why) } if why.contains("--bearer")));
    server.join().unwrap();
}

/// Writes a file of one second with these streams.
fn file(name: &str, streams: &str) -> (tempfile::TempDir, PathBuf) {
    gst::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let text = format!("matroskamux name=mux ! filesink location={} {streams}", path.display());
    let pipeline = gst::parse::launch(&text).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(20), &kinds).unwrap();
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pipeline.set_state(gst::State::Null).unwrap();
    (folder, path)
}

const FILE_PICTURE: &str = "videotestsrc num-buffers=25 pattern=white ! video/x-raw,width=400,height=300,framerate=25/1
    ! x264enc tune=zerolatency ! mux.";
const FILE_SOUND: &str =
    "audiotestsrc num-buffers=47 samplesperbuffer=1024 volume=0.5 ! audio/x-raw,rate=48000 ! opusenc ! mux.";

#[test]
fn a_file_is_played_again_and_again() {
    let (_folder, path) = file("film.mkv", &format!("{FILE_PICTURE} {FILE_SOUND}"));
    let server = Server::start();
    let config = Config { picture: Picture::File(path), ..server.config("bars") };
    let publisher = Publisher::start(config, &EventClock::start()).unwrap();
    // 640x360 from 400x300: the picture keeps its shape, so there are bars at the sides.
    server.wait_for(|seen| matches!(seen, Seen::Picture { width: 640, height: 360, .. }));
    server.wait_for(|seen| matches!(seen, Seen::Sound { peak, .. } if *peak > 0.3));
    let begin = Instant::now();
    let mut frames = 0;
    server.wait_for(|seen| {
        assert!(!matches!(seen, Seen::Posted), "one session plays all rounds");
        frames += u32::from(is_picture(seen));
        frames == 90
    });
    assert!(begin.elapsed() > Duration::from_secs(2), "three rounds in real time");
    drop(publisher);
}

#[test]
fn what_a_file_lacks_is_black_or_silent() {
    let (_folder, path) = file("sound.mka", FILE_SOUND);
    let server = Server::start();
    let config = Config { picture: Picture::File(path), ..server.config("bars") };
    let publisher = Publisher::start(config, &EventClock::start()).unwrap();
    server.wait_for(is_picture);
    server.wait_for(|seen| matches!(seen, Seen::Sound { peak, .. } if *peak > 0.3));
    drop(publisher);
}

#[test]
fn a_file_that_does_not_play_says_so_at_once() {
    gst::init().unwrap();
    let clock = EventClock::start();
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a film").unwrap();
    for path in [folder.path().join("missing.mp4"), folder.path().to_owned(), text] {
        let config = Config::new("http://127.0.0.1:9/whip/lecce", Picture::File(path.clone()));
        let error = Publisher::start(config, &clock).unwrap_err();
        assert!(matches!(&error, Error::File { path: named, .. } if *named == path), "{error}");
    }
}

#[test]
fn settings_out_of_range_are_refused_at_once() {
    gst::init().unwrap();
    let clock = EventClock::start();
    let picture = Picture::Pattern(Pattern::Bars);
    let good = Config::new("http://127.0.0.1:9/whip/lecce", picture);
    let format = |width, height, fps| Config { format: Format { width, height, fps }, ..good.clone() };
    let wrong = [
        format(641, 360, 30),
        format(640, 88, 30),
        format(3840, 2160, 30),
        format(640, 360, 0),
        format(640, 360, 61),
        Config { bitrate_kbps: 99, ..good.clone() },
    ];
    for config in wrong {
        assert!(matches!(Publisher::start(config, &clock), Err(Error::Setting(_))));
    }
    let url = Config { url: "lecce".into(), ..good };
    assert!(matches!(Publisher::start(url, &clock), Err(Error::Url { .. })));
}

#[test]
fn nothing_of_a_session_outlives_it() {
    gst::init().unwrap();
    let (input_tx, input_rx) = sync_channel(256);
    let config = Config::new("http://127.0.0.1:9/whip/lecce", Picture::Pattern(Pattern::Bars));
    let notices = session::Notices { input_tx, session: 1 };
    let session = session::Session::start(&config, &EventClock::start(), notices).unwrap();
    let pipeline = session.pipeline().downgrade();
    session.create_offer();
    assert!(input_rx.recv_timeout(PATIENCE).is_ok());
    drop(session);
    assert!(pipeline.upgrade().is_none());
    // All callbacks are gone as well: they held the other ends of this.
    let deadline = Instant::now() + PATIENCE;
    while input_rx.recv_timeout(deadline - Instant::now()).is_ok() {}
    assert!(Instant::now() < deadline, "somebody still holds a sender");
}

#[test]
fn flash_and_tone_arrive_together() {
    let server = Server::start();
    let publisher = Publisher::start(server.config("flash"), &EventClock::start()).unwrap();
    let (mut dark, mut quiet) = (false, false);
    let (mut flashes, mut tones) = (Vec::new(), Vec::new());
    server.wait_for(|seen| {
        match seen {
            Seen::Picture { time, is_white, .. } => {
                if dark && *is_white {
                    flashes.push(*time);
                }
                dark = !is_white;
            }
            Seen::Sound { peak, time } => {
                if quiet && *peak > 0.05 {
                    tones.push(*time);
                }
                quiet = *peak < 0.02;
            }
            _ => {}
        }
        flashes.len() > 3 && tones.len() > 3
    });
    // The first ones may be cut by the start of the session.
    for flash in &flashes[2..] {
        let apart = tones.iter().map(|tone| tone.abs_diff(*flash)).min();
        assert!(apart < Some(Duration::from_millis(40)), "{flashes:?} {tones:?}");
    }
    drop(publisher);
}

/// Names of the elements in a pipeline and in its elements.
fn factories(pipeline: &gst::Pipeline) -> Vec<String> {
    let elements = pipeline.iterate_recurse().into_iter().flatten();
    elements.filter_map(|element| Some(element.factory()?.name().to_string())).collect()
}

#[test]
fn the_doctor_knows_every_element_of_a_session() {
    let server = Server::start();
    let (input_tx, input_rx) = sync_channel(256);
    let config = server.config("lecce");
    let notices = session::Notices { input_tx, session: 1 };
    let session = session::Session::start(&config, &EventClock::start(), notices).unwrap();
    let next = || match input_rx.recv_timeout(PATIENCE).unwrap() {
        Input::Noticed(_, noticed) => noticed,
        other => panic!("{other:?}"),
    };
    while !matches!(next(), session::Noticed::ReadyToOffer) {}
    session.create_offer();
    let offer = loop {
        if let session::Noticed::Offer(offer) = next() {
            break offer.unwrap();
        }
    };
    session.set_local(&offer);
    while !matches!(next(), session::Noticed::Gathered) {}
    let (seen_tx, seen_rx) = sync_channel(100_000);
    let far_end = FarEnd::answer(&session.offer_text().unwrap(), &seen_tx);
    session.set_answer(&far_end.answer).unwrap();
    session.set_flowing(true).unwrap();
    while !is_picture(&seen_rx.recv_timeout(PATIENCE).unwrap()) {}
    let known: Vec<&str> = crate::gst::probe::ELEMENTS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    // Containers come with webrtcbin itself, or with GStreamer's core.
    let containers = ["pipeline", "bin", "transportsendbin", "transportreceivebin"];
    let used = factories(session.pipeline()).into_iter().chain(factories(&far_end.pipeline));
    let unknown: BTreeSet<_> =
        used.filter(|name| !known.contains(&name.as_str()) && !containers.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?} are in no package of ELEMENTS");
}
