use std::sync::Arc;

use super::*;
use crate::video::{Border, Crop, Fit, Layer, Pattern, Raster, Rect, Region, Still};

mod random;
mod wipes;

const CANVAS: Size = Size { width: 64, height: 36 };
const WIDE: Aspect = Aspect(16.0 / 9.0);
const RED: Colour = Colour { red: 255, green: 0, blue: 0 };
const BLUE: Colour = Colour { red: 0, green: 0, blue: 255 };
const GREY: Colour = Colour { red: 128, green: 128, blue: 128 };

/// Sources by their numbers.
type Sources = Vec<(Image, Aspect)>;

fn rect([x, y, width, height]: [f64; 4]) -> Rect {
    Rect { x, y, width, height }
}

fn layer(source: usize, place: [f64; 4]) -> Layer<usize> {
    Layer {
        source,
        place: rect(place),
        crop: Crop::default(),
        fit: Fit::Contain,
        border: None,
        opacity: 1.0,
        tags: Vec::new(),
    }
}

fn full(source: usize) -> Layer<usize> {
    layer(source, [0.0, 0.0, 64.0, 36.0])
}

fn tableau(layers: Vec<Layer<usize>>) -> Tableau<usize> {
    Tableau { ground: Colour::BLACK, layers, keys: Vec::new() }
}

fn shot(mix: Mix<usize>) -> Shot<usize> {
    Shot { mix, keys: Vec::new(), black: 0.0 }
}

fn one(layers: Vec<Layer<usize>>) -> Shot<usize> {
    shot(Mix::One(tableau(layers)))
}

fn dissolve((under, over): (Tableau<usize>, Tableau<usize>), weight: f64) -> Shot<usize> {
    shot(Mix::Dissolve { under, over, weight })
}

fn wipe(
    (under, over): (Tableau<usize>, Tableau<usize>),
    pattern: Pattern,
    progress: f64,
    softness: f64,
) -> Shot<usize> {
    shot(Mix::Wipe { under, over, pattern, progress, softness })
}

/// A still in one colour where it says.
fn key(region: [u32; 4], [red, green, blue]: [u8; 3]) -> Key {
    let [x, y, width, height] = region;
    let region = Region { x, y, width, height };
    let pixels = [red, green, blue, 255].repeat((width * height) as usize);
    Key { still: Arc::new(Still::new(&Raster { region, pixels })), weight: 1.0, x: 0, y: 0, window: None }
}

/// No two samples near each other alike.
fn noise(size: Size, seed: usize) -> Image {
    let mut image = Image::black(size);
    for plane in image.view_mut().planes() {
        for (at, sample) in plane.data.iter_mut().enumerate() {
            *sample = 16 + u8::try_from((at * 7919 + seed * 104_729 + at / 64 * 31) % 211).unwrap();
        }
    }
    image
}

fn sources() -> Sources {
    vec![
        (noise(CANVAS, 1), WIDE),
        (noise(CANVAS, 2), WIDE),
        (Image::filled(CANVAS, RED), WIDE),
        (Image::filled(Size { width: 128, height: 72 }, BLUE), WIDE),
        (noise(Size { width: 48, height: 36 }, 3), Aspect(4.0 / 3.0)),
        (Image::filled(Size { width: 48, height: 36 }, GREY), WIDE),
    ]
}

fn rendered(shot: &Shot<usize>) -> Image {
    rendered_from(shot, &sources())
}

fn rendered_from(shot: &Shot<usize>, sources: &Sources) -> Image {
    // Magenta: what is not drawn is seen.
    let mut out = Image::filled(CANVAS, Colour { red: 255, green: 0, blue: 255 });
    Mixer::new(CANVAS).render(shot, frames(sources), &mut out.view_mut());
    out
}

fn frames<'s>(sources: &'s Sources) -> impl Fn(&usize) -> Option<(View<'s>, Aspect)> {
    |source| sources.get(*source).map(|(image, aspect)| (image.view(), *aspect))
}

/// Y, U and V of a pixel.
fn at(image: &Image, x: usize, y: usize) -> [u8; 3] {
    let view = image.view();
    let [luma, u, v] = view.planes();
    let half = |plane: &crate::video::Plane<'_>| plane.data[y / 2 * plane.stride + x / 2];
    [luma.data[y * luma.stride + x], half(u), half(v)]
}

/// Where a picture has this colour. Every place is in even pixels, so one in four is enough.
fn where_is(image: &Image, colour: Colour) -> Vec<(usize, usize)> {
    let all = (0..36).step_by(2).flat_map(|y| (0..64).step_by(2).map(move |x| (x, y)));
    all.filter(|(x, y)| at(image, *x, *y) == colour.yuv()).collect()
}

fn box_of([left, top, right, bottom]: [usize; 4]) -> Vec<(usize, usize)> {
    (top..bottom).step_by(2).flat_map(|y| (left..right).step_by(2).map(move |x| (x, y))).collect()
}

#[test]
fn a_source_that_fills_the_picture_is_it() {
    let sources = sources();
    assert_eq!(rendered(&one(vec![full(0)])), sources[0].0);
    let size_of = |source: &usize| sources.get(*source).map(|(image, _)| image.size());
    let as_is = |shot: &Shot<usize>| Mixer::as_is(shot, size_of, CANVAS).copied();
    assert_eq!(as_is(&one(vec![full(0)])), Some(0));
    assert_eq!(as_is(&one(vec![layer(2, [3.0, 3.0, 20.0, 20.0]), full(1)])), Some(1), "what is behind is not seen");
    assert_eq!(as_is(&one(vec![full(1), layer(2, [64.0, 0.0, 20.0, 20.0])])), Some(1), "nor what is beside the canvas");
    assert_eq!(as_is(&one(vec![Layer { fit: Fit::Cover, ..full(1) }])), Some(1));
    let dissolve = |weight| {
        let (under, over) = (tableau(vec![full(0)]), tableau(vec![full(1)]));
        shot(Mix::Dissolve { under, over, weight })
    };
    assert_eq!([0.0, 0.5, 1.0].map(|weight| as_is(&dissolve(weight))), [Some(0), None, Some(1)]);

    let not: [Shot<usize>; 10] = [
        one(vec![]),
        one(vec![full(9)]),
        one(vec![full(0), layer(9, [0.0, 0.0, 20.0, 20.0])]),
        one(vec![full(3)]),
        one(vec![layer(0, [2.0, 0.0, 64.0, 36.0])]),
        one(vec![Layer { opacity: 0.9, ..full(0) }]),
        one(vec![Layer { crop: Crop { left: 0.1, right: 0.1, top: 0.1, bottom: 0.1 }, ..full(0) }]),
        one(vec![Layer { border: Some(Border { width: 2.0, colour: RED }), ..full(0) }]),
        one(vec![Layer { tags: vec![key([0, 0, 4, 4], [0; 3])], ..full(0) }]),
        Shot { black: 0.5, ..one(vec![full(0)]) },
    ];
    for shot in not {
        assert_eq!(as_is(&shot), None, "{shot:?}");
    }
    let keyed = Shot { keys: vec![key([0, 0, 4, 4], [0; 3])], ..one(vec![full(0)]) };
    assert_eq!(as_is(&keyed), None);
    let faded_out = Shot { keys: vec![Key { weight: 0.0, ..keyed.keys[0].clone() }], ..keyed };
    assert_eq!(as_is(&faded_out), Some(0));
}

#[test]
fn boxes_are_where_they_should_be_and_the_ground_is_beside_them() {
    let picture = rendered(&one(vec![layer(2, [0.0, 0.0, 32.0, 18.0]), layer(3, [32.0, 18.0, 32.0, 18.0])]));
    assert_eq!(where_is(&picture, RED), box_of([0, 0, 32, 18]));
    assert_eq!(where_is(&picture, BLUE), box_of([32, 18, 64, 36]));
    assert_eq!(where_is(&picture, Colour::BLACK).len(), 18 * 32 / 2);
}

#[test]
fn a_source_without_a_frame_leaves_its_box_to_what_is_behind() {
    let picture = rendered(&one(vec![full(2), layer(9, [0.0, 0.0, 32.0, 18.0])]));
    assert_eq!(picture, Image::filled(CANVAS, RED));
    let ground = Tableau { ground: BLUE, ..tableau(vec![full(9)]) };
    assert_eq!(rendered(&shot(Mix::One(ground))), Image::filled(CANVAS, BLUE));
}

#[test]
fn a_border_lies_inside_and_tags_move_with_their_layer() {
    let mut tagged = layer(2, [16.0, 8.0, 32.0, 18.0]);
    tagged.border = Some(Border { width: 2.0, colour: BLUE });
    let grey = |x, y| Key { x, y, ..key([0, 0, 4, 4], [128; 3]) };
    // One inside, one half outside, one with a window of its own.
    let window = Some(Region { x: 8, y: 0, width: 2, height: 18 });
    tagged.tags = vec![grey(4, 4), grey(30, 16), Key { window, ..grey(6, 10) }];
    for (x, y) in [(16, 8), (4, 2)] {
        tagged.place = rect([f64::from(x), f64::from(y), 32.0, 18.0]);
        let (x, y) = (x as usize, y as usize);
        let picture = rendered(&one(vec![tagged.clone()]));
        let mut grey = [box_of([4, 4, 8, 8]), box_of([30, 16, 32, 18]), box_of([8, 10, 10, 14])].concat();
        grey.iter_mut().for_each(|place| *place = (place.0 + x, place.1 + y));
        grey.sort_by_key(|(x, y)| (*y, *x));
        assert_eq!(where_is(&picture, GREY), grey);
        assert_eq!(at(&picture, x, y), BLUE.yuv());
        assert_eq!(at(&picture, x + 2, y + 2), RED.yuv());
        assert_eq!(where_is(&picture, RED).len(), 14 * 7 - 4 - 2);
        assert_eq!(where_is(&picture, Colour::BLACK).len(), 32 * 18 - 16 * 9);
    }
}

#[test]
fn a_translucent_layer_lets_as_much_through_as_it_should() {
    let picture = rendered(&one(vec![full(3), Layer { opacity: 0.25, ..layer(2, [0.0, 0.0, 32.0, 18.0]) }]));
    let expected: [u8; 3] = std::array::from_fn(|n| crate::video::blend::mixed(BLUE.yuv()[n], RED.yuv()[n], 64));
    assert_eq!(at(&picture, 10, 10), expected);
    assert_eq!(at(&picture, 40, 10), BLUE.yuv());
}

#[test]
fn keys_lie_over_the_mix_and_black_over_all() {
    let mut keyed = one(vec![full(2)]);
    let ticker =
        Key { x: -7, window: Some(Region { x: 4, y: 0, width: 8, height: 8 }), ..key([8, 4, 40, 4], [0, 0, 255]) };
    keyed.keys = vec![ticker];
    assert_eq!(where_is(&rendered(&keyed), BLUE), box_of([4, 4, 12, 8]), "only in its window");
    keyed.black = 1.0;
    assert_eq!(rendered(&keyed), Image::black(CANVAS));
    keyed.black = 0.5;
    assert!(at(&rendered(&keyed), 6, 6)[0].abs_diff(24) <= 1);
}

#[test]
fn a_dissolve_of_a_picture_with_itself_is_the_picture() {
    let sources = sources();
    for weight in [0.0, 0.1, 0.37, 0.5, 0.999, 1.0] {
        let of = |source| tableau(vec![full(source)]);
        let same = shot(Mix::Dissolve { under: of(0), over: of(0), weight });
        assert_eq!(rendered(&same), sources[0].0, "{weight}");
    }
}

#[test]
fn a_dip_goes_into_its_colour() {
    let dip = |weight| shot(Mix::Dip { tableau: tableau(vec![full(0)]), colour: BLUE, weight });
    assert_eq!(rendered(&dip(0.0)), sources()[0].0);
    assert_eq!(rendered(&dip(1.0)), Image::filled(CANVAS, BLUE));
}

#[test]
fn a_push_moves_whole_tableaus() {
    let mut boxes = tableau(vec![layer(2, [0.0, 0.0, 32.0, 18.0])]);
    boxes.keys = vec![key([40, 20, 8, 8], [128; 3])];
    boxes.ground = BLUE;
    let push = |by: f64| {
        let (under, over) = (tableau(vec![full(1)]), boxes.clone());
        shot(Mix::Move { under, under_by: (by - 1.0, 0.0), over, over_by: (by, 0.0) })
    };
    let picture = rendered(&push(0.25));
    assert_eq!(where_is(&picture, RED), box_of([16, 0, 48, 18]));
    assert_eq!(where_is(&picture, GREY), box_of([56, 20, 64, 28]));
    for (x, y) in [(0, 0), (15, 35), (8, 17)] {
        assert_eq!(at(&picture, x, y), at(&sources()[1].0, x + 48, y));
    }
    assert_eq!(rendered(&push(0.0)), rendered(&shot(Mix::One(boxes.clone()))));
    assert_eq!(rendered(&push(1.0)), sources()[1].0);
    let apart = Mix::Move { under: boxes.clone(), under_by: (0.5, 0.0), over: boxes.clone(), over_by: (0.0, 0.5) };
    let picture = rendered(&shot(apart));
    assert_eq!(where_is(&picture, Colour::BLACK), box_of([0, 0, 32, 18]), "where no tableau is");
}

#[test]
fn a_box_in_one_colour_stays_it_whatever_its_size() {
    for source in [2, 3] {
        for width in (2..=64).step_by(2) {
            let width = f64::from(width);
            let picture = rendered(&one(vec![Layer { fit: Fit::Cover, ..layer(source, [0.0, 0.0, width, 36.0]) }]));
            let colour = if source == 2 { RED } else { BLUE };
            assert_eq!(where_is(&picture, colour).len(), width as usize / 2 * 18, "{width}");
        }
    }
}

#[test]
fn a_box_looks_the_same_where_it_leaves_the_canvas() {
    let sources = vec![(noise(Size { width: 400, height: 300 }, 5), Aspect(4.0 / 3.0))];
    for (width, height) in [(40.0, 30.0), (60.0, 36.0), (26.0, 20.0), (12.0, 8.0)] {
        let placed = |x: f64, y: f64| {
            let shown = Layer { fit: Fit::Cover, ..layer(0, [x, y, width, height]) };
            rendered_from(&one(vec![shown]), &sources)
        };
        let whole = placed(0.0, 0.0);
        for (by_x, by_y) in [(2, 2), (10, 4), (4, 6)] {
            let cut = placed(-f64::from(by_x), -f64::from(by_y));
            for (x, y) in box_of([0, 0, width as usize - by_x as usize, height as usize - by_y as usize]) {
                let (here, there) = (at(&cut, x, y), at(&whole, x + by_x as usize, y + by_y as usize));
                let off = here.iter().zip(there).map(|(here, there)| here.abs_diff(there)).max();
                assert!(off <= Some(1), "{width}x{height} by {by_x}, {by_y} at {x}, {y}: {here:?} and {there:?}");
            }
        }
    }
}

#[test]
fn only_what_is_wholly_behind_an_opaque_layer_is_left_out() {
    let hidden = one(vec![layer(0, [3.0, 3.0, 20.0, 20.0]), layer(4, [8.0, 0.0, 48.0, 36.0]), full(2)]);
    assert_eq!(rendered(&hidden), Image::filled(CANVAS, RED));
    let beside = one(vec![full(0), layer(2, [0.0, 0.0, 62.0, 36.0])]);
    assert_eq!(at(&rendered(&beside), 63, 35), at(&sources()[0].0, 63, 35));
}
