//! What an operator, a cue or a page may ask of the show, and who may ask it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Actor, Audience, Bus, CallKind, CityId, CohostId, Composition, CueId, CuePlan, Fader, Graphic, GroupNumber,
    KeyerNumber, MediaId, MessageId, Mix, PhoneNumber, Role, SceneId, Settings, SoloKind, Source, Strip, StripId,
    TalkTo, Transition,
};

/// Something asked of the show.
///
/// To ask for what already is (the picture that is on air, the source that is in preview) is accepted and changes nothing:
/// a key pressed twice does no harm.
// Variants without fields are written with braces, because serde ignores unknown fields beside a plain unit variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Put a source on the preview bus.
    SetPreview {
        /// The source.
        source: Source,
    },
    /// Put a composed picture on the preview bus.
    Compose {
        /// The picture.
        composition: Composition,
    },
    /// Choose the transition that the next `Take` runs.
    SetTransition {
        /// The transition.
        transition: Transition,
    },
    /// Change program to the preview picture in one frame; preview gets what program had.
    ///
    /// While a transition runs, it jumps to its end instead: the picture it leads to is on air at once, and the buses do
    /// not change over a second time.
    Cut {},
    /// Change program straight to a source in one frame; preview stays. Ends a running transition.
    CutTo {
        /// The source.
        source: Source,
    },
    /// Change program to the preview picture by the chosen transition; preview gets what program had. With a cut chosen it
    /// is `cut`.
    ///
    /// While a transition runs by itself, preview has the picture that is being left: the transition turns and runs back.
    /// If something else was put on preview meanwhile, the transition is over at once and the next one begins. One that
    /// the T-bar holds goes on by itself.
    Take {},
    /// Move the T-bar: the chosen transition from program (0) to preview (1000), by hand. At 1000 it is over; back at 0
    /// nothing has changed. With a cut chosen it is a mix.
    SetTBar {
        /// Where it stands, in thousandths.
        #[schema(maximum = 1000)]
        position: u16,
    },
    /// Fade program to black, over everything and with its sound, until it is called back.
    FadeToBlack {
        /// Whether it is to be black.
        on: bool,
    },

    /// Keep a picture as a new scene.
    AddScene {
        /// Its name.
        #[schema(min_length = 1, max_length = 64)]
        name: String,
        /// What it shows; without it what preview shows now.
        #[serde(default)]
        composition: Option<Composition>,
    },
    /// Change a scene. What is not named stays.
    UpdateScene {
        /// Which one.
        scene: SceneId,
        /// Its new name.
        #[serde(default)]
        #[schema(min_length = 1, max_length = 64)]
        name: Option<String>,
        /// What it shows from now on. What is on air does not change.
        #[serde(default)]
        composition: Option<Composition>,
    },
    /// Make a copy of a scene, right after it.
    DuplicateScene {
        /// Which one.
        scene: SceneId,
    },
    /// Put a scene elsewhere in the order.
    MoveScene {
        /// Which one.
        scene: SceneId,
        /// Its new place, from 0; beyond the end is the end.
        to: usize,
    },
    /// Forget a scene. What is on air does not change.
    RemoveScene {
        /// Which one.
        scene: SceneId,
    },
    /// Put a scene on a bus: on preview, or straight on program by a cut.
    RecallScene {
        /// Which one.
        scene: SceneId,
        /// Where to.
        to: Bus,
    },

    /// Set what a downstream keyer shows; at once if it is on. Without anything it goes off.
    SetGraphic {
        /// Which one.
        #[serde(default)]
        keyer: KeyerNumber,
        /// What it shows.
        graphic: Option<Graphic>,
    },
    /// Switch a downstream keyer on or off.
    SetKeyer {
        /// Which one.
        #[serde(default)]
        keyer: KeyerNumber,
        /// Whether it is to be seen.
        on: bool,
    },
    /// Set a strip of the desk.
    SetStrip {
        /// Whose.
        #[serde(alias = "city", deserialize_with = "super::earlier::strip")]
        of: StripId,
        /// All its settings.
        strip: Strip,
    },
    /// Set a group of strips.
    SetGroup {
        /// Which one.
        group: GroupNumber,
        /// How much louder its strips are, −60 (closed) to +10 dB.
        fader_db: Fader,
        /// Whether its strips are silenced.
        #[serde(default)]
        #[schema(default = false)]
        muted: bool,
    },
    /// Set the fader of program or of the radio.
    SetMix {
        /// `program` or `radio`.
        mix: Mix,
        /// How loud, −60 (closed) to +10 dB.
        fader_db: Fader,
    },
    /// Listen to these strips instead of program, on one's own monitor; without any to program again.
    SetSolo {
        /// Which ones.
        #[schema(max_items = 32)]
        strips: Vec<StripId>,
        /// At which level.
        #[serde(default)]
        #[schema(default = "pfl")]
        kind: SoloKind,
    },
    /// Speak to somebody, or stop speaking to them. It holds until it is let go, or whoever speaks or their microphone goes
    /// away. To stop with `all` is to stop with everybody.
    Talk {
        /// To whom.
        to: TalkTo,
        /// Whether one speaks to them.
        on: bool,
    },
    /// Play a piece of music of the media folder; one that plays begins anew.
    PlayMusic {
        /// Which one.
        media: MediaId,
        /// Whether it begins anew at its end.
        #[serde(default)]
        #[schema(default = false)]
        loops: bool,
        /// How long it takes to come, 0 to 30000 ms.
        #[serde(default)]
        #[schema(maximum = 30000, default = 0)]
        fade_ms: u32,
        /// How loud; without it as its strip is set.
        #[serde(default)]
        fader_db: Option<Fader>,
    },
    /// Stop a piece of music.
    StopMusic {
        /// Which one.
        media: MediaId,
        /// How long it takes to go, 0 to 30000 ms.
        #[serde(default)]
        #[schema(maximum = 30000, default = 0)]
        fade_ms: u32,
    },
    /// Let a piece of music that plays begin anew at its end, or not.
    SetMusicLoop {
        /// Which one.
        media: MediaId,
        /// Whether it does.
        loops: bool,
    },

    /// Add a cue to the rundown.
    AddCue {
        /// What it is.
        cue: CuePlan,
        /// Before which one; without it at the end.
        #[serde(default)]
        before: Option<CueId>,
    },
    /// Write a cue anew.
    UpdateCue {
        /// Which one.
        cue: CueId,
        /// What it is from now on.
        plan: CuePlan,
    },
    /// Put a cue elsewhere in the order.
    MoveCue {
        /// Which one.
        cue: CueId,
        /// Its new place, from 0; beyond the end is the end.
        to: usize,
    },
    /// Take a cue out.
    RemoveCue {
        /// Which one.
        cue: CueId,
    },
    /// Put another rundown in the place of this one.
    ReplaceRundown {
        /// The new cues in their order.
        #[schema(max_items = 200)]
        cues: Vec<CuePlan>,
    },
    /// Choose which cue comes next.
    SetNext {
        /// Which one.
        cue: CueId,
    },
    /// Take the next cue: its scene goes on air by the chosen transition, and the plan moves on.
    TakeNext {},
    /// Leave the next cue out.
    SkipNext {},
    /// Let cues that follow by themselves wait, or go on again.
    HoldRundown {
        /// Whether they wait.
        held: bool,
    },
    /// A city says that it is ready for its cue.
    AcknowledgeCue {
        /// Which one.
        cue: CueId,
    },

    /// Add a city: its seat, its channel, its strip.
    AddCity {
        /// Its identifier.
        id: CityId,
        /// Its name.
        #[schema(min_length = 1, max_length = 64)]
        name: String,
        /// Its time zone.
        #[schema(min_length = 1, max_length = 64, example = "Europe/Rome")]
        time_zone: String,
        /// Its place in the order, from 0; without it at the end.
        #[serde(default)]
        position: Option<usize>,
    },
    /// Give a city another name or time zone. What is not named stays.
    UpdateCity {
        /// Which one.
        city: CityId,
        /// Its new name.
        #[serde(default)]
        #[schema(min_length = 1, max_length = 64)]
        name: Option<String>,
        /// Its new time zone.
        #[serde(default)]
        #[schema(min_length = 1, max_length = 64, example = "Europe/Rome")]
        time_zone: Option<String>,
    },
    /// Put a city elsewhere in the order.
    MoveCity {
        /// Which one.
        city: CityId,
        /// Its new place, from 0; beyond the end is the end.
        to: usize,
    },
    /// Take a city out of the evening. It may not be on air.
    RemoveCity {
        /// Which one.
        city: CityId,
    },
    /// Set the line under a city's name on its slate.
    SetSlateText {
        /// Whose.
        city: CityId,
        /// The line, up to 80 characters.
        #[schema(max_length = 80)]
        text: String,
    },
    /// Add a co-host.
    AddCohost {
        /// Their identifier.
        id: CohostId,
        /// Their name.
        #[schema(min_length = 1, max_length = 64)]
        name: String,
    },
    /// Give a co-host another name.
    UpdateCohost {
        /// Who.
        cohost: CohostId,
        /// Their new name.
        #[schema(min_length = 1, max_length = 64)]
        name: String,
    },
    /// Put a co-host elsewhere in the order.
    MoveCohost {
        /// Who.
        cohost: CohostId,
        /// Their new place, from 0; beyond the end is the end.
        to: usize,
    },
    /// Take a co-host out of the evening.
    RemoveCohost {
        /// Who.
        cohost: CohostId,
    },

    /// Talk to a caller with nobody else listening; a telephone that rings is answered. Whoever asks is the one who talks.
    ScreenCall {
        /// Whom.
        cohost: CohostId,
    },
    /// Note something about a caller. What is not named stays.
    NoteCall {
        /// About whom.
        cohost: CohostId,
        /// Their name.
        #[serde(default)]
        #[schema(min_length = 1, max_length = 64)]
        name: Option<String>,
        /// Where they are.
        #[serde(default)]
        #[schema(max_length = 200)]
        city: Option<String>,
        /// What they want to say.
        #[serde(default)]
        #[schema(max_length = 200)]
        point: Option<String>,
    },
    /// Let a caller wait; they hear program. A telephone that rings is answered.
    HoldCall {
        /// Whom.
        cohost: CohostId,
    },
    /// Let a caller wait for their turn.
    QueueCall {
        /// Whom.
        cohost: CohostId,
        /// Their place in the queue, from 0; without it the last one, or the one they have.
        #[serde(default)]
        position: Option<usize>,
    },
    /// Give a caller another place in the queue.
    MoveCall {
        /// Whom.
        cohost: CohostId,
        /// The place, from 0; beyond the end is the end.
        to: usize,
    },
    /// Put a caller on air. No guest while the calls are locked.
    PutOnAir {
        /// Whom.
        cohost: CohostId,
    },
    /// Take a caller off air; they wait, and hear program.
    TakeOffAir {
        /// Whom.
        cohost: CohostId,
    },
    /// Put the next caller on air, as the settings choose them.
    TakeNextCaller {},
    /// End a call.
    HangUp {
        /// Whose.
        cohost: CohostId,
    },
    /// Keep somebody out: their call ends, and their link or number is refused.
    BlockCall {
        /// Whom.
        cohost: CohostId,
    },
    /// Let somebody in again.
    UnblockCall {
        /// Whom.
        cohost: CohostId,
    },
    /// Lock the calls for hosts, or open them for guests. Guests that are on air stay there.
    LockCalls {
        /// Whether no guest goes on air.
        on: bool,
    },
    /// Refuse telephones that withhold their number, or take them again. Who is on the line stays there.
    RefuseWithheld {
        /// Whether they are refused.
        on: bool,
    },
    /// Mute a co-host, or no longer. Co-hosts have a switch of their own, for themselves only; both must be open.
    SetMute {
        /// Whom.
        cohost: CohostId,
        /// Whether they are muted.
        muted: bool,
    },
    /// Make somebody a host or a guest.
    SetCallKind {
        /// Whom.
        cohost: CohostId,
        /// What they are.
        kind: CallKind,
    },
    /// Call somebody on the telephone. When they answer they talk to whoever had them dialled.
    Dial {
        /// The number: 2 to 20 digits, `*` and `#`, with a `+` before them or without.
        number: PhoneNumber,
        /// Their name.
        #[schema(min_length = 1, max_length = 64)]
        name: String,
    },

    /// Ask the one who commands program to hand over. Whoever asks while nobody commands has the lease at once.
    AskLease {},
    /// Hand program over.
    GiveLease {
        /// To whom.
        to: Actor,
    },
    /// Command program without being asked or given.
    TakeLease {
        /// That it is meant, if somebody else holds the lease.
        #[serde(default)]
        #[schema(default = false)]
        confirm: bool,
    },
    /// Command program no longer. The show goes on.
    ReleaseLease {},

    /// Write to somebody. Cities and co-hosts write to the director.
    SendMessage {
        /// To whom.
        to: Audience,
        /// What, 1 to 500 characters.
        #[schema(min_length = 1, max_length = 500)]
        text: String,
    },
    /// Note that a message was read.
    ReadMessage {
        /// Which one.
        message: MessageId,
    },
    /// Set the texts that stand ready to be sent.
    SetCanned {
        /// All of them, at most 30.
        #[schema(max_items = 30)]
        texts: Vec<String>,
    },

    /// Begin another evening with the people, cities, scenes and cues of this one: the slate on both buses, the plan at its
    /// beginning, messages and what could be taken back forgotten. The log keeps everything.
    OpenEvening {
        /// The new evening's title.
        title: String,
    },
    /// Give the evening another title.
    SetTitle {
        /// The title.
        #[schema(min_length = 1, max_length = 120)]
        title: String,
    },
    /// Set how the show behaves.
    SetSettings {
        /// All settings.
        settings: Settings,
    },
    /// Take back the newest thing that whoever asks did and that can be taken back.
    Undo {},
    /// Do again what was taken back last.
    Redo {},
}

impl Command {
    /// Who may ask for it: the one table of commands and roles.
    pub const fn roles(&self) -> &'static [Role] {
        use Role::{City, Cohost, Director, Graphics, Screener, Sound};
        match self {
            Self::SetPreview { .. }
            | Self::Compose { .. }
            | Self::SetTransition { .. }
            | Self::Cut {}
            | Self::CutTo { .. }
            | Self::Take {}
            | Self::SetTBar { .. }
            | Self::FadeToBlack { .. }
            | Self::AddScene { .. }
            | Self::UpdateScene { .. }
            | Self::DuplicateScene { .. }
            | Self::MoveScene { .. }
            | Self::RemoveScene { .. }
            | Self::RecallScene { .. }
            | Self::AddCue { .. }
            | Self::UpdateCue { .. }
            | Self::MoveCue { .. }
            | Self::RemoveCue { .. }
            | Self::ReplaceRundown { .. }
            | Self::SetNext { .. }
            | Self::TakeNext {}
            | Self::SkipNext {}
            | Self::HoldRundown { .. }
            | Self::AddCity { .. }
            | Self::UpdateCity { .. }
            | Self::MoveCity { .. }
            | Self::RemoveCity { .. }
            | Self::AskLease {}
            | Self::GiveLease { .. }
            | Self::TakeLease { .. }
            | Self::ReleaseLease {}
            | Self::SetCanned { .. }
            | Self::OpenEvening { .. }
            | Self::SetTitle { .. }
            | Self::SetSettings { .. } => &[Director],
            Self::SetGraphic { .. } | Self::SetKeyer { .. } => &[Director, Graphics],
            Self::SetStrip { .. }
            | Self::SetGroup { .. }
            | Self::SetMix { .. }
            | Self::PlayMusic { .. }
            | Self::StopMusic { .. }
            | Self::SetMusicLoop { .. } => &[Director, Sound],
            Self::AddCohost { .. }
            | Self::UpdateCohost { .. }
            | Self::MoveCohost { .. }
            | Self::RemoveCohost { .. } => &[Director, Screener],
            Self::ScreenCall { .. }
            | Self::NoteCall { .. }
            | Self::HoldCall { .. }
            | Self::QueueCall { .. }
            | Self::MoveCall { .. }
            | Self::HangUp { .. }
            | Self::BlockCall { .. }
            | Self::UnblockCall { .. }
            | Self::LockCalls { .. }
            | Self::RefuseWithheld { .. }
            | Self::SetCallKind { .. }
            | Self::Dial { .. } => &[Director, Screener],
            Self::PutOnAir { .. } | Self::TakeOffAir { .. } | Self::TakeNextCaller {} => &[Director, Sound, Screener],
            // Of co-hosts, themselves only.
            Self::SetMute { .. } => &[Director, Sound, Screener, Cohost],
            // Of cities, their own only.
            Self::AcknowledgeCue { .. } | Self::SetSlateText { .. } => &[Director, City],
            Self::SendMessage { .. } | Self::ReadMessage { .. } => &[Director, Sound, Graphics, Screener, City, Cohost],
            Self::SetSolo { .. } | Self::Talk { .. } | Self::Undo {} | Self::Redo {} => {
                &[Director, Sound, Graphics, Screener]
            }
        }
    }

    /// Whether only the holder of the lease may ask for it, once there is one: what commands program and preview.
    pub fn needs_lease(&self) -> bool {
        Self::word_needs_lease(self.word())
    }

    /// The same of a command's word, and so of what undoes it.
    pub(super) fn word_needs_lease(word: &str) -> bool {
        const WORDS: [&str; 13] = [
            "set_preview",
            "compose",
            "set_transition",
            "cut",
            "cut_to",
            "take",
            "set_t_bar",
            "fade_to_black",
            "recall_scene",
            "set_next",
            "take_next",
            "skip_next",
            "open_evening",
        ];
        WORDS.contains(&word)
    }

    /// Whether a second press right after the first is a slip of the hand: what changes the air from one state to
    /// another, and would change it back or on.
    pub const fn is_air(&self) -> bool {
        matches!(
            self,
            Self::Cut {}
                | Self::CutTo { .. }
                | Self::Take {}
                | Self::RecallScene { .. }
                | Self::TakeNext {}
                | Self::SkipNext {}
                | Self::TakeNextCaller {}
                | Self::Undo {}
                | Self::Redo {}
        )
    }

    /// The command as a word, the same as its `type` in JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::SetPreview { .. } => "set_preview",
            Self::Compose { .. } => "compose",
            Self::SetTransition { .. } => "set_transition",
            Self::Cut {} => "cut",
            Self::CutTo { .. } => "cut_to",
            Self::Take {} => "take",
            Self::SetTBar { .. } => "set_t_bar",
            Self::FadeToBlack { .. } => "fade_to_black",
            Self::AddScene { .. } => "add_scene",
            Self::UpdateScene { .. } => "update_scene",
            Self::DuplicateScene { .. } => "duplicate_scene",
            Self::MoveScene { .. } => "move_scene",
            Self::RemoveScene { .. } => "remove_scene",
            Self::RecallScene { .. } => "recall_scene",
            Self::SetGraphic { .. } => "set_graphic",
            Self::SetKeyer { .. } => "set_keyer",
            Self::SetStrip { .. } => "set_strip",
            Self::SetGroup { .. } => "set_group",
            Self::SetMix { .. } => "set_mix",
            Self::SetSolo { .. } => "set_solo",
            Self::Talk { .. } => "talk",
            Self::PlayMusic { .. } => "play_music",
            Self::StopMusic { .. } => "stop_music",
            Self::SetMusicLoop { .. } => "set_music_loop",
            Self::AddCue { .. } => "add_cue",
            Self::UpdateCue { .. } => "update_cue",
            Self::MoveCue { .. } => "move_cue",
            Self::RemoveCue { .. } => "remove_cue",
            Self::ReplaceRundown { .. } => "replace_rundown",
            Self::SetNext { .. } => "set_next",
            Self::TakeNext {} => "take_next",
            Self::SkipNext {} => "skip_next",
            Self::HoldRundown { .. } => "hold_rundown",
            Self::AcknowledgeCue { .. } => "acknowledge_cue",
            Self::AddCity { .. } => "add_city",
            Self::UpdateCity { .. } => "update_city",
            Self::MoveCity { .. } => "move_city",
            Self::RemoveCity { .. } => "remove_city",
            Self::SetSlateText { .. } => "set_slate_text",
            Self::AddCohost { .. } => "add_cohost",
            Self::UpdateCohost { .. } => "update_cohost",
            Self::MoveCohost { .. } => "move_cohost",
            Self::RemoveCohost { .. } => "remove_cohost",
            Self::ScreenCall { .. } => "screen_call",
            Self::NoteCall { .. } => "note_call",
            Self::HoldCall { .. } => "hold_call",
            Self::QueueCall { .. } => "queue_call",
            Self::MoveCall { .. } => "move_call",
            Self::PutOnAir { .. } => "put_on_air",
            Self::TakeOffAir { .. } => "take_off_air",
            Self::TakeNextCaller {} => "take_next_caller",
            Self::HangUp { .. } => "hang_up",
            Self::BlockCall { .. } => "block_call",
            Self::UnblockCall { .. } => "unblock_call",
            Self::LockCalls { .. } => "lock_calls",
            Self::RefuseWithheld { .. } => "refuse_withheld",
            Self::SetMute { .. } => "set_mute",
            Self::SetCallKind { .. } => "set_call_kind",
            Self::Dial { .. } => "dial",
            Self::AskLease {} => "ask_lease",
            Self::GiveLease { .. } => "give_lease",
            Self::TakeLease { .. } => "take_lease",
            Self::ReleaseLease {} => "release_lease",
            Self::SendMessage { .. } => "send_message",
            Self::ReadMessage { .. } => "read_message",
            Self::SetCanned { .. } => "set_canned",
            Self::OpenEvening { .. } => "open_evening",
            Self::SetTitle { .. } => "set_title",
            Self::SetSettings { .. } => "set_settings",
            Self::Undo {} => "undo",
            Self::Redo {} => "redo",
        }
    }
}
