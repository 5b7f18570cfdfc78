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
    show: PhantomData<&'a mut Show>,
}

impl Drain<'_> {
    pub(super) fn new(outputs: Vec<Output>) -> Self {
        Self { outputs: outputs.into_iter(), show: PhantomData }
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
