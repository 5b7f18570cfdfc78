//! A peer of others: Debian's sipp, which plays one scenario of this folder once.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::house::{PATIENCE, own_address};

pub struct Sipp {
    process: Child,
    folder: TempDir,
    pub address: SocketAddr,
}

impl Sipp {
    /// One that begins the scenario with a request to `house`.
    pub fn calls(scenario: &str, house: SocketAddr) -> Self {
        Self::start(scenario, Some(house))
    }

    /// One that waits for a request.
    pub fn waits(scenario: &str) -> Self {
        Self::start(scenario, None)
    }

    fn start(scenario: &str, house: Option<SocketAddr>) -> Self {
        let (folder, address) = (tempfile::tempdir().unwrap(), SocketAddr::new(own_address(), 5060));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/telephone").join(scenario);
        let (ip, patience) = (address.ip().to_string(), format!("{}", PATIENCE.as_secs()));
        let mut command = Command::new("sipp");
        command.args([
            "-sf",
            &format!("{}.xml", path.display()),
            "-i",
            &ip,
            "-mi",
            &ip,
            "-p",
            "5060",
            "-m",
            "1",
            "-nostdin",
        ]);
        command.args(["-timeout", &patience, "-timeout_error", "-trace_err", "-error_file", "errors"]);
        command.args(house.map(|house| house.to_string()));
        let process = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sipp is installed: `make test-deps`");
        Self { process, folder, address }
    }

    /// Waits for the scenario's end, and that everything in it came as it should.
    pub async fn succeeds(mut self) {
        let end = async {
            loop {
                match self.process.try_wait().unwrap() {
                    Some(status) => break status,
                    None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                }
            }
        };
        let status = tokio::time::timeout(PATIENCE * 2, end).await.expect("sipp ends in time");
        let errors = std::fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
        assert!(status.success(), "{status}: {errors}");
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        // It has ended, or ends now.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
