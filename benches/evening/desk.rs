//! The desk at its largest: 16 strips on 20 buses, every crosspoint open but each participant's own.

use std::time::{Duration, Instant};

use regia::audio::{BLOCK, BLOCK_LENGTH, BusIndex, Desk, Input, StripIndex, position};

use crate::figure::{Figure, Measured, Table, quantile};

const PART: &str = "desk";
const STRIPS: usize = 16;
const BUSES: usize = 20;

/// Blocks in one round: five seconds of sound.
const BLOCKS: u32 = 500;
const ROUNDS: usize = 9;

/// Writing into all strips counts as well, decoding and encoding do not.
pub fn measure(table: &mut Table) {
    let mut desk = Desk::new(STRIPS, BUSES, Duration::ZERO);
    let inputs: Vec<Input> = (0..STRIPS).filter_map(|strip| desk.input(StripIndex(strip))).collect();
    let mut block = 0;
    // Each round starts with ramps of two seconds at all crosspoints, which cost more than gains at rest.
    let mut round = |ramp: Duration| {
        for bus in 0..BUSES {
            let gains = (0..STRIPS).map(|strip| if strip == bus { 0.0 } else { 0.25 + 0.01 * (block % 3) as f32 });
            desk.set(BusIndex(bus), gains.collect(), 0, ramp);
        }
        let begin = Instant::now();
        for _ in 0..BLOCKS {
            let at = BLOCK_LENGTH * block;
            let tone: Vec<f32> = (0..2 * BLOCK).map(|sample| 0.1 * (sample as f32 * 0.05).sin()).collect();
            inputs.iter().for_each(|input| input.write(at, &tone));
            desk.mix(position(at));
            block += 1;
        }
        std::hint::black_box(desk.bus(BusIndex(0)));
        begin.elapsed().as_secs_f64() / (BLOCK_LENGTH * BLOCKS).as_secs_f64() * 100.0
    };
    let resting: Vec<f64> = (0..ROUNDS).map(|_| round(Duration::from_millis(20))).collect();
    let moving: Vec<f64> = (0..ROUNDS).map(|_| round(BLOCK_LENGTH * BLOCKS)).collect();
    let name = format!("desk, {STRIPS} strips × {BUSES} buses");
    table.add(Figure::new(PART, &name, Measured::Core(quantile(&resting, 0.5))).within(3.0));
    table.add(Figure::new(PART, format!("{name}, every gain on a ramp"), Measured::Core(quantile(&moving, 0.5))));
}
