//! How what moves through a ticker's window moves. Pure: the time is an argument.

use std::sync::Arc;
use std::time::Duration;

use super::{Region, Still};

/// What moves from right to left through a window, and comes again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticker {
    /// All of it; its region's corner is the window's.
    pub strip: Arc<Still>,
    /// Where it is seen, in pixels of program.
    pub window: Region,
    /// Its speed.
    pub px_per_s: u32,
    /// Its width with the room after it, in pixels: after so many it comes again.
    pub width: u32,
}

impl Ticker {
    /// Where copies of the strip stand at a time after it has come, in pixels from the window's left edge to theirs: even,
    /// from left to right, and only those of which something is in the window. It enters from the right.
    pub fn offsets(&self, elapsed: Duration) -> impl Iterator<Item = i64> + use<> {
        let (width, window) = (i64::from(self.width.max(2)), i64::from(self.window.width));
        let way = elapsed.as_micros().saturating_mul(u128::from(self.px_per_s)) / 1_000_000;
        let way = i64::try_from(way).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
        // Chroma has half the resolution: an odd place would shift colours against their edges.
        let first = (window - way) & !1;
        let gone = if first < 0 { (-first) / width } else { 0 };
        (gone..).map(move |copy| first + copy * width).take_while(move |offset| *offset < window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::graphics::Raster;

    fn ticker(width: u32, window: u32) -> Ticker {
        let region = Region { x: 0, y: 0, width: 2, height: 2 };
        let strip = Arc::new(Still::new(&Raster { region, pixels: vec![0; 16] }));
        Ticker { strip, window: Region { width: window, ..region }, px_per_s: 120, width }
    }

    fn at(ticker: &Ticker, ms: u64) -> Vec<i64> {
        ticker.offsets(Duration::from_millis(ms)).collect()
    }

    #[test]
    fn it_enters_from_the_right_and_moves_to_the_left() {
        let ticker = ticker(2000, 1000);
        assert!(at(&ticker, 0).is_empty());
        assert_eq!(at(&ticker, 100), [988]);
        assert_eq!(at(&ticker, 1000), [880]);
        assert_eq!(at(&ticker, 10_000), [-200]);
    }

    #[test]
    fn it_follows_itself_without_end() {
        let ticker = ticker(300, 1000);
        assert_eq!(at(&ticker, 10_000), [-200, 100, 400, 700]);
        for hours in [1, 24, 24 * 365, u64::MAX / 3_600_000] {
            let offsets = at(&ticker, hours * 3_600_000);
            assert!((4..=5).contains(&offsets.len()), "{hours}: {offsets:?}");
            assert!(offsets[0] > -300 && offsets[0] <= 0, "{hours}: {offsets:?}");
        }
    }

    #[test]
    fn it_always_stands_at_even_places() {
        let ticker = ticker(302, 1000);
        assert!((0..1000).flat_map(|ms| at(&ticker, ms * 7)).all(|offset| offset % 2 == 0));
    }
}
