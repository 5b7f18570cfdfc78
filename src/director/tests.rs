//! The director with engines that write down what they are told.

use std::future::Future;
use std::sync::Mutex;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use crate::show::{City, CityId, Picture, Setup, Source, Transition};

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
}

fn id(word: &str) -> CityId {
    word.parse().unwrap()
}

fn source(word: &str) -> Source {
    Source::City(id(word))
}

fn show() -> Show {
    let city = |word| City { id: id(word), name: word.into(), time_zone: "Europe/Rome".into() };
    Show::new(Setup { title: "Una sera".into(), cities: ["lecce", "roma"].map(city).into() }, ShowTime::default())
        .unwrap()
}

fn start(show: Show) -> Evening {
    let epoch = Instant::now();
    let (fact_tx, facts) = mpsc::channel(8);
    let engines = Notebook::default();
    let clock = move || ShowTime::new(epoch.elapsed());
    let (director, task) = Director::spawn(show, clock, engines.clone(), facts);
    Evening { director, task, fact_tx, engines }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("it comes before the deadline")
}

fn cut_effects(picture: Picture, cities: &[&str]) -> [Effect; 2] {
    let cities = cities.iter().map(|word| id(word)).collect();
    let ramp = Duration::from_millis(20);
    [Effect::ShowPicture { picture, transition: Transition::Cut {} }, Effect::OpenStrips { cities, ramp }]
}

#[tokio::test]
async fn engines_are_put_into_the_state_of_the_show_at_the_start() {
    let mut show = show();
    let cut = Command::CutTo { source: source("roma") };
    let _ = show.command(cut, ShowTime::default()).unwrap();
    let evening = start(show);
    soon(evening.director.view()).await.unwrap();
    assert_eq!(evening.engines.take(), cut_effects(Picture::full(source("roma")), &["roma"]));
}

#[tokio::test]
async fn a_command_is_carried_out_before_it_is_answered() {
    let evening = start(show());
    soon(evening.director.view()).await.unwrap();
    evening.engines.take();
    let picture = Picture::full(source("roma"));
    let receipt = soon(evening.director.command(Command::CutTo { source: source("roma") })).await.unwrap();
    assert_eq!(evening.engines.take(), cut_effects(picture.clone(), &["roma"]));
    let changed = Event::ProgramChanged { picture: picture.clone(), transition: Transition::Cut {} };
    assert_eq!(receipt, Receipt { revision: 1, events: vec![changed] });
    assert_eq!(soon(evening.director.view()).await.unwrap().program, picture);
}

#[tokio::test]
async fn a_rejection_reaches_who_asked_and_nobody_else() {
    let evening = start(show());
    let mut subscription = soon(evening.director.subscribe()).await.unwrap();
    evening.engines.take();
    let refusal = soon(evening.director.command(Command::CutTo { source: source("atlantide") })).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Rejected(Rejection::UnknownCity { .. })), "{refusal}");
    assert_eq!(evening.engines.take(), []);
    assert!(subscription.events.try_recv().is_err());
}

#[tokio::test]
async fn a_command_for_another_revision_or_whose_time_is_over_is_not_carried_out() {
    let evening = start(show());
    let cut = || Command::CutTo { source: source("roma") };
    let at = |revision| Condition { revision: Some(revision), until: None };
    let stale = soon(evening.director.command_if(cut(), at(7))).await;
    assert_eq!(stale, Err(Refusal::Stale { expected: 7, now: 0 }));
    let over = Condition { revision: None, until: Some(Instant::now()) };
    assert_eq!(soon(evening.director.command_if(cut(), over)).await, Err(Refusal::Late));
    assert_eq!(soon(evening.director.command_if(cut(), at(0))).await.unwrap().revision, 1);
}

#[tokio::test]
async fn a_command_whose_asker_has_given_up_is_not_carried_out() {
    let evening = start(show());
    // On this one thread the director has its turn only after the command was sent and dropped.
    tokio::select! {
        biased;
        receipt = evening.director.command(Command::CutTo { source: source("roma") }) => panic!("{receipt:?}"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(soon(evening.director.view()).await.unwrap().revision, 0);
}

#[tokio::test]
async fn events_are_numbered_without_a_gap_and_carry_the_view_after_their_call() {
    let evening = start(show());
    let director = &evening.director;
    soon(director.command(Command::SetPreview { source: source("roma") })).await.unwrap();
    let mut subscription = soon(director.subscribe()).await.unwrap();
    assert_eq!((subscription.number, subscription.view.revision), (1, 1));
    soon(director.command(Command::Cut {})).await.unwrap();
    evening.fact_tx.send(Fact::CityJoined { city: id("roma") }).await.unwrap();
    let mut next = async || soon(subscription.events.recv()).await.unwrap();
    let (program, preview, city) = (next().await, next().await, next().await);
    assert_eq!([program.number, preview.number, city.number], [2, 3, 4]);
    assert_eq!([program.view.revision, preview.view.revision, city.view.revision], [2, 2, 3]);
    assert!(matches!(program.event, Event::ProgramChanged { .. }));
    assert!(matches!(preview.event, Event::PreviewChanged { .. }));
    assert!(matches!(city.event, Event::CityChanged { state: CityState::Connecting { .. }, .. }));
    assert!(matches!(city.view.cities[1].state, CityState::Connecting { .. }));
}

#[tokio::test]
async fn a_mix_ends_when_its_time_is_over() {
    let evening = start(show());
    let director = &evening.director;
    soon(director.command(Command::SetPreview { source: source("roma") })).await.unwrap();
    soon(director.command(Command::SetTransition { transition: Transition::Mix { duration_ms: 100 } })).await.unwrap();
    let mut subscription = soon(director.subscribe()).await.unwrap();
    soon(director.command(Command::Take {})).await.unwrap();
    let ends = soon(director.view()).await.unwrap().running.as_ref().unwrap().ends;
    let ended = loop {
        let numbered = soon(subscription.events.recv()).await.unwrap();
        if numbered.event == (Event::TransitionEnded {}) {
            break numbered;
        }
    };
    assert!(ended.time >= ends, "ended at {}, was to end at {ends}", ended.time);
    assert_eq!(ended.view.running, None);
}

#[tokio::test]
async fn a_subscriber_that_sleeps_is_told_so_and_holds_nobody_up() {
    let evening = start(show());
    let director = &evening.director;
    let mut sleeper = soon(director.subscribe()).await.unwrap();
    for turn in 0..=EVENTS {
        let word = if turn % 2 == 0 { "roma" } else { "lecce" };
        soon(director.command(Command::CutTo { source: source(word) })).await.unwrap();
    }
    assert!(matches!(soon(sleeper.events.recv()).await, Err(RecvError::Lagged(1))));
    let fresh = soon(director.subscribe()).await.unwrap();
    assert_eq!(fresh.number, EVENTS as u64 + 1);
}

#[tokio::test]
async fn the_show_outlives_the_engines_reports() {
    let Evening { director, task, fact_tx, engines: _ } = start(show());
    drop(fact_tx);
    for _ in 0..3 {
        soon(director.view()).await.unwrap();
    }
    drop(director);
    soon(task).await.unwrap();
}

#[tokio::test]
async fn the_show_ends_with_its_last_handle() {
    let Evening { director, task, fact_tx: _fact_tx, .. } = start(show());
    let second = director.clone();
    drop(director);
    soon(second.view()).await.unwrap();
    drop(second);
    soon(task).await.unwrap();
}

#[tokio::test]
async fn a_show_that_was_stopped_refuses_everything() {
    let Evening { director, task, fact_tx: _fact_tx, .. } = start(show());
    let mut subscription = soon(director.subscribe()).await.unwrap();
    soon(director.stop()).await;
    soon(task).await.unwrap();
    assert_eq!(soon(director.command(Command::Cut {})).await, Err(Refusal::Stopped));
    assert_eq!(soon(director.view()).await, Err(Stopped));
    assert!(soon(director.subscribe()).await.is_err());
    assert!(matches!(soon(subscription.events.recv()).await, Err(RecvError::Closed)));
    soon(director.stop()).await;
}
