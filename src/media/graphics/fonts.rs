//! The typefaces of graphics: Inter, or DejaVu Sans where Inter is missing. Both are loaded if both are there, since one
//! has letters that the other lacks.

use std::path::Path;
use std::sync::Arc;

use resvg::usvg::FontResolver;
use resvg::usvg::fontdb::Database;

use super::Error;

/// The Debian packages that hold the typefaces, the better one first.
pub const PACKAGES: &str = "fonts-inter fonts-dejavu-core";

/// Typefaces by name, the one that is wished for first.
pub(super) const NAMES: [&str; 2] = ["Inter", "DejaVu Sans"];

/// A typeface that graphics are set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typeface {
    /// Inter, as in the pages.
    Inter,
    /// DejaVu Sans, which is wider: texts come out smaller.
    DejaVu,
}

impl Typeface {
    const ALL: [Self; 2] = [Self::Inter, Self::DejaVu];

    /// Where Debian puts its regular and its bold style.
    fn files(self) -> [&'static str; 2] {
        match self {
            Self::Inter => {
                ["/usr/share/fonts/opentype/inter/Inter-Regular.otf", "/usr/share/fonts/opentype/inter/Inter-Bold.otf"]
            }
            Self::DejaVu => [
                "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
                "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
            ],
        }
    }

    /// What graphics would be set in on this machine.
    pub fn installed() -> Option<Self> {
        Self::ALL.into_iter().find(|typeface| typeface.files().iter().all(|file| Path::new(file).is_file()))
    }
}

/// The loaded typefaces.
#[derive(Debug, Clone)]
pub struct Fonts(pub(in crate::media) Arc<Database>);

impl Fonts {
    /// Reads what is installed. Blocks while files are read.
    pub fn load() -> Result<Self, Error> {
        let fonts = Self::of(&Typeface::ALL)?;
        if Typeface::installed() != Some(Typeface::Inter) {
            tracing::warn!("Inter is not installed: graphics are set in DejaVu Sans; `apt-get install fonts-inter`");
        }
        Ok(fonts)
    }

    /// Reads these typefaces, as far as they are installed.
    pub(super) fn of(typefaces: &[Typeface]) -> Result<Self, Error> {
        let mut database = Database::new();
        for file in typefaces.iter().flat_map(|typeface| typeface.files()) {
            if let Ok(data) = std::fs::read(file) {
                database.load_font_data(data);
            }
        }
        // What a template names otherwise is set in the first typeface that there is.
        let first = typefaces.iter().find(|typeface| Path::new(typeface.files()[0]).is_file());
        if let Some(name) = first.map(|typeface| NAMES[*typeface as usize]) {
            database.set_serif_family(name);
            database.set_sans_serif_family(name);
            database.set_cursive_family(name);
            database.set_fantasy_family(name);
            database.set_monospace_family(name);
        }
        if database.is_empty() { Err(Error::NoFonts) } else { Ok(Self(Arc::new(database))) }
    }
}

/// Finds another typeface for a letter that one lacks: in the same weight, where there is one.
pub(super) fn fallback<'a>() -> resvg::usvg::FallbackSelectionFn<'a> {
    let any = FontResolver::default_fallback_selector();
    Box::new(move |letter, used, database| {
        let weight = used.first().and_then(|id| database.face(*id)).map(|face| face.weight);
        let others = database.faces().filter(|face| Some(face.weight) != weight).map(|face| face.id);
        let avoided: Vec<_> = used.iter().copied().chain(others).collect();
        any(letter, &avoided, database).or_else(|| any(letter, used, database))
    })
}
