//! Which commands of the desk can be done.

use super::{known_media, room};
use crate::show::{
    Actor, Caller, Command, MediaId, Mix, Name, Playing, Rejection, Snapshot, Solo, Strip, StripId, TalkTo,
};

impl Snapshot {
    pub(super) fn admit_strip(&self, of: &StripId, strip: &Strip) -> Result<(), Rejection> {
        self.known_strip(of)?;
        if let Some(flaw) = strip.flaw() {
            return Err(Rejection::BadValue { what: "strip", flaw });
        }
        let has_seat = matches!(of, StripId::City(_) | StripId::Cohost(_));
        match has_seat || self.strips.contains_key(of) {
            true => Ok(()),
            false => room("strips of their own settings", self.strips.len(), 1, Self::MOST_STRIPS),
        }
    }

    pub(super) fn admit_mix(&self, mix: &Mix) -> Result<(), Rejection> {
        match self.master(mix) {
            Some(_) => Ok(()),
            None => {
                let flaw = format!("'{mix}' arrived: 'program' or 'radio' is needed, the others have no fader");
                Err(Rejection::BadValue { what: "mix", flaw })
            }
        }
    }

    pub(super) fn admit_solo(&self, strips: &[StripId], command: &Command, caller: &Caller) -> Result<(), Rejection> {
        named(command, caller)?;
        if strips.len() > Solo::MOST {
            return Err(Rejection::TooMany { what: "strips", most: Solo::MOST });
        }
        strips.iter().try_for_each(|strip| match strip {
            StripId::Talkback(_) => {
                let flaw = format!("'{strip}' arrived: talkback is for those who are spoken to");
                Err(Rejection::BadValue { what: "solo", flaw })
            }
            _ => self.known_strip(strip),
        })
    }

    pub(super) fn admit_talk(&self, to: &TalkTo, command: &Command, caller: &Caller) -> Result<(), Rejection> {
        named(command, caller)?;
        match to {
            TalkTo::All | TalkTo::Cities | TalkTo::Cohosts => Ok(()),
            TalkTo::City(city) => self.known_city(city),
            TalkTo::Cohost(cohost) => self.known_cohost(cohost),
        }
    }

    pub(super) fn admit_play(&self, media: &MediaId, fade_ms: u32) -> Result<(), Rejection> {
        self.known_music(media)?;
        admit_fade(fade_ms)?;
        let others = self.playing.iter().filter(|playing| playing.media != *media).count();
        let of = StripId::Music(media.clone());
        room("pieces of music that play", others, 1, Playing::MOST)?;
        self.admit_strip(&of, &Strip::of(&of))
    }

    pub(super) fn admit_stop(&self, media: &MediaId, fade_ms: u32) -> Result<(), Rejection> {
        self.admit_playing(media)?;
        admit_fade(fade_ms)
    }

    /// What plays, whether its file is still there or not; or what could.
    pub(super) fn admit_playing(&self, media: &MediaId) -> Result<(), Rejection> {
        let plays = self.playing.iter().any(|playing| playing.media == *media);
        if plays { Ok(()) } else { self.known_music(media) }
    }

    fn known_music(&self, media: &MediaId) -> Result<(), Rejection> {
        known_media("music", media, self.media.music(media), &self.media.music)
    }

    fn known_strip(&self, strip: &StripId) -> Result<(), Rejection> {
        match strip {
            StripId::City(city) => self.known_city(city),
            StripId::Cohost(cohost) => self.known_cohost(cohost),
            StripId::Clip(clip) => known_media("clip", clip, self.media.clip(clip), &self.media.clips),
            StripId::Music(music) => self.admit_playing(music),
            StripId::Talkback(name) => self.known_talkback(name),
            StripId::Bars => Ok(()),
        }
    }

    fn known_talkback(&self, name: &Name) -> Result<(), Rejection> {
        let is_there = self.present.iter().any(|actor| actor.name() == Some(name));
        if is_there || self.talkback.contains(name) || self.strips.contains_key(&StripId::Talkback(name.clone())) {
            return Ok(());
        }
        let there: Vec<_> = self.present.iter().filter_map(Actor::name).map(Name::as_str).collect();
        let there = if there.is_empty() { "nobody is there".into() } else { format!("there are {}", there.join(", ")) };
        Err(Rejection::BadValue { what: "strip", flaw: format!("no operator '{name}' is there: {there}") })
    }
}

fn admit_fade(fade_ms: u32) -> Result<(), Rejection> {
    let most = Playing::FADE_MOST_MS;
    match fade_ms <= most {
        true => Ok(()),
        false => {
            Err(Rejection::BadValue { what: "fade", flaw: format!("{fade_ms} ms arrived: 0 to {most} is possible") })
        }
    }
}

/// Only who has a name has a microphone and a monitor.
fn named(command: &Command, caller: &Caller) -> Result<(), Rejection> {
    match caller.actor.name() {
        Some(_) => Ok(()),
        None => Err(Rejection::forbidden(caller.actor.clone(), command.word(), command.roles())),
    }
}
