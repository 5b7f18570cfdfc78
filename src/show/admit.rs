//! What is refused, and why: every command is judged here before anything changes.

mod desk;

use super::rejection::Kind;
use super::{
    Actor, Audience, Bus, Caller, CityId, CohostId, Command, Composition, CueId, CuePlan, Flaw, Graphic, Keyer,
    LeaseEnd, Link, Media, MediaId, MediaItem, Message, Picture, Progress, ReadinessRule, Rejection, Role, Rundown,
    Running, Scene, SceneId, ShowTime, Snapshot, Source, Transition, text,
};

impl Snapshot {
    /// Whether somebody like `caller` may ever ask for this.
    pub(super) fn admit_role(&self, command: &Command, caller: &Caller) -> Result<(), Rejection> {
        match caller.is_one_of(command.roles()) {
            true => Ok(()),
            false => Err(Rejection::forbidden(caller.actor.clone(), command.word(), command.roles())),
        }
    }

    /// Whether `caller` may have this now.
    pub(super) fn admit(&self, command: &Command, caller: &Caller, now: ShowTime) -> Result<(), Rejection> {
        if command.needs_lease() {
            self.admit_lease(&caller.actor)?;
        }
        match command {
            Command::SetPreview { source } => self.admit_source(source),
            Command::CutTo { source } => {
                self.admit_source(source)?;
                self.admit_ready(&Picture::full(source.clone()))
            }
            Command::Compose { composition } => self.admit_composition(composition),
            Command::SetTransition { transition } => self.admit_transition(transition),
            // These go on with what is on air already, or back to what still is.
            Command::Cut {} if self.running.is_some() => Ok(()),
            Command::Take {} if self.takes_what_is_on_air() => Ok(()),
            Command::Cut {} | Command::Take {} => self.admit_ready(&self.preview),
            Command::SetTBar { position } => self.admit_t_bar(*position, now),
            Command::FadeToBlack { .. } | Command::SetGroup { .. } => Ok(()),

            Command::AddScene { name, composition } => {
                admit_text("name", name, 1, Scene::NAME_MAX)?;
                composition.as_ref().map_or(Ok(()), |composition| self.admit_composition(composition))?;
                room("scenes", self.scenes.len(), 1, Scene::MOST)
            }
            Command::UpdateScene { scene, name, composition } => {
                self.known_scene(*scene)?;
                name.as_ref().map_or(Ok(()), |name| admit_text("name", name, 1, Scene::NAME_MAX))?;
                composition.as_ref().map_or(Ok(()), |composition| self.admit_composition(composition))
            }
            Command::DuplicateScene { scene } => {
                self.known_scene(*scene)?;
                room("scenes", self.scenes.len(), 1, Scene::MOST)
            }
            Command::MoveScene { scene, .. } | Command::RemoveScene { scene } => self.known_scene(*scene).map(drop),
            Command::RecallScene { scene, to } => {
                let composition = &self.known_scene(*scene)?.composition;
                self.admit_composition(composition)?;
                match (to, composition.picture()) {
                    (Bus::Program, Ok(picture)) => self.admit_ready(&picture),
                    _ => Ok(()),
                }
            }

            Command::SetGraphic { graphic, .. } => {
                graphic.as_ref().map_or(Ok(()), |graphic| self.admit_graphic(graphic))
            }
            Command::SetKeyer { keyer, on } => {
                let keyer = Keyer { on: *on, ..self.keyers[keyer.index()].clone() };
                let flaw = keyer.flaw().map(|flaw| format!("{flaw}: set a graphic first"));
                flaw.map_or(Ok(()), |flaw| Err(Rejection::BadValue { what: "keyer", flaw }))
            }
            Command::SetStrip { of, strip } => self.admit_strip(of, strip),
            Command::SetMix { mix, .. } => self.admit_mix(mix),
            Command::SetSolo { strips, .. } => self.admit_solo(strips, command, caller),
            Command::Talk { to, .. } => self.admit_talk(to, command, caller),
            Command::PlayMusic { media, fade_ms, .. } => self.admit_play(media, *fade_ms),
            Command::StopMusic { media, fade_ms } => self.admit_stop(media, *fade_ms),
            Command::SetMusicLoop { media, .. } => self.admit_playing(media),

            Command::AddCue { cue, before } => {
                before.map_or(Ok(()), |before| self.known_cue(before))?;
                self.admit_cue(cue)?;
                room("cues", self.rundown.cues.len(), 1, Rundown::MOST)
            }
            Command::UpdateCue { cue, plan } => self.known_cue(*cue).and_then(|()| self.admit_cue(plan)),
            Command::MoveCue { cue, .. } | Command::RemoveCue { cue } | Command::SetNext { cue } => {
                self.known_cue(*cue)
            }
            Command::ReplaceRundown { cues } => {
                cues.iter().try_for_each(|cue| self.admit_cue(cue))?;
                room("cues", 0, cues.len(), Rundown::MOST)
            }
            Command::TakeNext {} => self.admit_take_next(),
            Command::SkipNext {} => self.rundown.next.map(drop).ok_or(Rejection::NothingNext),
            Command::AcknowledgeCue { cue } => self.admit_acknowledgement(*cue, caller),

            Command::AddCity { id, name, time_zone, .. } => {
                if self.has(id) {
                    return Err(Rejection::IdTaken(id.to_string()));
                }
                admit_text("name", name, 1, Self::NAME_MAX)?;
                admit_text("time zone", time_zone, 1, Self::NAME_MAX)?;
                room("cities", self.cities.len(), 1, Self::MOST_CITIES)
            }
            Command::UpdateCity { city, name, time_zone } => {
                self.known_city(city)?;
                name.as_ref().map_or(Ok(()), |name| admit_text("name", name, 1, Self::NAME_MAX))?;
                time_zone.as_ref().map_or(Ok(()), |zone| admit_text("time zone", zone, 1, Self::NAME_MAX))
            }
            Command::MoveCity { city, .. } => self.known_city(city),
            Command::RemoveCity { city } => {
                self.known_city(city)?;
                let on_air = self.tally(&Source::City(city.clone())) == super::Tally::Program;
                if on_air { Err(Rejection::CityOnAir(city.clone())) } else { Ok(()) }
            }
            Command::SetSlateText { city, text } => {
                own(caller, city)?;
                self.known_city(city)?;
                admit_text("slate text", text, 0, Self::SLATE_TEXT_MAX)
            }
            Command::AddCohost { id, name } => {
                if self.cohost(id).is_some() {
                    return Err(Rejection::IdTaken(id.to_string()));
                }
                admit_text("name", name, 1, Self::NAME_MAX)?;
                room("co-hosts", self.cohosts.len(), 1, Self::MOST_COHOSTS)
            }
            Command::UpdateCohost { cohost, name } => {
                self.known_cohost(cohost)?;
                admit_text("name", name, 1, Self::NAME_MAX)
            }
            Command::MoveCohost { cohost, .. } | Command::RemoveCohost { cohost } => self.known_cohost(cohost),

            Command::ScreenCall { .. }
            | Command::NoteCall { .. }
            | Command::HoldCall { .. }
            | Command::QueueCall { .. }
            | Command::MoveCall { .. }
            | Command::PutOnAir { .. }
            | Command::TakeOffAir { .. }
            | Command::TakeNextCaller {}
            | Command::HangUp { .. }
            | Command::BlockCall { .. }
            | Command::UnblockCall { .. }
            | Command::LockCalls { .. }
            | Command::RefuseWithheld { .. }
            | Command::SetMute { .. }
            | Command::SetCallKind { .. }
            | Command::Dial { .. } => self.admit_call(command, caller),

            Command::GiveLease { to } => {
                self.admit_lease(&caller.actor)?;
                let commands = matches!(to, Actor::Operator(_) | Actor::Machine(_));
                let there = commands && self.present.contains(to);
                if there { Ok(()) } else { Err(Rejection::NotPresent(to.clone())) }
            }
            Command::TakeLease { confirm } => match &self.lease {
                Some(lease)
                    if lease.holder != caller.actor && !*confirm && !matches!(lease.link, Link::Lost { .. }) =>
                {
                    Err(Rejection::ConfirmNeeded { holder: lease.holder.clone() })
                }
                _ => Ok(()),
            },
            Command::ReleaseLease {} => self.admit_lease(&caller.actor),

            Command::SendMessage { to, text } => self.admit_message(to, text, caller),
            Command::ReadMessage { message } => match self.message(*message) {
                Some(known) if known.is_for(&caller.actor) => Ok(()),
                _ => Err(unknown(Kind::Message, message)),
            },
            Command::SetCanned { texts } => {
                texts.iter().try_for_each(|text| admit_text("text", text, 1, Message::TEXT_MAX))?;
                room("texts", 0, texts.len(), Message::MOST_CANNED)
            }
            Command::OpenEvening { title } | Command::SetTitle { title } => {
                admit_text("title", title, 1, Self::TITLE_MAX)
            }
            Command::SetSettings { settings } => match settings.flaw() {
                None => {
                    settings.guard.scene.map_or(Ok(()), |scene| self.known_scene(scene).map(drop))?;
                    match settings.lease.then {
                        LeaseEnd::Hold {} => Ok(()),
                        LeaseEnd::Scene { scene } => self.known_scene(scene).map(drop),
                    }
                }
                Some(flaw) => Err(Rejection::BadValue { what: "settings", flaw }),
            },
            Command::Undo {} => self.admit_way(caller, true),
            Command::Redo {} => self.admit_way(caller, false),
            // To let it go on may put the next cue on air.
            Command::HoldRundown { held: false } => self.admit_lease(&caller.actor),
            Command::HoldRundown { held: true } | Command::AskLease {} => Ok(()),
        }
    }

    /// What keeps this cue from being taken, in words.
    pub(super) fn cue_flaw(&self, cue: &CuePlan) -> Option<String> {
        let scene = cue.scene?;
        match self.known_scene(scene).and_then(|scene| self.admit_composition(&scene.composition)) {
            Ok(()) => None,
            Err(rejection) => Some(rejection.to_string()),
        }
    }

    fn admit_lease(&self, actor: &Actor) -> Result<(), Rejection> {
        match &self.lease {
            Some(lease) if lease.holder != *actor => Err(Rejection::LeaseHeld { holder: lease.holder.clone() }),
            _ => Ok(()),
        }
    }

    fn admit_source(&self, source: &Source) -> Result<(), Rejection> {
        match source {
            Source::City(city) => self.known_city(city),
            Source::Cohost(cohost) => self.known_cohost(cohost),
            Source::Clip(clip) => known_media("clip", clip, self.media.clip(clip), &self.media.clips),
            Source::Still(still) => known_media("still", still, self.media.still(still), &self.media.stills),
            Source::Colour(_) | Source::Bars | Source::Slate | Source::Black => Ok(()),
        }
    }

    fn admit_graphic(&self, graphic: &Graphic) -> Result<(), Rejection> {
        let flaw = graphic.flaw().or_else(|| self.media.graphic_flaw(graphic));
        flaw.map_or(Ok(()), |flaw| Err(Rejection::BadValue { what: "graphic", flaw }))
    }

    fn admit_transition(&self, transition: &Transition) -> Result<(), Rejection> {
        if !transition.is_possible() {
            let arrived = u32::try_from(transition.duration().as_millis()).unwrap_or(u32::MAX);
            return Err(Rejection::TransitionLength { arrived });
        }
        if let Some(flaw) = transition.flaw() {
            return Err(Rejection::BadValue { what: "transition", flaw });
        }
        match transition {
            Transition::Stinger { stinger, .. } => {
                known_media("stinger", stinger, self.media.stinger(stinger), &self.media.stingers)
            }
            _ => Ok(()),
        }
    }

    /// Whether a take brings nothing on air that is not there: a transition goes on, or turns.
    fn takes_what_is_on_air(&self) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| matches!(running.progress, Progress::Hand { .. }) || running.from == self.preview)
    }

    /// Whether this picture may go on air as far as its sources are concerned.
    fn admit_ready(&self, picture: &Picture) -> Result<(), Rejection> {
        if self.settings.readiness != ReadinessRule::Refuse {
            return Ok(());
        }
        let flaws = picture.cities().filter_map(|city| {
            let seat = self.seat(city)?;
            let severe: Vec<_> = seat.flaws.iter().filter(|flaw| flaw.is_severe()).map(Flaw::to_string).collect();
            match seat.frames_flow {
                false => Some(format!("{city} is {}", seat.contribution)),
                true if !severe.is_empty() => Some(format!("{city} is {}", severe.join(", "))),
                true => None,
            }
        });
        let flaws: Vec<_> = flaws.collect();
        if flaws.is_empty() { Ok(()) } else { Err(Rejection::NotReady { what: flaws.join("; ") }) }
    }

    fn admit_t_bar(&self, position: u16, now: ShowTime) -> Result<(), Rejection> {
        if position > Progress::WHOLE {
            let flaw = format!("{position} arrived: 0 to {} is possible", Progress::WHOLE);
            return Err(Rejection::BadValue { what: "position of the T-bar", flaw });
        }
        match &self.running {
            Some(Running { progress: Progress::Hand { .. }, .. }) => Ok(()),
            Some(Running { progress: Progress::Auto { ends, .. }, .. }) if now < *ends => {
                Err(Rejection::TransitionRunning)
            }
            _ => self.admit_ready(&self.preview),
        }
    }

    fn admit_composition(&self, composition: &Composition) -> Result<(), Rejection> {
        let picture: Picture = composition.picture().map_err(Rejection::NotAPicture)?;
        picture.boxes.iter().try_for_each(|each| self.admit_source(&each.source))?;
        picture.graphics.iter().try_for_each(|graphic| self.admit_graphic(graphic))
    }

    fn admit_take_next(&self) -> Result<(), Rejection> {
        let cue = self.rundown.next.and_then(|next| self.rundown.cue(next)).ok_or(Rejection::NothingNext)?;
        let Some(scene) = cue.plan.scene else { return Ok(()) };
        let composition = &self.known_scene(scene)?.composition;
        self.admit_composition(composition)?;
        self.admit_ready(&composition.picture().map_err(Rejection::NotAPicture)?)
    }

    fn admit_cue(&self, cue: &CuePlan) -> Result<(), Rejection> {
        if let Some(flaw) = cue.flaw() {
            return Err(Rejection::BadValue { what: "cue", flaw });
        }
        cue.city.as_ref().map_or(Ok(()), |city| self.known_city(city))?;
        cue.scene.map_or(Ok(()), |scene| self.known_scene(scene).map(drop))
    }

    fn admit_acknowledgement(&self, cue: CueId, caller: &Caller) -> Result<(), Rejection> {
        let known = self.rundown.cue(cue).ok_or_else(|| unknown(Kind::Cue, &cue))?;
        match &known.plan.city {
            Some(city) => own(caller, city),
            None if caller.is_one_of(&[Role::Director]) => Ok(()),
            None => Err(Rejection::NotYours { actor: caller.actor.clone(), owner: "no city".into() }),
        }
    }

    fn admit_message(&self, to: &Audience, text: &str, caller: &Caller) -> Result<(), Rejection> {
        admit_text("text", text, 1, Message::TEXT_MAX)?;
        let outside = matches!(caller.actor, Actor::City(_) | Actor::Cohost(_));
        match to {
            Audience::Director => Ok(()),
            _ if outside => Err(Rejection::NotYours { actor: caller.actor.clone(), owner: to.to_string() }),
            Audience::City(city) => self.known_city(city),
            Audience::Cohost(cohost) => self.known_cohost(cohost),
            Audience::All | Audience::Cities | Audience::Cohosts => Ok(()),
        }
    }

    fn admit_way(&self, caller: &Caller, back: bool) -> Result<(), Rejection> {
        let (deed, word) = match back {
            true => (self.history.to_undo(&caller.actor), "undo"),
            false => (self.history.to_redo(&caller.actor), "redo"),
        };
        let deed = deed.ok_or(Rejection::NothingToUndo(word))?;
        if deed.needs_lease() {
            self.admit_lease(&caller.actor)?;
        }
        self.way(deed, back).map(drop)
    }

    fn known_city(&self, city: &CityId) -> Result<(), Rejection> {
        if self.has(city) {
            return Ok(());
        }
        let known: Vec<_> = self.cities.iter().map(|seat| seat.city.id.as_str()).collect();
        let known = if known.is_empty() { "none".into() } else { known.join(", ") };
        Err(Rejection::UnknownCity { city: city.to_string(), known })
    }

    fn known_scene(&self, scene: SceneId) -> Result<&Scene, Rejection> {
        self.scene(scene).ok_or_else(|| unknown(Kind::Scene, &scene))
    }

    fn known_cue(&self, cue: CueId) -> Result<(), Rejection> {
        self.rundown.cue(cue).map(drop).ok_or_else(|| unknown(Kind::Cue, &cue))
    }

    fn known_cohost(&self, cohost: &CohostId) -> Result<(), Rejection> {
        self.cohost(cohost).map(drop).ok_or_else(|| unknown(Kind::Cohost, cohost))
    }
}

/// A city may touch what is its own; whoever has another role may touch every city's.
fn own(caller: &Caller, city: &CityId) -> Result<(), Rejection> {
    match &caller.actor {
        Actor::City(own) if own != city => {
            Err(Rejection::NotYours { actor: caller.actor.clone(), owner: city.to_string() })
        }
        _ => Ok(()),
    }
}

fn unknown(kind: Kind, arrived: &impl std::fmt::Display) -> Rejection {
    Rejection::Unknown { kind, arrived: arrived.to_string() }
}

fn admit_text(what: &'static str, arrived: &str, fewest: usize, most: usize) -> Result<(), Rejection> {
    match text::flaw(arrived, fewest, most) {
        None => Ok(()),
        Some(flaw) => Err(Rejection::BadValue { what, flaw }),
    }
}

fn room(what: &'static str, there: usize, more: usize, most: usize) -> Result<(), Rejection> {
    if there + more <= most { Ok(()) } else { Err(Rejection::TooMany { what, most }) }
}

/// Something of the media folder, if it is there.
fn known_media(
    kind: &'static str,
    arrived: &MediaId,
    found: Option<&MediaItem>,
    there: &[MediaItem],
) -> Result<(), Rejection> {
    if found.is_some() {
        return Ok(());
    }
    let known: Vec<_> = there.iter().take(Media::MOST).map(|item| item.id.as_str()).collect();
    let known = if known.is_empty() { "it holds none".into() } else { format!("it holds {}", known.join(", ")) };
    Err(Rejection::UnknownMedia { kind, arrived: arrived.to_string(), known })
}
