//! The seats: who sits on which, how one takes over from another, and what the show is told of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::intake::Life;
use super::intake::{Counters, Intake};
use super::sdp::{Offer, Purpose};
use super::seating::Seating;
use super::session::{End, Mailbox, Negotiated, Session, Settings};
use super::{Config, Error, Opened, Seat, SeatStats, trickle};
use crate::gst::EventClock;
use crate::secret::SessionId;
use crate::show::{ContributionId, Fact};

/// Negotiations at a time, one for each seat at the most. Each takes some 50 ms of processor time; more at once would
/// only be slower together.
const NEGOTIATIONS: usize = 4;

/// Threads of one seat's sessions at a time: the sitting one's, the leaving one's, one that is negotiated and one that
/// is torn down. Who has one seat's key can use up no more than this.
const LIVING: u32 = 4;

/// How long a negotiation may take, with its wait for a turn. Publishers give up after about as long.
const PATIENCE: Duration = Duration::from_secs(10);

/// A session without media for so long is over. A publisher that dies says nothing; shorter than this, a phone that
/// changes its network would lose its seat while ICE still finds the new way.
pub(super) const SILENCE: Duration = Duration::from_secs(30);

/// How long the sessions may take to end when the hub stops.
const STOPPING: Duration = Duration::from_secs(5);

/// Everything that the handles share.
#[derive(Debug)]
pub(super) struct Inner {
    config: Arc<Config>,
    clock: EventClock,
    facts: mpsc::Sender<Fact>,
    house: Mutex<House>,
    negotiations: Semaphore,
    stopped: AtomicBool,
    silence: Duration,
}

/// The seats that there are. The lock is held to look one up, never while a seat's own is.
#[derive(Debug, Default)]
struct House {
    /// In the order they were given.
    seats: Vec<Arc<Place>>,
    /// The threads of sessions whose seats were taken away: they may take a moment to end.
    ending: Vec<Arc<Semaphore>>,
}

/// A seat and who sits on it.
#[derive(Debug)]
struct Place {
    seat: Seat,
    counters: Arc<Counters>,
    /// Held while a session is negotiated. It is taken before a turn among all seats, so that nobody can use them up.
    negotiation: tokio::sync::Mutex<()>,
    /// One permit for each session whose thread lives, those that are being torn down with them.
    living: Arc<Semaphore>,
    state: Mutex<State>,
}

/// What changes about a seat. Facts are sent while it is locked, so that they come in the order of what happened.
#[derive(Debug, Default)]
struct State {
    seating: Seating<Session>,
    /// Facts for which the show had no room yet: at most who sits there, and whether that one is heard. They tell how things
    /// are: a newer one makes those before it obsolete.
    untold: Vec<Fact>,
    /// The seat was taken away while somebody may have been negotiating for it.
    removed: bool,
}

impl Inner {
    /// A hub whose sessions end after `silence` without media.
    pub(super) fn new(
        config: Config,
        clock: EventClock,
        seats: Vec<Seat>,
        facts: mpsc::Sender<Fact>,
        silence: Duration,
    ) -> Arc<Self> {
        let seats = seats.into_iter().map(|seat| Arc::new(Place::new(seat))).collect();
        Arc::new(Self {
            config: Arc::new(config),
            clock,
            facts,
            house: Mutex::new(House { seats, ending: Vec::new() }),
            negotiations: Semaphore::new(NEGOTIATIONS),
            stopped: AtomicBool::new(false),
            silence,
        })
    }

    pub(super) fn add(&self, seat: Seat) -> Result<(), Error> {
        let mut house = self.house();
        if house.seats.iter().any(|place| place.seat.id == seat.id) {
            return Err(Error::Taken(seat.id));
        }
        house.seats.push(Arc::new(Place::new(seat)));
        Ok(())
    }

    pub(super) fn remove(&self, id: &ContributionId) {
        let removed = {
            let mut house = self.house();
            house.ending.retain(|living| living.available_permits() < LIVING as usize);
            let Some(at) = house.seats.iter().position(|place| place.seat.id == *id) else { return };
            let place = house.seats.remove(at);
            house.ending.push(Arc::clone(&place.living));
            place
        };
        let mut state = removed.lock();
        state.removed = true;
        state.untold.clear();
        state.seating.clear().into_iter().for_each(|session| session.end(End::Closed));
    }

    /// Negotiates, then takes the seat.
    pub(super) async fn open(self: &Arc<Self>, id: &ContributionId, offer: &str) -> Result<Opened, Error> {
        let place = self.place(id)?;
        let offer = Offer::read(offer, Purpose::of(id))?;
        let negotiated = self.negotiate(&place, offer).await?;
        self.sit(&place, negotiated)
    }

    pub(super) fn trickle(
        &self,
        id: &ContributionId,
        session: &SessionId,
        if_match: Option<&str>,
        fragment: &str,
    ) -> Result<(), Error> {
        let place = self.place(id)?;
        let state = place.lock();
        let session = state.seating.sitting().filter(|sitting| sitting.id == *session).ok_or(Error::UnknownSession)?;
        trickle::check_if_match(if_match, &session.etag)?;
        let candidates = trickle::candidates(fragment, &session.offer)?;
        session.add_candidates(candidates)
    }

    pub(super) fn close(&self, id: &ContributionId, session: &SessionId) -> Result<(), Error> {
        let place = self.place(id)?;
        let mut state = place.lock();
        // One that is leaving has no seat any more that it could give up.
        if state.seating.sitting().is_none_or(|sitting| sitting.id != *session) {
            return Err(Error::UnknownSession);
        }
        self.leave(&place, &mut state, session, End::Closed);
        Ok(())
    }

    pub(super) fn stats(&self) -> Vec<SeatStats> {
        let seats = self.house().seats.clone();
        seats.iter().map(|place| place.stats()).collect()
    }

    pub(super) fn put_out(&self, id: &ContributionId) {
        if let Ok(place) = self.place(id) {
            self.empty(&place);
        }
    }

    /// Ends whatever sits on a seat.
    fn empty(&self, place: &Arc<Place>) {
        let mut state = place.lock();
        let ended = state.seating.clear();
        if !ended.is_empty() {
            ended.into_iter().for_each(|session| session.end(End::Closed));
            self.tell(place, &mut state, left(&place.seat.id));
        }
    }

    /// Ends everything; sessions that are being negotiated end by themselves.
    pub(super) async fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        let (seats, mut living) = {
            let house = self.house();
            (house.seats.clone(), house.ending.clone())
        };
        seats.iter().for_each(|place| self.empty(place));
        living.extend(seats.iter().map(|place| Arc::clone(&place.living)));
        let ended = async {
            for living in &living {
                // Who gets all permits knows that no session's thread lives any more.
                let _ = living.acquire_many(LIVING).await;
            }
        };
        if timeout(STOPPING, ended).await.is_err() {
            let seconds = STOPPING.as_secs();
            tracing::error!(seconds, "publishers' sessions do not end: they are left behind");
        }
    }

    /// Whether no session's thread lives any more.
    #[cfg(test)]
    pub(super) fn is_quiet(&self) -> bool {
        let house = self.house();
        let living = house.seats.iter().map(|place| &place.living).chain(&house.ending);
        living.into_iter().all(|living| living.available_permits() == LIVING as usize)
    }

    fn house(&self) -> MutexGuard<'_, House> {
        self.house.lock().expect("no code panics while it holds the house")
    }

    fn place(&self, id: &ContributionId) -> Result<Arc<Place>, Error> {
        let house = self.house();
        let place = house.seats.iter().find(|place| place.seat.id == *id);
        place.map(Arc::clone).ok_or_else(|| Error::Unknown(id.clone()))
    }

    async fn negotiate(&self, place: &Place, offer: Offer) -> Result<Negotiated, Error> {
        let deadline = Instant::now() + PATIENCE;
        let late = |_| Error::Timeout(PATIENCE);
        let gone = |_| stopping();
        let _alone = timeout_at(deadline, place.negotiation.lock()).await.map_err(late)?;
        let living =
            timeout_at(deadline, Arc::clone(&place.living).acquire_owned()).await.map_err(late)?.map_err(gone)?;
        let _turn = timeout_at(deadline, self.negotiations.acquire()).await.map_err(late)?.map_err(gone)?;
        if self.stopped.load(Ordering::SeqCst) {
            return Err(stopping());
        }
        let settings = Settings {
            config: Arc::clone(&self.config),
            clock: self.clock.clone(),
            seat: place.seat.clone(),
            counters: Arc::clone(&place.counters),
            silence: self.silence,
            place: living,
        };
        timeout_at(deadline, Session::open(settings, offer, deadline.into_std())).await.map_err(late)?
    }

    /// Puts a negotiated session on its seat. Who is on the channel stays there until this one shows something.
    fn sit(self: &Arc<Self>, place: &Arc<Place>, negotiated: Negotiated) -> Result<Opened, Error> {
        let Negotiated { session, answer, over_rx } = negotiated;
        let mut state = place.lock();
        if self.stopped.load(Ordering::SeqCst) {
            return Err(stopping());
        }
        if state.removed {
            return Err(Error::Unknown(place.seat.id.clone()));
        }
        session.intake.open();
        let opened = Opened { session: session.id.clone(), answer, etag: session.etag.clone() };
        tracing::info!(contribution = %place.seat.id, session = opened.session.brief(), "a publisher takes its seat");
        let attended = Attended {
            seat: place.seat.clone(),
            id: session.id.clone(),
            intake: Arc::clone(&session.intake),
            mailbox: session.mailbox(),
        };
        tokio::spawn(attended.attend(Arc::downgrade(self), over_rx));
        place.counters.sessions.fetch_add(1, Ordering::Relaxed);
        if let Some(old) = state.seating.sit(session, has_shown) {
            old.end(End::Replaced);
        }
        state.note_who_leaves();
        self.tell(place, &mut state, joined(&place.seat.id));
        Ok(opened)
    }

    /// A session is on the channel for the first time: who was there before it ends.
    fn show(&self, id: &ContributionId, session: &SessionId) {
        let Ok(place) = self.place(id) else { return };
        if let Some(old) = place.lock().seating.show(|each| each.id == *session) {
            old.end(End::Replaced);
        }
    }

    /// A co-host's session is heard, or nothing comes from it any more. What becomes of one that leaves does not matter.
    fn note(&self, id: &ContributionId, session: &SessionId, life: Life) {
        let (ContributionId::Cohost(cohost), Ok(place)) = (id, self.place(id)) else { return };
        let cohost = cohost.clone();
        let fact = match life {
            Life::Awaited => return,
            Life::Heard => Fact::CohostHeard { cohost },
            Life::Lost => Fact::CohostLost { cohost },
        };
        let mut state = place.lock();
        if state.seating.sitting().is_some_and(|sitting| sitting.id == *session) {
            self.tell(&place, &mut state, fact);
        }
    }

    /// A session is over.
    fn end(&self, id: &ContributionId, session: &SessionId, why: End) {
        let Ok(place) = self.place(id) else { return };
        self.leave(&place, &mut place.lock(), session, why);
    }

    /// Takes a session away, if it is there. Whose seat it is has left when nobody is.
    fn leave(&self, place: &Arc<Place>, state: &mut State, session: &SessionId, why: End) {
        let ended = state.seating.leave(|each| each.id == *session, has_shown);
        if ended.is_empty() {
            return;
        }
        ended.into_iter().for_each(|session| session.end(why.clone()));
        state.note_who_leaves();
        if state.seating.is_empty() {
            self.tell(place, state, left(&place.seat.id));
        }
    }

    /// Tells the show a fact without waiting: one that finds no room waits apart, until a newer one replaces it.
    fn tell(&self, place: &Arc<Place>, state: &mut State, fact: Fact) {
        if !state.untold.is_empty() {
            return state.keep(fact);
        }
        match self.facts.try_send(fact) {
            Ok(()) => {}
            Err(TrySendError::Closed(_)) => tracing::debug!("nobody listens to the contribution's facts any more"),
            Err(TrySendError::Full(fact)) => {
                tracing::warn!(contribution = %place.seat.id, "the show is behind with its facts: a seat's news waits");
                state.keep(fact);
                tokio::spawn(tell_late(self.facts.clone(), Arc::clone(place)));
            }
        }
    }
}

/// Tells the facts that found no room, as soon as there is some or nobody listens any more.
async fn tell_late(facts: mpsc::Sender<Fact>, place: Arc<Place>) {
    loop {
        let permit = facts.reserve().await;
        let mut state = place.lock();
        match permit {
            Ok(permit) if !state.untold.is_empty() => permit.send(state.untold.remove(0)),
            Ok(_) | Err(_) => return state.untold.clear(),
        }
        if state.untold.is_empty() {
            return;
        }
    }
}

fn has_shown(session: &Session) -> bool {
    session.intake.has_shown()
}

impl State {
    /// Keeps a fact until there is room for it.
    fn keep(&mut self, fact: Fact) {
        let tells_life = |fact: &Fact| matches!(fact, Fact::CohostHeard { .. } | Fact::CohostLost { .. });
        let stays = tells_life(&fact);
        self.untold.retain(|kept| stays && !tells_life(kept));
        self.untold.push(fact);
    }

    fn note_who_leaves(&self) {
        self.seating.sitting().into_iter().for_each(|session| session.intake.leave(false));
        self.seating.leaving().into_iter().for_each(|session| session.intake.leave(true));
    }
}

impl Place {
    fn new(seat: Seat) -> Self {
        Self {
            seat,
            counters: Arc::default(),
            negotiation: tokio::sync::Mutex::new(()),
            living: Arc::new(Semaphore::new(LIVING as usize)),
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds a seat")
    }

    fn stats(&self) -> SeatStats {
        SeatStats {
            id: self.seat.id.clone(),
            taken: !self.lock().seating.is_empty(),
            packets: self.counters.packets.load(Ordering::Relaxed),
            bytes: self.counters.bytes.load(Ordering::Relaxed),
            sessions: self.counters.sessions.load(Ordering::Relaxed),
        }
    }
}

/// A session as the task that stays with it sees it: neither the hub nor the session itself is held, so that dropping
/// the hub ends both.
struct Attended {
    seat: Seat,
    id: SessionId,
    intake: Arc<Intake>,
    mailbox: Mailbox,
}

impl Attended {
    /// Stays with a session while it lives, and frees the seat at its end.
    async fn attend(self, hub: Weak<Inner>, over_rx: oneshot::Receiver<End>) {
        let why = tokio::select! {
            biased;
            why = over_rx => why.unwrap_or(End::Closed),
            () = self.serve(&hub) => End::Replaced,
            // It has no end of its own: the intake, which it listens to, is held here.
            () = self.listen(&hub) => End::Closed,
        };
        if let Some(hub) = hub.upgrade() {
            hub.end(&self.seat.id, &self.id, why);
        }
    }

    /// Tells what becomes of a co-host's session, as long as it is served.
    async fn listen(&self, hub: &Weak<Inner>) {
        let mut life = self.intake.life();
        while life.changed().await.is_ok() {
            let now = *life.borrow_and_update();
            if let Some(hub) = hub.upgrade() {
                hub.note(&self.seat.id, &self.id, now);
            }
        }
    }

    /// Hands the channel's wishes for a keyframe on, once this session is what the channel shows. Before that it asks
    /// for its first keyframe itself, and the wishes are for the one that leaves. Ends when the intake is closed.
    async fn serve(&self, hub: &Weak<Inner>) {
        self.intake.shown().await;
        if let Some(hub) = hub.upgrade() {
            hub.show(&self.seat.id, &self.id);
        }
        loop {
            self.seat.channel.keyframe_wanted().await;
            if self.intake.is_closed() {
                // The wish is for the next one.
                return self.seat.channel.request_keyframe();
            }
            self.mailbox.request_keyframe();
        }
    }
}

/// The fact that somebody has a seat.
fn joined(id: &ContributionId) -> Fact {
    match id.clone() {
        ContributionId::City(city) => Fact::CityJoined { city },
        ContributionId::Cohost(cohost) => Fact::CohostJoined { cohost },
        ContributionId::Talkback(operator) => Fact::TalkbackOpened { operator },
    }
}

/// The fact that nobody has a seat any more.
fn left(id: &ContributionId) -> Fact {
    match id.clone() {
        ContributionId::City(city) => Fact::CityLeft { city },
        ContributionId::Cohost(cohost) => Fact::CohostLeft { cohost },
        ContributionId::Talkback(operator) => Fact::TalkbackClosed { operator },
    }
}

fn stopping() -> Error {
    Error::Failed("the server is stopping".to_owned())
}
