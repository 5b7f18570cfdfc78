//! The engines of the program: picture, sound and the cities' decoders, and who carries the show's effects out on them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};

use super::calls::Calls;
use super::cities::{Change, Cities};
use super::clips::Clips;
use super::delays::Delays;
use super::folder;
use super::music::Music;
use crate::audio::Block;
use crate::config::{self, Config};
use crate::gst::EventClock;
use crate::media::library::{self, Library, StingerPlayer};
use crate::media::picture::{FrameInput, Monitor, Panel, Stingers};
use crate::media::{self, codec, decode::Decoder, slate::Words};
use crate::rtp::{Channel, SessionNumber};
use crate::show::{
    City, CityId, Cohost, CohostId, ContributionId, DeskPlan, Effect, Fact, Mix, MixPlan, Name, Source, StripId, View,
};
use crate::video::Size;
use crate::{director, radio};

/// What decoding may take beyond the jitter buffer before a frame and its sound are due at the mixers.
const DECODING: Duration = Duration::from_millis(40);

/// What somebody's voice may take beyond the jitter buffer: a packet waits for what the next one says of it (20 ms), the desk
/// takes 10 ms at a time, and decoding takes its time.
const HEARING: Duration = Duration::from_millis(40);

/// How much later than the jitter buffer allows a packet may come and is still not taken for lost.
const LATE: Duration = Duration::from_millis(4);

/// Half a frame at 10 fps: no more than this is waited for a picture.
const MOST_HALF_FRAME: Duration = Duration::from_millis(50);

/// Everything that makes program. Dropping it blocks while the pipelines stop.
#[derive(Debug)]
pub(super) struct Engines {
    // Fields are dropped in this order: who feeds goes before who is fed.
    decoders: Mutex<HashMap<ContributionId, Decoder>>,
    clips: Mutex<Clips>,
    music: Music,
    stinger: Arc<StingerPlayer>,
    picture: Arc<media::picture::Engine>,
    relay: media::relay::Relay,
    sound: Arc<media::sound::Engine>,
    clock: EventClock,
    /// What decodes each contribution, to begin with.
    decoder: codec::Ladder,
    facts: mpsc::Sender<Fact>,
    delays: Arc<Delays>,
    /// How long packets of cities, and those of calls, may wait for those before them.
    jitter_buffers: (Duration, Duration),
    /// How much later than it arrived a city is in program.
    alignment: Duration,
    /// How soon after it arrived those who talk with each other hear somebody.
    call_delay: Duration,
    /// The same of somebody on the telephone.
    caller_delay: Duration,
}

impl Engines {
    /// Starts program without a city. Must be called within a tokio runtime.
    pub(super) fn start(
        config: &Config,
        title: &str,
        clock: &EventClock,
        program: &Arc<Channel>,
        facts: mpsc::Sender<Fact>,
    ) -> anyhow::Result<Self> {
        let alignment = alignment(config);
        let session = SessionNumber::next();
        let picture = media::picture::Engine::start_with(
            codec::encoder::choose(config.program.encoder, &format(config)),
            &media::picture::Config { format: format(config), alignment },
            clock.clone(),
            title,
            Arc::clone(program),
            session,
            facts.clone(),
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
            media::sound::Output { channel: Arc::clone(program), session },
        )
        .context("the sound engine cannot start")?;
        let decoder = codec::decoder::choose(config.program.decoder, &format(config));
        let media::Format { width, height, .. } = format(config);
        let library = library::Config::new(&config.media.path, Size { width, height });
        let picture = Arc::new(picture);
        let (shown, clock_too) = (Arc::downgrade(&picture), clock.clone());
        let library = Library::start(library, clock_too, move |files| folder::check(files, &shown), facts.clone())
            .context("the media library cannot start")?;
        let library = Arc::new(library);
        if let Ok(zone) = jiff::tz::TimeZone::get(&config.event.time_zone) {
            picture.set_zone(zone);
        }
        picture.set_stills(folder::stills(&library));
        picture.set_pictures(folder::pictures(&library));
        let sound = Arc::new(sound);
        let delays = Arc::new(Delays::default());
        let clips =
            Clips::start(Arc::clone(&library), &picture, Arc::clone(&sound), Arc::clone(&delays), clock.clone());
        let clips = Mutex::new(clips.context("clips cannot be played")?);
        let music = Music::start(Arc::clone(&library), Arc::clone(&sound), clock.clone(), alignment, facts.clone());
        let music = music.context("music cannot be played")?;
        let stinger = StingerPlayer::start(Arc::clone(&library), clock.clone(), Size { width, height });
        let stinger = Arc::new(stinger.context("stingers cannot be run")?);
        let runs = Arc::downgrade(&stinger);
        picture.set_stingers(Stingers::new(move |_, since| runs.upgrade()?.picture(since)));
        let (decoders, clock) = (Mutex::default(), clock.clone());
        let jitter_buffers = (config.contribution().jitter_buffer, config.contribution().call_jitter_buffer);
        let call_delay = jitter_buffers.1 + HEARING;
        // Telephones are dated as cities are.
        let caller_delay = jitter_buffers.0 + HEARING;
        let relay = media::relay::Relay::start(Arc::clone(program), clock.clone());
        let relay = relay.context("program's picture cannot go back to cities")?;
        Ok(Self {
            decoders,
            clips,
            music,
            stinger,
            picture,
            relay,
            sound,
            clock,
            decoder,
            facts,
            delays,
            jitter_buffers,
            alignment,
            call_delay,
            caller_delay,
        })
    }

    /// Brings a city in: its input, its strip, and a decoder on its channel. Blocks while its slate is rendered. After an
    /// error nothing of it is left.
    pub(super) fn add(&self, city: &City, slate_text: &str, channel: &Arc<Channel>) -> anyhow::Result<()> {
        let frames = self.picture.add(city)?;
        if !slate_text.is_empty() {
            self.relabel(city, slate_text)?;
        }
        let strip = StripId::City(city.id.clone());
        self.decode(city.id.clone().into(), &strip, channel, frames).inspect_err(|_| {
            self.sound.remove(&strip);
            self.picture.remove(&city.id);
        })
    }

    /// Brings a co-host in, as [`Engines::add`] does a city: their name stands on their slate.
    pub(super) fn add_cohost(&self, cohost: &Cohost, channel: &Arc<Channel>) -> anyhow::Result<()> {
        let source = Source::Cohost(cohost.id.clone());
        let strip = StripId::Cohost(cohost.id.clone());
        let frames = self.picture.add_feed(source.clone(), &Words::new(&cohost.name, ""))?;
        self.decode(cohost.id.clone().into(), &strip, channel, frames).inspect_err(|_| {
            self.sound.remove(&strip);
            self.picture.remove_feed(&source);
        })
    }

    /// Brings a co-host on the telephone in: their name on a slate, and a strip that waits for what they say.
    pub(super) fn add_caller(&self, cohost: &Cohost) -> anyhow::Result<()> {
        let source = Source::Cohost(cohost.id.clone());
        // No frame will ever come.
        drop(self.picture.add_feed(source.clone(), &Words::new(&cohost.name, ""))?);
        let strip = self.sound.add(&StripId::Cohost(cohost.id.clone()), self.caller_delay);
        strip.inspect_err(|_| self.picture.remove_feed(&source))?;
        Ok(())
    }

    /// Where a source's sound goes in.
    pub(super) fn strip(&self, source: &StripId) -> Option<media::sound::StripInput> {
        self.sound.strip(source)
    }

    /// Brings an operator's talkback microphone in: a strip and a decoder, and no picture.
    pub(super) fn add_talkback(&self, operator: &Name, channel: &Arc<Channel>) -> anyhow::Result<()> {
        let strip_id = StripId::Talkback(operator.clone());
        let strip = self.sound.add(&strip_id, self.call_delay)?;
        let samples = move |at, block: &[f32]| strip.push(at, block);
        let id = ContributionId::Talkback(operator.clone());
        let (channel, clock, facts) = (Arc::clone(channel), self.clock.clone(), self.facts.clone());
        let decoder = Decoder::start_sound(id.clone(), channel, clock, samples, facts)
            .inspect_err(|_| self.sound.remove(&strip_id))?;
        decoder.conceal_after(self.patience(&id));
        self.decoders().insert(id, decoder);
        Ok(())
    }

    fn decode(
        &self,
        id: ContributionId,
        strip: &StripId,
        channel: &Arc<Channel>,
        frames: FrameInput,
    ) -> anyhow::Result<()> {
        self.delays.add(strip, &frames);
        let early = self.early(&id);
        let strip = self.sound.add(strip, early)?;
        let samples = move |at, block: &[f32]| strip.push(at, block);
        let (codec, channel, clock) = (self.decoder.clone(), Arc::clone(channel), self.clock.clone());
        let facts = self.facts.clone();
        let decoder = Decoder::start_with(codec, id.clone(), channel, clock, frames, samples, facts)?;
        decoder.conceal_after(self.patience(&id));
        self.decoders().insert(id, decoder);
        Ok(())
    }

    /// Puts other words on a city's slate in program. Blocks while that is rendered.
    pub(super) fn relabel(&self, city: &City, slate_text: &str) -> anyhow::Result<()> {
        self.picture.know(city);
        Ok(self.picture.relabel(&city.id, &Words::new(&city.name, slate_text))?)
    }

    /// Puts another name on a co-host's slate in program. Blocks while that is rendered.
    pub(super) fn relabel_cohost(&self, cohost: &Cohost) -> anyhow::Result<()> {
        Ok(self.picture.relabel_feed(&Source::Cohost(cohost.id.clone()), &Words::new(&cohost.name, ""))?)
    }

    /// Puts another title on the evening's own slate in program. Blocks while that is rendered.
    pub(super) fn retitle(&self, title: &str) -> anyhow::Result<()> {
        Ok(self.picture.retitle(&Words::new(title, ""))?)
    }

    /// Takes a city away. Blocks while its decoder stops.
    pub(super) fn remove(&self, city: &CityId) {
        self.stop_decoding(&city.clone().into());
        self.sound.remove(&StripId::City(city.clone()));
        self.delays.remove(&StripId::City(city.clone()));
        self.picture.remove(city);
    }

    /// Takes a co-host away. Blocks while their decoder stops, if they had one.
    pub(super) fn remove_cohost(&self, cohost: &CohostId) {
        self.stop_decoding(&cohost.clone().into());
        self.sound.remove(&StripId::Cohost(cohost.clone()));
        self.delays.remove(&StripId::Cohost(cohost.clone()));
        self.picture.remove_feed(&Source::Cohost(cohost.clone()));
    }

    /// Hands a mix's blocks on, until the answer is dropped. See [`media::sound::Engine::tap`].
    pub(super) fn tap(
        &self,
        mix: &Mix,
        take: impl FnMut(Duration, &Block) + Send + 'static,
    ) -> anyhow::Result<media::sound::Tap> {
        Ok(self.sound.tap(mix, take)?)
    }

    /// Takes a talkback microphone away. Blocks while its decoder stops.
    pub(super) fn remove_talkback(&self, operator: &Name) {
        self.stop_decoding(&ContributionId::Talkback(operator.clone()));
        self.sound.remove(&StripId::Talkback(operator.clone()));
    }

    /// Lets a mix be heard on a channel, with program's picture where the channel shows one.
    pub(super) fn open(&self, mix: &Mix, channel: &Arc<Channel>) -> anyhow::Result<()> {
        self.sound.open(mix, channel)?;
        if channel.id().has_picture() {
            self.relay.add(channel);
        }
        Ok(())
    }

    /// Lets a mix be heard there no more. Blocks while its encoder stops.
    pub(super) fn close(&self, mix: &Mix, channel: &Channel) {
        self.relay.remove(channel);
        self.sound.close(mix);
    }

    /// How long after its stated time a contribution's sound is surely there.
    fn early(&self, id: &ContributionId) -> Duration {
        match id {
            ContributionId::City(_) => self.alignment,
            ContributionId::Cohost(_) | ContributionId::Talkback(_) => self.call_delay,
        }
    }

    /// How long after its stated time a contribution's sound is waited for before it is taken for lost: until the jitter buffer
    /// would have brought it, and it can still be made up for.
    fn patience(&self, id: &ContributionId) -> Duration {
        let jitter_buffer = match id {
            ContributionId::City(_) => self.jitter_buffers.0,
            ContributionId::Cohost(_) | ContributionId::Talkback(_) => self.jitter_buffers.1,
        };
        jitter_buffer + LATE
    }

    fn stop_decoding(&self, id: &ContributionId) {
        // It is dropped after the lock: that blocks.
        let decoder = self.decoders().remove(id);
        drop(decoder);
    }

    /// Starts what operators see of the picture: preview and the multiview. Must be called within a tokio runtime.
    pub(super) fn monitors(
        &self,
        config: &Config,
        [preview, multiview]: [&Arc<Channel>; 2],
        view: impl Fn() -> Arc<View> + Send + Sync + 'static,
    ) -> anyhow::Result<[Monitor; 2]> {
        let config::Monitor { preview: preview_screen, multiview: multiview_screen } = config.monitor;
        let preview = self.picture.preview_monitor(&preview_screen.format(), Arc::clone(preview));
        let panels = move || panels(&view());
        let multiview = self.picture.multiview_monitor(&multiview_screen.format(), Arc::clone(multiview), panels);
        Ok([preview.context("preview cannot be monitored")?, multiview.context("there can be no multiview")?])
    }

    fn clips(&self) -> MutexGuard<'_, Clips> {
        self.clips.lock().expect("no code panics while it holds the clips")
    }

    fn decoders(&self) -> MutexGuard<'_, HashMap<ContributionId, Decoder>> {
        self.decoders.lock().expect("no code panics while it holds the decoders")
    }

    /// Whether both engines of program run.
    pub(super) fn are_alive(&self) -> bool {
        self.picture.is_alive() && self.sound.is_alive()
    }

    /// How many mixes besides program are being encoded.
    pub(super) fn mixes_encoded(&self) -> usize {
        self.sound.encoders()
    }

    /// The desk's newest readings.
    pub(super) fn meters(&self) -> watch::Receiver<Arc<media::sound::Meters>> {
        self.sound.meters()
    }

    /// Whose loudspeaker is heard by their own microphone.
    pub(super) fn loops(&self) -> watch::Receiver<media::sound::Loops> {
        self.sound.loops()
    }

    /// The picture engine's counters.
    pub(super) fn picture_stats(&self) -> media::picture::Stats {
        self.picture.stats()
    }
}

/// The cities with their tally, in the order of the evening.
fn panels(view: &View) -> Vec<Panel> {
    let cities = view.cities.iter();
    cities.map(|city| Panel { city: city.id.clone(), name: city.name.clone(), tally: city.tally }).collect()
}

/// How much later than it arrived a frame is shown in program.
pub(super) fn alignment(config: &Config) -> Duration {
    let contribution = config.contribution();
    contribution.jitter_buffer.max(contribution.call_jitter_buffer) + DECODING
}

/// Program's format as the media know it.
pub(super) fn format(config: &Config) -> media::Format {
    config.program_format()
}

/// Carries out effects: sound changes at the instant of the frame in which the picture changed.
#[derive(Debug)]
pub(super) struct Hands {
    engines: Arc<Engines>,
    cities: Cities,
    calls: Calls,
    radio: radio::Hub,
    /// When the picture changed last, in running time.
    changed_at: Duration,
    /// Operators whose monitor was asked for.
    monitors: BTreeSet<Name>,
}

impl Hands {
    /// Hands on these engines, cities, calls and radio.
    pub(super) fn new(engines: &Arc<Engines>, cities: Cities, calls: Calls, radio: radio::Hub) -> Self {
        let monitors = BTreeSet::new();
        Self { engines: Arc::clone(engines), cities, calls, radio, changed_at: Duration::ZERO, monitors }
    }

    /// Who listens to something of their own gets a channel for it.
    fn follow_monitors(&mut self, plan: &DeskPlan) {
        let monitor = |plan: &MixPlan| match &plan.mix {
            Mix::Monitor(operator) => Some(operator.clone()),
            _ => None,
        };
        let wanted: BTreeSet<Name> = plan.mixes.iter().filter_map(monitor).collect();
        for gone in self.monitors.difference(&wanted) {
            self.cities.send(Change::CloseMonitor(gone.clone()));
        }
        for new in wanted.difference(&self.monitors) {
            self.cities.send(Change::OpenMonitor(new.clone()));
        }
        self.monitors = wanted;
    }
}

impl director::Engines for Hands {
    fn run(&mut self, effect: Effect) {
        match effect {
            Effect::ShowPicture { picture, way } => {
                self.changed_at = self.engines.picture.show(&picture, &way);
                self.engines.clips().show(&picture, &way.from, self.changed_at);
            }
            Effect::ShowPreview { picture } => {
                self.engines.picture.preview(&picture);
                self.engines.clips().preview(&picture);
            }
            Effect::ArmStinger { stinger } => self.engines.stinger.arm(stinger.as_ref()),
            Effect::FadeToBlack { on, length } => {
                let at = self.engines.picture.fade_to_black(on, length);
                self.engines.sound.fade(on, length, at);
            }
            Effect::SetDesk { plan, ramp } => {
                self.follow_monitors(&plan);
                self.engines.delays.follow(&plan);
                self.engines.sound.set_desk(&plan, ramp, self.changed_at);
            }
            Effect::SetKeyer { number, keyer } => {
                self.engines.picture.key(number, keyer.graphic.as_ref().filter(|_| keyer.on));
            }
            Effect::Prepare { graphic } => self.engines.picture.prepare(&graphic),
            // Some tenths of a second later; a picture that shows a city shows it as soon as it is there.
            Effect::AddCity { city, slate_text } => self.cities.send(Change::Add { city, slate_text }),
            Effect::UpdateCity { city, slate_text } => self.cities.send(Change::Relabel { city, slate_text }),
            Effect::RemoveCity { city } => self.cities.send(Change::Remove(city)),
            Effect::AddCohost { cohost, by_telephone: true } => self.cities.send(Change::AddCaller(cohost)),
            Effect::AddCohost { cohost, by_telephone: false } => self.cities.send(Change::AddCohost(cohost)),
            Effect::UpdateCohost { cohost } => self.cities.send(Change::RelabelCohost(cohost)),
            Effect::RemoveCohost { cohost } => self.cities.send(Change::RemoveCohost(cohost)),
            Effect::HangUp { cohost } => {
                self.calls.hang_up(cohost.clone());
                self.cities.send(Change::HangUp(cohost));
            }
            Effect::RefuseWithheld { cohost } => self.calls.refuse_withheld(cohost),
            Effect::Dial { cohost, number } => self.calls.dial(cohost, number),
            Effect::AnswerCall { cohost } => self.calls.answer(cohost),
            Effect::SetTitle { title } => self.cities.send(Change::Retitle(title)),
            Effect::SetRadioTitle { title } => self.radio.set_title(&title),
            Effect::PlayMusic { media, began, position, loops, fade } => {
                self.engines.music.play(media, began, position, loops, fade);
            }
            Effect::SetMusicLoop { media, loops } => self.engines.music.set_loop(media, loops),
            Effect::StopMusic { media, fade } => self.engines.music.stop(media, fade),
        }
    }
}
