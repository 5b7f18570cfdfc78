//! The settings of an evening: one struct per part of `regia.toml`, checked before anything starts.
//!
//! Parsing is pure. Every error names file, line, column, what arrived and what was needed. `regia.example.toml` is the
//! manual; a test holds it to these structs.

mod check;
mod error;
mod value;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

pub use error::{Error, Problem};
pub use value::{Password, PortRange, StunUrl, TurnUrl};

use crate::media::Format;
use crate::media::codec::{decoder, encoder};
use crate::radio::icecast;
use crate::secret::Key;
use crate::show::{self, CityId};
use crate::{contribution, distribution, radio, tally, telephone};

/// All settings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The evening.
    #[serde(default)]
    pub event: Event,
    /// Pages, commands, WHIP and WHEP.
    #[serde(default)]
    pub http: Http,
    /// Who may direct.
    pub operator: Operator,
    /// The directed picture.
    #[serde(default)]
    pub program: Program,
    /// What operators see of the picture.
    #[serde(default)]
    pub monitor: Monitor,
    /// The directed sound.
    #[serde(default)]
    pub audio: Audio,
    /// The radio by HTTP.
    #[serde(default)]
    pub radio: Radio,
    /// How cities are received.
    #[serde(default)]
    pub contribution: Contribution,
    /// How viewers are served.
    #[serde(default)]
    pub viewers: Viewers,
    /// How the machine is reached from outside.
    #[serde(default)]
    pub network: Network,
    /// What outlives the process.
    #[serde(default)]
    pub store: Store,
    /// Stills, clips, stingers and templates.
    #[serde(default)]
    pub media: Media,
    /// Co-hosts by telephone.
    #[serde(default)]
    pub telephone: Telephone,
    /// Lamps and multiviewers that are told of tally.
    #[serde(default, rename = "tally")]
    tallies: Vec<Tally>,
    /// The cities, 1 to 16, in the order of the console's keys.
    #[serde(rename = "city")]
    cities: Vec<City>,
}

/// The evening.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Event {
    /// Its name, 1 to 100 characters.
    #[serde(deserialize_with = "value::title")]
    pub title: String,
    /// IANA time zone of cities that name none.
    #[serde(deserialize_with = "value::time_zone")]
    pub time_zone: String,
}

/// Pages, commands, WHIP and WHEP.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and TCP port to listen on.
    #[serde(deserialize_with = "value::socket_address")]
    pub listen: SocketAddr,
    /// Address that people use, when a proxy or a name stands before this machine; no slash at its end.
    #[serde(deserialize_with = "value::public_url")]
    pub public_url: Option<String>,
}

/// Who may direct.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Opens console and commands.
    key: Spanned<Key>,
}

/// The directed picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Program {
    /// Pixels, even, 160 to 1920.
    #[serde(deserialize_with = "value::even::<_, 160, 1920>")]
    pub width: u32,
    /// Pixels, even, 90 to 1080.
    #[serde(deserialize_with = "value::even::<_, 90, 1080>")]
    pub height: u32,
    /// Frames per second, 5 to 60.
    #[serde(deserialize_with = "value::bounded::<_, u32, 5, 60>")]
    pub fps: u32,
    /// Bitrate of the picture in kbit/s, 200 to 20000.
    #[serde(deserialize_with = "value::bounded::<_, u32, 200, 20_000>")]
    pub bitrate_kbps: u32,
    /// What encodes it.
    pub encoder: encoder::Wish,
    /// What decodes cities.
    pub decoder: decoder::Wish,
}

/// What operators see of the picture, encoded while one of them watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Monitor {
    /// What the next take shows.
    pub preview: Screen,
    /// Program, preview and all cities.
    pub multiview: Screen,
}

/// The format of a monitor's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// Pixels, even, 160 to 1920.
    #[serde(deserialize_with = "value::even::<_, 160, 1920>")]
    pub width: u32,
    /// Pixels, even, 90 to 1080.
    #[serde(deserialize_with = "value::even::<_, 90, 1080>")]
    pub height: u32,
    /// Frames per second, 1 to 30.
    #[serde(deserialize_with = "value::bounded::<_, u32, 1, 30>")]
    pub fps: u32,
    /// Bitrate in kbit/s, 100 to 10000.
    #[serde(deserialize_with = "value::bounded::<_, u32, 100, 10_000>")]
    pub bitrate_kbps: u32,
}

/// The directed sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audio {
    /// Bitrate of the sound in kbit/s, 32 to 510.
    #[serde(deserialize_with = "value::bounded::<_, u32, 32, 510>")]
    pub bitrate_kbps: u32,
}

/// The radio by HTTP.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Radio {
    /// What players call it; the evening's title if there is none.
    #[serde(deserialize_with = "value::optional_line")]
    name: Option<String>,
    /// Its genre.
    #[serde(deserialize_with = "value::line")]
    genre: String,
    /// What it is.
    #[serde(deserialize_with = "value::line")]
    description: String,
    /// Whether directories may list it.
    public: bool,
    /// Bitrate of `/radio.opus` in kbit/s, 16 to 256.
    #[serde(deserialize_with = "value::bounded::<_, u32, 16, 256>")]
    opus_kbps: u32,
    /// Bitrate of `/radio.aac` in kbit/s, 32 to 320.
    #[serde(deserialize_with = "value::bounded::<_, u32, 32, 320>")]
    aac_kbps: u32,
    /// Bitrate of `/radio.mp3` in kbit/s, one of those that MP3 knows.
    #[serde(deserialize_with = "value::mp3_kbps")]
    mp3_kbps: u32,
    /// Most listeners at once, 1 to 10000.
    #[serde(deserialize_with = "value::bounded::<_, u32, 1, 10_000>")]
    max_listeners: u32,
    /// Icecast servers that it is sent to.
    icecast: Vec<Icecast>,
}

/// An Icecast server that the radio is sent to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Icecast {
    url: icecast::Server,
    mount: Spanned<icecast::Mount>,
    #[serde(default = "icecast_user", deserialize_with = "value::login")]
    user: String,
    password: Password,
    format: radio::Format,
    #[serde(default, deserialize_with = "value::optional_line")]
    name: Option<String>,
    #[serde(default, deserialize_with = "value::optional_line")]
    genre: Option<String>,
    #[serde(default, deserialize_with = "value::optional_line")]
    description: Option<String>,
    #[serde(default)]
    public: Option<bool>,
}

/// How cities are received.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contribution {
    /// Local addresses for media; empty: all but loopback.
    #[serde(deserialize_with = "value::addresses")]
    pub listen: Vec<IpAddr>,
    /// UDP ports for media.
    ports: Spanned<PortRange>,
    /// Jitter buffer in ms, 0 to 250: program shows and sounds everything this much, and 40 ms, later.
    #[serde(deserialize_with = "value::bounded::<_, u32, 0, 250>")]
    pub jitter_buffer_ms: u32,
    /// The same for calls, of co-hosts and of operators who talk back.
    #[serde(deserialize_with = "value::bounded::<_, u32, 0, 250>")]
    pub call_jitter_buffer_ms: u32,
}

/// How viewers are served.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Viewers {
    /// Local addresses for media; 0.0.0.0 is all of IPv4.
    #[serde(deserialize_with = "value::addresses")]
    pub listen: Vec<IpAddr>,
    /// UDP port of the first shard; shard n uses port + n; 0 takes free ones.
    #[serde(deserialize_with = "value::bounded::<_, u16, 0, 65_535>")]
    pub port: u16,
    /// Threads that send to viewers, 1 to 64; 0 is one per core.
    #[serde(deserialize_with = "value::bounded::<_, u16, 0, 64>")]
    pub shards: u16,
    /// Most viewers at once, 1 to 100000.
    #[serde(deserialize_with = "value::bounded::<_, u32, 1, 100_000>")]
    pub max_viewers: u32,
}

/// How the machine is reached from outside.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Address by which the world reaches a machine behind 1:1 NAT.
    #[serde(deserialize_with = "value::public_address")]
    pub public_address: Option<IpAddr>,
    /// STUN server, for a machine that does not know its public address.
    pub stun_server: Option<StunUrl>,
    /// TURN servers, for cities whose network lets no UDP through.
    pub turn_servers: Vec<TurnServer>,
}

/// What outlives the process: people, keys, the as-run log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The file. [`Config::load`] takes a relative one from the folder of the settings.
    #[serde(deserialize_with = "value::file")]
    pub path: PathBuf,
}

/// Stills, clips, stingers and templates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// Their folder; it need not be there. [`Config::load`] takes a relative one from the folder of the settings.
    #[serde(deserialize_with = "value::folder")]
    pub path: PathBuf,
}

/// A TURN server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnServer {
    /// Its address.
    pub url: TurnUrl,
    /// Who uses it.
    #[serde(deserialize_with = "value::login")]
    pub username: String,
    /// Its password, which clients are told.
    pub password: Password,
    /// Whether viewers, who are strangers, are told of it too.
    #[serde(default)]
    pub for_viewers: bool,
}

/// Co-hosts by telephone, by SIP over UDP.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telephone {
    /// Address and UDP port of SIP; none: there is no telephone.
    #[serde(deserialize_with = "value::optional_socket_address")]
    pub listen: Option<SocketAddr>,
    /// Who may call beside the trunk.
    pub peers: Vec<telephone::Peer>,
    /// UDP ports for the calls' sound.
    rtp_ports: Spanned<PortRange>,
    /// Most calls at once, 1 to 32.
    #[serde(deserialize_with = "value::bounded::<_, usize, 1, 32>")]
    pub max_calls: usize,
    /// The provider or PBX.
    trunk: Option<Trunk>,
}

/// A telephone provider or a PBX.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trunk {
    /// Name or address.
    #[serde(deserialize_with = "value::host")]
    host: String,
    /// UDP port.
    #[serde(default = "sip_port", deserialize_with = "value::bounded::<_, u16, 1, 65_535>")]
    port: u16,
    /// The number or name by which it knows us.
    #[serde(deserialize_with = "value::login")]
    user: String,
    /// What goes with the password, if it is not the user.
    #[serde(default, deserialize_with = "value::optional_login")]
    login: Option<String>,
    password: Password,
    /// The only realm that gets the password's digest.
    #[serde(default, deserialize_with = "value::optional_login")]
    realm: Option<String>,
    /// Whether to register.
    #[serde(default = "yes")]
    register: bool,
}

fn sip_port() -> u16 {
    5060
}

fn yes() -> bool {
    true
}

/// A lamp, a multiviewer, or many behind one address, told of tally by TSL UMD over UDP.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tally {
    #[serde(deserialize_with = "value::receiver_address")]
    address: SocketAddr,
    protocol: TallyProtocol,
    /// The display of the first city.
    first_index: Option<Spanned<u16>>,
    /// Of V5.0 only.
    screen: Option<Spanned<u16>>,
    /// Of V5.0 only.
    text: Option<Spanned<tally::Text>>,
}

/// The version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum TallyProtocol {
    #[serde(rename = "tsl-3.1")]
    Tsl31,
    #[serde(rename = "tsl-5.0")]
    Tsl50,
}

/// A city with its key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct City {
    id: Spanned<CityId>,
    #[serde(deserialize_with = "value::city_name")]
    name: String,
    key: Spanned<Key>,
    #[serde(default, deserialize_with = "value::optional_time_zone")]
    time_zone: Option<String>,
}

/// A STUN or TURN server that clients are told of (RFC 9725 §4.6).
#[derive(Debug, Clone, PartialEq)]
pub struct IceServer {
    /// `stun:host:port`, `turn:host:port` or `turns:host:port` (RFC 7064, RFC 7065).
    pub url: String,
    /// Username and password.
    pub login: Option<(String, Password)>,
    /// Whether viewers are told of it.
    pub for_viewers: bool,
}

impl Default for Event {
    fn default() -> Self {
        Self { title: "Regia".into(), time_zone: "Europe/Rome".into() }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 8080), public_url: None }
    }
}

impl Default for Program {
    fn default() -> Self {
        let (encoder, decoder) = Default::default();
        Self { width: 1280, height: 720, fps: 30, bitrate_kbps: 2500, encoder, decoder }
    }
}

impl Default for Monitor {
    fn default() -> Self {
        Self {
            preview: Screen { width: 640, height: 360, fps: 15, bitrate_kbps: 800 },
            multiview: Screen { width: 1280, height: 720, fps: 10, bitrate_kbps: 1500 },
        }
    }
}

impl Default for Audio {
    fn default() -> Self {
        Self { bitrate_kbps: 128 }
    }
}

impl Default for Radio {
    fn default() -> Self {
        Self {
            name: None,
            genre: "Talk".into(),
            description: String::new(),
            public: false,
            opus_kbps: 96,
            aac_kbps: 128,
            mp3_kbps: 128,
            max_listeners: 200,
            icecast: Vec::new(),
        }
    }
}

impl Default for Contribution {
    fn default() -> Self {
        let ports = Spanned::new(0..0, PortRange(52_000..=52_100));
        Self { listen: Vec::new(), ports, jitter_buffer_ms: 60, call_jitter_buffer_ms: 20 }
    }
}

impl Default for Viewers {
    fn default() -> Self {
        Self { listen: vec![Ipv4Addr::UNSPECIFIED.into()], port: 52_200, shards: 0, max_viewers: 1000 }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { path: "regia.db".into() }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self { path: "media".into() }
    }
}

impl Default for Telephone {
    fn default() -> Self {
        let rtp_ports = Spanned::new(0..0, PortRange(52_400..=52_431));
        Self { listen: None, peers: Vec::new(), rtp_ports, max_calls: 8, trunk: None }
    }
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Missing { path: path.to_owned() },
            _ => Error::Unreadable { path: path.to_owned(), source },
        })?;
        let mut config = Self::parse(&text, &path.display().to_string())?;
        config.store.path = path.with_file_name("").join(config.store.path);
        config.media.path = path.with_file_name("").join(config.media.path);
        Ok(config)
    }

    /// Parses and checks a text. `file_name` is what errors call it.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Error> {
        let at = |problem: Problem| problem.locate(text, file_name);
        let config: Self = toml::from_str(text).map_err(|error| at(Problem::from(error)))?;
        config.check().map_err(at)?;
        Ok(config)
    }

    /// The example: the defaults with five cities. Its keys open nothing, since `serve` refuses them.
    pub fn example() -> Self {
        Self::parse(include_str!("../../regia.example.toml"), "regia.example.toml").expect("a test parses the example")
    }

    /// Refuses keys that everybody knows because they stand in the example. For `serve`.
    pub fn refuse_example_keys(&self) -> Result<(), Error> {
        let example = |key: &Key| key.reveal().starts_with(EXAMPLE_KEY);
        let mut whose: Vec<String> = Vec::new();
        if example(self.operator.key()) {
            whose.push("operator".into());
        }
        whose.extend(
            self.cities.iter().filter(|city| example(city.key.as_ref())).map(|city| city.id.as_ref().to_string()),
        );
        if whose.is_empty() { Ok(()) } else { Err(Error::ExampleKeys { whose: whose.join(", ") }) }
    }

    /// The cities as the show knows them, in order.
    pub fn cities(&self) -> Vec<show::City> {
        let city = |city: &City| show::City {
            id: city.id.as_ref().clone(),
            name: city.name.clone(),
            time_zone: city.time_zone.clone().unwrap_or_else(|| self.event.time_zone.clone()),
        };
        self.cities.iter().map(city).collect()
    }

    /// The key of each city's seat.
    pub fn city_keys(&self) -> impl Iterator<Item = (CityId, Key)> {
        self.cities.iter().map(|city| (city.id.as_ref().clone(), city.key.as_ref().clone()))
    }

    /// Program's format.
    pub fn program_format(&self) -> Format {
        let Program { width, height, fps, bitrate_kbps, .. } = self.program;
        Format { width, height, fps, bitrate: bitrate_kbps * 1000 }
    }

    /// Settings of the radio by HTTP.
    pub fn radio(&self) -> radio::Config {
        let Radio { name, genre, description, public, opus_kbps, aac_kbps, mp3_kbps, max_listeners, icecast } =
            self.radio.clone();
        let name = name.unwrap_or_else(|| self.event.title.clone());
        let identity = radio::Identity { name, genre, description, public };
        radio::Config {
            icecast: icecast.into_iter().map(|server| server.target(&identity)).collect(),
            identity,
            kbps: [opus_kbps, aac_kbps, mp3_kbps],
            max_listeners: max_listeners as usize,
        }
    }

    /// Settings of the hub that receives cities.
    pub fn contribution(&self) -> contribution::Config {
        contribution::Config {
            listen: self.contribution.listen.clone(),
            ports: self.contribution.ports(),
            public_address: self.network.public_address,
            stun_server: self.network.stun_server.as_ref().map(|url| format!("stun://{}", url.authority())),
            turn_servers: self.network.turn_servers.iter().map(TurnServer::with_login).collect(),
            jitter_buffer: Duration::from_millis(self.contribution.jitter_buffer_ms.into()),
            call_jitter_buffer: Duration::from_millis(self.contribution.call_jitter_buffer_ms.into()),
        }
    }

    /// Settings of the hub that serves viewers.
    pub fn distribution(&self) -> distribution::Config {
        distribution::Config {
            listen: self.viewers.listen.clone(),
            port: self.viewers.port,
            public_address: self.network.public_address,
            shards: self.viewers.shards(),
            max_viewers: self.viewers.max_viewers as usize,
        }
    }

    /// Who is told of tally.
    pub fn tally(&self) -> Vec<tally::Receiver> {
        self.tallies.iter().map(Tally::receiver).collect()
    }

    /// Settings of the telephone, if there is one.
    pub fn telephone(&self) -> Option<telephone::Config> {
        let Telephone { listen, peers, max_calls, trunk, .. } = &self.telephone;
        Some(telephone::Config {
            listen: (*listen)?,
            rtp_ports: self.telephone.rtp_ports(),
            public_address: self.network.public_address,
            peers: peers.clone(),
            max_calls: *max_calls,
            // What callers say is then dated as what cities say is.
            jitter_buffer: Duration::from_millis(self.contribution.jitter_buffer_ms.into()),
            trunk: trunk.as_ref().map(Trunk::trunk),
        })
    }

    /// The servers that clients are told of.
    pub fn ice_servers(&self) -> Vec<IceServer> {
        let stun = self.network.stun_server.iter().map(|url| IceServer {
            url: format!("stun:{}", url.authority()),
            login: None,
            for_viewers: false,
        });
        let turn = self.network.turn_servers.iter().map(|server| IceServer {
            url: server.url.to_uri(),
            login: Some((server.username.clone(), server.password.clone())),
            for_viewers: server.for_viewers,
        });
        stun.chain(turn).collect()
    }
}

/// How keys begin that must be changed before an evening.
pub const EXAMPLE_KEY: &str = "change-me";

impl Operator {
    /// Opens console and commands.
    pub fn key(&self) -> &Key {
        self.key.as_ref()
    }
}

impl Screen {
    /// The same as the media know it.
    pub fn format(self) -> Format {
        let Self { width, height, fps, bitrate_kbps } = self;
        Format { width, height, fps, bitrate: bitrate_kbps * 1000 }
    }
}

impl Contribution {
    /// UDP ports for media.
    pub fn ports(&self) -> RangeInclusive<u16> {
        self.ports.as_ref().0.clone()
    }
}

impl Telephone {
    /// UDP ports for the calls' sound.
    pub fn rtp_ports(&self) -> RangeInclusive<u16> {
        self.rtp_ports.as_ref().0.clone()
    }
}

impl Trunk {
    fn trunk(&self) -> telephone::Trunk {
        telephone::Trunk {
            host: self.host.clone(),
            port: self.port,
            user: self.user.clone(),
            login: self.login.clone(),
            password: telephone::Password::new(self.password.reveal()),
            realm: self.realm.clone(),
            register: self.register,
        }
    }
}

impl Viewers {
    /// Number of shards, with 0 resolved to one per core.
    pub fn shards(&self) -> usize {
        match self.shards {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(64),
            shards => shards.into(),
        }
    }
}

impl Tally {
    fn receiver(&self) -> tally::Receiver {
        let protocol = match self.protocol {
            TallyProtocol::Tsl31 => tally::Protocol::Tsl31,
            TallyProtocol::Tsl50 => tally::Protocol::Tsl50 {
                screen: self.screen.as_ref().map_or(0, |screen| *screen.as_ref()),
                text: self.text.as_ref().map_or(tally::Text::default(), |text| *text.as_ref()),
            },
        };
        let first_index = self.first_index.as_ref().map_or(1, |index| *index.as_ref());
        tally::Receiver { address: self.address, protocol, first_index }
    }
}

/// Who sends to an Icecast server, unless its administrator says another.
fn icecast_user() -> String {
    "source".into()
}

impl Icecast {
    /// As the radio knows it. What it does not say of itself is as the radio's.
    fn target(self, radio: &radio::Identity) -> icecast::Target {
        let Self { url, mount, user, password, format, name, genre, description, public } = self;
        icecast::Target {
            server: url,
            mount: mount.into_inner(),
            user,
            password: password.reveal().to_owned(),
            format,
            identity: radio::Identity {
                name: name.unwrap_or_else(|| radio.name.clone()),
                genre: genre.unwrap_or_else(|| radio.genre.clone()),
                description: description.unwrap_or_else(|| radio.description.clone()),
                public: public.unwrap_or(radio.public),
            },
        }
    }
}

impl TurnServer {
    /// As webrtcbin wants it: the login inside the address, percent-encoded (RFC 3986 §2.1).
    fn with_login(&self) -> String {
        let encode = |text: &str| -> String {
            text.bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
                    other => format!("%{other:02X}"),
                })
                .collect()
        };
        let (scheme, rest) = self.url.parts();
        format!("{scheme}://{}:{}@{rest}", encode(&self.username), encode(self.password.reveal()))
    }
}

#[cfg(test)]
mod tests;
