//! Pictures in memory: borrowed to read, borrowed to write, owned. Knows where the samples are, not what they show.

use std::fmt;

use super::Colour;

/// Pixels. What is written to is even each way, since chroma has half the resolution; what is only read may be odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Size {
    /// Width and height of the three planes, in samples.
    pub(super) fn planes(self) -> [(usize, usize); 3] {
        let (width, height) = (self.width as usize, self.height as usize);
        let half = (width.div_ceil(2), height.div_ceil(2));
        [(width, height), half, half]
    }

    /// Bytes of the three planes without any between their rows.
    fn bytes(self) -> usize {
        self.planes().iter().map(|(width, height)| width * height).sum()
    }

    fn even(self) -> Self {
        Self { width: self.width.next_multiple_of(2), height: self.height.next_multiple_of(2) }
    }
}

/// A plane to read.
#[derive(Clone, Copy)]
pub struct Plane<'a> {
    /// Its rows, each in full.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// A plane to write.
pub struct PlaneMut<'a> {
    /// Its rows, each in full.
    pub data: &'a mut [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// A picture to read: Y, U, V.
#[derive(Clone, Copy)]
pub struct View<'a> {
    size: Size,
    planes: [Plane<'a>; 3],
}

/// A picture to write: Y, U, V.
pub struct ViewMut<'a> {
    size: Size,
    planes: [PlaneMut<'a>; 3],
}

/// Whether rows of `stride` bytes make a plane: all of them in full, with what lies between them, the last one too.
fn fits(length: usize, stride: usize, (width, height): (usize, usize)) -> bool {
    width > 0 && height > 0 && stride >= width && stride.checked_mul(height).is_some_and(|needed| length >= needed)
}

impl<'a> View<'a> {
    /// Three planes and their strides. `None` if one is too short for the size, or there is no pixel at all.
    pub fn new(size: Size, planes: [(&'a [u8], usize); 3]) -> Option<Self> {
        let fit = planes.iter().zip(size.planes()).all(|((data, stride), plane)| fits(data.len(), *stride, plane));
        fit.then(|| Self { size, planes: planes.map(|(data, stride)| Plane { data, stride }) })
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Y, U and V.
    pub fn planes(&self) -> &[Plane<'a>; 3] {
        &self.planes
    }
}

impl<'a> ViewMut<'a> {
    /// Three planes and their strides. `None` if one is too short for the size, or if that is odd or nothing.
    pub fn new(size: Size, planes: [(&'a mut [u8], usize); 3]) -> Option<Self> {
        let fit = planes.iter().zip(size.planes()).all(|((data, stride), plane)| fits(data.len(), *stride, plane));
        (fit && size.even() == size)
            .then(|| Self { size, planes: planes.map(|(data, stride)| PlaneMut { data, stride }) })
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Y, U and V.
    pub fn planes(&mut self) -> &mut [PlaneMut<'a>; 3] {
        &mut self.planes
    }

    /// The same picture, to read.
    pub fn view(&self) -> View<'_> {
        let [y, u, v] = &self.planes;
        View { size: self.size, planes: [y, u, v].map(|plane| Plane { data: plane.data, stride: plane.stride }) }
    }
}

/// A picture of its own, without anything between its rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    size: Size,
    data: Vec<u8>,
}

impl Image {
    /// A black one. An odd size is rounded up.
    pub fn black(size: Size) -> Self {
        Self::filled(size, Colour::BLACK)
    }

    /// One in one colour. An odd size is rounded up.
    pub fn filled(size: Size, colour: Colour) -> Self {
        let size = size.even();
        let mut data = Vec::with_capacity(size.bytes());
        for ((width, height), value) in size.planes().into_iter().zip(colour.yuv()) {
            data.resize(data.len() + width * height, value);
        }
        Self { size, data }
    }

    /// EBU colour bars of 75 % (100/0/75/0): white, yellow, cyan, green, magenta, red, blue, black. An odd size is rounded up.
    pub fn bars(size: Size) -> Self {
        const LOW: u8 = 0;
        /// Three quarters of the signal's range, which is what the bars' name counts.
        const HIGH: u8 = 191;
        let mut image = Self::black(size);
        let bars = [
            [u8::MAX, u8::MAX, u8::MAX],
            [HIGH, HIGH, LOW],
            [LOW, HIGH, HIGH],
            [LOW, HIGH, LOW],
            [HIGH, LOW, HIGH],
            [HIGH, LOW, LOW],
            [LOW, LOW, HIGH],
            [LOW, LOW, LOW],
        ]
        .map(|[red, green, blue]| Colour { red, green, blue }.yuv());
        let planes = image.size.planes();
        for (number, (plane, (width, _))) in image.view_mut().planes().iter_mut().zip(planes).enumerate() {
            for row in plane.data.chunks_mut(plane.stride.max(1)) {
                for (x, sample) in row.iter_mut().enumerate() {
                    *sample = bars[x * bars.len() / width][number];
                }
            }
        }
        image
    }

    /// Its size, even each way.
    pub fn size(&self) -> Size {
        self.size
    }

    /// To read.
    pub fn view(&self) -> View<'_> {
        let [(width, height), (half, half_height), _] = self.size.planes();
        let (y, chroma) = self.data.split_at(width * height);
        let (u, v) = chroma.split_at(half * half_height);
        let plane = |data, stride| Plane { data, stride };
        View { size: self.size, planes: [plane(y, width), plane(u, half), plane(v, half)] }
    }

    /// To write.
    pub fn view_mut(&mut self) -> ViewMut<'_> {
        let [(width, height), (half, half_height), _] = self.size.planes();
        let (y, chroma) = self.data.split_at_mut(width * height);
        let (u, v) = chroma.split_at_mut(half * half_height);
        let plane = |data, stride| PlaneMut { data, stride };
        ViewMut { size: self.size, planes: [plane(y, width), plane(u, half), plane(v, half)] }
    }
}

// A million samples tell nobody anything.
macro_rules! told_by_its_size {
    ($($picture:ty),*) => {$(
        impl fmt::Debug for $picture {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}x{}", stringify!($picture), self.size.width, self.size.height)
            }
        }
    )*};
}
told_by_its_size!(View<'_>, ViewMut<'_>, Image);

impl fmt::Debug for Plane<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plane of {} bytes, {} a row", self.data.len(), self.stride)
    }
}

impl fmt::Debug for PlaneMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlaneMut of {} bytes, {} a row", self.data.len(), self.stride)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 16, height: 4 };

    #[test]
    fn a_view_needs_all_its_rows() {
        let (luma, chroma) = ([0; 80], [0; 20]);
        let view = |size, luma_stride, luma_length, chroma_length| {
            View::new(size, [(&luma[..luma_length], luma_stride), (&chroma[..chroma_length], 10), (&chroma, 10)])
        };
        assert!(view(SIZE, 20, 80, 20).is_some());
        assert!(view(SIZE, 20, 79, 20).is_none(), "the last row is not whole");
        assert!(view(SIZE, 15, 80, 20).is_none(), "rows overlap");
        assert!(view(SIZE, 20, 80, 19).is_none());
        assert!(view(SIZE, usize::MAX, 80, 20).is_none());
        assert!(view(Size { width: 15, height: 3 }, 20, 80, 20).is_some(), "odd sizes can be read");
        assert!(view(Size { width: 0, height: 4 }, 20, 80, 20).is_none());
        assert!(view(Size { width: u32::MAX, height: u32::MAX }, usize::MAX, 80, 20).is_none());
        let mut planes = [[0; 64]; 3];
        let [y, u, v] = &mut planes;
        assert!(ViewMut::new(Size { width: 15, height: 4 }, [(y, 16), (u, 16), (v, 16)]).is_none());
    }

    #[test]
    fn bars_have_the_values_that_they_should_have() {
        let bars = Image::bars(SIZE);
        let view = bars.view();
        let bar = |number: usize| {
            let [y, u, v] = view.planes();
            [y.data[3 * 16 + 2 * number], u.data[8 + number], v.data[8 + number]]
        };
        let expected = [
            [235, 128, 128],
            [168, 44, 136],
            [145, 147, 44],
            [133, 63, 52],
            [63, 193, 204],
            [51, 109, 212],
            [28, 212, 120],
            [16, 128, 128],
        ];
        for (number, expected) in expected.into_iter().enumerate() {
            assert_eq!(bar(number), expected, "{number}");
        }
    }

    #[test]
    fn odd_images_are_rounded_up() {
        let image = Image::filled(Size { width: 3, height: 1 }, Colour::WHITE);
        assert_eq!(
            (image.size(), image.data),
            (Size { width: 4, height: 2 }, [[235; 8].as_slice(), &[128; 4]].concat())
        );
    }
}
