//! The show as pages see it: the state with everything that is derived from it, cut to what each may know.

mod desk;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::{
    Actor, Alarm, CallView, CityId, CityState, CohostId, CohostSeat, Cue, CueId, CuePlan, Deed, Flaw, Group, History,
    Keyer, Lease, Masters, Media, Message, Name, OnAir, Picture, Running, Scene, Seat, Settings, ShowTime, Snapshot,
    Source, Strip, StripId, Tally, Transition, WallTime,
};

pub use desk::{PlayingView, SoloView, StripView, TalkView};

macro_rules! view {
    ($(#[$doc:meta])* pub struct View { $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct View { $($(#[$field_doc])* pub $field: $type,)* }

        impl Serialize for Changes<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let Self { before, after } = self;
                let mut map = serializer.serialize_map(None)?;
                $(if before.$field != after.$field {
                    map.serialize_entry(stringify!($field), &after.$field)?;
                })*
                map.end()
            }
        }
    };
}

/// What differs between two views of one actor: an object with the fields of `after` that are others than in `before`. Who
/// knows `before` and puts these in their place knows `after`.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    /// The view that is known.
    pub before: &'a View,
    /// The view that is to be known.
    pub after: &'a View,
}

view! {
    /// What a page needs to draw the evening. What an actor may not know is `null`.
    pub struct View {
        /// Title of the evening.
        pub title: String,
        /// The number of the last event.
        pub revision: u64,
        /// The wall clock at the event clock's start: what turns every other time into a time of day.
        pub epoch: WallTime,
        /// What is on air; while a transition runs, what it leads to.
        pub program: Picture,
        /// Since when.
        pub program_since: ShowTime,
        /// What stands by; viewers are not told.
        #[schema(required = true)]
        pub preview: Option<Picture>,
        /// What the next take runs.
        pub transition: Transition,
        /// The transition that runs now.
        #[schema(required = true)]
        pub running: Option<Running>,
        /// The cities in the order of the evening.
        pub cities: Vec<CityView>,
        /// Whether program is faded to black, or on its way there.
        pub black: bool,
        /// What comes back on program by itself when it can be shown again; operators only.
        #[schema(required = true)]
        pub guarded: Option<Picture>,
        /// The downstream keyers, the lowest first; operators only.
        #[schema(required = true)]
        pub keyers: Option<Vec<Keyer>>,
        /// What the media folder holds; operators only.
        #[schema(required = true)]
        pub media: Option<Media>,
        /// The scenes in their order; operators only.
        #[schema(required = true)]
        pub scenes: Option<Vec<SceneView>>,
        /// The plan; operators only.
        #[schema(required = true)]
        pub rundown: Option<RundownView>,
        /// The cue of whoever looks, if one is to come or is on; cities only.
        #[schema(required = true)]
        pub your_cue: Option<CueView>,
        /// The co-hosts in their order; viewers are not told.
        ///
        /// Cities and co-hosts are told of hosts, of who is on air, and of themselves.
        #[schema(required = true)]
        pub cohosts: Option<Vec<CohostView>>,
        /// Whether the calls are locked for hosts; operators only.
        #[schema(required = true)]
        pub calls_locked: Option<bool>,
        /// Whether callers who withhold their number are refused; operators only.
        #[schema(required = true)]
        pub withheld_refused: Option<bool>,
        /// Who would be taken next; operators only.
        #[schema(required = true)]
        pub next_caller: Option<CohostId>,
        /// Whose talkback microphones are open; operators only.
        #[schema(required = true)]
        pub talkback: Option<Vec<Name>>,
        /// Who speaks to whom; cities and co-hosts are told who speaks to them, viewers nothing.
        #[schema(required = true)]
        pub talks: Option<Vec<TalkView>>,
        /// The strips of the desk without a seat: what the picture brings, the music that plays, open talkback microphones, and
        /// what else has settings of its own; operators only.
        #[schema(required = true)]
        pub strips: Option<Vec<StripView>>,
        /// Which strips are heard on program; operators only.
        #[schema(required = true)]
        pub heard: Option<Vec<StripId>>,
        /// The groups of strips, from 1 on; operators only.
        #[schema(required = true)]
        pub groups: Option<Vec<Group>>,
        /// The faders of program and of the radio; operators only.
        #[schema(required = true)]
        pub masters: Option<Masters>,
        /// What operators listen to instead of program; operators only.
        #[schema(required = true)]
        pub solos: Option<Vec<SoloView>>,
        /// The music that plays, in the order in which it began; operators only.
        #[schema(required = true)]
        pub playing: Option<Vec<PlayingView>>,
        /// Who commands program; operators only.
        #[schema(required = true)]
        pub lease: Option<LeaseView>,
        /// Which operators and machines have a page open; operators only.
        #[schema(required = true)]
        pub present: Option<Vec<Actor>>,
        /// The messages that whoever looks may read, oldest first.
        #[schema(required = true)]
        pub messages: Option<Vec<Message>>,
        /// The texts that stand ready to be sent; operators only.
        #[schema(required = true)]
        pub canned: Option<Vec<String>>,
        /// How the show behaves; operators only.
        #[schema(required = true)]
        pub settings: Option<Settings>,
        /// The newest things that can be taken back or done again, oldest first; operators only.
        #[schema(required = true)]
        pub deeds: Option<Vec<DeedView>>,
        /// What needs mending; operators only.
        #[schema(required = true)]
        pub alarms: Option<Vec<Alarm>>,
    }
}

/// A city as pages see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CityView {
    /// Identifier, also of its channel.
    pub id: CityId,
    /// Name for people.
    pub name: String,
    /// IANA time zone.
    pub time_zone: String,
    /// How its contribution does.
    pub state: CityState,
    /// Whether it is seen.
    pub tally: Tally,
    /// The line on its slate.
    pub slate_text: String,
    /// Its strip of the desk; operators only.
    #[schema(required = true)]
    pub strip: Option<Strip>,
    /// What is wrong with what comes in, worst first; operators only.
    #[schema(required = true)]
    pub flaws: Option<Vec<Flaw>>,
    /// Whether its crew has a page open; operators only.
    #[schema(required = true)]
    pub crew: Option<bool>,
}

/// A co-host as pages see one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CohostView {
    /// Identifier.
    pub id: CohostId,
    /// Name for people.
    pub name: String,
    /// Whether they have their page open.
    pub present: bool,
    /// How their contribution does.
    pub state: CityState,
    /// Whether a picture of them comes.
    pub picture: bool,
    /// Whether they are seen.
    pub tally: Tally,
    /// Their strip of the desk; operators only.
    #[schema(required = true)]
    pub strip: Option<Strip>,
    /// What is wrong with what comes in, worst first; operators only.
    #[schema(required = true)]
    pub flaws: Option<Vec<Flaw>>,
    /// Whether they are on air.
    pub on_air: bool,
    /// Whether they are muted, by whichever side.
    pub muted: bool,
    /// Their call; operators and themselves only.
    #[schema(required = true)]
    pub call: Option<CallView>,
}

/// A scene as pages see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneView {
    /// The scene.
    pub scene: Scene,
    /// What it shows, box by box; none if it cannot be shown now.
    #[schema(required = true)]
    pub picture: Option<Picture>,
    /// Whether exactly this is on a bus.
    pub tally: Tally,
}

/// The plan as pages see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RundownView {
    /// The cues in their order.
    pub cues: Vec<CueView>,
    /// The one that is on.
    #[schema(required = true)]
    pub on_air: Option<OnAir>,
    /// The one that comes next.
    #[schema(required = true)]
    pub next: Option<CueId>,
    /// Whether cues that follow by themselves wait for a hand.
    pub held: bool,
}

/// A cue as pages see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CueView {
    /// Its number.
    pub id: CueId,
    /// What was written.
    pub plan: CuePlan,
    /// Whether its city is ready.
    pub acknowledged: bool,
    /// Since when it is on, if it is.
    #[schema(required = true)]
    pub on_since: Option<ShowTime>,
    /// When it will begin if everything goes on as it is; known for the cues to come. What is on may overrun: then it
    /// begins later, and this does not tell until something happens.
    #[schema(required = true)]
    pub expected_start: Option<WallTime>,
    /// How many seconds later than planned that is; negative if it is earlier.
    #[schema(required = true)]
    pub over_s: Option<i64>,
}

/// Who commands program, and who would like to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseView {
    /// The lease; none if nobody commands.
    #[schema(required = true)]
    pub lease: Option<Lease>,
    /// When it ends by itself, if its holder's link stays away.
    #[schema(required = true)]
    pub ends: Option<ShowTime>,
    /// Who asks for it.
    pub asked: Vec<Actor>,
}

/// What somebody did, for the list of what can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeedView {
    /// The number of its first event.
    pub turn: u64,
    /// Who did it.
    pub actor: Actor,
    /// What it was, as a command's word.
    pub command: String,
    /// Whether it was taken back.
    pub undone: bool,
}

/// Most deeds that pages are shown.
const DEEDS: usize = 12;

impl View {
    /// The operators' view.
    pub(super) fn of(state: &Snapshot, now: ShowTime) -> Self {
        Self {
            title: state.title.clone(),
            revision: state.revision,
            epoch: state.epoch,
            program: state.program.clone(),
            program_since: state.program_since,
            preview: Some(state.preview.clone()),
            transition: state.transition.clone(),
            running: state.running.clone(),
            cities: state.cities.iter().map(|seat| city(state, seat)).collect(),
            black: state.black,
            guarded: state.guarded.clone(),
            keyers: Some(state.keyers.to_vec()),
            media: Some(state.media.clone()),
            scenes: Some(state.scenes.iter().map(|scene| scene_view(state, scene)).collect()),
            rundown: Some(rundown(state, now)),
            your_cue: None,
            cohosts: Some(state.cohosts.iter().map(|known| cohost(state, known)).collect()),
            calls_locked: Some(state.calls.locked),
            withheld_refused: Some(state.calls.withheld_refused),
            next_caller: state.next_caller().map(|next| next.id.clone()),
            talkback: Some(state.talkback.clone()),
            talks: Some(desk::talks(state)),
            strips: Some(desk::strips(state)),
            heard: Some(desk::heard(state)),
            groups: Some(state.groups.to_vec()),
            masters: Some(state.masters),
            solos: Some(desk::solos(state)),
            playing: Some(desk::music(state, now)),
            lease: Some(LeaseView {
                lease: state.lease.clone(),
                ends: state.lease_ends_at(),
                asked: state.lease_asked.clone(),
            }),
            present: Some(state.present.iter().filter(|actor| is_operator(actor)).cloned().collect()),
            messages: Some(state.messages.clone()),
            canned: Some(state.canned.clone()),
            settings: Some(state.settings),
            deeds: Some(deeds(&state.history)),
            alarms: Some(state.alarms.clone()),
        }
    }

    /// How a strip is set, if it is there and whoever looks may know.
    pub fn strip(&self, of: &StripId) -> Option<Strip> {
        match of {
            StripId::City(city) => self.cities.iter().find(|known| known.id == *city)?.strip,
            StripId::Cohost(cohost) => self.cohosts.iter().flatten().find(|known| known.id == *cohost)?.strip,
            other => Some(self.strips.iter().flatten().find(|known| known.id == *other)?.strip),
        }
    }

    /// What this actor may know of it.
    pub fn for_actor(&self, actor: &Actor) -> Self {
        match actor {
            Actor::Operator(_) | Actor::Machine(_) | Actor::House => self.clone(),
            Actor::City(city) => {
                let cues = self.rundown.iter().flat_map(|rundown| &rundown.cues);
                let is_theirs = |cue: &&CueView| cue.plan.city.as_ref() == Some(city);
                let is_ahead = |cue: &&CueView| cue.on_since.is_some() || cue.is_ahead(self.rundown.as_ref());
                let mut your_cue = cues.filter(is_theirs).find(is_ahead).cloned();
                if let Some(cue) = &mut your_cue {
                    cue.plan.note.clear();
                }
                let mut view = Self { your_cue, ..self.for_seat(actor) };
                // Their own green light: they may prepare.
                for (mine, all) in view.cities.iter_mut().zip(&self.cities).filter(|(mine, _)| mine.id == *city) {
                    mine.tally = all.tally;
                }
                view
            }
            Actor::Cohost(_) => self.for_seat(actor),
            Actor::Viewer => self.for_viewers(),
        }
    }

    /// The same for the public: what the director prepares stays in the control room.
    pub fn for_viewers(&self) -> Self {
        let public = |city: &CityView| CityView {
            tally: if city.tally == Tally::Preview { Tally::Off } else { city.tally },
            strip: None,
            flaws: None,
            crew: None,
            ..city.clone()
        };
        Self {
            title: self.title.clone(),
            revision: self.revision,
            epoch: self.epoch,
            program: self.program.clone(),
            program_since: self.program_since,
            preview: None,
            transition: self.transition.clone(),
            running: self.running.clone(),
            cities: self.cities.iter().map(public).collect(),
            black: self.black,
            guarded: None,
            keyers: None,
            media: None,
            scenes: None,
            rundown: None,
            your_cue: None,
            cohosts: None,
            calls_locked: None,
            withheld_refused: None,
            next_caller: None,
            talkback: None,
            talks: None,
            strips: None,
            heard: None,
            groups: None,
            masters: None,
            solos: None,
            playing: None,
            lease: None,
            present: None,
            messages: None,
            canned: None,
            settings: None,
            deeds: None,
            alarms: None,
        }
    }

    /// What whoever takes part sees beyond the public: their messages, and who else takes part. Their own green light, too:
    /// they may prepare.
    fn for_seat(&self, actor: &Actor) -> Self {
        let messages = self.messages.iter().flatten().filter(|message| message.is_for(actor)).cloned().collect();
        let cohosts = self.cohosts.iter().flatten().filter_map(|known| known.for_seat(actor)).collect();
        let talks = Some(desk::talks_to(self.talks.as_deref().unwrap_or_default(), actor));
        Self { messages: Some(messages), cohosts: Some(cohosts), talks, ..self.for_viewers() }
    }
}

impl CueView {
    /// Whether it is still to come.
    fn is_ahead(&self, rundown: Option<&RundownView>) -> bool {
        let Some(rundown) = rundown else { return false };
        let place = |id: CueId| rundown.cues.iter().position(|cue| cue.id == id);
        rundown.next.and_then(place).is_some_and(|next| place(self.id).is_some_and(|own| own >= next))
    }
}

fn is_operator(actor: &Actor) -> bool {
    matches!(actor, Actor::Operator(_) | Actor::Machine(_))
}

fn city(state: &Snapshot, Seat { city, contribution, slate_text, strip, flaws, .. }: &Seat) -> CityView {
    CityView {
        id: city.id.clone(),
        name: city.name.clone(),
        time_zone: city.time_zone.clone(),
        state: *contribution,
        tally: state.tally(&Source::City(city.id.clone())),
        slate_text: slate_text.clone(),
        strip: Some(*strip),
        flaws: Some(flaws.clone()),
        crew: Some(state.present.contains(&Actor::City(city.id.clone()))),
    }
}

fn cohost(state: &Snapshot, seat: &CohostSeat) -> CohostView {
    let CohostSeat { id, name, contribution, frames_flow, strip, flaws, call } = seat;
    CohostView {
        id: id.clone(),
        name: name.clone(),
        present: state.present.contains(&Actor::Cohost(id.clone())),
        state: *contribution,
        picture: *frames_flow,
        tally: state.tally(&Source::Cohost(id.clone())),
        strip: Some(*strip),
        flaws: Some(flaws.clone()),
        on_air: seat.is_on_air(),
        muted: call.is_muted(),
        call: Some(CallView::of(state, seat)),
    }
}

fn scene_view(state: &Snapshot, scene: &Scene) -> SceneView {
    let picture = scene.composition.picture().ok().filter(|picture| state.picture_flaw(picture).is_none());
    let tally = match &picture {
        Some(picture) if *picture == state.program => Tally::Program,
        Some(picture) if *picture == state.preview => Tally::Preview,
        _ => Tally::Off,
    };
    SceneView { scene: scene.clone(), picture, tally }
}

fn rundown(state: &Snapshot, now: ShowTime) -> RundownView {
    let rundown = &state.rundown;
    let timing = rundown.timing(now, state.epoch);
    let view = |Cue { id, plan, acknowledged }: &Cue| {
        let timing = timing.iter().find(|timing| timing.cue == *id);
        CueView {
            id: *id,
            plan: plan.clone(),
            acknowledged: *acknowledged,
            on_since: rundown.on_air.filter(|on_air| on_air.cue == *id).map(|on_air| on_air.since),
            expected_start: timing.and_then(|timing| timing.expected_start),
            over_s: timing.and_then(|timing| timing.over_s),
        }
    };
    RundownView {
        cues: rundown.cues.iter().map(view).collect(),
        on_air: rundown.on_air,
        next: rundown.next,
        held: rundown.held,
    }
}

/// The newest deeds, and of everybody what they would take back and do again next.
fn deeds(history: &History) -> Vec<DeedView> {
    let deeds = history.deeds();
    let newest = deeds.len().saturating_sub(DEEDS);
    let is_next = |deed: &Deed| {
        [history.to_undo(&deed.actor), history.to_redo(&deed.actor)]
            .into_iter()
            .flatten()
            .any(|next| next.turn == deed.turn)
    };
    let shown = deeds.iter().enumerate().filter(|(at, deed)| *at >= newest || is_next(deed));
    let view = |Deed { turn, actor, command, undone, .. }: &Deed| DeedView {
        turn: *turn,
        actor: actor.clone(),
        command: command.clone(),
        undone: *undone,
    };
    shown.map(|(_, deed)| view(deed)).collect()
}
