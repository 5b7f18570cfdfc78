//! SIP messages that something has happened to, made from a seed.

/// What a telephone sends, in the order of a call.
const CALL: [&str; 6] = [
    "INVITE sip:regia@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;rport;branch=z9hG4bKa1\r\nMax-Forwards: 70\r\n\
     From: \"Anna\" <sip:+39010@192.0.2.7;user=phone>;tag=t1\r\nTo: <sip:regia@192.0.2.1>\r\nCall-ID: c1@x\r\nCSeq: 1 INVITE\r\n\
     Contact: <sip:anna@192.0.2.7:5060;ob>\r\nSupported: timer, replaces\r\nSession-Expires: 1800;refresher=uac\r\n\
     Record-Route: <sip:192.0.2.8;lr>\r\nContent-Type: application/sdp\r\n\r\n\
     v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n\
     m=audio 4000 RTP/AVP 107 8 0 101\r\na=rtpmap:107 opus/48000/2\r\na=fmtp:107 stereo=1\r\n\
     a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
    "ACK sip:regia@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;rport;branch=z9hG4bKa2\r\n\
     From: <sip:+39010@192.0.2.7>;tag=t1\r\nTo: <sip:regia@192.0.2.1>;tag=x\r\nCall-ID: c1@x\r\nCSeq: 1 ACK\r\n\r\n",
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;received=192.0.2.1\r\n\
     From: <sip:regia@192.0.2.1>;tag=1\r\nTo: <sip:anna@192.0.2.7>;tag=2\r\nCall-ID: c2\r\nCSeq: 2 INVITE\r\n\
     Contact: <sip:anna@192.0.2.7>\r\nContent-Length: 0\r\n\r\n",
    "CANCEL sip:regia@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa1\r\n\
     f: <sip:+39010@192.0.2.7>;tag=t1\r\nt: <sip:regia@192.0.2.1>\r\ni: c1@x\r\nCSeq: 1 CANCEL\r\nl: 0\r\n\r\n",
    "OPTIONS sip:regia@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa4, SIP/2.0/UDP 10.0.0.1\r\n\
     From: \"A \\\"B\\\" <C>\" <sip:a@b>;tag=4\r\nTo: <tel:+39010;phone-context=x>\r\nCall-ID: c4\r\nCSeq: 9 OPTIONS\r\n\r\n",
    "BYE sip:regia@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa5\r\n\
     From: <sip:+39010@192.0.2.7>;tag=t1\r\nTo: <sip:regia@192.0.2.1>;tag=x\r\nCall-ID: c1@x\r\nCSeq: 2 BYE\r\n\r\n",
];

/// What is most likely to make trouble where it does not belong.
const ODD: [&str; 24] = [
    "",
    "\r\n",
    "\r\n ",
    "\r\n\r\n",
    ":",
    ";",
    ",",
    "<",
    ">",
    "\"",
    "\\",
    "=",
    "0",
    "-1",
    "4294967296",
    "99999999999999999999",
    "%00",
    "%",
    "\u{0}",
    "\u{fffd}",
    "sip:",
    "tag=",
    "branch=z9hG4bK",
    "[::1",
];

struct Seed(u64);

impl Seed {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// One message with some things happened to it.
pub fn broken(seed: u64) -> Vec<u8> {
    let mut seed = Seed(seed);
    let mut bytes = CALL[seed.below(CALL.len())].as_bytes().to_vec();
    for _ in 0..=seed.below(4) {
        let at = seed.below(bytes.len() + 1);
        match seed.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << seed.below(8),
            1 => bytes.truncate(at),
            2 => drop(bytes.splice(at..at, ODD[seed.below(ODD.len())].bytes())),
            3 => {
                let end = (at + seed.below(30)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let piece = bytes[at..(at + seed.below(200)).min(bytes.len())].to_vec();
                for _ in 0..seed.below(20) {
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
            _ => {
                let end = (at + seed.below(12)).min(bytes.len());
                drop(bytes.splice(at..end, ODD[seed.below(ODD.len())].bytes()));
            }
        }
    }
    bytes.truncate(60_000);
    bytes
}

/// Some messages, whole ones and broken ones, as the exchange for fuzzing takes them.
pub fn broken_evening(seed: u64) -> Vec<u8> {
    let mut choice = Seed(!seed);
    let mut evening = Vec::new();
    for n in 0..4 {
        match choice.below(3) {
            0 => evening.extend(CALL[choice.below(CALL.len())].bytes()),
            _ => evening.extend(broken(seed * 5 + n)),
        }
        evening.extend([0, 1]);
    }
    evening
}
