//! Music of the media folder in the whole house: it is played, looped, faded and over, as program and the radio hear it; it outlives
//! a killed server, and a file that breaks ends itself and nothing else.

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use regia::director::Happened;
use regia::show::{Alarm, Event, PlayingView, View};
use serde_json::json;
use support::decode::{self, Recording};
use support::evening::{Evening, PATIENCE};
use support::house::House;
use support::media;
use support::viewer::{Kind, Pool, Received};
use tokio::sync::broadcast::Receiver;

/// A small program: it is the sound that counts.
const SMALL: &str = "[program]\nwidth = 160\nheight = 90\nfps = 10\n";

const SIGLA_HZ: f32 = 880.0;
const BED_HZ: f32 = 1200.0;

/// Samples of a look: 25 ms, in which both tones have whole waves.
const WINDOW: usize = 1200;

/// Amplitude of the files' tones.
const LOUD: f32 = 0.4;

/// What a codec leaves of it at least.
const HEARD: f32 = 0.3;

/// Writes a tone of so many tenths of a second.
fn tone(path: &Path, hertz: f32, tenths: usize, format: &str, encode: &str) {
    let rate = if format.contains("44100") { 4410 } else { 4800 };
    let text = format!(
        "audiotestsrc freq={hertz} volume={LOUD} num-buffers={tenths} samplesperbuffer={rate} ! audio/x-raw,format=S16LE,{format} \
         ! audioconvert ! {encode} ! filesink location=\"{}\"",
        path.display()
    );
    media::make(&text);
}

fn playing<'a>(view: &'a View, media: &str) -> Option<&'a PlayingView> {
    view.playing.as_ref()?.iter().find(|playing| playing.media.as_str() == media)
}

fn has_music(view: &View, media: &str) -> bool {
    view.media.as_ref().is_some_and(|all| all.music.iter().any(|item| item.id.as_str() == media))
}

/// How loud a tone is, look by look.
fn levels(packets: &[Received], hertz: f32) -> Vec<f32> {
    let sound = decode::sound(packets);
    (0..sound.samples.len() / WINDOW).map(|look| sound.tone(hertz, look * WINDOW, WINDOW)).collect()
}

/// Records until so much more sound has come.
fn listen(recording: &mut Recording, length: Duration) {
    let count = |packets: &[Received]| packets.iter().filter(|packet| packet.kind == Kind::Audio).count();
    let (before, wanted) = (count(&recording.packets), length.as_millis() as usize / 20);
    recording.until("more sound", |packets| count(packets) >= before + wanted);
}

/// Looks of the longest stretch in which a tone is there without a break, and where it begins.
fn stretch(levels: &[f32]) -> (usize, usize) {
    let (mut best, mut begin) = ((0, 0), 0);
    for (look, level) in levels.iter().enumerate() {
        if *level < HEARD {
            begin = look + 1;
        } else if look + 1 - begin > best.1 {
            best = (begin, look + 1 - begin);
        }
    }
    best
}

#[tokio::test(flavor = "multi_thread")]
async fn music_is_played_looped_and_faded_and_program_and_radio_hear_it() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    tone(&music.join("Sigla d'apertura.flac"), SIGLA_HZ, 20, "rate=44100,channels=1", "flacenc");
    tone(&music.join("tappeto.wav"), BED_HZ, 7, "rate=48000,channels=2", "wavenc");
    fs::write(music.join("rotto.mp3"), b"no music").unwrap();
    fs::write(music.join("testo.txt"), b"no music").unwrap();
    let evening = Evening::with(&format!("{SMALL}[media]\npath = \"{}\"\n", folder.path().display())).await;
    let pool = Pool::start();
    evening.until("the folder is read", |view| has_music(view, "tappeto")).await;
    let media = evening.app.director().view().media.clone().unwrap();
    let items: Vec<_> = media.music.iter().map(|item| (item.name.as_str(), item.duration_ms)).collect();
    assert_eq!(items, [("Sigla d'apertura", 2000), ("tappeto", 700)]);
    let flaws: Vec<_> = media.flaws.iter().map(|flaw| flaw.file.as_str()).collect();
    assert_eq!(flaws, ["music/testo.txt", "music/rotto.mp3"], "{:?}", media.flaws);
    assert!(media.flaws.iter().all(|flaw| flaw.why.contains("mp3, m4a")), "{:?}", media.flaws);

    let mut happened = evening.app.director().subscribe().await.unwrap().happenings;
    let [mut program, mut radio] = ["program", "radio"].map(|channel| evening.record(channel, &pool));
    [&mut program, &mut radio].into_iter().for_each(|one| listen(one, Duration::from_millis(300)));

    // Once, to its end.
    let pressed = Instant::now();
    evening.post(&json!({"type": "play_music", "media": "sigla-dapertura"}));
    let view = evening.app.director().view();
    let sigla = playing(&view, "sigla-dapertura").expect("it plays");
    assert_eq!(sigla.ends.unwrap().since(sigla.since), Duration::from_secs(2), "what remains is known");
    evening.until("it is over by itself", |view| playing(view, "sigla-dapertura").is_none()).await;
    println!("over {:?} after it was pressed", pressed.elapsed());
    [&mut program, &mut radio].into_iter().for_each(|one| listen(one, Duration::from_millis(500)));

    // Again and again, until it is faded out.
    evening.post(&json!({"type": "play_music", "media": "tappeto", "loops": true, "fade_ms": 100}));
    [&mut program, &mut radio].into_iter().for_each(|one| listen(one, Duration::from_millis(2500)));
    evening.post(&json!({"type": "stop_music", "media": "tappeto", "fade_ms": 800}));
    evening.until("it is faded out", |view| playing(view, "tappeto").is_none()).await;
    [&mut program, &mut radio].into_iter().for_each(|one| listen(one, Duration::from_millis(500)));

    for (channel, recording) in [("program", program), ("radio", radio)] {
        let packets = recording.end();
        let (sigla, bed) = (levels(&packets, SIGLA_HZ), levels(&packets, BED_HZ));
        let (begin, length) = stretch(&sigla);
        println!("{channel}: the piece from look {begin}, {length} looks of 25 ms");
        assert!((77..=81).contains(&length), "{channel}: two seconds without a hole: {length} of {sigla:.2?}");
        let sound = decode::sound(&packets);
        if channel == "program" {
            let after = arrival(&packets, sound.timestamp(begin * WINDOW)).duration_since(pressed);
            println!("{channel}: heard {after:?} after the press");
            assert!(after < Duration::from_secs(1), "{after:?}");
        }

        let (begin, length) = stretch(&bed);
        println!("{channel}: the loop from look {begin}, {length} looks");
        assert!(length >= 90, "{channel}: more than three rounds without a hole: {length} of {bed:.2?}");
        // The fade: ever less, half gone at half its way, and then nothing.
        let tail: Vec<f32> = bed[begin + length - 1..].to_vec();
        assert!(tail.windows(2).all(|pair| pair[1] <= pair[0] + 0.02), "{channel}: {tail:.3?}");
        let quiet = tail.iter().position(|level| *level < 0.01).expect("it dies away");
        // It is weaker than HEARD after an eighth of its way.
        assert!((20..=32).contains(&quiet), "{channel}: gone after {quiet} looks: {tail:.3?}");
        assert!(tail[quiet..].iter().all(|level| *level < 0.01), "{channel}: {tail:.3?}");
    }

    assert_eq!(ended(&mut happened), ["sigla-dapertura", "tappeto"], "each is over once");
    evening.stop().await;
}

/// The music that was over meanwhile.
fn ended(happenings: &mut Receiver<Arc<Happened>>) -> Vec<String> {
    let mut ended = Vec::new();
    while let Ok(happened) = happenings.try_recv() {
        ended.extend(happened.events.iter().filter_map(|recorded| match &recorded.event {
            Event::MusicEnded { media } => Some(media.to_string()),
            _ => None,
        }));
    }
    ended
}

/// When the packet came that holds a sample.
fn arrival(packets: &[Received], timestamp: u32) -> Instant {
    let sound = decode::ordered(packets, Kind::Audio);
    let before = |packet: &&Received| timestamp.wrapping_sub(packet.timestamp).cast_signed() >= 0;
    sound.iter().rfind(before).expect("the sample came in a packet").arrival
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_while_it_plays_ends_with_a_notice_and_the_rest_plays_on() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    tone(&music.join("lunga.wav"), SIGLA_HZ, 100, "rate=48000,channels=2", "wavenc");
    tone(&music.join("tappeto.wav"), BED_HZ, 10, "rate=48000,channels=2", "wavenc");
    let evening = Evening::with(&format!("{SMALL}[media]\npath = \"{}\"\n", folder.path().display())).await;
    let pool = Pool::start();
    evening.until("the folder is read", |view| has_music(view, "tappeto")).await;
    let mut program = evening.record("program", &pool);
    listen(&mut program, Duration::from_millis(300));
    evening.post(&json!({"type": "play_music", "media": "tappeto", "loops": true}));
    evening.post(&json!({"type": "play_music", "media": "lunga"}));
    listen(&mut program, Duration::from_millis(500));
    // Two seconds of ten are left of it: somebody copies another file over it, and stops.
    fs::OpenOptions::new().write(true).open(music.join("lunga.wav")).unwrap().set_len(400_000).unwrap();
    let failed = |view: &View| {
        let alarms = view.alarms.iter().flatten();
        alarms.filter(|alarm| matches!(alarm, Alarm::MusicFailed { piece, .. } if piece == "lunga")).count() == 1
    };
    evening.until("it ends with a notice", |view| playing(view, "lunga").is_none() && failed(view)).await;
    assert!(playing(&evening.app.director().view(), "tappeto").is_some());

    // Its removal stops nothing that plays, and what is played again takes the notice back.
    fs::remove_file(music.join("tappeto.wav")).unwrap();
    evening.until("it is not in the folder any more", |view| !has_music(view, "tappeto")).await;
    assert!(playing(&evening.app.director().view(), "tappeto").is_some());
    evening.post(&json!({"type": "stop_music", "media": "tappeto", "fade_ms": 0}));
    evening.until("it is over", |view| playing(view, "tappeto").is_none()).await;
    tone(&music.join("lunga.wav"), SIGLA_HZ, 5, "rate=48000,channels=2", "wavenc");
    let is_short = |view: &View| view.media.as_ref().is_some_and(|media| media.music[0].duration_ms == 500);
    evening.until("it is mended", is_short).await;
    let mut happened = evening.app.director().subscribe().await.unwrap().happenings;
    // Pressed twice it begins anew, and is over once.
    evening.post(&json!({"type": "play_music", "media": "lunga"}));
    evening.post(&json!({"type": "play_music", "media": "lunga", "fade_ms": 50}));
    evening.until("the notice is gone", |view| !failed(view)).await;
    evening.until("it is over by itself", |view| playing(view, "lunga").is_none()).await;
    assert_eq!(ended(&mut happened), ["lunga"]);
    let bed = levels(&program.end(), BED_HZ);
    println!("the bed was heard for {} looks", stretch(&bed).1);
    assert!(stretch(&bed).1 > 60, "what broke beside it was not heard in it: {bed:.2?}");
    evening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn music_that_plays_goes_on_in_a_server_that_was_killed() {
    let mut house = House::new(SMALL, &["roma"]);
    let music = house.folder().join("media/music");
    fs::create_dir_all(&music).unwrap();
    tone(&music.join("tappeto.wav"), BED_HZ, 50, "rate=48000,channels=2", "wavenc");
    tone(&music.join("lunga.flac"), SIGLA_HZ, 600, "rate=44100,channels=2", "flacenc");
    tone(&music.join("breve.wav"), SIGLA_HZ, 20, "rate=44100,channels=2", "wavenc");
    house.open();
    let operator = house.operator();
    house.until("the folder is read", |view| has_music(view, "tappeto"));
    let play = |media: &str, loops: bool| json!({"type": "play_music", "media": media, "loops": loops});
    for (media, loops) in [("tappeto", true), ("lunga", false), ("breve", false)] {
        house.command(&operator, play(media, loops));
    }
    let before = house.until("all of it plays", |view| view.playing.as_ref().is_some_and(|all| all.len() == 3));
    let pool = Pool::start();
    let mut program = house.record("program", &pool);
    listen(&mut program, Duration::from_millis(500));
    house.kill();
    // Until the short one would be over.
    let killed = Instant::now();
    tokio::time::sleep_until((killed + Duration::from_millis(2200)).into()).await;
    house.open();
    let after = house.view();
    let lunga = |view: &View| playing(view, "lunga").cloned();
    assert_eq!(lunga(&after), lunga(&before), "it began when it began, and ends when it would have");
    assert!(playing(&after, "tappeto").is_some_and(|playing| playing.loops), "a loop goes on");
    assert!(playing(&after, "breve").is_none(), "what would be over is over");
    let mut program = house.record("program", &pool);
    let begun = Instant::now();
    program.until("both are heard again", |packets| {
        let [sigla, bed] = [SIGLA_HZ, BED_HZ].map(|hertz| levels(packets, hertz));
        [sigla, bed].iter().all(|levels| levels.last().is_some_and(|level| *level > HEARD))
    });
    println!("heard {:?} after it was well", begun.elapsed());
    assert!(begun.elapsed() < PATIENCE);
}
