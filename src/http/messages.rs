//! What the live WebSocket says, written once for all pages that hear the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;

use super::access::Role;
use super::error::Told;
use crate::director::Numbered;
use crate::distribution;
use crate::show::{ChannelId, Event, ShowTime, View};

/// How old the viewers' counts of a beat may be.
const COUNTS_KEPT: Duration = Duration::from_millis(500);

/// How many watch each channel.
pub(super) type Counts = BTreeMap<ChannelId, usize>;

/// A message to a page.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    /// Who the page is taken for.
    Hello { role: Role, version: &'static str, time_us: ShowTime },
    /// The whole show as of event `number`.
    Snapshot { number: u64, time_us: ShowTime, show: &'a View },
    /// What happened and the show after it. Without `event` it is none of this role's business.
    Event {
        number: u64,
        time_us: ShowTime,
        #[serde(skip_serializing_if = "Option::is_none")]
        event: Option<&'a Event>,
        show: &'a View,
    },
    /// The link lives.
    Beat { number: u64, time_us: ShowTime, viewers: &'a Counts },
    /// Why the server closes.
    Error(Told),
}

impl Outgoing<'_> {
    /// As JSON.
    pub(super) fn text(&self) -> Utf8Bytes {
        serde_json::to_string(self).expect("messages are plain data with text keys").into()
    }

    fn event(role: Role, numbered: &Numbered) -> Utf8Bytes {
        let told = role == Role::Operator || is_public(&numbered.event);
        let event = told.then_some(&numbered.event);
        Outgoing::Event { number: numbered.number, time_us: numbered.time, event, show: &role.view(&numbered.view) }
            .text()
    }
}

/// Whether viewers may hear of it: what happens on air and to cities, not what the operator prepares.
fn is_public(event: &Event) -> bool {
    match event {
        Event::ProgramChanged { .. } | Event::TransitionEnded {} | Event::CityChanged { .. } => true,
        Event::PreviewChanged { .. } | Event::TransitionSet { .. } => false,
    }
}

/// The newest event as JSON: written by the first link that needs it, for all of them.
#[derive(Debug, Default)]
pub(super) struct Memo {
    newest: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    number: u64,
    for_operators: Option<Utf8Bytes>,
    for_viewers: Option<Utf8Bytes>,
}

impl Memo {
    /// The event as `role` hears it.
    pub(super) fn text(&self, role: Role, event: &Numbered) -> Utf8Bytes {
        let mut written = self.newest.lock().expect("no code panics while it writes an event");
        if event.number < written.number {
            return Outgoing::event(role, event);
        }
        if event.number > written.number {
            *written = Written { number: event.number, ..Written::default() };
        }
        let text = match role {
            Role::Operator => &mut written.for_operators,
            Role::Viewer => &mut written.for_viewers,
        };
        text.get_or_insert_with(|| Outgoing::event(role, event)).clone()
    }
}

/// The viewers of each channel, counted at most twice a second for all links.
#[derive(Debug, Default)]
pub(super) struct ViewerCounts {
    newest: Mutex<Option<(Instant, Arc<Counts>)>>,
}

impl ViewerCounts {
    /// The counts now, or nearly.
    pub(super) fn now(&self, hub: &distribution::Hub) -> Arc<Counts> {
        let mut newest = self.newest.lock().expect("no code panics while it counts viewers");
        match &*newest {
            Some((since, counts)) if since.elapsed() < COUNTS_KEPT => counts.clone(),
            _ => {
                let counts = Arc::new(hub.stats().viewers.into_iter().collect());
                *newest = Some((Instant::now(), Arc::clone(&counts)));
                counts
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::show::{Picture, Setup, Show, Source};

    use super::*;

    fn event(number: u64) -> Numbered {
        let show = Show::new(Setup { title: "Una sera".into(), cities: Vec::new() }, ShowTime::default()).unwrap();
        let event = Event::PreviewChanged { picture: Picture::full(Source::Black) };
        Numbered { number, time: ShowTime::from(number), event, view: Arc::new(show.view()) }
    }

    #[test]
    fn what_is_written_for_one_role_never_reaches_the_other() {
        let memo = Memo::default();
        let (operator, viewer) = (memo.text(Role::Operator, &event(1)), memo.text(Role::Viewer, &event(1)));
        assert!(operator.contains("preview_changed") && operator.contains("\"preview\":{"));
        assert!(!viewer.contains("preview_changed") && viewer.contains("\"preview\":null"));
    }

    #[test]
    fn a_link_that_is_behind_still_hears_its_own_event() {
        let memo = Memo::default();
        let newer = memo.text(Role::Viewer, &event(2));
        assert!(memo.text(Role::Viewer, &event(1)).contains("\"number\":1,"));
        assert_eq!(memo.text(Role::Viewer, &event(2)), newer);
    }
}
