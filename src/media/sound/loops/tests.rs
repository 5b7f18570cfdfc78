use std::collections::VecDeque;
use std::time::Duration;

use super::*;
use crate::audio::{BLOCK, Block, Input, instant};
use crate::show::{DeskPlan, Fader, MixPlan, Send};

/// How many blocks later a place sends back what it hears: 350 ms.
const LATE: usize = 35;

/// A desk with two cities and a co-host, whose sounds are made block by block; nothing happens but when it is asked for.
struct House {
    board: Board,
    ears: Ears,
    search: Search,
    loops: watch::Receiver<Loops>,
    inputs: Vec<Input>,
    block: u64,
    chance: u32,
}

fn strips() -> [StripId; 3] {
    ["city:roma", "city:milano", "cohost:anna"].map(|strip| strip.parse().unwrap())
}

impl House {
    /// These are heard by all others, and on program.
    fn new(heard: &[&str]) -> Self {
        let mut board = Board::new(8, Duration::from_millis(100));
        let (mut ears, search, loops) = ends();
        let mut inputs = Vec::new();
        for (place, strip) in (1..).map(StripIndex).zip(strips()) {
            let input = Input::new(Duration::from_millis(50));
            board.plug(place, &strip, input.clone());
            ears.plug(place, &strip);
            inputs.push(input);
        }
        let mixes =
            [Mix::Program].into_iter().chain(strips().into_iter().filter_map(|strip| sent_to(&strip))).map(|mix| {
                let own = mix.own();
                let sends = heard.iter().map(|strip| strip.parse::<StripId>().unwrap());
                let sends = sends.filter(|strip| own.as_ref() != Some(strip));
                MixPlan {
                    sends: sends.map(|strip| Send { strip, fader: Fader::UNITY }).collect(),
                    mix,
                    fader: Fader::UNITY,
                    ducks: false,
                }
            });
        board.set(DeskPlan { mixes: mixes.collect(), ..DeskPlan::default() }, Duration::ZERO, Duration::ZERO);
        Self { board, ears, search, loops, inputs, block: 0, chance: 1 }
    }

    /// Something that is said: hisses of different length and loudness, each other than all others.
    fn said(&mut self, of: u64) -> Block {
        let (word, at) = (self.block / 61, self.block % 61);
        let loud =
            if at < 15 + (word * (of + 3) * 7) % 23 { 0.02 + 0.01 * ((word * (of + 5)) % 9) as f32 } else { 0.0 };
        std::array::from_fn(|_| {
            self.chance = self.chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [loud * (self.chance as f32 / u32::MAX as f32 - 0.5) * 4.0; 2]
        })
    }

    /// Mixes a block of what each of them sends.
    fn mix(&mut self, sent: [Block; 3]) {
        let at = self.block * BLOCK as u64;
        for (input, block) in self.inputs.iter().zip(&sent) {
            input.write(instant(at), block.as_flattened());
        }
        self.board.mix(at);
        self.ears.hear(&self.board);
        self.block += 1;
    }

    fn search(&mut self) {
        while let Ok(batch) = self.search.full_rx.try_recv() {
            self.search.hear(batch);
        }
    }

    fn found(&self) -> Vec<String> {
        self.loops.borrow().iter().map(ToString::to_string).collect()
    }

    /// Roma sends back, ten decibels down, what it heard in this mix; milano speaks, or nobody. Says what was found after so many
    /// seconds.
    fn roma_plays(&mut self, mix: Option<&Mix>, voices: [bool; 2], seconds: u64) -> Vec<String> {
        let mut way = VecDeque::from(vec![crate::audio::SILENCE; LATE]);
        for _ in 0..seconds * 100 {
            way.push_back(mix.map_or(crate::audio::SILENCE, |mix| *self.board.block(mix)));
            let back = way.pop_front().unwrap();
            let (roma, milano) = (self.said(1), self.said(2));
            let own = if voices[0] { 1.0 } else { 0.0 };
            let roma = std::array::from_fn(|n| [0, 1].map(|side| own * roma[n][side] + 0.3 * back[n][side]));
            let milano = if voices[1] { milano } else { crate::audio::SILENCE };
            self.mix([roma, milano, crate::audio::SILENCE]);
            self.search();
        }
        self.found()
    }
}

#[test]
fn a_city_that_plays_its_return_is_found_on_air_or_not_and_nobody_else() {
    let back = Mix::Return("roma".parse().unwrap());
    for heard in [&["city:milano"][..], &["city:milano", "city:roma", "cohost:anna"]] {
        assert_eq!(House::new(heard).roma_plays(Some(&back), [true, true], 12), ["city:roma"]);
    }
}

#[test]
fn a_city_that_plays_program_is_found_whoever_speaks() {
    for voices in [[true, true], [false, true], [true, false]] {
        let mut house = House::new(&["city:milano", "city:roma"]);
        assert_eq!(house.roma_plays(Some(&Mix::Program), voices, 20), ["city:roma"], "{voices:?}");
    }
}

#[test]
fn who_plays_nothing_is_not_found_and_who_turns_it_down_no_more() {
    let mut house = House::new(&["city:milano", "city:roma"]);
    assert!(house.roma_plays(None, [true, true], 12).is_empty());
    assert!(house.roma_plays(None, [true, false], 12).is_empty());
    let back = Mix::Return("roma".parse().unwrap());
    assert_eq!(house.roma_plays(Some(&back), [true, true], 10), ["city:roma"]);
    assert!(house.roma_plays(None, [true, true], 14).is_empty());
}

#[test]
fn who_is_off_the_desk_is_a_loop_no_more() {
    let mut house = House::new(&["city:milano", "city:roma"]);
    let back = Mix::Return("roma".parse().unwrap());
    assert_eq!(house.roma_plays(Some(&back), [true, true], 10), ["city:roma"]);
    house.board.unplug(StripIndex(1));
    house.ears.unplug(StripIndex(1));
    assert!(house.roma_plays(None, [true, true], 1).is_empty());
}

#[test]
fn a_search_that_is_behind_holds_nobody_up_and_begins_again() {
    let mut house = House::new(&["city:milano"]);
    for _ in 0..(BLOCKS * (BATCHES + 3)) {
        let milano = house.said(2);
        house.mix([crate::audio::SILENCE, milano, crate::audio::SILENCE]);
    }
    assert!(house.ears.is_new, "blocks were left out");
    let waiting: Vec<_> = house.search.full_rx.try_iter().collect();
    assert_eq!(waiting.len(), BATCHES);
    assert!(waiting.iter().all(|batch| batch.blocks.len() == BLOCKS * 3 && !batch.is_new));
    waiting.into_iter().for_each(|batch| house.search.hear(batch));
    for _ in 0..BLOCKS {
        house.mix([crate::audio::SILENCE; 3]);
    }
    assert!(house.search.full_rx.try_recv().unwrap().is_new);
}
