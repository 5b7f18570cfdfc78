//! The desk as pages see it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::show::{
    Actor, MediaId, MediaItem, Mix, Name, Playing, ShowTime, Snapshot, Solo, Source, Strip, StripId, TalkTo, Tally,
};

/// A strip without a seat, as pages see it: those of cities and co-hosts stand with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StripView {
    /// Whose.
    pub id: StripId,
    /// Name for people; empty for the tone of the bars.
    pub name: String,
    /// How it is set.
    pub strip: Strip,
    /// Whether what it belongs to is seen.
    pub tally: Tally,
}

/// Music that plays, as pages see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayingView {
    /// Which one.
    pub media: MediaId,
    /// When it began, or began anew.
    pub since: ShowTime,
    /// When it will be over; none if it begins anew at its end, or nobody knows how long it is.
    #[schema(required = true)]
    pub ends: Option<ShowTime>,
    /// Whether it begins anew at its end.
    pub loops: bool,
    /// Whether it fades out.
    pub fades: bool,
}

/// What an operator listens to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SoloView {
    /// Who.
    pub operator: Name,
    /// To what.
    pub solo: Solo,
}

/// Who speaks to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TalkView {
    /// Who speaks.
    pub operator: Name,
    /// To whom. Cities and co-hosts are told of themselves only.
    pub to: BTreeSet<TalkTo>,
    /// Whether their microphone is open: only then they are heard.
    pub open: bool,
}

/// The strips without a seat: what the picture brings, the music that plays, the microphones that are open, and what else has
/// settings of its own.
pub(super) fn strips(state: &Snapshot) -> Vec<StripView> {
    let mut strips = state.strips_there();
    strips.retain(|(strip, _)| !matches!(strip, StripId::City(_) | StripId::Cohost(_)));
    for (strip, settings) in &state.strips {
        if strips.iter().all(|(known, _)| known != strip) {
            strips.push((strip.clone(), *settings));
        }
    }
    let tally = |strip: &StripId| match strip {
        StripId::Clip(clip) => state.tally(&Source::Clip(clip.clone())),
        StripId::Bars => state.tally(&Source::Bars),
        _ => Tally::Off,
    };
    let view = |(id, strip)| StripView { name: name(state, &id), tally: tally(&id), id, strip };
    strips.into_iter().map(view).collect()
}

/// What is heard on program.
pub(super) fn heard(state: &Snapshot) -> Vec<StripId> {
    let plan = state.desk();
    plan.mix(&Mix::Program).map(|plan| plan.sends.iter().map(|send| send.strip.clone()).collect()).unwrap_or_default()
}

/// What operators listen to instead of program.
pub(super) fn solos(state: &Snapshot) -> Vec<SoloView> {
    let solo = |(operator, solo): (&Name, &Solo)| SoloView { operator: operator.clone(), solo: solo.clone() };
    state.solos.iter().map(solo).collect()
}

/// The music that plays.
pub(super) fn music(state: &Snapshot, now: ShowTime) -> Vec<PlayingView> {
    state.playing.iter().map(|piece| playing(piece, now)).collect()
}

fn playing(piece: &Playing, now: ShowTime) -> PlayingView {
    let Playing { media, since, loops, fades_until, .. } = piece.clone().this_round(now);
    PlayingView { media, since, ends: piece.ends(), loops, fades: fades_until.is_some() }
}

fn name(state: &Snapshot, strip: &StripId) -> String {
    let item = |item: Option<&MediaItem>, id: &MediaId| item.map_or_else(|| id.to_string(), |item| item.name.clone());
    match strip {
        StripId::City(city) => city.to_string(),
        StripId::Cohost(cohost) => cohost.to_string(),
        StripId::Clip(clip) => item(state.media.clip(clip), clip),
        StripId::Music(music) => item(state.media.music(music), music),
        StripId::Talkback(name) => name.to_string(),
        StripId::Bars => String::new(),
    }
}

/// Who speaks to whom.
pub(super) fn talks(state: &Snapshot) -> Vec<TalkView> {
    let view = |(operator, to): (&Name, &BTreeSet<TalkTo>)| TalkView {
        operator: operator.clone(),
        to: to.clone(),
        open: state.talkback.contains(operator),
    };
    state.talks.iter().map(view).collect()
}

/// Of those, who speaks to this city or co-host.
pub(super) fn talks_to(talks: &[TalkView], actor: &Actor) -> Vec<TalkView> {
    let own = match actor {
        Actor::City(city) => TalkTo::City(city.clone()),
        Actor::Cohost(cohost) => TalkTo::Cohost(cohost.clone()),
        _ => return Vec::new(),
    };
    let told = |talk: &&TalkView| talk.open && talk.to.iter().any(|to| to.includes(actor));
    talks.iter().filter(told).map(|talk| TalkView { to: [own.clone()].into(), ..talk.clone() }).collect()
}
