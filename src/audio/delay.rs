//! A strip's second tap of time: a line of its processed sound, read some frames later. A new delay is crossed over to.

use super::sound::Sound;
use super::{BLOCK, Block, Frame, Ramp, SMOOTH};

#[derive(Debug)]
pub(super) struct DelayLine {
    /// Whole blocks, so that a written one never wraps.
    cells: Box<[Frame]>,
    /// Where the next block is written.
    head: usize,
    /// Blocks of silence that were written last, as far as it matters.
    silent: usize,
    /// Frames from writing to reading.
    delay: usize,
    /// The delay that it crosses over to, and how much of it is heard.
    next: Option<(usize, Ramp)>,
    wanted: usize,
}

impl DelayLine {
    /// A silent line with this delay, which can be set up to `longest`.
    pub fn new(delay: usize, longest: usize) -> Self {
        // One block more: it is written before the oldest is read.
        let blocks = longest.div_ceil(BLOCK) + 1;
        Self { cells: vec![[0.0; 2]; blocks * BLOCK].into(), head: 0, silent: blocks, delay, next: None, wanted: delay }
    }

    /// Sets the delay, at most the longest one, smoothly.
    pub fn set(&mut self, delay: usize) {
        self.wanted = delay.min(self.cells.len() - BLOCK);
    }

    /// Sets the delay at once.
    pub fn jump(&mut self, delay: usize) {
        self.set(delay);
        (self.delay, self.next) = (self.wanted, None);
    }

    /// Forgets its sound.
    pub fn clear(&mut self) {
        self.cells.fill([0.0; 2]);
        self.silent = self.blocks();
    }

    /// Takes a block and gives the one of some frames ago.
    pub fn pass(&mut self, sound: &Sound, out: &mut Sound) {
        self.silent = if sound.is_silent { (self.silent + 1).min(self.blocks()) } else { 0 };
        let is_silent = self.silent == self.blocks();
        if !is_silent {
            self.cells[self.head..self.head + BLOCK].copy_from_slice(&sound.block);
        }
        // One crossing ends before the next begins: what is asked for meanwhile is at most 20 ms late.
        if self.next.is_none() && self.wanted != self.delay {
            let mut heard = Ramp::new(0.0);
            heard.go(1.0, SMOOTH);
            self.next = Some((self.wanted, heard));
        }
        if is_silent {
            out.silence();
        } else {
            out.is_silent = false;
            self.read(self.delay, &mut out.block);
        }
        if let Some((delay, mut heard)) = self.next {
            if is_silent {
                heard.skip(BLOCK as u32);
            } else {
                self.cross(delay, &mut heard, &mut out.block);
            }
            self.next = heard.resting().is_none().then_some((delay, heard));
            if self.next.is_none() {
                self.delay = delay;
            }
        }
        if !is_silent && self.silent > self.delay.div_ceil(BLOCK) {
            out.look();
        }
        self.head = (self.head + BLOCK) % self.cells.len();
    }

    fn cross(&self, delay: usize, heard: &mut Ramp, block: &mut Block) {
        let mut new = super::SILENCE;
        self.read(delay, &mut new);
        let mut shares = [0.0; BLOCK];
        heard.fill(&mut shares);
        for ((frame, new), share) in block.iter_mut().zip(&new).zip(shares) {
            for (sample, new) in frame.iter_mut().zip(new) {
                *sample += (new - *sample) * share;
            }
        }
    }

    /// Copies the block that was written so many frames ago.
    fn read(&self, delay: usize, block: &mut Block) {
        let from = (self.head + self.cells.len() - delay) % self.cells.len();
        let (first, second) = block.split_at_mut((self.cells.len() - from).min(BLOCK));
        first.copy_from_slice(&self.cells[from..from + first.len()]);
        second.copy_from_slice(&self.cells[..second.len()]);
    }

    fn blocks(&self) -> usize {
        self.cells.len() / BLOCK
    }
}
