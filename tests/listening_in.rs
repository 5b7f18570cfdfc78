//! What an operator listens to alone (PFL, AFL): it is on their own monitor and nowhere else, and program does not know of it.

mod support;

use regia::secret::Password;
use regia::show::{ChannelId, Command, Fader, Strip, StripId};
use regia::store::Store;
use serde_json::{Value, json};
use support::client::{Page, ask};
use support::decode::{self, Recording};
use support::evening::{Evening, OPERATOR, leave};
use support::viewer::{self, Keep, Kind, Pool, Received, Wants};

/// The tones of Roma's and Milano's cards.
const TONES: [f32; 2] = [440.0, 550.0];

/// Samples in which both tones have whole waves.
const WINDOW: usize = 48_000 / 10;

/// Amplitude above which a tone is heard, and below which it is not: cards sound at a tenth of full scale.
const HEARD: f32 = 0.05;
const SILENT: f32 = 0.001;

const PASSWORD: &str = "correct horse battery";

/// An operator with a page open.
struct Operator {
    url: String,
    cookie: String,
    _page: support::client::Staying,
}

impl Operator {
    async fn sign_in(evening: &Evening, store: &Store, name: &str) -> Self {
        let password = Password::try_from(PASSWORD.to_owned()).unwrap();
        store.people().add_operator(name.parse().unwrap(), "sound".parse().unwrap(), password, 0).await.unwrap();
        let url = evening.url.clone();
        let body = json!({"name": name, "password": PASSWORD}).to_string();
        let headers = [("Content-Type", "application/json")];
        let answer = ask("POST", &format!("{url}/api/v1/session"), &headers, body.as_bytes());
        assert_eq!(answer.status(), 200, "{}", answer.body());
        let cookie = answer.header("Set-Cookie").split(';').next().unwrap().to_owned();
        let (page, _, _) = Page::hello_as(&url, &cookie);
        Self { url, cookie, _page: page.stay() }
    }

    fn post(&self, command: &Value) {
        let headers = [("Cookie", &*self.cookie), ("Content-Type", "application/json")];
        let body = json!({"command": command}).to_string();
        let answer = ask("POST", &format!("{}/api/v1/commands", self.url), &headers, body.as_bytes());
        assert_eq!(answer.status(), 200, "{command}: {}", answer.body());
    }

    /// Asks to listen to a monitor; the answer's status.
    fn listen(&self, channel: &str, pool: &Pool) -> Result<Recording, u16> {
        let (invitation, offer) = viewer::offer(Wants::Audio);
        let headers = [("Cookie", &*self.cookie), ("Content-Type", "application/sdp")];
        let answer = ask("POST", &format!("{}/whep/{channel}", self.url), &headers, offer.as_bytes());
        match answer.status() {
            201 => Ok(Recording::of(invitation.accept(answer.body(), pool, Keep::Packets(65_536)))),
            refused => Err(refused),
        }
    }
}

/// Amplitudes of both tones in the newest half second of these packets.
fn tones(packets: &[Received]) -> Option<[f32; 2]> {
    let sounds: Vec<Received> = packets.iter().filter(|packet| packet.kind == Kind::Audio).cloned().collect();
    let sound = decode::sound(&sounds[sounds.len().saturating_sub(60)..]);
    let begin = sound.samples.len().checked_sub(5 * WINDOW)?;
    Some(TONES.map(|hertz| sound.tone(hertz, begin, 4 * WINDOW)))
}

/// Waits until the tones of what comes from now on are as wanted.
fn until_heard(recording: &mut Recording, what: &str, wanted: impl Fn([f32; 2]) -> bool) {
    let from = recording.packets.len();
    recording.until(what, |packets| {
        let sounds = packets[from..].iter().filter(|packet| packet.kind == Kind::Audio).count();
        sounds > 80 && tones(&packets[from..]).is_some_and(&wanted)
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_listens_to_is_on_their_monitor_alone_and_never_on_program() {
    let store = Store::in_memory().unwrap();
    let evening = Evening::on_store(store.clone(), "[program]\nwidth = 640\nheight = 360\nfps = 15\n").await;
    let pool = Pool::start();
    let cities = [evening.publish(evening.city("roma")).await, evening.publish(evening.city("milano")).await];
    evening.until_live("roma").await;
    evening.until_live("milano").await;
    evening.cut_to("roma").await;
    let anna = Operator::sign_in(&evening, &store, "Anna").await;
    let bruno = Operator::sign_in(&evening, &store, "Bruno").await;
    let monitors = ["Anna", "Bruno"].map(|name| ChannelId::Monitor(name.parse().unwrap()));
    tokio::task::block_in_place(|| {
        support::evening::until("both have monitors", || monitors.iter().all(|id| evening.app.channel(id).is_some()));
    });

    let mut program = evening.record("program", &pool);
    let mut hers = anna.listen("monitor-Anna", &pool).expect("it is her own");
    let mut his = bruno.listen("monitor-Bruno", &pool).expect("it is his own");
    assert_eq!(bruno.listen("monitor-Anna", &pool).err(), Some(403), "nobody listens in on her");
    assert_eq!(anna.listen("monitor-Bruno", &pool).err(), Some(403), "nor on him");
    let roma_alone = |[roma, milano]: [f32; 2]| roma > HEARD && milano < SILENT;
    let milano_alone = |[roma, milano]: [f32; 2]| milano > HEARD && roma < SILENT;
    until_heard(&mut hers, "she hears program", roma_alone);
    until_heard(&mut his, "he hears program", roma_alone);

    // Milano is muted, and its fader is down: it is listened to before both.
    let of = StripId::City("milano".parse().unwrap());
    let strip = Strip { fader_db: Fader::CLOSED, muted: true, ..Strip::default() };
    evening.command(Command::SetStrip { of, strip }).await;
    until_heard(&mut program, "program is roma", roma_alone);
    let from = program.packets.len();
    anna.post(&json!({"type": "set_solo", "strips": ["city:milano"], "kind": "pfl"}));
    until_heard(&mut hers, "she hears milano alone", milano_alone);
    until_heard(&mut his, "he hears program as before", roma_alone);
    // After the fader there is nothing of it to hear.
    anna.post(&json!({"type": "set_solo", "strips": ["city:milano"], "kind": "afl"}));
    until_heard(&mut hers, "nothing", |tones| tones.iter().all(|tone| *tone < SILENT));
    anna.post(&json!({"type": "set_solo", "strips": []}));
    until_heard(&mut hers, "she hears program again", roma_alone);

    until_heard(&mut program, "program is roma still", roma_alone);
    let sound = decode::sound(&program.packets[from..]);
    // The first packet is decoded without those before it.
    for begin in (WINDOW..sound.samples.len() - WINDOW).step_by(WINDOW) {
        let [roma, milano] = TONES.map(|hertz| sound.tone(hertz, begin, WINDOW));
        assert!(roma_alone([roma, milano]), "at sample {begin} of program: roma {roma}, milano {milano}");
    }
    assert_eq!(with_the_machine_s_key(&evening), 403, "a machine is nobody's ear");
    for city in cities {
        leave(city).await;
    }
    evening.stop().await;
}

/// What a machine that directs is answered, if it asks for her monitor.
fn with_the_machine_s_key(evening: &Evening) -> u16 {
    let (_, offer) = viewer::offer(Wants::Audio);
    let key = format!("Bearer {OPERATOR}");
    let headers = [("Content-Type", "application/sdp"), ("Authorization", &*key)];
    ask("POST", &format!("{}/whep/monitor-Anna", evening.url), &headers, offer.as_bytes()).status()
}
