//! The templates that Regia brings along: what they ask for, that their texts stay within them in any language, and that
//! the letters of all Latin alphabets have a form.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use resvg::usvg::Tree;

use super::*;
use crate::media::graphics::fit;
use crate::media::graphics::template::FILES;

fn graphic(id: &str, fields: &[(&str, &str)]) -> Graphic {
    let template = Library::built_in().get(id).unwrap().clone();
    Graphic { template, fields: fields.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect() }
}

/// All its values alike.
fn filled(id: &str, text: &str) -> Graphic {
    let template = Library::built_in().get(id).unwrap().clone();
    let mut fields: std::collections::BTreeMap<_, _> =
        template.fields().iter().map(|field| (field.id.clone(), text.to_owned())).collect();
    fields.extend(template.specials().iter().map(|special| {
        let value = if *special == "name" { text } else { "21:14" };
        ((*special).to_owned(), value.to_owned())
    }));
    Graphic { template, fields }
}

fn ids() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(file, _)| file.trim_end_matches(".svg"))
}

#[test]
fn all_of_them_pass_their_own_check() {
    for (file, text) in FILES {
        if let Err(problems) = Template::check(file, text) {
            panic!("{}", problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"));
        }
    }
    let built_in = Library::built_in();
    let ids: Vec<&str> = built_in.iter().map(|template| template.id()).collect();
    assert_eq!(ids, ["bug", "countdown", "logo", "lower-third", "post", "ticker", "title"]);
}

#[test]
fn they_say_what_they_ask_for() {
    let built_in = Library::built_in();
    let fields = |id: &str| {
        let template = built_in.get(id).unwrap();
        let fields: Vec<&str> = template.fields().iter().map(|field| field.id.as_str()).collect();
        (fields, template.specials().to_vec())
    };
    assert_eq!(fields("lower-third"), (vec!["title", "subtitle"], vec![]));
    assert_eq!(fields("bug"), (vec![], vec!["time", "name"]));
    assert_eq!(fields("logo"), (vec!["image"], vec![]));
    assert_eq!(fields("title"), (vec!["title", "subtitle", "colour"], vec![]));
    assert_eq!(fields("ticker"), (vec!["text"], vec![]));
    assert_eq!(fields("countdown"), (vec!["label", "until"], vec!["remaining"]));
    assert_eq!(fields("post"), (vec!["author", "handle", "text", "image"], vec![]));
    assert!(built_in.iter().all(|template| template.is_ticker() == (template.id() == "ticker")));
    let post = built_in.get("post").unwrap();
    assert_eq!(post.fields()[2].kind, Kind::Text { max: 500, lines: 6 });
    assert_eq!((post.name(), post.name_en()), ("Post", Some("Social post")));
    assert_eq!(post.animation_in(), Animation::Slide(Direction::Right));
}

#[test]
fn all_of_them_stay_within_the_picture_whatever_they_say() {
    let fonts = Fonts::load().unwrap();
    let texts =
        ["", "i", "Genova", &"ŁÓDŹ Ħ Ș ß Œ Đ 🎤 ".repeat(40), &"W".repeat(1000), &"\u{202e}ش a\u{301}".repeat(90)];
    for size @ (width, height) in [(1280, 720), (640, 360), (720, 1280), (64, 64), (1920, 64)] {
        for (id, text) in ids().flat_map(|id| texts.iter().map(move |text| (id, *text))) {
            let Drawing { raster, strip } = drawing(&fonts, size, filled(id, text));
            let regions = [Some(raster.region), strip.as_ref().map(|strip| strip.window)];
            for Region { x, y, width: w, height: h } in regions.into_iter().flatten() {
                let what = format!("{id} in {width}x{height} with {} characters", text.len());
                assert!(w > 0 && h > 0 && x + w <= width && y + h <= height, "{what}: {x} {y} {w} {h}");
                assert_eq!([x % 2, y % 2, w % 2, h % 2], [0; 4], "{what}");
            }
            for raster in [Some(&raster), strip.as_ref().map(|strip| &strip.raster)].into_iter().flatten() {
                let Region { width, height, .. } = raster.region;
                assert_eq!(raster.pixels.len(), (width * height * 4) as usize, "{id}");
            }
        }
    }
}

/// Pixels of the house's dark plate, or of a full title's ground, at the raster's right edge: text leaves them alone.
fn edge_is_clear(raster: &Raster) -> bool {
    let Region { width, height, .. } = raster.region;
    (4..height).all(|y| raster.pixel(width - 2, y)[2] < 100)
}

#[test]
fn long_texts_do_not_leave_the_plate() {
    let fonts = Fonts::load().unwrap();
    for id in ["lower-third", "bug", "countdown", "post", "title"] {
        for text in ["W".repeat(1000), "Łódź — Ħamrun ".repeat(60), "parola ".repeat(100)] {
            let raster = drawing(&fonts, (WIDTH, HEIGHT), filled(id, &text)).raster;
            assert!(edge_is_clear(&raster), "{id}");
            let bottom = raster.region.height - 2;
            assert!((20..raster.region.width).all(|x| raster.pixel(x, bottom)[2] < 100), "{id}");
        }
    }
}

#[test]
fn a_post_is_as_high_as_its_text() {
    let fonts = Fonts::load().unwrap();
    let high = |text: &str, handle: &str| {
        let post = graphic("post", &[("author", "Anna"), ("handle", handle), ("text", text)]);
        drawing(&fonts, (WIDTH, HEIGHT), post).raster.region
    };
    let one = high("Ciao", "@anna");
    let three = high(&"Da Messina vi seguiamo tutti quanti ".repeat(4), "@anna");
    assert!(three.height > one.height + 80 && three.height < one.height + 140, "{one:?} {three:?}");
    assert_eq!(one.y + one.height, three.y + three.height, "both stand on the same line");
    assert!(high("a\nb\nc", "").height > one.height + 80, "lines that people break stay broken");
    assert!(high(&"W ".repeat(250), "").height <= 420);
}

#[test]
fn a_picture_is_laid_where_the_template_has_it_and_its_place_closes_up_without() {
    let fonts = Fonts::load().unwrap();
    let renderer = Renderer::new(&fonts, WIDTH, HEIGHT).unwrap();
    let red = Arc::new(Picture { width: 4, height: 4, rgba: [255, 0, 0, 255].repeat(16) });
    let Graphic { template, fields } = graphic("post", &[("author", "Anna"), ("text", "Ciao"), ("image", "anna.png")]);
    let with = renderer.draw(&template, &fields, &|name| (name == "anna.png").then(|| Arc::clone(&red))).unwrap();
    let without = renderer.draw(&template, &fields, &|_| None).unwrap();
    let reds =
        |drawing: &Drawing| drawing.raster.pixels.as_chunks::<4>().0.iter().filter(|p| p[0] > 200 && p[1] < 20).count();
    assert!((3400..3700).contains(&reds(&with)), "a round one: {}", reds(&with));
    assert_eq!(reds(&without), 0);
    let Graphic { template, fields } = graphic("logo", &[("image", "wide.png")]);
    let wide = Arc::new(Picture { width: 40, height: 10, rgba: [255, 0, 0, 255].repeat(400) });
    let logo = renderer.draw(&template, &fields, &|_| Some(Arc::clone(&wide))).unwrap();
    assert!((9800..10_400).contains(&reds(&logo)), "its shape is kept: {}", reds(&logo));
}

#[test]
fn a_full_title_hides_the_whole_picture_in_the_colour_that_was_given() {
    let fonts = Fonts::load().unwrap();
    for (width, height) in [(1280, 720), (720, 1280), (1920, 800)] {
        let title = graphic("title", &[("title", "Socialab"), ("colour", "#00ff00")]);
        let raster = drawing(&fonts, (width, height), title).raster;
        assert_eq!(raster.region, Region { x: 0, y: 0, width, height });
        assert!(raster.pixels.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 255), "{width}x{height}");
        assert!(raster.pixels.as_chunks::<4>().0.contains(&[0, 255, 0, 255]), "{width}x{height}");
    }
    let odd = graphic("title", &[("title", "Socialab"), ("colour", "red\" onload=\"")]);
    let pixels = drawing(&fonts, (WIDTH, HEIGHT), odd).raster.pixels;
    assert!(pixels.as_chunks::<4>().0.contains(&[0xf2, 0xb1, 0x34, 255]), "the default stands for what is no colour");
}

#[test]
fn a_full_template_takes_no_more_of_the_picture_than_it_fills() {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1280 720' data-name='a' data-place='full'>\
        <rect x='101' y='51' width='30' height='20' fill='#fff'/></svg>";
    let template = Arc::new(Template::check("a.svg", svg).unwrap());
    let fields = std::collections::BTreeMap::new();
    let raster = drawing(&Fonts::load().unwrap(), (WIDTH, HEIGHT), Graphic { template, fields }).raster;
    assert_eq!(raster.region, Region { x: 100, y: 50, width: 32, height: 22 });
    assert_eq!((raster.pixel(0, 0), raster.pixel(1, 1)), ([0; 4], [255; 4]));
}

#[test]
fn a_ticker_is_as_long_as_its_text_and_never_longer_than_eight_pictures() {
    let fonts = Fonts::load().unwrap();
    let strip = |text: &str, size| drawing(&fonts, size, graphic("ticker", &[("text", text)])).strip.unwrap();
    let short = strip("Genova", (1280, 720));
    assert!((180..230).contains(&short.raster.region.width), "{:?}", short.raster.region);
    assert_eq!((short.window, short.px_per_s), (Region { x: 0, y: 668, width: 1280, height: 52 }, 120));
    assert_eq!(strip("Genova", (640, 360)).px_per_s, 60);
    assert!(short.raster.pixels.iter().any(|byte| *byte > 200), "it shows its text");
    let long = strip(&"W".repeat(1000), (1280, 720));
    assert!((10_000..=10_240).contains(&long.raster.region.width), "{:?}", long.raster.region);
    let last = long.raster.region.width - 90;
    assert!((last..last + 90).all(|x| (0..52).all(|y| long.raster.pixel(x, y)[3] == 0)), "room before it comes again");
}

#[test]
fn the_figures_of_a_countdown_stand_still() {
    let fonts = Fonts::load().unwrap();
    let at =
        |remaining: &str| drawing(&fonts, (WIDTH, HEIGHT), graphic("countdown", &[("remaining", remaining)])).raster;
    let (one, two) = (at("01:11"), at("01:18"));
    // All but the last figure, whose cell begins four figures and a colon after the first.
    let last = 40 + 3 * 44 + 22;
    let same = |raster: &Raster| {
        (0..last).flat_map(|x| (0..94).map(move |y| (x, y))).map(|(x, y)| raster.pixel(x, y)).collect::<Vec<_>>()
    };
    assert!(same(&one) == same(&two) && one.pixels != two.pixels);
    let hours = at("1:00:00").region;
    assert_eq!(hours, one.region, "there is room for hours");
}

#[test]
fn the_template_of_the_manual_is_sound_and_looks_as_it_says() {
    let manual = include_str!("../../../../docs/templates.md");
    let svg = manual.split("```svg\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let template = Template::check("quote.svg", svg).unwrap_or_else(|problems| panic!("{problems:?}"));
    let fields =
        [("text".to_owned(), "Stasera si balla ".repeat(6)), ("colour".to_owned(), "#00ff00".to_owned())].into();
    let graphic = Graphic { template: Arc::new(template), fields };
    let raster = drawing(&Fonts::load().unwrap(), (WIDTH, HEIGHT), graphic).raster;
    assert!(raster.pixels.as_chunks::<4>().0.contains(&[0, 255, 0, 255]));
    assert!(raster.all_ink() > 1000);
}

#[test]
fn what_has_no_form_and_is_no_letter_is_left_out() {
    let fonts = Fonts::load().unwrap();
    let wide = |title: &str| draw_in(&fonts, WIDTH, HEIGHT, title, "x").region.width;
    assert_eq!(wide("Musica 🎤🪕 dal vivo"), wide("Musica dal vivo"));
    assert_eq!(wide("Italia 🇮🇹"), wide("Italia"));
    assert!(wide("東京 Tokyo") > wide("Tokyo"), "letters are shown, even if only as boxes");
}

#[test]
fn every_letter_of_every_latin_alphabet_has_a_form() {
    let fonts = Fonts::load().unwrap();
    let renderer = Renderer::new(&fonts, WIDTH, HEIGHT).unwrap();
    let template = Library::built_in().get("logo").unwrap().clone();
    let blocks = [0x20..=0x7e, 0xa0..=0xff, 0x100..=0x17f, 0x180..=0x24f, 0x1e00..=0x1eff];
    let letters: Vec<char> =
        blocks.into_iter().flatten().filter_map(char::from_u32).filter(|c| c.is_alphanumeric()).collect();
    assert!(letters.len() > 700, "{}", letters.len());
    for weight in [400, 700] {
        let texts: String =
            letters.iter().map(|c| format!("<text font-family='Inter' font-weight='{weight}'>{c}</text>")).collect();
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{texts}</svg>");
        let tree = Tree::from_str(&svg, &renderer.options(&template, std::collections::HashMap::new())).unwrap();
        let mut found = (std::collections::HashMap::new(), BTreeSet::new());
        fit::collect(tree.root(), &mut found);
        assert!(found.1.is_empty(), "no form at {weight} for {:?}", found.1);
    }
}

#[test]
fn drawing_any_of_them_takes_milliseconds() {
    let fonts = Fonts::load().unwrap();
    for id in ids() {
        for text in ["Genova", &"Łódź — Ħamrun ".repeat(60)] {
            let graphic = filled(id, text);
            let begin = Instant::now();
            drawing(&fonts, (WIDTH, HEIGHT), graphic);
            let drawn = begin.elapsed();
            println!("{id}, {} characters: {drawn:?}", text.chars().count());
            assert!(drawn < Duration::from_secs(2), "{id}: {drawn:?}");
        }
    }
}

#[test]
fn values_have_their_flaws_told() {
    let template = Library::built_in().get("title").unwrap().clone();
    let flaw = |fields: &[(&str, &str)]| {
        template.flaw(&fields.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect())
    };
    assert_eq!(flaw(&[("title", "a"), ("colour", "#00FF00")]), None);
    assert_eq!(flaw(&[("title", " ")]), Some(Flaw::Missing { field: "title".into() }));
    assert!(flaw(&[("title", "a"), ("titel", "b")]).unwrap().to_string().contains("it has title, subtitle, colour"));
    assert!(flaw(&[("title", &"a".repeat(101))]).unwrap().to_string().contains("101 characters: 100 at most"));
    assert!(flaw(&[("title", "a"), ("colour", "red")]).unwrap().to_string().contains("#f2b134"));
}
