//! The engines of the program: picture, sound and the cities' decoders, and who carries the show's effects out on them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;

use crate::audio::Gain;
use crate::config::{self, Config};
use crate::director;
use crate::gst::EventClock;
use crate::media::{self, decode::Decoder};
use crate::rtp::{Channel, SessionNumber};
use crate::show::{City, Effect, Fact, ShowTime};

/// What decoding may take beyond the jitter buffer before a frame and its sound are due at the mixers.
const DECODING: Duration = Duration::from_millis(40);

/// Half a frame at 10 fps: no more than this is waited for a picture.
const MOST_HALF_FRAME: Duration = Duration::from_millis(50);

/// Everything that makes program. Dropping it blocks while the pipelines stop.
#[derive(Debug)]
pub(super) struct Engines {
    // Fields are dropped in this order: who feeds goes before who is fed.
    decoders: Vec<Decoder>,
    picture: media::picture::Engine,
    sound: media::sound::Engine,
}

impl Engines {
    /// Starts program, and a decoder for each city on its channel. Must be called within a tokio runtime.
    pub(super) fn start(
        config: &Config,
        clock: &EventClock,
        cities: &[(City, Arc<Channel>)],
        program: &Arc<Channel>,
        facts: mpsc::Sender<Fact>,
    ) -> anyhow::Result<Self> {
        let alignment = config.contribution().jitter_buffer + DECODING;
        let session = SessionNumber::next();
        let ids: Vec<_> = cities.iter().map(|(city, _)| city.id.clone()).collect();
        let shown: Vec<_> = cities.iter().map(|(city, _)| city.clone()).collect();
        let picture = media::picture::Engine::start(
            &media::picture::Config { format: format(config), alignment },
            clock.clone(),
            &shown,
            &config.event.title,
            Arc::clone(program),
            session,
            facts,
        )
        .context("the picture engine cannot start")?;
        let sound = media::sound::Engine::start(
            // Cities do not keep to program's frames: on the average the newest picture that is due is half a frame older
            // than its tick. Sound that is not would be ahead by up to a whole frame, and by half of it now.
            &media::sound::Config {
                bitrate: config.audio.bitrate_kbps * 1000,
                alignment: alignment + (format(config).frame() / 2).min(MOST_HALF_FRAME),
            },
            clock.clone(),
            &ids,
            media::sound::Output { channel: Arc::clone(program), session },
        )
        .context("the sound engine cannot start")?;
        let mut engines = Self { decoders: Vec::with_capacity(cities.len()), picture, sound };
        for (city, channel) in cities {
            let decoder = engines.decoder(city, channel, clock)?;
            engines.decoders.push(decoder);
        }
        Ok(engines)
    }

    /// Whether both engines of program run.
    pub(super) fn are_alive(&self) -> bool {
        self.picture.is_alive() && self.sound.is_alive()
    }

    /// The picture engine's counters.
    pub(super) fn picture_stats(&self) -> media::picture::Stats {
        self.picture.stats()
    }

    fn decoder(&self, city: &City, channel: &Arc<Channel>, clock: &EventClock) -> anyhow::Result<Decoder> {
        let frames = self.picture.input(&city.id).context("the picture engine has an input for each city")?;
        let strip = self.sound.strip(&city.id).context("the desk has a strip for each city")?;
        let samples = move |at, block: &[f32]| strip.push(at, block);
        Decoder::start(city.id.clone(), Arc::clone(channel), clock.clone(), frames, samples)
            .with_context(|| format!("{} cannot be decoded", city.name))
    }
}

/// Program's format as the media know it.
pub(super) fn format(config: &Config) -> media::Format {
    let config::Program { width, height, fps, bitrate_kbps } = config.program;
    media::Format { width, height, fps, bitrate: bitrate_kbps * 1000 }
}

/// Carries out effects: sound changes at the instant of the frame in which the picture changed.
#[derive(Debug)]
pub(super) struct Hands {
    engines: Arc<Engines>,
    changed_at: ShowTime,
}

impl Hands {
    /// Hands on these engines.
    pub(super) fn new(engines: &Arc<Engines>) -> Self {
        Self { engines: Arc::clone(engines), changed_at: ShowTime::default() }
    }
}

impl director::Engines for Hands {
    fn run(&mut self, effect: Effect) {
        match effect {
            Effect::ShowPicture { picture, transition } => {
                self.changed_at = self.engines.picture.show(&picture, None, transition);
            }
            Effect::OpenStrips { cities, ramp } => {
                let strips: Vec<_> = cities.into_iter().map(|city| (city, Gain::UNITY)).collect();
                self.engines.sound.set(&strips, ramp, self.changed_at);
            }
        }
    }
}
