//! The channels that can be watched now, each with what every shard needs to know of it.
//!
//! A channel that comes later is told to nobody: a viewer who selects it brings its [`Listing`] to the shard. One that is
//! taken away is marked; shards and the slate player look at the mark many times a second.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use super::Error;
use crate::rtp::Channel;
use crate::show::ChannelId;

/// Most channels at a time: those of the house, sixteen cities with their returns, as many co-hosts as an evening can have
/// with camera and call, and what operators listen to.
const MOST_CHANNELS: usize = 128;

/// A channel that can be, or could be, watched.
#[derive(Debug)]
pub(super) struct Listing {
    /// No other channel had or will have it: a channel that comes back under its name is another one.
    pub(super) number: usize,
    pub(super) channel: Arc<Channel>,
    /// The audience now, by shard.
    audience: Box<[AtomicUsize]>,
    removed: AtomicBool,
    /// How long a packet takes to who measured it last and back.
    round_trip: Mutex<Option<Measured>>,
}

/// A round trip, and whose it is.
#[derive(Debug, Clone, Copy)]
struct Measured {
    by: u64,
    length: Duration,
}

impl Listing {
    /// Whether the channel was taken away.
    pub(super) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }

    /// Counts viewers in (or, `by` being less than zero, out) on a shard.
    pub(super) fn count(&self, shard: usize, by: isize) {
        if let Some(audience) = self.audience.get(shard) {
            // Wraps both ways, as the addition of a negative number should.
            audience.fetch_add(by.cast_unsigned(), Ordering::Relaxed);
        }
    }

    /// How long a packet takes to who is called there and back, as last measured.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.measured().map(|measured| measured.length)
    }

    fn measured(&self) -> MutexGuard<'_, Option<Measured>> {
        self.round_trip.lock().expect("no code panics while it holds a round trip")
    }

    /// The audience now on these shards.
    pub(super) fn audience(&self, shards: &[usize]) -> usize {
        shards.iter().filter_map(|shard| self.audience.get(*shard)).map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

/// Measures the way to one viewer for a channel. What it measured is forgotten when it is dropped.
#[derive(Debug)]
pub(super) struct Sounding {
    listing: Arc<Listing>,
    number: u64,
}

impl Sounding {
    /// One that has measured nothing.
    pub(super) fn new(listing: &Arc<Listing>) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self { listing: Arc::clone(listing), number: LAST.fetch_add(1, Ordering::Relaxed) }
    }

    /// A packet takes so long there and back.
    pub(super) fn measure(&self, length: Duration) {
        *self.listing.measured() = Some(Measured { by: self.number, length });
    }
}

impl Drop for Sounding {
    fn drop(&mut self) {
        // Who came after this one may have measured since.
        self.listing.measured().take_if(|measured| measured.by == self.number);
    }
}

/// All channels, in the order in which they came.
#[derive(Debug)]
pub(super) struct Lineup {
    shards: usize,
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    listings: Vec<Arc<Listing>>,
    /// How many came since the start.
    last: usize,
}

impl Lineup {
    /// No channels, for so many shards.
    pub(super) fn new(shards: usize) -> Self {
        Self { shards, inner: RwLock::default() }
    }

    /// Adds a channel.
    pub(super) fn add(&self, channel: Arc<Channel>) -> Result<Arc<Listing>, Error> {
        let mut inner = self.write();
        if inner.listings.iter().any(|listing| listing.channel.id() == channel.id()) {
            return Err(Error::Taken(channel.id().clone()));
        }
        if inner.listings.len() >= MOST_CHANNELS {
            return Err(Error::NoRoom(MOST_CHANNELS));
        }
        inner.last += 1;
        let listing = Arc::new(Listing {
            number: inner.last,
            channel,
            audience: std::iter::repeat_with(AtomicUsize::default).take(self.shards).collect(),
            removed: AtomicBool::new(false),
            round_trip: Mutex::default(),
        });
        inner.listings.push(Arc::clone(&listing));
        Ok(listing)
    }

    /// Takes a channel away, if it is there.
    pub(super) fn remove(&self, channel: &ChannelId) {
        let mut inner = self.write();
        if let Some(place) = inner.listings.iter().position(|listing| listing.channel.id() == channel) {
            inner.listings.remove(place).removed.store(true, Ordering::Release);
        }
    }

    /// The channel of this name.
    pub(super) fn find(&self, channel: &ChannelId) -> Result<Arc<Listing>, Error> {
        let inner = self.read();
        let listing = inner.listings.iter().find(|listing| listing.channel.id() == channel);
        listing.map(Arc::clone).ok_or_else(|| Error::UnknownChannel(channel.clone()))
    }

    /// All channels now.
    pub(super) fn all(&self) -> Vec<Arc<Listing>> {
        self.read().listings.clone()
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().expect("no code panics while it holds the line-up")
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().expect("no code panics while it holds the line-up")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(id: &str) -> Arc<Channel> {
        Channel::new(id.parse().unwrap())
    }

    #[test]
    fn a_channel_that_comes_back_is_another_one() {
        let lineup = Lineup::new(2);
        let first = lineup.add(channel("roma")).unwrap();
        lineup.add(channel("lecce")).unwrap();
        assert!(matches!(lineup.add(channel("roma")), Err(Error::Taken(_))));
        lineup.remove(&"roma".parse().unwrap());
        lineup.remove(&"roma".parse().unwrap());
        assert!(first.is_removed() && lineup.find(&"roma".parse().unwrap()).is_err());
        let again = lineup.add(channel("roma")).unwrap();
        assert!(!again.is_removed() && again.number != first.number);
        let names: Vec<String> = lineup.all().iter().map(|listing| listing.channel.id().to_string()).collect();
        assert_eq!(names, ["lecce", "roma"]);
    }

    #[test]
    fn channels_are_bounded_and_a_removed_one_makes_room() {
        let lineup = Lineup::new(1);
        for n in 0..MOST_CHANNELS {
            lineup.add(channel(&format!("city-{n}"))).unwrap();
        }
        assert!(matches!(lineup.add(channel("roma")), Err(Error::NoRoom(_))));
        lineup.remove(&"city-7".parse().unwrap());
        lineup.add(channel("roma")).unwrap();
    }

    #[test]
    fn a_round_trip_is_forgotten_with_who_measured_it_and_not_with_who_came_before() {
        let listing = Lineup::new(1).add(channel("call-anna")).unwrap();
        let (before, now) = (Sounding::new(&listing), Sounding::new(&listing));
        assert_eq!(listing.round_trip(), None);
        before.measure(Duration::from_millis(80));
        now.measure(Duration::from_millis(30));
        drop(before);
        assert_eq!(listing.round_trip(), Some(Duration::from_millis(30)));
        drop(now);
        assert_eq!(listing.round_trip(), None);
    }

    #[test]
    fn the_audience_is_counted_by_shard() {
        let listing = Lineup::new(3).add(channel("roma")).unwrap();
        listing.count(0, 1);
        listing.count(2, 1);
        listing.count(2, 1);
        listing.count(2, -1);
        assert_eq!((listing.audience(&[0, 1, 2]), listing.audience(&[1]), listing.audience(&[2])), (2, 0, 1));
    }
}
