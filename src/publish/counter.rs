//! The frame counter that a machine can read: a row of black and white cells along the lower edge. Pure.
//!
//! The cells survive encoding and scaling, so a test can tell from a decoded picture which frame it is. Above them a
//! square runs from left to right, for people.

/// Cells of the counter: 16 bits count 36 minutes at 30 fps before they begin again.
const CELLS: usize = 16;

/// Luma of black and white in limited range (BT.601).
const BLACK: u8 = 16;
pub(super) const WHITE: u8 = 235;

/// Frames in which the square crosses the picture.
const CROSSING: u32 = 90;

/// A plane of one byte per pixel.
pub(super) struct PlaneMut<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) stride: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl PlaneMut<'_> {
    fn fill(&mut self, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>, value: u8) {
        let columns = columns.start.min(self.width)..columns.end.min(self.width);
        for row in rows.start.min(self.height)..rows.end.min(self.height) {
            if let Some(pixels) = self.bytes.get_mut(row * self.stride..).and_then(|row| row.get_mut(columns.clone())) {
                pixels.fill(value);
            }
        }
    }
}

/// Rows that the counter takes: the lowest twentieth, on a boundary that chroma shares.
fn first_row(height: usize) -> usize {
    (height - height / 20) & !1
}

/// Paints the counter and the square into luma.
pub(super) fn paint_luma(mut luma: PlaneMut<'_>, frame: u32) {
    let (width, height) = (luma.width, luma.height);
    let top = first_row(height);
    for cell in 0..CELLS {
        let bit = frame >> (CELLS - 1 - cell) & 1;
        let columns = width * cell / CELLS..width * (cell + 1) / CELLS;
        luma.fill(columns, top..height, if bit == 1 { WHITE } else { BLACK });
    }
    let side = height / 10;
    let left = (width - side.min(width)) * (frame % CROSSING) as usize / CROSSING as usize;
    luma.fill(left..left + side, top.saturating_sub(side * 3 / 2)..top.saturating_sub(side / 2), WHITE);
}

/// Takes the colour out of the cells, in a chroma plane of half the size.
pub(super) fn paint_chroma(mut chroma: PlaneMut<'_>, luma_height: usize) {
    let (width, height) = (chroma.width, chroma.height);
    chroma.fill(0..width, first_row(luma_height) / 2..height, 128);
}

/// Reads the counter from the luma of a picture, wherever it came from: `luma` has `height` rows of `stride` bytes, the
/// picture is `width` wide. None: the cells are neither black nor white, so there is no counter.
pub fn read_counter(luma: &[u8], stride: usize, width: usize, height: usize) -> Option<u16> {
    let row = (first_row(height) + height) / 2;
    (0..CELLS).try_fold(0, |number, cell| {
        let middle = (2 * cell + 1) * width / (2 * CELLS);
        match *luma.get(row * stride + middle)? {
            0..=80 => Some(number << 1),
            170..=255 => Some(number << 1 | 1),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_painted_can_be_read_in_every_size() {
        for (width, height) in [(160, 90), (640, 360), (1280, 720), (1920, 1080), (322, 182)] {
            let stride = width + 6;
            let mut bytes = vec![100; stride * height];
            for frame in [0, 1, 0xaaaa, 65_535, 65_536 + 7] {
                paint_luma(PlaneMut { bytes: &mut bytes, stride, width, height }, frame);
                assert_eq!(read_counter(&bytes, stride, width, height), Some(frame as u16), "{width}x{height}");
            }
        }
    }

    #[test]
    fn a_picture_without_a_counter_reads_as_none() {
        assert_eq!(read_counter(&[128; 160 * 90], 160, 160, 90), None);
        assert_eq!(read_counter(&[], 160, 160, 90), None);
    }

    #[test]
    fn a_plane_that_is_too_short_is_left_alone() {
        let mut bytes = vec![7; 10];
        paint_luma(PlaneMut { bytes: &mut bytes, stride: 160, width: 160, height: 90 }, 1);
        assert_eq!(bytes, [7; 10]);
    }
}
