//! Pictures within graphics: those that a field names and somebody else has decoded, and those that lie in a template's
//! own file. Both reach the SVG renderer as PNG that this code has written, so that no other decoder of it is ever used.

use std::io::Cursor;
use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops;
use image::{ExtendedColorType, ImageEncoder, ImageFormat, ImageReader, Limits, RgbaImage};

/// The longest side of a picture within a graphic, in pixels; larger ones are made smaller.
const LONGEST_SIDE: u32 = 1920;

/// The longest side of a picture in a template's file before it is refused.
const LONGEST_EMBEDDED: u32 = 8192;

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Red, green, blue and alpha of each pixel, row by row; colours are not multiplied by alpha.
    pub rgba: Vec<u8>,
}

/// Where pictures come from: by the name that a field gives. Called by the thread that draws; it may take its time.
pub type Pictures = Arc<dyn Fn(&str) -> Option<Arc<Picture>> + Send + Sync>;

impl Picture {
    /// The picture as PNG; nothing if it has no size or another number of bytes than its size needs.
    pub(super) fn png(&self) -> Option<Vec<u8>> {
        let bytes = (self.width as usize).checked_mul(self.height as usize)?.checked_mul(4)?;
        if bytes == 0 || bytes != self.rgba.len() {
            return None;
        }
        if self.width.max(self.height) <= LONGEST_SIDE {
            return encoded(self.width, self.height, &self.rgba);
        }
        smaller(&RgbaImage::from_raw(self.width, self.height, self.rgba.clone())?)
    }
}

fn smaller(image: &RgbaImage) -> Option<Vec<u8>> {
    let (width, height) = image.dimensions();
    let longest = u64::from(width.max(height));
    let side = |side: u32| u32::try_from(u64::from(side) * u64::from(LONGEST_SIDE) / longest).unwrap_or(1).max(1);
    let image = imageops::thumbnail(image, side(width), side(height));
    encoded(image.width(), image.height(), image.as_raw())
}

fn encoded(width: u32, height: u32, rgba: &[u8]) -> Option<Vec<u8>> {
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Sub);
    encoder.write_image(rgba, width, height, ExtendedColorType::Rgba8).ok()?;
    Some(png)
}

/// A picture that lies in a template as `data:`, decoded within limits and written anew; or why that is not possible.
pub(super) fn embedded(url: &str) -> Result<Vec<u8>, String> {
    const KINDS: [(&str, ImageFormat); 3] =
        [("image/png", ImageFormat::Png), ("image/jpeg", ImageFormat::Jpeg), ("image/jpg", ImageFormat::Jpeg)];
    let (head, data) = url.strip_prefix("data:").and_then(|rest| rest.split_once(',')).ok_or("it is cut off")?;
    let kind = head.strip_suffix(";base64").ok_or("it is not written in base64")?;
    let format = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, format)| *format);
    let format = format.ok_or_else(|| format!("it is '{kind}': image/png or image/jpeg is needed"))?;
    let file = base64(data).ok_or("its base64 is broken")?;
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_EMBEDDED);
    limits.max_image_height = Some(LONGEST_EMBEDDED);
    limits.max_alloc = Some(128 * 1024 * 1024);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| error.to_string())?.into_rgba8();
    let png = if image.width().max(image.height()) > LONGEST_SIDE {
        smaller(&image)
    } else {
        encoded(image.width(), image.height(), image.as_raw())
    };
    png.ok_or_else(|| "it has no pixels".to_owned())
}

/// RFC 4648 §4, white space left out.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for c in text.trim_end_matches(|c: char| c == '=' || c.is_whitespace()).bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            c if c.is_ascii_whitespace() => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            #[expect(clippy::cast_possible_truncation, reason = "the byte that is complete")]
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        assert_eq!(base64("UmVnaWE=").unwrap(), b"Regia");
        assert_eq!(base64("UmVn\n aWE").unwrap(), b"Regia");
        assert_eq!(base64(""), Some(Vec::new()));
        assert_eq!(base64("UmV*"), None);
    }

    #[test]
    fn a_picture_with_another_number_of_bytes_is_none() {
        let picture = |width, height, bytes| Picture { width, height, rgba: vec![255; bytes] };
        assert!(picture(2, 2, 16).png().is_some());
        assert!(picture(2, 2, 15).png().is_none());
        assert!(picture(0, 0, 0).png().is_none());
        assert!(picture(u32::MAX, u32::MAX, 4).png().is_none());
    }

    #[test]
    fn what_is_no_picture_is_told_with_its_cause() {
        for (url, told) in [
            ("data:image/svg+xml;base64,AAAA", "image/png or image/jpeg is needed"),
            ("data:image/png,AAAA", "base64"),
            ("data:image/png;base64", "cut off"),
            ("data:image/png;base64,****", "broken"),
            ("data:image/png;base64,AAAA", "end of file"),
        ] {
            let why = embedded(url).unwrap_err();
            assert!(why.to_lowercase().contains(told), "{url}: {why}");
        }
    }

    #[test]
    fn a_large_picture_is_made_smaller() {
        let large = Picture { width: 4000, height: 2, rgba: vec![255; 4000 * 2 * 4] };
        let png = large.png().unwrap();
        let read = image::load_from_memory(&png).unwrap();
        assert_eq!((read.width(), read.height()), (1920, 1));
    }
}
