//! How often somebody may try: so many at once, then one after a while. Bounded in memory, whoever tries.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most whom one counter remembers; beyond them the one who tried least is forgotten.
const MOST: usize = 4096;

/// Counts attempts by who makes them: a bucket of `burst` for each, that fills again one by one.
#[derive(Debug)]
pub(in crate::http) struct Attempts<K> {
    burst: u32,
    refill: Duration,
    /// When each bucket will be full again; a full one is not kept.
    full_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash + Clone> Attempts<K> {
    /// So many at once, and one more each `refill`.
    pub(in crate::http) fn new(burst: u32, refill: Duration) -> Self {
        Self { burst, refill, full_at: Mutex::default() }
    }

    /// Takes one attempt.
    ///
    /// # Errors
    /// How long to wait for the next, if there is none.
    pub(in crate::http) fn take(&self, who: K, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.lock();
        let full = full_at.get(&who).copied().unwrap_or(now).max(now) + self.refill;
        let debt = full.saturating_duration_since(now);
        let most = self.refill * self.burst;
        if debt > most {
            return Err(debt - most);
        }
        if full_at.len() >= MOST && !full_at.contains_key(&who) {
            make_room(&mut full_at, now);
        }
        full_at.insert(who, full);
        Ok(())
    }

    /// Gives one back: it was none.
    pub(in crate::http) fn give_back(&self, who: &K, now: Instant) {
        let mut full_at = self.lock();
        if let Some(full) = full_at.get_mut(who) {
            match full.checked_sub(self.refill).filter(|full| *full > now) {
                Some(earlier) => *full = earlier,
                None => drop(full_at.remove(who)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Instant>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room<K: Eq + Hash + Clone>(full_at: &mut HashMap<K, Instant>, now: Instant) {
    full_at.retain(|_, full| *full > now);
    if full_at.len() >= MOST
        && let Some(least) = full_at.iter().min_by_key(|(_, full)| **full).map(|(who, _)| who.clone())
    {
        full_at.remove(&least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFILL: Duration = Duration::from_secs(10);

    #[test]
    fn after_a_burst_one_has_to_wait_for_the_next() {
        let (attempts, start) = (Attempts::new(3, REFILL), Instant::now());
        assert!((0..3).all(|_| attempts.take("a", start).is_ok()));
        assert_eq!(attempts.take("a", start), Err(REFILL));
        assert_eq!(attempts.take("a", start + REFILL / 2), Err(REFILL / 2));
        assert!(attempts.take("b", start).is_ok(), "others are not held up");
        assert!(attempts.take("a", start + REFILL).is_ok());
        assert!(attempts.take("a", start + REFILL).is_err());
    }

    #[test]
    fn what_was_given_back_does_not_count() {
        let (attempts, start) = (Attempts::new(1, REFILL), Instant::now());
        for _ in 0..5 {
            assert!(attempts.take("a", start).is_ok());
            attempts.give_back(&"a", start);
        }
        assert!(attempts.lock().is_empty());
    }

    #[test]
    fn a_crowd_pushes_out_who_tried_least() {
        let (attempts, start) = (Attempts::new(2, REFILL), Instant::now());
        assert!(attempts.take(usize::MAX, start).is_ok() && attempts.take(usize::MAX, start).is_ok());
        assert!((0..2 * MOST).all(|n| attempts.take(n, start).is_ok()));
        assert_eq!(attempts.lock().len(), MOST);
        assert!(attempts.take(usize::MAX, start).is_err(), "who tried most is remembered");
    }
}
