//! What strangers send to the media ports disturbs nobody.

mod support;

use std::net::{SocketAddr, UdpSocket};
use std::ops::RangeInclusive;

use support::decode;
use support::evening::{Evening, leave};
use support::viewer::{Kind, LOOPBACK, Pool};

/// Where publishers are received: few ports, so that all of them can be shot at.
const PORTS: RangeInclusive<u16> = 47_310..=47_349;

/// Datagrams to each port.
const SHOTS: u32 = 400;

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_on_the_media_ports_disturbs_no_publisher_and_no_viewer() {
    let ports = format!("{}-{}", PORTS.start(), PORTS.end());
    let evening = Evening::with_ports(&ports, "[program]\nwidth = 320\nheight = 180\nfps = 15\n").await;
    let pool = Pool::start();
    let roma = evening.publish(evening.city("roma").format(320, 180, 15)).await;
    evening.until_live("roma").await;
    evening.cut_to("roma").await;
    let [mut program, mut channel] = ["program", "roma"].map(|id| evening.record(id, &pool));
    for recording in [&mut program, &mut channel] {
        recording.until("pictures come", |packets| decode::timestamps(packets).len() > 15);
    }

    let publishers: Vec<u16> = PORTS.filter(|port| UdpSocket::bind((LOOPBACK, *port)).is_err()).collect();
    assert!(!publishers.is_empty(), "the session has a port of the range");
    let viewers = channel.server().expect("it is connected");
    let before = strays(&evening);
    let targets: Vec<SocketAddr> =
        publishers.iter().map(|port| (LOOPBACK, *port).into()).chain([viewers, viewers]).collect();
    tokio::task::spawn_blocking(move || shoot(&targets)).await.unwrap();
    // From an address that the server knows as a viewer's, too.
    (0..SHOTS).for_each(|n| channel.send_raw(rubbish(n)));

    let seen = [&program, &channel].map(|recording| recording.packets.len());
    for (recording, seen) in [&mut program, &mut channel].into_iter().zip(seen) {
        recording.until("two seconds more", |packets| decode::timestamps(&packets[seen..]).len() > 30);
    }
    assert!(strays(&evening) > before, "the viewers' port got some of it");
    let [program, channel] = [program.end(), channel.end()];
    // No picture and no sound is missing, neither before nor under fire nor after.
    decode::assert_even(&channel, 6000);
    decode::assert_even(&program, 6000);
    let sounds = decode::ordered(&channel, Kind::Audio);
    assert!(
        sounds.windows(2).all(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) == 960),
        "no sound is missing"
    );
    evening.until_live("roma").await;
    leave(roma).await;
    evening.stop().await;
}

fn shoot(targets: &[SocketAddr]) {
    let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    for n in 0..SHOTS {
        for target in targets {
            // A full buffer or a closed port is no matter here.
            let _ = socket.send_to(&rubbish(n), target);
        }
        std::thread::yield_now();
    }
}

/// What looks like DTLS, STUN, RTP or RTCP and is cut short or goes on with noise; the same for the same number.
fn rubbish(n: u32) -> Vec<u8> {
    /// A ClientHello that says more than it brings (RFC 6347 §4.1).
    const DTLS: [u8; 25] = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 200, 1, 0, 0, 188, 0, 0, 0, 0, 0, 0, 0, 188];
    /// A binding request of 80 bytes with a username (RFC 8489 §5).
    const STUN: [u8; 28] = [
        0, 1, 0, 80, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 40, b'r', b'o', b'm', b'a',
    ];
    let mut state = n.wrapping_mul(2_654_435_761) | 1;
    let mut noise = |length: usize| -> Vec<u8> {
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state as u8
            })
            .collect()
    };
    let length = n as usize * 7 % 1400;
    match n % 8 {
        0 => noise(length),
        1 => DTLS[..length % DTLS.len()].to_vec(),
        2 => [&DTLS[..], &noise(length % 300)].concat(),
        3 => STUN[..length % STUN.len()].to_vec(),
        4 => [&STUN[..], &noise(length % 90)].concat(),
        5 => [&[0x80, 96][..], &noise(length)].concat(),
        6 => [&[0x81, 200, 0, 60][..], &noise(length % 40)].concat(),
        _ => Vec::new(),
    }
}

/// Datagrams from nobody who watches, as /metrics counts them.
fn strays(evening: &Evening) -> u64 {
    let answer = support::client::ask("GET", &format!("{}/metrics", evening.url), &[], b"");
    let line = answer.body().lines().find(|line| line.contains("stray") && !line.starts_with('#'));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("{}", answer.body()))
}
