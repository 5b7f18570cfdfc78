//! Packets that were lost on their way to the channel, by the gaps in their numbers.

use std::time::Duration;

use crate::rtp::{Kind, Packet, SessionNumber};

/// A gap in which so much time has passed is a pause of the source: what it did not send, or what the channel did not take, is
/// not lost.
const PAUSE: Duration = Duration::from_secs(1);

/// Follows the numbers of a session.
#[derive(Debug, Default)]
pub(super) struct Losses {
    audio: Option<Newest>,
    video: Option<Newest>,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    session: SessionNumber,
    sequence: u64,
    running_time: Duration,
}

impl Losses {
    /// How many packets are missing before this one.
    pub(super) fn before(&mut self, session: SessionNumber, packet: &Packet) -> u64 {
        let newest = match packet.kind {
            Kind::Audio => &mut self.audio,
            Kind::Video => &mut self.video,
        };
        let before = newest.filter(|newest| newest.session == session);
        if before.is_some_and(|before| before.sequence >= packet.sequence) {
            return 0;
        }
        let Packet { sequence, running_time, .. } = *packet;
        *newest = Some(Newest { session, sequence, running_time });
        let before = before.filter(|before| running_time.saturating_sub(before.running_time) < PAUSE);
        before.map_or(0, |before| sequence - before.sequence - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rtp::Origin;

    #[test]
    fn gaps_are_losses_unless_the_source_paused_or_is_another_one() {
        let (one, other) = (SessionNumber::next(), SessionNumber::next());
        let mut losses = Losses::default();
        let mut before = |session, kind, sequence, ms| {
            let packet = Packet {
                origin: Origin::Live(session),
                kind,
                sequence,
                timestamp: 0,
                running_time: Duration::from_millis(ms),
                marker: false,
                keyframe: true,
                payload: Arc::from([].as_slice()),
            };
            losses.before(session, &packet)
        };
        assert_eq!(before(one, Kind::Video, 70_000, 0), 0, "the first");
        assert_eq!(before(one, Kind::Video, 70_001, 40), 0);
        assert_eq!(before(one, Kind::Audio, 5, 40), 0, "sound has numbers of its own");
        assert_eq!(before(one, Kind::Video, 70_005, 80), 3);
        assert_eq!(before(one, Kind::Video, 70_003, 80), 0, "one that comes late does no harm");
        assert_eq!(before(one, Kind::Video, 70_006, 90), 0);
        assert_eq!(before(one, Kind::Video, 90_000, 5000), 0, "a pause");
        assert_eq!(before(other, Kind::Video, 100, 5010), 0);
        assert_eq!(before(other, Kind::Video, 102, 5020), 1);
    }
}
