//! What everybody hears: the strips of the desk, and of each mix which of them and how loud. It follows from the state alone.
//!
//! Program is what follows the picture, the co-hosts on air and the music that plays; the radio is the same with levels of
//! its own. A city and a co-host hear program without themselves, always, and whoever speaks to them over it. Talkback
//! reaches nobody else.

use std::time::Duration;

use super::{
    Actor, Ambience, CohostSeat, DeskPlan, DuckRole, Fader, Mix, MixPlan, Name, Playing, Ramps, Send, Snapshot, Solo,
    SoloKind, Source, Strip, StripDucking, StripId, StripMode, StripPlan,
};

impl Snapshot {
    /// The desk as it is to be now.
    pub(super) fn desk(&self) -> DeskPlan {
        let strips: Vec<_> =
            self.strips_there().into_iter().map(|(strip, settings)| self.strip_plan(strip, &settings)).collect();
        let ducks = strips.iter().any(|strip| strip.ducking == DuckRole::Ducked);
        let ducking = ducks.then(|| self.settings.sound.ducking.ducking());
        DeskPlan { strips, ducking, mixes: self.mixes(ducks) }
    }

    /// The settings of a strip; none of a city or a co-host who is not there.
    pub(super) fn strip(&self, of: &StripId) -> Option<Strip> {
        match of {
            StripId::City(city) => Some(self.seat(city)?.strip),
            StripId::Cohost(cohost) => Some(self.cohost(cohost)?.strip),
            other => Some(self.strips.get(other).copied().unwrap_or_else(|| Strip::of(other))),
        }
    }

    /// The strips that have something to sound, in the order of the desk.
    pub(super) fn strips_there(&self) -> Vec<(StripId, Strip)> {
        let cities = self.cities.iter().map(|seat| StripId::City(seat.city.id.clone()));
        let cohosts = self.cohosts.iter().map(|seat| StripId::Cohost(seat.id.clone()));
        let music = self.playing.iter().map(|Playing { media, .. }| StripId::Music(media.clone()));
        let talkback = self.talkback.iter().map(|name| StripId::Talkback(name.clone()));
        let all = cities.chain(cohosts).chain(self.in_picture()).chain(music).chain(talkback);
        all.filter_map(|strip| Some((self.strip(&strip)?, strip))).map(|(settings, strip)| (strip, settings)).collect()
    }

    /// What the picture on program brings with it, besides cities and co-hosts.
    fn in_picture(&self) -> impl Iterator<Item = StripId> {
        let mut strips = Vec::new();
        for strip in self.program.boxes.iter().filter_map(|each| StripId::of(&each.source)) {
            let has_seat = matches!(strip, StripId::City(_) | StripId::Cohost(_));
            if !has_seat && !strips.contains(&strip) {
                strips.push(strip);
            }
        }
        strips.into_iter()
    }

    fn strip_plan(&self, strip: StripId, settings: &Strip) -> StripPlan {
        let ramps = settings.ramps.map(|Ramps { opens_ms, closes_ms }| {
            (Duration::from_millis(opens_ms.into()), Duration::from_millis(closes_ms.into()))
        });
        let ducking = self.duck_role(&strip, settings.ducking);
        StripPlan { strip, processing: settings.processing, ducking, ramps }
    }

    fn duck_role(&self, strip: &StripId, ducking: StripDucking) -> DuckRole {
        let rule = &self.settings.sound.ducking;
        match (ducking, strip) {
            (StripDucking::None, _) => DuckRole::None,
            (StripDucking::Key, _) => DuckRole::Key,
            (StripDucking::Ducked, _) => DuckRole::Ducked,
            (StripDucking::Auto, StripId::Cohost(_)) => DuckRole::Key,
            (StripDucking::Auto, StripId::Music(_)) if rule.music => DuckRole::Ducked,
            (StripDucking::Auto, StripId::City(_)) if rule.cities => DuckRole::Ducked,
            (StripDucking::Auto, _) => DuckRole::None,
        }
    }

    /// Whether the public hears this co-host: their call is on air, and nobody has muted them.
    fn is_heard(&self, cohost: &CohostSeat) -> bool {
        let is_seen = self.program.shows(&Source::Cohost(cohost.id.clone()));
        let is_open = is_seen || cohost.strip.mode == StripMode::On;
        cohost.is_on_air() && !cohost.call.is_muted() && is_open
    }

    /// Whether the public hears this strip, faders aside. A lost city's stays open: it is heard again when it comes back.
    fn is_open(&self, strip: &StripId, settings: &Strip) -> bool {
        match strip {
            StripId::City(city) => {
                let is_seen = self.program.cities().any(|seen| seen == city);
                is_seen || settings.mode == StripMode::On || self.settings.sound.ambience == Ambience::Always
            }
            StripId::Cohost(cohost) => self.cohost(cohost).is_some_and(|seat| self.is_heard(seat)),
            // These are there because they are seen, or play.
            StripId::Clip(_) | StripId::Bars | StripId::Music(_) => true,
            StripId::Talkback(_) => false,
        }
    }

    /// How loud a strip is that is set to this, with its group.
    fn level(&self, settings: &Strip, fader: Fader) -> Fader {
        let group = settings.group.map(|group| self.groups[group.index()]).unwrap_or_default();
        if settings.muted || group.muted { Fader::CLOSED } else { fader.plus(group.fader_db) }
    }

    /// What the public hears, each strip at the level that `fader` reads of its settings.
    fn public(&self, strips: &[(StripId, Strip)], fader: impl Fn(&Strip) -> Fader) -> Vec<Send> {
        let open = strips.iter().filter(|(strip, settings)| self.is_open(strip, settings));
        open.filter_map(|(strip, settings)| send(strip, self.level(settings, fader(settings)))).collect()
    }

    fn mixes(&self, ducks: bool) -> Vec<MixPlan> {
        let strips = self.strips_there();
        let program = self.public(&strips, |settings| settings.fader_db);
        let radio = self.public(&strips, |settings| settings.radio_db.unwrap_or(settings.fader_db));
        let plan = |mix, sends, fader| MixPlan { mix, sends, fader, ducks };
        let mut mixes = Vec::with_capacity(2 + self.cities.len() + self.cohosts.len() + self.present.len());
        for seat in &self.cities {
            let mix = Mix::Return(seat.city.id.clone());
            let sends = self.minus(&mix, &Actor::City(seat.city.id.clone()), &program);
            mixes.push(plan(mix, sends, Fader::UNITY));
        }
        for seat in &self.cohosts {
            let mix = Mix::Call(seat.id.clone());
            let sends = self.minus(&mix, &Actor::Cohost(seat.id.clone()), &program);
            mixes.push(plan(mix, sends, Fader::UNITY));
        }
        let mut names: Vec<_> = self.present.iter().filter_map(Actor::name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let mix = Mix::Monitor(name.clone());
            let private = self.private(name);
            mixes.push(match self.solos.get(name) {
                Some(solo) => {
                    MixPlan { mix, sends: beside(private, self.solo(name, solo)), fader: Fader::UNITY, ducks: false }
                }
                None if private.is_empty() => plan(mix, program.clone(), self.masters.program_db),
                None => {
                    let dim = self.settings.sound.dim_db;
                    let program = program.iter().filter_map(|sent| send(&sent.strip, sent.fader.down(dim)));
                    plan(mix, beside(private, program.collect()), Fader::UNITY)
                }
            });
        }
        let public =
            [plan(Mix::Program, program, self.masters.program_db), plan(Mix::Radio, radio, self.masters.radio_db)];
        public.into_iter().chain(mixes).collect()
    }

    /// Program without one strip, dimmed while somebody speaks over it.
    fn minus(&self, mix: &Mix, who: &Actor, program: &[Send]) -> Vec<Send> {
        let own = mix.own();
        let voices: Vec<_> = self.speakers(who).filter_map(|name| self.voice(name)).collect();
        let dim = if voices.is_empty() { 0 } else { self.settings.sound.dim_db };
        let others = program.iter().filter(|sent| Some(&sent.strip) != own.as_ref());
        others.filter_map(|sent| send(&sent.strip, sent.fader.down(dim))).chain(voices).collect()
    }

    /// Whoever speaks to this city or co-host with an open microphone: over talkback, or in a private talk.
    fn speakers(&self, who: &Actor) -> impl Iterator<Item = &Name> {
        let private = match who {
            Actor::Cohost(cohost) => self.cohost(cohost).and_then(CohostSeat::private_with),
            _ => None,
        };
        let speaks = move |name: &&Name| {
            let to = self.talks.get(*name);
            private == Some(*name) || to.is_some_and(|to| to.iter().any(|to| to.includes(who)))
        };
        self.talkback.iter().filter(speaks)
    }

    /// The callers whom this operator talks to with nobody else listening, as they come.
    fn private(&self, name: &Name) -> Vec<Send> {
        let callers = self.cohosts.iter().filter(|seat| seat.private_with() == Some(name));
        callers.filter_map(|seat| send(&StripId::Cohost(seat.id.clone()), Fader::UNITY)).collect()
    }

    /// Whether this is a caller to whom another operator talks with nobody else listening.
    fn talks_apart(&self, strip: &StripId, name: &Name) -> bool {
        let StripId::Cohost(cohost) = strip else { return false };
        self.cohost(cohost).and_then(CohostSeat::private_with).is_some_and(|with| with != name)
    }

    fn voice(&self, name: &Name) -> Option<Send> {
        let strip = StripId::Talkback(name.clone());
        let settings = self.strip(&strip)?;
        send(&strip, self.level(&settings, settings.fader_db))
    }

    /// What an operator chose to listen to; whom somebody else talks to in private is not to be listened to.
    fn solo(&self, name: &Name, solo: &Solo) -> Vec<Send> {
        let level = |strip: &StripId| {
            if self.talks_apart(strip, name) {
                return None;
            }
            let settings = self.strip(strip)?;
            match solo.kind {
                SoloKind::Pfl => send(strip, Fader::UNITY),
                SoloKind::Afl => send(strip, self.level(&settings, settings.fader_db)),
            }
        };
        solo.strips.iter().filter_map(level).collect()
    }
}

/// Both together; what is in the first is not taken from the second.
fn beside(mut first: Vec<Send>, second: Vec<Send>) -> Vec<Send> {
    let others: Vec<_> =
        second.into_iter().filter(|sent| first.iter().all(|known| known.strip != sent.strip)).collect();
    first.extend(others);
    first
}

/// A crosspoint, unless it is closed.
fn send(strip: &StripId, fader: Fader) -> Option<Send> {
    (fader != Fader::CLOSED).then(|| Send { strip: strip.clone(), fader })
}

#[cfg(test)]
mod tests;
