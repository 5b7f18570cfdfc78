//! The seats: who sits on which, how one takes over from another, and what the show is told of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::intake::Counters;
use super::sdp::Offer;
use super::session::{End, Mailbox, Negotiated, Session, Settings};
use super::{Config, Error, Opened, Seat, SeatStats, trickle};
use crate::gst::EventClock;
use crate::rtp::SessionNumber;
use crate::secret::SessionId;
use crate::show::{CityId, Fact};

/// Negotiations at a time. Each takes some 50 ms of processor time; more at once would only be slower together.
const NEGOTIATIONS: usize = 4;

/// How long a negotiation may take, with its wait for a turn. Publishers give up after about as long.
const PATIENCE: Duration = Duration::from_secs(10);

/// A session without media for so long is over. A publisher that dies says nothing; shorter than this, a phone that
/// changes its network would lose its seat while ICE still finds the new way.
pub(super) const SILENCE: Duration = Duration::from_secs(30);

/// How long the sessions may take to end when the hub stops.
const STOPPING: Duration = Duration::from_secs(5);

/// How long a fact waits for the director, which takes each within microseconds as long as it lives.
const TELLING: Duration = Duration::from_secs(5);

/// Everything that the handles share.
#[derive(Debug)]
pub(super) struct Inner {
    config: Arc<Config>,
    clock: EventClock,
    facts: mpsc::Sender<Fact>,
    seats: HashMap<CityId, Arc<Place>>,
    /// In the order they were given.
    order: Vec<CityId>,
    negotiations: Semaphore,
    /// One permit for each session whose thread lives, with room for those that are being torn down.
    living: Arc<Semaphore>,
    places: u32,
    stopped: AtomicBool,
    silence: Duration,
}

/// A seat and who sits on it.
#[derive(Debug)]
struct Place {
    seat: Seat,
    counters: Arc<Counters>,
    taken: AtomicBool,
    /// Held while a fact about the seat is sent, so that facts come in the order of what happened.
    sitting: Mutex<Option<Sitting>>,
}

#[derive(Debug)]
struct Sitting {
    session: Session,
    number: SessionNumber,
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
        let order: Vec<CityId> = seats.iter().map(|seat| seat.city.clone()).collect();
        let places = seats.len() * 2 + NEGOTIATIONS;
        let seats = seats.into_iter().map(|seat| (seat.city.clone(), Arc::new(Place::new(seat)))).collect();
        Arc::new(Self {
            config: Arc::new(config),
            clock,
            facts,
            seats,
            order,
            negotiations: Semaphore::new(NEGOTIATIONS),
            living: Arc::new(Semaphore::new(places)),
            places: u32::try_from(places).expect("there are fewer cities than that"),
            stopped: AtomicBool::new(false),
            silence,
        })
    }

    /// Negotiates, then takes the seat.
    pub(super) async fn open(self: &Arc<Self>, city: &CityId, offer: &str) -> Result<Opened, Error> {
        let place = self.place(city)?;
        let offer = Offer::read(offer)?;
        let negotiated = self.negotiate(place, offer).await?;
        let (hub, place) = (Arc::clone(self), Arc::clone(place));
        // A task of its own: a publisher that hangs up now must not leave a seat half taken.
        let sat = tokio::spawn(async move { hub.sit(&place, negotiated).await });
        sat.await.map_err(|error| Error::Failed(format!("the seat was not taken: {error}")))?
    }

    pub(super) async fn trickle(
        &self,
        city: &CityId,
        session: &SessionId,
        if_match: Option<&str>,
        fragment: &str,
    ) -> Result<(), Error> {
        let sitting = self.place(city)?.sitting.lock().await;
        let current = sitting.as_ref().filter(|sitting| sitting.session.id == *session);
        let session = &current.ok_or(Error::UnknownSession)?.session;
        trickle::check_if_match(if_match, &session.etag)?;
        let candidates = trickle::candidates(fragment, &session.offer)?;
        session.add_candidates(candidates)
    }

    pub(super) async fn close(&self, city: &CityId, session: &SessionId) -> Result<(), Error> {
        let place = self.place(city)?;
        let leaves = |sitting: &Sitting| sitting.session.id == *session;
        if self.leave(place, leaves, End::Closed).await { Ok(()) } else { Err(Error::UnknownSession) }
    }

    pub(super) fn stats(&self) -> Vec<SeatStats> {
        self.order.iter().filter_map(|city| self.seats.get(city)).map(|place| place.stats()).collect()
    }

    /// Ends everything; sessions that are being negotiated end by themselves.
    pub(super) async fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        for place in self.seats.values() {
            self.leave(place, |_| true, End::Closed).await;
        }
        // Who gets all permits knows that no session's thread lives any more.
        if timeout(STOPPING, self.living.acquire_many(self.places)).await.is_err() {
            let seconds = STOPPING.as_secs();
            tracing::error!(seconds, "publishers' sessions do not end: they are left behind");
        }
    }

    fn place(&self, city: &CityId) -> Result<&Arc<Place>, Error> {
        self.seats.get(city).ok_or_else(|| Error::UnknownCity(city.clone()))
    }

    async fn negotiate(&self, place: &Place, offer: Offer) -> Result<Negotiated, Error> {
        let deadline = Instant::now() + PATIENCE;
        let late = |_| Error::Timeout(PATIENCE);
        let gone = |_| stopping();
        let _turn = timeout_at(deadline, self.negotiations.acquire()).await.map_err(late)?.map_err(gone)?;
        let living =
            timeout_at(deadline, Arc::clone(&self.living).acquire_owned()).await.map_err(late)?.map_err(gone)?;
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

    /// Puts a negotiated session on its seat; who sat there is replaced.
    async fn sit(self: Arc<Self>, place: &Arc<Place>, negotiated: Negotiated) -> Result<Opened, Error> {
        let Negotiated { session, answer, over_rx } = negotiated;
        let mut sitting = place.sitting.lock().await;
        if self.stopped.load(Ordering::SeqCst) {
            return Err(stopping());
        }
        let number = session.intake.open();
        let opened = Opened { session: session.id.clone(), answer, etag: session.etag.clone() };
        tracing::info!(city = %place.seat.city, session = opened.session.brief(), "a publisher takes its seat");
        tokio::spawn(attend(Arc::downgrade(&self), place.seat.clone(), session.mailbox(), number, over_rx));
        place.counters.sessions.fetch_add(1, Ordering::Relaxed);
        place.taken.store(true, Ordering::Relaxed);
        if let Some(old) = sitting.replace(Sitting { session, number }) {
            old.session.end(End::Replaced);
        }
        self.tell(Fact::CityJoined { city: place.seat.city.clone() }).await;
        Ok(opened)
    }

    /// Ends the sitting session if `leaves` says that it is meant; whether it was.
    async fn leave(&self, place: &Place, leaves: impl FnOnce(&Sitting) -> bool, why: End) -> bool {
        let mut sitting = place.sitting.lock().await;
        if !sitting.as_ref().is_some_and(leaves) {
            return false;
        }
        if let Some(old) = sitting.take() {
            old.session.end(why);
        }
        place.taken.store(false, Ordering::Relaxed);
        self.tell(Fact::CityLeft { city: place.seat.city.clone() }).await;
        true
    }

    async fn tell(&self, fact: Fact) {
        match self.facts.send_timeout(fact, TELLING).await {
            Ok(()) => {}
            Err(SendTimeoutError::Closed(_)) => tracing::debug!("nobody listens to the contribution's facts any more"),
            Err(SendTimeoutError::Timeout(fact)) => {
                tracing::error!(
                    ?fact,
                    "the director takes no facts: this one is lost, and the show does not know of it"
                );
            }
        }
    }
}

impl Place {
    fn new(seat: Seat) -> Self {
        Self { seat, counters: Arc::default(), taken: AtomicBool::new(false), sitting: Mutex::new(None) }
    }

    fn stats(&self) -> SeatStats {
        SeatStats {
            city: self.seat.city.clone(),
            taken: self.taken.load(Ordering::Relaxed),
            packets: self.counters.packets.load(Ordering::Relaxed),
            bytes: self.counters.bytes.load(Ordering::Relaxed),
            sessions: self.counters.sessions.load(Ordering::Relaxed),
        }
    }
}

/// Stays with a session while it lives: hands the channel's wishes for a keyframe on, and frees the seat at its end.
/// It holds neither the hub nor the session, so that dropping the hub ends both.
async fn attend(
    hub: Weak<Inner>,
    seat: Seat,
    mailbox: Mailbox,
    number: SessionNumber,
    mut over_rx: oneshot::Receiver<End>,
) {
    let why = loop {
        tokio::select! {
            biased;
            why = &mut over_rx => break why.unwrap_or(End::Closed),
            () = seat.channel.keyframe_wanted() => mailbox.request_keyframe(),
        }
    };
    let Some(hub) = hub.upgrade() else { return };
    if let Ok(place) = hub.place(&seat.city) {
        hub.leave(place, |sitting| sitting.number == number, why).await;
    }
}

fn stopping() -> Error {
    Error::Failed("the server is stopping".to_owned())
}
