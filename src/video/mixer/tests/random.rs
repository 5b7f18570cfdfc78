//! What holds for any shot, with numbers that somebody might send and with those that nobody should.

use proptest::prelude::*;

use super::*;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -100.0..100.0f64,
        2 => prop_oneof![Just(0.0), Just(1.0), Just(0.5), Just(64.0), Just(36.0), Just(-0.0)],
        2 => any::<f64>(),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX), Just(5e-324)],
    ]
}

fn part() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..1.0f64, 1 => number()]
}

fn region([x, y, width, height]: [u32; 4]) -> Region {
    Region { x, y, width, height }
}

prop_compose! {
    fn any_key()(
        at in prop_oneof![3 => [0u32..70, 0u32..40], 1 => any::<[u32; 2]>()],
        size in [0u32..70, 0u32..40],
        missing in 0usize..3,
        alpha in any::<u8>(),
        weight in part(),
        by in prop_oneof![3 => [-80..80, -80..80], 1 => any::<[i32; 2]>()],
        window in proptest::option::of(prop_oneof![[0u32..70, 0u32..40, 0u32..70, 0u32..40], any::<[u32; 4]>()]),
    ) -> Key {
        let place = region([at[0], at[1], size[0], size[1]]);
        // Not always as many as there should be.
        let pixels = [alpha / 2, alpha / 3, alpha, alpha].repeat((size[0] * size[1]) as usize >> missing);
        let still = Arc::new(Still::new(&Raster { region: place, pixels }));
        Key { still, weight, x: by[0], y: by[1], window: window.map(region) }
    }
}

prop_compose! {
    fn any_layer()(
        source in 0usize..9,
        place in [number(), number(), number(), number()],
        crop in proptest::option::of([part(), part(), part(), part()]),
        cover in any::<bool>(),
        border in proptest::option::of(number()),
        opacity in prop_oneof![Just(1.0), part()],
        tags in proptest::collection::vec(any_key(), 0..2),
    ) -> Layer<usize> {
        let crop = crop.map_or(Crop::default(), |[left, top, right, bottom]| Crop { left, top, right, bottom });
        let fit = if cover { Fit::Cover } else { Fit::Contain };
        let border = border.map(|width| Border { width, colour: BLUE });
        Layer { source, place: rect(place), crop, fit, border, opacity, tags }
    }
}

prop_compose! {
    fn any_tableau()(
        layers in proptest::collection::vec(any_layer(), 0..5),
        keys in proptest::collection::vec(any_key(), 0..2),
    ) -> Tableau<usize> {
        Tableau { ground: GREY, layers, keys }
    }
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    proptest::sample::select(Pattern::ALL.as_slice())
}

fn any_mix() -> impl Strategy<Value = Mix<usize>> {
    let two = || (any_tableau(), any_tableau());
    prop_oneof![
        any_tableau().prop_map(Mix::One),
        (two(), part()).prop_map(|((under, over), weight)| Mix::Dissolve { under, over, weight }),
        (any_tableau(), part()).prop_map(|(tableau, weight)| Mix::Dip { tableau, colour: RED, weight }),
        (two(), any_pattern(), part(), part()).prop_map(|((under, over), pattern, progress, softness)| Mix::Wipe {
            under,
            over,
            pattern,
            progress,
            softness
        }),
        (two(), [part(), part()], [part(), part()]).prop_map(|((under, over), a, b)| Mix::Move {
            under,
            under_by: (a[0], -a[1]),
            over,
            over_by: (-b[0], b[1])
        }),
    ]
}

prop_compose! {
    fn any_shot()(
        mix in any_mix(),
        keys in proptest::collection::vec(any_key(), 0..2),
        black in prop_oneof![Just(0.0), part()],
    ) -> Shot<usize> {
        Shot { mix, keys, black }
    }
}

/// Sources of odd sizes, one pixel large, with rows that are longer than they are wide.
struct Odd {
    size: Size,
    stride: usize,
    data: Vec<u8>,
}

impl Odd {
    /// All samples of the picture in one value; what lies between its rows is 255, which video never is.
    fn new(width: u32, height: u32, padding: usize) -> Self {
        let size = Size { width, height };
        let stride = width as usize + padding;
        let rows =
            (0..height).flat_map(|_| (0..stride).map(move |x| if x < width.div_ceil(2) as usize { 100 } else { 255 }));
        let luma = (0..height).flat_map(|_| (0..stride).map(move |x| if x < width as usize { 100 } else { 255 }));
        Self { size, stride, data: luma.chain(rows).collect() }
    }

    fn view(&self) -> View<'_> {
        let (luma, chroma) = self.data.split_at(self.stride * self.size.height as usize);
        View::new(self.size, [(luma, self.stride), (chroma, self.stride), (chroma, self.stride)]).unwrap()
    }
}

fn odd_sources() -> Vec<Odd> {
    vec![
        Odd::new(1, 1, 0),
        Odd::new(1, 1, 7),
        Odd::new(63, 35, 1),
        Odd::new(64, 36, 64),
        Odd::new(127, 71, 3),
        Odd::new(300, 3, 20),
        Odd::new(3, 300, 5),
        Odd::new(641, 361, 31),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_shot_writes_outside_the_canvas_or_reads_between_rows(shot in any_shot()) {
        let sources = odd_sources();
        let frame = |source: &usize| sources.get(*source).map(|odd| (odd.view(), WIDE));
        // Rows are 70 and 40 bytes apart, and there is one more than the canvas has.
        let mut planes = [vec![1u8; 70 * 37], vec![1; 40 * 19], vec![1; 40 * 19]];
        let mut mixer = Mixer::new(Size { width: 2, height: 2 });
        let mut render = |planes: &mut [Vec<u8>; 3]| {
            let [y, u, v] = planes;
            mixer.render(&shot, frame, &mut ViewMut::new(CANVAS, [(y, 70), (u, 40), (v, 40)]).unwrap());
        };
        render(&mut planes);
        for (plane, (stride, width, height)) in planes.iter().zip([(70, 64, 36), (40, 32, 18), (40, 32, 18)]) {
            for (at, sample) in plane.iter().enumerate() {
                let inside = at % stride < width && at / stride < height;
                prop_assert_eq!(!inside, *sample == 1, "{} of {}: {}", at, stride, sample);
                prop_assert!(*sample <= 240, "{} of {}: {}", at, stride, sample);
            }
        }
        // What is kept from frame to frame changes nothing.
        let once = planes.clone();
        render(&mut planes);
        prop_assert!(once == planes, "the second time it looks different");
    }

    #[test]
    fn what_is_as_is_looks_as_it_is(shot in any_shot()) {
        let sources = sources();
        let size_of = |source: &usize| sources.get(*source).map(|(image, _)| image.size());
        if let Some(source) = Mixer::as_is(&shot, size_of, CANVAS) {
            prop_assert!(rendered(&shot) == sources[*source].0);
        }
    }

    #[test]
    fn both_ends_of_a_transition_are_exact(under in any_tableau(), over in any_tableau(), pattern in any_pattern()) {
        let [first, last] = [&under, &over].map(|tableau| rendered(&shot(Mix::One(tableau.clone()))));
        let two = || (under.clone(), over.clone());
        for (at, exact) in [(0.0, &first), (1.0, &last)] {
            let wiped = rendered(&wipe(two(), pattern, at, 0.2));
            prop_assert!(wiped == *exact);
            let (lower, upper) = two();
            let push = Mix::Move { under: upper, under_by: (0.0, 1.0 - at), over: lower, over_by: (0.0, -at) };
            let pushed = rendered(&shot(push));
            prop_assert!(pushed == *exact);
            let dissolved = rendered(&dissolve(two(), at));
            prop_assert!(dissolved == *exact);
        }
    }

    #[test]
    fn a_mix_of_a_tableau_with_itself_is_the_tableau(
        tableau in any_tableau(),
        at in 0.0..1.0f64,
        pattern in any_pattern(),
    ) {
        let exact = rendered(&shot(Mix::One(tableau.clone())));
        let wiped = rendered(&wipe((tableau.clone(), tableau.clone()), pattern, at, 0.2));
        prop_assert!(wiped == exact);
        let dissolved = rendered(&dissolve((tableau.clone(), tableau), at));
        prop_assert!(dissolved == exact);
    }
}
