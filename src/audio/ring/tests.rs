use proptest::prelude::*;

use super::*;

const ALIGNMENT: u64 = 4800;

fn tone(position: f64) -> Frame {
    let sample = (position * 440.0 * std::f64::consts::TAU / f64::from(RATE)).sin() as f32 * 0.5;
    [sample, sample]
}

fn sound(from: u64, count: usize) -> Vec<Frame> {
    (from..).take(count).map(|position| tone(position as f64)).collect()
}

fn read(ring: &mut Ring, from: u64, count: usize) -> Vec<f32> {
    let mut block = vec![[9.0; 2]; count];
    ring.read(from, &mut block);
    block.iter().map(|frame| frame[0]).collect()
}

fn worst_step(heard: &[f32]) -> f32 {
    heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// The tone's own steepest step, and that of a fade on top of it.
const STEP: f32 = 0.5 * (0.0576 + 2.0 / FADE as f32);

#[test]
fn sound_at_its_stated_place_comes_out_bit_by_bit() {
    let mut ring = Ring::new(48_000);
    for block in 0..20 {
        ring.write(1000 + block * 960, &sound(1000 + block * 960, 960));
    }
    let wanted: Vec<f32> = sound(1000 + FADE as u64, 9000).iter().map(|frame| frame[0]).collect();
    assert_eq!(read(&mut ring, 1000 + FADE as u64, 9000), wanted);
}

#[test]
fn a_gap_is_silence_and_does_not_click() {
    let mut ring = Ring::new(48_000);
    ring.write(0, &sound(0, 4800));
    ring.write(9600, &sound(9600, 4800));
    let heard = read(&mut ring, 0, 16_000);
    assert!(heard[4800 + FADE..9600].iter().all(|sample| *sample == 0.0));
    assert!(heard[9600 + FADE..14_000].iter().any(|sample| sample.abs() > 0.49));
    assert!(worst_step(&heard) <= STEP, "{}", worst_step(&heard));
}

#[test]
fn a_source_that_stops_and_returns_while_it_is_read_does_not_click() {
    let mut ring = Ring::new(48_000);
    let mut heard = Vec::new();
    for block in 0..100u64 {
        let at = 480 + block * 480;
        // Blocks 30 to 39 never come, block 50 comes after its place was read.
        if !(30..40).contains(&block) && block != 50 {
            ring.write(at, &sound(at, 480));
        }
        heard.extend(read(&mut ring, at - 480, 480));
        if block == 51 {
            ring.write(at - 480, &sound(at - 480, 480));
        }
    }
    assert!(worst_step(&heard) <= STEP, "{}", worst_step(&heard));
    assert_eq!(ring.losses().late, 480);
}

#[test]
fn an_overlap_is_dropped() {
    let mut ring = Ring::new(48_000);
    ring.write(0, &sound(0, 4800));
    ring.write(2400, &[[1.0; 2]; 1200]);
    assert_eq!(ring.losses().overlapping, 1200);
    ring.write(4800, &sound(4800, 4800));
    let wanted: Vec<f32> = sound(FADE as u64, 9000).iter().map(|frame| frame[0]).collect();
    assert_eq!(read(&mut ring, FADE as u64, 9000), wanted, "nothing of it is heard");
}

#[test]
fn the_part_of_an_overlap_that_is_new_is_kept_and_joined() {
    let mut ring = Ring::new(48_000);
    ring.write(0, &sound(0, 4800));
    ring.write(4000, &sound(4000, 3000));
    assert_eq!(ring.losses().overlapping, 800 - 8, "the varispeed holds 8 frames back");
    let heard = read(&mut ring, 0, 6900);
    assert!(worst_step(&heard) <= STEP);
    assert!((heard[6000] - tone(6000.0)[0]).abs() < 1e-6);
}

#[test]
fn a_lost_packet_is_a_gap_and_what_follows_is_in_its_place() {
    let mut ring = Ring::new(48_000);
    for packet in [0, 1, 2, 4, 5] {
        ring.write(packet * 960, &sound(packet * 960, 960));
    }
    let heard = read(&mut ring, 0, 5700);
    assert!((heard[4500] - tone(4500.0)[0]).abs() < 1e-6);
    assert!(worst_step(&heard) <= STEP);
}

#[test]
fn wobbling_times_do_not_break_a_stream() {
    let mut ring = Ring::new(48_000);
    let mut heard = Vec::new();
    let wobble = [0, 7, -5, 120, -90, 3, 0, -200, 200, 1];
    for packet in 0..500u64 {
        let at = 4800 + packet * 960;
        ring.write(at.saturating_add_signed(wobble[packet as usize % 10]), &sound(at, 960));
        heard.extend(read(&mut ring, packet * 960, 960));
    }
    assert_eq!(ring.losses().joins, 1);
    assert!(worst_step(&heard) <= STEP);
}

/// Plays ten minutes of a source whose clock is off, and checks that it neither breaks nor strays.
fn drift(ppm: f64) {
    let mut ring = Ring::new(48_000);
    // The first second brings the reader into its place.
    let mut captured = 48_000u64;
    let mut last = 0.0f32;
    let seconds = 600;
    for block in 0..seconds * 100u64 {
        let now = block * 480;
        // The source has captured everything until `now` by its own clock; each packet states its true time.
        while captured as f64 + 960.0 <= now as f64 * (1.0 + ppm / 1e6) {
            let at = captured as f64 / (1.0 + ppm / 1e6);
            // A slow triangle tells where a sample was captured.
            let packet: Vec<Frame> = (captured..captured + 960).map(triangle).collect();
            ring.write(at.round() as u64, &packet);
            captured += 960;
        }
        let mut heard = [[0.0; 2]; 480];
        let from = now.saturating_sub(ALIGNMENT);
        ring.read(from, &mut heard);
        if block < 200 {
            last = heard[479][0];
            continue;
        }
        for (frame, position) in heard.iter().zip(from..) {
            let due = triangle((position as f64 * (1.0 + ppm / 1e6)).round() as u64)[0];
            // The triangle climbs 1 in half a second: 5 ms are 0.01.
            assert!((frame[0] - due).abs() < 0.01, "{ppm} ppm, {position}: {} instead of {due}", frame[0]);
            assert!((frame[0] - last).abs() < 1e-3, "a step at {position}");
            last = frame[0];
        }
    }
    assert_eq!(ring.losses(), Losses { joins: 1, ..Losses::default() });
}

fn triangle(position: u64) -> Frame {
    let phase = position % 48_000;
    let level = if phase < 24_000 { phase } else { 48_000 - phase };
    [level as f32 / 24_000.0; 2]
}

#[test]
fn a_source_that_is_100_ppm_fast_stays_aligned_for_ten_minutes_without_a_gap() {
    drift(100.0);
}

#[test]
fn a_source_that_is_100_ppm_slow_stays_aligned_for_ten_minutes_without_a_gap() {
    drift(-100.0);
}

#[test]
fn an_error_that_grew_too_large_is_jumped_over() {
    let mut ring = Ring::new(48_000);
    let mut at = 0;
    for packet in 0..200u64 {
        // 1 % slow: no varispeed makes up for it.
        at = packet * 970;
        ring.write(at, &sound(packet * 960, 960));
        read(&mut ring, at.saturating_sub(2400), 970);
    }
    assert!((2..10).contains(&ring.losses().joins), "{:?}", ring.losses());
    assert!(ring.tape.head().abs_diff(at + 960) < 2000);
}

#[test]
fn what_comes_too_late_or_too_early_is_dropped_and_counted() {
    let mut ring = Ring::new(48_000);
    read(&mut ring, 100_000, 480);
    ring.write(90_000, &sound(0, 960));
    ring.write(400_000, &sound(0, 960));
    ring.write(u64::MAX - 100, &sound(0, 960));
    assert_eq!(ring.losses(), Losses { late: 960, early: 1920, ..Losses::default() });
    ring.write(100_480, &sound(0, 960));
    assert_eq!(ring.ahead(), 960 - 8);
}

#[test]
fn what_is_no_number_is_silence() {
    let mut ring = Ring::new(48_000);
    ring.write(0, &[[f32::NAN, f32::INFINITY]; 960]);
    assert!(read(&mut ring, 0, 960).iter().all(|sample| *sample == 0.0));
}

/// From 10 000 frames behind the reader to 10 000 ahead of it, and sometimes anywhere.
fn anywhere() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0u64..20_000, 1 => any::<u64>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn garbage_never_panics_and_stays_finite_and_bounded(
        writes in proptest::collection::vec((anywhere(), proptest::collection::vec(any::<f32>(), 0..2000)), 1..40),
    ) {
        let mut ring = Ring::new(9600);
        for (turn, (ahead, samples)) in (0u64..).zip(writes) {
            let now = 1_000_000 + turn * 480;
            let frames: Vec<Frame> = samples.into_iter().map(|sample| [sample, -sample]).collect();
            ring.write(now.wrapping_add(ahead).wrapping_sub(10_000), &frames);
            for sample in read(&mut ring, now, 480) {
                // The varispeed may overshoot what it is given.
                prop_assert!(sample.abs() <= 2.0 * LOUDEST);
            }
        }
    }

    #[test]
    fn sound_that_jumps_anywhere_in_time_never_clicks(
        writes in proptest::collection::vec((anywhere(), 0usize..2000), 1..80),
    ) {
        let mut ring = Ring::new(9600);
        let mut heard = read(&mut ring, 1_000_000 - 480, 480);
        for (turn, (ahead, count)) in (0u64..).zip(writes) {
            let now = 1_000_000 + turn * 480;
            ring.write(now.wrapping_add(ahead).wrapping_sub(10_000), &vec![[0.5; 2]; count]);
            heard.extend(read(&mut ring, now, 480));
        }
        // Fades that begin within fades add up; three at once would be 1.5 / FADE each way.
        prop_assert!(worst_step(&heard) <= 3.0 / FADE as f32, "{}", worst_step(&heard));
    }

    #[test]
    fn a_reader_may_jump_anywhere(positions in proptest::collection::vec(any::<u64>(), 1..20)) {
        let mut ring = Ring::new(9600);
        for position in positions {
            ring.write(position, &[[0.5; 2]; 960]);
            let mut block = [[9.0; 2]; 480];
            ring.read(position, &mut block);
            prop_assert!(block.iter().all(|frame| frame[0].abs() <= 1.0));
        }
    }
}

#[test]
fn a_burst_of_lost_packets_of_300_ms_does_not_click_and_the_rest_is_where_it_belongs() {
    let mut ring = Ring::new(96_000);
    let mut heard = Vec::new();
    for packet in 0..100u64 {
        let at = 960 + packet * 960;
        if !(30..45).contains(&packet) {
            ring.write(at, &sound(at, 960));
        }
        heard.extend(read(&mut ring, at - 960, 960));
    }
    assert!(worst_step(&heard) <= STEP, "{}", worst_step(&heard));
    let from = 46 * 960 + FADE as u64;
    let wanted: Vec<f32> = sound(from, 9600).iter().map(|frame| frame[0]).collect();
    assert_eq!(heard[from as usize..][..9600], wanted);
    assert_eq!(ring.losses(), Losses { joins: 2, ..Losses::default() });
}
