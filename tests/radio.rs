//! The radio by HTTP: what is fed to it is heard by ffmpeg in every format, by many from one encoder, with titles; who is too
//! slow is dropped, and nobody else notices.

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use regia::radio::{Config, Format};
use regia::store::Store;
use support::radio::{self, Heard, Studio, ffmpeg, until};
use support::server::Server;
use tokio::task::block_in_place;

/// No read waits longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A player that keeps what it hears. It speaks HTTP/1.0, so the body is the sound and nothing else.
struct Player {
    stream: TcpStream,
    head: String,
    body: Vec<u8>,
}

impl Player {
    fn ask(server: &Server, path: &str, headers: &str) -> Self {
        let address = server.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n").unwrap();
        let mut player = Self { stream, head: String::new(), body: Vec::new() };
        block_in_place(|| {
            let end = loop {
                if let Some(end) = player.body.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                    break end + 4;
                }
                assert!(player.read() > 0, "there is an answer");
            };
            player.head = String::from_utf8(player.body.drain(..end).collect()).unwrap().to_ascii_lowercase();
        });
        player
    }

    /// Joins; it is let in.
    fn join(server: &Server, format: Format) -> Self {
        let player = Self::ask(server, format.path(), "");
        assert!(player.head.starts_with("http/1.0 200"), "{}", player.head);
        player
    }

    /// One read; how much came.
    fn read(&mut self) -> usize {
        let mut some = [0; 16 * 1024];
        let length = self.stream.read(&mut some).expect("it goes on or ends");
        self.body.extend_from_slice(&some[..length]);
        length
    }

    /// Hears until it has so many bytes.
    fn hear(&mut self, bytes: usize) {
        block_in_place(|| {
            while self.body.len() < bytes {
                assert!(self.read() > 0, "it goes on");
            }
        });
    }
}

async fn server(config: Config) -> Server {
    Server::start_with(Store::in_memory().unwrap(), None, config).await
}

/// The listeners of a format now.
fn listeners(server: &Server, format: Format) -> usize {
    server.radio.stats().formats.iter().find(|of| of.format == format).unwrap().listeners
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_format_is_heard_by_ffmpeg_from_the_start_and_from_the_middle() {
    let server = server(Config::default()).await;
    let _studio = Studio::start(server.radio.input(), 1);
    until("somebody feeds it", || server.radio.listen(Format::Mp3, Default::default()).is_ok());
    for format in Format::ALL {
        let url = format!("{}{}", server.url, format.path());
        // The first one starts the encoder and stays, so that the second joins in the middle.
        let mut first = Player::join(&server, format);
        let begun = Instant::now();
        ffmpeg(&url, 2.5).assert_tones(2.2);
        // Two seconds are there at once; the rest is as long as it is.
        assert!(begun.elapsed() < Duration::from_secs(8), "{format:?}: {:?}", begun.elapsed());
        assert_eq!(listeners(&server, format), 1, "ffmpeg has gone");
        let bytes = usize::try_from(server.radio.kbps(format)).unwrap() * 1000 / 8 * 3;
        first.hear(bytes);
        let whole = radio::decode(&first.body, format);
        whole.assert_tones(2.5);
    }
    let stats = server.radio.stats();
    assert!(stats.formats.iter().all(|of| of.restarts == 0 && of.dropped == 0 && of.encoding), "{stats:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn players_are_told_what_it_is_and_asking_for_headers_starts_nothing() {
    let mut config = Config::default();
    config.identity.name = "Una sera".into();
    config.identity.genre = "Talk".into();
    let server = server(config).await;
    for format in Format::ALL {
        let answer = server.ask("HEAD", format.path(), &[("Icy-MetaData", "1")], b"");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.header("Content-Type"), format.media_type());
        assert_eq!(answer.header("Cache-Control"), "no-store");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), "*");
        assert_eq!(answer.header("icy-name"), "Una sera");
        assert_eq!(answer.header("icy-genre"), "Talk");
        assert_eq!(answer.header("icy-br"), server.radio.kbps(format).to_string());
        assert_eq!(answer.header("icy-pub"), "0");
        assert_eq!(answer.header("icy-metaint"), if format == Format::Opus { "" } else { "16000" });
        let preflight = server.ask("OPTIONS", format.path(), &[], b"");
        assert_eq!(preflight.status(), 200);
        assert!(preflight.header("Access-Control-Allow-Headers").contains("Icy-MetaData"));
        // Nobody feeds it: that is said, and is no silence without an end.
        let answer = server.ask("GET", format.path(), &[], b"");
        assert_eq!((answer.status(), &answer.json()["code"]), (503, &"no-sound".into()));
        assert_eq!(server.ask("GET", &format!("{}?kode=1", format.path()), &[], b"").status(), 400);
    }
    assert!(server.radio.stats().formats.iter().all(|of| !of.encoding && of.listeners == 0));
    let metrics = server.ask("GET", "/metrics", &[], b"");
    assert!(metrics.body().contains("regia_radio_listeners{format=\"opus\"} 0"), "{}", metrics.body());
    server.stop().await;
}

/// Sound and titles of a stream with titles, as a player takes it apart.
fn apart(stream: &[u8], interval: usize) -> (Vec<u8>, Vec<String>) {
    let (mut sound, mut titles, mut rest) = (Vec::new(), Vec::new(), stream);
    while rest.len() > interval {
        sound.extend_from_slice(&rest[..interval]);
        let end = interval + 1 + usize::from(rest[interval]) * 16;
        if end > rest.len() {
            break;
        }
        let text = String::from_utf8(rest[interval + 1..end].to_vec()).unwrap();
        if !text.is_empty() {
            titles.push(text.trim_end_matches('\0').to_owned());
        }
        rest = &rest[end..];
    }
    (sound, titles)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn titles_come_among_the_bytes_for_who_asks_and_in_the_header_of_ogg() {
    let server = server(Config::default()).await;
    let _studio = Studio::start(server.radio.input(), 1);
    until("somebody feeds it", || server.radio.listen(Format::Mp3, Default::default()).is_ok());
    server.radio.set_title("Anna, L'Aquila\n");
    for format in [Format::Mp3, Format::Aac] {
        let mut player = Player::ask(&server, format.path(), "Icy-MetaData: 1\r\n");
        assert!(player.head.contains("icy-metaint: 16000"), "{}", player.head);
        player.hear(20_000);
        server.radio.set_title("Roma");
        let begun = Instant::now();
        let titles = loop {
            assert!(begun.elapsed() < PATIENCE, "the second title is heard");
            player.hear(player.body.len() + 8000);
            let (sound, titles) = apart(&player.body, 16_000);
            if titles.len() > 1 {
                radio::decode(&sound, format).assert_tones(1.5);
                break titles;
            }
        };
        assert_eq!(titles, ["StreamTitle='Anna, L\u{2019}Aquila';", "StreamTitle='Roma';"]);
        server.radio.set_title("Anna, L'Aquila");
    }
    let mut player = Player::join(&server, Format::Opus);
    player.hear(1000);
    assert!(String::from_utf8_lossy(&player.body).contains("TITLE=Anna, L'Aquila"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_radio_with_an_access_code_is_for_those_who_know_it() {
    let server = server(Config::default()).await;
    let _studio = Studio::start(server.radio.input(), 1);
    until("somebody feeds it", || server.radio.listen(Format::Mp3, Default::default()).is_ok());
    server.store.people().set_code(&"radio".parse().unwrap(), Some("piazza grande")).await.unwrap();
    for format in Format::ALL {
        let refused = |path: &str, headers: &[(&str, &str)]| {
            let answer = server.ask("GET", path, headers, b"");
            (answer.status(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
        };
        let path = format.path();
        assert_eq!(refused(path, &[]), (401, "code-needed".into()));
        assert_eq!(refused(&format!("{path}?code=piazza"), &[]), (401, "wrong-code".into()));
        assert_eq!(refused(path, &[("Authorization", "Bearer piazza")]), (401, "wrong-code".into()));
        let head = server.ask("HEAD", path, &[], b"");
        assert_eq!(head.status(), 401, "who may not hear it is not told what it is");
        ffmpeg(&format!("{}{path}?code=piazza%20grande", server.url), 1.5).assert_tones(1.2);
        let mut player = Player::ask(&server, path, "Authorization: Bearer piazza grande\r\n");
        assert!(player.head.starts_with("http/1.0 200"), "{}", player.head);
        player.hear(10_000);
    }
    server.store.people().set_code(&"radio".parse().unwrap(), None).await.unwrap();
    Player::join(&server, Format::Mp3).hear(10_000);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_listen_to_one_encoder_and_one_more_than_may_is_told_so() {
    let server = server(Config { max_listeners: 50, ..Config::default() }).await;
    let _studio = Studio::start(server.radio.input(), 1);
    until("somebody feeds it", || server.radio.listen(Format::Mp3, Default::default()).is_ok());
    let mut players: Vec<_> = (0..50).map(|_| Player::join(&server, Format::Mp3)).collect();
    assert_eq!(listeners(&server, Format::Mp3), 50);
    let answer = server.ask("GET", "/radio.aac", &[], b"");
    assert_eq!((answer.status(), &answer.json()["code"]), (503, &"full".into()));
    players.iter_mut().for_each(|player| player.hear(60_000));
    // The same bytes for all, so one encoder made them.
    let page = players[0].body[40_000..42_000].to_vec();
    for player in &players {
        assert!(player.body.windows(page.len()).any(|bytes| bytes == page), "everybody hears the same");
    }
    let last = players.pop().unwrap();
    radio::decode(&last.body, Format::Mp3).assert_tones(3.0);
    drop((last, players));
    until("all have gone", || listeners(&server, Format::Mp3) == 0);
    until("the encoder rests", || server.radio.stats().formats.iter().all(|of| !of.encoding));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_too_slow_is_dropped_and_others_miss_nothing() {
    let server = server(Config { kbps: [96, 128, 320], ..Config::default() }).await;
    // An evening in fast motion: the system's own buffers take some megabytes before anybody is seen to be slow.
    let _studio = Studio::start(server.radio.input(), 12);
    until("somebody feeds it", || server.radio.listen(Format::Mp3, Default::default()).is_ok());
    let mut slow = Player::join(&server, Format::Mp3);
    let mut quick = Player::join(&server, Format::Mp3);
    let begun = Instant::now();
    let dropped = |server: &Server| server.radio.stats().formats[2].dropped;
    while dropped(&server) == 0 {
        assert!(begun.elapsed() < 3 * PATIENCE, "the slow one is dropped");
        quick.hear(quick.body.len() + 16_000);
    }
    let before = quick.body.len();
    quick.hear(before + 400_000);
    assert_eq!((listeners(&server, Format::Mp3), dropped(&server)), (1, 1));
    // What was on its way still comes, and then the connection is closed.
    block_in_place(|| while matches!(slow.stream.read(&mut [0; 65_536]), Ok(1..)) {});
    let tail = quick.body.split_off(before);
    radio::decode(&tail, Format::Mp3).assert_tones(5.0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_closes_ends_its_listeners() {
    let server = server(Config::default()).await;
    let studio = Studio::start(server.radio.input(), 1);
    until("somebody feeds it", || server.radio.listen(Format::Mp3, Default::default()).is_ok());
    let mut player = Player::join(&server, Format::Aac);
    player.hear(10_000);
    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "nobody was waited for: {:?}", begun.elapsed());
    block_in_place(|| while player.read() > 0 {});
    drop(studio);
}

#[test]
fn the_test_hears_what_is_wrong() {
    let tone = |n: usize| {
        let turn = std::f32::consts::TAU * n as f32 / 48_000.0;
        [0.5 * (turn * 1000.0).sin(), 0.5 * (turn * 500.0).sin()]
    };
    let whole: Vec<[f32; 2]> = (0..96_000).map(tone).collect();
    assert_eq!(Heard(whole.clone()).flaw(1.5), None);
    let mut gap = whole.clone();
    gap.drain(48_000..48_020);
    assert!(Heard(gap).flaw(1.5).is_some(), "twenty samples are missing");
    let mut silence = whole.clone();
    silence[48_000..50_000].fill([0.0; 2]);
    assert!(Heard(silence).flaw(1.5).is_some(), "forty milliseconds are silent");
    let swapped = whole.iter().map(|[left, right]| [*right, *left]).collect();
    assert!(Heard(swapped).flaw(1.5).is_some(), "left is right");
    assert!(Heard(whole[..48_000].to_vec()).flaw(1.5).is_some(), "it is too short");
}
