//! The ear of the house: what is wrong with program's and the radio's sound, and who sends back what they hear, is told to the
//! show.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::media::sound::{Judge, Loops, Meters, Target};
use crate::show::{Alarm, Fact, LoudnessRule, Mix, View};

/// Listens until the desk ends.
pub(super) fn listen(
    mut meters: watch::Receiver<Arc<Meters>>,
    mut loops: watch::Receiver<Loops>,
    view: impl Fn() -> Arc<View> + Send + 'static,
    facts: mpsc::Sender<Fact>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut judges = [Mix::Program, Mix::Radio].map(Judge::of);
        let mut told = Loops::new();
        loop {
            let heard = tokio::select! {
                changed = meters.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let newest = Arc::clone(&meters.borrow_and_update());
                    let Some(rule) = view().settings.as_ref().map(|settings| settings.sound.loudness) else { continue };
                    judge(&mut judges, &newest, &rule)
                }
                changed = loops.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let newest = loops.borrow_and_update().clone();
                    let heard = changes(&told, &newest);
                    told = newest;
                    heard
                }
            };
            for fact in heard {
                if facts.send(fact).await.is_err() {
                    return;
                }
            }
        }
    })
}

fn judge(judges: &mut [Judge; 2], meters: &Meters, rule: &LoudnessRule) -> Vec<Fact> {
    let target = |lufs: i8| Target {
        lufs: lufs.into(),
        tolerance_lu: rule.tolerance_lu.into(),
        // None is for ever.
        silence: if rule.silence_s == 0 { Duration::MAX } else { Duration::from_secs(rule.silence_s.into()) },
    };
    let targets = [rule.program_lufs, rule.radio_lufs].map(target);
    judges.iter_mut().zip(&targets).flat_map(|(judge, target)| judge.hear(meters, target)).collect()
}

/// Who sends back from now on what they hear, and who does no more.
fn changes(told: &Loops, newest: &Loops) -> Vec<Fact> {
    let over = told.difference(newest).cloned().map(|strip| Fact::Mended { alarm: Alarm::Loop { strip } });
    let new = newest.difference(told).cloned().map(|strip| Fact::Broken { alarm: Alarm::Loop { strip } });
    over.chain(new).collect()
}
