//! How soon a take is on the air while five cities are decoded, four of them in boxes with all graphics, and what drawing a
//! frame of that takes.

use std::time::Duration;

use regia::show::{Layout, Picture, Way};

use super::rig::{Rig, wait_until, with_graphics};
use super::watch::Watch;
use super::{Report, millis};
use crate::figure::{Measured, quantile};

const TAKES: usize = 200;

/// Takes and their frames with the ticker over them.
pub fn measure(rig: &Rig, report: &mut Report) {
    rig.tick(true);
    let boxes = |first: usize| with_graphics(rig.picture(Layout::Grid, 4, first));
    rig.show(&boxes(0));
    let before = rig.engine.stats();
    let takes: Vec<f64> = (0..TAKES).map(|take| take_after_a_while(rig, &boxes(take + 1), take)).collect();
    let after = rig.engine.stats();
    report.add("take, p50 of 200", Measured::Millis(quantile(&takes, 0.5)), None);
    report.add("take, p99 of 200", Measured::Millis(quantile(&takes, 0.99)), Some(67.0));
    let (skipped, late) = (after.skipped - before.skipped, after.late - before.late);
    report.add("program frames missing during the takes", Measured::Count(skipped), Some(0.0));
    report.add("ticks more than a frame late during the takes", Measured::Count(late), None);
}

/// What drawing a frame of four boxes with all graphics takes.
pub fn measure_drawing(rig: &Rig, name: &str, report: &mut Report) {
    rig.tick(true);
    rig.show(&with_graphics(rig.picture(Layout::Grid, 4, 0)));
    let mut watch = Watch::start(rig);
    watch.go_on(Duration::from_secs(3));
    let drawing = millis(&watch.drawing);
    for (share, word) in [(0.5, "p50"), (0.99, "p99")] {
        let name = format!("drawing a frame of {name}, grid of 4, with graphics, {word}");
        report.add(&name, Measured::Millis(quantile(&drawing, share)), None);
    }
}

/// Milliseconds of one take as the engine measures it. Commands come at no fixed place in a frame.
fn take_after_a_while(rig: &Rig, picture: &Picture, number: usize) -> f64 {
    std::thread::sleep(Duration::from_micros(20_000 + (number as u64 * 7_919) % 33_333));
    let measured = rig.engine.stats().takes.count;
    rig.engine.show(picture, &Way::cut(picture.clone()));
    wait_until("a take is on the air", || rig.engine.stats().takes.count > measured);
    rig.engine.stats().takes.last.as_secs_f64() * 1000.0
}
