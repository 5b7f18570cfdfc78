//! A telephone in the house: Debian's baresip calls, is talked to, put on air and heard in program, and hears program without
//! itself; it is called; and whoever is blocked is hung up on.

#[path = "telephone/house.rs"]
#[allow(dead_code, reason = "of the bare telephone's house only what the other telephone needs is used")]
mod house;
#[path = "telephone/phone.rs"]
mod phone;
mod support;

use std::net::{SocketAddr, UdpSocket};
use std::thread::JoinHandle;

use phone::{Phone, TONE};
use regia::show::{Alarm, CallState, CityState, CohostView, TrunkTrouble, View};
use serde_json::json;
use support::decode::{self, Recording};
use support::evening::{Evening, leave};
use support::viewer::Pool;
use tokio::sync::{Mutex, MutexGuard};

/// The tone of Roma's card.
const ROMA: f32 = 440.0;

/// Amplitude above which a tone is heard: cards sound at a tenth of full scale.
const HEARD: f32 = 0.03;

/// Samples in which one tone is told from the other.
const WINDOW: usize = 4800;

/// One evening at a time: what a telephone hears while many encoders share the machine has holes.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

/// An evening with a telephone at this address; further settings of it.
async fn evening(telephone: &str) -> (Evening, SocketAddr) {
    let address = SocketAddr::new(house::own_address(), 5060);
    let parts = format!(
        "[program]\nwidth = 320\nheight = 180\nfps = 15\n[telephone]\nlisten = \"{address}\"\n\
         peers = [\"127.0.0.0/8\"]\nrtp_ports = \"40000-40031\"\n{telephone}\n"
    );
    (Evening::with_ports("42000-60999", &parts).await, address)
}

fn cohosts(view: &View) -> &[CohostView] {
    view.cohosts.as_deref().unwrap_or_default()
}

/// The only caller, and how far the call is.
fn state(view: &View) -> Option<&CallState> {
    Some(&cohosts(view).first()?.call.as_ref()?.state)
}

fn id(evening: &Evening) -> String {
    cohosts(&evening.app.director().view()).first().expect("somebody is on the telephone").id.to_string()
}

/// Does something with the only caller.
fn with_caller(evening: &Evening, command: &str) {
    evening.post(&json!({"type": command, "cohost": id(evening)}));
}

/// Records on until this is so of the last tenth of a second: the amplitudes of the telephone's tone and of Roma's.
fn until_heard(program: &mut Recording, what: &str, wanted: impl Fn(f32, f32) -> bool) {
    program.until(what, |packets| {
        let sound = decode::sound(packets);
        let Some(begin) = sound.samples.len().checked_sub(WINDOW) else { return false };
        wanted(sound.tone(TONE, begin, WINDOW), sound.tone(ROMA, begin, WINDOW))
    });
}

/// Records so many more samples.
fn record(program: &mut Recording, more: usize) {
    let begin = decode::sound(&program.packets).samples.len();
    program.until("more sound", |packets| decode::sound(packets).samples.len() >= begin + more);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_is_talked_to_put_on_air_and_heard_and_hears_program_without_itself() {
    let _alone = alone().await;
    let (evening, address) = evening("").await;
    let pool = Pool::start();
    let roma = evening.publish(evening.city("roma")).await;
    evening.until_live("roma").await;
    let mut program = evening.record("program", &pool);
    let mut phone = Phone::start("PCMA/8000/1");
    phone.command("dial", &format!("sip:regia@{address}"));
    evening.until("it rings", |view| matches!(state(view), Some(CallState::Ringing { .. }))).await;
    let view = evening.app.director().view();
    assert_eq!(cohosts(&view)[0].name, "Anna", "as the telephone says");

    with_caller(&evening, "screen_call");
    phone.until("CALL_ESTABLISHED");
    let live = |view: &View| matches!(cohosts(view)[0].state, CityState::Live { .. });
    evening.until("it is answered, and heard", live).await;
    assert!(matches!(state(&evening.app.director().view()), Some(CallState::Screening { .. })));
    record(&mut program, 48_000);
    let sound = decode::sound(&program.packets);
    let begins = (0..sound.samples.len().saturating_sub(WINDOW)).step_by(WINDOW);
    let loudest = begins.map(|begin| sound.tone(TONE, begin, WINDOW)).fold(0.0, f32::max);
    assert!(loudest < HEARD / 10.0, "a private talk is heard in program: {loudest}");

    for (key, pressed) in [("5", "5"), ("#", "5#"), ("5", "5#5")] {
        phone.command("sndcode", key);
        let keys = |view: &View| cohosts(view)[0].call.as_ref().and_then(|call| call.keys.clone());
        evening.until("the keys are seen, each once", |view| keys(view).as_deref() == Some(pressed)).await;
    }

    with_caller(&evening, "put_on_air");
    until_heard(&mut program, "the telephone alone", |phone, roma| phone > HEARD && roma < HEARD / 10.0);
    evening.cut_to("roma").await;
    until_heard(&mut program, "both", |phone, roma| phone > HEARD && roma > HEARD);
    record(&mut program, 2 * 48_000);

    with_caller(&evening, "hang_up");
    phone.until("CALL_CLOSED");
    evening.until("nothing was noted: nobody is left", |view| cohosts(view).is_empty()).await;
    until_heard(&mut program, "roma alone", |phone, roma| phone < HEARD / 10.0 && roma > HEARD);
    // While it was on air Roma came into program: it heard that alone, and itself at no time.
    assert!(phone.heard(ROMA), "{}", phone.said());
    assert!(!phone.heard(TONE), "it heard itself");

    // There is room for it again.
    phone.command("dial", &format!("sip:regia@{address}"));
    evening.until("it rings again", |view| matches!(state(view), Some(CallState::Ringing { .. }))).await;
    phone.command("hangup", "");
    evening.until("it gave up", |view| cohosts(view).is_empty()).await;
    leave(roma).await;
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_called_talks_to_whoever_had_them_called_and_hangs_up() {
    let _alone = alone().await;
    let mut phone = Phone::start("opus/48000/2");
    let trunk = format!(
        "trunk = {{ host = \"{}\", port = {}, user = \"regia\", password = \"unused\", register = false }}",
        phone.address.ip(),
        phone.address.port()
    );
    let (evening, _) = evening(&trunk).await;
    let pool = Pool::start();
    let mut program = evening.record("program", &pool);
    // A trunk is looked for as the house opens: until then nobody can be reached.
    loop {
        evening.post(&json!({"type": "dial", "number": "+390105551242", "name": "Bea"}));
        let settled = |view: &View| !matches!(state(view), Some(CallState::Ringing { .. }));
        evening.until("they answer, or it is not possible yet", settled).await;
        if state(&evening.app.director().view()).is_some() {
            break;
        }
    }
    assert!(matches!(state(&evening.app.director().view()), Some(CallState::Screening { .. })));
    with_caller(&evening, "put_on_air");
    until_heard(&mut program, "the telephone", |phone, _| phone > HEARD);
    phone.command("hangup", "");
    evening.until("nobody is left", |view| cohosts(view).is_empty()).await;
    until_heard(&mut program, "nothing", |phone, _| phone < HEARD / 10.0);
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_that_is_blocked_is_hung_up_on_also_when_it_calls_again() {
    let _alone = alone().await;
    let (evening, address) = evening("").await;
    let mut phone = Phone::start("PCMU/8000/1");
    phone.command("dial", &format!("sip:regia@{address}"));
    evening.until("it rings", |view| matches!(state(view), Some(CallState::Ringing { .. }))).await;
    with_caller(&evening, "block_call");
    phone.until("CALL_CLOSED");
    let before = evening.app.director().view();
    phone.command("dial", &format!("sip:regia@{address}"));
    phone.until("CALL_CLOSED");
    let view = evening.app.director().view();
    assert_eq!(cohosts(&view), cohosts(&before), "nobody is told of it");
    assert!(matches!(state(&view), Some(CallState::Ended { .. })), "they are remembered");
    evening.stop().await;
}

/// A registrar that refuses the first request and takes the next ones. It ends when somebody takes leave.
fn registrar() -> (SocketAddr, JoinHandle<()>) {
    let socket = UdpSocket::bind((house::own_address(), 0)).unwrap();
    socket.set_read_timeout(Some(house::PATIENCE)).unwrap();
    let address = socket.local_addr().unwrap();
    let answers = move || {
        let mut datagram = [0; 4096];
        loop {
            let (length, from) = socket.recv_from(&mut datagram).expect("it is asked in time");
            let asked = String::from_utf8_lossy(&datagram[..length]).into_owned();
            if !asked.starts_with("REGISTER ") {
                continue; // What keeps a hole in a NAT open.
            }
            let echoed = ["Via:", "From:", "To:", "Call-ID:", "CSeq:", "Contact:"];
            let echo = asked.lines().filter(|line| echoed.iter().any(|name| line.starts_with(name)));
            let echo: String = echo.map(|line| format!("{line}\r\n")).collect();
            let status = if asked.contains("CSeq: 1 ") { "403 Forbidden" } else { "200 OK" };
            socket.send_to(format!("SIP/2.0 {status}\r\n{echo}Content-Length: 0\r\n\r\n").as_bytes(), from).unwrap();
            if asked.contains("Expires: 0\r\n") {
                return;
            }
        }
    };
    (address, std::thread::spawn(answers))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_that_refuses_is_an_alarm_with_its_status_until_it_takes_us() {
    let _alone = alone().await;
    let (registrar, answers) = registrar();
    let (ip, port) = (registrar.ip(), registrar.port());
    let trunk = format!("trunk = {{ host = \"{ip}\", port = {port}, user = \"regia\", password = \"unused\" }}");
    let (evening, _) = evening(&trunk).await;
    let failing = Alarm::TrunkFailing { why: TrunkTrouble::Credentials, status: Some(403) };
    let alarms = |view: &View| view.alarms.clone().unwrap_or_default();
    evening.until("it is an alarm", |view| alarms(view).contains(&failing)).await;
    evening.until("it is over", |view| !alarms(view).contains(&failing)).await;
    evening.stop().await;
    answers.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_that_withholds_its_number_is_hung_up_on_alone_until_all_are_refused() {
    let _alone = alone().await;
    let (evening, address) = evening("").await;
    let mut phone = Phone::start_as("PCMA/8000/1", "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    phone.command("dial", &format!("sip:regia@{address}"));
    evening.until("it rings", |view| matches!(state(view), Some(CallState::Ringing { .. }))).await;
    let first = id(&evening);
    with_caller(&evening, "block_call");
    phone.until("CALL_CLOSED");
    evening.until("nobody is remembered", |view| cohosts(view).is_empty()).await;
    phone.command("dial", &format!("sip:regia@{address}"));
    evening.until("it rings again", |view| matches!(state(view), Some(CallState::Ringing { .. }))).await;
    assert_ne!(id(&evening), first, "it is another call");
    with_caller(&evening, "hang_up");
    phone.until("CALL_CLOSED");
    evening.until("nobody is left", |view| cohosts(view).is_empty()).await;
    evening.post(&json!({"type": "refuse_withheld", "on": true}));
    phone.command("dial", &format!("sip:regia@{address}"));
    phone.until("CALL_CLOSED");
    assert!(phone.said().contains("433"), "{}", phone.said());
    assert!(cohosts(&evening.app.director().view()).is_empty());
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_telephone_nobody_can_be_called() {
    let _alone = alone().await;
    let evening = Evening::start().await;
    evening.post(&json!({"type": "dial", "number": "+390105551242", "name": "Bea"}));
    evening.until("nobody is there", |view| cohosts(view).is_empty()).await;
    evening.stop().await;
}
