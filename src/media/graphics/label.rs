//! Labels: a short text on a dark plate, for pictures that only operators see.

use std::fmt;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{FontResolver, ImageHrefResolver, Node, Options, Tree};

use super::{Error, Fonts, Raster, Region};

/// The text's size, and the room at each of its ends, as parts of the plate's height.
const SIZE: f32 = 0.66;
const MARGIN: f32 = 0.4;

/// How narrow letters may get before a text is cut.
const NARROWEST: f32 = 0.7;

/// Draws labels.
pub struct Labels {
    options: Options<'static>,
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Labels")
    }
}

impl Labels {
    /// In these typefaces.
    pub fn new(fonts: &Fonts) -> Self {
        let options = Options {
            fontdb: Arc::clone(&fonts.0),
            font_resolver: FontResolver::default(),
            // A label names no images; whatever would name one gets none, from no file and no network.
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(|_, _, _| None),
                resolve_string: Box::new(|_, _| None),
            },
            ..Options::default()
        };
        Self { options }
    }

    /// Draws a line on a plate that is `height` pixels high and as wide as it must be, `width` at most; both even. What does
    /// not fit is made narrower, then cut. Takes about a millisecond.
    pub fn draw(&self, text: &str, width: u32, height: u32) -> Result<Raster, Error> {
        let no_room = || Error::NoRoom { width, height, least: 2 };
        let (most, high) = (pixels(width), pixels(height));
        let (size, margin) = (high * SIZE, high * MARGIN);
        let room = (most - 2.0 * margin).max(1.0);
        let (text, long) = self.cut(&printable(text), size, room)?;
        let across = (room / long).min(1.0);
        let wide = even_above(long * across + 2.0 * margin).min(width);
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{wide}' height='{height}'>\
             <rect width='{wide}' height='{height}' fill='#0b0d10' fill-opacity='0.85'/>\
             <g transform='translate({margin} {}) scale({across} 1)'>{}</g></svg>",
            high * 0.5 + size * 0.36,
            line(&text, size),
        );
        let tree = Tree::from_str(&svg, &self.options)?;
        let mut pixmap = Pixmap::new(wide, height).ok_or_else(no_room)?;
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        Ok(Raster { region: Region { x: 0, y: 0, width: wide, height }, pixels: pixmap.take() })
    }

    /// As much of a text as fits when its letters are as narrow as they may get, and its width with letters as they are.
    fn cut(&self, text: &str, size: f32, room: f32) -> Result<(String, f32), Error> {
        let long = self.width_of(text, size)?;
        if long * NARROWEST <= room {
            return Ok((text.to_owned(), long.max(1.0)));
        }
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let some = |characters: usize| format!("{}…", text[..ends[characters]].trim_end());
        let (mut fits, mut too_long) = (0, ends.len());
        while too_long - fits > 1 {
            let middle = usize::midpoint(fits, too_long);
            if self.width_of(&some(middle), size)? * NARROWEST <= room { fits = middle } else { too_long = middle }
        }
        let text = some(fits);
        let long = self.width_of(&text, size)?;
        Ok((text, long.max(1.0)))
    }

    fn width_of(&self, text: &str, size: f32) -> Result<f32, Error> {
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'>{}</svg>", line(text, size));
        let tree = Tree::from_str(&svg, &self.options)?;
        let width = |node: &Node| match node {
            Node::Text(text) => text.bounding_box().width(),
            _ => 0.0,
        };
        Ok(tree.root().children().iter().map(width).fold(0.0, f32::max))
    }
}

fn line(text: &str, size: f32) -> String {
    format!(
        "<text font-family=\"Inter, 'DejaVu Sans'\" font-weight='700' font-size='{size}' fill='#e9edf2' \
         xml:space='preserve'>{}</text>",
        escaped(text)
    )
}

/// A text as XML takes it: it has no place for control characters and for two more, however they are written.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '<' | '>' | '&' | '"' | '\'' => escaped.push_str(&format!("&#{};", u32::from(c))),
            c => escaped.push(c),
        }
        escaped
    })
}

fn even_above(pixels: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a picture's size")]
    let whole = (pixels / 2.0).ceil() as u32;
    whole * 2
}

#[expect(clippy::cast_precision_loss, reason = "pictures have thousands of pixels, not millions")]
fn pixels(number: u32) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(text: &str, width: u32) -> Raster {
        Labels::new(&Fonts::load().unwrap()).draw(text, width, 24).unwrap()
    }

    fn bright(raster: &Raster) -> usize {
        raster.pixels.as_chunks::<4>().0.iter().filter(|pixel| pixel[0] > 150).count()
    }

    #[test]
    fn a_label_is_as_wide_as_its_text_and_no_wider_than_its_room() {
        let (short, long) = (draw("Roma", 300), draw("San Benedetto del Tronto · PGM", 300));
        assert!(short.region.width < 120 && bright(&short) > 50, "{:?}", short.region);
        assert!(long.region.width > short.region.width && long.region.width <= 300, "{:?}", long.region);
        let cut = draw(&"parole ".repeat(30), 300);
        assert!(cut.region.width <= 300 && bright(&cut) > 200, "{:?}", cut.region);
        for raster in [short, long, cut] {
            let Region { width, height, .. } = raster.region;
            assert_eq!((raster.pixels.len(), width % 2, height), ((width * height * 4) as usize, 0, 24));
        }
    }

    #[test]
    fn any_name_can_stand_on_a_label() {
        for name in ["", "L'Aquila", "A & <b>", "\"2\" ]]>", "東京", "\u{0}\u{ffff}x", &"W".repeat(64)] {
            assert!(draw(name, 40).region.width <= 40, "{name}");
        }
    }
}
