//! Logs: one readable line each, on standard error, so that standard output stays for what was asked for.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging. `verbose` counts the -v; RUST_LOG, if it is set and makes sense, overrides it.
pub fn start(verbose: u8) {
    let usual = match verbose {
        0 => "warn,usvg=error,regia=info",
        1 => "info,regia=debug",
        _ => "debug,regia=trace",
    };
    let filter = with_bounds(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual)));
    // Times are UTC: the local zone cannot be asked for soundly from many threads.
    let started = tracing_subscriber::fmt()
        .compact()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
    if let Err(error) = started {
        eprintln!("regia: logging was started twice: {error}");
    }
}

/// Libraries that print what passes through them below this level: a page's hello, a publisher's key.
const TALKATIVE: [&str; 4] = ["tungstenite=info", "tokio_tungstenite=info", "ureq=info", "ureq_proto=info"];

/// The filter without what would tell secrets, whoever asks for more.
pub fn with_bounds(filter: EnvFilter) -> EnvFilter {
    TALKATIVE.iter().fold(filter, |filter, bound| {
        filter.add_directive(bound.parse().expect("a test starts a log with these directives"))
    })
}
