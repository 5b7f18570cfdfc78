//! The thread that encodes one format: only while somebody listens, and whatever happens to its pipeline.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::backoff::Backoff;
use super::encoder::{Encoder, Packet, Recipe};
use super::ogg::{Opening, Writer};
use super::station::Station;
use super::steady::{Steady, Step};
use super::tape::{Tape, Timed};
use super::{Format, ogg};
use crate::audio::SILENCE;
use crate::gst::EventClock;

/// How long an encoder goes on after the last one has left: a player that reconnects finds it running.
const LINGER: Duration = Duration::from_secs(10);

/// How long sound is waited for before somebody looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(100);

/// The first and the longest pause after a fault.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The thread's own state.
pub(super) struct Worker {
    pub(super) station: Arc<Station>,
    pub(super) tape: Arc<Tape>,
    pub(super) recipe: Recipe,
    pub(super) clock: EventClock,
}

/// From the first listener to some seconds after the last one: one stream, however many encoders it takes.
struct Stream {
    mux: Mux,
    packets: Vec<Bytes>,
    /// Number of the block that comes next.
    next: u64,
    steady: Steady,
    /// The trouble that was logged and is not over yet.
    trouble: bool,
}

/// How packets become pages.
enum Mux {
    /// The first packet brings the header with which the stream opens.
    NewOgg,
    Ogg(Writer),
    /// Frames stand behind each other as they are.
    Bare,
}

impl Worker {
    /// Runs until the house closes.
    pub(super) fn run(self) {
        while self.station.wait_for_somebody() {
            self.station.set_encoding(true);
            self.serve();
            self.station.set_encoding(false);
        }
    }

    /// Encodes for as long as somebody listens.
    fn serve(&self) {
        let format = self.station.format;
        let mux = if format == Format::Opus { Mux::NewOgg } else { Mux::Bare };
        let next = self.tape.oldest();
        let mut stream = Stream { mux, packets: Vec::new(), next, steady: Steady::default(), trouble: false };
        self.station.open(None);
        tracing::info!(format = format.as_str(), "somebody listens to the radio: it is encoded");
        let mut backoff = Backoff::new(PAUSES.0, PAUSES.1);
        loop {
            let begun = Instant::now();
            // What a panic leaves behind is one packet less: the stream's state is whole between any two of them.
            let encoded = catch_unwind(AssertUnwindSafe(|| self.encode(&mut stream)));
            let error = match encoded {
                Ok(Ok(())) => break,
                Ok(Err(error)) => error,
                Err(_) => "it panicked".into(),
            };
            self.station.count_restart();
            let pause = backoff.after_failure(begun.elapsed(), u32::MAX);
            // A lasting fault is told once.
            if !std::mem::replace(&mut stream.trouble, true) {
                tracing::error!(
                    format = format.as_str(),
                    error,
                    "the radio's encoder failed: it is started anew until it goes"
                );
            }
            self.station.pause(pause);
            if self.station.is_stopping() || self.station.rest() {
                break;
            }
        }
        tracing::info!(format = format.as_str(), "the radio rests");
    }

    /// Runs one encoder. Returns when nobody listens any more or the house closes.
    fn encode(&self, stream: &mut Stream) -> Result<(), String> {
        let format = self.station.format;
        let mut encoder = Encoder::start(format, self.recipe, &self.clock).map_err(|error| error.to_string())?;
        let mut blocks: Vec<Timed> = Vec::new();
        let mut alone = None;
        loop {
            self.tape.read(&mut stream.next, &mut blocks, LOOK);
            for (at, block) in &blocks {
                let Step::After(silence) = stream.steady.step(*at) else { continue };
                for block in std::iter::repeat_n(&SILENCE, silence as usize).chain([block]) {
                    while !encoder.is_ready()? {
                        self.pull(&mut encoder, stream);
                        if self.station.is_stopping() {
                            return Ok(());
                        }
                    }
                    encoder.push(block)?;
                }
            }
            // An encoder that has failed says so also when nothing goes in.
            encoder.is_ready()?;
            self.pull(&mut encoder, stream);
            if self.station.is_stopping() {
                return Ok(());
            }
            match self.station.audience() {
                0 if alone.get_or_insert_with(Instant::now).elapsed() >= LINGER && self.station.rest() => return Ok(()),
                0 => {}
                _ => alone = None,
            }
        }
    }

    /// Publishes what has come out.
    fn pull(&self, encoder: &mut Encoder, stream: &mut Stream) {
        let format = self.station.format;
        while let Some(packet) = encoder.pull() {
            if std::mem::take(&mut stream.trouble) {
                tracing::info!(format = format.as_str(), "the radio's encoder works again");
            }
            if let Some(opening) = stream.begin(&packet) {
                self.station.open(Some(opening));
            }
            stream.packets.push(packet.bytes);
            if stream.packets.len() >= format.packets_per_page() {
                self.station.publish(stream.page());
            }
        }
    }
}

impl Stream {
    /// What a stream in Ogg opens with, at its first packet.
    fn begin(&mut self, packet: &Packet) -> Option<Opening> {
        let Mux::NewOgg = self.mux else { return None };
        let head = packet.head.clone()?;
        // Any number does that the stream before did not have.
        let writer = Writer::new(getrandom::u32().unwrap_or(1));
        let opening = ogg::Opening::new(writer.serial(), head);
        self.mux = Mux::Ogg(writer);
        Some(opening)
    }

    fn page(&mut self) -> Bytes {
        let page = match &mut self.mux {
            Mux::Ogg(writer) => writer.page(&self.packets),
            Mux::Bare | Mux::NewOgg => self.packets.concat().into(),
        };
        self.packets.clear();
        page
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{Notify, watch};

    use super::*;
    use crate::audio::BLOCK_LENGTH;
    use crate::radio::Listener;
    use crate::radio::tape::Feed;

    /// No test waits longer for anything.
    const DEADLINE: Duration = Duration::from_secs(20);

    /// A worker with this pipeline, one listener, and what feeds it.
    fn start(text: &'static str) -> (Arc<Station>, Feed, Listener, std::thread::JoinHandle<()>) {
        gstreamer::init().unwrap();
        let (station, tape) = (Station::new(Format::Mp3), Arc::new(Tape::new()));
        let recipe = Recipe { name: "radio-mp3", text, kbps: 128 };
        let clock = EventClock::start();
        let worker = Worker { station: Arc::clone(&station), tape: Arc::clone(&tape), recipe, clock };
        let thread = std::thread::spawn(move || worker.run());
        let (_, title) = watch::channel(Arc::from(""));
        let listener = station.join("".into(), title, Arc::new(Notify::new()), None);
        (station, Feed(tape), listener, thread)
    }

    /// Feeds it until the station is as wanted.
    fn until(station: &Station, feed: &Feed, wanted: impl Fn(&Station) -> bool) {
        let begun = Instant::now();
        let mut at = Duration::ZERO;
        while !wanted(station) {
            assert!(begun.elapsed() < DEADLINE, "not in time");
            feed.push(at, &SILENCE);
            at += BLOCK_LENGTH;
            std::thread::sleep(BLOCK_LENGTH / 10);
        }
    }

    #[test]
    fn an_encoder_that_fails_is_started_anew_under_its_listeners() {
        let text = "appsrc name=desk format=time caps=audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved \
            ! identity error-after=60 ! audioconvert ! lamemp3enc ! mpegaudioparse ! appsink name=packets sync=false";
        let (station, feed, mut listener, thread) = start(text);
        until(&station, &feed, |station| station.restarts() >= 2);
        assert_eq!((station.audience(), station.dropped()), (1, 0));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(listener.next()).is_some_and(|page| page[0] == 0xff));
        station.stop();
        thread.join().unwrap();
    }

    #[test]
    fn an_encoder_that_gives_nothing_is_started_anew() {
        let text = "appsrc name=desk format=time caps=audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved \
            ! valve drop=true ! appsink name=packets sync=false async=false";
        let (station, feed, _listener, thread) = start(text);
        until(&station, &feed, |station| station.restarts() >= 1);
        station.stop();
        thread.join().unwrap();
    }
}
