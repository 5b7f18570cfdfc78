//! `regia demo`: a whole evening on one machine. The cities are processes of their own that publish by real WHIP.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::app::{self, App};
use crate::config::Config;
use crate::director::{Director, Subscription};
use crate::publish;
use crate::secret::Key;
use crate::show::{Actor, Caller, City, CityState, Command as Ask, Role, Source};
use crate::store::Store;

/// The cities of the first evenings, then others for larger rehearsals.
const CITIES: [(&str, &str); 8] = [
    ("lecce", "Lecce"),
    ("roma", "Roma"),
    ("milano", "Milano"),
    ("genova", "Genova"),
    ("bologna", "Bologna"),
    ("torino", "Torino"),
    ("messina", "Messina"),
    ("laquila", "L'Aquila"),
];

/// Most cities that a demo can have.
pub const MOST_CITIES: usize = CITIES.len();

/// The address a demo serves on when none is asked for.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080);

/// Where the demo's cities send from and to.
const HERE: &str = "127.0.0.1";

/// How long the demo waits for its first picture before it says where to look.
const FIRST_PICTURE: Duration = Duration::from_secs(15);

/// How long a city's process may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(3);

/// Runs the demo until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the server cannot start or a city's process cannot be made.
pub async fn run(cities: usize, address: Option<SocketAddr>) -> anyhow::Result<()> {
    let (operator_key, keys) = (Key::random(), CITIES[..cities].iter().map(|_| Key::random()).collect::<Vec<_>>());
    let address = match address {
        Some(address) => address,
        None => free_or_any(DEFAULT_ADDRESS),
    };
    let text = config(address, &operator_key, &keys);
    let config = Config::parse(&text, "the demo's own config").context("the demo's config is wrong")?;
    // A demo leaves nothing behind.
    let app = App::start(config, Store::in_memory().context("there is no memory for a store")?).await?;
    let here = app::reachable(app.address());

    let mut publishers = Publishers::default();
    for ((id, name), key) in CITIES[..cities].iter().zip(&keys) {
        publishers.start(&format!("http://{here}/whip/{id}"), name, key)?;
    }
    let first = first_on_air(&app).await;
    app::announce(&format!(
        "\nRegia is on air with {first}; {cities} cities publish.\n\n  watch    http://{here}/\n  console  \
         http://{here}/console#key={}\n\nCtrl-C ends everything.\n\n",
        operator_key.reveal()
    ));

    let ended = app.run(app::asked_to_end()).await;
    publishers.stop();
    ended
}

/// Cuts program to the first city whose picture comes and names it; the slate, if none comes in time.
async fn first_on_air(app: &App) -> String {
    let live = tokio::time::timeout(FIRST_PICTURE, first_live(app.director())).await;
    let Ok(Ok(city)) = live else { return "a slate".into() };
    let house = Caller::new(Actor::House, [Role::Director]);
    match app.director().command(Ask::CutTo { source: Source::City(city.id) }, &house).await {
        Ok(_) => city.name,
        Err(error) => {
            tracing::warn!(%error, "the demo's first cut was refused");
            "a slate".into()
        }
    }
}

async fn first_live(director: &Director) -> anyhow::Result<City> {
    let Subscription { mut view, mut happenings } = director.subscribe().await?;
    loop {
        if let Some(seat) = view.cities.iter().find(|seat| matches!(seat.state, CityState::Live { .. })) {
            let (id, name, time_zone) = (seat.id.clone(), seat.name.clone(), seat.time_zone.clone());
            return Ok(City { id, name, time_zone });
        }
        view = Arc::clone(&happenings.recv().await?.view);
    }
}

/// `wanted` if nobody listens there, else a free port on the same address.
fn free_or_any(wanted: SocketAddr) -> SocketAddr {
    match std::net::TcpListener::bind(wanted) {
        Ok(_) => wanted,
        Err(_) => SocketAddr::new(wanted.ip(), 0),
    }
}

fn config(address: SocketAddr, operator: &Key, cities: &[Key]) -> String {
    // The cities are on this machine; viewers may be on the network.
    let viewers = if address.ip().is_loopback() { format!("listen = [\"{}\"]\n", address.ip()) } else { String::new() };
    let mut text = format!(
        "[event]\ntitle = \"Regia demo\"\n[http]\nlisten = \"{address}\"\n[operator]\nkey = \"{}\"\n\
         [contribution]\nlisten = [\"{HERE}\"]\n[viewers]\nport = 0\n{viewers}",
        operator.reveal()
    );
    for ((id, name), key) in CITIES.iter().zip(cities) {
        let key = key.reveal();
        writeln!(text, "[[city]]\nid = \"{id}\"\nname = \"{name}\"\nkey = \"{key}\"").expect("a String takes text");
    }
    text
}

/// The cities' processes. Dropping it ends them.
#[derive(Debug, Default)]
struct Publishers {
    children: Vec<Child>,
}

impl Publishers {
    /// Starts one city. The key goes by environment: a command line can be read by everybody on the machine.
    fn start(&mut self, url: &str, pattern: &str, key: &Key) -> anyhow::Result<()> {
        let program = std::env::current_exe().context("the demo cannot find its own binary")?;
        let child = Command::new(program)
            .args(["publish", url, "--pattern", pattern, "--listen", HERE])
            .args(["--end-with-parent", &std::process::id().to_string()])
            .env(publish::BEARER_VARIABLE, key.reveal())
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("the publisher of {pattern} cannot start"))?;
        self.children.push(child);
        Ok(())
    }

    /// Asks all to end, and waits; those that do not answer in time are killed.
    fn stop(&mut self) {
        for child in &self.children {
            if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                // A process that has already ended is what is wanted.
                let _ = kill_process(pid, Signal::TERM);
            }
        }
        let deadline = Instant::now() + GOODBYE;
        for mut child in self.children.drain(..) {
            if let Err(error) = ended_by(&mut child, deadline) {
                tracing::warn!(pid = child.id(), %error, "a city's publisher is killed");
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

impl Drop for Publishers {
    fn drop(&mut self) {
        self.stop();
    }
}

fn ended_by(child: &mut Child, deadline: Instant) -> anyhow::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            bail!("it did not end within {} s", GOODBYE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
