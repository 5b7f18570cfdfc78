//! What is decoded and may be wanted again: the things used last, up to a number of bytes.

use std::collections::HashMap;
use std::hash::Hash;

/// Keeps what was used last.
#[derive(Debug)]
pub(super) struct Shelf<K, V> {
    room: usize,
    taken: usize,
    things: HashMap<K, Thing<V>>,
    /// Counts uses.
    uses: u64,
}

#[derive(Debug)]
struct Thing<V> {
    value: V,
    bytes: usize,
    used: u64,
}

impl<K: Eq + Hash + Clone, V> Shelf<K, V> {
    /// An empty one for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { room, taken: 0, things: HashMap::new(), uses: 0 }
    }

    /// What is there under this key; that counts as a use.
    pub(super) fn get(&mut self, key: &K) -> Option<&V> {
        self.uses += 1;
        let thing = self.things.get_mut(key)?;
        thing.used = self.uses;
        Some(&thing.value)
    }

    /// Puts something there, in place of what was there before, and takes away what was not used for the longest time. It
    /// stays itself even if it is larger than the shelf.
    pub(super) fn put(&mut self, key: K, value: V, bytes: usize) {
        self.remove(&key);
        while self.taken + bytes > self.room {
            let Some(oldest) = self.things.iter().min_by_key(|(_, thing)| thing.used).map(|(key, _)| key.clone())
            else {
                break;
            };
            self.remove(&oldest);
        }
        self.uses += 1;
        self.taken += bytes;
        self.things.insert(key, Thing { value, bytes, used: self.uses });
    }

    /// Takes away what is not to be kept.
    pub(super) fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.things.retain(|key, _| keep(key));
        self.taken = self.things.values().map(|thing| thing.bytes).sum();
    }

    fn remove(&mut self, key: &K) {
        if let Some(thing) = self.things.remove(key) {
            self.taken -= thing.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays() {
        let mut shelf = Shelf::new(100);
        shelf.put("a", 1, 40);
        shelf.put("b", 2, 40);
        assert_eq!(shelf.get(&"a"), Some(&1));
        shelf.put("c", 3, 40);
        assert_eq!((shelf.get(&"a").copied(), shelf.get(&"b").copied()), (Some(1), None));
        assert_eq!(shelf.get(&"c"), Some(&3));
    }

    #[test]
    fn bytes_are_counted_once() {
        let mut shelf = Shelf::new(100);
        for n in 0..10 {
            shelf.put("a", n, 60);
        }
        assert_eq!((shelf.taken, shelf.get(&"a")), (60, Some(&9)));
        shelf.put("huge", 1, 1000);
        assert_eq!((shelf.get(&"a").copied(), shelf.get(&"huge").copied()), (None, Some(1)));
        shelf.put("b", 2, 10);
        assert_eq!((shelf.taken, shelf.get(&"huge")), (10, None));
        shelf.retain(|_| false);
        assert_eq!((shelf.taken, shelf.get(&"b")), (0, None));
    }
}
