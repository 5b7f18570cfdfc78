//! What goes on air: the buses, the keyer and the strips.

use super::Turn;
use crate::show::{CityId, Event, Keyer, LowerThird, Picture, SceneId, Strip, Transition};

impl Turn<'_> {
    pub fn set_preview(&mut self, picture: Picture) {
        self.change(self.state.preview != picture, Event::PreviewChanged { picture });
    }

    pub fn set_transition(&mut self, transition: Transition) {
        self.change(self.state.transition != transition, Event::TransitionSet { transition });
    }

    /// A cut in the middle of a transition is the wish to have it over with. It does not change the buses over as well:
    /// that would put the picture back on air which the operator is just leaving.
    pub fn cut(&mut self) {
        if self.state.running.is_some() {
            self.cut_to(self.state.program.clone());
        } else {
            self.change_over(Transition::Cut {});
        }
    }

    pub fn cut_to(&mut self, picture: Picture) {
        if self.state.running.is_some() {
            self.event(Event::TransitionEnded {});
            self.shows = Some(Transition::Cut {});
        }
        self.change(self.state.program != picture, Event::ProgramChanged { picture, transition: Transition::Cut {} });
    }

    pub fn take(&mut self) {
        match self.state.transition {
            Transition::Cut {} => self.cut(),
            mix @ Transition::Mix { .. } => self.change_over(mix),
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

    pub fn set_lower_third(&mut self, lower_third: Option<LowerThird>) {
        let keyer = Keyer { on: self.state.keyer.on && lower_third.is_some(), lower_third };
        self.change(self.state.keyer != keyer, Event::KeyerChanged { keyer });
    }

    pub fn set_keyer(&mut self, on: bool) {
        let keyer = Keyer { on, ..self.state.keyer.clone() };
        self.change(self.state.keyer != keyer, Event::KeyerChanged { keyer });
    }

    pub fn set_strip(&mut self, city: CityId, strip: Strip) {
        let changes = self.state.seat(&city).is_some_and(|seat| seat.strip != strip);
        self.change(changes, Event::StripChanged { city, strip });
    }

    /// A transition that is over by now ends.
    pub(super) fn end_transition_in_time(&mut self) {
        if self.state.running.as_ref().is_some_and(|running| running.ends <= self.now) {
            self.event(Event::TransitionEnded {});
        }
    }

    /// Program and preview change places. Two equal pictures have nothing to change: no transition runs between them.
    pub(super) fn change_over(&mut self, transition: Transition) {
        let (program, preview) = (self.state.program.clone(), self.state.preview.clone());
        if program == preview {
            return;
        }
        self.event(Event::ProgramChanged { picture: preview, transition });
        self.event(Event::PreviewChanged { picture: program });
    }
}
