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
    let why = RegistrationFailure::Realm { code: 401 };
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
fn who_asks_that_nobody_be_told_is_withheld_also_if_the_trunk_tells() {
    let mut bench = Bench::new(Some(Bench::trunk()));
    bench.pass(Duration::from_millis(100));
    bench.exchange.trunk_found(&[at(PEER)], bench.now);
    bench.look();
    let private = "P-Asserted-Identity: <tel:+39066660001>\r\nPrivacy: id;critical\r\n";
    let anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
    bench.take(&invite(1, "", private).replace("<sip:+390105551242@192.0.2.7>", anonymous));
    let (_, news) = bench.look();
    let [News::Rang { call, number, .. }] = &news[..] else { panic!("{news:?}") };
    assert!(number.is_withheld(), "{number:?}");
    bench.exchange.refuse_withheld(*call, bench.now).expect("it rings");
    let (sent, news) = bench.look();
    assert_eq!(sent, ["SIP/2.0 433 Anonymity Disallowed"]);
    assert_eq!(news, [News::Ended { call: *call, why: End::Ours }]);
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

const TRUNK: &str = "198.51.100.9:5060";
const ASKED: &str = "407 Proxy Authentication Required";
const CHALLENGE: &str = "Proxy-Authenticate: Digest realm=\"example.org\", nonce=\"1\", qop=\"auth\"\r\n";
const TIMER: &str = "Session-Expires: 90;refresher=uac\r\n";

/// A bench that may call through a trunk, and a call through it that was proved and answered.
fn up_through_trunk() -> (Bench, CallNumber) {
    let mut bench = Bench::new(Some(Trunk { register: false, ..Bench::trunk() }));
    bench.pass(Duration::from_millis(100));
    bench.exchange.trunk_found(&[at(TRUNK)], bench.now);
    bench.look();
    let callee = Callee::parse("+390105551242").expect("it is a number");
    let call = bench.exchange.dial(&callee, at(TRUNK), bench.now).expect("a line is free");
    let (sent, _) = bench.look_whole();
    bench.take_from(TRUNK, &answer(&sent[0], ASKED, CHALLENGE, ""));
    let (sent, _) = bench.look_whole();
    bench.take_from(TRUNK, &answer(&sent[1], "200 OK", TIMER, SOUND));
    let (acked, news) = bench.look_whole();
    assert!(acked[0].starts_with("ACK ") && news == [News::Answered { call }], "{acked:?} {news:?}");
    let (of_invite, of_ack) = (field(&sent[1], "Proxy-Authorization"), field(&acked[0], "Proxy-Authorization"));
    assert!(!of_ack.is_empty() && of_ack == of_invite, "the ACK bears the INVITE's proof: {acked:?}");
    (bench, call)
}

#[test]
fn a_trunk_that_wants_proof_before_it_lets_us_go_gets_it_once() {
    let (mut bench, call) = up_through_trunk();
    bench.exchange.hang_up(call, bench.now).expect("it is up");
    let (sent, news) = bench.look_whole();
    assert_eq!(news, [News::Ended { call, why: End::Ours }]);
    assert!(sent[0].starts_with("BYE ") && field(&sent[0], "Proxy-Authorization").is_empty(), "{sent:?}");
    bench.take_from(TRUNK, &answer(&sent[0], ASKED, CHALLENGE, ""));
    let (proved, _) = bench.look_whole();
    let number = |message: &str| field(message, "CSeq").split(' ').next().and_then(|number| number.parse::<u32>().ok());
    assert!(proved[0].starts_with("BYE ") && number(&proved[0]) > number(&sent[0]), "{proved:?}");
    let proof = field(&proved[0], "Proxy-Authorization");
    assert!(proof.contains(&format!("uri=\"sip:anna@{PEER}\"")), "{proof}");
    assert_eq!(field(&proved[0], "To"), field(&sent[0], "To"));
    assert!(!bench.exchange.is_idle(), "the house waits until the trunk has let go");
    bench.take_from(TRUNK, &answer(&proved[0], ASKED, &CHALLENGE.replace("\"1\"", "\"2\""), ""));
    assert!(bench.look().0.is_empty() && bench.exchange.is_idle(), "nobody is told twice");
}

#[test]
fn a_refresh_that_a_trunk_wants_proved_is_proved_every_time() {
    let (mut bench, _) = up_through_trunk();
    for nonce in ["\"3\"", "\"4\""] {
        bench.pass(Duration::from_millis(45_100));
        let (sent, _) = bench.look_whole();
        let refresh = sent.iter().find(|sent| sent.starts_with("INVITE ")).expect("it is sent").clone();
        bench.take_from(TRUNK, &answer(&refresh, ASKED, &CHALLENGE.replace("\"1\"", nonce), ""));
        let (sent, _) = bench.look_whole();
        assert!(sent[0].starts_with("ACK ") && sent[1].starts_with("INVITE "), "{sent:?}");
        assert!(field(&sent[1], "Proxy-Authorization").contains(&format!("nonce={nonce}")), "{sent:?}");
        bench.take_from(TRUNK, &answer(&sent[1], "200 OK", TIMER, SOUND));
        let (acked, news) = bench.look_whole();
        assert!(acked[0].starts_with("ACK ") && !field(&acked[0], "Proxy-Authorization").is_empty(), "{acked:?}");
        assert_eq!(news, []);
    }
    bench.pass(Duration::from_secs(44));
    assert_eq!(bench.look().1, [], "the session goes on");
}

#[test]
fn a_refresh_that_nobody_can_prove_is_tried_until_the_session_ends() {
    let mut bench = Bench::new(None);
    bench.up("Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
    bench.pass(Duration::from_millis(45_100));
    let (sent, _) = bench.look_whole();
    bench.take(&answer(sent.last().expect("it is sent"), ASKED, CHALLENGE, ""));
    bench.look();
    bench.pass(Duration::from_secs(12));
    assert!(bench.look().0.iter().any(|sent| sent.starts_with("INVITE ")), "it is tried again");
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.look().1, [News::Ended { call: CallNumber(1), why: End::Lost }]);
}

#[test]
fn after_two_re_invites_have_met_who_called_waits_longer() {
    let (mut bench, _) = up_through_trunk();
    bench.pass(Duration::from_millis(45_100));
    let (sent, _) = bench.look_whole();
    bench.take_from(TRUNK, &answer(sent.last().expect("it is sent"), "491 Request Pending", "", ""));
    bench.look();
    bench.pass(Duration::from_secs(2));
    assert!(bench.look().0.is_empty(), "theirs goes first");
    bench.pass(Duration::from_millis(2100));
    assert!(bench.look().0[0].starts_with("INVITE "));
    let mut bench = Bench::new(None);
    bench.up("Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
    bench.pass(Duration::from_millis(45_100));
    let (sent, _) = bench.look_whole();
    bench.take(&answer(sent.last().expect("it is sent"), "491 Request Pending", "", ""));
    bench.look();
    bench.pass(Duration::from_millis(2100));
    assert!(bench.look().0[0].starts_with("INVITE "), "who was called goes first");
}

#[test]
fn who_wants_longer_sessions_is_asked_for_them_once() {
    let mut bench = Bench::new(None);
    let callee = Callee::parse("sip:anna@192.0.2.7").expect("it is one");
    let call = bench.exchange.dial(&callee, at(PEER), bench.now).expect("a line is free");
    let (sent, _) = bench.look_whole();
    assert_eq!((field(&sent[0], "Session-Expires"), field(&sent[0], "Min-SE")), ("1800", "90"));
    bench.take(&answer(&sent[0], "422 Session Interval Too Small", "Min-SE: 3600\r\n", ""));
    let (sent, _) = bench.look_whole();
    assert_eq!((field(&sent[1], "Session-Expires"), field(&sent[1], "Min-SE")), ("3600", "3600"));
    bench.take(&answer(&sent[1], "422 Session Interval Too Small", "Min-SE: 7200\r\n", ""));
    assert_eq!(bench.look().1, [News::Ended { call, why: End::Refused { code: 422 } }]);
    let mut bench = Bench::new(None);
    bench.up("Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
    bench.pass(Duration::from_millis(45_100));
    let (sent, _) = bench.look_whole();
    bench.take(&answer(sent.last().expect("it is sent"), "422 Session Interval Too Small", "Min-SE: 200\r\n", ""));
    bench.pass(Duration::from_millis(100));
    let (sent, _) = bench.look_whole();
    assert_eq!(field(sent.last().expect("it is sent"), "Session-Expires"), "200;refresher=uac");
}

/// A bench whose registration is under way, and the REGISTER.
fn registering() -> (Bench, String) {
    let mut bench = Bench::new(Some(Bench::trunk()));
    bench.pass(Duration::from_millis(100));
    bench.exchange.trunk_found(&[at(TRUNK)], bench.now);
    let (sent, _) = bench.look_whole();
    (bench, sent[0].clone())
}

#[test]
fn a_trunk_that_is_overloaded_is_asked_again_when_it_wants_and_not_later_than_in_an_hour() {
    for (wanted, pause) in [("600 (overloaded)", 600), ("999999", 3600)] {
        let (mut bench, register) = registering();
        let wait = format!("Retry-After: {wanted}\r\n");
        bench.take_from(TRUNK, &answer(&register, "503 Service Unavailable", &wait, ""));
        let failed = RegistrationState::Failed { why: RegistrationFailure::Refused { code: 503 } };
        assert_eq!(bench.look().1, [News::Registration(failed)]);
        let is_looked_up = |bench: &mut Bench, seconds| {
            bench.pass(Duration::from_secs(seconds));
            std::iter::from_fn(|| bench.exchange.poll()).any(|output| matches!(output, Output::FindTrunk))
        };
        assert!(!is_looked_up(&mut bench, pause - 1));
        assert!(is_looked_up(&mut bench, 2));
    }
}

#[test]
fn a_registrar_that_wants_longer_registrations_is_asked_for_them_once() {
    let (mut bench, register) = registering();
    bench.take_from(TRUNK, &answer(&register, "423 Interval Too Brief", "Min-Expires: 1800\r\n", ""));
    let (sent, _) = bench.look_whole();
    assert_eq!(field(&sent[0], "Expires"), "1800");
    bench.take_from(TRUNK, &answer(&sent[0], "423 Interval Too Brief", "Min-Expires: 3600\r\n", ""));
    let failed = RegistrationState::Failed { why: RegistrationFailure::Refused { code: 423 } };
    assert_eq!(bench.look(), (vec![], vec![News::Registration(failed)]));
}

#[test]
fn after_a_failure_another_address_of_the_trunk_has_its_turn() {
    let (mut bench, register) = registering();
    bench.take_from(TRUNK, &answer(&register, "503 Service Unavailable", "", ""));
    bench.pass(Duration::from_secs(3));
    bench.exchange.trunk_found(&[at(TRUNK), at("198.51.100.10:5060")], bench.now);
    let to = std::iter::from_fn(|| bench.exchange.poll()).find_map(|output| match output {
        Output::Send { to, .. } => Some(to),
        _ => None,
    });
    assert_eq!(to, Some(at("198.51.100.10:5060")));
}
