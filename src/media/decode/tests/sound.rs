//! Sound that is lost, late, left out or odd: what is heard then.

use gstreamer::prelude::*;

use super::*;

/// Samples of a packet.
const PACKET: usize = 960;

/// How a voice is sent at a low bitrate: packets tell of those before them.
const VOICE: &str =
    "bitrate=32000 audio-type=voice bandwidth=wideband frame-size=20 inband-fec=true packet-loss-percentage=25";

/// Encodes one channel of sound, 20 ms a packet.
fn encode(properties: &str, session: SessionNumber, begin: Duration, samples: &[f32]) -> Vec<Packet> {
    gst::init().unwrap();
    let text = format!(
        "appsrc name=in format=time caps=audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved \
         ! opusenc {properties} ! appsink name=out sync=false"
    );
    let pipeline = gst::parse::launch(&text).unwrap().downcast::<gst::Pipeline>().unwrap();
    let (input, output): (AppSrc, AppSink) =
        (pipeline.by_name("in").unwrap().downcast().unwrap(), pipeline.by_name("out").unwrap().downcast().unwrap());
    pipeline.set_state(gst::State::Playing).unwrap();
    let step = MS * 20;
    let packets = (0u32..).zip(samples.chunks_exact(PACKET)).map(|(n, block)| {
        let bytes: Vec<u8> = block.iter().flat_map(|sample| ((sample * 32_000.0) as i16).to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let times = buffer.get_mut().unwrap();
        times.set_pts(gst::ClockTime::try_from(step * n).ok());
        times.set_duration(gst::ClockTime::try_from(step).ok());
        input.push_buffer(buffer).unwrap();
        let encoded = output.try_pull_sample(gst::ClockTime::from_seconds(5)).expect("each block is answered");
        let payload = encoded.buffer().unwrap().map_readable().unwrap().to_vec();
        Packet {
            origin: Origin::Live(session),
            kind: Kind::Audio,
            sequence: 70_000 + u64::from(n),
            timestamp: n * 960,
            running_time: begin + step * n,
            marker: false,
            keyframe: true,
            payload: payload.into(),
        }
    });
    let packets = packets.collect();
    pipeline.set_state(gst::State::Null).unwrap();
    packets
}

/// A voice that changes its pitch all the time: what was said before does not tell what is said next.
fn voice(packets: usize) -> Vec<f32> {
    let mut phase = 0.0f32;
    (0..packets * PACKET)
        .map(|n| {
            // A new pitch every 20 ms, from 110 to 230 Hz.
            let pitch = 110.0 + ((n / PACKET * 7919) % 13) as f32 * 10.0;
            phase = (phase + pitch / 48_000.0).fract();
            let harmonics = (1..=12).map(|k| (std::f32::consts::TAU * phase * k as f32).sin() / k as f32);
            0.2 * harmonics.sum::<f32>()
        })
        .collect()
}

/// A tone that fits no packet.
fn hum(packets: usize) -> Vec<f32> {
    (0..packets * PACKET).map(|n| 0.3 * (n as f32 * 331.0 * std::f32::consts::TAU / 48_000.0).sin()).collect()
}

impl Rig {
    fn of_a_call() -> Self {
        Self::start_as(decoder::software(), "anna".parse::<CohostId>().unwrap().into())
    }

    /// As what offers no picture.
    fn speak(&self, packets: impl IntoIterator<Item = Packet>) {
        for packet in packets {
            self.channel.publish_alone(packet, self.clock.now());
        }
    }

    /// Waits for the block that begins then, and gives the left side of all that was decoded by then, at its place from
    /// `begin` on. What was never decoded is no number.
    fn heard_until(&self, begin: Duration, last: Duration) -> Vec<f32> {
        let is_there = |pcm: &Pcm| pcm.iter().any(|(time, samples)| *time + MS >= last && !samples.is_empty());
        wait_for("the last block", || is_there(&self.pcm.lock().unwrap()));
        let mut heard = Vec::new();
        for (time, samples) in self.pcm.lock().unwrap().iter() {
            let place = (time.saturating_sub(begin).as_secs_f64() * 48_000.0).round() as usize;
            let end = place + samples.len() / 2;
            heard.resize(heard.len().max(end), f32::NAN);
            for (n, pair) in samples.chunks(2).enumerate() {
                heard[place + n] = pair[0];
            }
        }
        heard
    }
}

/// The largest step from one sample to the next.
fn step(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

fn energy(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum()
}

/// How far what is heard in some packets' places is from what would have been heard without a loss, as a share of that.
fn error_in(heard: &[f32], whole: &[f32], packets: impl Iterator<Item = usize>) -> f32 {
    let (mut wrong, mut right) = (0.0, 0.0);
    for packet in packets {
        let place = packet * PACKET..(packet + 1) * PACKET;
        let difference: Vec<f32> = heard[place.clone()].iter().zip(&whole[place.clone()]).map(|(a, b)| a - b).collect();
        wrong += energy(&difference);
        right += energy(&whole[place]);
    }
    wrong / right
}

#[test]
fn a_lost_packet_of_a_call_is_rebuilt_from_what_the_next_one_says_of_it() {
    const LOST: std::ops::Range<usize> = 20..90;
    let is_lost = |packet: usize| LOST.contains(&packet) && packet % 10 == 5;
    let heard = |rig: &Rig, loses: bool| {
        let packets = encode(VOICE, SessionNumber::next(), at(0), &voice(100));
        let last = packets[97].running_time;
        rig.speak(packets.into_iter().enumerate().filter(|(n, _)| !(loses && is_lost(*n))).map(|(_, packet)| packet));
        rig.heard_until(at(0), last)
    };
    let call = heard(&Rig::of_a_call(), true);
    let guessed = heard(&Rig::start("bari-20"), true);
    let whole = heard(&Rig::of_a_call(), false);
    let lost = || (0..100).filter(|packet| is_lost(*packet));
    let (rebuilt, guessed) = (error_in(&call, &whole, lost()), error_in(&guessed, &whole, lost()));
    println!("rebuilt {rebuilt:.3}, guessed {guessed:.3} of the energy is wrong");
    assert!(rebuilt < 0.5 * guessed, "rebuilt {rebuilt}, guessed {guessed}");
}

#[test]
fn a_burst_of_300_ms_of_lost_packets_is_concealed_without_a_click() {
    for (properties, sound) in [("bitrate=96000 frame-size=20", hum(60)), (VOICE, voice(60))] {
        for rig in [Rig::of_a_call(), Rig::start("bari-21")] {
            let session = SessionNumber::next();
            let packets = encode(properties, session, at(0), &sound);
            let last = packets[55].running_time;
            rig.speak(packets.into_iter().enumerate().filter(|(n, _)| !(20..35).contains(n)).map(|(_, packet)| packet));
            let heard = rig.heard_until(at(0), last);
            let around = &heard[18 * PACKET..38 * PACKET];
            assert!(around.iter().all(|sample| sample.is_finite()), "there is sound in every place of the hole");
            let (usual, most) = (step(&heard[5 * PACKET..18 * PACKET]), step(around));
            println!("steps: {most:.3} around the hole, {usual:.3} before it");
            assert!(most <= 1.5 * usual, "a step of {most} where {usual} is usual");
            let (before, first) = (energy(&heard[19 * PACKET..20 * PACKET]), energy(&heard[20 * PACKET..21 * PACKET]));
            assert!(first > before / 4.0, "it goes on where it was: {first} after {before}");
        }
    }
}

#[test]
fn sound_that_does_not_come_is_made_up_while_it_can_be_heard_and_then_no_more() {
    let rig = Rig::of_a_call();
    rig.decoder.conceal_after(MS * 24);
    let session = SessionNumber::next();
    let begin = rig.clock.now();
    let packets = encode("bitrate=96000 frame-size=20", session, begin, &hum(60));
    rig.speak(packets[..10].iter().cloned());
    let hole = begin + MS * 200;
    let heard = rig.heard_until(begin, hole + MS * 280);
    assert!(heard[..24 * PACKET].iter().all(|sample| sample.is_finite()), "all of it is there, with nothing after it");
    assert!(step(&heard[8 * PACKET..]) <= 1.5 * step(&heard[3 * PACKET..8 * PACKET]), "without a click");
    let made_up = rig.pcm.lock().unwrap().len();

    // What was made up for is not heard again when it comes after all; what follows is in its place.
    rig.speak(packets[10..15].iter().cloned());
    let later = packets[40..].iter().cloned();
    rig.speak(later);
    let heard = rig.heard_until(begin, packets[57].running_time);
    let pcm = rig.pcm.lock().unwrap();
    let again = pcm[made_up..].iter().filter(|(time, _)| *time < hole + MS * 280).count();
    assert_eq!(again, 0, "what came too late");
    let silent = heard[27 * PACKET..39 * PACKET].iter().filter(|sample| sample.is_nan()).count();
    assert!(silent >= 11 * PACKET, "nothing is made up for ever: {silent}");
    assert!(heard[42 * PACKET..57 * PACKET].iter().all(|sample| sample.is_finite()));
    assert!(energy(&heard[45 * PACKET..50 * PACKET]) > 0.5 * energy(&heard[3 * PACKET..8 * PACKET]));
}

#[test]
fn who_sends_nothing_for_silence_is_heard_from_the_first_syllable_on() {
    // Some words, three seconds of silence, and some more: no more packets than may wait for the decoder.
    let mut sound = voice(40);
    sound.extend(vec![0.0; 150 * PACKET]);
    sound.extend(voice(40));
    let rig = Rig::of_a_call();
    rig.decoder.conceal_after(MS * 24);
    let packets = encode(&format!("{VOICE} dtx=true"), SessionNumber::next(), at(0), &sound);
    let (first, second) = (packets[0].running_time, packets[190].running_time);
    // What is left out of RTP by whoever has nothing to say (RFC 7587 §3.1.3) has no number either.
    let mut sent: Vec<Packet> = packets.into_iter().filter(|packet| packet.payload.len() > 2).collect();
    (70_000u64..).zip(&mut sent).for_each(|(sequence, packet)| packet.sequence = sequence);
    let pause = sent.iter().filter(|packet| packet.running_time > at(1500) && packet.running_time < at(3700)).count();
    assert!(pause < 20, "{pause} packets of silence in 2.2 s");
    let last = sent[sent.len() - 3].running_time;
    rig.speak(sent);
    let heard = rig.heard_until(first, last);
    let known =
        |samples: &[f32]| samples.iter().map(|sample| if sample.is_nan() { 0.0 } else { *sample }).collect::<Vec<_>>();
    let (spoken, silent) = (known(&heard[5 * PACKET..35 * PACKET]), known(&heard[75 * PACKET..185 * PACKET]));
    assert!(energy(&silent) < 0.001 * energy(&spoken), "silence is silent");
    let place = ((second - first).as_secs_f64() * 48_000.0) as usize;
    let again = known(&heard[place..place + 5 * PACKET]);
    assert!(energy(&again) > 0.02 * energy(&spoken), "the first syllable is heard in its place");
    let whole = known(&heard);
    assert!(step(&whole) <= 1.5 * step(&spoken), "a step of {} where {} is usual", step(&whole), step(&spoken));
}
