//! A strip's ring on the event clock: a decoder writes with its own idea of time, the desk reads block by block.
//!
//! Stated times wobble and drift, samples do not: a stream is written on from block to block, and the error between the
//! stated and the true place is worked off inaudibly. A jump is a gap or an overlap: sound goes to its stated place,
//! what is there already stays, what is missing is silence.

use super::tape::{FADE, Tape};
use super::varispeed::Varispeed;
use super::{BLOCK, Frame, RATE};

/// A change of the error above this is a jump and no wobble, in frames: 9 ms, less than the shortest packet that the
/// common encoders send, so that a lost one is a gap.
const JUMP: f64 = 432.0;

/// An error above this is not worked off but jumped over, in frames: at 40 ms lips come apart.
const MAX_ERROR: u32 = 1920;

/// Time constant of the smoothed error, in frames: half a second keeps the wobble of single blocks out of the speed.
const SMOOTHING: f64 = RATE as f64 / 2.0;

/// Time constant with which an error is worked off, in frames: 5 s leave 0.5 ms of error to a source that is 100 ppm off.
const CORRECTION: f64 = RATE as f64 * 5.0;

/// Largest change of speed: 0.2 %, a thirtieth of a semitone.
const MAX_SPEED: f64 = 0.002;

/// Largest sample that is believed: 12 dB above full scale. Decoders overshoot by less; beyond it is garbage.
const LOUDEST: f32 = 4.0;

/// What a ring did not play as it was given since it was made, in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// Came after its place had been read.
    pub late: u64,
    /// Was there already.
    pub overlapping: u64,
    /// Lay too far in the future.
    pub early: u64,
    /// How often sound set in, or was put together at an edge. Not frames.
    pub joins: u64,
}

/// One strip's ring.
#[derive(Debug)]
pub struct Ring {
    tape: Tape,
    /// Position after the newest frame that was read.
    read: Option<u64>,
    stream: Option<Stream>,
    varispeed: Varispeed,
    losses: Losses,
}

/// A stream that is written on from block to block.
#[derive(Debug, Clone, Copy)]
struct Stream {
    /// Position of the next frame that comes out of the varispeed.
    next: u64,
    /// Smoothed distance from the true to the stated place, in frames.
    error: f64,
}

impl Ring {
    /// A silent ring that remembers at least this many frames, and no fewer than a fifth of a second.
    pub fn new(capacity: usize) -> Self {
        Self {
            tape: Tape::new(capacity.max(RATE as usize / 5)),
            read: None,
            stream: None,
            varispeed: Varispeed::new(),
            losses: Losses::default(),
        }
    }

    /// Writes sound that is stated to begin at a position. Samples that are no numbers are silence; sound behind what
    /// was read, on what was written, or further ahead than the ring remembers is dropped and counted.
    pub fn write(&mut self, stated: u64, frames: &[Frame]) {
        let end = self.read.map_or(Tape::END, |read| read.saturating_add(self.window()).min(Tape::END));
        let fits = usize::try_from(end.saturating_sub(stated)).map_or(frames.len(), |fits| fits.min(frames.len()));
        self.losses.early += (frames.len() - fits) as u64;
        let frames = &frames[..fits];
        if frames.is_empty() {
            return;
        }
        if let Some(stream) = self.follow_on(stated, frames.len()) {
            self.play(stream, frames);
        } else if let Some((stream, skipped)) = self.anchor(stated, frames.len()) {
            self.play(stream, &frames[skipped..]);
        }
    }

    /// Copies a block out. What is not there is silence.
    pub fn read(&mut self, position: u64, block: &mut [Frame]) {
        self.tape.read(position, block);
        self.read = Some(position.saturating_add(block.len() as u64));
    }

    /// Frames that are written and not yet read: what is left if the source is late from now on.
    pub fn ahead(&self) -> u64 {
        self.tape.head().saturating_sub(self.read.unwrap_or(0))
    }

    /// What was dropped and joined so far.
    pub fn losses(&self) -> Losses {
        Losses { joins: self.tape.joins(), ..self.losses }
    }

    /// The stream, if the sound follows on it, with its error brought up to date.
    #[expect(clippy::cast_precision_loss, reason = "the difference is small, or it is a jump anyway")]
    fn follow_on(&self, stated: u64, count: usize) -> Option<Stream> {
        let stream = self.stream?;
        let error = stated.wrapping_sub(stream.next).cast_signed() as f64 - self.varispeed.pending();
        if (error - stream.error).abs() > JUMP || error.abs() > f64::from(MAX_ERROR) {
            return None;
        }
        let share = (count as f64 / SMOOTHING).min(1.0);
        Some(Stream { error: stream.error + (error - stream.error) * share, ..stream })
    }

    /// Begins a stream at its stated place, behind what was read or written. Says how many frames that leaves out.
    fn anchor(&mut self, stated: u64, count: usize) -> Option<(Stream, usize)> {
        let skipped = |before: u64| usize::try_from(before.saturating_sub(stated)).map_or(count, |n| n.min(count));
        let late = skipped(self.read.unwrap_or(0));
        let skipped = skipped(self.tape.head()).max(late);
        self.losses.late += late as u64;
        self.losses.overlapping += (skipped - late) as u64;
        if skipped == count {
            return None;
        }
        self.varispeed.reset();
        let next = stated + skipped as u64;
        if next == self.tape.head() {
            // Nothing says that two streams that meet fit together.
            self.tape.join(next);
        }
        Some((Stream { next, error: 0.0 }, skipped))
    }

    /// Lays a stream's frames down at their true places.
    fn play(&mut self, mut stream: Stream, frames: &[Frame]) {
        let speed = 1.0 - (stream.error / CORRECTION).clamp(-MAX_SPEED, MAX_SPEED);
        let floor = self.read.unwrap_or(0).max(self.tape.head());
        let mut laid = false;
        for block in frames.chunks(BLOCK) {
            self.varispeed.run(block.iter().map(sane), speed, |frame| {
                if stream.next < floor {
                    self.losses.late += 1;
                } else {
                    self.tape.put(stream.next, frame);
                    laid = true;
                }
                stream.next += 1;
            });
        }
        if laid {
            self.tape.finish();
        }
        self.stream = Some(stream);
    }

    /// How far past the reader sound may be stated: all of the memory but what errors and endings need.
    fn window(&self) -> u64 {
        (self.tape.capacity() - MAX_ERROR as usize - 2 * FADE) as u64
    }
}

/// A frame of finite samples that are not absurdly loud.
fn sane(frame: &Frame) -> Frame {
    frame.map(|sample| if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 })
}

#[cfg(test)]
mod tests;
