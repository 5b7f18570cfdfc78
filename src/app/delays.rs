//! Pictures that wait for their sound: a strip's delay holds back the frames of its source on program as well.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::media::picture::FrameInput;
use crate::show::{DeskPlan, StripId};

/// The sources with a picture that can be delayed, and by how much each is to be.
#[derive(Debug, Default)]
pub(super) struct Delays(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    inputs: HashMap<StripId, FrameInput>,
    wanted: HashMap<StripId, Duration>,
}

impl Delays {
    /// A source came.
    pub(super) fn add(&self, strip: &StripId, input: &FrameInput) {
        let mut inner = self.lock();
        input.set_delay(inner.wanted.get(strip).copied().unwrap_or_default());
        inner.inputs.insert(strip.clone(), input.clone());
    }

    /// A source is gone.
    pub(super) fn remove(&self, strip: &StripId) {
        self.lock().inputs.remove(strip);
    }

    /// The desk is like this.
    pub(super) fn follow(&self, plan: &DeskPlan) {
        let mut inner = self.lock();
        let delay = |processing: &crate::show::Processing| Duration::from_millis(processing.delay_ms.into());
        inner.wanted = plan.strips.iter().map(|plan| (plan.strip.clone(), delay(&plan.processing))).collect();
        for (strip, input) in &inner.inputs {
            input.set_delay(inner.wanted.get(strip).copied().unwrap_or_default());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no code panics while it holds the delays")
    }
}
