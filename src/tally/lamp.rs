//! Which lamps are lit.

use crate::show::{Source, View};

/// A city's lamp with its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lamp {
    /// What stands on the display.
    pub name: String,
    /// On air: in program, or still being mixed out.
    pub red: bool,
    /// In preview. Both are lit while a city is mixed out, since it stands by from then on.
    pub green: bool,
}

impl Lamp {
    /// A display that shows nothing.
    pub fn dark() -> Self {
        Self::default()
    }

    /// The lamp of each city, in the order of the evening.
    pub fn of(view: &View) -> Vec<Self> {
        let lamp = |(source, name): (Source, &String)| Self {
            name: name.clone(),
            red: view.program.shows(&source)
                || view.running.as_ref().is_some_and(|running| running.from.shows(&source)),
            green: view.preview.as_ref().is_some_and(|preview| preview.shows(&source)),
        };
        view.cities.iter().map(|city| (Source::City(city.id.clone()), &city.name)).map(lamp).collect()
    }
}
