//! What is found and what is not, with sounds made for it at the rate of the search: voices that say something else for every
//! seed, rooms, rhythms, tones.

use std::f32::consts::{PI, TAU};

use proptest::prelude::*;

use super::*;
use crate::audio::{BLOCK, Block};

const RATE: f32 = 4000.0;

/// Chance that is the same for the same seed (xorshift).
#[derive(Debug, Clone)]
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x2545_F491_4F6C_DD1D)
    }

    /// 0 to 1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.next()
    }

    fn noise(&mut self) -> f32 {
        self.next() + self.next() + self.next() + self.next() - 2.0
    }
}

fn values(seconds: f32) -> usize {
    (seconds * RATE) as usize
}

/// Somebody who talks: words of syllables, vowels that glide and consonants that hiss, breaths, and now and then a pause in
/// which others may talk. About −20 dBFS while they talk.
fn voice(seed: u64, seconds: f32) -> Vec<f32> {
    let mut chance = Chance::new(seed);
    let pitch = chance.between(85.0, 230.0);
    let mut sound = Vec::new();
    let mut phase = 0.0f32;
    while sound.len() < values(seconds) {
        for _ in 0..(chance.between(2.0, 14.0) as usize) {
            for _ in 0..(chance.between(1.0, 4.9) as usize) {
                let length = values(chance.between(0.02, 0.09));
                let loud = chance.between(0.01, 0.08);
                sound.extend((0..length).map(|_| chance.noise() * loud));
                let (length, loud) = (values(chance.between(0.07, 0.25)), chance.between(0.08, 0.3));
                let (from, to) = (pitch * chance.between(0.85, 1.2), pitch * chance.between(0.85, 1.2));
                let formants = [chance.between(300.0, 800.0), chance.between(850.0, 1900.0)];
                sound.extend((0..length).map(|n| {
                    let way = n as f32 / length as f32;
                    let hertz = from + (to - from) * way;
                    phase += hertz / RATE;
                    let harmonics = (1..30).map(|number| {
                        let number = number as f32;
                        let at = number * hertz;
                        let near = formants.iter().map(|formant| 1.0 / (1.0 + ((at - formant) / 90.0).powi(2)));
                        let level = if at < 1950.0 { 0.05 / number + near.sum::<f32>() } else { 0.0 };
                        level * (TAU * phase * number + number * number).sin()
                    });
                    harmonics.sum::<f32>() * loud * (PI * way).sin()
                }));
            }
            sound.extend(vec![0.0; values(chance.between(0.02, 0.25))]);
        }
        sound.extend(vec![0.0; values(chance.between(0.4, 1.6))]);
    }
    sound.truncate(values(seconds));
    sound
}

/// A piece with a beat: a drum on every beat, something of its own on every half, and chords of its own.
fn piece(seed: u64, seconds: f32, beats_a_minute: f32) -> Vec<f32> {
    let mut chance = Chance::new(seed);
    let beat = 60.0 / beats_a_minute;
    let mut sound = vec![0.0; values(seconds)];
    let mut add = |at: f32, length: f32, wave: &mut dyn FnMut(f32) -> f32| {
        let begin = values(at);
        for n in 0..values(length) {
            if let Some(value) = sound.get_mut(begin + n) {
                *value += wave(n as f32 / RATE);
            }
        }
    };
    let mut at = 0.0;
    let scale: Vec<f32> = (0..7).map(|step| 220.0 * 2f32.powf(step as f32 / 7.0 + chance.next() * 0.05)).collect();
    while at < seconds {
        // The same drum in every piece.
        add(at, 0.15, &mut |t| 0.4 * (-t * 30.0).exp() * (TAU * (60.0 + 80.0 * (-t * 40.0).exp()) * t).sin());
        let loud = chance.between(0.02, 0.1);
        add(at + beat / 2.0, 0.05, &mut |t| loud * (-t * 60.0).exp() * chance.noise());
        for _ in 0..3 {
            let hertz = scale[(chance.next() * 6.99) as usize] * [1.0, 2.0, 4.0][(chance.next() * 2.99) as usize];
            add(at, beat, &mut |t| 0.05 * (-t * 3.0).exp() * (TAU * hertz * t).sin());
        }
        at += beat;
    }
    sound
}

/// Mains hum: the same everywhere, but for its phase.
fn hum(seconds: f32, phase: f32) -> Vec<f32> {
    let harmonic = |n: usize, h: f32| (TAU * 50.0 * h * (n as f32 / RATE + phase)).sin() / h;
    (0..values(seconds)).map(|n| 0.05 * (1u8..20).map(|h| harmonic(n, h.into())).sum::<f32>()).collect()
}

fn noise(seed: u64, seconds: f32, level: f32) -> Vec<f32> {
    let mut chance = Chance::new(seed);
    (0..values(seconds)).map(|_| chance.noise() * 1.7 * level).collect()
}

fn sum<const N: usize>(parts: [&[f32]; N]) -> Vec<f32> {
    let length = parts.iter().map(|part| part.len()).min().unwrap_or_default();
    (0..length).map(|n| parts.iter().map(|part| part[n]).sum()).collect()
}

fn later(sound: &[f32], seconds: f32, gain_db: f32) -> Vec<f32> {
    let gain = 10f32.powf(gain_db / 20.0);
    let lag = (seconds * RATE).round() as usize;
    std::iter::repeat_n(0.0, lag).chain(sound.iter().map(|value| value * gain)).take(sound.len()).collect()
}

/// What a room with a loudspeaker and a microphone makes of a sound: the way straight through it, and what goes round in it.
fn room(sound: &[f32], seed: u64) -> Vec<f32> {
    let mut chance = Chance::new(seed);
    let reflections: Vec<(usize, f32)> = (0..200)
        .map(|_| {
            let late = chance.between(0.003, 0.5);
            (values(late), 0.25 * chance.noise() * (-late * 7.0).exp())
        })
        .collect();
    (0..sound.len())
        .map(|n| {
            let heard = |(late, gain): &(usize, f32)| if n >= *late { sound[n - late] * gain } else { 0.0 };
            sound[n] + reflections.iter().map(heard).sum::<f32>()
        })
        .collect()
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; values(seconds)]
}

/// Clipped as a microphone's input that is too loud.
fn clipped(sound: &[f32], at: f32) -> Vec<f32> {
    sound.iter().map(|value| (4.0 * value).clamp(-at, at)).collect()
}

/// A place that hears itself, and what it hears again.
fn goes_round(own: &[f32], lag: f32, gain_db: f32) -> Vec<f32> {
    let (lag, gain) = ((lag * RATE).round() as usize, 10f32.powf(gain_db / 20.0));
    let mut sound = own.to_vec();
    for n in lag..sound.len() {
        sound[n] += gain * sound[n - lag];
    }
    sound
}

/// What was told, with the second in which it was.
type Told = Vec<(f32, Option<Echo>)>;

/// Listens from the beginning on to a mix-minus, to what comes back, and to program if the place is in it.
fn listen(others: &[f32], back: &[f32], program: Option<&[f32]>) -> Told {
    let mut finder = EchoFinder::new(3);
    let mut told = Told::new();
    let blocks = others.as_chunks::<THIN>().0.iter().zip(back.as_chunks::<THIN>().0);
    for (n, (others, back)) in blocks.enumerate() {
        finder.hear(back, others, program.map(|program| program[n * THIN..].first_chunk().unwrap()));
        let echo = finder.echo();
        if told.last().is_some_and(|(_, last)| last.is_some()) != echo.is_some() {
            told.push((n as f32 / 100.0, echo));
        }
    }
    told
}

/// Fails unless an echo at this lag was told within so many seconds, and stayed.
#[track_caller]
fn assert_found(told: &Told, lag: f32, within: f32) {
    let [(when, Some(echo))] = told[..] else { panic!("one echo that stays: {told:?}") };
    assert!((echo.lag.as_secs_f32() - lag).abs() < 0.004 && when < within, "{lag} s within {within} s: {told:?}");
}

#[test]
fn voices_that_come_back_are_found_at_any_lag_and_down_to_thirty_db() {
    for (seed, (gain_db, lag)) in (1..).zip([
        (6.0, 0.15),
        (0.0, 0.1),
        (-6.0, 0.02),
        (-12.0, 0.064),
        (-20.0, 0.192),
        (-20.0, 1.111),
        (-30.0, 2.45),
    ]) {
        let others = voice(seed, 12.0);
        let back = sum([&later(&others, lag, gain_db), &noise(seed, 12.0, 0.001)]);
        assert_found(&listen(&others, &back, None), lag, 7.0);
    }
}

#[test]
fn an_echo_in_a_room_in_which_somebody_talks_at_the_same_time_is_found() {
    for seed in 1..5 {
        let others = voice(seed, 20.0);
        let echo = room(&later(&others, 0.35, -12.0), seed);
        let back = sum([&echo, &voice(seed + 100, 20.0), &noise(seed, 20.0, 0.001)]);
        assert_found(&listen(&others, &back, None), 0.35, 12.0);
    }
}

#[test]
fn an_echo_that_is_clipped_or_upside_down_is_found() {
    let others = voice(7, 12.0);
    let upside_down: Vec<f32> = later(&others, 0.3, -10.0).iter().map(|value| -value).collect();
    assert_found(&listen(&others, &upside_down, None), 0.3, 7.0);
    assert_found(&listen(&others, &clipped(&later(&others, 0.3, 0.0), 0.5), None), 0.3, 7.0);
}

#[test]
fn music_that_comes_back_is_found_though_it_has_a_beat() {
    for seed in 1..4 {
        let others = piece(seed, 20.0, 120.0);
        let back = sum([&room(&later(&others, 0.3, -12.0), seed), &voice(seed, 20.0)]);
        assert_found(&listen(&others, &back, None), 0.3, 16.0);
    }
}

#[test]
fn a_voice_that_hears_itself_is_found_while_nobody_else_speaks() {
    for (seed, (gain_db, lag)) in (1..).zip([(-3.0, 0.3), (-6.0, 0.25), (-12.0, 0.2), (-20.0, 0.7), (-20.0, 2.0)]) {
        let sound = sum([&goes_round(&voice(seed, 30.0), lag, gain_db), &noise(seed, 30.0, 0.0005)]);
        // Program has the strip's delay.
        let program = later(&sound, 0.07, 0.0);
        // What was sent is 70 ms older in program than on the strip.
        assert_found(&listen(&silence(30.0), &sound, Some(&program)), lag - 0.07, 20.0);
    }
}

#[test]
fn a_place_that_plays_program_is_found_while_others_speak_though_it_comes_round_again_and_again() {
    for (seed, gain_db) in (1..).zip([-6.0, -6.0, -10.0, -20.0]) {
        for lag in [0.25, 0.45, 0.9] {
            let (own, others) = (voice(seed + 100, 20.0), voice(seed, 20.0));
            let sound = goes_round(&sum([&own, &later(&others, lag, gain_db)]), lag, gain_db);
            let program = sum([&later(&sound, 0.07, 0.0), &others]);
            assert_found(&listen(&others, &sound, Some(&program)), lag, 15.0);
        }
    }
}

#[test]
fn the_alarm_is_over_when_the_loudspeaker_is_turned_down_or_nothing_is_sent_any_more() {
    let others = voice(3, 40.0);
    let mut back = later(&others, 0.4, -12.0);
    back[values(12.0)..].fill(0.0);
    let told = listen(&others, &back, None);
    assert!(matches!(told[..], [(_, Some(_)), (over, None)] if over > 12.0 && over < 24.0), "{told:?}");

    let mut others = voice(3, 60.0);
    others[values(12.0)..].fill(0.0);
    let told = listen(&others, &later(&others, 0.4, -12.0), None);
    assert!(matches!(told[..], [(_, Some(_)), (over, None)] if over > 40.0), "{told:?}");
}

#[test]
fn a_way_that_becomes_longer_stays_an_echo() {
    let others = voice(5, 40.0);
    let mut back = later(&others, 0.4, -12.0);
    back[values(12.0)..].copy_from_slice(&later(&others, 0.47, -12.0)[values(12.0)..]);
    let told = listen(&others, &back, None);
    assert!(matches!(told[..], [(_, Some(_))]), "{told:?}");
}

/// Fails if anything was told.
#[track_caller]
fn assert_quiet(others: &[f32], back: &[f32], program: Option<&[f32]>) {
    assert_eq!(listen(others, back, program), Told::new());
}

#[test]
fn people_who_talk_at_once_or_by_turns_are_no_echo() {
    for seed in 1..9 {
        let (one, other, third) = (voice(seed, 40.0), voice(seed + 1000, 40.0), voice(seed + 2000, 40.0));
        assert_quiet(&sum([&one, &third]), &other, None);
        // Each says something of 2.1 s while the other is silent, and answers the beginning of the turn a second later.
        let turn = |sound: &[f32], mine: bool| -> Vec<f32> {
            let is_mine = |n: usize| (n / values(2.1)).is_multiple_of(2) == mine;
            sound.iter().enumerate().map(|(n, value)| if is_mine(n) { *value } else { 0.0 }).collect()
        };
        assert_quiet(&turn(&one, true), &turn(&other, false), None);
    }
}

#[test]
fn two_pieces_with_one_beat_and_one_drum_are_no_echo() {
    for seed in 1..9 {
        assert_quiet(&piece(seed, 40.0, 120.0), &piece(seed + 1000, 40.0, 120.0), None);
    }
}

#[test]
fn tones_hum_and_noise_are_no_echo() {
    let tone =
        |hertz: f32| -> Vec<f32> { (0..values(20.0)).map(|n| 0.1 * (TAU * hertz * n as f32 / RATE).sin()).collect() };
    // 125 Hz apart: that far, phases stand still from frame to frame.
    for (one, other) in [(440.0, 440.0), (440.0, 550.0), (440.0, 565.0), (1000.0, 1000.5)] {
        assert_quiet(&tone(one), &tone(other), None);
    }
    for seed in 1..5 {
        let hummed = |sound: &[f32], phase: f32| sum([sound, &hum(40.0, phase)]);
        assert_quiet(&hummed(&voice(seed, 40.0), 0.0), &hummed(&voice(seed + 1000, 40.0), 0.003), None);
        assert_quiet(&hum(40.0, 0.0), &hum(40.0, 0.007), None);
        assert_quiet(&noise(seed, 40.0, 0.1), &noise(seed + 1000, 40.0, 0.1), None);
    }
}

#[test]
fn silence_clipping_and_what_headphones_let_out_are_no_echo() {
    for seed in 1..5 {
        let others = voice(seed, 30.0);
        assert_quiet(&others, &silence(30.0), None);
        assert_quiet(&silence(30.0), &others, None);
        assert_quiet(&clipped(&others, 0.5), &clipped(&voice(seed + 1000, 30.0), 0.5), None);
        assert_quiet(&others, &later(&others, 0.3, -50.0), None);
    }
}

#[test]
fn who_is_in_program_at_once_is_no_echo_of_themselves() {
    for seed in 1..7 {
        let nobody = silence(40.0);
        let own = voice(seed, 40.0);
        assert_quiet(&nobody, &own, Some(&own));
        assert_quiet(&nobody, &own, Some(&later(&own, 0.1, 0.0)));
        assert_quiet(&nobody, &own, Some(&later(&own, 2.1, 0.0)));
        let music = piece(seed, 40.0, 110.0);
        assert_quiet(&nobody, &music, Some(&music));
        // A record that goes round every two seconds, with somebody who talks over it.
        let round: Vec<f32> = piece(seed, 2.0, 120.0).into_iter().cycle().take(own.len()).collect();
        assert_quiet(&nobody, &round, Some(&round));
        let both = sum([&round, &later(&own, 0.0, -6.0)]);
        assert_quiet(&nobody, &both, Some(&both));
    }
}

#[test]
fn what_somebody_says_before_it_is_sent_is_no_echo_of_theirs() {
    // Another place has the loop: in what is sent here this one's own voice comes later than on its strip.
    for seed in 1..5 {
        let own = voice(seed, 30.0);
        let others = sum([&later(&own, 0.5, -10.0), &voice(seed + 1000, 30.0)]);
        assert_quiet(&others, &own, Some(&own));
    }
}

#[test]
fn blocks_of_the_desk_with_a_lag_of_any_frames_are_found() {
    let mut chance = Chance::new(9);
    // Frames of the full rate: noise in bursts, which comes back 12 345 frames later on one side.
    let sent: Vec<f32> = (0..48_000 * 8)
        .map(|n| if n / 9000 % 3 == 2 { 0.0 } else { 0.2 * chance.noise() * (n as f32 / 3000.0).sin() })
        .collect();
    let (mut back_thin, mut sent_thin, mut finder) = (Thinner::new(), Thinner::new(), EchoFinder::new(0));
    for from in (0..sent.len()).step_by(BLOCK) {
        let sent_block: Block = std::array::from_fn(|n| [sent[from + n]; 2]);
        let back = |n: usize| (from + n).checked_sub(12_345).map_or(0.0, |at| 0.1 * sent[at]);
        let back_block: Block = std::array::from_fn(|n| [back(n), 0.0]);
        finder.hear(&back_thin.thin(&back_block), &sent_thin.thin(&sent_block), None);
    }
    let lag = finder.echo().expect("it is found").lag;
    assert!(lag.abs_diff(Duration::from_secs_f64(12_345.0 / 48_000.0)) < Duration::from_millis(1), "{lag:?}");
}

#[test]
fn what_is_no_number_or_far_too_loud_does_no_harm() {
    let mut finder = EchoFinder::new(0);
    let mut chance = Chance::new(1);
    for _ in 0..2000 {
        let block = std::array::from_fn(|_| 1e6 * chance.noise());
        finder.hear(&block, &[4.0; THIN], Some(&[0.0; THIN]));
    }
    assert_eq!(finder.echo(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn whoever_speaks_their_echo_is_found_where_it_is(
        seed in 0u64..1 << 40, lag in 0.02f32..2.45, gain_db in -22.0f32..3.0,
    ) {
        let others = voice(seed, 14.0);
        let back = sum([&room(&later(&others, lag, gain_db), seed), &noise(seed, 14.0, 0.0005)]);
        assert_found(&listen(&others, &back, None), lag, 10.0);
    }

    #[test]
    fn whoever_speaks_nobody_is_an_echo_of_somebody_else(seed in 0u64..1 << 40) {
        let (one, other) = (voice(seed, 25.0), voice(seed ^ 0x55_5555, 25.0));
        assert_quiet(&one, &other, None);
        assert_quiet(&silence(25.0), &one, Some(&later(&one, 0.05, 0.0)));
    }
}
