//! Commands that were answered, by the id that their sender gave them, so that none runs twice.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::show::Command;

/// How long an answer is kept. A page repeats a command within seconds or not at all.
const KEPT: Duration = Duration::from_secs(600);

/// Most answers that are kept; beyond them the oldest is forgotten.
const MOST: usize = 1024;

/// What was answered to a command.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The command, to tell a repetition from an id that was used again.
    pub(super) command: Command,
    /// The status.
    pub(super) status: StatusCode,
    /// The body, JSON.
    pub(super) body: String,
}

/// The answers, oldest first.
#[derive(Debug, Default)]
pub(super) struct Answered {
    by_id: HashMap<String, Answer>,
    order: VecDeque<(Instant, String)>,
}

impl Answered {
    /// The answer that `id` got, if it is still kept.
    pub(super) fn get(&mut self, id: &str, now: Instant) -> Option<&Answer> {
        while self.order.front().is_some_and(|(since, _)| now.saturating_duration_since(*since) >= KEPT) {
            self.forget_oldest();
        }
        self.by_id.get(id)
    }

    /// Keeps the answer to a command whose id is not known yet.
    pub(super) fn keep(&mut self, id: String, answer: Answer, now: Instant) {
        if self.order.len() >= MOST {
            self.forget_oldest();
        }
        if self.by_id.insert(id.clone(), answer).is_none() {
            self.order.push_back((now, id));
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
        Answer { command: Command::Cut {}, status: StatusCode::OK, body: body.into() }
    }

    #[test]
    fn an_answer_is_kept_for_ten_minutes() {
        let (mut answered, start) = (Answered::default(), Instant::now());
        answered.keep("a".into(), answer("1"), start);
        assert_eq!(answered.get("a", start + KEPT - Duration::from_secs(1)).unwrap().body, "1");
        assert!(answered.get("a", start + KEPT).is_none());
        assert!(answered.by_id.is_empty() && answered.order.is_empty());
    }

    #[test]
    fn the_oldest_answer_makes_room_for_a_new_one() {
        let (mut answered, start) = (Answered::default(), Instant::now());
        for n in 0..=MOST {
            answered.keep(n.to_string(), answer(""), start);
        }
        assert!(answered.get("0", start).is_none());
        assert!(answered.get("1", start).is_some());
        assert_eq!((answered.by_id.len(), answered.order.len()), (MOST, MOST));
    }
}
