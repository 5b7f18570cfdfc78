//! Program and its cities, running: what is measured.

use std::sync::Arc;
use std::time::{Duration, Instant};

use regia::gst::EventClock;
use regia::media::Format;
use regia::media::decode::Decoder;
use regia::media::picture::{Config, Engine};
use regia::rtp::{Channel, SessionNumber};
use regia::show::{ChannelId, City, Composition, Fact, Graphic, KeyerNumber, Layout, Picture, Source, Way};
use tokio::sync::mpsc;

use super::cities::{Film, Player, city};
use super::{SPAN, STARTUP};
use crate::process;

/// Longest wait for anything that should happen at once.
const DEADLINE: Duration = Duration::from_secs(20);

/// From a change until all of it is drawn, has come in, and costs what it costs from then on.
const SETTLING: Duration = Duration::from_millis(800);

/// The engine with every city's player and decoder. Must be started and dropped within a tokio runtime.
pub struct Rig {
    // In the order in which they are dropped: those who send before those who take.
    _cities: Vec<(Player, Decoder)>,
    pub engine: Engine,
    pub channel: Arc<Channel>,
    cities: Vec<Source>,
    fps: u32,
    _facts: mpsc::Receiver<Fact>,
}

impl Rig {
    /// With so many cities, all of whose pictures flow, when it runs evenly.
    pub fn start(film: &Film, clock: &EventClock, count: usize, format: &Format) -> Self {
        let cities: Vec<City> = (1..=count).map(city).collect();
        let (facts_tx, mut facts) = mpsc::channel(64);
        let config = Config { format: *format, alignment: Duration::from_millis(100) };
        let channel = Channel::new(ChannelId::Program);
        let session = SessionNumber::next();
        let engine =
            Engine::start(&config, clock.clone(), "Bench", Arc::clone(&channel), session, facts_tx).expect("it starts");
        let play = |city: &City| {
            let source = Channel::new(ChannelId::City(city.id.clone()));
            let input = engine.add(city).expect("there is room");
            let (on_channel, nobody) = (Arc::clone(&source), mpsc::channel(1).0);
            let decoder = Decoder::start(city.id.clone(), on_channel, clock.clone(), input, |_, _| (), nobody);
            (Player::start(Arc::clone(&film.packets), source, clock.clone()), decoder.expect("it starts"))
        };
        let playing = cities.iter().map(play).collect();
        let sources = cities.into_iter().map(|city| Source::City(city.id)).collect();
        let mut flowing = 0;
        wait_until("all cities' frames flow", || {
            let news = std::iter::from_fn(|| facts.try_recv().ok());
            flowing += news.filter(|fact| matches!(fact, Fact::FramesFlow { .. })).count();
            flowing >= count
        });
        std::thread::sleep(STARTUP);
        Self { _cities: playing, engine, channel, cities: sources, fps: format.fps, _facts: facts }
    }

    /// So many cities in this layout, from this city on, without anything over them.
    pub fn picture(&self, layout: Layout, count: usize, first: usize) -> Picture {
        let sources = (first..first + count).map(|number| self.cities[number % self.cities.len()].clone()).collect();
        let composition = Composition { layout, sources, ..Composition::full(Source::Slate) };
        composition.picture().expect("the layout takes so many")
    }

    /// Shows a picture from the next frame on. Waits until it runs evenly.
    pub fn show(&self, picture: &Picture) {
        self.engine.show(picture, &Way::cut(picture.clone()));
        let frames = |time: Duration| (time.as_secs_f64() * f64::from(self.fps)) as u64;
        let enough = self.engine.stats().frames + frames(SETTLING);
        wait_until("program goes on", || self.engine.stats().frames >= enough);
    }

    /// Puts the ticker on keyer 2, or takes it off.
    pub fn tick(&self, on: bool) {
        let line = "Stanotte in diretta da Roma, Napoli, Torino, Genova e Palermo · le vostre domande alla regia · ";
        let ticker = on.then(|| graphic("ticker", &[("text", &line.repeat(3))]));
        self.engine.key(KeyerNumber::try_from(2).expect("there are four"), ticker.as_ref());
    }
}

/// A picture with all that belongs to one: a lower third, and every city's bug.
pub fn with_graphics(picture: Picture) -> Picture {
    Picture { bugs: true, ..with_lower_third(picture) }
}

/// A picture with a lower third.
pub fn with_lower_third(picture: Picture) -> Picture {
    let fields = [("title", "Genova — Vernissage Bistrot"), ("subtitle", "Twitter e la musica")];
    Picture { graphics: vec![graphic("lower-third", &fields)], ..picture }
}

fn graphic(template: &str, fields: &[(&str, &str)]) -> Graphic {
    let fields = fields.iter().map(|(field, text)| ((*field).to_owned(), (*text).to_owned())).collect();
    Graphic { template: template.parse().expect("letters and a dash"), fields }
}

/// The part of a core that this whole process uses, in percent.
pub fn load() -> f64 {
    let (begin, used) = (Instant::now(), process::time_of(std::process::id()));
    std::thread::sleep(SPAN);
    (process::time_of(std::process::id()) - used).as_secs_f64() / begin.elapsed().as_secs_f64() * 100.0
}

/// What so many players use that send to nobody.
pub fn load_of_players(film: &Film, clock: &EventClock, count: usize) -> f64 {
    let play =
        |city: City| Player::start(Arc::clone(&film.packets), Channel::new(ChannelId::City(city.id)), clock.clone());
    let _playing: Vec<_> = (1..=count).map(|number| play(city(number))).collect();
    std::thread::sleep(STARTUP);
    load()
}

/// Waits for something that should be soon.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not within {} s", DEADLINE.as_secs());
        std::thread::sleep(Duration::from_millis(1));
    }
}
