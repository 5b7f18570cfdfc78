//! `regia admin` and `regia backup`, typed while a server has the store open.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regia::store::Store;

const SETTINGS: &str =
    "[operator]\nkey = \"operator-key\"\n[[city]]\nid = \"lecce\"\nname = \"Lecce\"\nkey = \"lecce-key\"\n";

/// What a command said, on both outputs.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn regia(folder: &Path, line: &str, input: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_regia"))
        .args(line.split(' '))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that does not ask does not read either.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn done(folder: &Path, line: &str, input: &str) -> String {
    let said = regia(folder, line, input);
    assert_eq!(said.code, Some(0), "{line}: {}{}", said.out, said.err);
    said.out
}

fn refused(folder: &Path, line: &str, input: &str, code: i32) -> String {
    let said = regia(folder, line, input);
    assert_eq!(said.code, Some(code), "{line}: {}{}", said.out, said.err);
    said.err
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("regia.toml"), SETTINGS).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_notices_whom_admin_adds_and_removes() {
    let folder = folder();
    let at = folder.path();
    let server = Store::open(&at.join("regia.db"), 0).unwrap();
    let people = server.people();

    let said = done(at, "admin add-operator Anna --roles director,sound", "correct horse\n");
    assert!(said.contains("'Anna' may sign in: director,sound"), "{said}");
    let (session, operator) = people.sign_in("Anna", "correct horse", 0).await.unwrap().expect("noticed at once");
    assert!(operator.roles.as_slice().contains(&regia::show::Role::Sound));

    let key = done(at, "admin add-api-key lamps --roles graphics --for Anna", "");
    let key = key.trim_end();
    assert_eq!(people.machine(key).await.expect("noticed at once").acts_for, Some("Anna".parse().unwrap()));
    assert!(!done(at, "admin list-api-keys", "").contains(key));
    assert!(done(at, "admin list-api-keys", "").contains("lamps  graphics  for Anna"));
    done(at, "admin revoke-api-key lamps", "");
    until("the key is noticed to be revoked", async || people.machine(key).await.is_none()).await;
    assert!(done(at, "admin list-api-keys", "").contains("revoked"));

    done(at, "admin set-password Anna", "battery staple\r\n");
    assert!(people.sign_in("Anna", "correct horse", 0).await.unwrap().is_none());
    assert!(people.session(session.reveal(), 0).is_none());
    let (session, _) = people.sign_in("Anna", "battery staple", 0).await.unwrap().expect("noticed at once");
    assert!(done(at, "admin list-operators --config regia.toml", "").contains("Anna  director,sound"));
    done(at, "admin remove-operator Anna", "");
    until("the session is noticed to be over", async || people.session(session.reveal(), 0).is_none()).await;
    assert_eq!(done(at, "admin list-operators", ""), "");
}

#[test]
fn what_admin_is_asked_wrongly_is_told() {
    let folder = folder();
    let at = folder.path();
    assert!(refused(at, "admin list-operators", "", 1).contains("there is no store"));
    assert!(!at.join("regia.db").exists(), "looking makes no store");
    let told = refused(at, "admin add-operator Anna", "short\n", 1);
    assert!(told.contains("10 to 128 characters, 5 arrived") && !told.contains("short"), "{told}");
    done(at, "admin add-operator Anna", "correct horse");
    assert!(refused(at, "admin add-operator Anna", "correct horse\n", 1).contains("already an operator 'Anna'"));
    assert!(refused(at, "admin set-password Bruno", "correct horse\n", 1).contains("no operator 'Bruno'"));
    assert!(refused(at, "admin add-api-key x --roles sound --for Bruno", "", 1).contains("no operator 'Bruno'"));
    assert!(refused(at, "admin revoke-api-key x", "", 1).contains("no API key 'x'"));
    let told = refused(at, "admin add-operator Carla --roles directress", "", 2);
    assert!(told.contains("director, sound, graphics, screener"), "{told}");
    let told = refused(at, "admin list-operators --config elsewhere.toml", "", 1);
    assert!(told.contains("there is no elsewhere.toml"), "{told}");
    std::fs::write(at.join("regia.db"), "no database".repeat(100)).unwrap();
    assert!(refused(at, "admin list-operators", "", 1).contains("no database"));
}

#[test]
fn a_backup_is_whole_and_overwrites_nothing() {
    let folder = folder();
    let at = folder.path();
    assert!(refused(at, "backup copy.db", "", 1).contains("there is no store"));
    done(at, "admin add-operator Anna", "correct horse\n");
    let said = done(at, "backup copy.db", "");
    assert!(said.contains("copy.db: 0 rows") && said.contains("integrity_check: ok"), "{said}");
    assert!(refused(at, "backup copy.db", "", 1).contains("copy.db exists already"));
    assert!(refused(at, "backup regia.db", "", 1).contains("exists already"));
    assert!(refused(at, "backup nowhere/copy.db", "", 1).contains("nowhere/copy.db"));
    let people = Store::open(&at.join("copy.db"), 0).unwrap().people().operators();
    assert_eq!(people.len(), 1);
}
