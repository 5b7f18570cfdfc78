//! Wipes as pictures.

use super::*;

#[test]
fn every_wipe_begins_with_nothing_ends_with_all_and_never_goes_back() {
    for pattern in Pattern::ALL {
        for softness in [0.0, 0.1, 0.5, 9.0, f64::NAN] {
            let wipe = |progress| {
                let (under, over) = (tableau(vec![full(9)]), Tableau { ground: Colour::WHITE, ..tableau(vec![]) });
                shot(Mix::Wipe { under, over, pattern, progress, softness })
            };
            assert_eq!(rendered(&wipe(0.0)), Image::black(CANVAS));
            assert_eq!(rendered(&wipe(1.0)), Image::filled(CANVAS, Colour::WHITE));
            let mut before = rendered(&wipe(0.0));
            let mut area = 0;
            for step in 1..100 {
                let now = rendered(&wipe(f64::from(step) / 100.0));
                let (was, is) = (before.view(), now.view());
                for (was, is) in was.planes()[0].data.iter().zip(is.planes()[0].data) {
                    assert!(*is + 1 >= *was, "{pattern:?} {softness} at {step}: {was} to {is}");
                }
                let uncovered: u32 = is.planes()[0].data.iter().map(|luma| u32::from(luma - 16)).sum();
                assert!(uncovered >= area, "{pattern:?} {softness} at {step}");
                (before, area) = (now, uncovered);
            }
            let all = 64 * 36 * 219;
            assert!(area > all * 8 / 10 && area <= all, "{pattern:?} {softness}: {area} of {all}");
        }
    }
}

#[test]
fn edges_run_in_the_direction_that_they_are_named_by() {
    // Half-way: which of the corners and the edges' middles are uncovered already, row by row.
    let expected = [
        (Pattern::Right, "x..x..x.."),
        (Pattern::Left, "..x..x..x"),
        (Pattern::Down, "xxx......"),
        (Pattern::Up, "......xxx"),
        (Pattern::DownRight, "xx.x....."),
        (Pattern::DownLeft, ".xx..x..."),
        (Pattern::UpRight, "...x..xx."),
        (Pattern::UpLeft, ".....x.xx"),
        (Pattern::Circle, "....x...."),
        (Pattern::Diamond, "....x...."),
        (Pattern::BarnHorizontal, ".x..x..x."),
        (Pattern::BarnVertical, "...xxx..."),
        (Pattern::Clock, "..x..x..x"),
    ];
    for (pattern, map) in expected {
        let progress = if matches!(pattern, Pattern::Circle) { 0.3 } else { 0.4 };
        let (under, over) = (tableau(vec![]), Tableau { ground: Colour::WHITE, ..tableau(vec![]) });
        let picture = rendered(&shot(Mix::Wipe { under, over, pattern, progress, softness: 0.0 }));
        let seen = [1, 17, 34].into_iter().flat_map(|y| [1, 31, 62].map(|x| at(&picture, x, y)[0] > 125));
        let seen: String = seen.map(|seen| if seen { 'x' } else { '.' }).collect();
        assert_eq!(seen, map, "{pattern:?}");
    }
}

#[test]
fn chroma_is_wiped_where_luma_is() {
    for pattern in Pattern::ALL {
        let (under, over) = (tableau(vec![full(2)]), Tableau { ground: BLUE, ..tableau(vec![]) });
        let picture = rendered(&shot(Mix::Wipe { under, over, pattern, progress: 0.37, softness: 0.3 }));
        for (x, y) in [(10, 10), (30, 20), (50, 6), (32, 18)] {
            let share = |n: usize, value: u8| {
                let (from, to) = (f64::from(RED.yuv()[n]), f64::from(BLUE.yuv()[n]));
                (f64::from(value) - from) / (to - from)
            };
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| share(0, at(&picture, x + dx, y + dy)[0]));
            let luma = four.iter().sum::<f64>() / 4.0;
            let chroma = share(2, at(&picture, x, y)[2]);
            assert!((luma - chroma).abs() < 0.08, "{pattern:?} at {x}, {y}: {luma} and {chroma}");
        }
    }
}
