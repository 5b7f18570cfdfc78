//! The cut list as OpenTimelineIO: a track of picture and one of sound for each box of split pictures, back to front.
//!
//! Media are named after their source: `roma.*` is every recording of the city `roma`, with time of day as its timecode.
//! Black is a gap. Times of day beyond midnight count on past 24 hours, as a recording that runs on does.

use serde_json::{Value, json};

use super::cuts::city;
use super::{Cut, CutList};
use crate::show::{PictureBox, Source};
use crate::when;

/// The whole document.
pub fn otio(list: &CutList) -> Value {
    let most_boxes = list.cuts.iter().map(|cut| cut.picture.boxes.len()).max().unwrap_or(0);
    let pictures = (0..most_boxes).map(|at| track(list, Kind::Video, at));
    let sounds = (0..most_boxes).map(|at| track(list, Kind::Audio, at));
    let fps = list.format.fps;
    json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": list.title,
        "global_start_time": time(list, 3600 * u64::from(fps)),
        "metadata": {"regia": {
            "source_timecode": "time of day in the zone, at the timeline's rate, when the frame reached the house",
            "time_zone": list.format.time_zone.iana_name().unwrap_or("UTC"),
            "alignment_ms": u64::try_from(list.format.alignment.as_millis()).unwrap_or(u64::MAX),
        }},
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "name": "program",
            "metadata": {},
            "source_range": null,
            "effects": [],
            "markers": [],
            "children": pictures.chain(sounds).collect::<Vec<_>>(),
        },
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Video,
    Audio,
}

/// What a track holds in one place.
enum Item {
    Clip(Value),
    Gap { frames: u64 },
}

fn track(list: &CutList, kind: Kind, at: usize) -> Value {
    let (word, name) = match kind {
        Kind::Video => ("Video", "picture"),
        Kind::Audio => ("Audio", "sound"),
    };
    let mut children: Vec<Value> = Vec::new();
    let mut open_gap: Option<u64> = None;
    for cut in &list.cuts {
        let shown = cut.picture.boxes.get(at).filter(|each| match kind {
            Kind::Video => each.source != Source::Black,
            Kind::Audio => city(&each.source).is_some(),
        });
        let item = match shown {
            Some(each) => Item::Clip(clip(list, cut, each)),
            None => Item::Gap { frames: cut.length },
        };
        // Between two gaps nothing is seen to dissolve.
        let between_gaps = matches!(item, Item::Gap { .. }) && open_gap.is_some();
        if !between_gaps {
            children.extend(open_gap.take().map(|frames| gap(list, frames)));
            if cut.dissolve > 0 {
                children.push(dissolve(list, cut));
            }
        }
        match item {
            Item::Clip(clip) => children.push(clip),
            Item::Gap { frames } => open_gap = Some(open_gap.unwrap_or(0) + frames),
        }
    }
    children.extend(open_gap.map(|frames| gap(list, frames)));
    json!({
        "OTIO_SCHEMA": "Track.1",
        "name": format!("{name} {}", at + 1),
        "kind": word,
        "metadata": {},
        "source_range": null,
        "effects": [],
        "markers": [],
        "children": children,
    })
}

fn clip(list: &CutList, cut: &Cut, PictureBox { source, place, .. }: &PictureBox) -> Value {
    let stem = city(source).map_or_else(|| source.to_string(), |id| id.to_string());
    json!({
        "OTIO_SCHEMA": "Clip.1",
        "name": list.name(source),
        "metadata": {"regia": {
            "source": source.to_string(),
            "place": place,
            "graphics": cut.picture.graphics,
            "as_run": cut.number,
            "wall": when::rfc3339(cut.wall, &list.format.time_zone),
            "actor": cut.actor.to_string(),
            "after_restart": cut.after_restart,
        }},
        "source_range": range(list, cut.source_start, cut.length),
        "effects": [],
        "markers": [],
        "media_reference": {
            "OTIO_SCHEMA": "ExternalReference.1",
            "name": stem,
            "target_url": format!("{stem}.*"),
            // The recording may reach further; so far the list knows of it.
            "available_range": range(list, cut.source_zero, list.length()),
            "available_image_bounds": null,
            "metadata": {},
        },
    })
}

fn gap(list: &CutList, frames: u64) -> Value {
    json!({
        "OTIO_SCHEMA": "Gap.1",
        "name": "",
        "metadata": {},
        "source_range": range(list, 0, frames),
        "effects": [],
        "markers": [],
    })
}

/// The dissolve begins at the cut and eats into what comes: what goes is seen that much longer.
fn dissolve(list: &CutList, cut: &Cut) -> Value {
    json!({
        "OTIO_SCHEMA": "Transition.1",
        "name": "",
        "transition_type": "SMPTE_Dissolve",
        "in_offset": time(list, 0),
        "out_offset": time(list, cut.dissolve),
        "metadata": {},
    })
}

fn time(list: &CutList, frames: u64) -> Value {
    json!({"OTIO_SCHEMA": "RationalTime.1", "rate": f64::from(list.format.fps), "value": frames as f64})
}

fn range(list: &CutList, start: u64, frames: u64) -> Value {
    json!({"OTIO_SCHEMA": "TimeRange.1", "start_time": time(list, start), "duration": time(list, frames)})
}
