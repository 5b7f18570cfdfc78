//! Templates: what a graphic looks like, where it stands, how it comes and goes, and which values people give it.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use super::Region;
use super::check;
use super::document::{Document, View};
use super::problem::Problem;

/// Values that nobody types: the engine fills them in. A template may use them without declaring them.
pub const SPECIAL: [&str; 3] = ["time", "remaining", "name"];

/// A graphic's place in program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// Its page is the whole picture.
    Full,
    /// At an edge, in a corner or in the middle.
    At {
        /// Left, centre or right.
        across: Across,
        /// Top, middle or bottom.
        down: Down,
        /// What is kept free at the left and right, as a part of the width.
        margin_across: f32,
        /// What is kept free at the top or bottom, as a part of the height.
        margin_down: f32,
    },
}

/// A place from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Across {
    Left,
    Centre,
    Right,
}

/// A place from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Down {
    Top,
    Middle,
    Bottom,
}

/// How a graphic comes or goes; how long that takes is the show's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Animation {
    /// At once.
    Cut,
    /// More and more opaque, or less and less.
    Fade,
    /// It moves in this direction, in from outside of the picture or out of it.
    Slide(Direction),
}

/// A direction of movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

/// A value that people give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its placeholder's name: 1 to 32 of a-z, 0-9 and -.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// The same in English, if the template says so.
    pub label_en: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Whether a graphic without it makes no sense.
    pub required: bool,
    /// What stands for it if it is not given; empty where there is nothing.
    pub default: String,
}

/// What a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text {
        /// The longest, in characters.
        max: usize,
        /// The lines that it has room for.
        lines: usize,
    },
    /// `#rrggbb`.
    Colour,
    /// The name of a picture.
    Image,
    /// When a countdown is over. It is no placeholder: the engine makes `{remaining}` of it.
    Time,
}

/// What moves through a window, as the template's drawing has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub view: View,
    /// Units of the template a second.
    pub speed: f32,
}

/// A checked template.
#[derive(Clone)]
pub struct Template {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) name_en: Option<String>,
    pub(super) place: Place,
    pub(super) animation_in: Animation,
    pub(super) animation_out: Animation,
    pub(super) fields: Vec<Field>,
    pub(super) specials: Vec<&'static str>,
    pub(super) window: Option<Window>,
    /// Fields without which the graphic is lower, and by how much.
    pub(super) lower: Vec<(String, f32)>,
    pub(super) document: Document,
    pub(super) revision: u64,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("id", &self.id).field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// Two templates are alike if they have one name and were made from the same text.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.revision == other.revision
    }
}

impl Template {
    /// Checks an SVG. `file` is the file's name, which ends with `.svg` and gives the template its id; problems name it.
    pub fn check(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut template = check::check(file, text)?;
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        template.revision = hasher.finish();
        Ok(template)
    }

    /// The templates that Regia brings along.
    pub fn built_in() -> &'static [Arc<Self>] {
        static BUILT_IN: LazyLock<Vec<Arc<Template>>> = LazyLock::new(|| {
            let checked = |(file, text): &(&str, &str)| {
                Arc::new(Template::check(file, text).expect("a test checks those that are built in"))
            };
            FILES.iter().map(checked).collect()
        });
        &BUILT_IN
    }

    /// 1 to 32 of a-z, 0-9 and -.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same in English, if the template says so.
    pub fn name_en(&self) -> Option<&str> {
        self.name_en.as_deref()
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        self.place
    }

    /// How it comes.
    pub fn animation_in(&self) -> Animation {
        self.animation_in
    }

    /// How it goes.
    pub fn animation_out(&self) -> Animation {
        self.animation_out
    }

    /// What people fill in.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Which of [`SPECIAL`] the engine fills in.
    pub fn specials(&self) -> &[&'static str] {
        &self.specials
    }

    /// Whether something moves through a window.
    pub fn is_ticker(&self) -> bool {
        self.window.is_some()
    }

    /// Differs if the file's text differs.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What is wrong with values that somebody gave. They are drawn all the same, as well as can be.
    pub fn flaw(&self, fields: &BTreeMap<String, String>) -> Option<Flaw> {
        let known =
            |id: &String| self.fields.iter().any(|field| field.id == *id) || self.specials.contains(&id.as_str());
        if let Some(unknown) = fields.keys().find(|id| !known(id)) {
            let known = self.fields.iter().map(|field| field.id.as_str()).collect::<Vec<_>>().join(", ");
            return Some(Flaw::Unknown { template: self.id.clone(), field: unknown.clone(), known });
        }
        self.fields.iter().find_map(|field| field.flaw(fields.get(&field.id).map_or("", String::as_str)))
    }
}

impl Field {
    fn flaw(&self, value: &str) -> Option<Flaw> {
        let value = value.trim();
        let field = || self.id.clone();
        if value.is_empty() {
            return (self.required && self.default.is_empty()).then(|| Flaw::Missing { field: field() });
        }
        match self.kind {
            Kind::Text { max, .. } => {
                let length = value.chars().count();
                (length > max).then(|| Flaw::Length { field: field(), length, max })
            }
            Kind::Colour if !is_colour(value) => Some(Flaw::Colour { field: field(), value: value.to_owned() }),
            Kind::Colour | Kind::Image | Kind::Time => None,
        }
    }
}

/// What is wrong with the values of a graphic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A field that the template does not have.
    #[error("the template '{template}' has no field '{field}': it has {known}")]
    Unknown {
        /// The template.
        template: String,
        /// What was given.
        field: String,
        /// What it has.
        known: String,
    },
    /// Nothing where something is needed.
    #[error("the field '{field}' is empty: something is needed")]
    Missing {
        /// Which one.
        field: String,
    },
    /// A text that is too long.
    #[error("the field '{field}' has {length} characters: {max} at most are possible")]
    Length {
        /// Which one.
        field: String,
        /// How long it is.
        length: usize,
        /// How long it may be.
        max: usize,
    },
    /// No colour.
    #[error("the field '{field}' is '{value}': a colour as #f2b134 is needed")]
    Colour {
        /// Which one.
        field: String,
        /// What was given.
        value: String,
    },
}

/// Whether it is written `#rrggbb`.
pub(super) fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl Animation {
    /// As templates write them.
    pub(super) const NAMES: [(&str, Self); 6] = [
        ("cut", Self::Cut),
        ("fade", Self::Fade),
        ("slide-left", Self::Slide(Direction::Left)),
        ("slide-right", Self::Slide(Direction::Right)),
        ("slide-up", Self::Slide(Direction::Up)),
        ("slide-down", Self::Slide(Direction::Down)),
    ];
}

impl Place {
    /// What is kept free where a template does not say: title-safe area; at the bottom, a player's controls too.
    const SAFE: (f32, f32, f32) = (0.05, 0.05, 0.09);

    /// As templates write them.
    pub(super) const NAMES: [&str; 10] =
        ["full", "top-left", "top", "top-right", "left", "centre", "right", "bottom-left", "bottom", "bottom-right"];

    /// By its name, with margins as parts of the picture if they are not the usual ones.
    pub(super) fn named(name: &str, margins: Option<(f32, f32)>) -> Option<Self> {
        if !Self::NAMES.contains(&name) {
            return None;
        }
        if name == "full" {
            return Some(Self::Full);
        }
        let across = match name {
            name if name.ends_with("left") => Across::Left,
            name if name.ends_with("right") => Across::Right,
            _ => Across::Centre,
        };
        let down = match name {
            name if name.starts_with("top") => Down::Top,
            name if name.starts_with("bottom") => Down::Bottom,
            _ => Down::Middle,
        };
        let (safe_across, safe_top, safe_bottom) = Self::SAFE;
        let safe_down = if down == Down::Bottom { safe_bottom } else { safe_top };
        let (margin_across, margin_down) = margins.unwrap_or((safe_across, safe_down));
        Some(Self::At { across, down, margin_across, margin_down })
    }

    /// The most that a graphic can take of a picture, in pixels.
    pub(super) fn room(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::Full => (width & !1, height & !1),
            Self::At { down, margin_across, margin_down, .. } => {
                let (w, h) = (pixels(width), pixels(height));
                let free = if down == Down::Middle { 2.0 } else { 1.0 };
                (even_below(w - 2.0 * w * margin_across), even_below(h - free * h * margin_down))
            }
        }
    }

    /// Where a graphic of this size stands.
    pub(super) fn region(self, picture: (u32, u32), size: (u32, u32)) -> Region {
        let ((width, height), (own_width, own_height)) = (picture, size);
        let (x, y) = match self {
            Self::Full => (0, 0),
            Self::At { across, down, margin_across, margin_down } => {
                let (w, h) = (pixels(width), pixels(height));
                let (left, top) = (even_above(w * margin_across), even_above(h * margin_down));
                let right = even_below(w - w * margin_across);
                let bottom = even_below(h * (1.0 - margin_down));
                let x = match across {
                    Across::Left => left,
                    Across::Centre => (width.saturating_sub(own_width) / 2) & !1,
                    Across::Right => right.saturating_sub(own_width),
                };
                let y = match down {
                    Down::Top => top,
                    Down::Middle => (height.saturating_sub(own_height) / 2) & !1,
                    Down::Bottom => bottom.saturating_sub(own_height),
                };
                (x, y)
            }
        };
        Region { x, y, width: own_width, height: own_height }
    }
}

/// The even number of pixels at or below, since chroma has half the resolution.
pub(super) fn even_below(pixels: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a picture's size")]
    let whole = (pixels / 2.0).floor() as u32;
    whole.saturating_mul(2)
}

/// The even number of pixels at or above.
pub(super) fn even_above(pixels: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a picture's size")]
    let whole = (pixels / 2.0).ceil() as u32;
    whole.saturating_mul(2)
}

#[expect(clippy::cast_precision_loss, reason = "pictures have thousands of pixels, not millions")]
pub(super) fn pixels(number: u32) -> f32 {
    number as f32
}

/// The built-in templates' files.
pub(super) const FILES: [(&str, &str); 7] = [
    ("lower-third.svg", include_str!("templates/lower-third.svg")),
    ("bug.svg", include_str!("templates/bug.svg")),
    ("logo.svg", include_str!("templates/logo.svg")),
    ("title.svg", include_str!("templates/title.svg")),
    ("ticker.svg", include_str!("templates/ticker.svg")),
    ("countdown.svg", include_str!("templates/countdown.svg")),
    ("post.svg", include_str!("templates/post.svg")),
];
