//! What stands where on a drawn lower third, with the real typefaces.

use super::*;

mod built_in;
mod refused;

/// Draws without pictures.
fn drawing(fonts: &Fonts, (width, height): (u32, u32), graphic: impl Into<Graphic>) -> Drawing {
    let Graphic { template, fields } = graphic.into();
    Renderer::new(fonts, width, height).unwrap().draw(&template, &fields, &|_| None).unwrap()
}

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;

/// As many of the plate's pixels as the amber edge has.
const EDGE: u32 = 12;

fn draw(title: &str, subtitle: &str) -> Raster {
    draw_in(&Fonts::load().unwrap(), WIDTH, HEIGHT, title, subtitle)
}

fn draw_in(fonts: &Fonts, width: u32, height: u32, title: &str, subtitle: &str) -> Raster {
    let lower_third = LowerThird::new(title, subtitle).unwrap();
    drawing(fonts, (width, height), lower_third).raster
}

impl Raster {
    fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let at = ((y * self.region.width + x) * 4) as usize;
        *self.pixels[at..].first_chunk().unwrap()
    }

    /// Bright pixels, which are text, between two columns and two rows of the plate.
    fn ink(&self, columns: std::ops::Range<u32>, rows: std::ops::Range<u32>) -> usize {
        let bright = |pixel: [u8; 4]| pixel[2] > 150;
        rows.flat_map(|y| columns.clone().map(move |x| (x, y))).filter(|(x, y)| bright(self.pixel(*x, *y))).count()
    }

    fn all_ink(&self) -> usize {
        self.ink(0..self.region.width, 0..self.region.height)
    }
}

/// Fails unless it lies in the title-safe area and its text lies on the plate, clear of the plate's edges.
fn assert_fits(raster: &Raster, width: u32, height: u32, what: &str) {
    let Region { x, y, width: w, height: h } = raster.region;
    assert!(x * 20 >= width && (x + w) * 20 <= width * 19, "{what}: {:?}", raster.region);
    assert!(y * 20 >= height && (y + h) * 20 <= height * 19, "{what}: {:?}", raster.region);
    assert_eq!([x % 2, y % 2, w % 2, h % 2], [0; 4], "{what}: {:?}", raster.region);
    assert_eq!(raster.pixels.len(), (w * h * 4) as usize);
    let margin = 8 * height.min(width * 9 / 16) / 720;
    assert_eq!(
        raster.ink(0..margin, 0..h) + raster.ink(w - margin..w, 0..h),
        0,
        "{what}: it leaves the plate sideways"
    );
}

#[test]
fn the_plate_stands_in_the_title_safe_corner_as_large_as_its_text() {
    let raster = draw("Genova — Vernissage Bistrot", "Twitter e la musica");
    let Region { x, y, width, height } = raster.region;
    assert_eq!((x, y + height, height), (64, 654, 116));
    assert!((540..620).contains(&width), "{width}");
    assert_fits(&raster, WIDTH, HEIGHT, "an ordinary one");
    let [red, green, blue, alpha] = raster.pixel(EDGE / 2, height / 2);
    assert_eq!([red, green, blue, alpha], [0xf2, 0xb1, 0x34, 255], "its amber edge");
    let [red, green, blue, alpha] = raster.pixel(width - 4, 4);
    assert!(red.max(green).max(blue) < 20 && (230..240).contains(&alpha), "a dark plate that lets a little through");
}

#[test]
fn title_and_subtitle_stand_on_their_lines() {
    let raster = draw("Genova", "Twitter e la musica");
    let width = raster.region.width;
    let text = EDGE + 30;
    assert_eq!(raster.ink(EDGE + 1..text - 2, 0..116), 0, "room before the text");
    assert!(raster.ink(text..width, 24..52) > 800, "the title");
    assert!(raster.ink(text..width, 70..92) > 400, "the subtitle");
    assert_eq!(raster.ink(0..width, 0..20) + raster.ink(0..width, 102..116), 0, "nothing above and below");
    assert!(
        raster.ink(text..text + 30, 24..52) > 100 && raster.ink(text..text + 30, 70..92) > 50,
        "both begin at the left"
    );
}

#[test]
fn without_a_subtitle_the_plate_is_lower() {
    let raster = draw("Genova", "");
    assert_eq!((raster.region.height, raster.region.y + raster.region.height), (84, 654));
    assert!(raster.ink(42..raster.region.width, 28..57) > 800);
}

#[test]
fn a_long_text_is_first_made_smaller_and_then_cut() {
    let long = draw(&"n".repeat(LowerThird::LONGEST_TITLE), &"Twitter e la musica ".repeat(6));
    assert_fits(&long, WIDTH, HEIGHT, "a long one");
    assert!(long.region.width > 1100, "it takes the room: {:?}", long.region);
    let capital = |raster: &Raster| (24..52).filter(|y| raster.ink(42..raster.region.width, *y..y + 1) > 0).count();
    assert!(capital(&long) < capital(&draw("n", "x")) - 4, "in smaller letters");
    let longest = draw(&"W".repeat(LowerThird::LONGEST_TITLE), &"W".repeat(LowerThird::LONGEST_SUBTITLE));
    assert_fits(&longest, WIDTH, HEIGHT, "the widest letters");
    let (title, subtitle) = (24..52, 70..92);
    for line in [title, subtitle] {
        let end = (0..longest.region.width).rfind(|x| longest.ink(*x..x + 1, line.clone()) > 0).unwrap();
        assert!(end > longest.region.width - 30 - 30, "it uses its room");
        // Three dots on the line and nothing above them.
        let middle = usize::midpoint(line.start as usize, line.end as usize) as u32;
        assert_eq!(longest.ink(end - 12..end, line.start..middle), 0, "an ellipsis at {end}");
    }
}

#[test]
fn any_text_is_only_text() {
    let hostile = [
        "A <b> & \"c\" 'd' >",
        "</text><rect width='9999' height='9999' fill='#fff'/>",
        "{subtitle} {title_size} {",
        "&amp; &#x41; &lt; ]]> <!-- <?xml",
        "<image href='file:///etc/passwd'/>",
        "url(#a) ; } * { fill: red }",
        "a\u{0}b\u{1b}[31m\u{7f}\u{fffe}\u{ffff}c",
        "\u{202e}drawkcab\u{202c} \u{200b}\u{feff}",
        "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "שלום עליכם",
        "東京 🎤",
    ];
    let fonts = Fonts::load().unwrap();
    for text in hostile {
        let raster = draw_in(&fonts, WIDTH, HEIGHT, text, text);
        assert_fits(&raster, WIDTH, HEIGHT, text);
        assert!(raster.all_ink() > 0, "{text} is to be seen");
        assert!(raster.all_ink() < raster.pixels.len() / 4 / 4, "{text} is text and no shape");
    }
    // What looks like an entity is five letters, not one.
    assert!(draw("&amp;", "").region.width > draw("&", "").region.width + 60);
    assert!(draw("{title_size}", "").region.width > draw("36", "").region.width + 60);
}

#[test]
fn latin_letters_of_all_languages_have_a_form_of_their_own() {
    let fonts = Fonts::load().unwrap();
    let of = |text: &str| draw_in(&fonts, WIDTH, HEIGHT, text, "").pixels;
    // What a typeface lacks looks the same for all letters.
    let lacking = of("\u{10fffd}");
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for letter in ["È", "Ñ", "ß", "ł", "ő", "ğ", "ş", "č", "ţ", "ħ", "ø", "æ", "đ", "ĳ", "Ế", "€", "’", "…"]
    {
        let pixels = of(letter);
        assert!(pixels != lacking && !seen.contains(&pixels), "{letter}");
        seen.push(pixels);
    }
}

#[test]
fn a_decomposed_letter_looks_as_the_composed_one() {
    let (one, two) = (draw("\u{c8}", ""), draw("E\u{300}", ""));
    assert!(one.all_ink().abs_diff(two.all_ink()) * 10 < one.all_ink());
}

#[test]
fn programs_of_any_size_and_shape_have_room() {
    let fonts = Fonts::load().unwrap();
    for (width, height) in [(64, 64), (320, 180), (640, 480), (720, 1280), (1920, 1080), (1920, 64), (64, 1920)] {
        let raster = draw_in(&fonts, width, height, "Genova — Vernissage Bistrot", &"Twitter ".repeat(15));
        let Region { x, y, width: w, height: h } = raster.region;
        assert!(x + w <= width && y + h <= height && w > 0 && h > 0, "{width}x{height}: {:?}", raster.region);
        if height >= 180 {
            assert_fits(&raster, width, height, &format!("{width}x{height}"));
        }
    }
    assert!(matches!(Renderer::new(&fonts, 62, 720), Err(Error::NoRoom { .. })));
}

#[test]
fn dejavu_stands_in_for_inter() {
    let fonts = Fonts::of(&[Typeface::DejaVu]).unwrap();
    let raster = draw_in(&fonts, WIDTH, HEIGHT, "Genova — Vernissage Bistrot", &"Twitter e la musica ".repeat(6));
    assert_fits(&raster, WIDTH, HEIGHT, "DejaVu");
    assert!(raster.all_ink() > 2000);
    assert!(Fonts::of(&[]).is_err_and(|error| error.to_string().contains(PACKAGES)));
}

#[test]
fn texts_have_their_bounds() {
    assert!(
        LowerThird::new("", "x").is_err_and(|error| error.to_string().contains("a title of 0 characters: 1 to 80"))
    );
    assert!(LowerThird::new(" \t\u{0} ", "").is_err(), "white space is nothing");
    assert!(LowerThird::new(&"è".repeat(80), &"è".repeat(120)).is_ok());
    assert!(LowerThird::new(&"a".repeat(81), "").is_err());
    assert!(LowerThird::new("a", &"a".repeat(121)).is_err());
    assert_eq!(LowerThird::new(" a \n b ", "").unwrap(), LowerThird::new("a b", "").unwrap());
}

#[test]
fn drawing_takes_milliseconds() {
    let fonts = Fonts::load().unwrap();
    let usual = LowerThird::new("Genova — Vernissage Bistrot", "Twitter e la musica").unwrap();
    let longest = LowerThird::new(&"W".repeat(80), &"W".repeat(120)).unwrap();
    for lower_third in [usual, longest] {
        let begin = std::time::Instant::now();
        let still = Still::new(&drawing(&fonts, (WIDTH, HEIGHT), &lower_third).raster);
        let drawn = begin.elapsed();
        let mut planes = [vec![16u8; 1280 * 720], vec![128; 640 * 360], vec![128; 640 * 360]];
        let begin = std::time::Instant::now();
        for _ in 0..100 {
            let [y, u, v] = &mut planes;
            let plane = |data, stride| FramePlane { data, stride };
            still.lay_over(&mut [plane(y, 1280), plane(u, 640), plane(v, 640)], 1.0);
        }
        println!("{lower_third}: drawn in {drawn:?}, laid over in {:?}", begin.elapsed() / 100);
        assert!(drawn < std::time::Duration::from_secs(2), "{drawn:?}");
    }
}
