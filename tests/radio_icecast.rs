//! The radio on a real Icecast server: it is heard there, titles arrive, and it comes back when the server does. Servers that
//! refuse, hang or close hold up nobody.

mod support;

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use regia::gst::EventClock;
use regia::radio::icecast::{Mount, Server, State, Target};
use regia::radio::{Config, Format, Hub, Identity};
use serde_json::Value;
use support::client::try_ask;
use support::radio::{Studio, ffmpeg, until};

const PASSWORD: &str = "hackme-please";

/// Debian's icecast2 on a free port of loopback.
struct Icecast {
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
}

impl Icecast {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Free at this moment, which is the best that can be had of a port that must stay the same.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        Self { folder, port, process: None }
    }

    fn config(&self) -> PathBuf {
        let folder = self.folder.path().display();
        // It does not run as root, so it gives its rights away. The folder is open to whoever it is then.
        let owner = match rustix::process::geteuid().is_root() {
            true => "<changeowner><user>nobody</user><group>nogroup</group></changeowner>",
            false => "",
        };
        std::fs::set_permissions(self.folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let text = format!(
            "<icecast><hostname>localhost</hostname><location>here</location><admin>nobody@localhost</admin>
             <limits><clients>20</clients><sources>4</sources><source-timeout>10</source-timeout></limits>
             <authentication><source-password>{PASSWORD}</source-password><relay-password>none</relay-password>
             <admin-user>admin</admin-user><admin-password>none-either</admin-password></authentication>
             <listen-socket><port>{}</port><bind-address>127.0.0.1</bind-address></listen-socket>
             <paths><basedir>{folder}</basedir><logdir>{folder}</logdir><webroot>/usr/share/icecast2/web</webroot>
             <adminroot>/usr/share/icecast2/admin</adminroot></paths>
             <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></logging>
             <security><chroot>0</chroot>{owner}</security></icecast>",
            self.port
        );
        let path = self.folder.path().join("icecast.xml");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn start(&mut self) {
        let mut command = Command::new("icecast2");
        command.arg("-c").arg(self.config()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(command.spawn().expect("icecast2 is installed: make test-deps"));
        until("Icecast answers", || try_ask("GET", &self.url("/status-json.xsl"), &[], b"").is_some());
    }

    fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What it says of a mount.
    fn source(&self, mount: &str) -> Option<Value> {
        let status = try_ask("GET", &self.url("/status-json.xsl"), &[], b"")?.json();
        let source = &status["icestats"]["source"];
        let all = source.as_array().cloned().unwrap_or_else(|| vec![source.clone()]);
        all.into_iter().find(|source| source["listenurl"].as_str().is_some_and(|url| url.ends_with(mount)))
    }
}

impl Drop for Icecast {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // One that has ended by itself is what is wanted.
            let _ = process.kill();
            let _ = process.wait();
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default();
            println!("--- Icecast's log\n{log}");
        }
    }
}

fn target(port: u16, format: Format, password: &str) -> Target {
    target_at(&format!("http://127.0.0.1:{port}"), format, password)
}

fn target_at(server: &str, format: Format, password: &str) -> Target {
    Target {
        server: Server::try_from(server.to_owned()).unwrap(),
        mount: Mount::try_from(format!("/regia.{}", format.as_str())).unwrap(),
        user: "source".into(),
        password: password.into(),
        format,
        identity: Identity {
            name: "Una sera".into(),
            genre: "Talk".into(),
            description: "Cinque città".into(),
            public: false,
        },
    }
}

fn start(targets: Vec<Target>) -> Hub {
    gstreamer::init().unwrap();
    Hub::start(Config { icecast: targets, ..Config::default() }, EventClock::start()).unwrap()
}

fn states(hub: &Hub) -> Vec<State> {
    hub.stats().icecast.into_iter().map(|(_, state)| state).collect()
}

fn are_live(hub: &Hub) -> bool {
    states(hub).iter().all(|state| *state == State::Live)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listeners_of_an_icecast_server_hear_the_radio_and_hear_it_again_when_the_server_comes_back() {
    let mut icecast = Icecast::new();
    icecast.start();
    let hub = start(Format::ALL.map(|format| target(icecast.port, format, PASSWORD)).into());
    let _studio = Studio::start(hub.input(), 1);
    hub.set_title("Anna da L'Aquila");
    until("it is live", || are_live(&hub));
    for format in Format::ALL {
        let mount = format!("/regia.{}", format.as_str());
        until("the mount is there", || icecast.source(&mount).is_some());
        ffmpeg(&icecast.url(&mount), 2.0).assert_tones(1.7);
        let source = icecast.source(&mount).unwrap();
        assert_eq!(source["server_name"], "Una sera", "{source}");
        assert_eq!(source["genre"], "Talk", "{source}");
    }
    let title = |mount: &str| icecast.source(mount).map(|source| source["title"].clone()).unwrap_or_default();
    for mount in ["/regia.mp3", "/regia.aac"] {
        until("the title arrives", || title(mount) == "Anna da L'Aquila");
    }
    hub.set_title("Roma è in onda");
    until("the next title arrives", || title("/regia.mp3") == "Roma è in onda");

    icecast.kill();
    until("the loss is seen", || states(&hub).iter().all(|state| matches!(state, State::Retrying { .. })));
    icecast.start();
    until("it is live again", || are_live(&hub));
    until("the mount is there again", || icecast.source("/regia.mp3").is_some());
    ffmpeg(&icecast.url("/regia.mp3"), 2.0).assert_tones(1.7);
    let title = |mount: &str| icecast.source(mount).map(|source| source["title"].clone()).unwrap_or_default();
    until("the title is told again", || title("/regia.mp3") == "Roma è in onda");
    assert!(hub.stats().formats.iter().all(|of| of.restarts == 0 && of.dropped == 0), "{:?}", hub.stats());
    hub.stop().await;
}

/// Where the system's certificates are looked for. The test that needs others runs itself anew with them.
const VOUCHERS: &str = "SSL_CERT_FILE";

/// A key, and a certificate for 127.0.0.1 that vouches for itself.
fn certificate(folder: &Path) -> native_tls::Identity {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    native_tls::Identity::from_pkcs8(&read("certificate.pem"), &read("key.pem")).unwrap()
}

/// What stands before many an Icecast server: it speaks TLS on the port that it tells, and hands on what it hears to this one.
async fn tls_before(port: u16, identity: native_tls::Identity) -> u16 {
    let acceptor = tokio_native_tls::TlsAcceptor::from(native_tls::TlsAcceptor::new(identity).unwrap());
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Who does not trust the certificate goes again.
                let Ok(mut outer) = acceptor.accept(stream).await else { return };
                let mut inner = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
                // Either end may close when it likes.
                let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    own
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_behind_tls_gets_the_radio_only_if_somebody_vouches_for_it() {
    if std::env::var_os(VOUCHERS).is_some_and(|file| Path::new(&file).ends_with("certificate.pem")) {
        return heard_behind_tls().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    plain.set_nonblocking(true).unwrap();
    let port = tls_before(plain.local_addr().unwrap().port(), certificate(folder.path())).await;
    let hub = start(vec![target_at(&format!("https://127.0.0.1:{port}"), Format::Mp3, PASSWORD)]);
    until(
        "nobody vouches for it",
        || matches!(&states(&hub)[..], [State::Retrying { why, .. }] if why.contains("there is no TLS with it")),
    );
    assert!(plain.accept().is_err(), "nothing was said to it, no password either");
    hub.stop().await;
    let name = "a_server_behind_tls_gets_the_radio_only_if_somebody_vouches_for_it";
    let program = std::env::current_exe().unwrap();
    let output = tokio::task::block_in_place(|| {
        let mut again = Command::new(program);
        again.args(["--exact", name, "--nocapture"]).env(VOUCHERS, folder.path().join("certificate.pem"));
        again.output().unwrap()
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The same where the certificate is among those that the system trusts.
async fn heard_behind_tls() {
    let folder = PathBuf::from(std::env::var_os(VOUCHERS).unwrap()).parent().unwrap().to_owned();
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let identity = native_tls::Identity::from_pkcs8(&read("certificate.pem"), &read("key.pem")).unwrap();
    let mut icecast = Icecast::new();
    icecast.start();
    let port = tls_before(icecast.port, identity).await;
    let hub = start(vec![target_at(&format!("https://127.0.0.1:{port}"), Format::Mp3, PASSWORD)]);
    let _studio = Studio::start(hub.input(), 1);
    hub.set_title("Roma è in onda");
    until("it is live", || are_live(&hub));
    until("the mount is there", || icecast.source("/regia.mp3").is_some());
    ffmpeg(&icecast.url("/regia.mp3"), 2.0).assert_tones(1.7);
    let title = || icecast.source("/regia.mp3").map(|source| source["title"].clone()).unwrap_or_default();
    until("the title arrives", || title() == "Roma è in onda");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_a_refusal_and_not_a_reason_to_go_on_trying() {
    let mut icecast = Icecast::new();
    icecast.start();
    let hub = start(vec![target(icecast.port, Format::Mp3, "not-this-one")]);
    until("it is refused", || matches!(&states(&hub)[..], [State::Refused { why }] if why.contains("401")));
    assert!(hub.stats().formats.iter().all(|of| !of.encoding), "nothing is encoded for who does not take it");
    let told = format!("{:?}", hub.stats());
    assert!(!told.contains("not-this-one"), "{told}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_hang_or_close_hold_up_no_listener() {
    let hanging = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let closing = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let targets = vec![target(port(&hanging), Format::Mp3, PASSWORD), target(port(&closing), Format::Aac, PASSWORD)];
    let hub = start(targets);
    let _studio = Studio::start(hub.input(), 1);
    // One hears the question and says nothing; the other one hangs up, time after time.
    let (mut held, _) = hanging.accept().unwrap();
    let mut said = vec![0; 4096];
    let length = held.read(&mut said).unwrap();
    assert!(String::from_utf8_lossy(&said[..length]).starts_with("PUT /regia.mp3 HTTP/1.1\r\n"));
    let closer = std::thread::spawn(move || {
        for _ in 0..3 {
            let (mut stream, _) = closing.accept().unwrap();
            // All of the question, so that the end is not a reset.
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    until("somebody feeds it", || hub.listen(Format::Mp3, Default::default()).is_ok());
    let mut listener = hub.listen(Format::Mp3, Default::default()).unwrap();
    for _ in 0..30 {
        let page = tokio::time::timeout(Duration::from_secs(10), listener.next()).await;
        assert!(page.expect("sound comes in time").is_some());
    }
    until(
        "it is tried again and again",
        || matches!(&states(&hub)[..], [_, State::Retrying { attempt: 3.., why }] if why.contains("closed")),
    );
    closer.join().unwrap();
    // The one that says nothing is given up after its ten seconds.
    until("the one that hangs is left", || matches!(&states(&hub)[..], [State::Retrying { .. }, _]));
    hub.stop().await;
}
