use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::audio::{Frame, instant};

/// A strip and a source that writes a block ahead of it.
struct Played<W> {
    strip: Strip,
    input: Input,
    wave: W,
    at: u64,
}

/// What was heard at the three taps.
#[derive(Default)]
struct Heard {
    pre: Vec<Frame>,
    post: Vec<Frame>,
    aligned: Vec<Frame>,
}

impl<W: Fn(u64) -> Frame> Played<W> {
    fn new(settings: &Processing, wave: W) -> Self {
        Self::timed(settings, Duration::ZERO, Duration::ZERO, wave)
    }

    fn timed(settings: &Processing, early: Duration, alignment: Duration, wave: W) -> Self {
        let input = Input::new(early);
        let mut strip = Strip::new(input.clone(), frames(alignment));
        strip.set(settings);
        let played = Self { strip, input, wave, at: 0 };
        played.write(0);
        played
    }

    fn write(&self, at: u64) {
        let samples: Vec<f32> = (at..at + BLOCK as u64).flat_map(|n| (self.wave)(n)).collect();
        self.input.write(instant(at), &samples);
    }

    fn run(&mut self, blocks: usize) -> Heard {
        let mut heard = Heard::default();
        for _ in 0..blocks {
            self.write(self.at + BLOCK as u64);
            self.strip.run(self.at);
            heard.pre.extend(self.strip.pre.block);
            heard.post.extend(self.strip.post.block);
            heard.aligned.extend(self.strip.aligned.block);
            self.at += BLOCK as u64;
        }
        heard
    }
}

fn sine(hz: f64, level_db: f64) -> impl Fn(u64) -> Frame {
    let level = 10f64.powf(level_db / 20.0);
    move |n| [((n as f64 * hz / 48_000.0 * TAU).sin() * level) as f32; 2]
}

/// The same frame for ever: every step that is heard is made by the strip.
fn steady(level: f32) -> impl Fn(u64) -> Frame {
    move |_| [level; 2]
}

/// No two frames alike.
fn noise(n: u64) -> Frame {
    let hash = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    [(hash >> 40) as f32, (hash >> 16 & 0xFF_FFFF) as f32].map(|sample| sample / 16_777_216.0 - 0.5)
}

/// Level of a tone on one side, in dBFS of its peak, by correlation over whole periods.
fn level(sound: &[Frame], side: usize, hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, frame) in sound.iter().enumerate() {
        let (sin, cos) = (n as f64 * hz * TAU / 48_000.0).sin_cos();
        re += f64::from(frame[side]) * cos;
        im += f64::from(frame[side]) * sin;
    }
    20.0 * (2.0 * re.hypot(im) / sound.len() as f64).log10()
}

/// What a tone of this level ends at on both sides.
fn ends_at(settings: &Processing, hz: f64, level_db: f64) -> [f64; 2] {
    let mut played = Played::new(settings, sine(hz, level_db));
    played.run(300);
    let heard = played.run(100).post;
    [0, 1].map(|side| level(&heard, side, hz))
}

fn assert_level(settings: &Processing, hz: f64, level_db: f64, wanted: [f64; 2]) {
    let is = ends_at(settings, hz, level_db);
    for side in 0..2 {
        assert!((is[side] - wanted[side]).abs() < 0.1, "{hz} Hz, {level_db} dBFS: {is:?}, not {wanted:?}");
    }
}

fn worst_step(heard: &[Frame]) -> f32 {
    let step = |pair: &[Frame]| (pair[1][0] - pair[0][0]).abs().max((pair[1][1] - pair[0][1]).abs());
    heard.windows(2).map(step).fold(0.0, f32::max)
}

const OFF: Processing = Processing {
    input_gain_db: 0.0,
    width: Width::Stereo,
    high_pass_hz: None,
    gate: None,
    compressor: None,
    pan: 0.0,
    is_muted: false,
    delay: Duration::ZERO,
    role: Role::Plain,
};

#[test]
fn a_strip_with_everything_off_changes_not_a_bit() {
    assert_eq!(Processing::default(), OFF);
    let heard = Played::new(&OFF, noise).run(50);
    let wanted: Vec<Frame> = (0..24_000).map(noise).collect();
    assert_eq!(heard.pre[FADE..], wanted[FADE..]);
    assert_eq!(heard.post[FADE..], wanted[FADE..]);
    assert_eq!(heard.aligned[FADE..], wanted[FADE..]);
}

#[test]
fn input_gain_is_exact_over_its_range_and_no_wider() {
    for (asked, gain_db) in [(-20.0, -20.0), (-6.0, -6.0), (40.0, 40.0), (-90.0, -20.0), (f32::INFINITY, 40.0)] {
        assert_level(&Processing { input_gain_db: asked, ..OFF }, 1000.0, -50.0, [-50.0 + gain_db; 2]);
    }
    assert_level(&Processing { input_gain_db: f32::NAN, ..OFF }, 1000.0, -50.0, [-50.0; 2]);
}

#[test]
fn the_high_pass_is_a_second_order_butterworth() {
    for corner in [40.0, 100.0, 400.0] {
        for hz in [corner / 2.0, corner, corner * 2.0, 4000.0] {
            let tan = |hz: f64| (hz * TAU / 2.0 / 48_000.0).tan();
            let wanted = -10.0 * (1.0 + (tan(corner) / tan(hz)).powi(4)).log10();
            let settings = Processing { high_pass_hz: Some(corner as f32), ..OFF };
            assert_level(&settings, hz, -12.0, [-12.0 + wanted; 2]);
        }
    }
    let corner = |hz: f32| HighPass::new(Some(hz)).is.map(|filter| filter.hz);
    assert_eq!([corner(1.0), corner(9000.0), corner(f32::NAN)], [Some(40.0), Some(400.0), Some(40.0)]);
}

#[test]
fn pan_is_a_balance_for_stereo_and_of_equal_power_for_mono() {
    let away = 20.0 * (std::f64::consts::FRAC_PI_4.cos()).log10();
    let side = |pan, width| ends_at(&Processing { pan, width, ..OFF }, 1000.0, -20.0);
    for (pan, wanted) in [(0.0, [-20.0, -20.0]), (0.5, [-20.0 + away, -20.0]), (-0.5, [-20.0, -20.0 + away])] {
        assert_level(&Processing { pan, ..OFF }, 1000.0, -20.0, wanted);
    }
    let [left, right] = side(1.0, Width::Stereo);
    assert!(left < -120.0 && (right - -20.0).abs() < 0.1);
    for pan in [-1.0, -0.7, -0.2, 0.0, 0.3, 1.0] {
        let power: f64 = side(pan, Width::Mono).map(|db| 10f64.powf(db / 10.0)).iter().sum();
        assert!((10.0 * power.log10() - (-20.0 + 3.01)).abs() < 0.1, "pan {pan}");
    }
    assert_level(&Processing { width: Width::Mono, ..OFF }, 1000.0, -20.0, [-20.0; 2]);
}

#[test]
fn mono_is_half_the_sum_on_both_sides() {
    let only_left = |n: u64| [sine(1000.0, -20.0)(n)[0], 0.0];
    let mut played = Played::new(&Processing { width: Width::Mono, ..OFF }, only_left);
    let heard = played.run(100).post;
    for side in 0..2 {
        assert!((level(&heard[4800..], side, 1000.0) - -26.02).abs() < 0.1);
    }
}

#[test]
fn the_compressors_static_curve_is_that_of_its_settings() {
    let law = Compressor { threshold_db: -20.0, ratio: 4.0, knee_db: 0.0, make_up_db: 3.0, ..Compressor::default() };
    let soft = Compressor { knee_db: 10.0, ..law };
    let curves = [
        (law, [(-40.0, -37.0), (-20.0, -17.0), (-10.0, -14.5), (0.0, -12.0)]),
        // In the middle of the knee an eighth of its width times the slope is taken away.
        (soft, [(-40.0, -37.0), (-20.0, -17.0 - 0.75 * 10.0 / 8.0), (-15.0, -15.75), (0.0, -12.0)]),
    ];
    for (compressor, points) in curves {
        for (level_db, wanted) in points {
            let settings = Processing { compressor: Some(compressor), ..OFF };
            assert_level(&settings, 1000.0, level_db, [wanted; 2]);
        }
    }
}

#[test]
fn the_expanders_static_curve_is_that_of_its_settings() {
    let gate = Gate { threshold_db: -40.0, ratio: 2.0, range_db: 30.0, ..Gate::default() };
    for (level_db, wanted) in [(-30.0, -30.0), (-50.0, -60.0), (-60.0, -80.0), (-80.0, -110.0)] {
        assert_level(&Processing { gate: Some(gate), ..OFF }, 1000.0, level_db, [wanted; 2]);
    }
}

#[test]
fn gate_and_compressor_tell_what_they_take_away() {
    let gate = Some(Gate { threshold_db: -40.0, ratio: 2.0, range_db: 30.0, ..Gate::default() });
    let compressor = Some(Compressor { threshold_db: -20.0, ratio: 2.0, knee_db: 0.0, ..Compressor::default() });
    for (level_db, gate_db, compressor_db) in [(-50.0, 10.0, 0.0), (-30.0, 0.0, 0.0), (-10.0, 0.0, 5.0)] {
        let mut played = Played::new(&Processing { gate, compressor, ..OFF }, sine(1000.0, level_db));
        played.run(300);
        played.strip.reduction();
        played.run(10);
        let is = played.strip.reduction();
        assert!((is.gate_db - gate_db).abs() < 0.1 && (is.compressor_db - compressor_db).abs() < 0.1, "{is:?}");
    }
}

#[test]
fn a_gate_holds_before_it_closes_and_opens_with_its_attack() {
    let gate = Gate {
        threshold_db: -30.0,
        ratio: 100.0,
        range_db: 60.0,
        attack: Duration::from_millis(2),
        hold: Duration::from_millis(100),
        release: Duration::from_millis(20),
    };
    // Loud, then 40 dB quieter from 480 ms on, then loud again from 960 ms on.
    let wave = |n: u64| sine(1000.0, if (23_040..46_080).contains(&n) { -50.0 } else { -10.0 })(n);
    let heard = Played::new(&Processing { gate: Some(gate), ..OFF }, wave).run(150).post;
    let part = |ms: usize| level(&heard[ms * 48..ms * 48 + 480], 0, 1000.0);
    assert!((part(400) - -10.0).abs() < 0.1);
    assert!((part(540) - -50.0).abs() < 0.1, "held: {}", part(540));
    assert!(part(900) < -105.0, "closed: {}", part(900));
    assert!((part(980) - -10.0).abs() < 0.2, "open: {}", part(980));
}

#[test]
fn a_muted_strip_is_silent_but_metered_and_heard_before_its_mute() {
    let mut played = Played::new(&Processing { is_muted: true, ..OFF }, sine(1000.0, -20.0));
    let heard = played.run(50);
    assert!(heard.post.iter().chain(&heard.aligned).all(|frame| *frame == [0.0; 2]), "from its first frame on");
    assert!((level(&heard.pre[4800..], 0, 1000.0) - -20.0).abs() < 0.1);
    assert!((played.strip.levels().peak[0] - -20.0).abs() < 0.1);
    played.strip.set(&OFF);
    assert!((level(&played.run(50).post[4800..], 0, 1000.0) - -20.0).abs() < 0.1);
}

#[test]
fn both_taps_are_exact_to_the_sample() {
    let ms = Duration::from_millis;
    for (early, alignment, delay) in
        [(0, 0, 0), (30, 100, 0), (100, 100, 0), (30, 350, 40), (7, 133, 1999), (200, 100, 3)]
    {
        let settings = Processing { delay: ms(delay), ..OFF };
        let mut played = Played::timed(&settings, ms(early), ms(alignment), noise);
        let heard = played.run(400);
        // An input that is later than the desk's alignment is read at the alignment.
        let prompt = 48 * early.min(alignment) as usize;
        let aligned = 48 * (alignment + delay) as usize;
        for (heard, late) in [(&heard.post, prompt), (&heard.aligned, aligned)] {
            assert!(heard[..late].iter().all(|frame| *frame == [0.0; 2]), "{late}");
            let wanted = (FADE as u64..).map(noise);
            let same = heard[late + FADE..].iter().zip(wanted).all(|(is, should)| *is == should);
            assert!(same, "{early}, {alignment}, {delay}");
        }
    }
}

#[test]
fn a_delay_that_was_changed_is_exact_as_well() {
    let mut played = Played::timed(&OFF, Duration::from_millis(30), Duration::from_millis(100), noise);
    played.run(100);
    for delay_ms in [500, 501, 2000, 0, 9_000_000] {
        played.strip.set(&Processing { delay: Duration::from_millis(delay_ms), ..OFF });
        played.run(230);
        let from = played.at - 48 * (100 + delay_ms.min(2000));
        let wanted: Vec<Frame> = (from..from + BLOCK as u64).map(noise).collect();
        assert_eq!(played.run(1).aligned, wanted, "{delay_ms} ms");
    }
}

#[test]
fn a_driver_that_leaves_blocks_out_hears_nothing_old_and_no_click() {
    let mut played = Played::timed(&OFF, Duration::from_millis(30), Duration::from_millis(100), steady(0.5));
    played.run(50);
    played.at += 48_000;
    played.write(played.at - 4800);
    played.write(played.at);
    let heard = played.run(30);
    assert!(heard.aligned[..3360].iter().all(|frame| *frame == [0.0; 2]), "no sound of a second ago");
    assert!(worst_step(&heard.aligned) < 0.5 * 2.1 / FADE as f32);
    assert_eq!(heard.aligned.last(), Some(&[0.5; 2]));
}

#[test]
fn a_silent_strip_comes_to_rest_with_everything_on() {
    let gate = Some(Gate::default());
    let compressor = Some(Compressor::default());
    let settings = Processing { high_pass_hz: Some(40.0), gate, compressor, pan: 0.3, ..OFF };
    let mut played = Played::new(&settings, |n| if n < 24_000 { noise(n) } else { [0.0; 2] });
    assert!(!played.run(40).post.is_empty() && !played.strip.post.is_silent);
    played.run(100);
    assert!(played.strip.pre.is_silent && played.strip.post.is_silent, "the filter has rung out");
    played.run(300);
    assert!(played.strip.aligned.is_silent);
}

#[test]
fn each_setting_alone_moves_within_its_ramps_bound() {
    let gate = Some(Gate { threshold_db: 0.0, ratio: 100.0, range_db: 80.0, ..Gate::default() });
    let compressor = Some(Compressor { threshold_db: -60.0, ratio: 100.0, ..Compressor::default() });
    // What may be heard of a level of 1 per frame, in parts of the 20 ms ramp.
    let changes = [
        (Processing { input_gain_db: 6.0, ..OFF }, 1.0),
        (Processing { input_gain_db: -20.0, ..OFF }, 1.0),
        (Processing { is_muted: true, ..OFF }, 1.0),
        (Processing { pan: 1.0, ..OFF }, 1.0),
        (Processing { pan: -1.0, width: Width::Mono, ..OFF }, 1.0),
        (Processing { high_pass_hz: Some(40.0), ..OFF }, 2.0),
        (Processing { high_pass_hz: Some(400.0), ..OFF }, 2.0),
        (Processing { gate, ..OFF }, 2.0),
        (Processing { compressor, ..OFF }, 2.0),
        (Processing { delay: Duration::from_secs(1), ..OFF }, 1.0),
        (Processing { role: Role::Ducked, ..OFF }, 0.0),
    ];
    for (settings, parts) in changes {
        let mut played = Played::new(&OFF, steady(0.5));
        played.run(250);
        let mut heard = Heard::default();
        for settings in [settings, OFF] {
            played.strip.set(&settings);
            let part = played.run(100);
            heard.post.extend(part.post);
            heard.aligned.extend(part.aligned);
        }
        let bound = 0.5 * parts / 960.0 + 1e-6;
        for heard in [heard.post, heard.aligned] {
            assert!(worst_step(&heard) <= bound, "{settings:?}: {} of {bound}", worst_step(&heard));
        }
    }
}

/// Any settings that a console may send, and some that it may not.
fn any_settings() -> impl Strategy<Value = Processing> {
    let gate = (-80.0f32..0.0, 1.0f32..100.0, 0.0f32..80.0, 5u64..100, 0u64..200, 10u64..500).prop_map(
        |(threshold_db, ratio, range_db, attack, hold, release)| Gate {
            threshold_db,
            ratio,
            range_db,
            attack: Duration::from_millis(attack),
            hold: Duration::from_millis(hold),
            release: Duration::from_millis(release),
        },
    );
    let compressor = (-60.0f32..0.0, 1.0f32..100.0, 0.0f32..24.0, 5u64..100, 10u64..500, 0.0f32..6.0).prop_map(
        |(threshold_db, ratio, knee_db, attack, release, make_up_db)| Compressor {
            threshold_db,
            ratio,
            knee_db,
            attack: Duration::from_millis(attack),
            release: Duration::from_millis(release),
            make_up_db,
        },
    );
    let role = prop_oneof![Just(Role::Plain), Just(Role::Key), Just(Role::Ducked)];
    let width = prop_oneof![Just(Width::Stereo), Just(Width::Mono)];
    let high_pass = proptest::option::of(30.0f32..500.0);
    let dynamics = (proptest::option::of(gate), proptest::option::of(compressor));
    (-25.0f32..6.0, width, high_pass, dynamics, -1.2f32..1.2, any::<bool>(), 0u64..2500, role).prop_map(
        |(input_gain_db, width, high_pass_hz, (gate, compressor), pan, is_muted, delay_ms, role)| Processing {
            input_gain_db,
            width,
            high_pass_hz,
            gate,
            compressor,
            pan,
            is_muted,
            delay: Duration::from_millis(delay_ms),
            role,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Gain, pan and mute together may each add the bound of a ramp; gates that open and filters that settle have their own
    /// slope. The loudest that may be heard is 0.1 by 6 dB of input gain, 6 dB of make-up, 3 dB of pan.
    #[test]
    fn no_change_of_any_settings_at_any_time_clicks(
        changes in proptest::collection::vec((any_settings(), 1usize..12), 1..12),
    ) {
        let mut played = Played::new(&OFF, steady(0.1));
        let mut heard = played.run(5);
        for (settings, blocks) in changes {
            played.strip.set(&settings);
            let part = played.run(blocks);
            heard.pre.extend(part.pre);
            heard.post.extend(part.post);
            heard.aligned.extend(part.aligned);
        }
        let bound = 0.1 * 2.0 * 2.0 * 1.414 * 6.0 / 960.0;
        for heard in [&heard.pre, &heard.post, &heard.aligned] {
            prop_assert!(worst_step(&heard[FADE..]) <= bound, "{} of {bound}", worst_step(&heard[FADE..]));
        }
    }

    #[test]
    fn garbage_in_settings_and_sound_leaves_finite_sound(
        numbers in proptest::collection::vec(any::<f32>(), 12),
        samples in proptest::collection::vec(any::<f32>(), 64),
        muted in any::<bool>(),
        span in any::<u64>(),
    ) {
        let span = Duration::from_micros(span);
        let gate = Some(Gate {
            threshold_db: numbers[0], ratio: numbers[1], range_db: numbers[2], attack: span, hold: span, release: span,
        });
        let compressor = Some(Compressor {
            threshold_db: numbers[3], ratio: numbers[4], knee_db: numbers[5], attack: span, release: span,
            make_up_db: numbers[6],
        });
        let settings = Processing {
            input_gain_db: numbers[7], high_pass_hz: Some(numbers[8]), gate, compressor, pan: numbers[9],
            is_muted: muted, delay: span, ..OFF
        };
        let mut played = Played::new(&OFF, |n| [samples[n as usize % 64], samples[(n as usize + 7) % 64]]);
        played.run(2);
        played.strip.set(&settings);
        let heard = played.run(8);
        let all = heard.pre.iter().chain(&heard.post).chain(&heard.aligned).flatten();
        // Four times full scale goes in at most, and then input gain, make-up and pan.
        prop_assert!(all.into_iter().all(|sample| sample.abs() <= 4.0 * 100.0 * 16.0 * 1.5));
        for number in [played.strip.levels().peak[0], played.strip.reduction().gate_db] {
            prop_assert!(number.is_finite());
        }
    }
}
