//! Watches program's channel: which frames are on it, and how long each took to draw.

use std::sync::Arc;
use std::time::{Duration, Instant};

use regia::media::picture::Engine;
use regia::rtp::{Packet, Reader};

use super::rig::Rig;

/// How much longer than it should last something is watched.
const PATIENCE: Duration = Duration::from_secs(5);

/// Encoders round the times of frames by less than this.
const ROUNDING: Duration = Duration::from_millis(1);

pub struct Watch<'r> {
    engine: &'r Engine,
    reader: Reader,
    packets: Vec<Arc<Packet>>,
    /// The instants of the frames on the channel.
    frames: Vec<Duration>,
    /// How long frames took to draw: one for each that came, most of them different ones.
    pub drawing: Vec<Duration>,
}

impl<'r> Watch<'r> {
    /// Of all that comes from now on.
    pub fn start(rig: &'r Rig) -> Self {
        let reader = rig.channel.reader();
        Self { engine: &rig.engine, reader, packets: Vec::new(), frames: Vec::new(), drawing: Vec::new() }
    }

    /// Watches for as long from now.
    pub fn go_on(&mut self, span: Duration) {
        let end = Instant::now() + span;
        while Instant::now() < end {
            self.look();
        }
    }

    /// Watches until the frame of this instant is on the channel. Where it does not come, it is missing.
    pub fn reach(&mut self, at: Duration, span: Duration) {
        let deadline = Instant::now() + span + PATIENCE;
        while self.frames.last().is_none_or(|newest| *newest + ROUNDING < at) && Instant::now() < deadline {
            self.look();
        }
    }

    /// How many frames are on the channel from one instant on to before another.
    pub fn count(&self, from: Duration, to: Duration) -> usize {
        let is_in = |at: Duration| from <= at + ROUNDING && at + ROUNDING < to;
        self.frames.iter().filter(|at| is_in(**at)).count()
    }

    fn look(&mut self) {
        let lost = self.reader.wait(Duration::from_millis(20), &mut self.packets);
        assert_eq!(lost, 0, "this thread read too slowly to count");
        let ends = self.packets.drain(..).filter(|packet| packet.marker);
        let before = self.frames.len();
        self.frames.extend(ends.map(|packet| packet.running_time));
        if self.frames.len() > before {
            self.drawing.push(self.engine.stats().render);
        }
    }
}
