//! How far away those are who talk: what distribution measured on the way to each co-host is told to the show.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::director::Director;
use crate::distribution;
use crate::show::{CohostId, Fact};

/// Between two looks. Browsers report every second or two, and people read no faster.
const LOOK: Duration = Duration::from_secs(2);

/// Tells until nobody listens to facts any more. What is as the show has it already is not told again; what it does not take,
/// since nobody is on the call yet, is at the next look.
pub(super) fn tell(hub: distribution::Hub, director: Director, facts: mpsc::Sender<Fact>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = facts.closed() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            let view = director.view();
            let known = |cohost: &CohostId| {
                let mut calls = view.cohosts.iter().flatten().filter(|known| known.id == *cohost);
                calls.next().and_then(|known| known.call.as_ref()?.round_trip_ms)
            };
            for (cohost, length) in hub.round_trips() {
                let ms = u32::try_from(length.as_millis()).unwrap_or(u32::MAX);
                if known(&cohost) != Some(ms) && facts.send(Fact::CallRoundTrip { cohost, ms }).await.is_err() {
                    return;
                }
            }
        }
    })
}
