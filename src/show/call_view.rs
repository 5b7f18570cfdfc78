//! A call as pages see it: operators all of it but the number, the caller their own standing, nobody else anything.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, Call, CallKind, CallOrigin, CallState, CohostSeat, CohostView, ShowTime, Snapshot, Tally};

/// A call as pages see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallView {
    /// What they are to the show.
    pub kind: CallKind,
    /// Where they come from; of a telephone the number is masked.
    pub origin: CallOrigin,
    /// How far the call is.
    pub state: CallState,
    /// When they came; none if they are not there.
    #[schema(required = true)]
    pub arrived: Option<ShowTime>,
    /// Their place in the queue, from 0; none if they do not wait for their turn.
    #[schema(required = true)]
    pub place: Option<usize>,
    /// When what is on is over as planned: when the first of the queue may expect to be on air. Of all others, and where
    /// nothing was planned, none.
    #[schema(required = true)]
    pub expected: Option<ShowTime>,
    /// Whether nothing of theirs is let in.
    pub blocked: bool,
    /// What was noted about where they are; operators only.
    #[schema(required = true)]
    pub city: Option<String>,
    /// What was noted about what they want to say; operators only.
    #[schema(required = true)]
    pub point: Option<String>,
    /// Whether they muted themselves.
    pub muted_by_self: bool,
    /// Whether the desk muted them.
    pub muted_by_desk: bool,
    /// How long a packet takes to them and back, in ms.
    #[schema(required = true)]
    pub round_trip_ms: Option<u32>,
    /// The keys that they pressed last on their telephone, the newest at the end, up to twelve; operators only.
    #[schema(required = true)]
    pub keys: Option<String>,
}

impl CallView {
    /// The operators' view.
    pub(super) fn of(state: &Snapshot, known: &CohostSeat) -> Self {
        let Call {
            kind, origin, arrived, blocked, city, point, muted_by_self, muted_by_desk, round_trip_ms, keys, ..
        } = known.call.clone();
        let place = state.place_in_queue(&known.id);
        let comes_first = state.next_caller().is_some_and(|next| next.id == known.id);
        Self {
            kind,
            origin,
            state: known.call.state.clone(),
            arrived,
            place,
            expected: state.rundown.ends_at().filter(|_| comes_first),
            blocked,
            city: Some(city),
            point: Some(point),
            muted_by_self,
            muted_by_desk,
            round_trip_ms,
            keys: Some(keys),
        }
    }
}

impl CohostView {
    /// What somebody who takes part may know of a co-host: of themselves how their call does, of others whether they are
    /// heard, of callers who are not on air nothing.
    pub(super) fn for_seat(&self, actor: &Actor) -> Option<Self> {
        let own = matches!(actor, Actor::Cohost(id) if *id == self.id);
        let is_guest = self.call.as_ref().is_some_and(|call| call.kind == CallKind::Guest);
        // What was noted about them is the control room's.
        let call = self.call.clone().filter(|_| own);
        let call = call.map(|call| CallView { city: None, point: None, keys: None, ..call });
        // Their own green light, too: they may prepare.
        let tally = if self.tally == Tally::Preview && !own { Tally::Off } else { self.tally };
        let told = own || self.on_air || !is_guest;
        told.then(|| Self { call, tally, strip: None, flaws: None, ..self.clone() })
    }
}
