//! What an evening costs and how quick it is: prints a table, and writes it with the machine's facts to
//! `bench/results.json`. Measurements, not tests; all load stays on loopback. Some fifteen minutes.
//!
//! `make bench` measures everything, `cargo bench --bench evening -- viewers desk` some parts.

mod calls;
mod commands;
mod desk;
mod figure;
mod house;
mod machine;
mod meters;
mod passage;
mod process;
mod program;
mod restart;
mod server;
mod viewers;
mod visits;

#[path = "../../tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::time::Instant;

use figure::Table;
use serde_json::json;

/// A part's name and what measures it.
type Part = (&'static str, fn(&mut Table));

/// In this order: memory of viewers is measured while nothing else has used this process's heap.
const PARTS: [Part; 10] = [
    ("viewers", viewers::measure),
    ("program", program::measure),
    ("desk", desk::measure),
    ("server", server::measure),
    ("visits", visits::measure),
    ("passage", passage::measure),
    ("calls", calls::measure),
    ("meters", meters::measure),
    ("commands", commands::measure),
    ("restart", restart::measure),
];

/// More than this of a core used by others makes figures worse than they should be.
const DISTURBED: f64 = 15.0;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == viewers::WATCH) {
        return viewers::watch();
    }
    // Cargo adds `--bench`.
    let wanted: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    let names = PARTS.map(|(name, _)| name);
    if let Some(unknown) = wanted.iter().find(|word| !names.contains(word)) {
        eprintln!("'{unknown}' is no part: {} can be measured", names.join(", "));
        std::process::exit(2);
    }
    regia::gst::probe::init().expect("GStreamer starts");
    let machine = machine::facts();
    println!("{machine:#}");

    let mut table = Table::default();
    let mut runs = Vec::new();
    for (name, measure) in PARTS.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)) {
        let busy = machine::busy_elsewhere();
        println!("{name} …{}", if busy > DISTURBED { " on a machine that is busy with other work" } else { "" });
        let begin = Instant::now();
        measure(&mut table);
        runs.push(json!({
            "part": name,
            "seconds": begin.elapsed().as_secs(),
            "percent_of_a_core_used_by_others_before": busy.round(),
        }));
    }
    table.print();

    let results = json!({"machine": machine, "parts": runs, "figures": table.json()});
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/results.json");
    std::fs::create_dir_all(file.parent().expect("it is in a folder")).expect("the folder can be made");
    std::fs::write(&file, format!("{results:#}\n")).expect("results can be written");
    println!("\nwritten to {}", file.display());
}
