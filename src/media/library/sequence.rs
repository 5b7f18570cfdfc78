//! Numbered pictures as an animation: a folder of PNGs, at the rate that the folder's name says.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::{ImageFormat, ImageReader};

use super::folder;

/// Pictures a second where the folder's name says nothing.
const USUAL_RATE: f64 = 25.0;

/// Longest side of a picture: twice the largest program.
const MOST_PIXELS: u32 = 3840;

/// A folder of pictures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sequence {
    pub(super) pictures: Vec<PathBuf>,
    /// Pictures a second.
    rate: f64,
}

impl Sequence {
    /// Finds the pictures; opens none.
    pub(super) fn find(folder: &Path) -> Result<Self, String> {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { pictures: folder::pictures(folder)?, rate: rate(&name)? })
    }

    /// When a picture begins.
    pub(super) fn begin(&self, number: usize) -> Duration {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Duration::from_secs_f64(f64::from(number) / self.rate)
    }

    /// How long all of them last.
    pub(super) fn duration(&self) -> Duration {
        self.begin(self.pictures.len())
    }
}

/// Whether all pictures are PNGs of one size that is not too large; answers how long they last.
pub(super) fn check(folder: &Path) -> Result<Duration, String> {
    let sequence = Sequence::find(folder)?;
    let mut first = None;
    for picture in &sequence.pictures {
        let name = picture.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let reader = File::open(picture).and_then(|file| ImageReader::new(BufReader::new(file)).with_guessed_format());
        let reader = reader.map_err(|error| format!("'{name}' in it cannot be read: {error}"))?;
        if reader.format() != Some(ImageFormat::Png) {
            return Err(format!("'{name}' in it is no PNG: save all pictures of the sequence as PNGs"));
        }
        let size =
            reader.into_dimensions().map_err(|error| format!("'{name}' in it is damaged ({error}): save it again"))?;
        if size.0.max(size.1) > MOST_PIXELS {
            return Err(format!(
                "'{name}' in it has {}x{} pixels: {MOST_PIXELS} each way at most are played",
                size.0, size.1
            ));
        }
        if *first.get_or_insert(size) != size {
            return Err(format!("'{name}' in it has another size than the first one: all need the same"));
        }
    }
    Ok(sequence.duration())
}

/// The number before `fps` in a name.
fn rate(name: &str) -> Result<f64, String> {
    let lower = name.to_ascii_lowercase();
    let Some((before, _)) = lower.split_once("fps") else { return Ok(USUAL_RATE) };
    let before = before.trim_end();
    let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let rate = before[before.len() - digits..].trim_matches('.').parse::<f64>();
    match rate {
        Ok(rate) if (1.0..=60.0).contains(&rate) => Ok(rate),
        _ => Err(format!("'{name}' names a rate that is not possible: 1 to 60, as in 'wipe-30fps', is needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_in_the_name() {
        assert_eq!(rate("wipe"), Ok(25.0));
        assert_eq!(rate("wipe-30fps"), Ok(30.0));
        assert_eq!(rate("wipe 29.97 FPS final"), Ok(29.97));
        assert_eq!(rate("50fps"), Ok(50.0));
        assert!(rate("wipe-0fps").is_err());
        assert!(rate("fps").is_err());
        assert!(rate("wipe-240fps").unwrap_err().contains("1 to 60"));
    }

    #[test]
    fn a_sequence_needs_pngs_of_one_size() {
        let folder = tempfile::tempdir().unwrap();
        let save = |number: u32, width: u32| {
            image::RgbaImage::new(width, 16).save(folder.path().join(format!("{number:04}.png"))).unwrap();
        };
        (0..10).for_each(|number| save(number, 32));
        assert_eq!(check(folder.path()), Ok(Duration::from_millis(400)));
        save(10, 34);
        assert!(check(folder.path()).unwrap_err().contains("'0010.png' in it has another size"));
        std::fs::write(folder.path().join("0010.png"), "text").unwrap();
        assert!(check(folder.path()).unwrap_err().contains("no PNG"));
    }
}
