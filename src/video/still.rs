//! A graphic as it is laid over a picture: fill and key in the picture's own colour space.

use super::PlaneMut;
use super::colour::video;

/// A place in program, in pixels, all of them even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Region {
    /// The least region that holds both.
    fn with(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self { x, y, width: right - x, height: bottom - y }
    }
}

/// A drawn graphic: the pixels of its region alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Where it belongs.
    pub region: Region,
    /// Red, green, blue and alpha of each pixel, row by row; colours are multiplied by alpha.
    pub pixels: Vec<u8>,
}

/// Part of a plane of a still: each value is multiplied by its key already.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Plane {
    x: usize,
    y: usize,
    width: usize,
    fill: Vec<u8>,
    /// 0 lets program through, 255 hides it.
    key: Vec<u8>,
}

/// A graphic as Y, U, V of BT.709 in video range, chroma at half the resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    region: Region,
    planes: [Plane; 3],
}

/// Full weight.
const WHOLE: u16 = 256;

impl Still {
    /// Converts a drawn graphic.
    pub fn new(raster: &Raster) -> Self {
        let Region { x, y, width, height } = raster.region;
        let (width, height) = (width as usize, height as usize);
        let (pixels, _) = raster.pixels.as_chunks::<4>();
        let plane = |half: usize, fill: Vec<u8>, key: Vec<u8>| Plane {
            x: x as usize / half,
            y: y as usize / half,
            width: width / half,
            fill,
            key,
        };
        let luma = pixels.iter().map(|pixel| video(*pixel)[0]).collect();
        let key = pixels.iter().map(|[.., alpha]| *alpha).collect();

        let mut quarters = Vec::with_capacity(width * height / 4);
        for row in (0..height).step_by(2) {
            for column in (0..width).step_by(2) {
                let at = row * width + column;
                let four = [at, at + 1, at + width, at + width + 1].map(|at| pixels.get(at).copied().unwrap_or([0; 4]));
                quarters.push(std::array::from_fn(|part| {
                    let sum: u16 = four.iter().map(|pixel| u16::from(pixel[part])).sum();
                    u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX)
                }));
            }
        }
        let chroma = |part: usize| quarters.iter().map(|pixel| video(*pixel)[part]).collect();
        let quarter_key: Vec<u8> = quarters.iter().map(|[.., alpha]| *alpha).collect();
        let planes = [plane(1, luma, key), plane(2, chroma(1), quarter_key.clone()), plane(2, chroma(2), quarter_key)];
        Self { region: raster.region, planes }
    }

    /// Lays it over the Y, U and V of a frame; `weight` from 0 to 1 fades it. What does not fit is left out.
    pub fn lay_over(&self, frame: &mut [PlaneMut<'_>; 3], weight: f64) {
        let weight = whole(weight);
        if weight > 0 {
            for (still, frame) in self.planes.iter().zip(frame) {
                still.lay_over(frame, weight);
            }
        }
    }

    /// Several stills on their way from one to the other, as one: where all hide program, their mixture hides it as
    /// much. Weights are 1 together at most.
    pub fn mixed(stills: &[(&Self, f64)]) -> Option<Self> {
        let (first, _) = stills.first()?;
        let region = stills.iter().fold(first.region, |region, (still, _)| region.with(still.region));
        let planes = std::array::from_fn(|number| {
            let half = if number == 0 { 1 } else { 2 };
            let (width, height) = (region.width as usize / half, region.height as usize / half);
            let mut sum = Plane {
                x: region.x as usize / half,
                y: region.y as usize / half,
                width,
                fill: vec![0; width * height],
                key: vec![0; width * height],
            };
            for (still, weight) in stills {
                sum.add(&still.planes[number], whole(*weight));
            }
            sum
        });
        Some(Self { region, planes })
    }
}

impl Plane {
    fn lay_over(&self, frame: &mut PlaneMut<'_>, weight: u16) {
        let rows = frame.data.chunks_mut(frame.stride.max(1)).skip(self.y);
        for ((row, fill), key) in rows.zip(self.fill.chunks(self.width)).zip(self.key.chunks(self.width)) {
            let row = row.get_mut(self.x..).unwrap_or_default();
            if weight == WHOLE { lay(row, fill, key) } else { lay_faded(row, fill, key, weight) }
        }
    }

    /// Adds another one, which lies within.
    fn add(&mut self, other: &Self, weight: u16) {
        let (right, down) = (other.x - self.x, other.y - self.y);
        let add = |sums: &mut [u8], values: &[u8]| {
            let rows = sums.chunks_mut(self.width).skip(down).zip(values.chunks(other.width));
            for (sums, values) in rows {
                for (sum, value) in sums[right..].iter_mut().zip(values) {
                    *sum = sum.saturating_add(faded(*value, weight));
                }
            }
        };
        add(&mut self.fill, &other.fill);
        add(&mut self.key, &other.key);
    }
}

/// Flat and in 16 bits, so that it is compiled to vector instructions.
fn lay(row: &mut [u8], fill: &[u8], key: &[u8]) {
    for ((sample, fill), key) in row.iter_mut().zip(fill).zip(key) {
        *sample = over(*sample, *fill, *key);
    }
}

fn lay_faded(row: &mut [u8], fill: &[u8], key: &[u8], weight: u16) {
    for ((sample, fill), key) in row.iter_mut().zip(fill).zip(key) {
        *sample = over(*sample, faded(*fill, weight), faded(*key, weight));
    }
}

/// What is left of a sample under a key, and the fill on top. A key of 255 leaves nothing, one of 0 all.
fn over(sample: u8, fill: u8, key: u8) -> u8 {
    let key = u16::from(key) + u16::from(key >> 7);
    let left = (u16::from(sample) * (WHOLE - key) + WHOLE / 2) >> 8;
    #[expect(clippy::cast_possible_truncation, reason = "the lesser is a byte")]
    let byte = (left + u16::from(fill)).min(u16::from(u8::MAX)) as u8;
    byte
}

fn faded(value: u8, weight: u16) -> u8 {
    #[expect(clippy::cast_possible_truncation, reason = "weights are 256 at most")]
    let faded = ((u32::from(value) * u32::from(weight) + 128) >> 8) as u8;
    faded
}

/// A weight in 256ths.
fn whole(weight: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let whole = (weight.clamp(0.0, 1.0) * f64::from(WHOLE)).round() as u16;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Region = Region { x: 2, y: 2, width: 4, height: 2 };

    /// One colour in one region.
    fn still(region: Region, pixel: [u8; 4]) -> Still {
        Still::new(&Raster { region, pixels: pixel.repeat((region.width * region.height) as usize) })
    }

    /// A frame of 8 by 6, with two bytes more in each row, after what was laid over it.
    fn frame(lay: impl FnOnce(&mut [PlaneMut<'_>; 3])) -> [Vec<u8>; 3] {
        let mut planes = [vec![100; 10 * 6], vec![60; 6 * 3], vec![200; 6 * 3]];
        let [y, u, v] = &mut planes;
        let plane = |data, stride| PlaneMut { data, stride };
        lay(&mut [plane(y, 10), plane(u, 6), plane(v, 6)]);
        planes
    }

    fn inside(planes: &[Vec<u8>; 3]) -> [u8; 3] {
        [planes[0][2 * 10 + 2], planes[1][6 + 1], planes[2][6 + 1]]
    }

    #[test]
    fn an_opaque_graphic_hides_program_in_its_place_and_nowhere_else() {
        let red = still(HERE, [255, 0, 0, 255]);
        let planes = frame(|frame| red.lay_over(frame, 1.0));
        for (at, sample) in planes[0].iter().enumerate() {
            let (x, y) = (at % 10, at / 10);
            let inside = (2..6).contains(&x) && (2..4).contains(&y);
            assert_eq!(*sample, if inside { 63 } else { 100 }, "{x}, {y}");
        }
        for (plane, (fill, program)) in planes[1..].iter().zip([(102, 60), (240, 200)]) {
            for (at, sample) in plane.iter().enumerate() {
                let inside = (1..3).contains(&(at % 6)) && at / 6 == 1;
                assert_eq!(*sample, if inside { fill } else { program }, "{at}");
            }
        }
    }

    #[test]
    fn the_key_lets_program_through() {
        let half = still(HERE, [0, 0, 0, 128]);
        let [y, u, v] = inside(&frame(|frame| half.lay_over(frame, 1.0)));
        assert!(y.abs_diff(58) <= 1 && u.abs_diff(94) <= 1 && v.abs_diff(164) <= 1, "{y} {u} {v}");
        let nothing = still(HERE, [0; 4]);
        assert_eq!(inside(&frame(|frame| nothing.lay_over(frame, 1.0))), [100, 60, 200]);
    }

    #[test]
    fn a_weight_fades_it() {
        let white = still(HERE, [255; 4]);
        for (weight, luma) in [(0.0, 100), (0.25, 134), (0.5, 168), (1.0, 235), (7.0, 235), (f64::NAN, 100)] {
            let [y, ..] = inside(&frame(|frame| white.lay_over(frame, weight)));
            assert!(y.abs_diff(luma) <= 1, "{weight}: {y}");
        }
    }

    #[test]
    fn of_two_that_change_over_the_common_part_does_not_dip() {
        let wide = still(HERE, [255; 4]);
        let narrow = still(Region { width: 2, ..HERE }, [255; 4]);
        let mixed = Still::mixed(&[(&wide, 0.5), (&narrow, 0.5)]).unwrap();
        let planes = frame(|frame| mixed.lay_over(frame, 1.0));
        assert!(planes[0][2 * 10 + 2].abs_diff(235) <= 1, "both");
        assert!(planes[0][2 * 10 + 5].abs_diff(168) <= 1, "one, half gone");
        let below = still(Region { y: 4, ..HERE }, [255; 4]);
        let apart = Still::mixed(&[(&narrow, 0.75), (&below, 0.25)]).unwrap();
        assert_eq!(apart.region, Region { x: 2, y: 2, width: 4, height: 4 });
        assert_eq!(Still::mixed(&[]), None);
    }

    #[test]
    fn what_does_not_fit_into_the_frame_is_left_out() {
        let large = still(Region { x: 6, y: 4, width: 40, height: 20 }, [255; 4]);
        let planes = frame(|frame| large.lay_over(frame, 1.0));
        assert_eq!((planes[0][4 * 10 + 6], planes[0][10 + 6]), (235, 100));
        let outside = still(Region { x: 60, y: 40, width: 2, height: 2 }, [255; 4]);
        assert_eq!(inside(&frame(|frame| outside.lay_over(frame, 1.0))), [100, 60, 200]);
    }
}
