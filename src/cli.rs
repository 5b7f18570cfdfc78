//! The command line: what people type, and what it sets going.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::gst::{EventClock, probe};
use crate::publish::{self, Format, Pattern, Picture, Publisher, State};
use crate::secret::Key;
use crate::{admin, app, demo, doctor, http, log};

/// A live-stream director and multi-channel switcher for multi-city evenings.
#[derive(Debug, Parser)]
#[command(name = "regia", version, propagate_version = true)]
struct Cli {
    /// Tell more: -v what Regia does, -vv everything. RUST_LOG overrides it.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an evening.
    Serve {
        /// The settings.
        #[arg(long, value_name = "FILE", default_value = "regia.toml")]
        config: PathBuf,
    },
    /// Run an evening with synthetic cities on this machine.
    Demo {
        /// How many cities.
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=demo::MOST_CITIES as i64))]
        cities: u8,
        /// Where to serve pages, for example 127.0.0.1:8080.
        #[arg(long, value_name = "ADDRESS")]
        http: Option<SocketAddr>,
    },
    /// Manage who may come in, also while a server runs.
    Admin(admin::Admin),
    /// Copy the store into a new file, also while a server runs on it.
    Backup(admin::Backup),
    /// Publish a test picture or a file by WHIP, until Ctrl-C.
    Publish(Publish),
    /// Print the description of the API (OpenAPI 3.1).
    #[command(name = "openapi")]
    OpenApi,
    /// Tell whether this machine could go on air, and what mends it if not.
    Doctor {
        /// The settings; without it regia.toml, if there is one.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct Publish {
    /// Where to, for example http://host:8080/whip/lecce.
    url: String,
    /// bars, ball, black, white, snow, flash (with a beep, each second), or a name for a card with its own colour and
    /// tone. Without it: the last part of the URL.
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    pattern: Option<Pattern>,
    /// Anything that GStreamer plays; it is repeated.
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// The city's key. The variable REGIA_BEARER hides it from other users of this machine.
    #[arg(long, value_name = "KEY", value_parser = key)]
    bearer: Option<Key>,
    /// Size of the picture.
    #[arg(long, value_name = "WxH", default_value = "640x360", value_parser = size)]
    size: (u16, u16),
    /// Frames per second.
    #[arg(long, default_value_t = 30)]
    fps: u16,
    /// Send the sound alone, as a caller without a camera does.
    #[arg(long, conflicts_with = "file")]
    sound_only: bool,
    /// Bitrate of the picture in kbit/s.
    #[arg(long, value_name = "KBPS", default_value_t = 1500)]
    bitrate: u32,
    /// End by itself after this time.
    #[arg(long, value_name = "N")]
    seconds: Option<u32>,
    /// Local address to send from; may be given again. Without it: all but loopback.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<IpAddr>,
    /// End when this process, which started this one, has ended.
    #[arg(long, value_name = "PID", hide = true)]
    end_with_parent: Option<u32>,
}

/// Runs the command line. Exit codes: 0 all well, 1 it failed, 2 it was asked wrongly.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start(cli.verbose);
    let done = match cli.command {
        Command::Serve { config } => serve(config),
        Command::Demo { cities, http } => in_runtime(demo::run(cities.into(), http)),
        Command::Admin(admin) => in_runtime(admin.run()),
        Command::Backup(backup) => backup.run(),
        Command::Publish(publish) => in_runtime(publish.run()),
        Command::OpenApi => print(http::description()),
        Command::Doctor { config } => return doctor::run(config.as_deref(), app::has_pages()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("regia: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints to the end, or until nobody reads on.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.context("the description cannot be printed"),
    }
}

fn serve(path: PathBuf) -> anyhow::Result<()> {
    let config = Config::load(&path)?;
    config.refuse_example_keys()?;
    in_runtime(app::serve(config))
}

fn in_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let done = runtime.block_on(work);
    // A pipeline that does not stop was reported; it may not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

fn key(text: &str) -> Result<Key, crate::secret::InvalidKey> {
    Key::try_from(text.to_owned())
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    parts.ok_or_else(|| "a size like 640x360 is needed".to_owned())
}

impl Publish {
    async fn run(self) -> anyhow::Result<()> {
        probe::init().context("GStreamer does not start; `regia doctor` tells more")?;
        let (seconds, parent) = (self.seconds, self.end_with_parent);
        let config = self.config()?;
        let start = tokio::task::spawn_blocking(move || Publisher::start(config, &EventClock::start()));
        let publisher = start.await.context("the publisher's start panicked")??;
        let mut state = publisher.state();
        let time_is_up = async {
            match seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds.into())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = app::asked_to_end() => {}
            () = time_is_up => {}
            () = ended(parent) => {}
            stopped = state.wait_for(|state| matches!(state, State::Stopped { .. })) => {
                if let Ok(State::Stopped { why: Some(why) }) = stopped.as_deref() {
                    anyhow::bail!("{why}");
                }
            }
        }
        // Whoever asks twice does not want to wait for a server that hangs.
        tokio::select! {
            stopped = tokio::task::spawn_blocking(|| publisher.stop()) => Ok(stopped.context("the publisher panicked")?),
            () = app::asked_to_end() => std::process::exit(1),
        }
    }

    fn config(self) -> anyhow::Result<publish::Config> {
        let bearer = match (self.bearer, std::env::var(publish::BEARER_VARIABLE)) {
            (Some(key), _) => Some(key),
            (None, Ok(text)) => Some(Key::try_from(text).context(publish::BEARER_VARIABLE)?),
            (None, Err(_)) => None,
        };
        let picture = match (self.file, self.pattern) {
            (Some(file), _) => Picture::File(file),
            (None, Some(pattern)) => Picture::Pattern(pattern),
            (None, None) => Picture::Pattern(named_by(&self.url)),
        };
        let (width, height) = self.size;
        Ok(publish::Config {
            bearer,
            format: Format { width, height, fps: self.fps },
            sound_only: self.sound_only,
            bitrate_kbps: self.bitrate,
            listen: self.listen,
            ..publish::Config::new(self.url, picture)
        })
    }
}

/// The card of the city that a WHIP address ends with.
fn named_by(url: &str) -> Pattern {
    let name = url.split(['?', '#']).next().and_then(|path| path.trim_end_matches('/').rsplit('/').next());
    name.and_then(|name| name.parse().ok()).unwrap_or(Pattern::Bars)
}

/// Ready when `parent` is no longer this process's parent, because it has ended.
async fn ended(parent: Option<u32>) {
    let Some(parent) = parent else { return std::future::pending().await };
    let mut every = tokio::time::interval(Duration::from_millis(500));
    while std::os::unix::process::parent_id() == parent {
        every.tick().await;
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(|cli| cli.command)
    }

    fn publish(line: &str) -> publish::Config {
        let Ok(Command::Publish(publish)) = parse(line) else { panic!("{line}") };
        publish.config().unwrap()
    }

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_publisher_is_a_card_of_its_city_unless_told_otherwise() {
        let card = |name: &str| Picture::Pattern(name.parse().unwrap());
        assert_eq!(publish("regia publish http://h/whip/lecce").picture, card("lecce"));
        assert_eq!(publish("regia publish http://h/whip/lecce --pattern roma").picture, card("roma"));
        assert_eq!(publish("regia publish http://h/whip/lecce --file a.mp4").picture, Picture::File("a.mp4".into()));
        assert!(parse("regia publish http://h/x --file a.mp4 --pattern bars").is_err());
    }

    #[test]
    fn size_rate_bitrate_and_key_are_taken() {
        let config = publish("regia publish http://h/x --size 1280x720 --fps 25 --bitrate 2500 --bearer lecce-piazza");
        assert_eq!(config.format, Format { width: 1280, height: 720, fps: 25 });
        assert_eq!(config.bitrate_kbps, 2500);
        assert!(config.bearer.unwrap().opens_for("lecce-piazza"));
    }

    #[test]
    fn what_is_typed_wrongly_is_told() {
        for wrong in ["--size 640", "--bearer short", "--fps many", "--listen localhost"] {
            assert!(parse(&format!("regia publish http://h/x {wrong}")).is_err(), "{wrong}");
        }
        assert!(parse("regia demo --cities 0").is_err());
        assert!(parse("regia demo --http 8080").is_err());
        assert!(parse("regia admin add-operator anna --roles directress").is_err());
        assert!(parse("regia admin add-api-key lamps").is_err());
        assert!(parse("regia admin list-operators --config /etc/regia.toml").is_ok());
    }
}
