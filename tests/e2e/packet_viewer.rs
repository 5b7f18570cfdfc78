//! A viewer below the decoder, for the browser tests: counts packets and frames of one channel by WHEP.
//!
//! `packet_viewer http://127.0.0.1:8080/whep/roma` answers each line on standard input with one line of JSON:
//! `{"packets", "missing", "frames", "brokenFrames"}`, of the picture and since the first one. It ends with its input.

use std::io::BufRead as _;
use std::time::Duration;

#[path = "../support/viewer.rs"]
mod viewer;

use viewer::{Keep, Kind, Pool, Received, Viewer, Wants};

/// Packets that may wait for the next line: half a minute of a generous picture.
const WAITING: usize = 32_768;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("the address of a WHEP channel is needed")?;
    let pool = Pool::start();
    let viewer = join(&url, &pool)?;
    let mut frames = Frames::default();
    for line in std::io::stdin().lock().lines() {
        line?;
        while let Some(packet) = viewer.next(Duration::ZERO) {
            frames.take(&packet);
        }
        println!("{}", frames.report(viewer.overflow()));
    }
    Ok(())
}

fn join(url: &str, pool: &Pool) -> Result<Viewer, Box<dyn std::error::Error>> {
    let (invitation, offer) = viewer::offer(Wants::Both);
    let mut answer = ureq::post(url).content_type("application/sdp").send(&offer)?;
    let answer = answer.body_mut().read_to_string()?;
    Ok(invitation.accept(&answer, pool, Keep::Packets(WAITING)))
}

/// What came, in order of sequence: a gap is a missing packet, and a frame with a gap in it is broken.
#[derive(Debug, Default)]
struct Frames {
    last: Option<u64>,
    packets: u64,
    missing: u64,
    frames: u64,
    broken: u64,
    this_is_broken: bool,
}

impl Frames {
    fn take(&mut self, packet: &Received) {
        if packet.kind != Kind::Video {
            return;
        }
        let gap = self.last.map_or(0, |last| packet.sequence.saturating_sub(last + 1));
        self.missing += gap;
        self.this_is_broken |= gap > 0;
        self.last = Some(packet.sequence);
        self.packets += 1;
        if packet.marker {
            self.frames += 1;
            self.broken += u64::from(std::mem::take(&mut self.this_is_broken));
        }
    }

    fn report(&self, overflow: u64) -> String {
        format!(
            r#"{{"packets":{},"missing":{},"frames":{},"brokenFrames":{}}}"#,
            self.packets,
            self.missing + overflow,
            self.frames,
            self.broken
        )
    }
}
