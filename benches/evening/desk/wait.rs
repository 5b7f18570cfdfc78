//! How long sound is on the desk: from the moment at which a frame enters a strip's ring to that at which the block it is in
//! goes into the encoders of program and of a mix-minus. The running engine, in real time, with a source that sends packets of 20 ms
//! as a decoder hands them on: with the instant of their arrival, and at once.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use regia::audio::Block;
use regia::gst::{EventClock, probe};
use regia::media::sound::{Config, Engine, Output, StripInput};
use regia::rtp::{Channel, SessionNumber};
use regia::show::{ChannelId, DeskPlan, Fader, Mix, MixPlan, Send, StripId};

use super::PART;
use crate::figure::{Figure, Measured, Table, quantile};

/// What a call's jitter buffer and decoding are waited for, as the settings have it.
const CALL: Duration = Duration::from_millis(60);

/// Frames of a packet of 20 ms.
const PACKET: u32 = 960;
const PACKET_LENGTH: Duration = Duration::from_millis(20);

/// Packets from one click to the next: longer than any sound is on the desk.
const APART: u32 = 12;

/// Clicks of each source. No two are at one place of a packet.
const CLICKS: u32 = 64;

/// A click's sample, and what is surely one.
const CLICK: f32 = 0.5;
const HEARD: f32 = 0.1;

pub fn measure(table: &mut Table) {
    probe::init().expect("GStreamer starts");
    let clock = EventClock::start();
    let output = Output { channel: Channel::new(ChannelId::Program), session: SessionNumber::next() };
    let config = Config::default();
    let alignment = config.alignment;
    let engine = Engine::start(&config, clock.clone(), output).expect("the desk starts");
    let sources = [("a call", "cohost:anna", CALL), ("a city", "city:roma", alignment)];
    let strips = sources.map(|(_, strip, _)| strip.parse::<StripId>().expect("a strip"));
    let inputs = [0, 1].map(|n| engine.add(&strips[n], sources[n].2).expect("there is room"));
    let others = Mix::Return("milano".parse().expect("a city"));
    let mixes = [Mix::Program, others].map(|mix| {
        let sends = strips.iter().map(|strip| Send { strip: strip.clone(), fader: Fader::UNITY }).collect();
        MixPlan { mix, sends, fader: Fader::UNITY, ducks: false }
    });
    let heard = mixes.each_ref().map(|plan| {
        let (left_tx, left) = mpsc::channel();
        let take = move |_: Duration, block: &Block| {
            if block.as_flattened().iter().any(|sample| sample.abs() > HEARD) {
                // The channel has no bound, and whoever listens lives longer.
                let _ = left_tx.send(Instant::now());
            }
        };
        (engine.tap(&plan.mix, take).expect("there is room"), left)
    });
    engine.set_desk(&DeskPlan { mixes: mixes.to_vec(), ..DeskPlan::default() }, Duration::ZERO, Duration::ZERO);
    for (input, (who, _, early)) in inputs.iter().zip(sources) {
        let entered = click(input, &clock);
        for (way, (_, left)) in ["program, aligned", "a mix-minus, prompt"].iter().zip(&heard) {
            let left: Vec<Instant> = left.try_iter().collect();
            let waits = waits(&entered, &left);
            let name =
                format!("desk, from a strip's ring into the encoder: {who} ({} ms early) to {way}", early.as_millis());
            for (share, told) in [(0.5, "p50"), (0.99, "p99")] {
                let wait = Measured::Millis(quantile(&waits, share));
                table.add(Figure::new(PART, format!("{name}, {told}"), wait));
            }
        }
    }
}

/// Sends silence with clicks in it, and as much silence before and after them, since a strip fades in; when each click entered.
fn click(input: &StripInput, clock: &EventClock) -> Vec<Instant> {
    let begin = clock.now() + PACKET_LENGTH;
    let mut entered = Vec::new();
    for packet in 0..APART * (CLICKS + 2) {
        let at = begin + PACKET_LENGTH * packet;
        std::thread::sleep(at.saturating_sub(clock.now()));
        let mut samples = vec![0.0; 2 * PACKET as usize];
        if packet % APART == 0 && (1..=CLICKS).contains(&(packet / APART)) {
            // All places of a packet are met, one after the other.
            let frame = (packet / APART - 1) * PACKET / CLICKS;
            samples[2 * frame as usize..][..2].fill(CLICK);
            entered.push(Instant::now());
        }
        input.push(at, &samples);
    }
    entered
}

/// Milliseconds from each click to its first block. A click at an edge is in two.
fn waits(entered: &[Instant], left: &[Instant]) -> Vec<f64> {
    let after = |at: &Instant| left.iter().find(|left| *left > at).map(|left| left.duration_since(*at));
    let waits: Vec<_> = entered.iter().filter_map(after).map(|wait| wait.as_secs_f64() * 1000.0).collect();
    assert!(waits.len() == entered.len() && left.len() >= entered.len(), "{} clicks of {}", left.len(), entered.len());
    waits
}
