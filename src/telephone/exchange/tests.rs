//! The exchange with the clock in hand: what is sent again, what ends by itself, who refreshes.

use super::*;
use crate::telephone::{Password, RegistrationFailure, RegistrationState};

const PEER: &str = "192.0.2.7:5060";
const SOUND: &str =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

fn at(text: &str) -> SocketAddr {
    text.parse().expect("it is an address")
}

struct Bench {
    exchange: Exchange,
    now: Duration,
}

impl Bench {
    fn new(trunk: Option<Trunk>) -> Self {
        let mut seed = 7_u64;
        let settings = Settings {
            peers: vec!["192.0.2.0/24".parse().expect("it is a range")],
            trunk,
            max_calls: 2,
            here: Box::new(|_| at("192.0.2.1:5060")),
            open: Box::new(|_| Some(40_000)),
            random: Box::new(move || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed
            }),
        };
        Self { exchange: Exchange::new(settings, Duration::ZERO), now: Duration::ZERO }
    }

    fn trunk() -> Trunk {
        Trunk {
            host: "sip.example.org".into(),
            port: 5060,
            user: "regia".into(),
            login: None,
            password: Password::new("secret"),
            realm: Some("example.org".into()),
            register: true,
        }
    }

    /// A message comes from the peer.
    fn take(&mut self, text: &str) {
        self.take_from(PEER, text);
    }

    fn take_from(&mut self, from: &str, text: &str) {
        self.exchange.datagram(at(from), text.as_bytes(), self.now);
    }

    /// Time passes as the hub lets it.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = (self.now + Duration::from_millis(50)).min(end);
            self.exchange.tick(self.now);
        }
    }

    /// Start lines of what was sent since the last look, and the news.
    fn look(&mut self) -> (Vec<String>, Vec<News>) {
        let (sent, news) = self.look_whole();
        let line = |text: &String| text.lines().next().unwrap_or_default().to_owned();
        (sent.iter().map(line).filter(|line| !line.is_empty()).collect(), news)
    }

    fn look_whole(&mut self) -> (Vec<String>, Vec<News>) {
        let (mut sent, mut news) = (Vec::new(), Vec::new());
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Send { bytes, .. } => sent.push(String::from_utf8(bytes).expect("it is text")),
                Output::News(told) => news.push(told),
                Output::Sound { .. } | Output::Close { .. } | Output::FindTrunk => {}
            }
        }
        (sent, news)
    }

    /// A call that was answered; gives its number and our tag.
    fn up(&mut self, extra: &str) -> (CallNumber, String) {
        self.take(&invite(1, "", extra));
        let call = CallNumber(1);
        self.exchange.answer(call, self.now).expect("it rings");
        let (sent, _) = self.look_whole();
        let ok = sent.last().expect("200 was sent");
        let tag = field(ok, "To").split("tag=").nth(1).expect("it has one").to_owned();
        self.take(&request("ACK", 1, &tag, "", ""));
        (call, tag)
    }
}

fn field<'a>(message: &'a str, name: &str) -> &'a str {
    let mut lines = message.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| *found == name).map(|(_, value)| value).unwrap_or_default()
}

fn request(method: &str, number: u32, tag: &str, extra: &str, body: &str) -> String {
    let tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
    let length = body.len();
    format!(
        "{method} sip:regia@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {PEER};branch=z9hG4bK{method}{number}\r\n\
         From: <sip:+390105551242@192.0.2.7>;tag=t\r\nTo: <sip:regia@192.0.2.1>{tag}\r\nCall-ID: c\r\nCSeq: {number} {method}\r\n\
         Contact: <sip:anna@{PEER}>\r\n{extra}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn invite(number: u32, tag: &str, extra: &str) -> String {
    request("INVITE", number, tag, extra, SOUND)
}

/// An answer to a request of ours.
fn answer(request: &str, status: &str, extra: &str, body: &str) -> String {
    let length = body.len();
    let tag = if field(request, "To").contains("tag=") { "" } else { ";tag=theirs" };
    let echo: String = ["Via", "From"].iter().map(|name| format!("{name}: {}\r\n", field(request, name))).collect();
    format!(
        "SIP/2.0 {status}\r\n{echo}To: {}{tag}\r\nCall-ID: {}\r\nCSeq: {}\r\nContact: <sip:anna@{PEER}>\r\n{extra}\
         Content-Length: {length}\r\n\r\n{body}",
        field(request, "To"),
        field(request, "Call-ID"),
        field(request, "CSeq"),
    )
}

#[test]
fn who_asks_again_is_told_the_same_and_the_call_rings_once() {
    let mut bench = Bench::new(None);
    bench.take(&invite(1, "", ""));
    assert_eq!(bench.look().0, ["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing"]);
    bench.take(&invite(1, "", ""));
    let (sent, news) = bench.look();
    assert_eq!((sent, news.len()), (vec!["SIP/2.0 180 Ringing".to_owned()], 0));
}

#[test]
fn an_answer_is_sent_again_until_it_is_confirmed_and_the_call_ends_if_it_never_is() {
    let mut bench = Bench::new(None);
    bench.take(&invite(1, "", ""));
    bench.exchange.answer(CallNumber(1), bench.now).expect("it rings");
    bench.look();
    bench.pass(Duration::from_millis(3600));
    assert_eq!(bench.look().0, ["SIP/2.0 200 OK"; 3]);
    bench.pass(Duration::from_secs(30));
    let (sent, news) = bench.look();
    assert_eq!(sent.last().map(String::as_str), Some("BYE sip:anna@192.0.2.7:5060 SIP/2.0"));
    assert_eq!(news, [News::Ended { call: CallNumber(1), why: End::Lost }]);
}

#[test]
fn a_call_that_nobody_answers_ends_after_three_minutes() {
    let mut bench = Bench::new(None);
    bench.take(&invite(1, "", ""));
    bench.look();
    bench.pass(Duration::from_secs(179));
    assert_eq!(bench.look(), (vec![], vec![]));
    bench.pass(Duration::from_secs(2));
    let (sent, news) = bench.look();
    assert!(sent.iter().all(|line| line.starts_with("SIP/2.0 480")), "{sent:?}");
    assert_eq!(news, [News::Ended { call: CallNumber(1), why: End::NoAnswer }]);
}

#[test]
fn a_declined_call_is_told_so_until_that_is_confirmed() {
    let mut bench = Bench::new(None);
    bench.take(&invite(1, "", ""));
    bench.look();
    bench.exchange.hang_up(CallNumber(1), bench.now).expect("it rings");
    bench.pass(Duration::from_millis(600));
    assert_eq!(bench.look().0, ["SIP/2.0 603 Decline"; 2]);
    bench.take(&request("ACK", 1, "x", "", "").replace("z9hG4bKACK1", "z9hG4bKINVITE1"));
    bench.pass(Duration::from_secs(40));
    assert!(bench.look().0.is_empty());
}

#[test]
fn calls_beyond_the_bound_find_it_busy() {
    let mut bench = Bench::new(None);
    for n in 0..3 {
        bench.take(
            &invite(1, "", "").replace("Call-ID: c", &format!("Call-ID: c{n}")).replace("bKIN", &format!("bK{n}IN")),
        );
    }
    let (sent, news) = bench.look();
    assert_eq!((sent.last().map(String::as_str), news.len()), (Some("SIP/2.0 486 Busy Here"), 2));
}

#[test]
fn a_session_that_they_do_not_refresh_ends_and_one_that_they_do_goes_on() {
    let mut bench = Bench::new(None);
    let timer = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n";
    let (_, tag) = bench.up(timer);
    for number in 2..5 {
        bench.pass(Duration::from_secs(45));
        bench.take(&request("UPDATE", number, &tag, timer, ""));
        let (sent, news) = bench.look();
        assert_eq!((sent, news), (vec!["SIP/2.0 200 OK".to_owned()], vec![]));
    }
    bench.pass(Duration::from_secs(59));
    assert_eq!(bench.look(), (vec![], vec![]));
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.look().1, [News::Ended { call: CallNumber(1), why: End::Lost }]);
}

#[test]
fn a_session_that_is_ours_to_refresh_is_refreshed_at_its_half() {
    let mut bench = Bench::new(None);
    bench.up("Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
    bench.look();
    for _ in 0..4 {
        bench.pass(Duration::from_secs(44));
        assert_eq!(bench.look(), (vec![], vec![]));
        bench.pass(Duration::from_millis(1100));
        let (sent, _) = bench.look_whole();
        assert!(sent[0].starts_with("INVITE sip:anna@192.0.2.7:5060 SIP/2.0") && sent.len() == 1, "{sent:?}");
        assert_eq!(field(&sent[0], "Session-Expires"), "90;refresher=uac");
        bench.take(&answer(&sent[0], "200 OK", "Session-Expires: 90;refresher=uac\r\n", SOUND));
        assert_eq!(bench.look().0, ["ACK sip:anna@192.0.2.7:5060 SIP/2.0"]);
        bench.pass(Duration::from_millis(50));
    }
}

#[test]
fn a_re_invite_that_meets_our_own_is_told_to_wait() {
    let mut bench = Bench::new(None);
    let (_, tag) = bench.up("Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
    bench.pass(Duration::from_millis(45_100));
    bench.look();
    bench.take(&invite(2, &tag, ""));
    assert_eq!(bench.look().0, ["SIP/2.0 491 Request Pending"]);
}

#[test]
fn who_is_not_there_any_more_at_a_refresh_has_left() {
    let mut bench = Bench::new(None);
    bench.up("Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
    bench.pass(Duration::from_millis(45_100));
    let (sent, _) = bench.look_whole();
    let refresh = sent.last().expect("it is sent").clone();
    bench.take(&answer(&refresh, "481 Gone", "", ""));
    assert_eq!(bench.look().1, [News::Ended { call: CallNumber(1), why: End::Lost }]);
}

#[test]
fn no_sound_ends_a_call_but_not_a_held_one() {
    let mut bench = Bench::new(None);
    let (call, tag) = bench.up("");
    let hold = SOUND.replace("RTP/AVP 8\r\n", "RTP/AVP 8\r\na=sendonly\r\n");
    bench.take(&request("INVITE", 2, &tag, "", &hold));
    bench.take(&request("ACK", 2, &tag, "", ""));
    bench.exchange.sound_lost(call, bench.now);
    assert_eq!(bench.look().1, [News::Held { call }]);
    bench.take(&invite(3, &tag, ""));
    bench.take(&request("ACK", 3, &tag, "", ""));
    bench.exchange.sound_lost(call, bench.now);
    assert_eq!(bench.look().1, [News::Resumed { call }, News::Ended { call, why: End::NoSound }]);
}

#[test]
fn whom_nobody_reaches_is_unreachable_after_half_a_minute() {
    let mut bench = Bench::new(None);
    let callee = Callee::parse("sip:anna@192.0.2.7").expect("it is one");
    let call = bench.exchange.dial(&callee, at(PEER), bench.now).expect("a line is free");
    bench.pass(Duration::from_secs(33));
    let (sent, news) = bench.look();
    assert_eq!(sent, ["INVITE sip:anna@192.0.2.7 SIP/2.0"; 7]);
    assert_eq!(news, [News::Ended { call, why: End::Unreachable }]);
}

#[test]
fn whom_we_call_may_ring_for_three_minutes_and_is_then_given_up() {
    let mut bench = Bench::new(None);
    let callee = Callee::parse("sip:anna@192.0.2.7").expect("it is one");
    let call = bench.exchange.dial(&callee, at(PEER), bench.now).expect("a line is free");
    let (sent, _) = bench.look_whole();
    bench.take(&answer(&sent[0], "180 Ringing", "", ""));
    assert_eq!(bench.look().1, [News::Ringing { call }]);
    bench.pass(Duration::from_secs(181));
    let (cancelled, _) = bench.look();
    assert_eq!(cancelled[0], "CANCEL sip:anna@192.0.2.7 SIP/2.0");
    bench.take(&answer(&sent[0], "487 Request Terminated", "", ""));
    let (sent, news) = bench.look();
    assert_eq!(
        (sent, news),
        (vec!["ACK sip:anna@192.0.2.7 SIP/2.0".to_owned()], vec![News::Ended { call, why: End::NoAnswer }])
    );
}

#[test]
fn who_answers_while_we_take_the_call_back_is_hung_up() {
    let mut bench = Bench::new(None);
    let callee = Callee::parse("sip:anna@192.0.2.7").expect("it is one");
    let call = bench.exchange.dial(&callee, at(PEER), bench.now).expect("a line is free");
    let (sent, _) = bench.look_whole();
    bench.exchange.hang_up(call, bench.now).expect("it is there");
    assert!(bench.look().0.is_empty(), "nothing is taken back before there is an answer");
    bench.take(&answer(&sent[0], "200 OK", "", SOUND));
    let (sent, news) = bench.look();
    assert_eq!(sent, ["ACK sip:anna@192.0.2.7:5060 SIP/2.0", "BYE sip:anna@192.0.2.7:5060 SIP/2.0"]);
    assert_eq!(news, [News::Ended { call, why: End::Ours }]);
}

#[test]
fn a_second_telephone_that_answers_the_same_call_is_hung_up() {
    let mut bench = Bench::new(None);
    let callee = Callee::parse("sip:anna@192.0.2.7").expect("it is one");
    let call = bench.exchange.dial(&callee, at(PEER), bench.now).expect("a line is free");
    let (sent, _) = bench.look_whole();
    bench.take(&answer(&sent[0], "200 OK", "", SOUND));
    assert_eq!(bench.look().1, [News::Answered { call }]);
    bench.take(&answer(&sent[0], "200 OK", "", SOUND));
    assert_eq!(bench.look().0, ["ACK sip:anna@192.0.2.7:5060 SIP/2.0"]);
    bench.take(&answer(&sent[0], "200 OK", "", SOUND).replace("tag=theirs", "tag=another"));
    assert_eq!(bench.look().0.len(), 2);
    assert_eq!(bench.exchange.calls(), 1);
}

#[test]
fn a_registration_is_proved_kept_and_renewed_before_it_ends() {
    let mut bench = Bench::new(Some(Bench::trunk()));
    let registrar = at("198.51.100.9:5060");
    bench.pass(Duration::from_millis(100));
    bench.exchange.trunk_found(&[registrar], bench.now);
    let (sent, news) = bench.look_whole();
    assert_eq!(news, [News::Registration(RegistrationState::Registering)]);
    assert!(sent[0].starts_with("REGISTER sip:sip.example.org SIP/2.0\r\n"), "{sent:?}");
    let challenge = "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"1\", qop=\"auth\"\r\n";
    bench.take_from("198.51.100.9:5060", &answer(&sent[0], "401 Unauthorized", challenge, ""));
    let (sent, _) = bench.look_whole();
    assert!(field(&sent[0], "Authorization").contains("username=\"regia\""), "{sent:?}");
    assert!(field(&sent[0], "CSeq").starts_with("2 "), "{sent:?}");
    bench.take_from("198.51.100.9:5060", &answer(&sent[0], "200 OK", "Expires: 100\r\n", ""));
    assert_eq!(bench.look().1, [News::Registration(RegistrationState::Registered)]);
    assert!(bench.exchange.knows(registrar.ip()), "the trunk may call");
    bench.pass(Duration::from_secs(79));
    assert!(bench.look().0.is_empty());
    bench.pass(Duration::from_millis(1200));
    bench.exchange.trunk_found(&[registrar], bench.now);
    assert_eq!(bench.look(), (vec!["REGISTER sip:sip.example.org SIP/2.0".to_owned()], vec![]));
}

#[test]
fn a_registration_that_fails_is_tried_again_with_pauses_that_grow_to_five_minutes() {
    let mut bench = Bench::new(Some(Bench::trunk()));
    let mut tries = Vec::new();
    let end = Duration::from_secs(3600);
    while bench.now < end {
        bench.pass(Duration::from_millis(250));
        while let Some(output) = bench.exchange.poll() {
            if matches!(output, Output::FindTrunk) {
                tries.push(bench.now);
                bench.exchange.trunk_found(&[], bench.now);
            }
        }
    }
    let pauses: Vec<_> = tries.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(pauses[0] < Duration::from_secs(4) && pauses[3] > pauses[0], "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause < Duration::from_secs(376)), "{pauses:?}");
    assert!((10..30).contains(&tries.len()), "{tries:?}");
}

#[test]
fn a_trunk_that_names_another_realm_gets_no_proof() {
    let mut bench = Bench::new(Some(Bench::trunk()));
    bench.pass(Duration::from_millis(100));
    bench.exchange.trunk_found(&[at("198.51.100.9:5060")], bench.now);
    let (sent, _) = bench.look_whole();
    let challenge = "WWW-Authenticate: Digest realm=\"elsewhere.org\", nonce=\"1\", qop=\"auth\"\r\n";
    bench.take_from("198.51.100.9:5060", &answer(&sent[0], "401 Unauthorized", challenge, ""));
    let (sent, news) = bench.look();
    let why = RegistrationFailure::Realm;
    assert_eq!((sent, news), (vec![], vec![News::Registration(RegistrationState::Failed { why })]));
}

#[test]
fn a_caller_withheld_by_the_trunk_is_who_the_trunk_vouches_for_and_no_peer_can_vouch() {
    let asserted = "P-Asserted-Identity: <tel:+39066660001>\r\n";
    let mut bench = Bench::new(None);
    bench.take(&invite(1, "", asserted));
    let rang = |news: Vec<News>| match news.into_iter().next() {
        Some(News::Rang { number, .. }) => number.reveal().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(rang(bench.look().1), "+390105551242");
    let mut bench = Bench::new(Some(Bench::trunk()));
    bench.pass(Duration::from_millis(100));
    bench.exchange.trunk_found(&[at(PEER)], bench.now);
    bench.look();
    bench.take(&invite(1, "", asserted));
    assert_eq!(rang(bench.look().1), "+39066660001");
}

#[test]
fn goodbye_is_said_to_all_when_the_house_closes() {
    let mut bench = Bench::new(None);
    bench.up("");
    bench.look();
    bench.exchange.stop(bench.now);
    let (sent, _) = bench.look_whole();
    assert!(sent[0].starts_with("BYE ") && !bench.exchange.is_idle());
    bench.take(&answer(&sent[0], "200 OK", "", ""));
    assert!(bench.exchange.is_idle());
}

#[test]
fn a_call_through_a_trunk_is_proved_once_and_never_to_somebody_else() {
    let challenge =
        "Proxy-Authenticate: Digest realm=\"example.org\", nonce=\"1\", qop=\"auth\", algorithm=SHA-256\r\n";
    let asked = "407 Proxy Authentication Required";
    let mut bench = Bench::new(Some(Bench::trunk()));
    bench.pass(Duration::from_millis(100));
    bench.exchange.trunk_found(&[at("198.51.100.9:5060")], bench.now);
    bench.look();
    let callee = Callee::parse("+39 010 555-1242").expect("it is a number");
    let to = bench.exchange.way_to(&callee).expect("there is a trunk").expect("its address is known");
    let call = bench.exchange.dial(&callee, to, bench.now).expect("a line is free");
    let (sent, _) = bench.look_whole();
    assert!(sent[0].starts_with("INVITE sip:+390105551242@sip.example.org SIP/2.0\r\n"), "{sent:?}");
    bench.take_from("198.51.100.9:5060", &answer(&sent[0], asked, challenge, ""));
    let (sent, _) = bench.look_whole();
    assert!(sent[0].starts_with("ACK ") && sent[1].starts_with("INVITE "), "{sent:?}");
    let proof = field(&sent[1], "Proxy-Authorization");
    assert!(proof.contains("uri=\"sip:+390105551242@sip.example.org\"") && proof.contains("SHA-256"), "{proof}");
    bench.take_from("198.51.100.9:5060", &answer(&sent[1], asked, &challenge.replace("\"1\"", "\"2\""), ""));
    assert_eq!(bench.look().1, [News::Ended { call, why: End::Refused { code: 407 } }]);
    let stranger = Callee::parse("sip:anna@192.0.2.7").expect("it is an address");
    let call = bench.exchange.dial(&stranger, at(PEER), bench.now).expect("a line is free");
    let (sent, _) = bench.look_whole();
    bench.take(&answer(&sent[0], asked, challenge, ""));
    let (sent, news) = bench.look();
    assert_eq!((sent.len(), news), (1, vec![News::Ended { call, why: End::Refused { code: 407 } }]));
}
