//! Commands that were answered, by who sent them and the id that they gave, so that none runs twice.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::secret::Digest;
use crate::show::Actor;

/// How long an answer is kept. A page repeats a command within seconds or not at all.
const KEPT: Duration = Duration::from_secs(600);

/// Most answers that are kept for one sender; beyond them the oldest is forgotten. Nobody can push out another's.
const MOST: usize = 1024;

/// What was answered to a command.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The command's digest, to tell a repetition from an id that was used again: a command may be long.
    pub(super) command: Digest,
    /// The status.
    pub(super) status: StatusCode,
    /// The body, JSON.
    pub(super) body: String,
}

/// The answers of each sender.
#[derive(Debug, Default)]
pub(super) struct Answered(HashMap<Actor, Answers>);

/// The answers to one sender, oldest first.
#[derive(Debug, Default)]
struct Answers {
    by_id: HashMap<String, Answer>,
    order: VecDeque<(Instant, String)>,
}

impl Answered {
    /// The answer that this sender's `id` got, if it is still kept.
    pub(super) fn get(&mut self, actor: &Actor, id: &str, now: Instant) -> Option<&Answer> {
        let answers = self.0.get_mut(actor)?;
        answers.forget_before(now);
        answers.by_id.get(id)
    }

    /// Keeps the answer to a command whose id is not known yet.
    pub(super) fn keep(&mut self, actor: Actor, id: String, answer: Answer, now: Instant) {
        self.0.retain(|_, answers| {
            answers.forget_before(now);
            !answers.order.is_empty()
        });
        let answers = self.0.entry(actor).or_default();
        if answers.order.len() >= MOST {
            answers.forget_oldest();
        }
        if answers.by_id.insert(id.clone(), answer).is_none() {
            answers.order.push_back((now, id));
        }
    }
}

impl Answers {
    fn forget_before(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(since, _)| now.saturating_duration_since(*since) >= KEPT) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, id)) = self.order.pop_front() {
            self.by_id.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer { command: Digest::of("cut"), status: StatusCode::OK, body: body.into() }
    }

    #[test]
    fn an_answer_is_kept_for_ten_minutes() {
        let (mut answered, start) = (Answered::default(), Instant::now());
        answered.keep(Actor::House, "a".into(), answer("1"), start);
        assert_eq!(answered.get(&Actor::House, "a", start + KEPT - Duration::from_secs(1)).unwrap().body, "1");
        assert!(answered.get(&Actor::House, "a", start + KEPT).is_none());
        answered.keep(Actor::Viewer, "b".into(), answer("2"), start + KEPT);
        assert_eq!(answered.0.len(), 1, "who has no answers is forgotten");
    }

    #[test]
    fn the_oldest_answer_makes_room_for_a_new_one_of_the_same_sender() {
        let (mut answered, start) = (Answered::default(), Instant::now());
        answered.keep(Actor::House, "0".into(), answer("house"), start);
        for n in 0..=MOST {
            answered.keep(Actor::Viewer, n.to_string(), answer(""), start);
        }
        assert!(answered.get(&Actor::Viewer, "0", start).is_none());
        assert!(answered.get(&Actor::Viewer, "1", start).is_some());
        assert_eq!(answered.get(&Actor::House, "0", start).unwrap().body, "house");
        assert_eq!(answered.0[&Actor::Viewer].order.len(), MOST);
    }
}
