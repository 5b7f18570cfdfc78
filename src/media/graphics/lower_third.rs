//! The lower third: a title and a subtitle, set so that they fit, as a raster for its place in program.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{FontResolver, ImageHrefResolver, Node, Options, Tree};

use super::{Error, Fonts, Raster, Region};

/// See the file for its measures, which those below repeat where the size of the plate depends on them.
const TEMPLATE: &str = include_str!("lower-third.svg");

/// The program that measures are in.
const REFERENCE: (f32, f32) = (1280.0, 720.0);

/// What is kept free at the left and right: title-safe area.
const SAFE: f32 = 0.05;

/// The plate's lower edge, as a part of the height: above a player's controls and within the title-safe area.
const BOTTOM: f32 = 0.91;

/// Amber edge and the room before and after the text.
const MARGINS: f32 = 12.0 + 2.0 * 30.0;

const TITLE: Style = Style { weight: 700, size: 36.0, least: 24.0 };
const SUBTITLE: Style = Style { weight: 400, size: 28.0, least: 20.0 };

/// Height of the plate and baseline of the title, without and with a subtitle.
const ALONE: (f32, f32) = (84.0, 55.0);
const BOTH: (f32, f32) = (116.0, 51.0);

/// The smallest program, which is the smallest that the engine makes.
const LEAST: u32 = 64;

/// What a lower third says. Both texts are one line of what can be printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LowerThird {
    title: String,
    subtitle: String,
}

impl LowerThird {
    /// The longest title, in characters.
    pub const LONGEST_TITLE: usize = 80;

    /// The longest subtitle, in characters.
    pub const LONGEST_SUBTITLE: usize = 120;

    /// Checks the lengths: 1 to [`LowerThird::LONGEST_TITLE`], 0 to [`LowerThird::LONGEST_SUBTITLE`]. White space of any
    /// kind and length and what cannot be printed count as one space, and not at all at the ends.
    pub fn new(title: &str, subtitle: &str) -> Result<Self, Error> {
        let (title, subtitle) = (one_line(title), one_line(subtitle));
        let check = |part, text: &str, least, most| match text.chars().count() {
            length if (least..=most).contains(&length) => Ok(()),
            length => Err(Error::Length { part, length, least, most }),
        };
        check("title", &title, 1, Self::LONGEST_TITLE)?;
        check("subtitle", &subtitle, 0, Self::LONGEST_SUBTITLE)?;
        Ok(Self { title, subtitle })
    }
}

impl fmt::Display for LowerThird {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subtitle.as_str() {
            "" => write!(f, "«{}»", self.title),
            subtitle => write!(f, "«{}» over «{subtitle}»", self.title),
        }
    }
}

fn one_line(text: &str) -> String {
    // XML has no place for control characters and for these two, however they are escaped.
    let unprintable = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.split(unprintable).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// How a line is set.
#[derive(Debug, Clone, Copy)]
struct Style {
    weight: u16,
    size: f32,
    /// What it may be made smaller to before it is cut.
    least: f32,
}

/// A line that fits.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    text: String,
    size: f32,
    width: f32,
}

/// Draws lower thirds for a program of one size.
pub struct Renderer {
    width: u32,
    height: u32,
    options: Options<'static>,
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer").field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
    }
}

impl Renderer {
    /// For a program of this many pixels, at least 64 each way.
    pub fn new(fonts: &Fonts, width: u32, height: u32) -> Result<Self, Error> {
        if width.min(height) < LEAST {
            return Err(Error::NoRoom { width, height, least: LEAST });
        }
        let options = Options {
            fontdb: Arc::clone(&fonts.0),
            font_resolver: FontResolver::default(),
            // A template names no images; whatever would name one gets none, from no file and no network.
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(|_, _, _| None),
                resolve_string: Box::new(|_, _| None),
            },
            ..Options::default()
        };
        Ok(Self { width, height, options })
    }

    /// Draws it. Takes some milliseconds: not for a thread that has a clock to keep.
    pub fn draw(&self, lower_third: &LowerThird) -> Result<Raster, Error> {
        #[expect(clippy::cast_precision_loss, reason = "pictures have thousands of pixels, not millions")]
        let (width, height) = (self.width as f32, self.height as f32);
        let scale = (width / REFERENCE.0).min(height / REFERENCE.1);
        let left = even_above(width * SAFE);
        let room = even_below(width - 2.0 * width * SAFE);
        let bottom = even_below(height * BOTTOM);

        let text_room = pixels(room) / scale - MARGINS;
        let title = self.fit(&lower_third.title, TITLE, text_room)?;
        let subtitle = self.fit(&lower_third.subtitle, SUBTITLE, text_room)?;
        let (plate_height, title_y) = if lower_third.subtitle.is_empty() { ALONE } else { BOTH };
        let plate_width = title.width.max(subtitle.width) + MARGINS;
        let (width, height) = (even_above(plate_width * scale).min(room), even_above(plate_height * scale));
        let region = Region { x: left, y: bottom - height, width, height };

        let (view_width, view_height) = (pixels(width) / scale, pixels(height) / scale);
        let svg = fill(TEMPLATE, |key| match key {
            "width" => Some(width.to_string()),
            "height" => Some(height.to_string()),
            "view_width" => Some(view_width.to_string()),
            "view_height" => Some(view_height.to_string()),
            "title_y" => Some(title_y.to_string()),
            "title_size" => Some(title.size.to_string()),
            "title" => Some(escaped(&title.text)),
            "subtitle_size" => Some(subtitle.size.to_string()),
            "subtitle" => Some(escaped(&subtitle.text)),
            _ => None,
        });
        let tree = Tree::from_str(&svg, &self.options)?;
        let no_room = Error::NoRoom { width: self.width, height: self.height, least: LEAST };
        let mut pixmap = Pixmap::new(width, height).ok_or(no_room)?;
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        Ok(Raster { region, pixels: pixmap.take() })
    }

    /// Sets a line as large as fits, and cuts it where even the least size is too large.
    fn fit(&self, text: &str, style: Style, room: f32) -> Result<Line, Error> {
        let width = self.width_of(text, style)?;
        let size = if width * style.size > room { room / width } else { style.size };
        if size >= style.least {
            return Ok(Line { text: text.into(), size, width: width * size });
        }
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let cut = |characters: usize| format!("{}…", text[..ends[characters]].trim_end());
        let (mut fits, mut too_long) = (0, ends.len());
        while too_long - fits > 1 {
            let middle = usize::midpoint(fits, too_long);
            if self.width_of(&cut(middle), style)? * style.least <= room { fits = middle } else { too_long = middle }
        }
        let text = cut(fits);
        let width = self.width_of(&text, style)? * style.least;
        Ok(Line { text, size: style.least, width: width.min(room) })
    }

    /// How wide a text is for each pixel of its size.
    fn width_of(&self, text: &str, style: Style) -> Result<f32, Error> {
        const SIZE: f32 = 100.0;
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'><text font-family=\"Inter, 'DejaVu Sans'\" \
             font-weight='{}' font-size='{SIZE}'>{}</text></svg>",
            style.weight,
            escaped(text)
        );
        let tree = Tree::from_str(&svg, &self.options)?;
        let width = |node: &Node| match node {
            Node::Text(text) => text.bounding_box().width(),
            _ => 0.0,
        };
        Ok(tree.root().children().iter().map(width).fold(0.0, f32::max) / SIZE)
    }
}

/// Puts values in the place of `{key}`, in one pass: what looks like a placeholder within a value is text.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(2 * template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}').and_then(|(key, after)| Some((value(key)?, after))) {
            Some((value, after)) => {
                filled.push_str(&value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A text as XML takes it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '"' | '\'' => {
                write!(escaped, "&#{};", u32::from(c)).expect("a String takes whatever is written");
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// The even number of pixels at or below, since chroma has half the resolution.
fn even_below(pixels: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a picture's size")]
    let whole = (pixels / 2.0).floor() as u32;
    whole * 2
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
