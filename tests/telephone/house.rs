//! A telephone of ours for one test, on a loopback address of its own, and what it says and hears.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use regia::gst::EventClock;
use regia::telephone::{CallNumber, Config, End, Hub, News};
use tokio::sync::mpsc;

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Block of 10 ms in samples of both sides.
const BLOCK: usize = 960;

static CLOCK: LazyLock<EventClock> = LazyLock::new(|| {
    gstreamer::init().unwrap();
    EventClock::start()
});

/// A loopback address that no other test has, in this program or in another.
pub fn own_address() -> IpAddr {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let process = std::process::id();
    let last = u8::try_from(NEXT.fetch_add(1, Ordering::Relaxed)).unwrap();
    IpAddr::V4(Ipv4Addr::new(127, 16 + (process >> 8) as u8 % 200, process as u8, last))
}

pub struct House {
    pub hub: Hub,
    pub address: SocketAddr,
    news: mpsc::Receiver<News>,
}

impl House {
    /// One that takes calls from everybody on loopback.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let listen = SocketAddr::new(own_address(), 5060);
        let mut config = Config {
            listen,
            rtp_ports: 40_000..=40_031,
            public_address: None,
            peers: vec!["127.0.0.0/8".parse().unwrap()],
            max_calls: 8,
            jitter_buffer: Duration::from_millis(60),
            trunk: None,
        };
        change(&mut config);
        let (news_tx, news) = mpsc::channel(64);
        let hub = Hub::start(config, CLOCK.clone(), news_tx).await.unwrap();
        Self { hub, address: listen, news }
    }

    /// The next news.
    pub async fn news(&mut self) -> News {
        tokio::time::timeout(PATIENCE, self.news.recv()).await.expect("news in time").expect("the hub lives")
    }

    pub async fn rings(&mut self) -> CallNumber {
        match self.news().await {
            News::Rang { call, .. } => call,
            other => panic!("a ring was expected: {other:?}"),
        }
    }

    /// Answers the next call that rings.
    pub async fn answers(&mut self) -> CallNumber {
        let call = self.rings().await;
        self.hub.answer(call).await.unwrap();
        assert_eq!(self.news().await, News::Answered { call });
        call
    }

    pub async fn ends(&mut self, call: CallNumber) -> End {
        match self.news().await {
            News::Ended { call: ended, why } if ended == call => why,
            other => panic!("the end of {call} was expected: {other:?}"),
        }
    }

    /// Whether no news waits.
    pub fn is_quiet(&mut self) -> bool {
        self.news.try_recv().is_err()
    }

    /// What the caller says from now on.
    pub fn listen(&self, call: CallNumber) -> Heard {
        let (sounds_tx, sounds) = mpsc::unbounded_channel();
        self.hub.connect(call, Box::new(move |time, samples| drop(sounds_tx.send((time, samples.to_vec())))));
        Heard { sounds }
    }

    /// Says a tone to the caller until it is dropped, in blocks as the desk pushes them.
    pub fn say(&self, call: CallNumber, hertz: f32) -> Saying {
        let mouth = self.hub.speak(call).expect("the call lives");
        let (stop, said) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopping, saying) = (Arc::clone(&stop), Arc::clone(&said));
        tokio::spawn(async move {
            let mut blocks = tokio::time::interval(Duration::from_millis(10));
            let mut at = 0_u32;
            while !stopping.load(Ordering::Relaxed) {
                blocks.tick().await;
                let mut block = [0.0; BLOCK];
                for pair in block.chunks_exact_mut(2) {
                    pair.fill((at as f32 * hertz / 48_000.0 * std::f32::consts::TAU).sin() * 0.5);
                    at = (at + 1) % 48_000;
                }
                mouth.push(&block);
                saying.fetch_add(1, Ordering::Relaxed);
            }
        });
        Saying { stop, said }
    }
}

pub struct Saying {
    stop: Arc<AtomicBool>,
    said: Arc<AtomicU64>,
}

impl Saying {
    /// Returns when so many more blocks were said.
    pub async fn until(&self, blocks: u64) {
        let end = self.said.load(Ordering::Relaxed) + blocks;
        let all = async {
            while self.said.load(Ordering::Relaxed) < end {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, all).await.expect("the blocks are said in time");
    }
}

impl Drop for Saying {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

pub struct Heard {
    sounds: mpsc::UnboundedReceiver<(Duration, Vec<f32>)>,
}

impl Heard {
    /// Returns the event time at which a half second of this tone, and hardly anything else, had been said.
    pub async fn until_tone(&mut self, hertz: f32) -> Duration {
        let wanted = async {
            let (mut left, mut time): (Vec<f32>, _) = (Vec::new(), Duration::ZERO);
            loop {
                let (begin, samples) = self.sounds.recv().await.expect("the call lives");
                assert!(begin >= time, "time goes on: {begin:?} after {time:?}");
                time = begin;
                left.extend(samples.iter().step_by(2));
                if left.len() >= 24_000 {
                    if is_tone(&left, 48_000.0, hertz) {
                        return time;
                    }
                    left.clear();
                }
            }
        };
        tokio::time::timeout(PATIENCE, wanted).await.unwrap_or_else(|_| panic!("{hertz} Hz in time"))
    }

    /// Forgets what came so far; tells how many pieces that were.
    pub fn forget(&mut self) -> usize {
        std::iter::from_fn(|| self.sounds.try_recv().ok()).count()
    }
}

/// Whether nine tenths of the power are this tone's, and there is some.
pub fn is_tone(samples: &[f32], rate: f32, hertz: f32) -> bool {
    let count = samples.len() as f32;
    let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let angle = (at as f32 * hertz / rate).fract() * std::f32::consts::TAU;
        sine += sample * angle.sin();
        cosine += sample * angle.cos();
        power += sample * sample;
    }
    let tone = (sine * sine + cosine * cosine) * 2.0 / count;
    power / count > 1e-4 && tone > 0.9 * power
}
