//! The ways in which the show says no. Each has a stable code and a sentence that says what would be accepted.

use thiserror::Error;

use super::{Actor, CityId, CohostId, CohostSeat, Role, Transition};

/// Why the show refuses a command. A refused command changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// A role that may not ask for this.
    #[error("{actor} may not {command}: {needed} may")]
    Forbidden {
        /// Who asked.
        actor: Actor,
        /// For what.
        command: &'static str,
        /// Who may.
        needed: String,
    },
    /// A city or a co-host asks for what belongs to another.
    #[error("{actor} may not touch what belongs to {owner}: cities and co-hosts command their own seat only")]
    NotYours {
        /// Who asked.
        actor: Actor,
        /// Whose it is.
        owner: String,
    },
    /// The source names a city the show does not have.
    #[error("there is no city '{city}': the evening has {known}")]
    UnknownCity {
        /// What arrived.
        city: String,
        /// The cities there are.
        known: String,
    },
    /// There is no such thing.
    #[error("there is no {kind} '{arrived}': read the show for those there are")]
    Unknown {
        /// A scene, a cue, a co-host, a message.
        kind: Kind,
        /// What arrived.
        arrived: String,
    },
    /// The transition is too short or too long.
    #[error("a transition of {arrived} ms arrived: {} to {} ms are possible", Transition::SHORTEST.as_millis(), Transition::LONGEST.as_millis())]
    TransitionLength {
        /// What arrived, in milliseconds.
        arrived: u32,
    },
    /// The T-bar is moved while a transition runs by itself.
    #[error(
        "a transition is running by itself: move the T-bar when it is over, take to turn it back, or cut to end it"
    )]
    TransitionRunning,
    /// What should go on air is not ready, and the show's settings refuse that.
    #[error("{what}: wait until it is good, or set readiness to 'warn'")]
    NotReady {
        /// Which sources, and what is wrong with them.
        what: String,
    },
    /// There is no such thing in the media folder.
    #[error("there is no {kind} '{arrived}' in the media folder: {known}")]
    UnknownMedia {
        /// A still, a clip, a stinger.
        kind: &'static str,
        /// What arrived.
        arrived: String,
        /// What there is.
        known: String,
    },
    /// What should be shown is no picture.
    #[error("this cannot be shown: {0}")]
    NotAPicture(String),
    /// A text or a number is out of its bounds.
    #[error("the {what} does not fit: {flaw}")]
    BadValue {
        /// What it is.
        what: &'static str,
        /// What arrived and what is needed.
        flaw: String,
    },
    /// There are as many as there can be.
    #[error("there are {most} {what} already, which is the most: remove one first")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there can be.
        most: usize,
    },
    /// The identifier is in use.
    #[error("'{0}' is there already: choose another identifier")]
    IdTaken(String),
    /// The city that should go is on air.
    #[error("{0} is on air: take something else to program first")]
    CityOnAir(CityId),
    /// Somebody else commands program.
    #[error("{holder} commands program: ask for it, or take it with confirmation")]
    LeaseHeld {
        /// Who.
        holder: Actor,
    },
    /// Program would be taken from somebody.
    #[error("{holder} commands program: send 'confirm': true to take it all the same")]
    ConfirmNeeded {
        /// From whom.
        holder: Actor,
    },
    /// Who should command program is not there.
    #[error("{0} has no page open: program can be given to an operator who is there")]
    NotPresent(Actor),
    /// The call is in a state in which this cannot be done with it.
    #[error("{cohost} is {state}: {needed}")]
    CallState {
        /// Whose call.
        cohost: CohostId,
        /// How far it is, in words.
        state: String,
        /// What mends it.
        needed: &'static str,
    },
    /// A guest should go on air while the lock is for hosts.
    #[error("the calls are locked for hosts: unlock them to put a guest on air")]
    CallsLocked,
    /// Nobody waits for their turn.
    #[error("nobody waits for their turn: put a caller in the queue first")]
    NoCaller,
    /// A number should be dialled that is blocked.
    #[error("this number is blocked: unblock its caller first")]
    NumberBlocked,
    /// No cue comes next.
    #[error("no cue comes next: choose one, or add one")]
    NothingNext,
    /// The caller has done nothing that can be taken back, or taken nothing back.
    #[error("there is nothing to {0}: only what you did yourself, and what concerns no message and no lease, can be")]
    NothingToUndo(&'static str),
    /// What was done cannot be taken back any more.
    #[error("'{command}' cannot be undone or redone: {reason}")]
    CannotUndo {
        /// What was done.
        command: String,
        /// Why not.
        reason: String,
    },
}

/// What a number or a word should have named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A scene.
    Scene,
    /// A cue of the rundown.
    Cue,
    /// A co-host.
    Cohost,
    /// A message.
    Message,
    /// A strip of the desk.
    Strip,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Scene => "scene",
            Self::Cue => "cue",
            Self::Cohost => "co-host",
            Self::Message => "message",
            Self::Strip => "strip",
        })
    }
}

impl Rejection {
    /// A role that may not ask for this.
    pub(super) fn forbidden(actor: Actor, command: &'static str, needed: &[Role]) -> Self {
        let needed: Vec<_> = needed.iter().map(|role| role.as_str()).collect();
        Self::Forbidden { actor, command, needed: needed.join(", ") }
    }

    /// A call that is not as far as it should be, or further.
    pub(super) fn call_state(known: &CohostSeat, needed: &'static str) -> Self {
        Self::CallState { cohost: known.id.clone(), state: known.call.state.to_string(), needed }
    }

    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } => "forbidden",
            Self::NotYours { .. } => "not-yours",
            Self::UnknownCity { .. } => "unknown-city",
            Self::Unknown { kind: Kind::Scene, .. } => "unknown-scene",
            Self::Unknown { kind: Kind::Cue, .. } => "unknown-cue",
            Self::Unknown { kind: Kind::Cohost, .. } => "unknown-cohost",
            Self::Unknown { kind: Kind::Message, .. } => "unknown-message",
            Self::Unknown { kind: Kind::Strip, .. } => "unknown-strip",
            Self::TransitionLength { .. } => "transition-length",
            Self::TransitionRunning => "transition-running",
            Self::NotReady { .. } => "not-ready",
            Self::UnknownMedia { .. } => "unknown-media",
            Self::NotAPicture(_) => "not-a-picture",
            Self::BadValue { .. } => "bad-value",
            Self::TooMany { .. } => "too-many",
            Self::IdTaken(_) => "id-taken",
            Self::CityOnAir(_) => "city-on-air",
            Self::LeaseHeld { .. } => "lease-held",
            Self::ConfirmNeeded { .. } => "confirm-needed",
            Self::NotPresent(_) => "not-present",
            Self::CallState { .. } => "call-state",
            Self::CallsLocked => "calls-locked",
            Self::NoCaller => "no-caller",
            Self::NumberBlocked => "number-blocked",
            Self::NothingNext => "nothing-next",
            Self::NothingToUndo(_) => "nothing-to-undo",
            Self::CannotUndo { .. } => "cannot-undo",
        }
    }
}
