//! Regia: a live-stream director and multi-channel switcher.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod app;
pub mod audio;
pub mod config;
pub mod contribution;
pub mod demo;
pub mod director;
pub mod distribution;
pub mod gst;
pub mod http;
pub mod media;
pub mod publish;
pub mod rtp;
pub mod secret;
pub mod show;

/// Command line.
pub mod cli {
    /// Runs the command line.
    pub fn main() -> std::process::ExitCode {
        tracing_subscriber::fmt().with_writer(std::io::stderr).init();
        gstreamer::init().unwrap();
        let path = std::env::args().nth(3).unwrap();
        let config = crate::config::Config::load(path.as_ref()).unwrap();
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let app = crate::app::App::start(config).await.unwrap();
            println!("watch http://{}/", app.address());
            app.run(crate::app::asked_to_end()).await.unwrap();
        });
        std::process::ExitCode::SUCCESS
    }
}
