//! Draws graphics: a template and values become pixels, for a program of one size.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{FontResolver, ImageHrefResolver, ImageKind, Options, Tree};

use super::document::{EMBEDDED, PICTURE, Part, Values, View, Writing};
use super::fit::Fitter;
use super::picture::Picture;
use super::template::{Kind, Place, SPECIAL, Template, Window, even_above, even_below, is_colour, pixels};
use super::{Error, Fonts, Raster, Region, cost};

/// The program that the units of templates are pixels of.
pub(super) const REFERENCE: (f32, f32) = (1280.0, 720.0);

/// The smallest program, which is the smallest that the engine makes.
const LEAST: u32 = 64;

/// How many times as wide as program a ticker's text may be; longer ones are cut.
const WIDEST: u32 = 8;

/// What is free after a ticker's text before it comes again, in the template's units.
const GAP: f32 = 96.0;

/// The longest special value, in characters.
const LONGEST_SPECIAL: usize = 64;

/// What a graphic comes to, in pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// All that does not move.
    pub raster: Raster,
    /// What moves, if anything does.
    pub strip: Option<Strip>,
}

/// What moves through a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    /// All of it. Its region begins where the window begins and is as high, and as wide as need be.
    pub raster: Raster,
    /// What is to be seen of it at once.
    pub window: Region,
    /// Its speed.
    pub px_per_s: u32,
}

/// Draws graphics for a program of one size.
#[derive(Clone)]
pub struct Renderer {
    width: u32,
    height: u32,
    fonts: Fonts,
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer").field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
    }
}

/// Options with no typefaces and no pictures: nothing that is drawn with them reads anything.
pub(super) fn options_without_fonts() -> Options<'static> {
    Options {
        // What a template names otherwise is set in the first typeface that there is.
        font_family: "Inter".to_owned(),
        image_href_resolver: no_pictures(),
        ..Options::default()
    }
}

fn no_pictures<'a>() -> ImageHrefResolver<'a> {
    ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) }
}

impl Renderer {
    /// For a program of this many pixels, at least 64 each way.
    pub fn new(fonts: &Fonts, width: u32, height: u32) -> Result<Self, Error> {
        if width.min(height) < LEAST {
            return Err(Error::NoRoom { width, height, least: LEAST });
        }
        Ok(Self { width, height, fonts: fonts.clone() })
    }

    /// Draws it. Takes some milliseconds: not for a thread that has a clock to keep. Values that the template does not
    /// have are left out, those that are too long are cut, and the defaults stand for those that are missing. `pictures`
    /// is asked for the pictures that fields name.
    pub fn draw(
        &self,
        template: &Template,
        fields: &Values,
        pictures: &dyn Fn(&str) -> Option<Arc<Picture>>,
    ) -> Result<Drawing, Error> {
        // One template that the SVG renderer cannot cope with may not take all other graphics along.
        catch_unwind(AssertUnwindSafe(|| self.draw_or_panic(template, fields, pictures)))
            .unwrap_or(Err(Error::Panicked))
    }

    fn draw_or_panic(
        &self,
        template: &Template,
        fields: &Values,
        pictures: &dyn Fn(&str) -> Option<Arc<Picture>>,
    ) -> Result<Drawing, Error> {
        let (mut values, png) = resolved(template, fields, pictures);
        let options = self.options(template, png);
        let scale = self.scale(template);
        let (room_width, room_height) = template.place.room(self.width, self.height);

        let longest_moving = template.window.map_or(f32::INFINITY, |window| self.longest_strip(window, scale) - GAP);
        let fitter = Fitter { document: &template.document, options: &options, longest_moving };
        let fitted = fitter.fit(&mut values)?;

        let page = template.document.view;
        let (view, size) = if template.place == Place::Full {
            let (width, height) = (pixels(room_width) / scale, pixels(room_height) / scale);
            let x = page.x - (width - page.width) / 2.0;
            let y = page.y - (height - page.height) / 2.0;
            (View { x, y, width, height }, (room_width, room_height))
        } else {
            let lower: f32 = template
                .lower
                .iter()
                .filter(|(field, _)| values.get(field).is_none_or(String::is_empty))
                .map(|(_, by)| by)
                .sum();
            let right = fitted.right.map_or(page.width, |right| right - page.x);
            let below = fitted.below.map_or(page.height - lower, |below| below - page.y);
            let width = even_above(right.max(1.0) * scale).clamp(2, room_width.max(2));
            let height = even_above(below.max(1.0) * scale).clamp(2, room_height.max(2));
            let view = View { width: pixels(width) / scale, height: pixels(height) / scale, ..page };
            (view, (width, height))
        };
        let region = template.place.region((self.width, self.height), size);
        let write = |part, view, size: (u32, u32)| {
            let size = (pixels(size.0), pixels(size.1));
            template.document.write(Writing { part, view, size, values: &values, settings: &fitted.settings })
        };
        let raster = Raster { region, pixels: self.paint(&write(Part::Fixed, view, size), size, &options)? };
        let strip = template.window.map(|window| {
            let strip = self.strip(window, region, view, scale, fitted.moving_right);
            let Strip { raster, .. } = &strip;
            let size = (raster.region.width, raster.region.height);
            let view = View { width: pixels(size.0) / scale, height: pixels(size.1) / scale, ..window.view };
            let pixels = self.paint(&write(Part::Moving, view, size), size, &options)?;
            Ok::<_, Error>(Strip { raster: Raster { pixels, ..strip.raster }, ..strip })
        });
        let raster = if template.place == Place::Full { cropped(raster) } else { raster };
        Ok(Drawing { raster, strip: strip.transpose()? })
    }

    /// Pixels for each unit of the template.
    fn scale(&self, template: &Template) -> f32 {
        let page = template.document.view;
        let (width, height) = match template.place {
            Place::Full => (page.width, page.height),
            Place::At { .. } => REFERENCE,
        };
        (pixels(self.width) / width).min(pixels(self.height) / height)
    }

    /// The widest strip, in units of the template: bounded in its width, and in its pixels.
    fn longest_strip(&self, window: Window, scale: f32) -> f32 {
        let width = pixels(WIDEST * self.width) / scale;
        let area = 2.0 * pixels(self.width) * pixels(self.height) / (scale * scale);
        width.min(area / window.view.height).max(2.0 * GAP)
    }

    /// A strip without its pixels.
    fn strip(&self, window: Window, region: Region, view: View, scale: f32, reaches: f32) -> Strip {
        let at = |units: f32| even_below(units.max(0.0) * scale);
        let x = (region.x + at(window.view.x - view.x)).min(self.width.saturating_sub(2) & !1);
        let y = (region.y + at(window.view.y - view.y)).min(self.height.saturating_sub(2) & !1);
        let width = even_above(window.view.width * scale).clamp(2, (self.width - x).max(2) & !1);
        let height = even_above(window.view.height * scale).clamp(2, (self.height - y).max(2) & !1);
        let long = (reaches - window.view.x).clamp(0.0, self.longest_strip(window, scale) - GAP) + GAP;
        let window_region = Region { x, y, width, height };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds")]
        let px_per_s = (window.speed * scale).round().max(1.0) as u32;
        let region = Region { width: even_above(long * scale).max(2), ..window_region };
        Strip { raster: Raster { region, pixels: Vec::new() }, window: window_region, px_per_s }
    }

    fn paint(&self, svg: &str, (width, height): (u32, u32), options: &Options<'_>) -> Result<Vec<u8>, Error> {
        let tree = Tree::from_str(svg, options)?;
        let picture = (pixels(self.width) * pixels(self.height)).max(REFERENCE.0 * REFERENCE.1 / 4.0);
        cost::bounded(&tree, (pixels(width), pixels(height)), picture).map_err(Error::TooCostly)?;
        let no_room = Error::NoRoom { width: self.width, height: self.height, least: LEAST };
        let mut pixmap = Pixmap::new(width, height).ok_or(no_room)?;
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        Ok(pixmap.take())
    }

    /// Options that know the typefaces and these pictures, and nothing else.
    pub(super) fn options<'a>(&self, template: &'a Template, png: HashMap<String, Arc<Vec<u8>>>) -> Options<'a> {
        let find = move |reference: &str| {
            if let Some(field) = reference.strip_prefix(PICTURE) {
                return png.get(field).cloned();
            }
            let number: usize = reference.strip_prefix(EMBEDDED)?.parse().ok()?;
            template.document.embedded.get(number).cloned()
        };
        Options {
            fontdb: Arc::clone(&self.fonts.0),
            font_resolver: FontResolver { select_fallback: super::fonts::fallback(), ..FontResolver::default() },
            image_href_resolver: ImageHrefResolver {
                resolve_string: Box::new(move |reference, _| find(reference).map(ImageKind::PNG)),
                ..no_pictures()
            },
            ..options_without_fonts()
        }
    }
}

/// Values as they are drawn, and pictures as PNG, by their fields.
fn resolved(
    template: &Template,
    fields: &Values,
    pictures: &dyn Fn(&str) -> Option<Arc<Picture>>,
) -> (Values, HashMap<String, Arc<Vec<u8>>>) {
    let mut values: Values = template
        .specials
        .iter()
        .map(|name| {
            ((*name).to_owned(), fields.get(*name).map_or_else(String::new, |value| short(value, LONGEST_SPECIAL)))
        })
        .collect();
    let mut png = HashMap::new();
    for field in &template.fields {
        let given = fields.get(&field.id).map_or("", |value| value.trim());
        let value = if given.is_empty() { field.default.as_str() } else { given };
        match field.kind {
            Kind::Text { max, lines } => {
                let value = if lines > 1 { several_lines(value) } else { one_line(value) };
                values.insert(field.id.clone(), value.chars().take(max).collect());
            }
            Kind::Colour => {
                let colour = if is_colour(value) { value } else { &field.default };
                values.insert(field.id.clone(), colour.to_owned());
            }
            // What is made of it stands in another place.
            Kind::Time => {}
            Kind::Image => {
                let file = (!value.is_empty()).then(|| pictures(value)).flatten().and_then(|picture| picture.png());
                if let Some(file) = file {
                    values.insert(field.id.clone(), one_line(value));
                    png.insert(field.id.clone(), Arc::new(file));
                }
            }
        }
    }
    debug_assert!(template.specials.iter().all(|name| SPECIAL.contains(name)));
    (values, png)
}

fn short(text: &str, most: usize) -> String {
    one_line(text).chars().take(most).collect()
}

/// White space of any kind and length and what cannot be printed count as one space, and not at all at the ends.
pub(super) fn one_line(text: &str) -> String {
    // XML has no place for control characters and for these two, however they are escaped.
    let unprintable = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.split(unprintable).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn several_lines(text: &str) -> String {
    text.lines().map(one_line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The part of a raster in which there is anything.
fn cropped(raster: Raster) -> Raster {
    let Region { x, y, width, height } = raster.region;
    let (wide, _) = raster.pixels.as_chunks::<4>();
    let filled = |pixel: &[u8; 4]| pixel[3] != 0;
    let rows: Vec<&[[u8; 4]]> = wide.chunks(width as usize).collect();
    let first_row = rows.iter().position(|row| row.iter().any(filled));
    let last_row = rows.iter().rposition(|row| row.iter().any(filled));
    let (Some(top), Some(bottom)) = (first_row, last_row) else {
        return Raster { region: Region { x, y, width: 2, height: 2 }, pixels: vec![0; 16] };
    };
    let left = rows.iter().filter_map(|row| row.iter().position(filled)).min().unwrap_or(0);
    let right = rows.iter().filter_map(|row| row.iter().rposition(filled)).max().unwrap_or(0);
    let (left, top) = (left & !1, top & !1);
    let right = (right | 1).min(width as usize - 1);
    let bottom = (bottom | 1).min(height as usize - 1);
    let pixels = rows[top..=bottom].iter().flat_map(|row| row[left..=right].as_flattened()).copied().collect();
    #[expect(clippy::cast_possible_truncation, reason = "parts of the raster's sides, which are u32")]
    let [left, top, right, bottom] = [left as u32, top as u32, right as u32, bottom as u32];
    let region = Region { x: x + left, y: y + top, width: right - left + 1, height: bottom - top + 1 };
    Raster { region, pixels }
}
