//! One format's pages: a ring that one encoder fills and any number of listeners read. A page is about a tenth of a second,
//! and is kept once however many hear it. Who falls behind what the ring keeps is dropped, and holds nobody up before.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};

use super::Format;
use super::ogg::Opening;

/// Pages that are kept: twelve seconds, after which who has not taken them is dropped.
const KEPT: usize = 120;

/// Pages with which a listener begins: two seconds, so that players have enough to start at once.
const BURST: u64 = 20;

/// The longest sleep without a look: every wait ends.
const SLEEP: Duration = Duration::from_secs(60);

/// What encoder and listeners share.
pub(super) struct Station {
    pub(super) format: Format,
    inner: Mutex<Inner>,
    /// Somebody has come, or the house closes.
    wake: Condvar,
    /// Changes with every page.
    newest: watch::Sender<u64>,
    encoding: AtomicBool,
    dropped: AtomicU64,
    restarts: AtomicU64,
}

#[derive(Default)]
struct Inner {
    pages: VecDeque<Bytes>,
    /// Number of the oldest page that is kept.
    first: u64,
    opening: Option<Opening>,
    seats: HashMap<u64, Seat>,
    next_seat: u64,
    stopping: bool,
}

/// A listener's place.
struct Seat {
    /// Number of the page that comes next.
    next: u64,
    /// Whether it has got what stands before the first page.
    begun: bool,
    /// Told when the listener is dropped, since one that takes nothing does not ask any more either.
    hang_up: Arc<Notify>,
}

/// What a listener gets next.
enum Next {
    Page(Option<Opening>, Bytes),
    NotYet,
    Over,
}

impl Station {
    pub(super) fn new(format: Format) -> Arc<Self> {
        Arc::new(Self {
            format,
            inner: Mutex::default(),
            wake: Condvar::new(),
            newest: watch::Sender::new(0),
            encoding: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
        })
    }

    /// Seats a listener. `place` is given back when it goes; `hang_up` is told if it is dropped.
    pub(super) fn join(
        self: &Arc<Self>,
        name: Arc<str>,
        title: watch::Receiver<Arc<str>>,
        hang_up: Arc<Notify>,
        place: Option<OwnedSemaphorePermit>,
    ) -> Listener {
        let newest = self.newest.subscribe();
        let mut inner = self.inner();
        let seat = inner.next_seat;
        inner.next_seat += 1;
        let next = inner.end().saturating_sub(BURST).max(inner.first);
        // In a house that closes nobody is seated: its stream is over before it begins.
        if !inner.stopping {
            inner.seats.insert(seat, Seat { next, begun: false, hang_up });
        }
        drop(inner);
        self.wake.notify_all();
        Listener { station: Arc::clone(self), seat, newest, name, title, _place: place }
    }

    /// Listeners now.
    pub(super) fn audience(&self) -> usize {
        self.inner().seats.len()
    }

    /// Listeners that were too slow, so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// How often the encoder was started anew after a fault.
    pub(super) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// Whether it is being encoded.
    pub(super) fn is_encoding(&self) -> bool {
        self.encoding.load(Ordering::Relaxed)
    }

    /// Somebody is served, or nobody any more.
    pub(super) fn set_encoding(&self, encoding: bool) {
        self.encoding.store(encoding, Ordering::Relaxed);
    }

    /// The encoder has failed.
    pub(super) fn count_restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until somebody listens. Whether the house is still open.
    pub(super) fn wait_for_somebody(&self) -> bool {
        let mut inner = self.inner();
        while inner.seats.is_empty() && !inner.stopping {
            (inner, _) = self.wake.wait_timeout(inner, SLEEP).expect("no code panics while it holds the station");
        }
        !inner.stopping
    }

    /// Waits for so long, or until the house closes.
    pub(super) fn pause(&self, length: Duration) {
        let is_open = |inner: &mut Inner| !inner.stopping;
        drop(self.wake.wait_timeout_while(self.inner(), length, is_open));
    }

    /// Whether the house closes.
    pub(super) fn is_stopping(&self) -> bool {
        self.inner().stopping
    }

    /// A stream begins: what was before is not heard any more.
    pub(super) fn open(&self, opening: Option<Opening>) {
        let mut inner = self.inner();
        inner.forget();
        inner.opening = opening;
    }

    /// A page for everybody. Who has not taken what it pushes out is dropped.
    pub(super) fn publish(&self, page: Bytes) {
        let mut inner = self.inner();
        inner.pages.push_back(page);
        if inner.pages.len() > KEPT {
            inner.pages.pop_front();
            inner.first += 1;
            let first = inner.first;
            inner.seats.retain(|_, seat| {
                let keeps_up = seat.next >= first;
                if !keeps_up {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                    seat.hang_up.notify_one();
                }
                keeps_up
            });
        }
        let end = inner.end();
        drop(inner);
        self.newest.send_replace(end);
    }

    /// Ends the stream if nobody listens; whether that is so.
    pub(super) fn rest(&self) -> bool {
        let mut inner = self.inner();
        let is_alone = inner.seats.is_empty();
        if is_alone {
            inner.forget();
        }
        is_alone
    }

    /// The house closes: all listeners end, and the encoder.
    pub(super) fn stop(&self) {
        let mut inner = self.inner();
        inner.stopping = true;
        inner.seats.clear();
        drop(inner);
        self.wake.notify_all();
        self.newest.send_modify(|_| {});
    }

    fn take(&self, seat: u64) -> Next {
        let mut inner = self.inner();
        let Inner { pages, first, opening, seats, .. } = &mut *inner;
        let Some(seat) = seats.get_mut(&seat) else { return Next::Over };
        let Some(page) = usize::try_from(seat.next - *first).ok().and_then(|at| pages.get(at)) else {
            return Next::NotYet;
        };
        seat.next += 1;
        let opening = if std::mem::replace(&mut seat.begun, true) { None } else { opening.clone() };
        Next::Page(opening, page.clone())
    }

    fn leave(&self, seat: u64) {
        self.inner().seats.remove(&seat);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no code panics while it holds the station")
    }
}

impl Inner {
    /// Number of the page that comes next.
    fn end(&self) -> u64 {
        self.first + self.pages.len() as u64
    }

    fn forget(&mut self) {
        self.first = self.end();
        self.pages.clear();
        self.opening = None;
        // Who waits, waits for what comes.
        self.seats.values_mut().for_each(|seat| seat.next = self.first);
    }
}

impl std::fmt::Debug for Station {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Station").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Somebody who hears the radio. Dropping it frees the place.
#[derive(Debug)]
pub struct Listener {
    station: Arc<Station>,
    seat: u64,
    newest: watch::Receiver<u64>,
    name: Arc<str>,
    title: watch::Receiver<Arc<str>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Listener {
    /// The next bytes: whole packets of the encoder, about a tenth of a second, and before the first of them what a player
    /// needs to begin. `None`: this listener was dropped because it fell behind, or the house closes.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.station.take(self.seat) {
                Next::Page(None, page) => return Some(page),
                Next::Page(Some(opening), page) => {
                    let mut bytes = opening.pages(&self.name, &self.title());
                    bytes.extend_from_slice(&page);
                    return Some(bytes.into());
                }
                Next::Over => return None,
                Next::NotYet => self.newest.changed().await.ok()?,
            }
        }
    }

    /// What is on air.
    pub fn title(&self) -> Arc<str> {
        Arc::clone(&self.title.borrow())
    }

    /// What it hears.
    pub fn format(&self) -> Format {
        self.station.format
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.station.leave(self.seat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(station: &Arc<Station>) -> (Listener, Arc<Notify>) {
        let (_, title) = watch::channel(Arc::from("Roma"));
        let hang_up = Arc::new(Notify::new());
        (station.join("Una sera".into(), title, Arc::clone(&hang_up), None), hang_up)
    }

    fn page(n: u64) -> Bytes {
        n.to_be_bytes().to_vec().into()
    }

    async fn number(listener: &mut Listener) -> Option<u64> {
        let bytes = listener.next().await?;
        Some(u64::from_be_bytes(bytes[bytes.len() - 8..].try_into().unwrap()))
    }

    #[tokio::test]
    async fn who_joins_begins_two_seconds_back_with_the_headers() {
        let station = Station::new(Format::Opus);
        station.open(Some(Opening::new(7, Bytes::from_static(b"OpusHead"))));
        (0..50).for_each(|n| station.publish(page(n)));
        let (mut listener, _) = join(&station);
        assert!(listener.next().await.unwrap().starts_with(b"OggS"));
        let next = number(&mut listener).await;
        assert_eq!(next, Some(50 - BURST + 1));
    }

    #[tokio::test]
    async fn who_takes_nothing_is_dropped_and_told_while_others_get_every_page() {
        let station = Station::new(Format::Mp3);
        let ((mut slow, dropped), (mut quick, kept)) = (join(&station), join(&station));
        for n in 0..KEPT as u64 {
            station.publish(page(n));
            assert_eq!(number(&mut quick).await, Some(n));
        }
        assert_eq!((station.audience(), station.dropped()), (2, 0));
        station.publish(page(KEPT as u64));
        assert_eq!((station.audience(), station.dropped()), (1, 1));
        dropped.notified().await;
        assert_eq!(slow.next().await, None);
        assert_eq!(number(&mut quick).await, Some(KEPT as u64));
        assert!(tokio::time::timeout(Duration::ZERO, kept.notified()).await.is_err());
    }

    #[tokio::test]
    async fn a_house_that_closes_ends_those_who_wait() {
        let station = Station::new(Format::Aac);
        let (mut listener, _) = join(&station);
        let waits = tokio::spawn(async move { listener.next().await });
        tokio::task::yield_now().await;
        station.stop();
        assert_eq!(waits.await.unwrap(), None);
        assert!(!station.wait_for_somebody());
    }

    #[test]
    fn a_station_rests_only_when_nobody_listens() {
        let station = Station::new(Format::Aac);
        let (listener, _) = join(&station);
        assert!(station.wait_for_somebody() && !station.rest());
        drop(listener);
        assert!(station.rest());
    }
}
