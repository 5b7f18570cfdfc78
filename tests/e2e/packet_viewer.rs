//! A viewer below the decoder, for the browser tests: counts packets and frames of one channel by WHEP.
//!
//! `packet_viewer http://127.0.0.1:8080/whep/roma` answers each line on standard input with one line of JSON:
//! `{"packets", "missing", "frames", "brokenFrames"}`, of the picture and since the first one. It ends with its input.

use std::collections::BTreeMap;
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

/// What came of the picture, by sequence number: packets may overtake each other, and lost ones come again.
#[derive(Debug, Default)]
struct Frames {
    /// Whether each packet bears the marker of a frame's end.
    markers: BTreeMap<u64, bool>,
}

impl Frames {
    fn take(&mut self, packet: &Received) {
        if packet.kind == Kind::Video {
            self.markers.insert(packet.sequence, packet.marker);
        }
    }

    /// A gap is a missing packet, and the frame that ends after a gap is broken.
    fn report(&self, overflow: u64) -> String {
        let (mut missing, mut frames, mut broken) = (0, 0, 0);
        let mut last = None;
        let mut whole = true;
        for (sequence, marker) in &self.markers {
            let gap = last.map_or(0, |last: u64| sequence - last - 1);
            missing += gap;
            whole &= gap == 0;
            last = Some(*sequence);
            if *marker {
                frames += 1;
                broken += u64::from(!std::mem::replace(&mut whole, true));
            }
        }
        let (packets, missing) = (self.markers.len(), missing + overflow);
        format!(r#"{{"packets":{packets},"missing":{missing},"frames":{frames},"brokenFrames":{broken}}}"#)
    }
}
