//! Finds what was sent to somebody in what comes back from them: a loudspeaker that their microphones hear.
//!
//! Two questions are asked, since a place may play its mix-minus or, by mistake, program:
//!
//! 1. *Do the others come back?* What was sent is the mix-minus, in which nothing of the place itself is. Whatever of it comes
//!    back later is an echo; who answers, or plays another piece in the same time, is not alike in phase.
//! 2. *Does its own voice come back?* That is asked only while the mix-minus is silent: as soon as anybody else is heard in
//!    program, the first question finds a loudspeaker that plays program as well. What was sent is program then, in which the
//!    place is itself, later than on its strip: the direct way has no lag above zero. Below [`OWN_SHORTEST`] a voice is like
//!    itself. What is like itself for longer (music that goes round) is told from an echo by its level: see `proof`.
//!
//! Lags are found from 20 ms (100 ms of one's own voice) to 2.5 s: encoders, networks, jitter buffers and rooms are in
//! between. Public streams that are some seconds late (HLS) are not searched for.
//!
//! Not an echo, and not told from one: the same record or broadcast that is played in both places, later here than there.

mod fourier;
mod proof;
mod search;
mod thin;

use std::time::Duration;

use proof::{Burden, Proof};
use search::{Bench, FRAME, HOP, LONGEST, NEAR, Search, Sighting, Spectrum};
use thin::THIN;
pub use thin::{ThinBlock, Thinner};

/// How long a value lasts.
const VALUE: Duration = Duration::from_micros(250);

/// The shortest lag that is looked for, in values: 20 ms.
const SHORTEST: usize = 80;

/// The same of one's own voice: 100 ms. Nothing comes through an encoder, a jitter buffer and a room sooner.
const OWN_SHORTEST: usize = 400;

/// How alike what comes back must be to be suspected. Unrelated sounds reach 0.05.
const SUSPECT: f32 = 0.1;

/// The same to go on as an echo.
const STAYS: f32 = 0.05;

/// Share of it that may be found at another lag as well: what is alike at many lags is a tone or a rhythm.
const RIVAL: f32 = 0.6;

/// Looks in a row, of 0.64 s, in which it must be found at the same lag; and without it until it is over.
const FOUND: u32 = 3;
const MISSED: u32 = 3;

/// Frames of 128 ms in which nothing was sent, after which nothing is known any more: half a minute.
const FORGOTTEN: u32 = 234;

/// Frames in which one's own voice was not asked about, after which what was known of it counts no more: ten seconds.
const SET_ASIDE: u32 = 78;

/// Mean square below which a frame counts as silent: −70 dBFS.
const SILENT: f32 = 1e-7;

/// Something that comes back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Echo {
    /// How long after it left the desk.
    pub lag: Duration,
}

/// Listens to one place. It is fed with blocks of 10 ms without a gap; its memory is fixed when it is made.
#[derive(Debug)]
pub struct EchoFinder {
    bench: Bench,
    back: Box<[f32; FRAME]>,
    filled: usize,
    others: Path,
    own: Path,
    /// Frames for which the own voice was not asked about.
    set_aside: u32,
}

/// What is known of one way back.
#[derive(Debug)]
struct Path {
    search: Search,
    burden: Burden,
    /// What was sent, the newest last.
    past: Box<[f32]>,
    state: State,
    /// Frames since something was sent that could come back.
    unfed: u32,
}

#[derive(Debug)]
enum State {
    Quiet,
    /// Found some times in a row at one lag.
    Suspected {
        lag: usize,
        found: u32,
        proof: Proof,
    },
    /// Proven, and since then missed some times in a row.
    Echo {
        lag: usize,
        missed: u32,
    },
}

impl Default for EchoFinder {
    fn default() -> Self {
        Self::new(0)
    }
}

impl EchoFinder {
    /// One that has heard nothing. Those that hear the same blocks should have different numbers: their work, some of which
    /// falls due every 128 ms, then comes by turns.
    pub fn new(number: usize) -> Self {
        Self {
            bench: Bench::new(),
            back: Box::new([0.0; FRAME]),
            filled: number * 5 * THIN % HOP / THIN * THIN,
            others: Path::new(SHORTEST, Burden::Level),
            own: Path::new(OWN_SHORTEST, Burden::Weaker),
            set_aside: 0,
        }
    }

    /// Forgets what it heard: what comes next does not follow on it.
    pub fn clear(&mut self) {
        self.others.clear();
        self.own.clear();
    }

    /// Hears a block of what comes from the place, and of what was sent at the same time: its mix-minus, and program if the place
    /// is heard in it.
    pub fn hear(&mut self, back: &ThinBlock, others: &ThinBlock, program: Option<&ThinBlock>) {
        let program = program.unwrap_or(&[0.0; THIN]);
        let mut from = 0;
        while from < back.len() {
            let count = (HOP - self.filled).min(back.len() - from);
            let (part, to) = (from..from + count, FRAME - HOP + self.filled);
            self.back[to..to + count].copy_from_slice(&back[part.clone()]);
            self.others.put(self.filled, &others[part.clone()]);
            self.own.put(self.filled, &program[part]);
            self.filled += count;
            from += count;
            if self.filled == HOP {
                self.search();
                self.back.copy_within(HOP.., 0);
                self.others.make_room();
                self.own.make_room();
                self.filled = 0;
            }
        }
    }

    /// What comes back now.
    pub fn echo(&self) -> Option<Echo> {
        let lag = self.others.echo().or(self.own.echo())?;
        #[expect(clippy::cast_possible_truncation, reason = "at most some thousands")]
        Some(Echo { lag: VALUE * lag as u32 })
    }

    fn search(&mut self) {
        let [back, others] = self.bench.spectra(&self.back, self.others.newest());
        let back = Some(&back).filter(|_| is_loud(&*self.back));
        self.others.hear(&others, back, &self.back, &mut self.bench);
        if self.others.search.is_fed() {
            self.set_aside = self.set_aside.saturating_add(1);
            if self.set_aside == SET_ASIDE {
                self.own.clear();
            }
            return;
        }
        if self.set_aside > 0 {
            // What was sent meanwhile is not known.
            self.own.search.clear();
            self.set_aside = 0;
        }
        let [program, _] = self.bench.spectra(self.own.newest(), &[0.0; FRAME]);
        self.own.hear(&program, back, &self.back, &mut self.bench);
    }
}

fn is_loud(frame: &[f32]) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let silent = SILENT * frame.len() as f32;
    frame.iter().map(|value| value * value).sum::<f32>() >= silent
}

/// The frame that was sent so many values before the newest.
fn frame(past: &[f32], lag: usize) -> &[f32; FRAME] {
    past[..past.len() - lag].last_chunk().expect("a path remembers the longest lag and a frame")
}

impl Path {
    fn new(shortest: usize, burden: Burden) -> Self {
        let past = vec![0.0; LONGEST + FRAME + HOP].into();
        Self { search: Search::new(shortest), burden, past, state: State::Quiet, unfed: 0 }
    }

    fn clear(&mut self) {
        self.search.clear();
        self.state = State::Quiet;
    }

    fn put(&mut self, filled: usize, values: &[f32]) {
        let to = self.past.len() - HOP + filled;
        self.past[to..to + values.len()].copy_from_slice(values);
    }

    fn make_room(&mut self) {
        self.past.copy_within(HOP.., 0);
    }

    /// The newest frame that was sent.
    fn newest(&self) -> &[f32; FRAME] {
        frame(&self.past, 0)
    }

    fn echo(&self) -> Option<usize> {
        match self.state {
            State::Echo { lag, .. } => Some(lag),
            _ => None,
        }
    }

    fn hear(&mut self, sent: &Spectrum, back: Option<&Spectrum>, heard: &[f32; FRAME], bench: &mut Bench) {
        let asked = match self.state {
            State::Quiet => 0,
            State::Suspected { lag, .. } | State::Echo { lag, .. } => lag,
        };
        if let State::Suspected { lag, ref mut proof, .. } = self.state {
            let sent = frame(&self.past, lag);
            if is_loud(sent) {
                let [sent, back] = bench.spectra(sent, heard);
                proof.look(&sent, &back);
            }
        }
        let sent = Some(sent).filter(|_| is_loud(self.newest()));
        let found = self.search.hear(sent, back, asked, bench);
        self.unfed = if self.search.is_fed() { 0 } else { self.unfed.saturating_add(1) };
        if self.unfed == FORGOTTEN {
            self.clear();
        }
        if let Some(found) = found {
            self.judge(&found);
        }
    }

    fn judge(&mut self, found: &Sighting) {
        let is_alone = self.burden == Burden::Weaker || found.rival <= RIVAL * found.likeness;
        let is_suspect = found.likeness >= SUSPECT && is_alone;
        // What goes round comes back at twice and thrice its lag as well, and a beat does: of that its level tells more.
        let burden = if found.round > RIVAL * found.likeness { Burden::Weaker } else { self.burden };
        match &mut self.state {
            State::Suspected { lag, found: count, proof } if is_suspect && found.lag.abs_diff(*lag) <= NEAR => {
                *count += 1;
                proof.ask(burden);
                if *count >= FOUND && proof.holds() {
                    self.state = State::Echo { lag: *lag, missed: 0 };
                }
            }
            State::Quiet | State::Suspected { .. } if is_suspect => {
                self.state = State::Suspected { lag: found.lag, found: 1, proof: Proof::new(burden) };
            }
            State::Quiet | State::Suspected { .. } => self.state = State::Quiet,
            State::Echo { lag, missed } => {
                if is_suspect && found.lag.abs_diff(*lag) > NEAR && found.asked < STAYS {
                    // The way has become longer or shorter.
                    (*lag, *missed) = (found.lag, 0);
                } else if found.asked >= STAYS {
                    *missed = 0;
                } else {
                    *missed += 1;
                    if *missed >= MISSED {
                        self.state = State::Quiet;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
