use proptest::prelude::*;

use super::*;
use crate::audio::bus::MAX_CHANGES;
use crate::audio::{BLOCK, BLOCK_LENGTH, CEILING, Gain, Losses, instant, position};

const PROGRAM: BusIndex = BusIndex(0);
const RAMP: Duration = Duration::from_millis(20);

/// A desk with one bus and no delay whose strips hold one steady tone each, two seconds long, from position 0 on.
fn desk(tones: &[(f32, f32)]) -> Desk {
    let mut desk = Desk::new(tones.len(), 1, Duration::ZERO);
    for (strip, (hz, level)) in tones.iter().enumerate() {
        plug(&mut desk, strip).write(Duration::ZERO, &tone(*hz, *level));
    }
    desk
}

/// 60 000 frames.
fn tone(hz: f32, level: f32) -> Vec<f32> {
    (0..60_000).flat_map(|n| [(n as f32 * hz * std::f32::consts::TAU / 48_000.0).cos() * level; 2]).collect()
}

fn plug(desk: &mut Desk, strip: usize) -> Input {
    let input = Input::new(Duration::ZERO);
    desk.plug(StripIndex(strip), input.clone());
    input
}

/// These strips at unity, all others closed.
fn open(desk: &mut Desk, bus: BusIndex, strips: &[StripIndex], at: u64, ramp: Duration) {
    let crosspoints =
        strips.iter().map(|strip| Crosspoint { strip: *strip, gain: 1.0, tap: Tap::Post, ramp }).collect();
    desk.route(bus, Mix { crosspoints, closing: ramp }, at);
}

fn run(desk: &mut Desk, from: u64, blocks: u64) -> Vec<f32> {
    (0..blocks)
        .flat_map(|block| {
            desk.mix(from + block * BLOCK as u64);
            desk.bus(PROGRAM).map(|frame| frame[0])
        })
        .collect()
}

/// Level of a tone in dBFS of its peak, by correlation over whole periods.
fn level(sound: &[f32], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in sound.iter().enumerate() {
        let (sin, cos) = (n as f64 * hz * std::f64::consts::TAU / 48_000.0).sin_cos();
        re += f64::from(*sample) * cos;
        im += f64::from(*sample) * sin;
    }
    20.0 * (2.0 * re.hypot(im) / sound.len() as f64).log10()
}

fn worst_step(heard: &[f32]) -> f32 {
    heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn an_open_strip_is_heard_at_its_level_and_a_closed_one_not_at_all() {
    let mut desk = desk(&[(440.0, 0.25), (1000.0, 0.25)]);
    open(&mut desk, PROGRAM, &[StripIndex(0)], 0, RAMP);
    let heard = run(&mut desk, 0, 110);
    let second = &heard[4800..52_800];
    assert!((level(second, 440.0) - -12.04).abs() < 0.1, "{}", level(second, 440.0));
    assert!(level(second, 1000.0) < -100.0, "{}", level(second, 1000.0));
}

#[test]
fn with_everything_closed_the_bus_is_digital_silence() {
    let mut desk = desk(&[(440.0, 0.25)]);
    assert!(run(&mut desk, 0, 50).iter().all(|sample| *sample == 0.0));
}

#[test]
fn a_take_lands_on_its_sample_and_lasts_its_ramp() {
    let mut desk = desk(&[(0.0, 0.5)]);
    open(&mut desk, PROGRAM, &[StripIndex(0)], 1000, RAMP);
    let heard = run(&mut desk, 0, 10);
    assert_eq!(heard[1000], 0.0);
    assert!(heard[1001] > 0.0);
    assert!((heard[1480] - 0.25).abs() < 1e-4);
    assert!(heard[1959] < 0.5);
    assert_eq!(heard[1960], 0.5);
}

#[test]
fn takes_that_wait_are_done_each_at_its_time() {
    let mut desk = desk(&[(0.0, 0.5), (0.0, -0.25)]);
    open(&mut desk, PROGRAM, &[StripIndex(0)], 480, Duration::ZERO);
    open(&mut desk, PROGRAM, &[StripIndex(1)], 960, Duration::ZERO);
    let heard = run(&mut desk, 0, 3);
    assert_eq!([heard[479], heard[480], heard[959], heard[960]], [0.0, 0.5, 0.5, -0.25]);
}

#[test]
fn an_older_call_never_undoes_a_newer_one() {
    let mut desk = desk(&[(0.0, 0.5), (0.0, -0.25)]);
    open(&mut desk, PROGRAM, &[StripIndex(1)], 960, Duration::ZERO);
    open(&mut desk, PROGRAM, &[StripIndex(0)], 480, Duration::ZERO);
    let heard = run(&mut desk, 0, 4);
    assert_eq!([heard[480], heard[959], heard[960], heard[1919]], [0.0, 0.0, 0.5, 0.5]);
}

#[test]
fn too_many_waiting_takes_bring_the_earliest_forward() {
    let mut desk = desk(&[(0.0, 0.5)]);
    for n in 0..=MAX_CHANGES as u64 {
        open(&mut desk, PROGRAM, &[StripIndex(0)], 1_000_000 + n, Duration::ZERO);
    }
    assert_eq!(run(&mut desk, 0, 1)[479], 0.5);
}

#[test]
fn a_fader_that_moves_while_a_take_waits_does_not_bring_it_forward() {
    let mut desk = desk(&[(0.0, 0.5)]);
    for n in 0..=2 * MAX_CHANGES {
        desk.set(PROGRAM, vec![n as f32 / MAX_CHANGES as f32], 480, Duration::ZERO);
    }
    let heard = run(&mut desk, 0, 2);
    assert_eq!([heard[479], heard[480]], [0.0, 0.891_250_9], "the last one counts, from its position on");
}

#[test]
fn a_strip_is_as_loud_as_its_gain() {
    for gain_db in [-60.0, -12.0, 0.0, 10.0] {
        let mut desk = desk(&[(440.0, 0.25), (1000.0, 0.25)]);
        desk.set(PROGRAM, vec![Gain::from_db(gain_db).linear(), Gain::OFF.linear()], 0, RAMP);
        let heard = run(&mut desk, 0, 110);
        let level = level(&heard[4800..52_800], 440.0);
        assert!((level - (-12.04 + f64::from(gain_db))).abs() < 0.1, "{gain_db} dB: {level} dBFS");
    }
}

#[test]
fn a_bus_that_fades_is_silent_in_the_end_and_comes_back_with_what_was_set_meanwhile() {
    let mut desk = desk(&[(440.0, 0.25), (1000.0, 0.25)]);
    open(&mut desk, PROGRAM, &[StripIndex(0)], 0, RAMP);
    run(&mut desk, 0, 10);
    desk.fade(PROGRAM, 0.0, 4800, Duration::from_millis(100));
    open(&mut desk, PROGRAM, &[StripIndex(1)], 4800, RAMP);
    let heard = run(&mut desk, 4800, 20);
    assert!(worst_step(&heard) < 0.05, "no click: {}", worst_step(&heard));
    assert!(heard[6000..].iter().all(|sample| sample.abs() < 1e-6), "silence after 100 ms");
    desk.fade(PROGRAM, 1.0, 14_400, Duration::from_millis(100));
    let heard = run(&mut desk, 14_400, 60);
    assert!((level(&heard[4800..28_800], 1000.0) - -12.04).abs() < 0.1, "what was opened in silence");
    assert!(level(&heard[4800..28_800], 440.0) < -60.0);
}

#[test]
fn every_strip_is_heard_as_much_later_as_the_desk_was_told() {
    let mut desk = Desk::new(1, 1, Duration::from_millis(100));
    plug(&mut desk, 0).write(Duration::from_millis(50), &[0.5; 9600]);
    open(&mut desk, PROGRAM, &[StripIndex(0)], 0, Duration::ZERO);
    let heard = run(&mut desk, 0, 30);
    let first = heard.iter().position(|sample| *sample > 0.0).unwrap();
    assert_eq!(first, 7201, "150 ms, and the first frame of the fade");
}

#[test]
fn a_sum_that_is_too_loud_is_held_below_full_scale() {
    let mut desk = desk(&[(440.0, 0.9), (440.0, 0.9), (441.0, 0.9)]);
    open(&mut desk, PROGRAM, &[StripIndex(0), StripIndex(1), StripIndex(2)], 0, RAMP);
    let heard = run(&mut desk, 0, 100);
    assert!(heard.iter().all(|sample| sample.abs() <= CEILING));
    assert!(heard.iter().any(|sample| sample.abs() > 0.88));
}

#[test]
fn meters_read_strips_and_buses() {
    let mut desk = desk(&[(1000.0, 0.5), (1000.0, 0.1)]);
    open(&mut desk, PROGRAM, &[StripIndex(1)], 0, Duration::ZERO);
    run(&mut desk, 0, 20);
    assert!((desk.strip_levels(StripIndex(0)).peak[0] - -6.0).abs() < 0.1);
    assert!((desk.bus_levels(PROGRAM).peak[1] - -20.0).abs() < 0.1);
    assert!((desk.bus_levels(PROGRAM).peak[1] - -120.0).abs() < 0.1);
}

#[test]
fn what_is_not_there_is_silent_and_harmless() {
    let mut desk = desk(&[(440.0, 0.5)]);
    open(&mut desk, BusIndex(7), &[StripIndex(0)], 0, RAMP);
    open(&mut desk, PROGRAM, &[StripIndex(9)], 0, RAMP);
    desk.set(PROGRAM, vec![f32::NAN, 1.0, 1.0], 0, RAMP);
    assert!(run(&mut desk, 0, 10).iter().all(|sample| *sample == 0.0));
    assert_eq!(desk.bus(BusIndex(7)), &SILENCE);
    desk.unplug(StripIndex(9), RAMP);
    plug(&mut desk, 9);
    desk.mix(u64::MAX);
    desk.mix(0);
}

#[test]
fn sound_written_with_times_comes_out_at_those_times() {
    let mut desk = Desk::new(1, 1, Duration::ZERO);
    let input = plug(&mut desk, 0);
    open(&mut desk, PROGRAM, &[StripIndex(0)], 0, Duration::ZERO);
    let start = 3600 * 48_000;
    for block in 0..100 {
        let at = instant(start) + BLOCK_LENGTH * block;
        input.write(at + BLOCK_LENGTH, &vec![0.25; 2 * BLOCK]);
        desk.mix(position(at));
    }
    assert_eq!(desk.bus(PROGRAM), &[[0.25; 2]; BLOCK]);
    assert_eq!(input.losses(), Losses { joins: 1, ..Losses::default() });
}

#[test]
fn an_input_that_is_plugged_while_others_sound_is_heard_when_it_is_opened_and_no_sooner() {
    let mut desk = Desk::new(2, 1, Duration::ZERO);
    plug(&mut desk, 0).write(Duration::ZERO, &tone(0.0, 0.5));
    open(&mut desk, PROGRAM, &[StripIndex(0), StripIndex(1)], 0, Duration::ZERO);
    let before = run(&mut desk, 0, 4);
    plug(&mut desk, 1).write(Duration::ZERO, &tone(0.0, 0.25));
    let closed = run(&mut desk, 1920, 4);
    open(&mut desk, PROGRAM, &[StripIndex(0), StripIndex(1)], 0, RAMP);
    let open = run(&mut desk, 3840, 4);
    assert!(before[240..].iter().chain(&closed).all(|sample| *sample == 0.5));
    assert!(worst_step(&open) <= 0.25 / 960.0 + 1e-6);
    assert_eq!(open.last(), Some(&0.75));
}

#[test]
fn an_input_that_is_pulled_fades_and_leaves_the_others_alone() {
    let mut desk = desk(&[(0.0, 0.5), (0.0, 0.25)]);
    let both = [StripIndex(0), StripIndex(1)];
    open(&mut desk, PROGRAM, &both, 0, Duration::ZERO);
    run(&mut desk, 0, 2);
    open(&mut desk, PROGRAM, &both, 1920, Duration::ZERO);
    desk.unplug(StripIndex(1), RAMP);
    let heard = run(&mut desk, 960, 6);
    assert!(worst_step(&heard) <= 0.25 / 960.0 + 1e-6, "{}", worst_step(&heard));
    assert!(heard[960..].iter().all(|sample| *sample == 0.5), "an opening that waited does not bring it back");
    assert!(desk.strips[1].is_none());
    desk.strip_levels(StripIndex(1));
    run(&mut desk, 3840, 1);
    assert_eq!(desk.strip_levels(StripIndex(1)), Levels::default());
    plug(&mut desk, 1).write(instant(4320), &tone(0.0, 0.25));
    assert!(run(&mut desk, 4320, 4).iter().all(|sample| *sample == 0.5), "the next one begins closed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_sequence_of_takes_makes_a_step_above_the_ramps_bound(
        takes in proptest::collection::vec((0u64..48_000, proptest::collection::vec(0usize..4, 0..4)), 0..40),
    ) {
        // Steady levels of either sign: every step that is heard comes from a gain.
        let levels = [0.2, -0.2, 0.15, 0.1];
        let mut desk = desk(&levels.map(|level| (0.0, level)));
        for (at, strips) in takes {
            let strips: Vec<StripIndex> = strips.into_iter().map(StripIndex).collect();
            open(&mut desk, PROGRAM, &strips, at, RAMP);
        }
        let heard = run(&mut desk, 0, 110);
        let bound = levels.iter().map(|level: &f32| level.abs()).sum::<f32>() * (1.0 / 960.0 + 1.0 / 240.0) + 1e-6;
        prop_assert!(worst_step(&heard) <= bound, "{}", worst_step(&heard));
        // Past the fade-in of the strips themselves, the ramp alone is left.
        let bound = levels.iter().map(|level: &f32| level.abs()).sum::<f32>() / 960.0 + 1e-6;
        prop_assert!(worst_step(&heard[240..]) <= bound, "{}", worst_step(&heard[240..]));
    }

    #[test]
    fn no_movement_of_faders_makes_a_step_above_the_ramps_bound(
        moves in proptest::collection::vec((240u64..48_000, -65.0f32..15.0, -65.0f32..15.0), 0..60),
    ) {
        let levels = [0.1, -0.1];
        let mut desk = desk(&levels.map(|level| (0.0, level)));
        for (at, one, other) in moves {
            let gains = [one, other].map(|gain_db| Gain::from_db(gain_db).linear());
            desk.set(PROGRAM, gains.to_vec(), at, RAMP);
        }
        let heard = run(&mut desk, 0, 110);
        let highest = Gain::from_db(Gain::HIGHEST_DB).linear();
        let bound = 0.2 * highest / 960.0 + 1e-6;
        prop_assert!(worst_step(&heard[240..]) <= bound, "{}", worst_step(&heard[240..]));
    }

    #[test]
    fn garbage_in_a_strip_never_reaches_the_bus(
        samples in proptest::collection::vec(any::<f32>(), 0..4000),
        at in any::<u32>(),
    ) {
        let mut desk = Desk::new(1, 1, Duration::ZERO);
        open(&mut desk, PROGRAM, &[StripIndex(0)], 0, Duration::ZERO);
        let input = plug(&mut desk, 0);
        input.write(Duration::from_micros(u64::from(at)), &samples);
        let from = position(Duration::from_micros(u64::from(at))) / 480 * 480;
        let heard = run(&mut desk, from, 10);
        prop_assert!(heard.iter().all(|sample| sample.abs() <= CEILING));
    }
}
