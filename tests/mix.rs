//! Transitions as a viewer of program sees and hears them: a mix goes evenly, a cut leaves nothing between, and sound
//! follows the picture.

mod support;

use std::time::Duration;

use regia::show::{Command, Source, Transition};
use support::decode::{self, Playout, Recording, Shot, Sound, apart};
use support::evening::{Evening, colour, leave};
use support::viewer::{Kind, Pool, Received};

/// Where a card has nothing on it, in thousandths.
const CLEAR: (usize, usize) = (60, 500);

/// Length of one frame.
const FRAME_MS: f64 = 1000.0 / 30.0;

/// How far sound and picture may be apart.
const LIPS_MS: f64 = 40.0;

/// Samples in which the tones of both cities, 440 and 550 Hz, have whole waves, so that none is taken for the other.
const WINDOW: usize = 873;
const HOP: usize = 96;

/// What a decoder makes of a stream that it enters on the way is off for so long (RFC 7845 §4.6): 80 ms.
const PREROLL: usize = 3840;

/// Both tones together, as a part of what they usually are, below which a window tells nothing: a publisher that the
/// machine held up left a hole there. The desk's crossfades keep the sum, but for what the window makes of a ramp.
const HOLE: f64 = 0.7;

/// How many cuts are judged, by their median.
const CUTS: usize = 3;

/// A transition from Roma to Milano as a viewer got it.
struct Seen {
    /// Milliseconds of wall clock, and the part of Milano.
    picture: Vec<(f64, f64)>,
    sound: Vec<(f64, f64)>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mix_blends_evenly_a_cut_not_at_all_and_sound_follows() {
    let evening = Evening::with("[program]\nwidth = 320\nheight = 180\nfps = 30\nbitrate_kbps = 2500\n").await;
    let pool = Pool::start();
    let cities = [
        evening.publish(evening.city("roma").format(320, 180, 30)).await,
        evening.publish(evening.city("milano").format(320, 180, 30)).await,
    ];
    evening.until_live("roma").await;
    evening.until_live("milano").await;

    let mix = transition(&evening, &pool, Transition::Mix { duration_ms: 1000 }).await;
    let mut cuts = Vec::new();
    for _ in 0..CUTS {
        cuts.push(transition(&evening, &pool, Transition::Cut {}).await);
    }

    // A mix: evenly from one to the other, in its time.
    assert!(rises(&mix.picture, 0.03), "the picture does not go evenly: {:.2?}", mix.picture);
    let tenths = medians(&mix.sound, 100.0);
    assert!(rises(&tenths, 0.08), "the sound does not go evenly: {tenths:.2?}");
    let (picture, sound) = (length(&mix.picture), length(&mix.sound));
    println!("the middle eight tenths of the mix: {picture:.0} ms of picture, {sound:.0} ms of sound");
    assert!((picture - 800.0).abs() <= 3.0 * FRAME_MS, "{picture} ms");
    assert!((sound - 800.0).abs() <= 3.0 * FRAME_MS, "{sound} ms");
    let apart = middle(&mix.sound) - middle(&mix.picture);
    println!("sound after picture in the middle of the mix: {apart:.1} ms");
    assert!(apart.abs() <= LIPS_MS, "{apart} ms");

    // A cut: from one frame to the next, and the sound within its ramp of 20 ms.
    for cut in &cuts {
        let blended: Vec<_> = cut.picture.iter().filter(|(_, part)| (0.1..0.9).contains(part)).collect();
        assert!(blended.is_empty(), "blended frames in a cut: {blended:.2?}");
    }
    let apart = cuts.iter().map(|cut| middle(&cut.sound) - middle(&cut.picture)).collect::<Vec<_>>();
    let ramps = cuts.iter().map(|cut| length(&cut.sound)).collect::<Vec<_>>();
    println!("sound after picture at the cuts: {apart:.1?} ms; the sound changes in {ramps:.0?} ms");
    let (apart, ramp) = (median(apart), median(ramps));
    assert!(apart.abs() <= LIPS_MS, "{apart} ms");
    assert!(ramp <= 20.0 + window_ms() + 10.0, "{ramp} ms");

    for city in cities {
        leave(city).await;
    }
    evening.stop().await;
}

async fn transition(evening: &Evening, pool: &Pool, transition: Transition) -> Seen {
    let milano = Source::City("milano".parse().unwrap());
    evening.cut_to("roma").await;
    evening.command(Command::SetPreview { source: milano }).await;
    evening.command(Command::SetTransition { transition }).await;
    let mut program = evening.record("program", pool);
    program.until_seen("roma in program", |shot| part_of_milano(shot) < 0.05);
    let taken = program.packets.len();
    evening.command(Command::Take {}).await;
    program.until_seen("milano in program", |shot| part_of_milano(shot) > 0.97);
    let changed = program.packets.len();
    // A second of sound before and after, and reports that date both.
    settle(&mut program, changed.max(taken));
    let packets = program.end();
    Seen { picture: pictures(&packets), sound: sounds(&packets) }
}

fn settle(program: &mut Recording, from: usize) {
    program.until("a second more, and sender reports", |packets| {
        let is_dated = [Kind::Video, Kind::Audio].into_iter().all(|kind| Playout::of(packets, kind).is_some());
        let last = packets.last().expect("there are packets").arrival;
        is_dated && packets.get(from).is_some_and(|packet| last - packet.arrival > Duration::from_secs(1))
    });
}

/// How far a colour is on the way from Roma's to Milano's.
fn part_of_milano(shot: &Shot) -> f64 {
    let (from, to, seen) = (colour("roma"), colour("milano"), shot.colour(CLEAR.0, CLEAR.1));
    assert!(apart(from, to) > 60, "the cities' colours tell them apart");
    let (mut along, mut whole) = (0.0, 0.0);
    for n in 0..3 {
        let way = f64::from(to[n]) - f64::from(from[n]);
        along += (f64::from(seen[n]) - f64::from(from[n])) * way;
        whole += way * way;
    }
    along / whole
}

fn pictures(packets: &[Received]) -> Vec<(f64, f64)> {
    let playout = Playout::of(packets, Kind::Video).expect("reports came");
    let shots = decode::pictures(packets);
    let parts = shots.iter().map(|shot| (playout.wall_ms(shot.timestamp), part_of_milano(shot)));
    // The viewer may have come before Roma was on.
    parts.skip_while(|(_, part)| part.abs() > 0.05).collect()
}

/// Milano's part of both tones, at the middle of each window that has them.
fn sounds(packets: &[Received]) -> Vec<(f64, f64)> {
    let playout = Playout::of(packets, Kind::Audio).expect("reports came");
    let sound: Sound = decode::sound(packets);
    let begins = (PREROLL..sound.samples.len().saturating_sub(WINDOW)).step_by(HOP);
    let tones = begins.map(|begin| {
        let at = playout.wall_ms(sound.timestamp(begin + WINDOW / 2));
        (at, [440.0, 550.0].map(|hertz| f64::from(sound.tone(hertz, begin, WINDOW))))
    });
    // The same for the sound, which begins with a ramp then.
    let tones = tones.skip_while(|(_, [roma, milano])| *roma < 0.05 || *milano > 0.005);
    let tones: Vec<_> = tones.map(|(at, [roma, milano])| (at, milano, roma + milano)).collect();
    let usual = median(tones.iter().map(|(_, _, both)| *both).collect());
    let whole = tones.iter().filter(|(_, _, both)| *both >= HOLE * usual);
    whole.map(|(at, milano, both)| (*at, milano / both)).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().expect("there are values")
}

fn window_ms() -> f64 {
    WINDOW as f64 / 48.0
}

/// Medians of spans of this length: a publisher that the machine holds up may lack some milliseconds of its tone.
fn medians(parts: &[(f64, f64)], span_ms: f64) -> Vec<(f64, f64)> {
    let Some((begin, _)) = parts.first() else { return Vec::new() };
    let spans = parts.chunk_by(|one, next| ((one.0 - begin) / span_ms) as u32 == ((next.0 - begin) / span_ms) as u32);
    spans.map(|span| (span[0].0, median(span.iter().map(|(_, part)| *part).collect()))).collect()
}

/// Whether it starts low, ends high and never falls by more than `slack` below what it was.
fn rises(parts: &[(f64, f64)], slack: f64) -> bool {
    let mut most = f64::NEG_INFINITY;
    let even = parts.iter().all(|(_, part)| {
        most = most.max(*part);
        *part >= most - slack
    });
    let ends = parts.first().zip(parts.last());
    even && ends.is_some_and(|((_, first), (_, last))| *first < 0.1 && *last > 0.9)
}

/// When it first comes to this part.
fn reaches(parts: &[(f64, f64)], wanted: f64) -> f64 {
    parts.iter().find(|(_, part)| *part >= wanted).expect("it ends high").0
}

/// How long it takes from a tenth to nine tenths. Where a hole lies at one of them it went on evenly within the hole.
fn length(parts: &[(f64, f64)]) -> f64 {
    let passes = |wanted: f64| {
        let at = parts.iter().position(|(_, part)| *part >= wanted).expect("it ends high");
        let (later, after) = parts[at];
        let Some((earlier, before)) = at.checked_sub(1).map(|before| parts[before]) else { return later };
        earlier + (later - earlier) * (wanted - before) / (after - before)
    };
    passes(0.9) - passes(0.1)
}

fn middle(parts: &[(f64, f64)]) -> f64 {
    reaches(parts, 0.5)
}
