//! A media folder as the house would state it, with the lower third alone; and files for a real one.

use gstreamer::{self as gst, prelude::*};
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

/// Runs a pipeline that writes a file to its end.
pub fn make(text: &str) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(text).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(20), &kinds);
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(matches!(message.unwrap().view(), gst::MessageView::Eos(_)), "the file is written");
}
