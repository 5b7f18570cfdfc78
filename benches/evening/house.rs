//! The real server in a process of its own on loopback, with publishers in theirs.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use regia::publish::BEARER_VARIABLE;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::client::{Answer, ask};
use crate::support::viewer::{self, Keep, Pool, Viewer, Wants};

pub const CITIES: [&str; 5] = ["lecce", "roma", "milano", "genova", "bologna"];

/// The key of a machine that directs.
pub const OPERATOR: &str = "operator-of-the-bench";

/// Longest wait for a fact.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub struct House {
    server: Ended,
    /// Held open: the server has more to say than its first line.
    _said: BufReader<ChildStdout>,
    _folder: TempDir,
    pub url: String,
}

/// A city's publisher.
pub struct City {
    _process: Ended,
}

/// A process that is ended with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // One that has ended by itself is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl House {
    /// Starts the server with its defaults and five cities' seats, all on loopback.
    pub fn open() -> Self {
        let mut text = format!(
            "[event]\ntitle = \"Bench\"\n[http]\nlisten = \"127.0.0.1:0\"\n[operator]\nkey = \"{OPERATOR}\"\n\
             [contribution]\nlisten = [\"127.0.0.1\"]\nports = \"20000-60999\"\n\
             [viewers]\nlisten = [\"127.0.0.1\"]\nport = 0\n"
        );
        for id in CITIES {
            text.push_str(&format!("[[city]]\nid = \"{id}\"\nname = \"{id}\"\nkey = \"{}\"\n", key(id)));
        }
        // Its store is there as well.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("regia.toml"), text).unwrap();
        let mut process = regia()
            .arg("serve")
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server can be started");
        let mut said = BufReader::new(process.stdout.take().expect("it is piped"));
        let server = Ended(process);
        let url = said.by_ref().lines().map_while(Result::ok).find_map(|line| {
            let address = line.strip_prefix("watch")?;
            Some(address.trim().trim_end_matches('/').to_owned())
        });
        Self { server, _said: said, _folder: folder, url: url.expect("the server says where its pages are") }
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.server.0.id()
    }

    /// Publishes a city from a process of its own and waits until it is live.
    pub fn publish(&self, city: &str, size: &str, kilobits: u32) -> City {
        let process = regia()
            .args(["publish", &self.whip(city), "--size", size, "--bitrate", &kilobits.to_string()])
            .args(["--listen", "127.0.0.1", "--end-with-parent", &std::process::id().to_string()])
            .env(BEARER_VARIABLE, key(city))
            .spawn()
            .expect("a publisher can be started");
        let process = Ended(process);
        self.until(city, "live");
        City { _process: process }
    }

    /// Where a city publishes.
    pub fn whip(&self, city: &str) -> String {
        format!("{}/whip/{city}", self.url)
    }

    /// Waits until the show says so of a city.
    pub fn until(&self, city: &str, state: &str) {
        let line = format!("regia_city_state{{city=\"{city}\",state=\"{state}\"}} 1");
        let deadline = Instant::now() + PATIENCE;
        while !ask("GET", &format!("{}/metrics", self.url), &[], b"").body().contains(&line) {
            assert!(Instant::now() < deadline, "{city} is not {state} in time");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Cuts program to a city.
    pub fn cut_to(&self, city: &str) {
        expect(200, &self.command(&json!({"type": "cut_to", "source": format!("city:{city}")})));
    }

    /// Asks the show as the machine that directs.
    pub fn command(&self, command: &Value) -> Answer {
        let key = format!("Bearer {OPERATOR}");
        let headers = [("Content-Type", "application/json"), ("Authorization", &*key)];
        let body = json!({"command": command}).to_string();
        ask("POST", &format!("{}/api/v1/commands", self.url), &headers, body.as_bytes())
    }

    /// Adds a co-host; the key of their call's link.
    pub fn invite(&self, id: &str) -> String {
        expect(200, &self.command(&json!({"type": "add_cohost", "id": id, "name": id})));
        let key = format!("Bearer {OPERATOR}");
        let headers = [("Authorization", &*key)];
        let made = ask("POST", &format!("{}/api/v1/cohosts/{id}/links", self.url), &headers, b"");
        expect(201, &made);
        made.json()["token"].as_str().expect("a link has a token").to_owned()
    }

    /// Puts a co-host on air as soon as they are there.
    pub fn put_on_air(&self, id: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.command(&json!({"type": "put_on_air", "cohost": id})).status() != 200 {
            assert!(Instant::now() < deadline, "{id} is not there in time");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Listens to a call with its key, and sees program with it, as the page of a co-host does.
    pub fn listen(&self, id: &str, key: &str, pool: &Pool, keep: Keep) -> Viewer {
        let (invitation, offer) = viewer::offer(Wants::Both);
        let key = format!("Bearer {key}");
        let headers = [("Content-Type", "application/sdp"), ("Authorization", &*key)];
        let answer = ask("POST", &format!("{}/whep/call-{id}", self.url), &headers, offer.as_bytes());
        expect(201, &answer);
        invitation.accept(answer.body(), pool, keep)
    }

    /// Joins a channel; also tells the session's address.
    pub fn watch(&self, channel: &str, pool: &Pool) -> (Viewer, String) {
        let (invitation, offer) = viewer::offer(Wants::Both);
        let headers = [("Content-Type", "application/sdp")];
        let answer = ask("POST", &format!("{}/whep/{channel}", self.url), &headers, offer.as_bytes());
        expect(201, &answer);
        let session = format!("{}{}", self.url, answer.header("location"));
        (invitation.accept(answer.body(), pool, Keep::Packets(16_384)), session)
    }

    /// Moves a viewer to another channel.
    pub fn select(&self, session: &str, channel: &str) {
        let body = json!({"channel": channel}).to_string();
        expect(204, &ask("PATCH", session, &[("Content-Type", "application/json")], body.as_bytes()));
    }

    /// Ends a viewer's session.
    pub fn leave(&self, session: &str) {
        expect(200, &ask("DELETE", session, &[], b""));
    }
}

/// A city's key.
pub fn key(city: &str) -> String {
    format!("key-of-{city}-in-the-bench")
}

fn regia() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regia"));
    command.env("RUST_LOG", "error").stdin(Stdio::null());
    command
}

fn expect(status: u16, answer: &Answer) {
    assert_eq!(answer.status(), status, "{}", answer.body());
}
