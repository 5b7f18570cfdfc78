//! Whether what comes back at one lag is an echo, and how loud: frames are laid exactly on what was sent that long ago.

use super::search::{CELLS, Spectrum};

/// Frames until it is tried: 1.5 s in which something was sent. Then it begins again.
const FRAMES: u32 = 12;

/// An echo below this (40 dB down) is what headphones let out: nobody hears it.
const FAINTEST: f32 = 0.01;

/// A cell in which less than this share of the power comes back (2 dB down) shows an echo, if there is one; one that is stronger
/// by as much shows something else. A record that goes round is as much alike in the ones as in the others.
const WEAKER: f32 = 0.6;

/// How much more alike the phases must be in weaker cells than in stronger ones, and of how many cells at least they are the mean.
const ALIKE: f32 = 0.28;
const ENOUGH: f32 = 400.0;

/// What must be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Burden {
    /// Nothing of what was sent can be in what comes but as an echo: it must be loud enough.
    Level,
    /// What comes is in what is sent, and may be like itself: it must be alike where it is weaker than it was, and there alone.
    Weaker,
}

impl Burden {
    /// Trials in a row that must be passed.
    fn trials(self) -> u32 {
        match self {
            Self::Level => 1,
            Self::Weaker => 2,
        }
    }
}

/// How alike the phases of some cells are.
#[derive(Debug, Clone, Copy, Default)]
struct Alike {
    sum: [f32; 2],
    count: f32,
}

impl Alike {
    fn add(&mut self, re: f32, im: f32) {
        self.sum = [self.sum[0] + re, self.sum[1] + im];
        self.count += 1.0;
    }

    fn mean(&self) -> f32 {
        self.sum[0].hypot(self.sum[1]) / self.count.max(ENOUGH)
    }
}

/// The proof of one lag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof {
    burden: Burden,
    frames: u32,
    cross: [f32; 2],
    power: f32,
    weaker: Alike,
    stronger: Alike,
    /// Trials in a row that were passed.
    passed: u32,
}

impl Proof {
    pub fn new(burden: Burden) -> Self {
        Self {
            burden,
            frames: 0,
            cross: [0.0; 2],
            power: 0.0,
            weaker: Alike::default(),
            stronger: Alike::default(),
            passed: 0,
        }
    }

    /// Asks for more than before, if this is more: then it begins again.
    pub fn ask(&mut self, burden: Burden) {
        if self.burden == Burden::Level && burden == Burden::Weaker {
            *self = Self::new(burden);
        }
    }

    /// Looks at a frame and at what was sent a lag before.
    pub fn look(&mut self, sent: &Spectrum, back: &Spectrum) {
        for cell in 0..CELLS {
            let re = back.re[cell] * sent.re[cell] + back.im[cell] * sent.im[cell];
            let im = back.im[cell] * sent.re[cell] - back.re[cell] * sent.im[cell];
            let power = sent.re[cell] * sent.re[cell] + sent.im[cell] * sent.im[cell];
            self.cross = [self.cross[0] + re, self.cross[1] + im];
            self.power += power;
            let product = re.hypot(im);
            // What is compared is |back|·|sent| with |sent|².
            if product > 0.0 && product * product < WEAKER * power * power {
                self.weaker.add(re / product, im / product);
            } else if power > 0.0 && product * product * WEAKER > power * power {
                self.stronger.add(re / product, im / product);
            }
        }
        self.frames += 1;
        if self.frames == FRAMES {
            let passed = if self.passes() { self.passed + 1 } else { 0 };
            *self = Self { passed, ..Self::new(self.burden) };
        }
    }

    /// Whether it is proven.
    pub fn holds(&self) -> bool {
        self.passed >= self.burden.trials()
    }

    fn passes(&self) -> bool {
        let gain = self.cross[0].hypot(self.cross[1]) / self.power.max(f32::MIN_POSITIVE);
        let (weaker, stronger) = (self.weaker.mean(), self.stronger.mean());
        gain >= FAINTEST && (self.burden == Burden::Level || weaker >= ALIKE + stronger)
    }
}
