//! The way into a strip, from another thread: a source's decoder writes, the desk reads.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::ring::{Losses, Ring};
use super::{BLOCK, Frame, RATE, Ramp, frames, position};

/// How much a strip remembers beside its delay: what a source may be ahead of the desk.
const MEMORY: usize = RATE as usize;

/// Where a source's sound goes in. Cloning it is cheap; its lock is held for microseconds.
#[derive(Debug, Clone)]
pub struct Input {
    inner: Arc<Mutex<Inner>>,
    early: u32,
}

#[derive(Debug)]
struct Inner {
    ring: Ring,
    /// How much of it is left, on the way out: its square is the gain.
    left: Ramp,
}

impl Input {
    /// A silent input whose sound is surely there `early` after its stated time: jitter buffer and decoding, such as 100 ms for
    /// a city, 30 ms for a call. The strip is read then; on a desk whose alignment is shorter, at the alignment.
    pub fn new(early: Duration) -> Self {
        let early = frames(early);
        let inner = Inner { ring: Ring::new(MEMORY + early as usize), left: Ramp::new(1.0) };
        Self { inner: Arc::new(Mutex::new(inner)), early }
    }

    /// Writes stereo samples, left and right by turns, whose first one sounds at this instant of the event clock. Any
    /// length; see [`Ring::write`] for what happens to gaps, overlaps and garbage.
    pub fn write(&self, at: Duration, samples: &[f32]) {
        let (frames, _) = samples.as_chunks::<2>();
        self.lock().ring.write(position(at), frames);
    }

    /// From the next block on it dies away within `length`, and stays silent: whatever was written ahead fades with the rest.
    /// It goes by the square of a straight line, so that it is half gone (12 dB) at half the way and not only at its end. Asked
    /// once more it goes on as it does, or faster.
    pub fn fade_out(&self, length: Duration) {
        let mut inner = self.lock();
        let length = frames(length);
        if inner.left.remaining().is_none_or(|remaining| length < remaining) {
            inner.left.go(0.0, length);
        }
    }

    /// What was dropped and joined so far.
    pub fn losses(&self) -> Losses {
        self.lock().ring.losses()
    }

    /// Frames from the stated time to when the sound is surely there.
    pub(super) fn early(&self) -> u32 {
        self.early
    }

    /// Copies a block out.
    pub(super) fn read(&self, position: u64, block: &mut [Frame]) {
        let Inner { ring, left } = &mut *self.lock();
        ring.read(position, block);
        if left.resting() == Some(1.0) {
            return;
        }
        for frames in block.chunks_mut(BLOCK) {
            let mut gains = [0.0; BLOCK];
            left.fill(&mut gains[..frames.len()]);
            for (frame, gain) in frames.iter_mut().zip(gains) {
                *frame = frame.map(|sample| sample * gain * gain);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no code panics while it holds a ring")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(input: &Input, blocks: std::ops::Range<u64>) -> Vec<f32> {
        let mut block = [[9.0; 2]; BLOCK];
        let mut heard = Vec::new();
        for number in blocks {
            input.read(number * BLOCK as u64, &mut block);
            heard.extend(block.iter().map(|frame| frame[0]));
        }
        heard
    }

    #[test]
    fn what_fades_out_dies_away_in_its_time_without_a_step_and_stays_silent() {
        let input = Input::new(Duration::ZERO);
        // All of it is there before anybody thinks of a fade.
        input.write(Duration::ZERO, &[0.5; 2 * 40 * BLOCK]);
        assert_eq!(heard(&input, 1..2), [0.5; BLOCK]);
        input.fade_out(Duration::from_millis(200));
        // A longer one that is asked for on the way changes nothing.
        let begin = heard(&input, 2..6);
        input.fade_out(Duration::from_secs(1));
        let sound = [begin, heard(&input, 6..40)].concat();
        let half = sound[4800];
        assert!((half - 0.125).abs() < 0.001, "12 dB less in the middle: {half}");
        assert!(sound[9600..].iter().all(|sample| *sample == 0.0));
        let step = sound.windows(2).map(|pair| (pair[0] - pair[1]).abs()).fold(0.0, f32::max);
        assert!(step <= 1.01 / 9600.0, "{step}");
        assert!(sound.is_sorted_by(|before, after| before >= after));
    }
}
