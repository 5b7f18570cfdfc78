//! The one task that owns the show: commands and facts go in, effects go to the engines, events to whoever subscribed.
//!
//! Everybody else holds a [`Director`], a cheap handle. Every queue is bounded, and no subscriber can hold up the show.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use thiserror::Error;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{debug, info, warn};
use utoipa::ToSchema;

use crate::show::{
    Caller, CityState, CohostId, Command, Effect, Event, Fact, Keyer, Output, PhoneNumber, Recorded, Rejection, Show,
    ShowTime, View,
};

/// Requests that may wait; more wait in their callers.
const REQUESTS: usize = 64;

/// Calls that a subscriber may lag behind before it needs a fresh view: minutes of a busy evening.
const CALLS: usize = 256;

/// What carries out effects. It is called from the director's task: it hands effects on and does not wait.
pub trait Engines: Send + 'static {
    /// Carries out one effect. Effects come in the order in which they were decided.
    fn run(&mut self, effect: Effect);
}

/// What keeps the memory of the evening. It is called from the director's task: it hands on and does not wait.
pub trait Journal: Send + 'static {
    /// Notes what happened in one call, after which the show is `show`.
    fn record(&mut self, events: &[Recorded], show: &Show);
}

/// A handle on the show. Cloning it is cheap. The show ends with the last one.
#[derive(Clone, Debug)]
pub struct Director {
    request_tx: mpsc::Sender<Request>,
    view_rx: watch::Receiver<Arc<View>>,
}

/// What an accepted command led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    /// The show's revision after the command.
    pub revision: u64,
    /// What happened; nothing if the command asked for what already was.
    pub events: Vec<Event>,
    /// Whether the command was ignored because it came right after the same one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub double_press: bool,
}

/// What happened in one call, at least one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The events in order, numbered without a gap.
    pub events: Vec<Recorded>,
    /// The show before the call.
    pub before: Arc<View>,
    /// The show after it.
    pub view: Arc<View>,
}

impl Happened {
    /// The numbers of the first and the last event.
    pub fn numbers(&self) -> (u64, u64) {
        let number = |recorded: Option<&Recorded>| recorded.map_or(self.view.revision, |recorded| recorded.number);
        (number(self.events.first()), number(self.events.last()))
    }
}

/// A view and all that comes after it.
#[derive(Debug)]
pub struct Subscription {
    /// The show now: what is received next happened after its revision.
    pub view: Arc<View>,
    /// What happens from now on. Who lags behind by more than the queue's length is told so, and subscribes anew.
    pub happenings: broadcast::Receiver<Arc<Happened>>,
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
        journal: impl Journal,
        facts: mpsc::Receiver<Fact>,
    ) -> (Self, JoinHandle<()>) {
        let (request_tx, request_rx) = mpsc::channel(REQUESTS);
        let (happened_tx, _) = broadcast::channel(CALLS);
        let (view_tx, view_rx) = watch::channel(Arc::new(show.view(clock())));
        let room = ControlRoom { show, clock, engines, journal, happened_tx, view_tx, tick_at: None };
        (Self { request_tx, view_rx }, tokio::spawn(room.run(request_rx, facts)))
    }

    /// Asks for something and waits until it is decided. Who gives up waiting before the command's turn has come takes
    /// it back.
    pub async fn command(&self, command: Command, caller: &Caller) -> Result<Receipt, Refusal> {
        self.command_if(command, caller, Condition::default()).await
    }

    /// As [`Director::command`], if `condition` holds; nothing comes between that check and the command.
    pub async fn command_if(
        &self,
        command: Command,
        caller: &Caller,
        condition: Condition,
    ) -> Result<Receipt, Refusal> {
        self.ask(|reply| Request::Command { command, caller: caller.clone(), condition, reply }).await?
    }

    /// Reports something that was seen. It has its place among commands.
    pub async fn observe(&self, fact: Fact) -> Result<(), Stopped> {
        self.request_tx.send(Request::Observe(fact)).await.map_err(|_| Stopped)
    }

    /// The show as it is after the last call, also when it has stopped.
    pub fn view(&self) -> Arc<View> {
        self.view_rx.borrow().clone()
    }

    /// The show now and every event after it, with none missing between the two.
    pub async fn subscribe(&self) -> Result<Subscription, Stopped> {
        self.ask(Request::Subscribe).await
    }

    /// The whole telephone number of somebody, if one is known. Nothing that everybody sees has it.
    pub async fn number(&self, cohost: &CohostId) -> Result<Option<PhoneNumber>, Stopped> {
        self.ask(|reply| Request::Number(cohost.clone(), reply)).await
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
    Command { command: Command, caller: Caller, condition: Condition, reply: oneshot::Sender<Result<Receipt, Refusal>> },
    Observe(Fact),
    Subscribe(oneshot::Sender<Subscription>),
    Number(CohostId, oneshot::Sender<Option<PhoneNumber>>),
    Stop,
}

/// What the task owns.
struct ControlRoom<C, E, J> {
    show: Show,
    clock: C,
    engines: E,
    journal: J,
    happened_tx: broadcast::Sender<Arc<Happened>>,
    view_tx: watch::Sender<Arc<View>>,
    tick_at: Option<ShowTime>,
}

impl<C: Fn() -> ShowTime, E: Engines, J: Journal> ControlRoom<C, E, J> {
    async fn run(mut self, mut request_rx: mpsc::Receiver<Request>, mut facts: mpsc::Receiver<Fact>) {
        let mut engines_report = true;
        self.start();
        loop {
            tokio::select! {
                request = request_rx.recv() => match request {
                    Some(Request::Command { command, reply, .. }) if reply.is_closed() => {
                        debug!(command = command.word(), "who asked has given up: the command is not carried out");
                    }
                    Some(Request::Command { command, caller, condition, reply }) => {
                        answer(reply, self.command(command, &caller, condition));
                    }
                    Some(Request::Observe(fact)) => self.observe(fact),
                    Some(Request::Subscribe(reply)) => answer(reply, self.subscription()),
                    Some(Request::Number(cohost, reply)) => answer(reply, self.show.number(&cohost).cloned()),
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

    fn start(&mut self) {
        let now = (self.clock)();
        let outputs = self.show.start(now).collect();
        self.follow(outputs, now);
        let view = self.view_tx.borrow();
        info!(title = %view.title, program = %view.program, revision = view.revision, "the show has started");
    }

    fn command(&mut self, command: Command, caller: &Caller, condition: Condition) -> Result<Receipt, Refusal> {
        // The command is judged by the show as it is when what is due has happened.
        if self.tick_at.is_some_and(|at| at <= (self.clock)()) {
            self.tick();
        }
        if let Some(expected) = condition.revision.filter(|expected| *expected != self.show.revision()) {
            return Err(Refusal::Stale { expected, now: self.show.revision() });
        }
        if condition.until.is_some_and(|until| Instant::now() >= until) {
            warn!(command = command.word(), "a command's turn came too late: it is not carried out");
            return Err(Refusal::Late);
        }
        let now = (self.clock)();
        let drain = self.show.command(command, caller, now)?;
        if drain.is_double_press() {
            return Ok(Receipt { revision: self.show.revision(), events: Vec::new(), double_press: true });
        }
        let outputs = drain.collect();
        let events = self.follow(outputs, now).into_iter().map(|recorded| recorded.event).collect();
        Ok(Receipt { revision: self.show.revision(), events, double_press: false })
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
        Subscription { view: self.view_tx.borrow().clone(), happenings: self.happened_tx.subscribe() }
    }

    /// Does all that follows from one call. Effects go first: air does not wait for pages, nor for the disk.
    fn follow(&mut self, outputs: Vec<Output>, now: ShowTime) -> Vec<Recorded> {
        let mut events = Vec::new();
        self.tick_at = None;
        for output in outputs {
            match output {
                Output::Effect(effect) => self.engines.run(effect),
                Output::Event(recorded) => events.push(recorded),
                Output::Timeout(time) => self.tick_at = Some(time),
            }
        }
        if events.is_empty() {
            return events;
        }
        events.iter().for_each(log);
        self.journal.record(&events, &self.show);
        let view = Arc::new(self.show.view(now));
        let before = self.view_tx.send_replace(Arc::clone(&view));
        // Nobody listens: nobody needs it.
        let _ = self.happened_tx.send(Arc::new(Happened { events: events.clone(), before, view }));
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

fn log(Recorded { number, actor, event, .. }: &Recorded) {
    match event {
        Event::ProgramChanged { picture, transition, .. } => {
            info!(program = %picture, by = %transition, %actor, "on air")
        }
        Event::CityChanged { city, state: state @ CityState::Lost { .. } } => {
            warn!(%city, %state, "a city's picture stopped; its slate is shown");
        }
        Event::CityChanged { city, state } => info!(%city, %state, "a city changed"),
        Event::KeyerChanged { number, keyer: Keyer { on, .. } } => {
            info!(keyer = %number, on, %actor, "a keyer changed")
        }
        Event::ProgramGuarded { picture, instead_of } => {
            warn!(program = %picture, instead_of = %instead_of, "nothing of program's picture comes in: something safe is on air");
        }
        Event::FadedToBlack { on } => info!(on, %actor, "program fades to black, or comes back"),
        Event::CueTaken { cue, .. } => info!(%cue, %actor, "a cue is taken"),
        Event::LeaseChanged { lease: Some(lease) } => info!(holder = %lease.holder, %actor, "program is commanded"),
        Event::LeaseChanged { lease: None } => info!(%actor, "nobody commands program"),
        Event::CityAdded { city, .. } => info!(city = %city.id, %actor, "a city is added"),
        Event::CityRemoved { city } => info!(%city, %actor, "a city is removed"),
        Event::AlarmRaised { alarm } => warn!(?alarm, "something needs mending; the channels go on"),
        Event::AlarmCleared { alarm } => info!(?alarm, "it is mended"),
        // Texts of messages are people's own.
        Event::MessageSent { message } => info!(from = %message.from, to = %message.to, "a message was sent"),
        other => debug!(number, %actor, event = ?other, "the show changed"),
    }
}

#[cfg(test)]
mod tests;
