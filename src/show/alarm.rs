//! What is wrong with the house itself while the show goes on.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Mix, StripId};

/// Something that somebody should mend. The channels go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "alarm", rename_all = "snake_case", deny_unknown_fields)]
pub enum Alarm {
    /// What happens cannot be written to disk: a restart would forget it.
    StoreFailing {
        /// What the store said.
        error: String,
    },
    /// Something of the evening was lost when the server started.
    Recovered {
        /// What, and what was done.
        what: String,
    },
    /// Nothing of program's picture came in any more: something else is on air until it is back, or somebody takes another.
    ProgramGuarded {
        /// What was on air.
        picture: String,
    },
    /// Program's pipeline failed or stood still; it is started again, and viewers see the slate until it runs.
    ProgramFailed {
        /// What was seen.
        error: String,
    },
    /// The encoder that was chosen failed: another one took over.
    EncoderFailed {
        /// Which one, and what it said.
        error: String,
    },
    /// Nothing is heard on program or on the radio.
    Silence {
        /// Where.
        mix: Mix,
    },
    /// Program or the radio is overdriven: its limiter works all the time.
    Clipping {
        /// Where.
        mix: Mix,
    },
    /// Program or the radio is too loud, or not loud enough.
    Loudness {
        /// Where.
        mix: Mix,
        /// How loud it has been lately, in whole LUFS.
        lufs: i8,
    },
    /// The telephone's provider or PBX cannot be used: numbers cannot be called, and nobody calls through it. It is tried again.
    TrunkFailing {
        /// What stands in the way.
        why: TrunkTrouble,
        /// The SIP status that came back; none if nothing did.
        #[schema(required = true)]
        status: Option<u16>,
    },
    /// A city or a co-host sends back what it hears: its own voice, or program, comes in again.
    Loop {
        /// From whom.
        strip: StripId,
    },
    /// A piece of music broke off, or could not be played.
    MusicFailed {
        /// Its name.
        piece: String,
        /// What was seen, and what mends it.
        error: String,
    },
}

/// What stands in the way of a telephone's provider or PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrunkTrouble {
    /// Its name leads nowhere.
    NotFound,
    /// It does not answer.
    Silence,
    /// It takes neither user nor password, or one of them.
    Credentials,
    /// It asks for another realm than is set, or for a proof other than digest.
    Realm,
    /// It refuses otherwise.
    Refused,
}

impl Alarm {
    /// Whether the two are about the same thing, so that the newer one stands for both.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Silence { mix: one }, Self::Silence { mix: other })
            | (Self::Clipping { mix: one }, Self::Clipping { mix: other })
            | (Self::Loudness { mix: one, .. }, Self::Loudness { mix: other, .. }) => one == other,
            (Self::Loop { strip: one }, Self::Loop { strip: other }) => one == other,
            (Self::MusicFailed { piece: one, .. }, Self::MusicFailed { piece: other, .. }) => one == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}
