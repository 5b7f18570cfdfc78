//! What happened. Events are the show's memory: the state is what follows from them, one after the other.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Actor, Alarm, CallKind, CallState, City, CityId, CityState, Cohost, CohostId, Cue, CueId, Fader, Flaw, Group,
    GroupNumber, Keyer, KeyerNumber, Lease, Media, MediaId, Message, MessageId, Mix, Name, OnAir, PhoneNumber, Picture,
    Rundown, Scene, SceneId, Settings, ShowTime, Solo, Strip, StripId, TalkTo, Transition, WallTime,
};

/// Something that happened. Every change of the state is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The evening begins: the slate on both buses, everybody offline.
    Opened {
        /// Its title.
        title: String,
        /// Its cities in their order.
        cities: Vec<City>,
        /// The wall clock at the event clock's start.
        epoch: WallTime,
    },
    /// The server has started again in mid-show: nobody is linked, no transition runs, every city is offline.
    Restarted {},
    /// Another evening begins with the people, cities, scenes and cues of the one before.
    EveningOpened {
        /// Its title.
        title: String,
    },
    /// The wall clock was set: its instant at the event clock's start is another one now.
    ClockSet {
        /// The wall clock at the event clock's start.
        epoch: WallTime,
    },

    /// Program shows another picture, or begins the transition to it.
    ProgramChanged {
        /// The picture.
        picture: Picture,
        /// How it comes.
        transition: Transition,
        /// Whether the T-bar drives the transition.
        #[serde(default, skip_serializing_if = "is_false")]
        #[schema(default = false)]
        by_hand: bool,
    },
    /// The T-bar was moved.
    TransitionMoved {
        /// How far the transition is, in thousandths.
        #[schema(maximum = 1000)]
        done: u16,
    },
    /// A transition that the T-bar held goes on by itself.
    TransitionReleased {},
    /// The transition runs back from where it is: program leads to the picture that was being left.
    TransitionReversed {
        /// The picture.
        picture: Picture,
    },
    /// The transition that was running is over.
    TransitionEnded {},
    /// Nothing of program's picture came in any more: something safe is on air in its place.
    ProgramGuarded {
        /// What is on air.
        picture: Picture,
        /// What comes back when it can be shown again.
        instead_of: Picture,
    },
    /// Program fades to black, or comes back.
    FadedToBlack {
        /// Whether it is black.
        on: bool,
    },
    /// Preview holds another picture.
    PreviewChanged {
        /// The picture.
        picture: Picture,
    },
    /// Another transition is chosen for the next `Take`.
    TransitionSet {
        /// The transition.
        transition: Transition,
    },
    /// A downstream keyer changed.
    KeyerChanged {
        /// Which one.
        #[serde(default)]
        number: KeyerNumber,
        /// How it is now.
        keyer: Keyer,
    },
    /// A strip of the desk was set.
    StripChanged {
        /// Whose.
        #[serde(alias = "city", deserialize_with = "super::earlier::strip")]
        of: StripId,
        /// How it is now.
        strip: Strip,
    },
    /// A group of strips was set.
    GroupChanged {
        /// Which one.
        number: GroupNumber,
        /// How it is now.
        group: Group,
    },
    /// The fader of program or of the radio was moved.
    MixChanged {
        /// Which one.
        mix: Mix,
        /// How loud it is now.
        fader_db: Fader,
    },
    /// An operator listens to something else.
    SoloChanged {
        /// Who.
        operator: Name,
        /// To what; without any strips to program.
        solo: Solo,
    },
    /// An operator speaks to somebody else, or to nobody.
    TalkChanged {
        /// Who.
        operator: Name,
        /// To whom.
        to: BTreeSet<TalkTo>,
    },
    /// A piece of music plays, from its beginning.
    MusicStarted {
        /// Which one.
        media: MediaId,
        /// Its length in ms; 0 if it is not known.
        length_ms: u32,
        /// Whether it begins anew at its end.
        loops: bool,
        /// How long it takes to come, in ms.
        fade_ms: u32,
    },
    /// A piece of music begins anew at its end from now on, or not.
    MusicLoopSet {
        /// Which one.
        media: MediaId,
        /// Whether it does.
        loops: bool,
    },
    /// A piece of music fades out.
    MusicFading {
        /// Which one.
        media: MediaId,
        /// How long that takes, in ms.
        fade_ms: u32,
    },
    /// A piece of music is over.
    MusicEnded {
        /// Which one.
        media: MediaId,
    },

    /// A city's contribution changed.
    CityChanged {
        /// The city.
        city: CityId,
        /// Its new state.
        state: CityState,
    },
    /// Frames of a city without a session began to come, or stopped coming: they outlive their session a little.
    FramesNoted {
        /// The city.
        city: CityId,
        /// Whether they come.
        flow: bool,
    },
    /// What is wrong with what comes in from a city is something else now.
    CityMeasured {
        /// Which one.
        city: CityId,
        /// All of it, worst first.
        flaws: Vec<Flaw>,
    },
    /// A co-host's contribution changed.
    CohostChanged {
        /// Who.
        cohost: CohostId,
        /// Its new state.
        state: CityState,
    },
    /// A co-host's picture began to come, or stopped coming.
    CohostFramesNoted {
        /// Who.
        cohost: CohostId,
        /// Whether it comes.
        flow: bool,
    },
    /// What is wrong with what comes in from a co-host is something else now.
    CohostMeasured {
        /// Who.
        cohost: CohostId,
        /// All of it, worst first.
        flaws: Vec<Flaw>,
    },
    /// An operator's talkback microphone was opened or closed.
    TalkbackChanged {
        /// Whose.
        operator: Name,
        /// Whether it has a session.
        open: bool,
    },
    /// The media folder was read.
    MediaRead {
        /// What there is.
        media: Media,
    },
    /// The evening has one more city.
    CityAdded {
        /// Who it is.
        city: City,
        /// The line on its slate.
        slate_text: String,
        /// Its strip.
        strip: Strip,
        /// Its place in the order.
        position: usize,
    },
    /// A city has another name or time zone.
    CityUpdated {
        /// Who it is now.
        city: City,
    },
    /// A city's slate says something else.
    SlateTextSet {
        /// Whose.
        city: CityId,
        /// The line.
        text: String,
    },
    /// A city stands elsewhere in the order.
    CityMoved {
        /// Which one.
        city: CityId,
        /// Its new place.
        to: usize,
    },
    /// The evening has one city less.
    CityRemoved {
        /// Which one.
        city: CityId,
    },
    /// The evening has one more co-host.
    CohostAdded {
        /// Who.
        cohost: Cohost,
        /// Their strip.
        #[serde(default = "Strip::always")]
        #[schema(required = true)]
        strip: Strip,
        /// Their place in the order.
        position: usize,
    },
    /// A co-host has another name.
    CohostUpdated {
        /// Who they are now.
        cohost: Cohost,
    },
    /// A co-host stands elsewhere in the order.
    CohostMoved {
        /// Who.
        cohost: CohostId,
        /// Their new place.
        to: usize,
    },
    /// The evening has one co-host less.
    CohostRemoved {
        /// Who.
        cohost: CohostId,
    },
    /// Somebody's first page was opened, or their last one went away.
    PresenceChanged {
        /// Who.
        actor: Actor,
        /// Whether they are there.
        present: bool,
    },

    /// A scene is new or changed.
    SceneSaved {
        /// The whole scene.
        scene: Scene,
        /// Its place in the order.
        position: usize,
    },
    /// A scene stands elsewhere in the order.
    SceneMoved {
        /// Which one.
        scene: SceneId,
        /// Its new place.
        to: usize,
    },
    /// A scene is forgotten.
    SceneRemoved {
        /// Which one.
        scene: SceneId,
    },

    /// A cue is new or changed.
    CueSaved {
        /// The whole cue.
        cue: Cue,
        /// Its place in the order.
        position: usize,
    },
    /// A cue stands elsewhere in the order.
    CueMoved {
        /// Which one.
        cue: CueId,
        /// Its new place.
        to: usize,
    },
    /// A cue is out.
    CueRemoved {
        /// Which one.
        cue: CueId,
    },
    /// Another rundown stands in the place of the old one.
    RundownReplaced {
        /// The whole rundown.
        rundown: Rundown,
    },
    /// A cue is on.
    CueTaken {
        /// Which one.
        cue: CueId,
        /// Which one comes next.
        #[schema(required = true)]
        next: Option<CueId>,
    },
    /// The evening stands elsewhere in its plan.
    RundownMoved {
        /// The cue that is on.
        #[schema(required = true)]
        on_air: Option<OnAir>,
        /// The cue that comes next.
        #[schema(required = true)]
        next: Option<CueId>,
    },
    /// Cues that follow by themselves wait for a hand, or do not any more.
    RundownHeld {
        /// Whether they wait.
        held: bool,
    },
    /// A cue's city is ready for it.
    CueAcknowledged {
        /// Which one.
        cue: CueId,
    },

    /// Another one commands program, or nobody, or the holder's link changed.
    LeaseChanged {
        /// The lease now.
        #[schema(required = true)]
        lease: Option<Lease>,
    },
    /// Somebody asks for the lease.
    LeaseAsked {
        /// Who.
        by: Actor,
    },

    /// Somebody wrote.
    MessageSent {
        /// The message.
        message: Message,
    },
    /// Somebody has read a message.
    MessageRead {
        /// Which one.
        message: MessageId,
        /// Who.
        by: Actor,
    },
    /// Other texts stand ready to be sent.
    CannedSet {
        /// All of them.
        texts: Vec<String>,
    },
    /// The evening has another title.
    TitleSet {
        /// The title.
        title: String,
    },
    /// The show behaves otherwise from now on.
    SettingsSet {
        /// All settings.
        settings: Settings,
    },
    /// What somebody did was taken back, by the events before this one.
    Undone {
        /// The number of its first event.
        turn: u64,
    },
    /// What was taken back was done again, by the events before this one.
    Redone {
        /// The number of its first event.
        turn: u64,
    },
    /// A call is in another state.
    CallChanged {
        /// Whose.
        cohost: CohostId,
        /// Its state now. Whoever comes to wait for their turn is last in the queue.
        state: CallState,
    },
    /// Somebody has another place in the queue.
    CallMoved {
        /// Who.
        cohost: CohostId,
        /// The place, from 0.
        to: usize,
    },
    /// Something was noted about a caller.
    CallNoted {
        /// About whom.
        cohost: CohostId,
        /// Their name.
        name: String,
        /// Where they are.
        city: String,
        /// What they want to say.
        point: String,
    },
    /// Somebody is kept out from now on, or let in again.
    CallBlocked {
        /// Who.
        cohost: CohostId,
        /// Whether they are kept out.
        blocked: bool,
    },
    /// A co-host was muted, or is not any more.
    CallMuted {
        /// Who.
        cohost: CohostId,
        /// Whether they muted themselves.
        by_self: bool,
        /// Whether the desk muted them.
        by_desk: bool,
    },
    /// Somebody is something else to the show.
    CallKindSet {
        /// Who.
        cohost: CohostId,
        /// What they are.
        kind: CallKind,
    },
    /// Packets take another time to a co-host and back.
    CallMeasured {
        /// Whose.
        cohost: CohostId,
        /// So many milliseconds.
        round_trip_ms: u32,
    },
    /// Somebody on the telephone pressed a key.
    CallKeyed {
        /// Who.
        cohost: CohostId,
        /// Which one, as the telephone names it.
        key: char,
    },
    /// The lock is for hosts from now on, or open.
    CallsLocked {
        /// Whether no guest goes on air.
        on: bool,
    },
    /// Callers who withhold their number are refused from now on, or taken.
    WithheldRefused {
        /// Whether they are refused.
        on: bool,
    },
    /// A telephone rings, or one that was dialled: somebody has a seat.
    PhoneRang {
        /// Who.
        cohost: Cohost,
        /// Their place in the order.
        position: usize,
        /// The number, masked; none if the caller withholds it.
        #[serde(default)]
        #[schema(required = true)]
        masked: Option<String>,
        /// Who had it dialled; none if it called.
        #[schema(required = true)]
        dialled_by: Option<Name>,
        /// The whole number. It is known while the show runs and in its snapshots; it is never written with an event.
        #[serde(skip)]
        number: Option<PhoneNumber>,
    },
    /// Something in the house needs mending.
    AlarmRaised {
        /// What.
        alarm: Alarm,
    },
    /// It is mended.
    AlarmCleared {
        /// What.
        alarm: Alarm,
    },
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What led to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "cause", rename_all = "snake_case", deny_unknown_fields)]
pub enum Cause {
    /// Somebody asked.
    Command {
        /// For what.
        command: String,
    },
    /// An engine reported.
    Fact {},
    /// Its time had come.
    Time {},
    /// The server started.
    Start {},
}

/// One event in its place among all others: a line of the as-run log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// One more than that of the event before; the first of an evening is 1. It is the show's revision after it.
    pub number: u64,
    /// The number of the first event of the same call: all that one command led to has the same.
    pub turn: u64,
    /// The event clock.
    pub time: ShowTime,
    /// The wall clock.
    pub wall: WallTime,
    /// Who.
    pub actor: Actor,
    /// Why.
    pub cause: Cause,
    /// What.
    pub event: Event,
}
