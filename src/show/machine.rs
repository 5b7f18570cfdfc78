//! The machine itself: the calls that drive it, and how it is made, saved and seen.

use super::turn::Turn;
use super::{
    Actor, Bus, Caller, Cause, City, Cohost, CohostId, Command, Drain, Event, Fact, Group, InvalidShow, PhoneNumber,
    Picture, Recorded, Rejection, Setup, ShowTime, Snapshot, Solo, Source, Tally, View, WallTime,
};

/// The show. Times given to it are those of one clock and never run backwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Show {
    state: Snapshot,
    /// The last air command, to tell a double press from the wish to do it twice. No memory of the evening.
    last_press: Option<(Actor, Command, ShowTime)>,
    /// Whether the evening is still to be opened.
    is_new: bool,
    /// Whether the log knows more than this show: at its start it says what it believes.
    retells: bool,
}

impl Show {
    /// A new evening: the slate on program and preview, every city offline, a mix of half a second chosen. `epoch` is the
    /// wall clock at the event clock's start.
    pub fn new(setup: Setup, epoch: WallTime, now: ShowTime) -> Result<Self, InvalidShow> {
        let state = Snapshot::opening(setup, epoch, now);
        state.check()?;
        Ok(Self { state, last_press: None, is_new: true, retells: false })
    }

    /// The show that `snapshot` was taken of. Instants after `now` come from a clock that had come further; they become
    /// `now`.
    pub fn restore(mut snapshot: Snapshot, now: ShowTime) -> Result<Self, InvalidShow> {
        snapshot.check()?;
        snapshot.no_later_than(now);
        Ok(Self { state: snapshot, last_press: None, is_new: false, retells: false })
    }

    /// The show that a log leads to: from the opening of the evening on, or from `snapshot` on.
    pub fn replay<'a>(
        snapshot: Option<Snapshot>,
        mut log: impl Iterator<Item = &'a Recorded>,
    ) -> Result<Self, InvalidShow> {
        let state = match snapshot {
            None => Snapshot::replay(log).ok_or(InvalidShow::Gap { arrived: 0, after: 0 })?,
            Some(mut state) => {
                log.try_for_each(|recorded| {
                    if recorded.number != state.revision + 1 {
                        return Err(InvalidShow::Gap { arrived: recorded.number, after: state.revision });
                    }
                    state.apply(recorded);
                    Ok(())
                })?;
                state
            }
        };
        state.check()?;
        Ok(Self { state, last_press: None, is_new: false, retells: false })
    }

    /// Events are numbered from `last` on, if they have not come as far: what a log holds is never numbered again.
    pub fn count_from(&mut self, last: u64) {
        self.retells = last > self.state.revision && !self.is_new;
        self.state.revision = self.state.revision.max(last);
    }

    /// The wall clock at the event clock's start.
    pub fn epoch(&self) -> WallTime {
        self.state.epoch
    }

    /// The server starts: the evening is opened, or goes on after a restart, in which no link and no session has survived.
    /// The answer puts the engines into the show's state; those of its cities are there already.
    pub fn start(&mut self, now: ShowTime) -> Drain<'_> {
        let opening = self.is_new.then(|| Event::Opened {
            title: self.state.title.clone(),
            cities: self.state.cities.iter().map(|seat| seat.city.clone()).collect(),
            epoch: self.state.epoch,
        });
        let retells = std::mem::take(&mut self.retells);
        (self.last_press, self.is_new) = (None, false);
        // What fell due while the server was down does not happen now: nobody has been there to see it coming.
        let mut turn = Turn::at(&mut self.state, now).by(Actor::House, Cause::Start {});
        turn.start(opening);
        if retells {
            turn.retell();
        }
        turn.hold_overdue();
        turn.end()
    }

    /// An operator, a cue or a page asks. A refused command changes nothing. A double press is accepted and changes
    /// nothing either; [`Drain::is_double_press`] tells.
    pub fn command(&mut self, command: Command, caller: &Caller, now: ShowTime) -> Result<Drain<'_>, Rejection> {
        self.state.admit_role(&command, caller)?;
        if self.is_double_press(&command, &caller.actor, now) {
            return Ok(Drain::double_press());
        }
        self.state.admit(&command, caller, now)?;
        if command.is_air() {
            self.last_press = Some((caller.actor.clone(), command.clone(), now));
        }
        let cause = Cause::Command { command: command.word().to_owned() };
        let mut turn = Turn::begin(&mut self.state, now).by(caller.actor.clone(), cause);
        if command.needs_lease() {
            turn.hold_lease();
        }
        let releases = matches!(command, Command::HoldRundown { .. });
        turn.obey(command);
        if !releases {
            turn.hold_overdue();
        }
        Ok(turn.end())
    }

    /// An engine reports.
    pub fn observe(&mut self, fact: Fact, now: ShowTime) -> Drain<'_> {
        let mut turn = Turn::begin(&mut self.state, now).by(Actor::House, Cause::Fact {});
        turn.observe(fact);
        turn.end()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: ShowTime) -> Drain<'_> {
        Turn::begin(&mut self.state, now).end()
    }

    /// The whole state.
    pub fn snapshot(&self) -> Snapshot {
        self.state.clone()
    }

    /// The state as operators' pages see it.
    pub fn view(&self, now: ShowTime) -> View {
        View::of(&self.state, now)
    }

    /// The whole telephone number of somebody, if one is known. The view has it masked.
    pub fn number(&self, cohost: &CohostId) -> Option<&PhoneNumber> {
        self.state.calls.phones.get(cohost)
    }

    /// The number of the last event.
    pub fn revision(&self) -> u64 {
        self.state.revision
    }

    /// Whether `source` is seen: red on air (also while it is being mixed out), over green in preview.
    pub fn tally(&self, source: &Source) -> Tally {
        self.state.tally(source)
    }

    fn is_double_press(&self, command: &Command, actor: &Actor, now: ShowTime) -> bool {
        let within = std::time::Duration::from_millis(self.state.settings.double_press_ms.into());
        let same = |(who, what, when): &(Actor, Command, ShowTime)| {
            who == actor && what == command && now.since(*when) < within
        };
        command.is_air() && self.last_press.as_ref().is_some_and(same)
    }
}

impl Turn<'_> {
    /// Does what was admitted: a table of contents.
    fn obey(&mut self, command: Command) {
        match command {
            Command::SetPreview { source } => self.set_preview(Picture::full(source)),
            Command::Compose { composition } => {
                if let Ok(picture) = composition.picture() {
                    self.set_preview(picture);
                }
            }
            Command::SetTransition { transition } => self.set_transition(transition),
            Command::Cut {} => self.cut(),
            Command::CutTo { source } => self.cut_to(Picture::full(source)),
            Command::Take {} => self.take(),

            Command::AddScene { name, composition } => self.add_scene(name, composition),
            Command::UpdateScene { scene, name, composition } => self.update_scene(scene, name, composition),
            Command::DuplicateScene { scene } => self.duplicate_scene(scene),
            Command::MoveScene { scene, to } => self.move_scene(scene, to),
            Command::RemoveScene { scene } => self.remove_scene(scene),
            Command::RecallScene { scene, to: Bus::Preview } => self.recall_to_preview(scene),
            Command::RecallScene { scene, to: Bus::Program } => self.recall_to_program(scene),

            Command::SetTBar { position } => self.set_t_bar(position),
            Command::FadeToBlack { on } => self.fade_to_black(on),
            Command::SetGraphic { keyer, graphic } => self.set_graphic(keyer, graphic),
            Command::SetKeyer { keyer, on } => self.set_keyer(keyer, on),
            Command::SetStrip { of, strip } => self.set_strip(of, strip),
            Command::SetGroup { group, fader_db, muted } => self.set_group(group, Group { fader_db, muted }),
            Command::SetMix { mix, fader_db } => self.set_mix(mix, fader_db),
            Command::SetSolo { strips, kind } => self.set_solo(Solo { strips, kind }),
            Command::Talk { to, on } => self.talk(to, on),
            Command::PlayMusic { media, loops, fade_ms, fader_db } => self.play_music(media, loops, fade_ms, fader_db),
            Command::StopMusic { media, fade_ms } => self.stop_music(media, fade_ms),
            Command::SetMusicLoop { media, loops } => self.set_music_loop(media, loops),

            Command::AddCue { cue, before } => self.add_cue(cue, before),
            Command::UpdateCue { cue, plan } => self.update_cue(cue, plan),
            Command::MoveCue { cue, to } => self.move_cue(cue, to),
            Command::RemoveCue { cue } => self.remove_cue(cue),
            Command::ReplaceRundown { cues } => self.replace_rundown(cues),
            Command::SetNext { cue } => self.set_next(cue),
            Command::TakeNext {} => self.take_next(),
            Command::SkipNext {} => self.skip_next(),
            Command::HoldRundown { held } => self.hold_rundown(held),
            Command::AcknowledgeCue { cue } => self.acknowledge_cue(cue),

            Command::AddCity { id, name, time_zone, position } => {
                self.add_city(City { id, name, time_zone }, position);
            }
            Command::UpdateCity { city, name, time_zone } => self.update_city(&city, name, time_zone),
            Command::MoveCity { city, to } => self.move_city(city, to),
            Command::RemoveCity { city } => self.remove_city(city),
            Command::SetSlateText { city, text } => self.set_slate_text(city, text),
            Command::AddCohost { id, name } => self.add_cohost(Cohost { id, name }),
            Command::UpdateCohost { cohost, name } => self.update_cohost(Cohost { id: cohost, name }),
            Command::MoveCohost { cohost, to } => self.move_cohost(cohost, to),
            Command::RemoveCohost { cohost } => self.remove_cohost(cohost),

            call @ (Command::ScreenCall { .. }
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
            | Command::Dial { .. }) => self.obey_call(call),

            Command::AskLease {} => self.ask_lease(),
            Command::GiveLease { to } => self.lease_to(to),
            Command::TakeLease { .. } => self.take_lease(),
            Command::ReleaseLease {} => self.release_lease(),

            Command::SendMessage { to, text } => self.send_message(to, text),
            Command::ReadMessage { message } => self.read_message(message),
            Command::SetCanned { texts } => self.set_canned(texts),
            Command::OpenEvening { title } => self.open_evening(title),
            Command::SetTitle { title } => self.set_title(title),
            Command::SetSettings { settings } => self.set_settings(settings),
            Command::Undo {} => self.undo(),
            Command::Redo {} => self.redo(),
        }
    }
}

#[cfg(test)]
mod calls_tests;
#[cfg(test)]
mod evening_tests;
#[cfg(test)]
mod tests;
