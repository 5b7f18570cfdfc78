//! The desk's thread: one block every 10 ms, from the board to program's encoder and all other ways out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::board::Board;
use super::encoder::Encoder;
use super::loops::Ears;
use super::mailbox::{Change, Mail, Mailbox, Plug};
use super::meters::Meters;
use super::outlets::Outlets;
use super::tone::Tone;
use super::{TONE, at};
use crate::audio::{BLOCK, BLOCK_LENGTH, Input, instant};
use crate::gst::EventClock;
use crate::show::{Mix, StripId};

/// Lateness up to which the thread catches up block by block. Beyond it the machine has slept, and so has everybody.
const MAX_LATE: Duration = Duration::from_secs(1);

/// Blocks from one reading of the meters to the next: 20 readings a second.
const METER_BLOCKS: u64 = 5;

/// Blocks from one look at what strips dropped to the next: a line in the log every ten seconds at most.
const TALLY_BLOCKS: u64 = 1000;

/// The thread's own.
pub(super) struct Driver {
    pub(super) board: Board,
    pub(super) tone: Tone,
    pub(super) encoder: Encoder,
    pub(super) outlets: Arc<Outlets>,
    pub(super) ears: Ears,
    pub(super) clock: EventClock,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) meters: watch::Sender<Arc<Meters>>,
    /// Who is plugged where, and what of each source's sound had come too late at the last look, in frames.
    pub(super) late: Vec<Late>,
}

/// What came too late of a source.
pub(super) struct Late {
    place: usize,
    source: StripId,
    input: Input,
    frames: u64,
}

/// Whether the thread goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Block,
    Stop,
}

impl Driver {
    pub(super) fn run(mut self) {
        let mut block = block_after(self.clock.now());
        while self.wait(block) == Next::Block {
            if let Some(now) = jump(block, self.clock.now()) {
                let lost_ms = (at(now) - at(block)).as_millis();
                tracing::warn!(lost_ms, "the desk was held up: its sound jumps to now");
                block = now;
                self.encoder.restart(at(block));
                self.outlets.restart(at(block));
                self.ears.restart();
            }
            self.mix(block);
            if block.is_multiple_of(METER_BLOCKS) {
                self.read_meters(block);
            }
            if block.is_multiple_of(TALLY_BLOCKS) {
                self.report_late_sound();
            }
            block += 1;
        }
    }

    fn mix(&mut self, block: u64) {
        self.tone.sound(self.board.heard_until(TONE));
        self.tone.write(block * BLOCK as u64);
        self.board.mix(block * BLOCK as u64);
        self.encoder.push(at(block), self.board.block(&Mix::Program));
        self.outlets.push(at(block), |mix| self.board.block(mix));
        self.ears.hear(&self.board);
    }

    /// Waits until a block is due, with an ear for mail. A block that is late is due at once, none is left out.
    fn wait(&mut self, block: u64) -> Next {
        loop {
            let left = at(block).saturating_sub(self.clock.now());
            match self.mailbox.wait(left) {
                Some(mail) if mail.stops => return Next::Stop,
                Some(mail) => self.obey(mail),
                None if left.is_zero() => return Next::Block,
                None => {}
            }
        }
    }

    fn obey(&mut self, mail: Mail) {
        for (place, plug) in mail.plugs {
            let index = crate::audio::StripIndex(place);
            self.late.retain(|late| late.place != place);
            match plug {
                Plug::In { source, input } => {
                    self.board.plug(index, &source, input.clone());
                    self.ears.plug(index, &source);
                    self.late.push(Late { place, source, input, frames: 0 });
                }
                Plug::Out => {
                    self.board.unplug(index);
                    self.ears.unplug(index);
                }
            }
        }
        for change in mail.changes {
            match change {
                Change::Desk { plan, ramp, at } => self.board.set(plan, ramp, at),
                Change::Fade { to_silence, length, at } => self.board.fade(to_silence, length, at),
            }
        }
        if mail.reset_loudness {
            self.board.reset_loudness();
        }
    }

    fn read_meters(&mut self, block: u64) {
        let board = &mut self.board;
        self.meters.send_modify(|meters| *meters = Arc::new(meters.read(board, at(block) + BLOCK_LENGTH)));
    }

    fn report_late_sound(&mut self) {
        for Late { source, input, frames, .. } in &mut self.late {
            let late = input.losses().late;
            let late = late.saturating_sub(std::mem::replace(frames, late));
            if late > 0 {
                let ms = instant(late).as_millis();
                tracing::warn!(%source, ms, "sound came too late for the desk: a greater [contribution] jitter_buffer_ms would mend it");
            }
        }
    }
}

/// The block to go on with if `block` is too late to catch up from.
pub(super) fn jump(block: u64, now: Duration) -> Option<u64> {
    (now.saturating_sub(at(block)) > MAX_LATE).then(|| block_after(now))
}

/// The first block that begins after an instant.
fn block_after(now: Duration) -> u64 {
    u64::try_from(now.as_nanos() / BLOCK_LENGTH.as_nanos()).unwrap_or(u64::MAX / BLOCK as u64).saturating_add(1)
}
