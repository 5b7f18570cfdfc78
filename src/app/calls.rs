//! Co-hosts by telephone. [`Calls`] makes facts of the telephone's news, carries out what the show wants of it, and knows which
//! call is whose; [`Lines`] are the callers built into the house: each a strip with a slate, and what they hear on its way to
//! them. Signalling and packets are `telephone`'s.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use anyhow::{Context as _, bail};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::cities::{Change, Cities};
use super::engines::Engines;
use crate::gst::EventClock;
use crate::media::sound::Tap;
use crate::show::{Alarm, CallEnd, Cohost, CohostId, Fact, Mix, PhoneNumber, StripId, TrunkTrouble};
use crate::telephone::{self, CallNumber, End, Hub, News, RegistrationFailure, RegistrationState};

/// Wishes that may wait: all lines may be answered and hung up at once.
const WISHES: usize = 64;

/// News that may wait here; the hub keeps more.
const NEWS: usize = 64;

/// The telephone that was opened, with what it is going to tell.
pub(super) type Opened = (Hub, mpsc::Receiver<News>);

/// Opens the telephone, if the settings name one.
pub(super) async fn open(config: Option<telephone::Config>, clock: &EventClock) -> anyhow::Result<Option<Opened>> {
    let Some(config) = config else { return Ok(None) };
    let (news_tx, news_rx) = mpsc::channel(NEWS);
    let hub = Hub::start(config, clock.clone(), news_tx).await.context("nobody can be on the telephone")?;
    Ok(Some((hub, news_rx)))
}

/// What the show wants of the telephone.
#[derive(Debug)]
enum Wish {
    Answer(CohostId),
    HangUp(CohostId),
    RefuseWithheld(CohostId),
    Dial(CohostId, PhoneNumber),
}

/// The show's handle. Its task ends when the last one is dropped; a house without a telephone has none.
#[derive(Debug, Clone)]
pub(super) struct Calls {
    wishes: Option<mpsc::Sender<Wish>>,
    facts: mpsc::Sender<Fact>,
}

impl Calls {
    /// Starts the task, if there is a telephone. Must be called within a tokio runtime.
    pub(super) fn start(
        telephone: Option<Opened>,
        cities: Cities,
        facts: mpsc::Sender<Fact>,
        clock: EventClock,
    ) -> (Self, Option<JoinHandle<()>>) {
        let Some((hub, news)) = telephone else { return (Self { wishes: None, facts }, None) };
        let (wishes, wished) = mpsc::channel(WISHES);
        let task = Switchboard { hub, cities, facts: facts.clone(), clock, calls: HashMap::new(), last: 0 };
        (Self { wishes: Some(wishes), facts }, Some(tokio::spawn(task.run(news, wished))))
    }

    /// A telephone that rings is answered.
    pub(super) fn answer(&self, cohost: CohostId) {
        self.send(Wish::Answer(cohost));
    }

    /// A call is ended, or refused. Nothing to do for who is not on the telephone.
    pub(super) fn hang_up(&self, cohost: CohostId) {
        self.send(Wish::HangUp(cohost));
    }

    /// A telephone that rings is refused because it withholds its number.
    pub(super) fn refuse_withheld(&self, cohost: CohostId) {
        self.send(Wish::RefuseWithheld(cohost));
    }

    /// A number is dialled. Where there is no telephone nobody can be reached. Must be called within a tokio runtime.
    pub(super) fn dial(&self, cohost: CohostId, number: PhoneNumber) {
        if !self.send(Wish::Dial(cohost.clone(), number)) {
            let facts = self.facts.clone();
            // It waits apart: who dials is the show's own task.
            tokio::spawn(async move { facts.send(Fact::PhoneEnded { cohost, why: CallEnd::Failed }).await });
        }
    }

    fn send(&self, wish: Wish) -> bool {
        let Some(wishes) = &self.wishes else { return false };
        let sent = wishes.try_send(wish);
        if let Err(error) = &sent {
            tracing::error!(%error, "the telephone does not keep up: say it again");
        }
        sent.is_ok()
    }
}

/// The task that knows which call is whose.
struct Switchboard {
    hub: Hub,
    cities: Cities,
    facts: mpsc::Sender<Fact>,
    clock: EventClock,
    /// No more than the hub has lines.
    calls: HashMap<CallNumber, CohostId>,
    /// The number of the identifier that was given last.
    last: u128,
}

impl Switchboard {
    async fn run(mut self, mut news: mpsc::Receiver<News>, mut wished: mpsc::Receiver<Wish>) {
        loop {
            tokio::select! {
                wish = wished.recv() => match wish {
                    Some(wish) => self.carry_out(wish).await,
                    None => return,
                },
                Some(news) = news.recv() => self.hear(news).await,
            }
        }
    }

    async fn carry_out(&mut self, wish: Wish) {
        let done = match wish {
            Wish::Answer(cohost) => match self.call_of(&cohost) {
                Some(call) => self.hub.answer(call).await,
                None => return,
            },
            Wish::HangUp(cohost) => match self.call_of(&cohost) {
                Some(call) => self.hub.hang_up(call).await,
                None => return,
            },
            Wish::RefuseWithheld(cohost) => match self.call_of(&cohost) {
                Some(call) => self.hub.refuse_withheld(call).await,
                None => return,
            },
            // No name is looked up for a number, so that this takes no time.
            Wish::Dial(cohost, number) => match self.hub.dial(number.whole()).await {
                Ok(call) => {
                    self.calls.insert(call, cohost);
                    return;
                }
                Err(error) => {
                    tracing::warn!(%cohost, %error, "nobody is called");
                    self.tell(Fact::PhoneEnded { cohost, why: CallEnd::Failed }).await;
                    return;
                }
            },
        };
        if let Err(error) = done {
            // They hung up meanwhile, which is told apart.
            tracing::debug!(%error, "there is nothing to be done about a call");
        }
    }

    async fn hear(&mut self, news: News) {
        match news {
            News::Rang { call, number, name } => {
                let Some(cohost) = self.new_id() else { return };
                self.calls.insert(call, cohost.clone());
                self.tell(Fact::PhoneRang { cohost, name, number: shown(&number) }).await;
            }
            News::Answered { call } => {
                let Some(cohost) = self.calls.get(&call).cloned() else { return };
                self.tell(Fact::PhoneAnswered { cohost: cohost.clone() }).await;
                self.tell(Fact::CohostJoined { cohost: cohost.clone() }).await;
                self.cities.send(Change::ConnectCall { cohost, call });
            }
            News::Held { call } => {
                let Some(cohost) = self.calls.get(&call).cloned() else { return };
                self.tell(Fact::CohostLost { cohost }).await;
            }
            News::Resumed { call } => {
                let Some(cohost) = self.calls.get(&call).cloned() else { return };
                self.tell(Fact::CohostHeard { cohost }).await;
            }
            News::Ended { call, why } => {
                let Some(cohost) = self.calls.remove(&call) else { return };
                self.cities.send(Change::DisconnectCall(cohost.clone()));
                self.tell(Fact::CohostLeft { cohost: cohost.clone() }).await;
                self.tell(Fact::PhoneEnded { cohost, why: end(why) }).await;
            }
            News::Registration(state) => self.tell_trunk(state).await,
            News::Dtmf { call, digit: key } => {
                let Some(cohost) = self.calls.get(&call).cloned() else { return };
                self.tell(Fact::PhoneKey { cohost, key }).await;
            }
            News::Ringing { .. } => {}
        }
    }

    /// What the trunk does is told as an alarm that comes and goes.
    async fn tell_trunk(&self, state: RegistrationState) {
        let (is_failing, why) = match state {
            // The first try says nothing yet.
            RegistrationState::Registering => return,
            // Whatever it was, it is mended: one alarm stands for all of them.
            RegistrationState::Registered => (false, RegistrationFailure::Silence),
            RegistrationState::Failed { why } => (true, why),
        };
        let alarm = trouble(why);
        self.tell(if is_failing { Fact::Broken { alarm } } else { Fact::Mended { alarm } }).await;
    }

    /// An identifier that was never given: the event clock goes on when the server starts again.
    fn new_id(&mut self) -> Option<CohostId> {
        self.last = self.clock.now().as_millis().max(self.last + 1);
        format!("tel-{}", self.last).parse().ok()
    }

    fn call_of(&self, cohost: &CohostId) -> Option<CallNumber> {
        self.calls.iter().find(|(_, known)| *known == cohost).map(|(call, _)| *call)
    }

    async fn tell(&self, fact: Fact) {
        // A show that has ended wants to know no more.
        let _ = self.facts.send(fact).await;
    }
}

/// A caller's number as the show knows it; none if it is withheld, or is none.
fn shown(number: &telephone::PhoneNumber) -> Option<PhoneNumber> {
    let text: String = number.reveal().chars().filter(|c| !c.is_whitespace()).collect();
    Some(text).filter(|_| !number.is_withheld()).and_then(|text| text.parse().ok())
}

/// What stands in the trunk's way, as the show tells it.
fn trouble(why: RegistrationFailure) -> Alarm {
    let (why, status) = match why {
        RegistrationFailure::NotFound => (TrunkTrouble::NotFound, None),
        RegistrationFailure::Silence => (TrunkTrouble::Silence, None),
        RegistrationFailure::Credentials { code } => (TrunkTrouble::Credentials, Some(code)),
        RegistrationFailure::Realm { code } => (TrunkTrouble::Realm, Some(code)),
        RegistrationFailure::Refused { code } => (TrunkTrouble::Refused, Some(code)),
    };
    Alarm::TrunkFailing { why, status }
}

/// Why a call is over, as the show tells it.
fn end(why: End) -> CallEnd {
    match why {
        End::HungUp | End::Cancelled => CallEnd::Left,
        End::Ours => CallEnd::HungUp,
        End::NoAnswer | End::Refused { code: 408 | 480 } => CallEnd::Unanswered,
        End::Busy | End::Refused { code: 486 | 600 | 603 } => CallEnd::Declined,
        End::Refused { .. } | End::Unreachable | End::NoSound | End::Lost => CallEnd::Failed,
    }
}

/// The callers in the house.
#[derive(Debug)]
pub(super) struct Lines {
    hub: Option<Hub>,
    facts: mpsc::Sender<Fact>,
    /// Everybody on the telephone; of those whose line stands, their mix-minus on its way there.
    callers: Mutex<HashMap<CohostId, Option<Tap>>>,
}

impl Lines {
    /// Nobody yet.
    pub(super) fn new(hub: Option<Hub>, facts: mpsc::Sender<Fact>) -> Self {
        Self { hub, facts, callers: Mutex::default() }
    }

    /// Whether they are on the telephone.
    pub(super) fn has(&self, cohost: &CohostId) -> bool {
        self.callers().contains_key(cohost)
    }

    /// Gives somebody a strip and a slate. Blocks while that is rendered.
    pub(super) fn add(&self, engines: &Engines, cohost: &Cohost) -> anyhow::Result<()> {
        if self.has(&cohost.id) {
            bail!("there is a caller '{}' already", cohost.id);
        }
        engines.add_caller(cohost)?;
        self.callers().insert(cohost.id.clone(), None);
        Ok(())
    }

    /// The line stands: it is heard on the strip, and their mix-minus goes there. One that cannot be joined to the house is hung
    /// up, as nobody would hear anything. Must be called within a tokio runtime.
    pub(super) fn connect(&self, engines: &Engines, cohost: &CohostId, call: CallNumber) -> anyhow::Result<()> {
        let Some(hub) = &self.hub else { return Ok(()) };
        self.join(hub, engines, cohost, call).inspect_err(|_| {
            let hub = hub.clone();
            // It may be over already, which is as well.
            tokio::spawn(async move { hub.hang_up(call).await });
        })
    }

    fn join(&self, hub: &Hub, engines: &Engines, cohost: &CohostId, call: CallNumber) -> anyhow::Result<()> {
        // Over already: the news of it follow.
        let Some(mouth) = hub.speak(call) else { return Ok(()) };
        let mut callers = self.callers();
        let place = callers.get_mut(cohost).with_context(|| format!("there is no caller '{cohost}'"))?;
        let strip = engines.strip(&StripId::Cohost(cohost.clone())).context("the caller has no strip")?;
        let tap = engines.tap(&Mix::Call(cohost.clone()), move |_, block| {
            // The desk's block is the mouth's: 10 ms in stereo.
            if let Ok(block) = block.as_flattened().try_into() {
                mouth.push(block);
            }
        })?;
        *place = Some(tap);
        let (facts, cohost, mut told) = (self.facts.clone(), cohost.clone(), false);
        let hear = move |at, samples: &[f32]| {
            strip.push(at, samples);
            // A queue that is full is tried again with the next samples.
            told = told || facts.try_send(Fact::CohostHeard { cohost: cohost.clone() }).is_ok();
        };
        hub.connect(call, Box::new(hear));
        Ok(())
    }

    /// The line is gone.
    pub(super) fn disconnect(&self, cohost: &CohostId) {
        let tap = self.callers().get_mut(cohost).and_then(Option::take);
        drop(tap);
    }

    /// Takes somebody out of the house; whether they were on the telephone.
    pub(super) fn remove(&self, engines: &Engines, cohost: &CohostId) -> bool {
        let Some(tap) = self.callers().remove(cohost) else { return false };
        drop(tap);
        engines.remove_cohost(cohost);
        true
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<CohostId, Option<Tap>>> {
        self.callers.lock().expect("no code panics while it holds the callers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_withheld_is_none_and_one_that_is_told_has_no_spaces() {
        let known = |text: &str| shown(&telephone::PhoneNumber::new(text)).map(|number| number.whole().to_owned());
        assert_eq!(known("+39 010 5551242").as_deref(), Some("+390105551242"));
        for withheld in ["", "Anonymous", " "] {
            assert_eq!(known(withheld), None);
        }
    }

    #[test]
    fn why_a_call_is_over_is_told_in_the_shows_words() {
        assert_eq!(end(End::Cancelled), CallEnd::Left);
        assert_eq!(end(End::Ours), CallEnd::HungUp);
        assert_eq!(end(End::Refused { code: 603 }), CallEnd::Declined);
        assert_eq!(end(End::Refused { code: 404 }), CallEnd::Failed);
        assert_eq!(end(End::NoAnswer), CallEnd::Unanswered);
    }
}
