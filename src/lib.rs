//! Regia: a live-stream director and multi-channel switcher.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod cli;
pub mod config;
pub mod contribution;
pub mod distribution;
pub mod doctor;
pub mod gst;
pub mod log;
pub mod publish;
pub mod rtp;
pub mod secret;
pub mod show;

/// Assembles the parts: the integrator's.
pub mod app {
    /// Runs an evening until it is asked to end.
    pub async fn serve(_config: crate::config::Config) -> anyhow::Result<()> {
        anyhow::bail!("the parts are not assembled yet")
    }

    /// Whether the pages are in this binary.
    pub fn has_pages() -> bool {
        false
    }

    /// Ready when the operating system asks the process to end: Ctrl-C or SIGTERM.
    pub async fn asked_to_end() {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            },
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be awaited; Ctrl-C still ends regia");
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
}

/// A whole evening on one machine: the integrator's.
pub mod demo {
    /// Most cities that a demo can have.
    pub const MOST_CITIES: usize = 8;

    /// Runs the demo until it is asked to end.
    pub async fn run(_cities: usize, _http: Option<std::net::SocketAddr>) -> anyhow::Result<()> {
        anyhow::bail!("the parts are not assembled yet")
    }
}
