//! Who is there, who commands program, and what is said.

use std::time::Duration;

use super::Turn;
use crate::show::seat::Noted;
use crate::show::{
    Actor, Audience, CityId, CohostId, Event, Fact, Lease, LeaseEnd, LeaseRule, Link, Message, MessageId, Picture,
    Settings, ShowTime, Snapshot, Source,
};

impl Snapshot {
    /// When the lease ends by itself, if its holder's link stays away.
    pub(in crate::show) fn lease_ends_at(&self) -> Option<ShowTime> {
        let Some(Lease { link: Link::Lost { since }, .. }) = self.lease else { return None };
        Some(since + Duration::from_secs(self.settings.lease.after_s.into()))
    }
}

impl Turn<'_> {
    /// Whoever asks for what only the holder of the lease may do, while there is none, becomes the holder; but not the house
    /// itself.
    pub fn hold_lease(&mut self) {
        if self.state.lease.is_none() && self.actor != Actor::House {
            self.lease_to(self.actor.clone());
        }
    }

    pub fn ask_lease(&mut self) {
        match &self.state.lease {
            None => self.lease_to(self.actor.clone()),
            Some(lease) if lease.holder == self.actor => {}
            Some(_) => {
                let by = self.actor.clone();
                self.change(!self.state.lease_asked.contains(&by), Event::LeaseAsked { by });
            }
        }
    }

    pub fn take_lease(&mut self) {
        if self.state.lease.as_ref().is_none_or(|lease| lease.holder != self.actor) {
            self.lease_to(self.actor.clone());
        }
    }

    pub fn lease_to(&mut self, holder: Actor) {
        let link = if self.state.present.contains(&holder) { Link::Up {} } else { Link::None {} };
        self.event(Event::LeaseChanged { lease: Some(Lease { holder, since: self.now, link }) });
    }

    pub fn release_lease(&mut self) {
        self.change(self.state.lease.is_some(), Event::LeaseChanged { lease: None });
    }

    /// The holder's link has been away for too long: the lease is free again, and what is safe goes on air.
    pub(super) fn follow_lease_rule(&mut self) {
        if self.state.lease_ends_at().is_none_or(|at| at > self.now) {
            return;
        }
        self.event(Event::LeaseChanged { lease: None });
        let LeaseRule { then, .. } = self.state.settings.lease;
        if let LeaseEnd::Scene { scene } = then {
            let picture = self.scene_picture(scene).filter(|picture| self.state.picture_flaw(picture).is_none());
            // A scene that is gone, or shows a city that is: the slate is always safe.
            self.cut_to(picture.unwrap_or_else(|| Picture::full(Source::Slate)));
        }
    }

    pub(super) fn arrive(&mut self, actor: Actor) {
        if self.state.present.contains(&actor) {
            return;
        }
        self.event(Event::PresenceChanged { actor: actor.clone(), present: true });
        self.link_lease(&actor, Link::Up {});
    }

    pub(super) fn depart(&mut self, actor: Actor) {
        if !self.state.present.contains(&actor) {
            return;
        }
        self.event(Event::PresenceChanged { actor: actor.clone(), present: false });
        self.end_private_talks(&actor);
        self.link_lease(&actor, Link::Lost { since: self.now });
        self.leave_desk(&actor);
    }

    fn link_lease(&mut self, actor: &Actor, link: Link) {
        if let Some(lease) = self.state.lease.clone().filter(|lease| lease.holder == *actor) {
            self.change(lease.link != link, Event::LeaseChanged { lease: Some(Lease { link, ..lease }) });
        }
    }

    pub(super) fn observe_city(&mut self, city: CityId, fact: &Fact) {
        match self.state.seat(&city).and_then(|seat| seat.observe(fact, self.now)) {
            Some(Noted::State(state)) => self.event(Event::CityChanged { city, state }),
            Some(Noted::Frames(flow)) => self.event(Event::FramesNoted { city, flow }),
            None => {}
        }
    }

    pub(super) fn observe_cohost(&mut self, cohost: CohostId, fact: &Fact) {
        let Some(seat) = self.state.cohost(&cohost) else { return };
        let (before, flowed) = (seat.contribution, seat.frames_flow);
        let (state, flow) = match fact {
            Fact::CohostFramesFlow { .. } => (before, true),
            Fact::CohostFramesStopped { .. } => (before, false),
            fact => (seat.observe(fact, self.now), flowed),
        };
        self.change(state != before, Event::CohostChanged { cohost: cohost.clone(), state });
        self.change(flow != flowed, Event::CohostFramesNoted { cohost: cohost.clone(), flow });
        match fact {
            Fact::CohostJoined { .. } => self.call_joined(cohost),
            Fact::CohostLeft { .. } => self.call_left(cohost),
            _ => {}
        }
    }

    pub fn send_message(&mut self, to: Audience, text: String) {
        let id = MessageId(self.state.numbers.message + 1);
        let message = Message { id, from: self.actor.clone(), to, text, sent: self.now, read_by: Vec::new() };
        self.event(Event::MessageSent { message });
    }

    pub fn read_message(&mut self, id: MessageId) {
        let by = self.actor.clone();
        let unread = self.state.message(id).is_some_and(|known| known.from != by && !known.read_by.contains(&by));
        self.change(unread, Event::MessageRead { message: id, by });
    }

    pub fn set_canned(&mut self, texts: Vec<String>) {
        self.change(self.state.canned != texts, Event::CannedSet { texts });
    }

    pub fn open_evening(&mut self, title: String) {
        self.end_all_music();
        self.event(Event::EveningOpened { title });
    }

    pub fn set_title(&mut self, title: String) {
        self.change(self.state.title != title, Event::TitleSet { title });
    }

    pub fn set_settings(&mut self, settings: Settings) {
        self.change(self.state.settings != settings, Event::SettingsSet { settings });
    }
}
