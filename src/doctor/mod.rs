//! `regia doctor`: could this machine go on air? It looks (`look`), judges (`judge`), and prints each finding with
//! what mends it.

mod judge;
mod look;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// As it should be.
    Ok,
    /// An evening works, but something may go wrong.
    Warn,
    /// Regia cannot go on air.
    Fail,
}

/// One finding, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    verdict: Verdict,
    found: String,
    /// What mends it.
    mend: Option<String>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        write!(f, "{word:<5} {}", self.found)?;
        match &self.mend {
            Some(mend) => write!(f, "\n      -> {mend}"),
            None => Ok(()),
        }
    }
}

/// Examines the machine, prints what it finds, and exits with 1 if Regia could not go on air. Without `config` it looks
/// for `regia.toml` and goes by the defaults if there is none. `has_pages`: the pages are in this binary.
pub fn run(config: Option<&Path>, has_pages: bool) -> ExitCode {
    let lines = judge::judge(&look::look(config, has_pages));
    for line in &lines {
        println!("{line}");
    }
    let (warnings, failures) = (count(&lines, Verdict::Warn), count(&lines, Verdict::Fail));
    match (failures, warnings) {
        (0, 0) => println!("\nRegia can go on air."),
        (0, _) => println!("\nRegia can go on air; {warnings} thing(s) should be looked at before."),
        _ => println!("\nRegia cannot go on air: {failures} thing(s) must be mended."),
    }
    exit_code(&lines)
}

fn count(lines: &[Line], verdict: Verdict) -> usize {
    lines.iter().filter(|line| line.verdict == verdict).count()
}

fn exit_code(lines: &[Line]) -> ExitCode {
    if count(lines, Verdict::Fail) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
