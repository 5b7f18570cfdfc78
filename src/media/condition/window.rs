//! Sums over the last seconds, in a fixed number of parts.

use std::time::Duration;

/// Parts of a window: the sum is at most this much too young.
const PARTS: usize = 10;

/// What was added within a span.
#[derive(Debug)]
pub(super) struct Window<T> {
    part: Duration,
    /// Numbered by their begin; the newest last.
    parts: [Option<(u64, T)>; PARTS],
    /// Number of the first part that anything was added to.
    first: Option<u64>,
}

impl<T: Copy + Default> Window<T> {
    /// An empty one.
    pub(super) fn new(span: Duration) -> Self {
        Self { part: span / PARTS as u32, parts: [None; PARTS], first: None }
    }

    /// Adds to what belongs to an instant.
    pub(super) fn add(&mut self, at: Duration, add: impl FnOnce(&mut T)) {
        let number = self.number(at);
        self.first.get_or_insert(number);
        let slot = &mut self.parts[usize::try_from(number % PARTS as u64).unwrap_or_default()];
        match slot {
            Some((held, value)) if *held == number => add(value),
            _ => add(&mut slot.insert((number, T::default())).1),
        }
    }

    /// The sum of all parts within the span, if there is one.
    pub(super) fn sum(&self, now: Duration, add: impl Fn(T, T) -> T) -> Option<T> {
        let newest = self.number(now);
        let within = |number: u64| number <= newest && newest - number < PARTS as u64;
        let values = self.parts.iter().flatten().filter(|(number, _)| within(*number)).map(|(_, value)| *value);
        values.reduce(add)
    }

    /// How much of the span a sum is of: its newest part has only begun.
    pub(super) fn covered(&self, now: Duration) -> Duration {
        let into = now.saturating_sub(self.part * u32::try_from(self.number(now)).unwrap_or(u32::MAX));
        self.part * (PARTS as u32 - 1) + into
    }

    /// Whether something was added for the first time a whole span ago.
    pub(super) fn is_full(&self, now: Duration) -> bool {
        self.first.is_some_and(|first| self.number(now).saturating_sub(first) >= PARTS as u64)
    }

    fn number(&self, at: Duration) -> u64 {
        u64::try_from(at.as_nanos() / self.part.as_nanos().max(1)).unwrap_or(u64::MAX)
    }
}
