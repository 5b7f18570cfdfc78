//! The keyers' driver: lays stills over the finished frames of program, each as it is planned for its frame.
//!
//! Looks go in with the times of frames, before the frames themselves are pushed; the compositor's thread looks them up
//! by the time of the frame that it has made. While no keyer is on that is all that happens.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};

use super::takes::ROUNDING;
use crate::media::graphics::{FramePlane, Slot, Still};

/// Looks that may wait for their frames. The compositor is a few frames behind at most.
const MAX_WAITING: usize = 64;

/// What is seen of one keyer: graphics, and how much of each. Several only while one replaces another.
pub(super) type Layers = Vec<(Arc<Slot>, f64)>;

/// What lies over a frame, the lower keyer first.
#[derive(Debug, Clone, Default)]
pub(super) struct Look(pub(super) [Layers; 2]);

impl Look {
    fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    fn is_same(&self, other: &Self) -> bool {
        let same = |a: &Layers, b: &Layers| {
            a.len() == b.len() && a.iter().zip(b).all(|((a, x), (b, y))| Arc::ptr_eq(a, b) && x == y)
        };
        self.0.iter().zip(&other.0).all(|(a, b)| same(a, b))
    }

    /// Lays it over the Y, U and V of a frame. What is not drawn yet is left out.
    fn lay_over(&self, frame: &mut [FramePlane<'_>; 3]) {
        for layers in &self.0 {
            let drawn = layers.iter().filter_map(|(slot, weight)| Some((slot.still()?, *weight)));
            let drawn: Vec<(&Still, f64)> = drawn.collect();
            match drawn[..] {
                [] => {}
                [(still, weight)] => still.lay_over(frame, weight),
                _ => drop(Still::mixed(&drawn).map(|still| still.lay_over(frame, 1.0))),
            }
        }
    }
}

/// The looks of the frames to come. Cloning it is cheap.
#[derive(Debug, Clone, Default)]
pub(super) struct Keying(Arc<Mutex<VecDeque<(Duration, Look)>>>);

impl Keying {
    /// Says how the frame at `at` and those after it look. Times only go up.
    pub(super) fn drive(&self, at: Duration, look: Look) {
        let mut looks = self.lock();
        if looks.back().is_none_or(|(_, last)| !last.is_same(&look)) {
            if looks.len() == MAX_WAITING {
                looks.pop_front();
            }
            looks.push_back((at, look));
        }
    }

    /// Lays graphics over every frame that leaves a compositor, which makes them in this format: I420.
    pub(super) fn install(&self, pad: &gst::Pad, format: VideoInfo) {
        let keying = self.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(buffer) = info.buffer_mut()
                && let Some(at) = buffer.pts()
                && let Some(look) = keying.look(at.into())
                && let Ok(mut frame) = VideoFrameRef::from_buffer_ref_writable(buffer.make_mut(), &format)
            {
                let strides: [usize; 3] =
                    std::array::from_fn(|plane| usize::try_from(frame.plane_stride()[plane]).unwrap_or_default());
                let [y, u, v, _] = frame.planes_data_mut();
                let plane = |data, stride| FramePlane { data, stride };
                look.lay_over(&mut [plane(y, strides[0]), plane(u, strides[1]), plane(v, strides[2])]);
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// What lies over the frame at `at`, if anything. Times only go up.
    fn look(&self, at: Duration) -> Option<Look> {
        let mut looks = self.lock();
        while looks.get(1).is_some_and(|(from, _)| *from <= at + ROUNDING) {
            looks.pop_front();
        }
        let (from, look) = looks.front()?;
        (*from <= at + ROUNDING && !look.is_empty()).then(|| look.clone())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Duration, Look)>> {
        self.0.lock().expect("no code panics while it holds the looks")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::graphics::LowerThird;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn look(title: &str, weight: f64) -> Look {
        let slot = Slot::new(LowerThird::new(title, "").unwrap());
        Look([vec![(Arc::new(slot), weight)], Vec::new()])
    }

    fn seen(keying: &Keying, at: Duration) -> Option<f64> {
        keying.look(at).map(|look| look.0[0][0].1)
    }

    #[test]
    fn a_frame_gets_its_own_look_however_far_the_compositor_lags() {
        let keying = Keying::default();
        keying.drive(ms(1000), Look::default());
        keying.drive(ms(1040), look("a", 0.25));
        keying.drive(ms(1080), look("a", 0.5));
        keying.drive(ms(1120), Look::default());
        assert_eq!(seen(&keying, ms(960)), None);
        assert_eq!(seen(&keying, ms(1000)), None);
        // The compositor's time of the frame may be a nanosecond early.
        assert_eq!(seen(&keying, ms(1040) - Duration::from_nanos(1)), Some(0.25));
        assert_eq!(seen(&keying, ms(1080)), Some(0.5));
        assert_eq!(seen(&keying, ms(1120)), None);
        assert_eq!(seen(&keying, ms(9000)), None);
    }

    #[test]
    fn what_does_not_change_is_kept_once() {
        let keying = Keying::default();
        let steady = look("a", 1.0);
        for n in 0..1000 {
            keying.drive(ms(n), steady.clone());
        }
        assert_eq!(keying.lock().len(), 1);
        for n in 0..1000 {
            keying.drive(ms(1000 + n), look("a", 1.0));
        }
        assert_eq!(keying.lock().len(), MAX_WAITING, "a compositor that stands still costs no more");
    }

    #[test]
    fn what_is_not_drawn_yet_leaves_the_frame_alone() {
        let mut planes = [vec![100; 64], vec![60; 16], vec![200; 16]];
        let before = planes.clone();
        let [y, u, v] = &mut planes;
        let plane = |data, stride| FramePlane { data, stride };
        look("a", 1.0).lay_over(&mut [plane(y, 8), plane(u, 4), plane(v, 4)]);
        assert_eq!(planes, before);
    }
}
