//! Plays the slates of all channels while nothing live is on, from memory, on one thread with a tick of 20 ms. Where nobody
//! watches, nothing is played; whoever comes has the slate's keyframe at the next tick.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::lineup::Listing;
use crate::rtp::{Kind, Origin, Packet, Slate, Standby};

/// Sound needs a packet each [`Slate::SILENCE_LENGTH`]; pictures are sent at the tick that follows their time.
const TICK: Duration = Slate::SILENCE_LENGTH;

/// Ticks that are made up for after a stall. Older ones are skipped: a burst of them would help nobody.
const MOST_MISSED: u32 = 5;

/// A slate to play on a channel from now on, which may have had another one.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) listing: Arc<Listing>,
    pub(super) slate: Arc<Slate>,
}

/// Plays until `stopping` is set or the other end of `orders` is gone.
pub(super) fn run(orders: &Receiver<Order>, epoch: Instant, stopping: &AtomicBool) {
    let mut players: Vec<Player> = Vec::new();
    let mut due = Instant::now();
    loop {
        // Before the first tick as well: what was ordered at the start begins at once.
        while let Ok(order) = orders.try_recv() {
            obey(&mut players, order);
        }
        if stopping.load(Ordering::Acquire) {
            return;
        }
        players.retain(|player| !player.listing.is_removed());
        let now = due.saturating_duration_since(epoch);
        for player in &mut players {
            player.tick(now);
        }
        due += TICK;
        let late = Instant::now().saturating_duration_since(due);
        if late > TICK * MOST_MISSED {
            tracing::warn!(late_ms = late.as_millis() as u64, "the slate player was held up");
            due += late;
        }
        loop {
            match orders.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(order) => obey(&mut players, order),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

fn obey(players: &mut Vec<Player>, Order { listing, slate }: Order) {
    match players.iter_mut().find(|player| player.listing.number == listing.number) {
        Some(player) => player.change(slate),
        None => players.push(Player::new(listing, slate)),
    }
}

/// The standby of one channel: numbers and timestamps go on over pauses, on the event clock.
struct Player {
    listing: Arc<Listing>,
    slate: Arc<Slate>,
    /// The next picture is the keyframe: another slate than the one that played, or nobody watched.
    begins: bool,
    sound_sequence: u64,
    picture_sequence: u64,
    /// The next picture and when it is due.
    picture: usize,
    due: Duration,
}

impl Player {
    fn new(listing: Arc<Listing>, slate: Arc<Slate>) -> Self {
        Self { listing, slate, begins: true, sound_sequence: 0, picture_sequence: 0, picture: 0, due: Duration::ZERO }
    }

    /// Plays this slate from the next tick on.
    fn change(&mut self, slate: Arc<Slate>) {
        (self.slate, self.begins) = (slate, true);
    }

    /// Sends what is due at event time `now`.
    fn tick(&mut self, now: Duration) {
        let channel = Arc::clone(&self.listing.channel);
        let is_watched = channel.audience() > 0;
        // The channel is asked all the same: it is the one to know that nothing live is on.
        channel.stand_by(Kind::Video, now, |what| if is_watched { self.pictures(what, now) } else { self.rest() });
        channel.stand_by(Kind::Audio, now, |what| (what != Standby::Idle && is_watched).then(|| self.silence(now)));
    }

    /// Plays nothing; the slate begins anew afterwards.
    fn rest(&mut self) -> Vec<Packet> {
        self.begins = true;
        Vec::new()
    }

    fn pictures(&mut self, what: Standby, now: Duration) -> Vec<Packet> {
        match (what, self.begins) {
            (Standby::Idle, _) => return Vec::new(),
            (Standby::Restart, _) | (Standby::Continue, true) => (self.picture, self.due) = (0, now),
            (Standby::Continue, false) if now < self.due => return Vec::new(),
            (Standby::Continue, false) => {}
        }
        self.begins = false;
        let Some(payloads) = self.slate.pictures.get(self.picture) else { return Vec::new() };
        // The instant is the picture's own, so that the interval stays exact between ticks.
        let running_time = self.due;
        let packets = payloads
            .iter()
            .enumerate()
            .map(|(place, payload)| Packet {
                origin: Origin::Standby,
                kind: Kind::Video,
                sequence: self.picture_sequence + place as u64,
                timestamp: timestamp(Kind::Video, running_time),
                running_time,
                marker: place + 1 == payloads.len(),
                keyframe: self.picture == 0 && place == 0,
                payload: Arc::clone(payload),
            })
            .collect();
        self.picture_sequence += payloads.len() as u64;
        self.picture = (self.picture + 1) % self.slate.pictures.len();
        // An interval shorter than a tick would fall behind for ever.
        self.due = (running_time + self.slate.interval).max((now + Duration::from_millis(1)).saturating_sub(TICK));
        packets
    }

    fn silence(&mut self, now: Duration) -> Packet {
        self.sound_sequence += 1;
        Packet {
            origin: Origin::Standby,
            kind: Kind::Audio,
            sequence: self.sound_sequence,
            timestamp: timestamp(Kind::Audio, now),
            running_time: now,
            marker: false,
            keyframe: true,
            payload: Arc::clone(&self.slate.silence),
        }
    }
}

/// RTP time of an instant: the event clock itself, in ticks. It wraps as RTP time does.
fn timestamp(kind: Kind, instant: Duration) -> u32 {
    kind.ticks(instant) as u32
}

#[cfg(test)]
mod tests {
    use super::super::lineup::Lineup;
    use super::*;
    use crate::rtp::Channel;
    use crate::show::ChannelId;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn player(interval: Duration) -> Player {
        let payload = |word: &str| Arc::from(word.as_bytes());
        let slate = Slate {
            pictures: vec![vec![payload("sps"), payload("idr")], vec![payload("p1")], vec![payload("p2")]],
            interval,
            silence: payload("silence"),
        };
        let listing = Lineup::new(1).add(Channel::new(ChannelId::Program)).unwrap();
        Player::new(listing, Arc::new(slate))
    }

    fn words(packets: &[Packet]) -> String {
        packets.iter().map(|packet| std::str::from_utf8(&packet.payload).unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn pictures_loop_at_their_interval_with_a_keyframe_at_the_front() {
        let mut player = player(ms(50));
        let mut played = player.pictures(Standby::Restart, ms(1000));
        for tick in 1..10 {
            played.extend(player.pictures(Standby::Continue, ms(1000 + tick * 20)));
        }
        assert_eq!(words(&played), "sps idr p1 p2 sps idr");
        let times: Vec<u64> = played.iter().map(|p| p.running_time.as_millis() as u64).collect();
        assert_eq!(times, [1000, 1000, 1050, 1100, 1150, 1150]);
        assert_eq!(played[2].timestamp - played[1].timestamp, 4500);
        assert!(played.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
        let keyframes: Vec<bool> = played.iter().map(|p| p.keyframe).collect();
        assert_eq!(keyframes, [true, false, false, false, true, false]);
        assert_eq!(played.iter().map(|p| p.marker).collect::<Vec<_>>(), [false, true, true, true, false, true]);
    }

    #[test]
    fn a_restart_begins_with_the_keyframe_at_once() {
        let mut player = player(ms(200));
        player.pictures(Standby::Restart, ms(0));
        player.pictures(Standby::Continue, ms(200));
        assert_eq!(words(&player.pictures(Standby::Restart, ms(220))), "sps idr");
        assert_eq!(words(&player.pictures(Standby::Continue, ms(400))), "");
        assert_eq!(words(&player.pictures(Standby::Continue, ms(420))), "p1");
    }

    #[test]
    fn another_slate_begins_with_its_keyframe_at_once() {
        let mut player = player(ms(200));
        player.pictures(Standby::Restart, ms(0));
        let payload = |word: &str| Arc::from(word.as_bytes());
        let mut renamed = (*player.slate).clone();
        renamed.pictures = vec![vec![payload("new")], vec![payload("next")]];
        player.change(Arc::new(renamed));
        let played = player.pictures(Standby::Continue, ms(20));
        assert_eq!(words(&played), "new");
        assert!(played[0].keyframe && played[0].sequence == 2 && played[0].running_time == ms(20));
        assert_eq!(words(&player.pictures(Standby::Continue, ms(200))), "");
        assert_eq!(words(&player.pictures(Standby::Continue, ms(220))), "next");
    }

    #[test]
    fn after_live_media_numbers_go_on_and_time_is_the_event_clocks() {
        let mut player = player(ms(200));
        let before = player.silence(ms(20));
        let after = player.silence(ms(5020));
        assert_eq!(after.sequence, before.sequence + 1);
        assert_eq!(after.timestamp - before.timestamp, 5 * 48_000);
    }

    #[test]
    fn a_slate_without_pictures_plays_silence() {
        let mut player = player(ms(200));
        Arc::get_mut(&mut player.slate).unwrap().pictures.clear();
        let (mut reader, _watching) = (player.listing.channel.reader(), player.listing.channel.attend());
        player.tick(ms(0));
        let mut packets = Vec::new();
        reader.drain(&mut packets);
        assert_eq!(packets.len(), 1);
    }

    #[test]
    fn nothing_is_played_for_nobody_and_whoever_comes_has_the_keyframe_at_the_next_tick() {
        let mut player = player(ms(200));
        let channel = Arc::clone(&player.listing.channel);
        let mut reader = channel.reader();
        let mut played = |player: &mut Player, ticks: std::ops::Range<u64>| {
            ticks.for_each(|tick| player.tick(ms(tick * 20)));
            let mut packets = Vec::new();
            reader.drain(&mut packets);
            packets.iter().map(|packet| (packet.kind, packet.keyframe, packet.running_time)).collect::<Vec<_>>()
        };
        assert_eq!(played(&mut player, 0..100), []);
        let first = channel.attend();
        let begin = [(Kind::Video, true, ms(2000)), (Kind::Video, false, ms(2000)), (Kind::Audio, true, ms(2000))];
        assert_eq!(played(&mut player, 100..101), begin);
        assert_eq!(played(&mut player, 101..111).len(), 11, "ten of silence and a picture");
        drop(first);
        assert_eq!(played(&mut player, 111..200), []);
        let _second = channel.attend();
        assert_eq!(played(&mut player, 200..201)[0], (Kind::Video, true, ms(4000)));
    }
}
