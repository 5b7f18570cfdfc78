//! What fails is started anew, and what viewers see meanwhile.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use gstreamer::prelude::*;

use super::*;
use crate::media::slate;
use crate::rtp::{Kind, Origin, Standby};
use crate::show::Alarm;

/// Program is back within this after it failed.
const BACK: Duration = Duration::from_secs(2);

impl Rig {
    /// Has the pipeline say that it cannot go on.
    pub fn break_pipeline(&self) {
        let encoder = self.engine.gauges.encoder().unwrap();
        gst::element_error!(encoder, gst::LibraryError::Failed, ["a test breaks it"]);
    }

    /// Waits for the next fact about program itself.
    fn alarm(&mut self) -> Fact {
        loop {
            let fact = self.fact();
            if matches!(fact, Fact::Broken { .. } | Fact::Mended { .. }) {
                return fact;
            }
        }
    }
}

/// The standby of a channel, as the house's slate player plays it: nothing of its pictures is due but when it is asked.
struct SlatePlayer {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SlatePlayer {
    fn start(channel: &Arc<Channel>, clock: &EventClock) -> Self {
        let slate = slate::encode(&SMALL, &Words::new("Serata", ""), clock).unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (channel, clock, stopping) = (Arc::clone(channel), clock.clone(), Arc::clone(&stopping));
            move || {
                let (mut picture, mut sequence) = (0, 0);
                while !stopping.load(Ordering::Relaxed) {
                    let now = clock.now();
                    channel.stand_by(Kind::Video, now, |what| {
                        if what == Standby::Idle {
                            return Vec::new();
                        }
                        picture = if what == Standby::Restart { 0 } else { (picture + 1) % slate.pictures.len() };
                        let payloads = &slate.pictures[picture];
                        let packets = (1..).zip(payloads).map(|(part, payload)| Packet {
                            origin: Origin::Standby,
                            kind: Kind::Video,
                            sequence: sequence + part as u64,
                            timestamp: 0,
                            running_time: now,
                            marker: part == payloads.len(),
                            keyframe: picture == 0 && part == 1,
                            payload: Arc::clone(payload),
                        });
                        let packets: Vec<_> = packets.collect();
                        sequence += packets.len() as u64;
                        packets
                    });
                    std::thread::park_timeout(Duration::from_millis(40));
                }
            }
        });
        Self { stopping, thread: Some(thread) }
    }
}

impl Drop for SlatePlayer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_failed_pipeline_is_started_again_and_program_goes_on() {
    let mut rig = Rig::start();
    let _camera = rig.camera("roma", ROMA);
    rig.fact();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.cut("roma") + FRAME * 3);
    rig.break_pipeline();
    let Fact::Broken { alarm: Alarm::ProgramFailed { error } } = rig.alarm() else { panic!("no alarm") };
    assert!(error.contains("encoder"), "{error}");
    assert_eq!(rig.alarm(), Fact::Mended { alarm: Alarm::ProgramFailed { error: String::new() } });
    viewer.until_time(rig.clock.now() + FRAME * 5);
    assert_eq!(rig.engine.stats().restarts, 1);

    let pictures = viewer.pictures();
    let steps: Vec<u32> = pictures.windows(2).map(|pair| pair[1].timestamp - pair[0].timestamp).collect();
    assert!(steps.iter().all(|step| step % 6000 == 0), "the grid of frame times stays: {steps:?}");
    let missing: u32 = steps.iter().map(|step| step / 6000 - 1).sum();
    // One frame that was in the encoder may be lost besides those that were never made.
    let skipped = rig.engine.stats().skipped;
    assert!((skipped..=skipped + 2).contains(&u64::from(missing)), "{missing} missing, {skipped} skipped");
    assert!(viewer.packets.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
    assert!(alike(viewer.see().last().unwrap().middle(), RED), "what was on air is on air");
}

/// Has the encoder's thread hang in the pipeline that runs, and in no other one, until what is answered is dropped.
fn hang(rig: &Rig) -> std::sync::mpsc::Sender<()> {
    let (release_tx, release_rx) = std::sync::mpsc::channel::<()>();
    let release_rx = Mutex::new(release_rx);
    let encoder = rig.engine.gauges.encoder().unwrap();
    encoder.static_pad("src").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let _ = release_rx.lock().unwrap().recv();
        gst::PadProbeReturn::Ok
    });
    release_tx
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_encoder_that_hangs_is_replaced_within_two_seconds_under_the_slate_and_no_city_channel_notices() {
    let mut rig = Rig::start();
    let _player = SlatePlayer::start(&rig.channel, &rig.clock);
    let _camera = rig.camera("roma", ROMA);
    rig.fact();
    // A city's channel, with somebody who publishes and somebody who watches.
    let roma = Channel::new(ChannelId::City(id("roma")));
    let mut roma_viewer = Viewer::of(&roma);
    let session = SessionNumber::next();
    let film = video(session, rig.clock.now(), &[RED; 100]);
    let publisher = std::thread::spawn({
        let (roma, clock) = (Arc::clone(&roma), rig.clock.clone());
        move || {
            for packet in film {
                let wait = packet.running_time.saturating_sub(clock.now());
                std::thread::park_timeout(wait);
                assert!(roma.publish(packet, clock.now()));
            }
        }
    });
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until("program", |packets| packets.iter().any(|packet| packet.origin != Origin::Standby));
    let on = rig.cut("roma");
    viewer.until_time(on + FRAME * 3);

    let begin = Instant::now();
    let release = hang(&rig);
    let Fact::Broken { alarm: Alarm::ProgramFailed { error } } = rig.alarm() else { panic!("no alarm") };
    assert!(error.contains("no packet"), "{error}");
    assert_eq!(rig.alarm(), Fact::Mended { alarm: Alarm::ProgramFailed { error: String::new() } });
    assert!(begin.elapsed() < BACK + FRAME, "{:?}", begin.elapsed());
    viewer.until_time(rig.clock.now() + FRAME * 3);

    let slate = |packet: &Arc<Packet>| packet.origin == Origin::Standby;
    let failed = viewer.packets.iter().position(slate).expect("the slate is on the channel meanwhile");
    let back = failed + viewer.packets[failed..].iter().position(|packet| !slate(packet)).expect("program is back");
    assert!(viewer.packets[failed].keyframe && viewer.packets[back].keyframe, "each begins with a keyframe");
    assert!(viewer.packets[back..].iter().all(|packet| !slate(packet)));
    let gap = viewer.packets[back].running_time - viewer.packets[failed - 1].running_time;
    assert!(gap <= BACK, "no program for {gap:?}");
    assert!(alike(decode(&viewer.packets[back..]).last().unwrap().middle(), RED), "what was on air is on air");

    // What hung goes on, too late: nothing of it comes on the channel, nor a second time on the air.
    drop(release);
    let seen = viewer.packets.len();
    viewer.until_time(rig.clock.now() + FRAME * 5);
    let after = &viewer.packets[seen..];
    assert!(after.windows(2).all(|pair| pair[1].running_time >= pair[0].running_time));
    assert!(after.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));

    publisher.join().unwrap();
    roma_viewer.until("Roma's film", |packets| packets.iter().filter(|packet| packet.marker).count() == 100);
    let steps: Vec<u64> = roma_viewer.packets.windows(2).map(|pair| pair[1].sequence - pair[0].sequence).collect();
    assert!(steps.iter().all(|step| *step == 1), "nothing is missing in Roma's channel");
    let counts = rig.engine.stats();
    assert_eq!(counts.restarts, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_engine_whose_encoder_hangs_ends_all_the_same() {
    let rig = Rig::start();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until("program", |packets| !packets.is_empty());
    let _release = hang(&rig);
    let begin = Instant::now();
    drop(rig);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_frame_clock_that_panics_goes_on_with_what_was_on_air() {
    let mut rig = Rig::start();
    let _camera = rig.camera("roma", ROMA);
    rig.fact();
    let mut viewer = Viewer::of(&rig.channel);
    viewer.until_time(rig.cut("roma") + FRAME * 3);
    rig.engine.switcher.panic_at_next_tick();
    let Fact::Broken { alarm: Alarm::ProgramFailed { error } } = rig.alarm() else { panic!("no alarm") };
    assert!(error.contains("a test's panic"), "{error}");
    assert_eq!(rig.alarm(), Fact::Mended { alarm: Alarm::ProgramFailed { error: String::new() } });
    viewer.until_time(rig.clock.now() + FRAME * 5);
    assert!(rig.engine.is_alive());
    assert!(alike(viewer.see().last().unwrap().middle(), RED), "what was on air is on air");
    // And it can be told what to do.
    let at = rig.show(&Picture::full(Source::Black), CUT);
    viewer.until_time(at + FRAME);
    assert!(alike(viewer.see().last().unwrap().middle(), BLACK));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn another_encoder_takes_over_from_one_that_fails_in_mid_show() {
    let text = "identity error-after=20 ! x264enc name=encoder tune=zerolatency byte-stream=true";
    let mut rig = Rig::with(encoder::ladder_of(text, &SMALL), 16);
    let mut viewer = Viewer::of(&rig.channel);
    let begin = rig.clock.now();
    let failed = loop {
        match rig.alarm() {
            Fact::Broken { alarm: Alarm::EncoderFailed { error } } => break error,
            Fact::Broken { alarm: Alarm::ProgramFailed { .. } } => {}
            other => panic!("{other:?} before it has failed"),
        }
    };
    assert!(failed.starts_with("vah264enc: ") && failed.ends_with("; x264enc took over"), "{failed}");
    let broken = rig.clock.now();
    while !matches!(rig.alarm(), Fact::Mended { alarm: Alarm::ProgramFailed { .. } }) {}
    assert!(rig.clock.now() - broken < BACK, "{:?}", rig.clock.now() - broken);
    // Longer than the first one would have lasted.
    viewer.until_time(rig.clock.now() + FRAME * 40);
    assert_eq!(rig.engine.stats().restarts, 1);
    assert!(broken - begin < Duration::from_secs(10));
}
