//! Somebody sends back what they hear: a telephone on its loudspeaker is told as a loop until it is turned down; whoever only talks
//! while others do is not.

#[path = "telephone/house.rs"]
#[allow(dead_code, reason = "of the bare telephone's house only the other end of a call is used")]
mod house;
#[path = "telephone/phone.rs"]
#[allow(dead_code, reason = "nobody asks what this telephone heard")]
mod phone;
mod support;

use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use house::House;
use phone::Phone;
use regia::publish::{Picture, Publisher};
use regia::show::{Alarm, CallState, CohostId, CohostView, StripId, View};
use regia::telephone::{CallNumber, News};
use serde_json::json;
use support::decode;
use support::evening::{Evening, leave};
use support::viewer::{Kind, Pool};
use tokio::task::JoinHandle;

/// Samples of 10 ms, of both sides.
const BLOCK: usize = 960;

/// An evening with a telephone at this address.
async fn evening() -> (Evening, SocketAddr) {
    let address = SocketAddr::new(house::own_address(), 5060);
    let parts = format!(
        "[program]\nwidth = 320\nheight = 180\nfps = 15\n[telephone]\nlisten = \"{address}\"\n\
         peers = [\"127.0.0.0/8\"]\nrtp_ports = \"40000-40031\"\n"
    );
    (Evening::with_ports("42000-60999", &parts).await, address)
}

/// Half a minute of something like a voice, which is not like itself: syllables of a gliding pitch and a little breath.
fn speak(file: &Path, seed: u32) {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut chance = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let (mut samples, mut turn): (Vec<i16>, f32) = (Vec::new(), 0.0);
    while samples.len() < 30 * 48_000 {
        let length = 4800 + (chance() * 9600.0) as usize;
        let (from, to, loud) = (90.0 + chance() * 120.0, 90.0 + chance() * 120.0, 0.05 + chance() * 0.2);
        let formant = 300.0 + chance() * 1200.0;
        for n in 0..length {
            let way = n as f32 / length as f32;
            let hertz = from + (to - from) * way;
            turn = (turn + hertz / 48_000.0).fract();
            let harmonic = |h: f32| (TAU * turn * h + h * h).sin() / (1.0 + ((h * hertz - formant) / 150.0).powi(2));
            let voice = (1u8..15).map(|h| harmonic(h.into())).sum::<f32>() + 0.1 * (chance() - 0.5);
            samples.push((voice * loud * (TAU / 2.0 * way).sin() * 20_000.0) as i16);
        }
        samples.extend(std::iter::repeat_n(0, (chance() * chance() * 20_000.0) as usize));
    }
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = bytes.len() as u32;
    let mut wave = Vec::from(*b"RIFF");
    wave.extend((36 + length).to_le_bytes());
    wave.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wave.extend(48_000u32.to_le_bytes());
    wave.extend(96_000u32.to_le_bytes());
    wave.extend(b"\x02\0\x10\0data");
    wave.extend(length.to_le_bytes());
    wave.extend(bytes);
    std::fs::write(file, wave).unwrap();
}

/// A city that talks all the time.
async fn talks(evening: &Evening, city: &str, folder: &Path, seed: u32) -> Publisher {
    let file = folder.join(format!("{city}.wav"));
    speak(&file, seed);
    let publisher = evening.publish(evening.city(city).with(|config| config.picture = Picture::File(file))).await;
    evening.until_live(city).await;
    publisher
}

fn caller(view: &View) -> Option<&CohostView> {
    view.cohosts.as_deref().unwrap_or_default().first()
}

fn is(view: &View, wanted: impl Fn(&CallState) -> bool) -> bool {
    caller(view).and_then(|caller| caller.call.as_ref()).is_some_and(|call| wanted(&call.state))
}

/// Waits until somebody calls; who it is.
async fn rings(evening: &Evening) -> CohostId {
    evening.until("it rings", |view| is(view, |state| matches!(state, CallState::Ringing { .. }))).await;
    caller(&evening.app.director().view()).unwrap().id.clone()
}

/// Has the telephone call, and puts it on air.
async fn on_air(evening: &Evening, phone: &mut Phone, address: SocketAddr) {
    phone.command("dial", &format!("sip:regia@{address}"));
    let id = rings(evening).await;
    evening.post(&json!({"type": "screen_call", "cohost": id}));
    phone.until("CALL_ESTABLISHED");
    evening.post(&json!({"type": "put_on_air", "cohost": id}));
    evening.until("it is on air", |view| is(view, |state| matches!(state, CallState::OnAir { .. }))).await;
}

fn loops(view: &View) -> Vec<&StripId> {
    let alarms = view.alarms.iter().flatten();
    alarms.filter_map(|alarm| if let Alarm::Loop { strip } = alarm { Some(strip) } else { None }).collect()
}

/// A telephone whose microphone hears its loudspeaker, a third of a second later and ten decibels down, while it is turned up.
struct Loudspeaker {
    is_up: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Loudspeaker {
    fn of(telephone: &House, call: CallNumber) -> Self {
        let room = Arc::new(Mutex::new(VecDeque::from(vec![0.0; 33 * BLOCK])));
        let (heard, is_up) = (Arc::clone(&room), Arc::new(AtomicBool::new(true)));
        telephone.hub.connect(call, Box::new(move |_, samples| heard.lock().unwrap().extend(samples)));
        let mouth = telephone.hub.speak(call).expect("the call lives");
        let is_loud = Arc::clone(&is_up);
        let task = tokio::spawn(async move {
            let mut blocks = tokio::time::interval(Duration::from_millis(10));
            loop {
                blocks.tick().await;
                let mut block = [0.0; BLOCK];
                let mut room = room.lock().unwrap();
                // What is late is silence, as in a telephone.
                let there = room.len().min(BLOCK);
                for (sample, heard) in block.iter_mut().zip(room.drain(..there)) {
                    *sample = if is_loud.load(Ordering::Relaxed) { 0.3 * heard } else { 0.0 };
                }
                mouth.push(&block);
            }
        });
        Self { is_up, task }
    }

    fn turn_down(&self) {
        self.is_up.store(false, Ordering::Relaxed);
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_on_its_loudspeaker_is_told_as_a_loop_until_it_is_turned_down() {
    let (evening, address) = evening().await;
    let folder = tempfile::tempdir().unwrap();
    let roma = talks(&evening, "roma", folder.path(), 1).await;
    let mut telephone = House::open().await;
    let call = telephone.hub.dial(&format!("sip:regia@{address}")).await.unwrap();
    let id = rings(&evening).await;
    evening.post(&json!({"type": "screen_call", "cohost": id}));
    while telephone.news().await != (News::Answered { call }) {}
    let loudspeaker = Loudspeaker::of(&telephone, call);
    evening.post(&json!({"type": "put_on_air", "cohost": id}));
    evening.cut_to("roma").await;
    let strip = StripId::Cohost(id);
    evening.until("the loop is told", |view| loops(view) == [&strip]).await;
    // Whoever looks at the console sees it.
    let seen = json!(evening.app.director().view().alarms);
    assert!(seen.as_array().unwrap().contains(&json!({"alarm": "loop", "strip": strip})), "{seen}");
    loudspeaker.turn_down();
    evening.until("it is over", |view| loops(view).is_empty()).await;
    drop(loudspeaker);
    telephone.hub.stop().await;
    leave(roma).await;
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_talk_at_the_same_time_are_no_loop() {
    let (evening, address) = evening().await;
    let folder = tempfile::tempdir().unwrap();
    let roma = talks(&evening, "roma", folder.path(), 1).await;
    let milano = talks(&evening, "milano", folder.path(), 2).await;
    let mut phone = Phone::start("PCMA/8000/1");
    on_air(&evening, &mut phone, address).await;
    let mut happened = evening.app.director().subscribe().await.unwrap();
    let sources = ["city:roma", "city:milano"];
    evening.post(&json!({"type": "compose", "composition": {"layout": "side_by_side", "sources": sources}}));
    evening.post(&json!({"type": "cut"}));
    let pool = Pool::start();
    let mut program = evening.record("program", &pool);
    program.until("15 s of it", |packets| {
        let sounds = decode::ordered(packets, Kind::Audio);
        let ends = sounds.first().zip(sounds.last());
        ends.is_some_and(|(first, last)| last.timestamp.wrapping_sub(first.timestamp) > 15 * 48_000)
    });
    drop(program);
    while let Ok(happened) = happened.happenings.try_recv() {
        assert_eq!(loops(&happened.view), Vec::<&StripId>::new());
    }
    for city in [roma, milano] {
        leave(city).await;
    }
    evening.stop().await;
}
