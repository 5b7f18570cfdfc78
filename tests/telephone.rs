//! The telephone against real peers: Debian's baresip as somebody's telephone, and sipp for what telephones do seldom.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use regia::telephone::{End, Error, News, Password, RegistrationFailure, RegistrationState, Trunk};

#[path = "telephone/house.rs"]
mod house;
#[path = "telephone/messages.rs"]
mod messages;
#[path = "telephone/phone.rs"]
mod phone;
#[path = "fuzz/sip.rs"]
mod sip;
#[path = "telephone/sipp.rs"]
mod sipp;

use house::House;
use phone::{Phone, TONE};
use sipp::Sipp;

/// What the house says to callers, in Hz.
const OURS: f32 = 440.0;

/// A whole call from a telephone: both hear each other, and somebody hangs up.
async fn both_hear_each_other(codec: &str, who_ends: End) {
    let mut house = House::open().await;
    let mut phone = Phone::start(codec);
    phone.command("dial", &format!("sip:regia@{}", house.address));
    let News::Rang { call, number, name } = house.news().await else { panic!("it rings") };
    assert_eq!((number.reveal(), number.to_string().as_str()), ("+390105551242", "+3901 ··· 42"));
    assert_eq!(name.as_deref(), Some("Anna"));
    house.hub.answer(call).await.unwrap();
    assert_eq!(house.news().await, News::Answered { call });
    phone.until("CALL_ESTABLISHED");
    let mut heard = house.listen(call);
    let saying = house.say(call, OURS);
    heard.until_tone(TONE).await;
    saying.until(150).await;
    if who_ends == End::Ours {
        house.hub.hang_up(call).await.unwrap();
    } else {
        phone.command("hangup", "");
    }
    assert_eq!(house.ends(call).await, who_ends);
    phone.until("CALL_CLOSED");
    assert!(phone.heard(OURS), "{}", phone.said());
    assert!(house.hub.speak(call).is_none());
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_with_a_law_calls_is_answered_heard_and_spoken_to() {
    both_hear_each_other("PCMA/8000/1", End::HungUp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_with_mu_law_does_and_we_hang_up() {
    both_hear_each_other("PCMU/8000/1", End::Ours).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_with_opus_does() {
    both_hear_each_other("opus/48000/2", End::HungUp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_a_telephone_presses_are_told_and_a_held_call_is_not_heard() {
    let mut house = House::open().await;
    let mut phone = Phone::start("PCMA/8000/1");
    phone.command("dial", &format!("sip:regia@{}", house.address));
    let call = house.answers().await;
    let mut heard = house.listen(call);
    heard.until_tone(TONE).await;
    for digit in ['5', '#'] {
        phone.command("sndcode", &digit.to_string());
        assert_eq!(house.news().await, News::Dtmf { call, digit });
    }
    phone.command("hold", "");
    assert_eq!(house.news().await, News::Held { call });
    phone.command("resume", "");
    assert_eq!(house.news().await, News::Resumed { call });
    heard.forget();
    heard.until_tone(TONE).await;
    phone.command("hangup", "");
    assert_eq!(house.ends(call).await, End::HungUp);
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_that_we_call_rings_and_both_hear_each_other() {
    let mut house = House::open().await;
    let phone = Phone::start("opus/48000/2,PCMA/8000/1");
    let call = house.hub.dial(&format!("sip:+390105551242@{}", phone.address)).await.unwrap();
    let answered = loop {
        match house.news().await {
            News::Ringing { call: ringing } => assert_eq!(ringing, call),
            other => break other,
        }
    };
    assert_eq!(answered, News::Answered { call });
    let mut heard = house.listen(call);
    let saying = house.say(call, OURS);
    heard.until_tone(TONE).await;
    saying.until(150).await;
    house.hub.stop().await;
    assert_eq!(house.ends(call).await, End::Ours);
    phone.until("CALL_CLOSED");
    assert!(phone.heard(OURS), "{}", phone.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_held_in_both_ways_resumed_and_refreshed() {
    let mut house = House::open().await;
    let sipp = Sipp::calls("hold", house.address);
    let call = house.answers().await;
    assert_eq!(house.news().await, News::Held { call });
    assert_eq!(house.news().await, News::Resumed { call });
    assert_eq!(house.ends(call).await, End::HungUp);
    sipp.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_gives_up_while_it_rings_is_gone() {
    let mut house = House::open().await;
    let sipp = Sipp::calls("cancel", house.address);
    let call = house.rings().await;
    assert_eq!(house.ends(call).await, End::Cancelled);
    assert!(matches!(house.hub.answer(call).await, Err(Error::NoCall(_))));
    sipp.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_offers_nothing_first_is_answered_and_hung_up_by_us() {
    let mut house = House::open().await;
    let sipp = Sipp::calls("late-offer", house.address);
    let call = house.answers().await;
    house.hub.hang_up(call).await.unwrap();
    assert_eq!(house.ends(call).await, End::Ours);
    sipp.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_refused_with_the_status_that_says_so() {
    let mut house = House::open().await;
    Sipp::calls("codec", house.address).succeeds().await;
    Sipp::calls("short-session", house.address).succeeds().await;
    assert!(house.is_quiet());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_refused_some_times_and_then_not_answered() {
    let mut house = House::open_with(|config| config.peers = vec!["192.0.2.0/24".parse().unwrap()]).await;
    Sipp::calls("refused", house.address).succeeds().await;
    let stranger = Caller::new(house.address);
    let answered = (0..20).filter(|_| stranger.asks_for_options().is_some_and(|status| status == 403)).count();
    assert_eq!(answered, 5);
    assert!(house.is_quiet());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_have_a_number_and_one_more_finds_it_busy() {
    let mut house = House::open_with(|config| config.max_calls = 1).await;
    let mut phone = Phone::start("PCMA/8000/1");
    phone.command("dial", &format!("sip:regia@{}", house.address));
    let call = house.answers().await;
    let mut second = Phone::start("PCMA/8000/1");
    second.command("dial", &format!("sip:regia@{}", house.address));
    second.until("CALL_CLOSED");
    assert!(second.said().contains("486"), "{}", second.said());
    assert!(matches!(house.hub.dial("sip:anna@127.0.0.1").await, Err(Error::LinesTaken { max_calls: 1 })));
    house.hub.hang_up(call).await.unwrap();
    assert_eq!(house.ends(call).await, End::Ours);
}

fn trunk(registrar: &Sipp, register: bool) -> Trunk {
    Trunk {
        host: registrar.address.ip().to_string(),
        port: registrar.address.port(),
        user: "regia".into(),
        login: None,
        password: Password::new("open sesame"),
        realm: Some("example.org".into()),
        register,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn we_register_with_who_asks_for_the_password_and_go_again() {
    let registrar = Sipp::waits("registrar");
    let mut house = House::open_with(|config| config.trunk = Some(trunk(&registrar, true))).await;
    assert_eq!(house.news().await, News::Registration(RegistrationState::Registering));
    assert_eq!(house.news().await, News::Registration(RegistrationState::Registered));
    house.hub.stop().await;
    registrar.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_as_such() {
    let registrar = Sipp::waits("registrar");
    let wrong = Trunk { password: Password::new("open barley"), ..trunk(&registrar, true) };
    let mut house = House::open_with(|config| config.trunk = Some(wrong)).await;
    assert_eq!(house.news().await, News::Registration(RegistrationState::Registering));
    let why = RegistrationFailure::Credentials { code: 403 };
    assert_eq!(house.news().await, News::Registration(RegistrationState::Failed { why }));
}

#[tokio::test(flavor = "multi_thread")]
async fn we_call_through_a_trunk_that_wants_the_password() {
    let exchange = Sipp::waits("trunk");
    let mut house = House::open_with(|config| config.trunk = Some(trunk(&exchange, false))).await;
    let call = dial_when_found(&house, "+39 010 555-1242").await;
    loop {
        match house.news().await {
            News::Answered { .. } => break,
            News::Registration(_) | News::Ringing { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    house.hub.hang_up(call).await.unwrap();
    assert_eq!(house.ends(call).await, End::Ours);
    exchange.succeeds().await;
}

/// Calls as soon as the trunk's address has been looked up.
async fn dial_when_found(house: &House, number: &str) -> regia::telephone::CallNumber {
    let deadline = Instant::now() + house::PATIENCE;
    loop {
        match house.hub.dial(number).await {
            Ok(call) => return call,
            Err(error) => assert!(matches!(error, Error::TrunkUnreachable) && Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_we_call_may_be_busy_or_ring_until_we_take_it_back() {
    let mut house = House::open().await;
    let busy = Sipp::waits("busy");
    let call = house.hub.dial(&format!("sip:anna@{}", busy.address)).await.unwrap();
    assert_eq!(house.ends(call).await, End::Busy);
    busy.succeeds().await;
    let rings = Sipp::waits("rings");
    let call = house.hub.dial(&format!("sip:anna@{}", rings.address)).await.unwrap();
    assert_eq!(house.news().await, News::Ringing { call });
    house.hub.hang_up(call).await.unwrap();
    assert_eq!(house.ends(call).await, End::Ours);
    rings.succeeds().await;
    for wrong in ["", "anna", "12;34", "sip:", "sip:a b@c", "tel:+39010"] {
        assert!(matches!(house.hub.dial(wrong).await, Err(Error::NotDialable)), "{wrong}");
    }
    assert!(matches!(house.hub.dial("+39010").await, Err(Error::NoTrunk)));
}

/// Speaks SIP by hand.
struct Caller {
    socket: UdpSocket,
    asked: std::cell::Cell<u32>,
}

impl Caller {
    fn new(house: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(house).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        Self { socket, asked: 0.into() }
    }

    /// Whether it is told 200, if need be at the tenth time: datagrams are lost.
    fn is_answered(&self) -> bool {
        (0..10).any(|_| self.asks_for_options() == Some(200))
    }

    /// The status of the answer, if one comes.
    fn asks_for_options(&self) -> Option<u16> {
        let number = self.asked.get() + 1;
        self.asked.set(number);
        let here = self.socket.local_addr().unwrap();
        let text = format!(
            "OPTIONS sip:regia@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bKo{number}\r\n\
             From: <sip:x@{here}>;tag=1\r\nTo: <sip:regia@127.0.0.1>\r\nCall-ID: o{number}\r\nCSeq: {number} OPTIONS\r\n\
             Content-Length: 0\r\n\r\n"
        );
        self.socket.send(text.as_bytes()).unwrap();
        let mut answer = [0; 4096];
        loop {
            let length = self.socket.recv(&mut answer).ok()?;
            let answer = String::from_utf8_lossy(&answer[..length]);
            if answer.contains(&format!("Call-ID: o{number}\r\n")) {
                return answer.split(' ').nth(1)?.parse().ok();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sip_is_left_alone_and_its_sender_is_answered_when_it_says_some() {
    let mut house = House::open().await;
    Sipp::calls("malformed", house.address).succeeds().await;
    assert!(house.is_quiet(), "nobody has called");
    house.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_broken_messages_leave_the_house_answering() {
    let house = House::open().await;
    let caller = Caller::new(house.address);
    assert!(caller.is_answered());
    for seed in 0..4000 {
        caller.socket.send(&messages::broken(seed)).unwrap();
        // What does not fit into the socket's queue is lost: so it is asked often enough that most is read.
        if seed % 50 == 0 {
            assert!(caller.is_answered(), "after {seed}");
        }
    }
    assert!(caller.is_answered());
    house.hub.stop().await;
}

#[test]
fn an_exchange_that_is_fed_broken_messages_sends_nothing_but_sip() {
    let answered = (0..4000).filter(|seed| sip::feed(&messages::broken_evening(*seed)) > 0).count();
    assert!(answered > 2000, "{answered} were read far enough to be answered");
}
