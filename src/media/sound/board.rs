//! What the show wants of the desk, carried out on it: only what differs from what was told before is told.
//!
//! The show names strips and mixes, the desk counts them. Names that are not plugged yet are heard as soon as they are.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::SHORTEST_RAMP;
use crate::audio::{
    self, Block, BusIndex, BusSettings, Crosspoint, Desk, Input, SILENCE, StripIndex, Tap, Timing, Width, frames,
    instant, position,
};
use crate::show::{self, DeskPlan, DuckRole, Fader, Mix, MixPlan, StripId, StripPlan};

/// Buses: program and radio, one for each city and co-host, and one for each operator who listens.
pub(super) const BUSES: usize = 96;

/// The desk and what it was told.
#[derive(Debug)]
pub(super) struct Board {
    desk: Desk,
    strips: BTreeMap<StripId, Slot>,
    buses: BTreeMap<Mix, Bus>,
    plan: DeskPlan,
    ramp: Duration,
    at: u64,
    /// Program is faded to black.
    is_black: bool,
    /// Where the block that comes next begins.
    next: u64,
}

/// A source's place on the desk.
#[derive(Debug)]
struct Slot {
    index: StripIndex,
    processing: audio::Processing,
}

/// A mix's bus, and what it was told.
#[derive(Debug)]
struct Bus {
    index: BusIndex,
    settings: Option<BusSettings>,
    /// What is open, or will be when its time has come.
    open: HashMap<StripIndex, Way>,
    master: f32,
    /// Position of the newest change: an older one that was carried out after a newer one would undo it.
    newest: u64,
}

/// Where a crosspoint goes, and when it will be there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Way {
    gain: f32,
    done: u64,
}

impl Board {
    /// A desk on which nothing is plugged and heard. Program and radio are there from the start.
    pub(super) fn new(strips: usize, alignment: Duration) -> Self {
        let mut board = Self {
            desk: Desk::new(strips, BUSES, alignment),
            strips: BTreeMap::new(),
            buses: BTreeMap::new(),
            plan: DeskPlan::default(),
            ramp: SHORTEST_RAMP,
            at: 0,
            is_black: false,
            next: 0,
        };
        for mix in [Mix::Program, Mix::Radio] {
            board.tell(&MixPlan { mix, sends: Vec::new(), fader: Fader::UNITY, ducks: false });
        }
        board
    }

    /// Puts a source into a place of the desk. Who was there before is gone.
    pub(super) fn plug(&mut self, index: StripIndex, source: &StripId, input: Input) {
        self.forget(index);
        self.desk.plug(index, input);
        let processing = audio::Processing::default();
        self.strips.insert(source.clone(), Slot { index, processing });
        self.process();
        self.route();
    }

    /// Takes the source out of a place of the desk: it fades out.
    pub(super) fn unplug(&mut self, index: StripIndex) {
        self.forget(index);
        self.desk.unplug(index, SHORTEST_RAMP);
    }

    fn forget(&mut self, index: StripIndex) {
        self.strips.retain(|_, slot| slot.index != index);
        for bus in self.buses.values_mut() {
            bus.open.remove(&index);
        }
    }

    /// From event time `at` on the desk is like this.
    pub(super) fn set(&mut self, plan: DeskPlan, ramp: Duration, at: Duration) {
        (self.plan, self.ramp, self.at) = (plan, ramp.max(SHORTEST_RAMP), position(at));
        self.process();
        self.route();
    }

    /// From event time `at` on program goes to silence within `length`, or comes back.
    pub(super) fn fade(&mut self, to_silence: bool, length: Duration, at: Duration) {
        self.is_black = to_silence;
        let master = self.master(&Mix::Program);
        if let Some(bus) = self.buses.get_mut(&Mix::Program) {
            bus.master = master;
            self.desk.fade(bus.index, master, position(at), length.max(SHORTEST_RAMP));
        }
    }

    /// Loudness is measured from now on.
    pub(super) fn reset_loudness(&mut self) {
        for bus in self.buses.values() {
            self.desk.reset_loudness(bus.index);
        }
    }

    /// Mixes the block that begins at this position.
    pub(super) fn mix(&mut self, position: u64) {
        self.desk.mix(position);
        self.next = position + audio::BLOCK as u64;
    }

    /// What was heard in a mix in the newest block.
    pub(super) fn block(&self, mix: &Mix) -> &Block {
        self.buses.get(mix).map_or(&SILENCE, |bus| self.desk.bus(bus.index))
    }

    /// What sounded in a place of the desk in the newest block, before its fader.
    pub(super) fn strip(&self, index: StripIndex) -> &Block {
        self.desk.strip(index)
    }

    /// Whether a place of the desk is heard in a mix, or will be when its time has come.
    pub(super) fn is_open(&self, mix: &Mix, index: StripIndex) -> bool {
        self.buses.get(mix).and_then(|bus| bus.open.get(&index)).is_some_and(|way| way.gain > 0.0)
    }

    /// Until when a place of the desk is heard somewhere; `None` for ever.
    pub(super) fn heard_until(&self, index: StripIndex) -> Option<u64> {
        let is_open = self.buses.values().any(|bus| bus.open.get(&index).is_some_and(|way| way.gain > 0.0));
        let newest = self.buses.values().map(|bus| bus.newest).max().unwrap_or_default();
        (!is_open).then(|| newest.max(self.next) + u64::from(frames(self.ramp)) + audio::BLOCK as u64)
    }

    /// All strips that are plugged, in the order of their names.
    pub(super) fn strips(&self) -> impl Iterator<Item = (&StripId, StripIndex)> {
        self.strips.iter().map(|(source, slot)| (source, slot.index))
    }

    /// All mixes that are or were asked for, in their order.
    pub(super) fn mixes(&self) -> impl Iterator<Item = (&Mix, BusIndex)> {
        self.buses.iter().map(|(mix, bus)| (mix, bus.index))
    }

    /// Of each mix whether something should be heard, in their order.
    pub(super) fn open(&self) -> impl Iterator<Item = bool> {
        self.buses.values().map(|bus| bus.master > 0.0 && bus.open.values().any(|way| way.gain > 0.0))
    }

    /// The desk itself, to read its meters.
    pub(super) fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    fn process(&mut self) {
        for (source, slot) in &mut self.strips {
            let plan = self.plan.strips.iter().find(|plan| plan.strip == *source);
            let processing = plan.map(processing).unwrap_or_default();
            if slot.processing != processing {
                self.desk.process(slot.index, &processing);
                slot.processing = processing;
            }
        }
    }

    fn route(&mut self) {
        let plans = std::mem::take(&mut self.plan.mixes);
        for plan in &plans {
            self.tell(plan);
        }
        let unnamed = self.buses.keys().filter(|mix| !plans.iter().any(|plan| plan.mix == **mix));
        for mix in unnamed.cloned().collect::<Vec<_>>() {
            self.tell(&MixPlan { mix, sends: Vec::new(), fader: Fader::UNITY, ducks: false });
        }
        self.plan.mixes = plans;
    }

    fn tell(&mut self, plan: &MixPlan) {
        let master = self.master_of(&plan.mix, plan.fader);
        let settings = settings(&plan.mix, plan.ducks, self.plan.ducking.as_ref());
        if !self.has_bus(&plan.mix) {
            tracing::error!(mix = %plan.mix, "the desk's buses are taken: this mix is silent");
        }
        let Some(bus) = self.buses.get_mut(&plan.mix) else { return };
        if bus.settings != Some(settings) {
            self.desk.set_bus(bus.index, settings);
            bus.settings = Some(settings);
        }
        let at = bus.newest.max(self.at).max(self.next);
        if bus.master != master {
            bus.master = master;
            self.desk.fade(bus.index, master, at, self.ramp);
        }
        let ramps = |source: &StripId| {
            let plan = self.plan.strips.iter().find(|plan| plan.strip == *source);
            plan.and_then(|plan| plan.ramps).unwrap_or((self.ramp, self.ramp))
        };
        let (mut crosspoints, mut open) = (Vec::new(), HashMap::new());
        for send in &plan.sends {
            // An N-1 does not have its own strip, whoever asks.
            let Some(slot) = self.strips.get(&send.strip).filter(|_| plan.mix.own().as_ref() != Some(&send.strip))
            else {
                continue;
            };
            let (gain, known) = (send.fader.gain(), bus.open.get(&slot.index));
            let ramp = match known {
                // What is on its way goes on as it does.
                Some(way) if way.gain == gain => instant(way.done.saturating_sub(at)),
                Some(way) if way.gain > 0.0 => self.ramp,
                _ => ramps(&send.strip).0.max(SHORTEST_RAMP),
            };
            crosspoints.push(Crosspoint { strip: slot.index, gain, tap: Tap::Post, ramp });
            open.insert(slot.index, Way { gain, done: at + u64::from(frames(ramp)) });
        }
        let is_same = open.len() == bus.open.len()
            && open.iter().all(|(strip, way)| bus.open.get(strip).is_some_and(|was| was.gain == way.gain));
        if is_same {
            return;
        }
        for (source, slot) in &self.strips {
            if bus.open.contains_key(&slot.index) && !open.contains_key(&slot.index) {
                let ramp = ramps(source).1.max(SHORTEST_RAMP);
                crosspoints.push(Crosspoint { strip: slot.index, gain: 0.0, tap: Tap::Post, ramp });
            }
        }
        (bus.open, bus.newest) = (open, at);
        self.desk.route(bus.index, audio::Mix { crosspoints, closing: self.ramp }, at);
    }

    fn master(&self, mix: &Mix) -> f32 {
        self.master_of(mix, self.plan.mix(mix).map_or(Fader::UNITY, |plan| plan.fader))
    }

    fn master_of(&self, mix: &Mix, fader: Fader) -> f32 {
        if self.is_black && *mix == Mix::Program { 0.0 } else { fader.gain() }
    }

    /// Whether a mix has a bus. It gets one if there is one that nobody needs.
    fn has_bus(&mut self, mix: &Mix) -> bool {
        if self.buses.contains_key(mix) {
            return true;
        }
        let Some(index) = self.free_bus() else { return false };
        let bus = Bus { index, settings: None, open: HashMap::new(), master: 1.0, newest: 0 };
        self.buses.insert(mix.clone(), bus);
        true
    }

    fn free_bus(&mut self) -> Option<BusIndex> {
        let taken = |index: BusIndex| self.buses.values().any(|bus| bus.index == index);
        if let Some(free) = (0..BUSES).map(BusIndex).find(|index| !taken(*index)) {
            return Some(free);
        }
        let is_idle = |mix: &Mix, bus: &Bus| !matches!(mix, Mix::Program | Mix::Radio) && bus.open.is_empty();
        let idle = self.buses.iter().find(|(mix, bus)| is_idle(mix, bus)).map(|(mix, _)| mix.clone())?;
        let bus = self.buses.remove(&idle)?;
        self.desk.clear_bus(bus.index);
        Some(bus.index)
    }
}

/// Who talks with others hears them at once, and who sees pictures hears in step with them.
fn settings(mix: &Mix, ducks: bool, ducking: Option<&show::Ducking>) -> BusSettings {
    let is_public = matches!(mix, Mix::Program | Mix::Radio);
    let ducking = ducking.filter(|_| ducks).map(|ducking| audio::Ducking {
        threshold_db: ducking.threshold_db.into(),
        depth_db: ducking.depth_db.into(),
        hold: ducking.hold,
        ..audio::Ducking::default()
    });
    let timing = if is_public { Timing::Aligned } else { Timing::Prompt };
    BusSettings { timing, limiter: true, ducking, loudness: is_public }
}

fn processing(plan: &StripPlan) -> audio::Processing {
    let wanted = &plan.processing;
    let ms = |ms: u16| Duration::from_millis(ms.into());
    audio::Processing {
        input_gain_db: wanted.gain_db.into(),
        width: if wanted.mono { Width::Mono } else { Width::Stereo },
        high_pass_hz: wanted.high_pass_hz.map(f32::from),
        gate: wanted.gate.map(|gate| audio::Gate {
            threshold_db: gate.threshold_db.into(),
            range_db: gate.range_db.into(),
            attack: ms(gate.attack_ms),
            hold: ms(gate.hold_ms),
            release: ms(gate.release_ms),
            ..audio::Gate::default()
        }),
        compressor: wanted.compressor.map(|compressor| audio::Compressor {
            threshold_db: compressor.threshold_db.into(),
            ratio: f32::from(compressor.ratio_tenths) / 10.0,
            attack: ms(compressor.attack_ms),
            release: ms(compressor.release_ms),
            make_up_db: compressor.make_up_db.into(),
            ..audio::Compressor::default()
        }),
        pan: f32::from(wanted.pan) / 100.0,
        // What is muted has no send: what is heard follows from the show alone.
        is_muted: false,
        delay: ms(wanted.delay_ms),
        role: match plan.ducking {
            DuckRole::None => audio::Role::Plain,
            DuckRole::Key => audio::Role::Key,
            DuckRole::Ducked => audio::Role::Ducked,
        },
    }
}
