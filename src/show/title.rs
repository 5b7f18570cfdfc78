//! What radios show as the title of what is heard.

use super::{Graphic, Snapshot};

impl Snapshot {
    /// The evening, the cue that is on, and whom the lowest keyer that is on names.
    pub(super) fn radio_title(&self) -> String {
        let cue =
            self.rundown.on_air.and_then(|on_air| self.rundown.cue(on_air.cue)).map(|cue| cue.plan.title.as_str());
        let keyed = self.keyers.iter().filter(|keyer| keyer.on).filter_map(|keyer| keyer.graphic.as_ref());
        let named = keyed.chain(&self.program.graphics).map(|graphic: &Graphic| graphic.field("title"));
        let named = named.map(str::trim).find(|title| !title.is_empty());
        let mut parts = vec![self.title.as_str()];
        for part in cue.into_iter().chain(named) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        // A title is one line.
        parts.join(" - ").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
