//! The decoder as its neighbours see it: packets in, frames and PCM out, whatever the packets hold.

use std::sync::Mutex;

use gstreamer as gst;
use gstreamer_app::{AppSink, AppSrc};

use super::access_unit::Assembler;
use super::feed::buffer;
use super::*;
use crate::gst::Pipeline;
use crate::media::testing::*;
use crate::rtp::{Kind, SessionNumber, h264};
use crate::show::{CityId, CohostId};

mod sound;

const MS: Duration = Duration::from_millis(1);

/// PCM with the times of its blocks.
type Pcm = Vec<(Duration, Vec<f32>)>;

struct Rig {
    channel: Arc<Channel>,
    clock: EventClock,
    frames: FrameInput,
    pcm: Arc<Mutex<Pcm>>,
    facts_rx: mpsc::Receiver<Fact>,
    decoder: Decoder,
}

impl Rig {
    fn start(city: &str) -> Self {
        Self::start_with(decoder::software(), city)
    }

    fn start_with(codec: Ladder, city: &str) -> Self {
        Self::start_as(codec, city.parse::<CityId>().unwrap().into())
    }

    fn start_as(codec: Ladder, id: ContributionId) -> Self {
        gst::init().unwrap();
        let clock = EventClock::start();
        let channel = Channel::new(id.channel());
        let frames = FrameInput::new(Duration::ZERO);
        let pcm = Arc::new(Mutex::new(Vec::new()));
        let strip = {
            let pcm = Arc::clone(&pcm);
            move |at: Duration, samples: &[f32]| pcm.lock().unwrap().push((at, samples.to_vec()))
        };
        let (facts_tx, facts_rx) = mpsc::channel(4);
        let (source, clock_too) = (Arc::clone(&channel), clock.clone());
        let decoder = Decoder::start_with(codec, id, source, clock_too, frames.clone(), strip, facts_tx).unwrap();
        Self { channel, clock, frames, pcm, facts_rx, decoder }
    }

    fn publish(&self, packets: impl IntoIterator<Item = Packet>) {
        for packet in packets {
            self.channel.publish(packet, self.clock.now());
        }
    }

    /// Goes on until these flaws are stated, and whatever is stated on the way.
    fn wait_for_flaws(&mut self, what: &str, mut goes_on: impl FnMut(&Self), enough: impl Fn(&[Flaw]) -> bool) {
        wait_for(what, || {
            goes_on(self);
            let said = std::iter::from_fn(|| self.facts_rx.try_recv().ok());
            said.fold(false, |is_said, fact| match fact {
                Fact::CityMeasured { flaws, .. } => is_said || enough(&flaws),
                other => panic!("{other:?}"),
            })
        });
    }

    /// Colour in the middle of what the engine would show at `tick`.
    fn shown(&self, tick: Duration) -> Option<Yuv> {
        self.frames.middle(tick)
    }

    fn wait_for_colour(&self, tick: Duration, colour: Yuv) {
        wait_for("a decoded frame", || self.shown(tick).is_some_and(|shown| alike(shown, colour)));
    }

    async fn keyframe_wanted(&self) {
        let wanted = self.channel.keyframe_wanted();
        tokio::time::timeout(DEADLINE, wanted).await.expect("a keyframe should be asked for");
    }

    fn pcm_after(&self, count: usize) -> Pcm {
        wait_for("decoded sound", || self.pcm.lock().unwrap().len() >= count);
        self.pcm.lock().unwrap().clone()
    }
}

/// Time in the tests' packets: a base far from zero, as running time is in the house.
fn at(ms: u32) -> Duration {
    Duration::from_secs(100) + MS * ms
}

#[test]
fn frames_and_sound_come_out_with_the_times_of_their_packets() {
    let rig = Rig::start("bari");
    let session = SessionNumber::next();
    rig.publish(video(session, at(0), &[RED; 5]));
    let sound = tone(session, at(7), 5);
    rig.publish(sound.clone());
    wait_for("the first frame", || rig.shown(at(0)).is_some());
    rig.wait_for_colour(at(160), RED);
    let pcm = rig.pcm_after(sound.len());
    for (packet, (time, samples)) in sound.iter().zip(&pcm) {
        assert_eq!(samples.len(), 960 * 2, "stereo, 20 ms at 48 kHz");
        assert!(time.abs_diff(packet.running_time) <= Duration::from_micros(100), "{time:?}");
    }
    let (left, right): (Vec<f32>, Vec<f32>) = pcm[3].1.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
    let peak = |side: &[f32]| side.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    assert!(peak(&left) > 0.2 && peak(&right) < 0.05, "left sounds, right is silent");
}

#[test]
fn a_short_loss_of_sound_is_concealed_and_one_that_is_too_long_is_a_gap() {
    let rig = Rig::start("bari-7");
    let session = SessionNumber::next();
    // A channel holds sound back until the picture has begun.
    rig.publish(video(session, at(0), &[RED]));
    let mut sound = tone(session, at(0), 50);
    let lost = sound.remove(10);
    let later = sound.drain(15..35).next().unwrap();
    rig.publish(sound.clone());
    let pcm = rig.pcm_after(sound.len() + 1);
    let block = |at: Duration| pcm.iter().find(|(time, _)| time.abs_diff(at) < MS);
    let (_, concealed) = block(lost.running_time).expect("sound in the place of the lost packet");
    assert!(concealed.iter().any(|sample| sample.abs() > 0.2), "and not silence");
    assert!(block(later.running_time).is_none(), "nothing is made up for 400 ms");
    assert!(block(sound.last().unwrap().running_time).is_some(), "it goes on in its time");
}

#[test]
fn a_caller_who_pauses_is_heard_again_at_the_right_instant_and_without_a_click() {
    let rig = Rig::start_as(decoder::software(), "anna".parse::<CohostId>().unwrap().into());
    let session = SessionNumber::next();
    rig.publish(video(session, at(0), &[RED; 5]));
    let (spoken, pause) = (30_usize, MS * 5000);
    let mut sound = tone(session, at(0), 60);
    // Numbers go on, as those of an encoder do that sends nothing for silence (DTX); instants do not.
    for packet in &mut sound[spoken..] {
        packet.running_time += pause;
        packet.timestamp = packet.timestamp.wrapping_add(5 * 48_000);
    }
    rig.publish(sound.clone());
    // The last packets of all wait for those after them.
    let pcm = rig.pcm_after(2 * spoken - 4);
    let first_after = pcm.iter().find(|(time, _)| *time > sound[spoken - 1].running_time + MS * 100).unwrap();
    assert!(first_after.0.abs_diff(sound[spoken].running_time) <= MS, "{:?}", first_after.0);
    let steps = |samples: &[f32]| {
        let left: Vec<f32> = samples.chunks(2).map(|pair| pair[0]).collect();
        left.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    };
    let usual = steps(&pcm[10].1);
    let most = pcm.iter().skip(1).map(|(_, samples)| steps(samples)).fold(0.0, f32::max);
    assert!(most <= 2.0 * usual, "a step of {most} where {usual} is usual");
}

#[test]
fn each_frame_is_decoded_without_waiting_for_the_next() {
    let rig = Rig::start("bari-2");
    let packets = video(SessionNumber::next(), at(0), &[RED, BLUE, GREEN, RED]);
    for (n, colour) in (0..).zip([RED, BLUE, GREEN, RED]) {
        let time = at(40 * n);
        rig.publish(packets.iter().filter(|packet| packet.running_time == time).cloned());
        rig.wait_for_colour(time, colour);
    }
}

#[test]
fn a_stream_that_names_another_colour_space_is_shown_in_its_true_colours() {
    let rig = Rig::start("roma");
    let red_of_bt601 = [81, 90, 240];
    rig.publish(video_in("bt601", SessionNumber::next(), at(0), &[red_of_bt601; 3]));
    rig.wait_for_colour(at(180), RED);
}

#[test]
fn a_keyframe_of_several_slices_with_parameter_sets_before_each_is_one_picture() {
    let packets = sliced_keyframes(SessionNumber::next(), at(0), &[RED, BLUE, GREEN]);
    let sets = packets.iter().filter(|packet| h264::starts_keyframe(&packet.payload)).count();
    assert!(sets > 2 * 3, "they are sent so: {sets}");
    let text = "appsrc name=in format=time caps=video/x-h264,stream-format=byte-stream,alignment=au \
                ! h264parse ! avdec_h264 max-threads=1 ! appsink name=out sync=false";
    let pipeline = Pipeline::build("test", text, &[], &EventClock::start()).unwrap();
    let (source, sink): (AppSrc, AppSink) = (pipeline.element("in").unwrap(), pipeline.element("out").unwrap());
    pipeline.start().unwrap();
    let mut assembler = Assembler::new();
    for unit in packets.iter().flat_map(|packet| assembler.take(packet)).flatten() {
        source.push_buffer(buffer(unit)).unwrap();
    }
    source.end_of_stream().unwrap();
    let samples = std::iter::from_fn(|| sink.pull_sample().ok());
    let times: Vec<_> = samples.map(|sample| Duration::from(sample.buffer().unwrap().pts().unwrap())).collect();
    assert_eq!(times, [at(0), at(40), at(80)]);
}

#[test]
fn a_new_session_replaces_the_old_one() {
    let rig = Rig::start("bari-3");
    let (old, new) = (SessionNumber::next(), SessionNumber::next());
    rig.publish(video(old, at(0), &[RED; 3]));
    rig.wait_for_colour(at(100), RED);
    rig.publish(video(new, at(1000), &[BLUE; 3]));
    rig.wait_for_colour(at(1100), BLUE);
}

#[tokio::test]
async fn a_keyframe_is_asked_for_after_a_loss_until_one_is_decoded() {
    let rig = Rig::start("bari-4");
    let session = SessionNumber::next();
    let packets = video(session, at(0), &[RED, RED, RED, GREEN, GREEN]);
    let frame = |n: u32| packets.iter().filter(move |packet| packet.running_time == at(40 * n)).cloned();
    rig.publish(frame(0));
    rig.wait_for_colour(at(0), RED);
    rig.publish(frame(1));
    rig.wait_for_colour(at(40), RED);
    // The third frame is lost.
    rig.publish(frame(3).chain(frame(4)));
    // One may be left from before the first frame was decoded.
    for _ in 0..3 {
        rig.keyframe_wanted().await;
    }
    assert!(rig.shown(at(160)).is_some_and(|shown| alike(shown, RED)), "nothing is shown that cannot be whole");
    let mut again = video(session, at(400), &[BLUE, BLUE]);
    for packet in &mut again {
        packet.sequence += packets.last().unwrap().sequence + 10;
    }
    rig.publish(again);
    rig.wait_for_colour(at(500), BLUE);
}

#[test]
fn garbage_does_no_harm() {
    let rig = Rig::start("bari-5");
    let session = SessionNumber::next();
    let mut random = 12345u32;
    let mut noise = |length: usize| -> Arc<[u8]> {
        let mut next = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
    };
    let packets = video(session, at(0), &[RED; 3]);
    rig.publish(packets.clone());
    let last = packets.last().unwrap().clone();
    for n in 0..600u32 {
        for kind in [Kind::Video, Kind::Audio] {
            let mut payload = noise(n as usize % 90).to_vec();
            if let (Some(first), Kind::Video) = (payload.first_mut(), kind) {
                // All packet types of RFC 6184, whole and broken.
                *first = 0x60 | (n % 32) as u8;
            }
            rig.publish([Packet {
                kind,
                sequence: last.sequence + 1 + u64::from(n) * 3 / 2,
                timestamp: last.timestamp.wrapping_add(n * 7000),
                running_time: at(200 + n),
                marker: n % 3 == 0,
                keyframe: true,
                payload: payload.into(),
                ..last.clone()
            }]);
        }
    }
    rig.publish(video(SessionNumber::next(), at(5000), &[BLUE; 3]));
    rig.wait_for_colour(at(5100), BLUE);
}

/// Publishes in real time what a publisher would.
struct Publisher {
    packets: Vec<Packet>,
    begin: Duration,
    sent: usize,
}

impl Publisher {
    fn new(rig: &Rig, packets: Vec<Packet>) -> Self {
        Self { packets, begin: rig.clock.now(), sent: 0 }
    }

    /// Sends what is due. All of it again, with later numbers and times, when it is over.
    fn go_on(&mut self, rig: &Rig) {
        let first = &self.packets[0];
        let last = self.packets.last().unwrap();
        let round = last.running_time - first.running_time + MS * 40;
        loop {
            let (rounds, place) = (self.sent / self.packets.len(), self.sent % self.packets.len());
            let packet = &self.packets[place];
            let due = self.begin + (packet.running_time - first.running_time) + round * rounds as u32;
            if due > rig.clock.now() {
                return;
            }
            let sequence = packet.sequence + (last.sequence - first.sequence + 1) * rounds as u64;
            let timestamp = packet.timestamp.wrapping_add(Kind::Video.ticks(round * rounds as u32) as u32);
            rig.publish([Packet { sequence, timestamp, running_time: due, ..packet.clone() }]);
            self.sent += 1;
        }
    }
}

#[test]
fn a_city_that_sends_one_picture_again_and_again_is_measured_as_frozen_and_one_that_is_black_as_black() {
    let mut rig = Rig::start("bari-7");
    let mut publisher = Publisher::new(&rig, video(SessionNumber::next(), at(0), &[GREEN; 50]));
    rig.wait_for_flaws("frozen", |rig| publisher.go_on(rig), |flaws| flaws.contains(&Flaw::Frozen));
    let mut publisher = Publisher::new(&rig, video(SessionNumber::next(), at(0), &[BLACK; 50]));
    rig.wait_for_flaws("black", |rig| publisher.go_on(rig), |flaws| flaws.contains(&Flaw::Black));
    let colours: Vec<Yuv> = (0..50).map(|n| if n % 2 == 0 { RED } else { GREEN }).collect();
    let mut publisher = Publisher::new(&rig, video(SessionNumber::next(), at(0), &colours));
    rig.wait_for_flaws("all is well", |rig| publisher.go_on(rig), |flaws| flaws.is_empty());
}

#[test]
fn lost_packets_are_measured_and_a_session_that_ends_has_no_flaws() {
    let mut rig = Rig::start("bari-8");
    let colours: Vec<Yuv> = (0..50).map(|n| if n % 2 == 0 { RED } else { GREEN }).collect();
    let mut packets = video(SessionNumber::next(), at(0), &colours);
    let mut number = 0;
    packets.retain(|_| {
        number += 1;
        number % 20 != 10
    });
    let mut publisher = Publisher::new(&rig, packets);
    rig.wait_for_flaws("loss", |rig| publisher.go_on(rig), |flaws| flaws.contains(&Flaw::Loss));
    rig.wait_for_flaws("nothing after it", |_| (), |flaws| flaws.is_empty());
}

#[test]
fn pictures_without_a_keyframe_are_measured_though_the_channel_takes_none() {
    let mut rig = Rig::start("bari-9");
    let mut packets = video(SessionNumber::next(), at(0), &[RED; 50]);
    packets.iter_mut().for_each(|packet| packet.keyframe = false);
    let mut publisher = Publisher::new(&rig, packets);
    rig.wait_for_flaws("no keyframe", |rig| publisher.go_on(rig), |flaws| flaws == [Flaw::NoKeyframe]);
}

#[test]
fn a_slate_is_not_decoded() {
    let rig = Rig::start("bari-6");
    let mut packets = video(SessionNumber::next(), at(0), &[RED; 3]);
    let live = packets.clone();
    packets.iter_mut().for_each(|packet| packet.origin = Origin::Standby);
    rig.channel.stand_by(Kind::Video, rig.clock.now(), |_| packets);
    rig.publish(live.into_iter().map(|packet| Packet { running_time: packet.running_time + at(0), ..packet }));
    wait_for("the live frames", || {
        assert!(rig.shown(at(80)).is_none(), "only the live ones");
        rig.shown(at(0) + at(80)).is_some()
    });
}

#[tokio::test]
async fn software_takes_over_from_a_decoder_that_fails_while_it_decodes() {
    let codec = decoder::ladder_of("identity error-after=4 ! openh264dec name=decoder");
    let rig = Rig::start_with(codec, "bari-7");
    let session = SessionNumber::next();
    let packets = video(session, at(0), &[RED, RED, RED, RED, RED, RED, RED, RED]);
    let last = packets.last().unwrap().clone();
    rig.publish(packets);
    rig.wait_for_colour(at(0), RED);
    // Of the same session, whose publisher is asked for a keyframe.
    let goes_on = |n: u32| {
        let begin = at(400 + n * 100);
        let next = video(session, begin, &[BLUE, BLUE]);
        next.into_iter()
            .zip(1..)
            .map(|(packet, place)| {
                let timestamp = last.timestamp.wrapping_add((400 + n * 100) * 90 + packet.timestamp % 9000);
                Packet { sequence: last.sequence + u64::from(n) * 100 + place, timestamp, ..packet }
            })
            .collect::<Vec<_>>()
    };
    rig.publish(goes_on(0));
    rig.keyframe_wanted().await;
    let mut n = 1;
    wait_for("software's frames", || {
        rig.publish(goes_on(n));
        n += 1;
        rig.shown(at(400 + n * 100)).is_some_and(|shown| alike(shown, BLUE))
    });
}

#[test]
fn software_takes_over_from_a_decoder_that_gives_nothing() {
    let codec = decoder::ladder_of("identity drop-probability=1 ! openh264dec name=decoder");
    let rig = Rig::start_with(codec, "bari-8");
    let session = SessionNumber::next();
    let mut n = 0;
    wait_for("software's frames", || {
        let packets = video(session, at(n * 100), &[GREEN, GREEN]).into_iter().zip(0..);
        rig.publish(packets.map(|(packet, place)| {
            let timestamp = (n * 9000).wrapping_add(packet.timestamp % 9000);
            Packet { sequence: 1_000_000 + u64::from(n) * 100 + place, timestamp, ..packet }
        }));
        n += 1;
        rig.shown(at(n * 100)).is_some_and(|shown| alike(shown, GREEN))
    });
}

#[test]
fn software_takes_over_from_a_decoder_that_does_not_start() {
    let rig = Rig::start_with(decoder::ladder_of("nosuchh264dec name=decoder"), "bari-9");
    let session = SessionNumber::next();
    rig.publish(video(session, at(0), &[RED; 3]));
    rig.publish(video(session, at(200), &[RED; 3]));
    rig.wait_for_colour(at(300), RED);
}

#[test]
fn a_stopped_decoder_frees_its_threads() {
    let rig = Rig::start("zz-thread-test");
    rig.publish(video(SessionNumber::next(), at(0), &[RED; 3]));
    rig.wait_for_colour(at(100), RED);
    assert_eq!(threads(&["decode-zz-threa"]).len(), 1, "the detector works");
    let begin = std::time::Instant::now();
    drop(rig.decoder);
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert!(threads(&["decode-zz-threa"]).is_empty());
}
