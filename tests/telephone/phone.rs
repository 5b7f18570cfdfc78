//! A telephone of others: Debian's baresip, with a tone for its microphone and its loudspeaker in a file.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::house::{PATIENCE, is_tone};

/// How long it may take to listen; it takes a tenth of a second.
const LISTENS: Duration = Duration::from_secs(10);

/// The tone that it says, in Hz.
pub const TONE: f32 = 1000.0;

pub struct Phone {
    process: Child,
    folder: TempDir,
    control: TcpStream,
    events: mpsc::Receiver<Value>,
    pub address: SocketAddr,
}

impl Phone {
    /// Starts one that knows these codecs, as baresip writes them: `PCMA/8000/1`.
    pub fn start(codecs: &str) -> Self {
        Self::start_known(codecs, |address| format!("\"Anna\" <sip:+390105551242@{address}>"))
    }

    /// One that says it is somebody else.
    #[allow(dead_code, reason = "of the two programs that have this module one needs it")]
    pub fn start_as(codecs: &str, account: &str) -> Self {
        Self::start_known(codecs, |_| account.to_owned())
    }

    fn start_known(codecs: &str, account: impl Fn(SocketAddr) -> String) -> Self {
        // Ports that were free a moment ago may be somebody's by now: then others are.
        (0..4).find_map(|_| Self::try_start(codecs, &account)).expect("baresip listens")
    }

    /// Nothing if it does not listen where it should.
    fn try_start(codecs: &str, account: impl Fn(SocketAddr) -> String) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        // It sends its sound from whatever address the system likes: on loopback that is this one. The ports were free just now.
        let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let steering = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let path = folder.path().display();
        let config = format!(
            "sip_listen {address}\nnet_interface 127.0.0.1\ncall_max_calls 4\naudio_player aubridge,nobody\n\
             audio_source ausine,{TONE:.0}\naudio_alert aubridge,nobody\nausrc_srate 48000\nausrc_channels 2\n\
             auplay_srate 48000\nauplay_channels 1\nausrc_format s16\nauplay_format s16\nauenc_format s16\naudec_format s16\n\
             audio_buffer 20-160\nrtp_ports 10000-29999\njitter_buffer_delay 1-5\nmodule_path /usr/lib/baresip/modules\n\
             module g711.so\nmodule opus.so\nmodule ausine.so\nmodule aubridge.so\nmodule sndfile.so\nmodule_tmp uuid.so\n\
             module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen {steering}\n\
             snd_path {path}\n"
        );
        std::fs::write(folder.path().join("config"), config).unwrap();
        let account = format!("{};regint=0;audio_codecs={codecs};answermode=auto\n", account(address));
        std::fs::write(folder.path().join("accounts"), account).unwrap();
        std::fs::write(folder.path().join("contacts"), "").unwrap();
        let mut process = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(folder.path().join("said")).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .expect("baresip is installed: `make test-deps`");
        let deadline = Instant::now() + LISTENS;
        let control = loop {
            if let Ok(control) = TcpStream::connect(steering) {
                break control;
            }
            if Instant::now() >= deadline || process.try_wait().unwrap().is_some() {
                let _ = process.kill();
                process.wait().unwrap();
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let (events_tx, events) = mpsc::channel();
        let reader = control.try_clone().unwrap();
        std::thread::spawn(move || read_events(reader, &events_tx));
        Some(Self { process, folder, control, events, address })
    }

    /// Gives it a command of its menu.
    pub fn command(&mut self, command: &str, parameters: &str) {
        let text = serde_json::json!({ "command": command, "params": parameters }).to_string();
        write!(self.control, "{}:{text},", text.len()).unwrap();
    }

    /// Waits until it tells an event, such as `CALL_ESTABLISHED`.
    pub fn until(&self, event: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let told = self.events.recv_timeout(left).unwrap_or_else(|_| panic!("{event} in time: {}", self.said()));
            if told["type"] == event {
                return;
            }
        }
    }

    /// Everything that it wrote.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }

    /// Whether its loudspeaker gave a half second of this tone at some time. Ask when the call is over.
    pub fn heard(&self, hertz: f32) -> bool {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let decoded = |path: &PathBuf| path.to_string_lossy().ends_with("dec.wav");
        files.filter(decoded).any(|path| {
            let bytes = std::fs::read(&path).unwrap();
            let (channels, rate) = (bytes[22], u32::from_le_bytes(bytes[24..28].try_into().unwrap()));
            let samples: Vec<f32> = bytes[44..]
                .chunks_exact(2 * usize::from(channels))
                .map(|frame| f32::from(i16::from_le_bytes([frame[0], frame[1]])) / 32_768.0)
                .collect();
            let half_second = rate as usize / 2;
            samples.windows(half_second).step_by(half_second / 5).any(|part| is_tone(part, rate as f32, hertz))
        })
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads netstrings of JSON: `LENGTH:TEXT,`.
fn read_events(control: TcpStream, events: &mpsc::Sender<Value>) {
    let mut control = BufReader::new(control);
    loop {
        let mut length = String::new();
        let mut byte = [0];
        while control.read_exact(&mut byte).is_ok() && byte[0] != b':' {
            length.push(char::from(byte[0]));
        }
        let Ok(length) = length.parse::<usize>() else { return };
        let mut text = vec![0; length + 1];
        if control.read_exact(&mut text).is_err() {
            return;
        }
        if let Ok(event) = serde_json::from_slice(&text[..length])
            && events.send(event).is_err()
        {
            return;
        }
    }
}
