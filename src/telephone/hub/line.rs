//! One call's packets: a task that reads its socket, judges them, and has the sound decoded and encoded.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::super::CallNumber;
use super::super::sdp::Stream;
use super::super::sound::{Ear, Hearer, Mouth, Speaker, Voice, lock};
use super::super::wire::{Heard, Wire};
use crate::gst::EventClock;

/// How often it is looked whether silence is to be sent or no sound comes.
const LOOK: Duration = Duration::from_millis(20);
/// Agreements that may wait: each is one INVITE.
const QUEUE: usize = 16;
/// Longest RTP packet that is read, in bytes.
const PACKET: usize = 2048;
/// First pause after a pipeline could not be started; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a line tells the hub.
#[derive(Debug)]
pub(super) enum LineNews {
    Key(CallNumber, char),
    /// No sound came for too long.
    Silent(CallNumber),
}

/// A call's open port. Dropping it closes the port and ends the sound.
pub(super) struct Line {
    agreements: mpsc::Sender<(Stream, IpAddr)>,
    hearer: Arc<Mutex<Option<Hearer>>>,
    speaker: Arc<Speaker>,
}

impl Line {
    pub(super) fn open(
        call: CallNumber,
        socket: UdpSocket,
        jitter_buffer: Duration,
        clock: EventClock,
        news: mpsc::Sender<LineNews>,
    ) -> Self {
        let (agreements, agreed) = mpsc::channel(QUEUE);
        let hearer = Arc::new(Mutex::new(None));
        let speaker = Arc::new(Speaker::new(clock.clone()));
        let task = Task {
            call,
            socket: Arc::new(socket),
            jitter_buffer,
            clock,
            news,
            hearer: Arc::clone(&hearer),
            speaker: Arc::clone(&speaker),
            destination: Arc::default(),
            wire: None,
            ear: None,
            voice: None,
            rest: None,
        };
        tokio::spawn(task.run(agreed));
        Self { agreements, hearer, speaker }
    }

    /// Sound goes like this from now on.
    pub(super) fn agree(&self, stream: Stream, trusted: IpAddr) {
        // Full only if sixteen INVITEs came within a pipeline's start: the peer may ask again.
        if self.agreements.try_send((stream, trusted)).is_err() {
            tracing::warn!("a telephone call changes faster than its sound can");
        }
    }

    pub(super) fn connect(&self, hear: Hearer) {
        *lock(&self.hearer) = Some(hear);
    }

    pub(super) fn mouth(&self) -> Mouth {
        Mouth::of(&self.speaker)
    }
}

struct Task {
    call: CallNumber,
    socket: Arc<UdpSocket>,
    jitter_buffer: Duration,
    clock: EventClock,
    news: mpsc::Sender<LineNews>,
    hearer: Arc<Mutex<Option<Hearer>>>,
    speaker: Arc<Speaker>,
    /// Where the voice's packets go; shared with the thread that makes them.
    destination: Arc<Mutex<Option<SocketAddr>>>,
    wire: Option<Wire>,
    ear: Option<Ear>,
    voice: Option<(Stream, Voice)>,
    /// After a pipeline could not be started: until when nothing is tried, and the pause after that.
    rest: Option<(Duration, Duration)>,
}

impl Task {
    async fn run(mut self, mut agreed: mpsc::Receiver<(Stream, IpAddr)>) {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut packet = vec![0; PACKET];
        loop {
            tokio::select! {
                agreement = agreed.recv() => match agreement {
                    Some((stream, trusted)) => self.agree(stream, trusted).await,
                    None => break,
                },
                received = self.socket.recv_from(&mut packet) => {
                    // An error is that of a packet we sent to a port which is shut.
                    if let Ok((length, from)) = received {
                        self.heard(from, packet.get(..length).unwrap_or_default()).await;
                    }
                }
                _ = look.tick() => self.look(),
            }
        }
        self.speaker.set(None);
        release((self.ear.take(), self.voice.take()));
    }

    async fn agree(&mut self, stream: Stream, trusted: IpAddr) {
        let now = self.clock.now();
        let before = self.wire.as_ref().map(|wire| *wire.stream());
        match &mut self.wire {
            Some(wire) => wire.agree(stream, trusted, now),
            None => self.wire = Some(Wire::new(stream, trusted, now)),
        }
        let same = |before: &Stream| before.codec == stream.codec && before.payload == stream.payload;
        if !before.as_ref().is_some_and(same) {
            release(self.ear.take());
            self.speaker.set(None);
            release(self.voice.take());
            self.start_voice(stream).await;
        }
        self.aim();
    }

    async fn start_voice(&mut self, stream: Stream) {
        let (socket, destination, clock) =
            (Arc::clone(&self.socket), Arc::clone(&self.destination), self.clock.clone());
        let send = move |packet: &[u8]| {
            let to = *lock(&destination);
            if let Some(to) = to {
                // What does not fit into the socket's queue is lost like any packet.
                let _ = socket.try_send_to(packet, to);
            }
        };
        match tokio::task::spawn_blocking(move || Voice::start(&stream, &clock, send)).await {
            Ok(Ok(voice)) => {
                self.speaker.set(Some(&voice));
                self.voice = Some((stream, voice));
            }
            Ok(Err(error)) => self.failed(&error),
            Err(_) => tracing::error!(call = %self.call, "a telephone's encoder panicked as it started"),
        }
    }

    fn failed(&mut self, error: &crate::gst::Error) {
        tracing::error!(call = %self.call, %error, "the sound of a telephone call cannot be started; it is tried again");
        let pause = self.rest.map_or(FIRST_PAUSE, |(_, pause)| (pause * 2).min(LONGEST_PAUSE));
        self.rest = Some((self.clock.now() + pause, pause));
    }

    /// Tells the voice's thread where its packets go.
    fn aim(&self) {
        *lock(&self.destination) = self.wire.as_ref().and_then(Wire::destination);
    }

    async fn heard(&mut self, from: SocketAddr, packet: &[u8]) {
        let now = self.clock.now();
        let Some(wire) = &mut self.wire else { return };
        let heard = wire.packet(from, packet, now);
        let (stream, held) = (*wire.stream(), wire.stream().is_held());
        match heard {
            Heard::Nothing => {}
            Heard::Key(digit) => {
                // A caller who presses keys faster than the house reads them loses some.
                let _ = self.news.try_send(LineNews::Key(self.call, digit));
            }
            Heard::Sound { fresh } => {
                if fresh {
                    release(self.ear.take());
                    self.aim();
                }
                // Music on hold is not for the air.
                if held {
                    return;
                }
                if self.ear.is_none() {
                    self.start_ear(stream, now).await;
                }
                if let Some(ear) = &self.ear {
                    ear.feed(packet, now);
                }
            }
        }
    }

    async fn start_ear(&mut self, stream: Stream, now: Duration) {
        if self.rest.is_some_and(|(until, _)| now < until) {
            return;
        }
        let (clock, hearer, jitter_buffer) = (self.clock.clone(), Arc::clone(&self.hearer), self.jitter_buffer);
        match tokio::task::spawn_blocking(move || Ear::start(&stream, jitter_buffer, &clock, hearer)).await {
            Ok(Ok(ear)) => (self.ear, self.rest) = (Some(ear), None),
            Ok(Err(error)) => self.failed(&error),
            Err(_) => tracing::error!(call = %self.call, "a telephone's decoder panicked as it started"),
        }
    }

    fn look(&mut self) {
        self.speaker.fill();
        let now = self.clock.now();
        if let Some(wire) = &mut self.wire
            && wire.is_silent(now)
            && self.news.try_send(LineNews::Silent(self.call)).is_ok()
        {
            let (stream, trusted) = (*wire.stream(), wire.trusted());
            wire.agree(stream, trusted, now);
        }
    }
}

/// Stops pipelines on a thread that may block.
fn release<T: Send + 'static>(pipelines: T) {
    drop(tokio::task::spawn_blocking(move || drop(pipelines)));
}
