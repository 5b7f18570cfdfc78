//! A media folder as the house would state it: with the lower third alone.

use regia::show::{Field, FieldKind, Graphic, Media, Template};

/// What there is.
pub fn folder() -> Media {
    let field = |id: &str, required| Field {
        id: id.into(),
        label: id.into(),
        label_en: id.into(),
        kind: FieldKind::Text { longest: 80 },
        required,
    };
    let fields = vec![field("title", true), field("subtitle", false)];
    let id = "lower-third".parse().unwrap();
    let template = Template { id, name: "Sottopancia".into(), name_en: "Lower third".into(), fields };
    Media { templates: vec![template], ..Media::default() }
}

/// A lower third with this title.
pub fn lower_third(title: &str) -> Graphic {
    Graphic { template: "lower-third".parse().unwrap(), fields: [("title".into(), title.into())].into() }
}
