//! The memory of a ring: an endless tape of which the newest part is kept. No edge on it clicks.
//!
//! Past the newest frame lies the *ending*: the last [`FADE`] frames mirrored and faded out, so that a reader who comes
//! to the end hears sound die away. Whatever is laid down later fades in over what is left of the ending.

use super::Frame;

/// Frames of a fade at an edge: 5 ms is too flat to click and too short to be missed as sound.
pub const FADE: usize = 240;

/// Frames at positions of the event clock. Positions stay below [`Tape::END`].
#[derive(Debug)]
pub struct Tape {
    /// A power of two of them, so that a position's cell is found by a mask.
    cells: Box<[Frame]>,
    /// Position after the newest frame.
    head: u64,
    join: Join,
    joins: u64,
}

/// Sound that sets in over an ending.
#[derive(Debug)]
struct Join {
    ending: Box<[Frame; FADE]>,
    /// Frames of the fade that are still to come.
    left: usize,
}

impl Tape {
    /// No position may be as great: sums of positions below it fit in their type.
    pub const END: u64 = u64::MAX / 4;

    /// A silent tape that keeps at least this many frames.
    pub fn new(capacity: usize) -> Self {
        Self {
            cells: vec![[0.0; 2]; capacity.max(4 * FADE).next_power_of_two()].into(),
            head: 0,
            join: Join { ending: Box::new([[0.0; 2]; FADE]), left: 0 },
            joins: 0,
        }
    }

    /// Frames that are kept, the ending included.
    pub fn capacity(&self) -> usize {
        self.cells.len()
    }

    /// Position after the newest frame.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// How often sound set in, or was put together at an edge.
    pub fn joins(&self) -> u64 {
        self.joins
    }

    /// Copies from a position on. What is not on the tape is silence.
    pub fn read(&self, position: u64, block: &mut [Frame]) {
        block.fill([0.0; 2]);
        let from = position.max(self.end().saturating_sub(self.cells.len() as u64));
        let to = position.saturating_add(block.len() as u64).min(self.end());
        if from >= to {
            return;
        }
        let block = &mut block[index(from - position)..index(to - position)];
        let whole = self.cell(from);
        let first = block.len().min(self.cells.len() - whole);
        let (first, second) = block.split_at_mut(first);
        first.copy_from_slice(&self.cells[whole..whole + first.len()]);
        second.copy_from_slice(&self.cells[..second.len()]);
    }

    /// Lays one frame down, at the head or past it. What lies between is the ending, then silence.
    pub fn put(&mut self, position: u64, frame: Frame) {
        if position != self.head {
            self.join(position);
        }
        let frame = if self.join.left == 0 {
            frame
        } else {
            let ending = self.join.ending[FADE - self.join.left];
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let gain = 1.0 - self.join.left as f32 / FADE as f32;
            self.join.left -= 1;
            [ending[0] + frame[0] * gain, ending[1] + frame[1] * gain]
        };
        let cell = self.cell(position);
        self.cells[cell] = frame;
        self.head = position + 1;
    }

    /// Lets the sound from a position on, at the head or past it, fade in over what was there. To be followed by
    /// [`Tape::put`] at that position.
    pub fn join(&mut self, position: u64) {
        let end = self.end();
        for (frame, position) in self.join.ending.iter_mut().zip(position..) {
            *frame = if position < end { self.cells[cell(position, self.cells.len())] } else { [0.0; 2] };
        }
        for silent in end.max(position.saturating_sub(self.cells.len() as u64))..position {
            let cell = self.cell(silent);
            self.cells[cell] = [0.0; 2];
        }
        self.head = position;
        self.join.left = FADE;
        self.joins += 1;
    }

    /// Writes the ending, after one or more [`Tape::put`]s.
    pub fn finish(&mut self) {
        for n in 0..FADE as u64 {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let gain = 1.0 - (n + 1) as f32 / FADE as f32;
            // At the very beginning there is nothing to mirror.
            let mirrored = self.head.checked_sub(n + 1).map_or([0.0; 2], |position| self.cells[self.cell(position)]);
            let cell = self.cell(self.head + n);
            self.cells[cell] = mirrored.map(|sample| sample * gain);
        }
    }

    /// Position after the ending.
    fn end(&self) -> u64 {
        self.head + FADE as u64
    }

    fn cell(&self, position: u64) -> usize {
        cell(position, self.cells.len())
    }
}

fn cell(position: u64, cells: usize) -> usize {
    index(position & (cells as u64 - 1))
}

fn index(position: u64) -> usize {
    usize::try_from(position).expect("a length of memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lay(tape: &mut Tape, from: u64, sound: impl IntoIterator<Item = f32>) {
        for (position, sample) in (from..).zip(sound) {
            tape.put(position, [sample; 2]);
        }
        tape.finish();
    }

    fn read(tape: &Tape, from: u64, count: usize) -> Vec<f32> {
        let mut block = vec![[9.0; 2]; count];
        tape.read(from, &mut block);
        block.iter().map(|frame| frame[0]).collect()
    }

    fn worst_step(sound: &[f32]) -> f32 {
        sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    const STEP: f32 = 1.01 / FADE as f32;

    #[test]
    fn sound_fades_in_stays_as_it_is_and_dies_away() {
        let mut tape = Tape::new(4096);
        lay(&mut tape, 1000, [1.0; 1000]);
        let heard = read(&tape, 500, 2000);
        assert!(heard[..500].iter().all(|sample| *sample == 0.0));
        assert!(heard[500 + FADE..1500].iter().all(|sample| *sample == 1.0));
        assert!(heard[1500 + FADE..].iter().all(|sample| *sample == 0.0));
        assert!(worst_step(&heard) <= STEP, "{}", worst_step(&heard));
    }

    #[test]
    fn what_follows_at_once_replaces_the_ending_without_a_trace() {
        let mut tape = Tape::new(4096);
        lay(&mut tape, 0, [0.5; 600]);
        lay(&mut tape, 600, [0.5; 600]);
        assert!(read(&tape, FADE as u64, 1200 - FADE).iter().all(|sample| *sample == 0.5));
        assert_eq!(tape.joins(), 0, "position 0 is where an empty tape's head is");
    }

    #[test]
    fn a_gap_of_any_length_is_joined_without_a_click() {
        for gap in [0, 1, 17, FADE as u64 - 1, FADE as u64, 1000, 5000, 100_000] {
            let mut tape = Tape::new(4096);
            lay(&mut tape, 1000, [1.0; 1000]);
            tape.join(2000 + gap);
            // In blocks shorter than a fade.
            for start in (0..1000).step_by(100) {
                lay(&mut tape, 2000 + gap + start, [-1.0; 100]);
            }
            let heard = read(&tape, 1500, 4000);
            assert!(worst_step(&heard) <= 2.0 * STEP, "gap {gap}: {}", worst_step(&heard));
            assert_eq!(read(&tape, 2999 + gap, 1), [-1.0]);
        }
    }

    #[test]
    fn only_the_newest_part_is_kept_and_the_rest_is_silence() {
        let mut tape = Tape::new(1024);
        lay(&mut tape, 5000, [1.0; 3000]);
        let oldest = 8000 + FADE as u64 - 1024;
        assert_eq!(read(&tape, oldest - 1, 2), [0.0, 1.0]);
        assert_eq!(read(&tape, 0, 2), [0.0, 0.0]);
        assert_eq!(read(&tape, Tape::END, 2), [0.0, 0.0]);
        assert_eq!(read(&tape, u64::MAX, 2), [0.0, 0.0]);
    }
}
