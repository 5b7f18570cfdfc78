//! What the media folder is to the show and to the engines: templates checked and told, pictures and stills found.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::media::graphics::{self, Pictures, Template};
use crate::media::library::{Checked, Library, Rgba, TemplateFile};
use crate::media::picture::{Engine, Stills};
use crate::show::{self, Colour, Field, FieldKind, MediaFlaw};

/// The template of cities' bugs: the house lays it over, nobody chooses it.
const BUG: &str = "bug";

/// How long who draws a graphic waits for a picture of it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it looks.
const LOOK: Duration = Duration::from_millis(10);

/// Checks the folder's templates, hands those that can be used to the engine, together with the house's own, and answers what
/// the show is to know of them.
pub(super) fn check(files: &[TemplateFile], engine: &Weak<Engine>) -> Checked {
    let mut library = graphics::Library::built_in();
    let mut flaws = Vec::new();
    for file in files {
        match graphics::read(&file.path, &format!("{}.svg", file.id)) {
            Ok(template) => library.insert(template),
            Err(problems) => flaws.extend(problems.into_iter().map(|problem| MediaFlaw {
                file: file.file.clone(),
                why: format!("line {}, column {}: {}", problem.line, problem.column, problem.cause),
            })),
        }
    }
    let templates = library.iter().filter(|template| template.id() != BUG).filter_map(|each| told(each)).collect();
    if let Some(engine) = engine.upgrade() {
        engine.set_templates(library);
    }
    (templates, flaws)
}

/// A template in the show's words.
fn told(template: &Template) -> Option<show::Template> {
    let name = template.name().to_owned();
    Some(show::Template {
        id: template.id().parse().ok()?,
        name_en: template.name_en().unwrap_or(&name).to_owned(),
        name,
        fields: template.fields().iter().map(field).collect(),
    })
}

fn field(field: &graphics::Field) -> Field {
    let kind = match &field.kind {
        graphics::Kind::Text { max, .. } => FieldKind::Text { longest: u32::try_from(*max).unwrap_or(u32::MAX) },
        graphics::Kind::Colour => FieldKind::Colour { default: field.default.parse().unwrap_or(Colour::BLACK) },
        graphics::Kind::Image => FieldKind::Image {},
        graphics::Kind::Time => FieldKind::Time {},
    };
    Field {
        id: field.id.clone(),
        label: field.label.clone(),
        label_en: field.label_en.clone().unwrap_or_else(|| field.label.clone()),
        kind,
        required: field.required && field.default.is_empty(),
    }
}

/// Where the engine finds still pictures.
pub(super) fn stills(library: &Arc<Library>) -> Stills {
    let library = Arc::downgrade(library);
    Stills::new(move |id| library.upgrade()?.still(id))
}

/// Where graphics find the pictures of their fields. Whoever draws waits for them a little.
pub(super) fn pictures(library: &Arc<Library>) -> Pictures {
    let library = Arc::downgrade(library);
    Arc::new(move |name: &str| {
        let id = name.parse().ok()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(rgba) = library.upgrade()?.rgba(&id) {
                let Rgba { width, height, pixels } = &*rgba;
                return Some(Arc::new(graphics::Picture { width: *width, height: *height, rgba: pixels.clone() }));
            }
            if Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(LOOK);
        }
    })
}
