//! The planner, situation by situation: what is seen of each input, frame by frame.

use super::*;
use crate::show::PictureBox;

const FRAME: Duration = Duration::from_millis(40);
const CANVAS: Canvas = Canvas { width: 1280, height: 720, frame: FRAME };
const WIDE: Shape = Shape { width: 640, height: 360 };
const UPRIGHT: Shape = Shape { width: 360, height: 640 };
const LEFT: Rect = Rect { x: 0, y: 250, width: 500, height: 500 };
const RIGHT: Rect = Rect { x: 500, y: 250, width: 500, height: 500 };
const CORNER: Rect = Rect { x: 700, y: 50, width: 250, height: 250 };

/// Inputs are numbered a, b, c, d.
fn city(name: char) -> Source {
    Source::City(name.to_string().parse().unwrap())
}

fn picture(boxes: &[(char, Rect)]) -> Picture {
    let boxes = boxes.iter().map(|(name, place)| PictureBox::new(city(*name), *place)).collect();
    Picture::of(boxes)
}

fn mix(duration_ms: u32) -> Transition {
    Transition::Mix { duration_ms }
}

const CUT: Transition = Transition::Cut {};

/// A stage whose frames are counted: every `show` counts from the next frame on.
struct Rehearsal {
    stage: Stage,
    shapes: [Shape; 4],
    frame: u32,
}

impl Rehearsal {
    fn new(shapes: [Shape; 4]) -> Self {
        let mut stage = Stage::new(CANVAS, shapes.len());
        for (pad, name) in ['a', 'b', 'c', 'd'].into_iter().enumerate() {
            stage.cast(pad, Some(city(name)));
        }
        Self { stage, shapes, frame: 10 }
    }

    fn wide() -> Self {
        Self::new([WIDE; 4])
    }

    fn show(&mut self, boxes: &[(char, Rect)], transition: Transition) -> Vec<PadAction> {
        self.stage.show(&picture(boxes), transition, FRAME * self.frame, &self.shapes)
    }

    /// What is seen from back to front in the next frame, as name and opacity in hundredths.
    fn next(&mut self) -> Vec<(char, u32)> {
        let seen = self.seen(self.frame);
        self.frame += 1;
        seen
    }

    fn after(&mut self, frames: u32) -> Vec<(char, u32)> {
        self.frame += frames;
        self.next()
    }

    fn seen(&self, frame: u32) -> Vec<(char, u32)> {
        let mut seen: Vec<(f64, char, u32)> = (0..4)
            .map(|pad| (pad, self.stage.values(pad, FRAME * frame)))
            .filter(|(_, [.., alpha, _])| *alpha > 0.0)
            .map(|(pad, [.., alpha, z])| (z, ['a', 'b', 'c', 'd'][pad], (alpha * 100.0).round() as u32))
            .collect();
        seen.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        seen.into_iter().map(|(_, name, alpha)| (name, alpha)).collect()
    }

    fn place(&self, pad: usize) -> [f64; 4] {
        let [x, y, width, height, ..] = self.stage.values(pad, FRAME * self.frame);
        [x, y, width, height]
    }
}

#[test]
fn a_cut_changes_every_box_in_the_same_frame() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', LEFT), ('b', RIGHT)], CUT);
    assert_eq!(r.next(), [('a', 100), ('b', 100)]);
    let actions = r.show(&[('c', Rect::FULL), ('b', CORNER)], CUT);
    assert!(actions.iter().all(|action| action.at == FRAME * 11), "{actions:?}");
    assert_eq!(r.place(1), [896.0, 36.0, 320.0, 180.0]);
    assert_eq!(r.next(), [('c', 100), ('b', 100)]);
}

#[test]
fn what_stays_as_it_is_needs_no_action() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', LEFT), ('b', RIGHT)], CUT);
    r.next();
    assert_eq!(r.show(&[('a', LEFT), ('b', RIGHT)], CUT), []);
    assert_eq!(r.show(&[('a', LEFT), ('b', RIGHT)], mix(1000)), []);
}

#[test]
fn a_mix_from_full_to_full_fades_in_over_the_old_picture_that_stays_to_the_end() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], CUT);
    r.next();
    r.show(&[('b', Rect::FULL)], mix(160));
    assert_eq!(r.next(), [('a', 100), ('b', 25)], "the first frame shows a change");
    assert_eq!(r.next(), [('a', 100), ('b', 50)]);
    assert_eq!(r.next(), [('a', 100), ('b', 75)]);
    assert_eq!(r.next(), [('b', 100)]);
    assert_eq!(r.after(100), [('b', 100)]);
}

#[test]
fn a_mix_to_an_upright_picture_fades_the_wide_one_out_over_it() {
    let mut r = Rehearsal::new([WIDE, UPRIGHT, UPRIGHT, WIDE]);
    r.show(&[('a', Rect::FULL)], CUT);
    r.next();
    r.show(&[('b', Rect::FULL)], mix(160));
    assert_eq!(r.next(), [('b', 100), ('a', 75)], "so that its black sides come as evenly as the rest");
    assert_eq!(r.after(2), [('b', 100)]);
    r.show(&[('c', Rect::FULL)], mix(160));
    assert_eq!(r.next(), [('b', 100), ('c', 25)], "of two alike the new one is on top");
    assert_eq!(r.after(2), [('c', 100)]);
    r.show(&[('d', Rect::FULL)], mix(160));
    assert_eq!(r.next(), [('c', 100), ('d', 25)]);
}

#[test]
fn a_mix_from_one_picture_to_boxes_fades_it_out_over_them() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], CUT);
    r.next();
    r.show(&[('b', LEFT), ('c', RIGHT)], mix(160));
    assert_eq!(r.next(), [('b', 100), ('c', 100), ('a', 75)]);
    assert_eq!(r.after(2), [('b', 100), ('c', 100)]);
    r.show(&[('a', Rect::FULL)], mix(160));
    assert_eq!(r.next(), [('b', 100), ('c', 100), ('a', 25)]);
    assert_eq!(r.after(2), [('a', 100)]);
}

#[test]
fn outgoing_boxes_that_stand_out_fade_at_the_end() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', LEFT)], CUT);
    r.next();
    r.show(&[('b', RIGHT)], mix(400));
    assert_eq!(r.next(), [('a', 100), ('b', 10)]);
    assert_eq!(r.after(7), [('a', 50), ('b', 90)]);
    assert_eq!(r.next(), [('b', 100)]);
}

#[test]
fn a_small_box_comes_and_goes_over_a_picture_that_stays() {
    let mut r = Rehearsal::wide();
    r.show(&[('b', Rect::FULL)], CUT);
    r.next();
    r.show(&[('b', Rect::FULL), ('a', CORNER)], mix(160));
    assert_eq!(r.next(), [('b', 100), ('a', 25)]);
    assert_eq!(r.after(2), [('b', 100), ('a', 100)]);
    r.show(&[('b', Rect::FULL), ('c', CORNER)], mix(160));
    assert_eq!(r.next(), [('b', 100), ('a', 100), ('c', 25)]);
    assert_eq!(r.after(2), [('b', 100), ('c', 100)]);
    r.show(&[('b', Rect::FULL)], mix(160));
    assert_eq!(r.next(), [('b', 100), ('c', 75)]);
    assert_eq!(r.after(2), [('b', 100)]);
}

#[test]
fn a_box_that_stays_moves_to_its_new_place() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', LEFT), ('b', RIGHT)], CUT);
    r.next();
    r.show(&[('a', Rect::FULL)], mix(160));
    assert_eq!(r.place(0), [0.0, 135.0, 800.0, 450.0]);
    r.after(3);
    assert_eq!(r.place(0), [0.0, 0.0, 1280.0, 720.0]);
    assert_eq!(r.next(), [('a', 100)]);
}

#[test]
fn a_cut_ends_a_mix_at_once() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], CUT);
    r.next();
    r.show(&[('b', Rect::FULL)], mix(1000));
    r.next();
    r.show(&[('c', Rect::FULL)], CUT);
    assert_eq!(r.next(), [('c', 100)]);
    assert_eq!(r.after(30), [('c', 100)], "nothing of the old plan is left");
}

#[test]
fn a_mix_during_a_mix_goes_on_from_what_is_seen() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], CUT);
    r.next();
    r.show(&[('b', Rect::FULL)], mix(160));
    r.next();
    assert_eq!(r.next(), [('a', 100), ('b', 50)]);
    r.show(&[('c', Rect::FULL)], mix(160));
    assert_eq!(r.next(), [('a', 100), ('b', 50), ('c', 25)]);
    assert_eq!(r.after(2), [('c', 100)]);
}

#[test]
fn a_mix_can_be_turned_back() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], CUT);
    r.next();
    r.show(&[('b', Rect::FULL)], mix(160));
    r.next();
    assert_eq!(r.next(), [('a', 100), ('b', 50)]);
    r.show(&[('a', Rect::FULL)], mix(200));
    assert_eq!(r.next(), [('a', 100), ('b', 40)]);
    assert_eq!(r.after(3), [('a', 100)]);
}

#[test]
fn a_mix_asked_for_again_goes_on_without_a_dip() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], CUT);
    r.next();
    r.show(&[('b', Rect::FULL)], mix(160));
    r.next();
    assert_eq!(r.next(), [('a', 100), ('b', 50)]);
    r.show(&[('b', Rect::FULL)], mix(200));
    assert_eq!(r.next(), [('a', 100), ('b', 60)]);
    assert_eq!(r.after(3), [('b', 100)]);
}

#[test]
fn black_is_nothing_on_stage() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], CUT);
    r.next();
    let black = Picture::full(Source::Black);
    r.stage.show(&black, mix(160), FRAME * r.frame, &r.shapes);
    assert_eq!(r.next(), [('a', 75)]);
    assert_eq!(r.after(2), []);
    r.show(&[('b', Rect::FULL)], mix(160));
    assert_eq!(r.next(), [('b', 25)]);
}

#[test]
fn a_mix_lasts_as_many_frames_as_it_should_whatever_the_rounding() {
    for fps in [24, 25, 30, 50, 60] {
        let time = |n: u64| Duration::from_nanos(n * 1_000_000_000 / fps);
        let canvas = Canvas { frame: time(1), ..CANVAS };
        for start in 1..200 {
            let mut stage = Stage::new(canvas, 2);
            for (pad, name) in ['a', 'b'].into_iter().enumerate() {
                stage.cast(pad, Some(city(name)));
            }
            stage.show(&picture(&[('a', Rect::FULL)]), CUT, time(start), &[WIDE; 2]);
            stage.show(&picture(&[('b', Rect::FULL)]), mix(1000), time(start + 1), &[WIDE; 2]);
            let alpha = |pad: usize, n| stage.values(pad, time(start + n))[Property::Alpha as usize];
            assert!(alpha(1, fps - 1) < 1.0 && alpha(0, fps - 1) == 1.0, "{fps} {start}");
            assert_eq!((alpha(1, fps), alpha(0, fps)), (1.0, 0.0), "{fps} {start}");
        }
    }
}

#[test]
fn places_are_whole_pixel_pairs_within_the_canvas() {
    for x in (0..1000).step_by(37) {
        for width in [1, 333, 1000 - x] {
            let place = Place::of(Rect { x, y: x, width, height: width }, CANVAS);
            assert!(place.values().iter().all(|value| value % 2.0 == 0.0 && *value >= 0.0), "{place:?}");
            assert!(place.width >= 2.0 && place.x + place.width <= 1282.0, "{place:?}");
        }
    }
}

#[test]
fn an_input_that_is_nobodys_any_more_leaves_with_the_next_picture_and_is_off_when_it_is_not_seen() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], CUT);
    assert_eq!(r.next(), [('a', 100)]);
    r.stage.cast(0, None);
    assert_eq!(r.after(10), [('a', 100)], "what is on stage stays");
    assert!(!r.stage.is_off(0, FRAME * r.frame));
    r.show(&[('a', LEFT), ('b', Rect::FULL)], mix(400));
    assert!(!r.stage.is_off(0, FRAME * r.frame), "it is beneath the mix");
    assert_eq!(r.after(12), [('b', 100)], "its name means nothing");
    assert!(r.stage.is_off(0, FRAME * r.frame));
    r.stage.cast(0, Some(city('e')));
    r.show(&[('e', Rect::FULL)], mix(400));
    assert_eq!(r.after(12), [('a', 100)], "the first input is e's now");
}

#[test]
fn an_input_that_a_plan_still_brings_is_not_off() {
    let mut r = Rehearsal::wide();
    r.show(&[('a', Rect::FULL)], mix(400));
    assert!(!r.stage.is_off(0, FRAME * (r.frame - 1)) && !r.stage.is_off(0, FRAME * r.frame));
}
