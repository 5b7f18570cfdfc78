//! Cities, co-hosts and talkback microphones come, change their names and go while the evening runs: the one task that builds
//! them into the house and out of it, change after change, while everybody else goes on.
//!
//! Its changes take tenths of a second (a slate is rendered and encoded, a decoder stopped), so whoever wants one does not
//! wait. One that fails is told in the log, leaves nothing half built, and holds up no other.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use anyhow::{Context as _, bail};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::calls::Lines;
use super::engines::Engines;
use crate::distribution::Outlet;
use crate::gst::EventClock;
use crate::media::{self, Format, slate::Words};
use crate::rtp::{Channel, Slate};
use crate::show::{ChannelId, City, CityId, Cohost, CohostId, ContributionId, Mix, Name};
use crate::telephone::CallNumber;
use crate::{contribution, distribution};

/// Changes that may wait: all cities and co-hosts may be changed several times over at once.
const CHANGES: usize = 256;

/// Talkback microphones that can be open at a time: two for each operator's role.
const MOST_TALKBACKS: usize = 8;

/// What becomes of a city, a co-host or a talkback microphone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// It comes: it may publish, can be watched and can be put on air.
    Add {
        /// Who it is.
        city: City,
        /// The line under its name on its slate; empty for the usual one.
        slate_text: String,
    },
    /// Its slate says something else.
    Relabel {
        /// Who it is now.
        city: City,
        /// The line under its name on its slate; empty for the usual one.
        slate_text: String,
    },
    /// It goes: its publisher's session and those of its viewers end.
    Remove(CityId),
    /// A co-host comes: they may call, can be heard and be put in a picture.
    AddCohost(Cohost),
    /// Somebody on the telephone comes: they can be heard and be put in a picture.
    AddCaller(Cohost),
    /// The line to somebody on the telephone stands.
    ConnectCall {
        /// Who.
        cohost: CohostId,
        /// Which line.
        call: CallNumber,
    },
    /// The line to somebody on the telephone is gone.
    DisconnectCall(CohostId),
    /// A co-host's slate bears another name.
    RelabelCohost(Cohost),
    /// A co-host goes: their session ends.
    RemoveCohost(CohostId),
    /// An operator is about to open a talkback microphone, perhaps not for the first time. One that nobody uses makes room.
    AddTalkback(Name),
    /// A co-host's session ends; they may call again.
    HangUp(CohostId),
    /// An operator listens to something of their own.
    OpenMonitor(Name),
    /// An operator does so no more.
    CloseMonitor(Name),
    /// Not a city's, but made like theirs: the evening's own slate bears another title.
    Retitle(String),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { city, .. } => write!(f, "add {}", city.id),
            Self::Relabel { city, .. } => write!(f, "relabel {}", city.id),
            Self::Remove(city) => write!(f, "remove {city}"),
            Self::AddCohost(cohost) => write!(f, "add the co-host {}", cohost.id),
            Self::AddCaller(cohost) => write!(f, "add the caller {}", cohost.id),
            Self::ConnectCall { cohost, .. } => write!(f, "connect the caller {cohost}"),
            Self::DisconnectCall(cohost) => write!(f, "disconnect the caller {cohost}"),
            Self::RelabelCohost(cohost) => write!(f, "relabel the co-host {}", cohost.id),
            Self::RemoveCohost(cohost) => write!(f, "remove the co-host {cohost}"),
            Self::AddTalkback(operator) => write!(f, "seat the microphone of {operator}"),
            Self::HangUp(cohost) => write!(f, "hang up on the co-host {cohost}"),
            Self::OpenMonitor(operator) => write!(f, "open {operator}'s monitor"),
            Self::CloseMonitor(operator) => write!(f, "close {operator}'s monitor"),
            Self::Retitle(_) => f.write_str("retitle the evening"),
        }
    }
}

/// The channels that there are, those of the house first.
#[derive(Debug, Clone)]
pub(super) struct Channels(Arc<RwLock<Vec<Arc<Channel>>>>);

impl Channels {
    /// Those of the house.
    pub(super) fn new(house: Vec<Arc<Channel>>) -> Self {
        Self(Arc::new(RwLock::new(house)))
    }

    /// The channel of this name.
    pub(super) fn find(&self, id: &ChannelId) -> Option<Arc<Channel>> {
        self.read().iter().find(|channel| channel.id() == id).cloned()
    }

    pub(super) fn count(&self) -> usize {
        self.read().len()
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Arc<Channel>>> {
        self.0.read().expect("no code panics while it holds the channels")
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Arc<Channel>>> {
        self.0.write().expect("no code panics while it holds the channels")
    }
}

/// What cities are built into.
#[derive(Debug)]
pub(super) struct House {
    pub(super) format: Format,
    pub(super) clock: EventClock,
    pub(super) channels: Channels,
    pub(super) contribution: contribution::Hub,
    pub(super) distribution: distribution::Hub,
    pub(super) lines: Lines,
    pub(super) engines: Arc<Engines>,
    /// Program's, which stands in for its picture wherever that goes.
    pub(super) slate: Mutex<Arc<Slate>>,
}

/// The handle of the task. The task ends, after what was sent before, when the last one is dropped.
#[derive(Debug, Clone)]
pub(super) struct Cities {
    changes_tx: mpsc::Sender<Order>,
}

/// A change, and who wants to know that it is done.
#[derive(Debug)]
struct Order {
    change: Change,
    done: Option<oneshot::Sender<anyhow::Result<()>>>,
}

impl Cities {
    /// Starts the task. Must be called within a tokio runtime.
    pub(super) fn start(house: House) -> (Self, JoinHandle<()>) {
        let (changes_tx, changes_rx) = mpsc::channel(CHANGES);
        (Self { changes_tx }, tokio::spawn(run(Arc::new(house), changes_rx)))
    }

    /// The handle, as long as another one keeps the task alive.
    pub(super) fn weak(&self) -> impl Fn() -> Option<Self> + use<> {
        let weak = self.changes_tx.downgrade();
        move || Some(Self { changes_tx: weak.upgrade()? })
    }

    /// Asks for a change and does not wait for it. Changes are carried out in the order in which they are sent.
    pub(super) fn send(&self, change: Change) {
        if let Err(error) = self.changes_tx.try_send(Order { change, done: None }) {
            let (mpsc::error::TrySendError::Full(order) | mpsc::error::TrySendError::Closed(order)) = &error;
            tracing::error!(change = %order.change, %error, "a change of the house is not made: say it again");
        }
    }

    /// Asks for a change and waits until it is carried out.
    pub(super) async fn carry_out(&self, change: Change) -> anyhow::Result<()> {
        let (done_tx, done_rx) = oneshot::channel();
        let order = Order { change, done: Some(done_tx) };
        self.changes_tx.send(order).await.ok().context("the house is closed")?;
        done_rx.await.context("the house is closed")?
    }
}

async fn run(house: Arc<House>, mut changes_rx: mpsc::Receiver<Order>) {
    while let Some(Order { change, done }) = changes_rx.recv().await {
        let (what, inside) = (change.to_string(), Arc::clone(&house));
        // Rendering, encoding and the ends of pipelines block.
        let carried = tokio::task::spawn_blocking(move || inside.carry_out(&change)).await;
        let outcome = carried.context("it panicked").and_then(|outcome| outcome);
        match &outcome {
            Ok(()) => tracing::info!(change = what, "the house is changed"),
            Err(error) => tracing::error!(change = what, "the house is not changed: {error:#}"),
        }
        // Most do not wait.
        done.map(|done| done.send(outcome));
    }
}

/// What stands in where there is no picture: the sound of a slate alone.
pub(super) fn silence(slate: &Slate) -> Slate {
    Slate { pictures: Vec::new(), ..slate.clone() }
}

impl House {
    fn carry_out(&self, change: &Change) -> anyhow::Result<()> {
        match change {
            Change::Add { city, slate_text } => self.add(city, slate_text),
            Change::Relabel { city, slate_text } => self.relabel(city, slate_text),
            Change::Remove(city) => self.remove(city),
            Change::AddCohost(cohost) => self.add_cohost(cohost),
            Change::AddCaller(cohost) => self.lines.add(&self.engines, cohost),
            Change::ConnectCall { cohost, call } => self.lines.connect(&self.engines, cohost, *call),
            Change::DisconnectCall(cohost) => {
                self.lines.disconnect(cohost);
                Ok(())
            }
            Change::RelabelCohost(cohost) => self.relabel_cohost(cohost),
            Change::RemoveCohost(cohost) => self.remove_cohost(cohost),
            Change::AddTalkback(operator) => self.add_talkback(operator),
            Change::HangUp(cohost) => {
                self.contribution.put_out(&cohost.clone().into());
                Ok(())
            }
            Change::OpenMonitor(operator) => {
                self.open_mix(&Mix::Monitor(operator.clone()), ChannelId::Monitor(operator.clone()))
            }
            Change::CloseMonitor(operator) => {
                self.close_mix(&Mix::Monitor(operator.clone()), &ChannelId::Monitor(operator.clone()));
                Ok(())
            }
            Change::Retitle(title) => self.retitle(title),
        }
    }

    /// Its channel with the slate, then what reads the channel, then who may write on it.
    fn add(&self, city: &City, slate_text: &str) -> anyhow::Result<()> {
        let id = ChannelId::City(city.id.clone());
        if self.channels.find(&id).is_some() {
            bail!("there is a city '{}' already", city.id);
        }
        let channel = self.open_channel(id, &Words::new(&city.name, slate_text))?;
        self.engines
            .add(city, slate_text, &channel)
            .and_then(|()| self.open_mix(&Mix::Return(city.id.clone()), ChannelId::Return(city.id.clone())))
            .and_then(|()| self.seat(city.id.clone().into(), &channel))
            .inspect_err(|_| self.take_apart(&city.id))?;
        self.channels.write().push(channel);
        Ok(())
    }

    /// As a city, with a channel for operators.
    fn add_cohost(&self, cohost: &Cohost) -> anyhow::Result<()> {
        let id = ChannelId::Camera(cohost.id.clone());
        if self.channels.find(&id).is_some() {
            bail!("there is a co-host '{}' already", cohost.id);
        }
        let channel = self.open_channel(id, &Words::new(&cohost.name, ""))?;
        self.engines
            .add_cohost(cohost, &channel)
            .and_then(|()| self.open_mix(&Mix::Call(cohost.id.clone()), ChannelId::Call(cohost.id.clone())))
            .and_then(|()| self.seat(cohost.id.clone().into(), &channel))
            .inspect_err(|_| self.take_cohost_apart(&cohost.id))?;
        self.channels.write().push(channel);
        Ok(())
    }

    /// A seat with a strip, and a channel that nobody can watch.
    fn add_talkback(&self, operator: &Name) -> anyhow::Result<()> {
        let id = ChannelId::Talkback(operator.clone());
        if self.channels.find(&id).is_some() {
            return Ok(());
        }
        self.make_room_for_talkback()?;
        let channel = Channel::new(id);
        self.engines
            .add_talkback(operator, &channel)
            .and_then(|()| self.seat(ContributionId::Talkback(operator.clone()), &channel))
            .inspect_err(|_| self.take_talkback_apart(operator))?;
        self.channels.write().push(channel);
        Ok(())
    }

    /// Of the microphones at most one less than can be stays; the one that was seated first and is not open goes.
    fn make_room_for_talkback(&self) -> anyhow::Result<()> {
        let seats = self.contribution.stats();
        let talkbacks = seats.iter().filter_map(|seat| match &seat.id {
            ContributionId::Talkback(operator) => Some((operator, seat.taken)),
            ContributionId::City(_) | ContributionId::Cohost(_) => None,
        });
        let talkbacks: Vec<_> = talkbacks.collect();
        if talkbacks.len() < MOST_TALKBACKS {
            return Ok(());
        }
        let Some((idle, _)) = talkbacks.into_iter().find(|(_, taken)| !taken) else {
            bail!("{MOST_TALKBACKS} talkback microphones are open, which is the most: one must be closed first");
        };
        let id = ChannelId::Talkback(idle.clone());
        self.channels.write().retain(|other| *other.id() != id);
        self.take_talkback_apart(idle);
        Ok(())
    }

    fn take_talkback_apart(&self, operator: &Name) {
        self.contribution.remove(&ContributionId::Talkback(operator.clone()));
        self.engines.remove_talkback(operator);
    }

    fn open_channel(&self, id: ChannelId, words: &Words) -> anyhow::Result<Arc<Channel>> {
        let channel = Channel::new(id);
        let slate = self.slate(words)?;
        self.distribution
            .add(Outlet { channel: Arc::clone(&channel), slate })
            .context("its channel cannot be watched")?;
        Ok(channel)
    }

    /// A channel on which a mix is heard, with program's picture or with none.
    fn open_mix(&self, mix: &Mix, id: ChannelId) -> anyhow::Result<()> {
        let channel = Channel::new(id);
        let mut slate = Arc::clone(&self.standby());
        if !channel.id().has_picture() {
            slate = Arc::new(silence(&slate));
        }
        self.distribution
            .add(Outlet { channel: Arc::clone(&channel), slate })
            .with_context(|| format!("the channel '{}' cannot be watched", channel.id()))?;
        self.engines.open(mix, &channel).inspect_err(|_| self.distribution.remove(channel.id()))?;
        self.channels.write().push(channel);
        Ok(())
    }

    /// Takes it away, if it is there.
    fn close_mix(&self, mix: &Mix, id: &ChannelId) {
        let Some(channel) = self.channels.find(id) else { return };
        self.channels.write().retain(|other| other.id() != id);
        self.engines.close(mix, &channel);
        self.distribution.remove(id);
    }

    fn standby(&self) -> MutexGuard<'_, Arc<Slate>> {
        self.slate.lock().expect("no code panics while it holds the slate")
    }

    fn seat(&self, id: ContributionId, channel: &Arc<Channel>) -> anyhow::Result<()> {
        Ok(self.contribution.add(contribution::Seat { id, channel: Arc::clone(channel) })?)
    }

    fn relabel_cohost(&self, cohost: &Cohost) -> anyhow::Result<()> {
        if self.lines.has(&cohost.id) {
            return self.engines.relabel_cohost(cohost);
        }
        let channel = self.known_cohost(&cohost.id)?;
        self.distribution.set_slate(channel.id(), self.slate(&Words::new(&cohost.name, ""))?)?;
        self.engines.relabel_cohost(cohost)
    }

    fn remove_cohost(&self, cohost: &CohostId) -> anyhow::Result<()> {
        if self.lines.remove(&self.engines, cohost) {
            return Ok(());
        }
        let channel = self.known_cohost(cohost)?;
        self.channels.write().retain(|other| other.id() != channel.id());
        self.take_cohost_apart(cohost);
        Ok(())
    }

    fn take_cohost_apart(&self, cohost: &CohostId) {
        self.contribution.remove(&cohost.clone().into());
        self.close_mix(&Mix::Call(cohost.clone()), &ChannelId::Call(cohost.clone()));
        self.engines.remove_cohost(cohost);
        self.distribution.remove(&ChannelId::Camera(cohost.clone()));
    }

    fn known_cohost(&self, cohost: &CohostId) -> anyhow::Result<Arc<Channel>> {
        let channel = self.channels.find(&ChannelId::Camera(cohost.clone()));
        channel.with_context(|| format!("there is no co-host '{cohost}'"))
    }

    fn relabel(&self, city: &City, slate_text: &str) -> anyhow::Result<()> {
        let channel = self.known(&city.id)?;
        let slate = self.slate(&Words::new(&city.name, slate_text))?;
        self.distribution.set_slate(channel.id(), slate)?;
        self.engines.relabel(city, slate_text)
    }

    fn retitle(&self, title: &str) -> anyhow::Result<()> {
        let slate = self.slate(&Words::new(title, ""))?;
        *self.standby() = Arc::clone(&slate);
        let bears_it = |id: &ChannelId| matches!(id, ChannelId::Program | ChannelId::Return(_) | ChannelId::Call(_));
        let channels = self.channels.read().iter().map(|channel| channel.id().clone()).collect::<Vec<_>>();
        for id in channels.iter().filter(|id| bears_it(id)) {
            self.distribution.set_slate(id, Arc::clone(&slate))?;
        }
        self.engines.retitle(title)
    }

    fn remove(&self, city: &CityId) -> anyhow::Result<()> {
        let channel = self.known(city)?;
        self.channels.write().retain(|other| other.id() != channel.id());
        self.take_apart(city);
        Ok(())
    }

    /// Nobody writes any more, then nobody reads.
    fn take_apart(&self, city: &CityId) {
        self.contribution.remove(&city.clone().into());
        self.close_mix(&Mix::Return(city.clone()), &ChannelId::Return(city.clone()));
        self.engines.remove(city);
        self.distribution.remove(&ChannelId::City(city.clone()));
    }

    fn known(&self, city: &CityId) -> anyhow::Result<Arc<Channel>> {
        self.channels.find(&ChannelId::City(city.clone())).with_context(|| format!("there is no city '{city}'"))
    }

    fn slate(&self, words: &Words) -> anyhow::Result<Arc<Slate>> {
        Ok(Arc::new(media::slate::encode(&self.format, words, &self.clock)?))
    }
}
