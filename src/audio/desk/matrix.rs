//! What the matrix must keep to, whatever is done to the desk: who is not sent is not heard, sums are sums, times are times.

use proptest::prelude::*;

use super::*;
use crate::audio::{BLOCK, BLOCK_LENGTH, Compressor, Ducking, Gate, Role, Timing, Width, instant};

const STRIPS: usize = 4;
const BUSES: usize = 3;

/// The one that is never sent to [`MIX_MINUS`].
const OWN: StripIndex = StripIndex(0);
const MIX_MINUS: BusIndex = BusIndex(0);
const RAMP: Duration = Duration::from_millis(20);

/// What somebody may do to a desk.
#[derive(Debug, Clone)]
enum Operation {
    Mix(usize),
    Route {
        bus: usize,
        strips: Vec<(usize, f32, bool)>,
        ramp_ms: u64,
        ahead: u64,
    },
    Fade {
        bus: usize,
        gain: f32,
        ahead: u64,
    },
    Process(usize, Processing),
    SetBus(usize, BusSettings),
    ClearBus(usize),
    Plug(usize),
    Unplug(usize),
    /// Blocks are left out.
    Jump,
}

fn operation() -> impl Strategy<Value = Operation> {
    let strips = proptest::collection::vec((0..STRIPS, 0.0f32..2.0, any::<bool>()), 0..5);
    prop_oneof![
        6 => (1usize..6).prop_map(Operation::Mix),
        6 => (0..BUSES, strips, 0u64..60, 0u64..3000)
            .prop_map(|(bus, strips, ramp_ms, ahead)| Operation::Route { bus, strips, ramp_ms, ahead }),
        2 => (0..BUSES, 0.0f32..2.0, 0u64..3000).prop_map(|(bus, gain, ahead)| Operation::Fade { bus, gain, ahead }),
        4 => (0..STRIPS, processing()).prop_map(|(strip, settings)| Operation::Process(strip, settings)),
        3 => (0..BUSES, bus_settings()).prop_map(|(bus, settings)| Operation::SetBus(bus, settings)),
        1 => (0..BUSES).prop_map(Operation::ClearBus),
        2 => (0..STRIPS).prop_map(Operation::Plug),
        2 => (0..STRIPS).prop_map(Operation::Unplug),
        1 => Just(Operation::Jump),
    ]
}

fn processing() -> impl Strategy<Value = Processing> {
    let role = prop_oneof![Just(Role::Plain), Just(Role::Key), Just(Role::Ducked)];
    let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (-20.0f32..40.0, -1.0f32..1.0, 0u64..2000, role, switches).prop_map(
        |(input_gain_db, pan, delay_ms, role, (mono, high_pass, gate, compressor, is_muted))| Processing {
            input_gain_db,
            width: if mono { Width::Mono } else { Width::Stereo },
            high_pass_hz: high_pass.then_some(100.0),
            gate: gate.then(Gate::default),
            compressor: compressor.then(Compressor::default),
            pan,
            is_muted,
            delay: Duration::from_millis(delay_ms),
            role,
        },
    )
}

fn bus_settings() -> impl Strategy<Value = BusSettings> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(prompt, limiter, ducks)| BusSettings {
        timing: if prompt { Timing::Prompt } else { Timing::Aligned },
        limiter,
        ducking: ducks.then(Ducking::default),
        loudness: false,
    })
}

/// A desk that is played on: each strip with a wave of its own, but [`OWN`], which is given.
struct Played {
    desk: Desk,
    inputs: Vec<Option<Input>>,
    own: f32,
    at: u64,
    heard: Vec<[f32; 2]>,
}

impl Played {
    fn new(own: f32) -> Self {
        let desk = Desk::new(STRIPS, BUSES, Duration::from_millis(50));
        let mut played = Self { desk, inputs: vec![None; STRIPS], own, at: 48_000, heard: Vec::new() };
        (0..STRIPS).for_each(|strip| played.plug(strip));
        played
    }

    fn plug(&mut self, strip: usize) {
        let input = Input::new(Duration::from_millis(10));
        self.desk.plug(StripIndex(strip), input.clone());
        self.inputs[strip] = Some(input);
    }

    fn mix(&mut self) {
        for (strip, input) in self.inputs.iter().enumerate() {
            let wave = |n: u64| {
                let slow = (n as f32 * 0.01 * (strip + 1) as f32).sin();
                if strip == OWN.0 { slow * self.own } else { slow * 0.3 }
            };
            let samples: Vec<f32> = (self.at..self.at + BLOCK as u64).flat_map(|n| [wave(n), -wave(n)]).collect();
            input.iter().for_each(|input| input.write(instant(self.at), &samples));
        }
        self.desk.mix(self.at);
        self.at += BLOCK as u64;
        self.heard.extend(self.desk.bus(MIX_MINUS));
    }

    fn run(&mut self, operation: &Operation) {
        match operation.clone() {
            Operation::Mix(blocks) => (0..blocks).for_each(|_| self.mix()),
            Operation::Route { bus, strips, ramp_ms, ahead } => {
                let ramp = Duration::from_millis(ramp_ms);
                let crosspoints = strips
                    .into_iter()
                    .filter(|(strip, ..)| *strip != OWN.0 || bus != MIX_MINUS.0)
                    .map(|(strip, gain, pre)| Crosspoint {
                        strip: StripIndex(strip),
                        gain,
                        tap: if pre { Tap::Pre } else { Tap::Post },
                        ramp,
                    })
                    .collect();
                self.desk.route(BusIndex(bus), Mix { crosspoints, closing: RAMP }, self.at + ahead);
            }
            Operation::Fade { bus, gain, ahead } => self.desk.fade(BusIndex(bus), gain, self.at + ahead, RAMP),
            Operation::Process(strip, settings) => self.desk.process(StripIndex(strip), &settings),
            Operation::SetBus(bus, settings) => self.desk.set_bus(BusIndex(bus), settings),
            Operation::ClearBus(bus) => self.desk.clear_bus(BusIndex(bus)),
            Operation::Plug(strip) => self.plug(strip),
            Operation::Unplug(strip) => self.desk.unplug(StripIndex(strip), RAMP),
            Operation::Jump => self.at += 10 * BLOCK as u64,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Two desks to which the same is done differ in what one strip says, from nothing to far too loud. Where it is not sent
    /// not one bit differs: neither its sound, nor anything that its level drives.
    #[test]
    fn a_bus_to_which_a_strip_is_not_sent_never_contains_a_bit_of_it(
        operations in proptest::collection::vec(operation(), 1..60),
    ) {
        let (mut silent, mut loud) = (Played::new(0.0), Played::new(4.0));
        for operation in operations.iter().chain([&Operation::Mix(10)]) {
            silent.run(operation);
            loud.run(operation);
        }
        prop_assert_eq!(silent.heard.len(), loud.heard.len());
        prop_assert!(silent.heard == loud.heard);
        prop_assert!(loud.heard.as_flattened().iter().all(|sample| sample.is_finite()));
    }

    #[test]
    fn a_bus_is_the_arithmetic_sum_of_its_crosspoints(
        gains in proptest::collection::vec((0.0f32..2.0, -0.2f32..0.2), STRIPS),
        master in 0.0f32..1.5,
    ) {
        let mut desk = Desk::new(STRIPS, 1, Duration::ZERO);
        desk.set_bus(MIX_MINUS, BusSettings { limiter: false, ..BusSettings::default() });
        for (strip, (_, level)) in gains.iter().enumerate() {
            let input = Input::new(Duration::ZERO);
            input.write(Duration::ZERO, &[*level; 9600]);
            desk.plug(StripIndex(strip), input);
        }
        desk.set(MIX_MINUS, gains.iter().map(|(gain, _)| *gain).collect(), 0, RAMP);
        desk.fade(MIX_MINUS, master, 0, RAMP);
        (0..8).for_each(|block| desk.mix(block * BLOCK as u64));
        let sum: f32 = gains.iter().map(|(gain, level)| gain * level).sum::<f32>() * master;
        let is = desk.bus(MIX_MINUS)[BLOCK - 1];
        prop_assert!((is[0] - sum).abs() < 1e-5 && (is[1] - sum).abs() < 1e-5, "{is:?}, not {sum}");
    }
}

/// A desk whose strips hold steady levels for a second, and what its first bus carries.
fn steady(levels: &[f32], timing: Timing) -> Desk {
    let mut desk = Desk::new(levels.len(), BUSES, Duration::from_millis(100));
    for (strip, level) in levels.iter().enumerate() {
        let input = Input::new(Duration::from_millis(30));
        input.write(Duration::ZERO, &vec![*level; 100_000]);
        desk.plug(StripIndex(strip), input);
    }
    for bus in 0..BUSES {
        desk.set_bus(BusIndex(bus), BusSettings { timing, ..BusSettings::default() });
    }
    desk
}

fn run(desk: &mut Desk, bus: BusIndex, blocks: std::ops::Range<u64>) -> Vec<f32> {
    let block = |block: u64| {
        desk.mix(block * BLOCK as u64);
        desk.bus(bus).map(|frame| frame[0])
    };
    blocks.flat_map(block).collect()
}

fn worst_step(heard: &[f32]) -> f32 {
    heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn a_prompt_bus_hears_a_strip_sooner_than_an_aligned_one_and_both_to_the_sample() {
    for (timing, late) in [(Timing::Prompt, 30 * 48), (Timing::Aligned, 100 * 48)] {
        let mut desk = steady(&[0.5], timing);
        desk.set(MIX_MINUS, vec![1.0], 0, Duration::ZERO);
        let heard = run(&mut desk, MIX_MINUS, 0..30);
        assert_eq!(
            heard.iter().position(|sample| *sample > 0.0),
            Some(late + 1),
            "{timing:?}, after a frame of fade-in"
        );
    }
}

#[test]
fn another_timing_counts_from_when_nothing_is_open() {
    let mut desk = steady(&[0.5], Timing::Aligned);
    desk.set(MIX_MINUS, vec![1.0], 0, RAMP);
    run(&mut desk, MIX_MINUS, 0..30);
    desk.set_bus(MIX_MINUS, BusSettings { timing: Timing::Prompt, ..BusSettings::default() });
    assert!(run(&mut desk, MIX_MINUS, 30..40).iter().all(|sample| *sample == 0.5), "no click");
    desk.set(MIX_MINUS, vec![], 0, RAMP);
    let closed = run(&mut desk, MIX_MINUS, 40..44);
    assert!(worst_step(&closed) <= 0.5 / 960.0 + 1e-6);
    assert_eq!(closed.last(), Some(&0.0));
}

#[test]
fn crosspoints_of_one_mix_have_their_own_ramps_and_all_others_close_with_its() {
    let mut desk = steady(&[0.1, 0.2, 0.4], Timing::Prompt);
    desk.set(MIX_MINUS, vec![0.0, 0.0, 1.0], 0, Duration::ZERO);
    run(&mut desk, MIX_MINUS, 0..10);
    let ms = Duration::from_millis;
    let crosspoint = |strip, ramp| Crosspoint { strip: StripIndex(strip), gain: 1.0, tap: Tap::Post, ramp };
    let crosspoints = vec![crosspoint(0, ms(20)), crosspoint(1, ms(40))];
    desk.route(MIX_MINUS, Mix { crosspoints, closing: ms(10) }, 4800);
    let heard = run(&mut desk, MIX_MINUS, 10..15);
    for (frame, wanted) in [(0, 0.4), (480, 0.05 + 0.05), (960, 0.1 + 0.1), (1920, 0.1 + 0.2)] {
        assert!((heard[frame] - wanted).abs() < 1e-5, "{frame}: {}", heard[frame]);
    }
}

#[test]
fn pre_fader_listen_hears_a_muted_strip_and_after_fader_listen_does_not() {
    let mut desk = steady(&[0.5], Timing::Prompt);
    desk.process(StripIndex(0), &Processing { is_muted: true, ..Processing::default() });
    for (bus, tap) in [(1, Tap::Pre), (2, Tap::Post)] {
        let crosspoints = vec![Crosspoint { strip: StripIndex(0), gain: 1.0, tap, ramp: RAMP }];
        desk.route(BusIndex(bus), Mix { crosspoints, closing: RAMP }, 0);
    }
    run(&mut desk, MIX_MINUS, 0..10);
    assert_eq!([1, 2].map(|bus| desk.bus(BusIndex(bus))[0][0]), [0.5, 0.0]);
}

#[test]
fn music_steps_back_for_voices_on_buses_that_duck_and_on_no_others_without_a_click() {
    let mut desk = steady(&[0.2, 0.4], Timing::Prompt);
    let ducking = Ducking { depth_db: 20.0, ..Ducking::default() };
    desk.process(StripIndex(1), &Processing { role: Role::Ducked, ..Processing::default() });
    desk.set_bus(MIX_MINUS, BusSettings { timing: Timing::Prompt, ducking: Some(ducking), ..BusSettings::default() });
    for bus in 0..2 {
        desk.set(BusIndex(bus), vec![1.0, 1.0], 0, RAMP);
    }
    // Fades of the strips' own sound are over then.
    let mut heard = run(&mut desk, MIX_MINUS, 0..10)[1920..].to_vec();
    assert!((heard.last().unwrap() - 0.6).abs() < 1e-6, "no key yet");
    desk.process(StripIndex(0), &Processing { role: Role::Key, ..Processing::default() });
    heard.extend(run(&mut desk, MIX_MINUS, 10..30));
    assert!((heard.last().unwrap() - 0.24).abs() < 1e-4, "20 dB less of the music, all of the voice");
    assert!((desk.bus(BusIndex(1))[0][0] - 0.6).abs() < 1e-6, "the other bus does not duck");
    assert!((desk.bus_reduction(MIX_MINUS).ducking_db - 20.0).abs() < 1e-3);
    // The music is plain for a moment, then ducked again; then ducking is switched off.
    for role in [Role::Plain, Role::Ducked] {
        desk.process(StripIndex(1), &Processing { role, ..Processing::default() });
        let from = desk_block(&heard);
        heard.extend(run(&mut desk, MIX_MINUS, from..from + 5));
        let wanted = if role == Role::Plain { 0.6 } else { 0.24 };
        assert!((heard.last().unwrap() - wanted).abs() < 1e-4, "{role:?}: {}", heard.last().unwrap());
    }
    desk.set_bus(MIX_MINUS, BusSettings { timing: Timing::Prompt, ..BusSettings::default() });
    let from = desk_block(&heard);
    heard.extend(run(&mut desk, MIX_MINUS, from..from + 40));
    assert!((heard.last().unwrap() - 0.6).abs() < 1e-6);
    // 0.4 by 8 dB in a block at most, and half of the way from plain to ducked in a block.
    assert!(worst_step(&heard) <= 0.4 * 1.2 / 480.0, "{}", worst_step(&heard));
}

/// The next block, where the first four were not kept.
fn desk_block(heard: &[f32]) -> u64 {
    heard.len() as u64 / BLOCK as u64 + 4
}

#[test]
fn loudness_is_measured_on_the_bus_that_asks_for_it() {
    let mut desk = Desk::new(1, 2, BLOCK_LENGTH);
    let input = Input::new(BLOCK_LENGTH);
    desk.plug(StripIndex(0), input.clone());
    desk.set_bus(MIX_MINUS, BusSettings { loudness: true, ..BusSettings::default() });
    desk.set(MIX_MINUS, vec![1.0], 0, RAMP);
    let level = 10f32.powf(-23.0 / 20.0);
    let wave = |n: u64| [(n as f32 * std::f32::consts::TAU / 48.0).sin() * level; 2];
    for block in 0..500 {
        let next = block * BLOCK as u64;
        let samples: Vec<f32> = (0..BLOCK as u64).flat_map(wave).collect();
        input.write(instant(next), &samples);
        desk.mix(next);
    }
    let loudness = desk.loudness(MIX_MINUS).unwrap();
    assert!((loudness.short_term_lufs - -23.0).abs() < 0.1, "{loudness:?}");
    assert_eq!(desk.loudness(BusIndex(1)), None);
    desk.reset_loudness(MIX_MINUS);
    assert_eq!(desk.loudness(MIX_MINUS), Some(Loudness::default()));
}

#[test]
fn a_bus_out_of_use_is_silent_and_forgets() {
    let mut desk = steady(&[0.5], Timing::Prompt);
    desk.set(MIX_MINUS, vec![1.0], 0, RAMP);
    desk.set(MIX_MINUS, vec![1.0], 48_000, RAMP);
    run(&mut desk, MIX_MINUS, 0..20);
    desk.clear_bus(MIX_MINUS);
    assert_eq!(desk.bus(MIX_MINUS), &SILENCE);
    assert!(run(&mut desk, MIX_MINUS, 20..95).iter().all(|sample| *sample == 0.0));
    desk.set_bus(MIX_MINUS, BusSettings::default());
    assert!(run(&mut desk, MIX_MINUS, 95..103).iter().all(|sample| *sample == 0.0), "what waited is gone");
}
