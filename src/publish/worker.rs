//! The publisher's thread: one session after another until somebody asks it to end.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use gstreamer_webrtc::WebRTCPeerConnectionState as Connection;
use tokio::sync::watch;

use super::backoff::Backoff;
use super::player::Player;
use super::session::{Noticed, Notices, Session};
use super::whip::{Accepted, Client};
use super::{Config, Error, Format, Picture, Retry, State};
use crate::gst::EventClock;

/// A pipeline's first frames need half a second on a busy machine, a file's some more.
const START: Duration = Duration::from_secs(10);

/// A step inside this machine.
const STEP: Duration = Duration::from_secs(5);

/// Candidates that are not found in this time are left out of the offer.
const GATHERING: Duration = Duration::from_secs(3);

/// ICE and DTLS.
const CONNECTING: Duration = Duration::from_secs(10);

/// Silence of the server after which it is asked whether it still has the session: its reports come more often, as a
/// rule, and who is asked too often only answers.
const SUSPICIOUS: Duration = Duration::from_millis(1500);

/// Between two such questions.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How often a live session is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What the worker is told.
#[derive(Debug)]
pub(super) enum Input {
    Stop,
    Abandon,
    SetFormat(Format),
    SetPaused(bool),
    /// What the session of this number noticed.
    Noticed(u64, Noticed),
}

/// Why a session is over.
#[derive(Debug)]
enum Over {
    /// Somebody asked for the end.
    Stop,
    /// Somebody asked for an end without a farewell.
    Abandon,
    /// It failed.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Over {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Owns all that a publisher is made of.
#[derive(Debug)]
pub(super) struct Worker {
    config: Config,
    paused: bool,
    clock: EventClock,
    client: Client,
    input_tx: SyncSender<Input>,
    input_rx: Receiver<Input>,
    state_tx: watch::Sender<State>,
    session_tx: watch::Sender<Option<String>>,
    session: u64,
    live_since: Option<Instant>,
}

impl Worker {
    /// Checks what can be checked before the first session.
    pub(super) fn new(
        config: Config,
        clock: EventClock,
        (input_tx, input_rx): (SyncSender<Input>, Receiver<Input>),
        (state_tx, session_tx): (watch::Sender<State>, watch::Sender<Option<String>>),
    ) -> Result<Self, Error> {
        let client = Client::new(&config.url, config.bearer.clone())?;
        if let Picture::File(path) = &config.picture {
            Player::open(path, config.format, &clock)?;
        }
        Ok(Self {
            config,
            paused: false,
            clock,
            client,
            input_tx,
            input_rx,
            state_tx,
            session_tx,
            session: 0,
            live_since: None,
        })
    }

    pub(super) fn run(mut self) {
        let why = self.sessions();
        if let Some(why) = &why {
            tracing::error!(url = self.config.url, %why, "publishing has ended");
        }
        self.state_tx.send_replace(State::Stopped { why: why.map(|why| why.to_string()) });
    }

    /// Holds one session after another; yields the error that ended them all.
    fn sessions(&mut self) -> Option<Error> {
        let mut backoff = Backoff::default();
        loop {
            self.state_tx.send_replace(State::Connecting);
            self.live_since = None;
            let Err(over) = self.one_session();
            let error = match over {
                Over::Stop | Over::Abandon => return None,
                Over::Failed(error) => error,
            };
            let lived = self.live_since.map(|since| since.elapsed()).unwrap_or_default();
            // Without randomness publishers come back together, which is unkind and no reason to end.
            let wait = backoff.after_failure(lived, error.retry_after(), getrandom::u32().unwrap_or_default());
            let gives_up = match self.config.retry {
                Retry::Never => true,
                Retry::Times(most) => backoff.failures() > most,
                Retry::Forever => false,
            };
            // Once a session was live, nothing is wrong with the settings: whatever failed may pass.
            if gives_up || !(error.may_pass() || self.session_was_live()) {
                return Some(error);
            }
            tracing::warn!(url = self.config.url, %error, wait_ms = wait.as_millis(), "publishing is tried again");
            self.state_tx.send_replace(State::Retrying { why: error.to_string(), wait });
            match self.wait_for(None, wait, |_| None::<Result<std::convert::Infallible, Error>>) {
                Ok(None) => {}
                Err(_) => return None,
            }
        }
    }

    fn session_was_live(&self) -> bool {
        self.live_since.is_some()
    }

    /// Negotiates a session and holds it for as long as it lasts.
    fn one_session(&mut self) -> Result<std::convert::Infallible, Over> {
        self.session += 1;
        let notices = Notices { input_tx: self.input_tx.clone(), session: self.session };
        let begin = Instant::now();
        let mut session = Session::start(&self.config, &self.clock, notices)?;
        let offer = self.offer(&mut session)?;
        tracing::debug!(ms = begin.elapsed().as_millis(), "an offer with candidates is made");
        let accepted = self.client.offer(&offer)?;
        tracing::debug!(ms = begin.elapsed().as_millis(), session = %accepted.session, "the server took the offer");
        self.session_tx.send_replace(Some(accepted.session.to_string()));
        let Err(over) = self.hold(&mut session, &accepted, &offer);
        if matches!(over, Over::Abandon) {
            session.pull_the_plug();
        } else if let Err(error) = self.client.delete(&accepted.session) {
            tracing::info!(%error, "the server was not told the end of the session");
        }
        Err(over)
    }

    /// The offer, with all candidates.
    fn offer(&mut self, session: &mut Session) -> Result<String, Over> {
        self.step(session, "starting the pipeline", START, |noticed| {
            matches!(noticed, Noticed::ReadyToOffer).then_some(Ok(()))
        })?;
        session.create_offer();
        let offer = self.step(session, "making an offer", STEP, |noticed| match noticed {
            Noticed::Offer(offer) => Some(offer.map_err(|why| failed("making an offer", why))),
            _ => None,
        })?;
        session.set_local(&offer);
        // Late or not: what was found by then is offered.
        self.wait_for(Some(session), GATHERING, |noticed| matches!(noticed, Noticed::Gathered).then_some(Ok(())))?;
        Ok(session.offer_text()?)
    }

    /// Connects and stays until it is over.
    fn hold(
        &mut self,
        session: &mut Session,
        accepted: &Accepted,
        offer: &str,
    ) -> Result<std::convert::Infallible, Over> {
        session.set_answer(&accepted.answer)?;
        self.step(session, "taking the answer", STEP, |noticed| match noticed {
            Noticed::AnswerTaken(taken) => Some(taken.map_err(|why| failed("taking the answer", why))),
            _ => None,
        })?;
        self.connect(session, accepted, offer)?;
        session.begin_with_a_keyframe()?;
        session.set_flowing(!self.paused)?;
        self.live_since = Some(Instant::now());
        tracing::info!(url = self.config.url, "publishing");
        self.state_tx.send_replace(State::Live);
        let mut asked = Instant::now();
        loop {
            let lost = self.wait_for(Some(session), LOOK, |noticed| match noticed {
                Noticed::Connection(state @ (Connection::Failed | Connection::Closed | Connection::Disconnected)) => {
                    Some(Ok(format!("the server closed it or went away ({state:?})")))
                }
                _ => None,
            })?;
            if let Some(why) = lost {
                return Err(Error::Lost(why).into());
            }
            let silence = session.silence();
            if silence > self.config.silence {
                return Err(Error::Lost(format!("nothing came from the server for {} s", silence.as_secs())).into());
            }
            // A server that was killed says no farewell. Silence alone may be the network's: a question decides.
            if silence > SUSPICIOUS && asked.elapsed() > ASK_AGAIN {
                self.ask_after(accepted, offer)?;
                asked = Instant::now();
            }
        }
    }

    /// Waits for ICE and DTLS; meanwhile the server may end as well.
    fn connect(&mut self, session: &mut Session, accepted: &Accepted, offer: &str) -> Result<(), Over> {
        let failed = |why: &str| failed("connecting", why.to_owned());
        let deadline = Instant::now() + CONNECTING;
        while Instant::now() < deadline {
            let connected = self.wait_for(Some(session), SUSPICIOUS, |noticed| match noticed {
                Noticed::Connection(Connection::Connected) => Some(Ok(())),
                Noticed::Connection(Connection::Failed | Connection::Closed) => {
                    Some(Err(failed("no way to the server's media ports: is a firewall between?")))
                }
                _ => None,
            })?;
            if connected.is_some() {
                return Ok(());
            }
            self.ask_after(accepted, offer)?;
        }
        Err(failed(&format!("it did not end within {} s", CONNECTING.as_secs())).into())
    }

    /// Ends the session if the server says that it has none.
    fn ask_after(&self, accepted: &Accepted, offer: &str) -> Result<(), Over> {
        match self.client.proof_of_end(accepted, offer) {
            Some(proof) => Err(Error::Lost(proof).into()),
            None => Ok(()),
        }
    }

    /// Waits for one thing that must come.
    fn step<T>(
        &mut self,
        session: &mut Session,
        step: &'static str,
        patience: Duration,
        wanted: impl FnMut(Noticed) -> Option<Result<T, Error>>,
    ) -> Result<T, Over> {
        self.wait_for(Some(session), patience, wanted)?
            .ok_or_else(|| failed(step, format!("it did not end within {} s", patience.as_secs())).into())
    }

    /// Waits for what `wanted` picks and meanwhile does what is asked. None: it did not come in time.
    fn wait_for<T>(
        &mut self,
        mut session: Option<&mut Session>,
        patience: Duration,
        mut wanted: impl FnMut(Noticed) -> Option<Result<T, Error>>,
    ) -> Result<Option<T>, Over> {
        let deadline = Instant::now() + patience;
        loop {
            let input = match self.input_rx.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(input) => input,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Err(Over::Stop),
            };
            match input {
                Input::Stop => return Err(Over::Stop),
                Input::Abandon => return Err(Over::Abandon),
                Input::SetFormat(format) => {
                    self.config.format = format;
                    session.as_deref().map_or(Ok(()), |session| session.set_format(format))?;
                }
                Input::SetPaused(paused) => {
                    self.paused = paused;
                    if let Some(session) = session.as_deref().filter(|_| self.live_since.is_some()) {
                        session.set_flowing(!paused)?;
                    }
                }
                Input::Noticed(number, _) if number != self.session || session.is_none() => {}
                Input::Noticed(_, Noticed::Failed(why)) => return Err(Error::Lost(why).into()),
                Input::Noticed(_, Noticed::FileFailed(why)) => {
                    let Picture::File(path) = &self.config.picture else { continue };
                    return Err(Error::File { path: path.clone(), why }.into());
                }
                Input::Noticed(_, Noticed::FileEnded) => {
                    session.as_deref_mut().map_or(Ok(()), |session| session.play_again(&self.config))?;
                }
                Input::Noticed(_, noticed) => {
                    if let Some(found) = wanted(noticed) {
                        return Ok(Some(found?));
                    }
                }
            }
        }
    }
}

fn failed(step: &'static str, why: String) -> Error {
    Error::Negotiation { step, why }
}
