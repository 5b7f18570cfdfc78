//! The planner over any picture, way and time.

use proptest::prelude::*;

use super::*;
use crate::show::{Border, Direction, WipePattern};

/// What happens on a stage.
#[derive(Debug, Clone)]
enum Word {
    Show {
        to: Scene<char>,
        way: Way<char>,
    },
    Key {
        keyer: usize,
        graphic: Option<char>,
    },
    Black {
        on: bool,
        length: Duration,
    },
    Preview(Scene<char>),
    /// Frames go by. Backwards too: nothing may break then.
    Go(i32),
}

fn rects() -> impl Strategy<Value = Rect> {
    let edge = || prop_oneof![Just(0u16), Just(1000), 0u16..1001, any::<u16>()];
    let any = (edge(), edge(), edge(), edge()).prop_map(|(x, y, width, height)| Rect { x, y, width, height });
    prop_oneof![Just(Rect::FULL), Just(LEFT), Just(CORNER), any]
}

fn boxes() -> impl Strategy<Value = PictureBox> {
    let source = prop_oneof![proptest::char::range('a', 'f').prop_map(city), Just(Source::Black), Just(Source::Bars)];
    let crop =
        (any::<u16>(), any::<u16>(), 0u16..900).prop_map(|(left, top, right)| Crop { left, top, right, bottom: 0 });
    let crop = prop_oneof![Just(Crop::default()), crop];
    let border = proptest::option::of(any::<u16>().prop_map(|width| Border { width, colour: RED }));
    let fit = prop_oneof![Just(Fit::Contain), Just(Fit::Cover)];
    (source, rects(), crop, fit, border).prop_map(|(source, place, crop, fit, border)| PictureBox {
        source,
        place,
        crop,
        fit,
        border,
    })
}

fn graphics() -> impl Strategy<Value = char> {
    proptest::sample::select(vec!['f', 'g', 'h', 'c', 'u', 'l', 't', '?'])
}

fn scenes() -> impl Strategy<Value = Scene<char>> {
    let picture = (proptest::collection::vec(boxes(), 0..12), any::<bool>());
    (picture, proptest::collection::vec(graphics(), 0..4))
        .prop_map(|((boxes, bugs), graphics)| Scene { picture: Picture { bugs, ..Picture::of(boxes) }, graphics })
}

fn directions() -> impl Strategy<Value = Direction> {
    proptest::sample::select(vec![Direction::Left, Direction::Right, Direction::Up, Direction::Down])
}

fn transitions() -> impl Strategy<Value = Transition> {
    let lengths = || prop_oneof![Just(0u32), Just(160), 0u32..3001];
    let stinger = "jingle".parse::<MediaId>().unwrap();
    prop_oneof![
        Just(CUT),
        lengths().prop_map(|duration_ms| Transition::Mix { duration_ms }),
        lengths().prop_map(|duration_ms| Transition::Dip { duration_ms, colour: RED }),
        (lengths(), any::<u16>()).prop_map(|(duration_ms, softness)| Transition::Wipe {
            duration_ms,
            pattern: WipePattern::Circle,
            softness
        }),
        (lengths(), directions()).prop_map(|(duration_ms, direction)| Transition::Push { duration_ms, direction }),
        (lengths(), directions()).prop_map(|(duration_ms, direction)| Transition::Slide { duration_ms, direction }),
        lengths().prop_map(|duration_ms| Transition::Move { duration_ms }),
        (lengths(), 0u32..4000).prop_map(move |(duration_ms, cut_ms)| Transition::Stinger {
            duration_ms,
            stinger: stinger.clone(),
            cut_ms
        }),
    ]
}

fn ways() -> impl Strategy<Value = Way<char>> {
    (scenes(), transitions(), any::<bool>(), prop_oneof![Just(0), 0u16..1001, any::<u16>()], any::<bool>())
        .prop_map(|(from, transition, reversed, done, held)| Way { from, transition, reversed, done, held })
}

fn words() -> impl Strategy<Value = Word> {
    prop_oneof![
        (scenes(), ways()).prop_map(|(to, way)| Word::Show { to, way }),
        (0usize..5, proptest::option::of(graphics())).prop_map(|(keyer, graphic)| Word::Key { keyer, graphic }),
        (any::<bool>(), 0u64..2000).prop_map(|(on, length)| Word::Black { on, length: Duration::from_millis(length) }),
        scenes().prop_map(Word::Preview),
        prop_oneof![0i32..10, -20i32..100].prop_map(Word::Go),
    ]
}

fn sizes() -> impl Strategy<Value = Size> {
    let size = |width, height| Size { width, height };
    proptest::sample::select(vec![CANVAS, size(64, 64), size(2, 2), size(7680, 4320), size(u32::MAX, u32::MAX)])
}

fn part(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

fn check_tableau(tableau: &Tableau<Source>) {
    for layer in &tableau.layers {
        let video::Rect { x, y, width, height } = layer.place;
        assert!(
            [x, y].iter().all(|edge| edge.is_finite() && *edge >= 0.0) && width >= 2.0 && height >= 2.0,
            "{layer:?}"
        );
        let video::Crop { left, top, right, bottom } = layer.crop;
        assert!([left, top, right, bottom].into_iter().all(|cut| part(cut) && cut < 1.0), "{layer:?}");
        assert!(part(layer.opacity) && layer.border.is_none_or(|line| line.width >= 1.0), "{layer:?}");
    }
    check_keys(&tableau.keys);
}

fn check_keys(keys: &[Key]) {
    for key in keys {
        assert!(key.weight > 0.0 && key.weight <= 1.0 && key.x % 2 == 0 && key.y % 2 == 0, "{}", tell_key(key));
        assert!(key.window.is_none_or(|window| window.width > 0 && window.height > 0), "{:?}", key.window);
    }
}

fn tableaus(mix: &Mix<Source>) -> Vec<&Tableau<Source>> {
    match mix {
        Mix::One(tableau) | Mix::Dip { tableau, .. } => vec![tableau],
        Mix::Dissolve { under, over, .. } | Mix::Wipe { under, over, .. } | Mix::Move { under, over, .. } => {
            vec![under, over]
        }
    }
}

/// How far a mix is, where it says so.
fn progress(mix: &Mix<Source>) -> Option<f64> {
    match mix {
        Mix::One(_) => None,
        Mix::Dissolve { weight: progress, .. } | Mix::Dip { weight: progress, .. } | Mix::Wipe { progress, .. } => {
            Some(*progress)
        }
        Mix::Move { over_by: (x, y), .. } => Some(1.0 - x.abs() - y.abs()),
    }
}

fn check(shot: &Shot<Source>) {
    assert!(part(shot.black));
    assert!(progress(&shot.mix).is_none_or(part), "{:?}", shot.mix);
    tableaus(&shot.mix).into_iter().for_each(check_tableau);
    check_keys(&shot.keys);
}

/// The stage as it is after a cut to a picture, long ago.
fn cut_to(scene: &Scene<char>) -> Stage<char> {
    Stage::new(CANVAS, FRAME, scene.clone())
}

/// Without tickers, which tell for how long a picture is on.
fn without_tickers(mut scene: Scene<char>) -> Scene<char> {
    scene.graphics.retain(|graphic| *graphic != 't');
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nothing_that_is_said_in_any_order_breaks_a_frame(
        size in sizes(),
        frame in prop_oneof![Just(FRAME), Just(Duration::ZERO), Just(Duration::from_nanos(16_666_666)), Just(Duration::MAX)],
        first in scenes(),
        words in proptest::collection::vec(words(), 1..25),
    ) {
        let mut stage = Stage::new(size, frame, first);
        let mut count = 0i32;
        for word in words {
            let at = FRAME * count.unsigned_abs();
            match word {
                Word::Show { to, way } => stage.show(to, way, at),
                Word::Key { keyer, graphic } => stage.key(keyer, graphic, at),
                Word::Black { on, length } => stage.fade_to_black(on, length, at),
                Word::Preview(scene) => stage.set_preview(scene),
                Word::Go(frames) => count = (count + frames).max(0),
            }
            for at in [Duration::ZERO, at, FRAME * count.unsigned_abs(), Duration::MAX] {
                let shot = stage.program(at, &Drawer);
                check(&shot);
                check(&stage.preview(at, &Drawer));
                prop_assert_eq!(&shot, &stage.clone().program(at, &Drawer), "the state and the time are all it takes");
                for source in stage.sources(at) {
                    prop_assert!(stage.needs(source, at));
                }
                let drawn = tableaus(&shot.mix).into_iter().flat_map(|tableau| &tableau.layers);
                for layer in drawn {
                    prop_assert!(stage.sources(at).contains(&&layer.source), "{:?}", layer.source);
                }
            }
        }
    }

    #[test]
    fn at_its_end_every_transition_has_become_a_cut(to in scenes(), way in ways()) {
        let (to, mut way) = (without_tickers(to), way);
        way.held = false;
        let mut stage = cut_to(&way.from);
        let length = way.transition.duration();
        stage.show(to.clone(), way, FRAME * 10);
        let end = FRAME * 9 + length;
        let expected = cut_to(&to).program(end, &Drawer);
        for at in [end, end + FRAME, end + FRAME * 1000] {
            prop_assert_eq!(&stage.program(at, &Drawer), &expected);
        }
    }

    #[test]
    fn back_from_anywhere_it_ends_at_the_old_picture(from in scenes(), to in scenes(), way in ways()) {
        let from = without_tickers(from);
        let mut stage = cut_to(&from);
        let (done, length) = (way.done.min(1000), way.transition.duration());
        let forth = Way { from: from.clone(), reversed: false, done, ..way };
        let back = Way { from: to.clone(), reversed: true, done: 1000 - done, held: false, ..forth.clone() };
        stage.show(to, forth, FRAME * 10);
        stage.show(from.clone(), back, FRAME * 12);
        let end = FRAME * 11 + length;
        prop_assert_eq!(stage.program(end, &Drawer), cut_to(&from).program(end, &Drawer));
    }

    #[test]
    fn there_and_back_it_looks_alike_at_the_same_point(from in scenes(), to in scenes(), way in ways(), done in 0u16..1001) {
        let forth = Way { from: from.clone(), reversed: false, done, held: true, ..way };
        let back = Way { from: to.clone(), reversed: true, done: 1000 - done, ..forth.clone() };
        prop_assume!(!forth.transition.is_cut());
        let shot = |to: &Scene<char>, way| {
            let mut stage = cut_to(&from);
            stage.show(to.clone(), way, FRAME * 10);
            stage.program(FRAME * 10, &Drawer)
        };
        let (there, back) = (shot(&to, forth), shot(&from, back));
        let (a, b) = (progress(&there.mix), progress(&back.mix));
        prop_assert!(a.is_some() == b.is_some() && a.zip(b).is_none_or(|(a, b)| (a - b).abs() < 1e-9));
        let sources = |shot: &Shot<Source>| -> Vec<Vec<String>> {
            let layers = |each: &Tableau<Source>| each.layers.iter().map(|layer| name(&layer.source)).collect();
            tableaus(&shot.mix).into_iter().map(layers).collect()
        };
        // In the very middle a rounding decides which of the two is seen alone.
        if done != 500 {
            prop_assert_eq!(sources(&there), sources(&back));
        }
    }

    #[test]
    fn no_transition_goes_back_by_itself(from in scenes(), to in scenes(), way in ways()) {
        let is_dip = matches!(way.transition, Transition::Dip { .. });
        let mut stage = cut_to(&from);
        let frames = (way.transition.duration().as_millis() / FRAME.as_millis()) as u32 + 2;
        let way = Way { from, held: false, ..way };
        let reversed = way.reversed;
        stage.show(to, way, FRAME * 10);
        let seen = (0..frames).filter_map(|n| progress(&stage.program(FRAME * (10 + n), &Drawer).mix));
        let seen: Vec<_> = seen.collect();
        prop_assume!(!is_dip);
        prop_assert!(if reversed { seen.is_sorted_by(|a, b| a >= b) } else { seen.is_sorted() }, "{:?}", seen);
    }

    #[test]
    fn nothing_needs_a_source_that_is_in_neither_picture(to in scenes(), way in ways(), frames in 0u32..100) {
        let from = way.from.clone();
        let mut stage = cut_to(&full('z'));
        stage.show(to.clone(), way, FRAME * 10);
        let at = FRAME * (10 + frames);
        for source in ('a'..='z').map(city).chain([Source::Black, Source::Bars, Source::Slate]) {
            if stage.needs(&source, at) {
                prop_assert!(to.picture.shows(&source) || from.picture.shows(&source), "{}", source);
            } else {
                prop_assert!(!to.picture.shows(&source));
            }
        }
    }

    #[test]
    fn one_keyer_never_shows_more_than_the_whole_and_in_the_end_what_was_wanted(
        plans in proptest::collection::vec((proptest::option::of(proptest::char::range('c', 'h')), 0u32..10), 1..30),
    ) {
        let mut r = Rehearsal::new(full('a'));
        for (wanted, frames) in plans {
            r.key(wanted);
            for _ in 0..frames {
                let keys = r.shot().keys;
                check_keys(&keys);
                prop_assert!(keys.len() <= 1, "what changes over is one");
                r.frame += 1;
            }
            let at = r.now() + KEY_LENGTH * 3;
            let last: Vec<_> = r.stage.program(at, &Drawer).keys.iter().map(tell_key).collect();
            prop_assert_eq!(last, wanted.map(|wanted| wanted.to_string()).into_iter().collect::<Vec<_>>());
        }
    }
}
