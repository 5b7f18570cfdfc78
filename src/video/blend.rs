//! Samples onto samples, plane by plane: fills, copies and mixes. Inner loops are flat and in 16 bits, so that they are
//! compiled to vector instructions.

use super::place::{Area, Patch};
use super::{Plane, PlaneMut, View, ViewMut};

/// Full weight.
pub(super) const WHOLE: u16 = 256;

/// A weight in 256ths.
pub(super) fn whole(weight: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped; what is no number becomes 0")]
    let whole = (weight.clamp(0.0, 1.0) * f64::from(WHOLE)).round() as u16;
    whole
}

/// Between two samples. Of a sample and itself that is the sample, whatever the weight.
#[inline]
pub(super) fn mixed(under: u8, over: u8, weight: u16) -> u8 {
    ((u16::from(under) * (WHOLE - weight) + u16::from(over) * weight + WHOLE / 2) >> 8) as u8
}

impl<'a> Plane<'a> {
    /// The rows of a patch.
    pub(super) fn rows(self, Patch { x, y, width, height }: Patch) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let rows = self.data.chunks(self.stride.max(1)).skip(y).take(height);
        rows.filter_map(move |row| row.get(x..x + width))
    }
}

impl PlaneMut<'_> {
    /// The rows of a patch.
    pub(super) fn rows(&mut self, Patch { x, y, width, height }: Patch) -> impl Iterator<Item = &mut [u8]> {
        let rows = self.data.chunks_mut(self.stride.max(1)).skip(y).take(height);
        rows.filter_map(move |row| row.get_mut(x..x + width))
    }
}

/// One colour all over an area.
pub(super) fn fill(out: &mut ViewMut<'_>, area: Area, yuv: [u8; 3]) {
    if area.is_empty() {
        return;
    }
    for (number, (plane, value)) in out.planes().iter_mut().zip(yuv).enumerate() {
        plane.rows(area.on(number)).for_each(|row| row.fill(value));
    }
}

/// Mixes one colour into an area.
pub(super) fn tint(out: &mut ViewMut<'_>, area: Area, yuv: [u8; 3], weight: u16) {
    if area.is_empty() || weight == 0 {
        return;
    }
    for (number, (plane, value)) in out.planes().iter_mut().zip(yuv).enumerate() {
        for row in plane.rows(area.on(number)) {
            for sample in row {
                *sample = mixed(*sample, value, weight);
            }
        }
    }
}

/// Mixes another picture of the same size into an area.
pub(super) fn mix(out: &mut ViewMut<'_>, over: &View<'_>, area: Area, weight: u16) {
    if area.is_empty() || weight == 0 {
        return;
    }
    for (number, (plane, over)) in out.planes().iter_mut().zip(over.planes()).enumerate() {
        let patch = area.on(number);
        for (row, over) in plane.rows(patch).zip(over.rows(patch)) {
            for (sample, over) in row.iter_mut().zip(over) {
                *sample = mixed(*sample, *over, weight);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::{Colour, Image, Size};

    #[test]
    fn a_mix_of_a_sample_with_itself_is_the_sample_and_both_ends_are_exact() {
        for a in 0..=u8::MAX {
            for weight in 0..=WHOLE {
                assert_eq!(mixed(a, a, weight), a);
            }
            for b in 0..=u8::MAX {
                assert_eq!((mixed(a, b, 0), mixed(a, b, WHOLE)), (a, b));
            }
        }
    }

    #[test]
    fn weights_end_at_none_and_at_all() {
        let weights = [f64::NEG_INFINITY, -1.0, 0.0, f64::NAN, 0.5, 1.0, 2.0, f64::INFINITY].map(whole);
        assert_eq!(weights, [0, 0, 0, 0, 128, 256, 256, 256]);
    }

    #[test]
    fn a_fill_ends_at_the_edges_of_its_area_in_all_planes() {
        let mut image = Image::black(Size { width: 8, height: 8 });
        let area = Area { left: 2, top: 4, right: 6, bottom: 8 };
        fill(&mut image.view_mut(), area, Colour::WHITE.yuv());
        let view = image.view();
        for (at, sample) in view.planes()[0].data.iter().enumerate() {
            let inside = (2..6).contains(&(at % 8)) && at / 8 >= 4;
            assert_eq!(*sample, if inside { 235 } else { 16 }, "{at}");
        }
        tint(&mut image.view_mut(), area, [16, 0, 255], WHOLE);
        for (at, sample) in image.view().planes()[2].data.iter().enumerate() {
            let inside = (1..3).contains(&(at % 4)) && at / 4 >= 2;
            assert_eq!(*sample, if inside { 255 } else { 128 }, "{at}");
        }
    }
}
