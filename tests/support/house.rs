//! The real binary in a process of its own, which can be killed without a word and started again on the same ports.

use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use regia::gst::EventClock;
use regia::publish::{self, Picture, Publisher, Retry};
use regia::secret::Key;
use regia::show::View;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::client::{Answer, ask, try_ask};
use super::decode::Recording;
use super::viewer::{self, Keep, LOOPBACK, Pool, Viewer, Wants};

/// Longest wait for a fact; a busy machine may need most of it.
const PATIENCE: Duration = Duration::from_secs(30);

const OPERATOR: &str = "operator-of-the-house";

/// A server's folder and ports, and its process while one runs.
pub struct House {
    pub url: String,
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl House {
    /// Its settings and its folder; nothing runs yet.
    pub fn new(parts: &str, cities: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Free at this moment, which is the best that can be had of ports that must stay the same.
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        // Beyond those that cities get; not where the house beside this one looks first.
        let mut ports = 61_000 + http.port() % 4000..=u16::MAX;
        let viewers = ports.find(|port| UdpSocket::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap();
        let mut text = format!(
            "[event]\ntitle = \"Prova\"\n[http]\nlisten = \"{http}\"\n[operator]\nkey = \"{OPERATOR}\"\n\
             [contribution]\nlisten = [\"127.0.0.1\"]\nports = \"20000-60999\"\n\
             [viewers]\nlisten = [\"127.0.0.1\"]\nport = {viewers}\nshards = 1\n{parts}"
        );
        for id in cities {
            text.push_str(&format!("[[city]]\nid = \"{id}\"\nname = \"{id}\"\nkey = \"{}\"\n", city_key(id)));
        }
        std::fs::write(folder.path().join("regia.toml"), text).unwrap();
        Self { url: format!("http://{http}"), folder, process: None }
    }

    /// Where its store is.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("regia.db")
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command line of the binary, in its folder.
    pub fn regia(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regia"));
        command.args(line.split(' ')).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs a command line to its end with this input; what it printed.
    pub fn done(&self, line: &str, input: &str) -> String {
        let mut child = self.regia(line).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // One that does not ask does not read either.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = block_in_place(|| child.wait_with_output()).unwrap();
        assert!(output.status.success(), "{line}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the process and returns at once, with the moment at which it was started.
    pub fn start(&mut self) -> Instant {
        assert!(self.process.is_none(), "it runs");
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let begin = Instant::now();
        let child = self.regia("serve").env("RUST_LOG", "regia=info").stdout(Stdio::null()).stderr(log).spawn();
        self.process = Some(child.unwrap());
        begin
    }

    /// Starts it and waits until it says that it is well; how long that took.
    pub fn open(&mut self) -> Duration {
        let begin = self.start();
        self.until_well();
        begin.elapsed()
    }

    /// Waits until it says that it is well.
    pub fn until_well(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let url = format!("{}/healthz", self.url);
        while try_ask("GET", &url, &[], b"").is_none_or(|answer| answer.status() != 200) {
            let ended = self.process.as_mut().expect("it was started").try_wait().unwrap();
            assert!(ended.is_none(), "it ended by itself: {ended:?}");
            assert!(Instant::now() < deadline, "it is not well in time");
            block_in_place(|| std::thread::sleep(Duration::from_millis(5)));
        }
    }

    /// Ends the process as a power cut does: it can do nothing about it.
    pub fn kill(&mut self) {
        let mut child = self.process.take().expect("it runs");
        // SIGKILL on Unix.
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Its process.
    pub fn pid(&self) -> rustix::process::Pid {
        let id = self.process.as_ref().expect("it runs").id();
        rustix::process::Pid::from_raw(id.cast_signed()).expect("a process has a number")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("regia.log")
    }

    /// The header of a machine that directs.
    pub fn operator(&self) -> (&'static str, String) {
        ("Authorization", format!("Bearer {OPERATOR}"))
    }

    /// Asks with a JSON body, or none if it is null, as who has this header.
    pub fn ask(&self, method: &str, path: &str, who: &(&str, String), body: &Value) -> Answer {
        let headers = [(who.0, &*who.1), ("Content-Type", "application/json")];
        let url = format!("{}{path}", self.url);
        match body {
            Value::Null => ask(method, &url, &headers[..1], b""),
            body => ask(method, &url, &headers, body.to_string().as_bytes()),
        }
    }

    /// Has a command carried out; the receipt.
    pub fn command(&self, who: &(&str, String), command: Value) -> Value {
        let answer = self.ask("POST", "/api/v1/commands", who, &json!({"command": command}));
        assert_eq!(answer.status(), 200, "{command}: {}", answer.body());
        answer.json()
    }

    /// The show as operators see it.
    pub fn view(&self) -> View {
        let answer = self.ask("GET", "/api/v1/show", &self.operator(), &Value::Null);
        assert_eq!(answer.status(), 200, "{}", answer.body());
        serde_json::from_value(answer.json()["show"].clone()).unwrap()
    }

    /// Waits until the show is as wanted.
    pub fn until(&self, what: &str, wanted: impl Fn(&View) -> bool) -> View {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let view = self.view();
            if wanted(&view) {
                return view;
            }
            assert!(Instant::now() < deadline, "not in time: {what}: {view:#?}");
            block_in_place(|| std::thread::sleep(Duration::from_millis(20)));
        }
    }

    /// A publisher of a city with a card of its name, 320×180 at 15 fps, which never gives up.
    pub fn publish(&self, city: &str) -> Publisher {
        regia::gst::probe::init().unwrap();
        let picture = Picture::Pattern(city.parse().unwrap());
        let mut config = publish::Config::new(format!("{}/whip/{city}", self.url), picture);
        config.bearer = Some(Key::try_from(city_key(city)).unwrap());
        config.format = publish::Format { width: 320, height: 180, fps: 15 };
        config.listen = vec![LOOPBACK];
        config.retry = Retry::Forever;
        block_in_place(|| Publisher::start(config, &EventClock::start())).unwrap()
    }

    /// Joins a channel.
    pub fn watch(&self, channel: &str, pool: &Pool) -> Viewer {
        let (invitation, offer) = viewer::offer(Wants::Both);
        let sdp = [("Content-Type", "application/sdp")];
        let answer = ask("POST", &format!("{}/whep/{channel}", self.url), &sdp, offer.as_bytes());
        assert_eq!(answer.status(), 201, "{}", answer.body());
        invitation.accept(answer.body(), pool, Keep::Packets(65_536))
    }

    /// Joins a channel and keeps all that comes.
    pub fn record(&self, channel: &str, pool: &Pool) -> Recording {
        Recording::of(self.watch(channel, pool))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut child) = self.process.take() {
            // One that has ended by itself is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            println!("--- its log's end\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
    }
}

/// The key of a city's seat.
pub fn city_key(city: &str) -> String {
    format!("key-of-{city}-in-the-house")
}
