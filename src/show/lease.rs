//! The director's lease: who commands program, and what becomes of it when the holder's link dies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, CallRule, ReadinessRule, SceneId, ShowTime, SoundRule};

/// Who commands program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// The one who does.
    pub holder: Actor,
    /// Since when.
    pub since: ShowTime,
    /// How the holder's page is linked.
    pub link: Link,
}

/// How somebody's page is linked to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PageLink)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum Link {
    /// No page was ever seen: commands come by other ways, and no link can die.
    None {},
    /// A page is there.
    Up {},
    /// The last page went away and did not say why.
    Lost {
        /// When.
        since: ShowTime,
    },
}

impl Link {
    /// The same as a clock sees it that has not yet come further than `now`.
    pub(super) fn no_later_than(self, now: ShowTime) -> Self {
        match self {
            Self::Lost { since } => Self::Lost { since: since.min(now) },
            there @ (Self::None {} | Self::Up {}) => there,
        }
    }
}

/// What happens when the link of the lease's holder stays away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseRule {
    /// After how long the lease is free again, 5 to 3600 seconds.
    #[schema(minimum = 5, maximum = 3600)]
    pub after_s: u32,
    /// What goes on air then.
    pub then: LeaseEnd,
}

/// What goes on air when a lease ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LeaseEnd {
    /// What is on air stays there.
    Hold {},
    /// A scene that is safe to leave alone.
    Scene {
        /// The scene; if it cannot be shown, what is on air stays.
        scene: SceneId,
    },
}

/// How the show behaves, as operators set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The same air command of the same person within this time is taken for a double press; 0 to 1000 ms.
    #[schema(maximum = 1000)]
    pub double_press_ms: u32,
    /// What happens when the director's link dies.
    pub lease: LeaseRule,
    /// What a take of a source that is not ready leads to.
    #[serde(default)]
    #[schema(default = "warn")]
    pub readiness: ReadinessRule,
    /// What happens when nothing of program's picture comes in any more.
    #[serde(default)]
    pub guard: GuardRule,
    /// How long program takes to fade to black and back, 0 to 5000 ms.
    #[serde(default = "fade_ms")]
    #[schema(maximum = 5000, default = 1000)]
    pub fade_ms: u32,
    /// How the desk behaves.
    #[serde(default)]
    pub sound: SoundRule,
    /// How callers take turns.
    #[serde(default)]
    pub calls: CallRule,
}

fn fade_ms() -> u32 {
    1000
}

/// What happens when all sources of program's picture are lost. When one is back, so is the picture, unless somebody took
/// another meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardRule {
    /// After how long something else goes on air, 1 to 600 seconds; 0 for never.
    #[schema(maximum = 600)]
    pub after_s: u32,
    /// The safe scene; without one, or if nothing of it comes in either, the evening's slate.
    #[serde(default)]
    pub scene: Option<SceneId>,
}

impl Default for GuardRule {
    fn default() -> Self {
        Self { after_s: 10, scene: None }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            double_press_ms: 150,
            lease: LeaseRule { after_s: 30, then: LeaseEnd::Hold {} },
            readiness: ReadinessRule::default(),
            guard: GuardRule::default(),
            fade_ms: fade_ms(),
            sound: SoundRule::default(),
            calls: CallRule::default(),
        }
    }
}

impl Settings {
    /// What keeps these from being settings, in words.
    pub(super) fn flaw(&self) -> Option<String> {
        let Self { double_press_ms, lease: LeaseRule { after_s, .. }, guard, fade_ms, sound, .. } = self;
        let checks = [
            ("double_press_ms", (*double_press_ms).into(), 0..=1000),
            ("lease.after_s", (*after_s).into(), 5..=3600),
            ("guard.after_s", guard.after_s.into(), 0..=600),
            ("fade_ms", (*fade_ms).into(), 0..=5000),
        ];
        let (what, arrived, possible) =
            checks.into_iter().chain(sound.values()).find(|(_, arrived, possible)| !possible.contains(arrived))?;
        Some(format!("{what} {arrived} arrived: {} to {} is possible", possible.start(), possible.end()))
    }
}
