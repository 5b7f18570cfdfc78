//! What everybody hears but themselves: a city's return feed has program's picture and every tone but its own, the radio is
//! heard without a picture, and nothing is encoded for nobody.

mod support;

use regia::show::{ChannelId, Command, Strip, StripId, StripMode};
use support::decode::{self, Recording, apart};
use support::evening::{Evening, colour, leave, until};
use support::viewer::{Kind, Pool, Received};

/// Where a card has nothing on it, in thousandths.
const CLEAR: (usize, usize) = (60, 500);

/// The tones of Roma's and Milano's cards.
const TONES: [f32; 2] = [440.0, 550.0];

/// Samples in which both tones have whole waves.
const WINDOW: usize = 48_000 / 10;

/// How far below what is heard that is which is not: a thousandth is −60 dB.
const SILENT: f32 = 0.001;

/// Amplitudes of both tones in the newest half second.
fn tones(packets: &[Received]) -> Option<[f32; 2]> {
    let newest = packets.len().saturating_sub(600);
    let sound = decode::sound(&packets[newest..]);
    let begin = sound.samples.len().checked_sub(5 * WINDOW)?;
    Some(TONES.map(|hertz| sound.tone(hertz, begin, 4 * WINDOW)))
}

/// Waits until the tones are as wanted, and a picture too where one is named.
fn until_heard(recording: &mut Recording, what: &str, wanted: impl Fn([f32; 2]) -> bool) {
    let from = recording.packets.len();
    recording.until(what, |packets| {
        let sounds = packets[from..].iter().filter(|packet| packet.kind == Kind::Audio).count();
        sounds > 80 && tones(&packets[from..]).is_some_and(&wanted)
    });
}

async fn open(evening: &Evening, city: &str) {
    let of = StripId::City(city.parse().unwrap());
    let strip = Strip { mode: StripMode::On, ..Strip::default() };
    evening.command(Command::SetStrip { of, strip }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_hears_all_but_itself_with_program_s_picture_and_the_radio_has_none() {
    let evening = Evening::start().await;
    let pool = Pool::start();
    let cities = [evening.publish(evening.city("roma")).await, evening.publish(evening.city("milano")).await];
    evening.until_live("roma").await;
    evening.until_live("milano").await;
    evening.cut_to("roma").await;

    let back = ChannelId::Return("roma".parse().unwrap());
    let channel = evening.app.channel(&back).unwrap();
    let clock = regia::gst::EventClock::start();
    assert_eq!(evening.app.mixes_encoded(), 0, "nobody listens");
    assert!(!channel.is_live(clock.now()));

    // Roma alone is on program: it hears nothing, and sees itself.
    let mut roma = evening.monitor("return-roma", &pool);
    roma.until_seen("roma in roma's return", |shot| apart(shot.colour(CLEAR.0, CLEAR.1), colour("roma")) < 40);
    until("roma's return is encoded", || evening.app.mixes_encoded() == 1);
    until_heard(&mut roma, "silence", |[roma, milano]| roma < SILENT && milano < SILENT);

    // Milano is heard as well: by Roma without Roma, by Milano without Milano, and by the radio with both.
    open(&evening, "milano").await;
    until_heard(&mut roma, "milano without roma", |[roma, milano]| milano > 0.05 && roma < milano * SILENT);
    let mut milano = evening.monitor("return-milano", &pool);
    until_heard(&mut milano, "roma without milano", |[roma, milano]| roma > 0.05 && milano < roma * SILENT);
    let mut radio = evening.record("radio", &pool);
    until_heard(&mut radio, "both on the radio", |tones| tones.iter().all(|tone| *tone > 0.05));
    assert!(radio.packets.iter().all(|packet| packet.kind == Kind::Audio), "the radio has no picture");
    until("three mixes are encoded", || evening.app.mixes_encoded() == 3);

    // A take changes what is seen, and what Milano does not hear.
    evening.cut_to("milano").await;
    roma.until_seen("milano in roma's return", |shot| apart(shot.colour(CLEAR.0, CLEAR.1), colour("milano")) < 40);
    until_heard(&mut milano, "nothing", |[roma, milano]| roma < SILENT && milano < SILENT);

    drop((roma, milano, radio));
    until("nothing is encoded any more", || evening.app.mixes_encoded() == 0);
    for city in cities {
        leave(city).await;
    }
    evening.stop().await;
}
