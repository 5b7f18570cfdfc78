//! The plan of the evening: its cues, which one is on, which one comes next, and when each should begin.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CityId, CueId, SceneId, ShowTime, WallTime, text};

/// One point of the plan, as somebody writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CuePlan {
    /// What it is, 1 to 120 characters.
    #[schema(min_length = 1, max_length = 120)]
    pub title: String,
    /// What goes on air with it; without one only the plan moves on.
    #[serde(default)]
    #[schema(default = json!(null))]
    pub scene: Option<SceneId>,
    /// When it should begin.
    #[serde(default)]
    #[schema(default = json!(null))]
    pub planned_start: Option<WallTime>,
    /// How long it should last, 1 to 86400 seconds.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 86400, default = json!(null))]
    pub duration_s: Option<u32>,
    /// The city whose turn it is; it sees the countdown and acknowledges.
    #[serde(default)]
    #[schema(default = json!(null))]
    pub city: Option<CityId>,
    /// For the control room, up to 500 characters.
    #[serde(default)]
    #[schema(max_length = 500, default = "")]
    pub note: String,
    /// Whether the next cue is taken by itself when this one's time is up; needs a duration.
    #[serde(default)]
    #[schema(default = false)]
    pub follow: bool,
}

impl CuePlan {
    /// Longest title, in characters.
    pub const TITLE_MAX: usize = 120;
    /// Longest note, in characters.
    pub const NOTE_MAX: usize = 500;
    /// Longest cue, in seconds.
    pub const LONGEST_S: u32 = 86_400;

    /// What keeps this from being a cue, in words; city and scene are looked up elsewhere.
    pub(super) fn flaw(&self) -> Option<String> {
        if let Some(flaw) = text::flaw(&self.title, 1, Self::TITLE_MAX) {
            return Some(format!("its title: {flaw}"));
        }
        if let Some(flaw) = text::flaw(&self.note, 0, Self::NOTE_MAX) {
            return Some(format!("its note: {flaw}"));
        }
        match self.duration_s {
            Some(seconds) if !(1..=Self::LONGEST_S).contains(&seconds) => {
                Some(format!("a duration of {seconds} s arrived: 1 to {} are possible", Self::LONGEST_S))
            }
            None if self.follow => Some("it is followed by itself without a duration: give it one".into()),
            _ => None,
        }
    }
}

/// One point of the plan in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// Its number in this evening.
    pub id: CueId,
    /// What was written.
    pub plan: CuePlan,
    /// Whether its city has said that it is ready.
    #[serde(default)]
    #[schema(required = true)]
    pub acknowledged: bool,
}

impl Cue {
    /// A cue that nobody has acknowledged.
    pub(super) fn new(id: CueId, plan: CuePlan) -> Self {
        Self { id, plan, acknowledged: false }
    }
}

/// The cue that is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnAir {
    /// Which one.
    pub cue: CueId,
    /// Since when.
    pub since: ShowTime,
}

/// The plan and where the evening is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rundown {
    /// The cues in their order.
    pub cues: Vec<Cue>,
    /// The one that is on.
    #[schema(required = true)]
    pub on_air: Option<OnAir>,
    /// The one that comes next.
    #[schema(required = true)]
    pub next: Option<CueId>,
    /// Whether cues that follow by themselves wait for a hand.
    pub held: bool,
}

/// When a cue will begin if everything goes on as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CueTiming {
    /// The cue.
    pub cue: CueId,
    /// When; unknown after a cue without a duration.
    pub expected_start: Option<WallTime>,
    /// How much later than planned that is, in seconds; negative if it is earlier.
    pub over_s: Option<i64>,
}

impl Rundown {
    /// Most cues of an evening.
    pub const MOST: usize = 200;

    /// The cue of this number.
    pub fn cue(&self, id: CueId) -> Option<&Cue> {
        self.cues.iter().find(|cue| cue.id == id)
    }

    /// Its place in the order.
    pub(super) fn position(&self, id: CueId) -> Option<usize> {
        self.cues.iter().position(|cue| cue.id == id)
    }

    /// The cue after this one.
    pub(super) fn after(&self, id: CueId) -> Option<CueId> {
        self.cues.get(self.position(id)? + 1).map(|cue| cue.id)
    }

    /// When the cue that is on gives way to the next by itself.
    pub(super) fn follows_at(&self) -> Option<ShowTime> {
        let OnAir { cue, since } = self.on_air?;
        let CuePlan { duration_s, follow, .. } = &self.cue(cue)?.plan;
        let follows = *follow && !self.held && self.next.is_some();
        follows.then_some(since + Duration::from_secs(u64::from((*duration_s)?)))
    }

    /// When the cue that is on has had its time, if it has one.
    pub(super) fn ends_at(&self) -> Option<ShowTime> {
        let OnAir { cue, since } = self.on_air?;
        Some(since + Duration::from_secs(u64::from(self.cue(cue)?.plan.duration_s?)))
    }

    /// When the cues that are still to come will begin, in their order. `now` and `epoch`, the wall clock at the event
    /// clock's start, date them.
    ///
    /// The next cue begins when the one that is on has had its time, or now if that is over. Without a duration there, or
    /// with nothing on, it begins as planned. Each after it begins when the one before has had its time; where that
    /// is unknown, as planned.
    pub fn timing(&self, now: ShowTime, epoch: WallTime) -> Vec<CueTiming> {
        let first = self.next.and_then(|next| self.position(next)).unwrap_or(self.cues.len());
        let current = self.on_air.and_then(|on_air| Some((self.cue(on_air.cue)?.plan.duration_s?, on_air.since)));
        let mut free = current.map(|(seconds, since)| {
            let ends = since + Duration::from_secs(seconds.into());
            epoch + ends.max(now)
        });
        let timing = |Cue { id, plan, .. }: &Cue| {
            let expected_start = free.or(plan.planned_start);
            free = expected_start
                .and_then(|start| plan.duration_s.map(|seconds| start + Duration::from_secs(seconds.into())));
            let over_s = expected_start
                .zip(plan.planned_start)
                .map(|(expected, planned)| expected.micros_since(planned).div_euclid(1_000_000));
            CueTiming { cue: *id, expected_start, over_s }
        };
        self.cues[first..].iter().map(timing).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> ShowTime {
        ShowTime::new(Duration::from_secs(seconds))
    }

    /// 18:00 on some day.
    const EPOCH: WallTime = WallTime::from_unix_micros(64_800_000_000);

    fn cue(id: u32, planned_s: Option<u64>, duration_s: Option<u32>) -> Cue {
        let planned_start = planned_s.map(|seconds| EPOCH + at(seconds));
        Cue::new(CueId(id), CuePlan { title: format!("cue {id}"), planned_start, duration_s, ..CuePlan::default() })
    }

    fn told(rundown: &Rundown, now: u64) -> Vec<(u32, Option<i64>, Option<i64>)> {
        let seconds = |time: WallTime| time.micros_since(EPOCH) / 1_000_000;
        let timing = rundown.timing(at(now), EPOCH);
        timing.iter().map(|each| (each.cue.0, each.expected_start.map(seconds), each.over_s)).collect()
    }

    #[test]
    fn a_cue_begins_when_those_before_it_have_had_their_time() {
        let rundown = Rundown {
            cues: vec![
                cue(1, Some(0), Some(60)),
                cue(2, Some(60), Some(30)),
                cue(3, Some(80), None),
                cue(4, None, None),
            ],
            on_air: Some(OnAir { cue: CueId(1), since: at(10) }),
            next: Some(CueId(2)),
            held: false,
        };
        assert_eq!(told(&rundown, 20), [(2, Some(70), Some(10)), (3, Some(100), Some(20)), (4, None, None)]);
        // It overruns: what comes begins now at the earliest.
        assert_eq!(told(&rundown, 75)[0], (2, Some(75), Some(15)));
    }

    #[test]
    fn before_the_first_cue_the_plan_holds() {
        let cues = vec![cue(1, Some(100), Some(60)), cue(2, Some(170), None), cue(3, Some(300), None)];
        let rundown = Rundown { cues, on_air: None, next: Some(CueId(1)), held: false };
        assert_eq!(told(&rundown, 5), [(1, Some(100), Some(0)), (2, Some(160), Some(-10)), (3, Some(300), Some(0))]);
        assert_eq!(told(&Rundown { next: None, ..rundown }, 5), []);
    }

    #[test]
    fn a_cue_follows_by_itself_unless_the_rundown_is_held() {
        let mut first = cue(1, None, Some(60));
        first.plan.follow = true;
        let on_air = Some(OnAir { cue: CueId(1), since: at(10) });
        let mut rundown = Rundown { cues: vec![first, cue(2, None, None)], on_air, next: Some(CueId(2)), held: false };
        assert_eq!(rundown.follows_at(), Some(at(70)));
        rundown.held = true;
        assert_eq!(rundown.follows_at(), None);
        rundown = Rundown { held: false, next: None, ..rundown };
        assert_eq!(rundown.follows_at(), None);
    }
}
