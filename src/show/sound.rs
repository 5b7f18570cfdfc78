//! How the desk behaves, as operators set it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Ducking;

/// How the desk behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SoundRule {
    /// How much lower a city or a co-host hears program while somebody speaks to them, 0 to 60 dB.
    #[schema(maximum = 60, default = 12)]
    pub dim_db: u8,
    /// When cities are heard that are not in the picture and follow it.
    #[schema(default = "auto")]
    pub ambience: Ambience,
    /// What goes down while co-hosts speak.
    pub ducking: DuckingRule,
    /// How loud program and radio should be.
    pub loudness: LoudnessRule,
}

impl Default for SoundRule {
    fn default() -> Self {
        let (ducking, loudness) = (DuckingRule::default(), LoudnessRule::default());
        Self { dim_db: 12, ambience: Ambience::default(), ducking, loudness }
    }
}

/// When the sound of a city is heard that is not in the picture, if its strip follows the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ambience {
    /// Never: it is silent until it is seen.
    #[default]
    Auto,
    /// Always.
    Always,
}

/// What goes down while co-hosts speak. A strip's own setting comes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DuckingRule {
    /// Whether music does.
    #[schema(default = true)]
    pub music: bool,
    /// Whether the cities do.
    #[schema(default = false)]
    pub cities: bool,
    /// By how much, 1 to 40 dB.
    #[schema(minimum = 1, maximum = 40, default = 12)]
    pub depth_db: u8,
    /// From which level of a voice on, −60 to 0 dBFS.
    #[schema(minimum = -60, maximum = 0, default = -40)]
    pub threshold_db: i8,
    /// How long it stays down after the last word, 0 to 5000 ms.
    #[schema(maximum = 5000, default = 600)]
    pub hold_ms: u16,
}

impl Default for DuckingRule {
    fn default() -> Self {
        Self { music: true, cities: false, depth_db: 12, threshold_db: -40, hold_ms: 600 }
    }
}

impl DuckingRule {
    /// The same for the engines.
    pub(super) fn ducking(&self) -> Ducking {
        let hold = Duration::from_millis(self.hold_ms.into());
        Ducking { depth_db: self.depth_db, threshold_db: self.threshold_db, hold }
    }
}

/// How loud program and radio should be, and how far off that is worth an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LoudnessRule {
    /// Program's loudness, −36 to −10 LUFS.
    #[schema(minimum = -36, maximum = -10, default = -23)]
    pub program_lufs: i8,
    /// The radio's, −36 to −10 LUFS.
    #[schema(minimum = -36, maximum = -10, default = -16)]
    pub radio_lufs: i8,
    /// How many LU off are no alarm yet, 1 to 20.
    #[schema(minimum = 1, maximum = 20, default = 4)]
    pub tolerance_lu: u8,
    /// After how many seconds silence is an alarm, 1 to 600; 0 for never.
    #[schema(maximum = 600, default = 15)]
    pub silence_s: u16,
}

impl Default for LoudnessRule {
    fn default() -> Self {
        Self { program_lufs: -23, radio_lufs: -16, tolerance_lu: 4, silence_s: 15 }
    }
}

impl SoundRule {
    /// What is out of its range: its name, what arrived, and what is possible.
    pub(super) fn values(&self) -> [(&'static str, i64, std::ops::RangeInclusive<i64>); 8] {
        let Self { dim_db, ducking, loudness, .. } = self;
        [
            ("sound.dim_db", (*dim_db).into(), 0..=60),
            ("sound.ducking.depth_db", ducking.depth_db.into(), 1..=40),
            ("sound.ducking.threshold_db", ducking.threshold_db.into(), -60..=0),
            ("sound.ducking.hold_ms", ducking.hold_ms.into(), 0..=5000),
            ("sound.loudness.program_lufs", loudness.program_lufs.into(), -36..=-10),
            ("sound.loudness.radio_lufs", loudness.radio_lufs.into(), -36..=-10),
            ("sound.loudness.tolerance_lu", loudness.tolerance_lu.into(), 1..=20),
            ("sound.loudness.silence_s", loudness.silence_s.into(), 0..=600),
        ]
    }
}
