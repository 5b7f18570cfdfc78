//! Boxes: where they stand, and how they fly.

use super::*;
use crate::show::Border;

const MOVE: Transition = Transition::Move { duration_ms: 160 };

fn run(from: &Scene<char>, to: &Scene<char>) -> Rehearsal {
    let mut r = Rehearsal::new(from.clone());
    r.take(from, to, MOVE);
    r
}

/// Half-way.
fn middle(from: &Scene<char>, to: &Scene<char>) -> Rehearsal {
    let mut r = run(from, to);
    r.frame += 1;
    r
}

fn one(r: &Rehearsal) -> Tableau<Source> {
    match r.shot().mix {
        Mix::One(tableau) => tableau,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_picture_is_the_canvas_and_nothing_else() {
    for canvas in [CANVAS, Size { width: 64, height: 64 }, Size { width: 1918, height: 1078 }] {
        let stage = Stage::new(canvas, FRAME, full('a'));
        let place = video::Rect { x: 0.0, y: 0.0, width: canvas.width.into(), height: canvas.height.into() };
        let layer = Layer {
            source: city('a'),
            place,
            crop: video::Crop::default(),
            fit: video::Fit::Contain,
            border: None,
            opacity: 1.0,
            tags: Vec::new(),
        };
        let tableau = Tableau { ground: video::Colour::BLACK, layers: vec![layer], keys: Vec::new() };
        let shot = Shot { mix: Mix::One(tableau), keys: Vec::new(), black: 0.0 };
        assert_eq!(stage.program(FRAME, &Drawer), shot);
    }
}

#[test]
fn places_are_whole_pixel_pairs_within_the_canvas() {
    for x in (0..1000).step_by(37) {
        for width in [1, 333, 1000 - x] {
            let r = Rehearsal::new(scene(&[('a', Rect { x, y: x, width, height: width })]));
            let (_, [left, top, width, height]) = &r.places()[0];
            let values = [left, top, width, height];
            assert!(values.iter().all(|value| **value % 2.0 == 0.0 && **value >= 0.0), "{values:?}");
            assert!(*width >= 2.0 && left + width <= 1282.0, "{values:?}");
        }
    }
}

#[test]
fn crop_fit_and_border_come_in_parts_and_pixels() {
    let mut picture = scene(&[('a', CORNER)]);
    let each = &mut picture.picture.boxes[0];
    each.crop = Crop { left: 250, right: 100, ..Crop::default() };
    each.fit = Fit::Cover;
    each.border = Some(Border { width: 1, colour: RED });
    let layer = one(&Rehearsal::new(picture.clone())).layers.remove(0);
    assert_eq!(layer.crop, video::Crop { left: 0.25, top: 0.0, right: 0.1, bottom: 0.0 });
    let line = layer.border.unwrap();
    assert_eq!((layer.fit, line.width, line.colour.red), (video::Fit::Cover, 2.0, 200), "thin, but there");
    picture.picture.boxes[0].border = Some(Border { width: 50, colour: RED });
    assert_eq!(one(&Rehearsal::new(picture)).layers[0].border.unwrap().width, 36.0);
}

#[test]
fn what_is_in_both_pictures_flies_and_does_not_fade() {
    let mut r = run(&scene(&[('a', LEFT), ('b', RIGHT)]), &scene(&[('a', RIGHT), ('b', LEFT)]));
    assert_eq!(r.places()[0].1, [100.0, 180.0, 640.0, 360.0], "it starts gently");
    assert_eq!(r.next(), "a+b");
    assert_eq!(r.places()[0].1, [320.0, 180.0, 640.0, 360.0]);
    assert_eq!(r.next(), "a+b");
    assert_eq!(r.places()[0].1, [540.0, 180.0, 640.0, 360.0]);
    assert_eq!(r.next(), "a+b");
    assert_eq!(r.shot(), Stage::new(CANVAS, FRAME, scene(&[('a', RIGHT), ('b', LEFT)])).program(FRAME, &Drawer));
}

#[test]
fn crop_and_border_change_on_the_way() {
    let (from, mut to) = (scene(&[('a', LEFT)]), scene(&[('a', RIGHT)]));
    to.picture.boxes[0].crop.left = 400;
    to.picture.boxes[0].border = Some(Border { width: 50, colour: RED });
    let layer = one(&middle(&from, &to)).layers.remove(0);
    assert_eq!((layer.crop.left, layer.border.unwrap().width), (0.2, 18.0));
    let back = one(&middle(&to, &from)).layers.remove(0);
    assert_eq!(layer, back);
    let first = one(&run(&from, &Scene { picture: Picture { boxes: to.picture.boxes, ..from.picture.clone() }, ..to }));
    assert!(first.layers[0].border.unwrap().width >= 2.0);
}

#[test]
fn a_new_box_fades_in_where_it_will_stand() {
    let pip = scene(&[('a', Rect::FULL), ('b', CORNER)]);
    let mut r = run(&full('a'), &pip);
    assert_eq!([r.next(), r.next(), r.next(), r.next()], ["a+b*16", "a+b*50", "a+b*84", "a+b"]);
    assert_eq!(middle(&full('a'), &pip).places()[1].1, [896.0, 36.0, 320.0, 180.0]);
}

#[test]
fn the_box_of_a_lost_city_fades_out_while_the_others_close_up() {
    let mut r = run(&scene(&[('a', LEFT), ('b', RIGHT)]), &full('a'));
    assert_eq!([r.next(), r.next(), r.next(), r.next()], ["b*84+a", "b*50+a", "b*16+a", "a"]);
}

#[test]
fn what_flies_is_above_what_fades_unless_it_will_stand_under_it() {
    let apart = scene(&[('a', LEFT), ('b', RIGHT)]);
    assert_eq!(middle(&full('a'), &apart).next(), "b*50+a");
    let over = scene(&[('a', Rect::FULL), ('b', CORNER)]);
    assert_eq!(middle(&full('a'), &over).next(), "a+b*50");
    assert_eq!(middle(&over, &scene(&[('b', Rect::FULL)])).next(), "a*50+b");
}

#[test]
fn a_full_picture_that_comes_over_a_full_one_that_goes_is_dissolved_and_does_not_dip() {
    let from = scene(&[('a', Rect::FULL), ('b', CORNER)]);
    let to = scene(&[('c', Rect::FULL), ('b', LEFT)]);
    assert_eq!(middle(&from, &to).next(), "mix 50: a+b > c+b");
    let Mix::Dissolve { under, over, .. } = middle(&from, &to).shot().mix else { panic!("a dissolve") };
    assert_eq!(under.layers[1], over.layers[1], "what flies is the same in both: it does not fade");
    assert_eq!(middle(&full('a'), &full('b')).next(), "mix 50: a > b");
}

#[test]
fn boxes_that_change_places_in_depth_dissolve_where_they_overlap() {
    let from = scene(&[('a', Rect::FULL), ('b', CORNER)]);
    let to = scene(&[('b', Rect::FULL), ('a', CORNER)]);
    assert_eq!(middle(&from, &to).next(), "mix 50: a+b > b+a");
}

#[test]
fn a_graphic_of_both_pictures_stays_as_it_is_and_others_fade() {
    let with = |scene: Scene<char>, graphics: &[char]| Scene { graphics: graphics.to_vec(), ..scene };
    let pip = scene(&[('a', Rect::FULL), ('b', CORNER)]);
    let told = middle(&with(full('a'), &['f']), &with(pip.clone(), &['f'])).next();
    assert_eq!(told, "a+b*50+f");
    let told = middle(&with(full('a'), &['f', 'g']), &with(pip, &['f'])).next();
    assert_eq!(told, "mix 50: a+f+g > a+b+f");
}

#[test]
fn every_city_bears_its_bug_in_whatever_box_and_while_it_flies() {
    let bugs = |mut scene: Scene<char>| {
        scene.picture.bugs = true;
        scene
    };
    let (from, to) = (bugs(scene(&[('a', LEFT), ('b', RIGHT)])), bugs(full('a')));
    let mut r = run(&from, &to);
    assert_eq!([r.next(), r.next()], ["b'*84+a'", "b'*50+a'"]);
    assert_eq!(*one(&r).layers[1].tags[0].still, *still(bug("a")));
    assert_eq!(middle(&from, &full('a')).next(), "mix 50: b'+a' > a", "it fades where only one picture has it");
    let slate = bugs(Scene { picture: Picture::full(Source::Slate), graphics: Vec::new() });
    assert_eq!(Rehearsal::new(slate).next(), "slate", "none but cities have one");
}

#[test]
fn a_source_that_fits_otherwise_in_the_other_picture_dissolves_on_its_way() {
    let mut to = full('a');
    to.picture.boxes[0].fit = Fit::Cover;
    assert_eq!(middle(&scene(&[('a', LEFT)]), &to).next(), "mix 50: a > a");
}
