//! The answer to one call of the show.

use std::iter::FusedIterator;
use std::marker::PhantomData;

use super::{Output, Show};

/// Everything that follows from one call, in the order in which it should be done: effects, events, and last the time of
/// the next tick, if one is waited for.
///
/// It borrows the show, so nothing can change the show before its last answer is put down. What is not taken is lost.
#[derive(Debug)]
#[must_use = "engines and world must hear what follows from a call"]
pub struct Drain<'a> {
    outputs: std::vec::IntoIter<Output>,
    double_press: bool,
    show: PhantomData<&'a mut Show>,
}

impl Drain<'_> {
    pub(super) fn new(outputs: Vec<Output>) -> Self {
        Self { outputs: outputs.into_iter(), double_press: false, show: PhantomData }
    }

    /// The answer to the second press of a double press. It says nothing, also not what is waited for: that stays.
    pub(super) fn double_press() -> Self {
        Self { double_press: true, ..Self::new(Vec::new()) }
    }

    /// Whether the command was ignored because it came right after the same one.
    pub fn is_double_press(&self) -> bool {
        self.double_press
    }
}

impl Iterator for Drain<'_> {
    type Item = Output;

    fn next(&mut self) -> Option<Output> {
        self.outputs.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.outputs.size_hint()
    }
}

impl ExactSizeIterator for Drain<'_> {}
impl FusedIterator for Drain<'_> {}
