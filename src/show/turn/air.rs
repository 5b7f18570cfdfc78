//! What is seen on air: the buses, the transitions between them, and the keyers.

use super::Turn;
use crate::show::{
    Actor, Alarm, Cause, Event, Graphic, Keyer, KeyerNumber, Picture, Progress, Running, SceneId, ShowTime, Snapshot,
    Source, Transition,
};
use std::time::Duration;

/// What the T-bar runs if a cut is chosen, and what brings a guarded picture back.
const USUAL: Transition = Transition::Mix { duration_ms: 500 };

impl Snapshot {
    /// When something safe goes on air, if nothing of program's picture comes in until then.
    pub(in crate::show) fn guards_at(&self) -> Option<ShowTime> {
        let after = self.settings.guard.after_s;
        let since = self.dark_since.filter(|_| after > 0)?;
        Some(since + Duration::from_secs(after.into()))
    }

    /// When the running transition is over by itself.
    pub(in crate::show) fn transition_ends_at(&self) -> Option<ShowTime> {
        self.running.as_ref()?.progress.ends()
    }
}

impl Turn<'_> {
    pub fn set_preview(&mut self, picture: Picture) {
        self.change(self.state.preview != picture, Event::PreviewChanged { picture });
    }

    pub fn set_transition(&mut self, transition: Transition) {
        self.change(self.state.transition != transition, Event::TransitionSet { transition });
    }

    /// A cut in the middle of a transition is the wish to have it over with, also if the T-bar holds it. It does not change the buses over as well:
    /// that would put the picture back on air which the operator is just leaving.
    pub fn cut(&mut self) {
        if self.state.running.is_some() {
            self.cut_to(self.state.program.clone());
        } else {
            self.change_over(Transition::Cut {});
        }
    }

    pub fn cut_to(&mut self, picture: Picture) {
        self.end_transition();
        let cut = Event::ProgramChanged { picture: picture.clone(), transition: Transition::Cut {}, by_hand: false };
        self.change(self.state.program != picture, cut);
    }

    /// Toward preview, always: while a transition runs that is back to the picture which is being left.
    pub fn take(&mut self) {
        let transition = self.state.transition.clone();
        match &self.state.running {
            None if transition.is_cut() => self.cut(),
            None => self.change_over(transition),
            Some(Running { progress: Progress::Hand { .. }, .. }) => self.event(Event::TransitionReleased {}),
            Some(Running { from, .. }) if *from == self.state.preview => self.reverse(),
            Some(_) => {
                self.end_transition();
                self.change_over(transition);
            }
        }
    }

    /// The T-bar. Who was at 0 and is not any more begins the transition; at either end it is over.
    pub fn set_t_bar(&mut self, position: u16) {
        let is_held = matches!(&self.state.running, Some(Running { progress: Progress::Hand { .. }, .. }));
        if !is_held {
            if position == 0 {
                return;
            }
            let chosen = Some(self.state.transition.clone()).filter(|chosen| !chosen.is_cut());
            self.begin_change_over(chosen.unwrap_or(USUAL), true);
        }
        let Some(Running { progress, .. }) = &self.state.running else { return };
        let moves = progress.done(self.now) != position;
        self.change(moves, Event::TransitionMoved { done: position });
        match position {
            0 => {
                self.reverse();
                self.event(Event::TransitionEnded {});
            }
            Progress::WHOLE => self.event(Event::TransitionEnded {}),
            _ => {}
        }
    }

    pub fn fade_to_black(&mut self, on: bool) {
        self.change(self.state.black != on, Event::FadedToBlack { on });
    }

    /// The way back. What was put on preview meanwhile stays there.
    fn reverse(&mut self) {
        let Some(Running { from: picture, .. }) = self.state.running.clone() else { return };
        let (leaving, preview_follows) = (self.state.program.clone(), picture == self.state.preview);
        self.event(Event::TransitionReversed { picture });
        if preview_follows {
            self.set_preview(leaving);
        }
    }

    fn end_transition(&mut self) {
        if self.state.running.is_some() {
            self.event(Event::TransitionEnded {});
        }
    }

    /// Nothing of program's picture comes in for too long: the safe scene, or the slate. Or it is back: so is the picture.
    pub(super) fn guard(&mut self) {
        if let Some(picture) = self.state.guarded.clone()
            && !self.state.is_dark(&picture)
            && self.state.picture_flaw(&picture).is_none()
        {
            self.event(Event::ProgramChanged { picture, transition: USUAL, by_hand: false });
        }
        if self.state.guards_at().is_none_or(|at| at > self.now) {
            return;
        }
        let scene = self.state.settings.guard.scene.and_then(|scene| self.scene_picture(scene));
        let fits = |picture: &Picture| self.state.picture_flaw(picture).is_none() && !self.state.is_dark(picture);
        let picture = scene.filter(fits).unwrap_or_else(|| Picture::full(Source::Slate));
        let instead_of = self.state.guarded.clone().unwrap_or_else(|| self.state.program.clone());
        let alarm = Alarm::ProgramGuarded { picture: instead_of.to_string() };
        self.event(Event::ProgramGuarded { picture, instead_of });
        self.change(!self.state.alarms.contains(&alarm), Event::AlarmRaised { alarm });
    }

    /// The alarm goes when nothing is guarded any more.
    pub(super) fn end_guard_alarm(&mut self) {
        let alarm = self.state.alarms.iter().find(|alarm| matches!(alarm, Alarm::ProgramGuarded { .. })).cloned();
        if let (None, Some(alarm)) = (&self.state.guarded, alarm) {
            (self.actor, self.cause) = (Actor::House, Cause::Time {});
            self.event(Event::AlarmCleared { alarm });
        }
    }

    pub fn recall_to_program(&mut self, scene: SceneId) {
        if let Some(picture) = self.scene_picture(scene) {
            self.cut_to(picture);
        }
    }

    pub fn recall_to_preview(&mut self, scene: SceneId) {
        if let Some(picture) = self.scene_picture(scene) {
            self.set_preview(picture);
        }
    }

    pub(super) fn scene_picture(&self, scene: SceneId) -> Option<Picture> {
        self.state.scene(scene)?.composition.picture().ok()
    }

    pub fn set_graphic(&mut self, number: KeyerNumber, graphic: Option<Graphic>) {
        let before = &self.state.keyers[number.index()];
        let keyer = Keyer { on: before.on && graphic.is_some(), graphic };
        self.change(*before != keyer, Event::KeyerChanged { number, keyer });
    }

    pub fn set_keyer(&mut self, number: KeyerNumber, on: bool) {
        let before = &self.state.keyers[number.index()];
        let keyer = Keyer { on, ..before.clone() };
        self.change(*before != keyer, Event::KeyerChanged { number, keyer });
    }

    /// A transition that is over by now ends.
    pub(super) fn end_transition_in_time(&mut self) {
        if self.state.transition_ends_at().is_some_and(|ends| ends <= self.now) {
            self.event(Event::TransitionEnded {});
        }
    }

    /// Program and preview change places. Two equal pictures have nothing to change: no transition runs between them.
    pub(super) fn change_over(&mut self, transition: Transition) {
        self.begin_change_over(transition, false);
    }

    fn begin_change_over(&mut self, transition: Transition, by_hand: bool) {
        let (program, preview) = (self.state.program.clone(), self.state.preview.clone());
        if program == preview {
            return;
        }
        self.event(Event::ProgramChanged { picture: preview, transition, by_hand });
        self.event(Event::PreviewChanged { picture: program });
    }
}
