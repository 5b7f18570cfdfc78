//! The pictures that have goldens.

use std::time::Duration;

use super::print::Tolerance;
use super::sources::{cities, city, source};
use super::studio::{Case, Studio, TRANSITION_MS as MS, bare, scene};
use crate::media::picture::stage::Scene;
use crate::show::{
    Border, Colour, Composition, Corner, Crop, Direction, Fit, Inset, Layout, Picture, PictureBox, Rect, Source,
    Transition, WhenLost, WipePattern,
};
use crate::video::Shot;

const WHITE: Colour = Colour { red: 255, green: 255, blue: 255 };
const AMBER: Colour = Colour { red: 0xff, green: 0xb0, blue: 0x20 };
const LINE: Border = Border { width: 20, colour: AMBER };

/// In the order in which they are shown.
pub fn all() -> Vec<Case> {
    let parts =
        [sources(), layouts(), free(), closing_up(), transitions(), wipes(), moves(), keyers(), animations(), black()];
    parts.into_iter().flatten().collect()
}

fn case(name: impl Into<String>, studio: Studio) -> Case {
    Case { name: name.into(), tolerance: Tolerance::EXACT, image: studio.image() }
}

fn with_text(name: impl Into<String>, studio: Studio) -> Case {
    Case { tolerance: Tolerance::TEXT, ..case(name, studio) }
}

fn full(source: Source) -> Scene<&'static str> {
    bare(Picture::full(source))
}

fn laid(layout: Layout, sources: Vec<Source>) -> Composition {
    Composition { layout, sources, ..Composition::default() }
}

fn shown(composition: &Composition) -> Studio {
    Studio::on_air(scene(composition, &[]))
}

fn sources() -> Vec<Case> {
    let names = [
        ("colour", "colour:#ffb020"),
        ("bars", "bars"),
        ("slate", "slate"),
        ("black", "black"),
        ("still", "still:quadro"),
        ("clip", "clip:pillola"),
        ("cohost-whose-pixels-are-wide", "cohost:luca"),
        ("city-without-a-frame", "city:assente"),
    ];
    names.map(|(name, text)| case(format!("source-{name}"), Studio::on_air(full(source(text))))).into()
}

fn layouts() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add =
        |name: String, composition: &Composition| cases.push(case(format!("layout-{name}"), shown(composition)));
    add("full".into(), &laid(Layout::Full, cities(1)));
    add("full-unscaled".into(), &laid(Layout::Full, vec![city("lecce")]));
    let cover = Composition { fit: Fit::Cover, ..laid(Layout::Full, vec![city("genova")]) };
    add("full-cover".into(), &cover);
    add("side-by-side".into(), &laid(Layout::SideBySide, cities(2)));
    let upright = laid(Layout::SideBySide, vec![city("bologna"), city("genova")]);
    add("side-by-side-border".into(), &Composition { border: Some(LINE), ..upright.clone() });
    add("side-by-side-cover".into(), &Composition { fit: Fit::Cover, ..upright });
    let corners = [
        ("top-left", Corner::TopLeft),
        ("top-right", Corner::TopRight),
        ("bottom-left", Corner::BottomLeft),
        ("bottom-right", Corner::BottomRight),
    ];
    for (name, corner) in corners {
        for size in [280, 450] {
            let inset = Inset { corner, size };
            let composition = Composition { inset, ..laid(Layout::PictureInPicture, cities(2)) };
            add(format!("picture-in-picture-{name}-{size}"), &composition);
        }
    }
    for count in [3, 4] {
        add(format!("one-large-{count}"), &laid(Layout::OneLarge, cities(count)));
    }
    for count in 2..=9 {
        add(format!("grid-{count}"), &laid(Layout::Grid, cities(count)));
    }
    add(
        "grid-9-cover-border".into(),
        &Composition { fit: Fit::Cover, border: Some(LINE), ..laid(Layout::Grid, cities(9)) },
    );
    let bugs = Composition { bugs: true, ..laid(Layout::SideBySide, cities(2)) };
    cases.push(with_text("layout-side-by-side-bugs", shown(&bugs)));
    cases
}

fn free() -> Vec<Case> {
    let place = |x, y, width, height| Rect { x, y, width, height };
    let boxed = |source: &str, place| PictureBox::new(city(source), place);
    let free = |boxes| Composition { layout: Layout::Free, boxes, ..Composition::default() };
    let crop = Crop { left: 250, top: 100, right: 125, bottom: 300 };
    let overlap = vec![
        PictureBox { fit: Fit::Cover, ..boxed("milano", place(0, 0, 600, 1000)) },
        PictureBox { border: Some(LINE), ..boxed("roma", place(350, 200, 500, 500)) },
        PictureBox { border: Some(Border { width: 8, colour: WHITE }), ..boxed("pisa", place(610, 450, 313, 457)) },
    ];
    let pictures = [
        ("crop", vec![PictureBox { crop, ..boxed("roma", place(100, 100, 800, 800)) }]),
        ("crop-cover", vec![PictureBox { crop, fit: Fit::Cover, ..boxed("roma", place(100, 100, 800, 800)) }]),
        ("cover-upright", vec![PictureBox { fit: Fit::Cover, ..boxed("roma", place(300, 50, 250, 900)) }]),
        ("odd-places", vec![boxed("lecce", place(3, 7, 331, 337)), boxed("roma", place(333, 501, 666, 499))]),
        ("border-widest", vec![PictureBox { border: Some(Border { width: 50, ..LINE }), ..boxed("roma", Rect::FULL) }]),
        ("overlap", overlap),
    ];
    pictures.map(|(name, boxes)| case(format!("free-{name}"), shown(&free(boxes)))).into()
}

fn closing_up() -> Vec<Case> {
    let closing = |layout, count| Composition { when_lost: WhenLost::CloseUp, ..laid(layout, cities(count)) };
    let pictures = [
        ("grid-5", closing(Layout::Grid, 5)),
        ("one-large-4", closing(Layout::OneLarge, 4)),
        ("one-large-3", closing(Layout::OneLarge, 3)),
        ("picture-in-picture", closing(Layout::PictureInPicture, 2)),
    ];
    let without = |picture: &Picture| bare(picture.without(|source| *source == city("roma")));
    let mut cases: Vec<_> = pictures
        .iter()
        .map(|(name, composition)| {
            let left = without(&composition.picture().unwrap());
            case(format!("closing-up-{name}"), Studio::on_air(left))
        })
        .collect();
    let whole = pictures[0].1.picture().unwrap();
    let left = without(&whole);
    let way = Transition::Move { duration_ms: MS };
    cases.push(case("closing-up-grid-5-half-way", Studio::on_air(bare(whole)).part_of(way, false, left, 50)));
    cases
}

/// From one full picture to another.
fn between(name: &str, transition: &Transition, reversed: bool, percents: &[u32]) -> Vec<Case> {
    let part = |percent: &u32| {
        let studio = Studio::on_air(full(city("roma")));
        case(format!("{name}-{percent}"), studio.part_of(transition.clone(), reversed, full(city("milano")), *percent))
    };
    percents.iter().map(part).collect()
}

fn transitions() -> Vec<Case> {
    let duration_ms = MS;
    let mix = Transition::Mix { duration_ms };
    let stinger = Transition::Stinger { duration_ms, stinger: "banda".parse().unwrap(), cut_ms: MS / 2 };
    let right = Transition::Wipe { duration_ms, pattern: WipePattern::Right, softness: 0 };
    let mut cases = [
        between("mix", &mix, false, &[25, 50, 75]),
        between("mix-reversed", &mix, true, &[25]),
        between("dip-white", &Transition::Dip { duration_ms, colour: WHITE }, false, &[25, 50, 75]),
        between("dip-amber", &Transition::Dip { duration_ms, colour: AMBER }, false, &[25]),
        between("stinger", &stinger, false, &[25, 50, 75]),
        between("wipe-right-reversed", &right, true, &[25]),
    ]
    .concat();
    let directions =
        [("left", Direction::Left), ("right", Direction::Right), ("up", Direction::Up), ("down", Direction::Down)];
    for (name, direction) in directions {
        let push = Transition::Push { duration_ms, direction };
        cases.extend(between(&format!("push-{name}"), &push, false, &[25, 75]));
        let slide = Transition::Slide { duration_ms, direction };
        cases.extend(between(&format!("slide-{name}"), &slide, false, &[25, 75]));
    }
    let push = Transition::Push { duration_ms, direction: Direction::Left };
    cases.extend(between("push-left-reversed", &push, true, &[25]));
    // Boxes and graphics are mixed as they stand.
    let from = scene(&laid(Layout::Grid, cities(4)), &["lower-third"]);
    let to = scene(&laid(Layout::PictureInPicture, vec![city("torino"), city("roma")]), &["logo"]);
    cases.push(with_text("mix-of-boxes-and-graphics-50", Studio::on_air(from).part_of(mix, false, to, 50)));
    cases
}

fn wipes() -> Vec<Case> {
    let patterns = [
        ("right", WipePattern::Right),
        ("left", WipePattern::Left),
        ("down", WipePattern::Down),
        ("up", WipePattern::Up),
        ("down-right", WipePattern::DownRight),
        ("down-left", WipePattern::DownLeft),
        ("up-right", WipePattern::UpRight),
        ("up-left", WipePattern::UpLeft),
        ("circle", WipePattern::Circle),
        ("diamond", WipePattern::Diamond),
        ("barn-horizontal", WipePattern::BarnHorizontal),
        ("barn-vertical", WipePattern::BarnVertical),
        ("clock", WipePattern::Clock),
    ];
    let wipe = |pattern, softness| Transition::Wipe { duration_ms: MS, pattern, softness };
    let mut cases = Vec::new();
    for (name, pattern) in patterns {
        // Where the edge only runs on, one instant tells all; where it grows or turns, three do.
        let grows = matches!(name, "down-right" | "circle" | "diamond" | "clock");
        let percents: &[u32] = if grows { &[25, 50, 75] } else { &[25] };
        cases.extend(between(&format!("wipe-{name}"), &wipe(pattern, 0), false, percents));
    }
    cases.extend(between("wipe-circle-soft", &wipe(WipePattern::Circle, 200), false, &[25, 50, 75]));
    cases.extend(between("wipe-right-softest", &wipe(WipePattern::Right, Transition::SOFTEST), false, &[50]));
    cases
}

fn moves() -> Vec<Case> {
    let way = Transition::Move { duration_ms: MS };
    let from = scene(&laid(Layout::SideBySide, vec![city("roma"), city("lecce")]), &[]);
    let to = laid(Layout::PictureInPicture, vec![city("milano"), city("roma")]);
    let to = scene(&Composition { border: Some(LINE), ..to }, &[]);
    let part = |percent: u32| {
        case(format!("move-{percent}"), Studio::on_air(from.clone()).part_of(way.clone(), false, to.clone(), percent))
    };
    let mut cases: Vec<_> = [25, 50, 75].map(part).into();
    let swapped = |a, b| scene(&laid(Layout::OneLarge, vec![city(a), city(b), city("milano")]), &[]);
    let swap = Studio::on_air(swapped("roma", "lecce")).part_of(way, false, swapped("lecce", "roma"), 50);
    cases.push(case("move-two-change-places-50", swap));
    cases
}

fn on_air() -> Studio {
    Studio::on_air(full(city("roma")))
}

/// Long enough for what comes to be there.
const THERE: Duration = Duration::from_secs(1);

fn keyers() -> Vec<Case> {
    let names = [
        "lower-third",
        "lower-third-title",
        "bug",
        "title",
        "title-colour",
        "ticker-short",
        "countdown",
        "countdown-bare",
        "post",
        "post-picture",
    ];
    let keyed = |name| with_text(format!("key-{name}"), on_air().key(0, Some(name)).wait(THERE));
    let mut cases: Vec<_> = names.map(keyed).into();
    // No text is in it.
    cases.push(case("key-logo", on_air().key(0, Some("logo")).wait(THERE)));
    let ticker = |seconds| on_air().key(0, Some("ticker")).wait(Duration::from_secs(seconds));
    cases.push(with_text("key-ticker-comes", ticker(5)));
    cases.push(with_text("key-ticker-comes-again", ticker(25)));
    let four = ["post", "ticker", "logo", "lower-third"];
    let four = four.into_iter().enumerate().fold(on_air(), |studio, (keyer, name)| studio.key(keyer, Some(name)));
    cases.push(with_text("key-four-at-once", four.wait(Duration::from_secs(10))));
    let over_a_wipe = Transition::Wipe { duration_ms: MS, pattern: WipePattern::Circle, softness: 0 };
    let keyed = on_air().key(0, Some("lower-third")).wait(THERE);
    cases.push(with_text("key-over-a-wipe", keyed.part_of(over_a_wipe, false, full(city("milano")), 50)));
    cases
        .push(with_text("key-of-the-picture", Studio::on_air(scene(&laid(Layout::Full, cities(1)), &["lower-third"]))));
    cases
}

fn animations() -> Vec<Case> {
    let comes = |name| on_air().key(0, Some(name)).part_keyed(60);
    let goes = |name| on_air().key(0, Some(name)).wait(THERE * 10).key(0, None).part_keyed(60);
    let turns = |from, to| on_air().key(0, Some(from)).wait(THERE).key(0, Some(to)).part_keyed(60);
    vec![
        with_text("key-comes-fade", comes("lower-third")),
        with_text("key-goes-fade", goes("lower-third")),
        with_text("key-comes-slide-right", comes("post")),
        with_text("key-comes-slide-up", comes("ticker")),
        with_text("key-goes-slide-down", goes("ticker")),
        with_text("key-one-becomes-another", turns("lower-third", "lower-third-title")),
    ]
}

fn black() -> Vec<Case> {
    let keyed = on_air().key(0, Some("logo")).wait(THERE);
    vec![case("black-50", keyed.part_to_black(50)), case("black-100", on_air().part_to_black(100))]
}

/// What `layout-grid-9` is drawn from.
pub fn grid_of_nine() -> Shot<Source> {
    shown(&laid(Layout::Grid, cities(9))).shot()
}

/// What `layout-full` is drawn from.
pub fn full_picture() -> Shot<Source> {
    on_air().shot()
}
