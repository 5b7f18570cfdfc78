//! A channel: one ring, a live source that may come and go, and a standby that fills in.
//!
//! The choice between live and standby is made here, packet by packet, by a pure [`Selector`]:
//! - a live picture takes over at its first keyframe and its sound in the same moment;
//! - a live source that offers a picture and shows none brings its sound alone after [`PATIENCE`], one that offers none
//!   brings it at once;
//! - after [`SILENCE`] without live packets of a kind, the standby's come back, and the live source is asked for the
//!   keyframe that it needs to return;
//! - a newer session outranks an older one from the first packet that goes on the channel: until then the older one
//!   stays on, afterwards what it still sends is dropped.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Attendance, Audience, Kind, Origin, Packet, Reader, Ring, SessionNumber};
use crate::show::ChannelId;

/// Packets a channel keeps for readers that lag: about two seconds at 20 Mbit/s, thirteen at 2.5, and 5 MB at most.
const CAPACITY: usize = 4096;

/// Live silence after which the standby returns. The slate must be back within 1 s; its loop adds at most 20 ms.
const SILENCE: Duration = Duration::from_millis(800);

/// How long a live source's sound waits for its picture.
const PATIENCE: Duration = Duration::from_secs(1);

/// Least time between two keyframe requests to one source: a keyframe costs as much as a second of picture.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(300);

/// What the standby player should do for one kind of media now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standby {
    /// Live media is on: send nothing.
    Idle,
    /// Start again from the keyframe.
    Restart,
    /// Go on.
    Continue,
}

/// The meeting point of one channel's sources and readers.
#[derive(Debug)]
pub struct Channel {
    id: ChannelId,
    ring: Arc<Ring>,
    selector: Mutex<Selector>,
    keyframe_wanted: Notify,
    keyframe_sent: Mutex<Option<Instant>>,
    watching: Arc<Audience>,
}

impl Channel {
    /// A channel with nothing on it.
    pub fn new(id: ChannelId) -> Arc<Self> {
        let selector = Selector { is_sound_only: !id.has_picture(), ..Selector::default() };
        Arc::new(Self {
            id,
            ring: Ring::new(CAPACITY),
            selector: Mutex::new(selector),
            keyframe_wanted: Notify::new(),
            keyframe_sent: Mutex::new(None),
            watching: Arc::default(),
        })
    }

    /// The channel's name.
    pub fn id(&self) -> &ChannelId {
        &self.id
    }

    /// The packets that are on this channel.
    pub fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// How many watch, or are about to.
    pub fn audience(&self) -> usize {
        self.watching.count()
    }

    /// Those who watch, for who works only while there are any.
    pub fn watching(&self) -> &Arc<Audience> {
        &self.watching
    }

    /// Counts one more among those who watch, until the answer is dropped. A reader alone is nobody.
    pub fn attend(&self) -> Attendance {
        Attendance::new(&self.watching)
    }

    /// A reader for a thread that blocks; shards use [`Ring::reader_with_waker`].
    pub fn reader(&self) -> Reader {
        self.ring.reader()
    }

    /// Offers a packet of a live source; answers whether this source is on, and the packet on the ring. `now` is event
    /// time.
    pub fn publish(&self, packet: Packet, now: Duration) -> bool {
        self.offer(packet, true, now)
    }

    /// As [`Channel::publish`], of a source that has no picture and will have none: its sound waits for nothing.
    pub fn publish_alone(&self, packet: Packet, now: Duration) -> bool {
        self.offer(packet, false, now)
    }

    fn offer(&self, packet: Packet, has_picture: bool, now: Duration) -> bool {
        let Origin::Live(session) = packet.origin else { return false };
        // The lock is held over the push: a ring in an order other than the selector's would be two sources at once.
        let mut selector = self.lock();
        let (kind, keyframe) = (packet.kind, packet.keyframe);
        match selector.live(session, Offered { kind, keyframe, has_picture }, now) {
            Live::On => self.ring.push(packet),
            // A source that is not on yet asks for its first keyframe itself: this wish would reach the one that is.
            Live::NeedsKeyframe if selector.is_on(session) => self.keyframe_wanted.notify_one(),
            Live::NeedsKeyframe | Live::Waits | Live::Outranked => {}
        }
        selector.is_on(session)
    }

    /// Offers the standby's next packets of one kind: `next` is told how to go on and gives them, if they are due.
    pub fn stand_by<P: IntoIterator<Item = Packet>>(&self, kind: Kind, now: Duration, next: impl FnOnce(Standby) -> P) {
        let mut selector = self.lock();
        match selector.standby(kind, now) {
            Standby::Idle => drop(next(Standby::Idle)),
            due => next(due).into_iter().for_each(|packet| self.ring.push(packet)),
        }
    }

    /// Whether a live picture is on the channel.
    pub fn is_live(&self, now: Duration) -> bool {
        self.lock().video.is_live(now)
    }

    /// How long a live source has been sending pictures none of which can go on, since no keyframe has come. Nothing while a
    /// live picture is on.
    pub fn keyframe_missing(&self, now: Duration) -> Option<Duration> {
        let selector = self.lock();
        let Refused { since, last, .. } = selector.refused.filter(|_| !selector.video.is_live(now))?;
        (now.saturating_sub(last) < SILENCE).then(|| now.saturating_sub(since))
    }

    /// Asks whoever is on the channel for a keyframe. Requests are merged and throttled.
    pub fn request_keyframe(&self) {
        self.lock().restart_standby = true;
        self.keyframe_wanted.notify_one();
    }

    /// Waits until somebody wants a keyframe, at most once in 300 ms. For the live source. A wish is taken with the
    /// answer: one who stops waiting leaves it to the next.
    pub async fn keyframe_wanted(&self) {
        let last = *self.keyframe_sent.lock().expect("no code panics while it holds the time");
        if let Some(last) = last {
            tokio::time::sleep_until(last + KEYFRAME_INTERVAL).await;
        }
        self.keyframe_wanted.notified().await;
        *self.keyframe_sent.lock().expect("no code panics while it holds the time") = Some(Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Selector> {
        self.selector.lock().expect("no code panics while it holds a selector")
    }
}

/// Who is on, for one kind of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum On {
    /// Nothing was ever sent.
    #[default]
    Nothing,
    Standby,
    Live {
        session: SessionNumber,
        last: Duration,
    },
}

impl On {
    fn is_live(self, now: Duration) -> bool {
        matches!(self, Self::Live { last, .. } if now.saturating_sub(last) < SILENCE)
    }

    fn is_session(self, wanted: SessionNumber) -> bool {
        matches!(self, Self::Live { session, .. } if session == wanted)
    }
}

/// What is to be known of a live packet.
#[derive(Debug, Clone, Copy)]
struct Offered {
    kind: Kind,
    keyframe: bool,
    /// Whether its source offers a picture beside its sound.
    has_picture: bool,
}

/// What becomes of a live packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Live {
    /// It goes on the channel.
    On,
    /// Its picture can go on with a keyframe only.
    NeedsKeyframe,
    /// Its sound waits for its picture.
    Waits,
    /// A newer session has the channel, or is about to.
    Outranked,
}

/// A live session that was seen, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    session: SessionNumber,
    since: Duration,
}

/// A session whose pictures do not go on, since when, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refused {
    session: SessionNumber,
    since: Duration,
    last: Duration,
}

#[derive(Debug, Default)]
struct Selector {
    audio: On,
    video: On,
    /// The newest session that was on the channel.
    current: Option<Seen>,
    /// A newer one that has sent nothing yet that can go on.
    next: Option<Seen>,
    refused: Option<Refused>,
    restart_standby: bool,
    /// No picture is waited for.
    is_sound_only: bool,
}

impl Selector {
    /// Judges a live packet.
    fn live(&mut self, session: SessionNumber, offered: Offered, now: Duration) -> Live {
        let Offered { kind, keyframe, has_picture } = offered;
        let Some(since) = self.since(session, now) else { return Live::Outranked };
        let video_is_on = self.video.is_session(session);
        let goes = match kind {
            Kind::Video => video_is_on || keyframe,
            Kind::Audio => {
                let may_come = has_picture && !self.is_sound_only;
                let is_picture_awaited = may_come && now.saturating_sub(since) < PATIENCE;
                self.audio.is_session(session) || video_is_on || !is_picture_awaited
            }
        };
        match (goes, kind) {
            (false, Kind::Video) => {
                self.refuse(session, now);
                return Live::NeedsKeyframe;
            }
            (false, Kind::Audio) => return Live::Waits,
            (true, Kind::Video) => self.refused = self.refused.filter(|refused| refused.session != session),
            (true, Kind::Audio) => {}
        }
        if self.next.is_some_and(|next| next.session == session) {
            self.current = self.next.take();
        }
        *self.on(kind) = On::Live { session, last: now };
        Live::On
    }

    fn refuse(&mut self, session: SessionNumber, now: Duration) {
        let known =
            self.refused.filter(|refused| refused.session == session && now.saturating_sub(refused.last) < SILENCE);
        self.refused = Some(Refused { session, since: known.map_or(now, |known| known.since), last: now });
    }

    /// Since when a session has been seen, if no newer one has come.
    fn since(&mut self, session: SessionNumber, now: Duration) -> Option<Duration> {
        match (self.current, self.next) {
            (Some(current), _) if current.session == session => Some(current.since),
            (Some(current), _) if current.session > session => None,
            (_, Some(next)) if next.session == session => Some(next.since),
            (_, Some(next)) if next.session > session => None,
            _ => {
                self.next = Some(Seen { session, since: now });
                Some(now)
            }
        }
    }

    /// Whether this session has the channel.
    fn is_on(&self, session: SessionNumber) -> bool {
        self.current.is_some_and(|current| current.session == session)
    }

    /// What the standby does at `now`.
    fn standby(&mut self, kind: Kind, now: Duration) -> Standby {
        let restart = kind == Kind::Video && std::mem::take(&mut self.restart_standby);
        let on = self.on(kind);
        if on.is_live(now) {
            return Standby::Idle;
        }
        match std::mem::replace(on, On::Standby) {
            On::Standby if !restart => Standby::Continue,
            _ => Standby::Restart,
        }
    }

    fn on(&mut self, kind: Kind) -> &mut On {
        match kind {
            Kind::Audio => &mut self.audio,
            Kind::Video => &mut self.video,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Sound of a source that has a picture, too.
    const SOUND: Offered = Offered { kind: Kind::Audio, keyframe: true, has_picture: true };

    const fn picture_packet(keyframe: bool) -> Offered {
        Offered { kind: Kind::Video, keyframe, has_picture: true }
    }

    #[test]
    fn live_media_replaces_the_slate_at_its_first_keyframe_with_picture_and_sound_together() {
        let mut selector = Selector::default();
        let session = SessionNumber::next();
        assert_eq!(selector.standby(Kind::Video, ms(0)), Standby::Restart);
        assert_eq!(selector.standby(Kind::Video, ms(20)), Standby::Continue);
        assert_eq!(selector.live(session, picture_packet(false), ms(30)), Live::NeedsKeyframe);
        assert_eq!(selector.live(session, SOUND, ms(30)), Live::Waits);
        assert_eq!(selector.live(session, picture_packet(true), ms(40)), Live::On);
        assert_eq!(selector.live(session, SOUND, ms(41)), Live::On);
        assert_eq!(selector.live(session, picture_packet(false), ms(60)), Live::On);
        assert_eq!(selector.standby(Kind::Video, ms(80)), Standby::Idle);
    }

    #[test]
    fn the_slate_is_back_within_a_second_of_silence_and_starts_with_a_keyframe() {
        let mut selector = Selector::default();
        assert_eq!(selector.live(SessionNumber::next(), picture_packet(true), ms(0)), Live::On);
        assert_eq!(selector.standby(Kind::Video, ms(780)), Standby::Idle);
        assert_eq!(selector.standby(Kind::Video, ms(800)), Standby::Restart);
        assert_eq!(selector.standby(Kind::Video, ms(820)), Standby::Continue);
    }

    #[test]
    fn a_live_picture_that_went_silent_needs_a_keyframe_to_come_back() {
        let mut selector = Selector::default();
        let session = SessionNumber::next();
        assert_eq!(selector.live(session, picture_packet(true), ms(0)), Live::On);
        assert_eq!(selector.standby(Kind::Video, ms(900)), Standby::Restart);
        assert_eq!(selector.live(session, picture_packet(false), ms(910)), Live::NeedsKeyframe);
        assert_eq!(selector.live(session, picture_packet(true), ms(920)), Live::On);
    }

    #[test]
    fn a_newer_session_takes_over_with_its_first_keyframe_and_the_older_one_stays_on_until_then() {
        let mut selector = Selector::default();
        let (old, new) = (SessionNumber::next(), SessionNumber::next());
        assert_eq!(selector.live(old, picture_packet(true), ms(0)), Live::On);
        assert_eq!(selector.live(new, picture_packet(false), ms(10)), Live::NeedsKeyframe);
        assert_eq!(selector.live(new, SOUND, ms(15)), Live::Waits);
        assert_eq!(selector.live(old, picture_packet(false), ms(20)), Live::On);
        assert_eq!(selector.live(new, picture_packet(true), ms(30)), Live::On);
        assert!(selector.is_on(new) && !selector.is_on(old));
        assert_eq!(selector.live(old, picture_packet(true), ms(40)), Live::Outranked);
        assert_eq!(selector.live(old, SOUND, ms(2000)), Live::Outranked);
        assert_eq!(selector.live(new, SOUND, ms(50)), Live::On);
    }

    #[test]
    fn pictures_without_a_keyframe_are_told_while_they_come_and_none_is_on() {
        let channel = Channel::new(ChannelId::Program);
        let (old, new) = (SessionNumber::next(), SessionNumber::next());
        let publish = |session, keyframe, now| channel.publish(picture(session, keyframe), ms(now));
        assert_eq!(channel.keyframe_missing(ms(0)), None);
        for n in 0..30 {
            publish(old, false, n * 100);
        }
        assert_eq!(channel.keyframe_missing(ms(3000)), Some(ms(3000)));
        assert_eq!(channel.keyframe_missing(ms(4000)), None, "nothing comes any more");
        publish(old, true, 5000);
        publish(new, false, 5010);
        assert_eq!(channel.keyframe_missing(ms(5100)), None, "the older one is on");
        assert_eq!(channel.keyframe_missing(ms(5805)), Some(ms(795)), "the older one is not");
        publish(new, true, 5810);
        assert_eq!(channel.keyframe_missing(ms(5820)), None);
    }

    fn picture(session: SessionNumber, keyframe: bool) -> Packet {
        Packet {
            origin: Origin::Live(session),
            kind: Kind::Video,
            sequence: 0,
            timestamp: 0,
            running_time: Duration::ZERO,
            marker: true,
            keyframe,
            payload: Arc::from([0x41].as_slice()),
        }
    }

    #[tokio::test]
    async fn a_picture_that_comes_back_without_a_keyframe_asks_its_source_for_one() {
        let channel = Channel::new(ChannelId::Program);
        let session = SessionNumber::next();
        let packet = |keyframe| picture(session, keyframe);
        assert!(channel.publish(packet(true), ms(0)));
        channel.stand_by(Kind::Video, ms(900), |_| None);
        let mut reader = channel.reader();
        channel.publish(packet(false), ms(910));
        let mut on = Vec::new();
        reader.drain(&mut on);
        assert!(on.is_empty(), "the slate is on");
        let wish = tokio::time::timeout(Duration::from_secs(5), channel.keyframe_wanted());
        wish.await.expect("the source is asked");
    }

    #[test]
    fn a_source_without_a_picture_brings_its_sound_under_the_slate() {
        let mut selector = Selector::default();
        let session = SessionNumber::next();
        assert_eq!(selector.live(session, SOUND, ms(0)), Live::Waits);
        assert_eq!(selector.live(session, SOUND, ms(980)), Live::Waits);
        assert_eq!(selector.live(session, SOUND, ms(1000)), Live::On);
        assert_eq!(selector.standby(Kind::Video, ms(1010)), Standby::Restart);
        assert_eq!(selector.standby(Kind::Audio, ms(1010)), Standby::Idle);
    }

    #[test]
    fn a_source_that_offers_no_picture_is_heard_at_once_and_replaces_one_that_has() {
        let mut selector = Selector::default();
        let (old, new) = (SessionNumber::next(), SessionNumber::next());
        assert_eq!(selector.live(old, picture_packet(true), ms(0)), Live::On);
        let alone = Offered { has_picture: false, ..SOUND };
        assert_eq!(selector.live(new, alone, ms(10)), Live::On);
        assert!(selector.is_on(new));
        assert_eq!(selector.live(old, picture_packet(true), ms(20)), Live::Outranked);
        let channel = Channel::new(ChannelId::Camera("anna".parse().unwrap()));
        let mut reader = channel.reader();
        let sound = |sequence| Packet { kind: Kind::Audio, sequence, ..picture(SessionNumber::next(), true) };
        assert!(!channel.publish(sound(1), ms(0)));
        assert!(channel.publish_alone(sound(2), ms(0)));
        let mut on = Vec::new();
        reader.drain(&mut on);
        assert_eq!(on.iter().map(|packet| packet.sequence).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn where_there_is_never_a_picture_sound_is_on_at_once() {
        let radio = Channel::new(ChannelId::Radio);
        let sound = Packet { kind: Kind::Audio, ..picture(SessionNumber::next(), true) };
        assert!(radio.publish(sound, ms(0)));
    }

    #[test]
    fn a_keyframe_request_restarts_the_slate_once() {
        let channel = Channel::new(ChannelId::Program);
        let mut asked = Vec::new();
        let mut tick = |now| {
            channel.stand_by(Kind::Video, now, |what| {
                asked.push(what);
                None
            })
        };
        tick(ms(0));
        channel.request_keyframe();
        tick(ms(20));
        tick(ms(40));
        assert_eq!(asked, [Standby::Restart, Standby::Restart, Standby::Continue]);
    }
}
