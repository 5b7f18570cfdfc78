//! What goes into the show besides commands, and what comes out of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Actor, Alarm, CallEnd, City, CityId, Cohost, CohostId, DeskPlan, Flaw, Graphic, Keyer, KeyerNumber, Media, MediaId,
    Name, PhoneNumber, Picture, Recorded, ShowTime, WallTime, Way,
};

/// What an engine saw. A fact about a city or a co-host that the show does not have, or one that does not fit their state,
/// is ignored: engines race.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// A publisher negotiated a session on this city's seat (also when it took the seat over).
    CityJoined {
        /// The seat.
        city: CityId,
    },
    /// Decoded frames of this city flow, for the first time or again after [`Fact::FramesStopped`].
    FramesFlow {
        /// The seat.
        city: CityId,
    },
    /// No decoded frame of this city came for half a second, whatever became of its session: a takeover that never
    /// delivers is noticed by this alone.
    FramesStopped {
        /// The seat.
        city: CityId,
    },
    /// The seat's last session ended.
    CityLeft {
        /// The seat.
        city: CityId,
    },
    /// What is wrong with what comes in from a city is something else now.
    CityMeasured {
        /// Which one.
        city: CityId,
        /// All of it.
        flaws: Vec<Flaw>,
    },
    /// Somebody negotiated a session on this co-host's seat (also when it took the seat over).
    CohostJoined {
        /// The seat.
        cohost: CohostId,
    },
    /// Sound or picture of this co-host comes in: the first of a session, or the first after [`Fact::CohostLost`].
    CohostHeard {
        /// The seat.
        cohost: CohostId,
    },
    /// Nothing at all comes from this co-host's side any more, while the session is still open. Who is only silent is not
    /// lost.
    CohostLost {
        /// The seat.
        cohost: CohostId,
    },
    /// The seat's last session ended.
    CohostLeft {
        /// The seat.
        cohost: CohostId,
    },
    /// Decoded frames of this co-host flow, for the first time or again after [`Fact::CohostFramesStopped`].
    CohostFramesFlow {
        /// The seat.
        cohost: CohostId,
    },
    /// No decoded frame of this co-host came for half a second: the camera is off, or the call is.
    CohostFramesStopped {
        /// The seat.
        cohost: CohostId,
    },
    /// What is wrong with what comes in from a co-host is something else now.
    CohostMeasured {
        /// Who.
        cohost: CohostId,
        /// All of it.
        flaws: Vec<Flaw>,
    },
    /// An operator's talkback microphone has a session.
    TalkbackOpened {
        /// Whose.
        operator: Name,
    },
    /// The last session of an operator's talkback microphone has ended.
    TalkbackClosed {
        /// Whose.
        operator: Name,
    },
    /// A piece of music is over: it came to its end, or could not go on.
    MusicEnded {
        /// Which one.
        media: MediaId,
    },
    /// The media folder was read: this is what there is.
    MediaRead {
        /// All of it.
        media: Media,
    },
    /// Somebody's first page was opened.
    Arrived {
        /// Who.
        actor: Actor,
    },
    /// Somebody's last page went away.
    Departed {
        /// Who.
        actor: Actor,
    },
    /// Something in the house needs mending.
    Broken {
        /// What.
        alarm: Alarm,
    },
    /// It is mended.
    Mended {
        /// What.
        alarm: Alarm,
    },
    /// A telephone rings that nobody dialled.
    PhoneRang {
        /// The identifier it gets; one that was never given in this evening.
        cohost: CohostId,
        /// The name that came with the call.
        name: Option<String>,
        /// The number or address that came with it; none if the caller withholds it.
        number: Option<PhoneNumber>,
    },
    /// The line to a telephone stands: it was answered, here or there.
    PhoneAnswered {
        /// Whose.
        cohost: CohostId,
    },
    /// Somebody on the telephone pressed a key.
    PhoneKey {
        /// Who.
        cohost: CohostId,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        key: char,
    },
    /// A telephone call is over, or never came to be one.
    PhoneEnded {
        /// Whose.
        cohost: CohostId,
        /// Why.
        why: CallEnd,
    },
    /// How long a packet takes to a co-host and back was measured.
    CallRoundTrip {
        /// Whose.
        cohost: CohostId,
        /// So many milliseconds.
        ms: u32,
    },
    /// The wall clock was set.
    ClockSet {
        /// The wall clock at the event clock's start.
        epoch: WallTime,
    },
}

/// What an engine must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A city's seat, channel, decoder and strip come into being. Before any picture that shows it.
    AddCity {
        /// Who it is.
        city: City,
        /// The line on its slate.
        slate_text: String,
    },
    /// A city's slate says something else from now on.
    UpdateCity {
        /// Who it is now.
        city: City,
        /// The line on its slate.
        slate_text: String,
    },
    /// A city's seat, channel, decoder and strip go. After any picture that showed it.
    RemoveCity {
        /// Which one.
        city: CityId,
    },
    /// A co-host's seat, decoder and strip come into being. Before any picture that shows them.
    AddCohost {
        /// Who.
        cohost: Cohost,
        /// Whether they are on the telephone: then they have neither seat nor decoder, and no picture.
        by_telephone: bool,
    },
    /// A co-host's slate bears another name from now on.
    UpdateCohost {
        /// Who they are now.
        cohost: Cohost,
    },
    /// A co-host's seat, decoder and strip go. After any picture that showed them.
    RemoveCohost {
        /// Who.
        cohost: CohostId,
    },
    /// The evening's own slate bears this title from now on.
    SetTitle {
        /// The title.
        title: String,
    },
    /// The picture engine shows `picture` on program, from the next frame on.
    ShowPicture {
        /// What to show.
        picture: Picture,
        /// How to get there.
        way: Way,
    },
    /// What the next take would show: the picture that preview shows to operators, and whatever it needs is made ready.
    ShowPreview {
        /// What to show.
        picture: Picture,
    },
    /// This stinger is the one that the next take may run; none if it runs none.
    ArmStinger {
        /// Which one.
        stinger: Option<MediaId>,
    },
    /// Program fades to black, over everything and with its sound, or comes back.
    FadeToBlack {
        /// Whether it is black in the end.
        on: bool,
        /// How long it takes.
        length: Duration,
    },
    /// The desk becomes this one. The strip of a lost city stays open, so that it is heard again when it comes back.
    SetDesk {
        /// All of it.
        plan: DeskPlan,
        /// How long every change of gain takes that says nothing else.
        ramp: Duration,
    },
    /// A piece of music plays, from its beginning: before the desk that hears it. One that plays begins anew.
    PlayMusic {
        /// Which one.
        media: MediaId,
        /// Whether it begins anew at its end, without a gap.
        loops: bool,
        /// How long it takes to come.
        fade: Duration,
    },
    /// A piece of music that plays begins anew at its end from now on, or not.
    SetMusicLoop {
        /// Which one.
        media: MediaId,
        /// Whether it does.
        loops: bool,
    },
    /// A piece of music fades out and is over then; [`Fact::MusicEnded`] need not tell.
    StopMusic {
        /// Which one.
        media: MediaId,
        /// How long it takes to go.
        fade: Duration,
    },
    /// Radios show this title from now on.
    SetRadioTitle {
        /// The title.
        title: String,
    },
    /// This graphic may come soon: to have it drawn then saves the milliseconds that drawing takes.
    Prepare {
        /// What.
        graphic: Graphic,
    },
    /// A downstream keyer shows this over every picture, or nothing.
    SetKeyer {
        /// Which one.
        number: KeyerNumber,
        /// What, and whether.
        keyer: Keyer,
    },
    /// A telephone that rings is answered. Nothing to do for one that has hung up meanwhile.
    AnswerCall {
        /// Whose.
        cohost: CohostId,
    },
    /// Somebody's session is closed, or their telephone call ended or refused. Nothing to do where there is none.
    HangUp {
        /// Whose.
        cohost: CohostId,
    },
    /// A telephone that rings is refused, and told why: it withholds its number.
    RefuseWithheld {
        /// Whose.
        cohost: CohostId,
    },
    /// A number is dialled.
    Dial {
        /// Who is to answer.
        cohost: CohostId,
        /// The number.
        number: PhoneNumber,
    },
}

/// One thing that follows from a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Engines must do this.
    Effect(Effect),
    /// The world should know this.
    Event(Recorded),
    /// Call `tick` at this time. Always the last output. Every answer says anew what is waited for: it replaces the time
    /// before it, and an answer without one waits for nothing.
    Timeout(ShowTime),
}
