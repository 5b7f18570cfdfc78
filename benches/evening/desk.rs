//! The desk at its largest: 16 strips on 20 buses, every crosspoint open but each participant's own.

use std::time::Duration;

use regia::audio::{BLOCK, BLOCK_LENGTH, BusIndex, Desk, Input, StripIndex, position};

use crate::figure::{Figure, Measured, Table};
use crate::process;

const PART: &str = "desk";
const STRIPS: usize = 16;
const BUSES: usize = 20;

/// A minute of sound: some 60 hundredths of a second of processor time, which is counted in hundredths.
const BLOCKS: u32 = 6000;

/// Writing into all strips counts as well, decoding and encoding do not.
pub fn measure(table: &mut Table) {
    let mut desk = Desk::new(STRIPS, BUSES, Duration::ZERO);
    let inputs: Vec<Input> = (0..STRIPS).map(|_| Input::new(Duration::ZERO)).collect();
    for (strip, input) in inputs.iter().enumerate() {
        desk.plug(StripIndex(strip), input.clone());
    }
    let tone: Vec<f32> = (0..2 * BLOCK).map(|sample| 0.1 * (sample as f32 * 0.05).sin()).collect();
    let mut block = 0;
    let mut minute = |gain: f32, ramp: Duration| {
        for bus in 0..BUSES {
            let gains = (0..STRIPS).map(|strip| if strip == bus { 0.0 } else { gain });
            desk.set(BusIndex(bus), gains.collect(), 0, ramp);
        }
        let begin = process::time_of(std::process::id());
        for _ in 0..BLOCKS {
            let at = BLOCK_LENGTH * block;
            inputs.iter().for_each(|input| input.write(at, &tone));
            desk.mix(position(at));
            block += 1;
        }
        std::hint::black_box(desk.bus(BusIndex(0)));
        let used = process::time_of(std::process::id()) - begin;
        Measured::Core(used.as_secs_f64() / (BLOCK_LENGTH * BLOCKS).as_secs_f64() * 100.0)
    };
    let name = format!("desk, {STRIPS} strips × {BUSES} buses");
    let resting = minute(0.25, Duration::from_millis(20));
    table.add(Figure::new(PART, &name, resting).within(3.0));
    // Gains on the move cost more than gains at rest; this is the worst that operators can do.
    let moving = minute(0.5, BLOCK_LENGTH * BLOCKS);
    table.add(Figure::new(PART, format!("{name}, every gain on a ramp"), moving));
}
