//! One viewer's timeline: the packets of changing sources as one continuous RTP stream per kind. Pure.
//!
//! Inside a run of one source, its own increments and gaps of sequence numbers and timestamps are kept: a gap is a loss
//! at the source, and a browser's sound punishes timestamps that wobble. At a switch the sequence goes on with the next
//! number and the timestamp advances by the running time that lies between the two packets.
//!
//! Sources lag behind the event clock by different spans (a jitter buffer, an encoder), so running time may step back
//! at a switch. The timeline then runs later than running time by the smallest *shift* that keeps it going forward,
//! the same for sound and picture: lips stay together, and sender reports never step.

use std::time::Duration;

use crate::rtp::{Kind, Origin, Packet};

/// A step forward in a source's sequence that a receiver could not tell from a step back (RFC 3550 §A.1): a new run.
const LEAP: u64 = 1 << 15;

/// A span that is at least one tick of every clock rate in the house.
const TICK: Duration = Duration::from_micros(21);

/// A source that seems to lag by more than this gave an instant that is wrong. Shifting after it would put the timeline
/// out of step with the clock for the rest of the run.
const MOST_SHIFT: Duration = Duration::from_secs(2);

/// Names a run of packets that share a sequence and a timestamp base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    /// Number of the channel's listing.
    pub(super) channel: usize,
    /// Who made the packets there.
    pub(super) origin: Origin,
}

/// Where a packet stands in the viewer's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Sequence number, extended past 16 bits.
    pub(super) sequence: u64,
    /// RTP timestamp.
    pub(super) timestamp: u32,
    /// Event time of the timestamp, for sender reports: running time plus the timeline's shift.
    pub(super) instant: Duration,
}

/// Why a packet is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was overtaken by a later packet of its run or by a later session.
    Late,
    /// A new run of pictures starts with a keyframe, and this is none.
    NoKeyframe,
}

/// The streams of one viewer.
#[derive(Debug)]
pub(super) struct Timeline {
    shift: Duration,
    /// The source that `shift` was chosen for.
    anchor: Option<Source>,
    audio: Splice,
    video: Splice,
}

impl Timeline {
    /// A timeline that has sent nothing. The values are where sequence numbers and timestamps start (RFC 3550 §5.1
    /// wants them random); sequence numbers start in the lower half of their 16 bits so that a loss of the first
    /// packets cannot hide a wrap.
    pub(super) fn new(random: [u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = random;
        let splice = |sequence: [u8; 2], timestamp: [u8; 4]| Splice {
            first: (u64::from(u16::from_be_bytes(sequence) >> 1), u32::from_be_bytes(timestamp)),
            sent: None,
            run: None,
        };
        Self {
            shift: Duration::ZERO,
            anchor: None,
            audio: splice([a, b], [c, d, e, f]),
            video: splice([g, h], [i, j, k, l]),
        }
    }

    /// Places the next packet of `source`.
    pub(super) fn stamp(&mut self, source: Source, packet: &Packet) -> Result<Stamp, Refused> {
        let splice = match packet.kind {
            Kind::Audio => &mut self.audio,
            Kind::Video => &mut self.video,
        };
        if splice.run.is_some_and(|run| run.is_overtaken(source, packet)) {
            return Err(Refused::Late);
        }
        if let Some(run) = splice.run.as_mut().filter(|run| run.goes_on_with(source, packet)) {
            // The other kind's switch may have needed a greater shift: take it over where a new instant begins.
            if self.anchor == Some(source) && run.shift < self.shift && packet.timestamp != run.last_timestamp {
                let step = packet.kind.ticks(self.shift - run.shift) as u32;
                run.timestamp_offset = run.timestamp_offset.wrapping_add(step);
                run.shift = self.shift;
            }
            return Ok(splice.send(packet));
        }
        if packet.kind == Kind::Video && !packet.keyframe {
            return Err(Refused::NoKeyframe);
        }
        if self.anchor != Some(source) {
            self.anchor = Some(source);
            self.shift = Duration::ZERO;
        }
        self.shift = self.shift.max(splice.least_shift(packet));
        splice.begin(source, packet, self.shift);
        Ok(splice.send(packet))
    }
}

/// One kind's stream.
#[derive(Debug)]
struct Splice {
    first: (u64, u32),
    sent: Option<Stamp>,
    run: Option<Run>,
}

/// How packets of the current source are mapped.
#[derive(Debug, Clone, Copy)]
struct Run {
    source: Source,
    /// Last sequence number and timestamp, as the source counts.
    last: u64,
    last_timestamp: u32,
    /// Added (wrapping) to the source's numbers.
    sequence_offset: u64,
    timestamp_offset: u32,
    shift: Duration,
}

impl Run {
    fn is_overtaken(&self, source: Source, packet: &Packet) -> bool {
        if source.channel != self.source.channel {
            return false;
        }
        match (source.origin, self.source.origin) {
            (Origin::Live(arrived), Origin::Live(current)) if arrived != current => arrived < current,
            (arrived, current) => arrived == current && packet.sequence <= self.last,
        }
    }

    fn goes_on_with(&self, source: Source, packet: &Packet) -> bool {
        source == self.source && packet.sequence - self.last < LEAP
    }
}

impl Splice {
    /// How much later than running time the timeline must be for `packet` to come after all that was sent.
    fn least_shift(&self, packet: &Packet) -> Duration {
        let shift = self.sent.map_or(Duration::ZERO, |sent| (sent.instant + TICK).saturating_sub(packet.running_time));
        if shift <= MOST_SHIFT { shift } else { Duration::ZERO }
    }

    fn begin(&mut self, source: Source, packet: &Packet, shift: Duration) {
        let (sequence, timestamp) = match self.sent {
            None => self.first,
            Some(sent) => {
                let span = (packet.running_time + shift).saturating_sub(sent.instant);
                // Truncation is what the 32 bits of RTP time mean.
                let ticks = packet.kind.ticks(span).max(1) as u32;
                (sent.sequence + 1, sent.timestamp.wrapping_add(ticks))
            }
        };
        self.run = Some(Run {
            source,
            last: packet.sequence,
            last_timestamp: packet.timestamp,
            sequence_offset: sequence.wrapping_sub(packet.sequence),
            timestamp_offset: timestamp.wrapping_sub(packet.timestamp),
            shift,
        });
    }

    fn send(&mut self, packet: &Packet) -> Stamp {
        let run = self.run.as_mut().expect("a run has begun before its packets are sent");
        run.last = packet.sequence;
        run.last_timestamp = packet.timestamp;
        let stamp = Stamp {
            sequence: packet.sequence.wrapping_add(run.sequence_offset),
            timestamp: packet.timestamp.wrapping_add(run.timestamp_offset),
            instant: packet.running_time + run.shift,
        };
        self.sent = Some(stamp);
        stamp
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::rtp::SessionNumber;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn timeline() -> Timeline {
        Timeline::new([7; 12])
    }

    fn standby(channel: usize) -> Source {
        Source { channel, origin: Origin::Standby }
    }

    fn live(channel: usize) -> Source {
        Source { channel, origin: Origin::Live(SessionNumber::next()) }
    }

    fn packet(kind: Kind, sequence: u64, timestamp: u32, running_time: Duration) -> Packet {
        Packet {
            origin: Origin::Standby,
            kind,
            sequence,
            timestamp,
            running_time,
            marker: true,
            keyframe: true,
            payload: Arc::from([0u8].as_slice()),
        }
    }

    #[test]
    fn inside_a_run_the_sources_increments_and_gaps_are_kept() {
        let (mut timeline, source) = (timeline(), live(0));
        let mut stamp =
            |sequence, timestamp| timeline.stamp(source, &packet(Kind::Audio, sequence, timestamp, ms(1000))).unwrap();
        let first = stamp(65_530, 4_294_967_000);
        let next = stamp(65_531, 664);
        let after_a_loss = stamp(65_540, 9_304);
        assert_eq!(next.sequence - first.sequence, 1);
        assert_eq!(next.timestamp.wrapping_sub(first.timestamp), 960);
        assert_eq!(after_a_loss.sequence - next.sequence, 9);
        assert_eq!(after_a_loss.timestamp.wrapping_sub(next.timestamp), 8640);
    }

    #[test]
    fn at_a_switch_the_sequence_continues_and_time_advances_by_the_running_time_between() {
        let mut timeline = timeline();
        let old = timeline.stamp(standby(0), &packet(Kind::Video, 5, 1000, ms(1000))).unwrap();
        let new = timeline.stamp(live(1), &packet(Kind::Video, 40_000, 77, ms(1100))).unwrap();
        assert_eq!(new.sequence, old.sequence + 1);
        assert_eq!(new.timestamp.wrapping_sub(old.timestamp), 9000);
        assert_eq!(new.instant, ms(1100));
    }

    #[test]
    fn a_source_that_lags_more_shifts_sound_and_picture_alike() {
        let (mut timeline, late) = (timeline(), live(0));
        timeline.stamp(standby(0), &packet(Kind::Video, 1, 0, ms(1000))).unwrap();
        timeline.stamp(standby(0), &packet(Kind::Audio, 1, 0, ms(1000))).unwrap();
        let picture = timeline.stamp(late, &packet(Kind::Video, 1, 0, ms(950))).unwrap();
        assert_eq!(picture.instant, ms(1000) + TICK);
        let sound = timeline.stamp(late, &packet(Kind::Audio, 1, 0, ms(940))).unwrap();
        assert_eq!(sound.instant, ms(1000) + TICK);
        let next_picture = timeline.stamp(late, &packet(Kind::Video, 2, 3000, ms(983))).unwrap();
        assert_eq!(next_picture.instant, ms(983) + (sound.instant - ms(940)));
        assert_eq!(next_picture.timestamp.wrapping_sub(picture.timestamp), 3000 + 900);
    }

    #[test]
    fn a_source_that_lags_less_takes_the_shift_back() {
        let mut timeline = timeline();
        for turn in 0..100 {
            let start = ms(1000 + turn * 200);
            timeline.stamp(live(0), &packet(Kind::Audio, 1, 0, start)).unwrap();
            let lagging = timeline.stamp(live(1), &packet(Kind::Audio, 1, 0, start - ms(50))).unwrap();
            assert!(lagging.instant <= start + TICK, "{lagging:?}");
        }
    }

    #[test]
    fn an_absurd_instant_does_not_outlive_its_source() {
        let mut timeline = timeline();
        let wrong = timeline.stamp(live(0), &packet(Kind::Video, 1, 0, ms(3_600_000_000))).unwrap();
        let right = timeline.stamp(live(0), &packet(Kind::Video, 1, 0, ms(1000))).unwrap();
        assert_eq!(right.instant, ms(1000));
        assert_eq!(right.timestamp.wrapping_sub(wrong.timestamp), 1);
    }

    #[test]
    fn a_new_run_of_pictures_waits_for_its_keyframe() {
        let (mut timeline, source) = (timeline(), live(0));
        let mut delta = packet(Kind::Video, 1, 0, ms(0));
        delta.keyframe = false;
        assert_eq!(timeline.stamp(source, &delta), Err(Refused::NoKeyframe));
        assert!(timeline.stamp(source, &packet(Kind::Video, 2, 3000, ms(33))).is_ok());
        delta.sequence = 3;
        assert!(timeline.stamp(source, &delta).is_ok());
        assert_eq!(timeline.stamp(standby(0), &delta), Err(Refused::NoKeyframe));
    }

    #[test]
    fn what_was_overtaken_is_dropped() {
        let (mut timeline, older, newer) = (timeline(), live(0), live(0));
        timeline.stamp(older, &packet(Kind::Audio, 10, 0, ms(0))).unwrap();
        assert_eq!(timeline.stamp(older, &packet(Kind::Audio, 9, 0, ms(1))), Err(Refused::Late));
        assert_eq!(timeline.stamp(older, &packet(Kind::Audio, 10, 0, ms(1))), Err(Refused::Late));
        timeline.stamp(newer, &packet(Kind::Audio, 3, 0, ms(2))).unwrap();
        assert_eq!(timeline.stamp(older, &packet(Kind::Audio, 11, 0, ms(3))), Err(Refused::Late));
        timeline.stamp(standby(0), &packet(Kind::Audio, 1, 0, ms(4))).unwrap();
    }

    /// What may happen to the packets of one viewer.
    #[derive(Debug, Clone)]
    enum Step {
        /// The source sends: `lost` packets are missing before this one, `late` ones come again after it.
        Send { kind: Kind, lost: u64, late: Option<u64>, parts: u64 },
        /// Another source is on from now on, with its own bases and lag.
        Switch { channel: usize, sequence: u64, timestamp: u32, lag: Duration },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let kind = prop_oneof![Just(Kind::Audio), Just(Kind::Video)];
        let send = (kind, 0..3u64, proptest::option::of(0..5u64), 1..4u64)
            .prop_map(|(kind, lost, late, parts)| Step::Send { kind, lost, late, parts });
        let switch =
            (0..3usize, 0..1u64 << 20, any::<u32>(), 0..150u64).prop_map(|(channel, sequence, timestamp, lag)| {
                Step::Switch { channel, sequence, timestamp, lag: ms(lag) }
            });
        proptest::collection::vec(prop_oneof![6 => send, 1 => switch], 1..200)
    }

    proptest! {
        #[test]
        fn whatever_the_sources_do_the_viewers_stream_is_continuous(steps in steps()) {
            let mut timeline = timeline();
            let mut now = ms(1000);
            let (mut source, mut lag) = (live(0), ms(60));
            let mut next = [(100u64, 0u32); 2];
            let mut fresh = [true; 2];
            let mut last: [Option<(Stamp, Duration, u64)>; 2] = [None; 2];
            for step in steps {
                match step {
                    Step::Switch { channel, sequence, timestamp, lag: its_lag } => {
                        source = live(channel);
                        lag = its_lag;
                        next = [(sequence, timestamp), (sequence / 3, timestamp ^ 0x5555)];
                        fresh = [true; 2];
                    }
                    Step::Send { kind, lost, late, parts } => {
                        now += ms(20);
                        let at = kind as usize;
                        let interval = kind.ticks(ms(20)) as u32;
                        next[at].0 += lost;
                        next[at].1 = next[at].1.wrapping_add(interval);
                        let parts = if kind == Kind::Audio { 1 } else { parts };
                        let mut picture: Option<u32> = None;
                        for part in 0..parts {
                            let (sequence, timestamp) = next[at];
                            next[at].0 += 1;
                            let sent = packet(kind, sequence, timestamp, now - lag);
                            let stamp = timeline.stamp(source, &sent).unwrap();
                            if let Some((before, running, seen)) = last[at] {
                                let step = stamp.timestamp.wrapping_sub(before.timestamp);
                                if fresh[at] {
                                    prop_assert_eq!(stamp.sequence, before.sequence + 1, "a switch leaves no gap");
                                    prop_assert!((1..1 << 31).contains(&step), "time goes forward");
                                    let ideal = kind.ticks((now - lag).saturating_sub(running));
                                    prop_assert!(u64::from(step) <= ideal + kind.ticks(ms(300)), "and not far");
                                } else {
                                    prop_assert_eq!(stamp.sequence - before.sequence, sequence - seen, "gaps are kept");
                                    prop_assert!(part > 0 || ((1..1 << 31).contains(&step)), "pictures advance");
                                }
                                prop_assert!(stamp.instant + ms(1) > before.instant);
                            }
                            prop_assert!(picture.is_none_or(|first| first == stamp.timestamp), "one picture, one time");
                            prop_assert!(stamp.instant <= now + ms(1), "the timeline never runs ahead of the clock");
                            picture = Some(stamp.timestamp);
                            fresh[at] = false;
                            last[at] = Some((stamp, now - lag, sequence));
                        }
                        if let Some(age) = late {
                            let again = packet(kind, (next[at].0 - 1).saturating_sub(age), next[at].1, now - lag);
                            prop_assert_eq!(timeline.stamp(source, &again), Err(Refused::Late));
                        }
                    }
                }
            }
        }
    }
}
