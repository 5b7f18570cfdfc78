//! The machine that the figures belong to.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process;

/// What stands beside the figures: they mean nothing without it.
pub fn facts() -> Value {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let cpu = text("/proc/cpuinfo");
    let model = cpu.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    json!({
        "cores": std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        "cpu": model.unwrap_or("unknown"),
        "kernel": text("/proc/sys/kernel/osrelease"),
        "gstreamer": gstreamer::version_string().as_str(),
        "regia": env!("CARGO_PKG_VERSION"),
        "build": if cfg!(debug_assertions) { "dev" } else { "release" },
        "date": jiff::Timestamp::now().strftime("%F %R UTC").to_string(),
    })
}

/// How much of one core others use at this moment, in percent: on a busy machine figures are worse than they should be.
pub fn busy_elsewhere() -> f64 {
    let (begin, used) = (Instant::now(), process::machine_time());
    std::thread::sleep(Duration::from_secs(1));
    (process::machine_time() - used).as_secs_f64() / begin.elapsed().as_secs_f64() * 100.0
}
