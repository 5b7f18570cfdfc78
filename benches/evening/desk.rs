//! The desk at work: 16 strips on 20 buses with every crosspoint open but each participant's own, with all processing off and
//! on, at rest and with every gain on the move; the whole desk of 80 strips and 60 buses, opened as on an evening; what it costs
//! to listen for loops; and how long sound is on the desk.

mod wait;

use std::time::Duration;

use regia::audio::{
    BLOCK, BLOCK_LENGTH, Block, BusIndex, BusSettings, Compressor, Desk, Ducking, EchoFinder, Gate, Input, Processing,
    Role, StripIndex, Thinner, Timing, Width, position,
};

use crate::figure::{Figure, Measured, Table};
use crate::process;

const PART: &str = "desk";

/// A minute of sound: some 60 hundredths of a second of processor time, which is counted in hundredths.
const BLOCKS: u32 = 6000;

const BUDGET: f64 = 3.0;

/// The first bus is program: loudness is measured there.
const PROGRAM: BusIndex = BusIndex(0);

/// A desk and what is plugged into it.
struct Played {
    desk: Desk,
    inputs: Vec<Input>,
    buses: usize,
    block: u32,
    tone: Vec<f32>,
}

impl Played {
    /// Some strips of a desk with sound, and some buses in use.
    fn new((strips, buses): (usize, usize), (plugged, used): (usize, usize)) -> Self {
        let mut desk = Desk::new(strips, buses, Duration::from_millis(150));
        let inputs: Vec<Input> = (0..plugged).map(|_| Input::new(Duration::from_millis(50))).collect();
        for (strip, input) in inputs.iter().enumerate() {
            desk.plug(StripIndex(strip), input.clone());
        }
        for bus in 0..used {
            // Channels in step with the pictures, and a mix-minus for everybody.
            let timing = if bus < 2 { Timing::Aligned } else { Timing::Prompt };
            let ducking = Some(Ducking::default());
            desk.set_bus(BusIndex(bus), BusSettings { timing, ducking, loudness: bus < 2, limiter: true });
        }
        let tone = (0..2 * BLOCK).map(|sample| 0.1 * (sample as f32 * 0.05).sin()).collect();
        Self { desk, inputs, buses: used, block: 0, tone }
    }

    fn process(&mut self) {
        for strip in 0..self.inputs.len() {
            let settings = Processing {
                input_gain_db: 3.0,
                width: if strip % 2 == 0 { Width::Mono } else { Width::Stereo },
                high_pass_hz: Some(80.0),
                gate: Some(Gate::default()),
                compressor: Some(Compressor::default()),
                pan: 0.3,
                delay: Duration::from_millis(40),
                role: if strip % 2 == 0 { Role::Key } else { Role::Ducked },
                ..Processing::default()
            };
            self.desk.process(StripIndex(strip), &settings);
        }
    }

    /// What a minute costs, in which every gain goes to another one within `ramp`. Writing into all strips counts as well,
    /// decoding and encoding do not.
    fn minute(&mut self, gain: f32, ramp: Duration) -> Measured {
        for bus in 0..self.buses {
            let gains = (0..self.inputs.len()).map(|strip| if strip == bus { 0.0 } else { gain });
            self.desk.set(BusIndex(bus), gains.collect(), 0, ramp);
        }
        let begin = process::time_of(std::process::id());
        for _ in 0..BLOCKS {
            let at = BLOCK_LENGTH * self.block;
            self.inputs.iter().for_each(|input| input.write(at, &self.tone));
            self.desk.mix(position(at));
            self.block += 1;
        }
        std::hint::black_box((self.desk.bus(PROGRAM), self.desk.loudness(PROGRAM)));
        let used = process::time_of(std::process::id()) - begin;
        Measured::Core(used.as_secs_f64() / (BLOCK_LENGTH * BLOCKS).as_secs_f64() * 100.0)
    }
}

/// Each figure contains true peaks of all strips and buses, and loudness of two buses.
pub fn measure(table: &mut Table) {
    let (rest, moving) = (Duration::from_millis(20), BLOCK_LENGTH * BLOCKS);
    let name = "desk, 16 strips × 20 buses";
    let mut small = Played::new((16, 20), (16, 20));
    table.add(Figure::new(PART, name, small.minute(0.25, rest)).within(BUDGET));
    // Gains on the move cost more than gains at rest; this is the worst that operators can do.
    table.add(Figure::new(PART, format!("{name}, every gain on a ramp"), small.minute(0.5, moving)));
    small.process();
    let name = format!("{name}, all processing on");
    table.add(Figure::new(PART, &name, small.minute(0.25, rest)).within(BUDGET));
    table.add(Figure::new(PART, format!("{name}, every gain on a ramp"), small.minute(0.5, moving)));
    // Eight cities and eight co-hosts, who hear everybody else; the rest is there and costs nothing.
    let mut evening = Played::new((80, 60), (16, 18));
    evening.process();
    table.add(Figure::new(PART, "desk, 80 strips × 60 buses, 16 and 18 in use", evening.minute(0.25, rest)));
    let mut full = Played::new((80, 60), (80, 60));
    table.add(Figure::new(PART, "desk, 80 strips × 60 buses, all of them in use and open", full.minute(0.02, rest)));
    let name = "listening for loops of 16 who all talk: made thin on the desk's thread";
    let (thin, search) = listening();
    table.add(Figure::new(PART, name, thin));
    table.add(Figure::new(PART, "listening for loops of 16 who all talk: the search, on a thread of its own", search));
    wait::measure(table);
}

/// What a minute of listening costs to 16 places in which it never is silent, and to what is sent there.
fn listening() -> (Measured, Measured) {
    let mut noise = 1u32;
    let mut sound = move |_| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [0.1 * (noise as f32 / u32::MAX as f32 - 0.5); 2]
    };
    let blocks: Vec<Block> = (0..50).map(|_| std::array::from_fn(&mut sound)).collect();
    let mut places: Vec<_> = (0..16).map(|n| (Thinner::new(), Thinner::new(), EchoFinder::new(n))).collect();
    let used = || process::time_of(std::process::id());
    let begin = used();
    let thin: Vec<Vec<_>> = (0..BLOCKS as usize)
        .map(|n| {
            let block = |place: usize| &blocks[(n * 7 + place) % blocks.len()];
            let thin = places.iter_mut().zip(0..);
            thin.map(|((back, sent, _), place)| (back.thin(block(place)), sent.thin(block(place + 25)))).collect()
        })
        .collect();
    let between = used();
    for heard in &thin {
        for ((_, _, finder), (back, sent)) in places.iter_mut().zip(heard) {
            finder.hear(back, sent, None);
        }
    }
    let (thinning, searching) = (between - begin, used() - between);
    std::hint::black_box(places.iter().filter(|(_, _, finder)| finder.echo().is_some()).count());
    let share = |used: Duration| Measured::Core(used.as_secs_f64() / (BLOCK_LENGTH * BLOCKS).as_secs_f64() * 100.0);
    (share(thinning), share(searching))
}
