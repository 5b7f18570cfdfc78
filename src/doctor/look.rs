//! Looks at the machine and judges nothing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::config::{self, Config};
use crate::gst::probe;
use crate::media::codec::{Trial, decoder, encoder};
use crate::media::graphics::Typeface;

/// What was found.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    /// GStreamer's version, or why it does not start.
    pub(super) gstreamer: Result<(u32, u32, u32), String>,
    /// Packages with those of their elements that are missing.
    pub(super) missing: Vec<(&'static str, Vec<&'static str>)>,
    /// Trials of codecs that could be made.
    pub(super) codecs: Vec<(&'static str, Result<(), String>)>,
    /// What can encode program and decode cities here.
    pub(super) coding: Vec<Coding>,
    /// What graphics would be set in.
    pub(super) typeface: Option<Typeface>,
    /// The settings.
    pub(super) config: Settings,
    /// Where HTTP is to be served, and whether it can be.
    pub(super) http: (SocketAddr, Result<(), String>),
    /// UDP ports of viewers that are to be used, and those that cannot be.
    pub(super) viewers: Ports,
    /// UDP ports of cities.
    pub(super) cities: Ports,
    /// The telephone, if there is to be one.
    pub(super) telephone: Option<Telephone>,
    /// Cities in the settings.
    pub(super) city_count: usize,
    /// Most viewers in the settings.
    pub(super) max_viewers: u32,
    /// The address by which this machine reaches others.
    pub(super) network: Option<IpAddr>,
    /// Bytes that can be written where Regia runs.
    pub(super) free_disk: Result<u64, String>,
    /// Files that this process may open.
    pub(super) open_files: Option<u64>,
    /// Time since 1970.
    pub(super) wall_clock: Duration,
    /// Cores that this process may use.
    pub(super) cores: usize,
    /// The pages are in the binary.
    pub(super) has_pages: bool,
}

/// What became of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settings {
    /// Read from here.
    Good(PathBuf),
    /// Nobody named a file and there is none: the defaults were looked at.
    Defaults,
    /// Fit, but with keys that everybody knows.
    ExampleKeys(String),
    /// They cannot be used.
    Wrong(String),
}

/// The elements for one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coding {
    /// The job, and the name of its setting.
    pub(super) what: &'static str,
    /// What the settings name.
    pub(super) wished: &'static str,
    /// Those that are here, the best first.
    pub(super) trials: Vec<Trial>,
}

/// What a telephone needs.
#[derive(Debug, Clone)]
pub(super) struct Telephone {
    /// Where SIP is to be spoken, and whether it can be.
    pub(super) sip: (SocketAddr, Result<(), String>),
    /// UDP ports of its sound.
    pub(super) sound: Ports,
    /// Most calls at once.
    pub(super) max_calls: usize,
    /// Whether anybody could call: there are peers or a trunk.
    pub(super) has_peers: bool,
}

/// Some UDP ports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ports {
    /// How many are wanted.
    pub(super) wanted: usize,
    /// Those that cannot be opened.
    pub(super) taken: Vec<u16>,
}

pub(super) fn look(path: Option<&Path>, has_pages: bool) -> Findings {
    let (config, settings) = settings(path);
    let gstreamer = probe::init().map(|()| probe::version()).map_err(|error| error.to_string());
    let missing = if gstreamer.is_ok() { probe::missing() } else { Vec::new() };
    let codecs = match (&gstreamer, missing.is_empty()) {
        (Ok(_), true) => vec![("H.264", probe::try_h264()), ("Opus", probe::try_opus())],
        _ => Vec::new(),
    };
    let coding = if codecs.is_empty() { Vec::new() } else { coding(&config) };
    let contribution = config.contribution();
    let distribution = config.distribution();
    let viewer_ports = (0..distribution.shards).filter_map(|shard| {
        let port = distribution.port.checked_add(u16::try_from(shard).ok()?)?;
        (distribution.port != 0).then_some(port)
    });
    Findings {
        gstreamer,
        missing,
        codecs,
        coding,
        typeface: Typeface::installed(),
        config: settings,
        http: (config.http.listen, TcpListener::bind(config.http.listen).map(drop).map_err(|error| error.to_string())),
        viewers: ports(&distribution.listen, viewer_ports),
        cities: ports(&contribution.listen, contribution.ports),
        telephone: config.telephone().map(telephone),
        city_count: config.cities().len(),
        max_viewers: config.viewers.max_viewers,
        network: way_out(),
        free_disk: free_disk(),
        open_files: open_files(),
        wall_clock: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        has_pages,
    }
}

/// Tries what encodes and decodes, with frames as large as program's.
fn coding(config: &Config) -> Vec<Coding> {
    let format = config.program_format();
    let config::Program { encoder, decoder, .. } = config.program;
    vec![
        Coding { what: "encoder", wished: encoder.as_str(), trials: encoder::try_all(&format) },
        Coding { what: "decoder", wished: decoder.as_str(), trials: decoder::try_all(&format) },
    ]
}

/// The settings to go by, and what became of those that were asked for.
fn settings(path: Option<&Path>) -> (Config, Settings) {
    let usual = Path::new("regia.toml");
    match Config::load(path.unwrap_or(usual)) {
        Ok(config) => {
            let judged = match config.refuse_example_keys() {
                Ok(()) => Settings::Good(path.unwrap_or(usual).to_owned()),
                Err(error) => Settings::ExampleKeys(error.to_string()),
            };
            (config, judged)
        }
        Err(config::Error::Missing { .. }) if path.is_none() => (Config::example(), Settings::Defaults),
        Err(error) => (Config::example(), Settings::Wrong(error.to_string())),
    }
}

/// Which of these ports can be opened on all of these addresses (none: on all of the machine's).
fn ports(addresses: &[IpAddr], wanted: impl Iterator<Item = u16>) -> Ports {
    let all = [IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
    let addresses = if addresses.is_empty() { &all } else { addresses };
    let is_free = |port: u16| addresses.iter().all(|address| UdpSocket::bind((*address, port)).is_ok());
    let (free, taken): (Vec<u16>, Vec<u16>) = wanted.partition(|port| is_free(*port));
    Ports { wanted: free.len() + taken.len(), taken }
}

fn telephone(config: crate::telephone::Config) -> Telephone {
    let opened = UdpSocket::bind(config.listen).map(drop).map_err(|error| error.to_string());
    Telephone {
        sip: (config.listen, opened),
        sound: ports(&[config.listen.ip()], config.rtp_ports.filter(|port| port % 2 == 0)),
        max_calls: config.max_calls,
        has_peers: config.trunk.is_some() || !config.peers.is_empty(),
    }
}

/// The local address that packets to the world would have. Nothing is sent.
fn way_out() -> Option<IpAddr> {
    /// An address for documentation (RFC 5737), which nobody has.
    const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ELSEWHERE).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_loopback())
}

fn free_disk() -> Result<u64, String> {
    let found = rustix::fs::statvfs(".").map_err(|error| error.to_string())?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The soft limit, from the kernel's table.
fn open_files() -> Option<u64> {
    let table = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}
