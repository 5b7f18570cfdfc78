//! All connected pages: how many there may be, and who is there, which the show is told.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Frames;
use crate::director::Director;
use crate::http::access::{Proof, Visitor};
use crate::http::error::Error;
use crate::http::messages::{Memo, ViewerCounts};
use crate::show::{Actor, Fact};
use crate::store::LinkId;

/// Most pages at once, by who opened them, and of those that have not said hello: nobody can take the operators' place.
const MOST_VIEWERS: usize = 4096;
const MOST_CREWS: usize = 256;
const MOST_OPERATORS: usize = 64;
const MOST_STRANGERS: usize = 512;

/// Most pages of one city or co-host: none of them can take the others' place.
const MOST_EACH: usize = 16;

/// A bounded number of places.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    free: Arc<Semaphore>,
}

impl Places {
    fn new(most: usize) -> Self {
        Self { most, free: Arc::new(Semaphore::new(most)) }
    }

    fn taken(&self) -> usize {
        self.most - self.free.available_permits()
    }

    pub(super) fn take(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.free.clone().try_acquire_owned().map_err(|_| Error::FullRoom(self.most))
    }
}

/// All connected pages.
#[derive(Debug)]
pub(in crate::http) struct Room {
    pub(super) strangers: Places,
    watchers: Places,
    crews: Places,
    operators: Places,
    pub(super) memo: Memo,
    pub(super) viewers: ViewerCounts,
    pub(super) frames: Frames,
    there: Arc<There>,
}

/// Who has pages open.
#[derive(Debug, Default)]
struct There {
    pages: Mutex<Pages>,
    /// Who is there as far as the show knows. Held while it is told, so that it hears of comings and goings in the order in which they were counted.
    told: tokio::sync::Mutex<HashSet<Actor>>,
}

#[derive(Debug, Default)]
struct Pages {
    by_actor: HashMap<Actor, usize>,
    by_link: HashMap<LinkId, usize>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            strangers: Places::new(MOST_STRANGERS),
            watchers: Places::new(MOST_VIEWERS),
            crews: Places::new(MOST_CREWS),
            operators: Places::new(MOST_OPERATORS),
            memo: Memo::default(),
            viewers: ViewerCounts::default(),
            frames: Frames::default(),
            there: Arc::default(),
        }
    }
}

impl Room {
    /// How many pages are connected.
    pub(in crate::http) fn taken(&self) -> usize {
        [&self.strangers, &self.watchers, &self.crews, &self.operators].iter().map(|places| places.taken()).sum()
    }

    /// Whether a page is there that was opened with this link.
    pub(in crate::http) fn has_link(&self, link: LinkId) -> bool {
        self.there.lock().by_link.contains_key(&link)
    }

    fn places(&self, actor: &Actor) -> &Places {
        match actor {
            Actor::Operator(_) | Actor::Machine(_) | Actor::House => &self.operators,
            Actor::City(_) | Actor::Cohost(_) => &self.crews,
            Actor::Viewer => &self.watchers,
        }
    }

    /// Lets a page in. The show is told of the first of an actor; of viewers it is not.
    pub(super) fn enter(&self, visitor: &Visitor, director: &Director) -> Result<Stay, Error> {
        let actor = visitor.caller.actor.clone();
        let place = self.places(&actor).take()?;
        let link = match visitor.proof {
            Proof::Link(link) => Some(link),
            Proof::Nothing | Proof::Session(_) | Proof::Machine(_) => None,
        };
        if actor != Actor::Viewer {
            let mut pages = self.there.lock();
            let count = pages.by_actor.entry(actor.clone()).or_default();
            if matches!(actor, Actor::City(_) | Actor::Cohost(_)) && *count >= MOST_EACH {
                return Err(Error::FullRoom(MOST_EACH));
            }
            *count += 1;
            link.into_iter().for_each(|link| *pages.by_link.entry(link).or_default() += 1);
        }
        let stay = Stay { actor, link, there: self.there.clone(), director: director.clone(), _place: place };
        stay.tell();
        Ok(stay)
    }
}

impl There {
    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the show whether somebody is there, if it does not know it yet.
    async fn tell(&self, actor: Actor, director: &Director) {
        let mut told = self.told.lock().await;
        let is_there = self.lock().by_actor.contains_key(&actor);
        let is_news = if is_there { told.insert(actor.clone()) } else { told.remove(&actor) };
        if !is_news {
            return;
        }
        let fact = if is_there { Fact::Arrived { actor } } else { Fact::Departed { actor } };
        // A show that has stopped needs to know nothing.
        let _ = director.observe(fact).await;
    }
}

/// A page's place in the room, from its hello to its end.
#[derive(Debug)]
pub(super) struct Stay {
    actor: Actor,
    link: Option<LinkId>,
    there: Arc<There>,
    director: Director,
    _place: OwnedSemaphorePermit,
}

impl Stay {
    /// In a task of its own: neither a page's hello nor its end waits for the show.
    fn tell(&self) {
        if self.actor == Actor::Viewer {
            return;
        }
        let (there, actor, director) = (self.there.clone(), self.actor.clone(), self.director.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            drop(runtime.spawn(async move { there.tell(actor, &director).await }));
        }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        if self.actor != Actor::Viewer {
            let mut pages = self.there.lock();
            leave(&mut pages.by_actor, &self.actor);
            self.link.iter().for_each(|link| leave(&mut pages.by_link, link));
        }
        self.tell();
    }
}

fn leave<K: Eq + std::hash::Hash>(pages: &mut HashMap<K, usize>, who: &K) {
    if let Some(count) = pages.get_mut(who) {
        *count -= 1;
        if *count == 0 {
            pages.remove(who);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_crews_and_strangers_cannot_take_the_operators_places() {
        let room = Room::default();
        let actor = |text: &str| text.parse::<Actor>().unwrap();
        let take_all = |places: &Places| std::iter::from_fn(|| places.take().ok()).collect::<Vec<_>>();
        let taken = [&room.strangers, room.places(&Actor::Viewer), room.places(&actor("city:roma"))].map(take_all);
        assert_eq!(taken.each_ref().map(Vec::len), [MOST_STRANGERS, MOST_VIEWERS, MOST_CREWS]);
        assert!(matches!(room.places(&Actor::Viewer).take(), Err(Error::FullRoom(MOST_VIEWERS))));
        assert!(room.places(&actor("operator:Anna")).take().is_ok());
        assert_eq!(room.taken(), MOST_STRANGERS + MOST_VIEWERS + MOST_CREWS);
    }
}
