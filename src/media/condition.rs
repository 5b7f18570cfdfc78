//! How a source does, judged on its media: black, frozen, silent and so on. Pure: time is an argument, and whoever decodes
//! says what came. What follows from a flaw is the show's business.
//!
//! Nothing flickers: what begins to be wrong must stay so for some time before it counts, and what is right again too.

mod picture;
mod window;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::picture::Grid;
use self::picture::{Blackness, Stillness};
use self::window::Window;
use crate::show::Flaw;

/// Time between two looks at a picture's pixels. Frames in between are only counted.
/// A little less than a fifth of a second: it is rounded up to whole frames.
pub const GLANCE: Duration = Duration::from_millis(180);

/// Fewer pictures a second than this are no movement; with so many more it is one again.
const LEAST_RATE: f64 = 12.0;
const ENOUGH_RATE: f64 = 13.0;
const RATE_SPAN: Duration = Duration::from_secs(2);
/// After so long without a picture they are counted anew.
const GAP: Duration = Duration::from_secs(1);

/// Parts of packets that are missing.
const MOST_LOSS: f64 = 0.02;
const LITTLE_LOSS: f64 = 0.01;
const LOSS_SPAN: Duration = Duration::from_secs(5);

/// With fewer packets than this one lost packet would be a percent and more.
const ENOUGH_PACKETS: u64 = 100;

/// No picture is decoded for so long, though packets of one come.
const NO_KEYFRAME: Duration = Duration::from_secs(2);

/// A sample of −60 dBFS; what is to be heard again must be louder, by 6 dB.
const SILENCE: f32 = 0.001;
const SOUND: f32 = 0.002;
const SILENT: Duration = Duration::from_secs(10);

/// Blocks with full-scale samples within a second that are no accident.
const MOST_CLIPPED: u64 = 5;
const CLIPPED_SPAN: Duration = Duration::from_secs(1);
/// Sound is overdriven from peak to peak of what is said: it counts until it has been clean for so long.
const CLEAN: Duration = Duration::from_secs(3);

/// Full scale, as 16 bits have it.
const FULL_SCALE: f32 = 0.9999;

/// A few milliseconds of sound.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Loudness {
    /// Largest sample, linear.
    pub peak: f32,
    /// Samples at full scale.
    pub full_scale: u32,
}

impl Loudness {
    /// Measures samples of all sides.
    pub fn of(samples: &[f32]) -> Self {
        let mut loudness = Self::default();
        for sample in samples.iter().map(|sample| sample.abs()) {
            loudness.peak = loudness.peak.max(sample);
            loudness.full_scale += u32::from(sample >= FULL_SCALE);
        }
        loudness
    }
}

/// Judges one session of one source.
#[derive(Debug)]
pub struct Judge {
    begin: Duration,
    /// The newest picture.
    frame: Option<Duration>,
    glance: Option<Duration>,
    frames: Window<u64>,
    black: Blackness,
    still: Stillness,
    /// The newest packet of a picture.
    packet: Option<Duration>,
    packets: Window<[u64; 2]>,
    /// When something was heard last.
    heard: Duration,
    clipped: Window<u64>,
    overdriven: Option<Duration>,
    /// What was wrong at the last look.
    slow: bool,
    lossy: bool,
    silent: bool,
}

impl Judge {
    /// Nothing has come yet, and nothing is wrong.
    pub fn new(now: Duration) -> Self {
        Self {
            begin: now,
            frame: None,
            glance: None,
            frames: Window::new(RATE_SPAN),
            black: Blackness::default(),
            still: Stillness::default(),
            packet: None,
            packets: Window::new(LOSS_SPAN),
            heard: now,
            clipped: Window::new(CLIPPED_SPAN),
            overdriven: None,
            slow: false,
            lossy: false,
            silent: false,
        }
    }

    /// A picture was decoded. Answers whether its pixels are wanted now, for [`Judge::glance`].
    pub fn frame(&mut self, at: Duration) -> bool {
        if self.frame.is_some_and(|last| at.saturating_sub(last) >= GAP) {
            self.frames = Window::new(RATE_SPAN);
        }
        self.frame = Some(at);
        self.frames.add(at, |count| *count += 1);
        let is_due = self.glance.is_none_or(|last| at.saturating_sub(last) >= GLANCE);
        if is_due {
            self.glance = Some(at);
        }
        is_due
    }

    /// What a picture looks like.
    pub fn glance(&mut self, at: Duration, grid: &Grid) {
        self.black.see(at, grid);
        self.still.see(at, grid);
    }

    /// Sound was decoded.
    pub fn sound(&mut self, at: Duration, loudness: Loudness) {
        if loudness.peak > if self.silent { SOUND } else { SILENCE } {
            self.heard = at;
        }
        if loudness.full_scale > 0 {
            self.clipped.add(at, |blocks| *blocks += 1);
            if self.clipped.sum(at, |sum, blocks| sum + blocks).unwrap_or(0) >= MOST_CLIPPED {
                self.overdriven = Some(at);
            }
        }
    }

    /// Packets of a picture came, whether they can be decoded or not.
    pub fn picture_packet(&mut self, at: Duration) {
        self.packet = Some(at);
    }

    /// So many packets of picture and sound were lost on their way, and so many came.
    pub fn packets(&mut self, at: Duration, lost: u64, received: u64) {
        self.packets.add(at, |[all_lost, all_received]| {
            *all_lost += lost;
            *all_received += received;
        });
    }

    /// Everything that is wrong, in the order of [`Flaw`].
    pub fn look(&mut self, now: Duration) -> Vec<Flaw> {
        let since = |at: Duration| now.saturating_sub(at);
        let comes = |at: Option<Duration>, patience| at.is_some_and(|at| since(at) < patience);
        let age = since(self.begin);

        let no_keyframe = comes(self.packet, NO_KEYFRAME) && since(self.frame.unwrap_or(self.begin)) >= NO_KEYFRAME;
        // Without pictures it is lost, and no more than that is known of it.
        let has_picture = comes(self.frame, GAP);
        #[expect(clippy::cast_precision_loss, reason = "some hundred frames")]
        let rate =
            self.frames.sum(now, |sum, count| sum + count).unwrap_or(0) as f64 / self.frames.covered(now).as_secs_f64();
        self.slow = has_picture
            && match self.frames.is_full(now) {
                true => rate < if self.slow { ENOUGH_RATE } else { LEAST_RATE },
                false => self.slow,
            };

        let [lost, received] =
            self.packets.sum(now, |sum, part| [sum[0] + part[0], sum[1] + part[1]]).unwrap_or([0; 2]);
        #[expect(clippy::cast_precision_loss, reason = "some thousand packets")]
        let loss = lost as f64 / (lost + received).max(1) as f64;
        self.lossy = lost + received >= ENOUGH_PACKETS && loss > if self.lossy { LITTLE_LOSS } else { MOST_LOSS };

        self.silent = since(self.heard) >= SILENT && age >= SILENT;
        let flaws = [
            (Flaw::NoKeyframe, no_keyframe),
            (Flaw::Black, has_picture && self.black.look(now)),
            (Flaw::Frozen, has_picture && self.still.look(now)),
            (Flaw::LowFrameRate, self.slow),
            (Flaw::Loss, self.lossy),
            (Flaw::Silent, self.silent),
            (Flaw::Clipped, comes(self.overdriven, CLEAN)),
        ];
        flaws.into_iter().filter_map(|(flaw, is_so)| is_so.then_some(flaw)).collect()
    }
}
