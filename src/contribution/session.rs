//! One publisher's session: a thread that owns the peer, does what it is told, and ends it. Everything that can block
//! in GStreamer blocks here and nowhere else.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::intake::{Counters, Intake, Life};
use super::peer::Peer;
use super::sdp::{Candidate, Offer};
use super::{Config, Error, Seat};
use crate::gst::EventClock;
use crate::secret::SessionId;
use crate::show::ContributionId;

/// Requests that may wait for a session's thread; it takes microseconds for each.
const MAILBOX: usize = 64;

/// Candidates a publisher may add in its life.
const MOST_CANDIDATES: usize = 128;

/// How often a session that has published no keyframe asks for one. Encoders ignore requests that come faster.
pub(super) const KEYFRAME_RETRY: Duration = Duration::from_millis(400);

/// How often a session looks whether media arrive.
const WATCH: Duration = Duration::from_secs(1);

/// A call of which nothing came for so long, not even a report, is lost. Browsers report every five seconds or so (RFC 3550
/// §6.2, 2.5 to 7.5 s) while they have nothing to say.
pub(super) const CALL_LOST: Duration = Duration::from_secs(8);

/// Why a session ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was closed by its publisher (DELETE) or the server stops.
    Closed,
    /// A newer session sits on its seat.
    Replaced,
    /// The publisher closed the connection.
    Left,
    /// No way to the publisher, or no more.
    Unreachable,
    /// No media for too long; of a call: nothing at all.
    Silent,
    /// The publisher's certificate is not the one its offer named.
    Forged,
    /// GStreamer reports an error.
    Pipeline(String),
}

/// What a session's thread is asked for.
#[derive(Debug)]
enum Request {
    /// Look around: something has changed.
    Wake,
    Keyframe,
    Candidates(Vec<Candidate>),
}

/// The way to a session's thread, from anywhere and without waiting.
#[derive(Debug, Clone)]
pub struct Mailbox {
    requests_tx: SyncSender<Request>,
    /// Apart from the queue, so that no full queue can keep a session alive. The first reason stays.
    end: Arc<Mutex<Option<End>>>,
}

impl Mailbox {
    fn new() -> (Self, Receiver<Request>) {
        let (requests_tx, requests_rx) = sync_channel(MAILBOX);
        (Self { requests_tx, end: Arc::default() }, requests_rx)
    }

    /// Ends the session soon.
    pub fn end(&self, why: End) {
        self.end.lock().expect("no code panics while it holds a reason").get_or_insert(why);
        self.wake();
    }

    /// Lets the session look around. A full queue does not matter: its thread is awake then.
    pub fn wake(&self) {
        let _ = self.requests_tx.try_send(Request::Wake);
    }

    /// Asks the publisher for a keyframe. A full queue holds requests enough.
    pub fn request_keyframe(&self) {
        let _ = self.requests_tx.try_send(Request::Keyframe);
    }

    fn ended(&self) -> Option<End> {
        self.end.lock().expect("no code panics while it holds a reason").clone()
    }
}

/// A session that was negotiated. Dropping it ends it.
#[derive(Debug)]
pub struct Session {
    /// Names it.
    pub id: SessionId,
    /// Entity tag of its ICE session.
    pub etag: String,
    /// What it answered.
    pub offer: Offer,
    /// Its way to the channel.
    pub intake: Arc<Intake>,
    mailbox: Mailbox,
}

/// What opening a session gives: its handle, the answer, and the news of its end.
#[derive(Debug)]
pub struct Negotiated {
    /// The handle.
    pub session: Session,
    /// The SDP answer.
    pub answer: String,
    /// Resolves when the session is over, before its pipeline is torn down.
    pub over_rx: oneshot::Receiver<End>,
}

/// What a session is made of.
#[derive(Debug)]
pub struct Settings {
    /// The hub's settings.
    pub config: Arc<Config>,
    /// The event clock.
    pub clock: EventClock,
    /// Where it sits.
    pub seat: Seat,
    /// The seat's counters.
    pub counters: Arc<Counters>,
    /// A session without media for so long is over.
    pub silence: Duration,
    /// The place among the living sessions; given back when the thread has ended.
    pub place: OwnedSemaphorePermit,
}

impl Session {
    /// Negotiates a session on a thread of its own, which gives up at `deadline`. Dropping the future ends the session.
    pub async fn open(settings: Settings, offer: Offer, deadline: Instant) -> Result<Negotiated, Error> {
        let (mailbox, requests_rx) = Mailbox::new();
        let intake = Intake::new(
            Arc::clone(&settings.seat.channel),
            settings.clock.clone(),
            Arc::clone(&settings.counters),
            &offer,
            mailbox.clone(),
        );
        // From here on every way out that does not hand the session over ends it.
        let session = Self { id: SessionId::random(), etag: etag(), offer, intake, mailbox };
        let (answer_tx, answer_rx) = oneshot::channel();
        let (over_tx, over_rx) = oneshot::channel();
        let worker = Worker {
            id: session.id.clone(),
            seat: settings.seat.id.clone(),
            offer: session.offer.clone(),
            intake: Arc::clone(&session.intake),
            mailbox: session.mailbox.clone(),
            requests_rx,
            deadline,
            settings,
        };
        std::thread::Builder::new()
            .name("whip".to_owned())
            .spawn(move || worker.run(answer_tx, over_tx))
            .map_err(|error| Error::Failed(format!("no thread for the session: {error}")))?;
        let answer =
            answer_rx.await.map_err(|_| Error::Failed("the session ended while it was negotiated".to_owned()))??;
        Ok(Negotiated { session, answer, over_rx })
    }

    /// Adds candidates of the publisher.
    pub fn add_candidates(&self, candidates: Vec<Candidate>) -> Result<(), Error> {
        match self.mailbox.requests_tx.try_send(Request::Candidates(candidates)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(Error::Failed("the session is busy: try again".to_owned())),
            Err(TrySendError::Disconnected(_)) => Err(Error::UnknownSession),
        }
    }

    /// The way to its thread.
    pub fn mailbox(&self) -> Mailbox {
        self.mailbox.clone()
    }

    /// Ends it: nothing is published from now on, and its thread tears it down.
    pub fn end(self, why: End) {
        self.mailbox.end(why);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.intake.close();
        self.mailbox.end(End::Closed);
    }
}

/// An entity tag that no other ICE session has.
fn etag() -> String {
    SessionId::random().as_str().to_owned()
}

/// The thread's own things.
struct Worker {
    id: SessionId,
    seat: ContributionId,
    offer: Offer,
    intake: Arc<Intake>,
    mailbox: Mailbox,
    requests_rx: Receiver<Request>,
    deadline: Instant,
    settings: Settings,
}

impl Worker {
    fn run(self, answer_tx: oneshot::Sender<Result<String, Error>>, over_tx: oneshot::Sender<End>) {
        let Settings { config, clock, .. } = &self.settings;
        let latency = config.jitter_buffer_of(&self.seat);
        let negotiated = Peer::start(config, latency, clock, &self.intake, &self.mailbox)
            .and_then(|peer| peer.negotiate(&self.offer, config, self.deadline).map(|answer| (peer, answer)));
        match negotiated {
            Err(error) => {
                let _ = answer_tx.send(Err(error));
            }
            Ok((peer, answer)) => {
                // Who waited may be gone; then the session's handle is, too, and the mailbox says so.
                let _ = answer_tx.send(Ok(answer));
                let why = self.serve(&peer);
                self.intake.close();
                self.log(&why);
                let _ = over_tx.send(why);
                drop(peer);
            }
        }
        // The thread has nothing left that could block: another session may have its place.
        drop(self.settings.place);
    }

    /// Does what is asked until a reason to end comes up.
    fn serve(&self, peer: &Peer) -> End {
        let (mut candidates, mut admitted) = (0, false);
        let mut asked_for_keyframe: Option<Instant> = None;
        let mut heard = (self.signs(), Instant::now());
        loop {
            let request = match self.requests_rx.recv_timeout(self.patience()) {
                Ok(request) => request,
                Err(RecvTimeoutError::Timeout) => Request::Wake,
                // Cannot be: the worker holds a mailbox itself. If it were, nobody could ask for anything any more.
                Err(RecvTimeoutError::Disconnected) => return End::Closed,
            };
            if let Some(why) = self.mailbox.ended() {
                return why;
            }
            match request {
                Request::Wake => admitted = admitted || peer.is_admitted(&self.intake),
                Request::Keyframe => peer.request_keyframe(),
                Request::Candidates(new) => {
                    let room = MOST_CANDIDATES - candidates;
                    new.iter().take(room).for_each(|candidate| peer.add_candidate(candidate));
                    candidates += new.len().min(room);
                }
            }
            let now = Instant::now();
            if self.intake.lacks_keyframe() && asked_for_keyframe.is_none_or(|at| now - at >= KEYFRAME_RETRY) {
                asked_for_keyframe = Some(now);
                peer.request_keyframe();
            }
            if admitted && peer.was_left() {
                return End::Left;
            }
            let signs = self.signs();
            if signs != heard.0 {
                heard = (signs, now);
            } else if now - heard.1 >= self.settings.silence {
                return End::Silent;
            }
            if self.intake.published() > 0 && self.is_call() {
                let is_lost = now - heard.1 >= CALL_LOST;
                self.intake.set_life(if is_lost { Life::Lost } else { Life::Heard });
            }
        }
    }

    /// What shows that the other side is there: a city delivers media; who is on a call may be silent, and reports all the
    /// same.
    fn signs(&self) -> u64 {
        if self.is_call() { self.intake.arrived() } else { self.intake.published() }
    }

    fn is_call(&self) -> bool {
        match self.seat {
            ContributionId::City(_) => false,
            ContributionId::Cohost(_) | ContributionId::Talkback(_) => true,
        }
    }

    fn patience(&self) -> Duration {
        if self.intake.lacks_keyframe() { KEYFRAME_RETRY } else { WATCH }
    }

    fn log(&self, why: &End) {
        let (contribution, session) = (&self.seat, self.id.brief());
        match why {
            End::Forged => tracing::warn!(
                %contribution, session,
                "the publisher's DTLS certificate is not the one its offer named: its session is ended, and nothing of \
                 it was shown"
            ),
            End::Pipeline(error) => tracing::warn!(%contribution, session, error, "a publisher's session failed"),
            why => tracing::info!(%contribution, session, ?why, "a publisher's session is over"),
        }
    }
}
