//! Program's picture on the channels of those who come back: what a city's crew and a co-host see beside their own mix.
//!
//! Packets are shared, not copied, and go only to channels with an audience. The session is program's: the mixes of the desk have the
//! same, so that picture and sound of such a channel share their origin. When program's pipeline is built anew its session
//! and its numbers go on, here as there; while it gives nothing each channel's slate stands in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::gst::EventClock;
use crate::rtp::{Channel, Kind, Origin};

/// The longest wait for a packet: so soon it is seen that the relay is to end.
const LOOK: Duration = Duration::from_millis(200);

/// A running relay. Dropping it ends it.
#[derive(Debug)]
pub struct Relay {
    program: Arc<Channel>,
    targets: Arc<Mutex<Vec<Target>>>,
    runtime: tokio::runtime::Handle,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A channel that program's picture goes to.
#[derive(Debug)]
struct Target {
    channel: Arc<Channel>,
    /// Hands wishes for a keyframe on to program.
    keyframes: tokio::task::JoinHandle<()>,
}

impl Drop for Target {
    fn drop(&mut self) {
        self.keyframes.abort();
    }
}

impl Relay {
    /// Starts with no channel. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the system gives no thread, or there is no runtime.
    pub fn start(program: Arc<Channel>, clock: EventClock) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Handle::try_current().map_err(std::io::Error::other)?;
        let (targets, stopping) = (Arc::<Mutex<Vec<Target>>>::default(), Arc::new(AtomicBool::new(false)));
        let mut reader = program.reader();
        let (to, ends) = (Arc::clone(&targets), Arc::clone(&stopping));
        let run = move || {
            let mut packets = Vec::new();
            while !ends.load(Ordering::Acquire) {
                // What was lost is a gap in the numbers, which viewers see as such.
                reader.wait(LOOK, &mut packets);
                let now = clock.now();
                let targets = lock(&to);
                let watched: Vec<_> = targets.iter().filter(|target| target.channel.audience() > 0).collect();
                let pictures = packets.iter().filter(|packet| packet.kind == Kind::Video);
                for packet in pictures.filter(|packet| matches!(packet.origin, Origin::Live(_))) {
                    for target in &watched {
                        target.channel.publish((**packet).clone(), now);
                    }
                }
                drop(targets);
                packets.clear();
            }
        };
        let thread = std::thread::Builder::new().name("relay".into()).spawn(run)?;
        Ok(Self { program, targets, runtime, stopping, thread: Some(thread) })
    }

    /// Brings program's picture to a channel from now on.
    pub fn add(&self, channel: &Arc<Channel>) {
        let (wanted, program) = (Arc::clone(channel), Arc::clone(&self.program));
        let keyframes = self.runtime.spawn(async move {
            loop {
                wanted.keyframe_wanted().await;
                program.request_keyframe();
            }
        });
        lock(&self.targets).push(Target { channel: Arc::clone(channel), keyframes });
    }

    /// Brings it there no more.
    pub fn remove(&self, channel: &Channel) {
        lock(&self.targets).retain(|target| target.channel.id() != channel.id());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the thread that hands program's picture on had panicked");
        }
    }
}

fn lock(targets: &Mutex<Vec<Target>>) -> MutexGuard<'_, Vec<Target>> {
    targets.lock().expect("no code panics while it holds the channels")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::{Packet, SessionNumber};
    use crate::show::ChannelId;

    fn packet(session: SessionNumber, kind: Kind, sequence: u64) -> Packet {
        Packet {
            origin: Origin::Live(session),
            kind,
            sequence,
            timestamp: 0,
            running_time: Duration::ZERO,
            marker: true,
            keyframe: true,
            payload: Arc::from([0x65].as_slice()),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn program_s_picture_goes_without_its_sound_to_channels_that_somebody_watches() {
        gstreamer::init().unwrap();
        let clock = EventClock::start();
        let program = Channel::new(ChannelId::Program);
        let channel = |city: &str| Channel::new(ChannelId::Return(city.parse().unwrap()));
        let (roma, lecce) = (channel("roma"), channel("lecce"));
        let relay = Relay::start(Arc::clone(&program), clock.clone()).unwrap();
        relay.add(&roma);
        relay.add(&lecce);
        let _crew = roma.attend();
        let (mut at_roma, mut at_lecce) = (roma.reader(), lecce.reader());
        let session = SessionNumber::next();
        program.publish(packet(session, Kind::Video, 1), clock.now());
        program.publish(packet(session, Kind::Audio, 7), clock.now());
        program.publish(packet(session, Kind::Video, 2), clock.now());
        let mut came = Vec::new();
        tokio::task::block_in_place(|| {
            while came.len() < 2 {
                assert_eq!(at_roma.wait(Duration::from_secs(20), &mut came), 0);
            }
        });
        let numbers: Vec<_> = came.iter().map(|packet| (packet.kind, packet.sequence)).collect();
        assert_eq!(numbers, [(Kind::Video, 1), (Kind::Video, 2)]);
        let mut none = Vec::new();
        at_lecce.drain(&mut none);
        assert!(none.is_empty());

        // A wish there is a wish here.
        roma.request_keyframe();
        tokio::time::timeout(Duration::from_secs(20), program.keyframe_wanted()).await.unwrap();
        relay.remove(&roma);
        program.publish(packet(session, Kind::Video, 3), clock.now());
        drop(relay);
        came.clear();
        at_roma.drain(&mut came);
        assert!(came.is_empty());
    }
}
