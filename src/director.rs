//! The one task that owns the show: commands and facts go in, effects go to the engines, events to whoever subscribed.
//!
//! Everybody else holds a [`Director`], a cheap handle. Every queue is bounded, and no subscriber can hold up the show.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use thiserror::Error;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::{debug, info, warn};

use crate::show::{CityState, Command, Effect, Event, Fact, Output, Rejection, Show, ShowTime, View};

/// Requests that may wait; more wait in their callers.
const REQUESTS: usize = 64;

/// Events that a subscriber may lag behind before it needs a fresh view: minutes of a busy evening.
const EVENTS: usize = 256;

/// What carries out effects. It is called from the director's task: it hands effects on and does not wait.
pub trait Engines: Send + 'static {
    /// Carries out one effect. Effects come in the order in which they were decided.
    fn run(&mut self, effect: Effect);
}

/// A handle on the show. Cloning it is cheap. The show ends with the last one.
#[derive(Clone, Debug)]
pub struct Director {
    request_tx: mpsc::Sender<Request>,
}

/// What an accepted command led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The show's revision after the command.
    pub revision: u64,
    /// What happened; nothing if the command asked for what already was.
    pub events: Vec<Event>,
}

/// One event in its place among all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// One more than that of the event before; the first is 1.
    pub number: u64,
    /// When it happened.
    pub time: ShowTime,
    /// What happened.
    pub event: Event,
    /// The show after the call that the event came from.
    pub view: Arc<View>,
}

/// A view and all that comes after it.
#[derive(Debug)]
pub struct Subscription {
    /// The number of the last event that `view` contains: the next one that is received is `number + 1`.
    pub number: u64,
    /// The show now.
    pub view: Arc<View>,
    /// The events from now on. Who lags behind by more than the queue's length is told so, and subscribes anew.
    pub events: broadcast::Receiver<Arc<Numbered>>,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The show says no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The show is at another revision than the command was made for.
    #[error("the command was made for revision {expected}, the show is at {now}: read the show and decide again")]
    Stale {
        /// What the command was made for.
        expected: u64,
        /// Where the show is.
        now: u64,
    },
    /// Its turn came after the time that [`Condition::until`] sets.
    #[error("the command's turn came too late: it was not carried out")]
    Late,
    /// The show has ended.
    #[error("{}", Stopped)]
    Stopped,
}

/// What must hold at the moment that a command's turn comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition {
    /// The show is still at this revision.
    pub revision: Option<u64>,
    /// It is not later than this: whoever asked would not expect it any more.
    pub until: Option<Instant>,
}

/// The show has ended: nothing can be asked of it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the show has stopped: it takes commands again when the server has started again")]
pub struct Stopped;

impl From<Stopped> for Refusal {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

impl Director {
    /// Starts the show in a task of its own, first putting the engines into its state. `clock` is the event clock that
    /// the engines run on. The task ends with [`Director::stop`] or with the last handle; it outlives the end of `facts`.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn(
        show: Show,
        clock: impl Fn() -> ShowTime + Send + 'static,
        engines: impl Engines,
        facts: mpsc::Receiver<Fact>,
    ) -> (Self, JoinHandle<()>) {
        let (request_tx, request_rx) = mpsc::channel(REQUESTS);
        let (event_tx, _) = broadcast::channel(EVENTS);
        let view = Arc::new(show.view());
        let room = ControlRoom { show, clock, engines, event_tx, number: 0, view, tick_at: None };
        (Self { request_tx }, tokio::spawn(room.run(request_rx, facts)))
    }

    /// Asks for something and waits until it is decided. Who gives up waiting before the command's turn has come takes
    /// it back.
    pub async fn command(&self, command: Command) -> Result<Receipt, Refusal> {
        self.command_if(command, Condition::default()).await
    }

    /// As [`Director::command`], if `condition` holds; nothing comes between that check and the command.
    pub async fn command_if(&self, command: Command, condition: Condition) -> Result<Receipt, Refusal> {
        self.ask(|reply| Request::Command(command, condition, reply)).await?
    }

    /// The show now.
    pub async fn view(&self) -> Result<Arc<View>, Stopped> {
        self.ask(Request::View).await
    }

    /// The show now and every event after it, with none missing between the two.
    pub async fn subscribe(&self) -> Result<Subscription, Stopped> {
        self.ask(Request::Subscribe).await
    }

    /// Ends the show after what was asked before. The task's handle tells when it has ended.
    pub async fn stop(&self) {
        // A show that has ended already is what was asked for.
        let _ = self.request_tx.send(Request::Stop).await;
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, Stopped> {
        let (reply_tx, reply_rx) = oneshot::channel();
        self.request_tx.send(request(reply_tx)).await.map_err(|_| Stopped)?;
        reply_rx.await.map_err(|_| Stopped)
    }
}

#[derive(Debug)]
enum Request {
    Command(Command, Condition, oneshot::Sender<Result<Receipt, Refusal>>),
    View(oneshot::Sender<Arc<View>>),
    Subscribe(oneshot::Sender<Subscription>),
    Stop,
}

/// What the task owns.
struct ControlRoom<C, E> {
    show: Show,
    clock: C,
    engines: E,
    event_tx: broadcast::Sender<Arc<Numbered>>,
    number: u64,
    view: Arc<View>,
    tick_at: Option<ShowTime>,
}

impl<C: Fn() -> ShowTime, E: Engines> ControlRoom<C, E> {
    async fn run(mut self, mut request_rx: mpsc::Receiver<Request>, mut facts: mpsc::Receiver<Fact>) {
        let mut engines_report = true;
        self.reassert();
        loop {
            tokio::select! {
                request = request_rx.recv() => match request {
                    Some(Request::Command(command, _, reply)) if reply.is_closed() => {
                        debug!(?command, "who asked has given up: the command is not carried out");
                    }
                    Some(Request::Command(command, condition, reply)) => {
                        answer(reply, self.command(command, condition));
                    }
                    Some(Request::View(reply)) => answer(reply, self.view.clone()),
                    Some(Request::Subscribe(reply)) => answer(reply, self.subscription()),
                    Some(Request::Stop) | None => break,
                },
                fact = facts.recv(), if engines_report => match fact {
                    Some(fact) => self.observe(fact),
                    None => engines_report = false,
                },
                () = sleep(self.remaining()) => self.tick(),
            }
        }
        info!(revision = self.show.revision(), "the show has stopped");
    }

    fn reassert(&mut self) {
        let now = (self.clock)();
        let outputs = self.show.reassert(now).collect();
        self.follow(outputs, now);
        info!(title = %self.view.title, program = %self.view.program, "the show has started");
    }

    fn command(&mut self, command: Command, condition: Condition) -> Result<Receipt, Refusal> {
        if let Some(expected) = condition.revision.filter(|expected| *expected != self.show.revision()) {
            return Err(Refusal::Stale { expected, now: self.show.revision() });
        }
        if condition.until.is_some_and(|until| Instant::now() >= until) {
            warn!(?command, "a command's turn came too late: it is not carried out");
            return Err(Refusal::Late);
        }
        let now = (self.clock)();
        let outputs = self.show.command(command, now)?.collect();
        let events = self.follow(outputs, now);
        Ok(Receipt { revision: self.show.revision(), events })
    }

    fn observe(&mut self, fact: Fact) {
        debug!(?fact, "an engine reports");
        let now = (self.clock)();
        let outputs = self.show.observe(fact, now).collect();
        self.follow(outputs, now);
    }

    fn tick(&mut self) {
        let now = (self.clock)();
        let outputs = self.show.tick(now).collect();
        self.follow(outputs, now);
    }

    fn subscription(&self) -> Subscription {
        Subscription { number: self.number, view: self.view.clone(), events: self.event_tx.subscribe() }
    }

    /// Does all that follows from one call. Effects go first: air does not wait for pages.
    fn follow(&mut self, outputs: Vec<Output>, now: ShowTime) -> Vec<Event> {
        let mut events = Vec::new();
        self.tick_at = None;
        for output in outputs {
            match output {
                Output::Effect(effect) => self.engines.run(effect),
                Output::Event(event) => events.push(event),
                Output::Timeout(time) => self.tick_at = Some(time),
            }
        }
        if self.view.revision != self.show.revision() {
            self.view = Arc::new(self.show.view());
        }
        for event in &events {
            log(event);
            self.number += 1;
            let (number, view) = (self.number, self.view.clone());
            // Nobody listens: nobody needs it.
            let _ = self.event_tx.send(Arc::new(Numbered { number, time: now, event: event.clone(), view }));
        }
        events
    }

    /// How long to wait for the next tick. Where tokio's clock runs ahead of the event clock a tick comes early; the show
    /// then names the same time again.
    fn remaining(&self) -> Option<Duration> {
        let tick_at = self.tick_at?.since_start();
        Some(tick_at.saturating_sub((self.clock)().since_start()))
    }
}

async fn sleep(remaining: Option<Duration>) {
    match remaining {
        Some(span) => tokio::time::sleep(span).await,
        None => std::future::pending().await,
    }
}

/// Answers who asked, if it still waits.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    let _ = reply.send(value);
}

fn log(event: &Event) {
    match event {
        Event::ProgramChanged { picture, transition } => info!(program = %picture, by = %transition, "on air"),
        Event::CityChanged { city, state: state @ CityState::Lost { .. } } => {
            warn!(%city, %state, "a city's picture stopped; its slate is shown");
        }
        Event::CityChanged { city, state } => info!(%city, %state, "a city changed"),
        Event::TransitionEnded {} | Event::PreviewChanged { .. } | Event::TransitionSet { .. } => {
            debug!(?event, "the show changed");
        }
    }
}

#[cfg(test)]
mod tests;
