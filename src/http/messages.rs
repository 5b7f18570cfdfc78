//! What the live WebSocket says, written once for all pages that hear the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema as _, ToSchema};

use super::error::Told;
use super::session::Identity;
use crate::director::Happened;
use crate::distribution;
use crate::show::{Actor, Changes, ChannelId, Event, Mix, Recorded, ShowTime, StripId, View};

/// How old the viewers' counts of a beat may be.
const COUNTS_KEPT: Duration = Duration::from_millis(500);

/// How many watch each channel.
pub(super) type Counts = BTreeMap<ChannelId, usize>;

/// A message of the server on the live WebSocket.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = LiveMessage)]
pub(super) enum Outgoing<'a> {
    /// Who the page is taken for.
    Hello {
        #[serde(flatten)]
        identity: Identity,
        /// The server's version.
        version: &'static str,
        /// Event time now.
        time_us: ShowTime,
    },
    /// The whole show as of event `number`.
    Snapshot {
        /// The last event that is in it.
        number: u64,
        /// Event time now.
        time_us: ShowTime,
        /// The show, as far as it is this page's business.
        show: &'a View,
    },
    /// What happened in one call, as far as it is this page's business, and what differs in the show after it: fields of
    /// `show` that have other values now.
    Events {
        /// The number of the first event of the call: one more than the last one before it.
        first: u64,
        /// The number of the last.
        number: u64,
        /// When it happened.
        time_us: ShowTime,
        /// Those events that are this page's business.
        events: Vec<ToldEvent<'a>>,
        /// The fields of the show that have other values now, with these values.
        #[schema(schema_with = changes)]
        changes: Changes<'a>,
    },
    /// The link lives.
    Beat {
        /// The last event that was told.
        number: u64,
        /// Event time now.
        time_us: ShowTime,
        /// How many watch each channel.
        #[schema(value_type = BTreeMap<String, usize>)]
        viewers: &'a Counts,
    },
    /// Whose readings the binary frames of meters are that follow and bear this number.
    MeterMap {
        /// Its number.
        map: u32,
        /// The strips, in the order of their readings.
        #[schema(value_type = Vec<String>)]
        strips: &'a [StripId],
        /// The mixes, in the order of their readings.
        #[schema(value_type = Vec<String>)]
        mixes: &'a [Mix],
    },
    /// Why the server closes.
    Error(Told),
}

impl Outgoing<'_> {
    /// As JSON.
    pub(super) fn text(&self) -> Utf8Bytes {
        serde_json::to_string(self).expect("messages are plain data with text keys").into()
    }

    fn happened(actor: &Actor, happened: &Happened) -> Utf8Bytes {
        let (before, after) = (seen_by(actor, &happened.before), seen_by(actor, &happened.view));
        let (first, number) = happened.numbers();
        let theirs = happened.events.iter().filter(|recorded| is_for(actor, &recorded.event));
        Outgoing::Events {
            first,
            number,
            time_us: happened.events.first().map_or_else(ShowTime::default, |recorded| recorded.time),
            events: theirs.map(|recorded| ToldEvent::of(recorded, actor)).collect(),
            changes: Changes { before: &before, after: &after },
        }
        .text()
    }
}

/// What an actor may know of the show.
pub(super) fn seen_by(actor: &Actor, view: &Arc<View>) -> Arc<View> {
    match actor {
        Actor::Operator(_) | Actor::Machine(_) | Actor::House => view.clone(),
        Actor::City(_) | Actor::Cohost(_) | Actor::Viewer => Arc::new(view.for_actor(actor)),
    }
}

/// Some of the fields of the show.
fn changes() -> RefOr<Schema> {
    let mut view = View::schema();
    if let RefOr::T(Schema::Object(object)) = &mut view {
        object.required.clear();
        object.description = None;
    }
    view
}

/// An event as pages hear it.
#[derive(Serialize, ToSchema)]
pub(super) struct ToldEvent<'a> {
    /// Its number.
    number: u64,
    /// Who did it; viewers hear `house`.
    actor: &'a Actor,
    /// What happened.
    event: &'a Event,
}

impl<'a> ToldEvent<'a> {
    /// Who takes part hears who did it; the public, only that the house did: operators' names are what they sign in with.
    fn of(Recorded { number, actor, event, .. }: &'a Recorded, hearer: &Actor) -> Self {
        let actor = if matches!(hearer, Actor::Viewer) { &Actor::House } else { actor };
        Self { number: *number, actor, event }
    }
}

/// Whether this actor may hear of it: everybody what happens on air and to cities; who takes part, what was said to
/// them; operators, all.
fn is_for(actor: &Actor, event: &Event) -> bool {
    match (actor, event) {
        (Actor::Operator(_) | Actor::Machine(_) | Actor::House, _) => true,
        (_, Event::ProgramChanged { .. } | Event::TransitionEnded {} | Event::CityChanged { .. }) => true,
        (Actor::City(_) | Actor::Cohost(_), Event::MessageSent { message }) => message.is_for(actor),
        _ => false,
    }
}

/// The newest call as JSON: written by the first link that needs it, for all of them.
#[derive(Debug, Default)]
pub(super) struct Memo {
    newest: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    number: u64,
    texts: Vec<(Actor, Utf8Bytes)>,
}

impl Memo {
    /// What happened as `actor` hears it. All operators hear the same.
    pub(super) fn text(&self, actor: &Actor, happened: &Happened) -> Utf8Bytes {
        let actor = match actor {
            Actor::Operator(_) | Actor::Machine(_) => &Actor::House,
            other => other,
        };
        let (_, number) = happened.numbers();
        let mut written = self.newest.lock().expect("no code panics while it writes an event");
        if number < written.number {
            return Outgoing::happened(actor, happened);
        }
        if number > written.number {
            *written = Written { number, texts: Vec::new() };
        }
        if let Some((_, text)) = written.texts.iter().find(|(known, _)| known == actor) {
            return text.clone();
        }
        let text = Outgoing::happened(actor, happened);
        written.texts.push((actor.clone(), text.clone()));
        text
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
    use crate::show::{Caller, City, Command, Output, Role, Setup, Show, Source, WallTime};

    use super::*;

    /// What happens when Roma is put into preview, after so many other things.
    fn happened(before: u64) -> Happened {
        let city = |word: &str| City { id: word.parse().unwrap(), name: word.into(), time_zone: "Europe/Rome".into() };
        let setup = Setup { title: "Una sera".into(), cities: ["lecce", "roma"].map(city).into() };
        let (now, director) = (ShowTime::default(), Caller::new(Actor::House, [Role::Director]));
        let mut show = Show::new(setup, WallTime::default(), now).unwrap();
        let mut preview = |source: Source| {
            let view = show.view(now);
            let outputs: Vec<_> = show.command(Command::SetPreview { source }, &director, now).unwrap().collect();
            let events = outputs.into_iter().filter_map(|output| match output {
                Output::Event(recorded) => Some(recorded),
                _ => None,
            });
            Happened { events: events.collect(), before: Arc::new(view), view: Arc::new(show.view(now)) }
        };
        for n in 0..before {
            preview(if n % 2 == 0 { Source::Black } else { Source::Slate });
        }
        preview("city:roma".parse().unwrap())
    }

    fn operator() -> Actor {
        "operator:Anna".parse().unwrap()
    }

    #[test]
    fn what_is_written_for_one_never_reaches_another() {
        let memo = Memo::default();
        let happened = happened(0);
        let heard = |actor: &str| memo.text(&actor.parse().unwrap(), &happened);
        assert!(heard("operator:Anna").contains("preview_changed") && heard("operator:Anna").contains("\"preview\":{"));
        assert!(!heard("viewer").contains("preview"), "{}", heard("viewer"));
        assert!(!heard("viewer").contains("operator:"), "{}", heard("viewer"));
        assert!(heard("city:roma").contains("\"tally\":\"preview\""), "{}", heard("city:roma"));
        assert!(!heard("city:lecce").contains("preview"), "{}", heard("city:lecce"));
    }

    #[test]
    fn a_link_that_is_behind_still_hears_its_own_event() {
        let memo = Memo::default();
        let (first, second) = (happened(0), happened(1));
        let newer = memo.text(&operator(), &second);
        assert!(memo.text(&operator(), &first).contains(&format!("\"number\":{},", first.numbers().1)));
        assert_eq!(memo.text(&operator(), &second), newer);
    }

    #[test]
    fn only_what_changed_is_told() {
        let text = Memo::default().text(&operator(), &happened(1));
        let changes = text.split("\"changes\":").nth(1).unwrap();
        assert!(changes.contains("\"preview\":") && changes.contains("\"cities\":"), "{changes}");
        assert!(!changes.contains("\"title\"") && !changes.contains("\"scenes\""), "{changes}");
    }
}
