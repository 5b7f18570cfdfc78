//! How the state follows from events: the one place where it changes, and what leads back from each event.
//!
//! Applying is total. An event about something that is not there changes nothing, so that a log with a damaged line
//! still leads to a show.

use std::time::Duration;

use super::{
    Actor, Alarm, Call, Cause, City, CohostSeat, Cue, Event, Lease, Link, Message, OnAir, Recorded, Running, Scene,
    Seat, Snapshot,
};
use super::{
    CityState, History, Mix, Picture, Playing, Progress, Setup, ShowTime, Source, Strip, StripId, TalkTo, Transition,
};

impl Snapshot {
    /// The state after this event.
    pub(super) fn apply(&mut self, recorded: &Recorded) {
        let Recorded { number, turn, time, actor, cause, event, .. } = recorded;
        if let Cause::Command { command } = cause
            && matches!(actor, Actor::Operator(_) | Actor::Machine(_))
            && !matches!(command.as_str(), "undo" | "redo")
            && let Some(back) = self.back_from(event)
        {
            self.history.note(*turn, actor, command, event.clone(), back);
        }
        let (program, was_dark) = (self.program.clone(), self.is_dark(&self.program));
        self.follow(event, *time);
        // Who takes a city that sends nothing means it: the guard is for what stops while it is on air.
        self.dark_since = match self.is_dark(&self.program) {
            true if self.program != program => None,
            true if !was_dark => Some(*time),
            true => self.dark_since,
            false => None,
        };
        self.revision = *number;
    }

    /// The state that a log of events leads to, from the opening of the evening on.
    pub(super) fn replay<'a>(mut log: impl Iterator<Item = &'a Recorded>) -> Option<Self> {
        let first = log.next()?;
        let Event::Opened { title, cities, epoch } = &first.event else { return None };
        let setup = Setup { title: title.clone(), cities: cities.clone() };
        let mut state = Self::opening(setup, *epoch, first.time);
        state.apply(first);
        log.for_each(|recorded| state.apply(recorded));
        Some(state)
    }

    /// Lets an event have its effect on the state, without any memory of it.
    pub(super) fn follow(&mut self, event: &Event, now: ShowTime) {
        match event.clone() {
            Event::Opened { title, cities, epoch } => {
                let revision = self.revision;
                *self = Self { revision, ..Self::opening(Setup { title, cities }, epoch, now) };
            }
            Event::Restarted {} => self.restart(now),
            Event::EveningOpened { title } => self.open_evening(title, now),
            Event::ClockSet { epoch } => self.epoch = epoch,

            Event::ProgramChanged { picture, transition, by_hand } => {
                let from = std::mem::replace(&mut self.program, picture);
                (self.program_since, self.guarded) = (now, None);
                let progress = match by_hand {
                    true => Progress::Hand { done: 0 },
                    false => Progress::auto(0, transition.duration(), now),
                };
                self.running =
                    (!transition.is_cut()).then_some(Running { from, transition, reversed: false, progress });
            }
            Event::TransitionMoved { done } => {
                if let Some(running) = &mut self.running {
                    running.progress = Progress::Hand { done: done.min(Progress::WHOLE) };
                }
            }
            Event::TransitionReleased {} => {
                if let Some(running) = &mut self.running {
                    let done = running.progress.done(now);
                    running.progress = Progress::auto(done, running.transition.duration(), now);
                }
            }
            Event::TransitionReversed { picture } => {
                let leaving = std::mem::replace(&mut self.program, picture);
                if let Some(running) = &mut self.running {
                    running.from = leaving;
                    running.reversed = !running.reversed;
                    let done = Progress::WHOLE - running.progress.done(now);
                    running.progress = match running.progress {
                        Progress::Hand { .. } => Progress::Hand { done },
                        Progress::Auto { .. } => Progress::auto(done, running.transition.duration(), now),
                    };
                }
                (self.program_since, self.guarded) = (now, None);
            }
            Event::TransitionEnded {} => self.running = None,
            Event::ProgramGuarded { picture, instead_of } => {
                self.program = picture;
                (self.program_since, self.running, self.guarded) = (now, None, Some(instead_of));
            }
            Event::FadedToBlack { on } => self.black = on,
            Event::PreviewChanged { picture } => self.preview = picture,
            Event::TransitionSet { transition } => self.transition = transition,
            Event::KeyerChanged { number, keyer } => self.keyers[number.index()] = keyer,
            Event::StripChanged { of, strip } => self.set_strip(of, strip),
            Event::GroupChanged { number, group } => self.groups[number.index()] = group,
            Event::MixChanged { mix: Mix::Program, fader_db } => self.masters.program_db = fader_db,
            Event::MixChanged { mix: Mix::Radio, fader_db } => self.masters.radio_db = fader_db,
            Event::MixChanged { mix: Mix::Return(_) | Mix::Call(_) | Mix::Monitor(_), .. } => {}
            Event::SoloChanged { operator, solo } => {
                self.solos.remove(&operator);
                if !solo.strips.is_empty() {
                    self.solos.insert(operator, solo);
                }
            }
            Event::TalkChanged { operator, to } => {
                self.talks.remove(&operator);
                if !to.is_empty() {
                    self.talks.insert(operator, to);
                }
            }
            Event::MusicStarted { media, length_ms, loops, .. } => {
                self.playing.retain(|playing| playing.media != media);
                self.playing.push(Playing { media, since: now, length_ms, loops, fades_until: None });
            }
            Event::MusicLoopSet { media, loops } => {
                if let Some(playing) = self.playing.iter_mut().find(|playing| playing.media == media) {
                    *playing = Playing { loops, ..playing.clone().this_round(now) };
                }
            }
            Event::MusicFading { media, fade_ms } => {
                if let Some(playing) = self.playing.iter_mut().find(|playing| playing.media == media) {
                    playing.fades_until = Some(now + Duration::from_millis(fade_ms.into()));
                }
            }
            Event::MusicEnded { media } => self.playing.retain(|playing| playing.media != media),

            Event::CityChanged { city, state } => self.with_seat(&city, |seat| seat.set_state(state)),
            Event::FramesNoted { city, flow } => self.with_seat(&city, |seat| seat.frames_flow = flow),
            Event::CityMeasured { city, flaws } => self.with_seat(&city, |seat| seat.flaws = flaws),
            Event::CohostChanged { cohost, state } => self.with_cohost(&cohost, |seat| seat.set_state(state)),
            Event::CohostFramesNoted { cohost, flow } => self.with_cohost(&cohost, |seat| seat.frames_flow = flow),
            Event::CohostMeasured { cohost, flaws } => self.with_cohost(&cohost, |seat| seat.flaws = flaws),
            Event::TalkbackChanged { operator, open } => {
                self.talkback.retain(|known| *known != operator);
                if open {
                    self.talkback.push(operator);
                }
            }
            Event::MediaRead { media } => self.media = media,
            Event::CityAdded { city, slate_text, strip, position } => {
                let position = position.min(self.cities.len());
                self.cities.insert(position, Seat { slate_text, strip, ..Seat::new(city) });
            }
            Event::CityUpdated { city } => {
                let id = city.id.clone();
                self.with_seat(&id, |seat| seat.city = city);
            }
            Event::SlateTextSet { city, text } => self.with_seat(&city, |seat| seat.slate_text = text),
            Event::CityMoved { city, to } => shift(&mut self.cities, |seat| seat.city.id == city, to),
            Event::CityRemoved { city } => {
                self.cities.retain(|seat| seat.city.id != city);
                self.forget_on_desk(&StripId::City(city.clone()), &TalkTo::City(city));
            }
            Event::CohostAdded { cohost, strip, position } => {
                let position = position.min(self.cohosts.len());
                self.cohosts.insert(position, CohostSeat { strip, ..CohostSeat::new(cohost) });
            }
            Event::CohostUpdated { cohost } => self.with_cohost(&cohost.id, |seat| seat.name = cohost.name.clone()),
            Event::CohostMoved { cohost, to } => shift(&mut self.cohosts, |known| known.id == cohost, to),
            Event::CohostRemoved { cohost } => {
                self.cohosts.retain(|known| known.id != cohost);
                self.forget_call(&cohost);
                self.forget_on_desk(&StripId::Cohost(cohost.clone()), &TalkTo::Cohost(cohost));
            }
            call @ (Event::CallChanged { .. }
            | Event::CallMoved { .. }
            | Event::CallNoted { .. }
            | Event::CallBlocked { .. }
            | Event::CallMuted { .. }
            | Event::CallKindSet { .. }
            | Event::CallMeasured { .. }
            | Event::CallKeyed { .. }
            | Event::CallsLocked { .. }
            | Event::WithheldRefused { .. }
            | Event::PhoneRang { .. }) => self.follow_call(call, now),
            Event::PresenceChanged { actor, present } => {
                self.present.retain(|known| *known != actor);
                if present {
                    self.present.push(actor);
                }
            }

            Event::SceneSaved { scene, position } => {
                self.numbers.scene = self.numbers.scene.max(scene.id.0);
                save(&mut self.scenes, |known| known.id == scene.id, scene.clone(), position);
            }
            Event::SceneMoved { scene, to } => shift(&mut self.scenes, |known| known.id == scene, to),
            Event::SceneRemoved { scene } => self.scenes.retain(|known| known.id != scene),

            Event::CueSaved { cue, position } => {
                self.numbers.cue = self.numbers.cue.max(cue.id.0);
                save(&mut self.rundown.cues, |known| known.id == cue.id, cue.clone(), position);
            }
            Event::CueMoved { cue, to } => shift(&mut self.rundown.cues, |known| known.id == cue, to),
            Event::CueRemoved { cue } => {
                self.rundown.cues.retain(|known| known.id != cue);
                self.rundown.next = self.rundown.next.filter(|next| *next != cue);
                self.rundown.on_air = self.rundown.on_air.filter(|on_air| on_air.cue != cue);
            }
            Event::RundownReplaced { rundown } => {
                let most = rundown.cues.iter().map(|cue| cue.id.0).max().unwrap_or_default();
                self.numbers.cue = self.numbers.cue.max(most);
                self.rundown = rundown;
            }
            Event::CueTaken { cue, next } => {
                self.rundown.on_air = Some(OnAir { cue, since: now });
                self.rundown.next = next;
            }
            Event::RundownMoved { on_air, next } => (self.rundown.on_air, self.rundown.next) = (on_air, next),
            Event::RundownHeld { held } => self.rundown.held = held,
            Event::CueAcknowledged { cue } => {
                if let Some(known) = self.rundown.cues.iter_mut().find(|known| known.id == cue) {
                    known.acknowledged = true;
                }
            }

            Event::LeaseChanged { lease } => {
                let holder = |lease: &Option<Lease>| lease.as_ref().map(|lease| lease.holder.clone());
                if holder(&lease) != holder(&self.lease) {
                    self.lease_asked.clear();
                }
                self.lease = lease;
            }
            Event::LeaseAsked { by } => {
                self.lease_asked.retain(|known| *known != by);
                self.lease_asked.push(by);
            }

            Event::MessageSent { message } => {
                self.numbers.message = self.numbers.message.max(message.id.0);
                if self.messages.len() >= Message::MOST {
                    self.messages.remove(0);
                }
                self.messages.push(message);
            }
            Event::MessageRead { message, by } => {
                if let Some(known) = self.messages.iter_mut().find(|known| known.id == message)
                    && !known.read_by.contains(&by)
                {
                    known.read_by.push(by);
                }
            }
            Event::CannedSet { texts } => self.canned = texts,
            Event::TitleSet { title } => self.title = title,
            Event::SettingsSet { settings } => self.settings = settings,
            Event::Undone { turn } => self.history.mark(turn, true),
            Event::Redone { turn } => self.history.mark(turn, false),
            Event::AlarmRaised { alarm } => {
                self.alarms.retain(|known| !known.is_like(&alarm));
                self.alarms.push(alarm);
            }
            Event::AlarmCleared { alarm } => self.alarms.retain(|known| !known.is_like(&alarm)),
        }
    }

    /// What belonged to the evening before is over.
    fn open_evening(&mut self, title: String, now: ShowTime) {
        self.title = title;
        (self.program, self.program_since) = (Picture::full(Source::Slate), now);
        (self.preview, self.running) = (Picture::full(Source::Slate), None);
        (self.black, self.guarded) = (false, None);
        self.keyers.iter_mut().for_each(|keyer| keyer.on = false);
        self.rundown.on_air = None;
        self.rundown.next = self.rundown.cues.first().map(|cue| cue.id);
        self.rundown.held = false;
        self.rundown.cues.iter_mut().for_each(|cue| cue.acknowledged = false);
        self.messages.clear();
        self.playing.clear();
        self.history = History::default();
    }

    /// Nothing that was linked has survived.
    fn restart(&mut self, now: ShowTime) {
        self.running = None;
        self.present.clear();
        // What the house reports it reports anew. That a picture is guarded follows from the show alone.
        self.alarms.retain(|alarm| matches!(alarm, Alarm::ProgramGuarded { .. }));
        for seat in &mut self.cities {
            (seat.contribution, seat.frames_flow) = (CityState::Offline {}, false);
            seat.flaws.clear();
        }
        self.cohosts.iter_mut().for_each(CohostSeat::reset);
        self.talkback.clear();
        self.solos.clear();
        self.talks.clear();
        self.playing.clear();
        self.lose_calls(now);
        // Whoever held it has all of the rule's time to come back.
        if let Some(Lease { link: link @ (Link::Up {} | Link::Lost { .. }), .. }) = &mut self.lease {
            *link = Link::Lost { since: now };
        }
    }

    /// The event that leads back from `event`, which has not happened yet; `None` for what cannot be taken back.
    fn back_from(&self, event: &Event) -> Option<Event> {
        let back = match event {
            Event::ProgramChanged { .. } | Event::TransitionReversed { .. } => {
                Event::ProgramChanged { picture: self.program.clone(), transition: Transition::Cut {}, by_hand: false }
            }
            Event::FadedToBlack { .. } => Event::FadedToBlack { on: self.black },
            Event::PreviewChanged { .. } => Event::PreviewChanged { picture: self.preview.clone() },
            Event::TransitionSet { .. } => Event::TransitionSet { transition: self.transition.clone() },
            Event::KeyerChanged { number, .. } => {
                Event::KeyerChanged { number: *number, keyer: self.keyers[number.index()].clone() }
            }
            Event::StripChanged { of, .. } => Event::StripChanged { of: of.clone(), strip: self.strip(of)? },
            Event::GroupChanged { number, .. } => {
                Event::GroupChanged { number: *number, group: self.groups[number.index()] }
            }
            Event::MixChanged { mix, .. } => Event::MixChanged { mix: mix.clone(), fader_db: self.master(mix)? },
            Event::CityAdded { city, .. } => Event::CityRemoved { city: city.id.clone() },
            Event::CityUpdated { city } => Event::CityUpdated { city: self.seat(&city.id)?.city.clone() },
            Event::SlateTextSet { city, .. } => {
                Event::SlateTextSet { city: city.clone(), text: self.seat(city)?.slate_text.clone() }
            }
            Event::CityMoved { city, .. } => {
                let to = self.cities.iter().position(|seat| seat.city.id == *city)?;
                Event::CityMoved { city: city.clone(), to }
            }
            Event::CityRemoved { city } => {
                let position = self.cities.iter().position(|seat| seat.city.id == *city)?;
                let Seat { city, slate_text, strip, .. } = self.cities[position].clone();
                Event::CityAdded { city, slate_text, strip, position }
            }
            Event::CohostAdded { cohost, .. } => Event::CohostRemoved { cohost: cohost.id.clone() },
            Event::CohostUpdated { cohost } => Event::CohostUpdated { cohost: self.cohost(&cohost.id)?.cohost() },
            Event::CohostMoved { cohost, .. } => {
                let to = self.cohosts.iter().position(|known| known.id == *cohost)?;
                Event::CohostMoved { cohost: cohost.clone(), to }
            }
            Event::CohostRemoved { cohost } => {
                let position = self.cohosts.iter().position(|known| known.id == *cohost)?;
                let seat = &self.cohosts[position];
                // A line that was closed, a number, and what was noted do not come back.
                if seat.call != Call::default() {
                    return None;
                }
                Event::CohostAdded { cohost: seat.cohost(), strip: seat.strip, position }
            }
            Event::SceneSaved { scene, .. } => match self.scenes.iter().position(|known| known.id == scene.id) {
                None => Event::SceneRemoved { scene: scene.id },
                Some(position) => Event::SceneSaved { scene: self.scenes[position].clone(), position },
            },
            Event::SceneMoved { scene, .. } => {
                let to = self.scenes.iter().position(|known| known.id == *scene)?;
                Event::SceneMoved { scene: *scene, to }
            }
            Event::SceneRemoved { scene } => {
                let position = self.scenes.iter().position(|known| known.id == *scene)?;
                Event::SceneSaved { scene: self.scenes[position].clone(), position }
            }
            Event::CueSaved { cue, .. } => match self.rundown.position(cue.id) {
                None => Event::CueRemoved { cue: cue.id },
                Some(position) => Event::CueSaved { cue: self.rundown.cues[position].clone(), position },
            },
            Event::CueMoved { cue, .. } => Event::CueMoved { cue: *cue, to: self.rundown.position(*cue)? },
            Event::CueRemoved { cue } => {
                let position = self.rundown.position(*cue)?;
                Event::CueSaved { cue: self.rundown.cues[position].clone(), position }
            }
            Event::RundownReplaced { .. } => Event::RundownReplaced { rundown: self.rundown.clone() },
            Event::CueTaken { .. } | Event::RundownMoved { .. } => {
                Event::RundownMoved { on_air: self.rundown.on_air, next: self.rundown.next }
            }
            Event::RundownHeld { .. } => Event::RundownHeld { held: self.rundown.held },
            Event::CannedSet { .. } => Event::CannedSet { texts: self.canned.clone() },
            Event::TitleSet { .. } => Event::TitleSet { title: self.title.clone() },
            Event::SettingsSet { .. } => Event::SettingsSet { settings: self.settings },
            // What engines report, what is read and said, and who commands: it has been.
            Event::Opened { .. }
            | Event::Restarted {}
            | Event::EveningOpened { .. }
            | Event::ClockSet { .. }
            | Event::TransitionMoved { .. }
            | Event::TransitionReleased {}
            | Event::TransitionEnded {}
            | Event::ProgramGuarded { .. }
            | Event::CityMeasured { .. }
            | Event::CohostChanged { .. }
            | Event::CohostFramesNoted { .. }
            | Event::CohostMeasured { .. }
            | Event::TalkbackChanged { .. }
            | Event::MediaRead { .. }
            | Event::SoloChanged { .. }
            | Event::TalkChanged { .. }
            | Event::MusicStarted { .. }
            | Event::MusicLoopSet { .. }
            | Event::MusicFading { .. }
            | Event::MusicEnded { .. }
            | Event::CityChanged { .. }
            | Event::FramesNoted { .. }
            | Event::PresenceChanged { .. }
            | Event::CueAcknowledged { .. }
            | Event::CallChanged { .. }
            | Event::CallMoved { .. }
            | Event::CallNoted { .. }
            | Event::CallBlocked { .. }
            | Event::CallMuted { .. }
            | Event::CallKindSet { .. }
            | Event::CallMeasured { .. }
            | Event::CallKeyed { .. }
            | Event::CallsLocked { .. }
            | Event::WithheldRefused { .. }
            | Event::PhoneRang { .. }
            | Event::LeaseChanged { .. }
            | Event::LeaseAsked { .. }
            | Event::MessageSent { .. }
            | Event::MessageRead { .. }
            | Event::Undone { .. }
            | Event::Redone { .. }
            | Event::AlarmRaised { .. }
            | Event::AlarmCleared { .. } => return None,
        };
        Some(back)
    }

    /// Whether what `event` brought about is still so: nobody has changed it since.
    pub(super) fn still_holds(&self, event: &Event) -> bool {
        match event {
            Event::ProgramChanged { picture, .. } | Event::TransitionReversed { picture } => self.program == *picture,
            Event::PreviewChanged { picture } => self.preview == *picture,
            Event::TransitionSet { transition } => self.transition == *transition,
            Event::KeyerChanged { number, keyer } => self.keyers[number.index()] == *keyer,
            Event::FadedToBlack { on } => self.black == *on,
            Event::StripChanged { of, strip } => self.strip(of).as_ref() == Some(strip),
            Event::GroupChanged { number, group } => self.groups[number.index()] == *group,
            Event::MixChanged { mix, fader_db } => self.master(mix) == Some(*fader_db),
            Event::CityAdded { city, slate_text, .. } => {
                self.seat(&city.id).is_some_and(|seat| seat.city == *city && seat.slate_text == *slate_text)
            }
            Event::CityUpdated { city } => self.seat(&city.id).is_some_and(|seat| seat.city == *city),
            Event::SlateTextSet { city, text } => self.seat(city).is_some_and(|seat| seat.slate_text == *text),
            Event::CityMoved { city, to } => is_at(&self.cities, |seat: &Seat| seat.city.id == *city, *to),
            Event::CityRemoved { city } => !self.has(city),
            // To add somebody is not undone under their call.
            Event::CohostAdded { cohost, .. } => {
                self.cohost(&cohost.id).is_some_and(|known| known.cohost() == *cohost && known.call == Call::default())
            }
            Event::CohostUpdated { cohost } => self.cohost(&cohost.id).is_some_and(|known| known.cohost() == *cohost),
            Event::CohostMoved { cohost, to } => is_at(&self.cohosts, |known: &CohostSeat| known.id == *cohost, *to),
            Event::CohostRemoved { cohost } => self.cohost(cohost).is_none(),
            Event::SceneSaved { scene, .. } => self.scene(scene.id).is_some_and(|known| known == scene),
            Event::SceneMoved { scene, to } => is_at(&self.scenes, |known: &Scene| known.id == *scene, *to),
            Event::SceneRemoved { scene } => self.scene(*scene).is_none(),
            Event::CueSaved { cue, .. } => self.rundown.cue(cue.id).is_some_and(|known| known.plan == cue.plan),
            Event::CueMoved { cue, to } => is_at(&self.rundown.cues, |known: &Cue| known.id == *cue, *to),
            Event::CueRemoved { cue } => self.rundown.cue(*cue).is_none(),
            Event::RundownReplaced { rundown } => self.rundown.cues == rundown.cues,
            Event::CueTaken { cue, next } => {
                self.rundown.on_air.is_some_and(|on_air| on_air.cue == *cue) && self.rundown.next == *next
            }
            Event::RundownMoved { on_air, next } => {
                let cue = |on_air: Option<OnAir>| on_air.map(|on_air| on_air.cue);
                cue(self.rundown.on_air) == cue(*on_air) && self.rundown.next == *next
            }
            Event::RundownHeld { held } => self.rundown.held == *held,
            Event::CannedSet { texts } => self.canned == *texts,
            Event::TitleSet { title } => self.title == *title,
            Event::SettingsSet { settings } => self.settings == *settings,
            _ => true,
        }
    }

    /// What is set to what it is by default is not kept.
    fn set_strip(&mut self, of: StripId, strip: Strip) {
        match of {
            StripId::City(city) => self.with_seat(&city, |seat| seat.strip = strip),
            StripId::Cohost(cohost) => self.with_cohost(&cohost, |seat| seat.strip = strip),
            other if strip == Strip::of(&other) => {
                self.strips.remove(&other);
            }
            other => {
                self.strips.insert(other, strip);
            }
        }
    }

    /// Nobody speaks or listens to who is gone.
    fn forget_on_desk(&mut self, strip: &StripId, who: &TalkTo) {
        self.talks.retain(|_, to| {
            to.remove(who);
            !to.is_empty()
        });
        self.solos.retain(|_, solo| {
            solo.strips.retain(|known| known != strip);
            !solo.strips.is_empty()
        });
    }

    fn with_seat(&mut self, city: &super::CityId, change: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.seat_mut(city) {
            change(seat);
        }
    }

    pub(super) fn with_cohost(&mut self, cohost: &super::CohostId, change: impl FnOnce(&mut CohostSeat)) {
        if let Some(seat) = self.cohosts.iter_mut().find(|known| known.id == *cohost) {
            change(seat);
        }
    }
}

/// Puts something in its place: over what it replaces, or into the list.
fn save<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool, thing: T, position: usize) {
    match list.iter_mut().find(|known| is(known)) {
        Some(known) => *known = thing,
        None => list.insert(position.min(list.len()), thing),
    }
}

/// Puts something elsewhere in its list.
fn shift<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool, to: usize) {
    if let Some(from) = list.iter().position(is) {
        let thing = list.remove(from);
        list.insert(to.min(list.len()), thing);
    }
}

/// Whether something stands at this place of its list, where the end stands for all beyond it.
fn is_at<T>(list: &[T], is: impl Fn(&T) -> bool, place: usize) -> bool {
    list.iter().position(is).is_some_and(|at| at == place.min(list.len().saturating_sub(1)))
}

/// The event that adds a city that was never there.
pub(super) fn city_added(city: City, position: usize) -> Event {
    Event::CityAdded { city, slate_text: String::new(), strip: Strip::default(), position }
}
