//! What the evening has besides its cities: still pictures, clips, music, stingers, and the templates of graphics. The house reads
//! them from a folder and states them as a fact; the show only knows what there is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Colour, Graphic, MediaId};

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// Still pictures.
    #[serde(default)]
    pub stills: Vec<MediaItem>,
    /// Clips.
    #[serde(default)]
    pub clips: Vec<MediaItem>,
    /// Music and jingles.
    #[serde(default)]
    pub music: Vec<MediaItem>,
    /// Animations for transitions.
    #[serde(default)]
    pub stingers: Vec<MediaItem>,
    /// Templates of graphics.
    #[serde(default)]
    pub templates: Vec<Template>,
    /// Files that cannot be used.
    #[serde(default)]
    pub flaws: Vec<MediaFlaw>,
}

/// A picture, a clip, an animation or a piece of music.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaItem {
    /// Identifier.
    pub id: MediaId,
    /// Name for people: that of the file.
    pub name: String,
    /// How long it plays, in milliseconds; 0 for what does not.
    pub duration_ms: u32,
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaFlaw {
    /// Its name.
    pub file: String,
    /// Why not, with the line if it has any, and what mends it.
    pub why: String,
}

/// A template as pages offer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Identifier.
    pub id: MediaId,
    /// Name for people, in Italian.
    pub name: String,
    /// Name for people, in English.
    pub name_en: String,
    /// What is to be filled in.
    pub fields: Vec<Field>,
}

/// Something to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Identifier within the template.
    pub id: String,
    /// Label for people, in Italian.
    pub label: String,
    /// Label for people, in English.
    pub label_en: String,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether it may not be left empty.
    pub required: bool,
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldKind {
    /// A text.
    Text {
        /// Longest, in characters.
        longest: u32,
    },
    /// A colour, `#rrggbb`.
    Colour {
        /// What it is if nothing is said.
        default: Colour,
    },
    /// A still picture by its identifier.
    Image {},
    /// When a countdown is over: `HH:MM:SS` of the evening's clock, or `MM:SS` from the moment at which it is set.
    Time {},
}

impl Media {
    /// Most things of each kind.
    pub const MOST: usize = 200;

    /// The still of this id.
    pub fn still(&self, id: &MediaId) -> Option<&MediaItem> {
        self.stills.iter().find(|item| item.id == *id)
    }

    /// The clip of this id.
    pub fn clip(&self, id: &MediaId) -> Option<&MediaItem> {
        self.clips.iter().find(|item| item.id == *id)
    }

    /// The piece of music of this id.
    pub fn music(&self, id: &MediaId) -> Option<&MediaItem> {
        self.music.iter().find(|item| item.id == *id)
    }

    /// The stinger of this id.
    pub fn stinger(&self, id: &MediaId) -> Option<&MediaItem> {
        self.stingers.iter().find(|item| item.id == *id)
    }

    /// The template of this id.
    pub fn template(&self, id: &MediaId) -> Option<&Template> {
        self.templates.iter().find(|template| template.id == *id)
    }

    /// What keeps a graphic from being drawn, in words.
    pub(super) fn graphic_flaw(&self, graphic: &Graphic) -> Option<String> {
        let Some(template) = self.template(&graphic.template) else {
            let known: Vec<_> = self.templates.iter().map(|template| template.id.as_str()).collect();
            return Some(format!("there is no template '{}': {} are there", graphic.template, known.join(", ")));
        };
        let unknown = graphic.fields.keys().find(|id| template.fields.iter().all(|field| field.id != **id));
        if let Some(unknown) = unknown {
            let known: Vec<_> = template.fields.iter().map(|field| field.id.as_str()).collect();
            return Some(format!("'{}' has no field '{unknown}': it has {}", template.id, known.join(", ")));
        }
        template.fields.iter().find_map(|field| self.field_flaw(field, graphic.field(&field.id)))
    }

    fn field_flaw(&self, field: &Field, value: &str) -> Option<String> {
        let id = &field.id;
        if value.is_empty() {
            return field.required.then(|| format!("its {id} is empty: it needs something"));
        }
        match &field.kind {
            FieldKind::Text { longest } => {
                super::text::flaw(value, 0, *longest as usize).map(|flaw| format!("its {id}: {flaw}"))
            }
            FieldKind::Colour { .. } => value.parse::<Colour>().err().map(|error| format!("its {id}: {error}")),
            FieldKind::Image {} => match value.parse::<MediaId>() {
                Ok(still) if self.still(&still).is_some() => None,
                _ => Some(format!("its {id}: there is no still '{value}' in the media folder")),
            },
            FieldKind::Time {} => (!is_time(value)).then(|| {
                format!("its {id}: '{value}' arrived, HH:MM:SS of the evening's clock or MM:SS from now is needed")
            }),
        }
    }
}

/// `MM:SS` or `HH:MM:SS`.
fn is_time(text: &str) -> bool {
    let parts: Vec<_> = text.split(':').collect();
    let number = |part: &&str| part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_digit());
    matches!(parts.len(), 2 | 3) && parts.iter().all(number) && parts[1..].iter().all(|part| *part < "60")
}
