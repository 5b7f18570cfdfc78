//! The ear of the house: what is wrong with program's and the radio's sound is told to the show.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::media::sound::{Judge, Meters, Target};
use crate::show::{Fact, Mix, View};

/// Listens until the desk ends.
pub(super) fn listen(
    mut meters: watch::Receiver<Arc<Meters>>,
    view: impl Fn() -> Arc<View> + Send + 'static,
    facts: mpsc::Sender<Fact>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut judges = [Mix::Program, Mix::Radio].map(Judge::of);
        while meters.changed().await.is_ok() {
            let newest = Arc::clone(&meters.borrow_and_update());
            let Some(rule) = view().settings.as_ref().map(|settings| settings.sound.loudness) else { continue };
            let target = |lufs: i8| Target {
                lufs: lufs.into(),
                tolerance_lu: rule.tolerance_lu.into(),
                // None is for ever.
                silence: if rule.silence_s == 0 { Duration::MAX } else { Duration::from_secs(rule.silence_s.into()) },
            };
            let targets = [rule.program_lufs, rule.radio_lufs].map(target);
            for (judge, target) in judges.iter_mut().zip(&targets) {
                for fact in judge.hear(&newest, target) {
                    if facts.send(fact).await.is_err() {
                        return;
                    }
                }
            }
        }
    })
}
