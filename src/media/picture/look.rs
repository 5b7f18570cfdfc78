//! What is drawn of the show's graphics: asks the still store for them, and answers the planner.

use std::sync::Arc;
use std::time::Duration;

use super::stage::{Animation, Drawn, Look};
use crate::media::graphics::{LowerThird, Slot, StillStore};
use crate::show::{CityId, Graphic, MediaId};
use crate::video::Still;

/// The one template that there is.
const LOWER_THIRD: &str = "lower-third";

/// Graphics by the handles of the still store.
#[derive(Debug)]
pub(super) struct Graphics {
    store: StillStore,
}

impl Graphics {
    /// Draws for a program of this size.
    pub(super) fn start(width: u32, height: u32) -> std::io::Result<Self> {
        Ok(Self { store: StillStore::start(width, height)? })
    }

    /// The handle of a graphic, which is drawn now if it is not. Never waits. The show has checked what stands in it; what
    /// cannot be drawn all the same is left out.
    pub(super) fn slot(&self, graphic: &Graphic) -> Option<Arc<Slot>> {
        if graphic.template.as_str() != LOWER_THIRD {
            tracing::warn!(template = %graphic.template, "there is no such template: the graphic is left out");
            return None;
        }
        match LowerThird::new(graphic.field("title"), graphic.field("subtitle")) {
            Ok(lower_third) => Some(self.store.get(&lower_third)),
            Err(error) => {
                tracing::warn!(%error, "a lower third cannot be drawn and is left out");
                None
            }
        }
    }

    /// The handles of a picture's graphics.
    pub(super) fn slots(&self, graphics: &[Graphic]) -> Vec<Arc<Slot>> {
        graphics.iter().filter_map(|graphic| self.slot(graphic)).collect()
    }
}

impl Look<Arc<Slot>> for Graphics {
    fn drawn(&self, graphic: &Arc<Slot>) -> Option<Drawn> {
        let still = graphic.still()?;
        let bounds = still.region();
        Some(Drawn {
            still: Arc::clone(still),
            bounds,
            ticker: None,
            animation: Animation::Fade,
            leaves: Animation::Fade,
        })
    }

    fn bug(&self, _city: &CityId) -> Option<Arc<Still>> {
        None
    }

    fn stinger(&self, _stinger: &MediaId, _since: Duration) -> Option<Arc<Still>> {
        None
    }
}
