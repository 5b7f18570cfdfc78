//! Graphics: those of the picture, those of the keyers, what runs through them.

use super::*;

const SECOND: u32 = 25;

/// What the lowest keyer lays over its next frames.
fn keys<const N: usize>(r: &mut Rehearsal) -> [String; N] {
    std::array::from_fn(|_| r.keys())
}

/// A rehearsal with a graphic on since long ago.
fn with(graphic: char) -> Rehearsal {
    let mut r = Rehearsal::new(full('a'));
    r.key(graphic);
    r.frame += 100;
    r
}

#[test]
fn a_graphic_comes_and_goes_by_its_own_animation() {
    let mut r = Rehearsal::new(full('a'));
    r.key('f');
    assert_eq!(keys(&mut r), ["f*16", "f*32", "f*48", "f*64", "f*80", "f*96", "f", "f"]);
    r.key(None);
    assert_eq!(keys(&mut r), ["f*84", "f*68", "f*52", "f*36", "f*20", "f*4", "", ""]);
    r.key('c');
    assert_eq!(keys(&mut r), ["c", "c"]);
    r.key(None);
    assert_eq!(keys(&mut r), ["", ""]);
}

#[test]
fn what_slides_comes_from_outside_and_leaves_to_outside() {
    let mut r = Rehearsal::new(full('a'));
    let low = i32::try_from(CANVAS.height - bounds('u').y).unwrap();
    r.key('u');
    let place = |r: &mut Rehearsal| {
        let place = r.shot().keys.first().map(|key| (key.x, key.y, key.weight == 1.0));
        r.frame += 1;
        place
    };
    let way: Vec<_> = (0..7).map(|_| place(&mut r).unwrap()).collect();
    assert!(way.is_sorted_by(|(_, a, _), (_, b, _)| a >= b), "{way:?}");
    assert!(way.iter().all(|(x, _, whole)| *x == 0 && *whole), "{way:?}");
    assert!(way[0].1 > low * 9 / 10 && way[0].1 < low, "it comes up from below: {way:?}");
    assert_eq!(way[6], (0, 0, true));
    r.key(None);
    let way: Vec<_> = std::iter::from_fn(|| place(&mut r)).collect();
    assert!(way.len() == 6 && way.is_sorted_by(|(_, a, _), (_, b, _)| a < b), "{way:?}");
    assert!(way[5].1 > low * 9 / 10 && way[5].1 <= low, "{way:?}");

    let mut r = with('l');
    r.key(None);
    let way: Vec<_> = std::iter::from_fn(|| place(&mut r)).collect();
    let out = i32::try_from(bounds('l').x + bounds('l').width).unwrap();
    assert!(way[5].0 < -out * 9 / 10 && way[5].0 >= -out, "it goes out at the left, all of it: {way:?}");
}

#[test]
fn every_slide_ends_in_its_direction() {
    let region = Region { x: 100, y: 500, width: 400, height: 20 };
    for (animation, from, to) in [
        (Animation::SlideLeft, (1180, 0), (-500, 0)),
        (Animation::SlideRight, (-500, 0), (1180, 0)),
        (Animation::SlideUp, (0, 220), (0, -520)),
        (Animation::SlideDown, (0, -520), (0, 220)),
    ] {
        assert_eq!(animation.before(region, CANVAS, 1.0), from, "{animation:?}");
        assert_eq!(animation.behind(region, CANVAS, 1.0), to, "{animation:?}");
        assert_eq!(animation.before(region, CANVAS, 0.0), (0, 0), "{animation:?}");
    }
}

#[test]
fn one_that_is_switched_off_while_it_comes_turns_back_from_where_it_is() {
    let mut r = Rehearsal::new(full('a'));
    r.key('f');
    assert_eq!(keys(&mut r), ["f*16", "f*32", "f*48"]);
    r.key(None);
    assert_eq!(keys(&mut r), ["f*32", "f*16", ""]);
    r.key('u');
    let there: [String; 3] = keys(&mut r);
    r.key(None);
    let back: [String; 3] = keys(&mut r);
    assert_eq!(back, [there[1].clone(), there[0].clone(), String::new()], "by the way that it came");
}

#[test]
fn one_that_is_switched_on_while_it_goes_turns_back_too() {
    let mut r = with('u');
    r.key(None);
    let away: [String; 3] = keys(&mut r);
    r.key('u');
    assert_eq!(keys(&mut r), [away[1].clone(), away[0].clone(), "u".into()]);
}

#[test]
fn one_that_replaces_another_becomes_it_without_a_dip() {
    let mut r = with('f');
    r.key('g');
    for n in 1..=6 {
        let keys = r.shot().keys;
        let [key] = &keys[..] else { panic!("{keys:?}") };
        let part = f64::from(n) * 0.16;
        let (f, g) = (still(bounds('f')), still(bounds('g')));
        assert_eq!(*key.still, Still::mixed(&[(&f, 1.0 - part), (&g, part)]).unwrap());
        assert_eq!(key.weight, 1.0);
        r.frame += 1;
    }
    assert_eq!(keys(&mut r), ["g", "g"]);
    r.key('u');
    assert_eq!(keys(&mut r), ["mixture", "mixture", "mixture", "mixture", "mixture", "mixture", "u"]);
}

#[test]
fn one_that_replaces_another_elsewhere_needs_no_mixture() {
    let mut r = with('f');
    r.key('m');
    assert_eq!(keys(&mut r), ["f*84+m*16", "f*68+m*32"]);
    r.frame += 10;
    assert_eq!(r.keys(), "m");
}

#[test]
fn one_that_replaces_another_in_the_frame_in_which_that_came_comes_by_itself() {
    let mut r = Rehearsal::new(full('a'));
    r.key('u');
    r.key('f');
    assert_eq!(keys(&mut r), ["f*16", "f*32"]);
    r.key('f');
    assert_eq!(r.keys(), "f*48", "who asks again for what is on changes nothing");
}

#[test]
fn what_is_not_drawn_yet_is_left_out_and_harms_nothing() {
    let mut r = with('?');
    assert_eq!(r.keys(), "");
    r.key('f');
    r.frame += 10;
    assert_eq!(r.keys(), "f");
    r.take(&full('a'), &Scene { graphics: vec!['?', 'g'], ..full('b') }, CUT);
    assert_eq!(r.next(), "b+g");
}

#[test]
fn what_is_replaced_stays_whole_while_the_new_one_is_not_drawn_yet() {
    let mut r = with('f');
    r.key('?');
    assert_eq!(keys(&mut r), ["f", "f", "f", "f", "f", "f", "", ""]);
}

#[test]
fn keyers_lie_over_each_other_the_lowest_first_and_over_every_transition() {
    let mut r = Rehearsal::new(full('a'));
    for (keyer, graphic) in [(3, 'c'), (0, 'f'), (1, 'g'), (4, 'h'), (usize::MAX, 'h')] {
        r.stage.key(keyer, Some(graphic), r.now());
    }
    r.frame += 100;
    r.take(&full('a'), &full('b'), Transition::Mix { duration_ms: 160 });
    assert_eq!(r.keys(), "f+g+c");
    assert_eq!(r.next(), "mix 50: a > b");
}

#[test]
fn graphics_of_the_picture_come_and_go_with_it() {
    let old = Scene { graphics: vec!['f', 'u'], ..full('a') };
    let mut r = Rehearsal::new(old.clone());
    assert_eq!(r.next(), "a+f+u");
    r.take(&old, &Scene { graphics: vec!['g'], ..full('b') }, Transition::Mix { duration_ms: 160 });
    assert_eq!(r.next(), "mix 25: a+f+u > b+g");
}

/// Where the strips of a ticker stand in its picture.
fn strips(r: &Rehearsal) -> Vec<i32> {
    let keys = match r.shot().mix {
        Mix::One(tableau) => tableau.keys,
        Mix::Dissolve { under, over, .. } => {
            assert_eq!(under.keys, over.keys);
            over.keys
        }
        other => panic!("{other:?}"),
    };
    let Some((ground, strips)) = keys.split_first() else { return Vec::new() };
    assert_eq!((tell_key(ground).as_str(), ground.window), ("t", None));
    assert!(strips.iter().all(|key| key.y == 0 && key.window == Some(WINDOW)), "{strips:?}");
    strips.iter().map(|key| key.x).collect()
}

fn with_ticker(name: char) -> Scene<char> {
    Scene { graphics: vec!['t'], ..full(name) }
}

#[test]
fn a_ticker_enters_when_it_comes_on_and_comes_again_and_again() {
    let mut r = Rehearsal::new(full('a'));
    r.frame += 1000;
    r.take(&full('a'), &with_ticker('b'), CUT);
    let mut after = |seconds: u32| {
        r.frame += SECOND * seconds;
        strips(&r)
    };
    assert!(after(0).is_empty(), "at the right, outside of its window");
    assert_eq!(after(1), [700]);
    assert_eq!(after(7), [0, 400]);
    assert_eq!(after(3), [-300, 100, 500]);
    assert_eq!(after(1), [0, 400], "the first one is out at the left");
    assert_eq!(after(400_001), [-100, 300, 700]);
}

#[test]
fn a_ticker_of_both_pictures_goes_on_and_one_that_was_gone_begins_again() {
    let mut r = Rehearsal::new(full('a'));
    r.take(&full('a'), &with_ticker('a'), CUT);
    r.frame += SECOND;
    r.take(&with_ticker('a'), &with_ticker('b'), Transition::Mix { duration_ms: 1000 });
    assert_eq!(strips(&r), [700]);
    r.frame += 2 * SECOND;
    assert_eq!(strips(&r), [500]);
    r.take(&with_ticker('b'), &full('c'), CUT);
    r.frame += SECOND;
    r.take(&full('c'), &with_ticker('b'), CUT);
    assert!(strips(&r).is_empty());
    r.frame += SECOND;
    assert_eq!(strips(&r), [700]);
}

#[test]
fn a_ticker_s_window_slides_with_it_and_is_never_outside() {
    let drawn = |ticker: Ticker| Drawn { ticker: Some(ticker), ..Drawer.drawn(&'f').unwrap() };
    let second = Duration::from_secs(1);
    let window = |by| graphic::running(&drawn(strip()), 1.0, by, second).first().and_then(|key| key.window);
    assert_eq!(window((0, 20)), Some(Region { y: 620, ..WINDOW }));
    assert_eq!(window((-300, 0)), Some(Region { x: 0, width: 700, ..WINDOW }));
    assert_eq!(window((-1000, 0)), None);
    assert_eq!(window((i32::MIN, i32::MAX)), None);
}

#[test]
fn no_ticker_is_too_odd() {
    for px_per_s in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 0.0, -7.0] {
        for width in [0, 2, u32::MAX] {
            for window in [0, 2, u32::MAX] {
                for on_for in [Duration::ZERO, FRAME, Duration::MAX] {
                    let window = Region { width: window, ..WINDOW };
                    let ticker = Ticker { px_per_s, width, window, ..strip() };
                    let keys = graphic::running(
                        &Drawn { ticker: Some(ticker), ..Drawer.drawn(&'f').unwrap() },
                        1.0,
                        (0, 0),
                        on_for,
                    );
                    assert!(keys.len() <= 32 && keys.iter().all(|key| key.x % 2 == 0), "{px_per_s} {width}");
                }
            }
        }
    }
}
