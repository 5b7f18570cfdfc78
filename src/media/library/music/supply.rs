//! Round after round of a file, as one stream of blocks. A short piece is kept when it was heard once; of a longer one the file
//! is opened once more while it plays, so that its next round is there when this one ends.

use std::path::PathBuf;
use std::time::Duration;

use super::reel::{Block, Next, Reel};
use crate::gst::EventClock;

/// Frames of a piece that is kept: ten seconds at the desk's rate, 4 MB.
const SHORT: usize = 480_000;

/// A piece's rounds.
#[derive(Debug)]
pub(super) struct Supply {
    path: PathBuf,
    clock: EventClock,
    /// How long the file was when it was opened.
    bytes: u64,
    source: Source,
    kept: Kept,
    /// The next round.
    spare: Option<Reel>,
    /// Whether anything of this round was heard.
    is_heard: bool,
}

/// Where a round comes from.
#[derive(Debug)]
enum Source {
    File(Reel),
    /// A kept round, and which block comes next.
    Memory(usize),
}

/// What is kept of the round.
#[derive(Debug)]
enum Kept {
    /// All of it so far, and how many frames that is.
    Whole(Vec<Block>, usize),
    /// Not all of it.
    Part,
}

impl Supply {
    /// Opens a file, to be heard from a time on.
    pub(super) fn open(path: PathBuf, clock: EventClock, from: Duration) -> Result<Self, String> {
        let file = |error: std::io::Error| format!("it cannot be read: {error}");
        let bytes = std::fs::metadata(&path).map_err(file)?.len();
        let reel = Reel::open(&path, &clock, from).map_err(|error| error.to_string())?;
        // What is entered on the way is not heard whole, and may be heard to its end at once.
        let (kept, is_heard) = if from.is_zero() { (Kept::Whole(Vec::new(), 0), false) } else { (Kept::Part, true) };
        Ok(Self { path, clock, bytes, source: Source::File(reel), kept, spare: None, is_heard })
    }

    /// What comes next, of this round or of another one. Never waits.
    pub(super) fn next(&mut self, loops: bool) -> Next {
        self.look_ahead(loops);
        match self.next_of_round() {
            Next::Over if self.became_shorter() => {
                Next::Broken("the file became shorter meanwhile: put it there again".into())
            }
            Next::Over if !self.is_heard => Next::Broken("there is nothing in it: save it again".into()),
            Next::Over if loops => match self.begin_anew() {
                Ok(()) => self.next_of_round(),
                Err(why) => Next::Broken(why),
            },
            next => next,
        }
    }

    fn next_of_round(&mut self) -> Next {
        match &mut self.source {
            Source::File(reel) => {
                let next = reel.next();
                if let Next::Sound(block) = &next {
                    self.is_heard = true;
                    self.kept.keep(block);
                }
                next
            }
            Source::Memory(at) => {
                let Kept::Whole(blocks, _) = &self.kept else { return Next::Over };
                let next = blocks.get(*at).cloned().map_or(Next::Over, Next::Sound);
                *at += 1;
                next
            }
        }
    }

    /// Opens the file for another round if there may be one that is not kept.
    fn look_ahead(&mut self, loops: bool) {
        if !loops || matches!(self.kept, Kept::Whole(..)) {
            self.spare = None;
        } else if self.spare.is_none() {
            // If it cannot be opened that is told when it is needed: the round goes on to its end.
            self.spare = Reel::open(&self.path, &self.clock, Duration::ZERO).ok();
        }
    }

    fn begin_anew(&mut self) -> Result<(), String> {
        if matches!(self.kept, Kept::Whole(..)) {
            self.source = Source::Memory(0);
            return Ok(());
        }
        let reel = match self.spare.take() {
            Some(reel) => reel,
            None => Reel::open(&self.path, &self.clock, Duration::ZERO).map_err(|error| error.to_string())?,
        };
        (self.source, self.kept, self.is_heard) = (Source::File(reel), Kept::Whole(Vec::new(), 0), false);
        Ok(())
    }

    /// Somebody wrote into the file: it ended where it did not mean to.
    fn became_shorter(&self) -> bool {
        let is_file = matches!(self.source, Source::File(_));
        is_file && std::fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() < self.bytes)
    }
}

impl Kept {
    fn keep(&mut self, block: &Block) {
        let Self::Whole(blocks, frames) = self else { return };
        *frames += block.frames();
        if *frames > SHORT {
            *self = Self::Part;
        } else {
            blocks.push(block.clone());
        }
    }
}
