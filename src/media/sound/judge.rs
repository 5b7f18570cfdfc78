//! Whether something is wrong with what the public hears: silence, clipping, loudness. Pure: readings come with their time.

use std::time::Duration;

use super::meters::{Meters, MixMeter};
use crate::show::{Alarm, Fact, Mix};

/// RMS below which a mix is silent, in dBFS.
const SILENT_DB: f32 = -60.0;

/// True peak above which a mix is overdriven, in dBTP: its limiter lets nothing through that is higher.
const CLIPS_DBTP: f32 = -0.9;

/// So much taken away by the limiter is heard as well.
const SQUASHED_DB: f32 = 6.0;

/// Readings that are overdriven within [`CLIPPING_SPAN`] until it counts.
const CLIPPING_READINGS: usize = 3;
const CLIPPING_SPAN: Duration = Duration::from_secs(10);

/// How long loudness must be off until it counts.
const LOUDNESS_SPAN: Duration = Duration::from_secs(30);

/// What is wanted of a mix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Its loudness, in LUFS.
    pub lufs: f32,
    /// How far off it may be, in LU.
    pub tolerance_lu: f32,
    /// How long it may be silent while something should be heard.
    pub silence: Duration,
}

/// Judges one mix.
#[derive(Debug)]
pub struct Judge {
    mix: Mix,
    quiet_since: Option<Duration>,
    overdriven: Vec<Duration>,
    off_since: Option<Duration>,
    silence: bool,
    clipping: bool,
    loudness: Option<i8>,
}

impl Judge {
    /// A judge who has heard nothing yet.
    pub fn of(mix: Mix) -> Self {
        Self {
            mix,
            quiet_since: None,
            overdriven: Vec::new(),
            off_since: None,
            silence: false,
            clipping: false,
            loudness: None,
        }
    }

    /// Hears a reading; what is wrong from now on, and what is no more.
    pub fn hear(&mut self, meters: &Meters, target: &Target) -> Vec<Fact> {
        let Some(meter) = meters.mix(&self.mix) else { return Vec::new() };
        let mut facts = Vec::new();
        facts.extend(self.hear_silence(meter, meters.at, target));
        facts.extend(self.hear_clipping(meter, meters.at));
        facts.extend(self.hear_loudness(meter, meters.at, target));
        facts
    }

    fn hear_silence(&mut self, meter: &MixMeter, now: Duration, target: &Target) -> Option<Fact> {
        let is_quiet = meter.is_open && meter.levels.rms.iter().all(|rms| *rms < SILENT_DB);
        let lasts = lasts(&mut self.quiet_since, is_quiet, now, target.silence);
        let changes = std::mem::replace(&mut self.silence, lasts) != lasts;
        changes.then(|| told(lasts, Alarm::Silence { mix: self.mix.clone() }))
    }

    fn hear_clipping(&mut self, meter: &MixMeter, now: Duration) -> Option<Fact> {
        self.overdriven.retain(|at| now.saturating_sub(*at) < CLIPPING_SPAN);
        let is_over = meter.levels.true_peak.iter().any(|peak| *peak > CLIPS_DBTP);
        if is_over || meter.reduction.limiter_db > SQUASHED_DB {
            self.overdriven.truncate(CLIPPING_READINGS - 1);
            self.overdriven.insert(0, now);
        }
        // It is over when nothing of it is left within the span.
        let clips = self.overdriven.len() >= CLIPPING_READINGS || (self.clipping && !self.overdriven.is_empty());
        let changes = std::mem::replace(&mut self.clipping, clips) != clips;
        changes.then(|| told(clips, Alarm::Clipping { mix: self.mix.clone() }))
    }

    fn hear_loudness(&mut self, meter: &MixMeter, now: Duration, target: &Target) -> Option<Fact> {
        // Silence is another matter: it breaks nothing here and mends nothing.
        let lufs = meter.loudness.map(|loudness| loudness.short_term_lufs).filter(|lufs| *lufs > SILENT_DB)?;
        let off = Some(lufs).filter(|lufs| (lufs - target.lufs).abs() > target.tolerance_lu);
        let lasts = lasts(&mut self.off_since, off.is_some(), now, LOUDNESS_SPAN);
        match (lasts, self.loudness) {
            (true, None) => {
                #[expect(clippy::cast_possible_truncation, reason = "between -60 and some LUFS")]
                let lufs = off.unwrap_or_default().round() as i8;
                self.loudness = Some(lufs);
                Some(told(true, Alarm::Loudness { mix: self.mix.clone(), lufs }))
            }
            (false, Some(lufs)) if off.is_none() => {
                self.loudness = None;
                Some(told(false, Alarm::Loudness { mix: self.mix.clone(), lufs }))
            }
            _ => None,
        }
    }
}

fn told(is_wrong: bool, alarm: Alarm) -> Fact {
    if is_wrong { Fact::Broken { alarm } } else { Fact::Mended { alarm } }
}

/// Whether something has been so for a span.
fn lasts(since: &mut Option<Duration>, is: bool, now: Duration, span: Duration) -> bool {
    if !is {
        *since = None;
        return false;
    }
    now.saturating_sub(*since.get_or_insert(now)) >= span
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::meters::MeterMap;
    use super::*;
    use crate::audio::{Levels, Loudness};

    const TARGET: Target = Target { lufs: -23.0, tolerance_lu: 5.0, silence: Duration::from_secs(10) };

    /// What is told in so many seconds of a mix that is the same all the time.
    fn hear(judge: &mut Judge, from: u64, seconds: u64, change: impl Fn(&mut MixMeter)) -> Vec<(u64, Fact)> {
        let mut meter = MixMeter {
            levels: Levels { peak: [-12.0; 2], true_peak: [-11.0; 2], rms: [-20.0; 2] },
            loudness: Some(Loudness { short_term_lufs: -23.0, ..Loudness::default() }),
            is_open: true,
            ..MixMeter::default()
        };
        change(&mut meter);
        let map = Arc::new(MeterMap { number: 1, strips: Vec::new(), mixes: vec![Mix::Program] });
        let mut told = Vec::new();
        for n in from * 20..(from + seconds) * 20 {
            let at = Duration::from_millis(n * 50);
            let meters = Meters { at, map: Arc::clone(&map), strips: Vec::new(), mixes: vec![meter] };
            told.extend(judge.hear(&meters, &TARGET).into_iter().map(|fact| (n / 20, fact)));
        }
        told
    }

    #[test]
    fn silence_is_told_after_its_time_and_mended_with_the_first_sound() {
        let mut judge = Judge::of(Mix::Program);
        let alarm = Alarm::Silence { mix: Mix::Program };
        assert!(hear(&mut judge, 0, 20, |_| ()).is_empty());
        let quiet = |meter: &mut MixMeter| meter.levels.rms = [-70.0; 2];
        assert_eq!(hear(&mut judge, 20, 30, quiet), [(30, Fact::Broken { alarm: alarm.clone() })]);
        assert_eq!(hear(&mut judge, 50, 5, |_| ()), [(50, Fact::Mended { alarm })]);
        let closed = |meter: &mut MixMeter| (meter.levels.rms, meter.is_open) = ([-120.0; 2], false);
        assert!(hear(&mut judge, 55, 60, closed).is_empty(), "nothing should be heard");
    }

    #[test]
    fn one_peak_is_none_and_many_are_told_until_they_are_over() {
        let mut judge = Judge::of(Mix::Program);
        let alarm = Alarm::Clipping { mix: Mix::Program };
        let over = |meter: &mut MixMeter| meter.levels.true_peak[1] = -0.2;
        assert_eq!(hear(&mut judge, 0, 1, over), [(0, Fact::Broken { alarm: alarm.clone() })]);
        assert_eq!(hear(&mut judge, 1, 30, |_| ()), [(10, Fact::Mended { alarm })]);
    }

    #[test]
    fn loudness_that_is_off_for_half_a_minute_is_told_with_what_it_is() {
        let mut judge = Judge::of(Mix::Program);
        let loud =
            |meter: &mut MixMeter| meter.loudness = Some(Loudness { short_term_lufs: -12.4, ..Loudness::default() });
        assert!(hear(&mut judge, 0, 29, loud).is_empty());
        assert!(hear(&mut judge, 29, 5, |_| ()).is_empty());
        let alarm = Alarm::Loudness { mix: Mix::Program, lufs: -12 };
        assert_eq!(hear(&mut judge, 34, 40, loud), [(64, Fact::Broken { alarm: alarm.clone() })]);
        assert_eq!(hear(&mut judge, 74, 5, |_| ()), [(74, Fact::Mended { alarm })]);
    }
}
