//! Every transition at its begin, in its middle and at its end; back, by hand, and one during another.

use super::*;
use crate::show::{Direction, WipePattern};

const MIX: Transition = Transition::Mix { duration_ms: 160 };

fn wipe(softness: u16) -> Transition {
    Transition::Wipe { duration_ms: 160, pattern: WipePattern::DownLeft, softness }
}

fn stinger(cut_ms: u32) -> Transition {
    Transition::Stinger { duration_ms: 160, stinger: "jingle".parse().unwrap(), cut_ms }
}

/// The four frames of a transition of 160 ms from a to b, and the one after.
fn run(transition: Transition) -> [String; 5] {
    let mut r = Rehearsal::new(full('a'));
    r.take(&full('a'), &full('b'), transition);
    std::array::from_fn(|_| r.next())
}

fn held(done: u16, reversed: bool, from: &Scene<char>) -> Way<char> {
    let way = show::Way { from: from.picture.clone(), transition: MIX, reversed, done, held: true };
    Way::of(way, from.graphics.clone())
}

#[test]
fn a_cut_is_there_in_its_frame() {
    assert_eq!(run(CUT), ["b"; 5]);
}

#[test]
fn a_mix_shows_a_change_in_its_first_frame_and_the_new_picture_alone_in_its_last() {
    assert_eq!(run(MIX), ["mix 25: a > b", "mix 50: a > b", "mix 75: a > b", "b", "b"]);
}

#[test]
fn a_dip_goes_into_its_colour_and_comes_out_of_it_with_the_other_picture() {
    let dip = Transition::Dip { duration_ms: 160, colour: RED };
    assert_eq!(run(dip), ["dip 200 50: a", "dip 200 100: b", "dip 200 50: b", "b", "b"]);
}

#[test]
fn a_wipe_runs_evenly() {
    assert_eq!(
        run(wipe(50)),
        ["DownLeft 0.05 25: a > b", "DownLeft 0.05 50: a > b", "DownLeft 0.05 75: a > b", "b", "b"]
    );
    assert_eq!(run(wipe(60_000))[0], "DownLeft 0.5 25: a > b", "no softer than possible");
}

#[test]
fn every_wipe_has_its_pattern() {
    use WipePattern::*;
    let all = [
        Right,
        Left,
        Down,
        Up,
        DownRight,
        DownLeft,
        UpRight,
        UpLeft,
        Circle,
        Diamond,
        BarnHorizontal,
        BarnVertical,
        Clock,
    ];
    for (pattern, drawn) in all.into_iter().zip(video::Pattern::ALL) {
        let told = run(Transition::Wipe { duration_ms: 160, pattern, softness: 0 });
        assert_eq!(told[0], format!("{drawn:?} 0 25: a > b"));
        assert_eq!(format!("{pattern:?}"), format!("{drawn:?}"));
    }
}

#[test]
fn a_push_moves_both_and_a_slide_the_new_one_alone() {
    for (direction, push, slide) in [
        (Direction::Left, "-25,0 75,0", "0,0 75,0"),
        (Direction::Right, "25,0 -75,0", "0,0 -75,0"),
        (Direction::Up, "0,-25 0,75", "0,0 0,75"),
        (Direction::Down, "0,25 0,-75", "0,0 0,-75"),
    ] {
        let told = run(Transition::Push { duration_ms: 160, direction });
        assert_eq!([&told[0], &told[3]], [&format!("{push}: a > b"), "b"], "{direction:?}");
        let told = run(Transition::Slide { duration_ms: 160, direction });
        assert_eq!([&told[0], &told[3]], [&format!("{slide}: a > b"), "b"], "{direction:?}");
    }
}

#[test]
fn under_a_stinger_the_picture_changes_at_its_cut() {
    assert_eq!(run(stinger(80)), ["a+mixture", "b+mixture", "b+mixture", "b", "b"]);
    assert_eq!(run(stinger(0)), ["b+mixture", "b+mixture", "b+mixture", "b", "b"]);
    assert_eq!(run(stinger(160)), ["a+mixture", "a+mixture", "a+mixture", "b", "b"]);
}

#[test]
fn a_stinger_s_pictures_are_those_of_its_time_and_lie_over_the_graphics_of_the_picture() {
    let mut r = Rehearsal::new(full('a'));
    r.take(&full('a'), &Scene { graphics: vec!['f'], ..full('b') }, stinger(40));
    for frame in 1..4 {
        let Mix::One(tableau) = r.shot().mix else { panic!("one picture at a time") };
        let [lower, upper] = &tableau.keys[..] else { panic!("{:?}", tableau.keys) };
        assert_eq!(tell_key(lower), "f");
        assert_eq!(upper.still, Drawer.stinger(&"jingle".parse().unwrap(), FRAME * frame).unwrap());
        r.frame += 1;
    }
    assert_eq!(r.next(), "b+f");
}

#[test]
fn back_from_the_middle_it_looks_the_same_as_forth() {
    let back = |transition: Transition, done| {
        let mut r = Rehearsal::new(full('a'));
        r.take(&full('a'), &full('b'), transition.clone());
        r.frame += 2;
        r.go(&full('a'), Way { from: full('b'), transition, reversed: true, done, held: false });
        [r.next(), r.next(), r.next()]
    };
    assert_eq!(back(MIX, 500), ["mix 25: a > b", "a", "a"]);
    assert_eq!(back(wipe(0), 250), ["DownLeft 0 50: a > b", "DownLeft 0 25: a > b", "a"]);
    assert_eq!(
        back(Transition::Slide { duration_ms: 160, direction: Direction::Left }, 500),
        ["0,0 75,0: a > b", "a", "a"]
    );
    assert_eq!(back(Transition::Dip { duration_ms: 160, colour: RED }, 500), ["dip 200 50: a", "a", "a"]);
    assert_eq!(back(stinger(80), 250), ["b+mixture", "a+mixture", "a"]);
}

#[test]
fn the_bar_stays_where_it_is_held_and_goes_both_ways() {
    let mut r = Rehearsal::new(full('a'));
    for (done, seen) in [(100, "mix 10: a > b"), (700, "mix 70: a > b"), (300, "mix 30: a > b"), (1000, "b"), (0, "a")]
    {
        r.go(&full('b'), held(done, false, &full('a')));
        assert_eq!([r.next(), r.next()], [seen, seen]);
        r.frame += 1000;
        assert_eq!(r.next(), seen);
    }
    r.go(&full('b'), held(60_000, false, &full('a')));
    assert_eq!(r.next(), "b", "it goes no farther than its end");
}

#[test]
fn the_bar_on_its_way_back_shows_what_it_showed_on_its_way_forth() {
    let mut r = Rehearsal::new(full('a'));
    r.go(&full('a'), held(300, true, &full('b')));
    assert_eq!(r.next(), "mix 70: a > b");
    r.go(&full('a'), held(1000, true, &full('b')));
    assert_eq!(r.next(), "a");
}

#[test]
fn a_bar_that_is_let_go_runs_on_from_where_it_was() {
    let mut r = Rehearsal::new(full('a'));
    r.go(&full('b'), held(500, false, &full('a')));
    r.next();
    r.go(&full('b'), Way { held: false, ..held(500, false, &full('a')) });
    assert_eq!([r.next(), r.next()], ["mix 75: a > b", "b"]);
}

#[test]
fn a_take_during_a_take_begins_at_the_picture_that_the_first_one_went_to() {
    let mut r = Rehearsal::new(full('a'));
    r.take(&full('a'), &full('b'), MIX);
    assert_eq!(r.next(), "mix 25: a > b");
    r.take(&full('b'), &full('c'), wipe(0));
    assert_eq!([r.next(), r.sources()], ["DownLeft 0 25: b > c", "bc"]);
    assert!(!r.stage.needs(&city('a'), r.now()), "the first one is over");
}

#[test]
fn a_cut_ends_a_transition_at_once() {
    let mut r = Rehearsal::new(full('a'));
    r.take(&full('a'), &full('b'), MIX);
    r.next();
    r.take(&full('b'), &full('c'), CUT);
    assert_eq!([r.next(), r.next()], ["c", "c"]);
}

#[test]
fn the_old_picture_is_needed_until_the_transition_is_over_and_not_longer() {
    let mut r = Rehearsal::new(full('a'));
    r.take(&full('a'), &full('b'), Transition::Dip { duration_ms: 160, colour: RED });
    for (seen, needed) in [("a", true), ("b", true), ("b", true), ("b", false)] {
        assert_eq!((r.sources().as_str(), r.stage.needs(&city('a'), r.now())), (seen, needed));
        assert!(r.stage.needs(&city('b'), r.now()) && !r.stage.needs(&city('c'), r.now()));
        r.frame += 1;
    }
    r.go(&full('c'), held(1000, false, &full('b')));
    assert!(r.stage.needs(&city('b'), r.now() + FRAME * 1000), "who holds the bar may go back");
}

#[test]
fn black_is_kept_while_takes_go_on_beneath_it() {
    let mut r = Rehearsal::new(full('a'));
    let black = |r: &mut Rehearsal| {
        let shot = r.shot();
        r.frame += 1;
        hundredths(shot.black)
    };
    r.stage.fade_to_black(true, FRAME * 4, r.now());
    assert_eq!([black(&mut r), black(&mut r)], ["25", "50"]);
    r.take(&full('a'), &full('b'), MIX);
    assert_eq!([black(&mut r), black(&mut r), black(&mut r)], ["75", "100", "100"]);
    assert_eq!([tell(&r.shot().mix), black(&mut r)], ["b", "100"]);
    r.stage.fade_to_black(false, FRAME * 4, r.now());
    assert_eq!([black(&mut r), black(&mut r)], ["75", "50"]);
    r.stage.fade_to_black(true, FRAME * 4, r.now());
    assert_eq!([black(&mut r), black(&mut r), black(&mut r)], ["75", "100", "100"], "it turns where it is");
    r.stage.fade_to_black(false, Duration::ZERO, r.now());
    assert_eq!(black(&mut r), "0");
}

#[test]
fn preview_is_the_picture_of_the_next_take_with_the_keyers_that_are_on_and_not_black() {
    let mut r = Rehearsal::new(full('a'));
    let next = Scene { graphics: vec!['g'], ..scene(&[('b', LEFT), ('c', RIGHT)]) };
    r.stage.set_preview(next.clone());
    r.key('f');
    r.stage.fade_to_black(true, Duration::ZERO, r.now());
    let preview = r.stage.preview(r.now(), &Drawer);
    r.take(&full('a'), &next, CUT);
    r.stage.fade_to_black(false, Duration::ZERO, r.now());
    r.frame += 100;
    assert_eq!(preview, r.shot());
}
