//! Whether transitions drop frames: every kind, one second long, between one city and four in boxes, both with all graphics.

use std::time::Duration;

use regia::show::{Colour, Direction, Layout, Picture, Transition, Way, WipePattern};

use super::rig::{Rig, with_graphics};
use super::watch::Watch;
use super::{Report, millis};
use crate::figure::{Measured, quantile};

const LENGTH_MS: u32 = 1000;
const LENGTH: Duration = Duration::from_millis(LENGTH_MS as u64);

/// From the end of a transition to the next one.
const PAUSE: Duration = Duration::from_millis(200);

fn kinds() -> [(&'static str, Transition); 6] {
    let duration_ms = LENGTH_MS;
    [
        ("mix", Transition::Mix { duration_ms }),
        ("dip", Transition::Dip { duration_ms, colour: Colour::default() }),
        ("wipe (circle)", Transition::Wipe { duration_ms, pattern: WipePattern::Circle, softness: 0 }),
        ("push", Transition::Push { duration_ms, direction: Direction::Left }),
        ("slide", Transition::Slide { duration_ms, direction: Direction::Left }),
        ("move", Transition::Move { duration_ms }),
    ]
}

/// There and back by each kind, with the ticker over it. A frame that left the encoder is counted by its instant, so one too
/// many is found as well as one that is missing.
pub fn measure(rig: &Rig, fps: u32, report: &mut Report) {
    rig.tick(true);
    let one = with_graphics(rig.picture(Layout::Full, 1, 0));
    let four = with_graphics(rig.picture(Layout::Grid, 4, 0));
    rig.show(&four);
    rig.show(&one);
    let before = rig.engine.stats();
    let mut watch = Watch::start(rig);
    let mut all = Vec::new();
    for (word, transition) in kinds() {
        watch.drawing.clear();
        let mut run = |from: &Picture, to: &Picture| {
            let way = Way { from: from.clone(), transition: transition.clone(), reversed: false, done: 0, held: false };
            let begin = rig.engine.show(to, &way);
            watch.reach(begin + LENGTH + PAUSE, LENGTH + PAUSE);
            begin
        };
        let begin = run(&one, &four);
        let end = run(&four, &one) + LENGTH + PAUSE;
        // From a frame's own instant to another's, so it is a whole number of frames.
        let should = ((end - begin).as_secs_f64() * f64::from(fps)).round() as usize;
        let missing = should.abs_diff(watch.count(begin, end));
        let drawing = millis(&watch.drawing);
        let name = format!("{word} of 1 s, full to grid of 4 with graphics and back");
        report.add(&format!("{name}: program frames missing"), Measured::Count(missing as u64), Some(0.0));
        let longest = quantile(&drawing, 1.0);
        report.add(&format!("{name}: drawing a frame, longest"), Measured::Millis(longest), None);
        all.extend(drawing);
    }
    let after = rig.engine.stats();
    let skipped = after.skipped - before.skipped;
    report.add("frames that the frame clock skipped in all transitions", Measured::Count(skipped), Some(0.0));
    report.add("ticks more than a frame late in all transitions", Measured::Count(after.late - before.late), None);
    report.add("drawing a frame in all transitions, p50", Measured::Millis(quantile(&all, 0.5)), None);
    report.add("drawing a frame in all transitions, p99", Measured::Millis(quantile(&all, 0.99)), None);
}
