//! A shard: one thread that owns its sockets and its viewers and shares nothing but the rings.
//!
//! Its loop waits for a datagram, a packet on a ring, a command or the time of the next scan; a turn does a bounded
//! amount of each. A datagram finds its viewer by source address; a STUN request, which may come from a new address, by
//! the username fragment it names (RFC 8445 §7.2.2). An address is a viewer's once that viewer has answered it, which it
//! does only if the request knew its password.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::task::Wake;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};
use str0m::ice::StunMessage;
use str0m::net::DatagramRecv;
use tokio::sync::oneshot;

use super::Error;
use super::counters::Counters;
use super::lineup::Listing;
use super::viewer::{Heard, IceSession, Limits, Viewer};
use super::wire::Wire;
use crate::rtp::{Attendance, Kind, Packet, Reader};
use crate::secret::SessionId;

/// Between two looks at the timers of all viewers.
const SCAN: Duration = Duration::from_millis(10);

/// Least time between two keyframe requests of one shard to one channel.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(300);

/// Most datagrams read from one socket, and most commands run, in one turn.
const MOST_DATAGRAMS: usize = 512;
const MOST_COMMANDS: usize = 64;

/// Packets of a channel that are sent between two looks at commands and sockets: with hundreds of viewers a ring full of
/// them takes seconds.
const SLICE: usize = 32;

/// A shard that is this far behind a channel goes on with its newest [`CAUGHT_UP`], or from its last keyframe on if that is
/// older. Late packets help nobody and cost the time that new ones need.
const TOO_FAR_BEHIND: Duration = Duration::from_secs(1);
const CAUGHT_UP: Duration = Duration::from_millis(200);

/// Larger payloads do not fit the stack's buffers; no network carries them in one piece anyway.
const LARGEST_PAYLOAD: usize = 1800;

const WAKER: Token = Token(usize::MAX);

/// What the hub asks of a shard.
pub(super) enum Command {
    /// Takes a viewer of this channel in.
    Add { viewer: Box<Viewer>, listing: Arc<Listing>, done: oneshot::Sender<Result<(), Error>> },
    /// Moves a viewer to another channel.
    Select { session: SessionId, listing: Arc<Listing>, done: oneshot::Sender<Result<(), Error>> },
    /// Ends a session.
    Leave { session: SessionId, done: oneshot::Sender<Result<(), Error>> },
    /// Asks for the ICE session of a session.
    Find { session: SessionId, done: oneshot::Sender<Result<IceSession, Error>> },
}

/// Wakes a shard; any number of wakes before its next turn are one.
pub(super) struct Alarm {
    waker: Waker,
    rung: AtomicBool,
    stopping: AtomicBool,
}

impl Alarm {
    /// Ends the shard.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.ring();
    }

    /// Begins a turn of the shard soon.
    pub(super) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "a shard cannot be woken");
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

/// A channel that a viewer here watches or awaits.
struct Feed {
    listing: Arc<Listing>,
    reader: Reader,
    listeners: Vec<Listener>,
    keyframe: Wish,
}

/// A viewer who is fed a channel: its source may work only while there is one.
struct Listener {
    key: usize,
    _attendance: Attendance,
}

/// A keyframe that viewers wait for.
#[derive(Default)]
struct Wish {
    wanted: bool,
    asked: Option<Instant>,
}

/// The state of the thread.
pub(super) struct Shard {
    number: usize,
    poll: Poll,
    alarm: Arc<Alarm>,
    commands: Receiver<Command>,
    wire: Wire,
    /// Sockets that may have more to read: readiness is told only once.
    readable: Vec<bool>,
    /// By the number of their listing.
    feeds: BTreeMap<usize, Feed>,
    viewers: Vec<Option<Box<Viewer>>>,
    vacant: Vec<usize>,
    by_session: HashMap<SessionId, usize>,
    by_ufrag: HashMap<String, usize>,
    by_address: HashMap<SocketAddr, usize>,
    counters: Arc<Counters>,
    limits: Limits,
    epoch: Instant,
    batch: Vec<Arc<Packet>>,
    next_scan: Instant,
}

impl Shard {
    /// A shard that is ready to run, and what wakes it.
    pub(super) fn new(
        number: usize,
        mut wire: Wire,
        commands: Receiver<Command>,
        counters: Arc<Counters>,
        limits: Limits,
        epoch: Instant,
    ) -> std::io::Result<(Self, Arc<Alarm>)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let alarm = Arc::new(Alarm { waker, rung: AtomicBool::new(false), stopping: AtomicBool::new(false) });
        for (face, socket) in wire.faces_mut().iter_mut().enumerate() {
            poll.registry().register(socket, Token(face), Interest::READABLE)?;
        }
        let shard = Self {
            number,
            poll,
            alarm: Arc::clone(&alarm),
            commands,
            readable: vec![true; wire.faces_mut().len()],
            wire,
            feeds: BTreeMap::new(),
            viewers: Vec::new(),
            vacant: Vec::new(),
            by_session: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            counters,
            limits,
            epoch,
            batch: Vec::new(),
            next_scan: Instant::now(),
        };
        Ok((shard, alarm))
    }

    /// Runs until it is stopped; then says goodbye to all viewers.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(64);
        loop {
            if let Err(error) = self.poll.poll(&mut events, self.time_to_wait())
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a shard cannot wait for its sockets and ends");
                break;
            }
            self.alarm.rung.store(false, Ordering::Release);
            if self.alarm.stopping.load(Ordering::Acquire) {
                break;
            }
            for event in &events {
                if let Some(readable) = self.readable.get_mut(event.token().0) {
                    *readable = true;
                }
            }
            self.wire.begin_turn();
            self.attend();
            // What is sent lets commands in between, so feeds may come and go on the way.
            let mut from = 0;
            while let Some((&channel, _)) = self.feeds.range(from..).next() {
                self.feed(channel);
                from = channel + 1;
            }
            self.scan();
        }
        let now = Instant::now();
        for mut viewer in self.viewers.drain(..).flatten() {
            guarded(&mut viewer, &mut self.wire, |viewer, wire| viewer.close(now, wire));
        }
    }

    fn time_to_wait(&self) -> Option<Duration> {
        if self.readable.contains(&true) {
            return Some(Duration::ZERO);
        }
        let is_idle = self.by_session.is_empty();
        (!is_idle).then(|| self.next_scan.saturating_duration_since(Instant::now()))
    }

    /// Does what viewers and the hub ask for.
    fn attend(&mut self) {
        self.run_commands();
        for face in 0..self.readable.len() {
            self.read(face);
        }
    }

    fn run_commands(&mut self) {
        for _ in 0..MOST_COMMANDS {
            let Ok(command) = self.commands.try_recv() else { return };
            // A caller that does not wait any more needs no answer.
            match command {
                Command::Add { viewer, listing, done } => drop(done.send(self.add(viewer, &listing))),
                Command::Select { session, listing, done } => drop(done.send(self.select(&session, &listing))),
                Command::Leave { session, done } => drop(done.send(self.leave(&session))),
                Command::Find { session, done } => {
                    drop(done.send(self.find(&session).map(|key| self.viewer(key).ice_session())));
                }
            }
        }
        // The rest waits for the next turn, which must come.
        self.alarm.ring();
    }

    fn find(&self, session: &SessionId) -> Result<usize, Error> {
        self.by_session.get(session).copied().ok_or(Error::UnknownSession)
    }

    fn viewer(&mut self, key: usize) -> &mut Viewer {
        self.viewers[key].as_mut().expect("keys of viewers are forgotten when they leave")
    }

    fn add(&mut self, viewer: Box<Viewer>, listing: &Arc<Listing>) -> Result<(), Error> {
        check(listing)?;
        let key = self.vacant.pop().unwrap_or_else(|| {
            self.viewers.push(None);
            self.viewers.len() - 1
        });
        self.by_session.insert(viewer.session.clone(), key);
        self.by_ufrag.insert(viewer.ufrag.clone(), key);
        listing.count(self.number, viewer.audience());
        self.viewers[key] = Some(viewer);
        self.listen(key, listing);
        Ok(())
    }

    fn select(&mut self, session: &SessionId, listing: &Arc<Listing>) -> Result<(), Error> {
        let key = self.find(session)?;
        check(listing)?;
        // From here on the channel has a feed, so that whatever becomes of the viewer can be counted.
        self.listen(key, listing);
        let viewer = self.viewer(key);
        let (from, unselected) = (viewer.channel(), viewer.selected());
        viewer.select(listing.number, listing.channel.id().has_picture(), Instant::now());
        let (on, audience) = (viewer.channel(), viewer.audience());
        self.count_move(audience, from, on);
        self.hush(key, from);
        if let Some(unselected) = unselected {
            self.hush(key, unselected);
        }
        self.ask_for_keyframe(key, Instant::now());
        Ok(())
    }

    fn leave(&mut self, session: &SessionId) -> Result<(), Error> {
        let key = self.find(session)?;
        if let Some(mut viewer) = self.remove(key) {
            tracing::debug!(viewer = session.brief(), "a viewer left");
            guarded(&mut viewer, &mut self.wire, |viewer, wire| viewer.close(Instant::now(), wire));
        }
        Ok(())
    }

    fn remove(&mut self, key: usize) -> Option<Box<Viewer>> {
        let viewer = self.viewers[key].take()?;
        self.by_session.remove(&viewer.session);
        self.by_ufrag.remove(&viewer.ufrag);
        for address in viewer.addresses() {
            self.by_address.remove(address);
        }
        self.count(viewer.channel(), -viewer.audience());
        for channel in [Some(viewer.channel()), viewer.selected()].into_iter().flatten() {
            self.hush(key, channel);
        }
        self.vacant.push(key);
        Some(viewer)
    }

    /// Feeds the channel to the viewer from now on.
    fn listen(&mut self, key: usize, listing: &Arc<Listing>) {
        let feed = self.feeds.entry(listing.number).or_insert_with(|| Feed {
            listing: Arc::clone(listing),
            reader: listing.channel.ring().reader_with_waker(Arc::clone(&self.alarm).into()),
            listeners: Vec::new(),
            keyframe: Wish::default(),
        });
        if !feed.listeners.iter().any(|listener| listener.key == key) {
            feed.listeners.push(Listener { key, _attendance: listing.channel.attend() });
        }
    }

    /// Feeds the channel to the viewer no more, unless it needs it.
    fn hush(&mut self, key: usize, channel: usize) {
        let needs = self.viewers[key].as_ref().is_some_and(|v| v.channel() == channel || v.selected() == Some(channel));
        if !needs && let Some(feed) = self.feeds.get_mut(&channel) {
            feed.listeners.retain(|listener| listener.key != key);
            if feed.listeners.is_empty() {
                self.feeds.remove(&channel);
            }
        }
    }

    fn count(&self, channel: usize, by: isize) {
        if let Some(feed) = self.feeds.get(&channel) {
            feed.listing.count(self.number, by);
        }
    }

    fn count_move(&self, audience: isize, from: usize, to: usize) {
        if from != to {
            self.count(from, -audience);
            self.count(to, audience);
        }
    }

    /// Ends the sessions of those whose channel was taken away. Who only awaits it stays where they are.
    fn leave_removed_channels(&mut self, now: Instant) {
        let removed = self.feeds.values().filter(|feed| feed.listing.is_removed());
        let affected: Vec<(usize, Vec<usize>)> = removed
            .map(|feed| (feed.listing.number, feed.listeners.iter().map(|listener| listener.key).collect()))
            .collect();
        for (channel, key) in
            affected.into_iter().flat_map(|(channel, keys)| keys.into_iter().map(move |key| (channel, key)))
        {
            let viewer = self.viewer(key);
            let on = viewer.channel();
            if on != channel {
                // It stays where it is: nothing is awaited.
                viewer.select(on, true, now);
                self.hush(key, channel);
            } else if let Some(mut viewer) = self.remove(key) {
                tracing::debug!(viewer = viewer.session.brief(), "a viewer's channel was taken away");
                guarded(&mut viewer, &mut self.wire, |viewer, wire| viewer.close(now, wire));
            }
        }
    }

    fn read(&mut self, face: usize) {
        if !self.readable[face] {
            return;
        }
        let now = Instant::now();
        let mut buffer = [0; 2048];
        for _ in 0..MOST_DATAGRAMS {
            match self.wire.receive(face, &mut buffer) {
                None => {
                    self.readable[face] = false;
                    return;
                }
                Some(Ok((length, from))) => self.take_datagram(face, from, &buffer[..length], now),
                // An ICMP error about something sent earlier; the next read goes on.
                Some(Err(error)) => tracing::debug!(%error, "a viewers' socket reports an error"),
            }
        }
    }

    fn take_datagram(&mut self, face: usize, from: SocketAddr, bytes: &[u8], now: Instant) {
        let key = match named_viewer(bytes) {
            Some(ufrag) => self.by_ufrag.get(&ufrag),
            None => self.by_address.get(&from),
        };
        let (Some(&key), Ok(datagram)) = (key, DatagramRecv::try_from(bytes)) else {
            self.counters.strays.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let heard = self.with_viewer(key, |viewer, wire| viewer.receive((face, from), datagram, now, wire));
        if heard.answered && self.by_address.get(&from) != Some(&key) {
            self.move_address(from, key);
        }
        if heard.keyframe {
            let channel = self.viewer(key).channel();
            self.wish_for_keyframe(channel, now);
        }
        self.ask_for_keyframe(key, now);
    }

    fn move_address(&mut self, address: SocketAddr, key: usize) {
        if let Some(before) = self.by_address.insert(address, key) {
            self.viewer(before).forget_address(address);
        }
        if let Some(forgotten) = self.viewer(key).add_address(address) {
            self.by_address.remove(&forgotten);
        }
    }

    fn with_viewer(&mut self, key: usize, work: impl FnOnce(&mut Viewer, &mut Wire) -> Heard) -> Heard {
        let viewer = self.viewers[key].as_mut().expect("keys of viewers are forgotten when they leave");
        guarded(viewer, &mut self.wire, work).unwrap_or_default()
    }

    fn ask_for_keyframe(&mut self, key: usize, now: Instant) {
        if let Some(channel) = self.viewer(key).keyframe_to_ask(now) {
            self.wish_for_keyframe(channel, now);
        }
    }

    fn wish_for_keyframe(&mut self, channel: usize, now: Instant) {
        if let Some(feed) = self.feeds.get_mut(&channel) {
            feed.keyframe.wanted = true;
            feed.grant_wish(now);
        }
    }

    fn feed(&mut self, channel: usize) {
        let Some(feed) = self.feeds.get_mut(&channel) else { return };
        let mut batch = std::mem::take(&mut self.batch);
        let lost = feed.reader.drain(&mut batch) + catch_up(&mut batch);
        if lost > 0 {
            self.counters.lagged.fetch_add(lost, Ordering::Relaxed);
            feed.keyframe.wanted |= !batch.iter().any(|packet| is_keyframe(packet));
        }
        batch.retain(|packet| packet.payload.len() <= LARGEST_PAYLOAD);
        for (number, slice) in batch.chunks(SLICE).enumerate() {
            if number > 0 {
                // Sockets tell once that they are readable; while this thread is busy here, it looks for itself.
                self.readable.fill(true);
                self.attend();
            }
            self.send(channel, slice);
        }
        batch.clear();
        self.batch = batch;
    }

    fn send(&mut self, channel: usize, packets: &[Arc<Packet>]) {
        let now = Instant::now();
        let mut moved = Vec::new();
        let Some(feed) = self.feeds.get(&channel) else { return };
        for &Listener { key, .. } in &feed.listeners {
            let Some(viewer) = &mut self.viewers[key] else { continue };
            let before = viewer.channel();
            guarded(viewer, &mut self.wire, |viewer, wire| viewer.feed(channel, packets, self.epoch, now, wire));
            if viewer.channel() != before {
                moved.push((key, viewer.audience(), before));
            }
        }
        for (key, audience, left) in moved {
            self.count_move(audience, left, channel);
            self.hush(key, left);
        }
    }

    /// What is due by time: the stacks' timers, overdue keyframes, and the end of sessions.
    fn scan(&mut self) {
        let now = Instant::now();
        if now < self.next_scan {
            return;
        }
        self.next_scan = now + SCAN;
        for key in 0..self.viewers.len() {
            let Some(viewer) = &self.viewers[key] else { continue };
            if viewer.is_due(now) {
                self.with_viewer(key, |viewer, wire| viewer.drive(now, wire));
            }
            let limits = self.limits;
            if let Some(ending) = self.viewer(key).ending(limits, now) {
                if let Some(viewer) = self.remove(key) {
                    tracing::debug!(viewer = viewer.session.brief(), ?ending, "a viewer is gone");
                }
                continue;
            }
            self.ask_for_keyframe(key, now);
        }
        self.leave_removed_channels(now);
        self.feeds.values_mut().for_each(|feed| feed.grant_wish(now));
    }
}

impl Feed {
    fn grant_wish(&mut self, now: Instant) {
        let wish = &mut self.keyframe;
        let is_time = wish.asked.is_none_or(|asked| now.saturating_duration_since(asked) >= KEYFRAME_INTERVAL);
        if wish.wanted && is_time {
            *wish = Wish { wanted: false, asked: Some(now) };
            self.listing.channel.request_keyframe();
        }
    }
}

/// Refuses a channel that was taken away since it was looked up.
fn check(listing: &Listing) -> Result<(), Error> {
    if listing.is_removed() { Err(Error::UnknownChannel(listing.channel.id().clone())) } else { Ok(()) }
}

/// Lets a viewer work. A fault of the protocol stack that one peer can reach ends that viewer, not the shard: all calls of
/// the stack go through here.
fn guarded<T>(viewer: &mut Viewer, wire: &mut Wire, work: impl FnOnce(&mut Viewer, &mut Wire) -> T) -> Option<T> {
    let done = std::panic::catch_unwind(AssertUnwindSafe(|| work(viewer, wire)));
    if done.is_err() {
        tracing::error!(viewer = viewer.session.brief(), "the peer connection panicked: its viewer is given up");
        viewer.fail();
    }
    done.ok()
}

/// Gives up the older part of a batch that spans too long a time, never its last keyframe. Returns how many packets that
/// were. Sound and picture are judged each by its own time: what is between them is none of the shard's doing.
fn catch_up(batch: &mut Vec<Arc<Packet>>) -> u64 {
    let newest = |kind: Kind| batch.iter().rev().find(|packet| packet.kind == kind).map(|packet| packet.running_time);
    let newest = [Kind::Audio, Kind::Video].map(newest);
    let age = |packet: &Packet| newest[packet.kind as usize].map(|newest| newest.saturating_sub(packet.running_time));
    let is_within = |packet: &Packet, span| age(packet).is_none_or(|age| age <= span);
    if batch.iter().all(|packet| is_within(packet, TOO_FAR_BEHIND)) {
        return 0;
    }
    let by_time = batch.iter().position(|packet| is_within(packet, CAUGHT_UP)).unwrap_or(0);
    let keyframe = batch.iter().rposition(|packet| is_keyframe(packet)).unwrap_or(by_time);
    batch.drain(..by_time.min(keyframe)).count() as u64
}

fn is_keyframe(packet: &Packet) -> bool {
    packet.kind == Kind::Video && packet.keyframe
}

/// The username fragment of the viewer that a STUN request is for.
fn named_viewer(bytes: &[u8]) -> Option<String> {
    // RFC 7983 §7: STUN begins with 0 to 3.
    if bytes.first().is_none_or(|byte| *byte > 3) {
        return None;
    }
    let message = StunMessage::parse(bytes).ok()?;
    message.split_username().map(|(local, _)| local.to_owned())
}

#[cfg(test)]
mod tests;
