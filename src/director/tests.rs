//! The director with engines that write down what they are told.

use std::future::Future;
use std::sync::Mutex;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use crate::show::{City, CityId, Mix, Picture, Role, Setup, Source, Transition, WallTime, Way};

use super::*;

/// No test waits longer for anything.
const DEADLINE: Duration = Duration::from_secs(10);

#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<Vec<Effect>>>);

impl Engines for Notebook {
    fn run(&mut self, effect: Effect) {
        self.0.lock().unwrap().push(effect);
    }
}

/// What was recorded, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Recorded>>>);

impl Journal for Log {
    fn record(&mut self, events: &[Recorded], show: &Show) {
        assert_eq!(events.last().unwrap().number, show.revision(), "the show is the one after the call");
        self.0.lock().unwrap().extend_from_slice(events);
    }
}

impl Notebook {
    fn take(&self) -> Vec<Effect> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Evening {
    director: Director,
    task: JoinHandle<()>,
    fact_tx: mpsc::Sender<Fact>,
    engines: Notebook,
    log: Log,
}

impl Evening {
    async fn obey(&self, command: Command) -> Receipt {
        soon(self.director.command(command, &house())).await.unwrap()
    }

    /// Waits until the show has started.
    async fn open(self) -> Self {
        soon(self.director.subscribe()).await.unwrap();
        self
    }
}

/// Commands without taking the lease, which would be one more event.
fn house() -> Caller {
    Caller::new(crate::show::Actor::House, [Role::Director])
}

fn id(word: &str) -> CityId {
    word.parse().unwrap()
}

fn source(word: &str) -> Source {
    Source::City(id(word))
}

fn show() -> Show {
    let city = |word| City { id: id(word), name: word.into(), time_zone: "Europe/Rome".into() };
    Show::new(
        Setup { title: "Una sera".into(), cities: ["lecce", "roma"].map(city).into() },
        WallTime::default(),
        ShowTime::default(),
    )
    .unwrap()
}

fn start(show: Show) -> Evening {
    let epoch = Instant::now();
    let (fact_tx, facts) = mpsc::channel(8);
    let (engines, log) = (Notebook::default(), Log::default());
    let clock = move || ShowTime::new(epoch.elapsed());
    let (director, task) = Director::spawn(show, clock, engines.clone(), log.clone(), facts);
    Evening { director, task, fact_tx, engines, log }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("it comes before the deadline")
}

/// What the engines hear of a cut: of the desk, what is heard on program.
fn cut_to(picture: Picture, cities: &[&str], effects: &[Effect]) {
    let [Effect::ShowPicture { picture: shown, way }, Effect::SetDesk { plan, ramp }] = effects else {
        panic!("{effects:?}")
    };
    assert_eq!((shown, way), (&picture, &Way::cut(picture.clone())));
    let heard: Vec<_> = plan.mix(&Mix::Program).unwrap().sends.iter().map(|send| send.strip.to_string()).collect();
    assert_eq!((heard, *ramp), (cities.iter().map(|city| format!("city:{city}")).collect(), Duration::from_millis(20)));
}

#[tokio::test]
async fn engines_are_put_into_the_state_of_the_show_at_the_start() {
    let mut show = show();
    let cut = Command::CutTo { source: source("roma") };
    let _ = show.command(cut, &house(), ShowTime::default()).unwrap();
    let show = Show::restore(show.snapshot(), ShowTime::default()).unwrap();
    let evening = start(show).open().await;
    let effects = evening.engines.take();
    cut_to(Picture::full(source("roma")), &["roma"], &effects[..2]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::SetKeyer { .. })), "{effects:?}");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::ShowPreview { .. })), "{effects:?}");
}

#[tokio::test]
async fn a_command_is_carried_out_and_recorded_before_it_is_answered() {
    let evening = start(show()).open().await;
    evening.engines.take();
    let picture = Picture::full(source("roma"));
    let receipt = evening.obey(Command::CutTo { source: source("roma") }).await;
    cut_to(picture.clone(), &["roma"], &evening.engines.take());
    let changed = Event::ProgramChanged { picture: picture.clone(), transition: Transition::Cut {}, by_hand: false };
    assert_eq!(receipt, Receipt { revision: 2, events: vec![changed.clone()], double_press: false });
    assert_eq!(evening.director.view().program, picture);
    let log = evening.log.0.lock().unwrap();
    assert_eq!(log.iter().map(|recorded| recorded.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(log[1].event, changed);
}

#[tokio::test]
async fn a_double_press_is_answered_and_changes_nothing() {
    let evening = start(show()).open().await;
    let cut = || Command::CutTo { source: source("roma") };
    let patient = crate::show::Settings { double_press_ms: 1000, ..Default::default() };
    evening.obey(Command::SetSettings { settings: patient }).await;
    let (first, second) = (evening.obey(cut()).await, evening.obey(cut()).await);
    assert!(!first.double_press && second.double_press);
    assert_eq!((second.revision, second.events), (first.revision, vec![]));
}

#[tokio::test]
async fn a_rejection_reaches_who_asked_and_nobody_else() {
    let evening = start(show()).open().await;
    let mut subscription = soon(evening.director.subscribe()).await.unwrap();
    evening.engines.take();
    let cut = Command::CutTo { source: source("atlantide") };
    let refusal = soon(evening.director.command(cut, &house())).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Rejected(Rejection::UnknownCity { .. })), "{refusal}");
    assert_eq!(evening.engines.take(), []);
    assert!(subscription.happenings.try_recv().is_err());
}

#[tokio::test]
async fn a_command_for_another_revision_or_whose_time_is_over_is_not_carried_out() {
    let evening = start(show()).open().await;
    let cut = || Command::CutTo { source: source("roma") };
    let at = |revision| Condition { revision: Some(revision), until: None };
    let ask = async |condition| soon(evening.director.command_if(cut(), &house(), condition)).await;
    assert_eq!(ask(at(7)).await, Err(Refusal::Stale { expected: 7, now: 1 }));
    let over = Condition { revision: None, until: Some(Instant::now()) };
    assert_eq!(ask(over).await, Err(Refusal::Late));
    assert_eq!(ask(at(1)).await.unwrap().revision, 2);
}

#[tokio::test]
async fn a_command_whose_asker_has_given_up_is_not_carried_out() {
    let (evening, house) = (start(show()), house());
    // On this one thread the director has its turn only after the command was sent and dropped.
    tokio::select! {
        biased;
        receipt = evening.director.command(Command::CutTo { source: source("roma") }, &house) => panic!("{receipt:?}"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(soon(evening.director.subscribe()).await.unwrap().view.revision, 1);
}

#[tokio::test]
async fn what_happens_is_told_call_by_call_with_the_show_before_and_after() {
    let evening = start(show()).open().await;
    evening.obey(Command::SetPreview { source: source("roma") }).await;
    let mut subscription = soon(evening.director.subscribe()).await.unwrap();
    assert_eq!(subscription.view.revision, 2);
    evening.obey(Command::Cut {}).await;
    evening.fact_tx.send(Fact::CityJoined { city: id("roma") }).await.unwrap();
    let mut next = async || soon(subscription.happenings.recv()).await.unwrap();
    let (cut, joined) = (next().await, next().await);
    assert_eq!((cut.numbers(), joined.numbers()), ((3, 4), (5, 5)));
    assert_eq!((cut.before.revision, cut.view.revision), (2, 4));
    assert_eq!(joined.before, cut.view);
    assert!(matches!(cut.events[0].event, Event::ProgramChanged { .. }));
    assert!(matches!(cut.events[1].event, Event::PreviewChanged { .. }));
    assert!(matches!(joined.view.cities[1].state, CityState::Connecting { .. }));
}

#[tokio::test]
async fn a_mix_ends_when_its_time_is_over() {
    let evening = start(show()).open().await;
    evening.obey(Command::SetPreview { source: source("roma") }).await;
    evening.obey(Command::SetTransition { transition: Transition::Mix { duration_ms: 100 } }).await;
    let mut subscription = soon(evening.director.subscribe()).await.unwrap();
    evening.obey(Command::Take {}).await;
    let ends = evening.director.view().running.as_ref().and_then(|running| running.progress.ends());
    let (ended, view) = loop {
        let happened = soon(subscription.happenings.recv()).await.unwrap();
        if let Some(ended) = happened.events.iter().find(|recorded| recorded.event == (Event::TransitionEnded {})) {
            break (ended.time, happened.view.clone());
        }
    };
    assert!(ends.is_none_or(|ends| ended >= ends), "ended at {ended}, was to end at {ends:?}");
    assert_eq!(view.running, None);
}

#[tokio::test]
async fn a_subscriber_that_sleeps_is_told_so_and_holds_nobody_up() {
    let evening = start(show()).open().await;
    let mut sleeper = soon(evening.director.subscribe()).await.unwrap();
    for turn in 0..=CALLS {
        let word = if turn % 2 == 0 { "roma" } else { "lecce" };
        evening.obey(Command::CutTo { source: source(word) }).await;
    }
    assert!(matches!(soon(sleeper.happenings.recv()).await, Err(RecvError::Lagged(1))));
    let fresh = soon(evening.director.subscribe()).await.unwrap();
    assert_eq!(fresh.view.revision, CALLS as u64 + 2);
}

#[tokio::test]
async fn the_show_outlives_the_engines_reports() {
    let Evening { director, task, fact_tx, .. } = start(show());
    drop(fact_tx);
    for _ in 0..3 {
        soon(director.subscribe()).await.unwrap();
    }
    drop(director);
    soon(task).await.unwrap();
}

#[tokio::test]
async fn the_show_ends_with_its_last_handle() {
    let Evening { director, task, fact_tx: _fact_tx, .. } = start(show());
    let second = director.clone();
    drop(director);
    soon(second.subscribe()).await.unwrap();
    drop(second);
    soon(task).await.unwrap();
}

#[tokio::test]
async fn a_show_that_was_stopped_refuses_everything() {
    let Evening { director, task, fact_tx: _fact_tx, .. } = start(show());
    let mut subscription = soon(director.subscribe()).await.unwrap();
    soon(director.stop()).await;
    soon(task).await.unwrap();
    assert_eq!(soon(director.command(Command::Cut {}, &house())).await, Err(Refusal::Stopped));
    assert_eq!(soon(director.observe(Fact::CityJoined { city: id("roma") })).await, Err(Stopped));
    assert!(soon(director.subscribe()).await.is_err());
    assert!(matches!(soon(subscription.happenings.recv()).await, Err(RecvError::Closed)));
    soon(director.stop()).await;
}
