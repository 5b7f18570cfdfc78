//! The cut list as an edit decision list, CMX 3600.
//!
//! One track of picture with its sound (`AA/V`: sound follows picture). What the format cannot say stands in comments: the
//! full id of each source, the boxes of split pictures (the event's reel is the largest box), titles. Text is ASCII. The
//! format numbers events up to 999; a longer list counts on, which today's editors read. Black is reel `BL`.

use std::fmt::Write as _;

use super::reel::Reels;
use super::{Cut, CutList, Format};
use crate::show::{PictureBox, Source};
use crate::{ascii, when};

/// Longest title, in characters.
const TITLE_MAX: usize = 70;

/// The whole file, with `\r\n` at the end of each line, as the format has it.
pub fn edl(list: &CutList) -> String {
    let reels = Reels::of(list);
    let title: String = ascii::plain(&list.title).chars().take(TITLE_MAX).collect();
    let mut lines = vec![format!("TITLE: {title}"), "FCM: NON-DROP FRAME".into(), String::new()];
    let mut before: Option<&Cut> = None;
    for (number, cut) in (1..).zip(&list.cuts) {
        event(&mut lines, list, &reels, Edit { number, cut, before });
        before = Some(cut);
    }
    let mut text = String::new();
    for line in lines {
        let _ = write!(text, "{line}\r\n");
    }
    text
}

/// One event of the list.
#[derive(Clone, Copy)]
struct Edit<'a> {
    number: usize,
    cut: &'a Cut,
    before: Option<&'a Cut>,
}

fn event(lines: &mut Vec<String>, list: &CutList, reels: &Reels, Edit { number, cut, before }: Edit<'_>) {
    let source = main_source(cut);
    let format = &list.format;
    let (reel, name) = (reels.name(&source), ascii::plain(&list.name(&source)));
    match before.filter(|_| cut.dissolve > 0) {
        None => {
            let (from, to) = (Side::of(cut, format), format!("{number:03}"));
            lines.push(format!("{to}  {reel:<8} AA/V  C        {from}"));
            lines.push(format!("* FROM CLIP NAME: {name}"));
        }
        Some(before) => {
            let gone = main_source(before);
            // The picture that goes stands with no length at the instant at which it begins to go.
            let leaving = Side { source: (before.source_zero + cut.start, 0), record: (cut.start, 0), format };
            lines.push(format!("{number:03}  {:<8} AA/V  C        {leaving}", reels.name(&gone)));
            lines.push(format!("{number:03}  {reel:<8} AA/V  D    {:03} {}", cut.dissolve, Side::of(cut, format)));
            lines.push(format!("* FROM CLIP NAME: {}", ascii::plain(&list.name(&gone))));
            lines.push(format!("* TO CLIP NAME: {name}"));
        }
    }
    lines.push(format!("* COMMENT: SOURCE {source}"));
    let boxes = &cut.picture.boxes;
    if boxes.len() > 1 {
        for (at, PictureBox { source, place, .. }) in (1..).zip(boxes) {
            let (reel, of) = (reels.name(source), boxes.len());
            let (x, y, width, height) = (place.x, place.y, place.width, place.height);
            lines.push(format!(
                "* COMMENT: SPLIT {at} OF {of} REEL {reel} SOURCE {source} X {x} Y {y} WIDTH {width} HEIGHT {height}"
            ));
        }
    }
    for graphic in &cut.picture.graphics {
        let fields: Vec<_> = graphic.fields.values().map(|value| ascii::plain(value)).collect();
        lines.push(format!("* COMMENT: GRAPHIC {} {}", graphic.template, fields.join(" / ")));
    }
    if cut.after_restart {
        lines.push("* COMMENT: THE SERVER STARTED AGAIN HERE: OF PROGRAM BEFORE, SOME IS MISSING".into());
    }
    let (wall, actor) = (when::rfc3339(cut.wall, &format.time_zone), ascii::plain(&cut.actor.to_string()));
    lines.push(format!("* COMMENT: AS-RUN {} {wall} {actor}", cut.number));
}

/// The largest box, the one at the back of equal ones.
fn main_source(cut: &Cut) -> Source {
    let area = |each: &PictureBox| u32::from(each.place.width) * u32::from(each.place.height);
    let largest = cut.picture.boxes.iter().rev().max_by_key(|each| area(each));
    largest.map_or(Source::Black, |largest| largest.source.clone())
}

/// The four timecodes of an event; each pair is a first frame and a length.
struct Side<'a> {
    source: (u64, u64),
    record: (u64, u64),
    format: &'a Format,
}

impl<'a> Side<'a> {
    fn of(cut: &Cut, format: &'a Format) -> Self {
        Self { source: (cut.source_start, cut.length), record: (cut.start, cut.length), format }
    }
}

impl std::fmt::Display for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = |frame: u64| self.format.timecode(frame);
        let ((source, source_length), (record, record_length)) = (self.source, self.record);
        let record = record + 3600 * u64::from(self.format.fps);
        let (source_out, record_out) = (code(source + source_length), code(record + record_length));
        write!(f, "{} {source_out} {} {record_out}", code(source), code(record))
    }
}
