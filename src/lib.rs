//! Regia: a live-stream director and multi-channel switcher.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod config;
pub mod contribution;
pub mod distribution;
pub mod gst;
pub mod publish;
pub mod rtp;
pub mod secret;
pub mod show;

/// Command line.
pub mod cli {
    /// Runs the command line.
    pub fn main() -> std::process::ExitCode {
        std::process::ExitCode::SUCCESS
    }
}
