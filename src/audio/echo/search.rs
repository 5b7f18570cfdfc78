//! The search itself: at which lag what comes back is most like what was sent, and how alike they are.
//!
//! It is the generalised cross-correlation with phase transform (Knapp and Carter, "The generalized correlation method for
//! estimation of time delay", 1976): of each cell of the spectrum only the phase counts, so that a quiet echo counts wherever
//! it is not covered, and a loud hum counts as little as any other cell. Frames of 256 ms overlap by half; those that were sent
//! are kept as long as the longest lag, and for each of them (a *part* of the lags) a running mean of the cross-spectrum is kept.

use super::fourier::Fourier;

/// Values of a frame, and from one to the next.
pub(super) const FRAME: usize = 1024;
pub(super) const HOP: usize = FRAME / 2;

/// The cells that are looked at, of 3.9 Hz: 200 to 1800 Hz, which telephones and small loudspeakers pass as well.
const LOWEST: usize = 52;
pub(super) const CELLS: usize = 409;

/// Parts of the lags: up to 2.5 s.
pub(super) const PARTS: usize = 20;

/// Values of the longest lag that is found.
pub(super) const LONGEST: usize = PARTS * HOP - HOP / 2 - 1;

/// Share of a new frame in the mean: a time constant of 24 frames, 3 s.
const SHARE: f32 = 1.0 / 24.0;

/// Parts that are looked at with each frame, two by two: all of them within 0.64 s.
const LOOKS: usize = 4;

/// A cell whose phase stands still in a third of the parts is a tone that goes on: it is alike at every lag.
const TONE_PARTS: usize = PARTS / 3;
const TONE: f32 = 0.25;

/// Cells this far below the greatest of their frame (60 dB, as power) hold nothing but its window's skirts.
const SKIRTS: f32 = 1e-6;

/// Values farther from a lag than 8 ms are another lag.
pub(super) const NEAR: usize = 32;

/// Up to here (50 ms) a second likeness is the same echo in a room.
const ROOM: usize = 200;

/// The cells of a frame.
#[derive(Debug, Clone)]
pub(super) struct Spectrum {
    pub re: [f32; CELLS],
    pub im: [f32; CELLS],
}

impl Spectrum {
    pub const ZERO: Self = Self { re: [0.0; CELLS], im: [0.0; CELLS] };

    pub fn powers(&self) -> impl Iterator<Item = f32> {
        self.re.iter().zip(&self.im).map(|(re, im)| re * re + im * im)
    }

    /// The phases alone, of cells in which there is something.
    fn phases(&self) -> Self {
        let mut phases = self.clone();
        let floor = (self.powers().fold(0.0, f32::max) * SKIRTS).max(f32::MIN_POSITIVE);
        for (re, im) in phases.re.iter_mut().zip(&mut phases.im) {
            let power = *re * *re + *im * *im;
            let scale = if power < floor { 0.0 } else { power.sqrt().recip() };
            (*re, *im) = (*re * scale, *im * scale);
        }
        phases
    }
}

/// Where transforms are worked out.
#[derive(Debug)]
pub(super) struct Bench {
    fourier: Fourier<FRAME>,
    window: Box<[f32; FRAME]>,
    re: Box<[f32; FRAME]>,
    im: Box<[f32; FRAME]>,
}

impl Bench {
    pub fn new() -> Self {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / FRAME as f32).cos();
        Self {
            fourier: Fourier::new(),
            window: Box::new(std::array::from_fn(hann)),
            re: Box::new([0.0; FRAME]),
            im: Box::new([0.0; FRAME]),
        }
    }

    /// The spectra of two frames.
    pub fn spectra(&mut self, one: &[f32; FRAME], other: &[f32; FRAME]) -> [Spectrum; 2] {
        for n in 0..FRAME {
            self.re[n] = one[n] * self.window[n];
            self.im[n] = other[n] * self.window[n];
        }
        self.fourier.run(&mut self.re, &mut self.im);
        let mut spectra = [Spectrum::ZERO, Spectrum::ZERO];
        for cell in 0..CELLS {
            let (here, there) = (LOWEST + cell, FRAME - LOWEST - cell);
            let (re, im) = (self.re[here], self.im[here]);
            let (re_there, im_there) = (self.re[there], self.im[there]);
            (spectra[0].re[cell], spectra[0].im[cell]) = (0.5 * (re + re_there), 0.5 * (im - im_there));
            (spectra[1].re[cell], spectra[1].im[cell]) = (0.5 * (im + im_there), 0.5 * (re_there - re));
        }
        spectra
    }

    /// How alike two frames are at every shift, of two cross-spectra; cells that do not count are left out.
    fn likeness(&mut self, [one, other]: [&Spectrum; 2], counts: &[bool; CELLS]) -> [&[f32; FRAME]; 2] {
        self.re.fill(0.0);
        self.im.fill(0.0);
        for cell in (0..CELLS).filter(|cell| counts[*cell]) {
            let (here, there) = (LOWEST + cell, FRAME - LOWEST - cell);
            (self.re[here], self.im[here]) = (one.re[cell] - other.im[cell], one.im[cell] + other.re[cell]);
            (self.re[there], self.im[there]) = (one.re[cell] + other.im[cell], other.re[cell] - one.im[cell]);
        }
        self.fourier.run(&mut self.re, &mut self.im);
        [&self.re, &self.im]
    }
}

/// What was found when all lags had been looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sighting {
    /// The lag at which they are most alike, in values.
    pub lag: usize,
    /// How alike: 0 to 1, the share of cells whose phase is that of what was sent.
    pub likeness: f32,
    /// The greatest likeness at any lag that is not near it, nor an echo of the room, nor a multiple of it or the other way round.
    pub rival: f32,
    /// The greatest likeness at such a multiple: an echo that goes round, or a beat.
    pub round: f32,
    /// The likeness at the lag that was asked about.
    pub asked: f32,
}

/// Two signals, one of which may come back in the other.
#[derive(Debug)]
pub(super) struct Search {
    shortest: usize,
    /// Phases of what was sent; the newest of them is at `newest`, older ones after it.
    sent: Box<[Spectrum]>,
    newest: usize,
    /// Whether something was sent, of each of them.
    is_sent: [bool; PARTS],
    /// The mean of the cross-spectra, by part.
    mean: Box<[Spectrum]>,
    counts: [bool; CELLS],
    part: usize,
    look: Look,
}

/// A look at all parts, as far as it is.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    /// Of each part the lag at which it is most alike, and how alike.
    best: [(usize, f32); PARTS],
    asked: f32,
}

impl Search {
    /// One that finds no lag below this, in values.
    pub fn new(shortest: usize) -> Self {
        Self {
            shortest,
            sent: vec![Spectrum::ZERO; PARTS].into(),
            newest: 0,
            is_sent: [false; PARTS],
            mean: vec![Spectrum::ZERO; PARTS].into(),
            counts: [true; CELLS],
            part: 0,
            look: Look::default(),
        }
    }

    /// Forgets what it heard.
    pub fn clear(&mut self) {
        self.is_sent = [false; PARTS];
        self.mean.fill(Spectrum::ZERO);
        (self.part, self.look) = (0, Look::default());
    }

    /// Whether something was sent that may still come back.
    pub fn is_fed(&self) -> bool {
        self.is_sent.contains(&true)
    }

    /// Hears a frame of each; none is one in which nothing is to be heard. Says what it found, every so many frames. `asked`
    /// is a lag about which more is to be known.
    pub fn hear(
        &mut self,
        sent: Option<&Spectrum>,
        back: Option<&Spectrum>,
        asked: usize,
        bench: &mut Bench,
    ) -> Option<Sighting> {
        self.newest = (self.newest + PARTS - 1) % PARTS;
        self.is_sent[self.newest] = sent.is_some();
        if let Some(sent) = sent {
            self.sent[self.newest] = sent.phases();
        }
        if !self.is_fed() {
            // Nothing can be learned.
            return None;
        }
        let back = back.map(Spectrum::phases);
        for part in 0..PARTS {
            let slot = (self.newest + part) % PARTS;
            if self.is_sent[slot] {
                learn(&mut self.mean[part], &self.sent[slot], back.as_ref());
            }
        }
        self.look_on(asked, bench)
    }

    fn look_on(&mut self, asked: usize, bench: &mut Bench) -> Option<Sighting> {
        if self.part == 0 {
            self.look = Look::default();
            self.find_tones();
        }
        for part in (self.part..self.part + LOOKS).step_by(2) {
            let likeness = bench.likeness([&self.mean[part], &self.mean[part + 1]], &self.counts);
            for (part, likeness) in (part..).zip(likeness) {
                self.look.at(part, likeness, self.shortest, asked);
            }
        }
        self.part = (self.part + LOOKS) % PARTS;
        (self.part == 0).then(|| self.look.sighting())
    }

    fn find_tones(&mut self) {
        let mut still = [0usize; CELLS];
        for mean in &self.mean {
            for (still, power) in still.iter_mut().zip(mean.powers()) {
                *still += usize::from(power > TONE);
            }
        }
        self.counts = still.map(|parts| parts <= TONE_PARTS);
    }
}

/// Takes a frame into a part's mean. Where nothing came back nothing is alike.
fn learn(mean: &mut Spectrum, sent: &Spectrum, back: Option<&Spectrum>) {
    let Some(back) = back else {
        mean.re.iter_mut().chain(&mut mean.im).for_each(|mean| *mean -= *mean * SHARE);
        return;
    };
    for cell in 0..CELLS {
        let re = back.re[cell] * sent.re[cell] + back.im[cell] * sent.im[cell];
        let im = back.im[cell] * sent.re[cell] - back.re[cell] * sent.im[cell];
        mean.re[cell] += (re - mean.re[cell]) * SHARE;
        mean.im[cell] += (im - mean.im[cell]) * SHARE;
    }
}

/// Whether of two lags one is a multiple of the other.
fn is_round(lag: usize, other: usize) -> bool {
    let (shorter, longer) = (lag.min(other).max(1), lag.max(other));
    let rounds = (longer + shorter / 2) / shorter;
    longer.abs_diff(rounds * shorter) <= NEAR
}

impl Look {
    fn sighting(&self) -> Sighting {
        let greatest = |of: &dyn Fn(usize) -> bool| {
            let others = self.best.iter().filter(|(lag, _)| of(*lag));
            others.fold((0, 0.0), |most, other| if other.1 > most.1 { *other } else { most })
        };
        let (lag, likeness) = greatest(&|_| true);
        let is_other = |other: usize| other.abs_diff(lag) >= ROOM;
        let (_, rival) = greatest(&|other| is_other(other) && !is_round(lag, other));
        let (_, round) = greatest(&|other| is_other(other) && is_round(lag, other));
        Sighting { lag, likeness, rival, round, asked: self.asked }
    }

    /// Looks at one part. Shifts are half a hop to either side of its lag.
    fn at(&mut self, part: usize, likeness: &[f32; FRAME], shortest: usize, asked: usize) {
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let scale = 1.0 / (2 * CELLS) as f32;
        for lag in (part * HOP).saturating_sub(HOP / 2).max(shortest)..part * HOP + HOP / 2 {
            // The transform runs the other way round: the shift n is found at −n.
            let likeness = likeness[(FRAME + part * HOP - lag) % FRAME].abs() * scale;
            if likeness > self.best[part].1 {
                self.best[part] = (lag, likeness);
            }
            if lag.abs_diff(asked) <= NEAR {
                self.asked = self.asked.max(likeness);
            }
        }
    }
}
