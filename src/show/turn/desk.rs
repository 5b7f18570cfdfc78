//! What is heard: strips, groups and faders, who listens to what, who speaks to whom, and the music.

use std::collections::BTreeSet;

use super::Turn;
use crate::show::{
    Actor, Event, Fader, Group, GroupNumber, MediaId, Mix, Name, Playing, ShowTime, Snapshot, Solo, Strip, StripId,
    TalkTo,
};

impl Snapshot {
    /// When the next piece of music has faded out.
    pub(in crate::show) fn music_fades_at(&self) -> Option<ShowTime> {
        self.playing.iter().filter_map(|playing| playing.fades_until).min()
    }

    fn plays(&self, media: &MediaId) -> Option<&Playing> {
        self.playing.iter().find(|playing| playing.media == *media)
    }
}

impl Turn<'_> {
    pub fn set_strip(&mut self, of: StripId, strip: Strip) {
        let changes = self.state.strip(&of).is_some_and(|before| before != strip);
        self.change(changes, Event::StripChanged { of, strip });
    }

    pub fn set_group(&mut self, number: GroupNumber, group: Group) {
        self.change(self.state.groups[number.index()] != group, Event::GroupChanged { number, group });
    }

    pub fn set_mix(&mut self, mix: Mix, fader_db: Fader) {
        let changes = self.state.master(&mix).is_some_and(|before| before != fader_db);
        self.change(changes, Event::MixChanged { mix, fader_db });
    }

    pub fn set_solo(&mut self, solo: Solo) {
        let Some(operator) = self.actor.name().cloned() else { return };
        let mut solo = solo;
        let mut known = BTreeSet::new();
        solo.strips.retain(|strip| known.insert(strip.clone()));
        if solo.strips.is_empty() {
            // Program is program, however one came to it.
            solo = Solo::default();
        }
        let changes = self.state.solos.get(&operator).cloned().unwrap_or_default() != solo;
        self.change(changes, Event::SoloChanged { operator, solo });
    }

    pub fn talk(&mut self, to: TalkTo, on: bool) {
        let Some(operator) = self.actor.name().cloned() else { return };
        let before = self.state.talks.get(&operator).cloned().unwrap_or_default();
        let mut after = before.clone();
        if on {
            after.insert(to);
        } else if to == TalkTo::All {
            after.clear();
        } else {
            after.remove(&to);
        }
        self.change(after != before, Event::TalkChanged { operator, to: after });
    }

    /// Whoever speaks is heard no more: they let go, or they went.
    pub(super) fn fall_silent(&mut self, operator: &Name) {
        let talks = self.state.talks.contains_key(operator);
        self.change(talks, Event::TalkChanged { operator: operator.clone(), to: BTreeSet::new() });
    }

    /// Somebody's last page went away: they speak to nobody and listen to nothing, unless they are there by another name of
    /// theirs.
    pub(super) fn leave_desk(&mut self, actor: &Actor) {
        let Some(name) = actor.name().cloned() else { return };
        if self.state.present.iter().any(|other| other.name() == Some(&name)) {
            return;
        }
        self.fall_silent(&name);
        let listens = self.state.solos.contains_key(&name);
        self.change(listens, Event::SoloChanged { operator: name, solo: Solo::default() });
    }

    pub fn play_music(&mut self, media: MediaId, loops: bool, fade_ms: u32, fader_db: Option<Fader>) {
        let of = StripId::Music(media.clone());
        if let Some((fader_db, strip)) = fader_db.zip(self.state.strip(&of)) {
            self.set_strip(of, Strip { fader_db, ..strip });
        }
        let length_ms = self.state.media.music(&media).map_or(0, |item| item.duration_ms);
        self.event(Event::MusicStarted { media, length_ms, loops, fade_ms });
    }

    pub fn stop_music(&mut self, media: MediaId, fade_ms: u32) {
        let Some(playing) = self.state.plays(&media) else { return };
        match (playing.fades_until, fade_ms) {
            (_, 0) => self.event(Event::MusicEnded { media }),
            (None, _) => self.event(Event::MusicFading { media, fade_ms }),
            // It is on its way already.
            (Some(_), _) => {}
        }
    }

    pub fn set_music_loop(&mut self, media: MediaId, loops: bool) {
        let changes = self.state.plays(&media).is_some_and(|playing| playing.loops != loops);
        self.change(changes, Event::MusicLoopSet { media, loops });
    }

    pub(super) fn end_music(&mut self, media: MediaId, began: ShowTime) {
        let plays = self.state.plays(&media).is_some_and(|playing| playing.began == began);
        self.change(plays, Event::MusicEnded { media });
    }

    pub(super) fn end_all_music(&mut self) {
        let playing: Vec<_> = self.state.playing.iter().map(|playing| playing.media.clone()).collect();
        playing.into_iter().for_each(|media| self.event(Event::MusicEnded { media }));
    }

    /// What has faded out by now is over.
    pub(super) fn end_faded_music(&mut self) {
        let faded = |playing: &&Playing| playing.fades_until.is_some_and(|until| until <= self.now);
        let faded: Vec<_> = self.state.playing.iter().filter(faded).map(|playing| playing.media.clone()).collect();
        faded.into_iter().for_each(|media| self.event(Event::MusicEnded { media }));
    }
}
