//! Still pictures: files to pixels, within bounds. Knows nothing of when they are wanted.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageReader, Limits, RgbaImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{FontResolver, ImageHrefResolver, ImageKind, Options, Tree};

use crate::media::graphics::Fonts;
use crate::video::{Colour, Image, Size};

/// Longest side, in pixels.
const LONGEST: u32 = 8192;

/// Most bytes that a picture may have when it is decoded, before it is made smaller: a phone's 12 megapixels fit.
const MOST_DECODED: u64 = 40_000_000;

/// What a decoder may need while it decodes, the picture itself included.
const MOST_WORKING: u64 = 4 * MOST_DECODED;

/// Largest drawing, in bytes of text.
const MOST_SVG: u64 = 4_000_000;

/// A picture with transparency: red, green, blue and alpha of each pixel, row by row; colours are not multiplied by alpha.
#[derive(Clone, PartialEq, Eq)]
pub struct Rgba {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Four bytes a pixel.
    pub pixels: Vec<u8>,
}

impl fmt::Debug for Rgba {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rgba {}x{}", self.width, self.height)
    }
}

impl Rgba {
    /// As program shows it: over black. A picture of an odd size gets its last row and column twice.
    pub(super) fn over_black(&self) -> Image {
        let mut image = Image::black(Size { width: self.width, height: self.height });
        let (width, height) = (self.width as usize, self.height as usize);
        let Size { width: columns, .. } = image.size();
        let (pixels, _) = self.pixels.as_chunks::<4>();
        let row = |y: usize| &pixels[y.min(height - 1) * width..][..width];
        let mut view = image.view_mut();
        let [luma, u, v] = view.planes();
        for (y, samples) in luma.data.chunks_mut(luma.stride).enumerate() {
            let row = row(y);
            for (x, sample) in samples.iter_mut().take(columns as usize).enumerate() {
                *sample = shown(row[x.min(width - 1)]).yuv()[0];
            }
        }
        for (y, (us, vs)) in u.data.chunks_mut(u.stride).zip(v.data.chunks_mut(v.stride)).enumerate() {
            let (upper, lower) = (row(2 * y), row(2 * y + 1));
            for (x, (u, v)) in us.iter_mut().zip(vs).enumerate() {
                let (left, right) = ((2 * x).min(width - 1), (2 * x + 1).min(width - 1));
                let four = [upper[left], upper[right], lower[left], lower[right]].map(shown);
                let mean = |part: fn(&Colour) -> u8| {
                    let sum: u16 = four.iter().map(|colour| u16::from(part(colour))).sum();
                    u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX)
                };
                let mean = Colour { red: mean(|c| c.red), green: mean(|c| c.green), blue: mean(|c| c.blue) };
                [_, *u, *v] = mean.yuv();
            }
        }
        image
    }

    /// No larger than what covers `canvas`: finer than that nobody sees it, and scaling it for each frame costs.
    fn shrunk(self, canvas: Size) -> Self {
        let cover =
            (f64::from(canvas.width) / f64::from(self.width)).max(f64::from(canvas.height) / f64::from(self.height));
        if cover >= 1.0 {
            return self;
        }
        let (width, height) = (scaled(self.width, cover), scaled(self.height, cover));
        self.resized(width, height)
    }

    /// Scaled without regard to its aspect.
    pub(super) fn resized(self, width: u32, height: u32) -> Self {
        if (self.width, self.height) == (width, height) {
            return self;
        }
        // Weighed by alpha, or the colour of what is not seen would come in at the edges.
        let mut from = RgbaImage::from_raw(self.width, self.height, self.pixels).expect("it has four bytes a pixel");
        from.pixels_mut().for_each(|pixel| pixel.0 = weighed(pixel.0));
        let mut to = imageops::resize(&from, width, height, FilterType::Triangle);
        to.pixels_mut().for_each(|pixel| pixel.0 = unweighed(pixel.0));
        Self { width, height, pixels: to.into_raw() }
    }
}

/// Colours multiplied by alpha.
fn weighed([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let part = |part: u8| u8::try_from((u32::from(part) * u32::from(alpha) + 127) / 255).unwrap_or(u8::MAX);
    [part(red), part(green), part(blue), alpha]
}

/// And back again.
fn unweighed([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let whole = u32::from(alpha).max(1);
    let part = |part: u8| u8::try_from((u32::from(part) * 255 + whole / 2) / whole).unwrap_or(u8::MAX);
    [part(red), part(green), part(blue), alpha]
}

/// A length in even pixels, at least two.
fn scaled(length: u32, by: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a picture's length")]
    let half = (f64::from(length) * by / 2.0).round().max(1.0) as u32;
    half * 2
}

/// What is left of a pixel over black.
fn shown([red, green, blue, alpha]: [u8; 4]) -> Colour {
    let part = |value: u8| {
        let product = u16::from(value) * u16::from(alpha) + 127;
        u8::try_from(product / 255).unwrap_or(u8::MAX)
    };
    Colour { red: part(red), green: part(green), blue: part(blue) }
}

/// Reads stills for a program of one size.
pub(super) struct Reader {
    canvas: Size,
    svg: Options<'static>,
    /// Whether the drawing that is read names a picture.
    names_a_picture: Arc<AtomicBool>,
}

impl Reader {
    /// `fonts` are for the texts of drawings; without them drawings have none.
    pub(super) fn new(canvas: Size, fonts: Option<&Fonts>) -> Self {
        let names_a_picture = Arc::new(AtomicBool::new(false));
        let refuse = || {
            let named = Arc::clone(&names_a_picture);
            move || -> Option<ImageKind> {
                named.store(true, Ordering::Relaxed);
                None
            }
        };
        let (embedded, elsewhere) = (refuse(), refuse());
        let usual = FontResolver::default_font_selector();
        let svg = Options {
            fontdb: fonts.map(|fonts| Arc::clone(&fonts.0)).unwrap_or_default(),
            font_resolver: FontResolver {
                // A drawing names the typefaces of the machine on which it was made; any other is better than no text.
                select_font: Box::new(move |font, database| {
                    usual(font, database).or_else(|| database.faces().next().map(|face| face.id))
                }),
                ..FontResolver::default()
            },
            // Nothing is read that a drawing names: no file, no network.
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(move |_, _, _| embedded()),
                resolve_string: Box::new(move |_, _| elsewhere()),
            },
            ..Options::default()
        };
        Self { canvas, svg, names_a_picture }
    }

    /// Reads a file, or says what keeps it from being shown and what mends that.
    pub(super) fn read(&self, path: &Path) -> Result<Rgba, String> {
        let is_svg = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg"));
        if is_svg { self.draw(path) } else { self.decode(path) }
    }

    fn decode(&self, path: &Path) -> Result<Rgba, String> {
        let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
        let file = File::open(path).map_err(unreadable)?;
        // What a file is called says nothing about what it is.
        let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(unreadable)?;
        let mut limits = Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(LONGEST), Some(LONGEST));
        limits.max_alloc = Some(MOST_WORKING);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(|error| why(&error))?;
        let (width, height) = decoder.dimensions();
        if decoder.total_bytes() > MOST_DECODED {
            return Err(format!(
                "it has {width}x{height} pixels, {} MB when decoded: {} MB at most are shown; make it smaller, program has \
                 {}x{}",
                decoder.total_bytes() / 1_000_000,
                MOST_DECODED / 1_000_000,
                self.canvas.width,
                self.canvas.height
            ));
        }
        let orientation = decoder.orientation().map_err(|error| why(&error))?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| why(&error))?;
        picture.apply_orientation(orientation);
        let picture = picture.into_rgba8();
        let (width, height) = picture.dimensions();
        if width == 0 || height == 0 {
            return Err("it has no pixels: save it again".into());
        }
        Ok(Rgba { width, height, pixels: picture.into_raw() }.shrunk(self.canvas))
    }

    /// Draws an SVG as large as program has room for.
    fn draw(&self, path: &Path) -> Result<Rgba, String> {
        let mut text = String::new();
        let file = File::open(path).map_err(|error| format!("it cannot be read: {error}"))?;
        file.take(MOST_SVG + 1).read_to_string(&mut text).map_err(|error| {
            format!("it is no text in UTF-8 ({error}): save it as a plain SVG, not a compressed one")
        })?;
        if text.len() as u64 > MOST_SVG {
            return Err(format!("it has more than {} MB: save it as a PNG", MOST_SVG / 1_000_000));
        }
        self.names_a_picture.store(false, Ordering::Relaxed);
        let tree =
            Tree::from_str(&text, &self.svg).map_err(|error| format!("it is no SVG that can be drawn: {error}"))?;
        if self.names_a_picture.load(Ordering::Relaxed) {
            return Err("it holds or names another picture, which a drawing may not: save it as a PNG".into());
        }
        #[expect(clippy::cast_precision_loss, reason = "pictures have thousands of pixels, not millions")]
        let [across, down] = [(self.canvas.width, tree.size().width()), (self.canvas.height, tree.size().height())]
            .map(|(room, is)| room as f32 / is);
        let scale = across.min(down);
        let size = |length: f32| scaled(1, f64::from(length * scale));
        let (width, height) = (size(tree.size().width()), size(tree.size().height()));
        let mut pixmap = Pixmap::new(width, height).ok_or("it has no size: give it a viewBox")?;
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        let pixels = pixmap.pixels().iter().map(|pixel| pixel.demultiply());
        let pixels = pixels.flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]).collect();
        Ok(Rgba { width, height, pixels })
    }
}

fn why(error: &ImageError) -> String {
    match error {
        ImageError::Limits(_) => {
            format!("it is too large: {LONGEST} pixels each way at most are read; make it smaller")
        }
        ImageError::Unsupported(_) => {
            format!("it cannot be decoded ({error}): save it as PNG, JPEG or WebP, with 8 bits a colour")
        }
        ImageError::IoError(error) => format!("it cannot be read ({error}): is all of it there?"),
        _ => format!("it is damaged ({error}): save or copy it again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Size = Size { width: 320, height: 180 };

    fn reader() -> Reader {
        Reader::new(CANVAS, Fonts::load().ok().as_ref())
    }

    fn save(name: &str, picture: &DynamicImage) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        picture.save(&path).unwrap();
        (folder, path)
    }

    fn solid(width: u32, height: u32, pixel: [u8; 4]) -> DynamicImage {
        image::RgbaImage::from_pixel(width, height, image::Rgba(pixel)).into()
    }

    fn yuv(image: &Image, x: usize, y: usize) -> [u8; 3] {
        let view = image.view();
        let [luma, u, v] = view.planes();
        [luma.data[y * luma.stride + x], u.data[y / 2 * u.stride + x / 2], v.data[y / 2 * v.stride + x / 2]]
    }

    #[test]
    fn pngs_jpegs_and_webps_are_read_in_their_colours() {
        for name in ["a.png", "a.jpg", "a.webp"] {
            let picture = solid(64, 48, [255, 0, 0, 255]);
            let picture = if name == "a.jpg" { picture.to_rgb8().into() } else { picture };
            let (_folder, path) = save(name, &picture);
            let image = reader().read(&path).unwrap().over_black();
            assert_eq!(image.size(), Size { width: 64, height: 48 }, "{name}");
            let red = Colour { red: 255, green: 0, blue: 0 }.yuv();
            assert!(yuv(&image, 30, 20).iter().zip(red).all(|(is, should)| is.abs_diff(should) <= 2), "{name}");
        }
    }

    #[test]
    fn what_is_transparent_is_black_in_program_and_transparent_in_a_graphic() {
        let mut picture = image::RgbaImage::from_pixel(8, 8, image::Rgba([255, 255, 255, 128]));
        picture.put_pixel(0, 0, image::Rgba([255, 255, 255, 0]));
        let (_folder, path) = save("a.png", &picture.into());
        let rgba = reader().read(&path).unwrap();
        assert_eq!(rgba.pixels[..8], [255, 255, 255, 0, 255, 255, 255, 128]);
        let image = rgba.over_black();
        assert_eq!(yuv(&image, 0, 0)[0], 16);
        assert_eq!(yuv(&image, 5, 5), [126, 128, 128]);
    }

    #[test]
    fn a_picture_of_an_odd_size_gets_its_last_row_and_column_twice() {
        let mut picture = image::RgbaImage::from_pixel(5, 3, image::Rgba([0, 0, 0, 255]));
        for y in 0..3 {
            picture.put_pixel(4, y, image::Rgba([255; 4]));
        }
        let (_folder, path) = save("a.png", &picture.into());
        let image = reader().read(&path).unwrap().over_black();
        assert_eq!(image.size(), Size { width: 6, height: 4 });
        assert_eq!([yuv(&image, 3, 3)[0], yuv(&image, 4, 3)[0], yuv(&image, 5, 3)[0]], [16, 235, 235]);
    }

    #[test]
    fn a_picture_is_kept_no_larger_than_what_covers_program() {
        for (width, height, kept) in
            [(1280, 720, (320, 180)), (1280, 360, (640, 180)), (400, 1000, (320, 800)), (320, 20, (320, 20))]
        {
            let (_folder, path) = save("a.png", &solid(width, height, [9, 9, 9, 255]));
            let rgba = reader().read(&path).unwrap();
            assert_eq!((rgba.width, rgba.height), kept);
        }
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_decoded() {
        let (_folder, path) = save("a.png", &DynamicImage::new_luma8(LONGEST + 1, 1));
        assert!(reader().read(&path).unwrap_err().contains("8192 pixels each way"));
        let (_folder, path) = save("a.png", &DynamicImage::new_rgba8(4000, 2600));
        let why = reader().read(&path).unwrap_err();
        assert!(why.contains("4000x2600") && why.contains("41 MB") && why.contains("make it smaller"), "{why}");
        let (_folder, path) = save("a.png", &DynamicImage::new_rgb8(4000, 3000));
        assert!(reader().read(&path).is_ok(), "what a phone makes is shown");
    }

    #[test]
    fn a_damaged_file_tells_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            reader().read(&path).unwrap_err()
        };
        assert!(read(b"").contains("PNG, JPEG or WebP"));
        assert!(read(b"GIF89a what somebody renamed").contains("PNG, JPEG or WebP"));
        let mut whole = Vec::new();
        let noise =
            image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([(x * y % 251) as u8, (x * 7) as u8, (y * 13) as u8]));
        noise.write_to(&mut std::io::Cursor::new(&mut whole), image::ImageFormat::Png).unwrap();
        let told = read(&whole[..whole.len() / 2]);
        assert!(told.contains("again") || told.contains("is all of it there"), "{told}");
    }

    #[test]
    fn a_drawing_is_drawn_as_large_as_program_has_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        std::fs::write(&path, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 9'><rect width='16' height='9' fill='#00f'/></svg>").unwrap();
        let rgba = reader().read(&path).unwrap();
        assert_eq!((rgba.width, rgba.height), (320, 90));
        assert_eq!(rgba.pixels[..4], [0, 0, 255, 255]);
        assert_eq!(rgba.pixels[4 * 319..4 * 320], [0; 4]);
    }

    #[test]
    fn the_text_of_a_drawing_is_seen_whatever_typeface_it_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        let text = "<text x='2' y='40' font-size='40' font-family='Comic Sans of Somebody' fill='#fff'>Regia</text>";
        std::fs::write(&path, format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 160 90'>{text}</svg>"))
            .unwrap();
        let rgba = reader().read(&path).unwrap();
        assert!(rgba.pixels.iter().skip(3).step_by(4).filter(|alpha| **alpha > 200).count() > 200);
    }

    #[test]
    fn a_drawing_reads_no_file_and_nothing_else_that_it_names() {
        let (folder, picture) = save("secret.png", &solid(8, 8, [255; 4]));
        let path = folder.path().join("a.svg");
        for link in [picture.to_str().unwrap(), "secret.png", "http://127.0.0.1:9/a.png", "data:image/png;base64,AAAA"]
        {
            let svg = format!(
                "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><image href='{link}' width='8' height='8'/></svg>"
            );
            std::fs::write(&path, svg).unwrap();
            let why = reader().read(&path).unwrap_err();
            assert!(why.contains("save it as a PNG"), "{link}: {why}");
        }
        std::fs::write(&path, "<svg").unwrap();
        assert!(reader().read(&path).unwrap_err().contains("no SVG"));
    }
}
